/* Election timers, pre-vote and vote rounds, votes over restarts (reference: engine 1.4, 1.5). */
#include "harness.h"

#include "cmocka_all.h"

#include <string.h>

/* Node `at` of three, alone and holding its messages. */
static struct cluster *alone(uint32_t at) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    node_start(c, at);
    return c;
}

static wg_time first_poll_of(uint32_t at) {
    struct cluster *c = alone(at);
    while (c->sent[WG_MSG_POLL_REQUEST] == 0) {
        c->now = cluster_next_timer(c);
        cluster_fire_timers(c);
    }
    wg_time when = c->now;
    cluster_free(c);
    return when;
}

static void raft_polls_in_the_order_of_priorities_when_no_leader_is_heard(void **state) {
    (void)state;
    assert_int_equal(first_poll_of(0), 1 * T); /* priority 3 of 3 */
    assert_int_equal(first_poll_of(1), 2 * T);
    assert_int_equal(first_poll_of(2), 3 * T);
}

static void raft_polls_again_when_nobody_answers(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    cluster_run(c, 2499);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 0);
    cluster_run(c, 1);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 2);
    cluster_run(c, 4999); /* one timeout for the round, one to wait */
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 2);
    cluster_run(c, 1);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 4);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 0);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_stays_follower_when_a_majority_refuses_the_poll(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    cluster_run(c, 2500);
    answer(c, WG_MSG_POLL_RESPONSE, packet_find(c, WG_MSG_POLL_REQUEST, 1),
           ((struct raft_response){.id = {c->nodes[0].raft->round.id.number, 0}}));
    answer(c, WG_MSG_POLL_RESPONSE, packet_find(c, WG_MSG_POLL_REQUEST, 2),
           ((struct raft_response){.id = {c->nodes[0].raft->round.id.number, 0}}));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_false(c->nodes[0].raft->round.open);
    cluster_run(c, 2500); /* the timer started anew */
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 4);
    cluster_free(c);
}

static void raft_adopts_the_term_and_counts_no_when_a_poll_answer_is_newer(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    cluster_run(c, 2500);
    answer(c, WG_MSG_POLL_RESPONSE, packet_find(c, WG_MSG_POLL_REQUEST, 1),
           ((struct raft_response){
               .id = {c->nodes[0].raft->round.id.number, 0}, .term = 4}));
    assert_int_equal(c->nodes[0].raft->round.rejected, 1);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 4);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    cluster_free(c);
}

static void raft_ignores_an_answer_when_it_is_for_another_request(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    cluster_run(c, 2500);
    const struct wg_message *request = packet_find(c, WG_MSG_POLL_REQUEST, 1);
    uint64_t number = c->nodes[0].raft->round.id.number;
    struct raft_response yes = {.id = {number + 1, 0}, .accepted = true};
    answer(c, WG_MSG_POLL_RESPONSE, request, yes);
    yes.id = (struct raft_request_id){number, 3}; /* of another incarnation */
    answer(c, WG_MSG_POLL_RESPONSE, request, yes);
    yes.id = (struct raft_request_id){number, 0};
    answer(c, WG_MSG_VOTE_RESPONSE, request, yes); /* of another kind */
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    answer(c, WG_MSG_POLL_RESPONSE, request, yes);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE);
    cluster_free(c);
}

static struct cluster *candidate(uint32_t jitter) {
    struct cluster *c = alone(0);
    c->jitter = jitter;
    cluster_run(c, 2500);
    answer(c, WG_MSG_POLL_RESPONSE, packet_find(c, WG_MSG_POLL_REQUEST, 1),
           ((struct raft_response){
               .id = {c->nodes[0].raft->round.id.number, 0}, .accepted = true}));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE);
    packets_drop(c);
    return c;
}

static void raft_votes_for_itself_in_a_new_term_when_candidate(void **state) {
    (void)state;
    struct cluster *c = candidate(0);
    assert_int_equal(c->nodes[0].disk.meta.term, 1);
    assert_int_equal(c->nodes[0].disk.meta.voted_for, 0);
    assert_int_equal(c->sent[WG_MSG_VOTE_REQUEST], 2);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_CANDIDATE);
    cluster_free(c);
}

static void raft_retries_once_and_then_follows_when_votes_do_not_come(void **state) {
    (void)state;
    struct cluster *c = candidate(0);
    /* request timeout longer than the round, so that time-outs do not count as rejections first */
    node_stop(c, 0, false);
    c->options.request_timeout = 10 * T;
    c->nodes[0].disk.meta = (struct wg_meta){.voted_for = WG_NODE_NONE};
    node_start(c, 0);
    cluster_run(c, 2500);
    answer(c, WG_MSG_POLL_RESPONSE, packet_find(c, WG_MSG_POLL_REQUEST, 1),
           ((struct raft_response){
               .id = {c->nodes[0].raft->round.id.number, 0}, .accepted = true}));
    c->jitter = 700;
    cluster_run(c, 2499);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    cluster_run(c, 1);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 2); /* second round, with jitter */
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE);
    cluster_run(c, 3199);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE);
    cluster_run(c, 1);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 2);
    cluster_free(c);
}

static void raft_follows_when_a_majority_of_votes_times_out(void **state) {
    (void)state;
    struct cluster *c = candidate(100);
    cluster_run(c, 2500);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    cluster_free(c);
}

static void raft_does_not_lead_when_votes_are_of_a_term_it_has_left(void **state) {
    (void)state;
    struct cluster *c = candidate(0);
    uint64_t number = c->nodes[0].raft->round.id.number;
    struct raft_response *polled = ask_vote(c, WG_MSG_POLL_REQUEST, 2, 0, 5, 0, 0);
    assert_true(polled->accepted);
    drop_response(polled);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE); /* stays one [1.5] */
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 5);
    struct wg_message request = {.from = 0, .to = 1, .partition = PARTITION};
    answer(c, WG_MSG_VOTE_RESPONSE, &request,
           ((struct raft_response){.id = {number, 1}, .term = 1, .accepted = true}));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_CANDIDATE);
    cluster_free(c);
}

static void raft_follows_when_a_candidate_hears_a_leader_of_its_term(void **state) {
    (void)state;
    struct cluster *c = candidate(0);
    struct raft_response *response = ask_append(c, 1, 0, 1, 0, 0, 0, NULL, 0);
    assert_true(response->accepted);
    drop_response(response);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_leader(c->nodes[0].raft), 1);
    cluster_free(c);
}

static void raft_does_not_campaign_when_it_is_still_catching_up(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    wg_term one = 1;
    drop_response(ask_append(c, 1, 0, 1, 0, 0, 9, &one, 1)); /* commit 9, has 1 */
    cluster_run(c, 20000);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 0);
    wg_term ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    drop_response(ask_append(c, 1, 0, 1, 1, 1, 9, ones, 8));
    cluster_run(c, 2500);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 2);
    cluster_free(c);
}

static void raft_leads_at_once_when_it_is_the_only_member(void **state) {
    (void)state;
    struct cluster *c = cluster_new(1);
    node_start(c, 0);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_LEADER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 1);
    node_append(c, 0);
    assert_int_equal(wg_raft_commit_index(c->nodes[0].raft), 2);
    assert_int_equal(c->nodes[0].disk.flushed, 2);
    assert_int_equal(c->nodes[0].posted_commit, 2);
    cluster_free(c);
}

/* Answering. */

static void expect_vote(struct cluster *c, uint32_t from, wg_term term, wg_index last,
                        wg_term last_term, bool granted) {
    struct raft_response *response =
        ask_vote(c, WG_MSG_VOTE_REQUEST, from, 0, term, last, last_term);
    assert_int_equal(response->accepted, granted);
    assert_int_equal(response->id.number, 77);
    drop_response(response);
}

static void raft_votes_once_when_two_ask_in_one_term(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    expect_vote(c, 1, 3, 0, 0, true);
    assert_int_equal(c->nodes[0].disk.meta.voted_for, 1);
    assert_int_equal(c->nodes[0].disk.meta.term, 3);
    expect_vote(c, 2, 3, 9, 9, false);
    expect_vote(c, 2, 2, 9, 9, false); /* older term */
    expect_vote(c, 2, 4, 0, 0, true);  /* newer term */
    cluster_free(c);
}

static void raft_refuses_a_granted_vote_when_it_is_asked_again(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    expect_vote(c, 1, 3, 0, 0, true);
    expect_vote(c, 1, 3, 0, 0, false); /* Zeebe compares identities [1.5] */
    cluster_free(c);
}

static void raft_remembers_its_vote_when_it_restarts(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    expect_vote(c, 1, 3, 0, 0, true);
    node_stop(c, 0, true);
    node_start(c, 0);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 3);
    expect_vote(c, 2, 3, 9, 9, false);
    cluster_free(c);
}

static void raft_keeps_its_vote_when_it_learns_and_loses_a_leader(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    expect_vote(c, 1, 3, 0, 0, true);
    drop_response(ask_append(c, 1, 0, 3, 0, 0, 0, NULL, 0));
    expect_vote(c, 2, 3, 9, 9, false); /* leader known */
    cluster_run(c, 2500);              /* poll: leader forgotten */
    assert_int_equal(wg_raft_leader(c->nodes[0].raft), WG_NODE_NONE);
    expect_vote(c, 2, 3, 9, 9, false); /* bug-F01 */
    cluster_free(c);
}

static void raft_refuses_a_vote_when_the_log_is_behind(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    c->hold = true;
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 2, 1);
    fake_disk_put(&c->nodes[0].disk, &c->nodes[0].env, 2, 2);
    node_start(c, 0);
    expect_vote(c, 1, 5, 1, 2, false);
    expect_vote(c, 1, 6, 9, 1, false);
    expect_vote(c, 1, 7, 2, 2, true);
    expect_vote(c, 2, 8, 1, 3, true);
    cluster_free(c);
}

static void raft_gives_no_vote_and_goes_inactive_when_it_cannot_store_it_in_zeebe(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    c->nodes[0].raft->options.quirks = wg_quirk_bit(WG_QUIRK_STORAGE_ERROR_ENDS_REPLICA);
    c->nodes[0].disk.meta_fault = WG_IO;
    c->nodes[0].disk.meta_times = 1;
    assert_null(ask_vote(c, WG_MSG_VOTE_REQUEST, 1, 0, 3, 0, 0));
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_INACTIVE);
    assert_int_equal(c->nodes[0].failures, 1);
    cluster_free(c);
}

static void empty_log_behind_a_snapshot(uint32_t behaviour, bool granted) {
    struct cluster *c = cluster_new(3);
    c->hold = true;
    c->options.behaviour = behaviour;
    fake_disk_snapshot(&c->nodes[0].disk, 10, 2);
    c->nodes[0].disk.first = 11;
    c->nodes[0].disk.last = 10;
    node_start(c, 0);
    expect_vote(c, 1, 5, 3, 2, granted);
    cluster_free(c);
}

static void raft_counts_its_snapshot_when_a_vote_is_asked_and_its_log_is_empty(void **state) {
    (void)state;
    empty_log_behind_a_snapshot(WG_BEHAVIOUR_DOCUMENTED, false);
    empty_log_behind_a_snapshot(WG_BEHAVIOUR_ZEEBE_8_6, true);
}

static void raft_accepts_a_poll_when_it_has_a_live_leader(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    drop_response(ask_append(c, 1, 0, 3, 0, 0, 0, NULL, 0));
    struct raft_response *response = ask_vote(c, WG_MSG_POLL_REQUEST, 2, 0, 3, 0, 0);
    assert_true(response->accepted); /* [1.5] */
    drop_response(response);
    response = ask_vote(c, WG_MSG_POLL_REQUEST, 2, 0, 2, 0, 0);
    assert_false(response->accepted);
    assert_int_equal(response->term, 3);
    drop_response(response);
    cluster_free(c);
}

static void raft_refuses_a_poll_without_adopting_its_term_when_leader(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_elect(c, 0);
    c->hold = true;
    c->nodes[0].raft->peers[1].failures = 4; /* of node 2 */
    struct raft_response *response = ask_vote(c, WG_MSG_POLL_REQUEST, 2, 0, 9, 50, 9);
    assert_false(response->accepted);
    drop_response(response);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 1);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    assert_int_equal(c->nodes[0].raft->peers[1].failures, 0);
    cluster_free(c);
}

static void raft_steps_down_and_votes_when_a_leader_is_asked_in_a_newer_term(void **state) {
    (void)state;
    struct cluster *c = cluster_new(3);
    cluster_start(c);
    cluster_elect(c, 0);
    c->hold = true;
    expect_vote(c, 2, 1, 50, 9, false);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_LEADER);
    expect_vote(c, 2, 9, 50, 9, true);
    assert_int_equal(wg_raft_role(c->nodes[0].raft), WG_ROLE_FOLLOWER);
    assert_int_equal(wg_raft_term(c->nodes[0].raft), 9);
    cluster_free(c);
}

static void raft_answers_nothing_when_it_was_closed(void **state) {
    (void)state;
    struct cluster *c = alone(0);
    node_post(c, 0, WG_POST_CLOSE, 0);
    assert_int_equal(c->nodes[0].posted_role, WG_ROLE_INACTIVE);
    assert_null(ask_vote(c, WG_MSG_VOTE_REQUEST, 1, 0, 9, 9, 9));
    assert_null(ask_append(c, 1, 0, 9, 0, 0, 0, NULL, 0));
    node_append_at(c, 0, 0, 1); /* the task is freed */
    cluster_run(c, 60000);
    assert_int_equal(c->sent[WG_MSG_POLL_REQUEST], 0);
    cluster_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_polls_in_the_order_of_priorities_when_no_leader_is_heard),
        cmocka_unit_test(raft_polls_again_when_nobody_answers),
        cmocka_unit_test(raft_stays_follower_when_a_majority_refuses_the_poll),
        cmocka_unit_test(raft_adopts_the_term_and_counts_no_when_a_poll_answer_is_newer),
        cmocka_unit_test(raft_ignores_an_answer_when_it_is_for_another_request),
        cmocka_unit_test(raft_votes_for_itself_in_a_new_term_when_candidate),
        cmocka_unit_test(raft_retries_once_and_then_follows_when_votes_do_not_come),
        cmocka_unit_test(raft_follows_when_a_majority_of_votes_times_out),
        cmocka_unit_test(raft_does_not_lead_when_votes_are_of_a_term_it_has_left),
        cmocka_unit_test(raft_follows_when_a_candidate_hears_a_leader_of_its_term),
        cmocka_unit_test(raft_does_not_campaign_when_it_is_still_catching_up),
        cmocka_unit_test(raft_leads_at_once_when_it_is_the_only_member),
        cmocka_unit_test(raft_votes_once_when_two_ask_in_one_term),
        cmocka_unit_test(raft_refuses_a_granted_vote_when_it_is_asked_again),
        cmocka_unit_test(raft_remembers_its_vote_when_it_restarts),
        cmocka_unit_test(raft_keeps_its_vote_when_it_learns_and_loses_a_leader),
        cmocka_unit_test(raft_refuses_a_vote_when_the_log_is_behind),
        cmocka_unit_test(raft_gives_no_vote_and_goes_inactive_when_it_cannot_store_it_in_zeebe),
        cmocka_unit_test(raft_counts_its_snapshot_when_a_vote_is_asked_and_its_log_is_empty),
        cmocka_unit_test(raft_accepts_a_poll_when_it_has_a_live_leader),
        cmocka_unit_test(raft_refuses_a_poll_without_adopting_its_term_when_leader),
        cmocka_unit_test(raft_steps_down_and_votes_when_a_leader_is_asked_in_a_newer_term),
        cmocka_unit_test(raft_answers_nothing_when_it_was_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
