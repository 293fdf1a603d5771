/* Rows of messages and of what waits for them: a fixed part without padding, then texts. Keys are
 * big-endian numbers; `hash` is wg_message_hash over texts, which the row behind it has in full, so
 * that texts of any length fit and two with the same hash are told apart.
 *
 * family                            key                          row
 * MESSAGE                           message key                  deadline, name, correlation key, id,
 *                                                                variables
 * MESSAGE_BY_KEY                    hash(name, key), message key empty
 * MESSAGE_ID                        hash(name, key, id), message key  empty; none without an id
 * MESSAGE_DEADLINE                  deadline ms, message key     empty
 * MESSAGE_CORRELATED                message key, process id      empty: no other instance gets it
 * MESSAGE_SUBSCRIPTION              subscription key             struct wg_subscription_row
 * MESSAGE_SUBSCRIPTION_BY_ELEMENT   element key, message name    i64 subscription key
 * MESSAGE_SUBSCRIPTION_BY_KEY       hash(name, key), element key i64 subscription key
 * MESSAGE_SUBSCRIPTION_PENDING      subscription key             empty: its CORRELATE is not answered
 * PROCESS_SUBSCRIPTION              element key, message name    struct wg_process_subscription_row
 * PROCESS_SUBSCRIPTION_PENDING      the same                     empty: its CREATE or DELETE is not
 * PROCESS_SUBSCRIPTION_ENDED        the same                     i64 message that it took last
 * PROCESS_SUBSCRIPTION_ENDED_AT     number modulo the most that  key of PROCESS_SUBSCRIPTION_ENDED; at
 *                                   are remembered               that most: u64 the next number */
#ifndef WG_PROCESSING_MESSAGE_ROWS_H
#define WG_PROCESSING_MESSAGE_ROWS_H

#include "seams/state_store.h"

/* Bytes of a message's name that are part of a row's key. */
#define WG_MESSAGE_NAME_IN_KEY 200u
/* Subscriptions that have ended and are remembered: longer than a command may be on its way. */
#define WG_SUBSCRIPTIONS_REMEMBERED 512u

/* Borrowed from the state until its next change. */
struct wg_message_row {
    int64_t deadline;
    struct wg_bytes name, correlation_key, id, variables;
};

/* On the partition of the message. */
struct wg_subscription_row {
    wg_key process_instance_key, element_instance_key, message_key; /* the one that correlates */
    bool correlating, interrupting;
    struct wg_bytes name, correlation_key, process_id, variables;
};

enum wg_subscription_state {
    WG_SUBSCRIPTION_OPENING = 1,
    WG_SUBSCRIPTION_OPEN = 2,
    WG_SUBSCRIPTION_CLOSING = 3
};

/* On the partition of the process instance. */
struct wg_process_subscription_row {
    wg_key key, process_instance_key, element_instance_key, message_key; /* correlated last */
    uint32_t partition; /* of the message */
    uint8_t state;      /* enum wg_subscription_state */
    bool interrupting;
    struct wg_bytes name, correlation_key, process_id, element_id;
};

/* Number of what waits for an answer (processing.h), never 0: a message offered to that subscription,
 * and the opening or the closing of that one. */
uint64_t wg_subscription_number(wg_key key, const struct wg_subscription_row *row);
uint64_t wg_process_subscription_number(const struct wg_process_subscription_row *row);

uint64_t wg_message_hash(struct wg_bytes name, struct wg_bytes correlation_key);
/* Partition of the messages with that correlation key, as every part of Zeebe works it out. */
wg_partition_id wg_message_partition(struct wg_bytes correlation_key, uint32_t partitions);

bool wg_message_get(const struct wg_state *state, wg_key key, struct wg_message_row *ret_row);
void wg_message_put(struct wg_env *env, struct wg_state *state, wg_key key,
                    const struct wg_message_row *row);
/* The message, its indexes and what it was correlated to; false = there is none. */
bool wg_message_remove(struct wg_state *state, wg_key key);
/* Whether a message of that name, correlation key and id is stored. */
bool wg_message_id_exists(const struct wg_state *state, struct wg_bytes name,
                          struct wg_bytes correlation_key, struct wg_bytes id);
bool wg_message_is_correlated(const struct wg_state *state, wg_key key, struct wg_bytes process_id);
void wg_message_set_correlated(struct wg_state *state, wg_key key, struct wg_bytes process_id,
                               bool correlated);

/* Goes through the keys of messages, or of subscriptions in the order of their elements, that may
 * have that name and correlation key; the caller compares. Changes in between are allowed. */
struct wg_message_walk {
    uint8_t family;
    uint8_t prefix[8];
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len;
};
struct wg_message_walk wg_message_walk(struct wg_bytes name, struct wg_bytes correlation_key);
struct wg_message_walk wg_subscription_walk(struct wg_bytes name, struct wg_bytes correlation_key);
bool wg_message_walk_next(const struct wg_state *state, struct wg_message_walk *walk,
                          wg_key *ret_key);

bool wg_subscription_get(const struct wg_state *state, wg_key key,
                         struct wg_subscription_row *ret_row);
/* Key of the element's subscription to that message, WG_KEY_NONE = none. */
wg_key wg_subscription_find(const struct wg_state *state, wg_key element, struct wg_bytes name);
/* Writes the row and its indexes. */
void wg_subscription_put(struct wg_env *env, struct wg_state *state, wg_key key,
                         const struct wg_subscription_row *row);
void wg_subscription_remove(struct wg_state *state, wg_key key);

bool wg_process_subscription_get(const struct wg_state *state, wg_key element,
                                 struct wg_bytes name,
                                 struct wg_process_subscription_row *ret_row);
void wg_process_subscription_put(struct wg_env *env, struct wg_state *state,
                                 const struct wg_process_subscription_row *row);
/* Removes the row, and remembers that `message` was taken last (WG_KEY_NONE = none was). */
void wg_process_subscription_end(struct wg_state *state, wg_key element, struct wg_bytes name,
                                 wg_key message);
/* Whether such a subscription has ended, as far as that is remembered. */
bool wg_process_subscription_ended(const struct wg_state *state, wg_key element,
                                   struct wg_bytes name, wg_key *ret_message);
/* The next row of the element after the one with the name `after` (empty = the first). */
bool wg_process_subscription_next(const struct wg_state *state, wg_key element,
                                  struct wg_bytes after,
                                  struct wg_process_subscription_row *ret_row);
/* The row that a key of PROCESS_SUBSCRIPTION or PROCESS_SUBSCRIPTION_PENDING speaks of. */
bool wg_process_subscription_at(const struct wg_state *state, struct wg_bytes key,
                                struct wg_process_subscription_row *ret_row);

#endif
