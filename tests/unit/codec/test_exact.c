/* Lossless JSON: whatever a record holds, the exact form gives it back; the plain form is part of
 * it; claims of tokens are shown and come back as a token that shows the same. */
#include "golden.h"

#include "codec/json.h"
#include "codec/msgpack.h"
#include "codec/record_json.h"
#include "codec/values.h"
#include "reports/import_exact.h"
#include "reports/import_record.h"

struct fixture {
    struct wg_env *env;
    struct wg_text plain, exact;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->env = test_env_new();
    f->plain.env = f->exact.env = f->env;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    wg_text_free(&f->plain);
    wg_text_free(&f->exact);
    test_env_free(f->env);
    free(f);
    return 0;
}

static void assert_same(const struct wg_record *a, const struct wg_record *b) {
    assert_true(a->position == b->position && a->source_position == b->source_position);
    assert_true(a->key == b->key && a->timestamp_ms == b->timestamp_ms);
    assert_true(a->operation_reference == b->operation_reference);
    assert_true(a->batch_operation_reference == b->batch_operation_reference);
    assert_true(a->request_id == b->request_id);
    assert_int_equal(a->request_stream_id, b->request_stream_id);
    assert_int_equal(a->record_type, b->record_type);
    assert_int_equal(a->value_type, b->value_type);
    assert_int_equal(a->intent, b->intent);
    assert_int_equal(a->rejection_type, b->rejection_type);
    assert_int_equal(a->skip_processing, b->skip_processing);
    assert_int_equal(a->record_version, b->record_version);
    assert_int_equal(a->protocol_version, b->protocol_version);
    assert_memory_equal(a->broker_version, b->broker_version, sizeof a->broker_version);
    assert_true(wg_bytes_equal(a->rejection_reason, b->rejection_reason));
    assert_true(wg_bytes_equal(a->authorization, b->authorization));
    assert_true(wg_bytes_equal(a->value, b->value));
}

/* There and back; what stands in `wire` is left in f->exact. */
static void check(struct fixture *f, const struct wg_record *record) {
    char why[WG_IMPORT_WHY_BYTES] = "";
    struct wg_imported imported;
    f->plain.len = f->exact.len = 0;
    assert_int_equal(wg_record_json(record, 1, &f->plain), WG_OK);
    assert_int_equal(wg_record_json_exact(record, 1, &f->exact), WG_OK);
    wg_text_grow(&f->exact, f->exact.len + 1);
    f->exact.ptr[f->exact.len] = '\0';
    assert_memory_equal(f->plain.ptr, f->exact.ptr, f->plain.len - 1);
    json_t *object = json_loadb(f->exact.ptr, f->exact.len, JSON_ALLOW_NUL, NULL);
    assert_non_null(object);
    if (!wg_import_record(object, &imported, why)) {
        fail_msg("%s: %s", why, f->exact.ptr);
    }
    assert_same(record, &imported.record);
    wg_imported_free(&imported);
    json_decref(object);
}

static const uint8_t checkpoint[] = "\x82\xa2id\x01\xa8position\x02";

static void plain_record(struct wg_record *record) {
    wg_record_init(record);
    record->record_type = WG_EVENT;
    record->value_type = WG_VT_CHECKPOINT;
    record->intent = 1;
    record->position = 3;
    record->value = wg_bytes_of(checkpoint, sizeof checkpoint - 1);
}

static void nothing_hidden_nothing_added(void **state) {
    struct fixture *f = *state;
    struct wg_record record;
    plain_record(&record);
    check(f, &record);
    assert_null(strstr(f->exact.ptr, "wire"));
}

static void each_hidden_field(void **state) {
    struct fixture *f = *state;
    struct wg_record record;
    plain_record(&record);
    record.request_id = UINT64_C(0x8000000000000001);
    check(f, &record);
    assert_non_null(strstr(f->exact.ptr, ",\"wire\":{\"requestId\":-9223372036854775807}}"));
    plain_record(&record);
    record.request_stream_id = 7;
    record.protocol_version = 3;
    record.skip_processing = 1;
    record.batch_operation_reference = 9;
    check(f, &record);
    assert_non_null(strstr(f->exact.ptr,
                           ",\"wire\":{\"requestStreamId\":7,\"protocolVersion\":3,"
                           "\"batchOperationReference\":9,\"skipProcessing\":1}}"));
    plain_record(&record);
    record.rejection_reason = wg_bytes_str("\xff");
    record.broker_version[1] = -1;
    check(f, &record);
    assert_non_null(strstr(f->exact.ptr, ",\"wire\":{\"rejectionReason\":\"/w==\"}}"));
}

/* Every number that an enum of 8.6 does not know, and every intent of every value type. */
static void unknown_numbers(void **state) {
    struct fixture *f = *state;
    static const uint8_t empty = 0x80;
    struct wg_record record;
    for (uint32_t type = 0; type < 256; type++) {
        for (uint32_t intent = 0; intent < 256; intent += intent > 24 ? 34u : 1u) {
            plain_record(&record);
            record.value = wg_bytes_of(&empty, 1);
            record.value_type = (uint8_t)type;
            record.intent = (uint8_t)intent;
            record.record_type = (uint8_t)(intent + type);
            record.rejection_type = (uint8_t)intent;
            check(f, &record);
        }
    }
    record.value_type = 200;
    record.intent = 3;
    check(f, &record);
    assert_non_null(strstr(f->exact.ptr, "\"valueType\":\"SBE_UNKNOWN\""));
    assert_non_null(strstr(f->exact.ptr, "\"valueType\":200,\"intent\":3"));
}

/* --- generated records of every type, shrunk ----------------------------------------------------- */

enum { CHOICES = 40 };
struct choices {
    uint8_t list[CHOICES];
    uint32_t at;
};

static uint32_t choose(struct choices *c, uint32_t bound) {
    return c->at < CHOICES ? c->list[c->at++] % bound : 0;
}

static int64_t some_number(struct choices *c) {
    static const int64_t numbers[] = {-1, 0, 1, 2251799813685249, INT64_MAX, INT64_MIN, 9007199254740993};
    return numbers[choose(c, 7)];
}

static uint8_t some_byte(struct choices *c, uint8_t usual) {
    return choose(c, 3) == 2 ? (uint8_t)choose(c, 256) : usual;
}

/* A record of the type with a value of defaults, in which some bytes may be changed. */
static void make_record(struct choices *c, uint8_t type, struct wg_record *record,
                        uint8_t memory[1024]) {
    static const char *const reasons[] = {"", "no", "\"\\\n", "\xc3\xa9", "\xff"};
    static const char *const tokens[] = {"", "\x82\xa6" "format" "\xa3" "JWT" "\xa8" "authData" "\xa8"
                                         "e30.e30.", "\x80", "\xc1"};
    union wg_any_typed_value value;
    struct wg_writer w = wg_writer_on(memory, 1024);
    wg_record_init(record);
    record->value_type = type;
    record->record_type = some_byte(c, (uint8_t)choose(c, 3));
    record->intent = some_byte(c, (uint8_t)choose(c, 8));
    record->rejection_type = some_byte(c, 255);
    record->key = some_number(c);
    record->position = some_number(c);
    record->source_position = some_number(c);
    record->timestamp_ms = some_number(c);
    record->operation_reference = some_number(c);
    record->batch_operation_reference = some_number(c);
    record->request_id = (uint64_t)some_number(c);
    record->request_stream_id = (int32_t)some_number(c);
    record->skip_processing = choose(c, 2) == 1;
    record->record_version = (uint16_t)(1 + choose(c, 3));
    record->broker_version[choose(c, 3)] = (int32_t)some_number(c);
    record->rejection_reason = wg_bytes_str(reasons[choose(c, 5)]);
    record->authorization = wg_bytes_str(tokens[choose(c, 4)]);
    assert_int_equal(wg_value_init(type, &value), WG_OK);
    assert_int_equal(wg_value_encode(type, &value, &w), WG_OK);
    record->value = wg_writer_bytes(&w);
    for (uint32_t changes = choose(c, 3); changes > 0; changes--) {
        memory[choose(c, 256) % record->value.len] = (uint8_t)choose(c, 256);
    }
}

/* Whether the exact form gives it back; a value that is no MessagePack has no JSON at all. */
static bool holds(struct fixture *f, uint8_t type, struct choices c) {
    uint8_t memory[1024];
    char why[WG_IMPORT_WHY_BYTES];
    struct wg_record record;
    struct wg_imported imported;
    c.at = 0;
    make_record(&c, type, &record, memory);
    f->exact.len = 0;
    if (wg_record_json_exact(&record, 1, &f->exact) != WG_OK) {
        return f->exact.len == 0;
    }
    json_error_t error;
    json_t *object = json_loadb(f->exact.ptr, f->exact.len, JSON_ALLOW_NUL, &error);
    if (object == NULL) {
        return json_error_code(&error) == json_error_null_byte_in_key;
    }
    bool good = wg_import_record(object, &imported, why);
    json_decref(object);
    if (good) {
        const struct wg_record *got = &imported.record;
        good = got->key == record.key && got->request_id == record.request_id &&
               got->intent == record.intent && got->rejection_type == record.rejection_type &&
               got->record_type == record.record_type && got->position == record.position &&
               got->batch_operation_reference == record.batch_operation_reference &&
               got->broker_version[1] == record.broker_version[1] &&
               wg_bytes_equal(got->rejection_reason, record.rejection_reason) &&
               wg_bytes_equal(got->authorization, record.authorization) &&
               wg_bytes_equal(got->value, record.value);
        wg_imported_free(&imported);
    }
    return good;
}

static void generated_records_of_every_type(void **state) {
    struct fixture *f = *state;
    uint64_t random = 23;
    for (uint32_t type = 0; type < 255; type++) {
        for (uint32_t i = 0; wg_value_type_name((uint8_t)type) != NULL && i < 300; i++) {
            struct choices c = {.at = 0};
            for (uint32_t k = 0; k < CHOICES; k++) {
                c.list[k] = (uint8_t)test_random(&random);
            }
            if (holds(f, (uint8_t)type, c)) {
                continue;
            }
            for (uint32_t k = 0; k < CHOICES; k++) { /* the dullest choices that still fail */
                struct choices duller = c;
                duller.list[k] = 0;
                c = holds(f, (uint8_t)type, duller) ? c : duller;
            }
            (void)holds(f, (uint8_t)type, c);
            fail_msg("%.*s", (int)f->exact.len, f->exact.ptr);
        }
    }
}

/* Values whose bytes the JSON does not show: widths, properties left out, wrong types. */
static void hidden_values(void **state) {
    struct fixture *f = *state;
    static const struct {
        uint8_t type;
        const char *hex;
    } cases[] = {
        {WG_VT_CHECKPOINT, "82a26964cd0001a8706f736974696f6e02"},         /* a wider number */
        {WG_VT_CHECKPOINT, "82a8706f736974696f6e02a2696401"},             /* another order */
        {WG_VT_CHECKPOINT, "81a26964a131"},                               /* a text for a number */
        {WG_VT_JOB_BATCH, "81a97661726961626c657391a178"},                /* left out */
        {WG_VT_VARIABLE, "81a576616c7565c40101"},                         /* JSON text */
        {WG_VT_JOB, "81a97661726961626c6573c40481a161c403"},              /* not well-formed inside */
        {WG_VT_JOB, "81a97661726961626c6573c40681a161c401ff"},            /* binary in a document */
        {200, "81a178c40200ff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct golden value = golden_of(cases[i].hex);
        struct wg_record record;
        plain_record(&record);
        record.value_type = cases[i].type;
        record.value = golden_bytes(&value);
        if (i == 5) {
            assert_int_equal(wg_record_json_exact(&record, 1, &f->exact), WG_CORRUPT);
            continue;
        }
        check(f, &record);
        assert_int_equal(strstr(f->exact.ptr, "wire") != NULL, i != 4);
    }
}

static struct wg_bytes token_of(const char *token, uint8_t memory[512]) {
    struct wg_writer w = wg_writer_on(memory, 512);
    wg_mp_write_map(&w, 2);
    wg_mp_write_str(&w, wg_bytes_str("format"));
    wg_mp_write_str(&w, wg_bytes_str("JWT"));
    wg_mp_write_str(&w, wg_bytes_str("authData"));
    wg_mp_write_str(&w, wg_bytes_str(token));
    return wg_writer_bytes(&w);
}

static void assert_claims(struct fixture *f, const struct wg_record *record, const char *claims) {
    char expected[512];
    check(f, record);
    snprintf(expected, sizeof expected, "\"authorizations\":%s,\"recordVersion\"", claims);
    if (strstr(f->exact.ptr, expected) == NULL) {
        fail_msg("no %s in %s", expected, f->exact.ptr);
    }
}

static void claims_of_tokens(void **state) {
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"e30.e30.", "{}"},
        /* {"authorized_tenants":["a","<default>"]} */
        {"e30.eyJhdXRob3JpemVkX3RlbmFudHMiOlsiYSIsIjxkZWZhdWx0PiJdfQ.sig",
         "{\"authorized_tenants\":[\"a\",\"<default>\"]}"},
        /* the same with padding */
        {"e30.eyJhdXRob3JpemVkX3RlbmFudHMiOlsiYSIsIjxkZWZhdWx0PiJdfQ==.",
         "{\"authorized_tenants\":[\"a\",\"<default>\"]}"},
        /* {"sub": "x", "authorized_tenants" : [ "\u00e9", {"n":1.50, "t":true} ], "exp":1} */
        {"e30.eyJzdWIiOiAieCIsICJhdXRob3JpemVkX3RlbmFudHMiIDogWyAiXHUwMGU5IiwgeyJuIjoxLjUwLCAidCI6dHJ"
         "1ZX0gXSwgImV4cCI6MX0.",
         "{\"authorized_tenants\":[\"\xc3\xa9\",{\"n\":1.50,\"t\":true}]}"},
        {"", "{}"},         {"e30", "{}"},       {"e30.e30", "{}"},  {"..", "{}"},
        {"e30.e3.", "{}"},  {"e30.e.", "{}"},    {"e30.e30e30.", "{}"},
        {"e30.!!!!.", "{}"}, {"e30.W10.", "{}"} /* [] */};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t memory[512];
        struct wg_record record;
        plain_record(&record);
        record.authorization = token_of(cases[i][0], memory);
        assert_claims(f, &record, cases[i][1]);
    }
}

static void authorizations_without_token(void **state) {
    struct fixture *f = *state;
    static const char *const cases[] = {
        "\x82\xa6" "format" "\xa7" "UNKNOWN" "\xa8" "authData" "\xa1x", /* another format */
        "\x80", "\x01", "\xc1", "\x81", "\x82\xa6" "format",
        "\x81\x01\x02", "\x81\xa6" "format\x01",
        "\x82\xa8" "authData" "\xa8" "e30.e30." "\xa6" "format" "\xa3" "JWX"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wg_record record;
        plain_record(&record);
        record.authorization = wg_bytes_str(cases[i]);
        assert_claims(f, &record, "{\"authorized_tenants\":[\"<default>\"]}");
    }
    /* the order of the map does not matter */
    struct wg_record record;
    plain_record(&record);
    record.authorization =
        wg_bytes_str("\x82\xa8" "authData" "\xa8" "e30.e30." "\xa6" "format" "\xa3" "JWT");
    assert_claims(f, &record, "{}");
}

static void assert_refused(const char *text, const char *expected) {
    char why[WG_IMPORT_WHY_BYTES] = "";
    struct wg_imported imported;
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_false(wg_import_record(object, &imported, why));
    if (strstr(why, expected) == NULL) {
        fail_msg("%s: %s, not %s", text, why, expected);
    }
    json_decref(object);
}

static void wrong_wire_objects(void **state) {
    (void)state;
    assert_refused("{\"value\":{},\"wire\":7}", "wire must be an object");
    assert_refused("{\"value\":{},\"wire\":{\"intent\":256}}", "intent is out of range");
    assert_refused("{\"value\":{},\"wire\":{\"valueType\":-1}}", "valueType is out of range");
    assert_refused("{\"value\":{},\"wire\":{\"recordType\":\"EVENT\"}}", "must be an integer");
    assert_refused("{\"value\":{},\"wire\":{\"skipProcessing\":2}}", "out of range");
    assert_refused("{\"value\":{},\"wire\":{\"requestStreamId\":2147483648}}", "out of range");
    assert_refused("{\"value\":{},\"wire\":{\"value\":\"?\"}}", "value must be base64");
    assert_refused("{\"value\":{},\"wire\":{\"authorization\":1}}", "authorization must be base64");
    assert_refused("{\"value\":{},\"wire\":{\"rejectionReason\":\"a\"}}", "must be base64");
    assert_refused("{\"value\":{},\"authorizations\":[]}", "authorizations must be an object");
    assert_refused("{\"value\":{},\"rejectionReason\":1}", "rejectionReason must be a string");
    assert_refused("{\"value\":{},\"brokerVersion\":\"1.-.3\"}", "brokerVersion");
    assert_refused("{\"value\":{},\"brokerVersion\":\"1.2.2147483648\"}", "brokerVersion");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_hidden_nothing_added), TEST(each_hidden_field), TEST(unknown_numbers),
        TEST(generated_records_of_every_type),
        TEST(hidden_values), TEST(claims_of_tokens), TEST(authorizations_without_token),
        TEST(wrong_wire_objects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
