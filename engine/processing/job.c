/* JOB COMPLETE, FAIL, THROW_ERROR, UPDATE_RETRIES, TIME_OUT and RECUR_AFTER_BACKOFF (step 6;
 * sequences: engine 11.1, 11.2). A failed job with retries left is activatable at once, or, if the command asks for a
 * back-off, when that is over and { E JOB RECURRED_AFTER_BACKOFF } says so. */
#include "processing/element.h"

#include <string.h>

#define NO_JOB "', but no such job was found"

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

wg_status wg_job_load(struct wg_step *step, wg_key key, struct wg_stored_job *ret_job) {
    struct wg_model model;
    if (!wg_job_get(step->state, key, &ret_job->row, &ret_job->texts)) {
        return WG_NOT_FOUND;
    }
    wg_status status = wg_model_load(step->results, step->state, ret_job->row.process_key,
                                     ret_job->row.element != 0, &model);
    if (status == WG_OK) {
        wg_job_value(&model, &ret_job->row, &ret_job->texts, &ret_job->value);
    }
    return status;
}

/* What a job command works with. */
struct job_call {
    struct wg_stored_job stored;
    struct wg_value_job asked; /* the command's value */
};

static wg_status load(struct wg_step *step, struct job_call *call, bool *ret_found) {
    wg_status status = wg_value_decode(WG_VT_JOB, step->command->value, &call->asked);
    if (status != WG_OK) {
        return status;
    }
    status = wg_job_load(step, step->command->key, &call->stored);
    *ret_found = status == WG_OK;
    return status == WG_NOT_FOUND ? WG_OK : status;
}

static struct wg_scope scope_of(const struct wg_value_job *job) {
    return (struct wg_scope){job->element_instance_key, job->process_instance_key,
                             job->process_definition_key, job->bpmn_process_id};
}

/* Zeebe's states FAILED, with or without a back-off, and ERROR_THROWN: no worker has it. */
static bool is_failed(const struct wg_job_row *row) {
    return row->state == WG_JOB_IS_FAILED || row->state == WG_JOB_IN_BACKOFF ||
           row->state == WG_JOB_HAS_ERROR;
}

static const char *in_state(const struct wg_job_row *row) {
    return row->state == WG_JOB_HAS_ERROR ? "', but it is in state 'ERROR_THROWN'"
                                          : "', but it is in state 'FAILED'";
}

/* The same for what only a job that has not failed may do; else the command is refused with a reason
 * that begins with `expected`. */
static wg_status load_unfailed(struct wg_step *step, const char *expected, struct job_call *call,
                               bool *ret_refused) {
    bool found = false;
    wg_status status = load(step, call, &found);
    *ret_refused = status == WG_OK && (!found || is_failed(&call->stored.row));
    if (!*ret_refused) {
        return status;
    }
    return found ? wg_step_refuse(step, WG_REJECT_INVALID_STATE, expected,
                                  in_state(&call->stored.row))
                 : wg_step_refuse(step, WG_REJECT_NOT_FOUND, expected, NO_JOB);
}

wg_status wg_handle_job_complete(struct wg_step *step) {
    struct job_call call;
    bool refused;
    wg_status status = load_unfailed(step, "Expected to complete job with key '", &call, &refused);
    if (status != WG_OK || refused) {
        return status;
    }
    struct wg_value_job *job = &call.stored.value;
    job->variables = call.asked.variables;
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_COMPLETED, job);
    return status == WG_OK
               ? wg_element_trigger(step, job->element_instance_key, job->variables)
               : status;
}

static wg_status raise_incident(struct wg_step *step, const char *type, struct wg_bytes message,
                                const struct wg_value_job *job, struct wg_bytes element_id) {
    struct wg_value_process_instance value = {
        .bpmn_process_id = job->bpmn_process_id,
        .process_definition_key = job->process_definition_key,
        .process_instance_key = job->process_instance_key,
        .element_id = element_id,
    };
    return wg_incident_raise(step, type, message, step->command->key, job->element_instance_key,
                             &value);
}

static wg_status out_of_retries(struct wg_step *step, const struct wg_value_job *job) {
    return raise_incident(step, "JOB_NO_RETRIES",
                          job->error_message.len > 0 ? job->error_message
                                                     : wg_bytes_str("No more retries left."),
                          job, job->element_id);
}

wg_status wg_handle_job_fail(struct wg_step *step) {
    struct job_call call;
    bool refused;
    wg_status status = load_unfailed(step, "Expected to fail job with key '", &call, &refused);
    if (status != WG_OK || refused) {
        return status;
    }
    struct wg_value_job *job = &call.stored.value;
    job->retries = call.asked.retries;
    job->error_message = call.asked.error_message;
    job->variables = call.asked.variables;
    if (job->retries > 0 && call.asked.retry_backoff > 0) {
        job->retry_backoff = call.asked.retry_backoff;
        job->recurring_time = step->command->timestamp_ms + job->retry_backoff;
    }
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_FAILED, job);
    if (status == WG_OK) {
        struct wg_scope scope = scope_of(job);
        status = wg_variables_set_local(step, &scope, job->variables);
    }
    return status == WG_OK && job->retries <= 0 ? out_of_retries(step, job) : status;
}

wg_status wg_job_cancel(struct wg_step *step, wg_key key) {
    struct wg_stored_job job;
    wg_status status = key < 0 ? WG_NOT_FOUND : wg_job_load(step, key, &job);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_OK : status;
    }
    status = wg_step_event(step, key, WG_VT_JOB, WG_JOB_CANCELED, &job.value);
    return status == WG_OK ? wg_incident_close(step, key, WG_KEY_NONE) : status;
}

/* The words of the incident: what was thrown, and that nothing catches it. */
static struct wg_bytes uncaught(struct wg_step *step, const struct wg_value_job *job) {
    const char *parts[] = {"Expected to throw an error event with the code '", "' with message '",
                           "', but it was not caught. No error events are available in the scope."};
    uint32_t room = 200 + job->error_code.len + job->error_message.len;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, room), room);
    wg_write_bytes(&out, parts[0], (uint32_t)strlen(parts[0]));
    wg_write_bytes(&out, job->error_code.ptr, job->error_code.len);
    if (job->error_message.len > 0) {
        wg_write_bytes(&out, parts[1], (uint32_t)strlen(parts[1]));
        wg_write_bytes(&out, job->error_message.ptr, job->error_message.len);
    }
    wg_write_bytes(&out, parts[2], (uint32_t)strlen(parts[2]));
    return wg_writer_bytes(&out);
}

/* Caught: { E JOB ERROR_THROWN ; E PROCESS_EVENT TRIGGERING ; C TERMINATE_ELEMENT .. }, and the job is
 * gone. Caught by nothing: { E JOB ERROR_THROWN ; E INCIDENT CREATED }. */
static wg_status throw_error(struct wg_step *step, struct job_call *call) {
    struct wg_value_job *job = &call->stored.value;
    struct wg_bytes element_id = job->element_id;
    struct wg_element at;
    uint32_t event = 0;
    wg_status status = wg_element_load(step, job->element_instance_key, &at);
    if (status == WG_OK) {
        status = wg_boundary_find_error(step, job->error_code, &at, &event);
    }
    bool caught = status == WG_OK;
    if (caught && !wg_boundary_may_trigger(step->state, &at)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to throw an error for job with key '",
                              "', but what catches it accepts no events any more");
    }
    if (!caught && status != WG_NOT_FOUND) {
        return status;
    }
    if (!caught) {
        job->element_id = wg_bytes_str(WG_NO_CATCH_EVENT);
    }
    status = wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_ERROR_THROWN, job);
    if (status != WG_OK) {
        return status;
    }
    return caught ? wg_boundary_reached(step, &at, event, job->variables)
                  : raise_incident(step, "UNHANDLED_ERROR_EVENT", uncaught(step, job), job,
                                   element_id);
}

wg_status wg_handle_job_throw_error(struct wg_step *step) {
    struct job_call call;
    bool refused;
    wg_status status =
        load_unfailed(step, "Expected to throw an error for job with key '", &call, &refused);
    if (status != WG_OK || refused) {
        return status;
    }
    call.stored.value.error_code = call.asked.error_code;
    call.stored.value.error_message = call.asked.error_message;
    call.stored.value.variables = call.asked.variables;
    return throw_error(step, &call);
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
    call.stored.value.retries = call.asked.retries;
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_RETRIES_UPDATED,
                          &call.stored.value);
}

/* Always NOT_FOUND towards the log, whatever the reason. */
static const char *why_not_timed_out(const struct wg_step *step, const struct job_call *call,
                                     bool found) {
    if (!found) {
        return NO_JOB;
    }
    switch (call->stored.row.state) {
    case WG_JOB_ACTIVATABLE:
        return "', but it must be activated first";
    case WG_JOB_IS_FAILED:
    case WG_JOB_IN_BACKOFF:
    case WG_JOB_HAS_ERROR:
        return "', but it is marked as failed";
    default:
        return call->stored.row.deadline > step->now_ms ? "', but it has not timed out" : NULL;
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
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_TIMED_OUT, &call.stored.value);
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
    } else if (call.stored.row.state != WG_JOB_IN_BACKOFF) {
        why_not = "', but it is not marked as failed";
    } else if (call.stored.row.deadline > step->now_ms) {
        why_not = "', but its back-off is not over";
    }
    if (why_not != NULL) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to back off failed job with key '", why_not);
    }
    return wg_step_answer(step, step->command->key, WG_VT_JOB, WG_JOB_RECURRED_AFTER_BACKOFF,
                          &call.stored.value);
}
