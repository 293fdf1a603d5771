/* JOB COMPLETE, FAIL, UPDATE_RETRIES, TIME_OUT and RECUR_AFTER_BACKOFF (step 6; sequences: engine
 * 11.1, 11.2). A failed job with retries left is activatable at once, or, if the command asks for a
 * back-off, when that is over and { E JOB RECURRED_AFTER_BACKOFF } says so. */
#include "processing/step.h"

#define NO_JOB "', but no such job was found"

wg_status wg_job_model(struct wg_step *step, const struct wg_job_row *row,
                       struct wg_model *ret_model) {
    return wg_model_load(step->results, step->state, row->process_key, row->element != 0,
                         ret_model);
}

void wg_job_value(const struct wg_model *model, const struct wg_job_row *row,
                  const struct wg_job_texts *texts, struct wg_value_job *ret_value) {
    uint32_t task = row->element != 0 ? row->element : WG_ONE_TASK_TASK;
    wg_status status = wg_value_init(WG_VT_JOB, ret_value);
    (void)status; /* the table of this type is built in */
    bool waits = row->state == WG_JOB_IN_BACKOFF;
    ret_value->deadline = waits ? -1 : row->deadline;
    ret_value->recurring_time = waits ? row->deadline : -1;
    ret_value->timeout = row->timeout;
    ret_value->worker = wg_bytes_of(texts->worker, row->worker_len);
    ret_value->retries = row->retries;
    ret_value->type = wg_model_text(model, task);
    ret_value->error_message = wg_bytes_of(texts->error, row->error_len);
    ret_value->bpmn_process_id = wg_model_id(model, 0);
    ret_value->process_definition_version = row->version;
    ret_value->process_definition_key = row->process_key;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->element_id = wg_model_id(model, task);
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
    if (!*ret_found) {
        return WG_OK;
    }
    struct wg_model model;
    status = wg_job_model(step, &call->row, &model);
    if (status == WG_OK) {
        wg_job_value(&model, &call->row, &call->texts, &call->stored);
    }
    return status;
}

static struct wg_scope scope_of(const struct job_call *call) {
    return (struct wg_scope){call->row.element_instance_key, call->row.process_instance_key,
                             call->row.process_key, call->stored.bpmn_process_id};
}

/* Zeebe's state FAILED, with or without a back-off. */
static bool is_failed(const struct wg_job_row *row) {
    return row->state == WG_JOB_IS_FAILED || row->state == WG_JOB_IN_BACKOFF;
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
    if (is_failed(&call.row)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE, "Expected to complete job with key '",
                              "', but it is in state 'FAILED'");
    }
    call.stored.variables = call.asked.variables;
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_COMPLETED, &call.stored);
    return status == WG_OK ? wg_element_trigger(step, call.stored.element_instance_key,
                                                call.stored.variables)
                           : status;
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
    if (is_failed(&call.row)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE, "Expected to fail job with key '",
                              "', but it is in state 'FAILED'");
    }
    struct wg_value_job *job = &call.stored;
    job->retries = call.asked.retries;
    job->error_message = call.asked.error_message;
    job->variables = call.asked.variables;
    if (job->retries > 0 && call.asked.retry_backoff > 0) {
        job->retry_backoff = call.asked.retry_backoff;
        job->recurring_time = step->command->timestamp_ms + job->retry_backoff;
    }
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_FAILED, job);
    if (status == WG_OK) {
        struct wg_scope scope = scope_of(&call);
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
    case WG_JOB_IN_BACKOFF:
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

wg_status wg_handle_job_recur(struct wg_step *step) {
    struct job_call call;
    bool found;
    wg_status status = load(step, &call, &found);
    if (status != WG_OK) {
        return status;
    }
    const char *why_not = NULL;
    if (!found) {
        why_not = NO_JOB;
    } else if (call.row.state != WG_JOB_IN_BACKOFF) {
        why_not = "', but it is not marked as failed";
    } else if (call.row.deadline > step->now_ms) {
        why_not = "', but its back-off is not over";
    }
    if (why_not != NULL) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to back off failed job with key '", why_not);
    }
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_RECURRED_AFTER_BACKOFF,
                          &call.stored);
}
