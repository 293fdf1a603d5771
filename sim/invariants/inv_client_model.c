/* client-model: a sequential model of process instances, fed by what clients were told and by what
 * was committed. A reply with a record answers a command that is committed, and the committed
 * outcome of that command (or of a copy of it, if the network doubled the request) is the same kind
 * of record; each process instance is created once and completed or terminated at most once, when
 * none of its jobs, user tasks and timers is open (and, in the one-task process, its job is
 * completed); each job is completed once and each timer triggered once; at the end every open
 * instance has an open job, user task or timer, or, in the one-task process, a job that is not
 * completed; and there are as many created instances as answered creations in the log.
 *
 * What a cancelled instance had open is cancelled before it is terminated. A banned instance (E ERROR
 * CREATED with its key) is stuck by intention: it need not wait for anything.
 *
 * Scope: requests and replies of all runs; instances when there is a workload. Processes of scenarios
 * are made of steps that always lead on (docs/PROCESSES.md), so an instance waits for a job or a
 * timer or is completed. A request without an answer, or with an error code, is maybe. Keys in replies are
 * not compared: a reply leaves before its follow-ups are committed, and if its leader loses that
 * tail the command is executed again, with other keys perhaps. An answered command without an
 * outcome at the end is a violation only if a later command has one: else it was still to come.
 * Sound: a command is committed before it is processed, and what it does depends on the committed
 * log before it, so every leader that executes it decides alike. Commands are executed in order, so
 * none is left out when a later one has its outcome.
 * Evidence: facts REQUEST, REPLY (b=client is the stream id of the record), REQUEST_TIMEOUT;
 * committed records (request id, source, key, processInstanceKey of the value).
 * Memory: about 80 bytes per request under way and 40 per open instance and job. */
#include "sim/invariants/bench.h"

#define COPIES 4u

struct tracked { /* one request */
    uint64_t key;
    wg_position commands[COPIES]; /* its committed commands, 0 = none */
    uint32_t outcomes[COPIES];    /* record type<<16|value type<<8|intent, + 1; 0 = none yet */
    uint32_t reply;               /* same; 0 = none yet */
    uint8_t value_type;
    bool used;
    uint32_t next_free;
};

/* What is kept of an open instance: whether a job of it was completed, and how many of its jobs and
 * timers are open. */
#define INSTANCE_JOB_DONE 1u
#define ONE_OPEN 2u

struct client_model {
    struct judge_deque tracked; /* struct tracked */
    uint32_t free;              /* list of unused ones, number + 1; 0 = none */
    struct judge_map by_request, by_command;
    struct judge_map instances; /* open ones -> INSTANCE_JOB_DONE + ONE_OPEN * jobs and timers */
    struct judge_map jobs;      /* open ones, timers too -> instance */
    struct judge_map banned;    /* instances */
    uint64_t creations, created;
    uint64_t stuck;             /* open instances that wait for nothing */
    wg_position last_followed; /* highest command with a committed outcome */
};

static void release(void *state) {
    struct client_model *model = state;
    judge_deque_free(&model->tracked);
    judge_map_free(&model->by_request);
    judge_map_free(&model->by_command);
    judge_map_free(&model->instances);
    judge_map_free(&model->jobs);
    judge_map_free(&model->banned);
}

const struct judge_rule inv_client_model_rule = {"client-model", JUDGE_PER_PARTITION,
                                                 sizeof(struct client_model), release};

static struct client_model *model_of(const struct sim_judges *b, wg_partition_id p) {
    struct client_model *model = judge_state(b, INV_CLIENT_MODEL, p - 1);
    model->tracked.elem = sizeof(struct tracked);
    return model;
}

/* --- requests -------------------------------------------------------------------------------- */

static uint64_t request_key(uint64_t client, uint64_t id) {
    return id ^ ((client & 0xFFFFFFFF) * UINT64_C(0x9E3779B97F4A7C15));
}

static struct tracked *find(const struct client_model *model, const struct judge_map *map,
                            uint64_t key) {
    uint64_t at;
    return judge_map_get(map, key, &at) ? judge_deque_at(&model->tracked, (uint32_t)at) : NULL;
}

static uint32_t number_of(const struct client_model *model, const struct tracked *tracked) {
    const struct tracked *first = judge_deque_at(&model->tracked, 0);
    return (uint32_t)(tracked - first);
}

static void forget(struct client_model *model, struct tracked *tracked) {
    judge_map_remove(&model->by_request, tracked->key);
    for (uint32_t i = 0; i < COPIES && tracked->commands[i] != 0; i++) {
        judge_map_remove(&model->by_command, (uint64_t)tracked->commands[i]);
    }
    *tracked = (struct tracked){.next_free = model->free};
    model->free = number_of(model, tracked) + 1;
}

static bool knows_partition(const struct sim_judges *b, wg_partition_id p) {
    return p >= 1 && p <= b->setup->partition_count;
}

void inv_client_model_request(struct sim_judges *b, const struct sim_fact *fact) {
    if (!knows_partition(b, fact->partition)) {
        return;
    }
    struct client_model *model = model_of(b, fact->partition);
    uint64_t key = request_key(fact->b, fact->a);
    struct tracked *tracked = find(model, &model->by_request, key);
    if (tracked != NULL) {
        forget(model, tracked); /* the id is used again: the old request is over */
    }
    uint32_t at = model->free;
    if (at != 0) {
        tracked = judge_deque_at(&model->tracked, at - 1);
        model->free = tracked->next_free;
    } else {
        tracked = judge_deque_push(&model->tracked);
    }
    *tracked = (struct tracked){.key = key, .used = true, .value_type = (uint8_t)(fact->c >> 8)};
    judge_map_put(&model->by_request, key, number_of(model, tracked));
}

/* The request is settled once one of its copies came out as the client was told. */
static bool agrees(const struct tracked *tracked) {
    for (uint32_t i = 0; i < COPIES && tracked->commands[i] != 0; i++) {
        if (tracked->outcomes[i] == tracked->reply) {
            return true;
        }
    }
    return false;
}

/* The outcome of some copy behind `passed` is still to come. */
static bool may_agree(const struct tracked *tracked, wg_position passed) {
    for (uint32_t i = 0; i < COPIES && tracked->commands[i] != 0; i++) {
        if (tracked->outcomes[i] == 0 && tracked->commands[i] > passed) {
            return true;
        }
    }
    return false;
}

static void complain(struct sim_judges *b, wg_partition_id p, const struct tracked *tracked,
                     const char *what) {
    uint32_t told = tracked->reply - 1, got = tracked->outcomes[0] - 1;
    judge_violate(b, INV_CLIENT_MODEL, SIM_BLAME_ENGINE, p, -1,
                  "a client was told record type %u, value type %u, intent %u for command %lld, %s "
                  "(first outcome: record type %u, value type %u, intent %u)", told >> 16 & 0xff,
                  told >> 8 & 0xff, told & 0xff, (long long)tracked->commands[0], what,
                  got >> 16 & 0xff, got >> 8 & 0xff, got & 0xff);
}

static void settle(struct sim_judges *b, wg_partition_id p, struct tracked *tracked) {
    if (tracked->reply == 0 || (!agrees(tracked) && may_agree(tracked, 0))) {
        return;
    }
    if (!agrees(tracked)) {
        complain(b, p, tracked, "but its committed outcome is another");
    }
    forget(model_of(b, p), tracked);
}

void inv_client_model_reply(struct sim_judges *b, const struct sim_fact *fact) {
    if (!knows_partition(b, fact->partition)) {
        return;
    }
    struct client_model *model = model_of(b, fact->partition);
    struct tracked *tracked = find(model, &model->by_request, request_key(fact->b, fact->a));
    if (tracked == NULL) {
        return;
    }
    if ((fact->c & SIM_REPLY_ERROR) != 0) {
        forget(model, tracked);
        return;
    }
    tracked->reply = (uint32_t)(fact->c & 0xffffff) + 1;
    if (tracked->commands[0] == 0) {
        complain(b, fact->partition, tracked, "but no command of that request is committed");
        forget(model, tracked);
        return;
    }
    settle(b, fact->partition, tracked);
}

void inv_client_model_timeout(struct sim_judges *b, const struct sim_fact *fact) {
    if (!knows_partition(b, fact->partition)) {
        return;
    }
    struct client_model *model = model_of(b, fact->partition);
    struct tracked *tracked = find(model, &model->by_request, request_key(fact->b, fact->a));
    if (tracked != NULL) {
        forget(model, tracked);
    }
}

/* --- committed records: what became of requests ---------------------------------------------- */

static void note_command(struct client_model *model, const struct judge_record *record) {
    uint64_t key = request_key((uint32_t)record->stream_id, record->request_id);
    struct tracked *tracked = find(model, &model->by_request, key);
    for (uint32_t i = 0; tracked != NULL && i < COPIES; i++) {
        if (tracked->commands[i] == 0) {
            tracked->commands[i] = record->position;
            judge_map_put(&model->by_command, (uint64_t)record->position,
                          number_of(model, tracked));
            return;
        }
    }
}

/* The first event or rejection of the command's own value type among its follow-ups answers it. */
static void note_outcome(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                         const struct judge_record *record) {
    struct tracked *tracked = find(model, &model->by_command, (uint64_t)record->source);
    bool half_way = record->value_type == WG_VT_USER_TASK && record->record_type == WG_EVENT &&
                    record->intent == WG_USER_TASK_COMPLETING; /* COMPLETED is the answer */
    if (tracked == NULL || record->value_type != tracked->value_type || half_way) {
        return;
    }
    for (uint32_t i = 0; i < COPIES; i++) {
        if (tracked->commands[i] == record->source && tracked->outcomes[i] == 0) {
            tracked->outcomes[i] = ((uint32_t)record->record_type << 16 |
                                    (uint32_t)record->value_type << 8 | record->intent) + 1;
            settle(b, p, tracked);
            return;
        }
    }
}

/* --- committed records: instances and jobs --------------------------------------------------- */

static void misfits(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                    const char *what) {
    judge_violate(b, INV_CLIENT_MODEL, SIM_BLAME_ENGINE, p, -1, "record %lld %s (key %lld)",
                  (long long)record->position, what, (long long)record->key);
}

static bool is_banned(const struct client_model *model, uint64_t instance) {
    uint64_t ignored;
    return judge_map_get(&model->banned, instance, &ignored);
}

/* It may stand still from now on, or be cancelled. */
static void bans(struct client_model *model, uint64_t instance) {
    uint64_t done = 0;
    judge_map_put(&model->banned, instance, 1);
    if (judge_map_get(&model->instances, instance, &done)) {
        model->stuck -= done < ONE_OPEN ? 1 : 0;
        judge_map_remove(&model->instances, instance);
    }
}

static void instance_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                           const struct judge_record *record) {
    uint64_t done = 0;
    uint64_t key = (uint64_t)record->key;
    bool open = judge_map_get(&model->instances, key, &done);
    if (record->intent == WG_PI_ELEMENT_ACTIVATING) {
        if (open) {
            misfits(b, p, record, "creates a process instance that exists");
        }
        judge_map_put(&model->instances, key, 0);
        model->created++;
        model->stuck++;
    } else if (record->intent == WG_PI_ELEMENT_COMPLETED) {
        if (!open) {
            misfits(b, p, record, "completes a process instance that is not open");
        } else if (done >= ONE_OPEN) {
            misfits(b, p, record, "completes a process instance with open jobs or timers");
        } else if (done == 0 && b->setup->only_one_task) {
            misfits(b, p, record, "completes a process instance whose job is not completed");
        }
        model->stuck -= open && done < ONE_OPEN ? 1 : 0;
        judge_map_remove(&model->instances, key);
    } else if (record->intent == WG_PI_ELEMENT_TERMINATED) {
        if (!open && !is_banned(model, key)) {
            misfits(b, p, record, "terminates a process instance that is not open");
        } else if (open && done >= ONE_OPEN) {
            misfits(b, p, record, "terminates a process instance with open jobs or timers");
        }
        model->stuck -= open && done < ONE_OPEN ? 1 : 0;
        judge_map_remove(&model->instances, key);
    }
}

/* A job or timer of the instance is there. */
static void opens(struct client_model *model, uint64_t key, uint64_t instance) {
    uint64_t done = 0;
    judge_map_put(&model->jobs, key, instance);
    if (judge_map_get(&model->instances, instance, &done)) {
        model->stuck -= done < ONE_OPEN ? 1 : 0;
        judge_map_put(&model->instances, instance, done + ONE_OPEN);
    }
}

/* It is over; false = it was not open. */
static bool closes(struct client_model *model, uint64_t key, uint64_t flags) {
    uint64_t instance = 0, done = 0;
    if (!judge_map_get(&model->jobs, key, &instance)) {
        return false;
    }
    judge_map_remove(&model->jobs, key);
    if (judge_map_get(&model->instances, instance, &done)) {
        done = (done - ONE_OPEN) | flags;
        model->stuck += done < ONE_OPEN ? 1 : 0;
        judge_map_put(&model->instances, instance, done);
    }
    return true;
}

static void job_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                      const struct judge_record *record) {
    uint64_t key = (uint64_t)record->key;
    if (record->intent == WG_JOB_CREATED) {
        opens(model, key, (uint64_t)record->instance);
    } else if (record->intent == WG_JOB_COMPLETED) {
        if (!closes(model, key, INSTANCE_JOB_DONE)) {
            misfits(b, p, record, "completes a job that is not open");
        }
    } else if (record->intent == WG_JOB_CANCELED ||
               (record->intent == WG_JOB_ERROR_THROWN && record->caught)) {
        if (!closes(model, key, 0)) {
            misfits(b, p, record, "cancels a job that is not open, or throws its error");
        }
    }
}

static void user_task_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                            const struct judge_record *record) {
    uint64_t key = (uint64_t)record->key;
    if (record->intent == WG_USER_TASK_CREATED) {
        opens(model, key, (uint64_t)record->instance);
    } else if ((record->intent == WG_USER_TASK_COMPLETED ||
                record->intent == WG_USER_TASK_CANCELED) &&
               !closes(model, key, INSTANCE_JOB_DONE)) {
        misfits(b, p, record, "ends a user task that is not open");
    }
}

static void timer_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                        const struct judge_record *record) {
    if (record->intent == WG_TIMER_CREATED) {
        opens(model, (uint64_t)record->key, (uint64_t)record->instance);
    } else if ((record->intent == WG_TIMER_TRIGGERED || record->intent == WG_TIMER_CANCELED) &&
               !closes(model, (uint64_t)record->key, 0)) {
        misfits(b, p, record, "triggers or cancels a timer that is not open");
    }
}

/* A wait for a message is over when one is taken that ends it, or when it is given up. */
static void message_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                          const struct judge_record *record) {
    uint64_t key = (uint64_t)record->key;
    bool taken = record->intent == WG_PROCESS_SUBSCRIPTION_CORRELATED && record->caught;
    if (record->intent == WG_PROCESS_SUBSCRIPTION_CREATING) {
        opens(model, key, (uint64_t)record->instance);
    } else if ((taken || record->intent == WG_PROCESS_SUBSCRIPTION_DELETING) &&
               !closes(model, key, 0)) {
        misfits(b, p, record, "ends a wait for a message that is over");
    }
}

static void process_event(struct sim_judges *b, wg_partition_id p, struct client_model *model,
                          const struct judge_record *record) {
    if (record->value_type == WG_VT_PROCESS_INSTANCE && record->key == record->instance) {
        instance_event(b, p, model, record);
    } else if (record->value_type == WG_VT_JOB) {
        job_event(b, p, model, record);
    } else if (record->value_type == WG_VT_TIMER) {
        timer_event(b, p, model, record);
    } else if (record->value_type == WG_VT_USER_TASK) {
        user_task_event(b, p, model, record);
    } else if (record->value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION) {
        message_event(b, p, model, record);
    } else if (record->value_type == WG_VT_ERROR && record->intent == WG_ERROR_CREATED &&
               record->instance > 0) {
        bans(model, (uint64_t)record->instance);
    } else if (record->value_type == WG_VT_PROCESS_INSTANCE_CREATION &&
               record->intent == WG_PIC_CREATED) {
        model->creations++;
    }
}

void inv_client_model_record(struct sim_judges *b, wg_partition_id p,
                             const struct judge_record *record) {
    struct client_model *model = model_of(b, p);
    if (record->record_type == WG_COMMAND) {
        if (record->request_id != UINT64_MAX) {
            note_command(model, record);
        }
        return;
    }
    if (record->source > 0) {
        model->last_followed = record->source > model->last_followed ? record->source
                                                                     : model->last_followed;
        note_outcome(b, p, model, record);
    }
    if (b->setup->has_process_model && record->record_type == WG_EVENT) {
        process_event(b, p, model, record);
    }
}

/* --- the end --------------------------------------------------------------------------------- */

static void finish_partition(struct sim_judges *b, wg_partition_id p) {
    struct client_model *model = model_of(b, p);
    for (uint32_t i = 0; i < model->tracked.count; i++) {
        const struct tracked *tracked = judge_deque_at(&model->tracked, i);
        if (tracked->used && tracked->reply != 0 && !may_agree(tracked, model->last_followed)) {
            complain(b, p, tracked, "but it has no committed outcome and later commands have");
        }
    }
    if (b->setup->has_process_model && model->stuck > 0) {
        judge_violate(b, INV_CLIENT_MODEL, SIM_BLAME_ENGINE, p, -1,
                      "at the end %llu process instances are open although no job or timer of them "
                      "is",
                      (unsigned long long)model->stuck);
    }
    if (b->setup->has_process_model && model->creations != model->created) {
        judge_violate(b, INV_CLIENT_MODEL, SIM_BLAME_ENGINE, p, -1,
                      "%llu creations were answered but %llu process instances were created",
                      (unsigned long long)model->creations, (unsigned long long)model->created);
    }
}

void inv_client_model_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        finish_partition(b, p);
    }
}
