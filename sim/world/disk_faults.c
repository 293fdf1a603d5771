/* Faults of the disk that are ordered from outside: operations that fail, slowness, a full disk,
 * torn writes, changed bytes. A changed byte is a buffer of one byte laid over the shared one, so
 * no other disk sees it and no mark of the harmed buffer speaks for it. */
#include "sim/world/disk_model.h"

void sim_disk_set_tearing(struct wg_disk *disk, uint32_t per_mille) {
    disk->tearing = per_mille < 1000 ? per_mille : 1000;
}

void sim_disk_fail_next(struct wg_disk *disk, enum sim_disk_op op, uint32_t count) {
    disk->fail[op] = count;
}

void sim_disk_set_slow(struct wg_disk *disk, uint32_t percent) { disk->slow_percent = percent; }

void sim_disk_set_capacity(struct wg_disk *disk, uint64_t capacity) {
    disk->options.capacity = capacity;
}

/* Harms one byte of a content: a buffer of one byte over the old one. */
static void corrupt_extents(struct wg_disk *disk, struct disk_extents *list, uint64_t offset,
                            uint8_t xor_with) {
    uint8_t byte = 0;
    disk_extents_read(list, offset, &byte, 1);
    byte ^= xor_with;
    disk_extents_write(list, disk->pool, offset, wg_buf_copy(&disk->own, &byte, 1), 0, 1);
}

/* The same for changes that are still to become durable, or they would bring the old byte back. */
static void corrupt_pending(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                            uint8_t xor_with) {
    for (uint32_t i = 0; i < inode->pending_count; i++) {
        struct disk_change *change = &inode->pending[i];
        if (change->buf == NULL || offset < change->offset ||
            offset - change->offset >= change->len) {
            continue;
        }
        struct wg_buf *harmed =
            wg_buf_copy(&disk->own, change->buf->bytes + change->from, change->len);
        harmed->bytes[offset - change->offset] ^= xor_with;
        wg_buf_unref(change->buf);
        change->buf = harmed;
        change->from = 0;
    }
}

bool sim_disk_corrupt(struct wg_disk *disk, const char *path, uint64_t offset, uint8_t xor_with,
                      wg_time now) {
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    if (inode == NULL || offset >= inode->size) {
        return false;
    }
    corrupt_extents(disk, &inode->cache, offset, xor_with);
    if (offset < inode->durable_size) {
        corrupt_extents(disk, &inode->durable, offset, xor_with);
    }
    corrupt_pending(disk, inode, offset, xor_with);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_DAMAGED, .a = inode->number, .b = offset};
    disk_emit_at(disk, &fact, now);
    return true;
}
