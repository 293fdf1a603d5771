/* Which violations a scenario expects or tolerates. The runner applies these to what its judges
 * found, the command to what only a parent process can see (a plugin that crashed). */
#ifndef SIM_SCENARIO_VERDICT_RULES_H
#define SIM_SCENARIO_VERDICT_RULES_H

#include "sim/scenario/scenario.h"

/* A violation as both see it. */
struct sim_seen_violation {
    const char *invariant, *blame;
    const char *exporter; /* id or NULL */
    uint32_t partition;   /* 0 = none */
};

/* Name of an enum sim_blame. */
const char *sim_blame_text(uint32_t blame);
/* Whether the expectation (of kind VIOLATION) asks for this violation. */
bool sim_expects_violation(const struct sim_scenario *scenario,
                           const struct sim_expect_options *expect,
                           const struct sim_seen_violation *seen);
/* Whether the tolerance is about this violation; how many there are is the caller's to count. */
bool sim_tolerates_violation(const struct sim_scenario *scenario,
                             const struct sim_tolerate_options *tolerate,
                             const struct sim_seen_violation *seen);

#endif
