/* message-correlation: a message reaches who waits for it, and of each process one instance only.
 *  1. A message is offered (MESSAGE_SUBSCRIPTION CORRELATING) to one instance of a process at a time:
 *     to another one only after that one refused it (REJECTED) or was closed with it (DELETED).
 *  2. It is taken (PROCESS_MESSAGE_SUBSCRIPTION CORRELATED) by one instance of a process, ever.
 *  3. In the batch that makes a message, a subscription, or frees a message, it is offered to a
 *     subscription with its name and correlation key, if there is one of a process that has not had it
 *     and the message's deadline has not passed.
 *  4. What asks another partition for something is answered in the end: opening, offering and closing
 *     a subscription, 90 s after everything was calm on both partitions.
 *  5. A message is not expired before its deadline, by the time of the command that ends it.
 * So an instance that waits at the end waits for a message that was not published, or went to another.
 *
 * Scope: committed records. What a leader sent whose batch was never committed is sent again by the
 * next one; its messages then have the same keys, unless time decided otherwise, so 2 compares name and
 * correlation key as well.
 * Sound: the state says what was offered, in the transaction that offers it; a repeated offer is
 * answered again (not with the quirk repeated-correlate-is-refused, which breaks 2). For 4: pending
 * ones are looked at every 30 s and sent again when 10 s old.
 * Evidence: committed records (facts DISK_WRITE, claim COMMIT), calm.h.
 * Memory: 120 bytes per message until it expires, 100 per open subscription; 34 to 68 for what a
 * process has taken, for ever. */
#include "sim/invariants/bench.h"
#include "sim/invariants/detail.h"

#define PATIENCE (90 * WG_SECOND)

/* A subscription, or a message; of one subject they are chained. */
struct item {
    bool used;
    uint64_t subject, process, waiter;
    wg_key key;       /* of the message or the subscription */
    wg_key offered;   /* subscription: the message that it has been offered, -1 = none */
    int64_t deadline; /* message */
    wg_time since;    /* subscription: of the offer */
    wg_partition_id home; /* of the instance */
    uint32_t next;
};

struct items {
    struct judge_deque all; /* struct item */
    struct judge_map by_key; /* key -> number */
    struct judge_map by_subject; /* -> first in chain + 1 */
    uint32_t free;           /* first free + 1, 0 = none */
};

/* What an instance's partition waits for. */
struct wait {
    bool used, closing;
    wg_time since; /* 0 = nothing at present */
    wg_partition_id message_partition;
    uint32_t next_free;
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
};

struct taken {
    struct judge_map instances; /* message, process and subject -> waiter */
    struct judge_deque waits;   /* struct wait */
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
    judge_deque_free(&own->home.waits);
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
                          .next = (uint32_t)first};
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

static void set_free(struct correlation *c, wg_key message, uint64_t process) {
    judge_map_remove(&c->offered, both((uint64_t)message, process));
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
    subscription->offered = detail->message;
    subscription->since = b->now;
}

static void end_subscription(struct correlation *c, const struct judge_detail *detail) {
    uint64_t key;
    if (judge_map_get(&c->by_waiter, detail->waiter, &key)) {
        drop(&c->subscriptions, key);
        judge_map_remove(&c->by_waiter, detail->waiter);
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
        judge_map_put(&c->by_waiter, detail->waiter, (uint64_t)record->key);
        break;
    case WG_MESSAGE_SUBSCRIPTION_CORRELATING:
        offer(b, p, record, detail);
        break;
    case WG_MESSAGE_SUBSCRIPTION_CORRELATED:
        item = find(&c->subscriptions, (uint64_t)record->key);
        if (item != NULL && !record->caught) {
            item->offered = -1;
        } else {
            end_subscription(c, detail);
        }
        break;
    case WG_MESSAGE_SUBSCRIPTION_REJECTED:
    case WG_MESSAGE_SUBSCRIPTION_DELETED:
        end_subscription(c, detail);
        if (detail->message >= 0) {
            set_free(c, detail->message, detail->process);
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
        if (item->offered < 0 && (process == 0 || item->process == process) &&
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

static struct wait *wait_of(struct taken *home, uint64_t waiter, bool make) {
    uint64_t number;
    if (judge_map_get(&home->by_waiter, waiter, &number)) {
        return judge_deque_at(&home->waits, (uint32_t)number);
    }
    if (!make) {
        return NULL;
    }
    uint32_t slot = home->free - 1;
    if (home->free == 0) {
        home->waits.elem = sizeof(struct wait);
        slot = home->waits.count;
        judge_deque_push(&home->waits);
    } else {
        home->free = ((struct wait *)judge_deque_at(&home->waits, slot))->next_free;
    }
    judge_map_put(&home->by_waiter, waiter, slot);
    struct wait *wait = judge_deque_at(&home->waits, slot);
    *wait = (struct wait){.used = true};
    return wait;
}

static void wait_ends(struct taken *home, uint64_t waiter) {
    uint64_t number;
    if (judge_map_get(&home->by_waiter, waiter, &number)) {
        struct wait *wait = judge_deque_at(&home->waits, (uint32_t)number);
        *wait = (struct wait){.next_free = home->free};
        home->free = (uint32_t)number + 1;
        judge_map_remove(&home->by_waiter, waiter);
    }
}

static void take(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                 const struct judge_detail *detail) {
    struct message_correlation *all = judge_state(b, INV_MESSAGE_CORRELATION, 0);
    uint64_t who = both(both((uint64_t)detail->message, detail->process), detail->subject);
    uint64_t known;
    if (judge_map_get(&all->home.instances, who, &known)) {
        violate(b, p, record, known == detail->waiter
                                  ? "takes a message that the instance has had"
                                  : "takes a message that another instance of the process has had");
    }
    judge_map_put(&all->home.instances, who, detail->waiter);
}

static void process_event(struct sim_judges *b, wg_partition_id p,
                          const struct judge_record *record, const struct judge_detail *detail) {
    struct message_correlation *own = judge_state(b, INV_MESSAGE_CORRELATION, p - 1);
    struct wait *wait;
    switch (record->intent) {
    case WG_PROCESS_SUBSCRIPTION_CREATING:
    case WG_PROCESS_SUBSCRIPTION_DELETING:
        wait = wait_of(&own->home, detail->waiter, true);
        wait->since = b->now;
        wait->closing = record->intent == WG_PROCESS_SUBSCRIPTION_DELETING;
        wait->message_partition = (wg_partition_id)detail->partition;
        break;
    case WG_PROCESS_SUBSCRIPTION_CREATED:
        wait = wait_of(&own->home, detail->waiter, false);
        if (wait != NULL && !wait->closing) {
            wait->since = 0;
        }
        break;
    case WG_PROCESS_SUBSCRIPTION_CORRELATED:
        take(b, p, record, detail);
        if (record->caught) {
            wait_ends(&own->home, detail->waiter);
        } else if ((wait = wait_of(&own->home, detail->waiter, false)) != NULL) {
            wait->since = 0;
        }
        break;
    case WG_PROCESS_SUBSCRIPTION_DELETED:
        wait_ends(&own->home, detail->waiter);
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

/* Whether an answer has been due since `since`, and nothing has disturbed either partition. */
static bool is_overdue(const struct sim_judges *b, wg_time since, wg_partition_id one,
                       wg_partition_id other) {
    wg_time until = b->now - PATIENCE;
    return judge_knows(b, 0, other) && since <= until && judge_calm_since(b, one) <= until &&
           judge_calm_since(b, other) <= until && judge_leader(b, one) != WG_NODE_NONE &&
           judge_leader(b, other) != WG_NODE_NONE;
}

void inv_message_correlation_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        struct message_correlation *own = judge_state(b, INV_MESSAGE_CORRELATION, p - 1);
        const struct items *subscriptions = &own->correlation.subscriptions;
        for (uint32_t i = 0; i < own->home.waits.count; i++) {
            const struct wait *wait = judge_deque_at(&own->home.waits, i);
            if (wait->used && wait->since > 0 && is_overdue(b, wait->since, p,
                                                            wait->message_partition)) {
                judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                              "a subscription that has been %s for %lld s has no answer from "
                              "partition %u", wait->closing ? "closing" : "opening",
                              (long long)((b->now - wait->since) / WG_SECOND),
                              wait->message_partition);
            }
        }
        for (uint32_t i = 0; i < subscriptions->all.count; i++) {
            const struct item *item = item_at(subscriptions, i);
            if (item->used && item->offered >= 0 && is_overdue(b, item->since, p, item->home)) {
                judge_violate(b, INV_MESSAGE_CORRELATION, SIM_BLAME_ENGINE, p, -1,
                              "message %lld was offered to an instance on partition %u %lld s ago "
                              "and has no answer", (long long)item->offered, item->home,
                              (long long)((b->now - item->since) / WG_SECOND));
            }
        }
    }
}
