/* What `run` and `replay` share. */
#include "sim/cli/outcome.h"
#include "sim/cli/refused_args.h"
#include "sim/cli/version.h"
#include "sim/run/run.h"

#include <signal.h>
#include <stdlib.h>

int cli_announce_foreign(const struct cli_selection *selection, bool refuse) {
    int status = CLI_OK;
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct sim_scenario *scenario = selection->scenarios[i];
        for (uint32_t j = 0; j < scenario->exporter_count; j++) {
            const struct sim_exporter_options *exporter = &scenario->exporters[j];
            if (exporter->path == NULL) {
                continue;
            }
            fprintf(stderr, "waggle: %s: exporter %s %s foreign code: %s\n", scenario->path,
                    exporter->id, refuse ? "is refused as" : "runs", exporter->path);
            status = refuse ? CLI_FOREIGN : CLI_OK;
        }
    }
    return status;
}

static int explain(const struct cli_job *job) {
    if (!job->done || job->status == SIM_RUN_OK) {
        /* A crash or hang while the exporter was being looked at. */
        if (job->done && job->result.violation_count > 0) {
            fprintf(stderr, "waggle: %s: %s\n", job->scenario->path,
                    job->result.violations[0].message);
            return CLI_FOREIGN;
        }
        return CLI_OK;
    }
    if (job->status == SIM_RUN_BAD_INPUT &&
        cli_explain_refusal(job->scenario, job->result.error, stderr)) {
        return CLI_USAGE;
    }
    fprintf(stderr, "waggle: %s: %s\n", job->scenario->path,
            job->result.error == NULL ? "the exporters cannot be used" : job->result.error);
    switch (job->status) {
    case SIM_RUN_FOREIGN_CODE:
        return CLI_FOREIGN;
    case SIM_RUN_BAD_INPUT:
        return CLI_USAGE;
    default:
        return CLI_INTERNAL;
    }
}

int cli_validate_exporters(const struct cli_selection *selection, uint32_t workers,
                           int64_t run_timeout_ns, bool only_built_in) {
    struct cli_sweep sweep = {.job_count = selection->count,
                              .workers = workers,
                              .run_timeout_ns = run_timeout_ns,
                              .quiet = true};
    sweep.jobs = calloc(selection->count, sizeof *sweep.jobs);
    if (sweep.jobs == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < selection->count; i++) {
        sweep.jobs[i] = (struct cli_job){.scenario = selection->scenarios[i],
                                         .foreign = !only_built_in &&
                                                    cli_is_foreign(selection->scenarios[i]),
                                         .validate = true,
                                         .only_built_in = only_built_in};
    }
    cli_sweep_run(&sweep);
    int status = sweep.broken ? CLI_INTERNAL : CLI_OK;
    if (sweep.interrupted != 0) {
        status = sweep.interrupted == SIGINT ? CLI_INTERRUPTED : CLI_TERMINATED;
    }
    for (uint32_t i = 0; i < sweep.job_count; i++) {
        status = cli_worse(status, explain(&sweep.jobs[i]));
    }
    cli_jobs_done(sweep.jobs, sweep.job_count);
    free(sweep.jobs);
    return status;
}

struct wg_report cli_report_of(const struct cli *cli, const struct cli_sweep *sweep) {
    struct wg_run_result *runs = calloc(sweep->job_count + 1, sizeof *runs);
    if (runs == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < sweep->job_count; i++) {
        runs[i] = sweep->jobs[i].result;
    }
    return (struct wg_report){.version = CLI_VERSION,
                              .program = cli->program,
                              .runs = runs,
                              .run_count = sweep->job_count,
                              .jobs = sweep->workers};
}
