/* Seam: what raft keeps on disk beside the log (reference: engine 1.2, protocol 2.2): term, vote
 * and last flushed index in `.meta`, every write durable. Implemented by engine/journal. */
#ifndef WG_SEAMS_META_STORE_H
#define WG_SEAMS_META_STORE_H

#include "waggle/env.h"

struct wg_meta {
    wg_term term;
    wg_node_id voted_for;   /* WG_NODE_NONE = nobody in this term */
    wg_index last_flushed;  /* 0 = nothing */
};
struct wg_meta_store;
/* Opens or creates <dir>/raft.meta. CORRUPT, IO. */
WG_MUST_USE wg_status wg_meta_open(struct wg_env *env, const char *dir, struct wg_meta_store **ret_store,
                                   struct wg_meta *ret_meta);
/* Writes and syncs. */
WG_MUST_USE wg_status wg_meta_store(struct wg_meta_store *store, const struct wg_meta *meta);
void wg_meta_close(struct wg_meta_store *store);

#endif
