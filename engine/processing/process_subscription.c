/* PROCESS_MESSAGE_SUBSCRIPTION on the partition of the process instance (step 6).
 *
 *   E CREATING --> opening --CREATE--> open --CORRELATE--> gone, or open again if it does not
 *                  opening --CORRELATE--> the same           interrupt
 *   E DELETING --> closing --DELETE--> gone
 *
 * Always: a message that is taken is taken once. It may be offered again because the answer was lost.
 * Then the subscription, or what is remembered of it, says that it was taken, and the answer is given
 * again. A message that was not taken is refused: the subscription is closing, or it is gone and a late
 * copy of CREATE has opened it once more on the other partition. Of one that ended too long ago to
 * be remembered it is taken for granted that it took the message: never twice. (Zeebe remembers
 * nothing and refuses whenever the subscription is gone, and another instance gets the message too:
 * quirk repeated-correlate-is-refused.) */
#include "processing/message.h"

#include "codec/msgpack.h"

static wg_status to_value(struct wg_step *step, const struct wg_process_subscription_row *row,
                          struct wg_value_process_message_subscription *ret_value) {
    wg_status status = wg_value_init(WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, ret_value);
    if (status != WG_OK) {
        return status;
    }
    ret_value->subscription_partition_id = row->partition;
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->element_instance_key = row->element_instance_key;
    ret_value->message_key = row->message_key;
    ret_value->interrupting = row->interrupting;
    ret_value->message_name = wg_step_keep(step, row->name);
    ret_value->correlation_key = wg_step_keep(step, row->correlation_key);
    ret_value->bpmn_process_id = wg_step_keep(step, row->process_id);
    ret_value->element_id = wg_step_keep(step, row->element_id);
    return WG_OK;
}

/* --- opening and closing ---------------------------------------------------------------------- */

wg_status wg_process_subscription_send(struct wg_step *step,
                                       const struct wg_process_subscription_row *row,
                                       bool direct) {
    struct wg_value_message_subscription value;
    wg_status status = wg_value_init(WG_VT_MESSAGE_SUBSCRIPTION, &value);
    if (status != WG_OK) {
        return status;
    }
    bool closing = row->state == WG_SUBSCRIPTION_CLOSING;
    value.process_instance_key = row->process_instance_key;
    value.element_instance_key = row->element_instance_key;
    value.message_key = closing ? row->message_key : WG_KEY_NONE;
    value.message_name = row->name;
    value.interrupting = row->interrupting;
    if (!closing) {
        value.correlation_key = row->correlation_key;
        value.bpmn_process_id = row->process_id;
    }
    uint32_t before = step->results->outgoing_count;
    status = wg_step_send(step, row->partition, WG_VT_MESSAGE_SUBSCRIPTION,
                          closing ? WG_MESSAGE_SUBSCRIPTION_DELETE : WG_MESSAGE_SUBSCRIPTION_CREATE,
                          WG_KEY_NONE, &value, direct);
    wg_step_await(step, before, wg_process_subscription_number(row));
    return status;
}

/* Text as it is, a whole number in digits. */
static bool correlation_key(struct wg_step *step, const struct wg_model *model, uint32_t event,
                            wg_key element_key, const struct wg_value_process_instance *instance,
                            struct wg_bytes *ret_key) {
    struct wg_mp_token token;
    struct wg_bytes value;
    struct wg_scope scope = wg_element_scope(element_key, instance);
    if (!wg_variable_find(step->state, &scope, wg_model_second(model, event), &value)) {
        return false;
    }
    struct wg_reader in = wg_reader_on(value);
    if (!wg_mp_read(&in, &token)) {
        return false;
    }
    if (token.kind == WG_MP_STR) {
        *ret_key = wg_step_keep(step, token.bytes);
        return true;
    }
    if (token.kind != WG_MP_INT) {
        return false;
    }
    *ret_key = wg_step_number(step, token.number);
    return true;
}

wg_status wg_message_check(struct wg_step *step, const struct wg_model *model, uint32_t element,
                           wg_key key, const struct wg_value_process_instance *value,
                           bool *ret_good) {
    struct wg_model_element e = wg_model_at(model, element);
    struct wg_bytes ignored;
    *ret_good = e.kind != WG_MODEL_MESSAGE ||
                correlation_key(step, model, element, key, value, &ignored);
    for (uint32_t i = element + 1; e.boundaries > 0 && *ret_good && i < model->count; i++) {
        struct wg_model_element event = wg_model_at(model, i);
        if (event.kind == WG_MODEL_BOUNDARY_MESSAGE && event.source == element) {
            *ret_good = correlation_key(step, model, i, key, value, &ignored);
        }
    }
    return *ret_good ? WG_OK
                     : wg_incident_raise(step, "EXTRACT_VALUE_ERROR",
                                         wg_bytes_str("Failed to extract the correlation key: the "
                                                      "value must be either a string or a number"),
                                         WG_KEY_NONE, key, value);
}

wg_status wg_message_open(struct wg_step *step, wg_key element_key, const struct wg_model *model,
                          uint32_t event, const struct wg_value_process_instance *instance) {
    struct wg_value_process_message_subscription value;
    struct wg_process_subscription_row row = {
        .process_instance_key = instance->process_instance_key,
        .element_instance_key = element_key,
        .message_key = WG_KEY_NONE,
        .state = WG_SUBSCRIPTION_OPENING,
        .interrupting = (wg_model_at(model, event).flags & WG_MODEL_NON_INTERRUPTING) == 0,
        .name = wg_model_text(model, event),
        .process_id = wg_model_id(model, 0),
        .element_id = wg_model_id(model, event),
    };
    if (!correlation_key(step, model, event, element_key, instance, &row.correlation_key)) {
        return WG_INVALID;
    }
    row.partition = wg_message_partition(row.correlation_key, step->results->cluster.partitions);
    wg_status status = to_value(step, &row, &value);
    if (status == WG_OK) {
        status = wg_step_event(step, wg_step_next_key(step), WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                               WG_PROCESS_SUBSCRIPTION_CREATING, &value);
    }
    return status == WG_OK ? wg_process_subscription_send(step, &row, false) : status;
}

wg_status wg_message_close(struct wg_step *step, wg_key element_key) {
    struct wg_process_subscription_row row;
    struct wg_value_process_message_subscription value;
    struct wg_bytes after = wg_bytes_of(NULL, 0);
    while (wg_process_subscription_next(step->state, element_key, after, &row)) {
        after = wg_step_keep(step, row.name);
        if (row.state == WG_SUBSCRIPTION_CLOSING) {
            continue;
        }
        wg_key key = row.key;
        wg_status status = to_value(step, &row, &value);
        if (status == WG_OK) {
            status = wg_step_event(step, key, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                                   WG_PROCESS_SUBSCRIPTION_DELETING, &value);
        }
        if (status == WG_OK && !wg_process_subscription_get(step->state, element_key, after, &row)) {
            status = WG_CORRUPT;
        }
        if (status == WG_OK) {
            status = wg_process_subscription_send(step, &row, false);
        }
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}

/* --- commands --------------------------------------------------------------------------------- */

static wg_status decode(struct wg_step *step,
                        struct wg_value_process_message_subscription *ret_value) {
    return wg_value_decode(WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, step->command->value, ret_value);
}

/* C MESSAGE_SUBSCRIPTION CORRELATE (taken) or REJECT (not taken). */
static wg_status answer(struct wg_step *step, uint8_t intent,
                        const struct wg_value_process_message_subscription *command) {
    struct wg_value_message_subscription value;
    wg_status status = wg_value_init(WG_VT_MESSAGE_SUBSCRIPTION, &value);
    if (status != WG_OK) {
        return status;
    }
    value.process_instance_key = command->process_instance_key;
    value.element_instance_key = command->element_instance_key;
    value.message_key = command->message_key;
    value.message_name = command->message_name;
    value.bpmn_process_id = command->bpmn_process_id;
    if (intent == WG_MESSAGE_SUBSCRIPTION_REJECT) {
        value.correlation_key = command->correlation_key;
    }
    return wg_step_send(step, (wg_partition_id)command->subscription_partition_id,
                        WG_VT_MESSAGE_SUBSCRIPTION, intent, WG_KEY_NONE, &value, false);
}

static wg_status refuse(struct wg_step *step, enum wg_rejection_type type, const char *reason) {
    return wg_step_refuse(step, type, reason, "");
}

#define UNKNOWN                                                                                    \
    "Expected to find a process message subscription of that element and message name, but there " \
    "is none"

/* A second copy of CREATE has opened a subscription that nobody waits for: it would keep messages from
 * those who do. It goes, and what it was offered meanwhile is free, unless it was taken here before: by
 * the time that nobody remembers, anything may have been. */
static wg_status close_stray(struct wg_step *step,
                             const struct wg_value_process_message_subscription *command) {
    wg_key taken;
    if (!wg_process_subscription_ended(step->state, command->element_instance_key,
                                       command->message_name, &taken)) {
        taken = WG_MESSAGE_ANY;
    }
    struct wg_process_subscription_row stray = {
        .process_instance_key = command->process_instance_key,
        .element_instance_key = command->element_instance_key,
        .message_key = taken,
        .partition = (uint32_t)command->subscription_partition_id,
        .state = WG_SUBSCRIPTION_CLOSING,
        .interrupting = command->interrupting,
        .name = command->message_name,
    };
    return wg_process_subscription_send(step, &stray, false);
}

wg_status wg_handle_process_subscription_create(struct wg_step *step) {
    struct wg_value_process_message_subscription value;
    struct wg_process_subscription_row row;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    if (!wg_process_subscription_get(step->state, value.element_instance_key, value.message_name,
                                     &row)) {
        if (!wg_step_has_quirk(step, WG_QUIRK_CORRELATES_AGAIN)) {
            status = close_stray(step, &value);
        }
        return status == WG_OK ? refuse(step, WG_REJECT_NOT_FOUND, UNKNOWN) : status;
    }
    if (row.state != WG_SUBSCRIPTION_OPENING) {
        return refuse(step, WG_REJECT_INVALID_STATE,
                      "Expected to open a process message subscription, but it is open or closing");
    }
    wg_key key = row.key;
    status = to_value(step, &row, &value);
    return status == WG_OK ? wg_step_event(step, key, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                                           WG_PROCESS_SUBSCRIPTION_CREATED, &value)
                           : status;
}

/* Offered again after it was taken: answered again. */
static wg_status taken_before(struct wg_step *step, enum wg_rejection_type type, const char *reason,
                              const struct wg_value_process_message_subscription *value) {
    wg_status status = answer(step, WG_MESSAGE_SUBSCRIPTION_CORRELATE, value);
    return status == WG_OK ? refuse(step, type, reason) : status;
}

static wg_status not_taken(struct wg_step *step, enum wg_rejection_type type, const char *reason,
                           const struct wg_value_process_message_subscription *value) {
    wg_status status = answer(step, WG_MESSAGE_SUBSCRIPTION_REJECT, value);
    return status == WG_OK ? refuse(step, type, reason) : status;
}

/* There is no such subscription, or no more: has it had that message? The last one that it took may
 * be offered again. One before that may not; an older one is offered to a stray one, and was not taken. */
static bool had_taken(const struct wg_step *step,
                      const struct wg_value_process_message_subscription *value) {
    wg_key taken;
    if (wg_step_has_quirk(step, WG_QUIRK_CORRELATES_AGAIN)) {
        return false;
    }
    if (!wg_process_subscription_ended(step->state, value->element_instance_key,
                                       value->message_name, &taken)) {
        return true;
    }
    return value->message_key == taken;
}

/* The element waits, and nothing that came before ends its wait; *ret_event is what is reached. */
static bool is_waiting(const struct wg_state *state, const struct wg_process_subscription_row *row,
                       const struct wg_element *element, uint32_t *ret_event) {
    struct wg_bytes trigger;
    *ret_event = wg_model_find(&element->model, row->element_id);
    if (*ret_event != element->row.element) {
        return *ret_event < element->model.count && wg_boundary_may_trigger(state, element);
    }
    return element->row.state == WG_PI_ELEMENT_ACTIVATED &&
           !wg_row_get(state, WG_CF_EVENT_TRIGGER, element->key, &trigger);
}

static wg_status take(struct wg_step *step, const struct wg_process_subscription_row *row,
                      const struct wg_element *element, uint32_t event,
                      struct wg_value_process_message_subscription *value) {
    value->element_id = wg_step_keep(step, row->element_id);
    value->interrupting = row->interrupting;
    wg_status status = wg_step_event(step, row->key, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                                     WG_PROCESS_SUBSCRIPTION_CORRELATED, value);
    if (status == WG_OK) {
        status = event == element->row.element
                     ? wg_element_trigger(step, element->key, value->variables)
                     : wg_boundary_reached(step, element, event, value->variables);
    }
    return status == WG_OK ? answer(step, WG_MESSAGE_SUBSCRIPTION_CORRELATE, value) : status;
}

wg_status wg_handle_process_subscription_correlate(struct wg_step *step) {
    struct wg_value_process_message_subscription value;
    struct wg_process_subscription_row row;
    struct wg_element element;
    uint32_t event;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    if (!wg_process_subscription_get(step->state, value.element_instance_key, value.message_name,
                                     &row)) {
        return had_taken(step, &value) ? taken_before(step, WG_REJECT_NOT_FOUND, UNKNOWN, &value)
                                       : not_taken(step, WG_REJECT_NOT_FOUND, UNKNOWN, &value);
    }
    /* Messages come in the order of their keys. */
    if (value.message_key <= row.message_key) {
        return taken_before(step, WG_REJECT_INVALID_STATE,
                            "Expected to correlate a process message subscription, but it has "
                            "correlated that message already",
                            &value);
    }
    if (row.state == WG_SUBSCRIPTION_CLOSING) {
        return not_taken(step, WG_REJECT_INVALID_STATE,
                         "Expected to correlate a process message subscription, but it is closing",
                         &value);
    }
    status = wg_element_load(step, row.element_instance_key, &element);
    if (status != WG_OK && status != WG_NOT_FOUND) {
        return status;
    }
    if (status == WG_NOT_FOUND || !is_waiting(step->state, &row, &element, &event)) {
        return not_taken(step, WG_REJECT_INVALID_STATE,
                         "Expected to correlate a process message subscription, but it is not "
                         "active anymore",
                         &value);
    }
    return take(step, &row, &element, event, &value);
}

wg_status wg_handle_process_subscription_delete(struct wg_step *step) {
    struct wg_value_process_message_subscription value;
    struct wg_process_subscription_row row;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    if (!wg_process_subscription_get(step->state, value.element_instance_key, value.message_name,
                                     &row)) {
        return refuse(step, WG_REJECT_NOT_FOUND, UNKNOWN);
    }
    wg_key key = row.key;
    status = to_value(step, &row, &value);
    return status == WG_OK ? wg_step_event(step, key, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                                           WG_PROCESS_SUBSCRIPTION_DELETED, &value)
                           : status;
}

/* --- appliers --------------------------------------------------------------------------------- */

static wg_status creating(struct wg_env *env, struct wg_state *state, wg_key key,
                          const struct wg_value_process_message_subscription *value) {
    struct wg_process_subscription_row row = {
        .key = key,
        .process_instance_key = value->process_instance_key,
        .element_instance_key = value->element_instance_key,
        .message_key = value->message_key,
        .partition = (uint32_t)value->subscription_partition_id,
        .state = WG_SUBSCRIPTION_OPENING,
        .interrupting = value->interrupting,
        .name = value->message_name,
        .correlation_key = value->correlation_key,
        .process_id = value->bpmn_process_id,
        .element_id = value->element_id,
    };
    wg_process_subscription_put(env, state, &row);
    return WG_OK;
}

wg_status wg_apply_process_subscription(
    struct wg_env *env, struct wg_state *state, uint8_t intent, wg_key key,
    const struct wg_value_process_message_subscription *value) {
    struct wg_process_subscription_row row;
    wg_key element = value->element_instance_key;
    if (intent == WG_PROCESS_SUBSCRIPTION_CREATING) {
        return creating(env, state, key, value);
    }
    if (!wg_process_subscription_get(state, element, value->message_name, &row)) {
        return WG_CORRUPT;
    }
    switch (intent) {
    case WG_PROCESS_SUBSCRIPTION_CREATED:
        row.state = WG_SUBSCRIPTION_OPEN;
        break;
    case WG_PROCESS_SUBSCRIPTION_DELETING:
        row.state = WG_SUBSCRIPTION_CLOSING;
        break;
    case WG_PROCESS_SUBSCRIPTION_CORRELATED:
        if (row.interrupting) {
            wg_process_subscription_end(state, element, value->message_name, value->message_key);
            return WG_OK;
        }
        row.state = WG_SUBSCRIPTION_OPEN;
        row.message_key = value->message_key;
        break;
    case WG_PROCESS_SUBSCRIPTION_DELETED:
        wg_process_subscription_end(state, element, value->message_name, row.message_key);
        return WG_OK;
    default:
        return WG_UNSUPPORTED;
    }
    wg_process_subscription_put(env, state, &row);
    return WG_OK;
}
