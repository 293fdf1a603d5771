/* Seam: committed records, in order, for stream processor and exporter director. Each owner keeps
 * its own reader; it sees entries up to the commit index it was last told (WG_POST_COMMIT), so
 * nothing uncommitted can be read (reference: engine 3). Implemented by engine/logstream. */
#ifndef WG_SEAMS_LOG_READER_H
#define WG_SEAMS_LOG_READER_H

#include "seams/log_storage.h"

struct wg_log_reader {
    struct wg_log *log;
    struct wg_env *env;
    wg_index commit;        /* highest index that may be read */
    wg_index index;         /* entry that `batch` belongs to; 0 = before the first */
    struct wg_buf *batch;   /* frame being read, referenced; NULL = none */
    struct wg_record *records; /* decoded records of `batch` */
    uint32_t record_count;
    uint32_t next;          /* record returned next */
    bool records_owned;     /* `records` is ours (env->flags forbid sharing) */
    bool sought;            /* records up to `after` are to be passed over */
    wg_position after;      /* position of the record returned last or sought, or NONE */
};

void wg_log_reader_init(struct wg_log_reader *reader, struct wg_env *env, struct wg_log *log,
                        wg_index commit);
void wg_log_reader_done(struct wg_log_reader *reader);
/* Moves up only. */
void wg_log_reader_set_commit(struct wg_log_reader *reader, wg_index commit);
/* Places the reader so that the next record is the first with a position > `position`.
 * position < 0: the first record in the log, always OK. OK if record `position` is in the log or
 * the next record is position + 1, or the log holds nothing behind it yet; GAP if records between
 * are missing (compacted). */
WG_MUST_USE wg_status wg_log_reader_seek_after(struct wg_log_reader *reader, wg_position position);
/* The next committed record, or NULL if none yet. Valid until the next call; its bytes are valid
 * while the caller holds a reference on reader->batch. NULL with WG_OK = nothing
 * to read now, else *ret_status says why not: CORRUPT, the entry is damaged; IO, it cannot be read
 * at present; GAP, the log was reset under the reader. The reader stays before it. */
const struct wg_record *wg_log_reader_next(struct wg_log_reader *reader, wg_status *ret_status);
/* Steps back so that the record just returned comes again. */
void wg_log_reader_unread(struct wg_log_reader *reader);

#endif
