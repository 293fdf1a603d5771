/* Two processes on one disk: one cache, but handles, syncs in flight and the lock are each one's own. */
#include "disk_fixture.h"

struct pair {
    struct disk_fixture f; /* its env is the first process */
    struct wg_env second;
};

static void pair_open(struct pair *p) {
    disk_fixture_open(&p->f, 1, UINT64_MAX);
    p->second = (struct wg_env){.ops = &test_env_ops};
    sim_disk_attach(p->f.disk, &p->second);
    sim_disk_use(p->f.disk, &p->f.env);
}

static void pair_close(struct pair *p) {
    disk_fixture_close(&p->f);
}

static wg_status lock_as(struct pair *p, struct wg_env *env) {
    sim_disk_use(p->f.disk, env);
    return p->f.ops->lock(p->f.disk);
}

static void test_lock_is_one_process_s(void **state) {
    (void)state;
    struct pair p;
    pair_open(&p);
    assert_int_equal(lock_as(&p, &p.f.env), WG_OK);
    assert_int_equal(lock_as(&p, &p.second), WG_LOCKED);
    assert_int_equal(lock_as(&p, &p.f.env), WG_OK);
    assert_int_equal(lock_as(&p, &p.second), WG_LOCKED);
    pair_close(&p);
}

static void test_lock_ends_with_its_process(void **state) {
    (void)state;
    struct pair p;
    pair_open(&p);
    assert_int_equal(lock_as(&p, &p.f.env), WG_OK);
    sim_disk_user_ended(p.f.disk, &p.second);
    sim_disk_attach(p.f.disk, &p.second);
    assert_int_equal(lock_as(&p, &p.second), WG_LOCKED);
    sim_disk_user_ended(p.f.disk, &p.f.env);
    assert_int_equal(lock_as(&p, &p.second), WG_OK);
    sim_disk_power_loss(p.f.disk, 1);
    sim_disk_attach(p.f.disk, &p.f.env);
    assert_int_equal(lock_as(&p, &p.f.env), WG_OK);
    pair_close(&p);
}

static void test_both_see_one_cache(void **state) {
    (void)state;
    struct pair p;
    pair_open(&p);
    wg_file mine = open_file(&p.f, "a");
    sim_disk_use(p.f.disk, &p.second);
    wg_file theirs = open_file(&p.f, "a");
    assert_int_not_equal(mine, theirs);
    sim_disk_use(p.f.disk, &p.f.env);
    uint32_t own = p.f.env.disk_epoch, other = p.second.disk_epoch;
    assert_int_equal(write_bytes(&p.f, mine, 0, "hello", 5), WG_OK);
    assert_int_equal(p.f.env.disk_epoch, own);
    assert_int_not_equal(p.second.disk_epoch, other); /* what it has read may be stale */
    struct wg_disk_view view;
    assert_int_equal(p.f.ops->view(p.f.disk, theirs, 0, 5, &view), WG_OK);
    assert_memory_equal(view.ptr, "hello", 5);
    wg_buf_unref(view.buf);
    pair_close(&p);
}

static void test_one_ends_and_the_other_goes_on(void **state) {
    (void)state;
    struct pair p;
    pair_open(&p);
    wg_file mine = open_file(&p.f, "mine");
    sim_disk_use(p.f.disk, &p.second);
    wg_file theirs = open_file(&p.f, "theirs");
    sim_disk_use(p.f.disk, &p.f.env);
    write_fill(&p.f, mine, 0, 100, 1);
    uint64_t my_job = sim_disk_job_begin(p.f.disk);
    assert_int_equal(p.f.ops->sync(p.f.disk, mine), WG_OK);
    sim_disk_use(p.f.disk, &p.second);
    uint64_t their_job = sim_disk_job_begin(p.f.disk);
    write_fill(&p.f, theirs, 0, 100, 2);
    assert_int_equal(p.f.ops->sync(p.f.disk, theirs), WG_OK);
    sim_disk_user_ended(p.f.disk, &p.f.env);
    sim_disk_job_end(p.f.disk, my_job, 5);
    assert_int_equal(p.f.facts[SIM_FACT_DISK_SYNCED], 0);
    sim_disk_job_end(p.f.disk, their_job, 6);
    assert_int_equal(p.f.facts[SIM_FACT_DISK_SYNCED], 1);
    uint64_t size;
    assert_int_equal(p.f.ops->size(p.f.disk, mine, &size), WG_INVALID); /* closed */
    assert_int_equal(p.f.ops->size(p.f.disk, theirs, &size), WG_OK);
    wg_time before = p.second.cost;
    write_fill(&p.f, theirs, 0, 2048, 3); /* the one that is left is charged */
    assert_true(p.second.cost > before);
    pair_close(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_is_one_process_s),
        cmocka_unit_test(test_lock_ends_with_its_process),
        cmocka_unit_test(test_both_see_one_cache),
        cmocka_unit_test(test_one_ends_and_the_other_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
