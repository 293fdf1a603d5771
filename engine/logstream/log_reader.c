/* Record flow between commit and steps 6 and 7: committed entries become records, one at a time.
 * A frame is decoded once (wg_batch_records keeps the result on the shared frame); entries that
 * carry no records are passed over. Always: index <= commit, so nothing uncommitted is ever seen;
 * positions come without a hole, and a hole (the log was compacted or reset under the reader) is
 * reported as GAP instead of being read over. */
#include "seams/log_reader.h"

#include "base/assert.h"
#include "codec/batch.h"

#include <string.h>

void wg_log_reader_init(struct wg_log_reader *reader, struct wg_env *env, struct wg_log *log,
                        wg_index commit) {
    memset(reader, 0, sizeof *reader);
    reader->env = env;
    reader->log = log;
    reader->commit = commit;
    reader->after = WG_POSITION_NONE;
    reader->index = wg_log_first_index(log) - 1;
}

static void drop_batch(struct wg_log_reader *reader) {
    if (reader->records_owned) {
        wg_free(reader->env, reader->records, reader->record_count * sizeof *reader->records);
    }
    wg_buf_unref(reader->batch);
    reader->batch = NULL;
    reader->records = NULL;
    reader->records_owned = false;
    reader->record_count = 0;
    reader->next = 0;
}

void wg_log_reader_done(struct wg_log_reader *reader) { drop_batch(reader); }

void wg_log_reader_set_commit(struct wg_log_reader *reader, wg_index commit) {
    if (commit > reader->commit) {
        reader->commit = commit;
    }
}

/* The first entry with records, or NULL. Only its positions are looked at, which are the same
 * whoever wins an uncommitted entry's place, because positions have no holes. */
static const struct wg_log_entry *first_application(const struct wg_log *log) {
    wg_index last = wg_log_last_index(log);
    for (wg_index index = wg_log_first_index(log); index <= last; index++) {
        const struct wg_log_entry *entry = wg_log_entry(log, index);
        if (entry != NULL && entry->kind == WG_ENTRY_APPLICATION) {
            return entry;
        }
    }
    return NULL;
}

wg_status wg_log_reader_seek_after(struct wg_log_reader *reader, wg_position position) {
    wg_index before = wg_log_first_index(reader->log) - 1;
    if (position >= 0) {
        wg_index found = wg_log_index_of_position(reader->log, position);
        const struct wg_log_entry *first = first_application(reader->log);
        if (found > 0) {
            before = found - 1;
        } else if (first != NULL && first->lowest > position + 1) {
            return WG_GAP;
        }
    }
    drop_batch(reader);
    reader->index = before;
    reader->sought = position >= 0;
    reader->after = position >= 0 ? position : WG_POSITION_NONE;
    return WG_OK;
}

/* Passes over the records up to the sought position. */
static void pass_over(struct wg_log_reader *reader) {
    while (reader->sought && reader->next < reader->record_count &&
           reader->records[reader->next].position <= reader->after) {
        reader->next++;
    }
    if (reader->next < reader->record_count) {
        reader->sought = false;
    }
}

/* Moves to the next entry. *ret_moved = false: there is none that may be read. */
static wg_status load_next(struct wg_log_reader *reader, bool *ret_moved) {
    *ret_moved = false;
    wg_index index = reader->index + 1;
    if (wg_log_first_index(reader->log) > index) {
        return WG_GAP;
    }
    if (index > reader->commit || index > wg_log_last_index(reader->log)) {
        return WG_OK;
    }
    const struct wg_log_entry *entry = wg_log_entry(reader->log, index);
    if (entry == NULL) {
        return WG_GAP;
    }
    wg_status status = wg_log_check(reader->log, index);
    if (status != WG_OK) {
        return status;
    }
    drop_batch(reader);
    reader->index = index;
    *ret_moved = true;
    if (entry->kind != WG_ENTRY_APPLICATION) {
        return WG_OK;
    }
    reader->batch = wg_buf_ref(entry->frame);
    status = wg_batch_records(reader->env, reader->batch, &reader->records,
                                        &reader->record_count, &reader->records_owned);
    if (status != WG_OK) {
        reader->records = NULL;
        reader->records_owned = false;
        drop_batch(reader);
        reader->index--; /* it stays in the way */
        return WG_CORRUPT;
    }
    pass_over(reader);
    return WG_OK;
}

const struct wg_record *wg_log_reader_next(struct wg_log_reader *reader, wg_status *ret_status) {
    *ret_status = WG_OK;
    bool moved = true;
    while (reader->next == reader->record_count && moved) {
        *ret_status = load_next(reader, &moved);
        if (*ret_status != WG_OK) {
            return NULL;
        }
    }
    if (reader->next == reader->record_count) {
        return NULL;
    }
    WG_ASSERT(reader->env, reader->index <= reader->commit);
    const struct wg_record *record = &reader->records[reader->next];
    if (reader->after != WG_POSITION_NONE && record->position != reader->after + 1) {
        *ret_status = record->position > reader->after ? WG_GAP : WG_CORRUPT;
        return NULL;
    }
    reader->next++;
    reader->after = record->position;
    return record;
}

void wg_log_reader_unread(struct wg_log_reader *reader) {
    WG_ASSERT(reader->env, reader->next > 0);
    reader->next--;
    reader->after = reader->records[reader->next].position - 1;
}
