/* The rows of the state that commands read and events write: fixed structs without padding, copied
 * byte by byte, some followed by bytes of variable length. Keys are big-endian numbers.
 *
 * family            key                          row
 * KEY               "k"                          i64 counter
 * PROCESS           process key                  struct wg_process_row
 * PROCESS_BY_ID     bpmn process id, 0, version  struct wg_process_row; version 0 = the latest
 * ELEMENT_INSTANCE  element instance key         struct wg_element_row
 * PROCESS_MODEL     process key                  codec/process_model.h; none for the built-in one
 * TAKEN_FLOW        scope key, u8 flow           u64 times taken into a gateway that joins
 * JOB               job key                      struct wg_job_row, worker, error message, type
 * JOB_ACTIVATABLE   job key                      empty; jobs of the type "work"
 * JOB_ACTIVATABLE_TYPE  type, 0, job key         empty; jobs of other types
 * JOB_BACKOFF       recurring ms, job key        empty
 * TIMER             timer key                    struct wg_timer_row (timer.h)
 * TIMER_DUE         due ms, timer key            empty; not of banned instances
 * JOB_DEADLINE      deadline ms, job key         empty
 * VARIABLE          scope key, name              i64 variable key, MessagePack value
 * INCIDENT          incident key                 struct wg_incident_row, message
 * INCIDENT_BY_JOB   job key                      i64 incident key
 * INCIDENT_BY_ELEMENT  element instance key      i64 incident key; those without a job
 * EVENT_TRIGGER     element instance key         i64 event key, variables
 * BOUNDARY_TRIGGER  element instance key         i64 event key, u8 boundary event, variables
 * CHILD             scope key, child's key       empty; not of the built-in process
 * TIMER_OF          element key, timer key       empty
 * USER_TASK         user task key                struct user_task_row (user_task.c)
 * BANNED            process instance key         empty */
#ifndef WG_PROCESSING_ROWS_H
#define WG_PROCESSING_ROWS_H

#include "seams/state_store.h"

#define WG_CHECKSUM_BYTES 16
/* Text kept in rows is cut to this; records carry it whole. */
#define WG_ROW_TEXT_MAX 250u
/* A variable's name is part of its row's key. */
#define WG_VARIABLE_NAME_MAX 240u

struct wg_process_row {
    int64_t key, version;
    uint8_t checksum[WG_CHECKSUM_BYTES];
};

struct wg_element_row {
    int64_t process_instance_key, flow_scope_key, process_key, version;
    int64_t job_key; /* or that of its user task; a multi-instance body: instances activated so far;
                      * the built-in process: its active child */
    int32_t children;  /* active element instances inside */
    uint8_t state;     /* enum wg_intent_process_instance of the last transition */
    uint8_t element;   /* number in the process's model */
    uint8_t modelled;  /* 1 = the process has a row of its model, 0 = the built-in one */
    uint8_t flows;     /* flows taken inside that lead to nothing active yet; 0 if not modelled */
};

enum wg_job_state {
    WG_JOB_ACTIVATABLE = 1,
    WG_JOB_ACTIVATED = 2,
    WG_JOB_IS_FAILED = 3,
    WG_JOB_IN_BACKOFF = 4,
    WG_JOB_HAS_ERROR = 5 /* thrown, caught by nothing: waits for its incident */
};

struct wg_job_row {
    int64_t deadline; /* -1 = not activated; IN_BACKOFF: when the job recurs */
    int64_t timeout;  /* -1 = not activated */
    int64_t retries;
    int64_t element_instance_key, process_instance_key, process_key, version;
    uint8_t state; /* enum wg_job_state */
    uint8_t worker_len, error_len;
    uint8_t type_len; /* 0 = "work" */
    uint8_t element;  /* number in the process's model; 0 = the built-in process's task */
    uint8_t unused[3]; /* 0 */
};

struct wg_job_texts {
    uint8_t worker[WG_ROW_TEXT_MAX], error[WG_ROW_TEXT_MAX], type[WG_ROW_TEXT_MAX];
};

struct wg_incident_row {
    int64_t job_key, element_instance_key, process_instance_key, process_key;
    uint32_t message_len;
    uint32_t type; /* number in incident.c */
};

bool wg_row_get(const struct wg_state *state, uint8_t cf, wg_key key, struct wg_bytes *ret_value);
void wg_row_put(struct wg_state *state, uint8_t cf, wg_key key, const void *bytes, size_t len);
bool wg_row_remove(struct wg_state *state, uint8_t cf, wg_key key);

bool wg_element_get(const struct wg_state *state, wg_key key, struct wg_element_row *ret_row);
void wg_element_put(struct wg_state *state, wg_key key, const struct wg_element_row *row);

bool wg_job_get(const struct wg_state *state, wg_key key, struct wg_job_row *ret_row,
                struct wg_job_texts *ret_texts);
/* Writes the row and keeps the indexes of activatable jobs and deadlines in step with it. */
void wg_job_put(struct wg_state *state, wg_key key, const struct wg_job_row *row,
                const struct wg_job_texts *texts);
void wg_job_remove(struct wg_state *state, wg_key key);
/* Begins the keys of the index of activatable jobs of that type, which is not "work". */
struct wg_bytes wg_job_type_prefix(uint8_t *out, struct wg_bytes type);
/* Copies text into a row, cut at a character; returns its length. */
uint8_t wg_row_text(uint8_t *out, struct wg_bytes text);

/* `bytes` behind an 8-byte number, the form of several rows. */
void wg_row_put_tagged(struct wg_env *env, struct wg_state *state, uint8_t cf,
                       struct wg_bytes key, int64_t number, struct wg_bytes bytes);
/* Splits such a row; false if it is none. */
bool wg_row_tagged(struct wg_bytes row, int64_t *ret_number, struct wg_bytes *ret_bytes);
/* Key of a variable's row; `out` has WG_STATE_MAX_KEY bytes, the name is short enough. */
struct wg_bytes wg_variable_key(uint8_t *out, wg_key scope, struct wg_bytes name);
/* The process row stored for bpmn process id and version; version 0 = latest. */
bool wg_process_get(const struct wg_state *state, struct wg_bytes id, int64_t version,
                    struct wg_process_row *ret_row);
struct wg_bytes wg_process_key(uint8_t *out, struct wg_bytes id, int64_t version);

#endif
