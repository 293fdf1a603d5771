/* Reads the files of a snapshot (see snapfile.h). */
#include "sim/invariants/snapfile.h"

#include "sim/invariants/wire.h"

#include <string.h>

/* --- metadata -------------------------------------------------------------------------------- */

/* The whole number behind `"name":`. */
static bool json_number(struct wg_bytes json, const char *name, wg_position *ret_number) {
    size_t len = strlen(name);
    for (uint32_t at = 0; at + len < json.len; at++) {
        if (memcmp(json.ptr + at, name, len) != 0) {
            continue;
        }
        at += (uint32_t)len;
        bool negative = json.ptr[at] == '-';
        at += negative ? 1 : 0;
        uint64_t number = 0;
        uint32_t digits = 0;
        for (; at < json.len && json.ptr[at] >= '0' && json.ptr[at] <= '9'; at++, digits++) {
            number = number * 10 + (uint64_t)(json.ptr[at] - '0');
        }
        *ret_number = negative ? -(wg_position)number : (wg_position)number;
        return digits > 0 && digits <= 19;
    }
    return false;
}

bool judge_snapshot_metadata_read(struct wg_bytes json, struct judge_snapshot_metadata *ret) {
    return json_number(json, "\"processedPosition\":", &ret->processed) &&
           json_number(json, "\"exportedPosition\":", &ret->exported) &&
           json_number(json, "\"lastFollowupEventPosition\":", &ret->last_followup);
}

/* --- state ----------------------------------------------------------------------------------- */

#define HEAD_BYTES 24u
#define CRC_BYTES 4u
#define CRC_FACTOR 0x9E3779B1u /* engine/state/state_file.c says why */
#define META_FAMILY 1u
#define PROCESSED_KEY "lastProcessed"
#define FIRST_LOCAL_FAMILY 200u /* from here on rows may differ between replicas */
#define EXPORTER_FAMILY 200u
#define EXPORTER_FIXED 16u /* position, metadata version */

static void keep_exporter(struct judge_snapshot_state *state, struct wg_bytes id,
                          struct wg_bytes value) {
    if (state->count < JUDGE_STATE_EXPORTERS && value.len >= EXPORTER_FIXED) {
        state->exporters[state->count++] = (struct judge_exporter_row){
            .id = id,
            .metadata = {value.ptr + EXPORTER_FIXED, value.len - EXPORTER_FIXED},
            .position = (wg_position)judge_number(value.ptr, 8)};
    }
}

/* Reads one row and returns its family; 0 = malformed. */
static uint32_t read_row(struct judge_cursor *cursor, struct judge_snapshot_state *state) {
    uint32_t family = (uint32_t)judge_read(cursor, 1);
    uint64_t key_len = judge_read(cursor, 1);
    uint64_t value_len = judge_read(cursor, 4);
    struct wg_bytes key = judge_take(cursor, key_len);
    struct wg_bytes value = judge_take(cursor, value_len);
    if (cursor->bad || key_len == 0) {
        return 0;
    }
    if (family == META_FAMILY && value.len == 8 && key_len == strlen(PROCESSED_KEY) &&
        memcmp(key.ptr, PROCESSED_KEY, key_len) == 0) {
        state->processed = (wg_position)judge_number(value.ptr, 8);
    }
    if (family == EXPORTER_FAMILY) {
        keep_exporter(state, key, value);
    }
    return family;
}

bool judge_snapshot_state_read(struct wg_bytes bytes, struct judge_snapshot_state *ret_state) {
    if (bytes.len < HEAD_BYTES + CRC_BYTES) {
        return false;
    }
    uint32_t end = bytes.len - CRC_BYTES;
    struct judge_cursor cursor = {bytes.ptr, end, 0, false};
    bool head = memcmp(bytes.ptr, "WGST\1\0\0\0", 8) == 0;
    judge_read(&cursor, 8);
    uint64_t rows = judge_read(&cursor, 8);
    uint64_t section = judge_read(&cursor, 8);
    if (!head || section != end - HEAD_BYTES ||
        judge_number(bytes.ptr + end, 4) != (uint32_t)(judge_crc32c(bytes.ptr, end) * CRC_FACTOR)) {
        return false;
    }
    uint64_t shared = end; /* where the rows of this replica alone begin */
    uint32_t family = 1, before = 1;
    ret_state->count = 0;
    ret_state->processed = WG_POSITION_NONE;
    for (uint64_t i = 0; i < rows && family != 0; i++) {
        uint64_t start = cursor.at;
        family = read_row(&cursor, ret_state);
        shared = family >= FIRST_LOCAL_FAMILY && before < FIRST_LOCAL_FAMILY ? start : shared;
        before = family;
    }
    ret_state->digest = (shared - HEAD_BYTES) << 32 |
                        judge_crc32c(bytes.ptr + HEAD_BYTES, shared - HEAD_BYTES);
    return family != 0 && cursor.at == cursor.len;
}
