/* Rows of process models and of flows that wait at a parallel gateway (step 6). */
#include "processing/models.h"

#include "processing/rows.h"

wg_status wg_model_get(const struct wg_state *state, wg_key process_key, bool modelled,
                       struct wg_model *ret_model) {
    struct wg_bytes row;
    if (!modelled) {
        *ret_model = wg_one_task_model();
        return WG_OK;
    }
    if (!wg_row_get(state, WG_CF_PROCESS_MODEL, process_key, &row)) {
        return WG_CORRUPT;
    }
    *ret_model = wg_model_on(row);
    return WG_OK;
}

wg_status wg_model_load(struct wg_results *results, const struct wg_state *state,
                        wg_key process_key, bool modelled, struct wg_model *ret_model) {
    struct wg_bytes row;
    if (!modelled) {
        *ret_model = wg_one_task_model();
        return WG_OK;
    }
    if (results->model_key != process_key || results->model.len == 0) {
        if (!wg_row_get(state, WG_CF_PROCESS_MODEL, process_key, &row)) {
            return WG_CORRUPT;
        }
        results->model = wg_results_keep(results, row);
        results->model_key = process_key;
    }
    *ret_model = wg_model_on(results->model);
    return WG_OK;
}

bool wg_model_is_stored(const struct wg_state *state, wg_key process_key) {
    struct wg_bytes row;
    return wg_row_get(state, WG_CF_PROCESS_MODEL, process_key, &row);
}

void wg_model_put(struct wg_state *state, wg_key process_key, struct wg_bytes model) {
    wg_row_put(state, WG_CF_PROCESS_MODEL, process_key, model.ptr, model.len);
}

static struct wg_bytes taken_key(uint8_t *out, wg_key scope, uint32_t flow) {
    wg_state_key_u64(out, (uint64_t)scope);
    out[8] = (uint8_t)flow;
    return wg_bytes_of(out, 9);
}

uint64_t wg_taken_get(const struct wg_state *state, wg_key scope, uint32_t flow) {
    uint8_t key[9];
    struct wg_bytes row;
    return wg_state_get(state, WG_CF_TAKEN_FLOW, taken_key(key, scope, flow), &row) && row.len == 8
               ? wg_load_le(row.ptr, 8)
               : 0;
}

void wg_taken_set(struct wg_state *state, wg_key scope, uint32_t flow, uint64_t count) {
    uint8_t key[9];
    uint8_t row[8];
    if (count == 0) {
        wg_state_remove(state, WG_CF_TAKEN_FLOW, taken_key(key, scope, flow));
        return;
    }
    wg_store_le(row, count, 8);
    wg_state_put(state, WG_CF_TAKEN_FLOW, taken_key(key, scope, flow), wg_bytes_of(row, 8));
}
