/* The export ledger (see ledger.h). */
#include "sim/invariants/ledger.h"

#include "sim/invariants/bench.h"

#include <stdlib.h>
#include <string.h>

/* The director's longest back-off and some; and longer than an honest call lasts. */
#define LONGEST_PAUSE (15 * WG_SECOND)
#define LONGEST_CALL (60 * WG_SECOND)
#define FARTHEST_POSITION (INT64_C(1) << 24) /* ahead of the committed log: nonsense, not kept */

void judge_ledger_init(struct judge_ledger *ledger, uint32_t brokers) {
    memset(ledger, 0, sizeof *ledger);
    memset(&ledger->filter, 0xff, sizeof ledger->filter);
    judge_bits_init(&ledger->delivered);
    judge_bits_init(&ledger->durable);
    judge_bits_init(&ledger->vouched);
    ledger->brokers = brokers;
    ledger->digests.elem = sizeof(uint32_t);
    ledger->first_digest = 1;
    ledger->sink_highest = ledger->max_ack = ledger->stored_highest = WG_POSITION_NONE;
    ledger->slots = judge_alloc(brokers * sizeof *ledger->slots);
    for (uint32_t i = 0; i < brokers; i++) {
        ledger->slots[i].instance = JUDGE_NO_INSTANCE;
        judge_bits_init(&ledger->slots[i].offered);
    }
}

void judge_ledger_free(struct judge_ledger *ledger) {
    judge_bits_free(&ledger->delivered);
    judge_bits_free(&ledger->durable);
    judge_bits_free(&ledger->vouched);
    for (uint32_t i = 0; i < ledger->brokers; i++) {
        judge_bits_free(&ledger->slots[i].offered);
    }
    judge_deque_free(&ledger->digests);
    free(ledger->slots);
}

bool judge_ledger_accepts(const struct judge_ledger *ledger, uint8_t record_type,
                          uint8_t value_type) {
    bool type = record_type >= 64 || (ledger->filter.record_types >> record_type & 1) != 0;
    return type && (ledger->filter.value_types[value_type / 64] >> (value_type % 64) & 1) != 0;
}

/* Whether the exporter is to get that committed record. */
static bool takes(const struct sim_judges *b, wg_partition_id p, const struct judge_ledger *ledger,
                  wg_position position) {
    const struct judge_canon_record *record = judge_canon_record(judge_canon(b, p), position);
    return record != NULL && !judge_skips(b, position) &&
           judge_ledger_accepts(ledger, record->record_type, record->value_type);
}

void judge_ledger_advance(struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    struct judge_ledger *ledger = judge_ledger(b, p, exporter);
    const struct judge_canon *canon = judge_canon(b, p);
    while (ledger->prefix < canon->last_position) {
        wg_position next = ledger->prefix + 1;
        bool accepted = takes(b, p, ledger, next);
        if (accepted && !judge_bits_get(&ledger->durable, (uint64_t)next)) {
            return;
        }
        ledger->prefix = next;
        ledger->stats.accepted += accepted ? 1 : 0;
    }
}

void judge_ledger_excuse(struct sim_judges *b, wg_partition_id p, uint32_t exporter,
                         wg_position up_to) {
    struct judge_ledger *ledger = judge_ledger(b, p, exporter);
    if (up_to > ledger->prefix) {
        ledger->prefix = up_to;
    }
    ledger->excused = up_to > 0 ? up_to : 0;
    ledger->reached = 0; /* where it has begun anew is seen with the next record */
    judge_ledger_advance(b, p, exporter);
}

/* Enabled anew it may begin far before what it is owed, and gets that first, in order. */
void judge_ledger_count(const struct sim_judges *b, wg_partition_id p, uint32_t exporter,
                        struct sim_export_stats *stats) {
    const struct judge_ledger *ledger = judge_ledger(b, p, exporter);
    wg_position last = judge_canon(b, p)->last_position;
    stats->waiting += ledger->reached < ledger->excused
                          ? (uint64_t)(ledger->excused - ledger->reached)
                          : 0;
    for (wg_position i = ledger->prefix + 1; i <= last; i++) {
        if (takes(b, p, ledger, i)) {
            stats->accepted++;
            stats->missing += !judge_bits_get(&ledger->delivered, (uint64_t)i);
            stats->waiting += i > ledger->reached;
        }
    }
}

void judge_ledger_forget(struct judge_ledger *ledger, wg_position below) {
    if (below <= 0) {
        return;
    }
    judge_bits_forget(&ledger->delivered, (uint64_t)below);
    judge_bits_forget(&ledger->durable, (uint64_t)below);
    wg_position missing = ledger->prefix + 1; /* whose fault it is will be asked */
    judge_bits_forget(&ledger->vouched, (uint64_t)(missing < below ? missing : below));
    for (uint32_t i = 0; i < ledger->brokers; i++) {
        judge_bits_forget(&ledger->slots[i].offered, (uint64_t)below);
    }
    if (below > ledger->first_digest) {
        wg_position drop = below - ledger->first_digest;
        judge_deque_pop_front(&ledger->digests, (uint32_t)drop);
        ledger->first_digest = below;
    }
}

/* --- instances ------------------------------------------------------------------------------- */

static bool knows_stream(const struct sim_judges *b, wg_partition_id p, uint64_t exporter) {
    return p >= 1 && p <= b->setup->partition_count && exporter < b->setup->exporter_count;
}

static struct judge_slot *slot_of(struct sim_judges *b, wg_node_id node,
                                  struct judge_ledger *ledger,
                                  uint64_t instance) {
    struct judge_slot *slot = &ledger->slots[node];
    uint64_t incarnation = b->brokers[node].incarnation;
    if (slot->instance != instance || slot->incarnation != incarnation) {
        struct judge_bits offered = slot->offered;
        *slot = (struct judge_slot){.instance = instance,
                                    .incarnation = incarnation,
                                    .offered = offered,
                                    .start = WG_POSITION_NONE,
                                    .max_ack = WG_POSITION_NONE,
                                    .stored = WG_POSITION_NONE,
                                    .cause = SIM_DUP_UNEXPLAINED};
    }
    return slot;
}

/* Beyond any committed log: inv_export_committed complains at the call. */
static bool is_nonsense(const struct sim_judges *b, wg_partition_id p, wg_position position) {
    return position < 1 || position > judge_canon(b, p)->last_position + FARTHEST_POSITION;
}

static void note_offer(struct judge_slot *slot, wg_position position) {
    if (slot->first_offer == 0) {
        slot->first_offer = position;
        judge_bits_restart(&slot->offered, (uint64_t)position);
    }
    slot->last_offer = position > slot->last_offer ? position : slot->last_offer;
    judge_bits_set(&slot->offered, (uint64_t)position);
}

bool judge_ledger_was_offered(const struct judge_slot *slot, wg_position position) {
    return slot->first_offer != 0 && position >= slot->first_offer &&
           judge_bits_get(&slot->offered, (uint64_t)position);
}

/* Why a director instance that opens now may repeat what an earlier one delivered. */
static uint32_t cause_of_opening(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                 const struct judge_ledger *ledger) {
    const struct judge_broker *broker = &b->brokers[node];
    if (ledger->instances == 0) {
        return SIM_DUP_UNEXPLAINED;
    }
    if (ledger->last_node != node) {
        return SIM_DUP_FAILOVER;
    }
    if (ledger->last_incarnation != broker->incarnation) {
        return broker->last_end == SIM_END_POWER_LOSS ? SIM_DUP_POWER_LOSS : SIM_DUP_RESTART;
    }
    return judge_replica(b, node,
                         p)->received ? SIM_DUP_SNAPSHOT_INSTALL : SIM_DUP_DIRECTOR_RESTART;
}

static void open_slot(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                      struct judge_ledger *ledger, struct judge_slot *slot) {
    if (slot->opened) {
        return;
    }
    slot->opened = true;
    slot->cause = cause_of_opening(b, node, p, ledger);
    ledger->instances++;
    ledger->last_node = node;
    ledger->last_incarnation = slot->incarnation;
}

/* --- handlers -------------------------------------------------------------------------------- */

/* A record is owed only if every filter so far accepts it: another filter in a later instance may
 * rightly have skipped it. */
void judge_ledger_filter(struct sim_judges *b, const struct sim_fact *fact) {
    const struct wg_record_filter *filter = fact->ptr;
    if (!knows_stream(b, fact->partition, fact->b) || filter == NULL) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->b);
    ledger->filter.record_types &= filter->record_types;
    for (uint32_t i = 0; i < 4; i++) {
        ledger->filter.value_types[i] &= filter->value_types[i];
    }
    judge_ledger_advance(b, fact->partition, (uint32_t)fact->b);
}

/* Who holds up whom: an instance answers each call but destroy. */
static void note_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (!knows_stream(b, fact->partition, fact->b)) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->b);
    ledger->called_at = fact->c == WG_PLUGIN_DESTROY ? 0 : fact->at;
    ledger->awaited_at = fact->c == WG_PLUGIN_TIMER ? ledger->awaited_at : 0;
}

static void note_answer(struct sim_judges *b, const struct sim_fact *fact) {
    uint64_t result = fact->c & 0xff;
    uint64_t kind = fact->c >> 8;
    if (!knows_stream(b, fact->partition, fact->b)) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->b);
    if (ledger->called_at != 0 && fact->at - ledger->called_at >= JUDGE_LONG_CALL) {
        b->long_call_at = fact->at;
    }
    ledger->called_at = 0;
    if (kind == WG_PLUGIN_EXPORT) {
        ledger->awaited_at = result == WG_PLUGIN_PENDING ? fact->at : 0;
    }
    if (result == WG_PLUGIN_FAILED && kind != WG_PLUGIN_CLOSE) {
        ledger->refused_at = fact->at;
    } else if (result == WG_PLUGIN_OK && (kind == WG_PLUGIN_OPEN || kind == WG_PLUGIN_EXPORT)) {
        ledger->refused_at = 0;
    }
}

static bool is_long_ago(const struct sim_judges *b, wg_time since) {
    return since != 0 && since + LONGEST_CALL <= b->now;
}

int32_t judge_ledger_refuser(const struct sim_judges *b, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        const struct judge_ledger *ledger = judge_ledger(b, p, e);
        bool refuses = ledger->refused_at != 0 && ledger->refused_at + LONGEST_PAUSE >= b->now;
        if (refuses || is_long_ago(b, ledger->called_at) || is_long_ago(b, ledger->awaited_at)) {
            return (int32_t)e;
        }
    }
    return -1;
}

void judge_ledger_call(struct sim_judges *b, const struct sim_fact *fact) {
    note_call(b, fact);
    bool runs = fact->c == WG_PLUGIN_OPEN || fact->c == WG_PLUGIN_EXPORT;
    if (!runs || !knows_stream(b, fact->partition, fact->b) || fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->b);
    struct judge_slot *slot = slot_of(b, fact->node, ledger, fact->a);
    open_slot(b, fact->node, fact->partition, ledger, slot);
    if (fact->c == WG_PLUGIN_EXPORT && !is_nonsense(b, fact->partition, (wg_position)fact->d)) {
        note_offer(slot, (wg_position)fact->d);
    }
}

void judge_ledger_start(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    if (claim->a >= b->setup->exporter_count) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, claim->partition, (uint32_t)claim->a);
    struct judge_slot *slot = slot_of(b, node, ledger, claim->c);
    slot->has_start = true;
    slot->start = (wg_position)claim->b;
    slot->stored = slot->start;
}

void judge_ledger_stored(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    if (claim->a < b->setup->exporter_count) {
        judge_ledger(b, claim->partition, (uint32_t)claim->a)->slots[node].stored =
            (wg_position)claim->b;
    }
}

static void count_repeat(struct judge_ledger *ledger, bool duplicate) {
    if (!duplicate) {
        ledger->in_burst = false;
        return;
    }
    ledger->stats.duplicates++;
    if (!ledger->in_burst) {
        ledger->in_burst = true;
        ledger->burst = 0;
        ledger->stats.bursts++;
    }
    ledger->burst++;
    if (ledger->burst > ledger->stats.longest_burst) {
        ledger->stats.longest_burst = ledger->burst;
    }
}

static void deliver(struct sim_judges *b, const struct sim_fact *fact,
                    struct judge_ledger *ledger) {
    wg_position position = (wg_position)fact->d;
    if (is_nonsense(b, fact->partition, position)) {
        return;
    }
    struct judge_slot *slot = slot_of(b, fact->node, ledger, fact->a);
    struct judge_delivery delivery = {.node = fact->node,
                                      .partition = fact->partition,
                                      .exporter = (uint32_t)fact->b,
                                      .position = position,
                                      .slot = slot};
    delivery.duplicate = judge_bits_set(&ledger->delivered, (uint64_t)position);
    inv_export_order_delivery(b, &delivery);
    inv_duplicates_delivery(b, &delivery);
    count_repeat(ledger, delivery.duplicate);
    slot->last_ok = position;
    ledger->reached = position > ledger->reached ? position : ledger->reached;
    ledger->stats.delivered++;
    if (b->setup->exporter_opaque != NULL && b->setup->exporter_opaque[fact->b]) {
        judge_bits_set(&ledger->durable, (uint64_t)position);
        judge_ledger_advance(b, fact->partition, (uint32_t)fact->b);
    }
}

void judge_ledger_return(struct sim_judges *b, const struct sim_fact *fact) {
    note_answer(b, fact);
    if (fact->c >> 8 != WG_PLUGIN_EXPORT || !knows_stream(b, fact->partition, fact->b) ||
        fact->node >= b->setup->brokers) {
        return;
    }
    if ((fact->c & 0xff) == WG_PLUGIN_OK) {
        deliver(b, fact, judge_ledger(b, fact->partition, (uint32_t)fact->b));
    } /* an attempt that failed is no delivery; what is PENDING is answered by another return */
}

static bool vouches(const struct judge_slot *slot, wg_position position) {
    return judge_ledger_was_offered(slot, position) ||
           (position > slot->last_offer && position > slot->start);
}

/* The first record that an acknowledgement of `acked` vouches for wrongly, 0 = none; notes them all. Looks at
 * each record once per instance. */
static wg_position find_unsound(const struct sim_judges *b, wg_partition_id p,
                                struct judge_ledger *ledger, struct judge_slot *slot,
                                wg_position acked) {
    wg_position last = judge_canon(b, p)->last_position;
    wg_position to = acked < last ? acked : last;
    wg_position at = ledger->prefix > slot->looked_to ? ledger->prefix : slot->looked_to;
    wg_position first = 0;
    while (at < to) {
        at++;
        if (vouches(slot, at) && takes(b, p, ledger, at) &&
            !judge_bits_get(&ledger->durable, (uint64_t)at)) {
            judge_bits_set(&ledger->vouched, (uint64_t)at);
            first = first == 0 ? at : first;
        }
    }
    slot->looked_to = at;
    if (acked > last && vouches(slot, acked) &&
        !judge_bits_get(&ledger->durable, (uint64_t)acked)) {
        ledger->ahead_from = ledger->ahead_to == 0 ? last + 1 : ledger->ahead_from;
        ledger->ahead_to = acked > ledger->ahead_to ? acked : ledger->ahead_to;
        first = first == 0 ? acked : first;
    }
    return first;
}

bool judge_ledger_is_vouched(const struct judge_ledger *ledger, wg_position position) {
    return judge_bits_get(&ledger->vouched, (uint64_t)position) ||
           (ledger->ahead_to != 0 && position >= ledger->ahead_from && position <= ledger->ahead_to);
}

void judge_ledger_ack(struct sim_judges *b, const struct sim_fact *fact) {
    if (!knows_stream(b, fact->partition, fact->b) || fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->b);
    struct judge_slot *slot = slot_of(b, fact->node, ledger, fact->a);
    wg_position position = (wg_position)fact->c;
    slot->max_ack = position > slot->max_ack ? position : slot->max_ack;
    ledger->max_ack = position > ledger->max_ack ? position : ledger->max_ack;
    ledger->unsound = position <= ledger->prefix
                          ? 0 : find_unsound(b, fact->partition, ledger, slot, position);
}

void judge_ledger_durable(struct sim_judges *b, const struct sim_fact *fact) {
    wg_position position = (wg_position)fact->b;
    if (!knows_stream(b, fact->partition, fact->a) || is_nonsense(b, fact->partition, position)) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, fact->partition, (uint32_t)fact->a);
    judge_bits_set(&ledger->durable, (uint64_t)position);
    ledger->sink_highest = position > ledger->sink_highest ? position : ledger->sink_highest;
    if (position == ledger->prefix + 1) {
        judge_ledger_advance(b, fact->partition, (uint32_t)fact->a);
    }
}
