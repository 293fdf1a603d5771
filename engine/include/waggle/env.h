/* env: the only door from the engine to anything else. The host fills it in, one per broker
 * process; the engine holds no global, reads no clock and calls nothing else. */
#ifndef WAGGLE_ENV_H
#define WAGGLE_ENV_H

#include "waggle/disk.h"
#include "waggle/ids.h"
#include "waggle/trace.h"

#include <stddef.h>

struct wg_effect; /* waggle/node.h */

/* Streams of choices that the engine draws from (the host keys them by broker and partition).
 * 0 is always the dullest outcome. */
enum wg_choice_site {
    WG_CHOOSE_ELECTION_JITTER,   /* ms added to a candidate's election timeout */
    WG_CHOOSE_SNAPSHOT_PHASE,    /* whole minutes until the first snapshot */
    WG_CHOOSE_EXPORTER_ORDER,    /* order of containers in one director incarnation */
    WG_CHOOSE_SITE_COUNT
};

/* Harmless shortcuts; switching one off must not change a run (CI compares the hashes). */
enum wg_env_flag {
    WG_ENV_NO_SHARED_BYTES = 1u << 0,  /* every receiver copies the frames it gets */
    WG_ENV_NO_MARKS = 1u << 1,         /* decode and verify again at every use */
    /* No shortcut: an assertion that does not hold is claimed (WG_CLAIM_ASSERTION), and execution
     * goes on. Off: it ends in panic. Says nothing while all hold. */
    WG_ENV_ASSERTIONS_REPORT = 1u << 2
};

struct wg_env_ops {
    /* Memory. Never returns NULL. `size` is given back on free so that pools need no headers. */
    void *(*alloc)(struct wg_env *, size_t size);
    void (*free)(struct wg_env *, void *ptr, size_t size);
    /* A number in [0, bound), bound >= 1, from the stream of (this broker, partition, site). */
    uint32_t (*choose)(struct wg_env *, wg_partition_id, enum wg_choice_site, uint32_t bound);
    /* Lets one effect happen at the end of the running job, in the order emitted. The struct is
     * copied; ownership of what it refers to passes to the host (see node.h). */
    void (*emit)(struct wg_env *, const struct wg_effect *);
    void (*claim)(struct wg_env *, const struct wg_claim *);
    /* A fault of the engine itself: an assertion does not hold. `file` begins at engine/. Does not
     * return; not called under WG_ENV_ASSERTIONS_REPORT. */
    void (*panic)(struct wg_env *, const char *file, int line, const char *what)
        __attribute__((noreturn));
};

struct wg_env {
    const struct wg_env_ops *ops;
    const struct wg_disk_ops *disk_ops;
    struct wg_disk *disk;
    wg_node_id node;
    uint32_t flags;     /* enum wg_env_flag */
    wg_time now;        /* this broker's monotonic clock at the start of the running job, ns */
    int64_t wall_ms;    /* its wall clock then, epoch milliseconds */
    bool contended;     /* other events wait for the running actor, or other actors for its thread:
                           who works through a queue of his own lets them go first */
    uint32_t disk_epoch; /* grows when bytes on the disk may have changed under the file system
                            cache, and when reads begin or cease to fail: what was read before
                            may read differently now */
    wg_time cost;       /* virtual ns that the running job has cost so far; see wg_charge */
};

/* Adds `ns` of virtual time to the running job: its actor and thread stay busy that long and its
 * effects leave at the end. */
static inline void wg_charge(struct wg_env *env, wg_time ns) { env->cost += ns; }

static inline void *wg_alloc(struct wg_env *env, size_t size) { return env->ops->alloc(env, size); }
static inline void wg_free(struct wg_env *env, void *ptr, size_t size) {
    if (ptr != NULL) {
        env->ops->free(env, ptr, size);
    }
}
static inline void wg_claim(struct wg_env *env, enum wg_claim_kind kind, wg_partition_id partition,
                            uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    struct wg_claim claim = {(uint32_t)kind, partition, a, b, c, d};
    env->ops->claim(env, &claim);
}

#endif
