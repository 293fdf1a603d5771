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

/* What Zeebe's director publishes (exporters 8), of one replica since its process started. */
struct wg_exporter_metrics {
    uint64_t exported[256], skipped[256]; /* zeebe_exporter_events_total by value type: records, not per
                                             exporter; skipped: by all, for no exporter takes them */
    uint32_t state;                       /* zeebe_exporter_state: 0 exporting, 1 paused, 2 soft paused */
    wg_position *last_exported;           /* zeebe_exporter_last_exported_position by exporter: the last
                                             record it was asked about; -1 = none */
    wg_position *last_updated;            /* zeebe_exporter_last_updated_exported_position: the last
                                             stored by acknowledgement or skip */
};
/* Borrowed until the node is destroyed; NULL if the broker has no replica of it. */
const struct wg_exporter_metrics *wg_node_exporter_metrics(const struct wg_node *node,
                                                           wg_partition_id partition);
/* The HTTP status with which Zeebe answers such a request. */
uint32_t wg_admin_http_status(enum wg_admin_kind kind, wg_status status);
/* In *ret_setting how the exporter stands on this broker (enabled: it runs here, unless its director has
 * failed). true: a change of exporters has not gone round all brokers yet, as far as this one knows. */
bool wg_node_exporter_setting(const struct wg_node *node, uint32_t exporter,
                              struct wg_exporter_setting *ret_setting);

#endif
