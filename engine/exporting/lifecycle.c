/* Start, failure, restart and close of the director (reference: exporters 3.2, 3.6, 3.7).
 *
 *   NEW --WAKE--> CONFIGURING --all--> OPENING --all--> LIVE      (ACTIVE)
 *                 CONFIGURING --all--> LIVE                       (PASSIVE)
 *                 CONFIGURING --no exporter--> IDLE
 *   CONFIGURING, OPENING, LIVE --a call fails--> CLOSING --> WAITING --2,4,8,10.. s--> CONFIGURING
 *   any --CLOSE--> CLOSING --> CLOSED (POST_CLOSED)
 *   LIVE <--the last exporter is disabled, the first is enabled (reconcile.c)--> IDLE
 *   Under WG_QUIRK_DIRECTOR_STAYS_DOWN a call that fails leads to DEAD instead.
 *
 * Invariants
 *  1. An instance is configured once, opened at most once and only when ACTIVE, closed iff it was
 *     opened, destroyed iff it was configured, in this order.
 *  2. Rows of ids that do not run here (not configured, or disabled) are gone once the configure
 *     phase is over; each that does then has a row, so it holds back compaction.
 *  3. What is left of an exporter that was enabled anew since is overwritten before anything reads it. */
#include "exporting/director_internal.h"

#include "base/assert.h"
#include "base/hash.h"

#include <string.h>

wg_time wg_director_backoff(uint32_t failures) {
    return failures < 4 ? (wg_time)(1u << failures) * WG_SECOND : 10 * WG_SECOND;
}

/* --- start --------------------------------------------------------------------------------- */

/* Zeebe keeps containers in a hash map: their order is unspecified, but fixed for one start. */
static void choose_order(struct wg_director *director) {
    director->count = 0;
    for (uint32_t i = 0; i < director->options->exporter_count; i++) {
        if (wg_setting_of(director->options, i).enabled) {
            director->order[director->count++] = i;
        }
    }
    for (uint32_t i = 0; i + 1 < director->count; i++) {
        uint32_t pick = i + director->env->ops->choose(director->env, director->partition->id,
                                                       WG_CHOOSE_EXPORTER_ORDER,
                                                       director->count - i);
        uint32_t picked = director->order[pick];
        director->order[pick] = director->order[i];
        director->order[i] = picked;
    }
}

void wg_director_start(struct wg_director *director) {
    bool active = director->mode == WG_DIRECTOR_ACTIVE;
    wg_claim(director->env, WG_CLAIM_DIRECTOR, director->partition->id, active ? 1 : 2,
             director->term, 0, 0);
    wg_claim(director->env, WG_CLAIM_EXPORTING_PHASE, director->partition->id,
             (uint64_t)director->exporting, 0, 0, 0);
    wg_director_gauge_state(director, (uint32_t)director->exporting);
    choose_order(director);
    director->settings_changed = false;
    director->change = WG_CHANGE_NONE;
    director->read_to = director->rereads_to = WG_POSITION_NONE;
    for (uint32_t i = 0; i < director->options->exporter_count; i++) {
        if (!wg_setting_of(director->options, i).enabled) {
            continue;
        }
        wg_container_renew(&director->containers[i], (*director->next_instance)++);
        if (active && director->exporting == WG_EXPORTING_SOFT_PAUSED) {
            wg_container_freeze(&director->containers[i]);
        }
    }
    director->phase = WG_DIRECTOR_CONFIGURING;
    director->cursor = 0;
}

struct unknown_row {
    const struct wg_director *director;
    bool found;
    char id[WG_STATE_MAX_KEY + 1];
};

static void find_unknown(void *ctx, const char *id, const struct wg_exporter_row *row) {
    struct unknown_row *unknown = ctx;
    (void)row;
    for (uint32_t i = 0; i < unknown->director->count; i++) {
        const struct wg_director *director = unknown->director;
        if (strcmp(director->containers[director->order[i]].id, id) == 0) {
            return;
        }
    }
    size_t len = strlen(id);
    if (!unknown->found && len < sizeof unknown->id) {
        unknown->found = true;
        memcpy(unknown->id, id, len + 1);
    }
}

/* An exporter that is not known any more has no index: b tells ids apart. */
static void remove_row(struct wg_director *director, const char *id) {
    uint32_t number = 0;
    while (number < director->options->exporter_count &&
           strcmp(director->options->exporters[number].id, id) != 0) {
        number++;
    }
    number = number < director->options->exporter_count ? number : WG_NO_EXPORTER;
    if (wg_exporter_row_remove(director->state, id)) {
        wg_claim(director->env, WG_CLAIM_EXPORTER_REMOVED, director->partition->id, number,
                 wg_hash_bytes(id, strlen(id), 0), 0, 0);
    }
}

void wg_director_remove_row(struct wg_director *director, struct wg_container *container) {
    container->dirty = false;
    remove_row(director, container->id);
}

/* A row left behind would pin the log for ever. Rows must not change under `each`, so they go one
 * at a time. */
static void remove_unknown_rows(struct wg_director *director) {
    for (;;) {
        struct unknown_row unknown = {.director = director};
        wg_exporter_row_each(director->state, find_unknown, &unknown);
        if (!unknown.found) {
            return;
        }
        remove_row(director, unknown.id);
    }
}

void wg_director_unite_filters(struct wg_director *director) {
    memset(&director->any, 0, sizeof director->any);
    for (uint32_t i = 0; i < director->count; i++) {
        const struct wg_record_filter *own = &director->containers[director->order[i]].filter;
        director->any.record_types |= own->record_types;
        for (uint32_t word = 0; word < 4; word++) {
            director->any.value_types[word] |= own->value_types[word];
        }
    }
}

/* The rows of new exporters that begin as copies, then no rows of others, then everybody's position.
 * Copies are made first: what they are made of may be disabled by now, and its row about to go. */
static void load(struct wg_director *director) {
    if (wg_has_quirk(director->options, WG_QUIRK_COPIES_AFTER_REMOVAL)) {
        remove_unknown_rows(director);
    }
    for (uint32_t i = 0; i < director->count; i++) {
        struct wg_container *container = &director->containers[director->order[i]];
        struct wg_exporter_setting setting =
            wg_setting_of(director->options, container->exporter);
        const char *source = setting.source == WG_NO_EXPORTER
                                 ? NULL
                                 : director->options->exporters[setting.source].id;
        wg_container_initialise(container, director->env, director->state, setting.version, source);
    }
    remove_unknown_rows(director);
    /* All rows first, then the opens: an exporter must hold back compaction even while another
     * one's open fails again and again. */
    for (uint32_t i = 0; i < director->count; i++) {
        wg_container_load(&director->containers[director->order[i]], director->env,
                          director->state, director->partition->id);
    }
}

static void end_configuring(struct wg_director *director) {
    wg_director_unite_filters(director);
    load(director);
    director->cursor = 0;
    if (director->count == 0) {
        director->phase = WG_DIRECTOR_IDLE;
    } else if (director->mode == WG_DIRECTOR_ACTIVE) {
        director->phase = WG_DIRECTOR_OPENING;
    } else {
        director->phase = WG_DIRECTOR_LIVE;
        director->failures = 0;
    }
}

wg_status wg_director_go_live(struct wg_director *director) {
    WG_ASSERT(director->env, !director->reader_open && !director->in_record);
    wg_log_reader_init(&director->reader, director->env, director->log, director->commit);
    director->reader_open = true;
    wg_status status =
        wg_log_reader_seek_after(&director->reader, wg_exporter_rows_lowest(director->state));
    if (status != WG_OK) {
        director->phase = WG_DIRECTOR_DEAD;
        return status;
    }
    director->phase = WG_DIRECTOR_LIVE;
    director->failures = 0;
    wg_time interval = director->options->distribution_interval;
    director->next_distribution = interval > 0 ? director->env->now + interval : WG_TIME_NEVER;
    return WG_OK;
}

void wg_director_go_idle(struct wg_director *director) {
    director->phase = WG_DIRECTOR_IDLE;
    director->next_distribution = WG_TIME_NEVER;
    director->read_to = director->rereads_to = WG_POSITION_NONE;
    wg_director_drop_record(director);
    if (director->reader_open) { /* it would keep segments from being deleted */
        wg_log_reader_done(&director->reader);
        director->reader_open = false;
    }
}

wg_status wg_director_start_step(struct wg_director *director) {
    bool configuring = director->phase == WG_DIRECTOR_CONFIGURING;
    if (director->cursor < director->count) {
        uint32_t container = director->order[director->cursor];
        director->containers[container].created = true;
        wg_director_call(director, configuring ? WG_PLUGIN_CONFIGURE : WG_PLUGIN_OPEN, container,
                         0);
        return WG_OK;
    }
    if (configuring) {
        end_configuring(director);
        return WG_OK;
    }
    return wg_director_go_live(director);
}

/* --- pause --------------------------------------------------------------------------------- */

/* Whether going from one phase to another lets positions move again. */
static bool ends_freeze(const struct wg_director *director, enum wg_exporting_phase before,
                        enum wg_exporting_phase now) {
    return now == WG_EXPORTING && (before == WG_EXPORTING_SOFT_PAUSED ||
                                   !wg_has_quirk(director->options, WG_QUIRK_HARD_PAUSE_FREEZES));
}

/* A soft pause that becomes a pause keeps positions where they are until exporting resumes. A
 * passive director has nothing to stop: it goes on taking positions from the leader. */
void wg_director_set_exporting(struct wg_director *director, enum wg_exporting_phase phase) {
    enum wg_exporting_phase before = director->exporting;
    if (before == phase) {
        return;
    }
    director->exporting = phase;
    wg_director_gauge_state(director, (uint32_t)phase);
    director->stalled = before == WG_EXPORTING_PAUSED && phase == WG_EXPORTING_SOFT_PAUSED &&
                        wg_has_quirk(director->options, WG_QUIRK_SOFT_PAUSE_STALLS);
    if (director->phase != WG_DIRECTOR_NEW) {
        wg_claim(director->env, WG_CLAIM_EXPORTING_PHASE, director->partition->id,
                 (uint64_t)phase, 1, 0, 0);
    }
    for (uint32_t i = 0; i < director->count && director->mode == WG_DIRECTOR_ACTIVE; i++) {
        struct wg_container *container = &director->containers[director->order[i]];
        if (phase == WG_EXPORTING_SOFT_PAUSED) {
            wg_container_freeze(container);
        } else if (ends_freeze(director, before, phase)) {
            wg_container_unfreeze(container, director->env, director->state,
                                  director->partition->id);
        }
    }
}

/* --- failure and close --------------------------------------------------------------------- */

static void destroy_instances(struct wg_director *director);

/* As Zeebe's failed actor: nobody closes the exporters, nobody starts them again. */
static void stay_down(struct wg_director *director) {
    wg_director_begin_close(director);
    for (uint32_t i = 0; i < director->count; i++) {
        director->containers[director->order[i]].opened = false;
    }
    destroy_instances(director);
    director->phase = WG_DIRECTOR_DEAD;
    director->stays_down = true;
    wg_claim(director->env, WG_CLAIM_DIRECTOR, director->partition->id, 0, director->term, 0, 0);
}

void wg_director_fail(struct wg_director *director) {
    if (wg_has_quirk(director->options, WG_QUIRK_DIRECTOR_STAYS_DOWN)) {
        stay_down(director);
        return;
    }
    director->failures++;
    wg_director_begin_close(director);
}

void wg_director_begin_close(struct wg_director *director) {
    director->phase = WG_DIRECTOR_CLOSING;
    if (director->close_requested) { /* Zeebe pauses a director whose role ends */
        wg_director_gauge_state(director, WG_EXPORTING_PAUSED);
    }
    director->change = WG_CHANGE_NONE;
    director->next_distribution = WG_TIME_NEVER;
    wg_exporter_timers_clear(&director->timers);
    wg_director_drop_record(director);
    if (director->reader_open) {
        wg_log_reader_done(&director->reader);
        director->reader_open = false;
    }
}

static void destroy_instances(struct wg_director *director) {
    for (uint32_t i = 0; i < director->count; i++) {
        struct wg_container *container = &director->containers[director->order[i]];
        if (container->created) {
            container->created = false;
            wg_director_call(director, WG_PLUGIN_DESTROY, director->order[i], 0);
        }
    }
}

void wg_director_close_step(struct wg_director *director) {
    for (uint32_t i = 0; i < director->count; i++) {
        struct wg_container *container = &director->containers[director->order[i]];
        if (container->opened) {
            container->opened = false;
            wg_director_call(director, WG_PLUGIN_CLOSE, director->order[i], 0);
            return;
        }
    }
    destroy_instances(director);
    if (!director->stays_down) {
        wg_claim(director->env, WG_CLAIM_DIRECTOR, director->partition->id, 0, director->term, 0,
                 0);
    }
    if (director->close_requested) {
        director->phase = WG_DIRECTOR_CLOSED;
        wg_emit_post(director->env, director->partition->id, WG_ACTOR_PARTITION, WG_POST_CLOSED,
                     false, WG_ACTOR_EXPORTER, director->stays_down ? WG_FATAL : WG_OK, NULL);
        return;
    }
    director->phase = WG_DIRECTOR_WAITING;
    director->restart_at = director->env->now + wg_director_backoff(director->failures);
}
