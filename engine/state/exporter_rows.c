/* Exporter positions as rows of the state (written by step 7, read by the snapshot director).
 * Key: exporter id. Value: position and metadata version (8 bytes each, little-endian), metadata.
 * They differ between replicas, so their column family is left out of the state hash. */
#include "seams/exporter_rows.h"

#include "state/store.h"
#include "base/bytes.h"

#include <string.h>

#define FIXED_BYTES 16u
#define INLINE_BYTES 512u

static struct wg_exporter_row row_of(struct wg_bytes value) {
    struct wg_exporter_row row = {
        .position = (wg_position)wg_load_le(value.ptr, 8),
        .metadata_version = (int64_t)wg_load_le(value.ptr + 8, 8),
        .metadata = wg_bytes_of(value.ptr + FIXED_BYTES, value.len - FIXED_BYTES),
    };
    return row;
}

bool wg_exporter_row_get(const struct wg_state *state, const char *id,
                         struct wg_exporter_row *ret_row) {
    struct wg_bytes value;
    if (!wg_state_get(state, WG_CF_EXPORTER, wg_bytes_str(id), &value) || value.len < FIXED_BYTES) {
        return false;
    }
    *ret_row = row_of(value);
    return true;
}

void wg_exporter_row_put(struct wg_state *state, const char *id,
                         const struct wg_exporter_row *row) {
    uint8_t small[INLINE_BYTES];
    uint32_t len = FIXED_BYTES + row->metadata.len;
    struct wg_env *env = state->env;
    uint8_t *bytes = len <= INLINE_BYTES ? small : wg_alloc(env, len);
    wg_store_le(bytes, (uint64_t)row->position, 8);
    wg_store_le(bytes + 8, (uint64_t)row->metadata_version, 8);
    if (row->metadata.len > 0) {
        memcpy(bytes + FIXED_BYTES, row->metadata.ptr, row->metadata.len);
    }
    wg_state_put(state, WG_CF_EXPORTER, wg_bytes_str(id), wg_bytes_of(bytes, len));
    if (bytes != small) {
        wg_free(env, bytes, len);
    }
}

bool wg_exporter_row_remove(struct wg_state *state, const char *id) {
    return wg_state_remove(state, WG_CF_EXPORTER, wg_bytes_str(id));
}

void wg_exporter_row_each(const struct wg_state *state,
                          void (*each)(void *ctx, const char *id,
                                       const struct wg_exporter_row *row),
                          void *ctx) {
    uint8_t key[WG_STATE_MAX_KEY + 1];
    uint32_t key_len = 0;
    struct wg_bytes value;
    struct wg_bytes none = {NULL, 0};
    while (wg_state_next(state, WG_CF_EXPORTER, none, wg_bytes_of(key, key_len), key_len == 0, key,
                         &key_len, &value)) {
        if (value.len < FIXED_BYTES) {
            continue;
        }
        key[key_len] = '\0';
        struct wg_exporter_row row = row_of(value);
        each(ctx, (const char *)key, &row);
    }
}

static void keep_lowest(void *ctx, const char *id, const struct wg_exporter_row *row) {
    wg_position *lowest = ctx;
    (void)id;
    if (row->position < *lowest) {
        *lowest = row->position;
    }
}

wg_position wg_exporter_rows_lowest(const struct wg_state *state) {
    wg_position lowest = WG_POSITION_MAX;
    wg_exporter_row_each(state, keep_lowest, &lowest);
    return lowest;
}
