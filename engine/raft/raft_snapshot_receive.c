/* A follower receives a snapshot (reference: engine 1.9, 4.6).
 *
 *   nothing pending --chunk 0--> pending (INSTALL_STARTED) --next chunk--> pending
 *       ^                           |  --last chunk: reset log, persist--> done (INSTALL_DONE)
 *       '--- abort (INSTALL_DONE) --'  on an unexpected chunk, another snapshot, an error,
 *                                      an accepted append, a change of role
 *
 * Invariants: the log is reset to index + 1 before the snapshot is persisted, never after: a crash
 * between the two leaves an empty log, which is mended at the start, and never a snapshot with a
 * log that does not join it; started and done come in pairs; an error answer keeps nothing
 * half-received (bug-S18). */
#include "raft/raft_internal.h"

static void post(struct wg_raft *raft, enum wg_post what) {
    wg_emit_post(raft->env, raft->partition.id, WG_ACTOR_PARTITION, what, false, 0, 0, NULL);
}

void raft_abort_receiving(struct wg_raft *raft) {
    struct raft_receiving *receiving = &raft->receiving;
    if (!receiving->pending) {
        return;
    }
    wg_snapshots_receive_abort(raft->snapshots);
    receiving->pending = false;
    receiving->expects = false;
    /* With the quirk that chunk, sent again, is answered OK but not stored [1.9]. */
    if (!raft_has_quirk(raft, WG_QUIRK_KEPT_CHUNK_ID)) {
        receiving->remembers = false;
    }
    post(raft, WG_POST_INSTALL_DONE);
}

void raft_receiving_clear(struct wg_raft *raft) {
    raft_abort_receiving(raft);
    raft->receiving.remembers = false;
}

/* Whether all of the snapshot is in the log already. Only a late or second copy of a request can
 * find that; the reset would drop entries acknowledged since (Raft paper 7: retain them). */
static bool log_has(const struct wg_raft *raft, const struct wg_snapshot_id *id) {
    const struct wg_log_entry *entry = wg_log_entry(raft->log, id->index);
    return entry != NULL && entry->term == id->term;
}

/* A chunk of this transfer that is stored already: over a network that repeats messages it may come
 * at any time, and the leader has long gone on (documented; the quirk begins anew instead). */
static bool is_late_copy(const struct wg_raft *raft, const struct wg_snapshot_chunk *chunk) {
    const struct raft_receiving *receiving = &raft->receiving;
    return receiving->pending && receiving->expects && chunk->number < receiving->expected &&
           !raft_has_quirk(raft, WG_QUIRK_LATE_CHUNK_ABORTS);
}

/* 1.9, in Zeebe's order. true: go on and store the chunk; false: answer *ret_ok. */
static bool preprocess(struct wg_raft *raft, const struct raft_install_request *request,
                       bool *ret_ok) {
    struct raft_receiving *receiving = &raft->receiving;
    const struct wg_snapshot_chunk *chunk = &request->chunk;
    *ret_ok = true;
    if (receiving->remembers && receiving->previous == chunk->number) {
        return false; /* its answer was lost */
    }
    if (is_late_copy(raft, chunk)) {
        return false;
    }
    if (receiving->expects && receiving->expected != chunk->number) {
        raft_abort_receiving(raft);
        *ret_ok = false;
        return false;
    }
    if (request->id.term < raft->meta.term) {
        *ret_ok = false;
        return false;
    }
    /* A log that was rolled back may have lost what this process knows to be committed. */
    bool behind = wg_log_last_index(raft->log) < raft->commit;
    if ((raft->commit > chunk->id.index && !behind) || log_has(raft, &chunk->id)) {
        return false;
    }
    if (raft_snapshot_index(raft) >= chunk->id.index) {
        raft_abort_receiving(raft);
        return false;
    }
    *ret_ok = receiving->pending || chunk->number == 0;
    return *ret_ok;
}

/* Two replicas may have cut, or even taken, the snapshot of one id differently, so chunks of two
 * senders do not mix. zeebe-8.6 looks at the id alone; then only the checksum at the end tells. */
static bool is_pending_one(const struct wg_raft *raft, const struct raft_install_request *request) {
    const struct raft_receiving *receiving = &raft->receiving;
    const struct wg_snapshot_chunk *chunk = &request->chunk;
    bool same_id = wg_snapshot_id_equal(&receiving->id, &chunk->id);
    bool same_bytes = receiving->from == request->base.from &&
                      receiving->checksum == chunk->snapshot_checksum;
    return same_id && (same_bytes || raft_has_quirk(raft, WG_QUIRK_INSTALL_BY_ID));
}

/* false: answer *ret_ok. */
static bool begin(struct wg_raft *raft, const struct raft_install_request *request, bool *ret_ok) {
    WG_ASSERT(raft->env, !raft->receiving.pending);
    const struct wg_snapshot_chunk *chunk = &request->chunk;
    wg_status status = wg_snapshots_receive_begin(raft->snapshots, &chunk->id);
    if (status != WG_OK) {
        *ret_ok = status == WG_EXISTS;
        return false;
    }
    raft->receiving.pending = true;
    raft->receiving.id = chunk->id;
    raft->receiving.checksum = chunk->snapshot_checksum;
    raft->receiving.from = request->base.from;
    /* Consumers of the log must close: the last chunk resets it. */
    post(raft, WG_POST_INSTALL_STARTED);
    return true;
}

/* A snapshot that could not be persisted leaves the log where the old one joins it. What a reset
 * that failed early has left of the log may still do that. */
static void roll_back(struct wg_raft *raft) {
    if (raft->role == WG_ROLE_INACTIVE) {
        return;
    }
    raft_abort_receiving(raft);
    wg_index snapshot = raft_snapshot_index(raft);
    raft->reset_pending = wg_log_first_index(raft->log) > snapshot + 1 ||
                          wg_log_last_index(raft->log) < snapshot;
    (void)raft_mend_log(raft); /* if it fails: before the log is needed */
}

static bool complete(struct wg_raft *raft) {
    struct raft_receiving *receiving = &raft->receiving;
    WG_ASSERT(raft->env, receiving->pending);
    WG_ASSERT(raft->env, receiving->id.index >= raft->commit ||
                             wg_log_last_index(raft->log) < raft->commit);
    wg_status status = wg_log_reset(raft->log, receiving->id.index + 1);
    if (status != WG_OK) {
        raft_storage_failed(raft, status);
    } else {
        status = wg_snapshots_receive_finish(raft->snapshots);
    }
    if (status != WG_OK) {
        roll_back(raft);
        return false;
    }
    raft->reset_pending = false;
    *receiving = (struct raft_receiving){.pending = false};
    raft->compact_bound = wg_snapshots_compaction_bound(raft->snapshots);
    post(raft, WG_POST_INSTALL_DONE);
    return true;
}

/* Whether to answer OK. */
static bool handle(struct wg_raft *raft, const struct raft_install_request *request) {
    struct raft_receiving *receiving = &raft->receiving;
    const struct wg_snapshot_chunk *chunk = &request->chunk;
    if (receiving->pending && !is_pending_one(raft, request)) {
        raft_abort_receiving(raft);
    }
    bool ok = true;
    if (!preprocess(raft, request, &ok)) {
        return ok;
    }
    if (!receiving->pending && !begin(raft, request, &ok)) {
        return ok;
    }
    if (wg_snapshots_receive_chunk(raft->snapshots, chunk) != WG_OK) {
        raft_abort_receiving(raft);
        return false;
    }
    if (chunk->last) {
        return complete(raft);
    }
    receiving->expects = true;
    receiving->expected = chunk->number + 1;
    receiving->remembers = true;
    receiving->previous = chunk->number;
    return true;
}

static void respond(struct wg_raft *raft, const struct raft_install_request *request, bool ok) {
    struct raft_response content = {
        .id = request->id, .term = raft->meta.term, .failed = !ok, .accepted = ok};
    struct raft_response *response =
        raft_response_new(raft->env, WG_MSG_INSTALL_RESPONSE, &request->base, &content);
    wg_emit_send(raft->env, &response->base);
}

void raft_on_install_request(struct wg_raft *raft, const struct raft_install_request *request) {
    if (!raft_follow(raft, request->id.term, request->base.from)) {
        return;
    }
    bool ok = raft->role == WG_ROLE_FOLLOWER && handle(raft, request);
    if (raft->role == WG_ROLE_INACTIVE) {
        return;
    }
    respond(raft, request, ok);
    if (raft->role == WG_ROLE_FOLLOWER && raft->leader == request->base.from &&
        request->id.term == raft->meta.term) {
        raft_election_reset(raft);
    }
}
