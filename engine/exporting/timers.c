/* A short sorted array: exporters keep one or two timers each, and its memory is reused.
 *
 * Invariant: list[i].due <= list[i + 1].due; at most one entry per (container, timer). */
#include "exporting/timers.h"

#include <string.h>

static void remove_at(struct wg_exporter_timers *timers, uint32_t at) {
    timers->count--;
    memmove(&timers->list[at], &timers->list[at + 1],
            (timers->count - at) * sizeof *timers->list);
}

void wg_exporter_timers_cancel(struct wg_exporter_timers *timers, uint32_t container,
                               uint32_t timer) {
    for (uint32_t i = 0; i < timers->count; i++) {
        if (timers->list[i].container == container && timers->list[i].timer == timer) {
            remove_at(timers, i);
            return;
        }
    }
}

void wg_exporter_timers_cancel_all(struct wg_exporter_timers *timers, uint32_t container) {
    for (uint32_t i = timers->count; i-- > 0;) {
        if (timers->list[i].container == container) {
            remove_at(timers, i);
        }
    }
}

static void grow(struct wg_exporter_timers *timers, struct wg_env *env) {
    uint32_t capacity = timers->capacity == 0 ? 8 : timers->capacity * 2;
    struct wg_exporter_timer *list = wg_alloc(env, capacity * sizeof *list);
    if (timers->count > 0) {
        memcpy(list, timers->list, timers->count * sizeof *list);
    }
    wg_free(env, timers->list, timers->capacity * sizeof *list);
    timers->list = list;
    timers->capacity = capacity;
}

void wg_exporter_timers_set(struct wg_exporter_timers *timers, struct wg_env *env,
                            uint32_t container, uint32_t timer, wg_time due) {
    wg_exporter_timers_cancel(timers, container, timer);
    if (timers->count == timers->capacity) {
        grow(timers, env);
    }
    uint32_t at = timers->count;
    while (at > 0 && timers->list[at - 1].due > due) {
        timers->list[at] = timers->list[at - 1];
        at--;
    }
    timers->list[at] = (struct wg_exporter_timer){due, container, timer};
    timers->count++;
}

wg_time wg_exporter_timers_next(const struct wg_exporter_timers *timers) {
    return timers->count == 0 ? WG_TIME_NEVER : timers->list[0].due;
}

struct wg_exporter_timer wg_exporter_timers_pop(struct wg_exporter_timers *timers) {
    struct wg_exporter_timer first = timers->list[0];
    remove_at(timers, 0);
    return first;
}

void wg_exporter_timers_clear(struct wg_exporter_timers *timers) { timers->count = 0; }

void wg_exporter_timers_done(struct wg_exporter_timers *timers, struct wg_env *env) {
    wg_free(env, timers->list, timers->capacity * sizeof *timers->list);
    *timers = (struct wg_exporter_timers){0};
}
