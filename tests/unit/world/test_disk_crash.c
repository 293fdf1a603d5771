/* Loss of power: whatever is drawn must be an outcome that the model at the top of sim_disk.c
 * allows, every sort of outcome must come up, and durable data must never be harmed. */
#include "disk_fixture.h"

#define FILE_MAX 40000u
#define CHANGES_MAX 40u
#define SEEDS 400u

struct model_change {
    bool resize;
    uint64_t offset; /* or new size */
    uint32_t len;
    uint8_t fill;
};

/* One file: durable bytes and what was done since the last sync. */
struct model {
    uint8_t durable[FILE_MAX];
    uint64_t durable_size, size;
    struct model_change changes[CHANGES_MAX];
    uint32_t change_count;
};

static void model_apply(struct model *model, const struct model_change *change) {
    if (change->resize) {
        if (change->offset < model->durable_size) {
            memset(model->durable + change->offset, 0, model->durable_size - change->offset);
        }
        model->durable_size = change->offset;
        return;
    }
    memset(model->durable + change->offset, change->fill, change->len);
    if (change->offset + change->len > model->durable_size) {
        model->durable_size = change->offset + change->len;
    }
}

static void model_sync(struct model *model) {
    for (uint32_t i = 0; i < model->change_count; i++) {
        model_apply(model, &model->changes[i]);
    }
    model->change_count = 0;
}

static void random_change(struct disk_fixture *f, wg_file file, struct model *model,
                          uint64_t *random) {
    struct model_change *change = &model->changes[model->change_count++];
    change->resize = test_below(random, 6) == 0;
    change->offset = test_below(random, FILE_MAX - 10000);
    change->len = 1 + test_below(random, 9999);
    change->fill = (uint8_t)(1 + test_below(random, 255));
    if (change->resize) {
        assert_int_equal(f->ops->resize(f->disk, file, change->offset), WG_OK);
        model->size = change->offset;
        return;
    }
    write_fill(f, file, change->offset, change->len, change->fill);
    uint64_t end = change->offset + change->len;
    model->size = end > model->size ? end : model->size;
}

static bool covers(const struct model_change *change, uint64_t at) {
    return !change->resize && change->offset <= at && at - change->offset < change->len;
}

/* A byte may be what was durable, what any pending write put there, or zero where something may
 * have cut or extended the file. */
static bool byte_is_legal(const struct model *model, uint64_t at, uint8_t byte) {
    bool may_be_zero = at >= model->durable_size;
    if (at < model->durable_size && model->durable[at] == byte) {
        return true;
    }
    for (uint32_t i = 0; i < model->change_count; i++) {
        const struct model_change *change = &model->changes[i];
        if (covers(change, at) && change->fill == byte) {
            return true;
        }
        may_be_zero |= change->resize && change->offset <= at;
    }
    return may_be_zero && byte == 0;
}

static bool size_is_legal(const struct model *model, uint64_t size) {
    bool legal = size == model->durable_size;
    for (uint32_t i = 0; i < model->change_count; i++) {
        const struct model_change *change = &model->changes[i];
        if (change->resize) {
            legal |= size == change->offset;
        } else {
            uint64_t end = change->offset + change->len;
            legal |= size == end || (size % 512 == 0 && size > change->offset && size < end);
        }
    }
    return legal;
}

static void check_legal(struct disk_fixture *f, struct model *model) {
    static uint8_t bytes[FILE_MAX];
    uint64_t size = 0, cached = 0;
    assert_true(sim_disk_durable_size(f->disk, "log", &size));
    assert_true(sim_disk_cached_size(f->disk, "log", &cached));
    assert_int_equal(size, cached);
    assert_true(size_is_legal(model, size));
    assert_int_equal(sim_disk_durable_read(f->disk, "log", 0, bytes, FILE_MAX), size);
    for (uint64_t at = 0; at < size; at++) {
        assert_true(byte_is_legal(model, at, bytes[at]));
    }
    static uint8_t again[FILE_MAX];
    assert_int_equal(sim_disk_cached_read(f->disk, "log", 0, again, FILE_MAX), size);
    assert_memory_equal(bytes, again, size);
    memset(model->durable, 0, FILE_MAX);
    memcpy(model->durable, bytes, size); /* what survived is durable from now on */
    model->durable_size = size;
    model->size = size;
    model->change_count = 0;
}

static void run_one(uint64_t seed, struct sim_disk_counters *sum) {
    struct disk_fixture f;
    disk_fixture_open(&f, seed, UINT64_MAX);
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    uint64_t random = seed;
    wg_file file = open_file(&f, "log");
    sync_dir_now(&f, "");
    for (int round = 0; round < 4; round++) {
        uint32_t count = test_below(&random, CHANGES_MAX);
        uint64_t job = 0;
        for (uint32_t i = 0; i < count; i++) {
            random_change(&f, file, model, &random);
            if (test_below(&random, 8) == 0) {
                sync_now(&f, file);
                model_sync(model);
            }
            if (test_below(&random, 8) == 0) {
                job = sim_disk_job_begin(f.disk); /* asked for, never finished */
                assert_int_equal(f.ops->sync(f.disk, file), WG_OK);
            }
        }
        sim_disk_power_loss(f.disk, 5);
        sim_disk_job_end(f.disk, job, 6);
        check_legal(&f, model);
        sim_disk_attach(f.disk, &f.env);
        file = open_file(&f, "log");
    }
    struct sim_disk_counters counters = sim_disk_counters(f.disk);
    sum->lost_writes += counters.lost_writes;
    sum->kept_writes += counters.kept_writes;
    sum->torn_writes += counters.torn_writes;
    assert_int_equal(f.facts[SIM_FACT_DISK_POWER_LOST], 4);
    assert_int_equal(counters.power_losses, 4);
    free(model);
    disk_fixture_close(&f);
}

static void test_every_outcome_is_legal(void **state) {
    (void)state;
    struct sim_disk_counters sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_one(seed, &sum);
    }
    assert_true(sum.lost_writes > 1000 && sum.kept_writes > 1000 && sum.torn_writes > 200);
}

/* A sector of a torn write is old or new as a whole. */
static void test_sectors_are_atomic(void **state) {
    (void)state;
    uint32_t mixed = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = open_file(&f, "log");
        sync_dir_now(&f, "");
        write_fill(&f, file, 0, 16384, 'o');
        sync_now(&f, file);
        write_fill(&f, file, 1000, 10000, 'n');
        sim_disk_set_tearing(f.disk, seed % 2 == 0 ? 1000 : 0);
        sim_disk_power_loss(f.disk, 1);
        char bytes[16384];
        assert_int_equal(sim_disk_cached_read(f.disk, "log", 0, bytes, sizeof bytes), 16384);
        uint32_t fresh = 0;
        for (uint32_t at = 0; at < 16384; at++) {
            bool inside = at >= 1000 && at < 11000;
            assert_true(bytes[at] == 'o' || (inside && bytes[at] == 'n'));
            fresh += bytes[at] == 'n';
            bool same_sector = at % 512 != 0 && at != 1000 && at != 11000;
            if (same_sector) {
                assert_int_equal(bytes[at], bytes[at - 1]);
            }
        }
        mixed += fresh > 0 && fresh < 10000;
        disk_fixture_close(&f);
    }
    assert_true(mixed > 30);
}

static bool survives(struct disk_fixture *f, const char *path) {
    uint64_t size = 0;
    return sim_disk_cached_size(f->disk, path, &size);
}

/* All draws 0: everything unsynced is gone, nothing else. */
static void test_dull_choices_lose_all_that_is_unsynced(void **state) {
    (void)state;
    char path[64], message[128], text[4096];
    test_temp_path(path, sizeof path);
    struct disk_fixture f;
    disk_fixture_open(&f, 7, UINT64_MAX);
    assert_true(sim_choices_load(f.choices, path, message, sizeof message));
    unlink(path);
    wg_file file = open_file(&f, "log");
    sync_dir_now(&f, "");
    assert_int_equal(write_bytes(&f, file, 0, "one", 3), WG_OK);
    sync_now(&f, file);
    assert_int_equal(write_bytes(&f, file, 3, "two", 3), WG_OK);
    open_file(&f, "new");
    assert_int_equal(f.ops->rename(f.disk, "log", "moved"), WG_OK);
    sim_disk_power_loss(f.disk, 1);
    cached_text(&f, "log", text);
    assert_string_equal(text, "one");
    uint64_t size = 0;
    assert_false(sim_disk_cached_size(f.disk, "new", &size));
    assert_false(sim_disk_cached_size(f.disk, "moved", &size));
    disk_fixture_close(&f);
}

/* Names do not wait for a sync for ever: of many changes the oldest are written back, in order, so a
 * disk that is used for days neither grows nor loses what was removed long ago. */
static void test_many_changes_of_names_are_written_back(void **state) {
    (void)state;
    char path[64], message[128];
    test_temp_path(path, sizeof path);
    struct disk_fixture f;
    disk_fixture_open(&f, 7, UINT64_MAX);
    assert_true(sim_choices_load(f.choices, path, message, sizeof message));
    unlink(path);
    size_t peak = 0;
    for (uint32_t i = 0; i < 4000; i++) {
        char name[32];
        snprintf(name, sizeof name, "s%04u/state", i);
        wg_file file = open_file(&f, name);
        write_fill(&f, file, 0, 1000, 1);
        sync_now(&f, file);
        f.ops->close(f.disk, file);
        assert_int_equal(f.ops->remove(f.disk, name), WG_OK);
        peak = i == 999 ? sim_pool_stats(f.pool).peak_bytes : peak;
    }
    assert_int_equal(sim_pool_stats(f.pool).peak_bytes, peak);
    open_file(&f, "last");
    for (uint32_t i = 0; i < 128; i++) {
        char name[32];
        snprintf(name, sizeof name, "t%u/state", i);
        open_file(&f, name);
    }
    sim_disk_power_loss(f.disk, 1); /* all draws 0: what waits is lost */
    assert_true(survives(&f, "last"));
    assert_true(survives(&f, "t0/state"));
    assert_false(survives(&f, "t127/state"));
    assert_false(survives(&f, "s0000/state"));
    disk_fixture_close(&f);
}

/* The usual way to replace a file: the target is the old content or the new one, never anything
 * else, and after the directory sync it is the new one. */
static void replace_and_crash(uint64_t seed, bool dir_synced, uint32_t *news) {
    char text[4096];
    struct disk_fixture f;
    disk_fixture_open(&f, seed, UINT64_MAX);
    wg_file file = open_file(&f, "meta");
    assert_int_equal(write_bytes(&f, file, 0, "old", 3), WG_OK);
    sync_now(&f, file);
    sync_dir_now(&f, "");
    wg_file fresh = open_file(&f, "meta.tmp");
    assert_int_equal(write_bytes(&f, fresh, 0, "newer", 5), WG_OK);
    sync_now(&f, fresh);
    assert_int_equal(f.ops->rename(f.disk, "meta.tmp", "meta"), WG_OK);
    if (dir_synced) {
        sync_dir_now(&f, "");
    }
    sim_disk_power_loss(f.disk, 1);
    cached_text(&f, "meta", text);
    bool is_new = strcmp(text, "newer") == 0;
    assert_true(is_new || strcmp(text, "old") == 0);
    uint64_t size = 0;
    if (is_new) {
        assert_false(sim_disk_cached_size(f.disk, "meta.tmp", &size));
    }
    *news += is_new;
    disk_fixture_close(&f);
}

static void test_rename_is_atomic(void **state) {
    (void)state;
    uint32_t news = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        replace_and_crash(seed, false, &news);
    }
    assert_in_range(news, 30, 170);
    news = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        replace_and_crash(seed, true, &news);
    }
    assert_int_equal(news, 50);
}

/* Creations and removals survive in any combination, and a renamed file never has two names. */
static void test_names_survive_independently(void **state) {
    (void)state;
    uint32_t seen = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        open_file(&f, "gone");
        open_file(&f, "x");
        sync_dir_now(&f, "");
        open_file(&f, "made");
        assert_int_equal(f.ops->remove(f.disk, "gone"), WG_OK);
        assert_int_equal(f.ops->rename(f.disk, "x", "y"), WG_OK);
        assert_int_equal(f.ops->rename(f.disk, "y", "z"), WG_OK);
        sim_disk_power_loss(f.disk, 1);
        assert_int_equal(survives(&f, "x") + survives(&f, "y") + survives(&f, "z"), 1);
        seen |= 1u << ((survives(&f, "made") ? 2 : 0) + (survives(&f, "gone") ? 1 : 0));
        disk_fixture_close(&f);
    }
    assert_int_equal(seen, 15);
}

static void test_a_synced_file_without_a_synced_name_can_vanish(void **state) {
    (void)state;
    uint32_t there = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        char text[4096];
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = open_file(&f, "log");
        assert_int_equal(write_bytes(&f, file, 0, "data", 4), WG_OK);
        sync_now(&f, file);
        sim_disk_power_loss(f.disk, 1);
        if (survives(&f, "log")) {
            there++;
            cached_text(&f, "log", text);
            assert_string_equal(text, "data");
        }
        disk_fixture_close(&f);
    }
    assert_in_range(there, 20, 80);
}

/* --- crash points inside running jobs --- */

#define PART 6000u /* bytes of one write: more than one page, so it can be torn */

struct seen {
    bool a, b, c;             /* parts that survived whole */
    bool a_any, b_any, c_any; /* at all, or as size */
};

static void look_at_part(struct disk_fixture *f, uint32_t part, char fill, bool *whole, bool *any) {
    static char bytes[3 * PART];
    uint64_t size = sim_disk_cached_read(f->disk, "log", 0, bytes, sizeof bytes);
    uint32_t count = 0;
    for (uint64_t at = (uint64_t)part * PART; at < size && at < (part + 1) * PART; at++) {
        count += bytes[at] == fill;
    }
    *whole = count == PART;
    *any = count > 0;
}

static struct seen look(struct disk_fixture *f) {
    struct seen seen;
    look_at_part(f, 0, 'a', &seen.a, &seen.a_any);
    look_at_part(f, 1, 'b', &seen.b, &seen.b_any);
    look_at_part(f, 2, 'c', &seen.c, &seen.c_any);
    return seen;
}

static wg_file open_durable_log(struct disk_fixture *f, uint64_t seed) {
    disk_fixture_open(f, seed, UINT64_MAX);
    wg_file file = open_file(f, "log");
    open_file(f, "tmp");
    open_file(f, "old");
    sync_dir_now(f, "");
    return file;
}

static void write_part(struct disk_fixture *f, wg_file file, uint32_t part) {
    write_fill(f, file, (uint64_t)part * PART, PART, (uint8_t)('a' + part));
}

static void ask_sync(struct disk_fixture *f, wg_file file) {
    assert_int_equal(f->ops->sync(f->disk, file), WG_OK);
}

/* Write A, sync, write B, sync, rename, sync_dir, remove and write elsewhere: what is there
 * afterwards is what some prefix of these leaves. Answers the bit of how many changes are there. */
static uint32_t crash_script(uint64_t seed, bool kill_first) {
    struct disk_fixture f;
    wg_file file = open_durable_log(&f, seed);
    wg_file tmp = open_file(&f, "tmp");
    uint64_t job = sim_disk_job_begin(f.disk);
    write_part(&f, file, 0);
    ask_sync(&f, file);
    write_part(&f, file, 1);
    ask_sync(&f, file);
    assert_int_equal(f.ops->rename(f.disk, "tmp", "new"), WG_OK);
    assert_int_equal(f.ops->sync_dir(f.disk, ""), WG_OK);
    assert_int_equal(f.ops->remove(f.disk, "old"), WG_OK);
    assert_int_equal(write_bytes(&f, tmp, 0, "x", 1), WG_OK);
    if (kill_first) {
        sim_disk_process_ended(f.disk);
    }
    sim_disk_power_loss(f.disk, 1);
    sim_disk_job_end(f.disk, job, 2);
    struct seen seen = look(&f);
    uint64_t size = 0;
    assert_true(sim_disk_cached_size(f.disk, "log", &size));
    bool renamed = survives(&f, "new");
    bool removed = !survives(&f, "old");
    assert_int_equal(survives(&f, "tmp"), !renamed);
    assert_true(seen.a || (!seen.b_any && size <= PART && !renamed && !removed));
    assert_true(seen.b || (!renamed && !removed));
    assert_true(renamed || !removed);
    assert_true(renamed || (sim_disk_cached_size(f.disk, "tmp", &size) && size == 0));
    disk_fixture_close(&f);
    return 1u << (seen.a + seen.b + renamed + removed);
}

static void test_a_running_job_leaves_a_prefix(void **state) {
    (void)state;
    for (int kill_first = 0; kill_first < 2; kill_first++) {
        uint32_t outcomes = 0;
        for (uint64_t seed = 1; seed <= 400; seed++) {
            outcomes |= crash_script(seed, kill_first == 1);
        }
        assert_int_equal(outcomes, 31);
    }
}

/* Draws of the crash point alone: changes behind syncs of nothing come and go by it. */
static void test_every_crash_point_occurs(void **state) {
    (void)state;
    uint32_t reached[6] = {0};
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct disk_fixture f;
        wg_file file = open_durable_log(&f, seed);
        sim_disk_job_begin(f.disk);
        for (uint32_t i = 0; i < 5; i++) {
            write_fill(&f, file, i, 1, (uint8_t)(i + 1));
            ask_sync(&f, file);
        }
        sim_disk_power_loss(f.disk, 1);
        uint64_t size = 9;
        char bytes[8] = {0};
        assert_true(sim_disk_cached_size(f.disk, "log", &size));
        assert_in_range(size, 0, 5);
        assert_int_equal(sim_disk_cached_read(f.disk, "log", 0, bytes, 5), size);
        for (uint32_t i = 0; i + 1 < size; i++) {
            assert_int_equal(bytes[i], i + 1); /* only the last one can be harmed */
        }
        reached[size]++;
        disk_fixture_close(&f);
    }
    for (uint32_t i = 0; i <= 5; i++) {
        assert_in_range(reached[i], 30, 170);
    }
}

/* A second job on the same file, both running: its sync covers what the first did before, but not
 * what the first, stopped earlier, had never done. */
static void test_jobs_stop_independently(void **state) {
    (void)state;
    uint32_t only_other = 0, both = 0, none = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct disk_fixture f;
        wg_file file = open_durable_log(&f, seed);
        sim_disk_job_begin(f.disk);
        write_part(&f, file, 0);
        ask_sync(&f, file);
        write_part(&f, file, 1);
        ask_sync(&f, file);
        sim_disk_job_begin(f.disk);
        write_part(&f, file, 2);
        ask_sync(&f, file);
        open_file(&f, "mark");
        sim_disk_power_loss(f.disk, 1);
        struct seen seen = look(&f);
        assert_true(seen.a || !seen.b_any);
        if (survives(&f, "mark")) {
            assert_true(seen.a && seen.c);
            only_other += !seen.b_any;
            both += seen.b;
        }
        none += !seen.a_any && !seen.b_any && !seen.c_any;
        disk_fixture_close(&f);
    }
    assert_true(only_other > 20 && both > 20 && none > 20);
}

/* Once another job's finished sync has made durable what a job did, that job has come so far. */
static void test_a_finished_sync_of_another_job_moves_the_crash_point(void **state) {
    (void)state;
    uint32_t ended_there = 0, went_on = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct disk_fixture f;
        wg_file file = open_durable_log(&f, seed);
        wg_file tmp = 0;
        assert_int_equal(f.ops->open(f.disk, "tmp", false, &tmp), WG_OK);
        sim_disk_job_begin(f.disk);
        write_part(&f, file, 0);
        ask_sync(&f, file);
        assert_int_equal(write_bytes(&f, tmp, 0, "behind", 6), WG_OK);
        ask_sync(&f, file);
        write_part(&f, file, 1);
        sync_now(&f, tmp); /* proves the first sync, not the second */
        sim_disk_power_loss(f.disk, 1);
        char text[4096];
        struct seen seen = look(&f);
        cached_text(&f, "tmp", text);
        assert_string_equal(text, "behind");
        assert_true(seen.a);
        ended_there += !seen.b_any;
        went_on += seen.b;
        disk_fixture_close(&f);
    }
    assert_true(ended_there > 20 && went_on > 20);
}

/* What another job made of a file that was never created goes with it. */
static void test_what_builds_on_the_vanished_vanishes(void **state) {
    (void)state;
    uint32_t vanished = 0, moved = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct disk_fixture f;
        wg_file file = open_durable_log(&f, seed);
        sim_disk_job_begin(f.disk);
        write_part(&f, file, 0);
        ask_sync(&f, file);
        wg_file made = open_file(&f, "made");
        write_fill(&f, made, 0, 10, 'm');
        sim_disk_job_begin(f.disk);
        write_fill(&f, made, 10, 10, 'n');
        ask_sync(&f, made);
        assert_int_equal(f.ops->rename(f.disk, "made", "moved"), WG_OK);
        assert_int_equal(f.ops->sync_dir(f.disk, ""), WG_OK);
        open_file(&f, "mark");
        sim_disk_power_loss(f.disk, 1);
        struct seen seen = look(&f);
        assert_true(survives(&f, "made") + survives(&f, "moved") <= 1);
        assert_true(seen.a || (!survives(&f, "made") && !survives(&f, "moved")));
        if (survives(&f, "mark")) {
            assert_false(survives(&f, "made"));
            vanished += !survives(&f, "moved");
            moved += survives(&f, "moved");
        }
        assert_int_equal(sim_disk_counters(f.disk).used_bytes,
                         sim_disk_durable_read(f.disk, "log", 0, (char[PART]){0}, PART) +
                             sim_disk_durable_read(f.disk, "made", 0, (char[20]){0}, 20) +
                             sim_disk_durable_read(f.disk, "moved", 0, (char[20]){0}, 20));
        disk_fixture_close(&f);
    }
    assert_true(vanished > 5 && moved > 20);
}

/* How often of 400 a job is killed behind its sync, another process starts, the power goes, and what was
 * synced is lost although what it did next, if it did anything, is not. */
static uint32_t lost_behind_a_kill(bool goes_on) {
    uint32_t lost = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct disk_fixture f;
        wg_file file = open_durable_log(&f, seed);
        sim_disk_job_begin(f.disk);
        write_part(&f, file, 0);
        ask_sync(&f, file);
        if (goes_on) {
            assert_int_equal(f.ops->remove(f.disk, "old"), WG_OK);
        }
        sim_disk_process_ended(f.disk);
        assert_true(look(&f).a && survives(&f, "old") == !goes_on);
        sim_disk_attach(f.disk, &f.env);
        sim_disk_power_loss(f.disk, 1);
        lost += !look(&f).a_any && survives(&f, "old") == !goes_on;
        disk_fixture_close(&f);
    }
    return lost;
}

/* A kill alone keeps everything; once the next process runs, no job of the old one is left to stop
 * early. It may have been killed while it waited for its last sync, but not for one that it went on
 * behind. */
static void test_the_next_process_ends_the_crash_points(void **state) {
    (void)state;
    assert_int_equal(lost_behind_a_kill(true), 0);
    assert_true(lost_behind_a_kill(false) > 20);
}

static void test_dull_crash_point_is_before_the_first_sync(void **state) {
    (void)state;
    char path[64], message[128], text[4096];
    test_temp_path(path, sizeof path);
    struct disk_fixture f;
    disk_fixture_open(&f, 7, UINT64_MAX);
    assert_true(sim_choices_load(f.choices, path, message, sizeof message));
    unlink(path);
    wg_file file = open_file(&f, "log");
    sync_dir_now(&f, "");
    sim_disk_job_begin(f.disk);
    assert_int_equal(write_bytes(&f, file, 0, "one", 3), WG_OK);
    ask_sync(&f, file);
    assert_int_equal(f.ops->remove(f.disk, "log"), WG_OK);
    assert_int_equal(f.ops->sync_dir(f.disk, ""), WG_OK);
    sim_disk_power_loss(f.disk, 1);
    assert_true(survives(&f, "log"));
    assert_int_equal(cached_text(&f, "log", text), 0);
    assert_int_equal(sim_disk_counters(f.disk).lost_writes, 1);
    disk_fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_outcome_is_legal),
        cmocka_unit_test(test_sectors_are_atomic),
        cmocka_unit_test(test_dull_choices_lose_all_that_is_unsynced),
        cmocka_unit_test(test_rename_is_atomic),
        cmocka_unit_test(test_names_survive_independently),
        cmocka_unit_test(test_a_synced_file_without_a_synced_name_can_vanish),
        cmocka_unit_test(test_a_running_job_leaves_a_prefix),
        cmocka_unit_test(test_every_crash_point_occurs),
        cmocka_unit_test(test_many_changes_of_names_are_written_back),
        cmocka_unit_test(test_jobs_stop_independently),
        cmocka_unit_test(test_a_finished_sync_of_another_job_moves_the_crash_point),
        cmocka_unit_test(test_what_builds_on_the_vanished_vanishes),
        cmocka_unit_test(test_the_next_process_ends_the_crash_points),
        cmocka_unit_test(test_dull_crash_point_is_before_the_first_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
