/* Being leader: taking office, appending what the sequencer hands over, making room
 * (reference: engine 1.6, 6).
 *
 * Invariants: a leader only ever appends to its own log (Raft paper, Leader Append-Only); the first
 * entry of a leadership is its initial entry; application entries carry dense positions, so a gap
 * means that the sequencer and the log have parted, and the leader steps down. */
#include "raft/raft_internal.h"

#include "seams/log_writer.h"

#define APPEND_RETRIES 5u

bool raft_compact(struct wg_raft *raft, bool keep_threshold) {
    wg_index bound = raft->compact_bound;
    if (keep_threshold) {
        uint32_t threshold = raft->options.prefer_snapshot_threshold;
        bound = bound > threshold ? bound - threshold : 0;
    }
    wg_index first = wg_log_first_index(raft->log);
    wg_index last = wg_log_last_index(raft->log);
    if (bound > last) {
        bound = last;
    }
    if (bound <= first) {
        return false;
    }
    wg_log_compact(raft->log, bound);
    WG_ASSERT(raft->env, wg_log_first_index(raft->log) <= bound);
    return wg_log_first_index(raft->log) > first;
}

/* 1.6: I/O errors are tried again; a full disk only after compaction that keeps no more than what
 * the snapshots need. */
static bool append(struct wg_raft *raft, enum wg_entry_kind kind, wg_position lowest,
                   wg_position highest, struct wg_bytes data) {
    uint32_t retries = 0;
    wg_status status;
    bool again;
    do {
        status = wg_log_append(raft->log, raft->meta.term, kind, lowest, highest, data);
        again = (status == WG_IO && retries++ < APPEND_RETRIES) ||
                (status == WG_NO_SPACE && raft_compact(raft, false));
    } while (again);
    raft->unwell = raft->unwell || status != WG_OK;
    return status == WG_OK;
}

/* Looked for once per leadership, from the end of the log. */
static wg_position last_highest_position(const struct wg_raft *raft) {
    for (wg_index i = wg_log_last_index(raft->log);; i--) {
        const struct wg_log_entry *entry = wg_log_entry(raft->log, i);
        if (entry == NULL) {
            return WG_POSITION_NONE;
        }
        if (entry->kind == WG_ENTRY_APPLICATION) {
            return entry->highest;
        }
    }
}

void raft_leader_start(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    WG_ASSERT(raft->env, raft->meta.voted_for == raft->env->node);
    wg_index next = wg_log_last_index(raft->log) + 1;
    raft->leader = raft->env->node;
    raft->leader_since = raft->env->now;
    raft->leader_announced = false;
    raft->leader_index = next;
    raft->last_highest = last_highest_position(raft);
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        raft_progress_reset(&raft->peers[i], next, raft->env->now);
    }
    struct wg_bytes nothing = {NULL, 0};
    if (!append(raft, WG_ENTRY_INITIAL, WG_POSITION_NONE, WG_POSITION_NONE, nothing)) {
        raft_become(raft, WG_ROLE_FOLLOWER);
        return;
    }
    raft_timer_set(raft, RAFT_TIMER_HEARTBEAT,
                   raft->env->now + raft->options.heartbeat_interval);
    raft_replicate_all(raft);
    if (raft->role == WG_ROLE_LEADER) {
        raft_leader_commit(raft);
    }
}

void raft_leader_stop(struct wg_raft *raft) {
    WG_ASSERT(raft->env, raft->role == WG_ROLE_LEADER);
    raft_timer_cancel(raft, RAFT_TIMER_HEARTBEAT);
    if (raft->leader == raft->env->node) {
        raft->leader = WG_NODE_NONE;
    }
}

/* 1.6: the validator wants lowest == previous highest + 1. Nothing to compare with if the log holds
 * no application entry (it begins at a snapshot). */
static bool is_next_position(const struct wg_raft *raft, const struct wg_append_task *task) {
    return task->lowest <= task->highest && (raft->last_highest == WG_POSITION_NONE ||
                                             task->lowest == raft->last_highest + 1);
}

static bool append_task(struct wg_raft *raft, const struct wg_append_task *task) {
    if (!is_next_position(raft, task)) {
        return false;
    }
    struct wg_bytes data = {task->batch->bytes, task->batch->len};
    if (!append(raft, WG_ENTRY_APPLICATION, task->lowest, task->highest, data)) {
        return false;
    }
    raft->last_highest = task->highest;
    return true;
}

void raft_on_append_task(struct wg_raft *raft, void *post) {
    struct wg_append_task *task = post;
    WG_ASSERT(raft->env, task != NULL);
    /* A batch sequenced in another leadership must not get in (bug-F12). */
    bool mine = raft->role == WG_ROLE_LEADER && task->term == raft->meta.term;
    bool appended = mine && append_task(raft, task);
    wg_append_task_free(raft->env, task);
    if (!mine) {
        return;
    }
    if (!appended) {
        raft_become(raft, WG_ROLE_FOLLOWER);
        return;
    }
    raft_replicate_all(raft);
    if (raft->peer_count == 0) {
        raft_leader_commit(raft);
    }
}
