/* A leader sends its latest snapshot to a follower that is too far behind (reference: engine 1.7,
 * 1.9).
 *
 * Invariants: one chunk in flight per follower; a time-out sends the same chunk again (bug-S19), an
 * error starts over; a newer snapshot starts over with that one; a follower that has this snapshot
 * already never gets it again (bug-S15). */
#include "raft/raft_internal.h"

bool raft_needs_snapshot(const struct wg_raft *raft, const struct raft_progress *peer) {
    const struct wg_snapshot_id *id = wg_snapshots_latest(raft->snapshots);
    if (id == NULL || peer->snapshot_index >= id->index) {
        return false;
    }
    wg_index current = peer->next - 1;
    if (wg_log_first_index(raft->log) > current) {
        return true;
    }
    return id->index > current && id->index - current > raft->options.prefer_snapshot_threshold;
}

static bool is_same(const struct wg_snapshot_id *a, const struct wg_snapshot_id *b) {
    return a->term == b->term && wg_snapshot_id_compare(a, b) == 0;
}

void raft_send_snapshot(struct wg_raft *raft, struct raft_progress *peer) {
    if (peer->installing) {
        return;
    }
    const struct wg_snapshot_id *latest = wg_snapshots_latest(raft->snapshots);
    WG_ASSERT(raft->env, latest != NULL && latest->index > 0);
    if (!is_same(&peer->install_id, latest)) {
        peer->install_id = *latest;
        peer->install_chunk = 0;
    }
    struct raft_install_request content = {.id = {raft_next_request(raft), raft->meta.term}};
    wg_status status = wg_snapshots_chunk(raft->snapshots, &peer->install_id, peer->install_chunk,
                                          raft->options.snapshot_chunk_bytes, &content.chunk);
    peer->snapshot_unreadable = status != WG_OK;
    if (status != WG_OK) {
        peer->install_chunk = 0; /* the next beat tries again; a newer one may be sound */
        return;
    }
    WG_ASSERT(raft->env, content.chunk.number == peer->install_chunk);
    struct raft_install_request *request =
        raft_install_request_new(raft->env, raft->partition.id, peer->node, &content);
    peer->installing = true;
    peer->install = (struct raft_in_flight){content.id.number, raft->env->now};
    peer->install_last = content.chunk.last;
    raft_timer_set_earlier(raft, RAFT_TIMER_REQUEST,
                           raft->env->now + raft->options.snapshot_request_timeout);
    wg_claim(raft->env, WG_CLAIM_SNAPSHOT_SEND, raft->partition.id, latest->index, peer->node,
             peer->install_chunk, 0);
    wg_emit_send(raft->env, &request->base);
}

static void on_stored(struct raft_progress *peer) {
    if (!peer->install_last) {
        peer->install_chunk++;
        return;
    }
    peer->snapshot_index = peer->install_id.index;
    peer->next = peer->install_id.index + 1;
    peer->install_chunk = 0;
}

void raft_on_install_response(struct wg_raft *raft, const struct raft_response *response) {
    int at = raft_peer_index(raft, response->base.from);
    if (raft->role != WG_ROLE_LEADER || response->id.term != raft->meta.term || at < 0) {
        return;
    }
    struct raft_progress *peer = &raft->peers[at];
    if (!peer->installing || peer->install.number != response->id.number) {
        return; /* timed out before, or a second answer */
    }
    peer->installing = false;
    if (response->term > raft->meta.term) {
        if (raft_set_term(raft, response->term)) {
            raft_become(raft, WG_ROLE_FOLLOWER);
        }
        return;
    }
    if (response->failed) {
        peer->install_chunk = 0;
        raft_attempt_failed(raft, peer);
        return;
    }
    raft_attempt_succeeded(raft, peer);
    on_stored(peer);
    raft_replicate(raft, peer);
}
