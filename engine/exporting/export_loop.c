/* One record after the other to one exporter after the other (reference: exporters 3.3, 3.4).
 *
 *   read -> union filter rejects: every container skips -> read
 *        -> accepts: container 0 .. n-1: already past it | export call | skip
 *                    call fails: back-off 2, 4, 8, 10, 10 .. s, then again at the same container
 *                    call is pending: timers go on until one of them completes it, then as above
 *
 * Invariants
 *  1. At most one record is on its way, and its frame is referenced until it is done.
 *  2. A container after the failing one waits; one before it is not called again.
 *  3. last_unacked is raised before the acknowledgements of the same call are applied.
 *  4. While PAUSED no record is read and the one under way stands still; acknowledgements, timers
 *     and distribution go on (exporters 3.5).
 *  5. While an answer is awaited no record is read and no container is visited.
 *  6. What the reader takes up again for an exporter that began as a copy goes to nobody who had it. */
#include "exporting/director_internal.h"

#include "exporting/distribution.h"

static struct wg_container *visited(struct wg_director *director, uint32_t at) {
    return &director->containers[director->order[at]];
}

void wg_director_drop_record(struct wg_director *director) {
    wg_buf_unref(director->frame);
    director->frame = NULL;
    director->in_record = false;
    director->awaiting = false;
}

bool wg_director_may_go_on(const struct wg_director *director) {
    return director->exporting != WG_EXPORTING_PAUSED ||
           wg_has_quirk(director->options, WG_QUIRK_PAUSED_RECORD_GOES_ON);
}

void wg_director_forget_turn(struct wg_director *director, uint32_t at) {
    if (!director->in_record) {
        return;
    }
    if (at == director->next) { /* the others need not wait for what it would have done */
        director->awaiting = false;
        director->attempts = 0;
        director->retry_at = director->env->now;
    } else if (at < director->next) {
        director->next--;
    }
    if (wg_has_quirk(director->options, WG_QUIRK_DISABLE_STARTS_RECORD_OVER) &&
        !director->awaiting) {
        director->next = 0;
    }
}

/* Whether an exporter has the record: acknowledged, or handed over before the reader went back for
 * another one. */
static bool is_past(const struct wg_director *director, const struct wg_container *container,
                    wg_position position) {
    return container->position >= position ||
           (director->rereads_to >= position && container->last_unacked >= position);
}

/* The record was this exporter's turn, whatever became of it. */
static void gauge_turn(struct wg_director *director, const struct wg_container *container) {
    if (director->metrics != NULL) {
        director->metrics->last_exported[container->exporter] = director->record.position;
    }
}

/* Goes on with the current record; emits at most one call. */
static void visit(struct wg_director *director) {
    const struct wg_record *record = &director->record;
    for (; director->next < director->count; director->next++) {
        struct wg_container *container = visited(director, director->next);
        if (is_past(director, container, record->position)) {
            gauge_turn(director, container);
            continue;
        }
        if (wg_filter_accepts(&container->filter, record)) {
            wg_director_call(director, WG_PLUGIN_EXPORT, director->order[director->next], 0);
            return;
        }
        gauge_turn(director, container);
        wg_container_skip(container, director->env, director->state, director->partition->id,
                          record->position);
    }
    if (director->metrics != NULL) {
        director->metrics->exported[record->value_type]++;
    }
    wg_director_drop_record(director);
}

static void skip_everywhere(struct wg_director *director, wg_position position) {
    for (uint32_t i = 0; i < director->count; i++) {
        wg_container_skip(visited(director, i), director->env, director->state,
                          director->partition->id, position);
    }
}

/* An operator has named it in exporting.skipRecords. */
static bool is_to_be_skipped(const struct wg_director *director, wg_position position) {
    const wg_position *skip = director->options->skip_records;
    uint32_t low = 0, high = director->options->skip_record_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (skip[middle] == position) {
            return true;
        }
        if (skip[middle] < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static void take_record(struct wg_director *director, const struct wg_record *record) {
    director->read_to = record->position > director->read_to ? record->position : director->read_to;
    if (!wg_filter_accepts(&director->any, record) ||
        is_to_be_skipped(director, record->position)) {
        if (director->metrics != NULL) {
            director->metrics->skipped[record->value_type]++;
        }
        skip_everywhere(director, record->position);
        return;
    }
    /* Zeebe has no class for it: it counts as exported, and no position moves. */
    if (record->value_type == WG_VT_NULL || wg_value_type_name(record->value_type) == NULL) {
        return;
    }
    director->record = *record;
    director->frame = director->reader.batch == NULL ? NULL : wg_buf_ref(director->reader.batch);
    director->in_record = true;
    director->next = 0;
    director->attempts = 0;
    director->retry_at = director->env->now;
    visit(director);
}

static wg_status read_one(struct wg_director *director, bool *ret_more) {
    if (director->budget == 0) {
        /* Others wait for this thread: go on in the next job. */
        wg_emit_post(director->env, director->partition->id, WG_ACTOR_EXPORTER, WG_POST_WAKE, true,
                     0, 0, NULL);
        *ret_more = false;
        return WG_OK;
    }
    wg_status status = WG_OK;
    const struct wg_record *record = wg_log_reader_next(&director->reader, &status);
    if (record == NULL) {
        *ret_more = false;
        if (status != WG_OK) {
            director->phase = WG_DIRECTOR_DEAD;
        }
        return status;
    }
    director->budget--;
    wg_charge(director->env, director->options->costs.export_record);
    take_record(director, record);
    *ret_more = true;
    return WG_OK;
}

static void distribute(struct wg_director *director) {
    wg_time interval = director->options->distribution_interval;
    wg_exporter_state_send(director->env, director->partition, director->state);
    /* Fixed rate; beats that a long call has swallowed are not made up for. */
    wg_time late = director->env->now - director->next_distribution;
    director->next_distribution += (late / interval + 1) * interval;
}

static void store_all(struct wg_director *director) {
    for (uint32_t i = 0; i < director->count; i++) {
        wg_container_store(visited(director, i), director->env, director->state,
                           director->partition->id);
    }
}

wg_status wg_director_export_step(struct wg_director *director, bool *ret_more) {
    wg_time now = director->env->now;
    *ret_more = true;
    if (wg_exporter_timers_next(&director->timers) <= now) {
        struct wg_exporter_timer due = wg_exporter_timers_pop(&director->timers);
        wg_director_call(director, WG_PLUGIN_TIMER, due.container, due.timer);
        return WG_OK;
    }
    if (director->next_distribution <= now) {
        store_all(director);
        distribute(director);
        return WG_OK;
    }
    if (!director->in_record) {
        if (director->exporting == WG_EXPORTING_PAUSED || director->stalled) {
            *ret_more = false;
            return WG_OK;
        }
        return read_one(director, ret_more);
    }
    if (director->awaiting || director->retry_at > now || !wg_director_may_go_on(director)) {
        *ret_more = false;
        return WG_OK;
    }
    visit(director);
    return WG_OK;
}

/* The container `next` has answered for the current record. */
static void answered(struct wg_director *director, bool ok) {
    director->awaiting = false;
    if (ok) {
        gauge_turn(director, visited(director, director->next));
        director->next++;
        return;
    }
    director->attempts++;
    director->retry_at = director->env->now + wg_director_backoff(director->attempts);
}

void wg_director_complete(struct wg_director *director, uint32_t container,
                          const struct wg_plugin_action *action) {
    bool awaited = director->awaiting && director->order[director->next] == container &&
                   director->record.position == action->position;
    if (!awaited) {
        return;
    }
    bool ok = action->result == WG_PLUGIN_OK;
    if (ok) {
        director->containers[container].last_unacked = director->record.position;
    }
    answered(director, ok);
}

void wg_director_export_returned(struct wg_director *director, struct wg_container *container,
                                 const struct wg_plugin_return *returned) {
    bool ok = returned->result == WG_PLUGIN_OK;
    if (ok) {
        container->last_unacked = director->record.position;
    }
    wg_director_apply(director, director->pending.container, returned);
    if (returned->result == WG_PLUGIN_PENDING) {
        director->awaiting = true;
        return;
    }
    answered(director, ok);
}
