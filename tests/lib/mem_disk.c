/* See mem_disk.h. Files are arrays of bytes, twice: as cached and as durable; simple rather than
 * fast. A view shares the buffer of the write it lies in while no later change touches it. */
#include "tests/lib/mem_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, MAX_FILES = 256, MAX_HANDLES = 1024, PATH_BYTES = 256 };

struct change {
    bool resize;
    bool forgotten; /* a sync failed on it */
    uint64_t offset; /* or size */
    uint8_t *bytes;
    uint32_t len;
};

struct extent {
    uint64_t offset;
    uint32_t from, len;
    struct wg_buf *buf;
};

struct content {
    uint8_t *bytes;
    uint64_t size;
};

struct inode {
    struct content cache, durable;
    struct change *changes;
    uint32_t change_count;
    struct extent *extents;
    uint32_t extent_count;
};

struct name {
    char path[PATH_BYTES];
    struct inode *inode;
};
struct names {
    struct name items[MAX_FILES];
    uint32_t count;
};

enum name_change_kind { CREATE, RENAME, REMOVE };
struct name_change {
    enum name_change_kind kind;
    char path[PATH_BYTES], to[PATH_BYTES];
    struct inode *inode;
};

struct wg_disk {
    struct wg_env *env;
    uint64_t capacity;
    bool locked_by_other;
    struct inode **inodes;
    uint32_t inode_count;
    struct names cache, durable; /* in byte order of paths */
    struct name_change *name_changes;
    uint32_t name_change_count;
    struct inode *handles[MAX_HANDLES];
    uint32_t next_handle;
    uint32_t kinds, nth, fail_count, done;
    bool forgetful;
};

static void *grown(void *items, uint32_t count, size_t size) {
    if ((count & (count - 1)) != 0) {
        return items; /* room up to the next power of two */
    }
    items = realloc(items, (count == 0 ? 1 : 2 * (size_t)count) * size);
    if (items == NULL) {
        abort();
    }
    return items;
}

static void check(bool condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "mem_disk: %s\n", what);
        abort();
    }
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void content_resize(struct content *content, uint64_t size) {
    uint8_t *bytes = realloc(content->bytes, size == 0 ? 1 : size);
    check(bytes != NULL, "out of memory");
    if (size > content->size) {
        memset(bytes + content->size, 0, size - content->size);
    }
    content->bytes = bytes;
    content->size = size;
}

static void content_write(struct content *content, uint64_t offset, const uint8_t *bytes,
                          uint64_t len) {
    if (offset + len > content->size) {
        content_resize(content, offset + len);
    }
    if (len > 0) {
        memcpy(content->bytes + offset, bytes, len);
    }
}

static void drop_extents(struct inode *inode, uint64_t from, uint64_t to) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < inode->extent_count; i++) {
        struct extent extent = inode->extents[i];
        if (extent.offset < to && extent.offset + extent.len > from) {
            wg_buf_unref(extent.buf);
        } else {
            inode->extents[kept++] = extent;
        }
    }
    inode->extent_count = kept;
}

static void add_change(struct inode *inode, struct change change) {
    inode->changes = grown(inode->changes, inode->change_count, sizeof change);
    inode->changes[inode->change_count++] = change;
}

static void apply_change(struct inode *inode, const struct change *change) {
    if (change->resize) {
        content_resize(&inode->durable, change->offset);
    } else {
        content_write(&inode->durable, change->offset, change->bytes, change->len);
    }
}

static void clear_changes(struct inode *inode) {
    for (uint32_t i = 0; i < inode->change_count; i++) {
        free(inode->changes[i].bytes);
    }
    inode->change_count = 0;
}

/* --- names ------------------------------------------------------------------------------------ */

static uint32_t names_at(const struct names *names, const char *path) {
    uint32_t at = 0;
    while (at < names->count && strcmp(names->items[at].path, path) < 0) {
        at++;
    }
    return at;
}

static struct inode *names_get(const struct names *names, const char *path) {
    uint32_t at = names_at(names, path);
    bool found = at < names->count && strcmp(names->items[at].path, path) == 0;
    return found ? names->items[at].inode : NULL;
}

static void names_remove(struct names *names, const char *path) {
    if (names_get(names, path) != NULL) {
        uint32_t at = names_at(names, path);
        names->count--;
        memmove(&names->items[at], &names->items[at + 1],
                (names->count - at) * sizeof names->items[0]);
    }
}

static void names_put(struct names *names, const char *path, struct inode *inode) {
    names_remove(names, path);
    check(names->count < MAX_FILES && strlen(path) < PATH_BYTES, "too many files");
    uint32_t at = names_at(names, path);
    memmove(&names->items[at + 1], &names->items[at],
            (names->count - at) * sizeof names->items[0]);
    snprintf(names->items[at].path, PATH_BYTES, "%s", path);
    names->items[at].inode = inode;
    names->count++;
}

static void apply_name_change(struct names *names, const struct name_change *change) {
    if (change->kind == CREATE) {
        names_put(names, change->path, change->inode);
    } else {
        /* Somebody else may be called so in what is durable by now. */
        if (names_get(names, change->path) == change->inode) {
            names_remove(names, change->path);
        }
        if (change->kind == RENAME) {
            names_put(names, change->to, change->inode);
        }
    }
}

static void change_name(struct wg_disk *disk, enum name_change_kind kind, const char *path,
                        const char *to, struct inode *inode) {
    struct name_change change = {.kind = kind, .inode = inode};
    check(strlen(path) < PATH_BYTES && strlen(to) < PATH_BYTES, "path too long");
    memcpy(change.path, path, strlen(path) + 1);
    memcpy(change.to, to, strlen(to) + 1);
    apply_name_change(&disk->cache, &change);
    disk->name_changes = grown(disk->name_changes, disk->name_change_count, sizeof change);
    disk->name_changes[disk->name_change_count++] = change;
}

static bool is_in(const char *path, const char *dir) {
    size_t len = strlen(dir);
    return strncmp(path, dir, len) == 0 && path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

/* --- the port --------------------------------------------------------------------------------- */

static bool fails(struct wg_disk *disk, uint32_t kind) {
    if ((disk->kinds & kind) == 0) {
        return false;
    }
    uint32_t number = disk->done++;
    return number >= disk->nth && number - disk->nth < disk->fail_count;
}

static uint64_t used_bytes(const struct wg_disk *disk) {
    uint64_t used = 0;
    for (uint32_t i = 0; i < disk->cache.count; i++) {
        used += disk->cache.items[i].inode->cache.size;
    }
    return used;
}

static uint64_t op_free_bytes(struct wg_disk *disk) {
    uint64_t used = used_bytes(disk);
    return used > disk->capacity ? 0 : disk->capacity - used;
}

static struct inode *file_of(struct wg_disk *disk, wg_file file) {
    check(file < MAX_HANDLES && disk->handles[file] != NULL, "handle is not open");
    return disk->handles[file];
}

static wg_status op_open(struct wg_disk *disk, const char *path, bool create, wg_file *ret_file) {
    struct inode *inode = names_get(&disk->cache, path);
    if (inode == NULL && !create) {
        return WG_NOT_FOUND;
    }
    if (fails(disk, MEM_DISK_OPEN)) {
        return WG_IO;
    }
    if (inode == NULL) {
        inode = calloc(1, sizeof *inode);
        check(inode != NULL, "out of memory");
        disk->inodes = grown(disk->inodes, disk->inode_count, sizeof(struct inode *));
        disk->inodes[disk->inode_count++] = inode;
        change_name(disk, CREATE, path, "", inode);
    }
    uint32_t handle = disk->next_handle;
    while (disk->handles[handle % MAX_HANDLES] != NULL) {
        handle++;
    }
    disk->next_handle = (handle + 1) % MAX_HANDLES;
    disk->handles[handle % MAX_HANDLES] = inode;
    *ret_file = handle % MAX_HANDLES;
    return WG_OK;
}

static void op_close(struct wg_disk *disk, wg_file file) {
    (void)file_of(disk, file);
    disk->handles[file] = NULL;
}

static wg_status op_resize(struct wg_disk *disk, wg_file file, uint64_t size) {
    struct inode *inode = file_of(disk, file);
    if (fails(disk, MEM_DISK_RESIZE)) {
        return WG_IO;
    }
    if (size > inode->cache.size && size - inode->cache.size > op_free_bytes(disk)) {
        return WG_NO_SPACE;
    }
    drop_extents(inode, size, UINT64_MAX);
    content_resize(&inode->cache, size);
    add_change(inode, (struct change){.resize = true, .offset = size});
    return WG_OK;
}

static wg_status op_size(struct wg_disk *disk, wg_file file, uint64_t *ret_size) {
    uint64_t size = file_of(disk, file)->cache.size;
    if (fails(disk, MEM_DISK_SIZE)) {
        return WG_IO;
    }
    *ret_size = size;
    return WG_OK;
}

static wg_status op_write(struct wg_disk *disk, wg_file file, uint64_t offset, struct wg_buf *buf,
                          uint32_t from, uint32_t len) {
    struct inode *inode = file_of(disk, file);
    check(from + len <= buf->len, "write past the end of the buffer");
    if (fails(disk, MEM_DISK_WRITE)) {
        return WG_IO;
    }
    if (offset + len > inode->cache.size &&
        offset + len - inode->cache.size > op_free_bytes(disk)) {
        return WG_NO_SPACE;
    }
    drop_extents(inode, offset, offset + len);
    content_write(&inode->cache, offset, buf->bytes + from, len);
    struct change change = {.offset = offset, .len = len, .bytes = malloc(len + 1u)};
    check(change.bytes != NULL, "out of memory");
    memcpy(change.bytes, buf->bytes + from, len);
    add_change(inode, change);
    inode->extents = grown(inode->extents, inode->extent_count, sizeof(struct extent));
    inode->extents[inode->extent_count++] = (struct extent){offset, from, len, wg_buf_ref(buf)};
    return WG_OK;
}

static wg_status op_view(struct wg_disk *disk, wg_file file, uint64_t offset, uint32_t len,
                         struct wg_disk_view *ret_view) {
    struct inode *inode = file_of(disk, file);
    if (fails(disk, MEM_DISK_VIEW)) {
        return WG_IO;
    }
    uint64_t end = offset + len < inode->cache.size ? offset + len : inode->cache.size;
    len = end > offset ? (uint32_t)(end - offset) : 0;
    for (uint32_t i = 0; i < inode->extent_count; i++) {
        struct extent *extent = &inode->extents[i];
        if (len > 0 && offset >= extent->offset && end <= extent->offset + extent->len) {
            uint32_t skip = extent->from + (uint32_t)(offset - extent->offset);
            *ret_view =
                (struct wg_disk_view){wg_buf_ref(extent->buf), extent->buf->bytes + skip, len};
            return WG_OK;
        }
    }
    struct wg_buf *copy =
        wg_buf_copy(disk->env, len > 0 ? inode->cache.bytes + offset : NULL, len);
    *ret_view = (struct wg_disk_view){copy, copy->bytes, len};
    return WG_OK;
}

static wg_status op_sync(struct wg_disk *disk, wg_file file) {
    struct inode *inode = file_of(disk, file);
    if (fails(disk, MEM_DISK_SYNC)) {
        for (uint32_t i = 0; disk->forgetful && i < inode->change_count; i++) {
            inode->changes[i].forgotten = true;
        }
        return WG_IO;
    }
    for (uint32_t i = 0; i < inode->change_count; i++) {
        if (!inode->changes[i].forgotten) {
            apply_change(inode, &inode->changes[i]);
        }
    }
    clear_changes(inode);
    return WG_OK;
}

static wg_status op_sync_dir(struct wg_disk *disk, const char *dir) {
    if (fails(disk, MEM_DISK_SYNC_DIR)) {
        return WG_IO;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->name_change_count; i++) {
        struct name_change *change = &disk->name_changes[i];
        if (is_in(change->path, dir) || (change->kind == RENAME && is_in(change->to, dir))) {
            apply_name_change(&disk->durable, change);
        } else {
            disk->name_changes[kept++] = *change;
        }
    }
    disk->name_change_count = kept;
    return WG_OK;
}

static wg_status op_rename(struct wg_disk *disk, const char *from, const char *to) {
    struct inode *inode = names_get(&disk->cache, from);
    if (inode == NULL) {
        return WG_NOT_FOUND;
    }
    if (fails(disk, MEM_DISK_RENAME)) {
        return WG_IO;
    }
    change_name(disk, RENAME, from, to, inode);
    return WG_OK;
}

static wg_status op_remove(struct wg_disk *disk, const char *path) {
    struct inode *inode = names_get(&disk->cache, path);
    if (inode == NULL) {
        return WG_NOT_FOUND;
    }
    if (fails(disk, MEM_DISK_REMOVE)) {
        return WG_IO;
    }
    change_name(disk, REMOVE, path, "", inode);
    return WG_OK;
}

static void op_list(struct wg_disk *disk, const char *prefix, void (*each)(void *, const char *),
                    void *ctx) {
    uint32_t count = disk->cache.count;
    for (uint32_t i = 0; i < count; i++) {
        if (strncmp(disk->cache.items[i].path, prefix, strlen(prefix)) == 0) {
            each(ctx, disk->cache.items[i].path);
        }
    }
    check(disk->cache.count == count, "the directory changed during list");
}

static wg_status op_lock(struct wg_disk *disk) { return disk->locked_by_other ? WG_LOCKED : WG_OK; }

static const struct wg_disk_ops mem_disk_ops = {
    op_open, op_close,    op_resize, op_size,   op_write, op_view,
    op_sync, op_sync_dir, op_rename, op_remove, op_list,  op_free_bytes,
    op_lock};

/* --- for tests -------------------------------------------------------------------------------- */

struct wg_disk *mem_disk_new(struct wg_env *env, uint64_t capacity) {
    struct wg_disk *disk = calloc(1, sizeof *disk);
    check(disk != NULL, "out of memory");
    disk->env = env;
    disk->capacity = capacity;
    env->disk_ops = &mem_disk_ops;
    env->disk = disk;
    return disk;
}

void mem_disk_free(struct wg_disk *disk) {
    for (uint32_t i = 0; i < disk->inode_count; i++) {
        struct inode *inode = disk->inodes[i];
        drop_extents(inode, 0, UINT64_MAX);
        clear_changes(inode);
        free(inode->cache.bytes);
        free(inode->durable.bytes);
        free(inode->changes);
        free(inode->extents);
        free(inode);
    }
    free(disk->inodes);
    free(disk->name_changes);
    free(disk);
}

uint32_t mem_disk_ops_done(const struct wg_disk *disk) { return disk->done; }

void mem_disk_arm(struct wg_disk *disk, uint32_t kinds, uint32_t nth, uint32_t count) {
    disk->kinds = kinds;
    disk->nth = nth;
    disk->fail_count = count;
    disk->done = 0;
}

void mem_disk_set_forgetful(struct wg_disk *disk, bool forgetful) { disk->forgetful = forgetful; }
void mem_disk_set_capacity(struct wg_disk *disk, uint64_t capacity) { disk->capacity = capacity; }

void mem_disk_set_locked(struct wg_disk *disk, bool by_other) { disk->locked_by_other = by_other; }

static bool survives(enum mem_disk_survival survival, uint64_t *random) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return survival == MEM_DISK_KEEP_ALL || (survival == MEM_DISK_TEAR && (*random >> 40) % 2 == 0);
}

static void tear(struct inode *inode, const struct change *change, enum mem_disk_survival survival,
                 uint64_t *random) {
    uint64_t at = change->offset;
    uint64_t end = at + change->len;
    while (at < end) {
        uint64_t stop = (at / SECTOR + 1) * SECTOR < end ? (at / SECTOR + 1) * SECTOR : end;
        if (survives(survival, random)) {
            content_write(&inode->durable, at, change->bytes + (at - change->offset), stop - at);
        }
        at = stop;
    }
}

static void lose_content(struct inode *inode, enum mem_disk_survival survival, uint64_t *random) {
    for (uint32_t i = 0; i < inode->change_count; i++) {
        struct change *change = &inode->changes[i];
        if (change->forgotten && survival == MEM_DISK_KEEP_ALL) {
            continue;
        }
        if (!change->resize) {
            tear(inode, change, survival, random);
        } else if (survives(survival, random)) {
            apply_change(inode, change);
        }
    }
    clear_changes(inode);
    drop_extents(inode, 0, UINT64_MAX);
    content_resize(&inode->cache, inode->durable.size);
    content_write(&inode->cache, 0, inode->durable.bytes, inode->durable.size);
}

void mem_disk_process_ended(struct wg_disk *disk) {
    memset(disk->handles, 0, sizeof disk->handles);
    mem_disk_arm(disk, 0, 0, 0);
}

void mem_disk_power_loss(struct wg_disk *disk, enum mem_disk_survival survival, uint64_t seed) {
    uint64_t random = seed * 2862933555777941757u + 3037000493u;
    for (uint32_t i = 0; i < disk->name_change_count; i++) {
        if (survives(survival, &random)) {
            apply_name_change(&disk->durable, &disk->name_changes[i]);
        }
    }
    disk->name_change_count = 0;
    disk->cache = disk->durable;
    for (uint32_t i = 0; i < disk->inode_count; i++) {
        content_resize(&disk->inodes[i]->durable, disk->inodes[i]->durable.size);
        lose_content(disk->inodes[i], survival, &random);
    }
    mem_disk_process_ended(disk);
}

bool mem_disk_exists(struct wg_disk *disk, const char *path) {
    return names_get(&disk->cache, path) != NULL;
}

void mem_disk_touch(struct wg_disk *disk) { disk->env->disk_epoch++; }

void mem_disk_flip(struct wg_disk *disk, const char *path, uint64_t offset, uint8_t bits) {
    struct inode *inode = names_get(&disk->cache, path);
    check(inode != NULL && offset < inode->cache.size, "nothing to flip there");
    inode->cache.bytes[offset] ^= bits;
    drop_extents(inode, 0, UINT64_MAX);
    content_write(&inode->durable, 0, inode->cache.bytes, inode->cache.size);
    clear_changes(inode);
    mem_disk_touch(disk);
}

uint32_t mem_disk_handles(const struct wg_disk *disk) {
    uint32_t open = 0;
    for (uint32_t i = 0; i < MAX_HANDLES; i++) {
        open += disk->handles[i] != NULL;
    }
    return open;
}
