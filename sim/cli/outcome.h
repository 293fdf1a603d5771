/* The end of `run` and `replay`: results of jobs as a report, and what exit code they mean. */
#ifndef SIM_CLI_OUTCOME_H
#define SIM_CLI_OUTCOME_H

#include "reports/report.h"
#include "sim/cli/cmd_run.h"

/* Checks the exporters of all scenarios in worker processes before anything runs. CLI_OK, or what
 * went wrong after saying so on stderr. With `only_built_in` no foreign code is loaded. */
int cli_validate_exporters(const struct cli_selection *selection, uint32_t workers,
                           int64_t run_timeout_ns, bool only_built_in);
/* Says what foreign code will run, or refuses it. */
int cli_announce_foreign(const struct cli_selection *selection, bool refuse);
/* A report over the results of a sweep; `runs` is freed by the caller (not its elements, which
 * belong to the jobs). */
struct wg_report cli_report_of(const struct cli *cli, const struct cli_sweep *sweep);

#endif
