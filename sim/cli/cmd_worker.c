/* `__worker`: what our own binary does when a parent started it. Reads one job per line from stdin
 * ("run SEED PATH", "validate PATH", "check PATH") and answers each with one line "STATUS WALL_NS RESULT" on
 * descriptor 3. Descriptor 4 is the black box. Anything may kill it at any time; the parent then
 * reads the black box. */
#include "waggle/env.h"
#include "reports/result_json.h"
#include "sim/cli/cli.h"
#include "sim/cli/divergence.h"
#include "sim/cli/run_dir.h"
#include "sim/cli/selection.h"
#include "sim/cli/worker_process.h"
#include "sim/run/run.h"
#include "sim/scenario/scenario_load.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ANSWERS_FD 3
#define BOX_FD 4
#define ADDRESS_SPACE_MAX ((rlim_t)4 << 30)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct worker {
    const char *run_dir, *choices_path;
    uint32_t env_flags;
    bool perturb, twice, trace;
    bool timelines; /* of every run, not only of failed ones */
    bool histories; /* same */
    bool coverage;
    struct sim_black_box *box;
    FILE *answers;
    struct sim_scenario *scenario; /* of the last job */
};

static const struct cli_option options[] = {
    {"run-dir", 0, "DIR", NULL},  {"choices", 0, "FILE", NULL}, {"no-shortcuts", 0, NULL, NULL},
    {"perturb", 0, NULL, NULL},   {"twice", 0, NULL, NULL},     {"trace", 0, NULL, NULL},
    {"report-assertions", 0, NULL, NULL}, {"timelines", 0, NULL, NULL},
    {"history", 0, NULL, NULL}, {"coverage", 0, NULL, NULL},
};

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct worker *worker = ctx;
    if (option == NULL) {
        return false;
    }
    if (strcmp(option->name, "run-dir") == 0) {
        worker->run_dir = value;
    } else if (strcmp(option->name, "choices") == 0) {
        worker->choices_path = value;
    } else if (strcmp(option->name, "no-shortcuts") == 0) {
        worker->env_flags |= WG_ENV_NO_SHARED_BYTES | WG_ENV_NO_MARKS;
    } else if (strcmp(option->name, "report-assertions") == 0) {
        worker->env_flags |= WG_ENV_ASSERTIONS_REPORT;
    } else if (strcmp(option->name, "timelines") == 0) {
        worker->timelines = true;
    } else if (strcmp(option->name, "history") == 0) {
        worker->histories = true;
    } else if (strcmp(option->name, "coverage") == 0) {
        worker->coverage = true;
    } else if (strcmp(option->name, "perturb") == 0) {
        worker->perturb = true;
    } else if (strcmp(option->name, "twice") == 0) {
        worker->twice = true;
    } else {
        worker->trace = true;
    }
    return true;
}

/* A plugin that eats all memory must not take the machine with it. */
static void set_limits(void) {
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (!SANITIZED) {
        struct rlimit space = {ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX};
        setrlimit(RLIMIT_AS, &space);
    }
}

/* What a run gives back serves the next one: pages that went back to the system would have to be
 * touched anew by every seed. Only arrays of a size that few runs have are mapped by themselves. */
static void keep_memory(void) {
#if defined(__GLIBC__)
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

/* They have had their effect. */
static void forget_tunables(void) {
    const char *tunables = getenv(CLI_WORKER_TUNABLES);
    if (tunables != NULL && strcmp(tunables, CLI_WORKER_HUGE_PAGES) == 0) {
        unsetenv(CLI_WORKER_TUNABLES);
    }
}

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void set_error(struct wg_run_result *result, const char *message) {
    free(result->error);
    result->error = strdup(message);
    result->verdict = WG_ERROR;
}

static void answer(struct worker *worker, int status, int64_t wall_ns,
                   const struct wg_run_result *result) {
    char *line = wg_run_result_to_line(result);
    fprintf(worker->answers, "%d %" PRId64 " %s\n", status, wall_ns, line);
    fflush(worker->answers);
    free(line);
}

static bool load(struct worker *worker, const char *path) {
    if (worker->scenario != NULL && strcmp(worker->scenario->path, path) == 0) {
        return true;
    }
    struct sim_diagnostics diagnostics = {0};
    sim_scenario_free(worker->scenario);
    worker->scenario = NULL;
    bool good = sim_scenario_load(path, &worker->scenario, &diagnostics) == 0;
    sim_diagnostics_done(&diagnostics);
    return good;
}

/* Exporters that write files, and anybody's code, get a folder of their own. */
static bool wants_folder(const struct sim_scenario *scenario) {
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        const char *type = scenario->exporters[i].type;
        if (type == NULL || strcmp(type, "ndjson") == 0) {
            return true;
        }
    }
    return false;
}

/* A failed run again, now with its choices recorded: the same hash, or the run means nothing. */
static void repeat(struct worker *worker, struct sim_run_options *run,
                   struct wg_run_result *result, const char *folder) {
    struct wg_run_result second = {0};
    bool record = result->verdict == WG_FAILED && folder[0] != '\0' &&
                  cli_make_folders(folder) && run->choices_path == NULL;
    run->record_choices = record;
    run->timeline = record;
    run->history = record;
    run->output_dir = record ? folder : run->output_dir;
    run->trace = NULL;
    int status = sim_run(run, &second);
    if (status != SIM_RUN_OK || second.hash != result->hash) {
        char message[600];
        cli_describe_divergence(run, result->hash, second.hash, message, sizeof message);
        set_error(result, message);
    }
    wg_run_result_done(&second);
    (void)worker;
}

static void run_job(struct worker *worker, uint64_t seed, const char *path) {
    struct wg_run_result result = {0};
    if (!load(worker, path)) {
        set_error(&result, "the scenario changed while it was run");
        answer(worker, SIM_RUN_INTERNAL, 0, &result);
        wg_run_result_done(&result);
        return;
    }
    memset(worker->box, 0, sizeof *worker->box);
    worker->box->seed = seed;
    worker->box->position = -1;
    char folder[4096] = "";
    if (worker->run_dir != NULL) {
        snprintf(folder, sizeof folder, "%s/runs/%s/%" PRIu64, worker->run_dir,
                 worker->scenario->name, seed);
    }
    bool files = folder[0] != '\0' &&
                 (worker->timelines || worker->histories || wants_folder(worker->scenario)) &&
                 cli_make_folders(folder);
    struct sim_run_options run = {.scenario = worker->scenario,
                                  .seed = seed,
                                  .output_dir = files ? folder : NULL,
                                  .timeline = files && worker->timelines,
                                  .history = files && worker->histories,
                                  .coverage = worker->coverage,
                                  .choices_path = worker->choices_path,
                                  .env_flags = worker->env_flags,
                                  .trace = worker->trace ? stdout : NULL,
                                  .black_box = worker->box,
                                  .perturb_memory = worker->perturb};
    int64_t began = monotonic_ns();
    int status = sim_run(&run, &result);
    int64_t wall_ns = monotonic_ns() - began;
    bool again = worker->twice || (result.verdict == WG_FAILED && folder[0] != '\0');
    if (status == SIM_RUN_OK && again) {
        repeat(worker, &run, &result, folder);
    }
    if (files) {
        rmdir(folder); /* stays if something was written into it */
    }
    result.seed = seed;
    fflush(stdout);
    answer(worker, status, wall_ns, &result);
    wg_run_result_done(&result);
}

/* The scenario without the exporters that are somebody else's code. */
static int validate_built_in(const struct sim_scenario *scenario, char *message, size_t size) {
    struct sim_scenario only = *scenario;
    only.exporters = calloc(scenario->exporter_count + 1, sizeof *only.exporters);
    if (only.exporters == NULL) {
        abort();
    }
    only.exporter_count = 0;
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        if (scenario->exporters[i].path == NULL) {
            only.exporters[only.exporter_count++] = scenario->exporters[i];
        }
    }
    int status = sim_run_validate(&only, message, size);
    free(only.exporters);
    return status;
}

static void validate_job(struct worker *worker, const char *path, bool only_built_in) {
    struct wg_run_result result = {0};
    char message[1000] = "the scenario changed while it was checked";
    memset(worker->box, 0, sizeof *worker->box);
    worker->box->position = -1;
    int status = SIM_RUN_INTERNAL;
    if (load(worker, path)) {
        message[0] = '\0';
        status = only_built_in ? validate_built_in(worker->scenario, message, sizeof message)
                               : sim_run_validate(worker->scenario, message, sizeof message);
    }
    if (status != SIM_RUN_OK) {
        set_error(&result, message);
    }
    answer(worker, status, 0, &result);
    wg_run_result_done(&result);
}

static void handle(struct worker *worker, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *rest;
    if (strncmp(line, "validate ", 9) == 0) {
        validate_job(worker, line + 9, false);
    } else if (strncmp(line, "check ", 6) == 0) {
        validate_job(worker, line + 6, true);
    } else if (strncmp(line, "run ", 4) == 0) {
        uint64_t seed = strtoull(line + 4, &rest, 10);
        run_job(worker, seed, rest + 1);
    }
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct worker worker = {0};
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_worker, argc, argv, take, &worker, &status)) {
        return CLI_USAGE;
    }
    void *box = mmap(NULL, sizeof *worker.box, PROT_READ | PROT_WRITE, MAP_SHARED, BOX_FD, 0);
    worker.answers = fdopen(ANSWERS_FD, "w");
    if (box == MAP_FAILED || worker.answers == NULL) {
        return cli_usage_error("__worker is started by waggle itself");
    }
    worker.box = box;
    forget_tunables();
    set_limits();
    keep_memory();
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        handle(&worker, line);
    }
    free(line);
    sim_scenario_free(worker.scenario);
    fclose(worker.answers);
    munmap(box, sizeof *worker.box);
    return CLI_OK;
}

const struct cli_command cli_command_worker = {
    "__worker", "", NULL, options, sizeof options / sizeof options[0], run};
