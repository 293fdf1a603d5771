/* What a leader knows of one follower (Zeebe: RaftMemberContext; reference: engine 1.7). Plain
 * data and bookkeeping: decides nothing about raft itself. */
#ifndef WG_RAFT_RAFT_PROGRESS_H
#define WG_RAFT_RAFT_PROGRESS_H

#include "raft/raft_message.h"

#define RAFT_MAX_IN_FLIGHT 16u  /* bound on max_appends_per_follower */
#define RAFT_LATENCY_WINDOW 8u  /* appends that the average latency looks back on */
#define RAFT_BACKOFF_FAILURES 5u /* from here on a member gets heartbeats only */

struct raft_in_flight {
    uint64_t number;
    wg_time sent_at;
};

struct raft_progress {
    wg_node_id node;
    wg_index match;          /* stored there, as far as we were told */
    wg_index next;           /* entry sent next; next - 1 is Zeebe's "current index" */
    wg_index snapshot_index; /* of its own latest snapshot, as far as we were told */
    uint32_t failures;       /* requests in a row without an answer */
    wg_time response_time;   /* of its last answer */

    bool append_succeeded; /* the last append that was answered */
    uint32_t in_flight_count;
    struct raft_in_flight in_flight[RAFT_MAX_IN_FLIGHT];
    wg_time last_append; /* when the last one left */
    wg_time latencies[RAFT_LATENCY_WINDOW];
    wg_time latency_sum;
    uint32_t latency_count, latency_next;

    bool installing;          /* an install request is in flight */
    struct raft_in_flight install;
    struct wg_snapshot_id install_id; /* snapshot being sent */
    uint32_t install_chunk;   /* chunk sent next or again; 0 = from the start */
    bool install_last;        /* the one in flight is the last */
    bool snapshot_unreadable; /* the last attempt to read a chunk failed */
};

/* Forgets all but `node`, as at the start of a leadership. */
void raft_progress_reset(struct raft_progress *progress, wg_index next, wg_time now);

/* Zeebe's canAppend: nothing in flight, or the last one succeeded, fewer than `max` are, and the
 * last left at least average latency / max ago. */
bool raft_progress_can_append(const struct raft_progress *progress, uint32_t max, wg_time now);
void raft_progress_sent(struct raft_progress *progress, uint64_t number, wg_time now);
/* Whether `number` was still waited for; if so it no longer is, and its latency is noted. */
bool raft_progress_answered(struct raft_progress *progress, uint64_t number, wg_time now);
/* Drops the appends sent at or before `oldest` and returns how many. */
uint32_t raft_progress_expire(struct raft_progress *progress, wg_time oldest);

#endif
