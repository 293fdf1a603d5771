/* Golden record sequences of messages (reference: engine 11.3), with the message's partition apart
 * from the instance's, and what lost commands, duplicates and time do to them. */
#include "processing/message_rows.h"
#include "unit/stream/models.h"
#include "unit/stream/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of two partitions: "18" belongs to 2, "17" to 1. */
#define FAR 18
#define NEAR 17
#define MANY 60u

static void deploy(struct peers *peers, wg_partition_id partition, const char *id) {
    static struct wg_model_builder model;
    model_message(&model, id);
    harness_deploy_model(peers->of[partition], &model);
    peers_settle(peers);
}

static void create(struct peers *peers, const char *id, int64_t order) {
    harness_create_of(peers->of[1], id, "order", order);
    peers_settle(peers);
}

/* Two partitions; an instance of "message" waits on partition 1. */
static struct peers *waiting(int64_t order, uint64_t quirks) {
    struct peers *peers = peers_new(2, false, quirks);
    deploy(peers, 1, "message");
    create(peers, "message", order);
    return peers;
}

static void publish_only(struct peers *peers, const char *key, const char *id, int64_t ttl_ms) {
    struct wg_value_message value;
    assert_int_equal(wg_value_init(WG_VT_MESSAGE, &value), WG_OK);
    value.name = wg_bytes_str("paid");
    value.correlation_key = wg_bytes_str(key);
    value.message_id = wg_bytes_str(id);
    value.time_to_live = ttl_ms;
    struct harness *h = peers->of[wg_message_partition(value.correlation_key, peers->count)];
    harness_request(h, WG_VT_MESSAGE, WG_MESSAGE_PUBLISH, WG_KEY_NONE, &value);
}

static void publish(struct peers *peers, const char *key, const char *id, int64_t ttl_ms) {
    publish_only(peers, key, id, ttl_ms);
    peers_settle(peers);
}

static void cancel(struct peers *peers, int64_t counter) {
    struct wg_value_process_instance value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE, &value), WG_OK);
    harness_request(peers->of[1], WG_VT_PROCESS_INSTANCE, WG_PI_CANCEL, wg_key_encode(1, counter),
                    &value);
    peers_settle(peers);
}

static const char *text_from(struct harness *h, const char *from) {
    const char *at = strstr(harness_text(h, 1), from);
    assert_non_null(at);
    return at;
}

static uint32_t completed(struct peers *peers) {
    return peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_COMPLETED message ");
}

#define LOSES(name, type, what)                                                                    \
    static bool name(const struct wg_command_message *message) {                                   \
        return message->value_type == (type) && message->intent == (what);                         \
    }
LOSES(loses_create, WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATE)
LOSES(loses_created, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_CREATE)
LOSES(loses_correlate, WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_CORRELATE)
LOSES(loses_correlated, WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CORRELATE)
LOSES(loses_delete, WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_DELETE)

/* --- sequences -------------------------------------------------------------------------------- */

static void partition_of_a_correlation_key(void **unused) {
    (void)unused;
    assert_int_equal(wg_message_partition(wg_bytes_str(""), 3), 1);
    assert_int_equal(wg_message_partition(wg_bytes_str("17"), 2), 1);
    assert_int_equal(wg_message_partition(wg_bytes_str("18"), 2), 2);
    /* Bytes are signed: (-61 * 31 - 92) % 4 = -3. */
    assert_int_equal(wg_message_partition(wg_bytes_str("\xC3\xA4"), 4), 4);
    assert_int_equal(wg_message_partition(wg_bytes_str("order-123456789"), 1), 1);
}

static void subscription_is_opened_on_the_other_partition(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    struct wg_value_process_message_subscription value;
    assert_string_equal(text_from(peers->of[1], "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT wait"),
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT wait 8\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING wait 8\n"
                        "E PROCESS_MESSAGE_SUBSCRIPTION CREATING 9\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED wait 8\n"
                        "}\n"
                        "C PROCESS_MESSAGE_SUBSCRIPTION CREATE -1\n"
                        "{ 21\n"
                        "E PROCESS_MESSAGE_SUBSCRIPTION CREATED 9\n"
                        "}\n");
    assert_string_equal(harness_text(peers->of[2], 1), "C MESSAGE_SUBSCRIPTION CREATE -1\n"
                                                       "{ 1\n"
                                                       "E MESSAGE_SUBSCRIPTION CREATED 1\n"
                                                       "}\n");
    harness_last(peers->of[1], WG_VT_PROCESS_MESSAGE_SUBSCRIPTION, WG_PROCESS_SUBSCRIPTION_CREATED,
                 &value);
    assert_int_equal(value.subscription_partition_id, 2);
    assert_memory_equal(value.correlation_key.ptr, "18", 2);
    assert_memory_equal(value.message_name.ptr, "paid", 4);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_correlates_across_partitions(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    publish(peers, "18", "m-1", 60000);
    assert_int_equal(peers->of[2]->replies[0].record_type, WG_EVENT);
    assert_string_equal(text_from(peers->of[2], "C MESSAGE PUBLISH"),
                        "C MESSAGE PUBLISH -1\n"
                        "{ 3\n"
                        "E MESSAGE PUBLISHED 2\n"
                        "E MESSAGE_SUBSCRIPTION CORRELATING 1\n"
                        "}\n"
                        "C MESSAGE_SUBSCRIPTION CORRELATE -1\n"
                        "{ 6\n"
                        "E MESSAGE_SUBSCRIPTION CORRELATED 1\n"
                        "}\n");
    assert_string_equal(text_from(peers->of[1], "C PROCESS_MESSAGE_SUBSCRIPTION CORRELATE"),
                        "C PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1\n"
                        "{ 23\n"
                        "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED 9\n"
                        "E PROCESS_EVENT TRIGGERING wait 10\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT wait 8\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING wait 8\n"
                        "E PROCESS_EVENT TRIGGERED wait 10\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED wait 8\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 11\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 12\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 12\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 12\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 12\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 12\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 12\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT message 3\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING message 3\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED message 3\n"
                        "}\n");
    assert_int_equal(peers->sent, 4);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void buffered_message_correlates_at_once(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    deploy(peers, 1, "message");
    publish(peers, "18", "m-1", 60000);
    assert_string_equal(harness_text(peers->of[2], 1), "C MESSAGE PUBLISH -1\n"
                                                       "{ 1\n"
                                                       "E MESSAGE PUBLISHED 1\n"
                                                       "}\n");
    create(peers, "message", FAR);
    assert_string_equal(text_from(peers->of[2], "C MESSAGE_SUBSCRIPTION CREATE"),
                        "C MESSAGE_SUBSCRIPTION CREATE -1\n"
                        "{ 3\n"
                        "E MESSAGE_SUBSCRIPTION CREATED 2\n"
                        "E MESSAGE_SUBSCRIPTION CORRELATING 2\n"
                        "}\n"
                        "C MESSAGE_SUBSCRIPTION CORRELATE -1\n"
                        "{ 6\n"
                        "E MESSAGE_SUBSCRIPTION CORRELATED 2\n"
                        "}\n");
    assert_int_equal(peers_lines(peers, 1, "C PROCESS_MESSAGE_SUBSCRIPTION CREATE"), 0);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* The same partition: commands follow within the batch, nothing is sent. */
static void one_partition_needs_no_message(void **unused) {
    (void)unused;
    struct peers *peers = waiting(NEAR, 0);
    publish(peers, "17", "", 0);
    const char *text = text_from(peers->of[1], "C MESSAGE PUBLISH");
    const char *begin = "C MESSAGE PUBLISH -1\n"
                        "{ 25\n"
                        "E MESSAGE PUBLISHED 11\n"
                        "E MESSAGE_SUBSCRIPTION CORRELATING 10\n"
                        "C+ PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1\n"
                        "E MESSAGE EXPIRED 11\n"
                        "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED 9\n"
                        "E PROCESS_EVENT TRIGGERING wait 12\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT wait 8\n"
                        "C+ MESSAGE_SUBSCRIPTION CORRELATE -1\n";
    assert_memory_equal(text, begin, strlen(begin));
    assert_int_equal(completed(peers), 1);
    assert_int_equal(peers->sent, 0);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* --- what is promised ------------------------------------------------------------------------- */

static void known_message_id_is_rejected_until_it_expires(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    struct harness *h = peers->of[2];
    publish(peers, "19", "m-1", 60000);
    publish(peers, "18", "m-1", 30000);
    assert_int_equal(h->replies[0].record_type, WG_EVENT); /* another correlation key */
    publish(peers, "18", "m-1", 30000);
    assert_int_equal(h->replies[0].record_type, WG_REJECTION);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_ALREADY_EXISTS);
    publish(peers, "18", "m-2", 30000);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    peers_advance(peers, 125);
    assert_int_equal(peers_lines(peers, 2, "C MESSAGE_BATCH EXPIRE"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE EXPIRED"), 2);
    publish(peers, "18", "m-1", 30000);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* Of many messages as many expire at once as one batch can take, the others at later looks. */
static void messages_expire_as_far_as_they_fit(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "m-%u", i);
        publish(peers, "18", id, 10000);
    }
    peers->of[2]->options.max_message_bytes = 4096;
    peers_failover(peers, 2);
    peers_advance(peers, 65);
    assert_int_equal(peers_lines(peers, 2, "C MESSAGE_BATCH EXPIRE"), 1);
    uint32_t first = peers_lines(peers, 2, "E MESSAGE EXPIRED");
    assert_in_range(first, 4, MANY / 2);
    for (uint32_t i = 0; i < MANY; i++) {
        peers_advance(peers, 60);
    }
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE EXPIRED"), MANY);
    assert_int_equal(peers_lines(peers, 2, "R MESSAGE_BATCH EXPIRE"), 0);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_past_its_deadline_correlates_no_more(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    deploy(peers, 1, "message");
    publish(peers, "18", "m-1", 3000);
    publish(peers, "18", "m-2", 8000);
    peers_advance(peers, 5); /* it is stored until the next look, but over */
    create(peers, "message", FAR);
    assert_int_equal(completed(peers), 1);
    create(peers, "message", FAR);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_goes_to_one_instance_of_each_process(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    deploy(peers, 1, "other");
    create(peers, "message", FAR);
    create(peers, "other", FAR);
    publish(peers, "18", "", 60000);
    assert_int_equal(completed(peers), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_COMPLETED other "), 1);
    create(peers, "message", FAR); /* it is buffered, but this process has had it */
    assert_int_equal(completed(peers), 1);
    publish(peers, "18", "", 60000);
    assert_int_equal(completed(peers), 2);
    publish(peers, "18", "", 60000);
    assert_int_equal(completed(peers), 3);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void instance_without_the_variable_has_an_incident(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    deploy(peers, 1, "message");
    harness_create_of(peers->of[1], "message", NULL, 0);
    peers_settle(peers);
    assert_int_equal(peers_lines(peers, 1, "E INCIDENT CREATED"), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_ACTIVATED wait"), 0);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* --- what is lost is asked for again ---------------------------------------------------------- */

static void lost_commands_are_sent_again(void **unused) {
    (void)unused;
    bool (*const losses[])(const struct wg_command_message *) = {
        loses_create, loses_created, loses_correlate, loses_correlated};
    for (uint32_t i = 0; i < 4; i++) {
        struct peers *peers = peers_new(2, false, 0);
        deploy(peers, 1, "message");
        peers->loses = losses[i];
        create(peers, "message", FAR);
        publish(peers, "18", "", 300000);
        peers_advance(peers, 3);
        assert_true(i == 1 || peers->lost == 1);
        uint32_t sent = peers->sent;
        peers_advance(peers, 24);
        assert_int_equal(peers->sent, sent); /* not before 30 s */
        peers->loses = NULL;
        peers_advance(peers, 40);
        assert_int_equal(completed(peers), 1);
        assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 1);
        assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CORRELATED"), 1);
        sent = peers->sent;
        peers_advance(peers, 100);
        assert_int_equal(peers->sent, sent); /* all is answered */
        peers_followers_agree(peers);
        peers_free(peers);
    }
}

static void second_create_is_acknowledged_and_rejected(void **unused) {
    (void)unused;
    struct peers *peers = peers_new(2, false, 0);
    deploy(peers, 1, "message");
    peers->loses = loses_created;
    create(peers, "message", FAR);
    peers->loses = NULL;
    peers_advance(peers, 60);
    assert_int_equal(peers_lines(peers, 2, "R MESSAGE_SUBSCRIPTION CREATE -1 INVALID_STATE"), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CREATED"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CREATED"), 1);
    peers_free(peers);
}

/* The CREATE of the subscription that was opened last, once more. */
static void repeat_create(struct peers *peers) {
    struct wg_value_message_subscription value;
    uint8_t bytes[512];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    harness_last(peers->of[2], WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATED, &value);
    assert_int_equal(wg_value_encode(WG_VT_MESSAGE_SUBSCRIPTION, &value, &out), WG_OK);
    struct wg_command_message *again = wg_command_message_new(
        peers->of[1]->env, 2, 2, WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATE,
        WG_KEY_NONE, wg_writer_bytes(&out));
    harness_message(peers->of[2], &again->head);
    wg_message_unref(&again->head);
    peers_settle(peers);
}

/* A copy of CREATE that comes when all is over must not keep messages from others. */
static void late_create_leaves_no_subscription(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    publish(peers, "18", "", 0);
    assert_int_equal(completed(peers), 1);
    repeat_create(peers);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CREATED"), 2);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION DELETED"), 1);
    create(peers, "message", FAR);
    publish(peers, "18", "", 0);
    assert_int_equal(completed(peers), 2);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* What such a copy is offered, because it was there before, is free for who comes later. */
static void late_create_takes_no_message(void **unused) {
    (void)unused;
    for (uint32_t canceled = 0; canceled < 2; canceled++) {
        struct peers *peers = waiting(FAR, 0);
        if (canceled) {
            cancel(peers, 3);
        } else {
            publish(peers, "18", "", 300000);
        }
        publish(peers, "18", "", 300000);
        repeat_create(peers);
        assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CORRELATING"), 2 - canceled);
        create(peers, "message", FAR);
        assert_int_equal(completed(peers), 2 - canceled);
        peers_followers_agree(peers);
        peers_free(peers);
    }
}

/* Two instances wait, the first takes the message, and its answer is lost. */
static struct peers *answer_is_lost(uint64_t quirks) {
    struct peers *peers = waiting(FAR, quirks);
    create(peers, "message", FAR);
    peers->loses = loses_correlated;
    publish(peers, "18", "", 300000);
    assert_int_equal(completed(peers), 1);
    peers->loses = NULL;
    peers_advance(peers, 45);
    return peers;
}

static void repeated_correlate_is_answered_again(void **unused) {
    (void)unused;
    struct peers *peers = answer_is_lost(0);
    assert_int_equal(
        peers_lines(peers, 1, "R PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1 NOT_FOUND"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CORRELATED"), 1);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void with_the_quirk_another_instance_gets_it_too(void **unused) {
    (void)unused;
    struct peers *peers = answer_is_lost(wg_quirk_bit(WG_QUIRK_CORRELATES_AGAIN));
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION REJECTED"), 1);
    assert_int_equal(completed(peers), 2);
    peers_free(peers);
}

static void new_leader_sends_again(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    peers->loses = loses_correlate;
    publish(peers, "18", "", 300000);
    peers_failover(peers, 2);
    peers->loses = NULL;
    peers_advance(peers, 31);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void replay_sends_nothing(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    publish(peers, "18", "", 300000);
    uint32_t sent = peers->sent;
    peers_failover(peers, 1);
    peers_failover(peers, 2);
    assert_int_equal(peers->sent, sent);
    peers_free(peers);
}

/* --- closing ---------------------------------------------------------------------------------- */

static void canceled_instance_closes_its_subscription(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    peers->loses = loses_delete;
    cancel(peers, 3);
    peers->loses = NULL;
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION DELETING"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION DELETED"), 0);
    peers_advance(peers, 40);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION DELETED"), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION DELETED"), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_refused_by_a_closing_instance_goes_to_another(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    create(peers, "message", FAR);
    peers->loses = loses_delete;
    cancel(peers, 3);
    publish(peers, "18", "", 300000);
    assert_int_equal(
        peers_lines(peers, 1, "R PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1 INVALID_STATE"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION REJECTED"), 1);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_on_its_way_to_a_canceled_instance_is_not_lost(void **unused) {
    (void)unused;
    struct peers *peers = waiting(FAR, 0);
    create(peers, "message", FAR);
    peers->loses = loses_correlate;
    publish(peers, "18", "", 300000);
    peers->loses = NULL;
    cancel(peers, 3);
    assert_int_equal(completed(peers), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* --- boundary events -------------------------------------------------------------------------- */

static struct peers *task_with_message(bool interrupting) {
    static struct wg_model_builder model;
    struct peers *peers = peers_new(2, false, 0);
    model_message_at_task(&model, interrupting);
    harness_deploy_model(peers->of[1], &model);
    peers_settle(peers);
    create(peers, "told", FAR);
    return peers;
}

static void interrupting_message_ends_the_task(void **unused) {
    (void)unused;
    struct peers *peers = task_with_message(true);
    publish(peers, "18", "", 300000);
    /* reference: engine 11.3, interrupting boundary */
    static const char ended[] = "C PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1\n"
                                "{ 24\n"
                                "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED 9\n"
                                "E PROCESS_EVENT TRIGGERING paid 11\n"
                                "C+ PROCESS_INSTANCE TERMINATE_ELEMENT work 8\n"
                                "E PROCESS_INSTANCE ELEMENT_TERMINATING work 8\n"
                                "E JOB CANCELED 10\n"
                                "E PROCESS_INSTANCE ELEMENT_TERMINATED work 8\n"
                                "E PROCESS_EVENT TRIGGERED paid 11\n"
                                "E PROCESS_INSTANCE ELEMENT_ACTIVATING paid 12\n"
                                "E PROCESS_INSTANCE ELEMENT_ACTIVATED paid 12\n"
                                "C+ PROCESS_INSTANCE COMPLETE_ELEMENT paid 12\n"
                                "E PROCESS_INSTANCE ELEMENT_COMPLETING paid 12\n"
                                "E PROCESS_INSTANCE ELEMENT_COMPLETED paid 12\n"
                                "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f8 13\n";
    assert_memory_equal(text_from(peers->of[1], "C PROCESS_MESSAGE_SUBSCRIPTION CORRELATE"), ended,
                        sizeof ended - 1);
    assert_int_equal(peers_lines(peers, 1, "E JOB CANCELED"), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_COMPLETED told-end"), 1);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_COMPLETED told "), 1);
    peers_followers_agree(peers);
    peers_free(peers);
}

static void message_that_does_not_interrupt_comes_once_each(void **unused) {
    (void)unused;
    struct peers *peers = task_with_message(false);
    peers->loses = loses_correlated;
    publish(peers, "18", "", 300000);
    peers->loses = NULL;
    peers_advance(peers, 45); /* offered a second time, bug M03 */
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 1);
    assert_int_equal(
        peers_lines(peers, 1, "R PROCESS_MESSAGE_SUBSCRIPTION CORRELATE -1 INVALID_STATE"), 1);
    publish(peers, "18", "", 300000);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_INSTANCE ELEMENT_COMPLETED told-end"), 2);
    assert_int_equal(peers_lines(peers, 1, "E JOB CANCELED"), 0);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* One more instance. The first of two messages is lost on its way to it; the one that has waited longer takes the next. */
static void miss_one_have_the_next(struct peers *peers) {
    create(peers, "told", FAR);
    peers->loses = loses_correlate;
    publish(peers, "18", "", 300000);
    peers->loses = NULL;
    publish(peers, "18", "", 300000);
}

/* A subscription that stays is not offered what is older than the message that it had last: its
 * instance would take that for a repetition, and nobody would have it. */
static void older_message_waits_for_another_instance(void **unused) {
    (void)unused;
    struct peers *peers = task_with_message(false);
    struct wg_value_message_subscription first;
    harness_last(peers->of[2], WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATED, &first);
    wg_key instance = first.process_instance_key;
    miss_one_have_the_next(peers);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 1);
    cancel(peers, instance - wg_key_encode(1, 0));
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION DELETED"), 1);
    assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CORRELATING"), 2);
    create(peers, "told", FAR);
    assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 2);
    peers_followers_agree(peers);
    peers_free(peers);
}

/* A late copy of CREATE that is offered an older message than its instance had last: that one took the messages
 * in their order, but not all of them. */
static void late_create_takes_no_older_message(void **unused) {
    (void)unused;
    for (uint32_t copies = 1; copies <= 2; copies++) {
        struct peers *peers = task_with_message(false);
        struct wg_value_message_subscription first, second;
        harness_last(peers->of[2], WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATED, &first);
        wg_key instance = first.process_instance_key;
        miss_one_have_the_next(peers);
        cancel(peers, instance - wg_key_encode(1, 0));
        harness_last(peers->of[2], WG_VT_MESSAGE_SUBSCRIPTION, WG_MESSAGE_SUBSCRIPTION_CREATED, &second);
        instance = second.process_instance_key;
        cancel(peers, instance - wg_key_encode(1, 0));
        assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 1);
        peers->loses = copies == 2 ? loses_correlate : NULL;
        repeat_create(peers);
        if (copies == 2) { /* the second one finds that there is one already */
            repeat_create(peers);
        }
        assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CREATED"), 3);
        assert_int_equal(peers_lines(peers, 2, "E MESSAGE_SUBSCRIPTION CORRELATING"), 3);
        peers->loses = NULL;
        create(peers, "told", FAR);
        assert_int_equal(peers_lines(peers, 1, "E PROCESS_MESSAGE_SUBSCRIPTION CORRELATED"), 2);
        peers_followers_agree(peers);
        peers_free(peers);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partition_of_a_correlation_key),
        cmocka_unit_test(subscription_is_opened_on_the_other_partition),
        cmocka_unit_test(message_correlates_across_partitions),
        cmocka_unit_test(buffered_message_correlates_at_once),
        cmocka_unit_test(one_partition_needs_no_message),
        cmocka_unit_test(known_message_id_is_rejected_until_it_expires),
        cmocka_unit_test(messages_expire_as_far_as_they_fit),
        cmocka_unit_test(message_past_its_deadline_correlates_no_more),
        cmocka_unit_test(message_goes_to_one_instance_of_each_process),
        cmocka_unit_test(instance_without_the_variable_has_an_incident),
        cmocka_unit_test(lost_commands_are_sent_again),
        cmocka_unit_test(second_create_is_acknowledged_and_rejected),
        cmocka_unit_test(late_create_leaves_no_subscription),
        cmocka_unit_test(late_create_takes_no_message),
        cmocka_unit_test(repeated_correlate_is_answered_again),
        cmocka_unit_test(with_the_quirk_another_instance_gets_it_too),
        cmocka_unit_test(new_leader_sends_again),
        cmocka_unit_test(replay_sends_nothing),
        cmocka_unit_test(canceled_instance_closes_its_subscription),
        cmocka_unit_test(message_refused_by_a_closing_instance_goes_to_another),
        cmocka_unit_test(message_on_its_way_to_a_canceled_instance_is_not_lost),
        cmocka_unit_test(interrupting_message_ends_the_task),
        cmocka_unit_test(message_that_does_not_interrupt_comes_once_each),
        cmocka_unit_test(older_message_waits_for_another_instance),
        cmocka_unit_test(late_create_takes_no_older_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
