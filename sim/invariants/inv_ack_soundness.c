/* ack-soundness: an exporter acknowledges a position only when everything up to it that it was handed is
 * durable in its sink, and nothing behind that.
 *
 * Scope: every acknowledgement of every exporter whose sink can be seen (not the opaque ones, for
 * which this is unknowable). An instance vouches for what it was called with itself (ledger.h): what the
 * engine has passed over it cannot know of; export-at-least-once tells of that.
 * Sound: it is the contract of the plugin ABI, and what the log's compaction relies on. Positions
 * beyond the committed log cannot be sound: the records there are still to come.
 * Blame: plugin.
 * Evidence: facts PLUGIN_ACK against PLUGIN_CALL, SINK_DURABLE and PLUGIN_FILTER. The sink's fact comes
 * first.
 * Memory: the export ledger's. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_ack_soundness_rule = {"ack-soundness", JUDGE_PER_RUN, 0, NULL};

void inv_ack_soundness_ack(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p = fact->partition;
    if (p < 1 || p > b->setup->partition_count || fact->b >= b->setup->exporter_count ||
        (b->setup->exporter_opaque != NULL && b->setup->exporter_opaque[fact->b])) {
        return;
    }
    const struct judge_ledger *ledger = judge_ledger(b, p, (uint32_t)fact->b);
    wg_position acked = (wg_position)fact->c;
    if (ledger->unsound != 0) {
        judge_violate(b, INV_ACK_SOUNDNESS, SIM_BLAME_PLUGIN, p, (int32_t)fact->b,
                      "exporter %s on broker %u acknowledged %lld while record %lld was not "
                      "durable in its sink", judge_exporter_id(b, (uint32_t)fact->b), fact->node,
                      (long long)acked, (long long)ledger->unsound);
    }
}
