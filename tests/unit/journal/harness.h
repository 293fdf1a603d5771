/* A journal with its meta store on a disk in memory, and a model of what it should hold. */
#ifndef TESTS_UNIT_JOURNAL_HARNESS_H
#define TESTS_UNIT_JOURNAL_HARNESS_H

#include "seams/log_storage.h"
#include "seams/meta_store.h"
#include "tests/lib/mem_disk.h"
#include "tests/lib/test_env.h"

#define BENCH_DIR "partitions/1"
#define BENCH_SEGMENT_BYTES 4096u
#define BENCH_CAPACITY ((uint64_t)1 << 20)

struct bench {
    struct wg_env *env;
    struct wg_disk *disk;
    struct wg_meta_store *store;
    struct wg_meta meta;
    struct wg_log *log;
    uint64_t min_free_bytes;
};

void bench_new(struct bench *bench);  /* nothing is open yet */
void bench_free(struct bench *bench); /* also checks for leaks of memory and handles */
wg_status bench_open(struct bench *bench);
void bench_close(struct bench *bench);
/* Power loss and open again. */
wg_status bench_crash(struct bench *bench, enum mem_disk_survival survival, uint64_t seed);

/* What entry `index` of `term` with `bytes` of data looks like. Index 1 mod 5 is INITIAL, 3 mod 5
 * CONFIGURATION, all others APPLICATION with positions 10 * index .. 10 * index + 4. */
wg_status bench_append(struct bench *bench, wg_term term, uint32_t bytes);
enum wg_entry_kind bench_kind(wg_index index);
/* Fails the test if that entry is not in the log exactly so. */
void bench_expect_entry(struct bench *bench, wg_index index, wg_term term, uint32_t bytes);

#endif
