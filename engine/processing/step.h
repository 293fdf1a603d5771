/* One command being handled, and what handlers share: new keys, follow-up records, the reply. */
#ifndef WG_PROCESSING_STEP_H
#define WG_PROCESSING_STEP_H

#include "codec/values.h"
#include "processing/models.h"
#include "processing/results.h"
#include "processing/rows.h"

struct wg_step {
    struct wg_env *env;
    struct wg_state *state;
    wg_partition_id partition;
    int64_t now_ms;
    const struct wg_record *command;
    struct wg_results *results;
};

/* Any typed value. */
union wg_any_value {
    struct wg_value_job job;
    struct wg_value_process_instance process_instance;
    struct wg_value_incident incident;
    struct wg_value_deployment deployment;
    struct wg_value_process process;
    struct wg_value_job_batch job_batch;
    struct wg_value_variable variable;
    struct wg_value_process_instance_creation creation;
    struct wg_value_process_event process_event;
    struct wg_value_error error;
    struct wg_value_timer timer;
    struct wg_value_process_instance_batch batch;
    struct wg_value_user_task user_task;
    union wg_any_typed_value any; /* a log may hold values of every type */
};

typedef wg_status (*wg_handler)(struct wg_step *step);

/* The next key of the partition (protocol 1.6). */
wg_key wg_step_next_key(struct wg_step *step);
/* Appends an event and applies it to the state. */
WG_MUST_USE wg_status wg_step_event(struct wg_step *step, wg_key key, uint8_t value_type,
                                    uint8_t intent, const void *value);
/* The same, and the event answers the request. */
WG_MUST_USE wg_status wg_step_answer(struct wg_step *step, wg_key key, uint8_t value_type,
                                     uint8_t intent, const void *value);
/* Answers the request with an event that a follow-up command will write. */
WG_MUST_USE wg_status wg_step_tell(struct wg_step *step, wg_key key, uint8_t value_type,
                                   uint8_t intent, const void *value);
/* Appends a follow-up command. */
WG_MUST_USE wg_status wg_step_command(struct wg_step *step, wg_key key, uint8_t value_type,
                                      uint8_t intent, const void *value);
/* A command for `partition`. Another partition gets it as a message after the state's transaction,
 * at least never before; this one gets it as a follow-up command, unless `direct` says that it is
 * sent by the clock and not by a command. */
WG_MUST_USE wg_status wg_step_send(struct wg_step *step, wg_partition_id partition,
                                   uint8_t value_type, uint8_t intent, wg_key key,
                                   const void *value, bool direct);
/* The command that was sent after `before` outgoing ones, if there is one, asks for an answer. */
static inline void wg_step_await(struct wg_step *step, uint32_t before, uint64_t number) {
    if (step->results->outgoing_count > before) {
        step->results->outgoing[before].pending = number;
    }
}
/* A copy in the results' memory: texts of rows are borrowed until the state changes. */
static inline struct wg_bytes wg_step_keep(struct wg_step *step, struct wg_bytes bytes) {
    return wg_results_keep(step->results, bytes);
}
/* The number in digits, in the results' memory. */
struct wg_bytes wg_step_number(struct wg_step *step, int64_t number);
static inline bool wg_step_has_quirk(const struct wg_step *step, enum wg_quirk quirk) {
    return (step->results->cluster.quirks & wg_quirk_bit(quirk)) != 0;
}
/* Appends the rejection of the command, its reason being `before`, the command's key, `after`; the
 * client is told `told` (which differs from `type` only where Zeebe does so). */
void wg_step_reject(struct wg_step *step, enum wg_rejection_type type, enum wg_rejection_type told,
                    const char *before, const char *after);
/* The usual case: the client is told the same. */
static inline wg_status wg_step_refuse(struct wg_step *step, enum wg_rejection_type type,
                                       const char *before, const char *after) {
    wg_step_reject(step, type, type, before, after);
    return WG_OK;
}

/* Applies an event whose value is at hand (apply.c). */
WG_MUST_USE wg_status wg_apply(struct wg_env *env, struct wg_state *state, uint8_t value_type,
                               uint8_t intent, wg_key key, const void *value);
WG_MUST_USE wg_status wg_apply_job(struct wg_state *state, uint8_t intent, wg_key key,
                                   const struct wg_value_job *job);
WG_MUST_USE wg_status wg_apply_job_batch(struct wg_state *state,
                                         const struct wg_value_job_batch *batch);

/* Handlers, by command. */
wg_status wg_handle_deployment_create(struct wg_step *step);
wg_status wg_handle_creation_create(struct wg_step *step);
wg_status wg_handle_activate_element(struct wg_step *step);
wg_status wg_handle_complete_element(struct wg_step *step);
wg_status wg_handle_terminate_element(struct wg_step *step);
wg_status wg_handle_cancel(struct wg_step *step);
wg_status wg_handle_batch_terminate(struct wg_step *step);
wg_status wg_handle_batch_activate(struct wg_step *step);
wg_status wg_handle_user_task_complete(struct wg_step *step);
wg_status wg_handle_job_throw_error(struct wg_step *step);
wg_status wg_handle_job_batch_activate(struct wg_step *step);
wg_status wg_handle_job_complete(struct wg_step *step);
wg_status wg_handle_job_fail(struct wg_step *step);
wg_status wg_handle_job_update_retries(struct wg_step *step);
wg_status wg_handle_job_time_out(struct wg_step *step);
wg_status wg_handle_job_recur(struct wg_step *step);
wg_status wg_handle_incident_resolve(struct wg_step *step);

/* The typed value of a process instance's element. Borrows the model. */
void wg_element_value(const struct wg_model *model, uint32_t element,
                      const struct wg_element_row *row,
                      struct wg_value_process_instance *ret_value);
/* What an element instance waited for has come: E PROCESS_EVENT TRIGGERING with the variables, and
 * C COMPLETE_ELEMENT. */
WG_MUST_USE wg_status wg_element_trigger(struct wg_step *step, wg_key key,
                                         struct wg_bytes variables);
/* A job of the state; `value` borrows the texts and the model. */
struct wg_stored_job {
    struct wg_job_row row;
    struct wg_job_texts texts;
    struct wg_value_job value;
};
/* NOT_FOUND: there is no such job. */
WG_MUST_USE wg_status wg_job_load(struct wg_step *step, wg_key key, struct wg_stored_job *ret_job);
/* The typed value of a job. Borrows `texts` and the model. */
void wg_job_value(const struct wg_model *model, const struct wg_job_row *row,
                  const struct wg_job_texts *texts, struct wg_value_job *ret_value);

/* Stands for the element's id in an ERROR_THROWN event that nothing catches. */
#define WG_NO_CATCH_EVENT "NO_CATCH_EVENT_FOUND"
/* E JOB CANCELED, and its incident is resolved; nothing if there is no such job. */
WG_MUST_USE wg_status wg_job_cancel(struct wg_step *step, wg_key key);

/* Whose variables are meant: those of `scope`, an element instance of the process instance. */
struct wg_scope {
    wg_key scope, process_instance_key, process_key;
    struct wg_bytes process_id;
};
/* Sets each variable of the document in the scope itself. */
WG_MUST_USE wg_status wg_variables_set_local(struct wg_step *step, const struct wg_scope *scope,
                                             struct wg_bytes document);
/* The variable that is seen from the scope: its own, or that of the nearest scope around it. Valid
 * until the state's next change. */
bool wg_variable_find(const struct wg_state *state, const struct wg_scope *scope,
                      struct wg_bytes name, struct wg_bytes *ret_value);
/* Whether that one is this number. */
bool wg_variable_equals(const struct wg_state *state, const struct wg_scope *scope,
                        struct wg_bytes name, int64_t number);
/* Sets each variable in the nearest scope that knows it, else in the process instance. */
WG_MUST_USE wg_status wg_variables_propagate(struct wg_step *step, const struct wg_scope *scope,
                                             struct wg_bytes document);
/* The scope's own variables as a document, in the results' memory. */
WG_MUST_USE wg_status wg_variables_local(struct wg_step *step, const struct wg_scope *scope,
                                         struct wg_bytes *ret_document);
/* The variables that are seen from the scope as a document, in the results' memory. `names` (raw
 * array of strings) picks some; none = all. */
WG_MUST_USE wg_status wg_variables_collect(struct wg_step *step, const struct wg_scope *scope,
                                           struct wg_bytes names, struct wg_bytes *ret_document);

#endif
