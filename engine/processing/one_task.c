/* What the processing step knows of the process it runs (step 6): a table of its elements. */
#include "processing/one_task.h"

struct element {
    const char *id, *type, *event_type;
    enum wg_element flow, target; /* WG_ELEMENT_COUNT = none */
};

#define NONE WG_ELEMENT_COUNT

static const struct element elements[WG_ELEMENT_COUNT] = {
    [WG_ELEMENT_PROCESS] = {WG_ONE_TASK_ID, "PROCESS", "UNSPECIFIED", NONE, NONE},
    [WG_ELEMENT_START] = {"start", "START_EVENT", "NONE", WG_ELEMENT_TO_TASK, WG_ELEMENT_TASK},
    [WG_ELEMENT_TO_TASK] = {"to-task", "SEQUENCE_FLOW", "UNSPECIFIED", NONE, NONE},
    [WG_ELEMENT_TASK] = {"task", "SERVICE_TASK", "UNSPECIFIED", WG_ELEMENT_TO_END, WG_ELEMENT_END},
    [WG_ELEMENT_TO_END] = {"to-end", "SEQUENCE_FLOW", "UNSPECIFIED", NONE, NONE},
    [WG_ELEMENT_END] = {"end", "END_EVENT", "NONE", NONE, NONE},
};

enum wg_element wg_one_task_element(struct wg_bytes id) {
    for (uint32_t i = 0; i < WG_ELEMENT_COUNT; i++) {
        if (wg_bytes_equal(id, wg_bytes_str(elements[i].id))) {
            return (enum wg_element)i;
        }
    }
    return WG_ELEMENT_COUNT;
}

struct wg_bytes wg_one_task_element_id(enum wg_element element) {
    return wg_bytes_str(elements[element].id);
}

void wg_one_task_describe(enum wg_element element, struct wg_value_process_instance *value) {
    value->element_id = wg_bytes_str(elements[element].id);
    value->bpmn_element_type = wg_bytes_str(elements[element].type);
    value->bpmn_event_type = wg_bytes_str(elements[element].event_type);
    value->bpmn_process_id = wg_bytes_str(WG_ONE_TASK_ID);
}

bool wg_one_task_flow(enum wg_element element, enum wg_element *ret_flow,
                      enum wg_element *ret_target) {
    if (elements[element].flow == NONE) {
        return false;
    }
    *ret_flow = elements[element].flow;
    *ret_target = elements[element].target;
    return true;
}
