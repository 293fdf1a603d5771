/* The line protocol: golden lines both ways, every refusal by its code, lines out of a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "exporters/stdio/line_reader.h"
#include "exporters/stdio/protocol.h"

static void calls_there_and_back(void **state) {
    (void)state;
    static const char *const lines[] = {
        "{\"call\":1,\"do\":\"configure\",\"now\":1700000000000,\"version\":1,\"exporter\":\"mine\","
        "\"partition\":3,\"args\":{\"bulk\":{\"size\":10}}}\n",
        "{\"call\":2,\"do\":\"open\",\"now\":-5,\"position\":-1,\"metadata\":null}\n",
        "{\"call\":3,\"do\":\"open\",\"now\":0,\"position\":9223372036854775807,"
        "\"metadata\":\"a\\u0000\xc3\xa9\\n\"}\n",
        "{\"call\":4,\"do\":\"export\",\"now\":1,\"record\":{\"key\":2251799813685249,\"value\":{}}}\n",
        "{\"call\":5,\"do\":\"timer\",\"now\":1,\"timer\":4294967295}\n",
        "{\"call\":6,\"do\":\"close\",\"now\":1}\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct stdio_call call;
        struct stdio_error error;
        size_t len;
        if (!stdio_call_read(lines[i], strlen(lines[i]), &call, &error)) {
            fail_msg("%s: %s", lines[i], error.what);
        }
        assert_int_equal(call.call, i + 1);
        char *again = stdio_call_write(&call, &len, &error);
        assert_non_null(again);
        assert_string_equal(again, lines[i]);
        assert_int_equal(len, strlen(lines[i]));
        free(again);
        stdio_call_done(&call);
    }
}

static void answers_there_and_back(void **state) {
    (void)state;
    static const char *const lines[] = {
        "{\"call\":1,\"result\":\"ok\"}\n",
        "{\"call\":2,\"result\":\"retry\",\"reason\":\"sink away\"}\n",
        "{\"call\":3,\"result\":\"fatal\",\"actions\":[{\"do\":\"log\",\"level\":\"error\",\"text\":"
        "\"no\"}]}\n",
        "{\"call\":4,\"result\":\"ok\",\"actions\":[{\"do\":\"filter\",\"recordTypes\":[0,2],"
        "\"valueTypes\":null},{\"do\":\"filter\",\"recordTypes\":null,\"valueTypes\":[5,254]},"
        "{\"do\":\"put\",\"position\":3,\"document\":\"{}\"},{\"do\":\"flush\"},"
        "{\"do\":\"ack\",\"position\":3,\"metadata\":\"m\"},{\"do\":\"ack\",\"position\":4},"
        "{\"do\":\"schedule\",\"timer\":1,\"delayNs\":1000000},{\"do\":\"cancel\",\"timer\":1},"
        "{\"do\":\"spend\",\"ns\":-1}]}\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct stdio_answer answer;
        struct stdio_error error;
        size_t len;
        if (!stdio_answer_read(lines[i], strlen(lines[i]) - 1, &answer, &error)) {
            fail_msg("%s: %s", lines[i], error.what);
        }
        char *again = stdio_answer_write(&answer, &len, &error);
        assert_non_null(again);
        assert_string_equal(again, lines[i]);
        free(again);
        stdio_answer_done(&answer);
    }
}

static void actions_are_read(void **state) {
    (void)state;
    static const char line[] =
        "{\"result\":\"ok\",\"actions\":[{\"valueTypes\":[0,64,255],\"do\":\"filter\","
        "\"recordTypes\":null},{\"do\":\"log\",\"level\":\"debug\",\"text\":\"\"}],\"call\":8}";
    struct stdio_answer answer;
    struct stdio_error error;
    assert_true(stdio_answer_read(line, sizeof line - 1, &answer, &error));
    assert_int_equal(answer.call, 8);
    assert_int_equal(answer.result, WG_EXPORTER_OK);
    assert_int_equal(answer.action_count, 2);
    const struct wg_exporter_filter *filter = &answer.actions[0].filter;
    assert_int_equal(filter->struct_size, sizeof *filter);
    assert_true(filter->record_types == UINT64_MAX);
    assert_true(filter->value_types[0] == 1 && filter->value_types[1] == 1);
    assert_true(filter->value_types[2] == 0 && filter->value_types[3] == UINT64_C(1) << 63);
    assert_int_equal(answer.actions[1].number, 3);
    assert_true(answer.actions[1].has_text);
    stdio_answer_done(&answer);
}

static void every_call_refusal(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum stdio_error_code code;
    } cases[] = {
        {"", STDIO_ERROR_SYNTAX},
        {"[]", STDIO_ERROR_SYNTAX},
        {"{\"call\":1", STDIO_ERROR_SYNTAX},
        {"{\"call\":1,\"call\":1}", STDIO_ERROR_SYNTAX},
        {"{}\n{}", STDIO_ERROR_SYNTAX},
        {"{\"call\":1,\"now\":1}", STDIO_ERROR_KIND},
        {"{\"call\":1,\"now\":1,\"do\":\"dance\"}", STDIO_ERROR_KIND},
        {"{\"now\":1,\"do\":\"close\"}", STDIO_ERROR_FIELD},
        {"{\"call\":0,\"now\":1,\"do\":\"close\"}", STDIO_ERROR_RANGE},
        {"{\"call\":1,\"do\":\"close\"}", STDIO_ERROR_FIELD},
        {"{\"call\":1,\"now\":1,\"do\":\"close\",\"x\":1}", STDIO_ERROR_FIELD},
        {"{\"call\":1,\"now\":1,\"do\":\"timer\",\"timer\":-1}", STDIO_ERROR_RANGE},
        {"{\"call\":1,\"now\":1,\"do\":\"timer\",\"timer\":4294967296}", STDIO_ERROR_RANGE},
        {"{\"call\":1,\"now\":1,\"do\":\"export\",\"record\":[]}", STDIO_ERROR_FIELD},
        {"{\"call\":1,\"now\":1,\"do\":\"open\",\"position\":-2,\"metadata\":null}", STDIO_ERROR_RANGE},
        {"{\"call\":1,\"now\":1,\"do\":\"open\",\"position\":1,\"metadata\":1}", STDIO_ERROR_FIELD},
        {"{\"call\":1,\"now\":1,\"do\":\"configure\",\"version\":2,\"exporter\":\"a\",\"partition\":1,"
         "\"args\":{}}", STDIO_ERROR_RANGE},
        {"{\"call\":1,\"now\":1,\"do\":\"configure\",\"version\":1,\"exporter\":1,\"partition\":1,"
         "\"args\":{}}", STDIO_ERROR_FIELD}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stdio_call call;
        struct stdio_error error;
        assert_false(stdio_call_read(cases[i].line, strlen(cases[i].line), &call, &error));
        if (error.code != cases[i].code || error.what[0] == '\0') {
            fail_msg("%s: %s (%s), not %s", cases[i].line, stdio_error_name(error.code), error.what,
                     stdio_error_name(cases[i].code));
        }
    }
    assert_string_equal(stdio_error_name(STDIO_ERROR_TOO_LONG), "stdio-line-too-long");
    assert_string_equal(stdio_error_name((enum stdio_error_code)99), "stdio-unknown-error");
}

static void every_answer_refusal(void **state) {
    (void)state;
    static const struct {
        const char *rest; /* behind {"call":1, */
        enum stdio_error_code code;
    } cases[] = {
        {"\"result\":\"pending\"}", STDIO_ERROR_KIND},
        {"\"result\":0}", STDIO_ERROR_KIND},
        {"\"result\":\"ok\",\"reason\":1}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"x\":1}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":{}}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[1]}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[{}]}", STDIO_ERROR_KIND},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"ack\"}]}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"ack\",\"position\":-1}]}", STDIO_ERROR_RANGE},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"ack\",\"position\":1,\"metadata\":null}]}",
         STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"flush\",\"now\":true}]}", STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"log\",\"level\":\"loud\",\"text\":\"\"}]}",
         STDIO_ERROR_KIND},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"schedule\",\"timer\":1,\"delayNs\":-1}]}",
         STDIO_ERROR_RANGE},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"cancel\",\"timer\":4294967296}]}",
         STDIO_ERROR_RANGE},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"filter\",\"recordTypes\":[0]}]}",
         STDIO_ERROR_FIELD},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"filter\",\"recordTypes\":[64],\"valueTypes\":null}]}",
         STDIO_ERROR_RANGE},
        {"\"result\":\"ok\",\"actions\":[{\"do\":\"put\",\"position\":1,\"document\":{}}]}",
         STDIO_ERROR_FIELD}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stdio_answer answer;
        struct stdio_error error;
        char line[256];
        int len = snprintf(line, sizeof line, "{\"call\":1,%s", cases[i].rest);
        assert_false(stdio_answer_read(line, (size_t)len, &answer, &error));
        if (error.code != cases[i].code) {
            fail_msg("%s: %s (%s)", line, stdio_error_name(error.code), error.what);
        }
    }
}

static void too_many_and_too_long(void **state) {
    (void)state;
    size_t room = 32 + (size_t)STDIO_MAX_LINE_BYTES;
    char *line = malloc(room);
    struct stdio_answer answer;
    struct stdio_call call;
    struct stdio_error error;
    size_t at = (size_t)sprintf(line, "{\"call\":1,\"result\":\"ok\",\"actions\":[");
    for (uint32_t i = 0; i <= STDIO_MAX_ACTIONS; i++) {
        at += (size_t)sprintf(line + at, "%s{\"do\":\"flush\"}", i == 0 ? "" : ",");
    }
    at += (size_t)sprintf(line + at, "]}");
    assert_false(stdio_answer_read(line, at, &answer, &error));
    assert_int_equal(error.code, STDIO_ERROR_TOO_MANY);
    memset(line, ' ', room);
    assert_false(stdio_call_read(line, STDIO_MAX_LINE_BYTES, &call, &error));
    assert_int_equal(error.code, STDIO_ERROR_TOO_LONG);
    answer = (struct stdio_answer){.call = 1, .reason = {line, STDIO_MAX_LINE_BYTES}};
    assert_null(stdio_answer_write(&answer, &at, &error));
    assert_int_equal(error.code, STDIO_ERROR_TOO_LONG);
    free(line);
}

/* What cannot be written: no UTF-8, numbers of no name, nothing where an object must be. */
static void writer_refuses(void **state) {
    (void)state;
    struct stdio_error error;
    size_t len;
    struct stdio_answer answer = {.call = 1, .reason = {"\xff", 1}};
    assert_null(stdio_answer_write(&answer, &len, &error));
    answer = (struct stdio_answer){.call = 1, .result = WG_EXPORTER_PENDING};
    assert_null(stdio_answer_write(&answer, &len, &error));
    struct stdio_action action = {.kind = STDIO_ACTION_KINDS};
    answer = (struct stdio_answer){.call = 1, .actions = &action, .action_count = 1};
    assert_null(stdio_answer_write(&answer, &len, &error));
    struct stdio_call call = {.call = 1, .kind = STDIO_EXPORT};
    assert_null(stdio_call_write(&call, &len, &error));
    call = (struct stdio_call){.call = 1, .kind = STDIO_CALL_KINDS};
    assert_null(stdio_call_write(&call, &len, &error));
    assert_int_equal(error.code, STDIO_ERROR_FIELD);
}

static void lines_out_of_a_pipe(void **state) {
    (void)state;
    static const char bytes[] = "one\n\nthree\nfo";
    static const char *const expected[] = {"one", "", "three"};
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        struct stdio_lines lines;
        const char *line;
        size_t len;
        size_t count = 0;
        stdio_lines_init(&lines, 6);
        for (size_t at = 0; at < sizeof bytes - 1; at += piece) {
            size_t left = sizeof bytes - 1 - at;
            assert_true(stdio_lines_feed(&lines, bytes + at, piece < left ? piece : left));
            while (stdio_lines_next(&lines, &line, &len)) {
                assert_int_equal(len, strlen(expected[count]));
                assert_memory_equal(line, expected[count], len);
                count++;
            }
        }
        assert_int_equal(count, 3);
        assert_true(stdio_lines_is_cut(&lines));
        assert_true(stdio_lines_feed(&lines, "ur\n", 3));
        assert_true(stdio_lines_next(&lines, &line, &len));
        assert_false(stdio_lines_is_cut(&lines));
        stdio_lines_done(&lines);
        assert_false(stdio_lines_feed(&lines, "x", 1));
    }
}

static void long_lines_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        bool good;
    } cases[] = {{"12345\n", true}, {"123456\n", false}, {"12345", true}, {"123456", false},
                 {"1\n123456", false}, {"12345\n12345\n", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 14; piece++) {
            struct stdio_lines lines;
            bool good = true;
            size_t len = strlen(cases[i].bytes);
            stdio_lines_init(&lines, 6);
            for (size_t at = 0; at < len; at += piece) {
                good = stdio_lines_feed(&lines, cases[i].bytes + at,
                                        piece < len - at ? piece : len - at);
            }
            assert_int_equal(good, cases[i].good);
            stdio_lines_done(&lines);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_there_and_back), cmocka_unit_test(answers_there_and_back),
        cmocka_unit_test(actions_are_read),     cmocka_unit_test(every_call_refusal),
        cmocka_unit_test(every_answer_refusal), cmocka_unit_test(too_many_and_too_long),
        cmocka_unit_test(writer_refuses),       cmocka_unit_test(lines_out_of_a_pipe),
        cmocka_unit_test(long_lines_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
