/* The content of one file as a sorted list of extents, each a range of a shared buffer. Ranges
 * without an extent read as zeros. Appending is O(1), anything else a binary search. */
#ifndef SIM_WORLD_DISK_EXTENTS_H
#define SIM_WORLD_DISK_EXTENTS_H

#include "sim/kernel/pool.h"
#include "waggle/buf.h"

struct disk_extent {
    uint64_t offset; /* in the file */
    struct wg_buf *buf;
    uint32_t from, len; /* in buf->bytes */
};

/* Sorted by offset, never overlapping, never empty. All zero = no content. */
struct disk_extents {
    struct disk_extent *items;
    uint32_t count, capacity;
    uint32_t hint; /* where the last search ended; readers go forward */
};

/* The same as disk_extents_write, for any case. */
void disk_extents_overwrite(struct disk_extents *list, struct sim_pool *pool,
                            struct disk_extent extent);
/* Puts a range of `buf` at `offset` over whatever is there; takes over one reference. Inline for
 * the usual case: behind everything, with room for one more. */
static inline void disk_extents_write(struct disk_extents *list, struct sim_pool *pool,
                                      uint64_t offset, struct wg_buf *buf, uint32_t from,
                                      uint32_t len) {
    struct disk_extent extent = {offset, buf, from, len};
    uint32_t count = list->count;
    if (len > 0 && count > 0 && count < list->capacity &&
        list->items[count - 1].offset + list->items[count - 1].len <= offset) {
        list->items[list->count++] = extent;
        return;
    }
    disk_extents_overwrite(list, pool, extent);
}
/* Makes [start, end) zeros. */
void disk_extents_punch(struct disk_extents *list, struct sim_pool *pool, uint64_t start,
                        uint64_t end);
/* The first extent that ends behind `offset`, NULL = none. Valid until the next change. */
const struct disk_extent *disk_extents_find(struct disk_extents *list, uint64_t offset);
/* Copies [offset, offset + len) to `out`, zeros where there is nothing. */
void disk_extents_read(struct disk_extents *list, uint64_t offset, void *out, uint64_t len);
/* Drops all content and memory. */
void disk_extents_clear(struct disk_extents *list, struct sim_pool *pool);
/* Makes `list` the same as `source`, sharing its buffers. */
void disk_extents_copy(struct disk_extents *list, struct sim_pool *pool,
                       const struct disk_extents *source);

#endif
