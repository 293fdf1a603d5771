/* Rows D (the director) and those rows C that are about calls of a container. */
#include "tests/conformance/script.h"

/* --- skipping ---------------------------------------------------------------------------------- */

static void conf_D01_skipped_first_record_advances_all(void **state) {
    struct harness *h = scripted(2, state);
    takes_only(0, WG_VT_JOB);
    takes_only(1, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), 1);
    write_and_commit(h, WG_VT_JOB); /* taken, not acknowledged */
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), 1);
    harness_free(h);
}

static void conf_D02_skip_advances_only_who_is_up_to_date(void **state) {
    struct harness *h = scripted(2, state);
    takes_only(0, WG_VT_JOB);
    takes_only(1, WG_VT_JOB);
    script.exporters[0].acks = true;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_JOB);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 2);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_free(h);
}

static void conf_D03_own_filter_skips_the_first_record(void **state) {
    struct harness *h = scripted(2, state);
    takes_only(0, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), -1);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e1:1");
    harness_free(h);
}

static void conf_D04_own_filter_skips_after_an_acknowledged_record(void **state) {
    struct harness *h = scripted(2, state);
    takes_only(0, WG_VT_JOB);
    script.exporters[0].acks = true;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_JOB);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 2);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_free(h);
}

/* --- life -------------------------------------------------------------------------------------- */

/* The context itself (id, args, partition, log) is the port's: see row C1. */
static void conf_D05_all_are_configured_then_opened(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "b", 0, "of b");
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1");
    assert_int_equal(script.opened[0].partition, 1);
    assert_int_equal(script.opened[0].exporter, 0);
    assert_int_equal(script.opened[0].last_position, -1);
    assert_int_equal(script.opened[1].exporter, 1);
    assert_int_equal(script.opened[1].last_position, 0);
    assert_string_equal(script.opened_metadata[0], "");
    assert_string_equal(script.opened_metadata[1], "of b");
    assert_true(script.opened[0].instance != script.opened[1].instance);
    harness_free(h);
}

static void conf_D06_all_are_closed(void **state) {
    struct harness *h = scripted(3, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_close(h);
    assert_string_equal(harness_trace(h), "x0 x1 x2 d0 d1 d2");
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void conf_C16_close_is_forwarded(void **state) {
    struct harness *h = scripted(1, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_count(h, WG_PLUGIN_CLOSE), 0);
    harness_close(h);
    assert_int_equal(harness_count(h, WG_PLUGIN_CLOSE), 1);
    harness_free(h);
}

static void conf_C02_open_gets_what_the_container_holds(void **state) {
    struct harness *h = scripted(1, state);
    stored_row(h, "a", 3, "meta");
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(script.opened[0].instance, h->calls[0].instance); /* the configured one */
    assert_int_equal(script.opened[0].last_position, 3);
    assert_string_equal(script.opened_metadata[0], "meta");
    harness_free(h);
}

static void conf_D17_acknowledgement_of_a_close_is_stored(void **state) {
    struct harness *h = scripted(1, state);
    script.exporters[0].acks_in_close = 2;
    script.exporters[0].metadata = "last";
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), -1);
    harness_close(h);
    expect_row(h, "a", 2, "last");
    harness_free(h);
}

/* --- filters ----------------------------------------------------------------------------------- */

static void conf_D08_own_filter_by_type_and_value_type(void **state) {
    struct harness *h = scripted(2, state);
    takes_only(0, WG_VT_DEPLOYMENT);
    takes_only(1, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write_typed(h, WG_COMMAND, WG_VT_DEPLOYMENT);
    harness_write_typed(h, WG_EVENT, WG_VT_DEPLOYMENT);
    harness_write_typed(h, WG_REJECTION, WG_VT_JOB);
    harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    harness_write_typed(h, WG_EVENT, WG_VT_INCIDENT);
    harness_commit(h);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:2 e1:4");
    harness_free(h);
}

static void conf_C05_record_below_the_position_is_not_passed(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "a", 2, "");
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE); /* "b" starts at the first record */
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e1:1 e1:2 e0:3 e1:3");
    assert_int_equal(harness_position(h, "a"), 2);
    harness_free(h);
}

/* What is in flight shows in the skip that it holds back, and in the acknowledgement that ends it. */
static void conf_C06_export_puts_a_record_in_flight(void **state) {
    struct harness *h = scripted(1, state);
    takes_only(0, WG_VT_JOB);
    stored_row(h, "a", 0, "");
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_JOB);
    assert_int_equal(harness_position(h, "a"), 0); /* unchanged */
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 0); /* 1 is in flight */
    script.exporters[0].acks_in_close = 1;
    harness_close(h);
    assert_int_equal(harness_position(h, "a"), 1);
    harness_free(h);
}

static void conf_C07_the_last_of_several_exports_counts(void **state) {
    struct harness *h = scripted(1, state);
    takes_only(0, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_and_commit(h, WG_VT_JOB);
    write_and_commit(h, WG_VT_JOB);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), -1); /* 2 is in flight */
    script.exporters[0].acks = true;
    write_and_commit(h, WG_VT_JOB);
    assert_int_equal(harness_position(h, "a"), 4);
    write_and_commit(h, WG_VT_TIMER);
    assert_int_equal(harness_position(h, "a"), 5); /* nothing is */
    harness_free(h);
}

/* --- retry ------------------------------------------------------------------------------------- */

static void conf_D10_each_record_arrives_once_and_in_order_after_failures(void **state) {
    struct harness *h = scripted(2, state);
    script.exporters[0].fails = script.exporters[1].fails = 3;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_write(h, 2);
    harness_commit(h);
    /* 2, 4 and 8 s of "a"; "b" goes on counting attempts of the same record: 10, 10 and 10 s. */
    harness_pass(h, 14 * WG_SECOND - 1);
    assert_string_equal(harness_trace(h), "e0:1 e0:1 e0:1");
    harness_pass(h, 1);
    assert_string_equal(harness_trace(h), "e0:1 e0:1 e0:1 e0:1 e1:1");
    harness_pass(h, 30 * WG_SECOND);
    assert_string_equal(harness_trace(h),
                        "e0:1 e0:1 e0:1 e0:1 e1:1 e1:1 e1:1 e1:1 e0:2 e1:2");
    harness_free(h);
}

/* --- timers ------------------------------------------------------------------------------------ */

static enum wg_plugin_result schedules_in_open(struct harness *h,
                                               const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_OPEN) {
        harness_schedule(h, 1, 10 * WG_SECOND);
        harness_schedule(h, 2, 20 * WG_SECOND);
    }
    return WG_PLUGIN_OK;
}

static void conf_D11_task_runs_after_its_delay(void **state) {
    struct harness *h = scripted(1, state);
    h->script = schedules_in_open;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_pass(h, 10 * WG_SECOND - 1);
    assert_int_equal(h->call_count, 0);
    harness_pass(h, 1);
    assert_string_equal(harness_trace(h), "t0#1");
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "t0#1 t0#2"); /* once each */
    harness_free(h);
}

static enum wg_plugin_result cancels_in_export(struct harness *h,
                                               const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT) {
        harness_cancel(h, (uint32_t)call->record->position);
    }
    return schedules_in_open(h, call);
}

static void conf_D12_cancellable_task_runs_when_not_cancelled(void **state) {
    struct harness *h = scripted(1, state);
    h->script = cancels_in_export;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 o0 t0#1 t0#2");
    harness_write(h, 1);
    harness_commit(h); /* cancels what has run: no effect */
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 o0 t0#1 t0#2 e0:1");
    harness_free(h);
}

static void conf_D13_cancelled_task_does_not_run_its_sibling_does(void **state) {
    struct harness *h = scripted(1, state);
    h->script = cancels_in_export;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1 t0#2");
    harness_free(h);
}

/* --- recovery ---------------------------------------------------------------------------------- */

static void conf_D14_positions_are_recovered(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "a", 2, "");
    stored_row(h, "b", 1, "");
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_close(h);
    h->call_count = 0;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e1:2 e0:3 e1:3");
    harness_free(h);
}

static void conf_D15_metadata_is_recovered(void **state) {
    struct harness *h = scripted(2, state);
    script.exporters[0].acks = script.exporters[1].acks = true;
    script.exporters[0].metadata = "e1";
    script.exporters[1].metadata = "e2";
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    harness_close(h);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(script.opened_metadata[0], "e1");
    assert_string_equal(script.opened_metadata[1], "e2");
    harness_free(h);
}

static enum wg_plugin_result acks_backwards(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT) {
        harness_ack(h, 3 - call->record->position, NULL);
    }
    return WG_PLUGIN_OK;
}

static void conf_D16_smaller_acknowledgement_is_ignored(void **state) {
    struct harness *h = scripted(1, state);
    h->script = acks_backwards;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), 2);
    harness_write(h, 2);
    harness_commit(h); /* 2 is behind it, 3 acknowledges 0 */
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    assert_int_equal(harness_position(h, "a"), 2);
    harness_free(h);
}

static void conf_D18_row_of_an_unconfigured_exporter_is_removed(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "a", 1, "");
    stored_row(h, "b", 2, "kept");
    harness_write(h, 2);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    stored_row(h, "gone", 0, "");
    harness_close(h);
    assert_int_equal(wg_exporter_rows_lowest(h->state), 0);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "gone"), -2);
    assert_int_equal(harness_position(h, "a"), 1);
    expect_row(h, "b", 2, "kept");
    assert_int_equal(wg_exporter_rows_lowest(h->state), 1);
    harness_free(h);
}

static void conf_D19_who_never_acknowledges_gets_all_again(void **state) {
    struct harness *h = scripted(2, state);
    script.exporters[0].acks = true;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    harness_commit(h);
    harness_close(h);
    h->call_count = 0;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e1:1 e1:2");
    harness_free(h);
}

static void conf_D20_starts_soft_paused(void **state) {
    struct harness *h = scripted(2, state);
    script.exporters[0].acks = script.exporters[1].acks = true;
    h->exporting = WG_EXPORTING_SOFT_PAUSED;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    harness_commit(h);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 4);
    assert_int_equal(harness_position(h, "a"), -1);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(conf_D01_skipped_first_record_advances_all),
        BOTH(conf_D02_skip_advances_only_who_is_up_to_date),
        BOTH(conf_D03_own_filter_skips_the_first_record),
        BOTH(conf_D04_own_filter_skips_after_an_acknowledged_record),
        BOTH(conf_D05_all_are_configured_then_opened),
        BOTH(conf_D06_all_are_closed),
        BOTH(conf_D08_own_filter_by_type_and_value_type),
        BOTH(conf_D10_each_record_arrives_once_and_in_order_after_failures),
        BOTH(conf_D11_task_runs_after_its_delay),
        BOTH(conf_D12_cancellable_task_runs_when_not_cancelled),
        BOTH(conf_D13_cancelled_task_does_not_run_its_sibling_does),
        BOTH(conf_D14_positions_are_recovered),
        BOTH(conf_D15_metadata_is_recovered),
        BOTH(conf_D16_smaller_acknowledgement_is_ignored),
        BOTH(conf_D17_acknowledgement_of_a_close_is_stored),
        BOTH(conf_D18_row_of_an_unconfigured_exporter_is_removed),
        BOTH(conf_D19_who_never_acknowledges_gets_all_again),
        BOTH(conf_D20_starts_soft_paused),
        BOTH(conf_C02_open_gets_what_the_container_holds),
        BOTH(conf_C05_record_below_the_position_is_not_passed),
        BOTH(conf_C06_export_puts_a_record_in_flight),
        BOTH(conf_C07_the_last_of_several_exports_counts),
        BOTH(conf_C16_close_is_forwarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
