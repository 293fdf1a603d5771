/* The log reader: what it may see, where seeking puts it, and what it says about holes. */
#include "codec/batch.h"
#include "lib/test_env.h"
#include "seams/log_reader.h"
#include "seams/log_writer.h"
#include "unit/stream/fake_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fixture {
    struct wg_env *env;
    struct wg_log *log;
    struct wg_log_reader reader;
};

/* An entry of `count` records at the end of the log. */
static void append(struct fixture *f, wg_position lowest, uint32_t count) {
    static const uint8_t value[] = {0x80};
    struct wg_record records[8];
    for (uint32_t i = 0; i < count; i++) {
        wg_record_init(&records[i]);
        records[i].position = lowest + i;
        records[i].timestamp_ms = 1;
        records[i].record_type = WG_EVENT;
        records[i].value = (struct wg_bytes){value, sizeof value};
    }
    struct wg_buf *batch = wg_batch_encode(f->env, records, count);
    fake_log_append(f->log, 1, lowest, lowest + count - 1,
                    (struct wg_bytes){batch->bytes, batch->len});
    wg_buf_unref(batch);
}

/* Entries: 1 no-op, 2 positions 1-3, 3 position 4, 4 no-op, 5 positions 5-6. */
static int set_up(void **state) {
    static struct fixture f;
    f.env = test_env_new();
    f.log = fake_log_new(f.env);
    fake_log_append_initial(f.log, 1);
    append(&f, 1, 3);
    append(&f, 4, 1);
    fake_log_append_initial(f.log, 2);
    append(&f, 5, 2);
    wg_log_reader_init(&f.reader, f.env, f.log, 5);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    wg_log_reader_done(&f->reader);
    fake_log_free(f->log);
    test_env_free(f->env);
    return 0;
}

static void expect_next(struct fixture *f, wg_position position) {
    wg_status status;
    const struct wg_record *record = wg_log_reader_next(&f->reader, &status);
    assert_int_equal(status, WG_OK);
    if (position == WG_POSITION_NONE) {
        assert_null(record);
        return;
    }
    assert_non_null(record);
    assert_int_equal(record->position, position);
}

static void expect_error(struct fixture *f, wg_status expected) {
    wg_status status;
    assert_null(wg_log_reader_next(&f->reader, &status));
    assert_int_equal(status, expected);
}

static void reader_passes_over_entries_without_records(void **state) {
    struct fixture *f = *state;
    for (wg_position position = 1; position <= 6; position++) {
        expect_next(f, position);
    }
    expect_next(f, WG_POSITION_NONE);
}

static void reader_never_passes_commit(void **state) {
    struct fixture *f = *state;
    wg_log_reader_done(&f->reader);
    wg_log_reader_init(&f->reader, f->env, f->log, 0);
    wg_position expected[] = {0, 0, 3, 4, 4, 6}; /* highest readable by commit index */
    wg_position at = 0;
    for (wg_index commit = 0; commit <= 5; commit++) {
        wg_log_reader_set_commit(&f->reader, commit);
        while (at < expected[commit]) {
            expect_next(f, ++at);
        }
        expect_next(f, WG_POSITION_NONE);
        assert_true(f->reader.index <= commit);
        wg_log_reader_set_commit(&f->reader, 0); /* never goes back */
        assert_int_equal(f->reader.commit, commit);
    }
}

static void reader_gives_an_unread_record_again(void **state) {
    struct fixture *f = *state;
    for (wg_position position = 1; position <= 6; position++) {
        expect_next(f, position);
        wg_log_reader_unread(&f->reader);
        expect_next(f, position);
    }
}

static void seek_places_the_reader_behind_the_position(void **state) {
    struct fixture *f = *state;
    for (wg_position position = -1; position <= 8; position++) {
        assert_int_equal(wg_log_reader_seek_after(&f->reader, position), WG_OK);
        wg_position next = position < 1 ? 1 : position + 1;
        expect_next(f, next > 6 ? WG_POSITION_NONE : next);
    }
}

static void seek_works_before_anything_is_known_to_be_committed(void **state) {
    struct fixture *f = *state;
    wg_log_reader_done(&f->reader);
    wg_log_reader_init(&f->reader, f->env, f->log, 0);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 2), WG_OK);
    expect_next(f, WG_POSITION_NONE);
    wg_log_reader_set_commit(&f->reader, 5);
    expect_next(f, 3);
}

static void seek_reports_missing_records(void **state) {
    struct fixture *f = *state;
    fake_log_compact_to(f->log, 3); /* starts with position 4 */
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 2), WG_GAP);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 3), WG_OK);
    expect_next(f, 4);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 4), WG_OK);
    expect_next(f, 5);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, WG_POSITION_NONE), WG_OK);
    expect_next(f, 4);
}

static void seek_in_an_empty_log_waits(void **state) {
    struct fixture *f = *state;
    fake_log_reset(f->log, 9);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 40), WG_OK);
    expect_next(f, WG_POSITION_NONE);
    append(f, 41, 1);
    wg_log_reader_set_commit(&f->reader, 9);
    expect_next(f, 41);
}

static void reader_reports_a_hole_instead_of_reading_over_it(void **state) {
    struct fixture *f = *state;
    expect_next(f, 1);
    fake_log_compact_to(f->log, 3);
    expect_next(f, 2); /* the entry being read is still held */
    expect_next(f, 3);
    expect_next(f, 4);
    fake_log_reset(f->log, 20);
    wg_log_reader_set_commit(&f->reader, 20);
    expect_error(f, WG_GAP);
    expect_error(f, WG_GAP);
}

static void reader_stays_before_an_entry_that_cannot_be_read(void **state) {
    struct fixture *f = *state;
    expect_next(f, 1);
    fake_log_damage(f->log, 2, WG_CORRUPT); /* under way: its bytes are held */
    expect_next(f, 2);
    expect_next(f, 3);
    fake_log_damage(f->log, 3, WG_IO);
    expect_error(f, WG_IO);
    expect_error(f, WG_IO);
    fake_log_damage(f->log, 0, WG_OK); /* it passes */
    expect_next(f, 4);
    fake_log_damage(f->log, 5, WG_CORRUPT);
    expect_error(f, WG_CORRUPT);
    expect_error(f, WG_CORRUPT);
}

static void reader_reports_positions_that_do_not_follow(void **state) {
    struct fixture *f = *state;
    append(f, 9, 1);
    wg_log_reader_set_commit(&f->reader, 6);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 5), WG_OK);
    expect_next(f, 6);
    expect_error(f, WG_GAP);
    fake_log_truncate_after(f->log, 5);
    append(f, 6, 1);
    assert_int_equal(wg_log_reader_seek_after(&f->reader, 5), WG_OK);
    expect_next(f, 6);
}

static void writer_gives_dense_positions_and_one_append_per_batch(void **state) {
    struct fixture *f = *state;
    static const uint8_t value[] = {0x80};
    struct wg_log_writer *writer = wg_log_writer_new(f->env, 1, 3, 7, 4096, 1024);
    struct wg_record records[2];
    wg_position highest;
    uint32_t count;
    for (uint32_t i = 0; i < 2; i++) {
        wg_record_init(&records[i]);
        records[i].record_type = WG_COMMAND;
    }
    assert_int_equal(wg_log_writer_write(writer, records, 2, &highest), WG_INVALID);
    records[0].value = records[1].value = (struct wg_bytes){value, sizeof value};
    assert_int_equal(wg_log_writer_write(writer, records, 0, &highest), WG_INVALID);
    assert_int_equal(wg_log_writer_write(writer, records, 2, &highest), WG_OK);
    assert_int_equal(highest, 8);
    assert_int_equal(records[1].position, 8);
    struct wg_effect *effects = test_env_effects(f->env, &count);
    assert_int_equal(count, 1);
    struct wg_append_task *task = effects[0].u.post.ptr;
    assert_int_equal(effects[0].u.post.what, WG_POST_APPEND);
    assert_int_equal(task->term, 3);
    assert_int_equal(task->lowest, 7);
    assert_int_equal(task->highest, 8);
    wg_append_task_free(f->env, task);
    assert_true(wg_log_writer_can_write(writer, 1, 4096 - 40));
    assert_false(wg_log_writer_can_write(writer, 1, 4096 - 39));
    records[1].source_position = 9; /* read, but not written here */
    assert_int_equal(wg_log_writer_write(writer, records, 2, &highest), WG_CLOSED);
    assert_int_equal(wg_log_writer_next_position(writer), 9);
    wg_log_writer_free(writer);
}

#define READER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        READER_TEST(reader_passes_over_entries_without_records),
        READER_TEST(reader_never_passes_commit),
        READER_TEST(reader_gives_an_unread_record_again),
        READER_TEST(seek_places_the_reader_behind_the_position),
        READER_TEST(seek_works_before_anything_is_known_to_be_committed),
        READER_TEST(seek_reports_missing_records),
        READER_TEST(seek_in_an_empty_log_waits),
        READER_TEST(reader_reports_a_hole_instead_of_reading_over_it),
        READER_TEST(reader_stays_before_an_entry_that_cannot_be_read),
        READER_TEST(reader_reports_positions_that_do_not_follow),
        READER_TEST(writer_gives_dense_positions_and_one_append_per_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
