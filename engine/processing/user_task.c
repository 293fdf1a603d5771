/* User tasks as Zeebe 8.6 has them behind the extension `zeebe:userTask`: no job, but a record of
 * their own. { E USER_TASK CREATING ; E USER_TASK CREATED } while the element is activated;
 * C USER_TASK COMPLETE -> { E COMPLETING ; E COMPLETED ; E PROCESS_EVENT TRIGGERING ;
 * C COMPLETE_ELEMENT .. }; when the element is terminated { E CANCELING ; E CANCELED }. */
#include "processing/element.h"

#include <string.h>

struct user_task_row {
    int64_t element_instance_key, process_instance_key, process_key, version, created_ms;
    uint8_t element; /* number in the model */
    uint8_t unused[7];
};

_Static_assert(sizeof(struct user_task_row) == 48, "no padding");

static bool get(const struct wg_state *state, wg_key key, struct user_task_row *ret_row) {
    struct wg_bytes row;
    if (!wg_row_get(state, WG_CF_USER_TASK, key, &row) || row.len != sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, row.ptr, sizeof *ret_row);
    return true;
}

static wg_status to_value(wg_key key, const struct user_task_row *row, const struct wg_model *model,
                          struct wg_value_user_task *ret_value) {
    wg_status status = wg_value_init(WG_VT_USER_TASK, ret_value);
    if (status != WG_OK) {
        return status;
    }
    ret_value->user_task_key = key;
    ret_value->bpmn_process_id = wg_model_id(model, 0);
    ret_value->process_definition_version = row->version;
    ret_value->process_definition_key = row->process_key;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->element_id = wg_model_id(model, row->element);
    ret_value->element_instance_key = row->element_instance_key;
    ret_value->creation_timestamp = row->created_ms;
    return WG_OK;
}

static wg_status both(struct wg_step *step, wg_key key, const struct wg_value_user_task *value,
                      uint8_t first, uint8_t then) {
    wg_status status = wg_step_event(step, key, WG_VT_USER_TASK, first, value);
    return status == WG_OK ? wg_step_event(step, key, WG_VT_USER_TASK, then, value) : status;
}

wg_status wg_user_task_create(struct wg_step *step, wg_key element_key,
                              const struct wg_model *model, uint32_t element,
                              const struct wg_value_process_instance *value) {
    struct wg_value_user_task task;
    struct user_task_row row = {
        .element_instance_key = element_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .version = value->version,
        .created_ms = step->now_ms,
        .element = (uint8_t)element,
    };
    wg_key key = wg_step_next_key(step);
    wg_status status = to_value(key, &row, model, &task);
    return status == WG_OK
               ? both(step, key, &task, WG_USER_TASK_CREATING, WG_USER_TASK_CREATED)
               : status;
}

wg_status wg_user_task_cancel(struct wg_step *step, const struct wg_element *element) {
    struct user_task_row row;
    struct wg_value_user_task task;
    wg_key key = element->row.job_key;
    if (key < 0 || !get(step->state, key, &row)) {
        return WG_OK;
    }
    wg_status status = to_value(key, &row, &element->model, &task);
    return status == WG_OK
               ? both(step, key, &task, WG_USER_TASK_CANCELING, WG_USER_TASK_CANCELED)
               : status;
}

wg_status wg_handle_user_task_complete(struct wg_step *step) {
    struct wg_value_user_task asked;
    struct wg_value_user_task task;
    struct user_task_row row;
    struct wg_element element;
    wg_key key = step->command->key;
    wg_status status = wg_value_decode(WG_VT_USER_TASK, step->command->value, &asked);
    if (status != WG_OK) {
        return status;
    }
    if (!get(step->state, key, &row) ||
        wg_element_load(step, row.element_instance_key, &element) != WG_OK) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to complete user task with key '",
                              "', but no such user task was found");
    }
    status = to_value(key, &row, &element.model, &task);
    task.variables = asked.variables;
    task.action = wg_bytes_str("complete");
    if (status == WG_OK) {
        status = wg_step_event(step, key, WG_VT_USER_TASK, WG_USER_TASK_COMPLETING, &task);
    }
    if (status == WG_OK) {
        status = wg_step_answer(step, key, WG_VT_USER_TASK, WG_USER_TASK_COMPLETED, &task);
    }
    return status == WG_OK ? wg_element_trigger(step, element.key, task.variables) : status;
}

static wg_status created(struct wg_state *state, wg_key key,
                         const struct wg_value_user_task *value) {
    struct wg_element_row element;
    if (!wg_element_get(state, value->element_instance_key, &element)) {
        return WG_CORRUPT;
    }
    struct user_task_row row = {
        .element_instance_key = value->element_instance_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .version = value->process_definition_version,
        .created_ms = value->creation_timestamp,
        .element = element.element,
    };
    wg_row_put(state, WG_CF_USER_TASK, key, &row, sizeof row);
    element.job_key = key;
    wg_element_put(state, value->element_instance_key, &element);
    return WG_OK;
}

wg_status wg_apply_user_task(struct wg_state *state, uint8_t intent, wg_key key,
                             const struct wg_value_user_task *value) {
    struct wg_element_row element;
    switch (intent) {
    case WG_USER_TASK_CREATING:
        return created(state, key, value);
    case WG_USER_TASK_CREATED:
    case WG_USER_TASK_COMPLETING:
    case WG_USER_TASK_CANCELING:
        return WG_OK; /* its listeners would run in between */
    case WG_USER_TASK_COMPLETED:
    case WG_USER_TASK_CANCELED:
        if (wg_element_get(state, value->element_instance_key, &element)) {
            element.job_key = WG_KEY_NONE;
            wg_element_put(state, value->element_instance_key, &element);
        }
        return wg_row_remove(state, WG_CF_USER_TASK, key) ? WG_OK : WG_CORRUPT;
    default:
        return WG_UNSUPPORTED;
    }
}
