/* Asking for leadership: election timers, pre-vote ("poll") and vote rounds of this replica
 * (reference: engine 1.4, 1.5; Raft thesis 9.6 for pre-vote).
 *
 *   follower: ELECTION due, target > priority -> target - 1, wait again
 *             ELECTION due, target <= priority -> poll, POLL timer --won--> CANDIDATE
 *                                                   '--lost, POLL due--> timers as at the start
 *   candidate: round 1 --VOTE due--> round 2 (new term) --VOTE due--> FOLLOWER
 *              --majority--> LEADER     --majority against, higher term--> FOLLOWER
 *
 * So a replica with priority p polls for the first time (1 + target - p) election timeouts after
 * it last heard a leader. Invariants: every member answers once per round; an answer counts only
 * for the round it was asked in and for this replica's present term. */
#include "raft/raft_internal.h"

/* Who could not write when it led, or wanted to, waits until all others have had their chance: a
 * full or failing disk at the primary must not keep the partition without a leader. Several of them
 * keep their order, or they would poll all at once for ever. */
static uint32_t initial_target(const struct wg_raft *raft) {
    bool yields = raft->unwell && raft->peer_count > 0 &&
                  !raft_has_quirk(raft, WG_QUIRK_FAILING_LEADER_FIRST);
    return raft->partition.target_priority * (yields ? 2 : 1);
}

void raft_election_reset(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_FOLLOWER);
    raft->election_target = initial_target(raft);
    raft_timer_cancel(raft, RAFT_TIMER_POLL);
    raft_timer_set(raft, RAFT_TIMER_ELECTION, raft->env->now + raft->options.election_timeout);
}

static void send_round(struct wg_raft *raft) {
    struct raft_last last = {0, 0};
    if (!raft_has_quirk(raft, WG_QUIRK_EMPTY_LOG_VOTES) || !wg_log_is_empty(raft->log)) {
        last = raft_last_with_snapshot(raft);
    } /* zeebe-8.6: 0, 0 if the log is empty, whatever the snapshot (1.5) */
    struct raft_vote_request content = {
        .id = raft->round.id, .last_index = last.index, .last_term = last.term};
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        struct raft_vote_request *request =
            raft_vote_request_new(raft->env, raft->partition.id, raft->round.kind,
                                  raft->peers[i].node, &content);
        wg_emit_send(raft->env, &request->base);
    }
}

static void open_round(struct wg_raft *raft, enum wg_message_kind kind) {
    wg_time expires = raft->env->now + raft->options.request_timeout;
    raft->round = (struct raft_round){.open = true,
                                      .kind = kind,
                                      .id = {raft_next_request(raft), raft->meta.term},
                                      .expires = expires,
                                      .granted = 1};
    raft_timer_set_earlier(raft, RAFT_TIMER_REQUEST, expires);
    send_round(raft);
}

void raft_on_election_timeout(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_FOLLOWER);
    wg_time wait = raft->env->now + raft->options.election_timeout;
    if (raft->priority < raft->election_target) {
        raft->election_target--;
        raft_timer_set(raft, RAFT_TIMER_ELECTION, wait);
        return;
    }
    if (raft->peer_count == 0) {
        raft_become(raft, WG_ROLE_CANDIDATE);
        return;
    }
    raft_timer_set(raft, RAFT_TIMER_POLL, wait);
    /* 1.2: a replica that is still catching up never campaigns. */
    bool may_poll = raft->first_commit == 0 || raft->ready;
    if (may_poll && raft_mend_log(raft)) {
        raft->leader = WG_NODE_NONE;
        open_round(raft, WG_MSG_POLL_REQUEST);
    }
}

void raft_on_poll_timeout(struct wg_raft *raft) {
    raft->round.open = false;
    raft_election_reset(raft);
}

static void run_vote_round(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_CANDIDATE);
    raft->vote_rounds++;
    if (!raft_campaign(raft)) {
        return;
    }
    if (raft->peer_count == 0) {
        raft_become(raft, WG_ROLE_LEADER);
        return;
    }
    wg_time timeout = raft->options.election_timeout;
    uint32_t bound = (uint32_t)(timeout / WG_MS);
    uint32_t jitter = raft->env->ops->choose(raft->env, raft->partition.id,
                                             WG_CHOOSE_ELECTION_JITTER, bound > 0 ? bound : 1);
    raft_timer_set(raft, RAFT_TIMER_VOTE,
                   raft->env->now + timeout + (wg_time)jitter * WG_MS);
    open_round(raft, WG_MSG_VOTE_REQUEST);
}

void raft_candidate_start(struct wg_raft *raft) {
    raft->vote_rounds = 0;
    run_vote_round(raft);
}

void raft_on_vote_timeout(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_CANDIDATE);
    if (raft->vote_rounds < 2) {
        run_vote_round(raft);
    } else {
        raft_become(raft, WG_ROLE_FOLLOWER);
    }
}

static void end_poll(struct wg_raft *raft, bool won) {
    raft->round.open = false;
    /* A leader may have shown up meanwhile. */
    if (won && raft->leader == WG_NODE_NONE) {
        raft_become(raft, WG_ROLE_CANDIDATE);
    } else {
        raft_election_reset(raft);
    }
}

static void end_vote(struct wg_raft *raft, bool won) {
    /* A grant counts only in the present term, which the round was then run in. */
    WG_ASSERT(raft->env, !won || raft->round.id.term == raft->meta.term);
    raft->round.open = false;
    raft_become(raft, won ? WG_ROLE_LEADER : WG_ROLE_FOLLOWER);
}

static void count_answer(struct wg_raft *raft, uint32_t peer, bool granted) {
    struct raft_round *round = &raft->round;
    WG_ASSERT(raft->env, round->open && (round->answered & (1u << peer)) == 0);
    round->answered |= 1u << peer;
    if (granted) {
        round->granted++;
    } else {
        round->rejected++;
    }
    bool won = round->granted >= raft_quorum(raft);
    if (!won && round->rejected < raft_quorum(raft)) {
        return;
    }
    if (round->kind == WG_MSG_POLL_REQUEST) {
        end_poll(raft, won);
    } else {
        end_vote(raft, won);
    }
}

static bool answers_round(const struct wg_raft *raft, const struct raft_response *response,
                          int peer) {
    const struct raft_round *round = &raft->round;
    enum wg_message_kind kind =
        round->kind == WG_MSG_POLL_REQUEST ? WG_MSG_POLL_RESPONSE : WG_MSG_VOTE_RESPONSE;
    return round->open && peer >= 0 && response->base.kind == (uint16_t)kind &&
           response->id.number == round->id.number && response->id.term == round->id.term &&
           (round->answered & (1u << peer)) == 0;
}

void raft_on_round_response(struct wg_raft *raft, const struct raft_response *response) {
    int peer = raft_peer_index(raft, response->base.from);
    if (!answers_round(raft, response, peer)) {
        return;
    }
    if (response->term > raft->meta.term) {
        if (!raft_set_term(raft, response->term)) {
            return;
        }
        if (raft->role == WG_ROLE_CANDIDATE) {
            raft_become(raft, WG_ROLE_FOLLOWER);
            return;
        }
    }
    bool granted = response->accepted && !response->failed && response->term == raft->meta.term;
    count_answer(raft, (uint32_t)peer, granted);
}

void raft_round_expire(struct wg_raft *raft) {
    uint64_t number = raft->round.id.number;
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        bool waiting = raft->round.open && raft->round.id.number == number &&
                       raft->round.expires <= raft->env->now;
        if (waiting && (raft->round.answered & (1u << i)) == 0) {
            count_answer(raft, i, false);
        }
    }
}
