/* Whom a fault hits, decided at the moment it begins: roles move, so a target like "the leader of
 * partition 1" means who leads then. Draws are from the fault's own stream. */
#include "sim/faults/fault_inside.h"

#define SITE_NODE 1u

uint64_t fault_all_brokers(const struct sim_fault_plan *plan) {
    uint32_t brokers = plan->scenario->cluster.brokers;
    return brokers >= SIM_FAULT_BROKERS_MAX ? UINT64_MAX : fault_bit(brokers) - 1;
}

uint64_t fault_alive(const struct sim_fault_plan *plan) {
    uint64_t alive = 0;
    for (wg_node_id node = 0; node < plan->scenario->cluster.brokers; node++) {
        if (plan->held_down[node] == 0 && plan->ports->broker_up(plan->ports->ctx, node)) {
            alive |= fault_bit(node);
        }
    }
    return alive;
}

wg_node_id fault_draw_node(struct sim_stream *stream, uint64_t nodes) {
    uint32_t skip = sim_choose(stream, SITE_NODE, (uint32_t)__builtin_popcountll(nodes));
    for (; skip > 0; skip--) {
        nodes &= nodes - 1;
    }
    return (wg_node_id)__builtin_ctzll(nodes);
}

static uint64_t one_of(struct sim_stream *stream, uint64_t nodes) {
    return nodes == 0 ? 0 : fault_bit(fault_draw_node(stream, nodes));
}

static uint64_t node_set(wg_node_id node) { return node == WG_NODE_NONE ? 0 : fault_bit(node); }

uint64_t fault_nodes(const struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                     struct sim_stream *stream, struct fault_moment moment) {
    const struct sim_fault_ports *ports = plan->ports;
    switch ((enum sim_target_kind)fault->target_kind) {
    case SIM_TARGET_NONE:
        return node_set(moment.event_node);
    case SIM_TARGET_NODE:
        return node_set(fault->target);
    case SIM_TARGET_LEADER_OF:
        return node_set(ports->leader_of(ports->ctx, fault->target));
    case SIM_TARGET_FOLLOWER_OF: {
        uint64_t leader = node_set(ports->leader_of(ports->ctx, fault->target));
        uint64_t replicas = ports->replicas_of(ports->ctx, fault->target);
        return one_of(stream, replicas & ~leader & fault_alive(plan));
    }
    case SIM_TARGET_ALL:
        return fault_all_brokers(plan);
    case SIM_TARGET_RANDOM:
        return one_of(stream, fault_alive(plan));
    }
    return 0;
}

static void add_links(struct sim_fault_action *action, uint64_t from, uint64_t to) {
    if (from != 0 && to != 0) {
        action->links[action->link_count++] = (struct sim_fault_links){from, to};
    }
}

static void add_directed(struct sim_fault_action *action, uint32_t direction, uint64_t first,
                         uint64_t second) {
    if (direction != SIM_FROM_SECOND_TO_FIRST) {
        add_links(action, first, second);
    }
    if (direction != SIM_FROM_FIRST_TO_SECOND) {
        add_links(action, second, first);
    }
}

bool fault_links(const struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                 struct sim_stream *stream, struct fault_moment moment,
                 struct sim_fault_action *action) {
    uint64_t all = fault_all_brokers(plan);
    if (fault->group_a != 0 || fault->group_b != 0) {
        add_directed(action, fault->direction, fault->group_a, fault->group_b);
        return action->link_count > 0;
    }
    bool isolates = fault->kind == SIM_FAULT_NETWORK_PARTITION;
    if (fault->target_kind == SIM_TARGET_NONE && !isolates) {
        add_links(action, all, all);
        return true;
    }
    uint64_t nodes = fault_nodes(plan, fault, stream, moment);
    if (nodes == 0) {
        return false;
    }
    if (nodes == all) {
        add_links(action, all, all);
    } else {
        add_directed(action, fault->direction, nodes, all & ~nodes);
    }
    action->node = (nodes & (nodes - 1)) == 0 ? (wg_node_id)__builtin_ctzll(nodes) : WG_NODE_NONE;
    return true;
}
