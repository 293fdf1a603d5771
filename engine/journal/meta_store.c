/* What raft must not forget: term, vote and last flushed index, in <dir>/raft.meta.
 *
 *   offset  size  field                                   (Zeebe's Meta message, protocol 2.2)
 *   0       8     SBE header: block 16, template 6, schema 8, version 3
 *   8       8     term u64
 *   16      8     last flushed index u64; all ones = nothing was flushed
 *   24      4     length of votedFor u32; 0 = nobody
 *   28      n     votedFor: the node id in decimal digits
 *   ...           zeros
 *   252     4     CRC32C of bytes 0..251 (ours: Zeebe leaves the rest of its buffer unused)
 *
 * The file is one write of 256 bytes at offset 0, so it lies within one 512-byte sector, which a
 * disk writes wholly or not at all: after a power loss it is the old or the new one, never a
 * mixture, and needs no second copy. Every write is synced before it counts. */
#include "seams/meta_store.h"

#include "base/crc32c.h"
#include "base/paths.h"

#define META_BYTES 256u
#define META_CRC_AT (META_BYTES - 4u)
#define META_BLOCK 16u
#define META_TEMPLATE 6u
#define META_SCHEMA 8u
#define META_VERSION 3u

struct wg_meta_store {
    struct wg_env *env;
    wg_file file;
};

static void encode(struct wg_env *env, const struct wg_meta *meta, uint8_t out[META_BYTES]) {
    struct wg_path vote;
    vote.len = 0;
    if (meta->voted_for != WG_NODE_NONE) {
        wg_path_add_number(env, &vote, meta->voted_for);
    }
    memset(out, 0, META_BYTES);
    struct wg_writer w = wg_writer_on(out, META_CRC_AT);
    wg_write_le(&w, META_BLOCK, 2);
    wg_write_le(&w, META_TEMPLATE, 2);
    wg_write_le(&w, META_SCHEMA, 2);
    wg_write_le(&w, META_VERSION, 2);
    wg_write_le(&w, meta->term, 8);
    wg_write_le(&w, meta->last_flushed == 0 ? UINT64_MAX : meta->last_flushed, 8);
    wg_write_le(&w, vote.len, 4);
    wg_write_bytes(&w, vote.text, vote.len);
    WG_ASSERT(env, !w.failed);
    wg_store_le(out + META_CRC_AT, wg_crc32c(0, out, META_CRC_AT), 4);
}

static wg_status decode_vote(struct wg_reader *r, wg_node_id *ret_vote) {
    uint64_t len = wg_read_le(r, 4);
    const uint8_t *digits = wg_read_bytes(r, len);
    char text[12] = {0};
    if (digits == NULL || len >= sizeof text) {
        return WG_CORRUPT;
    }
    *ret_vote = WG_NODE_NONE;
    if (len == 0) {
        return WG_OK;
    }
    memcpy(text, digits, len);
    const char *at = text;
    uint64_t node = 0;
    if (!wg_path_read_number(&at, &node) || *at != 0 || node >= WG_NODE_NONE) {
        return WG_CORRUPT;
    }
    *ret_vote = (wg_node_id)node;
    return WG_OK;
}

static wg_status decode(const uint8_t in[META_BYTES], struct wg_meta *ret_meta) {
    struct wg_reader r = wg_reader_on(wg_bytes_of(in, META_CRC_AT));
    uint64_t block = wg_read_le(&r, 2);
    uint64_t template_id = wg_read_le(&r, 2);
    uint64_t schema = wg_read_le(&r, 2);
    (void)wg_read_le(&r, 2); /* versions only add */
    if (wg_load_le(in + META_CRC_AT, 4) != wg_crc32c(0, in, META_CRC_AT) || block != META_BLOCK ||
        template_id != META_TEMPLATE || schema != META_SCHEMA) {
        return WG_CORRUPT;
    }
    struct wg_meta meta;
    meta.term = wg_read_le(&r, 8);
    meta.last_flushed = wg_read_le(&r, 8);
    if (meta.last_flushed == UINT64_MAX) {
        meta.last_flushed = 0;
    }
    wg_status status = decode_vote(&r, &meta.voted_for);
    if (status == WG_OK) {
        *ret_meta = meta;
    }
    return status;
}

/* Whether nothing was ever stored: created, or grown to its size, but not written yet. */
static bool is_blank(const struct wg_disk_view *view) {
    for (uint32_t i = 0; i < view->len; i++) {
        if (view->ptr[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The meta file is durable before the first segment gets its name, so a blank one beside segments has
 * lost what it held: to begin anew would forget a vote, and what was promised. */
static bool has_segments(struct wg_env *env, const char *dir) {
    struct wg_path prefix = wg_path_join(env, dir, "/raft-");
    struct wg_path path = wg_path_join(env, "", "");
    return wg_path_next(env, prefix.text, &path);
}

static wg_status read_or_create(struct wg_meta_store *store, const char *dir,
                                struct wg_meta *ret_meta) {
    struct wg_env *env = store->env;
    struct wg_disk_view view;
    wg_status status = env->disk_ops->view(env->disk, store->file, 0, META_BYTES, &view);
    if (status != WG_OK) {
        return status;
    }
    struct wg_meta meta = {.voted_for = WG_NODE_NONE};
    bool blank = is_blank(&view);
    if (!blank) {
        status = view.len == META_BYTES ? decode(view.ptr, &meta) : WG_CORRUPT;
    }
    wg_buf_unref(view.buf);
    if (blank) {
        status = has_segments(env, dir) ? WG_CORRUPT : wg_meta_store(store, &meta);
    } else if (status == WG_OK) {
        /* A process that was killed may have left it in the page cache only, and the sync that it
         * made may have failed: then another would succeed without storing anything. */
        status = wg_meta_store(store, &meta);
    }
    if (status == WG_OK) {
        status = env->disk_ops->sync_dir(env->disk, dir);
    }
    if (status == WG_OK) {
        *ret_meta = meta;
    }
    return status;
}

wg_status wg_meta_open(struct wg_env *env, const char *dir, struct wg_meta_store **ret_store,
                       struct wg_meta *ret_meta) {
    struct wg_path path = wg_path_join(env, dir, "/raft.meta");
    struct wg_meta_store *store = wg_alloc(env, sizeof *store);
    store->env = env;
    wg_status status = env->disk_ops->open(env->disk, path.text, true, &store->file);
    if (status != WG_OK) {
        wg_free(env, store, sizeof *store);
        return status;
    }
    status = read_or_create(store, dir, ret_meta);
    if (status != WG_OK) {
        wg_meta_close(store);
        return status;
    }
    *ret_store = store;
    return WG_OK;
}

wg_status wg_meta_store(struct wg_meta_store *store, const struct wg_meta *meta) {
    struct wg_env *env = store->env;
    struct wg_buf *buf = wg_buf_new(env, META_BYTES);
    encode(env, meta, buf->bytes);
    wg_status status = env->disk_ops->write(env->disk, store->file, 0, buf, 0, META_BYTES);
    wg_buf_unref(buf);
    return status == WG_OK ? env->disk_ops->sync(env->disk, store->file) : status;
}

void wg_meta_close(struct wg_meta_store *store) {
    if (store != NULL) {
        store->env->disk_ops->close(store->env->disk, store->file);
        wg_free(store->env, store, sizeof *store);
    }
}
