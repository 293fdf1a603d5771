/* The built-in process: start -> service task -> end. */
#ifndef WG_PROCESSING_ONE_TASK_H
#define WG_PROCESSING_ONE_TASK_H

#include "codec/values.h"

#define WG_ONE_TASK_ID "one-task"
#define WG_ONE_TASK_RESOURCE "one-task.bpmn"
#define WG_ONE_TASK_JOB_TYPE "work"
#define WG_ONE_TASK_RETRIES 3

enum wg_element {
    WG_ELEMENT_PROCESS,
    WG_ELEMENT_START,
    WG_ELEMENT_TO_TASK,
    WG_ELEMENT_TASK,
    WG_ELEMENT_TO_END,
    WG_ELEMENT_END,
    WG_ELEMENT_COUNT
};

/* WG_ELEMENT_COUNT if there is none of that id. */
enum wg_element wg_one_task_element(struct wg_bytes id);
struct wg_bytes wg_one_task_element_id(enum wg_element element);
/* Sets element id and types in `value`. */
void wg_one_task_describe(enum wg_element element, struct wg_value_process_instance *value);
/* The flow out of `element` and where it leads; false = none. */
bool wg_one_task_flow(enum wg_element element, enum wg_element *ret_flow,
                      enum wg_element *ret_target);

#endif
