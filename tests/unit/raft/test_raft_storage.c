/* What a replica does when its disk does not: writes, syncs and reads that fail, a full disk, a
 * damaged log or snapshot (reference: engine 1.2, 1.6, 1.8, 1.9; docs/FIDELITY.md). */
#include "harness.h"

#include "cmocka_all.h"

static struct cluster *led(uint32_t count) {
    struct cluster *c = cluster_new(count);
    cluster_start(c);
    cluster_elect(c, 0);
    cluster_run(c, 100);
    return c;
}

static struct cluster *follower(void) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    node_start(c, 0);
    return c;
}

static void expect(struct raft_response *response, bool failed, bool accepted, wg_index last) {
    assert_non_null(response);
    assert_int_equal(response->failed, failed);
    assert_int_equal(response->accepted, accepted);
    assert_int_equal(response->last_index, last);
    drop_response(response);
}

static void expect_role(const struct cluster *c, uint32_t node, enum wg_role role) {
    assert_int_equal(wg_raft_role(c->nodes[node].raft), role);
}

/* --- sync --------------------------------------------------------------------------------------- */

static void raft_rejects_and_acknowledges_later_when_a_follower_cannot_flush(void **state) {
    (void)state;
    struct cluster *c = follower();
    struct fake_disk *disk = &c->nodes[0].disk;
    disk->flush_fault = WG_IO;
    disk->flush_times = 2;
    wg_term ones[] = {1, 1};
    expect(ask_append(c, 1, 0, 1, 0, 0, 2, ones, 2), true, false, 2);
    /* An empty request must not vouch for them either. */
    expect(ask_append(c, 1, 0, 1, 2, 1, 2, NULL, 0), true, false, 2);
    assert_int_equal(disk->flushed, 0);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 0);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(c->nodes[0].failures, 0);
    expect(ask_append(c, 1, 0, 1, 2, 1, 2, NULL, 0), false, true, 2);
    assert_int_equal(disk->flushed, 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2);
    cluster_free(c);
}

static void raft_asks_less_often_when_a_follower_fails(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->nodes[2].disk.flush_fault = WG_IO;
    c->nodes[2].disk.flush_times = UINT32_MAX;
    uint32_t before = c->sent[WG_MSG_APPEND_REQUEST];
    node_append(c, 0);
    cluster_run(c, 10000);
    /* 40 beats to each of two; not one request per round trip. */
    assert_in_range(c->sent[WG_MSG_APPEND_REQUEST] - before, 60, 100);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2);
    expect_role(c, 0, WG_ROLE_LEADER);
    c->nodes[2].disk.flush_times = 0;
    cluster_run(c, 1000);
    assert_int_equal(c->nodes[2].disk.flushed, 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[2].raft), 2);
    cluster_free(c);
}

static void raft_steps_down_when_no_quorum_of_followers_can_flush(void **state) {
    (void)state;
    struct cluster *c = led(3);
    for (uint32_t i = 1; i < 3; i++) {
        c->nodes[i].disk.flush_fault = WG_IO;
        c->nodes[i].disk.flush_times = UINT32_MAX;
    }
    uint32_t posts = c->nodes[0].role_posts;
    node_append(c, 0);
    cluster_run(c, 9000);
    assert_true(c->nodes[0].role_posts > posts);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 1);
    for (uint32_t i = 1; i < 3; i++) {
        c->nodes[i].disk.flush_times = 0;
    }
    cluster_run(c, 60000);
    int leader = cluster_leader(c);
    assert_true(leader >= 0);
    assert_true(wg_raft_commit_index(c->nodes[leader].raft) >= 2);
    cluster_free(c);
}

static void raft_lets_another_lead_when_the_leader_cannot_flush(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->nodes[0].disk.flush_fault = WG_IO;
    c->nodes[0].disk.flush_times = UINT32_MAX;
    node_append(c, 0);
    cluster_run(c, 50);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(c->nodes[0].posted_commit, 1); /* a quorum has it, but this replica has not */
    assert_int_equal(c->nodes[0].failures, 0);
    /* The next in line leads after its two time-outs: the primary does not come between. */
    cluster_run(c, 6000);
    assert_int_equal(cluster_leader(c), 1);
    assert_int_equal(wg_raft_term(c->nodes[1].raft), 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[1].raft), 3);
    cluster_run(c, 20000);
    assert_int_equal(wg_raft_term(c->nodes[1].raft), 2); /* no storm of elections */
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 1);
    c->nodes[0].disk.flush_times = 0;
    node_append(c, 1);
    cluster_run(c, 2000);
    assert_int_equal(c->nodes[0].disk.flushed, 4);
    /* It has written again, and stands first in line again. */
    node_stop(c, 1, false);
    cluster_elect(c, 0);
    cluster_free(c);
}

static void raft_wins_again_and_again_when_a_failing_leader_keeps_its_priority(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->options.quirks = wg_quirk_bit(WG_QUIRK_FAILING_LEADER_FIRST);
    cluster_start(c);
    cluster_elect(c, 0);
    cluster_run(c, 100);
    c->nodes[0].disk.space = 0;
    node_append(c, 0);
    cluster_run(c, 20000);
    assert_true(wg_raft_term(c->nodes[0].raft) > 5);
    assert_true(cluster_leader(c) <= 0);
    cluster_free(c);
}

/* --- term and vote ------------------------------------------------------------------------------ */

static void raft_gives_no_vote_when_it_cannot_store_it(void **state) {
    (void)state;
    struct cluster *c = follower();
    struct fake_disk *disk = &c->nodes[0].disk;
    disk->meta_fault = WG_IO;
    disk->meta_times = 1; /* the term */
    assert_null(ask_vote(c, WG_MSG_VOTE_REQUEST, 1, 0, 3, 0, 0));
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 0);
    struct raft_response *response = ask_vote(c, WG_MSG_POLL_REQUEST, 1, 0, 3, 0, 0);
    assert_int_equal(response->term, 3); /* the term is stored, the vote is not */
    drop_response(response);
    disk->meta_times = 1;
    assert_null(ask_vote(c, WG_MSG_VOTE_REQUEST, 1, 0, 3, 0, 0));
    assert_int_equal(disk->meta.voted_for, WG_NODE_NONE);
    /* Nobody was promised anything: another may have it. */
    response = ask_vote(c, WG_MSG_VOTE_REQUEST, 2, 0, 3, 0, 0);
    assert_true(response->accepted);
    drop_response(response);
    assert_int_equal(disk->meta.voted_for, 2);
    cluster_free(c);
}

static void raft_does_not_answer_when_it_cannot_store_the_term(void **state) {
    (void)state;
    struct cluster *c = follower();
    struct fake_disk *disk = &c->nodes[0].disk;
    wg_term ones[] = {1};
    disk->meta_fault = WG_IO;
    disk->meta_times = 3;
    assert_null(ask_append(c, 1, 0, 1, 0, 0, 0, ones, 1));
    assert_null(ask_vote(c, WG_MSG_POLL_REQUEST, 1, 0, 1, 0, 0));
    assert_null(ask_install(c, 1, 0, 1, 9, 1, 0, true));
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 0);
    assert_int_equal(last_of(c, 0), 0);
    expect(ask_append(c, 1, 0, 1, 0, 0, 0, ones, 1), false, true, 1);
    cluster_free(c);
}

static void raft_stays_follower_when_a_candidate_cannot_store_its_vote(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    c->nodes[0].disk.meta_fault = WG_IO;
    c->nodes[0].disk.meta_times = 1;
    cluster_run(c, 2600);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(c->sent[WG_MSG_VOTE_REQUEST], 0);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 0);
    cluster_run(c, 4000);
    assert_int_equal(cluster_leader(c), 1);
    cluster_free(c);
}

static void raft_steps_down_when_a_leader_cannot_store_a_higher_term(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->hold = true;
    c->nodes[0].disk.meta_fault = WG_IO;
    c->nodes[0].disk.meta_times = 1;
    node_append(c, 0);
    struct wg_message *request = packet_find(c, WG_MSG_APPEND_REQUEST, 1);
    struct raft_request_id id = ((struct raft_append_request *)(void *)request)->id;
    answer(c, WG_MSG_APPEND_RESPONSE, request, (struct raft_response){.id = id, .term = 7});
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    cluster_free(c);
}

/* --- space and writes --------------------------------------------------------------------------- */

static void raft_lets_another_lead_when_the_disk_of_the_leader_is_full(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->nodes[0].disk.space = 0;
    node_append(c, 0);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    cluster_run(c, 6000);
    assert_int_equal(cluster_leader(c), 1);
    node_append(c, 1);
    cluster_run(c, 1000);
    assert_int_equal(wg_raft_commit_index(c->nodes[1].raft), 3);
    assert_int_equal(last_of(c, 0), 1);
    c->nodes[0].disk.space = UINT32_MAX;
    cluster_run(c, 1000);
    assert_int_equal(last_of(c, 0), 3);
    cluster_free(c);
}

static void raft_leads_again_when_it_is_alone_and_its_disk_works_again(void **state) {
    (void)state;
    struct cluster *c = cluster_new(1);
    cluster_start(c);
    assert_int_equal(cluster_leader(c), 0);
    c->nodes[0].disk.flush_fault = WG_IO;
    c->nodes[0].disk.flush_times = 3;
    node_append(c, 0);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 1);
    cluster_run(c, 30000);
    assert_int_equal(cluster_leader(c), 0);
    assert_true(wg_raft_commit_index(c->nodes[0].raft) > 1);
    cluster_free(c);
}

/* --- a conflict that cannot be cut ---------------------------------------------------------------- */

static void raft_rejects_when_it_cannot_cut_a_conflict(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1);
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1);
    c->nodes[0].disk.meta.term = 2;
    node_start(c, 0);
    wg_term twos[] = {2};
    c->nodes[0].disk.meta_fault = WG_IO;
    c->nodes[0].disk.meta_times = 1; /* the last flushed index that the cut lowers */
    expect(ask_append(c, 1, 0, 2, 1, 1, 0, twos, 1), true, false, 2);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    expect(ask_append(c, 1, 0, 2, 1, 1, 0, twos, 1), false, true, 2);
    assert_int_equal(term_of(c, 0, 2), 2);
    cluster_free(c);
}

/* --- snapshots ---------------------------------------------------------------------------------- */

static struct raft_response *install(struct cluster *c, wg_index index) {
    return ask_install(c, 1, 0, 1, index, 1, 0, true);
}

static void raft_mends_its_log_when_an_install_broke_off_half_way(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    struct fake_disk *disk = &c->nodes[0].disk;
    for (int i = 0; i < 8; i++) {
        fake_disk_put(disk, &c->nodes[0].env, 1, 1);
    }
    fake_disk_snapshot(disk, 4, 1);
    disk->meta.term = 1;
    node_start(c, 0);
    disk->finish_fault = WG_IO; /* the log is reset, then the snapshot cannot be persisted, */
    disk->finish_times = 1;
    disk->reset_fault = WG_IO; /* and the log cannot be reset back, twice */
    disk->reset_skip = 1;
    disk->reset_times = 2;
    struct raft_response *response = install(c, 20);
    assert_true(response->failed);
    drop_response(response);
    assert_true(c->nodes[0].raft->reset_pending);
    assert_int_equal(c->nodes[0].installs_started, c->nodes[0].installs_done);
    /* Nothing is taken into a log that does not join the snapshot, */
    wg_term ones[] = {1};
    response = ask_append(c, 1, 0, 1, 4, 1, 4, ones, 1);
    assert_true(response->failed && !response->accepted);
    drop_response(response);
    /* until it does. */
    expect(ask_append(c, 1, 0, 1, 4, 1, 4, ones, 1), false, true, 5);
    assert_false(c->nodes[0].raft->reset_pending);
    assert_int_equal(disk->first, 5);
    expect_role(c, 0, WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_keeps_what_is_left_of_the_log_when_the_reset_of_an_install_fails(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    struct fake_disk *disk = &c->nodes[0].disk;
    for (int i = 0; i < 8; i++) {
        fake_disk_put(disk, &c->nodes[0].env, 1, 1);
    }
    disk->meta.term = 1;
    node_start(c, 0);
    disk->reset_fault = WG_IO;
    disk->reset_times = 1;
    struct raft_response *response = install(c, 20);
    assert_true(response->failed);
    drop_response(response);
    assert_false(c->nodes[0].raft->reset_pending); /* a shorter log, but a log */
    assert_int_equal(disk->first, 1);
    assert_int_equal(disk->last, 4);
    response = install(c, 20);
    assert_false(response->failed);
    drop_response(response);
    assert_int_equal(disk->first, 21);
    cluster_free(c);
}

static void raft_goes_inactive_when_the_reset_of_an_install_fails_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = follower();
    c->nodes[0].raft->options.quirks = wg_quirk_bit(WG_QUIRK_STORAGE_ERROR_ENDS_REPLICA);
    c->nodes[0].disk.reset_fault = WG_IO;
    c->nodes[0].disk.reset_times = 1;
    assert_null(install(c, 20));
    expect_role(c, 0, WG_ROLE_INACTIVE);
    assert_int_equal(c->nodes[0].failures, 1);
    assert_int_equal(c->nodes[0].installs_started, c->nodes[0].installs_done);
    cluster_free(c);
}

static void raft_does_not_campaign_when_its_log_waits_to_be_mended(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    node_start(c, 0);
    c->nodes[0].raft->reset_pending = true;
    c->nodes[0].disk.reset_fault = WG_IO;
    c->nodes[0].disk.reset_times = 3;
    cluster_run(c, 10000);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 0);
    cluster_run(c, 60000);
    assert_false(c->nodes[0].raft->reset_pending);
    assert_true(c->sent[WG_MSG_POLL_REQUEST] > 0);
    cluster_free(c);
}

/* Node 2 is so far behind that it needs the snapshot of the leader. */
static struct cluster *lagging(void) {
    struct cluster *c = cluster_new(3);
    for (uint32_t i = 0; i < 2; i++) {
        for (int j = 0; j < 8; j++) {
            fake_disk_put(&c->nodes[i].disk, &c->nodes[i].env, 1, 1);
        }
        c->nodes[i].disk.meta.term = 1;
    }
    cluster_start(c);
    isolate(c, 2, true);
    cluster_elect(c, 0);
    fake_disk_snapshot(&c->nodes[0].disk, 8, 1);
    c->options.prefer_snapshot_threshold = 2;
    c->nodes[0].raft->options.prefer_snapshot_threshold = 2;
    return c;
}

static void raft_keeps_a_follower_quiet_when_it_cannot_read_the_snapshot(void **state) {
    (void)state;
    struct cluster *c = lagging();
    c->nodes[0].disk.chunk_fault = WG_CORRUPT;
    c->nodes[0].disk.chunk_times = UINT32_MAX;
    wg_term term = wg_raft_term(c->nodes[0].raft);
    uint32_t before = c->sent[WG_MSG_APPEND_REQUEST];
    isolate(c, 2, false);
    cluster_run(c, 20000);
    assert_int_equal(c->sent[WG_MSG_INSTALL_REQUEST], 0);
    assert_int_equal(cluster_leader(c), 0);
    assert_in_range(c->sent[WG_MSG_APPEND_REQUEST] - before, 120, 180); /* beats, no more */
    assert_true(wg_raft_term(c->nodes[0].raft) <= term + 1); /* it had asked while cut off */
    assert_int_equal(last_of(c, 2), 0);
    c->nodes[0].disk.chunk_times = 0;
    cluster_run(c, 2000);
    assert_true(last_of(c, 2) >= 8);
    cluster_free(c);
}

static void raft_does_not_open_when_the_snapshot_of_its_empty_log_is_damaged(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    struct fake_disk *disk = &c->nodes[0].disk;
    disk->first = 26;
    disk->last = 25;
    fake_disk_snapshot(disk, 7, 1);
    disk->damaged_snapshot = 25;
    assert_int_equal(node_open(c, 0), WG_CORRUPT);
    c->options.quirks = wg_quirk_bit(WG_QUIRK_DAMAGED_SNAPSHOT_EMPTY);
    assert_int_equal(node_open(c, 0), WG_OK);
    assert_int_equal(disk->first, 8);
    node_stop(c, 0, false);
    c->options.quirks = 0;
    disk->first = 26;
    disk->last = 25;
    disk->damaged_snapshot = 9; /* not the one that the log was cut for */
    assert_int_equal(node_open(c, 0), WG_OK);
    cluster_free(c);
}

static void raft_begins_behind_its_snapshot_when_a_reset_was_cut_short(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    struct fake_disk *disk = &c->nodes[0].disk;
    for (int i = 0; i < 8; i++) {
        fake_disk_put(disk, &c->nodes[0].env, 1, 1);
    }
    fake_disk_snapshot(disk, 6, 1);
    disk->meta.term = 1;
    disk->meta.last_flushed = 0; /* as the reset does first; then it deletes from the end */
    fake_disk_truncate(disk, 4);
    node_start(c, 0);
    assert_int_equal(disk->first, 7);
    wg_term ones[] = {1};
    expect(ask_append(c, 1, 0, 1, 6, 1, 6, ones, 1), false, true, 7);
    cluster_free(c);
}

/* --- reads -------------------------------------------------------------------------------------- */

static void unreadable(wg_status fault, enum wg_role role, uint32_t failures) {
    struct cluster *c = led(3);
    isolate(c, 2, true);
    for (int i = 0; i < 6; i++) {
        node_append(c, 0);
    }
    cluster_run(c, 1000);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 7);
    c->nodes[0].disk.unreadable_from = c->nodes[0].disk.unreadable_to = 5;
    c->nodes[0].disk.unreadable_fault = fault;
    isolate(c, 2, false);
    cluster_run(c, 3000);
    assert_int_equal(last_of(c, 2), 4); /* all before it, and nothing of it */
    expect_role(c, 0, role);
    assert_int_equal(c->nodes[0].failures, failures);
    cluster_run(c, 20000);
    assert_int_equal(cluster_leader(c), 1); /* which can read it */
    assert_true(last_of(c, 2) >= 7);
    cluster_free(c);
}

static void raft_lets_another_lead_when_it_cannot_read_an_entry(void **state) {
    (void)state;
    unreadable(WG_IO, WG_ROLE_FOLLOWER, 0);
}

static void raft_fails_when_an_entry_it_must_send_is_damaged(void **state) {
    (void)state;
    unreadable(WG_CORRUPT, WG_ROLE_INACTIVE, 1);
}

/* --- an empty disk ------------------------------------------------------------------------------ */

static void wiped(bool by_snapshot) {
    struct cluster *c = led(3);
    for (int i = 0; i < 20; i++) {
        node_append(c, 0);
    }
    cluster_run(c, 1000);
    node_stop(c, 2, true);
    fake_disk_done(&c->nodes[2].disk);
    fake_disk_init(&c->nodes[2].disk);
    if (by_snapshot) {
        fake_disk_snapshot(&c->nodes[0].disk, 15, 1);
        c->nodes[0].raft->options.prefer_snapshot_threshold = 5;
    }
    node_append(c, 0);
    cluster_run(c, 500);
    node_start(c, 2);
    cluster_run(c, 5000);
    assert_int_equal(c->nodes[2].disk.has_snapshot, by_snapshot);
    assert_int_equal(c->nodes[2].disk.first, by_snapshot ? 16 : 1);
    assert_int_equal(last_of(c, 2), 22);
    assert_int_equal(wg_raft_commit_index(c->nodes[2].raft), 22);
    assert_int_equal(wg_raft_term(c->nodes[2].raft), 1);
    cluster_free(c);
}

static void raft_gets_the_log_when_it_was_wiped(void **state) {
    (void)state;
    wiped(false);
}

static void raft_gets_the_snapshot_when_it_was_wiped_and_is_far_behind(void **state) {
    (void)state;
    wiped(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_rejects_and_acknowledges_later_when_a_follower_cannot_flush),
        cmocka_unit_test(raft_asks_less_often_when_a_follower_fails),
        cmocka_unit_test(raft_steps_down_when_no_quorum_of_followers_can_flush),
        cmocka_unit_test(raft_lets_another_lead_when_the_leader_cannot_flush),
        cmocka_unit_test(raft_wins_again_and_again_when_a_failing_leader_keeps_its_priority),
        cmocka_unit_test(raft_gives_no_vote_when_it_cannot_store_it),
        cmocka_unit_test(raft_does_not_answer_when_it_cannot_store_the_term),
        cmocka_unit_test(raft_stays_follower_when_a_candidate_cannot_store_its_vote),
        cmocka_unit_test(raft_steps_down_when_a_leader_cannot_store_a_higher_term),
        cmocka_unit_test(raft_lets_another_lead_when_the_disk_of_the_leader_is_full),
        cmocka_unit_test(raft_leads_again_when_it_is_alone_and_its_disk_works_again),
        cmocka_unit_test(raft_rejects_when_it_cannot_cut_a_conflict),
        cmocka_unit_test(raft_mends_its_log_when_an_install_broke_off_half_way),
        cmocka_unit_test(raft_keeps_what_is_left_of_the_log_when_the_reset_of_an_install_fails),
        cmocka_unit_test(raft_goes_inactive_when_the_reset_of_an_install_fails_in_zeebe),
        cmocka_unit_test(raft_does_not_campaign_when_its_log_waits_to_be_mended),
        cmocka_unit_test(raft_keeps_a_follower_quiet_when_it_cannot_read_the_snapshot),
        cmocka_unit_test(raft_does_not_open_when_the_snapshot_of_its_empty_log_is_damaged),
        cmocka_unit_test(raft_begins_behind_its_snapshot_when_a_reset_was_cut_short),
        cmocka_unit_test(raft_lets_another_lead_when_it_cannot_read_an_entry),
        cmocka_unit_test(raft_fails_when_an_entry_it_must_send_is_damaged),
        cmocka_unit_test(raft_gets_the_log_when_it_was_wiped),
        cmocka_unit_test(raft_gets_the_snapshot_when_it_was_wiped_and_is_far_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
