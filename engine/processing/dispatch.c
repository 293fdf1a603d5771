/* Record flow step 6, the inner half: which handler a command has. Always: a handler changes state
 * only through events, so that replay can repeat what it did from the log alone. */
#include "processing/step.h"
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
    {WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATE, true, wg_handle_job_batch_activate},
    {WG_VT_JOB, WG_JOB_COMPLETE, true, wg_handle_job_complete},
    {WG_VT_JOB, WG_JOB_FAIL, true, wg_handle_job_fail},
    {WG_VT_JOB, WG_JOB_UPDATE_RETRIES, true, wg_handle_job_update_retries},
    {WG_VT_JOB, WG_JOB_TIME_OUT, false, wg_handle_job_time_out},
    {WG_VT_JOB, WG_JOB_RECUR_AFTER_BACKOFF, false, wg_handle_job_recur},
    {WG_VT_TIMER, WG_TIMER_TRIGGER, false, wg_handle_timer_trigger},
    {WG_VT_INCIDENT, WG_INCIDENT_RESOLVE, true, wg_handle_incident_resolve},
    {WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATE, true, wg_handle_deployment_create},
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

/* Commands of a banned instance are passed over in silence (engine 4.4). */
static bool is_banned(const struct wg_state *state, const struct wg_record *command) {
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len;
    struct wg_bytes nothing = {NULL, 0};
    struct wg_bytes row;
    union wg_any_value value;
    bool timer = command->value_type == WG_VT_TIMER;
    if ((command->value_type != WG_VT_PROCESS_INSTANCE && !timer) ||
        !wg_state_next(state, WG_CF_BANNED, nothing, nothing, true, key, &key_len, &row)) {
        return false; /* nearly always: nobody is banned */
    }
    return wg_value_decode(command->value_type, command->value, &value) == WG_OK &&
           wg_row_get(state, WG_CF_BANNED,
                      timer ? value.timer.process_instance_key
                            : value.process_instance.process_instance_key,
                      &row);
}

wg_status wg_processing_command(struct wg_env *env, struct wg_state *state,
                                wg_partition_id partition, int64_t now_ms,
                                const struct wg_record *command, struct wg_results *results) {
    const struct entry *entry = find(command->value_type, command->intent);
    if (entry == NULL || is_banned(state, command)) {
        return WG_OK;
    }
    struct wg_step step = {env, state, partition, now_ms, command, results};
    return entry->handler(&step);
}
