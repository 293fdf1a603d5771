/* PROCESS_INSTANCE and PROCESS_EVENT events change the state (step 6): element instances, the flows
 * that were taken between them, and what has reached them. Used when the event is appended and when
 * it is replayed. */
#include "processing/element.h"

#include <string.h>

static void remove_of_scope(struct wg_state *state, uint8_t cf, wg_key scope) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len;
    struct wg_bytes value;
    wg_state_key_u64(prefix, (uint64_t)scope);
    while (wg_state_next(state, cf, wg_bytes_of(prefix, 8), wg_bytes_of(prefix, 8),
                         true, key, &key_len, &value)) {
        wg_state_remove(state, cf, wg_bytes_of(key, key_len));
    }
}

/* What wg_element_child finds. The built-in process has no such rows: see child_changed. */
static void index_child(struct wg_state *state, wg_key key,
                        const struct wg_value_process_instance *value, bool add) {
    uint8_t bytes[16];
    if (value->flow_scope_key < 0) {
        return;
    }
    wg_state_key_u64(bytes, (uint64_t)value->flow_scope_key);
    wg_state_key_u64(bytes + 8, (uint64_t)key);
    if (add) {
        wg_state_put(state, WG_CF_CHILD, wg_bytes_of(bytes, 16), wg_bytes_of(NULL, 0));
    } else {
        wg_state_remove(state, WG_CF_CHILD, wg_bytes_of(bytes, 16));
    }
}

/* The built-in process has one active child at a time: its row, which is written anyway, names it. */
static void child_changed(struct wg_state *state, wg_key parent, wg_key child, bool comes) {
    struct wg_element_row row;
    if (parent < 0 || !wg_element_get(state, parent, &row)) {
        return;
    }
    row.children += comes ? 1 : -1;
    if (row.modelled == 0) {
        row.job_key = comes ? child : WG_KEY_NONE;
    }
    wg_element_put(state, parent, &row);
}

/* The flows that led to the element are used up: one, or all that a joining gateway waited for. */
static void use_up_flows(struct wg_state *state, const struct wg_model *model, uint32_t element,
                         wg_key scope, struct wg_element_row *scope_row) {
    struct wg_model_element e = wg_model_at(model, element);
    if (e.kind != WG_MODEL_PARALLEL || e.in_count < 2) {
        scope_row->flows = (uint8_t)(scope_row->flows - (e.in_count > 0 && scope_row->flows > 0));
        return;
    }
    bool used[WG_MODEL_ELEMENTS_MAX] = {false};
    for (uint32_t i = 0; i < model->count; i++) {
        struct wg_model_element flow = wg_model_at(model, i);
        used[i] = flow.kind == WG_MODEL_FLOW && flow.target == element;
    }
    uint32_t count = model->count; /* the model is gone with the first change */
    for (uint32_t i = 0; i < count; i++) {
        uint64_t taken = used[i] ? wg_taken_get(state, scope, i) : 0;
        if (taken > 0) {
            wg_taken_set(state, scope, i, taken - 1);
            scope_row->flows = (uint8_t)(scope_row->flows - (scope_row->flows > 0));
        }
    }
}

static wg_status enter_model(struct wg_state *state, const struct wg_value_process_instance *value,
                             struct wg_element_row *ret_row) {
    struct wg_model model;
    struct wg_element_row scope;
    wg_status status = wg_model_get(state, value->process_definition_key, true, &model);
    if (status != WG_OK) {
        return status;
    }
    uint32_t element = wg_model_find_instance(&model, value);
    if (element == model.count) {
        return WG_CORRUPT;
    }
    ret_row->element = (uint8_t)element;
    if (wg_model_at(&model, element).kind == WG_MODEL_MULTI) {
        ret_row->job_key = 0; /* instances activated so far */
    }
    if (value->flow_scope_key >= 0 && wg_element_get(state, value->flow_scope_key, &scope)) {
        scope.job_key += wg_model_at(&model, scope.element).kind == WG_MODEL_MULTI;
        use_up_flows(state, &model, element, value->flow_scope_key, &scope);
        wg_element_put(state, value->flow_scope_key, &scope);
    }
    return WG_OK;
}

/* Only processes with gateways need to know which flows lead to nothing active yet. */
static wg_status flow_taken(struct wg_state *state, const struct wg_value_process_instance *value) {
    struct wg_model model;
    struct wg_element_row scope;
    if (wg_is_one_task(value->bpmn_process_id)) {
        return WG_OK;
    }
    wg_status status = wg_model_get(state, value->process_definition_key, true, &model);
    if (status != WG_OK || !wg_element_get(state, value->flow_scope_key, &scope)) {
        return WG_CORRUPT;
    }
    uint32_t flow = wg_model_find(&model, value->element_id);
    if (flow == model.count || scope.flows == UINT8_MAX) {
        return WG_CORRUPT;
    }
    struct wg_model_element target = wg_model_at(&model, wg_model_at(&model, flow).target);
    if (target.kind == WG_MODEL_PARALLEL && target.in_count > 1) {
        wg_taken_set(state, value->flow_scope_key, flow,
                     wg_taken_get(state, value->flow_scope_key, flow) + 1);
    }
    scope.flows++;
    wg_element_put(state, value->flow_scope_key, &scope);
    return WG_OK;
}

static wg_status element_activating(struct wg_state *state, wg_key key,
                                    const struct wg_value_process_instance *value) {
    struct wg_element_row row = {
        .process_instance_key = value->process_instance_key,
        .flow_scope_key = value->flow_scope_key,
        .process_key = value->process_definition_key,
        .version = value->version,
        .job_key = WG_KEY_NONE,
        .state = WG_PI_ELEMENT_ACTIVATING,
    };
    if (wg_is_one_task(value->bpmn_process_id)) {
        struct wg_model model = wg_one_task_model();
        row.element = (uint8_t)wg_model_find(&model, value->element_id);
    } else {
        row.modelled = 1;
        wg_status status = enter_model(state, value, &row);
        if (status != WG_OK) {
            return status;
        }
        index_child(state, key, value, true);
    }
    wg_element_put(state, key, &row);
    child_changed(state, value->flow_scope_key, key, true);
    return WG_OK;
}

static wg_status element_moved(struct wg_state *state, wg_key key, uint8_t intent) {
    struct wg_element_row row;
    if (!wg_element_get(state, key, &row)) {
        return WG_CORRUPT;
    }
    row.state = intent;
    wg_element_put(state, key, &row);
    return WG_OK;
}

static wg_status element_left(struct wg_state *state, uint8_t intent, wg_key key,
                              const struct wg_value_process_instance *value) {
    remove_of_scope(state, WG_CF_VARIABLE, key);
    wg_row_remove(state, WG_CF_EVENT_TRIGGER, key);
    if (!wg_is_one_task(value->bpmn_process_id)) {
        index_child(state, key, value, false);
    }
    if (intent == WG_PI_ELEMENT_TERMINATED && !wg_is_one_task(value->bpmn_process_id)) {
        remove_of_scope(state, WG_CF_TAKEN_FLOW, key); /* flows that waited at a gateway */
        wg_row_remove(state, WG_CF_BOUNDARY_TRIGGER, key);
    }
    child_changed(state, value->flow_scope_key, key, false);
    return wg_row_remove(state, WG_CF_ELEMENT_INSTANCE, key) ? WG_OK : WG_CORRUPT;
}

wg_status wg_apply_element(struct wg_state *state, uint8_t intent, wg_key key,
                           const struct wg_value_process_instance *value) {
    switch (intent) {
    case WG_PI_SEQUENCE_FLOW_TAKEN:
        return flow_taken(state, value);
    case WG_PI_ELEMENT_ACTIVATING:
        return element_activating(state, key, value);
    case WG_PI_ELEMENT_ACTIVATED:
    case WG_PI_ELEMENT_COMPLETING:
    case WG_PI_ELEMENT_TERMINATING:
        return element_moved(state, key, intent);
    case WG_PI_ELEMENT_COMPLETED:
    case WG_PI_ELEMENT_TERMINATED:
        return element_left(state, intent, key, value);
    default:
        return WG_UNSUPPORTED;
    }
}

/* What reached the element itself waits in one row, an event that stands at it in another: its number
 * in the model and its variables. */
static wg_status triggering(struct wg_env *env, struct wg_state *state, wg_key key,
                            const struct wg_value_process_event *value) {
    uint8_t bytes[8];
    struct wg_element_row row;
    struct wg_model model;
    wg_state_key_u64(bytes, (uint64_t)value->scope_key);
    struct wg_bytes scope = wg_bytes_of(bytes, 8);
    if (!wg_element_get(state, value->scope_key, &row) || row.modelled == 0 ||
        wg_model_get(state, row.process_key, true, &model) != WG_OK ||
        wg_bytes_equal(wg_model_id(&model, row.element), value->target_element_id)) {
        wg_row_put_tagged(env, state, WG_CF_EVENT_TRIGGER, scope, key, value->variables);
        return WG_OK;
    }
    uint32_t event = wg_model_find(&model, value->target_element_id);
    if (event == model.count) {
        return WG_CORRUPT;
    }
    size_t len = 1 + (size_t)value->variables.len;
    uint8_t *tail = wg_alloc(env, len);
    tail[0] = (uint8_t)event;
    if (value->variables.len > 0) {
        memcpy(tail + 1, value->variables.ptr, value->variables.len);
    }
    wg_row_put_tagged(env, state, WG_CF_BOUNDARY_TRIGGER, scope, key, wg_bytes_of(tail, len));
    wg_free(env, tail, len);
    return WG_OK;
}

/* At most one of the two rows is there: what has been reached is reached by nothing else. */
wg_status wg_apply_process_event(struct wg_env *env, struct wg_state *state, uint8_t intent,
                                 wg_key key, const struct wg_value_process_event *value) {
    if (intent == WG_PROCESS_EVENT_TRIGGERING) {
        return triggering(env, state, key, value);
    }
    if (!wg_row_remove(state, WG_CF_EVENT_TRIGGER, value->scope_key)) {
        wg_row_remove(state, WG_CF_BOUNDARY_TRIGGER, value->scope_key);
    }
    return WG_OK;
}
