/* What an operator has paused, on disk: it holds over restarts and role changes (exporters 3.5). */
#ifndef WG_PARTITION_PAUSE_FILES_H
#define WG_PARTITION_PAUSE_FILES_H

#include "waggle/env.h"

#include <stdbool.h>

/* Reads both files of the replica under `dir`. CORRUPT: the phase cannot be read; IO. */
WG_MUST_USE wg_status wg_pause_files_load(struct wg_env *env, const char *dir,
                                          enum wg_exporting_phase *ret_exporting,
                                          bool *ret_processing_paused);
/* Durable when the running job ends; on an error the old state, or none, is what a restart finds.
 * `cut` false: the old file is written over and not truncated (WG_QUIRK_PAUSE_FILE_NOT_CUT).
 * IO, NO_SPACE. */
WG_MUST_USE wg_status wg_pause_files_store_exporting(struct wg_env *env, const char *dir,
                                                     enum wg_exporting_phase phase, bool cut);
WG_MUST_USE wg_status wg_pause_files_store_processing(struct wg_env *env, const char *dir,
                                                      bool paused);

#endif
