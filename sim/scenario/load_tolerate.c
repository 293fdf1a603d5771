/* `tolerate:` known violations, each within a scope and a bound, with the reason. */
#include "sim/scenario/loader.h"

#include <string.h>

#define TOLERATES_MAX 32
/* Judges list that many of one invariant and blame; beyond it nothing can be told apart. */
#define TOLERATED_MAX 20

#define TOLERATE(member) offsetof(struct sim_tolerate_options, member)

static const struct sim_field rows[] = {
    {"invariant", sim_read_invariant, TOLERATE(invariant), 0, 0, true, NULL,
     "The invariant that is known to be violated.", NULL, NULL, SIM_SHAPE_INVARIANT},
    {"exporter", sim_read_exporter, TOLERATE(exporter), 0, 0, false, NULL,
     "Scope: only violations about this exporter.", NULL, NULL, SIM_SHAPE_EXPORTER_ID},
    {"partition", sim_read_count, TOLERATE(partition), 1, 1000, false, NULL,
     "Scope: only violations in this partition.", NULL, NULL, 0},
    {"blame", sim_read_word, TOLERATE(blame), 0, 0, false, &sim_blame_words,
     "Scope: only violations with this blame.", NULL, NULL, 0},
    {"max", sim_read_count, TOLERATE(max), 1, TOLERATED_MAX, true, NULL,
     "More of them in one run are not tolerated.", NULL, NULL, 0},
    {"reason", sim_read_text, TOLERATE(reason), 0, 0, true, NULL,
     "Why it is tolerated; shown in every summary.", NULL, NULL, 0},
};
SIM_TABLE(sim_tolerate_keys, rows);

static void check_scope(struct sim_loader *loader, const struct sim_yaml_node *node) {
    if (sim_find_key(node, "exporter") == NULL && sim_find_key(node, "partition") == NULL &&
        sim_find_key(node, "blame") == NULL) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_MISSING,
                           "the key `exporter`, `partition` or `blame` is missing");
        sim_diagnostic_help(entry, "tolerate as little as possible: say whose violation it is");
    }
}

static void read_one(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    struct sim_tolerate_options *tolerate = target;
    (void)field;
    *tolerate = (struct sim_tolerate_options){
        .exporter = -1, .blame = UINT32_MAX, .line = node->line};
    if (!sim_load_fields(loader, node, rows, SIM_COUNT_OF(rows), tolerate)) {
        return;
    }
    check_scope(loader, node);
    uint32_t partitions = loader->scenario->cluster.partitions;
    const struct sim_yaml_node *partition = sim_find_key(node, "partition");
    if (partition != NULL && tolerate->partition > partitions) {
        size_t length = sim_path_push_key(loader, "partition");
        sim_load_error(loader, partition, SIM_WG_REFERENCE, "there is no partition %u",
                       tolerate->partition);
        sim_path_pop(loader, length);
    }
}

void sim_read_tolerates(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->tolerates = sim_load_list(loader, node, sizeof *scenario->tolerates, TOLERATES_MAX,
                                        read_one, &scenario->tolerate_count);
}
