/* A record's metadata: an SBE message whose block grew over the years.
 *
 *    0  2  block length   2  2  template 200   4  2  schema 0   6  2  version
 *    8     block; offsets in it:
 *    0 record type   1 stream id i32   5 request id u64   13 protocol version   15 value type
 *   16 intent   then 17 broker version 3 x i32   29 record version   31 rejection type
 *   32 operation reference u64          (blocks of 40 and more bytes)
 *   40 batch operation reference u64    (blocks of 48 and more bytes)
 *   or 17 rejection type   18 broker version      (up to 8.2: blocks of 18 and 30 bytes)
 *   then var fields (u32 length, bytes): rejection reason, and authorization from version 4 on.
 *
 * Invariants: the layout follows from the block length, never from a version; a field that does not
 * fit into the block is not there and reads as its null value; what a newer writer put behind the
 * known fields is stepped over. */
#include "codec/metadata.h"

enum {
    SBE_HEADER = 8,
    METADATA_TEMPLATE = 200,
    VERSION_WITH_AUTHORIZATION = 4,
    VERSION_TODAY = 5,
    VERSION_WITH_BATCH_OPERATION = 6
};

/* {"format": "UNKNOWN", "authData": ""} */
static const uint8_t unset_authorization[] = "\x82\xa6" "format" "\xa7" "UNKNOWN" "\xa8" "authData"
                                             "\xa0";
#define UNSET_AUTHORIZATION_BYTES ((uint32_t)sizeof unset_authorization - 1)

static struct wg_bytes authorization_of(const struct wg_record *record) {
    return record->authorization.len > 0
               ? record->authorization
               : wg_bytes_of(unset_authorization, UNSET_AUTHORIZATION_BYTES);
}

bool wg_authorization_is_unset(struct wg_bytes authorization) {
    return authorization.len == 0 ||
           wg_bytes_equal(authorization,
                          wg_bytes_of(unset_authorization, UNSET_AUTHORIZATION_BYTES));
}

static enum wg_metadata_block block_of(const struct wg_record *record) {
    return record->batch_operation_reference == -1 ? WG_METADATA_BLOCK_8_6 : WG_METADATA_BLOCK_8_8;
}

/* --- encode ---------------------------------------------------------------------------------- */

uint32_t wg_metadata_bytes(const struct wg_record *record) {
    return SBE_HEADER + (uint32_t)block_of(record) + 4 + record->rejection_reason.len + 4 +
           authorization_of(record).len;
}

static uint8_t *put_var(uint8_t *at, struct wg_bytes bytes) {
    wg_store_le(at, bytes.len, 4);
    if (bytes.len > 0) {
        memcpy(at + 4, bytes.ptr, bytes.len);
    }
    return at + 4 + bytes.len;
}

static void put_header(uint8_t *at, uint32_t block, uint32_t version) {
    wg_store_le(at, block, 2);
    wg_store_le(at + 2, METADATA_TEMPLATE, 2);
    wg_store_le(at + 4, 0, 2);
    wg_store_le(at + 6, version, 2);
}

static void put_broker_version(uint8_t *at, const int32_t version[3]) {
    for (uint32_t i = 0; i < 3; i++) {
        wg_store_le(at + 4 * i, (uint32_t)version[i], 4);
    }
}

/* The fields that are at the same place in every layout: 17 bytes. */
static void put_common(uint8_t *block, const struct wg_record *record) {
    block[0] = record->record_type;
    wg_store_le(block + 1, (uint32_t)record->request_stream_id, 4);
    wg_store_le(block + 5, record->request_id, 8);
    wg_store_le(block + 13, record->protocol_version, 2);
    block[15] = record->value_type;
    block[16] = record->intent;
}

static void put_modern_tail(uint8_t *block, uint32_t block_len, const struct wg_record *record) {
    put_broker_version(block + 17, record->broker_version);
    wg_store_le(block + 29, record->record_version, 2);
    block[31] = record->rejection_type;
    if (block_len >= WG_METADATA_BLOCK_8_6) {
        wg_store_le(block + 32, (uint64_t)record->operation_reference, 8);
    }
    if (block_len >= WG_METADATA_BLOCK_8_8) {
        wg_store_le(block + 40, (uint64_t)record->batch_operation_reference, 8);
    }
}

uint8_t *wg_metadata_put(uint8_t *at, const struct wg_record *record) {
    uint32_t block = (uint32_t)block_of(record);
    put_header(at, block,
               block == WG_METADATA_BLOCK_8_6 ? VERSION_TODAY : VERSION_WITH_BATCH_OPERATION);
    at += SBE_HEADER;
    put_common(at, record);
    put_modern_tail(at, block, record);
    at = put_var(at + block, record->rejection_reason);
    return put_var(at, authorization_of(record));
}

/* The header's version that went with a block length; 0 if there is no such layout. */
static uint32_t version_of_block(enum wg_metadata_block block) {
    switch (block) {
    case WG_METADATA_BLOCK_FIRST:
        return 1;
    case WG_METADATA_BLOCK_8_0:
        return 3;
    case WG_METADATA_BLOCK_8_3:
        return VERSION_WITH_AUTHORIZATION;
    case WG_METADATA_BLOCK_8_6:
        return VERSION_TODAY;
    case WG_METADATA_BLOCK_8_8:
        return VERSION_WITH_BATCH_OPERATION;
    default:
        return 0;
    }
}

wg_status wg_metadata_encode_as(const struct wg_record *record, enum wg_metadata_block block,
                                struct wg_writer *out) {
    uint32_t version = version_of_block(block);
    if (version == 0) {
        return WG_INVALID;
    }
    bool authorized = version >= VERSION_WITH_AUTHORIZATION;
    struct wg_bytes authorization = authorization_of(record);
    uint8_t *at = wg_write_room(out, SBE_HEADER + (size_t)block + 4 + record->rejection_reason.len +
                                         (authorized ? 4 + (size_t)authorization.len : 0));
    if (at == NULL) {
        return WG_FULL;
    }
    put_header(at, (uint32_t)block, version);
    at += SBE_HEADER;
    put_common(at, record);
    if (block >= WG_METADATA_BLOCK_8_3) {
        put_modern_tail(at, (uint32_t)block, record);
    } else {
        at[17] = record->rejection_type;
        if (block == WG_METADATA_BLOCK_8_0) {
            put_broker_version(at + 18, record->broker_version);
        }
    }
    at = put_var(at + block, record->rejection_reason);
    if (authorized) {
        (void)put_var(at, authorization);
    }
    return WG_OK;
}

/* --- decode ---------------------------------------------------------------------------------- */

static void read_broker_version(const uint8_t *at, int32_t version[3]) {
    for (uint32_t i = 0; i < 3; i++) {
        version[i] = (int32_t)(uint32_t)wg_load_le(at + 4 * i, 4);
    }
}

/* The order of fields up to 8.2. */
static void read_legacy_tail(const uint8_t *block, uint32_t block_len, struct wg_record *record) {
    record->rejection_type = block[17];
    if (block_len >= WG_METADATA_BLOCK_8_0) {
        read_broker_version(block + 18, record->broker_version);
    }
}

static void read_modern_tail(const uint8_t *block, uint32_t block_len, struct wg_record *record) {
    read_broker_version(block + 17, record->broker_version);
    uint16_t record_version = (uint16_t)wg_load_le(block + 29, 2);
    record->record_version =
        record_version == 0 || record_version == UINT16_MAX ? 1 : record_version;
    record->rejection_type = block[31];
    if (block_len >= WG_METADATA_BLOCK_8_6) {
        record->operation_reference = (int64_t)wg_load_le(block + 32, 8);
    }
    if (block_len >= WG_METADATA_BLOCK_8_8) {
        record->batch_operation_reference = (int64_t)wg_load_le(block + 40, 8);
    }
}

static void read_block(const uint8_t *block, uint32_t block_len, struct wg_record *record) {
    record->record_type = block[0];
    record->request_stream_id = (int32_t)(uint32_t)wg_load_le(block + 1, 4);
    record->request_id = wg_load_le(block + 5, 8);
    record->protocol_version = (uint16_t)wg_load_le(block + 13, 2);
    record->value_type = block[15];
    record->intent = block[16];
    record->broker_version[0] = record->broker_version[1] = record->broker_version[2] = 0;
    if (block_len >= WG_METADATA_BLOCK_8_3) {
        read_modern_tail(block, block_len, record);
    } else {
        read_legacy_tail(block, block_len, record);
    }
}

static struct wg_bytes read_var(struct wg_reader *r) {
    uint32_t len = (uint32_t)wg_read_le(r, 4);
    const uint8_t *at = wg_read_bytes(r, len);
    return wg_bytes_of(at, at == NULL ? 0 : len);
}

wg_status wg_metadata_read(struct wg_bytes bytes, struct wg_record *record) {
    struct wg_reader r = wg_reader_on(bytes);
    const uint8_t *header = wg_read_bytes(&r, SBE_HEADER);
    if (header == NULL) {
        return WG_TRUNCATED;
    }
    uint32_t block_len = (uint32_t)wg_load_le(header, 2);
    uint32_t version = (uint32_t)wg_load_le(header + 6, 2);
    if (wg_load_le(header + 2, 2) != METADATA_TEMPLATE || wg_load_le(header + 4, 2) != 0 ||
        block_len < WG_METADATA_BLOCK_FIRST) {
        return WG_CORRUPT;
    }
    const uint8_t *block = wg_read_bytes(&r, block_len);
    if (block == NULL) {
        return WG_TRUNCATED;
    }
    read_block(block, block_len, record);
    record->rejection_reason = read_var(&r);
    if (version >= VERSION_WITH_AUTHORIZATION && wg_reader_left(&r) > 0) {
        record->authorization = read_var(&r);
    }
    return r.failed ? WG_TRUNCATED : WG_OK;
}

wg_status wg_metadata_decode(struct wg_bytes bytes, struct wg_record *ret_record) {
    struct wg_record record;
    wg_record_init(&record);
    wg_status status = wg_metadata_read(bytes, &record);
    if (status == WG_OK) {
        *ret_record = record;
    }
    return status;
}
