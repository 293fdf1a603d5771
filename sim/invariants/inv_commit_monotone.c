/* commit-monotone: within one broker incarnation a replica's commit index never falls.
 *
 * Scope: each replica from BROKER_START to BROKER_END (a restarted process learns it anew).
 * Sound: raft only ever raises the commit index; it is not persisted.
 * Evidence: claim COMMIT (a=commit index).
 * Memory: one index per replica, kept in the bench. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_commit_monotone_rule = {"commit-monotone", JUDGE_PER_RUN, 0, NULL};

void inv_commit_monotone_commit(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim) {
    wg_index before = judge_replica(b, node, claim->partition)->commit;
    if (claim->a < before) {
        judge_violate(b, INV_COMMIT_MONOTONE, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u lowered its commit index from %llu to %llu", node,
                      (unsigned long long)before, (unsigned long long)claim->a);
    }
}
