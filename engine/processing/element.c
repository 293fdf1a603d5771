/* PROCESS_INSTANCE ACTIVATE_ELEMENT and COMPLETE_ELEMENT (step 6), the heart of execution: each
 * moves one element instance through its life and asks for what follows by commands, which the
 * stream processor handles in the same batch (sequences: engine 11.1). */
#include "processing/step.h"

void wg_element_value(enum wg_element element, const struct wg_element_row *row,
                      struct wg_value_process_instance *ret_value) {
    wg_status status = wg_value_init(WG_VT_PROCESS_INSTANCE, ret_value);
    (void)status; /* the table of this type is built in */
    wg_one_task_describe(element, ret_value);
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

static wg_status create_job(struct wg_step *step, wg_key element_key,
                            const struct wg_value_process_instance *value) {
    struct wg_job_texts no_texts = {0};
    struct wg_value_job job;
    struct wg_job_row row = {
        .deadline = -1,
        .timeout = -1,
        .retries = WG_ONE_TASK_RETRIES,
        .element_instance_key = element_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .version = value->version,
    };
    wg_job_value(&row, &no_texts, &job);
    return wg_step_event(step, wg_step_next_key(step), WG_VT_JOB, WG_JOB_CREATED, &job);
}

/* What an activated element asks for next. */
static wg_status after_activated(struct wg_step *step, enum wg_element element, wg_key key,
                                 const struct wg_value_process_instance *value) {
    if (element == WG_ELEMENT_PROCESS) {
        struct wg_value_process_instance start;
        struct wg_element_row row = row_of(value);
        row.flow_scope_key = key;
        wg_element_value(WG_ELEMENT_START, &row, &start);
        return command(step, WG_KEY_NONE, WG_PI_ACTIVATE_ELEMENT, &start);
    }
    if (element == WG_ELEMENT_TASK) {
        return WG_OK; /* waits for its job */
    }
    return command(step, key, WG_PI_COMPLETE_ELEMENT, value);
}

/* An element may be activated inside a running scope, a process instance once. */
static bool may_activate(const struct wg_step *step, enum wg_element element,
                         const struct wg_value_process_instance *value) {
    struct wg_element_row row;
    wg_key key = step->command->key;
    if (key >= 0 && wg_element_get(step->state, key, &row)) {
        return false;
    }
    if (element == WG_ELEMENT_PROCESS) {
        return key >= 0 && key == value->process_instance_key;
    }
    return wg_element_get(step->state, value->flow_scope_key, &row) &&
           row.state == WG_PI_ELEMENT_ACTIVATED;
}

static bool is_flow(enum wg_element element) {
    return element == WG_ELEMENT_TO_TASK || element == WG_ELEMENT_TO_END;
}

wg_status wg_handle_activate_element(struct wg_step *step) {
    struct wg_value_process_instance value;
    wg_status status = wg_value_decode(WG_VT_PROCESS_INSTANCE, step->command->value, &value);
    if (status != WG_OK) {
        return status;
    }
    enum wg_element element = wg_one_task_element(value.element_id);
    if (element == WG_ELEMENT_COUNT || is_flow(element) || !may_activate(step, element, &value)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to activate an element inside an active scope, but the "
                              "scope or the element with key '",
                              "' does not allow it");
    }
    wg_key key = step->command->key >= 0 ? step->command->key : wg_step_next_key(step);
    status = event(step, key, WG_PI_ELEMENT_ACTIVATING, &value);
    if (status == WG_OK && element == WG_ELEMENT_TASK) {
        status = create_job(step, key, &value);
    }
    if (status == WG_OK) {
        status = event(step, key, WG_PI_ELEMENT_ACTIVATED, &value);
    }
    return status == WG_OK ? after_activated(step, element, key, &value) : status;
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
    struct wg_scope scope = {key, value->process_instance_key, value->process_definition_key};
    return wg_variables_propagate(step, &scope, variables);
}

/* Takes the flow out of a completed element, or completes the scope whose last one it was. */
static wg_status after_completed(struct wg_step *step, enum wg_element element,
                                 const struct wg_value_process_instance *value) {
    struct wg_element_row row = row_of(value);
    struct wg_value_process_instance next;
    enum wg_element flow;
    enum wg_element target;
    if (element == WG_ELEMENT_PROCESS) {
        return WG_OK;
    }
    if (wg_one_task_flow(element, &flow, &target)) {
        wg_element_value(flow, &row, &next);
        wg_status status =
            event(step, wg_step_next_key(step), WG_PI_SEQUENCE_FLOW_TAKEN, &next);
        if (status != WG_OK) {
            return status;
        }
        wg_element_value(target, &row, &next);
        return command(step, wg_step_next_key(step), WG_PI_ACTIVATE_ELEMENT, &next);
    }
    struct wg_element_row scope;
    if (!wg_element_get(step->state, value->flow_scope_key, &scope) || scope.children > 0) {
        return WG_OK;
    }
    wg_element_value((enum wg_element)scope.element, &scope, &next);
    return command(step, value->flow_scope_key, WG_PI_COMPLETE_ELEMENT, &next);
}

wg_status wg_handle_complete_element(struct wg_step *step) {
    struct wg_value_process_instance value;
    struct wg_element_row row;
    wg_key key = step->command->key;
    if (!wg_element_get(step->state, key, &row)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but no such element instance was found");
    }
    if (row.state != WG_PI_ELEMENT_ACTIVATED || row.children > 0) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to complete element instance with key '",
                              "', but it is not in state 'ELEMENT_ACTIVATED'");
    }
    enum wg_element element = (enum wg_element)row.element;
    wg_element_value(element, &row, &value);
    wg_status status = event(step, key, WG_PI_ELEMENT_COMPLETING, &value);
    if (status == WG_OK) {
        status = take_trigger(step, key, &value);
    }
    if (status == WG_OK) {
        status = event(step, key, WG_PI_ELEMENT_COMPLETED, &value);
    }
    return status == WG_OK ? after_completed(step, element, &value) : status;
}
