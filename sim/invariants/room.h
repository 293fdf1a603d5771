/* What stands in the way of a replica's compaction: what it knew to be committed when, since when its
 * services run, and whether its disk had room for the snapshots that it tried to take. For room.c, which
 * says what a full disk is due to.
 *
 * Memory: 16 bytes per second of the retention bound, at most 1024 of them, and 48 bytes per replica. */
#ifndef SIM_INVARIANTS_ROOM_H
#define SIM_INVARIANTS_ROOM_H

#include "sim/invariants/grow.h"
#include "sim/world/facts.h"
#include "waggle/trace.h"

struct sim_judges;

struct judge_room {
    struct judge_deque known; /* struct judge_room_sample: of each second in which it was told */
    wg_time next_look;
    wg_time installed; /* when its services were installed last */
    wg_time refused;   /* when there was no room for a file of the snapshot that it took last */
    bool was_refused;
};

struct judge_room_sample {
    wg_time until; /* the second that it stands for */
    wg_index commit; /* the last one in it */
};

void judge_room_init(struct sim_judges *b);
void judge_room_free(struct sim_judges *b);

/* Handlers: DISK_REFUSED; COMMIT, TRANSITION, SNAPSHOT and SNAPSHOT_RECEIVED. */
void judge_room_fact(struct sim_judges *b, const struct sim_fact *fact);
void judge_room_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);

#endif
