/* `steps:` what an operator asks of the brokers at given times. */
#include "sim/scenario/loader.h"
#include "sim/scenario/step_table.h"

#include <string.h>

#define NS(time) ((uint64_t)(time))
#define MONTH (30 * 24 * 60 * WG_MINUTE)
#define STEPS_MAX 1000

#define STEP(member) offsetof(struct sim_step_options, member)

/* In the order of enum wg_admin_kind. */
static const char *const names[] = {"pauseExporting",  "softPauseExporting", "resumeExporting",
                                    "pauseProcessing", "resumeProcessing",   "takeSnapshot",
                                    "rebalance"};
_Static_assert(SIM_COUNT_OF(names) == WG_ADMIN_KIND_COUNT, "a name for each request");
static const struct sim_words actions = {names, SIM_COUNT_OF(names)};

const char *sim_step_name(uint32_t action) {
    return names[action];
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
    {"target", read_target, 0, 0, 0, false, NULL, "Which brokers are asked; all unless given.",
     "all", &sim_target_keys, SIM_SHAPE_TARGET},
};
SIM_TABLE(sim_step_keys, rows);

static void read_one(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    struct sim_step_options *step = target;
    (void)field;
    step->line = node->line;
    step->target_kind = SIM_TARGET_ALL;
    if (!sim_load_fields(loader, node, rows, SIM_COUNT_OF(rows), step)) {
        return;
    }
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
