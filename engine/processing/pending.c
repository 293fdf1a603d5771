/* What time does to messages, and what is asked for again because no answer came (step 6). Changes no
 * state. */
#include "codec/msgpack.h"
#include "processing/command_distribution.h"
#include "processing/message.h"

static bool has_row(const struct wg_state *state, uint8_t family) {
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    struct wg_bytes row;
    return wg_state_next(state, family, nothing, nothing, true, at, &at_len, &row);
}

bool wg_processing_has_messages(const struct wg_state *state) {
    return has_row(state, WG_CF_MESSAGE) || has_row(state, WG_CF_MESSAGE_SUBSCRIPTION_PENDING) ||
           has_row(state, WG_CF_PROCESS_SUBSCRIPTION_PENDING) ||
           has_row(state, WG_CF_DISTRIBUTION_PENDING);
}

/* --- deadlines -------------------------------------------------------------------------------- */

/* Keys of expired messages, up to `limit`; with `out` NULL they are only counted. */
static uint32_t expired(const struct wg_state *state, int64_t now_ms, uint32_t limit,
                        struct wg_writer *out) {
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len = 0;
    uint32_t count = 0;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    struct wg_bytes row;
    while (count < limit &&
           wg_state_next(state, WG_CF_MESSAGE_DEADLINE, nothing, wg_bytes_of(at, at_len),
                         at_len == 0, at, &at_len, &row) &&
           (int64_t)wg_state_u64_key(at) <= now_ms) {
        count++;
        if (out != NULL) {
            wg_mp_write_int(out, (int64_t)wg_state_u64_key(at + 8));
        }
    }
    return count;
}

uint32_t wg_processing_expired(struct wg_env *env, struct wg_state *state,
                               wg_partition_id partition, int64_t now_ms, uint32_t limit,
                               struct wg_results *results) {
    struct wg_record no_command;
    struct wg_value_message_batch value;
    wg_record_init(&no_command);
    struct wg_step step = {env, state, partition, now_ms, &no_command, results};
    uint32_t count = expired(state, now_ms, limit, NULL);
    if (count == 0 || wg_value_init(WG_VT_MESSAGE_BATCH, &value) != WG_OK) {
        return 0;
    }
    uint32_t room = 5 + 9 * count;
    struct wg_writer out = wg_writer_on(wg_results_room(results, room), room);
    wg_mp_write_array(&out, count);
    expired(state, now_ms, count, &out);
    value.message_keys = wg_writer_bytes(&out);
    wg_status status = wg_step_command(&step, WG_KEY_NONE, WG_VT_MESSAGE_BATCH,
                                       WG_MESSAGE_BATCH_EXPIRE, &value);
    return status == WG_OK ? count : 0;
}

/* --- what waits for an answer ----------------------------------------------------------------- */

typedef bool (*may_send_fn)(void *ctx, uint64_t number);

static wg_status correlate_again(struct wg_step *step, may_send_fn may_send, void *ctx) {
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len = 0;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    struct wg_bytes value;
    struct wg_subscription_row row;
    while (wg_state_next(step->state, WG_CF_MESSAGE_SUBSCRIPTION_PENDING, nothing,
                         wg_bytes_of(at, at_len), at_len == 0, at, &at_len, &value)) {
        wg_key key = (wg_key)wg_state_u64_key(at);
        if (!wg_subscription_get(step->state, key, &row)) {
            return WG_CORRUPT;
        }
        if (!may_send(ctx, wg_subscription_number(key, &row))) {
            continue;
        }
        wg_status status = wg_subscription_send_correlate(step, key, true);
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}

static wg_status open_again(struct wg_step *step, may_send_fn may_send, void *ctx) {
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len = 0;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    struct wg_bytes value;
    struct wg_process_subscription_row row;
    while (wg_state_next(step->state, WG_CF_PROCESS_SUBSCRIPTION_PENDING, nothing,
                         wg_bytes_of(at, at_len), at_len == 0, at, &at_len, &value)) {
        if (!wg_process_subscription_at(step->state, wg_bytes_of(at, at_len), &row)) {
            return WG_CORRUPT;
        }
        if (!may_send(ctx, wg_process_subscription_number(&row))) {
            continue;
        }
        wg_status status = wg_process_subscription_send(step, &row, true);
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}

wg_status wg_processing_pending(struct wg_env *env, struct wg_state *state,
                                wg_partition_id partition, enum wg_pending_kind kind,
                                may_send_fn may_send, void *ctx, struct wg_results *results) {
    struct wg_record no_command;
    wg_record_init(&no_command);
    struct wg_step step = {env, state, partition, 0, &no_command, results};
    if (kind == WG_PENDING_DISTRIBUTIONS) {
        return wg_distribution_again(&step, may_send, ctx);
    }
    wg_status status = correlate_again(&step, may_send, ctx);
    return status == WG_OK ? open_again(&step, may_send, ctx) : status;
}
