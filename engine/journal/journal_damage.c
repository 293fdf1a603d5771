/* Damage below a running process: bytes of the disk that changed, or that cannot be read any more
 * (reference: engine 2.4; chaos day 2025-06-12).
 *
 * The index in memory stands for the page cache, so what was read or written before never goes bad
 * by itself. The host counts in env->disk_epoch the moments after which that may be untrue. From
 * then on a segment is compared with its file before an entry of it is given to a reader again:
 * the one that is written stays cached, closed ones may have left the cache since.
 *
 *   bytes differ       CORRUPT, for good: the entry and those behind it in the segment
 *   cannot be read     IO, tried again at the next reading
 *
 * Whoever reads decides what that means for him; the journal hands out nothing that it could not
 * compare. Terms and positions come from memory and stay good. */
#include "journal/journal_internal.h"

static void compare(struct wg_log *log, uint32_t at) {
    struct wg_env *env = log->env;
    struct wg_segment *segment = &log->segments[at];
    uint32_t offset = WG_SEGMENT_DESCRIPTOR_BYTES;
    wg_index last = segment_last_index(log, at);
    segment->damage = WG_OK;
    segment->checked_epoch = env->disk_epoch;
    for (wg_index i = segment->first_index; i <= last; i++) {
        const struct wg_buf *frame = log_slot(log, i)->frame;
        struct wg_disk_view view;
        wg_status status =
            env->disk_ops->view(env->disk, segment->file, offset, frame->len, &view);
        if (status == WG_OK) {
            bool equal = view.len == frame->len && (view.ptr == frame->bytes ||
                                                    memcmp(view.ptr, frame->bytes, view.len) == 0);
            status = equal ? WG_OK : WG_CORRUPT;
            wg_buf_unref(view.buf);
        }
        if (status != WG_OK) {
            segment->damage = status;
            segment->damaged_from = i;
            return;
        }
        offset += frame->len;
    }
}

/* Number of the segment that holds `index`, which is in the log. */
static uint32_t segment_of(const struct wg_log *log, wg_index index) {
    uint32_t below = 0;
    uint32_t above = log->segment_count;
    while (above - below > 1) {
        uint32_t middle = below + (above - below) / 2;
        if (log->segments[middle].first_index <= index) {
            below = middle;
        } else {
            above = middle;
        }
    }
    return below;
}

bool wg_log_is_suspect(const struct wg_log *log) {
    return log->opened_epoch != log->env->disk_epoch;
}

wg_status wg_log_check(struct wg_log *log, wg_index index) {
    if (!wg_log_is_suspect(log)) {
        return WG_OK;
    }
    WG_ASSERT(log->env, index >= log->first && index <= log->last);
    uint32_t at = segment_of(log, index);
    struct wg_segment *segment = &log->segments[at];
    if (at + 1 == log->segment_count) {
        return WG_OK;
    }
    if (segment->checked_epoch != log->env->disk_epoch || segment->damage == WG_IO) {
        compare(log, at);
    }
    return segment->damage == WG_OK || index < segment->damaged_from ? WG_OK : segment->damage;
}
