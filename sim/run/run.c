/* One run from scenario and seed to result. */
#include "sim/run/run.h"

#include "sim/run/outcome.h"
#include "sim/run/phases.h"
#include "sim/run/plugins.h"

#include <string.h>

int sim_run_validate(const struct sim_scenario *scenario, char *message, size_t size) {
    struct sim_black_box box = {0};
    struct sim_run_options options = {.scenario = scenario, .black_box = &box};
    struct sim_cluster *c = sim_cluster_new(&options);
    int status = sim_cluster_validate(c, message, size);
    sim_cluster_free(c);
    return status;
}

/* The timeline, or the history of requests (result NULL). */
static void write_story(const struct sim_cluster *c, const char *name,
                        const struct wg_run_result *result) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", c->run->output_dir, name);
    FILE *out = fopen(path, "w");
    bool good = out != NULL;
    if (good) {
        if (result != NULL) {
            sim_timeline_write(c->timeline, c->t0, result, out);
        } else {
            sim_history_write(c->history, c->t0, out);
        }
        good = !ferror(out);
        good = fclose(out) == 0 && good;
    }
    if (!good) {
        fprintf(stderr, "waggle: cannot write %s\n", path);
    }
}

int sim_run(const struct sim_run_options *options, struct wg_run_result *ret_result) {
    memset(ret_result, 0, sizeof *ret_result);
    options->black_box->seed = options->seed;
    struct sim_cluster *c = sim_cluster_new(options);
    char message[512] = "";
    int status = SIM_RUN_OK;
    if (options->choices_path != NULL &&
        !sim_choices_load(c->choices, options->choices_path, message, sizeof message)) {
        status = SIM_RUN_BAD_INPUT;
    }
    if (status == SIM_RUN_OK) {
        status = sim_cluster_validate(c, message, sizeof message);
    }
    if (status == SIM_RUN_OK) {
        sim_phases_run(c);
        if (c->failed_start) {
            status = SIM_RUN_INTERNAL;
            snprintf(message, sizeof message, "%.400s", c->error);
        }
    }
    sim_outcome_fill(c, status, message, ret_result);
    if (options->record_choices && options->output_dir != NULL) {
        char path[1024];
        snprintf(path, sizeof path, "%s/choices.txt", options->output_dir);
        if (!sim_choices_save(c->choices, path)) {
            fprintf(stderr, "waggle: cannot write %s\n", path);
        }
    }
    if (c->timeline != NULL && options->output_dir != NULL) {
        write_story(c, "timeline.ndjson", ret_result);
    }
    if (c->history != NULL && options->output_dir != NULL) {
        write_story(c, "requests.ndjson", NULL);
    }
    sim_cluster_free(c);
    return status;
}
