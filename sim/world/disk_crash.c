/* Loss of power: decides what of everything not yet durable survives (model in sim_disk.c), then
 * lets the cache start again from what is durable. First how far the running jobs had come, then
 * names, then the files that still have one, in order of their paths. 0 always means "lost". */
#include "sim/world/disk_model.h"

#define SITE_NAMES_POLICY 10u
#define SITE_NAME 11u
#define SITE_FILE_POLICY 12u
#define SITE_TEAR_FILE 13u
#define SITE_PREFIX 14u
#define SITE_WRITE 15u
#define SITE_RESIZE 16u
#define SITE_UNIT 17u
#define SITE_UNIT_BYTES 18u
#define SITE_TORN_SIZE 19u
#define SITE_CRASH_POINT 20u

enum names_policy { NAMES_LOST, NAMES_KEPT, NAMES_EACH, NAMES_POLICIES };
enum file_policy { FILE_LOST, FILE_KEPT, FILE_PREFIX, FILE_EACH, FILE_POLICIES };
enum write_fate { WRITE_LOST, WRITE_KEPT, WRITE_TORN, WRITE_SIZE_ONLY, WRITE_FATES };

static uint32_t draw(struct wg_disk *disk, uint32_t site, uint32_t bound) {
    return sim_choose(&disk->crash, site, bound);
}

/* A sync in flight by its number, or NULL. They are few. */
static struct disk_sync *sync_find(const struct wg_disk *disk, uint64_t number) {
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        if (disk->syncs[i].number == number) {
            return &disk->syncs[i];
        }
    }
    return NULL;
}

void disk_passed(struct wg_disk *disk, uint64_t after) {
    struct disk_sync *sync = after == 0 ? NULL : sync_find(disk, after);
    if (sync != NULL) {
        sync->passed = true;
    }
}

bool disk_never_issued(const struct wg_disk *disk, uint64_t after) {
    const struct disk_sync *sync = after == 0 ? NULL : sync_find(disk, after);
    return sync != NULL && !sync->passed;
}

bool disk_has_change_after(const struct wg_disk *disk, uint64_t sync) {
    for (uint32_t i = 0; i < disk->change_count; i++) {
        if (disk->changes[i].after == sync) {
            return true;
        }
    }
    for (uint32_t i = 0; i < disk->cached.count; i++) {
        const struct disk_inode *inode = disk->cached.items[i].inode;
        for (uint32_t j = 0; j < inode->pending_count; j++) {
            if (inode->pending[j].after == sync) {
                return true;
            }
        }
    }
    return false;
}

/* Draws how many of one job's `count` syncs had completed: not fewer than another job's sync has
 * since proved, by making durable what this job did behind them. */
static void draw_crash_point(struct wg_disk *disk, struct disk_sync *syncs, uint32_t count) {
    uint32_t completed = count;
    while (completed > 0 && !syncs[completed - 1].passed) {
        completed--;
    }
    if (completed < count) {
        completed += draw(disk, SITE_CRASH_POINT, count - completed + 1);
    }
    for (uint32_t i = 0; i < completed; i++) {
        syncs[i].passed = true;
    }
}

/* The running jobs stop somewhere: what they did behind that point was never issued, what their
 * syncs before it cover is durable. */
static void crash_jobs(struct wg_disk *disk) {
    uint32_t behind = 0;
    for (uint32_t first = 0; first < disk->sync_count; first = behind) {
        while (behind < disk->sync_count && disk->syncs[behind].job == disk->syncs[first].job) {
            behind++;
        }
        draw_crash_point(disk, disk->syncs + first, behind - first);
    }
    disk_names_undo(disk);
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        if (disk->syncs[i].inode != NULL) {
            disk_inode_undo(disk, disk->syncs[i].inode);
        }
    }
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        const struct disk_sync *sync = &disk->syncs[i];
        if (sync->passed && sync->inode != NULL) {
            disk_inode_commit(disk, sync->inode, sync->upto);
        } else if (sync->passed) {
            disk_names_commit(disk, sync->dir, sync->upto);
        }
    }
}

static void crash_names(struct wg_disk *disk) {
    uint32_t policy = NAMES_LOST;
    if (disk->change_count > 0) {
        policy = draw(disk, SITE_NAMES_POLICY, NAMES_POLICIES);
    }
    for (uint32_t i = 0; i < disk->change_count; i++) {
        bool survives = policy == NAMES_KEPT ||
                        (policy == NAMES_EACH && draw(disk, SITE_NAME, 2) == 1);
        if (survives) {
            disk_names_settle(disk, &disk->changes[i]);
        }
    }
    disk_names_drop_changes(disk);
}

static void raise_size(struct disk_inode *inode, uint64_t size) {
    if (size > inode->durable_size) {
        inode->durable_size = size;
    }
}

/* Each sector or page of the write survives by a draw of its own. */
static void tear_write(struct wg_disk *disk, struct disk_inode *inode,
                       const struct disk_change *change) {
    uint64_t unit = draw(disk, SITE_UNIT_BYTES, 2) == 0 ? 4096 : 512;
    uint64_t end = change->offset + change->len;
    uint64_t at = change->offset;
    while (at < end) {
        uint64_t stop = (at / unit + 1) * unit;
        stop = stop < end ? stop : end;
        if (draw(disk, SITE_UNIT, 2) == 1) {
            struct disk_change part = *change;
            part.offset = at;
            part.from += (uint32_t)(at - change->offset);
            part.len = (uint32_t)(stop - at);
            wg_buf_ref(part.buf);
            disk_inode_settle(disk, inode, &part);
        }
        at = stop;
    }
    if (draw(disk, SITE_TORN_SIZE, 2) == 1) {
        raise_size(inode, end);
    }
    wg_buf_unref(change->buf);
    disk->counters.torn_writes++;
}

/* Takes over the change's reference. */
static void end_write(struct wg_disk *disk, struct disk_inode *inode,
                      const struct disk_change *change, uint32_t fate) {
    switch ((enum write_fate)fate) {
    case WRITE_KEPT:
        disk_inode_settle(disk, inode, change);
        disk->counters.kept_writes++;
        return;
    case WRITE_TORN:
        tear_write(disk, inode, change);
        return;
    case WRITE_SIZE_ONLY:
        raise_size(inode, change->offset + change->len);
        break;
    case WRITE_LOST:
    case WRITE_FATES:
        break;
    }
    wg_buf_unref(change->buf);
    disk->counters.lost_writes++;
}

static uint32_t file_policy(struct wg_disk *disk) {
    if (sim_chance(&disk->crash, SITE_TEAR_FILE, disk->tearing * 1000)) {
        return FILE_EACH;
    }
    return draw(disk, SITE_FILE_POLICY, FILE_POLICIES);
}

/* What becomes of change number `i` when the file follows `policy`; resizes cannot be torn. */
static uint32_t fate_of(struct wg_disk *disk, const struct disk_change *change, uint32_t policy,
                        uint32_t i, uint32_t prefix) {
    if (policy == FILE_PREFIX) {
        uint32_t at_edge = change->buf == NULL ? WRITE_LOST : WRITE_TORN;
        return i < prefix ? WRITE_KEPT : i == prefix ? at_edge : WRITE_LOST;
    }
    if (policy == FILE_EACH) {
        return change->buf == NULL ? draw(disk, SITE_RESIZE, 2)
                                   : draw(disk, SITE_WRITE, WRITE_FATES);
    }
    return policy == FILE_KEPT ? WRITE_KEPT : WRITE_LOST;
}

static void crash_file(struct wg_disk *disk, struct disk_inode *inode) {
    disk_inode_undo(disk, inode);
    uint32_t count = inode->pending_count;
    if (count == 0) {
        return;
    }
    uint32_t policy = file_policy(disk);
    uint32_t prefix = policy == FILE_PREFIX ? draw(disk, SITE_PREFIX, count) : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct disk_change *change = &inode->pending[i];
        uint32_t fate = fate_of(disk, change, policy, i, prefix);
        if (change->buf != NULL) {
            end_write(disk, inode, change, fate);
        } else if (fate == WRITE_KEPT) {
            disk_inode_settle(disk, inode, change);
        }
    }
    inode->pending_first += count;
    inode->pending_count = 0;
}

/* The cache becomes what is durable. */
static void reload(struct wg_disk *disk) {
    disk_names_clear(disk, &disk->cached);
    for (uint32_t i = 0; i < disk->durable.count; i++) {
        struct disk_inode *inode = disk->durable.items[i].inode;
        disk_extents_copy(&inode->cache, disk->pool, &inode->durable);
        inode->size = inode->durable_size;
        disk_names_set(disk, &disk->cached, disk->durable.items[i].path, inode);
    }
}

void disk_crash(struct wg_disk *disk) {
    if (disk->sync_count > 0) {
        crash_jobs(disk);
    }
    crash_names(disk);
    for (uint32_t i = 0; i < disk->durable.count; i++) {
        crash_file(disk, disk->durable.items[i].inode);
    }
    disk_syncs_drop(disk);
    reload(disk);
}
