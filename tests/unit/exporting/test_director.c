/* The active director: start, reading, filtering, skipping, retry, timers, close (reference:
 * exporters 7, rows D; historical bugs E). */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* --- scripts ------------------------------------------------------------------------------- */

static enum wg_plugin_result ack_all(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT) {
        harness_ack(h, call->record->position, NULL);
    }
    return WG_PLUGIN_OK;
}

static enum wg_plugin_result only_b_acks(struct harness *h, const struct wg_plugin_call *call) {
    return call->exporter == 1 ? ack_all(h, call) : WG_PLUGIN_OK;
}

/* "a" takes JOB events only, and acknowledges nothing. */
static enum wg_plugin_result a_takes_jobs(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_CONFIGURE && call->exporter == 0) {
        harness_filter(h, 1u << WG_EVENT, WG_VT_JOB);
    }
    return WG_PLUGIN_OK;
}

/* Every exporter takes JOB events only; "a" acknowledges. */
static enum wg_plugin_result all_take_jobs(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_CONFIGURE) {
        harness_filter(h, 1u << WG_EVENT, WG_VT_JOB);
    }
    if (call->kind == WG_PLUGIN_EXPORT && call->exporter == 0) {
        harness_ack(h, call->record->position, NULL);
    }
    return WG_PLUGIN_OK;
}

/* "b" fails its first three exports. */
static enum wg_plugin_result b_fails_thrice(struct harness *h,
                                            const struct wg_plugin_call *call) {
    if (call->kind != WG_PLUGIN_EXPORT || call->exporter != 1) {
        return WG_PLUGIN_OK;
    }
    uint32_t exports_of_b = 0;
    for (uint32_t i = 0; i < h->call_count; i++) {
        exports_of_b += h->calls[i].kind == WG_PLUGIN_EXPORT && h->calls[i].exporter == 1;
    }
    return exports_of_b <= 3 ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

static enum wg_plugin_result all_exports_fail(struct harness *h,
                                              const struct wg_plugin_call *call) {
    (void)h;
    return call->kind == WG_PLUGIN_EXPORT ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

/* --- start --------------------------------------------------------------------------------- */

static void start_configures_all_then_opens_all(void **state) { /* D5 */
    (void)state;
    struct harness *h = harness_new(3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 c2 o0 o1 o2");
    assert_int_equal(harness_position(h, "a"), -1); /* written: holds back compaction */
    assert_int_equal(harness_position(h, "c"), -1);
    assert_int_equal(h->claims[0].kind, WG_CLAIM_DIRECTOR);
    assert_int_equal(h->claims[0].a, 1);
    assert_int_equal(h->claims[0].b, 7);
    harness_free(h);
}

static void start_takes_the_order_that_was_chosen(void **state) {
    (void)state;
    struct harness *h = harness_new(3);
    h->choice = 1;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    assert_string_equal(harness_trace(h), "c1 c2 c0 o1 o2 o0 e1:1 e2:1 e0:1");
    harness_free(h);
}

static void start_removes_rows_of_unknown_ids(void **state) { /* D18 */
    (void)state;
    struct harness *h = harness_new(1);
    struct wg_exporter_row row = {5, 0, {NULL, 0}};
    wg_exporter_row_put(h->state, "gone", &row);
    wg_exporter_row_put(h->state, "older", &row);
    wg_exporter_row_put(h->state, "a", &row);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "gone"), -2);
    assert_int_equal(harness_position(h, "older"), -2);
    assert_int_equal(harness_position(h, "a"), 5);
    harness_free(h);
}

static void without_exporters_rows_go_and_nothing_is_read(void **state) { /* E08, S7 */
    (void)state;
    struct harness *h = harness_new(0);
    struct wg_exporter_row row = {5, 0, {NULL, 0}};
    wg_exporter_row_put(h->state, "gone", &row);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 3);
    harness_commit(h);
    assert_int_equal(harness_position(h, "gone"), -2);
    assert_int_equal(wg_exporter_rows_lowest(h->state), WG_POSITION_MAX);
    assert_int_equal(h->log.readers, 0);
    assert_int_equal(h->timer_at, WG_TIME_NEVER);
    harness_close(h);
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void start_recovers_positions_from_state(void **state) { /* D14, D19 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = only_b_acks;
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "a"), -1);
    assert_int_equal(harness_position(h, "b"), 3);
    h->call_count = 0;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 e0:2 e0:3");
    harness_free(h);
}

static void start_fails_on_a_gap_behind_the_lowest_position(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    struct wg_exporter_row row = {2, 0, {NULL, 0}};
    wg_exporter_row_put(h->state, "a", &row);
    harness_write(h, 9);
    h->log.first = 5;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(h->status, WG_GAP);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 0);
    harness_close(h);
    assert_string_equal(harness_trace(h), "c0 o0 x0 d0");
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void position_minus_one_starts_at_the_first_record_left(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_write(h, 6);
    h->log.first = 5;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 o0 e0:5 e0:6");
    harness_free(h);
}

static enum wg_plugin_result open_fails(struct harness *h, const struct wg_plugin_call *call) {
    (void)h;
    return call->kind == WG_PLUGIN_OPEN && call->exporter == 1 ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

static void failed_open_restarts_after_back_off(void **state) { /* prom-E20 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = open_fails;
    harness_write(h, 1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 x0 d0 d1");
    const wg_time delays[] = {2, 4, 8, 10, 10};
    for (uint32_t i = 0; i < 5; i++) {
        h->call_count = 0;
        harness_pass(h, delays[i] * WG_SECOND - 1);
        assert_int_equal(h->call_count, 0);
        harness_pass(h, 1);
        assert_string_equal(harness_trace(h), "c0 c1 o0 o1 x0 d0 d1");
    }
    assert_int_equal(h->calls[0].instance, 11); /* fresh instances */
    h->script = NULL;
    h->call_count = 0;
    harness_pass(h, 10 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 e1:1");
    harness_free(h);
}

static enum wg_plugin_result configure_fails(struct harness *h,
                                             const struct wg_plugin_call *call) {
    (void)h;
    return call->kind == WG_PLUGIN_CONFIGURE && call->exporter == 0 ? WG_PLUGIN_FAILED
                                                                    : WG_PLUGIN_OK;
}

static void failed_configure_restarts_too(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = configure_fails;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 d0");
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 d0 c0 d0");
    harness_close(h);
    assert_int_equal(h->closed, 1);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 d0 c0 d0");
    harness_free(h);
}

/* --- reading ------------------------------------------------------------------------------- */

static void only_committed_records_are_exported(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 5);
    harness_post(h, WG_POST_COMMIT, 2);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1 e0:2");
    harness_post(h, WG_POST_COMMIT, 1); /* old news */
    harness_commit(h);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 5);
    harness_free(h);
}

static void own_filter_needs_type_and_value_type(void **state) { /* D8 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = a_takes_jobs;
    harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    harness_write_typed(h, WG_COMMAND, WG_VT_JOB);
    harness_write_typed(h, WG_EVENT, WG_VT_INCIDENT);
    harness_write_typed(h, WG_REJECTION, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 e1:1 e1:2 e1:3 e1:4");
    harness_free(h);
}

static void skipped_by_all_advances_who_is_up_to_date(void **state) { /* D1, D2, E05, E07 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = all_take_jobs;
    harness_write_typed(h, WG_EVENT, WG_VT_TIMER);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), 1);
    harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    harness_write_typed(h, WG_EVENT, WG_VT_TIMER);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), 3); /* had acknowledged 2 */
    assert_int_equal(harness_position(h, "b"), 1); /* 2 is in flight */
    harness_free(h);
}

static void skipped_by_own_filter_advances_that_one_only(void **state) { /* D3, D4 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = a_takes_jobs;
    harness_write_typed(h, WG_EVENT, WG_VT_TIMER);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    harness_write_typed(h, WG_EVENT, WG_VT_TIMER);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), 1); /* 2 is in flight */
    harness_free(h);
}

static void unknown_value_type_reaches_nobody_and_moves_nothing(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_write_typed(h, WG_EVENT, 200);
    harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 o0 e0:2");
    assert_int_equal(harness_position(h, "a"), -1);
    harness_free(h);
}

static void long_runs_of_skipped_records_yield(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->script = all_take_jobs;
    h->options.costs.export_record = 10;
    for (uint32_t i = 0; i < 600; i++) {
        harness_write_typed(h, WG_EVENT, WG_VT_TIMER);
    }
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(harness_position(h, "a"), 600);
    assert_int_equal(h->env.cost, 6000);
    uint32_t stores = 0;
    for (uint32_t i = 0; i < h->claim_count; i++) {
        stores += h->claims[i].kind == WG_CLAIM_EXPORTER_POSITION && h->claims[i].c == 2;
    }
    assert_int_equal(stores, 3); /* one row per step, 256 records each at most */
    harness_free(h);
}

static void record_is_unchanged_while_the_call_lasts(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_write(h, 1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    h->hold = true;
    harness_commit(h);
    assert_true(h->outstanding);
    const struct wg_record *record = h->held.record;
    assert_true(h->log.frame->refs >= 3); /* log, reader, director */
    harness_write(h, 4);
    harness_commit(h);
    assert_int_equal(record->position, 2);
    harness_answer(h, WG_PLUGIN_OK);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 6);
    harness_free(h);
}

static void return_with_an_unknown_call_id_is_ignored(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    h->hold = true;
    harness_commit(h);
    struct wg_plugin_action ack = {.kind = WG_PLUGIN_ACK, .position = 1};
    struct wg_plugin_return stale = {h->held.call_id - 1, h->held.instance, WG_PLUGIN_OK, &ack, 1};
    struct wg_event event = {.kind = WG_EVENT_PLUGIN_RETURNED, .actor = WG_ACTOR_EXPORTER};
    event.u.returned = &stale;
    assert_int_equal(wg_director_step(h->director, &event), WG_OK);
    assert_int_equal(harness_position(h, "a"), -1);
    harness_ack(h, 1, NULL);
    harness_answer(h, WG_PLUGIN_OK);
    assert_int_equal(harness_position(h, "a"), 1);
    harness_free(h);
}

/* --- retry --------------------------------------------------------------------------------- */

static void failed_export_resumes_at_the_failing_exporter(void **state) { /* D10, inv 18 */
    (void)state;
    struct harness *h = harness_new(3);
    h->script = b_fails_thrice;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    harness_commit(h);
    harness_pass(h, 14 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 c2 o0 o1 o2 e0:1 e1:1 e1:1 e1:1 e1:1 e2:1 "
                                          "e0:2 e1:2 e2:2");
    harness_free(h);
}

static void back_off_is_2_4_8_10_10_and_per_record(void **state) { /* inv 19 */
    (void)state;
    struct harness *h = harness_new(1);
    h->script = all_exports_fail;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    h->call_count = 0;
    harness_commit(h);
    harness_pass(h, 34 * WG_SECOND);
    const wg_time gaps[] = {2, 4, 8, 10, 10};
    assert_int_equal(h->call_count, 6);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(h->calls[i + 1].at - h->calls[i].at, gaps[i] * WG_SECOND);
    }
    h->script = NULL;
    harness_pass(h, 10 * WG_SECOND); /* record 1 passes, and record 2 */
    assert_int_equal(h->call_count, 8);
    h->script = all_exports_fail;
    h->call_count = 0;
    harness_write(h, 1);
    harness_commit(h);
    harness_pass(h, 2 * WG_SECOND);
    assert_int_equal(h->call_count, 2);
    assert_int_equal(h->calls[1].at - h->calls[0].at, 2 * WG_SECOND);
    harness_free(h);
}

static enum wg_plugin_result ack_then_fail(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT && call->exporter == 0) {
        harness_ack(h, call->record->position, NULL);
        return WG_PLUGIN_FAILED;
    }
    return WG_PLUGIN_OK;
}

static void acknowledged_then_failed_counts_as_delivered(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = ack_then_fail;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), 1);
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 e1:1");
    harness_free(h);
}

static void close_during_back_off_ends_the_record(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = all_exports_fail;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    harness_close(h);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 x0 x1 d0 d1");
    harness_pass(h, WG_MINUTE);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 1);
    assert_int_equal(h->closed, 1);
    assert_int_equal(h->log.readers, 0);
    harness_free(h);
}

/* --- acknowledgements ---------------------------------------------------------------------- */

static enum wg_plugin_result acks_out_of_order(struct harness *h,
                                               const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT && call->record->position == 3) {
        harness_ack(h, 3, "three");
        harness_ack(h, 1, "one");
        harness_ack(h, -1, "none");
        harness_ack(h, 3, "again");
    }
    return WG_PLUGIN_OK;
}

static void only_greater_acknowledgements_count(void **state) { /* D16, C9, C10, C20, E04 */
    (void)state;
    struct harness *h = harness_new(1);
    h->script = acks_out_of_order;
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(h->state, "a", &row));
    assert_int_equal(row.position, 3);
    assert_int_equal(row.metadata.len, 5);
    assert_memory_equal(row.metadata.ptr, "three", 5);
    harness_free(h);
}

static enum wg_plugin_result acks_ahead(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT) {
        harness_ack(h, call->record->position + 2, NULL);
    }
    return WG_PLUGIN_OK;
}

static void records_below_an_early_acknowledgement_are_not_passed(void **state) { /* C5 */
    (void)state;
    struct harness *h = harness_new(1);
    h->script = acks_ahead;
    harness_write(h, 6);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1 e0:4");
    assert_int_equal(harness_position(h, "a"), 6);
    harness_free(h);
}

static enum wg_plugin_result ack_in_close(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_CLOSE) {
        harness_ack(h, 2, NULL);
        harness_schedule(h, 1, WG_SECOND);
        return call->exporter == 0 ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
    }
    return WG_PLUGIN_OK;
}

static void close_closes_all_and_takes_their_acknowledgements(void **state) { /* D6, D17, E21 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = ack_in_close;
    harness_write(h, 2);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_close(h);
    assert_string_equal(harness_trace(h), "x0 x1 d0 d1");
    assert_int_equal(harness_position(h, "a"), 2);
    assert_int_equal(harness_position(h, "b"), 2);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "x0 x1 d0 d1");
    harness_close(h); /* once more */
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void close_waits_for_the_running_call(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    h->hold = true;
    harness_commit(h);
    harness_close(h);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1");
    harness_ack(h, 1, NULL);
    harness_answer(h, WG_PLUGIN_OK);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1 x0 d0");
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void close_during_configure_opens_nothing(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->hold = true;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_close(h);
    harness_answer(h, WG_PLUGIN_OK);
    assert_string_equal(harness_trace(h), "c0 d0");
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void close_during_open_closes_what_opened(void **state) {
    (void)state;
    for (int failed = 0; failed < 2; failed++) {
        struct harness *h = harness_new(2);
        h->hold_kind = WG_PLUGIN_OPEN;
        harness_start(h, WG_DIRECTOR_ACTIVE);
        harness_close(h);
        assert_int_equal(h->closed, 0);
        harness_answer(h, failed ? WG_PLUGIN_FAILED : WG_PLUGIN_OK);
        assert_string_equal(harness_trace(h), failed ? "c0 c1 o0 d0 d1" : "c0 c1 o0 x0 d0 d1");
        assert_int_equal(h->closed, 1);
        harness_free(h);
    }
}

static void metadata_survives_a_restart_and_stays_apart(void **state) { /* D15, E17, C26 */
    (void)state;
    struct harness *h = harness_new(2);
    struct wg_exporter_row row = {4, 10, {(const uint8_t *)"old", 3}};
    wg_exporter_row_put(h->state, "a", &row);
    harness_write(h, 5);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->script = ack_all;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_true(wg_exporter_row_get(h->state, "a", &row));
    assert_int_equal(row.position, 5);
    assert_int_equal(row.metadata_version, 10);
    assert_memory_equal(row.metadata.ptr, "old", 3); /* no metadata given: kept */
    assert_true(wg_exporter_row_get(h->state, "b", &row));
    assert_int_equal(row.metadata.len, 0);
    harness_free(h);
}

static struct wg_bytes seen_metadata;
static wg_position seen_position;
static enum wg_plugin_result look_at_open(struct harness *h, const struct wg_plugin_call *call) {
    (void)h;
    if (call->kind == WG_PLUGIN_OPEN) {
        seen_metadata = call->metadata;
        seen_position = call->last_position;
    }
    return WG_PLUGIN_OK;
}

static void open_sees_stored_position_and_metadata(void **state) { /* C4, C18 */
    (void)state;
    struct harness *h = harness_new(1);
    struct wg_exporter_row row = {4, 0, {(const uint8_t *)"m", 1}};
    wg_exporter_row_put(h->state, "a", &row);
    harness_write(h, 4);
    h->script = look_at_open;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_int_equal(seen_position, 4);
    assert_int_equal(seen_metadata.len, 1);
    assert_memory_equal(seen_metadata.ptr, "m", 1);
    harness_free(h);
}

/* --- timers -------------------------------------------------------------------------------- */

static enum wg_plugin_result schedule_two(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_OPEN) {
        harness_schedule(h, 1, 3 * WG_SECOND);
        harness_schedule(h, 2, 5 * WG_SECOND);
        harness_schedule(h, 3, 4 * WG_SECOND);
        harness_cancel(h, 3);
        harness_schedule(h, 2, 2 * WG_SECOND); /* replaced */
    }
    if (call->kind == WG_PLUGIN_TIMER && call->timer == 1) {
        harness_ack(h, 1, NULL);
    }
    return WG_PLUGIN_OK;
}

static void timers_fire_in_order_and_can_be_cancelled(void **state) { /* D11 to D13 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = schedule_two;
    harness_write(h, 1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_pass(h, 2 * WG_SECOND - 1);
    assert_int_equal(h->call_count, 0);
    harness_pass(h, 1);
    assert_string_equal(harness_trace(h), "t0#2 t1#2");
    harness_pass(h, 10 * WG_SECOND);
    assert_string_equal(harness_trace(h), "t0#2 t1#2 t0#1 t1#1");
    assert_int_equal(harness_position(h, "a"), 1); /* acknowledged from a timer */
    harness_free(h);
}

static void timers_fire_during_back_off(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->script = schedule_two;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->script = all_exports_fail;
    harness_write(h, 1);
    harness_pass(h, WG_SECOND);
    harness_commit(h);
    h->call_count = 0;
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "t0#2 t0#1 e0:1");
    harness_free(h);
}

static enum wg_plugin_result timer_fails(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_OPEN) {
        harness_schedule(h, 9, WG_SECOND);
    }
    return call->kind == WG_PLUGIN_TIMER ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

static void failed_timer_restarts_the_director(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = timer_fails;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_pass(h, WG_SECOND);
    assert_string_equal(harness_trace(h), "t0#9 x0 x1 d0 d1");
    assert_int_equal(h->log.readers, 0);
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "t0#9 x0 x1 d0 d1 c0 c1 o0 o1");
    harness_free(h);
}

static enum wg_plugin_result first_open_schedules(struct harness *h,
                                                  const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_OPEN && call->instance <= 2) {
        harness_schedule(h, call->instance, WG_SECOND);
    }
    return call->kind == WG_PLUGIN_TIMER ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

static void timers_die_with_their_incarnation(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = first_open_schedules;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    h->call_count = 0;
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "t0#1 x0 x1 d0 d1 c0 c1 o0 o1");
    harness_free(h);
}

static void a_late_timer_runs_after_the_call_that_delayed_it(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->script = schedule_two;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 2);
    h->call_count = 0;
    h->hold = true;
    harness_commit(h);
    h->env.now += 10 * WG_SECOND; /* a slow export */
    harness_answer(h, WG_PLUGIN_OK);
    assert_string_equal(harness_trace(h), "e0:1 t0#2 t0#1 e0:2");
    harness_free(h);
}

static void close_before_the_first_wake_is_answered(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->director = wg_director_new(&h->env, &h->options, &h->partition, &h->log, h->state,
                                  WG_DIRECTOR_ACTIVE, WG_EXPORTING, 7, 0, &h->next_instance, &h->next_call);
    harness_close(h);
    assert_int_equal(h->closed, 1);
    harness_post(h, WG_POST_WAKE, 0);
    assert_int_equal(h->call_count, 0);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_configures_all_then_opens_all),
        cmocka_unit_test(start_takes_the_order_that_was_chosen),
        cmocka_unit_test(start_removes_rows_of_unknown_ids),
        cmocka_unit_test(without_exporters_rows_go_and_nothing_is_read),
        cmocka_unit_test(start_recovers_positions_from_state),
        cmocka_unit_test(start_fails_on_a_gap_behind_the_lowest_position),
        cmocka_unit_test(position_minus_one_starts_at_the_first_record_left),
        cmocka_unit_test(failed_open_restarts_after_back_off),
        cmocka_unit_test(failed_configure_restarts_too),
        cmocka_unit_test(only_committed_records_are_exported),
        cmocka_unit_test(own_filter_needs_type_and_value_type),
        cmocka_unit_test(skipped_by_all_advances_who_is_up_to_date),
        cmocka_unit_test(skipped_by_own_filter_advances_that_one_only),
        cmocka_unit_test(unknown_value_type_reaches_nobody_and_moves_nothing),
        cmocka_unit_test(long_runs_of_skipped_records_yield),
        cmocka_unit_test(record_is_unchanged_while_the_call_lasts),
        cmocka_unit_test(return_with_an_unknown_call_id_is_ignored),
        cmocka_unit_test(failed_export_resumes_at_the_failing_exporter),
        cmocka_unit_test(back_off_is_2_4_8_10_10_and_per_record),
        cmocka_unit_test(acknowledged_then_failed_counts_as_delivered),
        cmocka_unit_test(close_during_back_off_ends_the_record),
        cmocka_unit_test(only_greater_acknowledgements_count),
        cmocka_unit_test(records_below_an_early_acknowledgement_are_not_passed),
        cmocka_unit_test(close_closes_all_and_takes_their_acknowledgements),
        cmocka_unit_test(close_waits_for_the_running_call),
        cmocka_unit_test(close_during_configure_opens_nothing),
        cmocka_unit_test(close_during_open_closes_what_opened),
        cmocka_unit_test(metadata_survives_a_restart_and_stays_apart),
        cmocka_unit_test(open_sees_stored_position_and_metadata),
        cmocka_unit_test(timers_fire_in_order_and_can_be_cancelled),
        cmocka_unit_test(timers_fire_during_back_off),
        cmocka_unit_test(failed_timer_restarts_the_director),
        cmocka_unit_test(timers_die_with_their_incarnation),
        cmocka_unit_test(a_late_timer_runs_after_the_call_that_delayed_it),
        cmocka_unit_test(close_before_the_first_wake_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
