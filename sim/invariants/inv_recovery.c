/* recovery: the state of a replica is never older than its latest persisted snapshot, and the
 * position up to which it has processed only grows while that state lives: at a start the newest
 * whole snapshot is used, and nothing at or below its position is processed or replayed again.
 *
 * Scope: every replica from each installation of its services to the next.
 * Sound: state is dropped when leadership is lost or a snapshot was received, and rebuilt from the
 * latest snapshot; replay passes over events whose source lies at or below its position; a snapshot
 * that a power loss cut off was never the latest (the bench takes it back). From the close of a
 * replica's director to its next installation nothing is judged: new services begin to replay
 * before they are announced. A snapshot taken meanwhile may hold what a slow job has processed, whose
 * claims come at its end: it sets no floor for the state that it was copied from.
 * Evidence: claims PROCESSED (a=position), TRANSITION and DIRECTOR against the latest of claims SNAPSHOT
 * and SNAPSHOT_RECEIVED, which judge snapshot checks against the disk.
 * Memory: 24 bytes per replica. */
#include "sim/invariants/bench.h"

struct recovery {
    bool installed;
    bool suspended; /* its services are closing: the next ones begin before they are announced */
    wg_position floor; /* of the latest snapshot when services were installed */
    wg_position last;
};

const struct judge_rule inv_recovery_rule = {"recovery", JUDGE_PER_REPLICA,
                                             sizeof(struct recovery), NULL};

static struct recovery *recovery_of(const struct sim_judges *b, wg_node_id node,
                                    wg_partition_id p) {
    struct recovery *all = b->states[INV_RECOVERY];
    return all + judge_replica_number(b, node, p);
}

void inv_recovery_transition(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_snapshot *snapshot = &judge_replica(b, node, claim->partition)->snapshot;
    *recovery_of(b, node, claim->partition) =
        (struct recovery){claim->a != WG_ROLE_INACTIVE, false,
                          snapshot->valid ? snapshot->processed : WG_POSITION_NONE,
                          WG_POSITION_NONE};
}

void inv_recovery_director(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    recovery_of(b, node, claim->partition)->suspended = claim->a == 0;
}

void inv_recovery_end(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        recovery_of(b, fact->node, p)->installed = false;
    }
}

wg_position inv_recovery_last(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return recovery_of(b, node, p)->last;
}

void inv_recovery_processed(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct recovery *recovery = recovery_of(b, node, claim->partition);
    wg_position position = (wg_position)claim->a;
    bool judged = recovery->installed && !recovery->suspended;
    if (judged && (position <= recovery->floor || position <= recovery->last)) {
        judge_violate(b, INV_RECOVERY, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u %s command %lld, although %s up to %lld", node,
                      claim->c == 0 ? "processed" : "replayed", (long long)position,
                      position <= recovery->floor ? "its latest snapshot was processed"
                                                  : "its state already was",
                      (long long)(position <= recovery->floor ? recovery->floor
                                                              : recovery->last));
    }
    recovery->last = position > recovery->last ? position : recovery->last;
}
