/* Journal frame and raft entry (reference: protocol 2.2, 2.3), encode and decode side by side.
 * A frame: version byte, checksum, length, index, asqn, data; data is the raft entry with term and
 * kind; an application entry's data is a batch of records (codec/batch.h). */
#ifndef WG_CODEC_FRAME_H
#define WG_CODEC_FRAME_H

#include "base/bytes.h"
#include "waggle/buf.h"
#include "waggle/env.h"
#include "waggle/status.h"

#define WG_FRAME_HEADER_BYTES 49u /* before the raft entry */
#define WG_RAFT_HEADER_BYTES 17u  /* before kind-specific bytes */
#define WG_APPLICATION_HEADER_BYTES 28u /* template 2 header .. data length, after the 17 */

struct wg_frame {
    wg_index index;
    int64_t asqn;      /* lowest position, -1 = ignore */
    uint32_t checksum; /* CRC32C of the record data */
    wg_term term;
    uint32_t kind;     /* 0 application, 1 configuration, 2 initial */
    wg_position lowest, highest;  /* application only, else -1 */
    uint32_t data_offset, data_len; /* batch or members inside the frame */
    uint32_t total;    /* bytes of the frame */
};

/* A complete frame in a new buffer, marked WG_BUF_CHECKSUM_OK. `data` as in wg_log_append. */
struct wg_buf *wg_frame_encode(struct wg_env *env, wg_index index, wg_term term, uint32_t kind,
                               wg_position lowest, wg_position highest, struct wg_bytes data);
/* Reads one frame at the start of `bytes` (which may be longer). With `verify` the checksum is
 * computed. NOT_FOUND: version byte 0 (end of the segment); TRUNCATED; CORRUPT. */
WG_MUST_USE wg_status wg_frame_decode(struct wg_bytes bytes, bool verify, struct wg_frame *ret_frame);

/* The checksum of a frame that wg_frame_encode made. */
static inline uint32_t wg_frame_checksum(const struct wg_buf *frame) {
    return (uint32_t)wg_load_le(frame->bytes + 9, 4);
}
/* Whether a frame that was found sound before is an application frame with these numbers (index,
 * term, lowest, highest, checksum) at the places where wg_frame_encode puts them. false may only
 * mean that it is laid out otherwise. */
static inline bool wg_frame_shows(const struct wg_buf *frame, const struct wg_frame *numbers) {
    const uint8_t *at = frame->bytes;
    return frame->len >= WG_FRAME_HEADER_BYTES + WG_RAFT_HEADER_BYTES +
                             WG_APPLICATION_HEADER_BYTES &&
           wg_load_le(at + 9, 8) == numbers->checksum &&
           wg_load_le(at + 29, 8) == numbers->index && wg_load_le(at + 57, 8) == numbers->term &&
           at[65] == 0 && wg_load_le(at + 74, 8) == (uint64_t)numbers->lowest &&
           wg_load_le(at + 82, 8) == (uint64_t)numbers->highest;
}

/* Segment descriptor, 57 bytes (protocol 2.3). */
#define WG_SEGMENT_DESCRIPTOR_BYTES 57u
struct wg_segment_descriptor {
    uint64_t id;
    wg_index index;      /* of the first record */
    uint32_t max_bytes;
    wg_index last_index; /* 0 = unknown */
    uint32_t last_position;
};
void wg_segment_descriptor_encode(const struct wg_segment_descriptor *descriptor,
                                  uint8_t out[WG_SEGMENT_DESCRIPTOR_BYTES]);
/* Accepts the older 45-byte form too. CORRUPT, TRUNCATED, UNSUPPORTED; *ret_bytes = its length. */
WG_MUST_USE wg_status wg_segment_descriptor_decode(struct wg_bytes bytes,
                                                   struct wg_segment_descriptor *ret_descriptor,
                                                   uint32_t *ret_bytes);

#endif
