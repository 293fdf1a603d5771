/* The configuration entry of a raft log: who the members of a partition are (reference: protocol
 * 2.2). The engine's own logs have none, as membership does not change; real ones do. */
#ifndef WG_CODEC_CONFIGURATION_H
#define WG_CODEC_CONFIGURATION_H

#include "base/bytes.h"
#include "waggle/status.h"

#define WG_CONFIGURATION_MAX 255u /* members: the count is one byte */

struct wg_configuration_member {
    uint8_t type;       /* 0 inactive, 1 passive, 2 promotable, 3 active */
    int64_t updated;    /* epoch milliseconds */
    struct wg_bytes id; /* text; in Zeebe the broker's number */
};

struct wg_configuration_members {
    uint32_t count;
    struct wg_configuration_member items[WG_CONFIGURATION_MAX];
};

struct wg_configuration {
    uint64_t timestamp; /* epoch milliseconds */
    struct wg_configuration_members members;
    struct wg_configuration_members old_members; /* while a change is under way */
};

/* `data` of a frame of kind 1 (struct wg_frame: data_offset, data_len). Ids borrow. CORRUPT. */
WG_MUST_USE wg_status wg_configuration_decode(struct wg_bytes data,
                                              struct wg_configuration *ret_configuration);
/* The data of such an entry, for wg_frame_encode. INVALID: too many members; FULL. */
WG_MUST_USE wg_status wg_configuration_encode(const struct wg_configuration *configuration,
                                              struct wg_writer *out);
/* "ACTIVE", ...; NULL for a number that has no name. */
const char *wg_configuration_member_type(uint8_t type);

#endif
