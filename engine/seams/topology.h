/* Seam: who leads which partition, as far as this broker has heard. Written by engine/partition
 * (topology.c), read by whoever sends a command to another partition. What it says may be out of
 * date: a command for a leader that is none any more is lost. */
#ifndef WG_SEAMS_TOPOLOGY_H
#define WG_SEAMS_TOPOLOGY_H

#include "waggle/ids.h"

#include <stdbool.h>
#include <stddef.h>

struct wg_leader {
    wg_node_id node;
    wg_term term; /* 0 = nobody was heard of */
};

struct wg_topology {
    struct wg_leader *leaders; /* by partition - 1 */
    uint32_t partitions;       /* 0: the cluster is not known */
};

/* WG_NODE_NONE = nobody was heard of. */
static inline wg_node_id wg_topology_leader(const struct wg_topology *topology,
                                            wg_partition_id partition) {
    bool known = topology != NULL && partition >= 1 && partition <= topology->partitions &&
                 topology->leaders[partition - 1].term > 0;
    return known ? topology->leaders[partition - 1].node : WG_NODE_NONE;
}

#endif
