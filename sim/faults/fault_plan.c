/* The fault plan: timing and books. Rules:
 *
 * 1. A fault of the scenario begins at its time, or at the nth event it waits for at or after
 *    t = 0, or so long after that event, once. It is always done, whatever it costs; only a target
 *    that names nobody stops it, and then the run fails (ports->selector_failed).
 * 2. A fault on several brokers becomes one action per broker; a network or exporter fault is one
 *    action. It ends after its duration, or with heal_all when it has none.
 * 3. Faults overlap freely and end one by one: a broker starts again when the last fault that
 *    holds it down ends (action.stays_down says that another one still does).
 * 4. The nemesis works in [from, until] and within the budget (the fault atlas): at every moment
 *    the brokers that are up and whose disks are intact hold a majority of every partition, so that
 *    a run which does not recover is a bug. A wiped broker counts as intact again when it has caught
 *    up, a damaged one when it has been wiped and has caught up. What goes beyond is skipped and
 *    counted. Losing power loses no synced byte, so cluster.powerLoss is inside the budget; `budget:
 *    exceed` lifts it. Faults of the scenario count against it.
 *    Damage to a disk in use is beyond any budget of three: until somebody reads the bytes again, the
 *    broker goes on acknowledging, and what it acknowledges with one other is on one good disk only. So
 *    the nemesis damages disks of brokers that are down, when the others hold all that is committed,
 *    or was acknowledged there and may become so, and no election is open that a forgotten vote could
 *    decide twice (the driver looks, when the fault ends).
 * 5. After heal_all nothing begins.
 *
 * Ports may come back into the plan (an applied fault is itself an event), so no pointer into the
 * books is held over a call of a port. Timers: number i < fault_count begins fault i, fault_count
 * is the nemesis, fault_count + n ends action n. */
#include "sim/faults/fault_plan.h"

#include "sim/faults/fault_inside.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

bool sim_fault_takes_down(uint32_t kind, const uint64_t params[SIM_FAULT_PARAMS]) {
    switch (kind) {
    case SIM_FAULT_BROKER_KILL:
    case SIM_FAULT_BROKER_STOP:
    case SIM_FAULT_BROKER_POWER_LOSS:
    case SIM_FAULT_CLUSTER_POWER_LOSS:
    case SIM_FAULT_BROKER_WIPE:
    case SIM_FAULT_BROKER_POWER_LOSS_AT_WORK:
        return true;
    case SIM_FAULT_DISK_BIT_ROT:
        return params[SIM_BIT_ROT_PROCESS] == SIM_DAMAGE_KILLED;
    case SIM_FAULT_DISK_MISDIRECTED_WRITE:
        return params[SIM_MISDIRECTED_PROCESS] == SIM_DAMAGE_KILLED;
    default:
        return false;
    }
}

bool sim_fault_destroys(uint32_t kind) {
    return kind == SIM_FAULT_BROKER_WIPE || kind == SIM_FAULT_DISK_BIT_ROT ||
           kind == SIM_FAULT_DISK_MISDIRECTED_WRITE;
}

bool sim_fault_holds_up(uint32_t kind) {
    return kind == SIM_FAULT_BROKER_PAUSE || kind == SIM_FAULT_BROKER_SLOW ||
           kind == SIM_FAULT_DISK_SLOW || kind == SIM_FAULT_CLOCK_DRIFT;
}

static uint64_t event_bit(uint32_t event) { return event < 64 ? (uint64_t)1 << event : 0; }

static const struct sim_fault_options *fault_at(const struct sim_fault_plan *plan, uint32_t i) {
    return &plan->scenario->faults[i];
}

static bool is_waiting(const struct sim_fault_plan *plan, uint32_t i) {
    return fault_at(plan, i)->trigger == SIM_AFTER_EVENT && !plan->faults[i].triggered;
}

static void note_waiting(struct sim_fault_plan *plan) {
    plan->waiting_events = 0;
    for (uint32_t i = 0; i < plan->scenario->fault_count; i++) {
        if (is_waiting(plan, i)) {
            plan->waiting_events |= event_bit(fault_at(plan, i)->event);
        }
    }
}

struct sim_fault_plan *sim_fault_plan_new(const struct sim_scenario *scenario,
                                          struct sim_choices *choices,
                                          const struct sim_fault_ports *ports) {
    if (scenario->cluster.brokers > SIM_BROKERS_MAX) {
        abort(); /* sets of nodes hold no more; the scenario reader refuses it */
    }
    struct sim_fault_plan *plan = must(calloc(1, sizeof *plan));
    plan->scenario = scenario;
    plan->ports = ports;
    plan->faults = must(calloc(scenario->fault_count + 1, sizeof *plan->faults));
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        sim_stream_init(&plan->faults[i].stream, choices, SIM_CONCERN_FAULT, i);
        plan->faults[i].event_node = WG_NODE_NONE;
    }
    sim_stream_init(&plan->nemesis_time, choices, SIM_CONCERN_NEMESIS, 0);
    sim_stream_init(&plan->nemesis_draw, choices, SIM_CONCERN_NEMESIS, 1);
    note_waiting(plan);
    return plan;
}

void sim_fault_plan_free(struct sim_fault_plan *plan) {
    if (plan != NULL) {
        free(plan->faults);
        free(plan->active);
        free(plan);
    }
}

/* --- actions --- */

static void action_add(struct sim_fault_plan *plan, const struct sim_fault_action *action) {
    if (plan->active_count == plan->active_capacity) {
        uint32_t capacity = plan->active_capacity == 0 ? 16 : plan->active_capacity * 2;
        plan->active = must(realloc(plan->active, capacity * sizeof *plan->active));
        plan->active_capacity = capacity;
    }
    plan->active[plan->active_count++] = *action;
}

static void action_begin(struct sim_fault_plan *plan, struct sim_fault_action action) {
    action.number = ++plan->last_number;
    action_add(plan, &action);
    if (sim_fault_takes_down(action.kind, action.params)) {
        plan->held_down[action.node]++;
    }
    plan->ports->apply(plan->ports->ctx, &action, action.begin);
    if (action.end != WG_TIME_NEVER) {
        uint32_t timer = nemesis_timer(plan) + action.number;
        plan->ports->set_timer(plan->ports->ctx, timer, action.end);
    }
}

static void action_end(struct sim_fault_plan *plan, uint32_t index, wg_time now) {
    struct sim_fault_action action = plan->active[index];
    plan->active_count--;
    memmove(&plan->active[index], &plan->active[index + 1],
            (plan->active_count - index) * sizeof *plan->active);
    if (sim_fault_takes_down(action.kind, action.params)) {
        plan->held_down[action.node]--;
        action.stays_down = plan->held_down[action.node] > 0;
    }
    plan->ports->heal(plan->ports->ctx, &action, now);
}

static void action_end_number(struct sim_fault_plan *plan, uint32_t number, wg_time now) {
    for (uint32_t i = 0; i < plan->active_count; i++) {
        if (plan->active[i].number == number) {
            action_end(plan, i, now);
            return;
        }
    }
}

static void begin_on_nodes(struct sim_fault_plan *plan, struct sim_fault_action action,
                           struct sim_node_set nodes) {
    for (uint32_t node = sim_nodes_next(&nodes, 0); node < SIM_NODES_MAX;
         node = sim_nodes_next(&nodes, node + 1)) {
        action.node = node;
        action_begin(plan, action);
    }
}

bool fault_begin(struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                 struct sim_stream *stream, struct fault_moment moment) {
    struct sim_fault_action action = {.kind = fault->kind,
                                      .line = fault->line,
                                      .node = WG_NODE_NONE,
                                      .exporter = -1,
                                      .begin = moment.now,
                                      .end = WG_TIME_NEVER};
    memcpy(action.params, fault->params, sizeof action.params);
    if (fault->duration > 0) {
        action.end = moment.now + fault->duration;
    }
    struct sim_node_set nodes = sim_nodes_none();
    switch ((enum sim_fault_targets)sim_fault_row(fault->kind)->targets) {
    case SIM_TARGETS_NONE:
        nodes = fault_all_brokers(plan);
        break;
    case SIM_TARGETS_BROKER:
        nodes = fault_nodes(plan, fault, stream, moment);
        if (sim_nodes_empty(&nodes)) {
            return false;
        }
        break;
    case SIM_TARGETS_LINKS:
        if (!fault_links(plan, fault, stream, moment, &action)) {
            return false;
        }
        break;
    case SIM_TARGETS_EXPORTER:
        action.exporter = fault->exporter;
        break;
    }
    plan->counters.fired[fault->kind]++;
    if (!sim_nodes_empty(&nodes)) {
        begin_on_nodes(plan, action, nodes);
    } else {
        action_begin(plan, action);
    }
    return true;
}

/* --- when --- */

static void fire(struct sim_fault_plan *plan, uint32_t i, struct fault_moment moment) {
    plan->faults[i].fired = true;
    if (!fault_begin(plan, fault_at(plan, i), &plan->faults[i].stream, moment)) {
        plan->ports->selector_failed(plan->ports->ctx, fault_at(plan, i)->line, moment.now);
    }
}

/* The event has come that fault `i` waited for. */
static void set_off(struct sim_fault_plan *plan, uint32_t i, struct fault_moment moment) {
    struct fault_state *state = &plan->faults[i];
    state->triggered = true;
    state->event_node = moment.event_node;
    state->due = moment.now + fault_at(plan, i)->delay;
    note_waiting(plan);
    if (state->due == moment.now) {
        fire(plan, i, moment);
    } else {
        plan->ports->set_timer(plan->ports->ctx, i, state->due);
    }
}

void sim_fault_plan_on_start(struct sim_fault_plan *plan, wg_time t0) {
    plan->started = true;
    plan->t0 = t0;
    for (uint32_t i = 0; i < plan->scenario->fault_count; i++) {
        if (fault_at(plan, i)->trigger == SIM_AT) {
            plan->ports->set_timer(plan->ports->ctx, i, t0 + fault_at(plan, i)->at);
        }
    }
    nemesis_start(plan);
}

void sim_fault_plan_on_timer(struct sim_fault_plan *plan, uint32_t id, wg_time now) {
    uint32_t nemesis = nemesis_timer(plan);
    if (id > nemesis) {
        action_end_number(plan, id - nemesis, now);
    } else if (plan->closed) {
        return;
    } else if (id == nemesis) {
        nemesis_tick(plan, now);
    } else if (!plan->faults[id].fired) {
        fire(plan, id, (struct fault_moment){now, plan->faults[id].event_node});
    }
}

static bool matches(const struct sim_fault_options *fault, uint32_t event, int32_t exporter) {
    return fault->event == event && (fault->exporter < 0 || exporter < 0 ||
                                     fault->exporter == exporter);
}

void sim_fault_plan_on_trigger(struct sim_fault_plan *plan, uint32_t event, int32_t exporter,
                               wg_node_id node, wg_partition_id partition, wg_time now) {
    (void)partition;
    if (!sim_fault_plan_wants(plan, event)) {
        return;
    }
    for (uint32_t i = 0; i < plan->scenario->fault_count; i++) {
        if (!is_waiting(plan, i) || !matches(fault_at(plan, i), event, exporter)) {
            continue;
        }
        if (++plan->faults[i].seen >= fault_at(plan, i)->nth) {
            set_off(plan, i, (struct fault_moment){now, node});
        }
    }
}

bool sim_fault_plan_wants(const struct sim_fault_plan *plan, uint32_t event) {
    return plan->started && !plan->closed && (plan->waiting_events & event_bit(event)) != 0;
}

void sim_fault_plan_heal_all(struct sim_fault_plan *plan, wg_time now) {
    plan->closed = true;
    while (plan->active_count > 0) {
        action_end(plan, 0, now);
    }
}

wg_time sim_fault_plan_busy_until(const struct sim_fault_plan *plan) {
    wg_time until = plan->t0;
    for (uint32_t i = 0; i < plan->scenario->fault_count; i++) {
        const struct sim_fault_options *fault = fault_at(plan, i);
        const struct fault_state *state = &plan->faults[i];
        bool is_delayed = state->triggered && !state->fired;
        wg_time begin = is_delayed ? state->due : plan->t0 + fault->at;
        if ((is_delayed || fault->trigger == SIM_AT) && begin + fault->duration > until) {
            until = begin + fault->duration;
        }
    }
    for (uint32_t i = 0; i < plan->active_count; i++) {
        wg_time end = plan->active[i].end;
        if (end != WG_TIME_NEVER && end > until) {
            until = end;
        }
    }
    if (plan->scenario->nemesis.on && plan->t0 + plan->scenario->nemesis.until > until) {
        until = plan->t0 + plan->scenario->nemesis.until;
    }
    return until;
}

uint32_t sim_fault_plan_waiting(const struct sim_fault_plan *plan) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->scenario->fault_count; i++) {
        count += is_waiting(plan, i);
    }
    return count;
}

struct sim_fault_counters *sim_fault_plan_counters(struct sim_fault_plan *plan) {
    return &plan->counters;
}
