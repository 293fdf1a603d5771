/* What judges see of a disk: durable names and bytes, and, to compare, what a process would read.
 * Reads charge nothing and change nothing. */
#include "sim/world/disk_model.h"

void sim_disk_durable_list(struct wg_disk *disk, void (*each)(void *ctx, const char *path),
                           void *ctx) {
    for (uint32_t i = 0; i < disk->durable.count; i++) {
        each(ctx, disk->durable.items[i].path);
    }
}

bool sim_disk_durable_size(struct wg_disk *disk, const char *path, uint64_t *ret_size) {
    const struct disk_inode *inode = disk_names_get(&disk->durable, path);
    if (inode != NULL) {
        *ret_size = inode->durable_size;
    }
    return inode != NULL;
}

static uint64_t read_content(struct disk_extents *list, uint64_t size, uint64_t offset, void *out,
                             uint64_t len) {
    if (offset >= size) {
        return 0;
    }
    len = size - offset < len ? size - offset : len;
    disk_extents_read(list, offset, out, len);
    return len;
}

uint64_t sim_disk_durable_read(struct wg_disk *disk, const char *path, uint64_t offset, void *out,
                               uint64_t len) {
    struct disk_inode *inode = disk_names_get(&disk->durable, path);
    return inode == NULL
               ? 0
               : read_content(&inode->durable, inode->durable_size, offset, out, len);
}

bool sim_disk_cached_size(struct wg_disk *disk, const char *path, uint64_t *ret_size) {
    const struct disk_inode *inode = disk_names_get(&disk->cached, path);
    if (inode != NULL) {
        *ret_size = inode->size;
    }
    return inode != NULL;
}

uint64_t sim_disk_cached_read(struct wg_disk *disk, const char *path, uint64_t offset, void *out,
                              uint64_t len) {
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    return inode == NULL ? 0 : read_content(&inode->cache, inode->size, offset, out, len);
}

struct sim_disk_counters sim_disk_counters(const struct wg_disk *disk) { return disk->counters; }
