/* What handlers share (step 6): keys, follow-up records, rejections and the reply. Always: an event
 * is applied to the state when it is appended, by the applier that replay uses; state is changed
 * nowhere else but in the key counter, which replay raises from the keys it sees. */
#include "processing/step.h"

#include "base/assert.h"
#include "codec/batch.h"

#include <string.h>

static struct wg_bytes counter_key(void) { return wg_bytes_of("k", 1); }

static int64_t key_counter(const struct wg_state *state) {
    struct wg_bytes value;
    if (!wg_state_get(state, WG_CF_KEY, counter_key(), &value) || value.len != 8) {
        return 0;
    }
    return (int64_t)wg_load_le(value.ptr, 8);
}

static void set_key_counter(struct wg_state *state, int64_t counter) {
    uint8_t bytes[8];
    wg_store_le(bytes, (uint64_t)counter, 8);
    wg_state_put(state, WG_CF_KEY, counter_key(), wg_bytes_of(bytes, 8));
}

wg_key wg_step_next_key(struct wg_step *step) {
    int64_t counter = key_counter(step->state) + 1;
    set_key_counter(step->state, counter);
    return wg_key_encode(step->partition, counter);
}

void wg_processing_saw_key(struct wg_state *state, wg_partition_id partition, wg_key key) {
    if (key < 0 || wg_key_partition(key) != partition) {
        return;
    }
    int64_t counter = key & WG_KEY_COUNTER_MASK;
    if (counter > key_counter(state)) {
        set_key_counter(state, counter);
    }
}

static struct wg_record *append(struct wg_step *step, enum wg_record_type type, wg_key key,
                                uint8_t value_type, uint8_t intent, struct wg_bytes value) {
    struct wg_record *record = wg_results_add(step->results);
    record->record_type = (uint8_t)type;
    record->key = key;
    record->value_type = value_type;
    record->intent = intent;
    record->value = value;
    record->operation_reference = step->command->operation_reference;
    return record;
}

static void count_bytes(struct wg_step *step, const struct wg_record *record) {
    step->results->bytes += wg_metadata_bytes(record) + (uint64_t)record->value.len;
}

static bool wants_reply(const struct wg_step *step) {
    return step->command->request_id != UINT64_MAX;
}

static void set_reply(struct wg_step *step, const struct wg_record *record,
                      enum wg_rejection_type told) {
    if (!wants_reply(step)) {
        return;
    }
    step->results->has_reply = true;
    step->results->reply = (struct wg_reply){
        .request_id = step->command->request_id,
        .stream_id = step->command->request_stream_id,
        .error = WG_ERR_NONE,
        .partition = step->partition,
        .record_type = record->record_type,
        .value_type = record->value_type,
        .intent = record->intent,
        .rejection_type = (uint8_t)told,
        .key = record->key,
    };
    step->results->reply_value = record->value;
}

static wg_status append_event(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                              const void *value, bool answers) {
    struct wg_bytes bytes;
    wg_status status = wg_results_value(step->results, value_type, value, &bytes);
    if (status != WG_OK) {
        return status;
    }
    struct wg_record *record = append(step, WG_EVENT, key, value_type, intent, bytes);
    count_bytes(step, record);
    if (answers) {
        set_reply(step, record, WG_REJECT_NULL);
    }
    return wg_apply(step->env, step->state, value_type, intent, key, value);
}

wg_status wg_step_event(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                        const void *value) {
    return append_event(step, key, value_type, intent, value, false);
}

wg_status wg_step_answer(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                         const void *value) {
    return append_event(step, key, value_type, intent, value, true);
}

wg_status wg_step_tell(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                       const void *value) {
    struct wg_bytes bytes;
    wg_status status = wg_results_value(step->results, value_type, value, &bytes);
    struct wg_record told = {.record_type = WG_EVENT,
                             .value_type = value_type,
                             .intent = intent,
                             .key = key,
                             .value = bytes};
    if (status == WG_OK) {
        set_reply(step, &told, WG_REJECT_NULL);
    }
    return status;
}

wg_status wg_step_command(struct wg_step *step, wg_key key, uint8_t value_type, uint8_t intent,
                          const void *value) {
    struct wg_bytes bytes;
    wg_status status = wg_results_value(step->results, value_type, value, &bytes);
    if (status == WG_OK) {
        count_bytes(step, append(step, WG_COMMAND, key, value_type, intent, bytes));
    }
    return status;
}

static uint32_t write_number(char *out, int64_t number) {
    char digits[20];
    uint32_t count = 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    uint32_t len = 0;
    if (number < 0) {
        out[len++] = '-';
    }
    while (count > 0) {
        out[len++] = digits[--count];
    }
    return len;
}

struct wg_bytes wg_step_number(struct wg_step *step, int64_t number) {
    char *text = (char *)wg_results_room(step->results, 20);
    return wg_bytes_of(text, write_number(text, number));
}

wg_status wg_step_send(struct wg_step *step, wg_partition_id partition, uint8_t value_type,
                       uint8_t intent, wg_key key, const void *value, bool direct) {
    if (partition == step->partition && !direct) {
        return wg_step_command(step, key, value_type, intent, value);
    }
    struct wg_bytes bytes;
    wg_status status = wg_results_value(step->results, value_type, value, &bytes);
    if (status == WG_OK) {
        *wg_results_add_outgoing(step->results) =
            (struct wg_outgoing){partition, value_type, intent, key, 0, bytes};
    }
    return status;
}

static struct wg_bytes reason_text(struct wg_step *step, const char *before, const char *after) {
    size_t head = strlen(before);
    size_t tail = strlen(after);
    if (tail == 0) {
        return wg_step_keep(step, wg_bytes_of(before, head));
    }
    char *text = (char *)wg_results_room(step->results, (uint32_t)(head + tail + 21));
    memcpy(text, before, head);
    size_t len = head + write_number(text + head, step->command->key);
    memcpy(text + len, after, tail);
    return wg_bytes_of(text, len + tail);
}

void wg_step_reject(struct wg_step *step, enum wg_rejection_type type, enum wg_rejection_type told,
                    const char *before, const char *after) {
    const struct wg_record *command = step->command;
    struct wg_bytes value = wg_step_keep(step, command->value);
    struct wg_record *record =
        append(step, WG_REJECTION, command->key, command->value_type, command->intent, value);
    record->rejection_type = (uint8_t)type;
    record->rejection_reason = reason_text(step, before, after);
    count_bytes(step, record);
    set_reply(step, record, told);
}
