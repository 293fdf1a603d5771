/* positions: over the committed entries of a partition, record positions are dense and increase by
 * one per record; an entry's lowest and highest position (and its asqn) agree with its records; a
 * record's source lies before it and names a COMMAND; the bytes are a whole, sound batch.
 *
 * Scope: every committed application entry, once.
 * Sound: the sequencer starts behind the last committed position, counts up without a hole, and
 * raft refuses an entry that does not follow the one before; only commands have follow-ups.
 * Evidence: bytes from facts DISK_WRITE, decoded by our own reader; claim COMMIT says which count.
 * Memory: none of its own; the type of a source is looked up in the canonical records, and a source
 * below the rollback horizon is not looked up. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_positions_rule = {"positions", JUDGE_PER_RUN, 0, NULL};

static void check_frame(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    wg_position expected = judge_canon(b, p)->last_position + 1;
    uint64_t span = (uint64_t)(entry->highest - entry->lowest) + 1;
    if (!entry->readable) {
        judge_violate(b, INV_POSITIONS, SIM_BLAME_ENGINE, p, -1,
                      "committed entry %llu is not a sound batch of records",
                      (unsigned long long)entry->index);
    } else if (entry->lowest != expected || span != entry->count || entry->asqn != entry->lowest) {
        judge_violate(b, INV_POSITIONS, SIM_BLAME_ENGINE, p, -1,
                      "committed entry %llu says positions %lld to %lld (asqn %lld) for %u "
                      "records; the next position is %lld", (unsigned long long)entry->index,
                      (long long)entry->lowest, (long long)entry->highest, (long long)entry->asqn,
                      entry->count, (long long)expected);
    }
}

/* Type of record `position`, which lies before or in `entry`; NULL type = unknown. */
static uint8_t type_of(const struct sim_judges *b, wg_partition_id p,
                       const struct judge_entry *entry, wg_position position) {
    if (position >= entry->lowest && position - entry->lowest < entry->count) {
        return entry->records[position - entry->lowest].record_type;
    }
    const struct judge_canon_record *record = judge_canon_record(judge_canon(b, p), position);
    return record == NULL ? WG_RECORD_TYPE_NULL : record->record_type;
}

static void check_record(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry,
                         uint32_t i) {
    const struct judge_record *record = &entry->records[i];
    wg_position expected = entry->lowest + (wg_position)i;
    if (record->position != expected) {
        judge_violate(b, INV_POSITIONS, SIM_BLAME_ENGINE, p, -1,
                      "record %u of committed entry %llu has position %lld, not %lld", i,
                      (unsigned long long)entry->index, (long long)record->position,
                      (long long)expected);
        return;
    }
    if (record->source < 0) {
        return;
    }
    uint8_t type = record->source >= record->position ? WG_EVENT
                                                      : type_of(b, p, entry, record->source);
    if (type != WG_COMMAND && type != WG_RECORD_TYPE_NULL) {
        judge_violate(b, INV_POSITIONS, SIM_BLAME_ENGINE, p, -1,
                      "record %lld names record %lld as its source, which is no command before it",
                      (long long)record->position, (long long)record->source);
    }
}

void inv_positions_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    if (entry->kind != JUDGE_APPLICATION) {
        return;
    }
    check_frame(b, p, entry);
    for (uint32_t i = 0; i < entry->count; i++) {
        check_record(b, p, entry, i);
    }
}
