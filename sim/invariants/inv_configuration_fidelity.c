/* configuration-fidelity: the exporters with state are those that are configured: a snapshot has a
 * row for every exporter once a director of that replica has configured all of them, and none for
 * an id that is not configured.
 *
 * Scope: every snapshot taken (a received one was taken elsewhere); exporters are configured from
 * the beginning to the end of a run. A row left over from an earlier configuration may stand in a
 * snapshot that is taken before the first director has started.
 * Sound: when all its exporters are configured a director removes rows of unknown ids and makes one for
 * each that it has; rows are neither removed nor made by anything else.
 * Evidence: the rows of state files from facts DISK_WRITE (snapfile.h); facts PLUGIN_RETURN of the
 * configure calls (inv_export_position.c keeps them), 10 s before the snapshot or earlier.
 * Memory: none of its own. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

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
        if (!inv_export_position_has_row(b, node, p, e)) {
            return false;
        }
    }
    return true;
}

void inv_configuration_fidelity_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                     const struct judge_snapshot_state *state) {
    if (!all_configured(b, node, p)) {
        return;
    }
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (!has_row(b, state, e)) {
            judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                          "broker %u took a snapshot without a row of exporter %s, which is "
                          "configured", node, judge_exporter_id(b, e));
        }
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
