/* The names of what `steps:` can ask for. */
#ifndef SIM_SCENARIO_STEP_TABLE_H
#define SIM_SCENARIO_STEP_TABLE_H

#include <stdint.h>

/* Name of an enum wg_admin_kind, as scenarios write it. */
const char *sim_step_name(uint32_t action);

#endif
