/* One partition replica: wires the stages of a record's way and carries them through role changes.
 * The only place that knows the order of the stages (reference: engine 4.6). */
#ifndef WG_PARTITION_PARTITION_H
#define WG_PARTITION_PARTITION_H

#include "seams/topology.h"
#include "waggle/inspect.h"
#include "waggle/management.h"
#include "waggle/node.h"

struct wg_partition;

/* What all partitions of a broker process share. */
struct wg_partition_shared {
    struct wg_env *env;
    struct wg_node_options options; /* partitions, exporters point into the node's copies */
    uint32_t next_instance;         /* plugin instances of this process */
    uint64_t next_call;
    wg_status settings_status;      /* of reading the exporters' settings when the process started */
    bool disk_low;                  /* free space is below the watermark of processing */
    struct wg_topology topology;    /* see partition/topology.h */
    wg_partition_id topology_home;  /* on whose actor PARTITION its timer runs; 0 = not started */
    uint32_t topology_syncs;
};

/* Opens nothing yet: that happens on WG_POST_START, as a job that costs time. `options` and
 * `shared` are borrowed. */
struct wg_partition *wg_partition_new(struct wg_partition_shared *shared,
                                      const struct wg_partition_options *options);
/* Frees memory only. */
void wg_partition_free(struct wg_partition *partition);
void wg_partition_step(struct wg_partition *partition, const struct wg_event *event);
/* CLOSED: its services do not run. */
WG_MUST_USE wg_status wg_partition_status(const struct wg_partition *partition,
                                          struct wg_partition_status *ret_status);
void wg_partition_inspect(const struct wg_partition *partition, struct wg_partition_view *ret_view);
const struct wg_exporter_metrics *
wg_partition_exporter_metrics(const struct wg_partition *partition);
wg_status wg_partition_exporter_position(const struct wg_partition *partition, uint32_t exporter,
                                         wg_position *ret_position);

#endif
