/* The leader's appender: what goes to which follower and when, and what its answers mean
 * (reference: engine 1.7; Zeebe: LeaderAppender).
 *
 * Invariants: at most max_appends_per_follower appends and one install are in flight per follower;
 * an answer is looked at once; entries sent follow the previous entry named in the request; a
 * failing follower gets empty appends only. A leader that has not heard a quorum for two election
 * timeouts steps down at the next failure. */
#include "raft/raft_internal.h"

/* What the entries sent next follow. Moves `next` up if the entries before it are gone here and the
 * follower is known to have the snapshot that replaced them. */
static struct raft_last previous_of(const struct wg_raft *raft, const struct raft_progress *peer) {
    wg_index current = peer->next - 1;
    const struct wg_log_entry *entry = wg_log_entry(raft->log, current);
    if (entry != NULL) {
        return (struct raft_last){current, entry->term};
    }
    const struct wg_snapshot_id *snapshot = wg_snapshots_latest(raft->snapshots);
    bool from_start = current == 0 && wg_log_first_index(raft->log) == 1;
    if (from_start || snapshot == NULL) {
        return (struct raft_last){0, 0};
    }
    return (struct raft_last){snapshot->index, snapshot->term};
}

/* Entries from `first` on, until the batch has max_append_batch_bytes; the crossing one included,
 * so that every entry fits somewhere. Ends before one that cannot be read: *ret_status is why. */
static uint32_t count_batch(const struct wg_raft *raft, wg_index first, wg_status *ret_status) {
    bool suspect = wg_log_is_suspect(raft->log);
    uint32_t count = 0;
    uint32_t bytes = 0;
    const struct wg_log_entry *entry = wg_log_entry(raft->log, first);
    *ret_status = WG_OK;
    while (entry != NULL) {
        if (suspect && (*ret_status = wg_log_check(raft->log, entry->index)) != WG_OK) {
            break;
        }
        count++;
        bytes += entry->frame->len;
        if (bytes >= raft->options.max_append_batch_bytes) {
            break;
        }
        entry = wg_log_entry(raft->log, first + count);
    }
    return count;
}

/* Whether it was sent: this replica leads no more if it cannot read what it must send. */
static bool send_append(struct wg_raft *raft, struct raft_progress *peer, bool with_entries) {
    struct raft_last previous = previous_of(raft, peer);
    uint32_t count = 0;
    if (with_entries) {
        wg_status status;
        peer->next = previous.index + 1;
        count = count_batch(raft, peer->next, &status);
        if (count == 0) {
            WG_ASSERT(raft->env, status != WG_OK);
            raft_storage_failed(raft, status);
            return false;
        }
    }
    struct raft_append_request content = {
        .id = {raft_next_request(raft), raft->meta.term},
        .prev_index = previous.index,
        .prev_term = previous.term,
        .commit = raft->commit,
        .count = count};
    struct raft_append_request *request = raft_append_request_new(
        raft->env, raft->partition.id, peer->node, &content, raft->log, peer->next);
    peer->next += content.count;
    raft_progress_sent(peer, content.id.number, raft->env->now);
    raft_timer_set_earlier(raft, RAFT_TIMER_REQUEST,
                           raft->env->now + raft->options.request_timeout);
    wg_emit_send(raft->env, &request->base);
    return true;
}

static void send_heartbeat(struct wg_raft *raft, struct raft_progress *peer) {
    if (peer->in_flight_count == 0) {
        (void)send_append(raft, peer, false);
    }
}

static bool has_more(const struct wg_raft *raft, const struct raft_progress *peer) {
    return peer->next <= wg_log_last_index(raft->log);
}

void raft_replicate(struct wg_raft *raft, struct raft_progress *peer) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    WG_ASSERT(raft->env, peer->next >= 1);
    if (peer->failures >= RAFT_BACKOFF_FAILURES) {
        send_heartbeat(raft, peer);
        return;
    }
    if (raft_needs_snapshot(raft, peer)) {
        raft_send_snapshot(raft, peer);
        if (peer->snapshot_unreadable) {
            send_heartbeat(raft, peer); /* or it would campaign against a leader that lives */
        }
        return;
    }
    peer->snapshot_unreadable = false;
    if (peer->failures > 0 || !has_more(raft, peer)) {
        send_heartbeat(raft, peer);
        return;
    }
    while (has_more(raft, peer) &&
           raft_progress_can_append(peer, raft->options.max_appends_per_follower,
                                    raft->env->now) &&
           send_append(raft, peer, true)) {
    }
}

void raft_replicate_all(struct wg_raft *raft) {
    for (uint32_t i = 0; i < raft->peer_count && raft->role == WG_ROLE_LEADER; i++) {
        raft_replicate(raft, &raft->peers[i]);
    }
}

void raft_on_heartbeat(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    raft_timer_set(raft, RAFT_TIMER_HEARTBEAT,
                   raft->env->now + raft->options.heartbeat_interval);
    raft_replicate_all(raft);
}

void raft_attempt_succeeded(struct wg_raft *raft, struct raft_progress *peer) {
    peer->failures = 0;
    peer->response_time = raft->env->now;
}

/* When a quorum, this leader included, was last heard. */
static wg_time quorum_response_time(const struct wg_raft *raft) {
    wg_time times[WG_MAX_REPLICAS];
    WG_ASSERT(raft->env, raft->peer_count >= 1);
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        uint32_t at = i;
        for (; at > 0 && times[at - 1] < raft->peers[i].response_time; at--) {
            times[at] = times[at - 1];
        }
        times[at] = raft->peers[i].response_time;
    }
    return times[raft_quorum(raft) - 2];
}

void raft_attempt_failed(struct wg_raft *raft, struct raft_progress *peer) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    peer->failures++;
    if (peer->failures < raft->options.min_step_down_failures) {
        return;
    }
    wg_time heard = quorum_response_time(raft);
    if (heard < raft->leader_since) {
        heard = raft->leader_since;
    }
    if (raft->env->now - heard > 2 * raft->options.election_timeout) {
        raft_become(raft, WG_ROLE_FOLLOWER);
    }
}

static void on_appended(struct wg_raft *raft, struct raft_progress *peer, wg_index index) {
    WG_ASSERT(raft->env, index <= wg_log_last_index(raft->log));
    peer->append_succeeded = true;
    peer->match = index;
    if (peer->next <= index) {
        peer->next = index + 1;
    }
    raft_leader_commit(raft);
}

static void on_refused(struct wg_raft *raft, struct raft_progress *peer,
                       const struct raft_response *response) {
    wg_index last = wg_log_last_index(raft->log);
    peer->append_succeeded = false;
    if (peer->match > response->last_index) {
        peer->match = response->last_index;
    }
    peer->next = (response->last_index < last ? response->last_index : last) + 1;
    peer->snapshot_index = response->snapshot_index;
}

void raft_on_append_response(struct wg_raft *raft, const struct raft_response *response) {
    int at = raft_peer_index(raft, response->base.from);
    if (raft->role != WG_ROLE_LEADER || response->id.term != raft->meta.term || at < 0) {
        return;
    }
    struct raft_progress *peer = &raft->peers[at];
    if (!raft_progress_answered(peer, response->id.number, raft->env->now)) {
        return; /* timed out before, or a second answer */
    }
    if (response->term > raft->meta.term) {
        if (raft_set_term(raft, response->term)) {
            raft_become(raft, WG_ROLE_FOLLOWER);
        }
        return;
    }
    if (response->failed) {
        peer->append_succeeded = false;
        raft_attempt_failed(raft, peer);
        return;
    }
    raft_attempt_succeeded(raft, peer);
    if (response->accepted) {
        on_appended(raft, peer, response->last_index);
    } else {
        on_refused(raft, peer, response);
    }
    /* What cannot be read now waits for the next beat. */
    if (raft->role == WG_ROLE_LEADER && has_more(raft, peer) && !peer->snapshot_unreadable) {
        raft_replicate(raft, peer);
    }
}

static void expire_peer(struct wg_raft *raft, struct raft_progress *peer) {
    wg_time now = raft->env->now;
    uint32_t expired = raft_progress_expire(peer, now - raft->options.request_timeout);
    if (expired > 0) {
        peer->append_succeeded = false;
    }
    if (peer->installing &&
        peer->install.sent_at + raft->options.snapshot_request_timeout <= now) {
        peer->installing = false; /* the same chunk is sent again (1.9) */
        expired++;
    }
    for (; expired > 0 && raft->role == WG_ROLE_LEADER; expired--) {
        raft_attempt_failed(raft, peer);
    }
}

static wg_time peer_deadline(const struct wg_raft *raft, const struct raft_progress *peer) {
    wg_time deadline = WG_TIME_NEVER;
    if (peer->in_flight_count > 0) {
        deadline = peer->in_flight[0].sent_at + raft->options.request_timeout;
    }
    if (peer->installing) {
        wg_time install = peer->install.sent_at + raft->options.snapshot_request_timeout;
        deadline = install < deadline ? install : deadline;
    }
    return deadline;
}

static void expire_peers(struct wg_raft *raft) {
    for (uint32_t i = 0; i < raft->peer_count && raft->role == WG_ROLE_LEADER; i++) {
        expire_peer(raft, &raft->peers[i]);
    }
    for (uint32_t i = 0; i < raft->peer_count && raft->role == WG_ROLE_LEADER; i++) {
        wg_time deadline = peer_deadline(raft, &raft->peers[i]);
        if (deadline != WG_TIME_NEVER) {
            raft_timer_set_earlier(raft, RAFT_TIMER_REQUEST, deadline);
        }
    }
}

void raft_on_request_timeout(struct wg_raft *raft) {
    if (raft->role == WG_ROLE_LEADER) {
        expire_peers(raft);
        return;
    }
    if (!raft->round.open) {
        return;
    }
    if (raft->round.expires <= raft->env->now) {
        raft_round_expire(raft); /* with two members the round may stay open, undecided */
    } else {
        raft_timer_set_earlier(raft, RAFT_TIMER_REQUEST, raft->round.expires);
    }
}
