/* COMMAND_DISTRIBUTION (step 6): { E STARTED ; E DISTRIBUTING(p) for each other partition }, then each
 * of them handles the command and answers C ACKNOWLEDGE(p) -> { E ACKNOWLEDGED(p) }, the last one with
 * { E FINISHED }. A command or an answer that is lost is made good by sending the command again.
 * Always: what is still to be acknowledged is a row for each partition, so that a second answer of one
 * cannot stand for another (bug M07).
 *
 * DISTRIBUTION          key             u8 value type, u8 intent, the command's value
 * DISTRIBUTION_PENDING  key, partition  empty */
#include "processing/command_distribution.h"

#include "base/hash.h"

static struct wg_bytes pending_key(uint8_t *out, wg_key key, wg_partition_id partition) {
    wg_state_key_u64(out, (uint64_t)key);
    wg_state_key_u64(out + 8, partition);
    return wg_bytes_of(out, 16);
}

static bool is_pending(const struct wg_state *state, wg_key key, wg_partition_id partition) {
    uint8_t bytes[16];
    struct wg_bytes row;
    return wg_state_get(state, WG_CF_DISTRIBUTION_PENDING, pending_key(bytes, key, partition), &row);
}

static bool any_pending(const struct wg_state *state, wg_key key) {
    uint8_t prefix[8];
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len;
    struct wg_bytes row;
    wg_state_key_u64(prefix, (uint64_t)key);
    struct wg_bytes own = wg_bytes_of(prefix, 8);
    return wg_state_next(state, WG_CF_DISTRIBUTION_PENDING, own, own, true, at, &at_len, &row);
}

static wg_status event(struct wg_step *step, wg_key key, uint8_t intent,
                       wg_partition_id partition, uint8_t value_type, uint8_t command_intent,
                       struct wg_bytes command) {
    struct wg_value_command_distribution value;
    wg_status status = wg_value_init(WG_VT_COMMAND_DISTRIBUTION, &value);
    if (status != WG_OK) {
        return status;
    }
    value.partition_id = partition;
    value.value_type = wg_bytes_str(wg_value_type_name(value_type));
    value.intent = command_intent;
    value.command_value = command;
    return wg_step_event(step, key, WG_VT_COMMAND_DISTRIBUTION, intent, &value);
}

static void send(struct wg_step *step, wg_key key, wg_partition_id partition, uint8_t value_type,
                 uint8_t intent, struct wg_bytes value) {
    *wg_results_add_outgoing(step->results) =
        (struct wg_outgoing){partition, value_type, intent, key, 0, value};
}

wg_status wg_distribute(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                        struct wg_bytes value) {
    uint32_t partitions = step->results->cluster.partitions;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    wg_status status = WG_OK;
    if (partitions > 1) {
        status = event(step, key, WG_DISTRIBUTION_STARTED, step->partition, value_type, intent,
                       value);
    }
    for (wg_partition_id p = 1; p <= partitions && status == WG_OK; p++) {
        if (p != step->partition) {
            status = event(step, key, WG_DISTRIBUTION_DISTRIBUTING, p, value_type, intent, nothing);
            send(step, key, p, value_type, intent, value);
        }
    }
    return status;
}

bool wg_is_distributed(const struct wg_step *step) {
    const struct wg_record *command = step->command;
    return command->key >= 0 && command->request_id == UINT64_MAX &&
           wg_key_partition(command->key) != step->partition;
}

wg_status wg_distribution_acknowledge(struct wg_step *step) {
    struct wg_value_command_distribution value;
    const struct wg_record *command = step->command;
    wg_status status = wg_value_init(WG_VT_COMMAND_DISTRIBUTION, &value);
    if (status != WG_OK) {
        return status;
    }
    value.partition_id = step->partition;
    value.value_type = wg_bytes_str(wg_value_type_name(command->value_type));
    value.intent = command->intent;
    return wg_step_send(step, wg_key_partition(command->key), WG_VT_COMMAND_DISTRIBUTION,
                        WG_DISTRIBUTION_ACKNOWLEDGE, command->key, &value, false);
}

wg_status wg_handle_distribution_acknowledge(struct wg_step *step) {
    struct wg_value_command_distribution value;
    struct wg_bytes row;
    wg_key key = step->command->key;
    wg_status status = wg_value_decode(WG_VT_COMMAND_DISTRIBUTION, step->command->value, &value);
    if (status != WG_OK) {
        return status;
    }
    wg_partition_id partition = (wg_partition_id)value.partition_id;
    if (!is_pending(step->state, key, partition) ||
        !wg_row_get(step->state, WG_CF_DISTRIBUTION, key, &row) || row.len < 2) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to find a pending distribution with key '",
                              "' for the partition that acknowledges it, but there is none");
    }
    uint8_t value_type = row.ptr[0];
    uint8_t intent = row.ptr[1];
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    status = event(step, key, WG_DISTRIBUTION_ACKNOWLEDGED, partition, value_type, intent, nothing);
    if (status != WG_OK || any_pending(step->state, key)) {
        return status;
    }
    return event(step, key, WG_DISTRIBUTION_FINISHED, step->partition, value_type, intent, nothing);
}

wg_status wg_distribution_again(struct wg_step *step,
                                bool (*may_send)(void *ctx, uint64_t number), void *ctx) {
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len = 0;
    struct wg_bytes nothing = wg_bytes_of(NULL, 0);
    struct wg_bytes row;
    while (wg_state_next(step->state, WG_CF_DISTRIBUTION_PENDING, nothing, wg_bytes_of(at, at_len),
                         at_len == 0, at, &at_len, &row)) {
        wg_key key = (wg_key)wg_state_u64_key(at);
        wg_partition_id partition = (wg_partition_id)wg_state_u64_key(at + 8);
        if (!may_send(ctx, wg_hash_mix((uint64_t)key, partition) | 1)) {
            continue;
        }
        if (!wg_row_get(step->state, WG_CF_DISTRIBUTION, key, &row) || row.len < 2) {
            return WG_CORRUPT;
        }
        send(step, key, partition, row.ptr[0], row.ptr[1],
             wg_step_keep(step, wg_bytes_of(row.ptr + 2, row.len - 2)));
    }
    return WG_OK;
}

/* --- appliers --------------------------------------------------------------------------------- */

static uint8_t type_of(struct wg_bytes name) {
    for (uint32_t type = 0; type < WG_VT_NULL; type++) {
        const char *known = wg_value_type_name((uint8_t)type);
        if (known != NULL && wg_bytes_equal(wg_bytes_str(known), name)) {
            return (uint8_t)type;
        }
    }
    return WG_VT_NULL;
}

static wg_status started(struct wg_env *env, struct wg_state *state, wg_key key,
                         const struct wg_value_command_distribution *value) {
    uint32_t len = 2 + value->command_value.len;
    uint8_t *row = wg_alloc(env, len);
    row[0] = type_of(value->value_type);
    row[1] = (uint8_t)value->intent;
    if (len > 2) {
        memcpy(row + 2, value->command_value.ptr, len - 2);
    }
    wg_row_put(state, WG_CF_DISTRIBUTION, key, row, len);
    wg_free(env, row, len);
    return WG_OK;
}

wg_status wg_apply_distribution(struct wg_env *env, struct wg_state *state, uint8_t intent,
                                wg_key key, const struct wg_value_command_distribution *value) {
    uint8_t bytes[16];
    struct wg_bytes pending = pending_key(bytes, key, (wg_partition_id)value->partition_id);
    switch (intent) {
    case WG_DISTRIBUTION_STARTED:
        return started(env, state, key, value);
    case WG_DISTRIBUTION_DISTRIBUTING:
        wg_state_put(state, WG_CF_DISTRIBUTION_PENDING, pending, wg_bytes_of(NULL, 0));
        return WG_OK;
    case WG_DISTRIBUTION_ACKNOWLEDGED:
        return wg_state_remove(state, WG_CF_DISTRIBUTION_PENDING, pending) ? WG_OK : WG_CORRUPT;
    case WG_DISTRIBUTION_FINISHED:
        return wg_row_remove(state, WG_CF_DISTRIBUTION, key) ? WG_OK : WG_CORRUPT;
    default:
        return WG_UNSUPPORTED;
    }
}
