/* What the files of the stream processor share. */
#ifndef WG_STREAM_INTERNAL_H
#define WG_STREAM_INTERNAL_H

#include "processing/results.h"
#include "stream/processor.h"

#define WG_TIMER_DUE 0u   /* slot: look for due jobs */
#define WG_TIMER_RETRY 1u /* slot: a refused write may be tried again */

#define WG_STAGED_MAX 256u

enum wg_processor_phase { WG_PHASE_REPLAY, WG_PHASE_PROCESSING };

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
    bool waits_for_retry; /* a write was refused; nothing is processed until the timer */
    struct wg_log_reader reader;
    struct wg_log_writer *writer; /* NULL until replay is over on a leader */
    struct wg_results results;
    struct wg_stream_positions positions;
    wg_position snapshot_position; /* last processed when this processor started */
    wg_position last_read;         /* of any record; NONE = nothing read */
    wg_position first_own;         /* first position this leader gave out */
    uint32_t in_flight;            /* own user commands not yet processed */
    bool due_more;                 /* more timers may be due than were written at once */
    wg_time due_armed;             /* when the timer will fire; WG_TIME_NEVER = not armed */
    uint32_t staged_count;         /* jobs and timers whose command is written, not yet processed */
    wg_key staged[WG_STAGED_MAX];
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

static inline void wg_processor_wake(struct wg_processor *p) {
    wg_emit_post(p->env, p->partition, WG_ACTOR_PROCESSOR, WG_POST_WAKE, true, 0, 0, NULL);
}

#endif
