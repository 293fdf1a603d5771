/* leader-append-only: a leader never overwrites or removes entries at the end of its own log during
 * its term (compaction at the start of the log is another matter).
 *
 * Scope: every replica from its ROLE claim leader to its next ROLE claim or its end.
 * Sound: raft truncates only as a follower. Claims of a job may be heard a little before or after
 * the disk facts of the same job, so a removal seen while the node counts as leader is held until
 * that replica's next claim of the raft actor and dropped if that claim, at the same moment, is a
 * change of role.
 * Evidence: disk facts (frames that leave the cache at the end of the log), claim ROLE.
 * Memory: 32 bytes per replica. */
#include "sim/invariants/bench.h"

struct suspicion {
    bool open;
    wg_time at;
    wg_index from, last;
    wg_term term;
};

const struct judge_rule inv_leader_append_only_rule = {"leader-append-only", JUDGE_PER_REPLICA,
                                                       sizeof(struct suspicion), NULL};

static struct suspicion *suspicion_of(const struct sim_judges *b, wg_node_id node,
                                      wg_partition_id p) {
    struct suspicion *all = b->states[INV_LEADER_APPEND_ONLY];
    return all + judge_replica_number(b, node, p);
}

/* Writing the same frame at the same place again changes nothing. */
static bool rewrites_same(const struct sim_judges *b, const struct judge_drop *drop) {
    const struct judge_mirror_frame *old =
        judge_mirror_at(judge_mirror(b, drop->node, drop->partition), drop->from);
    const struct judge_frame *replacement = drop->replacement;
    return replacement != NULL && drop->from == drop->last && replacement->index == drop->from &&
           old != NULL && old->term == replacement->term && old->checksum == replacement->checksum;
}

void inv_leader_append_only_drop(struct sim_judges *b, const struct judge_drop *drop) {
    const struct judge_replica *replica = judge_replica(b, drop->node, drop->partition);
    if (!b->brokers[drop->node].up || replica->role != WG_ROLE_LEADER || rewrites_same(b, drop)) {
        return;
    }
    struct suspicion *suspicion = suspicion_of(b, drop->node, drop->partition);
    judge_set_open(b, &suspicion->open, true);
    suspicion->at = b->now;
    suspicion->from = drop->from;
    suspicion->last = drop->last;
    suspicion->term = replica->term;
}

void inv_leader_append_only_raft(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim) {
    struct suspicion *suspicion = suspicion_of(b, node, claim->partition);
    if (!suspicion->open) {
        return;
    }
    judge_set_open(b, &suspicion->open, false);
    bool changes_role = claim->kind == WG_CLAIM_ROLE &&
                        (claim->a != WG_ROLE_LEADER || claim->b != suspicion->term);
    if (!changes_role) {
        judge_violate(b, INV_LEADER_APPEND_ONLY, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u removed entries %llu to %llu of its log as leader of term %llu",
                      node, (unsigned long long)suspicion->from,
                          (unsigned long long)suspicion->last,
                      (unsigned long long)suspicion->term);
    }
}

void inv_leader_append_only_end(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        judge_set_open(b, &suspicion_of(b, fact->node, p)->open, false);
    }
}
