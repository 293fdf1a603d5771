/* Start, failure, restart and close of the director (reference: exporters 3.2, 3.6, 3.7).
 *
 *   NEW --WAKE--> CONFIGURING --all--> OPENING --all--> LIVE      (ACTIVE)
 *                 CONFIGURING --all--> LIVE                       (PASSIVE)
 *                 CONFIGURING --no exporter--> IDLE
 *   CONFIGURING, OPENING, LIVE --a call fails--> CLOSING --> WAITING --2,4,8,10.. s--> CONFIGURING
 *   any --CLOSE--> CLOSING --> CLOSED (POST_CLOSED)
 *   Under WG_QUIRK_DIRECTOR_STAYS_DOWN a call that fails leads to DEAD instead.
 *
 * Invariants
 *  1. An instance is configured once, opened at most once and only when ACTIVE, closed iff it was
 *     opened, destroyed iff it was configured, in this order.
 *  2. Rows of ids that are not configured are gone once the configure phase is over; each
 *     configured id then has a row, so it holds back compaction.
 *  3. The union of all filters does not change after the configure phase. */
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
    for (uint32_t i = 0; i < director->count; i++) {
        director->order[i] = i;
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
    choose_order(director);
    for (uint32_t i = 0; i < director->count; i++) {
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
        if (strcmp(unknown->director->containers[i].id, id) == 0) {
            return;
        }
    }
    size_t len = strlen(id);
    if (!unknown->found && len < sizeof unknown->id) {
        unknown->found = true;
        memcpy(unknown->id, id, len + 1);
    }
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
        bool removed = wg_exporter_row_remove(director->state, unknown.id);
        WG_ASSERT(director->env, removed);
        /* It has no index any more: b tells ids apart. */
        wg_claim(director->env, WG_CLAIM_EXPORTER_REMOVED, director->partition->id, UINT32_MAX,
                 wg_hash_bytes(unknown.id, strlen(unknown.id), 0), 0, 0);
    }
}

static void freeze_filter(struct wg_director *director) {
    memset(&director->any, 0, sizeof director->any);
    for (uint32_t i = 0; i < director->count; i++) {
        const struct wg_record_filter *own = &director->containers[i].filter;
        director->any.record_types |= own->record_types;
        for (uint32_t word = 0; word < 4; word++) {
            director->any.value_types[word] |= own->value_types[word];
        }
    }
}

static void end_configuring(struct wg_director *director) {
    freeze_filter(director);
    remove_unknown_rows(director);
    /* All rows first, then the opens: an exporter must hold back compaction even while another
     * one's open fails again and again. */
    for (uint32_t i = 0; i < director->count; i++) {
        wg_container_load(&director->containers[director->order[i]], director->env,
                          director->state, director->partition->id);
    }
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

static wg_status go_live(struct wg_director *director) {
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
    return go_live(director);
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
    director->stalled = before == WG_EXPORTING_PAUSED && phase == WG_EXPORTING_SOFT_PAUSED &&
                        wg_has_quirk(director->options, WG_QUIRK_SOFT_PAUSE_STALLS);
    if (director->phase != WG_DIRECTOR_NEW) {
        wg_claim(director->env, WG_CLAIM_EXPORTING_PHASE, director->partition->id,
                 (uint64_t)phase, 1, 0, 0);
    }
    for (uint32_t i = 0; i < director->count && director->mode == WG_DIRECTOR_ACTIVE; i++) {
        if (phase == WG_EXPORTING_SOFT_PAUSED) {
            wg_container_freeze(&director->containers[i]);
        } else if (ends_freeze(director, before, phase)) {
            wg_container_unfreeze(&director->containers[i], director->env, director->state,
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
        director->containers[i].opened = false;
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
