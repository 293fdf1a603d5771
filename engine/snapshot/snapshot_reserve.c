/* Reservations: somebody reads a snapshot (a backup), so neither it nor the log that it needs may go
 * meanwhile (engine 5). Invariant: every listed snapshot is whole on disk. */
#include "snapshot/snapshot_internal.h"

static struct snapshot_reservation *find(struct wg_snapshots *store,
                                         const struct wg_snapshot_id *id) {
    for (uint32_t i = 0; i < store->reserved_count; i++) {
        struct snapshot_reservation *reserved = &store->reserved[i];
        if (reserved->id.term == id->term && wg_snapshot_id_compare(&reserved->id, id) == 0) {
            return reserved;
        }
    }
    return NULL;
}

bool snapshot_is_reserved(const struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    for (uint32_t i = 0; i < store->reserved_count; i++) {
        const struct wg_snapshot_id *reserved = &store->reserved[i].id;
        if (reserved->term == id->term && wg_snapshot_id_compare(reserved, id) == 0) {
            return true;
        }
    }
    return false;
}

wg_status wg_snapshots_reserve(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    struct snapshot_reservation *reserved = find(store, id);
    if (reserved != NULL) {
        reserved->count++;
        return WG_OK;
    }
    bool is_latest = store->has_latest && store->latest.term == id->term &&
                     wg_snapshot_id_compare(&store->latest, id) == 0;
    if (!is_latest) {
        return WG_NOT_FOUND;
    }
    if (store->reserved_count == SNAPSHOT_MAX_RESERVED) {
        return WG_FULL;
    }
    store->reserved[store->reserved_count++] = (struct snapshot_reservation){*id, 1};
    return WG_OK;
}

wg_status wg_snapshots_release(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    struct snapshot_reservation *reserved = find(store, id);
    if (reserved == NULL || reserved->count == 0) {
        return WG_NOT_FOUND;
    }
    reserved->count--;
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
