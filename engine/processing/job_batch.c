/* JOB_BATCH ACTIVATE (step 6): { E JOB_BATCH ACTIVATED } with the jobs, lowest keys first, and the
 * variables they see. A batch that would not fit into one log batch is cut and says `truncated`. */
#include "codec/msgpack.h"
#include "processing/step.h"

#define JOBS_MAX 256u
/* Room in the log batch for the record around the jobs. */
#define RESERVED_BYTES 1024u

struct batch {
    wg_key keys[JOBS_MAX];
    struct wg_bytes jobs[JOBS_MAX];
    uint32_t count;
    uint64_t bytes;
};

static const char *why_invalid(const struct wg_value_job_batch *value) {
    if (value->type.len == 0) {
        return "Expected to activate job batch with type to be present, but it was blank";
    }
    if (value->worker.len == 0) {
        return "Expected to activate job batch with worker to be present, but it was blank";
    }
    if (value->timeout < 1) {
        return "Expected to activate job batch with timeout to be greater than zero";
    }
    if (value->max_jobs_to_activate < 1) {
        return "Expected to activate job batch with max jobs to activate to be greater than zero";
    }
    return NULL;
}

/* The job as it will be when activated. */
static wg_status activated_job(struct wg_step *step, wg_key key,
                               const struct wg_value_job_batch *asked,
                               struct wg_bytes *ret_bytes) {
    struct wg_stored_job stored;
    struct wg_value_job *job = &stored.value;
    wg_status status = wg_job_load(step, key, &stored);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_CORRUPT : status; /* an index named it */
    }
    job->deadline = step->command->timestamp_ms + asked->timeout;
    job->timeout = asked->timeout;
    job->worker = asked->worker;
    struct wg_scope scope = {job->element_instance_key, job->process_instance_key,
                             job->process_definition_key, job->bpmn_process_id};
    status = wg_variables_collect(step, &scope, asked->variables, &job->variables);
    return status == WG_OK ? wg_results_value(step->results, WG_VT_JOB, job, ret_bytes) : status;
}

static wg_status collect(struct wg_step *step, struct wg_value_job_batch *asked,
                         struct batch *batch) {
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 0;
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes prefix = {NULL, 0};
    struct wg_bytes value;
    bool work = wg_bytes_equal(asked->type, wg_bytes_str(WG_ONE_TASK_JOB_TYPE));
    if (!work) {
        prefix = wg_job_type_prefix(bytes, asked->type);
        key_len = prefix.len;
        memcpy(key, bytes, key_len);
    }
    while ((int64_t)batch->count < asked->max_jobs_to_activate &&
           wg_state_next(step->state, work ? WG_CF_JOB_ACTIVATABLE : WG_CF_JOB_ACTIVATABLE_TYPE,
                         prefix, wg_bytes_of(key, key_len), false, key, &key_len, &value)) {
        wg_key job_key = (wg_key)wg_state_u64_key(key + key_len - 8);
        struct wg_bytes job;
        wg_status status = activated_job(step, job_key, asked, &job);
        if (status != WG_OK) {
            return status;
        }
        uint64_t with_job = batch->bytes + job.len + 9;
        if (batch->count == JOBS_MAX || with_job + RESERVED_BYTES > step->results->limit) {
            asked->truncated = true;
            return WG_OK;
        }
        batch->keys[batch->count] = job_key;
        batch->jobs[batch->count++] = job;
        batch->bytes = with_job;
    }
    return WG_OK;
}

static struct wg_bytes key_array(struct wg_step *step, const struct batch *batch) {
    uint32_t capacity = 5 + 9 * batch->count;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, capacity), capacity);
    wg_mp_write_array(&out, batch->count);
    for (uint32_t i = 0; i < batch->count; i++) {
        wg_mp_write_int(&out, batch->keys[i]);
    }
    return wg_writer_bytes(&out);
}

static struct wg_bytes job_array(struct wg_step *step, const struct batch *batch) {
    uint32_t capacity = (uint32_t)batch->bytes + 5;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, capacity), capacity);
    wg_mp_write_array(&out, batch->count);
    for (uint32_t i = 0; i < batch->count; i++) {
        wg_write_bytes(&out, batch->jobs[i].ptr, batch->jobs[i].len);
    }
    return wg_writer_bytes(&out);
}

wg_status wg_handle_job_batch_activate(struct wg_step *step) {
    struct wg_value_job_batch value;
    struct batch batch;
    wg_status status = wg_value_decode(WG_VT_JOB_BATCH, step->command->value, &value);
    if (status != WG_OK) {
        return status;
    }
    const char *invalid = why_invalid(&value);
    if (invalid != NULL) {
        return wg_step_refuse(step, WG_REJECT_INVALID_ARGUMENT, invalid, "");
    }
    batch.count = 0;
    batch.bytes = 0;
    value.truncated = false;
    status = collect(step, &value, &batch);
    if (status != WG_OK) {
        return status;
    }
    value.job_keys = key_array(step, &batch);
    value.jobs = job_array(step, &batch);
    return wg_step_answer(step, wg_step_next_key(step), WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED,
                          &value);
}
