/* Seam: the partition's state ("DB"): an ordered key-value store with transactions, prefix scans,
 * O(1) checkpoints and a running hash. Implemented by engine/state.
 *
 * Keys are a column family byte and key bytes; numbers in keys are big-endian so that byte order is
 * number order (wg_state_key_u64). Values are opaque bytes. Column families at or above
 * WG_CF_REPLICA_LOCAL hold what may differ between replicas (exporter positions) and are left out
 * of the hash. One transaction at a time per owner: processor and director each commit whole
 * transactions inside one job, so they never interleave. */
#ifndef WG_SEAMS_STATE_STORE_H
#define WG_SEAMS_STATE_STORE_H

#include "waggle/env.h"
#include "waggle/record.h"

enum wg_column_family {
    WG_CF_META = 1,         /* "lastProcessed" */
    WG_CF_KEY = 2,          /* key counter */
    WG_CF_PROCESS = 3,
    WG_CF_PROCESS_BY_ID = 4,
    WG_CF_ELEMENT_INSTANCE = 5,
    WG_CF_JOB = 7,
    WG_CF_JOB_ACTIVATABLE = 8,
    WG_CF_JOB_DEADLINE = 9,
    WG_CF_VARIABLE = 10,
    WG_CF_INCIDENT = 11,
    WG_CF_INCIDENT_BY_JOB = 12,
    WG_CF_BANNED = 13,
    WG_CF_EVENT_TRIGGER = 14,
    WG_CF_PROCESS_MODEL = 15,
    WG_CF_TAKEN_FLOW = 16,
    WG_CF_JOB_ACTIVATABLE_TYPE = 17,
    WG_CF_JOB_BACKOFF = 18,
    WG_CF_TIMER = 19,
    WG_CF_TIMER_DUE = 20,
    WG_CF_CHILD = 21,
    WG_CF_TIMER_OF = 22,
    WG_CF_BOUNDARY_TRIGGER = 23,
    WG_CF_INCIDENT_BY_ELEMENT = 24,
    WG_CF_USER_TASK = 25,
    WG_CF_MESSAGE = 40, /* 40 to 55: processing/message_rows.h, processing/distribution.c */
    WG_CF_MESSAGE_BY_KEY = 41,
    WG_CF_MESSAGE_ID = 42,
    WG_CF_MESSAGE_DEADLINE = 43,
    WG_CF_MESSAGE_CORRELATED = 44,
    WG_CF_MESSAGE_SUBSCRIPTION = 45,
    WG_CF_MESSAGE_SUBSCRIPTION_BY_ELEMENT = 46,
    WG_CF_MESSAGE_SUBSCRIPTION_BY_KEY = 47,
    WG_CF_MESSAGE_SUBSCRIPTION_PENDING = 48,
    WG_CF_PROCESS_SUBSCRIPTION = 49,
    WG_CF_PROCESS_SUBSCRIPTION_PENDING = 50,
    WG_CF_DISTRIBUTION = 51,
    WG_CF_DISTRIBUTION_PENDING = 52,
    WG_CF_DEPLOYMENT_RECEIVED = 53,
    WG_CF_PROCESS_SUBSCRIPTION_ENDED = 54,
    WG_CF_PROCESS_SUBSCRIPTION_ENDED_AT = 55,
    WG_CF_REPLICA_LOCAL = 200,
    WG_CF_EXPORTER = 200
};

#define WG_STATE_MAX_KEY 255

struct wg_state;
struct wg_state_checkpoint; /* immutable view at one moment */

struct wg_state *wg_state_new(struct wg_env *env);
void wg_state_free(struct wg_state *state);

/* A transaction; puts and removes outside one are allowed and final at once. */
void wg_state_begin(struct wg_state *state);
void wg_state_commit(struct wg_state *state);
void wg_state_rollback(struct wg_state *state);

/* Copies key and value. Replaces an existing value. */
void wg_state_put(struct wg_state *state, uint8_t cf, struct wg_bytes key, struct wg_bytes value);
/* true and the value (valid until the next change of the store), or false. */
bool wg_state_get(const struct wg_state *state, uint8_t cf, struct wg_bytes key,
                  struct wg_bytes *ret_value);
/* Whether there was one. */
bool wg_state_remove(struct wg_state *state, uint8_t cf, struct wg_bytes key);
/* The first row with key > `after` (or >= when `inclusive`) whose key begins with `prefix`;
 * false = none. Copies the key into key_buf (WG_STATE_MAX_KEY bytes); the value is valid until the
 * next change. Iterate by calling again with the returned key, so changes in between are allowed. */
bool wg_state_next(const struct wg_state *state, uint8_t cf, struct wg_bytes prefix,
                   struct wg_bytes after, bool inclusive, uint8_t *key_buf, uint32_t *ret_key_len,
                   struct wg_bytes *ret_value);

/* Order-independent hash over all rows but replica-local ones; O(1). */
uint64_t wg_state_hash(const struct wg_state *state);
/* Rows and bytes (keys and values), all column families. */
uint64_t wg_state_rows(const struct wg_state *state);
uint64_t wg_state_bytes(const struct wg_state *state);
/* Calls of wg_state_next so far: tests see by it that what a command costs does not grow with the state. */
uint64_t wg_state_walked(const struct wg_state *state);

/* O(1): later changes copy what they touch. */
struct wg_state_checkpoint *wg_state_checkpoint_take(struct wg_state *state);
void wg_state_checkpoint_free(struct wg_state_checkpoint *checkpoint);
/* All rows in key order as bytes (format at the top of engine/state/state_file.c). */
struct wg_buf *wg_state_checkpoint_encode(const struct wg_state_checkpoint *checkpoint);
/* A store from those bytes. CORRUPT, TRUNCATED. */
WG_MUST_USE wg_status wg_state_decode(struct wg_env *env, struct wg_bytes bytes,
                                      struct wg_state **ret_state);

static inline void wg_state_key_u64(uint8_t *out, uint64_t number) {
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}
static inline uint64_t wg_state_u64_key(const uint8_t *in) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = (number << 8) | in[i];
    }
    return number;
}

/* Well-known rows. */
wg_position wg_state_last_processed(const struct wg_state *state); /* WG_POSITION_NONE = none */
void wg_state_set_last_processed(struct wg_state *state, wg_position position);

#endif
