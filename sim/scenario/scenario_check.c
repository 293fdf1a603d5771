/* Rules that join several parts of a scenario. They run only when each part is right by itself, so
 * that one mistake gives one message. */
#include "sim/scenario/loader.h"
#include "sim/scenario/step_table.h"

#include <inttypes.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
/* Without load that long: hardly on purpose. */
#define SILENCE_MAX (10 * WG_MINUTE)

/* The place of a message: the node of `parent`.`key`, or the nearest that is there. */
static const struct sim_yaml_node *place(const struct sim_yaml_node *root, const char *parent,
                                         const char *key) {
    const struct sim_yaml_node *node = sim_find_key(root, parent);
    if (node == NULL || node->kind != SIM_YAML_MAPPING) {
        return root;
    }
    const struct sim_yaml_node *value = sim_find_key(node, key);
    return value == NULL ? node : value;
}

static void check_replication(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_cluster_options *cluster = &loader->scenario->cluster;
    if (cluster->replication_factor > cluster->brokers) {
        size_t length = sim_path_push_key(loader, "cluster.replicationFactor");
        const struct sim_yaml_node *at = place(root, "cluster", "replicationFactor");
        struct sim_diagnostic *entry = sim_load_error(
            loader, at, SIM_WG_RANGE,
            "%u replicas do not fit on %u %s", cluster->replication_factor, cluster->brokers,
            cluster->brokers == 1 ? "broker" : "brokers");
        sim_diagnostic_help(entry, "%slower it or add brokers",
                            at->kind == SIM_YAML_SCALAR ? "" : "replicationFactor is 3 unless given; ");
        sim_path_pop(loader, length);
    }
}

/* Each replica keeps a live segment and the next one preallocated; twice that leaves room for
 * what is not compacted yet. */
static void check_disk(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_cluster_options *cluster = &loader->scenario->cluster;
    uint64_t replicas = ((uint64_t)cluster->partitions * cluster->replication_factor +
                         cluster->brokers - 1) / cluster->brokers;
    uint64_t least = replicas * 4 * cluster->segment_bytes;
    if (cluster->disk_bytes < least) {
        size_t length = sim_path_push_key(loader, "cluster.disk.size");
        struct sim_diagnostic *entry =
            sim_load_error(loader, place(root, "cluster", "disk"), SIM_WG_RANGE,
                           "%" PRIu64 " replicas per broker need %" PRIu64
                           "MiB (four log segments each)",
                           replicas, (least + MIB - 1) / MIB);
        sim_diagnostic_help(entry, "raise disk.size or lower logSegmentSize");
        sim_path_pop(loader, length);
    }
}

static void check_watermarks(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_cluster_options *cluster = &loader->scenario->cluster;
    size_t length = sim_path_push_key(loader, "cluster.disk.freeSpace");
    if (cluster->min_free_processing >= cluster->disk_bytes) {
        sim_load_error(loader, place(root, "cluster", "disk"), SIM_WG_RANGE,
                       "`processing` must be less than the disk's size: no command would be taken");
    } else if (cluster->min_free_processing > 0 &&
               cluster->min_free_replication > cluster->min_free_processing) {
        sim_load_error(loader, place(root, "cluster", "disk"), SIM_WG_CONFLICT,
                       "`replication` must not be more than `processing`");
    }
    sim_path_pop(loader, length);
}

static void check_exporter_ids(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_scenario *scenario = loader->scenario;
    const struct sim_yaml_node *list = sim_find_key(root, "exporters");
    for (uint32_t i = 1; i < scenario->exporter_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(scenario->exporters[i].id, scenario->exporters[j].id) == 0) {
                size_t length = sim_path_push_key(loader, "exporters");
                sim_path_push_index(loader, i);
                sim_load_error(loader, list->items[i], SIM_WG_DUPLICATE_ID,
                               "a second exporter with the id `%s`", scenario->exporters[i].id);
                sim_path_pop(loader, length);
                break;
            }
        }
    }
}

static void check_something_happens(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_scenario *scenario = loader->scenario;
    if (scenario->workload_count == 0 && scenario->duration == 0 && scenario->fault_count == 0) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, root, SIM_WG_MISSING, "nothing would happen");
        sim_diagnostic_help(entry, "give a `workload` or at least a `duration`");
    }
}

/* When workload, nemesis and `duration` are over. */
static wg_time natural_end(const struct sim_scenario *scenario) {
    wg_time end = scenario->duration;
    for (uint32_t i = 0; i < scenario->workload_count; i++) {
        end = scenario->workloads[i].until > end ? scenario->workloads[i].until : end;
    }
    if (scenario->nemesis.on && scenario->nemesis.until > end) {
        end = scenario->nemesis.until;
    }
    return end;
}

/* The entry `index` of `list` happens long after everything else has ended. */
static void warn_late(struct sim_loader *loader, const struct sim_yaml_node *root,
                      const char *list, uint32_t index, wg_time at) {
    const struct sim_yaml_node *entries = sim_find_key(root, list);
    const struct sim_yaml_node *value =
        entries == NULL ? NULL : sim_find_key(entries->items[index], "at");
    wg_time end = natural_end(loader->scenario);
    if (value == NULL || end == 0 || at <= end + SILENCE_MAX) {
        return;
    }
    size_t length = sim_path_push_key(loader, list);
    sim_path_push_index(loader, index);
    sim_path_push_key(loader, "at");
    struct sim_diagnostic *entry = sim_load_error(
        loader, value, SIM_WG_LATE, "`%.40s` is more than 10m after the last workload, nemesis and `duration`",
        value->text);
    sim_diagnostic_help(entry, "the run goes on until then without load; give a `duration` if that "
                               "is meant");
    sim_diagnostics_only_warn(loader->diagnostics, entry);
    sim_path_pop(loader, length);
}

/* `expect` may stand before or behind `steps`. */
static void check_answers(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_scenario *scenario = loader->scenario;
    const struct sim_yaml_node *list = sim_find_key(root, "expect");
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        const struct sim_expect_options *expect = &scenario->expects[i];
        const struct sim_yaml_node *value =
            expect->kind == SIM_EXPECT_ANSWER ? sim_find_key(list->items[i], "step") : NULL;
        if (value == NULL || expect->step == 0) {
            continue;
        }
        size_t length = sim_path_push_key(loader, "expect");
        sim_path_push_index(loader, i);
        sim_path_push_key(loader, "step");
        if (expect->step > scenario->step_count) {
            sim_load_error(loader, value, SIM_WG_REFERENCE, "there is no step %u", expect->step);
        } else if (!sim_step_has_answer(&scenario->steps[expect->step - 1])) {
            sim_load_error(loader, value, SIM_WG_CONFLICT,
                           "the management API has no call for what step %u does", expect->step);
        }
        sim_path_pop(loader, length);
    }
}

static void check_times(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_scenario *scenario = loader->scenario;
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        if (scenario->faults[i].trigger == SIM_AT) {
            warn_late(loader, root, "faults", i, scenario->faults[i].at);
        }
    }
    for (uint32_t i = 0; i < scenario->step_count; i++) {
        warn_late(loader, root, "steps", i, scenario->steps[i].at);
    }
}

/* A batch takes half a segment, and what creates an instance holds its variables twice. */
static void warn_large(struct sim_loader *loader, const struct sim_yaml_node *root) {
    const struct sim_scenario *scenario = loader->scenario;
    uint32_t most = scenario->cluster.segment_bytes / 4;
    const struct sim_yaml_node *list = sim_find_key(root, "workload");
    for (uint32_t i = 0; i < scenario->workload_count; i++) {
        const struct sim_yaml_node *value = sim_find_key(list->items[i], "variables");
        if (value == NULL || scenario->workloads[i].variable_bytes < most) {
            continue;
        }
        size_t length = sim_path_push_key(loader, "workload");
        sim_path_push_index(loader, i);
        sim_path_push_key(loader, "variables");
        struct sim_diagnostic *entry = sim_load_error(
            loader, value, SIM_WG_TOO_LARGE,
            "instances with `%.40s` are refused: variables need less than %u KiB, a quarter of a log "
            "segment", value->text, most >> 10);
        sim_diagnostic_help(entry, "lower them or raise `logSegmentSize` under `cluster`");
        sim_diagnostics_only_warn(loader->diagnostics, entry);
        sim_path_pop(loader, length);
    }
}

static void found_message(void *ctx, const char *name, const char *key) {
    (void)name, (void)key;
    *(bool *)ctx = true;
}

static void find_message(void *ctx, const struct sim_process_step *step) {
    sim_step_messages(step, found_message, ctx);
}

/* Partitions need each other when there are messages. */
static void check_peers(struct sim_loader *loader, const struct sim_yaml_node *root) {
    struct sim_scenario *scenario = loader->scenario;
    for (uint32_t i = 0; i < scenario->process_count; i++) {
        sim_process_walk(&scenario->processes[i].steps, find_message, &scenario->cluster.peers);
        scenario->cluster.peers |= scenario->processes[i].messages;
    }
    const struct sim_yaml_node *workload = sim_find_key(root, "workload");
    for (uint32_t i = 0; i < scenario->workload_count; i++) {
        if (scenario->workloads[i].redeploy > 0 && !scenario->cluster.distribute_deployments) {
            struct sim_diagnostic *entry = sim_load_error(
                loader, workload->items[i], SIM_WG_CONFLICT,
                "`redeploy` is for clusters that distribute deployments");
            sim_diagnostic_help(entry, "give `deployments: distributed` under `cluster`");
        }
    }
}

void sim_check_scenario(struct sim_loader *loader, const struct sim_yaml_node *root) {
    check_replication(loader, root);
    check_disk(loader, root);
    check_watermarks(loader, root);
    check_exporter_ids(loader, root);
    check_something_happens(loader, root);
    check_times(loader, root);
    warn_large(loader, root);
    check_answers(loader, root);
    check_peers(loader, root);
}
