/* Faults of the disk that are ordered from outside: calls that fail or take longer, a full disk, torn
 * writes, and what a failed sync leaves. */
#include "sim/world/disk_model.h"

#include <string.h>

#define SITE_SYNC_ERROR 2u
#define SITE_SYNC_LOST 3u
#define SITE_CALL_ERROR 30u

enum sync_error { SYNC_STILL_PENDING, SYNC_ALL_LOST, SYNC_SOME_LOST, SYNC_ERRORS };

void sim_disk_set_tearing(struct wg_disk *disk, uint32_t per_mille) {
    disk->tearing = per_mille < 1000 ? per_mille : 1000;
}

static void note_disturbed(struct wg_disk *disk) {
    uint64_t sum = 0;
    for (uint32_t op = 0; op < SIM_DISK_OP_COUNT; op++) {
        sum += disk->fail[op];
    }
    for (uint32_t call = 0; call < SIM_CALL_COUNT; call++) {
        sum += disk->faults.error[call] + (uint64_t)disk->faults.latency[call];
    }
    disk->disturbed = sum > 0;
}

void sim_disk_fail_next(struct wg_disk *disk, enum sim_disk_op op, uint32_t count) {
    disk->fail[op] = count;
    disk_doubt(disk);
    note_disturbed(disk);
}

void sim_disk_set_faults(struct wg_disk *disk, const struct sim_disk_faults *faults) {
    if (disk->faults.error[SIM_CALL_READ] != faults->error[SIM_CALL_READ]) {
        disk_doubt(disk);
    }
    disk->faults = *faults;
    note_disturbed(disk);
    disk_space_moved(disk);
}

void sim_disk_set_slow(struct wg_disk *disk, uint32_t percent) { disk->slow_percent = percent; }

void sim_disk_set_capacity(struct wg_disk *disk, uint64_t capacity) {
    disk->options.capacity = capacity;
    disk_space_moved(disk);
}

void sim_disk_set_watermarks(struct wg_disk *disk, uint64_t processing, uint64_t replication) {
    disk->low_processing = processing;
    disk->low_replication = replication;
    disk_space_moved(disk);
}

void disk_space_crossed(struct wg_disk *disk, uint32_t space) {
    disk->counters.crossings += disk->faults.taken > 0 && space > disk->space;
    disk->space = space;
    struct sim_fact fact = {
        .kind = SIM_FACT_DISK_SPACE, .a = sim_disk_free_bytes(disk), .b = space};
    disk_emit(disk, &fact);
}

void disk_error(struct wg_disk *disk, enum sim_disk_call call, uint32_t file, wg_status status) {
    struct sim_fact fact = {
        .kind = SIM_FACT_DISK_ERROR, .a = file, .b = call, .c = (uint64_t)status};
    disk_emit(disk, &fact);
}

bool disk_disturb(struct wg_disk *disk, enum sim_disk_op op, enum sim_disk_call call,
                  uint32_t file) {
    if (disk->faults.latency[call] > 0) {
        disk_charge(disk, disk->faults.latency[call]);
        disk->counters.slowed++;
    }
    if (disk->fail[op] > 0) {
        disk->fail[op]--;
        disk->counters.failed_ops++;
        note_disturbed(disk);
        return true;
    }
    if (!sim_chance(&disk->harm, SITE_CALL_ERROR, disk->faults.error[call])) {
        return false;
    }
    disk->counters.errors[call]++;
    disk_error(disk, call, file, WG_IO);
    return true;
}

/* Some of the changes became durable all the same. Takes them out of what is pending; returns how
 * many are lost. */
static uint32_t keep_some(struct wg_disk *disk, struct disk_inode *inode) {
    uint32_t lost = 0;
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        struct disk_change *change = &inode->pending[i];
        if (sim_choose(&disk->crash, SITE_SYNC_LOST, 2) == 0) {
            lost++;
            continue;
        }
        disk_passed(disk, change->after);
        struct disk_change kept = *change;
        disk_inode_settle(disk, inode, &kept);
        change->buf = NULL; /* its reference went with it; forgetting a resize is nothing */
        change->len = 0;
    }
    return lost;
}

/* Whether the change would have written what is durable there anyway. */
static bool is_durable_already(struct disk_inode *inode, const struct disk_change *change) {
    uint8_t durable[512];
    const uint8_t *bytes = change->buf->bytes + change->from;
    for (uint32_t at = 0; at < change->len; at += sizeof durable) {
        uint32_t left = change->len - at;
        uint32_t len = left < sizeof durable ? left : (uint32_t)sizeof durable;
        disk_extents_read(&inode->durable, change->offset + at, durable, len);
        if (memcmp(durable, bytes + at, len) != 0) {
            return false;
        }
    }
    return change->offset + change->len <= inode->durable_size;
}

static void tell_lost(struct wg_disk *disk, struct disk_inode *inode) {
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        const struct disk_change *change = &inode->pending[i];
        if (change->buf != NULL && !is_durable_already(inode, change)) {
            disk->counters.lost_by_sync++;
            struct sim_fact fact = {
                .kind = SIM_FACT_DISK_DAMAGED, .a = inode->number, .b = change->offset};
            disk_emit(disk, &fact);
        }
    }
}

/* The process waited for its earlier syncs of the file: what they cover is durable. */
static void finish_earlier_syncs(struct wg_disk *disk, struct disk_inode *inode) {
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        if (disk->syncs[i].inode == inode) {
            disk->syncs[i].passed = true;
            disk_inode_commit(disk, inode, disk->syncs[i].upto);
        }
    }
}

void disk_sync_failed(struct wg_disk *disk, struct disk_inode *inode) {
    finish_earlier_syncs(disk, inode);
    uint32_t outcome = sim_choose(&disk->crash, SITE_SYNC_ERROR, SYNC_ERRORS);
    if (outcome == SYNC_STILL_PENDING || inode->pending_count == 0) {
        return;
    }
    uint32_t lost =
        outcome == SYNC_SOME_LOST ? keep_some(disk, inode) : inode->pending_count;
    tell_lost(disk, inode);
    disk_inode_forget(disk, inode);
    disk->device_failed = disk->device_failed || lost > 0;
}
