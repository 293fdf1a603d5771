/* A scenario file from text to struct sim_scenario: the top level, reading and freeing. */
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS(time) ((uint64_t)(time))
#define MONTH (30 * 24 * 60 * WG_MINUTE)
#define SCENARIO(member) offsetof(struct sim_scenario, member)

static void read_version(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    (void)field;
    (void)target;
    const char *text = sim_scalar_text(loader, node);
    if (text != NULL && strcmp(text, SIM_SCENARIO_API) != 0) {
        struct sim_diagnostic *entry = sim_load_error(
            loader, node, SIM_WG_VERSION, "this waggle does not know the format `%.60s`", text);
        sim_diagnostic_help(entry, "write `apiVersion: %s`", SIM_SCENARIO_API);
    }
}

static void read_budget(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    static const char *const names[] = {"keep", "exceed"};
    static const struct sim_words words = {names, SIM_COUNT_OF(names)};
    uint32_t choice = 0;
    struct sim_field word = {field->key, sim_read_word, 0, 0, 0, false, &words};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_scenario *)target)->budget_exceed = choice == 1;
}

/* Read in this order: faults and expectations refer to the cluster and the exporters. */
static const struct sim_field top_fields[] = {
    {"apiVersion", read_version, 0, 0, 0, true, NULL},
    {"name", sim_read_name, SCENARIO(name), 0, 0, true, NULL},
    {"question", sim_read_text, SCENARIO(description), 0, 0, false, NULL},
    {"cluster", sim_read_cluster, 0, 0, 0, false, NULL},
    {"workload", sim_read_workload, 0, 0, 0, false, NULL},
    {"exporters", sim_read_exporters, 0, 0, 0, false, NULL},
    {"faults", sim_read_faults, 0, 0, 0, false, NULL},
    {"nemesis", sim_read_nemesis, 0, 0, 0, false, NULL},
    {"expect", sim_read_expects, 0, 0, 0, false, NULL},
    {"budget", read_budget, 0, 0, 0, false, NULL},
    {"duration", sim_read_duration, SCENARIO(duration), NS(WG_SECOND), NS(MONTH), false, NULL},
    {"seeds", sim_read_seeds, 0, 0, 0, false, NULL},
    {"steps", sim_read_later, 0, 0, 0, false, NULL},
    {"tolerate", sim_read_later, 0, 0, 0, false, NULL},
};

void sim_scenario_free(struct sim_scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        free(scenario->exporters[i].id);
        free(scenario->exporters[i].type);
        free(scenario->exporters[i].path);
        free(scenario->exporters[i].args_json);
    }
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        free(scenario->expects[i].invariant);
        free(scenario->expects[i].because);
    }
    free(scenario->name);
    free(scenario->path);
    free(scenario->description);
    free(scenario->workloads);
    free(scenario->exporters);
    free(scenario->faults);
    free(scenario->expects);
    free(scenario);
}

static struct sim_scenario *new_scenario(const char *path) {
    struct sim_scenario *scenario = calloc(1, sizeof *scenario);
    if (scenario == NULL) {
        abort();
    }
    scenario->path = sim_copy_text(path);
    scenario->seeds_demo = 3;
    scenario->seeds_ci = 50;
    scenario->seeds_nightly = 5000;
    sim_cluster_preset(&scenario->cluster, false);
    return scenario;
}

static int parse_source(const char *path, struct sim_scenario **ret,
                        struct sim_diagnostics *diagnostics) {
    struct sim_yaml_tree tree;
    struct sim_scenario *scenario = new_scenario(path);
    struct sim_loader loader = {.diagnostics = diagnostics, .scenario = scenario};
    if (sim_yaml_parse(diagnostics, &tree)) {
        sim_load_fields(&loader, tree.root, top_fields, SIM_COUNT_OF(top_fields), scenario);
        if (diagnostics->count == 0) {
            sim_check_scenario(&loader, tree.root);
        }
    }
    sim_yaml_free(&tree);
    if (diagnostics->count > 0) {
        sim_scenario_free(scenario);
        return -1;
    }
    *ret = scenario;
    return 0;
}

int sim_scenario_parse(const char *path, const char *text, size_t len, struct sim_scenario **ret,
                       struct sim_diagnostics *diagnostics) {
    diagnostics->file = sim_copy_text(path);
    diagnostics->source = malloc(len + 1);
    if (diagnostics->source == NULL) {
        abort();
    }
    memcpy(diagnostics->source, text, len);
    diagnostics->source[len] = '\0';
    diagnostics->source_len = len;
    return parse_source(path, ret, diagnostics);
}

/* Up to one byte more than allowed, so that the limit is noticed and no more is read. */
static char *read_all(FILE *file, size_t *ret_len) {
    size_t room = (size_t)SIM_YAML_MAX_BYTES + 1;
    char *text = malloc(room + 1);
    if (text == NULL) {
        abort();
    }
    errno = 0;
    *ret_len = fread(text, 1, room, file);
    if (ferror(file)) {
        int error = errno;
        free(text);
        errno = error;
        return NULL;
    }
    text[*ret_len] = '\0';
    return text;
}

int sim_scenario_load(const char *path, struct sim_scenario **ret,
                      struct sim_diagnostics *diagnostics) {
    diagnostics->file = sim_copy_text(path);
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        diagnostics->source = read_all(file, &diagnostics->source_len);
        int error = errno;
        fclose(file);
        errno = error;
    }
    if (diagnostics->source == NULL) {
        sim_diagnostics_add(diagnostics, SIM_WG_UNREADABLE, 1, 1, "",
                            "the file cannot be read: %s", strerror(errno));
        return -1;
    }
    return parse_source(path, ret, diagnostics);
}

/* SplitMix64's finaliser: every bit of the input moves about half of the output. */
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t sim_scenario_seed(const char *name, uint64_t i) {
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (; *name != '\0'; name++) {
        state = mix(state ^ (uint64_t)(unsigned char)*name);
    }
    return mix(state + (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) >> 11;
}
