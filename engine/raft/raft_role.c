/* The one place where a replica changes its role (reference: engine 1.3).
 *
 *   stop the old role: its timers, round, requests in flight, snapshot being received
 *   claim and announce the new one (a leader only once its initial entry is committed [1.3])
 *   start it; starting may lead on to the next role (single member: follower, candidate, leader)
 *
 * Invariants: nothing of an old role survives into a new one but term, vote, log and commit index;
 * starting is the last thing done, so callers must look at the role again afterwards. */
#include "raft/raft_internal.h"

static void stop_role(struct wg_raft *raft) {
    raft->round.open = false;
    switch (raft->role) {
    case WG_ROLE_FOLLOWER:
        raft_timer_cancel(raft, RAFT_TIMER_ELECTION);
        raft_timer_cancel(raft, RAFT_TIMER_POLL);
        raft_receiving_clear(raft);
        break;
    case WG_ROLE_CANDIDATE:
        raft_timer_cancel(raft, RAFT_TIMER_VOTE);
        break;
    case WG_ROLE_LEADER:
        raft_leader_stop(raft);
        break;
    case WG_ROLE_INACTIVE:
    case WG_ROLE_PASSIVE:
    case WG_ROLE_PROMOTABLE:
        break;
    }
    raft_timer_cancel(raft, RAFT_TIMER_REQUEST);
}

static void start_role(struct wg_raft *raft, enum wg_role before) {
    switch (raft->role) {
    case WG_ROLE_FOLLOWER:
        if (before == WG_ROLE_INACTIVE && raft->peer_count == 0) {
            /* 1.4: nobody to wait for. Not after a step-down: a full disk would make it spin. */
            raft_become(raft, WG_ROLE_CANDIDATE);
        } else {
            raft_election_reset(raft);
        }
        break;
    case WG_ROLE_CANDIDATE:
        raft_candidate_start(raft);
        break;
    case WG_ROLE_LEADER:
        raft_leader_start(raft);
        break;
    case WG_ROLE_INACTIVE:
    case WG_ROLE_PASSIVE:
    case WG_ROLE_PROMOTABLE:
        break;
    }
}

void raft_become(struct wg_raft *raft, enum wg_role role) {
    enum wg_role before = raft->role;
    if (before == role) {
        return;
    }
    WG_ASSERT(raft->env, raft->started);
    WG_ASSERT(raft->env, role != WG_ROLE_LEADER || before == WG_ROLE_CANDIDATE);
    stop_role(raft);
    raft->role = role;
    wg_claim(raft->env, WG_CLAIM_ROLE, raft->partition.id, (uint64_t)role, raft->meta.term, 0, 0);
    if (role != WG_ROLE_LEADER) {
        wg_emit_post(raft->env, raft->partition.id, WG_ACTOR_PARTITION, WG_POST_ROLE, false,
                     (uint64_t)role, raft->meta.term, NULL);
    }
    start_role(raft, before);
}

/* Zeebe: an uncaught exception makes the role inactive and the partition unhealthy (1.2). */
static void fail(struct wg_raft *raft, wg_status status) {
    WG_ASSERT(raft->env, status != WG_OK);
    if (raft->role == WG_ROLE_INACTIVE) {
        return;
    }
    raft_become(raft, WG_ROLE_INACTIVE);
    wg_emit_post(raft->env, raft->partition.id, WG_ACTOR_PARTITION, WG_POST_FAILED, false,
                 WG_ACTOR_RAFT, (uint64_t)status, NULL);
}

/* What a disk failed to do was told to nobody, and is asked for again with the next occasion: the
 * log writes everything anew that a failed sync may have lost, the meta file is written whole. So a
 * replica need not die of it, and one that merely cannot lead lets others (1.2: the uncaught
 * exception there; documented: a leader steps down, a follower rejects). */
void raft_storage_failed(struct wg_raft *raft, wg_status status) {
    bool passes = status == WG_IO || status == WG_NO_SPACE;
    if (!passes || raft_has_quirk(raft, WG_QUIRK_STORAGE_ERROR_ENDS_REPLICA)) {
        fail(raft, status);
        return;
    }
    raft->unwell = true;
    if (raft->role == WG_ROLE_CANDIDATE || raft->role == WG_ROLE_LEADER) {
        raft_become(raft, WG_ROLE_FOLLOWER);
    }
}

bool raft_mend_log(struct wg_raft *raft) {
    if (raft->reset_pending) {
        wg_status status = wg_log_reset(raft->log, raft_snapshot_index(raft) + 1);
        raft->reset_pending = status != WG_OK;
        if (status != WG_OK) {
            raft_storage_failed(raft, status);
        }
    }
    return !raft->reset_pending;
}

enum raft_adoption raft_adopt(struct wg_raft *raft, wg_term term, wg_node_id leader) {
    if (term > raft->meta.term) {
        if (!raft_set_term(raft, term)) {
            return RAFT_NOT_STORED;
        }
        raft->leader = leader;
        return RAFT_ADOPTED;
    }
    if (term == raft->meta.term && raft->leader == WG_NODE_NONE && leader != WG_NODE_NONE) {
        raft->leader = leader;
        return RAFT_ADOPTED;
    }
    return RAFT_SAME;
}

/* 1.5, 1.8: whoever hears a leader of its own or a newer term follows it. */
bool raft_follow(struct wg_raft *raft, wg_term term, wg_node_id leader) {
    WG_ASSERT(raft->env, leader != raft->env->node);
    if (term < raft->meta.term) {
        return true;
    }
    if (raft_adopt(raft, term, leader) == RAFT_NOT_STORED) {
        return false;
    }
    raft_become(raft, WG_ROLE_FOLLOWER);
    if (raft->leader == WG_NODE_NONE) {
        raft->leader = leader;
    }
    return true;
}
