/* Harm to stored bytes: single bytes, bit rot, writes that went astray, a directory that is emptied.
 * It is done to the cache and to what is durable alike, as if the harmed place had just been read
 * anew. A harmed byte is a buffer of its own laid over the shared one, so no other disk sees it and
 * no mark of the harmed buffer speaks for it. */
#include "sim/world/disk_model.h"

#include <string.h>

#define SITE_FILE 40u
#define SITE_EXTENT 41u
#define SITE_BYTE 42u
#define SITE_BIT 43u
#define SITE_TARGET 44u
#define SITE_PLACE 45u
#define SECTOR 512u

/* Harms one byte of a content: a buffer of one byte over the old one. */
static void corrupt_extents(struct wg_disk *disk, struct disk_extents *list, uint64_t offset,
                            uint8_t xor_with) {
    uint8_t byte = 0;
    disk_extents_read(list, offset, &byte, 1);
    byte ^= xor_with;
    disk_extents_write(list, disk->pool, offset, wg_buf_copy(&disk->own, &byte, 1), 0, 1);
}

/* The same for changes that are still to become durable, or they would bring the old byte back. */
static void corrupt_pending(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                            uint8_t xor_with) {
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        struct disk_change *change = &inode->pending[i];
        if (change->buf == NULL || offset < change->offset ||
            offset - change->offset >= change->len) {
            continue;
        }
        struct wg_buf *harmed =
            wg_buf_copy(&disk->own, change->buf->bytes + change->from, change->len);
        harmed->bytes[offset - change->offset] ^= xor_with;
        wg_buf_unref(change->buf);
        change->buf = harmed;
        change->from = 0;
    }
}

static void corrupt_byte(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                         uint8_t xor_with) {
    corrupt_extents(disk, &inode->cache, offset, xor_with);
    if (offset < inode->durable_size) {
        corrupt_extents(disk, &inode->durable, offset, xor_with);
    }
    corrupt_pending(disk, inode, offset, xor_with);
}

static void damaged(struct wg_disk *disk, const struct disk_inode *inode, uint64_t offset,
                    wg_time now) {
    disk_doubt(disk);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_DAMAGED, .a = inode->number, .b = offset};
    for (uint32_t i = 0; i < disk->cached.count; i++) {
        if (disk->cached.items[i].inode == inode) {
            fact.ptr = disk->cached.items[i].path;
            fact.len = (uint32_t)strlen(disk->cached.items[i].path);
        }
    }
    disk_emit_at(disk, &fact, now);
}

bool sim_disk_corrupt(struct wg_disk *disk, const char *path, uint64_t offset, uint8_t xor_with,
                      wg_time now) {
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    if (inode == NULL || offset >= inode->size) {
        return false;
    }
    corrupt_byte(disk, inode, offset, xor_with);
    damaged(disk, inode, offset, now);
    return true;
}

/* --- which files ----------------------------------------------------------------------------- */

static bool ends_with(const char *path, const char *end) {
    size_t len = strlen(path), end_len = strlen(end);
    return len >= end_len && strcmp(path + len - end_len, end) == 0;
}

static bool is_of_kind(const char *path, enum sim_disk_files files) {
    switch (files) {
    case SIM_FILES_SEGMENT:
        return ends_with(path, ".log");
    case SIM_FILES_META:
        return ends_with(path, ".meta");
    case SIM_FILES_SNAPSHOT:
        return strstr(path, "snapshots/") != NULL;
    case SIM_FILES_ANY:
        break;
    }
    return true;
}

static bool has_pending_bytes(const struct disk_inode *inode) {
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        if (inode->pending[i].buf != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_candidate(const struct disk_name *name, enum sim_disk_files files, bool durable) {
    return is_of_kind(name->path, files) && (durable ? name->inode->durable.count > 0
                                                     : has_pending_bytes(name->inode));
}

/* One of the files of that kind that have such bytes; NULL = none. */
static struct disk_inode *draw_file(struct wg_disk *disk, enum sim_disk_files files,
                                    bool durable) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < disk->cached.count; i++) {
        count += is_candidate(&disk->cached.items[i], files, durable);
    }
    if (count == 0) {
        return NULL;
    }
    uint32_t skip = sim_choose(&disk->harm, SITE_FILE, count);
    uint32_t at = 0;
    while (!is_candidate(&disk->cached.items[at], files, durable) || skip-- > 0) {
        at++;
    }
    return disk->cached.items[at].inode;
}

/* --- bit rot ------------------------------------------------------------------------------------ */

static uint64_t draw_durable_byte(struct wg_disk *disk, const struct disk_inode *inode) {
    const struct disk_extent *extent =
        &inode->durable.items[sim_choose(&disk->harm, SITE_EXTENT, inode->durable.count)];
    return extent->offset + sim_choose(&disk->harm, SITE_BYTE, extent->len);
}

static uint64_t draw_pending_byte(struct wg_disk *disk, const struct disk_inode *inode) {
    uint32_t at = sim_choose(&disk->harm, SITE_EXTENT, inode->pending_count);
    while (inode->pending[at].buf == NULL) { /* there is one */
        at = (at + 1) % inode->pending_count;
    }
    const struct disk_change *change = &inode->pending[at];
    return change->offset + sim_choose(&disk->harm, SITE_BYTE, change->len);
}

/* The bits of a byte that have flipped already: a second flip would mend it. */
struct rotten_byte {
    const struct disk_inode *inode;
    uint64_t offset;
    uint8_t bits;
};

static struct rotten_byte *find_rotten(struct rotten_byte *bytes, uint32_t *count,
                                       const struct disk_inode *inode, uint64_t offset) {
    for (uint32_t i = 0; i < *count; i++) {
        if (bytes[i].inode == inode && bytes[i].offset == offset) {
            return &bytes[i];
        }
    }
    bytes[*count] = (struct rotten_byte){inode, offset, 0};
    return &bytes[(*count)++];
}

/* That bit or the next one that is still sound; 0 = there is none. */
static uint8_t sound_bit(uint8_t rotten, uint32_t number) {
    for (uint32_t i = 0; i < 8; i++) {
        uint8_t bit = (uint8_t)(1u << ((number + i) & 7u));
        if ((rotten & bit) == 0) {
            return bit;
        }
    }
    return 0;
}

uint32_t sim_disk_rot(struct wg_disk *disk, enum sim_disk_files files, bool durable, uint32_t bits,
                      wg_time now) {
    size_t room = (bits + 1) * sizeof(struct rotten_byte);
    struct rotten_byte *bytes = sim_pool_alloc(disk->pool, room);
    uint32_t count = 0, flipped = 0;
    for (uint32_t i = 0; i < bits; i++) {
        struct disk_inode *inode = draw_file(disk, files, durable);
        if (inode == NULL) {
            break;
        }
        uint64_t offset =
            durable ? draw_durable_byte(disk, inode) : draw_pending_byte(disk, inode);
        struct rotten_byte *byte = find_rotten(bytes, &count, inode, offset);
        uint8_t bit = sound_bit(byte->bits, sim_choose(&disk->harm, SITE_BIT, 8));
        if (bit != 0) {
            byte->bits |= bit;
            corrupt_byte(disk, inode, offset, bit);
            damaged(disk, inode, offset, now);
            flipped++;
        }
    }
    sim_pool_release(disk->pool, bytes, room);
    disk->counters.rotten_bits += flipped;
    return flipped;
}

/* --- misdirected writes ------------------------------------------------------------------------- */

static void lay_over(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                     struct wg_buf *buf, uint32_t from, uint32_t len) {
    disk_extents_write(&inode->cache, disk->pool, offset, wg_buf_ref(buf), from, len);
    disk_extents_write(&inode->durable, disk->pool, offset, wg_buf_ref(buf), from, len);
}

/* Where it landed: on a sector of a file that is there, which it does not make longer. */
static void misdirect(struct wg_disk *disk, struct disk_inode *inode, struct disk_inode *target,
                      struct disk_extent write, wg_time now) {
    uint64_t sectors = (target->durable_size + SECTOR - 1) / SECTOR;
    uint64_t bound = sectors < UINT32_MAX ? sectors : UINT32_MAX;
    uint64_t offset = (uint64_t)sim_choose(&disk->harm, SITE_PLACE, (uint32_t)bound) * SECTOR;
    uint64_t room = target->durable_size - offset;
    lay_over(disk, target, offset, write.buf, write.from,
             write.len < room ? write.len : (uint32_t)room);
    damaged(disk, target, offset, now);
    disk_extents_punch(&inode->cache, disk->pool, write.offset, write.offset + write.len);
    disk_extents_punch(&inode->durable, disk->pool, write.offset, write.offset + write.len);
    damaged(disk, inode, write.offset, now);
}

uint32_t sim_disk_misdirect(struct wg_disk *disk, enum sim_disk_files files, uint32_t writes,
                            wg_time now) {
    uint32_t done = 0;
    for (; done < writes; done++) {
        struct disk_inode *inode = draw_file(disk, files, true);
        if (inode == NULL) {
            break;
        }
        uint32_t at = sim_choose(&disk->harm, SITE_EXTENT, inode->durable.count);
        struct disk_extent write = inode->durable.items[at];
        bool elsewhere = sim_choose(&disk->harm, SITE_TARGET, 2) == 1;
        struct disk_inode *target = elsewhere ? draw_file(disk, files, true) : inode;
        wg_buf_ref(write.buf);
        misdirect(disk, inode, target, write, now);
        wg_buf_unref(write.buf);
    }
    disk->counters.misdirected += done;
    return done;
}

/* --- wiping --------------------------------------------------------------------------------------- */

static void wipe_name(struct wg_disk *disk, const char *path, wg_time now) {
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_REMOVED,
                            .a = inode == NULL ? 0 : inode->number,
                            .ptr = path,
                            .len = (uint32_t)strlen(path)};
    if (inode != NULL) {
        disk_emit_at(disk, &fact, now);
    }
    disk->counters.wiped_files++;
}

static void wipe_names(struct wg_disk *disk, struct disk_names *names, const char *prefix,
                       wg_time now) {
    size_t len = strlen(prefix);
    uint32_t at = disk_names_search(names, prefix);
    while (at < names->count && strncmp(names->items[at].path, prefix, len) == 0) {
        char *path = disk_text_copy(disk->pool, names->items[at].path);
        if (names == &disk->cached) {
            wipe_name(disk, path, now);
        }
        disk_names_remove(disk, names, path);
        disk_text_release(disk->pool, path);
    }
}

void sim_disk_wipe(struct wg_disk *disk, const char *prefix, wg_partition_id partition,
                   wg_time now) {
    disk_syncs_drop(disk);
    wipe_names(disk, &disk->cached, prefix, now);
    wipe_names(disk, &disk->durable, prefix, now);
    disk_names_forget(disk, prefix);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_WIPED, .partition = partition};
    disk_emit_at(disk, &fact, now);
}
