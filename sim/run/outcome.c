/* Fills the result of a run: counts, duplicates, retention, violations, and the verdict after the
 * scenario's expectations. A violation that `expect: violation` asks for is shown but does not
 * fail the run; one asked for that did not come does. */
#include "sim/run/outcome.h"

#include "codec/values.h"
#include "sim/scenario/verdict_rules.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text) {
    size_t len = strlen(text) + 1;
    return memcpy(sim_must_alloc(len), text, len);
}

static struct wg_result_violation *add_violation(struct wg_run_result *r) {
    r->violations = sim_must_realloc(r->violations, (r->violation_count + 1) * sizeof *r->violations);
    struct wg_result_violation *v = &r->violations[r->violation_count++];
    memset(v, 0, sizeof *v);
    return v;
}

static void add_expectation(struct wg_run_result *r, uint32_t line, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add_expectation(struct wg_run_result *r, uint32_t line, const char *what, const char *format, ...) {
    char text[400];
    int used = snprintf(text, sizeof text, "expectation in line %u not met: %s: ", line, what);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, args);
    va_end(args);
    struct wg_result_violation *v = add_violation(r);
    v->invariant = copy_text("expectation");
    v->blame = copy_text("configuration");
    v->message = copy_text(text);
}

/* --- counts ------------------------------------------------------------------------------------- */

static void fill_violations(struct sim_cluster *c, struct wg_run_result *r) {
    for (uint32_t i = 0; i < sim_judges_violation_count(c->judges); i++) {
        const struct sim_violation *from = sim_judges_violation(c->judges, i);
        struct wg_result_violation *v = add_violation(r);
        v->invariant = copy_text(from->invariant);
        v->blame = copy_text(sim_blame_text(from->blame));
        v->message = copy_text(from->message);
        v->at_ns = from->at - c->t0;
        v->partition = from->partition;
        v->exporter = from->exporter < 0 ? NULL : copy_text(c->exporters[from->exporter].id);
    }
}

static void fill_exports(struct sim_cluster *c, struct wg_run_result *r) {
    uint32_t count = c->scenario->exporter_count * c->partition_count;
    r->exports = sim_must_alloc((count + 1) * sizeof *r->exports);
    r->export_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct sim_export_stats stats;
        uint32_t exporter = i / c->partition_count;
        wg_partition_id partition = i % c->partition_count + 1;
        sim_judges_export_stats(c->judges, exporter, partition, &stats);
        struct wg_result_export *e = &r->exports[i];
        *e = (struct wg_result_export){.exporter = copy_text(c->exporters[exporter].id),
                                       .partition = partition,
                                       .accepted = stats.accepted,
                                       .delivered = stats.delivered,
                                       .duplicates = stats.duplicates,
                                       .bursts = stats.bursts,
                                       .longest_burst = stats.longest_burst};
        for (uint32_t cause = 0; cause < 8; cause++) {
            e->causes[cause] = stats.by_cause[cause];
        }
        r->exported += stats.delivered;
        r->duplicates += stats.duplicates;
    }
}

/* The exporter with the lowest stored position of that replica, or NULL. */
static const char *holder(const struct sim_cluster *c, const struct sim_broker *broker,
                          wg_partition_id partition) {
    wg_position lowest = WG_POSITION_MAX;
    const char *id = NULL;
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        wg_position position;
        if (wg_node_exporter_position(broker->node, partition, e, &position) == WG_OK &&
            position < lowest) {
            lowest = position;
            id = c->exporters[e].id;
        }
    }
    return id;
}

static void fill_retention(struct sim_cluster *c, struct wg_run_result *r) {
    uint32_t capacity = c->broker_count * c->partition_count;
    r->retention = sim_must_alloc((capacity + 1) * sizeof *r->retention);
    for (wg_node_id n = 0; n < c->broker_count; n++) {
        for (wg_partition_id p = 1; p <= c->partition_count; p++) {
            const struct sim_broker *broker = c->brokers[n];
            struct wg_partition_view view;
            if (broker->node == NULL || wg_node_inspect(broker->node, p, &view) != WG_OK) {
                continue;
            }
            const char *id = holder(c, broker, p);
            r->retention[r->retention_count++] = (struct wg_result_retention){
                .broker = n,
                .partition = p,
                .log_bytes_peak = c->replica_peak[(size_t)n * c->partition_count + p - 1],
                .log_bytes_final = view.log_bytes,
                .lowest_exporter_position = view.lowest_exported,
                .held_by = id == NULL ? NULL : copy_text(id)};
            if (view.log_bytes > r->log_bytes_final) {
                r->log_bytes_final = view.log_bytes;
            }
        }
    }
    r->log_bytes_peak = c->log_bytes_peak;
}

static void add_counter(struct wg_run_result *r, const char *prefix, const char *name,
                        uint64_t value) {
    char text[96];
    snprintf(text, sizeof text, "%s%s", prefix, name);
    r->counters = sim_must_realloc(r->counters, (r->counter_count + 1) * sizeof *r->counters);
    r->counters[r->counter_count++] = (struct wg_result_counter){copy_text(text), value};
}

static uint64_t on_one_disk(const struct sim_disk_counters *disk, uint32_t kind) {
    const uint64_t *errors = disk->errors;
    switch (kind) {
    case SIM_FAULT_DISK_SLOW:
        return disk->slowed;
    case SIM_FAULT_DISK_FULL:
        return disk->refused + disk->crossings;
    case SIM_FAULT_DISK_WRITE_ERROR:
        return errors[SIM_CALL_WRITE] + errors[SIM_CALL_RESIZE] + errors[SIM_CALL_NAME];
    case SIM_FAULT_DISK_SYNC_ERROR:
        return errors[SIM_CALL_SYNC];
    case SIM_FAULT_DISK_READ_ERROR:
        return errors[SIM_CALL_READ] + errors[SIM_CALL_OPEN];
    case SIM_FAULT_DISK_BIT_ROT:
        return disk->rotten_bits;
    case SIM_FAULT_DISK_MISDIRECTED_WRITE:
        return disk->misdirected;
    default:
        return disk->wiped_files;
    }
}

static uint64_t disk_fault_effect(const struct sim_cluster *c, uint32_t kind) {
    uint64_t sum = 0;
    for (wg_node_id n = 0; n < c->broker_count; n++) {
        struct sim_disk_counters disk = sim_disk_counters(c->brokers[n]->disk);
        sum += on_one_disk(&disk, kind);
    }
    return sum;
}

/* What each fault kind achieved, from the world's own counters. */
static uint64_t fault_effect(const struct sim_cluster *c, uint32_t kind) {
    struct sim_net_counters net = sim_net_counters(c->net);
    struct sim_plugin_counters port = sim_plugin_port_counters(c->port);
    uint64_t torn = 0, lost = 0;
    for (wg_node_id n = 0; n < c->broker_count; n++) {
        struct sim_disk_counters disk = sim_disk_counters(c->brokers[n]->disk);
        torn += disk.torn_writes;
        lost += disk.lost_writes + disk.torn_writes;
    }
    switch ((enum sim_fault_kind)kind) {
    case SIM_FAULT_BROKER_KILL:
    case SIM_FAULT_BROKER_STOP:
        return c->ended[kind == SIM_FAULT_BROKER_KILL ? SIM_END_KILL : SIM_END_STOP];
    case SIM_FAULT_BROKER_POWER_LOSS:
    case SIM_FAULT_CLUSTER_POWER_LOSS:
        return lost;
    case SIM_FAULT_NETWORK_PARTITION:
        return net.lost_partition;
    case SIM_FAULT_NETWORK_LOSS:
        return net.lost_random;
    case SIM_FAULT_NETWORK_DUPLICATE:
        return net.duplicated;
    case SIM_FAULT_NETWORK_REORDER:
        return net.reordered;
    case SIM_FAULT_NETWORK_LATENCY:
        return net.slowed;
    case SIM_FAULT_DISK_TORN_WRITES:
        return torn;
    case SIM_FAULT_EXPORTER_ERROR:
        return port.injected_errors;
    case SIM_FAULT_SINK_DOWN:
        return port.sink_refusals;
    case SIM_FAULT_SINK_SLOW:
        return port.sink_slowed;
    case SIM_FAULT_NETWORK_CLOG:
        return net.held;
    case SIM_FAULT_NETWORK_FLAP:
        return net.lost_flap;
    case SIM_FAULT_DISK_SLOW:
    case SIM_FAULT_DISK_FULL:
    case SIM_FAULT_DISK_WRITE_ERROR:
    case SIM_FAULT_DISK_SYNC_ERROR:
    case SIM_FAULT_DISK_READ_ERROR:
    case SIM_FAULT_DISK_BIT_ROT:
    case SIM_FAULT_DISK_MISDIRECTED_WRITE:
    case SIM_FAULT_BROKER_WIPE:
        return disk_fault_effect(c, kind);
    case SIM_FAULT_BROKER_PAUSE:
    case SIM_FAULT_BROKER_SLOW:
    case SIM_FAULT_CLOCK_JUMP:
    case SIM_FAULT_CLOCK_DRIFT:
    case SIM_FAULT_EXPORTING_PAUSE:
    case SIM_FAULT_EXPORTING_SOFT_PAUSE:
    case SIM_FAULT_PROCESSING_PAUSE:
    case SIM_FAULT_CLUSTER_REBALANCE:
    case SIM_FAULT_BROKER_DUPLICATE:
    case SIM_FAULT_EXPORTER_DISABLE:
    case SIM_FAULT_EXPORTER_UNCONFIGURE:
    case SIM_FAULT_BROKER_POWER_LOSS_AT_WORK:
        return c->fault_effects[kind];
    case SIM_FAULT_NETWORK_MESSAGE_LOSS:
        return net.lost_kind;
    case SIM_FAULT_KIND_COUNT:
        break;
    }
    return 0;
}

static void add_reached(void *ctx, const char *name, uint64_t count) {
    struct wg_run_result *r = ctx;
    r->coverage = sim_must_realloc(r->coverage, (r->coverage_count + 1) * sizeof *r->coverage);
    r->coverage[r->coverage_count++] = (struct wg_result_counter){copy_text(name), count};
}

static void fill_counters(struct sim_cluster *c, struct wg_run_result *r) {
    const struct sim_fault_counters *f = sim_fault_plan_counters(c->faults);
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        if (f->fired[kind] == 0 && f->skipped[kind] == 0) {
            continue;
        }
        add_counter(r, "fault.fired.", sim_fault_row(kind)->name, f->fired[kind]);
        add_counter(r, "fault.effect.", sim_fault_row(kind)->name, fault_effect(c, kind));
        add_counter(r, "fault.skipped.", sim_fault_row(kind)->name, f->skipped[kind]);
    }
    for (uint32_t event = 0; event < SIM_TRIGGER_COUNT; event++) {
        if (c->reached[event] > 0) {
            add_counter(r, "reached.", sim_trigger_row(event)->name, c->reached[event]);
        }
    }
    struct sim_workload_counters w = sim_workload_counters(c->workload);
    add_counter(r, "client.", "requests", w.requests);
    add_counter(r, "client.", "replies", w.replies);
    add_counter(r, "client.", "timeouts", w.timeouts);
    add_counter(r, "client.", "instancesCreated", w.instances_created);
    add_counter(r, "client.", "jobsCompleted", w.jobs_completed);
    add_counter(r, "client.", "jobsFailed", w.jobs_failed);
    add_counter(r, "client.", "incidentsResolved", w.incidents_resolved);
    const struct {
        const char *name;
        uint64_t value;
    } more[] = {{"retries", w.retries},     {"givenUp", w.given_up}, {"jobsSlow", w.slow_jobs},
                {"jobsLost", w.lost_jobs}, {"workersCrashed", w.crashes},
                {"overLimit", w.over_limit}};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (more[i].value > 0) {
            add_counter(r, "client.", more[i].name, more[i].value);
        }
    }
    add_counter(r, "engine.", "steps", c->steps);
    if (c->assertions > 0) {
        add_counter(r, "engine.", "assertionsReported", c->assertions);
    }
    add_counter(r, "memory.", "peakBytes", sim_pool_stats(c->pool).peak_bytes);
}

/* --- metrics, under the names that Zeebe's director publishes (exporters 8) ------------------------ */

static void add_metric(struct wg_run_result *r, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_metric(struct wg_run_result *r, uint64_t value, const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->metrics = sim_must_realloc(r->metrics, (r->metric_count + 1) * sizeof *r->metrics);
    r->metrics[r->metric_count++] = (struct wg_result_counter){copy_text(text), value};
}

static void add_events(struct wg_run_result *r, wg_node_id n, wg_partition_id p,
                       const char *action, const uint64_t *by_type) {
    for (uint32_t type = 0; type < 256; type++) {
        const char *name = wg_value_type_name((uint8_t)type);
        if (by_type[type] > 0 && name != NULL) {
            add_metric(r, by_type[type],
                       "zeebe_exporter_events_total{broker=\"%u\",partition=\"%u\",action=\"%s\","
                       "valueType=\"%s\"}", n, p, action, name);
        }
    }
}

static void add_gauge(const struct sim_cluster *c, struct wg_run_result *r, wg_node_id n,
                      wg_partition_id p, const char *name, const wg_position *by_exporter) {
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        if (by_exporter[e] != WG_POSITION_NONE) {
            add_metric(r, (uint64_t)by_exporter[e],
                       "%s{broker=\"%u\",exporter=\"%s\",partition=\"%u\"}", name, n,
                       c->exporters[e].id, p);
        }
    }
}

/* Of the processes that run at the end, since they started, as a scrape would find them. */
static void fill_metrics(const struct sim_cluster *c, struct wg_run_result *r) {
    for (wg_node_id n = 0; n < c->broker_count; n++) {
        for (wg_partition_id p = 1; p <= c->partition_count && c->brokers[n]->node != NULL; p++) {
            const struct wg_exporter_metrics *m = wg_node_exporter_metrics(c->brokers[n]->node, p);
            if (m == NULL) {
                continue;
            }
            add_events(r, n, p, "exported", m->exported);
            add_events(r, n, p, "skipped", m->skipped);
            add_gauge(c, r, n, p, "zeebe_exporter_last_exported_position", m->last_exported);
            add_gauge(c, r, n, p, "zeebe_exporter_last_updated_exported_position", m->last_updated);
            add_metric(r, m->state, "zeebe_exporter_state{broker=\"%u\",partition=\"%u\"}", n, p);
        }
    }
}

/* --- expectations ---------------------------------------------------------------------------------- */

static void expect_ratio(const struct sim_cluster *c, struct wg_run_result *r,
                         const struct sim_expect_options *e) {
    for (uint32_t x = 0; x < c->scenario->exporter_count; x++) {
        if (e->exporter >= 0 && (uint32_t)e->exporter != x) {
            continue;
        }
        uint64_t delivered = 0, duplicates = 0;
        for (uint32_t i = 0; i < c->partition_count; i++) {
            delivered += r->exports[x * c->partition_count + i].delivered;
            duplicates += r->exports[x * c->partition_count + i].duplicates;
        }
        uint64_t first = delivered - duplicates;
        uint64_t ratio = first == 0 ? 0 : duplicates * 1000000 / first;
        if (ratio < e->min || ratio > e->max) {
            add_expectation(r, e->line, "duplicates.ratio",
                            "exporter \"%s\" has %llu duplicates on %llu records (%llu per million)",
                            c->exporters[x].id, (unsigned long long)duplicates,
                            (unsigned long long)first, (unsigned long long)ratio);
        }
    }
}

static void expect_log_bytes(struct wg_run_result *r, const struct sim_expect_options *e) {
    for (uint32_t i = 0; i < r->retention_count; i++) {
        const struct wg_result_retention *t = &r->retention[i];
        uint64_t bytes = e->at_peak ? t->log_bytes_peak : t->log_bytes_final;
        if (bytes < e->min || bytes > e->max) {
            add_expectation(r, e->line, "logBytes", "broker %u partition %u has %llu bytes at its %s",
                            t->broker, t->partition, (unsigned long long)bytes,
                            e->at_peak ? "peak" : "end");
        }
    }
}

static struct sim_seen_violation seen_of(const struct wg_result_violation *v) {
    return (struct sim_seen_violation){v->invariant, v->blame, v->exporter, v->partition};
}

static void expect_violation(const struct sim_cluster *c, struct wg_run_result *r,
                             const struct sim_expect_options *e) {
    bool found = false;
    for (uint32_t i = 0; i < r->violation_count; i++) {
        struct sim_seen_violation seen = seen_of(&r->violations[i]);
        if (sim_expects_violation(c->scenario, e, &seen)) {
            r->violations[i].expected = true;
            found = true;
        }
    }
    if (!found) {
        add_expectation(r, e->line, "violation", "no violation of %s%s%s", e->invariant,
                        e->blame == UINT32_MAX ? "" : " with blame ",
                        e->blame == UINT32_MAX ? "" : sim_blame_text(e->blame));
    }
}

/* Marks them if there are no more than the bound; if there are more, none is tolerated. */
static void tolerate(const struct sim_cluster *c, struct wg_run_result *r,
                     const struct sim_tolerate_options *t) {
    uint32_t found = 0;
    uint32_t last = r->violation_count;
    for (uint32_t i = 0; i < last; i++) {
        struct sim_seen_violation seen = seen_of(&r->violations[i]);
        bool meant = wg_violation_counts(&r->violations[i]) &&
                     sim_tolerates_violation(c->scenario, t, &seen);
        found += meant ? 1 : 0;
    }
    if (found > t->max) {
        add_expectation(r, t->line, "tolerate", "%u violations of %s, at most %u are tolerated",
                        found, t->invariant, t->max);
        return;
    }
    for (uint32_t i = 0; i < last; i++) {
        struct sim_seen_violation seen = seen_of(&r->violations[i]);
        if (wg_violation_counts(&r->violations[i]) &&
            sim_tolerates_violation(c->scenario, t, &seen)) {
            r->violations[i].tolerated = copy_text(t->reason);
        }
    }
}

static void expect_reached(const struct sim_cluster *c, struct wg_run_result *r,
                           const struct sim_expect_options *e) {
    uint64_t times =
        e->exporter < 0 ? c->reached[e->event]
                        : c->reached_by[(size_t)e->exporter * SIM_TRIGGER_COUNT + e->event];
    if (times < e->min || times > e->max) {
        add_expectation(r, e->line, "reached", "%s happened %llu times",
                        sim_trigger_row(e->event)->name, (unsigned long long)times);
    }
}

static void expect_answer(const struct sim_cluster *c, struct wg_run_result *r, uint32_t index) {
    const struct sim_expect_options *e = &c->scenario->expects[index];
    uint64_t times = sim_management_matches(c, index);
    char seen[200] = "";
    for (uint32_t i = 0; i < r->answer_count; i++) {
        size_t used = strlen(seen);
        if (r->answers[i].step == e->step && used + 24 < sizeof seen) {
            snprintf(seen + used, sizeof seen - used, "%s%u", used == 0 ? "; its answers: " : ", ",
                     r->answers[i].status);
        }
    }
    if (times < e->min || times > e->max) {
        add_expectation(r, e->line, "answer", "step %u (%s) was answered like that %llu times%s",
                        e->step, sim_step_name(c->scenario->steps[e->step - 1].action),
                        (unsigned long long)times, seen);
    }
}

static void weigh_expectations(struct sim_cluster *c, struct wg_run_result *r) {
    for (uint32_t i = 0; i < c->scenario->expect_count; i++) {
        const struct sim_expect_options *e = &c->scenario->expects[i];
        switch ((enum sim_expect_kind)e->kind) {
        case SIM_EXPECT_DUPLICATES_RATIO:
            expect_ratio(c, r, e);
            break;
        case SIM_EXPECT_LOG_BYTES:
            expect_log_bytes(r, e);
            break;
        case SIM_EXPECT_VIOLATION:
            expect_violation(c, r, e);
            break;
        case SIM_EXPECT_REACHED:
            expect_reached(c, r, e);
            break;
        case SIM_EXPECT_ANSWER:
            expect_answer(c, r, i);
            break;
        }
    }
}

void sim_outcome_fill(struct sim_cluster *c, int status, const char *message,
                      struct wg_run_result *r) {
    char replay[1200];
    r->scenario = copy_text(c->scenario->name);
    r->scenario_path = copy_text(c->scenario->path == NULL ? "" : c->scenario->path);
    r->seed = c->run->seed;
    snprintf(replay, sizeof replay, "waggle replay %s --seed %llu", r->scenario_path,
             (unsigned long long)r->seed);
    r->replay = copy_text(replay);
    if (status != SIM_RUN_OK) {
        r->verdict = WG_ERROR;
        r->error = copy_text(message);
        return;
    }
    r->hash = c->hash.value;
    r->claim_hash = c->claim_hash.value;
    r->sim_ns = c->now;
    r->events = c->events;
    r->committed = sim_judges_committed(c->judges, 0);
    fill_violations(c, r);
    fill_exports(c, r);
    fill_retention(c, r);
    fill_counters(c, r);
    if (c->coverage != NULL) {
        sim_coverage_each(c->coverage, add_reached, r);
    }
    fill_metrics(c, r);
    sim_management_end(c, r);
    uint32_t judged = r->violation_count;
    weigh_expectations(c, r);
    for (uint32_t i = 0; i < c->scenario->tolerate_count; i++) {
        tolerate(c, r, &c->scenario->tolerates[i]);
    }
    for (uint32_t i = judged; i < r->violation_count; i++) {
        r->violations[i].at_ns = c->now - c->t0; /* what is missing is missing at the end */
    }
    r->verdict = WG_PASSED;
    for (uint32_t i = 0; i < r->violation_count; i++) {
        if (wg_violation_counts(&r->violations[i])) {
            r->verdict = WG_FAILED;
        }
    }
}
