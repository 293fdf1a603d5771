/* What each fault of the table does to the world, and how it ends. The plan says when and on whom. */
#include "sim/run/cluster_internal.h"

#include <string.h>

static void fault_fact(struct sim_cluster *c, enum sim_fact_kind kind,
                       const struct sim_fault_action *action) {
    struct sim_fact fact = {.kind = (uint32_t)kind,
                            .node = action->node,
                            .a = action->number,
                            .b = action->kind,
                            .c = action->node};
    sim_cluster_fact(c, &fact);
}

/* A graceful stop that never came to its end is cut short, as an orchestrator would do. */
static void start_again(struct sim_cluster *c, struct sim_broker *broker) {
    if (broker->stopping) {
        sim_broker_kill(broker, SIM_END_KILL);
    }
    sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, broker->id, 0, NULL);
}

static struct sim_net_effect net_effect(const struct sim_fault_action *action) {
    struct sim_net_effect effect = {0};
    switch (action->kind) {
    case SIM_FAULT_NETWORK_PARTITION:
        effect.cut = true;
        break;
    case SIM_FAULT_NETWORK_LOSS:
        effect.loss = (uint32_t)action->params[0];
        break;
    case SIM_FAULT_NETWORK_DUPLICATE:
        effect.duplicate = (uint32_t)action->params[0];
        break;
    case SIM_FAULT_NETWORK_REORDER:
        effect.reorder = (uint32_t)action->params[0];
        effect.reorder_delay = (wg_time)action->params[1];
        break;
    default:
        effect.latency = (wg_time)action->params[0];
        break;
    }
    return effect;
}

static void apply_network(struct sim_cluster *c, const struct sim_fault_action *action) {
    struct sim_net_effect effect = net_effect(action);
    for (uint32_t i = 0; i < action->link_count; i++) {
        sim_net_add(c->net, action->number, action->links[i].from, action->links[i].to, &effect);
    }
}

/* Exporter and sink faults may overlap: each counts how many hold, the last one to end lifts it. */
static void change_exporter(struct sim_cluster *c, const struct sim_fault_action *action, bool on) {
    for (uint32_t i = 0; i < c->scenario->exporter_count; i++) {
        if (action->exporter >= 0 && (uint32_t)action->exporter != i) {
            continue;
        }
        struct sim_exporter_faults *f = &c->exporter_faults[i];
        int step = on ? 1 : -1;
        if (action->kind == SIM_FAULT_EXPORTER_ERROR) {
            f->errors += step;
            sim_plugin_port_set_error(c->port, i, f->errors > 0);
        } else if (action->kind == SIM_FAULT_SINK_DOWN) {
            f->downs += step;
            sim_plugin_port_set_sink_down(c->port, i, f->downs > 0);
        } else {
            f->slow += on ? (wg_time)action->params[0] : -(wg_time)action->params[0];
            sim_plugin_port_set_sink_slow(c->port, i, f->slow);
        }
    }
}

/* The strongest of the overlapping ones counts; it is kept until the last has ended. */
static void set_tearing(struct sim_cluster *c, const struct sim_fault_action *action, bool on) {
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        if (action->node != WG_NODE_NONE && action->node != id) {
            continue;
        }
        struct sim_broker *broker = &c->brokers[id];
        uint32_t per_mille = (uint32_t)(action->params[0] / 1000);
        broker->tearing_faults += on ? 1 : -1;
        if (broker->tearing_faults == 0) {
            broker->tearing = 0;
        } else if (on && per_mille > broker->tearing) {
            broker->tearing = per_mille;
        }
        sim_disk_set_tearing(broker->disk, broker->tearing);
    }
}

static void apply(void *ctx, const struct sim_fault_action *action, wg_time now) {
    struct sim_cluster *c = ctx;
    (void)now;
    fault_fact(c, SIM_FACT_FAULT_BEGIN, action);
    switch ((enum sim_fault_kind)action->kind) {
    case SIM_FAULT_BROKER_KILL:
        sim_broker_kill(&c->brokers[action->node], SIM_END_KILL);
        break;
    case SIM_FAULT_BROKER_STOP:
        sim_broker_stop(&c->brokers[action->node]);
        break;
    case SIM_FAULT_BROKER_POWER_LOSS:
    case SIM_FAULT_CLUSTER_POWER_LOSS:
        /* The plan asks for each broker of the cluster in turn. */
        sim_broker_kill(&c->brokers[action->node], SIM_END_POWER_LOSS);
        break;
    case SIM_FAULT_NETWORK_PARTITION:
    case SIM_FAULT_NETWORK_LOSS:
    case SIM_FAULT_NETWORK_DUPLICATE:
    case SIM_FAULT_NETWORK_REORDER:
    case SIM_FAULT_NETWORK_LATENCY:
        apply_network(c, action);
        break;
    case SIM_FAULT_DISK_TORN_WRITES:
        set_tearing(c, action, true);
        break;
    case SIM_FAULT_EXPORTER_ERROR:
    case SIM_FAULT_SINK_DOWN:
    case SIM_FAULT_SINK_SLOW:
        change_exporter(c, action, true);
        break;
    case SIM_FAULT_KIND_COUNT:
        break;
    }
}

static void heal(void *ctx, const struct sim_fault_action *action, wg_time now) {
    struct sim_cluster *c = ctx;
    (void)now;
    fault_fact(c, SIM_FACT_FAULT_END, action);
    switch ((enum sim_fault_kind)action->kind) {
    case SIM_FAULT_BROKER_KILL:
    case SIM_FAULT_BROKER_STOP:
    case SIM_FAULT_BROKER_POWER_LOSS:
    case SIM_FAULT_CLUSTER_POWER_LOSS:
        if (!action->stays_down) {
            start_again(c, &c->brokers[action->node]);
        }
        break;
    case SIM_FAULT_NETWORK_PARTITION:
    case SIM_FAULT_NETWORK_LOSS:
    case SIM_FAULT_NETWORK_DUPLICATE:
    case SIM_FAULT_NETWORK_REORDER:
    case SIM_FAULT_NETWORK_LATENCY:
        sim_net_remove(c->net, action->number);
        break;
    case SIM_FAULT_DISK_TORN_WRITES:
        set_tearing(c, action, false);
        break;
    case SIM_FAULT_EXPORTER_ERROR:
    case SIM_FAULT_SINK_DOWN:
    case SIM_FAULT_SINK_SLOW:
        change_exporter(c, action, false);
        break;
    case SIM_FAULT_KIND_COUNT:
        break;
    }
}

static void set_timer(void *ctx, uint32_t id, wg_time at) {
    sim_cluster_push(ctx, at, SIM_ITEM_FAULT_TIMER, id, 0, NULL);
}

static wg_node_id leader_of(void *ctx, wg_partition_id partition) {
    return sim_cluster_leader(ctx, partition);
}

static bool broker_up(void *ctx, wg_node_id node) {
    const struct sim_cluster *c = ctx;
    return c->brokers[node].node != NULL && !c->brokers[node].stopping;
}

static uint64_t replicas_of(void *ctx, wg_partition_id partition) {
    const struct sim_cluster *c = ctx;
    const struct wg_partition_options *p = &c->partitions[partition - 1];
    uint64_t set = 0;
    for (uint32_t m = 0; m < p->member_count; m++) {
        set |= 1ull << p->members[m];
    }
    return set;
}

static void selector_failed(void *ctx, uint32_t line, wg_time now) {
    struct sim_cluster *c = ctx;
    struct sim_violation violation = {.invariant = "fault-target",
                                      .blame = SIM_BLAME_CONFIGURATION,
                                      .at = now,
                                      .exporter = -1};
    snprintf(violation.message, sizeof violation.message,
             "the fault in line %u of the scenario found no target at its moment", line);
    sim_judges_report(c->judges, &violation);
}

struct sim_fault_ports sim_cluster_fault_ports(struct sim_cluster *c) {
    return (struct sim_fault_ports){.ctx = c,
                                    .apply = apply,
                                    .heal = heal,
                                    .set_timer = set_timer,
                                    .leader_of = leader_of,
                                    .broker_up = broker_up,
                                    .replicas_of = replicas_of,
                                    .selector_failed = selector_failed};
}
