/* A scenario's steps become the engine's compact form. Built from the end to the start, so that a
 * flow's target is there before it: a split is connected when all its branches are, and what stands
 * around steps (a sub-process, a multi-instance body) before what is in it. Ids with a colon are the
 * compiler's own; no step can have one. An activity that events may interrupt is followed by an
 * exclusive gateway `ID:join`, where its own way and theirs meet; a way beside it has its own end. */
#include "sim/workload/workload_internal.h"

#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>

#define ID_ROOM (SIM_PROCESS_NAME_MAX + 8)

static struct wg_bytes name(const char *text) {
    return wg_bytes_str(text == NULL ? "" : text);
}

static void connect(struct wg_model_builder *b, uint32_t source, uint32_t target,
                    const char *variable, int64_t constant) {
    char id[16];
    snprintf(id, sizeof id, "flow:%u", b->count);
    wg_model_connect(b, name(id), source, target, name(variable), constant);
}

/* A node whose id is the step's with something behind it. */
static uint32_t add_own(struct wg_model_builder *b, enum wg_model_kind kind, const char *step,
                        const char *suffix) {
    char id[ID_ROOM];
    snprintf(id, sizeof id, "%s:%s", step, suffix);
    return wg_model_add(b, kind, name(id), name(""), 0);
}

static uint32_t build_list(struct wg_model_builder *b, const struct sim_process_list *list,
                           uint32_t next);

/* Split, branches and join; the entry is the split. */
static uint32_t build_split(struct wg_model_builder *b, const struct sim_process_step *step,
                            uint32_t next) {
    uint32_t entries[SIM_PROCESS_BRANCHES_MAX + 1];
    bool chooses = step->kind == SIM_STEP_CHOOSE;
    enum wg_model_kind kind = chooses ? WG_MODEL_EXCLUSIVE : WG_MODEL_PARALLEL;
    uint32_t join = add_own(b, kind, step->id, "join");
    connect(b, join, next, "", 0);
    for (uint32_t i = 0; i < step->branch_count; i++) {
        entries[i] = build_list(b, &step->branches[i], join);
    }
    uint32_t otherwise = chooses ? build_list(b, &step->otherwise, join) : 0;
    uint32_t split = wg_model_add(b, kind, name(step->id), name(""), 0);
    for (uint32_t i = 0; i < step->branch_count; i++) {
        connect(b, split, entries[i], chooses ? step->variable : "", step->branches[i].equals);
    }
    if (chooses) {
        connect(b, split, otherwise, "", 0);
    }
    return split;
}

static void build_inside(struct wg_model_builder *b, const struct sim_process_step *step,
                         uint32_t box) {
    uint32_t scope = b->scope;
    b->scope = box;
    uint32_t end = add_own(b, WG_MODEL_END, step->id, "end");
    uint32_t first = build_list(b, &step->body, end);
    uint32_t start = add_own(b, WG_MODEL_START, step->id, "start");
    connect(b, start, first, "", 0);
    b->scope = scope;
}

static void build_boundary(struct wg_model_builder *b, const struct sim_boundary *boundary,
                           uint32_t activity, uint32_t next) {
    const char *id = sim_boundary_id(boundary);
    enum wg_model_kind kind = boundary->timer != NULL   ? WG_MODEL_BOUNDARY_TIMER
                              : boundary->error != NULL ? WG_MODEL_BOUNDARY_ERROR
                                                        : WG_MODEL_BOUNDARY_MESSAGE;
    const char *text = kind == WG_MODEL_BOUNDARY_MESSAGE ? boundary->message : boundary->code;
    if (!boundary->interrupting) {
        next = add_own(b, WG_MODEL_END, id, "end");
    }
    uint32_t first = build_list(b, &boundary->steps, next);
    uint32_t event = wg_model_add(b, kind, name(id), name(text), boundary->after / WG_MS);
    if (kind == WG_MODEL_BOUNDARY_MESSAGE) {
        wg_model_add_second(b, event, name(boundary->key));
    }
    b->elements[event].flags = boundary->interrupting ? 0 : (uint8_t)WG_MODEL_NON_INTERRUPTING;
    wg_model_attach(b, event, activity);
    connect(b, event, first, "", 0);
}

/* The activity itself, in its body if it is run for each item. Returns what flows lead to. */
static uint32_t add_activity(struct wg_model_builder *b, const struct sim_process_step *step) {
    static const enum wg_model_kind kinds[] = {[SIM_STEP_TASK] = WG_MODEL_TASK,
                                               [SIM_STEP_USER] = WG_MODEL_USER_TASK,
                                               [SIM_STEP_SUBPROCESS] = WG_MODEL_SUBPROCESS};
    uint32_t scope = b->scope;
    uint32_t body = 0;
    if (step->for_each != NULL) {
        body = wg_model_add(b, WG_MODEL_MULTI, name(step->id), name(step->for_each), 0);
        wg_model_add_second(b, body, name(step->item));
        if (step->output != NULL) {
            wg_model_add_output(b, body, name(step->output), name(step->result));
        }
        b->elements[body].flags = step->sequential ? (uint8_t)WG_MODEL_SEQUENTIAL : 0;
        b->scope = body;
    }
    uint32_t node = wg_model_add(b, kinds[step->kind], name(step->id), name(step->type),
                                 step->kind == SIM_STEP_TASK ? step->retries : 0);
    if (step->kind == SIM_STEP_SUBPROCESS) {
        build_inside(b, step, node);
    }
    b->scope = scope;
    return step->for_each != NULL ? body : node;
}

static uint32_t build_activity(struct wg_model_builder *b, const struct sim_process_step *step,
                               uint32_t next) {
    if (sim_step_is_interruptible(step)) {
        uint32_t join = add_own(b, WG_MODEL_EXCLUSIVE, step->id, "join");
        connect(b, join, next, "", 0);
        next = join;
    }
    uint32_t node = add_activity(b, step);
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        build_boundary(b, &step->boundaries[i], node, next);
    }
    connect(b, node, next, "", 0);
    return node;
}

static uint32_t build_step(struct wg_model_builder *b, const struct sim_process_step *step,
                           uint32_t next) {
    if (step->kind == SIM_STEP_PARALLEL || step->kind == SIM_STEP_CHOOSE) {
        return build_split(b, step, next);
    }
    if (step->kind == SIM_STEP_MESSAGE) {
        uint32_t wait = wg_model_add(b, WG_MODEL_MESSAGE, name(step->id), name(step->id), 0);
        wg_model_add_second(b, wait, name(step->variable));
        connect(b, wait, next, "", 0);
        return wait;
    }
    if (step->kind != SIM_STEP_TIMER) {
        return build_activity(b, step, next);
    }
    uint32_t node =
        wg_model_add(b, WG_MODEL_TIMER, name(step->id), name(""), step->after / WG_MS);
    connect(b, node, next, "", 0);
    return node;
}

static uint32_t build_list(struct wg_model_builder *b, const struct sim_process_list *list,
                           uint32_t next) {
    for (uint32_t i = list->count; i > 0; i--) {
        next = build_step(b, &list->steps[i - 1], next);
    }
    return next;
}

struct wg_bytes workload_compile(const struct sim_process *process, uint8_t *out, uint32_t room) {
    struct wg_model_builder *b = calloc(1, sizeof *b);
    if (b == NULL) {
        abort();
    }
    wg_model_add(b, WG_MODEL_PROCESS, name(process->id), name(""), 0);
    uint32_t end = wg_model_add(b, WG_MODEL_END, name("end"), name(""), 0);
    uint32_t first = build_list(b, &process->steps, end);
    uint32_t start = wg_model_add(b, WG_MODEL_START, name("start"), name(""), 0);
    connect(b, start, first, "", 0);
    struct wg_writer writer = wg_writer_on(out, room);
    if (wg_model_finish(b, &writer) != WG_OK) {
        abort(); /* the scenario's reader lets nothing through that has no form */
    }
    free(b);
    return wg_writer_bytes(&writer);
}
