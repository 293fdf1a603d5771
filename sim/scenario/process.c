/* What can be said of a process without running it: its text, its size, its steps. */
#include "sim/scenario/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- walking --------------------------------------------------------------------------------- */

void sim_process_walk(const struct sim_process_list *list,
                      void (*each)(void *ctx, const struct sim_process_step *step), void *ctx) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct sim_process_step *step = &list->steps[i];
        each(ctx, step);
        for (uint32_t j = 0; j < step->branch_count; j++) {
            sim_process_walk(&step->branches[j], each, ctx);
        }
        sim_process_walk(&step->otherwise, each, ctx);
        sim_process_walk(&step->body, each, ctx);
        for (uint32_t j = 0; j < step->boundary_count; j++) {
            sim_process_walk(&step->boundaries[j].steps, each, ctx);
        }
    }
}

void sim_step_messages(const struct sim_process_step *step,
                       void (*each)(void *ctx, const char *name, const char *key), void *ctx) {
    if (step->kind == SIM_STEP_MESSAGE) {
        each(ctx, step->id, step->variable);
    }
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        if (step->boundaries[i].message != NULL) {
            each(ctx, step->boundaries[i].message, step->boundaries[i].key);
        }
    }
}

bool sim_step_is_interruptible(const struct sim_process_step *step) {
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        if (step->boundaries[i].interrupting) {
            return true;
        }
    }
    return false;
}

/* Events with their flows; their ends, or the gateway where they meet what follows the activity. */
static uint32_t around(const struct sim_process_step *step) {
    uint32_t count = sim_step_is_interruptible(step) ? 2 : 0;
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        count += step->boundaries[i].interrupting ? 2 : 3;
    }
    return count;
}

static void count_elements(void *ctx, const struct sim_process_step *step) {
    uint32_t flows = step->branch_count + (step->kind == SIM_STEP_CHOOSE ? 1 : 0);
    bool splits = step->kind == SIM_STEP_PARALLEL || step->kind == SIM_STEP_CHOOSE;
    uint32_t inside = step->kind == SIM_STEP_SUBPROCESS ? 3 : 0; /* start, its flow, end */
    *(uint32_t *)ctx += (splits ? 2 + flows + 1 : 2) + inside + around(step) +
                        (step->for_each != NULL ? 1 : 0);
}

uint32_t sim_process_elements(const struct sim_process *process) {
    uint32_t count = 4; /* itself, start, its flow, end */
    sim_process_walk(&process->steps, count_elements, &count);
    return count;
}

static wg_time list_wait(const struct sim_process_list *list) {
    wg_time wait = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct sim_process_step *step = &list->steps[i];
        wg_time times = step->sequential ? SIM_PROCESS_ITEMS_MAX : 1;
        wait += step->after + times * list_wait(&step->body) + list_wait(&step->otherwise);
        for (uint32_t j = 0; j < step->branch_count; j++) {
            wait += list_wait(&step->branches[j]);
        }
        for (uint32_t j = 0; j < step->boundary_count; j++) {
            wait += step->boundaries[j].after + list_wait(&step->boundaries[j].steps);
        }
    }
    return wait;
}

wg_time sim_process_wait(const struct sim_process *process) {
    return process->form != NULL ? process->wait : list_wait(&process->steps);
}

/* --- freeing --------------------------------------------------------------------------------- */

static void free_list(struct sim_process_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        struct sim_process_step *step = &list->steps[i];
        for (uint32_t j = 0; j < step->branch_count; j++) {
            free_list(&step->branches[j]);
        }
        free_list(&step->otherwise);
        free_list(&step->body);
        for (uint32_t j = 0; j < step->boundary_count; j++) {
            free_list(&step->boundaries[j].steps);
            free(step->boundaries[j].timer);
            free(step->boundaries[j].error);
            free(step->boundaries[j].code);
            free(step->boundaries[j].message);
            free(step->boundaries[j].key);
        }
        free(step->boundaries);
        free(step->for_each);
        free(step->item);
        free(step->output);
        free(step->result);
        free(step->branches);
        free(step->id);
        free(step->type);
        free(step->variable);
    }
    free(list->steps);
}

void sim_process_done(struct sim_process *process) {
    free_list(&process->steps);
    free(process->id);
    free(process->text);
    free(process->file);
    free(process->form);
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_list(const struct sim_process_list *list, FILE *out);

static void put_boundary(const struct sim_boundary *boundary, FILE *out) {
    const char *interrupting = boundary->interrupting ? "true" : "false";
    if (boundary->timer != NULL) {
        fprintf(out, "{ timer: \"%s\", after: %" PRId64 "ms, interrupting: %s, steps: ",
                boundary->timer, boundary->after / WG_MS, interrupting);
    } else if (boundary->message != NULL) {
        fprintf(out, "{ message: \"%s\", key: \"%s\", interrupting: %s, steps: ",
                boundary->message, boundary->key, interrupting);
    } else {
        fprintf(out, "{ error: \"%s\", ", boundary->error);
        if (boundary->code != NULL) {
            fprintf(out, "code: \"%s\", ", boundary->code);
        }
        fputs("steps: ", out);
    }
    put_list(&boundary->steps, out);
    fputs(" }", out);
}

/* What activities have behind their own keys. */
static void put_around(const struct sim_process_step *step, FILE *out) {
    if (step->for_each != NULL) {
        fprintf(out, ", forEach: \"%s\"", step->for_each);
        if (step->item != NULL) {
            fprintf(out, ", item: \"%s\"", step->item);
        }
        if (step->output != NULL) {
            fprintf(out, ", output: \"%s\", result: \"%s\"", step->output, step->result);
        }
        fputs(step->sequential ? ", sequential: true" : "", out);
    }
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        fputs(i == 0 ? ", boundary: [" : ", ", out);
        put_boundary(&step->boundaries[i], out);
    }
    fputs(step->boundary_count > 0 ? "] }" : " }", out);
}

static void put_step(const struct sim_process_step *step, FILE *out) {
    switch ((enum sim_step_kind)step->kind) {
    case SIM_STEP_TASK:
        fprintf(out, "{ task: \"%s\", type: \"%s\", retries: %" PRIu32, step->id, step->type,
                step->retries);
        put_around(step, out);
        break;
    case SIM_STEP_USER:
        fprintf(out, "{ user: \"%s\"", step->id);
        put_around(step, out);
        break;
    case SIM_STEP_SUBPROCESS:
        fprintf(out, "{ subprocess: \"%s\", steps: ", step->id);
        put_list(&step->body, out);
        put_around(step, out);
        break;
    case SIM_STEP_TIMER:
        fprintf(out, "{ timer: \"%s\", after: %" PRId64 "ms }", step->id, step->after / WG_MS);
        break;
    case SIM_STEP_MESSAGE:
        fprintf(out, "{ message: \"%s\", key: \"%s\" }", step->id, step->variable);
        break;
    case SIM_STEP_PARALLEL:
        fprintf(out, "{ parallel: \"%s\", branches: [", step->id);
        for (uint32_t i = 0; i < step->branch_count; i++) {
            fputs(i == 0 ? "" : ", ", out);
            put_list(&step->branches[i], out);
        }
        fputs("] }", out);
        break;
    default:
        fprintf(out, "{ choose: \"%s\", variable: \"%s\", cases: [", step->id, step->variable);
        for (uint32_t i = 0; i < step->branch_count; i++) {
            fprintf(out, "%s{ equals: %" PRIu32 ", steps: ", i == 0 ? "" : ", ",
                    step->branches[i].equals);
            put_list(&step->branches[i], out);
            fputs(" }", out);
        }
        fputs("], otherwise: ", out);
        put_list(&step->otherwise, out);
        fputs(" }", out);
        break;
    }
}

static void put_list(const struct sim_process_list *list, FILE *out) {
    fputc('[', out);
    for (uint32_t i = 0; i < list->count; i++) {
        fputs(i == 0 ? "" : ", ", out);
        put_step(&list->steps[i], out);
    }
    fputc(']', out);
}

char *sim_process_text(const struct sim_process *process) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        abort();
    }
    fprintf(out, "{ id: \"%s\", steps: ", process->id);
    put_list(&process->steps, out);
    fputs(" }", out);
    if (fclose(out) != 0) {
        abort();
    }
    return text;
}
