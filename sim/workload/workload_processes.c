/* Processes for the clients: what is deployed, and what clients have to know of them (job types,
 * deciding variables, collections, error codes, waits). */
#include "sim/workload/workload_internal.h"

#include "codec/msgpack.h"
#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct wg_bytes name(const char *text) {
    return wg_bytes_str(text);
}

/* Text, mark, and the compact form in hex. */
static uint32_t make_resource(struct workload_process *p, const struct sim_process *process,
                              struct wg_bytes model) {
    static const char digits[] = "0123456789abcdef";
    const char *before = process->file != NULL ? "<!--" : "";
    const char *behind = process->file != NULL ? "\n-->\n" : "";
    size_t len = strlen(process->text) + strlen(before) + strlen(WG_MODEL_MARK) +
                 2 * (size_t)model.len + strlen(behind);
    p->resource = malloc(len + 1);
    if (p->resource == NULL) {
        abort();
    }
    char *at = p->resource + sprintf(p->resource, "%s%s%s", process->text, before, WG_MODEL_MARK);
    for (uint32_t i = 0; i < model.len; i++) {
        *at++ = digits[model.ptr[i] >> 4];
        *at++ = digits[model.ptr[i] & 15];
    }
    memcpy(at, behind, strlen(behind) + 1);
    return (uint32_t)len;
}

static void compile(struct workload_process *p, const struct sim_process *process) {
    uint8_t *bytes = malloc(WG_MODEL_TEXTS_MAX * 2);
    if (bytes == NULL) {
        abort();
    }
    struct wg_bytes form = process->form != NULL
                               ? wg_bytes_of(process->form, process->form_len)
                               : workload_compile(process, bytes, WG_MODEL_TEXTS_MAX * 2);
    p->resource_len = make_resource(p, process, form);
    free(bytes);
}

static bool is_known(const char *const *texts, uint32_t count, const char *text) {
    uint32_t i = 0;
    while (i < count && strcmp(texts[i], text) != 0) {
        i++;
    }
    return i < count;
}

static void note_choice(struct workload_process *p, const struct sim_process_step *step) {
    if (p->choice_count == PROCESS_CHOICES_MAX) {
        return;
    }
    struct workload_choice *choice = &p->choices[p->choice_count++];
    choice->variable = step->variable;
    for (uint32_t i = 0; i < step->branch_count; i++) {
        choice->constants[choice->count++] = step->branches[i].equals;
    }
}

static void note_collection(struct workload_process *p, const char *variable) {
    if (p->collection_count < PROCESS_CHOICES_MAX &&
        !is_known(p->collections, p->collection_count, variable)) {
        p->collections[p->collection_count++] = variable;
    }
}

static void note_message(void *ctx, const char *message, const char *key) {
    workload_note_message(ctx, message, key);
}

static void note_step(void *ctx, const struct sim_process_step *step) {
    struct workload_process *p = ctx;
    if (step->kind == SIM_STEP_CHOOSE) {
        note_choice(p, step);
    }
    if (step->for_each != NULL) {
        note_collection(p, step->for_each);
    }
    sim_step_messages(step, note_message, p);
}

static void note_type(struct sim_workload *w, const char *type) {
    if (!is_known(w->types, w->type_count, type) && w->type_count < JOB_TYPES_MAX) {
        w->types[w->type_count++] = type;
    }
}

static void note_code(struct sim_workload *w, const char *code) {
    if (!is_known(w->codes, w->code_count, code) && w->code_count < ERROR_CODES_MAX) {
        w->codes[w->code_count++] = code;
    }
}

static void note_result(struct sim_workload *w, const char *variable) {
    if (!is_known(w->results, w->result_count, variable) && w->result_count < RESULTS_MAX) {
        w->results[w->result_count++] = variable;
    }
}

static void note_work(void *ctx, const struct sim_process_step *step) {
    struct sim_workload *w = ctx;
    w->user_tasks = w->user_tasks || step->kind == SIM_STEP_USER;
    if (step->kind == SIM_STEP_TASK) {
        note_type(w, step->type);
    }
    if (step->result != NULL) {
        note_result(w, step->result);
    }
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        if (step->boundaries[i].code != NULL) {
            note_code(w, step->boundaries[i].code);
        }
    }
}

/* A text of a compiled process, kept until the end. */
static const char *keep(struct workload_process *p, struct wg_bytes text) {
    if (p->text_used + text.len + 1 > sizeof p->texts) {
        abort(); /* there are no more texts than this in a compiled process */
    }
    char *kept = p->texts + p->text_used;
    memcpy(kept, text.ptr, text.len);
    kept[text.len] = '\0';
    p->text_used += text.len + 1;
    return kept;
}

static void note_flow(struct workload_process *p, const struct wg_model *model, uint32_t flow) {
    struct wg_model_element e = wg_model_at(model, flow);
    struct wg_bytes variable = wg_model_text(model, flow);
    struct workload_choice *choice = NULL;
    for (uint32_t i = 0; i < p->choice_count && choice == NULL; i++) {
        choice = wg_bytes_equal(name(p->choices[i].variable), variable) ? &p->choices[i] : NULL;
    }
    if (choice == NULL && p->choice_count < PROCESS_CHOICES_MAX) {
        choice = &p->choices[p->choice_count++];
        choice->variable = keep(p, variable);
    }
    if (choice != NULL && choice->count < SIM_PROCESS_BRANCHES_MAX) {
        choice->constants[choice->count++] = e.number;
    }
}

/* The same for a process that came compiled. */
static void note_form(struct sim_workload *w, struct workload_process *p,
                      const struct sim_process *process) {
    struct wg_model model = wg_model_on(wg_bytes_of(process->form, process->form_len));
    for (uint32_t i = 0; i < model.count; i++) {
        struct wg_model_element e = wg_model_at(&model, i);
        struct wg_bytes text = wg_model_text(&model, i);
        if (e.kind == WG_MODEL_FLOW && e.text_len > 0) {
            note_flow(p, &model, i);
        } else if (e.kind == WG_MODEL_TASK) {
            note_type(w, keep(p, text));
        } else if (e.kind == WG_MODEL_MULTI) {
            note_collection(p, keep(p, text));
            if (wg_model_result(&model, i).len > 0) {
                note_result(w, keep(p, wg_model_result(&model, i)));
            }
        } else if (e.kind == WG_MODEL_BOUNDARY_ERROR && e.text_len > 0) {
            note_code(w, keep(p, text));
        } else if (e.kind == WG_MODEL_MESSAGE || e.kind == WG_MODEL_BOUNDARY_MESSAGE) {
            workload_note_message(p, keep(p, text), keep(p, wg_model_second(&model, i)));
        }
        w->user_tasks = w->user_tasks || e.kind == WG_MODEL_USER_TASK;
    }
}

static void use(struct sim_workload *w, const struct sim_process *processes, uint32_t number) {
    for (uint32_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].number == number) {
            return;
        }
    }
    struct workload_process *p = &w->processes[w->process_count++];
    p->number = number;
    p->id = "one-task";
    if (number == SIM_PROCESS_ONE_TASK) {
        note_type(w, "work");
        return;
    }
    const struct sim_process *process = &processes[number - 1];
    p->id = process->id;
    p->file = process->file;
    sim_process_walk(&process->steps, note_step, p);
    sim_process_walk(&process->steps, note_work, w);
    if (process->form != NULL) {
        note_form(w, p, process);
    }
    wg_time wait = sim_process_wait(process);
    w->longest_wait = wait > w->longest_wait ? wait : w->longest_wait;
    compile(p, process);
    w->longest_resource = p->resource_len > w->longest_resource ? p->resource_len
                                                                : w->longest_resource;
}

#define USER_TASK_WAIT (15 * WG_SECOND) /* until one is exported, found and completed */

void workload_use_processes(struct sim_workload *w, const struct sim_process *processes) {
    for (uint32_t i = 0; i < w->generator_count; i++) {
        const struct sim_workload_options *options = w->generators[i].options;
        use(w, processes, options->process);
        w->processes[w->process_count - 1].options =
            w->processes[w->process_count - 1].options == NULL
                ? options
                : w->processes[w->process_count - 1].options;
        w->longest_backoff = options->retry_backoff > w->longest_backoff ? options->retry_backoff
                                                                         : w->longest_backoff;
    }
    w->longest_wait += w->user_tasks ? USER_TASK_WAIT : 0;
    if (w->type_count == 0) {
        note_type(w, "work"); /* workers ask for something, and find nothing */
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
static uint32_t write_decisions(struct sim_workload *w, const struct workload_process *p,
                                struct wg_writer *out) {
    uint32_t written = 0;
    for (uint32_t i = 0; i < p->choice_count; i++) {
        const struct workload_choice *choice = &p->choices[i];
        bool again = false;
        for (uint32_t j = 0; j < i; j++) {
            again = again || strcmp(p->choices[j].variable, choice->variable) == 0;
        }
        uint32_t which = again ? 0 : sim_choose(&w->work, 3, choice->count + 1);
        if (which > 0) {
            wg_mp_write_str(out, name(choice->variable));
            wg_mp_write_int(out, choice->constants[which - 1]);
            written++;
        }
    }
    return written;
}

uint32_t workload_write_choices(struct sim_workload *w, const struct workload_process *p,
                                struct wg_writer *out) {
    static const uint32_t sizes[] = {2, 1, 3, 0, 5, SIM_PROCESS_ITEMS_MAX};
    uint32_t written = write_decisions(w, p, out);
    for (uint32_t i = 0; i < p->collection_count; i++) {
        uint32_t size = sizes[sim_choose(&w->work, 10, sizeof sizes / sizeof *sizes)];
        wg_mp_write_str(out, name(p->collections[i]));
        wg_mp_write_array(out, size);
        for (uint32_t j = 0; j < size; j++) {
            wg_mp_write_int(out, j);
        }
        written++;
    }
    return written;
}

void workload_done_processes(struct sim_workload *w) {
    for (uint32_t i = 0; i < w->process_count; i++) {
        free(w->processes[i].resource);
    }
}
