/* Snapshots on disk of which nobody has told (see unclaimed.h). */
#include "sim/invariants/unclaimed.h"

#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"

#include <string.h>

static bool is_named(const struct judge_snapshot *snapshot, const struct judge_path *path) {
    return snapshot->index == path->index && snapshot->term == path->term &&
           snapshot->processed == path->processed && snapshot->exported == path->exported;
}

void judge_unclaimed_renamed(struct sim_judges *b, const struct sim_fact *fact) {
    const char *to = fact->ptr;
    size_t from_len = strnlen(to, fact->len);
    if (from_len >= fact->len) {
        return;
    }
    to += from_len + 1;
    struct judge_path path = judge_path_read(to, fact->len - (uint32_t)from_len - 1);
    if (path.kind == JUDGE_PATH_SNAPSHOT && judge_knows(b, fact->node, path.partition)) {
        struct judge_replica *replica = judge_replica(b, fact->node, path.partition);
        replica->unclaimed = (struct judge_snapshot){true, path.index, path.term, path.processed,
                                                     path.exported, 0};
        /* Its files were written before its checksum file got its name. */
        replica->damaged.valid = replica->damaged.valid && !is_named(&replica->damaged, &path);
    }
}

void judge_unclaimed_removed(struct sim_judges *b, const struct sim_fact *fact) {
    struct judge_path path = judge_path_read(fact->ptr, fact->len);
    if (path.kind == JUDGE_PATH_SNAPSHOT && judge_knows(b, fact->node, path.partition)) {
        struct judge_snapshot *unclaimed =
            &judge_replica(b, fact->node, path.partition)->unclaimed;
        unclaimed->valid = unclaimed->valid && !is_named(unclaimed, &path);
    }
}

void judge_unclaimed_damaged(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->ptr == NULL || fact->node >= b->setup->brokers || b->brokers[fact->node].up) {
        return;
    }
    struct judge_path path = judge_path_read(fact->ptr, fact->len);
    bool part = path.kind == JUDGE_PATH_SNAPSHOT || path.kind == JUDGE_PATH_SNAPSHOT_METADATA ||
                path.kind == JUDGE_PATH_SNAPSHOT_STATE;
    if (!part || !judge_knows(b, fact->node, path.partition)) {
        return;
    }
    struct judge_replica *replica = judge_replica(b, fact->node, path.partition);
    struct judge_snapshot *hit[] = {&replica->snapshot, &replica->previous, &replica->unclaimed};
    for (size_t i = 0; i < sizeof hit / sizeof *hit; i++) {
        hit[i]->valid = hit[i]->valid && !is_named(hit[i], &path);
    }
    replica->damaged = (struct judge_snapshot){true, path.index, path.term, path.processed,
                                               path.exported, 0};
    inv_committed_stable_recount(b, path.partition);
}

/* Snapshots go forward by index, then by processed, then by exported position. */
static bool is_newer(const struct judge_snapshot *a, const struct judge_snapshot *b) {
    if (!b->valid || a->index != b->index) {
        return !b->valid || a->index > b->index;
    }
    return a->processed != b->processed ? a->processed > b->processed : a->exported > b->exported;
}

void judge_unclaimed_started(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        if (!judge_knows(b, fact->node, p)) {
            return;
        }
        struct judge_replica *replica = judge_replica(b, fact->node, p);
        if (replica->unclaimed.valid && is_newer(&replica->unclaimed, &replica->snapshot)) {
            replica->previous = replica->snapshot;
            replica->snapshot = replica->unclaimed;
            judge_snapshot_inherits(&replica->snapshot, &replica->previous);
            inv_export_position_adopted(b, fact->node, p);
        }
        replica->unclaimed.valid = false;
    }
}

/* --- after a power loss ---------------------------------------------------------------------- */

struct search {
    wg_partition_id partition;
    const struct judge_snapshot *damaged;
    struct judge_snapshot newest; /* that has a checksum file and is sound */
    uint32_t parts;               /* of its other files */
};

static void look_for_newest(void *ctx, const char *text, uint64_t size) {
    struct search *search = ctx;
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    struct judge_snapshot found = {true, path.index, path.term, path.processed, path.exported, 0};
    bool rotted = search->damaged->valid && is_named(search->damaged, &path);
    (void)size;
    if (path.kind == JUDGE_PATH_SNAPSHOT && path.partition == search->partition && !rotted &&
        is_newer(&found, &search->newest)) {
        search->newest = found;
    }
}

static void look_for_parts(void *ctx, const char *text, uint64_t size) {
    struct search *search = ctx;
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    (void)size;
    bool part = path.kind == JUDGE_PATH_SNAPSHOT_METADATA || path.kind == JUDGE_PATH_SNAPSHOT_STATE;
    search->parts += part && path.partition == search->partition &&
                     is_named(&search->newest, &path);
}

void judge_unclaimed_recheck(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct search search = {.partition = p, .damaged = &judge_replica(b, node, p)->damaged};
    b->disks.list(b->disks.ctx, node, p, look_for_newest, &search);
    if (search.newest.valid) {
        b->disks.list(b->disks.ctx, node, p, look_for_parts, &search);
    }
    search.newest.valid = search.newest.valid && search.parts == 2;
    judge_replica(b, node, p)->unclaimed = search.newest;
}
