/* Two disks of one run: brokers send each other what they read, so one disk may hold bytes that the other one
 * has made. All disks are emptied before the first is freed; then the order does not matter. Most of what
 * could go wrong here is a use after free, which only a build with AddressSanitizer notices. */
#include "disk_fixture.h"

struct two_disks {
    struct disk_fixture f; /* its disk is the one that makes the bytes */
    struct wg_disk *other;
    struct wg_env env;
};

static void no_fact(void *ctx, const struct sim_fact *fact) {
    (void)ctx;
    (void)fact;
}

static void two_disks_open(struct two_disks *t) {
    disk_fixture_open(&t->f, 1, UINT64_MAX);
    struct sim_disk_options options = {.capacity = UINT64_MAX};
    t->other = sim_disk_new(t->f.pool, 4, &options, t->f.choices, no_fact, NULL);
    t->env = (struct wg_env){.ops = &test_env_ops};
    sim_disk_attach(t->other, &t->env);
}

/* A file whose middle is read into a buffer of the disk's own: it spans two writes. */
static wg_file in_pieces(struct two_disks *t) {
    wg_file file = open_file(&t->f, "a");
    write_fill(&t->f, file, 0, 100, 1);
    write_fill(&t->f, file, 100, 100, 2);
    return file;
}

/* Nothing was written there: a view shows the disk's own zeros. */
static wg_file all_zeros(struct two_disks *t) {
    wg_file file = open_file(&t->f, "a");
    assert_int_equal(t->f.ops->resize(t->f.disk, file, 200), WG_OK);
    return file;
}

/* Stores on the other disk what is read from that file, durably or not yet; a reference of its own remains. */
static void send(struct two_disks *t, wg_file from, const char *path, bool synced) {
    struct wg_disk_view view;
    wg_file to = 0;
    uint64_t made = sim_disk_counters(t->f.disk).copied_views;
    assert_int_equal(t->f.ops->view(t->f.disk, from, 50, 100, &view), WG_OK);
    assert_true(view.buf->env != &t->f.env && view.buf->env != &t->env); /* neither process has made it */
    assert_in_range(sim_disk_counters(t->f.disk).copied_views, made, made + 1);
    assert_int_equal(sim_disk_ops.open(t->other, path, true, &to), WG_OK);
    uint32_t begin = (uint32_t)(view.ptr - view.buf->bytes);
    assert_int_equal(sim_disk_ops.write(t->other, to, 0, view.buf, begin, view.len), WG_OK);
    wg_buf_unref(view.buf);
    if (synced) {
        uint64_t job = sim_disk_job_begin(t->other);
        assert_int_equal(sim_disk_ops.sync(t->other, to), WG_OK);
        sim_disk_job_end(t->other, job, 1);
    }
}

static void free_both(struct two_disks *t, bool maker_first) {
    sim_disk_empty(maker_first ? t->f.disk : t->other);
    sim_disk_empty(maker_first ? t->other : t->f.disk);
    if (maker_first) {
        sim_disk_free(t->f.disk);
        sim_disk_free(t->other);
    } else {
        sim_disk_free(t->other);
        sim_disk_free(t->f.disk);
    }
    t->f.disk = NULL;
    disk_fixture_close(&t->f); /* fails if a byte is left */
}

static void bytes_of_one_disk_on_the_other_go_in_both_orders(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        struct two_disks t;
        two_disks_open(&t);
        wg_file from = (i & 1) != 0 ? in_pieces(&t) : all_zeros(&t);
        send(&t, from, "kept", (i & 2) != 0);
        send(&t, from, "kept as well", false);
        free_both(&t, (i & 4) != 0);
    }
}

/* The other way round as well: each holds what the other one made. */
static void bytes_that_went_there_and_back_go_in_both_orders(void **state) {
    (void)state;
    for (uint32_t order = 0; order < 2; order++) {
        struct two_disks t;
        two_disks_open(&t);
        send(&t, in_pieces(&t), "there", true);
        struct wg_disk_view view;
        wg_file there = 0, back = open_file(&t.f, "back");
        assert_int_equal(sim_disk_ops.open(t.other, "there", false, &there), WG_OK);
        assert_int_equal(sim_disk_ops.resize(t.other, there, 150), WG_OK);
        assert_int_equal(sim_disk_ops.view(t.other, there, 50, 100, &view), WG_OK); /* half of it zeros */
        assert_int_equal(view.ptr[49], 2);
        assert_int_equal(view.ptr[50], 0);
        uint32_t begin = (uint32_t)(view.ptr - view.buf->bytes);
        assert_int_equal(t.f.ops->write(t.f.disk, back, 0, view.buf, begin, view.len), WG_OK);
        wg_buf_unref(view.buf);
        free_both(&t, order != 0);
    }
}

static void an_empty_disk_holds_nothing_and_can_be_used_again(void **state) {
    (void)state;
    struct two_disks t;
    two_disks_open(&t);
    wg_file from = in_pieces(&t);
    send(&t, from, "kept", true);
    sim_disk_empty(t.other);
    uint64_t size;
    assert_int_equal(sim_disk_counters(t.other).used_bytes, 0);
    assert_false(sim_disk_cached_size(t.other, "kept", &size));
    sim_disk_empty(t.other); /* twice is no harm */
    sim_disk_attach(t.other, &t.env);
    send(&t, from, "kept", true);
    assert_true(sim_disk_cached_size(t.other, "kept", &size));
    assert_int_equal(size, 100);
    free_both(&t, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_one_disk_on_the_other_go_in_both_orders),
        cmocka_unit_test(bytes_that_went_there_and_back_go_in_both_orders),
        cmocka_unit_test(an_empty_disk_holds_nothing_and_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
