/* Role transitions of one partition replica (reference: engine 4.6).
 *
 * Services close in reverse order (exporter director, snapshot director, stream processor) and are
 * installed in order. FOLLOWER <-> CANDIDATE keeps what runs. The state ("DB") survives
 * FOLLOWER -> LEADER; leaving LEADER or INACTIVE drops it, because a leader's state may hold
 * results that were never committed, and the next installation loads the latest snapshot.
 *
 * Invariants: at most one transition runs; a newer target replaces an older one between steps; a
 * leader is installed only while raft still is leader in that term. */
#include "partition/partition_internal.h"

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

/* Whether what runs now is what the target asks for. */
static bool is_settled(const struct wg_partition *p) {
    enum wg_role target = target_role(p);
    if (p->reload && target != WG_ROLE_INACTIVE) {
        return false;
    }
    if (target == WG_ROLE_LEADER) {
        return p->installed == WG_ROLE_LEADER && p->installed_term == p->wanted_term;
    }
    return p->installed == target || (is_follower_like(target) && is_follower_like(p->installed));
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

static wg_status install_services(struct wg_partition *p, bool leader, wg_term term) {
    struct wg_partition_shared *s = p->shared;
    struct wg_log *log = wg_raft_log(p->raft);
    wg_charge(s->env, 4 * s->options.costs.transition_step);
    wg_status status = open_state(p);
    if (status == WG_OK) {
        status = wg_processor_new(s->env, &s->options, p->options->id, log, p->state,
                                  leader ? WG_PROCESSOR_PROCESSING : WG_PROCESSOR_REPLAY, term,
                                  p->visible_commit, &p->processor);
    }
    if (status != WG_OK) {
        return status;
    }
    p->snapshot_director =
        wg_snapshot_director_new(s->env, &s->options, p->options->id, log, p->state, p->snapshots,
                                 wg_processor_positions(p->processor), leader);
    p->director = wg_director_new(s->env, &s->options, p->options, log, p->state,
                                  leader ? WG_DIRECTOR_ACTIVE : WG_DIRECTOR_PASSIVE, term,
                                  p->visible_commit, &s->next_instance, &s->next_call);
    post_self(p, WG_ACTOR_PROCESSOR, WG_POST_WAKE);
    post_self(p, WG_ACTOR_SNAPSHOT, WG_POST_WAKE);
    post_self(p, WG_ACTOR_EXPORTER, WG_POST_WAKE);
    return WG_OK;
}

static void install(struct wg_partition *p) {
    struct wg_env *env = p->shared->env;
    enum wg_role target = target_role(p);
    bool leader = target == WG_ROLE_LEADER;
    p->transition = WG_SETTLED;
    if (p->stopping) {
        p->transition = WG_STOPPED;
        post_self(p, WG_ACTOR_RAFT, WG_POST_CLOSE);
        struct wg_effect stopped = {.kind = WG_EFFECT_STOPPED, .partition = p->options->id};
        env->ops->emit(env, &stopped);
        return;
    }
    if (target != WG_ROLE_INACTIVE) {
        /* Upstream: recoverable error, only logged; the next role change comes by itself. */
        if (leader && (wg_raft_role(p->raft) != WG_ROLE_LEADER ||
                       wg_raft_term(p->raft) != p->wanted_term)) {
            p->installed = WG_ROLE_INACTIVE;
            drop_state(p);
            return;
        }
        p->installations++;
        wg_status status = install_services(p, leader, p->wanted_term);
        if (status != WG_OK) {
            p->installed = WG_ROLE_INACTIVE;
            drop_state(p);
            wg_partition_suspect(p, status, WG_ACTOR_PARTITION);
            return;
        }
    }
    p->installed = target;
    p->installed_term = p->wanted_term;
    wg_claim(env, WG_CLAIM_TRANSITION, p->options->id, target, p->wanted_term, 0, 0);
}

/* Asks the next service that still runs to close; installs when none does. */
static void close_next(struct wg_partition *p) {
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
        install(p);
        return;
    }
    p->transition = WG_CLOSING;
    post_self(p, p->closing, WG_POST_CLOSE);
}

/* Starts or goes on with the transition to the wanted role. */
void wg_partition_advance(struct wg_partition *p) {
    if (p->transition != WG_SETTLED || (is_settled(p) && !p->stopping)) {
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

void wg_partition_on_closed(struct wg_partition *p, enum wg_actor actor) {
    if (p->transition != WG_CLOSING || actor != p->closing) {
        return;
    }
    if (actor == WG_ACTOR_EXPORTER) {
        wg_director_free(p->director);
        p->director = NULL;
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
    if (what >> 8 == p->installations && p->transition == WG_SETTLED && !p->receiving &&
        !p->reload) {
        wg_partition_fail(p, status, (enum wg_actor)(what & 0xff));
    }
}
