/* once: the effects of each command are applied once and in order: among the committed entries of a
 * partition the command that an entry follows up (the source of its records, if it lies before the
 * entry) is named by no other entry, and each one is later than the one before; all records of an
 * entry name the same one.
 *
 * Scope: committed application entries with a source.
 * Sound: a processor handles commands in log order and writes all follow-ups of one in one batch.
 * An execution whose batch was lost before its commit is repeated by the next leader, but only one
 * of the two batches can be committed, because a new leader first replays all that was.
 * Evidence: committed records (facts DISK_WRITE, claim COMMIT).
 * Memory: 8 bytes per partition. */
#include "sim/invariants/bench.h"

struct once {
    wg_position last; /* 0 = none */
};

const struct judge_rule inv_once_rule = {"once", JUDGE_PER_PARTITION, sizeof(struct once), NULL};

static wg_position outer_source(const struct judge_entry *entry, uint32_t i) {
    wg_position source = entry->records[i].source;
    return source >= 0 && source < entry->lowest ? source : WG_POSITION_NONE;
}

void inv_once_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    struct once *once = judge_state(b, INV_ONCE, p - 1);
    wg_position source = WG_POSITION_NONE;
    for (uint32_t i = 0; i < entry->count; i++) {
        wg_position own = outer_source(entry, i);
        if (own != WG_POSITION_NONE && source != WG_POSITION_NONE && own != source) {
            judge_violate(b, INV_ONCE, SIM_BLAME_ENGINE, p, -1,
                          "committed entry %llu follows up both command %lld and command %lld",
                          (unsigned long long)entry->index, (long long)source, (long long)own);
        }
        source = own != WG_POSITION_NONE ? own : source;
    }
    if (source == WG_POSITION_NONE) {
        return;
    }
    if (source <= once->last) {
        judge_violate(b, INV_ONCE, SIM_BLAME_ENGINE, p, -1,
                      "committed entry %llu (positions %lld to %lld) follows up command %lld after "
                      "command %lld was followed up: its effects are applied twice or out of order",
                      (unsigned long long)entry->index, (long long)entry->lowest,
                      (long long)entry->highest, (long long)source, (long long)once->last);
        return;
    }
    once->last = source;
}
