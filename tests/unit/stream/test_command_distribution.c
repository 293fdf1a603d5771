/* Golden record sequences of deployments that partition 1 hands on to all others (reference: engine
 * 11.5), and what is done about commands and answers that are lost. */
#include "unit/stream/models.h"
#include "unit/stream/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void deploy(struct peers *peers, const char *content) {
    harness_deploy(peers->of[1], "one-task.bpmn", content);
    peers_settle(peers);
}

static wg_partition_id deaf; /* loses what goes to that partition */
static wg_partition_id mute; /* what it answers is lost */

static bool loses_some(const struct wg_command_message *message) {
    return message->head.partition == deaf ||
           (mute != 0 && message->head.from == mute &&
            message->value_type == WG_VT_COMMAND_DISTRIBUTION);
}

static void deployment_is_distributed(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(3, true, 0);
    struct wg_value_process first;
    struct wg_value_process other;
    deploy(peers, "a");
    assert_string_equal(harness_text(peers->of[1], 1), "C DEPLOYMENT CREATE -1\n"
                                                       "{ 1\n"
                                                       "E PROCESS CREATED 2\n"
                                                       "E DEPLOYMENT CREATED 1\n"
                                                       "E COMMAND_DISTRIBUTION STARTED 1\n"
                                                       "E COMMAND_DISTRIBUTION DISTRIBUTING 1\n"
                                                       "E COMMAND_DISTRIBUTION DISTRIBUTING 1\n"
                                                       "}\n"
                                                       "C COMMAND_DISTRIBUTION ACKNOWLEDGE 1\n"
                                                       "{ 7\n"
                                                       "E COMMAND_DISTRIBUTION ACKNOWLEDGED 1\n"
                                                       "}\n"
                                                       "C COMMAND_DISTRIBUTION ACKNOWLEDGE 1\n"
                                                       "{ 9\n"
                                                       "E COMMAND_DISTRIBUTION ACKNOWLEDGED 1\n"
                                                       "E COMMAND_DISTRIBUTION FINISHED 1\n"
                                                       "}\n");
    const char *received = "C DEPLOYMENT CREATE 1\n"
                           "{ 1\n"
                           "E PROCESS CREATED 2\n"
                           "E DEPLOYMENT CREATED 1\n"
                           "}\n";
    assert_string_equal(harness_text(peers->of[2], 1), received);
    assert_string_equal(harness_text(peers->of[3], 1), received);
    wg_key key = harness_last(peers->of[1], WG_VT_PROCESS, WG_PROCESS_CREATED, &first);
    assert_int_equal(harness_last(peers->of[3], WG_VT_PROCESS, WG_PROCESS_CREATED, &other), key);
    assert_int_equal(wg_key_partition(key), 1);
    assert_int_equal(other.version, first.version);
    peers_followers_agree(peers);
    /* New keys there are the partition's own, from its own counter. */
    harness_create(peers->of[3], 0);
    peers_settle(peers);
    assert_int_equal(peers->of[3]->replies[0].record_type, WG_EVENT);
    peers_free(peers);
}

static void second_answer_of_one_is_none_of_another(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(3, true, 0);
    deaf = 3;
    peers->loses = loses_some;
    deploy(peers, "a");
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION ACKNOWLEDGED"), 1);
    struct wg_value_command_distribution value;
    harness_last(peers->of[1], WG_VT_COMMAND_DISTRIBUTION, WG_DISTRIBUTION_ACKNOWLEDGED, &value);
    assert_int_equal(value.partition_id, 2);
    uint8_t bytes[512];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_value_encode(WG_VT_COMMAND_DISTRIBUTION, &value, &out), WG_OK);
    struct wg_command_message *again = wg_command_message_new(
        peers->of[2]->env, 1, 1, WG_VT_COMMAND_DISTRIBUTION, WG_DISTRIBUTION_ACKNOWLEDGE,
        wg_key_encode(1, 1), wg_writer_bytes(&out));
    harness_message(peers->of[1], &again->head);
    wg_message_unref(&again->head);
    peers_settle(peers);
    assert_int_equal(
        peers_lines(peers, 1, "R COMMAND_DISTRIBUTION ACKNOWLEDGE 1 NOT_FOUND"), 1);
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION FINISHED"), 0);
    deaf = 0;
    peers_followers_agree(peers);
    peers_free(peers);
}

/* When commands to a partition that hears nothing are sent again, in whole tens of seconds. */
static void back_off_doubles_up_to_five_minutes(void **unused) {
    (void)unused;
    static const uint32_t at[] = {20, 30, 50, 90, 170, 310, 610, 910};
    struct peers *peers = peers_new(2, true, 0);
    uint32_t next = 0;
    deaf = 2;
    peers->loses = loses_some;
    deploy(peers, "a");
    assert_int_equal(peers->sent, 1);
    for (uint32_t seconds = 10; seconds <= 1000; seconds += 10) {
        uint32_t before = peers->sent;
        peers_advance(peers, 10);
        bool expected = next < 8 && at[next] == seconds;
        assert_int_equal(peers->sent - before, expected ? 1 : 0);
        next += expected;
    }
    assert_int_equal(next, 8);
    deaf = 0;
    peers_advance(peers, 300);
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION FINISHED"), 1);
    uint32_t sent = peers->sent;
    peers_advance(peers, 700);
    assert_int_equal(peers->sent, sent);
    peers_free(peers);
}

static void lost_answers_are_given_again(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, true, 0);
    mute = 2;
    peers->loses = loses_some;
    deploy(peers, "a");
    peers_advance(peers, 35); /* two answers are lost, bug M04 */
    mute = 0;
    peers_advance(peers, 30);
    assert_int_equal(peers_lines(peers, 2, "E PROCESS CREATED"), 1);
    assert_int_equal(peers_lines(peers, 2, "R DEPLOYMENT CREATE 1 ALREADY_EXISTS"), 3);
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION FINISHED"), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void new_leader_goes_on_distributing(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, true, 0);
    deaf = 2;
    peers->loses = loses_some;
    deploy(peers, "a");
    uint32_t sent = peers->sent;
    peers_failover(peers, 1); /* bug M05 */
    assert_int_equal(peers->sent, sent); /* replay sends nothing, bug M10 */
    deaf = 0;
    peers_advance(peers, 25);
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION FINISHED"), 1);
    peers_free(peers);
}

/* The second version comes first: it stays the latest. */
static void versions_may_come_in_any_order(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, true, 0);
    struct wg_value_process_instance_creation creation;
    deaf = 2;
    peers->loses = loses_some;
    deploy(peers, "a");
    deaf = 0;
    deploy(peers, "b");
    peers_advance(peers, 30);
    assert_int_equal(peers_lines(peers, 2, "E PROCESS CREATED"), 2);
    harness_create(peers->of[2], 0);
    peers_settle(peers);
    harness_last(peers->of[2], WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED, &creation);
    assert_int_equal(creation.version, 2);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void nothing_is_distributed_unless_asked_for(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    deploy(peers, "a");
    assert_int_equal(peers->sent, 0);
    assert_int_equal(peers_lines(peers, 1, "E COMMAND_DISTRIBUTION"), 0);
    peers_free(peers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployment_is_distributed),
        cmocka_unit_test(second_answer_of_one_is_none_of_another),
        cmocka_unit_test(back_off_doubles_up_to_five_minutes),
        cmocka_unit_test(lost_answers_are_given_again),
        cmocka_unit_test(new_leader_goes_on_distributing),
        cmocka_unit_test(versions_may_come_in_any_order),
        cmocka_unit_test(nothing_is_distributed_unless_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
