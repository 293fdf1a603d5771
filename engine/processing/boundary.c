/* Boundary events (step 6; engine 11.3): timers are there while their activity is. One that
 * interrupts: { E PROCESS_EVENT TRIGGERING ; C TERMINATE_ELEMENT(activity) ; .. ;
 * E ELEMENT_TERMINATED(activity) ; E PROCESS_EVENT TRIGGERED ; E ELEMENT_ACTIVATING ;
 * E ELEMENT_ACTIVATED ; C COMPLETE_ELEMENT }; one that does not goes from TRIGGERING to TRIGGERED at
 * once. Always: an activity that is being interrupted is reached by no further event. */
#include "processing/element.h"
#include "processing/message.h"
#include "processing/timer.h"

wg_status wg_boundary_subscribe(struct wg_step *step, wg_key key, const struct wg_model *model,
                                uint32_t element, const struct wg_value_process_instance *value) {
    wg_status status = WG_OK;
    if (wg_model_at(model, element).boundaries == 0) {
        return WG_OK;
    }
    for (uint32_t i = element + 1; i < model->count && status == WG_OK; i++) {
        struct wg_model_element e = wg_model_at(model, i);
        if (e.kind == WG_MODEL_BOUNDARY_TIMER && e.source == element) {
            status = wg_timer_create(step, key, model, i, value);
        } else if (e.kind == WG_MODEL_BOUNDARY_MESSAGE && e.source == element) {
            status = wg_message_open(step, key, model, i, value);
        }
    }
    return status;
}

bool wg_boundary_may_trigger(const struct wg_state *state, const struct wg_element *activity) {
    struct wg_bytes row;
    struct wg_element_row scope;
    return activity->row.state == WG_PI_ELEMENT_ACTIVATED &&
           !wg_row_get(state, WG_CF_BOUNDARY_TRIGGER, activity->key, &row) &&
           !wg_row_get(state, WG_CF_EVENT_TRIGGER, activity->key, &row) &&
           wg_element_get(state, activity->row.flow_scope_key, &scope) &&
           scope.state == WG_PI_ELEMENT_ACTIVATED;
}

static bool read_trigger(struct wg_step *step, wg_key activity,
                         struct wg_boundary_trigger *ret_trigger) {
    struct wg_bytes row;
    struct wg_bytes bytes;
    if (!wg_row_get(step->state, WG_CF_BOUNDARY_TRIGGER, activity, &row) ||
        !wg_row_tagged(row, &ret_trigger->event_key, &bytes) || bytes.len < 1) {
        return false;
    }
    bytes = wg_step_keep(step, bytes);
    ret_trigger->event = bytes.ptr[0];
    ret_trigger->variables = wg_bytes_of(bytes.ptr + 1, bytes.len - 1);
    return true;
}

bool wg_boundary_triggered(struct wg_step *step, const struct wg_element *activity,
                           struct wg_boundary_trigger *ret_trigger) {
    struct wg_element_row scope;
    return wg_element_of(activity).boundaries > 0 &&
           read_trigger(step, activity->key, ret_trigger) &&
           wg_element_get(step->state, activity->row.flow_scope_key, &scope) &&
           scope.state == WG_PI_ELEMENT_ACTIVATED;
}

wg_status wg_boundary_activate(struct wg_step *step, const struct wg_element *activity,
                               const struct wg_boundary_trigger *trigger) {
    struct wg_value_process_instance value;
    wg_status status = wg_element_triggered(step, activity, trigger->event, trigger->event_key);
    if (status != WG_OK) {
        return status;
    }
    wg_key key = wg_step_next_key(step);
    wg_element_value(&activity->model, trigger->event, &activity->row, &value);
    status = wg_element_event(step, key, WG_PI_ELEMENT_ACTIVATING, &value);
    if (status == WG_OK) {
        status = wg_element_event(step, key, WG_PI_ELEMENT_ACTIVATED, &value);
    }
    if (status == WG_OK) {
        struct wg_scope scope = wg_element_scope(key, &value);
        status = wg_variables_set_local(step, &scope, trigger->variables);
    }
    return status == WG_OK ? wg_element_command(step, key, WG_PI_COMPLETE_ELEMENT, &value) : status;
}

wg_status wg_boundary_reached(struct wg_step *step, const struct wg_element *activity,
                              uint32_t event, struct wg_bytes variables) {
    struct wg_boundary_trigger trigger;
    wg_status status = wg_element_triggering(step, activity, event, variables);
    if (status != WG_OK) {
        return status;
    }
    if ((wg_model_at(&activity->model, event).flags & WG_MODEL_NON_INTERRUPTING) == 0) {
        return wg_element_command(step, activity->key, WG_PI_TERMINATE_ELEMENT, &activity->value);
    }
    return read_trigger(step, activity->key, &trigger)
               ? wg_boundary_activate(step, activity, &trigger)
               : WG_CORRUPT;
}

/* The event of that activity that catches the code; an exact one goes before one for any error.
 * `model->count` = none. */
static uint32_t catches(const struct wg_model *model, uint32_t activity, struct wg_bytes code) {
    uint32_t any = model->count;
    if (wg_model_at(model, activity).boundaries == 0) {
        return any;
    }
    for (uint32_t i = activity + 1; i < model->count; i++) {
        struct wg_model_element e = wg_model_at(model, i);
        if (e.kind != WG_MODEL_BOUNDARY_ERROR || e.source != activity) {
            continue;
        }
        if (e.text_len > 0 && wg_bytes_equal(wg_model_text(model, i), code)) {
            return i;
        }
        any = e.text_len == 0 && any == model->count ? i : any;
    }
    return any;
}

wg_status wg_boundary_find_error(struct wg_step *step, struct wg_bytes code, struct wg_element *at,
                                 uint32_t *ret_event) {
    for (;;) {
        uint32_t event = catches(&at->model, at->row.element, code);
        if (event < at->model.count) {
            *ret_event = event;
            return WG_OK;
        }
        if (at->row.flow_scope_key < 0) {
            return WG_NOT_FOUND;
        }
        wg_status status = wg_element_load(step, at->row.flow_scope_key, at);
        if (status != WG_OK) {
            return status;
        }
    }
}
