/* Shared by the files of sim/workload only. */
#ifndef SIM_WORKLOAD_INTERNAL_H
#define SIM_WORKLOAD_INTERNAL_H

#include "base/bytes.h"
#include "codec/process_model.h"
#include "sim/workload/workload.h"

#define REQUEST_SLOTS 4096u
#define JOB_SLOTS 4096u
#define ORDER_SLOTS 4096u
#define REQUEST_TIMEOUT (10 * WG_SECOND)
#define QUIET_FOR(w) ((w)->longest_timeout + 5 * WG_SECOND) /* longer than a job's timeout */
/* Pauses between polls that find nothing: while there is work about, and, as Zeebe's gateway probes
 * for a waiting worker, when there has been none for long. */
#define POLL_DELAY_MOST (2 * WG_SECOND)
#define LONG_POLL_DELAY (10 * WG_SECOND)
#define NO_SLOT UINT32_MAX
#define JOB_TYPES_MAX 64u
#define PROCESS_CHOICES_MAX 32u
#define ERROR_CODES_MAX 32u
#define RESULTS_MAX 16u
#define PROCESS_MESSAGES_MAX 16u
#define MESSAGE_SLOTS 4096u
#define MESSAGES_SEEN 1024u
#define MESSAGE_TEXT_MAX 24u /* of correlation keys and ids */
#define CHOICES_ROOM                                                                               \
    (PROCESS_CHOICES_MAX * (2 * SIM_PROCESS_NAME_MAX + 32u + SIM_PROCESS_ITEMS_MAX) +              \
     PROCESS_MESSAGES_MAX * (SIM_PROCESS_NAME_MAX + MESSAGE_TEXT_MAX + 8u) + 32u)
#define DOCUMENT_ROOM (CHOICES_ROOM + 64u) /* of variables */

/* Timer ids: a sort in the high bits, a slot in the low ones. */
enum timer_sort {
    TIMER_GENERATOR = 1,
    TIMER_REQUEST,
    TIMER_POLL,
    TIMER_JOB,
    TIMER_DEPLOY,
    TIMER_BURST,
    TIMER_CLIENT,
    TIMER_ORDER,
    TIMER_MESSAGE,
    TIMER_VERSION,
    TIMER_USER_TASKS
};
#define TIMER_ID(sort, slot) ((uint32_t)(sort) << 24 | (slot))

enum request_purpose {
    PURPOSE_DEPLOY,
    PURPOSE_CREATE,
    PURPOSE_POLL,
    PURPOSE_COMPLETE,
    PURPOSE_FAIL,
    PURPOSE_RETRIES,
    PURPOSE_RESOLVE,
    PURPOSE_PUBLISH,
    PURPOSE_VERSION,
    PURPOSE_THROW,
    PURPOSE_USER_TASK,
    PURPOSE_CANCEL
};

struct request_slot {
    bool used;
    uint8_t purpose; /* enum request_purpose */
    wg_partition_id partition;
    wg_node_id node; /* asked */
    uint64_t id;
    uint32_t job; /* slot of the job or, of a create, of the order, or NO_SLOT; of a poll the worker */
    wg_time sent, deadline;
    uint32_t next_free;
};

/* What a worker does with one activated job. */
struct job_slot {
    bool used;
    bool fails;      /* goes the way of the incident, or of the back-off */
    wg_time backoff; /* 0 = incident */
    uint8_t purpose; /* what is to be sent next */
    uint32_t attempts; /* to send that */
    uint32_t asks;     /* for its incident since the workload was quiesced */
    uint32_t worker;
    wg_partition_id partition;
    wg_key job, incident;
    wg_time wake;
    uint32_t next_free;
};

/* A variable that decides, and the numbers that lead somewhere. */
struct workload_choice {
    const char *variable;
    int64_t constants[SIM_PROCESS_BRANCHES_MAX];
    uint32_t count;
};

/* A process that some generator starts. */
struct workload_process {
    uint32_t number; /* sim_workload_options.process */
    const char *id;
    char *resource; /* text and compact form; NULL = built in */
    uint32_t resource_len;
    const char *file; /* of BPMN; NULL = none */
    struct workload_choice choices[PROCESS_CHOICES_MAX];
    uint32_t choice_count;
    const char *collections[PROCESS_CHOICES_MAX]; /* variables */
    uint32_t collection_count;
    char texts[WG_MODEL_TEXTS_MAX + WG_MODEL_ELEMENTS_MAX]; /* of a compiled process */
    uint32_t text_used;
    /* Messages that instances wait for, and the variables with their correlation keys. */
    const char *messages[PROCESS_MESSAGES_MAX], *keys[PROCESS_MESSAGES_MAX];
    uint32_t message_count;
    const struct sim_workload_options *options; /* of the first generator that starts it */
    uint64_t last_key;
    uint32_t versions; /* deployed after the first one */
};

/* A message that some instance waits for, or will: published until it is seen to have come. */
struct message_slot {
    bool used, sending;
    bool taken;                /* seen while it was being sent */
    uint32_t process, message; /* index into processes, and into its messages */
    uint64_t key;              /* number in the correlation key */
    uint32_t copies;           /* ids used so far */
    uint32_t repeats;          /* of the present id */
    uint32_t late;             /* publications since the workload was quiesced */
    wg_time wake;
    uint32_t next_free;
};

struct partition_client {
    uint32_t deploy_next; /* process */
    bool deployed, deploying;
    wg_node_id guess; /* whom to ask */
    wg_time heard;    /* when an answer last came that was no error */
    wg_time backoff; /* after RESOURCE_EXHAUSTED; 0 = the last answer was another */
    wg_time deploy_at;
};

/* One worker at one partition. */
struct poller {
    uint32_t type;
    bool polling;
    bool refused; /* its last poll was, RESOURCE_EXHAUSTED */
    wg_time at, delay;
    wg_time down_until; /* it crashed */
};

struct generator {
    const struct sim_workload_options *options;
    wg_time next;
    wg_time next_burst;
};

/* A client of a closed loop. */
struct looper {
    uint32_t generator;
    wg_time next;
};

/* An instance that somebody wants and goes on asking for: until it is created, is refused with a
 * rejection, or the retries are used up. */
struct order {
    bool used;
    uint32_t generator;
    uint32_t client; /* who waits for it, or NO_SLOT */
    uint32_t attempts;
    uint64_t first_request;
    wg_time wake; /* next attempt */
    uint32_t next_free;
};

struct sim_workload {
    const struct sim_cluster_options *cluster;
    struct sim_workload_ports ports;
    struct generator *generators;
    uint32_t generator_count;
    struct looper *loopers;
    uint32_t looper_count;
    struct order *orders; /* NULL = no generator needs them */
    struct poller *pollers; /* [worker * (partitions + 1) + partition] */
    uint32_t worker_count;
    struct workload_process processes[SIM_PROCESSES_MAX + 1];
    uint32_t process_count;
    const char *types[JOB_TYPES_MAX]; /* of jobs, one worker for each */
    uint32_t type_count;
    const char *codes[ERROR_CODES_MAX]; /* of errors that processes catch */
    uint32_t code_count;
    const char *results[RESULTS_MAX]; /* variables that processes collect: each job gives them */
    uint32_t result_count;
    bool user_tasks; /* some process has them */
    uint32_t longest_resource;
    wg_time longest_wait, longest_backoff; /* of timers, of retries */
    wg_time longest_timeout;               /* of jobs */
    uint32_t trickles;                     /* instances of the trickle so far */
    struct partition_client *clients; /* [partitions + 1] */
    struct sim_stream arrivals, work;
    struct request_slot *requests;
    struct job_slot *jobs;
    uint32_t free_request, free_job, free_order, requests_used, jobs_used;
    uint64_t next_request;
    uint32_t next_partition;
    wg_time t0, trickle_next, trickle_every;
    struct sim_stream message_stream;
    struct message_slot *messages; /* NULL = no process waits for any */
    uint32_t free_message, messages_used, messages_highest;
    uint64_t next_key;
    wg_key seen[MESSAGES_SEEN]; /* the last messages that were taken, a ring */
    uint32_t seen_count;
    wg_time redeployed; /* when a new version was answered last */
    wg_time chaos_over; /* 0 = not yet */
    bool trickle, quiesced, stopped;
    wg_time last_work; /* when something was there to do last */
    struct sim_workload_counters counters;
    uint8_t *scratch;
    size_t scratch_size;
};

/* workload_requests.c */
/* Sends a command; false = too many are under way. */
bool workload_send(struct sim_workload *w, wg_time now, enum request_purpose purpose,
                   wg_partition_id partition, uint32_t job, uint8_t value_type, uint8_t intent,
                   wg_key key, struct wg_bytes value);
bool workload_send_deploy(struct sim_workload *w, wg_partition_id partition, wg_time now);
/* processes[process] in that version; `slot` comes back with the answer. */
bool workload_send_version(struct sim_workload *w, wg_partition_id partition, uint32_t process,
                           uint32_t version, enum request_purpose purpose, uint32_t slot,
                           wg_time now);
/* The MessagePack form of a typed value, in `scratch`; empty = it does not fit. */
struct wg_bytes workload_encoded(struct sim_workload *w, uint8_t value_type, const void *value);
/* `order` = slot or NO_SLOT. */
bool workload_send_create(struct sim_workload *w, wg_partition_id partition, uint32_t process,
                          uint32_t variable_bytes, uint32_t order, wg_time now);
bool workload_send_poll(struct sim_workload *w, uint32_t worker, wg_partition_id partition,
                        wg_time now);
bool workload_send_job(struct sim_workload *w, uint32_t slot, wg_time now);
/* `asked` did not know or did not answer; stays if the guess has moved on meanwhile. */
void workload_try_next_broker(struct sim_workload *w, wg_partition_id partition, wg_node_id asked);
/* How long to wait before asking again after `reply` (NULL = none came). */
wg_time workload_backoff(struct sim_workload *w, wg_partition_id partition,
                         const struct wg_reply *reply);

/* workload_compile.c */
/* The compact form, at `out`. */
struct wg_bytes workload_compile(const struct sim_process *process, uint8_t *out, uint32_t room);

struct wg_bytes workload_encoded(struct sim_workload *w, uint8_t value_type, const void *value);

/* workload_processes.c */
void workload_use_processes(struct sim_workload *w, const struct sim_process *processes);
void workload_done_processes(struct sim_workload *w);
const struct workload_process *workload_process(const struct sim_workload *w, uint32_t number);
/* Draws the variables that decide the way of a new instance; returns how many were written. */
uint32_t workload_write_choices(struct sim_workload *w, const struct workload_process *p,
                                struct wg_writer *out);

/* workload_messages.c */
void workload_messages_init(struct sim_workload *w, struct sim_choices *choices);
void workload_messages_done(struct sim_workload *w);
void workload_note_message(struct workload_process *p, const char *message, const char *key);
/* Writes the correlation keys of a new instance of processes[process] and sees to its messages;
 * returns how many variables were written. */
uint32_t workload_want_messages(struct sim_workload *w, uint32_t process, struct wg_writer *out,
                                wg_time now);
/* Nobody waits longer for a message from now on than some seconds. */
void workload_messages_quiesce(struct sim_workload *w, wg_time now);
void workload_message_timer(struct sim_workload *w, uint32_t slot, wg_time now);
void workload_message_answered(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                               wg_time now);

/* workload_versions.c: new versions while the workload runs. */
void workload_versions_start(struct sim_workload *w, wg_time now);
void workload_version_timer(struct sim_workload *w, uint32_t generator, wg_time now);
void workload_version_answered(struct sim_workload *w, uint32_t generator,
                               const struct wg_reply *reply, wg_time now);
/* Whether a distribution may be under way still: the pause between two attempts is not over. */
bool workload_distributes(const struct sim_workload *w, wg_time now);

/* workload.c */
static inline struct poller *workload_poller(const struct sim_workload *w, uint32_t worker,
                                             wg_partition_id partition) {
    return &w->pollers[worker * (w->cluster->partitions + 1) + partition];
}
void *workload_alloc(size_t size); /* zeroed; out of memory ends the program */

/* workload_clients.c */
void workload_clients_init(struct sim_workload *w, const struct sim_workload_options *options,
                           uint32_t count);
void workload_clients_done(struct sim_workload *w);
void workload_clients_start(struct sim_workload *w, wg_time now);
void workload_clients_trickle(struct sim_workload *w, wg_time now);
void workload_generator_timer(struct sim_workload *w, uint32_t i, wg_time now);
void workload_burst_timer(struct sim_workload *w, uint32_t i, wg_time now);
void workload_client_timer(struct sim_workload *w, uint32_t client, wg_time now);
void workload_order_timer(struct sim_workload *w, uint32_t slot, wg_time now);
/* A request for an instance was answered; `reply` NULL = not in time. */
void workload_order_answered(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                             wg_time now);

/* workload_flow.c */
/* An instance was created: some are cancelled later. */
void workload_created(struct sim_workload *w, wg_partition_id partition,
                      const struct wg_reply *reply, wg_time now);
/* Looks for new user tasks, again and again. */
void workload_user_tasks(struct sim_workload *w, wg_time now);
bool workload_send_flow(struct sim_workload *w, uint32_t slot, wg_time now);
enum workload_next { WORKLOAD_DONE, WORKLOAD_RESOLVE };
/* What comes after the answer to an error, a cancellation or a user task. */
enum workload_next workload_flow_answered(struct sim_workload *w, const struct job_slot *j,
                                          const struct wg_reply *reply);

/* workload_jobs.c */
/* That of the first generator that is at work. */
const struct sim_workload_options *workload_options_now(const struct sim_workload *w, wg_time now);
/* Something to be sent at that time and until it is answered; false = too much is under way. */
bool workload_job_add(struct sim_workload *w, enum request_purpose purpose,
                      wg_partition_id partition, wg_key key, wg_time at);
/* How the workers behave at present. */
const struct sim_worker_options *workload_workers(const struct sim_workload *w, wg_time now);
void workload_jobs_activated(struct sim_workload *w, uint32_t worker, wg_partition_id partition,
                             struct wg_bytes value, wg_time now);
void workload_job_timer(struct sim_workload *w, uint32_t slot, wg_time now);
/* The answer to a job's request: a record (error false) or nothing usable. */
void workload_job_answer(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                         wg_time now);

#endif
