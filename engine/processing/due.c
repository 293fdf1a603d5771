/* What becomes due by the clock (step 6): an activated job whose deadline has passed is timed out
 * by a command without source, which is written to the log like any other command. Changes no
 * state. */
#include "processing/step.h"

static wg_status time_out(struct wg_step *step, wg_key key) {
    struct wg_job_row row;
    struct wg_job_texts texts;
    struct wg_value_job job;
    if (!wg_job_get(step->state, key, &row, &texts)) {
        return WG_CORRUPT;
    }
    wg_job_value(&row, &texts, &job);
    return wg_step_command(step, key, WG_VT_JOB, WG_JOB_TIME_OUT, &job);
}

int64_t wg_processing_due(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                          int64_t now_ms, uint32_t limit, struct wg_results *results) {
    struct wg_record no_command;
    wg_record_init(&no_command);
    struct wg_step step = {env, state, partition, now_ms, &no_command, results};
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 0;
    struct wg_bytes nothing = {NULL, 0};
    struct wg_bytes value;
    for (uint32_t i = 0; wg_state_next(state, WG_CF_JOB_DEADLINE, nothing,
                                       wg_bytes_of(key, key_len), false, key, &key_len, &value);
         i++) {
        int64_t deadline = (int64_t)wg_state_u64_key(key);
        if (i == limit || deadline > now_ms ||
            time_out(&step, (wg_key)wg_state_u64_key(key + 8)) != WG_OK) {
            return deadline;
        }
    }
    return INT64_MAX;
}
