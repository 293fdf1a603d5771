/* Golden traces: what is committed where and when, as the engine itself tells it. Times are in ms;
 * a message takes 1 ms, node 0 is the primary. "COMMIT i term t in u": index, term of that entry,
 * own term. */
#include "unit/raft/harness.h"

#include "unit/raft/cmocka_all.h"

static struct cluster *led(void) {
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_run(c, 3000);
    c->trace_length = 0;
    c->trace[0] = '\0';
    return c;
}

static void followers_learn_a_commit_with_the_next_request(void **state) {
    (void)state;
    struct cluster *c = led();
    node_append(c, 0);
    cluster_run(c, 500);
    assert_string_equal(c->trace,
                        "[ 3002] n0 COMMIT 2 term 1 in 1\n"
                        "[ 3005] n1 COMMIT 2 term 1 in 1\n"
                        "[ 3005] n2 COMMIT 2 term 1 in 1\n");
    cluster_free(c);
}

static void the_new_leader_commits_what_the_old_one_had_replicated(void **state) {
    (void)state;
    struct cluster *c = led();
    node_append(c, 0);
    cluster_run(c, 1); /* stored by the followers, not yet acknowledged */
    node_stop(c, 0, true);
    cluster_run(c, 6000);
    node_start(c, 0);
    cluster_run(c, 4000);
    assert_string_equal(c->trace,
                        "[ 8003] n1 ROLE candidate term 1\n"
                        "[ 8003] n1 VOTE term 2 for n1\n"
                        "[ 8004] n2 VOTE term 2 for n1\n"
                        "[ 8005] n1 ROLE leader term 2\n"
                        "[ 8007] n1 COMMIT 3 term 2 in 2\n"
                        "[ 8256] n2 COMMIT 3 term 2 in 2\n"
                        "[ 9001] n0 ROLE follower term 1\n"
                        "[10758] n0 COMMIT 3 term 2 in 2\n");
    cluster_free(c);
}

static void entries_of_a_cut_off_leader_give_way_to_the_new_ones(void **state) {
    (void)state;
    struct cluster *c = led();
    isolate(c, 0, true);
    node_append(c, 0);
    node_append(c, 0);
    cluster_run(c, 6000);
    node_append(c, 1);
    cluster_run(c, 6000);
    isolate(c, 0, false);
    cluster_run(c, 4000);
    assert_string_equal(c->trace,
                        "[ 7757] n1 ROLE candidate term 1\n"
                        "[ 7757] n1 VOTE term 2 for n1\n"
                        "[ 7758] n2 VOTE term 2 for n1\n"
                        "[ 7759] n1 ROLE leader term 2\n"
                        "[ 7761] n1 COMMIT 2 term 2 in 2\n"
                        "[ 8010] n2 COMMIT 2 term 2 in 2\n"
                        "[ 8254] n0 ROLE follower term 1\n"
                        "[ 9002] n1 COMMIT 3 term 2 in 2\n"
                        "[ 9010] n2 COMMIT 3 term 2 in 2\n"
                        "[16012] n0 COMMIT 3 term 2 in 2\n");
    assert_int_equal(term_of(c, 0, 2), 2);
    assert_int_equal(c->nodes[0].disk.truncations, 1);
    cluster_free(c);
}

static void a_snapshot_is_sent_when_the_entries_are_gone(void **state) {
    (void)state;
    struct cluster *c = led();
    node_stop(c, 2, false);
    c->options.prefer_snapshot_threshold = 2;
    node_stop(c, 0, false);
    node_start(c, 0);
    cluster_run(c, 6000);
    uint32_t leader = (uint32_t)cluster_leader(c);
    for (int i = 0; i < 9; i++) {
        node_append(c, leader);
    }
    cluster_run(c, 1000);
    c->nodes[leader].disk.chunk_total = 2;
    fake_disk_snapshot(&c->nodes[leader].disk, 9, wg_raft_term(c->nodes[leader].raft));
    node_post(c, leader, WG_POST_SNAPSHOT_PERSISTED, 9);
    c->trace_length = 0;
    node_start(c, 2);
    cluster_run(c, 6000);
    assert_string_equal(c->trace,
                        "[10000] n2 ROLE follower term 1\n"
                        "[10004] n0 SNAPSHOT_SEND 9 to n2 chunk 0\n"
                        "[10006] n0 SNAPSHOT_SEND 9 to n2 chunk 1\n"
                        "[11005] n2 COMMIT 9 term 2 in 2\n"
                        "[11007] n2 COMMIT 11 term 2 in 2\n");
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(followers_learn_a_commit_with_the_next_request),
        cmocka_unit_test(the_new_leader_commits_what_the_old_one_had_replicated),
        cmocka_unit_test(entries_of_a_cut_off_leader_give_way_to_the_new_ones),
        cmocka_unit_test(a_snapshot_is_sent_when_the_entries_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
