/* Answering those who ask for leadership (reference: engine 1.5).
 *
 * Invariants: a vote is stored before it is given; one vote per term; no vote against a leader that
 * is known in the term, and none for a log that is behind (Raft paper 5.4.1). */
#include "raft/raft_internal.h"

static void respond(struct wg_raft *raft, const struct raft_vote_request *request, bool accepted) {
    enum wg_message_kind kind = request->base.kind == WG_MSG_POLL_REQUEST ? WG_MSG_POLL_RESPONSE
                                                                          : WG_MSG_VOTE_RESPONSE;
    struct raft_response content = {
        .id = request->id, .term = raft->meta.term, .accepted = accepted};
    struct raft_response *response =
        raft_response_new(raft->env, kind, &request->base, &content);
    wg_emit_send(raft->env, &response->base);
}

/* zeebe-8.6: whoever has an empty log accepts everybody, even if its snapshot is ahead of the
 * candidate. Documented: the snapshot stands for the entries it replaced (Raft paper 7). */
static bool is_up_to_date(const struct wg_raft *raft, const struct raft_vote_request *request) {
    if (wg_log_is_empty(raft->log) && raft_has_quirk(raft, WG_QUIRK_EMPTY_LOG_VOTES)) {
        return true;
    }
    struct raft_last last = raft_last_with_snapshot(raft);
    if (request->last_term != last.term) {
        return request->last_term > last.term;
    }
    return request->last_index >= last.index;
}

/* A poll is not refused because of a live leader [1.5]: only the leader itself says no. */
void raft_on_poll_request(struct wg_raft *raft, const struct raft_vote_request *request) {
    if (raft->role == WG_ROLE_LEADER) {
        int peer = raft_peer_index(raft, request->base.from);
        if (peer >= 0) {
            raft->peers[peer].failures = 0;
        }
        respond(raft, request, false);
        return;
    }
    if (raft_adopt(raft, request->id.term, WG_NODE_NONE) == RAFT_NOT_STORED) {
        return;
    } /* a candidate stays one */
    respond(raft, request, request->id.term >= raft->meta.term && is_up_to_date(raft, request));
}

/* A request sent again in the same term is refused although it was granted before: Zeebe compares
 * the stored vote by identity, and every request brings a fresh id [1.5]. */
static bool may_vote(const struct wg_raft *raft, const struct raft_vote_request *request) {
    return request->id.term == raft->meta.term && raft->leader == WG_NODE_NONE &&
           raft_peer_index(raft, request->base.from) >= 0 &&
           raft->meta.voted_for == WG_NODE_NONE && is_up_to_date(raft, request);
}

void raft_on_vote_request(struct wg_raft *raft, const struct raft_vote_request *request) {
    enum raft_adoption adoption = raft_adopt(raft, request->id.term, WG_NODE_NONE);
    if (adoption == RAFT_NOT_STORED) {
        return;
    }
    if (adoption == RAFT_ADOPTED) {
        raft_become(raft, WG_ROLE_FOLLOWER);
    }
    if (raft->role != WG_ROLE_FOLLOWER || !may_vote(raft, request)) {
        respond(raft, request, false);
        return;
    }
    WG_ASSERT(raft->env, request->id.term == raft->meta.term);
    if (!raft_set_vote(raft, request->base.from)) {
        return;
    }
    raft_election_reset(raft);
    respond(raft, request, true);
}
