/* The phases of a run: warm-up, chaos, heal, verify, end (DESIGN D10). */
#ifndef SIM_RUN_PHASES_H
#define SIM_RUN_PHASES_H

#include "sim/run/cluster_internal.h"

/* Runs all phases. Leaves the cluster as it is at the end; violations are with the judges. */
void sim_phases_run(struct sim_cluster *c);

#endif
