/* The network: order, times, losses, copies, cuts, effects that overlap and heal one by one. */
#include "world_env.h"

#include "sim/world/sim_net.h"

struct fixture {
    struct sim_choices *choices;
    struct sim_net *net;
    uint32_t facts[SIM_FACT_COUNT];
    struct sim_fact last;
    uint32_t destroyed;
};

static struct sim_node_set nodes(uint64_t bits) { return (struct sim_node_set){{bits}}; }

static struct fixture *current; /* messages carry no context of their own */

static void on_fact(void *ctx, const struct sim_fact *fact) {
    struct fixture *f = ctx;
    f->facts[fact->kind]++;
    f->last = *fact;
}

static void open_net(struct fixture *f, uint64_t seed, const struct sim_net_options *options) {
    memset(f, 0, sizeof *f);
    f->choices = sim_choices_new(seed);
    f->net = sim_net_new(4, options, f->choices, on_fact, f);
    current = f;
}

static void close_net(struct fixture *f) {
    sim_net_free(f->net);
    sim_choices_free(f->choices);
}

static void destroy(struct wg_message *message) {
    current->destroyed++;
    free(message);
}

static struct wg_message *message_new(wg_node_id from, wg_node_id to, uint32_t bytes) {
    struct wg_message *message = calloc(1, sizeof *message);
    assert_non_null(message);
    *message = (struct wg_message){.refs = 1,
                                   .kind = WG_MSG_VOTE_REQUEST,
                                   .from = from,
                                   .to = to,
                                   .partition = 2,
                                   .wire_bytes = bytes,
                                   .digest = 77,
                                   .destroy = destroy};
    return message;
}

/* Sends one message and drops the deliveries; their number, times in at[]. */
static uint32_t send_one(struct fixture *f, wg_node_id from, wg_node_id to, wg_time now,
                         wg_time at[SIM_NET_DELIVERIES]) {
    struct sim_delivery out[SIM_NET_DELIVERIES];
    uint32_t count = sim_net_send(f->net, message_new(from, to, 100), now, out);
    for (uint32_t i = 0; i < count; i++) {
        at[i] = out[i].at;
        wg_message_unref(out[i].message);
    }
    return count;
}

static void test_latency_and_order(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS, .jitter = WG_MS};
    open_net(&f, 1, &options);
    wg_time last = 0, sum = 0;
    wg_time at[SIM_NET_DELIVERIES];
    for (wg_time now = 0; now < 1000 * 100 * WG_US; now += 100 * WG_US) {
        assert_int_equal(send_one(&f, 0, 1, now, at), 1);
        assert_true(at[0] >= now + WG_MS);
        assert_true(at[0] >= last);
        last = at[0];
        assert_int_equal(send_one(&f, 1, 2, now * 100, at), 1); /* far apart: no queueing */
        sum += at[0] - now * 100;
    }
    assert_in_range(sum / 1000, 18 * WG_MS / 10, 22 * WG_MS / 10);
    assert_int_equal(f.facts[SIM_FACT_MESSAGE_SENT], 2000);
    assert_int_equal(f.last.node, 1);
    assert_int_equal(f.last.a, 2);
    assert_int_equal(f.last.c, 77);
    assert_int_equal(f.last.partition, 2);
    assert_int_equal(f.destroyed, 2000);
    close_net(&f);
}

static void test_bandwidth(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS, .bytes_per_second = 1000000};
    open_net(&f, 1, &options);
    struct sim_route route = sim_net_route(f.net, 0, 1, 1000000, 5);
    assert_int_equal(route.count, 1);
    assert_int_equal(route.at[0], 5 + WG_MS + WG_SECOND);
    route = sim_net_route(f.net, 0, 1, 0, 6); /* waits behind the big one */
    assert_int_equal(route.at[0], 5 + WG_MS + WG_SECOND);
    sim_net_reset_node(f.net, 1);
    route = sim_net_route(f.net, 0, 1, 0, 7);
    assert_int_equal(route.at[0], 7 + WG_MS);
    close_net(&f);
}

static void test_loss_and_copies(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS, .loss = 200000, .duplicate = 100000};
    open_net(&f, 1, &options);
    uint32_t counts[3] = {0};
    for (int i = 0; i < 10000; i++) {
        wg_time at[SIM_NET_DELIVERIES];
        uint32_t count = send_one(&f, 0, 1, i, at);
        counts[count]++;
        assert_true(count < 2 || at[1] >= at[0]);
    }
    assert_in_range(counts[0], 1850, 2150);
    assert_in_range(counts[2], 700, 900);
    struct sim_net_counters counters = sim_net_counters(f.net);
    assert_int_equal(counters.lost_random, counts[0]);
    assert_int_equal(counters.duplicated, counts[2]);
    assert_int_equal(f.facts[SIM_FACT_MESSAGE_LOST], counts[0]);
    assert_int_equal(f.destroyed, 10000);
    close_net(&f);
}

static void test_reordered_ones_are_passed(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {
        .latency = WG_MS, .reorder = 100000, .reorder_delay = 50 * WG_MS};
    open_net(&f, 1, &options);
    uint32_t passed = 0;
    wg_time before = 0;
    for (wg_time now = 0; now < 2000 * WG_MS; now += WG_MS) {
        wg_time at[SIM_NET_DELIVERIES];
        assert_int_equal(send_one(&f, 0, 1, now, at), 1);
        passed += at[0] < before;
        before = at[0];
    }
    assert_in_range(passed, 120, 240);
    assert_in_range(sim_net_counters(f.net).reordered, 150, 260);
    close_net(&f);
}

static void test_cuts_have_a_direction(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS};
    struct sim_net_effect cut = {.cut = true};
    wg_time at[SIM_NET_DELIVERIES];
    open_net(&f, 1, &options);
    sim_net_add(f.net, 1, nodes(1), nodes(6), &cut);
    assert_true(sim_net_blocked(f.net, 0, 1) && sim_net_blocked(f.net, 0, 2));
    assert_false(sim_net_blocked(f.net, 1, 0) || sim_net_blocked(f.net, 0, 3));
    assert_int_equal(send_one(&f, 0, 1, 1, at), 0);
    assert_int_equal(f.last.kind, SIM_FACT_MESSAGE_LOST);
    assert_int_equal(f.last.c, SIM_LOSS_PARTITION);
    assert_int_equal(f.destroyed, 1);
    assert_int_equal(send_one(&f, 1, 0, 1, at), 1);
    struct wg_message *late = message_new(0, 1, 1);
    sim_net_lost(f.net, late, SIM_LOSS_DOWN, 9);
    assert_int_equal(f.last.c, SIM_LOSS_DOWN);
    assert_int_equal(sim_net_counters(f.net).lost_down, 1);
    sim_net_lost(f.net, late, SIM_LOSS_PARTITION, 9);
    sim_net_lost(f.net, late, SIM_LOSS_RANDOM, 9);
    assert_int_equal(sim_net_counters(f.net).lost_partition, 2);
    wg_message_unref(late);
    close_net(&f);
}

static void test_effects_stack_and_heal_one_by_one(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS};
    struct sim_net_effect cut = {.cut = true};
    struct sim_net_effect slow = {.latency = 10 * WG_MS, .reorder_delay = 5};
    struct sim_net_effect slower = {.latency = 20 * WG_MS, .loss = 1000000};
    open_net(&f, 1, &options);
    sim_net_add(f.net, 1, nodes(3), nodes(15), &cut);
    sim_net_add(f.net, 2, nodes(1), nodes(2), &cut);
    sim_net_add(f.net, 2, nodes(2), nodes(1), &cut); /* a second effect of the same fault */
    sim_net_remove(f.net, 1);
    assert_true(sim_net_blocked(f.net, 0, 1) && sim_net_blocked(f.net, 1, 0));
    assert_false(sim_net_blocked(f.net, 0, 2));
    sim_net_remove(f.net, 2);
    assert_false(sim_net_blocked(f.net, 0, 1));
    sim_net_add(f.net, 3, sim_nodes_first(SIM_NODES_MAX), sim_nodes_first(SIM_NODES_MAX), &slow);
    sim_net_add(f.net, 4, nodes(1), nodes(2), &slow);
    assert_int_equal(sim_net_route(f.net, 0, 1, 0, 0).at[0], 21 * WG_MS);
    assert_int_equal(sim_net_route(f.net, 2, 3, 0, 0).at[0], 11 * WG_MS);
    sim_net_add(f.net, 5, nodes(1), nodes(2), &slower);
    struct sim_route lost = sim_net_route(f.net, 0, 1, 0, 0);
    assert_int_equal(lost.count, 0);
    assert_int_equal(lost.loss, SIM_LOSS_RANDOM);
    sim_net_remove(f.net, 5);
    sim_net_remove(f.net, 3);
    sim_net_remove(f.net, 77);
    assert_int_equal(sim_net_route(f.net, 0, 1, 0, 100 * WG_MS).at[0], 111 * WG_MS);
    assert_int_equal(sim_net_counters(f.net).slowed, 3);
    close_net(&f);
}

/* What happens on one link depends on that link alone. */
static bool arrives(struct fixture *f, enum wg_message_kind kind, wg_node_id from, wg_node_id to) {
    struct sim_delivery out[SIM_NET_DELIVERIES];
    struct wg_message *message = message_new(from, to, 100);
    message->kind = (uint16_t)kind;
    uint32_t count = sim_net_send(f->net, message, 0, out);
    for (uint32_t i = 0; i < count; i++) {
        wg_message_unref(out[i].message);
    }
    return count > 0;
}

/* One sort of messages is lost on some links, and others travel as if nothing were. */
static void test_loss_of_one_sort(void **state) {
    (void)state;
    struct fixture f, calm;
    struct sim_net_options options = {.latency = WG_MS, .jitter = WG_MS, .loss = 100000};
    struct sim_net_effect votes = {.kinds = 1u << WG_MSG_VOTE_REQUEST | 1u << WG_MSG_VOTE_RESPONSE,
                                   .kind_loss = 1000000};
    open_net(&f, 1, &options);
    sim_net_add(f.net, 1, nodes(1), nodes(2), &votes);
    assert_false(arrives(&f, WG_MSG_VOTE_REQUEST, 0, 1));
    assert_int_equal(f.facts[SIM_FACT_MESSAGE_LOST], 1);
    assert_int_equal(f.last.c, SIM_LOSS_RANDOM);
    assert_false(arrives(&f, WG_MSG_VOTE_RESPONSE, 0, 1));
    assert_int_equal(sim_net_counters(f.net).lost_kind, 2);
    open_net(&calm, 1, &options);
    for (uint32_t i = 0; i < 100; i++) { /* what is not lost draws as without the fault */
        assert_int_equal(arrives(&f, WG_MSG_POLL_REQUEST, 0, 1),
                         arrives(&calm, WG_MSG_POLL_REQUEST, 0, 1));
        assert_int_equal(arrives(&f, WG_MSG_VOTE_REQUEST, 1, 0),
                         arrives(&calm, WG_MSG_VOTE_REQUEST, 1, 0));
    }
    close_net(&calm);
    votes.kind_loss = 300000;
    sim_net_remove(f.net, 1);
    sim_net_add(f.net, 2, nodes(1), nodes(2), &votes);
    uint64_t before = sim_net_counters(f.net).lost_kind;
    for (uint32_t i = 0; i < 1000; i++) {
        (void)arrives(&f, WG_MSG_VOTE_REQUEST, 0, 1);
    }
    assert_in_range(sim_net_counters(f.net).lost_kind - before, 200, 400);
    sim_net_remove(f.net, 2);
    before = sim_net_counters(f.net).lost_kind;
    for (uint32_t i = 0; i < 100; i++) {
        (void)arrives(&f, WG_MSG_VOTE_REQUEST, 0, 1);
    }
    assert_int_equal(sim_net_counters(f.net).lost_kind, before);
    close_net(&f);
}

static void test_links_have_streams_of_their_own(void **state) {
    (void)state;
    wg_time alone[50];
    struct sim_net_options options = {.latency = WG_MS, .jitter = WG_MS};
    for (int busy = 0; busy < 2; busy++) {
        struct fixture f;
        open_net(&f, 9, &options);
        for (int i = 0; i < 50; i++) {
            wg_time at[SIM_NET_DELIVERIES];
            if (busy == 1) {
                send_one(&f, 1, 0, i, at);
            }
            send_one(&f, 0, 1, i * WG_SECOND, at);
            alone[i] = busy == 0 ? at[0] : alone[i];
            assert_int_equal(at[0], alone[i]);
        }
        close_net(&f);
    }
}

static void test_clog_and_flap(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS};
    open_net(&f, 1, &options);
    wg_time at[SIM_NET_DELIVERIES];
    struct sim_net_effect clog = {.clog = true};
    struct sim_net_effect flap = {.cut = SIM_CUT_FLAP};
    assert_false(sim_net_any_clog(f.net));
    sim_net_add(f.net, 1, nodes(1), nodes(2), &clog);
    assert_true(sim_net_any_clog(f.net));
    assert_true(sim_net_clogged(f.net, 0, 1));
    assert_false(sim_net_clogged(f.net, 1, 0)); /* a direction */
    assert_false(sim_net_blocked(f.net, 0, 1));
    assert_int_equal(send_one(&f, 0, 1, 5, at), 1); /* nothing is lost */
    sim_net_add(f.net, 2, nodes(1), nodes(2), &flap);
    assert_true(sim_net_blocked(f.net, 0, 1));
    assert_int_equal(send_one(&f, 0, 1, 5, at), 0);
    assert_int_equal(sim_net_counters(f.net).lost_flap, 1);
    assert_int_equal(sim_net_counters(f.net).lost_partition, 0);
    sim_net_remove(f.net, 1);
    sim_net_remove(f.net, 2);
    assert_false(sim_net_any_clog(f.net));
    assert_false(sim_net_clogged(f.net, 0, 1));
    assert_int_equal(send_one(&f, 0, 1, 5, at), 1);
    close_net(&f);
}

static void test_many_nodes(void **state) {
    (void)state;
    struct fixture f;
    struct sim_net_options options = {.latency = WG_MS};
    memset(&f, 0, sizeof f);
    f.choices = sim_choices_new(1);
    f.net = sim_net_new(SIM_NODES_MAX, &options, f.choices, on_fact, &f);
    current = &f;
    struct sim_net_effect cut = {.cut = SIM_CUT_PARTITION};
    sim_net_add(f.net, 1, sim_nodes_one(SIM_NODES_MAX - 1), sim_nodes_first(100), &cut);
    assert_true(sim_net_blocked(f.net, SIM_NODES_MAX - 1, 0));
    assert_true(sim_net_blocked(f.net, SIM_NODES_MAX - 1, 99));
    assert_false(sim_net_blocked(f.net, SIM_NODES_MAX - 1, 100));
    assert_false(sim_net_blocked(f.net, 99, SIM_NODES_MAX - 1));
    close_net(&f);
}

static void test_node_sets(void **state) {
    (void)state;
    struct sim_node_set set = sim_nodes_none();
    assert_true(sim_nodes_empty(&set));
    assert_int_equal(sim_nodes_next(&set, 0), SIM_NODES_MAX);
    sim_nodes_add(&set, 3);
    sim_nodes_add(&set, 63);
    sim_nodes_add(&set, 64);
    sim_nodes_add(&set, SIM_NODES_MAX - 1);
    assert_int_equal(sim_nodes_count(&set), 4);
    assert_int_equal(sim_nodes_next(&set, 0), 3);
    assert_int_equal(sim_nodes_next(&set, 4), 63);
    assert_int_equal(sim_nodes_next(&set, 64), 64);
    assert_int_equal(sim_nodes_next(&set, 65), SIM_NODES_MAX - 1);
    assert_int_equal(sim_nodes_next(&set, SIM_NODES_MAX), SIM_NODES_MAX);
    struct sim_node_set low = sim_nodes_first(64);
    assert_int_equal(sim_nodes_count(&low), 64);
    struct sim_node_set common = sim_nodes_and(set, low);
    struct sim_node_set high = sim_nodes_without(set, low);
    assert_int_equal(sim_nodes_count(&common), 2);
    assert_true(sim_nodes_has(&high, 64) && !sim_nodes_has(&high, 63));
    sim_nodes_remove(&high, 64);
    struct sim_node_set last = sim_nodes_one(SIM_NODES_MAX - 1);
    assert_true(sim_nodes_equal(&high, &last));
    assert_false(sim_nodes_equal(&high, &low));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latency_and_order),
        cmocka_unit_test(test_bandwidth),
        cmocka_unit_test(test_loss_and_copies),
        cmocka_unit_test(test_reordered_ones_are_passed),
        cmocka_unit_test(test_cuts_have_a_direction),
        cmocka_unit_test(test_effects_stack_and_heal_one_by_one),
        cmocka_unit_test(test_loss_of_one_sort),
        cmocka_unit_test(test_links_have_streams_of_their_own),
        cmocka_unit_test(test_clog_and_flap),
        cmocka_unit_test(test_many_nodes),
        cmocka_unit_test(test_node_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
