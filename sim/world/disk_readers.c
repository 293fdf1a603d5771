/* What judges see of a disk: durable names and bytes, and, to compare, what a process would read.
 * Reads charge nothing and change nothing. */
#include "sim/world/disk_model.h"

#include <string.h>

void sim_disk_durable_list(struct wg_disk *disk, const char *prefix,
                           void (*each)(void *ctx, const char *path, uint64_t size), void *ctx) {
    const struct disk_names *names = &disk->durable;
    size_t len = strlen(prefix);
    for (uint32_t i = disk_names_search(names, prefix);
         i < names->count && strncmp(names->items[i].path, prefix, len) == 0; i++) {
        each(ctx, names->items[i].path, names->items[i].inode->durable_size);
    }
}

void sim_disk_cached_list(struct wg_disk *disk, void (*each)(void *ctx, const char *path, uint64_t size),
                          void *ctx) {
    for (uint32_t i = 0; i < disk->cached.count; i++) {
        each(ctx, disk->cached.items[i].path, disk->cached.items[i].inode->size);
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
