/* `--reporter`: reports beside the one on stdout. */
#ifndef SIM_CLI_REPORTERS_H
#define SIM_CLI_REPORTERS_H

#include "reports/report.h"
#include "sim/cli/cmd_run.h"

/* Writes one; false after a message on stderr. GITHUB writes annotations to stderr (stdout may hold
 * JSON) and, if GITHUB_STEP_SUMMARY names a file, appends the Markdown report to it. */
bool cli_write_reporter(const struct cli_reporter *reporter, const struct wg_report *report);

/* Before anything runs: whether its file can be written, which is made if it is not there; false after a
 * message on stderr. */
bool cli_can_write_reporter(const struct cli_reporter *reporter);

#endif
