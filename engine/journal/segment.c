/* Segment files of a journal: created whole, filled from the front, deleted whole.
 *
 * File <dir>/raft-<id>.log, ids grow; zero-filled to max_bytes when created:
 *
 *   offset  size  content
 *   0       57    descriptor (codec/frame.h): id, index of the first frame, max bytes
 *   57      ...   frames, back to back (codec/frame.h), each 49 + n bytes
 *   ...           zeros: a frame whose first byte is 0 is the end
 *
 * The hints for the last frame in the descriptor stay 0 (unknown): recovery reads every frame
 * anyway, and a hint that names a frame which is gone by now has cost upstream dearly (J03).
 *
 * Invariants
 * - Everything behind the last frame reads zero, so an append is one write and needs no end mark of
 *   its own. After entries were dropped the file is cut and filled again, and that is synced before
 *   the next append: were only the next frame's first byte zeroed, a power loss could keep a later
 *   frame but lose that zero, and old entries would follow the new one (J01).
 * - The name of a segment is durable before an entry in it is (J07).
 * - The file for the next segment exists ahead of time, without descriptor, so that rolling over
 *   does not wait for space. Recovery takes such a file for a failing last segment and drops it. */
#include "journal/journal_internal.h"

struct wg_path segment_path(const struct wg_log *log, uint64_t id) {
    struct wg_path path = wg_path_join(log->env, log->dir, "/raft-");
    wg_path_add_number(log->env, &path, id);
    wg_path_add(log->env, &path, ".log");
    return path;
}

void segment_push(struct wg_log *log, const struct wg_segment *segment) {
    if (log->segment_count == log->segment_capacity) {
        uint32_t capacity = log->segment_capacity * 2;
        size_t old_bytes = log->segment_capacity * sizeof *log->segments;
        struct wg_segment *segments = wg_alloc(log->env, capacity * sizeof *segments);
        memcpy(segments, log->segments, old_bytes);
        wg_free(log->env, log->segments, old_bytes);
        log->segments = segments;
        log->segment_capacity = capacity;
    }
    log->segments[log->segment_count++] = *segment;
}

static bool has_space(const struct wg_log *log) {
    uint64_t needed = log->options.segment_bytes;
    if (log->options.min_free_bytes > needed) {
        needed = log->options.min_free_bytes;
    }
    return log->env->disk_ops->free_bytes(log->env->disk) >= needed;
}

static wg_status fill_and_sync(struct wg_log *log, wg_file file) {
    const struct wg_disk_ops *ops = log->env->disk_ops;
    struct wg_disk *disk = log->env->disk;
    wg_status status = ops->resize(disk, file, log->options.segment_bytes);
    if (status == WG_OK) {
        status = ops->sync(disk, file);
    }
    return status == WG_OK ? ops->sync_dir(disk, log->dir) : status;
}

/* A zero-filled file under the next number, durable with its name. */
static wg_status create_file(struct wg_log *log, struct wg_segment *ret_segment) {
    const struct wg_disk_ops *ops = log->env->disk_ops;
    struct wg_disk *disk = log->env->disk;
    if (!has_space(log)) {
        return WG_NO_SPACE;
    }
    struct wg_segment segment = {.id = log->next_id,
                                 .max_bytes = log->options.segment_bytes,
                                 .checked_epoch = log->env->disk_epoch};
    struct wg_path path = segment_path(log, segment.id);
    wg_status status = ops->open(disk, path.text, true, &segment.file);
    if (status != WG_OK) {
        return status;
    }
    /* The name may be left over from an attempt that failed: nothing of it may shine through. */
    status = ops->resize(disk, segment.file, 0);
    if (status == WG_OK) {
        status = fill_and_sync(log, segment.file);
    }
    if (status != WG_OK) {
        ops->close(disk, segment.file);
        (void)ops->remove(disk, path.text);
        return status;
    }
    log->next_id++;
    *ret_segment = segment;
    return WG_OK;
}

static wg_status write_descriptor(struct wg_log *log, const struct wg_segment *segment) {
    struct wg_segment_descriptor descriptor = {
        .id = segment->id, .index = segment->first_index, .max_bytes = segment->max_bytes};
    struct wg_buf *buf = wg_buf_new(log->env, WG_SEGMENT_DESCRIPTOR_BYTES);
    wg_segment_descriptor_encode(&descriptor, buf->bytes);
    wg_status status =
        log->env->disk_ops->write(log->env->disk, segment->file, 0, buf, 0, buf->len);
    wg_buf_unref(buf);
    return status;
}

void segment_prepare(struct wg_log *log) {
    if (!log->has_next) {
        log->has_next = create_file(log, &log->next) == WG_OK;
    }
}

wg_status segment_start(struct wg_log *log) {
    if (!log->has_next) {
        wg_status status = create_file(log, &log->next);
        if (status != WG_OK) {
            return status;
        }
        log->has_next = true;
    }
    log->next.first_index = log->last + 1;
    log->next.used = WG_SEGMENT_DESCRIPTOR_BYTES;
    log->next.dirty = true;
    wg_status status = write_descriptor(log, &log->next);
    if (status != WG_OK) {
        return status;
    }
    segment_push(log, &log->next);
    log->has_next = false;
    return WG_OK;
}

wg_status segment_cut(struct wg_log *log, struct wg_segment *segment) {
    const struct wg_disk_ops *ops = log->env->disk_ops;
    struct wg_disk *disk = log->env->disk;
    segment->cut_pending = true;
    segment->dirty = true;
    wg_status status = ops->resize(disk, segment->file, segment->used);
    if (status == WG_OK) {
        status = ops->resize(disk, segment->file, segment->max_bytes);
    }
    if (status == WG_NO_SPACE) {
        /* Shorter but sound: later frames extend the file, if there is room then. */
        status = WG_OK;
    }
    if (status == WG_OK) {
        status = ops->sync(disk, segment->file);
    }
    if (status != WG_OK) {
        segment->sync_failed = true;
        return status;
    }
    segment->cut_pending = false;
    segment->dirty = segment->sync_failed;
    return WG_OK;
}

/* After a sync that failed, the system may have dropped the pages and call them clean: a second
 * sync would succeed without storing anything. The bytes are all in memory, so write them again: those
 * that no sync before has made durable. */
wg_status segment_write_again(struct wg_log *log, uint32_t at, wg_index from) {
    struct wg_segment *segment = &log->segments[at];
    wg_status status = from <= segment->first_index ? write_descriptor(log, segment) : WG_OK;
    uint32_t offset = WG_SEGMENT_DESCRIPTOR_BYTES;
    wg_index last = segment_last_index(log, at);
    for (wg_index i = segment->first_index; status == WG_OK && i <= last; i++) {
        struct wg_buf *frame = log_slot(log, i)->frame;
        if (i >= from) {
            status = log->env->disk_ops->write(log->env->disk, segment->file, offset, frame, 0,
                                               frame->len);
        }
        offset += frame->len;
    }
    WG_ASSERT(log->env, status != WG_OK || offset == segment->used);
    return status;
}

wg_status segment_sync(struct wg_log *log, uint32_t at) {
    struct wg_segment *segment = &log->segments[at];
    if (segment->cut_pending) {
        wg_status status = segment_cut(log, segment);
        if (status != WG_OK) {
            return status;
        }
    }
    if (segment->sync_failed) {
        wg_status status = segment_write_again(log, at, log->last_flushed + 1);
        if (status != WG_OK) {
            return status;
        }
    }
    wg_status status = log->env->disk_ops->sync(log->env->disk, segment->file);
    segment->sync_failed = status != WG_OK;
    segment->dirty = segment->sync_failed;
    return status;
}

wg_status segment_delete(struct wg_log *log, struct wg_segment *segment) {
    const struct wg_disk_ops *ops = log->env->disk_ops;
    struct wg_disk *disk = log->env->disk;
    struct wg_path path = segment_path(log, segment->id);
    struct wg_path deleted = path;
    wg_path_add(log->env, &deleted, "_");
    wg_path_add_number(log->env, &deleted, log->deletions);
    wg_path_add(log->env, &deleted, "-deleted");
    wg_status status = ops->rename(disk, path.text, deleted.text);
    /* Not found: an earlier attempt came this far and failed at the sync. */
    if (status != WG_OK && status != WG_NOT_FOUND) {
        return status;
    }
    segment->unnamed = true;
    log->deletions++;
    /* One by one, so that a crash never leaves a hole in the middle (S14). */
    status = ops->sync_dir(disk, log->dir);
    if (status != WG_OK) {
        log->names_pending = true;
        return status;
    }
    ops->close(disk, segment->file);
    /* A leftover is removed at the next open. */
    (void)ops->remove(disk, deleted.text);
    return WG_OK;
}
