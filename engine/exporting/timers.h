/* The director's own ordered list of plugin timers; all of them share one timer slot. */
#ifndef WG_EXPORTING_TIMERS_H
#define WG_EXPORTING_TIMERS_H

#include "waggle/env.h"

#include <stdbool.h>

struct wg_exporter_timer {
    wg_time due;
    uint32_t container, timer;
};

struct wg_exporter_timers {
    struct wg_exporter_timer *list; /* by due time, older first among equals */
    uint32_t count, capacity;
};

/* Arms `timer` of `container`, replacing an armed one of the same number. */
void wg_exporter_timers_set(struct wg_exporter_timers *timers, struct wg_env *env,
                            uint32_t container, uint32_t timer, wg_time due);
void wg_exporter_timers_cancel(struct wg_exporter_timers *timers, uint32_t container,
                               uint32_t timer);
void wg_exporter_timers_cancel_all(struct wg_exporter_timers *timers, uint32_t container);
/* Due time of the first, or WG_TIME_NEVER. */
wg_time wg_exporter_timers_next(const struct wg_exporter_timers *timers);
/* Takes the first off the list; there must be one. */
struct wg_exporter_timer wg_exporter_timers_pop(struct wg_exporter_timers *timers);
void wg_exporter_timers_clear(struct wg_exporter_timers *timers);
void wg_exporter_timers_done(struct wg_exporter_timers *timers, struct wg_env *env);

#endif
