/* processing-pause: broker 0 leads, its operator pauses and resumes processing. */
#include "unit/invariants/judge_world.h"

static void ask(struct world *w, wg_node_id node, uint64_t request, enum wg_admin_kind kind) {
    world_fact(w, SIM_FACT_ADMIN, node, request, kind, 0, 0);
}

static void answer(struct world *w, wg_node_id node, uint64_t request, enum wg_admin_kind kind,
                   wg_status status) {
    world_fact(w, SIM_FACT_ADMIN_DONE, node, request, kind, (uint64_t)status, 0);
}

static void admin(struct world *w, wg_node_id node, uint64_t request, enum wg_admin_kind kind) {
    ask(w, node, request, kind);
    answer(w, node, request, kind, WG_OK);
}

static void lead(struct world *w, wg_node_id node, wg_term term) {
    world_claim(w, node, WG_CLAIM_ROLE, WG_ROLE_LEADER, term, 0, 0);
    world_claim(w, node, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, term, 0, 0);
    world_director(w, node, term);
}

/* Five commands are committed, the first three processed. */
static struct world *leading(void) {
    struct world *w = world_new();
    sim_judges_free(w->judges);
    w->setup.exporter_count = 0;
    world_judges(w);
    world_commands(w, 1, 5);
    lead(w, 0, 1);
    for (uint64_t position = 1; position <= 3; position++) {
        world_claim(w, 0, WG_CLAIM_PROCESSED, position, position, 0, 0);
    }
    return w;
}

static const struct world_record outcome = {.record_type = WG_EVENT,
                                            .value_type = WG_VT_JOB_BATCH,
                                            .intent = WG_JOB_BATCH_ACTIVATED,
                                            .key = 1};

static void fires_when_a_paused_replica_processes(void **state) {
    (void)state;
    struct world *w = leading();
    admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    world_expect_only(w, "processing-pause");
    world_free(w);
}

static void fires_when_a_pause_does_not_survive_a_restart(void **state) {
    (void)state;
    struct world *w = leading();
    admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_power_loss(w, 0);
    lead(w, 0, 2);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 1, 1, 1, 0); /* replayed */
    world_expect_silence(w);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    world_expect_only(w, "processing-pause");
    world_free(w);
}

/* It does not say so, but what it writes does. */
static void fires_when_outcomes_of_later_commands_are_written(void **state) {
    (void)state;
    for (uint32_t later = 0; later < 2; later++) {
        struct world *w = leading();
        struct world_record record = outcome;
        struct world_frame frame;
        admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
        world_commands(w, 1, 1);
        record.source = later == 0 ? 5 : 6;
        frame = world_frame(w, 1, &record, 1);
        world_write(w, 1, &frame); /* on the disk of another broker */
        assert_int_equal(world_count(w, "processing-pause"), later);
        world_free(w);
    }
}

/* The leader of a later term is another one, and nobody has paused it. */
static void stays_silent_on_who_is_not_paused(void **state) {
    (void)state;
    struct world *w = leading();
    struct world_record record = outcome;
    admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 2, 0, 0);
    lead(w, 1, 2);
    world_commands(w, 2, 1);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    record.source = 6;
    struct world_frame frame = world_frame(w, 2, &record, 1);
    world_write(w, 1, &frame);
    assert_int_equal(world_count(w, "processing-pause"), 0);
    world_free(w);
}

static void stays_silent_before_the_answer_and_after_a_failed_request(void **state) {
    (void)state;
    struct world *w = leading();
    ask(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    answer(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING, WG_IO);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 5, 5, 0, 0);
    world_claim(w, 0, WG_CLAIM_PROCESSING, WG_PAUSED_BY_ADMIN, 1, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

static void waits_for_the_last_of_several_requests(void **state) {
    (void)state;
    struct world *w = leading();
    ask(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    ask(w, 0, 2, WG_ADMIN_RESUME_PROCESSING);
    answer(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING, WG_OK);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    world_expect_silence(w);
    answer(w, 0, 2, WG_ADMIN_RESUME_PROCESSING, WG_OK);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 5, 5, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

static void fires_when_the_processor_is_told_another_thing(void **state) {
    (void)state;
    struct world *w = leading();
    world_claim(w, 0, WG_CLAIM_PROCESSING, WG_PAUSED_BY_DISK, 1, 0, 0);
    admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_claim(w, 0, WG_CLAIM_PROCESSING, WG_PAUSED_BY_DISK | WG_PAUSED_BY_ADMIN, 1, 0, 0);
    world_expect_silence(w);
    world_claim(w, 0, WG_CLAIM_PROCESSING, WG_PAUSED_BY_DISK, 1, 0, 0);
    world_expect_only(w, "processing-pause");
    world_free(w);
    w = leading();
    world_claim(w, 0, WG_CLAIM_PROCESSING, WG_PAUSED_BY_ADMIN, 1, 0, 0);
    world_expect_only(w, "processing-pause");
    world_free(w);
}

static void fires_when_nothing_goes_on_after_a_resume(void **state) {
    (void)state;
    enum { STUCK, GOES_ON, ANOTHER_LEADER, FULL_DISK, CASES };
    for (uint32_t what = 0; what < CASES; what++) {
        struct world *w = leading();
        admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
        w->now += WG_MINUTE;
        admin(w, 0, 2, WG_ADMIN_RESUME_PROCESSING);
        if (what == GOES_ON) {
            world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
        } else if (what == ANOTHER_LEADER) {
            world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 2, 0, 0);
        } else if (what == FULL_DISK) {
            world_fact(w, SIM_FACT_DISK_SPACE, 0, 10, SIM_SPACE_NO_PROCESSING, 0, 0);
        }
        for (uint32_t i = 0; i < 3; i++) {
            w->now += 8 * WG_SECOND;
            world_commands(w, 1, 1);
        }
        assert_int_equal(world_count(w, "processing-pause"), what == STUCK);
        world_free(w);
    }
}

/* One that was asked runs on beside a newer process of its broker, which has not heard of it. */
static void does_not_believe_a_process_that_has_ended(void **state) {
    (void)state;
    struct world *w = leading();
    ask(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_end(w, 0, SIM_END_KILL);
    world_start(w, 0);
    lead(w, 0, 2);
    answer(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING, WG_OK);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    assert_int_equal(world_count(w, "processing-pause"), 0);
    admin(w, 0, 2, WG_ADMIN_PAUSE_PROCESSING);
    world_fact(w, SIM_FACT_BROKER_OLD_END, 0, 1, SIM_END_KILL, 0, 0);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 5, 5, 0, 0);
    assert_int_equal(world_count(w, "processing-pause"), 0);
    world_free(w);
}

static void begins_anew_when_the_disk_is_wiped(void **state) {
    (void)state;
    struct world *w = leading();
    admin(w, 0, 1, WG_ADMIN_PAUSE_PROCESSING);
    world_end(w, 0, SIM_END_KILL);
    world_fact(w, SIM_FACT_DISK_WIPED, 0, 0, 0, 0, 0);
    world_start(w, 0);
    lead(w, 0, 2);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 4, 4, 0, 0);
    assert_int_equal(world_count(w, "processing-pause"), 0);
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_when_a_paused_replica_processes),
        cmocka_unit_test(fires_when_a_pause_does_not_survive_a_restart),
        cmocka_unit_test(fires_when_outcomes_of_later_commands_are_written),
        cmocka_unit_test(stays_silent_on_who_is_not_paused),
        cmocka_unit_test(stays_silent_before_the_answer_and_after_a_failed_request),
        cmocka_unit_test(waits_for_the_last_of_several_requests),
        cmocka_unit_test(fires_when_the_processor_is_told_another_thing),
        cmocka_unit_test(fires_when_nothing_goes_on_after_a_resume),
        cmocka_unit_test(does_not_believe_a_process_that_has_ended),
        cmocka_unit_test(begins_anew_when_the_disk_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
