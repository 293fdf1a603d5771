/* When handling a command fails unexpectedly (engine 4.4): a rejection, and for a command of a
 * process instance an ERROR event, whose applier bans the instance. */
#include "base/assert.h"
#include "processing/errors.h"

/* As Zeebe's intents say: the engine's own commands for instances ban, those of clients and time-outs
 * do not. */
static bool bans(const struct wg_record *command) {
    switch (command->value_type) {
    case WG_VT_PROCESS_INSTANCE:
        return command->intent != WG_PI_CANCEL;
    case WG_VT_JOB:
        return command->intent == WG_JOB_RECUR_AFTER_BACKOFF;
    default:
        return command->value_type == WG_VT_TIMER ||
               command->value_type == WG_VT_PROCESS_INSTANCE_BATCH;
    }
}

wg_key wg_command_instance(const struct wg_record *command) {
    union wg_any_value value;
    if (wg_value_decode(command->value_type, command->value, &value) != WG_OK) {
        return WG_KEY_NONE;
    }
    switch (command->value_type) {
    case WG_VT_PROCESS_INSTANCE:
        return value.process_instance.process_instance_key;
    case WG_VT_JOB:
        return value.job.process_instance_key;
    case WG_VT_TIMER:
        return value.timer.process_instance_key;
    case WG_VT_PROCESS_INSTANCE_BATCH:
        return value.batch.process_instance_key;
    default:
        return WG_KEY_NONE;
    }
}

bool wg_is_banned(const struct wg_state *state, wg_key instance) {
    struct wg_bytes row;
    return wg_row_get(state, WG_CF_BANNED, instance, &row);
}

bool wg_somebody_is_banned(const struct wg_state *state) {
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len;
    struct wg_bytes nothing = {NULL, 0};
    struct wg_bytes row;
    return wg_state_next(state, WG_CF_BANNED, nothing, nothing, true, key, &key_len, &row);
}

void wg_processing_error(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                         const struct wg_record *command, enum wg_rejection_type type,
                         const char *reason, struct wg_results *results) {
    struct wg_step step = {env, state, partition, 0, command, results};
    wg_step_reject(&step, type, type, reason, "");
    if (!bans(command)) {
        return;
    }
    struct wg_value_error error;
    wg_status status = wg_value_init(WG_VT_ERROR, &error);
    WG_ASSERT(env, status == WG_OK);
    error.exception_message = wg_bytes_str(*reason != '\0' ? reason : "batch too large");
    error.error_event_position = command->position;
    error.process_instance_key = wg_command_instance(command);
    status = wg_step_event(&step, command->key, WG_VT_ERROR, WG_ERROR_CREATED, &error);
    WG_ASSERT(env, status == WG_OK);
}
