/* See http_response.h. Lines go to a buffer until they are whole, so that it makes no difference in
 * which pieces the bytes arrive; the texts of headers stay in one other buffer.
 *
 * Invariants: what is buffered never exceeds the options' bounds; the first error is final. */
#include "exporters/common/http_response.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_HEADER_BYTES = 16 << 10,
    DEFAULT_HEADERS = 64,
    DEFAULT_BODY_BYTES = 16 << 20,
    INTERIM_MAX = 8,
    LENGTH_DIGITS_MAX = 18,
    CHUNK_DIGITS_MAX = 15
};

enum state {
    STATUS_LINE,
    HEADERS,
    BODY_BY_LENGTH,
    BODY_TO_THE_END,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILERS,
    DONE,
    FAILED
};

struct text {
    char *ptr;
    size_t len, capacity;
};

struct header {
    uint32_t name_at, name_len, value_at, value_len; /* in `texts` */
};

struct http_response {
    struct http_response_options options;
    enum state state;
    enum http_error error;
    uint32_t header_bytes; /* of lines so far, towards the bound */
    uint32_t interim;
    int status;
    bool old;              /* HTTP/1.0 */
    bool has_length, chunked;
    uint64_t length;       /* of the body */
    uint64_t left;         /* of the body or the chunk */
    struct text line, texts, body;
    uint32_t reason_at, reason_len;
    struct header *headers;
    uint32_t header_count;
};

const char *http_error_name(enum http_error error) {
    static const char *const names[] = {
#define NAME(name, text) text,
        HTTP_ERROR_MAP(NAME)
#undef NAME
    };
    return (size_t)error < sizeof names / sizeof *names ? names[error] : "http-unknown-error";
}

struct http_response *http_response_new(const struct http_response_options *options) {
    struct http_response *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    if (options != NULL) {
        r->options = *options;
    }
    if (r->options.max_header_bytes == 0) {
        r->options.max_header_bytes = DEFAULT_HEADER_BYTES;
    }
    if (r->options.max_headers == 0) {
        r->options.max_headers = DEFAULT_HEADERS;
    }
    if (r->options.max_body_bytes == 0) {
        r->options.max_body_bytes = DEFAULT_BODY_BYTES;
    }
    r->headers = calloc(r->options.max_headers, sizeof *r->headers);
    if (r->headers == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void http_response_free(struct http_response *response) {
    if (response != NULL) {
        free(response->line.ptr);
        free(response->texts.ptr);
        free(response->body.ptr);
        free(response->headers);
        free(response);
    }
}

static bool fail(struct http_response *r, enum http_error error) {
    if (r->state != FAILED) {
        r->state = FAILED;
        r->error = error;
    }
    return false;
}

/* False when there is no memory. */
static bool append(struct text *text, const char *bytes, size_t len) {
    if (text->capacity - text->len < len) {
        size_t capacity = text->capacity == 0 ? 256 : text->capacity;
        while (capacity - text->len < len) {
            capacity *= 2;
        }
        char *grown = realloc(text->ptr, capacity);
        if (grown == NULL) {
            return false;
        }
        text->ptr = grown;
        text->capacity = capacity;
    }
    if (len > 0) {
        memcpy(text->ptr + text->len, bytes, len);
    }
    text->len += len;
    return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Bytes of a header's value or of a reason: anything but control characters. */
static bool is_value_char(char c) {
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

/* tchar of RFC 9110. */
static bool is_name_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool all_value_chars(const char *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_value_char(at[i])) {
            return false;
        }
    }
    return true;
}

/* "HTTP/1.1 200 OK"; the reason and the space before it may be missing. */
static bool take_status_line(struct http_response *r, const char *line, size_t len) {
    bool form = len >= 12 && memcmp(line, "HTTP/1.", 7) == 0 &&
                (line[7] == '0' || line[7] == '1') && line[8] == ' ' && line[9] >= '1' &&
                line[9] <= '5' && is_digit(line[10]) && is_digit(line[11]) &&
                (len == 12 || line[12] == ' ');
    if (!form || !all_value_chars(line + 12, len - 12)) {
        return fail(r, HTTP_STATUS_LINE);
    }
    r->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    r->old = line[7] == '0';
    r->reason_at = (uint32_t)r->texts.len;
    r->reason_len = len > 13 ? (uint32_t)(len - 13) : 0;
    r->state = HEADERS;
    return append(&r->texts, line + 13, r->reason_len) || fail(r, HTTP_HEADERS_TOO_LARGE);
}

static bool same_text(struct wg_exporter_str text, const char *other) {
    size_t i = 0;
    for (; i < text.len && other[i] != '\0'; i++) {
        char a = text.ptr[i], b = other[i];
        a = a >= 'A' && a <= 'Z' ? (char)(a + 32) : a;
        b = b >= 'A' && b <= 'Z' ? (char)(b + 32) : b;
        if (a != b) {
            return false;
        }
    }
    return i == text.len && other[i] == '\0';
}

static bool take_length(struct http_response *r, struct wg_exporter_str value) {
    uint64_t length = 0;
    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX) {
        return fail(r, HTTP_LENGTH);
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.ptr[i])) {
            return fail(r, HTTP_LENGTH);
        }
        length = 10 * length + (uint64_t)(value.ptr[i] - '0');
    }
    if (r->has_length && r->length != length) {
        return fail(r, HTTP_LENGTH);
    }
    r->has_length = true;
    r->length = length;
    return true;
}

/* What a header says about the body's form. */
static bool note_framing(struct http_response *r, struct wg_exporter_str name,
                         struct wg_exporter_str value) {
    if (same_text(name, "content-length")) {
        return take_length(r, value);
    }
    if (same_text(name, "transfer-encoding")) {
        if (r->chunked || !same_text(value, "chunked")) {
            return fail(r, HTTP_ENCODING);
        }
        r->chunked = true;
    }
    return true;
}

/* Splits "name: value"; false if it is no header. */
static bool split_header(const char *line, size_t len, struct wg_exporter_str *name,
                         struct wg_exporter_str *value) {
    size_t at = 0;
    while (at < len && is_name_char(line[at])) {
        at++;
    }
    if (at == 0 || at == len || line[at] != ':') {
        return false;
    }
    *name = (struct wg_exporter_str){line, at};
    size_t from = at + 1;
    while (from < len && (line[from] == ' ' || line[from] == '\t')) {
        from++;
    }
    while (len > from && (line[len - 1] == ' ' || line[len - 1] == '\t')) {
        len--;
    }
    *value = (struct wg_exporter_str){line + from, len - from};
    return all_value_chars(line + from, len - from);
}

static bool keep_header(struct http_response *r, struct wg_exporter_str name,
                        struct wg_exporter_str value) {
    if (r->header_count == r->options.max_headers) {
        return fail(r, HTTP_HEADERS_TOO_LARGE);
    }
    struct header *header = &r->headers[r->header_count];
    header->name_at = (uint32_t)r->texts.len;
    header->name_len = (uint32_t)name.len;
    header->value_at = header->name_at + header->name_len;
    header->value_len = (uint32_t)value.len;
    if (!append(&r->texts, name.ptr, name.len) || !append(&r->texts, value.ptr, value.len)) {
        return fail(r, HTTP_HEADERS_TOO_LARGE);
    }
    r->header_count++;
    return true;
}

/* All headers are there: which form the body has. */
static bool begin_body(struct http_response *r) {
    bool empty = r->options.head || r->status < 200 || r->status == 204 || r->status == 304;
    if (r->chunked && r->has_length) {
        return fail(r, HTTP_LENGTH);
    }
    if (r->status < 200 && r->status != 101) { /* the real response follows */
        if (++r->interim > INTERIM_MAX) {
            return fail(r, HTTP_TOO_MANY_INTERIM);
        }
        r->texts.len = 0;
        r->header_count = 0;
        r->has_length = r->chunked = false;
        r->status = 0;
        r->state = STATUS_LINE;
    } else if (empty) {
        r->state = DONE;
    } else if (r->chunked) {
        r->state = CHUNK_SIZE;
    } else if (r->has_length) {
        if (r->length > r->options.max_body_bytes) {
            return fail(r, HTTP_BODY_TOO_LARGE);
        }
        r->left = r->length;
        r->state = r->left == 0 ? DONE : BODY_BY_LENGTH;
    } else {
        r->state = BODY_TO_THE_END;
    }
    return true;
}

static bool take_header(struct http_response *r, const char *line, size_t len) {
    struct wg_exporter_str name, value;
    if (len == 0) {
        return begin_body(r);
    }
    return (split_header(line, len, &name, &value) || fail(r, HTTP_HEADER)) &&
           note_framing(r, name, value) && keep_header(r, name, value);
}

static bool take_trailer(struct http_response *r, const char *line, size_t len) {
    struct wg_exporter_str name, value;
    if (len == 0) {
        r->state = DONE;
        return true;
    }
    return split_header(line, len, &name, &value) || fail(r, HTTP_HEADER);
}

static int hex_digit(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits; an extension behind a semicolon means nothing to us. */
static bool take_chunk_size(struct http_response *r, const char *line, size_t len) {
    uint64_t size = 0;
    size_t at = 0;
    while (at < len && hex_digit(line[at]) >= 0) {
        size = size << 4 | (uint64_t)hex_digit(line[at]);
        if (++at > CHUNK_DIGITS_MAX) {
            return fail(r, HTTP_CHUNK);
        }
    }
    if (at == 0 || !all_value_chars(line + at, len - at)) {
        return fail(r, HTTP_CHUNK);
    }
    while (at < len && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    if (at < len && line[at] != ';') {
        return fail(r, HTTP_CHUNK);
    }
    if (size > r->options.max_body_bytes - r->body.len) {
        return fail(r, HTTP_BODY_TOO_LARGE);
    }
    r->left = size;
    r->state = size == 0 ? TRAILERS : CHUNK_DATA;
    return true;
}

static bool take_line(struct http_response *r, const char *line, size_t len) {
    switch (r->state) {
    case STATUS_LINE:
        return take_status_line(r, line, len);
    case HEADERS:
        return take_header(r, line, len);
    case CHUNK_SIZE:
        return take_chunk_size(r, line, len);
    case CHUNK_END:
        r->state = CHUNK_SIZE;
        return len == 0 || fail(r, HTTP_CHUNK);
    default:
        return take_trailer(r, line, len);
    }
}

/* Bytes up to and with the next line feed; takes the line when it is whole. The bound is on all
 * lines of a response together, but for the two empty ones that a chunk brings along. */
static size_t feed_line(struct http_response *r, const char *bytes, size_t len) {
    const char *end = memchr(bytes, '\n', len);
    size_t used = end == NULL ? len : (size_t)(end - bytes) + 1;
    size_t room = r->options.max_header_bytes - r->header_bytes;
    if (used > room - r->line.len || !append(&r->line, bytes, used)) {
        fail(r, HTTP_HEADERS_TOO_LARGE);
        return used;
    }
    if (end != NULL) {
        size_t line_len = r->line.len - 1;
        line_len -= line_len > 0 && r->line.ptr[line_len - 1] == '\r';
        bool of_chunk = r->state == CHUNK_SIZE || r->state == CHUNK_END;
        r->header_bytes += of_chunk ? 0 : (uint32_t)r->line.len;
        r->line.len = 0;
        (void)take_line(r, r->line.ptr, line_len);
    }
    return used;
}

/* --- bodies ----------------------------------------------------------------------------------- */

static size_t feed_body(struct http_response *r, const char *bytes, size_t len) {
    size_t used = r->state != BODY_TO_THE_END && len > r->left ? (size_t)r->left : len;
    if (used > r->options.max_body_bytes - r->body.len || !append(&r->body, bytes, used)) {
        fail(r, HTTP_BODY_TOO_LARGE);
        return used;
    }
    if (r->state != BODY_TO_THE_END) {
        r->left -= used;
        if (r->left == 0) {
            r->state = r->state == CHUNK_DATA ? CHUNK_END : DONE;
        }
    }
    return used;
}

static enum http_progress progress_of(const struct http_response *r) {
    return r->state == DONE ? HTTP_DONE : r->state == FAILED ? HTTP_FAILED : HTTP_MORE;
}

enum http_progress http_response_feed(struct http_response *response, const char *bytes, size_t len,
                                      size_t *ret_used) {
    size_t used = 0;
    while (used < len && response->state < DONE) {
        bool body = response->state == BODY_BY_LENGTH || response->state == BODY_TO_THE_END ||
                    response->state == CHUNK_DATA;
        used += body ? feed_body(response, bytes + used, len - used)
                     : feed_line(response, bytes + used, len - used);
    }
    if (ret_used != NULL) {
        *ret_used = used;
    }
    return progress_of(response);
}

enum http_progress http_response_finish(struct http_response *response) {
    if (response->state == BODY_TO_THE_END) {
        response->state = DONE;
    } else if (response->state < DONE) {
        fail(response, HTTP_TRUNCATED);
    }
    return progress_of(response);
}

/* --- what was read ---------------------------------------------------------------------------- */

enum http_error http_response_error(const struct http_response *response) {
    return response->error;
}

int http_response_status(const struct http_response *response) { return response->status; }

static struct wg_exporter_str text_at(const struct http_response *r, uint32_t at, uint32_t len) {
    return (struct wg_exporter_str){len == 0 ? "" : r->texts.ptr + at, len};
}

struct wg_exporter_str http_response_reason(const struct http_response *response) {
    return text_at(response, response->reason_at, response->reason_len);
}

uint32_t http_response_header_count(const struct http_response *response) {
    return response->header_count;
}

void http_response_header_at(const struct http_response *response, uint32_t number,
                             struct wg_exporter_str *ret_name, struct wg_exporter_str *ret_value) {
    const struct header *header = &response->headers[number];
    *ret_name = text_at(response, header->name_at, header->name_len);
    *ret_value = text_at(response, header->value_at, header->value_len);
}

bool http_response_header(const struct http_response *response, const char *name,
                          struct wg_exporter_str *ret_value) {
    for (uint32_t i = 0; i < response->header_count; i++) {
        struct wg_exporter_str each, value;
        http_response_header_at(response, i, &each, &value);
        if (same_text(each, name)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

struct wg_exporter_str http_response_body(const struct http_response *response) {
    return (struct wg_exporter_str){response->body.len == 0 ? "" : response->body.ptr,
                                    response->body.len};
}

bool http_response_keeps_alive(const struct http_response *response) {
    struct wg_exporter_str value;
    bool told = response->chunked || response->has_length || response->options.head ||
                response->status < 200 || response->status == 204 || response->status == 304;
    bool said = http_response_header(response, "connection", &value);
    if (response->old) {
        return told && said && same_text(value, "keep-alive");
    }
    return told && !(said && same_text(value, "close"));
}
