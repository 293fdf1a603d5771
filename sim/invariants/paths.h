/* File names of a broker's data directory, as far as judges care. */
#ifndef SIM_INVARIANTS_PATHS_H
#define SIM_INVARIANTS_PATHS_H

#include "waggle/ids.h"

#include <stdbool.h>
#include <stdint.h>

enum judge_path_kind {
    JUDGE_PATH_OTHER,
    JUDGE_PATH_SEGMENT,
    JUDGE_PATH_DELETED, /* a segment that was cut and is about to go */
    JUDGE_PATH_META,
    JUDGE_PATH_SNAPSHOT,          /* the checksum file, which makes it one */
    JUDGE_PATH_SNAPSHOT_METADATA, /* zeebe.metadata of one that is taken here */
    JUDGE_PATH_SNAPSHOT_STATE,    /* state.bin of one that is taken here */
    JUDGE_PATH_SNAPSHOT_MARKER    /* the checksum file while it has no name of its own yet */
};

struct judge_path {
    uint32_t kind; /* enum judge_path_kind */
    wg_partition_id partition;
    uint32_t segment; /* SEGMENT: n of raft-<n>.log */
    wg_index index;   /* SNAPSHOT*: of the id index-term-processed-exported */
    wg_term term;
    wg_position processed, exported;
};

/* `len` bytes of text, possibly with a NUL at the end. */
struct judge_path judge_path_read(const char *text, uint32_t len);

#endif
