/* Messages and their subscriptions (reference: engine 11.3). */
#ifndef WG_PROCESSING_MESSAGE_H
#define WG_PROCESSING_MESSAGE_H

#include "processing/element.h"
#include "processing/message_rows.h"

/* In MESSAGE_SUBSCRIPTION DELETE: nobody remembers which messages were taken. */
#define WG_MESSAGE_ANY INT64_MAX

/* --- the partition of the message ------------------------------------------------------------- */

wg_status wg_handle_message_publish(struct wg_step *step);
wg_status wg_handle_message_expire(struct wg_step *step);
wg_status wg_handle_message_batch_expire(struct wg_step *step);
wg_status wg_handle_message_subscription_create(struct wg_step *step);
wg_status wg_handle_message_subscription_correlate(struct wg_step *step);
wg_status wg_handle_message_subscription_reject(struct wg_step *step);
wg_status wg_handle_message_subscription_delete(struct wg_step *step);

/* Whether that message may correlate now to an instance of that process: alive, and not done. */
bool wg_message_may_correlate(const struct wg_step *step, wg_key message,
                              const struct wg_message_row *row, struct wg_bytes process_id);
/* E MESSAGE_SUBSCRIPTION CORRELATING with a message. */
WG_MUST_USE wg_status wg_subscription_correlating(struct wg_step *step, wg_key subscription,
                                                  wg_key message, struct wg_bytes variables);
/* C PROCESS_MESSAGE_SUBSCRIPTION CORRELATE to the instance of a subscription that correlates;
 * `direct` as wg_step_send. */
WG_MUST_USE wg_status wg_subscription_send_correlate(struct wg_step *step, wg_key subscription,
                                                     bool direct);

/* --- the partition of the process instance ---------------------------------------------------- */

/* Whether every message that the element, or an event at it, waits for has a correlation key: a
 * variable that is text or a whole number. If not, an incident is raised. */
WG_MUST_USE wg_status wg_message_check(struct wg_step *step, const struct wg_model *model,
                                       uint32_t element, wg_key key,
                                       const struct wg_value_process_instance *value,
                                       bool *ret_good);
/* E PROCESS_MESSAGE_SUBSCRIPTION CREATING, and C MESSAGE_SUBSCRIPTION CREATE to the partition of the
 * correlation key: the element instance waits for the message of `event`, which is the element itself
 * or an event at it, and was checked. */
WG_MUST_USE wg_status wg_message_open(struct wg_step *step, wg_key element_key,
                                      const struct wg_model *model, uint32_t event,
                                      const struct wg_value_process_instance *value);
/* E PROCESS_MESSAGE_SUBSCRIPTION DELETING, and C MESSAGE_SUBSCRIPTION DELETE, for every subscription
 * of the element that is not closing yet: the element no longer waits. */
WG_MUST_USE wg_status wg_message_close(struct wg_step *step, wg_key element_key);

wg_status wg_handle_process_subscription_create(struct wg_step *step);
wg_status wg_handle_process_subscription_correlate(struct wg_step *step);
wg_status wg_handle_process_subscription_delete(struct wg_step *step);
/* C MESSAGE_SUBSCRIPTION CREATE or DELETE, as the row's state asks for. */
WG_MUST_USE wg_status wg_process_subscription_send(struct wg_step *step,
                                                   const struct wg_process_subscription_row *row,
                                                   bool direct);

/* --- appliers --------------------------------------------------------------------------------- */

WG_MUST_USE wg_status wg_apply_message(struct wg_env *env, struct wg_state *state, uint8_t intent,
                                       wg_key key, const struct wg_value_message *value);
WG_MUST_USE wg_status wg_apply_message_subscription(
    struct wg_env *env, struct wg_state *state, uint8_t intent, wg_key key,
    const struct wg_value_message_subscription *value);
WG_MUST_USE wg_status wg_apply_process_subscription(
    struct wg_env *env, struct wg_state *state, uint8_t intent, wg_key key,
    const struct wg_value_process_message_subscription *value);

#endif
