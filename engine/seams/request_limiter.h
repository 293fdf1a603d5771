/* Seam: how many user commands of a partition's leader may be on their way from the log to the end of
 * their processing (reference: engine 3). Implemented by engine/logstream, asked by engine/stream.
 * Lives as long as one leadership. */
#ifndef WG_SEAMS_REQUEST_LIMITER_H
#define WG_SEAMS_REQUEST_LIMITER_H

#include "waggle/env.h"
#include "waggle/node.h"

/* Requests whose way is timed at most; others count, but say nothing about the time. */
#define WG_TIMED_REQUESTS 2048u

struct wg_timed_request {
    wg_position position;
    wg_time since;
    uint32_t in_flight; /* with it */
};

struct wg_request_limiter {
    const struct wg_limit_options *options;
    uint32_t limit;
    uint32_t in_flight;
    struct wg_timed_request *timed; /* ring, oldest first; NULL = the limit does not move */
    uint32_t first, timed_count;
    /* The window: samples since it began. */
    wg_time window_ends;
    wg_time window_sum;
    uint32_t window_count, window_in_flight;
};

/* `options` is borrowed. */
void wg_request_limiter_init(struct wg_request_limiter *limiter, struct wg_env *env,
                             const struct wg_limit_options *options);
void wg_request_limiter_done(struct wg_request_limiter *limiter, struct wg_env *env);

/* Whether one more command of that sort may be written. Those that free resources, and those from
 * other partitions' leaders that somebody waits for, always may. */
bool wg_request_limiter_admits(const struct wg_request_limiter *limiter, uint8_t value_type,
                               uint8_t intent);
/* It was written at `position`. */
void wg_request_limiter_written(struct wg_request_limiter *limiter, wg_position position,
                                wg_time now);
/* A user command of this leadership at `position` was processed; moves the limit. */
void wg_request_limiter_processed(struct wg_request_limiter *limiter, wg_position position,
                                  wg_time now);

#endif
