/* The canonical committed log of a partition: every entry that some replica announced as committed,
 * each once, in order, with what judges need of its records. The first announcement decides; from
 * then on nothing may contradict it.
 *
 * An entry's bytes come from DISK_WRITE facts: they are decoded when the first disk stores them and
 * wait as a candidate until they are committed or another entry is. At the announcement the disks'
 * own account must show them durable on a quorum (inv_committed_durable). The claim comes from
 * inside a job whose sync may end a little later than the claim is heard; a quorum that lacks
 * nothing but the claimer's own sync is waited for, and the claim is void if the claimer dies
 * first.
 *
 * Memory: 32 bytes per entry and 24 per record above the rollback horizon (the lowest index that
 * any disk still holds, and the lowest position not yet durable in every sink), and about 64 bytes
 * per record that is written but not committed. */
#ifndef SIM_INVARIANTS_CANON_H
#define SIM_INVARIANTS_CANON_H

#include "sim/invariants/detail.h"
#include "sim/invariants/grow.h"
#include "sim/invariants/wire.h"
#include "sim/world/facts.h"
#include "waggle/trace.h"

struct sim_judges;

struct judge_canon_entry {
    uint64_t chain;
    wg_term term;
    uint32_t checksum;
    uint32_t count;      /* records */
    wg_position highest; /* last position at or before this entry, 0 = none */
};

struct judge_canon_record {
    wg_key key;
    uint32_t hash;
    uint32_t back; /* position - source position, 0 = no source */
    uint8_t record_type, value_type, intent, skip;
};

/* Entries from `first` on were announced first by a replica that was in this term (0 = unknown), up to
 * the next such mark. */
struct judge_canon_reign {
    wg_index first;
    wg_term term;
};

/* A decoded entry, as candidates wait and as judges see it when it becomes canonical. */
struct judge_entry {
    struct judge_entry *next; /* another one with the same index */
    /* While it waits: chain of all frames that were stored as it, 0 = unknown or several. */
    uint64_t chain;
    wg_index index;
    wg_term term;
    wg_position lowest, highest;
    int64_t asqn;
    uint32_t checksum;
    uint32_t kind;
    uint32_t count, cap;
    bool readable; /* checksum fits and the batch could be read */
    bool follows_flow; /* of elements and variables are details kept too */
    struct judge_record *records;
    wg_key *jobs; /* activated ones, which records name by JOBS */
    uint32_t job_count, job_cap;
    struct judge_detail *details; /* which records name by DETAIL */
    uint32_t detail_count, detail_cap;
};
static inline const struct judge_detail *judge_entry_detail(const struct judge_entry *entry,
                                                            const struct judge_record *record) {
    return &entry->details[record->detail - 1];
}

struct judge_canon {
    struct judge_deque entries;    /* struct judge_canon_entry, from index `first` */
    struct judge_deque records;    /* struct judge_canon_record, from position `first_position` */
    struct judge_deque reigns;     /* struct judge_canon_reign, by index */
    struct judge_deque candidates; /* struct judge_entry *, from index last + 1 */
    struct judge_entry *spare;     /* list of entries to use again, with room for records */
    wg_index first;
    uint64_t chain_before; /* chain of entry first - 1 */
    wg_position first_position;
    wg_position last_position; /* highest committed, 0 = none */
    bool follows_flow;         /* its entries do */
    uint64_t committed;
};

#define JUDGE_CHAIN_START UINT64_C(0x9AE16A3B2F90404F) /* chain of the empty log */
static inline uint64_t judge_chain_next(uint64_t chain, wg_index index, wg_term term,
                                        uint32_t checksum) {
    uint64_t next = (chain ^ index) * UINT64_C(0xFF51AFD7ED558CCD);
    next = (next ^ (next >> 29) ^ term) * UINT64_C(0xC4CEB9FE1A85EC53);
    next = (next ^ (next >> 32) ^ checksum) * UINT64_C(0x9E3779B97F4A7C15);
    return (next ^ (next >> 31)) | 1;
}

void judge_canon_init(struct judge_canon *canon);
void judge_canon_free(struct judge_canon *canon);
static inline wg_index judge_canon_last(const struct judge_canon *canon) {
    return canon->first + canon->entries.count - 1;
}
/* NULL if not committed yet or forgotten. */
static inline const struct judge_canon_entry *judge_canon_at(const struct judge_canon *canon,
                                                             wg_index index) {
    const struct judge_canon_entry *entries = (const void *)canon->entries.data;
    wg_index at = index - canon->first; /* an index below the first one gives a huge number */
    return at < canon->entries.count ? entries + canon->entries.head + at : NULL;
}
static inline const struct judge_canon_record *judge_canon_record(const struct judge_canon *canon,
                                                                  wg_position position) {
    const struct judge_canon_record *records = (const void *)canon->records.data;
    uint64_t at = (uint64_t)position - (uint64_t)canon->first_position;
    return at < canon->records.count ? records + canon->records.head + at : NULL;
}
/* Digest of entries 1..index; 0 = unknown. */
uint64_t judge_canon_chain(const struct judge_canon *canon, wg_index index);

/* The term in which entry `index` was committed, by the raft.meta of the replica that announced it
 * first; 0 = unknown. An entry may be of an earlier term. */
wg_term judge_canon_committed_in(const struct judge_canon *canon, wg_index index);

/* The list of entries stored at `index`, which is not committed yet; NULL = none was stored. */
static inline struct judge_entry **judge_canon_candidates(const struct judge_canon *canon,
                                                          wg_index index) {
    struct judge_entry **heads = (void *)canon->candidates.data;
    wg_index slot = index - judge_canon_last(canon) - 1; /* huge for a committed one */
    return slot < canon->candidates.count ? heads + canon->candidates.head + slot : NULL;
}

/* The disk of `node` stores this frame (WG_NODE_NONE = it was found there), and with it a log whose
 * digest is `chain` (0 = unknown). Returns whether it is known to agree with every other disk: only
 * this one entry was ever stored at its index since it waits, always behind the same log. */
bool judge_canon_offer(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_frame *frame, uint64_t chain);
/* The same, inline for the second and later disks of an entry. */
static inline bool judge_canon_store(struct sim_judges *b, struct judge_canon *canon,
                                     wg_node_id node, wg_partition_id p,
                                     const struct judge_frame *frame, uint64_t chain) {
    struct judge_entry **head = judge_canon_candidates(canon, frame->index);
    struct judge_entry *only = head == NULL ? NULL : *head;
    if (only != NULL && only->next == NULL && only->chain == chain && chain != 0 &&
        only->term == frame->term && only->checksum == frame->checksum) {
        return true;
    }
    return judge_canon_offer(b, node, p, frame, chain);
}
void judge_canon_commit(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
/* A log file of the partition was synced somewhere, which may settle a waiting claim. (The end of
 * the claimer makes its claim void: judge.c.) */
void judge_canon_synced(struct sim_judges *b, wg_partition_id p);
/* That replica acts on its claim: what is not durable by now never was. */
void judge_canon_settle(struct sim_judges *b, wg_node_id node, wg_partition_id p);
void judge_canon_forget(struct judge_canon *canon, wg_index index, wg_position position);

#endif
