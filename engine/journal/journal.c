/* Record flow step 3: the log. A batch or a frame of the leader goes in, becomes one entry at
 * last + 1 and is durable after a flush; raft, processor and exporters read it back by index.
 * Implements seams/log_storage.h over the disk port (reference: engine 2).
 *
 * An append is one write of the frame's shared buffer and one push on the index: the disk's page
 * cache, the index and every replica refer to the same bytes.
 *
 * Invariants
 * - The index holds exactly the frames of all segments, without holes: first is the first index of
 *   the first segment, each segment begins where the one before ends.
 * - last_flushed in memory is what the meta store was told last, and never above what is durable:
 *   it is raised after the sync, lowered before bytes go away. So damage at or below it is
 *   corruption, and above it a torn write (J05).
 * - Memory changes only after the disk did; an error leaves both where the crash of that moment
 *   would leave a recovery. */
#include "journal/journal_internal.h"

#define RING_START 64u
#define RING_LEAPS_BELOW 65536u
#define SEGMENTS_START 4u

/* --- the index in memory ---------------------------------------------------------------------- */

static void __attribute__((noinline)) ring_grow(struct wg_log *log) {
    /* Copying is what appends would pay for: few steps while memory is no matter. */
    uint64_t capacity = log->ring_capacity * (log->ring_capacity < RING_LEAPS_BELOW ? 4 : 2);
    struct wg_log_entry *ring = wg_alloc(log->env, capacity * sizeof *ring);
    for (wg_index i = log->first; i <= log->last; i++) {
        ring[i & (capacity - 1)] = *log_slot(log, i);
    }
    wg_free(log->env, log->ring, log->ring_capacity * sizeof *ring);
    log->ring = ring;
    log->ring_capacity = capacity;
}

static inline void push(struct wg_log *log, const struct wg_log_entry *entry) {
    WG_ASSERT(log->env, entry->index == log->last + 1);
    if (log->last + 1 - log->first == log->ring_capacity) {
        ring_grow(log);
    }
    log->last++;
    *log_slot(log, log->last) = *entry;
    if (entry->kind == WG_ENTRY_APPLICATION) {
        log->last_lowest = entry->lowest;
    }
}

void log_push(struct wg_log *log, const struct wg_log_entry *entry) { push(log, entry); }

void log_pop_after(struct wg_log *log, wg_index index) {
    WG_ASSERT(log->env, index + 1 >= log->first);
    while (log->last > index) {
        wg_buf_unref(log_slot(log, log->last)->frame);
        log->last--;
    }
    /* The next leader's positions may start below those just dropped (J04). */
    log->last_lowest = log->compacted_lowest;
    for (wg_index i = log->last; i >= log->first; i--) {
        if (log_slot(log, i)->kind == WG_ENTRY_APPLICATION) {
            log->last_lowest = log_slot(log, i)->lowest;
            break;
        }
    }
}

/* Forgets entries below `first`. */
static void shift_until(struct wg_log *log, wg_index first) {
    WG_ASSERT(log->env, first <= log->last + 1);
    for (; log->first < first; log->first++) {
        struct wg_log_entry *entry = log_slot(log, log->first);
        if (entry->kind == WG_ENTRY_APPLICATION) {
            log->compacted_lowest = entry->lowest;
        }
        wg_buf_unref(entry->frame);
    }
}

/* --- open, close, look ------------------------------------------------------------------------ */

wg_status wg_log_open(struct wg_env *env, const struct wg_log_options *options,
                      wg_index last_flushed, struct wg_log **ret_log) {
    WG_ASSERT(env, options->segment_bytes > WG_SEGMENT_DESCRIPTOR_BYTES);
    struct wg_log *log = wg_alloc(env, sizeof *log);
    size_t dir_bytes = strlen(options->dir) + 1;
    *log = (struct wg_log){.env = env,
                           .options = *options,
                           .dir = wg_alloc(env, dir_bytes),
                           .ring_capacity = RING_START,
                           .first = 1,
                           .last_lowest = WG_POSITION_NONE,
                           .compacted_lowest = WG_POSITION_NONE,
                           .segment_capacity = SEGMENTS_START,
                           .next_id = 1,
                           .last_flushed = last_flushed};
    memcpy(log->dir, options->dir, dir_bytes);
    log->options.dir = log->dir;
    log->ring = wg_alloc(env, log->ring_capacity * sizeof *log->ring);
    log->segments = wg_alloc(env, log->segment_capacity * sizeof *log->segments);
    wg_status status = log_recover(log);
    if (status != WG_OK) {
        wg_log_close(log);
        return status;
    }
    *ret_log = log;
    return WG_OK;
}

void wg_log_close(struct wg_log *log) {
    if (log == NULL) {
        return;
    }
    struct wg_env *env = log->env;
    for (uint32_t i = 0; i < log->segment_count; i++) {
        env->disk_ops->close(env->disk, log->segments[i].file);
    }
    if (log->has_next) {
        env->disk_ops->close(env->disk, log->next.file);
    }
    log_pop_after(log, log->first - 1);
    wg_free(env, log->ring, log->ring_capacity * sizeof *log->ring);
    wg_free(env, log->segments, log->segment_capacity * sizeof *log->segments);
    wg_free(env, log->dir, strlen(log->dir) + 1);
    wg_free(env, log, sizeof *log);
}

wg_index wg_log_first_index(const struct wg_log *log) { return log->first; }
wg_index wg_log_last_index(const struct wg_log *log) { return log->last; }
bool wg_log_is_empty(const struct wg_log *log) { return log->last < log->first; }
wg_index wg_log_last_flushed(const struct wg_log *log) { return log->last_flushed; }

const struct wg_log_entry *wg_log_entry(const struct wg_log *log, wg_index index) {
    return index < log->first || index > log->last ? NULL : log_slot(log, index);
}

uint64_t wg_log_bytes(const struct wg_log *log) {
    uint64_t bytes = log->has_next ? log->next.max_bytes : 0;
    for (uint32_t i = 0; i < log->segment_count; i++) {
        bytes += log->segments[i].max_bytes;
    }
    return bytes;
}

/* The last application entry at or below `index`, or 0. Entries of other kinds are rare. */
static wg_index application_at_or_below(const struct wg_log *log, wg_index index) {
    for (; index >= log->first; index--) {
        if (log_slot(log, index)->kind == WG_ENTRY_APPLICATION) {
            return index;
        }
    }
    return 0;
}

/* Whether an application entry at or below `index` begins above `position`. */
static bool begins_above(const struct wg_log *log, wg_index index, wg_position position) {
    wg_index application = application_at_or_below(log, index);
    return application != 0 && log_slot(log, application)->lowest > position;
}

wg_index wg_log_index_of_position(const struct wg_log *log, wg_position position) {
    if (wg_log_is_empty(log)) {
        return 0;
    }
    /* Most questions are about the end: leap back from there, twice as far each time. */
    wg_index above = log->last + 1; /* begins above, or is behind the end */
    wg_index below = log->last;
    for (uint64_t leap = 1; begins_above(log, below, position); leap *= 2) {
        above = below;
        if (below - log->first < leap) {
            below = log->first - 1;
            break;
        }
        below -= leap;
    }
    while (above - below > 1) {
        wg_index middle = below + (above - below) / 2;
        if (begins_above(log, middle, position)) {
            above = middle;
        } else {
            below = middle;
        }
    }
    return below < log->first ? 0 : application_at_or_below(log, below);
}

/* --- append ----------------------------------------------------------------------------------- */

static inline bool is_trusted(const struct wg_buf *frame) {
    return (frame->marks & WG_BUF_CHECKSUM_OK) != 0 && (frame->env->flags & WG_ENV_NO_MARKS) == 0;
}

/* Whether `entry` is known to be what decoding its frame gives: the frame was decoded before, and
 * has the entry's numbers at their usual places. false: decode it. */
static inline bool is_decoded(const struct wg_log_entry *entry) {
    struct wg_frame numbers = {.index = entry->index,
                               .term = entry->term,
                               .lowest = entry->lowest,
                               .highest = entry->highest,
                               .checksum = entry->checksum};
    return entry->kind == WG_ENTRY_APPLICATION && is_trusted(entry->frame) &&
           wg_frame_shows(entry->frame, &numbers);
}

wg_status wg_log_entry_decode(struct wg_buf *frame, struct wg_log_entry *ret_entry) {
    struct wg_frame parts;
    wg_status status =
        wg_frame_decode(wg_bytes_of(frame->bytes, frame->len), !is_trusted(frame), &parts);
    if (status == WG_NOT_FOUND || (status == WG_OK && parts.total != frame->len)) {
        status = WG_CORRUPT;
    }
    if (status != WG_OK) {
        return status;
    }
    frame->marks |= WG_BUF_CHECKSUM_OK;
    *ret_entry = (struct wg_log_entry){.index = parts.index,
                                       .term = parts.term,
                                       .lowest = parts.lowest,
                                       .highest = parts.highest,
                                       .kind = parts.kind,
                                       .checksum = parts.checksum,
                                       .frame = frame};
    return WG_OK;
}

/* Room for `bytes` in the last segment, rolling over to the next one if need be. */
static wg_status make_room(struct wg_log *log, uint32_t bytes) {
    if (bytes > log->options.segment_bytes - WG_SEGMENT_DESCRIPTOR_BYTES) {
        return WG_INVALID;
    }
    if (log->segment_count == 0) {
        return segment_start(log); /* a reset failed at its last step */
    }
    struct wg_segment *tail = log_tail(log);
    if (tail->cut_pending) {
        wg_status status = segment_cut(log, tail);
        if (status != WG_OK) {
            return status;
        }
    }
    if (bytes <= tail->max_bytes - tail->used) {
        return WG_OK;
    }
    /* A segment that is still empty (of an older, smaller size) stays, as it has a place in the
     * chain of indexes anyway. */
    wg_status status = segment_start(log);
    if (status == WG_OK) {
        segment_prepare(log);
    }
    return status;
}

/* Takes over the reference on entry->frame when it succeeds. */
static wg_status append(struct wg_log *log, const struct wg_log_entry *entry) {
    uint32_t bytes = entry->frame->len;
    wg_status status = make_room(log, bytes);
    if (status != WG_OK) {
        return status;
    }
    struct wg_env *env = log->env;
    struct wg_segment *tail = log_tail(log);
    status = env->disk_ops->write(env->disk, tail->file, tail->used, entry->frame, 0, bytes);
    if (status != WG_OK) {
        return status;
    }
    tail->used += bytes;
    tail->dirty = true;
    push(log, entry);
    wg_charge(env, log->options.append_entry_cost +
                       log->options.append_per_kib_cost * (wg_time)bytes / 1024);
    wg_claim(env, WG_CLAIM_APPEND, log->options.partition, entry->index, entry->term,
             (uint64_t)entry->lowest, (uint64_t)entry->highest);
    return WG_OK;
}

wg_status wg_log_append(struct wg_log *log, wg_term term, enum wg_entry_kind kind,
                        wg_position lowest, wg_position highest, struct wg_bytes data) {
    struct wg_env *env = log->env;
    bool application = kind == WG_ENTRY_APPLICATION;
    if (application && (lowest <= log->last_lowest || highest < lowest)) {
        return WG_INVALID;
    }
    if (!application) {
        lowest = highest = WG_POSITION_NONE;
    }
    if (data.len >= log->options.segment_bytes) {
        return WG_INVALID;
    }
    struct wg_buf *frame =
        wg_frame_encode(env, log->last + 1, term, (uint32_t)kind, lowest, highest, data);
    struct wg_log_entry entry = {.index = log->last + 1,
                                 .term = term,
                                 .lowest = lowest,
                                 .highest = highest,
                                 .kind = (uint32_t)kind,
                                 .checksum = wg_frame_checksum(frame),
                                 .frame = frame};
    wg_status status = is_decoded(&entry) ? WG_OK : wg_log_entry_decode(frame, &entry);
    WG_ASSERT(env, status == WG_OK && entry.index == log->last + 1 && entry.term == term);
    status = append(log, &entry);
    if (status != WG_OK) {
        wg_buf_unref(frame);
    }
    return status;
}

wg_status wg_log_append_frame(struct wg_log *log, const struct wg_log_entry *entry) {
    struct wg_env *env = log->env;
    bool copy = (env->flags & WG_ENV_NO_SHARED_BYTES) != 0;
    if (!copy && entry->index == log->last + 1 && is_decoded(entry)) {
        wg_status status = append(log, entry);
        if (status == WG_OK) {
            wg_buf_ref(entry->frame);
        }
        return status;
    }
    struct wg_buf *frame = copy ? wg_buf_copy(env, entry->frame->bytes, entry->frame->len)
                                : wg_buf_ref(entry->frame);
    struct wg_log_entry checked = *entry;
    checked.frame = frame;
    wg_status status = is_decoded(&checked) ? WG_OK : wg_log_entry_decode(frame, &checked);
    if (status == WG_TRUNCATED || (status == WG_OK && checked.checksum != entry->checksum)) {
        status = WG_CORRUPT;
    }
    if (status == WG_OK && checked.index != log->last + 1) {
        status = WG_GAP;
    }
    if (status == WG_OK) {
        status = append(log, &checked);
    }
    if (status != WG_OK) {
        wg_buf_unref(frame);
    }
    return status;
}

/* --- flush ------------------------------------------------------------------------------------ */

static wg_status store_last_flushed(struct wg_log *log, wg_index index) {
    if (index == log->last_flushed) {
        return WG_OK;
    }
    wg_status status = log->options.store_last_flushed(log->options.ctx, index);
    if (status == WG_OK) {
        log->last_flushed = index;
    }
    return status;
}

/* A deleted segment whose name could come back would stand before those that replaced it. */
static wg_status sync_names(struct wg_log *log) {
    if (!log->names_pending) {
        return WG_OK;
    }
    wg_status status = log->env->disk_ops->sync_dir(log->env->disk, log->dir);
    log->names_pending = status != WG_OK;
    return status;
}

wg_status wg_log_flush(struct wg_log *log) {
    wg_status status = sync_names(log);
    wg_index flushed = log->last_flushed;
    for (uint32_t i = 0; i < log->segment_count && status == WG_OK; i++) {
        if (log->segments[i].dirty) {
            status = segment_sync(log, i);
        }
        wg_index last = segment_last_index(log, i);
        if (status == WG_OK && last >= log->segments[i].first_index) {
            flushed = last;
        }
    }
    /* A later segment failing does not make the earlier ones less durable. */
    wg_status stored = flushed > log->last_flushed ? store_last_flushed(log, flushed) : WG_OK;
    return status == WG_OK ? stored : status;
}

/* --- dropping entries ------------------------------------------------------------------------- */

/* segment_delete closes the file only when the new name is durable. */
static void forget_deleted(struct wg_log *log, const struct wg_segment *segment, wg_status status) {
    if (status != WG_OK) {
        log->env->disk_ops->close(log->env->disk, segment->file);
    }
}

static wg_status delete_tail(struct wg_log *log) {
    struct wg_segment *tail = log_tail(log);
    wg_status status = segment_delete(log, tail);
    if (status == WG_OK || tail->unnamed) {
        /* Without its name it is no part of the log, so nothing may be appended behind it. */
        forget_deleted(log, tail, status);
        log_pop_after(log, tail->first_index - 1);
        log->segment_count--;
    }
    return status;
}

wg_status wg_log_truncate_after(struct wg_log *log, wg_index index) {
    WG_ASSERT(log->env, index + 1 >= log->first);
    if (index >= log->last) {
        return WG_OK;
    }
    /* First the promise, then the bytes; a crash in between only forgets that they were flushed. */
    wg_status status = WG_OK;
    if (log->last_flushed > index) {
        status = store_last_flushed(log, index);
    }
    while (status == WG_OK && log->segment_count > 1 && log_tail(log)->first_index > index) {
        status = delete_tail(log);
    }
    if (status != WG_OK) {
        return status;
    }
    struct wg_segment *tail = log_tail(log);
    for (wg_index i = log->last; i > index; i--) {
        tail->used -= log_slot(log, i)->frame->len;
    }
    bool shorter = log->last > index;
    log_pop_after(log, index);
    wg_claim(log->env, WG_CLAIM_TRUNCATE, log->options.partition, index, 0, 0, 0);
    return shorter ? segment_cut(log, tail) : WG_OK;
}

wg_status wg_log_reset(struct wg_log *log, wg_index next_index) {
    WG_ASSERT(log->env, next_index > 0);
    wg_status status = store_last_flushed(log, 0);
    if (status == WG_OK && log->has_next) {
        status = segment_delete(log, &log->next);
        log->has_next = status != WG_OK && !log->next.unnamed;
        if (!log->has_next) {
            forget_deleted(log, &log->next, status);
        }
    }
    /* From the end, so that what a crash leaves is the beginning of the old log (S14). */
    while (status == WG_OK && log->segment_count > 0) {
        status = delete_tail(log);
    }
    if (status != WG_OK) {
        return status;
    }
    log->next_id = 1;
    log->first = next_index;
    log->last = next_index - 1;
    log->last_lowest = log->compacted_lowest = WG_POSITION_NONE;
    status = segment_start(log);
    if (status == WG_OK) {
        status = segment_sync(log, 0);
    }
    if (status == WG_OK) {
        segment_prepare(log);
        wg_claim(log->env, WG_CLAIM_LOG_RESET, log->options.partition, next_index, 0, 0, 0);
    }
    return status;
}

void wg_log_compact(struct wg_log *log, wg_index index) {
    uint32_t done = 0;
    /* The segment that becomes the first must be durable, or a crash leaves no log at all. */
    wg_index bound = index < log->last_flushed ? index : log->last_flushed;
    while (done + 1 < log->segment_count && log->segments[done + 1].first_index <= bound) {
        /* A failure is no harm: the rest goes with the next compaction. */
        if (segment_delete(log, &log->segments[done]) != WG_OK) {
            break;
        }
        done++;
    }
    if (done == 0) {
        return;
    }
    log->segment_count -= done;
    memmove(log->segments, log->segments + done, log->segment_count * sizeof *log->segments);
    shift_until(log, log->segments[0].first_index);
    wg_claim(log->env, WG_CLAIM_COMPACT, log->options.partition, log->first, index, 0, 0);
}
