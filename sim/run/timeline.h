/* The short story of one run: phases, faults, brokers, roles, snapshots, compaction, operator
 * requests and violations, one JSON object per line. Bounded: a long run loses its middle. */
#ifndef SIM_RUN_TIMELINE_H
#define SIM_RUN_TIMELINE_H

#include "sim/scenario/scenario.h"
#include "sim/world/facts.h"
#include "waggle/trace.h"

#include "reports/result.h"

#include <stdio.h>

#define SIM_TIMELINE_MAX_BYTES (256u << 10)

struct sim_timeline;

struct sim_timeline *sim_timeline_new(void);
void sim_timeline_free(struct sim_timeline *timeline); /* NULL is allowed */
void sim_timeline_fact(struct sim_timeline *timeline, const struct sim_fact *fact);
void sim_timeline_claim(struct sim_timeline *timeline, wg_time at, wg_node_id node,
                        const struct wg_claim *claim);
/* Writes at most SIM_TIMELINE_MAX_BYTES. Times count from `t0`, as in results. A pure function of
 * what was told. */
void sim_timeline_write(const struct sim_timeline *timeline, wg_time t0,
                        const struct wg_run_result *result, FILE *out);

#endif
