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

#endif
