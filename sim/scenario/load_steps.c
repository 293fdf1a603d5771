/* `steps:` what an operator asks of the brokers at given times. */
#include "sim/scenario/loader.h"
#include "sim/scenario/step_table.h"

#include <string.h>

#define NS(time) ((uint64_t)(time))
#define MONTH (30 * 24 * 60 * WG_MINUTE)
#define STEPS_MAX 1000

#define STEP(member) offsetof(struct sim_step_options, member)

/* In the order of enum wg_admin_kind and enum sim_step_action. */
static const char *const names[] = {"pauseExporting",  "softPauseExporting", "resumeExporting",
                                    "pauseProcessing", "resumeProcessing",   "takeSnapshot",
                                    "rebalance",       "enableExporter",     "disableExporter",
                                    "prepareUpgrade",  "partitionStatus",    "exporterStatus"};
_Static_assert(SIM_COUNT_OF(names) == SIM_STEP_ACTION_COUNT, "a name for each action");
static const struct sim_words actions = {names, SIM_COUNT_OF(names)};

const char *sim_step_name(uint32_t action) {
    return names[action];
}

bool sim_step_has_answer(const struct sim_step_options *step) {
    return step->partition == 0 &&
           (step->action != WG_ADMIN_REBALANCE || step->target_kind == SIM_TARGET_ALL);
}

/* Targets are read as those of faults are. */
static void read_target(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    struct sim_fault_options fault = {0};
    struct sim_step_options *step = target;
    sim_read_target(loader, node, field, &fault);
    step->target_kind = fault.target_kind;
    step->target = fault.target;
}

static const struct sim_field rows[] = {
    {"at", sim_read_duration, STEP(at), 0, NS(MONTH), true, NULL,
     "When it is asked for, from the end of warm-up.", NULL, NULL, 0},
    {"do", sim_read_word, STEP(action), 0, 0, true, &actions, "What is asked for.", NULL, NULL, 0},
    {"partition", sim_read_count, STEP(partition), 1, 1000, false, NULL,
     "Only of this partition's replicas; of all unless given.", NULL, NULL, 0},
    {"exporter", sim_read_exporter, STEP(exporter), 0, 0, false, NULL,
     "The exporter to enable or disable, on all brokers.", NULL, NULL, SIM_SHAPE_EXPORTER_ID},
    {"initializeFrom", sim_read_exporter, STEP(source), 0, 0, false, NULL,
     "The exporter whose position and metadata an enabled one begins with.", NULL, NULL,
     SIM_SHAPE_EXPORTER_ID},
    {"target", read_target, 0, 0, 0, false, NULL, "Which brokers are asked; all unless given.",
     "all", &sim_target_keys, SIM_SHAPE_TARGET},
};
SIM_TABLE(sim_step_keys, rows);

static bool is_of_exporters(uint32_t action) {
    return action == WG_ADMIN_ENABLE_EXPORTER || action == WG_ADMIN_DISABLE_EXPORTER;
}

/* Which keys belong to what is asked for. */
static void check_keys(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_step_options *step) {
    bool exporters = is_of_exporters(step->action);
    const char *name = sim_step_name(step->action);
    const struct sim_yaml_node *source = sim_find_key(node, "initializeFrom");
    const struct sim_yaml_node *action = sim_find_key(node, "do");
    if (action == NULL || action->text == NULL || strcmp(action->text, name) != 0) {
        return; /* told already */
    }
    if (exporters && sim_find_key(node, "exporter") == NULL) {
        sim_load_error(loader, node, SIM_WG_MISSING, "`%s` needs an `exporter`", name);
    }
    if (exporters && (sim_find_key(node, "partition") != NULL || sim_find_key(node, "target") != NULL)) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` is for all brokers and partitions", name);
    }
    if (!exporters && sim_find_key(node, "exporter") != NULL) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` has nothing to do with exporters", name);
    }
    if (step->action >= WG_ADMIN_KIND_COUNT && sim_find_key(node, "partition") != NULL) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` is of whole brokers", name);
    }
    if (step->action == SIM_STEP_EXPORTER_STATUS && sim_find_key(node, "target") != NULL) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` is of the whole cluster", name);
    }
    if (source != NULL && step->action != WG_ADMIN_ENABLE_EXPORTER) {
        sim_load_error(loader, source, SIM_WG_CONFLICT, "only `enableExporter` can begin as a copy");
    }
    if (source != NULL && step->source >= 0 && step->source == step->exporter) {
        sim_load_error(loader, source, SIM_WG_CONFLICT, "an exporter cannot begin as a copy of itself");
    }
}

static void read_one(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    struct sim_step_options *step = target;
    (void)field;
    step->line = node->line;
    step->target_kind = SIM_TARGET_ALL;
    step->exporter = step->source = -1;
    if (!sim_load_fields(loader, node, rows, SIM_COUNT_OF(rows), step)) {
        return;
    }
    check_keys(loader, node, step);
    const struct sim_yaml_node *partition = sim_find_key(node, "partition");
    if (partition != NULL && step->partition > loader->scenario->cluster.partitions) {
        size_t length = sim_path_push_key(loader, "partition");
        sim_load_error(loader, partition, SIM_WG_REFERENCE, "there is no partition %u",
                       step->partition);
        sim_path_pop(loader, length);
    }
}

void sim_read_steps(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->steps = sim_load_list(loader, node, sizeof *scenario->steps, STEPS_MAX, read_one,
                                    &scenario->step_count);
}
