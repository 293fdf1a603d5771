/* RecordMetadata (reference: protocol 1.2, 1.3) in all layouts that were ever published. */
#ifndef WG_CODEC_METADATA_H
#define WG_CODEC_METADATA_H

#include "base/bytes.h"
#include "waggle/record.h"
#include "waggle/status.h"

/* Block lengths, by the first version that wrote them. A reader tells layouts apart by this number
 * alone. */
enum wg_metadata_block {
    WG_METADATA_BLOCK_FIRST = 18, /* no broker version yet */
    WG_METADATA_BLOCK_8_0 = 30,   /* broker version; up to 8.2 */
    WG_METADATA_BLOCK_8_3 = 32,   /* another order, record version, authorization */
    WG_METADATA_BLOCK_8_6 = 40,   /* operation reference: what is written here */
    WG_METADATA_BLOCK_8_8 = 48    /* batch operation reference */
};

/* Bytes of the metadata as wg_metadata_put writes it (82 for a plain record). */
uint32_t wg_metadata_bytes(const struct wg_record *record);
/* Writes that many bytes to `at` in today's layout (block 40; block 48 for a record that has a batch
 * operation reference, which no shorter one can hold); returns their end. */
uint8_t *wg_metadata_put(uint8_t *at, const struct wg_record *record);
/* Writes the metadata as a version with that block length would, to see what older and newer
 * readers make of it. What the layout has no place for is left out. INVALID: no such layout;
 * FULL. */
WG_MUST_USE wg_status wg_metadata_encode_as(const struct wg_record *record,
                                            enum wg_metadata_block block, struct wg_writer *out);
/* Fills the metadata's fields of a record that wg_record_init has seen; byte fields borrow. What a
 * layout lacks keeps its null value; bytes of the block behind the known fields are stepped over.
 * CORRUPT, TRUNCATED: some fields may have been written. */
WG_MUST_USE wg_status wg_metadata_read(struct wg_bytes bytes, struct wg_record *record);
/* Metadata alone, for golden vectors and tools: *ret_record is initialised and filled. */
WG_MUST_USE wg_status wg_metadata_decode(struct wg_bytes bytes, struct wg_record *ret_record);
/* Whether an authorization says nothing: empty, or what is written for an empty one. */
bool wg_authorization_is_unset(struct wg_bytes authorization);

#endif
