/* configuration-fidelity: the exporters with state are those that are configured and enabled: a
 * snapshot has a row for every one once a director of that replica has configured all of them, and none
 * for an id that is not configured, or disabled. Nobody else is handed records, and nobody those that the
 * configuration keeps from all.
 *
 * Scope: every snapshot taken (a received one was taken elsewhere). A row left over from an earlier
 * configuration may stand in a snapshot that is taken before the first director has started; that of a
 * disabled exporter until 10 s after its instance is gone. A director that is in the middle of a record
 * when its exporter is disabled may hand out that one and three more (LAST_CALLS), and for a second as many as
 * messages lie in its mailbox before the news, as in that of a broker that stood still.
 * Who is configured and not disabled by the operator runs: told when a replica takes a snapshot 30 s after
 * the last disturbance (calm.h) and keeps the exporter disabled all the same.
 * Sound: when all its exporters are configured a director removes rows of all others and makes one for
 * each that it has; it makes or removes one when an exporter is enabled or disabled.
 * Evidence: the rows of state files from facts DISK_WRITE (snapfile.h); facts PLUGIN_CALL; facts
 * PLUGIN_RETURN of the configure calls (inv_export_position.c keeps them), 10 s before the snapshot or
 * earlier; facts ADMIN_DONE, BROKER_START and claims EXPORTER_SETTING (enabled.h).
 * Memory: none of its own. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

#define GONE_WITHIN (10 * WG_SECOND)
/* The record under way, and one for each note that may lie before the news of it in the director's
 * mailbox: of a commit, to go on, of a timer. Notes of a kind lie there once. */
#define LAST_CALLS 4u
#define WANTED_WITHIN (30 * WG_SECOND)

const struct judge_rule inv_configuration_fidelity_rule = {"configuration-fidelity",
                                                           JUDGE_PER_RUN, 0, NULL};

static bool has_row(const struct sim_judges *b, const struct judge_snapshot_state *state,
                    uint32_t exporter) {
    for (uint32_t i = 0; i < state->count; i++) {
        if (judge_exporter_number(b, state->exporters[i].id) == exporter) {
            return true;
        }
    }
    return false;
}

static bool all_configured(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (judge_enabled_runs(b, node, p, e) && !inv_export_position_has_row(b, node, p, e)) {
            return false;
        }
    }
    return true;
}

/* Disabled or not configured there, and no instance is left. */
static bool is_gone(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                    uint32_t exporter) {
    const struct judge_setting *setting = judge_enabled_on(b, node, p, exporter);
    return !judge_enabled_runs(b, node, p, exporter) && b->now >= setting->since + GONE_WITHIN &&
           inv_export_position_is_gone(b, node, p, exporter);
}

/* The operator wants it, its process knows it, and everything has been quiet for long, but the replica
 * does not let it run. */
static void check_wanted(struct sim_judges *b, wg_node_id node, wg_partition_id p, uint32_t e) {
    const struct judge_setting *setting = judge_enabled_on(b, node, p, e);
    if (setting->disabled && !setting->absent && judge_enabled_wanted(b, p, e) &&
        b->now >= setting->since + WANTED_WITHIN && b->now >= judge_calm_since(b, p) &&
        b->now - judge_calm_since(b, p) >= WANTED_WITHIN) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                      "on broker %u exporter %s is disabled for %lld s, although it is configured there "
                      "and nobody wants it disabled", node, judge_exporter_id(b, e),
                      (long long)((b->now - setting->since) / WG_SECOND));
    }
}

static void check_row(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                      const struct judge_snapshot_state *state, uint32_t e) {
    bool row = has_row(b, state, e);
    if (!row && judge_enabled_runs(b, node, p, e)) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                      "broker %u took a snapshot without a row of exporter %s, which is "
                      "configured", node, judge_exporter_id(b, e));
    } else if (row && is_gone(b, node, p, e)) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                      "broker %u took a snapshot with a row of exporter %s, which is %s there", node,
                      judge_exporter_id(b, e),
                      judge_enabled_on(b, node, p, e)->absent ? "not configured" : "disabled");
    }
}

void inv_configuration_fidelity_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                     const struct judge_snapshot_state *state) {
    if (!all_configured(b, node, p)) {
        return;
    }
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        check_row(b, node, p, state, e);
        check_wanted(b, node, p, e);
    }
    for (uint32_t i = 0; i < state->count; i++) {
        struct wg_bytes id = state->exporters[i].id;
        if (judge_exporter_number(b, id) == b->setup->exporter_count) {
            judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, -1,
                          "broker %u took a snapshot with a row of exporter \"%.*s\", which is "
                          "not configured", node, (int)(id.len < 64 ? id.len : 64),
                          (const char *)id.ptr);
        }
    }
}

void inv_configuration_fidelity_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c != WG_PLUGIN_EXPORT || !judge_knows(b, fact->node, fact->partition) ||
        fact->b >= b->setup->exporter_count) {
        return;
    }
    uint32_t exporter = (uint32_t)fact->b;
    if (!judge_enabled_runs(b, fact->node, fact->partition, exporter) &&
        judge_enabled_on(b, fact->node, fact->partition, exporter)->calls > LAST_CALLS &&
        b->now >= judge_enabled_on(b, fact->node, fact->partition, exporter)->since + WG_SECOND) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)exporter,
                      "broker %u handed record %lld to exporter %s, which is disabled there since "
                      "%lld s", fact->node, (long long)fact->d, judge_exporter_id(b, exporter),
                      (long long)((b->now - judge_enabled_on(b, fact->node, fact->partition,
                                                             exporter)->since) / WG_SECOND));
    }
    if (judge_skips(b, (wg_position)fact->d)) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)exporter,
                      "broker %u handed record %lld to exporter %s although skipRecords names it",
                      fact->node, (long long)fact->d, judge_exporter_id(b, exporter));
    }
}
