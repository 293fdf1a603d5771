/* Which scenarios a command is about: files and folders on the command line, loaded and checked. */
#ifndef SIM_CLI_SELECTION_H
#define SIM_CLI_SELECTION_H

#include "sim/scenario/scenario.h"

struct cli_selection {
    struct sim_scenario **scenarios; /* in the order given; folders in byte order of the paths */
    uint32_t count;
};

/* Loads everything below `paths`. CLI_OK; CLI_USAGE after all errors were printed on stderr;
 * CLI_NOTHING when there is no scenario. The selection is freed by the caller in any case. */
int cli_select(const char *const *paths, uint32_t path_count, struct cli_selection *ret_selection);
void cli_selection_done(struct cli_selection *selection);

/* Has it exporters that are somebody else's native code? */
bool cli_is_foreign(const struct sim_scenario *scenario);

#endif
