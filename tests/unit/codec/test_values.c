/* Typed values: the golden vector, defaults, order, unknown properties, strictness, damage. */
#include "golden.h"

#include "codec/msgpack.h"
#include "codec/values.h"

/* Value types in order of their numbers; how many properties each declares. */
static const uint8_t value_types[] = {0,  4,  5,  6,  10, 11, 12, 14, 15, 16, 17, 18,
                                      19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
                                      31, 32, 33, 34, 35, 36, 37, 38, 39, 254};
static const uint8_t property_counts[] = {20, 6, 11, 10, 7, 9, 11, 9, 7, 9, 7, 3,  8, 4, 6,  7,  1,
                                          6,  8, 9,  17, 4, 4, 6,  3, 2, 4, 3, 1,  7, 20, 3, 11, 2};
/* Those that have a property without default: an empty map is no value of theirs. */
static const uint8_t demanding[] = {10, 11, 12, 14, 15, 17, 18, 20, 22, 23,
                                    24, 28, 31, 32, 33, 34, 36, 38};

static struct wg_bytes encode(uint8_t value_type, const void *value, uint8_t *memory, size_t size) {
    struct wg_writer w = wg_writer_on(memory, size);
    assert_int_equal(wg_value_encode(value_type, value, &w), WG_OK);
    return wg_writer_bytes(&w);
}

static void golden_variable(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_I);
    struct wg_value_variable value;
    assert_int_equal(wg_value_decode(WG_VT_VARIABLE, golden_bytes(&golden), &value), WG_OK);
    assert_text(value.name, "x");
    assert_int_equal(value.value.len, 1);
    assert_int_equal(value.value.ptr[0], 1);
    assert_int_equal(value.scope_key, 3);
    assert_int_equal(value.process_instance_key, 2);
    assert_int_equal(value.process_definition_key, 4);
    assert_text(value.bpmn_process_id, "process");
    assert_text(value.tenant_id, "<default>");
    assert_int_equal(value.unknown.len, 0);
    uint8_t memory[256];
    assert_golden(encode(WG_VT_VARIABLE, &value, memory, sizeof memory), &golden);
}

static void defaults_and_fixpoint(void **state) {
    (void)state;
    for (uint32_t i = 0; i < sizeof value_types; i++) {
        union wg_any_typed_value value, again;
        uint8_t first[1024], second[1024];
        assert_int_equal(wg_value_init(value_types[i], &value), WG_OK);
        struct wg_bytes bytes = encode(value_types[i], &value, first, sizeof first);
        struct wg_reader r = wg_reader_on(bytes);
        struct wg_mp_token map;
        assert_true(wg_mp_read(&r, &map));
        assert_int_equal(map.number, property_counts[i]);
        assert_int_equal(wg_value_decode(value_types[i], bytes, &again), WG_OK);
        assert_true(wg_bytes_equal(bytes, encode(value_types[i], &again, second, sizeof second)));
        /* An empty map gives the defaults, too, where all properties have one. */
        uint8_t empty = 0x80;
        bool demands = memchr(demanding, value_types[i], sizeof demanding) != NULL;
        wg_status status = wg_value_decode(value_types[i], wg_bytes_of(&empty, 1), &again);
        assert_int_equal(status, demands ? WG_CORRUPT : WG_OK);
        if (demands) {
            continue;
        }
        assert_true(wg_bytes_equal(bytes, encode(value_types[i], &again, second, sizeof second)));
    }
}

static void job_defaults(void **state) {
    (void)state;
    struct wg_value_job job;
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    assert_int_equal(job.deadline, -1);
    assert_int_equal(job.retry_backoff, 0);
    assert_text(job.job_kind, "BPMN_ELEMENT");
    assert_text(job.job_listener_event_type, "UNSPECIFIED");
    assert_text(job.tenant_id, "<default>");
    uint8_t memory[1024];
    struct wg_bytes bytes = encode(WG_VT_JOB, &job, memory, sizeof memory);
    static const uint8_t head[] = {0xde, 0x00, 0x14, 0xa8};
    assert_memory_equal(bytes.ptr, head, sizeof head);
}

/* {"later": 7, "name": "a", "more": [nil], "scopeKey": 5, "value": bin, "processInstanceKey": 1,
 * "processDefinitionKey": 2, "name": "b"} */
static void any_order_duplicates_and_unknown(void **state) {
    (void)state;
    struct golden golden = golden_of("88a56c6174657207a46e616d65a161a46d6f726591c0"
                                     "a873636f70654b657905"
                                     "a576616c7565c401c0"
                                     "b270726f63657373496e7374616e63654b657901"
                                     "b470726f63657373446566696e6974696f6e4b657902"
                                     "a46e616d65a162");
    struct wg_value_variable value;
    assert_int_equal(wg_value_decode(WG_VT_VARIABLE, golden_bytes(&golden), &value), WG_OK);
    assert_text(value.name, "b");
    assert_int_equal(value.scope_key, 5);
    uint8_t memory[256];
    struct wg_bytes bytes = encode(WG_VT_VARIABLE, &value, memory, sizeof memory);
    assert_int_equal(bytes.ptr[0], 0x89);
    struct golden tail = golden_of("a56c6174657207a46d6f726591c0");
    assert_memory_equal(bytes.ptr + bytes.len - tail.len, tail.bytes, tail.len);
    struct wg_value_variable again;
    uint8_t second[256];
    assert_int_equal(wg_value_decode(WG_VT_VARIABLE, bytes, &again), WG_OK);
    assert_true(wg_bytes_equal(bytes, encode(WG_VT_VARIABLE, &again, second, sizeof second)));
}

static void documents(void **state) {
    (void)state;
    static const char *const payloads[] = {"c40180", "c400", "c401c0", "c40481a16101", "c40101",
                                           "c40190", "80"};
    static const bool good[] = {true, true, true, true, false, false, false};
    for (uint32_t i = 0; i < sizeof good; i++) {
        char hex[100];
        snprintf(hex, sizeof hex, "81a97661726961626c6573%s", payloads[i]);
        struct golden golden = golden_of(hex);
        struct wg_value_job value;
        wg_status status = wg_value_decode(WG_VT_JOB, golden_bytes(&golden), &value);
        assert_int_equal(status, good[i] ? WG_OK : WG_CORRUPT);
    }
}

static void strictness(void **state) {
    (void)state;
    struct wg_value_job job;
    static const char *const bad[] = {"81a8646561646c696e65a161",         /* deadline is a text */
                                      "81a772657472696573ce80000000",     /* retries beyond i32 */
                                      "81a6776f726b657201",               /* worker is a number */
                                      "81a6776f726b6572c40161",           /* worker is binary */
                                      "8101a161", "90", "c0", "a0",
                                      "81a77265747269657301"};
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct golden golden = golden_of(bad[i]);
        bool good = i == sizeof bad / sizeof *bad - 1;
        assert_int_equal(wg_value_decode(WG_VT_JOB, golden_bytes(&golden), &job),
                         good ? WG_OK : WG_CORRUPT);
    }
    assert_int_equal(job.retries, 1);
    assert_int_equal(wg_value_decode(WG_VT_JOB, wg_bytes_of(NULL, 0), &job), WG_TRUNCATED);
    struct golden batch = golden_of("81a46a6f627380"); /* jobs is a map */
    struct wg_value_job_batch value;
    assert_int_equal(wg_value_decode(WG_VT_JOB_BATCH, golden_bytes(&batch), &value), WG_CORRUPT);
}

/* Maps and scalars of arrays follow their own tables: types, and what must be there. */
static void nested_arrays(void **state) {
    (void)state;
    static const struct {
        uint8_t type;
        const char *hex;
        wg_status status;
    } cases[] = {
        {WG_VT_MESSAGE_BATCH, "81ab6d6573736167654b657973920102", WG_OK},
        {WG_VT_MESSAGE_BATCH, "81ab6d6573736167654b65797392a16102", WG_CORRUPT},
        {WG_VT_MESSAGE_BATCH, "81ab6d6573736167654b65797301", WG_CORRUPT},
        {WG_VT_USER_TASK, "81b16368616e6765644174747269627574657391a161", WG_OK},
        {WG_VT_USER_TASK, "81b16368616e676564417474726962757465739101", WG_CORRUPT},
        /* startInstructions: elementId has no default and is a text */
        {WG_VT_PROCESS_INSTANCE_CREATION,
         "81b17374617274496e737472756374696f6e739181a9656c656d656e744964a161", WG_OK},
        {WG_VT_PROCESS_INSTANCE_CREATION,
         "81b17374617274496e737472756374696f6e739181a9656c656d656e74496401", WG_CORRUPT},
        {WG_VT_PROCESS_INSTANCE_CREATION, "81b17374617274496e737472756374696f6e739180",
         WG_CORRUPT},
        {WG_VT_PROCESS_INSTANCE_CREATION, "81b17374617274496e737472756374696f6e7391c0",
         WG_CORRUPT},
        /* a resource is binary; its name has a default; unknown names pass */
        {WG_VT_DEPLOYMENT, "81a97265736f75726365739181a87265736f75726365c40101", WG_OK},
        {WG_VT_DEPLOYMENT, "81a97265736f75726365739182a1617fa87265736f75726365c40101", WG_OK},
        {WG_VT_DEPLOYMENT, "81a97265736f75726365739181a87265736f75726365a101", WG_CORRUPT},
        /* commandValue is a map */
        {WG_VT_COMMAND_DISTRIBUTION,
         "82ab706172746974696f6e496401ac636f6d6d616e6456616c756580", WG_OK},
        {WG_VT_COMMAND_DISTRIBUTION,
         "82ab706172746974696f6e496401ac636f6d6d616e6456616c756590", WG_CORRUPT},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct golden golden = golden_of(cases[i].hex);
        union wg_any_typed_value value;
        assert_int_equal(wg_value_decode(cases[i].type, golden_bytes(&golden), &value),
                         cases[i].status);
    }
}

static void types_without_a_table(void **state) {
    (void)state;
    union wg_any_typed_value value;
    uint8_t memory[8] = {0x80};
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    for (uint32_t type = 0; type < 256; type++) {
        if (memchr(value_types, (int)type, sizeof value_types) == NULL) {
            assert_int_equal(wg_value_init((uint8_t)type, &value), WG_UNSUPPORTED);
            assert_int_equal(wg_value_encode((uint8_t)type, &value, &w), WG_UNSUPPORTED);
            assert_int_equal(wg_value_decode((uint8_t)type, wg_bytes_of(memory, 1), &value),
                             WG_UNSUPPORTED);
        }
    }
}

static void too_little_room(void **state) {
    (void)state;
    struct wg_value_job job;
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    uint8_t memory[1024];
    uint32_t needed = encode(WG_VT_JOB, &job, memory, sizeof memory).len;
    for (uint32_t size = 0; size < needed; size++) {
        struct wg_writer w = wg_writer_on(memory, size);
        assert_int_equal(wg_value_encode(WG_VT_JOB, &job, &w), WG_FULL);
    }
}

/* Cut at every byte it is corrupt (without any: truncated); with any bit flipped it is harmless. */
static void damage(void **state) {
    (void)state;
    for (uint32_t i = 0; i < sizeof value_types; i++) {
        union wg_any_typed_value value;
        uint8_t memory[1024], second[4096];
        assert_int_equal(wg_value_init(value_types[i], &value), WG_OK);
        struct wg_bytes bytes = encode(value_types[i], &value, memory, sizeof memory);
        for (uint32_t len = 1; len < bytes.len; len++) {
            uint8_t *copy = exact_copy(bytes.ptr, len);
            assert_int_equal(wg_value_decode(value_types[i], wg_bytes_of(copy, len), &value),
                             WG_CORRUPT);
            free(copy);
        }
        for (uint32_t bit = 0; bit < 8 * bytes.len; bit++) {
            uint8_t *copy = exact_copy(bytes.ptr, bytes.len);
            copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            struct wg_bytes damaged = wg_bytes_of(copy, bytes.len);
            if (wg_value_decode(value_types[i], damaged, &value) == WG_OK) {
                encode(value_types[i], &value, second, sizeof second);
            }
            free(copy);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_variable),       cmocka_unit_test(defaults_and_fixpoint),
        cmocka_unit_test(job_defaults),          cmocka_unit_test(any_order_duplicates_and_unknown),
        cmocka_unit_test(documents),             cmocka_unit_test(strictness),
        cmocka_unit_test(types_without_a_table), cmocka_unit_test(too_little_room),
        cmocka_unit_test(nested_arrays),
        cmocka_unit_test(damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
