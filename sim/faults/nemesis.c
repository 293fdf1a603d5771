/* The nemesis: faults drawn at random. Times come from a stream of their own, so that shrinking
 * what happens does not move when. The interval is exponential around its mean; the kind is drawn
 * by weight; the target is a random broker or, more often, a leader, because leaders are where
 * faults hurt; durations are 1 to 30 s (up to 60 s if it has to wait for a job); parameters lie
 * around their standard value, inside their range. A draw that finds no target or would exceed the
 * fault budget is skipped and counted. */
#include "sim/faults/fault_inside.h"

#define SITE_INTERVAL 1u
#define SITE_KIND 2u
#define SITE_DURATION 3u
#define SITE_BIAS 4u
#define SITE_PARTITION 5u
#define SITE_WHERE 6u
#define SITE_SHAPE 7u
#define SITE_GROUP 8u
#define SITE_EXPORTER 9u
#define SITE_PARAM 10u
#define SITE_WORD 11u
#define SITE_SIGN 12u

#define DURATION_MIN (1 * WG_SECOND)
#define DURATION_MAX (30 * WG_SECOND)
/* A broker that has forgotten how it voted must not come back before the others are done with that
 * election: its message may still be on its way, and election timeouts are 2.5 to 5 s. */
#define WIPE_DURATION_MIN (10 * WG_SECOND)
/* Snapshots are taken once a minute or less. */
#define AT_WORK_DURATION_MAX (60 * WG_SECOND)

enum bias { BIAS_ANY, BIAS_LEADER, BIAS_LEADER_AGAIN, BIAS_COUNT };
enum shape { SHAPE_ISOLATE, SHAPE_SPLIT, SHAPE_ONE_WAY, SHAPE_COUNT };

static const struct sim_nemesis_options *options_of(const struct sim_fault_plan *plan) {
    return &plan->scenario->nemesis;
}

uint32_t nemesis_timer(const struct sim_fault_plan *plan) { return plan->scenario->fault_count; }

static void schedule(struct sim_fault_plan *plan, wg_time after) {
    const struct sim_nemesis_options *options = options_of(plan);
    /* At least 1 ms apart: also a list of nothing but dull draws comes to an end. */
    wg_time at = after + WG_MS +
                 sim_exponential(&plan->nemesis_time, SITE_INTERVAL, options->every_mean);
    if (at <= plan->t0 + options->until) {
        plan->ports->set_timer(plan->ports->ctx, nemesis_timer(plan), at);
    }
}

void nemesis_start(struct sim_fault_plan *plan) {
    const struct sim_nemesis_options *options = options_of(plan);
    if (options->on) {
        schedule(plan, plan->t0 + options->from);
    }
}

/* A kind by weight; -1 when all weights are 0. */
static int draw_kind(struct sim_fault_plan *plan) {
    const uint32_t *weights = options_of(plan)->weights;
    uint32_t sum = 0;
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        sum += weights[kind];
    }
    if (sum == 0) {
        return -1;
    }
    uint32_t point = sim_choose(&plan->nemesis_draw, SITE_KIND, sum);
    uint32_t kind = 0;
    while (point >= weights[kind]) {
        point -= weights[kind++];
    }
    return (int)kind;
}

/* A broker that is alive, two times in three the leader of a random partition if there is one. */
static wg_node_id draw_broker(struct sim_fault_plan *plan) {
    struct sim_stream *stream = &plan->nemesis_draw;
    struct sim_node_set alive = fault_alive(plan);
    if (sim_nodes_empty(&alive)) {
        return WG_NODE_NONE;
    }
    if (sim_choose(stream, SITE_BIAS, BIAS_COUNT) != BIAS_ANY) {
        uint32_t partitions = plan->scenario->cluster.partitions;
        wg_partition_id partition = 1 + sim_choose(stream, SITE_PARTITION, partitions);
        wg_node_id leader = plan->ports->leader_of(plan->ports->ctx, partition);
        if (leader != WG_NODE_NONE && sim_nodes_has(&alive, leader)) {
            return leader;
        }
    }
    return fault_draw_node(stream, alive);
}

static struct sim_node_set alive_and_intact(const struct sim_fault_plan *plan) {
    struct sim_node_set nodes = fault_alive(plan);
    for (wg_node_id node = 0; node < plan->scenario->cluster.brokers; node++) {
        if (!plan->ports->broker_intact(plan->ports->ctx, node)) {
            sim_nodes_remove(&nodes, node);
        }
    }
    return nodes;
}

/* Whether every partition keeps a majority of live and intact replicas without this broker. */
static bool within_budget(const struct sim_fault_plan *plan, wg_node_id node) {
    if (plan->scenario->budget_exceed) {
        return true;
    }
    struct sim_node_set left = alive_and_intact(plan);
    sim_nodes_remove(&left, node);
    for (wg_partition_id partition = 1; partition <= plan->scenario->cluster.partitions;
         partition++) {
        struct sim_node_set replicas = plan->ports->replicas_of(plan->ports->ctx, partition);
        uint32_t majority = sim_nodes_count(&replicas) / 2 + 1;
        struct sim_node_set others = sim_nodes_and(replicas, left);
        if (sim_nodes_has(&replicas, node) && sim_nodes_count(&others) < majority) {
            return false;
        }
    }
    return true;
}

static bool aim_at_broker(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    wg_node_id node = draw_broker(plan);
    fault->target_kind = SIM_TARGET_NODE;
    fault->target = node;
    if (node == WG_NODE_NONE) {
        return false;
    }
    bool counts = sim_fault_takes_down(fault->kind, fault->params) || sim_fault_destroys(fault->kind);
    return !counts || within_budget(plan, node);
}

/* Two groups drawn broker by broker; the first broker is always in the first. */
static bool split_brokers(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    fault->group_a = sim_nodes_one(0);
    for (wg_node_id node = 1; node < plan->scenario->cluster.brokers; node++) {
        if (sim_choose(&plan->nemesis_draw, SITE_GROUP, 2) == 1) {
            sim_nodes_add(&fault->group_a, node);
        }
    }
    fault->group_b = sim_nodes_without(fault_all_brokers(plan), fault->group_a);
    return !sim_nodes_empty(&fault->group_b);
}

static bool aim_partition(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    switch ((enum shape)sim_choose(&plan->nemesis_draw, SITE_SHAPE, SHAPE_COUNT)) {
    case SHAPE_SPLIT:
        return split_brokers(plan, fault);
    case SHAPE_ONE_WAY:
        fault->direction = SIM_FROM_FIRST_TO_SECOND;
        break;
    case SHAPE_ISOLATE:
    case SHAPE_COUNT:
        break;
    }
    return plan->scenario->cluster.brokers > 1 && aim_at_broker(plan, fault);
}

/* All links, or those of one broker. */
static bool aim_at_links(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    if (fault->kind == SIM_FAULT_NETWORK_PARTITION || fault->kind == SIM_FAULT_NETWORK_CLOG ||
        fault->kind == SIM_FAULT_NETWORK_FLAP) {
        return aim_partition(plan, fault);
    }
    return sim_choose(&plan->nemesis_draw, SITE_WHERE, 2) == 0 || aim_at_broker(plan, fault);
}

static bool aim(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    uint32_t exporters = plan->scenario->exporter_count;
    switch ((enum sim_fault_targets)sim_fault_row(fault->kind)->targets) {
    case SIM_TARGETS_NONE:
        return true;
    case SIM_TARGETS_BROKER:
        return aim_at_broker(plan, fault);
    case SIM_TARGETS_LINKS:
        return aim_at_links(plan, fault);
    case SIM_TARGETS_EXPORTER:
        if (exporters == 0) {
            return false;
        }
        fault->exporter = (int32_t)sim_choose(&plan->nemesis_draw, SITE_EXPORTER, exporters);
        return true;
    }
    return false;
}

static uint64_t draw_around(struct sim_fault_plan *plan, const struct sim_fault_param *param) {
    uint64_t value = (uint64_t)sim_exponential(&plan->nemesis_draw, SITE_PARAM,
                                               (int64_t)param->standard);
    value = value > param->min ? value : param->min;
    return value < param->max ? value : param->max;
}

static uint64_t draw_param(struct sim_fault_plan *plan, const struct sim_fault_param *param) {
    switch ((enum sim_param_unit)param->unit) {
    case SIM_UNIT_WORD:
        return sim_choose(&plan->nemesis_draw, SITE_WORD, (uint32_t)param->max + 1);
    case SIM_UNIT_SIGNED_DURATION:
    case SIM_UNIT_PPM: {
        uint64_t size = draw_around(plan, param);
        return sim_choose(&plan->nemesis_draw, SITE_SIGN, 2) == 0 ? size : 0 - size;
    }
    default:
        return draw_around(plan, param);
    }
}

static void draw_params(struct sim_fault_plan *plan, struct sim_fault_options *fault) {
    const struct sim_fault_row *row = sim_fault_row(fault->kind);
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS && row->params[i].name != NULL; i++) {
        fault->params[i] = draw_param(plan, &row->params[i]);
    }
    if (plan->scenario->budget_exceed) {
        return;
    }
    /* A disk is damaged only while nobody acknowledges on it (fault_plan.c, rule 4). */
    if (fault->kind == SIM_FAULT_DISK_BIT_ROT) {
        fault->params[SIM_BIT_ROT_PROCESS] = SIM_DAMAGE_KILLED;
    } else if (fault->kind == SIM_FAULT_DISK_MISDIRECTED_WRITE) {
        fault->params[SIM_MISDIRECTED_PROCESS] = SIM_DAMAGE_KILLED;
    }
}

static wg_time shortest(uint32_t kind) {
    return sim_fault_destroys(kind) ? WIPE_DURATION_MIN : DURATION_MIN;
}

static wg_time longest(uint32_t kind) {
    return kind == SIM_FAULT_BROKER_POWER_LOSS_AT_WORK ? AT_WORK_DURATION_MAX : DURATION_MAX;
}

void nemesis_tick(struct sim_fault_plan *plan, wg_time now) {
    int kind = draw_kind(plan);
    if (kind < 0) {
        return;
    }
    struct sim_fault_options fault = {.kind = (uint32_t)kind, .exporter = -1};
    fault.duration =
        sim_between(&plan->nemesis_draw, SITE_DURATION, shortest(fault.kind), longest(fault.kind));
    draw_params(plan, &fault);
    struct fault_moment moment = {now, WG_NODE_NONE};
    if (!aim(plan, &fault) || !fault_begin(plan, &fault, &plan->nemesis_draw, moment)) {
        plan->counters.skipped[kind]++;
    }
    schedule(plan, now);
}
