/* The phases of a run (DESIGN D10).
 *
 *   WARMUP --all partitions led--> CHAOS --workload, faults, nemesis over--> HEAL --at once-->
 *   VERIFY: a trickle of load for two snapshot periods, then none, until everything has converged
 *   --> END
 *
 * Warm-up and convergence are bounded in virtual time, convergence by more the longer exporters work
 * through what is owed to them; when a bound is passed, the violation "liveness" names who waits for
 * what. The clock of a scenario starts at the end of warm-up. */
#include "sim/run/phases.h"

#include "sim/run/fit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY WG_SECOND
#define WARMUP_CHECK_EVERY (100 * WG_MS)
#define WARMUP_LIMIT (60 * WG_SECOND)
#define CONVERGE_LIMIT (5 * WG_MINUTE)
/* A backlog that becomes smaller from one minute to the next is waited for, within reason. */
#define BACKLOG_LOOK WG_MINUTE
#define ROOM_AGAIN (2 * WG_MINUTE) /* to work off what waited for room on a disk */
#define BACKLOG_LIMIT (120 * WG_MINUTE)
#define TRIGGER_LIMIT (60 * WG_SECOND)

static void enter(struct sim_cluster *c, enum sim_phase phase) {
    c->phase = phase;
    struct sim_fact fact = {.kind = SIM_FACT_PHASE, .node = WG_NODE_NONE, .a = phase};
    sim_cluster_fact(c, &fact);
}

static void report(struct sim_cluster *c, const char *invariant, uint32_t blame,
                   wg_partition_id partition, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void report(struct sim_cluster *c, const char *invariant, uint32_t blame,
                   wg_partition_id partition, const char *format, ...) {
    struct sim_violation violation = {.invariant = invariant,
                                      .blame = blame,
                                      .at = c->now,
                                      .partition = partition,
                                      .exporter = -1};
    va_list args;
    va_start(args, format);
    vsnprintf(violation.message, sizeof violation.message, format, args);
    va_end(args);
    sim_judges_report(c->judges, &violation);
}

static void sample_logs(struct sim_cluster *c) {
    for (wg_node_id n = 0; n < c->broker_count; n++) {
        for (wg_partition_id p = 1; p <= c->partition_count; p++) {
            struct wg_partition_view view;
            const struct sim_broker *broker = c->brokers[n];
            if (broker->node == NULL || wg_node_inspect(broker->node, p, &view) != WG_OK) {
                continue;
            }
            uint64_t *peak = &c->replica_peak[(size_t)n * c->partition_count + p - 1];
            *peak = view.log_bytes > *peak ? view.log_bytes : *peak;
            c->log_bytes_peak = *peak > c->log_bytes_peak ? *peak : c->log_bytes_peak;
        }
    }
}

/* Runs until the next check is due; false = nothing can happen any more or start-up failed. */
static bool run_to_check(struct sim_cluster *c, wg_time interval) {
    c->check_due = false;
    sim_cluster_push(c, c->now + interval, SIM_ITEM_CHECK, 0, 0, NULL);
    while (!c->check_due) {
        if (!sim_cluster_step(c) || c->failed_start) {
            return false;
        }
    }
    sample_logs(c);
    return true;
}

/* --- who waits for what ---------------------------------------------------------------------------- */

struct wait_reason {
    char text[300];
    uint32_t blame; /* enum sim_blame */
    wg_partition_id partition;
    int32_t exporter; /* index or -1 */
};

static void report_wait(struct sim_cluster *c, const struct wait_reason *why, const char *what) {
    struct sim_violation violation = {.invariant = "liveness",
                                      .blame = why->blame,
                                      .at = c->now,
                                      .partition = why->partition,
                                      .exporter = why->exporter};
    snprintf(violation.message, sizeof violation.message, "%s: %s", what, why->text);
    sim_judges_report(c->judges, &violation);
}

/* Writes why partition `p` is not settled; false = it is. */
static bool unsettled(const struct sim_cluster *c, wg_partition_id p, struct wait_reason *why) {
    const struct wg_partition_options *o = &c->partitions[p - 1];
    why->partition = p;
    if (sim_cluster_leader(c, p) == WG_NODE_NONE) {
        snprintf(why->text, sizeof why->text, "partition %u has no leader", p);
        return true;
    }
    for (uint32_t m = 0; m < o->member_count; m++) {
        const struct sim_broker *broker = c->brokers[o->members[m]];
        struct wg_partition_view view;
        if (broker->node == NULL || wg_node_inspect(broker->node, p, &view) != WG_OK) {
            snprintf(why->text, sizeof why->text, "broker %u is down", o->members[m]);
            return true;
        }
        if (view.failed || !view.services_installed) {
            snprintf(why->text, sizeof why->text, "broker %u has %s partition %u (role %d)", broker->id,
                     view.failed ? "given up" : "not finished installing", p, (int)view.role);
            return true;
        }
    }
    why->partition = 0;
    return false;
}

static bool cluster_unsettled(const struct sim_cluster *c, struct wait_reason *why) {
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        if (unsettled(c, p, why)) {
            return true;
        }
    }
    return false;
}

/* Whether a replica lags behind the leader in log, commit index or state. */
static bool replicas_differ(const struct sim_cluster *c, wg_partition_id p, struct wait_reason *why) {
    const struct wg_partition_options *o = &c->partitions[p - 1];
    struct wg_partition_view leader = {0};
    wg_node_id leading = sim_cluster_leader(c, p);
    why->partition = p;
    why->exporter = -1; /* one of another partition was looked at before */
    why->blame = SIM_BLAME_ENGINE;
    if (wg_node_inspect(c->brokers[leading]->node, p, &leader) != WG_OK ||
        leader.commit_index != leader.last_index) {
        snprintf(why->text, sizeof why->text, "the leader of partition %u (broker %u) has uncommitted entries", p,
                 leading);
        return true;
    }
    for (uint32_t m = 0; m < o->member_count; m++) {
        struct wg_partition_view view;
        if (wg_node_inspect(c->brokers[o->members[m]]->node, p, &view) != WG_OK ||
            view.last_index != leader.last_index || view.commit_index != leader.commit_index ||
            view.last_processed != leader.last_processed) {
            snprintf(why->text, sizeof why->text,
                     "broker %u lags in partition %u: log %llu commit %llu processed %lld, "
                     "leader has %llu %llu %lld",
                     o->members[m], p, (unsigned long long)view.last_index,
                     (unsigned long long)view.commit_index, (long long)view.last_processed,
                     (unsigned long long)leader.last_index,
                     (unsigned long long)leader.commit_index, (long long)leader.last_processed);
            return true;
        }
    }
    why->partition = 0;
    return false;
}

/* Handed everything over at least once, or told not to by an acknowledgement: then what is missing
 * is the exporter's doing. */
static bool exporter_had_all(const struct sim_cluster *c, wg_partition_id p, uint32_t exporter) {
    struct sim_export_stats stats;
    sim_judges_export_stats(c->judges, exporter, p, &stats);
    return stats.missing == 0 || stats.acked_missing;
}

/* The position that the exporter must have acknowledged. Records behind the last one it takes move
 * its position only when it had acknowledged everything before they came by. */
static wg_position last_owed(const struct sim_cluster *c, wg_partition_id p, uint32_t exporter,
                             wg_position last) {
    struct sim_export_stats stats;
    sim_judges_export_stats(c->judges, exporter, p, &stats);
    wg_position highest = stats.accepted == 0 ? WG_POSITION_NONE : stats.sink_highest;
    return sim_judges_all_delivered(c->judges, p, exporter) && highest < last ? highest : last;
}

/* Exporters get a record one after the other, so one that does not take it stops all. */
static void blame_refuser(const struct sim_cluster *c, wg_partition_id p, struct wait_reason *why) {
    int32_t refuser = sim_judges_refuser(c->judges, p);
    if (refuser < 0) {
        return;
    }
    size_t used = strlen(why->text);
    snprintf(why->text + used, sizeof why->text - used,
             "; exporter \"%s\" fails or does not answer, and stops them all",
             c->exporters[refuser].id);
    why->exporter = refuser;
    why->blame = SIM_BLAME_PLUGIN;
}

static bool not_exported(const struct sim_cluster *c, wg_partition_id p, struct wait_reason *why) {
    wg_position last = sim_judges_last_position(c->judges, p);
    const struct sim_broker *leader = c->brokers[sim_cluster_leader(c, p)];
    if (last <= 0) {
        return false; /* nothing was ever committed */
    }
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        wg_position stored = WG_POSITION_NONE;
        if (!sim_judges_owes(c->judges, p, e)) {
            continue;
        }
        why->partition = p;
        why->exporter = (int32_t)e;
        why->blame = exporter_had_all(c, p, e) ? SIM_BLAME_PLUGIN : SIM_BLAME_ENGINE;
        wg_position owed = last_owed(c, p, e, last);
        if (wg_node_exporter_position(leader->node, p, e, &stored) != WG_OK || stored < owed) {
            snprintf(why->text, sizeof why->text,
                     "exporter \"%s\" has acknowledged %lld of %lld in partition %u (leader is "
                     "broker %u)",
                     c->exporters[e].id, (long long)stored, (long long)owed, p, leader->id);
            blame_refuser(c, p, why);
            return true;
        }
        if (!sim_judges_all_delivered(c->judges, p, e)) {
            snprintf(why->text, sizeof why->text,
                     "records of partition %u up to %lld are missing in the sink of \"%s\"",
                     p, (long long)last, c->exporters[e].id);
            blame_refuser(c, p, why);
            return true;
        }
    }
    return false;
}

static bool not_converged(const struct sim_cluster *c, struct wait_reason *why) {
    *why = (struct wait_reason){.blame = SIM_BLAME_ENGINE, .exporter = -1};
    if (cluster_unsettled(c, why)) {
        return true;
    }
    if (sim_operator_waits(c, why->text, sizeof why->text)) {
        return true;
    }
    if (!sim_workload_idle(c->workload)) {
        snprintf(why->text, sizeof why->text, "clients and workers still have work to finish");
        return true;
    }
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        if (replicas_differ(c, p, why) || not_exported(c, p, why)) {
            return true;
        }
    }
    return false;
}

/* --- phases ------------------------------------------------------------------------------------------ */

static bool warm_up(struct sim_cluster *c) {
    struct wait_reason why = {.exporter = -1};
    enter(c, SIM_PHASE_WARMUP);
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        sim_cluster_push(c, 0, SIM_ITEM_BROKER_START, id, 0, NULL);
    }
    while (c->now < WARMUP_LIMIT) {
        if (!run_to_check(c, WARMUP_CHECK_EVERY)) {
            return false;
        }
        if (!cluster_unsettled(c, &why)) {
            return true;
        }
    }
    report_wait(c, &why, "warm-up did not end within 60 s");
    return false;
}

static wg_time chaos_end(const struct sim_cluster *c) {
    wg_time end = c->t0 + c->scenario->duration;
    for (uint32_t i = 0; i < c->scenario->workload_count; i++) {
        wg_time until = c->t0 + c->scenario->workloads[i].until;
        end = until > end ? until : end;
    }
    for (uint32_t i = 0; i < c->scenario->step_count; i++) {
        wg_time at = c->t0 + c->scenario->steps[i].at;
        end = at > end ? at : end;
    }
    wg_time busy = sim_fault_plan_busy_until(c->faults);
    return busy != WG_TIME_NEVER && busy > end ? busy : end;
}

static bool chaos(struct sim_cluster *c) {
    c->t0 = c->now;
    enter(c, SIM_PHASE_CHAOS);
    sim_workload_start(c->workload, c->now);
    sim_admin_start(c);
    sim_fault_plan_on_start(c->faults, c->t0);
    while (c->now < chaos_end(c) || (sim_fault_plan_waiting(c->faults) > 0 &&
                                     c->now < chaos_end(c) + TRIGGER_LIMIT)) {
        if (!run_to_check(c, CHECK_EVERY)) {
            return false;
        }
    }
    if (sim_fault_plan_waiting(c->faults) > 0) {
        report(c, "fault-target", SIM_BLAME_CONFIGURATION, 0,
               "%u fault(s) waited for an event that never came",
               sim_fault_plan_waiting(c->faults));
    }
    return true;
}

static bool heal(struct sim_cluster *c) {
    enter(c, SIM_PHASE_HEAL);
    sim_fault_plan_heal_all(c->faults, c->now);
    sim_net_calm(c->net);
    sim_tend_begin(c);
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, id, 0, NULL);
    }
    sim_admin_heal(c);
    sim_workload_stop_chaos(c->workload, c->now);
    return run_to_check(c, CHECK_EVERY);
}

/* Records of a partition that are still to come to exporters, over all of them. */
static uint64_t backlog(const struct sim_cluster *c, wg_partition_id p) {
    uint64_t sum = 0;
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        struct sim_export_stats stats = {0};
        sim_judges_export_stats(c->judges, e, p, &stats);
        sum += stats.waiting;
    }
    return sum;
}

/* What is owed in one partition. */
struct owed {
    uint64_t backlog; /* when it was looked at last */
    bool shrinks;     /* it was less than the time before */
};

struct patience {
    wg_time began, ends, ends_for_good, look_at;
    uint64_t backlog; /* of all partitions */
    bool shrinks;
    wg_time short_at; /* when a disk was last seen with too little room for commands to be processed */
    bool had_room;    /* a disk had room again shortly before the end, and that was waited for: once */
    struct owed *partitions;
};

static struct patience patience_from(const struct sim_cluster *c) {
    struct patience patience = {.began = c->now,
                                .ends = c->now + CONVERGE_LIMIT,
                                .ends_for_good = c->now + BACKLOG_LIMIT,
                                .look_at = c->now + BACKLOG_LOOK};
    patience.partitions = sim_must_alloc(c->partition_count * sizeof *patience.partitions);
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        patience.partitions[p - 1] = (struct owed){backlog(c, p), false};
        patience.backlog += patience.partitions[p - 1].backlog;
    }
    return patience;
}

static void look_at_backlog(const struct sim_cluster *c, struct patience *patience) {
    uint64_t sum = 0;
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        struct owed *owed = &patience->partitions[p - 1];
        uint64_t left = backlog(c, p);
        *owed = (struct owed){left, left < owed->backlog};
        sum += left;
    }
    patience->shrinks = sum < patience->backlog;
    patience->backlog = sum;
    patience->look_at += BACKLOG_LOOK;
}

static bool is_short_of_room(const struct sim_cluster *c) {
    bool is = false;
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        is = is || sim_disk_free_bytes(c->brokers[id]->disk) < c->scenario->cluster.min_free_processing;
    }
    return is;
}

/* Who works through what is owed has not failed yet, nor who has got room again just now; that counts once. */
static bool is_worn_out(const struct sim_cluster *c, struct patience *patience) {
    if (c->now >= patience->look_at) {
        look_at_backlog(c, patience);
    }
    patience->short_at = is_short_of_room(c) ? c->now : patience->short_at;
    bool has_again = patience->short_at != 0 && patience->short_at != c->now &&
                     c->now - patience->short_at < ROOM_AGAIN;
    if (c->now >= patience->ends && has_again && !patience->had_room) {
        patience->had_room = true;
        patience->ends = c->now + ROOM_AGAIN;
    }
    if (c->now >= patience->ends && patience->shrinks && c->now < patience->ends_for_good) {
        patience->ends += BACKLOG_LOOK;
    }
    return c->now >= patience->ends;
}

/* Load and sinks, or load and disks, do not fit together: then nobody but the scenario is to blame
 * that not all has come through. Weighed for each partition; what concerns none of them (clients that are
 * not done) is excused by any. */
static void give_up(struct sim_cluster *c, struct wait_reason *why,
                    const struct patience *patience) {
    bool excused = false;
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        char story[160] = "";
        bool concerned = why->partition == 0 || why->partition == p;
        bool slow = patience->partitions[p - 1].shrinks;
        bool full = sim_fit_is_full(c, p, story, sizeof story) ||
                    sim_fit_is_slow(c, p, story, sizeof story);
        if (slow || full) {
            sim_judges_excuse_backlog(c->judges, p);
        }
        if (concerned && !excused && story[0] != 0) {
            size_t used = strlen(why->text);
            snprintf(why->text + used, sizeof why->text - used, "; %s", story);
        }
        excused = excused || (concerned && ((slow && why->exporter >= 0) ||
                                            (full && why->blame == SIM_BLAME_ENGINE)));
    }
    why->blame = excused ? SIM_BLAME_CONFIGURATION : why->blame;
    char what[80];
    snprintf(what, sizeof what, "did not converge within %lld min after everything was healed",
             (long long)((c->now - patience->began) / WG_MINUTE));
    report_wait(c, why, what);
}

static void verify(struct sim_cluster *c) {
    struct wait_reason why = {.exporter = -1};
    enter(c, SIM_PHASE_VERIFY);
    wg_time trickle_until = c->now + 2 * c->scenario->cluster.snapshot_period +
                            2 * c->scenario->cluster.distribution_interval + 15 * WG_SECOND;
    while (c->now < trickle_until) {
        if (!run_to_check(c, CHECK_EVERY)) {
            return;
        }
        sim_tend(c);
    }
    sim_workload_quiesce(c->workload, c->now);
    struct patience patience = patience_from(c);
    bool goes_on = true;
    while (goes_on && not_converged(c, &why)) {
        if (is_worn_out(c, &patience)) {
            give_up(c, &why, &patience);
            goes_on = false;
        } else {
            goes_on = run_to_check(c, CHECK_EVERY);
        }
        if (goes_on) {
            sim_tend(c);
        }
    }
    free(patience.partitions);
}

void sim_phases_run(struct sim_cluster *c) {
    if (warm_up(c) && chaos(c) && heal(c)) {
        verify(c);
    }
    if (c->failed_start) {
        return;
    }
    enter(c, SIM_PHASE_END);
    sim_judges_finish(c->judges, c->now);
}
