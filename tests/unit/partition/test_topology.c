/* Gossip of leaders: three brokers that do nothing else, with the test in the place of the network. */
#include "partition/topology.h"
#include "tests/lib/test_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BROKERS = 3, PARTITIONS = 4, MOST = 64 };

struct cluster {
    struct wg_partition_shared of[BROKERS];
    bool deaf[BROKERS]; /* gets nothing */
    uint32_t sent, lost;
};

static struct cluster *new_cluster(uint32_t partitions) {
    struct cluster *c = test_calloc(1, sizeof *c);
    for (wg_node_id i = 0; i < BROKERS; i++) {
        c->of[i].env = test_env_new();
        c->of[i].env->node = i;
        c->of[i].options.cluster_brokers = BROKERS;
        c->of[i].options.cluster_partitions = partitions;
        wg_topology_init(&c->of[i]);
    }
    return c;
}

static void free_cluster(struct cluster *c) {
    for (wg_node_id i = 0; i < BROKERS; i++) {
        wg_topology_done(&c->of[i]);
        test_env_clear_effects(c->of[i].env);
    }
    for (wg_node_id i = 0; i < BROKERS; i++) {
        test_env_free(c->of[i].env);
    }
    test_free(c);
}

static bool step(struct cluster *c, wg_node_id node, struct wg_event event) {
    event.actor = WG_ACTOR_PARTITION;
    return wg_topology_step(&c->of[node], &event);
}

/* Delivers what a broker has sent; what this makes others send waits for its turn. */
static bool deliver_from(struct cluster *c, wg_node_id node) {
    uint32_t count;
    const struct wg_effect *effects = test_env_effects(c->of[node].env, &count);
    uint32_t before = c->sent;
    for (uint32_t i = 0; i < count; i++) {
        if (effects[i].kind != WG_EFFECT_SEND) {
            continue;
        }
        struct wg_message *message = effects[i].u.message;
        c->sent++;
        assert_int_not_equal(message->to, node);
        assert_int_equal(message->kind, WG_MSG_TOPOLOGY);
        if (c->deaf[message->to]) {
            c->lost++;
            continue;
        }
        assert_true(step(c, message->to, (struct wg_event){.kind = WG_EVENT_MESSAGE,
                                                           .u.message = message}));
    }
    test_env_clear_effects(c->of[node].env);
    return c->sent > before;
}

static void settle(struct cluster *c) {
    bool more = true;
    for (uint32_t round = 0; more; round++) {
        assert_true(round < MOST);
        more = false;
        for (wg_node_id i = 0; i < BROKERS; i++) {
            more |= deliver_from(c, i);
        }
    }
}

static void start(struct cluster *c, wg_node_id node, wg_partition_id partition) {
    struct wg_event event = {.kind = WG_EVENT_POST, .partition = partition,
                             .u.post.what = WG_POST_START};
    assert_false(step(c, node, event)); /* the partition wants to hear of it, too */
}

/* When its timer was set to last, and by which slot; 0 = it has not been. */
static wg_time armed(struct cluster *c, wg_node_id node, uint32_t *ret_slot) {
    uint32_t count;
    const struct wg_effect *effects = test_env_effects(c->of[node].env, &count);
    wg_time at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (effects[i].kind == WG_EFFECT_TIMER) {
            at = effects[i].u.timer.at;
            *ret_slot = effects[i].u.timer.slot;
        }
    }
    return at;
}

static wg_node_id leader(const struct cluster *c, wg_node_id node, wg_partition_id partition) {
    return wg_topology_leader(&c->of[node].topology, partition);
}

static void expect_leader(const struct cluster *c, wg_partition_id partition, wg_node_id node) {
    for (wg_node_id i = 0; i < BROKERS; i++) {
        assert_int_equal(leader(c, i, partition), node);
    }
}

static void who_leads_is_told_to_all(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    expect_leader(c, 1, WG_NODE_NONE);
    wg_topology_announce(&c->of[0], 1, 1);
    assert_int_equal(leader(c, 0, 1), 0);
    assert_int_equal(leader(c, 1, 1), WG_NODE_NONE); /* not yet */
    settle(c);
    assert_int_equal(c->sent, BROKERS - 1); /* who is told tells nobody */
    expect_leader(c, 1, 0);
    wg_topology_announce(&c->of[2], 3, 7);
    settle(c);
    expect_leader(c, 1, 0);
    expect_leader(c, 3, 2);
    expect_leader(c, 2, WG_NODE_NONE);
    wg_topology_announce(&c->of[1], 1, 2);
    settle(c);
    expect_leader(c, 1, 1);
    free_cluster(c);
}

/* The news of term 2 come late, behind those of term 3. */
static void news_of_an_older_term_change_nothing(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    wg_topology_announce(&c->of[0], 1, 2);
    wg_topology_announce(&c->of[1], 1, 3);
    assert_true(deliver_from(c, 1));
    assert_true(deliver_from(c, 0));
    settle(c);
    expect_leader(c, 1, 1);
    wg_topology_announce(&c->of[0], 1, 2); /* its services are there only now */
    assert_int_equal(leader(c, 0, 1), 1);
    assert_false(deliver_from(c, 0)); /* nothing to tell */
    wg_topology_announce(&c->of[0], 1, 4);
    settle(c);
    expect_leader(c, 1, 0);
    free_cluster(c);
}

static void who_starts_hears_what_others_know(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    c->deaf[2] = true; /* it is down */
    wg_topology_announce(&c->of[0], 1, 5);
    wg_topology_announce(&c->of[1], 2, 6);
    settle(c);
    assert_int_equal(leader(c, 2, 1), WG_NODE_NONE);
    c->deaf[2] = false;
    start(c, 2, 2);
    settle(c);
    expect_leader(c, 1, 0);
    expect_leader(c, 2, 1);
    uint32_t sent = c->sent;
    start(c, 2, 4); /* its next partition has nothing to ask any more */
    settle(c);
    assert_int_equal(c->sent, sent);
    free_cluster(c);
}

/* Every 10 s the next broker gets the whole table, so each of them does within 20 s. */
static void who_missed_the_news_gets_them_in_the_next_rounds(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    uint32_t slot = 0;
    start(c, 0, 1);
    assert_int_equal(armed(c, 0, &slot), 10 * WG_SECOND);
    settle(c);
    c->deaf[1] = c->deaf[2] = true;
    wg_topology_announce(&c->of[0], 1, 1);
    settle(c);
    assert_int_equal(c->lost, 2);
    c->deaf[1] = c->deaf[2] = false;
    for (uint32_t round = 1; round <= 2; round++) {
        assert_int_equal(leader(c, 2, 1), WG_NODE_NONE);
        c->of[0].env->now += 10 * WG_SECOND;
        assert_true(step(c, 0, (struct wg_event){.kind = WG_EVENT_TIMER, .partition = 1,
                                                 .u.timer = slot}));
        assert_int_equal(armed(c, 0, &slot), (round + 1) * 10 * WG_SECOND);
        settle(c);
        assert_int_equal(leader(c, round, 1), 0);
    }
    free_cluster(c);
}

static void partitions_that_it_does_not_know_are_nobodys(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    wg_topology_announce(&c->of[0], PARTITIONS + 1, 3);
    settle(c);
    assert_int_equal(c->sent, 0);
    assert_int_equal(leader(c, 0, PARTITIONS + 1), WG_NODE_NONE);
    assert_int_equal(leader(c, 0, 0), WG_NODE_NONE);
    assert_int_equal(wg_topology_leader(NULL, 1), WG_NODE_NONE);
    free_cluster(c);
}

/* A broker with a smaller table takes what it has room for; one that knows of no cluster takes nothing. */
static void tables_of_another_size_are_taken_as_far_as_they_go(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    wg_topology_done(&c->of[1]);
    c->of[1].options.cluster_partitions = 2;
    wg_topology_init(&c->of[1]);
    wg_topology_announce(&c->of[0], 2, 3);
    settle(c);
    wg_topology_announce(&c->of[0], 4, 3);
    settle(c);
    assert_int_equal(leader(c, 1, 2), 0);
    assert_int_equal(leader(c, 1, 4), WG_NODE_NONE);
    wg_topology_announce(&c->of[1], 1, 1); /* the larger one keeps what the smaller one lacks */
    settle(c);
    assert_int_equal(leader(c, 0, 4), 0);
    assert_int_equal(leader(c, 0, 1), 1);
    free_cluster(c);
    c = new_cluster(0);
    start(c, 0, 1);
    wg_topology_announce(&c->of[0], 1, 1);
    uint32_t slot;
    assert_int_equal(armed(c, 0, &slot), 0);
    settle(c);
    assert_int_equal(c->sent, 0);
    free_cluster(c);
}

static void events_for_others_are_left_to_them(void **state) {
    (void)state;
    struct cluster *c = new_cluster(PARTITIONS);
    struct wg_event event = {.kind = WG_EVENT_POST, .actor = WG_ACTOR_RAFT, .partition = 1,
                             .u.post.what = WG_POST_START};
    assert_false(wg_topology_step(&c->of[0], &event));
    assert_false(step(c, 0, (struct wg_event){.kind = WG_EVENT_TIMER, .u.timer = 0}));
    settle(c);
    assert_int_equal(c->sent, 0);
    free_cluster(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_leads_is_told_to_all),
        cmocka_unit_test(news_of_an_older_term_change_nothing),
        cmocka_unit_test(who_starts_hears_what_others_know),
        cmocka_unit_test(who_missed_the_news_gets_them_in_the_next_rounds),
        cmocka_unit_test(partitions_that_it_does_not_know_are_nobodys),
        cmocka_unit_test(tables_of_another_size_are_taken_as_far_as_they_go),
        cmocka_unit_test(events_for_others_are_left_to_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
