/* When handling a command fails unexpectedly (engine 4.4): a rejection, and for a command of a
 * process instance an ERROR event, whose applier bans the instance. */
#include "base/assert.h"
#include "processing/step.h"

static bool is_related(const struct wg_record *command) {
    return command->value_type == WG_VT_PROCESS_INSTANCE || command->value_type == WG_VT_JOB ||
           command->value_type == WG_VT_TIMER;
}

/* Key of the process instance that the command speaks of, or -1. */
static wg_key instance_of(const struct wg_record *command) {
    union wg_any_value value;
    if (!is_related(command) ||
        wg_value_decode(command->value_type, command->value, &value) != WG_OK) {
        return WG_KEY_NONE;
    }
    return command->value_type == WG_VT_JOB     ? value.job.process_instance_key
           : command->value_type == WG_VT_TIMER ? value.timer.process_instance_key
                                                : value.process_instance.process_instance_key;
}

void wg_processing_error(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                         const struct wg_record *command, enum wg_rejection_type type,
                         const char *reason, struct wg_results *results) {
    struct wg_step step = {env, state, partition, 0, command, results};
    wg_step_reject(&step, type, type, reason, "");
    if (!is_related(command)) {
        return;
    }
    struct wg_value_error error;
    wg_status status = wg_value_init(WG_VT_ERROR, &error);
    WG_ASSERT(env, status == WG_OK);
    error.exception_message = wg_bytes_str(*reason != '\0' ? reason : "batch too large");
    error.error_event_position = command->position;
    error.process_instance_key = instance_of(command);
    status = wg_step_event(&step, wg_step_next_key(&step), WG_VT_ERROR, 0, &error);
    WG_ASSERT(env, status == WG_OK);
}
