/* What the files of `faulty` share: faulty.c (the plugin's functions), faulty_args.c (reading what
 * is wanted), faulty_deeds.c (the bad habits themselves). */
#ifndef WG_EXPORTERS_FAULTY_INTERNAL_H
#define WG_EXPORTERS_FAULTY_INTERNAL_H

#include "exporters/common/bulk.h"
#include "exporters/common/sink_document.h"

/* The call in which a habit strikes. */
enum faulty_place {
    FAULTY_CONFIGURE,
    FAULTY_OPEN,
    FAULTY_EXPORT,
    FAULTY_TIMER,
    FAULTY_CLOSE,
    FAULTY_PLACES
};

/* What a habit does; faulty_args.c has the names, faulty_deeds.c the deeds. */
enum faulty_deed {
    FAULTY_NOTHING,
    /* instead of working */
    FAULTY_FAILS,
    FAULTY_FATAL,
    FAULTY_GARBAGE,
    FAULTY_CRASHES,
    FAULTY_HANGS,
    FAULTY_BLOCKS,
    /* besides working */
    FAULTY_SLOW,
    FAULTY_SLOWS_DOWN,
    FAULTY_LEAKS,
    FAULTY_FORKS,
    FAULTY_REFILTERS,
    FAULTY_REAL_TIME,
    /* answers later */
    FAULTY_PENDING,
    /* in what it acknowledges */
    FAULTY_ACKS_EARLY,
    FAULTY_ACKS_LATE,
    FAULTY_ACKS_NEVER,
    FAULTY_ACKS_IN_CLOSE,
    FAULTY_ACKS_TWICE,
    FAULTY_ACKS_BACKWARDS,
    FAULTY_ACKS_AHEAD,
    FAULTY_ACKS_VALUE,
    FAULTY_METADATA,
    /* in what it stores */
    FAULTY_LOSES,
    FAULTY_DOUBLES,
    FAULTY_REORDERS,
    FAULTY_CHANGES,
    FAULTY_DROPS_AT_CLOSE,
    /* in its timers */
    FAULTY_TIMER_ZERO,
    FAULTY_TIMER_NEGATIVE,
    FAULTY_TIMER_HUGE
};

enum { FAULTY_TIMER_MEND = 2, FAULTY_TIMER_STRIKE = 3, FAULTY_TIMER_ACK = 4, FAULTY_TIMER_DONE = 5 };
enum { FAULTY_EARLY_FLUSH = 20, FAULTY_PARTITIONS = 64 };
#define FAULTY_NEVER (-1)

struct faulty_chunk {
    struct faulty_chunk *next;
};

struct faulty {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    struct exporter_bulk bulk;
    struct sink_document document;
    /* wanted */
    uint32_t deed, place; /* enum faulty_deed, enum faulty_place */
    int64_t nth, times, chance, position;
    int64_t from_ns, mend_after_ns, delay_ns, bytes, value;
    uint64_t partitions; /* bit set of 1..63; 0 = all */
    /* so far */
    int64_t calls[FAULTY_PLACES];
    bool strikes; /* in the call going on */
    int64_t waits_for; /* pending: position of the record */
    bool late_armed;   /* acks-late: the timer runs */
    char *held; /* reorders: the document that waits for its successor */
    uint64_t held_len;
    int64_t held_position;
};

/* faulty_args.c: reads args, sets the filter; the answer of configure. */
int32_t faulty_configure(struct faulty *faulty);

/* faulty_deeds.c */
/* Nanoseconds until the fault ends; 0 = it is over, FAULTY_NEVER. */
int64_t faulty_until_mended(const struct faulty *faulty);
/* Counts the call and decides whether the habit strikes in it; `position` -1 = no record. */
void faulty_enter(struct faulty *faulty, enum faulty_place place, int64_t position);
/* Does the deed of the call if it strikes. Not OK: the call ends with that. */
int32_t faulty_misbehave(struct faulty *faulty);
/* Arms the timer of acks-late unless it is armed. */
int32_t faulty_be_late(struct faulty *faulty);
/* A record was handed over: what this habit acknowledges besides the bulk. */
void faulty_acknowledge(struct faulty *faulty, int64_t position);
/* Stores a document for the bulk, as the habit has it. */
int32_t faulty_put(void *self, const struct wg_exporter_record *record);
int32_t faulty_flush(void *self);
/* Arms the timers of the habit in open; again after they struck. */
int32_t faulty_arm(struct faulty *faulty);

#endif
