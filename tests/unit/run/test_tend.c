/* What the operator does about replicas that have given up (tend.c). */
#include "run_world.h"

#define LOG_FILE "partitions/1/raft-1.log"
#define COVERED 100u /* an offset that the first frame's checksum covers */

/* Broker `node` starts on a log whose first entry has rotted, and gives up. */
static void ruin(struct run_world *w, wg_node_id node) {
    struct sim_broker *broker = run_world_broker(w, node);
    sim_broker_kill(broker, SIM_END_KILL);
    assert_true(sim_disk_corrupt(broker->disk, LOG_FILE, COVERED, 4, w->c->now));
    sim_cluster_push(w->c, w->c->now, SIM_ITEM_BROKER_START, node, 0, NULL);
    run_world_until(w, w->c->now + WG_SECOND);
    struct wg_partition_view view;
    assert_true(run_world_view(w, node, &view));
    assert_true(view.failed);
}

static bool has_given_up(const struct run_world *w, wg_node_id node) {
    struct wg_partition_view view;
    return run_world_view(w, node, &view) && view.failed;
}

static wg_node_id follower(const struct run_world *w) { return (run_world_leader(w) + 1) % 3; }

/* Looks every second, as the run driver does. */
static void tend_until(struct run_world *w, wg_time until) {
    while (w->c->now < until) {
        run_world_until(w, w->c->now + WG_SECOND);
        sim_tend(w->c);
    }
    run_world_until(w, until + 1);
}

static void who_is_well_is_left_alone(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    sim_tend_begin(w->c);
    tend_until(w, w->c->now + WG_MINUTE);
    for (wg_node_id node = 0; node < 3; node++) {
        assert_int_equal(run_world_broker(w, node)->incarnation, 1);
        assert_false(run_world_broker(w, node)->tended);
    }
    run_world_free(w);
}

/* First only a start; when that does not help, the partition's files go, and the others give all. */
static void a_replica_that_gave_up_is_restarted_and_then_wiped(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    wg_node_id node = follower(w);
    const struct sim_broker *broker = run_world_broker(w, node);
    ruin(w, node);
    uint64_t incarnation = broker->incarnation;
    sim_tend_begin(w->c);
    wg_time began = w->c->now;
    tend_until(w, began + 9 * WG_SECOND);
    assert_int_equal(broker->incarnation, incarnation); /* it is given time */
    tend_until(w, began + 12 * WG_SECOND);
    assert_int_equal(broker->incarnation, incarnation + 1);
    assert_true(broker->tended);
    assert_int_equal(sim_disk_counters(broker->disk).wiped_files, 0);
    assert_true(has_given_up(w, node));
    tend_until(w, began + 25 * WG_SECOND);
    assert_int_equal(broker->incarnation, incarnation + 2);
    assert_true(sim_disk_counters(broker->disk).wiped_files > 0);
    tend_until(w, began + 40 * WG_SECOND);
    struct wg_partition_view view, leader;
    assert_true(run_world_view(w, node, &view));
    assert_true(run_world_view(w, run_world_leader(w), &leader));
    assert_false(view.failed);
    assert_int_equal(view.last_index, leader.last_index);
    assert_int_equal(broker->incarnation, incarnation + 2); /* and then left alone */
    run_world_free(w);
}

/* Without a majority of others that hold what it has, nobody is wiped. */
static void nobody_is_wiped_who_cannot_be_spared(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    wg_node_id node = follower(w), other = (node + 1) % 3 == run_world_leader(w) ? (node + 2) % 3
                                                                                 : (node + 1) % 3;
    ruin(w, node);
    sim_broker_kill(run_world_broker(w, other), SIM_END_KILL);
    sim_tend_begin(w->c);
    tend_until(w, w->c->now + WG_MINUTE);
    assert_true(run_world_broker(w, node)->tended);
    assert_int_equal(sim_disk_counters(run_world_broker(w, node)->disk).wiped_files, 0);
    assert_true(has_given_up(w, node));
    run_world_free(w);
}

/* A follower in the middle of a job shows what it is about to write: it is not on its disk before the end. */
static void who_is_writing_does_not_hold_yet(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    wg_node_id node = follower(w), other = 3 - node - run_world_leader(w);
    struct sim_actor *raft = sim_broker_actor(run_world_broker(w, other), 1, WG_ACTOR_RAFT);
    ruin(w, node);
    while (!raft->busy) {
        run_world_until(w, w->c->now + WG_SECOND / 100000);
    }
    assert_false(sim_broker_can_be_spared(run_world_broker(w, node), 1));
    while (raft->busy) {
        run_world_until(w, w->c->now + WG_SECOND / 100000);
    }
    while (sim_broker_actor(run_world_broker(w, run_world_leader(w)), 1, WG_ACTOR_RAFT)->busy) {
        run_world_until(w, w->c->now + WG_SECOND / 100000);
    }
    assert_true(sim_broker_can_be_spared(run_world_broker(w, node), 1));
    run_world_free(w);
}

static void clocks_are_put_right_at_once(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    run_world_fault(w, 1, SIM_FAULT_CLOCK_JUMP, 2, 7 * (uint64_t)WG_SECOND, SIM_CLOCK_STAYS);
    run_world_heal(w, 1, SIM_FAULT_CLOCK_JUMP, 2, 7 * (uint64_t)WG_SECOND, SIM_CLOCK_STAYS);
    assert_int_equal(sim_broker_wall_ms(run_world_broker(w, 2)), sim_cluster_wall_ms(w->c) + 7000);
    sim_tend_begin(w->c);
    assert_int_equal(sim_broker_wall_ms(run_world_broker(w, 2)), sim_cluster_wall_ms(w->c));
    run_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_well_is_left_alone),
        cmocka_unit_test(a_replica_that_gave_up_is_restarted_and_then_wiped),
        cmocka_unit_test(nobody_is_wiped_who_cannot_be_spared),
        cmocka_unit_test(who_is_writing_does_not_hold_yet),
        cmocka_unit_test(clocks_are_put_right_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
