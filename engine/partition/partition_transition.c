/* Role transitions of one partition replica (reference: engine 4.6).
 *
 * Services close in reverse order (exporter director, snapshot director, stream processor) and are
 * installed in order. FOLLOWER <-> CANDIDATE keeps what runs. The state ("DB") survives
 * FOLLOWER -> LEADER; leaving LEADER or INACTIVE drops it, because a leader's state may hold
 * results that were never committed, and the next installation loads the latest snapshot.
 *
 * Invariants: at most one transition runs; every step of it is a job of its own, and between two
 * of them a newer target cancels it: what was installed closes again, in reverse order; a leader is
 * installed only while raft still is leader in that term. */
#include "partition/partition_internal.h"
#include "partition/topology.h"

static bool is_follower_like(enum wg_role role) {
    return role == WG_ROLE_FOLLOWER || role == WG_ROLE_CANDIDATE;
}

static void post_self(struct wg_partition *p, enum wg_actor actor, enum wg_post what) {
    wg_emit_post(p->shared->env, p->options->id, actor, what, what == WG_POST_WAKE, 0, 0, NULL);
}

static enum wg_role target_role(const struct wg_partition *p) {
    if (p->stopping || p->receiving) {
        return WG_ROLE_INACTIVE;
    }
    return p->wanted;
}

/* Whether what is installed is of that role. */
static bool fits(const struct wg_partition *p, enum wg_role role, wg_term term) {
    if (role == WG_ROLE_LEADER) {
        return p->installed == WG_ROLE_LEADER && p->installed_term == term;
    }
    return p->installed == role || (is_follower_like(role) && is_follower_like(p->installed));
}

/* Whether what runs now is what the target asks for. */
static bool is_settled(const struct wg_partition *p) {
    enum wg_role target = target_role(p);
    if (p->reload && target != WG_ROLE_INACTIVE) {
        return false;
    }
    return fits(p, target, p->wanted_term);
}

bool wg_partition_serves(const struct wg_partition *p, enum wg_role role, wg_term term) {
    return p->transition == WG_SETTLED && p->processor != NULL && fits(p, role, term);
}

static void drop_state(struct wg_partition *p) {
    wg_state_free(p->state);
    p->state = NULL;
}

static wg_status open_state(struct wg_partition *p) {
    if (p->state != NULL) {
        return WG_OK;
    }
    wg_status status = wg_snapshots_load(p->snapshots, &p->state);
    if (status == WG_NOT_FOUND) {
        p->state = wg_state_new(p->shared->env);
        status = WG_OK;
    }
    return status;
}

/* --- installing ------------------------------------------------------------------------------ */

static void claim_transition(struct wg_partition *p) {
    wg_claim(p->shared->env, WG_CLAIM_TRANSITION, p->options->id, p->target, p->target_term, 0, 0);
}

static wg_status install_processor(struct wg_partition *p, bool leader) {
    struct wg_partition_shared *s = p->shared;
    wg_status status = wg_processor_new(
        s->env, &s->options, p->options->id, wg_raft_log(p->raft), p->state,
        leader ? WG_PROCESSOR_PROCESSING : WG_PROCESSOR_REPLAY, p->target_term, p->visible_commit,
        &p->processor);
    if (status != WG_OK) {
        return status;
    }
    if (leader) {
        p->installed = WG_ROLE_LEADER; /* from now on the state may hold uncommitted results */
    }
    wg_processor_use_topology(p->processor, &s->topology);
    claim_transition(p); /* before anything that the services claim */
    wg_partition_apply_pause(p);
    post_self(p, WG_ACTOR_PROCESSOR, WG_POST_WAKE);
    return WG_OK;
}

/* A leader that takes no commands, idle or on a full disk, commits nothing: it must know from the
 * start what is committed, or it takes no snapshot and never cuts its log. */
static void install_snapshot_director(struct wg_partition *p, bool leader) {
    struct wg_partition_shared *s = p->shared;
    p->snapshot_director = wg_snapshot_director_new(
        s->env, &s->options, p->options->id, wg_raft_log(p->raft), p->state, p->snapshots,
        wg_processor_positions(p->processor), leader ? p->target_term : 0);
    if (!wg_has_quirk(&s->options, WG_QUIRK_IDLE_LEADER_NO_SNAPSHOT)) {
        (void)wg_snapshot_director_committed(p->snapshot_director, p->visible_commit);
    }
    post_self(p, WG_ACTOR_SNAPSHOT, WG_POST_WAKE);
}

static void install_director(struct wg_partition *p, bool leader) {
    struct wg_partition_shared *s = p->shared;
    p->director = wg_director_new(s->env, &s->options, p->options, wg_raft_log(p->raft), p->state,
                                  leader ? WG_DIRECTOR_ACTIVE : WG_DIRECTOR_PASSIVE, p->exporting,
                                  p->target_term, p->visible_commit, &s->next_instance,
                                  &s->next_call);
    wg_director_set_metrics(p->director, &p->metrics);
    post_self(p, WG_ACTOR_EXPORTER, WG_POST_WAKE);
}

static wg_status do_step(struct wg_partition *p) {
    struct wg_partition_shared *s = p->shared;
    bool leader = p->target == WG_ROLE_LEADER;
    wg_charge(s->env, s->options.costs.transition_step);
    switch (p->step) {
    case WG_INSTALL_STATE:
        return open_state(p);
    case WG_INSTALL_PROCESSOR:
        return install_processor(p, leader);
    case WG_INSTALL_SNAPSHOT:
        install_snapshot_director(p, leader);
        return WG_OK;
    case WG_INSTALL_EXPORTER:
        install_director(p, leader);
        return WG_OK;
    }
    return WG_OK;
}

static void finish_install(struct wg_partition *p) {
    p->transition = WG_SETTLED;
    p->installed = p->target;
    p->installed_term = p->target_term;
    if (p->installed == WG_ROLE_LEADER) {
        wg_topology_announce(p->shared, p->options->id, p->installed_term);
    }
}

/* One step; the next one is a job of its own. */
static void install_step(struct wg_partition *p) {
    wg_status status = do_step(p);
    if (status != WG_OK) {
        p->transition = WG_SETTLED;
        p->installed = WG_ROLE_INACTIVE;
        drop_state(p);
        wg_partition_suspect(p, status, WG_ACTOR_PARTITION);
    } else if (p->step == WG_INSTALL_EXPORTER) {
        finish_install(p);
    } else {
        p->step++;
        post_self(p, WG_ACTOR_PARTITION, WG_POST_WAKE);
    }
}

static void stopped(struct wg_partition *p) {
    p->transition = WG_STOPPED;
    post_self(p, WG_ACTOR_RAFT, WG_POST_CLOSE);
    struct wg_effect effect = {.kind = WG_EFFECT_STOPPED, .partition = p->options->id};
    p->shared->env->ops->emit(p->shared->env, &effect);
}

/* Nothing runs: begins to install the target. */
static void begin_install(struct wg_partition *p) {
    p->target = target_role(p);
    p->target_term = p->wanted_term;
    p->transition = WG_SETTLED;
    if (p->stopping) {
        stopped(p);
        return;
    }
    if (p->target == WG_ROLE_INACTIVE) {
        claim_transition(p);
        finish_install(p);
        return;
    }
    p->installed = WG_ROLE_INACTIVE;
    /* Upstream: recoverable error, only logged; the next role change comes by itself. */
    if (p->target == WG_ROLE_LEADER && (wg_raft_role(p->raft) != WG_ROLE_LEADER ||
                                        wg_raft_term(p->raft) != p->wanted_term)) {
        drop_state(p);
        return;
    }
    p->installations++;
    p->transition = WG_INSTALLING;
    p->step = WG_INSTALL_STATE;
    post_self(p, WG_ACTOR_PARTITION, WG_POST_WAKE);
}

/* Whether what is being installed is still wanted. */
static bool is_target_current(const struct wg_partition *p) {
    enum wg_role role = target_role(p);
    if (p->reload) {
        return false;
    }
    if (p->target == WG_ROLE_LEADER || role == WG_ROLE_LEADER) {
        return p->target == role && p->target_term == p->wanted_term;
    }
    return p->target == role || (is_follower_like(p->target) && is_follower_like(role));
}

/* --- closing ---------------------------------------------------------------------------------- */

/* Asks the next service that still runs to close; begins to install when none does. */
static void close_next(struct wg_partition *p) {
    if (p->director_failed && !p->stopping) {
        /* Upstream: the failed director's close fails, so the transition does, whatever its target
         * (exporters 3.7). */
        p->transition = WG_SETTLED;
        wg_partition_fail(p, WG_FATAL, WG_ACTOR_EXPORTER);
        return;
    }
    if (p->director != NULL) {
        p->closing = WG_ACTOR_EXPORTER;
    } else if (p->snapshot_director != NULL) {
        p->closing = WG_ACTOR_SNAPSHOT;
    } else if (p->processor != NULL) {
        p->closing = WG_ACTOR_PROCESSOR;
    } else {
        enum wg_role target = target_role(p);
        if (p->installed == WG_ROLE_LEADER || target == WG_ROLE_INACTIVE || p->reload) {
            drop_state(p);
            p->reload = false;
        }
        begin_install(p);
        return;
    }
    p->transition = WG_CLOSING;
    post_self(p, p->closing, WG_POST_CLOSE);
}

/* Starts or goes on with the transition to the wanted role. */
void wg_partition_advance(struct wg_partition *p) {
    if (p->transition == WG_INSTALLING && is_target_current(p)) {
        install_step(p);
        return;
    }
    bool idle = p->transition == WG_SETTLED && is_settled(p) && !p->stopping;
    if ((p->transition != WG_SETTLED && p->transition != WG_INSTALLING) || idle) {
        return;
    }
    wg_charge(p->shared->env, p->shared->options.costs.transition_step);
    close_next(p);
}

void wg_partition_on_role(struct wg_partition *p, enum wg_role role, wg_term term) {
    if (p->transition == WG_DEAD || p->transition == WG_STOPPED) {
        return;
    }
    p->wanted = role;
    p->wanted_term = term;
    /* By way of a note to itself, so that the commit index of the same raft job is seen first. */
    post_self(p, WG_ACTOR_PARTITION, WG_POST_WAKE);
}

void wg_partition_on_closed(struct wg_partition *p, enum wg_actor actor, wg_status status) {
    if (p->transition != WG_CLOSING || actor != p->closing) {
        return;
    }
    if (actor == WG_ACTOR_EXPORTER) {
        wg_director_free(p->director);
        p->director = NULL;
        p->director_failed = status != WG_OK;
    }
    close_next(p);
    if (p->transition == WG_SETTLED && !is_settled(p)) {
        post_self(p, WG_ACTOR_PARTITION, WG_POST_WAKE);
    }
}

void wg_partition_stop(struct wg_partition *p) {
    if (p->transition == WG_DEAD || p->transition == WG_STOPPED) {
        struct wg_effect stopped = {.kind = WG_EFFECT_STOPPED, .partition = p->options->id};
        p->shared->env->ops->emit(p->shared->env, &stopped);
        return;
    }
    p->stopping = true;
    post_self(p, WG_ACTOR_PARTITION, WG_POST_WAKE);
}

/* A service or an installation failed: a leader steps down so that another replica can take over, a
 * follower stops for good (reference: engine 4.6, install failure). */
void wg_partition_fail(struct wg_partition *p, wg_status status, enum wg_actor where) {
    wg_claim(p->shared->env, WG_CLAIM_PARTITION_FAILED, p->options->id, (uint64_t)status,
             (uint64_t)where, 0, 0);
    bool was_leader = p->raft != NULL && wg_raft_role(p->raft) == WG_ROLE_LEADER &&
                      wg_raft_term(p->raft) == p->wanted_term && p->wanted == WG_ROLE_LEADER;
    if (p->processor == NULL) { /* failed while installing: nothing refers to the state */
        p->installed = WG_ROLE_INACTIVE;
        drop_state(p);
    }
    if (was_leader && p->transition != WG_DEAD) {
        post_self(p, WG_ACTOR_RAFT, WG_POST_STEP_DOWN);
        return;
    }
    p->transition = WG_DEAD;
    p->installed = WG_ROLE_INACTIVE;
    post_self(p, WG_ACTOR_RAFT, WG_POST_CLOSE);
}

void wg_partition_suspect(struct wg_partition *p, wg_status status, enum wg_actor where) {
    wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_RAFT, WG_POST_FAILED, false,
                 p->installations << 8 | (uint64_t)where, (uint64_t)status, NULL);
}

void wg_partition_on_suspect(struct wg_partition *p, uint64_t what, wg_status status) {
    bool running = p->transition == WG_SETTLED || p->transition == WG_INSTALLING;
    if (what >> 8 == p->installations && running && !p->receiving && !p->reload) {
        wg_partition_fail(p, status, (enum wg_actor)(what & 0xff));
    }
}
