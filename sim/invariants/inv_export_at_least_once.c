/* export-at-least-once: every committed record that passes an exporter's filter is durable in its
 * sink before any replica compacts it away, and at the end of the run.
 *
 * Scope: all committed records, of an exporter that was disabled or away those since it was enabled on
 * all replicas again (enabled.h), without those of skipRecords; at the end those that were
 * committed when the verify phase began or lie at or below anything durable or acknowledged,
 * because the trickle of load goes on to the last moment; without a verify phase, all. Records
 * under a log that a received snapshot resets are judged where they were compacted first. For
 * opaque exporters accepted calls stand in for the sink. Not judged when the fault budget is
 * exceeded on purpose.
 * Sound: the compaction bound lies below the lowest acknowledged position in a persisted snapshot,
 * and an honest exporter acknowledges only what its sink made durable.
 * Blame: plugin if it acknowledged the missing record and could vouch for it (ledger.h), is declared to
 * lie, or, at the end, if an instance that still runs accepted it and holds it back, or if a plugin keeps
 * the partition's exporting from going on; configuration if the run driver gave up on a backlog of that
 * partition that load, sinks or disks are to blame for; else engine.
 * Evidence: facts SINK_DURABLE, PLUGIN_FILTER, PLUGIN_ACK, PLUGIN_RETURN, DISK_REMOVED, PHASE.
 * Memory: the export ledger's. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_export_at_least_once_rule = {"export-at-least-once", JUDGE_PER_RUN, 0,
                                                         NULL};

static uint32_t blame_for(const struct sim_judges *b, const struct judge_ledger *ledger,
                          uint32_t exporter, wg_position missing) {
    bool lies = b->setup->exporter_lies != NULL && b->setup->exporter_lies[exporter];
    return lies || judge_ledger_is_vouched(ledger, missing) ? SIM_BLAME_PLUGIN : SIM_BLAME_ENGINE;
}

/* An instance that still runs took the record over and has not stored it. */
static bool is_held_back(const struct sim_judges *b, wg_partition_id p,
                         const struct judge_ledger *ledger, wg_position missing) {
    for (wg_node_id node = 0; node < b->setup->brokers; node++) {
        const struct judge_slot *slot = &ledger->slots[node];
        bool runs = slot->opened && b->brokers[node].up &&
                    slot->incarnation == b->brokers[node].incarnation &&
                    judge_replica(b, node, p)->director == 1;
        if (runs && judge_ledger_was_offered(slot, missing) && missing <= slot->last_ok) {
            return true;
        }
    }
    return false;
}

static const char *story_of(const struct judge_ledger *ledger, wg_position missing) {
    if (judge_ledger_is_vouched(ledger, missing)) {
        return "acknowledged by the exporter";
    }
    return judge_bits_get(&ledger->delivered, (uint64_t)missing) ? "accepted by the exporter"
                                                                 : "never exported";
}

void inv_export_at_least_once_cut(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                  wg_index first) {
    const struct judge_canon_entry *last = judge_canon_at(judge_canon(b, p), first - 1);
    for (uint32_t e = 0; last != NULL && e < b->setup->exporter_count; e++) {
        const struct judge_ledger *ledger = judge_ledger(b, p, e);
        wg_position missing = ledger->prefix + 1;
        if (missing <= last->highest && !b->setup->budget_exceeded && judge_enabled_owes(b, p, e)) {
            judge_violate(b, INV_EXPORT_AT_LEAST_ONCE, blame_for(b, ledger, e, missing), p,
                          (int32_t)e,
                          "broker %u compacted its log up to record %lld while record %lld was not "
                          "durable in the sink of exporter %s (%s)", node,
                          (long long)last->highest, (long long)missing, judge_exporter_id(b, e),
                          story_of(ledger, missing));
        }
    }
}

static uint32_t blame_at_end(const struct sim_judges *b, wg_partition_id p, uint32_t exporter,
                             wg_position missing) {
    const struct judge_ledger *ledger = judge_ledger(b, p, exporter);
    uint32_t blame = blame_for(b, ledger, exporter, missing);
    if (blame == SIM_BLAME_ENGINE && b->backlog_excused[p - 1]) {
        return SIM_BLAME_CONFIGURATION;
    }
    bool stopped = judge_ledger_refuser(b, p) >= 0;
    return stopped || is_held_back(b, p, ledger, missing) ? SIM_BLAME_PLUGIN : blame;
}

static wg_position owed_up_to(const struct sim_judges *b, wg_partition_id p,
                              const struct judge_ledger *ledger) {
    wg_position last = judge_canon(b, p)->last_position;
    wg_position owed = b->verify_from[p - 1];
    if (owed == WG_POSITION_NONE) {
        return last;
    }
    owed = ledger->sink_highest > owed ? ledger->sink_highest : owed;
    owed = ledger->max_ack > owed ? ledger->max_ack : owed;
    return owed < last ? owed : last;
}

void inv_export_at_least_once_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
            const struct judge_ledger *ledger = judge_ledger(b, p, e);
            wg_position missing = ledger->prefix + 1;
            wg_position owed = owed_up_to(b, p, ledger);
            if (missing <= owed && !b->setup->budget_exceeded && judge_enabled_owes(b, p, e)) {
                judge_violate(b, INV_EXPORT_AT_LEAST_ONCE, blame_at_end(b, p, e, missing), p,
                              (int32_t)e,
                              "at the end record %lld of %lld owed was not durable in the sink of "
                              "exporter %s (%s)", (long long)missing, (long long)owed,
                              judge_exporter_id(b, e), story_of(ledger, missing));
            }
        }
    }
}
