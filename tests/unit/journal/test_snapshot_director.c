/* When the director takes a snapshot, under which id, and what it waits for. */
#include "snapshot/snapshot_director.h"
#include "tests/unit/journal/fake_state.h"
#include "tests/unit/journal/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

/* Entries of the harness: 1 initial, 2 application (20..24), 3 configuration, 4 (40..44),
 * 5 (50..54), 6 initial, 7 (70..74), 8 configuration, 9 (90..94), 10 (100..104), all of term 2. */
#define ENTRIES 10

struct fixture {
    struct bench bench;
    struct wg_state *state;
    struct wg_snapshots *snapshots;
    struct wg_stream_positions positions;
    struct wg_node_options options;
    struct wg_snapshot_director *director;
};

static uint32_t phase; /* what choose answers */
static uint32_t phase_bound;

static uint32_t choose(struct wg_env *env, wg_partition_id partition, enum wg_choice_site site,
                       uint32_t bound) {
    (void)env, (void)partition;
    assert_int_equal(site, WG_CHOOSE_SNAPSHOT_PHASE);
    phase_bound = bound;
    return phase;
}

static struct wg_env_ops ops_with_phase;

static void new_director(struct fixture *f, bool leader) {
    wg_snapshot_director_free(f->director);
    f->director = wg_snapshot_director_new(f->bench.env, &f->options, 1, f->bench.log, f->state,
                                           f->snapshots, &f->positions, leader ? 2 : 0);
}

static int setup(void **state) {
    static struct fixture fixture;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    bench_new(&f->bench);
    ops_with_phase = *f->bench.env->ops;
    ops_with_phase.choose = choose;
    f->bench.env->ops = &ops_with_phase;
    phase = 0;
    assert_int_equal(bench_open(&f->bench), WG_OK);
    for (int i = 0; i < ENTRIES; i++) {
        assert_int_equal(bench_append(&f->bench, 2, 900), WG_OK);
    }
    f->state = wg_state_new(f->bench.env);
    f->state->bytes = 10 * 1024;
    struct wg_snapshot_options options = {BENCH_DIR, 1};
    assert_int_equal(wg_snapshots_open(f->bench.env, &options, &f->snapshots), WG_OK);
    f->positions = (struct wg_stream_positions){90, 94};
    f->options.snapshot_period = 5 * WG_MINUTE;
    f->options.costs.snapshot_base = 1000000;
    f->options.costs.snapshot_per_kib = 7;
    new_director(f, false);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    wg_snapshot_director_free(f->director);
    wg_snapshots_close(f->snapshots);
    wg_state_free(f->state);
    bench_free(&f->bench);
    return 0;
}

static void post(struct fixture *f, enum wg_post what, uint64_t value) {
    struct wg_event event = {.kind = WG_EVENT_POST, .actor = WG_ACTOR_SNAPSHOT, .partition = 1};
    event.u.post.what = what;
    event.u.post.value = value;
    wg_snapshot_director_step(f->director, &event);
}

static void tick(struct fixture *f) {
    struct wg_event event = {.kind = WG_EVENT_TIMER, .actor = WG_ACTOR_SNAPSHOT, .partition = 1};
    wg_snapshot_director_step(f->director, &event);
}

/* When the timer was armed for, by the last effect of that kind; WG_TIME_NEVER = not at all. */
static wg_time armed_at(struct fixture *f) {
    uint32_t count;
    struct wg_effect *effects = test_env_effects(f->bench.env, &count);
    wg_time at = WG_TIME_NEVER;
    for (uint32_t i = 0; i < count; i++) {
        at = effects[i].kind == WG_EFFECT_TIMER ? effects[i].u.timer.at : at;
    }
    test_env_clear_effects(f->bench.env);
    return at;
}

static void expect_snapshot(struct fixture *f, wg_index index, wg_term term, wg_position processed,
                            wg_position exported) {
    const struct wg_snapshot_id *id = wg_snapshots_latest(f->snapshots);
    assert_non_null(id);
    assert_int_equal(id->index, index);
    assert_int_equal(id->term, term);
    assert_int_equal(id->processed, processed);
    assert_int_equal(id->exported, exported);
    assert_false(wg_snapshot_director_waits(f->director));
}

/* --- when ------------------------------------------------------------------------------------- */

static void director_runs_first_after_whole_minutes_when_woken(void **state) {
    struct fixture *f = *state;
    static const struct {
        wg_time period;
        uint32_t phase, bound;
        wg_time first;
    } rows[] = {
        {5 * WG_MINUTE, 0, 4, WG_MINUTE},     {5 * WG_MINUTE, 3, 4, 4 * WG_MINUTE},
        {90 * WG_SECOND, 0, 1, WG_MINUTE},    {2 * WG_MINUTE, 0, 1, WG_MINUTE},
        {WG_MINUTE, 0, 0, WG_MINUTE},         {20 * WG_SECOND, 0, 0, 20 * WG_SECOND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->options.snapshot_period = rows[i].period;
        f->bench.env->now = 17;
        phase = rows[i].phase;
        phase_bound = 0;
        new_director(f, false);
        post(f, WG_POST_WAKE, 0);
        assert_int_equal(phase_bound, rows[i].bound);
        assert_int_equal(armed_at(f), 17 + rows[i].first);
        post(f, WG_POST_WAKE, 0); /* only the first one counts */
        assert_int_equal(armed_at(f), WG_TIME_NEVER);
    }
}

static void director_keeps_its_rate_when_a_run_is_late(void **state) {
    struct fixture *f = *state;
    post(f, WG_POST_WAKE, 0);
    (void)armed_at(f);
    f->bench.env->now = WG_MINUTE + 5;
    tick(f);
    assert_int_equal(armed_at(f), 6 * WG_MINUTE);
    f->bench.env->now = 17 * WG_MINUTE; /* two runs missed */
    tick(f);
    assert_int_equal(armed_at(f), 21 * WG_MINUTE);
}

/* --- under which id --------------------------------------------------------------------------- */

static void director_chooses_id_when_positions_are_given(void **state) {
    (void)state;
    static const struct {
        wg_position processed, exported;
        wg_index index;
        wg_position exported_in_id;
    } rows[] = {
        {90, WG_POSITION_MAX, 8, WG_POSITION_MAX}, /* no exporter: bound by P */
        {90, 100, 8, 100},                         /* exporter ahead of the processor */
        {100, 50, 4, 50},                          /* exporter behind */
        {100, 52, 4, 52},                          /* within a batch */
        {70, 70, 6, 70},                           /* the entry before is no application entry */
        {104, 200, 9, 200},
        {90, WG_POSITION_NONE, 0, 0},              /* nothing acknowledged, no snapshot yet */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void *inner;
        setup(&inner);
        struct fixture *f = inner;
        f->positions.last_processed = rows[i].processed;
        f->state->lowest_exported = rows[i].exported;
        tick(f);
        expect_snapshot(f, rows[i].index, rows[i].index == 0 ? 0 : 2, rows[i].processed,
                        rows[i].exported_in_id);
        teardown(&inner);
    }
}

static void director_takes_nothing_when_nothing_is_processed_or_no_entry_is_before(void **state) {
    struct fixture *f = *state;
    f->positions.last_processed = WG_POSITION_NONE;
    tick(f);
    assert_null(wg_snapshots_latest(f->snapshots));
    f->positions.last_processed = 15; /* before the first application entry */
    tick(f);
    assert_null(wg_snapshots_latest(f->snapshots));
}

static void director_keeps_index_when_exporter_is_at_minus_one(void **state) {
    struct fixture *f = *state;
    f->state->lowest_exported = 50;
    f->positions.last_processed = 70;
    tick(f);
    expect_snapshot(f, 4, 2, 70, 50);
    f->state->lowest_exported = WG_POSITION_NONE; /* a new exporter came */
    f->positions.last_processed = 100;
    tick(f);
    expect_snapshot(f, 4, 2, 100, 0);
}

static void director_keeps_index_when_entry_is_compacted(void **state) {
    struct fixture *f = *state;
    f->state->lowest_exported = 90;
    tick(f);
    expect_snapshot(f, 8, 2, 90, 90);
    assert_int_equal(wg_log_reset(f->bench.log, 9), WG_OK); /* as after an installed snapshot */
    assert_int_equal(bench_append(&f->bench, 3, 10), WG_OK);
    f->positions.last_processed = 92; /* in entry 9: the one before is gone */
    tick(f);
    expect_snapshot(f, 8, 2, 92, 90);
    f->state->lowest_exported = 20; /* and this one is, too: not newer, dropped */
    f->positions.last_processed = 92;
    tick(f);
    expect_snapshot(f, 8, 2, 92, 90);
}

static void director_takes_nothing_when_id_is_the_same(void **state) {
    struct fixture *f = *state;
    tick(f);
    assert_int_equal(test_env_claims(f->bench.env, WG_CLAIM_SNAPSHOT), 1);
    f->bench.env->cost = 0;
    tick(f);
    assert_int_equal(test_env_claims(f->bench.env, WG_CLAIM_SNAPSHOT), 1);
    assert_int_equal(f->bench.env->cost, 0);
}

/* --- what it waits for and tells -------------------------------------------------------------- */

static void director_flushes_charges_and_tells_raft_when_persisting(void **state) {
    struct fixture *f = *state;
    f->state->lowest_exported = 50;
    f->bench.env->cost = 0;
    assert_int_equal(wg_log_last_flushed(f->bench.log), 0);
    tick(f);
    assert_int_equal(wg_log_last_flushed(f->bench.log), ENTRIES);
    assert_int_equal(f->bench.env->cost, 1000000 + 10 * 7);
    uint32_t count;
    struct wg_effect *effects = test_env_effects(f->bench.env, &count);
    assert_int_equal(count, 2); /* and the timer */
    assert_int_equal(effects[0].kind, WG_EFFECT_POST);
    assert_int_equal(effects[0].actor, WG_ACTOR_RAFT);
    assert_int_equal(effects[0].u.post.what, WG_POST_SNAPSHOT_PERSISTED);
    assert_int_equal(effects[0].u.post.value, 4);
}

static void director_waits_for_commit_when_leading(void **state) {
    struct fixture *f = *state;
    new_director(f, true);
    f->positions.last_written = 102; /* inside entry 10 */
    tick(f);
    assert_true(wg_snapshot_director_waits(f->director));
    f->state->number = 77; /* changes after the checkpoint are not in it */
    f->positions.last_written = 500;
    post(f, WG_POST_COMMIT, 9);
    tick(f); /* skipped: one at a time */
    assert_true(wg_snapshot_director_waits(f->director));
    assert_null(wg_snapshots_latest(f->snapshots));
    post(f, WG_POST_COMMIT, 10);
    expect_snapshot(f, 8, 2, 90, WG_POSITION_MAX);
    struct wg_state *loaded;
    assert_int_equal(wg_snapshots_load(f->snapshots, &loaded), WG_OK);
    assert_int_equal(loaded->number, 0);
    wg_state_free(loaded);
}

static void director_waits_when_last_written_is_not_in_the_log_yet(void **state) {
    struct fixture *f = *state;
    new_director(f, true);
    f->positions.last_written = 110;
    post(f, WG_POST_COMMIT, 10);
    tick(f);
    assert_true(wg_snapshot_director_waits(f->director));
    assert_int_equal(bench_append(&f->bench, 2, 5), WG_OK); /* 11: initial */
    assert_int_equal(bench_append(&f->bench, 2, 5), WG_OK); /* 12: 120..124 */
    post(f, WG_POST_COMMIT, 11);
    assert_true(wg_snapshot_director_waits(f->director));
    post(f, WG_POST_COMMIT, 12);
    expect_snapshot(f, 8, 2, 90, WG_POSITION_MAX);
}

static void director_keeps_nothing_when_another_leader_overwrote_its_results(void **state) {
    struct fixture *f = *state;
    new_director(f, true);
    f->positions.last_written = 102; /* inside entry 10, which is not committed */
    tick(f);
    assert_int_equal(wg_log_truncate_after(f->bench.log, 9), WG_OK);
    assert_int_equal(bench_append(&f->bench, 3, 900), WG_OK); /* 10: the same positions, term 3 */
    post(f, WG_POST_COMMIT, 10);
    assert_true(wg_snapshot_director_waits(f->director));
    assert_null(wg_snapshots_latest(f->snapshots));
}

static void director_does_not_wait_when_leader_is_replaying_or_commit_is_known(void **state) {
    struct fixture *f = *state;
    new_director(f, true);
    f->positions.last_written = WG_POSITION_NONE;
    tick(f);
    expect_snapshot(f, 8, 2, 90, WG_POSITION_MAX);
    post(f, WG_POST_COMMIT, 10);
    f->positions = (struct wg_stream_positions){100, 104};
    tick(f);
    expect_snapshot(f, 9, 2, 100, WG_POSITION_MAX);
}

static void director_leaves_no_trace_when_freed_while_waiting(void **state) {
    struct fixture *f = *state;
    new_director(f, true);
    tick(f);
    assert_true(wg_snapshot_director_waits(f->director));
    new_director(f, false);
    assert_null(wg_snapshots_latest(f->snapshots));
}

static void director_goes_on_when_flush_or_persist_fails(void **state) {
    struct fixture *f = *state;
    /* The syncs of one run: two dirty segments or more, then the files of the snapshot. */
    for (uint32_t nth = 0; nth < 3; nth++) {
        mem_disk_arm(f->bench.disk, MEM_DISK_SYNC, nth == 0 ? 0 : nth - 1, 1);
        tick(f);
        assert_null(wg_snapshots_latest(f->snapshots));
        assert_false(wg_snapshot_director_waits(f->director));
        mem_disk_arm(f->bench.disk, 0, 0, 0);
        assert_int_equal(wg_log_flush(f->bench.log), WG_OK);
    }
    tick(f);
    expect_snapshot(f, 8, 2, 90, WG_POSITION_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(director_runs_first_after_whole_minutes_when_woken),
        TEST(director_keeps_its_rate_when_a_run_is_late),
        cmocka_unit_test(director_chooses_id_when_positions_are_given),
        TEST(director_takes_nothing_when_nothing_is_processed_or_no_entry_is_before),
        TEST(director_keeps_index_when_exporter_is_at_minus_one),
        TEST(director_keeps_index_when_entry_is_compacted),
        TEST(director_takes_nothing_when_id_is_the_same),
        TEST(director_flushes_charges_and_tells_raft_when_persisting),
        TEST(director_waits_for_commit_when_leading),
        TEST(director_waits_when_last_written_is_not_in_the_log_yet),
        TEST(director_keeps_nothing_when_another_leader_overwrote_its_results),
        TEST(director_does_not_wait_when_leader_is_replaying_or_commit_is_known),
        TEST(director_leaves_no_trace_when_freed_while_waiting),
        TEST(director_goes_on_when_flush_or_persist_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
