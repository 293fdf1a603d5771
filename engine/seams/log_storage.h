/* Seam: what a log offers to raft (read, append, truncate, flush) and to readers of committed
 * entries. Implemented by engine/journal; unit tests of raft may link an in-memory one.
 *
 * An entry's bytes are one complete journal frame (reference: protocol 2.3) in one shared buffer:
 * byte-identical on every replica, so followers store what the leader built. */
#ifndef WG_SEAMS_LOG_STORAGE_H
#define WG_SEAMS_LOG_STORAGE_H

#include "waggle/env.h"

enum wg_entry_kind { WG_ENTRY_APPLICATION = 0, WG_ENTRY_CONFIGURATION = 1, WG_ENTRY_INITIAL = 2 };

struct wg_log_entry {
    wg_index index;
    wg_term term;
    wg_position lowest, highest; /* record positions; WG_POSITION_NONE unless APPLICATION */
    uint32_t kind;               /* enum wg_entry_kind */
    uint32_t checksum;           /* CRC32C of the frame's record data */
    struct wg_buf *frame;        /* whole frame, 49 + n bytes */
};

struct wg_log; /* one partition's journal */

struct wg_log_options {
    const char *dir;          /* e.g. "partitions/1" (no slash at the end) */
    wg_partition_id partition; /* for claims */
    uint32_t segment_bytes;
    uint64_t min_free_bytes;  /* a new segment needs max(segment_bytes, this) free */
    wg_time append_entry_cost, append_per_kib_cost;
    /* Tells where the last flushed index is kept (raft's meta file). Called after each flush with
     * the new value, and before a truncation that lowers it; 0 = nothing flushed. */
    wg_status (*store_last_flushed)(void *ctx, wg_index index);
    void *ctx;
};

/* Opens or creates the journal, running recovery (reference: engine 2.4) against
 * `last_flushed`, the stored last flushed index (0 = none). CORRUPT: bytes at or below
 * last_flushed are damaged; IO, NO_SPACE. */
WG_MUST_USE wg_status wg_log_open(struct wg_env *env, const struct wg_log_options *options,
                                  wg_index last_flushed, struct wg_log **ret_log);
/* Frees memory only; NULL is allowed. */
void wg_log_close(struct wg_log *log);

wg_index wg_log_first_index(const struct wg_log *log); /* last + 1 when empty */
wg_index wg_log_last_index(const struct wg_log *log);  /* first - 1 when empty */
bool wg_log_is_empty(const struct wg_log *log);
/* NULL if `index` is not in the log. Valid until the next call that changes the log. */
const struct wg_log_entry *wg_log_entry(const struct wg_log *log, wg_index index);

/* Whether entry `index`, which is in the log, can still be read from the disk. To be asked before
 * its frame is handed to anybody: CORRUPT (for good), IO (may pass). Costs nothing while
 * env->disk_epoch is what it was when the log was opened. */
WG_MUST_USE wg_status wg_log_check(struct wg_log *log, wg_index index);
/* false: wg_log_check says OK for every entry. */
bool wg_log_is_suspect(const struct wg_log *log);

/* Appends a new entry at last + 1 (leader). `data` is the batch for APPLICATION, the encoded
 * members for CONFIGURATION, empty for INITIAL. INVALID if lowest does not grow. NO_SPACE, IO:
 * nothing was appended. */
WG_MUST_USE wg_status wg_log_append(struct wg_log *log, wg_term term, enum wg_entry_kind kind,
                                    wg_position lowest, wg_position highest, struct wg_bytes data);
/* Appends a frame received from the leader (follower); checks checksum and index. CORRUPT, GAP,
 * NO_SPACE, IO. Takes its own reference on the frame. */
WG_MUST_USE wg_status wg_log_append_frame(struct wg_log *log, const struct wg_log_entry *entry);
/* Drops every entry after `index`, durable order as in engine 2.3. */
WG_MUST_USE wg_status wg_log_truncate_after(struct wg_log *log, wg_index index);
/* Drops everything; the next entry will be `next_index`. */
WG_MUST_USE wg_status wg_log_reset(struct wg_log *log, wg_index next_index);
/* fsync of all unsynced segments in order, then stores the last flushed index. */
WG_MUST_USE wg_status wg_log_flush(struct wg_log *log);
wg_index wg_log_last_flushed(const struct wg_log *log);
/* Deletes whole segments that lie entirely below the segment holding `index` (engine 2.5). */
void wg_log_compact(struct wg_log *log, wg_index index);
/* Bytes of live segments, preallocated ones included. */
uint64_t wg_log_bytes(const struct wg_log *log);
/* Index of the last APPLICATION entry with lowest <= position, or 0 if none is in the log. */
wg_index wg_log_index_of_position(const struct wg_log *log, wg_position position);

/* Splits and checks a frame's bytes (no log needed); the entry borrows nothing but `frame`.
 * CORRUPT, TRUNCATED. */
WG_MUST_USE wg_status wg_log_entry_decode(struct wg_buf *frame, struct wg_log_entry *ret_entry);

#endif
