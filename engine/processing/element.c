/* PROCESS_INSTANCE ACTIVATE_ELEMENT and COMPLETE_ELEMENT (step 6), the heart of execution: each
 * moves one element instance through its life and asks for what follows by commands, which the
 * stream processor handles in the same batch (sequences: engine 11.1). Gateways complete at once,
 * within the command that activates them. */
#include "processing/step.h"
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

static wg_status event(struct wg_step *step, wg_key key, uint8_t intent,
                       const struct wg_value_process_instance *value) {
    return wg_step_event(step, key, WG_VT_PROCESS_INSTANCE, intent, value);
}

static wg_status command(struct wg_step *step, wg_key key, uint8_t intent,
                         const struct wg_value_process_instance *value) {
    return wg_step_command(step, key, WG_VT_PROCESS_INSTANCE, intent, value);
}

/* The element row that `value` speaks of, for values of other elements of the same instance. */
static struct wg_element_row row_of(const struct wg_value_process_instance *value) {
    return (struct wg_element_row){
        .process_instance_key = value->process_instance_key,
        .flow_scope_key = value->flow_scope_key,
        .process_key = value->process_definition_key,
        .version = value->version,
    };
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
    struct wg_element_row row = row_of(value);
    struct wg_value_process_instance next;
    wg_element_value(model, flow, &row, &next);
    wg_status status = event(step, wg_step_next_key(step), WG_PI_SEQUENCE_FLOW_TAKEN, &next);
    if (status != WG_OK) {
        return status;
    }
    wg_element_value(model, wg_model_at(model, flow).target, &row, &next);
    return command(step, wg_step_next_key(step), WG_PI_ACTIVATE_ELEMENT, &next);
}

/* The first flow whose condition holds; the last one has none. */
static uint32_t choose_flow(const struct wg_step *step, const struct wg_model *model,
                            const struct wg_model_element *gateway, wg_key instance) {
    uint32_t last = (uint32_t)gateway->first_out + gateway->out_count - 1;
    uint32_t flow = gateway->first_out;
    while (flow < last && !wg_variable_equals(step->state, instance, wg_model_text(model, flow),
                                              wg_model_at(model, flow).number)) {
        flow++;
    }
    return flow;
}

/* Takes the flows out of a completed element, or completes the scope whose last one it was. */
static wg_status after_completed(struct wg_step *step, const struct wg_model *model,
                                 uint32_t element, const struct wg_value_process_instance *value) {
    struct wg_model_element e = wg_model_at(model, element);
    struct wg_value_process_instance next;
    if (e.kind == WG_MODEL_PROCESS) {
        return WG_OK;
    }
    if (e.kind == WG_MODEL_EXCLUSIVE) {
        uint32_t flow = choose_flow(step, model, &e, value->process_instance_key);
        return take_flow(step, model, flow, value);
    }
    wg_status status = WG_OK;
    for (uint32_t i = 0; i < e.out_count && status == WG_OK; i++) {
        status = take_flow(step, model, e.first_out + i, value);
    }
    struct wg_element_row scope;
    if (e.out_count > 0 || !wg_element_get(step->state, value->flow_scope_key, &scope) ||
        scope.children > 0 || scope.flows > 0) {
        return status;
    }
    wg_element_value(model, scope.element, &scope, &next);
    return command(step, value->flow_scope_key, WG_PI_COMPLETE_ELEMENT, &next);
}

static wg_status complete_gateway(struct wg_step *step, const struct wg_model *model,
                                  uint32_t element, wg_key key,
                                  const struct wg_value_process_instance *value) {
    wg_status status = event(step, key, WG_PI_ELEMENT_COMPLETING, value);
    if (status == WG_OK) {
        status = event(step, key, WG_PI_ELEMENT_COMPLETED, value);
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
        row = row_of(value);
        row.flow_scope_key = key;
        wg_element_value(model, e.first_out, &row, &start);
        return command(step, WG_KEY_NONE, WG_PI_ACTIVATE_ELEMENT, &start);
    case WG_MODEL_TASK:
    case WG_MODEL_TIMER:
        return WG_OK; /* waits */
    case WG_MODEL_EXCLUSIVE:
    case WG_MODEL_PARALLEL:
        return complete_gateway(step, model, element, key, value);
    default:
        return command(step, key, WG_PI_COMPLETE_ELEMENT, value);
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

/* E ELEMENT_ACTIVATING, what the element waits for, E ELEMENT_ACTIVATED. */
static wg_status activate(struct wg_step *step, const struct wg_model *model, uint32_t element,
                          wg_key key, const struct wg_value_process_instance *value) {
    uint8_t kind = wg_model_at(model, element).kind;
    wg_status status = event(step, key, WG_PI_ELEMENT_ACTIVATING, value);
    if (status == WG_OK && kind == WG_MODEL_TASK) {
        status = create_job(step, key, model, element, value);
    }
    if (status == WG_OK && kind == WG_MODEL_TIMER) {
        status = wg_timer_create(step, key, model, element, value);
    }
    return status == WG_OK ? event(step, key, WG_PI_ELEMENT_ACTIVATED, value) : status;
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
    uint32_t element = wg_model_find(&model, value.element_id);
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
    status = activate(step, &model, element, key, &value);
    return status == WG_OK ? after_activated(step, &model, element, key, &value) : status;
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
    variables = wg_results_keep(step->results, variables); /* the row goes with the next event */
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

wg_status wg_handle_complete_element(struct wg_step *step) {
    struct wg_value_process_instance value;
    struct wg_element_row row;
    struct wg_model model;
    wg_key key = step->command->key;
    if (!wg_element_get(step->state, key, &row)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but no such element instance was found");
    }
    if (row.state != WG_PI_ELEMENT_ACTIVATED || row.children > 0 || row.flows > 0) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but it is not in state 'ELEMENT_ACTIVATED'");
    }
    wg_status status =
        wg_model_load(step->results, step->state, row.process_key, row.modelled != 0, &model);
    if (status != WG_OK) {
        return status;
    }
    wg_element_value(&model, row.element, &row, &value);
    status = event(step, key, WG_PI_ELEMENT_COMPLETING, &value);
    if (status == WG_OK) {
        status = take_trigger(step, key, &value);
    }
    if (status == WG_OK) {
        status = event(step, key, WG_PI_ELEMENT_COMPLETED, &value);
    }
    return status == WG_OK ? after_completed(step, &model, row.element, &value) : status;
}

wg_status wg_element_trigger(struct wg_step *step, wg_key key, struct wg_bytes variables) {
    struct wg_value_process_event event_value;
    struct wg_value_process_instance value;
    struct wg_element_row row;
    struct wg_model model;
    if (!wg_element_get(step->state, key, &row)) {
        return WG_OK; /* the element is gone: there is nothing to complete */
    }
    wg_status status =
        wg_model_load(step->results, step->state, row.process_key, row.modelled != 0, &model);
    if (status == WG_OK) {
        status = wg_value_init(WG_VT_PROCESS_EVENT, &event_value);
    }
    if (status != WG_OK) {
        return status;
    }
    event_value.scope_key = key;
    event_value.target_element_id = wg_model_id(&model, row.element);
    event_value.variables = variables;
    event_value.process_definition_key = row.process_key;
    event_value.process_instance_key = row.process_instance_key;
    status = wg_step_event(step, wg_step_next_key(step), WG_VT_PROCESS_EVENT,
                           WG_PROCESS_EVENT_TRIGGERING, &event_value);
    if (status != WG_OK) {
        return status;
    }
    wg_element_value(&model, row.element, &row, &value);
    return command(step, key, WG_PI_COMPLETE_ELEMENT, &value);
}
