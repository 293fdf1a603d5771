/* Processes as a scenario describes them (docs/PROCESSES.md): lists of steps with branches, so that
 * every split is joined and every path ends. sim/workload compiles them to the engine's form. */
#ifndef SIM_SCENARIO_PROCESS_H
#define SIM_SCENARIO_PROCESS_H

#include "waggle/node.h"

#define SIM_PROCESSES_MAX 16
#define SIM_PROCESS_BRANCHES_MAX 8
#define SIM_PROCESS_BOUNDARIES_MAX 4
#define SIM_PROCESS_DEPTH_MAX 12 /* scopes; less than the engine takes */
#define SIM_PROCESS_ITEMS_MAX 12 /* that clients put into a collection */
#define SIM_PROCESS_STEPS_MAX 30    /* of one list */
#define SIM_PROCESS_ELEMENTS_MAX 250 /* nodes and sequence flows of a process, and itself */
#define SIM_PROCESS_NAME_MAX 50     /* bytes of ids, types and variables */
#define SIM_PROCESS_WAIT_MAX (60 * WG_SECOND) /* of all timers of a process together */

enum sim_step_kind {
    SIM_STEP_NONE,
    SIM_STEP_TASK,
    SIM_STEP_TIMER,
    SIM_STEP_PARALLEL,
    SIM_STEP_CHOOSE,
    SIM_STEP_SUBPROCESS,
    SIM_STEP_USER,
    SIM_STEP_MESSAGE
};

struct sim_process_step;

struct sim_process_list {
    uint32_t equals; /* CHOOSE: taken if the variable is this number */
    struct sim_process_step *steps;
    uint32_t count;
};

/* An event that stands at an activity: a timer, an error with its code (NULL = any), or a message with
 * the variable that holds its correlation key. */
struct sim_boundary {
    char *timer, *error, *message; /* its id is one of the three; a message's name too */
    char *code;
    char *key;
    wg_time after;
    uint32_t interrupting; /* 0 or 1 */
    struct sim_process_list steps; /* what follows; if it interrupts, then what follows the activity */
};

struct sim_process_step {
    uint32_t kind; /* enum sim_step_kind */
    uint32_t line;
    char *id;
    char *type;       /* TASK: job type */
    uint32_t retries; /* TASK */
    wg_time after;    /* TIMER */
    char *variable;   /* CHOOSE; MESSAGE: holds the correlation key */
    struct sim_process_list body; /* SUBPROCESS */
    /* TASK, USER, SUBPROCESS: */
    char *for_each; /* variable of a collection: run once for each item; NULL = once */
    char *item;     /* variable that gets the item, NULL = none */
    char *output; /* variable of a collection of results, NULL = none */
    char *result; /* variable that each result is read from */
    uint32_t sequential; /* 0 or 1 */
    struct sim_boundary *boundaries;
    uint32_t boundary_count;
    struct sim_process_list *branches; /* PARALLEL, CHOOSE */
    uint32_t branch_count;
    struct sim_process_list otherwise; /* CHOOSE */
};

struct sim_process {
    char *id;
    struct sim_process_list steps;
    char *text; /* the process in the scenario's form, or the BPMN file: what is deployed */
    /* Of a BPMN file: */
    char *file;    /* as the scenario names it; NULL = there are steps */
    uint8_t *form; /* compiled already (codec/process_model.h) */
    uint32_t form_len;
    wg_time wait;
    bool messages; /* it waits for some */
};

/* The process as one line of YAML, malloced. The same for the same process, however it is laid out
 * in the file. */
char *sim_process_text(const struct sim_process *process);
/* Frees what it holds. */
void sim_process_done(struct sim_process *process);
/* Elements that the compiled form will have. */
uint32_t sim_process_elements(const struct sim_process *process);
/* All timers together, those in sequential loops as often as SIM_PROCESS_ITEMS_MAX. */
wg_time sim_process_wait(const struct sim_process *process);
/* Calls `each` for every step, outer ones first. */
void sim_process_walk(const struct sim_process_list *list,
                      void (*each)(void *ctx, const struct sim_process_step *step), void *ctx);
static inline bool sim_step_is_activity(const struct sim_process_step *step) {
    return step->kind == SIM_STEP_TASK || step->kind == SIM_STEP_USER ||
           step->kind == SIM_STEP_SUBPROCESS;
}
static inline const char *sim_boundary_id(const struct sim_boundary *boundary) {
    const char *other = boundary->error != NULL ? boundary->error : boundary->message;
    return boundary->timer != NULL ? boundary->timer : other;
}
/* Calls `each` for every message that the step waits for, itself or an event at it. */
void sim_step_messages(const struct sim_process_step *step,
                       void (*each)(void *ctx, const char *name, const char *key), void *ctx);
/* Whether one of its boundary events takes its place. */
bool sim_step_is_interruptible(const struct sim_process_step *step);

#endif
