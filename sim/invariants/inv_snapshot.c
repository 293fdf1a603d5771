/* snapshot: the snapshots of a replica never go back (by index, then processed, then exported
 * position), and hold nothing uncommitted: processed is a committed position, and the entry `index`
 * lies before min(processed, exported).
 *
 * Scope: snapshots taken or received, over restarts; a wiped replica begins anew.
 * Sound: an older or equal id is refused when it is to be persisted; a leader waits for the commit
 * of all it wrote before the checkpoint, a follower replays only committed entries. Index 0
 * (nothing acknowledged yet) and an id that reuses the previous snapshot's index say nothing about
 * entries.
 * Evidence: claims SNAPSHOT, SNAPSHOT_RECEIVED (a=index, b=term, c=processed, d=exported).
 * Memory: two snapshot ids per replica, kept in the bench. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_snapshot_rule = {"snapshot", JUDGE_PER_RUN, 0, NULL};

static bool goes_back(const struct judge_snapshot *old, const struct wg_claim *claim) {
    if (claim->a != old->index) {
        return claim->a < old->index;
    }
    if ((wg_position)claim->c != old->processed) {
        return (wg_position)claim->c < old->processed;
    }
    return (wg_position)claim->d < old->exported;
}

static void check_entry(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_canon *canon = judge_canon(b, claim->partition);
    const struct judge_canon_entry *entry = judge_canon_at(canon, claim->a);
    wg_position processed = (wg_position)claim->c, exported = (wg_position)claim->d;
    wg_position bound = processed < exported ? processed : exported;
    if (processed > canon->last_position || claim->a > judge_canon_last(canon)) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot of entry %llu, processed up to %lld, while "
                      "only entry %llu, record %lld was committed", node,
                      (unsigned long long)claim->a, (long long)processed,
                      (unsigned long long)judge_canon_last(canon),
                      (long long)canon->last_position);
    } else if (entry != NULL && entry->highest > bound) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot of entry %llu (records up to %lld) that was "
                      "processed up to %lld and exported up to %lld only", node,
                      (unsigned long long)claim->a, (long long)entry->highest,
                      (long long)processed, (long long)exported);
    }
}

void inv_snapshot_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_snapshot *old = &judge_replica(b, node, claim->partition)->snapshot;
    if (old->valid && goes_back(old, claim)) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted snapshot %llu-%llu-%lld-%lld after "
                      "%llu-%llu-%lld-%lld", node, (unsigned long long)claim->a,
                      (unsigned long long)claim->b, (long long)claim->c, (long long)claim->d,
                      (unsigned long long)old->index, (unsigned long long)old->term,
                      (long long)old->processed, (long long)old->exported);
    }
    bool reuses = old->valid && old->index == claim->a;
    if (claim->a > 0 && !reuses) {
        check_entry(b, node, claim);
    }
}
