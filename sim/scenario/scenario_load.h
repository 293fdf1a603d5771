/* Scenario files to plain data (DESIGN section 5). */
#ifndef SIM_SCENARIO_SCENARIO_LOAD_H
#define SIM_SCENARIO_SCENARIO_LOAD_H

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/scenario.h"

#define SIM_SCENARIO_API "waggle/v1alpha1"

/* Reads `path`. 0, perhaps with warnings in `diagnostics`, or -1 with the reasons there (zeroed by
 * the caller, done by the caller in both cases). */
int sim_scenario_load(const char *path, struct sim_scenario **ret,
                      struct sim_diagnostics *diagnostics);
/* The same from memory; relative paths inside are relative to the folder of `path`. */
int sim_scenario_parse(const char *path, const char *text, size_t len, struct sim_scenario **ret,
                       struct sim_diagnostics *diagnostics);
void sim_scenario_free(struct sim_scenario *scenario);

/* Seed i of the scenario called `name`; below 2^53, so that every JSON reader keeps it exactly. */
uint64_t sim_scenario_seed(const char *name, uint64_t i);
/* Only the text of the file, into `diagnostics`. 0, or -1 with the reason there. */
int sim_scenario_read(const char *path, struct sim_diagnostics *diagnostics);

#endif
