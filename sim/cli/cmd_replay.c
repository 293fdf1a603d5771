/* `waggle replay`: one run again, with everything that is known about it. */
#include "sim/cli/cli.h"
#include "sim/cli/outcome.h"
#include "sim/cli/progress.h"
#include "sim/cli/run_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED_MAX ((UINT64_C(1) << 53) - 1)
#define RUN_TIMEOUT_NS INT64_C(30000000000)

struct arguments {
    const char *scenario, *choices;
    uint64_t seed;
    bool has_seed, trace, json, no_foreign_code, shortcuts_off, perturb;
    bool assertions_report;
    int64_t run_timeout_ns;
};

static const struct cli_option options[] = {
    {"seed", 0, "S", "the seed of the run"},
    {"choices", 0, "FILE", "recorded choices to follow instead of the seed"},
    {"trace", 0, NULL, "writes the trace to stdout, before the result"},
    {"format", 0, "human|json", "what is written to stdout"},
    {"run-timeout", 0, "D", "a run whose virtual time stands still that long hangs (30s)"},
    {"no-foreign-code", 0, NULL, "refuses scenarios that name shared objects"},
    {"assertions", 0, "stop|report", "what a failed engine assertion does: end the run, or only be counted (stop)"},
    {"shortcuts", 0, "on|off", NULL},
    {"perturb", 0, NULL, NULL},
};

static bool complain(const struct cli_option *option, const char *value) {
    cli_usage_error("%s%s takes %s, not %s", option->name[1] == '\0' ? "-" : "--", option->name,
                    option->argument, value);
    return false;
}

static bool take_value(struct arguments *arguments, const struct cli_option *option,
                       const char *value) {
    if (strcmp(option->name, "seed") == 0) {
        arguments->has_seed = true;
        return cli_parse_u64(value, SEED_MAX, &arguments->seed) || complain(option, value);
    }
    if (strcmp(option->name, "format") == 0) {
        arguments->json = strcmp(value, "json") == 0;
        return arguments->json || strcmp(value, "human") == 0 || complain(option, value);
    }
    if (strcmp(option->name, "run-timeout") == 0) {
        return cli_parse_duration(value, &arguments->run_timeout_ns) || complain(option, value);
    }
    if (strcmp(option->name, "assertions") == 0) {
        arguments->assertions_report = strcmp(value, "report") == 0;
        return arguments->assertions_report || strcmp(value, "stop") == 0 ||
               complain(option, value);
    }
    if (strcmp(option->name, "shortcuts") == 0) {
        arguments->shortcuts_off = strcmp(value, "off") == 0;
        return arguments->shortcuts_off || strcmp(value, "on") == 0 || complain(option, value);
    }
    arguments->choices = value;
    return true;
}

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    if (option == NULL) {
        if (arguments->scenario != NULL) {
            cli_usage_error("replay takes one scenario");
            return false;
        }
        arguments->scenario = value;
        return true;
    }
    if (option->argument != NULL) {
        return take_value(arguments, option, value);
    }
    arguments->trace = arguments->trace || strcmp(option->name, "trace") == 0;
    arguments->no_foreign_code =
        arguments->no_foreign_code || strcmp(option->name, "no-foreign-code") == 0;
    arguments->perturb = arguments->perturb || strcmp(option->name, "perturb") == 0;
    return true;
}

static int check_arguments(const struct arguments *arguments) {
    if (arguments->scenario == NULL) {
        return cli_usage_error("replay needs a scenario");
    }
    if (!arguments->has_seed && arguments->choices == NULL) {
        return cli_usage_error("replay needs --seed or --choices");
    }
    if (arguments->choices != NULL && access(arguments->choices, R_OK) != 0) {
        return cli_usage_error("%s: %s", arguments->choices, strerror(errno));
    }
    return CLI_OK;
}

static void print(const struct arguments *arguments, const struct wg_report *report) {
    if (arguments->json) {
        wg_report_json(report, true, stdout);
    } else {
        wg_report_run(report, &report->runs[0], stdout);
    }
}

static int replay(const struct cli *cli, const struct arguments *arguments,
                  const struct cli_selection *selection) {
    char started[32];
    int64_t began = cli_monotonic_ns();
    cli_utc_now(false, started, sizeof started);
    struct cli_job job = {.scenario = selection->scenarios[0],
                          .seed = arguments->seed,
                          .foreign = cli_is_foreign(selection->scenarios[0])};
    struct cli_sweep sweep = {.jobs = &job,
                              .job_count = 1,
                              .workers = 1,
                              .run_timeout_ns = arguments->run_timeout_ns,
                              .quiet = true,
                              .worker = {.choices_path = arguments->choices,
                                         .shortcuts_off = arguments->shortcuts_off,
                                         .assertions_report = arguments->assertions_report,
                                         .perturb = arguments->perturb,
                                         .trace = arguments->trace}};
    cli_sweep_run(&sweep);
    struct wg_report report = cli_report_of(cli, &sweep);
    report.started = started;
    report.wall_ns = cli_monotonic_ns() - began;
    print(arguments, &report);
    int status = cli_sweep_exit(&sweep);
    free((void *)(uintptr_t)report.runs);
    cli_jobs_done(&job, 1);
    return status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.run_timeout_ns = RUN_TIMEOUT_NS};
    struct cli_selection selection = {0};
    int status;
    if (!cli_parse(&cli_command_replay, argc, argv, take, &arguments, &status)) {
        return status;
    }
    status = check_arguments(&arguments);
    if (status == CLI_OK) {
        status = cli_select(&arguments.scenario, 1, &selection);
    }
    if (status == CLI_OK && selection.count != 1) {
        status = cli_usage_error("replay takes one scenario, %s has %u", arguments.scenario,
                                 selection.count);
    }
    if (status == CLI_OK) {
        status = cli_announce_foreign(&selection, arguments.no_foreign_code);
    }
    if (status == CLI_OK) {
        status = cli_validate_exporters(&selection, 1, arguments.run_timeout_ns, false);
    }
    if (status == CLI_OK) {
        status = replay(cli, &arguments, &selection);
    }
    cli_selection_done(&selection);
    return status;
}

const struct cli_command cli_command_replay = {
    "replay",
    "SCENARIO --seed S",
    "repeats one run and shows all that is known about it",
    options,
    sizeof options / sizeof options[0],
    run};
