/* export-committed: only committed records are exported, and a position has the same content
 * whenever and wherever it is exported or stored in a sink.
 *
 * Scope: every export call and every sink put.
 * Sound: directors read up to the commit index that raft announced, and a committed record never
 * changes. What a sink gets for a record is a function of the record in all exporters of this
 * house; a foreign exporter whose documents differ between deliveries is told apart by blame.
 * Blame: engine for calls; for a put whose digest differs from the first one, plugin.
 * Evidence: facts PLUGIN_CALL (d=position; ptr=the struct wg_record handed out, or NULL),
 * SINK_PUT (c=content digest, 0 = none); committed records.
 * Memory: 4 bytes per stored record above the rollback horizon. */
#include "sim/invariants/bench.h"

const struct judge_rule inv_export_committed_rule = {"export-committed", JUDGE_PER_RUN, 0, NULL};

#define FARTHEST_PUT (INT64_C(1) << 24)

static void check_content(struct sim_judges *b, const struct sim_fact *fact) {
    wg_position position = (wg_position)fact->d;
    const struct judge_canon_record *record =
        judge_canon_record(judge_canon(b, fact->partition), position);
    if (record == NULL || fact->ptr == NULL) {
        return;
    }
    const struct wg_record *handed = fact->ptr;
    if (handed->position != position || judge_content_hash(handed) != record->hash) {
        judge_violate(b, INV_EXPORT_COMMITTED, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)fact->b,
                      "broker %u exported record %lld to %s with other content than was committed",
                      fact->node, (long long)position, judge_exporter_id(b, (uint32_t)fact->b));
    }
}

void inv_export_committed_call(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p = fact->partition;
    if (fact->c != WG_PLUGIN_EXPORT || !judge_knows(b, fact->node, p) ||
        fact->b >= b->setup->exporter_count) {
        return;
    }
    wg_position position = (wg_position)fact->d;
    if (position > judge_canon(b, p)->last_position) {
        judge_canon_settle(b, fact->node, p);
    }
    if (position < 1 || position > judge_canon(b, p)->last_position) {
        judge_violate(b, INV_EXPORT_COMMITTED, SIM_BLAME_ENGINE, p, (int32_t)fact->b,
                      "broker %u exported record %lld to %s, but only records up to %lld are "
                      "committed", fact->node, (long long)position,
                      judge_exporter_id(b, (uint32_t)fact->b),
                      (long long)judge_canon(b, p)->last_position);
        return;
    }
    check_content(b, fact);
}

/* The digest of the first put, stored if there was none; 0 = forgotten. */
static uint32_t first_digest(struct judge_ledger *ledger, wg_position position, uint32_t digest) {
    if (position < ledger->first_digest) {
        return 0;
    }
    while (position - ledger->first_digest >= ledger->digests.count) {
        judge_deque_push(&ledger->digests);
    }
    uint32_t *first = judge_deque_at(&ledger->digests, (uint32_t)(position - ledger->first_digest));
    *first = *first == 0 ? digest : *first;
    return *first;
}

void inv_export_committed_put(struct sim_judges *b, const struct sim_fact *fact) {
    wg_position position = (wg_position)fact->b;
    wg_partition_id p = fact->partition;
    if (p < 1 || p > b->setup->partition_count || fact->a >= b->setup->exporter_count ||
        position < 1 || position > judge_canon(b, p)->last_position + FARTHEST_PUT) {
        return;
    }
    uint32_t digest = (uint32_t)(fact->c ^ fact->c >> 32) | (fact->c != 0 ? 1u : 0u);
    uint32_t first = first_digest(judge_ledger(b, p, (uint32_t)fact->a), position, digest);
    if (digest != 0 && first != 0 && digest != first) {
        judge_violate(b, INV_EXPORT_COMMITTED, SIM_BLAME_PLUGIN, p, (int32_t)fact->a,
                      "exporter %s stored record %lld with other content than before",
                      judge_exporter_id(b, (uint32_t)fact->a), (long long)position);
    }
}
