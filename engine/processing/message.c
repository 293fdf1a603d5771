/* MESSAGE on the partition of its correlation key (step 6): { E PUBLISHED ; E MESSAGE_SUBSCRIPTION
 * CORRELATING for one subscription per process ; [E EXPIRED without time to live] }. A message with
 * time to live stays and waits for subscriptions until its deadline, also after it has correlated:
 * instances of other processes may want it. Always: of one process, one instance at most is offered
 * a message at a time. */
#include "processing/message.h"

#include "codec/msgpack.h"

#define FRAMING_BYTES 32u  /* that the log counts for each record */
#define EXPIRED_BYTES 512u /* metadata and value of an EXPIRED event, and the batch's own */

bool wg_message_may_correlate(const struct wg_step *step, wg_key message,
                              const struct wg_message_row *row, struct wg_bytes process_id) {
    return row->deadline > step->now_ms &&
           !wg_message_is_correlated(step->state, message, process_id);
}

/* Events first, commands behind them. */
static wg_status correlate(struct wg_step *step, wg_key key, const struct wg_value_message *message,
                           bool send) {
    struct wg_message_walk walk = wg_subscription_walk(message->name, message->correlation_key);
    struct wg_subscription_row row;
    wg_key subscription;
    wg_status status = WG_OK;
    while (status == WG_OK && wg_message_walk_next(step->state, &walk, &subscription)) {
        if (!wg_subscription_get(step->state, subscription, &row) ||
            !wg_bytes_equal(row.name, message->name) ||
            !wg_bytes_equal(row.correlation_key, message->correlation_key)) {
            continue;
        }
        if (send) {
            status = row.correlating && row.message_key == key
                         ? wg_subscription_send_correlate(step, subscription, false)
                         : WG_OK;
        } else if (!row.correlating && !wg_message_is_correlated(step->state, key, row.process_id)) {
            status = wg_subscription_correlating(step, subscription, key, message->variables);
        }
    }
    return status;
}

/* What is left of a message in the event that ends it. */
static wg_status expire(struct wg_step *step, wg_key key) {
    struct wg_value_message value;
    wg_status status = wg_value_init(WG_VT_MESSAGE, &value);
    if (status != WG_OK) {
        return status;
    }
    value.time_to_live = -1;
    return wg_step_event(step, key, WG_VT_MESSAGE, WG_MESSAGE_EXPIRED, &value);
}

wg_status wg_handle_message_publish(struct wg_step *step) {
    struct wg_value_message value;
    wg_status status = wg_value_decode(WG_VT_MESSAGE, step->command->value, &value);
    if (status != WG_OK) {
        return status;
    }
    if (value.message_id.len > 0 &&
        wg_message_id_exists(step->state, value.name, value.correlation_key, value.message_id)) {
        return wg_step_refuse(step, WG_REJECT_ALREADY_EXISTS,
                              "Expected to publish a new message, but a message with that id, name "
                              "and correlation key was already published",
                              "");
    }
    wg_key key = wg_step_next_key(step);
    value.deadline = step->now_ms + value.time_to_live;
    status = wg_step_answer(step, key, WG_VT_MESSAGE, WG_MESSAGE_PUBLISHED, &value);
    if (status == WG_OK) {
        status = correlate(step, key, &value, false);
    }
    if (status == WG_OK) {
        status = correlate(step, key, &value, true);
    }
    return status == WG_OK && value.time_to_live <= 0 ? expire(step, key) : status;
}

wg_status wg_handle_message_expire(struct wg_step *step) {
    struct wg_message_row row;
    if (!wg_message_get(step->state, step->command->key, &row)) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND, "Expected to expire message with key '",
                              "', but no such message was found");
    }
    return expire(step, step->command->key);
}

/* Whether the batch can take another EXPIRED, at most. */
static bool has_room(const struct wg_results *results) {
    uint64_t framing = ((uint64_t)results->count + 1) * FRAMING_BYTES;
    return results->bytes + framing + EXPIRED_BYTES <= results->limit;
}

/* Keys that are gone were expired by an earlier batch; those that do not fit into this one are left for
 * a later one, as in 8.6: refused as a whole they would never go. */
wg_status wg_handle_message_batch_expire(struct wg_step *step) {
    struct wg_value_message_batch value;
    struct wg_mp_token token = {.number = 0};
    struct wg_message_row row;
    wg_status status = wg_value_decode(WG_VT_MESSAGE_BATCH, step->command->value, &value);
    struct wg_reader in = wg_reader_on(value.message_keys);
    if (status != WG_OK || !wg_mp_read(&in, &token) || token.kind != WG_MP_ARRAY) {
        return WG_CORRUPT;
    }
    int64_t count = token.number;
    for (int64_t i = 0; i < count && status == WG_OK && has_room(step->results); i++) {
        if (!wg_mp_read(&in, &token) || token.kind != WG_MP_INT) {
            return WG_CORRUPT;
        }
        if (wg_message_get(step->state, token.number, &row)) {
            status = expire(step, token.number);
        }
    }
    return status;
}

wg_status wg_apply_message(struct wg_env *env, struct wg_state *state, uint8_t intent, wg_key key,
                           const struct wg_value_message *value) {
    if (intent == WG_MESSAGE_EXPIRED) {
        return wg_message_remove(state, key) ? WG_OK : WG_CORRUPT;
    }
    if (intent != WG_MESSAGE_PUBLISHED) {
        return WG_UNSUPPORTED;
    }
    struct wg_message_row row = {value->deadline, value->name, value->correlation_key,
                                 value->message_id, value->variables};
    wg_message_put(env, state, key, &row);
    return WG_OK;
}
