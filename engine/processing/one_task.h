/* The built-in process: start -> service task -> end. */
#ifndef WG_PROCESSING_ONE_TASK_H
#define WG_PROCESSING_ONE_TASK_H

#include "codec/process_model.h"

#define WG_ONE_TASK_ID "one-task"
#define WG_ONE_TASK_RESOURCE "one-task.bpmn"
#define WG_ONE_TASK_JOB_TYPE "work"
#define WG_ONE_TASK_TASK 3u /* number of its task */

struct wg_model wg_one_task_model(void);

static inline bool wg_is_one_task(struct wg_bytes process_id) {
    return wg_bytes_equal(process_id, wg_bytes_str(WG_ONE_TASK_ID));
}

#endif
