/* The scenario format as its tables tell it: JSON Schema, reference page, single keys. */
#ifndef SIM_CLI_SCHEMA_H
#define SIM_CLI_SCHEMA_H

#include "sim/scenario/loader.h"

#include <stdio.h>

/* Room for what cli_field_value and cli_param_value write; lists of words can be long. */
#define CLI_VALUE_TEXT 2000

/* A JSON Schema (draft-07, which editors know). */
void cli_schema_json(FILE *out);
/* docs/SCENARIOS.md. */
void cli_schema_page(FILE *out);

/* What a value of the field looks like: "a duration, 1s to 30d". */
void cli_field_value(const struct sim_field *field, char *out, size_t size);
/* The same for a parameter of a fault, with its default: "a percentage, 1% to 100%; 5%". */
void cli_param_value(const struct sim_fault_param *param, char *out, size_t size);
/* The field at "cluster.disk.size" or "faults.target.leaderOf"; list entries have no index. NULL if
 * there is none. Keys of `expect` are found under each kind: "expect.max". */
const struct sim_field *cli_field_find(const char *path);
/* Calls `each` for every field of the format with its path, mappings before their keys. */
void cli_fields_walk(void (*each)(void *ctx, const char *path, const struct sim_field *field),
                     void *ctx);

#endif
