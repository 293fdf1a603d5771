/* Record flow step 6, the inner half: which handler a command has. Always: a handler changes state
 * only through events, so that replay can repeat what it did from the log alone. */
#include "processing/command_distribution.h"
#include "processing/message.h"
#include "processing/errors.h"
#include "processing/timer.h"

struct entry {
    uint8_t value_type, intent;
    bool from_clients; /* the others are the engine's own */
    wg_handler handler;
};

static const struct entry entries[] = {
    {WG_VT_PROCESS_INSTANCE, WG_PI_ACTIVATE_ELEMENT, false, wg_handle_activate_element},
    {WG_VT_PROCESS_INSTANCE, WG_PI_COMPLETE_ELEMENT, false, wg_handle_complete_element},
    {WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, true, wg_handle_creation_create},
    {WG_VT_PROCESS_INSTANCE, WG_PI_TERMINATE_ELEMENT, false, wg_handle_terminate_element},
    {WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATE, true, wg_handle_job_batch_activate},
    {WG_VT_JOB, WG_JOB_COMPLETE, true, wg_handle_job_complete},
    {WG_VT_JOB, WG_JOB_FAIL, true, wg_handle_job_fail},
    {WG_VT_JOB, WG_JOB_UPDATE_RETRIES, true, wg_handle_job_update_retries},
    {WG_VT_JOB, WG_JOB_TIME_OUT, false, wg_handle_job_time_out},
    {WG_VT_JOB, WG_JOB_RECUR_AFTER_BACKOFF, false, wg_handle_job_recur},
    {WG_VT_TIMER, WG_TIMER_TRIGGER, false, wg_handle_timer_trigger},
    {WG_VT_JOB, WG_JOB_THROW_ERROR, true, wg_handle_job_throw_error},
    {WG_VT_PROCESS_INSTANCE, WG_PI_CANCEL, true, wg_handle_cancel},
    {WG_VT_PROCESS_INSTANCE_BATCH, WG_PI_BATCH_TERMINATE, false, wg_handle_batch_terminate},
    {WG_VT_PROCESS_INSTANCE_BATCH, WG_PI_BATCH_ACTIVATE, false, wg_handle_batch_activate},
    {WG_VT_USER_TASK, WG_USER_TASK_COMPLETE, true, wg_handle_user_task_complete},
    {WG_VT_INCIDENT, WG_INCIDENT_RESOLVE, true, wg_handle_incident_resolve},
    {WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATE, true, wg_handle_deployment_create},
    {WG_VT_MESSAGE, WG_MESSAGE_PUBLISH, true, wg_handle_message_publish},
    {WG_VT_MESSAGE, WG_MESSAGE_EXPIRE, false, wg_handle_message_expire},
    {WG_VT_MESSAGE_BATCH, WG_MESSAGE_BATCH_EXPIRE, false, wg_handle_message_batch_expire},
    {WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATE, false,
     wg_handle_message_subscription_create},
    {WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CORRELATE, false,
     wg_handle_message_subscription_correlate},
    {WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_REJECT, false,
     wg_handle_message_subscription_reject},
    {WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_DELETE, false,
     wg_handle_message_subscription_delete},
    {WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_CREATE, false,
     wg_handle_process_subscription_create},
    {WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_CORRELATE, false,
     wg_handle_process_subscription_correlate},
    {WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_DELETE, false,
     wg_handle_process_subscription_delete},
    {WG_VT_COMMAND_DISTRIBUTION, WG_DISTRIBUTION_ACKNOWLEDGE, false,
     wg_handle_distribution_acknowledge},
};

static const struct entry *find(uint8_t value_type, uint8_t intent) {
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (entries[i].value_type == value_type && entries[i].intent == intent) {
            return &entries[i];
        }
    }
    return NULL;
}

bool wg_processing_accepts(uint8_t value_type, uint8_t intent) {
    const struct entry *entry = find(value_type, intent);
    return entry != NULL && entry->from_clients;
}

/* Commands of a banned instance are passed over in silence (engine 4.4), but for those that end it. */
static bool is_of_banned(const struct wg_state *state, const struct wg_record *command) {
    bool ends = (command->value_type == WG_VT_PROCESS_INSTANCE &&
                 (command->intent == WG_PI_CANCEL || command->intent == WG_PI_TERMINATE_ELEMENT)) ||
                (command->value_type == WG_VT_PROCESS_INSTANCE_BATCH &&
                 command->intent == WG_PI_BATCH_TERMINATE);
    bool speaks_of_one = command->value_type == WG_VT_PROCESS_INSTANCE ||
                         command->value_type == WG_VT_PROCESS_INSTANCE_BATCH ||
                         command->value_type == WG_VT_TIMER;
    return speaks_of_one && !ends && wg_somebody_is_banned(state) && wg_is_banned(state, wg_command_instance(command));
}

wg_status wg_processing_command(struct wg_env *env, struct wg_state *state,
                                wg_partition_id partition, int64_t now_ms,
                                const struct wg_record *command, struct wg_results *results) {
    const struct entry *entry = find(command->value_type, command->intent);
    if (entry == NULL || is_of_banned(state, command)) {
        return WG_OK;
    }
    struct wg_step step = {env, state, partition, now_ms, command, results};
    return entry->handler(&step);
}
