/* See json_reader.h. Strings are checked once, when they are read; whoever unescapes them later may
 * rely on that. */
#include "codec/json_reader.h"

#include "codec/json.h"

struct wg_json_reader wg_json_reader_on(struct wg_bytes text) {
    struct wg_json_reader r = {.start = text.ptr, .at = text.ptr};
    r.end = text.len > 0 ? text.ptr + text.len : text.ptr;
    return r;
}

/* Makes `why` (constant text) the error, at the reader's place, unless there is one. False. */
static bool fail(struct wg_json_reader *r, const char *why) {
    if (r->error == NULL) {
        r->error = why;
        r->error_at = (uint32_t)(r->at - r->start);
    }
    return false;
}

static void skip_space(struct wg_json_reader *r) {
    while (r->at < r->end &&
           (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) {
        r->at++;
    }
}

enum wg_json_kind wg_json_peek(struct wg_json_reader *r) {
    skip_space(r);
    if (r->error != NULL || r->at == r->end) {
        return WG_JSON_NONE;
    }
    switch (*r->at) {
    case '{':
        return WG_JSON_OBJECT;
    case '[':
        return WG_JSON_ARRAY;
    case '"':
        return WG_JSON_STRING;
    case 't':
    case 'f':
        return WG_JSON_BOOL;
    case 'n':
        return WG_JSON_NULL;
    default:
        return *r->at == '-' || (*r->at >= '0' && *r->at <= '9') ? WG_JSON_NUMBER : WG_JSON_NONE;
    }
}

static bool expect(struct wg_json_reader *r, enum wg_json_kind kind, const char *why) {
    return wg_json_peek(r) == kind || fail(r, why);
}

/* --- objects and arrays ---------------------------------------------------------------------- */

static bool open_container(struct wg_json_reader *r) {
    if (r->depth == WG_JSON_MAX_DEPTH) {
        return fail(r, "nested too deeply");
    }
    r->at++;
    r->depth++;
    return true;
}

bool wg_json_open_object(struct wg_json_reader *r) {
    return expect(r, WG_JSON_OBJECT, "must be an object") && open_container(r);
}

bool wg_json_open_array(struct wg_json_reader *r) {
    return expect(r, WG_JSON_ARRAY, "must be an array") && open_container(r);
}

/* Steps over the comma in front of the next element, or over the closing bracket; then false. */
static bool next(struct wg_json_reader *r, bool *first, uint8_t close) {
    skip_space(r);
    if (r->error != NULL) {
        return false;
    }
    if (r->at < r->end && *r->at == close) {
        r->at++;
        r->depth--;
        return false;
    }
    if (!*first && (r->at == r->end || *r->at != ',')) {
        return fail(r, "a comma or the end of what was opened must follow");
    }
    r->at += !*first;
    *first = false;
    return true;
}

bool wg_json_next_element(struct wg_json_reader *r, bool *first) { return next(r, first, ']'); }

bool wg_json_next_member(struct wg_json_reader *r, bool *first, struct wg_bytes *ret_raw_key) {
    if (!next(r, first, '}') || !wg_json_raw_string(r, ret_raw_key)) {
        return false;
    }
    skip_space(r);
    if (r->at == r->end || *r->at != ':') {
        return fail(r, "a colon must follow");
    }
    r->at++;
    return true;
}

/* --- scalars --------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at `p`, -1 if they are none. */
static int32_t hex_unit(const uint8_t *p, const uint8_t *end) {
    int32_t unit = 0;
    for (uint32_t i = 0; i < 4; i++) {
        int digit = p + i < end ? hex_digit(p[i]) : -1;
        if (digit < 0) {
            return -1;
        }
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
static bool is_low(int32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

/* Bytes of the escape at `p` (a backslash), 0 if there is no such escape. Halves of a pair come
 * together only. */
static uint32_t escape_bytes(const uint8_t *p, const uint8_t *end) {
    if (end - p < 2) {
        return 0;
    }
    if (p[1] != 'u') {
        return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
    }
    int32_t unit = hex_unit(p + 2, end);
    if (unit < 0 || is_low(unit)) {
        return 0;
    }
    if (!is_high(unit)) {
        return 6;
    }
    bool pair = end - p >= 12 && p[6] == '\\' && p[7] == 'u' && is_low(hex_unit(p + 8, end));
    return pair ? 12 : 0;
}

/* Bytes of the character or escape at `p`, 0 if a string cannot hold it. */
static uint32_t char_bytes(const uint8_t *p, const uint8_t *end) {
    if (*p == '\\') {
        return escape_bytes(p, end);
    }
    if (*p < 0x20) {
        return 0;
    }
    return *p < 0x80 ? 1 : wg_utf8_bytes(p, (size_t)(end - p));
}

bool wg_json_raw_string(struct wg_json_reader *r, struct wg_bytes *ret_raw) {
    if (!expect(r, WG_JSON_STRING, "must be a string")) {
        return false;
    }
    const uint8_t *start = ++r->at;
    while (r->at < r->end && *r->at != '"') {
        uint32_t n = char_bytes(r->at, r->end);
        if (n == 0) {
            return fail(r, "a string cannot hold this");
        }
        r->at += n;
    }
    if (r->at == r->end) {
        return fail(r, "the text ends inside a string");
    }
    *ret_raw = wg_bytes_of(start, (size_t)(r->at - start));
    r->at++;
    return true;
}

static uint32_t digits(struct wg_json_reader *r) {
    const uint8_t *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        r->at++;
    }
    return (uint32_t)(r->at - start);
}

static bool take_char(struct wg_json_reader *r, char c) {
    bool there = r->at < r->end && *r->at == (uint8_t)c;
    r->at += there;
    return there;
}

static bool take_exponent(struct wg_json_reader *r) {
    if (!take_char(r, 'e') && !take_char(r, 'E')) {
        return true;
    }
    if (!take_char(r, '-')) {
        (void)take_char(r, '+');
    }
    return digits(r) > 0;
}

bool wg_json_raw_number(struct wg_json_reader *r, struct wg_bytes *ret_raw) {
    if (!expect(r, WG_JSON_NUMBER, "must be a number")) {
        return false;
    }
    const uint8_t *start = r->at;
    (void)take_char(r, '-');
    bool good = take_char(r, '0') || digits(r) > 0;
    good = good && (!take_char(r, '.') || digits(r) > 0) && take_exponent(r);
    if (!good) {
        return fail(r, "a number cannot go on like this");
    }
    *ret_raw = wg_bytes_of(start, (size_t)(r->at - start));
    return true;
}

bool wg_json_int64(struct wg_json_reader *r, int64_t *ret_number) {
    struct wg_bytes raw;
    (void)wg_json_peek(r); /* the place of an error is the number's first byte */
    const uint8_t *start = r->at;
    if (!wg_json_raw_number(r, &raw)) {
        return false;
    }
    bool negative = raw.ptr[0] == '-';
    int64_t number = 0;
    bool good = true;
    for (uint32_t i = negative; good && i < raw.len; i++) {
        int64_t digit = raw.ptr[i] - '0'; /* beyond 9 for anything but a digit, which ends it */
        good = digit >= 0 && digit <= 9 && !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_sub_overflow(number, digit, &number);
    }
    /* Counted downwards: there is one more number below zero than above. */
    if (!good || (!negative && number == INT64_MIN)) {
        r->at = start;
        return fail(r, "must be a whole number of 64 bits");
    }
    *ret_number = negative ? number : -number;
    return true;
}

static bool take_word(struct wg_json_reader *r, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) {
        return false;
    }
    r->at += len;
    return true;
}

bool wg_json_bool(struct wg_json_reader *r, bool *ret_value) {
    if (!expect(r, WG_JSON_BOOL, "must be true or false")) {
        return false;
    }
    bool value = *r->at == 't';
    if (!take_word(r, value ? "true" : "false")) {
        return fail(r, "must be true or false");
    }
    *ret_value = value;
    return true;
}

bool wg_json_null(struct wg_json_reader *r) {
    return expect(r, WG_JSON_NULL, "must be null") &&
           (take_word(r, "null") || fail(r, "must be null"));
}

/* --- whole values ---------------------------------------------------------------------------- */

static bool skip_scalar(struct wg_json_reader *r, enum wg_json_kind kind) {
    struct wg_bytes raw;
    bool value;
    switch (kind) {
    case WG_JSON_STRING:
        return wg_json_raw_string(r, &raw);
    case WG_JSON_NUMBER:
        return wg_json_raw_number(r, &raw);
    case WG_JSON_BOOL:
        return wg_json_bool(r, &value);
    case WG_JSON_NULL:
        return wg_json_null(r);
    default:
        return fail(r, "a value must follow");
    }
}

/* Recursion is bounded by the depth of what may be opened. */
bool wg_json_skip_value(struct wg_json_reader *r) {
    enum wg_json_kind kind = wg_json_peek(r);
    struct wg_bytes key;
    bool first = true;
    if (kind == WG_JSON_OBJECT && wg_json_open_object(r)) {
        while (wg_json_next_member(r, &first, &key) && wg_json_skip_value(r)) {
        }
    } else if (kind == WG_JSON_ARRAY && wg_json_open_array(r)) {
        while (wg_json_next_element(r, &first) && wg_json_skip_value(r)) {
        }
    } else {
        return skip_scalar(r, kind);
    }
    return r->error == NULL;
}

bool wg_json_at_end(struct wg_json_reader *r) {
    skip_space(r);
    return r->error == NULL && (r->at == r->end || fail(r, "nothing may follow"));
}

/* --- strings --------------------------------------------------------------------------------- */

static uint32_t put_utf8(uint8_t *out, uint32_t point) {
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 63u));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 63u));
        out[2] = (uint8_t)(0x80 | (point & 63u));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 63u));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 63u));
    out[3] = (uint8_t)(0x80 | (point & 63u));
    return 4;
}

/* The escape at `p`, which has been checked; *ret_len = its bytes, the result = those it became. */
static uint32_t unescape_one(const uint8_t *p, const uint8_t *end, uint8_t *out,
                             uint32_t *ret_len) {
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (p[1] != 'u') {
        *ret_len = 2;
        out[0] = (uint8_t)to[strchr(from, p[1]) - from];
        return 1;
    }
    int32_t unit = hex_unit(p + 2, end);
    *ret_len = 6;
    if (is_high(unit)) {
        *ret_len = 12;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (hex_unit(p + 8, end) - 0xdc00);
    }
    return put_utf8(out, (uint32_t)unit);
}

uint32_t wg_json_unescape(struct wg_bytes raw, uint8_t *out) {
    uint32_t len = 0;
    uint32_t at = 0;
    while (at < raw.len) {
        uint32_t taken = 1;
        if (raw.ptr[at] == '\\') {
            len += unescape_one(raw.ptr + at, raw.ptr + raw.len, out + len, &taken);
        } else {
            out[len++] = raw.ptr[at];
        }
        at += taken;
    }
    return len;
}

bool wg_json_raw_is(struct wg_bytes raw, const char *text) {
    size_t want = strlen(text);
    uint32_t at = 0;
    size_t len = 0;
    while (at < raw.len) {
        uint8_t piece[4] = {raw.ptr[at]};
        uint32_t taken = 1;
        uint32_t made = 1;
        if (raw.ptr[at] == '\\') {
            made = unescape_one(raw.ptr + at, raw.ptr + raw.len, piece, &taken);
        }
        if (made > want - len || memcmp(piece, text + len, made) != 0) {
            return false;
        }
        len += made;
        at += taken;
    }
    return len == want;
}
