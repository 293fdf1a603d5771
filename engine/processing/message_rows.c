/* Reading and writing rows of messages and subscriptions (step 6). Always: the indexes of a row are
 * functions of it and are changed nowhere else. */
#include "processing/message_rows.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <string.h>

#define SMALL_ROW 1024u
#define TEXTS 4u

/* Fixed parts as they lie in the state; the lengths of the texts come last. */
struct message_fixed {
    int64_t deadline;
    uint32_t lengths[TEXTS];
};
struct subscription_fixed {
    int64_t process_instance_key, element_instance_key, message_key;
    uint8_t correlating, interrupting, unused[6];
    uint32_t lengths[TEXTS];
};
struct process_fixed {
    int64_t key, process_instance_key, element_instance_key, message_key;
    uint32_t partition;
    uint8_t state, interrupting, unused[2];
    uint32_t lengths[TEXTS];
};

_Static_assert(sizeof(struct message_fixed) == 24, "no padding");
_Static_assert(sizeof(struct subscription_fixed) == 48, "no padding");
_Static_assert(sizeof(struct process_fixed) == 56, "no padding");

/* --- rows with texts -------------------------------------------------------------------------- */

static void put(struct wg_env *env, struct wg_state *state, uint8_t family, struct wg_bytes key,
                struct wg_bytes fixed, const struct wg_bytes *texts) {
    uint8_t small[SMALL_ROW];
    size_t len = fixed.len;
    for (uint32_t i = 0; i < TEXTS; i++) {
        len += texts[i].len;
    }
    uint8_t *row = len <= sizeof small ? small : wg_alloc(env, len);
    struct wg_writer out = wg_writer_on(row, len);
    wg_write_bytes(&out, fixed.ptr, fixed.len);
    for (uint32_t i = 0; i < TEXTS; i++) {
        wg_write_bytes(&out, texts[i].ptr, texts[i].len);
    }
    wg_state_put(state, family, key, wg_writer_bytes(&out));
    if (row != small) {
        wg_free(env, row, len);
    }
}

/* Splits a row into its fixed part, which ends with the lengths, and the texts. */
static bool split(struct wg_bytes row, void *ret_fixed, size_t fixed_len,
                  struct wg_bytes *ret_texts) {
    uint32_t lengths[TEXTS];
    struct wg_reader in = wg_reader_on(row);
    const uint8_t *fixed = wg_read_bytes(&in, fixed_len);
    if (fixed == NULL) {
        return false;
    }
    memcpy(ret_fixed, fixed, fixed_len);
    memcpy(lengths, fixed + fixed_len - sizeof lengths, sizeof lengths);
    for (uint32_t i = 0; i < TEXTS; i++) {
        ret_texts[i] = wg_bytes_of(wg_read_bytes(&in, lengths[i]), lengths[i]);
    }
    return !in.failed && wg_reader_left(&in) == 0;
}

static void set_lengths(uint32_t *lengths, const struct wg_bytes *texts) {
    for (uint32_t i = 0; i < TEXTS; i++) {
        lengths[i] = texts[i].len;
    }
}

static struct wg_bytes one_key(uint8_t *out, uint64_t number) {
    wg_state_key_u64(out, number);
    return wg_bytes_of(out, 8);
}

static struct wg_bytes two_key(uint8_t *out, uint64_t first, uint64_t second) {
    wg_state_key_u64(out, first);
    wg_state_key_u64(out + 8, second);
    return wg_bytes_of(out, 16);
}

/* A number and the beginning of a text. */
static struct wg_bytes text_key(uint8_t *out, wg_key number, struct wg_bytes text) {
    uint32_t len = text.len < WG_MESSAGE_NAME_IN_KEY ? text.len : WG_MESSAGE_NAME_IN_KEY;
    wg_state_key_u64(out, (uint64_t)number);
    if (len > 0) {
        memcpy(out + 8, text.ptr, len);
    }
    return wg_bytes_of(out, 8 + (size_t)len);
}

static void mark(struct wg_state *state, uint8_t family, struct wg_bytes key, bool there) {
    if (there) {
        wg_state_put(state, family, key, wg_bytes_of(NULL, 0));
    } else {
        wg_state_remove(state, family, key);
    }
}

static void point(struct wg_state *state, uint8_t family, struct wg_bytes key, wg_key at) {
    uint8_t bytes[8];
    wg_store_le(bytes, (uint64_t)at, 8);
    wg_state_put(state, family, key, wg_bytes_of(bytes, 8));
}

/* --- hashes ----------------------------------------------------------------------------------- */

uint64_t wg_message_hash(struct wg_bytes name, struct wg_bytes correlation_key) {
    uint64_t hash = wg_hash_bytes(name.ptr, name.len, 0);
    return wg_hash_bytes(correlation_key.ptr, correlation_key.len, hash);
}

static uint64_t id_hash(struct wg_bytes name, struct wg_bytes correlation_key, struct wg_bytes id) {
    return wg_hash_bytes(id.ptr, id.len, wg_message_hash(name, correlation_key));
}

/* Sum over signed bytes in 32 bits, each step times 31; then the remainder's absolute value. */
wg_partition_id wg_message_partition(struct wg_bytes correlation_key, uint32_t partitions) {
    uint32_t hash = 0;
    for (uint32_t i = 0; i < correlation_key.len; i++) {
        uint8_t byte = correlation_key.ptr[i];
        hash = 31 * hash + byte - (byte >= 128 ? 256u : 0u);
    }
    int64_t rest = (int64_t)(int32_t)hash % (int64_t)partitions;
    return (wg_partition_id)(rest < 0 ? -rest : rest) + 1;
}

uint64_t wg_subscription_number(wg_key key, const struct wg_subscription_row *row) {
    return wg_hash_mix((uint64_t)key, (uint64_t)row->message_key) | 1;
}

uint64_t wg_process_subscription_number(const struct wg_process_subscription_row *row) {
    uint64_t name = wg_hash_bytes(row->name.ptr, row->name.len, row->state);
    return wg_hash_mix((uint64_t)row->element_instance_key, name) | 1;
}

/* --- messages --------------------------------------------------------------------------------- */

bool wg_message_get(const struct wg_state *state, wg_key key, struct wg_message_row *ret_row) {
    uint8_t bytes[8];
    struct wg_bytes row;
    struct message_fixed fixed;
    struct wg_bytes texts[TEXTS];
    if (!wg_state_get(state, WG_CF_MESSAGE, one_key(bytes, (uint64_t)key), &row) ||
        !split(row, &fixed, sizeof fixed, texts)) {
        return false;
    }
    *ret_row = (struct wg_message_row){fixed.deadline, texts[0], texts[1], texts[2], texts[3]};
    return true;
}

static void index_message(struct wg_state *state, wg_key key, const struct wg_message_row *row,
                          bool there) {
    uint8_t bytes[16];
    uint64_t hash = wg_message_hash(row->name, row->correlation_key);
    uint64_t id = id_hash(row->name, row->correlation_key, row->id);
    bool has_id = row->id.len > 0;
    mark(state, WG_CF_MESSAGE_DEADLINE, two_key(bytes, (uint64_t)row->deadline, (uint64_t)key),
         there);
    mark(state, WG_CF_MESSAGE_BY_KEY, two_key(bytes, hash, (uint64_t)key), there);
    if (has_id) {
        mark(state, WG_CF_MESSAGE_ID, two_key(bytes, id, (uint64_t)key), there);
    }
}

void wg_message_put(struct wg_env *env, struct wg_state *state, wg_key key,
                    const struct wg_message_row *row) {
    uint8_t bytes[8];
    struct wg_bytes texts[TEXTS] = {row->name, row->correlation_key, row->id, row->variables};
    struct message_fixed fixed = {.deadline = row->deadline};
    set_lengths(fixed.lengths, texts);
    put(env, state, WG_CF_MESSAGE, one_key(bytes, (uint64_t)key),
        wg_bytes_of(&fixed, sizeof fixed), texts);
    index_message(state, key, row, true);
}

bool wg_message_remove(struct wg_state *state, wg_key key) {
    struct wg_message_row row;
    uint8_t prefix[8];
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len;
    struct wg_bytes nothing;
    if (!wg_message_get(state, key, &row)) {
        return false;
    }
    uint64_t hash = wg_message_hash(row.name, row.correlation_key);
    uint64_t id = id_hash(row.name, row.correlation_key, row.id);
    bool has_id = row.id.len > 0;
    struct wg_bytes own = one_key(prefix, (uint64_t)key);
    /* The texts are gone with the first change. */
    mark(state, WG_CF_MESSAGE_DEADLINE, two_key(at, (uint64_t)row.deadline, (uint64_t)key), false);
    mark(state, WG_CF_MESSAGE_BY_KEY, two_key(at, hash, (uint64_t)key), false);
    if (has_id) {
        mark(state, WG_CF_MESSAGE_ID, two_key(at, id, (uint64_t)key), false);
    }
    wg_state_remove(state, WG_CF_MESSAGE, own);
    while (wg_state_next(state, WG_CF_MESSAGE_CORRELATED, own, own, true, at, &at_len, &nothing)) {
        wg_state_remove(state, WG_CF_MESSAGE_CORRELATED, wg_bytes_of(at, at_len));
    }
    return true;
}

bool wg_message_id_exists(const struct wg_state *state, struct wg_bytes name,
                          struct wg_bytes correlation_key, struct wg_bytes id) {
    struct wg_message_walk walk = {.family = WG_CF_MESSAGE_ID};
    struct wg_message_row row;
    wg_key key;
    wg_state_key_u64(walk.prefix, id_hash(name, correlation_key, id));
    while (wg_message_walk_next(state, &walk, &key)) {
        if (wg_message_get(state, key, &row) && wg_bytes_equal(row.name, name) &&
            wg_bytes_equal(row.correlation_key, correlation_key) && wg_bytes_equal(row.id, id)) {
            return true;
        }
    }
    return false;
}

bool wg_message_is_correlated(const struct wg_state *state, wg_key key,
                              struct wg_bytes process_id) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes row;
    return wg_state_get(state, WG_CF_MESSAGE_CORRELATED, text_key(bytes, key, process_id), &row);
}

void wg_message_set_correlated(struct wg_state *state, wg_key key, struct wg_bytes process_id,
                               bool correlated) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    mark(state, WG_CF_MESSAGE_CORRELATED, text_key(bytes, key, process_id), correlated);
}

/* --- walking ---------------------------------------------------------------------------------- */

struct wg_message_walk wg_message_walk(struct wg_bytes name, struct wg_bytes correlation_key) {
    struct wg_message_walk walk = {.family = WG_CF_MESSAGE_BY_KEY};
    wg_state_key_u64(walk.prefix, wg_message_hash(name, correlation_key));
    return walk;
}

struct wg_message_walk wg_subscription_walk(struct wg_bytes name, struct wg_bytes correlation_key) {
    struct wg_message_walk walk = {.family = WG_CF_MESSAGE_SUBSCRIPTION_BY_KEY};
    wg_state_key_u64(walk.prefix, wg_message_hash(name, correlation_key));
    return walk;
}

bool wg_message_walk_next(const struct wg_state *state, struct wg_message_walk *walk,
                          wg_key *ret_key) {
    struct wg_bytes value;
    bool first = walk->at_len == 0;
    struct wg_bytes prefix = wg_bytes_of(walk->prefix, sizeof walk->prefix);
    struct wg_bytes after = first ? prefix : wg_bytes_of(walk->at, walk->at_len);
    if (!wg_state_next(state, walk->family, prefix, after, first, walk->at, &walk->at_len,
                       &value)) {
        return false;
    }
    *ret_key = walk->family == WG_CF_MESSAGE_SUBSCRIPTION_BY_KEY
                   ? (wg_key)wg_load_le(value.ptr, 8)
                   : (wg_key)wg_state_u64_key(walk->at + 8);
    return true;
}

/* --- subscriptions of a message --------------------------------------------------------------- */

bool wg_subscription_get(const struct wg_state *state, wg_key key,
                         struct wg_subscription_row *ret_row) {
    uint8_t bytes[8];
    struct wg_bytes row;
    struct subscription_fixed fixed;
    struct wg_bytes texts[TEXTS];
    if (!wg_state_get(state, WG_CF_MESSAGE_SUBSCRIPTION, one_key(bytes, (uint64_t)key), &row) ||
        !split(row, &fixed, sizeof fixed, texts)) {
        return false;
    }
    *ret_row = (struct wg_subscription_row){fixed.process_instance_key,
                                            fixed.element_instance_key,
                                            fixed.message_key,
                                            fixed.correlating != 0,
                                            fixed.interrupting != 0,
                                            texts[0],
                                            texts[1],
                                            texts[2],
                                            texts[3]};
    return true;
}

wg_key wg_subscription_find(const struct wg_state *state, wg_key element, struct wg_bytes name) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes row;
    struct wg_subscription_row subscription;
    if (!wg_state_get(state, WG_CF_MESSAGE_SUBSCRIPTION_BY_ELEMENT, text_key(bytes, element, name),
                      &row) ||
        row.len != 8) {
        return WG_KEY_NONE;
    }
    wg_key key = (wg_key)wg_load_le(row.ptr, 8);
    return wg_subscription_get(state, key, &subscription) &&
                   wg_bytes_equal(subscription.name, name)
               ? key
               : WG_KEY_NONE;
}

void wg_subscription_put(struct wg_env *env, struct wg_state *state, wg_key key,
                         const struct wg_subscription_row *row) {
    uint8_t own[8];
    uint8_t by_element[WG_STATE_MAX_KEY];
    uint8_t by_key[16];
    struct wg_bytes texts[TEXTS] = {row->name, row->correlation_key, row->process_id,
                                    row->variables};
    struct subscription_fixed fixed = {.process_instance_key = row->process_instance_key,
                                       .element_instance_key = row->element_instance_key,
                                       .message_key = row->message_key,
                                       .correlating = row->correlating,
                                       .interrupting = row->interrupting};
    set_lengths(fixed.lengths, texts);
    /* Before the first change: the texts may be the state's own. */
    struct wg_bytes element = text_key(by_element, row->element_instance_key, row->name);
    struct wg_bytes hashed = two_key(by_key, wg_message_hash(row->name, row->correlation_key),
                                     (uint64_t)row->element_instance_key);
    struct wg_bytes own_key = one_key(own, (uint64_t)key);
    bool pending = row->correlating;
    put(env, state, WG_CF_MESSAGE_SUBSCRIPTION, own_key, wg_bytes_of(&fixed, sizeof fixed), texts);
    mark(state, WG_CF_MESSAGE_SUBSCRIPTION_PENDING, own_key, pending);
    point(state, WG_CF_MESSAGE_SUBSCRIPTION_BY_ELEMENT, element, key);
    point(state, WG_CF_MESSAGE_SUBSCRIPTION_BY_KEY, hashed, key);
}

void wg_subscription_remove(struct wg_state *state, wg_key key) {
    uint8_t bytes[8];
    uint8_t by_element[WG_STATE_MAX_KEY];
    uint8_t by_key[16];
    struct wg_subscription_row row;
    if (!wg_subscription_get(state, key, &row)) {
        return;
    }
    struct wg_bytes element = text_key(by_element, row.element_instance_key, row.name);
    struct wg_bytes hashed = two_key(by_key, wg_message_hash(row.name, row.correlation_key),
                                     (uint64_t)row.element_instance_key);
    wg_state_remove(state, WG_CF_MESSAGE_SUBSCRIPTION, one_key(bytes, (uint64_t)key));
    wg_state_remove(state, WG_CF_MESSAGE_SUBSCRIPTION_PENDING, one_key(bytes, (uint64_t)key));
    wg_state_remove(state, WG_CF_MESSAGE_SUBSCRIPTION_BY_ELEMENT, element);
    wg_state_remove(state, WG_CF_MESSAGE_SUBSCRIPTION_BY_KEY, hashed);
}

/* --- subscriptions of a process instance ------------------------------------------------------ */

static bool read_process(struct wg_bytes row, struct wg_process_subscription_row *ret_row) {
    struct process_fixed fixed;
    struct wg_bytes texts[TEXTS];
    if (!split(row, &fixed, sizeof fixed, texts)) {
        return false;
    }
    *ret_row = (struct wg_process_subscription_row){fixed.key,
                                                    fixed.process_instance_key,
                                                    fixed.element_instance_key,
                                                    fixed.message_key,
                                                    fixed.partition,
                                                    fixed.state,
                                                    fixed.interrupting != 0,
                                                    texts[0],
                                                    texts[1],
                                                    texts[2],
                                                    texts[3]};
    return true;
}

bool wg_process_subscription_at(const struct wg_state *state, struct wg_bytes key,
                                struct wg_process_subscription_row *ret_row) {
    struct wg_bytes row;
    return wg_state_get(state, WG_CF_PROCESS_SUBSCRIPTION, key, &row) &&
           read_process(row, ret_row);
}

bool wg_process_subscription_get(const struct wg_state *state, wg_key element,
                                 struct wg_bytes name,
                                 struct wg_process_subscription_row *ret_row) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    return wg_process_subscription_at(state, text_key(bytes, element, name), ret_row) &&
           wg_bytes_equal(ret_row->name, name);
}

bool wg_process_subscription_next(const struct wg_state *state, wg_key element,
                                  struct wg_bytes after,
                                  struct wg_process_subscription_row *ret_row) {
    uint8_t from[WG_STATE_MAX_KEY];
    uint8_t at[WG_STATE_MAX_KEY];
    uint32_t at_len;
    struct wg_bytes row;
    struct wg_bytes start = text_key(from, element, after);
    return wg_state_next(state, WG_CF_PROCESS_SUBSCRIPTION, wg_bytes_of(from, 8), start,
                         after.len == 0, at, &at_len, &row) &&
           read_process(row, ret_row);
}

void wg_process_subscription_put(struct wg_env *env, struct wg_state *state,
                                 const struct wg_process_subscription_row *row) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes texts[TEXTS] = {row->name, row->correlation_key, row->process_id,
                                    row->element_id};
    struct process_fixed fixed = {.key = row->key,
                                  .process_instance_key = row->process_instance_key,
                                  .element_instance_key = row->element_instance_key,
                                  .message_key = row->message_key,
                                  .partition = row->partition,
                                  .state = row->state,
                                  .interrupting = row->interrupting};
    set_lengths(fixed.lengths, texts);
    struct wg_bytes key = text_key(bytes, row->element_instance_key, row->name);
    put(env, state, WG_CF_PROCESS_SUBSCRIPTION, key, wg_bytes_of(&fixed, sizeof fixed), texts);
    mark(state, WG_CF_PROCESS_SUBSCRIPTION_PENDING, key, row->state != WG_SUBSCRIPTION_OPEN);
}

/* --- subscriptions that have ended ------------------------------------------------------------ */

/* The place of the next one; what was there is forgotten. */
static uint64_t take_place(struct wg_state *state) {
    uint8_t bytes[8];
    uint8_t forgotten[WG_STATE_MAX_KEY];
    struct wg_bytes row;
    uint64_t number = 0;
    struct wg_bytes counter = one_key(bytes, WG_SUBSCRIPTIONS_REMEMBERED);
    if (wg_state_get(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED_AT, counter, &row) && row.len == 8) {
        number = wg_load_le(row.ptr, 8);
    }
    point(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED_AT, counter, (wg_key)(number + 1));
    number %= WG_SUBSCRIPTIONS_REMEMBERED;
    if (wg_state_get(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED_AT, one_key(bytes, number), &row) &&
        row.len <= sizeof forgotten) {
        memcpy(forgotten, row.ptr, row.len);
        wg_state_remove(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED, wg_bytes_of(forgotten, row.len));
    }
    return number;
}

void wg_process_subscription_end(struct wg_state *state, wg_key element, struct wg_bytes name,
                                 wg_key message) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    uint8_t place[8];
    struct wg_bytes key = text_key(bytes, element, name);
    wg_state_remove(state, WG_CF_PROCESS_SUBSCRIPTION, key);
    wg_state_remove(state, WG_CF_PROCESS_SUBSCRIPTION_PENDING, key);
    wg_state_put(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED_AT, one_key(place, take_place(state)), key);
    point(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED, key, message);
}

bool wg_process_subscription_ended(const struct wg_state *state, wg_key element,
                                   struct wg_bytes name, wg_key *ret_message) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes row;
    if (!wg_state_get(state, WG_CF_PROCESS_SUBSCRIPTION_ENDED, text_key(bytes, element, name),
                      &row) ||
        row.len != 8) {
        return false;
    }
    *ret_message = (wg_key)wg_load_le(row.ptr, 8);
    return true;
}
