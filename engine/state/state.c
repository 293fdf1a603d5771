/* The partition's state (beside the way of a record: step 6 writes it, the snapshot copies it).
 * One tree per column family, an undo log for the open transaction, and a running sum of row
 * hashes. The sum does not depend on the order of changes, so a replica that replayed equals the
 * one that processed. Always: rows, bytes and hash describe exactly the rows in the trees. */
#include "state/store.h"

#include "base/assert.h"
#include "base/bytes.h"

#include <string.h>

#define FIRST_UNDO_CAPACITY 64u

struct wg_state *wg_state_new(struct wg_env *env) {
    struct wg_state *state = wg_alloc(env, sizeof *state);
    memset(state, 0, sizeof *state);
    state->env = env;
    return state;
}

void wg_state_free(struct wg_state *state) {
    if (state == NULL) {
        return;
    }
    if (state->in_transaction) {
        wg_state_rollback(state);
    }
    for (uint32_t cf = 0; cf < WG_STATE_FAMILIES; cf++) {
        wg_tree_unref(state->env, state->roots[cf]);
    }
    wg_free(state->env, state->undo, state->undo_capacity * sizeof *state->undo);
    wg_free(state->env, state, sizeof *state);
}

static uint64_t counted_hash(const struct wg_row *row) {
    return row->cf >= WG_CF_REPLICA_LOCAL ? 0 : row->hash;
}

static void count_in(struct wg_state *state, const struct wg_row *row) {
    state->rows++;
    state->bytes += (uint64_t)row->key_len + row->value_len;
    state->hash += counted_hash(row);
}

static void count_out(struct wg_state *state, const struct wg_row *row) {
    state->rows--;
    state->bytes -= (uint64_t)row->key_len + row->value_len;
    state->hash -= counted_hash(row);
}

/* Takes over the reference to `before`; adds one to `key`. */
static void log_undo(struct wg_state *state, struct wg_row *before, struct wg_row *key) {
    if (state->undo_count == state->undo_capacity) {
        uint32_t capacity =
            state->undo_capacity == 0 ? FIRST_UNDO_CAPACITY : state->undo_capacity * 2;
        struct wg_state_undo *grown = wg_alloc(state->env, capacity * sizeof *grown);
        if (state->undo_count > 0) {
            memcpy(grown, state->undo, state->undo_count * sizeof *grown);
        }
        wg_free(state->env, state->undo, state->undo_capacity * sizeof *state->undo);
        state->undo = grown;
        state->undo_capacity = capacity;
    }
    key->refs++;
    state->undo[state->undo_count++] = (struct wg_state_undo){before, key};
}

void wg_state_begin(struct wg_state *state) {
    WG_ASSERT(state->env, !state->in_transaction);
    state->in_transaction = true;
}

static void undo_release(struct wg_state *state, const struct wg_state_undo *undo) {
    if (undo->before != NULL) {
        wg_row_unref(state->env, undo->before);
    }
    wg_row_unref(state->env, undo->key);
}

void wg_state_commit(struct wg_state *state) {
    WG_ASSERT(state->env, state->in_transaction);
    for (uint32_t i = 0; i < state->undo_count; i++) {
        undo_release(state, &state->undo[i]);
    }
    state->undo_count = 0;
    state->in_transaction = false;
}

void wg_state_rollback(struct wg_state *state) {
    WG_ASSERT(state->env, state->in_transaction);
    while (state->undo_count > 0) {
        struct wg_state_undo *undo = &state->undo[--state->undo_count];
        struct wg_node_page **root = &state->roots[undo->key->cf];
        struct wg_row *now;
        if (undo->before == NULL) {
            now = wg_tree_remove(state->env, root, wg_row_key(undo->key));
        } else {
            count_in(state, undo->before);
            now = wg_tree_put(state->env, root, undo->before);
        }
        if (now != NULL) {
            count_out(state, now);
            wg_row_unref(state->env, now);
        }
        wg_row_unref(state->env, undo->key);
    }
    state->in_transaction = false;
}

/* A row that nobody else sees (no checkpoint, no undo) may be written where it is. */
static bool overwrite_in_place(struct wg_state *state, uint8_t cf, struct wg_bytes key,
                               struct wg_bytes value) {
    if (state->in_transaction) {
        return false;
    }
    struct wg_row *row = wg_tree_find_unshared(state->roots[cf], key);
    if (row == NULL || row->refs > 1 || row->value_len != value.len) {
        return false;
    }
    count_out(state, row);
    wg_row_overwrite(row, value);
    count_in(state, row);
    return true;
}

void wg_state_put(struct wg_state *state, uint8_t cf, struct wg_bytes key, struct wg_bytes value) {
    WG_ASSERT(state->env, key.len > 0 && key.len <= WG_STATE_MAX_KEY);
    if (overwrite_in_place(state, cf, key, value)) {
        return;
    }
    struct wg_row *row = wg_row_new(state->env, cf, key, value);
    struct wg_row *before = wg_tree_put(state->env, &state->roots[cf], row);
    count_in(state, row);
    if (before != NULL) {
        count_out(state, before);
    }
    if (state->in_transaction) {
        log_undo(state, before, row);
    } else if (before != NULL) {
        wg_row_unref(state->env, before);
    }
}

bool wg_state_get(const struct wg_state *state, uint8_t cf, struct wg_bytes key,
                  struct wg_bytes *ret_value) {
    const struct wg_row *row = wg_tree_find(state->roots[cf], key);
    if (row == NULL) {
        return false;
    }
    *ret_value = wg_row_value(row);
    return true;
}

bool wg_state_remove(struct wg_state *state, uint8_t cf, struct wg_bytes key) {
    struct wg_row *row = wg_tree_remove(state->env, &state->roots[cf], key);
    if (row == NULL) {
        return false;
    }
    count_out(state, row);
    if (state->in_transaction) {
        log_undo(state, row, row);
    } else {
        wg_row_unref(state->env, row);
    }
    return true;
}

static bool has_prefix(struct wg_bytes key, struct wg_bytes prefix) {
    return key.len >= prefix.len &&
           (prefix.len == 0 || memcmp(key.ptr, prefix.ptr, prefix.len) == 0);
}

static bool is_less(struct wg_bytes a, struct wg_bytes b) {
    uint32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order != 0 ? order < 0 : a.len < b.len;
}

/* To count is no change of the rows, so that readers may. */
static void count_walk(const struct wg_state *state) { ((struct wg_state *)(uintptr_t)state)->walked++; }

bool wg_state_next(const struct wg_state *state, uint8_t cf, struct wg_bytes prefix,
                   struct wg_bytes after, bool inclusive, uint8_t *key_buf, uint32_t *ret_key_len,
                   struct wg_bytes *ret_value) {
    bool from_prefix = is_less(after, prefix);
    count_walk(state);
    const struct wg_row *row = wg_tree_seek(state->roots[cf], from_prefix ? prefix : after,
                                            from_prefix || inclusive);
    if (row == NULL || !has_prefix(wg_row_key(row), prefix)) {
        return false;
    }
    memcpy(key_buf, row->bytes, row->key_len);
    *ret_key_len = row->key_len;
    *ret_value = wg_row_value(row);
    return true;
}

uint64_t wg_state_hash(const struct wg_state *state) { return state->hash; }
uint64_t wg_state_rows(const struct wg_state *state) { return state->rows; }
uint64_t wg_state_bytes(const struct wg_state *state) { return state->bytes; }
uint64_t wg_state_walked(const struct wg_state *state) { return state->walked; }

struct wg_state_checkpoint *wg_state_checkpoint_take(struct wg_state *state) {
    WG_ASSERT(state->env, !state->in_transaction);
    struct wg_state_checkpoint *checkpoint = wg_alloc(state->env, sizeof *checkpoint);
    checkpoint->env = state->env;
    checkpoint->rows = state->rows;
    checkpoint->bytes = state->bytes;
    for (uint32_t cf = 0; cf < WG_STATE_FAMILIES; cf++) {
        checkpoint->roots[cf] = state->roots[cf];
        if (state->roots[cf] != NULL) {
            state->roots[cf]->refs++;
        }
    }
    return checkpoint;
}

void wg_state_checkpoint_free(struct wg_state_checkpoint *checkpoint) {
    if (checkpoint == NULL) {
        return;
    }
    struct wg_env *env = checkpoint->env;
    for (uint32_t cf = 0; cf < WG_STATE_FAMILIES; cf++) {
        wg_tree_unref(checkpoint->env, checkpoint->roots[cf]);
    }
    wg_free(env, checkpoint, sizeof *checkpoint);
}

#define LAST_PROCESSED_KEY "lastProcessed"

wg_position wg_state_last_processed(const struct wg_state *state) {
    struct wg_bytes value;
    if (!wg_state_get(state, WG_CF_META, wg_bytes_str(LAST_PROCESSED_KEY), &value) ||
        value.len != 8) {
        return WG_POSITION_NONE;
    }
    return (wg_position)wg_load_le(value.ptr, 8);
}

void wg_state_set_last_processed(struct wg_state *state, wg_position position) {
    uint8_t bytes[8];
    wg_store_le(bytes, (uint64_t)position, 8);
    wg_state_put(state, WG_CF_META, wg_bytes_str(LAST_PROCESSED_KEY), wg_bytes_of(bytes, 8));
}
