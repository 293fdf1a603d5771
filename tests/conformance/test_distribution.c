/* Rows X: exporter positions go from the leader to its followers. */
#include "tests/conformance/script.h"

static struct harness *follower_of_two(void **state) {
    struct harness *h = scripted(2, state);
    harness_start(h, WG_DIRECTOR_PASSIVE);
    return h;
}

/* A message with the rows of `from`'s state; belongs to `from`. */
static struct wg_message *message_of(struct harness *from) {
    uint32_t first = from->message_count;
    wg_exporter_state_send(&from->env, &from->partition, from->state);
    harness_run(from);
    assert_int_equal(from->message_count, first + 2);
    return from->messages[first];
}

static void conf_X01_follower_follows_after_one_interval(void **state) {
    struct harness *leader = scripted(2, state);
    script.exporters[0].acks = script.exporters[1].acks = true;
    script.exporters[0].metadata = "e1";
    script.exporters[1].metadata = "e2";
    harness_start(leader, WG_DIRECTOR_ACTIVE);
    harness_write(leader, 2);
    harness_commit(leader);
    struct harness *h = harness_new(2);
    h->options.quirks = quirks_of(state);
    harness_start(h, WG_DIRECTOR_PASSIVE);
    harness_pass(leader, 15 * WG_SECOND - 1);
    assert_int_equal(leader->message_count, 0);
    expect_row(h, "a", -1, "");
    expect_row(h, "b", -1, "");
    harness_pass(leader, 1);
    assert_int_equal(leader->message_count, 2);
    harness_receive(h, leader->messages[0]);
    expect_row(h, "a", 2, "e1");
    expect_row(h, "b", 2, "e2");
    harness_free(h);
    harness_free(leader);
}

static void conf_X02_lower_position_is_ignored_per_exporter(void **state) {
    struct harness *leader = harness_new(0), *h = follower_of_two(state);
    stored_row(leader, "a", 5, "new");
    stored_row(leader, "b", 5, "new");
    harness_receive(h, message_of(leader));
    stored_row(leader, "a", 4, "old");
    stored_row(leader, "b", 6, "newer");
    harness_receive(h, message_of(leader));
    expect_row(h, "a", 5, "new");
    expect_row(h, "b", 6, "newer");
    harness_free(h);
    harness_free(leader);
}

/* The topic of the partition is the actor that a message is for. */
static void conf_X03_director_gets_messages_for_its_partition(void **state) {
    struct harness *leader = harness_new(0), *h = follower_of_two(state);
    stored_row(leader, "a", 1, "");
    struct wg_message *message = message_of(leader);
    assert_int_equal(message->actor, WG_ACTOR_EXPORTER);
    assert_int_equal(message->partition, h->partition.id);
    harness_receive(h, message);
    assert_int_equal(harness_position(h, "a"), 1);
    harness_free(h);
    harness_free(leader);
}

static void conf_X04_all_rows_arrive_with_their_metadata(void **state) {
    struct harness *leader = harness_new(0), *h = follower_of_two(state);
    stored_row(leader, "a", 123, "m1");
    stored_row(leader, "b", 345, "m2");
    harness_receive(h, message_of(leader));
    expect_row(h, "a", 123, "m1");
    expect_row(h, "b", 345, "m2");
    harness_free(h);
    harness_free(leader);
}

static void conf_X05_closed_director_listens_no_more(void **state) {
    struct harness *leader = harness_new(0), *h = follower_of_two(state);
    stored_row(leader, "a", 1, "");
    harness_close(h);
    harness_receive(h, message_of(leader));
    assert_int_equal(harness_position(h, "a"), -1);
    harness_free(h);
    harness_free(leader);
}

static struct wg_buf *encoded(struct harness *h) {
    stored_row(h, "elastic", 12, "");
    stored_row(h, "kafka", 0, "some metadata");
    stored_row(h, "new", -1, "");
    return wg_exporter_state_encode(&h->env, h->state);
}

/* Head of the message and of the group, then per row 8 + (2 + id) + (4 + metadata). */
static void conf_X06_encoded_length_is_exact(void **state) {
    (void)state;
    struct harness *h = harness_new(0);
    struct wg_buf *payload = encoded(h);
    assert_int_equal(payload->len, 8 + 4 + (8 + 2 + 7 + 4) + (8 + 2 + 5 + 4 + 13) + (8 + 2 + 3 + 4));
    struct wg_bytes head = {payload->bytes, 12};
    static const uint8_t expected[12] = {8, 0, 1, 0, 0, 0, 3, 0, 8, 0, 3, 0};
    assert_memory_equal(head.ptr, expected, sizeof expected);
    wg_buf_unref(payload);
    harness_free(h);
}

static void take_row(void *ctx, struct wg_bytes id, const struct wg_exporter_row *row) {
    static const struct {
        const char *id, *metadata;
        wg_position position;
    } rows[] = {{"elastic", "", 12}, {"kafka", "some metadata", 0}, {"new", "", -1}};
    uint32_t *count = ctx;
    assert_true(*count < 3);
    assert_int_equal(id.len, strlen(rows[*count].id));
    assert_memory_equal(id.ptr, rows[*count].id, id.len);
    assert_int_equal(row->position, rows[*count].position);
    assert_int_equal(row->metadata.len, strlen(rows[*count].metadata));
    if (row->metadata.len > 0) {
        assert_memory_equal(row->metadata.ptr, rows[*count].metadata, row->metadata.len);
    }
    ++*count;
}

static void conf_X07_decoding_gives_back_every_row(void **state) {
    (void)state;
    struct harness *h = harness_new(0);
    struct wg_buf *payload = encoded(h);
    uint32_t count = 0;
    struct wg_bytes bytes = {payload->bytes, payload->len};
    assert_true(wg_exporter_state_decode(bytes, take_row, &count));
    assert_int_equal(count, 3);
    wg_buf_unref(payload);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(conf_X01_follower_follows_after_one_interval),
        BOTH(conf_X02_lower_position_is_ignored_per_exporter),
        BOTH(conf_X03_director_gets_messages_for_its_partition),
        BOTH(conf_X04_all_rows_arrive_with_their_metadata),
        BOTH(conf_X05_closed_director_listens_no_more),
        BOTH(conf_X06_encoded_length_is_exact),
        BOTH(conf_X07_decoding_gives_back_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
