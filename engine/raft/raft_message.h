/* The messages of one partition's replicas, built once and shared by every delivery. Zeebe's are
 * request and response over one connection; here the network may lose, repeat and reorder, so every
 * response names the request it answers (number, and the term it was sent in). */
#ifndef WG_RAFT_RAFT_MESSAGE_H
#define WG_RAFT_RAFT_MESSAGE_H

#include "seams/log_storage.h"
#include "seams/snapshot_store.h"
#include "waggle/node.h"

struct raft_request_id {
    uint64_t number; /* counts up in one process */
    wg_term term;    /* the sender's; keeps apart the requests of two incarnations */
};

/* POLL_REQUEST (pre-vote) and VOTE_REQUEST. */
struct raft_vote_request {
    struct wg_message base;
    struct raft_request_id id;
    wg_index last_index; /* 0, 0 = empty log */
    wg_term last_term;
};

struct raft_append_request {
    struct wg_message base;
    struct raft_request_id id;
    wg_index prev_index;
    wg_term prev_term; /* 0 = the log begins here */
    wg_index commit;
    uint32_t count;
    struct wg_log_entry entries[]; /* frames are referenced */
};

struct raft_install_request {
    struct wg_message base;
    struct raft_request_id id;
    struct wg_snapshot_chunk chunk; /* content is referenced */
};

/* Every response; poll and vote use `accepted` only. */
struct raft_response {
    struct wg_message base;
    struct raft_request_id id; /* of the request */
    wg_term term;              /* the responder's */
    bool failed;               /* status ERROR, as opposed to OK */
    bool accepted;             /* voted, polled, appended */
    wg_index last_index;       /* append: counts as matching, or (refused) where to go on */
    wg_index snapshot_index;   /* append: the responder's latest snapshot */
};

/* All are returned with one reference, which wg_emit_send passes on. */
struct raft_vote_request *raft_vote_request_new(struct wg_env *env, wg_partition_id partition,
                                                enum wg_message_kind kind, wg_node_id to,
                                                const struct raft_vote_request *content);
/* With `log` entries [first, first + count). */
struct raft_append_request *raft_append_request_new(struct wg_env *env, wg_partition_id partition,
                                                    wg_node_id to,
                                                    const struct raft_append_request *content,
                                                    const struct wg_log *log, wg_index first);
/* Takes over the reference on content->chunk.content. */
struct raft_install_request *raft_install_request_new(struct wg_env *env, wg_partition_id partition,
                                                      wg_node_id to,
                                                      const struct raft_install_request *content);
/* To the sender of `request`. */
struct raft_response *raft_response_new(struct wg_env *env, enum wg_message_kind kind,
                                        const struct wg_message *request,
                                        const struct raft_response *content);

#endif
