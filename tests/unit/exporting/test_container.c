/* One container: positions, metadata, skip rule, filter, timers list (reference: exporters 7,
 * rows C). */
#include "harness.h"

#include "exporting/container.h"
#include "exporting/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct harness *h;
    struct wg_container c;
};

static void setup(struct fixture *f, wg_position stored) {
    f->h = harness_new(1);
    wg_container_init(&f->c, 0, "a");
    if (stored != -2) {
        struct wg_exporter_row row = {stored, 3, {(const uint8_t *)"meta", 4}};
        wg_exporter_row_put(f->h->state, "a", &row);
    }
    wg_container_renew(&f->c, 1);
    wg_container_load(&f->c, &f->h->env, f->h->state, 1);
}

static void tear_down(struct fixture *f) {
    wg_container_done(&f->c, &f->h->env);
    harness_free(f->h);
}

static void ack(struct fixture *f, wg_position position, const char *metadata) {
    struct wg_bytes bytes = {(const uint8_t *)metadata,
                             metadata == NULL ? 0 : (uint32_t)strlen(metadata)};
    wg_container_ack(&f->c, &f->h->env, f->h->state, 1, position,
                     metadata == NULL ? NULL : &bytes);
}

static void store(struct fixture *f) { wg_container_store(&f->c, &f->h->env, f->h->state, 1); }

static struct wg_exporter_row stored(struct fixture *f) {
    struct wg_exporter_row row = {-2, 0, {NULL, 0}};
    (void)wg_exporter_row_get(f->h->state, "a", &row);
    return row;
}

static void absent_row_gives_minus_one(void **state) { /* C3, C17 */
    (void)state;
    struct fixture f;
    setup(&f, -2);
    assert_int_equal(f.c.position, -1);
    assert_int_equal(f.c.last_unacked, -1);
    assert_int_equal(f.c.metadata_len, 0);
    assert_int_equal(stored(&f).position, -1);
    tear_down(&f);
}

static void stored_row_gives_both_positions(void **state) { /* C4, C18 */
    (void)state;
    struct fixture f;
    setup(&f, 9);
    assert_int_equal(f.c.position, 9);
    assert_int_equal(f.c.last_unacked, 9);
    assert_int_equal(f.c.metadata_version, 3);
    assert_memory_equal(f.c.metadata, "meta", 4);
    tear_down(&f);
}

static void minus_one_row_keeps_metadata_and_version(void **state) {
    (void)state;
    struct fixture f;
    setup(&f, -1);
    assert_int_equal(stored(&f).metadata_version, 3);
    assert_int_equal(stored(&f).metadata.len, 4);
    tear_down(&f);
}

static void acknowledgement_moves_memory_and_row(void **state) { /* C8, C19, C21, C26 */
    (void)state;
    struct fixture f;
    setup(&f, 0);
    ack(&f, 5, "a longer text");
    store(&f);
    assert_int_equal(f.c.position, 5);
    assert_int_equal(stored(&f).position, 5);
    assert_int_equal(stored(&f).metadata.len, 13);
    assert_int_equal(stored(&f).metadata_version, 3);
    ack(&f, 6, NULL);
    store(&f);
    assert_int_equal(stored(&f).position, 6);
    assert_int_equal(stored(&f).metadata.len, 13);
    ack(&f, 7, "");
    store(&f);
    assert_int_equal(stored(&f).metadata.len, 0);
    tear_down(&f);
}

static void smaller_acknowledgements_are_ignored(void **state) { /* C9, C10, C20 */
    (void)state;
    struct fixture f;
    setup(&f, 0);
    ack(&f, 2, "two");
    ack(&f, 1, "one");
    ack(&f, -1, "none");
    ack(&f, 2, "two again");
    store(&f);
    assert_int_equal(stored(&f).position, 2);
    assert_memory_equal(stored(&f).metadata.ptr, "two", 3);
    tear_down(&f);
}

static void skip_advances_only_with_nothing_in_flight(void **state) { /* C13, C14, C15 */
    (void)state;
    struct fixture f;
    setup(&f, 4);
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 6);
    assert_int_equal(f.c.position, 6);
    assert_int_equal(f.c.last_unacked, 4); /* not raised by a skip */
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 5); /* never back */
    assert_int_equal(f.c.position, 6);
    f.c.last_unacked = 8;
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 9);
    assert_int_equal(f.c.position, 6);
    ack(&f, 8, NULL);
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 9);
    store(&f);
    assert_int_equal(stored(&f).position, 9);
    assert_int_equal(stored(&f).metadata.len, 4);
    tear_down(&f);
}

static void each_cause_of_a_move_is_claimed(void **state) {
    (void)state;
    struct fixture f;
    setup(&f, 1);
    f.h->claim_count = 0;
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 2);
    wg_container_skip(&f.c, &f.h->env, f.h->state, 1, 3);
    ack(&f, 5, NULL);
    store(&f);
    store(&f);
    assert_int_equal(f.h->claim_count, 2);
    assert_int_equal(f.h->claims[0].b, 3);
    assert_int_equal(f.h->claims[0].c, WG_CAUSE_SKIP);
    assert_int_equal(f.h->claims[1].b, 5);
    assert_int_equal(f.h->claims[1].c, WG_CAUSE_ACK);
    tear_down(&f);
}

static void filter_needs_both_masks(void **state) {
    (void)state;
    struct wg_record_filter filter = {.record_types = 1u << WG_COMMAND};
    filter.value_types[WG_VT_CHECKPOINT / 64] = (uint64_t)1 << (WG_VT_CHECKPOINT % 64);
    struct wg_record record = {.record_type = WG_COMMAND, .value_type = WG_VT_CHECKPOINT};
    assert_true(wg_filter_accepts(&filter, &record));
    record.record_type = WG_EVENT;
    assert_false(wg_filter_accepts(&filter, &record));
    record.record_type = WG_COMMAND;
    record.value_type = WG_VT_JOB;
    assert_false(wg_filter_accepts(&filter, &record));
    record.value_type = WG_VT_CHECKPOINT;
    record.record_type = 200;
    assert_false(wg_filter_accepts(&filter, &record));
    filter.record_types = UINT64_MAX;
    assert_true(wg_filter_accepts(&filter, &record));
}

static void timers_keep_order_and_replace(void **state) {
    (void)state;
    struct harness *h = harness_new(0);
    struct wg_exporter_timers timers = {0};
    assert_int_equal(wg_exporter_timers_next(&timers), WG_TIME_NEVER);
    for (uint32_t i = 0; i < 20; i++) {
        wg_exporter_timers_set(&timers, &h->env, 0, i, 100 - (wg_time)(i / 2));
    }
    wg_exporter_timers_set(&timers, &h->env, 0, 19, 1000);
    wg_exporter_timers_set(&timers, &h->env, 1, 19, 1);
    wg_exporter_timers_cancel(&timers, 0, 0);
    wg_exporter_timers_cancel(&timers, 7, 7);
    assert_int_equal(timers.count, 20);
    assert_int_equal(wg_exporter_timers_pop(&timers).container, 1);
    assert_int_equal(wg_exporter_timers_pop(&timers).timer, 18);
    struct wg_exporter_timer first = wg_exporter_timers_pop(&timers);
    struct wg_exporter_timer second = wg_exporter_timers_pop(&timers);
    assert_int_equal(first.timer, 16); /* older first among equals */
    assert_int_equal(second.timer, 17);
    wg_exporter_timers_done(&timers, &h->env);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_row_gives_minus_one),
        cmocka_unit_test(stored_row_gives_both_positions),
        cmocka_unit_test(minus_one_row_keeps_metadata_and_version),
        cmocka_unit_test(acknowledgement_moves_memory_and_row),
        cmocka_unit_test(smaller_acknowledgements_are_ignored),
        cmocka_unit_test(skip_advances_only_with_nothing_in_flight),
        cmocka_unit_test(each_cause_of_a_move_is_claimed),
        cmocka_unit_test(filter_needs_both_masks),
        cmocka_unit_test(timers_keep_order_and_replace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
