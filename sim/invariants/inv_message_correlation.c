/* message-correlation: a message reaches who waits for it, and of each process one instance only.
 *  1. A message is offered (MESSAGE_SUBSCRIPTION CORRELATING) to one instance of a process at a time:
 *     to another one only after that one refused it (REJECTED) or was closed with it (DELETED). A
 *     subscription is offered one message at a time: the next one only after an answer.
 *  2. It is taken (PROCESS_MESSAGE_SUBSCRIPTION CORRELATED) by one instance of a process, ever, and
 *     then it is not freed for others.
 *  3. In the batch that makes a message, a subscription, or frees a message, it is offered to a
 *     subscription with its name and correlation key, if there is one of a process that has not had it
 *     and the message's deadline has not passed. (Not to one that has had a later message: its
 *     instance, which takes them in the order of their keys, would take it for a repetition.)
 *  4. What asks another partition for something is answered in the end: opening, offering and closing
 *     a subscription, 90 s after everything was calm on both partitions.
 *  5. A message is not expired before its deadline, by the time of the command that ends it, and in the
 *     end not later than 90 s behind it by the leader's clock, unless there are more than a look ends.
 *  6. A subscription counts no more messages as taken (MESSAGE_SUBSCRIPTION CORRELATED, or DELETED with
 *     one on its way that is not freed) than its instance has taken, in the end.
 *  7. In the end both partitions agree which subscriptions are open, and for what.
 * So an instance that waits at the end waits for a message that was not published, or went to another.
 *
 * Scope: committed records. What a leader sent whose batch was never committed is sent again by the
 * next one; its messages then have the same keys, unless time decided otherwise, so 2 compares name and
 * correlation key as well, and 6 counts without keys. "In the end": at the end of the run, once it has
 * been calm for 90 s on both partitions and nothing keeps their leaders from processing.
 * Sound: the state says what was offered, in the transaction that offers it; a repeated offer is
 * answered again (not with the quirk repeated-correlate-is-refused, which breaks 2). For 4: pending
 * ones are looked at every 30 s and sent again when 10 s old. For 5: a look every 60 s, in the order of
 * the deadlines. For 6 and 7: an answer leaves before its batch is committed, but its command is
 * committed, so the batch comes; hence only what is 90 s old.
 * Evidence: committed records (facts DISK_WRITE, claim COMMIT), calm.h.
 * Memory: 120 bytes per message until it expires, 100 per open subscription on either side, on the
 * instance's for 90 s longer; 68 to 136 for each message that an instance has taken, for ever. */
#include "sim/invariants/bench.h"
#include "sim/invariants/detail.h"

#define PATIENCE (90 * WG_SECOND) /* answers, and the end of messages past their deadline */

/* A subscription, or a message; of one subject they are chained. */
struct item {
    bool used;
    uint64_t subject, process, waiter;
    wg_key key;       /* of the message or the subscription */
    wg_key offered;   /* subscription: the message that it has been offered, -1 = none */
    wg_key taken;     /* subscription that stays: the message that it had last, -1 = none */
    int64_t deadline; /* message */
    wg_time since;    /* subscription: of the offer, without one since when it is open */
    wg_partition_id home; /* of the instance */
    uint32_t next;
};

struct items {
    struct judge_deque all; /* struct item */
    struct judge_map by_key; /* key -> number */
    struct judge_map by_subject; /* -> first in chain + 1 */
    uint32_t free;           /* first free + 1, 0 = none */
};

enum wait_state { WAIT_FREE, WAIT_OPENING, WAIT_OPEN, WAIT_CLOSING, WAIT_ENDED };

/* What an instance's partition waits for. */
struct wait {
    uint8_t state;    /* enum wait_state */
    uint64_t subject, waiter;
    wg_time since;    /* of the state */
    wg_time other_ended; /* when the other partition closed its side last */
    wg_partition_id message_partition;
    uint32_t next_free;
};

/* A wait that ended then; it is remembered for a while. */
struct ended {
    uint32_t number;
    wg_time at;
};

/* A message that counts as taken by more than its instance has taken so far. */
struct owed {
    uint64_t waiter;
    wg_key message;
    wg_time since;
    wg_partition_id partition, home;
};

#define CHECKS 16u

/* Commands that end messages, the last ones. */
struct check {
    wg_position position;
    int64_t timestamp_ms;
};

struct correlation {
    struct check checks[CHECKS];
    uint32_t check_count;
    struct items messages, subscriptions;
    struct judge_map by_waiter; /* subscriptions */
    struct judge_map offered;   /* message and process -> 1 */
    int64_t expired_deadline;   /* the latest one of messages that have ended */
    wg_time expired_at;         /* when the last one ended */
};

struct taken {
    struct judge_map instances; /* message, process and subject -> waiter */
    struct judge_map counts;    /* waiter -> messages taken, and counted as taken << 32 */
    struct judge_deque owed;    /* struct owed */
    struct judge_deque waits;   /* struct wait */
    struct judge_deque ended;   /* struct ended */
    struct judge_map by_waiter; /* -> number */
    uint32_t free;              /* + 1 */
};

struct message_correlation {
    struct correlation correlation;
    struct taken home;
};

static void release_items(struct items *items) {
    judge_deque_free(&items->all);
    judge_map_free(&items->by_key);
    judge_map_free(&items->by_subject);
}

static void release(void *state) {
    struct message_correlation *own = state;
    release_items(&own->correlation.messages);
    release_items(&own->correlation.subscriptions);
    judge_map_free(&own->correlation.by_waiter);
    judge_map_free(&own->correlation.offered);
    judge_map_free(&own->home.instances);
    judge_map_free(&own->home.counts);
    judge_deque_free(&own->home.owed);
    judge_deque_free(&own->home.waits);
    judge_deque_free(&own->home.ended);
    judge_map_free(&own->home.by_waiter);
}

const struct judge_rule inv_message_correlation_rule = {"message-correlation", JUDGE_PER_PARTITION,
                                                        sizeof(struct message_correlation), release};

static uint64_t both(uint64_t a, uint64_t b) {
    uint64_t mixed = (a ^ UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xFF51AFD7ED558CCD);
    return (mixed ^ mixed >> 31 ^ b) * UINT64_C(0xC4CEB9FE1A85EC53);
}

/* --- chains ----------------------------------------------------------------------------------- */

static struct item *item_at(const struct items *items, uint32_t number) {
    return judge_deque_at(&items->all, number);
}

static struct item *find(const struct items *items, uint64_t key) {
    uint64_t number;
    return judge_map_get(&items->by_key, key, &number) ? item_at(items, (uint32_t)number) : NULL;
}

static struct item *add(struct items *items, uint64_t key, uint64_t subject) {
    uint32_t number = items->free - 1;
    uint64_t first = 0;
    if (items->free == 0) {
        items->all.elem = sizeof(struct item);
        number = items->all.count;
        judge_deque_push(&items->all);
    } else {
        items->free = item_at(items, number)->next;
    }
    judge_map_get(&items->by_subject, subject, &first);
    struct item *item = item_at(items, number);
    *item = (struct item){.used = true, .subject = subject, .key = (wg_key)key, .offered = -1,
                          .taken = -1, .next = (uint32_t)first};
    judge_map_put(&items->by_subject, subject, number + 1);
    judge_map_put(&items->by_key, key, number);
    return item;
}

static struct item *first_of(const struct items *items, uint64_t subject) {
    uint64_t first = 0;
    return judge_map_get(&items->by_subject, subject, &first) && first > 0
               ? item_at(items, (uint32_t)first - 1)
               : NULL;
}

static struct item *next_of(const struct items *items, const struct item *item) {
    return item->next == 0 ? NULL : item_at(items, item->next - 1);
}

static void drop(struct items *items, uint64_t key) {
    uint64_t number;
    if (!judge_map_get(&items->by_key, key, &number)) {
        return;
    }
    struct item *item = item_at(items, (uint32_t)number);
    struct item *at = first_of(items, item->subject);
    if (at == item && item->next == 0) {
        judge_map_remove(&items->by_subject, item->subject);
    } else if (at == item) {
        judge_map_put(&items->by_subject, item->subject, item->next);
    } else {
        while (item_at(items, at->next - 1) != item) {
            at = item_at(items, at->next - 1);
        }
        at->next = item->next;
    }
    judge_map_remove(&items->by_key, key);
    *item = (struct item){.next = items->free};
    items->free = (uint32_t)number + 1;
}

/* --- waits ------------------------------------------------------------------------------------ */

static struct wait *wait_at(const struct taken *home, uint32_t number) {
    return judge_deque_at(&home->waits, number);
}

static struct wait *find_wait(const struct taken *home, uint64_t waiter) {
    uint64_t number;
    return judge_map_get(&home->by_waiter, waiter, &number) ? wait_at(home, (uint32_t)number) : NULL;
}

static struct wait *make_wait(struct taken *home, uint64_t waiter) {
    struct wait *wait = find_wait(home, waiter);
    if (wait != NULL) {
        return wait;
    }
    uint32_t slot = home->free - 1;
    if (home->free == 0) {
        home->waits.elem = sizeof(struct wait);
        slot = home->waits.count;
        judge_deque_push(&home->waits);
    } else {
        home->free = wait_at(home, slot)->next_free;
    }
    judge_map_put(&home->by_waiter, waiter, slot);
    wait = wait_at(home, slot);
    *wait = (struct wait){.waiter = waiter};
    return wait;
}

static void set_state(struct wait *wait, enum wait_state state, wg_time now) {
    wait->state = (uint8_t)state;
    wait->since = now;
}

/* Forgets the waits that ended long ago. */
static void forget_ended(struct taken *home, wg_time now) {
    uint32_t old = 0;
    for (; old < home->ended.count; old++) {
        struct ended ended = *(const struct ended *)judge_deque_at(&home->ended, old);
        struct wait *wait = wait_at(home, ended.number);
        if (ended.at > now - PATIENCE) {
            break;
        }
        if (wait->state == WAIT_ENDED && wait->since == ended.at) {
            judge_map_remove(&home->by_waiter, wait->waiter);
            *wait = (struct wait){.next_free = home->free};
            home->free = ended.number + 1;
        }
    }
    judge_deque_pop_front(&home->ended, old);
}

static void wait_ends(struct taken *home, uint64_t waiter, wg_time now) {
    uint64_t number;
    if (judge_map_get(&home->by_waiter, waiter, &number)) {
        set_state(wait_at(home, (uint32_t)number), WAIT_ENDED, now);
        home->ended.elem = sizeof(struct ended);
        *(struct ended *)judge_deque_push(&home->ended) = (struct ended){(uint32_t)number, now};
    }
    forget_ended(home, now);
}

/* --- the message's partition ------------------------------------------------------------------ */

static void violate(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                    const char *what) {
    judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1, "record %lld %s (key %lld)",
                  (long long)record->position, what, (long long)record->key);
}

static struct correlation *correlation_of(const struct sim_judges *b, wg_partition_id p) {
    struct message_correlation *own = judge_state(b, INV_MESSAGE_CORRELATION, p - 1);
    return &own->correlation;
}

static bool is_offered(const struct correlation *c, wg_key message, uint64_t process) {
    uint64_t known;
    return judge_map_get(&c->offered, both((uint64_t)message, process), &known);
}

static void offer(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                  const struct judge_detail *detail) {
    struct correlation *c = correlation_of(b, p);
    struct item *subscription = find(&c->subscriptions, (uint64_t)record->key);
    if (is_offered(c, detail->message, detail->process)) {
        violate(b, p, record, "offers a message to a second instance of a process");
    }
    judge_map_put(&c->offered, both((uint64_t)detail->message, detail->process), 1);
    if (subscription == NULL) {
        violate(b, p, record, "offers a message to a subscription that is not open");
        return;
    }
    if (subscription->offered >= 0) {
        violate(b, p, record, "offers a message to a subscription that has one on its way");
    }
    subscription->offered = detail->message;
    subscription->since = b->now;
}

static struct taken *home_of(const struct sim_judges *b, wg_partition_id p) {
    struct message_correlation *own = judge_state(b, INV_MESSAGE_CORRELATION, p - 1);
    return &own->home;
}

/* The instance's side of a subscription; NULL if it is not known. */
static struct wait *other_side(const struct sim_judges *b, const struct item *item) {
    return judge_knows(b, 0, item->home) ? find_wait(home_of(b, item->home), item->waiter) : NULL;
}

static struct item *find_open(const struct correlation *c, uint64_t waiter) {
    uint64_t key;
    return judge_map_get(&c->by_waiter, waiter, &key) ? find(&c->subscriptions, key) : NULL;
}

static void end_subscription(struct sim_judges *b, wg_partition_id p,
                             const struct judge_detail *detail) {
    struct correlation *c = correlation_of(b, p);
    const struct item *item = find_open(c, detail->waiter);
    if (item == NULL) {
        return;
    }
    struct wait *wait = other_side(b, item);
    if (wait != NULL) {
        wait->other_ended = b->now;
    }
    drop(&c->subscriptions, (uint64_t)item->key);
    judge_map_remove(&c->by_waiter, detail->waiter);
}

#define TOOK UINT64_C(1)
#define COUNTED (UINT64_C(1) << 32)

static uint64_t counts_of(const struct taken *all, uint64_t waiter) {
    uint64_t counts = 0;
    judge_map_get(&all->counts, waiter, &counts);
    return counts;
}

static bool is_owed(uint64_t counts) {
    return counts >> 32 > (counts & UINT32_MAX);
}

/* Rule 6: the subscription counts a message as taken; mostly its instance has said so before. */
static void count_taken(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                        const struct judge_detail *detail) {
    struct taken *all = home_of(b, 1);
    uint64_t counts = counts_of(all, detail->waiter) + COUNTED;
    uint32_t settled = 0;
    judge_map_put(&all->counts, detail->waiter, counts);
    if (!is_owed(counts)) {
        return;
    }
    all->owed.elem = sizeof(struct owed);
    while (settled < all->owed.count &&
           !is_owed(counts_of(all, ((struct owed *)judge_deque_at(&all->owed, settled))->waiter))) {
        settled++;
    }
    judge_deque_pop_front(&all->owed, settled);
    *(struct owed *)judge_deque_push(&all->owed) =
        (struct owed){detail->waiter, detail->message, b->now, p, wg_key_partition(record->instance)};
}

/* Which message of which subject, for instances of which process. */
static uint64_t taking(const struct judge_detail *detail) {
    return both(both((uint64_t)detail->message, detail->process), detail->subject);
}

static void free_message(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                         const struct judge_detail *detail) {
    uint64_t taker;
    judge_map_remove(&correlation_of(b, p)->offered,
                     both((uint64_t)detail->message, detail->process));
    if (judge_map_get(&home_of(b, 1)->instances, taking(detail), &taker) &&
        taker == detail->waiter) {
        violate(b, p, record, "frees a message that its instance has taken");
    }
}

static void subscription_event(struct sim_judges *b, wg_partition_id p,
                               const struct judge_record *record,
                               const struct judge_detail *detail) {
    struct correlation *c = correlation_of(b, p);
    struct item *item;
    switch (record->intent) {
    case WG_MESSAGE_SUBSCRIPTION_CREATED:
        item = add(&c->subscriptions, (uint64_t)record->key, detail->subject);
        item->process = detail->process;
        item->waiter = detail->waiter;
        item->home = wg_key_partition(record->instance);
        item->since = b->now;
        judge_map_put(&c->by_waiter, detail->waiter, (uint64_t)record->key);
        break;
    case WG_MESSAGE_SUBSCRIPTION_CORRELATING:
        offer(b, p, record, detail);
        break;
    case WG_MESSAGE_SUBSCRIPTION_CORRELATED:
        count_taken(b, p, record, detail);
        item = find(&c->subscriptions, (uint64_t)record->key);
        if (item != NULL && !record->caught) {
            item->offered = -1;
            item->taken = detail->message;
            item->since = b->now;
        } else {
            end_subscription(b, p, detail);
        }
        break;
    case WG_MESSAGE_SUBSCRIPTION_REJECTED:
    case WG_MESSAGE_SUBSCRIPTION_DELETED:
        item = find_open(c, detail->waiter);
        if (item != NULL && item->offered >= 0 && detail->message < 0) {
            count_taken(b, p, record, detail); /* what was on its way is not freed */
        }
        end_subscription(b, p, detail);
        if (detail->message >= 0) {
            free_message(b, p, record, detail);
        }
        break;
    default:
        break;
    }
}

static void note_check(struct correlation *c, const struct judge_record *record) {
    c->checks[c->check_count++ % CHECKS] = (struct check){record->position, record->timestamp_ms};
}

static void check_expired(struct sim_judges *b, wg_partition_id p,
                          const struct judge_record *record) {
    struct correlation *c = correlation_of(b, p);
    const struct item *message = find(&c->messages, (uint64_t)record->key);
    for (uint32_t i = 0; i < CHECKS && message != NULL; i++) {
        if (c->checks[i].position > 0 && c->checks[i].position == record->source &&
            c->checks[i].timestamp_ms < message->deadline) {
            violate(b, p, record, "ends a message before its deadline");
        }
    }
}

static void message_event(struct sim_judges *b, wg_partition_id p,
                          const struct judge_record *record, const struct judge_detail *detail) {
    struct correlation *c = correlation_of(b, p);
    if (record->intent == WG_MESSAGE_PUBLISHED) {
        add(&c->messages, (uint64_t)record->key, detail->subject)->deadline = detail->deadline;
    } else if (record->intent == WG_MESSAGE_EXPIRED) {
        check_expired(b, p, record);
        const struct item *message = find(&c->messages, (uint64_t)record->key);
        if (message != NULL && message->deadline > c->expired_deadline) {
            c->expired_deadline = message->deadline;
        }
        c->expired_at = b->now;
        drop(&c->messages, (uint64_t)record->key);
    }
}

/* Rule 3, when the batch is over: what became of the message `key` of that subject? */
static void check_message(struct sim_judges *b, wg_partition_id p,
                          const struct judge_record *record, uint64_t subject, wg_key key,
                          uint64_t process) {
    struct correlation *c = correlation_of(b, p);
    for (struct item *item = first_of(&c->subscriptions, subject); item != NULL;
         item = next_of(&c->subscriptions, item)) {
        if (item->offered < 0 && item->taken < key && (process == 0 || item->process == process) &&
            !is_offered(c, key, item->process)) {
            violate(b, p, record, "leaves a message without the instance that waits for it");
            return;
        }
    }
}

static void check_subscription(struct sim_judges *b, wg_partition_id p,
                               const struct judge_record *record) {
    struct correlation *c = correlation_of(b, p);
    struct item *item = find(&c->subscriptions, (uint64_t)record->key);
    if (item == NULL || item->offered >= 0) {
        return;
    }
    for (struct item *message = first_of(&c->messages, item->subject); message != NULL;
         message = next_of(&c->messages, message)) {
        if (message->deadline > record->timestamp_ms &&
            !is_offered(c, message->key, item->process)) {
            violate(b, p, record, "opens a subscription without the message that waits for it");
            return;
        }
    }
}

static void check_batch(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        if (record->detail == 0) {
            continue;
        }
        const struct judge_detail *detail = judge_entry_detail(entry, record);
        bool subscription = record->value_type == WG_VT_MESSAGE_SUBSCRIPTION;
        if (record->value_type == WG_VT_MESSAGE && record->intent == WG_MESSAGE_PUBLISHED) {
            check_message(b, p, record, detail->subject, record->key, 0);
        } else if (subscription && record->intent == WG_MESSAGE_SUBSCRIPTION_CREATED) {
            check_subscription(b, p, record);
        } else if (subscription && detail->message >= 0 &&
                   (record->intent == WG_MESSAGE_SUBSCRIPTION_REJECTED ||
                    record->intent == WG_MESSAGE_SUBSCRIPTION_DELETED)) {
            const struct item *message =
                find(&correlation_of(b, p)->messages, (uint64_t)detail->message);
            if (message != NULL) {
                check_message(b, p, record, message->subject, message->key, detail->process);
            }
        }
    }
}

/* --- the instance's partition ----------------------------------------------------------------- */

static void take(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                 const struct judge_detail *detail) {
    struct taken *all = home_of(b, 1);
    uint64_t known;
    if (judge_map_get(&all->instances, taking(detail), &known)) {
        violate(b, p, record, known == detail->waiter
                                  ? "takes a message that the instance has had"
                                  : "takes a message that another instance of the process has had");
    }
    judge_map_put(&all->instances, taking(detail), detail->waiter);
    judge_map_put(&all->counts, detail->waiter, counts_of(all, detail->waiter) + TOOK);
}

static void process_event(struct sim_judges *b, wg_partition_id p,
                          const struct judge_record *record, const struct judge_detail *detail) {
    struct taken *home = home_of(b, p);
    struct wait *wait;
    switch (record->intent) {
    case WG_PROCESS_SUBSCRIPTION_CREATING:
    case WG_PROCESS_SUBSCRIPTION_DELETING:
        wait = make_wait(home, detail->waiter);
        set_state(wait, record->intent == WG_PROCESS_SUBSCRIPTION_CREATING ? WAIT_OPENING
                                                                           : WAIT_CLOSING, b->now);
        wait->subject = detail->subject;
        wait->message_partition = (wg_partition_id)detail->partition;
        break;
    case WG_PROCESS_SUBSCRIPTION_CREATED:
        wait = find_wait(home, detail->waiter);
        if (wait != NULL && wait->state == WAIT_OPENING) {
            set_state(wait, WAIT_OPEN, b->now);
        }
        break;
    case WG_PROCESS_SUBSCRIPTION_CORRELATED:
        take(b, p, record, detail);
        if (record->caught) {
            wait_ends(home, detail->waiter, b->now);
        } else if ((wait = find_wait(home, detail->waiter)) != NULL) {
            set_state(wait, WAIT_OPEN, b->now);
        }
        break;
    case WG_PROCESS_SUBSCRIPTION_DELETED:
        wait_ends(home, detail->waiter, b->now);
        break;
    default:
        break;
    }
}

void inv_message_correlation_entry(struct sim_judges *b, wg_partition_id p,
                                   const struct judge_entry *entry) {
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        if (record->record_type == WG_COMMAND && record->value_type == WG_VT_MESSAGE_BATCH) {
            note_check(correlation_of(b, p), record);
        }
        if (record->detail == 0) {
            continue;
        }
        const struct judge_detail *detail = judge_entry_detail(entry, record);
        if (record->value_type == WG_VT_MESSAGE) {
            message_event(b, p, record, detail);
        } else if (record->value_type == WG_VT_MESSAGE_SUBSCRIPTION) {
            subscription_event(b, p, record, detail);
        } else if (record->value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION) {
            process_event(b, p, record, detail);
        }
    }
    if (entry->detail_count > 0) {
        check_batch(b, p, entry);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Whether the partition has a leader that processes. */
static bool is_at_work(const struct sim_judges *b, wg_partition_id p) {
    wg_node_id leader = judge_leader(b, p);
    return leader != WG_NODE_NONE && !b->calm.processing_paused[judge_replica_number(b, leader, p)] &&
           (b->calm.brokers[leader].space & SIM_SPACE_NO_PROCESSING) == 0;
}

/* Whether something has been due since `since`, and nothing has disturbed either partition. */
static bool is_overdue(const struct sim_judges *b, wg_time since, wg_partition_id one,
                       wg_partition_id other) {
    wg_time until = b->now - PATIENCE;
    return judge_knows(b, 0, one) && judge_knows(b, 0, other) && since <= until &&
           judge_calm_since(b, one) <= until && judge_calm_since(b, other) <= until &&
           is_at_work(b, one) && is_at_work(b, other);
}

static long long seconds(const struct sim_judges *b, wg_time since) {
    return (long long)((b->now - since) / WG_SECOND);
}

static void check_wait(struct sim_judges *b, wg_partition_id p, const struct wait *wait) {
    if (wait->state == WAIT_FREE || wait->state == WAIT_ENDED ||
        !is_overdue(b, wait->since, p, wait->message_partition)) {
        return;
    }
    if (wait->state != WAIT_OPEN) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "a subscription that has been %s for %lld s has no answer from partition %u",
                      wait->state == WAIT_CLOSING ? "closing" : "opening", seconds(b, wait->since),
                      wait->message_partition);
    } else if (find_open(correlation_of(b, wait->message_partition), wait->waiter) == NULL &&
               wait->other_ended <= b->now - PATIENCE) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "an instance has waited for a message for %lld s, and partition %u has no "
                      "subscription of it", seconds(b, wait->since), wait->message_partition);
    }
}

static void check_open(struct sim_judges *b, wg_partition_id p, const struct item *item) {
    if (!item->used || !is_overdue(b, item->since, p, item->home)) {
        return;
    }
    const struct wait *wait = other_side(b, item);
    if (item->offered >= 0) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "message %lld was offered to an instance on partition %u %lld s ago and has "
                      "no answer", (long long)item->offered, item->home, seconds(b, item->since));
    } else if (wait == NULL ||
               (wait->state == WAIT_ENDED && wait->since <= b->now - PATIENCE)) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "subscription %lld has been open for %lld s, and no instance on partition %u "
                      "waits", (long long)item->key, seconds(b, item->since), item->home);
    } else if (wait->state == WAIT_OPEN && wait->subject != item->subject &&
               wait->since <= b->now - PATIENCE) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "subscription %lld is for another message than its instance on partition %u "
                      "waits for", (long long)item->key, item->home);
    }
}

/* Rule 5: looks end messages in the order of their deadlines, some at a time. */
static void check_ended(struct sim_judges *b, wg_partition_id p, const struct item *message) {
    const struct correlation *c = correlation_of(b, p);
    wg_time until = b->now - PATIENCE;
    if (!message->used || !is_overdue(b, until, p, p)) {
        return;
    }
    int64_t late = judge_wall_ms(b, judge_leader(b, p)) - message->deadline;
    bool in_its_turn = c->expired_at > until && message->deadline >= c->expired_deadline;
    if (late >= PATIENCE / WG_MS && !in_its_turn) {
        judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                      "message %lld is there %lld ms behind its deadline", (long long)message->key,
                      (long long)late);
    }
}

static void check_owed(struct sim_judges *b) {
    const struct taken *all = home_of(b, 1);
    for (uint32_t i = 0; i < all->owed.count; i++) {
        const struct owed *owed = judge_deque_at(&all->owed, i);
        if (is_owed(counts_of(all, owed->waiter)) &&
            is_overdue(b, owed->since, owed->partition, owed->home)) {
            judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, owed->partition, -1,
                          "message %lld counts as taken since %lld s, and no instance on partition "
                          "%u has taken it", (long long)owed->message, seconds(b, owed->since),
                          owed->home);
        }
    }
}

void inv_message_correlation_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        struct message_correlation *own = judge_state(b, INV_MESSAGE_CORRELATION, p - 1);
        const struct items *subscriptions = &own->correlation.subscriptions;
        const struct items *messages = &own->correlation.messages;
        for (uint32_t i = 0; i < own->home.waits.count; i++) {
            check_wait(b, p, wait_at(&own->home, i));
        }
        for (uint32_t i = 0; i < subscriptions->all.count; i++) {
            check_open(b, p, item_at(subscriptions, i));
        }
        for (uint32_t i = 0; i < messages->all.count; i++) {
            check_ended(b, p, item_at(messages, i));
        }
    }
    check_owed(b);
}
