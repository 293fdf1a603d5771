/* Faults of the disk that last (slow, failing, full) and harm to stored bytes (rot, writes that went
 * astray, wiped directories, failed syncs): what processes read, what is durable, which facts tell. */
#include "disk_fixture.h"

static wg_status write_text(struct disk_fixture *f, wg_file file, uint64_t offset,
                            const char *text) {
    uint32_t len = (uint32_t)strlen(text);
    struct wg_buf *buf = wg_buf_copy(&f->env, text, len);
    wg_status status = f->ops->write(f->disk, file, offset, buf, 0, len);
    wg_buf_unref(buf);
    return status;
}

/* A file with that content, durable name and all. */
static wg_file durable_file(struct disk_fixture *f, const char *path, const char *text) {
    wg_file file = open_file(f, path);
    assert_int_equal(write_text(f, file, 0, text), WG_OK);
    sync_now(f, file);
    const char *slash = strrchr(path, '/');
    char dir[64] = "";
    if (slash != NULL) {
        memcpy(dir, path, (size_t)(slash - path));
        dir[slash - path] = '\0';
    }
    sync_dir_now(f, dir);
    return file;
}

static void test_slow_calls(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "a");
    struct sim_disk_faults faults = {.latency = {[SIM_CALL_READ] = 7 * WG_MS}};
    sim_disk_set_faults(f.disk, &faults);
    f.env.cost = 0;
    assert_int_equal(write_text(&f, file, 0, "x"), WG_OK);
    assert_true(f.env.cost < WG_MS); /* of another sort */
    f.env.cost = 0;
    struct wg_disk_view view;
    assert_int_equal(f.ops->view(f.disk, file, 0, 1, &view), WG_OK);
    wg_buf_unref(view.buf);
    assert_in_range(f.env.cost, 7 * WG_MS, 8 * WG_MS);
    assert_int_equal(sim_disk_counters(f.disk).slowed, 1);
    sim_disk_set_faults(f.disk, &(struct sim_disk_faults){.taken = 0});
    f.env.cost = 0;
    assert_int_equal(f.ops->view(f.disk, file, 0, 1, &view), WG_OK);
    wg_buf_unref(view.buf);
    assert_true(f.env.cost < WG_MS);
    disk_fixture_close(&f);
}

static void test_calls_fail_by_chance(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "a");
    struct sim_disk_faults faults = {.error = {[SIM_CALL_WRITE] = 250000}};
    sim_disk_set_faults(f.disk, &faults);
    uint32_t failed = 0;
    for (int i = 0; i < 1000; i++) {
        failed += write_text(&f, file, 0, "x") == WG_IO;
    }
    assert_in_range(failed, 200, 300);
    assert_int_equal(sim_disk_counters(f.disk).errors[SIM_CALL_WRITE], failed);
    assert_int_equal(f.facts[SIM_FACT_DISK_ERROR], failed);
    assert_int_equal(f.facts[SIM_FACT_DISK_WRITE], 1000 - failed);
    assert_int_equal(f.last[SIM_FACT_DISK_ERROR].b, SIM_CALL_WRITE);
    assert_int_equal(f.last[SIM_FACT_DISK_ERROR].c, WG_IO);
    assert_int_equal(f.ops->resize(f.disk, file, 10), WG_OK); /* another sort */
    faults = (struct sim_disk_faults){
        .error = {[SIM_CALL_NAME] = 1000000, [SIM_CALL_OPEN] = 1000000, [SIM_CALL_RESIZE] = 1000000}};
    sim_disk_set_faults(f.disk, &faults);
    wg_file other;
    assert_int_equal(f.ops->open(f.disk, "b", true, &other), WG_IO);
    assert_int_equal(f.ops->open(f.disk, "a", false, &other), WG_IO);
    assert_int_equal(f.ops->rename(f.disk, "a", "b"), WG_IO);
    assert_int_equal(f.ops->remove(f.disk, "a"), WG_IO);
    assert_int_equal(f.ops->resize(f.disk, file, 20), WG_IO);
    uint64_t size = 0;
    assert_true(sim_disk_cached_size(f.disk, "a", &size));
    assert_int_equal(size, 10); /* nothing of it happened */
    assert_false(sim_disk_cached_size(f.disk, "b", &size));
    disk_fixture_close(&f);
}

static void test_full_disk_and_watermarks(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, 10000);
    sim_disk_set_watermarks(f.disk, 4000, 2000);
    wg_file file = open_file(&f, "a");
    assert_int_equal(f.ops->resize(f.disk, file, 5000), WG_OK);
    assert_int_equal(f.facts[SIM_FACT_DISK_SPACE], 0);
    assert_int_equal(f.ops->resize(f.disk, file, 6001), WG_OK);
    assert_int_equal(f.facts[SIM_FACT_DISK_SPACE], 1);
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].a, 3999);
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].b, SIM_SPACE_NO_PROCESSING);
    sim_disk_set_faults(f.disk, &(struct sim_disk_faults){.taken = 3000});
    assert_int_equal(f.ops->free_bytes(f.disk), 999);
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].b,
                     SIM_SPACE_NO_PROCESSING | SIM_SPACE_NO_REPLICATION);
    assert_int_equal(f.facts[SIM_FACT_DISK_REFUSED], 0);
    assert_int_equal(f.ops->resize(f.disk, file, 7001), WG_NO_SPACE);
    assert_int_equal(f.last[SIM_FACT_DISK_ERROR].c, WG_NO_SPACE);
    assert_int_equal(f.facts[SIM_FACT_DISK_REFUSED], 1);
    assert_int_equal(f.last[SIM_FACT_DISK_REFUSED].b, SIM_CALL_RESIZE);
    assert_int_equal(f.last[SIM_FACT_DISK_REFUSED].c, 1000);
    assert_int_equal(f.last[SIM_FACT_DISK_REFUSED].d, 999);
    assert_int_equal(f.ops->resize(f.disk, file, 7000), WG_OK);
    assert_int_equal(sim_disk_counters(f.disk).refused, 1);
    assert_int_equal(sim_disk_counters(f.disk).crossings, 1);
    assert_int_equal(f.facts[SIM_FACT_DISK_SPACE], 2); /* crossings, not changes */
    sim_disk_set_faults(f.disk, &(struct sim_disk_faults){.taken = 0});
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].b, SIM_SPACE_NO_PROCESSING);
    f.ops->close(f.disk, file);
    assert_int_equal(f.ops->remove(f.disk, "a"), WG_OK);
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].b, 0);
    assert_int_equal(f.last[SIM_FACT_DISK_SPACE].a, 10000);
    disk_fixture_close(&f);
}

/* What a failed sync left: the process goes on reading what it wrote; the next one finds the truth. */
static void test_failed_sync(void **state) {
    (void)state;
    char text[4096];
    uint32_t all = 0, none = 0, some = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = durable_file(&f, "a", "0000");
        for (uint64_t i = 0; i < 4; i++) {
            assert_int_equal(write_text(&f, file, i, "1"), WG_OK);
        }
        sim_disk_set_faults(f.disk,
                            &(struct sim_disk_faults){.error = {[SIM_CALL_SYNC] = 1000000}});
        assert_int_equal(f.ops->sync(f.disk, file), WG_IO);
        assert_int_equal(f.last[SIM_FACT_DISK_ERROR].b, SIM_CALL_SYNC);
        sim_disk_set_faults(f.disk, &(struct sim_disk_faults){.taken = 0});
        sync_now(&f, file); /* whoever trusts this one is wrong */
        cached_text(&f, "a", text);
        assert_string_equal(text, "1111");
        durable_text(&f, "a", text);
        uint32_t kept = 0;
        for (int i = 0; i < 4; i++) {
            kept += text[i] == '1';
        }
        all += kept == 4;
        none += kept == 0;
        some += kept > 0 && kept < 4;
        assert_int_equal(f.facts[SIM_FACT_DISK_DAMAGED], 4 - kept);
        assert_int_equal(sim_disk_counters(f.disk).lost_by_sync, 4 - kept);
        sim_disk_process_ended(f.disk);
        char after[4096];
        cached_text(&f, "a", after);
        assert_string_equal(after, text);
        assert_int_equal(f.facts[SIM_FACT_DISK_POWER_LOST], kept < 4);
        sim_disk_attach(f.disk, &f.env);
        disk_fixture_close(&f);
    }
    assert_true(all > 5 && none > 5 && some > 5);
}

/* An earlier sync of the same job was waited for: a later one that fails takes nothing from it. */
static void test_failed_sync_spares_earlier_ones(void **state) {
    (void)state;
    char text[4096];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = durable_file(&f, "a", "00");
        uint64_t job = sim_disk_job_begin(f.disk);
        assert_int_equal(write_text(&f, file, 0, "1"), WG_OK);
        assert_int_equal(f.ops->sync(f.disk, file), WG_OK);
        assert_int_equal(write_text(&f, file, 1, "1"), WG_OK);
        sim_disk_fail_next(f.disk, SIM_DISK_SYNC, 1);
        assert_int_equal(f.ops->sync(f.disk, file), WG_IO);
        sim_disk_job_end(f.disk, job, 5);
        durable_text(&f, "a", text);
        assert_int_equal(text[0], '1');
        disk_fixture_close(&f);
    }
}

static void test_bit_rot(void **state) {
    (void)state;
    char text[4096];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = durable_file(&f, "partitions/1/raft-1.log", "aaaa");
        durable_file(&f, "partitions/1/raft.meta", "bbbb");
        durable_file(&f, "partitions/1/snapshots/1-1-0-0/state.bin", "cccc");
        assert_int_equal(f.ops->resize(f.disk, file, 4096), WG_OK); /* preallocated: never hit */
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_META, true, 1, 9), 1);
        durable_text(&f, "partitions/1/raft.meta", text);
        assert_string_not_equal(text, "bbbb");
        uint8_t changed = 0;
        for (int i = 0; i < 4; i++) {
            changed |= (uint8_t)(text[i] ^ 'b');
        }
        assert_int_equal(__builtin_popcount(changed), 1);
        cached_text(&f, "partitions/1/raft-1.log", text);
        assert_string_equal(text, "aaaa");
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_SEGMENT, false, 1, 9), 0); /* all durable */
        assert_int_equal(write_text(&f, file, 4, "dd"), WG_OK);
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_SEGMENT, false, 1, 9), 1);
        assert_in_range(f.last[SIM_FACT_DISK_DAMAGED].b, 4, 5);
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_SNAPSHOT, true, 3, 9), 3);
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_ANY, true, 2, 9), 2);
        assert_int_equal(f.facts[SIM_FACT_DISK_DAMAGED], 7);
        assert_int_equal(sim_disk_counters(f.disk).rotten_bits, 7);
        disk_fixture_close(&f);
    }
}

/* A bit that flips twice would be sound again: of one byte all eight can flip, and then no more. */
static void test_bit_rot_does_not_mend(void **state) {
    (void)state;
    char text[2];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        durable_file(&f, "partitions/1/raft.meta", "b");
        assert_int_equal(sim_disk_rot(f.disk, SIM_FILES_META, true, 10, 9), 8);
        durable_text(&f, "partitions/1/raft.meta", text);
        assert_int_equal((uint8_t)(text[0] ^ 'b'), 0xff);
        assert_int_equal(f.facts[SIM_FACT_DISK_DAMAGED], 8);
        disk_fixture_close(&f);
    }
}

static void test_misdirected_write(void **state) {
    (void)state;
    uint32_t elsewhere = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct disk_fixture f;
        char text[4096];
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = durable_file(&f, "raft-1.log", "head");
        durable_file(&f, "raft-2.log", "other");
        assert_int_equal(f.ops->resize(f.disk, file, 2048), WG_OK);
        assert_int_equal(write_text(&f, file, 1024, "astray"), WG_OK);
        sync_now(&f, file);
        assert_int_equal(sim_disk_misdirect(f.disk, SIM_FILES_SEGMENT, 1, 9), 1);
        assert_int_equal(f.facts[SIM_FACT_DISK_DAMAGED], 2);
        uint64_t size = 0;
        assert_true(sim_disk_durable_size(f.disk, "raft-1.log", &size));
        assert_int_equal(size, 2048); /* no file grows */
        assert_true(sim_disk_durable_size(f.disk, "raft-2.log", &size));
        assert_int_equal(size, 5);
        sim_disk_durable_read(f.disk, "raft-1.log", 1024, text, 6);
        uint8_t zeros[6] = {0};
        elsewhere += memcmp(text, zeros, 6) == 0;
        char cached[4096];
        sim_disk_cached_read(f.disk, "raft-1.log", 1024, cached, 6);
        assert_memory_equal(text, cached, 6);
        disk_fixture_close(&f);
    }
    assert_true(elsewhere > 3);
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    assert_int_equal(sim_disk_misdirect(f.disk, SIM_FILES_ANY, 1, 9), 0); /* an empty disk */
    disk_fixture_close(&f);
}

static void count_name(void *ctx, const char *path, uint64_t size) {
    (void)path, (void)size;
    ++*(uint32_t *)ctx;
}

static void test_wipe(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    durable_file(&f, "partitions/1/raft.meta", "a");
    durable_file(&f, "partitions/2/raft.meta", "b");
    open_file(&f, "partitions/2/new"); /* not durable yet */
    sim_disk_process_ended(f.disk);
    sim_disk_wipe(f.disk, "partitions/2/", 2, 9);
    assert_int_equal(f.facts[SIM_FACT_DISK_REMOVED], 2);
    assert_int_equal(f.last[SIM_FACT_DISK_WIPED].partition, 2);
    uint64_t size = 0;
    assert_true(sim_disk_durable_size(f.disk, "partitions/1/raft.meta", &size));
    assert_false(sim_disk_durable_size(f.disk, "partitions/2/raft.meta", &size));
    assert_false(sim_disk_cached_size(f.disk, "partitions/2/new", &size));
    sim_disk_wipe(f.disk, "", 0, 9);
    uint32_t names = 0;
    sim_disk_durable_list(f.disk, "", count_name, &names);
    assert_int_equal(names, 0);
    assert_int_equal(f.facts[SIM_FACT_DISK_WIPED], 2);
    assert_int_equal(sim_disk_counters(f.disk).used_bytes, 0);
    sim_disk_power_loss(f.disk, 10); /* nothing comes back */
    sim_disk_durable_list(f.disk, "", count_name, &names);
    assert_int_equal(names, 0);
    sim_disk_attach(f.disk, &f.env);
    durable_file(&f, "partitions/1/raft.meta", "c"); /* and it can be used again */
    disk_fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_calls),
        cmocka_unit_test(test_calls_fail_by_chance),
        cmocka_unit_test(test_full_disk_and_watermarks),
        cmocka_unit_test(test_failed_sync),
        cmocka_unit_test(test_failed_sync_spares_earlier_ones),
        cmocka_unit_test(test_bit_rot),
        cmocka_unit_test(test_bit_rot_does_not_mend),
        cmocka_unit_test(test_misdirected_write),
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
