/* HTTP responses: every form of body, every refusal by its name, and no difference between bytes
 * that arrive at once and one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "exporters/common/http_response.h"

/* Reads `text` in pieces and ends the connection; *ret_used = bytes that were taken. */
static struct http_response *read_in(const struct http_response_options *options, const char *text,
                                     size_t len, size_t piece, size_t *ret_used) {
    struct http_response *r = http_response_new(options);
    enum http_progress progress = HTTP_MORE;
    assert_non_null(r);
    *ret_used = 0;
    while (progress == HTTP_MORE && *ret_used < len) {
        size_t used;
        size_t left = len - *ret_used;
        progress = http_response_feed(r, text + *ret_used, piece < left ? piece : left, &used);
        *ret_used += used;
    }
    if (progress == HTTP_MORE) {
        progress = http_response_finish(r);
    }
    assert_true(progress != HTTP_MORE);
    return r;
}

static struct http_response *read_all(const char *text) {
    size_t used;
    return read_in(NULL, text, strlen(text), 1 + strlen(text) % 7, &used);
}

static void assert_str(struct wg_exporter_str got, const char *expected) {
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.ptr, expected, got.len);
}

static void body_by_length(void **state) {
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type:  application/json \t\r\n"
                               "content-length: 17\r\nX-Empty:\r\n\r\n{\"errors\": false}next";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        size_t used;
        struct wg_exporter_str value;
        struct http_response *r = read_in(NULL, text, sizeof text - 1, piece, &used);
        assert_int_equal(http_response_error(r), HTTP_NONE);
        assert_int_equal(used, sizeof text - 1 - 4); /* what follows is not ours */
        assert_int_equal(http_response_status(r), 200);
        assert_str(http_response_reason(r), "OK");
        assert_str(http_response_body(r), "{\"errors\": false}");
        assert_true(http_response_header(r, "CONTENT-TYPE", &value));
        assert_str(value, "application/json");
        assert_true(http_response_header(r, "x-empty", &value));
        assert_str(value, "");
        assert_false(http_response_header(r, "x-empt", &value));
        assert_false(http_response_header(r, "x-empty2", &value));
        assert_int_equal(http_response_header_count(r), 3);
        assert_true(http_response_keeps_alive(r));
        http_response_free(r);
    }
}

static void chunked_body(void **state) {
    (void)state;
    static const char text[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "4\r\nWiki\r\n05 ; ext=\"x\"\r\npedia\r\nA\r\n in\r\nchunk\r\n0\r\nTrailer: x\r\n\r\nHTTP";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        size_t used;
        struct http_response *r = read_in(NULL, text, sizeof text - 1, piece, &used);
        assert_int_equal(http_response_error(r), HTTP_NONE);
        assert_int_equal(used, sizeof text - 1 - 4);
        assert_str(http_response_body(r), "Wikipedia in\r\nchunk");
        assert_int_equal(http_response_header_count(r), 1);
        assert_true(http_response_keeps_alive(r));
        http_response_free(r);
    }
}

static void body_to_the_end(void **state) {
    (void)state;
    struct http_response *r = read_all("HTTP/1.0 503\nRetry-After: 1\n\nbusy");
    assert_int_equal(http_response_error(r), HTTP_NONE);
    assert_int_equal(http_response_status(r), 503);
    assert_str(http_response_reason(r), "");
    assert_str(http_response_body(r), "busy");
    assert_false(http_response_keeps_alive(r));
    http_response_free(r);
}

static void responses_without_body(void **state) {
    (void)state;
    static const char *const texts[] = {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
                                        "HTTP/1.1 304 Not Modified\r\n\r\n",
                                        "HTTP/1.1 101 Switching\r\n\r\n",
                                        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"};
    for (size_t i = 0; i < 4; i++) {
        struct http_response *r = read_all(texts[i]);
        assert_int_equal(http_response_error(r), HTTP_NONE);
        assert_str(http_response_body(r), "");
        assert_true(http_response_keeps_alive(r));
        http_response_free(r);
    }
    struct http_response_options head = {.head = true};
    size_t used;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    struct http_response *r = read_in(&head, text, sizeof text - 1, 3, &used);
    assert_int_equal(http_response_error(r), HTTP_NONE);
    http_response_free(r);
}

static void interim_responses(void **state) {
    (void)state;
    char text[1024] = "";
    for (int i = 0; i < 9; i++) {
        strcat(text, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
        if (i == 7) {
            char full[1200];
            snprintf(full, sizeof full, "%sHTTP/1.1 200 Fine\r\nContent-Length: 1\r\n\r\nz", text);
            struct http_response *r = read_all(full);
            assert_int_equal(http_response_error(r), HTTP_NONE);
            assert_int_equal(http_response_status(r), 200);
            assert_str(http_response_reason(r), "Fine");
            assert_int_equal(http_response_header_count(r), 1);
            http_response_free(r);
        }
    }
    struct http_response *r = read_all(text);
    assert_int_equal(http_response_error(r), HTTP_TOO_MANY_INTERIM);
    http_response_free(r);
}

static void keep_alive(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool keeps;
    } cases[] = {{"HTTP/1.1 200 x\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false},
                 {"HTTP/1.0 200 x\r\nContent-Length: 0\r\n\r\n", false},
                 {"HTTP/1.0 200 x\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},
                 {"HTTP/1.1 200 x\r\n\r\n", false}};
    for (size_t i = 0; i < 4; i++) {
        struct http_response *r = read_all(cases[i].text);
        assert_int_equal(http_response_keeps_alive(r), cases[i].keeps);
        http_response_free(r);
    }
}

static void every_refusal(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum http_error error;
    } cases[] = {
        {"", HTTP_TRUNCATED},
        {"HTTP/1.1 200 OK\r\n", HTTP_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", HTTP_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", HTTP_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", HTTP_TRUNCATED},
        {"\r\n", HTTP_STATUS_LINE},
        {"HTTP/2.0 200 OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.2 200 OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 99 OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 600 OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 20x OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 2000\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 200 a\x01\r\n", HTTP_STATUS_LINE},
        {"http/1.1 200 OK\r\n", HTTP_STATUS_LINE},
        {"HTTP/1.1 200 OK\r\nnocolon\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\n: x\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\na b: x\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\na : x\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\na: x\r\n folded\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\na: x\x7f\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\na: x\ry\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\nContent-Length: \r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2\r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_LENGTH},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", HTTP_ENCODING},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", HTTP_ENCODING},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
         HTTP_ENCODING},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 2\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\x01\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000001\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", HTTP_CHUNK},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad\r\n", HTTP_HEADER},
        {"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", HTTP_BODY_TOO_LARGE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", HTTP_BODY_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_response *r = read_all(cases[i].text);
        if (http_response_error(r) != cases[i].error) {
            fail_msg("%s: %s, not %s", cases[i].text, http_error_name(http_response_error(r)),
                     http_error_name(cases[i].error));
        }
        assert_int_equal(http_response_feed(r, "more", 4, NULL), HTTP_FAILED); /* it stays */
        http_response_free(r);
    }
    assert_string_equal(http_error_name((enum http_error)99), "http-unknown-error");
    http_response_free(NULL);
}

static void limits(void **state) {
    (void)state;
    struct http_response_options options = {.max_header_bytes = 32};
    size_t used;
    static const char line[] = "HTTP/1.1 200 a reason that is too long\r\n";
    struct http_response *r = read_in(&options, line, sizeof line - 1, 5, &used);
    assert_int_equal(http_response_error(r), HTTP_HEADERS_TOO_LARGE);
    http_response_free(r);
    options = (struct http_response_options){.max_headers = 2};
    static const char headers[] = "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n";
    r = read_in(&options, headers, sizeof headers - 1, 5, &used);
    assert_int_equal(http_response_error(r), HTTP_HEADERS_TOO_LARGE);
    http_response_free(r);
    options = (struct http_response_options){.max_body_bytes = 4};
    static const char *const bodies[] = {"HTTP/1.1 200 OK\r\n\r\n12345",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};
    for (size_t i = 0; i < 2; i++) {
        r = read_in(&options, bodies[i], strlen(bodies[i]), 4, &used);
        assert_int_equal(http_response_error(r), HTTP_BODY_TOO_LARGE);
        http_response_free(r);
    }
}

/* Many chunks do not count towards the bound on headers. */
static void many_chunks(void **state) {
    (void)state;
    size_t room = 200000;
    char *text = malloc(room);
    size_t used;
    int at = snprintf(text, room, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20000; i++) {
        at += snprintf(text + at, room - (size_t)at, "1\r\nx\r\n");
    }
    at += snprintf(text + at, room - (size_t)at, "0\r\n\r\n");
    struct http_response *r = read_in(NULL, text, (size_t)at, 999, &used);
    assert_int_equal(http_response_error(r), HTTP_NONE);
    assert_int_equal(http_response_body(r).len, 20000);
    http_response_free(r);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_by_length),    cmocka_unit_test(chunked_body),
        cmocka_unit_test(body_to_the_end),   cmocka_unit_test(responses_without_body),
        cmocka_unit_test(interim_responses), cmocka_unit_test(keep_alive),
        cmocka_unit_test(every_refusal),     cmocka_unit_test(limits),
        cmocka_unit_test(many_chunks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
