/* Inside of the journal: the index of entries in memory and the segment files under it. */
#ifndef WG_JOURNAL_INTERNAL_H
#define WG_JOURNAL_INTERNAL_H

#include "base/paths.h"
#include "codec/frame.h"
#include "seams/log_storage.h"

/* One segment file. Everything behind `used` reads zero, unless cut_pending. */
struct wg_segment {
    uint64_t id;          /* number in the file name */
    wg_index first_index; /* of the first frame, there or to come */
    uint32_t max_bytes;
    uint32_t used;        /* offset of the next frame */
    wg_file file;
    bool dirty;           /* holds writes that are not synced */
    bool sync_failed;     /* what is durable is unknown: write again before the next sync */
    bool unnamed;         /* deleted, though maybe not durably: no part of the log any more */
    bool cut_pending;     /* bytes behind `used` are old: cut before the next append */
    /* journal_damage.c */
    uint32_t checked_epoch; /* env->disk_epoch at which it was compared with its file */
    uint32_t damage;        /* wg_status of reading entries from damaged_from on; OK = sound */
    wg_index damaged_from;
};

struct wg_log {
    struct wg_env *env;
    struct wg_log_entry *ring; /* entry i at ring[i & (ring_capacity - 1)] */
    uint64_t ring_capacity;    /* power of two */
    wg_index first, last;      /* empty: first == last + 1 */
    wg_index last_flushed;     /* as stored; 0 = nothing */
    wg_position last_lowest;   /* lowest position of the last application entry ever kept */
    wg_position compacted_lowest; /* the same of those compacted */

    struct wg_segment *segments; /* in order of id; the last one is written */
    uint32_t segment_count, segment_capacity;
    struct wg_segment next; /* created ahead, without descriptor */
    bool has_next;

    uint64_t next_id;      /* of the next file */
    uint64_t deletions;    /* distinguishes names of deleted files */
    bool names_pending;    /* a deletion is not durable: before anything else is promised */
    uint32_t opened_epoch; /* env->disk_epoch when recovery had read everything */

    struct wg_log_options options; /* options.dir points to `dir` */
    char *dir;
};

static inline struct wg_log_entry *log_slot(const struct wg_log *log, wg_index index) {
    return &log->ring[index & (log->ring_capacity - 1)];
}
static inline struct wg_segment *log_tail(const struct wg_log *log) {
    return &log->segments[log->segment_count - 1];
}
/* Index of the last entry that segment number `at` holds; first_index - 1 when it holds none. */
static inline wg_index segment_last_index(const struct wg_log *log, uint32_t at) {
    return at + 1 < log->segment_count ? log->segments[at + 1].first_index - 1 : log->last;
}

/* journal.c: the index in memory */
void log_push(struct wg_log *log, const struct wg_log_entry *entry); /* takes over the reference */
void log_pop_after(struct wg_log *log, wg_index index);

/* segment.c: segment files */
struct wg_path segment_path(const struct wg_log *log, uint64_t id);
void segment_push(struct wg_log *log, const struct wg_segment *segment);
/* A new empty segment behind the last one, whose first entry is last + 1. */
WG_MUST_USE wg_status segment_start(struct wg_log *log);
/* Creates the file of the segment after this one; that it fails is no error yet. */
void segment_prepare(struct wg_log *log);
/* Cuts the file behind `used`, fills it with zeros again and syncs. */
WG_MUST_USE wg_status segment_cut(struct wg_log *log, struct wg_segment *segment);
/* Writes the entries from `from` on to their places again, and before them the descriptor. */
WG_MUST_USE wg_status segment_write_again(struct wg_log *log, uint32_t at, wg_index from);
WG_MUST_USE wg_status segment_sync(struct wg_log *log, uint32_t at);
/* Durably out of the way, then gone. The caller forgets the segment. */
WG_MUST_USE wg_status segment_delete(struct wg_log *log, struct wg_segment *segment);

/* journal_recover.c */
WG_MUST_USE wg_status log_recover(struct wg_log *log);

#endif
