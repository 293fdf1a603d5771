/* A loaded scenario back to text, with nothing left to defaults, presets or folders. */
#ifndef SIM_SCENARIO_SCENARIO_DUMP_H
#define SIM_SCENARIO_SCENARIO_DUMP_H

#include "sim/scenario/scenario.h"

#include <stdio.h>

#define SIM_BPMN_NAME_ROOM 128

/* Writes YAML that loads to the same scenario anywhere, if its BPMN files stand beside it under the
 * names that sim_scenario_bpmn_name has for them; their text is in sim_process. */
void sim_scenario_dump(const struct sim_scenario *scenario, FILE *out);
/* What the BPMN file of entry `process` of `processes` is called beside the dump: a name that no
 * other scenario's file has. */
void sim_scenario_bpmn_name(const struct sim_scenario *scenario, uint32_t process, char *out,
                            size_t size);

#endif
