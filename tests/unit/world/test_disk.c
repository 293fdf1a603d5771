/* The disk without loss of power: operations against plain byte arrays, durability by sync, costs,
 * space, errors, damage, facts. */
#include "disk_fixture.h"

#define FILES 3
#define FILE_MAX 20000u

struct model_file {
    uint8_t cache[FILE_MAX], durable[FILE_MAX];
    uint64_t size, durable_size;
};

static void model_resize(struct model_file *file, uint64_t size) {
    if (size < file->size) {
        memset(file->cache + size, 0, file->size - size);
    }
    file->size = size;
}

static void model_write(struct model_file *file, uint64_t offset, const uint8_t *bytes,
                        uint32_t len) {
    memcpy(file->cache + offset, bytes, len);
    file->size = offset + len > file->size ? offset + len : file->size;
}

static void check_views(struct disk_fixture *f, wg_file handle, const struct model_file *file,
                        uint64_t *random) {
    uint64_t size = 0;
    assert_int_equal(f->ops->size(f->disk, handle, &size), WG_OK);
    assert_int_equal(size, file->size);
    for (int i = 0; i < 3; i++) {
        uint64_t offset = test_below(random, FILE_MAX);
        uint32_t len = test_below(random, 6000);
        struct wg_disk_view view;
        assert_int_equal(f->ops->view(f->disk, handle, offset, len, &view), WG_OK);
        uint64_t left = offset < size ? size - offset : 0;
        assert_int_equal(view.len, left < len ? left : len);
        assert_memory_equal(view.ptr, file->cache + offset, view.len);
        wg_buf_unref(view.buf);
    }
}

static void check_durable(struct disk_fixture *f, const char *path,
                          const struct model_file *file) {
    static uint8_t bytes[FILE_MAX];
    uint64_t size = 0;
    assert_true(sim_disk_durable_size(f->disk, path, &size));
    assert_int_equal(size, file->durable_size);
    assert_int_equal(sim_disk_durable_read(f->disk, path, 0, bytes, FILE_MAX), size);
    assert_memory_equal(bytes, file->durable, size);
}

static void random_step(struct disk_fixture *f, wg_file handle, struct model_file *file,
                        uint64_t *random) {
    static uint8_t bytes[3000];
    uint32_t len = test_below(random, 3000);
    uint64_t offset = test_below(random, FILE_MAX - 3000);
    switch (test_below(random, 8)) {
    case 0:
        assert_int_equal(f->ops->resize(f->disk, handle, offset), WG_OK);
        model_resize(file, offset);
        break;
    case 1:
        sync_now(f, handle);
        memcpy(file->durable, file->cache, FILE_MAX);
        file->durable_size = file->size;
        break;
    case 2:
    case 3:
        offset = file->size < FILE_MAX - 3000 ? file->size : offset; /* append */
        /* fall through */
    default:
        memset(bytes, (int)test_below(random, 255) + 1, len);
        assert_int_equal(write_bytes(f, handle, offset, bytes, len), WG_OK);
        if (len > 0) {
            model_write(file, offset, bytes, len);
        }
        break;
    }
}

static void test_operations_equal_byte_arrays(void **state) {
    (void)state;
    static const char *const paths[FILES] = {"a", "b/one", "b/two"};
    struct model_file *files = calloc(FILES, sizeof *files);
    assert_non_null(files);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        memset(files, 0, FILES * sizeof *files);
        wg_file handles[FILES];
        uint64_t random = seed;
        for (int i = 0; i < FILES; i++) {
            handles[i] = open_file(&f, paths[i]);
        }
        sync_dir_now(&f, "");
        sync_dir_now(&f, "b");
        for (int step = 0; step < 600; step++) {
            uint32_t i = test_below(&random, FILES);
            random_step(&f, handles[i], &files[i], &random);
            check_views(&f, handles[i], &files[i], &random);
            check_durable(&f, paths[i], &files[i]);
        }
        disk_fixture_close(&f);
    }
    free(files);
}

static void test_view_inside_one_write_shares_its_buffer(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "log");
    assert_int_equal(f.ops->resize(f.disk, file, 1u << 20), WG_OK);
    struct wg_buf *buf = wg_buf_copy(&f.env, "0123456789", 10);
    assert_int_equal(f.ops->write(f.disk, file, 100, buf, 2, 8), WG_OK);
    assert_int_equal(f.ops->write(f.disk, file, 108, buf, 0, 10), WG_OK);
    struct wg_disk_view view;
    assert_int_equal(f.ops->view(f.disk, file, 102, 4, &view), WG_OK);
    assert_ptr_equal(view.buf, buf);
    assert_memory_equal(view.ptr, "4567", 4);
    wg_buf_unref(view.buf);
    assert_int_equal(f.ops->view(f.disk, file, 106, 4, &view), WG_OK); /* over two writes */
    assert_ptr_not_equal(view.buf, buf);
    assert_memory_equal(view.ptr, "8901", 4);
    wg_buf_unref(view.buf);
    assert_int_equal(f.ops->view(f.disk, file, 118, 5000, &view), WG_OK); /* preallocated */
    assert_int_equal(view.len, 5000);
    assert_int_equal(view.ptr[0] | view.ptr[4999], 0);
    wg_buf_unref(view.buf);
    assert_int_equal(f.ops->view(f.disk, file, 2u << 20, 10, &view), WG_OK); /* behind the end */
    assert_int_equal(view.len, 0);
    wg_buf_unref(view.buf);
    wg_buf_unref(buf);
    disk_fixture_close(&f);
}

static void test_sync_is_durable_at_the_end_of_its_job(void **state) {
    (void)state;
    char text[4096];
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "log");
    sync_dir_now(&f, ".");
    assert_int_equal(write_bytes(&f, file, 0, "one", 3), WG_OK);
    uint64_t job_a = sim_disk_job_begin(f.disk);
    assert_false(sim_disk_job_synced(f.disk));
    assert_int_equal(f.ops->sync(f.disk, file), WG_OK);
    uint64_t job_b = sim_disk_job_begin(f.disk); /* another job begins meanwhile */
    assert_int_equal(write_bytes(&f, file, 3, "two", 3), WG_OK);
    assert_int_equal(durable_text(&f, "log", text), 0);
    sim_disk_job_end(f.disk, job_b, 5);
    assert_int_equal(durable_text(&f, "log", text), 0);
    sim_disk_job_end(f.disk, job_a, 77);
    durable_text(&f, "log", text);
    assert_string_equal(text, "one"); /* not what was written after the sync */
    assert_int_equal(f.facts[SIM_FACT_DISK_SYNCED], 1);
    assert_int_equal(f.last[SIM_FACT_DISK_SYNCED].at, 77);
    assert_int_equal(f.last[SIM_FACT_DISK_SYNCED].b, 1);
    assert_int_equal(f.last[SIM_FACT_DISK_WRITE].c, 2);
    disk_fixture_close(&f);
}

static void test_kill_keeps_the_cache_and_drops_syncs_in_flight(void **state) {
    (void)state;
    char text[4096];
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "log");
    sync_dir_now(&f, "");
    assert_int_equal(write_bytes(&f, file, 0, "one", 3), WG_OK);
    uint64_t job = sim_disk_job_begin(f.disk);
    assert_int_equal(f.ops->sync(f.disk, file), WG_OK);
    sim_disk_process_ended(f.disk);
    sim_disk_job_end(f.disk, job, 1);
    assert_int_equal(durable_text(&f, "log", text), 0);
    cached_text(&f, "log", text);
    assert_string_equal(text, "one");
    assert_int_equal(f.ops->sync(f.disk, file), WG_INVALID); /* handles of the dead are closed */
    sim_disk_attach(f.disk, &f.env);
    file = open_file(&f, "log");
    sync_now(&f, file);
    durable_text(&f, "log", text);
    assert_string_equal(text, "one");
    disk_fixture_close(&f);
}

/* The process that starts finds the new name, so the sync before the renaming had been waited for; behind the
 * last sync of a job nothing came. */
static void test_what_a_killed_job_went_on_behind_is_synced(void **state) {
    (void)state;
    char text[4096];
    for (uint32_t renamed = 0; renamed < 2; renamed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, 1, UINT64_MAX);
        wg_file file = open_file(&f, "d/new");
        sync_dir_now(&f, "d");
        sim_disk_job_begin(f.disk);
        assert_int_equal(write_bytes(&f, file, 0, "one", 3), WG_OK);
        assert_int_equal(f.ops->sync(f.disk, file), WG_OK);
        if (renamed) {
            assert_int_equal(f.ops->rename(f.disk, "d/new", "d/name"), WG_OK);
        }
        sim_disk_process_ended(f.disk);
        sim_disk_attach(f.disk, &f.env);
        sync_dir_now(&f, "d");
        assert_int_equal(durable_text(&f, renamed ? "d/name" : "d/new", text), renamed ? 3 : 0);
        disk_fixture_close(&f);
    }
}

static void collect(void *ctx, const char *path) {
    strcat(ctx, path);
    strcat(ctx, " ");
}

static void collect_durable(void *ctx, const char *path, uint64_t size) {
    assert_int_equal(size, 0);
    collect(ctx, path);
}

static void test_names(void **state) {
    (void)state;
    char text[4096] = "";
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = 0;
    assert_int_equal(f.ops->open(f.disk, "d/b", false, &file), WG_NOT_FOUND);
    assert_int_equal(f.ops->rename(f.disk, "d/b", "d/c"), WG_NOT_FOUND);
    assert_int_equal(f.ops->remove(f.disk, "d/b"), WG_NOT_FOUND);
    open_file(&f, "d/b");
    open_file(&f, "d/a");
    open_file(&f, "d2/a");
    open_file(&f, "e");
    f.ops->list(f.disk, "d/", collect, text);
    assert_string_equal(text, "d/a d/b ");
    text[0] = '\0';
    f.ops->list(f.disk, "", collect, text);
    assert_string_equal(text, "d/a d/b d2/a e ");
    text[0] = '\0';
    sync_dir_now(&f, "d");
    sim_disk_durable_list(f.disk, "", collect_durable, text);
    assert_string_equal(text, "d/a d/b "); /* direct entries of that directory only */

    assert_int_equal(f.ops->rename(f.disk, "d/b", "d/a"), WG_OK);
    assert_string_equal(f.last_text, "d/b");
    assert_string_equal(f.last_text + 4, "d/a");
    assert_int_equal(f.ops->rename(f.disk, "e", "d2/e"), WG_OK); /* to another directory */
    assert_int_equal(f.ops->remove(f.disk, "d2/a"), WG_OK);
    assert_string_equal(f.last_text, "d2/a");
    sync_dir_now(&f, "d2/");
    sync_dir_now(&f, ".");
    text[0] = '\0';
    sim_disk_durable_list(f.disk, "", collect_durable, text);
    assert_string_equal(text, "d/a d/b d2/e "); /* `e` does not come back */
    sync_dir_now(&f, "d");
    text[0] = '\0';
    sim_disk_durable_list(f.disk, "", collect_durable, text);
    assert_string_equal(text, "d/a d2/e ");
    text[0] = '\0';
    sim_disk_durable_list(f.disk, "d/", collect_durable, text);
    assert_string_equal(text, "d/a ");
    text[0] = '\0';
    sim_disk_durable_list(f.disk, "d3/", collect_durable, text);
    assert_string_equal(text, "");
    disk_fixture_close(&f);
}

static void test_space(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, 10000);
    wg_file a = open_file(&f, "a");
    wg_file b = open_file(&f, "b");
    assert_int_equal(f.ops->resize(f.disk, a, 6000), WG_OK);
    assert_int_equal(f.ops->free_bytes(f.disk), 4000);
    write_fill(&f, a, 0, 6000, 1); /* inside what is reserved */
    assert_int_equal(f.ops->free_bytes(f.disk), 4000);
    char bytes[4001] = {0};
    assert_int_equal(write_bytes(&f, b, 0, bytes, 4001), WG_NO_SPACE);
    assert_int_equal(f.ops->resize(f.disk, b, 4001), WG_NO_SPACE);
    assert_int_equal(write_bytes(&f, b, 0, bytes, 4000), WG_OK);
    assert_int_equal(f.ops->free_bytes(f.disk), 0);
    assert_int_equal(f.ops->remove(f.disk, "a"), WG_OK);
    assert_int_equal(f.ops->free_bytes(f.disk), 0); /* still open */
    f.ops->close(f.disk, a);
    assert_int_equal(f.ops->free_bytes(f.disk), 6000);
    sim_disk_set_capacity(f.disk, 3000);
    assert_int_equal(f.ops->free_bytes(f.disk), 0);
    assert_int_equal(sim_disk_counters(f.disk).peak_used_bytes, 10000);
    disk_fixture_close(&f);
}

static void test_costs(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "a");
    assert_int_equal(f.env.cost, 10 * WG_US);
    f.env.cost = 0;
    write_fill(&f, file, 0, 2048, 1);
    assert_int_equal(f.env.cost, 2000);
    f.env.cost = 0;
    sync_now(&f, file);
    assert_true(f.env.cost >= WG_MS && f.env.cost <= 9 * WG_MS);
    f.env.cost = 0;
    sync_now(&f, file); /* nothing to write */
    assert_int_equal(f.env.cost, 10 * WG_US);
    sim_disk_set_slow(f.disk, 300);
    f.env.cost = 0;
    write_fill(&f, file, 0, 2048, 1);
    assert_int_equal(f.env.cost, 6000);
    disk_fixture_close(&f);
}

static void test_ordered_failures(void **state) {
    (void)state;
    char text[4096];
    bool kept = false, forgotten = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_fixture f;
        disk_fixture_open(&f, seed, UINT64_MAX);
        wg_file file = open_file(&f, "a");
        sync_dir_now(&f, "");
        sim_disk_fail_next(f.disk, SIM_DISK_WRITE, 2);
        assert_int_equal(write_bytes(&f, file, 0, "x", 1), WG_IO);
        assert_int_equal(f.ops->resize(f.disk, file, 5), WG_IO);
        assert_int_equal(cached_text(&f, "a", text), 0); /* nothing happened */
        assert_int_equal(write_bytes(&f, file, 0, "x", 1), WG_OK);
        sim_disk_fail_next(f.disk, SIM_DISK_VIEW, 1);
        struct wg_disk_view view;
        assert_int_equal(f.ops->view(f.disk, file, 0, 1, &view), WG_IO);
        sim_disk_fail_next(f.disk, SIM_DISK_OPEN, 1);
        assert_int_equal(f.ops->remove(f.disk, "a"), WG_IO);
        sim_disk_fail_next(f.disk, SIM_DISK_SYNC, 1);
        assert_int_equal(f.ops->sync(f.disk, file), WG_IO);
        sync_now(&f, file); /* answers OK, but may have nothing left to write */
        bool durable = durable_text(&f, "a", text) == 1;
        kept |= durable;
        forgotten |= !durable;
        cached_text(&f, "a", text);
        assert_string_equal(text, "x");
        assert_int_equal(sim_disk_counters(f.disk).failed_ops, 5);
        disk_fixture_close(&f);
    }
    assert_true(kept && forgotten);
}

static void test_damage_is_private(void **state) {
    (void)state;
    char text[4096];
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "a");
    sync_dir_now(&f, "");
    struct wg_buf *buf = wg_buf_copy(&f.env, "hello", 5);
    assert_int_equal(f.ops->write(f.disk, file, 0, buf, 0, 5), WG_OK);
    assert_false(sim_disk_corrupt(f.disk, "b", 1, 1, 9));
    assert_false(sim_disk_corrupt(f.disk, "a", 5, 1, 9));
    assert_true(sim_disk_corrupt(f.disk, "a", 1, 'e' ^ 'E', 9)); /* before it is durable */
    assert_int_equal(f.last[SIM_FACT_DISK_DAMAGED].b, 1);
    sync_now(&f, file);
    durable_text(&f, "a", text);
    assert_string_equal(text, "hEllo");
    assert_true(sim_disk_corrupt(f.disk, "a", 0, 'h' ^ 'H', 9)); /* and after */
    durable_text(&f, "a", text);
    assert_string_equal(text, "HEllo");
    cached_text(&f, "a", text);
    assert_string_equal(text, "HEllo");
    assert_memory_equal(buf->bytes, "hello", 5);
    wg_buf_unref(buf);
    disk_fixture_close(&f);
}

static void test_wrong_arguments(void **state) {
    (void)state;
    struct disk_fixture f;
    disk_fixture_open(&f, 1, UINT64_MAX);
    wg_file file = open_file(&f, "a");
    struct wg_buf *buf = wg_buf_copy(&f.env, "hello", 5);
    assert_int_equal(f.ops->write(f.disk, file, 0, buf, 3, 3), WG_INVALID);
    assert_int_equal(f.ops->write(f.disk, file, UINT64_MAX, buf, 0, 5), WG_INVALID);
    assert_int_equal(f.ops->write(f.disk, 99, 0, buf, 0, 5), WG_INVALID);
    f.ops->close(f.disk, file);
    f.ops->close(f.disk, file);
    assert_int_equal(f.ops->write(f.disk, file, 0, buf, 0, 5), WG_INVALID);
    assert_int_equal(f.ops->resize(f.disk, file, 1), WG_INVALID);
    wg_buf_unref(buf);
    disk_fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_equal_byte_arrays),
        cmocka_unit_test(test_view_inside_one_write_shares_its_buffer),
        cmocka_unit_test(test_sync_is_durable_at_the_end_of_its_job),
        cmocka_unit_test(test_kill_keeps_the_cache_and_drops_syncs_in_flight),
        cmocka_unit_test(test_what_a_killed_job_went_on_behind_is_synced),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_ordered_failures),
        cmocka_unit_test(test_damage_is_private),
        cmocka_unit_test(test_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
