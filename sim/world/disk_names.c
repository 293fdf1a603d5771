/* Paths: the cached names that processes see, the durable ones, and the changes between them.
 *
 * A change becomes durable as a whole (so a rename replaces its target atomically) when the
 * directory of its path, for a rename that of its target, is synced. A directory sync also covers
 * earlier changes of a path that a covered rename moved away, else the file would come back under
 * its old name. After any outcome a file has at most one durable name. */
#include "sim/world/disk_model.h"

#include <string.h>

#define CHANGES_MAX 128u /* that wait for a sync */

char *disk_text_copy(struct sim_pool *pool, const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = sim_pool_alloc(pool, bytes);
    memcpy(copy, text, bytes);
    return copy;
}

void disk_text_release(struct sim_pool *pool, char *text) {
    if (text != NULL) {
        sim_pool_release(pool, text, strlen(text) + 1);
    }
}

uint32_t disk_names_search(const struct disk_names *names, const char *path) {
    uint32_t low = 0;
    uint32_t high = names->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(names->items[middle].path, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct disk_names *names, uint32_t index, const char *path) {
    return index < names->count && strcmp(names->items[index].path, path) == 0;
}

struct disk_inode *disk_names_get(const struct disk_names *names, const char *path) {
    uint32_t index = disk_names_search(names, path);
    return is_at(names, index, path) ? names->items[index].inode : NULL;
}

/* Cached names keep a file's size counted; durable ones only keep the file. */
static void inode_named(struct wg_disk *disk, const struct disk_names *names,
                        struct disk_inode *inode) {
    if (names == &disk->cached) {
        disk_inode_use(disk, inode);
    } else {
        inode->refs++;
    }
}

static void inode_unnamed(struct wg_disk *disk, const struct disk_names *names,
                          struct disk_inode *inode) {
    if (names == &disk->cached) {
        disk_inode_unuse(disk, inode);
    } else {
        disk_inode_unref(disk, inode);
    }
}

void disk_names_set(struct wg_disk *disk, struct disk_names *names, const char *path,
                    struct disk_inode *inode) {
    inode_named(disk, names, inode);
    uint32_t index = disk_names_search(names, path);
    if (is_at(names, index, path)) {
        inode_unnamed(disk, names, names->items[index].inode);
        names->items[index].inode = inode;
        return;
    }
    names->items = disk_grow(disk->pool, names->items, names->count, &names->capacity,
                             sizeof *names->items);
    struct disk_name *at = names->items + index;
    memmove(at + 1, at, (names->count - index) * sizeof *at);
    *at = (struct disk_name){disk_text_copy(disk->pool, path), inode};
    names->count++;
}

static void remove_at(struct wg_disk *disk, struct disk_names *names, uint32_t index) {
    struct disk_name *at = names->items + index;
    disk_text_release(disk->pool, at->path);
    inode_unnamed(disk, names, at->inode);
    names->count--;
    memmove(at, at + 1, (names->count - index) * sizeof *at);
}

bool disk_names_remove(struct wg_disk *disk, struct disk_names *names, const char *path) {
    uint32_t index = disk_names_search(names, path);
    if (!is_at(names, index, path)) {
        return false;
    }
    remove_at(disk, names, index);
    return true;
}

void disk_names_clear(struct wg_disk *disk, struct disk_names *names) {
    while (names->count > 0) {
        remove_at(disk, names, names->count - 1);
    }
    sim_pool_release(disk->pool, names->items, names->capacity * sizeof *names->items);
    *names = (struct disk_names){0};
}

static void change_release(struct wg_disk *disk, struct disk_name_change *change) {
    disk_text_release(disk->pool, change->path);
    disk_text_release(disk->pool, change->to);
    disk_inode_unref(disk, change->inode);
}

/* A file system's journal has an end: when many changes wait, the oldest are written back, in order.
 * Else what is removed in directories that nobody syncs (they go too) would pile up for ever, and
 * the content of the files with it. */
static void write_back_oldest(struct wg_disk *disk) {
    uint32_t count = disk->change_count / 2;
    for (uint32_t i = 0; i < count; i++) {
        disk_passed(disk, disk->changes[i].after);
        disk_names_settle(disk, &disk->changes[i]);
        change_release(disk, &disk->changes[i]);
    }
    disk->change_count -= count;
    memmove(disk->changes, disk->changes + count, disk->change_count * sizeof *disk->changes);
}

void disk_names_note(struct wg_disk *disk, enum disk_name_change_kind kind, const char *path,
                     const char *to, struct disk_inode *inode) {
    if (disk->change_count >= CHANGES_MAX) {
        write_back_oldest(disk);
    }
    disk->changes = disk_grow(disk->pool, disk->changes, disk->change_count,
                              &disk->change_capacity, sizeof *disk->changes);
    inode->refs++;
    disk->changes[disk->change_count++] =
        (struct disk_name_change){.number = ++disk->change_number,
                                  .after = disk->after,
                                  .kind = (uint32_t)kind,
                                  .path = disk_text_copy(disk->pool, path),
                                  .to = to == NULL ? NULL : disk_text_copy(disk->pool, to),
                                  .inode = inode};
}

static void remove_other_names(struct wg_disk *disk, const struct disk_inode *inode) {
    for (uint32_t i = disk->durable.count; i-- > 0;) {
        if (disk->durable.items[i].inode == inode) {
            remove_at(disk, &disk->durable, i);
        }
    }
}

void disk_names_settle(struct wg_disk *disk, const struct disk_name_change *change) {
    switch ((enum disk_name_change_kind)change->kind) {
    case DISK_NAME_CREATE:
        disk_names_set(disk, &disk->durable, change->path, change->inode);
        break;
    case DISK_NAME_RENAME:
        disk_names_remove(disk, &disk->durable, change->path);
        remove_other_names(disk, change->inode);
        disk_names_set(disk, &disk->durable, change->to, change->inode);
        break;
    case DISK_NAME_REMOVE:
        disk_names_remove(disk, &disk->durable, change->path);
        break;
    }
}

/* Whether `path` is a direct entry of `dir` ("" or "." = the data directory itself). */
static bool in_dir(const char *path, const char *dir) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    size_t dir_len = strcmp(dir, ".") == 0 ? 0 : strlen(dir);
    if (dir_len > 0 && dir[dir_len - 1] == '/') {
        dir_len--;
    }
    return len == dir_len && memcmp(path, dir, len) == 0;
}

static bool names_path(const struct disk_name_change *change, const char *path) {
    return strcmp(change->path, path) == 0 || (change->to != NULL && strcmp(change->to, path) == 0);
}

/* Marks what the sync covers, from the last change to the first, so that what a covered rename
 * needs is marked before it is looked at. */
static void mark_covered(struct wg_disk *disk, const char *dir, uint64_t upto) {
    for (uint32_t i = disk->change_count; i-- > 0;) {
        struct disk_name_change *change = &disk->changes[i];
        const char *entry = change->to != NULL ? change->to : change->path;
        if (change->number <= upto && in_dir(entry, dir)) {
            change->marked = true;
        }
        for (uint32_t j = 0; change->marked && change->to != NULL && j < i; j++) {
            if (names_path(&disk->changes[j], change->path)) {
                disk->changes[j].marked = true;
            }
        }
    }
}

void disk_names_commit(struct wg_disk *disk, const char *dir, uint64_t upto) {
    mark_covered(disk, dir, upto);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->change_count; i++) {
        struct disk_name_change change = disk->changes[i];
        if (change.marked) {
            disk_passed(disk, change.after);
            disk_names_settle(disk, &change);
            change_release(disk, &change);
        } else {
            disk->changes[kept++] = change;
        }
    }
    disk->change_count = kept;
}

/* Whether a marked change before `index` gave the file of that one its name or its place: then that
 * one found the file where it never was. */
static bool builds_on_marked(const struct wg_disk *disk, uint32_t index) {
    for (uint32_t i = 0; i < index; i++) {
        if (disk->changes[i].marked && disk->changes[i].inode == disk->changes[index].inode) {
            return true;
        }
    }
    return false;
}

void disk_names_undo(struct wg_disk *disk) {
    for (uint32_t i = 0; i < disk->change_count; i++) {
        disk->changes[i].marked =
            disk_never_issued(disk, disk->changes[i].after) || builds_on_marked(disk, i);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->change_count; i++) {
        struct disk_name_change change = disk->changes[i];
        if (change.marked) {
            change_release(disk, &change);
        } else {
            disk->changes[kept++] = change;
        }
    }
    disk->change_count = kept;
}

void disk_names_drop_changes(struct wg_disk *disk) {
    for (uint32_t i = 0; i < disk->change_count; i++) {
        change_release(disk, &disk->changes[i]);
    }
    disk->change_count = 0;
}

void disk_names_forget(struct wg_disk *disk, const char *prefix) {
    size_t len = strlen(prefix);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->change_count; i++) {
        struct disk_name_change change = disk->changes[i];
        bool gone = strncmp(change.path, prefix, len) == 0 ||
                    (change.to != NULL && strncmp(change.to, prefix, len) == 0);
        if (gone) {
            change_release(disk, &change);
        } else {
            disk->changes[kept++] = change;
        }
    }
    disk->change_count = kept;
}
