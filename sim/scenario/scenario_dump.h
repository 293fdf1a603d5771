/* A loaded scenario back to text, with nothing left to defaults, presets or folders. */
#ifndef SIM_SCENARIO_SCENARIO_DUMP_H
#define SIM_SCENARIO_SCENARIO_DUMP_H

#include "sim/scenario/scenario.h"

#include <stdio.h>

/* Writes YAML that loads to the same scenario anywhere. */
void sim_scenario_dump(const struct sim_scenario *scenario, FILE *out);

#endif
