/* Bookkeeping of the requests to one follower (reference: engine 1.7).
 *
 * Invariants: in_flight[0..count) are the unanswered appends, oldest first; latency_sum is the sum
 * of the latencies kept; what was answered or has expired is never found again, so a second or late
 * response has no effect. */
#include "raft/raft_progress.h"

#include <string.h>

void raft_progress_reset(struct raft_progress *progress, wg_index next, wg_time now) {
    wg_node_id node = progress->node;
    memset(progress, 0, sizeof *progress);
    progress->node = node;
    progress->next = next;
    progress->response_time = now;
}

bool raft_progress_can_append(const struct raft_progress *progress, uint32_t max, wg_time now) {
    if (progress->in_flight_count == 0) {
        return true;
    }
    if (!progress->append_succeeded || progress->in_flight_count >= max ||
        progress->latency_count == 0) {
        return false;
    }
    wg_time average = progress->latency_sum / (wg_time)progress->latency_count;
    return now - average / (wg_time)max >= progress->last_append;
}

void raft_progress_sent(struct raft_progress *progress, uint64_t number, wg_time now) {
    progress->in_flight[progress->in_flight_count++] = (struct raft_in_flight){number, now};
    progress->last_append = now;
}

static void note_latency(struct raft_progress *progress, wg_time latency) {
    if (progress->latency_count == RAFT_LATENCY_WINDOW) {
        progress->latency_sum -= progress->latencies[progress->latency_next];
    } else {
        progress->latency_count++;
    }
    progress->latencies[progress->latency_next] = latency;
    progress->latency_sum += latency;
    progress->latency_next = (progress->latency_next + 1) % RAFT_LATENCY_WINDOW;
}

static void drop_in_flight(struct raft_progress *progress, uint32_t at) {
    progress->in_flight_count--;
    for (uint32_t i = at; i < progress->in_flight_count; i++) {
        progress->in_flight[i] = progress->in_flight[i + 1];
    }
}

bool raft_progress_answered(struct raft_progress *progress, uint64_t number, wg_time now) {
    for (uint32_t i = 0; i < progress->in_flight_count; i++) {
        if (progress->in_flight[i].number == number) {
            note_latency(progress, now - progress->in_flight[i].sent_at);
            drop_in_flight(progress, i);
            return true;
        }
    }
    return false;
}

uint32_t raft_progress_expire(struct raft_progress *progress, wg_time oldest) {
    uint32_t expired = 0;
    while (progress->in_flight_count > 0 && progress->in_flight[0].sent_at <= oldest) {
        drop_in_flight(progress, 0);
        expired++;
    }
    return expired;
}
