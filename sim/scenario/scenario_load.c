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

static const char *const budget_names[] = {"keep", "exceed"};
static const struct sim_words budgets = {budget_names, SIM_COUNT_OF(budget_names)};

static void read_budget(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    uint32_t choice = 0;
    struct sim_field word = {.key = field->key, .words = field->words};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_scenario *)target)->budget_exceed = choice == 1;
}

static const struct sim_field seed_rows[] = {
    {"demo", sim_read_count, SCENARIO(seeds_demo), 1, 1000000, false, NULL,
     "Runs with `--profile demo`.", "3", NULL, 0},
    {"ci", sim_read_count, SCENARIO(seeds_ci), 1, 1000000, false, NULL,
     "Runs with `--profile ci`.", "50", NULL, 0},
    {"nightly", sim_read_count, SCENARIO(seeds_nightly), 1, 1000000, false, NULL,
     "Runs with `--profile nightly`.", "5000", NULL, 0},
};
static SIM_TABLE(seed_keys, seed_rows);

/* Read in this order: faults and expectations refer to the cluster and the exporters. */
static const struct sim_field top_fields[] = {
    {"apiVersion", read_version, 0, 0, 0, true, NULL, "The version of this format.", NULL, NULL,
     SIM_SHAPE_VERSION},
    {"name", sim_read_name, SCENARIO(name), 0, 0, true, NULL,
     "What it is called; seeds and folders are named after it.", NULL, NULL, 0},
    {"question", sim_read_text, SCENARIO(description), 0, 0, false, NULL,
     "Which question it answers.", NULL, NULL, 0},
    {"cluster", sim_read_cluster, 0, 0, 0, false, NULL, "The brokers and what they run on.", NULL,
     &sim_cluster_keys, 0},
    {"processes", sim_read_processes, 0, 0, 0, false, NULL,
     "Models of processes besides the built-in `one-task` (docs/PROCESSES.md); up to 16 entries.",
     NULL, &sim_process_keys, SIM_SHAPE_LIST},
    {"workload", sim_read_workload, 0, 0, 0, false, NULL, "What clients ask for; up to 16 entries.",
     NULL, &sim_workload_keys, SIM_SHAPE_LIST},
    {"exporters", sim_read_exporters, 0, 0, 0, false, NULL,
     "Who gets the records, in this order; up to 16 entries.", NULL, &sim_exporter_keys,
     SIM_SHAPE_EXPORTERS},
    {"faults", sim_read_faults, 0, 0, 0, false, NULL, "What goes wrong, and when.", NULL,
     &sim_fault_keys, SIM_SHAPE_FAULTS},
    {"nemesis", sim_read_nemesis, 0, 0, 0, false, NULL,
     "Faults at random, drawn from the seed.", NULL, &sim_nemesis_keys, 0},
    {"steps", sim_read_steps, 0, 0, 0, false, NULL, "What an operator does, and when.", NULL,
     &sim_step_keys, SIM_SHAPE_LIST},
    {"expect", sim_read_expects, 0, 0, 0, false, NULL,
     "What must come true besides the invariants.", NULL, NULL, SIM_SHAPE_EXPECTS},
    {"tolerate", sim_read_tolerates, 0, 0, 0, false, NULL,
     "Known violations that do not fail the run.", NULL, &sim_tolerate_keys, SIM_SHAPE_LIST},
    {"budget", read_budget, 0, 0, 0, false, &budgets,
     "`keep`: a majority of each partition stays intact; `exceed`: only what survives is judged.",
     "keep", NULL, 0},
    {"duration", sim_read_duration, SCENARIO(duration), NS(WG_SECOND), NS(MONTH), false, NULL,
     "Least length of the chaos phase; else it ends with the last of the others.", NULL, NULL, 0},
    {"seeds", sim_read_mapping, 0, 0, 0, false, NULL, "How many seeds each profile runs.", NULL,
     &seed_keys, 0},
};
SIM_TABLE(sim_top_keys, top_fields);

void sim_scenario_free(struct sim_scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    for (uint32_t i = 0; i < scenario->process_count; i++) {
        sim_process_done(&scenario->processes[i]);
    }
    free(scenario->processes);
    free(scenario->cluster.skip_records);
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        free(scenario->exporters[i].id);
        free(scenario->exporters[i].type);
        free(scenario->exporters[i].path);
        free(scenario->exporters[i].args_json);
    }
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        free(scenario->expects[i].invariant);
        free(scenario->expects[i].because);
        free(scenario->expects[i].body);
    }
    for (uint32_t i = 0; i < scenario->tolerate_count; i++) {
        free(scenario->tolerates[i].invariant);
        free(scenario->tolerates[i].reason);
    }
    free(scenario->tolerates);
    free(scenario->steps);
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
        if (diagnostics->errors == 0) {
            sim_check_scenario(&loader, tree.root);
        }
    }
    sim_yaml_free(&tree);
    if (diagnostics->errors > 0) {
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

int sim_scenario_read(const char *path, struct sim_diagnostics *diagnostics) {
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
    return 0;
}

int sim_scenario_load(const char *path, struct sim_scenario **ret,
                      struct sim_diagnostics *diagnostics) {
    return sim_scenario_read(path, diagnostics) == 0 ? parse_source(path, ret, diagnostics) : -1;
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
