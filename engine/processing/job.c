/* JOB COMPLETE, FAIL, UPDATE_RETRIES and TIME_OUT (step 6; sequences: engine 11.1, 11.2). Backoff
 * before a retry is not modelled: a failed job with retries left is activatable at once, and the
 * event says so with retryBackoff 0. */
#include "processing/step.h"

#define NO_JOB "', but no such job was found"

void wg_job_value(const struct wg_job_row *row, const struct wg_job_texts *texts,
                  struct wg_value_job *ret_value) {
    wg_status status = wg_value_init(WG_VT_JOB, ret_value);
    (void)status; /* the table of this type is built in */
    ret_value->deadline = row->deadline;
    ret_value->timeout = row->timeout;
    ret_value->worker = wg_bytes_of(texts->worker, row->worker_len);
    ret_value->retries = row->retries;
    ret_value->type = wg_bytes_str(WG_ONE_TASK_JOB_TYPE);
    ret_value->error_message = wg_bytes_of(texts->error, row->error_len);
    ret_value->bpmn_process_id = wg_bytes_str(WG_ONE_TASK_ID);
    ret_value->process_definition_version = row->version;
    ret_value->process_definition_key = row->process_key;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->element_id = wg_one_task_element_id(WG_ELEMENT_TASK);
    ret_value->element_instance_key = row->element_instance_key;
}

/* What a job command works with. */
struct job_call {
    struct wg_job_row row;
    struct wg_job_texts texts;
    struct wg_value_job asked;  /* the command's value */
    struct wg_value_job stored; /* the job's value as it is now */
};

static wg_status load(struct wg_step *step, struct job_call *call, bool *ret_found) {
    wg_status status = wg_value_decode(WG_VT_JOB, step->command->value, &call->asked);
    if (status != WG_OK) {
        return status;
    }
    *ret_found = wg_job_get(step->state, step->command->key, &call->row, &call->texts);
    if (*ret_found) {
        wg_job_value(&call->row, &call->texts, &call->stored);
    }
    return WG_OK;
}

static struct wg_scope scope_of(const struct wg_job_row *row) {
    return (struct wg_scope){row->element_instance_key, row->process_instance_key,
                             row->process_key};
}

/* E PROCESS_EVENT TRIGGERING, and C COMPLETE_ELEMENT of the task. */
static wg_status trigger_completion(struct wg_step *step, const struct wg_value_job *job) {
    struct wg_value_process_event event;
    struct wg_value_process_instance task;
    struct wg_element_row element;
    if (!wg_element_get(step->state, job->element_instance_key, &element)) {
        return WG_OK; /* the task is gone: there is nothing to complete */
    }
    wg_status status = wg_value_init(WG_VT_PROCESS_EVENT, &event);
    if (status != WG_OK) {
        return status;
    }
    event.scope_key = job->element_instance_key;
    event.target_element_id = job->element_id;
    event.variables = job->variables;
    event.process_definition_key = job->process_definition_key;
    event.process_instance_key = job->process_instance_key;
    status = wg_step_event(step, wg_step_next_key(step), WG_VT_PROCESS_EVENT,
                           WG_PROCESS_EVENT_TRIGGERING, &event);
    if (status != WG_OK) {
        return status;
    }
    wg_element_value((enum wg_element)element.element, &element, &task);
    return wg_step_command(step, job->element_instance_key, WG_VT_PROCESS_INSTANCE,
                           WG_PI_COMPLETE_ELEMENT, &task);
}

wg_status wg_handle_job_complete(struct wg_step *step) {
    struct job_call call;
    bool found;
    wg_status status = load(step, &call, &found);
    if (status != WG_OK) {
        return status;
    }
    if (!found) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND, "Expected to complete job with key '",
                              NO_JOB);
    }
    if (call.row.state == WG_JOB_IS_FAILED) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE, "Expected to complete job with key '",
                              "', but it is in state 'FAILED'");
    }
    call.stored.variables = call.asked.variables;
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_COMPLETED, &call.stored);
    return status == WG_OK ? trigger_completion(step, &call.stored) : status;
}

static wg_status raise_incident(struct wg_step *step, const struct wg_value_job *job) {
    struct wg_value_incident incident;
    wg_status status = wg_value_init(WG_VT_INCIDENT, &incident);
    if (status != WG_OK) {
        return status;
    }
    incident.error_type = wg_bytes_str("JOB_NO_RETRIES");
    incident.error_message = job->error_message.len > 0 ? job->error_message
                                                        : wg_bytes_str("No more retries left.");
    incident.bpmn_process_id = job->bpmn_process_id;
    incident.process_definition_key = job->process_definition_key;
    incident.process_instance_key = job->process_instance_key;
    incident.element_id = job->element_id;
    incident.element_instance_key = job->element_instance_key;
    incident.job_key = step->command->key;
    incident.variable_scope_key = job->element_instance_key;
    return wg_step_event(step, wg_step_next_key(step), WG_VT_INCIDENT, WG_INCIDENT_CREATED,
                         &incident);
}

wg_status wg_handle_job_fail(struct wg_step *step) {
    struct job_call call;
    bool found;
    wg_status status = load(step, &call, &found);
    if (status != WG_OK) {
        return status;
    }
    if (!found) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND, "Expected to fail job with key '", NO_JOB);
    }
    if (call.row.state == WG_JOB_IS_FAILED) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE, "Expected to fail job with key '",
                              "', but it is in state 'FAILED'");
    }
    struct wg_value_job *job = &call.stored;
    job->retries = call.asked.retries;
    job->error_message = call.asked.error_message;
    job->variables = call.asked.variables;
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_FAILED, job);
    if (status == WG_OK) {
        struct wg_scope scope = scope_of(&call.row);
        status = wg_variables_set_local(step, &scope, job->variables);
    }
    return status == WG_OK && job->retries <= 0 ? raise_incident(step, job) : status;
}

wg_status wg_handle_job_update_retries(struct wg_step *step) {
    struct job_call call;
    bool found;
    wg_status status = load(step, &call, &found);
    if (status != WG_OK) {
        return status;
    }
    if (call.asked.retries < 1) {
        return wg_step_refuse(step, WG_REJECT_INVALID_ARGUMENT,
                              "Expected to update retries for job with key '",
                              "' with a positive amount of retries");
    }
    if (!found) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to update retries for job with key '", NO_JOB);
    }
    call.stored.retries = call.asked.retries;
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_RETRIES_UPDATED,
                          &call.stored);
}

/* Always NOT_FOUND towards the log, whatever the reason. */
static const char *why_not_timed_out(const struct wg_step *step, const struct job_call *call,
                                     bool found) {
    if (!found) {
        return NO_JOB;
    }
    switch (call->row.state) {
    case WG_JOB_ACTIVATABLE:
        return "', but it must be activated first";
    case WG_JOB_IS_FAILED:
        return "', but it is marked as failed";
    default:
        return call->row.deadline > step->now_ms ? "', but it has not timed out" : NULL;
    }
}

wg_status wg_handle_job_time_out(struct wg_step *step) {
    struct job_call call;
    bool found;
    wg_status status = load(step, &call, &found);
    if (status != WG_OK) {
        return status;
    }
    const char *why_not = why_not_timed_out(step, &call, found);
    if (why_not != NULL) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to time out activated job with key '", why_not);
    }
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_TIMED_OUT, &call.stored);
}
