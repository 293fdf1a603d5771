/* Exporter positions from leader to followers (reference: exporters 4). */
#ifndef WG_EXPORTING_DISTRIBUTION_H
#define WG_EXPORTING_DISTRIBUTION_H

#include "seams/exporter_rows.h"
#include "waggle/buf.h"
#include "waggle/node.h"

/* WG_MSG_EXPORTER_STATE. All copies of one broadcast share the payload. */
struct wg_exporter_state_message {
    struct wg_message head;
    struct wg_buf *payload; /* layout at the top of distribution.c */
};

/* Every row of `state`. */
struct wg_buf *wg_exporter_state_encode(struct wg_env *env, const struct wg_state *state);
/* Calls `each` for every row; false = malformed, then `each` was not called at all. */
bool wg_exporter_state_decode(struct wg_bytes payload,
                              void (*each)(void *ctx, struct wg_bytes id,
                                           const struct wg_exporter_row *row),
                              void *ctx);
/* Sends every row to each other member of the partition. */
void wg_exporter_state_send(struct wg_env *env, const struct wg_partition_options *partition,
                            const struct wg_state *state);
/* Applies a received payload: rows of exporters that are enabled here, and were enabled as often as the
 * sender's, move up, never down. Others are ignored: a disabled exporter must not come back (under
 * WG_QUIRK_BROADCAST_REVIVES it does). */
void wg_exporter_state_apply(struct wg_env *env, const struct wg_node_options *options,
                             wg_partition_id partition, struct wg_state *state,
                             struct wg_bytes payload);

#endif
