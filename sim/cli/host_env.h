/* An env for commands that use parts of the engine outside of a simulation: memory from malloc, no
 * choices, no effects, and a disk only where the command sets one. */
#ifndef SIM_CLI_HOST_ENV_H
#define SIM_CLI_HOST_ENV_H

#include "waggle/env.h"

struct wg_env cli_host_env(void);

#endif
