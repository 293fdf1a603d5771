/* Engine claims: small typed records of what the engine believes it did. Judges use them to
 * cross-check world facts, golden tests compare them, and their hash locates a divergence. Nothing
 * is formatted here; sim/run/trace_text.c renders them. */
#ifndef WAGGLE_TRACE_H
#define WAGGLE_TRACE_H

#include "waggle/ids.h"

/* kind, and the meaning of a, b, c, d (unused ones are 0) */
#define WG_CLAIM_MAP(X)                                                                            \
    X(ROLE)            /* a=enum wg_role b=term */                                                 \
    X(VOTE)            /* a=term b=candidate (vote granted and persisted) */                       \
    X(APPEND)          /* a=index b=term c=lowest position d=highest position (own log) */         \
    X(TRUNCATE)        /* a=last index kept */                                                     \
    X(LOG_RESET)       /* a=next index */                                                          \
    X(COMMIT)          /* a=commit index b=term of that entry c=known term */                      \
    X(COMPACT)         /* a=first index now in the log b=bound asked for */                        \
    X(PROCESSED)       /* a=last processed position b=state hash c=0 processing, 1 replay */       \
    X(REPLAY_DONE)     /* a=last processed position */                                             \
    X(SNAPSHOT)        /* a=index b=term c=processed d=exported; taken locally and persisted */    \
    X(SNAPSHOT_RECEIVED) /* a=index b=term c=processed d=exported; persisted */                    \
    X(SNAPSHOT_SEND)   /* a=index b=to node c=chunk number */                                      \
    X(DIRECTOR)        /* a=1 opened active, 2 opened passive, 0 closed b=term */                  \
    X(EXPORTER_START)  /* a=exporter b=stored position (initialised) c=instance d=metadata ver. */ \
    X(EXPORTER_POSITION) /* a=exporter b=position c=cause: 1 ack 2 skip 3 distributed 4 init */    \
    X(EXPORTER_REMOVED) /* a=exporter: its row was deleted */                                      \
    X(PARTITION_FAILED) /* a=wg_status b=where (enum wg_step) */                                   \
    X(TRANSITION)      /* a=enum wg_role b=term: its services start */                              \
    X(REJECTED)        /* a=request id: command refused before it was written b=error code */      \
    X(EXPORTING_PHASE) /* a=enum wg_exporting_phase in force in this director b=0 it was opened so,\
                          1 it changed while open */                                               \
    X(PROCESSING)      /* a=0 may go on, else bits of enum wg_pause_reason b=term */               \
    X(ASSERTION)       /* a=line b=hash of file name: an assertion does not hold and execution     \
                          goes on (WG_ENV_ASSERTIONS_REPORT) */                                \
    X(EXPORTER_SETTING) /* a=exporter b=0 disabled, 1 enabled, 2 not configured here c=metadata    \
                          version d=source + 1, 0 = none: in force on this replica from now on */

enum wg_claim_kind {
#define WG_CLAIM_ENUM(name) WG_CLAIM_##name,
    WG_CLAIM_MAP(WG_CLAIM_ENUM)
#undef WG_CLAIM_ENUM
    WG_CLAIM_COUNT
};

enum wg_role {
    WG_ROLE_INACTIVE,
    WG_ROLE_PASSIVE,
    WG_ROLE_PROMOTABLE,
    WG_ROLE_FOLLOWER,
    WG_ROLE_CANDIDATE,
    WG_ROLE_LEADER
};

/* Zeebe's exporter phases (exporters 3.2); CLOSED is not claimed. */
enum wg_exporting_phase { WG_EXPORTING, WG_EXPORTING_PAUSED, WG_EXPORTING_SOFT_PAUSED };
enum wg_pause_reason { WG_PAUSED_BY_DISK = 1, WG_PAUSED_BY_ADMIN = 2 };

struct wg_claim {
    uint32_t kind; /* enum wg_claim_kind */
    wg_partition_id partition;
    uint64_t a, b, c, d;
};

#endif
