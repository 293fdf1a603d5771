/* `processes:` models of what clients start (docs/PROCESSES.md). */
#include "sim/scenario/loader.h"

#include <string.h>

#define NS(time) ((uint64_t)(time))
#define STEP(member) offsetof(struct sim_process_step, member)

static SIM_READER(read_steps);
static SIM_READER(read_branches);
static SIM_READER(read_cases);
static SIM_READER(read_boundaries);

#define KINDS "`task`, `user`, `subprocess`, `timer`, `message`, `parallel` and `choose`"

/* Names end up in the compiled form, where they have less room. */
static void read_short_name(struct sim_loader *loader, const struct sim_yaml_node *node,
                            const struct sim_field *field, void *target) {
    sim_read_name(loader, node, field, target);
    const char *name = *(char **)((char *)target + field->offset);
    if (name != NULL && strlen(name) > SIM_PROCESS_NAME_MAX) {
        sim_load_error(loader, node, SIM_WG_RANGE, "names in processes have at most %d characters",
                       SIM_PROCESS_NAME_MAX);
    }
}

/* The key that names a step says what it is; it comes with `field->min` as the kind. */
static void read_kind(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    struct sim_process_step *step = target;
    if (step->kind != SIM_STEP_NONE) {
        sim_load_error(loader, node, SIM_WG_CONFLICT,
                       "a step is one of " KINDS);
        return;
    }
    step->kind = (uint32_t)field->min;
    read_short_name(loader, node, field, target);
    if (step->id != NULL && (strcmp(step->id, "start") == 0 || strcmp(step->id, "end") == 0)) {
        sim_load_error(loader, node, SIM_WG_NAME, "`%s` is the process's own event", step->id);
    }
}

static const char *const switch_names[] = {"false", "true"};
static const struct sim_words switches = {switch_names, SIM_COUNT_OF(switch_names)};

static const struct sim_field step_rows[] = {
    {"task", read_kind, STEP(id), SIM_STEP_TASK, 0, false, NULL, "A service task of this id.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"user", read_kind, STEP(id), SIM_STEP_USER, 0, false, NULL, "A user task of this id.", NULL, NULL,
     SIM_SHAPE_TEXT},
    {"subprocess", read_kind, STEP(id), SIM_STEP_SUBPROCESS, 0, false, NULL,
     "An embedded sub-process of this id.", NULL, NULL, SIM_SHAPE_TEXT},
    {"timer", read_kind, STEP(id), SIM_STEP_TIMER, 0, false, NULL, "A timer of this id.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"message", read_kind, STEP(id), SIM_STEP_MESSAGE, 0, false, NULL,
     "Waits for the message of this name.", NULL, NULL, SIM_SHAPE_TEXT},
    {"key", read_short_name, STEP(variable), 0, 0, false, NULL,
     "Message: the variable that holds the correlation key.", NULL, NULL, SIM_SHAPE_TEXT},
    {"parallel", read_kind, STEP(id), SIM_STEP_PARALLEL, 0, false, NULL,
     "Branches that all run; it goes on when all are done.", NULL, NULL, SIM_SHAPE_TEXT},
    {"choose", read_kind, STEP(id), SIM_STEP_CHOOSE, 0, false, NULL,
     "Branches of which one runs.", NULL, NULL, SIM_SHAPE_TEXT},
    {"type", read_short_name, STEP(type), 0, 0, false, NULL, "Task: the type of its jobs.", "work",
     NULL, SIM_SHAPE_TEXT},
    {"retries", sim_read_count, STEP(retries), 1, 100, false, NULL, "Task: attempts that a job has.",
     "3", NULL, 0},
    {"after", sim_read_duration, STEP(after), NS(WG_MS), NS(30 * WG_SECOND), false, NULL,
     "Timer: how long it waits, in whole milliseconds.", NULL, NULL, 0},
    {"branches", read_branches, 0, 0, 0, false, NULL, "Parallel: 2 to 8 lists of steps.", NULL, NULL,
     SIM_SHAPE_NESTED},
    {"variable", read_short_name, STEP(variable), 0, 0, false, NULL,
     "Choose: the variable that decides.", NULL, NULL, SIM_SHAPE_TEXT},
    {"cases", read_cases, 0, 0, 0, false, NULL,
     "Choose: 1 to 8 mappings of `equals`, a whole number, and `steps`; the first that fits runs.",
     NULL, NULL, SIM_SHAPE_NESTED},
    {"otherwise", read_steps, STEP(otherwise), 0, 0, false, NULL,
     "Choose: the steps that run if no case fits.", "[]", NULL, SIM_SHAPE_NESTED},
    {"steps", read_steps, STEP(body), 0, 0, false, NULL, "Sub-process: what happens in it.", NULL,
     NULL, SIM_SHAPE_NESTED},
    {"forEach", read_short_name, STEP(for_each), 0, 0, false, NULL,
     "Task, user task, sub-process: the variable of a collection; it runs once for each item.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"item", read_short_name, STEP(item), 0, 0, false, NULL,
     "With `forEach`: the variable that gets the item.", NULL, NULL, SIM_SHAPE_TEXT},
    {"output", read_short_name, STEP(output), 0, 0, false, NULL,
     "With `forEach`: the variable that gets a collection of results.", NULL, NULL, SIM_SHAPE_TEXT},
    {"result", read_short_name, STEP(result), 0, 0, false, NULL,
     "With `output`: the variable that holds the result for one item.", NULL, NULL, SIM_SHAPE_TEXT},
    {"sequential", sim_read_word, STEP(sequential), 0, 0, false, &switches,
     "With `forEach`: one item after the other.", "false", NULL, 0},
    {"boundary", read_boundaries, 0, 0, 0, false, NULL,
     "Task, user task, sub-process: up to 4 events that stand at it, each a mapping of `timer` (its "
     "id), `after` and `interrupting`, of `error` (its id) and `code`, or of `message` (its name), "
     "`key` and `interrupting`, and `steps`.", NULL, NULL,
     SIM_SHAPE_NESTED},
};
static SIM_TABLE(step_keys, step_rows);

static const struct sim_field case_rows[] = {
    {"equals", sim_read_count, offsetof(struct sim_process_list, equals), 0, 1000000, true, NULL,
     "The number.", NULL, NULL, 0},
    {"steps", read_steps, 0, 0, 0, true, NULL, "What runs then.", NULL, NULL, SIM_SHAPE_NESTED},
};

#define BOUNDARY(member) offsetof(struct sim_boundary, member)
static const struct sim_field boundary_rows[] = {
    {"timer", read_short_name, BOUNDARY(timer), 0, 0, false, NULL, "A timer of this id.", NULL, NULL,
     SIM_SHAPE_TEXT},
    {"error", read_short_name, BOUNDARY(error), 0, 0, false, NULL, "An error event of this id.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"code", read_short_name, BOUNDARY(code), 0, 0, false, NULL,
     "Error: the code that it catches; any if none is given.", NULL, NULL, SIM_SHAPE_TEXT},
    {"message", read_short_name, BOUNDARY(message), 0, 0, false, NULL, "The message of this name.", NULL,
     NULL, SIM_SHAPE_TEXT},
    {"key", read_short_name, BOUNDARY(key), 0, 0, false, NULL,
     "Message: the variable that holds the correlation key.", NULL, NULL, SIM_SHAPE_TEXT},
    {"after", sim_read_duration, BOUNDARY(after), NS(WG_MS), NS(30 * WG_SECOND), false, NULL,
     "Timer: when, in whole milliseconds.", NULL, NULL, 0},
    {"interrupting", sim_read_word, BOUNDARY(interrupting), 0, 0, false, &switches,
     "Timer, message: whether the activity ends.", "true", NULL, 0},
    {"steps", read_steps, BOUNDARY(steps), 0, 0, false, NULL, "What follows.", "[]", NULL,
     SIM_SHAPE_NESTED},
};

/* What each kind needs, and what only it takes. */
static const struct {
    const char *key;
    uint32_t kind;
    bool needed;
} belongs[] = {
    {"type", SIM_STEP_TASK, false},        {"retries", SIM_STEP_TASK, false},
    {"after", SIM_STEP_TIMER, true},       {"branches", SIM_STEP_PARALLEL, true},
    {"variable", SIM_STEP_CHOOSE, true},   {"cases", SIM_STEP_CHOOSE, true},
    {"otherwise", SIM_STEP_CHOOSE, false}, {"steps", SIM_STEP_SUBPROCESS, true},
    {"key", SIM_STEP_MESSAGE, true},
};
static const char *const of_activities[] = {"boundary", "forEach", "item", "output", "result",
                                            "sequential"};

/* Results are put into a collection of their own. */
static void check_output(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_process_step *step) {
    const char *output = step->output;
    if ((output != NULL) != (step->result != NULL)) {
        sim_load_error(loader, node, SIM_WG_MISSING, "`output` and `result` need each other");
    } else if (output != NULL &&
               (strcmp(output, step->result) == 0 || strcmp(output, "loopCounter") == 0 ||
                (step->item != NULL && strcmp(output, step->item) == 0) ||
                (step->for_each != NULL && strcmp(output, step->for_each) == 0))) {
        sim_load_error(loader, node, SIM_WG_CONFLICT,
                       "`output` needs a variable that nothing else is in");
    }
}

static void check_keys(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_process_step *step) {
    for (size_t i = 0; i < SIM_COUNT_OF(belongs); i++) {
        const struct sim_yaml_node *value = sim_find_key(node, belongs[i].key);
        if (value != NULL && belongs[i].kind != step->kind) {
            sim_load_error(loader, value, SIM_WG_CONFLICT, "`%s` does not belong to such a step",
                           belongs[i].key);
        } else if (value == NULL && belongs[i].needed && belongs[i].kind == step->kind) {
            sim_load_error(loader, node, SIM_WG_MISSING, "the key `%s` is missing", belongs[i].key);
        }
    }
    for (size_t i = 0; i < SIM_COUNT_OF(of_activities); i++) {
        const struct sim_yaml_node *value = sim_find_key(node, of_activities[i]);
        bool loops = i < 2 || sim_find_key(node, "forEach") != NULL;
        if (value != NULL && !sim_step_is_activity(step)) {
            sim_load_error(loader, value, SIM_WG_CONFLICT, "`%s` does not belong to such a step",
                           of_activities[i]);
        } else if (value != NULL && !loops) {
            sim_load_error(loader, value, SIM_WG_CONFLICT, "`%s` is for `forEach`",
                           of_activities[i]);
        }
    }
}

static void read_step(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    struct sim_process_step *step = target;
    step->line = node->line;
    if (!sim_load_fields(loader, node, step_rows, SIM_COUNT_OF(step_rows), step)) {
        return;
    }
    if (step->kind == SIM_STEP_NONE) {
        sim_load_error(loader, node, SIM_WG_MISSING,
                       "one of the keys " KINDS " is missing");
        return;
    }
    check_keys(loader, node, step);
    check_output(loader, node, step);
    if (step->kind == SIM_STEP_TASK) {
        step->type = step->type == NULL ? sim_copy_text("work") : step->type;
        step->retries = step->retries == 0 ? 3 : step->retries;
    }
    if (step->after % WG_MS != 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`after` must be whole milliseconds");
    }
}

static void read_steps(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    struct sim_process_list *list =
        (struct sim_process_list *)(void *)((char *)target + (field == NULL ? 0 : field->offset));
    list->steps = sim_load_list(loader, node, sizeof *list->steps, SIM_PROCESS_STEPS_MAX, read_step,
                                &list->count);
}

/* The kinds that each key belongs to, and whether they need it. */
static const struct {
    const char *key;
    bool timer, error, message, needed;
    const char *kinds;
} of_boundaries[] = {
    {"after", true, false, false, true, "`timer`"},
    {"code", false, true, false, false, "`error`"},
    {"key", false, false, true, true, "`message`"},
    {"interrupting", true, false, true, false, "`timer` and `message`"},
};

/* By its keys, as values that cannot be read have an error of their own. */
static void check_boundary(struct sim_loader *loader, const struct sim_yaml_node *node) {
    bool timer = sim_find_key(node, "timer") != NULL;
    bool error = sim_find_key(node, "error") != NULL;
    bool message = sim_find_key(node, "message") != NULL;
    if (timer + error + message != 1) {
        sim_load_error(loader, node, SIM_WG_CONFLICT,
                       "an event at an activity is one of `timer`, `error` and `message`");
        return;
    }
    for (size_t i = 0; i < SIM_COUNT_OF(of_boundaries); i++) {
        bool fits = (timer && of_boundaries[i].timer) || (error && of_boundaries[i].error) ||
                    (message && of_boundaries[i].message);
        bool given = sim_find_key(node, of_boundaries[i].key) != NULL;
        if (given && !fits) {
            sim_load_error(loader, node, SIM_WG_CONFLICT, "`%s` is for %s", of_boundaries[i].key,
                           of_boundaries[i].kinds);
        } else if (!given && fits && of_boundaries[i].needed) {
            sim_load_error(loader, node, SIM_WG_MISSING, "the key `%s` is missing",
                           of_boundaries[i].key);
        }
    }
}

static void read_boundary(struct sim_loader *loader, const struct sim_yaml_node *node,
                          const struct sim_field *field, void *target) {
    (void)field;
    struct sim_boundary *boundary = target;
    boundary->interrupting = 1;
    if (!sim_load_fields(loader, node, boundary_rows, SIM_COUNT_OF(boundary_rows), boundary)) {
        return;
    }
    check_boundary(loader, node);
    if (boundary->after % WG_MS != 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`after` must be whole milliseconds");
    }
}

/* As Zeebe refuses it. Two of the same message have the same id, which is refused anyway. */
static bool catches_the_same(const struct sim_boundary *a, const struct sim_boundary *b) {
    if (a->error == NULL || b->error == NULL || a->timer != NULL || b->timer != NULL) {
        return false; /* another kind, or refused already */
    }
    return a->code == NULL || b->code == NULL ? a->code == b->code : strcmp(a->code, b->code) == 0;
}

static void read_boundaries(struct sim_loader *loader, const struct sim_yaml_node *node,
                            const struct sim_field *field, void *target) {
    (void)field;
    struct sim_process_step *step = target;
    step->boundaries = sim_load_list(loader, node, sizeof *step->boundaries,
                                     SIM_PROCESS_BOUNDARIES_MAX, read_boundary,
                                     &step->boundary_count);
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (catches_the_same(&step->boundaries[i], &step->boundaries[j])) {
                sim_load_error(loader, node->items[i], SIM_WG_CONFLICT,
                               "`%s` catches the same errors as `%s`", step->boundaries[i].error,
                               step->boundaries[j].error);
            }
        }
    }
}

static void read_branches(struct sim_loader *loader, const struct sim_yaml_node *node,
                          const struct sim_field *field, void *target) {
    (void)field;
    struct sim_process_step *step = target;
    step->branches = sim_load_list(loader, node, sizeof *step->branches, SIM_PROCESS_BRANCHES_MAX,
                                   read_steps, &step->branch_count);
    if (node->kind == SIM_YAML_SEQUENCE && node->item_count < 2) {
        sim_load_error(loader, node, SIM_WG_RANGE, "at least 2 branches are needed");
    }
}

static void read_case(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)field;
    sim_load_fields(loader, node, case_rows, SIM_COUNT_OF(case_rows), target);
}

static void read_cases(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    (void)field;
    struct sim_process_step *step = target;
    if (step->branches != NULL) {
        return; /* `branches` is there too, which check_keys refuses */
    }
    step->branches = sim_load_list(loader, node, sizeof *step->branches, SIM_PROCESS_BRANCHES_MAX,
                                   read_case, &step->branch_count);
    if (node->kind == SIM_YAML_SEQUENCE && node->item_count == 0) {
        sim_load_error(loader, node, SIM_WG_RANGE, "at least 1 case is needed");
    }
}

/* --- a whole process -------------------------------------------------------------------------- */

struct ids {
    struct sim_loader *loader;
    const struct sim_yaml_node *node;
    const char *seen[SIM_PROCESS_ELEMENTS_MAX];
    uint32_t count;
};

static void note_name(struct ids *ids, const char *id, uint32_t line) {
    for (uint32_t i = 0; i < ids->count && id != NULL; i++) {
        if (strcmp(ids->seen[i], id) == 0) {
            sim_load_error(ids->loader, ids->node, SIM_WG_DUPLICATE_ID,
                           "a second step with the id `%s`, in line %u", id, line);
            return;
        }
    }
    if (id != NULL && ids->count < SIM_PROCESS_ELEMENTS_MAX) {
        ids->seen[ids->count++] = id;
    }
}

static void note_id(void *ctx, const struct sim_process_step *step) {
    note_name(ctx, step->id, step->line);
    for (uint32_t i = 0; i < step->boundary_count; i++) {
        const struct sim_boundary *boundary = &step->boundaries[i];
        note_name(ctx, sim_boundary_id(boundary), step->line);
    }
}

static void note_depth(const struct sim_process_list *list, uint32_t depth, uint32_t *deepest) {
    *deepest = depth > *deepest ? depth : *deepest;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct sim_process_step *step = &list->steps[i];
        uint32_t inner = depth + (step->kind == SIM_STEP_SUBPROCESS ? 1 : 0) +
                         (step->for_each != NULL ? 1 : 0);
        note_depth(&step->body, inner, deepest);
        note_depth(&step->otherwise, depth, deepest);
        for (uint32_t j = 0; j < step->branch_count; j++) {
            note_depth(&step->branches[j], depth, deepest);
        }
        for (uint32_t j = 0; j < step->boundary_count; j++) {
            note_depth(&step->boundaries[j].steps, depth, deepest);
        }
    }
}

static const struct sim_field process_rows[] = {
    {"id", read_short_name, offsetof(struct sim_process, id), 0, 0, false, NULL,
     "Its id; unique in the scenario.", NULL, NULL, SIM_SHAPE_TEXT},
    {"steps", read_steps, offsetof(struct sim_process, steps), 0, 0, false, NULL,
     "What happens, one after the other; up to 30 entries.", NULL, &step_keys, SIM_SHAPE_LIST},
    {"bpmn", sim_read_text, offsetof(struct sim_process, file), 0, 0, false, NULL,
     "Instead of `id` and `steps`: a BPMN 2.0 file, its path relative to the scenario's folder.", NULL,
     NULL, SIM_SHAPE_TEXT},
};
SIM_TABLE(sim_process_keys, process_rows);

static void check_process(struct sim_loader *loader, const struct sim_yaml_node *node,
                          struct sim_process *process) {
    struct ids ids = {.loader = loader, .node = node, .seen = {process->id}, .count = 1};
    sim_process_walk(&process->steps, note_id, &ids);
    if (strcmp(process->id, "one-task") == 0) {
        sim_load_error(loader, node, SIM_WG_DUPLICATE_ID, "`one-task` is built in");
    }
    if (sim_process_elements(process) > SIM_PROCESS_ELEMENTS_MAX) {
        sim_load_error(loader, node, SIM_WG_RANGE, "more than %d steps, branches and flows",
                       SIM_PROCESS_ELEMENTS_MAX);
    }
    uint32_t deepest = 0;
    note_depth(&process->steps, 1, &deepest);
    if (deepest > SIM_PROCESS_DEPTH_MAX) {
        sim_load_error(loader, node, SIM_WG_RANGE,
                       "sub-processes and `forEach` more than %d deep inside each other",
                       SIM_PROCESS_DEPTH_MAX - 1);
    }
    if (sim_process_wait(process) > SIM_PROCESS_WAIT_MAX) {
        sim_load_error(loader, node, SIM_WG_RANGE, "all timers together wait longer than 60s");
    }
}

static void read_process(struct sim_loader *loader, const struct sim_yaml_node *node,
                         const struct sim_field *field, void *target) {
    (void)field;
    struct sim_process *process = target;
    uint32_t errors = (uint32_t)loader->diagnostics->errors;
    if (!sim_load_fields(loader, node, process_rows, SIM_COUNT_OF(process_rows), process) ||
        (uint32_t)loader->diagnostics->errors > errors) {
        return;
    }
    const char *other = process->id != NULL ? "id" : "steps";
    if (process->file != NULL && (process->id != NULL || sim_find_key(node, "steps") != NULL)) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`bpmn` excludes `%s`", other);
        return;
    }
    if (process->file != NULL) {
        sim_load_bpmn(loader, node, process);
        return;
    }
    if (process->id == NULL || sim_find_key(node, "steps") == NULL) {
        sim_load_error(loader, node, SIM_WG_MISSING, "the key `%s` is missing",
                       process->id == NULL ? "id" : "steps");
        return;
    }
    check_process(loader, node, process);
    process->text = sim_process_text(process);
}

void sim_read_processes(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->processes = sim_load_list(loader, node, sizeof *scenario->processes, SIM_PROCESSES_MAX,
                                        read_process, &scenario->process_count);
    for (uint32_t i = 1; i < scenario->process_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const char *a = scenario->processes[i].id;
            const char *b = scenario->processes[j].id;
            if (a != NULL && b != NULL && strcmp(a, b) == 0) {
                sim_load_error(loader, node->items[i], SIM_WG_DUPLICATE_ID,
                               "a second process with the id `%s`", a);
            }
        }
    }
}
