/* Rows P: pause, soft pause and resume of a running director. */
#include "tests/conformance/script.h"

static void phase(struct harness *h, enum wg_exporting_phase to) {
    harness_post(h, WG_POST_EXPORTING, (uint64_t)to);
}

static void export(struct harness *h, uint32_t count) {
    harness_write(h, count);
    harness_commit(h);
}

static uint64_t claimed_phase(const struct harness *h) {
    uint64_t last = 0;
    for (uint32_t i = 0; i < h->claim_count; i++) {
        last = h->claims[i].kind == WG_CLAIM_EXPORTING_PHASE ? h->claims[i].a : last;
    }
    return last;
}

static struct harness *live(void **state) {
    struct harness *h = scripted(1, state);
    script.exporters[0].acks = true;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    return h;
}

static void conf_P01_paused_exports_nothing(void **state) {
    struct harness *h = live(state);
    phase(h, WG_EXPORTING_PAUSED);
    export(h, 2);
    harness_pass(h, WG_MINUTE);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 0);
    assert_int_equal(claimed_phase(h), WG_EXPORTING_PAUSED);
    harness_free(h);
}

static void conf_P02_soft_paused_exports_and_stays_at_minus_one(void **state) {
    struct harness *h = live(state);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    export(h, 1);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 1);
    assert_int_equal(harness_position(h, "a"), -1);
    assert_int_equal(claimed_phase(h), WG_EXPORTING_SOFT_PAUSED);
    harness_free(h);
}

/* Nothing was acknowledged: Zeebe resumes at 0 all the same. */
static void conf_P03_resume_without_acknowledgement(void **state) {
    struct harness *h = live(state);
    script.exporters[0].acks = false;
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    export(h, 1);
    assert_int_equal(harness_position(h, "a"), -1);
    phase(h, WG_EXPORTING);
    assert_int_equal(harness_position(h, "a"), is_zeebe(state) ? 0 : -1);
    assert_int_equal(claimed_phase(h), WG_EXPORTING);
    harness_free(h);
}

static void conf_P04_pause_after_soft_pause_stops_exporting(void **state) {
    struct harness *h = live(state);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    export(h, 1);
    phase(h, WG_EXPORTING_PAUSED);
    export(h, 1);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 1);
    assert_int_equal(claimed_phase(h), WG_EXPORTING_PAUSED);
    harness_free(h);
}

/* The row's record is written after the soft pause; the backlog before it is where profiles differ. */
static void conf_P05_soft_pause_after_pause_exports_again(void **state) {
    struct harness *h = live(state);
    phase(h, WG_EXPORTING_PAUSED);
    export(h, 1);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 0);
    phase(h, WG_EXPORTING_SOFT_PAUSED);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), is_zeebe(state) ? 0 : 1);
    export(h, 1);
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    assert_int_equal(harness_position(h, "a"), -1);
    harness_free(h);
}

static void conf_P06_resume_exports_the_backlog(void **state) {
    struct harness *h = live(state);
    phase(h, WG_EXPORTING_PAUSED);
    export(h, 3);
    phase(h, WG_EXPORTING);
    assert_string_equal(harness_trace(h), "c0 o0 e0:1 e0:2 e0:3");
    assert_int_equal(harness_position(h, "a"), 3);
    harness_free(h);
}

static void conf_P07_passive_never_exports(void **state) {
    struct harness *h = scripted(1, state);
    harness_write(h, 2);
    h->exporting = WG_EXPORTING_PAUSED;
    harness_start(h, WG_DIRECTOR_PASSIVE);
    phase(h, WG_EXPORTING);
    export(h, 1);
    assert_int_equal(claimed_phase(h), WG_EXPORTING);
    assert_string_equal(harness_trace(h), "c0");
    harness_free(h);
}

static void conf_P08_all_three_work_without_exporters(void **state) {
    static const enum wg_exporting_phase phases[] = {WG_EXPORTING_PAUSED, WG_EXPORTING_SOFT_PAUSED,
                                                     WG_EXPORTING};
    struct harness *h = scripted(0, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    for (uint32_t i = 0; i < 3; i++) {
        phase(h, phases[i]);
        export(h, 1);
        assert_int_equal(claimed_phase(h), phases[i]);
    }
    assert_int_equal(h->status, WG_OK);
    assert_int_equal(wg_exporter_rows_lowest(h->state), WG_POSITION_MAX);
    harness_close(h);
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(conf_P01_paused_exports_nothing),
        BOTH(conf_P02_soft_paused_exports_and_stays_at_minus_one),
        BOTH(conf_P03_resume_without_acknowledgement),
        BOTH(conf_P04_pause_after_soft_pause_stops_exporting),
        BOTH(conf_P05_soft_pause_after_pause_exports_again),
        BOTH(conf_P06_resume_exports_the_backlog),
        BOTH(conf_P07_passive_never_exports),
        BOTH(conf_P08_all_three_work_without_exporters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
