/* disk-space: a leader whose disk has less free space than processing needs takes nothing into the
 * log, 2 s after the space went at the latest (the monitor looks every second): no client command,
 * no result, no due timer. Exporting goes on meanwhile. When the space is back the partition takes
 * client commands again within 12 s, without a restart.
 *
 * Scope: every leader whose broker no fault has made stand still or late in those 2 s; new commands
 * again only if at least 20 requests were made behind the first two seconds and nothing disturbed the
 * partition since, no change of space on another of its disks either; exporting only if the disk was
 * the only fault, space was short for 30 s or more, a record waited that had been committed for as
 * long, and no exporter was failing, hanging or paused.
 * Sound: below the mark client commands are rejected and the processor is paused, which also writes
 * for timers; raft's own entries (a new leader's first) are no application entries. What the log
 * writer took before may wait for a slow disk, so the time that counts is the one in the record. It
 * is not judged when the broker's clock was set since, nor when the writer may have taken it before
 * the clock was put back: then it looks younger than it is, or as if it were still to come.
 * Evidence: facts DISK_SPACE, DISK_WRITE (the first disk to store an entry is its leader's),
 * REQUEST, PLUGIN_CALL, PLUGIN_RETURN; committed records.
 * Memory: 72 bytes per partition. */
#include "sim/invariants/bench.h"

#define GRACE (2 * WG_SECOND)
#define LONG_SHORTAGE (30 * WG_SECOND)
#define LONGEST_WAIT (30 * WG_SECOND) /* of 1,024 batches, for a disk that no fault slows down */
#define LIMIT (12 * WG_SECOND)
#define ENOUGH_REQUESTS 20u

struct space {
    bool watching; /* space is back at `leader` since `since` */
    bool in_call, failing;
    wg_node_id leader;
    wg_time since;
    uint32_t requests;
    wg_time last_call;
    /* What was committed when, looked at no more often than every LONG_SHORTAGE. */
    wg_position newer, older; /* `older`: that long ago or longer */
    wg_time newer_at;
};

const struct judge_rule inv_disk_space_rule = {"disk-space", JUDGE_PER_PARTITION,
                                               sizeof(struct space), NULL};

static struct space *space_of(const struct sim_judges *b, wg_partition_id p) {
    return judge_state(b, INV_DISK_SPACE, p - 1);
}

static bool is_short(const struct sim_judges *b, wg_node_id node) {
    return (b->calm.brokers[node].space & SIM_SPACE_NO_PROCESSING) != 0;
}

/* When the log writer took the entry, by the world's clock. */
static wg_time taken_at(const struct sim_judges *b, wg_node_id node,
                        const struct judge_entry *entry) {
    return b->now - (judge_wall_ms(b, node) - entry->records[0].timestamp_ms) * WG_MS;
}

/* Whether the log writer took the entry, or may have taken it, by a clock that was put back since. */
static bool older_than_it_looks(const struct sim_judges *b, wg_node_id node,
                                const struct judge_entry *entry) {
    wg_time put_back = b->calm.brokers[node].put_back;
    return put_back >= 0 && (b->now < put_back + LONGEST_WAIT ||
                             taken_at(b, node, entry) > b->now + WG_SECOND);
}

void inv_disk_space_written(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                            const struct judge_entry *entry) {
    const struct judge_calm_broker *calm = &b->calm.brokers[node];
    wg_time since = calm->space_since > calm->held_up_since ? calm->space_since
                                                            : calm->held_up_since;
    if (!is_short(b, node) || entry->kind != JUDGE_APPLICATION || calm->held_up > 0 ||
        judge_replica(b, node, p)->role != WG_ROLE_LEADER || b->now < since + GRACE ||
        calm->clock_since > since || taken_at(b, node, entry) < since + GRACE ||
        older_than_it_looks(b, node, entry)) {
        return;
    }
    judge_violate(b, INV_DISK_SPACE, SIM_BLAME_ENGINE, p, -1,
                  "broker %u wrote records %lld to %lld although its disk is short of space for "
                  "processing since %lld ms", node, (long long)entry->lowest,
                  (long long)entry->highest,
                  (long long)((b->now - b->calm.brokers[node].space_since) / WG_MS));
}

/* --- exporting goes on ----------------------------------------------------------------------- */

static void look_at_commits(const struct sim_judges *b, wg_partition_id p) {
    struct space *space = space_of(b, p);
    if (b->now - space->newer_at >= LONG_SHORTAGE) {
        space->older = space->newer;
        space->newer = judge_canon(b, p)->last_position;
        space->newer_at = b->now;
    }
}

/* Whether a record that has been committed for long enough waits to be handed to some exporter. One that
 * the operator has disabled, or that is away from the leader's configuration, waits for nothing. */
static bool has_backlog(const struct sim_judges *b, wg_node_id leader, wg_partition_id p) {
    look_at_commits(b, p);
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        const struct judge_ledger *ledger = judge_ledger(b, p, e);
        wg_position next = ledger->prefix + 1;
        if (!judge_enabled_owes(b, p, e) || !judge_enabled_runs(b, leader, p, e)) {
            continue;
        }
        if (next <= space_of(b, p)->older &&
            !judge_bits_get(&ledger->delivered, (uint64_t)next)) {
            return true;
        }
    }
    return false;
}

bool inv_disk_space_withholds(struct sim_judges *b, wg_partition_id p) {
    const struct space *space = space_of(b, p);
    wg_node_id leader = judge_leader(b, p);
    return leader != WG_NODE_NONE && !space->in_call && !space->failing &&
           b->now - space->last_call >= LONG_SHORTAGE && inv_pause_fidelity_moves(b, leader, p) &&
           has_backlog(b, leader, p);
}

/* The shortage of `node` ends, or the run does. */
static void look_back(struct sim_judges *b, wg_node_id node, wg_partition_id p, wg_time since) {
    const struct space *space = space_of(b, p);
    bool calm = b->calm.faults <= 1 && b->calm.elections[p - 1] <= since;
    if (b->now - since >= LONG_SHORTAGE && calm && judge_leader(b, p) == node &&
        !space->in_call && !space->failing && space->last_call < since + GRACE &&
        inv_pause_fidelity_moves(b, node, p) && has_backlog(b, node, p)) {
        judge_violate(b, INV_DISK_SPACE, SIM_BLAME_ENGINE, p, -1,
                      "broker %u exported nothing while its disk was short of space for %lld s, "
                      "although committed records waited", node,
                      (long long)((b->now - since) / WG_SECOND));
    }
}

void inv_disk_space_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (judge_knows(b, fact->node, fact->partition)) {
        struct space *space = space_of(b, fact->partition);
        space->last_call = b->now;
        space->in_call = fact->c != WG_PLUGIN_DESTROY;
    }
}

void inv_disk_space_return(struct sim_judges *b, const struct sim_fact *fact) {
    if (judge_knows(b, fact->node, fact->partition)) {
        struct space *space = space_of(b, fact->partition);
        space->in_call = (fact->c & 0xff) == WG_PLUGIN_PENDING;
        space->failing = (fact->c & 0xff) == WG_PLUGIN_FAILED;
    }
}

/* --- commands are taken again ---------------------------------------------------------------- */

/* Called before calm.c takes the fact in. */
void inv_disk_space_changed(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    bool was = is_short(b, fact->node), is = (fact->b & SIM_SPACE_NO_PROCESSING) != 0;
    for (wg_partition_id p = 1; p <= b->setup->partition_count && was != is; p++) {
        struct space *space = space_of(b, p);
        if (was) {
            look_back(b, fact->node, p, b->calm.brokers[fact->node].space_since);
        } else { /* what is committed by now must be exported meanwhile */
            space->newer = judge_canon(b, p)->last_position;
            space->newer_at = b->now;
        }
        if (judge_leader(b, p) == fact->node) {
            space->watching = was;
            space->leader = fact->node;
            space->since = b->now;
            space->requests = 0;
        }
    }
}

/* Whether a disk of the partition has changed since `since` or has no room for a segment: then
 * commands may be taken and wait for a majority. */
static bool held_by_others(const struct sim_judges *b, wg_partition_id p, wg_node_id leader,
                           wg_time since) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count; i++) {
        const struct judge_calm_broker *broker = &b->calm.brokers[members->members[i]];
        bool full = (broker->space & SIM_SPACE_NO_REPLICATION) != 0;
        if (members->members[i] != leader && (full || broker->space_since > since)) {
            return true;
        }
    }
    return false;
}

void inv_disk_space_request(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->partition < 1 || fact->partition > b->setup->partition_count) {
        return;
    }
    struct space *space = space_of(b, fact->partition);
    if (!space->watching || b->now < space->since + GRACE) {
        return;
    }
    wg_time calm = judge_calm_since(b, fact->partition);
    bool paused = b->calm.processing_paused[judge_replica_number(b, space->leader,
                                                                 fact->partition)];
    if (calm > space->since + GRACE || paused ||
        held_by_others(b, fact->partition, space->leader, space->since) ||
        judge_leader(b, fact->partition) != space->leader) {
        space->watching = false;
        return;
    }
    if (++space->requests >= ENOUGH_REQUESTS && b->now >= space->since + LIMIT) {
        space->watching = false;
        judge_violate(b, INV_DISK_SPACE, SIM_BLAME_ENGINE, fact->partition, -1,
                      "broker %u has space on its disk again for %lld s, but none of %u requests "
                      "was written", space->leader,
                      (long long)((b->now - space->since) / WG_SECOND), space->requests);
    }
}

void inv_disk_space_entry(struct sim_judges *b, wg_partition_id p,
                          const struct judge_entry *entry) {
    struct space *space = space_of(b, p);
    look_at_commits(b, p);
    for (uint32_t i = 0; space->watching && i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        bool asked = record->record_type == WG_COMMAND && record->request_id != UINT64_MAX;
        space->watching = !asked;
    }
}

void inv_disk_space_finish(struct sim_judges *b) {
    for (wg_node_id node = 0; node < b->setup->brokers; node++) {
        for (wg_partition_id p = 1; p <= b->setup->partition_count && is_short(b, node); p++) {
            look_back(b, node, p, b->calm.brokers[node].space_since);
        }
    }
}
