/* Snapshots over the network: the leader cuts the latest one into chunks, a follower puts them
 * together again (reference: engine 1.9).
 *
 * Chunks go file by file in byte order of the names, each file from its beginning; a file has at
 * least one chunk, if an empty one. What a receiver writes lies in pending/<id>/ until every file
 * is complete and the whole fits the checksum that every chunk carries; only then is it moved
 * and published like a snapshot of one's own. A repetition of the last chunk is taken as such (the
 * answer was lost); anything else out of order is refused and changes nothing, so that the sender
 * can go on or begin again (S18). */
#include "snapshot/snapshot_internal.h"

#include "base/crc32c.h"

/* --- sending ---------------------------------------------------------------------------------- */

static uint64_t chunks_of(const struct snapshot_file *file, uint32_t chunk_bytes) {
    return file->bytes == 0 ? 1 : (file->bytes + chunk_bytes - 1) / chunk_bytes;
}

/* The bytes of a view in a buffer of their own, sharing the disk's where it is the same range. */
static struct wg_buf *content_of(struct wg_env *env, const struct wg_disk_view *view) {
    if (view->ptr == view->buf->bytes && view->len == view->buf->len &&
        (env->flags & WG_ENV_NO_SHARED_BYTES) == 0) {
        return view->buf;
    }
    struct wg_buf *copy = wg_buf_copy(env, view->ptr, view->len);
    wg_buf_unref(view->buf);
    return copy;
}

static wg_status read_piece(struct wg_snapshots *store, const struct snapshot_file *file,
                            uint64_t offset, uint32_t len, struct wg_buf **ret_content) {
    struct wg_env *env = store->env;
    struct wg_path path = snapshot_path(store, "/snapshots/", &store->latest, "/");
    wg_path_add(env, &path, file->name);
    wg_file handle;
    wg_status status = env->disk_ops->open(env->disk, path.text, false, &handle);
    if (status != WG_OK) {
        return status;
    }
    struct wg_disk_view view;
    status = env->disk_ops->view(env->disk, handle, offset, len, &view);
    env->disk_ops->close(env->disk, handle);
    if (status == WG_OK && view.len != len) {
        wg_buf_unref(view.buf);
        status = WG_CORRUPT;
    }
    if (status == WG_OK) {
        *ret_content = content_of(env, &view);
    }
    return status;
}

/* Before its first piece is sent a file is read as a whole: a damaged one would be refused at the
 * very end, and then sent all over again. */
static wg_status check_file(struct wg_snapshots *store, const struct snapshot_file *file) {
    struct wg_path path = snapshot_path(store, "/snapshots/", &store->latest, "/");
    wg_path_add(store->env, &path, file->name);
    struct wg_disk_view view;
    wg_status status = snapshot_view_file(store->env, path.text, &view);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_CORRUPT : status;
    }
    bool sound = view.len == file->bytes && wg_crc32c(0, view.ptr, view.len) == file->crc;
    wg_buf_unref(view.buf);
    return sound ? WG_OK : WG_CORRUPT;
}

wg_status wg_snapshots_chunk(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                             uint32_t number, uint32_t chunk_bytes,
                             struct wg_snapshot_chunk *ret_chunk) {
    WG_ASSERT(store->env, chunk_bytes > 0);
    if (!store->has_latest || !wg_snapshot_id_equal(id, &store->latest)) {
        return WG_NOT_FOUND;
    }
    uint32_t at = 0;
    uint64_t in_file = number;
    const struct snapshot_file *files = store->manifest.files;
    while (at < store->manifest.count && in_file >= chunks_of(&files[at], chunk_bytes)) {
        in_file -= chunks_of(&files[at], chunk_bytes);
        at++;
    }
    if (at == store->manifest.count) {
        return WG_NOT_FOUND;
    }
    uint64_t offset = in_file * chunk_bytes;
    uint64_t left = files[at].bytes - offset;
    uint32_t len = left < chunk_bytes ? (uint32_t)left : chunk_bytes;
    struct wg_buf *content;
    wg_status status = in_file == 0 ? check_file(store, &files[at]) : WG_OK;
    if (status == WG_OK) {
        status = read_piece(store, &files[at], offset, len, &content);
    }
    if (status != WG_OK) {
        return status;
    }
    *ret_chunk = (struct wg_snapshot_chunk){
        .id = store->latest,
        .number = number,
        .total_files = store->manifest.count,
        .snapshot_checksum = store->manifest.combined,
        .chunk_checksum = wg_crc32c(0, content->bytes, content->len),
        .offset = offset,
        .file_bytes = files[at].bytes,
        .last = at + 1 == store->manifest.count && left <= chunk_bytes,
        .content = content};
    memcpy(ret_chunk->file, files[at].name, sizeof ret_chunk->file);
    return WG_OK;
}

/* --- receiving -------------------------------------------------------------------------------- */

static bool have_or_newer(const struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    return store->has_latest && wg_snapshot_id_compare(&store->latest, id) >= 0;
}

wg_status wg_snapshots_receive_begin(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    if (id->processed < 0 || id->exported < 0) {
        return WG_INVALID;
    }
    if (have_or_newer(store, id)) {
        return WG_EXISTS;
    }
    wg_snapshots_receive_abort(store);
    store->pending = (struct snapshot_pending){.active = true, .id = *id};
    return WG_OK;
}

void wg_snapshots_receive_abort(struct wg_snapshots *store) {
    struct wg_path pending = wg_path_join(store->env, store->dir, "/pending/");
    snapshot_remove_all(store->env, pending.text);
    store->pending.active = false;
}

/* Whether the chunk, whose number is right, continues what is there. */
static bool fits(const struct snapshot_pending *pending, const struct wg_snapshot_chunk *chunk) {
    bool first = pending->next_number == 0;
    bool same_file = !first && strncmp(pending->file, chunk->file, SNAPSHOT_NAME_BYTES) == 0;
    uint32_t files = pending->files + !same_file;
    uint64_t end = chunk->offset + chunk->content->len;
    if (!snapshot_name_ok(chunk->file) || chunk->total_files == 0 ||
        chunk->total_files > SNAPSHOT_MAX_FILES || files > chunk->total_files ||
        end > chunk->file_bytes || end < chunk->offset) {
        return false;
    }
    if (!first && (chunk->total_files != pending->total_files ||
                   chunk->snapshot_checksum != pending->snapshot_checksum)) {
        return false;
    }
    if (same_file) {
        if (chunk->offset != pending->received || chunk->file_bytes != pending->file_bytes) {
            return false;
        }
    } else if (chunk->offset != 0 || pending->received != pending->file_bytes ||
               (!first && strcmp(chunk->file, pending->file) < 0)) {
        return false;
    }
    return !chunk->last || (end == chunk->file_bytes && files == chunk->total_files);
}

static wg_status store_content(struct wg_snapshots *store, const struct wg_snapshot_chunk *chunk) {
    struct wg_env *env = store->env;
    struct wg_path path = snapshot_path(store, "/pending/", &store->pending.id, "/");
    wg_path_add(env, &path, chunk->file);
    wg_file file;
    wg_status status = env->disk_ops->open(env->disk, path.text, true, &file);
    if (status != WG_OK) {
        return status;
    }
    if (chunk->content->len > 0) {
        bool copy = (env->flags & WG_ENV_NO_SHARED_BYTES) != 0;
        struct wg_buf *content =
            copy ? wg_buf_copy(env, chunk->content->bytes, chunk->content->len)
                 : wg_buf_ref(chunk->content);
        status = env->disk_ops->write(env->disk, file, chunk->offset, content, 0, content->len);
        wg_buf_unref(content);
    }
    env->disk_ops->close(env->disk, file);
    return status;
}

static void advance(struct snapshot_pending *pending, const struct wg_snapshot_chunk *chunk) {
    if (pending->next_number == 0 || strcmp(pending->file, chunk->file) != 0) {
        memcpy(pending->file, chunk->file, sizeof pending->file);
        pending->files++;
    }
    pending->total_files = chunk->total_files;
    pending->snapshot_checksum = chunk->snapshot_checksum;
    pending->file_bytes = chunk->file_bytes;
    pending->received = chunk->offset + chunk->content->len;
    pending->last_crc = chunk->chunk_checksum;
    pending->complete = chunk->last;
    pending->next_number++;
}

wg_status wg_snapshots_receive_chunk(struct wg_snapshots *store,
                                     const struct wg_snapshot_chunk *chunk) {
    struct snapshot_pending *pending = &store->pending;
    if (!pending->active || !wg_snapshot_id_equal(&pending->id, &chunk->id)) {
        return WG_INVALID;
    }
    if (wg_crc32c(0, chunk->content->bytes, chunk->content->len) != chunk->chunk_checksum) {
        return WG_CORRUPT;
    }
    if (pending->next_number > 0 && chunk->number == pending->next_number - 1) {
        return chunk->chunk_checksum == pending->last_crc ? WG_OK : WG_CORRUPT;
    }
    if (chunk->number != pending->next_number || pending->complete) {
        return WG_GAP;
    }
    if (!fits(pending, chunk)) {
        return WG_CORRUPT;
    }
    wg_status status = store_content(store, chunk);
    if (status == WG_OK) {
        advance(pending, chunk);
    }
    return status;
}

/* Every file durable, then under its place among the snapshots. */
static wg_status move_files(struct wg_snapshots *store, const struct snapshot_manifest *manifest) {
    struct wg_env *env = store->env;
    struct wg_path from_dir = snapshot_path(store, "/pending/", &store->pending.id, "/");
    struct wg_path to_dir = snapshot_path(store, "/snapshots/", &store->pending.id, "/");
    snapshot_remove_all(env, to_dir.text);
    wg_status status = WG_OK;
    for (uint32_t i = 0; i < manifest->count && status == WG_OK; i++) {
        struct wg_path from = wg_path_join(env, from_dir.text, manifest->files[i].name);
        struct wg_path to = wg_path_join(env, to_dir.text, manifest->files[i].name);
        status = snapshot_sync_file(env, from.text);
        if (status == WG_OK) {
            status = env->disk_ops->rename(env->disk, from.text, to.text);
        }
    }
    if (status != WG_OK) {
        snapshot_remove_all(env, to_dir.text);
    }
    return status;
}

wg_status wg_snapshots_receive_finish(struct wg_snapshots *store) {
    struct snapshot_pending *pending = &store->pending;
    if (!pending->active || !pending->complete) {
        return WG_INVALID;
    }
    struct wg_snapshot_id id = pending->id;
    if (have_or_newer(store, &id)) {
        /* One of our own was persisted meanwhile and serves as well. */
        wg_snapshots_receive_abort(store);
        return WG_OK;
    }
    struct wg_path dir = snapshot_path(store, "/pending/", &id, "/");
    struct snapshot_manifest manifest;
    wg_status status = snapshot_manifest_read(store->env, dir.text, &manifest);
    if (status == WG_OK && (manifest.count != pending->total_files ||
                            manifest.combined != pending->snapshot_checksum)) {
        status = WG_CORRUPT;
    }
    if (status == WG_OK) {
        status = move_files(store, &manifest);
    }
    if (status == WG_OK) {
        status = snapshot_publish(store, &id, &manifest);
    }
    if (status != WG_OK) {
        return status;
    }
    wg_snapshots_receive_abort(store);
    wg_claim(store->env, WG_CLAIM_SNAPSHOT_RECEIVED, store->partition, id.index, id.term,
             (uint64_t)id.processed, (uint64_t)id.exported);
    return WG_OK;
}
