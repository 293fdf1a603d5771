/* Quirks and watermarks: every name is known and documented, and scenarios can ask for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/scenario/scenario_dump.h"
#include "sim/scenario/scenario_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "apiVersion: waggle/v1alpha1\nname: test\nduration: 1m\n"
#define MIB (UINT64_C(1) << 20)

static struct sim_scenario *parse(const char *cluster) {
    char text[4000];
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    int n = snprintf(text, sizeof text, HEAD "%s", cluster);
    assert_true(n > 0 && (size_t)n < sizeof text);
    (void)sim_scenario_parse("test.yaml", text, (size_t)n, &scenario, &diagnostics);
    sim_diagnostics_done(&diagnostics);
    return scenario;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void every_quirk_has_a_name_and_a_row(void **state) {
    (void)state;
    char *page = read_file(FIDELITY);
    for (int quirk = 0; quirk < WG_QUIRK_COUNT; quirk++) {
        const char *name = wg_quirk_name((enum wg_quirk)quirk);
        char row[80];
        assert_int_equal(wg_quirk_find(name), quirk);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        assert_true(strlen(wg_quirk_effect((enum wg_quirk)quirk)) > 20);
        snprintf(row, sizeof row, "\n| `%s` |", name);
        if (strstr(page, row) == NULL) {
            fail_msg("docs/FIDELITY.md has no row for %s", name);
        }
    }
    assert_int_equal(wg_quirk_find("no-such-quirk"), -1);
    free(page);
}

static void each_quirk_can_be_switched_on_alone(void **state) {
    (void)state;
    for (int quirk = 0; quirk < WG_QUIRK_COUNT; quirk++) {
        char text[200];
        snprintf(text, sizeof text, "cluster: { quirks: [%s] }\n",
                 wg_quirk_name((enum wg_quirk)quirk));
        struct sim_scenario *s = parse(text);
        assert_non_null(s);
        assert_int_equal(s->cluster.quirks, wg_quirk_bit((enum wg_quirk)quirk));
        assert_int_equal(s->cluster.behaviour, WG_BEHAVIOUR_DOCUMENTED);
        sim_scenario_free(s);
    }
    struct sim_scenario *none = parse("cluster: { brokers: 3 }\n");
    assert_int_equal(none->cluster.quirks, 0);
    sim_scenario_free(none);
    assert_null(parse("cluster: { quirks: [no-such-quirk] }\n"));
    assert_null(parse("cluster: { quirks: director-stays-down }\n"));
}

static void behaviour_means_all_quirks(void **state) {
    (void)state;
    struct wg_node_options options = {.behaviour = WG_BEHAVIOUR_ZEEBE_8_6};
    for (int quirk = 0; quirk < WG_QUIRK_COUNT; quirk++) {
        assert_true(wg_has_quirk(&options, (enum wg_quirk)quirk));
    }
    assert_int_equal(wg_quirks_of(&options), WG_ALL_QUIRKS);
    options = (struct wg_node_options){.quirks = wg_quirk_bit(WG_QUIRK_LAST_ACK_WINS)};
    assert_true(wg_has_quirk(&options, WG_QUIRK_LAST_ACK_WINS));
    assert_false(wg_has_quirk(&options, WG_QUIRK_KEPT_CHUNK_ID));
}

static void expect_watermarks(const char *cluster, uint64_t processing, uint64_t replication) {
    struct sim_scenario *s = parse(cluster);
    assert_non_null(s);
    assert_int_equal(s->cluster.min_free_processing, processing);
    assert_int_equal(s->cluster.min_free_replication, replication);
    sim_scenario_free(s);
}

static void watermarks_follow_the_disk_unless_given(void **state) {
    (void)state;
    expect_watermarks("", 8 * MIB, 4 * MIB);
    expect_watermarks("cluster: { disk: { size: 16MiB } }\n", 2 * MIB, MIB);
    expect_watermarks("cluster: { preset: zeebe }\n", 2048 * MIB, 1024 * MIB);
    expect_watermarks("cluster: { preset: zeebe, disk: { size: 8GiB } }\n", 1024 * MIB, 512 * MIB);
    expect_watermarks("cluster: { disk: { freeSpace: { processing: 5MiB } } }\n", 5 * MIB, 4 * MIB);
    expect_watermarks("cluster: { disk: { freeSpace: { processing: 0B, replication: 0B } } }\n", 0,
                      0);
    assert_null(parse("cluster: { disk: { freeSpace: { processing: 64MiB } } }\n"));
    assert_null(parse("cluster: { disk: { freeSpace: { replication: 9MiB } } }\n"));
}

static char *dumped(const struct sim_scenario *s) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    sim_scenario_dump(s, out);
    fclose(out);
    return text;
}

static void dump_keeps_quirks_and_watermarks(void **state) {
    (void)state;
    struct sim_scenario *s =
        parse("cluster: { quirks: [last-ack-wins, director-stays-down], disk: { freeSpace: "
              "{ processing: 3MiB, replication: 2MiB } } }\n");
    assert_non_null(s);
    char *text = dumped(s);
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *again = NULL;
    assert_int_equal(
        sim_scenario_parse("test.yaml", text, strlen(text), &again, &diagnostics), 0);
    assert_int_equal(again->cluster.quirks, s->cluster.quirks);
    assert_int_equal(again->cluster.min_free_processing, 3 * MIB);
    assert_int_equal(again->cluster.min_free_replication, 2 * MIB);
    sim_diagnostics_done(&diagnostics);
    sim_scenario_free(again);
    sim_scenario_free(s);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quirk_has_a_name_and_a_row),
        cmocka_unit_test(each_quirk_can_be_switched_on_alone),
        cmocka_unit_test(behaviour_means_all_quirks),
        cmocka_unit_test(watermarks_follow_the_disk_unless_given),
        cmocka_unit_test(dump_keeps_quirks_and_watermarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
