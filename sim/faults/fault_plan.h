/* When which fault happens: the scenario's faults and the nemesis of one run, turned into actions
 * on resolved targets. The driver does them; the plan keeps the books (what is active, what holds
 * a broker down, what the fault budget allows). Model and rules at the top of fault_plan.c. */
#ifndef SIM_FAULTS_FAULT_PLAN_H
#define SIM_FAULTS_FAULT_PLAN_H

#include "sim/faults/fault_table.h"
#include "sim/kernel/choice.h"
#include "sim/kernel/node_set.h"
#include "sim/scenario/scenario.h"

/* Directed links: from every node of one set to every node of the other. */
struct sim_fault_links {
    struct sim_node_set from, to;
};

/* One fault on one target, from its beginning to its end. */
struct sim_fault_action {
    uint32_t number;   /* unique in the run, from 1: names it in facts and in sim_net_add */
    uint32_t kind;     /* enum sim_fault_kind */
    uint32_t line;     /* of the scenario; 0 = the nemesis */
    wg_node_id node;   /* the broker meant, WG_NODE_NONE = none; several brokers: an action each */
    bool stays_down;   /* heal: another fault still holds this broker down, do not start it */
    struct sim_fault_links links[2]; /* network faults: those affected */
    uint32_t link_count;
    int32_t exporter;  /* exporter and sink faults: index, -1 = all */
    wg_time begin, end; /* end == WG_TIME_NEVER: until heal_all */
    uint64_t params[SIM_FAULT_PARAMS];
};

struct sim_fault_ports {
    void *ctx;
    /* Do it. A broker that is down already stays down; a power loss hits its disk all the same. */
    void (*apply)(void *ctx, const struct sim_fault_action *action, wg_time now);
    /* End it. Called once for every applied action that lasts. */
    void (*heal)(void *ctx, const struct sim_fault_action *action, wg_time now);
    /* Call sim_fault_plan_on_timer(id) at `at`, once. */
    void (*set_timer)(void *ctx, uint32_t id, wg_time at);
    /* Role holder now, WG_NODE_NONE = nobody. */
    wg_node_id (*leader_of)(void *ctx, wg_partition_id partition);
    bool (*broker_up)(void *ctx, wg_node_id node);
    /* The brokers that have a replica of the partition. */
    struct sim_node_set (*replicas_of)(void *ctx, wg_partition_id partition);
    /* Whether the broker's disk holds what it should: false after damage until an operator has
     * wiped it, and after wiping until it has caught up. */
    bool (*broker_intact)(void *ctx, wg_node_id node);
    /* A scenario fault found no target at its moment: the run fails. */
    void (*selector_failed)(void *ctx, uint32_t line, wg_time now);
};

struct sim_fault_counters {
    uint64_t fired[SIM_FAULT_KINDS_MAX];
    uint64_t skipped[SIM_FAULT_KINDS_MAX]; /* nemesis: no target, or beyond the budget */
    uint64_t effect[SIM_FAULT_KINDS_MAX];  /* filled by the driver: messages lost, torn writes */
};

struct sim_fault_plan;

/* Whether the action takes its broker down while it lasts. */
bool sim_fault_takes_down(uint32_t kind, const uint64_t params[SIM_FAULT_PARAMS]);
/* Whether it destroys durable bytes: counts against the budget until the broker is intact again. */
bool sim_fault_destroys(uint32_t kind);
/* Whether it makes the broker's process stand still or late with what it does; it goes on afterwards. */
bool sim_fault_holds_up(uint32_t kind);

/* `scenario` and `ports` are borrowed for the life of the plan. */
struct sim_fault_plan *sim_fault_plan_new(const struct sim_scenario *scenario,
                                          struct sim_choices *choices,
                                          const struct sim_fault_ports *ports);
void sim_fault_plan_free(struct sim_fault_plan *plan);

/* t = 0 of the scenario is now. Events and times before do not count. */
void sim_fault_plan_on_start(struct sim_fault_plan *plan, wg_time t0);
void sim_fault_plan_on_timer(struct sim_fault_plan *plan, uint32_t id, wg_time now);
/* Event `event` (trigger table) happened; exporter -1 and partition 0 = does not apply. `node` and
 * `partition` are where: a fault without a target of its own hits that node. */
void sim_fault_plan_on_trigger(struct sim_fault_plan *plan, uint32_t event, int32_t exporter,
                               wg_node_id node, wg_partition_id partition, wg_time now);
/* Whether any fault waits for this event: spares the driver the call. */
bool sim_fault_plan_wants(const struct sim_fault_plan *plan, uint32_t event);
/* Ends all that is active and lets nothing begin any more. */
void sim_fault_plan_heal_all(struct sim_fault_plan *plan, wg_time now);

/* Chaos may not end before this: the last end of timed faults, of active ones, of the nemesis. */
wg_time sim_fault_plan_busy_until(const struct sim_fault_plan *plan);
/* Scenario faults that wait for an event that has not come. */
uint32_t sim_fault_plan_waiting(const struct sim_fault_plan *plan);
struct sim_fault_counters *sim_fault_plan_counters(struct sim_fault_plan *plan);

#endif
