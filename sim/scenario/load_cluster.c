/* The parts of a scenario that describe what runs: cluster, exporters (load_workload.c: workload). */
#include "sim/scenario/exporter_table.h"
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
#define EXPORTERS_MAX 16
#define SKIP_RECORDS_MAX 1000

/* Zeebe's 2 GiB and 1 GiB, and on a disk that is small for that an eighth and a sixteenth of it. */
static uint64_t watermark(uint64_t disk_bytes, uint64_t upstream, uint64_t share) {
    return disk_bytes / share < upstream ? disk_bytes / share : upstream;
}

static void scale_watermarks(struct sim_cluster_options *cluster) {
    cluster->min_free_processing = watermark(cluster->disk_bytes, 2 * GIB, 8);
    cluster->min_free_replication = watermark(cluster->disk_bytes, GIB, 16);
}

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
    struct wg_node_options node;
    wg_node_options_init(&node);
    cluster->request_limit = node.request_limit;
    cluster->request_limit.algorithm = zeebe ? WG_LIMIT_AIMD : WG_LIMIT_FIXED;
    cluster->append_limited = 1;
    cluster->append_limit = node.append_limit;
    scale_watermarks(cluster);
}

/* --- cluster ---------------------------------------------------------------------------------- */

static const char *const preset_names[] = {"small", "zeebe"};
static const struct sim_words presets = {preset_names, SIM_COUNT_OF(preset_names)};
static const char *const behaviour_names[] = {"documented", "zeebe-8.6"};
static const struct sim_words behaviours = {behaviour_names, SIM_COUNT_OF(behaviour_names)};
static const char *const deployment_names[] = {"eachPartition", "distributed"};
static const struct sim_words deployments = {deployment_names, SIM_COUNT_OF(deployment_names)};
static const char *const cost_names[] = {"default", "none"};
static const struct sim_words costs = {cost_names, SIM_COUNT_OF(cost_names)};

#define CLUSTER(member) offsetof(struct sim_cluster_options, member)

static const struct sim_field network_rows[] = {
    {"latency", sim_read_latency, CLUSTER(network), 0, 0, false, NULL,
     "Time that a message takes: a least time, and the mean of what comes on top.",
     "{ base: 300us, jitter: 200us }", NULL, 0},
    {"loss", sim_read_percent, CLUSTER(network_loss), 0, 500000, false, NULL,
     "Share of messages that are lost, all the time.", "0%", NULL, 0},
    {"duplicate", sim_read_percent, CLUSTER(network_duplicate), 0, 500000, false, NULL,
     "Share of messages that arrive twice.", "0%", NULL, 0},
    {"reorder", sim_read_percent, CLUSTER(network_reorder), 0, 500000, false, NULL,
     "Share of messages that are overtaken.", "0%", NULL, 0},
};
static SIM_TABLE(network_keys, network_rows);

static const struct sim_field free_space_rows[] = {
    {"processing", sim_read_size, CLUSTER(min_free_processing), 0, 1024 * GIB, false, NULL,
     "With less free, commands are refused and processing stands still; 0B = no limit.",
     "an eighth of the disk, at most 2GiB", NULL, 0},
    {"replication", sim_read_size, CLUSTER(min_free_replication), 0, 1024 * GIB, false, NULL,
     "With less free, no new log segment is begun.", "a sixteenth of the disk, at most 1GiB", NULL,
     0},
};
static SIM_TABLE(free_space_keys, free_space_rows);

static const struct sim_field disk_rows[] = {
    {"size", sim_read_size, CLUSTER(disk_bytes), MIB, 1024 * GIB, false, NULL,
     "Capacity of each broker's disk.", "64MiB (zeebe: 100GiB)", NULL, 0},
    {"freeSpace", sim_read_mapping, 0, 0, 0, false, NULL,
     "Free space that a broker wants to keep, as Zeebe's data.disk.freeSpace.", NULL,
     &free_space_keys, 0},
    {"sync", sim_read_duration, CLUSTER(disk_sync), 0, NS(10 * WG_SECOND), false, NULL,
     "Time of a flush.", "1ms", NULL, 0},
    {"writePerKiB", sim_read_duration, CLUSTER(disk_write_per_kib), 0, NS(WG_SECOND), false, NULL,
     "Time to write 1 KiB.", "1us", NULL, 0},
};
static SIM_TABLE(disk_keys, disk_rows);

static void read_costs(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    uint32_t choice = 0;
    struct sim_field word = {.key = field->key, .words = field->words};
    sim_read_word(loader, node, &word, &choice);
    ((struct sim_cluster_options *)target)->zero_costs = choice == 1;
}

static void read_deployments(struct sim_loader *loader, const struct sim_yaml_node *node,
                             const struct sim_field *field, void *target) {
    struct sim_cluster_options *cluster = target;
    uint32_t choice = 0;
    struct sim_field word = {.key = field->key, .words = field->words};
    sim_read_word(loader, node, &word, &choice);
    cluster->distribute_deployments = choice == 1;
    cluster->peers = choice == 1;
}

static const char *const quirk_names[] = {
#define QUIRK_NAME(id, text, what) text,
    WG_QUIRK_MAP(QUIRK_NAME)
#undef QUIRK_NAME
};
static const struct sim_words quirk_words = {quirk_names, SIM_COUNT_OF(quirk_names)};

static void read_quirks(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    (void)field;
    if (!sim_need_kind(loader, node, SIM_YAML_SEQUENCE)) {
        return;
    }
    for (uint32_t i = 0; i < node->item_count; i++) {
        size_t length = sim_path_push_index(loader, i);
        const char *text = sim_scalar_text(loader, node->items[i]);
        int quirk = text == NULL ? -1 : wg_quirk_find(text);
        if (quirk >= 0) {
            ((struct sim_cluster_options *)target)->quirks |= wg_quirk_bit((enum wg_quirk)quirk);
        } else if (text != NULL) {
            struct sim_diagnostic *entry = sim_load_error(
                loader, node->items[i], SIM_WG_UNKNOWN_VALUE, "no quirk is called `%.60s`", text);
            sim_help_nearest(entry, text, quirk_names, SIM_COUNT_OF(quirk_names));
        }
        sim_path_pop(loader, length);
    }
}

/* --- flow control ----------------------------------------------------------------------------- */

#define LIMIT(member) offsetof(struct sim_cluster_options, request_limit.member)

static const char *const switch_names[] = {"false", "true"};
static const struct sim_words switches = {switch_names, SIM_COUNT_OF(switch_names)};
static const char *const algorithm_names[] = {"fixed", "aimd"};
static const struct sim_words algorithms = {algorithm_names, SIM_COUNT_OF(algorithm_names)};

static const struct sim_field aimd_rows[] = {
    {"requestTimeout", sim_read_duration, LIMIT(expected_rtt), NS(WG_MS), NS(10 * WG_MINUTE), false,
     NULL, "A request that takes longer lowers the limit.", "200ms", NULL, 0},
    {"initialLimit", sim_read_count, LIMIT(initial), 1, 1000000, false, NULL,
     "The limit of a new leader.", "100", NULL, 0},
    {"minLimit", sim_read_count, LIMIT(least), 1, 1000000, false, NULL, "The lowest limit.", "1",
     NULL, 0},
    {"maxLimit", sim_read_count, LIMIT(most), 1, 1000000, false, NULL, "The highest limit.", "1000",
     NULL, 0},
    {"backoffRatio", sim_read_percent, LIMIT(backoff_per_million), 500000, 999999, false, NULL,
     "What is left of the limit when it is lowered.", "90%", NULL, 0},
};
static SIM_TABLE(aimd_keys, aimd_rows);

static const struct sim_field fixed_rows[] = {
    {"limit", sim_read_count, LIMIT(fixed), 1, 1000000, false, NULL, "The limit.", "1000", NULL, 0},
};
static SIM_TABLE(fixed_keys, fixed_rows);

static const struct sim_field append_fixed_rows[] = {
    {"limit", sim_read_count, CLUSTER(append_limit), 1, WG_APPEND_LIMIT_MAX, false, NULL,
     "The limit.", "1024", NULL, 0},
};
static SIM_TABLE(append_fixed_keys, append_fixed_rows);

static const struct sim_field request_rows[] = {
    {"enabled", sim_read_word, LIMIT(enabled), 0, 0, false, &switches, "Whether there is a limit.",
     "true", NULL, 0},
    {"algorithm", sim_read_word, LIMIT(algorithm), 0, 0, false, &algorithms,
     "A limit that stays, or one that follows from how long requests take.",
     "fixed (zeebe: aimd)", NULL, 0},
    {"useWindowed", sim_read_word, LIMIT(windowed), 0, 0, false, &switches,
     "Whether `aimd` looks at averages over a second instead of single requests.", "true", NULL, 0},
    {"aimd", sim_read_mapping, 0, 0, 0, false, NULL, "Of the algorithm `aimd`.", NULL, &aimd_keys, 0},
    {"fixed", sim_read_mapping, 0, 0, 0, false, NULL, "Of the algorithm `fixed`.", NULL, &fixed_keys,
     0},
};
static SIM_TABLE(request_keys, request_rows);

static const struct sim_field append_rows[] = {
    {"enabled", sim_read_word, CLUSTER(append_limited), 0, 0, false, &switches,
     "Whether there is a limit.", "true", NULL, 0},
    {"fixed", sim_read_mapping, 0, 0, 0, false, NULL, "The limit does not adapt.", NULL,
     &append_fixed_keys, 0},
};
static SIM_TABLE(append_keys, append_rows);

static const struct sim_field flow_rows[] = {
    {"request", sim_read_mapping, 0, 0, 0, false, NULL,
     "Client commands of a partition that are written and not yet processed.", NULL, &request_keys,
     0},
    {"append", sim_read_mapping, 0, 0, 0, false, NULL,
     "Batches of a partition that are written and not yet committed.", NULL, &append_keys, 0},
};
static SIM_TABLE(flow_keys, flow_rows);

static void read_flow_control(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    sim_read_mapping(loader, node, field, target);
    const struct wg_limit_options *limit = &((struct sim_cluster_options *)target)->request_limit;
    if (limit->least > limit->most || limit->initial < limit->least ||
        limit->initial > limit->most) {
        sim_load_error(loader, node, SIM_WG_RANGE,
                       "`minLimit`, `initialLimit` and `maxLimit` must be in that order");
    }
}

static void apply_preset(struct sim_loader *loader, const struct sim_yaml_node *node,
                         struct sim_cluster_options *cluster) {
    const struct sim_yaml_node *preset = sim_find_key(node, "preset");
    if (preset == NULL) {
        return;
    }
    uint32_t choice = 0;
    struct sim_field word = {.key = "preset", .words = &presets};
    size_t length = sim_path_push_key(loader, "preset");
    sim_read_word(loader, preset, &word, &choice);
    sim_path_pop(loader, length);
    sim_cluster_preset(cluster, choice == 1);
}

/* Ascending, each once: the engine searches them. */
static void read_skip_record(struct sim_loader *loader, const struct sim_yaml_node *node,
                             const struct sim_field *field, void *target) {
    static const struct sim_field one = {"", sim_read_count64, 0, 1, INT64_MAX, false, NULL};
    (void)field;
    sim_read_count64(loader, node, &one, target);
}

static void read_skip_records(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    struct sim_cluster_options *cluster = target;
    (void)field;
    wg_position *list = sim_load_list(loader, node, sizeof *list, SKIP_RECORDS_MAX,
                                      read_skip_record, &cluster->skip_record_count);
    for (uint32_t i = 1; i < cluster->skip_record_count; i++) {
        wg_position one = list[i];
        uint32_t at = i;
        for (; at > 0 && list[at - 1] > one; at--) {
            list[at] = list[at - 1];
        }
        list[at] = one;
    }
    cluster->skip_records = list;
}

static const struct sim_field cluster_rows[] = {
    {"preset", sim_read_nothing, 0, 0, 0, false, &presets,
     "Defaults of the other keys: `small` for short runs, `zeebe` as upstream.", "small", NULL,
     0}, /* applied before the others */
    {"brokers", sim_read_count, CLUSTER(brokers), 1, SIM_BROKERS_MAX, false, NULL,
     "Number of brokers.", "3", NULL, 0},
    {"partitions", sim_read_count, CLUSTER(partitions), 1, 1000, false, NULL,
     "Number of partitions.", "1", NULL, 0},
    {"replicationFactor", sim_read_count, CLUSTER(replication_factor), 1, WG_MAX_REPLICAS, false,
     NULL, "Replicas of each partition.", "3", NULL, 0},
    {"behaviour", sim_read_word, CLUSTER(behaviour), 0, 0, false, &behaviours,
     "What Zeebe's documents say, or what the code of 8.6 does where it differs (`waggle list --quirks`).",
     "documented", NULL, 0},
    {"quirks", read_quirks, 0, 0, 0, false, &quirk_words,
     "Single differences of 8.6 that are on besides; docs/FIDELITY.md tells what they do.", "[]",
     NULL, SIM_SHAPE_NAMES},
    {"logSegmentSize", sim_read_size32, CLUSTER(segment_bytes), 64 * KIB, GIB, false, NULL,
     "Size of a segment file of the log.", "1MiB (zeebe: 128MiB)", NULL, 0},
    {"snapshotChunkSize", sim_read_size32, CLUSTER(snapshot_chunk_bytes), KIB, GIB, false, NULL,
     "Size of the parts in which a snapshot is sent.", "64KiB (zeebe: 1GiB)", NULL, 0},
    {"snapshotPeriod", sim_read_duration, CLUSTER(snapshot_period), NS(WG_MINUTE), NS(DAY), false,
     NULL, "Time between two snapshots of a replica.", "1m (zeebe: 5m)", NULL, 0},
    {"distributionInterval", sim_read_duration, CLUSTER(distribution_interval), NS(WG_SECOND),
     NS(HOUR), false, NULL, "How often a leader tells exporter positions to its followers.", "15s",
     NULL, 0},
    {"network", sim_read_mapping, 0, 0, 0, false, NULL, "The network between all nodes.", NULL,
     &network_keys, 0},
    {"disk", sim_read_mapping, 0, 0, 0, false, NULL, "The disk of each broker.", NULL, &disk_keys,
     0},
    {"flowControl", read_flow_control, 0, 0, 0, false, NULL,
     "When a leader refuses commands for lack of capacity; names as in Zeebe's broker.flowControl.",
     NULL, &flow_keys, 0},
    {"skipRecords", read_skip_records, 0, 0, 0, false, NULL,
     "Positions that are exported to nobody, in any partition (Zeebe: exporting.skipRecords).", "[]",
     NULL, SIM_SHAPE_NUMBERS},
    {"costs", read_costs, 0, 0, 0, false, &costs,
     "Virtual time that work takes: as measured, or none.", "default", NULL, 0},
    {"deployments", read_deployments, 0, 0, 0, false, &deployments,
     "Whom clients deploy to: each partition, or partition 1, which hands it on to the others.",
     "eachPartition", NULL, 0},
    {"clockSkew", sim_read_duration, CLUSTER(clock_skew), 0, NS(DAY), false, NULL,
     "Each broker's wall clock is off by up to this much, one way or the other.", "0s", NULL, 0},
};
SIM_TABLE(sim_cluster_keys, cluster_rows);

void sim_read_cluster(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    struct sim_cluster_options *cluster = &((struct sim_scenario *)target)->cluster;
    apply_preset(loader, node, cluster);
    cluster->min_free_processing = cluster->min_free_replication = UINT64_MAX;
    sim_load_fields(loader, node, cluster_rows, SIM_COUNT_OF(cluster_rows), cluster);
    uint64_t processing = cluster->min_free_processing;
    uint64_t replication = cluster->min_free_replication;
    scale_watermarks(cluster); /* to the size that was read, unless they were given */
    if (processing != UINT64_MAX) {
        cluster->min_free_processing = processing;
    }
    if (replication != UINT64_MAX) {
        cluster->min_free_replication = replication;
    }
}

/* --- exporters -------------------------------------------------------------------------------- */

#define EXPORTER(member) offsetof(struct sim_exporter_options, member)

static void read_type(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    if (sim_exporter_type(text) != NULL) {
        *(char **)((char *)target + field->offset) = sim_copy_text(text);
        return;
    }
    const char *names[SIM_EXPORTER_TYPES_MAX];
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        names[i] = sim_exporter_types[i].name;
    }
    struct sim_diagnostic *entry = sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE,
                                                  "no exporter of type `%.60s` is built in", text);
    sim_help_nearest(entry, text, names, sim_exporter_type_count);
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

static const struct sim_field sink_rows[] = {
    {"latency", sim_read_latency, EXPORTER(sink_latency), 0, NS(HOUR), false, NULL,
     "Time that a flush takes: a least time, and the mean of what comes on top.", "100us", NULL,
     0},
};
static SIM_TABLE(sink_keys, sink_rows);

static const struct sim_field exporter_rows[] = {
    {"id", sim_read_name, EXPORTER(id), 0, 0, true, NULL, "Its name; unique in the scenario.",
     NULL, NULL, 0},
    {"type", read_type, EXPORTER(type), 0, 0, false, NULL, "A built-in exporter.", NULL, NULL,
     SIM_SHAPE_TEXT},
    {"path", read_path, EXPORTER(path), 0, 0, false, NULL,
     "A shared object, relative to this file; exactly one of `type` and `path` is needed.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"args", sim_read_args, EXPORTER(args_json), 0, 0, false, NULL,
     "Arguments of the exporter; it gets them as JSON.", "{}", NULL, SIM_SHAPE_ARGS},
    {"sink", sim_read_mapping, 0, 0, 0, false, NULL, "The simulated sink behind it.", NULL,
     &sink_keys, 0},
};
SIM_TABLE(sim_exporter_keys, exporter_rows);

static void read_one_exporter(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    (void)field;
    struct sim_exporter_options *exporter = target;
    exporter->args_json = sim_copy_text("{}");
    exporter->sink_latency = (struct sim_latency){.base = 100 * WG_US, .jitter = 0};
    if (!sim_load_fields(loader, node, exporter_rows, SIM_COUNT_OF(exporter_rows), exporter)) {
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
