/* single-vote: a node votes for at most one candidate in a term of a partition.
 *
 * Scope: every replica, all terms, over restarts and power losses; a wiped replica begins anew.
 * Sound: a vote is made durable before its answer leaves. A vote claimed in a job that died before
 * anything left it binds nobody: it counts once a raft message of that partition has left the node,
 * or a later raft job of that replica has spoken.
 * Evidence: claim VOTE (a=term, b=candidate), confirmed by fact MESSAGE_SENT or a later claim of
 * the raft actor.
 * Memory: 16 bytes per term in which the replica voted. */
#include "sim/invariants/bench.h"

struct votes {
    struct judge_terms given;
    bool open; /* a vote whose job may still be running */
    wg_term term;
    uint64_t candidate;
    wg_time at;
};

static void release(void *state) { judge_terms_free(&((struct votes *)state)->given); }

const struct judge_rule inv_single_vote_rule = {"single-vote", JUDGE_PER_REPLICA,
                                                sizeof(struct votes), release};

static struct votes *votes_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct votes *all = b->states[INV_SINGLE_VOTE];
    return all + judge_replica_number(b, node, p);
}

static void confirm(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct votes *votes = votes_of(b, node, p);
    if (!votes->open) {
        return;
    }
    judge_set_open(b, &votes->open, false);
    uint64_t first = judge_terms_first(&votes->given, votes->term, votes->candidate);
    if (first != votes->candidate) {
        judge_violate(b, INV_SINGLE_VOTE, SIM_BLAME_ENGINE, p, -1,
                      "broker %u voted for broker %llu and for broker %llu in term %llu", node,
                      (unsigned long long)first, (unsigned long long)votes->candidate,
                      (unsigned long long)votes->term);
    }
}

void inv_single_vote_vote(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    confirm(b, node, claim->partition);
    struct votes *votes = votes_of(b, node, claim->partition);
    judge_set_open(b, &votes->open, true);
    votes->term = claim->a;
    votes->candidate = claim->b;
    votes->at = b->now;
}

void inv_single_vote_raft(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct votes *votes = votes_of(b, node, claim->partition);
    if (votes->open && b->now > votes->at) {
        confirm(b, node, claim->partition);
    }
}

/* MESSAGE_SENT confirms, BROKER_END makes void. */
void inv_single_vote_fact(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers || b->open_cases == 0) {
        return;
    }
    if (fact->kind == SIM_FACT_MESSAGE_SENT) {
        if (judge_knows(b, fact->node, fact->partition) && fact->b < WG_MSG_EXPORTER_STATE) {
            confirm(b, fact->node, fact->partition);
        }
        return;
    }
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        judge_set_open(b, &votes_of(b, fact->node, p)->open, false);
    }
}

void inv_single_vote_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct votes *votes = votes_of(b, node, p);
    judge_set_open(b, &votes->open, false);
    judge_terms_free(&votes->given);
}
