/* Own readers of frames, entries, batches and MessagePack (see wire.h). */
#include "sim/invariants/wire.h"

#include <string.h>

#define SCHEMA_PROTOCOL 0u
#define SCHEMA_JOURNAL 7u
#define SCHEMA_RAFT 8u
#define METADATA_BLOCK 12u /* checksum and length of what it covers */
#define ENTRY_HEADER 52u   /* log entry before its metadata */
#define METADATA_HEADER 8u /* SBE header of the metadata */

struct wg_bytes judge_take(struct judge_cursor *cursor, uint64_t bytes) {
    if (cursor->bad || cursor->len - cursor->at < bytes) {
        cursor->bad = true;
        return (struct wg_bytes){NULL, 0};
    }
    struct wg_bytes taken = {cursor->ptr + cursor->at, (uint32_t)bytes};
    cursor->at += bytes;
    return taken;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* An SBE header: block length, template, schema, version. The version says nothing to a reader. */
static inline bool read_header(struct judge_cursor *cursor, uint32_t block, uint32_t template_id,
                               uint32_t schema_id) {
    uint64_t header = judge_read(cursor, 8);
    return (header & 0xFFFF) == block && (header >> 16 & 0xFFFF) == template_id &&
           (header >> 32 & 0xFFFF) == schema_id;
}

wg_index judge_descriptor_index(struct wg_bytes bytes) {
    struct judge_cursor cursor = {bytes.ptr, bytes.len, 0, false};
    bool known = judge_read(&cursor, 1) == 2 && read_header(&cursor, 8, 4, SCHEMA_JOURNAL);
    uint64_t checksum = judge_read(&cursor, 8);
    known = known && read_header(&cursor, 32, 3, SCHEMA_JOURNAL);
    judge_read(&cursor, 8); /* id */
    wg_index index = judge_read(&cursor, 8);
    if (!known || bytes.len < JUDGE_DESCRIPTOR_BYTES ||
        judge_crc32c(bytes.ptr + 17, JUDGE_DESCRIPTOR_BYTES - 17) != checksum) {
        return 0;
    }
    return index;
}

/* The same header at a known place; the bytes are there. Its block length is covered by a checksum. */
static inline bool is_header(const uint8_t *at, uint32_t template_id, uint32_t schema_id) {
    return judge_number(at + 2, 4) == (schema_id << 16 | template_id);
}

#define RAFT_ENTRY_BYTES 17u  /* header, term, kind */
#define APPLICATION_BYTES 28u /* header, positions, length of the batch */

/* `len` bytes of raft entry at `at`. */
static bool read_entry(const uint8_t *at, uint64_t len, struct judge_frame *frame) {
    if (len < RAFT_ENTRY_BYTES) {
        return false;
    }
    frame->term = judge_number(at + 8, 8);
    frame->kind = at[16];
    if (!is_header(at, 1, SCHEMA_RAFT) || frame->kind > JUDGE_INITIAL) {
        return false;
    }
    if (frame->kind != JUDGE_APPLICATION) {
        frame->lowest = frame->highest = WG_POSITION_NONE;
        frame->batch = (struct wg_bytes){NULL, 0};
        return true;
    }
    if (len < RAFT_ENTRY_BYTES + APPLICATION_BYTES) {
        return false;
    }
    const uint8_t *application = at + RAFT_ENTRY_BYTES;
    uint32_t batch = (uint32_t)judge_number(application + 24, 4);
    frame->lowest = (wg_position)judge_number(application + 8, 8);
    frame->highest = (wg_position)judge_number(application + 16, 8);
    frame->batch = (struct wg_bytes){application + APPLICATION_BYTES, batch};
    return is_header(application, 2, SCHEMA_RAFT) &&
           batch <= len - (RAFT_ENTRY_BYTES + APPLICATION_BYTES);
}

/* Lengths are compared first, then numbers are read at their places: one test for many. */
enum judge_frame_result judge_frame_read(struct wg_bytes bytes, struct judge_frame *ret_frame) {
    const uint8_t *at = bytes.ptr;
    if (bytes.len == 0) {
        return JUDGE_FRAME_SHORT;
    }
    if (at[0] == 0) {
        return JUDGE_FRAME_END;
    }
    if (bytes.len < JUDGE_FRAME_BYTES) {
        return JUDGE_FRAME_SHORT;
    }
    uint64_t checksum = judge_number(at + 9, 8);
    ret_frame->checksum = (uint32_t)checksum;
    uint32_t length = (uint32_t)judge_number(at + 17, 4);
    /* This header and the checksum's upper half are covered by no checksum. */
    if (!is_header(at + 1, 1, SCHEMA_JOURNAL) || judge_number(at + 1, 2) != METADATA_BLOCK ||
        checksum > UINT32_MAX || length < JUDGE_FRAME_BYTES - 21 || length > INT32_MAX) {
        return JUDGE_FRAME_BAD;
    }
    ret_frame->total = 21 + length;
    if (ret_frame->total > bytes.len) {
        return JUDGE_FRAME_SHORT;
    }
    ret_frame->summed = (struct wg_bytes){at + 21, length};
    ret_frame->index = judge_number(at + 29, 8);
    ret_frame->asqn = (int64_t)judge_number(at + 37, 8);
    uint32_t data = (uint32_t)judge_number(at + 45, 4);
    if (!is_header(at + 21, 2, SCHEMA_JOURNAL) || data != length - (JUDGE_FRAME_BYTES - 21)) {
        return JUDGE_FRAME_BAD;
    }
    return read_entry(at + JUDGE_FRAME_BYTES, data, ret_frame) ? JUDGE_FRAME_OK : JUDGE_FRAME_BAD;
}

bool judge_frame_checksum_ok(const struct judge_frame *frame) {
    return judge_crc32c(frame->summed.ptr, frame->summed.len) == frame->checksum;
}

/* --- records --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t number) {
    hash = (hash ^ number) * UINT64_C(0xFF51AFD7ED558CCD);
    return hash ^ (hash >> 32);
}

/* 16 bytes at once: every record is read once for the log and once for each exporter. */
static inline uint64_t mix_pair(uint64_t hash, const uint8_t *at) {
    uint64_t a = judge_number(at, 8) ^ UINT64_C(0xA0761D6478BD642F);
    uint64_t b = judge_number(at + 8, 8) ^ hash;
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mix_bytes(uint64_t hash, struct wg_bytes bytes) {
    hash = mix(hash, bytes.len);
    if (bytes.len >= 16) {
        for (uint32_t i = 0; i + 16 < bytes.len; i += 16) {
            hash = mix_pair(hash, bytes.ptr + i);
        }
        return mix_pair(hash, bytes.ptr + bytes.len - 16); /* may overlap the one before */
    }
    uint64_t word = 0;
    for (uint32_t i = 0; i < bytes.len; i++) {
        word = word << 8 | bytes.ptr[i];
        if (i % 8 == 7) {
            hash = mix(hash, word);
            word = 0;
        }
    }
    return mix(hash, word);
}

uint32_t judge_content_hash(const struct wg_record *record) {
    uint64_t hash = mix(UINT64_C(0x2545F4914F6CDD1D), (uint64_t)record->position);
    hash = mix(hash, (uint64_t)record->source_position);
    hash = mix(hash, (uint64_t)record->key);
    hash = mix(hash, (uint64_t)record->timestamp_ms);
    hash = mix(hash, (uint64_t)record->operation_reference);
    hash = mix(hash, (uint64_t)record->record_type << 24 | (uint64_t)record->value_type << 16 |
                         (uint64_t)record->intent << 8 | record->rejection_type);
    hash = mix_bytes(hash, record->rejection_reason);
    hash = mix_bytes(hash, record->value);
    return (uint32_t)(hash ^ (hash >> 32));
}

static bool read_metadata(struct wg_bytes bytes, struct wg_record *record) {
    struct judge_cursor cursor = {bytes.ptr, bytes.len, 0, false};
    uint64_t block = judge_read(&cursor, 2);
    uint64_t template = judge_read(&cursor, 2);
    uint64_t schema = judge_read(&cursor, 2);
    uint64_t version = judge_read(&cursor, 2);
    if (template != 200 || schema != SCHEMA_PROTOCOL || block < 32 || block > bytes.len) {
        return false;
    }
    record->record_type = (uint8_t)judge_read(&cursor, 1);
    record->request_stream_id = (int32_t)(uint32_t)judge_read(&cursor, 4);
    record->request_id = judge_read(&cursor, 8);
    judge_read(&cursor, 2); /* protocol version */
    record->value_type = (uint8_t)judge_read(&cursor, 1);
    record->intent = (uint8_t)judge_read(&cursor, 1);
    judge_take(&cursor, 14); /* broker version, record version */
    record->rejection_type = (uint8_t)judge_read(&cursor, 1);
    record->operation_reference = version >= 5 && block >= 40 ? (int64_t)judge_read(&cursor,
                                                                                    8) : -1;
    cursor.at = METADATA_HEADER + block;
    cursor.bad = cursor.bad || cursor.at > cursor.len;
    record->rejection_reason = judge_take(&cursor, judge_read(&cursor, 4));
    return !cursor.bad;
}

/* Values that name the process instance they belong to, among those the process model follows. */
static bool names_instance(uint8_t value_type) {
    return value_type == WG_VT_PROCESS_INSTANCE || value_type == WG_VT_JOB ||
           value_type == WG_VT_INCIDENT || value_type == WG_VT_TIMER ||
           value_type == WG_VT_PROCESS_INSTANCE_CREATION || value_type == WG_VT_USER_TASK ||
           value_type == WG_VT_ERROR || value_type == WG_VT_MESSAGE_SUBSCRIPTION ||
           value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION;
}

/* An error that nothing catches has these words in the place of its element's id. */
static bool is_caught(struct wg_bytes value) {
    static const char words[] = "NO_CATCH_EVENT_FOUND";
    const uint32_t len = sizeof words - 1;
    for (uint32_t at = 0; at + len <= value.len; at++) {
        if (memcmp(value.ptr + at, words, len) == 0) {
            return false;
        }
    }
    return true;
}

/* When the clock makes something of it. */
static void keep_date(const struct wg_record *record, struct judge_record *ret_kept) {
    if (record->value_type == WG_VT_TIMER && record->intent == WG_TIMER_CREATED) {
        judge_map_int(record->value, "dueDate", &ret_kept->deadline);
    } else if (record->value_type == WG_VT_JOB && record->intent == WG_JOB_FAILED) {
        judge_map_int(record->value, "recurringTime", &ret_kept->deadline);
    }
}

static void keep(const struct wg_record *record, uint8_t skip, struct judge_record *ret_kept) {
    *ret_kept = (struct judge_record){.position = record->position,
                                      .source = record->source_position,
                                      .key = record->key,
                                      .instance = -1,
                                      .request_id = record->request_id,
                                      .stream_id = record->request_stream_id,
                                      .hash = judge_content_hash(record),
                                      .record_type = record->record_type,
                                      .value_type = record->value_type,
                                      .intent = record->intent,
                                      .skip = skip,
                                      .timestamp_ms = record->timestamp_ms,
                                      .value = record->value};
    if (names_instance(record->value_type)) {
        judge_map_int(record->value, "processInstanceKey", &ret_kept->instance);
    }
    if (record->record_type == WG_EVENT) {
        keep_date(record, ret_kept);
        ret_kept->caught = record->value_type == WG_VT_JOB &&
                           record->intent == WG_JOB_ERROR_THROWN && is_caught(record->value);
        if (record->value_type == WG_VT_MESSAGE_SUBSCRIPTION ||
            record->value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION) {
            ret_kept->caught = judge_map_true(record->value, "interrupting");
        }
    }
}

/* One log entry at the start of `cursor`, which moves behind its padding. */
static bool read_record(struct judge_cursor *cursor, struct judge_record *ret_kept) {
    struct wg_record record;
    memset(&record, 0, sizeof record);
    uint64_t start = cursor->at;
    uint64_t framed = judge_read(cursor, 4);
    judge_take(cursor, 8); /* unused frame bytes: may hold anything */
    uint64_t version = judge_read(cursor, 2);
    uint8_t flags = (uint8_t)judge_read(cursor, 1);
    judge_read(cursor, 1);
    record.position = (wg_position)judge_read(cursor, 8);
    record.source_position = (wg_position)judge_read(cursor, 8);
    record.key = (wg_key)judge_read(cursor, 8);
    record.timestamp_ms = (int64_t)judge_read(cursor, 8);
    uint64_t metadata_len = judge_read(cursor, 4);
    if (cursor->bad || version != 1 || framed < ENTRY_HEADER + metadata_len ||
        framed > cursor->len - start) {
        return false;
    }
    struct wg_bytes metadata = judge_take(cursor, metadata_len);
    record.value = judge_take(cursor, framed - ENTRY_HEADER - metadata_len);
    judge_take(cursor, (8 - framed % 8) % 8);
    if (cursor->bad || !read_metadata(metadata, &record)) {
        return false;
    }
    keep(&record, flags != 0, ret_kept);
    return true;
}

bool judge_batch_read(struct wg_bytes batch, void (*each)(void *ctx, const struct judge_record *),
                      void *ctx) {
    struct judge_cursor cursor = {batch.ptr, batch.len, 0, false};
    while (cursor.at < cursor.len) {
        struct judge_record record;
        if (!read_record(&cursor, &record)) {
            return false;
        }
        each(ctx, &record);
    }
    return batch.len > 0;
}

/* --- MessagePack ----------------------------------------------------------------------------- */

static uint64_t read_be(struct judge_cursor *cursor, uint32_t bytes) {
    struct wg_bytes taken = judge_take(cursor, bytes);
    uint64_t number = 0;
    for (uint32_t i = 0; i < taken.len; i++) {
        number = number << 8 | taken.ptr[i];
    }
    return number;
}

enum mp_class { MP_INT, MP_STR, MP_MAP, MP_ARRAY, MP_OTHER };
struct mp_head {
    enum mp_class what;
    int64_t number;  /* MP_INT */
    uint64_t length; /* bytes that follow, or items */
};

/* Type bytes c0 to df: those whose length or number stands behind the byte. */
static struct mp_head read_wide_head(struct judge_cursor *cursor, uint8_t byte) {
    static const uint8_t widths[] = {/* c4 */ 1, 2, 4, /* c7 */ 1, 2, 4, /* ca */ 0, 0,
                                     /* cc */ 1, 2, 4, 8, /* d0 */ 1, 2, 4, 8};
    struct mp_head head = {MP_OTHER, 0, 0};
    if (byte == 0xc1) {
        cursor->bad = true;
    } else if (byte >= 0xc4 && byte <= 0xc9) {
        head.length = read_be(cursor, widths[byte - 0xc4]) + (byte >= 0xc7 ? 1 : 0);
    } else if (byte == 0xca || byte == 0xcb) {
        head.length = byte == 0xca ? 4 : 8;
    } else if (byte >= 0xcc && byte <= 0xd3) {
        uint32_t width = widths[byte - 0xc4];
        uint64_t number = read_be(cursor, width);
        uint32_t unused = 64 - 8 * width;
        head.what = MP_INT;
        head.number = byte >= 0xd0 ? (int64_t)(number << unused) >> unused : (int64_t)number;
    } else if (byte >= 0xd4 && byte <= 0xd8) {
        head.length = (UINT64_C(1) << (byte - 0xd4)) + 1;
    } else if (byte >= 0xd9 && byte <= 0xdb) {
        head.what = MP_STR;
        head.length = read_be(cursor, 1u << (byte - 0xd9));
    } else if (byte >= 0xdc) {
        head.what = byte >= 0xde ? MP_MAP : MP_ARRAY;
        head.length = read_be(cursor, (byte & 1) != 0 ? 4 : 2);
    }
    return head;
}

static struct mp_head read_head(struct judge_cursor *cursor) {
    uint8_t byte = (uint8_t)judge_read(cursor, 1);
    if (byte < 0x80 || byte >= 0xe0) {
        return (struct mp_head){MP_INT, (int8_t)byte, 0};
    }
    if (byte < 0x90) {
        return (struct mp_head){MP_MAP, 0, byte & 0x0fu};
    }
    if (byte < 0xa0) {
        return (struct mp_head){MP_ARRAY, 0, byte & 0x0fu};
    }
    if (byte < 0xc0) {
        return (struct mp_head){MP_STR, 0, byte & 0x1fu};
    }
    return read_wide_head(cursor, byte);
}

/* Passes over what follows `head`, nested values included; ends at the latest with the bytes. */
static void skip_rest(struct judge_cursor *cursor, struct mp_head head) {
    uint64_t left = 0;
    for (;;) {
        if (head.what == MP_MAP || head.what == MP_ARRAY) {
            left += head.what == MP_MAP ? 2 * head.length : head.length;
        } else {
            judge_take(cursor, head.length);
        }
        if (left == 0 || cursor->bad) {
            return;
        }
        left--;
        head = read_head(cursor);
    }
}

/* The head of property `name`, with `cursor` behind it; MP_OTHER = there is none. */
static struct mp_head find_property(struct judge_cursor *cursor, const char *name) {
    struct mp_head none = {MP_OTHER, 0, 0};
    size_t name_len = strlen(name);
    struct mp_head map = read_head(cursor);
    if (map.what != MP_MAP) {
        return none;
    }
    for (uint64_t i = 0; i < map.length && !cursor->bad; i++) {
        struct mp_head key = read_head(cursor);
        if (key.what != MP_STR) {
            return none;
        }
        struct wg_bytes text = judge_take(cursor, key.length);
        struct mp_head found = read_head(cursor);
        if (!cursor->bad && text.len == name_len && memcmp(text.ptr, name, name_len) == 0) {
            return found;
        }
        skip_rest(cursor, found);
    }
    return none;
}

bool judge_map_text(struct wg_bytes value, const char *name, struct wg_bytes *ret_text) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head text = find_property(&cursor, name);
    if (text.what != MP_STR) {
        return false;
    }
    *ret_text = judge_take(&cursor, text.length);
    return !cursor.bad;
}

bool judge_map_bytes(struct wg_bytes value, const char *name, struct wg_bytes *ret_bytes) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head found = find_property(&cursor, name);
    if (cursor.bad || found.what != MP_OTHER || found.length == 0) {
        return false;
    }
    *ret_bytes = judge_take(&cursor, found.length);
    return !cursor.bad;
}

int64_t judge_array_items(struct wg_bytes array,
                          void (*each)(void *ctx, uint64_t number, struct wg_bytes item), void *ctx) {
    struct judge_cursor cursor = {array.ptr, array.len, 0, false};
    struct mp_head head = read_head(&cursor);
    if (cursor.bad || head.what != MP_ARRAY) {
        return -1;
    }
    for (uint64_t i = 0; i < head.length; i++) {
        uint64_t start = cursor.at;
        skip_rest(&cursor, read_head(&cursor));
        if (cursor.bad) {
            return -1;
        }
        struct wg_bytes item = {array.ptr + start, (uint32_t)(cursor.at - start)};
        each(ctx, i, item);
    }
    return (int64_t)head.length;
}

bool judge_int(struct wg_bytes value, int64_t *ret_number) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head head = read_head(&cursor);
    if (cursor.bad || head.what != MP_INT) {
        return false;
    }
    *ret_number = head.number;
    return true;
}

bool judge_map_true(struct wg_bytes value, const char *name) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head found = find_property(&cursor, name);
    return found.what == MP_OTHER && !cursor.bad && cursor.at > 0 && value.ptr[cursor.at - 1] == 0xc3;
}

bool judge_map_int(struct wg_bytes value, const char *name, int64_t *ret_number) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head number = find_property(&cursor, name);
    if (number.what != MP_INT) {
        return false;
    }
    *ret_number = number.number;
    return true;
}

bool judge_map_first_int(struct wg_bytes value, const char *array, const char *name,
                         int64_t *ret_number) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head found = find_property(&cursor, array);
    if (found.what != MP_ARRAY || found.length == 0 || cursor.bad) {
        return false;
    }
    struct wg_bytes rest = {value.ptr + cursor.at, (uint32_t)(cursor.len - cursor.at)};
    return judge_map_int(rest, name, ret_number);
}

void judge_map_ints(struct wg_bytes value, const char *name, void (*each)(void *ctx, int64_t number),
                    void *ctx) {
    struct judge_cursor cursor = {value.ptr, value.len, 0, false};
    struct mp_head array = find_property(&cursor, name);
    for (uint64_t i = 0; array.what == MP_ARRAY && i < array.length; i++) {
        struct mp_head number = read_head(&cursor);
        if (cursor.bad || number.what != MP_INT) {
            return;
        }
        each(ctx, number.number);
    }
}
