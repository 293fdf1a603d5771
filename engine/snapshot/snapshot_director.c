/* Record flow, beside the way: decides when this replica takes a snapshot of its state and what log
 * index it stands for (reference: engine 5). What it persists bounds what raft may compact.
 *
 * One run: id from P (processed) and E (lowest exporter position) -> checkpoint of the state ->
 * W (last written), read after the checkpoint so that it covers everything in it -> on a leader
 * wait until W is committed -> log flushed up to there -> persist -> tell raft the new bound.
 *
 * Invariants
 * - The snapshot of a leader holds no effect of a record that is not committed: results are written
 *   to the state before they are committed, and another leader may never know them (S01).
 * - The id's index is below the entry that holds min(P, E): the processor and every exporter find
 *   in the log, or directly behind it, where they left off.
 * - One run at a time; a tick during one is skipped. */
#include "snapshot/snapshot_director.h"

#include "base/assert.h"

#define TIMER_PERIOD 0u

struct wg_snapshot_director {
    struct wg_env *env;
    wg_partition_id partition;
    struct wg_log *log;
    struct wg_state *state;
    struct wg_snapshots *snapshots;
    const struct wg_stream_positions *positions;
    wg_term term; /* led in by the replica; 0 = it follows */
    wg_time period, base_cost, per_kib_cost;

    bool armed;
    wg_time next_run;
    wg_index commit; /* highest heard of since creation; 0 = none */

    struct wg_state_checkpoint *checkpoint; /* of the run that waits; NULL = none */
    struct wg_snapshot_id id;
    wg_position last_written;
    uint64_t state_bytes;
};

struct wg_snapshot_director *
wg_snapshot_director_new(struct wg_env *env, const struct wg_node_options *options,
                         wg_partition_id partition, struct wg_log *log, struct wg_state *state,
                         struct wg_snapshots *snapshots,
                         const struct wg_stream_positions *positions, wg_term term) {
    WG_ASSERT(env, options->snapshot_period > 0);
    struct wg_snapshot_director *director = wg_alloc(env, sizeof *director);
    *director = (struct wg_snapshot_director){.env = env,
                                              .partition = partition,
                                              .log = log,
                                              .state = state,
                                              .snapshots = snapshots,
                                              .positions = positions,
                                              .term = term,
                                              .period = options->snapshot_period,
                                              .base_cost = options->costs.snapshot_base,
                                              .per_kib_cost = options->costs.snapshot_per_kib};
    return director;
}

static void end_run(struct wg_snapshot_director *director) {
    if (director->checkpoint != NULL) {
        wg_state_checkpoint_free(director->checkpoint);
        director->checkpoint = NULL;
    }
}

void wg_snapshot_director_free(struct wg_snapshot_director *director) {
    if (director != NULL) {
        end_run(director);
        wg_free(director->env, director, sizeof *director);
    }
}

bool wg_snapshot_director_committed(struct wg_snapshot_director *director, wg_index commit) {
    if (commit > director->commit) {
        director->commit = commit;
    }
    return wg_snapshot_director_waits(director);
}

bool wg_snapshot_director_waits(const struct wg_snapshot_director *director) {
    return director->checkpoint != NULL;
}

/* --- when ------------------------------------------------------------------------------------- */

static void arm_at(struct wg_snapshot_director *director, wg_time at) {
    director->next_run = at;
    wg_emit_timer(director->env, director->partition, WG_ACTOR_SNAPSHOT, TIMER_PERIOD, at);
}

/* First run after whole minutes in [1 min, period), so that replicas do not all do it at once. */
static void arm_first(struct wg_snapshot_director *director) {
    wg_time delay = director->period;
    if (delay > WG_MINUTE) {
        uint32_t choices = (uint32_t)((delay - 1) / WG_MINUTE);
        uint32_t choice = director->env->ops->choose(director->env, director->partition,
                                                     WG_CHOOSE_SNAPSHOT_PHASE, choices);
        delay = (1 + (wg_time)choice) * WG_MINUTE;
    }
    director->armed = true;
    arm_at(director, director->env->now + delay);
}

/* Fixed rate: the next run does not move by how late this one is. */
static void arm_next(struct wg_snapshot_director *director) {
    wg_time at = director->next_run + director->period;
    if (at <= director->env->now) {
        at += (director->env->now - at) / director->period * director->period + director->period;
    }
    arm_at(director, at);
}

/* --- what ------------------------------------------------------------------------------------- */

/* The entry before the one that holds `position`, or NULL. */
static const struct wg_log_entry *entry_before(const struct wg_log *log, wg_position position) {
    wg_index index = wg_log_index_of_position(log, position);
    return index == 0 ? NULL : wg_log_entry(log, index - 1);
}

/* The id of a snapshot taken now; false = there is nothing to take, or no index for it. */
static bool next_id(const struct wg_snapshot_director *director, struct wg_snapshot_id *ret_id) {
    const struct wg_snapshot_id *latest = wg_snapshots_latest(director->snapshots);
    wg_position processed = director->positions->last_processed;
    wg_position exported = wg_exporter_rows_lowest(director->state);
    if (processed == WG_POSITION_NONE) {
        return false;
    }
    struct wg_snapshot_id id = {.processed = processed, .exported = exported};
    if (latest != NULL) {
        id.index = latest->index;
        id.term = latest->term;
    }
    if (exported == WG_POSITION_NONE) {
        /* Some exporter has taken nothing yet. The log may not be cut further, but state is worth
         * keeping all the same: restarts would have to replay everything (S05). */
        id.exported = 0;
        *ret_id = id;
        return true;
    }
    const struct wg_log_entry *entry =
        entry_before(director->log, exported < processed ? exported : processed);
    if (entry != NULL) {
        id.index = entry->index;
        id.term = entry->term;
    } else if (latest == NULL) {
        return false;
    }
    /* Else it is compacted or was never received: the latest snapshot's place holds (S06). */
    *ret_id = id;
    return true;
}

static bool is_known(const struct wg_snapshot_director *director, const struct wg_snapshot_id *id) {
    const struct wg_snapshot_id *latest = wg_snapshots_latest(director->snapshots);
    return latest != NULL && wg_snapshot_id_compare(id, latest) == 0;
}

/* Whether record `position`, as this replica wrote it, is committed as far as the director has heard.
 * A leader whose close is held up may see the next leader's record of the same position committed in
 * place of its own. */
static bool is_committed(const struct wg_snapshot_director *director, wg_position position) {
    wg_index at = wg_log_last_index(director->log);
    if (at > director->commit) {
        at = director->commit;
    }
    const struct wg_log_entry *entry = wg_log_entry(director->log, at);
    while (entry != NULL && entry->kind != WG_ENTRY_APPLICATION) {
        entry = wg_log_entry(director->log, entry->index - 1);
    }
    if (entry == NULL || entry->highest < position) {
        return false;
    }
    const struct wg_log_entry *holder =
        wg_log_entry(director->log, wg_log_index_of_position(director->log, position));
    return holder == NULL || holder->term <= director->term; /* NULL: compacted */
}

/* The log must hold durably what the snapshot counts as processed and written. Raft flushes before
 * it announces a commit, so usually it does. Not flushing then matters: what this job syncs is
 * durable only when it ends, and raft, which runs beside it, would take it as done at once. */
static wg_status flush_log(struct wg_snapshot_director *director) {
    wg_position needed = director->id.processed;
    if (director->last_written > needed) {
        needed = director->last_written;
    }
    wg_index index = wg_log_index_of_position(director->log, needed);
    bool flushed = wg_log_last_flushed(director->log) >= index;
    return flushed ? WG_OK : wg_log_flush(director->log);
}

static void persist(struct wg_snapshot_director *director) {
    struct wg_env *env = director->env;
    wg_charge(env, director->per_kib_cost * (wg_time)(director->state_bytes / 1024));
    wg_status status = flush_log(director);
    if (status == WG_OK) {
        status = wg_snapshots_persist(director->snapshots, &director->id, director->checkpoint,
                                      director->last_written);
    }
    end_run(director);
    if (status == WG_OK) {
        wg_emit_post(env, director->partition, WG_ACTOR_RAFT, WG_POST_SNAPSHOT_PERSISTED, true,
                     wg_snapshots_compaction_bound(director->snapshots), 0, NULL);
    }
}

static void persist_when_committed(struct wg_snapshot_director *director) {
    bool wait = director->term != 0 && director->last_written != WG_POSITION_NONE;
    if (!wait || is_committed(director, director->last_written)) {
        persist(director);
    }
}

static void run(struct wg_snapshot_director *director) {
    struct wg_snapshot_id id;
    if (director->checkpoint != NULL || !next_id(director, &id) || is_known(director, &id)) {
        return;
    }
    wg_charge(director->env, director->base_cost);
    director->id = id;
    director->state_bytes = wg_state_bytes(director->state);
    director->checkpoint = wg_state_checkpoint_take(director->state);
    director->last_written = director->positions->last_written;
    persist_when_committed(director);
}

/* --- events ----------------------------------------------------------------------------------- */

static void on_post(struct wg_snapshot_director *director, uint32_t what, uint64_t value) {
    if (what == WG_POST_WAKE && !director->armed) {
        arm_first(director);
    } else if (what == WG_POST_COMMIT) {
        director->commit = value > director->commit ? value : director->commit;
        if (director->checkpoint != NULL) {
            persist_when_committed(director);
        }
    } else if (what == WG_POST_TAKE_SNAPSHOT) {
        run(director);
    }
}

void wg_snapshot_director_step(struct wg_snapshot_director *director,
                               const struct wg_event *event) {
    WG_ASSERT(director->env, event->actor == WG_ACTOR_SNAPSHOT);
    if (event->kind == WG_EVENT_POST) {
        on_post(director, event->u.post.what, event->u.post.value);
    } else if (event->kind == WG_EVENT_TIMER && event->u.timer == TIMER_PERIOD) {
        run(director);
        arm_next(director);
    }
}
