/* From the cluster at its end to the result model, expectations weighed. */
#ifndef SIM_RUN_OUTCOME_H
#define SIM_RUN_OUTCOME_H

#include "reports/result.h"
#include "sim/run/cluster_internal.h"

/* `status` is enum sim_run_status; `message` says why when it is not OK. */
void sim_outcome_fill(struct sim_cluster *c, int status, const char *message,
                      struct wg_run_result *ret_result);

#endif
