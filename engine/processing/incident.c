/* INCIDENT RESOLVE (step 6): { E INCIDENT RESOLVED }, and the job is activatable again. A rejection
 * tells the client NOT_FOUND even when the log says INVALID_STATE, as Zeebe does (engine 11.2). */
#include "processing/step.h"

static wg_status resolve(struct wg_step *step, const struct wg_incident_row *row,
                         const struct wg_job_row *job, struct wg_bytes message) {
    struct wg_value_incident value;
    wg_status status = wg_value_init(WG_VT_INCIDENT, &value);
    if (status != WG_OK) {
        return status;
    }
    struct wg_model model;
    status = wg_job_model(step, job, &model);
    if (status != WG_OK) {
        return status;
    }
    value.error_type = wg_bytes_str("JOB_NO_RETRIES");
    value.error_message = wg_results_keep(step->results, message);
    value.bpmn_process_id = wg_model_id(&model, 0);
    value.process_definition_key = row->process_key;
    value.process_instance_key = row->process_instance_key;
    value.element_id = wg_model_id(&model, job->element != 0 ? job->element : WG_ONE_TASK_TASK);
    value.element_instance_key = row->element_instance_key;
    value.job_key = row->job_key;
    value.variable_scope_key = row->element_instance_key;
    return wg_step_answer(step, step->command->key, WG_VT_INCIDENT, WG_INCIDENT_RESOLVED, &value);
}

wg_status wg_handle_incident_resolve(struct wg_step *step) {
    struct wg_incident_row row;
    struct wg_job_row job = {0};
    struct wg_job_texts texts;
    struct wg_bytes stored;
    if (!wg_row_get(step->state, WG_CF_INCIDENT, step->command->key, &stored) ||
        stored.len < sizeof row) {
        wg_step_reject(step, WG_REJECT_NOT_FOUND, WG_REJECT_NOT_FOUND,
                       "Expected to resolve incident with key '",
                       "', but no such incident was found");
        return WG_OK;
    }
    memcpy(&row, stored.ptr, sizeof row);
    if (wg_job_get(step->state, row.job_key, &job, &texts) && job.retries <= 0) {
        wg_step_reject(step, WG_REJECT_INVALID_STATE, WG_REJECT_NOT_FOUND,
                       "Expected to resolve incident with key '",
                       "', but its job has no retries left. Please update the job retries and "
                       "retry resolving the incident");
        return WG_OK;
    }
    return resolve(step, &row, &job,
                   wg_bytes_of(stored.ptr + sizeof row, stored.len - sizeof row));
}
