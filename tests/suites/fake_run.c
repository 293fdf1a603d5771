/* Stands in for the simulator in tests of the command: what happens is asked for by the scenario's
 * name, so that crashes, hangs and slow runs are certain and take no time. */
#include "sim/run/run.h"
#include "waggle/env.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *copy(const char *text) {
    char *result = strdup(text);
    if (result == NULL) {
        abort();
    }
    return result;
}

static bool named(const struct sim_scenario *scenario, const char *part) {
    return strstr(scenario->name, part) != NULL;
}

static void enter_call(struct sim_black_box *box) {
    strcpy(box->exporter, "mine");
    box->call_kind = 3;
    box->position = 77;
    box->in_call = 1;
}

/* A process that outlives the run, with every descriptor that it inherited. */
static void leave_behind(bool in_own_session) {
    if (fork() == 0) {
        if (in_own_session) {
            setsid();
        }
        for (;;) {
            pause();
        }
    }
}

static void accidents(const struct sim_run_options *options) {
    const struct sim_scenario *scenario = options->scenario;
    struct sim_black_box *box = options->black_box;
    box->sim_ns = 5000000000;
    if (named(scenario, "in-plugin")) {
        enter_call(box);
    }
    bool odd = options->seed % 2 == 1;
    if (named(scenario, "forks")) {
        leave_behind(named(scenario, "session"));
    }
    bool report = (options->env_flags & WG_ENV_ASSERTIONS_REPORT) != 0;
    if (named(scenario, "assertion") && odd && !report) {
        strcpy(box->assertion, "engine/raft/raft.c:7: a < b does not hold on broker 1");
        box->assertion_at = 3000000000;
        box->assertion_partition = 2;
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (named(scenario, "crash") && odd) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (named(scenario, "exit") && odd) {
        _exit(9);
    }
    while (named(scenario, "hang") && odd) {
        usleep(10000);
    }
    if (named(scenario, "slow")) {
        for (int i = 0; i < 30; i++) {
            usleep(50000);
            box->sim_ns++;
        }
    }
}

static void add_violation(struct wg_run_result *result) {
    result->verdict = WG_FAILED;
    result->violations = calloc(1, sizeof *result->violations);
    if (result->violations == NULL) {
        abort();
    }
    result->violation_count = 1;
    result->violations[0] = (struct wg_result_violation){.invariant = copy("election-safety"),
                                                         .blame = copy("engine"),
                                                         .message = copy("two <leaders> & \x01"),
                                                         .at_ns = 61000000000,
                                                         .partition = 1};
}

static void write_choices(const struct sim_run_options *options) {
    char path[4200];
    snprintf(path, sizeof path, "%s/choices.txt", options->output_dir);
    FILE *out = fopen(path, "w");
    if (out != NULL) {
        fputs("1-2 0 3 10 4\n", out);
        fclose(out);
    }
}

int sim_run(const struct sim_run_options *options, struct wg_run_result *ret_result) {
    static uint64_t calls;
    const struct sim_scenario *scenario = options->scenario;
    calls++;
    *ret_result = (struct wg_run_result){.seed = options->seed,
                                         .hash = options->seed * 3 + 1,
                                         .sim_ns = 120000000000,
                                         .events = 10,
                                         .committed = 100,
                                         .exported = 90,
                                         .duplicates = 3,
                                         .log_bytes_peak = 2000000,
                                         .log_bytes_final = 1000};
    accidents(options);
    if (options->env_flags != 0) {
        ret_result->events = 11;
    }
    if (named(scenario, "nondeterministic")) {
        ret_result->hash = calls;
    }
    if (options->trace != NULL) {
        fprintf(options->trace, "0 start\n1 call %d\n",
                named(scenario, "nondeterministic") ? (int)calls : 0);
    }
    if (named(scenario, "fails")) {
        add_violation(ret_result);
    }
    if (options->record_choices) {
        write_choices(options);
    }
    return SIM_RUN_OK;
}

int sim_run_validate(const struct sim_scenario *scenario, char *message, size_t size) {
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        if (scenario->exporters[i].path != NULL && access(scenario->exporters[i].path, R_OK) != 0) {
            snprintf(message, size, "exporter %s: cannot load", scenario->exporters[i].id);
            return SIM_RUN_FOREIGN_CODE;
        }
    }
    if (named(scenario, "refused")) {
        snprintf(message, size, "exporter mine refuses its args");
        return SIM_RUN_BAD_INPUT;
    }
    return SIM_RUN_OK;
}
