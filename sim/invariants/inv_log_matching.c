/* log-matching: entries with the same index and term are identical on every replica, and so are all
 * entries before them.
 *
 * Scope: all frames in the file system caches of all replicas, committed or not.
 * Sound: a leader makes one entry per index in its term and a follower appends an entry only behind
 * the leader's predecessor. The digest of a prefix is compared only where it is known on both sides
 * (a log that begins behind an installed snapshot borrows the canonical one). Frames on one disk
 * must have consecutive indexes (mirror.c files that under this name too).
 * Evidence: facts DISK_WRITE, and the durable bytes after a power loss.
 * Memory: none of its own; 32 bytes per stored frame in the mirrors.
 *
 * A frame that judge_canon_store knows to agree with every other disk needs no comparison: it equals
 * the only entry that was stored at its index, whose first frame was compared with all. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_log_matching_rule = {"log-matching", JUDGE_PER_RUN, 0, NULL};

static void __attribute__((cold, noinline))
differ(struct sim_judges *b, wg_node_id node, wg_node_id other, wg_partition_id p, wg_index index) {
    const struct judge_mirror_frame *mine = judge_mirror_at(judge_mirror(b, node, p), index);
    const struct judge_mirror_frame *theirs = judge_mirror_at(judge_mirror(b, other, p), index);
    if (theirs->checksum != mine->checksum) {
        judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                      "brokers %u and %u hold different entries %llu of term %llu (checksums %08x "
                      "and %08x)", node, other, (unsigned long long)index,
                      (unsigned long long)mine->term, mine->checksum, theirs->checksum);
    } else {
        judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                      "brokers %u and %u hold the same entry %llu of term %llu behind different "
                      "logs", node, other, (unsigned long long)index,
                      (unsigned long long)mine->term);
    }
}

/* The same term but not the same entry, or not the same entries before it. */
static inline bool is_different(const struct judge_mirror_frame *mine,
                                const struct judge_mirror_frame *theirs) {
    return theirs->term == mine->term &&
           (theirs->checksum != mine->checksum ||
            (mine->chain != theirs->chain && mine->chain != 0 && theirs->chain != 0));
}

void inv_log_matching_frame(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                            wg_index index) {
    const struct sim_judge_setup *setup = b->setup;
    const struct wg_partition_options *members = &setup->partitions[p - 1];
    const struct judge_mirror *mirrors = judge_mirror(b, 0, p); /* by node, with a stride */
    size_t stride = setup->partition_count;
    const wg_node_id *end = members->members + members->member_count;
    const struct judge_mirror_frame *mine = judge_mirror_at(&mirrors[node * stride], index);
    for (const wg_node_id *other = members->members; other < end; other++) {
        if (*other == node || *other >= setup->brokers) {
            continue;
        }
        const struct judge_mirror_frame *theirs = judge_mirror_at(&mirrors[*other * stride], index);
        if (theirs != NULL && is_different(mine, theirs)) {
            differ(b, node, *other, p, index);
        }
    }
}
