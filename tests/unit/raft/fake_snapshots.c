/* The snapshot seam in memory: a snapshot is its id, sent as `chunk_total` chunks of 8 bytes. */
#include "fake_disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct wg_snapshots {
    struct wg_env *env;
    struct fake_disk *disk;
};

int wg_snapshot_id_compare(const struct wg_snapshot_id *a, const struct wg_snapshot_id *b) {
    if (a->index != b->index) {
        return a->index < b->index ? -1 : 1;
    }
    if (a->processed != b->processed) {
        return a->processed < b->processed ? -1 : 1;
    }
    return a->exported == b->exported ? 0 : a->exported < b->exported ? -1 : 1;
}

void fake_disk_snapshot(struct fake_disk *disk, wg_index index, wg_term term) {
    disk->has_snapshot = true;
    disk->snapshot = (struct wg_snapshot_id){index, term, (wg_position)index, WG_POSITION_MAX};
}

wg_status wg_snapshots_open(struct wg_env *env, const struct wg_snapshot_options *options,
                            struct wg_snapshots **ret_store) {
    (void)options;
    struct wg_snapshots *store = malloc(sizeof *store);
    assert(store != NULL);
    *store = (struct wg_snapshots){env, fake_disk_of(env)};
    store->disk->receiving = false;
    *ret_store = store;
    return WG_OK;
}

void wg_snapshots_close(struct wg_snapshots *store) { free(store); }

const struct wg_snapshot_id *wg_snapshots_latest(const struct wg_snapshots *store) {
    return store->disk->has_snapshot ? &store->disk->snapshot : NULL;
}

wg_index wg_snapshots_compaction_bound(const struct wg_snapshots *store) {
    return store->disk->has_snapshot ? store->disk->snapshot.index : 0;
}

wg_index wg_snapshots_damaged_index(const struct wg_snapshots *store) {
    return store->disk->damaged_snapshot;
}

wg_status wg_snapshots_chunk(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                             uint32_t number, uint32_t chunk_bytes,
                             struct wg_snapshot_chunk *ret_chunk) {
    struct fake_disk *disk = store->disk;
    (void)chunk_bytes;
    wg_status status = fake_fault(disk->chunk_fault, &disk->chunk_times);
    if (status != WG_OK) {
        return status;
    }
    if (!disk->has_snapshot || wg_snapshot_id_compare(id, &disk->snapshot) != 0 ||
        number >= disk->chunk_total) {
        return WG_NOT_FOUND;
    }
    memset(ret_chunk, 0, sizeof *ret_chunk);
    ret_chunk->id = *id;
    ret_chunk->number = number;
    ret_chunk->total_files = disk->chunk_total;
    ret_chunk->file_bytes = 8;
    ret_chunk->last = number + 1 == disk->chunk_total;
    ret_chunk->content = wg_buf_copy(store->env, "snapshot", 8);
    return WG_OK;
}

wg_status wg_snapshots_receive_begin(struct wg_snapshots *store, const struct wg_snapshot_id *id) {
    struct fake_disk *disk = store->disk;
    assert(!disk->receiving);
    if (disk->has_snapshot && wg_snapshot_id_compare(id, &disk->snapshot) <= 0) {
        return WG_EXISTS;
    }
    disk->receiving = true;
    disk->received = *id;
    disk->chunks_received = 0;
    return WG_OK;
}

wg_status wg_snapshots_receive_chunk(struct wg_snapshots *store,
                                     const struct wg_snapshot_chunk *chunk) {
    struct fake_disk *disk = store->disk;
    assert(disk->receiving);
    if (chunk->number != disk->chunks_received) {
        return WG_CORRUPT;
    }
    disk->chunks_received++;
    return WG_OK;
}

wg_status wg_snapshots_receive_finish(struct wg_snapshots *store) {
    struct fake_disk *disk = store->disk;
    assert(disk->receiving);
    wg_status status = fake_fault(disk->finish_fault, &disk->finish_times);
    if (status != WG_OK) {
        return status;
    }
    disk->receiving = false;
    disk->has_snapshot = true;
    disk->snapshot = disk->received;
    disk->persist_at = ++disk->clock;
    return WG_OK;
}

void wg_snapshots_receive_abort(struct wg_snapshots *store) { store->disk->receiving = false; }
