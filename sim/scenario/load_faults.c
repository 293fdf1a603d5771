/* Faults and the nemesis. Names, targets and parameters come from the fault table. */
#include "sim/scenario/loader.h"
#include "sim/scenario/trigger_table.h"

#include <string.h>

#define NS(time) ((uint64_t)(time))
#define MONTH (30 * 24 * 60 * WG_MINUTE)
#define FAULTS_MAX 1000
#define GROUP_BROKERS_MAX 64

#define FAULT(member) offsetof(struct sim_fault_options, member)
#define NEMESIS(member) offsetof(struct sim_nemesis_options, member)

/* Number of the fault that `node` names, or -1 after an error. */
static int find_fault(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const char *text) {
    int kind = text == NULL ? -1 : sim_fault_find(text);
    if (kind >= 0 || text == NULL) {
        return kind;
    }
    const char *names[SIM_FAULT_KIND_COUNT];
    for (uint32_t i = 0; i < SIM_FAULT_KIND_COUNT; i++) {
        names[i] = sim_fault_row(i)->name;
    }
    struct sim_diagnostic *entry =
        sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE, "no fault is called `%.60s`", text);
    sim_help_nearest(entry, text, names, SIM_FAULT_KIND_COUNT);
    return -1;
}

/* --- when ------------------------------------------------------------------------------------- */

static void read_after(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"event", sim_read_event, FAULT(event), 0, 0, true, NULL},
        {"exporter", sim_read_exporter, FAULT(exporter), 0, 0, false, NULL},
        {"nth", sim_read_count, FAULT(nth), 1, 1000000000, false, NULL},
    };
    (void)field;
    struct sim_fault_options *fault = target;
    fault->trigger = SIM_AFTER_EVENT;
    fault->nth = 1;
    if (!sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), fault)) {
        return;
    }
    const struct sim_yaml_node *exporter = sim_find_key(node, "exporter");
    if (exporter != NULL && !sim_trigger_row(fault->event)->of_exporter) {
        sim_load_error(loader, exporter, SIM_WG_CONFLICT, "`%s` has nothing to do with exporters",
                       sim_trigger_row(fault->event)->name);
    }
}

static void check_trigger(struct sim_loader *loader, const struct sim_yaml_node *node) {
    bool at = sim_find_key(node, "at") != NULL;
    bool after = sim_find_key(node, "after") != NULL;
    if (at == after) {
        struct sim_diagnostic *entry = sim_load_error(
            loader, node, SIM_WG_TRIGGER,
            at ? "`at` and `after` exclude each other" : "the key `at` or `after` is missing");
        sim_diagnostic_help(entry, "`at: 30s` fires at a time, `after: { event: ..., nth: 3 }` "
                                   "fires at an event");
    }
}

/* --- whom ------------------------------------------------------------------------------------- */

static void read_target_word(struct sim_loader *loader, const struct sim_yaml_node *node,
                             struct sim_fault_options *fault) {
    static const char *const names[] = {"all", "random"};
    static const struct sim_words words = {names, SIM_COUNT_OF(names)};
    static const struct sim_field field = {"target", sim_read_word, 0, 0, 0, false, &words};
    uint32_t word = UINT32_MAX;
    sim_read_word(loader, node, &field, &word);
    if (word != UINT32_MAX) {
        fault->target_kind = word == 0 ? SIM_TARGET_ALL : SIM_TARGET_RANDOM;
    }
}

static void read_target(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    static const enum sim_target_kind kinds[] = {SIM_TARGET_NODE, SIM_TARGET_LEADER_OF,
                                                 SIM_TARGET_FOLLOWER_OF};
    const struct sim_cluster_options *cluster = &loader->scenario->cluster;
    const struct sim_field fields[] = {
        {"broker", sim_read_count, FAULT(target), 0, cluster->brokers - 1, false, NULL},
        {"leaderOf", sim_read_count, FAULT(target), 1, cluster->partitions, false, NULL},
        {"followerOf", sim_read_count, FAULT(target), 1, cluster->partitions, false, NULL},
    };
    (void)field;
    struct sim_fault_options *fault = target;
    if (node->kind == SIM_YAML_SCALAR) {
        read_target_word(loader, node, fault);
        return;
    }
    if (!sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), fault)) {
        return;
    }
    uint32_t found = 0;
    for (uint32_t i = 0; i < SIM_COUNT_OF(fields); i++) {
        if (sim_find_key(node, fields[i].key) != NULL) {
            fault->target_kind = kinds[i];
            found++;
        }
    }
    if (found != 1) {
        struct sim_diagnostic *entry = sim_load_error(
            loader, node, SIM_WG_CONFLICT,
            "a target is exactly one of broker, leaderOf, followerOf");
        sim_diagnostic_help(entry, "as in `target: { leaderOf: 1 }` or `target: random`");
    }
}

static void read_group(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    uint32_t brokers = loader->scenario->cluster.brokers;
    const struct sim_field member = {
        "", sim_read_count, 0, 0,
        (brokers < GROUP_BROKERS_MAX ? brokers : GROUP_BROKERS_MAX) - 1, false, NULL};
    (void)field;
    if (!sim_need_kind(loader, node, SIM_YAML_SEQUENCE)) {
        return;
    }
    if (node->item_count == 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "a group without brokers");
    }
    for (uint32_t i = 0; i < node->item_count; i++) {
        uint32_t broker = UINT32_MAX;
        sim_read_count(loader, node->items[i], &member, &broker);
        if (broker != UINT32_MAX) {
            *(uint64_t *)target |= UINT64_C(1) << broker;
        }
    }
}

static void read_between(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    (void)field;
    struct sim_fault_options *fault = target;
    if (!sim_need_kind(loader, node, SIM_YAML_SEQUENCE)) {
        return;
    }
    if (node->item_count != 2) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_RANGE, "exactly two groups of brokers are needed");
        sim_diagnostic_help(entry, "as in `between: [[0], [1, 2]]`");
        return;
    }
    read_group(loader, node->items[0], NULL, &fault->group_a);
    read_group(loader, node->items[1], NULL, &fault->group_b);
    if ((fault->group_a & fault->group_b) != 0) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "a broker is in both groups");
    }
}

static void check_target(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_fault_row *row) {
    bool target = sim_find_key(node, "target") != NULL;
    bool between = sim_find_key(node, "between") != NULL;
    bool exporter = sim_find_key(node, "exporter") != NULL;
    if (target && between) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`target` and `between` exclude each other");
    }
    if (target && (row->targets == SIM_TARGETS_NONE || row->targets == SIM_TARGETS_EXPORTER)) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` has no target", row->name);
    }
    if (between && row->targets != SIM_TARGETS_LINKS) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` does not cut groups apart",
                       row->name);
    }
    if (exporter && row->targets != SIM_TARGETS_EXPORTER) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` has nothing to do with exporters",
                       row->name);
    }
    /* After an event, the broker where it happened is the target unless another one is named. */
    bool after = sim_find_key(node, "after") != NULL;
    if (!target && !after && row->targets == SIM_TARGETS_BROKER) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_MISSING, "the key `target` is missing");
        sim_diagnostic_help(entry, "as in `target: { leaderOf: 1 }` or `target: random`");
    }
    if (!target && !between && !after && strcmp(row->name, "network.partition") == 0) {
        sim_load_error(loader, node, SIM_WG_MISSING, "the key `between` or `target` is missing");
    }
}

/* --- parameters ------------------------------------------------------------------------------- */

static sim_reader param_reader(uint32_t unit) {
    switch (unit) {
    case SIM_UNIT_PROBABILITY:
        return sim_read_percent64;
    case SIM_UNIT_DURATION:
        return sim_read_duration;
    default:
        return sim_read_count64;
    }
}

/* Appends the row's parameters to `fields`, which has room for them. */
static size_t add_params(const struct sim_fault_row *row, struct sim_fault_options *fault,
                         struct sim_field *fields, size_t count) {
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
        const struct sim_fault_param *param = &row->params[i];
        if (param->name != NULL) {
            fault->params[i] = param->standard;
            fields[count++] = (struct sim_field){
                param->name, param_reader(param->unit),
                FAULT(params) + i * sizeof(uint64_t),
                param->min, param->max, false, NULL};
        }
    }
    return count;
}

static const char *const direction_names[] = {"both", "firstToSecond", "secondToFirst"};
static const struct sim_words directions = {direction_names, SIM_COUNT_OF(direction_names)};

static void read_one_fault(struct sim_loader *loader, const struct sim_yaml_node *node,
                           const struct sim_field *field, void *target) {
    struct sim_field fields[8 + SIM_FAULT_PARAMS] = {
        {"fault", sim_read_nothing, 0, 0, 0, true, NULL}, /* read first, it decides the rest */
        {"at", sim_read_duration, FAULT(at), 0, NS(MONTH), false, NULL},
        {"after", read_after, 0, 0, 0, false, NULL},
        {"target", read_target, 0, 0, 0, false, NULL},
        {"between", read_between, 0, 0, 0, false, NULL},
        {"direction", sim_read_word, FAULT(direction), 0, 0, false, &directions},
        {"exporter", sim_read_exporter, FAULT(exporter), 0, 0, false, NULL},
        {"for", sim_read_duration, FAULT(duration), 1, NS(MONTH), false, NULL},
    };
    (void)field;
    struct sim_fault_options *fault = target;
    fault->exporter = -1;
    fault->line = node->line;
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    const struct sim_yaml_node *name = sim_find_key(node, "fault");
    int kind = -1;
    if (name != NULL) {
        size_t length = sim_path_push_key(loader, "fault");
        kind = find_fault(loader, name, sim_scalar_text(loader, name));
        sim_path_pop(loader, length);
    }
    if (name != NULL && kind < 0) {
        return; /* without the kind every other message would be a guess */
    }
    fault->kind = kind < 0 ? 0 : (uint32_t)kind;
    const struct sim_fault_row *row = kind < 0 ? NULL : sim_fault_row(fault->kind);
    size_t count = row == NULL ? 8 : add_params(row, fault, fields, 8);
    sim_load_fields(loader, node, fields, count, fault);
    check_trigger(loader, node);
    if (row != NULL) {
        check_target(loader, node, row);
        if (!row->lasts && sim_find_key(node, "for") != NULL) {
            sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` is over at once: no `for`",
                           row->name);
        }
    }
}

void sim_read_faults(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->faults = sim_load_list(loader, node, sizeof *scenario->faults, FAULTS_MAX,
                                     read_one_fault, &scenario->fault_count);
}

/* --- nemesis ---------------------------------------------------------------------------------- */

static void read_every(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"mean", sim_read_duration, NEMESIS(every_mean), NS(100 * WG_MS), NS(MONTH), true, NULL},
    };
    (void)field;
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), target);
}

static void read_weights(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    static const struct sim_field weight = {"", sim_read_count, 0, 0, 1000, false, NULL};
    (void)field;
    struct sim_nemesis_options *nemesis = target;
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i + 1 < node->item_count; i += 2) {
        size_t length = sim_path_push_key(loader, node->items[i]->text);
        int kind = find_fault(loader, node->items[i], node->items[i]->text);
        if (kind >= 0) {
            sim_read_count(loader, node->items[i + 1], &weight, &nemesis->weights[kind]);
            sum += nemesis->weights[kind];
        }
        sim_path_pop(loader, length);
    }
    if (sum == 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "all weights are 0: nothing would happen");
    }
}

void sim_read_nemesis(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"from", sim_read_duration, NEMESIS(from), 0, NS(MONTH), false, NULL},
        {"until", sim_read_duration, NEMESIS(until), 1, NS(MONTH), true, NULL},
        {"every", read_every, 0, 0, 0, true, NULL},
        {"weights", read_weights, 0, 0, 0, true, NULL},
    };
    (void)field;
    struct sim_nemesis_options *nemesis = &((struct sim_scenario *)target)->nemesis;
    nemesis->on = true;
    if (sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), nemesis) &&
        nemesis->until != 0 && nemesis->from >= nemesis->until) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`from` must be before `until`");
    }
}
