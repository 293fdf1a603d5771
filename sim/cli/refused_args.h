/* A built-in exporter refused its args: says so with the place in the scenario. */
#ifndef SIM_CLI_REFUSED_ARGS_H
#define SIM_CLI_REFUSED_ARGS_H

#include "sim/scenario/scenario.h"

#include <stdio.h>

/* `message` is what sim_run_validate said. Writes an error with line and column and returns true;
 * false, and nothing, when the message is about something else. */
bool cli_explain_refusal(const struct sim_scenario *scenario, const char *message, FILE *out);

#endif
