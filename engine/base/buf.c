#include "waggle/buf.h"

#include "waggle/env.h"

#include <string.h>

struct wg_buf *wg_buf_new(struct wg_env *env, uint32_t len) {
    struct wg_buf *buf = wg_alloc(env, sizeof *buf + len);
    buf->env = env;
    buf->refs = 1;
    buf->len = len;
    buf->marks = 0;
    buf->record_count = 0;
    buf->records = NULL;
    return buf;
}

struct wg_buf *wg_buf_copy(struct wg_env *env, const void *bytes, uint32_t len) {
    struct wg_buf *buf = wg_buf_new(env, len);
    if (len > 0) {
        memcpy(buf->bytes, bytes, len);
    }
    return buf;
}

void wg_buf_unref(struct wg_buf *buf) {
    if (buf == NULL || --buf->refs > 0) {
        return;
    }
    wg_free(buf->env, buf->records, buf->record_count * sizeof *buf->records);
    wg_free(buf->env, buf, sizeof *buf + buf->len);
}
