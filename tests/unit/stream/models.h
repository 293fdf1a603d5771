/* Processes for tests, in compact form. */
#ifndef TESTS_STREAM_MODELS_H
#define TESTS_STREAM_MODELS_H

#include "codec/process_model.h"

/* start -> timer of that many ms -> end */
void model_timer(struct wg_model_builder *ret_model, int64_t ms);
/* start -> task "first" (type "a") -> task "second" -> end */
void model_two_tasks(struct wg_model_builder *ret_model);
/* start -> gateway: "x" = 1 -> task "one", "x" = 2 -> task "two", else -> end */
void model_choice(struct wg_model_builder *ret_model);
/* start -> split -> { task "left", timer "right", nothing } -> join -> end */
void model_fork(struct wg_model_builder *ret_model);

/* start -> split -> { timer "one", timer "two" }, of that many ms -> join -> end */
void model_two_timers(struct wg_model_builder *ret_model, int64_t ms);

/* start -> sub-process "box" { task "inner" (type "a") } -> end; with a timer of that many ms (< 0 =
 * none) and an error event "E" at the sub-process, both leading to their own ends "late", "broken" */
void model_box(struct wg_model_builder *ret_model, int64_t ms);
/* start -> task "work" (type "a") -> end; at the task a timer of that many ms -> task "remind" (type
 * "b") -> end "reminded" */
void model_guarded(struct wg_model_builder *ret_model, int64_t ms, bool interrupting);
/* start -> for each of "items" as "item": task "each" (type "a") -> end */
void model_multi(struct wg_model_builder *ret_model, bool sequential);
/* The same; the variable "a" of each instance goes into the collection "results". */
void model_multi_output(struct wg_model_builder *ret_model, bool sequential);
/* start -> user task "approve" -> end */
void model_user_task(struct wg_model_builder *ret_model);
/* start -> message "paid" at "wait", correlation key in "order" -> end; process `id` */
void model_message(struct wg_model_builder *ret_model, const char *id);
/* start -> task "work" (type "a") -> end; at the task message "paid" ("order") -> end "told" */
void model_message_at_task(struct wg_model_builder *ret_model, bool interrupting);

#endif
