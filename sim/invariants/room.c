/* What a full disk is due to: asked by the run driver before it puts one down to the configuration. Takes
 * the judges' own account of logs, exporters and snapshots; of the engine it believes nothing. */
#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"

#include <string.h>

#define KEPT_ENTRIES 100u /* raft keeps them below the bound (engine 7) */

uint32_t sim_judges_cuttable(const struct sim_judges *judges, wg_node_id node,
                             wg_partition_id partition) {
    const struct judge_mirror *mirror = judge_mirror(judges, node, partition);
    wg_index due = inv_retention_due(judges, partition);
    uint32_t count = 0;
    for (uint32_t i = 1; i < mirror->segments.count; i++) { /* all before segment i may go */
        const struct judge_mirror_segment *segment =
            (const struct judge_mirror_segment *)(const void *)mirror->segments.data +
            mirror->segments.head + i;
        if (segment->first == 0 || segment->first + KEPT_ENTRIES > due) {
            break;
        }
        count = i;
    }
    return count;
}

bool sim_judges_waits_for_commit(const struct sim_judges *judges, wg_node_id node,
                                 wg_partition_id partition) {
    return judge_replica(judges, node, partition)->role == WG_ROLE_LEADER &&
           judge_mirror_last(judge_mirror(judges, node, partition)) >
               judge_canon_last(judge_canon(judges, partition));
}

bool sim_judges_export_stands_still(struct sim_judges *judges, wg_partition_id partition) {
    return inv_disk_space_withholds(judges, partition) &&
           judge_ledger_refuser(judges, partition) < 0;
}

struct sum {
    const struct judge_snapshot *snapshot;
    wg_partition_id partition;
    uint64_t bytes;
};

static void add_file(void *ctx, const char *text, uint64_t size) {
    struct sum *sum = ctx;
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    bool part = path.kind == JUDGE_PATH_SNAPSHOT || path.kind == JUDGE_PATH_SNAPSHOT_METADATA ||
                path.kind == JUDGE_PATH_SNAPSHOT_STATE;
    if (part && path.partition == sum->partition && path.index == sum->snapshot->index &&
        path.processed == sum->snapshot->processed && path.exported == sum->snapshot->exported) {
        sum->bytes += size;
    }
}

uint64_t sim_judges_snapshot_bytes(const struct sim_judges *judges, wg_node_id node,
                                   wg_partition_id partition) {
    struct sum sum = {&judge_replica(judges, node, partition)->snapshot, partition, 0};
    if (sum.snapshot->valid) {
        judges->disks.list(judges->disks.ctx, node, add_file, &sum);
    }
    return sum.bytes;
}
