/* Process instances that are banned because handling a command of theirs failed unexpectedly. */
#ifndef WG_PROCESSING_ERRORS_H
#define WG_PROCESSING_ERRORS_H

#include "processing/step.h"

/* Key of the process instance that the command's value names, or -1. */
wg_key wg_command_instance(const struct wg_record *command);
bool wg_is_banned(const struct wg_state *state, wg_key instance);
/* Nearly always false, and quickly found out. */
bool wg_somebody_is_banned(const struct wg_state *state);

#endif
