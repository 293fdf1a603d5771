/* What state.c and state_file.c share: the store and its checkpoint. */
#ifndef WG_STATE_STORE_H
#define WG_STATE_STORE_H

#include "seams/state_store.h"
#include "state/tree.h"

#define WG_STATE_FAMILIES 256

/* One change inside a transaction: at `key`'s place `before` was (NULL = nothing). */
struct wg_state_undo {
    struct wg_row *before;
    struct wg_row *key; /* a row with that key; referenced */
};

struct wg_state {
    struct wg_env *env;
    uint64_t rows, bytes, hash;
    uint64_t walked; /* calls of wg_state_next */
    bool in_transaction;
    struct wg_state_undo *undo;
    uint32_t undo_count, undo_capacity;
    struct wg_node_page *roots[WG_STATE_FAMILIES];
};

struct wg_state_checkpoint {
    struct wg_env *env;
    uint64_t rows, bytes;
    struct wg_node_page *roots[WG_STATE_FAMILIES];
};

#endif
