/* Generated values of every type, by the tables: what is read is written in wire order, completely,
 * and reads back the same; the JSON equals a tree that is built with jansson from the tables.
 *
 * A value is made from a list of choices (0 is always the dullest); one that breaks a property is
 * shrunk by dropping and lowering choices before it is shown. */
#include "golden.h"

#include "codec/msgpack.h"
#include "codec/record_json.h"
#include "codec/value_tables.h"
#include "codec/values.h"

#include <jansson.h>
#include <stdio.h>

enum { CHOICES = 400, ROOM = 1 << 15, PER_TYPE = 300 };

struct choices {
    uint8_t list[CHOICES];
    uint32_t count, at;
};

static uint32_t choose(struct choices *c, uint32_t bound) {
    uint8_t choice = c->at < c->count ? c->list[c->at] : 0;
    c->at++;
    return choice % bound;
}

static struct wg_bytes text(const char *chars) { return wg_bytes_str(chars); }

/* --- making a value --------------------------------------------------------------------------- */

static void put_text(struct choices *c, struct wg_writer *w) {
    static const char *const texts[] = {
        "", "a", "order-process", "\"quoted\\\"", "line\nfeed\t\x01",
        "\xc3\xa9\xe2\x98\x83", "</a>",
        "0123456789abcdef0123456789abcdef0123456789abcdef", "\xf0\x9f\x90\x9d"};
    wg_mp_write_str(w, text(texts[choose(c, 9)]));
}

static void put_int(struct choices *c, struct wg_writer *w, bool narrow) {
    static const int64_t numbers[] = {0,    1,         -1,        127,       128,
                                      -32,  -33,       65536,     -129,      INT32_MAX,
                                      INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 51};
    wg_mp_write_int(w, numbers[choose(c, narrow ? 11 : 14)]);
}

static void put_any(struct choices *c, struct wg_writer *w, uint32_t depth) {
    uint32_t kind = choose(c, depth > 2 ? 6 : 8);
    uint32_t count = kind >= 6 ? choose(c, 4) : 0;
    switch (kind) {
    case 0:
        wg_mp_write_nil(w);
        return;
    case 1:
        wg_mp_write_bool(w, choose(c, 2) == 1);
        return;
    case 2:
        put_int(c, w, false);
        return;
    case 3:
        wg_mp_write_float(w, (double)choose(c, 256) / 4.0); /* printed alike by both */
        return;
    case 4:
        put_text(c, w);
        return;
    case 5:
        wg_mp_write_bin(w, wg_bytes_of("\0\xff\x10zz", choose(c, 6)));
        return;
    case 6:
        wg_mp_write_array(w, count);
        break;
    default:
        wg_mp_write_map(w, count);
        break;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (kind == 7) {
            char key[2] = {(char)('a' + i), '\0'};
            wg_mp_write_str(w, text(key));
        }
        put_any(c, w, depth + 1);
    }
}

static void put_document(struct choices *c, struct wg_writer *w) {
    uint32_t count = choose(c, 3);
    wg_mp_write_map(w, count);
    for (uint32_t i = 0; i < count; i++) {
        wg_mp_write_str(w, text(i == 0 ? "first" : "second"));
        put_any(c, w, 1);
    }
}

static bool holds_json_text(const struct wg_property *p) {
    return strcmp(p->name, "value") == 0 || strcmp(p->name, "decisionOutput") == 0 ||
           strcmp(p->name, "inputValue") == 0 || strcmp(p->name, "outputValue") == 0;
}

static void put_map(struct choices *c, struct wg_writer *w, const struct wg_schema *schema);

static void put_binary(struct choices *c, struct wg_writer *w, const struct wg_property *p) {
    uint8_t memory[4096];
    struct wg_writer inner = wg_writer_on(memory, sizeof memory);
    if (p->kind == WG_P_DOC) {
        put_document(c, &inner);
    } else if (holds_json_text(p)) {
        put_any(c, &inner, 1);
    } else {
        wg_write_bytes(&inner, "binary\xff\0!", choose(c, 9));
    }
    wg_mp_write_bin(w, wg_writer_bytes(&inner));
}

static void put_array(struct choices *c, struct wg_writer *w, const struct wg_property *p) {
    uint32_t count = choose(c, 3);
    wg_mp_write_array(w, count);
    for (uint32_t i = 0; i < count; i++) {
        if (p->element_kind == WG_P_MAP) {
            put_map(c, w, p->element);
        } else if (p->element_kind == WG_P_STR) {
            put_text(c, w);
        } else {
            put_int(c, w, false);
        }
    }
}

static void put_property(struct choices *c, struct wg_writer *w, const struct wg_property *p) {
    switch ((enum wg_property_kind)p->kind) {
    case WG_P_INT64:
    case WG_P_INT32:
        put_int(c, w, p->kind == WG_P_INT32);
        return;
    case WG_P_BOOL:
        wg_mp_write_bool(w, choose(c, 2) == 1);
        return;
    case WG_P_STR:
        put_text(c, w);
        return;
    case WG_P_ENUM:
        wg_mp_write_str(w, text(choose(c, 4) == 3 ? "OF_LATER" : p->text));
        return;
    case WG_P_BIN:
    case WG_P_DOC:
        put_binary(c, w, p);
        return;
    case WG_P_RAW:
    case WG_P_MAP:
        put_document(c, w);
        return;
    case WG_P_ARRAY:
        put_array(c, w, p);
        return;
    }
}

/* Properties from some row on and around, some left out, perhaps an unknown one. */
static void put_map(struct choices *c, struct wg_writer *w, const struct wg_schema *schema) {
    bool present[32];
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        present[i] = schema->properties[i].required || choose(c, 4) != 1;
        count += present[i];
    }
    bool unknown = choose(c, 3) == 1;
    uint32_t from = choose(c, schema->count);
    wg_mp_write_map(w, count + unknown);
    for (uint32_t i = 0; i < schema->count; i++) {
        uint32_t row = (from + i) % schema->count;
        if (unknown && i == schema->count / 2) {
            wg_mp_write_str(w, text("ofLater"));
            put_any(c, w, 1);
        }
        if (present[row]) {
            const struct wg_property *p = &schema->properties[row];
            wg_mp_write_str(w, wg_bytes_of(p->name, p->name_len));
            put_property(c, w, p);
        }
    }
}

/* --- its JSON as a tree ----------------------------------------------------------------------- */

static json_t *any_tree(struct wg_reader *r);

static json_t *base64_tree(struct wg_bytes bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    char out[4096];
    size_t len = 0;
    for (uint32_t bit = 0; bit < 8 * bytes.len; bit += 6) {
        uint32_t six = 0;
        for (uint32_t i = bit; i < bit + 6; i++) {
            uint32_t byte = i / 8 < bytes.len ? bytes.ptr[i / 8] : 0u;
            six = six << 1 | (byte >> (7 - i % 8) & 1u);
        }
        out[len++] = letters[six];
    }
    while (len % 4 != 0) {
        out[len++] = '=';
    }
    return json_stringn(out, len);
}

static json_t *container_tree(struct wg_reader *r, const struct wg_mp_token *token) {
    json_t *tree = token->kind == WG_MP_MAP ? json_object() : json_array();
    for (int64_t i = 0; i < token->number; i++) {
        struct wg_mp_token key;
        if (token->kind == WG_MP_MAP) {
            assert_true(wg_mp_read(r, &key));
            json_object_setn_new(tree, (const char *)key.bytes.ptr, key.bytes.len, any_tree(r));
        } else {
            json_array_append_new(tree, any_tree(r));
        }
    }
    return tree;
}

static json_t *any_tree(struct wg_reader *r) {
    struct wg_mp_token token;
    assert_true(wg_mp_read(r, &token));
    switch (token.kind) {
    case WG_MP_NIL:
        return json_null();
    case WG_MP_BOOL:
        return json_boolean(token.number != 0);
    case WG_MP_INT:
        return json_integer(token.number);
    case WG_MP_FLOAT:
        return json_real(token.real);
    case WG_MP_STR:
        return json_stringn((const char *)token.bytes.ptr, token.bytes.len);
    case WG_MP_BIN:
    case WG_MP_EXT:
        return base64_tree(token.bytes);
    case WG_MP_ARRAY:
    case WG_MP_MAP:
        return container_tree(r, &token);
    }
    return NULL;
}

static json_t *map_tree(const struct wg_schema *schema, uint8_t type, struct wg_reader *r);

static json_t *binary_tree(const struct wg_property *p, struct wg_bytes bytes) {
    struct wg_reader inner = wg_reader_on(bytes);
    if (p->kind == WG_P_DOC) {
        return any_tree(&inner);
    }
    if (!holds_json_text(p)) {
        return base64_tree(bytes);
    }
    json_t *held = any_tree(&inner);
    char *dumped = json_dumps(held, JSON_ENCODE_ANY | JSON_COMPACT);
    json_t *tree = json_string(dumped);
    free(dumped);
    json_decref(held);
    return tree;
}

static json_t *property_tree(const struct wg_property *p, struct wg_reader *r) {
    struct wg_mp_token token;
    if (p->kind == WG_P_BIN || p->kind == WG_P_DOC) {
        assert_true(wg_mp_read(r, &token));
        return binary_tree(p, token.bytes);
    }
    if (p->kind != WG_P_ARRAY || p->element_kind != WG_P_MAP) {
        return any_tree(r);
    }
    assert_true(wg_mp_read(r, &token));
    json_t *tree = json_array();
    for (int64_t i = 0; i < token.number; i++) {
        json_array_append_new(tree, map_tree(p->element, WG_VT_NULL, r));
    }
    return tree;
}

/* NULL = not exported */
static const char *exported(uint8_t type, const char *name) {
    if ((type == WG_VT_JOB_BATCH && strcmp(name, "variables") == 0) ||
        strcmp(name, "fetchVariables") == 0 || strcmp(name, "subscriptionPartitionId") == 0 ||
        strcmp(name, "activatedElementInstanceKeys") == 0) {
        return NULL;
    }
    if (type == WG_VT_CHECKPOINT) {
        return strcmp(name, "id") == 0         ? "checkpointId"
               : strcmp(name, "position") == 0 ? "checkpointPosition"
                                               : name;
    }
    return strcmp(name, "isDuplicate") == 0 ? "duplicate" : name;
}

static void add_scope_keys(json_t *tree) {
    json_t *keys = json_array();
    size_t i, j, k;
    json_t *each, *key, *known;
    json_array_foreach(json_object_get(tree, "activateInstructions"), i, each) {
        json_array_foreach(json_object_get(each, "ancestorScopeKeys"), j, key) {
            size_t at = 0;
            bool there = false;
            json_array_foreach(keys, k, known) {
                at += json_integer_value(known) < json_integer_value(key);
                there = there || json_equal(known, key);
            }
            if (!there) {
                json_array_insert(keys, at, key);
            }
        }
    }
    json_object_set_new(tree, "ancestorScopeKeys", keys);
}

static void add_what_the_wire_lacks(json_t *tree, uint8_t type) {
    if (type == WG_VT_PROCESS || type == WG_VT_DECISION_REQUIREMENTS || type == WG_VT_FORM) {
        json_object_set_new(tree, "duplicate", json_false());
    }
    if (type == WG_VT_VARIABLE_DOCUMENT || type == WG_VT_ESCALATION ||
        type == WG_VT_PROCESS_INSTANCE_BATCH || type == WG_VT_PROCESS_INSTANCE_MODIFICATION) {
        json_object_set_new(tree, "tenantId", json_string("<default>"));
    }
    if (type == WG_VT_PROCESS_INSTANCE_MODIFICATION) {
        add_scope_keys(tree);
    }
    if (type == WG_VT_COMMAND_DISTRIBUTION) { /* its value type is none that is known here */
        if (json_object_get(tree, "intent") != NULL) {
            json_object_set_new(tree, "intent", json_string("UNKNOWN"));
        }
        if (json_object_get(tree, "commandValue") != NULL) {
            json_object_set_new(tree, "commandValue", json_null());
        }
    }
}

static json_t *map_tree(const struct wg_schema *schema, uint8_t type, struct wg_reader *r) {
    struct wg_mp_token map, name;
    json_t *tree = json_object();
    assert_true(wg_mp_read(r, &map));
    for (int64_t i = 0; i < map.number; i++) {
        char key[64] = {0};
        assert_true(wg_mp_read(r, &name));
        memcpy(key, name.bytes.ptr, name.bytes.len);
        uint32_t row = wg_schema_find(schema, name.bytes);
        json_t *value =
            row < schema->count ? property_tree(&schema->properties[row], r) : any_tree(r);
        if (exported(type, key) == NULL) {
            json_decref(value);
        } else {
            json_object_set_new(tree, exported(type, key), value);
        }
    }
    add_what_the_wire_lacks(tree, type);
    return tree;
}

/* --- properties ------------------------------------------------------------------------------- */

/* NULL, or the property that does not hold. */
static const char *check_round_trip(uint8_t type, struct wg_bytes bytes) {
    static uint8_t first[ROOM], second[ROOM];
    union wg_any_typed_value value;
    struct wg_reader r;
    struct wg_mp_token map;
    struct wg_mp_token name;
    struct wg_bytes raw;
    struct wg_writer w = wg_writer_on(first, sizeof first);
    if (wg_value_decode(type, bytes, &value) != WG_OK ||
        wg_value_encode(type, &value, &w) != WG_OK) {
        return "a value by the table decodes and encodes";
    }
    struct wg_bytes written = wg_writer_bytes(&w);
    r = wg_reader_on(written);
    assert_true(wg_mp_read(&r, &map));
    for (uint32_t i = 0; i < wg_value_schemas[type].count; i++) {
        assert_true(wg_mp_read(&r, &name) && wg_mp_skip(&r, &raw));
        if (wg_schema_find(&wg_value_schemas[type], name.bytes) != i) {
            return "all declared properties are written in wire order";
        }
    }
    w = wg_writer_on(second, sizeof second);
    if (wg_value_decode(type, written, &value) != WG_OK ||
        wg_value_encode(type, &value, &w) != WG_OK ||
        !wg_bytes_equal(written, wg_writer_bytes(&w))) {
        return "what was written reads back as the same";
    }
    return NULL;
}

static const char *check_json(uint8_t type, struct wg_bytes bytes) {
    struct wg_env *env = test_env_new();
    struct wg_text out = {.env = env};
    struct wg_record record;
    wg_record_init(&record);
    record.value_type = type;
    record.value = bytes;
    const char *broken = NULL;
    if (wg_record_json(&record, 1, &out) != WG_OK) {
        broken = "the value has a JSON form";
    } else {
        json_t *whole = json_loadb(out.ptr, out.len, 0, NULL);
        struct wg_reader r = wg_reader_on(bytes);
        json_t *expected = map_tree(&wg_value_schemas[type], type, &r);
        if (!json_equal(json_object_get(whole, "value"), expected)) {
            broken = "the JSON equals the tree";
        }
        json_decref(expected);
        json_decref(whole);
    }
    wg_text_free(&out);
    test_env_free(env);
    return broken;
}

static const char *check(uint8_t type, struct choices *c) {
    static uint8_t memory[ROOM];
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    c->at = 0;
    put_map(c, &w, &wg_value_schemas[type]);
    if (w.failed) {
        return NULL;
    }
    uint8_t *copy = exact_copy(memory, wg_writer_bytes(&w).len);
    struct wg_bytes bytes = wg_bytes_of(copy, wg_writer_bytes(&w).len);
    const char *broken = check_round_trip(type, bytes);
    broken = broken != NULL ? broken : check_json(type, bytes);
    free(copy);
    return broken;
}

static void shrink(uint8_t type, struct choices *c) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (uint32_t i = 0; i < c->count; i++) {
            struct choices less = *c;
            memmove(less.list + i, less.list + i + 1, less.count - i - 1);
            less.count--;
            struct choices lower = *c;
            lower.list[i] /= 2;
            bool lowered = lower.list[i] != c->list[i];
            if (check(type, &less) != NULL) {
                *c = less;
                smaller = true;
            } else if (lowered && check(type, &lower) != NULL) {
                *c = lower;
                smaller = true;
            }
        }
    }
}

static void every_type(void **state) {
    (void)state;
    uint64_t random = 1;
    uint32_t values = 0;
    for (uint32_t type = 0; type < 256; type++) {
        for (uint32_t i = 0; i < PER_TYPE && wg_value_schemas[type].count > 0; i++, values++) {
            struct choices c = {.count = i == 0 ? 0 : CHOICES};
            for (uint32_t k = 0; k < c.count; k++) {
                c.list[k] = (uint8_t)test_random(&random);
            }
            if (check((uint8_t)type, &c) != NULL) {
                shrink((uint8_t)type, &c);
                for (uint32_t k = 0; k < c.count; k++) {
                    print_message("%u ", c.list[k]);
                }
                fail_msg("value type %u: does not hold for these choices: %s", type,
                         check((uint8_t)type, &c));
            }
        }
    }
    print_message("%u values\n", values);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_type)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
