/* snapshot: the snapshots of a replica never go back (by index, then processed, then exported
 * position), hold nothing uncommitted, join its log, and hold what their id says: processed and
 * the last record written when the state was copied are committed; the entry `index` lies before
 * min(processed, exported); the log begins at or below index + 1 and reaches it; the metadata names
 * the positions of the id; the state says the same processed position, and its lowest exporter
 * position is the exported one of the id.
 *
 * Scope: snapshots taken or received, over restarts; a wiped replica begins anew. Their files are
 * looked at where they are written in one piece: at the replica that takes the snapshot.
 * Sound: an older or equal id is refused when it is to be persisted; a leader waits for the commit
 * of all it wrote before the checkpoint, a follower replays only committed entries; a log is reset
 * before a received snapshot counts. Index 0 (nothing acknowledged yet) and an id that reuses the
 * previous snapshot's index say nothing about entries. In an id an exported position of 0 stands
 * for -1, and the highest position for a state without exporters.
 * Evidence: claims SNAPSHOT, SNAPSHOT_RECEIVED (a=index, b=term, c=processed, d=exported); the
 * bytes of the files from facts DISK_WRITE, read by snapfile.c; mirrors and committed records.
 * Memory: two snapshot ids per replica in the bench, 64 bytes here. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

/* What was written for the snapshot to come. */
struct files {
    bool has_metadata, metadata_sound, has_rows, rows_sound;
    struct judge_snapshot_metadata metadata;
    wg_position lowest; /* exporter position; WG_POSITION_MAX = no row */
    wg_position processed;
};

const struct judge_rule inv_snapshot_rule = {"snapshot", JUDGE_PER_REPLICA, sizeof(struct files),
                                             NULL};

static struct files *files_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return judge_state(b, INV_SNAPSHOT, judge_replica_number(b, node, p));
}

void inv_snapshot_metadata(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                           const struct judge_snapshot_metadata *metadata) {
    struct files *files = files_of(b, node, p);
    files->has_metadata = true;
    files->metadata_sound = metadata != NULL;
    if (metadata != NULL) {
        files->metadata = *metadata;
    }
}

void inv_snapshot_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_snapshot_state *state) {
    if (b->setup->raft_only) {
        return; /* no processor, no exporters: positions are made up */
    }
    struct files *files = files_of(b, node, p);
    files->has_rows = true;
    files->rows_sound = state != NULL;
    files->lowest = WG_POSITION_MAX;
    files->processed = state == NULL ? WG_POSITION_NONE : state->processed;
    for (uint32_t i = 0; state != NULL && i < state->count; i++) {
        wg_position own = state->exporters[i].position;
        files->lowest = own < files->lowest ? own : files->lowest;
    }
    if (state != NULL) {
        inv_snapshot_state_rows(b, node, p, state);
        inv_configuration_fidelity_rows(b, node, p, state);
        inv_exporter_isolation_rows(b, node, p, state);
    }
}

static bool goes_back(const struct judge_snapshot *old, const struct wg_claim *claim) {
    if (claim->a != old->index) {
        return claim->a < old->index;
    }
    if ((wg_position)claim->c != old->processed) {
        return (wg_position)claim->c < old->processed;
    }
    return (wg_position)claim->d < old->exported;
}

static void check_entry(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_canon *canon = judge_canon(b, claim->partition);
    const struct judge_canon_entry *entry = judge_canon_at(canon, claim->a);
    wg_position processed = (wg_position)claim->c, exported = (wg_position)claim->d;
    /* At -1 the sender kept the entry of its snapshot before; how far that was exported is not told. */
    bool kept = claim->kind == WG_CLAIM_SNAPSHOT_RECEIVED && exported == 0;
    wg_position bound = processed < exported || kept ? processed : exported;
    if (processed > canon->last_position || claim->a > judge_canon_last(canon)) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot of entry %llu, processed up to %lld, while "
                      "only entry %llu, record %lld was committed", node,
                      (unsigned long long)claim->a, (long long)processed,
                      (unsigned long long)judge_canon_last(canon),
                      (long long)canon->last_position);
    } else if (entry != NULL && entry->highest > bound) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot of entry %llu (records up to %lld) that was "
                      "processed up to %lld and exported up to %lld only", node,
                      (unsigned long long)claim->a, (long long)entry->highest,
                      (long long)processed, (long long)exported);
    }
}

static void check_order(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_snapshot *old = &judge_replica(b, node, claim->partition)->snapshot;
    if (old->valid && goes_back(old, claim)) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted snapshot %llu-%llu-%lld-%lld after "
                      "%llu-%llu-%lld-%lld", node, (unsigned long long)claim->a,
                      (unsigned long long)claim->b, (long long)claim->c, (long long)claim->d,
                      (unsigned long long)old->index, (unsigned long long)old->term,
                      (long long)old->processed, (long long)old->exported);
    }
    bool reuses = old->valid && old->index == claim->a;
    if (claim->a > 0 && !reuses) {
        check_entry(b, node, claim);
    }
}

static void check_log(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_mirror *mirror = judge_mirror(b, node, claim->partition);
    if (mirror->frames.count == 0) {
        return; /* an empty log begins wherever the snapshot ends */
    }
    if (mirror->first > claim->a + 1 || judge_mirror_last(mirror) < claim->a) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot of entry %llu while its log holds entries "
                      "%llu to %llu: they do not join", node, (unsigned long long)claim->a,
                      (unsigned long long)mirror->first,
                      (unsigned long long)judge_mirror_last(mirror));
    }
}

static void check_metadata(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                           const struct files *files) {
    const struct judge_canon *canon = judge_canon(b, claim->partition);
    const struct judge_snapshot_metadata *metadata = &files->metadata;
    if (!files->metadata_sound || metadata->processed != (wg_position)claim->c ||
        metadata->exported != (wg_position)claim->d) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot processed up to %lld and exported up to "
                      "%lld whose metadata says otherwise", node, (long long)claim->c,
                      (long long)claim->d);
        return;
    }
    if (metadata->last_followup > canon->last_position) {
        judge_canon_settle(b, node, claim->partition);
    }
    if (metadata->last_followup > canon->last_position) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot whose state holds effects of records up to "
                      "%lld while only records up to %lld are committed", node,
                      (long long)metadata->last_followup, (long long)canon->last_position);
    }
}

static void check_rows(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                       const struct files *files) {
    wg_position told = files->lowest == WG_POSITION_NONE ? 0 : files->lowest;
    if (!files->rows_sound || told != (wg_position)claim->d) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot exported up to %lld whose state %s %lld",
                      node, (long long)claim->d,
                      files->rows_sound ? "has an exporter at" : "cannot be read; it says",
                      (long long)told);
    } else if (files->processed != (wg_position)claim->c) {
        judge_violate(b, INV_SNAPSHOT, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u persisted a snapshot processed up to %lld whose state was "
                      "processed up to %lld", node, (long long)claim->c,
                      (long long)files->processed);
    }
}

void inv_snapshot_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct files *files = files_of(b, node, claim->partition);
    check_order(b, node, claim);
    check_log(b, node, claim);
    if (claim->kind == WG_CLAIM_SNAPSHOT) {
        if (files->has_metadata) {
            check_metadata(b, node, claim, files);
        }
        if (files->has_rows) {
            check_rows(b, node, claim, files);
        }
        files->has_metadata = files->has_rows = false;
        inv_snapshot_state_claim(b, node, claim);
    }
}
