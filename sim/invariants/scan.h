/* Reads the durable segment files of one replica, frame by frame, as a restarted broker would find
 * them: the independent journal reader. Stops at the first thing that is not a whole, sound frame. */
#ifndef SIM_INVARIANTS_SCAN_H
#define SIM_INVARIANTS_SCAN_H

#include "sim/invariants/judge.h"
#include "sim/invariants/wire.h"

struct judge_scan_frame {
    const struct judge_frame *frame; /* valid during the call */
    uint32_t segment;
    uint32_t offset;
};

/* Calls `each` for every frame whose checksum fits and whose index follows the one before (the
 * first may have any), in order, over all segments; every segment file, also one without frames, is
 * told first by `segment`. */
struct judge_scan {
    void *ctx;
    void (*segment)(void *ctx, uint32_t number); /* may be NULL */
    void (*each)(void *ctx, const struct judge_scan_frame *frame);
};
void judge_scan_log(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p,
                    const struct judge_scan *scan);

/* Whether a whole, sound frame of `len` bytes stands at `offset` of that segment, durably; it is read
 * into *ret_frame, of which the bytes are gone already (summed, batch). */
bool judge_scan_frame_at(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p,
                         uint32_t segment, uint32_t offset, uint32_t len,
                         struct judge_frame *ret_frame);
/* Index of the first frame by that segment's durable descriptor, 0 = it has no sound one. */
wg_index judge_scan_descriptor(const struct sim_disk_reader *disks, wg_node_id node,
                               wg_partition_id p, uint32_t segment);

/* The term in the durable raft.meta, 0 = unknown. */
wg_term judge_scan_term(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p);

/* Whether the checksum file of that snapshot is durable. */
struct judge_scan_snapshots {
    bool found;
    wg_index highest; /* index of the highest snapshot found */
};
struct judge_scan_snapshots judge_scan_snapshot(const struct sim_disk_reader *disks,
                                                wg_node_id node,
                                                wg_partition_id p, wg_index index,
                                                wg_position processed, wg_position exported);

#endif
