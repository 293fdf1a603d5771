/* Opening a journal: reads what a crash has left and decides what of it is the log
 * (reference: engine 2.4).
 *
 * Segments are read in order of their numbers, each from its first frame to the first that is not
 * one: version byte 0, end of the file, bad checksum or length, an index that is not the next one.
 * What follows is a torn write and goes. A segment fails if its descriptor is damaged, or if it does
 * not begin where the one before ended. The failing segment and all behind it are no part of the
 * log, unless something at or below `last_flushed` would be lost with them: that was promised, so
 * it is corruption and nobody but an operator may decide. The same holds if the log ends below
 * last_flushed for any other reason.
 *
 * What was found may be in the page cache only, names included (a killed process). It is synced
 * here, because raft will count it as stored without another flush. Above last_flushed it is
 * written anew first: a sync of the dead process may have failed, and then the system has called
 * the pages clean without storing them. */
#include "journal/journal_internal.h"

#define FRAME_LENGTH_AT 17u /* i32, bytes of the frame behind FRAME_LENGTH_BASE */
#define FRAME_LENGTH_BASE 21u

/* --- which files there are -------------------------------------------------------------------- */

/* Number of the segment file at `path`, or 0. */
static uint64_t segment_id_of(const struct wg_path *prefix, const struct wg_path *path) {
    const char *at = path->text + prefix->len;
    uint64_t id = 0;
    bool ok = wg_path_read_number(&at, &id) && wg_path_read_word(&at, ".log") && *at == 0;
    return ok ? id : 0;
}

static void remove_deleted(struct wg_log *log, const struct wg_path *prefix) {
    static const char suffix[] = "-deleted";
    struct wg_path path = wg_path_join(log->env, "", "");
    while (wg_path_next(log->env, prefix->text, &path)) {
        size_t len = sizeof suffix - 1;
        if (path.len > len && strcmp(path.text + path.len - len, suffix) == 0) {
            (void)log->env->disk_ops->remove(log->env->disk, path.text);
        }
    }
}

/* Lists the segment files as segments of which only the id is known, in order of the ids. */
static void find_segments(struct wg_log *log, const struct wg_path *prefix) {
    struct wg_path path = wg_path_join(log->env, "", "");
    while (wg_path_next(log->env, prefix->text, &path)) {
        struct wg_segment segment = {.id = segment_id_of(prefix, &path)};
        if (segment.id == 0) {
            continue;
        }
        segment_push(log, &segment);
        uint32_t at = log->segment_count - 1;
        for (; at > 0 && log->segments[at - 1].id > segment.id; at--) {
            log->segments[at] = log->segments[at - 1];
        }
        log->segments[at] = segment;
        log->next_id = log_tail(log)->id + 1;
    }
}

/* --- one segment ------------------------------------------------------------------------------ */

static wg_status read_descriptor(struct wg_log *log, struct wg_segment *segment) {
    struct wg_disk_view view;
    wg_status status = log->env->disk_ops->view(log->env->disk, segment->file, 0,
                                                WG_SEGMENT_DESCRIPTOR_BYTES, &view);
    if (status != WG_OK) {
        return status;
    }
    struct wg_segment_descriptor descriptor;
    uint32_t bytes = 0;
    status = wg_segment_descriptor_decode(wg_bytes_of(view.ptr, view.len), &descriptor, &bytes);
    wg_buf_unref(view.buf);
    if (status != WG_OK || descriptor.max_bytes < bytes || descriptor.index == 0) {
        return WG_CORRUPT;
    }
    segment->first_index = descriptor.index;
    segment->max_bytes = descriptor.max_bytes;
    segment->used = bytes;
    return WG_OK;
}

/* Bytes of the frame that may begin at `offset`; 0 = none fits there. */
static wg_status frame_bytes_at(struct wg_log *log, const struct wg_segment *segment,
                                uint32_t *ret_bytes) {
    *ret_bytes = 0;
    uint32_t room = segment->max_bytes - segment->used;
    if (room < WG_FRAME_HEADER_BYTES) {
        return WG_OK;
    }
    struct wg_disk_view view;
    wg_status status = log->env->disk_ops->view(log->env->disk, segment->file, segment->used,
                                                WG_FRAME_HEADER_BYTES, &view);
    if (status != WG_OK) {
        return status;
    }
    if (view.len == WG_FRAME_HEADER_BYTES && view.ptr[0] != 0) {
        uint64_t total = FRAME_LENGTH_BASE + wg_load_le(view.ptr + FRAME_LENGTH_AT, 4);
        if (total >= WG_FRAME_HEADER_BYTES && total <= room) {
            *ret_bytes = (uint32_t)total;
        }
    }
    wg_buf_unref(view.buf);
    return WG_OK;
}

/* The frame's bytes in a buffer of their own: the written one where the disk still shares it. */
static wg_status frame_at(struct wg_log *log, const struct wg_segment *segment, uint32_t bytes,
                          struct wg_buf **ret_frame) {
    struct wg_env *env = log->env;
    struct wg_disk_view view;
    wg_status status = env->disk_ops->view(env->disk, segment->file, segment->used, bytes, &view);
    if (status != WG_OK) {
        return status;
    }
    bool whole = view.ptr == view.buf->bytes && view.len == view.buf->len;
    if (whole && (env->flags & WG_ENV_NO_SHARED_BYTES) == 0) {
        *ret_frame = view.buf;
        return WG_OK;
    }
    *ret_frame = wg_buf_copy(env, view.ptr, view.len);
    wg_buf_unref(view.buf);
    return WG_OK;
}

/* Reads frames to the end of the segment. */
static wg_status read_frames(struct wg_log *log, struct wg_segment *segment) {
    for (;;) {
        uint32_t bytes;
        wg_status status = frame_bytes_at(log, segment, &bytes);
        if (status != WG_OK || bytes == 0) {
            return status;
        }
        struct wg_buf *frame;
        status = frame_at(log, segment, bytes, &frame);
        if (status != WG_OK) {
            return status;
        }
        struct wg_log_entry entry;
        if (wg_log_entry_decode(frame, &entry) != WG_OK || entry.index != log->last + 1) {
            wg_buf_unref(frame);
            return WG_OK;
        }
        log_push(log, &entry);
        segment->used += bytes;
    }
}

/* Opens segment number `at` and reads it behind those before it. CORRUPT: it fails. */
static wg_status read_segment(struct wg_log *log, uint32_t at) {
    struct wg_segment *segment = &log->segments[at];
    wg_status status = read_descriptor(log, segment);
    if (status != WG_OK) {
        return status;
    }
    if (at == 0) {
        log->first = segment->first_index;
        log->last = segment->first_index - 1;
    }
    segment->checked_epoch = log->env->disk_epoch;
    if (segment->first_index != log->last + 1) {
        return WG_CORRUPT;
    }
    wg_index before = log->last;
    status = read_frames(log, segment);
    if (status != WG_OK) {
        log_pop_after(log, before);
    }
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static wg_status open_files(struct wg_log *log) {
    uint32_t found = log->segment_count;
    log->segment_count = 0; /* those that are open, for wg_log_close */
    for (uint32_t i = 0; i < found; i++) {
        struct wg_path path = segment_path(log, log->segments[i].id);
        wg_status status = log->env->disk_ops->open(log->env->disk, path.text, false,
                                                    &log->segments[i].file);
        if (status != WG_OK) {
            return status;
        }
        log->segment_count++;
    }
    return WG_OK;
}

/* Deletes the segments from number `keep` on, the last one first. */
static wg_status drop_segments(struct wg_log *log, uint32_t keep) {
    wg_status status = WG_OK;
    while (status == WG_OK && log->segment_count > keep) {
        status = segment_delete(log, log_tail(log));
        if (status == WG_OK) {
            log->segment_count--;
        }
    }
    return status;
}

static wg_status read_segments(struct wg_log *log) {
    wg_status status = WG_OK;
    uint32_t good = 0;
    while (status == WG_OK && good < log->segment_count) {
        status = read_segment(log, good);
        good += status == WG_OK;
    }
    if (status != WG_OK && status != WG_CORRUPT) {
        return status;
    }
    if (good == 0) {
        log->first = 1;
        log->last = 0;
    }
    return log->last_flushed > log->last ? WG_CORRUPT : drop_segments(log, good);
}

/* Makes what was found durable and the end clean. */
static wg_status settle(struct wg_log *log) {
    uint32_t tail = log->segment_count - 1;
    wg_status status = WG_OK;
    for (uint32_t i = 0; i <= tail && status == WG_OK; i++) {
        if (segment_last_index(log, i) > log->last_flushed) {
            status = segment_write_again(log, i, log->last_flushed + 1);
        }
        if (status == WG_OK && i < tail) {
            status = segment_sync(log, i);
        }
    }
    if (status == WG_OK) {
        status = segment_cut(log, &log->segments[tail]);
    }
    return status == WG_OK ? log->env->disk_ops->sync_dir(log->env->disk, log->dir) : status;
}

wg_status log_recover(struct wg_log *log) {
    struct wg_path prefix = wg_path_join(log->env, log->dir, "/raft-");
    remove_deleted(log, &prefix);
    find_segments(log, &prefix);
    wg_status status = open_files(log);
    if (status == WG_OK) {
        status = read_segments(log);
    }
    if (status == WG_OK && log->segment_count > 0) {
        status = settle(log);
    } else if (status == WG_OK) {
        status = segment_start(log);
        if (status == WG_OK) {
            status = segment_sync(log, 0);
        }
    }
    if (status == WG_OK) {
        segment_prepare(log);
        log->opened_epoch = log->env->disk_epoch;
    }
    return status;
}
