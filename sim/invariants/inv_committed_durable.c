/* committed-durable: when a replica announces an index as committed, the entry is durable on a
 * majority of the partition's members, by the disks' own account at that time.
 *
 * Scope: each index at its first announcement, by leader or follower; not judged when the fault
 * budget is exceeded on purpose. A replica whose persisted snapshot covers the index counts.
 * Sound: with direct flush a leader flushes before it announces and a follower before it
 * acknowledges. The announcing claim may be heard before the end of the sync of its own job: a
 * majority that lacks only the claimer's own disk is waited for, until a later job of the claimer
 * speaks or exports; if the claimer dies first the claim was never announced to anybody and is void
 * (the entry may still become committed later). An announced entry that stands in no file is filed
 * here too.
 * Evidence: claim COMMIT; facts DISK_WRITE, DISK_SYNCED, DISK_REMOVED, DISK_POWER_LOST (mirror.c).
 * Memory: one index per replica; the judging itself is canon.c, which owns the first announcement.
 */
#include "sim/invariants/bench.h"

const struct judge_rule inv_committed_durable_rule = {"committed-durable", JUDGE_PER_RUN, 0, NULL};
