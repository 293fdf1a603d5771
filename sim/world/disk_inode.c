/* One file's bytes: the cache that processes see, the durable content, and the ordered changes that
 * lie between them. Invariant: applying `pending` to the durable content in order gives the cache,
 * unless a failed sync made the disk forget some (disk_inode_forget). */
#include "sim/world/disk_model.h"

#include <string.h>

void *disk_grow(struct sim_pool *pool, void *items, uint32_t count, uint32_t *capacity,
                size_t size) {
    if (count < *capacity) {
        return items;
    }
    uint32_t wider = *capacity == 0 ? 8 : *capacity * 2;
    void *moved = sim_pool_alloc(pool, wider * size);
    if (count > 0) {
        memcpy(moved, items, count * size);
    }
    sim_pool_release(pool, items, *capacity * size);
    *capacity = wider;
    return moved;
}

struct disk_inode *disk_inode_new(struct wg_disk *disk) {
    struct disk_inode *inode = sim_pool_alloc(disk->pool, sizeof *inode);
    *inode = (struct disk_inode){0};
    inode->number = ++disk->inode_number;
    inode->pending_first = 1;
    return inode;
}

void disk_inode_unref(struct wg_disk *disk, struct disk_inode *inode) {
    if (--inode->refs > 0) {
        return;
    }
    disk_inode_forget(disk, inode);
    sim_pool_release(disk->pool, inode->pending, inode->pending_capacity * sizeof *inode->pending);
    disk_extents_clear(&inode->cache, disk->pool);
    disk_extents_clear(&inode->durable, disk->pool);
    sim_pool_release(disk->pool, inode, sizeof *inode);
}

static void note_used(struct wg_disk *disk) {
    struct sim_disk_counters *counters = &disk->counters;
    if (counters->used_bytes > counters->peak_used_bytes) {
        counters->peak_used_bytes = counters->used_bytes;
    }
}

void disk_inode_use(struct wg_disk *disk, struct disk_inode *inode) {
    inode->refs++;
    if (inode->users++ == 0) {
        disk->counters.used_bytes += inode->size;
        note_used(disk);
        disk_space_moved(disk);
    }
}

void disk_inode_unuse(struct wg_disk *disk, struct disk_inode *inode) {
    if (--inode->users == 0) {
        disk->counters.used_bytes -= inode->size;
        disk_space_moved(disk);
    }
    disk_inode_unref(disk, inode);
}

static void set_size(struct wg_disk *disk, struct disk_inode *inode, uint64_t size) {
    if (inode->users > 0) {
        disk->counters.used_bytes += size - inode->size; /* unsigned: also when it shrinks */
        note_used(disk);
        disk_space_moved(disk);
    }
    inode->size = size;
}

static inline void note_pending(struct wg_disk *disk, struct disk_inode *inode,
                         struct disk_change change) {
    if (inode->pending_count == inode->pending_capacity) {
        inode->pending = disk_grow(disk->pool, inode->pending, inode->pending_count,
                                   &inode->pending_capacity, sizeof change);
    }
    inode->pending[inode->pending_count++] = change;
}

void disk_inode_write(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                      struct wg_buf *buf, uint32_t from, uint32_t len) {
    note_pending(disk, inode,
                 (struct disk_change){offset, wg_buf_ref(buf), from, len, disk->after});
    disk_extents_write(&inode->cache, disk->pool, offset, buf, from, len);
    if (offset + len > inode->size) {
        set_size(disk, inode, offset + len);
    }
}

void disk_inode_resize(struct wg_disk *disk, struct disk_inode *inode, uint64_t size) {
    note_pending(disk, inode, (struct disk_change){size, NULL, 0, 0, disk->after});
    disk_extents_punch(&inode->cache, disk->pool, size, UINT64_MAX);
    set_size(disk, inode, size);
}

void disk_inode_settle(struct wg_disk *disk, struct disk_inode *inode,
                       const struct disk_change *change) {
    if (change->buf == NULL) {
        disk_extents_punch(&inode->durable, disk->pool, change->offset, UINT64_MAX);
        inode->durable_size = change->offset;
        return;
    }
    uint64_t end = change->offset + change->len;
    disk_extents_write(&inode->durable, disk->pool, change->offset, change->buf, change->from,
                       change->len);
    if (end > inode->durable_size) {
        inode->durable_size = end;
    }
}

static void drop_pending_front(struct disk_inode *inode, uint32_t count) {
    inode->pending_count -= count;
    inode->pending_first += count;
    if (inode->pending_count > 0) {
        memmove(inode->pending, inode->pending + count,
                inode->pending_count * sizeof *inode->pending);
    }
}

void disk_inode_commit(struct wg_disk *disk, struct disk_inode *inode, uint64_t upto) {
    uint64_t covered = upto < inode->pending_first ? 0 : upto - inode->pending_first + 1;
    uint32_t count = covered < inode->pending_count ? (uint32_t)covered : inode->pending_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct disk_change *change = &inode->pending[i];
        if (change->after != 0) {
            disk_passed(disk, change->after);
        }
        disk_inode_settle(disk, inode, change);
    }
    if (count > 0) {
        drop_pending_front(inode, count);
    }
}

void disk_inode_forget(struct wg_disk *disk, struct disk_inode *inode) {
    (void)disk;
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        wg_buf_unref(inode->pending[i].buf);
    }
    drop_pending_front(inode, inode->pending_count);
}

/* The change numbered `number` goes, the earlier ones move up by one and what syncs cover of them
 * moves with them. */
static void move_covered(struct wg_disk *disk, const struct disk_inode *inode, uint64_t number) {
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        struct disk_sync *sync = &disk->syncs[i];
        if (sync->inode == inode && sync->upto < number) {
            sync->upto++;
        }
    }
}

void disk_inode_undo(struct wg_disk *disk, struct disk_inode *inode) {
    uint32_t kept_from = inode->pending_count;
    for (uint32_t i = inode->pending_count; i-- > 0;) {
        if (!disk_never_issued(disk, inode->pending[i].after)) {
            inode->pending[--kept_from] = inode->pending[i];
            continue;
        }
        move_covered(disk, inode, inode->pending_first + kept_from - 1);
        if (inode->pending[i].buf != NULL) {
            wg_buf_unref(inode->pending[i].buf);
            disk->counters.lost_writes++;
        }
    }
    if (kept_from > 0) {
        drop_pending_front(inode, kept_from);
    }
}
