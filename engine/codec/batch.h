/* Log entries and batches (reference: protocol 1.2, 1.3, 2.1): records to bytes and back. */
#ifndef WG_CODEC_BATCH_H
#define WG_CODEC_BATCH_H

#include "codec/metadata.h"
#include "waggle/buf.h"
#include "waggle/env.h"
#include "waggle/record.h"
#include "waggle/status.h"

/* Bytes of one record as a log entry, padding to 8 included. */
uint32_t wg_log_entry_bytes(const struct wg_record *record);
/* Sum over a batch. */
uint32_t wg_batch_bytes(const struct wg_record *records, uint32_t count);
/* All records back to back in a new buffer; every byte is defined. Positions, sources, keys and
 * timestamps are taken from the records. */
struct wg_buf *wg_batch_encode(struct wg_env *env, const struct wg_record *records, uint32_t count);
/* Decodes one log entry at the start of `bytes`; *ret_used = bytes incl. padding (padding of the
 * last may be cut off). All metadata layouts of protocol 1.3 are accepted. */
WG_MUST_USE wg_status wg_log_entry_decode_record(struct wg_bytes bytes, struct wg_record *ret_record,
                                                 uint32_t *ret_used);
/* The records of an application entry's frame. Kept on the frame (frame->records) and shared by
 * all readers unless env->flags say otherwise; then *ret_owned is true and the caller frees them
 * with wg_free(env, records, count * sizeof). CORRUPT, TRUNCATED. */
WG_MUST_USE wg_status wg_batch_records(struct wg_env *env, struct wg_buf *frame,
                                       struct wg_record **ret_records, uint32_t *ret_count,
                                       bool *ret_owned);

#endif
