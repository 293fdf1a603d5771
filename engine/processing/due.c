/* What becomes due by the clock (step 6): an activated job whose deadline has passed is timed out, a
 * job whose back-off is over recurs, a timer triggers; each by a command without source, which is
 * written to the log like any other command. Changes no state. */
#include "processing/step.h"
#include "processing/timer.h"

static wg_status job_command(struct wg_step *step, wg_key key, uint8_t intent) {
    struct wg_stored_job job;
    wg_status status = wg_job_load(step, key, &job);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_CORRUPT : status; /* an index named it */
    }
    return wg_step_command(step, key, WG_VT_JOB, intent, &job.value);
}

/* Commands for jobs in that index of dates, up to `limit` rows; the next date. */
static int64_t jobs_due(struct wg_step *step, uint8_t cf, uint8_t intent, uint32_t limit) {
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 0;
    struct wg_bytes nothing = {NULL, 0};
    struct wg_bytes value;
    for (uint32_t i = 0; wg_state_next(step->state, cf, nothing, wg_bytes_of(key, key_len), false,
                                       key, &key_len, &value);
         i++) {
        int64_t date = (int64_t)wg_state_u64_key(key);
        if (i == limit || date > step->now_ms ||
            job_command(step, (wg_key)wg_state_u64_key(key + 8), intent) != WG_OK) {
            return date;
        }
    }
    return INT64_MAX;
}

int64_t wg_processing_due(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                          int64_t now_ms, uint32_t limit, struct wg_results *results) {
    struct wg_record no_command;
    wg_record_init(&no_command);
    struct wg_step step = {env, state, partition, now_ms, &no_command, results};
    int64_t deadline = jobs_due(&step, WG_CF_JOB_DEADLINE, WG_JOB_TIME_OUT, limit);
    int64_t recurring = jobs_due(&step, WG_CF_JOB_BACKOFF, WG_JOB_RECUR_AFTER_BACKOFF, limit);
    int64_t timer = wg_timers_due(&step, limit);
    int64_t next = deadline < recurring ? deadline : recurring;
    return next < timer ? next : timer;
}
