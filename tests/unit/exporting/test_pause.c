/* Pause, soft pause and resume of one director, as documented and with each quirk. */
#include "tests/unit/exporting/harness.h"

#include "exporting/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* What export calls acknowledge: pairs of (record, position), applied in order. */
static struct {
    wg_position record, position;
    const char *metadata;
} plan[16];
static uint32_t plan_count;
static uint32_t failing; /* export calls that fail */

static enum wg_plugin_result follow_plan(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind != WG_PLUGIN_EXPORT) {
        return WG_PLUGIN_OK;
    }
    if (failing > 0) {
        failing--;
        return WG_PLUGIN_FAILED;
    }
    for (uint32_t i = 0; i < plan_count; i++) {
        if (plan[i].record == call->record->position) {
            harness_ack(h, plan[i].position, plan[i].metadata);
        }
    }
    return WG_PLUGIN_OK;
}

static void will_ack(wg_position record, wg_position position, const char *metadata) {
    plan[plan_count].record = record;
    plan[plan_count].position = position;
    plan[plan_count++].metadata = metadata;
}

static struct harness *live(uint32_t exporters, uint64_t quirks) {
    struct harness *h = harness_new(exporters);
    plan_count = failing = 0;
    h->script = follow_plan;
    h->options.quirks = quirks;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    return h;
}

static void phase(struct harness *h, enum wg_exporting_phase to) {
    harness_post(h, WG_POST_EXPORTING, (uint64_t)to);
}

static void export(struct harness *h, uint32_t count) {
    harness_write(h, count);
    harness_commit(h);
}

static bool metadata_is(const struct harness *h, const char *text) {
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(h->state, "a", &row));
    return row.metadata.len == strlen(text) &&
           (row.metadata.len == 0 || memcmp(row.metadata.ptr, text, row.metadata.len) == 0);
}

/* --- pause ------------------------------------------------------------------------------------- */

static void paused_director_reads_nothing(void **state) {
    (void)state;
    struct harness *h = live(1, 0);
    export(h, 1);
    phase(h, WG_EXPORTING_PAUSED);
    export(h, 3);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 1);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 4);
    harness_free(h);
}

static void director_that_starts_paused_opens_and_waits(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->exporting = WG_EXPORTING_PAUSED;
    harness_write(h, 2);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c0 o0");
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    harness_free(h);
}

static void pause_holds_up_the_attempts_of_the_record_under_way(void **state) {
    (void)state;
    struct harness *h = live(1, 0);
    failing = 1;
    export(h, 1);
    phase(h, WG_EXPORTING_PAUSED);
    harness_pass(h, WG_MINUTE);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 1);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    harness_free(h);
}

static void quirk_lets_the_record_under_way_go_on(void **state) {
    (void)state;
    struct harness *h = live(1, wg_quirk_bit(WG_QUIRK_PAUSED_RECORD_GOES_ON));
    failing = 1;
    export(h, 2);
    phase(h, WG_EXPORTING_PAUSED);
    harness_pass(h, WG_MINUTE);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2); /* the first record, twice */
    harness_free(h);
}

static void paused_director_still_distributes_and_runs_timers(void **state) {
    (void)state;
    struct harness *h = live(1, 0);
    phase(h, WG_EXPORTING_PAUSED);
    harness_pass(h, WG_MINUTE);
    assert_true(h->message_count >= 3);
    harness_free(h);
}

/* --- soft pause -------------------------------------------------------------------------------- */

static void soft_pause_freezes_positions_until_resumed(void **state) {
    (void)state;
    struct harness *h = live(2, 0);
    will_ack(1, 1, "one");
    will_ack(3, 3, "three");
    export(h, 1);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    export(h, 2);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 6);
    assert_int_equal(harness_position(h, "a"), 1);
    assert_int_equal(harness_position(h, "b"), 1);
    assert_true(metadata_is(h, "one"));
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 3);
    assert_int_equal(harness_position(h, "b"), 3);
    assert_true(metadata_is(h, "three"));
    harness_free(h);
}

static enum wg_plugin_result takes_jobs(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_CONFIGURE) {
        harness_filter(h, 1u << WG_EVENT, WG_VT_JOB);
    }
    return WG_PLUGIN_OK;
}

static void soft_pause_freezes_what_is_skipped_too(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    h->script = takes_jobs;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    harness_write_typed(h, WG_EVENT, WG_VT_VARIABLE);
    harness_write_typed(h, WG_COMMAND, WG_VT_JOB);
    harness_commit(h);
    assert_int_equal(harness_position(h, "a"), WG_POSITION_NONE);
    h->claim_count = 0;
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 2);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 0);
    /* The exporter acknowledged nothing, so nobody must say that it did. */
    for (uint32_t i = 0; i < h->claim_count; i++) {
        if (h->claims[i].kind == WG_CLAIM_EXPORTER_POSITION) {
            assert_int_equal(h->claims[i].c, WG_CAUSE_SKIP);
        }
    }
    harness_free(h);
}

static void resume_takes_the_highest_acknowledgement(void **state) {
    (void)state;
    struct harness *h = live(1, 0);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    will_ack(5, 5, "five");
    will_ack(5, 2, NULL);
    export(h, 5);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 5);
    assert_true(metadata_is(h, "five"));
    harness_free(h);
}

static void quirk_takes_the_last_acknowledgement(void **state) {
    (void)state;
    struct harness *h = live(1, wg_quirk_bit(WG_QUIRK_LAST_ACK_WINS));
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    will_ack(5, 5, NULL);
    will_ack(5, 2, NULL);
    export(h, 5);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 2);
    harness_free(h);
}

static void quirk_applies_acknowledgements_of_one_call_backwards(void **state) {
    (void)state;
    struct harness *h = live(1, wg_quirk_bit(WG_QUIRK_LAST_ACK_WINS) |
                                    wg_quirk_bit(WG_QUIRK_ACKS_REVERSED));
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    will_ack(5, 2, NULL);
    will_ack(5, 5, NULL); /* in order: what every sane exporter does */
    export(h, 5);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 2);
    harness_free(h);
}

static void quirk_forgets_remembered_metadata(void **state) {
    (void)state;
    uint64_t quirks[] = {0, wg_quirk_bit(WG_QUIRK_METADATA_FORGOTTEN)};
    for (uint32_t i = 0; i < 2; i++) {
        struct harness *h = live(1, quirks[i]);
        phase(h, WG_EXPORTING_SOFT_PAUSED);
        will_ack(1, 1, "one");
        will_ack(2, 2, NULL);
        export(h, 2);
        phase(h, WG_EXPORTING);
        assert_int_equal(harness_position(h, "a"), 2);
        assert_true(metadata_is(h, i == 0 ? "one" : ""));
        harness_free(h);
    }
}

static void resume_without_acknowledgement_changes_nothing(void **state) {
    (void)state;
    struct harness *h = live(1, 0);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), WG_POSITION_NONE);
    harness_free(h);
    h = live(1, wg_quirk_bit(WG_QUIRK_RESUME_MAKES_ZERO));
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 0);
    harness_free(h);
}

static void acknowledgements_before_the_pause_stay(void **state) {
    (void)state;
    struct harness *h = live(1, wg_quirk_bit(WG_QUIRK_RESUME_MAKES_ZERO));
    will_ack(3, 3, NULL);
    export(h, 3);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 3);
    harness_free(h);
}

static void director_that_starts_soft_paused_is_frozen(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    plan_count = failing = 0;
    h->script = follow_plan;
    h->exporting = WG_EXPORTING_SOFT_PAUSED;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    will_ack(2, 2, NULL);
    export(h, 2);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    assert_int_equal(harness_position(h, "a"), WG_POSITION_NONE);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), 2);
    harness_free(h);
}

/* --- from one pause to the other --------------------------------------------------------------- */

static void resume_after_soft_and_hard_pause_lets_positions_move(void **state) {
    (void)state;
    uint64_t quirks[] = {0, wg_quirk_bit(WG_QUIRK_HARD_PAUSE_FREEZES)};
    for (uint32_t i = 0; i < 2; i++) {
        struct harness *h = live(1, quirks[i]);
        will_ack(1, 1, NULL);
        will_ack(2, 2, NULL);
        phase(h, WG_EXPORTING_SOFT_PAUSED);
        export(h, 1);
        phase(h, WG_EXPORTING_PAUSED);
        assert_int_equal(harness_position(h, "a"), WG_POSITION_NONE); /* still frozen */
        phase(h, WG_EXPORTING);
        export(h, 1);
        assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
        assert_int_equal(harness_position(h, "a"), i == 0 ? 2 : WG_POSITION_NONE);
        phase(h, WG_EXPORTING_SOFT_PAUSED); /* the way out */
        phase(h, WG_EXPORTING);
        assert_int_equal(harness_position(h, "a"), 2);
        harness_free(h);
    }
}

static void soft_pause_after_pause_exports_the_backlog(void **state) {
    (void)state;
    uint64_t quirks[] = {0, wg_quirk_bit(WG_QUIRK_SOFT_PAUSE_STALLS)};
    for (uint32_t i = 0; i < 2; i++) {
        struct harness *h = live(1, quirks[i]);
        phase(h, WG_EXPORTING_PAUSED);
        export(h, 3);
        phase(h, WG_EXPORTING_SOFT_PAUSED);
        assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), i == 0 ? 3 : 0);
        export(h, 1);
        assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 4);
        harness_free(h);
    }
}

static void passive_director_takes_positions_in_every_phase(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_start(h, WG_DIRECTOR_PASSIVE);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), WG_POSITION_NONE);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paused_director_reads_nothing),
        cmocka_unit_test(director_that_starts_paused_opens_and_waits),
        cmocka_unit_test(pause_holds_up_the_attempts_of_the_record_under_way),
        cmocka_unit_test(quirk_lets_the_record_under_way_go_on),
        cmocka_unit_test(paused_director_still_distributes_and_runs_timers),
        cmocka_unit_test(soft_pause_freezes_positions_until_resumed),
        cmocka_unit_test(soft_pause_freezes_what_is_skipped_too),
        cmocka_unit_test(resume_takes_the_highest_acknowledgement),
        cmocka_unit_test(quirk_takes_the_last_acknowledgement),
        cmocka_unit_test(quirk_applies_acknowledgements_of_one_call_backwards),
        cmocka_unit_test(quirk_forgets_remembered_metadata),
        cmocka_unit_test(resume_without_acknowledgement_changes_nothing),
        cmocka_unit_test(acknowledgements_before_the_pause_stay),
        cmocka_unit_test(director_that_starts_soft_paused_is_frozen),
        cmocka_unit_test(resume_after_soft_and_hard_pause_lets_positions_move),
        cmocka_unit_test(soft_pause_after_pause_exports_the_backlog),
        cmocka_unit_test(passive_director_takes_positions_in_every_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
