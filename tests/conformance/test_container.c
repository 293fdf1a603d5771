/* Rows C (one container: positions, metadata, skip rule) and L (rows of exporters in the state). */
#include "tests/conformance/conf.h"
#include "tests/unit/exporting/harness.h"

#include "exporting/container.h"

struct fixture {
    struct harness *h;
    struct wg_container c;
};

/* A container over the state as it is. */
static void load(struct fixture *f) {
    wg_container_renew(&f->c, 1);
    wg_container_load(&f->c, &f->h->env, f->h->state, 1);
}

static int setup(void **state) {
    static struct fixture fixture;
    fixture = (struct fixture){.h = harness_new(1)};
    wg_container_init(&fixture.c, 0, "a");
    fixture.c.quirks = quirks_of(state);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    wg_container_done(&f->c, &f->h->env);
    harness_free(f->h);
    return 0;
}

static struct wg_bytes text(const char *metadata) {
    return (struct wg_bytes){(const uint8_t *)metadata, (uint32_t)strlen(metadata)};
}

static void put(struct fixture *f, const char *id, wg_position position, const char *metadata,
                int64_t version) {
    struct wg_exporter_row row = {position, version, text(metadata)};
    wg_exporter_row_put(f->h->state, id, &row);
}

/* metadata NULL = none given. */
static void ack(struct fixture *f, wg_position position, const char *metadata) {
    struct wg_bytes bytes = text(metadata == NULL ? "" : metadata);
    wg_container_ack(&f->c, &f->h->env, f->h->state, 1, position,
                     metadata == NULL ? NULL : &bytes);
    wg_container_store(&f->c, &f->h->env, f->h->state, 1);
}

static void filtered(struct fixture *f, wg_position position) {
    wg_container_skip(&f->c, &f->h->env, f->h->state, 1, position);
    wg_container_store(&f->c, &f->h->env, f->h->state, 1);
}

static struct wg_exporter_row row_of(struct fixture *f, const char *id) {
    struct wg_exporter_row row = {-2, 0, {NULL, 0}};
    (void)wg_exporter_row_get(f->h->state, id, &row);
    return row;
}

static void expect_metadata(struct fixture *f, const char *id, const char *expected) {
    struct wg_exporter_row row = row_of(f, id);
    assert_int_equal(row.metadata.len, strlen(expected));
    if (row.metadata.len > 0) {
        assert_memory_equal(row.metadata.ptr, expected, row.metadata.len);
    }
}

static void expect_position(struct fixture *f, wg_position position, wg_position last_unacked) {
    assert_int_equal(f->c.position, position);
    assert_int_equal(f->c.last_unacked, last_unacked);
    assert_int_equal(row_of(f, "a").position, position);
}

/* --- C ----------------------------------------------------------------------------------------- */

static void conf_C03_absent_row_gives_minus_one(void **state) {
    struct fixture *f = *state;
    load(f);
    expect_position(f, -1, -1);
}

static void conf_C04_both_positions_are_the_stored_one(void **state) {
    struct fixture *f = *state;
    put(f, "a", 55, "", 0);
    load(f);
    expect_position(f, 55, 55);
}

static void conf_C08_acknowledgement_moves_memory_and_row(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    f->c.last_unacked = 1; /* as after the export of record 1 */
    ack(f, 1, NULL);
    expect_position(f, 1, 1);
}

static void conf_C09_smaller_acknowledgement_is_ignored(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    f->c.last_unacked = 1;
    ack(f, -1, NULL);
    expect_position(f, 0, 1);
}

static void conf_C10_two_then_one_gives_two(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    f->c.last_unacked = 2;
    ack(f, 2, NULL);
    ack(f, 1, NULL);
    expect_position(f, 2, 2);
}

/* A fixture whose exporter has acknowledged record 1 while its position was frozen at 0. */
static struct fixture *acknowledged_while_frozen(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    wg_container_freeze(&f->c);
    f->c.last_unacked = 1;
    ack(f, 1, "meta");
    return f;
}

static void conf_C11_acknowledgement_while_soft_paused_leaves_the_position(void **state) {
    struct fixture *f = acknowledged_while_frozen(state);
    expect_position(f, 0, 1);
    expect_metadata(f, "a", "");
}

static void conf_C12_resume_applies_what_was_remembered(void **state) {
    struct fixture *f = acknowledged_while_frozen(state);
    wg_container_unfreeze(&f->c, &f->h->env, f->h->state, 1);
    wg_container_store(&f->c, &f->h->env, f->h->state, 1);
    expect_position(f, 1, 1);
    expect_metadata(f, "a", "meta");
}

static void conf_C13_filtered_record_moves_the_position_only(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "kept", 0);
    load(f);
    filtered(f, 1);
    expect_position(f, 1, 0);
    expect_metadata(f, "a", "kept");
}

static void conf_C14_equal_positions_are_up_to_date(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    f->c.last_unacked = 1;
    ack(f, 1, NULL);
    filtered(f, 2);
    expect_position(f, 2, 1);
}

static void conf_C15_record_in_flight_holds_back_the_skip(void **state) {
    struct fixture *f = *state;
    put(f, "a", 0, "", 0);
    load(f);
    f->c.last_unacked = 1;
    filtered(f, 2);
    expect_position(f, 0, 1);
}

static void conf_C17_absent_row_has_no_metadata(void **state) {
    struct fixture *f = *state;
    load(f);
    assert_int_equal(f->c.metadata_len, 0);
    expect_metadata(f, "a", "");
}

static void conf_C18_metadata_is_read_from_the_row(void **state) {
    struct fixture *f = *state;
    put(f, "a", 10, "metadata", 0);
    load(f);
    assert_int_equal(f->c.metadata_len, 8);
    assert_memory_equal(f->c.metadata, "metadata", 8);
}

static void conf_C19_metadata_is_stored_with_its_acknowledgement(void **state) {
    struct fixture *f = *state;
    load(f);
    ack(f, 10, "metadata");
    expect_position(f, 10, -1);
    expect_metadata(f, "a", "metadata");
}

static void conf_C20_stale_acknowledgement_leaves_metadata(void **state) {
    struct fixture *f = *state;
    put(f, "a", 10, "m1", 0);
    load(f);
    ack(f, 9, "m2");
    expect_position(f, 10, 10);
    expect_metadata(f, "a", "m1");
    ack(f, 10, "m3"); /* equal is not greater */
    expect_metadata(f, "a", "m1");
}

static void conf_C21_metadata_comes_back(void **state) {
    struct fixture *f = *state;
    load(f);
    ack(f, 10, "metadata");
    load(f); /* the next incarnation */
    assert_int_equal(f->c.position, 10);
    assert_int_equal(f->c.metadata_len, 8);
    assert_memory_equal(f->c.metadata, "metadata", 8);
}

static void conf_C26_acknowledgements_keep_the_version(void **state) {
    struct fixture *f = *state;
    put(f, "a", -1, "", 10);
    load(f);
    ack(f, 1, NULL);
    assert_int_equal(row_of(f, "a").metadata_version, 10);
    ack(f, 2, "metadata");
    filtered(f, 3);
    assert_int_equal(row_of(f, "a").position, 3);
    assert_int_equal(row_of(f, "a").metadata_version, 10);
}

/* --- L ----------------------------------------------------------------------------------------- */

static void conf_L01_position_alone_has_empty_metadata(void **state) {
    struct fixture *f = *state;
    load(f);
    ack(f, 9, NULL);
    assert_int_equal(row_of(f, "a").position, 9);
    expect_metadata(f, "a", "");
}

static void conf_L02_position_and_metadata(void **state) {
    struct fixture *f = *state;
    put(f, "e", 9, "e1", 0);
    assert_int_equal(row_of(f, "e").position, 9);
    expect_metadata(f, "e", "e1");
}

static void conf_L03_position_without_metadata(void **state) {
    struct fixture *f = *state;
    put(f, "e", 9, "", 0);
    assert_int_equal(row_of(f, "e").position, 9);
    expect_metadata(f, "e", "");
}

static void conf_L04_both_are_overwritten(void **state) {
    struct fixture *f = *state;
    load(f);
    ack(f, 1, "first one");
    ack(f, 2, "second");
    assert_int_equal(row_of(f, "a").position, 2);
    expect_metadata(f, "a", "second");
}

static void conf_L05_absent_metadata_keeps_the_old(void **state) {
    struct fixture *f = *state;
    load(f);
    ack(f, 1, "kept");
    ack(f, 2, NULL);
    assert_int_equal(row_of(f, "a").position, 2);
    expect_metadata(f, "a", "kept");
}

static void conf_L06_rows_are_independent(void **state) {
    struct fixture *f = *state;
    put(f, "e1", 1, "e1", 0);
    put(f, "e2", 2, "", 0);
    put(f, "e3", 3, "e3", 0);
    assert_int_equal(row_of(f, "e1").position, 1);
    assert_int_equal(row_of(f, "e2").position, 2);
    assert_int_equal(row_of(f, "e3").position, 3);
    expect_metadata(f, "e1", "e1");
    expect_metadata(f, "e2", "");
    expect_metadata(f, "e3", "e3");
}

/* The director takes an absent row for -1 (lifecycle.c); the state says that there is none. */
static void conf_L07_unknown_exporter_is_at_minus_one(void **state) {
    struct fixture *f = *state;
    struct wg_exporter_row row;
    assert_false(wg_exporter_row_get(f->h->state, "a", &row));
    load(f);
    assert_int_equal(f->c.position, -1);
}

static void conf_L08_unknown_exporter_has_empty_metadata(void **state) {
    struct fixture *f = *state;
    put(f, "e", 1, "of another", 0);
    load(f);
    assert_int_equal(f->c.metadata_len, 0);
    assert_int_equal(f->c.metadata_version, 0);
}

static void conf_L09_only_that_row_is_removed(void **state) {
    struct fixture *f = *state;
    put(f, "e1", 1, "", 0);
    put(f, "e2", 2, "", 0);
    assert_true(wg_exporter_row_remove(f->h->state, "e1"));
    assert_int_equal(row_of(f, "e1").position, -2);
    assert_int_equal(row_of(f, "e2").position, 2);
    assert_false(wg_exporter_row_remove(f->h->state, "e1"));
}

static void sum_up(void *ctx, const char *id, const struct wg_exporter_row *row) {
    int64_t *sums = ctx;
    assert_int_equal(id[0], 'e');
    assert_int_equal(id[1] - '0', row->position);
    assert_int_equal(row->metadata.len, (uint32_t)row->position);
    sums[row->position]++;
}

static void conf_L10_every_row_is_visited_once(void **state) {
    struct fixture *f = *state;
    int64_t visits[4] = {0};
    put(f, "e3", 3, "333", 0);
    put(f, "e1", 1, "1", 0);
    put(f, "e2", 2, "22", 0);
    wg_exporter_row_each(f->h->state, sum_up, visits);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(visits[i], 1);
    }
}

static void conf_L11_lowest_of_minus_one_and_one_is_minus_one(void **state) {
    struct fixture *f = *state;
    put(f, "e1", -1, "", 0);
    put(f, "e2", 1, "", 0);
    assert_int_equal(wg_exporter_rows_lowest(f->h->state), -1);
    put(f, "e1", 5, "", 0);
    assert_int_equal(wg_exporter_rows_lowest(f->h->state), 1);
}

static void count_rows(void *ctx, const char *id, const struct wg_exporter_row *row) {
    (void)id, (void)row;
    ++*(uint32_t *)ctx;
}

/* Zeebe's state answers -1 here, and its snapshot director turns "no entry" into the highest
 * number; ours answers that number itself: nothing holds back compaction. */
static void conf_L12_without_rows_nothing_is_lowest(void **state) {
    struct fixture *f = *state;
    uint32_t rows = 0;
    put(f, "e1", 1, "", 0);
    put(f, "e2", 2, "", 0);
    assert_true(wg_exporter_row_remove(f->h->state, "e1"));
    assert_true(wg_exporter_row_remove(f->h->state, "e2"));
    wg_exporter_row_each(f->h->state, count_rows, &rows);
    assert_int_equal(rows, 0);
    assert_int_equal(wg_exporter_rows_lowest(f->h->state), WG_POSITION_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_IN(conf_C03_absent_row_gives_minus_one, setup, tear_down),
        BOTH_IN(conf_C04_both_positions_are_the_stored_one, setup, tear_down),
        BOTH_IN(conf_C08_acknowledgement_moves_memory_and_row, setup, tear_down),
        BOTH_IN(conf_C09_smaller_acknowledgement_is_ignored, setup, tear_down),
        BOTH_IN(conf_C10_two_then_one_gives_two, setup, tear_down),
        BOTH_IN(conf_C11_acknowledgement_while_soft_paused_leaves_the_position, setup, tear_down),
        BOTH_IN(conf_C12_resume_applies_what_was_remembered, setup, tear_down),
        BOTH_IN(conf_C13_filtered_record_moves_the_position_only, setup, tear_down),
        BOTH_IN(conf_C14_equal_positions_are_up_to_date, setup, tear_down),
        BOTH_IN(conf_C15_record_in_flight_holds_back_the_skip, setup, tear_down),
        BOTH_IN(conf_C17_absent_row_has_no_metadata, setup, tear_down),
        BOTH_IN(conf_C18_metadata_is_read_from_the_row, setup, tear_down),
        BOTH_IN(conf_C19_metadata_is_stored_with_its_acknowledgement, setup, tear_down),
        BOTH_IN(conf_C20_stale_acknowledgement_leaves_metadata, setup, tear_down),
        BOTH_IN(conf_C21_metadata_comes_back, setup, tear_down),
        BOTH_IN(conf_C26_acknowledgements_keep_the_version, setup, tear_down),
        BOTH_IN(conf_L01_position_alone_has_empty_metadata, setup, tear_down),
        BOTH_IN(conf_L02_position_and_metadata, setup, tear_down),
        BOTH_IN(conf_L03_position_without_metadata, setup, tear_down),
        BOTH_IN(conf_L04_both_are_overwritten, setup, tear_down),
        BOTH_IN(conf_L05_absent_metadata_keeps_the_old, setup, tear_down),
        BOTH_IN(conf_L06_rows_are_independent, setup, tear_down),
        BOTH_IN(conf_L07_unknown_exporter_is_at_minus_one, setup, tear_down),
        BOTH_IN(conf_L08_unknown_exporter_has_empty_metadata, setup, tear_down),
        BOTH_IN(conf_L09_only_that_row_is_removed, setup, tear_down),
        BOTH_IN(conf_L10_every_row_is_visited_once, setup, tear_down),
        BOTH_IN(conf_L11_lowest_of_minus_one_and_one_is_minus_one, setup, tear_down),
        BOTH_IN(conf_L12_without_rows_nothing_is_lowest, setup, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
