/* Record flow steps 3 and 4: replication. A batch goes in, and is stored on a quorum; the commit
 * index comes out. Raft with pre-vote and priority election as Zeebe has it (reference: engine 1).
 * A step machine: knows no clock, disk or bytes; log, meta and snapshots are seams. */
#ifndef WG_RAFT_RAFT_H
#define WG_RAFT_RAFT_H

#include "seams/log_storage.h"
#include "seams/meta_store.h"
#include "seams/snapshot_store.h"
#include "waggle/node.h"

struct wg_raft;

/* A replica over its data in `dir`: opens meta and log (recovery), checks snapshot against log
 * (engine 1.2), starts as follower when wg_raft_start is called. `snapshots` is borrowed.
 * CORRUPT, GAP (between snapshot and log), IO, NO_SPACE. */
WG_MUST_USE wg_status wg_raft_open(struct wg_env *env, const struct wg_node_options *options,
                                   const struct wg_partition_options *partition, const char *dir,
                                   struct wg_snapshots *snapshots, struct wg_raft **ret_raft);
void wg_raft_close(struct wg_raft *raft); /* frees memory only */
/* Becomes follower (or leader at once when it is the only member). */
void wg_raft_start(struct wg_raft *raft);

/* Handles an event of actor RAFT: messages, timers, and the posts APPEND, SNAPSHOT_PERSISTED,
 * STEP_DOWN, CLOSE (go inactive, answer nothing any more). Emits
 *   SEND; TIMER;
 *   POST_COMMIT (coalesced, value = commit index) to PROCESSOR and EXPORTER;
 *   POST_ROLE (value = role, value2 = term) to PARTITION: for LEADER only once the initial entry
 *     is committed; FOLLOWER, CANDIDATE, INACTIVE at once;
 *   POST_INSTALL_STARTED / POST_INSTALL_DONE to PARTITION;
 *   POST_FAILED (value = actor RAFT, value2 = status) to PARTITION after POST_ROLE INACTIVE, when
 *     storage failed (Zeebe: an uncaught exception makes the role inactive). */
void wg_raft_step(struct wg_raft *raft, const struct wg_event *event);

enum wg_role wg_raft_role(const struct wg_raft *raft);
wg_term wg_raft_term(const struct wg_raft *raft);
wg_node_id wg_raft_leader(const struct wg_raft *raft); /* WG_NODE_NONE = unknown */
wg_index wg_raft_commit_index(const struct wg_raft *raft);
struct wg_log *wg_raft_log(const struct wg_raft *raft);

#endif
