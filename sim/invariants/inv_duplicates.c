/* duplicates: every delivery of a record that was delivered before has a cause and lies inside the
 * bound of that cause: a new director instance (failover, restart, power loss, snapshot install,
 * director restart) repeats only records above the position it started at, upwards and each once. A
 * retry is no cause: what failed was not delivered, and exporters in front of the failing one are
 * not called again.
 *
 * Scope: successful export calls per exporter and partition, over the whole run.
 * Sound: a director starts behind its stored position (export-position judges that) and reads on. A
 * deposed leader that still exports repeats what its successor delivered: that is failover too. A
 * call that did not return is no delivery; a sink may still have got it.
 * Evidence: facts PLUGIN_CALL, PLUGIN_RETURN, BROKER_END; claims EXPORTER_START, SNAPSHOT_RECEIVED.
 * Memory: one bit per record and exporter above the rollback horizon (export ledger). */
#include "sim/invariants/bench.h"

const struct judge_rule inv_duplicates_rule = {"duplicates", JUDGE_PER_RUN, 0, NULL};

static uint32_t cause_of(const struct judge_ledger *ledger, const struct judge_delivery *delivery) {
    const struct judge_slot *slot = delivery->slot;
    if (delivery->position <= slot->last_ok) {
        return SIM_DUP_UNEXPLAINED; /* a retry comes only where the attempt failed: no delivery */
    }
    if (slot->has_start && delivery->position <= slot->start) {
        return SIM_DUP_UNEXPLAINED;
    }
    if (slot->cause == SIM_DUP_UNEXPLAINED && ledger->instances > 1) {
        return SIM_DUP_FAILOVER; /* the first instance of all, deposed */
    }
    return slot->cause;
}

void inv_duplicates_delivery(struct sim_judges *b, const struct judge_delivery *delivery) {
    if (!delivery->duplicate) {
        return;
    }
    struct judge_ledger *ledger = judge_ledger(b, delivery->partition, delivery->exporter);
    uint32_t cause = cause_of(ledger, delivery);
    ledger->stats.by_cause[cause]++;
    if (cause == SIM_DUP_UNEXPLAINED) {
        judge_violate(b, INV_DUPLICATES, SIM_BLAME_ENGINE, delivery->partition,
                      (int32_t)delivery->exporter,
                      "broker %u delivered record %lld to %s again without a cause (its instance "
                      "started at %lld and had delivered up to %lld)", delivery->node,
                      (long long)delivery->position, judge_exporter_id(b, delivery->exporter),
                      (long long)delivery->slot->start, (long long)delivery->slot->last_ok);
    }
}
