/* Immutable, reference-counted bytes. One buffer holds one journal frame and is shared by every
 * replica, message and disk of a run, so the bytes of a record exist once however many brokers
 * store them. Never written after it has been filled by its maker; a fault that changes bytes
 * makes a private copy first. Not thread-safe: a run has one thread. */
#ifndef WAGGLE_BUF_H
#define WAGGLE_BUF_H

#include "waggle/record.h"

#include <stdint.h>

struct wg_env;
struct wg_buf;

/* What was learnt about the bytes once and need not be worked out again by the next reader.
 * A mark speaks about the bytes only, never about a replica; a fault that touches the bytes works
 * on a fresh copy without marks. env->flags can switch marks off, which must not change a run. */
enum wg_buf_mark {
    WG_BUF_CHECKSUM_OK = 1u << 0,
    WG_BUF_DIGEST = 1u << 1 /* `digest` is set; the host's, the engine does not look at it */
};

struct wg_buf {
    struct wg_env *env; /* frees it */
    uint32_t refs;
    uint32_t len;
    uint32_t marks;        /* enum wg_buf_mark */
    uint32_t record_count; /* of `records` */
    struct wg_record *records; /* decoded batch or NULL; owned, see codec/batch.h */
    uint64_t digest;           /* of all the bytes, if marked */
    uint8_t bytes[];
};

/* A buffer of `len` uninitialised bytes with one reference. Never fails (a run that is out of
 * memory ends as an internal error of the host). */
struct wg_buf *wg_buf_new(struct wg_env *env, uint32_t len);
struct wg_buf *wg_buf_copy(struct wg_env *env, const void *bytes, uint32_t len);
static inline struct wg_buf *wg_buf_ref(struct wg_buf *buf) {
    buf->refs++;
    return buf;
}
/* Drops one reference; NULL is allowed. */
void wg_buf_unref(struct wg_buf *buf);

#endif
