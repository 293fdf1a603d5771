/* See line_reader.h. Lines that were handed out are dropped at the next feed. */
#include "exporters/stdio/line_reader.h"

#include <stdlib.h>
#include <string.h>

void stdio_lines_init(struct stdio_lines *lines, size_t most) {
    *lines = (struct stdio_lines){.most = most};
}

void stdio_lines_done(struct stdio_lines *lines) {
    free(lines->ptr);
    *lines = (struct stdio_lines){.failed = true};
}

static bool make_room(struct stdio_lines *lines, size_t len) {
    size_t kept = lines->len - lines->from;
    if (lines->from > 0) {
        memmove(lines->ptr, lines->ptr + lines->from, kept);
        lines->from = 0;
        lines->len = kept;
    }
    if (lines->capacity - kept >= len) {
        return true;
    }
    size_t capacity = lines->capacity == 0 ? 4096 : lines->capacity;
    while (capacity - kept < len) {
        capacity *= 2;
    }
    char *grown = realloc(lines->ptr, capacity);
    if (grown == NULL) {
        return false;
    }
    lines->ptr = grown;
    lines->capacity = capacity;
    return true;
}

/* Whether every line keeps the bound with the new bytes; *open = bytes behind the last line feed. */
static bool lines_fit(const struct stdio_lines *lines, const char *bytes, size_t len,
                      size_t *open) {
    size_t at = 0;
    while (at < len) {
        const char *end = memchr(bytes + at, '\n', len - at);
        size_t piece = end == NULL ? len - at : (size_t)(end - bytes) + 1 - at;
        *open += piece;
        if (*open + (end == NULL) > lines->most) { /* a line feed is to come yet */
            return false;
        }
        *open = end == NULL ? *open : 0;
        at += piece;
    }
    return true;
}

bool stdio_lines_feed(struct stdio_lines *lines, const char *bytes, size_t len) {
    if (lines->failed || len == 0) {
        return !lines->failed;
    }
    if (!lines_fit(lines, bytes, len, &lines->open) || !make_room(lines, len)) {
        lines->failed = true;
        return false;
    }
    memcpy(lines->ptr + lines->len, bytes, len);
    lines->len += len;
    return true;
}

bool stdio_lines_next(struct stdio_lines *lines, const char **ret_line, size_t *ret_len) {
    const char *start = lines->ptr + lines->from;
    size_t left = lines->len - lines->from;
    const char *end = lines->failed || left == 0 ? NULL : memchr(start, '\n', left);
    if (end == NULL) {
        return false;
    }
    *ret_line = start;
    *ret_len = (size_t)(end - start);
    lines->from += *ret_len + 1;
    return true;
}

bool stdio_lines_is_cut(const struct stdio_lines *lines) { return lines->len > lines->from; }
