/* The requests of clients and workers of one run: when each was sent, when it was answered and how,
 * one JSON object per line. Bounded: a long run loses its middle. Made from world facts alone. */
#ifndef SIM_RUN_HISTORY_H
#define SIM_RUN_HISTORY_H

#include "sim/world/facts.h"

#include <stdio.h>

#define SIM_HISTORY_MAX_BYTES (768u << 10)

struct sim_history;

struct sim_history *sim_history_new(void);
void sim_history_free(struct sim_history *history); /* NULL is allowed */
/* Takes SIM_FACT_REQUEST, REPLY and REQUEST_TIMEOUT; others are let by. */
void sim_history_fact(struct sim_history *history, const struct sim_fact *fact);
/* Writes at most SIM_HISTORY_MAX_BYTES, in the order of sending. Times count from `t0`, as in
 * results. A pure function of what was told. */
void sim_history_write(const struct sim_history *history, wg_time t0, FILE *out);

#endif
