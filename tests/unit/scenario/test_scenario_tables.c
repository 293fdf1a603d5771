/* The tables behind the reader: what can be named is known, and what is known is described. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/invariants/bench.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/scenario_dump.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/scenario_locate.h"
#include "sim/scenario/verdict_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO                                                                                   \
    "apiVersion: waggle/v1alpha1\n"                                                                \
    "name: test\n"                                                                                 \
    "cluster: { partitions: 2 }\n"                                                                 \
    "workload: [{ process: one-task, rate: 20/s, until: 1m }]\n"                                   \
    "exporters: [{ id: mine, type: recorder }, { id: other, type: recorder }]\n"

static struct sim_scenario *parse(const char *text) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    if (sim_scenario_parse("test.yaml", text, strlen(text), &scenario, &diagnostics) != 0) {
        sim_diagnostics_print(&diagnostics, stderr);
    }
    sim_diagnostics_done(&diagnostics);
    assert_non_null(scenario);
    return scenario;
}

static void every_judge_is_on_the_page(void **state) {
    static const char *const ids[] = {
#define JUDGE_ID(name, id, file) id,
        JUDGE_RULE_MAP(JUDGE_ID)
#undef JUDGE_ID
        "liveness", "assertion", "plugin-hang", "plugin-crash", "plugin-memory", "fault-target", "expectation"};
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (sim_invariant_find(ids[i]) < 0) {
            fail_msg("docs/INVARIANTS.md has no section or row for %s", ids[i]);
        }
    }
    assert_int_equal(sim_invariant_find("id"), -1);
    assert_int_equal(sim_invariant_find("code"), -1);
    assert_int_equal(sim_invariant_find("Found by the run itself"), -1);
    for (uint32_t i = 0; i < sim_invariant_count(); i++) {
        int len = 0;
        assert_non_null(sim_invariant_statement(i, &len));
        assert_true(len > 20);
        assert_int_equal(sim_invariant_find(sim_invariant_id(i)), (int)i);
    }
}

static void check_rows(const struct sim_table *table, const char *where) {
    for (size_t i = 0; i < table->count; i++) {
        const struct sim_field *field = &table->fields[i];
        if (field->read == sim_read_later) {
            continue;
        }
        if (field->about == NULL || strlen(field->about) < 8) {
            fail_msg("%s.%s says nothing about itself", where, field->key);
        }
        if (field->table != NULL) {
            check_rows(field->table, field->key);
        }
    }
}

static void every_key_says_what_it_is_for(void **state) {
    (void)state;
    check_rows(&sim_top_keys, "top");
    for (uint32_t kind = 0; kind < sim_expect_kinds.count; kind++) {
        check_rows(sim_expect_keys(kind), "expect");
    }
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        if (sim_exporter_types[i].args != NULL) {
            check_rows(sim_exporter_types[i].args, sim_exporter_types[i].name);
        }
    }
}

static void tolerances_and_steps_survive_the_dump(void **state) {
    static const char text[] = SCENARIO
        "steps:\n"
        "  - { at: 5s, do: softPauseExporting, target: { leaderOf: 2 } }\n"
        "  - { at: 10s, do: takeSnapshot, partition: 1 }\n"
        "tolerate:\n"
        "  - { invariant: ack-soundness, exporter: other, partition: 2, max: 3, reason: \"a: b\" }\n"
        "  - { invariant: liveness, blame: sink, max: 1, reason: c }\n";
    (void)state;
    struct sim_scenario *scenario = parse(text);
    assert_int_equal(scenario->step_count, 2);
    assert_int_equal(scenario->steps[0].action, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    assert_int_equal(scenario->steps[0].target_kind, SIM_TARGET_LEADER_OF);
    assert_int_equal(scenario->steps[0].target, 2);
    assert_int_equal(scenario->steps[0].partition, 0);
    assert_int_equal(scenario->steps[1].action, WG_ADMIN_TAKE_SNAPSHOT);
    assert_int_equal(scenario->steps[1].target_kind, SIM_TARGET_ALL);
    assert_int_equal(scenario->steps[1].partition, 1);
    assert_int_equal(scenario->tolerate_count, 2);
    assert_int_equal(scenario->tolerates[0].exporter, 1);
    assert_int_equal(scenario->tolerates[0].max, 3);
    assert_int_equal(scenario->tolerates[1].exporter, -1);

    char *once = NULL;
    char *twice = NULL;
    size_t once_len, twice_len;
    FILE *out = open_memstream(&once, &once_len);
    sim_scenario_dump(scenario, out);
    fclose(out);
    struct sim_scenario *again = parse(once);
    out = open_memstream(&twice, &twice_len);
    sim_scenario_dump(again, out);
    fclose(out);
    assert_string_equal(once, twice);
    assert_non_null(strstr(once, "reason: \"a: b\""));
    assert_non_null(strstr(once, "do: softPauseExporting\n    target: { leaderOf: 2 }"));
    free(once);
    free(twice);
    sim_scenario_free(scenario);
    sim_scenario_free(again);
}

static void tolerance_is_about_its_scope_only(void **state) {
    (void)state;
    struct sim_scenario *scenario = parse(
        SCENARIO "tolerate:\n"
                 "  - { invariant: liveness, exporter: mine, partition: 2, max: 1, reason: x }\n");
    const struct sim_tolerate_options *tolerate = &scenario->tolerates[0];
    struct sim_seen_violation seen = {"liveness", "plugin", "mine", 2};
    assert_true(sim_tolerates_violation(scenario, tolerate, &seen));
    seen.partition = 1;
    assert_false(sim_tolerates_violation(scenario, tolerate, &seen));
    seen = (struct sim_seen_violation){"liveness", "plugin", "other", 2};
    assert_false(sim_tolerates_violation(scenario, tolerate, &seen));
    seen.exporter = NULL;
    assert_false(sim_tolerates_violation(scenario, tolerate, &seen));
    seen = (struct sim_seen_violation){"keys", "plugin", "mine", 2};
    assert_false(sim_tolerates_violation(scenario, tolerate, &seen));
    sim_scenario_free(scenario);
}

static void warnings_do_not_stop_a_scenario(void **state) {
    static const char text[] =
        SCENARIO "faults: [{ at: 12m, fault: broker.kill, target: random, for: 1s }]\n";
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    (void)state;
    assert_int_equal(
        sim_scenario_parse("test.yaml", text, strlen(text), &scenario, &diagnostics), 0);
    assert_int_equal(diagnostics.errors, 0);
    assert_int_equal(diagnostics.count, 1);
    assert_int_equal(diagnostics.entries[0].code, SIM_WG_LATE);
    assert_true(diagnostics.entries[0].warning);
    sim_diagnostics_done(&diagnostics);
    sim_scenario_free(scenario);
}

static void words_are_completed(void **state) {
    static const char *const words[] = {"ack-soundness", "keys", "snapshot", "snapshot-install"};
    (void)state;
    assert_string_equal(sim_nearest("ack-sound", words, 4), "ack-soundness");
    assert_string_equal(sim_nearest("keis", words, 4), "keys");
    assert_null(sim_nearest("snap", words, 4)); /* two begin like that */
    assert_null(sim_nearest("ac", words, 4));
}

static void complaint_finds_its_place(void **state) {
    (void)state;
    char path[] = "/tmp/waggle-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("exporters:\n  - id: a\n  - id: b\n    args: { bulk: { siz: 1 } }\n", file);
    fclose(file);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct sim_complaint value = {SIM_WG_ARGS, "exporters[1].args.bulk.siz", false, "m", NULL};
    struct sim_complaint key = {SIM_WG_ARGS, "exporters[1].args.bulk.siz", true, "m", NULL};
    struct sim_complaint beyond = {SIM_WG_ARGS, "exporters[1].args.mode", false, "m", NULL};
    sim_scenario_complain(path, &value, out);
    sim_scenario_complain(path, &key, out);
    sim_scenario_complain(path, &beyond, out);
    fclose(out);
    assert_non_null(strstr(text, ":4:26: error[WG0122]: exporters[1].args.bulk.siz: m\n"));
    assert_non_null(strstr(text, ":4:21: error[WG0122]"));
    assert_non_null(strstr(text, ":4:11: error[WG0122]: exporters[1].args.mode: m\n"));
    free(text);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_judge_is_on_the_page),
        cmocka_unit_test(every_key_says_what_it_is_for),
        cmocka_unit_test(tolerances_and_steps_survive_the_dump),
        cmocka_unit_test(tolerance_is_about_its_scope_only),
        cmocka_unit_test(warnings_do_not_stop_a_scenario),
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(complaint_finds_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
