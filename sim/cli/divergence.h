/* Where two runs of one seed part ways. */
#ifndef SIM_CLI_DIVERGENCE_H
#define SIM_CLI_DIVERGENCE_H

#include "sim/run/run.h"

/* Runs twice more with traces and names the first line that differs; one sentence in `message`. */
void cli_describe_divergence(const struct sim_run_options *options, uint64_t hash_a,
                             uint64_t hash_b, char *message, size_t size);

#endif
