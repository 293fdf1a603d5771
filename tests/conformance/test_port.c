/* Rows about what a plugin sees: its context (C1, D5, D7), and how it is loaded (R3, R4). Loading
 * knows no quirks, so there is one profile. */
#include "tests/conformance/conf.h"
#include "tests/unit/exporting/port_harness.h"

#define ALIKE(test) {#test, test, NULL, NULL, &conf_documented}
#define CONTEXT FIXTURE_DIR "/libfixture_context.so"

static void use_context(struct port_harness *p, uint32_t exporter, const char *args) {
    p->exporters[exporter].type = NULL;
    p->exporters[exporter].path = CONTEXT;
    p->exporters[exporter].args_json = args;
}

static void conf_C01_configure_sees_its_context(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_context(&p, 0, "{\"key\":\"value\"}");
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_clear(&p);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_CONFIGURE, 0, 0), WG_PLUGIN_OK);
    assert_string_equal(p.logs, "configure id=a partition=3 args={\"key\":\"value\"}\n");
    port_harness_done(&p);
}

static void conf_D05_each_exporter_has_its_own_context(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 2, NULL);
    use_context(&p, 0, "{\"x\":1}");
    use_context(&p, 1, "{\"y\":\"bar\"}");
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_clear(&p);
    port_harness_open(&p, 0);
    port_harness_open(&p, 1);
    assert_string_equal(p.logs, "configure id=a partition=3 args={\"x\":1}\n"
                                "open id=a partition=3 args={\"x\":1}\n"
                                "configure id=b partition=3 args={\"y\":\"bar\"}\n"
                                "open id=b partition=3 args={\"y\":\"bar\"}\n");
    port_harness_done(&p);
}

static void conf_D07_nested_args_become_settings(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].args_json = "{\"bulk\":{\"size\":2,\"delay\":\"2s\"}}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 1);
    assert_int_equal(port_harness_acked(&p), -2); /* one of two */
    assert_int_equal(p.outcome.returned.actions[0].kind, WG_PLUGIN_SCHEDULE);
    assert_int_equal(p.outcome.returned.actions[0].delay, 2 * WG_SECOND);
    port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 2);
    assert_int_equal(port_harness_acked(&p), 2);
    port_harness_done(&p);
}

static void conf_R03_built_in_exporter_is_found_by_its_type(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].args_json = "{\"bulk\":{\"size\":1}}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 7), WG_PLUGIN_OK);
    assert_int_equal(port_harness_acked(&p), 7);
    port_harness_done(&p);
}

static void conf_R04_shared_object_is_loaded_by_its_path(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_context(&p, 0, "{\"foo\":{\"list\":[1,\"b\",null]}}");
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    /* validation, with the partition that stands for none */
    assert_string_equal(
        p.logs, "configure id=a partition=-2147483648 args={\"foo\":{\"list\":[1,\"b\",null]}}\n");
    port_harness_open(&p, 0);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 7), WG_PLUGIN_OK);
    assert_int_equal(port_harness_acked(&p), 7);
    port_harness_done(&p);
}

/* M1's fourth configure: one throw-away instance per broker, however many partitions there are. */
static void conf_M1_validation_configures_once_and_opens_nothing(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    use_context(&p, 0, "{}");
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    assert_string_equal(p.logs, "configure id=a partition=-2147483648 args={}\n");
    port_harness_done(&p);
}

/* All that a plugin sees and does in its life; what the host saw of it is in `p`. */
static void live(struct port_harness *p, const char *path) {
    port_harness_init(p, 1, NULL);
    p->exporters[0].type = path == NULL ? "recorder" : NULL;
    p->exporters[0].path = path;
    p->exporters[0].args_json =
        "{\"bulk\":{\"size\":2,\"delay\":\"2s\"},\"filter\":{\"recordTypes\":[\"EVENT\"]}}";
    assert_int_equal(port_harness_start(p), WG_LOADER_OK);
    port_harness_open(p, 0);
    for (uint32_t position = 1; position <= 3; position++) {
        port_harness_call(p, WG_PLUGIN_EXPORT, 0, position);
        p->now += WG_SECOND;
    }
    sim_plugin_port_set_sink_down(p->port, 0, true);
    port_harness_call(p, WG_PLUGIN_TIMER, 0, 1); /* cannot flush */
    sim_plugin_port_set_sink_down(p->port, 0, false);
    sim_plugin_port_set_error(p->port, 0, true);
    port_harness_call(p, WG_PLUGIN_EXPORT, 0, 4); /* never reaches it */
    port_harness_call(p, WG_PLUGIN_CLOSE, 0, 0);
    port_harness_call(p, WG_PLUGIN_DESTROY, 0, 0);
    port_harness_done(p);
}

/* prom-E8: the same exporter linked in and as a shared object is one and the same to the host. */
static void built_in_and_shared_object_are_one_to_the_host(void **state) {
    (void)state;
    static struct port_harness built_in, shared;
    live(&built_in, NULL);
    live(&shared, FIXTURE_DIR "/libfixture_recorder.so");
    assert_string_equal(shared.facts, built_in.facts);
    assert_string_equal(shared.logs, built_in.logs);
    assert_int_equal(shared.now, built_in.now);
    assert_int_equal(shared.entered, built_in.entered);
    assert_non_null(strstr(shared.facts, "filter; "));
    assert_non_null(strstr(shared.facts, "put 2; "));
    assert_non_null(strstr(shared.facts, "durable 2; "));
    assert_non_null(strstr(shared.facts, "ack 2; "));
    assert_non_null(strstr(shared.facts, "return e0 failed; "));
    assert_non_null(strstr(shared.facts, "ack 3; ")); /* in its close */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALIKE(conf_C01_configure_sees_its_context),
        ALIKE(conf_D05_each_exporter_has_its_own_context),
        ALIKE(conf_D07_nested_args_become_settings),
        ALIKE(conf_R03_built_in_exporter_is_found_by_its_type),
        ALIKE(conf_R04_shared_object_is_loaded_by_its_path),
        ALIKE(conf_M1_validation_configures_once_and_opens_nothing),
        ALIKE(built_in_and_shared_object_are_one_to_the_host),
    };
    (void)conf_zeebe;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
