/* The fields around the value. Names become numbers by the codec's own lists, so a name that it
 * does not know is an error, except those that stand for "unknown" there: they become 255. */
#include "reports/import_record.h"

#include "reports/import_value.h"

#include "codec/msgpack.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 4096, MOST_BYTES = 64 << 20, KEY_BITS = 51 };

static bool fail(char *why, const char *name, const char *what) {
    snprintf(why, WG_IMPORT_WHY_BYTES, "%s%s%s", name, *name == '\0' ? "" : " ", what);
    return false;
}

static bool take_integer(const json_t *object, const char *name, int64_t *number, char *why) {
    const json_t *value = json_object_get(object, name);
    if (value == NULL) {
        return true;
    }
    if (!json_is_integer(value)) {
        return fail(why, name, "must be an integer");
    }
    *number = json_integer_value(value);
    return true;
}

typedef const char *(*name_of)(uint8_t number);

/* A name of one of the enums, or its number. */
static bool take_enum(const json_t *object, const char *name, name_of names, uint8_t *number,
                      char *why) {
    const json_t *value = json_object_get(object, name);
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (json_is_integer(value)) {
        json_int_t given = json_integer_value(value);
        *number = (uint8_t)given;
        return (given >= 0 && given <= 255) || fail(why, name, "is out of range");
    }
    if (!json_is_string(value)) {
        return fail(why, name, "must be a name");
    }
    const char *text = json_string_value(value);
    for (int i = 0; i < 256; i++) {
        const char *candidate = names((uint8_t)i);
        if (candidate != NULL && strcmp(candidate, text) == 0) {
            *number = (uint8_t)i;
            return true;
        }
    }
    *number = 255;
    return strcmp(text, "SBE_UNKNOWN") == 0 || fail(why, name, "is no name that is known");
}

static bool take_intent(const json_t *object, struct wg_record *record, char *why) {
    const json_t *value = json_object_get(object, "intent");
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (json_is_integer(value)) {
        json_int_t given = json_integer_value(value);
        record->intent = (uint8_t)given;
        return (given >= 0 && given <= 255) || fail(why, "intent", "is out of range");
    }
    int intent = json_is_string(value)
                     ? wg_import_intent(record->value_type, json_string_value(value))
                     : -1;
    record->intent = (uint8_t)intent;
    return intent >= 0 || fail(why, "intent", "is no name that its value type has");
}

static bool take_version(const json_t *object, struct wg_record *record, char *why) {
    const json_t *value = json_object_get(object, "brokerVersion");
    if (value == NULL) {
        return true;
    }
    const char *at = json_string_value(value);
    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        bool digit = at != NULL && at[*at == '-'] >= '0' && at[*at == '-'] <= '9';
        long number = digit ? strtol(at, &end, 10) : 0;
        if (!digit || number < INT32_MIN || number > INT32_MAX ||
            *end != (i < 2 ? '.' : '\0')) {
            return fail(why, "brokerVersion", "must be three numbers with dots");
        }
        record->broker_version[i] = (int32_t)number;
        at = end + 1;
    }
    return true;
}

static bool take_numbers(const json_t *object, struct wg_imported *imported, char *why) {
    struct wg_record *record = &imported->record;
    int64_t partition = record->key > 0 ? record->key >> KEY_BITS : 1;
    int64_t record_version = record->record_version;
    int64_t protocol_version = record->protocol_version;
    int64_t request_id = -1;
    int64_t stream_id = record->request_stream_id;
    if (!take_integer(object, "key", &record->key, why) ||
        !take_integer(object, "timestamp", &record->timestamp_ms, why) ||
        !take_integer(object, "position", &record->position, why) ||
        !take_integer(object, "sourceRecordPosition", &record->source_position, why) ||
        !take_integer(object, "operationReference", &record->operation_reference, why) ||
        !take_integer(object, "partitionId", &partition, why) ||
        !take_integer(object, "recordVersion", &record_version, why) ||
        !take_integer(object, "protocolVersion", &protocol_version, why) ||
        !take_integer(object, "requestId", &request_id, why) ||
        !take_integer(object, "requestStreamId", &stream_id, why)) {
        return false;
    }
    if (partition < 0 || partition > 8192 || record_version < 0 || record_version > UINT16_MAX ||
        protocol_version < 0 || protocol_version > UINT16_MAX || stream_id < INT32_MIN ||
        stream_id > INT32_MAX) {
        return fail(why, "", "a number is out of its range");
    }
    imported->partition = (wg_partition_id)partition;
    record->record_version = (uint16_t)record_version;
    record->protocol_version = (uint16_t)protocol_version;
    record->request_id = (uint64_t)request_id;
    record->request_stream_id = (int32_t)stream_id;
    return true;
}

/* --- what exporters do not show ---------------------------------------------------------------- */

/* A number of `wire`, where there is one. */
static bool take_hidden(const json_t *wire, const char *name, int64_t least, int64_t most,
                        int64_t *number, char *why) {
    if (!take_integer(wire, name, number, why)) {
        return false;
    }
    return (*number >= least && *number <= most) || fail(why, name, "is out of range");
}

/* The object `wire` that wg_record_json_exact adds: its numbers hold instead of the names. */
static bool take_wire(const json_t *object, struct wg_record *record, char *why) {
    const json_t *wire = json_object_get(object, "wire");
    int64_t types[4] = {record->record_type, record->value_type, record->intent,
                        record->rejection_type};
    int64_t request_id = (int64_t)record->request_id;
    int64_t stream_id = record->request_stream_id;
    int64_t protocol_version = record->protocol_version;
    int64_t batch = record->batch_operation_reference;
    int64_t skip = record->skip_processing;
    if (wire == NULL) {
        return true;
    }
    if (!json_is_object(wire)) {
        return fail(why, "wire", "must be an object");
    }
    if (!take_hidden(wire, "recordType", 0, UINT8_MAX, &types[0], why) ||
        !take_hidden(wire, "valueType", 0, UINT8_MAX, &types[1], why) ||
        !take_hidden(wire, "intent", 0, UINT8_MAX, &types[2], why) ||
        !take_hidden(wire, "rejectionType", 0, UINT8_MAX, &types[3], why) ||
        !take_hidden(wire, "requestId", INT64_MIN, INT64_MAX, &request_id, why) ||
        !take_hidden(wire, "requestStreamId", INT32_MIN, INT32_MAX, &stream_id, why) ||
        !take_hidden(wire, "protocolVersion", 0, UINT16_MAX, &protocol_version, why) ||
        !take_hidden(wire, "batchOperationReference", INT64_MIN, INT64_MAX, &batch, why) ||
        !take_hidden(wire, "skipProcessing", 0, 1, &skip, why)) {
        return false;
    }
    record->record_type = (uint8_t)types[0];
    record->value_type = (uint8_t)types[1];
    record->intent = (uint8_t)types[2];
    record->rejection_type = (uint8_t)types[3];
    record->request_id = (uint64_t)request_id;
    record->request_stream_id = (int32_t)stream_id;
    record->protocol_version = (uint16_t)protocol_version;
    record->batch_operation_reference = batch;
    record->skip_processing = skip != 0;
    return true;
}

static bool take_fields(const json_t *object, struct wg_imported *imported, char *why) {
    struct wg_record *record = &imported->record;
    return take_enum(object, "valueType", wg_value_type_name, &record->value_type, why) &&
           take_enum(object, "recordType", wg_record_type_name, &record->record_type, why) &&
           take_enum(object, "rejectionType", wg_rejection_type_name, &record->rejection_type,
                     why) &&
           take_intent(object, record, why) && take_version(object, record, why) &&
           take_numbers(object, imported, why) && take_wire(object, record, why);
}

/* --- bytes ------------------------------------------------------------------------------------- */

enum hidden { ABSENT, TAKEN, BAD };

/* base64 of `wire`, if it has such a field. */
static enum hidden take_hidden_bytes(const json_t *object, const char *name, struct wg_writer *out,
                                     struct wg_bytes *bytes, char *why) {
    const json_t *value = json_object_get(json_object_get(object, "wire"), name);
    uint8_t *start = out->at;
    if (value == NULL) {
        return ABSENT;
    }
    if (!json_is_string(value) ||
        !wg_import_base64(out, json_string_value(value), json_string_length(value))) {
        fail(why, name, "must be base64");
        return BAD;
    }
    *bytes = wg_bytes_of(start, (size_t)(out->at - start));
    return TAKEN;
}

static bool take_reason(const json_t *object, struct wg_record *record, struct wg_writer *out,
                        char *why) {
    const json_t *reason = json_object_get(object, "rejectionReason");
    enum hidden hidden =
        take_hidden_bytes(object, "rejectionReason", out, &record->rejection_reason, why);
    if (hidden != ABSENT || reason == NULL) {
        return hidden != BAD;
    }
    if (!json_is_string(reason)) {
        return fail(why, "rejectionReason", "must be a string");
    }
    uint8_t *start = out->at;
    wg_write_bytes(out, json_string_value(reason), json_string_length(reason));
    record->rejection_reason = wg_bytes_of(start, (size_t)(out->at - start));
    return true;
}

/* base64url without padding. */
static void write_base64url(struct wg_writer *out, const char *text, size_t len) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";
    const uint8_t *p = (const uint8_t *)text;
    for (size_t at = 0; at < len; at += 3) {
        size_t left = len - at < 3 ? len - at : 3;
        uint32_t bits = (uint32_t)p[at] << 16 | (left > 1 ? (uint32_t)p[at + 1] << 8 : 0u) |
                        (left > 2 ? (uint32_t)p[at + 2] : 0u);
        char four[4];
        for (uint32_t i = 0; i < 4; i++) {
            four[i] = letters[bits >> (18 - 6 * i) & 63u];
        }
        wg_write_bytes(out, four, left + 1);
    }
}

static size_t base64url_bytes(size_t len) { return len / 3 * 4 + (len % 3 == 0 ? 0 : len % 3 + 1); }

/* The default tenant alone, which is what a record without authorization shows. */
static bool shows_no_token(const json_t *claims) {
    const json_t *tenants = json_object_get(claims, "authorized_tenants");
    const char *tenant = json_string_value(json_array_get(tenants, 0));
    return json_object_size(claims) == 1 && json_array_size(tenants) == 1 && tenant != NULL &&
           strcmp(tenant, "<default>") == 0;
}

/* The head of a MessagePack string. */
static void write_str_head(struct wg_writer *out, size_t len) {
    unsigned width = len <= UINT8_MAX ? 1 : len <= UINT16_MAX ? 2 : 4;
    uint8_t head[5] = {(uint8_t)(width == 1 ? 0xd9 : width == 2 ? 0xda : 0xdb)};
    if (len < 32) {
        head[0] = (uint8_t)(0xa0 | len);
        width = 0;
    }
    for (unsigned i = 0; i < width; i++) {
        head[1 + i] = (uint8_t)(len >> (8 * (width - 1 - i)));
    }
    wg_write_bytes(out, head, 1 + width);
}

/* Claims stand for an unsigned token that says them: {} as its header, no signature. */
static bool take_claims(const json_t *claims, struct wg_record *record, struct wg_writer *out,
                        char *why) {
    char *text = json_is_object(claims) ? json_dumps(claims, JSON_COMPACT) : NULL;
    if (text == NULL) {
        return fail(why, "authorizations", "must be an object");
    }
    size_t len = strlen(text);
    uint8_t *start = out->at;
    wg_mp_write_map(out, 2);
    wg_mp_write_str(out, wg_bytes_str("format"));
    wg_mp_write_str(out, wg_bytes_str("JWT"));
    wg_mp_write_str(out, wg_bytes_str("authData"));
    write_str_head(out, 4 + base64url_bytes(len) + 1);
    wg_write_bytes(out, "e30.", 4);
    write_base64url(out, text, len);
    wg_write_bytes(out, ".", 1);
    record->authorization = wg_bytes_of(start, (size_t)(out->at - start));
    free(text);
    return true;
}

static bool take_authorization(const json_t *object, struct wg_record *record,
                               struct wg_writer *out, char *why) {
    const json_t *claims = json_object_get(object, "authorizations");
    enum hidden hidden = take_hidden_bytes(object, "authorization", out, &record->authorization, why);
    if (hidden != ABSENT) {
        return hidden != BAD;
    }
    return claims == NULL || shows_no_token(claims) || take_claims(claims, record, out, why);
}

static bool take_value(const json_t *object, struct wg_record *record, struct wg_writer *out,
                       char *why) {
    const json_t *wire = json_object_get(object, "recordValue");
    struct wg_import_value import = {.out = out, .raw = wire != NULL};
    enum hidden hidden = take_hidden_bytes(object, "value", out, &record->value, why);
    if (hidden != ABSENT) {
        return hidden != BAD;
    }
    uint8_t *start = out->at;
    const json_t *value = wire != NULL ? wire : json_object_get(object, "value");
    bool good = wg_import_value(&import, record->value_type, value);
    record->value = wg_bytes_of(start, (size_t)(out->at - start));
    return good || fail(why, *import.name == '\0' ? "value" : import.name, import.why);
}

/* All bytes into `size` of them; *ret_full when they are too few. */
static bool fill(const json_t *object, struct wg_imported *imported, size_t size, bool *ret_full,
                 char *why) {
    struct wg_record *record = &imported->record;
    struct wg_writer out = wg_writer_on(imported->memory, size);
    bool good = take_reason(object, record, &out, why) &&
                take_authorization(object, record, &out, why) &&
                take_value(object, record, &out, why);
    *ret_full = out.failed;
    return good;
}

bool wg_import_record(const json_t *object, struct wg_imported *ret_imported, char *why) {
    struct wg_imported imported = {.partition = 1};
    wg_record_init(&imported.record);
    if (!json_is_object(object)) {
        return fail(why, "a record", "must be an object");
    }
    if (!take_fields(object, &imported, why)) {
        return false;
    }
    for (size_t size = FIRST_BYTES; size <= MOST_BYTES; size *= 4) {
        bool full = false;
        imported.memory = malloc(size);
        bool good = imported.memory != NULL && fill(object, &imported, size, &full, why);
        if (good && !full) {
            *ret_imported = imported;
            return true;
        }
        free(imported.memory);
        if (imported.memory == NULL || !good) {
            return false;
        }
    }
    return fail(why, "value", "is too large");
}

void wg_imported_free(struct wg_imported *imported) {
    free(imported->memory);
    imported->memory = NULL;
}
