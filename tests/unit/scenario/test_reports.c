/* Results: the one-line form both ways, and what the writers make of hostile text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/report.h"
#include "reports/result_json.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

#define REPLAY "waggle replay scenarios/leader.yaml"

static char *copy(const char *text) {
    char *result = strdup(text);
    assert_non_null(result);
    return result;
}

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static struct wg_run_result full_result(void) {
    struct wg_run_result result = {.scenario = copy("leader-killed"),
                                   .scenario_path = copy("scenarios/leader.yaml"),
                                   .seed = 9007199254740991,
                                   .verdict = WG_FAILED,
                                   .hash = UINT64_C(0xfedcba9876543210),
                                   .claim_hash = 1,
                                   .sim_ns = 125000000000,
                                   .events = 12,
                                   .committed = 1000,
                                   .exported = 1100,
                                   .duplicates = 100,
                                   .log_bytes_peak = 5 << 20,
                                   .log_bytes_final = 1 << 20,
                                   .violation_count = 3,
                                   .export_count = 1,
                                   .retention_count = 2,
                                   .counter_count = 2,
                                   .replay = copy(REPLAY " --seed 9007199254740991"),
                                   .wall_ns = 2000000};
    result.violations = zeroed(3, sizeof *result.violations);
    result.violations[0] = (struct wg_result_violation){
        copy("at-least-once"), copy("plugin"), copy("<b>&\"'\x1b[31m \xff \n]]>"), 61, 2,
        copy("mine"), false, NULL};
    result.violations[1] = (struct wg_result_violation){
        copy("ack-soundness"), copy("sink"), copy("expected"), 62, 0, NULL, true, NULL};
    result.violations[2] = (struct wg_result_violation){
        copy("keys"), copy("engine"), copy("tolerated"), 63, 0, NULL, false, copy("known | *bug*")};
    result.exports = zeroed(1, sizeof *result.exports);
    result.exports[0] = (struct wg_result_export){
        copy("mine"), 2, 1000, 1100, 100, 3, 60, {40, 0, 0, 60, 0, 0, 0, 0}};
    result.retention = zeroed(2, sizeof *result.retention);
    result.retention[0] = (struct wg_result_retention){0, 2, 5 << 20, 1 << 20, 950, copy("mine")};
    result.retention[1] = (struct wg_result_retention){1, 2, 4 << 20, 1 << 20, INT64_MAX, NULL};
    result.coverage = zeroed(1, sizeof *result.coverage);
    result.coverage[0] = (struct wg_result_counter){copy("EVENT.JOB.CREATED"), 5};
    result.coverage_count = 1;
    result.answers = zeroed(2, sizeof *result.answers);
    result.answers[0] = (struct wg_result_answer){1, copy("pauseExporting"), copy("POST /exporting/pause"),
                                                  -1, 5, 6, 500, copy("{\"message\":\"no\"}"), 16, 1};
    result.answers[1] = (struct wg_result_answer){2, copy("partitionStatus"), copy("GET /partitions"),
                                                  3, 7, 7, 0, copy(""), 0, 2};
    result.answer_count = 2;
    result.counters = zeroed(2, sizeof *result.counters);
    result.counters[0] = (struct wg_result_counter){copy("fault.broker.kill"), 2};
    result.counters[1] = (struct wg_result_counter){copy("a first in the alphabet"), 3};
    return result;
}

static void a_line_gives_the_result_back(void **state) {
    struct wg_run_result result = full_result();
    struct wg_run_result back;
    (void)state;
    char *line = wg_run_result_to_line(&result);
    assert_null(strchr(line, '\n'));
    assert_true(wg_run_result_from_line(line, strlen(line), &back));
    char *again = wg_run_result_to_line(&back);
    assert_string_equal(line, again);
    assert_string_equal(back.scenario, "leader-killed");
    assert_true(back.seed == 9007199254740991 && back.hash == UINT64_C(0xfedcba9876543210));
    assert_int_equal(back.verdict, WG_FAILED);
    assert_int_equal(back.violation_count, 3);
    assert_string_equal(back.violations[2].tolerated, "known | *bug*");
    assert_null(back.violations[0].tolerated);
    assert_true(back.violations[1].expected && back.violations[1].exporter == NULL);
    assert_int_equal(back.exports[0].causes[3], 60);
    assert_true(back.retention[1].lowest_exporter_position == INT64_MAX);
    assert_string_equal(back.counters[0].name, "fault.broker.kill");
    assert_int_equal(back.coverage_count, 1);
    assert_string_equal(back.coverage[0].name, "EVENT.JOB.CREATED");
    assert_int_equal(back.coverage[0].value, 5);
    assert_int_equal(back.answer_count, 2);
    assert_int_equal(back.answers[0].status, 500);
    assert_int_equal(back.answers[0].broker, -1);
    assert_string_equal(back.answers[0].body, "{\"message\":\"no\"}");
    assert_int_equal(back.answers[1].status, 0);
    assert_int_equal(back.answers[1].broker, 3);
    assert_int_equal(back.answers[1].times, 2);
    assert_int_equal(back.wall_ns, 0); /* never part of a result */
    free(line);
    free(again);
    wg_run_result_done(&result);
    wg_run_result_done(&back);
}

static void other_lines_are_refused(void **state) {
    static const char *const lines[] = {"",
                                        "{}",
                                        "[]",
                                        "{\"verdict\":\"passed\"}",
                                        "{\"verdict\":\"great\",\"seed\":1}",
                                        "{\"verdict\":\"passed\",\"seed\":\"1\"}",
                                        "{\"verdict\":\"passed\",\"seed\":1",
                                        "{\"verdict\":\"passed\",\"seed\":1}x",
                                        "{\"verdict\":\"passed\",\"seed\":1,\"violations\":[1]}"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct wg_run_result result = {0};
        assert_false(wg_run_result_from_line(lines[i], strlen(lines[i]), &result));
        wg_run_result_done(&result);
    }
    struct wg_run_result sparse;
    const char *line = "{\"verdict\":\"skipped\",\"seed\":5,\"violations\":[],"
                       "\"duplicates\":7,\"counters\":[]}";
    assert_true(wg_run_result_from_line(line, strlen(line), &sparse));
    wg_run_result_done(&sparse);
}

typedef void (*writer)(const struct wg_report *report, FILE *out);

static char *render(writer write, const struct wg_run_result *runs, uint32_t count) {
    struct wg_report report = {.version = "1.2.3",
                               .program = "build/release/waggle",
                               .runs = runs,
                               .run_count = count,
                               .started = "2024-01-01T00:00:00Z",
                               .wall_ns = 3500000000,
                               .jobs = 2,
                               .run_dir = "waggle-out/x"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    write(&report, out);
    fclose(out);
    return text;
}

static void junit_is_escaped(void **state) {
    struct wg_run_result result = full_result();
    (void)state;
    char *text = render(wg_report_junit, &result, 1);
    assert_non_null(strstr(text, "message=\"&#60;b&#62;&#38;&#34;&#39;\xef\xbf\xbd[31m "
                                 "\xef\xbf\xbd &#10;]]&#62;\""));
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "ack-soundness")); /* expected ones are no failures */
    assert_non_null(strstr(text, "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    free(text);
    wg_run_result_done(&result);
}

static void human_report_ends_with_failures_and_sums(void **state) {
    struct wg_run_result runs[2] = {full_result(), {.verdict = WG_PASSED}};
    (void)state;
    runs[1].scenario = copy("quiet");
    char *text = render(wg_report_human, runs, 2);
    assert_non_null(strstr(text, "leader-killed"));
    assert_non_null(strstr(text, "\nrun directory: waggle-out/x\n"));
    assert_non_null(strstr(
        text, "FAILED leader-killed, seed 9007199254740991\n"
              "  at-least-once (blame: plugin) at 0.000s, partition 2, exporter mine: "
              "<b>&\"'?[31m ? ?]]>\n"
              "  replay: build/release/waggle replay scenarios/leader.yaml --seed "
              "9007199254740991\n"
              "1 passed, 1 failed, 0 skipped\n"));
    free(text);
    wg_run_result_done(&runs[0]);
    wg_run_result_done(&runs[1]);
}

static void json_without_timing(const struct wg_report *report, FILE *out) {
    wg_report_json(report, false, out);
}

static void json_has_the_promised_names(void **state) {
    static const char *const parts[] = {
        "\"schema\": \"waggle.result/1\"", "\"version\": \"1.2.3\"",
        "\"hash\": \"fedcba9876543210\"",  "\"ratio_per_million\": 90909",
        "\"ratio\": \"9.0909%\"",          "\"longest_burst\": 60",
        "\"held_by\": \"mine\"",           "\"lowest_exporter_position\": null",
        "\"fault.broker.kill\": 2"};
    struct wg_run_result result = full_result();
    (void)state;
    char *text = render(json_without_timing, &result, 1);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_non_null(strstr(text, parts[i]));
    }
    assert_null(strstr(text, "wall_ns"));
    free(text);
    wg_run_result_done(&result);
}

static void numbers_read_well(void **state) {
    char text[40];
    (void)state;
    wg_format_count(1234567, text, sizeof text);
    assert_string_equal(text, "1,234,567");
    wg_format_count(7, text, sizeof text);
    assert_string_equal(text, "7");
    wg_format_bytes(1023, text, sizeof text);
    assert_string_equal(text, "1023 B");
    wg_format_bytes(1536, text, sizeof text);
    assert_string_equal(text, "1.5 KiB");
    wg_format_bytes(UINT64_C(5) << 30, text, sizeof text);
    assert_string_equal(text, "5.0 GiB");
    wg_format_time(150 * INT64_C(1000000000), text, sizeof text);
    assert_string_equal(text, "2m30s");
    wg_format_time(61000000, text, sizeof text);
    assert_string_equal(text, "0.061s");
    wg_format_ratio(wg_per_million(1, 3), text, sizeof text);
    assert_string_equal(text, "33.3333%");
    assert_int_equal(wg_per_million(5, 0), 0);
}

static void markdown_cannot_be_broken_out_of(void **state) {
    struct wg_run_result result = full_result();
    (void)state;
    free(result.replay);
    result.replay = copy("waggle replay 'a```b' --seed 1");
    free(result.violations[0].message);
    result.violations[0].message = copy("[x](http://y) @all <script> | `a` *b*\n# c \xff");
    char *text = render(wg_report_markdown, &result, 1);
    assert_non_null(strstr(text, "# Waggle: 0 passed, 1 failed, 0 skipped\n"));
    assert_non_null(strstr(text, "| leader-killed | 0/1 | FAILED |"));
    assert_non_null(strstr(text, "\\[x\\]\\(http\\://y\\) &#64;all &#60;script&#62; \\| \\`a\\` \\*b\\* "
                                 "\\# c \xef\xbf\xbd\n"));
    assert_non_null(strstr(text, "\n````sh\nwaggle replay 'a```b' --seed 1\n````\n"));
    assert_non_null(strstr(text, "## Tolerated\n\n- leader-killed: 1 of keys in 1 run: known "
                                 "\\| \\*bug\\*\n"));
    assert_null(strstr(text, "**keys**")); /* tolerated ones are no failures */
    assert_null(strstr(text, "<script>"));
    free(text);
    wg_run_result_done(&result);
}

static void github_escapes_data_and_properties(void **state) {
    struct wg_run_result result = full_result();
    (void)state;
    free(result.scenario_path);
    result.scenario_path = copy("a,b:c%d.yaml");
    char *text = render(wg_report_github, &result, 1);
    assert_non_null(strstr(text, "::error file=a%2Cb%3Ac%25d.yaml,line=1,title=leader-killed%3A "
                                 "at-least-once::<b>&\"'?[31m \xef\xbf\xbd %0A]]>%0A1 failed"));
    assert_int_equal(strcspn(text, "\n"), strlen(text) - 1); /* one line */
    free(text);
    wg_run_result_done(&result);
}

static void github_shows_ten_at_most(void **state) {
    struct wg_run_result runs[30];
    (void)state;
    for (uint32_t i = 0; i < 30; i++) {
        char name[32];
        runs[i] = full_result();
        free(runs[i].scenario);
        snprintf(name, sizeof name, "scenario-%02u", i / 2);
        runs[i].scenario = copy(name);
    }
    char *text = render(wg_report_github, runs, 30);
    uint32_t lines = 0;
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, 10);
    assert_non_null(strstr(text, "%0A2 failed like this"));
    assert_non_null(strstr(text, "::error title=waggle::6 more kinds of failure"));
    free(text);
    for (uint32_t i = 0; i < 30; i++) {
        wg_run_result_done(&runs[i]);
    }
}

static void tolerated_violations_are_added_up(void **state) {
    struct wg_run_result runs[2] = {full_result(), full_result()};
    (void)state;
    runs[0].verdict = runs[1].verdict = WG_PASSED;
    char *text = render(wg_report_human, runs, 2);
    assert_non_null(strstr(text, "tolerated in leader-killed: 2 of keys in 2 runs: known | *bug*\n"));
    free(text);
    text = render(wg_report_junit, runs, 2);
    assert_null(strstr(text, "keys"));
    free(text);
    wg_run_result_done(&runs[0]);
    wg_run_result_done(&runs[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markdown_cannot_be_broken_out_of),
        cmocka_unit_test(github_escapes_data_and_properties),
        cmocka_unit_test(github_shows_ten_at_most),
        cmocka_unit_test(tolerated_violations_are_added_up),
        cmocka_unit_test(a_line_gives_the_result_back),
        cmocka_unit_test(other_lines_are_refused),
        cmocka_unit_test(junit_is_escaped),
        cmocka_unit_test(human_report_ends_with_failures_and_sums),
        cmocka_unit_test(json_has_the_promised_names),
        cmocka_unit_test(numbers_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
