/* PROCESS_INSTANCE CANCEL and TERMINATE_ELEMENT, PROCESS_INSTANCE_BATCH TERMINATE (step 6). A scope
 * asks its children to end and ends with the last of them:
 * { C TERMINATE_ELEMENT(process) ; E ELEMENT_TERMINATING(process) ; C PROCESS_INSTANCE_BATCH TERMINATE ;
 *   C TERMINATE_ELEMENT(child) ; E ELEMENT_TERMINATING(child) ; E JOB CANCELED ; [E INCIDENT RESOLVED] ;
 *   [E TIMER CANCELED] ; E ELEMENT_TERMINATED(child) ; E ELEMENT_TERMINATED(process) }
 * Always: what an element waits for is cancelled before it is terminated. */
#include "processing/element.h"
#include "processing/message.h"
#include "processing/timer.h"

/* Room that is left for the batch's next command and what else its end needs. */
#define RESERVED_BYTES 8192u

static bool can_terminate(const struct wg_element_row *row) {
    return row->state == WG_PI_ELEMENT_ACTIVATING || row->state == WG_PI_ELEMENT_ACTIVATED ||
           row->state == WG_PI_ELEMENT_COMPLETING;
}

wg_status wg_handle_cancel(struct wg_step *step) {
    struct wg_element process;
    wg_status status = wg_element_load(step, step->command->key, &process);
    if (status == WG_NOT_FOUND ||
        (status == WG_OK && (process.row.flow_scope_key >= 0 || !can_terminate(&process.row)))) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to cancel a process instance with key '",
                              "', but no such process was found");
    }
    if (status == WG_OK) {
        status = wg_element_command(step, process.key, WG_PI_TERMINATE_ELEMENT, &process.value);
    }
    return status == WG_OK ? wg_step_tell(step, process.key, WG_VT_PROCESS_INSTANCE,
                                          WG_PI_ELEMENT_TERMINATING, &process.value)
                           : status;
}

/* E ELEMENT_TERMINATED, then the event that interrupted it, or the end of the scope whose last child
 * it was. */
static wg_status terminated(struct wg_step *step, struct wg_element *element) {
    for (;;) {
        struct wg_boundary_trigger trigger;
        bool interrupted = wg_boundary_triggered(step, element, &trigger);
        wg_status status =
            wg_element_event(step, element->key, WG_PI_ELEMENT_TERMINATED, &element->value);
        if (status != WG_OK) {
            return status;
        }
        if (interrupted) {
            return wg_boundary_activate(step, element, &trigger);
        }
        if (element->row.flow_scope_key < 0) {
            return WG_OK;
        }
        status = wg_element_load(step, element->row.flow_scope_key, element);
        if (status != WG_OK || element->row.state != WG_PI_ELEMENT_TERMINATING ||
            element->row.children > 0) {
            return status;
        }
    }
}

static wg_status terminate_children(struct wg_step *step, wg_key scope, wg_key instance,
                                    wg_key from) {
    struct wg_value_process_instance_batch batch;
    wg_status status = wg_value_init(WG_VT_PROCESS_INSTANCE_BATCH, &batch);
    if (status != WG_OK) {
        return status;
    }
    batch.process_instance_key = instance;
    batch.batch_element_instance_key = scope;
    batch.index = from;
    return wg_step_command(step, wg_step_next_key(step), WG_VT_PROCESS_INSTANCE_BATCH,
                           WG_PI_BATCH_TERMINATE, &batch);
}

wg_status wg_handle_batch_terminate(struct wg_step *step) {
    struct wg_value_process_instance_batch batch;
    struct wg_element scope;
    wg_status status =
        wg_value_decode(WG_VT_PROCESS_INSTANCE_BATCH, step->command->value, &batch);
    if (status == WG_OK) {
        status = wg_element_load(step, batch.batch_element_instance_key, &scope);
    }
    wg_key from = status == WG_OK && batch.index > 0 ? batch.index : 0;
    wg_key key;
    while (status == WG_OK && wg_element_child(step->state, &scope, from, &key)) {
        struct wg_element child;
        if (step->results->bytes + RESERVED_BYTES > step->results->limit) {
            return terminate_children(step, scope.key, batch.process_instance_key, key);
        }
        status = wg_element_load(step, key, &child);
        if (status == WG_OK && can_terminate(&child.row)) {
            status = wg_element_command(step, key, WG_PI_TERMINATE_ELEMENT, &child.value);
        }
        from = key + 1;
    }
    return status == WG_NOT_FOUND ? WG_OK : status; /* the scope is gone: nothing to end */
}

/* What a waiting element waits for is given up. */
static wg_status give_up_work(struct wg_step *step, const struct wg_element *element) {
    switch ((enum wg_model_kind)wg_element_of(element).kind) {
    case WG_MODEL_TASK:
        return wg_job_cancel(step, element->row.job_key);
    case WG_MODEL_USER_TASK:
        return wg_user_task_cancel(step, element);
    default:
        return WG_OK;
    }
}

wg_status wg_element_unsubscribe(struct wg_step *step, const struct wg_element *element) {
    struct wg_model_element e = wg_element_of(element);
    wg_status status = WG_OK;
    if (e.kind == WG_MODEL_TIMER || e.boundaries > 0) {
        status = wg_timers_cancel(step, element);
    }
    return status == WG_OK && (e.kind == WG_MODEL_MESSAGE || e.boundaries > 0)
               ? wg_message_close(step, element->key)
               : status;
}

wg_status wg_handle_terminate_element(struct wg_step *step) {
    struct wg_element element;
    wg_status status = wg_element_load(step, step->command->key, &element);
    if (status == WG_NOT_FOUND || (status == WG_OK && !can_terminate(&element.row))) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to terminate element instance with key '",
                              "', but it is gone or ends already");
    }
    if (status == WG_OK) {
        status = wg_element_event(step, element.key, WG_PI_ELEMENT_TERMINATING, &element.value);
    }
    if (status == WG_OK) {
        status = give_up_work(step, &element);
    }
    if (status == WG_OK) {
        status = wg_element_unsubscribe(step, &element);
    }
    if (status == WG_OK) {
        status = wg_incident_close(step, WG_KEY_NONE, element.key);
    }
    if (status != WG_OK) {
        return status;
    }
    return element.row.children > 0
               ? terminate_children(step, element.key, element.row.process_instance_key,
                                    WG_KEY_NONE)
               : terminated(step, &element);
}
