/* Seam: writing records. The sequencer gives positions to a batch and hands it to raft as one
 * application entry (reference: engine 3, protocol 2.1). Implemented by engine/logstream. */
#ifndef WG_SEAMS_LOG_WRITER_H
#define WG_SEAMS_LOG_WRITER_H

#include "waggle/env.h"
#include "waggle/record.h"

struct wg_log_writer; /* lives as long as one leadership */

/* What WG_POST_APPEND carries to the raft actor; freed by it with wg_append_task_free. */
struct wg_append_task {
    wg_term term; /* leadership it was sequenced in */
    wg_position lowest, highest;
    struct wg_buf *batch; /* back-to-back log entries */
};
void wg_append_task_free(struct wg_env *env, struct wg_append_task *task);

/* `append_limit`: batches that may be written and not yet committed, 1 to WG_APPEND_LIMIT_MAX. */
struct wg_log_writer *wg_log_writer_new(struct wg_env *env, wg_partition_id partition, wg_term term,
                                        wg_position next_position, uint32_t max_message_bytes,
                                        uint32_t append_limit);
void wg_log_writer_free(struct wg_log_writer *writer);

/* Gives positions next.. to `records` (sets position and timestamp_ms in place; source_position is
 * taken as given), encodes them into one batch and emits WG_POST_APPEND to RAFT. FULL: flow
 * control, or more bytes than max_message_bytes; CLOSED: a source position that this writer has not
 * given out yet, so somebody else leads; INVALID: empty batch or empty value.
 * WG_OK means accepted, not committed. */
WG_MUST_USE wg_status wg_log_writer_write(struct wg_log_writer *writer, struct wg_record *records,
                                          uint32_t count, wg_position *ret_highest);
/* Whether a batch of `count` records with `bytes` of metadata and values would fit (engine 3). */
bool wg_log_writer_can_write(const struct wg_log_writer *writer, uint32_t count, uint64_t bytes);
/* Flow control counts batches that are written and not yet committed (bug P10: committed, not
 * processed): everything up to `position` is committed now. */
void wg_log_writer_committed(struct wg_log_writer *writer, wg_position position);
wg_position wg_log_writer_next_position(const struct wg_log_writer *writer);

#endif
