/* Journal frames, the raft entries inside them, and segment descriptors.
 *
 * Everything is little-endian and made of SBE messages: an 8-byte header (block length, template,
 * schema, version; u16 each) and a block that a newer writer may have made longer.
 *
 *    0  1  frame version: 0 = nothing here, else a frame follows
 *    1  8  header, block 12, template 1, schema 7
 *    9  8  checksum: CRC32C of the record data, as i64
 *   17  4  length of the record data, which starts here at 21:
 *   21  8  header, block 16, template 2, schema 7
 *   29  8  index
 *   37  8  asqn: lowest record position, -1 = none
 *   45  4  length of the raft entry, which starts here at 49:
 *   49  8  header, block 9, template 1, schema 8
 *   57  8  term
 *   65  1  kind; then, for an application entry:
 *   66  8  header, block 16, template 2, schema 8
 *   74  8  lowest position
 *   82  8  highest position
 *   90  4  length of the batch, which follows
 *
 * Segment descriptor: version byte 2; header and block of 8 with the checksum of what follows;
 * header and block of 32 (20 in its first version): id, index, size, last index, last position. */
#include "codec/frame.h"

#include "base/bytes.h"
#include "base/crc32c.h"

enum {
    HEADER_BYTES = 8,
    JOURNAL_SCHEMA = 7,
    JOURNAL_VERSION = 2,
    RAFT_SCHEMA = 8,
    RAFT_VERSION = 3,
    METADATA_TEMPLATE = 1,
    METADATA_BLOCK = 12,
    RECORD_TEMPLATE = 2,
    RECORD_BLOCK = 16,
    DESCRIPTOR_TEMPLATE = 3,
    DESCRIPTOR_BLOCK = 32,
    DESCRIPTOR_BLOCK_V1 = 20,
    DESCRIPTOR_HEAD_TEMPLATE = 4,
    DESCRIPTOR_HEAD_BLOCK = 8,
    DESCRIPTOR_VERSION = 2,
    ENTRY_TEMPLATE = 1,
    ENTRY_BLOCK = 9,
    APPLICATION_TEMPLATE = 2,
    APPLICATION_BLOCK = 16,
    RECORD_DATA_AT = 21,
    USUAL_BYTES = WG_FRAME_HEADER_BYTES + WG_RAFT_HEADER_BYTES + WG_APPLICATION_HEADER_BYTES,
    KIND_APPLICATION = 0,
    KIND_LAST = 2
};

/* A header as the one number that its 8 bytes are. */
static inline uint64_t header_of(uint16_t block, uint16_t template_id, uint16_t schema,
                                 uint16_t version) {
    return (uint64_t)version << 48 | (uint64_t)schema << 32 | (uint64_t)template_id << 16 | block;
}

static inline void put_header(uint8_t *at, uint16_t block, uint16_t template_id, uint16_t schema,
                              uint16_t version) {
    wg_store_le(at, header_of(block, template_id, schema, version), 8);
}

/* Reads a header and steps over it; *ret_block is what stands there, its bytes may yet be missing.
 * Zeebe compares schema and template only; so do we, but a block must hold the fields we read. */
static wg_status take_header(struct wg_reader *r, uint16_t template_id, uint16_t schema,
                             uint16_t min_block, uint32_t *ret_block) {
    const uint8_t *at = wg_read_bytes(r, HEADER_BYTES);
    if (at == NULL) {
        return WG_TRUNCATED;
    }
    uint32_t block = (uint32_t)wg_load_le(at, 2);
    if (wg_load_le(at + 2, 2) != template_id || wg_load_le(at + 4, 2) != schema ||
        block < min_block) {
        return WG_CORRUPT;
    }
    *ret_block = block;
    return WG_OK;
}

static void put_application(uint8_t *at, wg_position lowest, wg_position highest,
                            struct wg_bytes data) {
    put_header(at, APPLICATION_BLOCK, APPLICATION_TEMPLATE, RAFT_SCHEMA, RAFT_VERSION);
    wg_store_le(at + 8, (uint64_t)lowest, 8);
    wg_store_le(at + 16, (uint64_t)highest, 8);
    wg_store_le(at + 24, data.len, 4);
}

struct wg_buf *wg_frame_encode(struct wg_env *env, wg_index index, wg_term term, uint32_t kind,
                               wg_position lowest, wg_position highest, struct wg_bytes data) {
    bool application = kind == KIND_APPLICATION;
    uint32_t before = WG_RAFT_HEADER_BYTES + (application ? WG_APPLICATION_HEADER_BYTES : 0u);
    uint32_t entry = before + data.len;
    struct wg_buf *buf = wg_buf_new(env, WG_FRAME_HEADER_BYTES + entry);
    uint8_t *at = buf->bytes;
    at[0] = 1;
    put_header(at + 1, METADATA_BLOCK, METADATA_TEMPLATE, JOURNAL_SCHEMA, JOURNAL_VERSION);
    put_header(at + 21, RECORD_BLOCK, RECORD_TEMPLATE, JOURNAL_SCHEMA, JOURNAL_VERSION);
    wg_store_le(at + 29, index, 8);
    wg_store_le(at + 37, (uint64_t)(application ? lowest : WG_POSITION_NONE), 8);
    wg_store_le(at + 45, entry, 4);
    put_header(at + 49, ENTRY_BLOCK, ENTRY_TEMPLATE, RAFT_SCHEMA, RAFT_VERSION);
    wg_store_le(at + 57, term, 8);
    at[65] = (uint8_t)kind;
    if (application) {
        put_application(at + 66, lowest, highest, data);
    }
    if (data.len > 0) {
        memcpy(at + WG_FRAME_HEADER_BYTES + before, data.ptr, data.len);
    }
    uint32_t length = buf->len - RECORD_DATA_AT;
    wg_store_le(at + 9, wg_crc32c(0, at + RECORD_DATA_AT, length), 8);
    wg_store_le(at + 17, length, 4);
    buf->marks = WG_BUF_CHECKSUM_OK;
    return buf;
}

/* The application entry's own message: positions and where the batch lies. */
static wg_status read_application(struct wg_reader *r, const uint8_t *start,
                                  struct wg_frame *frame) {
    uint32_t block;
    wg_status status =
        take_header(r, APPLICATION_TEMPLATE, RAFT_SCHEMA, APPLICATION_BLOCK, &block);
    if (status != WG_OK) {
        return status;
    }
    const uint8_t *at = wg_read_bytes(r, block);
    uint32_t len = (uint32_t)wg_read_le(r, 4);
    const uint8_t *data = r->failed ? NULL : r->at;
    if (at == NULL || wg_read_bytes(r, len) == NULL) {
        return WG_CORRUPT;
    }
    frame->lowest = (wg_position)wg_load_le(at, 8);
    frame->highest = (wg_position)wg_load_le(at + 8, 8);
    frame->data_offset = (uint32_t)(data - start);
    frame->data_len = len;
    return WG_OK;
}

static wg_status read_entry(struct wg_bytes entry, const uint8_t *start, struct wg_frame *frame) {
    struct wg_reader r = wg_reader_on(entry);
    uint32_t block;
    wg_status status = take_header(&r, ENTRY_TEMPLATE, RAFT_SCHEMA, ENTRY_BLOCK, &block);
    if (status != WG_OK) {
        return status;
    }
    const uint8_t *at = wg_read_bytes(&r, block);
    if (at == NULL || at[8] > KIND_LAST) {
        return WG_CORRUPT;
    }
    frame->term = wg_load_le(at, 8);
    frame->kind = at[8];
    if (frame->kind == KIND_APPLICATION) {
        return read_application(&r, start, frame);
    }
    frame->lowest = WG_POSITION_NONE;
    frame->highest = WG_POSITION_NONE;
    frame->data_offset = (uint32_t)(r.at - start);
    frame->data_len = (uint32_t)wg_reader_left(&r);
    return WG_OK;
}

/* The record data: index, asqn and the raft entry. Its bytes are all there, so what does not fit
 * into them is corruption and not a cut. */
static wg_status read_record(struct wg_bytes record, const uint8_t *start,
                             struct wg_frame *frame) {
    struct wg_reader r = wg_reader_on(record);
    uint32_t block;
    wg_status status = take_header(&r, RECORD_TEMPLATE, JOURNAL_SCHEMA, RECORD_BLOCK, &block);
    if (status != WG_OK) {
        return WG_CORRUPT;
    }
    const uint8_t *at = wg_read_bytes(&r, block);
    uint32_t len = (uint32_t)wg_read_le(&r, 4);
    const uint8_t *entry = wg_read_bytes(&r, len);
    if (at == NULL || entry == NULL) {
        return WG_CORRUPT;
    }
    frame->index = wg_load_le(at, 8);
    frame->asqn = (int64_t)wg_load_le(at + 8, 8);
    return read_entry(wg_bytes_of(entry, len), start, frame) == WG_OK ? WG_OK : WG_CORRUPT;
}

static bool has_usual_headers(const uint8_t *at) {
    uint64_t metadata = header_of(METADATA_BLOCK, METADATA_TEMPLATE, JOURNAL_SCHEMA,
                                  JOURNAL_VERSION);
    uint64_t record = header_of(RECORD_BLOCK, RECORD_TEMPLATE, JOURNAL_SCHEMA, JOURNAL_VERSION);
    uint64_t entry = header_of(ENTRY_BLOCK, ENTRY_TEMPLATE, RAFT_SCHEMA, RAFT_VERSION);
    uint64_t application = header_of(APPLICATION_BLOCK, APPLICATION_TEMPLATE, RAFT_SCHEMA,
                                     RAFT_VERSION);
    return wg_load_le(at + 1, 8) == metadata && wg_load_le(at + 21, 8) == record &&
           wg_load_le(at + 49, 8) == entry && wg_load_le(at + 66, 8) == application;
}

/* A sound application frame laid out as wg_frame_encode does it, which is what nearly all are: its
 * numbers stand at known places. false: anything else, the long way decides what it is. */
static inline bool decode_usual(struct wg_bytes bytes, bool verify, struct wg_frame *ret_frame) {
    const uint8_t *at = bytes.ptr;
    if (bytes.len < USUAL_BYTES || at[0] == 0 || at[65] != KIND_APPLICATION ||
        !has_usual_headers(at)) {
        return false;
    }
    uint64_t checksum = wg_load_le(at + 9, 8);
    uint32_t length = (uint32_t)wg_load_le(at + 17, 4);
    uint32_t data_len = (uint32_t)wg_load_le(at + 90, 4);
    if (length > INT32_MAX || length > bytes.len - RECORD_DATA_AT ||
        length < USUAL_BYTES - RECORD_DATA_AT ||
        wg_load_le(at + 45, 4) != length - (WG_FRAME_HEADER_BYTES - RECORD_DATA_AT) ||
        data_len != length - (USUAL_BYTES - RECORD_DATA_AT) || checksum > UINT32_MAX ||
        (verify && wg_crc32c(0, at + RECORD_DATA_AT, length) != checksum)) {
        return false;
    }
    *ret_frame = (struct wg_frame){.index = wg_load_le(at + 29, 8),
                                   .asqn = (int64_t)wg_load_le(at + 37, 8),
                                   .checksum = (uint32_t)checksum,
                                   .term = wg_load_le(at + 57, 8),
                                   .kind = KIND_APPLICATION,
                                   .lowest = (wg_position)wg_load_le(at + 74, 8),
                                   .highest = (wg_position)wg_load_le(at + 82, 8),
                                   .data_offset = USUAL_BYTES,
                                   .data_len = data_len,
                                   .total = RECORD_DATA_AT + length};
    return true;
}

wg_status wg_frame_decode(struct wg_bytes bytes, bool verify, struct wg_frame *ret_frame) {
    if (decode_usual(bytes, verify, ret_frame)) {
        return WG_OK;
    }
    struct wg_reader r = wg_reader_on(bytes);
    const uint8_t *version = wg_read_bytes(&r, 1);
    if (version == NULL) {
        return WG_TRUNCATED;
    }
    if (*version == 0) {
        return WG_NOT_FOUND;
    }
    uint32_t block;
    wg_status status = take_header(&r, METADATA_TEMPLATE, JOURNAL_SCHEMA, METADATA_BLOCK, &block);
    if (status != WG_OK) {
        return status;
    }
    const uint8_t *metadata = wg_read_bytes(&r, block);
    if (metadata == NULL) {
        return WG_TRUNCATED;
    }
    uint64_t checksum = wg_load_le(metadata, 8);
    uint32_t length = (uint32_t)wg_load_le(metadata + 8, 4);
    if (length > INT32_MAX) {
        return WG_CORRUPT;
    }
    const uint8_t *record = wg_read_bytes(&r, length);
    if (record == NULL) {
        return WG_TRUNCATED;
    }
    if (checksum > UINT32_MAX || (verify && wg_crc32c(0, record, length) != checksum)) {
        return WG_CORRUPT;
    }
    struct wg_frame frame = {.checksum = (uint32_t)checksum,
                             .total = (uint32_t)(r.at - bytes.ptr)};
    status = read_record(wg_bytes_of(record, length), bytes.ptr, &frame);
    if (status == WG_OK) {
        *ret_frame = frame;
    }
    return status;
}

void wg_segment_descriptor_encode(const struct wg_segment_descriptor *descriptor,
                                  uint8_t out[WG_SEGMENT_DESCRIPTOR_BYTES]) {
    out[0] = DESCRIPTOR_VERSION;
    put_header(out + 1, DESCRIPTOR_HEAD_BLOCK, DESCRIPTOR_HEAD_TEMPLATE, JOURNAL_SCHEMA,
               JOURNAL_VERSION);
    put_header(out + 17, DESCRIPTOR_BLOCK, DESCRIPTOR_TEMPLATE, JOURNAL_SCHEMA, JOURNAL_VERSION);
    wg_store_le(out + 25, descriptor->id, 8);
    wg_store_le(out + 33, descriptor->index, 8);
    wg_store_le(out + 41, descriptor->max_bytes, 4);
    wg_store_le(out + 45, descriptor->last_index, 8);
    wg_store_le(out + 53, descriptor->last_position, 4);
    wg_store_le(out + 9, wg_crc32c(0, out + 17, WG_SEGMENT_DESCRIPTOR_BYTES - 17), 8);
}

/* The fields of the descriptor's block; those of version 2 are 0 = unknown in version 1. */
static void descriptor_fields(const uint8_t *at, uint32_t block,
                              struct wg_segment_descriptor *descriptor) {
    descriptor->id = wg_load_le(at, 8);
    descriptor->index = wg_load_le(at + 8, 8);
    descriptor->max_bytes = (uint32_t)wg_load_le(at + 16, 4);
    descriptor->last_index = 0;
    descriptor->last_position = 0;
    if (block >= DESCRIPTOR_BLOCK) {
        uint64_t last_index = wg_load_le(at + 20, 8);
        uint32_t last_position = (uint32_t)wg_load_le(at + 28, 4);
        descriptor->last_index = last_index == UINT64_MAX ? 0 : last_index;
        descriptor->last_position = last_position == UINT32_MAX ? 0 : last_position;
    }
}

wg_status wg_segment_descriptor_decode(struct wg_bytes bytes,
                                       struct wg_segment_descriptor *ret_descriptor,
                                       uint32_t *ret_bytes) {
    struct wg_reader r = wg_reader_on(bytes);
    const uint8_t *version = wg_read_bytes(&r, 1);
    if (version == NULL) {
        return WG_TRUNCATED;
    }
    if (*version != DESCRIPTOR_VERSION) {
        return WG_UNSUPPORTED;
    }
    uint32_t block;
    wg_status status = take_header(&r, DESCRIPTOR_HEAD_TEMPLATE, JOURNAL_SCHEMA,
                                   DESCRIPTOR_HEAD_BLOCK, &block);
    if (status != WG_OK) {
        return status;
    }
    const uint8_t *head = wg_read_bytes(&r, block);
    const uint8_t *covered = r.at;
    if (head == NULL) {
        return WG_TRUNCATED;
    }
    status = take_header(&r, DESCRIPTOR_TEMPLATE, JOURNAL_SCHEMA, DESCRIPTOR_BLOCK_V1, &block);
    if (status != WG_OK) {
        return status;
    }
    const uint8_t *at = wg_read_bytes(&r, block);
    if (at == NULL) {
        return WG_TRUNCATED;
    }
    if (wg_crc32c(0, covered, (size_t)(r.at - covered)) != wg_load_le(head, 8)) {
        return WG_CORRUPT;
    }
    struct wg_segment_descriptor descriptor;
    descriptor_fields(at, block, &descriptor);
    if (descriptor.id == 0 || descriptor.index == 0) {
        return WG_CORRUPT;
    }
    *ret_descriptor = descriptor;
    *ret_bytes = (uint32_t)(r.at - bytes.ptr);
    return WG_OK;
}
