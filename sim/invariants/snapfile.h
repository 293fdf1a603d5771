/* The judges' own reading of the files of a snapshot: the metadata (JSON) and the state (rows by
 * column family). Shares nothing with engine/snapshot and engine/state. */
#ifndef SIM_INVARIANTS_SNAPFILE_H
#define SIM_INVARIANTS_SNAPFILE_H

#include "waggle/record.h"

#define JUDGE_STATE_EXPORTERS 32u /* rows kept; one more than that is not judged */

struct judge_snapshot_metadata {
    wg_position processed, exported;
    wg_position last_followup; /* WG_POSITION_NONE = unknown: its maker was still replaying */
};
/* False if one of the three numbers is missing or malformed. */
bool judge_snapshot_metadata_read(struct wg_bytes json, struct judge_snapshot_metadata *ret);

struct judge_exporter_row {
    struct wg_bytes id, metadata; /* borrowed from the bytes read */
    wg_position position;
};

struct judge_snapshot_state {
    uint64_t digest; /* of the rows that are the same on every replica */
    wg_position processed; /* as the state itself says; WG_POSITION_NONE = it does not */
    uint32_t count;
    struct judge_exporter_row exporters[JUDGE_STATE_EXPORTERS];
};
/* False if the bytes are not a whole, sound state. */
bool judge_snapshot_state_read(struct wg_bytes bytes, struct judge_snapshot_state *ret_state);

#endif
