/* Rows about exporters that are enabled and disabled while the director runs (A, E, the last ones of C, Y),
 * and records that the configuration keeps from all (D9). */
#include "tests/conformance/script.h"

#include "exporting/container.h"

static struct wg_exporter_setting settings[8];

/* Exporters "a", "b", ..; all of them enabled from the configuration. */
static struct harness *with_settings(uint32_t exporters, void **state) {
    struct harness *h = scripted(exporters, state);
    for (uint32_t e = 0; e < 8; e++) {
        settings[e] = (struct wg_exporter_setting){true, 0, WG_NO_EXPORTER};
        script.exporters[e].acks = true;
    }
    h->options.exporter_settings = settings;
    return h;
}

static void disable(struct harness *h, uint32_t exporter) {
    settings[exporter].enabled = false;
    if (h->director != NULL) {
        harness_post(h, WG_POST_SETTINGS, 0);
    }
}

static void enable(struct harness *h, uint32_t exporter, uint32_t source) {
    settings[exporter].enabled = true;
    settings[exporter].version++;
    settings[exporter].source = source;
    if (h->director != NULL) {
        harness_post(h, WG_POST_SETTINGS, 0);
    }
}

static void write_some(struct harness *h, uint32_t count) {
    harness_write(h, count);
    harness_commit(h);
}

static uint32_t exports_of(const struct harness *h, uint32_t exporter) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < h->call_count; i++) {
        count += h->calls[i].kind == WG_PLUGIN_EXPORT && h->calls[i].exporter == exporter;
    }
    return count;
}

static void conf_A01_disabled_exporter_gets_nothing_more(void **state) {
    struct harness *h = with_settings(2, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 2);
    disable(h, 0);
    assert_string_equal(strstr(harness_trace(h), "x0"), "x0 d0");
    script.exporters[1].acks = false;
    write_some(h, 3);
    assert_int_equal(exports_of(h, 0), 2);
    assert_int_equal(exports_of(h, 1), 5);
    assert_int_equal(harness_position(h, "a"), -2);
    assert_int_equal(wg_exporter_rows_lowest(h->state), 2);
    harness_free(h);
}

static void conf_A02_disabling_twice_succeeds(void **state) {
    struct harness *h = with_settings(2, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    disable(h, 0);
    uint32_t calls = h->call_count;
    disable(h, 0);
    assert_int_equal(h->call_count, calls);
    assert_int_equal(h->status, WG_OK);
    harness_free(h);
}

static void conf_A03_disabling_who_never_ran_succeeds(void **state) {
    struct harness *h = with_settings(2, state);
    settings[0].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    uint32_t calls = h->call_count;
    disable(h, 0);
    assert_int_equal(h->call_count, calls);
    assert_int_equal(h->status, WG_OK);
    harness_free(h);
}

static void conf_A04_closed_director_does_nothing(void **state) {
    struct harness *h = with_settings(2, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_close(h);
    uint32_t calls = h->call_count;
    disable(h, 0);
    assert_int_equal(h->call_count, calls);
    assert_int_equal(h->status, WG_OK);
    harness_free(h);
}

static void conf_E01_enabled_exporter_gets_what_comes_then(void **state) {
    struct harness *h = with_settings(2, state);
    settings[1].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 3);
    enable(h, 1, WG_NO_EXPORTER);
    assert_int_equal(script.opened[1].last_position, -1);
    assert_string_equal(script.opened_metadata[1], "");
    assert_int_equal(harness_position(h, "b"), is_zeebe(state) ? -1 : 3);
    write_some(h, 2);
    assert_int_equal(exports_of(h, 1), 2);
    assert_int_equal(harness_position(h, "b"), 5);
    harness_free(h);
}

static void conf_E02_metadata_continues_from_the_source(void **state) {
    struct harness *h = with_settings(2, state);
    settings[1].enabled = false;
    script.exporters[0].metadata = "one";
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 3);
    enable(h, 1, 0);
    assert_int_equal(script.opened[1].last_position, 3);
    assert_string_equal(script.opened_metadata[1], "one");
    expect_row(h, "b", 3, "one");
    harness_free(h);
}

static void conf_E03_enabled_again_it_has_the_newest_metadata(void **state) {
    struct harness *h = with_settings(2, state);
    settings[1].enabled = false;
    script.exporters[0].metadata = "one";
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    enable(h, 1, 0);
    disable(h, 1);
    script.exporters[0].metadata = "two";
    write_some(h, 1);
    enable(h, 1, 0);
    assert_int_equal(settings[1].version, 2);
    assert_string_equal(script.opened_metadata[1], "two");
    expect_row(h, "b", 2, "two");
    harness_free(h);
}

static void conf_E04_idle_director_exports_again(void **state) {
    struct harness *h = with_settings(1, state);
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 1);
    disable(h, 0);
    assert_int_equal(h->log.readers, 0);
    write_some(h, 1);
    assert_int_equal(exports_of(h, 0), 1);
    enable(h, 0, WG_NO_EXPORTER);
    write_some(h, 1);
    assert_int_equal(h->log.readers, 1);
    assert_int_equal(h->calls[h->call_count - 1].position, 3);
    assert_int_equal(harness_position(h, "a"), 3);
    harness_free(h);
}

/* --- rows of C about versions ------------------------------------------------------------------ */

static void expect_version(struct harness *h, const char *id, int64_t version) {
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(h->state, id, &row));
    assert_int_equal(row.metadata_version, version);
}

static void initialise(struct harness *h, const char *id, int64_t version, const char *source) {
    struct wg_container container;
    wg_container_init(&container, 0, id);
    container.quirks = h->options.quirks;
    wg_container_initialise(&container, &h->env, h->state, version, source);
    wg_container_load(&container, &h->env, h->state, 1);
    wg_container_done(&container, &h->env);
}

static void conf_C22_given_version_is_stored(void **state) {
    struct harness *h = scripted(1, state);
    initialise(h, "a", 10, NULL);
    expect_row(h, "a", -1, "");
    expect_version(h, "a", 10);
    harness_free(h);
}

static void conf_C23_newer_version_begins_at_minus_one(void **state) {
    struct harness *h = scripted(1, state);
    stored_row(h, "a", 7, "old");
    initialise(h, "a", 1, NULL);
    expect_row(h, "a", -1, "");
    expect_version(h, "a", 1);
    harness_free(h);
}

static void conf_C24_copy_has_position_and_metadata(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "b", 12, "of b");
    initialise(h, "a", 10, "b");
    expect_row(h, "a", 12, "of b");
    expect_version(h, "a", 10);
    expect_version(h, "b", 0);
    harness_free(h);
}

static void conf_C25_copy_replaces_an_older_row(void **state) {
    struct harness *h = scripted(2, state);
    stored_row(h, "a", 40, "old");
    stored_row(h, "b", 12, "of b");
    initialise(h, "a", 10, "b");
    expect_row(h, "a", 12, "of b");
    initialise(h, "a", 10, NULL); /* the same version again changes nothing */
    expect_row(h, "a", 12, "of b");
    harness_free(h);
}

static void conf_J21_older_state_does_not_pass_the_fence(void **state) {
    struct harness *h = with_settings(2, state);
    stored_row(h, "a", 40, "of an earlier enabling");
    settings[0].version = 3;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    expect_version(h, "a", 3);
    assert_int_equal(script.opened[0].last_position, -1);
    assert_string_equal(script.opened_metadata[0], "");
    harness_free(h);
}

/* --- starts ----------------------------------------------------------------------------------- */

static void conf_Y05_only_enabled_exporters_are_installed(void **state) {
    struct harness *h = with_settings(2, state);
    settings[0].enabled = false;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_string_equal(harness_trace(h), "c1 o1");
    assert_int_equal(harness_position(h, "a"), -2);
    harness_free(h);
}

/* The settings change while the first configure call goes on. */
static struct harness *starting(void **state) {
    struct harness *h = with_settings(2, state);
    settings[1].enabled = false;
    h->hold_kind = WG_PLUGIN_CONFIGURE;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    assert_true(h->outstanding);
    return h;
}

static void conf_Y06_disabled_while_it_starts(void **state) {
    struct harness *h = starting(state);
    disable(h, 0);
    harness_answer(h, WG_PLUGIN_OK);
    write_some(h, 1);
    assert_string_equal(harness_trace(h), "c0 o0 x0 d0");
    harness_free(h);
}

static void conf_Y07_enabled_while_it_starts(void **state) {
    struct harness *h = starting(state);
    enable(h, 1, WG_NO_EXPORTER);
    harness_answer(h, WG_PLUGIN_OK);
    write_some(h, 1);
    assert_string_equal(harness_trace(h), "c0 o0 c1 o1 e0:1 e1:1");
    harness_free(h);
}

/* --- skipRecords ------------------------------------------------------------------------------ */

static void conf_D09_skipped_records_reach_nobody(void **state) {
    static const wg_position skip[] = {2, 5};
    struct harness *h = with_settings(2, state);
    h->options.skip_records = skip;
    h->options.skip_record_count = 2;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    write_some(h, 3);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 e1:1 e0:3 e1:3");
    script.exporters[1].acks = false;
    write_some(h, 2); /* the last one is skipped: it moves who has nothing in flight */
    assert_int_equal(harness_position(h, "a"), 5);
    assert_int_equal(harness_position(h, "b"), 3);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(conf_A01_disabled_exporter_gets_nothing_more),
                                       BOTH(conf_A02_disabling_twice_succeeds),
                                       BOTH(conf_A03_disabling_who_never_ran_succeeds),
                                       BOTH(conf_A04_closed_director_does_nothing),
                                       BOTH(conf_E01_enabled_exporter_gets_what_comes_then),
                                       BOTH(conf_E02_metadata_continues_from_the_source),
                                       BOTH(conf_E03_enabled_again_it_has_the_newest_metadata),
                                       BOTH(conf_E04_idle_director_exports_again),
                                       BOTH(conf_C22_given_version_is_stored),
                                       BOTH(conf_C23_newer_version_begins_at_minus_one),
                                       BOTH(conf_C24_copy_has_position_and_metadata),
                                       BOTH(conf_C25_copy_replaces_an_older_row),
                                       BOTH(conf_J21_older_state_does_not_pass_the_fence),
                                       BOTH(conf_Y05_only_enabled_exporters_are_installed),
                                       BOTH(conf_Y06_disabled_while_it_starts),
                                       BOTH(conf_Y07_enabled_while_it_starts),
                                       BOTH(conf_D09_skipped_records_reach_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
