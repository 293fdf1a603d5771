/* The one bounded cursor for reading and writing bytes. A reader never moves past its end, a
 * writer never past its capacity; the first failure sticks and is asked for at the end. */
#ifndef WG_BASE_BYTES_H
#define WG_BASE_BYTES_H

#include "waggle/record.h"
#include "waggle/status.h"

#include <string.h>

struct wg_reader {
    const uint8_t *at, *end;
    bool failed; /* something was asked for that is not there */
};

struct wg_writer {
    uint8_t *start, *at, *end;
    bool failed; /* did not fit; `at` stays where it was */
};

static inline struct wg_reader wg_reader_on(struct wg_bytes bytes) {
    /* NULL + 0 is undefined, also where nothing is read. */
    struct wg_reader r = {bytes.ptr, bytes.len > 0 ? bytes.ptr + bytes.len : bytes.ptr, false};
    return r;
}
static inline struct wg_writer wg_writer_on(void *memory, size_t capacity) {
    struct wg_writer w = {memory, memory, (uint8_t *)memory + capacity, false};
    return w;
}
static inline struct wg_bytes wg_bytes_of(const void *ptr, size_t len) {
    struct wg_bytes b = {ptr, (uint32_t)len};
    return b;
}
static inline struct wg_bytes wg_bytes_str(const char *text) {
    return wg_bytes_of(text, strlen(text));
}
static inline bool wg_bytes_equal(struct wg_bytes a, struct wg_bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline struct wg_bytes wg_writer_bytes(const struct wg_writer *w) {
    return wg_bytes_of(w->start, (size_t)(w->at - w->start));
}
static inline size_t wg_reader_left(const struct wg_reader *r) { return (size_t)(r->end - r->at); }

/* n bytes, or NULL (and failed). */
static inline const uint8_t *wg_read_bytes(struct wg_reader *r, size_t n) {
    if (r->failed || wg_reader_left(r) < n) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    return p;
}
/* Room for n bytes, or NULL (and failed). */
static inline uint8_t *wg_write_room(struct wg_writer *w, size_t n) {
    if (w->failed || (size_t)(w->end - w->at) < n) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->at;
    w->at += n;
    return p;
}

static inline uint64_t wg_load_le(const uint8_t *p, unsigned width) {
    uint64_t v = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&v, p, width); /* one load where the width is known; gcc does not merge the loop's */
#else
    for (unsigned i = 0; i < width; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
#endif
    return v;
}
static inline void wg_store_le(uint8_t *p, uint64_t v, unsigned width) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(p, &v, width);
#else
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
#endif
}

/* Little-endian numbers; reading past the end gives 0 and failed. */
static inline uint64_t wg_read_le(struct wg_reader *r, unsigned width) {
    const uint8_t *p = wg_read_bytes(r, width);
    return p == NULL ? 0 : wg_load_le(p, width);
}
static inline void wg_write_le(struct wg_writer *w, uint64_t v, unsigned width) {
    uint8_t *p = wg_write_room(w, width);
    if (p != NULL) {
        wg_store_le(p, v, width);
    }
}
static inline void wg_write_bytes(struct wg_writer *w, const void *bytes, size_t n) {
    uint8_t *p = wg_write_room(w, n);
    if (p != NULL && n > 0) {
        memcpy(p, bytes, n);
    }
}

#endif
