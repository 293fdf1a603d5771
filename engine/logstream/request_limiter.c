/* Record flow step 2, the request limiter: a fixed limit, or one that learns from how long requests
 * take (additive increase, multiplicative decrease), as Zeebe's by default (engine 3).
 *
 *   a request took longer than `expected_rtt`, and no more were in flight than the limit
 *                                                 limit := limit * backoff, cut to a whole number
 *   it did not, and at least half the limit was in flight      limit := limit + 1
 *   always                                                     least <= limit <= most
 *
 * With a window, the average of at least 10 requests stands for a single one, and at most once per
 * second. Whole numbers only.
 *
 * Invariants: in_flight is the number of written and not yet processed user commands of this
 * leadership; a refused request changes nothing; requests are processed in the order of positions. */
#include "seams/request_limiter.h"

#include "base/assert.h"

#include <string.h>

#define WINDOW WG_SECOND
#define WINDOW_REQUESTS 10u
#define RTT_LEAST (100 * WG_US) /* shorter ones do not count in a window */
#define MILLION 1000000u

/* Intents that no part of the engine handles yet, by their numbers in the protocol. */
enum { DEPLOYMENT_DISTRIBUTE = 2, DEPLOYMENT_DISTRIBUTION_COMPLETE = 1, DISTRIBUTION_ACKNOWLEDGE = 2 };

static void begin_window(struct wg_request_limiter *limiter, wg_time now) {
    limiter->window_ends = now + WINDOW;
    limiter->window_sum = 0;
    limiter->window_count = 0;
    limiter->window_in_flight = 0;
}

void wg_request_limiter_init(struct wg_request_limiter *limiter, struct wg_env *env,
                             const struct wg_limit_options *options) {
    bool moves = options->enabled && options->algorithm == WG_LIMIT_AIMD;
    memset(limiter, 0, sizeof *limiter);
    limiter->options = options;
    limiter->limit = moves ? options->initial : options->fixed;
    if (moves) {
        limiter->timed = wg_alloc(env, WG_TIMED_REQUESTS * sizeof *limiter->timed);
    }
    begin_window(limiter, env->now - WINDOW);
}

void wg_request_limiter_done(struct wg_request_limiter *limiter, struct wg_env *env) {
    wg_free(env, limiter->timed, WG_TIMED_REQUESTS * sizeof *limiter->timed);
    limiter->timed = NULL;
}

static bool passes_always(uint8_t value_type, uint8_t intent) {
    switch (value_type) {
    case WG_VT_JOB:
        return intent == WG_JOB_COMPLETE || intent == WG_JOB_FAIL;
    case WG_VT_PROCESS_INSTANCE:
        return intent == WG_PI_CANCEL;
    case WG_VT_DEPLOYMENT:
        return intent == WG_DEPLOYMENT_CREATE || intent == DEPLOYMENT_DISTRIBUTE;
    case WG_VT_DEPLOYMENT_DISTRIBUTION:
        return intent == DEPLOYMENT_DISTRIBUTION_COMPLETE;
    case WG_VT_COMMAND_DISTRIBUTION:
        return intent == DISTRIBUTION_ACKNOWLEDGE;
    default:
        return false;
    }
}

bool wg_request_limiter_admits(const struct wg_request_limiter *limiter, uint8_t value_type,
                               uint8_t intent) {
    return !limiter->options->enabled || limiter->in_flight < limiter->limit ||
           passes_always(value_type, intent);
}

void wg_request_limiter_written(struct wg_request_limiter *limiter, wg_position position,
                                wg_time now) {
    limiter->in_flight++;
    if (limiter->timed != NULL && limiter->timed_count < WG_TIMED_REQUESTS) {
        uint32_t at = (limiter->first + limiter->timed_count++) % WG_TIMED_REQUESTS;
        limiter->timed[at] = (struct wg_timed_request){position, now, limiter->in_flight};
    }
}

static uint32_t within(const struct wg_limit_options *options, uint32_t limit) {
    limit = limit < options->least ? options->least : limit;
    return limit > options->most ? options->most : limit;
}

/* Requests took `rtt` with `in_flight` of them on their way. */
static void adjust(struct wg_request_limiter *limiter, wg_time rtt, uint32_t in_flight) {
    const struct wg_limit_options *options = limiter->options;
    uint32_t limit = limiter->limit;
    if (rtt > options->expected_rtt) {
        if (in_flight <= limit) { /* else the limit was too high before already */
            limit = (uint32_t)((uint64_t)limit * options->backoff_per_million / MILLION);
        }
    } else if (in_flight * 2 >= limit) {
        limit++;
    }
    limiter->limit = within(options, limit);
}

/* The limit moves when the window is over; what came since then is the next window. */
static void sample(struct wg_request_limiter *limiter, wg_time rtt, uint32_t in_flight,
                   wg_time now) {
    if (!limiter->options->windowed) {
        adjust(limiter, rtt, in_flight);
        return;
    }
    if (rtt < RTT_LEAST) {
        return;
    }
    limiter->window_sum += rtt;
    limiter->window_count++;
    limiter->window_in_flight = in_flight > limiter->window_in_flight ? in_flight
                                                                      : limiter->window_in_flight;
    if (now > limiter->window_ends) {
        if (limiter->window_count >= WINDOW_REQUESTS) {
            adjust(limiter, limiter->window_sum / limiter->window_count, limiter->window_in_flight);
        }
        begin_window(limiter, now);
    }
}

void wg_request_limiter_processed(struct wg_request_limiter *limiter, wg_position position,
                                  wg_time now) {
    if (limiter->in_flight > 0) {
        limiter->in_flight--;
    }
    while (limiter->timed_count > 0 && limiter->timed[limiter->first].position <= position) {
        struct wg_timed_request oldest = limiter->timed[limiter->first];
        limiter->first = (limiter->first + 1) % WG_TIMED_REQUESTS;
        limiter->timed_count--;
        if (oldest.position == position) {
            sample(limiter, now - oldest.since, oldest.in_flight, now);
        }
    }
}
