/* configuration-fidelity: the exporters with state are those that are configured and enabled: a
 * snapshot has a row for every one once a director of that replica has configured all of them, and none
 * for an id that is not configured, or disabled. Nobody else is handed records, and nobody those that the
 * configuration keeps from all.
 *
 * Scope: every snapshot taken (a received one was taken elsewhere). A row left over from an earlier
 * configuration may stand in a snapshot that is taken before the first director has started; that of a
 * disabled exporter until 10 s after its instance is gone, and in a state that was copied before. A
 * director that is in the middle of a record when its exporter is disabled may hand out that one, and one
 * more for each note or message that may lie before the news in its mailbox: three, and as many as
 * broadcasts of positions and requests of operators that its replica was sent since it leads (enabled.h).
 * Who is configured and not disabled by the operator runs: told when a replica takes a snapshot 30 s after
 * the last disturbance (calm.h) and keeps the exporter disabled all the same, unless a request that was not
 * answered with success may have come into force (enabled.h); and when the director of a
 * leader has not opened one that is enabled there, 30 s after the last disturbance, change or pause,
 * while no call keeps a director busy: none that has lasted for 2 s anywhere in those 30 s, none that goes
 * on or is awaited in this partition, and none that failed there and was not made good.
 * Sound: between two records at the latest the director does what the settings ask for. When all its
 * exporters are configured a director removes rows of all others and makes one for each that it has; it
 * makes or removes one when an exporter is enabled or disabled.
 * Evidence: the rows of state files from facts DISK_WRITE (snapfile.h); facts PLUGIN_CALL; facts
 * PLUGIN_RETURN of the configure calls (inv_export_position.c keeps them), 10 s before the snapshot or
 * earlier; facts ADMIN, ADMIN_DONE, DISK_RENAMED, BROKER_START, MESSAGE_DELIVERED and claims
 * EXPORTER_SETTING (enabled.h).
 * Memory: 8 bytes per partition. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

#define GONE_WITHIN (10 * WG_SECOND)
#define WANTED_WITHIN (30 * WG_SECOND)
#define LOOK_EVERY WG_SECOND

struct fidelity {
    wg_time next_look;
};

const struct judge_rule inv_configuration_fidelity_rule = {
    "configuration-fidelity", JUDGE_PER_PARTITION, sizeof(struct fidelity), NULL};

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
                    const struct judge_snapshot_state *state, uint32_t exporter) {
    const struct judge_setting *setting = judge_enabled_on(b, node, p, exporter);
    return !judge_enabled_runs(b, node, p, exporter) && b->now >= setting->since + GONE_WITHIN &&
           inv_export_position_was_gone(b, node, p, exporter, state->processed);
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
    } else if (row && is_gone(b, node, p, state, e)) {
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
    const struct judge_setting *setting =
        judge_enabled_on(b, fact->node, fact->partition, exporter);
    if (!judge_enabled_runs(b, fact->node, fact->partition, exporter) &&
        setting->calls > setting->allowed) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)exporter,
                      "broker %u handed record %lld to exporter %s, which is disabled there since "
                      "%lld ms (call %u of at most %u)", fact->node, (long long)fact->d,
                      judge_exporter_id(b, exporter), (long long)((b->now - setting->since) / WG_MS),
                      setting->calls, setting->allowed);
    }
    if (judge_skips(b, (wg_position)fact->d)) {
        judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)exporter,
                      "broker %u handed record %lld to exporter %s although skipRecords names it",
                      fact->node, (long long)fact->d, judge_exporter_id(b, exporter));
    }
}

/* --- who is enabled is open ------------------------------------------------------------------ */

/* Whether plugins may keep this director, or the threads that it needs, from going on. */
static bool plugins_hold_it_up(const struct sim_judges *b, wg_partition_id p) {
    if (b->long_call_at != 0 && b->long_call_at + WANTED_WITHIN > b->now) {
        return true;
    }
    uint32_t exporters = b->setup->exporter_count;
    for (uint32_t i = 0; i < b->setup->partition_count * exporters; i++) {
        const struct judge_ledger *ledger = &b->ledgers[i];
        bool own = i / exporters == p - 1;
        if ((ledger->called_at != 0 && (own || b->now - ledger->called_at >= JUDGE_LONG_CALL)) ||
            (own && (ledger->awaited_at != 0 || ledger->refused_at != 0))) {
            return true;
        }
    }
    return false;
}

static void check_open(struct sim_judges *b, wg_partition_id p) {
    wg_node_id leader = judge_leader(b, p);
    wg_time calm = judge_calm_since(b, p);
    if (leader == WG_NODE_NONE || calm > b->now - WANTED_WITHIN ||
        judge_replica(b, leader, p)->given_up || !inv_pause_fidelity_moves(b, leader, p)) {
        return;
    }
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        const struct judge_setting *setting = judge_enabled_on(b, leader, p, e);
        if (judge_enabled_runs(b, leader, p, e) && !setting->open && !plugins_hold_it_up(b, p)) {
            struct fidelity *fidelity = judge_state(b, INV_CONFIGURATION_FIDELITY, p - 1);
            fidelity->next_look = b->now + WANTED_WITHIN;
            judge_violate(b, INV_CONFIGURATION_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                          "broker %u leads and has not opened exporter %s, which is enabled there; "
                          "nothing has disturbed it for %lld s", leader, judge_exporter_id(b, e),
                          (long long)((b->now - calm) / WG_SECOND));
        }
    }
}

void inv_configuration_fidelity_entry(struct sim_judges *b, wg_partition_id p) {
    struct fidelity *fidelity = judge_state(b, INV_CONFIGURATION_FIDELITY, p - 1);
    if (b->now >= fidelity->next_look) {
        fidelity->next_look = b->now + LOOK_EVERY;
        check_open(b, p);
    }
}
