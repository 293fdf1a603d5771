/* The history of requests of a run: what it tells, and that it stays within its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/run/history.h"
#include "waggle/node.h"

#include <stdlib.h>
#include <string.h>

#define PIC ((uint64_t)WG_VT_PROCESS_INSTANCE_CREATION << 8)
#define JOB ((uint64_t)WG_VT_JOB << 8)

static void tell(struct sim_history *history, uint32_t kind, wg_time at, uint64_t request,
                 uint64_t c, uint64_t d) {
    struct sim_fact fact = {.kind = kind,
                            .at = at,
                            .node = WG_NODE_NONE,
                            .partition = 2,
                            .a = request,
                            .b = 2,
                            .c = c,
                            .d = d};
    sim_history_fact(history, &fact);
}

static char *text_of(const struct sim_history *history, size_t *ret_len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    assert_non_null(out);
    sim_history_write(history, 100, out);
    fclose(out);
    return text;
}

static void every_outcome_has_its_line(void **state) {
    struct sim_history *history = sim_history_new();
    size_t len;
    (void)state;
    tell(history, SIM_FACT_REQUEST, 110, 65537, PIC | WG_PIC_CREATE, (uint64_t)WG_KEY_NONE);
    tell(history, SIM_FACT_REQUEST, 120, 65538, JOB | WG_JOB_COMPLETE, 77);
    tell(history, SIM_FACT_REQUEST_TIMEOUT, 130, 65537, 0, 0);
    tell(history, SIM_FACT_REQUEST, 140, 131073, PIC | WG_PIC_CREATE, 65537);
    tell(history, SIM_FACT_REPLY, 145, 65537, 0, 0); /* too late: its slot is another's */
    tell(history, SIM_FACT_REPLY, 150, 65538,
         (uint64_t)WG_REJECTION << 16 | JOB | WG_JOB_COMPLETE, 77);
    tell(history, SIM_FACT_REPLY, 160, 131073, SIM_REPLY_ERROR | WG_ERR_RESOURCE_EXHAUSTED,
         (uint64_t)WG_KEY_NONE);
    tell(history, SIM_FACT_REQUEST, 170, 196609, PIC | WG_PIC_CREATE, (uint64_t)WG_KEY_NONE);
    tell(history, SIM_FACT_REPLY, 180, 196609, (uint64_t)WG_EVENT << 16 | PIC | WG_PIC_CREATED, 9);
    tell(history, SIM_FACT_REQUEST, 190, 262145, JOB | WG_JOB_FAIL, 78);
    tell(history, SIM_FACT_BROKER_START, 191, 1, 0, 0);
    char *text = text_of(history, &len);
    assert_string_equal(
        text,
        "{\"request\":65537,\"partition\":2,\"valueType\":\"PROCESS_INSTANCE_CREATION\",\"intent\":"
        "\"CREATE\",\"sent_ns\":10,\"ended_ns\":30,\"outcome\":\"timedOut\"}\n"
        "{\"request\":65538,\"partition\":2,\"valueType\":\"JOB\",\"intent\":\"COMPLETE\",\"key\":77,"
        "\"sent_ns\":20,\"ended_ns\":50,\"outcome\":\"rejected\",\"answer\":\"COMPLETE\","
        "\"answerKey\":77}\n"
        "{\"request\":131073,\"partition\":2,\"valueType\":\"PROCESS_INSTANCE_CREATION\",\"intent\":"
        "\"CREATE\",\"retryOf\":65537,\"sent_ns\":40,\"ended_ns\":60,\"outcome\":\"error\","
        "\"error\":\"RESOURCE_EXHAUSTED\"}\n"
        "{\"request\":196609,\"partition\":2,\"valueType\":\"PROCESS_INSTANCE_CREATION\",\"intent\":"
        "\"CREATE\",\"sent_ns\":70,\"ended_ns\":80,\"outcome\":\"accepted\",\"answer\":\"CREATED\","
        "\"answerKey\":9}\n"
        "{\"request\":262145,\"partition\":2,\"valueType\":\"JOB\",\"intent\":\"FAIL\",\"key\":78,"
        "\"sent_ns\":90,\"outcome\":\"open\"}\n");
    free(text);
    sim_history_free(history);
}

static void a_long_run_loses_its_middle(void **state) {
    struct sim_history *history = sim_history_new();
    size_t len;
    (void)state;
    for (uint64_t i = 1; i <= 100000; i++) {
        tell(history, SIM_FACT_REQUEST, 100 + (wg_time)i, i << 16 | i % 7, JOB | WG_JOB_FAIL, i);
        tell(history, SIM_FACT_REPLY, 101 + (wg_time)i, i << 16 | i % 7,
             (uint64_t)WG_EVENT << 16 | JOB | WG_JOB_FAILED, i);
    }
    char *text = text_of(history, &len);
    assert_true(len <= SIM_HISTORY_MAX_BYTES);
    assert_non_null(strstr(text, "{\"dropped\":98000}\n"));
    assert_non_null(strstr(text, "\"sent_ns\":1,"));
    assert_non_null(strstr(text, "\"sent_ns\":100000,"));
    assert_null(strstr(text, "\"outcome\":\"open\""));
    free(text);
    sim_history_free(history);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_outcome_has_its_line),
                                       cmocka_unit_test(a_long_run_loses_its_middle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
