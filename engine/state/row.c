/* Rows of the state. Their memory comes from the host and goes back to it at once: what one partition
 * gives back is still in the cache when another one asks next. */
#include "state/tree.h"

#include "base/assert.h"
#include "base/hash.h"

#include <string.h>

static size_t row_bytes(const struct wg_row *row) {
    return sizeof *row + row->key_len + row->value_len;
}

static uint64_t row_hash(const struct wg_row *row) {
    return wg_hash_bytes(row->bytes, (size_t)row->key_len + row->value_len,
                         (uint64_t)row->cf << 8 | row->key_len);
}

struct wg_row *wg_row_new(struct wg_env *env, uint8_t cf, struct wg_bytes key,
                          struct wg_bytes value) {
    struct wg_row *row = wg_alloc(env, sizeof *row + key.len + value.len);
    row->refs = 1;
    row->value_len = value.len;
    row->cf = cf;
    row->key_len = (uint8_t)key.len;
    memcpy(row->bytes, key.ptr, key.len);
    if (value.len > 0) {
        memcpy(row->bytes + key.len, value.ptr, value.len);
    }
    row->hash = row_hash(row);
    return row;
}

void wg_row_overwrite(struct wg_row *row, struct wg_bytes value) {
    if (value.len > 0) {
        memmove(row->bytes + row->key_len, value.ptr, value.len);
    }
    row->hash = row_hash(row);
}

void wg_row_unref(struct wg_env *env, struct wg_row *row) {
    WG_ASSERT(env, row->refs > 0);
    if (--row->refs == 0) {
        wg_free(env, row, row_bytes(row));
    }
}
