/* A broker that finds its data directory held by another process does not start and touches nothing. */
#include "tests/unit/partition/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void refused_while_another_process_holds_the_directory(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 1);
    mem_disk_set_locked(rig->disk, true);
    mem_disk_arm(rig->disk, MEM_DISK_ALL | MEM_DISK_VIEW | MEM_DISK_SIZE, UINT32_MAX, 0);
    assert_null(wg_node_create(rig->env, &rig->options));
    assert_int_equal(mem_disk_ops_done(rig->disk), 0);
    mem_disk_set_locked(rig->disk, false);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_free(rig);
}

static void quirk_starts_all_the_same(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 1);
    rig->options.quirks = wg_quirk_bit(WG_QUIRK_LOCK_ACCEPTS_SAME_NODE);
    mem_disk_set_locked(rig->disk, true);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_free(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_while_another_process_holds_the_directory),
        cmocka_unit_test(quirk_starts_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
