/* Seam: snapshots of one replica on its disk (reference: engine 5). Implemented by
 * engine/snapshot; raft sends and receives chunks through it, the partition takes and loads. */
#ifndef WG_SEAMS_SNAPSHOT_STORE_H
#define WG_SEAMS_SNAPSHOT_STORE_H

#include "seams/state_store.h"

/* Order: index, then processed, then exported (the term is not compared). */
struct wg_snapshot_id {
    wg_index index; /* 0 is possible: nothing may be compacted */
    wg_term term;
    wg_position processed;
    wg_position exported; /* WG_POSITION_MAX = no exporter, 0 = one has nothing acknowledged */
};
int wg_snapshot_id_compare(const struct wg_snapshot_id *a, const struct wg_snapshot_id *b);
/* All four numbers are the same; the order above leaves the term out. */
static inline bool wg_snapshot_id_equal(const struct wg_snapshot_id *a,
                                        const struct wg_snapshot_id *b) {
    return a->term == b->term && wg_snapshot_id_compare(a, b) == 0;
}

struct wg_snapshots; /* the store of one partition replica */

struct wg_snapshot_options {
    const char *dir; /* e.g. "partitions/1" */
    wg_partition_id partition;
};

/* Opens the store: the highest snapshot with a valid checksum file wins, partial and pending ones
 * are removed. IO. */
WG_MUST_USE wg_status wg_snapshots_open(struct wg_env *env, const struct wg_snapshot_options *options,
                                        struct wg_snapshots **ret_store);
void wg_snapshots_close(struct wg_snapshots *store);
/* The latest snapshot's id, or NULL. */
const struct wg_snapshot_id *wg_snapshots_latest(const struct wg_snapshots *store);
/* Highest index of the snapshots that were complete but damaged when the store was opened; they are
 * ignored, and stay on disk while there is no sound one. 0 = there were none. */
wg_index wg_snapshots_damaged_index(const struct wg_snapshots *store);
/* Lowest index over all available snapshots (the latest and reserved ones), 0 if none (engine 6). */
wg_index wg_snapshots_compaction_bound(const struct wg_snapshots *store);
/* Keeps an available snapshot, and the log behind it, until it is released as often as it was
 * reserved; it then goes with the next new snapshot. Reservations live in memory only: after a
 * restart just the latest is left (backup reads snapshots so). NOT_FOUND: not available; FULL. */
WG_MUST_USE wg_status wg_snapshots_reserve(struct wg_snapshots *store,
                                           const struct wg_snapshot_id *id);
/* NOT_FOUND: nobody has reserved it. */
WG_MUST_USE wg_status wg_snapshots_release(struct wg_snapshots *store,
                                           const struct wg_snapshot_id *id);

/* Persists a locally taken snapshot: files, checksum file as .tmp, fsync, durable rename. EXISTS: same id as
 * the latest; STALE: not newer. Older ones are removed once this one is durable. */
WG_MUST_USE wg_status wg_snapshots_persist(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                                           const struct wg_state_checkpoint *checkpoint,
                                           wg_position last_followup);
/* State of the latest snapshot, freshly decoded and checked; NOT_FOUND if there is none. */
WG_MUST_USE wg_status wg_snapshots_load(struct wg_snapshots *store, struct wg_state **ret_state);

/* One piece of a file of the latest snapshot, in the order of sending. */
struct wg_snapshot_chunk {
    struct wg_snapshot_id id;
    uint32_t number;       /* 0.. */
    uint32_t total_files;
    uint32_t snapshot_checksum; /* combined value of the checksum file */
    uint32_t chunk_checksum;
    uint64_t offset;       /* in that file */
    uint64_t file_bytes;
    bool last;             /* the final chunk of the snapshot */
    char file[48];
    struct wg_buf *content; /* referenced; drop with wg_buf_unref */
};
/* Chunk `number` of the latest snapshot cut at `chunk_bytes`. NOT_FOUND past the end or if `id` is
 * no longer available. CORRUPT: the file is not what was persisted, nobody could install it; IO. */
WG_MUST_USE wg_status wg_snapshots_chunk(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                                         uint32_t number, uint32_t chunk_bytes,
                                         struct wg_snapshot_chunk *ret_chunk);

/* Receiving: begin, add chunks in order, then finish (verifies, persists, removes older ones) or
 * abort. CORRUPT: a checksum does not fit; the pending one stays until aborted. EXISTS from
 * begin: have it or a newer one already. */
WG_MUST_USE wg_status wg_snapshots_receive_begin(struct wg_snapshots *store,
                                                 const struct wg_snapshot_id *id);
WG_MUST_USE wg_status wg_snapshots_receive_chunk(struct wg_snapshots *store,
                                                 const struct wg_snapshot_chunk *chunk);
WG_MUST_USE wg_status wg_snapshots_receive_finish(struct wg_snapshots *store);
void wg_snapshots_receive_abort(struct wg_snapshots *store);

#endif
