/* A growable text and what JSON needs to be appended to it. Text only grows by appending, so a
 * caller that fails half way cuts it back to the length it began with. */
#include "codec/json.h"

#include <string.h>

enum { LEAST_CAPACITY = 1024 };

void wg_text_free(struct wg_text *text) {
    wg_free(text->env, text->ptr, text->capacity);
    text->ptr = NULL;
    text->len = text->capacity = 0;
}

void wg_text_grow(struct wg_text *text, size_t needed) {
    size_t capacity = text->capacity < LEAST_CAPACITY ? LEAST_CAPACITY : text->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    char *grown = wg_alloc(text->env, capacity);
    if (text->len > 0) {
        memcpy(grown, text->ptr, text->len);
    }
    wg_free(text->env, text->ptr, text->capacity);
    text->ptr = grown;
    text->capacity = capacity;
}

void wg_text_int(struct wg_text *text, int64_t number) {
    char digits[20];
    uint32_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    wg_text_put(text, digits + at, sizeof digits - at);
}

static bool plain(uint8_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/* Eight characters at once: a byte is 0 exactly where (x - 1) & ~x has its top bit set, below the
 * first false alarm, and all that matters is whether there is one. */
static bool plain_word(uint64_t word) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t control = (word - ones * 0x20) & ~word;
    uint64_t special = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | control;
    return ((special | word) & tops) == 0;
}

uint32_t wg_utf8_bytes(const uint8_t *p, size_t left) {
    uint32_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n) {
        return 0;
    }
    for (uint32_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0u) != 0x80u) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool too_large = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : n;
}

static void put_control(struct wg_text *text, uint8_t c) {
    static const char hex[] = "0123456789ABCDEF";
    static const char letters[] = "btn\0fr"; /* 0x08 to 0x0d */
    if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        char escape[2] = {'\\', letters[c - 0x08]};
        wg_text_put(text, escape, sizeof escape);
    } else {
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15u]};
        wg_text_put(text, escape, sizeof escape);
    }
}

/* One character that cannot be copied as it is; the bytes it took. */
static uint32_t put_special(struct wg_text *text, const uint8_t *p, size_t left) {
    if (*p < 0x20) {
        put_control(text, *p);
        return 1;
    }
    if (*p < 0x80) {
        char escape[2] = {'\\', (char)*p};
        wg_text_put(text, escape, sizeof escape);
        return 1;
    }
    uint32_t n = wg_utf8_bytes(p, left);
    if (n == 0) {
        wg_text_literal(text, "\xef\xbf\xbd");
        return 1;
    }
    wg_text_put(text, (const char *)p, n);
    return n;
}

/* Where the plain characters that begin at `at` end. */
static uint32_t plain_run(struct wg_bytes chars, uint32_t at) {
    while (chars.len - at >= 8 && plain_word(wg_load_le(chars.ptr + at, 8))) {
        at += 8;
    }
    while (at < chars.len && plain(chars.ptr[at])) {
        at++;
    }
    return at;
}

void wg_text_string(struct wg_text *text, struct wg_bytes chars) {
    wg_text_room(text, (size_t)chars.len + 2); /* what it mostly takes, at once */
    wg_text_literal(text, "\"");
    uint32_t at = 0;
    while (at < chars.len) {
        uint32_t run = plain_run(chars, at);
        if (run > at) {
            wg_text_put(text, (const char *)chars.ptr + at, run - at);
        }
        at = run;
        if (at < chars.len) {
            at += put_special(text, chars.ptr + at, chars.len - at);
        }
    }
    wg_text_literal(text, "\"");
}

static void base64_group(char *out, uint32_t bits) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    for (uint32_t i = 0; i < 4; i++) {
        out[i] = letters[bits >> (18 - 6 * i) & 63u];
    }
}

void wg_text_base64(struct wg_text *text, struct wg_bytes bytes) {
    size_t groups = ((size_t)bytes.len + 2) / 3;
    char *out = wg_text_room(text, 4 * groups + 2);
    *out++ = '"';
    uint32_t at = 0;
    for (; bytes.len - at >= 3; at += 3, out += 4) {
        const uint8_t *p = bytes.ptr + at;
        base64_group(out, (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
    }
    uint32_t left = bytes.len - at;
    if (left > 0) {
        uint32_t second = left == 2 ? bytes.ptr[at + 1] : 0u;
        base64_group(out, (uint32_t)bytes.ptr[at] << 16 | second << 8);
        out[3] = '=';
        out[2] = left == 2 ? out[2] : '=';
        out += 4;
    }
    *out = '"';
    text->len += 4 * groups + 2;
}

/* JSON text holds no control characters, so only quotes and backslashes need an escape. */
void wg_text_quote(struct wg_text *text, size_t start) {
    size_t specials = 0;
    for (size_t i = start; i < text->len; i++) {
        specials += text->ptr[i] == '"' || text->ptr[i] == '\\';
    }
    wg_text_room(text, specials + 2);
    size_t from = text->len;
    size_t to = text->len + specials + 2;
    text->len = to;
    text->ptr[--to] = '"';
    while (from > start) {
        char c = text->ptr[--from];
        text->ptr[--to] = c;
        if (c == '"' || c == '\\') {
            text->ptr[--to] = '\\';
        }
    }
    text->ptr[start] = '"';
}
