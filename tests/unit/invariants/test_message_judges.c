/* Judges of messages and of distributions, fed with committed entries made by hand: two partitions,
 * one broker that leads both. */
#include "sim/invariants/bench.h"
#include "tests/unit/invariants/no_disks.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#define HOME 1u     /* partition of the instances */
#define MESSAGES 2u /* of the messages */

struct rig {
    struct sim_judge_setup setup;
    struct wg_partition_options partitions[2];
    struct sim_judges *judges;
    struct judge_entry entry;
    struct judge_record records[8];
    struct judge_detail details[8];
    wg_position position;
    wg_time now;
};

static void claim(struct rig *r, wg_partition_id p, enum wg_claim_kind kind, uint64_t a,
                  uint64_t b) {
    struct wg_claim claim = {(uint32_t)kind, p, a, b, 0, 0};
    sim_judges_claim(r->judges, r->now, 0, &claim);
}

static struct rig *rig_new(void) {
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (uint32_t i = 0; i < 2; i++) {
        r->partitions[i] = (struct wg_partition_options){.id = i + 1, .member_count = 1,
                                                         .target_priority = 1};
    }
    r->setup = (struct sim_judge_setup){.brokers = 1,
                                        .partition_count = 2,
                                        .partitions = r->partitions,
                                        .segment_bytes = 1u << 20,
                                        .snapshot_period = WG_MINUTE,
                                        .distribution_interval = 15 * WG_SECOND,
                                        .distributes = true};
    r->judges = sim_judges_new(&r->setup, &no_disks);
    r->now = WG_SECOND;
    struct sim_fact start = {.at = r->now, .kind = SIM_FACT_BROKER_START, .a = 1};
    sim_judges_fact(r->judges, &start);
    for (wg_partition_id p = 1; p <= 2; p++) {
        claim(r, p, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1);
        claim(r, p, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, 1);
        claim(r, p, WG_CLAIM_DIRECTOR, 1, 0);
    }
    return r;
}

static void rig_free(struct rig *r) {
    sim_judges_free(r->judges);
    free(r);
}

static uint32_t violations(const struct rig *r, const char *invariant) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim_judges_violation_count(r->judges); i++) {
        count += strcmp(sim_judges_violation(r->judges, i)->invariant, invariant) == 0;
    }
    return count;
}

/* --- entries ---------------------------------------------------------------------------------- */

static void record(struct rig *r, uint8_t value_type, uint8_t intent, wg_key key,
                   struct judge_detail detail) {
    uint32_t i = r->entry.count++;
    bool has_detail = value_type != WG_VT_DEPLOYMENT;
    r->details[r->entry.detail_count] = detail;
    r->entry.detail_count += has_detail;
    r->records[i] = (struct judge_record){.position = ++r->position,
                                          .key = key,
                                          .instance = wg_key_encode(HOME, 5),
                                          .record_type = WG_EVENT,
                                          .value_type = value_type,
                                          .intent = intent,
                                          .caught = true,
                                          .timestamp_ms = r->now / WG_MS,
                                          .detail = has_detail ? r->entry.detail_count : 0};
}

/* What was recorded is committed. */
static void commit(struct rig *r, wg_partition_id p) {
    r->entry.records = r->records;
    r->entry.details = r->details;
    r->judges->now = r->now;
    inv_message_correlation_entry(r->judges, p, &r->entry);
    inv_distribution_entry(r->judges, p, &r->entry);
    r->entry = (struct judge_entry){.count = 0};
}

#define SUBJECT 77u
#define PROCESS 88u
#define LONG_MS INT64_C(4000000000000) /* a deadline that does not come */

static struct judge_detail of_waiter(uint64_t waiter, wg_key message) {
    return (struct judge_detail){.subject = SUBJECT, .waiter = waiter, .process = PROCESS,
                                 .message = message, .deadline = -1, .partition = MESSAGES};
}

static void publish(struct rig *r, wg_key key, int64_t deadline_ms) {
    struct judge_detail detail = {.subject = SUBJECT, .message = -1, .deadline = deadline_ms};
    record(r, WG_VT_MESSAGE, WG_MESSAGE_PUBLISHED, key, detail);
}

static void subscription(struct rig *r, uint8_t intent, wg_key key, uint64_t waiter,
                         wg_key message) {
    record(r, WG_VT_MESSAGE_SUBSCRIPTION, intent, key, of_waiter(waiter, message));
}

static void instance(struct rig *r, uint8_t intent, uint64_t waiter, wg_key message) {
    record(r, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, intent, wg_key_encode(HOME, (int64_t)waiter),
           of_waiter(waiter, message));
}

static void open_both(struct rig *r) {
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 12, 2, -1);
    commit(r, MESSAGES);
}

/* --- message-correlation ---------------------------------------------------------------------- */

static void judge_message_correlation_fires_when_a_message_goes_to_two(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    open_both(r);
    publish(r, 50, LONG_MS);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
    commit(r, MESSAGES);
    instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, 1, 50);
    commit(r, HOME);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATED, 11, 1, 50);
    commit(r, MESSAGES);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 13, 3, -1); /* it has had its one */
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 12, 2, 50);
    commit(r, MESSAGES);
    assert_int_equal(violations(r, "message-correlation"), 1);
    instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, 2, 50);
    commit(r, HOME);
    assert_int_equal(violations(r, "message-correlation"), 2);
    rig_free(r);
}

static void refused_message_may_go_to_another(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    open_both(r);
    publish(r, 50, LONG_MS);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
    commit(r, MESSAGES);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_REJECTED, -1, 1, 50);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 12, 2, 50);
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 13, 3, -1);
    commit(r, MESSAGES);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_DELETED, 12, 2, 50); /* and nobody gets it */
    commit(r, MESSAGES);
    assert_int_equal(violations(r, "message-correlation"), 1);
    rig_free(r);
}

static void message_and_waiter_have_to_meet(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    publish(r, 50, LONG_MS);
    commit(r, MESSAGES);
    assert_int_equal(violations(r, "message-correlation"), 1);
    rig_free(r);
    r = rig_new();
    publish(r, 50, 5000);
    commit(r, MESSAGES);
    r->now = 6 * WG_SECOND; /* past its deadline */
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    publish(r, 51, 50000);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 51);
    commit(r, MESSAGES);
    publish(r, 52, 50000);
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 12, 2, -1);
    commit(r, MESSAGES);
    assert_int_equal(violations(r, "message-correlation"), 1);
    rig_free(r);
}

static void expired_message_is_no_more(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    publish(r, 50, LONG_MS);
    commit(r, MESSAGES);
    record(r, WG_VT_MESSAGE, WG_MESSAGE_EXPIRED, 50, (struct judge_detail){.message = -1});
    commit(r, MESSAGES);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    rig_free(r);
}

static void message_lives_until_its_deadline(void **unused) {
    (void)unused;
    for (int64_t deadline = 5000; deadline <= 10000; deadline += 5000) {
        struct rig *r = rig_new();
        publish(r, 50, deadline);
        commit(r, MESSAGES);
        r->now = 7 * WG_SECOND;
        record(r, WG_VT_MESSAGE_BATCH, WG_MESSAGE_BATCH_EXPIRE, -1, (struct judge_detail){0});
        r->records[0].record_type = WG_COMMAND;
        r->records[0].detail = 0;
        commit(r, MESSAGES);
        record(r, WG_VT_MESSAGE, WG_MESSAGE_EXPIRED, 50, (struct judge_detail){.message = -1});
        r->records[0].source = r->position - 1;
        commit(r, MESSAGES);
        assert_int_equal(violations(r, "message-correlation"), deadline > 7000);
        rig_free(r);
    }
}

/* Nothing but time passes until the end. */
static uint32_t at_the_end(struct rig *r, wg_time after, const char *invariant) {
    r->now += after;
    r->judges->now = r->now;
    if (invariant[0] == 'm') {
        inv_message_correlation_finish(r->judges);
    } else {
        inv_distribution_finish(r->judges);
    }
    return violations(r, invariant);
}

static void questions_are_answered_in_the_end(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATING, 1, -1);
    commit(r, HOME);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 0);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
    r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATING, 1, -1);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATED, 1, -1);
    commit(r, HOME);
    assert_int_equal(at_the_end(r, 200 * WG_SECOND, "message-correlation"), 0);
    instance(r, WG_PROCESS_SUBSCRIPTION_DELETING, 1, -1);
    commit(r, HOME);
    assert_int_equal(at_the_end(r, 200 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
    r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    publish(r, 50, LONG_MS);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
    commit(r, MESSAGES);
    assert_int_equal(at_the_end(r, 200 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
}

static void subscription_has_one_message_on_its_way(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    publish(r, 50, LONG_MS);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
    publish(r, 51, LONG_MS);
    commit(r, MESSAGES);
    assert_int_equal(sim_judges_violation_count(r->judges), 0);
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 51);
    commit(r, MESSAGES);
    assert_int_equal(violations(r, "message-correlation"), 1);
    rig_free(r);
}

static void taken_message_is_not_freed(void **unused) {
    (void)unused;
    for (uint64_t taker = 1; taker <= 2; taker++) {
        struct rig *r = rig_new();
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
        publish(r, 50, LONG_MS);
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
        commit(r, MESSAGES);
        instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, taker, 50);
        commit(r, HOME);
        subscription(r, WG_MESSAGE_SUBSCRIPTION_DELETED, 11, 1, 50);
        commit(r, MESSAGES);
        assert_int_equal(violations(r, "message-correlation"), taker == 1);
        rig_free(r);
    }
}

enum { TAKEN_BEFORE, TAKEN_LATER, NEVER_TAKEN, CLOSED_WITH_IT };

/* What a subscription counts as taken its instance has taken, before or a little later. */
static void message_counts_as_taken_by_who_took_it(void **unused) {
    (void)unused;
    for (uint32_t how = TAKEN_BEFORE; how <= CLOSED_WITH_IT; how++) {
        struct rig *r = rig_new();
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
        publish(r, 50, LONG_MS);
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11, 1, 50);
        commit(r, MESSAGES);
        if (how == TAKEN_BEFORE) {
            instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, 1, 50);
            commit(r, HOME);
        }
        if (how == CLOSED_WITH_IT) {
            subscription(r, WG_MESSAGE_SUBSCRIPTION_DELETED, 11, 1, -1);
        } else {
            subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATED, 11, 1, 50);
        }
        commit(r, MESSAGES);
        assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 0);
        if (how == TAKEN_LATER) {
            instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, 1, 50);
            commit(r, HOME);
        }
        assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), how >= NEVER_TAKEN);
        rig_free(r);
    }
}

/* A subscription that is opened once more when its instance has had its message counts another one. */
static void one_message_counts_once_for_an_instance(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    for (wg_key i = 0; i < 2; i++) {
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11 + i, 1, -1);
        publish(r, 50 + i, LONG_MS);
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATING, 11 + i, 1, 50 + i);
        commit(r, MESSAGES);
        if (i == 0) {
            instance(r, WG_PROCESS_SUBSCRIPTION_CORRELATED, 1, 50);
            commit(r, HOME);
        }
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CORRELATED, 11 + i, 1, 50 + i);
        commit(r, MESSAGES);
        assert_int_equal(at_the_end(r, 120 * WG_SECOND, "message-correlation"), i);
    }
    rig_free(r);
}

/* Opened on the message's side only, on the instance's side only, or on both for other messages. */
static void both_sides_agree_in_the_end(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 0);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
    r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    commit(r, MESSAGES);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATING, 1, -1);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATED, 1, -1);
    commit(r, HOME);
    r->now += 120 * WG_SECOND;
    subscription(r, WG_MESSAGE_SUBSCRIPTION_REJECTED, -1, 1, -1);
    commit(r, MESSAGES);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 0);
    assert_int_equal(at_the_end(r, 60 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
    r = rig_new();
    subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 11, 1, -1);
    r->details[0].subject = SUBJECT + 1;
    commit(r, MESSAGES);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATING, 1, -1);
    instance(r, WG_PROCESS_SUBSCRIPTION_CREATED, 1, -1);
    commit(r, HOME);
    assert_int_equal(at_the_end(r, 120 * WG_SECOND, "message-correlation"), 1);
    rig_free(r);
}

static void ended_wait_is_remembered_for_a_while(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    for (uint64_t waiter = 1; waiter <= 3; waiter++) {
        subscription(r, WG_MESSAGE_SUBSCRIPTION_CREATED, 10 + (wg_key)waiter, waiter, -1);
        commit(r, MESSAGES);
        instance(r, WG_PROCESS_SUBSCRIPTION_CREATING, waiter, -1);
        instance(r, WG_PROCESS_SUBSCRIPTION_CREATED, waiter, -1);
        commit(r, HOME);
        r->now += 100 * WG_SECOND;
        instance(r, WG_PROCESS_SUBSCRIPTION_DELETED, waiter, -1);
        commit(r, HOME);
    }
    r->now += 10 * WG_SECOND; /* the third has just ended; of the two others nobody told the messages */
    assert_int_equal(at_the_end(r, 0, "message-correlation"), 2);
    rig_free(r);
}

static void message_ends_after_its_deadline(void **unused) {
    (void)unused;
    for (uint32_t others = 0; others < 3; others++) {
        struct rig *r = rig_new();
        int64_t now_ms = judge_wall_ms(r->judges, 0);
        publish(r, 50, now_ms + 5000);
        publish(r, 51, now_ms + (others == 1 ? 4000 : 6000));
        commit(r, MESSAGES);
        r->now += 80 * WG_SECOND;
        assert_int_equal(at_the_end(r, 0, "message-correlation"), 0);
        r->now += 30 * WG_SECOND;
        if (others > 0) {
            record(r, WG_VT_MESSAGE, WG_MESSAGE_EXPIRED, 51, (struct judge_detail){.message = -1});
            commit(r, MESSAGES);
        }
        /* All overdue, or in its turn behind one that ended just now, or passed over by it. */
        assert_int_equal(at_the_end(r, 0, "message-correlation"), others == 0 ? 2 : others - 1);
        rig_free(r);
    }
}

/* --- distribution ----------------------------------------------------------------------------- */

#define DEPLOYMENT wg_key_encode(1, 3)

static void distribution(struct rig *r, uint8_t intent, int64_t partition) {
    record(r, WG_VT_COMMAND_DISTRIBUTION, intent, DEPLOYMENT,
           (struct judge_detail){.message = -1, .partition = partition});
}

static void deploy(struct rig *r) {
    record(r, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED, DEPLOYMENT, of_waiter(0, -1));
    distribution(r, WG_DISTRIBUTION_STARTED, 1);
    distribution(r, WG_DISTRIBUTION_DISTRIBUTING, 2);
    commit(r, 1);
}

static void take_over(struct rig *r) {
    record(r, WG_VT_PROCESS, WG_PROCESS_CREATED, wg_key_encode(1, 4), of_waiter(0, -1));
    record(r, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED, DEPLOYMENT, of_waiter(0, -1));
    commit(r, 2);
}

static void versions_are_the_same_everywhere(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    struct judge_detail detail = {.message = -1, .version = 2};
    record(r, WG_VT_PROCESS, WG_PROCESS_CREATED, wg_key_encode(1, 4), detail);
    commit(r, 1);
    record(r, WG_VT_PROCESS, WG_PROCESS_CREATED, wg_key_encode(1, 4), detail);
    commit(r, 2);
    assert_int_equal(violations(r, "distribution"), 0);
    detail.version = 3;
    record(r, WG_VT_PROCESS, WG_PROCESS_CREATED, wg_key_encode(1, 4), detail);
    commit(r, 2);
    assert_int_equal(violations(r, "distribution"), 2); /* and it was there */
    rig_free(r);
}

static void acknowledge(struct rig *r) {
    distribution(r, WG_DISTRIBUTION_ACKNOWLEDGED, 2);
    distribution(r, WG_DISTRIBUTION_FINISHED, 1);
    commit(r, 1);
}

static void deployment_reaches_everybody_once(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    deploy(r);
    take_over(r);
    acknowledge(r);
    assert_int_equal(at_the_end(r, 900 * WG_SECOND, "distribution"), 0);
    acknowledge(r); /* FINISHED again is no news, the answer is */
    assert_int_equal(violations(r, "distribution"), 1);
    take_over(r);
    assert_int_equal(violations(r, "distribution"), 3);
    rig_free(r);
}

static void what_is_pending_is_not_finished(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    deploy(r);
    distribution(r, WG_DISTRIBUTION_FINISHED, 1);
    commit(r, 1);
    assert_int_equal(violations(r, "distribution"), 1);
    rig_free(r);
    r = rig_new();
    record(r, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED, DEPLOYMENT, of_waiter(0, -1));
    commit(r, 1); /* and not started */
    assert_int_equal(violations(r, "distribution"), 1);
    rig_free(r);
}

static void judge_distribution_fires_when_a_deployment_is_lost(void **unused) {
    (void)unused;
    struct rig *r = rig_new();
    deploy(r);
    assert_int_equal(at_the_end(r, 50 * WG_SECOND, "distribution"), 0);
    assert_int_equal(at_the_end(r, 50 * WG_SECOND, "distribution"), 1);
    rig_free(r);
    r = rig_new();
    deploy(r);
    acknowledge(r); /* what is not there */
    assert_int_equal(at_the_end(r, 100 * WG_SECOND, "distribution"), 1);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_message_correlation_fires_when_a_message_goes_to_two),
        cmocka_unit_test(refused_message_may_go_to_another),
        cmocka_unit_test(message_and_waiter_have_to_meet),
        cmocka_unit_test(expired_message_is_no_more),
        cmocka_unit_test(message_lives_until_its_deadline),
        cmocka_unit_test(questions_are_answered_in_the_end),
        cmocka_unit_test(subscription_has_one_message_on_its_way),
        cmocka_unit_test(taken_message_is_not_freed),
        cmocka_unit_test(message_counts_as_taken_by_who_took_it),
        cmocka_unit_test(one_message_counts_once_for_an_instance),
        cmocka_unit_test(both_sides_agree_in_the_end),
        cmocka_unit_test(ended_wait_is_remembered_for_a_while),
        cmocka_unit_test(message_ends_after_its_deadline),
        cmocka_unit_test(deployment_reaches_everybody_once),
        cmocka_unit_test(versions_are_the_same_everywhere),
        cmocka_unit_test(what_is_pending_is_not_finished),
        cmocka_unit_test(judge_distribution_fires_when_a_deployment_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
