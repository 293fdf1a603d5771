/* Record flow step 7, the director: takes committed records from its own reader, gives them to
 * exporters through plugin-call effects, keeps their positions in the state, and tells followers.
 *
 * This file holds the door: events come in, the phases in lifecycle.c and export_loop.c do the
 * work, at most one plugin call is outstanding, and every step ends with stored positions and one
 * armed timer slot.
 *
 * Invariants
 *  1. Nothing happens while a call is outstanding, but that commits and a close request are noted.
 *  2. A return with an unknown call id (of an earlier director) changes nothing.
 *  3. PASSIVE never opens, never exports, never reads the log. */
#include "exporting/director_internal.h"

#include "base/assert.h"
#include "exporting/distribution.h"

#include <string.h>

enum { RECORDS_PER_STEP = 256, TIMER_SLOT = 0 };

struct wg_director *wg_director_new(struct wg_env *env, const struct wg_node_options *options,
                                    const struct wg_partition_options *partition,
                                    struct wg_log *log, struct wg_state *state,
                                    enum wg_director_mode mode, enum wg_exporting_phase exporting,
                                    wg_term term, wg_index commit, uint32_t *next_instance,
                                    uint64_t *next_call) {
    struct wg_director *director = wg_alloc(env, sizeof *director);
    memset(director, 0, sizeof *director);
    director->env = env;
    director->options = options;
    director->partition = partition;
    director->log = log;
    director->state = state;
    director->mode = mode;
    director->exporting = exporting;
    director->term = term;
    director->commit = commit;
    director->next_instance = next_instance;
    director->next_call = next_call;
    director->next_distribution = WG_TIME_NEVER;
    director->armed_at = WG_TIME_NEVER;
    uint32_t all = options->exporter_count;
    if (all > 0) {
        director->containers = wg_alloc(env, all * sizeof *director->containers);
        director->order = wg_alloc(env, all * sizeof *director->order);
    }
    for (uint32_t i = 0; i < all; i++) {
        wg_container_init(&director->containers[i], i, options->exporters[i].id);
        director->containers[i].quirks = wg_quirks_of(options);
    }
    return director;
}

void wg_director_set_metrics(struct wg_director *director, struct wg_exporter_metrics *metrics) {
    director->metrics = metrics;
    for (uint32_t i = 0; i < director->options->exporter_count; i++) {
        director->containers[i].gauge = &metrics->last_updated[i];
    }
}

void wg_director_free(struct wg_director *director) {
    if (director == NULL) {
        return;
    }
    struct wg_env *env = director->env;
    wg_director_drop_record(director);
    if (director->reader_open) {
        wg_log_reader_done(&director->reader);
    }
    uint32_t all = director->options->exporter_count;
    for (uint32_t i = 0; i < all; i++) {
        wg_container_done(&director->containers[i], env);
    }
    wg_exporter_timers_done(&director->timers, env);
    wg_free(env, director->containers, all * sizeof *director->containers);
    wg_free(env, director->order, all * sizeof *director->order);
    wg_free(env, director, sizeof *director);
}

/* --- calls --------------------------------------------------------------------------------- */

void wg_director_call(struct wg_director *director, enum wg_plugin_call_kind kind,
                      uint32_t container, uint32_t timer) {
    struct wg_container *target = &director->containers[container];
    WG_ASSERT(director->env, !director->pending.active);
    uint64_t id = (*director->next_call)++;
    /* A destroyed instance does not answer. */
    director->pending =
        (struct wg_pending_call){kind != WG_PLUGIN_DESTROY, (uint8_t)kind, container, id};
    struct wg_effect effect = {.kind = WG_EFFECT_PLUGIN_CALL,
                               .actor = WG_ACTOR_EXPORTER,
                               .partition = director->partition->id};
    effect.u.call = (struct wg_plugin_call){
        .call_id = id,
        .instance = target->instance,
        .exporter = target->exporter,
        .kind = (uint8_t)kind,
        .partition = director->partition->id,
        .record = kind == WG_PLUGIN_EXPORT ? &director->record : NULL,
        .timer = timer,
        .last_position = target->position,
        .metadata = {target->metadata_len == 0 ? NULL : target->metadata, target->metadata_len}};
    director->env->ops->emit(director->env, &effect);
}

static void apply_action(struct wg_director *director, uint32_t container,
                         const struct wg_plugin_action *action) {
    struct wg_container *target = &director->containers[container];
    bool closing = director->pending.kind == WG_PLUGIN_CLOSE;
    switch (action->kind) {
    case WG_PLUGIN_ACK:
        wg_container_ack(target, director->env, director->state, director->partition->id,
                         action->position, action->has_metadata ? &action->metadata : NULL);
        break;
    case WG_PLUGIN_SCHEDULE:
        if (!closing) {
            wg_time delay = action->delay > 0 ? action->delay : 0;
            wg_time room = WG_TIME_NEVER - 1 - director->env->now;
            wg_exporter_timers_set(&director->timers, director->env, container, action->timer,
                                   director->env->now + (delay < room ? delay : room));
        }
        break;
    case WG_PLUGIN_CANCEL_TIMER:
        wg_exporter_timers_cancel(&director->timers, container, action->timer);
        break;
    case WG_PLUGIN_COMPLETE:
        wg_director_complete(director, container, action);
        break;
    default: /* filters belong to configure; what a newer host knows is ignored */
        break;
    }
}

void wg_director_apply(struct wg_director *director, uint32_t container,
                       const struct wg_plugin_return *returned) {
    bool reversed = wg_has_quirk(director->options, WG_QUIRK_ACKS_REVERSED);
    for (uint32_t i = 0; i < returned->action_count; i++) {
        if (!reversed || returned->actions[i].kind != WG_PLUGIN_ACK) {
            apply_action(director, container, &returned->actions[i]);
        }
    }
    for (uint32_t i = returned->action_count; reversed && i-- > 0;) {
        if (returned->actions[i].kind == WG_PLUGIN_ACK) {
            apply_action(director, container, &returned->actions[i]);
        }
    }
}

void wg_director_take_filter(struct wg_container *container,
                             const struct wg_plugin_return *returned) {
    for (uint32_t i = 0; i < returned->action_count; i++) {
        if (returned->actions[i].kind == WG_PLUGIN_SET_FILTER) {
            container->filter = returned->actions[i].filter;
        }
    }
}

static void on_returned(struct wg_director *director, const struct wg_plugin_return *returned) {
    if (!director->pending.active || returned->call_id != director->pending.id) {
        return;
    }
    director->pending.active = false;
    uint32_t index = director->pending.container;
    struct wg_container *container = &director->containers[index];
    WG_ASSERT(director->env, returned->instance == container->instance);
    bool ok = returned->result == WG_PLUGIN_OK;
    if (director->change != WG_CHANGE_NONE) {
        wg_director_change_returned(director, container, returned);
        return;
    }
    switch (director->pending.kind) {
    case WG_PLUGIN_EXPORT:
        wg_director_export_returned(director, container, returned);
        return;
    case WG_PLUGIN_CLOSE: /* a failure stops nobody; acknowledgements count all the same */
        wg_director_apply(director, index, returned);
        return;
    case WG_PLUGIN_CONFIGURE:
        wg_director_take_filter(container, returned);
        director->cursor++;
        break;
    case WG_PLUGIN_OPEN:
        container->opened = ok;
        director->cursor++;
        break;
    default:
        break;
    }
    if (!ok) {
        wg_director_fail(director);
    } else if (director->pending.kind != WG_PLUGIN_CONFIGURE) {
        wg_director_apply(director, index, returned);
    }
}

/* --- events -------------------------------------------------------------------------------- */

static void on_post(struct wg_director *director, const struct wg_event *event) {
    switch (event->u.post.what) {
    case WG_POST_WAKE:
        if (director->phase == WG_DIRECTOR_NEW && !director->close_requested) {
            wg_director_start(director);
        }
        break;
    case WG_POST_COMMIT:
        if (event->u.post.value > director->commit) {
            director->commit = event->u.post.value;
        }
        if (director->reader_open) {
            wg_log_reader_set_commit(&director->reader, director->commit);
        }
        director->stalled = false;
        break;
    case WG_POST_EXPORTING:
        wg_director_set_exporting(director, (enum wg_exporting_phase)event->u.post.value);
        break;
    case WG_POST_SETTINGS:
        director->settings_changed = true;
        break;
    case WG_POST_CLOSE:
        director->close_requested = true;
        break;
    default:
        break;
    }
}

static void on_message(struct wg_director *director, const struct wg_message *message) {
    bool listening =
        director->mode == WG_DIRECTOR_PASSIVE && director->phase == WG_DIRECTOR_LIVE;
    if (!listening || message->kind != WG_MSG_EXPORTER_STATE) {
        return;
    }
    const struct wg_buf *payload = ((const struct wg_exporter_state_message *)message)->payload;
    struct wg_bytes bytes = {payload->bytes, payload->len};
    wg_exporter_state_apply(director->env, director->options, director->partition->id,
                            director->state, bytes);
}

/* One thing to do while LIVE or IDLE; what an operator has changed comes first. */
static wg_status go_on(struct wg_director *director, bool *ret_more) {
    bool done = false;
    wg_status status = wg_director_reconcile(director, &done);
    *ret_more = done;
    if (done || status != WG_OK || director->mode == WG_DIRECTOR_PASSIVE ||
        director->phase != WG_DIRECTOR_LIVE) {
        return status;
    }
    return wg_director_export_step(director, ret_more);
}

/* Goes on until a call is outstanding or there is nothing to do now. */
static wg_status advance(struct wg_director *director) {
    bool more = true;
    while (more && !director->pending.active) {
        bool closing =
            director->phase == WG_DIRECTOR_CLOSING || director->phase == WG_DIRECTOR_CLOSED;
        if (director->close_requested && !closing) {
            wg_director_begin_close(director);
        }
        wg_status status = WG_OK;
        switch (director->phase) {
        case WG_DIRECTOR_CONFIGURING:
        case WG_DIRECTOR_OPENING:
            status = wg_director_start_step(director);
            break;
        case WG_DIRECTOR_CLOSING:
            wg_director_close_step(director);
            break;
        case WG_DIRECTOR_LIVE:
        case WG_DIRECTOR_IDLE:
            status = go_on(director, &more);
            break;
        case WG_DIRECTOR_WAITING:
            if (director->restart_at > director->env->now) {
                return WG_OK;
            }
            wg_director_start(director);
            break;
        default:
            return WG_OK;
        }
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}

static wg_time next_due(const struct wg_director *director) {
    if (director->phase == WG_DIRECTOR_WAITING) {
        return director->restart_at;
    }
    if (director->phase != WG_DIRECTOR_LIVE || director->mode != WG_DIRECTOR_ACTIVE) {
        return WG_TIME_NEVER;
    }
    wg_time due = wg_exporter_timers_next(&director->timers);
    due = director->next_distribution < due ? director->next_distribution : due;
    bool retries = director->in_record && director->attempts > 0 && !director->awaiting &&
                   wg_director_may_go_on(director);
    if (retries && director->retry_at < due) {
        due = director->retry_at;
    }
    return due;
}

static void end_step(struct wg_director *director) {
    for (uint32_t i = 0; i < director->count; i++) {
        wg_container_store(&director->containers[director->order[i]], director->env,
                           director->state, director->partition->id);
    }
    /* While a call is outstanding nothing could be done anyway: its return looks at the clock. */
    wg_time due = next_due(director);
    if (director->pending.active || due == director->armed_at) {
        return;
    }
    director->armed_at = due;
    wg_emit_timer(director->env, director->partition->id, WG_ACTOR_EXPORTER, TIMER_SLOT, due);
}

wg_status wg_director_step(struct wg_director *director, const struct wg_event *event) {
    /* After each record whoever waits goes first: a request to close, other directors (Zeebe: the
     * next read is submitted to the end of the queue). */
    bool yields = event->kind == WG_EVENT_PLUGIN_RETURNED && director->env->contended;
    director->budget = yields ? 0 : RECORDS_PER_STEP;
    switch (event->kind) {
    case WG_EVENT_POST:
        on_post(director, event);
        break;
    case WG_EVENT_TIMER:
        director->armed_at = WG_TIME_NEVER; /* one-shot */
        break;
    case WG_EVENT_MESSAGE:
        on_message(director, event->u.message);
        break;
    case WG_EVENT_PLUGIN_RETURNED:
        on_returned(director, event->u.returned);
        break;
    default:
        break;
    }
    wg_status status = advance(director);
    end_step(director);
    return status;
}
