/* What plugins must not do: refused or bent by the host, and told as breaches; answers that come
 * later; what `faulty` can do besides. */
#include "port_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void start(struct port_harness *p, const char *args) {
    port_harness_init(p, 1, NULL);
    p->exporters[0].type = "faulty";
    p->exporters[0].args_json = args;
    assert_int_equal(port_harness_start(p), WG_LOADER_OK);
    port_harness_open(p, 0);
    port_harness_clear(p);
}

static uint8_t export(struct port_harness *p, uint32_t position) {
    return port_harness_call(p, WG_PLUGIN_EXPORT, 0, position);
}

/* --- breaches ------------------------------------------------------------------------------ */

static void breaches_are_told_and_have_no_effect(void **state) {
    (void)state;
    static const struct {
        const char *args, *facts;
    } cases[] = {
        {"{\"mode\":\"garbage\"}", "call e0; breach: answered 42 to its export call, which is no "
                                   "result of it; return e0 failed; "},
        {"{\"mode\":\"garbage\",\"value\":-1}",
         "call e0; breach: answered -1 to its export call, which is no result of it; return e0 "
         "failed; "},
        {"{\"mode\":\"fatal\"}",
         "call e0; breach: answered FATAL to its export call (position 1); return e0 failed; "},
        {"{\"mode\":\"refilters\"}", "call e0; breach: called set_filter in its export call; put "
                                     "1; durable 1; ack 1; return e0 ok; "},
        {"{\"mode\":\"acks-value\",\"value\":-5}",
         "call e0; put 1; durable 1; ack 1; breach: acknowledged position -5; return e0 ok; "},
        {"{\"mode\":\"metadata\",\"bytes\":\"2MiB\"}",
         "call e0; put 1; durable 1; breach: acknowledged 1 with 2097152 bytes of metadata, at "
         "most 1048576 are taken; return e0 ok; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct port_harness p;
        start(&p, cases[i].args);
        export(&p, 1);
        assert_string_equal(p.facts, cases[i].facts);
        port_harness_done(&p);
    }
}

static void other_calls_answer_for_themselves(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"garbage\",\"in\":\"close\"}");
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_CLOSE, 0, 0), WG_PLUGIN_FAILED);
    assert_string_equal(p.facts, "call x0; breach: answered 42 to its close call, which is no "
                                 "result of it; return x0 failed; ");
    port_harness_done(&p);
    /* PENDING is a result of export only. */
    start(&p, "{\"mode\":\"garbage\",\"in\":\"timer\",\"value\":3}");
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_TIMER, 0, 3), WG_PLUGIN_FAILED);
    assert_string_equal(p.facts, "call t0; breach: answered 3 to its timer call, which is no "
                                 "result of it; return t0 failed; ");
    port_harness_done(&p);
}

static void a_negative_delay_counts_as_a_millisecond(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"timer-zero\"}");
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 3);
    assert_int_equal(p.outcome.returned.actions[0].delay, WG_MS);
    assert_string_equal(p.facts, "call t0; return t0 ok; ");
    port_harness_done(&p);
    start(&p, "{\"mode\":\"timer-negative\"}");
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 3);
    assert_int_equal(p.outcome.returned.actions[0].delay, WG_MS);
    assert_string_equal(p.facts, "call t0; breach: scheduled its timer 3 with a delay of "
                                 "-9223372036854775808 ns; return t0 ok; ");
    port_harness_done(&p);
    start(&p, "{\"mode\":\"timer-huge\"}");
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 3);
    assert_int_equal(p.outcome.returned.actions[0].delay, INT64_MAX);
    assert_string_equal(p.facts, "call t0; return t0 ok; ");
    port_harness_done(&p);
}

static void repeated_and_lower_acknowledgements_are_no_breach(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"acks-twice\"}");
    export(&p, 7);
    assert_string_equal(p.facts,
                        "call e0; put 7; durable 7; ack 7; ack 7; ack 7; return e0 ok; ");
    port_harness_done(&p);
    start(&p, "{\"mode\":\"acks-backwards\",\"value\":5}");
    export(&p, 7);
    assert_string_equal(p.facts, "call e0; put 7; durable 7; ack 7; ack 2; return e0 ok; ");
    port_harness_done(&p);
}

/* --- answers that come later --------------------------------------------------------------- */

static void a_pending_export_is_completed_from_a_timer(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"pending\"}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_PENDING);
    assert_string_equal(p.facts, "call e0; put 1; durable 1; ack 1; return e0 pending; ");
    port_harness_clear(&p);
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_TIMER, 0, 5), WG_PLUGIN_OK);
    assert_string_equal(p.facts, "call t0; return e0 ok; return t0 ok; ");
    assert_int_equal(p.outcome.returned.action_count, 1);
    assert_int_equal(p.outcome.returned.actions[0].kind, WG_PLUGIN_COMPLETE);
    assert_int_equal(p.outcome.returned.actions[0].position, 1);
    assert_int_equal(p.outcome.returned.actions[0].result, WG_PLUGIN_OK);
    port_harness_clear(&p);
    /* Once is enough. */
    assert_int_equal(port_harness_call(&p, WG_PLUGIN_TIMER, 0, 5), WG_PLUGIN_FAILED);
    assert_non_null(strstr(p.facts, "breach: completed position 1, for which nothing waits; "));
    assert_int_equal(p.outcome.returned.action_count, 0);
    port_harness_done(&p);
}

static void a_pending_export_may_turn_out_bad(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"pending\",\"value\":1}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_PENDING);
    port_harness_call(&p, WG_PLUGIN_TIMER, 0, 5);
    assert_int_equal(p.outcome.returned.actions[0].result, WG_PLUGIN_FAILED);
    assert_non_null(strstr(p.facts, "call t0; return e0 failed; return t0 ok; "));
    port_harness_done(&p);
}

/* --- habits and bulks ---------------------------------------------------------------------- */

static void a_habit_strikes_where_and_when_it_was_told(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"fails\",\"position\":2}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_OK);
    assert_int_equal(export(&p, 2), WG_PLUGIN_FAILED);
    assert_int_equal(export(&p, 2), WG_PLUGIN_FAILED); /* for ever */
    assert_int_equal(export(&p, 3), WG_PLUGIN_OK);
    port_harness_done(&p);
    start(&p, "{\"mode\":\"fails\",\"partitions\":[1,2]}"); /* this is partition 3 */
    assert_int_equal(export(&p, 1), WG_PLUGIN_OK);
    port_harness_done(&p);
    start(&p, "{\"mode\":\"fails\",\"partitions\":[3]}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_FAILED);
    port_harness_done(&p);
    start(&p, "{\"mode\":\"fails\",\"from\":\"10s\",\"mendAfter\":\"20s\"}");
    assert_int_equal(export(&p, 1), WG_PLUGIN_OK);
    p.now = 10 * WG_SECOND;
    assert_int_equal(export(&p, 2), WG_PLUGIN_FAILED);
    p.now = 20 * WG_SECOND;
    assert_int_equal(export(&p, 2), WG_PLUGIN_OK);
    port_harness_done(&p);
}

static void a_chance_strikes_about_as_often_as_told(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"slow\",\"delay\":\"1s\",\"chance\":10}");
    uint32_t struck = 0;
    for (uint32_t i = 1; i <= 1000; i++) {
        export(&p, i);
        struck += p.outcome.spent >= WG_SECOND;
        port_harness_clear(&p);
    }
    assert_in_range(struck, 60, 140);
    port_harness_done(&p);
}

static void documents_are_lost_doubled_and_swapped(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"mode\":\"loses\",\"nth\":2}");
    export(&p, 1);
    port_harness_clear(&p);
    export(&p, 2);
    assert_string_equal(p.facts, "call e0; ack 2; return e0 ok; ");
    port_harness_done(&p);
    start(&p, "{\"mode\":\"doubles\"}");
    export(&p, 1);
    assert_string_equal(p.facts, "call e0; put 1; put 1; durable 1; durable 1; ack 1; return e0 ok; ");
    port_harness_done(&p);
    start(&p, "{\"mode\":\"reorders\",\"bulk\":{\"size\":3}}");
    for (uint32_t i = 1; i <= 3; i++) {
        export(&p, i);
    }
    assert_string_equal(p.facts, "call e0; return e0 ok; call e0; put 2; put 1; return e0 ok; "
                                 "call e0; put 3; durable 2; durable 1; durable 3; ack 3; "
                                 "return e0 ok; ");
    port_harness_done(&p);
}

static void a_bulk_is_flushed_when_it_fills_its_memory(void **state) {
    (void)state;
    struct port_harness p;
    start(&p, "{\"bulk\":{\"size\":100,\"memoryLimit\":300}}");
    export(&p, 1);
    export(&p, 2);
    assert_null(strstr(p.facts, "durable"));
    export(&p, 3); /* 129 bytes each */
    assert_non_null(strstr(p.facts, "durable 3; ack 3; "));
    export(&p, 4);
    assert_null(strstr(p.facts, "durable 4"));
    port_harness_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaches_are_told_and_have_no_effect),
        cmocka_unit_test(other_calls_answer_for_themselves),
        cmocka_unit_test(a_negative_delay_counts_as_a_millisecond),
        cmocka_unit_test(repeated_and_lower_acknowledgements_are_no_breach),
        cmocka_unit_test(a_pending_export_is_completed_from_a_timer),
        cmocka_unit_test(a_pending_export_may_turn_out_bad),
        cmocka_unit_test(a_habit_strikes_where_and_when_it_was_told),
        cmocka_unit_test(a_chance_strikes_about_as_often_as_told),
        cmocka_unit_test(documents_are_lost_doubled_and_swapped),
        cmocka_unit_test(a_bulk_is_flushed_when_it_fills_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
