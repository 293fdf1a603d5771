/* export-order: within one active exporter instance successful exports strictly increase in
 * position; the same record may come again only after a failed attempt of that record (of this
 * exporter or of a later one in the row).
 *
 * Scope: each instance (a director incarnation's copy of an exporter) by itself.
 * Sound: the director reads committed records in order, one at a time, and repeats one only while
 * an exporter refuses it.
 * Evidence: facts PLUGIN_CALL, PLUGIN_RETURN.
 * Memory: the export ledger's slot per broker. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_export_order_rule = {"export-order", JUDGE_PER_RUN, 0, NULL};

void inv_export_order_delivery(struct sim_judges *b, const struct judge_delivery *delivery) {
    const struct judge_ledger *ledger = judge_ledger(b, delivery->partition, delivery->exporter);
    wg_position last = delivery->slot->last_ok;
    bool again = delivery->position == last && ledger->failed_at == last;
    if (delivery->position <= last && !again) {
        judge_violate(b, INV_EXPORT_ORDER, SIM_BLAME_ENGINE, delivery->partition,
                      (int32_t)delivery->exporter,
                      "broker %u exported record %lld to %s after record %lld in the same instance",
                      delivery->node, (long long)delivery->position,
                      judge_exporter_id(b, delivery->exporter), (long long)last);
    }
}
