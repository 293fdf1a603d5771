/* Reserved snapshots stay, with the log behind them, until the first new one after their release. */
#include "seams/snapshot_store.h"
#include "tests/lib/mem_disk.h"
#include "tests/lib/test_env.h"
#include "tests/unit/journal/fake_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DIR "partitions/1"

struct replica {
    struct wg_env *env;
    struct wg_disk *disk;
    struct wg_snapshots *store;
    struct wg_state *state;
};

static void open_store(struct replica *r) {
    struct wg_snapshot_options options = {DIR, 1};
    assert_int_equal(wg_snapshots_open(r->env, &options, &r->store), WG_OK);
}

static void replica_new(struct replica *r) {
    r->env = test_env_new();
    r->disk = mem_disk_new(r->env, (uint64_t)1 << 30);
    r->state = wg_state_new(r->env);
    open_store(r);
}

static void replica_free(struct replica *r) {
    wg_snapshots_close(r->store);
    wg_state_free(r->state);
    assert_int_equal(mem_disk_handles(r->disk), 0);
    mem_disk_free(r->disk);
    test_env_free(r->env);
}

/* "5-3-50-45" */
static struct wg_snapshot_id id_of(wg_index index) {
    return (struct wg_snapshot_id){index, 3, (wg_position)index * 10, (wg_position)index * 9};
}

static wg_status take(struct replica *r, wg_index index) {
    struct wg_snapshot_id id = id_of(index);
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(r->state);
    wg_status status = wg_snapshots_persist(r->store, &id, checkpoint, id.processed + 5);
    wg_state_checkpoint_free(checkpoint);
    return status;
}

static wg_status reserve(struct replica *r, wg_index index) {
    struct wg_snapshot_id id = id_of(index);
    return wg_snapshots_reserve(r->store, &id);
}

static wg_status release(struct replica *r, wg_index index) {
    struct wg_snapshot_id id = id_of(index);
    return wg_snapshots_release(r->store, &id);
}

static bool five_is_whole(struct replica *r) {
    bool marker = mem_disk_exists(r->disk, DIR "/snapshots/5-3-50-45.checksum");
    bool state = mem_disk_exists(r->disk, DIR "/snapshots/5-3-50-45/state.bin");
    assert_int_equal(marker, state);
    return marker;
}

static void reserved_snapshot_stays_until_the_next_after_its_release(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(take(&r, 6), WG_OK);
    assert_int_equal(take(&r, 7), WG_OK);
    assert_true(five_is_whole(&r));
    assert_int_equal(wg_snapshots_latest(r.store)->index, 7);
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 5);
    assert_int_equal(release(&r, 5), WG_OK);
    assert_int_equal(take(&r, 8), WG_OK);
    assert_true(five_is_whole(&r)); /* reserved twice, released once */
    assert_int_equal(release(&r, 5), WG_OK);
    assert_true(five_is_whole(&r));
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 5);
    assert_int_equal(take(&r, 9), WG_OK);
    assert_false(five_is_whole(&r));
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 9);
    replica_free(&r);
}

static void released_snapshot_can_be_reserved_again_while_it_is_there(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(take(&r, 6), WG_OK);
    assert_int_equal(release(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(take(&r, 7), WG_OK);
    assert_true(five_is_whole(&r));
    replica_free(&r);
}

static void only_what_is_available_can_be_reserved_and_released(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(reserve(&r, 5), WG_NOT_FOUND);
    assert_int_equal(take(&r, 5), WG_OK);
    struct wg_snapshot_id other_term = id_of(5);
    other_term.term = 4;
    assert_int_equal(wg_snapshots_reserve(r.store, &other_term), WG_NOT_FOUND);
    assert_int_equal(release(&r, 5), WG_NOT_FOUND);
    assert_int_equal(take(&r, 6), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_NOT_FOUND);
    assert_int_equal(reserve(&r, 6), WG_OK);
    assert_int_equal(release(&r, 6), WG_OK);
    assert_int_equal(release(&r, 6), WG_NOT_FOUND);
    replica_free(&r);
}

static void too_many_reservations_are_refused(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    for (wg_index index = 1; index <= 8; index++) {
        assert_int_equal(take(&r, index), WG_OK);
        assert_int_equal(reserve(&r, index), WG_OK);
    }
    assert_int_equal(take(&r, 9), WG_OK);
    assert_int_equal(reserve(&r, 9), WG_FULL);
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 1);
    replica_free(&r);
}

static void failed_snapshot_takes_no_reserved_one_with_it(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(take(&r, 6), WG_OK);
    assert_int_equal(release(&r, 5), WG_OK);
    mem_disk_arm(r.disk, MEM_DISK_RENAME, 0, 1);
    assert_int_equal(take(&r, 7), WG_IO);
    mem_disk_arm(r.disk, 0, 0, 0);
    assert_true(five_is_whole(&r)); /* there was no new one */
    assert_int_equal(wg_snapshots_latest(r.store)->index, 6);
    replica_free(&r);
}

static void reservations_end_with_the_process(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5), WG_OK);
    assert_int_equal(reserve(&r, 5), WG_OK);
    assert_int_equal(take(&r, 6), WG_OK);
    wg_snapshots_close(r.store);
    mem_disk_power_loss(r.disk, MEM_DISK_LOSE_ALL, 0);
    open_store(&r);
    assert_false(five_is_whole(&r));
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 6);
    replica_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserved_snapshot_stays_until_the_next_after_its_release),
        cmocka_unit_test(released_snapshot_can_be_reserved_again_while_it_is_there),
        cmocka_unit_test(only_what_is_available_can_be_reserved_and_released),
        cmocka_unit_test(too_many_reservations_are_refused),
        cmocka_unit_test(failed_snapshot_takes_no_reserved_one_with_it),
        cmocka_unit_test(reservations_end_with_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
