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
    }
}

static void count_elements(void *ctx, const struct sim_process_step *step) {
    uint32_t flows = step->branch_count + (step->kind == SIM_STEP_CHOOSE ? 1 : 0);
    bool splits = step->kind == SIM_STEP_PARALLEL || step->kind == SIM_STEP_CHOOSE;
    *(uint32_t *)ctx += splits ? 2 + flows + 1 : 2;
}

uint32_t sim_process_elements(const struct sim_process *process) {
    uint32_t count = 4; /* itself, start, its flow, end */
    sim_process_walk(&process->steps, count_elements, &count);
    return count;
}

static void add_wait(void *ctx, const struct sim_process_step *step) {
    *(wg_time *)ctx += step->after;
}

wg_time sim_process_wait(const struct sim_process *process) {
    wg_time wait = 0;
    sim_process_walk(&process->steps, add_wait, &wait);
    return wait;
}

/* --- freeing --------------------------------------------------------------------------------- */

static void free_list(struct sim_process_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        struct sim_process_step *step = &list->steps[i];
        for (uint32_t j = 0; j < step->branch_count; j++) {
            free_list(&step->branches[j]);
        }
        free_list(&step->otherwise);
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
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_list(const struct sim_process_list *list, FILE *out);

static void put_step(const struct sim_process_step *step, FILE *out) {
    switch ((enum sim_step_kind)step->kind) {
    case SIM_STEP_TASK:
        fprintf(out, "{ task: \"%s\", type: \"%s\", retries: %" PRIu32 " }", step->id, step->type,
                step->retries);
        break;
    case SIM_STEP_TIMER:
        fprintf(out, "{ timer: \"%s\", after: %" PRId64 "ms }", step->id, step->after / WG_MS);
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
