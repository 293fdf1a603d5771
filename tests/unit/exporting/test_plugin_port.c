/* The port, its sinks and files, and the built-in exporters as seen through it. */
#include "port_harness.h"

#include "exporters/faulty/faulty.h"
#include "sim/world/epoch.h"
#include "sim/world/plugin_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

_Static_assert(FAULTY_RUN_START_MS == SIM_EPOCH_MS, "mendAfter counts from the cluster's start");

static void start(struct port_harness *p, const char *type, const char *args) {
    port_harness_init(p, 1, NULL);
    p->exporters[0].type = type;
    p->exporters[0].args_json = args;
    assert_int_equal(port_harness_start(p), WG_LOADER_OK);
    port_harness_open(p, 0);
    port_harness_clear(p);
}

static uint8_t export(struct port_harness *p, uint32_t position) {
    return port_harness_call(p, WG_PLUGIN_EXPORT, 0, position);
}

/* --- the host ------------------------------------------------------------------------------ */

static void host_functions_work_in_their_phases_only(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].type = NULL;
    p.exporters[0].path = FIXTURE_DIR "/libfixture_prober.so";
    p.last_position = 42;
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_clear(&p);
    port_harness_open(&p, 0);
    assert_int_equal(export(&p, 43), WG_PLUGIN_PENDING);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_TIMER, 0, 1), WG_PLUGIN_OK);
    assert_int_equal(p.outcome.returned.action_count, 3);
    assert_int_equal(p.outcome.returned.actions[0].kind, WG_PLUGIN_ACK);
    assert_true(p.outcome.returned.actions[0].has_metadata);
    assert_memory_equal(p.outcome.returned.actions[0].metadata.ptr, "m", 1);
    assert_int_equal(p.outcome.returned.actions[1].kind, WG_PLUGIN_SCHEDULE);
    assert_int_equal(p.outcome.returned.actions[1].delay, WG_MS);
    assert_int_equal(p.outcome.returned.actions[2].kind, WG_PLUGIN_CANCEL_TIMER);
    port_harness_call(&p, WG_PLUGIN_CLOSE, 0, 0);
    port_harness_call(&p, WG_PLUGIN_DESTROY, 0, 0);
    assert_string_equal(p.logs, "create 1 1 1 1 1 1 1 -1 0 0\n"
                                "configure 0 1 1 1 1 1 1 -1 1 0\n"
                                "open 1 0 0 0 0 0 2 42 1 0\n"
                                "export 1 0 0 0 0 0 2 42 1 1\n"
                                "timer 1 0 0 0 0 0 2 42 1 0\n"
                                "close 1 0 1 1 0 0 2 42 1 0\n");
    assert_non_null(strstr(p.facts, "breach: called schedule in its close call; "));
    assert_non_null(strstr(p.facts, "breach: called acknowledge in its create call; "));
    assert_non_null(strstr(p.facts, "breach: called set_filter in its open call; "));
    assert_non_null(strstr(p.facts, "breach: named a file that is not below its folder; "));
    assert_non_null(strstr(p.facts, "call d0; breach: called the host in destroy or between calls; "));
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_EXPORT, 0, 44), WG_PLUGIN_FAILED);
    port_harness_done(&p);
}

static void facts_tell_calls_acknowledgements_and_filters(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    export(&p, 5);
    port_harness_call(&p, WG_PLUGIN_CLOSE, 0, 0);
    port_harness_call(&p, WG_PLUGIN_DESTROY, 0, 0);
    assert_string_equal(p.facts, "call c0; filter; return c0 ok; call o0; return o0 ok; "
                                 "call e0; put 5; durable 5; ack 5; return e0 ok; "
                                 "call x0; return x0 ok; call d0; ");
    assert_int_equal(p.entered, 6); /* with validation */
    port_harness_done(&p);
}

static void a_call_costs_its_base_and_what_the_sink_takes(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].sink_base = 3 * WG_MS;
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_open(&p, 0);
    assert_int_equal(p.outcome.spent, 20 * WG_US);
    export(&p, 1);
    assert_int_equal(p.outcome.spent, 20 * WG_US + 3 * WG_MS);
    sim_plugin_port_set_sink_slow(p.port, 0, WG_SECOND);
    export(&p, 2);
    assert_int_equal(p.outcome.spent, 20 * WG_US + 3 * WG_MS + WG_SECOND);
    sim_plugin_port_set_sink_slow(p.port, 0, 0);
    export(&p, 3);
    assert_int_equal(p.outcome.spent, 20 * WG_US + 3 * WG_MS);
    assert_int_equal(sim_plugin_port_counters(p.port).sink_slowed, 1);
    port_harness_done(&p);
}

static void an_injected_error_never_reaches_the_plugin(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "recorder", NULL);
    sim_plugin_port_set_error(p.port, 0, true);
    assert_int_equal(export(&p, 1), WG_PLUGIN_FAILED);
    assert_string_equal(p.facts, "call e0; return e0 failed; ");
    sim_plugin_port_set_error(p.port, 0, false);
    assert_int_equal(export(&p, 1), WG_PLUGIN_OK);
    assert_int_equal(sim_plugin_port_counters(p.port).injected_errors, 1);
    port_harness_done(&p);
}

static void the_end_of_a_broker_loses_what_was_pending(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "recorder", "{\"bulk\":{\"size\":10}}");
    export(&p, 1);
    assert_string_equal(p.facts, "call e0; put 1; return e0 ok; ");
    sim_plugin_port_end_broker(p.port, 0);
    sim_plugin_port_end_broker(p.port, 0);
    assert_string_equal(p.facts, "call e0; put 1; return e0 ok; ");
    assert_int_equal(export(&p, 2), WG_PLUGIN_FAILED);
    port_harness_done(&p);
}

/* --- recorder ------------------------------------------------------------------------------ */

static void recorder_acknowledges_after_the_flush(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "recorder", "{\"bulk\":{\"size\":3,\"delay\":\"2s\"}}");
    export(&p, 4);
    assert_int_equal(port_harness_acked(&p), -2);
    assert_int_equal(p.outcome.returned.actions[0].kind, WG_PLUGIN_SCHEDULE);
    assert_int_equal(p.outcome.returned.actions[0].delay, 2 * WG_SECOND);
    export(&p, 6);
    assert_int_equal(p.outcome.returned.action_count, 0); /* one timer is enough */
    export(&p, 7);
    assert_int_equal(port_harness_acked(&p), 7);
    export(&p, 8);
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 1);
    assert_int_equal(port_harness_acked(&p), 8);
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 1); /* nothing to do: no tick, no -1 (bug-E04) */
    assert_int_equal(p.outcome.returned.action_count, 0);
    export(&p, 9);
    port_harness_call(&p, WG_PLUGIN_CLOSE, 0, 0);
    assert_int_equal(port_harness_acked(&p), 9);
    port_harness_done(&p);
}

static void recorder_puts_a_repeated_record_once(void **state) { /* bug-E24 */
    (void)state;
    struct port_harness p;
    start(&p, "recorder", "{\"bulk\":{\"size\":2}}");
    export(&p, 1);
    sim_plugin_port_set_sink_down(p.port, 0, true);
    assert_int_equal(export(&p, 2), WG_PLUGIN_FAILED); /* put refused */
    sim_plugin_port_set_sink_down(p.port, 0, false);
    assert_int_equal(export(&p, 2), WG_PLUGIN_OK);
    assert_string_equal(p.facts, "call e0; put 1; return e0 ok; call e0; return e0 failed; "
                                 "call e0; put 2; durable 1; durable 2; ack 2; return e0 ok; ");
    export(&p, 3);
    sim_plugin_port_set_sink_down(p.port, 0, true);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_TIMER, 0, 1), WG_PLUGIN_OK);
    assert_int_equal(port_harness_acked(&p), -2);
    assert_int_equal(p.outcome.returned.actions[0].kind, WG_PLUGIN_SCHEDULE); /* again later */
    sim_plugin_port_set_sink_down(p.port, 0, false);
    port_harness_clear(&p);
    export(&p, 3);
    assert_string_equal(p.facts, "call e0; return e0 ok; ");
    assert_int_equal(sim_plugin_port_counters(p.port).sink_refusals, 2);
    port_harness_done(&p);
}

static void recorder_sets_the_filter_of_its_args(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].args_json = "{\"filter\":{\"recordTypes\":[\"EVENT\",\"COMMAND_REJECTION\"],"
                               "\"valueTypes\":[\"JOB\",\"CHECKPOINT\"]}}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_call(&p, WG_PLUGIN_CONFIGURE, 0, 0);
    assert_int_equal(p.outcome.returned.action_count, 1);
    const struct wg_record_filter *filter = &p.outcome.returned.actions[0].filter;
    assert_int_equal(filter->record_types, 5);
    assert_int_equal(filter->value_types[0], 1);
    assert_int_equal(filter->value_types[1], 0);
    assert_true(filter->value_types[3] == (uint64_t)1 << 62);
    port_harness_done(&p);
}

/* --- ndjson -------------------------------------------------------------------------------- */

static size_t file_text(const char *dir, char *text, size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/a/partition-3.ndjson", dir);
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(text, 1, size - 1, file);
    text[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return len;
}

static void remove_files(const char *dir) {
    char path[256];
    snprintf(path, sizeof path, "%s/a/partition-3.ndjson", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", dir);
    rmdir(path);
    rmdir(dir);
}

static void export_three(struct port_harness *p, const char *dir) {
    port_harness_init(p, 1, dir);
    p->exporters[0].type = "ndjson";
    p->exporters[0].args_json = "{\"bulk\":{\"size\":2}}";
    assert_int_equal(port_harness_start(p), WG_LOADER_OK);
    port_harness_open(p, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(export(p, i), WG_PLUGIN_OK);
    }
}

static void ndjson_writes_synced_lines_only(void **state) {
    (void)state;
    char dir[] = "/tmp/waggle-ndjson-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct port_harness p;
    char text[4096];
    export_three(&p, dir);
    size_t len = file_text(dir, text, sizeof text);
    assert_true(len > 0 && text[0] == '{' && text[len - 1] == '\n');
    assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n'), &text[len - 1]); /* two lines */
    port_harness_call(&p, WG_PLUGIN_CLOSE, 0, 0);
    assert_int_equal(port_harness_acked(&p), 3);
    assert_true(file_text(dir, text, sizeof text) > len);
    port_harness_done(&p);
    remove_files(dir);
}

static void file_names_stay_below_the_folder(void **state) {
    (void)state;
    const char *const good[] = {"a", "a/b.c", "..a/b..", "a/.hidden"};
    const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.."};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sim_plugin_file_name_ok(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(sim_plugin_file_name_ok(bad[i], strlen(bad[i])));
    }
    assert_false(sim_plugin_file_name_ok("a\0b", 3));
}

static void facts_do_not_depend_on_the_output_folder(void **state) {
    (void)state;
    char dir[] = "/tmp/waggle-ndjson-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct port_harness with, without;
    export_three(&with, dir);
    export_three(&without, NULL);
    assert_string_equal(with.facts, without.facts);
    assert_non_null(strstr(with.facts, "put 1; return e0 ok; call e0; put 2; durable 1; "
                                       "durable 2; ack 2; return e0 ok; "));
    port_harness_done(&with);
    port_harness_done(&without);
    remove_files(dir);
}

/* --- faulty -------------------------------------------------------------------------------- */

static void faulty_open_fails_until_mended(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].type = "faulty";
    p.exporters[0].args_json = "{\"mode\":\"open-fails\",\"mendAfter\":\"2m\"}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    port_harness_call(&p, WG_PLUGIN_CONFIGURE, 0, 0);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_OPEN, 0, 0), WG_PLUGIN_FAILED);
    p.now = 2 * WG_MINUTE;
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_OPEN, 0, 0), WG_PLUGIN_OK);
    port_harness_done(&p);
}

static void faulty_export_fails_when_told(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "faulty", "{\"mode\":\"export-fails\",\"nth\":2,\"times\":3}");
    const uint8_t expected[] = {WG_PLUGIN_OK, WG_PLUGIN_FAILED, WG_PLUGIN_FAILED, WG_PLUGIN_FAILED,
                                WG_PLUGIN_OK};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(export(&p, i == 0 ? 1 : 2), expected[i]);
    }
    port_harness_done(&p);
}

static void faulty_acknowledges_early(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "faulty", "{\"mode\":\"acks-early\"}");
    for (uint32_t i = 1; i <= 19; i++) {
        export(&p, i);
        assert_int_equal(port_harness_acked(&p), i);
    }
    assert_null(strstr(p.facts, "durable"));
    export(&p, 20);
    assert_non_null(strstr(p.facts, "durable 20"));
    port_harness_done(&p);
}

static void faulty_never_acknowledges_until_mended(void **state) {
    (void)state;
    struct port_harness p;
    port_harness_init(&p, 1, NULL);
    p.exporters[0].type = "faulty";
    p.exporters[0].args_json = "{\"mode\":\"never-acks\",\"mendAfter\":\"1m\"}";
    assert_int_equal(port_harness_start(&p), WG_LOADER_OK);
    p.now = 10 * WG_SECOND;
    port_harness_open(&p, 0);
    assert_int_equal(p.outcome.returned.actions[0].delay, 50 * WG_SECOND);
    export(&p, 1);
    export(&p, 2);
    assert_non_null(strstr(p.facts, "durable 2"));
    assert_null(strstr(p.facts, "ack"));
    p.now = WG_MINUTE;
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 2);
    assert_int_equal(port_harness_acked(&p), 2);
    export(&p, 3);
    assert_int_equal(port_harness_acked(&p), 3);
    port_harness_done(&p);
}

static void faulty_is_slow_or_hangs(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "faulty", "{\"mode\":\"slow\",\"delay\":\"70ms\"}");
    export(&p, 1);
    assert_int_equal(p.outcome.spent, 70 * WG_MS + 20 * WG_US);
    port_harness_done(&p);
    start(&p, "faulty", "{\"mode\":\"hangs\",\"nth\":2}");
    export(&p, 1);
    port_harness_clear(&p);
    export(&p, 2);
    assert_int_equal(p.outcome.spent, WG_TIME_NEVER);
    assert_string_equal(p.facts, "call e0; "); /* it never comes back */
    port_harness_done(&p);
}

static void faulty_crashes_in_the_nth_call(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "faulty", "{\"mode\":\"crashes\",\"nth\":2}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_OK);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        export(&p, 2);
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    port_harness_done(&p);
}

static void faulty_none_is_a_recorder(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "faulty", "{}");
    export(&p, 1);
    assert_string_equal(p.facts, "call e0; put 1; durable 1; ack 1; return e0 ok; ");
    port_harness_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_functions_work_in_their_phases_only),
        cmocka_unit_test(facts_tell_calls_acknowledgements_and_filters),
        cmocka_unit_test(a_call_costs_its_base_and_what_the_sink_takes),
        cmocka_unit_test(an_injected_error_never_reaches_the_plugin),
        cmocka_unit_test(the_end_of_a_broker_loses_what_was_pending),
        cmocka_unit_test(recorder_acknowledges_after_the_flush),
        cmocka_unit_test(recorder_puts_a_repeated_record_once),
        cmocka_unit_test(recorder_sets_the_filter_of_its_args),
        cmocka_unit_test(ndjson_writes_synced_lines_only),
        cmocka_unit_test(file_names_stay_below_the_folder),
        cmocka_unit_test(facts_do_not_depend_on_the_output_folder),
        cmocka_unit_test(faulty_open_fails_until_mended),
        cmocka_unit_test(faulty_export_fails_when_told),
        cmocka_unit_test(faulty_acknowledges_early),
        cmocka_unit_test(faulty_never_acknowledges_until_mended),
        cmocka_unit_test(faulty_is_slow_or_hangs),
        cmocka_unit_test(faulty_crashes_in_the_nth_call),
        cmocka_unit_test(faulty_none_is_a_recorder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
