/* World facts: what the simulated world saw happen, as small typed records. The accused (engine,
 * plugin) does not write them. Judges decide on these; the run hash covers them. */
#ifndef SIM_WORLD_FACTS_H
#define SIM_WORLD_FACTS_H

#include "waggle/ids.h"

#include <stdint.h>

/* kind and the meaning of a..d and of ptr/len */
#define SIM_FACT_MAP(X)                                                                            \
    X(PHASE)          /* a=enum sim_phase begins */                                                \
    X(BROKER_START)   /* node; a=incarnation */                                                    \
    X(BROKER_END)     /* node; a=incarnation b=enum sim_end: kill, stop, power loss */             \
    X(MESSAGE_SENT)   /* node=from; a=to b=kind c=digest */                                        \
    X(MESSAGE_DELIVERED) /* node=to; a=from b=kind c=digest */                                     \
    X(MESSAGE_LOST)   /* node=from; a=to b=kind c=enum sim_loss */                                 \
    X(DISK_OPEN)      /* node; a=file number; ptr=path: from now on the number names that path */  \
    X(DISK_WRITE)     /* node; a=file b=offset c=change number of the file; ptr=bytes: in the      \
                         cache, not durable */                                                     \
    X(DISK_RESIZE)    /* node; a=file b=new size c=change number of the file */                    \
    X(DISK_SYNCED)    /* node; a=file b=change number: all its writes and resizes up to that one   \
                         (those before the sync was asked for) are durable now */                  \
    X(DISK_RENAMED)   /* node; ptr=from path NUL to path */                                        \
    X(DISK_REMOVED)   /* node; a=file; ptr=path */                                                 \
    X(DISK_POWER_LOST) /* node: what was not durable may be gone or torn; read the disk again */   \
    X(DISK_DAMAGED)   /* node; a=file b=offset; ptr=path where a fault changed stored bytes, none      \
                         where a failed sync lost them: read the disk again */                     \
    X(PLUGIN_CALL)    /* node, partition; a=instance b=exporter c=enum wg_plugin_call_kind         \
                         d=position (export); ptr=stored metadata (open), or                       \
                         struct wg_record, len 0 (export) */                                       \
    X(PLUGIN_RETURN)  /* node, partition; a=instance b=exporter c=kind<<8|enum wg_plugin_result    \
                         d=position; PENDING: another return tells the answer */                   \
    X(PLUGIN_ACK)     /* node, partition; a=instance b=exporter c=position (from inside a call);   \
                         ptr=metadata, NULL = none or empty */                                     \
    X(PLUGIN_FILTER)  /* node, partition; a=instance b=exporter; ptr=struct wg_record_filter */    \
    X(PLUGIN_BREACH)  /* node, partition; a=instance b=exporter c=enum sim_breach d=value; ptr=what  \
                         it did, a phrase: the plugin broke the rules of exporter.h */             \
    X(SINK_PUT)       /* partition; a=exporter b=position c=content hash d=instance */             \
    X(SINK_DURABLE)   /* partition; a=exporter b=position c=content hash: each put made durable */ \
    X(REQUEST)        /* a=request id b=client c=value type<<8|intent d=key; partition */          \
    X(REPLY)          /* a=request id b=client c=record type<<16|value type<<8|intent, or        \
                         SIM_REPLY_ERROR|error code; d=key; ptr=value */                           \
    X(REQUEST_TIMEOUT) /* a=request id b=client: the outcome is unknown */                         \
    X(FAULT_BEGIN)    /* node=target; a=fault number b=kind c=target node (or ~0) d=1 it holds up  \
                         the target's work: its process stands still or is slow, timers are late */ \
    X(FAULT_END)      /* node=target; a=fault number b=kind d=as at the beginning */               \
    X(ADMIN)          /* node, partition; a=request id b=enum wg_admin_kind: asked of a replica */ \
    X(ADMIN_DONE)     /* node, partition; a=request id b=kind c=wg_status: it answered */          \
    X(DISK_SPACE)     /* node; a=free bytes b=enum sim_space bits: a watermark was crossed */      \
    X(DISK_ERROR)     /* node; a=file b=enum sim_disk_call c=wg_status: a fault made it fail */    \
    X(CLOCK)          /* node; a=wall clock minus true time in ms (signed) b=drift in ppm (signed) \
                         from now on */                                                            \
    X(BROKER_PAUSED)  /* node; a=incarnation: the process stands still (SIGSTOP) */                \
    X(BROKER_RESUMED) /* node; a=incarnation */                                                    \
    X(DISK_WIPED)     /* node: the data directory is empty now, or, if partition is not 0, what      \
                         belongs to that one; each file was reported as removed before */          \
    X(BROKER_REFUSED) /* node; a=incarnation it would have had: a second process found the data    \
                         directory locked by the one that runs, and did not start; ptr=why */      \
    X(BROKER_OLD_END) /* node; a=incarnation b=enum sim_end: of a process that ran on beside a     \
                         newer one */                                                              \
    X(DISK_REFUSED)   /* node; a=file b=enum sim_disk_call c=bytes it would have grown by d=free    \
                         bytes: there was no room for that */

enum sim_fact_kind {
#define SIM_FACT_ENUM(name) SIM_FACT_##name,
    SIM_FACT_MAP(SIM_FACT_ENUM)
#undef SIM_FACT_ENUM
    SIM_FACT_COUNT
};

/* Set in `c` of a REPLY that carries an error code instead of a record. */
#define SIM_REPLY_ERROR (1ull << 32)
/* Set besides when it is the limit of requests in flight that is exhausted: upstream's message tells
 * that from a full disk. */
#define SIM_REPLY_OVER_LIMIT (1ull << 33)

enum sim_phase { SIM_PHASE_WARMUP, SIM_PHASE_CHAOS, SIM_PHASE_HEAL, SIM_PHASE_VERIFY, SIM_PHASE_END };
enum sim_end { SIM_END_KILL, SIM_END_STOP, SIM_END_POWER_LOSS, SIM_END_PANIC };
/* Rules of exporter.h that a plugin can break. */
enum sim_breach {
    SIM_BREACH_PHASE,    /* a host function at a time when it is not allowed */
    SIM_BREACH_RESULT,   /* d=the answer, which is no result of that call */
    SIM_BREACH_FATAL,    /* d=position or 0: the plugin gave up; the host did not */
    SIM_BREACH_ACK,      /* d=position, which is negative */
    SIM_BREACH_LIMIT,    /* d=what it asked for: too many actions in a call, too much metadata */
    SIM_BREACH_ARGUMENT, /* d=value: of a host function, refused or bent */
    SIM_BREACH_FORK
};
enum sim_loss { SIM_LOSS_RANDOM, SIM_LOSS_PARTITION, SIM_LOSS_DOWN };

/* Watermarks that the free space lies below. */
enum sim_space { SIM_SPACE_NO_PROCESSING = 1, SIM_SPACE_NO_REPLICATION = 2 };
enum sim_disk_call {
    SIM_CALL_OPEN,
    SIM_CALL_WRITE,
    SIM_CALL_READ,
    SIM_CALL_SYNC, /* of a file or a directory (file 0) */
    SIM_CALL_RESIZE,
    SIM_CALL_NAME, /* create, rename, remove */
    SIM_CALL_COUNT
};

struct sim_fact {
    uint32_t kind; /* enum sim_fact_kind */
    wg_node_id node;
    wg_partition_id partition;
    wg_time at;
    uint64_t a, b, c, d;
    const void *ptr; /* valid during the call */
    uint32_t len;
    uint64_t digest; /* sim_fact_digest of the bytes where it is known already, else 0 */
};

#endif
