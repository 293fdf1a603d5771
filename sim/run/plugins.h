/* Exporters of a run and what their start-up validation means for it. */
#ifndef SIM_RUN_PLUGINS_H
#define SIM_RUN_PLUGINS_H

#include "sim/run/cluster_internal.h"

/* What a broker start does with the exporters, and nothing else; enum sim_run_status. */
int sim_cluster_validate(struct sim_cluster *c, char *message, size_t size);

#endif
