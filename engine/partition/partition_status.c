/* The state of a replica as Zeebe's management API shows it (reference: backup 5.4): filled from the
 * services, and written as JSON. Without its stream processor a partition has no state to show. */
#include "partition/partition_internal.h"

#include <string.h>

wg_status wg_partition_status(const struct wg_partition *p, struct wg_partition_status *ret_status) {
    if (p->raft == NULL || p->processor == NULL || p->director == NULL || p->state == NULL) {
        return WG_CLOSED;
    }
    const struct wg_snapshot_id *latest = wg_snapshots_latest(p->snapshots);
    wg_position lowest = wg_exporter_rows_lowest(p->state);
    *ret_status = (struct wg_partition_status){
        .role = wg_raft_role(p->raft),
        .processed = wg_processor_positions(p->processor)->last_processed,
        .has_snapshot = latest != NULL,
        .stream = wg_processor_phase(p->processor),
        .exporting = p->exporting,
        .exported = lowest == WG_POSITION_MAX ? WG_POSITION_NONE : lowest};
    if (latest != NULL) {
        ret_status->snapshot_index = latest->index;
        ret_status->snapshot_term = latest->term;
        ret_status->snapshot_processed = latest->processed;
        ret_status->snapshot_exported = latest->exported;
    }
    return WG_OK;
}

/* --- text ------------------------------------------------------------------------------------- */

/* WG_POSITION_NONE is upstream's -1. */
static void put_position(struct wg_json_out *out, wg_position position) {
    if (position < 0) {
        wg_json_put(out, "-1");
    } else {
        wg_json_put_number(out, (uint64_t)position);
    }
}

static void put_snapshot(struct wg_json_out *out, const struct wg_partition_status *status) {
    if (!status->has_snapshot) {
        wg_json_put(out, "null,\"processedPositionInSnapshot\":null");
        return;
    }
    wg_json_put(out, "\"");
    wg_json_put_number(out, status->snapshot_index);
    wg_json_put(out, "-");
    wg_json_put_number(out, status->snapshot_term);
    wg_json_put(out, "-");
    put_position(out, status->snapshot_processed);
    wg_json_put(out, "-");
    put_position(out, status->snapshot_exported);
    wg_json_put(out, "\",\"processedPositionInSnapshot\":");
    put_position(out, status->snapshot_processed);
}

void wg_partition_status_json(const struct wg_partition_status *status, struct wg_json_out *out) {
    static const char *const roles[] = {"INACTIVE", "PASSIVE",   "PROMOTABLE",
                                        "FOLLOWER", "CANDIDATE", "LEADER"};
    static const char *const streams[] = {"INITIAL", "REPLAY", "PROCESSING", "FAILED", "PAUSED"};
    static const char *const exporting[] = {"EXPORTING", "PAUSED", "SOFT_PAUSED"};
    wg_json_put(out, "{\"role\":\"");
    wg_json_put(out, roles[status->role]);
    wg_json_put(out, "\",\"processedPosition\":");
    put_position(out, status->processed);
    wg_json_put(out, ",\"snapshotId\":");
    put_snapshot(out, status);
    wg_json_put(out, ",\"streamProcessorPhase\":\"");
    wg_json_put(out, streams[status->stream]);
    wg_json_put(out, "\",\"exporterPhase\":\"");
    wg_json_put(out, exporting[status->exporting]);
    wg_json_put(out, "\",\"exportedPosition\":");
    put_position(out, status->exported);
    wg_json_put(out, "}");
}

void wg_node_status_json(const struct wg_node *node, struct wg_json_out *out) {
    const char *before = "\"";
    wg_json_put(out, "{");
    for (wg_partition_id id = 1; id <= wg_node_highest_partition(node); id++) {
        struct wg_partition_status status;
        if (wg_node_partition_status(node, id, &status) == WG_OK) {
            wg_json_put(out, before);
            wg_json_put_number(out, id);
            wg_json_put(out, "\":");
            wg_partition_status_json(&status, out);
            before = ",\"";
        }
    }
    wg_json_put(out, "}");
}
