/* What the processing step knows of the built-in process (step 6): its compact form, as
 * codec/process_model.h has it. */
#include "processing/one_task.h"

#include <stddef.h>

_Static_assert(WG_ONE_TASK_TASK == 3, "as below");

struct texts {
    char process[8], start[5], to_task[7], task[4], to_end[6], end[3], type[4];
};

enum { PROCESS, START, TO_TASK, TASK, TO_END, END, COUNT };

#define ID(member)                                                                                 \
    .id_at = offsetof(struct texts, member), .id_len = sizeof((struct texts *)0)->member

static const struct texts texts = {"one-task", "start", "to-task", "task", "to-end", "end", "work"};
static const struct wg_model_element elements[COUNT] = {
    [PROCESS] = {ID(process), .kind = WG_MODEL_PROCESS, .first_out = START},
    [START] = {ID(start), .kind = WG_MODEL_START, .first_out = TO_TASK, .out_count = 1},
    [TO_TASK] = {ID(to_task), .kind = WG_MODEL_FLOW, .source = START, .target = TASK},
    [TASK] = {ID(task), .kind = WG_MODEL_TASK, .number = 3, .in_count = 1, .first_out = TO_END,
              .out_count = 1, .text_at = offsetof(struct texts, type), .text_len = sizeof texts.type},
    [TO_END] = {ID(to_end), .kind = WG_MODEL_FLOW, .source = TASK, .target = END},
    [END] = {ID(end), .kind = WG_MODEL_END, .in_count = 1},
};

struct wg_model wg_one_task_model(void) {
    return (struct wg_model){(const uint8_t *)elements, (const char *)&texts, COUNT};
}
