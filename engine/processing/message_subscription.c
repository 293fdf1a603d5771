/* MESSAGE_SUBSCRIPTION on the partition of the message (step 6). A subscription is open, or
 * correlating: a message was offered to the instance and its answer is awaited.
 *
 *   CREATE --> open --message--> correlating --CORRELATE (taken)--> gone, or open again if it does
 *                                            not interrupt
 *                                 correlating --REJECT (not taken)--> gone; the message goes to
 *                                            another instance of the process
 *   any    --DELETE--> gone; a message that was on its way goes to another instance
 *
 * Commands come from the instance's partition, at least once each. */
#include "processing/message.h"

static wg_partition_id home_of(const struct wg_subscription_row *row) {
    return wg_key_partition(row->process_instance_key);
}

/* The typed value of a row, its texts in the results' memory. */
static wg_status to_value(struct wg_step *step, const struct wg_subscription_row *row,
                          struct wg_value_message_subscription *ret_value) {
    wg_status status = wg_value_init(WG_VT_MESSAGE_SUBSCRIPTION, ret_value);
    if (status != WG_OK) {
        return status;
    }
    ret_value->process_instance_key = row->process_instance_key;
    ret_value->element_instance_key = row->element_instance_key;
    ret_value->message_key = row->message_key;
    ret_value->interrupting = row->interrupting;
    ret_value->message_name = wg_step_keep(step, row->name);
    ret_value->correlation_key = wg_step_keep(step, row->correlation_key);
    ret_value->bpmn_process_id = wg_step_keep(step, row->process_id);
    ret_value->variables = wg_step_keep(step, row->variables);
    return WG_OK;
}

/* --- correlating ------------------------------------------------------------------------------ */

wg_status wg_subscription_correlating(struct wg_step *step, wg_key subscription, wg_key message,
                                      struct wg_bytes variables) {
    struct wg_subscription_row row;
    struct wg_value_message_subscription value;
    if (!wg_subscription_get(step->state, subscription, &row)) {
        return WG_CORRUPT;
    }
    row.message_key = message;
    row.variables = variables;
    wg_status status = to_value(step, &row, &value);
    return status == WG_OK ? wg_step_event(step, subscription, WG_VT_MESSAGE_SUBSCRIPTION,
                                           WG_MESSAGE_SUBSCRIPTION_CORRELATING, &value)
                           : status;
}

wg_status wg_subscription_send_correlate(struct wg_step *step, wg_key subscription, bool direct) {
    struct wg_subscription_row row;
    struct wg_value_process_message_subscription value;
    if (!wg_subscription_get(step->state, subscription, &row)) {
        return WG_CORRUPT;
    }
    wg_status status = wg_value_init(WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, &value);
    if (status != WG_OK) {
        return status;
    }
    value.subscription_partition_id = step->partition;
    value.process_instance_key = row.process_instance_key;
    value.element_instance_key = row.element_instance_key;
    value.message_key = row.message_key;
    value.message_name = row.name;
    value.correlation_key = row.correlation_key;
    value.bpmn_process_id = row.process_id;
    value.variables = row.variables;
    value.interrupting = row.interrupting;
    uint32_t before = step->results->outgoing_count;
    status = wg_step_send(step, home_of(&row), WG_VT_PROCESS_MESSAGE_SUBSCRIPTION,
                          WG_PROCESS_SUBSCRIPTION_CORRELATE, WG_KEY_NONE, &value, direct);
    wg_step_await(step, before, wg_subscription_number(subscription, &row));
    return status;
}

/* The oldest message that the subscription may have; *ret_found = it correlates to it now. One older
 * than the last that it had would be taken for a repetition by its instance. */
static wg_status correlate_next(struct wg_step *step, wg_key subscription, bool *ret_found) {
    struct wg_subscription_row row;
    struct wg_message_row message;
    wg_key key;
    *ret_found = false;
    if (!wg_subscription_get(step->state, subscription, &row)) {
        return WG_CORRUPT;
    }
    struct wg_message_walk walk = wg_message_walk(row.name, row.correlation_key);
    while (wg_message_walk_next(step->state, &walk, &key)) {
        if (key <= row.message_key || !wg_message_get(step->state, key, &message) ||
            !wg_bytes_equal(message.name, row.name) ||
            !wg_bytes_equal(message.correlation_key, row.correlation_key) ||
            !wg_message_may_correlate(step, key, &message, row.process_id)) {
            continue;
        }
        *ret_found = true;
        wg_status status =
            wg_subscription_correlating(step, subscription, key, message.variables);
        return status == WG_OK ? wg_subscription_send_correlate(step, subscription, false)
                               : status;
    }
    return WG_OK;
}

/* The message was not taken: the next instance of that process that waits for it, if any. */
static wg_status correlate_to_another(struct wg_step *step, wg_key message,
                                      struct wg_bytes process_id) {
    struct wg_message_row row;
    struct wg_subscription_row other;
    wg_key subscription;
    if (!wg_message_get(step->state, message, &row)) {
        return WG_OK; /* it has expired meanwhile */
    }
    struct wg_message_walk walk = wg_subscription_walk(row.name, row.correlation_key);
    while (wg_message_walk_next(step->state, &walk, &subscription)) {
        if (wg_subscription_get(step->state, subscription, &other) && !other.correlating &&
            wg_bytes_equal(other.name, row.name) &&
            wg_bytes_equal(other.correlation_key, row.correlation_key) &&
            wg_bytes_equal(other.process_id, process_id) && other.message_key < message) {
            wg_status status =
                wg_subscription_correlating(step, subscription, message, row.variables);
            return status == WG_OK ? wg_subscription_send_correlate(step, subscription, false)
                                   : status;
        }
    }
    return WG_OK;
}

/* --- commands --------------------------------------------------------------------------------- */

/* C PROCESS_MESSAGE_SUBSCRIPTION CREATE or DELETE: done here. */
static wg_status acknowledge(struct wg_step *step, uint8_t intent,
                             const struct wg_value_message_subscription *command) {
    struct wg_value_process_message_subscription value;
    wg_status status = wg_value_init(WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, &value);
    if (status != WG_OK) {
        return status;
    }
    value.subscription_partition_id = step->partition;
    value.process_instance_key = command->process_instance_key;
    value.element_instance_key = command->element_instance_key;
    value.message_name = command->message_name;
    value.interrupting = command->interrupting;
    return wg_step_send(step, wg_key_partition(command->process_instance_key),
                        WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, intent, WG_KEY_NONE, &value, false);
}

static wg_status decode(struct wg_step *step, struct wg_value_message_subscription *ret_value) {
    return wg_value_decode(WG_VT_MESSAGE_SUBSCRIPTION, step->command->value, ret_value);
}

wg_status wg_handle_message_subscription_create(struct wg_step *step) {
    struct wg_value_message_subscription value;
    bool correlates = false;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    if (wg_subscription_find(step->state, value.element_instance_key, value.message_name) >= 0) {
        status = acknowledge(step, WG_PROCESS_SUBSCRIPTION_CREATE, &value);
        return status == WG_OK
                   ? wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                                    "Expected to open a new message subscription, but there is "
                                    "one already for that element and message name",
                                    "")
                   : status;
    }
    wg_key key = wg_step_next_key(step);
    status = wg_step_event(step, key, WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATED,
                           &value);
    if (status == WG_OK) {
        status = correlate_next(step, key, &correlates);
    }
    return status == WG_OK && !correlates
               ? acknowledge(step, WG_PROCESS_SUBSCRIPTION_CREATE, &value)
               : status;
}

static wg_status refuse_unknown(struct wg_step *step) {
    return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                          "Expected to find a message subscription of that element and message "
                          "name, but there is none",
                          "");
}

wg_status wg_handle_message_subscription_correlate(struct wg_step *step) {
    struct wg_value_message_subscription value;
    struct wg_subscription_row row;
    bool correlates;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    wg_key key =
        wg_subscription_find(step->state, value.element_instance_key, value.message_name);
    if (key < 0 || !wg_subscription_get(step->state, key, &row)) {
        return refuse_unknown(step);
    }
    /* A late answer for the message before says nothing about the one on its way. */
    if (!row.correlating || row.message_key != value.message_key) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to correlate a message subscription, but it is not "
                              "correlating that message",
                              "");
    }
    bool again = !row.interrupting;
    status = to_value(step, &row, &value);
    if (status == WG_OK) {
        status = wg_step_event(step, key, WG_VT_MESSAGE_SUBSCRIPTION,
                               WG_MESSAGE_SUBSCRIPTION_CORRELATED, &value);
    }
    return status == WG_OK && again ? correlate_next(step, key, &correlates) : status;
}

/* A second answer, or one for an earlier message, must not free what is on its way. */
static bool is_on_its_way(const struct wg_step *step,
                          const struct wg_value_message_subscription *value) {
    struct wg_subscription_row row;
    wg_key key =
        wg_subscription_find(step->state, value->element_instance_key, value->message_name);
    return key >= 0 && wg_subscription_get(step->state, key, &row) && row.correlating &&
           row.message_key == value->message_key;
}

wg_status wg_handle_message_subscription_reject(struct wg_step *step) {
    struct wg_value_message_subscription value;
    wg_status status = decode(step, &value);
    if (status != WG_OK) {
        return status;
    }
    if (!wg_step_has_quirk(step, WG_QUIRK_CORRELATES_AGAIN) && !is_on_its_way(step, &value)) {
        return refuse_unknown(step);
    }
    status = wg_step_event(step, step->command->key, WG_VT_MESSAGE_SUBSCRIPTION,
                           WG_MESSAGE_SUBSCRIPTION_REJECTED, &value);
    return status == WG_OK
               ? correlate_to_another(step, value.message_key, value.bpmn_process_id)
               : status;
}

/* Whether the message that correlates is free when the subscription is closed: the command names the
 * one that the instance took last. What it took before has been answered, or the last one would not
 * have come; so any other message was not taken, also an older one that a stray one is offered. */
static bool frees_message(const struct wg_subscription_row *row, wg_key taken) {
    return row->correlating && taken != WG_MESSAGE_ANY && row->message_key != taken;
}

wg_status wg_handle_message_subscription_delete(struct wg_step *step) {
    struct wg_value_message_subscription command;
    struct wg_value_message_subscription value;
    struct wg_subscription_row row;
    wg_status status = decode(step, &command);
    if (status != WG_OK) {
        return status;
    }
    wg_key key =
        wg_subscription_find(step->state, command.element_instance_key, command.message_name);
    if (key < 0 || !wg_subscription_get(step->state, key, &row)) {
        status = acknowledge(step, WG_PROCESS_SUBSCRIPTION_DELETE, &command);
        return status == WG_OK ? refuse_unknown(step) : status;
    }
    bool on_its_way = frees_message(&row, command.message_key);
    status = to_value(step, &row, &value);
    if (status == WG_OK) {
        value.message_key = on_its_way ? row.message_key : WG_KEY_NONE;
        status = wg_step_event(step, key, WG_VT_MESSAGE_SUBSCRIPTION,
                               WG_MESSAGE_SUBSCRIPTION_DELETED, &value);
    }
    if (status == WG_OK) {
        status = acknowledge(step, WG_PROCESS_SUBSCRIPTION_DELETE, &value);
    }
    return status == WG_OK && on_its_way && !wg_step_has_quirk(step, WG_QUIRK_CORRELATES_AGAIN)
               ? correlate_to_another(step, value.message_key, value.bpmn_process_id)
               : status;
}

/* --- appliers --------------------------------------------------------------------------------- */

static wg_status created(struct wg_env *env, struct wg_state *state, wg_key key,
                         const struct wg_value_message_subscription *value, bool correlating) {
    struct wg_subscription_row row = {
        .process_instance_key = value->process_instance_key,
        .element_instance_key = value->element_instance_key,
        .message_key = value->message_key,
        .correlating = correlating,
        .interrupting = value->interrupting,
        .name = value->message_name,
        .correlation_key = value->correlation_key,
        .process_id = value->bpmn_process_id,
        .variables = value->variables,
    };
    if (correlating) {
        wg_message_set_correlated(state, value->message_key, value->bpmn_process_id, true);
    }
    wg_subscription_put(env, state, key, &row);
    return WG_OK;
}

static wg_status correlated(struct wg_env *env, struct wg_state *state, wg_key key,
                            const struct wg_value_message_subscription *value) {
    if (value->interrupting) {
        wg_subscription_remove(state, key);
        return WG_OK;
    }
    return created(env, state, key, value, false);
}

/* The subscription is over. Its message, if one is named, is free for another instance. */
static wg_status ended(struct wg_state *state, wg_key subscription,
                       const struct wg_value_message_subscription *value) {
    wg_subscription_remove(state, subscription);
    if (value->message_key >= 0) {
        wg_message_set_correlated(state, value->message_key, value->bpmn_process_id, false);
    }
    return WG_OK;
}

wg_status wg_apply_message_subscription(struct wg_env *env, struct wg_state *state, uint8_t intent,
                                        wg_key key,
                                        const struct wg_value_message_subscription *value) {
    switch (intent) {
    case WG_MESSAGE_SUBSCRIPTION_CREATED:
        return created(env, state, key, value, false);
    case WG_MESSAGE_SUBSCRIPTION_CORRELATING:
        return created(env, state, key, value, true);
    case WG_MESSAGE_SUBSCRIPTION_CORRELATED:
        return correlated(env, state, key, value);
    case WG_MESSAGE_SUBSCRIPTION_REJECTED:
        return ended(state, /* the event has no key */
                     wg_subscription_find(state, value->element_instance_key, value->message_name),
                     value);
    case WG_MESSAGE_SUBSCRIPTION_DELETED:
        return ended(state, key, value);
    default:
        return WG_UNSUPPORTED;
    }
}
