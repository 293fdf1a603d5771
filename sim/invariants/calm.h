/* Since when nothing has disturbed a partition: faults, brokers that come and go, elections,
 * operators, lost broadcasts. Judges of "within a bounded time" wait for calm, because every
 * disturbance may begin the bound anew. Also what brokers are kept from meanwhile: processing
 * paused by an operator or by a full disk, clocks that are set wrongly.
 *
 * Memory: 64 bytes per broker, 16 per replica and partition. */
#ifndef SIM_INVARIANTS_CALM_H
#define SIM_INVARIANTS_CALM_H

#include "sim/world/facts.h"
#include "waggle/trace.h"

#include <stdbool.h>

struct sim_judges;

struct judge_calm_broker {
    uint32_t space;      /* enum sim_space bits */
    wg_time space_since; /* when they changed last */
    int64_t offset_ms, drift_ppm;
    wg_time clock_since;
    wg_time put_back;      /* when its wall clock was last set to an earlier time; -1 = never */
    wg_time gained;        /* ns that its monotonic clock had gained by then */
    uint32_t held_up;      /* active faults that make its process stand still or late */
    wg_time held_up_since; /* when one of them began or ended last */
};

struct judge_calm {
    wg_time since;   /* all partitions */
    uint32_t faults; /* begun and not ended */
    wg_time *partitions;             /* by partition - 1: anything */
    wg_time *elections;              /* same: a change of role, a lost install message */
    struct judge_calm_broker *brokers;
    bool *processing_paused;         /* by replica number: an operator's doing */
};

void judge_calm_init(struct sim_judges *b);
void judge_calm_free(struct sim_judges *b);
/* WG_TIME_NEVER = there is no calm now. */
wg_time judge_calm_since(const struct sim_judges *b, wg_partition_id p);
/* The same, but services that come and go and lost broadcasts do not count. */
wg_time judge_calm_elections(const struct sim_judges *b, wg_partition_id p);
/* Wall clock of that broker now, in epoch milliseconds. */
int64_t judge_wall_ms(const struct sim_judges *b, wg_node_id node);
/* Monotonic clock of that broker now: runs fast or slow with its drift, does not jump. */
wg_time judge_own_time(const struct sim_judges *b, wg_node_id node);
/* The broker with an active director that is leader of the partition, or WG_NODE_NONE. */
wg_node_id judge_leader(const struct sim_judges *b, wg_partition_id p);

/* Handlers. */
void judge_calm_fact(struct sim_judges *b, const struct sim_fact *fact);
void judge_calm_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);

#endif
