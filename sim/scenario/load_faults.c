/* Faults and the nemesis. Names, targets and parameters come from the fault table. */
#include "sim/scenario/loader.h"
#include "sim/scenario/trigger_table.h"

#include <string.h>

#define NS(time) ((uint64_t)(time))
#define MONTH (30 * 24 * 60 * WG_MINUTE)
#define FAULTS_MAX 1000

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

static const struct sim_field after_rows[] = {
    {"event", sim_read_event, FAULT(event), 0, 0, true, NULL, "The event to wait for.", NULL, NULL,
     0},
    {"exporter", sim_read_exporter, FAULT(exporter), 0, 0, false, NULL,
     "Only events of this exporter count.", NULL, NULL, SIM_SHAPE_EXPORTER_ID},
    {"nth", sim_read_count, FAULT(nth), 1, 1000000000, false, NULL,
     "Which of these events it is, counted from the end of warm-up.", "1", NULL, 0},
    {"delay", sim_read_duration, FAULT(delay), 0, NS(MONTH), false, NULL,
     "How long after the event it begins.", "0s", NULL, 0},
};
static SIM_TABLE(after_keys, after_rows);

static void read_after(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    (void)field;
    struct sim_fault_options *fault = target;
    fault->trigger = SIM_AFTER_EVENT;
    fault->nth = 1;
    if (!sim_load_fields(loader, node, after_rows, SIM_COUNT_OF(after_rows), fault)) {
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

static const struct sim_field target_rows[] = {
    {"broker", sim_read_count, FAULT(target), 0, SIM_BROKERS_MAX - 1, false, NULL,
     "The broker of this number, from 0.", NULL, NULL, 0},
    {"leaderOf", sim_read_count, FAULT(target), 1, 1000, false, NULL,
     "Whoever leads this partition when it happens.", NULL, NULL, 0},
    {"followerOf", sim_read_count, FAULT(target), 1, 1000, false, NULL,
     "One of the followers of this partition when it happens.", NULL, NULL, 0},
};
SIM_TABLE(sim_target_keys, target_rows);

void sim_read_target(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    static const enum sim_target_kind kinds[] = {SIM_TARGET_NODE, SIM_TARGET_LEADER_OF,
                                                 SIM_TARGET_FOLLOWER_OF};
    const struct sim_cluster_options *cluster = &loader->scenario->cluster;
    struct sim_field fields[SIM_COUNT_OF(target_rows)];
    memcpy(fields, target_rows, sizeof fields);
    fields[0].max = cluster->brokers - 1;
    fields[1].max = fields[2].max = cluster->partitions;
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
    const struct sim_field member = {.key = "", .read = sim_read_count, .max = brokers - 1};
    (void)field;
    if (!sim_need_kind(loader, node, SIM_YAML_SEQUENCE)) {
        return;
    }
    if (node->item_count == 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "a group without brokers");
    }
    for (uint32_t i = 0; i < node->item_count; i++) {
        uint32_t number = UINT32_MAX;
        const struct sim_yaml_node *item = node->items[i];
        if (item->kind == SIM_YAML_SCALAR && strcmp(item->text, "clients") == 0) {
            number = brokers; /* the node behind the brokers */
        } else {
            sim_read_count(loader, item, &member, &number);
        }
        if (number != UINT32_MAX) {
            sim_nodes_add(target, number);
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
    struct sim_node_set both = sim_nodes_and(fault->group_a, fault->group_b);
    if (!sim_nodes_empty(&both)) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "a broker is in both groups");
    }
}

/* On all links at once these would only stop the cluster: somebody must be named. */
static bool stops_traffic(const struct sim_fault_row *row) {
    return row == sim_fault_row(SIM_FAULT_NETWORK_PARTITION) ||
           row == sim_fault_row(SIM_FAULT_NETWORK_CLOG) ||
           row == sim_fault_row(SIM_FAULT_NETWORK_FLAP);
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
    bool links = row->targets == SIM_TARGETS_LINKS;
    if (links && !target && !between && !after && stops_traffic(row)) {
        sim_load_error(loader, node, SIM_WG_MISSING, "the key `between` or `target` is missing");
    }
    const struct sim_yaml_node *direction = sim_find_key(node, "direction");
    if (direction != NULL && !links) {
        sim_load_error(loader, direction, SIM_WG_CONFLICT, "`%s` has no direction", row->name);
    }
}

/* --- parameters ------------------------------------------------------------------------------- */

static void read_word64(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    uint32_t word = UINT32_MAX;
    struct sim_field narrow = *field;
    narrow.offset = 0;
    sim_read_word(loader, node, &narrow, &word);
    if (word != UINT32_MAX) {
        *(uint64_t *)(void *)((char *)target + field->offset) = word;
    }
}

/* What follows a sign is read as usual; the value is kept in two's complement. */
static void read_signed(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target, sim_reader read) {
    struct sim_yaml_node size = *node;
    bool has_sign = node->kind == SIM_YAML_SCALAR && (node->text[0] == '-' || node->text[0] == '+');
    if (has_sign) {
        size.text++;
    }
    read(loader, &size, field, target);
    uint64_t *value = (void *)((char *)target + field->offset);
    if (has_sign && node->text[0] == '-') {
        *value = 0 - *value;
    }
}

static void read_signed_duration(struct sim_loader *loader, const struct sim_yaml_node *node,
                                 const struct sim_field *field, void *target) {
    read_signed(loader, node, field, target, sim_read_duration);
}

static void read_signed_count(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    read_signed(loader, node, field, target, sim_read_count64);
}

static sim_reader param_reader(uint32_t unit) {
    switch ((enum sim_param_unit)unit) {
    case SIM_UNIT_PROBABILITY:
        return sim_read_percent64;
    case SIM_UNIT_DURATION:
        return sim_read_duration;
    case SIM_UNIT_SIZE:
        return sim_read_size;
    case SIM_UNIT_WORD:
        return read_word64;
    case SIM_UNIT_SIGNED_DURATION:
        return read_signed_duration;
    case SIM_UNIT_PPM:
        return read_signed_count;
    case SIM_UNIT_NONE:
    case SIM_UNIT_COUNT:
        break;
    }
    return sim_read_count64;
}

/* Appends the row's parameters to `fields`, which has room for them; words are kept in `words`. */
static size_t add_params(const struct sim_fault_row *row, struct sim_fault_options *fault,
                         struct sim_field *fields, size_t count, struct sim_words *words) {
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
        const struct sim_fault_param *param = &row->params[i];
        if (param->name != NULL) {
            fault->params[i] = param->standard;
            words[i] = (struct sim_words){param->words, (size_t)param->max + 1};
            fields[count++] = (struct sim_field){
                param->name, param_reader(param->unit),
                FAULT(params) + i * sizeof(uint64_t),
                param->min, param->max, false, &words[i], "", NULL, NULL, 0};
        }
    }
    return count;
}

static const char *const direction_names[] = {"both", "firstToSecond", "secondToFirst"};
static const struct sim_words directions = {direction_names, SIM_COUNT_OF(direction_names)};

static const struct sim_field fault_rows[] = {
    {"fault", sim_read_nothing, 0, 0, 0, true, NULL, "What happens.", NULL, NULL,
     0}, /* read first, it decides the rest */
    {"at", sim_read_duration, FAULT(at), 0, NS(MONTH), false, NULL,
     "When it begins, from the end of warm-up.", NULL, NULL, 0},
    {"after", read_after, 0, 0, 0, false, NULL, "Begins at an event instead of a time.", NULL,
     &after_keys, 0},
    {"target", sim_read_target, 0, 0, 0, false, NULL,
     "Whom it hits. After an event, by default the broker where it happened.", NULL,
     &sim_target_keys, SIM_SHAPE_TARGET},
    {"between", read_between, 0, 0, 0, false, NULL,
     "Two groups of brokers, as in [[0], [1, 2]]; `clients` is a member, too.", NULL, NULL,
     SIM_SHAPE_GROUPS},
    {"direction", sim_read_word, FAULT(direction), 0, 0, false, &directions,
     "Which way messages are hit; the first side is the first group or the target.", "both", NULL,
     0},
    {"exporter", sim_read_exporter, FAULT(exporter), 0, 0, false, NULL,
     "The exporter whose calls or sink are hit; all unless given.", NULL, NULL,
     SIM_SHAPE_EXPORTER_ID},
    {"for", sim_read_duration, FAULT(duration), 1, NS(MONTH), false, NULL,
     "How long it lasts; until everything is healed unless given.", NULL, NULL, 0},
};
SIM_TABLE(sim_fault_keys, fault_rows);

static void read_one_fault(struct sim_loader *loader, const struct sim_yaml_node *node,
                           const struct sim_field *field, void *target) {
    struct sim_field fields[SIM_COUNT_OF(fault_rows) + SIM_FAULT_PARAMS];
    memcpy(fields, fault_rows, sizeof fault_rows);
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
    struct sim_words words[SIM_FAULT_PARAMS];
    size_t count = row == NULL ? SIM_COUNT_OF(fault_rows)
                               : add_params(row, fault, fields, SIM_COUNT_OF(fault_rows), words);
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

static const struct sim_field every_rows[] = {
    {"mean", sim_read_duration, NEMESIS(every_mean), NS(100 * WG_MS), NS(MONTH), true, NULL,
     "Mean time between two faults; drawn exponentially.", NULL, NULL, 0},
};
static SIM_TABLE(every_keys, every_rows);

/* The weight of every fault that has none of its own, but for those that must be named. */
static uint64_t read_weight_of_all(struct sim_loader *loader, const struct sim_yaml_node *node,
                                   const struct sim_field *field,
                                   struct sim_nemesis_options *nemesis) {
    size_t length = sim_path_push_key(loader, "all");
    uint32_t weight = 0;
    sim_read_count(loader, node, field, &weight);
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        nemesis->weights[kind] = sim_fault_row(kind)->by_name ? 0 : weight;
    }
    sim_path_pop(loader, length);
    return weight;
}

static void read_weights(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    static const struct sim_field weight = {"", sim_read_count, 0, 0, 1000, false, NULL};
    (void)field;
    struct sim_nemesis_options *nemesis = target;
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    const struct sim_yaml_node *all = sim_find_key(node, "all");
    uint64_t sum = all == NULL ? 0 : read_weight_of_all(loader, all, &weight, nemesis);
    for (uint32_t i = 0; i + 1 < node->item_count; i += 2) {
        if (node->items[i + 1] == all) {
            continue;
        }
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

static const struct sim_field nemesis_rows[] = {
    {"from", sim_read_duration, NEMESIS(from), 0, NS(MONTH), false, NULL,
     "When the first fault may come.", "0s", NULL, 0},
    {"until", sim_read_duration, NEMESIS(until), 1, NS(MONTH), true, NULL,
     "No fault begins later.", NULL, NULL, 0},
    {"every", sim_read_mapping, 0, 0, 0, true, NULL, "How often faults come.", NULL, &every_keys,
     0},
    {"weights", read_weights, 0, 0, 0, true, NULL,
     "How often each fault is drawn in proportion to the others; 0 to 1000 each.", NULL, NULL,
     SIM_SHAPE_WEIGHTS},
};
SIM_TABLE(sim_nemesis_keys, nemesis_rows);

void sim_read_nemesis(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    struct sim_nemesis_options *nemesis = &((struct sim_scenario *)target)->nemesis;
    nemesis->on = true;
    if (sim_load_fields(loader, node, nemesis_rows, SIM_COUNT_OF(nemesis_rows), nemesis) &&
        nemesis->until != 0 && nemesis->from >= nemesis->until) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`from` must be before `until`");
    }
}
