/* The compact forms of deployed processes, as rows of the state. The built-in process has none. */
#ifndef WG_PROCESSING_MODELS_H
#define WG_PROCESSING_MODELS_H

#include "processing/one_task.h"
#include "processing/results.h"
#include "seams/state_store.h"

/* The model of that process; `modelled` false = the built-in one. Borrowed from the state: valid
 * until its next change. CORRUPT: there is no such row. */
WG_MUST_USE wg_status wg_model_get(const struct wg_state *state, wg_key process_key, bool modelled,
                                   struct wg_model *ret_model);
/* The same, copied once per batch: lives as long as the results. */
WG_MUST_USE wg_status wg_model_load(struct wg_results *results, const struct wg_state *state,
                                    wg_key process_key, bool modelled, struct wg_model *ret_model);
bool wg_model_is_stored(const struct wg_state *state, wg_key process_key);
void wg_model_put(struct wg_state *state, wg_key process_key, struct wg_bytes model);

/* Flows that were taken into a parallel gateway and not used up by its activation. */
uint64_t wg_taken_get(const struct wg_state *state, wg_key scope, uint32_t flow);
void wg_taken_set(struct wg_state *state, wg_key scope, uint32_t flow, uint64_t count);

#endif
