/* Reads bodies off the steps of a process, or off its compact form if it came compiled. */
#include "sim/workload/bodies.h"

#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SIM_BODY_NAME_ROOM > WG_MODEL_NAME_MAX, "whole names");

struct list {
    const char *process;
    struct sim_body *bodies;
    uint32_t count, capacity;
    bool collects;
};

static struct sim_body *add(struct list *list) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        list->bodies = realloc(list->bodies, list->capacity * sizeof *list->bodies);
        if (list->bodies == NULL) {
            abort();
        }
    }
    struct sim_body *body = &list->bodies[list->count++];
    memset(body, 0, sizeof *body);
    snprintf(body->process, sizeof body->process, "%s", list->process);
    return body;
}

static void put(char *out, const char *text) {
    snprintf(out, SIM_BODY_NAME_ROOM, "%s", text == NULL ? "" : text);
}

static void put_bytes(char *out, struct wg_bytes text) {
    if (text.len < SIM_BODY_NAME_ROOM && text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
}

static void add_step(void *ctx, const struct sim_process_step *step) {
    struct list *list = ctx;
    if (!sim_step_is_activity(step) || step->for_each == NULL) {
        return;
    }
    struct sim_body *body = add(list);
    put(body->element, step->id);
    put(body->collection, step->for_each);
    put(body->item, step->item);
    put(body->output, step->output);
    put(body->result, step->result);
    list->collects = list->collects || step->output != NULL;
}

static void add_form(struct list *list, struct wg_bytes form) {
    struct wg_model model = wg_model_on(form);
    for (uint32_t i = 0; i < model.count; i++) {
        if (wg_model_at(&model, i).kind == WG_MODEL_MULTI) {
            struct sim_body *body = add(list);
            put_bytes(body->element, wg_model_id(&model, i));
            put_bytes(body->collection, wg_model_text(&model, i));
            put_bytes(body->item, wg_model_second(&model, i));
            put_bytes(body->output, wg_model_output(&model, i));
            put_bytes(body->result, wg_model_result(&model, i));
            list->collects = list->collects || body->output[0] != '\0';
        }
    }
}

uint32_t sim_bodies(const struct sim_process *processes, uint32_t count,
                    struct sim_body **ret_bodies) {
    struct list list = {0};
    for (uint32_t i = 0; i < count; i++) {
        list.process = processes[i].id;
        if (processes[i].form != NULL) {
            add_form(&list, wg_bytes_of(processes[i].form, processes[i].form_len));
        } else {
            sim_process_walk(&processes[i].steps, add_step, &list);
        }
    }
    if (!list.collects) {
        free(list.bodies);
        list.bodies = NULL;
        list.count = 0;
    }
    *ret_bodies = list.bodies;
    return list.count;
}
