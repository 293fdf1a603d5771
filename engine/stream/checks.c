/* What a leader looks at now and then (step 6, engine 4.5, 11.3, 11.5): messages past their deadline
 * every minute, subscriptions without an answer every 30 s, distributions every 10 s. Runs only while
 * processing, and only while there is anything of the kind. Always: what has been sent when, and how
 * often, lives with this processor and is never kept across roles; every look arms the next one
 * (bug M04). */
#include "stream/internal.h"

#include "base/hash.h"

#include <string.h>

#define EXPIRE_EVERY WG_MINUTE
#define EXPIRE_AT_ONCE 1000u
#define EXPIRE_MORE (100 * WG_MS) /* between checks while there are more */
#define SUBSCRIPTIONS_EVERY (30 * WG_SECOND)
#define SUBSCRIPTION_PATIENCE (10 * WG_SECOND)
#define DISTRIBUTIONS_EVERY (10 * WG_SECOND)
#define DISTRIBUTION_CHECKS_MOST 30 /* from then on at each multiple: 5 min */
#define FIRST_SLOTS 64u

/* --- numbers by number ------------------------------------------------------------------------ */

static struct wg_check_entry *slot_of(const struct wg_check_table *table, uint64_t number) {
    uint32_t mask = table->capacity - 1;
    uint32_t at = (uint32_t)wg_hash_mix(number, 0) & mask;
    while (table->entries[at].number != 0 && table->entries[at].number != number) {
        at = (at + 1) & mask;
    }
    return &table->entries[at];
}

static void make_room(struct wg_env *env, struct wg_check_table *table, uint32_t capacity) {
    struct wg_check_table old = *table;
    size_t bytes = capacity * sizeof *table->entries;
    table->entries = wg_alloc(env, bytes);
    table->capacity = capacity;
    memset(table->entries, 0, bytes);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].number != 0) {
            *slot_of(table, old.entries[i].number) = old.entries[i];
        }
    }
    wg_free(env, old.entries, old.capacity * sizeof *old.entries);
}

static void put(struct wg_env *env, struct wg_check_table *table, uint64_t number, int64_t value) {
    if (2 * table->count >= table->capacity) {
        make_room(env, table, table->capacity == 0 ? FIRST_SLOTS : 2 * table->capacity);
    }
    struct wg_check_entry *entry = slot_of(table, number);
    table->count += entry->number == 0;
    *entry = (struct wg_check_entry){number, value};
}

static bool get(const struct wg_check_table *table, uint64_t number, int64_t *ret_value) {
    if (table->capacity == 0) {
        return false;
    }
    const struct wg_check_entry *entry = slot_of(table, number);
    *ret_value = entry->value;
    return entry->number != 0;
}

void wg_checks_done(struct wg_processor *p) {
    for (uint32_t i = 0; i < WG_CHECK_TABLES; i++) {
        wg_free(p->env, p->checks[i].entries, p->checks[i].capacity * sizeof *p->checks[i].entries);
    }
}

/* --- looking ---------------------------------------------------------------------------------- */

void wg_checks_sent(struct wg_processor *p, uint64_t number) {
    put(p->env, &p->checks[WG_PENDING_SUBSCRIPTIONS], number, p->env->now);
}

/* One look: what it meets is carried over into a fresh table, so that what was answered is
 * forgotten. */
struct look {
    struct wg_processor *p;
    struct wg_check_table next;
};

/* Unknown = a former leader has sent it, or this one before it could. */
static bool subscription_waited(void *ctx, uint64_t number) {
    struct look *look = ctx;
    wg_time now = look->p->env->now;
    wg_time sent;
    bool due = !get(&look->p->checks[WG_PENDING_SUBSCRIPTIONS], number, &sent) ||
               now - sent >= SUBSCRIPTION_PATIENCE;
    put(look->p->env, &look->next, number, due ? now : sent);
    return due;
}

/* Looks are counted 0, 1, 2, .. for each; it is sent again at 1, 2, 4, 8, 16, and then at every
 * multiple of 30. */
static bool distribution_waited(void *ctx, uint64_t number) {
    struct look *look = ctx;
    int64_t looks = -1;
    if (!get(&look->p->checks[WG_PENDING_DISTRIBUTIONS], number, &looks)) {
        looks = -1;
    }
    looks++;
    put(look->p->env, &look->next, number, looks);
    return looks >= DISTRIBUTION_CHECKS_MOST ? looks % DISTRIBUTION_CHECKS_MOST == 0
                                             : looks > 0 && (looks & (looks - 1)) == 0;
}

static wg_status ask_again(struct wg_processor *p, enum wg_pending_kind kind) {
    struct look look = {.p = p};
    wg_results_reset(&p->results);
    wg_status status = wg_processing_pending(
        p->env, p->state, p->partition, kind,
        kind == WG_PENDING_SUBSCRIPTIONS ? subscription_waited : distribution_waited, &look,
        &p->results);
    struct wg_check_table old = p->checks[kind];
    wg_free(p->env, old.entries, old.capacity * sizeof *old.entries);
    p->checks[kind] = look.next;
    if (status == WG_OK) {
        wg_peers_send(p);
    }
    return status;
}

static wg_status expire(struct wg_processor *p, bool *ret_more) {
    wg_position position;
    wg_results_reset(&p->results);
    uint32_t count = wg_processing_expired(p->env, p->state, p->partition, p->env->wall_ms,
                                           EXPIRE_AT_ONCE, &p->results);
    *ret_more = count == EXPIRE_AT_ONCE;
    if (count == 0) {
        return WG_OK;
    }
    wg_status status = wg_log_writer_write(p->writer, p->results.records, 1, &position);
    return status == WG_FULL ? WG_OK : status; /* the next look tries again */
}

/* --- timers ----------------------------------------------------------------------------------- */

static const wg_time periods[WG_TIMER_CHECKS] = {EXPIRE_EVERY, SUBSCRIPTIONS_EVERY,
                                                 DISTRIBUTIONS_EVERY};

static void arm(struct wg_processor *p, uint32_t slot, wg_time delay) {
    wg_emit_timer(p->env, p->partition, WG_ACTOR_PROCESSOR, slot, p->env->now + delay);
}

void wg_checks_start(struct wg_processor *p) {
    if (p->checking == WG_ALL_CHECKS || !wg_processing_has_messages(p->state)) {
        return;
    }
    for (uint32_t i = 0; i < WG_TIMER_CHECKS; i++) {
        if ((p->checking >> i & 1) == 0) {
            arm(p, WG_TIMER_FIRST_CHECK + i, periods[i]);
        }
    }
    p->checking = WG_ALL_CHECKS;
}

wg_status wg_checks_timer(struct wg_processor *p, uint32_t slot) {
    uint32_t check = slot - WG_TIMER_FIRST_CHECK;
    bool more = false;
    wg_status status = WG_OK;
    if ((p->checking >> check & 1) == 0) {
        return WG_OK; /* it was armed by a former processor */
    }
    if (p->paused == 0) {
        status = check == 0   ? expire(p, &more)
                 : check == 1 ? ask_again(p, WG_PENDING_SUBSCRIPTIONS)
                              : ask_again(p, WG_PENDING_DISTRIBUTIONS);
    }
    if (wg_processing_has_messages(p->state)) {
        arm(p, slot, more ? EXPIRE_MORE : periods[check]);
    } else {
        p->checking &= ~(1u << check);
    }
    return status;
}

/* Only records of these kinds can bring anything to look at. */
void wg_checks_processed(struct wg_processor *p) {
    for (uint32_t i = 0; i < p->results.count && p->checking != WG_ALL_CHECKS; i++) {
        uint8_t type = p->results.records[i].value_type;
        if (type == WG_VT_MESSAGE || type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION ||
            type == WG_VT_MESSAGE_SUBSCRIPTION || type == WG_VT_COMMAND_DISTRIBUTION) {
            wg_checks_start(p);
        }
    }
}
