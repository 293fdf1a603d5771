/* What waits for a process that stands still or behind a clogged link (hold.c). */
#include "run_world.h"

#include <string.h>

static void pause(struct run_world *w, wg_node_id node) {
    run_world_fault(w, 1, SIM_FAULT_BROKER_PAUSE, node, 0, 0);
}

static void resume(struct run_world *w, wg_node_id node) {
    run_world_heal(w, 1, SIM_FAULT_BROKER_PAUSE, node, 0, 0);
}

static bool would_wait(struct run_world *w, enum sim_item_kind kind, uint32_t target) {
    struct sim_item item = {.kind = (uint32_t)kind, .target = target};
    uint32_t before = w->c->held_count;
    bool waits = sim_hold_item(w->c, &item);
    assert_int_equal(w->c->held_count, before + waits);
    w->c->held_count = before; /* it was none of the run's own */
    return waits;
}

static void only_what_concerns_the_process_that_stands_still_waits(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    uint32_t actor = run_world_broker(w, 1)->actors[0].number;
    uint32_t other = run_world_broker(w, 2)->actors[0].number;
    assert_false(would_wait(w, SIM_ITEM_JOB_END, actor));
    pause(w, 1);
    assert_true(w->c->may_hold);
    assert_true(would_wait(w, SIM_ITEM_JOB_END, actor));
    assert_true(would_wait(w, SIM_ITEM_PLUGIN_RETURN, actor));
    assert_true(would_wait(w, SIM_ITEM_TIMER, actor * WG_TIMER_SLOTS));
    assert_true(would_wait(w, SIM_ITEM_REQUEST, 1));
    assert_false(would_wait(w, SIM_ITEM_JOB_END, other));
    assert_false(would_wait(w, SIM_ITEM_REQUEST, 2));
    assert_false(would_wait(w, SIM_ITEM_CHECK, 1));
    assert_false(would_wait(w, SIM_ITEM_FAULT_TIMER, 1));
    assert_false(would_wait(w, SIM_ITEM_BROKER_START, 1));
    resume(w, 1);
    assert_false(would_wait(w, SIM_ITEM_TIMER, actor * WG_TIMER_SLOTS));
    run_world_free(w);
}

/* A leader that stands still learns of nothing; the others go on; when it goes on it hears of them. */
static void a_paused_leader_is_replaced_and_hears_of_it_later(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    wg_node_id old = run_world_leader(w);
    struct wg_partition_view before, during, after;
    pause(w, old);
    assert_true(run_world_view(w, old, &before));
    run_world_until(w, w->c->now + 20 * WG_SECOND);
    assert_true(w->c->held_count > 0);
    assert_true(w->c->fault_effects[SIM_FAULT_BROKER_PAUSE] > 0);
    assert_true(run_world_view(w, old, &during));
    assert_int_equal(during.role, before.role);
    assert_int_equal(during.last_index, before.last_index);
    wg_node_id leader = run_world_leader(w);
    assert_int_not_equal(leader, old);
    resume(w, old);
    assert_int_equal(w->c->held_count, 0);
    assert_false(w->c->may_hold);
    run_world_until(w, w->c->now + 20 * WG_SECOND);
    assert_true(run_world_view(w, old, &after));
    assert_true(after.last_index > before.last_index);
    run_world_free(w);
}

/* What waited happens in the order in which it would have happened. */
static void what_waits_keeps_its_order(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    pause(w, (run_world_leader(w) + 1) % 3);
    run_world_until(w, w->c->now + 5 * WG_SECOND);
    assert_true(w->c->held_count > 2);
    for (uint32_t i = 1; i < w->c->held_count; i++) {
        const struct sim_item *a = &w->c->held[i - 1], *b = &w->c->held[i];
        assert_true(a->at < b->at || (a->at == b->at && a->seq < b->seq));
    }
    run_world_free(w);
}

/* Of two reasons to wait, both must end. */
static void a_clogged_link_holds_messages_until_it_is_clear(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    wg_node_id leader = run_world_leader(w), follower = (leader + 1) % 3;
    struct sim_fault_action clog = {.number = 9, .kind = SIM_FAULT_NETWORK_CLOG, .node = WG_NODE_NONE,
                                    .exporter = -1, .link_count = 1};
    sim_nodes_add(&clog.links[0].from, leader);
    sim_nodes_add(&clog.links[0].to, follower);
    struct sim_fault_ports ports = sim_cluster_fault_ports(w->c);
    ports.apply(ports.ctx, &clog, w->c->now);
    pause(w, follower);
    run_world_until(w, w->c->now + WG_SECOND);
    uint32_t held = w->c->held_count;
    assert_true(held > 0);
    resume(w, follower);
    assert_true(w->c->held_count > 0); /* messages still wait behind the clog */
    assert_true(w->c->may_hold);
    for (uint32_t i = 0; i < w->c->held_count; i++) {
        assert_int_equal(w->c->held[i].kind, SIM_ITEM_MESSAGE);
        assert_int_equal(w->c->held[i].target, follower);
    }
    ports.heal(ports.ctx, &clog, w->c->now);
    assert_int_equal(w->c->held_count, 0);
    assert_false(w->c->may_hold);
    run_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_concerns_the_process_that_stands_still_waits),
        cmocka_unit_test(a_paused_leader_is_replaced_and_hears_of_it_later),
        cmocka_unit_test(what_waits_keeps_its_order),
        cmocka_unit_test(a_clogged_link_holds_messages_until_it_is_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
