/* Exporter positions to followers, and the passive director (reference: exporters 4, 7 rows X). */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum wg_plugin_result ack_with_metadata(struct harness *h,
                                               const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT) {
        harness_ack(h, call->record->position, call->exporter == 0 ? "meta" : NULL);
    }
    return WG_PLUGIN_OK;
}

static void put(struct harness *h, const char *id, wg_position position, const char *metadata) {
    struct wg_exporter_row row = {
        position, 0, {(const uint8_t *)metadata, (uint32_t)strlen(metadata)}};
    wg_exporter_row_put(h->state, id, &row);
}

static void active_sends_all_rows_every_interval(void **state) { /* X1 */
    (void)state;
    struct harness *h = harness_new(2);
    h->script = ack_with_metadata;
    harness_write(h, 3);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_pass(h, 15 * WG_SECOND - 1);
    assert_int_equal(h->message_count, 0);
    harness_pass(h, 1);
    assert_int_equal(h->message_count, 2); /* the others of three members */
    assert_int_equal(h->messages[0]->to, 0);
    assert_int_equal(h->messages[1]->to, 2);
    assert_int_equal(h->messages[0]->kind, WG_MSG_EXPORTER_STATE);
    assert_int_equal(h->messages[0]->actor, WG_ACTOR_EXPORTER);
    assert_true(h->messages[0]->digest == h->messages[1]->digest);
    harness_pass(h, 15 * WG_SECOND);
    assert_int_equal(h->message_count, 4);

    struct harness *follower = harness_new(2);
    harness_start(follower, WG_DIRECTOR_PASSIVE);
    assert_int_equal(harness_position(follower, "a"), -1);
    harness_receive(follower, h->messages[0]);
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(follower->state, "a", &row));
    assert_int_equal(row.position, 3);
    assert_int_equal(row.metadata.len, 4);
    assert_memory_equal(row.metadata.ptr, "meta", 4);
    assert_int_equal(harness_position(follower, "b"), 3);
    harness_free(follower);
    harness_free(h);
}

static void message_with(struct harness *from, void (*fill)(struct harness *)) {
    fill(from);
    wg_exporter_state_send(&from->env, &from->partition, from->state);
    harness_run(from);
}

static void older_and_unknown_rows(struct harness *h) {
    put(h, "a", 4, "old");
    put(h, "b", 12, "new");
    put(h, "gone", 3, "");
}

static void follower_takes_only_greater_positions_of_its_own_ids(void **state) { /* X2, E03, E09 */
    (void)state;
    struct harness *leader = harness_new(0), *h = harness_new(2);
    message_with(leader, older_and_unknown_rows);
    put(h, "a", 5, "mine");
    put(h, "b", 11, "mine");
    harness_start(h, WG_DIRECTOR_PASSIVE);
    harness_receive(h, leader->messages[0]);
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(h->state, "a", &row));
    assert_int_equal(row.position, 5);
    assert_memory_equal(row.metadata.ptr, "mine", 4);
    assert_int_equal(harness_position(h, "b"), 12);
    assert_int_equal(harness_position(h, "gone"), -2);
    harness_free(h);
    harness_free(leader);
}

static void minus_one(struct harness *h) {
    put(h, "a", -1, "");
    put(h, "b", 0, "");
}

static void minus_one_travels_as_minus_one(void **state) {
    (void)state;
    struct harness *leader = harness_new(0), *h = harness_new(2);
    message_with(leader, minus_one);
    harness_start(h, WG_DIRECTOR_PASSIVE);
    harness_receive(h, leader->messages[0]);
    assert_int_equal(harness_position(h, "a"), -1);
    assert_int_equal(harness_position(h, "b"), 0);
    harness_free(h);
    harness_free(leader);
}

static void passive_configures_but_never_opens_or_exports(void **state) { /* P7, E14, E15, E16 */
    (void)state;
    struct harness *h = harness_new(2);
    harness_write(h, 3);
    h->log.first = 50; /* a gap is no matter for it */
    put(h, "a", 2, "");
    harness_start(h, WG_DIRECTOR_PASSIVE);
    harness_commit(h);
    harness_post(h, WG_POST_WAKE, 0);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 c1");
    assert_int_equal(h->log.readers, 0);
    assert_int_equal(h->message_count, 0);
    assert_int_equal(h->status, WG_OK);
    harness_close(h);
    assert_string_equal(harness_trace(h), "c0 c1 d0 d1");
    assert_int_equal(h->closed, 1);
    harness_free(h);
}

static void passive_closed_listens_no_more(void **state) { /* X5 */
    (void)state;
    struct harness *leader = harness_new(0), *h = harness_new(2);
    message_with(leader, older_and_unknown_rows);
    harness_start(h, WG_DIRECTOR_PASSIVE);
    harness_close(h);
    harness_receive(h, leader->messages[0]);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_free(h);
    harness_free(leader);
}

static void active_ignores_what_a_deposed_leader_sends(void **state) {
    (void)state;
    struct harness *leader = harness_new(0), *h = harness_new(2);
    message_with(leader, older_and_unknown_rows);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_receive(h, leader->messages[0]);
    assert_int_equal(harness_position(h, "b"), -1);
    harness_free(h);
    harness_free(leader);
}

static void idle_sends_nothing(void **state) {
    (void)state;
    struct harness *h = harness_new(0);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_pass(h, WG_MINUTE);
    assert_int_equal(h->message_count, 0);
    harness_free(h);
}

static void beats_lost_in_a_long_call_are_not_made_up_for(void **state) {
    (void)state;
    struct harness *h = harness_new(1);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    h->hold = true;
    harness_commit(h);
    h->env.now += 50 * WG_SECOND;
    harness_answer(h, WG_PLUGIN_OK);
    assert_int_equal(h->message_count, 2);
    harness_pass(h, 10 * WG_SECOND); /* the beat at 60 s */
    assert_int_equal(h->message_count, 4);
    harness_free(h);
}

static void count_row(void *ctx, struct wg_bytes id, const struct wg_exporter_row *row) {
    (void)id;
    (void)row;
    ++*(uint32_t *)ctx;
}

static void malformed_payloads_have_no_effect(void **state) { /* X6, X7 */
    (void)state;
    struct harness *h = harness_new(0);
    older_and_unknown_rows(h);
    struct wg_buf *payload = wg_exporter_state_encode(&h->env, h->state);
    assert_int_equal(payload->len, 12 + 3 * (8 + 2 + 4) + (1 + 3) + (1 + 3) + 4);
    uint32_t rows = 0;
    for (uint32_t len = 0; len < payload->len; len++) {
        struct wg_bytes cut = {payload->bytes, len};
        assert_false(wg_exporter_state_decode(cut, count_row, &rows));
        assert_int_equal(rows, 0);
    }
    struct wg_bytes whole = {payload->bytes, payload->len};
    assert_true(wg_exporter_state_decode(whole, count_row, &rows));
    assert_int_equal(rows, 3);
    payload->bytes[2] = 9; /* another template */
    assert_false(wg_exporter_state_decode(whole, count_row, &rows));
    wg_buf_unref(payload);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_sends_all_rows_every_interval),
        cmocka_unit_test(follower_takes_only_greater_positions_of_its_own_ids),
        cmocka_unit_test(minus_one_travels_as_minus_one),
        cmocka_unit_test(passive_configures_but_never_opens_or_exports),
        cmocka_unit_test(passive_closed_listens_no_more),
        cmocka_unit_test(active_ignores_what_a_deposed_leader_sends),
        cmocka_unit_test(idle_sends_nothing),
        cmocka_unit_test(beats_lost_in_a_long_call_are_not_made_up_for),
        cmocka_unit_test(malformed_payloads_have_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
