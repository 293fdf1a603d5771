/* Extent lists: what a file contains, by reference.
 *
 * Files here are journals and snapshots: nearly every write lies behind the last extent and is
 * appended. An overwrite first cuts a hole (splitting at most one extent, trimming at most two), so
 * extents never overlap and the list stays sorted by offset. */
#include "sim/world/disk_extents.h"

#include <string.h>

static inline uint64_t end_of(const struct disk_extent *extent) {
    return extent->offset + extent->len;
}

/* In pieces, for which memcpy uses vector registers: for long ranges it uses a string instruction,
 * which callgrind, and some machines, charge by the byte. */
static void copy_items(struct disk_extent *to, const struct disk_extent *from, uint32_t count) {
    const uint32_t piece = 64;
    for (uint32_t i = 0; i < count; i += piece) {
        uint32_t some = count - i < piece ? count - i : piece;
        memcpy(to + i, from + i, some * sizeof *to);
    }
}

static void reserve_one(struct disk_extents *list, struct sim_pool *pool) {
    if (list->count < list->capacity) {
        return;
    }
    uint32_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
    struct disk_extent *items = sim_pool_alloc(pool, capacity * sizeof *items);
    if (list->count > 0) {
        copy_items(items, list->items, list->count);
    }
    sim_pool_release(pool, list->items, list->capacity * sizeof *items);
    list->items = items;
    list->capacity = capacity;
}

static void insert_at(struct disk_extents *list, struct sim_pool *pool, uint32_t index,
                      struct disk_extent extent) {
    reserve_one(list, pool);
    struct disk_extent *at = list->items + index;
    memmove(at + 1, at, (list->count - index) * sizeof *at);
    *at = extent;
    list->count++;
}

/* Index of the first extent that ends behind `offset`; count = none. */
static uint32_t search(const struct disk_extents *list, uint64_t offset) {
    uint32_t low = 0;
    uint32_t high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (end_of(&list->items[middle]) > offset) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static void remove_range(struct disk_extents *list, uint32_t first, uint32_t behind) {
    for (uint32_t i = first; i < behind; i++) {
        wg_buf_unref(list->items[i].buf);
    }
    struct disk_extent *to = list->items + first;
    memmove(to, list->items + behind, (list->count - behind) * sizeof *to);
    list->count -= behind - first;
}

static void drop_front(struct disk_extent *extent, uint64_t new_start) {
    uint32_t cut = (uint32_t)(new_start - extent->offset);
    extent->offset = new_start;
    extent->from += cut;
    extent->len -= cut;
}

void disk_extents_punch(struct disk_extents *list, struct sim_pool *pool, uint64_t start,
                        uint64_t end) {
    if (list->count == 0 || start >= end || end_of(&list->items[list->count - 1]) <= start) {
        return;
    }
    uint32_t first = search(list, start);
    struct disk_extent *extent = &list->items[first];
    if (extent->offset < start) {
        if (end_of(extent) > end) { /* the hole lies inside one extent */
            struct disk_extent right = *extent;
            wg_buf_ref(right.buf);
            drop_front(&right, end);
            extent->len = (uint32_t)(start - extent->offset);
            insert_at(list, pool, first + 1, right);
            return;
        }
        extent->len = (uint32_t)(start - extent->offset);
        first++;
    }
    uint32_t behind = first;
    while (behind < list->count && end_of(&list->items[behind]) <= end) {
        behind++;
    }
    if (behind < list->count && list->items[behind].offset < end) {
        drop_front(&list->items[behind], end);
    }
    if (behind > first) {
        remove_range(list, first, behind);
    }
}

void disk_extents_overwrite(struct disk_extents *list, struct sim_pool *pool,
                            struct disk_extent extent) {
    uint64_t offset = extent.offset;
    if (extent.len == 0) {
        wg_buf_unref(extent.buf);
        return;
    }
    if (list->count == 0 || end_of(&list->items[list->count - 1]) <= offset) {
        reserve_one(list, pool);
        list->items[list->count++] = extent;
        return;
    }
    struct disk_extent *there = &list->items[search(list, offset)];
    if (there->offset == offset && there->len == extent.len) { /* a small file written anew */
        wg_buf_unref(there->buf);
        *there = extent;
        return;
    }
    disk_extents_punch(list, pool, offset, offset + extent.len);
    insert_at(list, pool, search(list, offset), extent);
}

const struct disk_extent *disk_extents_find(struct disk_extents *list, uint64_t offset) {
    for (uint32_t i = list->hint; i < list->count && i < list->hint + 2; i++) {
        const struct disk_extent *extent = &list->items[i];
        if (extent->offset <= offset && offset < end_of(extent)) {
            list->hint = i;
            return extent;
        }
    }
    list->hint = search(list, offset);
    return list->hint < list->count ? &list->items[list->hint] : NULL;
}

void disk_extents_read(struct disk_extents *list, uint64_t offset, void *out, uint64_t len) {
    uint8_t *at = out;
    uint64_t end = offset + len;
    for (uint32_t i = search(list, offset); offset < end; i++) {
        if (i == list->count || list->items[i].offset >= end) {
            memset(at, 0, end - offset);
            return;
        }
        const struct disk_extent *extent = &list->items[i];
        if (extent->offset > offset) { /* a hole before it */
            memset(at, 0, extent->offset - offset);
            at += extent->offset - offset;
            offset = extent->offset;
        }
        uint64_t stop = end_of(extent) < end ? end_of(extent) : end;
        const uint8_t *bytes = extent->buf->bytes + extent->from + (offset - extent->offset);
        memcpy(at, bytes, stop - offset);
        at += stop - offset;
        offset = stop;
    }
}

void disk_extents_clear(struct disk_extents *list, struct sim_pool *pool) {
    for (uint32_t i = 0; i < list->count; i++) {
        wg_buf_unref(list->items[i].buf);
    }
    sim_pool_release(pool, list->items, list->capacity * sizeof *list->items);
    *list = (struct disk_extents){0};
}

void disk_extents_copy(struct disk_extents *list, struct sim_pool *pool,
                       const struct disk_extents *source) {
    disk_extents_clear(list, pool);
    if (source->count == 0) {
        return;
    }
    list->items = sim_pool_alloc(pool, source->count * sizeof *list->items);
    memcpy(list->items, source->items, source->count * sizeof *list->items);
    list->count = source->count;
    list->capacity = source->count;
    for (uint32_t i = 0; i < list->count; i++) {
        wg_buf_ref(list->items[i].buf);
    }
}
