/* Whom a fault hits, decided at the moment it begins: roles move, so a target like "the leader of
 * partition 1" means who leads then. Draws are from the fault's own stream. */
#include "sim/faults/fault_inside.h"

#define SITE_NODE 1u

struct sim_node_set fault_all_brokers(const struct sim_fault_plan *plan) {
    return sim_nodes_first(plan->scenario->cluster.brokers);
}

struct sim_node_set fault_alive(const struct sim_fault_plan *plan) {
    struct sim_node_set alive = sim_nodes_none();
    for (wg_node_id node = 0; node < plan->scenario->cluster.brokers; node++) {
        if (plan->held_down[node] == 0 && plan->ports->broker_up(plan->ports->ctx, node)) {
            sim_nodes_add(&alive, node);
        }
    }
    return alive;
}

wg_node_id fault_draw_node(struct sim_stream *stream, struct sim_node_set nodes) {
    uint32_t skip = sim_choose(stream, SITE_NODE, sim_nodes_count(&nodes));
    uint32_t node = sim_nodes_next(&nodes, 0);
    for (; skip > 0; skip--) {
        node = sim_nodes_next(&nodes, node + 1);
    }
    return node;
}

static struct sim_node_set one_of(struct sim_stream *stream, struct sim_node_set nodes) {
    return sim_nodes_empty(&nodes) ? nodes : sim_nodes_one(fault_draw_node(stream, nodes));
}

static struct sim_node_set node_set(wg_node_id node) {
    return node == WG_NODE_NONE ? sim_nodes_none() : sim_nodes_one(node);
}

struct sim_node_set fault_nodes(const struct sim_fault_plan *plan,
                                const struct sim_fault_options *fault, struct sim_stream *stream,
                                struct fault_moment moment) {
    const struct sim_fault_ports *ports = plan->ports;
    switch ((enum sim_target_kind)fault->target_kind) {
    case SIM_TARGET_NONE:
        return node_set(moment.event_node);
    case SIM_TARGET_NODE:
        return node_set(fault->target);
    case SIM_TARGET_LEADER_OF:
        return node_set(ports->leader_of(ports->ctx, fault->target));
    case SIM_TARGET_FOLLOWER_OF: {
        struct sim_node_set leader = node_set(ports->leader_of(ports->ctx, fault->target));
        struct sim_node_set replicas = ports->replicas_of(ports->ctx, fault->target);
        return one_of(stream,
                      sim_nodes_and(sim_nodes_without(replicas, leader), fault_alive(plan)));
    }
    case SIM_TARGET_ALL:
        return fault_all_brokers(plan);
    case SIM_TARGET_RANDOM:
        return one_of(stream, fault_alive(plan));
    }
    return sim_nodes_none();
}

static void add_links(struct sim_fault_action *action, struct sim_node_set from,
                      struct sim_node_set to) {
    if (!sim_nodes_empty(&from) && !sim_nodes_empty(&to)) {
        action->links[action->link_count++] = (struct sim_fault_links){from, to};
    }
}

static void add_directed(struct sim_fault_action *action, uint32_t direction,
                         struct sim_node_set first, struct sim_node_set second) {
    if (direction != SIM_FROM_SECOND_TO_FIRST) {
        add_links(action, first, second);
    }
    if (direction != SIM_FROM_FIRST_TO_SECOND) {
        add_links(action, second, first);
    }
}

/* Whether the kind stops traffic: on all links at once it would need no target, but then nothing
 * would be learnt from it. */
static bool isolates(uint32_t kind) {
    return kind == SIM_FAULT_NETWORK_PARTITION || kind == SIM_FAULT_NETWORK_CLOG ||
           kind == SIM_FAULT_NETWORK_FLAP;
}

bool fault_links(const struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                 struct sim_stream *stream, struct fault_moment moment,
                 struct sim_fault_action *action) {
    struct sim_node_set all = fault_all_brokers(plan);
    if (!sim_nodes_empty(&fault->group_a) || !sim_nodes_empty(&fault->group_b)) {
        add_directed(action, fault->direction, fault->group_a, fault->group_b);
        return action->link_count > 0;
    }
    if (fault->target_kind == SIM_TARGET_NONE && !isolates(fault->kind)) {
        add_links(action, all, all);
        return true;
    }
    struct sim_node_set nodes = fault_nodes(plan, fault, stream, moment);
    if (sim_nodes_empty(&nodes)) {
        return false;
    }
    if (sim_nodes_equal(&nodes, &all)) {
        add_links(action, all, all);
    } else {
        add_directed(action, fault->direction, nodes, sim_nodes_without(all, nodes));
    }
    action->node = sim_nodes_count(&nodes) == 1 ? sim_nodes_next(&nodes, 0) : WG_NODE_NONE;
    return true;
}
