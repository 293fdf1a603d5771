/* Timers of catch events and boundary events (reference: engine 11.4). */
#ifndef WG_PROCESSING_TIMER_H
#define WG_PROCESSING_TIMER_H

#include "processing/element.h"

#define WG_POISON_VARIABLE "waggle:poison"

struct wg_timer_row {
    int64_t due, element_instance_key, process_instance_key, process_key;
    uint8_t element; /* number in the model: of the event, while the instance may be an activity's */
    uint8_t unused[7];
};

/* E TIMER CREATED, due that many ms after now. */
WG_MUST_USE wg_status wg_timer_create(struct wg_step *step, wg_key element_key,
                                      const struct wg_model *model, uint32_t element,
                                      const struct wg_value_process_instance *value);
/* E TIMER CANCELED for each timer of the element instance. */
WG_MUST_USE wg_status wg_timers_cancel(struct wg_step *step, const struct wg_element *element);
/* The timers inside that element instance stay but are due no more: its instance is banned, and nothing is
 * to be done about them. */
void wg_timers_stop(struct wg_state *state, wg_key element);
WG_MUST_USE wg_status wg_apply_timer(struct wg_state *state, uint8_t intent, wg_key key,
                                     const struct wg_value_timer *value);
/* Writes TIMER TRIGGER for what is due, as wg_processing_due does. */
int64_t wg_timers_due(struct wg_step *step, uint32_t limit);
wg_status wg_handle_timer_trigger(struct wg_step *step);

#endif
