/* Whether the disks of a scenario are large and fast enough for its load: asked when a run does not converge. */
#ifndef SIM_RUN_FIT_H
#define SIM_RUN_FIT_H

#include "sim/run/cluster_internal.h"

/* Whether partition `p` cannot go on because disks are full, and the engine could not have made room on
 * them: what is cut from a log must be processed, acknowledged and in a snapshot, and a snapshot needs room
 * itself. Writes a phrase about it into `story`, of `size` bytes; nothing if no disk is full. */
bool sim_fit_is_full(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size);

/* The same for a partition whose commits come more than 5 s after what they commit was written, though they go on:
 * its disks or links are slower than its load. */
bool sim_fit_is_slow(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size);

#endif
