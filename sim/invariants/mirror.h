/* What each disk holds of each partition's log, by the disks' own account: built from DISK facts
 * with our own frame reader, never from what the engine says. Two views of one log: the cache (what
 * the next process would read after a kill) and what is durable (what survives a power loss).
 *
 * Memory: 32 bytes per frame that the disk holds; frames that compaction removed are forgotten. */
#ifndef SIM_INVARIANTS_MIRROR_H
#define SIM_INVARIANTS_MIRROR_H

#include "sim/invariants/grow.h"
#include "sim/invariants/wire.h"
#include "sim/world/facts.h"

struct sim_judges;
struct sim_disk_reader;

struct judge_mirror_frame {
    uint64_t chain; /* digest of this and all earlier frames, 0 = unknown (judge_chain_next) */
    wg_term term;
    uint32_t checksum;
    uint32_t offset, len; /* in the segment file */
    uint32_t change;      /* change number of the file at its write, low 32 bits */
};

struct judge_mirror_segment {
    uint32_t number;      /* raft-<number>.log */
    wg_index first, last; /* frames in the cache, 0 = none */
    wg_index synced;      /* those up to here are durable */
};

struct judge_mirror {
    struct judge_deque frames;   /* struct judge_mirror_frame, index first.. */
    struct judge_deque segments; /* struct judge_mirror_segment in order of number */
    uint32_t hot;                /* which segment was looked up last; a guess, may lie behind the end */
    wg_index first;   /* index of frames[0] */
    wg_index durable; /* frames first..durable are durable; first - 1 = none */
    /* Files went from the end of the log: a snapshot is being installed, and until that is done or
     * the process ends, what was covered counts as covered (the leader has it all). 0 = no. */
    wg_index reset_cover;
    wg_index damaged; /* lowest frame whose bytes a fault changed, 0 = none */
    wg_index damaged_last; /* and the highest, while there is one */
    /* What was durable when raft.meta was last synced: only then the replica may promise it. */
    wg_index promised;
    bool meta_failed; /* since then a call on raft.meta failed, and it does not name all yet */
    wg_index noted;   /* last flushed index in raft.meta as last written; UINT64_MAX = unknown */
    wg_term term;     /* in raft.meta as last written: it knows of none above; 0 = unknown */
};

void judge_mirror_init(struct judge_mirror *mirror);
void judge_mirror_free(struct judge_mirror *mirror);
static inline wg_index judge_mirror_last(const struct judge_mirror *mirror) {
    return mirror->first + mirror->frames.count - 1;
}
/* NULL if the log does not hold it. */
static inline const struct judge_mirror_frame *judge_mirror_at(const struct judge_mirror *mirror,
                                                               wg_index index) {
    const struct judge_mirror_frame *frames = (const void *)mirror->frames.data;
    wg_index at = index - mirror->first; /* an index below the first one gives a huge number */
    return at < mirror->frames.count ? frames + mirror->frames.head + at : NULL;
}

/* The partition whose segment, snapshot or raft.meta that file is, by the names it was opened by; 0 =
 * another file. */
wg_partition_id judge_mirror_partition(const struct sim_judges *b, wg_node_id node, uint64_t file);
/* The same for a file of a snapshot that is taken there: its state, its metadata, its checksums; else 0. */
wg_partition_id judge_mirror_taking(const struct sim_judges *b, wg_node_id node, uint64_t file);

/* Handlers of DISK facts. */
void judge_mirror_open(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_write(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_resize(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_synced(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_renamed(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_removed(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_power_lost(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_damaged(struct sim_judges *b, const struct sim_fact *fact);
void judge_mirror_failed(struct sim_judges *b, const struct sim_fact *fact);

#endif
