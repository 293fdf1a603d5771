/* What a scenario expects besides what the judges always demand. */
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/trigger_table.h"

#include <string.h>

#define EXPECTS_MAX 100
#define TIB (UINT64_C(1) << 40)
#define COUNT_MAX UINT64_C(1000000000000)

#define EXPECT(member) offsetof(struct sim_expect_options, member)

static const char *const kind_names[] = {"duplicates.ratio", "logBytes", "violation", "reached",
                                         "answer"};
const struct sim_words sim_expect_kinds = {kind_names, SIM_COUNT_OF(kind_names)};
static const char *const blame_names[] = {"engine", "plugin", "sink", "configuration", "harness"};
const struct sim_words sim_blame_words = {blame_names, SIM_COUNT_OF(blame_names)};
static const char *const at_names[] = {"end", "peak"};
static const struct sim_words ats = {at_names, SIM_COUNT_OF(at_names)};
static const char *const per_names[] = {"replica"};
static const struct sim_words pers = {per_names, SIM_COUNT_OF(per_names)};

static void read_at(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    uint32_t choice = 0;
    struct sim_field word = {.key = field->key, .words = field->words};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_expect_options *)target)->at_peak = choice == 1;
}

/* Only one value so far; written out so that a second one will not change what files mean. */
static void read_per(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    (void)target;
    uint32_t choice = 0;
    struct sim_field word = {.key = field->key, .words = field->words};
    sim_read_word(loader, node, &word, &choice);
}

void sim_read_invariant(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    if (sim_invariant_find(text) >= 0) {
        *(char **)((char *)target + field->offset) = sim_copy_text(text);
        return;
    }
    const char *ids[SIM_INVARIANTS_MAX];
    for (uint32_t i = 0; i < sim_invariant_count(); i++) {
        ids[i] = sim_invariant_id(i);
    }
    struct sim_diagnostic *entry = sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE,
                                                  "no invariant is called `%.60s`", text);
    const char *nearest = sim_nearest(text, ids, sim_invariant_count());
    if (nearest != NULL) {
        sim_diagnostic_help(entry, "did you mean `%s`?", nearest);
    } else {
        sim_diagnostic_help(entry, "`waggle list --invariants` shows them all");
    }
}

#define THAT                                                                                       \
    {"that", sim_read_nothing, 0, 0, 0, true, &sim_expect_kinds, "What is expected.", NULL, NULL, 0}
#define EXPORTER                                                                                   \
    {"exporter", sim_read_exporter, EXPECT(exporter), 0, 0, false, NULL,                           \
     "Only of this exporter; of any unless given.", NULL, NULL, SIM_SHAPE_EXPORTER_ID}
#define BECAUSE(required)                                                                          \
    {"because", sim_read_text, EXPECT(because), 0, 0, required, NULL,                              \
     "Why it is expected; for readers.", NULL, NULL, 0}

static const struct sim_field ratio_rows[] = {
    THAT,
    EXPORTER,
    {"min", sim_read_percent64, EXPECT(min), 0, 1000000, false, NULL,
     "Least share of duplicates.", NULL, NULL, 0},
    {"max", sim_read_percent64, EXPECT(max), 0, 1000000, false, NULL,
     "Largest share of duplicates.", NULL, NULL, 0},
    BECAUSE(false),
};
static const struct sim_field log_rows[] = {
    THAT,
    {"per", read_per, 0, 0, 0, false, &pers, "Of what the bytes are counted.", "replica", NULL, 0},
    {"at", read_at, 0, 0, 0, false, &ats, "At the end, or the most at any time.", "end", NULL, 0},
    {"min", sim_read_size, EXPECT(min), 0, TIB, false, NULL, "Least size of the log.", NULL, NULL,
     0},
    {"max", sim_read_size, EXPECT(max), 0, TIB, false, NULL, "Largest size of the log.", NULL,
     NULL, 0},
    BECAUSE(false),
};
static const struct sim_field violation_rows[] = {
    THAT,
    {"invariant", sim_read_invariant, EXPECT(invariant), 0, 0, true, NULL,
     "The invariant that must be violated.", NULL, NULL, SIM_SHAPE_INVARIANT},
    EXPORTER,
    {"blame", sim_read_word, EXPECT(blame), 0, 0, false, &sim_blame_words,
     "Whose fault it must be; anybody's unless given.", NULL, NULL, 0},
    BECAUSE(true),
};
static const struct sim_field reached_rows[] = {
    THAT,
    {"event", sim_read_event, EXPECT(event), 0, 0, true, NULL,
     "The event that must have happened.", NULL, NULL, 0},
    EXPORTER,
    {"min", sim_read_count64, EXPECT(min), 0, COUNT_MAX, false, NULL,
     "Least number of times; 0 when only `max` is given.", "1", NULL, 0},
    {"max", sim_read_count64, EXPECT(max), 0, COUNT_MAX, false, NULL,
     "Largest number of times.", NULL, NULL, 0},
    BECAUSE(false),
};
static const struct sim_field answer_rows[] = {
    THAT,
    {"step", sim_read_count, EXPECT(step), 1, 1000, true, NULL,
     "Which entry of `steps`, counted from 1.", NULL, NULL, 0},
    {"status", sim_read_count, EXPECT(status), 0, 599, false, NULL,
     "The HTTP status, 0 = no answer came; any unless given.", NULL, NULL, 0},
    {"body", sim_read_text, EXPECT(body), 0, 0, false, NULL,
     "A text that is somewhere in the answer's body.", NULL, NULL, 0},
    {"min", sim_read_count64, EXPECT(min), 0, COUNT_MAX, false, NULL,
     "Least number of such answers; 0 when only `max` is given.", "1", NULL, 0},
    {"max", sim_read_count64, EXPECT(max), 0, COUNT_MAX, false, NULL,
     "Largest number of such answers.", NULL, NULL, 0},
    BECAUSE(false),
};
static const struct sim_table tables[] = {
    [SIM_EXPECT_DUPLICATES_RATIO] = {ratio_rows, SIM_COUNT_OF(ratio_rows)},
    [SIM_EXPECT_LOG_BYTES] = {log_rows, SIM_COUNT_OF(log_rows)},
    [SIM_EXPECT_VIOLATION] = {violation_rows, SIM_COUNT_OF(violation_rows)},
    [SIM_EXPECT_REACHED] = {reached_rows, SIM_COUNT_OF(reached_rows)},
    [SIM_EXPECT_ANSWER] = {answer_rows, SIM_COUNT_OF(answer_rows)},
};

const struct sim_table *sim_expect_keys(uint32_t kind) {
    return &tables[kind];
}

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
    static const struct sim_field that = {.key = "that", .words = &sim_expect_kinds};
    (void)field;
    struct sim_expect_options *expect = target;
    *expect = (struct sim_expect_options){
        .exporter = -1, .max = UINT64_MAX, .blame = UINT32_MAX, .status = UINT32_MAX,
        .line = node->line};
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
    bool counts = kind == SIM_EXPECT_REACHED || kind == SIM_EXPECT_ANSWER;
    expect->min = counts || kind == SIM_EXPECT_VIOLATION ? 1 : 0;
    if (counts && sim_find_key(node, "max") != NULL) {
        expect->min = 0;
    }
    sim_load_fields(loader, node, tables[kind].fields, tables[kind].count, expect);
    check_bounds(loader, node, expect);
    const struct sim_yaml_node *exporter = sim_find_key(node, "exporter");
    if (kind == SIM_EXPECT_REACHED && exporter != NULL &&
        !sim_trigger_row(expect->event)->of_exporter) {
        sim_load_error(loader, exporter, SIM_WG_CONFLICT, "`%s` has nothing to do with exporters",
                       sim_trigger_row(expect->event)->name);
    }
}

void sim_read_expects(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->expects = sim_load_list(loader, node, sizeof *scenario->expects, EXPECTS_MAX,
                                      read_one_expect, &scenario->expect_count);
}
