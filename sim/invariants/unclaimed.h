/* Snapshots that are whole on a disk, but of which the replica has not told: the process was killed
 * before the end of the job that persisted them, or the last step failed and so did the removal. The
 * next process finds such a snapshot and starts with it, so judges count it from then on.
 *
 * Memory: two snapshot ids per replica (in struct judge_replica). */
#ifndef SIM_INVARIANTS_UNCLAIMED_H
#define SIM_INVARIANTS_UNCLAIMED_H

#include "sim/world/facts.h"

struct sim_judges;

/* Handlers of DISK_RENAMED, DISK_REMOVED, BROKER_START. */
void judge_unclaimed_renamed(struct sim_judges *b, const struct sim_fact *fact);
void judge_unclaimed_removed(struct sim_judges *b, const struct sim_fact *fact);
void judge_unclaimed_started(struct sim_judges *b, const struct sim_fact *fact);
/* DISK_DAMAGED of a file that is no segment: a snapshot that rots while its broker is down is none for
 * the process that starts on it, although its files lie there. */
void judge_unclaimed_damaged(struct sim_judges *b, const struct sim_fact *fact);
/* After a power loss: the newest whole one on the disk, also if it had been removed again and only the
 * removal was lost. */
void judge_unclaimed_recheck(struct sim_judges *b, wg_node_id node, wg_partition_id p);

#endif
