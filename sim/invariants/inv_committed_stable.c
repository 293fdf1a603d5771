/* committed-stable: a committed entry never changes and never vanishes. No replica holds another
 * entry at an index that it announced as committed; none removes an entry equal to a committed one
 * from the end of its log; and at any time a majority of the members has every committed entry
 * durable in its log or below its persisted snapshot.
 *
 * Scope: all committed entries, over kills and power losses, within the fault budget (the last part
 * is not judged when the budget is exceeded on purpose).
 * Sound: leader completeness keeps committed entries in every later leader's log, so no follower
 * has a reason to remove one by truncation. A log reset for an installed snapshot removes whole
 * files: that replica counts as covered until the snapshot is there or the process ends, because
 * the leader that sends it and the majority behind it hold everything meanwhile. A process that opens
 * its log may cut it off where a fault has changed bytes that it had not promised to keep (no sync
 * was done): others may have committed that entry, but not with the help of this replica. Nor did
 * they with that of a replica whose term, by its raft.meta, is below the one in which the entry was
 * committed: it acknowledged nothing in that term, though it may hold the entry from the leader that
 * made it, and raft lets a leader of a term in between, heard late over a slow link, replace it. The
 * majority is counted anew after every removal, and has to hold the entry without this replica.
 * Evidence: disk facts through the mirrors, claims COMMIT, SNAPSHOT, SNAPSHOT_RECEIVED.
 * Memory: none of its own. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_committed_stable_rule = {"committed-stable", JUDGE_PER_RUN, 0, NULL};

void inv_committed_stable_claim(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                wg_index index) {
    const struct judge_canon_entry *entry = judge_canon_at(judge_canon(b, p), index);
    const struct judge_mirror_frame *frame = judge_mirror_at(judge_mirror(b, node, p), index);
    if (entry == NULL || frame == NULL) {
        return;
    }
    bool same = frame->term == entry->term && frame->checksum == entry->checksum;
    if (!same || (frame->chain != 0 && entry->chain != 0 && frame->chain != entry->chain)) {
        judge_violate(b, INV_COMMITTED_STABLE, SIM_BLAME_ENGINE, p, -1,
                      "broker %u announced index %llu as committed with %s (term %llu) than was "
                      "committed before (term %llu)", node, (unsigned long long)index,
                      same ? "another log before it" : "another entry",
                      (unsigned long long)frame->term, (unsigned long long)entry->term);
    }
}

static bool removes_committed(const struct sim_judges *b, const struct judge_drop *drop,
                              wg_index *ret_index) {
    const struct judge_canon *canon = judge_canon(b, drop->partition);
    const struct judge_mirror *mirror = judge_mirror(b, drop->node, drop->partition);
    wg_index last = judge_canon_last(canon);
    /* Logs that diverge stay apart: if any removed entry is committed, the first one is. */
    const struct judge_canon_entry *entry = judge_canon_at(canon, drop->from);
    const struct judge_mirror_frame *frame = judge_mirror_at(mirror, drop->from);
    *ret_index = drop->from;
    if (drop->from > last || entry == NULL || frame == NULL) {
        return false;
    }
    bool rewritten = drop->replacement != NULL && drop->replacement->index == drop->from &&
                     drop->replacement->term == entry->term &&
                     drop->replacement->checksum == entry->checksum;
    return !rewritten && frame->term == entry->term && frame->checksum == entry->checksum;
}

/* Whether the process that opens its log found damage there and takes it for a torn write: that is
 * right as long as this replica has not promised the entry to anybody, because no sync of it was done
 * or what was synced could not be noted in raft.meta. */
static bool was_torn(const struct sim_judges *b, const struct judge_drop *drop) {
    const struct judge_mirror *mirror = judge_mirror(b, drop->node, drop->partition);
    bool opening = judge_replica(b, drop->node, drop->partition)->role == WG_ROLE_INACTIVE;
    bool promised = mirror->durable >= drop->from &&
                    (!mirror->meta_failed || mirror->promised >= drop->from);
    return opening && mirror->damaged != 0 && mirror->damaged <= drop->from && !promised;
}

/* Whether a running replica that never was in the term in which the entry was committed removes it, not
 * having announced it either. */
static bool has_not_heard(const struct sim_judges *b, const struct judge_drop *drop) {
    const struct judge_replica *replica = judge_replica(b, drop->node, drop->partition);
    wg_term own = judge_mirror(b, drop->node, drop->partition)->term;
    bool running = replica->role != WG_ROLE_INACTIVE;
    return running && own != 0 && replica->commit < drop->from &&
           own < judge_canon_committed_in(judge_canon(b, drop->partition), drop->from);
}

void inv_committed_stable_drop(struct sim_judges *b, const struct judge_drop *drop) {
    wg_index index;
    if (drop->by_file || !b->brokers[drop->node].up || !removes_committed(b, drop, &index) ||
        was_torn(b, drop) || has_not_heard(b, drop)) {
        return;
    }
    const struct judge_replica *replica = judge_replica(b, drop->node, drop->partition);
    if (!replica->snapshot.valid || replica->snapshot.index < index) {
        judge_violate(b, INV_COMMITTED_STABLE, SIM_BLAME_ENGINE, drop->partition, -1,
                      "broker %u removed the committed entry %llu from the end of its log",
                      drop->node, (unsigned long long)index);
    }
}

void inv_committed_stable_recount(struct sim_judges *b, wg_partition_id p) {
    wg_index last = judge_canon_last(judge_canon(b, p));
    wg_index cover = judge_majority_cover(b, p);
    if (cover < last && !b->setup->budget_exceeded) {
        judge_violate(b, INV_COMMITTED_STABLE, SIM_BLAME_ENGINE, p, -1,
                      "committed entries %llu to %llu are no longer durable on a majority",
                      (unsigned long long)cover + 1, (unsigned long long)last);
    }
}
