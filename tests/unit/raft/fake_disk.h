/* What one replica of the harness keeps over restarts, and the seams that raft sees of it: an
 * in-memory log, meta store and snapshot store (fake_log.c, fake_meta.c, fake_snapshots.c).
 * env->disk points to it. Faults are fields that a test sets. */
#ifndef TEST_RAFT_FAKE_DISK_H
#define TEST_RAFT_FAKE_DISK_H

#include "seams/log_storage.h"
#include "seams/meta_store.h"
#include "seams/snapshot_store.h"

struct fake_disk {
    /* log */
    wg_index first, last; /* last == first - 1: empty */
    struct wg_log_entry *entries; /* entry i at [i - first] */
    uint32_t capacity;
    wg_index flushed;          /* highest index a power loss spares */
    uint32_t segment_entries;  /* compaction granularity */
    uint32_t space;            /* entries that still fit; UINT32_MAX = no limit */
    /* meta */
    struct wg_meta meta;
    /* snapshots */
    bool has_snapshot;
    struct wg_snapshot_id snapshot;
    uint32_t chunk_total;      /* chunks of a snapshot sent */
    bool receiving;
    struct wg_snapshot_id received;
    uint32_t chunks_received;
    /* faults: status of the next calls, `*_times` of them */
    wg_status append_fault, flush_fault, meta_fault, finish_fault, reset_fault, chunk_fault;
    uint32_t append_times, flush_times, meta_times, finish_times, reset_times, chunk_times;
    uint32_t reset_skip; /* resets that succeed before */
    wg_index damaged_snapshot; /* index of one that is complete but damaged; 0 = none */
    wg_index unreadable_from, unreadable_to; /* entries that reads give unreadable_fault for */
    wg_status unreadable_fault;
    bool corrupt_frames;       /* append_frame answers CORRUPT */
    /* what happened: ordinal numbers of the last reset, persist; counts */
    uint32_t clock, reset_at, persist_at;
    uint32_t flushes, resets, truncations;
};

void fake_disk_init(struct fake_disk *disk);
void fake_disk_done(struct fake_disk *disk);
/* Unflushed entries are gone, and what was being received. */
void fake_disk_power_loss(struct fake_disk *disk);
/* Entries after `index` are gone; what the meta file says stays. */
void fake_disk_truncate(struct fake_disk *disk, wg_index index);
/* Appends an entry as an earlier leader left it, flushed; data is one byte. */
void fake_disk_put(struct fake_disk *disk, struct wg_env *env, wg_term term, uint8_t data);
/* As if taken locally. */
void fake_disk_snapshot(struct fake_disk *disk, wg_index index, wg_term term);
wg_status fake_fault(wg_status status, uint32_t *times);

static inline struct fake_disk *fake_disk_of(const struct wg_env *env) {
    return (struct fake_disk *)(void *)env->disk;
}

#endif
