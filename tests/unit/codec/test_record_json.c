/* Records as JSON, read back with jansson: the worked examples of the reference, escaping, numbers,
 * names that change, damage. */
#include "golden.h"

#include "codec/json.h"
#include "codec/msgpack.h"
#include "codec/record_json.h"
#include "codec/values.h"

#include <jansson.h>

struct fixture {
    struct wg_env *env;
    struct wg_text text;
    struct wg_record record;
    uint8_t memory[2048];
    struct wg_writer value;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->env = test_env_new();
    f->text.env = f->env;
    wg_record_init(&f->record);
    f->record.record_type = WG_EVENT;
    f->value = wg_writer_on(f->memory, sizeof f->memory);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    wg_text_free(&f->text);
    test_env_free(f->env);
    free(f);
    return 0;
}

/* The text of the record, NUL-terminated; what stood there before is gone. */
static const char *json_of(struct fixture *f) {
    f->text.len = 0;
    f->record.value = wg_writer_bytes(&f->value);
    assert_false(f->value.failed);
    assert_int_equal(wg_record_json(&f->record, 1, &f->text), WG_OK);
    *wg_text_room(&f->text, 1) = '\0';
    return f->text.ptr;
}

/* The parsed `value` of the record. */
static json_t *value_of(struct fixture *f) {
    json_error_t error;
    json_t *root = json_loads(json_of(f), 0, &error);
    if (root == NULL) {
        fail_msg("%s in %s", error.text, f->text.ptr);
    }
    json_t *value = json_incref(json_object_get(root, "value"));
    json_decref(root);
    assert_non_null(value);
    return value;
}

static void str(struct fixture *f, const char *text) {
    wg_mp_write_str(&f->value, wg_bytes_str(text));
}

#define TAIL                                                                                       \
    "\"rejectionType\":\"NULL_VAL\",\"rejectionReason\":\"\",\"authorizations\":{"                 \
    "\"authorized_tenants\":[\"<default>\"]},\"recordVersion\":1,\"operationReference\":-1"

static void job_example(void **state) {
    struct fixture *f = *state;
    struct wg_value_job job;
    static const uint8_t headers[] = "\x81\xa4prio\xa4high";
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    job.retries = 3;
    job.type = wg_bytes_str("pay");
    job.custom_headers = wg_bytes_of(headers, sizeof headers - 1);
    job.bpmn_process_id = wg_bytes_str("order");
    job.process_definition_version = 1;
    job.process_definition_key = 2251799813685249;
    job.process_instance_key = 2251799813685251;
    job.element_id = wg_bytes_str("task");
    job.element_instance_key = 2251799813685256;
    assert_int_equal(wg_value_encode(WG_VT_JOB, &job, &f->value), WG_OK);
    f->record.value_type = WG_VT_JOB;
    f->record.intent = WG_JOB_CREATED;
    f->record.key = 2251799813685257;
    f->record.timestamp_ms = 1700000000000;
    f->record.source_position = 19;
    f->record.position = 24;
    assert_string_equal(
        json_of(f),
        "{\"partitionId\":1,\"value\":{\"deadline\":-1,\"timeout\":-1,\"worker\":\"\","
        "\"retries\":3,"
        "\"retryBackoff\":0,\"recurringTime\":-1,\"type\":\"pay\",\"customHeaders\":{\"prio\":"
        "\"high\"},\"variables\":{},\"errorMessage\":\"\",\"errorCode\":\"\",\"bpmnProcessId\":"
        "\"order\",\"processDefinitionVersion\":1,\"processDefinitionKey\":2251799813685249,"
        "\"processInstanceKey\":2251799813685251,\"jobKind\":\"BPMN_ELEMENT\","
        "\"jobListenerEventType\":\"UNSPECIFIED\",\"elementId\":\"task\",\"elementInstanceKey\":"
        "2251799813685256,\"tenantId\":\"<default>\"},\"key\":2251799813685257,\"timestamp\":"
        "1700000000000,\"valueType\":\"JOB\",\"brokerVersion\":\"8.6.0\",\"recordType\":\"EVENT\","
        "\"sourceRecordPosition\":19,\"intent\":\"CREATED\"," TAIL ",\"position\":24}");
}

static void deployment_example(void **state) {
    struct fixture *f = *state;
    f->record.value_type = WG_VT_DEPLOYMENT;
    f->record.intent = WG_DEPLOYMENT_CREATED;
    wg_mp_write_map(&f->value, 2);
    str(f, "resources");
    wg_mp_write_array(&f->value, 1);
    wg_mp_write_map(&f->value, 2);
    str(f, "resourceName");
    str(f, "order.bpmn");
    str(f, "resource");
    wg_mp_write_bin(&f->value, wg_bytes_str("contents"));
    str(f, "processesMetadata");
    wg_mp_write_array(&f->value, 1);
    wg_mp_write_map(&f->value, 2);
    str(f, "checksum");
    wg_mp_write_bin(&f->value, wg_bytes_str("checksum"));
    str(f, "isDuplicate");
    wg_mp_write_bool(&f->value, false);
    const char *json = json_of(f);
    assert_non_null(strstr(json, "{\"resources\":[{\"resourceName\":\"order.bpmn\",\"resource\":"
                                 "\"Y29udGVudHM=\"}],\"processesMetadata\":[{\"checksum\":"
                                 "\"Y2hlY2tzdW0=\",\"duplicate\":false}]}"));
}

static void variable_example(void **state) {
    struct fixture *f = *state;
    static const uint8_t payloads[][16] = {"\x2a", "\243abc", "\xc0", "\x81\xa1k\xa2\"\\"};
    static const uint32_t lengths[] = {1, 4, 1, 6};
    static const char *const texts[] = {"42", "\"abc\"", "null", "{\"k\":\"\\\"\\\\\"}"};
    f->record.value_type = WG_VT_VARIABLE;
    for (uint32_t i = 0; i < 4; i++) {
        struct wg_value_variable variable;
        assert_int_equal(wg_value_init(WG_VT_VARIABLE, &variable), WG_OK);
        variable.value = wg_bytes_of(payloads[i], lengths[i]);
        f->value = wg_writer_on(f->memory, sizeof f->memory);
        assert_int_equal(wg_value_encode(WG_VT_VARIABLE, &variable, &f->value), WG_OK);
        json_t *value = value_of(f);
        assert_string_equal(json_string_value(json_object_get(value, "value")), texts[i]);
        json_decref(value);
    }
}

/* The value `typed` of the fixture's record as JSON, with the numbers that the examples share. */
static void assert_example(struct fixture *f, uint8_t value_type, uint8_t intent, const void *typed,
                           const char *value, const char *numbers) {
    char expected[2048];
    f->value = wg_writer_on(f->memory, sizeof f->memory);
    f->record.value_type = value_type;
    f->record.intent = intent;
    assert_int_equal(wg_value_encode(value_type, typed, &f->value), WG_OK);
    snprintf(expected, sizeof expected, "{\"partitionId\":1,\"value\":%s,%s}", value, numbers);
    assert_string_equal(json_of(f), expected);
}

static void process_instance_example(void **state) {
    struct fixture *f = *state;
    struct wg_value_process_instance instance;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE, &instance), WG_OK);
    instance.bpmn_element_type = wg_bytes_str("SERVICE_TASK");
    instance.element_id = wg_bytes_str("task");
    instance.bpmn_process_id = wg_bytes_str("order");
    instance.version = 1;
    instance.process_definition_key = 2251799813685249;
    instance.process_instance_key = instance.flow_scope_key = 2251799813685251;
    f->record.key = 2251799813685256;
    f->record.timestamp_ms = 1700000000000;
    f->record.source_position = 19;
    f->record.position = 25;
    assert_example(
        f, WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_ACTIVATED, &instance,
        "{\"bpmnElementType\":\"SERVICE_TASK\",\"elementId\":\"task\",\"bpmnProcessId\":\"order\","
        "\"version\":1,\"processDefinitionKey\":2251799813685249,\"processInstanceKey\":"
        "2251799813685251,\"flowScopeKey\":2251799813685251,\"bpmnEventType\":\"UNSPECIFIED\","
        "\"parentProcessInstanceKey\":-1,\"parentElementInstanceKey\":-1,\"tenantId\":"
        "\"<default>\"}",
        "\"key\":2251799813685256,\"timestamp\":1700000000000,\"valueType\":\"PROCESS_INSTANCE\","
        "\"brokerVersion\":\"8.6.0\",\"recordType\":\"EVENT\",\"sourceRecordPosition\":19,"
        "\"intent\":\"ELEMENT_ACTIVATED\"," TAIL ",\"position\":25");
}

static void incident_example(void **state) {
    struct fixture *f = *state;
    struct wg_value_incident incident;
    assert_int_equal(wg_value_init(WG_VT_INCIDENT, &incident), WG_OK);
    incident.error_type = wg_bytes_str("JOB_NO_RETRIES");
    incident.error_message = wg_bytes_str("No more retries left.");
    incident.bpmn_process_id = wg_bytes_str("order");
    incident.process_definition_key = 2251799813685249;
    incident.process_instance_key = 2251799813685251;
    incident.element_id = wg_bytes_str("task");
    incident.element_instance_key = incident.variable_scope_key = 2251799813685256;
    incident.job_key = 2251799813685257;
    f->record.key = 2251799813685260;
    f->record.timestamp_ms = 1700000001000;
    f->record.source_position = 30;
    f->record.position = 32;
    assert_example(
        f, WG_VT_INCIDENT, WG_INCIDENT_CREATED, &incident,
        "{\"errorType\":\"JOB_NO_RETRIES\",\"errorMessage\":\"No more retries left.\","
        "\"bpmnProcessId\":\"order\",\"processDefinitionKey\":2251799813685249,"
        "\"processInstanceKey\":2251799813685251,\"elementId\":\"task\",\"elementInstanceKey\":"
        "2251799813685256,\"jobKey\":2251799813685257,\"variableScopeKey\":2251799813685256,"
        "\"tenantId\":\"<default>\"}",
        "\"key\":2251799813685260,\"timestamp\":1700000001000,\"valueType\":\"INCIDENT\","
        "\"brokerVersion\":\"8.6.0\",\"recordType\":\"EVENT\",\"sourceRecordPosition\":30,"
        "\"intent\":\"CREATED\"," TAIL ",\"position\":32");
}

static void message_example(void **state) {
    struct fixture *f = *state;
    struct wg_value_message message;
    assert_int_equal(wg_value_init(WG_VT_MESSAGE, &message), WG_OK);
    message.name = wg_bytes_str("paid");
    message.correlation_key = wg_bytes_str("o-17");
    message.time_to_live = 3600000;
    message.variables = wg_bytes_str("\x81\xa2ok\xc3");
    message.message_id = wg_bytes_str("m-1");
    message.deadline = 1700003600000;
    f->record.key = 2251799813685270;
    f->record.timestamp_ms = 1700000000000;
    f->record.source_position = 40;
    f->record.position = 41;
    assert_example(
        f, WG_VT_MESSAGE, 1, &message,
        "{\"name\":\"paid\",\"correlationKey\":\"o-17\",\"timeToLive\":3600000,\"variables\":"
        "{\"ok\":true},\"messageId\":\"m-1\",\"deadline\":1700003600000,\"tenantId\":"
        "\"<default>\"}",
        "\"key\":2251799813685270,\"timestamp\":1700000000000,\"valueType\":\"MESSAGE\","
        "\"brokerVersion\":\"8.6.0\",\"recordType\":\"EVENT\",\"sourceRecordPosition\":40,"
        "\"intent\":\"PUBLISHED\"," TAIL ",\"position\":41");
}

/* Keys that are no text are put in quotes where they are numbers, refused where they are not; ext
 * types show their payload. */
static void documents_of_other_writers(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *document, *json;
    } cases[] = {{"81", NULL}, {"81ff01", "{\"-1\":1}"}, {"81c001", NULL}, {"8190c0", NULL},
                 {"81a161d4ff07", "{\"a\":\"/wc=\"}"}, {"9101", NULL}, {"c0", "{}"}, {"", "{}"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct golden document = golden_of(cases[i].document);
        f->value = wg_writer_on(f->memory, sizeof f->memory);
        wg_mp_write_map(&f->value, 1);
        str(f, "variables");
        wg_mp_write_bin(&f->value, golden_bytes(&document));
        f->record.value_type = WG_VT_JOB;
        f->record.value = wg_writer_bytes(&f->value);
        f->text.len = 0;
        wg_status status = wg_record_json(&f->record, 1, &f->text);
        assert_int_equal(status, cases[i].json == NULL ? WG_CORRUPT : WG_OK);
        if (cases[i].json != NULL) {
            assert_non_null(strstr(json_of(f), cases[i].json));
        }
    }
}

/* Keys of instructions that are not what they should be count as none. */
static void scope_keys(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *instructions, *keys;
    } cases[] = {
        {"90", "[]"},
        {"9281b1616e636573746f7253636f70654b657973930503ff81b1616e636573746f7253636f70654b65797391"
         "05", "[-1,3,5]"},
        {"91b1", "[]"}, {"01", "[]"}, {"9101", "[]"},
        {"9181b1616e636573746f7253636f70654b65797301", "[]"},
        {"9181b1616e636573746f7253636f70654b65797391a178", "[]"},
        {"9181a161c0", "[]"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[64];
        struct golden raw = golden_of(cases[i].instructions);
        f->text.len = 0;
        wg_json_scope_keys(&f->text, golden_bytes(&raw));
        snprintf(expected, sizeof expected, "\"ancestorScopeKeys\":%s", cases[i].keys);
        assert_text(wg_bytes_of(f->text.ptr, f->text.len), expected);
    }
    f->text.len = 0;
    wg_json_scope_keys(&f->text, wg_bytes_of(NULL, 0));
    assert_text(wg_bytes_of(f->text.ptr, f->text.len), "\"ancestorScopeKeys\":[]");
}

static void documents_are_nested(void **state) {
    struct fixture *f = *state;
    struct wg_value_process_instance_creation creation;
    uint8_t memory[200];
    struct wg_writer doc = wg_writer_on(memory, sizeof memory);
    wg_mp_write_map(&doc, 4);
    wg_mp_write_str(&doc, wg_bytes_str("big"));
    wg_mp_write_int(&doc, INT64_MIN);
    wg_mp_write_str(&doc, wg_bytes_str("list"));
    wg_mp_write_array(&doc, 3);
    wg_mp_write_nil(&doc);
    wg_mp_write_bool(&doc, true);
    wg_mp_write_map(&doc, 0);
    wg_mp_write_str(&doc, wg_bytes_str("bytes"));
    wg_mp_write_bin(&doc, wg_bytes_str("\1\2"));
    wg_mp_write_int(&doc, 17);
    wg_mp_write_int(&doc, INT64_MAX);
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &creation), WG_OK);
    creation.variables = wg_writer_bytes(&doc);
    assert_int_equal(wg_value_encode(WG_VT_PROCESS_INSTANCE_CREATION, &creation, &f->value), WG_OK);
    f->record.value_type = WG_VT_PROCESS_INSTANCE_CREATION;
    assert_non_null(strstr(json_of(f), "\"variables\":{\"big\":-9223372036854775808,\"list\":[null,"
                                       "true,{}],\"bytes\":\"AQI=\",\"17\":9223372036854775807}"));
    json_t *value = value_of(f);
    assert_null(json_object_get(value, "fetchVariables"));
    assert_non_null(json_object_get(value, "startInstructions"));
    json_decref(value);
}

static void escapes(void **state) {
    struct fixture *f = *state;
    char all[128];
    for (uint32_t i = 0; i < 128; i++) {
        all[i] = (char)i;
    }
    wg_text_string(&f->text, wg_bytes_of(all, sizeof all));
    json_t *got = json_loadb(f->text.ptr, f->text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(got);
    assert_int_equal(json_string_length(got), 128);
    assert_memory_equal(json_string_value(got), all, 128);
    json_decref(got);
    *wg_text_room(&f->text, 1) = '\0';
    assert_non_null(strstr(f->text.ptr, "\\b\\t\\n\\u000B\\f\\r\\u000E"));
}

static void utf8(void **state) {
    struct fixture *f = *state;
    static const char *const in[] = {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d", "a\377b", "\xc3",
                                     "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
    static const char *const out[] = {"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d\"",
                                      "\"a\357\277\275b\"", "\"\xef\xbf\xbd\"",
                                      "\"\xef\xbf\xbd\xef\xbf\xbd\"",
                                      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
                                      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
                                      "\"\xef\xbf\xbd\xef\xbf\xbd\""};
    for (uint32_t i = 0; i < sizeof in / sizeof *in; i++) {
        f->text.len = 0;
        wg_text_string(&f->text, wg_bytes_str(in[i]));
        assert_text(wg_bytes_of(f->text.ptr, f->text.len), out[i]);
    }
}

static void doubles(void **state) {
    struct fixture *f = *state;
    static const double in[] = {0.0, -0.0, 1.0, 0.1, -2.5, 100.0, 1234567.0, 9999999.0, 1e7, 1e10,
                                0.001, 0.00099, 1.0 / 3, 1e23, 5e-324, 1.7976931348623157e308,
                                2.2250738585072014e-308, 9007199254740993.0, 4.35, 12.34};
    static const char *const out[] = {
        "0.0", "-0.0", "1.0", "0.1", "-2.5", "100.0", "1234567.0", "9999999.0", "1.0E7", "1.0E10",
        "0.001", "9.9E-4", "0.3333333333333333", "1.0E23", "5.0E-324", "1.7976931348623157E308",
        "2.2250738585072014E-308", "9.007199254740992E15", "4.35", "12.34"};
    for (uint32_t i = 0; i < sizeof in / sizeof *in; i++) {
        f->text.len = 0;
        wg_text_double(&f->text, in[i]);
        assert_text(wg_bytes_of(f->text.ptr, f->text.len), out[i]);
    }
    uint64_t random = 3;
    for (uint32_t i = 0; i < 3000; i++) {
        uint64_t bits = test_random(&random);
        double number, back;
        memcpy(&number, &bits, sizeof number);
        f->text.len = 0;
        wg_text_double(&f->text, number);
        *wg_text_room(&f->text, 1) = '\0';
        if (f->text.ptr[0] != '"') {
            back = strtod(f->text.ptr, NULL);
            assert_memory_equal(&back, &number, sizeof back);
        }
    }
    f->text.len = 0;
    wg_text_double(&f->text, -1.0 / 0.0);
    assert_text(wg_bytes_of(f->text.ptr, f->text.len), "\"-Infinity\"");
}

static void base64(void **state) {
    struct fixture *f = *state;
    static const char *const in[] = {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"};
    static const char *const out[] = {"\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"", "\"Zm9vYg==\"",
                                      "\"//79\""};
    for (uint32_t i = 0; i < sizeof in / sizeof *in; i++) {
        f->text.len = 0;
        wg_text_base64(&f->text, wg_bytes_str(in[i]));
        assert_text(wg_bytes_of(f->text.ptr, f->text.len), out[i]);
    }
}

static void names_that_differ(void **state) {
    struct fixture *f = *state;
    struct golden entry = golden_of("82a2696401a8706f736974696f6e02");
    f->record.value_type = WG_VT_CHECKPOINT;
    f->record.intent = 1;
    wg_write_bytes(&f->value, entry.bytes, entry.len);
    assert_non_null(strstr(json_of(f), "\"value\":{\"checkpointId\":1,\"checkpointPosition\":2},"));

    f->value = wg_writer_on(f->memory, sizeof f->memory);
    f->record.value_type = WG_VT_PROCESS;
    wg_mp_write_map(&f->value, 1);
    str(f, "resource");
    wg_mp_write_bin(&f->value, wg_bytes_str("foo"));
    assert_non_null(strstr(json_of(f), "\"value\":{\"resource\":\"Zm9v\",\"duplicate\":false},"));

    f->value = wg_writer_on(f->memory, sizeof f->memory);
    f->record.value_type = WG_VT_ESCALATION;
    wg_mp_write_map(&f->value, 0);
    assert_non_null(strstr(json_of(f), "\"value\":{\"tenantId\":\"<default>\"},"));
}

static void command_distribution(void **state) {
    struct fixture *f = *state;
    f->record.value_type = WG_VT_COMMAND_DISTRIBUTION;
    wg_mp_write_map(&f->value, 4);
    str(f, "partitionId");
    wg_mp_write_int(&f->value, 2);
    str(f, "valueType");
    str(f, "CHECKPOINT");
    str(f, "intent");
    wg_mp_write_int(&f->value, 0);
    str(f, "commandValue");
    wg_mp_write_map(&f->value, 1);
    str(f, "id");
    wg_mp_write_int(&f->value, 9);
    assert_non_null(strstr(json_of(f), "{\"partitionId\":2,\"valueType\":\"CHECKPOINT\",\"intent\":"
                                       "\"CREATE\",\"commandValue\":{\"checkpointId\":9}}"));
}

static void null_and_unknown_names(void **state) {
    struct fixture *f = *state;
    wg_record_init(&f->record);
    wg_mp_write_map(&f->value, 0);
    const char *json = json_of(f);
    assert_non_null(strstr(json, "\"valueType\":\"NULL_VAL\""));
    assert_non_null(strstr(json, "\"recordType\":\"NULL_VAL\""));
    assert_non_null(strstr(json, "\"intent\":null"));
    f->record.value_type = 200;
    f->record.intent = 3;
    f->record.record_type = 77;
    f->record.rejection_type = 99;
    json = json_of(f);
    assert_non_null(strstr(json, "\"valueType\":\"SBE_UNKNOWN\""));
    assert_non_null(strstr(json, "\"recordType\":\"SBE_UNKNOWN\""));
    assert_non_null(strstr(json, "\"rejectionType\":\"SBE_UNKNOWN\""));
    assert_non_null(strstr(json, "\"intent\":\"UNKNOWN\""));
}

/* A value that is malformed leaves the text as it was; any other is JSON that can be parsed. */
static void damage(void **state) {
    struct fixture *f = *state;
    struct wg_value_job job;
    static const uint8_t headers[] = "\x82\xa4prio\xa4high\xa1x\x92\xcb@\x09!\xfbTD-\x18\xc2";
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    job.custom_headers = wg_bytes_of(headers, sizeof headers - 1);
    job.variables = job.custom_headers;
    assert_int_equal(wg_value_encode(WG_VT_JOB, &job, &f->value), WG_OK);
    struct wg_bytes whole = wg_writer_bytes(&f->value);
    f->record.value_type = WG_VT_JOB;
    wg_text_literal(&f->text, "before");
    for (uint32_t len = 0; len < whole.len; len++) {
        uint8_t *copy = exact_copy(whole.ptr, len);
        f->record.value = wg_bytes_of(copy, len);
        assert_int_equal(wg_record_json(&f->record, 1, &f->text), WG_CORRUPT);
        assert_int_equal(f->text.len, 6);
        free(copy);
    }
    for (uint32_t bit = 0; bit < 8 * whole.len; bit++) {
        uint8_t *copy = exact_copy(whole.ptr, whole.len);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        f->record.value = wg_bytes_of(copy, whole.len);
        if (wg_record_json(&f->record, 1, &f->text) == WG_OK) {
            json_t *got = json_loadb(f->text.ptr + 6, f->text.len - 6, JSON_ALLOW_NUL, NULL);
            assert_non_null(got);
            json_decref(got);
        }
        f->text.len = 6;
        free(copy);
    }
}

static void depth_is_bounded(void **state) {
    struct fixture *f = *state;
    wg_mp_write_map(&f->value, 1);
    str(f, "customHeaders");
    for (uint32_t i = 0; i < 500; i++) {
        wg_mp_write_array(&f->value, 1);
    }
    wg_mp_write_nil(&f->value);
    f->record.value_type = WG_VT_JOB;
    f->record.value = wg_writer_bytes(&f->value);
    assert_int_equal(wg_record_json(&f->record, 1, &f->text), WG_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(job_example),       TEST(deployment_example),   TEST(variable_example),
        TEST(process_instance_example), TEST(incident_example), TEST(message_example),
        TEST(documents_of_other_writers), TEST(scope_keys),
        TEST(documents_are_nested), TEST(escapes),           TEST(utf8),
        TEST(doubles),           TEST(base64),               TEST(names_that_differ),
        TEST(command_distribution), TEST(null_and_unknown_names), TEST(damage),
        TEST(depth_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
