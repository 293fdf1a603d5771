/* An HTTP response. First byte: options, and the size of the pieces in which the rest arrives. All
 * at once and in pieces it reads the same; what is accepted can be written with a plain length, and
 * reads back as the same. */
#include "fuzz/fuzz.h"

#include "exporters/common/http_response.h"

#include <string.h>

static bool same_text(struct wg_exporter_str a, struct wg_exporter_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static struct http_response *read_all(const struct http_response_options *options,
                                      struct wg_bytes bytes, size_t piece, size_t *ret_used) {
    struct http_response *r = http_response_new(options);
    FUZZ_CHECK(r != NULL);
    *ret_used = 0;
    enum http_progress progress = HTTP_MORE;
    while (progress == HTTP_MORE && *ret_used < bytes.len) {
        size_t left = bytes.len - *ret_used;
        size_t used = 0;
        progress = http_response_feed(r, (const char *)bytes.ptr + *ret_used,
                                      piece < left ? piece : left, &used);
        FUZZ_CHECK(used > 0);
        *ret_used += used;
    }
    if (progress == HTTP_MORE) {
        progress = http_response_finish(r);
    }
    FUZZ_CHECK(progress != HTTP_MORE);
    FUZZ_CHECK((progress == HTTP_FAILED) == (http_response_error(r) != HTTP_NONE));
    return r;
}

static void check_same(const struct http_response *a, const struct http_response *b) {
    struct wg_exporter_str name[2], value[2];
    FUZZ_CHECK(http_response_error(a) == http_response_error(b));
    FUZZ_CHECK(http_response_status(a) == http_response_status(b));
    FUZZ_CHECK(same_text(http_response_reason(a), http_response_reason(b)));
    FUZZ_CHECK(same_text(http_response_body(a), http_response_body(b)) ||
               http_response_error(a) != HTTP_NONE);
    FUZZ_CHECK(http_response_header_count(a) == http_response_header_count(b));
    for (uint32_t i = 0; i < http_response_header_count(a); i++) {
        http_response_header_at(a, i, &name[0], &value[0]);
        http_response_header_at(b, i, &name[1], &value[1]);
        FUZZ_CHECK(same_text(name[0], name[1]) && same_text(value[0], value[1]));
    }
}

/* Status and body again, by length. */
static void check_written(const struct http_response *r) {
    struct wg_exporter_str body = http_response_body(r);
    char *text = malloc(body.len + 128);
    size_t used;
    FUZZ_CHECK(text != NULL);
    int head = snprintf(text, 128, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n\r\n",
                        http_response_status(r), (size_t)body.len);
    memcpy(text + head, body.ptr, body.len);
    struct wg_bytes bytes = wg_bytes_of(text, (size_t)head + body.len);
    struct http_response *again = read_all(NULL, bytes, SIZE_MAX, &used);
    FUZZ_CHECK(http_response_error(again) == HTTP_NONE && used == bytes.len);
    FUZZ_CHECK(http_response_status(again) == http_response_status(r));
    FUZZ_CHECK(same_text(http_response_body(again), body) && http_response_keeps_alive(again));
    http_response_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    uint8_t mode = fuzz_byte(&input);
    struct http_response_options options = {.head = (mode & 1u) != 0};
    options.max_body_bytes = (mode & 2u) != 0 ? 32 : 0;
    options.max_headers = (mode & 4u) != 0 ? 2 : 0;
    options.max_header_bytes = (mode & 8u) != 0 ? 64 : 0;
    size_t used[2];
    struct http_response *whole = read_all(&options, input, SIZE_MAX, &used[0]);
    struct http_response *pieces = read_all(&options, input, 1u + (mode >> 4), &used[1]);
    check_same(whole, pieces);
    FUZZ_CHECK(used[0] == used[1] || http_response_error(whole) != HTTP_NONE);
    if (http_response_error(whole) == HTTP_NONE) {
        check_written(whole);
    }
    http_response_free(whole);
    http_response_free(pieces);
    return 0;
}
