/* Mirrors of the partitions' logs on every disk (see mirror.h). */
#include "sim/invariants/mirror.h"

#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"
#include "sim/invariants/scan.h"

#include <string.h>

void judge_mirror_init(struct judge_mirror *mirror) {
    memset(mirror, 0, sizeof *mirror);
    mirror->frames.elem = sizeof(struct judge_mirror_frame);
    mirror->segments.elem = sizeof(struct judge_mirror_segment);
    mirror->first = 1;
}

void judge_mirror_free(struct judge_mirror *mirror) {
    judge_deque_free(&mirror->frames);
    judge_deque_free(&mirror->segments);
}

/* --- segments -------------------------------------------------------------------------------- */

static inline struct judge_mirror_segment *segment_at(const struct judge_mirror *mirror,
                                                      uint32_t i) {
    struct judge_mirror_segment *segments = (void *)mirror->segments.data;
    return segments + mirror->segments.head + i;
}

static struct judge_mirror_segment *segment_find(const struct judge_mirror *mirror,
                                                 uint32_t number) {
    for (uint32_t i = mirror->segments.count; i > 0; i--) {
        struct judge_mirror_segment *segment = segment_at(mirror, i - 1);
        if (segment->number <= number) {
            return segment->number == number ? segment : NULL;
        }
    }
    return NULL;
}

/* Finds it or makes an empty one in its place. */
static struct judge_mirror_segment *segment_get(struct judge_mirror *mirror, uint32_t number) {
    struct judge_mirror_segment *found = segment_find(mirror, number);
    if (found != NULL) {
        return found;
    }
    judge_deque_push(&mirror->segments);
    uint32_t i = mirror->segments.count - 1;
    for (; i > 0 && segment_at(mirror, i - 1)->number > number; i--) {
        *segment_at(mirror, i) = *segment_at(mirror, i - 1);
    }
    *segment_at(mirror, i) = (struct judge_mirror_segment){.number = number};
    return segment_at(mirror, i);
}

static void segment_erase(struct judge_mirror *mirror, uint32_t number) {
    uint32_t i = 0;
    while (i < mirror->segments.count && segment_at(mirror, i)->number != number) {
        i++;
    }
    for (; i + 1 < mirror->segments.count; i++) {
        *segment_at(mirror, i) = *segment_at(mirror, i + 1);
    }
    if (i < mirror->segments.count) {
        judge_deque_pop_back(&mirror->segments, 1);
    }
}

/* Moves `durable` over all that is synced without a gap, from where it stands. */
static void advance_durable(struct judge_mirror *mirror) {
    for (uint32_t i = 0; i < mirror->segments.count; i++) {
        struct judge_mirror_segment *segment = segment_at(mirror, i);
        if (segment->first == 0 || segment->synced <= mirror->durable) {
            continue;
        }
        if (segment->first > mirror->durable + 1) {
            return;
        }
        mirror->durable = segment->synced;
    }
}

/* --- frames leave and come ------------------------------------------------------------------- */

/* Takes frames `from` and later out of the cache view. */
static void drop_from(struct sim_judges *b, struct judge_drop *drop) {
    struct judge_mirror *mirror = judge_mirror(b, drop->node, drop->partition);
    if (mirror->frames.count == 0 || drop->from > judge_mirror_last(mirror)) {
        return;
    }
    drop->last = judge_mirror_last(mirror);
    wg_index cover = judge_cover(b, drop->node, drop->partition);
    inv_leader_append_only_drop(b, drop);
    inv_committed_stable_drop(b, drop);
    judge_deque_pop_back(&mirror->frames, (uint32_t)(drop->last - drop->from + 1));
    for (uint32_t i = 0; i < mirror->segments.count; i++) {
        struct judge_mirror_segment *segment = segment_at(mirror, i);
        if (segment->first >= drop->from) {
            segment->first = segment->last = segment->synced = 0;
        } else if (segment->last >= drop->from) {
            segment->last = drop->from - 1;
            segment->synced = segment->synced < segment->last ? segment->synced : segment->last;
        }
    }
    if (mirror->durable >= drop->from) {
        mirror->durable = drop->from - 1;
    }
    if (mirror->damaged >= drop->from) {
        mirror->damaged = 0;
    }
    mirror->reset_cover = drop->by_file && b->brokers[drop->node].up ? cover : 0;
    inv_committed_stable_recount(b, drop->partition);
}

/* The bytes of a segment (NULL = unknown) from `offset` on are overwritten or gone. */
static void drop_bytes(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_mirror_segment *segment, uint64_t offset,
                       const struct judge_frame *replacement) {
    if (segment == NULL || segment->first == 0) {
        return;
    }
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    wg_index from = segment->last + 1;
    while (from > segment->first) {
        const struct judge_mirror_frame *frame = judge_mirror_at(mirror, from - 1);
        if (frame == NULL || frame->offset + frame->len <= offset) {
            break;
        }
        from--;
    }
    if (from <= segment->last) {
        struct judge_drop drop = {node, p, from, 0, replacement, false};
        drop_from(b, &drop);
    }
}

static uint64_t chain_before(struct sim_judges *b, const struct judge_mirror *mirror,
                             wg_partition_id p, wg_index index) {
    if (mirror->frames.count > 0) {
        const struct judge_mirror_frame *last = judge_mirror_at(mirror, judge_mirror_last(mirror));
        return last->chain;
    }
    return judge_canon_chain(judge_canon(b, p), index - 1);
}

/* Where a frame was found: offset in a segment file, and the file's change number. */
struct place {
    uint32_t segment, offset, change;
};

/* `segment` is the one of `place`, NULL = not known yet. Returns it; valid until the next one. */
static struct judge_mirror_segment *push_frame(struct sim_judges *b, struct judge_mirror *mirror,
                                               wg_partition_id p,
                                               struct judge_mirror_segment *segment,
                                               struct place place,
                                               const struct judge_frame *frame) {
    uint64_t before = chain_before(b, mirror, p, frame->index);
    if (mirror->frames.count == 0) {
        mirror->first = frame->index;
        mirror->durable = frame->index - 1;
    }
    struct judge_mirror_frame *kept = judge_deque_push_blank(&mirror->frames);
    *kept = (struct judge_mirror_frame){
        .chain = before == 0 ? 0 : judge_chain_next(before, frame->index, frame->term,
                                                    frame->checksum),
        .term = frame->term,
        .checksum = frame->checksum,
        .offset = place.offset,
        .len = frame->total,
        .change = place.change};
    segment = segment != NULL ? segment : segment_get(mirror, place.segment);
    if (segment->first == 0) {
        segment->first = frame->index;
        segment->synced = frame->index - 1;
    }
    segment->last = frame->index;
    return segment;
}

/* Frames must stand in the order of their indexes; if not, what the disk holds before is no log any
 * more and the mirror begins anew. */
static void check_index(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index index) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    if (mirror->frames.count == 0 || index == judge_mirror_last(mirror) + 1) {
        return;
    }
    judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                  "broker %u stored entry %llu behind entry %llu", node, (unsigned long long)index,
                  (unsigned long long)judge_mirror_last(mirror));
    struct judge_drop drop = {node, p, mirror->first, 0, NULL, true};
    drop_from(b, &drop);
}

/* --- handlers -------------------------------------------------------------------------------- */

#define FILE_SEGMENT 1u
#define FILE_OTHER 2u

static bool segment_of_file(const struct sim_judges *b, wg_node_id node, uint64_t file,
                            wg_partition_id *ret_p, uint32_t *ret_number) {
    if (node >= b->setup->brokers || file >= b->brokers[node].files.count) {
        return false;
    }
    const uint64_t *files = (const void *)b->brokers[node].files.data;
    uint64_t packed = files[file];
    if (packed >> 62 != FILE_SEGMENT) {
        return false;
    }
    *ret_p = (wg_partition_id)(packed >> 32 & 0x3FFFFFFF);
    *ret_number = (uint32_t)packed;
    return true;
}

void judge_mirror_open(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_path path = judge_path_read(fact->ptr, fact->len);
    bool segment = path.kind == JUDGE_PATH_SEGMENT && judge_knows(b, fact->node, path.partition);
    uint64_t packed = segment ? (uint64_t)FILE_SEGMENT << 62 | (uint64_t)path.partition << 32 |
                                    path.segment
                              : (uint64_t)FILE_OTHER << 62;
    struct judge_deque *files = &b->brokers[fact->node].files;
    while (fact->a >= files->count) { /* numbers count up: at most one file is new */
        judge_deque_push(files);
    }
    *(uint64_t *)judge_deque_at(files, (uint32_t)fact->a) = packed;
    if (segment) {
        segment_get(judge_mirror(b, fact->node, path.partition), path.segment);
    }
}

void judge_mirror_write(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        return;
    }
    struct wg_bytes bytes = {fact->ptr, fact->len};
    uint64_t offset = fact->b;
    if (offset < JUDGE_DESCRIPTOR_BYTES) {
        uint32_t skip = JUDGE_DESCRIPTOR_BYTES - (uint32_t)offset;
        skip = skip < bytes.len ? skip : bytes.len;
        bytes = (struct wg_bytes){bytes.ptr + skip, bytes.len - skip};
        offset += skip;
    }
    struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
    struct judge_mirror_segment *segment = segment_find(mirror, number);
    while (bytes.len > 0) {
        struct judge_frame frame;
        if (judge_frame_read(bytes, &frame) != JUDGE_FRAME_OK) {
            drop_bytes(b, fact->node, p, segment, offset, NULL);
            return;
        }
        drop_bytes(b, fact->node, p, segment, offset, &frame);
        check_index(b, fact->node, p, frame.index);
        segment = push_frame(b, mirror, p, segment,
                             (struct place){number, (uint32_t)offset, (uint32_t)fact->c}, &frame);
        judge_canon_offer(b, p, &frame);
        inv_log_matching_frame(b, fact->node, p, frame.index);
        bytes = (struct wg_bytes){bytes.ptr + frame.total, bytes.len - frame.total};
        offset += frame.total;
    }
}

void judge_mirror_resize(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (segment_of_file(b, fact->node, fact->a, &p, &number)) {
        const struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
        drop_bytes(b, fact->node, p, segment_find(mirror, number), fact->b, NULL);
    }
}

/* The last frame of the segment whose write lies at or before that change of the file. */
static wg_index written_by(const struct judge_mirror *mirror,
                           const struct judge_mirror_segment *segment, uint32_t change) {
    wg_index last = segment->last;
    while (last > segment->synced &&
           (int32_t)(judge_mirror_at(mirror, last)->change - change) > 0) {
        last--;
    }
    return last;
}

void judge_mirror_synced(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        return;
    }
    struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
    struct judge_mirror_segment *segment = segment_find(mirror, number);
    if (segment != NULL && segment->first != 0) {
        segment->synced = written_by(mirror, segment, (uint32_t)fact->b);
        advance_durable(mirror);
        if (mirror->durable >= mirror->first) {
            mirror->reset_cover = 0;
        }
        judge_canon_synced(b, p);
    }
}

/* A file went from the start of the log: compaction. */
static void cut_front(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index last) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    judge_deque_pop_front(&mirror->frames, (uint32_t)(last - mirror->first + 1));
    mirror->first = last + 1;
    if (mirror->damaged <= last) {
        mirror->damaged = 0;
    }
    if (mirror->durable < last) {
        mirror->durable = last;
        advance_durable(mirror);
    }
    inv_compaction_cut(b, node, p, last + 1);
    inv_export_at_least_once_cut(b, node, p, last + 1);
    judge_forget(b, p);
}

static void segment_gone(struct sim_judges *b, wg_node_id node, const struct judge_path *path) {
    struct judge_mirror *mirror = judge_mirror(b, node, path->partition);
    const struct judge_mirror_segment *segment = segment_find(mirror, path->segment);
    if (segment == NULL) {
        return;
    }
    struct judge_mirror_segment gone = *segment;
    segment_erase(mirror, path->segment);
    if (gone.first == 0) {
        return;
    }
    /* The log goes on behind it: compaction. It was the end of the log: truncation or reset. While
     * the broker is down nobody compacts: somebody wipes the disk. */
    bool running = b->brokers[node].up;
    if (running && gone.first == mirror->first && gone.last < judge_mirror_last(mirror)) {
        cut_front(b, node, path->partition, gone.last);
    } else {
        struct judge_drop drop = {node, path->partition, gone.first, 0, NULL, true};
        drop_from(b, &drop);
    }
}

static void path_gone(struct sim_judges *b, wg_node_id node, const char *text, uint32_t len) {
    struct judge_path path = judge_path_read(text, len);
    if (!judge_knows(b, node, path.partition)) {
        return;
    }
    if (path.kind == JUDGE_PATH_SEGMENT) {
        segment_gone(b, node, &path);
    } else if (path.kind == JUDGE_PATH_META) {
        judge_wiped(b, node, path.partition);
    }
}

void judge_mirror_renamed(struct sim_judges *b, const struct sim_fact *fact) {
    struct judge_path from = judge_path_read(fact->ptr, fact->len);
    if (from.kind == JUDGE_PATH_SEGMENT) {
        path_gone(b, fact->node, fact->ptr, fact->len);
    }
}

void judge_mirror_removed(struct sim_judges *b, const struct sim_fact *fact) {
    path_gone(b, fact->node, fact->ptr, fact->len);
}

/* --- reading a disk again -------------------------------------------------------------------- */

struct reread {
    struct sim_judges *b;
    wg_node_id node;
    wg_partition_id partition;
};

static void reread_segment(void *ctx, uint32_t number) {
    struct reread *reread = ctx;
    segment_get(judge_mirror(reread->b, reread->node, reread->partition), number);
}

static void reread_frame(void *ctx, const struct judge_scan_frame *found) {
    struct reread *reread = ctx;
    struct sim_judges *b = reread->b;
    push_frame(b, judge_mirror(b, reread->node, reread->partition), reread->partition, NULL,
               (struct place){found->segment, found->offset, 0}, found->frame);
    judge_canon_offer(b, reread->partition, found->frame);
    inv_log_matching_frame(b, reread->node, reread->partition, found->frame->index);
}

static void reread_log(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    judge_mirror_free(mirror);
    judge_mirror_init(mirror);
    struct reread reread = {b, node, p};
    struct judge_scan scan = {&reread, reread_segment, reread_frame};
    judge_scan_log(&b->disks, node, p, &scan);
    for (uint32_t i = 0; i < mirror->segments.count; i++) {
        segment_at(mirror, i)->synced = segment_at(mirror, i)->last;
    }
    mirror->durable = mirror->first - 1;
    advance_durable(mirror);
}

/* A snapshot that was claimed in the job that the power loss cut off may not be there. */
static void recheck_snapshot(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct judge_replica *replica = judge_replica(b, node, p);
    if (!replica->snapshot.valid) {
        return;
    }
    struct judge_scan_snapshots found =
        judge_scan_snapshot(&b->disks, node, p, replica->snapshot.index,
                            replica->snapshot.processed, replica->snapshot.exported);
    if (!found.found) {
        replica->snapshot = replica->previous;
        inv_export_position_revert(b, node, p);
    }
}

void judge_mirror_power_lost(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        recheck_snapshot(b, fact->node, p);
        reread_log(b, fact->node, p);
        inv_committed_stable_recount(b, p);
    }
}

/* Bytes of a frame changed: the log counts as lost from there on, until it is written anew. */
void judge_mirror_damaged(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        return;
    }
    struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
    const struct judge_mirror_segment *segment = segment_find(mirror, number);
    for (wg_index i = segment == NULL ? 0 : segment->first; i != 0 && i <= segment->last; i++) {
        const struct judge_mirror_frame *frame = judge_mirror_at(mirror, i);
        if (frame != NULL && frame->offset + frame->len > fact->b) {
            mirror->damaged = mirror->damaged == 0 || i < mirror->damaged ? i : mirror->damaged;
            inv_committed_stable_recount(b, p);
            return;
        }
    }
}
