/* Rows and pages of the state: memory that is given back goes to a free list, so that a partition
 * in steady state allocates nothing. The pool outlives the state while a checkpoint is held. */
#include "state/tree.h"

#include "base/assert.h"
#include "base/hash.h"

#include <string.h>

#define ROW_CLASS_BYTES 16u

static size_t row_bytes(const struct wg_row *row) {
    return sizeof *row + row->key_len + row->value_len;
}

/* Rows up to 512 bytes are recycled in classes of 16; larger ones go straight to the host. */
static size_t class_of(size_t bytes) { return (bytes + ROW_CLASS_BYTES - 1) / ROW_CLASS_BYTES; }

struct wg_state_pool *wg_pool_new(struct wg_env *env) {
    struct wg_state_pool *pool = wg_alloc(env, sizeof *pool);
    memset(pool, 0, sizeof *pool);
    pool->env = env;
    pool->refs = 1;
    return pool;
}

static void free_list(struct wg_env *env, void *head, size_t size) {
    while (head != NULL) {
        void *next;
        memcpy(&next, head, sizeof next);
        wg_free(env, head, size);
        head = next;
    }
}

void wg_pool_unref(struct wg_state_pool *pool) {
    if (--pool->refs > 0) {
        return;
    }
    struct wg_env *env = pool->env;
    free_list(env, pool->free_pages, sizeof(struct wg_node_page));
    for (size_t i = 0; i < WG_ROW_CLASSES; i++) {
        free_list(env, pool->free_rows[i], (i + 1) * ROW_CLASS_BYTES);
    }
    wg_free(env, pool, sizeof *pool);
}

static uint64_t row_hash(const struct wg_row *row) {
    return wg_hash_bytes(row->bytes, (size_t)row->key_len + row->value_len,
                         (uint64_t)row->cf << 8 | row->key_len);
}

struct wg_row *wg_row_new(struct wg_state_pool *pool, uint8_t cf, struct wg_bytes key,
                          struct wg_bytes value) {
    size_t bytes = sizeof(struct wg_row) + key.len + value.len;
    size_t class = class_of(bytes);
    struct wg_row *row;
    if (class > WG_ROW_CLASSES) {
        row = wg_alloc(pool->env, bytes);
    } else if (pool->free_rows[class - 1] != NULL) {
        row = pool->free_rows[class - 1];
        memcpy(&pool->free_rows[class - 1], row, sizeof(void *));
    } else {
        row = wg_alloc(pool->env, class * ROW_CLASS_BYTES);
    }
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

void wg_row_unref(struct wg_state_pool *pool, struct wg_row *row) {
    WG_ASSERT(pool->env, row->refs > 0);
    if (--row->refs > 0) {
        return;
    }
    size_t bytes = row_bytes(row);
    size_t class = class_of(bytes);
    if (class > WG_ROW_CLASSES) {
        wg_free(pool->env, row, bytes);
        return;
    }
    memcpy(row, &pool->free_rows[class - 1], sizeof(void *));
    pool->free_rows[class - 1] = row;
}
