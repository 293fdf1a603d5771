/* The names of what `steps:` can ask for. */
#ifndef SIM_SCENARIO_STEP_TABLE_H
#define SIM_SCENARIO_STEP_TABLE_H

#include "sim/scenario/scenario.h"
#include "waggle/node.h"

/* What a step asks for: an enum wg_admin_kind, or one of these. */
enum sim_step_action {
    SIM_STEP_PREPARE_UPGRADE = WG_ADMIN_KIND_COUNT,
    SIM_STEP_PARTITION_STATUS,
    SIM_STEP_EXPORTER_STATUS,
    SIM_STEP_ACTION_COUNT
};

/* Name of an action, as scenarios write it. */
const char *sim_step_name(uint32_t action);
/* Whether the management API has a call for that: it knows none for one partition, nor for one broker's
 * leaders. */
bool sim_step_has_answer(const struct sim_step_options *step);

#endif
