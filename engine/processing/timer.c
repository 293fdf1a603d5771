/* Timers (step 6): { E TIMER CREATED } while the catch event, or the activity that a boundary event
 * stands at, is activated; when it is due the leader writes C TIMER TRIGGER without source, and
 * -> { E TIMER TRIGGERED ; E PROCESS_EVENT TRIGGERING ; C COMPLETE_ELEMENT ... }. A second TRIGGER
 * finds no timer and is rejected. Always: a timer's row and its rows in the order of due dates and
 * of elements come and go together, but that a banned instance's timers are due no more. */
#include "processing/timer.h"

#include "processing/errors.h"

#include <string.h>

_Static_assert(sizeof(struct wg_timer_row) == 40, "no padding");

static struct wg_bytes due_key(uint8_t *out, int64_t due, wg_key key) {
    wg_state_key_u64(out, (uint64_t)due);
    wg_state_key_u64(out + 8, (uint64_t)key);
    return wg_bytes_of(out, 16);
}

static bool get(const struct wg_state *state, wg_key key, struct wg_timer_row *ret_row) {
    struct wg_bytes row;
    if (!wg_row_get(state, WG_CF_TIMER, key, &row) || row.len != sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, row.ptr, sizeof *ret_row);
    return true;
}

static wg_status to_value(const struct wg_timer_row *row, const struct wg_model *model,
                          struct wg_value_timer *ret_value) {
    wg_status status = wg_value_init(WG_VT_TIMER, ret_value);
    if (status != WG_OK) {
        return status;
    }
    ret_value->element_instance_key = row->element_instance_key;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->due_date = row->due;
    ret_value->target_element_id = wg_model_id(model, row->element);
    ret_value->repetitions = 1;
    ret_value->process_definition_key = row->process_key;
    return WG_OK;
}

wg_status wg_timer_create(struct wg_step *step, wg_key element_key, const struct wg_model *model,
                          uint32_t element, const struct wg_value_process_instance *value) {
    struct wg_value_timer timer;
    struct wg_timer_row row = {
        .due = step->now_ms + wg_model_at(model, element).number,
        .element_instance_key = element_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .element = (uint8_t)element,
    };
    wg_status status = to_value(&row, model, &timer);
    return status == WG_OK ? wg_step_event(step, wg_step_next_key(step), WG_VT_TIMER,
                                           WG_TIMER_CREATED, &timer)
                           : status;
}

static struct wg_bytes of_key(uint8_t *out, wg_key element, wg_key key) {
    wg_state_key_u64(out, (uint64_t)element);
    wg_state_key_u64(out + 8, (uint64_t)key);
    return wg_bytes_of(out, 16);
}

static wg_status cancel(struct wg_step *step, wg_key key, const struct wg_element *element) {
    struct wg_timer_row row;
    struct wg_value_timer value;
    wg_status status =
        get(step->state, key, &row) ? to_value(&row, &element->model, &value) : WG_CORRUPT;
    return status == WG_OK ? wg_step_event(step, key, WG_VT_TIMER, WG_TIMER_CANCELED, &value)
                           : status;
}

wg_status wg_timers_cancel(struct wg_step *step, const struct wg_element *element) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 8;
    struct wg_bytes value;
    wg_status status = WG_OK;
    wg_state_key_u64(prefix, (uint64_t)element->key);
    memcpy(key, prefix, 8);
    while (status == WG_OK &&
           wg_state_next(step->state, WG_CF_TIMER_OF, wg_bytes_of(prefix, 8),
                         wg_bytes_of(key, key_len), false, key, &key_len, &value)) {
        status = cancel(step, (wg_key)wg_state_u64_key(key + 8), element);
    }
    return status;
}

static wg_status created(struct wg_state *state, wg_key key, const struct wg_value_timer *value) {
    struct wg_model model;
    uint8_t bytes[16];
    wg_status status = wg_model_get(state, value->process_definition_key, true, &model);
    if (status != WG_OK) {
        return status;
    }
    struct wg_timer_row row = {
        .due = value->due_date,
        .element_instance_key = value->element_instance_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .element = (uint8_t)wg_model_find(&model, value->target_element_id),
    };
    if (row.element >= model.count) {
        return WG_CORRUPT;
    }
    wg_row_put(state, WG_CF_TIMER, key, &row, sizeof row);
    wg_state_put(state, WG_CF_TIMER_OF, of_key(bytes, row.element_instance_key, key),
                 wg_bytes_of(NULL, 0));
    if (!wg_is_banned(state, row.process_instance_key)) {
        wg_state_put(state, WG_CF_TIMER_DUE, due_key(bytes, row.due, key), wg_bytes_of(NULL, 0));
    }
    return WG_OK;
}

static void stop_own(struct wg_state *state, wg_key element) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint8_t bytes[16];
    uint32_t key_len = 8;
    struct wg_bytes value;
    struct wg_timer_row row;
    wg_state_key_u64(prefix, (uint64_t)element);
    memcpy(key, prefix, 8);
    while (wg_state_next(state, WG_CF_TIMER_OF, wg_bytes_of(prefix, 8), wg_bytes_of(key, key_len),
                         false, key, &key_len, &value)) {
        wg_key timer = (wg_key)wg_state_u64_key(key + 8);
        if (get(state, timer, &row)) {
            wg_state_remove(state, WG_CF_TIMER_DUE, due_key(bytes, row.due, timer));
        }
    }
}

/* As deep as scopes are nested: WG_MODEL_DEPTH_MAX at most. */
void wg_timers_stop(struct wg_state *state, wg_key element) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 8;
    struct wg_bytes value;
    stop_own(state, element);
    wg_state_key_u64(prefix, (uint64_t)element);
    memcpy(key, prefix, 8);
    while (wg_state_next(state, WG_CF_CHILD, wg_bytes_of(prefix, 8), wg_bytes_of(key, key_len),
                         false, key, &key_len, &value)) {
        wg_timers_stop(state, (wg_key)wg_state_u64_key(key + 8));
    }
}

wg_status wg_apply_timer(struct wg_state *state, uint8_t intent, wg_key key,
                         const struct wg_value_timer *value) {
    uint8_t bytes[16];
    if (intent == WG_TIMER_CREATED) {
        return created(state, key, value);
    }
    if (intent != WG_TIMER_TRIGGERED && intent != WG_TIMER_CANCELED) {
        return WG_UNSUPPORTED;
    }
    wg_state_remove(state, WG_CF_TIMER_DUE, due_key(bytes, value->due_date, key));
    wg_state_remove(state, WG_CF_TIMER_OF, of_key(bytes, value->element_instance_key, key));
    return wg_row_remove(state, WG_CF_TIMER, key) ? WG_OK : WG_CORRUPT;
}

static wg_status trigger_command(struct wg_step *step, wg_key key,
                                 const struct wg_timer_row *row) {
    struct wg_value_timer value;
    struct wg_model model;
    wg_status status = wg_model_load(step->results, step->state, row->process_key, true, &model);
    if (status == WG_OK) {
        status = to_value(row, &model, &value);
    }
    return status == WG_OK ? wg_step_command(step, key, WG_VT_TIMER, WG_TIMER_TRIGGER, &value)
                           : status;
}

int64_t wg_timers_due(struct wg_step *step, uint32_t limit) {
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 0;
    uint32_t written = 0;
    struct wg_bytes nothing = {NULL, 0};
    struct wg_bytes value;
    while (wg_state_next(step->state, WG_CF_TIMER_DUE, nothing, wg_bytes_of(key, key_len), false,
                         key, &key_len, &value)) {
        int64_t due = (int64_t)wg_state_u64_key(key);
        if (due > step->now_ms) {
            return due;
        }
        struct wg_timer_row row;
        wg_key timer = (wg_key)wg_state_u64_key(key + 8);
        if (written == limit || !get(step->state, timer, &row) ||
            trigger_command(step, timer, &row) != WG_OK) {
            return due;
        }
        written++;
    }
    return INT64_MAX;
}

/* A variable of this name in the instance makes its timers fail to trigger, which is how tests come
 * by an unexpected failure, an ERROR event and a banned instance (engine 4.4). */
static bool is_poisoned(const struct wg_state *state, const struct wg_element *element) {
    struct wg_bytes value;
    struct wg_scope scope = wg_element_scope(element->row.process_instance_key, &element->value);
    return wg_variable_find(state, &scope, wg_bytes_str(WG_POISON_VARIABLE), &value);
}

/* Whether what the timer belongs to still waits for it. */
static bool is_awaited(const struct wg_state *state, const struct wg_timer_row *row,
                       const struct wg_element *element) {
    struct wg_bytes trigger;
    if (row->element != element->row.element) {
        return wg_boundary_may_trigger(state, element);
    }
    return element->row.state == WG_PI_ELEMENT_ACTIVATED &&
           !wg_row_get(state, WG_CF_EVENT_TRIGGER, element->key, &trigger);
}

wg_status wg_handle_timer_trigger(struct wg_step *step) {
    struct wg_timer_row row;
    struct wg_value_timer value;
    struct wg_element element;
    wg_key key = step->command->key;
    if (!get(step->state, key, &row)) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND, "Expected to trigger timer with key '",
                              "', but no such timer was found");
    }
    wg_status status = wg_element_load(step, row.element_instance_key, &element);
    if (status == WG_NOT_FOUND ||
        (status == WG_OK && !is_awaited(step->state, &row, &element))) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE, "Expected to trigger timer with key '",
                              "', but the timer is not active anymore");
    }
    if (status == WG_OK && is_poisoned(step->state, &element)) {
        return WG_UNSUPPORTED;
    }
    if (status == WG_OK) {
        status = to_value(&row, &element.model, &value);
    }
    if (status == WG_OK) {
        status = wg_step_event(step, key, WG_VT_TIMER, WG_TIMER_TRIGGERED, &value);
    }
    if (status != WG_OK) {
        return status;
    }
    return row.element == element.row.element
               ? wg_element_trigger(step, element.key, wg_bytes_of(NULL, 0))
               : wg_boundary_reached(step, &element, row.element, wg_bytes_of(NULL, 0));
}
