/* Raft messages as bytes. Zeebe sends Java objects between its brokers, whose serialised form is no
 * format that anybody else reads; this one is ours, in the manner of its SBE messages. In the
 * simulation messages are passed as structs (raft/raft_message.h): these bytes are for tools,
 * fuzzing, and for brokers that do not share memory. */
#ifndef WG_CODEC_RAFT_WIRE_H
#define WG_CODEC_RAFT_WIRE_H

#include "waggle/buf.h"
#include "waggle/env.h"
#include "waggle/node.h"
#include "waggle/status.h"

#define WG_RAFT_WIRE_MAX_FILE 47u /* bytes of a snapshot file's name */

/* A message in plain view. `kind` (enum wg_message_kind, raft's own) says which of the parts below
 * holds; all others are zero. */
struct wg_raft_wire {
    uint16_t kind;
    wg_node_id from, to;
    wg_partition_id partition;
    uint64_t request_number; /* of the request, or of the one that is answered */
    wg_term request_term;
    struct { /* POLL_REQUEST, VOTE_REQUEST */
        wg_index last_index;
        wg_term last_term;
    } vote;
    struct { /* APPEND_REQUEST */
        wg_index prev_index;
        wg_term prev_term;
        wg_index commit;
        uint32_t count;
        struct wg_bytes frames; /* `count` journal frames back to back, from prev_index + 1 on */
    } append;
    struct { /* INSTALL_REQUEST: one piece of a snapshot's file */
        wg_index index;
        wg_term term;
        wg_position processed, exported;
        uint32_t number, total_files, snapshot_checksum, chunk_checksum;
        uint64_t offset, file_bytes;
        bool last;
        struct wg_bytes file; /* its name */
        struct wg_bytes content;
    } install;
    struct { /* every response */
        wg_term term;
        bool failed, accepted;
        wg_index last_index, snapshot_index;
    } response;
};

/* The message in a new buffer. INVALID: not a raft message, or a name that is too long. */
WG_MUST_USE wg_status wg_raft_wire_encode(struct wg_env *env, const struct wg_raft_wire *message,
                                          struct wg_buf **ret_buf);
/* Reads exactly one message; byte fields borrow. Frames are checked: their checksums, their number,
 * and that their indexes follow one another. UNSUPPORTED: of another schema or kind; TRUNCATED;
 * CORRUPT. */
WG_MUST_USE wg_status wg_raft_wire_decode(struct wg_bytes bytes, struct wg_raft_wire *ret_message);
/* "append-request", "vote-response", ...; NULL for what is no raft message. */
const char *wg_raft_wire_name(uint16_t kind);

#endif
