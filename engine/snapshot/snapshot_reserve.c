/* Reservations: somebody reads a snapshot (a backup), so neither it nor the log that it needs may go
 * meanwhile (engine 5). Invariant: every listed snapshot is whole on disk. */
#include "snapshot/snapshot_internal.h"

/* Its number in the list; the list's length if it is not there. */
static uint32_t find(const struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    uint32_t at = 0;
    while (at < store->reserved_count && !wg_snapshot_id_equal(&store->reserved[at].id, id)) {
        at++;
    }
    return at;
}

bool snapshot_is_reserved(const struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    return find(store, id) < store->reserved_count;
}

wg_status wg_snapshots_reserve(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    uint32_t at = find(store, id);
    if (at < store->reserved_count) {
        store->reserved[at].count++;
        return WG_OK;
    }
    if (!store->has_latest || !wg_snapshot_id_equal(&store->latest, id)) {
        return WG_NOT_FOUND;
    }
    if (store->reserved_count == SNAPSHOT_MAX_RESERVED) {
        return WG_FULL;
    }
    store->reserved[store->reserved_count++] = (struct snapshot_reservation){*id, 1};
    return WG_OK;
}

wg_status wg_snapshots_release(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    uint32_t at = find(store, id);
    if (at == store->reserved_count || store->reserved[at].count == 0) {
        return WG_NOT_FOUND;
    }
    store->reserved[at].count--;
    return WG_OK;
}

void snapshot_drop_released(struct wg_snapshots *store) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < store->reserved_count; i++) {
        if (store->reserved[i].count > 0) {
            store->reserved[kept++] = store->reserved[i];
        }
    }
    store->reserved_count = kept;
}

wg_index wg_snapshots_compaction_bound(const struct wg_snapshots *store) {
    wg_index bound = store->has_latest ? store->latest.index : 0;
    for (uint32_t i = 0; i < store->reserved_count; i++) {
        wg_index index = store->reserved[i].id.index;
        bound = index < bound ? index : bound;
    }
    return bound;
}
