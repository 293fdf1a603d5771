/* single-director: at most one replica has an active exporter director per partition and term, and
 * only a replica with an active director exports.
 *
 * Scope: all terms of the run. A deposed leader may go on exporting under its old term until its
 * transition closes the director; that is another term.
 * Sound: directors are opened active only by the installed leader of a term, and a term has one.
 * Evidence: claim DIRECTOR (a=mode, b=term); fact PLUGIN_CALL (export).
 * Memory: 16 bytes per term with an active director. */
#include "sim/invariants/bench.h"

#define OPENED_ACTIVE 1u

static void release(void *state) { judge_terms_free(state); }

const struct judge_rule inv_single_director_rule = {"single-director", JUDGE_PER_PARTITION,
                                                    sizeof(struct judge_terms), release};

void inv_single_director_claim(struct sim_judges *b, wg_node_id node,
                               const struct wg_claim *claim) {
    if (claim->a != OPENED_ACTIVE) {
        return;
    }
    struct judge_terms *active = judge_state(b, INV_SINGLE_DIRECTOR, claim->partition - 1);
    uint64_t first = judge_terms_first(active, claim->b, node);
    if (first != node) {
        judge_violate(b, INV_SINGLE_DIRECTOR, SIM_BLAME_ENGINE, claim->partition, -1,
                      "brokers %llu and %u both opened an active director in term %llu",
                      (unsigned long long)first, node, (unsigned long long)claim->b);
    }
}

void inv_single_director_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c != WG_PLUGIN_EXPORT || !judge_knows(b, fact->node, fact->partition)) {
        return;
    }
    if (judge_replica(b, fact->node, fact->partition)->director != OPENED_ACTIVE) {
        judge_violate(b, INV_SINGLE_DIRECTOR, SIM_BLAME_ENGINE, fact->partition, (int32_t)fact->b,
                      "broker %u exported record %lld without an active director", fact->node,
                      (long long)fact->d);
    }
}
