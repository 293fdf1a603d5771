/* What `waggle run` was asked to do. */
#ifndef SIM_CLI_CMD_RUN_H
#define SIM_CLI_CMD_RUN_H

#include "sim/cli/cli.h"
#include "sim/cli/selection.h"
#include "sim/cli/sweep.h"

#define CLI_PATHS_MAX 4096
#define CLI_REPORTERS_MAX 16

enum cli_format { CLI_HUMAN, CLI_JSON, CLI_NDJSON };
enum cli_profile { CLI_DEMO, CLI_CI, CLI_NIGHTLY };
enum cli_seed_source { CLI_SEEDS_OF_PROFILE, CLI_SEEDS_BY_INDEX, CLI_SEED_LITERAL };

enum cli_reporter_kind { CLI_JUNIT, CLI_JSON_FILE, CLI_MARKDOWN, CLI_GITHUB };

struct cli_reporter {
    uint32_t kind;    /* enum cli_reporter_kind */
    const char *path; /* NULL for GITHUB */
};

struct cli_run_arguments {
    const char *paths[CLI_PATHS_MAX];
    uint32_t path_count;
    uint32_t seed_source;              /* enum cli_seed_source */
    uint64_t seed;                     /* literal */
    uint64_t first_index, last_index;  /* of the seeds of each scenario */
    uint32_t profile;                  /* enum cli_profile */
    uint32_t jobs;
    uint64_t shard, shards;            /* shard from 1; shards 1 = everything */
    uint32_t max_fail;
    int64_t time_budget_ns, run_timeout_ns;
    uint32_t format;                   /* enum cli_format */
    struct cli_reporter reporters[CLI_REPORTERS_MAX];
    uint32_t reporter_count;
    bool no_foreign_code, quiet;
    const char *out;
    bool shortcuts_off, perturb, twice;
    bool all_timelines; /* else only of failed runs */
    bool history;       /* of all runs; else only of failed ones */
    bool coverage;
    bool assertions_report; /* else a failed engine assertion ends the run */
};

#define CLI_RUN_OPTIONS 20
extern const struct cli_option cli_run_options[CLI_RUN_OPTIONS];

/* Fills the arguments; a cli_take. Set the defaults first. */
void cli_run_defaults(struct cli_run_arguments *arguments);
bool cli_run_take(void *ctx, const struct cli_option *option, const char *value);

/* The jobs of this shard, in the order of scenarios and seeds; freed by the caller. */
struct cli_job *cli_make_jobs(const struct cli_run_arguments *arguments,
                              const struct cli_selection *selection, uint32_t *ret_count);

#endif
