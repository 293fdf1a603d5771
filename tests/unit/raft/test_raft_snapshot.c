/* Installing snapshots, both sides, and opening a replica over what crashes leave behind
 * (reference: engine 1.2, 1.9). */
#include "harness.h"

#include "cmocka_all.h"

#include <string.h>

/* Node 0 leads three in which node 2 was away; the log before `first` is gone there. */
static struct cluster *behind(uint32_t chunks, wg_index snapshot) {
    struct cluster *c = cluster_new(3);
    c->options.prefer_snapshot_threshold = 5;
    node_start(c, 0);
    node_start(c, 1);
    cluster_elect(c, 0);
    for (int i = 0; i < 30; i++) {
        node_append(c, 0);
        cluster_run(c, 10);
    }
    c->nodes[0].disk.chunk_total = chunks;
    fake_disk_snapshot(&c->nodes[0].disk, snapshot, 1);
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, snapshot);
    return c;
}

static void raft_installs_a_snapshot_when_a_follower_is_far_behind(void **state) {
    (void)state;
    struct cluster *c = behind(3, 25);
    assert_int_equal(c->nodes[0].disk.first, 20);
    node_start(c, 2);
    cluster_run(c, 20000);
    const struct node *node = &c->nodes[2];
    assert_int_equal(node->disk.snapshot.index, 25);
    assert_int_equal(node->disk.first, 26);
    assert_int_equal(node->disk.last, 31);
    assert_int_equal(node->installs_started, 1);
    assert_int_equal(node->installs_done, 1);
    assert_true(node->disk.reset_at < node->disk.persist_at); /* the order of 1.9 */
    assert_int_equal(wg_raft_commit_index(node->raft), 31);
    assert_int_equal(c->sent[WG_MSG_INSTALL_REQUEST], 3);
    cluster_free(c);
}

static void raft_sends_entries_when_a_follower_is_behind_by_less_than_the_threshold(void **state) {
    (void)state;
    struct cluster *c = behind(1, 25);
    node_stop(c, 1, false);
    node_stop(c, 0, false);
    fake_disk_snapshot(&c->nodes[0].disk, 31, 1);
    for (wg_index i = 1; i <= 26; i++) { /* 31 - 26 = 5 */
        fake_disk_put(&c->nodes[2].disk, &c->nodes[2].env, 1, (uint8_t)i);
    }
    node_start(c, 0);
    node_start(c, 2);
    cluster_run(c, 20000);
    assert_int_equal(c->sent[WG_MSG_INSTALL_REQUEST], 0);
    assert_int_equal(last_of(c, 2), last_of(c, 0));
    cluster_free(c);
}

static uint32_t drop_chunk_answers;
static bool lose_first_chunk_answers(struct cluster *c, const struct wg_message *message) {
    (void)c;
    if (message->kind == WG_MSG_INSTALL_RESPONSE && drop_chunk_answers > 0) {
        drop_chunk_answers--;
        return false;
    }
    return true;
}

static void raft_sends_the_same_chunk_when_its_answer_times_out(void **state) {
    (void)state;
    struct cluster *c = behind(3, 25);
    drop_chunk_answers = 1;
    c->pass = lose_first_chunk_answers;
    node_start(c, 2);
    cluster_run(c, 20000);
    assert_non_null(strstr(c->trace, "SNAPSHOT_SEND 25 to n2 chunk 0\n"));
    assert_int_equal(c->sent[WG_MSG_INSTALL_REQUEST], 4); /* 0, 0 again, 1, 2 (bug-S19) */
    assert_int_equal(c->nodes[2].installs_started, 1);
    assert_int_equal(c->nodes[2].disk.snapshot.index, 25);
    cluster_free(c);
}

static void raft_starts_over_when_the_follower_restarts_in_mid_install(void **state) {
    (void)state;
    struct cluster *c = behind(3, 25);
    node_start(c, 2);
    while (c->nodes[2].disk.chunks_received < 2) {
        cluster_run(c, 1);
    }
    node_stop(c, 2, true);
    node_start(c, 2);
    cluster_run(c, 20000);
    assert_int_equal(c->nodes[2].disk.snapshot.index, 25);
    assert_int_equal(last_of(c, 2), 31);
    cluster_free(c);
}

static void raft_starts_over_with_the_newer_snapshot_when_one_is_taken_meanwhile(void **state) {
    (void)state;
    struct cluster *c = behind(3, 25);
    node_start(c, 2);
    while (c->nodes[2].disk.chunks_received < 2) {
        cluster_run(c, 1);
    }
    fake_disk_snapshot(&c->nodes[0].disk, 30, 1);
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, 30);
    cluster_run(c, 20000);
    assert_int_equal(c->nodes[2].disk.snapshot.index, 30);
    assert_int_equal(c->nodes[2].installs_started, 2);
    assert_int_equal(c->nodes[2].installs_done, 2);
    cluster_free(c);
}

static void raft_sends_a_snapshot_once_when_the_log_starts_right_behind_it(void **state) {
    (void)state;
    struct cluster *c = behind(1, 25);
    node_stop(c, 1, false);
    node_stop(c, 0, false);
    struct fake_disk *disk = &c->nodes[0].disk; /* log reset to 26, nothing behind it */
    fake_disk_done(disk);
    fake_disk_init(disk);
    disk->first = 26;
    disk->last = 25;
    disk->meta.term = 1;
    fake_disk_snapshot(disk, 25, 1);
    node_start(c, 0);
    node_start(c, 2); /* empty */
    cluster_run(c, 30000);
    assert_int_equal(cluster_leader(c), 0);
    const char *sent = strstr(c->trace, "SNAPSHOT_SEND 25 to n2 chunk 0\n");
    assert_non_null(sent);
    assert_null(strstr(sent + 1, "SNAPSHOT_SEND 25 to n2 chunk 0\n")); /* bug-S15 */
    assert_int_equal(last_of(c, 2), last_of(c, 0));
    cluster_free(c);
}

/* The receiver alone. */

static struct cluster *receiver(uint32_t behaviour) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    c->options.behaviour = behaviour;
    for (int i = 0; i < 4; i++) {
        fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1);
    }
    node_start(c, 0);
    return c;
}

static void expect(struct cluster *c, wg_index index, uint32_t number, bool last, bool ok) {
    struct raft_response *response = ask_install(c, 1, 0, 3, index, 1, number, last);
    assert_non_null(response);
    assert_int_equal(response->failed, !ok);
    drop_response(response);
}

static void raft_answers_ok_when_a_chunk_comes_again(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 0, false, true);
    expect(c, 9, 0, false, true);
    assert_int_equal(c->nodes[0].disk.chunks_received, 1);
    expect(c, 9, 1, true, true);
    assert_int_equal(c->nodes[0].disk.first, 10);
    assert_int_equal(c->nodes[0].installs_done, 1);
    expect(c, 9, 0, false, true); /* has it */
    assert_int_equal(c->nodes[0].installs_started, 1);
    cluster_free(c);
}

static void raft_aborts_when_a_chunk_is_unexpected(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 1, false, false); /* not initial */
    assert_int_equal(c->nodes[0].installs_started, 0);
    expect(c, 9, 0, false, true);
    expect(c, 9, 2, false, false);
    assert_int_equal(c->nodes[0].installs_done, 1);
    assert_false(c->nodes[0].disk.receiving); /* bug-S18 */
    expect(c, 9, 0, false, true);
    expect(c, 9, 1, true, true);
    assert_int_equal(c->nodes[0].disk.snapshot.index, 9);
    cluster_free(c);
}

static void raft_forgets_the_last_chunk_when_it_aborts_but_not_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_ZEEBE_8_6);
    expect(c, 9, 0, false, true);
    expect(c, 9, 2, false, false);
    expect(c, 9, 0, false, true); /* answered, not stored [1.9] */
    assert_false(c->nodes[0].disk.receiving);
    expect(c, 9, 1, true, false);
    cluster_free(c);
}

static void raft_passes_over_a_late_chunk_but_not_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    for (uint32_t number = 0; number < 3; number++) {
        expect(c, 9, number, false, true);
    }
    expect(c, 9, 0, false, true); /* of the same transfer, and stored long ago */
    assert_int_equal(c->nodes[0].disk.chunks_received, 3);
    assert_int_equal(c->nodes[0].installs_done, 0);
    expect(c, 9, 3, true, true);
    assert_int_equal(c->nodes[0].disk.snapshot.index, 9);
    assert_int_equal(c->nodes[0].installs_started, 1);
    cluster_free(c);
    c = receiver(WG_BEHAVIOUR_ZEEBE_8_6);
    for (uint32_t number = 0; number < 3; number++) {
        expect(c, 9, number, false, true);
    }
    expect(c, 9, 0, false, false);
    assert_int_equal(c->nodes[0].installs_done, 1);
    cluster_free(c);
}

static void raft_aborts_when_another_snapshot_arrives(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 0, false, true);
    expect(c, 12, 0, false, true);
    assert_int_equal(c->nodes[0].installs_started, 2);
    assert_int_equal(c->nodes[0].installs_done, 1);
    assert_int_equal(c->nodes[0].disk.received.index, 12);
    cluster_free(c);
}

static void raft_starts_over_when_another_sender_has_the_same_snapshot(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 0, false, true);
    struct raft_response *response = ask_install(c, 2, 0, 4, 9, 1, 0, true);
    assert_false(response->failed);
    drop_response(response);
    assert_int_equal(c->nodes[0].disk.snapshot.index, 9); /* stored, not taken for a repeat */
    cluster_free(c);
}

static void raft_aborts_receiving_when_an_append_is_accepted(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 0, false, true);
    drop_response(ask_append(c, 1, 0, 3, 9, 1, 0, NULL, 0)); /* refused: goes on */
    assert_true(c->nodes[0].disk.receiving);
    drop_response(ask_append(c, 1, 0, 3, 4, 1, 0, NULL, 0));
    assert_false(c->nodes[0].disk.receiving);
    assert_int_equal(c->nodes[0].installs_done, 1);
    cluster_free(c);
}

static void raft_skips_a_snapshot_when_it_is_behind_the_log(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 2, 0, true, true); /* entry 2 is in the log: late copy (bug-S11) */
    assert_int_equal(last_of(c, 0), 4);
    assert_int_equal(c->nodes[0].disk.first, 1);
    drop_response(ask_append(c, 1, 0, 3, 4, 1, 4, NULL, 0));
    expect(c, 3, 0, true, true); /* commit is 4 */
    assert_int_equal(c->nodes[0].disk.resets, 0);
    assert_int_equal(c->nodes[0].installs_started, 0);
    cluster_free(c);
}

static void raft_refuses_a_snapshot_when_the_term_is_old(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    drop_response(ask_append(c, 2, 0, 5, 4, 1, 0, NULL, 0));
    expect(c, 9, 0, true, false);
    assert_int_equal(c->nodes[0].disk.has_snapshot, false);
    assert_int_equal(wg_raft_leader(c->nodes[0].raft), 2);
    cluster_free(c);
}

static void raft_aborts_receiving_when_it_leaves_its_role(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    expect(c, 9, 0, false, true);
    node_post(c, 0, WG_POST_CLOSE, 0);
    assert_false(c->nodes[0].disk.receiving);
    assert_int_equal(c->nodes[0].installs_done, 1);
    cluster_free(c);
}

static void raft_rolls_the_log_back_when_the_snapshot_is_not_persisted(void **state) {
    (void)state;
    struct cluster *c = receiver(WG_BEHAVIOUR_DOCUMENTED);
    c->nodes[0].disk.finish_fault = WG_CORRUPT;
    c->nodes[0].disk.finish_times = 1;
    expect(c, 9, 0, true, false);
    assert_int_equal(c->nodes[0].disk.first, 1); /* as after a crash there: joins the old one */
    assert_int_equal(last_of(c, 0), 0);
    assert_int_equal(c->nodes[0].installs_done, 1);
    expect(c, 9, 0, true, true);
    assert_int_equal(c->nodes[0].disk.first, 10);
    cluster_free(c);
}

/* Opening. */

static void raft_resets_its_log_when_it_crashed_between_reset_and_persist(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->nodes[0].disk.first = 26;
    c->nodes[0].disk.last = 25;
    fake_disk_snapshot(&c->nodes[0].disk, 7, 1);
    assert_int_equal(node_open(c, 0), WG_OK);
    assert_int_equal(c->nodes[0].disk.first, 8);
    cluster_free(c);
}

static void raft_does_not_open_when_entries_behind_the_snapshot_are_missing(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->nodes[0].disk.first = 26;
    c->nodes[0].disk.last = 25;
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1);
    fake_disk_snapshot(&c->nodes[0].disk, 7, 1);
    assert_int_equal(node_open(c, 0), WG_GAP);
    fake_disk_snapshot(&c->nodes[0].disk, 25, 1);
    assert_int_equal(node_open(c, 0), WG_OK);
    cluster_free(c);
}

static void raft_takes_its_term_from_the_log_when_it_was_restored(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 12, 1);
    assert_int_equal(node_open(c, 0), WG_OK);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 12); /* bug-F06 */
    assert_int_equal(c->nodes[0].disk.meta.term, 12);
    cluster_free(c);
}

static void raft_does_not_open_when_meta_or_membership_is_wrong(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->nodes[0].disk.meta_fault = WG_CORRUPT;
    c->nodes[0].disk.meta_times = 1;
    assert_int_equal(node_open(c, 0), WG_CORRUPT);
    c->partition.member_count = 2;
    assert_int_equal(node_open(c, 2), WG_INVALID);
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_installs_a_snapshot_when_a_follower_is_far_behind),
        cmocka_unit_test(raft_sends_entries_when_a_follower_is_behind_by_less_than_the_threshold),
        cmocka_unit_test(raft_sends_the_same_chunk_when_its_answer_times_out),
        cmocka_unit_test(raft_starts_over_when_the_follower_restarts_in_mid_install),
        cmocka_unit_test(raft_starts_over_with_the_newer_snapshot_when_one_is_taken_meanwhile),
        cmocka_unit_test(raft_sends_a_snapshot_once_when_the_log_starts_right_behind_it),
        cmocka_unit_test(raft_answers_ok_when_a_chunk_comes_again),
        cmocka_unit_test(raft_aborts_when_a_chunk_is_unexpected),
        cmocka_unit_test(raft_forgets_the_last_chunk_when_it_aborts_but_not_in_zeebe),
        cmocka_unit_test(raft_passes_over_a_late_chunk_but_not_in_zeebe),
        cmocka_unit_test(raft_aborts_when_another_snapshot_arrives),
        cmocka_unit_test(raft_starts_over_when_another_sender_has_the_same_snapshot),
        cmocka_unit_test(raft_aborts_receiving_when_an_append_is_accepted),
        cmocka_unit_test(raft_skips_a_snapshot_when_it_is_behind_the_log),
        cmocka_unit_test(raft_refuses_a_snapshot_when_the_term_is_old),
        cmocka_unit_test(raft_aborts_receiving_when_it_leaves_its_role),
        cmocka_unit_test(raft_rolls_the_log_back_when_the_snapshot_is_not_persisted),
        cmocka_unit_test(raft_resets_its_log_when_it_crashed_between_reset_and_persist),
        cmocka_unit_test(raft_does_not_open_when_entries_behind_the_snapshot_are_missing),
        cmocka_unit_test(raft_takes_its_term_from_the_log_when_it_was_restored),
        cmocka_unit_test(raft_does_not_open_when_meta_or_membership_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
