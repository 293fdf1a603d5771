/* Mirrors of the partitions' logs on every disk (see mirror.h). */
#include "sim/invariants/mirror.h"

#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"
#include "sim/invariants/scan.h"
#include "sim/invariants/snapfile.h"

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

static struct judge_mirror_segment *__attribute__((noinline))
segment_search(struct judge_mirror *mirror, uint32_t number) {
    for (uint32_t i = mirror->segments.count; i > 0; i--) {
        struct judge_mirror_segment *segment = segment_at(mirror, i - 1);
        if (segment->number <= number) {
            mirror->hot = i - 1;
            return segment->number == number ? segment : NULL;
        }
    }
    return NULL;
}

/* Nearly always the one of the last time: the next one is created long before it is used. */
static inline struct judge_mirror_segment *segment_find(struct judge_mirror *mirror,
                                                        uint32_t number) {
    if (mirror->hot < mirror->segments.count) {
        struct judge_mirror_segment *segment = segment_at(mirror, mirror->hot);
        if (segment->number == number) {
            return segment;
        }
    }
    return segment_search(mirror, number);
}

/* Finds it or makes an empty one in its place. */
static struct judge_mirror_segment *__attribute__((noinline))
segment_get(struct judge_mirror *mirror, uint32_t number) {
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

/* Frames `from` and later went, harmed ones too: what comes in their place is whole. */
static void damage_ends_before(struct judge_mirror *mirror, wg_index from) {
    if (mirror->damaged >= from) {
        mirror->damaged = 0;
    } else if (mirror->damaged_last >= from) {
        mirror->damaged_last = from - 1;
    }
}

/* The frames up to `last` went, or stand there anew. Those behind, as far as there was harm, may still
 * be harmed. */
static void damage_begins_behind(struct judge_mirror *mirror, wg_index last) {
    if (mirror->damaged <= last) {
        mirror->damaged = last < mirror->damaged_last ? last + 1 : 0;
    }
}

/* Takes frames `from` and later out of the cache view. */
static void __attribute__((cold, noinline)) drop_from(struct sim_judges *b, struct judge_drop *drop) {
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
    if (mirror->promised >= drop->from) {
        mirror->promised = drop->from - 1;
    }
    damage_ends_before(mirror, drop->from);
    mirror->reset_cover = drop->by_file && b->brokers[drop->node].up ? cover : 0;
    inv_committed_stable_recount(b, drop->partition);
}

/* Whether the segment (NULL = unknown) has bytes of frames behind `offset`. */
static inline bool reaches_behind(const struct judge_mirror *mirror,
                                  const struct judge_mirror_segment *segment, uint64_t offset) {
    if (segment == NULL || segment->first == 0) {
        return false;
    }
    const struct judge_mirror_frame *last = judge_mirror_at(mirror, segment->last);
    return last != NULL && last->offset + last->len > offset;
}

/* The bytes of a segment (NULL = unknown) from `offset` on are overwritten or gone. */
static void __attribute__((noinline)) drop_bytes(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_mirror_segment *segment, uint64_t offset,
                       const struct judge_frame *replacement) {
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    if (!reaches_behind(mirror, segment, offset)) {
        return;
    }
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

/* Chain of the last frame, which there is. */
static inline uint64_t last_chain(const struct judge_mirror *mirror) {
    const struct judge_mirror_frame *frames = (const void *)mirror->frames.data;
    return frames[mirror->frames.head + mirror->frames.count - 1].chain;
}

static inline uint64_t chain_before(struct sim_judges *b, const struct judge_mirror *mirror,
                                    wg_partition_id p, wg_index index) {
    if (mirror->frames.count > 0) {
        return last_chain(mirror);
    }
    return judge_canon_chain(judge_canon(b, p), index - 1);
}

/* Where a frame was found: offset in a segment file, and the file's change number. */
struct place {
    uint32_t segment, offset, change;
};

/* At the end; the caller fills it. */
static inline struct judge_mirror_frame *new_frame(struct judge_deque *frames) {
    if (frames->head + frames->count == frames->cap) {
        judge_deque_make_room(frames);
    }
    return (struct judge_mirror_frame *)(void *)frames->data + frames->head + frames->count++;
}

/* `segment` is the one of `place`, NULL = not known yet. Returns it; valid until the next one. */
static inline struct judge_mirror_segment *push_frame(struct sim_judges *b, struct judge_mirror *mirror,
                                               wg_partition_id p,
                                               struct judge_mirror_segment *segment,
                                               struct place place,
                                               const struct judge_frame *frame) {
    uint64_t before = chain_before(b, mirror, p, frame->index);
    if (mirror->frames.count == 0) {
        mirror->first = frame->index;
        mirror->durable = frame->index - 1;
    }
    struct judge_mirror_frame *kept = new_frame(&mirror->frames);
    kept->chain =
        before == 0 ? 0 : judge_chain_next(before, frame->index, frame->term, frame->checksum);
    kept->term = frame->term;
    kept->checksum = frame->checksum;
    kept->offset = place.offset;
    kept->len = frame->total;
    kept->change = place.change;
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
static void __attribute__((cold, noinline)) begin_anew(struct sim_judges *b, wg_node_id node,
                                                       wg_partition_id p, wg_index index) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    judge_violate(b, INV_LOG_MATCHING, SIM_BLAME_ENGINE, p, -1,
                  "broker %u stored entry %llu behind entry %llu", node, (unsigned long long)index,
                  (unsigned long long)judge_mirror_last(mirror));
    struct judge_drop drop = {node, p, mirror->first, 0, NULL, true};
    drop_from(b, &drop);
}

/* --- handlers -------------------------------------------------------------------------------- */

#define FILE_SEGMENT 1u
#define FILE_OTHER 2u
#define FILE_SNAPSHOT 3u /* the low half says which one: enum judge_path_kind */
#define KIND_OF(packed) ((packed) >> 62)
#define PARTITION_OF(packed) ((wg_partition_id)((packed) >> 32 & 0x3FFFFFFF))

/* What that file number stands for: kind in the two highest bits, then partition, then a number. */
static uint64_t packed_file(const struct judge_path *path, bool known) {
    bool segment = known && path->kind == JUDGE_PATH_SEGMENT;
    bool snapshot = known && (path->kind == JUDGE_PATH_SNAPSHOT_METADATA ||
                              path->kind == JUDGE_PATH_SNAPSHOT_STATE);
    bool other = known && (path->kind == JUDGE_PATH_META || path->kind == JUDGE_PATH_SNAPSHOT_MARKER);
    uint64_t of = (uint64_t)path->partition << 32 | (segment ? path->segment : path->kind);
    return segment    ? (uint64_t)FILE_SEGMENT << 62 | of
           : snapshot ? (uint64_t)FILE_SNAPSHOT << 62 | of
           : other    ? (uint64_t)FILE_OTHER << 62 | of
                      : (uint64_t)FILE_OTHER << 62;
}

/* The mirror of the replica whose raft.meta that file is, or NULL. */
static struct judge_mirror *mirror_of_meta(const struct sim_judges *b, wg_node_id node,
                                           uint64_t file) {
    if (node >= b->setup->brokers || file >= b->brokers[node].files.count) {
        return NULL;
    }
    uint64_t packed = ((const uint64_t *)(const void *)b->brokers[node].files.data)[file];
    bool meta = KIND_OF(packed) == FILE_OTHER && (uint32_t)packed == JUDGE_PATH_META;
    return meta ? judge_mirror(b, node, PARTITION_OF(packed)) : NULL;
}

static bool segment_of_file(const struct sim_judges *b, wg_node_id node, uint64_t file,
                            wg_partition_id *ret_p, uint32_t *ret_number) {
    if (node >= b->setup->brokers || file >= b->brokers[node].files.count) {
        return false;
    }
    const uint64_t *files = (const void *)b->brokers[node].files.data;
    uint64_t packed = files[file];
    if (KIND_OF(packed) != FILE_SEGMENT) {
        return false;
    }
    *ret_p = PARTITION_OF(packed);
    *ret_number = (uint32_t)packed;
    return true;
}

wg_partition_id judge_mirror_partition(const struct sim_judges *b, wg_node_id node, uint64_t file) {
    if (node >= b->setup->brokers || file >= b->brokers[node].files.count) {
        return 0;
    }
    return PARTITION_OF(((const uint64_t *)(const void *)b->brokers[node].files.data)[file]);
}

wg_partition_id judge_mirror_taking(const struct sim_judges *b, wg_node_id node, uint64_t file) {
    if (node >= b->setup->brokers || file >= b->brokers[node].files.count) {
        return 0;
    }
    uint64_t packed = ((const uint64_t *)(const void *)b->brokers[node].files.data)[file];
    bool marker = KIND_OF(packed) == FILE_OTHER && (uint32_t)packed == JUDGE_PATH_SNAPSHOT_MARKER;
    return marker || KIND_OF(packed) == FILE_SNAPSHOT ? PARTITION_OF(packed) : 0;
}

void judge_mirror_open(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_path path = judge_path_read(fact->ptr, fact->len);
    bool segment = path.kind == JUDGE_PATH_SEGMENT && judge_knows(b, fact->node, path.partition);
    uint64_t packed = packed_file(&path, judge_knows(b, fact->node, path.partition));
    struct judge_deque *files = &b->brokers[fact->node].files;
    while (fact->a >= files->count) { /* numbers count up: at most one file is new */
        judge_deque_push(files);
    }
    *(uint64_t *)judge_deque_at(files, (uint32_t)fact->a) = packed;
    if (segment) {
        segment_get(judge_mirror(b, fact->node, path.partition), path.segment);
    }
}

/* A write to another file than a segment: of interest if it is raft.meta or a file of a snapshot that
 * is taken here. Those are written in one piece. */
static void write_other(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers || fact->a >= b->brokers[fact->node].files.count ||
        fact->b != 0) {
        return;
    }
    uint64_t packed = *(uint64_t *)judge_deque_at(&b->brokers[fact->node].files, (uint32_t)fact->a);
    wg_partition_id p = PARTITION_OF(packed);
    struct wg_bytes bytes = {fact->ptr, fact->len};
    if (KIND_OF(packed) != FILE_SNAPSHOT) {
        if ((uint32_t)packed == JUDGE_PATH_META) {
            judge_mirror(b, fact->node, p)->term = judge_meta_term(bytes);
            judge_mirror(b, fact->node, p)->noted = judge_meta_flushed(bytes);
        }
        return;
    }
    struct judge_snapshot_metadata metadata;
    struct judge_snapshot_state state;
    if ((uint32_t)packed == JUDGE_PATH_SNAPSHOT_METADATA) {
        bool sound = judge_snapshot_metadata_read(bytes, &metadata);
        inv_snapshot_metadata(b, fact->node, p, sound ? &metadata : NULL);
    } else {
        bool sound = judge_snapshot_state_read(bytes, &state);
        inv_snapshot_rows(b, fact->node, p, sound ? &state : NULL);
    }
}

/* Whether it is the frame that stands there already (as after a sync that failed). Then nothing goes:
 * what is durable stays so; what is not, or was damaged, counts from the sync of this change on. */
static bool __attribute__((cold, noinline))
written_again(struct judge_mirror *mirror, struct judge_mirror_segment *segment,
              const struct judge_frame *frame, uint64_t offset, uint32_t change) {
    wg_index index = frame->index;
    if (index < segment->first || index > segment->last) {
        return false;
    }
    struct judge_mirror_frame *kept =
        judge_deque_at(&mirror->frames, (uint32_t)(index - mirror->first));
    if (kept->offset != offset || kept->len != frame->total || kept->term != frame->term ||
        kept->checksum != frame->checksum) {
        return false;
    }
    bool harmed = mirror->damaged != 0 && index >= mirror->damaged;
    if (index <= segment->synced && !harmed) {
        return true;
    }
    kept->change = change;
    segment->synced = segment->synced < index ? segment->synced : index - 1;
    mirror->durable = mirror->durable < index ? mirror->durable : index - 1;
    if (mirror->damaged == index) {
        damage_begins_behind(mirror, index);
    }
    return true;
}

void judge_mirror_write(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        write_other(b, fact);
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
    struct judge_canon *canon = judge_canon(b, p);
    struct judge_mirror_segment *segment = segment_find(mirror, number);
    while (bytes.len > 0) {
        struct judge_frame frame;
        if (judge_frame_read(bytes, &frame) != JUDGE_FRAME_OK) {
            drop_bytes(b, fact->node, p, segment, offset, NULL);
            return;
        }
        if (reaches_behind(mirror, segment, offset)) {
            if (written_again(mirror, segment, &frame, offset, (uint32_t)fact->c)) {
                bytes = (struct wg_bytes){bytes.ptr + frame.total, bytes.len - frame.total};
                offset += frame.total;
                continue;
            }
            drop_bytes(b, fact->node, p, segment, offset, &frame);
        }
        if (mirror->frames.count > 0 && frame.index != judge_mirror_last(mirror) + 1) {
            begin_anew(b, fact->node, p, frame.index);
        }
        segment = push_frame(b, mirror, p, segment,
                             (struct place){number, (uint32_t)offset, (uint32_t)fact->c}, &frame);
        if (!judge_canon_store(b, canon, fact->node, p, &frame, last_chain(mirror))) {
            inv_log_matching_frame(b, fact->node, p, frame.index);
        }
        bytes = (struct wg_bytes){bytes.ptr + frame.total, bytes.len - frame.total};
        offset += frame.total;
    }
}

void judge_mirror_resize(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (segment_of_file(b, fact->node, fact->a, &p, &number)) {
        struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
        drop_bytes(b, fact->node, p, segment_find(mirror, number), fact->b, NULL);
    }
}

/* --- harm ------------------------------------------------------------------------------------- */

/* Whether what is durable at the frame's place is still that frame. Not every byte of a file counts:
 * readers pass over version numbers, so a log that rotted there is as good as before. */
static bool stands(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                   const struct judge_mirror_segment *segment, wg_index index) {
    const struct judge_mirror_frame *kept = judge_mirror_at(judge_mirror(b, node, p), index);
    struct judge_frame found;
    return kept != NULL &&
           judge_scan_frame_at(&b->disks, node, p, segment->number, kept->offset, kept->len,
                               &found) &&
           found.index == index && found.term == kept->term && found.checksum == kept->checksum;
}

static void mark_damaged(struct judge_mirror *mirror, wg_index index) {
    bool first = mirror->damaged == 0;
    mirror->damaged_last = first || index > mirror->damaged_last ? index : mirror->damaged_last;
    mirror->damaged = first || index < mirror->damaged ? index : mirror->damaged;
}

/* The first frame of the segment with bytes at or behind `offset`; 0 = none. */
static wg_index frame_behind(const struct judge_mirror *mirror,
                             const struct judge_mirror_segment *segment, uint64_t offset) {
    for (wg_index i = segment->first; i != 0 && i <= segment->last; i++) {
        const struct judge_mirror_frame *frame = judge_mirror_at(mirror, i);
        if (frame != NULL && frame->offset + frame->len > offset) {
            return i;
        }
    }
    return 0;
}

/* Stored bytes changed from some place in frame `from` on. What the disk holds now tells which frames
 * are harmed; of one that was not synced yet only its sync will (mended_by_sync). */
static void mark_rotten(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                        const struct judge_mirror_segment *segment, wg_index from) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    if (from > segment->synced) {
        mark_damaged(mirror, from);
    }
    for (wg_index i = from; i <= segment->synced; i++) {
        if (!stands(b, node, p, segment, i)) {
            mark_damaged(mirror, i);
        }
    }
}

/* Without its descriptor no frame of a segment counts. */
static void mark_all(struct judge_mirror *mirror, const struct judge_mirror_segment *segment) {
    mark_damaged(mirror, segment->first);
    mark_damaged(mirror, segment->last);
}

/* Bytes of a frame changed: the log counts as lost from there on, until it is written anew. */
void judge_mirror_damaged(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        judge_unclaimed_damaged(b, fact);
        return;
    }
    struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
    const struct judge_mirror_segment *segment = segment_find(mirror, number);
    wg_index from = segment == NULL ? 0 : frame_behind(mirror, segment, fact->b);
    if (from == 0) {
        return;
    }
    if (fact->ptr == NULL) { /* a write that a failed sync has lost */
        mark_damaged(mirror, from);
    } else if (fact->b < JUDGE_DESCRIPTOR_BYTES &&
               judge_scan_descriptor(&b->disks, fact->node, p, number) != segment->first) {
        mark_all(mirror, segment);
    } else {
        mark_rotten(b, fact->node, p, segment, from);
    }
    inv_committed_stable_recount(b, p);
}

/* Frames that changed before they were durable: now the disk says whether that did any harm. `before`
 * is what was synced until now. */
static void __attribute__((cold, noinline))
mended_by_sync(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
               const struct judge_mirror_segment *segment, wg_index before) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    while (mirror->damaged > before && mirror->damaged <= segment->synced &&
           stands(b, node, p, segment, mirror->damaged)) {
        damage_begins_behind(mirror, mirror->damaged);
    }
}

/* --- syncs and names --------------------------------------------------------------------------- */

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

/* A replica may promise what is durable. Only after a call on raft.meta failed it is asked what it noted:
 * the next write may be of a vote and still leave out what could not be noted then. */
static void meta_synced(struct judge_mirror *mirror) {
    if (mirror == NULL) {
        return;
    }
    if (!mirror->meta_failed || mirror->noted >= mirror->durable) {
        mirror->promised = mirror->durable;
        mirror->meta_failed = false;
    } else if (mirror->noted > mirror->promised) {
        mirror->promised = mirror->noted;
    }
}

void judge_mirror_synced(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p;
    uint32_t number;
    if (!segment_of_file(b, fact->node, fact->a, &p, &number)) {
        meta_synced(mirror_of_meta(b, fact->node, fact->a));
        return;
    }
    struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
    struct judge_mirror_segment *segment = segment_find(mirror, number);
    if (segment != NULL && segment->first != 0) {
        wg_index before = segment->synced;
        segment->synced = written_by(mirror, segment, (uint32_t)fact->b);
        if (mirror->damaged != 0) {
            mended_by_sync(b, fact->node, p, segment, before);
        }
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
    if (mirror->damaged != 0) {
        damage_begins_behind(mirror, last);
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
    struct judge_mirror *mirror = judge_mirror(b, reread->node, reread->partition);
    push_frame(b, mirror, reread->partition, NULL,
               (struct place){found->segment, found->offset, 0}, found->frame);
    judge_canon_offer(b, WG_NODE_NONE, reread->partition, found->frame, last_chain(mirror));
    inv_log_matching_frame(b, reread->node, reread->partition, found->frame->index);
}

static void reread_log(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct judge_mirror *mirror = judge_mirror(b, node, p);
    struct judge_mirror before = *mirror;
    judge_mirror_free(mirror);
    judge_mirror_init(mirror);
    mirror->promised = before.promised;
    mirror->meta_failed = before.meta_failed;
    mirror->noted = before.noted;
    mirror->term = judge_scan_term(&b->disks, node, p);
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
        judge_unclaimed_recheck(b, fact->node, p);
        reread_log(b, fact->node, p);
        inv_committed_stable_recount(b, p);
    }
}

/* A call on raft.meta failed: what is durable by now need not be promised yet. */
void judge_mirror_failed(struct sim_judges *b, const struct sim_fact *fact) {
    struct judge_mirror *mirror = mirror_of_meta(b, fact->node, fact->a);
    if (mirror != NULL) {
        mirror->meta_failed = true;
    }
}
