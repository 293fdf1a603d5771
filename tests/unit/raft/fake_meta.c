/* The meta seam in memory: every write is durable. */
#include "fake_disk.h"

#include <assert.h>
#include <stdlib.h>

struct wg_meta_store {
    struct fake_disk *disk;
};

wg_status wg_meta_open(struct wg_env *env, const char *dir, struct wg_meta_store **ret_store,
                       struct wg_meta *ret_meta) {
    (void)dir;
    struct fake_disk *disk = fake_disk_of(env);
    wg_status status = fake_fault(disk->meta_fault, &disk->meta_times);
    if (status != WG_OK) {
        return status;
    }
    struct wg_meta_store *store = malloc(sizeof *store);
    assert(store != NULL);
    store->disk = disk;
    *ret_meta = disk->meta;
    *ret_store = store;
    return WG_OK;
}

wg_status wg_meta_store(struct wg_meta_store *store, const struct wg_meta *meta) {
    wg_status status = fake_fault(store->disk->meta_fault, &store->disk->meta_times);
    if (status == WG_OK) {
        assert(meta->term >= store->disk->meta.term);
        store->disk->meta = *meta;
    }
    return status;
}

void wg_meta_close(struct wg_meta_store *store) { free(store); }
