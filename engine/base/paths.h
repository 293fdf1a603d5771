/* File names: building them, reading numbers out of them, and walking a directory that changes
 * meanwhile. No libc formatting, so that the engine stays free of locale and stdio. */
#ifndef WG_BASE_PATHS_H
#define WG_BASE_PATHS_H

#include "base/assert.h"
#include "base/bytes.h"

#define WG_PATH_MAX 192u

struct wg_path {
    uint32_t len;
    char text[WG_PATH_MAX]; /* NUL-terminated */
};

static inline void wg_path_add_bytes(struct wg_env *env, struct wg_path *path, const char *text,
                                     size_t len) {
    WG_ASSERT(env, path->len + len < WG_PATH_MAX);
    memcpy(path->text + path->len, text, len);
    path->len += (uint32_t)len;
    path->text[path->len] = 0;
}
static inline void wg_path_add(struct wg_env *env, struct wg_path *path, const char *text) {
    wg_path_add_bytes(env, path, text, strlen(text));
}
#define WG_DIGITS_MAX 20u
/* Decimal digits of a number, at the end of `room`; returns how many. */
static inline size_t wg_digits(char room[WG_DIGITS_MAX], uint64_t number) {
    size_t count = 0;
    do {
        room[WG_DIGITS_MAX - ++count] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return count;
}
static inline void wg_path_add_number(struct wg_env *env, struct wg_path *path, uint64_t number) {
    char digits[WG_DIGITS_MAX];
    size_t count = wg_digits(digits, number);
    wg_path_add_bytes(env, path, digits + WG_DIGITS_MAX - count, count);
}
static inline struct wg_path wg_path_join(struct wg_env *env, const char *dir, const char *rest) {
    struct wg_path path;
    path.len = 0;
    path.text[0] = 0;
    wg_path_add(env, &path, dir);
    wg_path_add(env, &path, rest);
    return path;
}

/* Reads a decimal number without leading zeros at *at and moves behind it; false = there is none,
 * or it does not fit. */
static inline bool wg_path_read_number(const char **at, uint64_t *ret_number) {
    const char *p = *at;
    uint64_t number = 0;
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9')) {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *at = p;
    *ret_number = number;
    return true;
}
/* Moves *at behind `word` if it stands there. */
static inline bool wg_path_read_word(const char **at, const char *word) {
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0) {
        return false;
    }
    *at += len;
    return true;
}

struct wg_path_search {
    struct wg_env *env;
    const char *after;
    struct wg_path *found;
    bool any;
};
static inline void wg_path_search_each(void *ctx, const char *path) {
    struct wg_path_search *search = ctx;
    if (!search->any && strcmp(path, search->after) > 0) {
        search->any = true;
        *search->found = wg_path_join(search->env, path, "");
    }
}
/* The first file with `prefix` behind *path in byte order ("" = the first of all) replaces *path;
 * false = no more. The directory may change between calls. */
static inline bool wg_path_next(struct wg_env *env, const char *prefix, struct wg_path *path) {
    struct wg_path after = *path;
    struct wg_path_search search = {env, after.text, path, false};
    env->disk_ops->list(env->disk, prefix, wg_path_search_each, &search);
    return search.any;
}

#endif
