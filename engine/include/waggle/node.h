/* The one door into the engine: a broker process as a step machine.
 *
 * An event goes in, effects come out through env->ops->emit. The host delivers each event to the
 * actor it names, one at a time per actor, keeps the actor busy for env->cost, and releases the
 * effects at the end of that time. Actors of one broker run side by side in virtual time, never in
 * real time. (Zeebe: actors on thread pools; reference engine 1.2, exporters 1.4.) */
#ifndef WAGGLE_NODE_H
#define WAGGLE_NODE_H

#include "waggle/env.h"
#include "waggle/quirks.h"
#include "waggle/record.h"

/* Who does the work. RAFT has a thread of its own per partition; PROCESSOR, SNAPSHOT and PARTITION
 * share the broker's CPU threads (2), EXPORTER the I/O threads (2). */
enum wg_actor {
    WG_ACTOR_RAFT,
    WG_ACTOR_PROCESSOR,
    WG_ACTOR_EXPORTER,
    WG_ACTOR_SNAPSHOT,
    WG_ACTOR_PARTITION, /* role transitions, management, start */
    WG_ACTOR_COUNT
};

/* --- messages between brokers ------------------------------------------------------------- */

enum wg_message_kind {
    WG_MSG_POLL_REQUEST = 1,
    WG_MSG_POLL_RESPONSE,
    WG_MSG_VOTE_REQUEST,
    WG_MSG_VOTE_RESPONSE,
    WG_MSG_APPEND_REQUEST,
    WG_MSG_APPEND_RESPONSE,
    WG_MSG_INSTALL_REQUEST,
    WG_MSG_INSTALL_RESPONSE,
    WG_MSG_EXPORTER_STATE,
    WG_MSG_COMMAND,  /* from one partition's leader to another's (engine/stream/peer.h) */
    WG_MSG_TOPOLOGY, /* who leads what; of brokers, not of one partition: a broker without a replica
                        of `partition` gets it at any actor PARTITION (engine/partition/topology.h) */
    WG_MSG_SETTINGS, /* the exporters' settings, between brokers as TOPOLOGY
                        (engine/partition/exporter_settings.h) */
    WG_MSG_KIND_COUNT
};

/* Head of every message (the stages append their own fields). Immutable once emitted and shared
 * by all deliveries; the host counts references. */
struct wg_message {
    struct wg_env *env; /* whose allocator frees it */
    uint32_t refs;
    uint16_t kind;      /* enum wg_message_kind */
    uint16_t actor;     /* enum wg_actor that gets it */
    wg_node_id from, to;
    wg_partition_id partition;
    uint32_t wire_bytes; /* size on the wire, for latency by bandwidth */
    uint64_t digest;     /* of the content, for the run hash; the same on every machine */
    void (*destroy)(struct wg_message *); /* called when refs reaches 0 */
};
static inline struct wg_message *wg_message_ref(struct wg_message *message) {
    message->refs++;
    return message;
}
static inline void wg_message_unref(struct wg_message *message) {
    if (message != NULL && --message->refs == 0) {
        message->destroy(message);
    }
}

/* --- clients ------------------------------------------------------------------------------- */

/* One client command. The engine copies what it keeps. */
struct wg_request {
    uint64_t request_id;    /* unique per stream */
    int32_t stream_id;      /* the client's connection */
    wg_partition_id partition;
    uint8_t value_type, intent;
    wg_key key;             /* WG_KEY_NONE = none */
    struct wg_bytes value;  /* MessagePack */
};

/* Error codes of Zeebe's client protocol (protocol 1.4). */
enum wg_error_code {
    WG_ERR_NONE = -1,
    WG_ERR_INTERNAL = 0,
    WG_ERR_PARTITION_LEADER_MISMATCH = 1,
    WG_ERR_MALFORMED_REQUEST = 4,
    WG_ERR_RESOURCE_EXHAUSTED = 8
};

enum wg_exhausted { WG_EXHAUSTED_NOTHING, WG_EXHAUSTED_DISK, WG_EXHAUSTED_REQUESTS, WG_EXHAUSTED_APPENDS };

/* The answer: either an error code, or the record that answers (event or rejection). */
struct wg_reply {
    uint64_t request_id;
    int32_t stream_id;
    int32_t error; /* enum wg_error_code; WG_ERR_NONE = see the record */
    wg_partition_id partition;
    uint8_t record_type, value_type, intent, rejection_type;
    uint8_t exhausted; /* enum wg_exhausted: RESOURCE_EXHAUSTED, what is; upstream's message says it */
    wg_key key;
    struct wg_buf *value; /* MessagePack or NULL; one reference passes to the host */
};

/* --- management ------------------------------------------------------------------------------ */

/* What an operator asks of one replica (Zeebe's admin requests; exporters 3.5, engine 7, 8). The
 * host sends it to each replica that the endpoint would reach. */
enum wg_admin_kind {
    WG_ADMIN_PAUSE_EXPORTING,
    WG_ADMIN_SOFT_PAUSE_EXPORTING,
    WG_ADMIN_RESUME_EXPORTING,
    WG_ADMIN_PAUSE_PROCESSING,
    WG_ADMIN_RESUME_PROCESSING,
    WG_ADMIN_TAKE_SNAPSHOT,
    WG_ADMIN_REBALANCE, /* step down if leader, and another member is the primary */
    /* Of the cluster, not of one replica: asked of broker 0, at any of its partitions (exporters 3.6).
     * OK = under way (HTTP 202); each broker follows in turn, those that are down when they are back.
     * INVALID, NOT_FOUND, EXISTS = nobody can do that (400); STALE = another change is under way (409);
     * NOT_LEADER = this is not broker 0; CLOSED = not ready, ask again (502); IO, NO_SPACE = it could not be stored. */
    WG_ADMIN_ENABLE_EXPORTER,
    WG_ADMIN_DISABLE_EXPORTER,
    WG_ADMIN_KIND_COUNT
};

struct wg_admin_request {
    uint64_t request_id; /* unique per run; echoed in the answer */
    uint8_t kind;        /* enum wg_admin_kind */
    bool dry_run;        /* ENABLE_, DISABLE_EXPORTER: only say whether it could be done */
    /* Of these two; borrowed until the answer. NULL: starts with nothing / NULL for DISABLE. */
    const char *exporter, *initialize_from;
};

/* --- plugins --------------------------------------------------------------------------------- */

enum wg_plugin_call_kind {
    WG_PLUGIN_VALIDATE, /* configure on an instance that is thrown away (broker start) */
    WG_PLUGIN_CONFIGURE,
    WG_PLUGIN_OPEN,
    WG_PLUGIN_EXPORT,
    WG_PLUGIN_TIMER,
    WG_PLUGIN_CLOSE,
    WG_PLUGIN_DESTROY /* no return event: the instance is gone */
};

/* The director never calls a plugin: it asks for a call and waits for WG_EVENT_PLUGIN_RETURNED
 * with the same call id. What `record` points to stays valid and unchanged until then. */
struct wg_plugin_call {
    uint64_t call_id;       /* unique per broker process */
    uint32_t instance;      /* unique per broker process, chosen by the director */
    uint32_t exporter;      /* index into wg_node_options.exporters */
    uint8_t kind;           /* enum wg_plugin_call_kind */
    wg_partition_id partition;
    const struct wg_record *record; /* EXPORT only */
    uint32_t timer;                 /* TIMER only */
    wg_position last_position;      /* the container's position at the time of the call */
    struct wg_bytes metadata;       /* stored metadata (OPEN, TIMER); empty = none */
};

/* PENDING: of EXPORT only; the result comes as an action COMPLETE of a later call. */
enum wg_plugin_result { WG_PLUGIN_OK, WG_PLUGIN_FAILED, WG_PLUGIN_PENDING };

enum wg_plugin_action_kind {
    WG_PLUGIN_ACK,          /* position, metadata */
    WG_PLUGIN_SET_FILTER,   /* filter */
    WG_PLUGIN_SCHEDULE,     /* timer, delay */
    WG_PLUGIN_CANCEL_TIMER, /* timer */
    WG_PLUGIN_COMPLETE      /* position, result: of the record whose export returned PENDING */
};

/* Which records an exporter takes: both masks must accept (exporters 1.2). */
struct wg_record_filter {
    uint64_t record_types;   /* bit n accepts record type n (0..63) */
    uint64_t value_types[4]; /* bit n accepts value type n (0..255) */
};

/* What the plugin did during the call, in order. */
struct wg_plugin_action {
    uint8_t kind;   /* enum wg_plugin_action_kind */
    uint8_t result; /* COMPLETE: WG_PLUGIN_OK or WG_PLUGIN_FAILED */
    bool has_metadata;
    uint32_t timer;
    wg_time delay;
    wg_position position;
    struct wg_bytes metadata; /* borrowed until the step returns */
    struct wg_record_filter filter;
};

struct wg_plugin_return {
    uint64_t call_id;
    uint32_t instance;
    uint8_t result; /* enum wg_plugin_result */
    const struct wg_plugin_action *actions;
    uint32_t action_count;
};

/* --- events and effects ---------------------------------------------------------------------- */

/* Notes between actors of one partition (WG_POST_DISK: of one broker). A coalesced note replaces a
 * waiting one of the same kind at the same actor, keeping the larger value. */
enum wg_post {
    WG_POST_START,            /* host -> PARTITION, once per partition after wg_node_create */
    WG_POST_STOP,             /* host -> PARTITION: graceful stop; ends with WG_EFFECT_STOPPED */
    WG_POST_WAKE,             /* coalesced: go on with your own work */
    WG_POST_COMMIT,           /* coalesced, value = commit index that may now be read */
    WG_POST_APPEND,           /* ptr = struct wg_append_task: a batch for raft to append */
    WG_POST_ROLE,             /* value = role, term in value2: raft -> PARTITION */
    WG_POST_INSTALL_STARTED,  /* raft -> PARTITION: a snapshot is being received */
    WG_POST_INSTALL_DONE,     /* raft -> PARTITION: received and persisted, or aborted */
    WG_POST_SNAPSHOT_PERSISTED, /* coalesced, value = snapshot index: -> RAFT, compact */
    WG_POST_CLOSE,            /* PARTITION -> service actor */
    WG_POST_CLOSED,           /* service actor -> PARTITION, value = enum wg_actor, value2 = status
                                 it closed with */
    WG_POST_FAILED,           /* service actor -> PARTITION, value = enum wg_actor, value2 = status */
    WG_POST_STEP_DOWN,        /* PARTITION -> RAFT */
    WG_POST_DISK,             /* disk monitor -> PARTITION: free space crossed the watermark of
                                 processing, value = 1 below it, 0 not */
    WG_POST_PAUSE,            /* PARTITION -> PROCESSOR: what pauses it changed, value = admin
                                 request to answer or WG_NO_REQUEST */
    WG_POST_EXPORTING,        /* PARTITION -> EXPORTER, value = enum wg_exporting_phase, value2 =
                                 admin request to answer */
    WG_POST_TAKE_SNAPSHOT,    /* PARTITION -> SNAPSHOT, value = admin request to answer */
    WG_POST_SETTINGS,         /* coalesced: the exporters' settings are on disk: -> PARTITION (itself);
                                 changed: -> EXPORTER */
    WG_POST_COUNT
};

enum wg_event_kind {
    WG_EVENT_POST,
    WG_EVENT_TIMER,
    WG_EVENT_MESSAGE,
    WG_EVENT_REQUEST,
    WG_EVENT_PLUGIN_RETURNED,
    WG_EVENT_ADMIN /* actor PARTITION; answered by WG_EFFECT_ADMIN_REPLY */
};

struct wg_event {
    uint8_t kind;  /* enum wg_event_kind */
    uint8_t actor; /* enum wg_actor */
    wg_partition_id partition;
    union {
        struct {
            uint32_t what; /* enum wg_post */
            uint64_t value, value2;
            void *ptr; /* owned by the receiver */
        } post;
        uint32_t timer;                           /* slot number */
        struct wg_message *message;               /* borrowed */
        const struct wg_request *request;         /* borrowed; actor PROCESSOR */
        const struct wg_plugin_return *returned;  /* borrowed; actor EXPORTER */
        struct wg_admin_request admin;
    } u;
};

#define WG_NO_REQUEST UINT64_MAX /* nobody waits for an answer */
#define WG_TIMER_SLOTS 16

enum wg_effect_kind {
    WG_EFFECT_SEND,        /* message: its one reference passes to the host */
    WG_EFFECT_POST,        /* event to an actor of the effect's partition on this broker */
    WG_EFFECT_TIMER,       /* (re)arms slot of the emitting actor; at == WG_TIME_NEVER cancels */
    WG_EFFECT_REPLY,
    WG_EFFECT_PLUGIN_CALL, /* the actor stays occupied until the return is delivered */
    WG_EFFECT_STOPPED,     /* the partition has closed everything (answer to WG_POST_STOP) */
    WG_EFFECT_ADMIN_REPLY
};

struct wg_effect {
    uint8_t kind;  /* enum wg_effect_kind */
    uint8_t actor; /* POST, TIMER: the actor meant */
    bool coalesce; /* POST */
    wg_partition_id partition;
    union {
        struct wg_message *message;
        struct {
            uint32_t what;
            uint64_t value, value2;
            void *ptr;
        } post;
        struct {
            uint32_t slot;
            wg_time at; /* broker's monotonic clock */
        } timer;
        struct wg_reply reply;
        struct wg_plugin_call call;
        struct {
            uint64_t request_id;
            uint32_t status; /* wg_status */
        } admin_reply;
    } u;
};

static inline void wg_emit_post(struct wg_env *env, wg_partition_id partition, enum wg_actor actor,
                                enum wg_post what, bool coalesce, uint64_t value, uint64_t value2,
                                void *ptr) {
    struct wg_effect effect = {.kind = WG_EFFECT_POST,
                               .actor = (uint8_t)actor,
                               .coalesce = coalesce,
                               .partition = partition,
                               .u.post = {(uint32_t)what, value, value2, ptr}};
    env->ops->emit(env, &effect);
}
static inline void wg_emit_timer(struct wg_env *env, wg_partition_id partition, enum wg_actor actor,
                                 uint32_t slot, wg_time at) {
    struct wg_effect effect = {.kind = WG_EFFECT_TIMER,
                               .actor = (uint8_t)actor,
                               .partition = partition,
                               .u.timer = {slot, at}};
    env->ops->emit(env, &effect);
}
static inline void wg_emit_send(struct wg_env *env, struct wg_message *message) {
    struct wg_effect effect = {
        .kind = WG_EFFECT_SEND, .partition = message->partition, .u.message = message};
    env->ops->emit(env, &effect);
}

/* --- configuration --------------------------------------------------------------------------- */

#define WG_MAX_REPLICAS 7
#define WG_APPEND_LIMIT_MAX 32768u

/* One replicated partition: its members in member order with their election priorities. */
struct wg_partition_options {
    wg_partition_id id;
    uint32_t member_count;
    wg_node_id members[WG_MAX_REPLICAS];
    uint32_t priorities[WG_MAX_REPLICAS];
    uint32_t target_priority; /* the primary's */
};

struct wg_exporter_options {
    const char *id;   /* unique; borrowed for the life of the node */
    const char *type; /* what it is: one exporter may be initialised only from one of the same type;
                         NULL = unknown, fits nothing else; borrowed as well */
    bool absent;      /* not in the configuration of this process: it does not run, and its rows go */
};

#define WG_NO_EXPORTER UINT32_MAX

/* How an operator has left one exporter (exporters 3.6). */
struct wg_exporter_setting {
    bool enabled;
    int64_t version; /* of its metadata: 0 = from the configuration, each enabling adds 1 */
    uint32_t source; /* index of the exporter that it begins as a copy of, or WG_NO_EXPORTER */
};

/* Virtual time that work costs (DESIGN D5); all in ns. All zero is allowed. */
struct wg_costs {
    wg_time raft_message;      /* handling one raft message */
    wg_time append_entry;      /* appending one entry, leader or follower */
    wg_time append_per_kib;
    wg_time process_command;   /* one command step in the processor */
    wg_time process_record;    /* each record written as a follow-up */
    wg_time replay_record;     /* each record replayed */
    wg_time export_record;     /* director's own work per record, besides the plugin call */
    wg_time transition_step;   /* each step of a role transition */
    wg_time snapshot_base;
    wg_time snapshot_per_kib;
};

/* A limit of what is in flight (reference: engine 3). */
enum wg_limit_algorithm { WG_LIMIT_FIXED, WG_LIMIT_AIMD };
struct wg_limit_options {
    wg_time expected_rtt; /* AIMD: slower requests lower the limit */
    uint32_t enabled;     /* 0 = no limit */
    uint32_t algorithm;   /* enum wg_limit_algorithm */
    uint32_t windowed;    /* not 0: AIMD looks at averages of a second */
    uint32_t fixed;       /* FIXED: the limit */
    uint32_t initial, least, most; /* AIMD: the limit, >= 1 */
    uint32_t backoff_per_million;  /* AIMD: to this part of itself */
};

enum wg_behaviour { WG_BEHAVIOUR_DOCUMENTED, WG_BEHAVIOUR_ZEEBE_8_6 };

struct wg_node_options {
    uint32_t behaviour; /* enum wg_behaviour; ZEEBE_8_6: all quirks are on */
    uint64_t quirks;    /* bits of wg_quirk_bit that are on besides */
    const struct wg_partition_options *partitions; /* those this broker has a replica of */
    uint32_t partition_count;
    const struct wg_exporter_options *exporters;
    uint32_t exporter_count;
    /* In force on this broker, one for each exporter; NULL = all that are not absent are enabled, version
     * 0. The node keeps its own and ignores what the host gives. */
    const struct wg_exporter_setting *exporter_settings;
    uint32_t settings_brokers; /* brokers 0 .. n - 1 share settings; 0 = this one alone */
    const wg_position *skip_records; /* ascending: exported to nobody; borrowed for the node's life */
    uint32_t skip_record_count;

    wg_time election_timeout;     /* 2.5 s */
    wg_time heartbeat_interval;   /* 250 ms */
    wg_time request_timeout;      /* 2.5 s */
    wg_time snapshot_request_timeout; /* 2.5 s */
    uint32_t max_appends_per_follower; /* 2 */
    uint32_t max_append_batch_bytes;   /* 32 KiB */
    uint32_t snapshot_chunk_bytes;     /* 1 GiB upstream; smaller splits files into chunks */
    uint32_t prefer_snapshot_threshold; /* 100 entries */
    uint32_t min_step_down_failures;   /* 3 */

    uint32_t segment_bytes;        /* journal segment size */
    uint32_t max_message_bytes;    /* 4 MiB: bounds one processing batch */
    wg_time snapshot_period;       /* 5 min; the first after whole minutes in [1 min, period) */
    uint32_t max_commands_in_batch; /* 100 */
    wg_time distribution_interval; /* 15 s: exporter positions to followers */
    /* Free space in bytes. Below the first, client commands are refused and processing and replay
     * stand still (looked at every second); a new log segment needs the second. 0 = off. */
    uint64_t min_free_processing;
    uint64_t min_free_replication;
    struct wg_limit_options request_limit; /* user commands written and not yet processed */
    uint32_t append_limit; /* batches written and not yet committed, 1 to WG_APPEND_LIMIT_MAX */

    /* The whole cluster, for commands between partitions; 0 = it has none, and messages may only be
     * published in a cluster of one partition. */
    uint32_t cluster_brokers, cluster_partitions;
    bool distribute_deployments; /* partition 1 hands deployments on to all others (engine 11.5) */

    struct wg_costs costs;
};

static inline uint64_t wg_quirks_of(const struct wg_node_options *options) {
    return options->behaviour == WG_BEHAVIOUR_ZEEBE_8_6 ? WG_ALL_QUIRKS : options->quirks;
}
static inline bool wg_has_quirk(const struct wg_node_options *options, enum wg_quirk quirk) {
    return options->behaviour == WG_BEHAVIOUR_ZEEBE_8_6 ||
           (options->quirks & wg_quirk_bit(quirk)) != 0;
}

static inline struct wg_exporter_setting wg_setting_of(const struct wg_node_options *options,
                                                       uint32_t exporter) {
    struct wg_exporter_setting setting = {!options->exporters[exporter].absent, 0, WG_NO_EXPORTER};
    return options->exporter_settings == NULL ? setting : options->exporter_settings[exporter];
}

/* Upstream defaults (reference: engine 1.1, 4, 5, 7) and the default cost table. */
void wg_node_options_init(struct wg_node_options *options);

struct wg_node;

/* A broker process over the data in env->disk. Copies `options` (not what `exporters[].id` points
 * to). The host then posts WG_POST_START to PARTITION of each partition. NULL: another process holds
 * the data directory, whose lock a node takes for as long as its process lives (not with the quirk
 * lock-accepts-same-node); nothing has been touched, and the host may try again later. */
struct wg_node *wg_node_create(struct wg_env *env, const struct wg_node_options *options);
/* Handles one event. env->now, env->wall_ms and env->cost = 0 are set by the caller. */
void wg_node_step(struct wg_node *node, const struct wg_event *event);
/* Frees all memory, as the death of a process does: nothing is flushed or closed on disk. */
void wg_node_destroy(struct wg_node *node);

#endif
