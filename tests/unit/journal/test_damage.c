/* Damage and errors of the disk under a journal: what was promised is found again as it was, or
 * the journal does not open; nothing is handed out that is not what was written (inv-28, inv J1). */
#include "tests/unit/journal/harness.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "codec/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define DESCRIPTOR 57u
/* Segments hold 1 to 6, 7 to 12, 13 to 18, 19 and 20; a fifth is prepared. */
#define ENTRIES 20u
#define FLUSHED 9u
#define DATA 700u

static int setup(void **state) {
    static struct bench bench;
    bench_new(&bench);
    assert_int_equal(bench_open(&bench), WG_OK);
    *state = &bench;
    return 0;
}

static int teardown(void **state) {
    bench_free(*state);
    return 0;
}

static void append_many(struct bench *b, uint32_t count, uint32_t bytes) {
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(bench_append(b, 1, bytes), WG_OK);
    }
}

static const char *segment(uint32_t id) {
    static char path[64];
    snprintf(path, sizeof path, BENCH_DIR "/raft-%u.log", id);
    return path;
}

/* FLUSHED of the ENTRIES are promised. */
static void fill(struct bench *b) {
    append_many(b, FLUSHED, DATA);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    append_many(b, ENTRIES - FLUSHED, DATA);
}

static void end_process(struct bench *b) {
    bench_close(b);
    mem_disk_process_ended(b->disk);
}

/* --- every byte ---------------------------------------------------------------------------------- */

/* Opens over damage, then as before it. Whether it opened. */
static bool open_over(struct bench *b, uint32_t id, uint64_t offset, uint8_t bits) {
    mem_disk_flip(b->disk, segment(id), offset, bits);
    wg_status status = bench_open(b);
    assert_true(status == WG_OK || status == WG_CORRUPT);
    if (status == WG_OK) {
        wg_index last = wg_log_last_index(b->log);
        assert_in_range(last, FLUSHED, ENTRIES);
        for (wg_index i = wg_log_first_index(b->log); i <= last; i++) {
            bench_expect_entry(b, i, 1, DATA);
        }
    }
    return status == WG_OK;
}

static void journal_hands_out_no_garbage_when_any_byte_is_damaged(void **state) {
    (void)state;
    uint32_t refused = 0, opened = 0;
    for (uint32_t id = 1; id <= 5; id++) {
        for (uint64_t offset = 0; offset < BENCH_SEGMENT_BYTES; offset += 11) {
            struct bench b;
            bench_new(&b);
            assert_int_equal(bench_open(&b), WG_OK);
            fill(&b);
            assert_true(mem_disk_exists(b.disk, segment(5))); /* the prepared one */
            end_process(&b);
            if (open_over(&b, id, offset, (uint8_t)(1u << offset % 8))) {
                opened++;
                /* What follows goes behind what was kept, for good. */
                wg_index last = wg_log_last_index(b.log);
                assert_int_equal(bench_append(&b, 2, 50), WG_OK);
                assert_int_equal(wg_log_flush(b.log), WG_OK);
                assert_int_equal(bench_crash(&b, MEM_DISK_KEEP_ALL, 0), WG_OK);
                assert_int_equal(wg_log_last_index(b.log), last + 1);
                bench_expect_entry(&b, last + 1, 2, 50);
            } else {
                refused++;
                assert_true(id <= 2); /* entries 1 to 9 are in the first two */
                assert_int_equal(bench_open(&b), WG_CORRUPT); /* and nothing was repaired */
                mem_disk_flip(b.disk, segment(id), offset, (uint8_t)(1u << offset % 8));
                assert_int_equal(bench_open(&b), WG_OK);
                assert_int_equal(wg_log_last_index(b.log), ENTRIES);
            }
            bench_free(&b);
        }
    }
    assert_true(refused > 500 && opened > 500);
}

/* --- files in the wrong place -------------------------------------------------------------------- */

static void replace(struct bench *b, const char *path, const struct wg_disk_view *view,
                    uint64_t offset) {
    const struct wg_disk_ops *ops = b->env->disk_ops;
    wg_file file;
    assert_int_equal(ops->open(b->disk, path, false, &file), WG_OK);
    struct wg_buf *copy = wg_buf_copy(b->env, view->ptr, view->len);
    assert_int_equal(ops->write(b->disk, file, offset, copy, 0, copy->len), WG_OK);
    assert_int_equal(ops->sync(b->disk, file), WG_OK);
    wg_buf_unref(copy);
    ops->close(b->disk, file);
}

static struct wg_disk_view look(struct bench *b, const char *path, uint64_t offset, uint32_t len) {
    const struct wg_disk_ops *ops = b->env->disk_ops;
    struct wg_disk_view view;
    wg_file file;
    assert_int_equal(ops->open(b->disk, path, false, &file), WG_OK);
    assert_int_equal(ops->view(b->disk, file, offset, len, &view), WG_OK);
    ops->close(b->disk, file);
    return view;
}

static void journal_refuses_to_open_when_a_flushed_segment_is_another(void **state) {
    struct bench *b = *state;
    fill(b);
    end_process(b);
    struct wg_disk_view third = look(b, segment(3), 0, BENCH_SEGMENT_BYTES);
    replace(b, segment(2), &third, 0);
    wg_buf_unref(third.buf);
    assert_int_equal(bench_open(b), WG_CORRUPT);
}

static void journal_refuses_to_open_when_a_flushed_frame_is_another(void **state) {
    struct bench *b = *state;
    fill(b);
    uint32_t len = wg_log_entry(b->log, 2)->frame->len;
    end_process(b);
    struct wg_disk_view frame = look(b, segment(2), DESCRIPTOR, len); /* sound, wrong index */
    replace(b, segment(1), &frame, DESCRIPTOR);
    wg_buf_unref(frame.buf);
    assert_int_equal(bench_open(b), WG_CORRUPT);
}

/* A sound frame behind the end, where it does not belong: garbage like any other. */
static void journal_ends_before_a_frame_that_is_not_the_next(void **state) {
    struct bench *b = *state;
    append_many(b, 2, 200);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    uint32_t len = wg_log_entry(b->log, 2)->frame->len;
    uint64_t end = DESCRIPTOR + wg_log_entry(b->log, 1)->frame->len + len;
    end_process(b);
    struct wg_disk_view frame = look(b, segment(1), end - len, len);
    replace(b, segment(1), &frame, end);
    wg_buf_unref(frame.buf);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 2);
    assert_int_equal(bench_append(b, 2, 10), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 3);
    bench_expect_entry(b, 3, 2, 10);
}

static void journal_refuses_to_open_when_a_segment_is_missing(void **state) {
    struct bench *b = *state;
    for (uint32_t id = 1; id <= 3; id++) {
        fill(b);
        end_process(b);
        assert_int_equal(b->env->disk_ops->remove(b->disk, segment(id)), WG_OK);
        /* Without the first the log begins later; whether that may be is raft's to say. */
        wg_status status = bench_open(b);
        assert_int_equal(status, id == 2 ? WG_CORRUPT : WG_OK);
        if (status == WG_OK && id == 1) {
            assert_int_equal(wg_log_first_index(b->log), 7);
        } else if (status == WG_OK) { /* holds nothing that was promised */
            assert_int_equal(wg_log_last_index(b->log), 12);
        }
        bench_free(b);
        bench_new(b);
        assert_int_equal(bench_open(b), WG_OK);
    }
}

static void journal_begins_anew_when_nothing_was_promised_and_all_is_damaged(void **state) {
    struct bench *b = *state;
    append_many(b, ENTRIES, DATA);
    end_process(b);
    mem_disk_flip(b->disk, segment(1), 20, 1);
    assert_int_equal(bench_open(b), WG_OK);
    assert_true(wg_log_is_empty(b->log));
    assert_int_equal(wg_log_first_index(b->log), 1);
    assert_false(mem_disk_exists(b->disk, segment(1)));
    append_many(b, 3, 100);
    bench_expect_entry(b, 3, 1, 100);
}

/* --- while the process runs ---------------------------------------------------------------------- */

/* Offset of entry `index` in the segment that begins with entry `first`. */
static uint64_t offset_of(struct bench *b, wg_index first, wg_index index) {
    uint64_t offset = DESCRIPTOR;
    for (wg_index i = first; i < index; i++) {
        offset += wg_log_entry(b->log, i)->frame->len;
    }
    return offset;
}

static void journal_tells_readers_when_an_old_segment_rots(void **state) {
    struct bench *b = *state;
    fill(b);
    assert_false(wg_log_is_suspect(b->log));
    for (wg_index i = 1; i <= ENTRIES; i++) {
        assert_int_equal(wg_log_check(b->log, i), WG_OK);
    }
    mem_disk_flip(b->disk, segment(2), offset_of(b, 7, 9) + 100, 1);
    assert_true(wg_log_is_suspect(b->log));
    for (wg_index i = 1; i <= ENTRIES; i++) { /* the segment cannot be read past it */
        bool damaged = i >= 9 && i <= 12;
        assert_int_equal(wg_log_check(b->log, i), damaged ? WG_CORRUPT : WG_OK);
    }
    /* It is the same afterwards, and goes with the segment. */
    assert_int_equal(wg_log_check(b->log, 11), WG_CORRUPT);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    wg_log_compact(b->log, 16);
    assert_int_equal(wg_log_first_index(b->log), 13);
    assert_int_equal(wg_log_check(b->log, 14), WG_OK);
    append_many(b, 10, DATA);
    assert_int_equal(wg_log_check(b->log, 20), WG_OK);
}

static void journal_trusts_its_cache_when_the_last_segment_rots(void **state) {
    struct bench *b = *state;
    append_many(b, 3, 100);
    mem_disk_flip(b->disk, segment(1), offset_of(b, 1, 2) + 60, 1);
    assert_int_equal(wg_log_check(b->log, 2), WG_OK); /* in memory; a restart would see it */
    append_many(b, 10, DATA);
    assert_int_equal(wg_log_check(b->log, 2), WG_CORRUPT); /* closed: it may have been evicted */
    assert_int_equal(wg_log_check(b->log, 1), WG_OK);
}

static void journal_reads_again_when_a_read_failed(void **state) {
    struct bench *b = *state;
    fill(b);
    mem_disk_arm(b->disk, MEM_DISK_VIEW, 1, 3);
    mem_disk_touch(b->disk);
    assert_int_equal(wg_log_check(b->log, 1), WG_OK); /* the first view works, */
    assert_int_equal(wg_log_check(b->log, 2), WG_IO); /* the second does not */
    mem_disk_arm(b->disk, 0, 0, 0);
    for (wg_index i = 1; i <= ENTRIES; i++) {
        assert_int_equal(wg_log_check(b->log, i), WG_OK);
    }
    mem_disk_arm(b->disk, MEM_DISK_VIEW, 0, UINT32_MAX);
    assert_int_equal(wg_log_check(b->log, 5), WG_OK); /* looked at since */
    mem_disk_touch(b->disk);
    assert_int_equal(wg_log_check(b->log, 5), WG_IO);
    assert_int_equal(wg_log_check(b->log, ENTRIES), WG_OK);
}

static void journal_mends_the_disk_when_it_writes_a_segment_again(void **state) {
    struct bench *b = *state;
    append_many(b, 10, DATA);
    mem_disk_set_forgetful(b->disk, true);
    mem_disk_arm(b->disk, MEM_DISK_SYNC, 0, 1);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    assert_int_equal(wg_log_last_flushed(b->log), 0);
    mem_disk_arm(b->disk, 0, 0, 0);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_last_flushed(b->log), 10);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 10);
}

/* --- a process that dies between a failed sync and the next ---------------------------------------- */

static void journal_stores_what_it_found_when_the_sync_before_had_failed(void **state) {
    struct bench *b = *state;
    append_many(b, 3, 100);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    append_many(b, 9, DATA);
    mem_disk_set_forgetful(b->disk, true);
    mem_disk_arm(b->disk, MEM_DISK_SYNC, 0, UINT32_MAX);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    end_process(b);
    /* The pages are there and clean, but not on the disk. */
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 12);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_last_flushed(b->log), 12);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 12);
    bench_expect_entry(b, 12, 1, DATA);
}

static void meta_stores_what_it_found_when_the_sync_before_had_failed(void **state) {
    struct bench *b = *state;
    struct wg_meta meta = {7, 2, 0};
    mem_disk_set_forgetful(b->disk, true);
    mem_disk_arm(b->disk, MEM_DISK_SYNC, 0, 1);
    assert_int_equal(wg_meta_store(b->store, &meta), WG_IO);
    end_process(b);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(b->meta.term, 7); /* this process will never fall below it, */
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(b->meta.term, 7); /* nor will the next */
    assert_int_equal(b->meta.voted_for, 2);
}

/* --- errors -------------------------------------------------------------------------------------- */

/* Every operation of an open fails once, then the open succeeds and finds all. */
static void open_fails_at_every(uint32_t kinds, uint32_t at_least) {
    uint32_t failures = 0;
    bool hit = true;
    for (uint32_t nth = 0; hit; nth++) {
        struct bench b;
        bench_new(&b);
        assert_int_equal(bench_open(&b), WG_OK);
        fill(&b);
        end_process(&b);
        mem_disk_arm(b.disk, kinds, nth, 1);
        wg_status status = bench_open(&b);
        hit = mem_disk_ops_done(b.disk) > nth;
        assert_true(status == WG_OK || (hit && status == WG_IO));
        failures += status == WG_IO;
        mem_disk_arm(b.disk, 0, 0, 0);
        if (status != WG_OK) {
            assert_int_equal(mem_disk_handles(b.disk), 0);
            assert_int_equal(bench_open(&b), WG_OK);
        }
        assert_int_equal(wg_log_last_index(b.log), ENTRIES);
        for (wg_index i = 1; i <= ENTRIES; i++) {
            bench_expect_entry(&b, i, 1, DATA);
        }
        assert_int_equal(wg_log_flush(b.log), WG_OK);
        assert_int_equal(bench_crash(&b, MEM_DISK_LOSE_ALL, 0), WG_OK);
        assert_int_equal(wg_log_last_index(b.log), ENTRIES);
        bench_free(&b);
    }
    assert_true(failures >= at_least);
}

static void journal_does_not_open_when_a_read_fails(void **state) {
    (void)state;
    open_fails_at_every(MEM_DISK_VIEW, 2 * ENTRIES);
}

static void journal_does_not_open_when_a_write_or_sync_fails(void **state) {
    (void)state;
    open_fails_at_every(MEM_DISK_ALL, 10);
}

static void journal_does_not_begin_when_an_operation_fails(void **state) {
    (void)state;
    bool hit = true;
    uint32_t failures = 0;
    for (uint32_t nth = 0; hit; nth++) {
        struct bench b;
        bench_new(&b);
        mem_disk_arm(b.disk, MEM_DISK_ALL | MEM_DISK_VIEW, nth, 1);
        wg_status status = bench_open(&b);
        hit = mem_disk_ops_done(b.disk) > nth;
        assert_true(status == WG_OK || status == WG_IO);
        failures += status == WG_IO;
        mem_disk_arm(b.disk, 0, 0, 0);
        if (status != WG_OK) {
            assert_int_equal(bench_open(&b), WG_OK);
        }
        append_many(&b, 12, DATA);
        assert_int_equal(wg_log_flush(b.log), WG_OK);
        assert_int_equal(bench_crash(&b, MEM_DISK_LOSE_ALL, 0), WG_OK);
        assert_int_equal(wg_log_last_index(b.log), 12);
        bench_free(&b);
    }
    assert_true(failures > 8);
}

static void journal_keeps_what_is_flushed_when_the_meta_file_cannot_be_written(void **state) {
    struct bench *b = *state;
    fill(b);
    /* The segments are synced, the promise is not: it counts only from the next flush on. */
    mem_disk_arm(b->disk, MEM_DISK_WRITE, 0, 1);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    assert_int_equal(wg_log_last_flushed(b->log), FLUSHED);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_last_flushed(b->log), ENTRIES);
    /* A cut first takes the promise back: without that nothing is cut. */
    mem_disk_arm(b->disk, MEM_DISK_WRITE, 0, 1);
    assert_int_equal(wg_log_truncate_after(b->log, 5), WG_IO);
    assert_int_equal(wg_log_last_index(b->log), ENTRIES);
    assert_int_equal(wg_log_last_flushed(b->log), ENTRIES);
    mem_disk_arm(b->disk, MEM_DISK_WRITE, 0, 1);
    assert_int_equal(wg_log_reset(b->log, 100), WG_IO);
    assert_int_equal(wg_log_last_index(b->log), ENTRIES);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), ENTRIES);
}

static void journal_tells_earlier_segments_flushed_when_a_later_sync_fails(void **state) {
    struct bench *b = *state;
    append_many(b, ENTRIES, DATA);
    mem_disk_arm(b->disk, MEM_DISK_SYNC, 2, 1);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    assert_int_equal(wg_log_last_flushed(b->log), 12); /* two segments */
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_in_range(wg_log_last_index(b->log), 12, ENTRIES);
}

/* --- no space ------------------------------------------------------------------------------------ */

static void journal_appends_again_when_space_is_free_again(void **state) {
    struct bench *b = *state;
    fill(b);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    mem_disk_set_capacity(b->disk, 1);
    wg_status status = WG_OK;
    while (status == WG_OK) {
        status = bench_append(b, 1, DATA);
    }
    assert_int_equal(status, WG_NO_SPACE);
    wg_index last = wg_log_last_index(b->log);
    assert_int_equal(wg_log_flush(b->log), WG_OK); /* needs no space */
    assert_int_equal(wg_log_truncate_after(b->log, last - 1), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK); /* nor does opening */
    assert_int_equal(wg_log_last_index(b->log), last - 1);
    mem_disk_set_capacity(b->disk, BENCH_CAPACITY);
    append_many(b, 10, DATA);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    bench_expect_entry(b, last + 9, 1, DATA);
}

static void journal_does_not_begin_when_there_is_no_space(void **state) {
    (void)state;
    struct bench b;
    bench_new(&b);
    mem_disk_set_capacity(b.disk, 512);
    assert_int_equal(bench_open(&b), WG_NO_SPACE);
    mem_disk_set_capacity(b.disk, BENCH_CAPACITY);
    assert_int_equal(bench_open(&b), WG_OK);
    bench_free(&b);
}

static void journal_is_empty_at_its_place_when_a_reset_fails_at_its_end(void **state) {
    struct bench *b = *state;
    append_many(b, ENTRIES, DATA);
    b->min_free_bytes = 0;
    /* All segments go, then the new one cannot be made. */
    mem_disk_arm(b->disk, MEM_DISK_OPEN, 0, 2);
    assert_int_equal(wg_log_reset(b->log, 100), WG_IO);
    assert_true(wg_log_is_empty(b->log));
    mem_disk_arm(b->disk, 0, 0, 0);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_reset(b->log, 100), WG_OK);
    assert_int_equal(wg_log_first_index(b->log), 100);
    append_many(b, 2, 100);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_first_index(b->log), 100);
    assert_int_equal(wg_log_last_index(b->log), 101);
}

/* A segment has lost its name when the directory cannot be synced: what is appended then must stand
 * behind what is left, in this process and in the next one. */
static void journal_has_no_hole_when_a_reset_fails_at_a_directory(void **state) {
    (void)state;
    for (uint32_t at = 0; at < 4; at++) {
        struct bench b;
        bench_new(&b);
        assert_int_equal(bench_open(&b), WG_OK);
        append_many(&b, ENTRIES, DATA);
        assert_int_equal(wg_log_flush(b.log), WG_OK);
        mem_disk_arm(b.disk, MEM_DISK_SYNC_DIR, at, 1);
        assert_int_equal(wg_log_reset(b.log, 100), WG_IO);
        mem_disk_arm(b.disk, 0, 0, 0);
        wg_index left = wg_log_last_index(b.log);
        assert_true(left <= ENTRIES);
        append_many(&b, ENTRIES, 100);
        assert_int_equal(wg_log_flush(b.log), WG_OK);
        wg_index last = wg_log_last_index(b.log);
        assert_int_equal(last, left + ENTRIES);
        assert_int_equal(bench_crash(&b, MEM_DISK_LOSE_ALL, 0), WG_OK);
        assert_int_equal(wg_log_last_index(b.log), last);
        bench_expect_entry(&b, left + 1, 1, 100);
        bench_expect_entry(&b, last, 1, 100);
        bench_free(&b);
    }
}

static void journal_begins_at_its_place_when_the_reset_is_not_asked_for_again(void **state) {
    struct bench *b = *state;
    append_many(b, 3, 100);
    mem_disk_arm(b->disk, MEM_DISK_OPEN, 0, 1);
    assert_int_equal(wg_log_reset(b->log, 100), WG_IO);
    /* The next append makes up for it, if it can. */
    mem_disk_arm(b->disk, MEM_DISK_OPEN, 0, 1);
    assert_int_equal(bench_append(b, 1, 100), WG_IO);
    mem_disk_arm(b->disk, 0, 0, 0);
    append_many(b, 2, 100);
    assert_int_equal(wg_log_first_index(b->log), 100);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    bench_expect_entry(b, 101, 1, 100);
}

static void journal_cuts_at_the_next_flush_when_a_cut_failed(void **state) {
    struct bench *b = *state;
    append_many(b, 5, 100);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    mem_disk_arm(b->disk, MEM_DISK_RESIZE, 0, 2);
    assert_int_equal(wg_log_truncate_after(b->log, 3), WG_IO);
    assert_int_equal(wg_log_last_index(b->log), 3);
    assert_int_equal(bench_append(b, 2, 50), WG_IO); /* nothing goes before old bytes */
    mem_disk_arm(b->disk, MEM_DISK_RESIZE, 0, 1);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    mem_disk_arm(b->disk, 0, 0, 0);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 3);
}

static void journal_refuses_an_entry_when_it_fits_no_segment(void **state) {
    struct bench *b = *state;
    append_many(b, 1, 100);
    assert_int_equal(bench_append(b, 1, BENCH_SEGMENT_BYTES - DESCRIPTOR), WG_INVALID);
    assert_int_equal(wg_log_last_index(b->log), 1);
    append_many(b, 1, 100);
}

static void journal_leaves_other_files_alone_when_opened(void **state) {
    struct bench *b = *state;
    static const char *const names[] = {BENCH_DIR "/raft-x.log", BENCH_DIR "/raft-.log",
                                        BENCH_DIR "/raft-1.log.bak", BENCH_DIR "/raft-1"};
    append_many(b, 2, 100);
    end_process(b);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        wg_file file;
        assert_int_equal(b->env->disk_ops->open(b->disk, names[i], true, &file), WG_OK);
        b->env->disk_ops->close(b->disk, file);
    }
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 2);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(mem_disk_exists(b->disk, names[i]));
    }
}

static void journal_takes_decoded_frames_as_they_are_when_replicated(void **state) {
    struct bench *b = *state;
    struct bench other;
    append_many(b, 6, 100);
    for (uint32_t flags = 0; flags < 2; flags++) {
        bench_new(&other);
        other.env->flags = flags == 0 ? 0 : WG_ENV_NO_SHARED_BYTES;
        assert_int_equal(bench_open(&other), WG_OK);
        for (wg_index i = 1; i <= 6; i++) {
            const struct wg_log_entry *entry = wg_log_entry(b->log, i);
            mem_disk_arm(other.disk, MEM_DISK_WRITE, 0, 1);
            assert_int_equal(wg_log_append_frame(other.log, entry), WG_IO);
            mem_disk_arm(other.disk, 0, 0, 0);
            if (i < 6) {
                assert_int_equal(wg_log_append_frame(other.log, wg_log_entry(b->log, i + 1)),
                                 WG_GAP);
            }
            assert_int_equal(wg_log_append_frame(other.log, entry), WG_OK);
            bool shared = wg_log_entry(other.log, i)->frame == entry->frame;
            assert_int_equal(shared, flags == 0);
        }
        bench_free(&other);
    }
    bench_expect_entry(b, 6, 1, 100);
}

/* --- the meta file --------------------------------------------------------------------------------- */

static void put_meta(struct bench *b, uint32_t at, const void *bytes, uint32_t len) {
    const char *path = BENCH_DIR "/raft.meta";
    struct wg_disk_view view = look(b, path, 0, 256);
    uint8_t content[256];
    memcpy(content, view.ptr, sizeof content);
    wg_buf_unref(view.buf);
    memcpy(content + at, bytes, len);
    wg_store_le(content + 252, wg_crc32c(0, content, 252), 4);
    struct wg_disk_view all = {NULL, content, sizeof content};
    replace(b, path, &all, 0);
}

/* Right checksum, wrong content: of another version, or not ours at all. */
static void meta_does_not_open_when_it_says_what_cannot_be(void **state) {
    (void)state;
    static const struct {
        uint32_t at, len;
        const char *bytes;
    } wrongs[] = {
        {0, 1, "\x11"}, {2, 1, "\x07"}, {4, 1, "\x09"}, {24, 2, "\x01x"}, {24, 5, "\x01\0\0\0x"},
        {24, 4, "\xff\0\0\0"}, {24, 4, "\xff\xff\xff\x7f"}, {24, 14, "\x0a\0\0\0" "4294967295"},
        {24, 6, "\x02\0\0\0" "1 "}, {24, 15, "\x0b\0\0\0" "99999999999"},
        {24, 16, "\x0c\0\0\0" "999999999999"}};
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct bench b;
        bench_new(&b);
        assert_int_equal(bench_open(&b), WG_OK);
        struct wg_meta meta = {3, 1, 0};
        assert_int_equal(wg_meta_store(b.store, &meta), WG_OK);
        end_process(&b);
        put_meta(&b, wrongs[i].at, wrongs[i].bytes, wrongs[i].len);
        assert_int_equal(bench_open(&b), WG_CORRUPT);
        bench_free(&b);
    }
}

/* What was written last went astray. Before there is a log a blank file is a first start cut short. */
static void meta_does_not_open_when_it_is_blank_beside_a_log(void **state) {
    struct bench *b = *state;
    struct wg_meta meta = {3, 1, 0};
    assert_int_equal(wg_meta_store(b->store, &meta), WG_OK);
    end_process(b);
    uint8_t zeros[256] = {0};
    struct wg_disk_view all = {NULL, zeros, sizeof zeros};
    replace(b, BENCH_DIR "/raft.meta", &all, 0);
    struct wg_meta found = {99, 99, 99};
    struct wg_meta_store *store;
    assert_int_equal(wg_meta_open(b->env, BENCH_DIR, &store, &found), WG_CORRUPT);
    assert_int_equal(found.term, 99);
    assert_int_equal(bench_open(b), WG_CORRUPT);
    assert_int_equal(b->env->disk_ops->remove(b->disk, BENCH_DIR "/raft-1.log"), WG_OK);
    assert_int_equal(b->env->disk_ops->remove(b->disk, BENCH_DIR "/raft-2.log"), WG_OK);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(b->meta.term, 0);
}

static void meta_does_not_open_when_an_operation_fails(void **state) {
    struct bench *b = *state;
    struct wg_meta meta = {3, 1, 0};
    assert_int_equal(wg_meta_store(b->store, &meta), WG_OK);
    end_process(b);
    const uint32_t kinds[] = {MEM_DISK_OPEN, MEM_DISK_VIEW, MEM_DISK_WRITE, MEM_DISK_SYNC,
                              MEM_DISK_SYNC_DIR};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct wg_meta found = {99, 99, 99};
        struct wg_meta_store *store;
        mem_disk_arm(b->disk, kinds[i], 0, 1);
        assert_int_equal(wg_meta_open(b->env, BENCH_DIR, &store, &found), WG_IO);
        assert_int_equal(found.term, 99);
        assert_int_equal(mem_disk_handles(b->disk), 0);
    }
    mem_disk_arm(b->disk, 0, 0, 0);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(b->meta.term, 3);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journal_hands_out_no_garbage_when_any_byte_is_damaged),
        WITH_BENCH(journal_refuses_to_open_when_a_flushed_segment_is_another),
        WITH_BENCH(journal_refuses_to_open_when_a_flushed_frame_is_another),
        WITH_BENCH(journal_ends_before_a_frame_that_is_not_the_next),
        WITH_BENCH(journal_refuses_to_open_when_a_segment_is_missing),
        WITH_BENCH(journal_begins_anew_when_nothing_was_promised_and_all_is_damaged),
        WITH_BENCH(journal_tells_readers_when_an_old_segment_rots),
        WITH_BENCH(journal_trusts_its_cache_when_the_last_segment_rots),
        WITH_BENCH(journal_reads_again_when_a_read_failed),
        WITH_BENCH(journal_mends_the_disk_when_it_writes_a_segment_again),
        WITH_BENCH(journal_stores_what_it_found_when_the_sync_before_had_failed),
        WITH_BENCH(meta_stores_what_it_found_when_the_sync_before_had_failed),
        cmocka_unit_test(journal_does_not_open_when_a_read_fails),
        cmocka_unit_test(journal_does_not_open_when_a_write_or_sync_fails),
        cmocka_unit_test(journal_does_not_begin_when_an_operation_fails),
        WITH_BENCH(journal_keeps_what_is_flushed_when_the_meta_file_cannot_be_written),
        WITH_BENCH(journal_tells_earlier_segments_flushed_when_a_later_sync_fails),
        WITH_BENCH(journal_appends_again_when_space_is_free_again),
        cmocka_unit_test(journal_does_not_begin_when_there_is_no_space),
        WITH_BENCH(journal_is_empty_at_its_place_when_a_reset_fails_at_its_end),
        cmocka_unit_test(journal_has_no_hole_when_a_reset_fails_at_a_directory),
        WITH_BENCH(journal_begins_at_its_place_when_the_reset_is_not_asked_for_again),
        WITH_BENCH(journal_cuts_at_the_next_flush_when_a_cut_failed),
        WITH_BENCH(journal_refuses_an_entry_when_it_fits_no_segment),
        WITH_BENCH(journal_leaves_other_files_alone_when_opened),
        WITH_BENCH(journal_takes_decoded_frames_as_they_are_when_replicated),
        cmocka_unit_test(meta_does_not_open_when_it_says_what_cannot_be),
        WITH_BENCH(meta_does_not_open_when_it_is_blank_beside_a_log),
        WITH_BENCH(meta_does_not_open_when_an_operation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
