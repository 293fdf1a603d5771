/* What the files of the stream processor share. */
#ifndef WG_STREAM_INTERNAL_H
#define WG_STREAM_INTERNAL_H

#include "processing/results.h"
#include "seams/request_limiter.h"
#include "stream/processor.h"

#define WG_TIMER_DUE 0u   /* slot: look for due jobs */
#define WG_TIMER_RETRY 1u /* slot: a refused write may be tried again */
#define WG_TIMER_FIRST_CHECK 2u /* slots from here on: see checks.c */
#define WG_TIMER_CHECKS 3u
#define WG_ALL_CHECKS ((1u << WG_TIMER_CHECKS) - 1)

#define WG_STAGED_MAX 256u

enum wg_processor_phase { WG_PHASE_REPLAY, WG_PHASE_PROCESSING };

/* When, or how often, something was sent whose answer is awaited: open addressing, 0 = free. */
struct wg_check_entry {
    uint64_t number;
    int64_t value;
};
struct wg_check_table {
    struct wg_check_entry *entries;
    uint32_t count, capacity;
};
#define WG_CHECK_TABLES 2u /* enum wg_pending_kind */

struct wg_processor {
    struct wg_env *env;
    const struct wg_node_options *options;
    wg_partition_id partition;
    struct wg_log *log;
    struct wg_state *state;
    enum wg_processor_mode mode;
    enum wg_processor_phase phase;
    wg_term term;
    wg_status failed; /* WG_OK = alive */
    uint32_t paused; /* bits of enum wg_pause_reason */
    bool waits_for_retry; /* a write was refused; nothing is processed until a commit or the timer */
    struct wg_log_reader reader;
    struct wg_log_writer *writer; /* NULL until replay is over on a leader */
    struct wg_results results;
    struct wg_stream_positions positions;
    wg_position snapshot_position; /* last processed when this processor started */
    wg_position last_read;         /* of any record; NONE = nothing read */
    wg_position first_own;         /* first position this leader gave out */
    struct wg_request_limiter limiter; /* of own user commands not yet processed */
    bool due_more;                 /* more may be due than was written at once */
    wg_time due_armed;             /* when the timer will fire; WG_TIME_NEVER = not armed */
    uint32_t staged_count;         /* jobs and timers whose command is written, not yet processed */
    wg_key staged[WG_STAGED_MAX];
    const struct wg_topology *topology; /* NULL = nobody is known to lead */
    uint32_t checking; /* bit n: timer n of checks.c is armed; none while replaying */
    struct wg_check_table checks[WG_CHECK_TABLES];
};

/* Replays one batch; *ret_more = false: the committed log is at its end. */
WG_MUST_USE wg_status wg_replay_batch(struct wg_processor *p, bool *ret_more);
/* Leaders: replay is over, commands are processed from here on. */
WG_MUST_USE wg_status wg_replay_finish(struct wg_processor *p);

enum wg_process_result { WG_PROCESS_IDLE, WG_PROCESS_SKIPPED, WG_PROCESS_DONE };
/* Reads one record and processes it if it is a command to be processed. */
WG_MUST_USE wg_status wg_process_next(struct wg_processor *p, enum wg_process_result *ret_result);

/* Admits one client command to the log, or refuses it. */
void wg_request_handle(struct wg_processor *p, const struct wg_request *request);
/* A command that may have come through here has been read for processing. */
void wg_request_release(struct wg_processor *p, const struct wg_record *command);

/* Writes what is due. */
WG_MUST_USE wg_status wg_due_check(struct wg_processor *p);
/* Sees to it that the timer fires when the next job or timer is due. */
void wg_due_arm(struct wg_processor *p);
/* If the command is due work: it is being processed. */
void wg_due_unstage(struct wg_processor *p, const struct wg_record *command);

/* Sends what the results hold for other partitions and forgets it. */
void wg_peers_send(struct wg_processor *p);
/* A command of another partition comes to the log, or is lost. */
WG_MUST_USE wg_status wg_peers_receive(struct wg_processor *p, const struct wg_message *message);

/* Arms the checks if there is anything to look at. */
void wg_checks_start(struct wg_processor *p);
/* The same, after the command whose records are in the results. */
void wg_checks_processed(struct wg_processor *p);
/* A command whose answer is awaited was sent just now. */
void wg_checks_sent(struct wg_processor *p, uint64_t number);
/* One of their timers fired. */
WG_MUST_USE wg_status wg_checks_timer(struct wg_processor *p, uint32_t slot);
void wg_checks_done(struct wg_processor *p);

static inline void wg_processor_wake(struct wg_processor *p) {
    wg_emit_post(p->env, p->partition, WG_ACTOR_PROCESSOR, WG_POST_WAKE, true, 0, 0, NULL);
}

#endif
