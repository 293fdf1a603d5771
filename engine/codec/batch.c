/* Log entries: a record's metadata and value inside a frame, many of them back to back in a batch.
 *
 * One log entry, little-endian, the next one starts at the next multiple of 8:
 *    0  4  length without padding: 52 + metadata + value
 *    4  8  not used, 0
 *   12  2  version 1 (other numbers: an old writer, the metadata length is 16 bits wide)
 *   14  1  flags: nonzero = skip processing
 *   15  1  not used, 0
 *   16  8  position
 *   24  8  source position
 *   32  8  key
 *   40  8  timestamp
 *   48  4  metadata length m
 *   52  m  metadata, then the value
 *
 * Metadata: codec/metadata.c.
 *
 * Invariants: every byte of an encoded batch is defined; decoding borrows and never copies. */
#include "codec/batch.h"

#include "base/bytes.h"
#include "codec/frame.h"

enum {
    ENTRY_HEADER = 52,
    ENTRY_VERSION = 1,
    KIND_APPLICATION = 0
};

static uint32_t framed_bytes(const struct wg_record *record) {
    return ENTRY_HEADER + wg_metadata_bytes(record) + record->value.len;
}

static uint32_t align8(uint32_t n) { return (n + 7u) & ~7u; }

uint32_t wg_log_entry_bytes(const struct wg_record *record) {
    return align8(framed_bytes(record));
}

uint32_t wg_batch_bytes(const struct wg_record *records, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += wg_log_entry_bytes(&records[i]);
    }
    return sum;
}

/* --- encode ---------------------------------------------------------------------------------- */

static uint8_t *put_entry(uint8_t *at, const struct wg_record *record) {
    uint32_t framed = framed_bytes(record);
    wg_store_le(at, framed, 4);
    wg_store_le(at + 4, 0, 8);
    wg_store_le(at + 12, ENTRY_VERSION, 2);
    at[14] = record->skip_processing != 0;
    at[15] = 0;
    wg_store_le(at + 16, (uint64_t)record->position, 8);
    wg_store_le(at + 24, (uint64_t)record->source_position, 8);
    wg_store_le(at + 32, (uint64_t)record->key, 8);
    wg_store_le(at + 40, (uint64_t)record->timestamp_ms, 8);
    wg_store_le(at + 48, wg_metadata_bytes(record), 4);
    uint8_t *value = wg_metadata_put(at + ENTRY_HEADER, record);
    if (record->value.len > 0) {
        memcpy(value, record->value.ptr, record->value.len);
    }
    uint8_t *end = at + align8(framed);
    for (uint8_t *pad = at + framed; pad < end; pad++) {
        *pad = 0;
    }
    return end;
}

struct wg_buf *wg_batch_encode(struct wg_env *env, const struct wg_record *records,
                               uint32_t count) {
    struct wg_buf *buf = wg_buf_new(env, wg_batch_bytes(records, count));
    uint8_t *at = buf->bytes;
    for (uint32_t i = 0; i < count; i++) {
        at = put_entry(at, &records[i]);
    }
    return buf;
}

/* --- decode ---------------------------------------------------------------------------------- */

/* Length of the entry at `at` without padding, 0 if it cannot be one. */
static uint32_t framed_length(const uint8_t *at, size_t left) {
    if (left < ENTRY_HEADER) {
        return 0;
    }
    uint32_t framed = (uint32_t)wg_load_le(at, 4);
    return framed < ENTRY_HEADER || framed > left ? 0 : framed;
}

static int64_t metadata_length(const uint8_t *at) {
    return wg_load_le(at + 12, 2) == ENTRY_VERSION ? (int32_t)(uint32_t)wg_load_le(at + 48, 4)
                                                   : (int16_t)(uint16_t)wg_load_le(at + 48, 2);
}

/* One whole entry of `framed` bytes. */
static wg_status read_entry(const uint8_t *at, uint32_t framed, struct wg_record *record) {
    int64_t metadata = metadata_length(at);
    if (metadata < 0 || metadata > (int64_t)framed - ENTRY_HEADER) {
        return WG_CORRUPT;
    }
    wg_record_init(record);
    record->skip_processing = at[14] != 0;
    record->position = (wg_position)wg_load_le(at + 16, 8);
    record->source_position = (wg_position)wg_load_le(at + 24, 8);
    record->key = (wg_key)wg_load_le(at + 32, 8);
    record->timestamp_ms = (int64_t)wg_load_le(at + 40, 8);
    const uint8_t *value = at + ENTRY_HEADER + metadata;
    record->value = wg_bytes_of(value, (size_t)(at + framed - value));
    wg_status status = wg_metadata_read(wg_bytes_of(at + ENTRY_HEADER, (size_t)metadata), record);
    return status == WG_OK ? WG_OK : WG_CORRUPT;
}

wg_status wg_log_entry_decode_record(struct wg_bytes bytes, struct wg_record *ret_record,
                                     uint32_t *ret_used) {
    if (bytes.len < ENTRY_HEADER) {
        return WG_TRUNCATED;
    }
    uint32_t framed = framed_length(bytes.ptr, bytes.len);
    if (framed == 0) {
        return wg_load_le(bytes.ptr, 4) > bytes.len ? WG_TRUNCATED : WG_CORRUPT;
    }
    struct wg_record record;
    wg_status status = read_entry(bytes.ptr, framed, &record);
    if (status == WG_OK) {
        *ret_record = record;
        *ret_used = align8(framed) > bytes.len ? bytes.len : align8(framed);
    }
    return status;
}

/* How many entries the batch holds, by their lengths alone. */
static wg_status count_entries(struct wg_bytes batch, uint32_t *ret_count) {
    uint32_t count = 0;
    uint32_t at = 0;
    while (at < batch.len) {
        uint32_t framed = framed_length(batch.ptr + at, batch.len - at);
        if (framed == 0) {
            return WG_CORRUPT;
        }
        count++;
        at += align8(framed);
    }
    *ret_count = count;
    return WG_OK;
}

/* Decodes the batch into an array from `env`; NULL with WG_OK when it has no entry. */
static wg_status decode_batch(struct wg_env *env, struct wg_bytes batch,
                              struct wg_record **ret_records, uint32_t *ret_count) {
    uint32_t count;
    wg_status status = count_entries(batch, &count);
    if (status != WG_OK) {
        return status;
    }
    struct wg_record *records = count == 0 ? NULL : wg_alloc(env, count * sizeof *records);
    const uint8_t *at = batch.ptr;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t framed = (uint32_t)wg_load_le(at, 4);
        status = read_entry(at, framed, &records[i]);
        if (status != WG_OK) {
            wg_free(env, records, count * sizeof *records);
            return status;
        }
        at += align8(framed);
    }
    *ret_records = records;
    *ret_count = count;
    return WG_OK;
}

/* Where the batch lies in the frame. A checksum that nobody has verified is verified. */
static wg_status batch_of(const struct wg_env *env, struct wg_buf *frame,
                          struct wg_bytes *ret_batch) {
    bool verify = (frame->marks & WG_BUF_CHECKSUM_OK) == 0 || (env->flags & WG_ENV_NO_MARKS) != 0;
    struct wg_frame parts;
    wg_status status = wg_frame_decode(wg_bytes_of(frame->bytes, frame->len), verify, &parts);
    if (status != WG_OK) {
        return status == WG_TRUNCATED ? WG_TRUNCATED : WG_CORRUPT;
    }
    frame->marks |= WG_BUF_CHECKSUM_OK;
    bool application = parts.kind == KIND_APPLICATION;
    *ret_batch = wg_bytes_of(frame->bytes + parts.data_offset, application ? parts.data_len : 0);
    return WG_OK;
}

wg_status wg_batch_records(struct wg_env *env, struct wg_buf *frame,
                           struct wg_record **ret_records, uint32_t *ret_count, bool *ret_owned) {
    bool cached = (env->flags & WG_ENV_NO_MARKS) == 0;
    if (!cached || frame->records == NULL) {
        struct wg_bytes batch;
        wg_status status = batch_of(env, frame, &batch);
        struct wg_record *records = NULL;
        uint32_t count = 0;
        if (status == WG_OK) {
            status = decode_batch(cached ? frame->env : env, batch, &records, &count);
        }
        if (status != WG_OK) {
            return status;
        }
        if (!cached) {
            *ret_records = records;
            *ret_count = count;
            *ret_owned = true;
            return WG_OK;
        }
        frame->records = records;
        frame->record_count = count;
    }
    *ret_records = frame->records;
    *ret_count = frame->record_count;
    *ret_owned = false;
    return WG_OK;
}
