/* What the files of the director share. Nothing outside engine/exporting includes this. */
#ifndef WG_EXPORTING_DIRECTOR_INTERNAL_H
#define WG_EXPORTING_DIRECTOR_INTERNAL_H

#include "exporting/container.h"
#include "exporting/director.h"
#include "exporting/timers.h"

enum wg_director_phase {
    WG_DIRECTOR_NEW,         /* waits for the first WAKE */
    WG_DIRECTOR_CONFIGURING, /* `cursor` counts containers */
    WG_DIRECTOR_OPENING,     /* ACTIVE only */
    WG_DIRECTOR_LIVE,
    WG_DIRECTOR_IDLE,    /* no exporter configured: no reader, no timer */
    WG_DIRECTOR_CLOSING, /* on request, or on the way to a restart */
    WG_DIRECTOR_WAITING, /* for restart_at */
    WG_DIRECTOR_DEAD,    /* the reader failed, or the quirk keeps it down; only CLOSE helps */
    WG_DIRECTOR_CLOSED
};

/* Where the change of one exporter stands while LIVE or IDLE (reconcile.c). */
enum wg_director_change {
    WG_CHANGE_NONE,
    WG_CHANGE_CLOSING,     /* disabled: its close call goes on */
    WG_CHANGE_CONFIGURING, /* enabled: in `order` already, gets no records yet */
    WG_CHANGE_CONFIGURED,
    WG_CHANGE_OPENING,
    WG_CHANGE_OPENED
};

struct wg_pending_call {
    bool active;
    uint8_t kind; /* enum wg_plugin_call_kind */
    uint32_t container;
    uint64_t id;
};

struct wg_director {
    struct wg_env *env;
    const struct wg_node_options *options;
    const struct wg_partition_options *partition;
    struct wg_log *log;
    struct wg_state *state;
    enum wg_director_mode mode;
    enum wg_director_phase phase;
    wg_term term;
    wg_index commit;
    uint32_t *next_instance;
    uint64_t *next_call;

    struct wg_container *containers; /* of all exporters, in configured order */
    uint32_t *order;                 /* those that run, in the order in which they are visited */
    uint32_t count;                  /* of those */
    bool settings_changed;           /* since `order` was last compared with the settings */
    enum wg_director_change change;
    uint32_t changing;               /* container; while CLOSING its place in `order` */
    uint32_t cursor;  /* into order, while configuring and opening */
    bool close_requested;
    bool stays_down; /* failed for good: nothing is called any more */
    enum wg_exporting_phase exporting;
    bool stalled;    /* quirk: reads nothing until the next commit */
    uint32_t failures; /* in a row, since the director was last live */
    wg_time restart_at;
    struct wg_pending_call pending;

    bool reader_open;
    struct wg_log_reader reader;
    struct wg_record_filter any; /* union of all filters, frozen when configuring ends */
    uint32_t budget;             /* records that may still be read in this step */
    wg_position read_to;         /* highest position read; WG_POSITION_NONE = none yet */
    wg_position rereads_to;      /* up to here records were read before the reader went back */
    bool in_record;
    struct wg_record record; /* being exported */
    struct wg_buf *frame;    /* what its bytes live in, referenced */
    uint32_t next;           /* into order: exporter that gets it next */
    uint32_t attempts;       /* failed ones of this record */
    bool awaiting;           /* container `next` answered PENDING and has not completed yet */
    wg_time retry_at;

    struct wg_exporter_metrics *metrics; /* NULL = nobody asks */
    struct wg_exporter_timers timers;
    wg_time next_distribution;
    wg_time armed_at; /* what the one timer slot is set to */
};

/* 2, 4, 8, 10, 10, ... s for failures = 1, 2, 3, ... (reference: exporters 3.4). */
wg_time wg_director_backoff(uint32_t failures);
/* Emits a call on container `container` and remembers that it is outstanding. */
void wg_director_call(struct wg_director *director, enum wg_plugin_call_kind kind,
                      uint32_t container, uint32_t timer);

/* The gauge of the phase that an operator, or the end of the role, has put it in. */
static inline void wg_director_gauge_state(struct wg_director *director, uint32_t state) {
    if (director->metrics != NULL) {
        director->metrics->state = state;
    }
}

/* lifecycle.c */
void wg_director_start(struct wg_director *director);
WG_MUST_USE wg_status wg_director_start_step(struct wg_director *director);
void wg_director_fail(struct wg_director *director);
/* The operator's phase, from now on. */
void wg_director_set_exporting(struct wg_director *director, enum wg_exporting_phase phase);
void wg_director_unite_filters(struct wg_director *director);
/* Reader behind the lowest position; a director without a reader gets one and goes live. */
WG_MUST_USE wg_status wg_director_go_live(struct wg_director *director);
void wg_director_go_idle(struct wg_director *director);
/* The row of that exporter is deleted, if it has one. */
void wg_director_remove_row(struct wg_director *director, struct wg_container *container);
void wg_director_begin_close(struct wg_director *director);
void wg_director_close_step(struct wg_director *director);

/* reconcile.c: makes `order` what the settings say, one exporter at a time, at most one call each
 * time; *ret_done = something was done. Only while LIVE or IDLE. */
WG_MUST_USE wg_status wg_director_reconcile(struct wg_director *director, bool *ret_done);
void wg_director_change_returned(struct wg_director *director, struct wg_container *container,
                                 const struct wg_plugin_return *returned);

/* export_loop.c: one thing to do while LIVE and ACTIVE; *ret_more = there may be another. */
WG_MUST_USE wg_status wg_director_export_step(struct wg_director *director, bool *ret_more);
void wg_director_export_returned(struct wg_director *director, struct wg_container *container,
                                 const struct wg_plugin_return *returned);
/* The answer to the record that container `container` was handed, if it is the one awaited. */
void wg_director_complete(struct wg_director *director, uint32_t container,
                          const struct wg_plugin_action *action);
void wg_director_drop_record(struct wg_director *director);
/* The exporter at place `at` of `order` is gone: whose turn is it with the record under way? */
void wg_director_forget_turn(struct wg_director *director, uint32_t at);
/* Whether the record under way may go on to the next exporter or attempt. */
bool wg_director_may_go_on(const struct wg_director *director);

/* director.c: applies what the plugin did during a call, in order. */
void wg_director_apply(struct wg_director *director, uint32_t container,
                       const struct wg_plugin_return *returned);
/* The filter that a configure call set, if it set one. */
void wg_director_take_filter(struct wg_container *container,
                             const struct wg_plugin_return *returned);

#endif
