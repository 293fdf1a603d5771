/* Role transitions: their order, and what becomes of them when the next one comes at any moment. */
#include "tests/unit/partition/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Jobs of the partition's actor until a lone replica leads with everything installed. */
static uint32_t jobs_of_a_start(void) {
    struct rig *rig = rig_new(1, 2);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    uint32_t jobs = rig->partition_jobs;
    rig_free(rig);
    return jobs;
}

static struct rig *started_until(uint32_t jobs) {
    struct rig *rig = rig_new(1, 2);
    rig_start(rig);
    while (rig->partition_jobs < jobs && rig_step(rig)) {
    }
    return rig;
}

/* After E comes S, after S comes P: reverse order of installation, also of a part of it. */
static void expect_reverse_order(const struct rig *rig) {
    for (const char *at = rig->closes; *at != '\0'; at++) {
        if (*at == 'E') {
            assert_int_equal(at[1], 'S');
        } else if (*at == 'S') {
            assert_int_equal(at[1], 'P');
        }
    }
}

/* Every instance that was made is gone, but for those of one director. */
static void expect_one_director(const struct rig *rig) {
    assert_int_equal(rig_calls(rig, 'c') - rig_calls(rig, 'd'), 2);
    assert_int_equal(rig_calls(rig, 'o') - rig_calls(rig, 'x'), 2);
}

static void services_close_in_reverse_order(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig_start(rig);
    rig_run(rig);
    assert_string_equal(rig->calls, "ccoo");
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    assert_string_equal(rig->closes, "ESP");
    assert_string_equal(rig->calls, "ccooxxddcc");
    rig_free(rig);
}

static void step_down_at_any_step_ends_as_follower_and_leads_again(void **state) {
    (void)state;
    uint32_t jobs = jobs_of_a_start(), interrupted = 0;
    assert_true(jobs >= 6);
    for (uint32_t at = 1; at <= jobs; at++) {
        struct rig *rig = started_until(at);
        bool unfinished = !rig_is(rig, WG_ROLE_LEADER);
        bool led = rig_view(rig).role == WG_ROLE_LEADER;
        rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
        rig_run(rig);
        if (led) {
            assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
            interrupted += unfinished;
        }
        expect_reverse_order(rig);
        rig_pass(rig, 20 * WG_SECOND);
        assert_true(rig_is(rig, WG_ROLE_LEADER));
        expect_one_director(rig);
        expect_reverse_order(rig);
        rig_free(rig);
    }
    assert_true(interrupted >= 4); /* state, processor, snapshots, exporters */
}

static void received_snapshot_at_any_step_installs_anew(void **state) {
    (void)state;
    uint32_t jobs = jobs_of_a_start();
    for (uint32_t at = 2; at <= jobs; at++) {
        struct rig *rig = started_until(at);
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
        rig_run(rig);
        assert_false(rig_view(rig).services_installed);
        assert_int_equal(rig_calls(rig, 'c'), rig_calls(rig, 'd'));
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_DONE, 0, 0);
        rig_run(rig);
        assert_true(rig_is(rig, WG_ROLE_LEADER));
        expect_one_director(rig);
        expect_reverse_order(rig);
        rig_free(rig);
    }
}

static void snapshot_started_and_done_in_one_go_still_installs_anew(void **state) {
    (void)state;
    uint32_t jobs = jobs_of_a_start();
    for (uint32_t at = 2; at <= jobs; at++) {
        struct rig *rig = started_until(at);
        uint32_t before = rig_calls(rig, 'c');
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_DONE, 0, 0);
        rig_run(rig);
        assert_true(rig_is(rig, WG_ROLE_LEADER));
        assert_int_equal(rig_calls(rig, 'c') - rig_calls(rig, 'd'), 2);
        assert_true(before == 0 || rig_calls(rig, 'd') >= before);
        expect_reverse_order(rig);
        rig_free(rig);
    }
}

/* A candidate has the services of a follower, and keeps them when it is one again. */
static void services_installed_as_a_candidate_are_a_followers(void **state) {
    (void)state;
    struct rig *rig = rig_new(3, 2);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    uint32_t configured = rig_calls(rig, 'c');
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
    rig_run(rig);
    assert_false(rig_is(rig, WG_ROLE_FOLLOWER));
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_ROLE, WG_ROLE_CANDIDATE, rig_view(rig).term);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_DONE, 0, 0);
    rig_run(rig);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_ROLE, WG_ROLE_FOLLOWER, rig_view(rig).term);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    assert_int_equal(rig_calls(rig, 'c'), 2 * configured);
    rig_free(rig);
}

static void stop_at_any_step_closes_everything_once(void **state) {
    (void)state;
    uint32_t jobs = jobs_of_a_start();
    for (uint32_t at = 0; at <= jobs; at++) {
        struct rig *rig = started_until(at);
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_STOP, 0, 0);
        rig_run(rig);
        assert_int_equal(rig->stopped, 1);
        assert_int_equal(rig_calls(rig, 'c'), rig_calls(rig, 'd'));
        assert_int_equal(rig_calls(rig, 'o'), rig_calls(rig, 'x'));
        expect_reverse_order(rig);
        rig_pass(rig, 20 * WG_SECOND);
        assert_int_equal(rig_view(rig).role, WG_ROLE_INACTIVE);
        rig_free(rig);
    }
}

/* The next term comes before the last one is installed, and again. */
static void interrupted_interruption_ends_in_the_last_role(void **state) {
    (void)state;
    uint32_t jobs = jobs_of_a_start();
    for (uint32_t at = 4; at <= jobs; at++) {
        struct rig *rig = started_until(at);
        for (uint32_t more = 1; more <= 3; more++) {
            rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
            uint32_t until = rig->partition_jobs + more;
            while (rig->partition_jobs < until && rig_step(rig)) {
            }
            rig->env->now += 5 * WG_SECOND; /* timers are late: elections come at once */
            rig_pass(rig, 0);
        }
        rig_pass(rig, 20 * WG_SECOND);
        assert_true(rig_is(rig, WG_ROLE_LEADER));
        expect_one_director(rig);
        expect_reverse_order(rig);
        rig_free(rig);
    }
}

static void director_starts_again_by_itself_after_a_failed_open(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig->fail_opens = 2;
    rig_start(rig);
    rig_run(rig);
    assert_string_equal(rig->calls, "ccodd");
    rig_pass(rig, 2 * WG_SECOND + 4 * WG_SECOND);
    assert_string_equal(rig->calls, "ccoddccoddccoo");
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_free(rig);
}

static void quirk_keeps_the_director_down_and_the_next_transition_fails(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig->options.quirks = wg_quirk_bit(WG_QUIRK_DIRECTOR_STAYS_DOWN);
    rig->fail_opens = 1;
    rig_start(rig);
    rig_pass(rig, WG_MINUTE);
    assert_string_equal(rig->calls, "ccodd");
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_false(rig_view(rig).failed);
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_run(rig);
    assert_true(rig_view(rig).failed);
    assert_int_equal(rig_view(rig).role, WG_ROLE_INACTIVE);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_STOP, 0, 0);
    rig_run(rig);
    assert_int_equal(rig->stopped, 1);
    rig_free(rig);
}

static void stop_passes_over_a_director_that_is_down(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 1);
    rig->options.quirks = wg_quirk_bit(WG_QUIRK_DIRECTOR_STAYS_DOWN);
    rig->fail_opens = 1;
    rig_start(rig);
    rig_run(rig);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_STOP, 0, 0);
    rig_run(rig);
    assert_int_equal(rig->stopped, 1);
    assert_string_equal(rig->closes, "ESP");
    rig_free(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_close_in_reverse_order),
        cmocka_unit_test(step_down_at_any_step_ends_as_follower_and_leads_again),
        cmocka_unit_test(received_snapshot_at_any_step_installs_anew),
        cmocka_unit_test(snapshot_started_and_done_in_one_go_still_installs_anew),
        cmocka_unit_test(services_installed_as_a_candidate_are_a_followers),
        cmocka_unit_test(stop_at_any_step_closes_everything_once),
        cmocka_unit_test(interrupted_interruption_ends_in_the_last_role),
        cmocka_unit_test(director_starts_again_by_itself_after_a_failed_open),
        cmocka_unit_test(quirk_keeps_the_director_down_and_the_next_transition_fails),
        cmocka_unit_test(stop_passes_over_a_director_that_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
