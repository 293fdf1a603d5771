/* `waggle run`: scenarios and seeds through workers to reports. */
#include "reports/result_json.h"
#include "sim/cli/cmd_run.h"
#include "sim/cli/outcome.h"
#include "sim/cli/progress.h"
#include "sim/cli/reporters.h"
#include "sim/cli/run_dir.h"

#include <stdlib.h>
#include <string.h>

/* The demonstration ends in time however many scenarios there are. */
#define DEMO_BUDGET_NS INT64_C(70000000000)

static int write_reports(const struct cli_run_arguments *arguments,
                         const struct wg_report *report) {
    int status = cli_run_dir_write(report->run_dir, report) ? CLI_OK : CLI_INTERNAL;
    for (uint32_t i = 0; i < arguments->reporter_count; i++) {
        if (!cli_write_reporter(&arguments->reporters[i], report)) {
            status = CLI_INTERNAL;
        }
    }
    if (arguments->format == CLI_JSON) {
        wg_report_json(report, true, stdout);
    } else if (arguments->format == CLI_NDJSON) {
        wg_report_ndjson(report, stdout);
    } else {
        wg_report_human(report, stdout);
    }
    return status;
}

static struct cli_sweep make_sweep(const struct cli_run_arguments *arguments,
                                   const char *run_dir) {
    struct cli_sweep sweep = {.workers = arguments->jobs,
                              .max_fail = arguments->max_fail,
                              .time_budget_ns = arguments->time_budget_ns,
                              .run_timeout_ns = arguments->run_timeout_ns,
                              .quiet = arguments->quiet,
                              .worker = {.run_dir = run_dir,
                                         .timelines = arguments->all_timelines,
                                         .histories = arguments->history,
                                         .coverage = arguments->coverage,
                                         .shortcuts_off = arguments->shortcuts_off,
                                         .assertions_report = arguments->assertions_report,
                                         .perturb = arguments->perturb,
                                         .twice = arguments->twice}};
    if (sweep.time_budget_ns == 0 && arguments->seed_source == CLI_SEEDS_OF_PROFILE &&
        arguments->profile == CLI_DEMO) {
        sweep.time_budget_ns = DEMO_BUDGET_NS;
    }
    return sweep;
}

/* A line for each run as it ends. */
static void keep_result(void *ctx, const struct cli_job *job) {
    FILE *out = ctx;
    char *line = wg_run_result_to_line(&job->result);
    fprintf(out, "%s\n", line);
    fflush(out);
    free(line);
}

static int sweep_and_report(const struct cli *cli, const struct cli_run_arguments *arguments,
                            const struct cli_selection *selection) {
    char started[32];
    int64_t began = cli_monotonic_ns();
    cli_utc_now(false, started, sizeof started);
    char *run_dir = cli_run_dir_new(arguments->out, selection);
    if (run_dir == NULL) {
        return CLI_USAGE; /* nothing ran */
    }
    struct cli_sweep sweep = make_sweep(arguments, run_dir);
    sweep.jobs = cli_make_jobs(arguments, selection, &sweep.job_count);
    if (sweep.jobs == NULL) {
        free(run_dir);
        return CLI_USAGE;
    }
    FILE *stream = cli_run_dir_stream(run_dir);
    if (stream != NULL) {
        sweep.finished = keep_result;
        sweep.ctx = stream;
    }
    cli_sweep_run(&sweep);
    if (stream != NULL) {
        fclose(stream);
    }
    struct wg_report report = cli_report_of(cli, &sweep);
    report.started = started;
    report.wall_ns = cli_monotonic_ns() - began;
    report.run_dir = run_dir;
    int status = write_reports(arguments, &report);
    status = cli_worse(status, cli_sweep_exit(&sweep));
    free((void *)(uintptr_t)report.runs);
    cli_jobs_done(sweep.jobs, sweep.job_count);
    free(sweep.jobs);
    free(run_dir);
    return status;
}

static int run_selection(const struct cli *cli, const struct cli_run_arguments *arguments,
                         const struct cli_selection *selection) {
    for (uint32_t i = 0; i < arguments->reporter_count; i++) {
        if (!cli_can_write_reporter(&arguments->reporters[i])) {
            return CLI_USAGE;
        }
    }
    int status = cli_announce_foreign(selection, arguments->no_foreign_code);
    if (status == CLI_OK) {
        status = cli_validate_exporters(selection, arguments->jobs, arguments->run_timeout_ns,
                                        false);
    }
    return status == CLI_OK ? sweep_and_report(cli, arguments, selection) : status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct cli_run_arguments *arguments = malloc(sizeof *arguments);
    struct cli_selection selection = {0};
    int status;
    if (arguments == NULL) {
        abort();
    }
    cli_run_defaults(arguments);
    if (cli_parse(&cli_command_run, argc, argv, cli_run_take, arguments, &status)) {
        if (arguments->path_count == 0) {
            status = cli_usage_error("run needs scenario files or folders");
        } else {
            status = cli_select(arguments->paths, arguments->path_count, &selection);
        }
        if (status == CLI_OK && selection.count > 0) {
            status = run_selection(cli, arguments, &selection);
        }
    }
    cli_selection_done(&selection);
    free(arguments);
    return status;
}

const struct cli_command cli_command_run = {
    "run", "FILES-OR-FOLDERS...", "runs scenarios with many seeds and judges them",
    cli_run_options, CLI_RUN_OPTIONS, run};
