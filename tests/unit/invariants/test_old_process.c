/* Of a process that runs on beside a newer one of its node the judges hear what goes for the node, and
 * nothing of what it says of itself. */
#include "judge_world.h"

static void old_claim(struct world *w, wg_node_id node, enum wg_claim_kind kind, uint64_t a,
                      uint64_t b) {
    struct wg_claim claim = {.kind = (uint32_t)kind, .partition = 1, .a = a, .b = b};
    sim_judges_old_claim(w->judges, ++w->now, node, &claim);
}

static void single_vote_fires_when_the_other_process_has_voted(void **state) {
    (void)state;
    struct world *w = world_new();
    old_claim(w, 2, WG_CLAIM_VOTE, 4, 0);
    world_fact(w, SIM_FACT_MESSAGE_SENT, 2, 0, WG_MSG_VOTE_RESPONSE, 0, 0);
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 1, 0, 0);
    world_claim(w, 2, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 4, 0, 0);
    world_expect_only(w, "single-vote");
    world_free(w);
}

static void roles_of_an_old_process_are_not_heard(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4, 0, 0);
    old_claim(w, 1, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4);
    old_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 4);
    world_expect_silence(w);
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_vote_fires_when_the_other_process_has_voted),
        cmocka_unit_test(roles_of_an_old_process_are_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
