/* Handling of struct wg_results: records and the memory of their values. Values go into chunks
 * that never move, so a record stays valid while others are appended; the oldest chunk is kept
 * when the results are emptied. */
#ifndef WG_PROCESSING_RESULTS_H
#define WG_PROCESSING_RESULTS_H

#include "processing/processing.h"

void wg_results_init(struct wg_results *results, struct wg_env *env, uint64_t limit);
void wg_results_done(struct wg_results *results);
/* Empties; what records pointed to is gone. */
void wg_results_reset(struct wg_results *results);

/* A new record at the end, set to defaults. Valid until the next one is added. */
struct wg_record *wg_results_add(struct wg_results *results);
/* `len` bytes that live as long as the results. */
uint8_t *wg_results_room(struct wg_results *results, uint32_t len);
/* Copies bytes to live as long as the results. */
struct wg_bytes wg_results_keep(struct wg_results *results, struct wg_bytes bytes);
/* A new outgoing command at the end. Valid until the next one is added. */
struct wg_outgoing *wg_results_add_outgoing(struct wg_results *results);
/* The MessagePack form of a typed value, living as long as the results. */
WG_MUST_USE wg_status wg_results_value(struct wg_results *results, uint8_t value_type,
                                       const void *value, struct wg_bytes *ret_bytes);

#endif
