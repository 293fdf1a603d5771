/* Term and vote: the two things a replica may never forget (Raft paper, figure 2, persistent
 * state; reference: engine 1.2).
 *
 * Invariants: the stored term never falls; at most one vote per term, over restarts, because the
 * vote is cleared by a new term and by nothing else (bug-F01); nothing is believed before it is
 * stored. */
#include "raft/raft_internal.h"

static bool store(struct wg_raft *raft, wg_term term, wg_node_id voted_for) {
    struct wg_meta meta = raft->meta;
    meta.term = term;
    meta.voted_for = voted_for;
    wg_status status = wg_meta_store(raft->meta_store, &meta);
    if (status != WG_OK) {
        raft_storage_failed(raft, status);
        return false;
    }
    raft->meta = meta;
    return true;
}

static void claim_vote(struct wg_raft *raft) {
    wg_claim(raft->env, WG_CLAIM_VOTE, raft->partition.id, raft->meta.term, raft->meta.voted_for, 0,
             0);
}

bool raft_set_term(struct wg_raft *raft, wg_term term) {
    WG_ASSERT(raft->env, term > raft->meta.term);
    if (!store(raft, term, WG_NODE_NONE)) {
        return false;
    }
    raft->leader = WG_NODE_NONE;
    return true;
}

bool raft_set_vote(struct wg_raft *raft, wg_node_id candidate) {
    WG_ASSERT(raft->env, raft->meta.voted_for == WG_NODE_NONE);
    WG_ASSERT(raft->env, raft_is_member(raft, candidate));
    if (!store(raft, raft->meta.term, candidate)) {
        return false;
    }
    claim_vote(raft);
    return true;
}

bool raft_campaign(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_CANDIDATE);
    if (!store(raft, raft->meta.term + 1, raft->env->node)) {
        return false;
    }
    raft->leader = WG_NODE_NONE;
    claim_vote(raft);
    return true;
}

wg_status raft_store_last_flushed(void *ctx, wg_index index) {
    struct wg_raft *raft = ctx;
    struct wg_meta meta = raft->meta;
    meta.last_flushed = index;
    wg_status status = wg_meta_store(raft->meta_store, &meta);
    if (status == WG_OK) {
        raft->meta = meta;
    }
    return status;
}
