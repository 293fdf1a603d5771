/* Shared by the files of this folder only: the replica's state and who may change what. */
#ifndef WG_RAFT_RAFT_INTERNAL_H
#define WG_RAFT_RAFT_INTERNAL_H

#include "base/assert.h"
#include "raft/raft.h"
#include "raft/raft_message.h"
#include "raft/raft_progress.h"

#define RAFT_DIR_BYTES 96

/* Timer slots of actor RAFT, one per purpose. */
enum raft_timer {
    RAFT_TIMER_ELECTION,  /* follower: no leader heard */
    RAFT_TIMER_POLL,      /* follower: a poll round lasts too long */
    RAFT_TIMER_VOTE,      /* candidate: a vote round lasts too long */
    RAFT_TIMER_HEARTBEAT, /* leader */
    RAFT_TIMER_REQUEST,   /* at or before the earliest deadline of a request in flight */
    RAFT_TIMER_COUNT
};

/* Deadlines mostly move up, on every append heard. The host's timer is left alone then, and armed
 * anew when it fires too early: same effect, no effect emitted per message. */
struct raft_deadline {
    wg_time at;    /* what is meant; WG_TIME_NEVER = off */
    wg_time armed; /* what the host was told; <= at while armed */
};

/* One poll or vote round. */
struct raft_round {
    bool open;
    enum wg_message_kind kind; /* POLL_REQUEST or VOTE_REQUEST */
    struct raft_request_id id;
    wg_time expires;       /* unanswered requests count as rejections then */
    uint32_t answered;     /* bit per peer */
    uint32_t granted, rejected; /* granted counts this replica */
};

/* A snapshot being received (Zeebe: PassiveRole's pending snapshot). */
struct raft_receiving {
    bool pending;
    struct wg_snapshot_id id;
    uint32_t checksum;  /* of the whole: replicas may have different bytes under one id */
    wg_node_id from;
    bool expects;       /* `expected` is set */
    uint32_t expected;  /* chunk number that must come next */
    bool remembers;     /* `previous` is set */
    uint32_t previous;  /* last chunk stored: comes again when its answer was lost */
};

/* What every step reads comes first and lies together: with many partitions each is cold when its turn comes. */
struct wg_raft {
    struct wg_env *env;
    struct wg_snapshots *snapshots;
    struct wg_meta_store *meta_store;
    struct wg_meta meta; /* as stored; changed by raft_meta.c only */
    struct wg_log *log;

    enum wg_role role; /* changed by raft_role.c only */
    bool started;
    wg_node_id leader;
    wg_index commit;       /* changed by raft_commit.c only; 0 after a start (engine 1.2) */
    wg_index first_commit; /* first commit index heard from a leader; 0 = none */
    bool ready;            /* commit has reached first_commit: may campaign */
    bool unwell;           /* could not write as leader or candidate: others go first */
    bool reset_pending;    /* the log must be reset to behind the snapshot before all else */
    wg_index compact_bound; /* of the last snapshot persisted by this process; 0 = none */
    uint64_t last_request; /* number of the last request sent */
    struct raft_deadline timers[RAFT_TIMER_COUNT];

    uint32_t election_target; /* follower: priority that may poll now */
    struct raft_round round;
    uint32_t vote_rounds; /* candidate: rounds run */

    wg_index leader_index; /* leader: index of its initial entry */
    wg_time leader_since;
    bool leader_announced;
    wg_position last_highest; /* leader: of the last application entry; NONE = not known */

    uint32_t peer_count;
    uint32_t priority; /* this replica's */
    struct wg_partition_options partition;
    struct raft_receiving receiving;
    struct raft_progress peers[WG_MAX_REPLICAS]; /* all members but this one */

    struct wg_node_options options; /* pointers in it are not used */
    char dir[RAFT_DIR_BYTES];
};

/* raft.c */
uint32_t raft_quorum(const struct wg_raft *raft);
/* Index in peers, or -1. */
int raft_peer_index(const struct wg_raft *raft, wg_node_id node);
bool raft_is_member(const struct wg_raft *raft, wg_node_id node);
uint64_t raft_next_request(struct wg_raft *raft);
static inline bool raft_has_quirk(const struct wg_raft *raft, enum wg_quirk quirk) {
    return wg_has_quirk(&raft->options, quirk);
}
/* Last index and term as votes and the follower's prev check see them. */
struct raft_last {
    wg_index index;
    wg_term term;
};
struct raft_last raft_last_with_snapshot(const struct wg_raft *raft);
wg_index raft_snapshot_index(const struct wg_raft *raft); /* 0 = none */

/* raft_timer.c */
void raft_timers_init(struct wg_raft *raft);
void raft_timer_set(struct wg_raft *raft, enum raft_timer timer, wg_time at);
/* Like set, but never later than it is now. */
void raft_timer_set_earlier(struct wg_raft *raft, enum raft_timer timer, wg_time at);
void raft_timer_cancel(struct wg_raft *raft, enum raft_timer timer);
/* Whether the timer is really due; arms the host's timer again if not. */
bool raft_timer_due(struct wg_raft *raft, enum raft_timer timer);

/* raft_meta.c. false: could not be stored, see raft_storage_failed; leave what asked for it
 * unanswered. */
bool raft_set_term(struct wg_raft *raft, wg_term term); /* higher only; clears leader and vote */
bool raft_set_vote(struct wg_raft *raft, wg_node_id candidate); /* once per term */
bool raft_campaign(struct wg_raft *raft); /* term + 1 and the vote for itself, in one write */
wg_status raft_store_last_flushed(void *ctx, wg_index index);

/* raft_role.c */
void raft_become(struct wg_raft *raft, enum wg_role role);
/* The disk did not do what it was asked for: gives up leading or asking for it, and goes on as
 * follower; what cannot be mended (or, with the quirk, anything) makes it inactive. */
void raft_storage_failed(struct wg_raft *raft, wg_status status);
/* Resets a log that an install left half-way. false: not yet, do not touch it. */
bool raft_mend_log(struct wg_raft *raft);
enum raft_adoption { RAFT_SAME, RAFT_ADOPTED, RAFT_NOT_STORED };
/* Adopts a higher term, or a leader first heard of in this term (Zeebe: updateTermAndLeader). The
 * caller then decides on the role. NOT_STORED: the term could not be stored and is not adopted. */
enum raft_adoption raft_adopt(struct wg_raft *raft, wg_term term, wg_node_id leader);
/* A leader's request: adopts its term and becomes its follower unless the term is old. false: it
 * could not be stored, leave the request unanswered. */
bool raft_follow(struct wg_raft *raft, wg_term term, wg_node_id leader);

/* raft_election.c */
void raft_candidate_start(struct wg_raft *raft);
void raft_election_reset(struct wg_raft *raft);
void raft_on_election_timeout(struct wg_raft *raft);
void raft_on_poll_timeout(struct wg_raft *raft);
void raft_on_vote_timeout(struct wg_raft *raft);
void raft_on_round_response(struct wg_raft *raft, const struct raft_response *response);
void raft_round_expire(struct wg_raft *raft);

/* raft_vote.c */
void raft_on_poll_request(struct wg_raft *raft, const struct raft_vote_request *request);
void raft_on_vote_request(struct wg_raft *raft, const struct raft_vote_request *request);

/* raft_leader.c */
void raft_leader_start(struct wg_raft *raft);
void raft_leader_stop(struct wg_raft *raft);
void raft_on_append_task(struct wg_raft *raft, void *task);
/* Frees log space for a write; whether anything was deleted. */
bool raft_compact(struct wg_raft *raft, bool keep_threshold);

/* raft_replication.c */
void raft_replicate(struct wg_raft *raft, struct raft_progress *peer);
void raft_replicate_all(struct wg_raft *raft);
void raft_on_heartbeat(struct wg_raft *raft);
void raft_on_append_response(struct wg_raft *raft, const struct raft_response *response);
/* Expires what is older than its timeout and arms the REQUEST timer for the rest. */
void raft_on_request_timeout(struct wg_raft *raft);
/* One answer (to an append or install) came or did not come. */
void raft_attempt_succeeded(struct wg_raft *raft, struct raft_progress *peer);
void raft_attempt_failed(struct wg_raft *raft, struct raft_progress *peer);

/* raft_commit.c */
void raft_leader_commit(struct wg_raft *raft);
void raft_set_commit(struct wg_raft *raft, wg_index index);

/* raft_follower.c */
void raft_on_append_request(struct wg_raft *raft, const struct raft_append_request *request);

/* raft_snapshot_send.c */
bool raft_needs_snapshot(const struct wg_raft *raft, const struct raft_progress *peer);
void raft_send_snapshot(struct wg_raft *raft, struct raft_progress *peer);
void raft_on_install_response(struct wg_raft *raft, const struct raft_response *response);

/* raft_snapshot_receive.c */
void raft_on_install_request(struct wg_raft *raft, const struct raft_install_request *request);
void raft_abort_receiving(struct wg_raft *raft);
/* On leaving a role: also what an abort remembers is forgotten. */
void raft_receiving_clear(struct wg_raft *raft);

#endif
