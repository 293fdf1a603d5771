/* Which commands the leader takes and which it refuses: the request limiter by itself, with both
 * algorithms, and at the door of the stream processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/test_env.h"
#include "seams/request_limiter.h"
#include "unit/stream/harness.h"

static const struct wg_limit_options aimd = {.enabled = 1,
                                             .algorithm = WG_LIMIT_AIMD,
                                             .initial = 10,
                                             .least = 2,
                                             .most = 14,
                                             .expected_rtt = 200 * WG_MS,
                                             .backoff_per_million = 900000};

/* `count` requests are written at `at` and all processed `rtt` later. */
static wg_position round_trip(struct wg_request_limiter *l, wg_position from, uint32_t count,
                              wg_time at, wg_time rtt) {
    for (uint32_t i = 0; i < count; i++) {
        wg_request_limiter_written(l, from + i, at);
    }
    for (uint32_t i = 0; i < count; i++) {
        wg_request_limiter_processed(l, from + i, at + rtt);
    }
    assert_int_equal(l->in_flight, 0);
    return from + count;
}

static bool admits_creation(const struct wg_request_limiter *l) {
    return wg_request_limiter_admits(l, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE);
}

static void a_fixed_limit_stays(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_limit_options fixed = aimd;
    struct wg_request_limiter l;
    fixed.algorithm = WG_LIMIT_FIXED;
    fixed.fixed = 3;
    wg_request_limiter_init(&l, env, &fixed);
    for (wg_position p = 1; p <= 3; p++) {
        assert_true(admits_creation(&l));
        wg_request_limiter_written(&l, p, 0);
    }
    assert_false(admits_creation(&l));
    wg_request_limiter_processed(&l, 1, 9 * WG_SECOND);
    assert_true(admits_creation(&l));
    assert_int_equal(l.limit, 3);
    fixed.enabled = 0;
    wg_request_limiter_written(&l, 4, 0);
    assert_true(admits_creation(&l)); /* switched off */
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

static void what_frees_resources_always_passes(void **state) {
    static const struct {
        uint8_t value_type, intent;
        bool passes;
    } rows[] = {{WG_VT_JOB, WG_JOB_COMPLETE, true},
                {WG_VT_JOB, WG_JOB_FAIL, true},
                {WG_VT_JOB, WG_JOB_UPDATE_RETRIES, false},
                {WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATE, false},
                {WG_VT_PROCESS_INSTANCE, WG_PI_CANCEL, true},
                {WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, false},
                {WG_VT_INCIDENT, WG_INCIDENT_RESOLVE, false},
                {WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATE, true},
                {WG_VT_DEPLOYMENT, 2, true},               /* DISTRIBUTE */
                {WG_VT_DEPLOYMENT_DISTRIBUTION, 1, true},  /* COMPLETE */
                {WG_VT_COMMAND_DISTRIBUTION, 2, true},     /* ACKNOWLEDGE */
                {WG_VT_COMMAND_DISTRIBUTION, 0, false}};
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_request_limiter l;
    wg_request_limiter_init(&l, env, &aimd);
    for (wg_position p = 1; p <= 10; p++) {
        wg_request_limiter_written(&l, p, 0);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(wg_request_limiter_admits(&l, rows[i].value_type, rows[i].intent),
                         rows[i].passes);
    }
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

static void aimd_follows_each_request(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_request_limiter l;
    wg_request_limiter_init(&l, env, &aimd);
    assert_int_equal(l.limit, 10);
    /* Quick, but fewer than half the limit in flight: it says nothing. */
    wg_position next = round_trip(&l, 1, 4, 0, WG_MS);
    assert_int_equal(l.limit, 10);
    /* The fifth had half of it in flight, then the limit is 11 and it takes six. */
    next = round_trip(&l, next, 5, WG_SECOND, WG_MS);
    assert_int_equal(l.limit, 11);
    next = round_trip(&l, next, 14, 2 * WG_SECOND, WG_MS);
    assert_int_equal(l.limit, 14); /* the highest */
    next = round_trip(&l, next, 1, 3 * WG_SECOND, 200 * WG_MS);
    assert_int_equal(l.limit, 14); /* just in time */
    next = round_trip(&l, next, 1, 4 * WG_SECOND, 200 * WG_MS + 1);
    assert_int_equal(l.limit, 12); /* 14 * 0.9 = 12.6 */
    next = round_trip(&l, next, 1, 5 * WG_SECOND, WG_SECOND);
    assert_int_equal(l.limit, 10);
    for (uint32_t i = 0; i < 50; i++) {
        next = round_trip(&l, next, 1, 6 * WG_SECOND, WG_SECOND);
    }
    assert_int_equal(l.limit, 2); /* the lowest */
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

/* More in flight than the limit allows: they were let in before it fell, and lower it no further. */
static void aimd_stays_while_above_its_limit(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_request_limiter l;
    wg_request_limiter_init(&l, env, &aimd);
    round_trip(&l, 1, 30, 0, WG_SECOND); /* the first five lower it: 9, 8, 7, 6, 5 */
    assert_int_equal(l.limit, 5);
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

static void a_window_looks_at_averages(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_limit_options windowed = aimd;
    struct wg_request_limiter l;
    windowed.windowed = 1;
    wg_request_limiter_init(&l, env, &windowed);
    /* The first request closes the window before it and is too few. */
    wg_position next = round_trip(&l, 1, 1, 0, 300 * WG_MS);
    next = round_trip(&l, next, 9, 300 * WG_MS, 100 * WG_MS);
    next = round_trip(&l, next, 1, 400 * WG_MS, 900 * WG_MS);
    assert_int_equal(l.limit, 10); /* no second has passed */
    next = round_trip(&l, next, 1, 1301 * WG_MS, 10 * WG_MS);
    assert_int_equal(l.limit, 11); /* on the average quick */
    next = round_trip(&l, next, 10, 1400 * WG_MS, 300 * WG_MS);
    next = round_trip(&l, next, 1, 2300 * WG_MS, 100 * WG_MS);
    assert_int_equal(l.limit, 9); /* slow; 11 * 0.9 = 9.9 */
    for (uint32_t i = 0; i < 100; i++) { /* so quick that they do not count */
        next = round_trip(&l, next, 10, (3 + i) * WG_SECOND, 50 * WG_US);
    }
    assert_int_equal(l.limit, 9);
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

/* Positions of others lie between; more requests than are timed still count. */
static void untimed_requests_count(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_request_limiter l;
    wg_request_limiter_init(&l, env, &aimd);
    for (wg_position p = 0; p < 3000; p++) {
        wg_request_limiter_written(&l, 2 * p + 1, 0);
    }
    assert_int_equal(l.in_flight, 3000);
    assert_int_equal(l.timed_count, WG_TIMED_REQUESTS);
    for (wg_position p = 0; p < 3000; p++) {
        wg_request_limiter_processed(&l, 2 * p + 1, WG_MS);
    }
    assert_int_equal(l.in_flight, 0);
    assert_int_equal(l.timed_count, 0);
    wg_request_limiter_done(&l, env);
    test_env_free(env);
}

/* --- at the door ------------------------------------------------------------------------------ */

static void create(struct harness *h) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str("nobody-deployed-it");
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}

static void the_door_refuses_and_lets_in_again(void **state) {
    (void)state;
    struct harness *h = harness_new();
    h->options.request_limit.fixed = 5;
    harness_lead(h);
    for (uint32_t i = 0; i < 5; i++) {
        create(h);
        assert_int_equal(h->reply_count, 0);
    }
    wg_index last = wg_log_last_index(h->log);
    create(h);
    assert_int_equal(h->reply_count, 1);
    assert_int_equal(h->replies[0].error, WG_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(h->replies[0].exhausted, WG_EXHAUSTED_REQUESTS);
    assert_int_equal(wg_log_last_index(h->log), last); /* nothing was written */
    struct wg_value_job job;
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    harness_request(h, WG_VT_JOB, WG_JOB_COMPLETE, 7, &job);
    assert_int_equal(h->reply_count, 0); /* waits for its commit like the others */
    harness_settle(h);
    create(h);
    assert_int_equal(h->reply_count, 0);
    harness_free(h);
}

/* A full append limit stops everybody, those that free resources too. */
static void too_many_batches_are_refused_to_all(void **state) {
    (void)state;
    struct harness *h = harness_new();
    h->options.append_limit = 3;
    harness_lead(h);
    for (uint32_t i = 0; i < 3; i++) {
        create(h);
        assert_int_equal(h->reply_count, 0);
    }
    struct wg_value_job job;
    assert_int_equal(wg_value_init(WG_VT_JOB, &job), WG_OK);
    harness_request(h, WG_VT_JOB, WG_JOB_COMPLETE, 7, &job);
    assert_int_equal(h->reply_count, 1);
    assert_int_equal(h->replies[0].error, WG_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(h->replies[0].exhausted, WG_EXHAUSTED_APPENDS);
    harness_settle(h);
    create(h);
    assert_int_equal(h->reply_count, 0);
    harness_free(h);
}

/* A refused request does not count as one in flight. */
static void refusals_leave_the_count_alone(void **state) {
    (void)state;
    struct harness *h = harness_new();
    h->options.request_limit.fixed = 2;
    h->options.append_limit = 1;
    harness_lead(h);
    for (uint32_t i = 0; i < 20; i++) {
        create(h);
    }
    harness_settle(h);
    create(h);
    assert_int_equal(h->reply_count, 0);
    harness_settle(h);
    create(h);
    assert_int_equal(h->reply_count, 0);
    harness_free(h);
}

/* A new leader with a backlog and room for one append: each commit lets the next command through, no
 * timer has to. */
static void a_refused_batch_goes_with_the_next_commit(void **state) {
    (void)state;
    struct harness *h = harness_new();
    harness_lead(h);
    for (uint32_t i = 0; i < 4; i++) {
        create(h);
    }
    wg_index requests = wg_log_last_index(h->log);
    harness_crash(h, requests);
    h->options.append_limit = 1;
    harness_lead(h);
    harness_settle(h);
    wg_index one = wg_log_last_index(h->log) - requests;
    assert_true(one >= 4); /* a batch for each command at least */
    harness_advance(h, 1000);
    harness_settle(h);
    assert_int_equal(wg_log_last_index(h->log), requests + one); /* that was all */
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_fixed_limit_stays),
                                       cmocka_unit_test(what_frees_resources_always_passes),
                                       cmocka_unit_test(aimd_follows_each_request),
                                       cmocka_unit_test(aimd_stays_while_above_its_limit),
                                       cmocka_unit_test(a_window_looks_at_averages),
                                       cmocka_unit_test(untimed_requests_count),
                                       cmocka_unit_test(the_door_refuses_and_lets_in_again),
                                       cmocka_unit_test(too_many_batches_are_refused_to_all),
                                       cmocka_unit_test(refusals_leave_the_count_alone),
                                       cmocka_unit_test(a_refused_batch_goes_with_the_next_commit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
