/* log-matching: entries with the same index and term are identical on every replica, and so are all
 * entries before them.
 *
 * Scope: all frames in the file system caches of all replicas, committed or not.
 * Sound: a leader makes one entry per index in its term and a follower appends an entry only behind
 * the leader's predecessor. The digest of a prefix is compared only where it is known on both sides
 * (a log that begins behind an installed snapshot borrows the canonical one). Frames on one disk
 * must have consecutive indexes (mirror.c files that under this name too).
 * Evidence: facts DISK_WRITE, and the durable bytes after a power loss.
 * Memory: none of its own; 32 bytes per stored frame in the mirrors. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_log_matching_rule = {"log-matching", JUDGE_PER_RUN, 0, NULL};

static void compare(struct sim_judges *b, wg_node_id node, wg_node_id other, wg_partition_id p,
                    wg_index index) {
    const struct judge_mirror_frame *mine = judge_mirror_at(judge_mirror(b, node, p), index);
    const struct judge_mirror_frame *theirs = judge_mirror_at(judge_mirror(b, other, p), index);
    if (theirs == NULL || theirs->term != mine->term) {
        return;
    }
    if (theirs->checksum != mine->checksum) {
        judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                      "brokers %u and %u hold different entries %llu of term %llu (checksums %08x "
                      "and %08x)", node, other, (unsigned long long)index,
                      (unsigned long long)mine->term, mine->checksum, theirs->checksum);
    } else if (mine->chain != 0 && theirs->chain != 0 && mine->chain != theirs->chain) {
        judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                      "brokers %u and %u hold the same entry %llu of term %llu behind different "
                      "logs", node, other, (unsigned long long)index,
                      (unsigned long long)mine->term);
    }
}

void inv_log_matching_frame(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                            wg_index index) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count; i++) {
        wg_node_id other = members->members[i];
        if (other != node && other < b->setup->brokers) {
            compare(b, node, other, p, index);
        }
    }
}
