/* Which settings of the exporters a broker's directors see (engine/partition/exporter_settings.h). */
#include "tests/unit/partition/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool enabled(const struct rig *rig, uint32_t exporter) {
    struct wg_exporter_setting setting;
    (void)wg_node_exporter_setting(rig->node, exporter, &setting);
    return setting.enabled;
}

/* The directors run beside the job that writes the file: nothing is in force before it has ended. A
 * director that started meanwhile had an exporter open that was enabled nowhere yet. */
static void settings_are_in_force_behind_the_job_that_stores_them(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig_start(rig);
    rig_run(rig);
    rig_admin_exporter(rig, WG_ADMIN_DISABLE_EXPORTER, rig->exporters[0].id, NULL);
    assert_true(rig_step(rig));
    assert_int_equal(rig->admin_count, 1);
    assert_true(enabled(rig, 0));
    rig_run(rig);
    assert_false(enabled(rig, 0));
    rig_admin_exporter(rig, WG_ADMIN_ENABLE_EXPORTER, rig->exporters[0].id, NULL);
    assert_true(rig_step(rig));
    assert_false(enabled(rig, 0));
    rig_run(rig);
    assert_true(enabled(rig, 0));
    assert_true(enabled(rig, 1));
    rig_free(rig);
}

/* A process that starts has them before its first director does. */
static void stored_settings_are_in_force_from_the_start(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig_start(rig);
    rig_run(rig);
    rig_admin_exporter(rig, WG_ADMIN_DISABLE_EXPORTER, rig->exporters[1].id, NULL);
    rig_run(rig);
    rig_start(rig);
    assert_true(enabled(rig, 1)); /* not read yet */
    assert_true(rig_step(rig));
    assert_false(enabled(rig, 1));
    rig_free(rig);
}

/* Broker 0 of three may have lost what was stored: its first change waits until another one has said what it
 * knows, and is refused if nobody does. Only one may wait. That it is carried out then: management-requests. */
static void first_change_waits_for_the_others(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 2);
    rig->options.settings_brokers = 3;
    rig_start(rig);
    rig_run(rig);
    rig_admin_exporter(rig, WG_ADMIN_DISABLE_EXPORTER, rig->exporters[0].id, NULL);
    rig_run(rig);
    assert_int_equal(rig->admin_count, 0);
    rig_admin_exporter(rig, WG_ADMIN_DISABLE_EXPORTER, rig->exporters[1].id, NULL);
    rig_run(rig);
    assert_int_equal(rig->admin_count, 1);
    assert_int_equal(rig->admin_status, WG_CLOSED);
    rig_pass(rig, 900 * WG_MS);
    assert_int_equal(rig->admin_count, 1);
    rig_pass(rig, 200 * WG_MS);
    assert_int_equal(rig->admin_count, 2);
    assert_int_equal(rig->admin_status, WG_CLOSED);
    assert_true(enabled(rig, 0));
    rig_free(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_in_force_behind_the_job_that_stores_them),
        cmocka_unit_test(stored_settings_are_in_force_from_the_start),
        cmocka_unit_test(first_change_waits_for_the_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
