/* Exporters are enabled and disabled while the director runs: what the conformance rows do not ask for. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct wg_exporter_setting settings[8];
static uint32_t failing_exports, failing_opens; /* bit per exporter */
static uint32_t silent;                         /* bit per exporter: acknowledges nothing */

static enum wg_plugin_result script(struct harness *h, const struct wg_plugin_call *call) {
    bool fails = (call->kind == WG_PLUGIN_EXPORT && (failing_exports >> call->exporter & 1) != 0) ||
                 (call->kind == WG_PLUGIN_OPEN && (failing_opens >> call->exporter & 1) != 0);
    if (call->kind == WG_PLUGIN_EXPORT && !fails && (silent >> call->exporter & 1) == 0) {
        harness_ack(h, call->record->position, NULL);
    }
    if (call->kind == WG_PLUGIN_CLOSE) {
        harness_ack(h, 1000, NULL);
    }
    return fails ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
}

static struct harness *with_exporters(uint32_t count) {
    struct harness *h = harness_new(count);
    for (uint32_t e = 0; e < 8; e++) {
        settings[e] = (struct wg_exporter_setting){true, 0, WG_NO_EXPORTER};
    }
    failing_exports = failing_opens = silent = 0;
    h->script = script;
    h->options.exporter_settings = settings;
    return h;
}

static void set(struct harness *h, uint32_t exporter, bool enabled, uint32_t source) {
    settings[exporter].version += enabled;
    settings[exporter].enabled = enabled;
    settings[exporter].source = source;
    harness_post(h, WG_POST_SETTINGS, 0);
}

static void write_some(struct harness *h, uint32_t count) {
    harness_write(h, count);
    harness_commit(h);
}

static void forget_calls(struct harness *h) { h->call_count = 0; }

static void copy_gets_what_its_source_had_in_flight(void **state) {
    (void)state;
    struct harness *h = with_exporters(3);
    settings[2].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 2);
    silent = 1;
    write_some(h, 3);
    forget_calls(h);
    set(h, 2, true, 0);
    assert_string_equal(harness_trace(h), "c2 o2 e2:3 e2:4 e2:5"); /* and nobody else again */
    forget_calls(h);
    write_some(h, 1);
    assert_string_equal(harness_trace(h), "e0:6 e1:6 e2:6");
    assert_int_equal(harness_position(h, "a"), 2);
    assert_int_equal(harness_position(h, "c"), 6);
    harness_free(h);
}

static void disabling_frees_a_record_that_is_stuck(void **state) {
    (void)state;
    struct harness *h = with_exporters(3);
    silent = 1;
    failing_exports = 2;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 2);
    assert_string_equal(harness_trace(h), "c0 c1 c2 o0 o1 o2 e0:1 e1:1");
    set(h, 1, false, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h),
                        "c0 c1 c2 o0 o1 o2 e0:1 e1:1 x1 d1 e2:1 e0:2 e2:2");
    assert_int_equal(harness_position(h, "b"), -2); /* also what it acknowledged in close is void */
    harness_free(h);
}

static void quirk_revives_the_row_unless_exporting_is_paused_softly(void **state) {
    (void)state;
    for (int soft = 0; soft < 2; soft++) {
        struct harness *h = with_exporters(2);
        h->options.quirks = wg_quirk_bit(WG_QUIRK_ZOMBIE_ROW);
        harness_start(h, WG_DIRECTOR_ACTIVE);
        write_some(h, 2);
        if (soft != 0) {
            harness_post(h, WG_POST_EXPORTING, WG_EXPORTING_SOFT_PAUSED);
        }
        set(h, 0, false, WG_NO_EXPORTER);
        assert_int_equal(harness_position(h, "a"), soft != 0 ? -2 : 1000);
        harness_post(h, WG_POST_EXPORTING, WG_EXPORTING);
        assert_int_equal(harness_position(h, "a"), soft != 0 ? -2 : 1000);
        harness_free(h);
    }
}

/* Exporter 0 fails, exporter 1 is enabled meanwhile. */
static struct harness *enabled_in_the_middle(uint64_t quirks) {
    struct harness *h = with_exporters(2);
    h->options.quirks = quirks;
    settings[1].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 2);
    failing_exports = 1;
    write_some(h, 2);
    forget_calls(h);
    set(h, 1, true, WG_NO_EXPORTER);
    return h;
}

static void enabling_waits_for_the_record_under_way(void **state) {
    (void)state;
    struct harness *h = enabled_in_the_middle(0);
    assert_string_equal(harness_trace(h), "");
    failing_exports = 0;
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "e0:3 c1 o1 e0:4 e1:4");
    harness_free(h);
}

static void with_the_quirk_the_record_under_way_is_for_it_too(void **state) {
    (void)state;
    struct harness *h = enabled_in_the_middle(wg_quirk_bit(WG_QUIRK_ENABLED_IN_RECORD));
    assert_string_equal(harness_trace(h), "c1 o1");
    assert_int_equal(harness_position(h, "b"), 2);
    failing_exports = 0;
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c1 o1 e0:3 e1:3 e0:4 e1:4");
    assert_int_equal(harness_position(h, "b"), 4);
    harness_free(h);
}

static void disabling_one_before_keeps_the_others_turn(void **state) {
    (void)state;
    struct harness *h = with_exporters(3);
    silent = 3;
    failing_exports = 4;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    forget_calls(h);
    set(h, 0, false, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h), "x0 d0");
    failing_exports = 0;
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "x0 d0 e2:1");
    harness_free(h);
}

static void who_waits_for_an_answer_can_be_disabled(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    h->hold_kind = WG_PLUGIN_EXPORT;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    harness_answer(h, WG_PLUGIN_PENDING);
    forget_calls(h);
    set(h, 0, false, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h), "x0 d0 e1:1");
    harness_free(h);
}

/* E22: the start that fails again and again must not go on with who was disabled. */
static void disabling_ends_opens_that_fail(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    failing_opens = 1;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 0);
    set(h, 0, false, WG_NO_EXPORTER);
    harness_pass(h, 2 * WG_SECOND);
    assert_int_equal(harness_position(h, "a"), -2);
    assert_int_equal(harness_position(h, "b"), 1);
    harness_free(h);
}

static void failing_open_of_an_enabled_exporter_starts_all_again(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    settings[1].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    failing_opens = 2;
    forget_calls(h);
    set(h, 1, true, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h), "c1 o1 x0 d0 d1");
    failing_opens = 0;
    harness_pass(h, 2 * WG_SECOND);
    assert_int_equal(h->calls[h->call_count - 1].kind, WG_PLUGIN_EXPORT);
    assert_int_equal(harness_position(h, "b"), 1); /* its row said -1: it gets all there is */
    harness_free(h);
}

/* E16 */
static void followers_configure_and_never_open(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    settings[1].enabled = false;
    harness_start(h, WG_DIRECTOR_PASSIVE);
    set(h, 1, true, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h), "c0 c1");
    assert_int_equal(harness_position(h, "b"), -1);
    set(h, 1, false, WG_NO_EXPORTER);
    assert_string_equal(harness_trace(h), "c0 c1 d1");
    assert_int_equal(harness_position(h, "b"), -2);
    harness_free(h);
}

static void timers_of_a_disabled_exporter_are_gone(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    h->hold_kind = WG_PLUGIN_EXPORT;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    harness_schedule(h, 7, WG_SECOND);
    harness_answer(h, WG_PLUGIN_OK);
    set(h, 0, false, WG_NO_EXPORTER);
    harness_pass(h, 5 * WG_SECOND);
    assert_int_equal(harness_count(h, WG_PLUGIN_TIMER), 0);
    harness_free(h);
}

static void row_of(struct harness *h, const char *id, wg_position position, int64_t version) {
    struct wg_exporter_row row = {.position = position, .metadata_version = version};
    wg_exporter_row_put(h->state, id, &row);
}

static void broadcast_counts_for_the_same_enabling_only(void **state) {
    (void)state;
    struct harness *h = with_exporters(3);
    settings[1].version = 2;
    settings[2].enabled = false;
    row_of(h, "a", 5, 0);
    row_of(h, "b", 5, 2);
    for (int64_t version = 1; version <= 3; version++) {
        struct harness *leader = with_exporters(3);
        row_of(leader, "a", 20, 0);
        row_of(leader, "b", 20, version);
        row_of(leader, "c", 20, 0);
        settings[1].version = 2;
        settings[2].enabled = false;
        struct wg_buf *payload = wg_exporter_state_encode(&leader->env, leader->state);
        wg_exporter_state_apply(&h->env, &h->options, 1, h->state,
                                (struct wg_bytes){payload->bytes, payload->len});
        wg_buf_unref(payload);
        harness_free(leader);
        assert_int_equal(harness_position(h, "b"), version < 2 ? 5 : 20);
    }
    assert_int_equal(harness_position(h, "a"), 20);
    assert_int_equal(harness_position(h, "c"), -2); /* it is disabled here */
    harness_free(h);
}

static void metrics_count_as_zeebe_does(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    wg_position exported[8] = {-1, -1}, updated[8] = {-1, -1};
    struct wg_exporter_metrics metrics = {.last_exported = exported, .last_updated = updated};
    static const wg_position skip[] = {3};
    h->options.skip_records = skip;
    h->options.skip_record_count = 1;
    silent = 2;
    h->director = wg_director_new(&h->env, &h->options, &h->partition, &h->log, h->state,
                                  WG_DIRECTOR_ACTIVE, WG_EXPORTING, 7, 0, &h->next_instance,
                                  &h->next_call);
    wg_director_set_metrics(h->director, &metrics);
    harness_post(h, WG_POST_WAKE, 0);
    write_some(h, 4);
    assert_int_equal(metrics.exported[WG_VT_JOB], 3);
    assert_int_equal(metrics.skipped[WG_VT_JOB], 1);
    assert_int_equal(exported[0], 4);
    assert_int_equal(exported[1], 4);
    assert_int_equal(updated[0], 4);
    assert_int_equal(updated[1], -1);
    harness_post(h, WG_POST_EXPORTING, WG_EXPORTING_SOFT_PAUSED);
    assert_int_equal(metrics.state, 2);
    harness_post(h, WG_POST_EXPORTING, WG_EXPORTING);
    assert_int_equal(metrics.state, 0);
    harness_close(h);
    assert_int_equal(metrics.state, 1); /* Zeebe pauses a director whose role ends */
    harness_free(h);
}

/* A broker that has lost its settings starts with its configuration, and hears of the same enabling again. */
static void an_enabling_that_is_heard_of_again_changes_nothing(void **state) {
    (void)state;
    struct harness *h = with_exporters(2);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    set(h, 0, false, WG_NO_EXPORTER);
    set(h, 0, true, WG_NO_EXPORTER);
    write_some(h, 3);
    assert_int_equal(harness_position(h, "a"), 3);
    harness_close(h);
    int64_t position = harness_position(h, "a");
    settings[0].version = 0;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    forget_calls(h);
    settings[0].version = 1;
    harness_post(h, WG_POST_SETTINGS, 0);
    assert_string_equal(harness_trace(h), "");
    assert_int_equal(harness_position(h, "a"), position);
    settings[0].version = 2; /* disabled and enabled meanwhile */
    harness_post(h, WG_POST_SETTINGS, 0);
    assert_string_equal(harness_trace(h), "x0 d0 c0 o0");
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_gets_what_its_source_had_in_flight),
        cmocka_unit_test(disabling_frees_a_record_that_is_stuck),
        cmocka_unit_test(enabling_waits_for_the_record_under_way),
        cmocka_unit_test(with_the_quirk_the_record_under_way_is_for_it_too),
        cmocka_unit_test(disabling_one_before_keeps_the_others_turn),
        cmocka_unit_test(who_waits_for_an_answer_can_be_disabled),
        cmocka_unit_test(disabling_ends_opens_that_fail),
        cmocka_unit_test(failing_open_of_an_enabled_exporter_starts_all_again),
        cmocka_unit_test(followers_configure_and_never_open),
        cmocka_unit_test(timers_of_a_disabled_exporter_are_gone),
        cmocka_unit_test(quirk_revives_the_row_unless_exporting_is_paused_softly),
        cmocka_unit_test(broadcast_counts_for_the_same_enabling_only),
        cmocka_unit_test(an_enabling_that_is_heard_of_again_changes_nothing),
        cmocka_unit_test(metrics_count_as_zeebe_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
