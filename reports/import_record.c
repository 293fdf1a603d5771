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
        long number = at == NULL || *at < '0' || *at > '9' ? -1 : strtol(at, &end, 10);
        if (number < 0 || number > INT32_MAX || *end != (i < 2 ? '.' : '\0')) {
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

static bool take_fields(const json_t *object, struct wg_imported *imported, char *why) {
    struct wg_record *record = &imported->record;
    return take_enum(object, "valueType", wg_value_type_name, &record->value_type, why) &&
           take_enum(object, "recordType", wg_record_type_name, &record->record_type, why) &&
           take_enum(object, "rejectionType", wg_rejection_type_name, &record->rejection_type,
                     why) &&
           take_intent(object, record, why) && take_version(object, record, why) &&
           take_numbers(object, imported, why);
}

/* The rejection reason and the value into `size` bytes; *ret_full when they are too few. */
static bool fill(const json_t *object, struct wg_imported *imported, size_t size, bool *ret_full,
                 char *why) {
    struct wg_record *record = &imported->record;
    struct wg_writer out = wg_writer_on(imported->memory, size);
    const json_t *reason = json_object_get(object, "rejectionReason");
    const json_t *wire = json_object_get(object, "recordValue");
    struct wg_import_value import = {.out = &out, .raw = wire != NULL};
    if (reason != NULL && !json_is_string(reason)) {
        return fail(why, "rejectionReason", "must be a string");
    }
    if (reason != NULL) {
        wg_write_bytes(&out, json_string_value(reason), json_string_length(reason));
    }
    record->rejection_reason = wg_writer_bytes(&out);
    uint8_t *start = out.at;
    const json_t *value = wire != NULL ? wire : json_object_get(object, "value");
    bool good = wg_import_value(&import, record->value_type, value);
    record->value = wg_bytes_of(start, (size_t)(out.at - start));
    *ret_full = out.failed;
    return good || fail(why, *import.name == '\0' ? "value" : import.name, import.why);
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
