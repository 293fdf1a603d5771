/* Shared by the files of sim/workload only. */
#ifndef SIM_WORKLOAD_INTERNAL_H
#define SIM_WORKLOAD_INTERNAL_H

#include "base/bytes.h"
#include "sim/workload/workload.h"

#define REQUEST_SLOTS 4096u
#define JOB_SLOTS 4096u
#define REQUEST_TIMEOUT (10 * WG_SECOND)
#define JOB_TIMEOUT_MS 30000
#define MAX_JOBS_PER_POLL 32
#define QUIET_FOR (35 * WG_SECOND) /* longer than a job's timeout */
/* Pauses between polls that find nothing: while there is work about, and, as Zeebe's gateway probes
 * for a waiting worker, when there has been none for long. */
#define POLL_DELAY_MOST (2 * WG_SECOND)
#define LONG_POLL_DELAY (10 * WG_SECOND)
#define NO_SLOT UINT32_MAX
#define JOB_TYPES_MAX 64u
#define PROCESS_CHOICES_MAX 32u
#define DOCUMENT_ROOM (PROCESS_CHOICES_MAX * (SIM_PROCESS_NAME_MAX + 16u) + 64u) /* of variables */

/* Timer ids: a sort in the high bits, a slot in the low ones. */
enum timer_sort { TIMER_GENERATOR = 1, TIMER_REQUEST, TIMER_POLL, TIMER_JOB, TIMER_DEPLOY };
#define TIMER_ID(sort, slot) ((uint32_t)(sort) << 24 | (slot))

enum request_purpose {
    PURPOSE_DEPLOY,
    PURPOSE_CREATE,
    PURPOSE_POLL,
    PURPOSE_COMPLETE,
    PURPOSE_FAIL,
    PURPOSE_RETRIES,
    PURPOSE_RESOLVE
};

struct request_slot {
    bool used;
    uint8_t purpose; /* enum request_purpose */
    wg_partition_id partition;
    wg_node_id node; /* asked */
    uint64_t id;
    uint32_t job; /* slot, or NO_SLOT */
    wg_time deadline;
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
    wg_partition_id partition;
    wg_key job, incident;
    wg_time wake;
    uint32_t next_free;
};

/* A process that some generator starts. */
struct workload_process {
    uint32_t number; /* sim_workload_options.process */
    const char *id;
    char *resource; /* text and compact form; NULL = built in */
    uint32_t resource_len;
    const struct sim_process_step *choices[PROCESS_CHOICES_MAX];
    uint32_t choice_count;
};

struct partition_client {
    uint32_t deploy_next; /* process */
    uint32_t poll_type;
    bool deployed, deploying, polling;
    wg_node_id guess; /* whom to ask */
    wg_time heard;    /* when an answer last came that was no error */
    wg_time poll_at;
    wg_time poll_delay;
    wg_time backoff; /* after RESOURCE_EXHAUSTED; 0 = the last answer was another */
    wg_time deploy_at;
};

struct generator {
    const struct sim_workload_options *options;
    wg_time next;
};

struct sim_workload {
    const struct sim_cluster_options *cluster;
    struct sim_workload_ports ports;
    struct generator *generators;
    uint32_t generator_count;
    struct workload_process processes[SIM_PROCESSES_MAX + 1];
    uint32_t process_count;
    const char *types[JOB_TYPES_MAX]; /* of jobs, one worker for each */
    uint32_t type_count;
    uint32_t longest_resource;
    wg_time longest_wait, longest_backoff; /* of timers, of retries */
    uint32_t trickles;                     /* instances of the trickle so far */
    struct partition_client *clients; /* [partitions + 1] */
    struct sim_stream arrivals, work;
    struct request_slot *requests;
    struct job_slot *jobs;
    uint32_t free_request, free_job, requests_used, jobs_used;
    uint64_t next_request;
    uint32_t next_partition;
    wg_time t0, trickle_next, trickle_every;
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
bool workload_send_create(struct sim_workload *w, wg_partition_id partition,
                          uint32_t process, uint32_t variable_bytes, wg_time now);
bool workload_send_poll(struct sim_workload *w, wg_partition_id partition, wg_time now);
bool workload_send_job(struct sim_workload *w, uint32_t slot, wg_time now);
/* `asked` did not know or did not answer; stays if the guess has moved on meanwhile. */
void workload_try_next_broker(struct sim_workload *w, wg_partition_id partition, wg_node_id asked);
/* How long to wait before asking again after `reply` (NULL = none came). */
wg_time workload_backoff(struct sim_workload *w, wg_partition_id partition,
                         const struct wg_reply *reply);

/* workload_processes.c */
void workload_use_processes(struct sim_workload *w, const struct sim_process *processes);
void workload_done_processes(struct sim_workload *w);
const struct workload_process *workload_process(const struct sim_workload *w, uint32_t number);
/* Draws the variables that decide the way of a new instance; returns how many were written. */
uint32_t workload_write_choices(struct sim_workload *w, const struct workload_process *p,
                                struct wg_writer *out);

/* workload_jobs.c */
void workload_jobs_activated(struct sim_workload *w, wg_partition_id partition,
                             struct wg_bytes value, wg_time now);
void workload_job_timer(struct sim_workload *w, uint32_t slot, wg_time now);
/* The answer to a job's request: a record (error false) or nothing usable. */
void workload_job_answer(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                         wg_time now);

#endif
