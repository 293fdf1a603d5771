/* The independent journal reader (see scan.h). */
#include "sim/invariants/scan.h"

#include "sim/invariants/grow.h"
#include "sim/invariants/paths.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define WINDOW_BYTES (64u << 10)

struct segment_file {
    uint32_t number;
    uint64_t size;
    char path[96];
};

struct listing {
    wg_partition_id partition;
    struct judge_deque files; /* struct segment_file */
};

static void list_segment(void *ctx, const char *text, uint64_t size) {
    struct listing *listing = ctx;
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    if (path.kind != JUDGE_PATH_SEGMENT || path.partition != listing->partition) {
        return;
    }
    struct segment_file *file = judge_deque_push(&listing->files);
    file->number = path.segment;
    file->size = size;
    snprintf(file->path, sizeof file->path, "%s", text);
}

/* Few files, nearly in order: paths are listed by bytes, so "raft-10" comes before "raft-9". */
static void sort_by_number(struct judge_deque *files) {
    for (uint32_t i = 1; i < files->count; i++) {
        struct segment_file file = *(struct segment_file *)judge_deque_at(files, i);
        uint32_t at = i;
        while (at > 0 &&
               ((struct segment_file *)judge_deque_at(files, at - 1))->number > file.number) {
            *(struct segment_file *)judge_deque_at(files, at) =
                *(struct segment_file *)judge_deque_at(files, at - 1);
            at--;
        }
        *(struct segment_file *)judge_deque_at(files, at) = file;
    }
}

/* A sliding view of one file. */
struct window {
    const struct sim_disk_reader *disks;
    wg_node_id node;
    const struct segment_file *file;
    uint8_t *bytes;
    uint64_t cap, from, len;
};

/* Bytes from `offset` on, at least `want` of them unless the file is shorter. */
static struct wg_bytes window_at(struct window *window, uint64_t offset, uint64_t want) {
    if (offset < window->from || offset + want > window->from + window->len) {
        if (want > window->cap) {
            window->cap = want;
            window->bytes = judge_realloc(window->bytes, (size_t)want);
        }
        window->from = offset;
        window->len = window->disks->read(window->disks->ctx, window->node, window->file->path,
                                          offset, window->bytes, window->cap);
    }
    uint64_t skipped = offset - window->from;
    uint64_t left = window->len > skipped ? window->len - skipped : 0;
    return (struct wg_bytes){window->bytes + skipped, (uint32_t)left};
}

/* Reads the frame at `offset`, widening the window when it is cut. */
static bool frame_at(struct window *window, uint64_t offset, struct judge_frame *ret_frame) {
    struct wg_bytes bytes = window_at(window, offset, JUDGE_FRAME_BYTES);
    enum judge_frame_result result = judge_frame_read(bytes, ret_frame);
    if (result == JUDGE_FRAME_SHORT && bytes.len >= JUDGE_FRAME_BYTES &&
        ret_frame->total <= window->file->size - offset) {
        bytes = window_at(window, offset, ret_frame->total);
        result = judge_frame_read(bytes, ret_frame);
    }
    return result == JUDGE_FRAME_OK && judge_frame_checksum_ok(ret_frame);
}

/* Returns whether the log may go on in the next segment. */
static bool scan_segment(struct window *window, const struct judge_scan *scan, wg_index *last) {
    uint64_t offset = JUDGE_DESCRIPTOR_BYTES;
    window->from = window->len = 0;
    if (scan->segment != NULL) {
        scan->segment(scan->ctx, window->file->number);
    }
    wg_index first = judge_descriptor_index(window_at(window, 0, JUDGE_DESCRIPTOR_BYTES));
    if (first == 0 || (*last != 0 && first != *last + 1)) {
        return false;
    }
    *last = first - 1;
    struct judge_frame frame;
    while (frame_at(window, offset, &frame)) {
        if (frame.index != *last + 1) {
            return false;
        }
        struct judge_scan_frame found = {&frame, window->file->number, (uint32_t)offset};
        scan->each(scan->ctx, &found);
        *last = frame.index;
        offset += frame.total;
    }
    return true;
}

void judge_scan_log(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p,
                    const struct judge_scan *scan) {
    struct listing listing = {.partition = p, .files = {.elem = sizeof(struct segment_file)}};
    disks->list(disks->ctx, node, p, list_segment, &listing);
    uint32_t count = listing.files.count;
    sort_by_number(&listing.files);
    struct window window = {.disks = disks, .node = node, .cap = WINDOW_BYTES};
    window.bytes = judge_alloc(WINDOW_BYTES);
    wg_index last = 0;
    bool more = true;
    for (uint32_t i = 0; i < count && more; i++) {
        window.file = judge_deque_at(&listing.files, i);
        more = scan_segment(&window, scan, &last);
    }
    free(window.bytes);
    judge_deque_free(&listing.files);
}

/* --- single places --------------------------------------------------------------------------- */

static void segment_path(char path[96], wg_partition_id p, uint32_t segment) {
    snprintf(path, 96, "partitions/%u/raft-%u.log", p, segment);
}

bool judge_scan_frame_at(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p,
                         uint32_t segment, uint32_t offset, uint32_t len,
                         struct judge_frame *ret_frame) {
    char path[96];
    segment_path(path, p, segment);
    uint8_t *bytes = judge_alloc(len);
    struct wg_bytes found = {bytes, (uint32_t)disks->read(disks->ctx, node, path, offset, bytes, len)};
    bool whole = judge_frame_read(found, ret_frame) == JUDGE_FRAME_OK && ret_frame->total == len &&
                 judge_frame_checksum_ok(ret_frame);
    free(bytes);
    ret_frame->summed = ret_frame->batch = (struct wg_bytes){NULL, 0};
    return whole;
}

wg_index judge_scan_descriptor(const struct sim_disk_reader *disks, wg_node_id node,
                               wg_partition_id p, uint32_t segment) {
    char path[96];
    uint8_t bytes[JUDGE_DESCRIPTOR_BYTES];
    segment_path(path, p, segment);
    uint64_t len = disks->read(disks->ctx, node, path, 0, bytes, sizeof bytes);
    return judge_descriptor_index((struct wg_bytes){bytes, (uint32_t)len});
}

/* --- snapshots ------------------------------------------------------------------------------- */

struct snapshot_search {
    struct judge_scan_snapshots result;
    wg_partition_id partition;
    wg_index index;
    wg_position processed, exported;
};

static void look_at_snapshot(void *ctx, const char *text, uint64_t size) {
    struct snapshot_search *search = ctx;
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    (void)size;
    if (path.kind != JUDGE_PATH_SNAPSHOT || path.partition != search->partition) {
        return;
    }
    search->result.found = search->result.found ||
                           (path.index == search->index && path.processed == search->processed &&
                            path.exported == search->exported);
    if (path.index > search->result.highest) {
        search->result.highest = path.index;
    }
}

struct judge_scan_snapshots judge_scan_snapshot(const struct sim_disk_reader *disks,
                                                wg_node_id node,
                                                wg_partition_id p, wg_index index,
                                                wg_position processed, wg_position exported) {
    struct snapshot_search search = {{false, 0}, p, index, processed, exported};
    disks->list(disks->ctx, node, p, look_at_snapshot, &search);
    return search.result;
}

wg_term judge_scan_term(const struct sim_disk_reader *disks, wg_node_id node, wg_partition_id p) {
    char path[64];
    uint8_t bytes[JUDGE_META_BYTES];
    snprintf(path, sizeof path, "partitions/%u/raft.meta", (unsigned)p);
    uint64_t len = disks->read(disks->ctx, node, path, 0, bytes, sizeof bytes);
    return judge_meta_term((struct wg_bytes){bytes, (uint32_t)len});
}
