/* Actors: mailboxes, jobs and what follows from them.
 *
 * Invariants: an actor runs at most one job; a job's effects, claims and syncs take place at its
 * end and not at all if the process dies first; a coalesced note waits at most once per kind;
 * everything that waits belongs to the present incarnation of the broker. */
#include "sim/run/cluster_internal.h"

#include "seams/log_writer.h"
#include "sim/kernel/run_hash.h"

#include <stdlib.h>
#include <string.h>

struct sim_actor *sim_broker_actor(struct sim_broker *broker, wg_partition_id partition,
                                   enum wg_actor kind) {
    uint32_t slot = broker->partition_slot[partition];
    if (slot == UINT32_MAX) {
        return NULL;
    }
    return &broker->actors[slot * WG_ACTOR_COUNT + (uint32_t)kind];
}

static void make_ready(struct sim_actor *actor) {
    struct sim_cluster *c = actor->broker->cluster;
    if (actor->busy || actor->in_ready || actor->waiting || actor->mail_count == 0) {
        return;
    }
    actor->in_ready = true;
    actor->next_ready = NULL;
    if (c->ready_tail == NULL) {
        c->ready_head = actor;
    } else {
        c->ready_tail->next_ready = actor;
    }
    c->ready_tail = actor;
}

static struct sim_mail *mail_at(struct sim_actor *actor, uint32_t i) {
    return &actor->mail[(actor->mail_head + i) & (actor->mail_capacity - 1)];
}

static void free_ring(struct sim_actor *actor) {
    if (actor->mail != actor->first_mail) {
        free(actor->mail);
    }
}

static struct sim_mail *mail_push(struct sim_actor *actor) {
    if (actor->mail_count == 0) {
        actor->mail_head = 0; /* one place, and so one cache line, serves a mailbox that runs empty */
    }
    if (actor->mail_count == actor->mail_capacity) {
        uint32_t capacity = actor->mail_capacity * 4;
        struct sim_mail *mail = sim_must_alloc(capacity * sizeof *mail);
        for (uint32_t i = 0; i < actor->mail_count; i++) {
            mail[i] = *mail_at(actor, i);
        }
        free_ring(actor);
        actor->mail = mail;
        actor->mail_capacity = capacity;
        actor->mail_head = 0;
    }
    return mail_at(actor, actor->mail_count++);
}

static bool coalesce_into_waiting(struct sim_actor *actor, const struct wg_event *event) {
    for (uint32_t i = 0; i < actor->mail_count; i++) {
        struct wg_event *waiting = &mail_at(actor, i)->event;
        if (waiting->kind == WG_EVENT_POST && waiting->u.post.what == event->u.post.what) {
            if (event->u.post.value > waiting->u.post.value) {
                waiting->u.post.value = event->u.post.value;
            }
            return true;
        }
    }
    return false;
}

void sim_actor_deliver(struct sim_actor *actor, const struct wg_event *event, bool coalesce) {
    if (coalesce) {
        uint32_t bit = 1u << event->u.post.what;
        if ((actor->coalesced & bit) != 0 && coalesce_into_waiting(actor, event)) {
            return;
        }
        actor->coalesced |= bit;
    }
    struct sim_mail *mail = mail_push(actor);
    mail->event = *event;
    mail->event.actor = actor->kind;
    mail->event.partition = actor->partition;
    make_ready(actor);
}

/* --- timers ---------------------------------------------------------------------------------- */

static void queue_timer(struct sim_actor *actor, uint32_t slot, wg_time at) {
    struct sim_cluster *c = actor->broker->cluster;
    struct sim_timer *timer = &actor->timers[slot];
    timer->is_queued = true;
    timer->queued = at;
    timer->generation++;
    if (actor->broker->altered) {
        at = sim_broker_true_time(actor->broker, at);
    }
    sim_cluster_push(c, at > c->now ? at : c->now, SIM_ITEM_TIMER,
                     actor->number * WG_TIMER_SLOTS + slot, timer->generation, NULL);
}

/* Re-arming to a later time costs nothing: the queued item finds out when it fires. */
static void arm_timer(struct sim_actor *actor, uint32_t slot, wg_time at) {
    struct sim_timer *timer = &actor->timers[slot];
    timer->deadline = at;
    timer->armed++;
    if (at != WG_TIME_NEVER && (!timer->is_queued || timer->queued > at)) {
        queue_timer(actor, slot, at);
    }
}

void sim_actor_timer_fired(struct sim_actor *actor, uint32_t slot, uint32_t generation) {
    struct sim_timer *timer = &actor->timers[slot];
    if (generation != timer->generation || actor->broker->node == NULL) {
        return;
    }
    timer->is_queued = false;
    if (timer->deadline == WG_TIME_NEVER) {
        return;
    }
    const struct sim_broker *broker = actor->broker;
    wg_time now = broker->altered ? sim_broker_now(broker) : broker->cluster->now;
    if (timer->deadline > now) {
        queue_timer(actor, slot, timer->deadline);
        return;
    }
    timer->deadline = WG_TIME_NEVER;
    struct sim_mail *mail = mail_push(actor);
    mail->event = (struct wg_event){.kind = WG_EVENT_TIMER,
                                    .actor = actor->kind,
                                    .partition = actor->partition,
                                    .u.timer = slot};
    mail->timer_armed = timer->armed;
    make_ready(actor);
}

/* --- what the engine asks for ------------------------------------------------------------------ */

static struct sim_outbox *take_outbox(struct sim_cluster *c) {
    struct sim_outbox *outbox = c->free_outboxes;
    if (outbox != NULL) {
        c->free_outboxes = outbox->next;
        return outbox;
    }
    outbox = sim_must_alloc(sizeof *outbox);
    *outbox = (struct sim_outbox){.effects = NULL};
    return outbox;
}

/* Its effects and claims have taken place or never will. */
static void give_outbox(struct sim_cluster *c, struct sim_actor *actor) {
    struct sim_outbox *outbox = actor->outbox;
    outbox->effect_count = outbox->claim_count = 0;
    outbox->next = c->free_outboxes;
    c->free_outboxes = outbox;
    actor->outbox = NULL;
}

void sim_outboxes_free(struct sim_cluster *c) {
    while (c->free_outboxes != NULL) {
        struct sim_outbox *outbox = c->free_outboxes;
        c->free_outboxes = outbox->next;
        free(outbox->effects);
        free(outbox->claims);
        free(outbox);
    }
}

void sim_actor_emit(struct wg_env *env, const struct wg_effect *effect) {
    struct sim_outbox *to = ((struct sim_broker *)(void *)env)->running->outbox;
    if (to->effect_count == to->effect_capacity) {
        to->effect_capacity = to->effect_capacity == 0 ? 8 : to->effect_capacity * 2;
        to->effects = sim_must_realloc(to->effects, to->effect_capacity * sizeof *to->effects);
    }
    to->effects[to->effect_count++] = *effect;
}

void sim_actor_claim(struct wg_env *env, const struct wg_claim *claim) {
    struct sim_actor *actor = ((struct sim_broker *)(void *)env)->running;
    if (actor == NULL) {
        return; /* an assertion reported while a process is made or unmade */
    }
    struct sim_outbox *to = actor->outbox;
    if (to->claim_count == to->claim_capacity) {
        to->claim_capacity = to->claim_capacity == 0 ? 8 : to->claim_capacity * 2;
        to->claims = sim_must_realloc(to->claims, to->claim_capacity * sizeof *to->claims);
    }
    to->claims[to->claim_count++] = *claim;
}

/* --- plugin calls ------------------------------------------------------------------------------- */

static void keep_actions(struct sim_actor *actor, const struct wg_plugin_return *outcome) {
    if (outcome->action_count > actor->action_capacity) {
        actor->action_capacity = outcome->action_count * 2;
        actor->actions =
            sim_must_realloc(actor->actions, actor->action_capacity * sizeof *actor->actions);
    }
    for (uint32_t i = 0; i < outcome->action_count; i++) {
        actor->actions[i] = outcome->actions[i];
        if (actor->actions[i].metadata.len > 0) {
            uint8_t *copy = sim_must_alloc(actor->actions[i].metadata.len);
            memcpy(copy, actor->actions[i].metadata.ptr, actor->actions[i].metadata.len);
            actor->actions[i].metadata.ptr = copy;
        }
    }
    actor->returned.actions = actor->actions;
    actor->returned.action_count = outcome->action_count;
}

static void drop_actions(struct sim_actor *actor) {
    for (uint32_t i = 0; i < actor->returned.action_count; i++) {
        if (actor->actions[i].metadata.len > 0) {
            free((void *)(uintptr_t)actor->actions[i].metadata.ptr);
        }
    }
    actor->returned.action_count = 0;
}

/* Whether the call keeps the actor waiting for a return. */
static bool call_plugin(struct sim_actor *actor, const struct wg_plugin_call *call) {
    struct sim_broker *broker = actor->broker;
    struct sim_cluster *c = broker->cluster;
    struct sim_plugin_outcome outcome;
    if (call->kind == WG_PLUGIN_EXPORT) {
        sim_cluster_note_export(c, call);
    }
    sim_plugin_port_call(c->port, broker->process, call, c->now, sim_broker_wall_ms(broker), &outcome);
    if (call->kind == WG_PLUGIN_DESTROY) {
        return false;
    }
    actor->returned = outcome.returned;
    keep_actions(actor, &outcome.returned);
    if (outcome.spent == WG_TIME_NEVER) {
        sim_cluster_plugin_hangs(c, broker, call);
        return true;
    }
    if (broker->altered) {
        outcome.spent =
            sim_broker_alter_cost(broker, outcome.spent - outcome.waited) + outcome.waited;
    }
    sim_cluster_push(c, c->now + outcome.spent, SIM_ITEM_PLUGIN_RETURN, actor->number,
                     broker->incarnation, NULL);
    return true;
}

/* --- jobs ---------------------------------------------------------------------------------------- */

static void free_mail(struct wg_env *env, struct wg_event *event) {
    if (event->kind == WG_EVENT_MESSAGE) {
        wg_message_unref(event->u.message);
    } else if (event->kind == WG_EVENT_REQUEST) {
        free((void *)(uintptr_t)event->u.request);
    } else if (event->kind == WG_EVENT_POST && event->u.post.what == WG_POST_APPEND) {
        wg_append_task_free(env, event->u.post.ptr);
    }
}

static void free_effect(struct wg_env *env, struct wg_effect *effect) {
    if (effect->kind == WG_EFFECT_SEND) {
        wg_message_unref(effect->u.message);
    } else if (effect->kind == WG_EFFECT_POST && effect->u.post.what == WG_POST_APPEND) {
        wg_append_task_free(env, effect->u.post.ptr);
    } else if (effect->kind == WG_EFFECT_REPLY) {
        wg_buf_unref(effect->u.reply.value);
    }
}

static void release_post(struct sim_actor *actor, const struct wg_effect *effect) {
    struct sim_actor *to = sim_broker_actor(actor->broker, effect->partition,
                                            (enum wg_actor)effect->actor);
    struct wg_event event = {.kind = WG_EVENT_POST,
                             .u.post = {effect->u.post.what, effect->u.post.value,
                                        effect->u.post.value2, effect->u.post.ptr}};
    sim_actor_deliver(to, &event, effect->coalesce);
}

/* true: a plugin call goes on. */
static bool release_effect(struct sim_actor *actor, struct wg_effect *effect) {
    struct sim_cluster *c = actor->broker->cluster;
    switch (effect->kind) {
    case WG_EFFECT_SEND:
        sim_cluster_send(c, actor, effect->u.message);
        return false;
    case WG_EFFECT_POST:
        release_post(actor, effect);
        return false;
    case WG_EFFECT_TIMER:
        arm_timer(sim_broker_actor(actor->broker, effect->partition, (enum wg_actor)effect->actor),
                  effect->u.timer.slot, effect->u.timer.at);
        return false;
    case WG_EFFECT_REPLY:
        sim_cluster_reply(c, actor->broker, &effect->u.reply);
        return false;
    case WG_EFFECT_ADMIN_REPLY:
        if ((effect->u.admin_reply.request_id & 0xff) >= WG_ADMIN_ENABLE_EXPORTER) {
            sim_operator_replied(c, effect->u.admin_reply.request_id,
                                 effect->u.admin_reply.status);
            return false;
        }
        sim_admin_replied(c, actor->broker, effect->partition, effect->u.admin_reply.request_id,
                          effect->u.admin_reply.status);
        return false;
    case WG_EFFECT_PLUGIN_CALL:
        return call_plugin(actor, &effect->u.call);
    default:
        actor->broker->stopped_partitions++;
        return false;
    }
}

static void leave_thread(struct sim_actor *actor) {
    struct sim_broker *broker = actor->broker;
    uint8_t group = actor->group;
    if (group == SIM_GROUP_OWN) {
        return;
    }
    broker->free_threads[group]++;
    struct sim_actor *next = broker->waiting_head[group];
    if (next != NULL) {
        broker->waiting_head[group] = next->next_ready;
        if (broker->waiting_head[group] == NULL) {
            broker->waiting_tail[group] = NULL;
        }
        next->waiting = false;
        make_ready(next);
    }
}

void sim_actor_job_end(struct sim_actor *actor) {
    struct sim_broker *broker = actor->broker;
    struct sim_cluster *c = broker->cluster;
    sim_disk_job_end(broker->disk, actor->job, c->now);
    const struct sim_outbox *outbox = actor->outbox;
    for (uint32_t i = 0; i < outbox->claim_count; i++) {
        sim_cluster_claim(c, broker, &outbox->claims[i]);
    }
    /* Faults that this triggers strike later, as items of their own: nothing here ends a process. */
    bool in_call = false;
    for (uint32_t i = 0; i < outbox->effect_count; i++) {
        in_call |= release_effect(actor, &outbox->effects[i]);
    }
    give_outbox(c, actor);
    if (in_call) {
        return;
    }
    actor->busy = false;
    leave_thread(actor);
    make_ready(actor);
    if (broker->stopping && broker->stopped_partitions == broker->partition_count) {
        sim_cluster_push(c, c->now, SIM_ITEM_BROKER_STOPPED, broker->id, broker->incarnation, NULL);
    }
}

/* Runs one event as a job; the actor is busy and holds its thread. */
static void run_job(struct sim_actor *actor, struct wg_event *event) {
    struct sim_broker *broker = actor->broker;
    struct sim_cluster *c = broker->cluster;
    struct wg_env *env = &broker->env;
    env->now = c->now;
    env->wall_ms = sim_cluster_wall_ms(c);
    env->cost = 0;
    if (broker->altered) {
        sim_broker_alter_job(broker);
    }
    env->contended = actor->mail_count > 0 || (actor->group != SIM_GROUP_OWN &&
                                               broker->waiting_head[actor->group] != NULL);
    broker->running = actor;
    actor->asker = event->kind == WG_EVENT_MESSAGE
                       ? (const struct sim_broker *)(const void *)event->u.message->env
                       : NULL;
    if (broker->twin != NULL) {
        sim_duplicate_note_job(broker);
    }
    actor->job = sim_disk_job_begin(broker->disk);
    actor->outbox = take_outbox(c);
    wg_node_step(broker->node, event);
    broker->running = NULL;
    c->steps++;
    if (actor->outbox->claim_count > 0) {
        sim_work_begins(actor);
    }
    wg_time cost = c->zero_costs ? 0 : env->cost;
    if (broker->altered) {
        cost = sim_broker_alter_cost(broker, cost);
    }
    if (cost == 0) {
        sim_actor_job_end(actor);
    } else {
        sim_cluster_push(c, c->now + cost, SIM_ITEM_JOB_END, actor->number, broker->incarnation,
                         NULL);
    }
}

void sim_actor_plugin_returned(struct sim_actor *actor) {
    struct wg_event event = {.kind = WG_EVENT_PLUGIN_RETURNED,
                             .actor = actor->kind,
                             .partition = actor->partition,
                             .u.returned = &actor->returned};
    /* The step copies what it keeps, and its effects may start the next call at once. */
    struct wg_plugin_action *actions = actor->actions;
    uint32_t count = actor->returned.action_count;
    struct wg_plugin_return returned = actor->returned;
    event.u.returned = &returned;
    actor->actions = NULL;
    actor->action_capacity = 0;
    actor->returned.action_count = 0;
    run_job(actor, &event);
    for (uint32_t i = 0; i < count; i++) {
        if (actions[i].metadata.len > 0) {
            free((void *)(uintptr_t)actions[i].metadata.ptr);
        }
    }
    if (actor->actions == NULL) {
        actor->actions = actions;
        actor->action_capacity = count;
    } else {
        free(actions);
    }
}

/* Takes the next event that still means something; false = none. */
static bool take_mail(struct sim_actor *actor, struct wg_event *ret_event) {
    while (actor->mail_count > 0) {
        const struct sim_mail *mail = mail_at(actor, 0); /* stays as it is until the next push */
        actor->mail_head = (actor->mail_head + 1) & (actor->mail_capacity - 1);
        actor->mail_count--;
        if (mail->event.kind == WG_EVENT_POST) {
            actor->coalesced &= ~(1u << mail->event.u.post.what);
        } else if (mail->event.kind == WG_EVENT_TIMER &&
                   actor->timers[mail->event.u.timer].armed != mail->timer_armed) {
            continue;
        }
        *ret_event = mail->event;
        return true;
    }
    return false;
}

/* Whether the actor got a thread; if not it waits for one in its group. */
static bool take_thread(struct sim_actor *actor) {
    struct sim_broker *broker = actor->broker;
    uint8_t group = actor->group;
    if (group == SIM_GROUP_OWN) {
        return true;
    }
    if (broker->free_threads[group] > 0) {
        broker->free_threads[group]--;
        return true;
    }
    actor->waiting = true;
    actor->next_ready = NULL;
    if (broker->waiting_tail[group] == NULL) {
        broker->waiting_head[group] = actor;
    } else {
        broker->waiting_tail[group]->next_ready = actor;
    }
    broker->waiting_tail[group] = actor;
    return false;
}

void sim_cluster_run_ready(struct sim_cluster *c) {
    while (c->ready_head != NULL) {
        struct sim_actor *actor = c->ready_head;
        c->ready_head = actor->next_ready;
        if (c->ready_head == NULL) {
            c->ready_tail = NULL;
        }
        actor->in_ready = false;
        struct wg_event event;
        if (actor->broker->node == NULL || actor->broker->paused || actor->busy ||
            actor->mail_count == 0 || !take_thread(actor)) {
            continue;
        }
        if (!take_mail(actor, &event)) {
            leave_thread(actor);
            continue;
        }
        actor->busy = true;
        struct wg_env *env = &actor->broker->env;
        /* APPEND's task is owned by the step; messages and requests are borrowed. */
        run_job(actor, &event);
        if (event.kind != WG_EVENT_POST) {
            free_mail(env, &event);
        }
    }
}

void sim_broker_wake(struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count * WG_ACTOR_COUNT; i++) {
        make_ready(&broker->actors[i]);
    }
}

void sim_broker_requeue_timers(struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count * WG_ACTOR_COUNT; i++) {
        struct sim_actor *actor = &broker->actors[i];
        for (uint32_t slot = 0; slot < WG_TIMER_SLOTS; slot++) {
            if (actor->timers[slot].deadline != WG_TIME_NEVER) {
                queue_timer(actor, slot, actor->timers[slot].deadline);
            }
        }
    }
}

void sim_actor_reset(struct sim_actor *actor) {
    struct wg_env *env = &actor->broker->env;
    for (uint32_t i = 0; i < actor->mail_count; i++) {
        free_mail(env, &mail_at(actor, i)->event);
    }
    if (actor->outbox != NULL) {
        for (uint32_t i = 0; i < actor->outbox->effect_count; i++) {
            free_effect(env, &actor->outbox->effects[i]);
        }
        give_outbox(actor->broker->cluster, actor);
    }
    drop_actions(actor);
    actor->mail_count = actor->mail_head = 0;
    actor->coalesced = 0;
    actor->busy = actor->waiting = false;
    for (uint32_t i = 0; i < WG_TIMER_SLOTS; i++) {
        struct sim_timer *timer = &actor->timers[i];
        timer->deadline = WG_TIME_NEVER;
        timer->is_queued = false;
        timer->generation++;
        timer->armed++;
    }
}

void sim_actor_done(struct sim_actor *actor) {
    sim_actor_reset(actor);
    free_ring(actor);
    free(actor->actions);
}
