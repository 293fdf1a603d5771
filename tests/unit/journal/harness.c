#include "tests/unit/journal/harness.h"

#include "codec/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

void bench_new(struct bench *bench) {
    memset(bench, 0, sizeof *bench);
    bench->env = test_env_new();
    bench->disk = mem_disk_new(bench->env, BENCH_CAPACITY);
}

void bench_free(struct bench *bench) {
    bench_close(bench);
    assert_int_equal(mem_disk_handles(bench->disk), 0);
    mem_disk_free(bench->disk);
    test_env_free(bench->env);
}

static wg_status store_last_flushed(void *ctx, wg_index index) {
    struct bench *bench = ctx;
    struct wg_meta meta = bench->meta;
    meta.last_flushed = index;
    wg_status status = wg_meta_store(bench->store, &meta);
    if (status == WG_OK) {
        bench->meta = meta;
    }
    return status;
}

wg_status bench_open(struct bench *bench) {
    wg_status status = wg_meta_open(bench->env, BENCH_DIR, &bench->store, &bench->meta);
    if (status != WG_OK) {
        return status;
    }
    struct wg_log_options options = {.dir = BENCH_DIR,
                                     .partition = 1,
                                     .segment_bytes = BENCH_SEGMENT_BYTES,
                                     .min_free_bytes = bench->min_free_bytes,
                                     .append_entry_cost = 100,
                                     .append_per_kib_cost = 1024,
                                     .store_last_flushed = store_last_flushed,
                                     .ctx = bench};
    status = wg_log_open(bench->env, &options, bench->meta.last_flushed, &bench->log);
    if (status != WG_OK) {
        bench->log = NULL;
        bench_close(bench);
    }
    return status;
}

void bench_close(struct bench *bench) {
    wg_log_close(bench->log);
    wg_meta_close(bench->store);
    bench->log = NULL;
    bench->store = NULL;
}

wg_status bench_crash(struct bench *bench, enum mem_disk_survival survival, uint64_t seed) {
    bench_close(bench);
    mem_disk_power_loss(bench->disk, survival, seed);
    return bench_open(bench);
}

enum wg_entry_kind bench_kind(wg_index index) {
    if (index % 5 == 1) {
        return WG_ENTRY_INITIAL;
    }
    return index % 5 == 3 ? WG_ENTRY_CONFIGURATION : WG_ENTRY_APPLICATION;
}

static void fill(uint8_t *out, wg_index index, wg_term term, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(1 + (index * 31 + term * 7 + i) % 255);
    }
}

wg_status bench_append(struct bench *bench, wg_term term, uint32_t bytes) {
    uint8_t data[BENCH_SEGMENT_BYTES];
    wg_index index = wg_log_last_index(bench->log) + 1;
    enum wg_entry_kind kind = bench_kind(index);
    bytes = kind == WG_ENTRY_INITIAL ? 0 : bytes;
    fill(data, index, term, bytes);
    wg_position lowest = (wg_position)index * 10;
    return wg_log_append(bench->log, term, kind, lowest, lowest + 4,
                         (struct wg_bytes){data, bytes});
}

void bench_expect_entry(struct bench *bench, wg_index index, wg_term term, uint32_t bytes) {
    uint8_t data[BENCH_SEGMENT_BYTES];
    const struct wg_log_entry *entry = wg_log_entry(bench->log, index);
    assert_non_null(entry);
    enum wg_entry_kind kind = bench_kind(index);
    bool application = kind == WG_ENTRY_APPLICATION;
    assert_int_equal(entry->index, index);
    assert_int_equal(entry->term, term);
    assert_int_equal(entry->kind, kind);
    assert_int_equal(entry->lowest, application ? (wg_position)index * 10 : WG_POSITION_NONE);
    assert_int_equal(entry->highest, application ? (wg_position)index * 10 + 4 : WG_POSITION_NONE);
    struct wg_frame frame;
    struct wg_bytes all = {entry->frame->bytes, entry->frame->len};
    assert_int_equal(wg_frame_decode(all, true, &frame), WG_OK);
    assert_int_equal(frame.checksum, entry->checksum);
    bytes = kind == WG_ENTRY_INITIAL ? 0 : bytes;
    assert_int_equal(frame.data_len, bytes);
    fill(data, index, term, bytes);
    assert_memory_equal(all.ptr + frame.data_offset, data, bytes);
}
