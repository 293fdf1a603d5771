/* What each fault of the table does to the world, and how it ends. The plan says when and on whom. */
#include "sim/run/cluster_internal.h"

#include <string.h>

#define MILLION 1000000

static void fault_fact(struct sim_cluster *c, enum sim_fact_kind kind,
                       const struct sim_fault_action *action) {
    struct sim_fact fact = {.kind = (uint32_t)kind,
                            .node = action->node,
                            .a = action->number,
                            .b = action->kind,
                            .c = action->node,
                            .d = sim_fault_holds_up(action->kind)};
    sim_cluster_fact(c, &fact);
}

/* A graceful stop that never came to its end is cut short, as an orchestrator would do. */
static void start_again(struct sim_cluster *c, struct sim_broker *broker) {
    if (broker->stopping) {
        sim_broker_kill(broker, SIM_END_KILL);
    }
    sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, broker->id, 0, NULL);
}

/* As bits. */
static uint32_t kinds_of(enum sim_message_class messages) {
    switch (messages) {
    case SIM_MESSAGES_GOSSIP:
        return 1u << WG_MSG_TOPOLOGY | 1u << WG_MSG_SETTINGS;
    case SIM_MESSAGES_COMMANDS:
        return 1u << WG_MSG_COMMAND;
    case SIM_MESSAGES_INSTALLS:
        return 1u << WG_MSG_INSTALL_REQUEST | 1u << WG_MSG_INSTALL_RESPONSE;
    case SIM_MESSAGES_VOTES:
        return 1u << WG_MSG_POLL_REQUEST | 1u << WG_MSG_POLL_RESPONSE | 1u << WG_MSG_VOTE_REQUEST |
               1u << WG_MSG_VOTE_RESPONSE;
    case SIM_MESSAGES_APPENDS:
        return 1u << WG_MSG_APPEND_REQUEST | 1u << WG_MSG_APPEND_RESPONSE;
    case SIM_MESSAGES_EXPORTER_STATE:
    case SIM_MESSAGE_CLASSES:
        break;
    }
    return 1u << WG_MSG_EXPORTER_STATE;
}

static struct sim_net_effect net_effect(const struct sim_fault_action *action) {
    struct sim_net_effect effect = {0};
    switch (action->kind) {
    case SIM_FAULT_NETWORK_PARTITION:
        effect.cut = SIM_CUT_PARTITION;
        break;
    case SIM_FAULT_NETWORK_FLAP:
        effect.cut = SIM_CUT_FLAP;
        break;
    case SIM_FAULT_NETWORK_CLOG:
        effect.clog = true;
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
    case SIM_FAULT_NETWORK_MESSAGE_LOSS:
        effect.kinds = kinds_of((enum sim_message_class)action->params[0]);
        effect.kind_loss = (uint32_t)action->params[1];
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
    c->may_hold = c->may_hold || sim_net_any_clog(c->net);
}

static void heal_network(struct sim_cluster *c, const struct sim_fault_action *action) {
    sim_net_remove(c->net, action->number);
    sim_active_remove(c, action->number);
    if (action->kind == SIM_FAULT_NETWORK_CLOG) {
        sim_hold_release(c);
    }
}

/* Flapping links: cut for their share of the period, then whole for the rest of it. */
static void flap(struct sim_cluster *c, struct sim_active_fault *fault) {
    wg_time period = (wg_time)fault->action.params[0];
    wg_time cut = period / MILLION * (wg_time)fault->action.params[1] +
                  period % MILLION * (wg_time)fault->action.params[1] / MILLION;
    fault->is_cut = !fault->is_cut;
    if (fault->is_cut) {
        apply_network(c, &fault->action);
    } else {
        sim_net_remove(c->net, fault->action.number);
    }
    sim_cluster_push(c, c->now + (fault->is_cut ? cut : period - cut), SIM_ITEM_FAULT_TICK,
                     fault->action.number, 0, NULL);
}

void sim_fault_tick(struct sim_cluster *c, uint32_t number) {
    struct sim_active_fault *fault = sim_active_find(c, number);
    if (fault == NULL) {
        return;
    }
    if (fault->action.kind == SIM_FAULT_BROKER_POWER_LOSS_AT_WORK) {
        sim_broker_kill(c->brokers[fault->action.node], SIM_END_POWER_LOSS);
    } else {
        flap(c, fault);
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
        struct sim_broker *broker = c->brokers[id];
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
        sim_broker_kill(c->brokers[action->node], SIM_END_KILL);
        break;
    case SIM_FAULT_BROKER_STOP:
        sim_broker_stop(c->brokers[action->node]);
        break;
    case SIM_FAULT_BROKER_POWER_LOSS:
    case SIM_FAULT_CLUSTER_POWER_LOSS:
        /* The plan asks for each broker of the cluster in turn. */
        sim_broker_kill(c->brokers[action->node], SIM_END_POWER_LOSS);
        break;
    case SIM_FAULT_NETWORK_PARTITION:
    case SIM_FAULT_NETWORK_LOSS:
    case SIM_FAULT_NETWORK_DUPLICATE:
    case SIM_FAULT_NETWORK_REORDER:
    case SIM_FAULT_NETWORK_LATENCY:
    case SIM_FAULT_NETWORK_CLOG:
    case SIM_FAULT_NETWORK_MESSAGE_LOSS:
        apply_network(c, action);
        break;
    case SIM_FAULT_BROKER_POWER_LOSS_AT_WORK:
        (void)sim_active_add(c, action); /* work.c waits for the job */
        break;
    case SIM_FAULT_NETWORK_FLAP:
        flap(c, sim_active_add(c, action));
        break;
    case SIM_FAULT_BROKER_PAUSE:
    case SIM_FAULT_BROKER_SLOW:
    case SIM_FAULT_BROKER_WIPE:
    case SIM_FAULT_DISK_SLOW:
    case SIM_FAULT_DISK_FULL:
    case SIM_FAULT_DISK_WRITE_ERROR:
    case SIM_FAULT_DISK_SYNC_ERROR:
    case SIM_FAULT_DISK_READ_ERROR:
    case SIM_FAULT_DISK_BIT_ROT:
    case SIM_FAULT_DISK_MISDIRECTED_WRITE:
    case SIM_FAULT_CLOCK_JUMP:
    case SIM_FAULT_CLOCK_DRIFT:
    case SIM_FAULT_BROKER_DUPLICATE:
        sim_broker_fault_begins(c, action);
        break;
    case SIM_FAULT_DISK_TORN_WRITES:
        set_tearing(c, action, true);
        break;
    case SIM_FAULT_EXPORTER_ERROR:
    case SIM_FAULT_SINK_DOWN:
    case SIM_FAULT_SINK_SLOW:
        change_exporter(c, action, true);
        break;
    case SIM_FAULT_EXPORTING_PAUSE:
    case SIM_FAULT_EXPORTING_SOFT_PAUSE:
    case SIM_FAULT_PROCESSING_PAUSE:
    case SIM_FAULT_CLUSTER_REBALANCE:
        sim_admin_fault(c, action, true);
        break;
    case SIM_FAULT_EXPORTER_DISABLE:
    case SIM_FAULT_EXPORTER_UNCONFIGURE:
        sim_operator_fault(c, action, true);
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
            start_again(c, c->brokers[action->node]);
        }
        break;
    case SIM_FAULT_NETWORK_PARTITION:
    case SIM_FAULT_NETWORK_LOSS:
    case SIM_FAULT_NETWORK_DUPLICATE:
    case SIM_FAULT_NETWORK_REORDER:
    case SIM_FAULT_NETWORK_LATENCY:
    case SIM_FAULT_NETWORK_CLOG:
    case SIM_FAULT_NETWORK_FLAP:
    case SIM_FAULT_NETWORK_MESSAGE_LOSS:
        heal_network(c, action);
        break;
    case SIM_FAULT_BROKER_POWER_LOSS_AT_WORK:
        sim_active_remove(c, action->number);
        if (!action->stays_down) {
            start_again(c, c->brokers[action->node]); /* nothing happens if it is up */
        }
        break;
    case SIM_FAULT_BROKER_PAUSE:
    case SIM_FAULT_BROKER_SLOW:
    case SIM_FAULT_BROKER_WIPE:
    case SIM_FAULT_DISK_SLOW:
    case SIM_FAULT_DISK_FULL:
    case SIM_FAULT_DISK_WRITE_ERROR:
    case SIM_FAULT_DISK_SYNC_ERROR:
    case SIM_FAULT_DISK_READ_ERROR:
    case SIM_FAULT_DISK_BIT_ROT:
    case SIM_FAULT_DISK_MISDIRECTED_WRITE:
    case SIM_FAULT_CLOCK_JUMP:
    case SIM_FAULT_CLOCK_DRIFT:
    case SIM_FAULT_BROKER_DUPLICATE:
        sim_broker_fault_ends(c, action);
        if (sim_fault_takes_down(action->kind, action->params) && !action->stays_down) {
            start_again(c, c->brokers[action->node]);
        }
        break;
    case SIM_FAULT_DISK_TORN_WRITES:
        set_tearing(c, action, false);
        break;
    case SIM_FAULT_EXPORTER_ERROR:
    case SIM_FAULT_SINK_DOWN:
    case SIM_FAULT_SINK_SLOW:
        change_exporter(c, action, false);
        break;
    case SIM_FAULT_EXPORTING_PAUSE:
    case SIM_FAULT_EXPORTING_SOFT_PAUSE:
    case SIM_FAULT_PROCESSING_PAUSE:
    case SIM_FAULT_CLUSTER_REBALANCE:
        sim_admin_fault(c, action, false);
        break;
    case SIM_FAULT_EXPORTER_DISABLE:
    case SIM_FAULT_EXPORTER_UNCONFIGURE:
        sim_operator_fault(c, action, false);
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
    const struct sim_broker *broker = c->brokers[node];
    return broker->node != NULL && !broker->stopping && !broker->paused;
}

static bool broker_intact(void *ctx, wg_node_id node) {
    struct sim_cluster *c = ctx;
    return sim_broker_intact(c->brokers[node]);
}

static struct sim_node_set replicas_of(void *ctx, wg_partition_id partition) {
    const struct sim_cluster *c = ctx;
    const struct wg_partition_options *p = &c->partitions[partition - 1];
    struct sim_node_set set = sim_nodes_none();
    for (uint32_t m = 0; m < p->member_count; m++) {
        sim_nodes_add(&set, p->members[m]);
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
                                    .broker_intact = broker_intact,
                                    .selector_failed = selector_failed};
}
