/* The few functions of the state that snapshots call. */
#include "tests/unit/journal/fake_state.h"

#include <string.h>

struct wg_state_checkpoint {
    struct wg_state copy;
};

struct wg_state *wg_state_new(struct wg_env *env) {
    struct wg_state *state = wg_alloc(env, sizeof *state);
    *state = (struct wg_state){env, 0, 4, WG_POSITION_MAX};
    return state;
}

void wg_state_free(struct wg_state *state) { wg_free(state->env, state, sizeof *state); }

uint64_t wg_state_bytes(const struct wg_state *state) { return state->bytes; }

wg_position wg_exporter_rows_lowest(const struct wg_state *state) { return state->lowest_exported; }

struct wg_state_checkpoint *wg_state_checkpoint_take(struct wg_state *state) {
    struct wg_state_checkpoint *checkpoint = wg_alloc(state->env, sizeof *checkpoint);
    checkpoint->copy = *state;
    return checkpoint;
}

void wg_state_checkpoint_free(struct wg_state_checkpoint *checkpoint) {
    wg_free(checkpoint->copy.env, checkpoint, sizeof *checkpoint);
}

static uint8_t byte_at(uint32_t number, uint32_t at) { return (uint8_t)(number * 37 + at * 11); }

struct wg_buf *wg_state_checkpoint_encode(const struct wg_state_checkpoint *checkpoint) {
    struct wg_buf *buf = wg_buf_new(checkpoint->copy.env, checkpoint->copy.bytes);
    memcpy(buf->bytes, &checkpoint->copy.number, 4);
    for (uint32_t i = 4; i < buf->len; i++) {
        buf->bytes[i] = byte_at(checkpoint->copy.number, i);
    }
    return buf;
}

wg_status wg_state_decode(struct wg_env *env, struct wg_bytes bytes, struct wg_state **ret_state) {
    uint32_t number;
    if (bytes.len < sizeof number) {
        return WG_TRUNCATED;
    }
    memcpy(&number, bytes.ptr, sizeof number);
    for (uint32_t i = 4; i < bytes.len; i++) {
        if (bytes.ptr[i] != byte_at(number, i)) {
            return WG_CORRUPT;
        }
    }
    *ret_state = wg_state_new(env);
    (*ret_state)->number = number;
    (*ret_state)->bytes = bytes.len;
    return WG_OK;
}
