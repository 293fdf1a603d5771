/* export-position: a replica's stored position of an exporter never falls while its state lives; it
 * moves by an acknowledgement only as far as the plugin acknowledged, by a distribution only as far
 * as some replica already was, never beyond the committed log; and a director starts at a position
 * that the live state or the replica's latest persisted snapshot justifies.
 *
 * An exporter that was enabled anew begins anew: at -1, or as a copy of the one that the operator named.
 *
 * Scope: per exporter and replica; a new director may start over, and then the start is judged: it
 * is the live position, or -1 without a snapshot that has one, or lies between the exported
 * position of the latest snapshot (which is the lowest of all exporters) and the highest position
 * its row can have had when the snapshot was persisted.
 * Sound: the state is rebuilt from the latest snapshot or kept; rows only move forward in it. What
 * the plugin itself acknowledged too early is ack-soundness, not this.
 * Evidence: claims EXPORTER_POSITION, EXPORTER_START, EXPORTER_REMOVED, SNAPSHOT,
 * SNAPSHOT_RECEIVED, checked against facts PLUGIN_ACK and the committed log.
 * Memory: 80 bytes per replica and exporter. */
#include "sim/invariants/bench.h"

enum cause { BY_ACK = 1, BY_SKIP = 2, BY_DISTRIBUTION = 3, BY_INIT = 4 };

struct row {
    bool live;
    wg_time configured; /* since services were installed last; 0 = not */
    wg_time gone;       /* its instance was destroyed then */
    wg_position processed_when_gone;
    uint64_t version;   /* of the metadata that it was started under last */
    wg_time version_since;
    uint64_t snapshot_version;
    bool in_doubt;      /* the latest snapshot is another's, who may not have had the exporter */
    bool in_snapshot, in_previous;
    wg_position position;          /* of the live state */
    wg_position snapshot_highest;  /* highest that the latest snapshot can hold */
    wg_position previous_highest;  /* and the one before, if the latest is lost with its job */
    wg_position acked;             /* highest acknowledgement of the current incarnation */
    uint64_t incarnation;
};

const struct judge_rule inv_export_position_rule = {"export-position", JUDGE_PER_REPLICA_STREAM,
                                                    sizeof(struct row), NULL};

static struct row *row_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                          uint32_t exporter) {
    uint32_t replica = judge_replica_number(b, node, p);
    return judge_state(b, INV_EXPORT_POSITION, replica * b->setup->exporter_count + exporter);
}

/* Highest position that any replica has or had in its state for this exporter. */
static wg_position highest_anywhere(const struct sim_judges *b, wg_partition_id p,
                                    uint32_t exporter) {
    return judge_ledger(b, p, exporter)->stored_highest;
}

static void complain(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                     const char *what, wg_position other) {
    judge_violate(b, INV_EXPORT_POSITION, SIM_BLAME_ENGINE, claim->partition, (int32_t)claim->a,
                  "broker %u put the position of exporter %s to %lld, %s %lld", node,
                  judge_exporter_id(b, (uint32_t)claim->a), (long long)claim->b, what,
                  (long long)other);
}

/* An exporter that was enabled anew begins at -1 or as a copy of another one. */
static bool begins_anew(const struct sim_judges *b, const struct wg_claim *claim,
                        const struct row *row) {
    wg_position start = (wg_position)claim->b;
    bool newer = claim->kind == WG_CLAIM_EXPORTER_START &&
                 (claim->d > row->version || claim->d > row->snapshot_version);
    bool copied = start == WG_POSITION_NONE;
    for (uint32_t e = 0; newer && !copied && e < b->setup->exporter_count; e++) {
        copied = judge_enabled_copied(b, (uint32_t)claim->a, e) &&
                 start <= highest_anywhere(b, claim->partition, e);
    }
    return newer && copied;
}

static bool justified(const struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                      const struct row *row) {
    const struct judge_snapshot *snapshot = &judge_replica(b, node, claim->partition)->snapshot;
    wg_position start = (wg_position)claim->b;
    if (row->live && start == row->position) {
        return true;
    }
    bool none_stored = !snapshot->valid || snapshot->exported <= 0 ||
                       snapshot->exported == WG_POSITION_MAX || !row->in_snapshot;
    if (begins_anew(b, claim, row)) {
        return true;
    }
    if (start == WG_POSITION_NONE) {
        return none_stored || row->in_doubt;
    }
    return snapshot->valid && row->in_snapshot && start <= row->snapshot_highest &&
           (snapshot->exported == WG_POSITION_MAX || start >= snapshot->exported);
}

static void begin(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                  struct row *row) {
    if (!justified(b, node, claim, row)) {
        const struct judge_snapshot *snapshot = &judge_replica(b, node, claim->partition)->snapshot;
        judge_violate(b, INV_EXPORT_POSITION, SIM_BLAME_ENGINE, claim->partition,
                      (int32_t)claim->a,
                      "broker %u starts exporter %s at %lld, which neither its live state (%lld) "
                      "nor its latest snapshot (%lld to %lld) justifies", node,
                      judge_exporter_id(b, (uint32_t)claim->a), (long long)claim->b,
                      (long long)(row->live ? row->position : WG_POSITION_NONE),
                      (long long)(snapshot->valid ? snapshot->exported : WG_POSITION_NONE),
                      (long long)(row->in_snapshot ? row->snapshot_highest : WG_POSITION_NONE));
    }
    if (claim->kind == WG_CLAIM_EXPORTER_START) {
        struct judge_ledger *ledger = judge_ledger(b, claim->partition, (uint32_t)claim->a);
        bool copy = claim->d > row->version && (wg_position)claim->b > ledger->stored_highest;
        ledger->stored_highest = copy ? (wg_position)claim->b : ledger->stored_highest;
        row->version_since = claim->d != row->version ? b->now : row->version_since;
        row->version = claim->d;
    }
    row->live = true;
    row->position = (wg_position)claim->b;
}

static void move(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim,
                 struct row *row) {
    struct judge_ledger *ledger = judge_ledger(b, claim->partition, (uint32_t)claim->a);
    wg_position to = (wg_position)claim->b;
    wg_position last = judge_canon(b, claim->partition)->last_position;
    wg_position highest = highest_anywhere(b, claim->partition, (uint32_t)claim->a);
    if (row->live && to < row->position) {
        complain(b, node, claim, "below its earlier", row->position);
    } else if (claim->c == BY_ACK && to > row->acked) {
        complain(b, node, claim, "while the exporter acknowledged only", row->acked);
    } else if (claim->c == BY_DISTRIBUTION && to > highest) {
        complain(b, node, claim, "while no replica was beyond", highest);
    } else if (claim->c == BY_SKIP && to > last) {
        complain(b, node, claim, "beyond the last committed record", last);
    }
    row->live = true;
    row->position = to;
    ledger->stored_highest = to > ledger->stored_highest ? to : ledger->stored_highest;
}

/* EXPORTER_START, EXPORTER_POSITION, EXPORTER_REMOVED. */
void inv_export_position_claim(struct sim_judges *b, wg_node_id node,
                               const struct wg_claim *claim) {
    if (claim->a >= b->setup->exporter_count) {
        return;
    }
    struct row *row = row_of(b, node, claim->partition, (uint32_t)claim->a);
    if (claim->kind == WG_CLAIM_EXPORTER_REMOVED) {
        row->live = false;
    } else if (claim->kind == WG_CLAIM_EXPORTER_START || claim->c == BY_INIT) {
        begin(b, node, claim, row);
    } else {
        move(b, node, claim, row);
    }
}

void inv_export_position_ack(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || fact->b >= b->setup->exporter_count) {
        return;
    }
    struct row *row = row_of(b, fact->node, fact->partition, (uint32_t)fact->b);
    if (row->incarnation != b->brokers[fact->node].incarnation) {
        row->incarnation = b->brokers[fact->node].incarnation;
        row->acked = WG_POSITION_NONE;
    }
    row->acked = (wg_position)fact->c > row->acked ? (wg_position)fact->c : row->acked;
}

/* SNAPSHOT: its rows were read from the live state, now or before. RECEIVED: from another's. */
void inv_export_position_snapshot(struct sim_judges *b, wg_node_id node,
                                  const struct wg_claim *claim) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct row *row = row_of(b, node, claim->partition, e);
        bool received = claim->kind == WG_CLAIM_SNAPSHOT_RECEIVED;
        row->in_previous = row->in_snapshot;
        row->previous_highest = row->snapshot_highest;
        row->in_snapshot = received || row->live;
        row->snapshot_highest = received ? highest_anywhere(b, claim->partition, e) : row->position;
        row->in_doubt = received && judge_enabled_changed(b, claim->partition, e);
        /* Its rows may have been read before the exporter was enabled anew. */
        bool later = b->now < row->version_since + b->setup->snapshot_period;
        row->snapshot_version = received || later ? 0 : row->version;
    }
}

void inv_export_position_adopted(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct row *row = row_of(b, node, p, e);
        row->in_previous = row->in_snapshot;
        row->previous_highest = row->snapshot_highest;
        row->in_snapshot = true;
        row->snapshot_highest = highest_anywhere(b, p, e);
        row->in_doubt = judge_enabled_changed(b, p, e); /* taken or received, who knows */
    }
}

#define ROW_WITHIN (10 * WG_SECOND)

bool inv_export_position_has_row(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                 uint32_t exporter) {
    const struct row *row = row_of(b, node, p, exporter);
    return row->configured != 0 && b->now >= row->configured + ROW_WITHIN;
}

bool inv_export_position_was_gone(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                  uint32_t exporter, wg_position processed) {
    const struct row *row = row_of(b, node, p, exporter);
    return row->configured == 0 && b->now >= row->gone + ROW_WITHIN &&
           processed > row->processed_when_gone;
}

void inv_export_position_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c == WG_PLUGIN_DESTROY && judge_knows(b, fact->node, fact->partition) &&
        fact->b < b->setup->exporter_count) {
        struct row *row = row_of(b, fact->node, fact->partition, (uint32_t)fact->b);
        row->configured = 0;
        row->gone = b->now;
        row->processed_when_gone = inv_recovery_last(b, fact->node, fact->partition);
    }
}

void inv_export_position_return(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c == (WG_PLUGIN_CONFIGURE << 8 | WG_PLUGIN_OK) &&
        judge_knows(b, fact->node, fact->partition) && fact->b < b->setup->exporter_count) {
        row_of(b, fact->node, fact->partition, (uint32_t)fact->b)->configured = b->now;
    }
}

static void nothing_configured(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        row_of(b, node, p, e)->configured = 0;
    }
}

void inv_export_position_transition(struct sim_judges *b, wg_node_id node,
                                    const struct wg_claim *claim) {
    nothing_configured(b, node, claim->partition);
}

void inv_export_position_end(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        nothing_configured(b, fact->node, p);
    }
}

/* A process that does not know the exporter builds its state without it. */
void inv_export_position_started(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
            struct row *row = row_of(b, fact->node, p, e);
            row->live = row->live && !judge_enabled_on(b, fact->node, p, e)->absent;
        }
    }
}

void inv_export_position_revert(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct row *row = row_of(b, node, p, e);
        row->in_snapshot = row->in_previous;
        row->snapshot_highest = row->previous_highest;
    }
}

void inv_export_position_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct row *row = row_of(b, node, p, e);
        row->live = row->in_snapshot = row->in_previous = false;
        row->version = row->snapshot_version = 0;
    }
}
