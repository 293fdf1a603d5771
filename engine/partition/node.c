/* The broker: partitions by id, and the options they share. The only file that implements
 * waggle/node.h and waggle/inspect.h. */
#include "partition/disk_monitor.h"
#include "partition/exporter_settings.h"
#include "partition/partition.h"
#include "partition/topology.h"

#include "base/assert.h"

#include <string.h>

struct wg_node {
    struct wg_partition_shared shared;
    struct wg_disk_monitor disk_monitor;
    struct wg_exporter_settings *exporter_settings;
    struct wg_partition_options *partition_options;
    struct wg_exporter_options *exporter_options;
    struct wg_partition **by_id; /* [highest id + 1]; NULL = no replica here */
    wg_partition_id highest;
};

static void *copy_array(struct wg_env *env, const void *from, size_t bytes) {
    void *copy = wg_alloc(env, bytes > 0 ? bytes : 1);
    if (bytes > 0) {
        memcpy(copy, from, bytes);
    }
    return copy;
}

/* Two processes on one directory would overwrite each other's log and vote twice. The lock is the
 * process's, not the node's: the host gives it back when the process has ended, never before. Zeebe's
 * lock file holds the node id, and whoever has that id may go on (quirk). */
static bool may_use_directory(const struct wg_env *env, const struct wg_node_options *options) {
    return wg_has_quirk(options, WG_QUIRK_LOCK_ACCEPTS_SAME_NODE) ||
           env->disk_ops->lock(env->disk) == WG_OK;
}

struct wg_node *wg_node_create(struct wg_env *env, const struct wg_node_options *options) {
    if (!may_use_directory(env, options)) {
        return NULL;
    }
    struct wg_node *node = wg_alloc(env, sizeof *node);
    memset(node, 0, sizeof *node);
    struct wg_node_options *o = &node->shared.options;
    node->shared.env = env;
    *o = *options;
    node->partition_options =
        copy_array(env, o->partitions, o->partition_count * sizeof *o->partitions);
    node->exporter_options = copy_array(env, o->exporters, o->exporter_count * sizeof *o->exporters);
    o->partitions = node->partition_options;
    o->exporters = node->exporter_options;
    node->exporter_settings = wg_exporter_settings_new(&node->shared);
    wg_topology_init(&node->shared);
    for (uint32_t i = 0; i < o->partition_count; i++) {
        WG_ASSERT(env, o->partitions[i].id >= 1);
        WG_ASSERT(env, o->partitions[i].member_count <= WG_MAX_REPLICAS);
        if (o->partitions[i].id > node->highest) {
            node->highest = o->partitions[i].id;
        }
    }
    size_t table = (node->highest + 1) * sizeof(struct wg_partition *);
    node->by_id = wg_alloc(env, table);
    memset(node->by_id, 0, table);
    for (uint32_t i = 0; i < o->partition_count; i++) {
        node->by_id[o->partitions[i].id] = wg_partition_new(&node->shared, &o->partitions[i]);
    }
    return node;
}

static struct wg_partition *find(const struct wg_node *node, wg_partition_id id) {
    return id <= node->highest ? node->by_id[id] : NULL;
}

void wg_node_step(struct wg_node *node, const struct wg_event *event) {
    struct wg_partition *partition = find(node, event->partition);
    if (partition != NULL && !wg_exporter_settings_step(node->exporter_settings, event) &&
        !wg_disk_monitor_step(&node->disk_monitor, &node->shared, event) &&
        !wg_topology_step(&node->shared, event)) {
        wg_partition_step(partition, event);
    }
}

void wg_node_destroy(struct wg_node *node) {
    if (node == NULL) {
        return;
    }
    struct wg_env *env = node->shared.env;
    const struct wg_node_options *o = &node->shared.options;
    for (wg_partition_id id = 0; id <= node->highest; id++) {
        wg_partition_free(node->by_id[id]);
    }
    wg_free(env, node->by_id, (node->highest + 1) * sizeof(struct wg_partition *));
    wg_exporter_settings_free(node->exporter_settings);
    wg_topology_done(&node->shared);
    wg_free(env, node->partition_options,
            o->partition_count > 0 ? o->partition_count * sizeof *o->partitions : 1);
    wg_free(env, node->exporter_options,
            o->exporter_count > 0 ? o->exporter_count * sizeof *o->exporters : 1);
    wg_free(env, node, sizeof *node);
}

wg_status wg_node_inspect(const struct wg_node *node, wg_partition_id id,
                          struct wg_partition_view *ret_view) {
    const struct wg_partition *partition = find(node, id);
    if (partition == NULL) {
        return WG_NOT_FOUND;
    }
    wg_partition_inspect(partition, ret_view);
    return WG_OK;
}

wg_status wg_node_partition_status(const struct wg_node *node, wg_partition_id id,
                                   struct wg_partition_status *ret_status) {
    const struct wg_partition *partition = find(node, id);
    return partition == NULL ? WG_NOT_FOUND : wg_partition_status(partition, ret_status);
}

wg_partition_id wg_node_highest_partition(const struct wg_node *node) { return node->highest; }
const struct wg_exporter_metrics *wg_node_exporter_metrics(const struct wg_node *node,
                                                           wg_partition_id id) {
    const struct wg_partition *partition = find(node, id);
    return partition == NULL ? NULL : wg_partition_exporter_metrics(partition);
}

void wg_node_exporters_json(const struct wg_node *node, struct wg_json_out *out) {
    wg_exporter_settings_json(node->exporter_settings, &node->shared.options, out);
}

uint32_t wg_management_change_answer(const struct wg_node *coordinator,
                                     const struct wg_management_cluster *cluster,
                                     const struct wg_exporter_change *change,
                                     struct wg_json_out *out) {
    return coordinator == NULL
               ? wg_exporter_settings_answer(NULL, NULL, cluster, change, out)
               : wg_exporter_settings_answer(coordinator->exporter_settings,
                                             &coordinator->shared.options, cluster, change, out);
}

bool wg_node_exporter_setting(const struct wg_node *node, uint32_t exporter,
                              struct wg_exporter_setting *ret_setting) {
    bool enables;
    *ret_setting = wg_setting_of(&node->shared.options, exporter);
    return wg_exporter_settings_pending(node->exporter_settings, &enables);
}

wg_status wg_node_exporter_position(const struct wg_node *node, wg_partition_id id,
                                    uint32_t exporter, wg_position *ret_position) {
    const struct wg_partition *partition = find(node, id);
    return partition == NULL ? WG_NOT_FOUND
                             : wg_partition_exporter_position(partition, exporter, ret_position);
}
