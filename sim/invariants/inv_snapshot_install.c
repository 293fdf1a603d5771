/* snapshot-install: a leader that can talk to a follower brings it up to date: it does not begin to
 * send the same snapshot to it again and again.
 *
 * Scope: each snapshot, sender and receiver, from the first chunk on; lost install messages,
 * restarts, elections, failing or full disks and every fault begin the count anew (calm.h).
 * Sound: a leader begins once; again if it forgot what the follower has (a new term), if a chunk
 * was refused because another snapshot was on its way, or if an answer came too late. Five times
 * without any disturbance is no accident.
 * Evidence: claim SNAPSHOT_SEND (a=index, b=to, c=chunk); calm from facts.
 * Memory: 24 bytes per replica and receiver. */
#include "sim/invariants/bench.h"

#define MOST_BEGINNINGS 5u

struct sending {
    wg_index index;
    wg_time since; /* first beginning counted */
    uint32_t count;
    uint32_t unused;
};

struct sendings {
    struct sending to[WG_MAX_REPLICAS]; /* by member number */
};

const struct judge_rule inv_snapshot_install_rule = {"snapshot-install", JUDGE_PER_REPLICA,
                                                     sizeof(struct sendings), NULL};

void inv_snapshot_install_send(struct sim_judges *b, wg_node_id node,
                               const struct wg_claim *claim) {
    uint32_t to = judge_member(b, claim->partition, (wg_node_id)claim->b);
    if (to == JUDGE_NO_MEMBER || claim->c != 0) {
        return;
    }
    struct sendings *sendings =
        judge_state(b, INV_SNAPSHOT_INSTALL, judge_replica_number(b, node, claim->partition));
    struct sending *sending = &sendings->to[to];
    wg_time calm = judge_calm_elections(b, claim->partition);
    if (sending->index != claim->a || calm > sending->since) {
        *sending = (struct sending){.index = claim->a, .since = b->now};
    }
    if (++sending->count == MOST_BEGINNINGS) {
        judge_violate(b, INV_SNAPSHOT_INSTALL, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u began %u times within %lld s to send the snapshot of entry %llu "
                      "to broker %llu, although nothing was lost between them", node,
                      sending->count, (long long)((b->now - sending->since) / WG_SECOND),
                      (unsigned long long)claim->a, (unsigned long long)claim->b);
    }
}
