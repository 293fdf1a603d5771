/* The commit index: the one thing that everybody behind raft may rely on (reference: engine 1.2,
 * 1.7; Raft paper 5.3, 5.4.2).
 *
 * Invariants: moves up only; a leader counts entries of its own term only, those before come along
 * (never commit older terms directly); a leader counts itself, so its log is flushed before the
 * index is announced; a leader is announced when its initial entry is committed, not before. */
#include "raft/raft_internal.h"

static wg_term term_at(const struct wg_raft *raft, wg_index index) {
    const struct wg_log_entry *entry = wg_log_entry(raft->log, index);
    if (entry != NULL) {
        return entry->term;
    }
    const struct wg_snapshot_id *id = wg_snapshots_latest(raft->snapshots);
    return id != NULL && id->index == index ? id->term : 0;
}

/* A late request may prove an index committed that was compacted here long ago: nobody can read
 * there any more and its term is forgotten, so it is no news. */
static bool is_known(const struct wg_raft *raft, wg_index index) {
    return index >= wg_log_first_index(raft->log) || index == raft_snapshot_index(raft);
}

static void announce(struct wg_raft *raft) {
    wg_partition_id partition = raft->partition.id;
    wg_claim(raft->env, WG_CLAIM_COMMIT, partition, raft->commit, term_at(raft, raft->commit),
             raft->meta.term, 0);
    wg_emit_post(raft->env, partition, WG_ACTOR_PROCESSOR, WG_POST_COMMIT, true, raft->commit, 0,
                 NULL);
    wg_emit_post(raft->env, partition, WG_ACTOR_EXPORTER, WG_POST_COMMIT, true, raft->commit, 0,
                 NULL);
    if (raft->role == WG_ROLE_LEADER && !raft->leader_announced) {
        WG_ASSERT(raft->env, raft->commit >= raft->leader_index);
        raft->leader_announced = true;
        wg_emit_post(raft->env, partition, WG_ACTOR_PARTITION, WG_POST_ROLE, false, WG_ROLE_LEADER,
                     raft->meta.term, NULL);
    }
}

void raft_set_commit(struct wg_raft *raft, wg_index index) {
    if (index <= raft->commit || !is_known(raft, index)) {
        return;
    }
    WG_ASSERT(raft->env, index <= wg_log_last_index(raft->log));
    if (raft->role == WG_ROLE_LEADER) {
        wg_status status = wg_log_flush(raft->log);
        if (status != WG_OK) {
            raft_storage_failed(raft, status);
            return;
        }
        raft->unwell = false;
        WG_ASSERT(raft->env, wg_log_last_flushed(raft->log) >= index);
    }
    raft->commit = index;
    raft->ready = raft->ready || index >= raft->first_commit;
    announce(raft);
}

/* The highest index that a quorum stores, with this leader as one that always matches. */
static wg_index quorum_match(const struct wg_raft *raft) {
    if (raft->peer_count == 0) {
        return wg_log_last_index(raft->log);
    }
    wg_index matches[WG_MAX_REPLICAS];
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        uint32_t at = i;
        for (; at > 0 && matches[at - 1] < raft->peers[i].match; at--) {
            matches[at] = matches[at - 1];
        }
        matches[at] = raft->peers[i].match;
    }
    return matches[raft_quorum(raft) - 2];
}

void raft_leader_commit(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    wg_index index = quorum_match(raft);
    if (index > raft->commit && index >= raft->leader_index) {
        raft_set_commit(raft, index);
    }
}
