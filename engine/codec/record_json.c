/* A record as the JSON object that Zeebe's exporters write.
 *
 * The value's map is converted property by property in wire order, whatever its value type; names
 * decide where the exported form differs from the wire:
 *   bin `variables`                     nested object
 *   bin `value`, `decisionOutput`,
 *       `inputValue`, `outputValue`     a string that holds JSON text
 *   any other bin                       base64
 *   `isDuplicate`                       `duplicate`
 *   CHECKPOINT `id`, `position`         `checkpointId`, `checkpointPosition`
 *   COMMAND_DISTRIBUTION `intent`       a name; `commandValue` with its own type's mapping
 *   `fetchVariables`, `subscriptionPartitionId`, `activatedElementInstanceKeys`,
 *   JOB_BATCH `variables`               left out
 * and some types get `duplicate`, `tenantId` or `ancestorScopeKeys`, which the wire
 * lacks. Numbers of enums that 8.6 does not know are shown as it shows them: `SBE_UNKNOWN`, and
 * `UNKNOWN` for an intent. */
#include "codec/record_json.h"

#include "codec/json.h"
#include "codec/msgpack.h"

/* What is known about the map being converted. */
struct map_state {
    uint8_t value_type;  /* WG_VT_NULL for a nested map */
    uint8_t distributed; /* COMMAND_DISTRIBUTION: the value type of the command in it */
    uint32_t depth;
    bool first;          /* no property written yet */
    struct wg_bytes activate; /* PROCESS_INSTANCE_MODIFICATION: its activate instructions */
};

static bool put_typed_map(struct wg_text *text, struct wg_reader *r, uint8_t value_type,
                          uint32_t depth);

#define IS(name, literal)                                                                          \
    ((name).len == sizeof(literal) - 1 && memcmp((name).ptr, literal, sizeof(literal) - 1) == 0)

/* --- properties ------------------------------------------------------------------------------ */

static bool left_out(const struct map_state *map, struct wg_bytes name) {
    switch (map->value_type) {
    case WG_VT_JOB_BATCH:
        return IS(name, "variables");
    case WG_VT_PROCESS_INSTANCE_CREATION:
        return IS(name, "fetchVariables");
    case WG_VT_PROCESS_MESSAGE_SUBSCRIPTION:
        return IS(name, "subscriptionPartitionId");
    case WG_VT_PROCESS_INSTANCE_MODIFICATION:
        return IS(name, "activatedElementInstanceKeys");
    default:
        return false;
    }
}

static struct wg_bytes exported_name(const struct map_state *map, struct wg_bytes name) {
    if (IS(name, "isDuplicate")) {
        return wg_bytes_str("duplicate");
    }
    if (map->value_type == WG_VT_CHECKPOINT && IS(name, "id")) {
        return wg_bytes_str("checkpointId");
    }
    if (map->value_type == WG_VT_CHECKPOINT && IS(name, "position")) {
        return wg_bytes_str("checkpointPosition");
    }
    return name;
}

static bool holds_json_text(struct wg_bytes name) {
    return IS(name, "value") || IS(name, "decisionOutput") || IS(name, "inputValue") ||
           IS(name, "outputValue");
}

/* A document is a map; nothing at all and nil stand for an empty one. */
static bool put_document(struct wg_text *text, struct wg_bytes payload, uint32_t depth) {
    if (payload.len == 0 || (payload.len == 1 && payload.ptr[0] == 0xc0)) {
        wg_text_literal(text, "{}");
        return true;
    }
    struct wg_reader r = wg_reader_on(payload);
    size_t start = text->len;
    return wg_json_any(text, &r, depth + 1) && text->ptr[start] == '{';
}

static bool put_json_text(struct wg_text *text, struct wg_bytes payload, uint32_t depth) {
    size_t start = text->len;
    if (payload.len == 0) {
        wg_text_literal(text, "null");
    } else {
        struct wg_reader r = wg_reader_on(payload);
        if (!wg_json_any(text, &r, depth + 1)) {
            return false;
        }
    }
    wg_text_quote(text, start);
    return true;
}

static bool put_binary(struct wg_text *text, struct wg_bytes name, struct wg_bytes payload,
                       uint32_t depth) {
    if (IS(name, "variables")) {
        return put_document(text, payload, depth);
    }
    if (holds_json_text(name)) {
        return put_json_text(text, payload, depth);
    }
    wg_text_base64(text, payload);
    return true;
}

/* An array of a value: its maps follow the same rules. */
static bool put_typed_array(struct wg_text *text, struct wg_reader *r, int64_t count,
                            uint32_t depth) {
    wg_text_literal(text, "[");
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) {
            wg_text_literal(text, ",");
        }
        struct wg_reader ahead = *r;
        struct wg_mp_token token;
        bool map = wg_mp_read(&ahead, &token) && token.kind == WG_MP_MAP;
        if (!(map ? put_typed_map(text, r, WG_VT_NULL, depth + 1)
                  : wg_json_any(text, r, depth + 1))) {
            return false;
        }
    }
    wg_text_literal(text, "]");
    return true;
}

static bool put_property_value(struct wg_text *text, struct wg_reader *r,
                               const struct map_state *map, struct wg_bytes name) {
    struct wg_reader ahead = *r;
    struct wg_mp_token token;
    if (!wg_mp_read(&ahead, &token)) {
        return false;
    }
    if (token.kind == WG_MP_BIN) {
        *r = ahead;
        return put_binary(text, name, token.bytes, map->depth);
    }
    if (token.kind == WG_MP_ARRAY) {
        *r = ahead;
        return put_typed_array(text, r, token.number, map->depth + 1);
    }
    return wg_json_any(text, r, map->depth + 1);
}

static uint8_t value_type_by_name(struct wg_bytes name) {
    for (uint32_t i = 0; i < WG_VT_NULL; i++) {
        const char *candidate = wg_value_type_name((uint8_t)i);
        if (candidate != NULL && wg_bytes_equal(wg_bytes_str(candidate), name)) {
            return (uint8_t)i;
        }
    }
    return WG_VT_NULL;
}

static void put_name(struct wg_text *text, const char *name, const char *unknown) {
    wg_text_literal(text, "\"");
    const char *chars = name != NULL ? name : unknown;
    wg_text_put(text, chars, strlen(chars));
    wg_text_literal(text, "\"");
}

/* The value type that a COMMAND_DISTRIBUTION names, wherever in its map that stands. */
static uint8_t distributed_type(struct wg_reader properties, int64_t count) {
    uint8_t found = WG_VT_NULL;
    for (int64_t i = 0; i < count; i++) {
        struct wg_mp_token name;
        struct wg_mp_token value;
        struct wg_bytes raw;
        if (!wg_mp_read(&properties, &name) || name.kind != WG_MP_STR) {
            break;
        }
        struct wg_reader ahead = properties;
        if (IS(name.bytes, "valueType") && wg_mp_read(&ahead, &value) &&
            value.kind == WG_MP_STR) {
            found = value_type_by_name(value.bytes);
        }
        if (!wg_mp_skip(&properties, &raw)) {
            break;
        }
    }
    return found;
}

/* Properties of COMMAND_DISTRIBUTION that are resolved by the distributed command's value type.
 * *ret_done says whether this was one of them. */
static bool put_distributed(struct wg_text *text, struct wg_reader *r,
                            const struct map_state *map, struct wg_bytes name, bool *ret_done) {
    struct wg_reader ahead = *r;
    struct wg_mp_token token;
    if (!wg_mp_read(&ahead, &token)) {
        return false;
    }
    *ret_done = false;
    if (IS(name, "intent") && token.kind == WG_MP_INT) {
        bool fits = token.number >= 0 && token.number < WG_INTENT_NULL;
        put_name(text, fits ? wg_intent_name(map->distributed, (uint8_t)token.number) : NULL,
                 "UNKNOWN");
        *r = ahead;
        *ret_done = true;
    } else if (IS(name, "commandValue") && token.kind == WG_MP_MAP) {
        *ret_done = true;
        if (map->distributed == WG_VT_NULL) {
            struct wg_bytes raw;
            wg_text_literal(text, "null");
            return wg_mp_skip(r, &raw);
        }
        return put_typed_map(text, r, map->distributed, map->depth + 1);
    }
    return true;
}

static bool put_property(struct wg_text *text, struct wg_reader *r, struct map_state *map) {
    struct wg_mp_token name;
    struct wg_bytes raw;
    if (!wg_mp_read(r, &name) || name.kind != WG_MP_STR) {
        return false;
    }
    if (left_out(map, name.bytes)) {
        return wg_mp_skip(r, &raw);
    }
    if (!map->first) {
        wg_text_literal(text, ",");
    }
    map->first = false;
    wg_text_string(text, exported_name(map, name.bytes));
    wg_text_literal(text, ":");
    if (map->value_type == WG_VT_PROCESS_INSTANCE_MODIFICATION &&
        IS(name.bytes, "activateInstructions")) {
        struct wg_reader ahead = *r;
        if (!wg_mp_skip(&ahead, &map->activate)) {
            return false;
        }
    }
    if (map->value_type == WG_VT_COMMAND_DISTRIBUTION) {
        bool done;
        if (!put_distributed(text, r, map, name.bytes, &done)) {
            return false;
        }
        if (done) {
            return true;
        }
    }
    return put_property_value(text, r, map, name.bytes);
}

/* Exported properties that are not on the wire. */
static void put_additions(struct wg_text *text, const struct map_state *map) {
    const char *addition;
    switch (map->value_type) {
    case WG_VT_PROCESS:
    case WG_VT_DECISION_REQUIREMENTS:
    case WG_VT_FORM:
        addition = ",\"duplicate\":false";
        break;
    case WG_VT_VARIABLE_DOCUMENT:
    case WG_VT_ESCALATION:
    case WG_VT_PROCESS_INSTANCE_BATCH:
    case WG_VT_PROCESS_INSTANCE_MODIFICATION:
        addition = ",\"tenantId\":\"<default>\"";
        break;
    default:
        return;
    }
    const char *from = map->first ? &addition[1] : addition;
    wg_text_put(text, from, strlen(from));
    if (map->value_type == WG_VT_PROCESS_INSTANCE_MODIFICATION) {
        wg_text_literal(text, ",");
        wg_json_scope_keys(text, map->activate);
    }
}

static bool put_typed_map(struct wg_text *text, struct wg_reader *r, uint8_t value_type,
                          uint32_t depth) {
    struct map_state map = {.value_type = value_type,
                            .distributed = WG_VT_NULL,
                            .depth = depth,
                            .first = true};
    struct wg_mp_token token;
    if (depth > WG_MP_MAX_DEPTH || !wg_mp_read(r, &token) || token.kind != WG_MP_MAP) {
        return false;
    }
    if (value_type == WG_VT_COMMAND_DISTRIBUTION) {
        map.distributed = distributed_type(*r, token.number);
    }
    wg_text_literal(text, "{");
    for (int64_t i = 0; i < token.number; i++) {
        if (!put_property(text, r, &map)) {
            return false;
        }
    }
    put_additions(text, &map);
    wg_text_literal(text, "}");
    return true;
}

/* --- the record ------------------------------------------------------------------------------ */

static void put_number(struct wg_text *text, const char *key, size_t key_len, int64_t number) {
    wg_text_put(text, key, key_len);
    wg_text_int(text, number);
}
#define NUMBER(text, key, number) put_number((text), (key), sizeof(key) - 1, (number))

static void put_intent(struct wg_text *text, const struct wg_record *record) {
    wg_text_literal(text, ",\"intent\":");
    if (record->value_type == WG_VT_NULL && record->intent == WG_INTENT_NULL) {
        wg_text_literal(text, "null");
    } else {
        put_name(text, wg_intent_name(record->value_type, record->intent), "UNKNOWN");
    }
}

static void put_version(struct wg_text *text, const int32_t version[3]) {
    NUMBER(text, ",\"brokerVersion\":\"", version[0]);
    NUMBER(text, ".", version[1]);
    NUMBER(text, ".", version[2]);
    wg_text_literal(text, "\"");
}

static void put_tail(struct wg_text *text, const struct wg_record *record) {
    NUMBER(text, ",\"key\":", record->key);
    NUMBER(text, ",\"timestamp\":", record->timestamp_ms);
    wg_text_literal(text, ",\"valueType\":");
    put_name(text, wg_value_type_name(record->value_type), "SBE_UNKNOWN");
    put_version(text, record->broker_version);
    wg_text_literal(text, ",\"recordType\":");
    put_name(text, wg_record_type_name(record->record_type), "SBE_UNKNOWN");
    NUMBER(text, ",\"sourceRecordPosition\":", record->source_position);
    put_intent(text, record);
    wg_text_literal(text, ",\"rejectionType\":");
    put_name(text, wg_rejection_type_name(record->rejection_type), "SBE_UNKNOWN");
    wg_text_literal(text, ",\"rejectionReason\":");
    wg_text_string(text, record->rejection_reason);
    wg_json_authorizations(text, record->authorization);
    NUMBER(text, ",\"recordVersion\":", record->record_version);
    NUMBER(text, ",\"operationReference\":", record->operation_reference);
    NUMBER(text, ",\"position\":", record->position);
    wg_text_literal(text, "}");
}

wg_status wg_record_json(const struct wg_record *record, wg_partition_id partition,
                         struct wg_text *text) {
    size_t start = text->len;
    if (record->value.len == 0) {
        return WG_CORRUPT;
    }
    struct wg_reader r = wg_reader_on(record->value);
    NUMBER(text, "{\"partitionId\":", partition);
    wg_text_literal(text, ",\"value\":");
    if (!put_typed_map(text, &r, record->value_type, 0)) {
        text->len = start;
        return WG_CORRUPT;
    }
    put_tail(text, record);
    return WG_OK;
}
