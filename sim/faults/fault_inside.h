/* Inside of the fault plan, shared by its own files only: fault_plan.c (books and timing),
 * fault_select.c (whom a fault hits), nemesis.c (faults drawn at random). */
#ifndef SIM_FAULTS_FAULT_INSIDE_H
#define SIM_FAULTS_FAULT_INSIDE_H

#include "sim/faults/fault_plan.h"

/* What the plan knows about one fault of the scenario. */
struct fault_state {
    struct sim_stream stream; /* draws of its selector */
    uint32_t seen;            /* events that match its trigger */
    bool triggered;           /* its event has come; it begins `delay` later */
    wg_node_id event_node;    /* where, WG_NODE_NONE = no event */
    wg_time due;              /* when it begins, once triggered */
    bool fired;
};

struct sim_fault_plan {
    const struct sim_scenario *scenario;
    const struct sim_fault_ports *ports;
    bool started, closed;
    wg_time t0;
    struct fault_state *faults;      /* as in the scenario */
    struct sim_fault_action *active; /* in order of number */
    uint32_t active_count, active_capacity;
    uint32_t last_number;
    uint64_t waiting_events; /* bit per event that some fault waits for */
    uint32_t held_down[SIM_NODES_MAX]; /* active faults that keep this broker down */
    struct sim_stream nemesis_time, nemesis_draw;
    struct sim_fault_counters counters;
};

/* Where and by whom a fault is set off: what its selector may refer to. */
struct fault_moment {
    wg_time now;
    wg_node_id event_node; /* WG_NODE_NONE unless set off by an event */
};

/* --- fault_plan.c --- */
/* Begins `fault` now on what it selects; false when that is nothing. `line` 0 = the nemesis. */
bool fault_begin(struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                 struct sim_stream *stream, struct fault_moment moment);

/* --- fault_select.c --- */
/* All brokers of the cluster. */
struct sim_node_set fault_all_brokers(const struct sim_fault_plan *plan);
/* Those that run and that no active fault holds down. */
struct sim_node_set fault_alive(const struct sim_fault_plan *plan);
/* Draws one of a set of brokers; 0 is the lowest. The set must not be empty. */
wg_node_id fault_draw_node(struct sim_stream *stream, struct sim_node_set nodes);
/* The brokers that the fault's target names now; empty = none. */
struct sim_node_set fault_nodes(const struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                     struct sim_stream *stream, struct fault_moment moment);
/* The links of a network fault into `action`; false when the target names nobody. */
bool fault_links(const struct sim_fault_plan *plan, const struct sim_fault_options *fault,
                 struct sim_stream *stream, struct fault_moment moment,
                 struct sim_fault_action *action);

/* --- nemesis.c --- */
void nemesis_start(struct sim_fault_plan *plan);
/* Its timer: maybe a fault, then the next timer. */
void nemesis_tick(struct sim_fault_plan *plan, wg_time now);
uint32_t nemesis_timer(const struct sim_fault_plan *plan);

#endif
