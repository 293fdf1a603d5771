/* See run_world.h. */
#include "run_world.h"

#include "sim/scenario/scenario_load.h"

#include <stdlib.h>
#include <string.h>

static const char TEXT[] =
    "apiVersion: waggle/v1alpha1\nname: run-world\n"
    "cluster: { brokers: 3, partitions: 1, replicationFactor: 3 }\n"
    "workload: [{ process: one-task, rate: 1/s, until: 1s }]\n"
    "exporters: [{ id: recorder, type: recorder }]\n";

struct run_world *run_world_new(void) { return run_world_of(TEXT); }

struct run_world *run_world_of(const char *text) {
    struct run_world *w = test_calloc(1, sizeof *w);
    struct sim_diagnostics diagnostics = {0};
    assert_int_equal(sim_scenario_parse("run-world.yaml", text, strlen(text), &w->scenario, &diagnostics), 0);
    sim_diagnostics_done(&diagnostics);
    w->options = (struct sim_run_options){.scenario = w->scenario, .seed = 7, .black_box = &w->box};
    w->c = sim_cluster_new(&w->options);
    return w;
}

struct run_world *run_world_settled(void) {
    struct run_world *w = run_world_new();
    run_world_settle(w);
    return w;
}

void run_world_settle(struct run_world *w) {
    for (wg_node_id id = 0; id < w->c->broker_count; id++) {
        sim_cluster_push(w->c, 0, SIM_ITEM_BROKER_START, id, 0, NULL);
    }
    run_world_until(w, 10 * WG_SECOND);
    assert_int_not_equal(run_world_leader(w), WG_NODE_NONE);
}

void run_world_free(struct run_world *w) {
    sim_cluster_free(w->c);
    sim_scenario_free(w->scenario);
    test_free(w);
}

void run_world_until(struct run_world *w, wg_time until) {
    w->c->check_due = false;
    sim_cluster_push(w->c, until, SIM_ITEM_CHECK, 0, 0, NULL);
    while (!w->c->check_due) {
        assert_true(sim_cluster_step(w->c));
    }
}

struct sim_broker *run_world_broker(const struct run_world *w, wg_node_id node) {
    const struct sim_cluster *c = w->c;
    struct sim_broker *broker = c->brokers[node];
    return broker;
}

bool run_world_view(const struct run_world *w, wg_node_id node, struct wg_partition_view *ret_view) {
    const struct sim_broker *broker = run_world_broker(w, node);
    return broker->node != NULL && wg_node_inspect(broker->node, 1, ret_view) == WG_OK;
}

wg_node_id run_world_leader(const struct run_world *w) { return sim_cluster_leader(w->c, 1); }

static struct sim_fault_action action_of(uint32_t number, uint32_t kind, wg_node_id node,
                                         uint64_t param0, uint64_t param1) {
    struct sim_fault_action action = {.number = number, .kind = kind, .node = node, .exporter = -1};
    action.params[0] = param0;
    action.params[1] = param1;
    return action;
}

void run_world_fault(struct run_world *w, uint32_t number, uint32_t kind, wg_node_id node,
                     uint64_t param0, uint64_t param1) {
    struct sim_fault_action action = action_of(number, kind, node, param0, param1);
    sim_broker_fault_begins(w->c, &action);
}

void run_world_heal(struct run_world *w, uint32_t number, uint32_t kind, wg_node_id node,
                    uint64_t param0, uint64_t param1) {
    struct sim_fault_action action = action_of(number, kind, node, param0, param1);
    sim_broker_fault_ends(w->c, &action);
}
