/* Processes for the clients: a scenario's steps become the engine's compact form, and what clients
 * have to know of them (job types, deciding variables, waits).
 *
 * Built from the end to the start, so that a flow's target is there before it: a split is connected
 * when all its branches are. Ids with a colon are the compiler's own; no step can have one. */
#include "sim/workload/workload_internal.h"

#include "codec/msgpack.h"
#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct wg_bytes name(const char *text) {
    return wg_bytes_str(text);
}

static void connect(struct wg_model_builder *b, uint32_t source, uint32_t target,
                    const char *variable, int64_t constant) {
    char id[16];
    snprintf(id, sizeof id, "flow:%u", b->count);
    wg_model_connect(b, name(id), source, target, name(variable), constant);
}

static uint32_t build_list(struct wg_model_builder *b, const struct sim_process_list *list,
                           uint32_t next);

/* Split, branches and join; the entry is the split. */
static uint32_t build_split(struct wg_model_builder *b, const struct sim_process_step *step,
                            uint32_t next) {
    uint32_t entries[SIM_PROCESS_BRANCHES_MAX + 1];
    char id[SIM_PROCESS_NAME_MAX + 8];
    bool chooses = step->kind == SIM_STEP_CHOOSE;
    enum wg_model_kind kind = chooses ? WG_MODEL_EXCLUSIVE : WG_MODEL_PARALLEL;
    snprintf(id, sizeof id, "%s:join", step->id);
    uint32_t join = wg_model_add(b, kind, name(id), name(""), 0);
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

static uint32_t build_step(struct wg_model_builder *b, const struct sim_process_step *step,
                           uint32_t next) {
    uint32_t node;
    switch ((enum sim_step_kind)step->kind) {
    case SIM_STEP_TASK:
        node = wg_model_add(b, WG_MODEL_TASK, name(step->id), name(step->type), step->retries);
        break;
    case SIM_STEP_TIMER:
        node = wg_model_add(b, WG_MODEL_TIMER, name(step->id), name(""), step->after / WG_MS);
        break;
    default:
        return build_split(b, step, next);
    }
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

/* Text, mark, and the compact form in hex. */
static uint32_t make_resource(struct workload_process *p, const struct sim_process *process,
                              struct wg_bytes model) {
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(process->text) + strlen(WG_MODEL_MARK) + 2 * (size_t)model.len;
    p->resource = malloc(len + 1);
    if (p->resource == NULL) {
        abort();
    }
    char *at = p->resource + sprintf(p->resource, "%s%s", process->text, WG_MODEL_MARK);
    for (uint32_t i = 0; i < model.len; i++) {
        *at++ = digits[model.ptr[i] >> 4];
        *at++ = digits[model.ptr[i] & 15];
    }
    *at = '\0';
    return (uint32_t)len;
}

static void compile(struct workload_process *p, const struct sim_process *process) {
    struct wg_model_builder *b = calloc(1, sizeof *b);
    uint8_t *bytes = malloc(WG_MODEL_TEXTS_MAX * 2);
    if (b == NULL || bytes == NULL) {
        abort();
    }
    wg_model_add(b, WG_MODEL_PROCESS, name(process->id), name(""), 0);
    uint32_t end = wg_model_add(b, WG_MODEL_END, name("end"), name(""), 0);
    uint32_t first = build_list(b, &process->steps, end);
    uint32_t start = wg_model_add(b, WG_MODEL_START, name("start"), name(""), 0);
    connect(b, start, first, "", 0);
    struct wg_writer out = wg_writer_on(bytes, WG_MODEL_TEXTS_MAX * 2);
    if (wg_model_finish(b, &out) != WG_OK) {
        abort(); /* the scenario's reader lets nothing through that has no form */
    }
    p->resource_len = make_resource(p, process, wg_writer_bytes(&out));
    free(bytes);
    free(b);
}

static void note_step(void *ctx, const struct sim_process_step *step) {
    struct workload_process *p = ctx;
    if (step->kind == SIM_STEP_CHOOSE && p->choice_count < PROCESS_CHOICES_MAX) {
        p->choices[p->choice_count++] = step;
    }
}

static void note_type(void *ctx, const struct sim_process_step *step) {
    struct sim_workload *w = ctx;
    if (step->kind != SIM_STEP_TASK) {
        return;
    }
    for (uint32_t i = 0; i < w->type_count; i++) {
        if (strcmp(w->types[i], step->type) == 0) {
            return;
        }
    }
    if (w->type_count < JOB_TYPES_MAX) {
        w->types[w->type_count++] = step->type;
    }
}

static void use(struct sim_workload *w, const struct sim_process *processes, uint32_t number) {
    for (uint32_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].number == number) {
            return;
        }
    }
    struct workload_process *p = &w->processes[w->process_count++];
    *p = (struct workload_process){.number = number, .id = "one-task"};
    if (number == SIM_PROCESS_ONE_TASK) {
        static const struct sim_process_step task = {.kind = SIM_STEP_TASK, .type = "work"};
        note_type(w, &task);
        return;
    }
    const struct sim_process *process = &processes[number - 1];
    p->id = process->id;
    sim_process_walk(&process->steps, note_step, p);
    sim_process_walk(&process->steps, note_type, w);
    wg_time wait = sim_process_wait(process);
    w->longest_wait = wait > w->longest_wait ? wait : w->longest_wait;
    compile(p, process);
    w->longest_resource = p->resource_len > w->longest_resource ? p->resource_len
                                                                : w->longest_resource;
}

void workload_use_processes(struct sim_workload *w, const struct sim_process *processes) {
    for (uint32_t i = 0; i < w->generator_count; i++) {
        const struct sim_workload_options *options = w->generators[i].options;
        use(w, processes, options->process);
        w->longest_backoff = options->retry_backoff > w->longest_backoff ? options->retry_backoff
                                                                         : w->longest_backoff;
    }
}

const struct workload_process *workload_process(const struct sim_workload *w, uint32_t number) {
    uint32_t i = 0;
    while (w->processes[i].number != number) {
        i++;
    }
    return &w->processes[i];
}

/* Each choice by itself: none of its cases, or one of them. A variable that decides twice is what
 * its first choice says. */
uint32_t workload_write_choices(struct sim_workload *w, const struct workload_process *p,
                                struct wg_writer *out) {
    uint32_t written = 0;
    for (uint32_t i = 0; i < p->choice_count; i++) {
        const struct sim_process_step *step = p->choices[i];
        bool again = false;
        for (uint32_t j = 0; j < i; j++) {
            again = again || strcmp(p->choices[j]->variable, step->variable) == 0;
        }
        uint32_t which = again ? 0 : sim_choose(&w->work, 3, step->branch_count + 1);
        if (which > 0) {
            wg_mp_write_str(out, name(step->variable));
            wg_mp_write_int(out, step->branches[which - 1].equals);
            written++;
        }
    }
    return written;
}

void workload_done_processes(struct sim_workload *w) {
    for (uint32_t i = 0; i < w->process_count; i++) {
        free(w->processes[i].resource);
    }
}
