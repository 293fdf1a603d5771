/* Every answer a follower can give to an append request (reference: engine 1.8). */
#include "harness.h"

#include "cmocka_all.h"

/* Node 0 of three with entries of the terms given, held, following node 1 in `term` by and by. */
static struct cluster *follower(const wg_term *terms, uint32_t count) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    for (uint32_t i = 0; i < count; i++) {
        fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, terms[i], (uint8_t)terms[i]);
    }
    node_start(c, 0);
    return c;
}

static void expect(struct raft_response *response, bool accepted, wg_index last_index) {
    assert_non_null(response);
    assert_int_equal(response->accepted, accepted);
    assert_int_equal(response->last_index, last_index);
    assert_false(response->failed);
    drop_response(response);
}

static const wg_term one_to_three[] = {1, 1, 2, 3};

static void raft_refuses_an_append_when_the_term_is_old(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    drop_response(ask_append(c, 1, 0, 5, 4, 3, 0, NULL, 0));
    struct raft_response *response = ask_append(c, 2, 0, 4, 4, 3, 0, NULL, 0);
    assert_int_equal(response->term, 5);
    expect(response, false, 4);
    assert_int_equal(wg_raft_leader(c->nodes[0].raft), 1);
    cluster_free(c);
}

static void raft_answers_its_last_index_when_the_previous_entry_is_beyond(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 6, 4, 0, NULL, 0), false, 4);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 5); /* but follows */
    cluster_free(c);
}

static void raft_answers_one_before_when_the_previous_term_differs(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 3, 9, 0, NULL, 0), false, 2); /* inside */
    expect(ask_append(c, 1, 0, 5, 4, 9, 0, NULL, 0), false, 3); /* at the end */
    assert_int_equal(last_of(c, 0), 4);
    cluster_free(c);
}

static void raft_acknowledges_what_was_handled_when_its_own_log_is_longer(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 2, 1, 0, NULL, 0), true, 2); /* heartbeat */
    expect(ask_append(c, 1, 0, 5, 0, 0, 0, one_to_three, 2), true, 2);
    assert_int_equal(last_of(c, 0), 4);
    cluster_free(c);
}

static void raft_flushes_before_it_acknowledges_when_entries_came(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    wg_term ones[] = {1, 1};
    expect(ask_append(c, 1, 0, 1, 0, 0, 0, ones, 2), true, 2);
    assert_int_equal(c->nodes[0].disk.flushed, 2);
    uint32_t flushes = c->nodes[0].disk.flushes;
    expect(ask_append(c, 1, 0, 1, 2, 1, 2, NULL, 0), true, 2);
    assert_int_equal(c->nodes[0].disk.flushes, flushes); /* heartbeat: nothing to flush */
    expect(ask_append(c, 1, 0, 1, 0, 0, 2, ones, 2), true, 2);
    assert_int_equal(c->nodes[0].disk.flushes, flushes + 1); /* all present: flushed all the same */
    cluster_free(c);
}

static void unflushed_after_restart(uint32_t behaviour, wg_index flushed) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    c->options.behaviour = behaviour;
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1);
    c->nodes[0].disk.flushed = 0;
    c->nodes[0].disk.meta.last_flushed = 0;
    node_start(c, 0);
    expect(ask_append(c, 1, 0, 1, 1, 1, 0, NULL, 0), true, 1);
    assert_int_equal(c->nodes[0].disk.flushed, flushed);
    cluster_free(c);
}

static void raft_flushes_found_entries_when_a_heartbeat_acknowledges_them(void **state) {
    (void)state;
    unflushed_after_restart(WG_BEHAVIOUR_DOCUMENTED, 1);
    unflushed_after_restart(WG_BEHAVIOUR_ZEEBE_8_6, 0); /* inv-7, suspected upstream */
}

static void raft_cuts_the_suffix_when_an_entry_conflicts(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    wg_term terms[] = {1, 4};
    expect(ask_append(c, 1, 0, 5, 1, 1, 0, terms, 2), true, 3);
    assert_int_equal(c->nodes[0].disk.truncations, 1);
    assert_int_equal(last_of(c, 0), 3);
    assert_int_equal(term_of(c, 0, 2), 1);
    assert_int_equal(term_of(c, 0, 3), 4);
    cluster_free(c);
}

static void raft_goes_inactive_when_a_conflict_is_below_its_commit_index(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 4, 3, 3, NULL, 0), true, 4);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 3);
    wg_term wrong = 7;
    assert_null(ask_append(c, 1, 0, 5, 2, 1, 3, &wrong, 1));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_INACTIVE);
    assert_int_equal(c->nodes[0].failures, 1);
    assert_int_equal(last_of(c, 0), 4);
    cluster_free(c);
}

static void raft_commits_what_it_has_handled_when_the_leader_is_ahead(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 2, 1, 100, NULL, 0), true, 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2); /* not 4: 3, 4 not compared */
    assert_int_equal(c->nodes[0].posted_commit, 2);
    expect(ask_append(c, 1, 0, 5, 1, 1, 100, NULL, 0), true, 1);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2); /* never back */
    cluster_free(c);
}

static void raft_relearns_the_commit_index_when_it_restarts(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    expect(ask_append(c, 1, 0, 5, 4, 3, 4, NULL, 0), true, 4);
    node_stop(c, 0, false);
    node_start(c, 0);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 0);
    expect(ask_append(c, 1, 0, 5, 4, 3, 4, NULL, 0), true, 4);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 4);
    cluster_free(c);
}

static void raft_starts_its_log_anew_when_the_previous_term_is_zero(void **state) {
    (void)state;
    struct cluster *c = follower(one_to_three, 4);
    wg_term twos[] = {2, 2};
    expect(ask_append(c, 1, 0, 5, 0, 0, 0, twos, 2), true, 2);
    assert_int_equal(c->nodes[0].disk.resets, 1);
    assert_int_equal(last_of(c, 0), 2);
    assert_int_equal(term_of(c, 0, 1), 2);
    cluster_free(c);
}

static void raft_keeps_its_log_when_a_first_request_comes_again(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    wg_term ones[] = {1, 1, 1};
    expect(ask_append(c, 1, 0, 1, 0, 0, 0, ones, 2), true, 2);
    expect(ask_append(c, 1, 0, 1, 2, 1, 0, ones, 1), true, 3);
    expect(ask_append(c, 1, 0, 1, 0, 0, 0, ones, 2), true, 2);
    assert_int_equal(last_of(c, 0), 3);
    assert_int_equal(c->nodes[0].disk.resets, 0);
    cluster_free(c);
}

static void raft_uses_its_snapshot_as_last_entry_when_the_log_is_empty(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    fake_disk_snapshot(&c->nodes[0].disk, 10, 2);
    c->nodes[0].disk.first = 11;
    c->nodes[0].disk.last = 10;
    node_start(c, 0);
    expect(ask_append(c, 1, 0, 5, 12, 2, 0, NULL, 0), false, 10);
    expect(ask_append(c, 1, 0, 5, 10, 9, 0, NULL, 0), false, 9);
    struct raft_response *response = ask_append(c, 1, 0, 5, 10, 2, 0, NULL, 0);
    assert_int_equal(response->snapshot_index, 10);
    expect(response, true, 10);
    cluster_free(c);
}

static struct cluster *compacted(uint32_t behaviour) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    c->options.behaviour = behaviour;
    fake_disk_snapshot(&c->nodes[0].disk, 5, 1);
    c->nodes[0].disk.first = 5;
    c->nodes[0].disk.last = 4;
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 2, 1);
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 2, 1);
    node_start(c, 0);
    return c;
}

static void raft_compares_with_the_first_entry_when_the_previous_is_compacted_in_zeebe(
    void **state) {
    (void)state;
    struct cluster *c = compacted(WG_BEHAVIOUR_ZEEBE_8_6);
    expect(ask_append(c, 1, 0, 5, 3, 1, 0, NULL, 0), false, 2); /* right, but refused [1.8] */
    expect(ask_append(c, 1, 0, 5, 3, 2, 0, NULL, 0), true, 3);
    cluster_free(c);
    c = compacted(WG_BEHAVIOUR_DOCUMENTED);
    expect(ask_append(c, 1, 0, 5, 3, 1, 0, NULL, 0), true, 3); /* the snapshot covers it */
    cluster_free(c);
}

static void raft_flushes_what_it_stored_when_the_log_refuses_an_entry(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    c->nodes[0].disk.space = 2;
    wg_term ones[] = {1, 1, 1};
    expect(ask_append(c, 1, 0, 1, 0, 0, 3, ones, 3), false, 2);
    assert_int_equal(c->nodes[0].disk.flushed, 2); /* bug-F04 */
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 0);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    c->nodes[0].disk.space = UINT32_MAX;
    c->nodes[0].disk.corrupt_frames = true;
    expect(ask_append(c, 1, 0, 1, 2, 1, 3, ones, 1), false, 2);
    cluster_free(c);
}

static void raft_goes_inactive_when_it_cannot_flush_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    c->nodes[0].raft->options.quirks = wg_quirk_bit(WG_QUIRK_STORAGE_ERROR_ENDS_REPLICA);
    c->nodes[0].disk.flush_fault = WG_IO;
    c->nodes[0].disk.flush_times = 1;
    wg_term ones[] = {1};
    assert_null(ask_append(c, 1, 0, 1, 0, 0, 1, ones, 1));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_INACTIVE);
    assert_int_equal(c->nodes[0].posted_commit, 0);
    cluster_free(c);
}

static void raft_resets_its_timer_when_the_current_leader_is_heard(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    drop_response(ask_append(c, 1, 0, 1, 0, 0, 0, NULL, 0));
    cluster_run(c, 2000);
    drop_response(ask_append(c, 1, 0, 1, 0, 0, 0, NULL, 0));
    cluster_run(c, 2000);
    drop_response(ask_append(c, 2, 0, 0, 0, 0, 0, NULL, 0)); /* stale: no effect */
    cluster_run(c, 499);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 0);
    cluster_run(c, 1);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 2);
    cluster_free(c);
}

static void raft_arms_few_timers_when_heartbeats_keep_coming(void **state) {
    (void)state;
    struct cluster *c = follower(NULL, 0);
    for (int i = 0; i < 100; i++) {
        drop_response(ask_append(c, 1, 0, 1, 0, 0, 0, NULL, 0));
        cluster_run(c, 250);
    }
    assert_in_range(c->nodes[0].emits_timer, 1, 15);
    cluster_free(c);
}

static void raft_copies_frames_when_sharing_is_switched_off(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->nodes[1].env.flags = WG_ENV_NO_SHARED_BYTES;
    cluster_start(c);
    cluster_elect(c, 0);
    node_append(c, 0);
    cluster_run(c, 1000);
    assert_int_equal(last_of(c, 1), last_of(c, 0));
    assert_ptr_not_equal(c->nodes[0].disk.entries[1].frame, c->nodes[1].disk.entries[1].frame);
    assert_ptr_equal(c->nodes[0].disk.entries[1].frame, c->nodes[2].disk.entries[1].frame);
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_refuses_an_append_when_the_term_is_old),
        cmocka_unit_test(raft_answers_its_last_index_when_the_previous_entry_is_beyond),
        cmocka_unit_test(raft_answers_one_before_when_the_previous_term_differs),
        cmocka_unit_test(raft_acknowledges_what_was_handled_when_its_own_log_is_longer),
        cmocka_unit_test(raft_flushes_before_it_acknowledges_when_entries_came),
        cmocka_unit_test(raft_flushes_found_entries_when_a_heartbeat_acknowledges_them),
        cmocka_unit_test(raft_cuts_the_suffix_when_an_entry_conflicts),
        cmocka_unit_test(raft_goes_inactive_when_a_conflict_is_below_its_commit_index),
        cmocka_unit_test(raft_commits_what_it_has_handled_when_the_leader_is_ahead),
        cmocka_unit_test(raft_relearns_the_commit_index_when_it_restarts),
        cmocka_unit_test(raft_starts_its_log_anew_when_the_previous_term_is_zero),
        cmocka_unit_test(raft_keeps_its_log_when_a_first_request_comes_again),
        cmocka_unit_test(raft_uses_its_snapshot_as_last_entry_when_the_log_is_empty),
        cmocka_unit_test(
            raft_compares_with_the_first_entry_when_the_previous_is_compacted_in_zeebe),
        cmocka_unit_test(raft_flushes_what_it_stored_when_the_log_refuses_an_entry),
        cmocka_unit_test(raft_goes_inactive_when_it_cannot_flush_in_zeebe),
        cmocka_unit_test(raft_resets_its_timer_when_the_current_leader_is_heard),
        cmocka_unit_test(raft_arms_few_timers_when_heartbeats_keep_coming),
        cmocka_unit_test(raft_copies_frames_when_sharing_is_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
