/* What a journal does while nothing breaks, and with damaged bytes. Crashes: test_crash.c. */
#include "tests/unit/journal/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

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

static void append_many(struct bench *bench, uint32_t count, wg_term term, uint32_t bytes) {
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(bench_append(bench, term, bytes), WG_OK);
    }
}

static void journal_is_empty_when_new(void **state) {
    struct bench *b = *state;
    assert_true(wg_log_is_empty(b->log));
    assert_int_equal(wg_log_first_index(b->log), 1);
    assert_int_equal(wg_log_last_index(b->log), 0);
    assert_null(wg_log_entry(b->log, 0));
    assert_null(wg_log_entry(b->log, 1));
    assert_int_equal(wg_log_index_of_position(b->log, 5), 0);
    assert_int_equal(wg_log_bytes(b->log), 2 * BENCH_SEGMENT_BYTES);
}

static void journal_reads_same_entries_when_reopened(void **state) {
    struct bench *b = *state;
    append_many(b, 200, 3, 333);
    static const uint32_t flags[] = {0, WG_ENV_NO_SHARED_BYTES, WG_ENV_NO_MARKS, 0};
    for (int round = 0; round < 4; round++) {
        assert_int_equal(wg_log_first_index(b->log), 1);
        assert_int_equal(wg_log_last_index(b->log), 200);
        for (wg_index i = 1; i <= 200; i++) {
            bench_expect_entry(b, i, 3, 333);
        }
        bench_close(b);
        mem_disk_process_ended(b->disk);
        b->env->flags = flags[round];
        assert_int_equal(bench_open(b), WG_OK);
    }
}

static void journal_keeps_flushed_entries_when_power_is_lost(void **state) {
    struct bench *b = *state;
    append_many(b, 30, 1, 500);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_last_flushed(b->log), 30);
    append_many(b, 30, 1, 500);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 30);
    bench_expect_entry(b, 30, 1, 500);
}

static void journal_claims_and_charges_when_appending(void **state) {
    struct bench *b = *state;
    append_many(b, 1, 2, 0);
    b->env->cost = 0;
    append_many(b, 1, 2, 1000);
    struct wg_claim claim = test_env_last_claim(b->env, WG_CLAIM_APPEND);
    assert_int_equal(claim.a, 2);
    assert_int_equal(claim.b, 2);
    assert_int_equal(claim.c, 20);
    assert_int_equal(claim.d, 24);
    assert_int_equal(b->env->cost, 100 + wg_log_entry(b->log, 2)->frame->len);
}

static void journal_allocates_only_the_frame_when_appending(void **state) {
    struct bench *b = *state;
    append_many(b, 2, 1, 8);
    mem_disk_arm(b->disk, MEM_DISK_ALL, UINT32_MAX, 0);
    uint64_t before = test_env_allocations(b->env);
    append_many(b, 10, 1, 8);
    assert_int_equal(test_env_allocations(b->env) - before, 10);
    assert_int_equal(mem_disk_ops_done(b->disk), 10);
}

static void journal_refuses_append_when_position_does_not_grow(void **state) {
    struct bench *b = *state;
    append_many(b, 5, 1, 10);
    struct wg_bytes data = {(const uint8_t *)"x", 1};
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 50, 51, data), WG_INVALID);
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 60, 59, data), WG_INVALID);
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 51, 51, data), WG_OK);
}

static void journal_accepts_lower_position_when_truncated_below(void **state) {
    struct bench *b = *state;
    append_many(b, 10, 1, 10);
    assert_int_equal(wg_log_truncate_after(b->log, 4), WG_OK);
    append_many(b, 3, 2, 20);
    bench_expect_entry(b, 5, 2, 20);
}

static void journal_refuses_frame_when_larger_than_a_segment(void **state) {
    struct bench *b = *state;
    append_many(b, 1, 1, 0);
    static uint8_t bytes[2 * BENCH_SEGMENT_BYTES];
    struct wg_bytes data = {bytes, BENCH_SEGMENT_BYTES - 57 - 49 - 45};
    data.len++;
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 20, 20, data), WG_INVALID);
    data.len = sizeof bytes;
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 20, 20, data), WG_INVALID);
    data.len = BENCH_SEGMENT_BYTES - 57 - 49 - 45;
    assert_int_equal(wg_log_append(b->log, 1, WG_ENTRY_APPLICATION, 20, 20, data), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 2);
}

static void journal_refuses_append_when_disk_is_full(void **state) {
    struct bench *b = *state;
    mem_disk_set_capacity(b->disk, 4 * BENCH_SEGMENT_BYTES);
    wg_status status = WG_OK;
    while (status == WG_OK) {
        status = bench_append(b, 1, 700);
    }
    assert_int_equal(status, WG_NO_SPACE);
    wg_index last = wg_log_last_index(b->log);
    mem_disk_set_capacity(b->disk, BENCH_CAPACITY);
    assert_int_equal(bench_append(b, 1, 700), WG_OK);
    bench_expect_entry(b, last + 1, 1, 700);
}

static void journal_keeps_reserve_when_a_minimum_is_set(void **state) {
    struct bench *b = *state;
    bench_close(b);
    b->min_free_bytes = BENCH_CAPACITY;
    assert_int_equal(bench_open(b), WG_OK); /* what there is goes on */
    wg_status status = WG_OK;
    while (status == WG_OK) {
        status = bench_append(b, 1, 700);
    }
    assert_int_equal(status, WG_NO_SPACE);
    assert_int_equal(wg_log_bytes(b->log), BENCH_SEGMENT_BYTES);
}

static void journal_truncates_to_every_index_when_asked(void **state) {
    struct bench *b = *state;
    for (wg_index to = 40;; to -= 3) {
        while (wg_log_last_index(b->log) < 40) {
            assert_int_equal(bench_append(b, 1, 400), WG_OK);
        }
        assert_int_equal(wg_log_flush(b->log), WG_OK);
        assert_int_equal(wg_log_truncate_after(b->log, to), WG_OK);
        assert_int_equal(wg_log_last_index(b->log), to);
        assert_true(wg_log_last_flushed(b->log) <= to);
        assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
        assert_int_equal(wg_log_last_index(b->log), to);
        for (wg_index i = 1; i <= to; i++) {
            bench_expect_entry(b, i, 1, 400);
        }
        if (to < 4) {
            break;
        }
    }
}

static void journal_reads_no_old_entry_when_truncated_and_appended(void **state) {
    struct bench *b = *state;
    append_many(b, 4, 1, 300);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    for (uint32_t bytes = 0; bytes <= 300; bytes += 60) {
        assert_int_equal(wg_log_truncate_after(b->log, 2), WG_OK);
        append_many(b, 3, 1, 300); /* old ones: 3, 4, 5 */
        assert_int_equal(wg_log_truncate_after(b->log, 3), WG_OK);
        append_many(b, 1, 9, bytes);
        assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
        assert_int_equal(wg_log_last_index(b->log), 4);
        bench_expect_entry(b, 3, 1, 300);
        bench_expect_entry(b, 4, 9, bytes);
    }
}

static void journal_begins_at_next_index_when_reset(void **state) {
    struct bench *b = *state;
    append_many(b, 50, 1, 500);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_reset(b->log, 101), WG_OK);
    assert_int_equal(wg_log_first_index(b->log), 101);
    assert_int_equal(wg_log_last_index(b->log), 100);
    assert_int_equal(wg_log_last_flushed(b->log), 0);
    assert_int_equal(test_env_last_claim(b->env, WG_CLAIM_LOG_RESET).a, 101);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_first_index(b->log), 101);
    append_many(b, 20, 2, 500);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 120);
    bench_expect_entry(b, 120, 2, 500);
    assert_int_equal(wg_log_reset(b->log, 5), WG_OK); /* also backwards */
    append_many(b, 1, 3, 5);
    bench_expect_entry(b, 5, 3, 5);
}

static void journal_keeps_segment_of_index_when_compacted(void **state) {
    struct bench *b = *state;
    append_many(b, 100, 1, 500);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    wg_log_compact(b->log, 3);
    assert_int_equal(wg_log_first_index(b->log), 1);
    uint64_t bytes = wg_log_bytes(b->log);
    wg_log_compact(b->log, 50);
    wg_index first = wg_log_first_index(b->log);
    assert_in_range(first, 40, 50);
    assert_true(wg_log_bytes(b->log) < bytes);
    assert_null(wg_log_entry(b->log, first - 1));
    assert_int_equal(test_env_last_claim(b->env, WG_CLAIM_COMPACT).a, first);
    assert_int_equal(test_env_last_claim(b->env, WG_CLAIM_COMPACT).b, 50);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_first_index(b->log), first);
    for (wg_index i = first; i <= 100; i++) {
        bench_expect_entry(b, i, 1, 500);
    }
    wg_log_compact(b->log, 1000); /* the last segment always stays */
    assert_false(wg_log_is_empty(b->log));
    assert_int_equal(wg_log_last_index(b->log), 100);
}

static wg_index slow_index_of_position(struct bench *b, wg_position position) {
    wg_index found = 0;
    for (wg_index i = wg_log_first_index(b->log); i <= wg_log_last_index(b->log); i++) {
        const struct wg_log_entry *entry = wg_log_entry(b->log, i);
        if (entry->kind == WG_ENTRY_APPLICATION && entry->lowest <= position) {
            found = i;
        }
    }
    return found;
}

static void journal_finds_entry_of_position_when_asked(void **state) {
    struct bench *b = *state;
    append_many(b, 97, 1, 100);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    for (int round = 0; round < 2; round++) {
        for (wg_position position = -1; position < 1000; position++) {
            assert_int_equal(wg_log_index_of_position(b->log, position),
                             slow_index_of_position(b, position));
        }
        wg_log_compact(b->log, 60);
    }
}

static void journal_grows_its_index_when_compacted_and_filled(void **state) {
    struct bench *b = *state;
    for (int round = 0; round < 10; round++) {
        append_many(b, 90, 1, 60);
        assert_int_equal(wg_log_flush(b->log), WG_OK);
        wg_index last = wg_log_last_index(b->log);
        wg_log_compact(b->log, last - 40);
        for (wg_index i = wg_log_first_index(b->log); i <= last; i++) {
            bench_expect_entry(b, i, 1, 60);
        }
    }
}

/* --- frames of the leader --------------------------------------------------------------------- */

static void journal_stores_same_frame_when_replicated(void **state) {
    struct bench *b = *state;
    append_many(b, 3, 1, 50);
    struct wg_log_entry entry = *wg_log_entry(b->log, 3);
    wg_buf_ref(entry.frame);
    assert_int_equal(wg_log_append_frame(b->log, &entry), WG_GAP);
    assert_int_equal(wg_log_truncate_after(b->log, 1), WG_OK);
    assert_int_equal(wg_log_append_frame(b->log, &entry), WG_GAP);
    append_many(b, 1, 1, 50);
    assert_int_equal(wg_log_append_frame(b->log, &entry), WG_OK);
    assert_ptr_equal(wg_log_entry(b->log, 3)->frame, entry.frame);
    assert_int_equal(wg_log_truncate_after(b->log, 2), WG_OK);
    b->env->flags = WG_ENV_NO_SHARED_BYTES;
    assert_int_equal(wg_log_append_frame(b->log, &entry), WG_OK);
    assert_ptr_not_equal(wg_log_entry(b->log, 3)->frame, entry.frame);
    bench_expect_entry(b, 3, 1, 50);
    b->env->flags = 0;
    wg_buf_unref(entry.frame);
}

static void journal_refuses_frame_when_a_bit_is_wrong(void **state) {
    struct bench *b = *state;
    append_many(b, 2, 1, 50);
    struct wg_log_entry entry = *wg_log_entry(b->log, 2);
    wg_buf_ref(entry.frame);
    assert_int_equal(wg_log_truncate_after(b->log, 1), WG_OK);
    for (uint32_t at = 29; at < entry.frame->len; at++) { /* the part the checksum covers */
        struct wg_log_entry bad = entry;
        bad.frame = wg_buf_copy(b->env, entry.frame->bytes, entry.frame->len);
        bad.frame->bytes[at] ^= 0x10;
        assert_int_equal(wg_log_append_frame(b->log, &bad), WG_CORRUPT);
        /* A mark must not help when marks are switched off. */
        bad.frame->marks = WG_BUF_CHECKSUM_OK;
        b->env->flags = WG_ENV_NO_MARKS;
        assert_int_equal(wg_log_append_frame(b->log, &bad), WG_CORRUPT);
        b->env->flags = 0;
        wg_buf_unref(bad.frame);
    }
    assert_int_equal(wg_log_last_index(b->log), 1);
    wg_buf_unref(entry.frame);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Eight entries in one segment, the first five flushed. Returns the offset of entry `index`. */
static uint64_t eight_entries(struct bench *b, wg_index index) {
    append_many(b, 5, 1, 200);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    append_many(b, 3, 1, 200);
    uint64_t offset = 57;
    for (wg_index i = 1; i < index; i++) {
        offset += wg_log_entry(b->log, i)->frame->len;
    }
    bench_close(b);
    mem_disk_power_loss(b->disk, MEM_DISK_KEEP_ALL, 0);
    return offset;
}

static void journal_refuses_to_open_when_flushed_bytes_are_damaged(void **state) {
    struct bench *b = *state;
    uint64_t offset = eight_entries(b, 4);
    for (uint64_t at = 0; at < 100; at += 7) {
        mem_disk_flip(b->disk, BENCH_DIR "/raft-1.log", offset + 30 + at, 4);
        assert_int_equal(bench_open(b), WG_CORRUPT);
        mem_disk_flip(b->disk, BENCH_DIR "/raft-1.log", offset + 30 + at, 4);
    }
    mem_disk_flip(b->disk, BENCH_DIR "/raft-1.log", 40, 4); /* the descriptor */
    assert_int_equal(bench_open(b), WG_CORRUPT);
    mem_disk_flip(b->disk, BENCH_DIR "/raft-1.log", 40, 4);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 8);
}

static void journal_cuts_the_tail_when_unflushed_bytes_are_damaged(void **state) {
    struct bench *b = *state;
    uint64_t offset = eight_entries(b, 7);
    mem_disk_flip(b->disk, BENCH_DIR "/raft-1.log", offset + 100, 1);
    assert_int_equal(bench_open(b), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 6);
    /* Entry 8 is still there behind the new 7 unless the cut was real. */
    append_many(b, 1, 2, 200);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 7);
    bench_expect_entry(b, 7, 2, 200);
}

static void journal_drops_later_segments_when_an_unflushed_one_is_damaged(void **state) {
    struct bench *b = *state;
    append_many(b, 60, 1, 400);
    bench_close(b);
    mem_disk_power_loss(b->disk, MEM_DISK_KEEP_ALL, 0);
    mem_disk_flip(b->disk, BENCH_DIR "/raft-3.log", 35, 1);
    assert_int_equal(bench_open(b), WG_OK);
    wg_index last = wg_log_last_index(b->log);
    assert_in_range(last, 15, 25);
    append_many(b, 30, 2, 400);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    bench_expect_entry(b, last, 1, 400);
    bench_expect_entry(b, last + 30, 2, 400);
}

static void journal_removes_leftovers_when_opened(void **state) {
    struct bench *b = *state;
    append_many(b, 60, 1, 400);
    wg_log_compact(b->log, 40); /* nothing is durable yet, so nothing goes */
    assert_int_equal(wg_log_first_index(b->log), 1);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    mem_disk_arm(b->disk, MEM_DISK_REMOVE, 0, UINT32_MAX);
    wg_log_compact(b->log, 40);
    assert_true(mem_disk_exists(b->disk, BENCH_DIR "/raft-1.log_0-deleted"));
    mem_disk_arm(b->disk, 0, 0, 0);
    assert_int_equal(bench_crash(b, MEM_DISK_KEEP_ALL, 0), WG_OK);
    assert_false(mem_disk_exists(b->disk, BENCH_DIR "/raft-1.log_0-deleted"));
    assert_int_equal(wg_log_last_index(b->log), 60);
}

static void journal_flushes_again_when_a_sync_failed_and_forgot(void **state) {
    struct bench *b = *state;
    append_many(b, 10, 1, 400);
    mem_disk_set_forgetful(b->disk, true);
    mem_disk_arm(b->disk, MEM_DISK_SYNC, 0, 1);
    assert_int_equal(wg_log_flush(b->log), WG_IO);
    assert_int_equal(wg_log_last_flushed(b->log), 0);
    assert_int_equal(wg_log_flush(b->log), WG_OK);
    assert_int_equal(wg_log_last_flushed(b->log), 10);
    assert_int_equal(bench_crash(b, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(b->log), 10);
    bench_expect_entry(b, 10, 1, 400);
}

/* --- meta ------------------------------------------------------------------------------------- */

static void meta_keeps_last_write_when_power_is_lost(void **state) {
    struct bench *b = *state;
    static const struct wg_meta metas[] = {
        {1, WG_NODE_NONE, 0}, {2, 0, 17}, {UINT64_MAX - 1, 4000000000u, UINT64_MAX - 1}};
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++) {
        assert_int_equal(wg_meta_store(b->store, &metas[i]), WG_OK);
        struct wg_meta_store *store;
        struct wg_meta meta;
        bench_close(b);
        mem_disk_power_loss(b->disk, MEM_DISK_LOSE_ALL, 0);
        assert_int_equal(wg_meta_open(b->env, BENCH_DIR, &store, &meta), WG_OK);
        assert_int_equal(meta.term, metas[i].term);
        assert_int_equal(meta.voted_for, metas[i].voted_for);
        assert_int_equal(meta.last_flushed, metas[i].last_flushed);
        b->store = store;
    }
}

static void meta_refuses_to_open_when_a_bit_is_wrong(void **state) {
    struct bench *b = *state;
    struct wg_meta meta = {5, 2, 17};
    assert_int_equal(wg_meta_store(b->store, &meta), WG_OK);
    bench_close(b);
    for (uint64_t at = 0; at < 256; at++) {
        mem_disk_flip(b->disk, BENCH_DIR "/raft.meta", at, 8);
        assert_int_equal(wg_meta_open(b->env, BENCH_DIR, &b->store, &meta), WG_CORRUPT);
        mem_disk_flip(b->disk, BENCH_DIR "/raft.meta", at, 8);
    }
    b->store = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(journal_is_empty_when_new),
        TEST(journal_reads_same_entries_when_reopened),
        TEST(journal_keeps_flushed_entries_when_power_is_lost),
        TEST(journal_claims_and_charges_when_appending),
        TEST(journal_allocates_only_the_frame_when_appending),
        TEST(journal_refuses_append_when_position_does_not_grow),
        TEST(journal_accepts_lower_position_when_truncated_below),
        TEST(journal_refuses_frame_when_larger_than_a_segment),
        TEST(journal_refuses_append_when_disk_is_full),
        TEST(journal_keeps_reserve_when_a_minimum_is_set),
        TEST(journal_truncates_to_every_index_when_asked),
        TEST(journal_reads_no_old_entry_when_truncated_and_appended),
        TEST(journal_begins_at_next_index_when_reset),
        TEST(journal_keeps_segment_of_index_when_compacted),
        TEST(journal_finds_entry_of_position_when_asked),
        TEST(journal_grows_its_index_when_compacted_and_filled),
        TEST(journal_stores_same_frame_when_replicated),
        TEST(journal_refuses_frame_when_a_bit_is_wrong),
        TEST(journal_refuses_to_open_when_flushed_bytes_are_damaged),
        TEST(journal_cuts_the_tail_when_unflushed_bytes_are_damaged),
        TEST(journal_drops_later_segments_when_an_unflushed_one_is_damaged),
        TEST(journal_removes_leftovers_when_opened),
        TEST(journal_flushes_again_when_a_sync_failed_and_forgot),
        TEST(meta_keeps_last_write_when_power_is_lost),
        TEST(meta_refuses_to_open_when_a_bit_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
