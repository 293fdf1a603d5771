/* Events change the state (step 6): one applier per event, used when the event is appended by the
 * leader and again when any replica replays it. An applier reads nothing but the event and the
 * state, so both give the same rows. An event without applier stops the replica (bug P04: passing
 * over it loses state silently). */
#include "processing/step.h"
#include "processing/timer.h"

#include <string.h>

#define ERROR_CREATED 0

static void remove_scope_variables(struct wg_state *state, wg_key scope) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len;
    struct wg_bytes value;
    wg_state_key_u64(prefix, (uint64_t)scope);
    while (wg_state_next(state, WG_CF_VARIABLE, wg_bytes_of(prefix, 8), wg_bytes_of(prefix, 8),
                         true, key, &key_len, &value)) {
        wg_state_remove(state, WG_CF_VARIABLE, wg_bytes_of(key, key_len));
    }
}

static void add_children(struct wg_state *state, wg_key parent, int32_t change) {
    struct wg_element_row row;
    if (parent >= 0 && wg_element_get(state, parent, &row)) {
        row.children += change;
        wg_element_put(state, parent, &row);
    }
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
                             uint8_t *ret_element) {
    struct wg_model model;
    struct wg_element_row scope;
    wg_status status = wg_model_get(state, value->process_definition_key, true, &model);
    if (status != WG_OK) {
        return status;
    }
    uint32_t element = wg_model_find(&model, value->element_id);
    if (element == model.count) {
        return WG_CORRUPT;
    }
    *ret_element = (uint8_t)element;
    if (value->flow_scope_key >= 0 && wg_element_get(state, value->flow_scope_key, &scope)) {
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
        wg_status status = enter_model(state, value, &row.element);
        if (status != WG_OK) {
            return status;
        }
    }
    wg_element_put(state, key, &row);
    add_children(state, value->flow_scope_key, 1);
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

static wg_status element_completed(struct wg_state *state, wg_key key,
                                   const struct wg_value_process_instance *value) {
    remove_scope_variables(state, key);
    wg_row_remove(state, WG_CF_EVENT_TRIGGER, key);
    add_children(state, value->flow_scope_key, -1);
    return wg_row_remove(state, WG_CF_ELEMENT_INSTANCE, key) ? WG_OK : WG_CORRUPT;
}

static wg_status apply_process_instance(struct wg_state *state, uint8_t intent, wg_key key,
                                        const struct wg_value_process_instance *value) {
    switch (intent) {
    case WG_PI_SEQUENCE_FLOW_TAKEN:
        return flow_taken(state, value);
    case WG_PI_ELEMENT_ACTIVATING:
        return element_activating(state, key, value);
    case WG_PI_ELEMENT_ACTIVATED:
    case WG_PI_ELEMENT_COMPLETING:
        return element_moved(state, key, intent);
    case WG_PI_ELEMENT_COMPLETED:
        return element_completed(state, key, value);
    default:
        return WG_UNSUPPORTED;
    }
}

static wg_status model_created(struct wg_env *env, struct wg_state *state,
                               const struct wg_value_process *value) {
    uint32_t room = wg_model_extract_room(value->resource);
    uint8_t *bytes = wg_alloc(env, room + 1);
    uint32_t len = wg_model_extract(value->resource, bytes, room);
    struct wg_model model;
    wg_status status = wg_model_read(wg_bytes_of(bytes, len), &model);
    if (status == WG_OK) {
        wg_model_put(state, value->process_definition_key, wg_bytes_of(bytes, len));
    }
    wg_free(env, bytes, room + 1);
    return status;
}

static wg_status process_created(struct wg_env *env, struct wg_state *state,
                                 const struct wg_value_process *value) {
    struct wg_process_row row = {.key = value->process_definition_key, .version = value->version};
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len = value->checksum.len < WG_CHECKSUM_BYTES ? value->checksum.len
                                                           : (uint32_t)WG_CHECKSUM_BYTES;
    if (len > 0) {
        memcpy(row.checksum, value->checksum.ptr, len);
    }
    struct wg_bytes bytes = wg_bytes_of(&row, sizeof row);
    wg_row_put(state, WG_CF_PROCESS, row.key, &row, sizeof row);
    wg_state_put(state, WG_CF_PROCESS_BY_ID,
                 wg_process_key(key, value->bpmn_process_id, row.version), bytes);
    wg_state_put(state, WG_CF_PROCESS_BY_ID, wg_process_key(key, value->bpmn_process_id, 0), bytes);
    return wg_is_one_task(value->bpmn_process_id) ? WG_OK : model_created(env, state, value);
}

static wg_status variable_set(struct wg_env *env, struct wg_state *state, wg_key key,
                              const struct wg_value_variable *value) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    if (value->name.len > WG_VARIABLE_NAME_MAX) {
        return WG_UNSUPPORTED;
    }
    wg_row_put_tagged(env, state, WG_CF_VARIABLE,
                      wg_variable_key(bytes, value->scope_key, value->name), key, value->value);
    return WG_OK;
}

static wg_status incident_created(struct wg_state *state, wg_key key,
                                  const struct wg_value_incident *value) {
    struct {
        struct wg_incident_row row;
        uint8_t message[WG_ROW_TEXT_MAX];
    } stored;
    memset(&stored, 0, sizeof stored);
    stored.row = (struct wg_incident_row){
        value->job_key, value->element_instance_key, value->process_instance_key,
        value->process_definition_key, wg_row_text(stored.message, value->error_message)};
    wg_row_put(state, WG_CF_INCIDENT, key, &stored,
               sizeof stored.row + (size_t)stored.row.message_len);
    wg_row_put(state, WG_CF_INCIDENT_BY_JOB, value->job_key, &key, sizeof key);
    return WG_OK;
}

static wg_status incident_resolved(struct wg_state *state, wg_key key,
                                   const struct wg_value_incident *value) {
    struct wg_job_row row;
    struct wg_job_texts texts;
    wg_row_remove(state, WG_CF_INCIDENT_BY_JOB, value->job_key);
    if (wg_job_get(state, value->job_key, &row, &texts) && row.state == WG_JOB_IS_FAILED) {
        row.state = WG_JOB_ACTIVATABLE;
        wg_job_put(state, value->job_key, &row, &texts);
    }
    return wg_row_remove(state, WG_CF_INCIDENT, key) ? WG_OK : WG_CORRUPT;
}

static wg_status event_triggering(struct wg_env *env, struct wg_state *state, wg_key key,
                                  const struct wg_value_process_event *value) {
    uint8_t bytes[8];
    wg_state_key_u64(bytes, (uint64_t)value->scope_key);
    wg_row_put_tagged(env, state, WG_CF_EVENT_TRIGGER, wg_bytes_of(bytes, 8), key,
                      value->variables);
    return WG_OK;
}

static wg_status event_triggered(struct wg_state *state,
                                 const struct wg_value_process_event *value) {
    wg_row_remove(state, WG_CF_EVENT_TRIGGER, value->scope_key);
    return WG_OK;
}

static wg_status error_created(struct wg_state *state, const struct wg_value_error *value) {
    if (value->process_instance_key > 0) {
        wg_row_put(state, WG_CF_BANNED, value->process_instance_key, NULL, 0);
    }
    return WG_OK;
}

#define EVENT(value_type, intent) ((uint32_t)(value_type) << 8 | (uint32_t)(intent))

wg_status wg_apply(struct wg_env *env, struct wg_state *state, uint8_t value_type, uint8_t intent,
                   wg_key key, const void *value) {
    if (value_type == WG_VT_PROCESS_INSTANCE) {
        return apply_process_instance(state, intent, key, value);
    }
    if (value_type == WG_VT_JOB) {
        return wg_apply_job(state, intent, key, value);
    }
    switch (EVENT(value_type, intent)) {
    case EVENT(WG_VT_VARIABLE, WG_VARIABLE_CREATED):
    case EVENT(WG_VT_VARIABLE, WG_VARIABLE_UPDATED):
        return variable_set(env, state, key, value);
    case EVENT(WG_VT_PROCESS_EVENT, WG_PROCESS_EVENT_TRIGGERING):
        return event_triggering(env, state, key, value);
    case EVENT(WG_VT_PROCESS_EVENT, WG_PROCESS_EVENT_TRIGGERED):
        return event_triggered(state, value);
    case EVENT(WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED):
        return wg_apply_job_batch(state, value);
    case EVENT(WG_VT_INCIDENT, WG_INCIDENT_CREATED):
        return incident_created(state, key, value);
    case EVENT(WG_VT_INCIDENT, WG_INCIDENT_RESOLVED):
        return incident_resolved(state, key, value);
    case EVENT(WG_VT_PROCESS, WG_PROCESS_CREATED):
        return process_created(env, state, value);
    case EVENT(WG_VT_TIMER, WG_TIMER_CREATED):
    case EVENT(WG_VT_TIMER, WG_TIMER_TRIGGERED):
    case EVENT(WG_VT_TIMER, WG_TIMER_CANCELED):
        return wg_apply_timer(state, intent, key, value);
    case EVENT(WG_VT_ERROR, ERROR_CREATED):
        return error_created(state, value);
    case EVENT(WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED):
    case EVENT(WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED):
        return WG_OK; /* they tell the client and change nothing */
    default:
        return WG_UNSUPPORTED;
    }
}

wg_status wg_processing_apply(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                              const struct wg_record *event) {
    (void)partition;
    union wg_any_value value;
    wg_status status = wg_value_decode(event->value_type, event->value, &value);
    if (status != WG_OK) {
        return status;
    }
    return wg_apply(env, state, event->value_type, event->intent, event->key, &value);
}
