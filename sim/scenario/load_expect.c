/* What a scenario expects besides what the judges always demand, and how many seeds it gets. */
#include "sim/scenario/loader.h"
#include "sim/scenario/trigger_table.h"

#include <string.h>

#define EXPECTS_MAX 100
#define TIB (UINT64_C(1) << 40)
#define COUNT_MAX UINT64_C(1000000000000)

#define EXPECT(member) offsetof(struct sim_expect_options, member)

static const char *const kind_names[] = {"duplicates.ratio", "logBytes", "violation", "reached"};
static const struct sim_words kinds = {kind_names, SIM_COUNT_OF(kind_names)};
/* In the order of enum sim_blame. */
static const char *const blame_names[] = {"engine", "plugin", "sink", "configuration", "harness"};
static const struct sim_words blames = {blame_names, SIM_COUNT_OF(blame_names)};
static const char *const at_names[] = {"end", "peak"};
static const struct sim_words ats = {at_names, SIM_COUNT_OF(at_names)};
static const char *const per_names[] = {"replica"};
static const struct sim_words pers = {per_names, SIM_COUNT_OF(per_names)};

static void read_at(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    uint32_t choice = 0;
    struct sim_field word = {field->key, sim_read_word, 0, 0, 0, false, &ats};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_expect_options *)target)->at_peak = choice == 1;
}

/* Only one value so far; written out so that a second one will not change what files mean. */
static void read_per(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    (void)target;
    uint32_t choice = 0;
    struct sim_field word = {field->key, sim_read_word, 0, 0, 0, false, &pers};
    sim_read_word(loader, node, &word, &choice);
}

static const struct sim_field ratio_fields[] = {
    {"that", sim_read_nothing, 0, 0, 0, true, NULL},
    {"exporter", sim_read_exporter, EXPECT(exporter), 0, 0, false, NULL},
    {"min", sim_read_percent64, EXPECT(min), 0, 1000000, false, NULL},
    {"max", sim_read_percent64, EXPECT(max), 0, 1000000, false, NULL},
    {"because", sim_read_text, EXPECT(because), 0, 0, false, NULL},
};
static const struct sim_field log_fields[] = {
    {"that", sim_read_nothing, 0, 0, 0, true, NULL},
    {"per", read_per, 0, 0, 0, false, NULL},
    {"at", read_at, 0, 0, 0, false, NULL},
    {"min", sim_read_size, EXPECT(min), 0, TIB, false, NULL},
    {"max", sim_read_size, EXPECT(max), 0, TIB, false, NULL},
    {"because", sim_read_text, EXPECT(because), 0, 0, false, NULL},
};
static const struct sim_field violation_fields[] = {
    {"that", sim_read_nothing, 0, 0, 0, true, NULL},
    {"invariant", sim_read_name, EXPECT(invariant), 0, 0, true, NULL},
    {"exporter", sim_read_exporter, EXPECT(exporter), 0, 0, false, NULL},
    {"blame", sim_read_word, EXPECT(blame), 0, 0, false, &blames},
    {"because", sim_read_text, EXPECT(because), 0, 0, true, NULL},
};
static const struct sim_field reached_fields[] = {
    {"that", sim_read_nothing, 0, 0, 0, true, NULL},
    {"event", sim_read_event, EXPECT(event), 0, 0, true, NULL},
    {"exporter", sim_read_exporter, EXPECT(exporter), 0, 0, false, NULL},
    {"min", sim_read_count64, EXPECT(min), 0, COUNT_MAX, false, NULL},
    {"max", sim_read_count64, EXPECT(max), 0, COUNT_MAX, false, NULL},
    {"because", sim_read_text, EXPECT(because), 0, 0, false, NULL},
};
static const struct {
    const struct sim_field *fields;
    size_t count;
} field_tables[] = {
    [SIM_EXPECT_DUPLICATES_RATIO] = {ratio_fields, SIM_COUNT_OF(ratio_fields)},
    [SIM_EXPECT_LOG_BYTES] = {log_fields, SIM_COUNT_OF(log_fields)},
    [SIM_EXPECT_VIOLATION] = {violation_fields, SIM_COUNT_OF(violation_fields)},
    [SIM_EXPECT_REACHED] = {reached_fields, SIM_COUNT_OF(reached_fields)},
};

static void check_bounds(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_expect_options *expect) {
    bool has_bound = sim_find_key(node, "min") != NULL || sim_find_key(node, "max") != NULL;
    bool needs_bound =
        expect->kind == SIM_EXPECT_DUPLICATES_RATIO || expect->kind == SIM_EXPECT_LOG_BYTES;
    if (needs_bound && !has_bound) {
        sim_load_error(loader, node, SIM_WG_MISSING, "the key `min` or `max` is missing");
    } else if (expect->min > expect->max) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`min` is above `max`");
    }
}

static void read_one_expect(struct sim_loader *loader, const struct sim_yaml_node *node,
                            const struct sim_field *field, void *target) {
    static const struct sim_field that = {"that", sim_read_word, 0, 0, 0, true, &kinds};
    (void)field;
    struct sim_expect_options *expect = target;
    *expect = (struct sim_expect_options){
        .exporter = -1, .max = UINT64_MAX, .blame = UINT32_MAX, .line = node->line};
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    const struct sim_yaml_node *what = sim_find_key(node, "that");
    if (what == NULL) {
        sim_load_error(loader, node, SIM_WG_MISSING, "the key `that` is missing");
        return;
    }
    uint32_t kind = UINT32_MAX;
    size_t length = sim_path_push_key(loader, "that");
    sim_read_word(loader, what, &that, &kind);
    sim_path_pop(loader, length);
    if (kind == UINT32_MAX) {
        return;
    }
    expect->kind = kind;
    expect->min = kind == SIM_EXPECT_REACHED || kind == SIM_EXPECT_VIOLATION ? 1 : 0;
    if (kind == SIM_EXPECT_REACHED && sim_find_key(node, "max") != NULL) {
        expect->min = 0;
    }
    sim_load_fields(loader, node, field_tables[kind].fields, field_tables[kind].count, expect);
    check_bounds(loader, node, expect);
}

void sim_read_expects(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->expects = sim_load_list(loader, node, sizeof *scenario->expects, EXPECTS_MAX,
                                      read_one_expect, &scenario->expect_count);
}

void sim_read_seeds(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"demo", sim_read_count, offsetof(struct sim_scenario, seeds_demo), 1, 1000000, false,
         NULL},
        {"ci", sim_read_count, offsetof(struct sim_scenario, seeds_ci), 1, 1000000, false, NULL},
        {"nightly", sim_read_count, offsetof(struct sim_scenario, seeds_nightly), 1, 1000000,
         false, NULL},
    };
    (void)field;
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), target);
}
