/* snapshot-state: snapshots of one position hold the same state, whoever took them, by processing
 * or by replay: all rows but those that belong to the replica (exporter positions) are equal byte
 * for byte.
 *
 * Scope: snapshots taken by any two replicas, or by one twice, with the same processed position;
 * the last 64 positions with a snapshot are remembered per partition.
 * Sound: a snapshot counts once everything its state holds is committed, so all states of that
 * position are the fold of one and the same log.
 * Evidence: the bytes of the state file from facts DISK_WRITE, read by snapfile.c; the position
 * from claim SNAPSHOT.
 * Memory: 1.6 KiB per partition and 16 bytes per replica. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

#define REMEMBERED 64u

struct taken {
    wg_position processed;
    uint64_t digest;
    wg_node_id node;
    uint32_t unused;
};

struct states {
    uint32_t next;
    struct taken taken[REMEMBERED];
    uint64_t written[WG_MAX_REPLICAS]; /* by member: digest of the state file last written, 0 = none */
};

const struct judge_rule inv_snapshot_state_rule = {"snapshot-state", JUDGE_PER_PARTITION,
                                                   sizeof(struct states), NULL};

void inv_snapshot_state_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                             const struct judge_snapshot_state *state) {
    struct states *states = judge_state(b, INV_SNAPSHOT_STATE, p - 1);
    uint32_t member = judge_member(b, p, node);
    if (member != JUDGE_NO_MEMBER) {
        states->written[member] = state->digest;
    }
}

void inv_snapshot_state_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct states *states = judge_state(b, INV_SNAPSHOT_STATE, claim->partition - 1);
    wg_position processed = (wg_position)claim->c;
    uint32_t member = judge_member(b, claim->partition, node);
    uint64_t digest = member == JUDGE_NO_MEMBER ? 0 : states->written[member];
    if (digest == 0) {
        return;
    }
    states->written[member] = 0;
    for (uint32_t i = 0; i < REMEMBERED; i++) {
        const struct taken *taken = &states->taken[i];
        if (taken->digest == 0 || taken->processed != processed) {
            continue;
        }
        if (taken->digest != digest) {
            judge_violate(b, INV_SNAPSHOT_STATE, SIM_BLAME_ENGINE, claim->partition, -1,
                          "the snapshot of broker %u, processed up to %lld, holds another state "
                          "than broker %u's of the same position", node, (long long)processed,
                          taken->node);
        }
        return;
    }
    states->taken[states->next++ % REMEMBERED] = (struct taken){processed, digest, node, 0};
}
