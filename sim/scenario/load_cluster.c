/* The parts of a scenario that describe what runs: cluster, workload, exporters. */
#include "sim/scenario/loader.h"
#include "sim/scenario/scenario_load.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define NS(time) ((uint64_t)(time))
#define HOUR (60 * WG_MINUTE)
#define DAY (24 * HOUR)
#define WORKLOADS_MAX 16
#define EXPORTERS_MAX 16

const char *const sim_builtin_exporters[] = {"recorder", "ndjson", "faulty"};
const uint32_t sim_builtin_exporter_count = SIM_COUNT_OF(sim_builtin_exporters);

void sim_cluster_preset(struct sim_cluster_options *cluster, bool zeebe) {
    *cluster = (struct sim_cluster_options){
        .brokers = 3,
        .partitions = 1,
        .replication_factor = 3,
        .behaviour = WG_BEHAVIOUR_DOCUMENTED,
        .segment_bytes = (uint32_t)(zeebe ? 128 * MIB : MIB),
        .snapshot_chunk_bytes = (uint32_t)(zeebe ? GIB : 64 * KIB),
        .disk_bytes = zeebe ? 100 * GIB : 64 * MIB,
        .snapshot_period = zeebe ? 5 * WG_MINUTE : WG_MINUTE,
        .distribution_interval = 15 * WG_SECOND,
        .network = {.base = 300 * WG_US, .jitter = 200 * WG_US},
        .disk_sync = WG_MS,
        .disk_write_per_kib = WG_US,
    };
}

/* --- cluster ---------------------------------------------------------------------------------- */

static const char *const preset_names[] = {"small", "zeebe"};
static const struct sim_words presets = {preset_names, SIM_COUNT_OF(preset_names)};
static const char *const behaviour_names[] = {"documented", "zeebe-8.6"};
static const struct sim_words behaviours = {behaviour_names, SIM_COUNT_OF(behaviour_names)};
static const char *const cost_names[] = {"default", "none"};
static const struct sim_words costs = {cost_names, SIM_COUNT_OF(cost_names)};

#define CLUSTER(member) offsetof(struct sim_cluster_options, member)

static void read_network(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"latency", sim_read_latency, CLUSTER(network), 0, 0, false, NULL},
        {"loss", sim_read_percent, CLUSTER(network_loss), 0, 500000, false, NULL},
        {"duplicate", sim_read_percent, CLUSTER(network_duplicate), 0, 500000, false, NULL},
        {"reorder", sim_read_percent, CLUSTER(network_reorder), 0, 500000, false, NULL},
    };
    (void)field;
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), target);
}

static void read_disk(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"size", sim_read_size, CLUSTER(disk_bytes), MIB, 1024 * GIB, false, NULL},
        {"sync", sim_read_duration, CLUSTER(disk_sync), 0, NS(10 * WG_SECOND), false, NULL},
        {"writePerKiB", sim_read_duration, CLUSTER(disk_write_per_kib), 0, NS(WG_SECOND), false,
         NULL},
    };
    (void)field;
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), target);
}

static void read_costs(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    uint32_t choice = 0;
    struct sim_field word = {field->key, sim_read_word, 0, 0, 0, false, &costs};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_cluster_options *)target)->zero_costs = choice == 1;
}

static void apply_preset(struct sim_loader *loader, const struct sim_yaml_node *node,
                         struct sim_cluster_options *cluster) {
    const struct sim_yaml_node *preset = sim_find_key(node, "preset");
    if (preset == NULL) {
        return;
    }
    uint32_t choice = 0;
    struct sim_field word = {"preset", sim_read_word, 0, 0, 0, false, &presets};
    size_t length = sim_path_push_key(loader, "preset");
    sim_read_word(loader, preset, &word, &choice);
    sim_path_pop(loader, length);
    sim_cluster_preset(cluster, choice == 1);
}

void sim_read_cluster(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"preset", sim_read_nothing, 0, 0, 0, false, NULL}, /* applied before the others */
        {"brokers", sim_read_count, CLUSTER(brokers), 1, SIM_BROKERS_MAX, false, NULL},
        {"partitions", sim_read_count, CLUSTER(partitions), 1, 1000, false, NULL},
        {"replicationFactor", sim_read_count, CLUSTER(replication_factor), 1, WG_MAX_REPLICAS,
         false, NULL},
        {"behaviour", sim_read_word, CLUSTER(behaviour), 0, 0, false, &behaviours},
        {"logSegmentSize", sim_read_size32, CLUSTER(segment_bytes), 64 * KIB, GIB, false, NULL},
        {"snapshotChunkSize", sim_read_size32, CLUSTER(snapshot_chunk_bytes), KIB, GIB, false,
         NULL},
        {"snapshotPeriod", sim_read_duration, CLUSTER(snapshot_period), NS(WG_MINUTE), NS(DAY),
         false, NULL},
        {"distributionInterval", sim_read_duration, CLUSTER(distribution_interval),
         NS(WG_SECOND), NS(HOUR), false, NULL},
        {"network", read_network, 0, 0, 0, false, NULL},
        {"disk", read_disk, 0, 0, 0, false, NULL},
        {"costs", read_costs, 0, 0, 0, false, NULL},
    };
    (void)field;
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    struct sim_cluster_options *cluster = &((struct sim_scenario *)target)->cluster;
    apply_preset(loader, node, cluster);
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), cluster);
}

/* --- workload --------------------------------------------------------------------------------- */

static const char *const process_names[] = {"one-task"};
static const struct sim_words processes = {process_names, SIM_COUNT_OF(process_names)};

#define WORKLOAD(member) offsetof(struct sim_workload_options, member)

static void read_one_workload(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"process", sim_read_word, WORKLOAD(process), 0, 0, true, &processes},
        {"rate", sim_read_rate, WORKLOAD(rate_per_hour), 1, UINT64_C(36000000), true, NULL},
        {"from", sim_read_duration, WORKLOAD(from), 0, NS(30 * DAY), false, NULL},
        {"until", sim_read_duration, WORKLOAD(until), 1, NS(30 * DAY), true, NULL},
        {"failures", sim_read_percent, WORKLOAD(fail_per_million), 0, 1000000, false, NULL},
        {"variables", sim_read_size32, WORKLOAD(variable_bytes), 0, MIB, false, NULL},
    };
    (void)field;
    struct sim_workload_options *workload = target;
    if (sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), workload) &&
        workload->until != 0 && workload->from >= workload->until) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`from` must be before `until`");
    }
}

void sim_read_workload(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->workloads = sim_load_list(loader, node, sizeof *scenario->workloads, WORKLOADS_MAX,
                                        read_one_workload, &scenario->workload_count);
}

/* --- exporters -------------------------------------------------------------------------------- */

#define EXPORTER(member) offsetof(struct sim_exporter_options, member)

static void read_type(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    for (uint32_t i = 0; i < sim_builtin_exporter_count; i++) {
        if (strcmp(sim_builtin_exporters[i], text) == 0) {
            *(char **)((char *)target + field->offset) = sim_copy_text(text);
            return;
        }
    }
    struct sim_diagnostic *entry = sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE,
                                                  "no exporter of type `%.60s` is built in", text);
    sim_help_nearest(entry, text, sim_builtin_exporters, sim_builtin_exporter_count);
}

/* Relative to the folder of the scenario file, and absolute, because workers and the dynamic
 * loader have other ideas of "here". */
static void read_path(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    while (strncmp(text, "./", 2) == 0) {
        text += 2; /* only noise in messages */
    }
    char joined[PATH_MAX];
    const char *file = loader->scenario->path;
    const char *slash = strrchr(file, '/');
    int folder = text[0] == '/' || slash == NULL ? 0 : (int)(slash - file) + 1;
    int n = snprintf(joined, sizeof joined, "%.*s%s", folder, file, text);
    if (n < 0 || (size_t)n >= sizeof joined) {
        sim_load_error(loader, node, SIM_WG_RANGE, "the path is too long");
        return;
    }
    char *absolute = realpath(joined, NULL);
    if (absolute == NULL && joined[0] != '/') {
        char here[PATH_MAX];
        char full[2 * PATH_MAX];
        snprintf(full, sizeof full, "%s/%s", realpath(".", here) == NULL ? "." : here, joined);
        absolute = sim_copy_text(full);
    }
    *(char **)((char *)target + field->offset) =
        absolute != NULL ? absolute : sim_copy_text(joined);
}

static void read_sink(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"latency", sim_read_latency, EXPORTER(sink_latency), 0, NS(HOUR), false, NULL},
    };
    (void)field;
    sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), target);
}

static void read_one_exporter(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"id", sim_read_name, EXPORTER(id), 0, 0, true, NULL},
        {"type", read_type, EXPORTER(type), 0, 0, false, NULL},
        {"path", read_path, EXPORTER(path), 0, 0, false, NULL},
        {"args", sim_read_args, EXPORTER(args_json), 0, 0, false, NULL},
        {"sink", read_sink, 0, 0, 0, false, NULL},
    };
    (void)field;
    struct sim_exporter_options *exporter = target;
    exporter->args_json = sim_copy_text("{}");
    exporter->sink_latency = (struct sim_latency){.base = 100 * WG_US, .jitter = 0};
    if (!sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), exporter)) {
        return;
    }
    bool has_type = sim_find_key(node, "type") != NULL;
    bool has_path = sim_find_key(node, "path") != NULL;
    if (has_type && has_path) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`type` and `path` exclude each other");
    } else if (!has_type && !has_path) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_MISSING, "the key `type` or `path` is missing");
        sim_diagnostic_help(entry, "`type` names a built-in exporter, `path` a shared object");
    }
}

void sim_read_exporters(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->exporters = sim_load_list(loader, node, sizeof *scenario->exporters, EXPORTERS_MAX,
                                        read_one_exporter, &scenario->exporter_count);
}
