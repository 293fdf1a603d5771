/* The timeline of a run: what it tells, and that it stays within its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/run/timeline.h"

#include <stdlib.h>
#include <string.h>

static char *text_of(const struct sim_timeline *timeline, wg_time t0,
                     const struct wg_run_result *result, size_t *ret_len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    assert_non_null(out);
    sim_timeline_write(timeline, t0, result, out);
    fclose(out);
    return text;
}

static void entries_become_lines_in_order(void **state) {
    struct sim_timeline *timeline = sim_timeline_new();
    struct wg_result_violation violation = {.invariant = (char *)(uintptr_t)"keys",
                                            .blame = (char *)(uintptr_t)"engine",
                                            .message = (char *)(uintptr_t)"a \"b\"\n\xc3\xa4",
                                            .exporter = (char *)(uintptr_t)"mine",
                                            .at_ns = 9,
                                            .partition = 2};
    struct wg_run_result result = {.violations = &violation, .violation_count = 1};
    struct sim_fact phase = {.kind = SIM_FACT_PHASE, .at = 5, .node = WG_NODE_NONE, .a = 1};
    struct sim_fact fault = {.kind = SIM_FACT_FAULT_BEGIN,
                             .at = 15,
                             .node = WG_NODE_NONE,
                             .a = 3,
                             .b = SIM_FAULT_BROKER_KILL,
                             .c = 2};
    struct sim_fact write = {.kind = SIM_FACT_DISK_WRITE, .at = 16, .node = 1};
    struct wg_claim role = {.kind = WG_CLAIM_ROLE, .partition = 1, .a = WG_ROLE_LEADER, .b = 4};
    size_t len;
    (void)state;
    sim_timeline_fact(timeline, &phase);
    sim_timeline_fact(timeline, &fault);
    sim_timeline_fact(timeline, &write); /* too much detail */
    sim_timeline_claim(timeline, 17, 0, &role);
    char *text = text_of(timeline, 5, &result, &len);
    assert_string_equal(
        text,
        "{\"at_ns\":0,\"kind\":\"phase\",\"phase\":\"chaos\"}\n"
        "{\"at_ns\":10,\"kind\":\"fault.begin\",\"fault\":\"broker.kill\",\"number\":3,\"broker\":2}\n"
        "{\"at_ns\":12,\"kind\":\"role\",\"role\":\"leader\",\"term\":4,\"broker\":0,\"partition\":1}\n"
        "{\"at_ns\":9,\"kind\":\"violation\",\"invariant\":\"keys\",\"blame\":\"engine\","
        "\"partition\":2,\"exporter\":\"mine\",\"message\":\"a \\\"b\\\"???\"}\n");
    free(text);
    sim_timeline_free(timeline);
}

/* They are in the result, and have their place in time among what happened. */
static void answers_stand_where_they_came(void **state) {
    struct sim_timeline *timeline = sim_timeline_new();
    struct wg_result_answer answers[] = {
        {.step = 1, .request = (char *)(uintptr_t)"POST /exporting/pause", .broker = -1, .at_ns = 3,
         .status = 204, .body = (char *)(uintptr_t)"", .times = 1},
        {.step = 2, .request = (char *)(uintptr_t)"GET /partitions", .broker = 2, .at_ns = 20,
         .status = 200, .body = (char *)(uintptr_t)"{\"1\":{}}", .times = 1}};
    struct wg_run_result result = {.answers = answers, .answer_count = 2};
    struct sim_fact begin = {.kind = SIM_FACT_PHASE, .at = 5, .node = WG_NODE_NONE, .a = 1};
    struct sim_fact end = {.kind = SIM_FACT_PHASE, .at = 15, .node = WG_NODE_NONE, .a = 2};
    size_t len;
    (void)state;
    sim_timeline_fact(timeline, &begin);
    sim_timeline_fact(timeline, &end);
    char *text = text_of(timeline, 5, &result, &len);
    assert_string_equal(
        text,
        "{\"at_ns\":0,\"kind\":\"phase\",\"phase\":\"chaos\"}\n"
        "{\"at_ns\":3,\"kind\":\"answer\",\"step\":1,\"request\":\"POST /exporting/pause\","
        "\"status\":204,\"body\":\"\",\"times\":1}\n"
        "{\"at_ns\":10,\"kind\":\"phase\",\"phase\":\"heal\"}\n"
        "{\"at_ns\":20,\"kind\":\"answer\",\"step\":2,\"request\":\"GET /partitions\","
        "\"status\":200,\"body\":\"{\\\"1\\\":{}}\",\"times\":1,\"broker\":2}\n");
    free(text);
    sim_timeline_free(timeline);
}

static void a_long_run_loses_its_middle(void **state) {
    struct sim_timeline *timeline = sim_timeline_new();
    static struct wg_result_violation violations[200];
    char message[400];
    size_t len;
    (void)state;
    memset(message, '"', sizeof message - 1); /* the longest when escaped */
    message[sizeof message - 1] = '\0';
    for (uint32_t i = 0; i < 200; i++) {
        violations[i] = (struct wg_result_violation){.invariant = (char *)(uintptr_t)"keys",
                                                     .blame = (char *)(uintptr_t)"configuration",
                                                     .message = message,
                                                     .at_ns = INT64_MIN};
    }
    struct wg_run_result result = {.violations = violations, .violation_count = 200};
    for (uint64_t i = 0; i < 100000; i++) {
        struct wg_claim role = {
            .kind = WG_CLAIM_ROLE, .partition = 1000, .a = WG_ROLE_CANDIDATE, .b = UINT64_MAX - i};
        sim_timeline_claim(timeline, (wg_time)(INT64_MAX - 100000 + (int64_t)i), 60, &role);
    }
    char *text = text_of(timeline, 0, &result, &len);
    assert_true(len <= SIM_TIMELINE_MAX_BYTES);
    assert_true(len > SIM_TIMELINE_MAX_BYTES / 2);
    assert_non_null(strstr(text, "\"kind\":\"dropped\",\"entries\":98000}\n"));
    assert_non_null(strstr(text, "\"term\":18446744073709551615,")); /* the first */
    assert_non_null(strstr(text, "\"kind\":\"violation\""));
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_true(line[0] == '{' && end[-1] == '}');
        line = end + 1;
    }
    free(text);
    sim_timeline_free(timeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_become_lines_in_order),
        cmocka_unit_test(answers_stand_where_they_came),
        cmocka_unit_test(a_long_run_loses_its_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
