/* Loading and startup validation (prom-E9 to prom-E13). FIXTURE_DIR holds the shared objects. */
#include "port_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIBRARY(name) FIXTURE_DIR "/libfixture_" name ".so"
#define CANNOT(name) "exporter \"a\": cannot load " name ": "

static void use_path(struct port_harness *p, uint32_t exporter, const char *path) {
    p->exporters[exporter].type = NULL;
    p->exporters[exporter].path = path;
}

static void refuses_what_cannot_be_loaded(void **state) {
    (void)state;
    const struct {
        const char *path;
        enum wg_loader_code code;
        const char *message;
    } cases[] = {
        {"./no-such-file.so", WG_LOADER_MISSING,
         CANNOT("./no-such-file.so") "No such file or directory"},
        {FIXTURE_DIR, WG_LOADER_MISSING, CANNOT(FIXTURE_DIR) "Is a directory"},
        {FIXTURE_DIR "/text.so", WG_LOADER_NOT_SHARED_OBJECT,
         CANNOT(FIXTURE_DIR "/text.so") "not a shared object"},
        {FIXTURE_DIR "/torn.so", WG_LOADER_NOT_SHARED_OBJECT,
         CANNOT(FIXTURE_DIR "/torn.so") "the file is cut short"},
        {LIBRARY("no_symbol"), WG_LOADER_NO_SYMBOL,
         CANNOT(LIBRARY("no_symbol")) "it does not export \"waggle_exporter\""},
        {LIBRARY("wrong_abi"), WG_LOADER_ABI_MISMATCH,
         CANNOT(LIBRARY("wrong_abi")) "built for exporter ABI 99, this host has 0"},
        {LIBRARY("refuses"), WG_LOADER_ABI_MISMATCH,
         CANNOT(LIBRARY("refuses")) "it does not work with this host (ABI 0.2)"},
        {LIBRARY("no_export"), WG_LOADER_ABI_MISMATCH,
         CANNOT(LIBRARY("no_export")) "it has no function \"export_record\""},
        {LIBRARY("create_fails"), WG_LOADER_CREATE_FAILED,
         "exporter \"a\": cannot create an instance of " LIBRARY("create_fails")},
        {LIBRARY("configure_fails"), WG_LOADER_CONFIGURE_FAILED,
         "exporter \"a\": configure of " LIBRARY("configure_fails") " failed: topic is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct port_harness p;
        port_harness_init(&p, 1, NULL);
        use_path(&p, 0, cases[i].path);
        assert_int_equal(port_harness_start(&p), cases[i].code);
        assert_string_equal(p.message, cases[i].message);
        assert_int_equal(port_harness_call(&p, WG_PLUGIN_CONFIGURE, 0, 0), WG_PLUGIN_FAILED);
        port_harness_done(&p);
    }
}

static void refuses_a_table_that_is_too_small(void **state) {
    (void)state;
    struct port_harness p;
    char expected[512];
    port_harness_init(&p, 1, NULL);
    use_path(&p, 0, LIBRARY("small_table"));
    assert_int_equal(port_harness_start(&p), WG_LOADER_ABI_MISMATCH);
    snprintf(expected, sizeof expected,
             CANNOT(LIBRARY("small_table")) "its table has 40 bytes, at least %zu are needed",
             sizeof(struct wg_exporter_plugin));
    assert_string_equal(p.message, expected);
    port_harness_done(&p);
}

/* A plugin of a later minor: its table is longer, and it was told what the host can do. */
static void takes_a_table_of_a_later_minor(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_path(&p, 0, LIBRARY("newer"));
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 1), WG_PLUGIN_OK);
    port_harness_done(&p);
}

/* What the first minor had: nobody may ask for more without asking for the number. */
static void tables_grow_at_their_end_only(void **state) {
    (void)state;
    assert_int_equal(offsetof(struct wg_exporter_plugin, close) + sizeof(void *), 88);
    assert_int_equal(offsetof(struct wg_exporter_host, complete), 160);
    assert_int_equal(offsetof(struct wg_exporter_record, host_record) + sizeof(void *), 120);
    assert_int_equal(sizeof(struct wg_exporter_filter), 48);
}

static void refuses_an_id_configured_twice(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 3, NULL);
    p.exporters[2].id = "a";
    assert_int_equal(port_harness_start(&p), WG_LOADER_DUPLICATE_ID);
    assert_string_equal(p.message, "exporter \"a\": configured more than once");
    port_harness_done(&p);
}

static void refuses_an_unknown_type(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].type = "recoder";
    assert_int_equal(port_harness_start(&p), WG_LOADER_UNKNOWN_TYPE);
    assert_string_equal(p.message, "exporter \"a\": unknown type \"recoder\"");
    port_harness_done(&p);
}

static void refuses_unknown_arguments(void **state) {
    (void)state;
    const struct {
        const char *type, *args, *reason;
    } cases[] = {
        {"recorder", "{\"blk\":1}", "unknown argument \"blk\""},
        {"recorder", "{\"bulk\":{\"sise\":1}}", "unknown argument \"bulk.sise\""},
        {"recorder", "{\"bulk\":{\"size\":0}}",
         "bulk.size: a whole number of at least 1 is needed"},
        {"recorder", "{\"bulk\":{\"delay\":\"1 day\"}}",
         "bulk.delay: a duration such as \"50ms\" or \"1s\" is needed"},
        {"recorder", "{\"bulk\":3}", "bulk: an object is needed"},
        {"recorder", "[]", "args: an object is needed"},
        {"ndjson", "{\"filter\":{\"valueTypes\":[\"JOBS\"]}}",
         "filter.valueTypes: unknown name \"JOBS\""},
        {"ndjson", "{\"filter\":{\"recordTypes\":\"EVENT\"}}",
         "filter.recordTypes: a list of names is needed"},
        {"recorder", "{\"bulk\":{\"memoryLimit\":\"1 GB\"}}",
         "bulk.memoryLimit: a size such as \"64KiB\" or a number of bytes is needed"},
        {"faulty", "{\"mode\":\"lazy\"}", "mode: unknown value \"lazy\""},
        {"faulty", "{\"mode\":\"loses\",\"in\":\"open\"}", "in: mode \"loses\" has its place"},
        {"faulty", "{\"mode\":\"fails\",\"in\":\"bed\"}", "in: unknown value \"bed\""},
        {"faulty", "{\"chance\":101}", "chance: percent, so at most 100"},
        {"faulty", "{\"partitions\":[1,64]}",
         "partitions: a list of numbers from 1 to 63 is needed"},
        {"faulty", "{\"partitions\":1}", "partitions: a list of numbers from 1 to 63 is needed"},
        {"faulty", "{\"bytes\":0}",
         "bytes: a size such as \"64KiB\" or a number of bytes is needed"},
        {"faulty", "{\"until\":\"1s\"}", "unknown argument \"until\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct port_harness p;
        char expected[512];
        port_harness_init(&p, 1, NULL);
        p.exporters[0].type = cases[i].type;
        p.exporters[0].args_json = cases[i].args;
        assert_int_equal(port_harness_start(&p), WG_LOADER_CONFIGURE_FAILED);
        snprintf(expected, sizeof expected, "exporter \"a\": configure of %s failed: %s",
                 cases[i].type, cases[i].reason);
        assert_string_equal(p.message, expected);
        port_harness_done(&p);
    }
}

static void validation_makes_and_drops_one_instance(void **state) { /* prom-E11, prom-E13 */
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_path(&p, 0, LIBRARY("good"));
    p.exporters[0].args_json = "{\"nested\":{\"list\":[1,2]},\"topic\":\"orders\"}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    assert_string_equal(p.logs,
                        "validated\n{\"nested\":{\"list\":[1,2]},\"topic\":\"orders\"}\n");
    assert_string_equal(p.facts, "");
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_acked(&p), 201); /* two made, one alive */
    port_harness_done(&p);
}

static void each_incarnation_has_fresh_globals(void **state) { /* DESIGN D8 */
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_path(&p, 0, LIBRARY("good"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
        port_harness_open(&p, 0);
        assert_int_equal(port_harness_acked(&p), 201);
        if (i == 1) {
            sim_plugin_port_end_broker(p.port, 0);
        }
    }
    port_harness_done(&p);
}

static void brokers_do_not_share_globals(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_path(&p, 0, LIBRARY("good"));
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    assert_int_equal(sim_plugin_port_start_broker(p.port, 1, 1, 0, p.message, sizeof p.message),
                     WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_acked(&p), 201);
    port_harness_done(&p);
}

static void who_left_the_configuration_is_not_loaded(void **state) { /* prom-E3 */
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 2, NULL);
    use_path(&p, 0, LIBRARY("good"));
    use_path(&p, 1, "./no-such-file.so");
    assert_int_equal(port_harness_start(&p), WG_LOADER_MISSING);
    sim_plugin_port_set_absent(p.port, 1u << 1);
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_acked(&p), 201);
    port_harness_done(&p);
}

static void exporters_of_one_broker_share_a_library(void **state) { /* prom-E12 */
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 3, NULL);
    use_path(&p, 0, LIBRARY("good"));
    use_path(&p, 1, LIBRARY("good"));
    use_path(&p, 2, LIBRARY("twin")); /* same symbols, another file */
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_acked(&p), 301);
    port_harness_open(&p, 1);
    assert_int_equal(port_harness_acked(&p), 402);
    port_harness_open(&p, 2);
    assert_int_equal(port_harness_acked(&p), 201);
    port_harness_done(&p);
}

static void lists_built_in_types(void **state) {
    (void)state;
    assert_string_equal(wg_loader_builtin_type(0), "recorder");
    assert_string_equal(wg_loader_builtin_type(1), "ndjson");
    assert_string_equal(wg_loader_builtin_type(2), "faulty");
    assert_null(wg_loader_builtin_type(3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_cannot_be_loaded),
        cmocka_unit_test(refuses_a_table_that_is_too_small),
        cmocka_unit_test(takes_a_table_of_a_later_minor),
        cmocka_unit_test(tables_grow_at_their_end_only),
        cmocka_unit_test(refuses_an_id_configured_twice),
        cmocka_unit_test(refuses_an_unknown_type),
        cmocka_unit_test(refuses_unknown_arguments),
        cmocka_unit_test(validation_makes_and_drops_one_instance),
        cmocka_unit_test(each_incarnation_has_fresh_globals),
        cmocka_unit_test(brokers_do_not_share_globals),
        cmocka_unit_test(who_left_the_configuration_is_not_loaded),
        cmocka_unit_test(exporters_of_one_broker_share_a_library),
        cmocka_unit_test(lists_built_in_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
