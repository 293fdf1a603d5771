/* Deadlines over the host's timer slots.
 *
 * Invariants: a deadline that is on has a host timer armed at or before it; a timer that fires
 * early is armed again, so moving a deadline up costs no effect. All deadlines are absolute, on
 * this broker's monotonic clock. */
#include "raft/raft_internal.h"

void raft_timers_init(struct wg_raft *raft) {
    for (uint32_t i = 0; i < RAFT_TIMER_COUNT; i++) {
        raft->timers[i] = (struct raft_deadline){WG_TIME_NEVER, WG_TIME_NEVER};
    }
}

static void arm(struct wg_raft *raft, enum raft_timer timer) {
    struct raft_deadline *deadline = &raft->timers[timer];
    WG_ASSERT(raft->env, deadline->at != WG_TIME_NEVER);
    deadline->armed = deadline->at;
    wg_emit_timer(raft->env, raft->partition.id, WG_ACTOR_RAFT, (uint32_t)timer, deadline->at);
}

void raft_timer_set(struct wg_raft *raft, enum raft_timer timer, wg_time at) {
    struct raft_deadline *deadline = &raft->timers[timer];
    WG_ASSERT(raft->env, at >= raft->env->now);
    deadline->at = at;
    if (deadline->armed > at) {
        arm(raft, timer);
    }
}

void raft_timer_set_earlier(struct wg_raft *raft, enum raft_timer timer, wg_time at) {
    if (raft->timers[timer].at > at) {
        raft_timer_set(raft, timer, at);
    }
}

void raft_timer_cancel(struct wg_raft *raft, enum raft_timer timer) {
    raft->timers[timer].at = WG_TIME_NEVER;
}

bool raft_timer_due(struct wg_raft *raft, enum raft_timer timer) {
    struct raft_deadline *deadline = &raft->timers[timer];
    deadline->armed = WG_TIME_NEVER;
    if (deadline->at == WG_TIME_NEVER) {
        return false;
    }
    if (deadline->at > raft->env->now) {
        arm(raft, timer);
        return false;
    }
    deadline->at = WG_TIME_NEVER;
    return true;
}
