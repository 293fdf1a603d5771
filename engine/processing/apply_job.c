/* Job events change the state (step 6). A job is activatable, activated until its deadline, failed
 * and waiting for its incident, or failed and waiting for the end of its back-off; rows.c keeps the
 * indexes in step. */
#include "codec/msgpack.h"
#include "processing/step.h"

#include <string.h>

static wg_status created(struct wg_state *state, wg_key key, const struct wg_value_job *job) {
    struct wg_element_row element;
    struct wg_job_texts texts;
    struct wg_job_row row = {
        .deadline = -1,
        .timeout = -1,
        .retries = job->retries,
        .element_instance_key = job->element_instance_key,
        .process_instance_key = job->process_instance_key,
        .process_key = job->process_definition_key,
        .version = job->process_definition_version,
        .state = WG_JOB_ACTIVATABLE,
    };
    if (!wg_element_get(state, job->element_instance_key, &element)) {
        return WG_CORRUPT;
    }
    if (!wg_is_one_task(job->bpmn_process_id)) {
        row.element = element.element;
    }
    if (!wg_bytes_equal(job->type, wg_bytes_str(WG_ONE_TASK_JOB_TYPE))) {
        row.type_len = wg_row_text(texts.type, job->type);
    }
    element.job_key = key;
    wg_element_put(state, job->element_instance_key, &element);
    wg_job_put(state, key, &row, &texts);
    return WG_OK;
}

static wg_status completed(struct wg_state *state, wg_key key, const struct wg_value_job *job) {
    struct wg_element_row element;
    if (wg_element_get(state, job->element_instance_key, &element)) {
        element.job_key = WG_KEY_NONE;
        wg_element_put(state, job->element_instance_key, &element);
    }
    wg_job_remove(state, key);
    return WG_OK;
}

wg_status wg_apply_job(struct wg_state *state, uint8_t intent, wg_key key,
                       const struct wg_value_job *job) {
    if (intent == WG_JOB_CREATED) {
        return created(state, key, job);
    }
    struct wg_job_row row;
    struct wg_job_texts texts;
    if (!wg_job_get(state, key, &row, &texts)) {
        return WG_CORRUPT;
    }
    switch (intent) {
    case WG_JOB_COMPLETED:
        return completed(state, key, job);
    case WG_JOB_CANCELED:
        return completed(state, key, job);
    case WG_JOB_ERROR_THROWN:
        if (!wg_bytes_equal(job->element_id, wg_bytes_str(WG_NO_CATCH_EVENT))) {
            return completed(state, key, job);
        }
        row.state = WG_JOB_HAS_ERROR;
        row.error_len = wg_row_text(texts.error, job->error_message);
        break;
    case WG_JOB_TIMED_OUT:
        row.state = WG_JOB_ACTIVATABLE;
        break;
    case WG_JOB_FAILED:
        row.retries = job->retries;
        row.error_len = wg_row_text(texts.error, job->error_message);
        row.state = job->retries > 0 ? WG_JOB_ACTIVATABLE : WG_JOB_IS_FAILED;
        if (job->retries > 0 && job->retry_backoff > 0) {
            row.state = WG_JOB_IN_BACKOFF;
            row.deadline = job->recurring_time;
        }
        break;
    case WG_JOB_RECURRED_AFTER_BACKOFF:
        row.state = WG_JOB_ACTIVATABLE;
        row.deadline = -1;
        break;
    case WG_JOB_RETRIES_UPDATED:
        row.retries = job->retries;
        break;
    default:
        return WG_UNSUPPORTED;
    }
    wg_job_put(state, key, &row, &texts);
    return WG_OK;
}

static wg_status activated(struct wg_state *state, wg_key key, struct wg_bytes raw_job) {
    struct wg_value_job job;
    struct wg_job_row row;
    struct wg_job_texts texts;
    wg_status status = wg_value_decode(WG_VT_JOB, raw_job, &job);
    if (status != WG_OK || !wg_job_get(state, key, &row, &texts)) {
        return WG_CORRUPT;
    }
    row.state = WG_JOB_ACTIVATED;
    row.deadline = job.deadline;
    row.timeout = job.timeout;
    row.worker_len = wg_row_text(texts.worker, job.worker);
    wg_job_put(state, key, &row, &texts);
    return WG_OK;
}

/* Enters an array; its number of elements, 0 for empty bytes, -1 for anything else. */
static int64_t enter_array(struct wg_bytes raw, struct wg_reader *ret_in) {
    struct wg_mp_token token;
    if (raw.len == 0) {
        return 0;
    }
    *ret_in = wg_reader_on(raw);
    return wg_mp_read(ret_in, &token) && token.kind == WG_MP_ARRAY ? token.number : -1;
}

wg_status wg_apply_job_batch(struct wg_state *state, const struct wg_value_job_batch *batch) {
    struct wg_reader keys;
    struct wg_reader jobs;
    int64_t count = enter_array(batch->job_keys, &keys);
    if (count < 0 || enter_array(batch->jobs, &jobs) != count) {
        return WG_CORRUPT;
    }
    for (int64_t i = 0; i < count; i++) {
        struct wg_mp_token key;
        struct wg_bytes job;
        if (!wg_mp_read(&keys, &key) || key.kind != WG_MP_INT || !wg_mp_skip(&jobs, &job)) {
            return WG_CORRUPT;
        }
        wg_status status = activated(state, key.number, job);
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}
