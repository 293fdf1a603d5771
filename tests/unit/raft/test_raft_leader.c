/* Being leader: the initial entry, appends, flow control, commit rule, stepping down, no space
 * (reference: engine 1.2, 1.6, 1.7, 6). */
#include "harness.h"

#include "cmocka_all.h"

static struct cluster *led(uint32_t count) {
    struct cluster *c = cluster_new(count);
    cluster_start(c);
    cluster_elect(c, 0);
    cluster_run(c, 100);
    return c;
}

/* Node 0 has just become leader of three and holds its first appends. */
static struct cluster *fresh_leader(void) {
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    while (wg_raft_role(c->nodes[0].raft) != WG_ROLE_LEADER) {
        cluster_run(c, 1);
    }
    c->hold = true;
    return c;
}

static struct raft_append_request *append_to(struct cluster *c, uint32_t node) {
    return (struct raft_append_request *)(void *)packet_find(c, WG_MSG_APPEND_REQUEST, node);
}

/* Answers the first queued append to `node` and drops it. */
static void answer_append(struct cluster *c, uint32_t node, bool accepted, wg_index last) {
    for (uint32_t i = 0; i < c->packet_count; i++) {
        struct wg_message *message = c->packets[i].message;
        if (message->kind == WG_MSG_APPEND_REQUEST && message->to == node) {
            message = packet_take(c, i);
            struct raft_append_request *request = (struct raft_append_request *)(void *)message;
            answer(c, WG_MSG_APPEND_RESPONSE, message,
                   (struct raft_response){.id = request->id,
                                          .term = request->id.term,
                                          .accepted = accepted,
                                          .last_index = last});
            wg_message_unref(message);
            return;
        }
    }
    fail();
}

static void raft_announces_leadership_when_its_initial_entry_is_committed(void **state) {
    (void)state;
    struct cluster *c = fresh_leader();
    assert_int_equal(last_of(c, 0), 1);
    assert_int_equal(c->nodes[0].disk.entries[0].kind, WG_ENTRY_INITIAL);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_CANDIDATE);
    answer_append(c, 1, true, 1);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_LEADER);
    assert_int_equal(c->nodes[0].posted_term, 1);
    uint32_t posts = c->nodes[0].role_posts;
    answer_append(c, 2, true, 1);
    assert_int_equal(c->nodes[0].role_posts, posts); /* once */
    cluster_free(c);
}

static void raft_flushes_its_log_when_the_commit_index_moves_and_not_before(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->hold = true;
    uint32_t flushes = c->nodes[0].disk.flushes;
    node_append(c, 0);
    assert_int_equal(c->nodes[0].disk.flushes, flushes);
    assert_int_equal(c->nodes[0].disk.flushed, 1);
    answer_append(c, 1, true, 2);
    assert_int_equal(c->nodes[0].disk.flushed, 2);
    assert_int_equal(c->nodes[0].posted_commit, 2);
    cluster_free(c);
}

static void raft_goes_inactive_and_commits_nothing_when_it_cannot_flush_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->hold = true;
    node_append(c, 0);
    c->nodes[0].raft->options.quirks = wg_quirk_bit(WG_QUIRK_STORAGE_ERROR_ENDS_REPLICA);
    c->nodes[0].disk.flush_fault = WG_IO;
    c->nodes[0].disk.flush_times = 1;
    answer_append(c, 1, true, 2);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_INACTIVE);
    assert_int_equal(c->nodes[0].posted_commit, 1);
    cluster_free(c);
}

static void raft_commits_no_older_term_when_only_older_entries_are_on_a_quorum(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    for (uint32_t i = 0; i < 3; i++) {
        fake_disk_put(&c->nodes[i].disk, &c->nodes[i].env, 1, 1);
        c->nodes[i].disk.meta.term = 1;
    }
    cluster_start(c);
    while (wg_raft_role(c->nodes[0].raft) != WG_ROLE_LEADER) {
        cluster_run(c, 1);
    }
    c->hold = true;
    answer_append(c, 1, true, 1); /* both have entry 1 */
    answer_append(c, 2, true, 1);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 0);
    cluster_run(c, 250);
    c->hold = false;
    cluster_run(c, 250);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2); /* along with entry 2 */
    cluster_free(c);
}

static void raft_commits_what_a_quorum_stores_when_there_are_five(void **state) {
    (void)state;
    struct cluster *c = led(5);
    c->hold = true;
    node_append(c, 0);
    answer_append(c, 4, true, 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 1);
    answer_append(c, 2, true, 2);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2);
    cluster_free(c);
}

static void raft_sends_one_request_for_many_entries_when_one_is_in_flight(void **state) {
    (void)state;
    struct cluster *c = fresh_leader(); /* one append each in flight, no latency known */
    for (int i = 0; i < 16; i++) {
        node_append(c, 0);
    }
    assert_int_equal(c->packet_count, 2);
    c->now += WG_MS;
    answer_append(c, 1, true, 1);
    assert_int_equal(append_to(c, 1)->count, 16);
    assert_int_equal(append_to(c, 1)->prev_index, 1);
    cluster_free(c);
}

static void raft_keeps_two_in_flight_when_half_a_latency_has_passed(void **state) {
    (void)state;
    struct cluster *c = fresh_leader();
    c->now += 2 * WG_MS;
    answer_append(c, 1, true, 1);
    answer_append(c, 2, true, 1);
    wg_time start = c->now;
    node_append(c, 0);
    node_append(c, 0);
    assert_int_equal(c->packet_count, 2); /* paced */
    const struct raft_progress *peer = &c->nodes[0].raft->peers[0];
    wg_time average = peer->latency_sum / peer->latency_count;
    c->now = start + average / 2;
    node_append(c, 0);
    assert_int_equal(c->packet_count, 4);
    c->now += T / 2;
    node_append(c, 0);
    assert_int_equal(c->packet_count, 4); /* never a third */
    cluster_free(c);
}

static void raft_cuts_batches_when_they_reach_the_limit(void **state) {
    (void)state;
    struct cluster *c = led(3);
    node_stop(c, 0, false);
    c->options.max_append_batch_bytes = 300; /* a frame has 130 bytes */
    cluster_run(c, 10000);
    int leader = cluster_leader(c);
    assert_true(leader > 0);
    for (int i = 0; i < 7; i++) {
        node_append(c, (uint32_t)leader);
    }
    node_start(c, 0);
    node_stop(c, (uint32_t)leader, false);
    node_start(c, (uint32_t)leader);
    cluster_run(c, 20000);
    c->hold = true;
    leader = cluster_leader(c);
    for (int i = 0; i < 7; i++) {
        node_append(c, (uint32_t)leader);
    }
    uint32_t other = leader == 1 ? 2 : 1;
    const struct raft_append_request *first = append_to(c, other);
    answer_append(c, other, true, first->prev_index + first->count);
    assert_int_equal(append_to(c, other)->count, 3); /* 390 >= 300: the crossing one is in */
    cluster_free(c);
}

static void raft_ignores_an_answer_when_it_comes_twice_or_too_late(void **state) {
    (void)state;
    struct cluster *c = fresh_leader();
    struct raft_append_request *request = append_to(c, 1);
    wg_message_ref(&request->base);
    c->hold = false;
    cluster_run(c, 10);
    struct raft_progress *peer = &c->nodes[0].raft->peers[0];
    assert_int_equal(peer->match, 1);
    struct raft_response second = {.id = request->id, .term = 1, .accepted = false};
    answer(c, WG_MSG_APPEND_RESPONSE, &request->base, second);
    assert_int_equal(peer->match, 1);
    assert_int_equal(peer->next, 2);
    wg_message_unref(&request->base);
    cluster_free(c);
}

static void raft_goes_back_when_a_follower_refuses(void **state) {
    (void)state;
    struct cluster *c = led(3);
    for (int i = 0; i < 9; i++) {
        node_append(c, 0);
        cluster_run(c, 10);
    }
    c->hold = true;
    cluster_run(c, 250);
    answer_append(c, 1, false, 4);
    const struct raft_append_request *request = append_to(c, 1);
    assert_int_equal(request->prev_index, 4);
    assert_int_equal(request->count, 6);
    assert_int_equal(c->nodes[0].raft->peers[0].match, 4);
    cluster_free(c);
}

static void raft_steps_down_when_an_answer_has_a_newer_term(void **state) {
    (void)state;
    struct cluster *c = fresh_leader();
    struct raft_append_request *request = append_to(c, 1);
    answer(c, WG_MSG_APPEND_RESPONSE, &request->base,
           (struct raft_response){.id = request->id, .term = 7});
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 7);
    assert_int_equal(wg_raft_leader(c->nodes[0].raft), WG_NODE_NONE);
    cluster_free(c);
}

static void raft_sends_heartbeats_only_when_a_follower_fails(void **state) {
    (void)state;
    struct cluster *c = led(3);
    isolate(c, 1, true);
    cluster_run(c, 3000);
    c->hold = true;
    assert_true(c->nodes[0].raft->peers[0].failures > 0);
    packets_drop(c);
    node_append(c, 0);
    assert_null(packet_find(c, WG_MSG_APPEND_REQUEST, 1));
    isolate(c, 1, false);
    cluster_run(c, 2600);
    assert_int_equal(append_to(c, 1)->count, 0);
    c->hold = false;
    cluster_run(c, 3000);
    assert_int_equal(last_of(c, 1), last_of(c, 0));
    cluster_free(c);
}

static void raft_steps_down_when_it_is_cut_off(void **state) {
    (void)state;
    struct cluster *c = led(3);
    isolate(c, 0, true);
    wg_time cut = c->now;
    wg_index commit = wg_raft_commit_index(c->nodes[0].raft);
    node_append(c, 0);
    while (wg_raft_role(c->nodes[0].raft) == WG_ROLE_LEADER) {
        cluster_run(c, 10);
    }
    assert_in_range((c->now - cut) / WG_MS, 7500, 8500); /* 3 time-outs, and > 2 x 2.5 s */
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), commit);
    cluster_free(c);
}

static void raft_stays_leader_when_one_of_two_followers_is_cut_off(void **state) {
    (void)state;
    struct cluster *c = led(3);
    isolate(c, 2, true);
    for (int i = 0; i < 30; i++) {
        cluster_run(c, 1000);
        node_append(c, 0);
    }
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    cluster_run(c, 100);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 31);
    isolate(c, 2, false);
    cluster_run(c, 5000);
    assert_int_equal(last_of(c, 2), 31);
    cluster_free(c);
}

static void raft_drops_a_task_when_it_is_of_another_term(void **state) {
    (void)state;
    struct cluster *c = led(3);
    node_append_at(c, 0, 0, 1);
    node_append_at(c, 1, 1, 1); /* a follower */
    assert_int_equal(last_of(c, 0), 1);
    assert_int_equal(last_of(c, 1), 1);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    cluster_free(c);
}

static void raft_steps_down_when_positions_leave_a_gap(void **state) {
    (void)state;
    struct cluster *c = led(3);
    node_append_at(c, 0, 1, 1);
    node_append_at(c, 0, 1, 3);
    assert_int_equal(last_of(c, 0), 2);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_checks_positions_against_the_log_when_it_takes_office(void **state) {
    (void)state;
    struct cluster *c = cluster_new(1);
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 1, 1); /* position 1 */
    node_start(c, 0);
    wg_term term = wg_raft_term(c->nodes[0].raft);
    node_append_at(c, 0, term, 2);
    assert_int_equal(last_of(c, 0), 3);
    node_append_at(c, 0, term, 2);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_retries_an_append_when_the_disk_fails_briefly(void **state) {
    (void)state;
    struct cluster *c = led(3);
    c->nodes[0].disk.append_fault = WG_IO;
    c->nodes[0].disk.append_times = 5;
    node_append(c, 0);
    assert_int_equal(last_of(c, 0), 2);
    c->nodes[0].disk.append_times = 6;
    node_append(c, 0);
    assert_int_equal(last_of(c, 0), 2);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_compacts_to_the_bound_when_the_leader_is_out_of_space(void **state) {
    (void)state;
    struct cluster *c = led(3);
    for (int i = 0; i < 20; i++) {
        node_append(c, 0);
        cluster_run(c, 10);
    }
    fake_disk_snapshot(&c->nodes[0].disk, 15, 1);
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, 15);
    assert_int_equal(c->nodes[0].disk.first, 1); /* 100 entries are kept */
    c->nodes[0].disk.space = 0;
    node_append(c, 0);
    assert_int_equal(last_of(c, 0), 22);
    assert_int_equal(c->nodes[0].disk.first, 15);
    c->nodes[0].disk.space = 0;
    node_append(c, 0); /* nothing left to delete */
    assert_int_equal(last_of(c, 0), 22);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_waits_for_its_timer_when_a_single_member_is_out_of_space(void **state) {
    (void)state;
    struct cluster *c = cluster_new(1);
    node_start(c, 0);
    c->nodes[0].disk.space = 0;
    node_append(c, 0);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER); /* not a spin */
    cluster_run(c, 10000);
    c->nodes[0].disk.space = 100;
    cluster_run(c, 5000);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    cluster_free(c);
}

static void raft_keeps_the_threshold_when_it_compacts_for_a_snapshot(void **state) {
    (void)state;
    struct cluster *c = cluster_new(1);
    node_start(c, 0);
    for (int i = 0; i < 300; i++) {
        node_append(c, 0);
    }
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, 100);
    assert_int_equal(c->nodes[0].disk.first, 1);
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, 250);
    assert_int_equal(c->nodes[0].disk.first, 150);
    c->nodes[0].disk.segment_entries = 40;
    node_post(c, 0, WG_POST_SNAPSHOT_PERSISTED, 299);
    assert_int_equal(c->nodes[0].disk.first, 161); /* whole segments: 199 is in 161..200 */
    cluster_free(c);
}

static void raft_steps_down_when_it_is_told_to(void **state) {
    (void)state;
    struct cluster *c = led(3);
    node_post(c, 0, WG_POST_STEP_DOWN, 0);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_FOLLOWER);
    node_post(c, 1, WG_POST_STEP_DOWN, 0); /* a follower does not mind */
    assert_int_equal(wg_raft_role(c->nodes[1].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_announces_leadership_when_its_initial_entry_is_committed),
        cmocka_unit_test(raft_flushes_its_log_when_the_commit_index_moves_and_not_before),
        cmocka_unit_test(raft_goes_inactive_and_commits_nothing_when_it_cannot_flush_in_zeebe),
        cmocka_unit_test(raft_commits_no_older_term_when_only_older_entries_are_on_a_quorum),
        cmocka_unit_test(raft_commits_what_a_quorum_stores_when_there_are_five),
        cmocka_unit_test(raft_sends_one_request_for_many_entries_when_one_is_in_flight),
        cmocka_unit_test(raft_keeps_two_in_flight_when_half_a_latency_has_passed),
        cmocka_unit_test(raft_cuts_batches_when_they_reach_the_limit),
        cmocka_unit_test(raft_ignores_an_answer_when_it_comes_twice_or_too_late),
        cmocka_unit_test(raft_goes_back_when_a_follower_refuses),
        cmocka_unit_test(raft_steps_down_when_an_answer_has_a_newer_term),
        cmocka_unit_test(raft_sends_heartbeats_only_when_a_follower_fails),
        cmocka_unit_test(raft_steps_down_when_it_is_cut_off),
        cmocka_unit_test(raft_stays_leader_when_one_of_two_followers_is_cut_off),
        cmocka_unit_test(raft_drops_a_task_when_it_is_of_another_term),
        cmocka_unit_test(raft_steps_down_when_positions_leave_a_gap),
        cmocka_unit_test(raft_checks_positions_against_the_log_when_it_takes_office),
        cmocka_unit_test(raft_retries_an_append_when_the_disk_fails_briefly),
        cmocka_unit_test(raft_compacts_to_the_bound_when_the_leader_is_out_of_space),
        cmocka_unit_test(raft_waits_for_its_timer_when_a_single_member_is_out_of_space),
        cmocka_unit_test(raft_keeps_the_threshold_when_it_compacts_for_a_snapshot),
        cmocka_unit_test(raft_steps_down_when_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
