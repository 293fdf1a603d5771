/* PROCESS_INSTANCE ACTIVATE_ELEMENT and COMPLETE_ELEMENT (step 6), the heart of execution: each
 * moves one element instance through its life and asks for what follows by commands, which the
 * stream processor handles in the same batch (sequences: engine 11.1). Gateways complete at once,
 * within the command that activates them. */
#include "processing/element.h"
#include "processing/message.h"
#include "processing/timer.h"

void wg_element_value(const struct wg_model *model, uint32_t element,
                      const struct wg_element_row *row,
                      struct wg_value_process_instance *ret_value) {
    wg_status status = wg_value_init(WG_VT_PROCESS_INSTANCE, ret_value);
    (void)status; /* the table of this type is built in */
    wg_model_describe(model, element, ret_value);
    ret_value->version = row->version;
    ret_value->process_definition_key = row->process_key;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->flow_scope_key = row->flow_scope_key;
}

wg_status wg_element_event(struct wg_step *step, wg_key key, uint8_t intent,
                           const struct wg_value_process_instance *value) {
    return wg_step_event(step, key, WG_VT_PROCESS_INSTANCE, intent, value);
}

wg_status wg_element_command(struct wg_step *step, wg_key key, uint8_t intent,
                             const struct wg_value_process_instance *value) {
    return wg_step_command(step, key, WG_VT_PROCESS_INSTANCE, intent, value);
}

struct wg_element_row wg_element_row_of(const struct wg_value_process_instance *value) {
    return (struct wg_element_row){
        .process_instance_key = value->process_instance_key,
        .flow_scope_key = value->flow_scope_key,
        .process_key = value->process_definition_key,
        .version = value->version,
    };
}

wg_status wg_element_load(struct wg_step *step, wg_key key, struct wg_element *ret_element) {
    if (key < 0 || !wg_element_get(step->state, key, &ret_element->row)) {
        return WG_NOT_FOUND;
    }
    ret_element->key = key;
    wg_status status =
        wg_model_load(step->results, step->state, ret_element->row.process_key,
                      ret_element->row.modelled != 0, &ret_element->model);
    if (status == WG_OK) {
        wg_element_value(&ret_element->model, ret_element->row.element, &ret_element->row,
                         &ret_element->value);
    }
    return status;
}

struct wg_model_element wg_element_of(const struct wg_element *element) {
    return wg_model_at(&element->model, element->row.element);
}

struct wg_scope wg_element_scope(wg_key key, const struct wg_value_process_instance *value) {
    return (struct wg_scope){key, value->process_instance_key, value->process_definition_key,
                             value->bpmn_process_id};
}

bool wg_element_child(const struct wg_state *state, const struct wg_element *scope, wg_key from,
                      wg_key *ret_key) {
    uint8_t bytes[16];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len;
    struct wg_bytes value;
    if (scope->row.modelled == 0) {
        *ret_key = scope->row.job_key;
        return scope->row.flow_scope_key < 0 && *ret_key >= from && *ret_key >= 0;
    }
    wg_state_key_u64(bytes, (uint64_t)scope->key);
    wg_state_key_u64(bytes + 8, (uint64_t)from);
    if (!wg_state_next(state, WG_CF_CHILD, wg_bytes_of(bytes, 8), wg_bytes_of(bytes, 16), true, key,
                       &key_len, &value)) {
        return false;
    }
    *ret_key = (wg_key)wg_state_u64_key(key + 8);
    return true;
}

static wg_status create_job(struct wg_step *step, wg_key element_key, const struct wg_model *model,
                            uint32_t element, const struct wg_value_process_instance *value) {
    struct wg_job_texts no_texts = {0};
    struct wg_value_job job;
    struct wg_job_row row = {
        .deadline = -1,
        .timeout = -1,
        .retries = wg_model_at(model, element).number,
        .element_instance_key = element_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .version = value->version,
        .element = (uint8_t)element,
    };
    wg_job_value(model, &row, &no_texts, &job);
    return wg_step_event(step, wg_step_next_key(step), WG_VT_JOB, WG_JOB_CREATED, &job);
}

/* E SEQUENCE_FLOW_TAKEN, and C ACTIVATE_ELEMENT of where it leads. */
static wg_status take_flow(struct wg_step *step, const struct wg_model *model, uint32_t flow,
                           const struct wg_value_process_instance *value) {
    struct wg_element_row row = wg_element_row_of(value);
    struct wg_value_process_instance next;
    wg_element_value(model, flow, &row, &next);
    wg_status status = wg_element_event(step, wg_step_next_key(step), WG_PI_SEQUENCE_FLOW_TAKEN, &next);
    if (status != WG_OK) {
        return status;
    }
    wg_element_value(model, wg_model_at(model, flow).target, &row, &next);
    return wg_element_command(step, wg_step_next_key(step), WG_PI_ACTIVATE_ELEMENT, &next);
}

/* The first flow whose condition holds; the last one has none. */
static uint32_t choose_flow(const struct wg_step *step, const struct wg_model *model,
                            const struct wg_model_element *gateway,
                            const struct wg_value_process_instance *value) {
    struct wg_scope scope = wg_element_scope(value->flow_scope_key, value);
    uint32_t last = (uint32_t)gateway->first_out + gateway->out_count - 1;
    uint32_t flow = gateway->first_out;
    while (flow < last && !wg_variable_equals(step->state, &scope, wg_model_text(model, flow),
                                              wg_model_at(model, flow).number)) {
        flow++;
    }
    return flow;
}

/* A path has come to its end in that scope. */
static wg_status path_ended(struct wg_step *step, wg_key scope_key) {
    struct wg_element scope;
    wg_status status = wg_element_load(step, scope_key, &scope);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_OK : status;
    }
    if (wg_element_of(&scope).kind == WG_MODEL_MULTI) {
        return wg_multi_left(step, &scope);
    }
    return scope.row.children > 0 || scope.row.flows > 0
               ? WG_OK
               : wg_element_command(step, scope_key, WG_PI_COMPLETE_ELEMENT, &scope.value);
}

/* Takes the flows out of a completed element, or completes the scope whose last one it was. */
static wg_status after_completed(struct wg_step *step, const struct wg_model *model,
                                 uint32_t element, const struct wg_value_process_instance *value) {
    struct wg_model_element e = wg_model_at(model, element);
    if (e.kind == WG_MODEL_PROCESS) {
        return WG_OK;
    }
    if (e.kind == WG_MODEL_EXCLUSIVE) {
        uint32_t flow = choose_flow(step, model, &e, value);
        return take_flow(step, model, flow, value);
    }
    wg_status status = WG_OK;
    for (uint32_t i = 0; i < e.out_count && status == WG_OK; i++) {
        status = take_flow(step, model, e.first_out + i, value);
    }
    return e.out_count > 0 || status != WG_OK ? status : path_ended(step, value->flow_scope_key);
}

static wg_status complete_gateway(struct wg_step *step, const struct wg_model *model,
                                  uint32_t element, wg_key key,
                                  const struct wg_value_process_instance *value) {
    wg_status status = wg_element_event(step, key, WG_PI_ELEMENT_COMPLETING, value);
    if (status == WG_OK) {
        status = wg_element_event(step, key, WG_PI_ELEMENT_COMPLETED, value);
    }
    return status == WG_OK ? after_completed(step, model, element, value) : status;
}

/* What an activated element asks for next. */
static wg_status after_activated(struct wg_step *step, const struct wg_model *model,
                                 uint32_t element, wg_key key,
                                 const struct wg_value_process_instance *value) {
    struct wg_model_element e = wg_model_at(model, element);
    struct wg_value_process_instance start;
    struct wg_element_row row;
    switch ((enum wg_model_kind)e.kind) {
    case WG_MODEL_PROCESS:
    case WG_MODEL_SUBPROCESS:
        row = wg_element_row_of(value);
        row.flow_scope_key = key;
        wg_element_value(model, e.kind == WG_MODEL_PROCESS ? e.first_out : e.target, &row, &start);
        return wg_element_command(step, WG_KEY_NONE, WG_PI_ACTIVATE_ELEMENT, &start);
    case WG_MODEL_MULTI:
        return wg_multi_start(step, model, element, key, value);
    case WG_MODEL_TASK:
    case WG_MODEL_USER_TASK:
    case WG_MODEL_TIMER:
    case WG_MODEL_MESSAGE:
        return WG_OK; /* waits */
    case WG_MODEL_EXCLUSIVE:
    case WG_MODEL_PARALLEL:
        return complete_gateway(step, model, element, key, value);
    default:
        return wg_element_command(step, key, WG_PI_COMPLETE_ELEMENT, value);
    }
}

/* A gateway that joins waits until every flow into it has been taken. */
static bool all_flows_taken(const struct wg_state *state, const struct wg_model *model,
                            uint32_t gateway, wg_key scope) {
    for (uint32_t i = 0; i < model->count; i++) {
        struct wg_model_element e = wg_model_at(model, i);
        if (e.kind == WG_MODEL_FLOW && e.target == gateway && wg_taken_get(state, scope, i) == 0) {
            return false;
        }
    }
    return true;
}

/* An element may be activated inside a running scope, a process instance once. */
static bool may_activate(const struct wg_step *step, const struct wg_model *model,
                         uint32_t element, const struct wg_value_process_instance *value) {
    struct wg_element_row row;
    wg_key key = step->command->key;
    if (key >= 0 && wg_element_get(step->state, key, &row)) {
        return false;
    }
    struct wg_model_element e = wg_model_at(model, element);
    if (e.kind == WG_MODEL_PROCESS) {
        return key >= 0 && key == value->process_instance_key;
    }
    return e.kind != WG_MODEL_FLOW && wg_element_get(step->state, value->flow_scope_key, &row) &&
           row.state == WG_PI_ELEMENT_ACTIVATED;
}

/* What the element waits for while it is activated. */
static wg_status subscribe(struct wg_step *step, const struct wg_model *model, uint32_t element,
                           wg_key key, const struct wg_value_process_instance *value) {
    wg_status status = wg_boundary_subscribe(step, key, model, element, value);
    if (status != WG_OK) {
        return status;
    }
    switch ((enum wg_model_kind)wg_model_at(model, element).kind) {
    case WG_MODEL_TASK:
        return create_job(step, key, model, element, value);
    case WG_MODEL_USER_TASK:
        return wg_user_task_create(step, key, model, element, value);
    case WG_MODEL_TIMER:
        return wg_timer_create(step, key, model, element, value);
    case WG_MODEL_MESSAGE:
        return wg_message_open(step, key, model, element, value);
    default:
        return WG_OK;
    }
}

wg_status wg_element_go_on(struct wg_step *step, const struct wg_model *model, uint32_t element,
                           wg_key key, const struct wg_value_process_instance *value) {
    struct wg_model_element e = wg_model_at(model, element);
    wg_status status = WG_OK;
    if (e.kind == WG_MODEL_MULTI) {
        bool good_items;
        status = wg_multi_check(step, model, element, key, value, &good_items);
        if (status != WG_OK || !good_items) {
            return status;
        }
    }
    bool good;
    status = wg_message_check(step, model, element, key, value, &good);
    if (status != WG_OK || !good) {
        return status;
    }
    if (wg_model_at(model, e.scope).kind == WG_MODEL_MULTI) {
        status = wg_multi_enter(step, model, key, value);
    }
    if (status == WG_OK) {
        status = subscribe(step, model, element, key, value);
    }
    if (status == WG_OK) {
        status = wg_element_event(step, key, WG_PI_ELEMENT_ACTIVATED, value);
    }
    return status == WG_OK ? after_activated(step, model, element, key, value) : status;
}

wg_status wg_handle_activate_element(struct wg_step *step) {
    struct wg_value_process_instance value;
    struct wg_model model;
    wg_status status = wg_value_decode(WG_VT_PROCESS_INSTANCE, step->command->value, &value);
    if (status == WG_OK) {
        status = wg_model_load(step->results, step->state, value.process_definition_key,
                               !wg_is_one_task(value.bpmn_process_id), &model);
    }
    if (status != WG_OK) {
        return status;
    }
    uint32_t element = wg_model_find_instance(&model, &value);
    if (element == model.count || !may_activate(step, &model, element, &value)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to activate an element inside an active scope, but the "
                              "scope or the element with key '",
                              "' does not allow it");
    }
    struct wg_model_element e = wg_model_at(&model, element);
    if (e.kind == WG_MODEL_PARALLEL && e.in_count > 1 &&
        !all_flows_taken(step->state, &model, element, value.flow_scope_key)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to be able to activate parallel gateway with key '",
                              "', but not all sequence flows have been taken.");
    }
    wg_key key = step->command->key >= 0 ? step->command->key : wg_step_next_key(step);
    status = wg_element_event(step, key, WG_PI_ELEMENT_ACTIVATING, &value);
    return status == WG_OK ? wg_element_go_on(step, &model, element, key, &value) : status;
}

/* { E PROCESS_EVENT TRIGGERED ; E VARIABLE ... }: the job's result reaches the instance. */
static wg_status take_trigger(struct wg_step *step, wg_key key,
                              const struct wg_value_process_instance *value) {
    struct wg_bytes row;
    struct wg_bytes variables;
    wg_key event_key;
    if (!wg_row_get(step->state, WG_CF_EVENT_TRIGGER, key, &row) ||
        !wg_row_tagged(row, &event_key, &variables)) {
        return WG_OK;
    }
    variables = wg_step_keep(step, variables); /* the row goes with the next event */
    struct wg_value_process_event triggered;
    wg_status status = wg_value_init(WG_VT_PROCESS_EVENT, &triggered);
    if (status != WG_OK) {
        return status;
    }
    triggered.scope_key = key;
    triggered.target_element_id = value->element_id;
    triggered.process_definition_key = value->process_definition_key;
    triggered.process_instance_key = value->process_instance_key;
    status = wg_step_event(step, event_key, WG_VT_PROCESS_EVENT, WG_PROCESS_EVENT_TRIGGERED,
                           &triggered);
    if (status != WG_OK) {
        return status;
    }
    struct wg_scope scope = {key, value->process_instance_key, value->process_definition_key,
                             value->bpmn_process_id};
    return wg_variables_propagate(step, &scope, variables);
}

/* The variables that a boundary event brought reach the scope around it. */
static wg_status hand_over(struct wg_step *step, const struct wg_element *event) {
    struct wg_bytes document;
    struct wg_scope scope = wg_element_scope(event->key, &event->value);
    wg_status status = wg_variables_local(step, &scope, &document);
    scope.scope = event->row.flow_scope_key;
    return status == WG_OK ? wg_variables_propagate(step, &scope, document) : status;
}

/* What happens between COMPLETING and COMPLETED. */
static wg_status wind_up(struct wg_step *step, const struct wg_element *element) {
    struct wg_model_element e = wg_element_of(element);
    if (e.kind == WG_MODEL_BOUNDARY_ERROR || e.kind == WG_MODEL_BOUNDARY_MESSAGE) {
        return hand_over(step, element);
    }
    wg_status status = take_trigger(step, element->key, &element->value);
    if (status == WG_OK && e.boundaries > 0) {
        status = wg_element_unsubscribe(step, element);
    }
    if (status == WG_OK && e.kind == WG_MODEL_MULTI) {
        status = wg_multi_hand_over(step, element);
    }
    bool repeated = wg_model_at(&element->model, e.scope).kind == WG_MODEL_MULTI;
    return status == WG_OK && repeated ? wg_multi_collect(step, element) : status;
}

/* Whether the scope around still runs; the process itself has none. */
static bool scope_is_active(const struct wg_state *state, const struct wg_element_row *row) {
    struct wg_element_row scope;
    return row->flow_scope_key < 0 || (wg_element_get(state, row->flow_scope_key, &scope) &&
                                       scope.state == WG_PI_ELEMENT_ACTIVATED);
}

wg_status wg_handle_complete_element(struct wg_step *step) {
    struct wg_element element;
    wg_status status = wg_element_load(step, step->command->key, &element);
    if (status == WG_NOT_FOUND) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but no such element instance was found");
    }
    if (status != WG_OK) {
        return status;
    }
    if (element.row.state != WG_PI_ELEMENT_ACTIVATED || element.row.children > 0 ||
        element.row.flows > 0 || !scope_is_active(step->state, &element.row)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but it is not in state 'ELEMENT_ACTIVATED'");
    }
    status = wg_element_event(step, element.key, WG_PI_ELEMENT_COMPLETING, &element.value);
    if (status == WG_OK) {
        status = wind_up(step, &element);
    }
    if (status == WG_OK) {
        status = wg_element_event(step, element.key, WG_PI_ELEMENT_COMPLETED, &element.value);
    }
    return status == WG_OK
               ? after_completed(step, &element.model, element.row.element, &element.value)
               : status;
}

static wg_status process_event(struct wg_step *step, uint8_t intent, wg_key event_key,
                               const struct wg_element *element, uint32_t target,
                               struct wg_bytes variables) {
    struct wg_value_process_event value;
    wg_status status = wg_value_init(WG_VT_PROCESS_EVENT, &value);
    if (status != WG_OK) {
        return status;
    }
    value.scope_key = element->key;
    value.target_element_id = wg_model_id(&element->model, target);
    value.variables = variables;
    value.process_definition_key = element->row.process_key;
    value.process_instance_key = element->row.process_instance_key;
    return wg_step_event(step, event_key, WG_VT_PROCESS_EVENT, intent, &value);
}

wg_status wg_element_triggering(struct wg_step *step, const struct wg_element *element,
                                uint32_t target, struct wg_bytes variables) {
    return process_event(step, WG_PROCESS_EVENT_TRIGGERING, wg_step_next_key(step), element, target,
                         variables);
}

wg_status wg_element_triggered(struct wg_step *step, const struct wg_element *element,
                               uint32_t target, wg_key event_key) {
    return process_event(step, WG_PROCESS_EVENT_TRIGGERED, event_key, element, target,
                         wg_bytes_of(NULL, 0));
}

wg_status wg_element_trigger(struct wg_step *step, wg_key key, struct wg_bytes variables) {
    struct wg_element element;
    wg_status status = wg_element_load(step, key, &element);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_OK : status; /* the element is gone: nothing to complete */
    }
    status = wg_element_triggering(step, &element, element.row.element, variables);
    return status == WG_OK
               ? wg_element_command(step, key, WG_PI_COMPLETE_ELEMENT, &element.value)
               : status;
}
