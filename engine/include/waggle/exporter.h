/* The exporter plugin ABI (draft, major 0).
 *
 * A plugin is a shared object that exports one symbol, `waggle_exporter`. It gets everything from
 * the host: records, time, timers, logging, sinks. Rules that hold for every call:
 *  - One thread; calls on instances of one partition never overlap.
 *  - Pointers passed in are valid until the call returns; copy what you keep.
 *  - No allocation crosses the line: who allocates frees.
 *  - Every struct that crosses begins with struct_size; read no member behind it.
 *  - Unknown enum values must be passed through or ignored, never be fatal.
 *  - A host function called at a time that its comment does not allow answers RETRY, an empty text,
 *    -1 or 0. In destroy() and between calls nothing is allowed. Time in a call is virtual.
 *  - Breaches of these rules do no harm to the host, but are reported as violations of
 *    "plugin-contract", with the plugin to blame: calls at the wrong time, answers that are no
 *    result, FATAL, acknowledgements of negative positions, negative delays, more than 4096
 *    acknowledgements and timers in one call, more than 1 MiB of metadata, and fork().
 *
 * Versions: members are only ever added at the end, and the minor number counts that. A plugin may
 * use a host function that came with minor n if host->abi_minor >= n. A host takes plugin tables of
 * every minor of its major: shorter ones lack functions that came later, what is behind its own
 * knowledge it does not read.
 *   0.1  first draft
 *   0.2  host->complete; PENDING has a meaning
 * This header stands alone and is valid C and C++. */
#ifndef WAGGLE_EXPORTER_H
#define WAGGLE_EXPORTER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WG_EXPORTER_ABI_MAJOR 0u
#define WG_EXPORTER_ABI_MINOR 2u
#define WG_EXPORTER_SYMBOL "waggle_exporter"

/* Bytes or UTF-8 text, not NUL-terminated. */
struct wg_exporter_str {
    const char *ptr;
    uint64_t len;
};

/* Results of plugin and host functions. */
#define WG_EXPORTER_OK 0
#define WG_EXPORTER_RETRY 1   /* failed; export: the same record comes again after a back-off */
#define WG_EXPORTER_FATAL 2   /* failed, and trying again will not help. The host tries all the same,
                                 because Zeebe does, and reports it */
#define WG_EXPORTER_PENDING 3 /* only export_record: the answer comes with host->complete, from a
                                 timer; until then no exporter of the partition gets a record */

/* One record. Numbers are Zeebe's wire values (record type, value type, intent, ...). */
struct wg_exporter_record {
    uint32_t struct_size;
    int32_t partition_id;
    int64_t position;
    int64_t source_record_position; /* -1 = none */
    int64_t key;                    /* -1 = none */
    int64_t timestamp_ms;
    int64_t operation_reference; /* -1 = none */
    int32_t record_type;
    int32_t value_type;
    int32_t intent;
    int32_t rejection_type;
    int32_t record_version;
    int32_t broker_version[3];
    struct wg_exporter_str rejection_reason;
    struct wg_exporter_str value; /* MessagePack map */
    const void *host_record;      /* opaque; for host->record_json */
};

struct wg_exporter_ctx; /* the host's side of one instance */

/* Which records the instance takes: bit n of a mask accepts number n. */
struct wg_exporter_filter {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t record_types;
    uint64_t value_types[4];
};

/* What the host offers. The table outlives every instance; its functions may be called only while
 * the host is calling the plugin. "Running" below means open, export_record, on_timer, close. */
struct wg_exporter_host {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved;
    /* Any call. Configured id, partition (INT32_MIN while validating), args as canonical JSON. */
    struct wg_exporter_str (*id)(struct wg_exporter_ctx *);
    int32_t (*partition_id)(struct wg_exporter_ctx *);
    struct wg_exporter_str (*args_json)(struct wg_exporter_ctx *);
    /* Only in configure. RETRY if called elsewhere. */
    int32_t (*set_filter)(struct wg_exporter_ctx *, const struct wg_exporter_filter *);
    /* Running. Acknowledges everything up to `position`; takes effect after the call, and only if
     * it is greater than what was acknowledged before. metadata.ptr NULL = keep what is stored. */
    int32_t (*acknowledge)(struct wg_exporter_ctx *, int64_t position,
                           struct wg_exporter_str metadata);
    /* Running. Last acknowledged position as stored when the call began, -1 = none; stored
     * metadata, empty = none. */
    int64_t (*last_position)(struct wg_exporter_ctx *);
    struct wg_exporter_str (*metadata)(struct wg_exporter_ctx *);
    /* Running, but not in close. One-shot timer `timer` (any number of yours), delay_ns after this
     * call has returned; again = replaced. Less than a millisecond counts as one, or a timer could
     * stop virtual time; a negative delay does too, and is reported. A delay behind the end of time
     * never comes. Timers of an instance end with it. */
    int32_t (*schedule)(struct wg_exporter_ctx *, uint32_t timer, int64_t delay_ns);
    int32_t (*cancel)(struct wg_exporter_ctx *, uint32_t timer);
    /* Configure and running. Wall clock, epoch milliseconds. */
    int64_t (*now_ms)(struct wg_exporter_ctx *);
    /* Configure and running. Lets this call take `ns` longer, as blocking work would: the actor and
     * one of the broker's two I/O threads are busy until then. Negative = for ever (a hang): what
     * the plugin still does in this call has no effect, and the call is reported. */
    void (*spend)(struct wg_exporter_ctx *, int64_t ns);
    /* Any call. level: 0 error 1 warning 2 info 3 debug. An error logged by a failing configure is
     * the reason that the user reads. */
    void (*log)(struct wg_exporter_ctx *, int32_t level, struct wg_exporter_str text);
    /* export_record, with the record it was given: Zeebe's JSON; valid until the call returns. */
    struct wg_exporter_str (*record_json)(struct wg_exporter_ctx *,
                                          const struct wg_exporter_record *);
    /* Any call. A number in [0, bound) from this instance's own stream; 0 is the dullest. */
    uint32_t (*choose)(struct wg_exporter_ctx *, struct wg_exporter_str site, uint32_t bound);
    /* Running. The host's document sink for this exporter id: put stores a document for `position`
     * of this partition; it is durable once flush returned OK. RETRY when the sink fails or is
     * away. */
    int32_t (*sink_put)(struct wg_exporter_ctx *, int64_t position,
                        struct wg_exporter_str document);
    int32_t (*sink_flush)(struct wg_exporter_ctx *);
    /* Running. Appends to a real file below the run's output folder; durable once file_sync
     * returned OK. `position` names the record that the bytes belong to. `name` is a relative path
     * without "." and ".." parts; FATAL otherwise. */
    int32_t (*file_append)(struct wg_exporter_ctx *, struct wg_exporter_str name, int64_t position,
                           struct wg_exporter_str bytes);
    int32_t (*file_sync)(struct wg_exporter_ctx *, struct wg_exporter_str name);
    /* Since 0.2. on_timer, while the record at `position` waits because its export_record answered
     * PENDING: result OK = taken over, RETRY = comes again after a back-off. FATAL if nothing waits
     * for it. */
    int32_t (*complete)(struct wg_exporter_ctx *, int64_t position, int32_t result);
};

/* What a plugin offers. Every function gets the instance that create() made. */
struct wg_exporter_plugin {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved;
    const char *name;    /* NUL-terminated, for messages */
    const char *version; /* NUL-terminated */
    /* A new instance, or NULL. Must be cheap: startup validation makes one and throws it away. */
    void *(*create)(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx);
    void (*destroy)(void *instance);
    /* Checks args, sets the filter. Called on leaders and followers. Anything but OK fails broker
     * start, or later the director: it ends all its instances and starts anew after a back-off. */
    int32_t (*configure)(void *instance);
    /* Called once before the first record, on leaders only. Not OK: the director fails. */
    int32_t (*open)(void *instance);
    /* One record, in log order. OK = taken over (not: acknowledged). RETRY or FATAL = comes again,
     * after 2, 4, 8, 10, 10 ... s, for ever; nobody gets the next record before. */
    int32_t (*export_record)(void *instance, const struct wg_exporter_record *record);
    /* A timer is due. Not OK: the director fails. May be NULL. */
    int32_t (*on_timer)(void *instance, uint32_t timer);
    /* Last call before destroy when the instance was opened; errors are ignored. A broker that dies
     * calls neither. */
    int32_t (*close)(void *instance);
};

/* The exported symbol: the plugin's description, or NULL if it cannot work with this host. */
typedef const struct wg_exporter_plugin *(*wg_exporter_entry)(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);
/* To be defined by a shared object; it must be visible. */
#if defined(__GNUC__)
#define WG_EXPORTER_PUBLIC __attribute__((visibility("default")))
#else
#define WG_EXPORTER_PUBLIC
#endif
WG_EXPORTER_PUBLIC const struct wg_exporter_plugin *waggle_exporter(uint32_t host_abi_major,
                                                                    uint32_t host_abi_minor);

#ifdef __cplusplus
}
#endif

#endif
