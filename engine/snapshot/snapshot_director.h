/* Takes snapshots of one replica's state on its period and says how far the log may be compacted
 * (reference: engine 5). */
#ifndef WG_SNAPSHOT_SNAPSHOT_DIRECTOR_H
#define WG_SNAPSHOT_SNAPSHOT_DIRECTOR_H

#include "seams/exporter_rows.h"
#include "seams/log_storage.h"
#include "seams/snapshot_store.h"
#include "seams/stream_positions.h"
#include "waggle/node.h"

struct wg_snapshot_director;

/* Everything is borrowed. `term` is the one that the replica leads in, 0 = it follows. On leaders a
 * snapshot waits until `positions->last_written` at the time of the checkpoint is committed, in an
 * entry of that term or an older one; the commit index comes by POST_COMMIT. */
struct wg_snapshot_director *
wg_snapshot_director_new(struct wg_env *env, const struct wg_node_options *options,
                         wg_partition_id partition, struct wg_log *log, struct wg_state *state,
                         struct wg_snapshots *snapshots, const struct wg_stream_positions *positions,
                         wg_term term);
void wg_snapshot_director_free(struct wg_snapshot_director *director);
/* Handles an event of actor SNAPSHOT: WAKE (arms the period), its timer, COMMIT,
 * TAKE_SNAPSHOT (one run now, the period goes on as before). Emits
 * POST_SNAPSHOT_PERSISTED (value = compaction bound index) to RAFT. Errors are claims, not fatal. */
void wg_snapshot_director_step(struct wg_snapshot_director *director, const struct wg_event *event);
/* Tells it that entries up to `commit` are committed and may be seen. Who tells it nothing at first,
 * as upstream, gets no snapshot from an idle new leader (engine 5; quirk
 * idle-leader-takes-no-snapshot). Returns whether it waits for a commit and wants POST_COMMIT. */
bool wg_snapshot_director_committed(struct wg_snapshot_director *director, wg_index commit);
/* Whether a run waits for a commit. */
bool wg_snapshot_director_waits(const struct wg_snapshot_director *director);

#endif
