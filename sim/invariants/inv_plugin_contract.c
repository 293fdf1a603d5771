/* plugin-contract: a plugin keeps the rules of exporter.h: host functions only when they are allowed,
 * only answers that are results of the call, no FATAL, no negative positions and delays, bounded
 * requests, no fork.
 *
 * Scope: every instance but the ones made for validation. What is allowed but unusual is no breach:
 * acknowledging a position again or a lower one has no effect, as in Zeebe.
 * Sound: the world is the host itself and tells each breach where it refuses or bends the request.
 * Blame: plugin.
 * Evidence: facts PLUGIN_BREACH.
 * Memory: none. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_plugin_contract_rule = {"plugin-contract", JUDGE_PER_RUN, 0, NULL};

void inv_plugin_contract_breach(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->b >= b->setup->exporter_count) {
        return;
    }
    judge_violate(b, INV_PLUGIN_CONTRACT, SIM_BLAME_PLUGIN, fact->partition, (int32_t)fact->b,
                  "exporter %s on broker %u %.*s", judge_exporter_id(b, (uint32_t)fact->b),
                  fact->node, (int)fact->len, (const char *)fact->ptr);
}
