/* The built-in exporters and what their `args` may be: for lists, schema and reference. The
 * exporters themselves check what they get; a test asks them whether this table is right. */
#ifndef SIM_SCENARIO_EXPORTER_TABLE_H
#define SIM_SCENARIO_EXPORTER_TABLE_H

#include "sim/scenario/loader.h"

#define SIM_EXPORTER_TYPES_MAX 32

struct sim_exporter_type {
    const char *name;
    const char *about;
    const struct sim_table *args; /* NULL = not told here: anything may be right */
};

extern const struct sim_exporter_type sim_exporter_types[];
extern const uint32_t sim_exporter_type_count;

/* The row called `name`, or NULL. */
const struct sim_exporter_type *sim_exporter_type(const char *name);

#endif
