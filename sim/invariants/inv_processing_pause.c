/* processing-pause: what an operator has told a replica about processing holds until he says something
 * else, over role changes, restarts and power losses. Paused: it processes no command, whatever its role.
 * Resumed: a leader that has commands to process goes on within 10 s.
 *
 * Scope: each replica from the moment it has answered a request with success; from a request to its answer,
 * and after a request that failed or died with its broker, either holds. Of several requests under way the
 * last one counts. A wiped replica begins anew; one whose directory two processes have shared, with the next
 * request. That a leader goes on is judged once nothing has disturbed its
 * partition for 10 s (calm.h), while it has led all the time, and its disk has room.
 * Sound: the pause is durable before the answer leaves, services are installed with it, and the answer comes
 * from the service itself, behind what it did before. A command that nobody had stored when the answer came
 * was not committed then, so what follows from it was made later. What tells that a command waits are those
 * that always have an outcome: of a banned instance nothing is processed.
 * Evidence: facts ADMIN, ADMIN_DONE, BROKER_END, DISK_WIPED, and the entries that disks store, whose term says
 * who wrote them: what follows from a command is a record with its position as source. Claim PROCESSED by a
 * paused replica, and claim PROCESSING against what the operator has said.
 * Memory: 48 bytes per replica. */
#include "sim/invariants/bench.h"

#define GOES_ON_LIMIT (10 * WG_SECOND)
#define NO_REQUEST UINT64_MAX

enum told { GOES, PAUSED, EITHER };

struct replica_pause {
    uint32_t told;
    uint64_t asked;       /* id of the last request */
    wg_position stored;   /* PAUSED: highest position on any disk when that was answered */
    wg_time resumed_at;   /* 0 = nothing to be seen through */
    wg_term resumed_term; /* it led in this one then */
    wg_position goal;     /* last position that was committed then */
};

/* Replicas by member number; how many are paused, and how many have to show that they go on. */
struct pauses {
    struct replica_pause of[WG_MAX_REPLICAS];
    uint32_t paused, resumed;
};

const struct judge_rule inv_processing_pause_rule = {"processing-pause", JUDGE_PER_PARTITION,
                                                     sizeof(struct pauses), NULL};

static struct pauses *pauses_of(const struct sim_judges *b, wg_partition_id p) {
    return judge_state(b, INV_PROCESSING_PAUSE, p - 1);
}

static void count(struct pauses *pauses) {
    pauses->paused = 0;
    pauses->resumed = 0;
    for (uint32_t i = 0; i < WG_MAX_REPLICAS; i++) {
        pauses->paused += pauses->of[i].told == PAUSED;
        pauses->resumed += pauses->of[i].resumed_at != 0;
    }
}

/* NULL = it has no replica of that partition. */
static struct replica_pause *pause_of(const struct sim_judges *b, wg_node_id node,
                                      wg_partition_id p) {
    uint32_t member = judge_member(b, p, node);
    return member == JUDGE_NO_MEMBER ? NULL : &pauses_of(b, p)->of[member];
}

/* --- what the operator says ------------------------------------------------------------------ */

static wg_position highest_stored(const struct judge_canon *canon) {
    wg_position highest = canon->last_position;
    struct judge_entry *const *heads = (const void *)canon->candidates.data;
    for (uint32_t i = 0; i < canon->candidates.count; i++) {
        const struct judge_entry *entry = heads[canon->candidates.head + i];
        for (; entry != NULL; entry = entry->next) {
            highest = entry->highest > highest ? entry->highest : highest;
        }
    }
    return highest;
}

static bool leads(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    const struct judge_replica *replica = judge_replica(b, node, p);
    return b->brokers[node].up && replica->role == WG_ROLE_LEADER &&
           replica->processing_term == replica->term && !replica->given_up;
}

/* What is in force now. */
static void enter(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                  struct replica_pause *pause, uint32_t told) {
    const struct judge_canon *canon = judge_canon(b, p);
    if (told == PAUSED) {
        pause->stored = highest_stored(canon);
    } else if (leads(b, node, p)) {
        pause->resumed_at = b->now;
        pause->resumed_term = judge_replica(b, node, p)->term;
        pause->goal = canon->last_position;
    }
    pause->told = told;
}

static uint32_t told_by(uint64_t kind) {
    return kind == WG_ADMIN_PAUSE_PROCESSING    ? PAUSED
           : kind == WG_ADMIN_RESUME_PROCESSING ? GOES
                                                : EITHER;
}

void inv_processing_pause_admin(struct sim_judges *b, const struct sim_fact *fact) {
    uint32_t told = told_by(fact->b);
    struct replica_pause *pause;
    if (told == EITHER || !judge_knows(b, fact->node, fact->partition) ||
        (pause = pause_of(b, fact->node, fact->partition)) == NULL) {
        return;
    }
    bool answer = fact->kind == SIM_FACT_ADMIN_DONE;
    if (!answer) {
        pause->asked = fact->a;
        pause->resumed_at = 0;
    } else if (fact->a != pause->asked) {
        return;
    }
    if (answer && fact->c == WG_OK) {
        enter(b, fact->node, fact->partition, pause, told);
    } else if (pause->told != told) {
        pause->told = EITHER;
    }
    count(pauses_of(b, fact->partition));
}

/* --- while it is paused ---------------------------------------------------------------------- */

void inv_processing_pause_processed(struct sim_judges *b, wg_node_id node,
                                    const struct wg_claim *claim) {
    struct pauses *pauses = pauses_of(b, claim->partition);
    bool replayed = claim->c != 0;
    if (replayed || (pauses->paused == 0 && pauses->resumed == 0)) {
        return;
    }
    struct replica_pause *pause = pause_of(b, node, claim->partition);
    if (pause != NULL && pause->told == PAUSED) {
        judge_violate(b, INV_PROCESSING_PAUSE, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u processed command %lld although processing is paused there", node,
                      (long long)claim->a);
    } else if (pause != NULL && pause->resumed_at != 0) {
        pause->resumed_at = 0;
        count(pauses);
    }
}

/* A disk was the first to store this entry. */
void inv_processing_pause_written(struct sim_judges *b, wg_partition_id p,
                                  const struct judge_entry *entry) {
    const struct pauses *pauses = pauses_of(b, p);
    for (uint32_t i = 0; pauses->paused > 0 && i < judge_members(b, p)->member_count; i++) {
        wg_node_id node = judge_members(b, p)->members[i];
        const struct replica_pause *pause = &pauses->of[i];
        if (pause->told != PAUSED || judge_replica(b, node, p)->processing_term != entry->term) {
            continue;
        }
        for (uint32_t r = 0; r < entry->count; r++) {
            if (entry->records[r].source > pause->stored) {
                judge_violate(b, INV_PROCESSING_PAUSE, SIM_BLAME_ENGINE, p, -1,
                              "broker %u wrote record %lld, which follows from command %lld, "
                              "although processing is paused there since before that was stored",
                              node, (long long)entry->records[r].position,
                              (long long)entry->records[r].source);
                return;
            }
        }
    }
}

void inv_processing_pause_claim(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim) {
    const struct replica_pause *pause = pause_of(b, node, claim->partition);
    uint32_t claimed = (claim->a & WG_PAUSED_BY_ADMIN) != 0 ? PAUSED : GOES;
    if (pause != NULL && pause->told != EITHER && pause->told != claimed) {
        judge_violate(b, INV_PROCESSING_PAUSE, SIM_BLAME_ENGINE, claim->partition, -1,
                      "processing of broker %u is %s while its operator has left it %s", node,
                      claimed == PAUSED ? "paused by an operator" : "not paused by an operator",
                      pause->told == PAUSED ? "paused" : "going on");
    }
}

/* --- after a resume -------------------------------------------------------------------------- */

/* A command that always has an outcome, committed by the time of the resume and not processed. */
static wg_position waiting(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                           const struct replica_pause *pause) {
    const struct judge_canon *canon = judge_canon(b, p);
    wg_position at = inv_recovery_last(b, node, p);
    at = at >= canon->first_position ? at + 1 : canon->first_position;
    for (; at <= pause->goal; at++) {
        const struct judge_canon_record *record = judge_canon_record(canon, at);
        bool asks = record != NULL && record->record_type == WG_COMMAND && record->skip == 0;
        if (asks && (record->value_type == WG_VT_PROCESS_INSTANCE_CREATION ||
                     record->value_type == WG_VT_JOB_BATCH)) {
            return at;
        }
    }
    return WG_POSITION_NONE;
}

/* 10 s have passed in which nothing kept it. */
static void see_through(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                        struct replica_pause *pause) {
    wg_time calm = judge_calm_since(b, p);
    const struct judge_calm_broker *broker = &b->calm.brokers[node];
    bool still = leads(b, node, p) && judge_replica(b, node, p)->term == pause->resumed_term;
    if (still && (calm > b->now - GOES_ON_LIMIT || broker->held_up > 0 ||
                  broker->held_up_since > b->now - GOES_ON_LIMIT ||
                  broker->space_since > b->now - GOES_ON_LIMIT || broker->space != 0)) {
        return; /* later */
    }
    wg_position command = still ? waiting(b, node, p, pause) : WG_POSITION_NONE;
    if (command != WG_POSITION_NONE) {
        judge_violate(b, INV_PROCESSING_PAUSE, SIM_BLAME_ENGINE, p, -1,
                      "broker %u resumed processing %lld s ago and has processed nothing since, "
                      "although command %lld waits", node,
                      (long long)((b->now - pause->resumed_at) / WG_SECOND), (long long)command);
    }
    pause->resumed_at = 0;
}

static void see_all_through(struct sim_judges *b, wg_partition_id p) {
    struct pauses *pauses = pauses_of(b, p);
    if (pauses->resumed == 0) {
        return;
    }
    for (uint32_t i = 0; i < judge_members(b, p)->member_count; i++) {
        struct replica_pause *pause = &pauses->of[i];
        if (pause->resumed_at != 0 && b->now >= pause->resumed_at + GOES_ON_LIMIT) {
            see_through(b, judge_members(b, p)->members[i], p, pause);
        }
    }
    count(pauses);
}

void inv_processing_pause_entry(struct sim_judges *b, wg_partition_id p) { see_all_through(b, p); }

/* --- the end of things ----------------------------------------------------------------------- */

/* What a process was asked before it ended is never answered, or by one that runs on beside a newer one, which
 * has not heard of it; and what that one has stored in the directory that they share is not known. */
void inv_processing_pause_end(struct sim_judges *b, const struct sim_fact *fact) {
    bool wiped = fact->kind == SIM_FACT_DISK_WIPED;
    bool shared = fact->kind == SIM_FACT_BROKER_OLD_END;
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        struct replica_pause *pause = pause_of(b, fact->node, p);
        if (pause == NULL) {
            continue;
        }
        pause->resumed_at = 0;
        pause->asked = wiped ? pause->asked : NO_REQUEST;
        pause->told = shared ? EITHER : pause->told;
        if (wiped && (fact->partition == 0 || fact->partition == p)) {
            *pause = (struct replica_pause){.told = GOES};
        }
        count(pauses_of(b, p));
    }
}

void inv_processing_pause_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        see_all_through(b, p);
    }
}
