/* Incidents (step 6; engine 11.2): raised for a job or an element that cannot go on.
 * INCIDENT RESOLVE -> { E INCIDENT RESOLVED }, and the job is activatable again, or the element goes on
 * from where it stopped, in the same batch. A rejection tells the client NOT_FOUND even when the log
 * says INVALID_STATE, as Zeebe does. */
#include "processing/element.h"

#include <string.h>

static const char *const types[] = {"JOB_NO_RETRIES", "UNHANDLED_ERROR_EVENT",
                                    "EXTRACT_VALUE_ERROR"};
#define TYPES (sizeof types / sizeof *types)

static uint32_t type_number(struct wg_bytes type) {
    uint32_t i = 0;
    while (i + 1 < TYPES && !wg_bytes_equal(type, wg_bytes_str(types[i]))) {
        i++;
    }
    return i;
}

wg_status wg_incident_raise(struct wg_step *step, const char *type, struct wg_bytes message,
                            wg_key job_key, wg_key element_key,
                            const struct wg_value_process_instance *value) {
    struct wg_value_incident incident;
    wg_status status = wg_value_init(WG_VT_INCIDENT, &incident);
    if (status != WG_OK) {
        return status;
    }
    incident.error_type = wg_bytes_str(type);
    incident.error_message = message;
    incident.bpmn_process_id = value->bpmn_process_id;
    incident.process_definition_key = value->process_definition_key;
    incident.process_instance_key = value->process_instance_key;
    incident.element_id = value->element_id;
    incident.element_instance_key = element_key;
    incident.job_key = job_key;
    incident.variable_scope_key = element_key;
    return wg_step_event(step, wg_step_next_key(step), WG_VT_INCIDENT, WG_INCIDENT_CREATED,
                         &incident);
}

struct stored {
    struct wg_incident_row row;
    struct wg_bytes message; /* in the results' memory */
};

static bool get(struct wg_step *step, wg_key key, struct stored *ret_stored) {
    struct wg_bytes bytes;
    if (!wg_row_get(step->state, WG_CF_INCIDENT, key, &bytes) ||
        bytes.len < sizeof ret_stored->row) {
        return false;
    }
    memcpy(&ret_stored->row, bytes.ptr, sizeof ret_stored->row);
    ret_stored->message = wg_step_keep(step, wg_bytes_of(bytes.ptr + sizeof ret_stored->row,
                                                         bytes.len - sizeof ret_stored->row));
    return true;
}

static wg_status to_value(const struct stored *stored, const struct wg_element *element,
                          struct wg_value_incident *ret_value) {
    wg_status status = wg_value_init(WG_VT_INCIDENT, ret_value);
    if (status != WG_OK) {
        return status;
    }
    ret_value->error_type = wg_bytes_str(types[stored->row.type % TYPES]);
    ret_value->error_message = stored->message;
    ret_value->bpmn_process_id = wg_model_id(&element->model, 0);
    ret_value->process_definition_key = stored->row.process_key;
    ret_value->process_instance_key = stored->row.process_instance_key;
    ret_value->element_id = wg_model_id(&element->model, element->row.element);
    ret_value->element_instance_key = stored->row.element_instance_key;
    ret_value->job_key = stored->row.job_key;
    ret_value->variable_scope_key = stored->row.element_instance_key;
    return WG_OK;
}

wg_status wg_incident_close(struct wg_step *step, wg_key job_key, wg_key element_key) {
    struct wg_bytes bytes;
    struct stored stored;
    struct wg_element element;
    struct wg_value_incident value;
    wg_key key;
    bool of_job = job_key >= 0;
    if (!wg_row_get(step->state, of_job ? WG_CF_INCIDENT_BY_JOB : WG_CF_INCIDENT_BY_ELEMENT,
                    of_job ? job_key : element_key, &bytes) ||
        bytes.len != sizeof key) {
        return WG_OK;
    }
    memcpy(&key, bytes.ptr, sizeof key);
    if (!get(step, key, &stored)) {
        return WG_CORRUPT;
    }
    wg_status status = wg_element_load(step, stored.row.element_instance_key, &element);
    if (status == WG_OK) {
        status = to_value(&stored, &element, &value);
    }
    return status == WG_OK
               ? wg_step_event(step, key, WG_VT_INCIDENT, WG_INCIDENT_RESOLVED, &value)
               : status;
}

wg_status wg_handle_incident_resolve(struct wg_step *step) {
    struct stored stored;
    struct wg_job_row job = {0};
    struct wg_job_texts texts;
    struct wg_element element;
    struct wg_value_incident value;
    if (!get(step, step->command->key, &stored)) {
        wg_step_reject(step, WG_REJECT_NOT_FOUND, WG_REJECT_NOT_FOUND,
                       "Expected to resolve incident with key '",
                       "', but no such incident was found");
        return WG_OK;
    }
    if (stored.row.job_key >= 0 && wg_job_get(step->state, stored.row.job_key, &job, &texts) &&
        job.retries <= 0) {
        wg_step_reject(step, WG_REJECT_INVALID_STATE, WG_REJECT_NOT_FOUND,
                       "Expected to resolve incident with key '",
                       "', but its job has no retries left. Please update the job retries and "
                       "retry resolving the incident");
        return WG_OK;
    }
    wg_status status = wg_element_load(step, stored.row.element_instance_key, &element);
    if (status == WG_OK) {
        status = to_value(&stored, &element, &value);
    }
    if (status == WG_OK) {
        status = wg_step_answer(step, step->command->key, WG_VT_INCIDENT, WG_INCIDENT_RESOLVED,
                                &value);
    }
    if (status != WG_OK || stored.row.job_key >= 0) {
        return status;
    }
    return wg_element_go_on(step, &element.model, element.row.element, element.key,
                            &element.value);
}

static wg_status created(struct wg_state *state, wg_key key,
                         const struct wg_value_incident *value) {
    struct {
        struct wg_incident_row row;
        uint8_t message[WG_ROW_TEXT_MAX];
    } stored;
    memset(&stored, 0, sizeof stored);
    stored.row = (struct wg_incident_row){
        .job_key = value->job_key,
        .element_instance_key = value->element_instance_key,
        .process_instance_key = value->process_instance_key,
        .process_key = value->process_definition_key,
        .message_len = wg_row_text(stored.message, value->error_message),
        .type = type_number(value->error_type),
    };
    wg_row_put(state, WG_CF_INCIDENT, key, &stored,
               sizeof stored.row + (size_t)stored.row.message_len);
    if (value->job_key >= 0) {
        wg_row_put(state, WG_CF_INCIDENT_BY_JOB, value->job_key, &key, sizeof key);
    } else {
        wg_row_put(state, WG_CF_INCIDENT_BY_ELEMENT, value->element_instance_key, &key, sizeof key);
    }
    return WG_OK;
}

wg_status wg_apply_incident(struct wg_state *state, uint8_t intent, wg_key key,
                            const struct wg_value_incident *value) {
    struct wg_job_row row;
    struct wg_job_texts texts;
    if (intent == WG_INCIDENT_CREATED) {
        return created(state, key, value);
    }
    if (value->job_key >= 0) {
        wg_row_remove(state, WG_CF_INCIDENT_BY_JOB, value->job_key);
    } else {
        wg_row_remove(state, WG_CF_INCIDENT_BY_ELEMENT, value->element_instance_key);
    }
    if (wg_job_get(state, value->job_key, &row, &texts) &&
        (row.state == WG_JOB_IS_FAILED || row.state == WG_JOB_HAS_ERROR)) {
        row.state = WG_JOB_ACTIVATABLE;
        wg_job_put(state, value->job_key, &row, &texts);
    }
    return wg_row_remove(state, WG_CF_INCIDENT, key) ? WG_OK : WG_CORRUPT;
}
