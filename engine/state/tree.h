/* The ordered map under the state: one B+tree per column family, made of reference-counted nodes.
 * A node with one reference is changed in place; one that a checkpoint shares is copied first. */
#ifndef WG_STATE_TREE_H
#define WG_STATE_TREE_H

#include "waggle/env.h"
#include "waggle/record.h"

#define WG_TREE_FANOUT 32
#define WG_TREE_MAX_LEVEL 12

/* One key and its value; immutable while anybody else holds a reference. */
struct wg_row {
    uint32_t refs;
    uint32_t value_len;
    uint64_t hash; /* of column family, key and value */
    uint8_t cf;
    uint8_t key_len;
    uint8_t bytes[]; /* key, then value */
};

struct wg_node_page {
    uint32_t refs;
    uint16_t count;
    uint16_t level;                  /* 0 = leaf */
    uint64_t prefix[WG_TREE_FANOUT]; /* first 8 key bytes, big-endian, zero padded */
    union {
        struct wg_row *row[WG_TREE_FANOUT];        /* leaf */
        struct wg_node_page *child[WG_TREE_FANOUT]; /* prefix[i] is child i's prefix[0] */
    } u;
};

struct wg_row *wg_row_new(struct wg_env *env, uint8_t cf, struct wg_bytes key,
                          struct wg_bytes value);
void wg_row_unref(struct wg_env *env, struct wg_row *row);
/* Writes `value`, of the same length, over the one of an unshared row. */
void wg_row_overwrite(struct wg_row *row, struct wg_bytes value);
static inline struct wg_bytes wg_row_key(const struct wg_row *row) {
    struct wg_bytes key = {row->bytes, row->key_len};
    return key;
}
static inline struct wg_bytes wg_row_value(const struct wg_row *row) {
    struct wg_bytes value = {row->bytes + row->key_len, row->value_len};
    return value;
}

/* The row with that key, or NULL. */
struct wg_row *wg_tree_find(const struct wg_node_page *root, struct wg_bytes key);
/* The same, but NULL also when a page on the way is shared, so that the row may be written. */
struct wg_row *wg_tree_find_unshared(const struct wg_node_page *root, struct wg_bytes key);
/* The first row with a key > `key`, or >= when `inclusive`; NULL = none. */
const struct wg_row *wg_tree_seek(const struct wg_node_page *root, struct wg_bytes key,
                                  bool inclusive);
/* Puts `row` (whose reference passes to the tree) at its key; returns the reference to the row it
 * replaced, or NULL. */
struct wg_row *wg_tree_put(struct wg_env *env, struct wg_node_page **root,
                           struct wg_row *row);
/* Takes the row with that key out and returns the reference to it, or NULL. */
struct wg_row *wg_tree_remove(struct wg_env *env, struct wg_node_page **root,
                              struct wg_bytes key);
void wg_tree_unref(struct wg_env *env, struct wg_node_page *root);
/* Calls `each` for all rows in key order. */
void wg_tree_each(const struct wg_node_page *root,
                  void (*each)(void *ctx, const struct wg_row *row), void *ctx);

#endif
