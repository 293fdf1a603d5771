/* A follower's side of replication (reference: engine 1.8; Raft paper, figure 2, AppendEntries).
 *
 *   term -> previous entry -> entries: keep what is equal, cut what conflicts, append the rest
 *        -> flush -> commit index -> answer with the last index handled
 *
 * Invariants: what is acknowledged is flushed (bug-F03, also after a partly stored request,
 * bug-F04); a flush that failed is a failed request, and nothing is acknowledged until one
 * succeeds; nothing at or below the commit index or the snapshot is ever cut; requests may come
 * twice, late and out of order, and then change nothing that was acknowledged. */
#include "raft/raft_internal.h"

enum outcome { ACCEPTED, REFUSED, FAILED };

static void respond(struct wg_raft *raft, const struct raft_append_request *request,
                    enum outcome outcome, wg_index last_index) {
    struct raft_response content = {.id = request->id,
                                    .term = raft->meta.term,
                                    .failed = outcome == FAILED,
                                    .accepted = outcome == ACCEPTED,
                                    .last_index = last_index,
                                    .snapshot_index = raft_snapshot_index(raft)};
    struct raft_response *response =
        raft_response_new(raft->env, WG_MSG_APPEND_RESPONSE, &request->base, &content);
    wg_emit_send(raft->env, &response->base);
}

enum comparison { COMPARE_EQUAL, COMPARE_DIFFERENT, COMPARE_UNREADABLE };

/* Compares the term at `index` <= last. An index that was compacted here is committed and in the
 * snapshot, so it is equal. zeebe-8.6 seeks a reader instead, lands on the first entry there is,
 * and compares that one's term [1.8]. */
static enum comparison compare(const struct wg_raft *raft, wg_index index, wg_term term) {
    const struct wg_log_entry *entry = wg_log_entry(raft->log, index);
    if (entry == NULL && raft_has_quirk(raft, WG_QUIRK_COMPACTED_TERM)) {
        entry = wg_log_entry(raft->log, wg_log_first_index(raft->log));
    } else if (entry == NULL && index <= raft_snapshot_index(raft)) {
        return COMPARE_EQUAL;
    }
    if (entry == NULL) {
        return COMPARE_UNREADABLE;
    }
    return entry->term == term ? COMPARE_EQUAL : COMPARE_DIFFERENT;
}

/* 1.8 step 3. false: *ret_last is what to answer. */
static bool fits_previous(const struct wg_raft *raft, const struct raft_append_request *request,
                          wg_index *ret_last) {
    struct raft_last last = raft_last_with_snapshot(raft);
    if (request->prev_term == 0) {
        return true;
    }
    if (request->prev_index > last.index) {
        *ret_last = last.index;
        return false;
    }
    enum comparison result = COMPARE_EQUAL;
    if (request->prev_index < last.index) {
        result = compare(raft, request->prev_index, request->prev_term);
    } else if (request->prev_term != last.term) {
        result = COMPARE_DIFFERENT;
    }
    *ret_last = result == COMPARE_UNREADABLE ? last.index : request->prev_index - 1;
    return result == COMPARE_EQUAL;
}

/* Zeebe's deleteAfter throws below the commit index; what a snapshot covers is committed too. */
static bool may_drop_after(const struct wg_raft *raft, wg_index index) {
    return index >= raft->commit && index >= raft_snapshot_index(raft);
}

/* 1.8 step 4: a log that begins elsewhere starts anew. Not when its first entry is here already:
 * then the request is a late or second copy, and entries acknowledged since would be lost (over
 * Zeebe's ordered connections such a copy cannot come). */
static wg_status start_anew(struct wg_raft *raft, const struct raft_append_request *request) {
    const struct wg_log_entry *first = &request->entries[0];
    WG_ASSERT(raft->env, first->index == request->prev_index + 1);
    if (first->index <= wg_log_last_index(raft->log) &&
        compare(raft, first->index, first->term) == COMPARE_EQUAL) {
        return WG_OK;
    }
    if (wg_log_is_empty(raft->log) && wg_log_first_index(raft->log) == first->index) {
        return WG_OK;
    }
    return may_drop_after(raft, request->prev_index) ? wg_log_reset(raft->log, first->index)
                                                     : WG_FATAL;
}

static wg_status cut_conflict(struct wg_raft *raft, wg_index index) {
    WG_ASSERT(raft->env, index <= wg_log_last_index(raft->log));
    if (!may_drop_after(raft, index - 1)) {
        return WG_FATAL;
    }
    wg_status status = wg_log_truncate_after(raft->log, index - 1);
    return status == WG_OK ? wg_log_flush(raft->log) : status;
}

static wg_status append_frame(struct wg_raft *raft, const struct wg_log_entry *entry) {
    if ((raft->env->flags & WG_ENV_NO_SHARED_BYTES) == 0) {
        return wg_log_append_frame(raft->log, entry);
    }
    struct wg_log_entry copy = *entry;
    copy.frame = wg_buf_copy(raft->env, entry->frame->bytes, entry->frame->len);
    wg_status status = wg_log_append_frame(raft->log, &copy);
    wg_buf_unref(copy.frame);
    return status;
}

/* 1.8 step 5. *ret_last = last index handled; *ret_refused: the log did not take the next one.
 * A status other than OK: what conflicts could not be cut. */
static wg_status store_entries(struct wg_raft *raft, const struct raft_append_request *request,
                               wg_index *ret_last, bool *ret_refused) {
    *ret_last = request->prev_index;
    *ret_refused = false;
    wg_status status = WG_OK;
    if (request->count > 0 && request->prev_term == 0) {
        status = start_anew(raft, request);
    }
    for (uint32_t i = 0; i < request->count && status == WG_OK; i++) {
        const struct wg_log_entry *entry = &request->entries[i];
        if (entry->index <= wg_log_last_index(raft->log)) {
            if (compare(raft, entry->index, entry->term) != COMPARE_DIFFERENT) {
                *ret_last = entry->index;
                continue;
            }
            status = cut_conflict(raft, entry->index);
            if (status != WG_OK) {
                break;
            }
        }
        wg_status appended = append_frame(raft, entry);
        if (appended == WG_NO_SPACE) {
            raft_compact(raft, true);
        }
        if (appended != WG_OK) {
            *ret_refused = true;
            break;
        }
        *ret_last = entry->index;
    }
    return status;
}

/* Flushes what will be acknowledged. zeebe-8.6 trusts entries found at its start to be on disk if
 * the request brings none (inv-7); documented does not. */
static wg_status flush(struct wg_raft *raft, bool has_entries, wg_index last_index) {
    bool behind = !raft_has_quirk(raft, WG_QUIRK_UNFLUSHED_HEARTBEAT) &&
                  wg_log_last_flushed(raft->log) < last_index &&
                  last_index <= wg_log_last_index(raft->log) &&
                  last_index >= wg_log_first_index(raft->log);
    return has_entries || behind ? wg_log_flush(raft->log) : WG_OK;
}

/* The disk failed, and the leader is told no more than that: it asks less often then. */
static void fail(struct wg_raft *raft, const struct raft_append_request *request,
                 wg_status status) {
    raft_storage_failed(raft, status);
    if (raft->role != WG_ROLE_INACTIVE) {
        respond(raft, request, FAILED, wg_log_last_index(raft->log));
    }
}

static void handle(struct wg_raft *raft, const struct raft_append_request *request) {
    wg_index last_index = 0;
    if (!raft_mend_log(raft)) {
        fail(raft, request, WG_IO);
        return;
    }
    if (!fits_previous(raft, request, &last_index)) {
        respond(raft, request, REFUSED, last_index);
        return;
    }
    raft_abort_receiving(raft);
    bool refused = false;
    wg_status status = store_entries(raft, request, &last_index, &refused);
    if (status == WG_OK) {
        status = flush(raft, request->count > 0, last_index);
    }
    if (status != WG_OK) {
        fail(raft, request, status);
        return;
    }
    if (refused) {
        respond(raft, request, REFUSED, last_index);
        return;
    }
    raft->unwell = raft->unwell && request->count == 0;
    WG_ASSERT(raft->env, last_index == request->prev_index + request->count);
    if (raft->first_commit == 0) {
        raft->first_commit = request->commit;
    }
    raft_set_commit(raft, request->commit < last_index ? request->commit : last_index);
    respond(raft, request, ACCEPTED, last_index);
}

void raft_on_append_request(struct wg_raft *raft, const struct raft_append_request *request) {
    if (!raft_follow(raft, request->id.term, request->base.from)) {
        return;
    }
    if (request->id.term < raft->meta.term) {
        respond(raft, request, REFUSED, wg_log_last_index(raft->log));
        return;
    }
    WG_ASSERT(raft->env, raft->role == WG_ROLE_FOLLOWER);
    handle(raft, request);
    if (raft->role == WG_ROLE_FOLLOWER && raft->leader == request->base.from) {
        raft_election_reset(raft);
    }
}
