/* The run directory (DESIGN D15): everything about one call of `waggle run`, wall times apart. */
#ifndef SIM_CLI_RUN_DIR_H
#define SIM_CLI_RUN_DIR_H

#include "reports/report.h"
#include "sim/cli/selection.h"

/* Names the version and what went in; its presence makes a folder a run directory. */
#define CLI_RUN_DIR_MARK "waggle-run.json"

/* mkdir -p */
bool cli_make_folders(const char *path);
/* UTC, "2024-05-01T12:00:00Z" or, for folder names, "20240501T120000Z". */
void cli_utc_now(bool compact, char *out, size_t size);
/* `wanted` or waggle-out/<UTC>-<pid>, with the scenarios in it. NULL after a message. */
char *cli_run_dir_new(const char *wanted, const struct cli_selection *selection);
/* results.ndjson while runs end, so that whatever happens what is known is there. NULL after a
 * message. */
FILE *cli_run_dir_stream(const char *run_dir);
/* results.ndjson (again, in the order of scenarios and seeds), results.json, timing.json. */
bool cli_run_dir_write(const char *run_dir, const struct wg_report *report);

#endif
