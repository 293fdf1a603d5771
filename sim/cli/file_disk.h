/* The engine's disk port over one real directory, for tools. Files lie directly in it, whatever
 * folder the engine names. */
#ifndef SIM_CLI_FILE_DISK_H
#define SIM_CLI_FILE_DISK_H

#include "waggle/env.h"

/* Makes the directory if there is none, and sets env->disk. False after a complaint. */
bool cli_file_disk_open(struct wg_env *env, const char *dir);
void cli_file_disk_close(struct wg_env *env);

#endif
