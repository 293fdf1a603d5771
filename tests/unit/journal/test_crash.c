/* The journal loses power, or an operation fails, at every disk operation of a scripted run. What
 * is found afterwards must be the flushed prefix and possibly whole unflushed entries of the script
 * (inv J1), whichever part of the pending changes survived. */
#include "tests/unit/journal/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

enum step_kind { APPEND, FLUSH, TRUNCATE, RESET, COMPACT };

struct step {
    enum step_kind kind;
    wg_index index; /* APPEND: how many */
    wg_term term;
    uint32_t bytes;
};

static const struct step script[] = {
    {APPEND, 3, 1, 100},  {FLUSH, 0, 0, 0},     {APPEND, 14, 1, 700}, {TRUNCATE, 9, 0, 0},
    {APPEND, 1, 2, 700},  {APPEND, 2, 2, 100},  {FLUSH, 0, 0, 0},     {TRUNCATE, 11, 0, 0},
    {APPEND, 20, 3, 500}, {FLUSH, 0, 0, 0},     {APPEND, 5, 3, 30},   {COMPACT, 20, 0, 0},
    {TRUNCATE, 30, 0, 0}, {APPEND, 10, 4, 900}, {COMPACT, 35, 0, 0},  {FLUSH, 0, 0, 0},
    {APPEND, 12, 5, 600}, {RESET, 90, 0, 0},    {APPEND, 9, 6, 800},  {FLUSH, 0, 0, 0},
    {RESET, 40, 0, 0},    {APPEND, 2, 7, 50},   {FLUSH, 0, 0, 0},     {APPEND, 6, 8, 900},
};
enum { STEPS = sizeof script / sizeof script[0], MODEL_ENTRIES = 256 };

/* What the log holds after some steps. */
struct model {
    wg_index last, flushed;
    struct {
        wg_term term;
        uint32_t bytes;
    } entries[MODEL_ENTRIES];
};

static void model_step(struct model *model, const struct step *step) {
    switch (step->kind) {
    case APPEND:
        for (wg_index i = 0; i < step->index; i++) {
            model->last++;
            model->entries[model->last].term = step->term;
            model->entries[model->last].bytes = step->bytes;
        }
        break;
    case FLUSH:
        model->flushed = model->last;
        break;
    case TRUNCATE:
        model->last = step->index;
        model->flushed = model->flushed < step->index ? model->flushed : step->index;
        break;
    case RESET:
        model->last = step->index - 1;
        model->flushed = 0;
        break;
    case COMPACT:
        break;
    }
}

/* `done`: how many entries of an APPEND that failed before are there. */
static wg_status run_step(struct bench *bench, const struct step *step, wg_index *done) {
    wg_status status = WG_OK;
    switch (step->kind) {
    case APPEND:
        while (*done < step->index && status == WG_OK) {
            status = bench_append(bench, step->term, step->bytes);
            *done += status == WG_OK;
        }
        return status;
    case FLUSH:
        return wg_log_flush(bench->log);
    case TRUNCATE:
        return wg_log_truncate_after(bench->log, step->index);
    case RESET:
        return wg_log_reset(bench->log, step->index);
    case COMPACT:
        wg_log_compact(bench->log, step->index);
        return WG_OK;
    }
    return WG_FATAL;
}

static bool holds(struct bench *bench, const struct model *model) {
    wg_index last = wg_log_last_index(bench->log);
    if (last > model->last && !wg_log_is_empty(bench->log)) {
        return false;
    }
    for (wg_index i = wg_log_first_index(bench->log); i <= last; i++) {
        if (wg_log_entry(bench->log, i)->term != model->entries[i].term) {
            return false;
        }
    }
    return true;
}

/* The log is a prefix of one of the two, with everything flushed in it. */
static void expect_prefix(struct bench *bench, const struct model *before,
                          const struct model *after, bool reset) {
    const struct model *model = holds(bench, after) ? after : before;
    assert_true(holds(bench, model));
    wg_index last = wg_log_last_index(bench->log);
    for (wg_index i = wg_log_first_index(bench->log); i <= last; i++) {
        bench_expect_entry(bench, i, model->entries[i].term, model->entries[i].bytes);
    }
    wg_index flushed = before->flushed < after->flushed ? before->flushed : after->flushed;
    assert_true(reset || last >= flushed);
}

/* The log works: what is appended and flushed now survives the hardest crash. */
static void expect_usable(struct bench *bench) {
    assert_int_equal(bench_append(bench, 50, 123), WG_OK);
    wg_index last = wg_log_last_index(bench->log);
    assert_int_equal(wg_log_flush(bench->log), WG_OK);
    assert_int_equal(bench_crash(bench, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(bench->log), last);
    bench_expect_entry(bench, last, 50, 123);
}

/* Runs the script until operation `nth` fails, and all after it; false = the script ended first. */
static bool crash_at(uint32_t nth, enum mem_disk_survival survival, uint64_t seed) {
    struct bench bench;
    bench_new(&bench);
    assert_int_equal(bench_open(&bench), WG_OK);
    mem_disk_arm(bench.disk, MEM_DISK_ALL, nth, UINT32_MAX);
    struct model before = {0}, after = {0};
    bool crashed = false;
    uint32_t step = 0;
    for (; step < STEPS && !crashed; step++) {
        wg_index done = 0;
        before = after;
        model_step(&after, &script[step]);
        (void)run_step(&bench, &script[step], &done);
        crashed = mem_disk_ops_done(bench.disk) > nth;
    }
    assert_int_equal(bench_crash(&bench, survival, seed), WG_OK);
    expect_prefix(&bench, &before, &after, script[step - 1].kind == RESET);
    expect_usable(&bench);
    bench_free(&bench);
    return crashed;
}

static void journal_keeps_flushed_prefix_when_crashed_at_any_operation(void **state) {
    (void)state;
    uint32_t nth = 0;
    bool crashed = true;
    for (; crashed; nth++) {
        crashed = crash_at(nth, MEM_DISK_LOSE_ALL, 0);
        crash_at(nth, MEM_DISK_KEEP_ALL, 0);
        for (uint64_t seed = 0; seed < 4; seed++) {
            crash_at(nth, MEM_DISK_TEAR, nth * 17 + seed);
        }
    }
    assert_true(nth > 150);
}

/* One operation fails, the caller tries again, then all goes on. */
static bool fail_at(uint32_t nth, bool forgetful) {
    struct bench bench;
    bench_new(&bench);
    assert_int_equal(bench_open(&bench), WG_OK);
    mem_disk_set_forgetful(bench.disk, forgetful);
    mem_disk_arm(bench.disk, MEM_DISK_ALL, nth, 1);
    struct model model = {0};
    for (uint32_t step = 0; step < STEPS; step++) {
        wg_index done = 0;
        wg_status status = run_step(&bench, &script[step], &done);
        if (status != WG_OK) {
            status = run_step(&bench, &script[step], &done);
        }
        assert_int_equal(status, WG_OK);
        model_step(&model, &script[step]);
    }
    bool failed = mem_disk_ops_done(bench.disk) > nth;
    mem_disk_arm(bench.disk, 0, 0, 0);
    assert_int_equal(wg_log_flush(bench.log), WG_OK);
    assert_int_equal(bench_crash(&bench, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(bench.log), model.last);
    expect_prefix(&bench, &model, &model, false);
    expect_usable(&bench);
    bench_free(&bench);
    return failed;
}

static void journal_goes_on_when_any_operation_fails_once(void **state) {
    (void)state;
    for (uint32_t nth = 0; fail_at(nth, false) && fail_at(nth, true); nth++) {
    }
}

/* A process that was killed leaves unsynced pages; once reopened, they count as stored. */
static void journal_makes_found_entries_durable_when_reopened(void **state) {
    (void)state;
    struct bench bench;
    bench_new(&bench);
    assert_int_equal(bench_open(&bench), WG_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(bench_append(&bench, 1, 600), WG_OK);
    }
    bench_close(&bench);
    mem_disk_process_ended(bench.disk);
    assert_int_equal(bench_open(&bench), WG_OK);
    assert_int_equal(bench_crash(&bench, MEM_DISK_LOSE_ALL, 0), WG_OK);
    assert_int_equal(wg_log_last_index(bench.log), 20);
    bench_free(&bench);
}

/* Power goes again and again while recovery itself is at work. */
static void journal_recovers_when_recovery_is_crashed_at_any_operation(void **state) {
    (void)state;
    bool failed = true;
    for (uint32_t nth = 0; failed; nth++) {
        struct bench bench;
        bench_new(&bench);
        assert_int_equal(bench_open(&bench), WG_OK);
        for (int i = 0; i < 30; i++) {
            assert_int_equal(bench_append(&bench, 1, 600), WG_OK);
            if (i == 9) {
                assert_int_equal(wg_log_flush(bench.log), WG_OK);
            }
        }
        bench_close(&bench);
        mem_disk_power_loss(bench.disk, MEM_DISK_TEAR, nth);
        mem_disk_arm(bench.disk, MEM_DISK_ALL, nth, UINT32_MAX);
        (void)bench_open(&bench);
        failed = mem_disk_ops_done(bench.disk) > nth;
        assert_int_equal(bench_crash(&bench, MEM_DISK_TEAR, nth + 99), WG_OK);
        assert_in_range(wg_log_last_index(bench.log), 10, 30);
        for (wg_index i = 1; i <= wg_log_last_index(bench.log); i++) {
            bench_expect_entry(&bench, i, 1, 600);
        }
        expect_usable(&bench);
        bench_free(&bench);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journal_keeps_flushed_prefix_when_crashed_at_any_operation),
        cmocka_unit_test(journal_goes_on_when_any_operation_fails_once),
        cmocka_unit_test(journal_makes_found_entries_durable_when_reopened),
        cmocka_unit_test(journal_recovers_when_recovery_is_crashed_at_any_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
