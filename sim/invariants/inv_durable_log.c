/* durable-log: at the end, the durable bytes of every broker's segment files, read by a reader of
 * our own, are the canonical committed log: every committed entry that a replica holds is equal to
 * the canonical one, each replica's log begins at or below its persisted snapshot + 1, and every
 * committed entry is held by a majority of the members or lies below their snapshots.
 *
 * Scope: all replicas at sim_judges_finish, dead brokers included; entries behind the committed end
 * may be anything; the majority is not asked for when the fault budget is exceeded on purpose.
 * Sound: a replica's durable log is always a prefix of some leader's log, and committed entries are
 * in all later leaders' logs. A follower may still hold a divergent end that no leader has told it
 * to truncate yet, so a difference is a violation only at or below an index which that replica
 * itself announced as committed, or in front of an entry that is equal again.
 * Evidence: the durable bytes through struct sim_disk_reader, with checksums computed anew;
 * snapshot files by name; COMMIT claims say which entries count.
 * Memory: a window of 64 KiB during the check. */
#include "sim/invariants/bench.h"
#include "sim/invariants/scan.h"

const struct judge_rule inv_durable_log_rule = {"durable-log", JUDGE_PER_RUN, 0, NULL};

struct reading {
    struct sim_judges *b;
    wg_node_id node;
    wg_partition_id partition;
    wg_index first, last; /* frames found, 0 = none */
    wg_index equal;       /* the log up to here is equal to the canonical one */
    wg_index different;   /* lowest differing index, 0 = none */
    bool equal_after;     /* an equal entry behind a different one */
};

static void read_frame(void *ctx, const struct judge_scan_frame *found) {
    struct reading *reading = ctx;
    const struct judge_canon *canon = judge_canon(reading->b, reading->partition);
    const struct judge_frame *frame = found->frame;
    reading->first = reading->first == 0 ? frame->index : reading->first;
    reading->last = frame->index;
    const struct judge_canon_entry *entry = judge_canon_at(canon, frame->index);
    if (entry == NULL) {
        bool forgotten = frame->index < canon->first;
        reading->equal = forgotten && reading->different == 0 ? frame->index : reading->equal;
        return;
    }
    bool same = entry->term == frame->term && entry->checksum == frame->checksum;
    if (!same && reading->different == 0) {
        reading->different = frame->index;
    } else if (same && reading->different == 0) {
        reading->equal = frame->index;
    } else if (same) {
        reading->equal_after = true;
    }
}

static void judge_difference(const struct reading *reading) {
    struct sim_judges *b = reading->b;
    wg_index announced = judge_replica(b, reading->node, reading->partition)->commit;
    if (reading->different != 0 && (reading->equal_after || reading->different <= announced)) {
        judge_violate(b, INV_DURABLE_LOG, SIM_BLAME_ENGINE, reading->partition, -1,
                      "the disk of broker %u holds another entry %llu than was committed",
                      reading->node, (unsigned long long)reading->different);
    }
}

/* What this replica's disk covers of the committed log. */
static wg_index covered_by(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct reading reading = {.b = b, .node = node, .partition = p};
    struct judge_scan scan = {&reading, NULL, read_frame};
    judge_scan_log(&b->disks, node, p, &scan);
    judge_difference(&reading);
    wg_index snapshot = judge_scan_snapshot(&b->disks, node, p, 0, 0, 0).highest;
    if (reading.first > snapshot + 1) {
        judge_violate(b, INV_DURABLE_LOG, SIM_BLAME_ENGINE, p, -1,
                      "the disk of broker %u holds entries from %llu on and a snapshot of %llu",
                      node, (unsigned long long)reading.first, (unsigned long long)snapshot);
        return snapshot;
    }
    return reading.equal > snapshot ? reading.equal : snapshot;
}

static void finish_partition(struct sim_judges *b, wg_partition_id p) {
    const struct wg_partition_options *members = judge_members(b, p);
    wg_index last = judge_canon_last(judge_canon(b, p));
    wg_index lowest = last;
    uint32_t holders = 0;
    for (uint32_t i = 0; i < members->member_count; i++) {
        wg_node_id node = members->members[i];
        wg_index covered = node < b->setup->brokers ? covered_by(b, node, p) : 0;
        holders += covered >= last ? 1 : 0;
        lowest = covered < lowest ? covered : lowest;
    }
    if (holders < members->member_count / 2 + 1 && !b->setup->budget_exceeded) {
        judge_violate(b, INV_DURABLE_LOG, SIM_BLAME_ENGINE, p, -1,
                      "at the end entry %llu, committed, is on the disks of %u of %u replicas (the "
                      "least has entries up to %llu)", (unsigned long long)last, holders,
                      members->member_count, (unsigned long long)lowest);
    }
}

void inv_durable_log_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        finish_partition(b, p);
    }
}
