/* Rows about what an operator asks of a broker about its exporters: Z and N (rules), W (restarts and roles),
 * H (the management endpoint). */
#include "tests/conformance/conf.h"
#include "tests/unit/partition/harness.h"
#include "waggle/management.h"

static struct rig *rig_of(void **state, uint32_t members, uint32_t exporters) {
    struct rig *rig = rig_new(members, exporters);
    rig->options.quirks = quirks_of(state);
    rig->ack = 1;
    for (uint32_t e = 0; e < exporters; e++) {
        rig->exporters[e].type = "recorder";
    }
    return rig;
}

static void start(struct rig *rig) {
    rig_start(rig);
    rig_run(rig);
}

static struct rig *leading(void **state, uint32_t exporters) {
    struct rig *rig = rig_of(state, 1, exporters);
    start(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    return rig;
}

static wg_status ask(struct rig *rig, enum wg_admin_kind kind, const char *exporter,
                     const char *from) {
    uint32_t before = rig->admin_count;
    rig_admin_exporter(rig, kind, exporter, from);
    rig_run(rig);
    assert_int_equal(rig->admin_count, before + 1);
    return (wg_status)rig->admin_status;
}

static wg_status disable(struct rig *rig, const char *exporter) {
    return ask(rig, WG_ADMIN_DISABLE_EXPORTER, exporter, NULL);
}

static wg_status enable(struct rig *rig, const char *exporter, const char *from) {
    return ask(rig, WG_ADMIN_ENABLE_EXPORTER, exporter, from);
}

static struct wg_exporter_setting setting(const struct rig *rig, uint32_t exporter) {
    struct wg_exporter_setting setting;
    assert_false(wg_node_exporter_setting(rig->node, exporter, &setting));
    return setting;
}

static bool has_row(const struct rig *rig, uint32_t exporter) {
    wg_position position;
    return wg_node_exporter_position(rig->node, 1, exporter, &position) == WG_OK;
}

static void restart(struct rig *rig) {
    rig_kill(rig);
    mem_disk_power_loss(rig->disk, MEM_DISK_LOSE_ALL, 1);
    memset(rig->calls, 0, sizeof rig->calls);
    start(rig);
}

static void commands(struct rig *rig, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        rig_command(rig);
        for (uint32_t r = 0; r < rig->reply_count; r++) {
            wg_buf_unref(rig->replies[r].value);
        }
        rig->reply_count = 0;
    }
}

/* --- Z: one broker -------------------------------------------------------------------------------- */

static void conf_Z01_disabling_changes_what_is_in_force(void **state) {
    struct rig *rig = leading(state, 2);
    rig_expect_calls(rig, "ccoo");
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_false(setting(rig, 0).enabled);
    assert_true(setting(rig, 1).enabled);
    assert_false(has_row(rig, 0));
    assert_true(has_row(rig, 1));
    rig_expect_calls(rig, "xd"); /* the director was told at once */
    rig_free(rig);
}

static void conf_Z02_disabling_works_without_a_director(void **state) {
    struct rig *rig = leading(state, 2);
    rig_become(rig, WG_ROLE_INACTIVE);
    memset(rig->calls, 0, sizeof rig->calls);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_false(setting(rig, 0).enabled);
    rig_expect_calls(rig, "");
    rig_become(rig, WG_ROLE_FOLLOWER); /* picked up by the next director */
    rig_expect_calls(rig, "c");
    assert_false(has_row(rig, 0));
    assert_true(has_row(rig, 1));
    rig_free(rig);
}

/* Upstream passes on what its director says. Ours says nothing: disabling asks an exporter for a close only, whose
 * error stops nobody, and in a director that is down there is nothing to end. */
static void conf_Z03_disabling_succeeds_over_a_director_that_is_down(void **state) {
    struct rig *rig = rig_of(state, 1, 2);
    rig->fail_opens = 1000000;
    start(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_false(setting(rig, 0).enabled);
    rig->fail_opens = 0;
    memset(rig->calls, 0, sizeof rig->calls);
    rig_pass(rig, 30 * WG_SECOND); /* documented: the other one is started again */
    rig_expect_calls(rig, is_zeebe(state) ? "" : "co");
    rig_free(rig);
}

static void conf_Z04_enabling_changes_what_is_in_force(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_OK);
    assert_true(setting(rig, 0).enabled);
    assert_int_equal(setting(rig, 0).version, 1);
    assert_int_equal(setting(rig, 0).source, WG_NO_EXPORTER);
    assert_true(has_row(rig, 0));
    rig_expect_calls(rig, "ccooxdco");
    rig_free(rig);
}

static void conf_Z05_enabling_works_without_a_director(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    rig_become(rig, WG_ROLE_INACTIVE);
    memset(rig->calls, 0, sizeof rig->calls);
    assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_OK);
    assert_true(setting(rig, 0).enabled);
    rig_expect_calls(rig, "");
    rig_become(rig, WG_ROLE_FOLLOWER);
    rig_expect_calls(rig, "cc");
    assert_true(has_row(rig, 0));
    rig_free(rig);
}

/* Upstream the change fails with its director, is tried again, and succeeds then, for a director that is down does
 * nothing. Here it is answered when it is stored: the same end, and the same for the director. */
static void conf_Z06_enabling_that_cannot_open_takes_the_director_down(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    memset(rig->calls, 0, sizeof rig->calls);
    rig->fail_opens = 1;
    assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_OK);
    assert_true(setting(rig, 0).enabled);
    commands(rig, 1);
    assert_int_equal(rig_calls(rig, 'e'), 0); /* nobody gets anything */
    rig_pass(rig, 30 * WG_SECOND);
    assert_int_equal(rig_calls(rig, 'e') > 0, !is_zeebe(state));
    rig_free(rig);
}

static void conf_Z07_source_is_kept(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, rig->exporters[1].id), WG_OK);
    assert_int_equal(setting(rig, 0).source, 1);
    restart(rig);
    assert_int_equal(setting(rig, 0).source, 1);
    assert_int_equal(setting(rig, 0).version, 1);
    rig_free(rig);
}

static void conf_Z08_unknown_exporter_is_refused(void **state) {
    struct rig *rig = leading(state, 1);
    assert_int_equal(enable(rig, "unknown", NULL), WG_NOT_FOUND);
    assert_int_equal(disable(rig, "unknown"), WG_NOT_FOUND);
    rig_free(rig);
}

static void conf_Z09_unknown_source_is_refused(void **state) {
    struct rig *rig = leading(state, 1);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, "unknown"), WG_INVALID);
    assert_false(setting(rig, 0).enabled);
    rig_free(rig);
}

static void conf_Z10_source_of_another_type_is_refused(void **state) {
    struct rig *rig = rig_of(state, 1, 2);
    rig->exporters[1].type = "other";
    start(rig);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, rig->exporters[1].id), WG_INVALID);
    rig_free(rig);
}

/* --- N: rules of the cluster's configuration --------------------------------------------------- */

static void conf_N2_who_is_enabled_cannot_be_enabled(void **state) {
    struct rig *rig = leading(state, 1);
    assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_EXISTS);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK); /* of a disabled one: allowed */
    rig_free(rig);
}

static void conf_N2_disabled_source_is_refused(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(disable(rig, rig->exporters[1].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, rig->exporters[1].id), WG_INVALID);
    rig_free(rig);
}

static void conf_N2_version_grows_and_disabling_keeps_it(void **state) {
    struct rig *rig = leading(state, 2);
    for (int64_t version = 1; version <= 3; version++) {
        assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
        assert_int_equal(setting(rig, 0).version, version - 1);
        assert_int_equal(setting(rig, 0).source, WG_NO_EXPORTER);
        assert_int_equal(enable(rig, rig->exporters[0].id, rig->exporters[1].id), WG_OK);
        assert_int_equal(setting(rig, 0).version, version);
    }
    rig_free(rig);
}

static void conf_N2_who_leaves_the_configuration_is_kept_as_disabled(void **state) {
    struct rig *rig = leading(state, 2);
    rig_kill(rig);
    rig->exporters[0].absent = true;
    start(rig);
    assert_false(setting(rig, 0).enabled);
    assert_false(has_row(rig, 0));
    assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_NOT_FOUND);
    rig_kill(rig);
    rig->exporters[0].absent = false;
    start(rig);
    assert_int_equal(setting(rig, 0).enabled, !is_zeebe(state));
    if (is_zeebe(state)) {
        assert_int_equal(enable(rig, rig->exporters[0].id, NULL), WG_OK);
    }
    assert_true(setting(rig, 0).enabled);
    rig_free(rig);
}

/* --- W: restarts and roles --------------------------------------------------------------------- */

static void conf_W1_disabled_after_a_restart(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    restart(rig);
    assert_string_equal(rig->calls, "co");
    assert_false(has_row(rig, 0));
    assert_true(has_row(rig, 1));
    rig_free(rig);
}

static void conf_W1_disabled_after_a_role_change(void **state) {
    struct rig *rig = leading(state, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    memset(rig->calls, 0, sizeof rig->calls);
    rig_become(rig, WG_ROLE_FOLLOWER);
    assert_string_equal(rig->calls, "xdc");
    assert_false(has_row(rig, 0));
    assert_true(has_row(rig, 1));
    rig_free(rig);
}

static wg_position stored(const struct rig *rig, uint32_t exporter) {
    wg_position position;
    assert_int_equal(wg_node_exporter_position(rig->node, 1, exporter, &position), WG_OK);
    return position;
}

static void conf_W2_enabled_after_a_restart(void **state) {
    struct rig *rig = leading(state, 2);
    commands(rig, 2);
    assert_int_equal(disable(rig, rig->exporters[0].id), WG_OK);
    assert_int_equal(enable(rig, rig->exporters[0].id, rig->exporters[1].id), WG_OK);
    assert_int_equal(stored(rig, 0), 4); /* its source's */
    restart(rig);
    assert_string_equal(rig->calls + strspn(rig->calls, "c"), "ooeeeeeeee"); /* all again, to both */
    commands(rig, 1);
    assert_int_equal(stored(rig, 0), 6);
    assert_int_equal(stored(rig, 1), 6);
    rig_free(rig);
}

/* --- H: the endpoint --------------------------------------------------------------------------- */

static const char *list(const struct rig *rig) {
    static char text[400];
    struct wg_json_out out = {text, sizeof text, 0};
    wg_node_exporters_json(rig->node, &out);
    assert_int_equal(out.len, strlen(text));
    return text;
}

static void conf_H2_disable_and_enable(void **state) {
    struct rig *rig = leading(state, 2);
    rig->exporters[0].id = "first";
    rig->exporters[1].id = "se\"cond";
    restart(rig);
    wg_status status = disable(rig, "first");
    assert_int_equal(wg_admin_http_status(WG_ADMIN_DISABLE_EXPORTER, status), 202);
    assert_string_equal(list(rig), "[{\"exporterId\":\"first\",\"status\":\"DISABLED\"},"
                                   "{\"exporterId\":\"se\\\"cond\",\"status\":\"ENABLED\"}]");
    status = enable(rig, "first", NULL);
    assert_int_equal(wg_admin_http_status(WG_ADMIN_ENABLE_EXPORTER, status), 202);
    assert_non_null(strstr(list(rig), "\"first\",\"status\":\"ENABLED\""));
    rig_free(rig);
}

static void conf_H2_unknown_exporter_is_400(void **state) {
    struct rig *rig = leading(state, 1);
    wg_status status = disable(rig, "unknown");
    assert_int_equal(wg_admin_http_status(WG_ADMIN_DISABLE_EXPORTER, status), 400);
    assert_int_equal(wg_admin_http_status(WG_ADMIN_ENABLE_EXPORTER, WG_STALE), 409);
    rig_free(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(conf_Z01_disabling_changes_what_is_in_force),
        BOTH(conf_Z02_disabling_works_without_a_director),
        BOTH(conf_Z03_disabling_succeeds_over_a_director_that_is_down),
        BOTH(conf_Z04_enabling_changes_what_is_in_force),
        BOTH(conf_Z05_enabling_works_without_a_director),
        BOTH(conf_Z06_enabling_that_cannot_open_takes_the_director_down),
        BOTH(conf_Z07_source_is_kept),
        BOTH(conf_Z08_unknown_exporter_is_refused),
        BOTH(conf_Z09_unknown_source_is_refused),
        BOTH(conf_Z10_source_of_another_type_is_refused),
        BOTH(conf_N2_who_is_enabled_cannot_be_enabled),
        BOTH(conf_N2_disabled_source_is_refused),
        BOTH(conf_N2_version_grows_and_disabling_keeps_it),
        BOTH(conf_N2_who_leaves_the_configuration_is_kept_as_disabled),
        BOTH(conf_W1_disabled_after_a_restart),
        BOTH(conf_W1_disabled_after_a_role_change),
        BOTH(conf_W2_enabled_after_a_restart),
        BOTH(conf_H2_disable_and_enable),
        BOTH(conf_H2_unknown_exporter_is_400)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
