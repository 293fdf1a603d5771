/* Exporters are disabled and enabled while the director runs (reference: exporters 3.6).
 *
 *   disable   CLOSING (if it was opened) -> row deleted, timers gone, instance destroyed
 *   enable    CONFIGURING -> row initialised -> OPENING (ACTIVE) -> gets records
 *
 * An exporter that is enabled anew under a newer version is disabled first. Where it begins: as a copy
 * of another one, then the reader goes back to what that one had not acknowledged; else with the next
 * record. A call that fails makes the director fail as at its start, and the restart goes by what the
 * settings say then: who is disabled meanwhile is not tried again.
 *
 * Invariants
 *  1. One change at a time; no record is handed out while one goes on.
 *  2. Disabling happens at once, also in the middle of a record; enabling between two records (in Zeebe in the
 *     middle of one as well, which the new exporter then gets too).
 *  3. When nothing is left to change, the union of the filters is that of those who run. */
#include "exporting/director_internal.h"

static bool has_quirk(const struct wg_director *director, enum wg_quirk quirk) {
    return wg_has_quirk(director->options, quirk);
}

static bool runs(const struct wg_director *director, uint32_t exporter) {
    for (uint32_t i = 0; i < director->count; i++) {
        if (director->order[i] == exporter) {
            return true;
        }
    }
    return false;
}

/* --- disable ------------------------------------------------------------------------------- */

/* Zeebe applies what was acknowledged in close after the row is gone, and so makes it again; not during a
 * soft pause, which it only remembers. */
static void revive(struct wg_director *director, const struct wg_container *container,
                   const struct wg_plugin_return *returned) {
    if (container->frozen) {
        return;
    }
    for (uint32_t i = 0; i < returned->action_count; i++) {
        const struct wg_plugin_action *action = &returned->actions[i];
        if (action->kind != WG_PLUGIN_ACK || action->position <= container->position) {
            continue;
        }
        struct wg_exporter_row row = {.position = action->position, .metadata = action->metadata};
        wg_exporter_row_put(director->state, container->id, &row);
        wg_claim(director->env, WG_CLAIM_EXPORTER_POSITION, director->partition->id,
                 container->exporter, (uint64_t)action->position, WG_CAUSE_ACK, 0);
    }
}

/* `returned` is the answer of the close call, NULL if there was none. */
static void end_disable(struct wg_director *director, uint32_t at,
                        const struct wg_plugin_return *returned) {
    uint32_t number = director->order[at];
    struct wg_container *container = &director->containers[number];
    director->change = WG_CHANGE_NONE;
    wg_director_remove_row(director, container);
    if (returned != NULL && has_quirk(director, WG_QUIRK_ZOMBIE_ROW)) {
        revive(director, container, returned);
    }
    wg_exporter_timers_cancel_all(&director->timers, number);
    director->count--;
    for (uint32_t i = at; i < director->count; i++) {
        director->order[i] = director->order[i + 1];
    }
    wg_director_forget_turn(director, at);
    container->created = false;
    wg_director_call(director, WG_PLUGIN_DESTROY, number, 0);
    if (director->count == 0) {
        wg_director_go_idle(director);
    }
}

static void disable(struct wg_director *director, uint32_t at) {
    struct wg_container *container = &director->containers[director->order[at]];
    if (!container->opened && !has_quirk(director, WG_QUIRK_CLOSES_UNOPENED)) {
        end_disable(director, at, NULL);
        return;
    }
    container->opened = false;
    director->change = WG_CHANGE_CLOSING;
    director->changing = at;
    wg_director_call(director, WG_PLUGIN_CLOSE, director->order[at], 0);
}

/* --- enable -------------------------------------------------------------------------------- */

static void enable(struct wg_director *director, uint32_t exporter) {
    struct wg_container *container = &director->containers[exporter];
    wg_container_renew(container, (*director->next_instance)++);
    if (director->mode == WG_DIRECTOR_ACTIVE &&
        director->exporting == WG_EXPORTING_SOFT_PAUSED) {
        wg_container_freeze(container);
    }
    container->created = true;
    director->order[director->count++] = exporter;
    director->change = WG_CHANGE_CONFIGURING;
    director->changing = exporter;
    wg_director_call(director, WG_PLUGIN_CONFIGURE, exporter, 0);
}

/* The reader goes back for what the source of the copy had in flight. */
static wg_status reread(struct wg_director *director, wg_position behind) {
    director->rereads_to =
        director->read_to > director->rereads_to ? director->read_to : director->rereads_to;
    return wg_log_reader_seek_after(&director->reader, behind);
}

/* Where an exporter begins that was enabled beside others. */
static wg_status find_start(struct wg_director *director, struct wg_container *container) {
    bool copy = wg_setting_of(director->options, container->exporter).source != WG_NO_EXPORTER;
    if (copy && container->position < director->read_to &&
        !has_quirk(director, WG_QUIRK_ENABLE_MISSES_IN_FLIGHT)) {
        return reread(director, container->position);
    }
    if (!copy && container->position == WG_POSITION_NONE &&
        !has_quirk(director, WG_QUIRK_ENABLED_AT_MINUS_ONE)) {
        wg_position behind = director->in_record ? director->record.position - 1 : director->read_to;
        wg_container_skip(container, director->env, director->state, director->partition->id, behind);
    }
    return WG_OK;
}

static wg_status end_enable(struct wg_director *director) {
    struct wg_container *container = &director->containers[director->changing];
    director->change = WG_CHANGE_NONE;
    if (director->mode == WG_DIRECTOR_PASSIVE) {
        director->phase = WG_DIRECTOR_LIVE;
        return WG_OK;
    }
    if (director->phase == WG_DIRECTOR_IDLE) {
        return wg_director_go_live(director);
    }
    wg_status status = find_start(director, container);
    if (status != WG_OK) {
        director->phase = WG_DIRECTOR_DEAD;
    }
    return status;
}

static wg_status go_on_enabling(struct wg_director *director) {
    if (director->change == WG_CHANGE_CONFIGURED && director->mode == WG_DIRECTOR_ACTIVE) {
        director->change = WG_CHANGE_OPENING;
        wg_director_call(director, WG_PLUGIN_OPEN, director->changing, 0);
        return WG_OK;
    }
    return end_enable(director);
}

/* --- both ---------------------------------------------------------------------------------- */

void wg_director_change_returned(struct wg_director *director, struct wg_container *container,
                                 const struct wg_plugin_return *returned) {
    bool ok = returned->result == WG_PLUGIN_OK;
    switch (director->change) {
    case WG_CHANGE_CLOSING: /* its failure stops nobody */
        end_disable(director, director->changing, returned);
        return;
    case WG_CHANGE_CONFIGURING:
        wg_director_take_filter(container, returned);
        director->change = WG_CHANGE_CONFIGURED;
        if (ok) {
            struct wg_exporter_setting setting =
                wg_setting_of(director->options, container->exporter);
            const char *source = setting.source == WG_NO_EXPORTER
                                     ? NULL
                                     : director->options->exporters[setting.source].id;
            wg_container_initialise(container, director->env, director->state, setting.version,
                                    source);
            wg_container_load(container, director->env, director->state, director->partition->id);
        }
        break;
    default:
        container->opened = ok;
        director->change = WG_CHANGE_OPENED;
        if (ok) {
            wg_director_apply(director, director->changing, returned);
        }
        break;
    }
    if (!ok) {
        director->change = WG_CHANGE_NONE;
        wg_director_fail(director);
    }
}

/* The place of one that must not run, or not as it does; `count` = none. */
static uint32_t find_unwanted(const struct wg_director *director) {
    uint32_t at = 0;
    for (; at < director->count; at++) {
        struct wg_exporter_setting setting =
            wg_setting_of(director->options, director->order[at]);
        if (!setting.enabled ||
            setting.version > director->containers[director->order[at]].asked_version) {
            break;
        }
    }
    return at;
}

static uint32_t find_missing(const struct wg_director *director) {
    uint32_t exporter = 0;
    while (exporter < director->options->exporter_count &&
           (!wg_setting_of(director->options, exporter).enabled || runs(director, exporter))) {
        exporter++;
    }
    return exporter;
}

/* Between two records. A copy of an exporter that has the record under way would get it out of turn. */
static bool may_enable(const struct wg_director *director, uint32_t exporter) {
    bool copy = wg_setting_of(director->options, exporter).source != WG_NO_EXPORTER;
    return !director->in_record ||
           (has_quirk(director, WG_QUIRK_ENABLED_IN_RECORD) && !director->awaiting &&
            (!copy || has_quirk(director, WG_QUIRK_ENABLE_MISSES_IN_FLIGHT)));
}

wg_status wg_director_reconcile(struct wg_director *director, bool *ret_done) {
    *ret_done = true;
    if (director->change != WG_CHANGE_NONE) {
        return go_on_enabling(director);
    }
    *ret_done = false;
    if (!director->settings_changed) {
        return WG_OK;
    }
    uint32_t unwanted = find_unwanted(director), missing = find_missing(director);
    if (unwanted < director->count) {
        disable(director, unwanted);
        *ret_done = true;
    } else if (missing == director->options->exporter_count) {
        director->settings_changed = false;
        if (!has_quirk(director, WG_QUIRK_FROZEN_UNION)) {
            wg_director_unite_filters(director);
        }
    } else if (may_enable(director, missing)) {
        enable(director, missing);
        *ret_done = true;
    }
    return WG_OK;
}
