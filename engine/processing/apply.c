/* Events change the state (step 6): one applier per event, used when the event is appended by the
 * leader and again when any replica replays it. An applier reads nothing but the event and the
 * state, so both give the same rows. An event without applier stops the replica (bug P04: passing
 * over it loses state silently). */
#include "codec/msgpack.h"
#include "processing/command_distribution.h"
#include "processing/message.h"
#include "processing/element.h"
#include "processing/timer.h"

#include <string.h>

static wg_status model_created(struct wg_env *env, struct wg_state *state,
                               const struct wg_value_process *value) {
    uint32_t room = wg_model_extract_room(value->resource);
    uint8_t *bytes = wg_alloc(env, room + 1);
    uint32_t len = wg_model_extract(value->resource, bytes, room);
    struct wg_model model;
    wg_status status = wg_model_read(wg_bytes_of(bytes, len), &model);
    if (status == WG_OK) {
        wg_model_put(state, value->process_definition_key, wg_bytes_of(bytes, len));
    }
    wg_free(env, bytes, room + 1);
    return status;
}

static wg_status process_created(struct wg_env *env, struct wg_state *state,
                                 const struct wg_value_process *value) {
    struct wg_process_row row = {.key = value->process_definition_key, .version = value->version};
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len = value->checksum.len < WG_CHECKSUM_BYTES ? value->checksum.len
                                                           : (uint32_t)WG_CHECKSUM_BYTES;
    if (len > 0) {
        memcpy(row.checksum, value->checksum.ptr, len);
    }
    struct wg_bytes bytes = wg_bytes_of(&row, sizeof row);
    struct wg_process_row latest;
    /* Versions that partition 1 hands on may come in any order. */
    bool is_latest = !wg_process_get(state, value->bpmn_process_id, 0, &latest) ||
                     latest.version <= row.version;
    wg_row_put(state, WG_CF_PROCESS, row.key, &row, sizeof row);
    wg_state_put(state, WG_CF_PROCESS_BY_ID,
                 wg_process_key(key, value->bpmn_process_id, row.version), bytes);
    if (is_latest) {
        wg_state_put(state, WG_CF_PROCESS_BY_ID, wg_process_key(key, value->bpmn_process_id, 0),
                     bytes);
    }
    return wg_is_one_task(value->bpmn_process_id) ? WG_OK : model_created(env, state, value);
}

static wg_status variable_set(struct wg_env *env, struct wg_state *state, wg_key key,
                              const struct wg_value_variable *value) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    if (value->name.len > WG_VARIABLE_NAME_MAX) {
        return WG_UNSUPPORTED;
    }
    wg_row_put_tagged(env, state, WG_CF_VARIABLE,
                      wg_variable_key(bytes, value->scope_key, value->name), key, value->value);
    return WG_OK;
}

/* One that partition 1 handed on has no resources: it is remembered, as it may come again. */
static wg_status deployment_created(struct wg_state *state, wg_key key,
                                    const struct wg_value_deployment *value) {
    struct wg_mp_token array;
    struct wg_reader in = wg_reader_on(value->resources);
    if (value->resources.len > 0 && wg_mp_read(&in, &array) && array.kind == WG_MP_ARRAY &&
        array.number == 0) {
        wg_row_put(state, WG_CF_DEPLOYMENT_RECEIVED, key, NULL, 0);
    }
    return WG_OK;
}

static wg_status error_created(struct wg_state *state, const struct wg_value_error *value) {
    if (value->process_instance_key > 0) {
        wg_row_put(state, WG_CF_BANNED, value->process_instance_key, NULL, 0);
        wg_timers_stop(state, value->process_instance_key);
    }
    return WG_OK;
}

#define EVENT(value_type, intent) ((uint32_t)(value_type) << 8 | (uint32_t)(intent))

wg_status wg_apply(struct wg_env *env, struct wg_state *state, uint8_t value_type, uint8_t intent,
                   wg_key key, const void *value) {
    if (value_type == WG_VT_PROCESS_INSTANCE) {
        return wg_apply_element(state, intent, key, value);
    }
    if (value_type == WG_VT_JOB) {
        return wg_apply_job(state, intent, key, value);
    }
    if (value_type == WG_VT_MESSAGE) {
        return wg_apply_message(env, state, intent, key, value);
    }
    if (value_type == WG_VT_MESSAGE_SUBSCRIPTION) {
        return wg_apply_message_subscription(env, state, intent, key, value);
    }
    if (value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION) {
        return wg_apply_process_subscription(env, state, intent, key, value);
    }
    if (value_type == WG_VT_COMMAND_DISTRIBUTION) {
        return wg_apply_distribution(env, state, intent, key, value);
    }
    if (value_type == WG_VT_USER_TASK) {
        return wg_apply_user_task(state, intent, key, value);
    }
    switch (EVENT(value_type, intent)) {
    case EVENT(WG_VT_VARIABLE, WG_VARIABLE_CREATED):
    case EVENT(WG_VT_VARIABLE, WG_VARIABLE_UPDATED):
        return variable_set(env, state, key, value);
    case EVENT(WG_VT_PROCESS_EVENT, WG_PROCESS_EVENT_TRIGGERING):
    case EVENT(WG_VT_PROCESS_EVENT, WG_PROCESS_EVENT_TRIGGERED):
        return wg_apply_process_event(env, state, intent, key, value);
    case EVENT(WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED):
        return wg_apply_job_batch(state, value);
    case EVENT(WG_VT_INCIDENT, WG_INCIDENT_CREATED):
    case EVENT(WG_VT_INCIDENT, WG_INCIDENT_RESOLVED):
        return wg_apply_incident(state, intent, key, value);
    case EVENT(WG_VT_PROCESS, WG_PROCESS_CREATED):
        return process_created(env, state, value);
    case EVENT(WG_VT_TIMER, WG_TIMER_CREATED):
    case EVENT(WG_VT_TIMER, WG_TIMER_TRIGGERED):
    case EVENT(WG_VT_TIMER, WG_TIMER_CANCELED):
        return wg_apply_timer(state, intent, key, value);
    case EVENT(WG_VT_ERROR, WG_ERROR_CREATED):
        return error_created(state, value);
    case EVENT(WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED):
        return deployment_created(state, key, value);
    case EVENT(WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED):
        return WG_OK; /* it tells the client and changes nothing */
    default:
        return WG_UNSUPPORTED;
    }
}

wg_status wg_processing_apply(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                              const struct wg_record *event) {
    (void)partition;
    union wg_any_value value;
    wg_status status = wg_value_decode(event->value_type, event->value, &value);
    if (status != WG_OK) {
        return status;
    }
    return wg_apply(env, state, event->value_type, event->intent, event->key, &value);
}
