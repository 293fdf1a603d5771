/* Clients and workers against a toy cluster: rates, the way of a job and of an incident, lost
 * answers, brokers that are not the leader or have no room, and coming to rest. */
#include "fake_cluster.h"

static const struct sim_workload_options plain = {
    .rate_per_hour = 72000,
    .until = WG_MINUTE,
    .variable_bytes = 100,
    .workers = SIM_WORKERS_STANDARD};

static struct fake *started(const struct sim_workload_options *options, uint64_t seed) {
    struct fake *fake = fake_new(options, 1, seed);
    sim_workload_start(fake->workload, 0);
    return fake;
}

/* Runs until idle; fails when that takes longer than `limit`. */
static void come_to_rest(struct fake *fake, wg_time limit) {
    sim_workload_quiesce(fake->workload, fake->now);
    wg_time end = fake->now + limit;
    while (!sim_workload_idle(fake->workload)) {
        assert_true(fake->now < end);
        fake_run(fake, fake->now + WG_SECOND);
    }
}

static void all_jobs_get_done(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 1);
    fake_run(fake, WG_MINUTE);
    come_to_rest(fake, 2 * WG_MINUTE);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_in_range(fake->job_count, 1000, 1400); /* 20/s for a minute */
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    assert_int_equal(counters.instances_created, fake->job_count);
    assert_int_equal(counters.jobs_completed, fake->job_count);
    assert_int_equal(counters.timeouts, 0);
    assert_int_equal(counters.requests, counters.replies);
    assert_int_equal(fake->facts[SIM_FACT_REQUEST], counters.requests);
    assert_int_equal(fake->facts[SIM_FACT_REPLY], counters.replies);
    assert_int_equal(fake->mismatches, 0);
    assert_int_equal(fake->unstarted, 0);
    assert_in_range(fake->variable_bytes, 100, 130);
    for (wg_partition_id p = 1; p <= FAKE_PARTITIONS; p++) {
        assert_in_range(fake->creates[p], fake->job_count / 3 - 3, fake->job_count / 3 + 3);
    }
    fake_free(fake);
}

static void the_same_seed_is_the_same_run(void **state) {
    (void)state;
    uint64_t hashes[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct fake *fake = started(&plain, i == 2 ? 8 : 7);
        fake_run(fake, 10 * WG_SECOND);
        hashes[i] = fake->hash;
        fake_free(fake);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
}

static void incidents_are_resolved(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.fail_per_million = 200000;
    struct fake *fake = started(&options, 2);
    fake_run(fake, WG_MINUTE);
    sim_workload_stop_chaos(fake->workload, fake->now);
    come_to_rest(fake, 3 * WG_MINUTE);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_true(counters.jobs_failed > 100);
    assert_int_equal(counters.incidents_resolved, counters.jobs_failed);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

/* The exporters tell of incidents minutes later: nobody gives up before. */
static void incidents_that_become_known_late(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.fail_per_million = 100000;
    options.until = 10 * WG_SECOND;
    struct fake *fake = started(&options, 3);
    fake->incidents_unknown = true;
    fake_run(fake, 5 * WG_MINUTE);
    assert_true(fake_jobs_in(fake, FAKE_STUCK) > 0);
    assert_int_equal(sim_workload_counters(fake->workload).incidents_resolved, 0);
    fake->incidents_unknown = false;
    sim_workload_stop_chaos(fake->workload, fake->now);
    come_to_rest(fake, 3 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void incidents_that_never_become_known(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.fail_per_million = 100000;
    options.until = 10 * WG_SECOND;
    struct fake *fake = started(&options, 3);
    fake->incidents_unknown = true;
    fake_run(fake, WG_MINUTE);
    come_to_rest(fake, 4 * WG_MINUTE);
    assert_true(fake_jobs_in(fake, FAKE_STUCK) > 0);
    fake_free(fake);
}

static void lost_answers(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.fail_per_million = 100000;
    struct fake *fake = started(&options, 4);
    fake->lose_every = 10;
    for (wg_time at = 0; at < WG_MINUTE; at += WG_SECOND) {
        fake_run(fake, at);
    }
    fake->lose_every = 0;
    sim_workload_stop_chaos(fake->workload, fake->now);
    come_to_rest(fake, 5 * WG_MINUTE);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_true(counters.timeouts > 50);
    assert_int_equal(counters.requests, counters.replies + counters.timeouts);
    assert_int_equal(fake->facts[SIM_FACT_REQUEST_TIMEOUT], counters.timeouts);
    assert_true(counters.instances_created < fake->job_count);
    assert_true(counters.instances_created > fake->job_count / 10 * 8);
    assert_true(fake->mismatches < 20);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

/* A timed out request is not confused with the next one in its place. */
static void answers_that_come_too_late(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 5);
    fake->latency = 11 * WG_SECOND;
    fake_run(fake, 30 * WG_SECOND);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_true(counters.timeouts > 0);
    assert_int_equal(counters.replies, 0);
    fake_free(fake);
}

static void another_leader_is_found(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 6);
    fake_run(fake, 5 * WG_SECOND);
    assert_int_equal(fake->mismatches, 0);
    for (wg_partition_id p = 1; p <= FAKE_PARTITIONS; p++) {
        fake->leader[p] = (fake->leader[p] + 2) % 3;
    }
    fake_run(fake, WG_MINUTE);
    assert_in_range(fake->mismatches, 2 * FAKE_PARTITIONS, 60);
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void no_room_at_the_broker(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.rate_per_hour = 3600;
    struct fake *fake = started(&options, 7);
    fake->exhausted = true;
    fake_run(fake, 30 * WG_SECOND);
    /* Deployments and polls of three partitions, every 1.6 s in the end. */
    assert_in_range(fake->requests[WG_VT_DEPLOYMENT], 45, 90);
    assert_int_equal(fake->requests[WG_VT_PROCESS_INSTANCE_CREATION], 0);
    fake->exhausted = false;
    fake_run(fake, WG_MINUTE);
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_true(fake->job_count > 10);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void trickle_after_chaos(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 8);
    fake_run(fake, 5 * WG_SECOND);
    sim_workload_stop_chaos(fake->workload, fake->now);
    uint32_t before = fake->job_count;
    fake_run(fake, 15 * WG_SECOND);
    assert_in_range(fake->job_count - before, 29, 31);
    for (wg_partition_id p = 1; p <= FAKE_PARTITIONS; p++) {
        assert_true(fake->last_create[p] >= 13 * WG_SECOND);
    }
    fake_free(fake);
}

static void trickle_as_slow_as_a_workload_says(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.trickle = 4 * WG_SECOND;
    struct fake *fake = started(&options, 8);
    fake_run(fake, 5 * WG_SECOND);
    sim_workload_stop_chaos(fake->workload, fake->now);
    uint32_t before = fake->job_count;
    fake_run(fake, 22 * WG_SECOND); /* to 17 s behind the end of chaos: four rounds */
    assert_int_equal(fake->job_count - before, 4 * FAKE_PARTITIONS);
    fake_free(fake);
}

/* Silence is not the same as nothing to do. */
static void not_idle_while_nobody_answers(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 9);
    fake_run(fake, 10 * WG_SECOND);
    fake->lose_every = 1;
    sim_workload_quiesce(fake->workload, fake->now);
    fake_run(fake, 5 * WG_MINUTE);
    assert_false(sim_workload_idle(fake->workload));
    fake->lose_every = 0;
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

/* Where one request is allowed at a time, some worker is always refused. */
static void refusals_now_and_then_are_no_work(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 10);
    fake->refuse_every = 5;
    fake_run(fake, WG_MINUTE);
    come_to_rest(fake, 3 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void not_idle_while_all_are_refused(void **state) {
    (void)state;
    struct fake *fake = started(&plain, 11);
    fake_run(fake, 10 * WG_SECOND);
    fake->exhausted = true;
    sim_workload_quiesce(fake->workload, fake->now);
    fake_run(fake, 5 * WG_MINUTE);
    assert_false(sim_workload_idle(fake->workload));
    fake->exhausted = false;
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static struct sim_workload_options without_rate(void) {
    struct sim_workload_options options = plain;
    options.rate_per_hour = 0;
    options.variable_bytes = 0;
    return options;
}

/* Eight clients, each 200 ms of thought and 1 ms of answer: some 40 instances a second. */
static void clients_wait_for_their_answers(void **state) {
    (void)state;
    struct sim_workload_options options = without_rate();
    options.clients = 8;
    options.think = 200 * WG_MS;
    struct fake *fake = started(&options, 10);
    fake_run(fake, WG_MINUTE);
    assert_in_range(fake->job_count, 2200, 2400);
    uint32_t before = fake->job_count;
    fake_run(fake, 70 * WG_SECOND);
    assert_int_equal(fake->job_count, before); /* `until` */
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

/* Slow answers slow the clients down: never more requests under way than clients. */
static void a_closed_loop_adapts(void **state) {
    (void)state;
    struct sim_workload_options options = without_rate();
    options.clients = 4;
    struct fake *fake = started(&options, 11);
    fake->latency = 500 * WG_MS;
    fake_run(fake, 30 * WG_SECOND);
    assert_in_range(fake->requests[WG_VT_PROCESS_INSTANCE_CREATION], 4 * 50, 4 * 60);
    fake_free(fake);
}

static void a_rate_that_rises(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.rate_per_hour = 3600;
    options.rate_to_per_hour = 72000;
    options.ramp = 40 * WG_SECOND;
    struct fake *fake = started(&options, 12);
    uint32_t at[4] = {0};
    for (uint32_t i = 1; i < 4; i++) {
        fake_run(fake, (wg_time)i * 20 * WG_SECOND);
        at[i] = fake->job_count;
    }
    assert_in_range(at[1], 80, 145);         /* 1/s to 10.5/s: 115 */
    assert_in_range(at[2] - at[1], 245, 370); /* to 20/s: 305 */
    assert_in_range(at[3] - at[2], 330, 470); /* 20/s: 400 */
    fake_free(fake);
}

static void a_rate_that_falls(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.rate_per_hour = 72000;
    options.rate_to_per_hour = 1;
    options.ramp = 20 * WG_SECOND;
    struct fake *fake = started(&options, 13);
    fake_run(fake, 20 * WG_SECOND);
    uint32_t before = fake->job_count;
    assert_in_range(before, 150, 250);
    fake_run(fake, WG_MINUTE);
    assert_in_range(fake->job_count - before, 0, 1);
    fake_free(fake);
}

static void bursts_come_at_once(void **state) {
    (void)state;
    struct sim_workload_options options = without_rate();
    options.burst_size = 100;
    options.burst_every = 10 * WG_SECOND;
    options.from = 5 * WG_SECOND;
    struct fake *fake = started(&options, 14);
    fake_run(fake, 15 * WG_SECOND - 1);
    assert_int_equal(fake->job_count, 0);
    fake_run(fake, 15 * WG_SECOND + WG_MS);
    assert_int_equal(fake->job_count, 100);
    fake_run(fake, 2 * WG_MINUTE);
    assert_int_equal(fake->job_count, 500); /* at 15, 25, 35, 45, 55 s */
    fake_free(fake);
}

/* Each order that is not answered comes again, under a new id, and may make a second instance. */
static void requests_without_answer_are_sent_again(void **state) {
    (void)state;
    struct sim_workload_options options = without_rate();
    options.clients = 10;
    options.think = 500 * WG_MS;
    options.timeout = WG_SECOND;
    options.retries = 5;
    struct fake *fake = started(&options, 15);
    fake_run(fake, WG_SECOND); /* deployed */
    fake->lose_every = 5;
    fake_run(fake, 50 * WG_SECOND);
    fake->lose_every = 0;
    fake_run(fake, 70 * WG_SECOND);
    come_to_rest(fake, 2 * WG_MINUTE);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    uint64_t creates = fake->requests[WG_VT_PROCESS_INSTANCE_CREATION];
    assert_true(counters.retries > 50);
    assert_int_equal(creates, fake->job_count);
    assert_int_equal(counters.instances_created, creates - counters.retries);
    assert_int_equal(counters.given_up, 0);
    assert_int_equal(fake->retry_facts, counters.retries);
    fake_free(fake);
}

/* Refused for lack of room: asked again with longer and longer pauses, and given up in the end. */
static void retries_are_used_up(void **state) {
    (void)state;
    struct sim_workload_options options = without_rate();
    options.burst_size = 20;
    options.burst_every = 10 * WG_SECOND;
    options.retries = 3;
    options.until = 15 * WG_SECOND;
    struct fake *fake = started(&options, 16);
    fake_run(fake, 5 * WG_SECOND);
    fake->exhausted = true;
    fake_run(fake, 10 * WG_SECOND + 90 * WG_MS);
    assert_int_equal(fake->requests[WG_VT_PROCESS_INSTANCE_CREATION], 20);
    fake_run(fake, 20 * WG_SECOND);
    assert_int_equal(fake->requests[WG_VT_PROCESS_INSTANCE_CREATION], 80);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_int_equal(counters.given_up, 20);
    assert_int_equal(counters.retries, 60);
    assert_int_equal(fake->job_count, 0);
    fake->exhausted = false;
    come_to_rest(fake, 2 * WG_MINUTE);
    fake_free(fake);
}

static void many_workers_share_the_jobs(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.workers.count = 5;
    options.workers.jobs_per_request = 1;
    struct fake *fake = started(&options, 17);
    fake_run(fake, WG_MINUTE);
    assert_int_equal(fake->most_jobs_asked_for, 1);
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

/* Later than the job's timeout: others have had it, and the late answer is refused. */
static void slow_workers_answer_late(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.workers.timeout = 5 * WG_SECOND;
    options.workers.slow_per_million = 100000;
    options.workers.slow_by = 8 * WG_SECOND;
    struct fake *fake = started(&options, 18);
    fake_run(fake, WG_MINUTE);
    sim_workload_stop_chaos(fake->workload, fake->now);
    come_to_rest(fake, 2 * WG_MINUTE);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_in_range(counters.slow_jobs, 60, 200);
    /* One for each, but one only when the next worker is slow as well. */
    assert_in_range(fake->rejections, counters.slow_jobs * 8 / 10, counters.slow_jobs);
    assert_int_equal(counters.jobs_completed, fake->job_count);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void crashed_workers_answer_nothing(void **state) {
    (void)state;
    struct sim_workload_options options = plain;
    options.workers.timeout = 5 * WG_SECOND;
    options.workers.crash_per_million = 20000;
    struct fake *fake = started(&options, 19);
    fake_run(fake, WG_MINUTE);
    sim_workload_stop_chaos(fake->workload, fake->now);
    struct sim_workload_counters counters = sim_workload_counters(fake->workload);
    assert_in_range(counters.crashes, 5, 40);
    assert_true(counters.lost_jobs >= counters.crashes);
    come_to_rest(fake, 2 * WG_MINUTE);
    assert_int_equal(fake_jobs_in(fake, FAKE_DONE), fake->job_count);
    fake_free(fake);
}

static void without_generators_there_is_nothing_to_do(void **state) {
    (void)state;
    struct fake *fake = fake_new(NULL, 0, 1);
    sim_workload_start(fake->workload, 0);
    sim_workload_stop_chaos(fake->workload, WG_SECOND);
    sim_workload_quiesce(fake->workload, 2 * WG_SECOND);
    assert_true(sim_workload_idle(fake->workload));
    assert_int_equal(fake->facts[SIM_FACT_REQUEST], 0);
    fake_free(fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_jobs_get_done),
                                       cmocka_unit_test(the_same_seed_is_the_same_run),
                                       cmocka_unit_test(incidents_are_resolved),
                                       cmocka_unit_test(incidents_that_become_known_late),
                                       cmocka_unit_test(incidents_that_never_become_known),
                                       cmocka_unit_test(lost_answers),
                                       cmocka_unit_test(answers_that_come_too_late),
                                       cmocka_unit_test(another_leader_is_found),
                                       cmocka_unit_test(no_room_at_the_broker),
                                       cmocka_unit_test(trickle_after_chaos),
                                       cmocka_unit_test(trickle_as_slow_as_a_workload_says),
                                       cmocka_unit_test(not_idle_while_nobody_answers),
        cmocka_unit_test(refusals_now_and_then_are_no_work),
        cmocka_unit_test(not_idle_while_all_are_refused),
                                       cmocka_unit_test(without_generators_there_is_nothing_to_do),
                                       cmocka_unit_test(clients_wait_for_their_answers),
                                       cmocka_unit_test(a_closed_loop_adapts),
                                       cmocka_unit_test(a_rate_that_rises),
                                       cmocka_unit_test(a_rate_that_falls),
                                       cmocka_unit_test(bursts_come_at_once),
                                       cmocka_unit_test(requests_without_answer_are_sent_again),
                                       cmocka_unit_test(retries_are_used_up),
                                       cmocka_unit_test(many_workers_share_the_jobs),
                                       cmocka_unit_test(slow_workers_answer_late),
                                       cmocka_unit_test(crashed_workers_answer_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
