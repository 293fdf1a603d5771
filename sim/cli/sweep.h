/* Many runs on a few workers. Which worker does what has no influence on any result; a worker that
 * dies or hangs costs the run it was at, and a fresh one goes on. */
#ifndef SIM_CLI_SWEEP_H
#define SIM_CLI_SWEEP_H

#include "reports/result.h"
#include "sim/cli/worker_process.h"
#include "sim/scenario/scenario.h"

struct cli_job {
    const struct sim_scenario *scenario;
    uint64_t seed;
    uint64_t round;   /* jobs of lower rounds go first, so that every scenario gets its turn */
    bool foreign;     /* needs a process of its own */
    bool validate;    /* only look at the exporters */
    bool only_built_in; /* ... and of these at no foreign ones */
    bool done;
    int status;       /* enum sim_run_status */
    struct wg_run_result result; /* SKIPPED until done */
};

struct cli_sweep {
    struct cli_job *jobs;
    uint32_t job_count;
    uint32_t workers;
    uint32_t max_fail;      /* 0 = no limit */
    int64_t time_budget_ns; /* 0 = none; nothing starts after it, all ends a little later */
    int64_t run_timeout_ns; /* without any progress of virtual time */
    bool quiet;
    struct cli_worker_options worker;
    /* Told of each run as it ends, in that order; NULL = nobody. */
    void (*finished)(void *ctx, const struct cli_job *job);
    void *ctx;
    /* results */
    int interrupted; /* 0, SIGINT or SIGTERM */
    bool broken;     /* workers cannot be started */
};

void cli_sweep_run(struct cli_sweep *sweep);
/* Frees the results in the jobs, not the array. */
void cli_jobs_done(struct cli_job *jobs, uint32_t count);
/* The exit code that the results ask for. */
int cli_sweep_exit(const struct cli_sweep *sweep);

#endif
