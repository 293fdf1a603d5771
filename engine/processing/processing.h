/* What commands do and what events change (reference: engine 11). No positions, no log: the stream
 * processor drives it and writes what it produced. */
#ifndef WG_PROCESSING_PROCESSING_H
#define WG_PROCESSING_PROCESSING_H

#include "seams/state_store.h"
#include "waggle/node.h"

/* A command for another partition. Its value lives as long as the results. */
struct wg_outgoing {
    wg_partition_id partition;
    uint8_t value_type, intent;
    wg_key key;       /* WG_KEY_NONE = none */
    uint64_t pending; /* number of what waits for its answer, see wg_processing_pending; 0 = none */
    struct wg_bytes value;
};

/* What handlers know of the cluster around their partition. */
struct wg_cluster_view {
    uint32_t partitions; /* all of the cluster, at least 1 */
    bool distribute_deployments;
    uint64_t quirks; /* bits of wg_quirk_bit */
};

/* Follow-up records of one command in order, and the reply to its request. Grown by processing,
 * emptied by the stream processor; values live in `arena` until then. */
struct wg_results {
    struct wg_env *env;
    struct wg_record *records;
    uint32_t count, capacity;
    uint8_t *arena;           /* free room of the newest chunk; see processing/results.h */
    void *chunks;
    struct wg_bytes model;    /* copy of the model last asked for; empty = none, see models.h */
    wg_key model_key;
    uint64_t bytes;           /* metadata and values so far */
    uint64_t limit;           /* what one batch may take of them; a job batch is cut to fit */
    bool has_reply;
    struct wg_reply reply;    /* value not referenced yet: see reply_value */
    struct wg_bytes reply_value;
    struct wg_cluster_view cluster; /* set once, by whoever made the results */
    struct wg_outgoing *outgoing;   /* to be sent after the state's transaction (engine 4.3) */
    uint32_t outgoing_count, outgoing_capacity;
};

/* Handles one command in the open transaction of `state`: appends follow-ups to `results`, applies
 * the events among them to the state as it goes. Commands among them are left for the caller to
 * handle (skip flag). WG_OK also for rejections. */
WG_MUST_USE wg_status wg_processing_command(struct wg_env *env, struct wg_state *state,
                                            wg_partition_id partition, int64_t now_ms,
                                            const struct wg_record *command, struct wg_results *results);
/* The outcome of a command that failed unexpectedly or whose batch is too large, in a fresh
 * transaction: a rejection, and for commands of a process instance an ERROR event, which bans it
 * (engine 4.4). */
void wg_processing_error(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                         const struct wg_record *command, enum wg_rejection_type type,
                         const char *reason, struct wg_results *results);
/* Whether clients may send this command. */
bool wg_processing_accepts(uint8_t value_type, uint8_t intent);
/* Raises the partition's key counter to `key`'s if that is one of its keys and higher: replay calls
 * it for every record that may carry a new key. */
void wg_processing_saw_key(struct wg_state *state, wg_partition_id partition, wg_key key);
/* Applies one event to the state, the same when processing and when replaying. */
WG_MUST_USE wg_status wg_processing_apply(struct wg_env *env, struct wg_state *state,
                                          wg_partition_id partition, const struct wg_record *event);
/* Whether there are messages, subscriptions or distributions that time may concern: else none of the
 * three that follow has anything to do. */
bool wg_processing_has_messages(const struct wg_state *state);
/* Writes MESSAGE_BATCH EXPIRE for messages whose deadline has passed, at most `limit` of them, as a
 * COMMAND without source into `results`; returns how many. */
uint32_t wg_processing_expired(struct wg_env *env, struct wg_state *state,
                               wg_partition_id partition, int64_t now_ms, uint32_t limit,
                               struct wg_results *results);
/* What waits for an answer of another partition, in the order of the state: subscriptions that open,
 * close or correlate, or distributions. Each has a number of its own, which it keeps (two may have
 * the same, by a rare chance). `may_send` says which of them are to be asked for again: their commands
 * go to `results` as outgoing ones. */
enum wg_pending_kind { WG_PENDING_SUBSCRIPTIONS, WG_PENDING_DISTRIBUTIONS };
WG_MUST_USE wg_status wg_processing_pending(struct wg_env *env, struct wg_state *state,
                                            wg_partition_id partition, enum wg_pending_kind kind,
                                            bool (*may_send)(void *ctx, uint64_t number),
                                            void *ctx, struct wg_results *results);
/* Writes due commands (job timeouts, jobs that recur, timers) as COMMAND records without source into
 * `results`; returns the wall-clock ms at which the next one is due, INT64_MAX = none. Looks at no
 * more than `limit` of each. */
int64_t wg_processing_due(struct wg_env *env, struct wg_state *state, wg_partition_id partition,
                          int64_t now_ms, uint32_t limit, struct wg_results *results);

#endif
