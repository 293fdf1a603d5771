/* compaction: a replica removes segments from the start of its log only below its own persisted
 * snapshot: the log's first index is at most snapshot index + 1, and no removed record lies above
 * min(processed, exported) of that snapshot, whose checksum file is durable by then.
 *
 * Scope: removals of the first segments while the broker runs. A log that is reset for a received
 * snapshot loses its end, not its start, and is not compaction.
 * Sound: the bound is the lowest index of all available snapshots, and that entry lies before the
 * one that holds min(processed, exported); whole segments below it go. A snapshot with an exporter that
 * has taken nothing yet (enabled again, say) keeps the index of the one before, by which the log may still be cut
 * later: on a full disk the last 100 entries go as well.
 * Evidence: facts DISK_REMOVED, DISK_RENAMED (the disk's account); claims SNAPSHOT,
 * SNAPSHOT_RECEIVED; claim COMPACT (a=first index) must agree with the disk.
 * Memory: two snapshot ids per replica, kept in the bench. */
#include "sim/invariants/bench.h"
#include "sim/invariants/scan.h"

const struct judge_rule inv_compaction_rule = {"compaction", JUDGE_PER_RUN, 0, NULL};

void inv_compaction_cut(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index first) {
    const struct judge_snapshot *snapshot = &judge_replica(b, node, p)->snapshot;
    if (!snapshot->valid || first > snapshot->index + 1) {
        judge_violate(b, INV_COMPACTION, SIM_BLAME_ENGINE, p, -1,
                      "broker %u removed its log below entry %llu while its latest snapshot covers "
                      "entries up to %llu", node, (unsigned long long)first,
                      (unsigned long long)(snapshot->valid ? snapshot->index : 0));
        return;
    }
    if (b->setup->raft_only) {
        return; /* its disks cannot be read from outside */
    }
    struct judge_scan_snapshots found = judge_scan_snapshot(
        &b->disks, node, p, snapshot->index, snapshot->processed, snapshot->exported);
    if (!found.found) {
        judge_violate(b, INV_COMPACTION, SIM_BLAME_ENGINE, p, -1,
                      "broker %u removed its log below entry %llu for its snapshot of entry %llu, "
                      "which would not survive a power loss now", node, (unsigned long long)first,
                      (unsigned long long)snapshot->index);
    }
    const struct judge_canon_entry *last = judge_canon_at(judge_canon(b, p), first - 1);
    wg_position bound = snapshot->processed < snapshot->exported ? snapshot->processed
                                                                 : snapshot->exported;
    bound = bound > snapshot->cleared ? bound : snapshot->cleared;
    if (last != NULL && last->highest > bound) {
        judge_violate(b, INV_COMPACTION, SIM_BLAME_ENGINE, p, -1,
                      "broker %u removed records up to %lld while its latest snapshot was "
                      "processed up to %lld and exported up to %lld", node,
                      (long long)last->highest,
                      (long long)snapshot->processed, (long long)snapshot->exported);
    }
}

void inv_compaction_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_mirror *mirror = judge_mirror(b, node, claim->partition);
    if (mirror->frames.count > 0 && claim->a > mirror->first) {
        judge_violate(b, INV_COMPACTION, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u says that its log begins at entry %llu, but its disk holds entry "
                      "%llu", node, (unsigned long long)claim->a,
                          (unsigned long long)mirror->first);
    }
}
