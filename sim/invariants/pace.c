/* How far commits are behind what is written (see pace.h). */
#include "sim/invariants/pace.h"

#include "sim/invariants/bench.h"

#include <stdlib.h>

#define LAGS_FOR (10 * WG_SECOND) /* after it was last found late */

void judge_pace_init(struct sim_judges *b) {
    b->paces = judge_alloc(b->setup->partition_count * sizeof *b->paces);
}

void judge_pace_free(struct sim_judges *b) { free(b->paces); }

wg_time judge_pace_late(const struct sim_judges *b, wg_partition_id p) {
    return b->paces[p - 1].late_at;
}

bool judge_pace_lags(const struct sim_judges *b, wg_partition_id p) {
    const struct judge_pace *pace = &b->paces[p - 1];
    return pace->late_at != 0 && b->now - pace->late_at <= LAGS_FOR &&
           b->now - pace->last_commit <= JUDGE_PACE_LATE;
}

void judge_pace_processed(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    (void)node;
    struct judge_pace *pace = &b->paces[claim->partition - 1];
    bool replayed = claim->c != 0;
    if (!replayed && pace->watched == 0) {
        pace->watched = (wg_position)claim->a;
        pace->watched_since = b->now;
    }
}

void judge_pace_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    struct judge_pace *pace = &b->paces[p - 1];
    wg_position source = entry->count == 0 ? WG_POSITION_NONE : entry->records[0].source;
    pace->followed = source > pace->followed ? source : pace->followed;
    pace->last_commit = b->now;
    if (pace->watched != 0 && b->now - pace->watched_since > JUDGE_PACE_LATE) {
        pace->late_at = b->now;
    }
    if (pace->followed >= pace->watched) {
        pace->watched = 0;
    }
}
