/* export-order: within one active exporter instance successful exports strictly increase in
 * position, each record once. Records go to the exporters one at a time: after a failed attempt the
 * next call is the same record at the same exporter, not an earlier or later one in the row and not
 * another record, unless that exporter has acknowledged the record meanwhile; and exporters take
 * turns in one order, which the calls that open them show.
 *
 * Scope: each director incarnation on each broker by itself; timers may come in between.
 * Sound: the director reads committed records in order, one at a time; a retry starts at the
 * failing exporter (reference: exporters 3.4); the order of exporters is chosen when it starts.
 * Blame: engine.
 * Evidence: facts PLUGIN_CALL, PLUGIN_RETURN, PLUGIN_ACK.
 * Memory: the export ledger's slot per broker, and 32 bytes per replica. */
#include "sim/invariants/bench.h"

struct turns {
    wg_position position; /* record under way, 0 = none */
    uint32_t exporter;    /* called last with it */
    uint32_t failures;    /* of that call; 0 = it did not fail */
    wg_time failed_at; /* by the broker's own clock */
    uint32_t opened;      /* exporters opened so far by this process */
};

const struct judge_rule inv_export_order_rule = {"export-order", JUDGE_PER_REPLICA,
                                                 sizeof(struct turns), NULL};

static struct turns *turns_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct turns *all = b->states[INV_EXPORT_ORDER];
    return all + judge_replica_number(b, node, p);
}

void inv_export_order_delivery(struct sim_judges *b, const struct judge_delivery *delivery) {
    wg_position last = delivery->slot->last_ok;
    if (delivery->position <= last) {
        judge_violate(b, INV_EXPORT_ORDER, SIM_BLAME_ENGINE, delivery->partition,
                      (int32_t)delivery->exporter,
                      "broker %u exported record %lld to %s after record %lld in the same instance",
                      delivery->node, (long long)delivery->position,
                      judge_exporter_id(b, delivery->exporter), (long long)last);
    }
}

static void complain(struct sim_judges *b, const struct sim_fact *fact, const struct turns *turns,
                     const char *why) {
    judge_violate(b, INV_EXPORT_ORDER, SIM_BLAME_ENGINE, fact->partition, (int32_t)fact->b,
                  "broker %u handed record %lld to %s after record %lld to %s, %s", fact->node,
                  (long long)fact->d, judge_exporter_id(b, (uint32_t)fact->b),
                  (long long)turns->position, judge_exporter_id(b, turns->exporter), why);
}

/* Whether the failed attempt has settled itself: its exporter acknowledged the record. */
static bool is_settled(const struct sim_judges *b, const struct sim_fact *fact,
                       const struct turns *turns) {
    const struct judge_slot *slot =
        &judge_ledger(b, fact->partition, turns->exporter)->slots[fact->node];
    return slot->max_ack >= turns->position;
}

static uint32_t rank_of(const struct sim_judges *b, const struct sim_fact *fact,
                        uint32_t exporter) {
    return judge_ledger(b, fact->partition, exporter)->slots[fact->node].rank;
}

static void take_turn(struct sim_judges *b, const struct sim_fact *fact, struct turns *turns) {
    bool same = (wg_position)fact->d == turns->position;
    bool again = same && fact->b == turns->exporter;
    if (turns->failures > 0 && !again && !is_settled(b, fact, turns)) {
        complain(b, fact, turns, "which had failed and must come first");
    } else if (turns->failures > 0 && again) {
        struct judge_attempt attempt = {fact->node, fact->partition, (uint32_t)fact->b,
                                        turns->failures, (wg_position)fact->d, turns->failed_at};
        inv_timers_attempt(b, &attempt);
    } else if (same && !again && rank_of(b, fact, (uint32_t)fact->b) <= rank_of(b, fact, turns->exporter)) {
        complain(b, fact, turns, "whose turn is later");
    }
    turns->failures = again ? turns->failures : 0;
    turns->position = (wg_position)fact->d;
    turns->exporter = (uint32_t)fact->b;
}

void inv_export_order_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || fact->b >= b->setup->exporter_count) {
        return;
    }
    struct turns *turns = turns_of(b, fact->node, fact->partition);
    switch (fact->c) {
    case WG_PLUGIN_CLOSE:
    case WG_PLUGIN_DESTROY: /* the end of an incarnation, or of one exporter that is disabled */
        *turns = (struct turns){.opened = turns->opened};
        break;
    case WG_PLUGIN_OPEN:
        judge_ledger(b, fact->partition, (uint32_t)fact->b)->slots[fact->node].rank =
            ++turns->opened;
        break;
    case WG_PLUGIN_EXPORT:
        take_turn(b, fact, turns);
        break;
    default:
        break;
    }
}

void inv_export_order_return(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c >> 8 != WG_PLUGIN_EXPORT || !judge_knows(b, fact->node, fact->partition)) {
        return;
    }
    struct turns *turns = turns_of(b, fact->node, fact->partition);
    if ((fact->c & 0xff) == WG_PLUGIN_PENDING || turns->position != (wg_position)fact->d) {
        return;
    }
    if ((fact->c & 0xff) == WG_PLUGIN_OK) {
        turns->failures = 0;
    } else {
        turns->failures++;
        turns->failed_at = judge_own_time(b, fact->node);
    }
}

void inv_export_order_end(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        *turns_of(b, fact->node, p) = (struct turns){0};
    }
}
