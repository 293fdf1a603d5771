/* election-safety: at most one node is leader of a partition in a term.
 *
 * Scope: every partition, all terms of the run, over restarts and wipes.
 * Sound: a leader needs the votes of a majority, each node votes once per term and keeps its vote
 * over restarts, and two majorities share a node.
 * Evidence: claim ROLE with role leader (a=role, b=term).
 * Memory: 16 bytes per term with a leader. */
#include "sim/invariants/bench.h"

static void release(void *state) { judge_terms_free(state); }

const struct judge_rule inv_election_safety_rule = {"election-safety", JUDGE_PER_PARTITION,
                                                    sizeof(struct judge_terms), release};

void inv_election_safety_role(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    if (claim->a != WG_ROLE_LEADER) {
        return;
    }
    struct judge_terms *leaders = judge_state(b, INV_ELECTION_SAFETY, claim->partition - 1);
    uint64_t first = judge_terms_first(leaders, claim->b, node);
    if (first != node) {
        judge_violate(b, INV_ELECTION_SAFETY, SIM_BLAME_ENGINE, claim->partition, -1,
                      "brokers %llu and %u were both leader in term %llu",
                      (unsigned long long)first, node, (unsigned long long)claim->b);
    }
}
