/* Inside of the bench: the models that several judges share (disk mirrors, canonical log, export
 * ledger, what replicas claimed), and the events these models raise for the judges. judge.c holds
 * the tables that say who hears what, and in which order: models first, then judges.
 *
 * Every judge is one file inv_<property>.c with one rule below and state of its own. */
#ifndef SIM_INVARIANTS_BENCH_H
#define SIM_INVARIANTS_BENCH_H

#include "sim/invariants/calm.h"
#include "sim/invariants/canon.h"
#include "sim/invariants/enabled.h"
#include "sim/invariants/judge.h"
#include "sim/invariants/ledger.h"
#include "sim/invariants/lookup.h"
#include "sim/invariants/mirror.h"
#include "sim/invariants/pace.h"
#include "sim/invariants/room.h"
#include "sim/invariants/unclaimed.h"

/* X(name, id, file): order is the order of the report of equal times. */
#define JUDGE_RULE_MAP(X)                                                                          \
    X(ELECTION_SAFETY, "election-safety", election_safety)                                         \
    X(SINGLE_VOTE, "single-vote", single_vote)                                                     \
    X(LEADER_APPEND_ONLY, "leader-append-only", leader_append_only)                                \
    X(LOG_MATCHING, "log-matching", log_matching)                                                  \
    X(COMMITTED_DURABLE, "committed-durable", committed_durable)                                   \
    X(COMMITTED_STABLE, "committed-stable", committed_stable)                                      \
    X(COMMIT_MONOTONE, "commit-monotone", commit_monotone)                                         \
    X(POSITIONS, "positions", positions)                                                           \
    X(KEYS, "keys", keys)                                                                          \
    X(ONCE, "once", once)                                                                          \
    X(REPLAY_EQUAL, "replay-equal", replay_equal)                                                  \
    X(EXPORT_AT_LEAST_ONCE, "export-at-least-once", export_at_least_once)                          \
    X(EXPORT_ORDER, "export-order", export_order)                                                  \
    X(EXPORT_COMMITTED, "export-committed", export_committed)                                      \
    X(EXPORT_POSITION, "export-position", export_position)                                         \
    X(ACK_SOUNDNESS, "ack-soundness", ack_soundness)                                               \
    X(PLUGIN_CONTRACT, "plugin-contract", plugin_contract)                                         \
    X(SINGLE_DIRECTOR, "single-director", single_director)                                         \
    X(DUPLICATES, "duplicates", duplicates)                                                        \
    X(EXPORTER_LIFECYCLE, "exporter-lifecycle", exporter_lifecycle)                                \
    X(EXPORTER_ISOLATION, "exporter-isolation", exporter_isolation)                                \
    X(CONFIGURATION_FIDELITY, "configuration-fidelity", configuration_fidelity)                    \
    X(PAUSE_FIDELITY, "pause-fidelity", pause_fidelity)                                            \
    X(PROCESSING_PAUSE, "processing-pause", processing_pause)                                      \
    X(COMPACTION, "compaction", compaction)                                                        \
    X(RETENTION, "retention", retention)                                                           \
    X(SNAPSHOT, "snapshot", snapshot)                                                              \
    X(SNAPSHOT_STATE, "snapshot-state", snapshot_state)                                            \
    X(SNAPSHOT_INSTALL, "snapshot-install", snapshot_install)                                      \
    X(RECOVERY, "recovery", recovery)                                                              \
    X(GIVING_UP, "giving-up", giving_up)                                                           \
    X(TIMERS, "timers", timers)                                                                    \
    X(DISK_SPACE, "disk-space", disk_space)                                                        \
    X(CLIENT_MODEL, "client-model", client_model)                                                  \
    X(MESSAGE_CORRELATION, "message-correlation", message_correlation)                             \
    X(DISTRIBUTION, "distribution", distribution)                                                  \
    X(OUTPUT_COLLECTIONS, "output-collections", output_collections)                                \
    X(REFUSED_REQUESTS, "refused-requests", refused_requests)                                      \
    X(DURABLE_LOG, "durable-log", durable_log)

enum judge_rule_number {
#define JUDGE_RULE_ENUM(name, id, file) INV_##name,
    JUDGE_RULE_MAP(JUDGE_RULE_ENUM)
#undef JUDGE_RULE_ENUM
    INV_COUNT
};

/* How many copies of a judge's state there are. */
enum judge_scope {
    JUDGE_PER_RUN,
    JUDGE_PER_PARTITION,
    JUDGE_PER_REPLICA,
    JUDGE_PER_STREAM,         /* partition and exporter */
    JUDGE_PER_REPLICA_STREAM, /* replica and exporter */
    JUDGE_SCOPE_COUNT
};

struct judge_rule {
    const char *id;
    uint32_t scope; /* enum judge_scope */
    uint32_t bytes; /* of one copy of the state, zeroed at the start; 0 = none */
    void (*release)(void *state); /* frees what one copy refers to; may be NULL */
};
#define JUDGE_RULE_DECLARE(name, id, file) extern const struct judge_rule inv_##file##_rule;
JUDGE_RULE_MAP(JUDGE_RULE_DECLARE)
#undef JUDGE_RULE_DECLARE

struct judge_snapshot {
    bool valid;
    wg_index index;
    wg_term term;
    wg_position processed, exported;
    /* exported = 0: an exporter has taken nothing yet, and the index is that of the snapshot before. Records up to
     * here may be gone by that one. */
    wg_position cleared;
};

/* Works out `cleared` of a snapshot that follows `last` on the same disk. */
static inline void judge_snapshot_inherits(struct judge_snapshot *snapshot, const struct judge_snapshot *last) {
    if (snapshot->exported == 0 && last->valid && last->index == snapshot->index) {
        wg_position bound = last->processed < last->exported ? last->processed : last->exported;
        snapshot->cleared = bound > last->cleared ? bound : last->cleared;
    }
}

/* What one replica said last, by its claims. */
struct judge_replica {
    uint32_t role; /* enum wg_role of the last ROLE claim */
    uint32_t director; /* last DIRECTOR claim: 0 closed, 1 active, 2 passive */
    wg_term term;      /* of the last ROLE claim */
    wg_term processing_term; /* of the last TRANSITION claim to leader */
    wg_index commit;   /* last COMMIT claim of this incarnation, 0 = none */
    wg_index waiting;  /* COMMIT claim that waits for the end of the claimer's sync, 0 = none */
    wg_time waiting_since;
    struct judge_snapshot snapshot, previous; /* latest claimed as persisted, and the one before */
    struct judge_snapshot unclaimed; /* whole on its disk, not claimed yet (unclaimed.h) */
    struct judge_snapshot damaged;   /* lies on its disk, but rotted: none for who starts on it */
    bool received; /* a snapshot was received since a director opened here last */
    bool given_up; /* claimed PARTITION_FAILED and installed no role since: it may stand still */
};

struct judge_broker {
    bool up;
    uint64_t incarnation;
    uint32_t last_end; /* enum sim_end */
    bool call_failed;  /* of the disk, since this process started */
    bool was_short;    /* the disk of space, at some time since then */
    struct judge_deque files; /* uint64_t by file number: what it is (mirror.c), 0 = unknown */
};

#define JUDGE_BLAMES 5u /* enum sim_blame */

struct judge_filed {
    uint32_t count;
    wg_partition_id partition; /* of the unkept ones; 0 and -1 = several */
    int32_t exporter;
};

struct sim_judges {
    const struct sim_judge_setup *setup;
    struct sim_disk_reader disks;
    wg_time now;
    uint32_t phase;
    wg_position *verify_from; /* per partition: last committed when VERIFY began, -1 = not yet */
    struct judge_broker *brokers;
    struct judge_replica *replicas; /* judge_replica_number */
    struct judge_mirror *mirrors;   /* same */
    struct judge_room *rooms;       /* same */
    struct judge_canon *canons;     /* by partition - 1 */
    struct judge_ledger *ledgers;   /* judge_stream_number */
    wg_time long_call_at; /* a plugin call that had lasted for 2 s or more returned then; 0 = none did */
    struct judge_calm calm;
    struct judge_pace *paces;       /* by partition - 1 */
    struct judge_enabled enabled;
    void *states[INV_COUNT];
    /* Votes and removals that wait for the next claim of a raft actor: while there are none, nobody
     * asks for the claims that come with every entry. */
    uint32_t open_cases;
    /* Violations filed by rule and blame, the unkept ones included, and what all unkept ones concern. */
    struct judge_filed filed[INV_COUNT][JUDGE_BLAMES];
    struct sim_violation *violations;
    uint32_t violation_count, violation_cap;
    bool *backlog_excused; /* by partition - 1, see sim_judges_excuse_backlog */
    bool finished;
};

/* --- who is who ------------------------------------------------------------------------------ */

static inline bool judge_knows(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return node < b->setup->brokers && p >= 1 && p <= b->setup->partition_count;
}
static inline uint32_t judge_replica_number(const struct sim_judges *b, wg_node_id node,
                                            wg_partition_id p) {
    return node * b->setup->partition_count + p - 1;
}
static inline uint32_t judge_stream_number(const struct sim_judges *b, wg_partition_id p,
                                           uint32_t exporter) {
    return (p - 1) * b->setup->exporter_count + exporter;
}
static inline struct judge_replica *judge_replica(const struct sim_judges *b, wg_node_id node,
                                                  wg_partition_id p) {
    return &b->replicas[judge_replica_number(b, node, p)];
}
static inline struct judge_mirror *judge_mirror(const struct sim_judges *b, wg_node_id node,
                                                wg_partition_id p) {
    return &b->mirrors[judge_replica_number(b, node, p)];
}
static inline struct judge_canon *judge_canon(const struct sim_judges *b, wg_partition_id p) {
    return &b->canons[p - 1];
}
static inline struct judge_ledger *judge_ledger(const struct sim_judges *b, wg_partition_id p,
                                                uint32_t exporter) {
    return &b->ledgers[judge_stream_number(b, p, exporter)];
}
static inline const struct wg_partition_options *judge_members(const struct sim_judges *b,
                                                               wg_partition_id p) {
    return &b->setup->partitions[p - 1];
}
const char *judge_exporter_id(const struct sim_judges *b, uint32_t exporter);
/* Number of the exporter with that id; exporter_count = none has it. */
uint32_t judge_exporter_number(const struct sim_judges *b, struct wg_bytes id);
#define JUDGE_NO_MEMBER UINT32_MAX
/* Which member of the partition that broker is. */
static inline uint32_t judge_member(const struct sim_judges *b, wg_partition_id p,
                                    wg_node_id node) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count; i++) {
        if (members->members[i] == node) {
            return i;
        }
    }
    return JUDGE_NO_MEMBER;
}

/* State number `i` (as the scope counts) of judge `rule`. */
void *judge_state(const struct sim_judges *b, enum judge_rule_number rule, uint32_t i);

/* --- verdicts -------------------------------------------------------------------------------- */

/* Files a violation at b->now. Keeps 20 of each invariant and counts the rest. */
void judge_violate(struct sim_judges *b, enum judge_rule_number rule, uint32_t blame,
                   wg_partition_id partition, int32_t exporter, const char *format, ...)
    __attribute__((cold, format(printf, 6, 7)));

/* Opens or closes what waits for the next claim of a raft actor (`open` is the judge's own mark). */
static inline void judge_set_open(struct sim_judges *b, bool *open, bool now_open) {
    b->open_cases += (uint32_t)now_open - (uint32_t)*open;
    *open = now_open;
}

/* Highest committed index up to which this replica has everything durable: in its log, by the
 * disks' account and equal to the canonical one, or below its persisted snapshot. */
wg_index judge_cover(const struct sim_judges *b, wg_node_id node, wg_partition_id p);
/* The index that a majority of the members covers. */
wg_index judge_majority_cover(const struct sim_judges *b, wg_partition_id p);

/* --- events that the models raise for the judges --------------------------------------------- */

/* A frame stands in the cache of that disk now; mirror.c has it as the last one. */
void inv_log_matching_frame(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                            wg_index index);
/* Frames from..last are about to leave the cache of that disk from the end of the log.
 * `replacement` is the frame written over the first one, or NULL. `by_file`: a whole file went. */
struct judge_drop {
    wg_node_id node;
    wg_partition_id partition;
    wg_index from, last;
    const struct judge_frame *replacement;
    bool by_file;
};
void inv_leader_append_only_drop(struct sim_judges *b, const struct judge_drop *drop);
void inv_committed_stable_drop(struct sim_judges *b, const struct judge_drop *drop);
/* After frames left that disk in whatever way (truncation, power loss, damage). */
void inv_committed_stable_recount(struct sim_judges *b, wg_partition_id p);
/* Whole segments below `first` have gone from the start of that log; `first` is its first index. */
void inv_compaction_cut(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index first);
void inv_export_at_least_once_cut(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                  wg_index first);
/* A disk was the first to store this entry, which nobody has committed yet. */
void inv_disk_space_written(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                            const struct judge_entry *entry);
void inv_processing_pause_written(struct sim_judges *b, wg_partition_id p,
                                  const struct judge_entry *entry);
/* A snapshot's metadata or state went to that disk, in one piece (snapfile.h). */
struct judge_snapshot_metadata;
struct judge_snapshot_state;
void inv_snapshot_metadata(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                           const struct judge_snapshot_metadata *metadata);
void inv_snapshot_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_snapshot_state *state);
/* The replica starts with a snapshot of which it has not told: taken there or received. */
void inv_export_position_adopted(struct sim_judges *b, wg_node_id node, wg_partition_id p);
/* Whether a director of that replica configured the exporter 10 s ago or earlier, and since its
 * services were installed last: by then there is a row for it. */
/* No instance of it for 10 s, nor when the state was copied that had processed up to there: a snapshot
 * waits for the commit of what its leader wrote. */
bool inv_export_position_was_gone(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                  uint32_t exporter, wg_position processed);
/* Last command that its state has processed since its services were installed; 0 = none. */
wg_position inv_recovery_last(const struct sim_judges *b, wg_node_id node, wg_partition_id p);
bool inv_export_position_has_row(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                 uint32_t exporter);
/* A commit claim whose entries are known, after the canonical log has taken them. */
void inv_committed_stable_claim(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                wg_index index);
/* An entry became canonical, and each of its records. */
void inv_positions_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry);
void inv_once_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry);
void inv_replay_equal_entry(struct sim_judges *b, wg_partition_id p,
                            const struct judge_entry *entry);
void inv_retention_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry);
void inv_retention_stored(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
/* The entry that a snapshot taken one bound ago stood for; 0 = none. */
wg_index inv_retention_due(const struct sim_judges *b, wg_partition_id p);
/* What was so then has had its effect by now. */
wg_time inv_retention_bound_ago(const struct sim_judges *b);
/* The entry before the one that holds `position`; 0 = none, or forgotten: then all disks are far beyond it. */
wg_index inv_retention_entry_before(const struct sim_judges *b, wg_partition_id p, wg_position position);
void inv_keys_record(struct sim_judges *b, wg_partition_id p, const struct judge_record *record);
void inv_timers_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry);
void inv_disk_space_entry(struct sim_judges *b, wg_partition_id p,
                          const struct judge_entry *entry);
void inv_message_correlation_entry(struct sim_judges *b, wg_partition_id p,
                                   const struct judge_entry *entry);
void inv_distribution_entry(struct sim_judges *b, wg_partition_id p,
                            const struct judge_entry *entry);
void inv_client_model_record(struct sim_judges *b, wg_partition_id p,
                             const struct judge_record *record);
void inv_refused_requests_record(struct sim_judges *b, wg_partition_id p,
                                 const struct judge_record *record);
/* An export call returned OK. `duplicate`: the position was delivered before. */
struct judge_delivery {
    wg_node_id node;
    wg_partition_id partition;
    uint32_t exporter;
    wg_position position;
    bool duplicate;
    struct judge_slot *slot; /* before it takes the delivery in */
};
void inv_export_order_delivery(struct sim_judges *b, const struct judge_delivery *delivery);
void inv_duplicates_delivery(struct sim_judges *b, const struct judge_delivery *delivery);
/* A record is offered again to the exporter that has failed with it `failures` times. */
struct judge_attempt {
    wg_node_id node;
    wg_partition_id partition;
    uint32_t exporter, failures;
    wg_position position;
    wg_time failed_at; /* by the broker's own clock: judge_own_time */
};
void inv_timers_attempt(struct sim_judges *b, const struct judge_attempt *attempt);
/* inv_snapshot.c hands on what it hears of snapshots taken here. */
void inv_snapshot_state_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                             const struct judge_snapshot_state *state);
void inv_snapshot_state_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_configuration_fidelity_entry(struct sim_judges *b, wg_partition_id p);
void inv_processing_pause_entry(struct sim_judges *b, wg_partition_id p);
void inv_output_collections_entry(struct sim_judges *b, wg_partition_id p,
                                  const struct judge_entry *entry);
void inv_configuration_fidelity_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                     const struct judge_snapshot_state *state);
void inv_exporter_isolation_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                 const struct judge_snapshot_state *state);
/* Whether acknowledgements move positions there now, as far as its operator is concerned. */
bool inv_pause_fidelity_moves(const struct sim_judges *b, wg_node_id node, wg_partition_id p);

/* --- handlers of facts and claims ------------------------------------------------------------ */

typedef void (*judge_fact_fn)(struct sim_judges *b, const struct sim_fact *fact);
typedef void (*judge_claim_fn)(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);

void inv_single_vote_fact(struct sim_judges *b, const struct sim_fact *fact);
void inv_leader_append_only_end(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_committed_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_committed_put(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_position_ack(struct sim_judges *b, const struct sim_fact *fact);
void inv_plugin_contract_breach(struct sim_judges *b, const struct sim_fact *fact);
void inv_ack_soundness_ack(struct sim_judges *b, const struct sim_fact *fact);
void inv_single_director_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_client_model_request(struct sim_judges *b, const struct sim_fact *fact);
void inv_client_model_reply(struct sim_judges *b, const struct sim_fact *fact);
void inv_client_model_timeout(struct sim_judges *b, const struct sim_fact *fact);
void inv_refused_requests_request(struct sim_judges *b, const struct sim_fact *fact);
void inv_refused_requests_reply(struct sim_judges *b, const struct sim_fact *fact);
void inv_refused_requests_timeout(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_order_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_order_return(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_order_end(struct sim_judges *b, const struct sim_fact *fact);
void inv_exporter_lifecycle_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_exporter_lifecycle_return(struct sim_judges *b, const struct sim_fact *fact);
void inv_exporter_isolation_ack(struct sim_judges *b, const struct sim_fact *fact);
void inv_exporter_isolation_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_pause_fidelity_admin(struct sim_judges *b, const struct sim_fact *fact);
void inv_pause_fidelity_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_pause_fidelity_ack(struct sim_judges *b, const struct sim_fact *fact);
void inv_pause_fidelity_end(struct sim_judges *b, const struct sim_fact *fact);
void inv_processing_pause_admin(struct sim_judges *b, const struct sim_fact *fact);
void inv_processing_pause_end(struct sim_judges *b, const struct sim_fact *fact);
void inv_disk_space_changed(struct sim_judges *b, const struct sim_fact *fact);
void inv_disk_space_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_disk_space_return(struct sim_judges *b, const struct sim_fact *fact);
void inv_disk_space_request(struct sim_judges *b, const struct sim_fact *fact);
void inv_recovery_end(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_position_return(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_position_end(struct sim_judges *b, const struct sim_fact *fact);

void inv_election_safety_role(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_single_vote_vote(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_single_vote_raft(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_leader_append_only_raft(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim);
void inv_commit_monotone_commit(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim);
void inv_replay_equal_processed(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim);
void inv_export_position_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_export_position_snapshot(struct sim_judges *b, wg_node_id node,
                                  const struct wg_claim *claim);
void inv_single_director_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_compaction_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_snapshot_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_snapshot_install_send(struct sim_judges *b, wg_node_id node,
                               const struct wg_claim *claim);
void inv_recovery_transition(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_recovery_director(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_recovery_processed(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_processing_pause_processed(struct sim_judges *b, wg_node_id node,
                                    const struct wg_claim *claim);
void inv_processing_pause_claim(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim);
void inv_pause_fidelity_director(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim);
void inv_pause_fidelity_position(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim);
void inv_pause_fidelity_snapshot(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim);
void inv_pause_fidelity_setting(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim);
void inv_configuration_fidelity_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_position_started(struct sim_judges *b, const struct sim_fact *fact);
void inv_export_position_call(struct sim_judges *b, const struct sim_fact *fact);
void inv_pause_fidelity_phase(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_export_position_transition(struct sim_judges *b, wg_node_id node,
                                    const struct wg_claim *claim);

/* A replica's disk was wiped: it begins anew, and what it promised is forgotten by design. */
void judge_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p);
void inv_single_vote_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p);
/* The latest snapshot went with a power loss that cut off the job which claimed it. */
void inv_export_position_revert(struct sim_judges *b, wg_node_id node, wg_partition_id p);
void inv_export_position_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p);

/* End of the run. */
void inv_export_at_least_once_finish(struct sim_judges *b);
void inv_client_model_finish(struct sim_judges *b);
void inv_timers_finish(struct sim_judges *b);
void inv_message_correlation_finish(struct sim_judges *b);
void inv_distribution_finish(struct sim_judges *b);
/* See sim_judges_export_stands_still. */
bool inv_disk_space_withholds(struct sim_judges *b, wg_partition_id p);
void inv_disk_space_finish(struct sim_judges *b);
void inv_giving_up_start(struct sim_judges *b, const struct sim_fact *fact);
/* DISK_ERROR, DISK_DAMAGED, DISK_SPACE, DISK_WIPED */
void inv_giving_up_disk(struct sim_judges *b, const struct sim_fact *fact);
void inv_giving_up_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void inv_pause_fidelity_finish(struct sim_judges *b);
void inv_processing_pause_finish(struct sim_judges *b);
void inv_durable_log_finish(struct sim_judges *b);

/* Forgets what lies below the rollback horizon of a partition; memory only, no verdict. */
void judge_forget(struct sim_judges *b, wg_partition_id p);
void inv_replay_equal_forget(struct sim_judges *b, wg_partition_id p, wg_position below);
void inv_exporter_isolation_forget(struct sim_judges *b, wg_partition_id p, wg_position below);

#endif
