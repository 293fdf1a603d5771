/* The canonical committed log (see canon.h). */
#include "sim/invariants/canon.h"

#include "sim/invariants/bench.h"

#include <stdlib.h>
#include <string.h>

#define FARTHEST_CANDIDATE (1u << 20) /* an index beyond that is nonsense and not kept */

void judge_canon_init(struct judge_canon *canon) {
    memset(canon, 0, sizeof *canon);
    canon->entries.elem = sizeof(struct judge_canon_entry);
    canon->records.elem = sizeof(struct judge_canon_record);
    canon->reigns.elem = sizeof(struct judge_canon_reign);
    canon->candidates.elem = sizeof(struct judge_entry *);
    canon->first = 1;
    canon->first_position = 1;
    canon->chain_before = JUDGE_CHAIN_START;
}

/* --- candidates ------------------------------------------------------------------------------ */

static void free_entries(struct judge_entry *entry) {
    while (entry != NULL) {
        struct judge_entry *next = entry->next;
        free(entry->records);
        free(entry->jobs);
        free(entry->details);
        free(entry);
        entry = next;
    }
}

/* Every frame that a disk stores first comes through here: no trip to malloc for each. */
static struct judge_entry *take_entry(struct judge_canon *canon) {
    struct judge_entry *entry = canon->spare;
    if (entry == NULL) {
        return judge_alloc(sizeof *entry);
    }
    canon->spare = entry->next;
    return entry;
}

static void release_candidates(struct judge_canon *canon, struct judge_entry *entry) {
    while (entry != NULL) {
        struct judge_entry *next = entry->next;
        entry->next = canon->spare;
        canon->spare = entry;
        entry = next;
    }
}

void judge_canon_free(struct judge_canon *canon) {
    for (uint32_t i = 0; i < canon->candidates.count; i++) {
        free_entries(*(struct judge_entry **)judge_deque_at(&canon->candidates, i));
    }
    free_entries(canon->spare);
    canon->spare = NULL;
    judge_deque_free(&canon->candidates);
    judge_deque_free(&canon->reigns);
    judge_deque_free(&canon->entries);
    judge_deque_free(&canon->records);
}

static void keep_job(void *ctx, int64_t key) {
    struct judge_entry *entry = ctx;
    if (entry->job_count == entry->job_cap) {
        entry->job_cap = entry->job_cap == 0 ? 8 : entry->job_cap * 2;
        entry->jobs = judge_realloc(entry->jobs, entry->job_cap * sizeof *entry->jobs);
    }
    entry->jobs[entry->job_count++] = key;
}

/* Which jobs were activated, and until when: the value is not at hand any more when it counts. */
static void keep_jobs(struct judge_entry *entry, struct judge_record *record) {
    record->first_job = entry->job_count;
    judge_map_ints(record->value, "jobKeys", keep_job, entry);
    record->jobs = entry->job_count - record->first_job;
    if (!judge_map_first_int(record->value, "jobs", "deadline", &record->deadline)) {
        record->jobs = 0; /* without a deadline there is nothing to be late for */
    }
}

static void keep_detail(struct judge_entry *entry, struct judge_record *record) {
    if (entry->detail_count == entry->detail_cap) {
        entry->detail_cap = entry->detail_cap == 0 ? 8 : entry->detail_cap * 2;
        entry->details = judge_realloc(entry->details, entry->detail_cap * sizeof *entry->details);
    }
    entry->details[entry->detail_count++] = judge_detail_read(record);
    record->detail = entry->detail_count;
}

static void keep_record(void *ctx, const struct judge_record *record) {
    struct judge_entry *entry = ctx;
    if (entry->count == entry->cap) {
        entry->cap = entry->cap == 0 ? 8 : entry->cap * 2;
        entry->records = judge_realloc(entry->records, entry->cap * sizeof *entry->records);
    }
    entry->records[entry->count++] = *record;
    if (record->value_type == WG_VT_JOB_BATCH && record->record_type == WG_EVENT &&
        record->intent == WG_JOB_BATCH_ACTIVATED) {
        keep_jobs(entry, &entry->records[entry->count - 1]);
    } else if (judge_has_detail(record) ||
               (entry->follows_flow && judge_has_flow_detail(record))) {
        keep_detail(entry, &entry->records[entry->count - 1]);
    }
}

static struct judge_entry *decode(struct judge_canon *canon, const struct judge_frame *frame,
                                  bool records) {
    struct judge_entry *entry = take_entry(canon);
    entry->count = 0;
    entry->job_count = 0;
    entry->detail_count = 0;
    entry->follows_flow = canon->follows_flow;
    entry->index = frame->index;
    entry->term = frame->term;
    entry->lowest = frame->lowest;
    entry->highest = frame->highest;
    entry->asqn = frame->asqn;
    entry->checksum = frame->checksum;
    entry->kind = frame->kind;
    entry->readable = judge_frame_checksum_ok(frame);
    if (records && entry->readable && frame->kind == JUDGE_APPLICATION) {
        entry->readable = judge_batch_read(frame->batch, keep_record, entry);
    }
    return entry;
}

static struct judge_entry *candidate(const struct judge_canon *canon, wg_index index, wg_term term,
                                     uint32_t checksum) {
    struct judge_entry **head = judge_canon_candidates(canon, index);
    struct judge_entry *entry = head == NULL ? NULL : *head;
    while (entry != NULL && (entry->term != term || entry->checksum != checksum)) {
        entry = entry->next;
    }
    return entry;
}

bool judge_canon_offer(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                       const struct judge_frame *frame, uint64_t chain) {
    struct judge_canon *canon = judge_canon(b, p);
    wg_index last = judge_canon_last(canon);
    if (frame->index <= last || frame->index - last > FARTHEST_CANDIDATE) {
        return false;
    }
    struct judge_entry *known = candidate(canon, frame->index, frame->term, frame->checksum);
    if (known != NULL) {
        known->chain = known->chain == chain ? chain : 0;
        return false;
    }
    while (canon->candidates.count < frame->index - last) {
        judge_deque_push(&canon->candidates);
    }
    struct judge_entry **head = judge_canon_candidates(canon, frame->index);
    struct judge_entry *entry = decode(canon, frame, !b->setup->raft_only);
    entry->chain = chain;
    entry->next = *head;
    *head = entry;
    if (node != WG_NODE_NONE) {
        inv_disk_space_written(b, node, p, entry);
        inv_processing_pause_written(b, p, entry);
    }
    return false;
}

/* --- looking up ------------------------------------------------------------------------------ */

uint64_t judge_canon_chain(const struct judge_canon *canon, wg_index index) {
    const struct judge_canon_entry *entry = judge_canon_at(canon, index);
    if (entry != NULL) {
        return entry->chain;
    }
    return index + 1 == canon->first ? canon->chain_before : 0;
}

static struct judge_canon_reign *reign_at(const struct judge_canon *canon, uint32_t i) {
    return judge_deque_at(&canon->reigns, i);
}

wg_term judge_canon_committed_in(const struct judge_canon *canon, wg_index index) {
    uint32_t i = canon->reigns.count;
    while (i > 0 && reign_at(canon, i - 1)->first > index) {
        i--;
    }
    return i == 0 ? 0 : reign_at(canon, i - 1)->term;
}

/* --- taking entries in ----------------------------------------------------------------------- */

static void keep_meta(struct judge_canon *canon, const struct judge_record *record) {
    if (record->position <= canon->last_position) {
        return; /* inv_positions says so */
    }
    if (record->position != canon->last_position + 1) {
        judge_deque_pop_front(&canon->records, canon->records.count);
        canon->first_position = record->position;
    }
    struct judge_canon_record *kept = judge_deque_push_blank(&canon->records);
    bool sourced = record->source >= 0 && record->source < record->position;
    *kept = (struct judge_canon_record){
        .key = record->key,
        .hash = record->hash,
        .back = sourced ? (uint32_t)(record->position - record->source) : 0,
        .record_type = record->record_type,
        .value_type = record->value_type,
        .intent = record->intent,
        .skip = record->skip};
    canon->last_position = record->position;
}

static void tell_judges(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    struct judge_canon *canon = judge_canon(b, p);
    if (b->setup->raft_only) {
        canon->last_position = entry->highest > canon->last_position ? entry->highest
                                                                     : canon->last_position;
        return;
    }
    inv_positions_entry(b, p, entry);
    for (uint32_t i = 0; i < entry->count; i++) {
        keep_meta(canon, &entry->records[i]);
    }
    inv_once_entry(b, p, entry);
    inv_replay_equal_entry(b, p, entry);
    judge_pace_entry(b, p, entry);
    inv_retention_entry(b, p, entry);
    inv_timers_entry(b, p, entry);
    inv_disk_space_entry(b, p, entry);
    inv_configuration_fidelity_entry(b, p);
    inv_processing_pause_entry(b, p);
    inv_output_collections_entry(b, p, entry);
    inv_message_correlation_entry(b, p, entry);
    inv_distribution_entry(b, p, entry);
    for (uint32_t i = 0; i < entry->count; i++) {
        inv_keys_record(b, p, &entry->records[i]);
        inv_client_model_record(b, p, &entry->records[i]);
        inv_refused_requests_record(b, p, &entry->records[i]);
    }
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        judge_ledger_advance(b, p, e);
    }
}

static void take_in(struct sim_judges *b, wg_partition_id p, struct judge_entry *entry) {
    struct judge_canon *canon = judge_canon(b, p);
    uint64_t chain = judge_canon_chain(canon, entry->index - 1);
    struct judge_entry *all = *judge_canon_candidates(canon, entry->index);
    judge_deque_pop_front(&canon->candidates, 1);
    canon->committed += b->setup->raft_only ? 1 : entry->count;
    struct judge_canon_entry *kept = judge_deque_push_blank(&canon->entries);
    kept->chain = judge_chain_next(chain, entry->index, entry->term, entry->checksum);
    kept->term = entry->term;
    kept->checksum = entry->checksum;
    kept->count = entry->count;
    tell_judges(b, p, entry);
    kept->highest = canon->last_position;
    release_candidates(canon, all);
}

/* Entries from `first` on are announced by a replica of this term. */
static void note_reign(struct judge_canon *canon, wg_index first, wg_term term) {
    uint32_t count = canon->reigns.count;
    if (count > 0 && reign_at(canon, count - 1)->term == term) {
        return;
    }
    struct judge_canon_reign *reign = judge_deque_push(&canon->reigns);
    *reign = (struct judge_canon_reign){first, term};
}

/* Makes everything up to `index` canonical as it stands on `node`'s disk. */
static void adopt(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index index) {
    struct judge_canon *canon = judge_canon(b, p);
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    note_reign(canon, judge_canon_last(canon) + 1, mirror->term);
    for (wg_index i = judge_canon_last(canon) + 1; i <= index; i++) {
        const struct judge_mirror_frame *frame = judge_mirror_at(mirror, i);
        struct judge_entry *entry =
            frame == NULL ? NULL : candidate(canon, i, frame->term, frame->checksum);
        if (entry == NULL) {
            judge_violate(b, INV_COMMITTED_DURABLE, SIM_BLAME_ENGINE, p, -1,
                          "broker %u announced index %llu as committed, but its disk holds no "
                          "entry %llu", node, (unsigned long long)index, (unsigned long long)i);
            return;
        }
        take_in(b, p, entry);
    }
}

/* --- claims ---------------------------------------------------------------------------------- */

enum held { HELD, HELD_BUT_OWN_SYNC, NOT_HELD };

/* Whether that replica has the claimer's entry `index` durable. */
static bool has_durable(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                        wg_index index, const struct judge_mirror_frame *claimed) {
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    const struct judge_mirror_frame *frame = judge_mirror_at(mirror, index);
    bool sound = mirror->damaged == 0 || mirror->damaged > index;
    if (frame != NULL && sound && mirror->durable >= index && frame->term == claimed->term &&
        frame->checksum == claimed->checksum) {
        return true;
    }
    const struct judge_replica *replica = judge_replica(b, node, p);
    return replica->snapshot.valid && replica->snapshot.index >= index;
}

static enum held examine(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                         wg_index index, uint32_t *ret_holders) {
    const struct judge_mirror_frame *claimed = judge_mirror_at(judge_mirror(b, node, p), index);
    const struct wg_partition_options *members = judge_members(b, p);
    uint32_t quorum = members->member_count / 2 + 1;
    uint32_t holders = 0;
    bool self = false;
    for (uint32_t i = 0; i < members->member_count && claimed != NULL; i++) {
        bool has = members->members[i] < b->setup->brokers &&
                   has_durable(b, members->members[i], p, index, claimed);
        holders += has ? 1 : 0;
        self = self || (has && members->members[i] == node);
    }
    *ret_holders = holders;
    if (claimed == NULL || holders >= quorum) {
        return HELD; /* without an entry `adopt` complains */
    }
    return !self && holders + 1 >= quorum ? HELD_BUT_OWN_SYNC : NOT_HELD;
}

static void not_durable(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index index,
                        uint32_t holders) {
    if (!b->setup->budget_exceeded) {
        judge_violate(b, INV_COMMITTED_DURABLE, SIM_BLAME_ENGINE, p, -1,
                      "broker %u announced index %llu as committed while it was durable on %u of "
                      "%u replicas", node, (unsigned long long)index, holders,
                      judge_members(b, p)->member_count);
    }
}

/* Takes the claim in, makes it wait, or complains and takes it in. */
static void weigh(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_index index,
                  bool may_wait) {
    struct judge_replica *replica = judge_replica(b, node, p);
    uint32_t holders;
    enum held held = examine(b, node, p, index, &holders);
    if (held == HELD_BUT_OWN_SYNC && may_wait) {
        replica->waiting_since = replica->waiting == 0 ? b->now : replica->waiting_since;
        replica->waiting = index;
        return;
    }
    replica->waiting = 0;
    if (held != HELD) {
        not_durable(b, node, p, index, holders);
    }
    adopt(b, node, p, index);
    inv_committed_stable_claim(b, node, p, index);
}

void judge_canon_settle(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct judge_replica *replica = judge_replica(b, node, p);
    if (replica->waiting != 0) {
        weigh(b, node, p, replica->waiting, false);
    }
}

void judge_canon_synced(struct sim_judges *b, wg_partition_id p) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count; i++) {
        wg_node_id node = members->members[i];
        if (node < b->setup->brokers && judge_replica(b, node, p)->waiting != 0) {
            weigh(b, node, p, judge_replica(b, node, p)->waiting, true);
        }
    }
}

void judge_canon_commit(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    wg_partition_id p = claim->partition;
    struct judge_replica *replica = judge_replica(b, node, p);
    wg_index index = claim->a;
    /* A later job of the claimer: the sync of the earlier one is over. */
    if (replica->waiting != 0 && b->now > replica->waiting_since) {
        judge_canon_settle(b, node, p);
    }
    replica->commit = index > replica->commit ? index : replica->commit;
    if (index > judge_canon_last(judge_canon(b, p))) {
        weigh(b, node, p, index > replica->waiting ? index : replica->waiting, true);
    } else {
        inv_committed_stable_claim(b, node, p, index);
    }
}

void judge_canon_forget(struct judge_canon *canon, wg_index index, wg_position position) {
    if (index > canon->first) {
        wg_index last = judge_canon_last(canon);
        index = index <= last ? index : last;
        canon->chain_before = judge_canon_chain(canon, index - 1);
        judge_deque_pop_front(&canon->entries, (uint32_t)(index - canon->first));
        canon->first = index;
        while (canon->reigns.count > 1 && reign_at(canon, 1)->first <= index) {
            judge_deque_pop_front(&canon->reigns, 1);
        }
    }
    if (position > canon->first_position && canon->records.count > 0) {
        wg_position drop = position - canon->first_position;
        uint32_t most = canon->records.count - 1;
        uint32_t count = drop < most ? (uint32_t)drop : most;
        judge_deque_pop_front(&canon->records, count);
        canon->first_position += count;
    }
}
