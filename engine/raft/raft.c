/* Replication, steps 3 and 4 of a record's way: one partition replica as a step machine.
 * Takes messages, timers and posts; gives messages, timers, the commit index and role changes.
 *
 * Invariants: one thread of control, every handler runs to its end; role, term and vote, and the
 * commit index each have one function that changes them (raft_role.c, raft_meta.c, raft_commit.c);
 * disk calls happen inside the step, effects leave after it, so what a message or commit note says
 * is on disk before anybody hears of it; an inactive replica does nothing any more.
 *
 *   INACTIVE --start--> FOLLOWER --poll won--> CANDIDATE --votes won--> LEADER
 *                          ^  ^------------------ | <------ lost, higher term, cut off -----+
 *   any --CLOSE, storage failed--> INACTIVE */
#include "raft/raft_internal.h"

#include "seams/log_writer.h"

#include <string.h>

uint32_t raft_quorum(const struct wg_raft *raft) { return raft->partition.member_count / 2 + 1; }

int raft_peer_index(const struct wg_raft *raft, wg_node_id node) {
    for (uint32_t i = 0; i < raft->peer_count; i++) {
        if (raft->peers[i].node == node) {
            return (int)i;
        }
    }
    return -1;
}

bool raft_is_member(const struct wg_raft *raft, wg_node_id node) {
    return node == raft->env->node || raft_peer_index(raft, node) >= 0;
}

uint64_t raft_next_request(struct wg_raft *raft) { return ++raft->last_request; }

wg_index raft_snapshot_index(const struct wg_raft *raft) {
    const struct wg_snapshot_id *id = wg_snapshots_latest(raft->snapshots);
    return id == NULL ? 0 : id->index;
}

struct raft_last raft_last_with_snapshot(const struct wg_raft *raft) {
    const struct wg_log_entry *entry = wg_log_entry(raft->log, wg_log_last_index(raft->log));
    if (entry != NULL) {
        return (struct raft_last){entry->index, entry->term};
    }
    const struct wg_snapshot_id *id = wg_snapshots_latest(raft->snapshots);
    return id == NULL ? (struct raft_last){0, 0} : (struct raft_last){id->index, id->term};
}

/* Members in member order without this one; INVALID if it is none of them. */
static wg_status find_members(struct wg_raft *raft) {
    const struct wg_partition_options *partition = &raft->partition;
    WG_ASSERT(raft->env, partition->member_count >= 1);
    WG_ASSERT(raft->env, partition->member_count <= WG_MAX_REPLICAS);
    bool found = false;
    for (uint32_t i = 0; i < partition->member_count; i++) {
        if (partition->members[i] == raft->env->node) {
            found = true;
            raft->priority = partition->priorities[i];
        } else {
            raft->peers[raft->peer_count++].node = partition->members[i];
        }
    }
    return found ? WG_OK : WG_INVALID;
}

/* Startup consistency of snapshot and log (engine 1.2). An empty log behind a gap is what a crash
 * in the middle of a snapshot install leaves behind. It is also what is left if the snapshot that
 * the log was cut for has been damaged since: then to begin anew would forget what was acknowledged
 * (the quirk does). A log that ends before its snapshot is what a crash in the middle of a reset
 * leaves, which deletes from the end: nothing of it is needed, and nothing could be appended to it. */
static wg_status check_log(struct wg_raft *raft) {
    wg_index snapshot = raft_snapshot_index(raft);
    wg_index first = wg_log_first_index(raft->log);
    if (wg_log_last_index(raft->log) < snapshot) {
        return wg_log_reset(raft->log, snapshot + 1);
    }
    if (first == 1 || (snapshot > 0 && snapshot + 1 >= first)) {
        return WG_OK;
    }
    bool damaged = wg_snapshots_damaged_index(raft->snapshots) + 1 >= first &&
                   !raft_has_quirk(raft, WG_QUIRK_DAMAGED_SNAPSHOT_EMPTY);
    if (damaged || !wg_log_is_empty(raft->log)) {
        return damaged ? WG_CORRUPT : WG_GAP;
    }
    return wg_log_reset(raft->log, snapshot + 1);
}

/* A restored backup has a log but no meta file: its term must not start at 0 (bug-F06). */
static wg_status check_term(struct wg_raft *raft) {
    const struct wg_log_entry *last = wg_log_entry(raft->log, wg_log_last_index(raft->log));
    if (raft->meta.term > 0 || last == NULL) {
        return WG_OK;
    }
    raft->meta.term = last->term;
    return wg_meta_store(raft->meta_store, &raft->meta);
}

static wg_status open_storage(struct wg_raft *raft) {
    wg_status status = wg_meta_open(raft->env, raft->dir, &raft->meta_store, &raft->meta);
    if (status != WG_OK) {
        return status;
    }
    struct wg_log_options options = {.dir = raft->dir,
                                     .partition = raft->partition.id,
                                     .segment_bytes = raft->options.segment_bytes,
                                     .min_free_bytes = raft->options.min_free_replication,
                                     .append_entry_cost = raft->options.costs.append_entry,
                                     .append_per_kib_cost = raft->options.costs.append_per_kib,
                                     .store_last_flushed = raft_store_last_flushed,
                                     .ctx = raft};
    status = wg_log_open(raft->env, &options, raft->meta.last_flushed, &raft->log);
    if (status == WG_OK) {
        status = check_log(raft);
    }
    return status == WG_OK ? check_term(raft) : status;
}

wg_status wg_raft_open(struct wg_env *env, const struct wg_node_options *options,
                       const struct wg_partition_options *partition, const char *dir,
                       struct wg_snapshots *snapshots, struct wg_raft **ret_raft) {
    size_t dir_bytes = strlen(dir) + 1;
    WG_ASSERT(env, dir_bytes <= RAFT_DIR_BYTES);
    WG_ASSERT(env, options->max_appends_per_follower >= 1);
    struct wg_raft *raft = wg_alloc(env, sizeof *raft);
    memset(raft, 0, sizeof *raft);
    raft->env = env;
    raft->options = *options;
    if (raft->options.max_appends_per_follower > RAFT_MAX_IN_FLIGHT) {
        raft->options.max_appends_per_follower = RAFT_MAX_IN_FLIGHT;
    }
    raft->partition = *partition;
    memcpy(raft->dir, dir, dir_bytes);
    raft->snapshots = snapshots;
    raft->role = WG_ROLE_INACTIVE;
    raft->leader = WG_NODE_NONE;
    raft->last_request = (uint64_t)env->now; /* keeps polls of two incarnations apart */
    raft->last_highest = WG_POSITION_NONE;
    raft_timers_init(raft);
    wg_status status = find_members(raft);
    if (status == WG_OK) {
        status = open_storage(raft);
    }
    if (status != WG_OK) {
        wg_raft_close(raft);
        return status;
    }
    *ret_raft = raft;
    return WG_OK;
}

void wg_raft_close(struct wg_raft *raft) {
    if (raft == NULL) {
        return;
    }
    wg_log_close(raft->log);
    if (raft->meta_store != NULL) {
        wg_meta_close(raft->meta_store);
    }
    wg_free(raft->env, raft, sizeof *raft);
}

void wg_raft_start(struct wg_raft *raft) {
    WG_ASSERT(raft->env, !raft->started);
    WG_ASSERT(raft->env, raft->role == WG_ROLE_INACTIVE);
    raft->started = true;
    raft_become(raft, WG_ROLE_FOLLOWER);
}

static void step_message(struct wg_raft *raft, const struct wg_message *message) {
    wg_charge(raft->env, raft->options.costs.raft_message);
    switch ((enum wg_message_kind)message->kind) {
    case WG_MSG_POLL_REQUEST:
        raft_on_poll_request(raft, (const struct raft_vote_request *)message);
        break;
    case WG_MSG_VOTE_REQUEST:
        raft_on_vote_request(raft, (const struct raft_vote_request *)message);
        break;
    case WG_MSG_POLL_RESPONSE:
    case WG_MSG_VOTE_RESPONSE:
        raft_on_round_response(raft, (const struct raft_response *)message);
        break;
    case WG_MSG_APPEND_REQUEST:
        raft_on_append_request(raft, (const struct raft_append_request *)message);
        break;
    case WG_MSG_APPEND_RESPONSE:
        raft_on_append_response(raft, (const struct raft_response *)message);
        break;
    case WG_MSG_INSTALL_REQUEST:
        raft_on_install_request(raft, (const struct raft_install_request *)message);
        break;
    case WG_MSG_INSTALL_RESPONSE:
        raft_on_install_response(raft, (const struct raft_response *)message);
        break;
    case WG_MSG_EXPORTER_STATE:
    case WG_MSG_SETTINGS:
    case WG_MSG_COMMAND:
    case WG_MSG_TOPOLOGY:
    case WG_MSG_KIND_COUNT:
        break;
    }
}

static void step_timer(struct wg_raft *raft, uint32_t slot) {
    WG_ASSERT(raft->env, slot < RAFT_TIMER_COUNT);
    if (!raft_timer_due(raft, (enum raft_timer)slot)) {
        return;
    }
    switch ((enum raft_timer)slot) {
    case RAFT_TIMER_ELECTION:
        raft_on_election_timeout(raft);
        break;
    case RAFT_TIMER_POLL:
        raft_on_poll_timeout(raft);
        break;
    case RAFT_TIMER_VOTE:
        raft_on_vote_timeout(raft);
        break;
    case RAFT_TIMER_HEARTBEAT:
        raft_on_heartbeat(raft);
        break;
    case RAFT_TIMER_REQUEST:
        raft_on_request_timeout(raft);
        break;
    case RAFT_TIMER_COUNT:
        break;
    }
}

static void step_post(struct wg_raft *raft, const struct wg_event *event) {
    switch (event->u.post.what) {
    case WG_POST_APPEND:
        raft_on_append_task(raft, event->u.post.ptr);
        break;
    case WG_POST_SNAPSHOT_PERSISTED:
        raft->compact_bound = event->u.post.value;
        raft_compact(raft, true);
        break;
    case WG_POST_STEP_DOWN:
        if (raft->role == WG_ROLE_LEADER) {
            raft_become(raft, WG_ROLE_FOLLOWER);
        }
        break;
    case WG_POST_CLOSE:
        raft_become(raft, WG_ROLE_INACTIVE);
        break;
    default:
        break;
    }
}

void wg_raft_step(struct wg_raft *raft, const struct wg_event *event) {
    WG_ASSERT(raft->env, event->actor == WG_ACTOR_RAFT);
    WG_ASSERT(raft->env, event->partition == raft->partition.id);
    if (raft->role == WG_ROLE_INACTIVE) {
        if (event->kind == WG_EVENT_POST && event->u.post.what == WG_POST_APPEND) {
            wg_append_task_free(raft->env, event->u.post.ptr);
        }
        return;
    }
    if (event->kind == WG_EVENT_MESSAGE) {
        step_message(raft, event->u.message);
    } else if (event->kind == WG_EVENT_TIMER) {
        step_timer(raft, event->u.timer);
    } else if (event->kind == WG_EVENT_POST) {
        step_post(raft, event);
    }
}

enum wg_role wg_raft_role(const struct wg_raft *raft) { return raft->role; }
wg_term wg_raft_term(const struct wg_raft *raft) { return raft->meta.term; }
wg_node_id wg_raft_leader(const struct wg_raft *raft) { return raft->leader; }
wg_index wg_raft_commit_index(const struct wg_raft *raft) { return raft->commit; }
struct wg_log *wg_raft_log(const struct wg_raft *raft) { return raft->log; }
