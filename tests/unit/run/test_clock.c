/* Clocks of a broker that jump, drift, overlap and are put right (faults_broker.c). */
#include "run_world.h"

#include "sim/world/epoch.h"

#define B 1u /* the broker of these tests */

static int64_t off_ms(const struct run_world *w) {
    return sim_broker_wall_ms(run_world_broker(w, B)) - sim_cluster_wall_ms(w->c);
}

static wg_time off(const struct run_world *w) {
    return sim_broker_now(run_world_broker(w, B)) - w->c->now;
}

static void a_jump_moves_the_wall_clock_alone_and_ends(void **state) {
    (void)state;
    struct run_world *w = run_world_new();
    w->c->now = 5 * WG_SECOND;
    assert_int_equal(off_ms(w), 0);
    run_world_fault(w, 1, SIM_FAULT_CLOCK_JUMP, B, (uint64_t)(-90 * WG_SECOND), SIM_CLOCK_RETURNS);
    assert_int_equal(off_ms(w), -90000);
    assert_int_equal(off(w), 0);
    run_world_fault(w, 2, SIM_FAULT_CLOCK_JUMP, B, 30 * (uint64_t)WG_SECOND, SIM_CLOCK_RETURNS);
    assert_int_equal(off_ms(w), -60000); /* jumps add up */
    run_world_heal(w, 1, SIM_FAULT_CLOCK_JUMP, B, (uint64_t)(-90 * WG_SECOND), SIM_CLOCK_RETURNS);
    assert_int_equal(off_ms(w), 30000);
    run_world_heal(w, 2, SIM_FAULT_CLOCK_JUMP, B, 30 * (uint64_t)WG_SECOND, SIM_CLOCK_RETURNS);
    assert_int_equal(off_ms(w), 0);
    assert_false(run_world_broker(w, B)->altered);
    run_world_free(w);
}

static void a_jump_that_stays_is_there_until_somebody_puts_it_right(void **state) {
    (void)state;
    struct run_world *w = run_world_new();
    run_world_fault(w, 1, SIM_FAULT_CLOCK_JUMP, B, 7 * (uint64_t)WG_SECOND, SIM_CLOCK_STAYS);
    run_world_heal(w, 1, SIM_FAULT_CLOCK_JUMP, B, 7 * (uint64_t)WG_SECOND, SIM_CLOCK_STAYS);
    w->c->now = WG_MINUTE;
    assert_int_equal(off_ms(w), 7000);
    sim_broker_mend_clock(run_world_broker(w, B));
    assert_int_equal(off_ms(w), 0);
    run_world_free(w);
}

/* Both clocks gain; what the monotonic one has gained is never taken back. */
static void a_drift_gains_and_mending_leaves_the_monotonic_clock(void **state) {
    (void)state;
    static const int64_t rates[] = {100000, -100000, 200, -1};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct run_world *w = run_world_new();
        w->c->now = WG_SECOND;
        run_world_fault(w, 1, SIM_FAULT_CLOCK_DRIFT, B, (uint64_t)rates[i], 0);
        w->c->now = 1001 * WG_SECOND;
        wg_time gained = 1000 * rates[i] * 1000; /* 1000 s at so many millionths, in ns */
        assert_int_equal(off(w), gained);
        assert_int_equal(off_ms(w), gained / WG_MS);
        run_world_heal(w, 1, SIM_FAULT_CLOCK_DRIFT, B, (uint64_t)rates[i], 0);
        w->c->now += WG_MINUTE;
        assert_int_equal(off(w), gained);
        assert_int_equal(off_ms(w), gained / WG_MS);
        sim_broker_mend_clock(run_world_broker(w, B));
        assert_int_equal(off(w), gained);
        assert_int_equal(off_ms(w), 0);
        run_world_free(w);
    }
}

static void drifts_that_overlap_add_up_from_when_each_begins(void **state) {
    (void)state;
    struct run_world *w = run_world_new();
    run_world_fault(w, 1, SIM_FAULT_CLOCK_DRIFT, B, 1000, 0);
    w->c->now = 100 * WG_SECOND;
    run_world_fault(w, 2, SIM_FAULT_CLOCK_DRIFT, B, 500, 0);
    w->c->now = 200 * WG_SECOND;
    run_world_heal(w, 1, SIM_FAULT_CLOCK_DRIFT, B, 1000, 0);
    w->c->now = 300 * WG_SECOND;
    /* 100 s at 1000, 100 s at 1500, 100 s at 500 millionths */
    assert_int_equal(off(w), 300 * WG_MS);
    run_world_free(w);
}

/* A millisecond is counted when it is full, also before the epoch of the run. */
static void wall_time_is_rounded_down(void **state) {
    (void)state;
    struct run_world *w = run_world_new();
    run_world_fault(w, 1, SIM_FAULT_CLOCK_JUMP, B, (uint64_t)-1, SIM_CLOCK_RETURNS);
    assert_int_equal(sim_broker_wall_ms(run_world_broker(w, B)), SIM_EPOCH_MS - 1);
    w->c->now = 1;
    assert_int_equal(sim_broker_wall_ms(run_world_broker(w, B)), SIM_EPOCH_MS);
    run_world_free(w);
}

/* A timer that is due at a time of the broker's clock goes off when it is, not before and no more than the
 * nanosecond later that rounding costs. */
static void true_time_is_when_the_clock_shows_it(void **state) {
    (void)state;
    static const int64_t rates[] = {0, 333333, -333333, 7, -7, 999999, -999999};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct run_world *w = run_world_new();
        struct sim_broker *broker = run_world_broker(w, B);
        w->c->now = 3 * WG_SECOND + 17;
        run_world_fault(w, 1, SIM_FAULT_CLOCK_DRIFT, B, (uint64_t)rates[i], 0);
        wg_time shown = sim_broker_now(broker);
        for (wg_time ahead = 1; ahead < 100 * WG_SECOND; ahead = ahead * 5 + 3) {
            wg_time at = sim_broker_true_time(broker, shown + ahead);
            w->c->now = at;
            assert_in_range(sim_broker_now(broker), shown + ahead, shown + ahead + 1);
        }
        run_world_free(w);
    }
}

static void what_the_judges_are_told_is_what_the_broker_reads(void **state) {
    (void)state;
    struct run_world *w = run_world_new();
    struct sim_broker *broker = run_world_broker(w, B);
    run_world_fault(w, 1, SIM_FAULT_CLOCK_DRIFT, B, 2000, 0);
    w->c->now = 50 * WG_SECOND;
    run_world_fault(w, 2, SIM_FAULT_CLOCK_JUMP, B, 3 * (uint64_t)WG_SECOND, SIM_CLOCK_RETURNS);
    assert_int_equal(off_ms(w), 100 + 3000);
    w->c->now = 100 * WG_SECOND;
    broker->env.wall_ms = 0;
    sim_broker_alter_job(broker);
    assert_int_equal(broker->env.now, 100 * WG_SECOND + 200 * WG_MS);
    assert_int_equal(broker->env.wall_ms, SIM_EPOCH_MS + 100000 + 200 + 3000);
    run_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jump_moves_the_wall_clock_alone_and_ends),
        cmocka_unit_test(a_jump_that_stays_is_there_until_somebody_puts_it_right),
        cmocka_unit_test(a_drift_gains_and_mending_leaves_the_monotonic_clock),
        cmocka_unit_test(drifts_that_overlap_add_up_from_when_each_begins),
        cmocka_unit_test(wall_time_is_rounded_down),
        cmocka_unit_test(true_time_is_when_the_clock_shows_it),
        cmocka_unit_test(what_the_judges_are_told_is_what_the_broker_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
