/* Read-only view of a running broker, for end-of-run checks, progress texts and tests. Judges use
 * it to say who waits for what, never as evidence. */
#ifndef WAGGLE_INSPECT_H
#define WAGGLE_INSPECT_H

#include "waggle/node.h"

struct wg_partition_view {
    enum wg_role role;          /* raft */
    bool services_installed;    /* transition to that role is complete */
    bool failed;                /* dead: needs an operator */
    wg_term term;
    wg_node_id leader;          /* WG_NODE_NONE = unknown */
    wg_index first_index, last_index, commit_index;
    wg_index snapshot_index;    /* latest, 0 = none */
    wg_position last_processed; /* WG_POSITION_NONE = none */
    wg_position lowest_exported; /* WG_POSITION_MAX = no exporter row */
    wg_position last_position;  /* highest position in the log, 0 = none */
    uint64_t log_bytes;         /* bytes of live segments incl. the preallocated part */
};

/* WG_NOT_FOUND if the broker has no replica of it. */
WG_MUST_USE wg_status wg_node_inspect(const struct wg_node *node, wg_partition_id partition,
                                      struct wg_partition_view *ret_view);
/* Stored position of exporter `exporter` in that replica's live state; WG_NOT_FOUND = no row. */
WG_MUST_USE wg_status wg_node_exporter_position(const struct wg_node *node, wg_partition_id partition,
                                                uint32_t exporter, wg_position *ret_position);

#endif
