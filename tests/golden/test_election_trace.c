/* Golden traces: who becomes leader when, as the engine itself tells it. Times are in ms; a message
 * takes 1 ms, the election timeout is 2500 ms, node 0 is the primary. */
#include "unit/raft/harness.h"

#include "unit/raft/cmocka_all.h"

static void the_primary_is_elected_when_three_nodes_start(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_run(c, 5000);
    assert_string_equal(c->trace,
                        "[    0] n0 ROLE follower term 0\n"
                        "[    0] n1 ROLE follower term 0\n"
                        "[    0] n2 ROLE follower term 0\n"
                        "[ 2502] n0 ROLE candidate term 0\n"
                        "[ 2502] n0 VOTE term 1 for n0\n"
                        "[ 2503] n1 VOTE term 1 for n0\n"
                        "[ 2503] n2 VOTE term 1 for n0\n"
                        "[ 2504] n0 ROLE leader term 1\n"
                        "[ 2506] n0 COMMIT 1 term 1 in 1\n"
                        "[ 2755] n1 COMMIT 1 term 1 in 1\n"
                        "[ 2755] n2 COMMIT 1 term 1 in 1\n");
    cluster_free(c);
}

static void the_next_priority_is_elected_when_the_primary_dies(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_run(c, 5000);
    node_stop(c, 0, true);
    c->trace_length = 0;
    cluster_run(c, 10000);
    assert_string_equal(c->trace,
                        "[ 9757] n1 ROLE candidate term 1\n"
                        "[ 9757] n1 VOTE term 2 for n1\n"
                        "[ 9758] n2 VOTE term 2 for n1\n"
                        "[ 9759] n1 ROLE leader term 2\n"
                        "[ 9761] n1 COMMIT 2 term 2 in 2\n"
                        "[10010] n2 COMMIT 2 term 2 in 2\n");
    cluster_free(c);
}

static void the_cut_off_leader_steps_down_when_another_takes_over(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_run(c, 5000);
    isolate(c, 0, true);
    c->trace_length = 0;
    cluster_run(c, 10000);
    isolate(c, 0, false);
    cluster_run(c, 5000);
    assert_string_equal(c->trace,
                        "[ 9757] n1 ROLE candidate term 1\n"
                        "[ 9757] n1 VOTE term 2 for n1\n"
                        "[ 9758] n2 VOTE term 2 for n1\n"
                        "[ 9759] n1 ROLE leader term 2\n"
                        "[ 9761] n1 COMMIT 2 term 2 in 2\n"
                        "[10010] n2 COMMIT 2 term 2 in 2\n"
                        "[13004] n0 ROLE follower term 1\n"
                        "[15262] n0 COMMIT 2 term 2 in 2\n");
    cluster_free(c);
}

static void a_lone_candidate_gives_up_when_it_hears_nobody(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_run(c, 2502); /* the poll is won, the votes are out */
    isolate(c, 0, true);
    cluster_run(c, 6000);
    assert_string_equal(c->trace,
                        "[    0] n0 ROLE follower term 0\n"
                        "[    0] n1 ROLE follower term 0\n"
                        "[    0] n2 ROLE follower term 0\n"
                        "[ 2502] n0 ROLE candidate term 0\n"
                        "[ 2502] n0 VOTE term 1 for n0\n"
                        "[ 5002] n1 ROLE candidate term 0\n"
                        "[ 5002] n1 VOTE term 1 for n1\n"
                        "[ 5002] n0 VOTE term 2 for n0\n"
                        "[ 5003] n2 VOTE term 1 for n1\n"
                        "[ 5004] n1 ROLE leader term 1\n"
                        "[ 5006] n1 COMMIT 1 term 1 in 1\n"
                        "[ 5255] n2 COMMIT 1 term 1 in 1\n"
                        "[ 7502] n0 ROLE follower term 2\n");
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_primary_is_elected_when_three_nodes_start),
        cmocka_unit_test(the_next_priority_is_elected_when_the_primary_dies),
        cmocka_unit_test(the_cut_off_leader_steps_down_when_another_takes_over),
        cmocka_unit_test(a_lone_candidate_gives_up_when_it_hears_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
