/* Element instances while a command moves them: what the files that know the kinds of elements
 * share (element.c, terminate.c, boundary.c, multi.c, user_task.c). */
#ifndef WG_PROCESSING_ELEMENT_H
#define WG_PROCESSING_ELEMENT_H

#include "processing/step.h"

/* A stored element instance with its model and value. Borrows the model, which lives as long as the
 * results. */
struct wg_element {
    wg_key key;
    struct wg_element_row row;
    struct wg_model model;
    struct wg_value_process_instance value;
};

/* NOT_FOUND: there is no such instance. */
WG_MUST_USE wg_status wg_element_load(struct wg_step *step, wg_key key,
                                      struct wg_element *ret_element);
struct wg_model_element wg_element_of(const struct wg_element *element);
/* Whose variables the element sees and sets. */
struct wg_scope wg_element_scope(wg_key key, const struct wg_value_process_instance *value);

/* E PROCESS_INSTANCE. */
WG_MUST_USE wg_status wg_element_event(struct wg_step *step, wg_key key, uint8_t intent,
                                       const struct wg_value_process_instance *value);
/* C PROCESS_INSTANCE. */
WG_MUST_USE wg_status wg_element_command(struct wg_step *step, wg_key key, uint8_t intent,
                                         const struct wg_value_process_instance *value);
/* The row that the value speaks of, for values of other elements in the same scope. */
struct wg_element_row wg_element_row_of(const struct wg_value_process_instance *value);
/* Goes on with an element whose ACTIVATING event is written: what it waits for, E ELEMENT_ACTIVATED,
 * and what follows that. */
WG_MUST_USE wg_status wg_element_go_on(struct wg_step *step, const struct wg_model *model,
                                       uint32_t element, wg_key key,
                                       const struct wg_value_process_instance *value);
/* { E PROCESS_EVENT TRIGGERING }: `target`, the element itself or an event that stands at it, was
 * reached. */
WG_MUST_USE wg_status wg_element_triggering(struct wg_step *step, const struct wg_element *element,
                                            uint32_t target, struct wg_bytes variables);
/* { E PROCESS_EVENT TRIGGERED } of the same. */
WG_MUST_USE wg_status wg_element_triggered(struct wg_step *step, const struct wg_element *element,
                                           uint32_t target, wg_key event_key);
/* The next child instance of a scope with a key >= `from`. */
bool wg_element_child(const struct wg_state *state, const struct wg_element *scope, wg_key from,
                      wg_key *ret_key);

/* terminate.c: gives up the timers that the element and its boundary events wait for. */
WG_MUST_USE wg_status wg_element_unsubscribe(struct wg_step *step,
                                             const struct wg_element *element);

/* boundary.c: what stands at an activity. */
/* E TIMER CREATED for each timer. */
WG_MUST_USE wg_status wg_boundary_subscribe(struct wg_step *step, wg_key key,
                                            const struct wg_model *model, uint32_t element,
                                            const struct wg_value_process_instance *value);
/* The event at `activity` was reached: { E PROCESS_EVENT TRIGGERING }, and the activity is
 * terminated, or the event goes on beside it. */
WG_MUST_USE wg_status wg_boundary_reached(struct wg_step *step, const struct wg_element *activity,
                                          uint32_t event, struct wg_bytes variables);
/* Whether events at the activity may still be reached. */
bool wg_boundary_may_trigger(const struct wg_state *state, const struct wg_element *activity);
/* An event that has interrupted the activity and waits for its end. */
struct wg_boundary_trigger {
    wg_key event_key;
    uint32_t event;
    struct wg_bytes variables;
};
/* Kept in the results' memory; false = none, or the scope around is no longer active. */
bool wg_boundary_triggered(struct wg_step *step, const struct wg_element *activity,
                           struct wg_boundary_trigger *ret_trigger);
/* { E PROCESS_EVENT TRIGGERED ; E ELEMENT_ACTIVATING ; E ELEMENT_ACTIVATED ; C COMPLETE_ELEMENT }
 * of the event. */
WG_MUST_USE wg_status wg_boundary_activate(struct wg_step *step, const struct wg_element *activity,
                                           const struct wg_boundary_trigger *trigger);
/* The error event that catches the code thrown by `*at`: looked for from the inside outwards.
 * *at becomes the activity that it stands at. NOT_FOUND. */
WG_MUST_USE wg_status wg_boundary_find_error(struct wg_step *step, struct wg_bytes code,
                                             struct wg_element *at, uint32_t *ret_event);

/* multi.c: multi-instance bodies. */
/* Whether the collection is one; if not, an incident is raised. */
WG_MUST_USE wg_status wg_multi_check(struct wg_step *step, const struct wg_model *model,
                                     uint32_t element, wg_key key,
                                     const struct wg_value_process_instance *value, bool *ret_good);
/* Commands for the first instances. */
WG_MUST_USE wg_status wg_multi_start(struct wg_step *step, const struct wg_model *model,
                                     uint32_t element, wg_key key,
                                     const struct wg_value_process_instance *value);
/* { E VARIABLE CREATED item ; E VARIABLE CREATED loopCounter } in the new instance. */
WG_MUST_USE wg_status wg_multi_enter(struct wg_step *step, const struct wg_model *model,
                                     wg_key key, const struct wg_value_process_instance *value);
/* Between COMPLETING and COMPLETED of an instance: its result goes into the output collection, if there
 * is one. What somebody else has made of the collection is left as it is. */
WG_MUST_USE wg_status wg_multi_collect(struct wg_step *step, const struct wg_element *instance);
/* The same of the body: the output collection goes to the scope around it. */
WG_MUST_USE wg_status wg_multi_hand_over(struct wg_step *step, const struct wg_element *body);
/* An instance has completed: the next one, or the body's end. */
WG_MUST_USE wg_status wg_multi_left(struct wg_step *step, struct wg_element *body);

/* user_task.c */
WG_MUST_USE wg_status wg_user_task_create(struct wg_step *step, wg_key element_key,
                                          const struct wg_model *model, uint32_t element,
                                          const struct wg_value_process_instance *value);
WG_MUST_USE wg_status wg_user_task_cancel(struct wg_step *step, const struct wg_element *element);
WG_MUST_USE wg_status wg_apply_user_task(struct wg_state *state, uint8_t intent, wg_key key,
                                         const struct wg_value_user_task *value);

/* incident.c */
/* An element's own trouble: an incident without a job. */
WG_MUST_USE wg_status wg_incident_raise(struct wg_step *step, const char *type,
                                        struct wg_bytes message, wg_key job_key, wg_key element_key,
                                        const struct wg_value_process_instance *value);
/* E INCIDENT RESOLVED for what is open of the job, or of the element itself if `job_key` is none. */
WG_MUST_USE wg_status wg_incident_close(struct wg_step *step, wg_key job_key, wg_key element_key);
WG_MUST_USE wg_status wg_apply_incident(struct wg_state *state, uint8_t intent, wg_key key,
                                        const struct wg_value_incident *value);

/* apply_element.c */
WG_MUST_USE wg_status wg_apply_element(struct wg_state *state, uint8_t intent, wg_key key,
                                       const struct wg_value_process_instance *value);
WG_MUST_USE wg_status wg_apply_process_event(struct wg_env *env, struct wg_state *state,
                                             uint8_t intent, wg_key key,
                                             const struct wg_value_process_event *value);

#endif
