/* JSON to MessagePack: the way back of engine/codec/record_json.c, so what is said there about
 * names and forms holds here in the other direction. The value's own table decides the wire type of
 * each property; what the table does not know is taken as it stands.
 *
 * Invariants: depth is bounded by WG_MP_MAX_DEPTH; nothing is allocated but the text of embedded
 * JSON; the first error sticks. */
#include "reports/import_value.h"

#include "codec/msgpack.h"
#include "codec/value_tables.h"

#include <stdio.h>

static bool put_map(struct wg_import_value *import, const struct wg_schema *schema,
                    uint8_t value_type, const json_t *object);

static bool fail(struct wg_import_value *import, const char *name, const char *why) {
    if (import->why == NULL) {
        import->why = why;
        snprintf(import->name, sizeof import->name, "%s", name);
    }
    return false;
}

int wg_import_value_type(const char *name) {
    for (int i = 0; i < 256; i++) {
        const char *candidate = wg_value_type_name((uint8_t)i);
        if (candidate != NULL && strcmp(candidate, name) == 0) {
            return i;
        }
    }
    return -1;
}

int wg_import_intent(uint8_t value_type, const char *name) {
    for (int i = 0; i < 255; i++) {
        const char *candidate = wg_intent_name(value_type, (uint8_t)i);
        if (candidate != NULL && strcmp(candidate, name) == 0) {
            return i;
        }
    }
    return strcmp(name, "UNKNOWN") == 0 || strcmp(name, "NULL_VAL") == 0 ? 255 : -1;
}

/* --- base64 ----------------------------------------------------------------------------------- */

static int letter(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool wg_import_base64(struct wg_writer *out, const char *text, size_t len) {
    size_t padding = len > 0 && text[len - 1] == '=' ? 1 : 0;
    padding += len > 1 && text[len - 2] == '=' ? 1 : 0;
    if (len % 4 != 0) {
        return false;
    }
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int six = i < len - padding ? letter(text[i]) : 0;
        if (six < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 == 3) {
            uint8_t group[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
            wg_write_bytes(out, group, 3 - (i == len - 1 ? padding : 0));
        }
    }
    return true;
}

/* --- any value -------------------------------------------------------------------------------- */

static void put_text(struct wg_writer *out, const json_t *string) {
    wg_mp_write_str(out, wg_bytes_of(json_string_value(string), json_string_length(string)));
}

static bool put_any(struct wg_import_value *import, const json_t *value, uint32_t depth) {
    struct wg_writer *out = import->out;
    if (depth > WG_MP_MAX_DEPTH) {
        return fail(import, "", "nested too deeply");
    }
    bool good = true;
    size_t i;
    const char *key;
    size_t key_len;
    json_t *inner;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        wg_mp_write_map(out, (uint32_t)json_object_size(value));
        json_object_keylen_foreach((json_t *)(uintptr_t)value, key, key_len, inner) {
            wg_mp_write_str(out, wg_bytes_of(key, key_len));
            good = good && put_any(import, inner, depth + 1);
        }
        return good;
    case JSON_ARRAY:
        wg_mp_write_array(out, (uint32_t)json_array_size(value));
        json_array_foreach(value, i, inner) {
            good = good && put_any(import, inner, depth + 1);
        }
        return good;
    case JSON_STRING:
        put_text(out, value);
        return true;
    case JSON_INTEGER:
        wg_mp_write_int(out, json_integer_value(value));
        return true;
    case JSON_REAL:
        wg_mp_write_float(out, json_real_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        wg_mp_write_bool(out, json_is_true(value));
        return true;
    case JSON_NULL:
        wg_mp_write_nil(out);
        return true;
    }
    return false;
}

/* --- binary ----------------------------------------------------------------------------------- */

/* Puts the bytes that were written from `start` on into a bin. */
static void wrap_in_bin(struct wg_writer *out, uint8_t *start) {
    if (out->failed) {
        return;
    }
    size_t len = (size_t)(out->at - start);
    size_t head = len <= UINT8_MAX ? 2 : len <= UINT16_MAX ? 3 : 5;
    if (wg_write_room(out, head) == NULL) {
        return;
    }
    memmove(start + head, start, len);
    start[0] = (uint8_t)(head == 2 ? 0xc4 : head == 3 ? 0xc5 : 0xc6);
    for (size_t i = 1; i < head; i++) {
        start[i] = (uint8_t)(len >> (8 * (head - 1 - i)));
    }
}

static bool put_json_text(struct wg_import_value *import, const char *name, const json_t *value) {
    json_error_t error;
    json_t *parsed = json_loadb(json_string_value(value), json_string_length(value),
                                JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (parsed == NULL) {
        return fail(import, name, "must hold JSON text");
    }
    bool good = put_any(import, parsed, 0);
    json_decref(parsed);
    return good;
}

static bool holds_json_text(const char *name) {
    return strcmp(name, "value") == 0 || strcmp(name, "decisionOutput") == 0 ||
           strcmp(name, "inputValue") == 0 || strcmp(name, "outputValue") == 0;
}

static bool put_binary(struct wg_import_value *import, const struct wg_property *p,
                       const json_t *value) {
    uint8_t *start = import->out->at;
    bool document = p->kind == WG_P_DOC && !import->raw;
    if (document ? !json_is_object(value) : !json_is_string(value)) {
        return fail(import, p->name, document ? "must be an object" : "must be a string");
    }
    if (document) {
        if (!put_any(import, value, 0)) {
            return false;
        }
    } else if (!import->raw && holds_json_text(p->name)) {
        if (!put_json_text(import, p->name, value)) {
            return false;
        }
    } else if (!wg_import_base64(import->out, json_string_value(value),
                                 json_string_length(value))) {
        return fail(import, p->name, "must be base64");
    }
    wrap_in_bin(import->out, start);
    return true;
}

/* --- properties ------------------------------------------------------------------------------- */

static const char *exported_name(const struct wg_import_value *import, uint8_t value_type,
                                 const char *wire) {
    if (import->raw) {
        return wire;
    }
    if (strcmp(wire, "isDuplicate") == 0) {
        return "duplicate";
    }
    if (value_type == WG_VT_CHECKPOINT) {
        return strcmp(wire, "id") == 0 ? "checkpointId" : "checkpointPosition";
    }
    return wire;
}

static bool put_array(struct wg_import_value *import, const struct wg_property *p,
                      const json_t *array) {
    bool good = json_is_array(array) || fail(import, p->name, "must be an array");
    size_t i;
    json_t *inner;
    if (!good) {
        return false;
    }
    wg_mp_write_array(import->out, (uint32_t)json_array_size(array));
    json_array_foreach(array, i, inner) {
        if (p->element_kind == WG_P_MAP) {
            good = good && put_map(import, p->element, WG_VT_NULL, inner);
        } else if (p->element_kind == WG_P_STR ? json_is_string(inner) : json_is_integer(inner)) {
            good = good && put_any(import, inner, 1);
        } else {
            good = fail(import, p->name, "has an element of another type");
        }
    }
    return good;
}

/* The distributed command: its intent is a name, its value follows its own table. */
static bool put_distributed(struct wg_import_value *import, const struct wg_property *p,
                            const json_t *object, const json_t *value, bool *ret_done) {
    const char *type_name = json_string_value(json_object_get(object, "valueType"));
    int type = type_name == NULL ? WG_VT_NULL : wg_import_value_type(type_name);
    uint8_t value_type = type < 0 ? WG_VT_NULL : (uint8_t)type;
    *ret_done = true;
    if (strcmp(p->name, "intent") == 0 && json_is_string(value)) {
        int intent = wg_import_intent(value_type, json_string_value(value));
        wg_mp_write_int(import->out, intent < 0 ? 255 : intent);
        return true;
    }
    if (strcmp(p->name, "commandValue") == 0 && json_is_null(value)) {
        wg_mp_write_map(import->out, 0);
        return true;
    }
    if (strcmp(p->name, "commandValue") == 0) {
        return put_map(import, &wg_value_schemas[value_type], value_type, value);
    }
    *ret_done = false;
    return true;
}

static bool fits_int32(const json_t *value) {
    return json_integer_value(value) == (int32_t)json_integer_value(value);
}

static bool put_property(struct wg_import_value *import, const struct wg_property *p,
                         const json_t *value) {
    switch ((enum wg_property_kind)p->kind) {
    case WG_P_INT64:
    case WG_P_INT32:
        if (!json_is_integer(value)) {
            return fail(import, p->name, "must be an integer");
        }
        if (p->kind == WG_P_INT32 && !fits_int32(value)) {
            return fail(import, p->name, "is out of range");
        }
        break;
    case WG_P_BOOL:
        if (!json_is_boolean(value)) {
            return fail(import, p->name, "must be true or false");
        }
        break;
    case WG_P_STR:
    case WG_P_ENUM:
        if (!json_is_string(value)) {
            return fail(import, p->name, "must be a string");
        }
        break;
    case WG_P_BIN:
    case WG_P_DOC:
        return put_binary(import, p, value);
    case WG_P_MAP:
        if (!json_is_object(value)) {
            return fail(import, p->name, "must be an object");
        }
        break;
    case WG_P_ARRAY:
        return put_array(import, p, value);
    case WG_P_RAW:
        break;
    }
    return put_any(import, value, 1);
}

/* Whether this is one of the exported properties that the wire does not have. */
static bool is_addition(const struct wg_import_value *import, uint8_t value_type, const char *key,
                        const json_t *value) {
    if (import->raw) {
        return false;
    }
    switch (value_type) {
    case WG_VT_PROCESS:
    case WG_VT_DECISION_REQUIREMENTS:
    case WG_VT_FORM:
        return strcmp(key, "duplicate") == 0 && json_is_false(value);
    case WG_VT_PROCESS_INSTANCE_MODIFICATION:
    case WG_VT_VARIABLE_DOCUMENT:
    case WG_VT_ESCALATION:
    case WG_VT_PROCESS_INSTANCE_BATCH:
        return (value_type == WG_VT_PROCESS_INSTANCE_MODIFICATION &&
                strcmp(key, "ancestorScopeKeys") == 0) ||
               (strcmp(key, "tenantId") == 0 && json_is_string(value) &&
                strcmp(json_string_value(value), "<default>") == 0);
    default:
        return false;
    }
}

static bool is_declared(const struct wg_import_value *import, const struct wg_schema *schema,
                        uint8_t value_type, const char *key) {
    for (uint32_t i = 0; i < schema->count; i++) {
        if (strcmp(exported_name(import, value_type, schema->properties[i].name), key) == 0) {
            return true;
        }
    }
    return false;
}

/* Properties that no row declares: counts them, or writes them when `write`. */
static uint32_t unknown_properties(struct wg_import_value *import, const struct wg_schema *schema,
                                   uint8_t value_type, const json_t *object, bool write) {
    const char *key;
    size_t key_len;
    json_t *value;
    uint32_t count = 0;
    json_object_keylen_foreach((json_t *)(uintptr_t)object, key, key_len, value) {
        if (is_declared(import, schema, value_type, key) ||
            is_addition(import, value_type, key, value)) {
            continue;
        }
        count++;
        if (write) {
            wg_mp_write_str(import->out, wg_bytes_of(key, key_len));
            (void)put_any(import, value, 1); /* its failure sticks */
        }
    }
    return count;
}

static bool put_map(struct wg_import_value *import, const struct wg_schema *schema,
                    uint8_t value_type, const json_t *object) {
    if (!json_is_object(object)) {
        return fail(import, "", "must be an object");
    }
    /* Commands can be distributed inside of one another, as far as their text goes. */
    if (++import->depth > WG_MP_MAX_DEPTH / 4) {
        return fail(import, "", "nested too deeply");
    }
    uint32_t present = 0;
    const json_t *values[32];
    for (uint32_t i = 0; i < schema->count; i++) {
        const char *wire = schema->properties[i].name;
        values[i] = json_object_get(object, exported_name(import, value_type, wire));
        present += values[i] != NULL;
    }
    wg_mp_write_map(import->out,
                    present + unknown_properties(import, schema, value_type, object, false));
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct wg_property *p = &schema->properties[i];
        bool done = false;
        if (values[i] == NULL) {
            continue;
        }
        wg_mp_write_str(import->out, wg_bytes_of(p->name, p->name_len));
        if (value_type == WG_VT_COMMAND_DISTRIBUTION &&
            !put_distributed(import, p, object, values[i], &done)) {
            return false;
        }
        if (!done && !put_property(import, p, values[i])) {
            return false;
        }
    }
    (void)unknown_properties(import, schema, value_type, object, true);
    import->depth--;
    return import->why == NULL;
}

bool wg_import_value(struct wg_import_value *import, uint8_t value_type, const json_t *object) {
    return put_map(import, &wg_value_schemas[value_type], value_type, object);
}
