/* Writes a scenario with everything resolved. Invariant: loading the text and dumping again gives
 * the same text. */
#include "sim/scenario/scenario_dump.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/step_table.h"
#include "sim/scenario/trigger_table.h"
#include "sim/scenario/verdict_rules.h"

#include <inttypes.h>
#include <string.h>

/* Texts are always quoted, so that no reader can take them for something else. */
static void put_text(const char *text, FILE *out) {
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\x%02x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void put_time(wg_time ns, FILE *out) {
    static const struct {
        const char *unit;
        wg_time ns;
    } units[] = {{"h", 60 * WG_MINUTE}, {"m", WG_MINUTE}, {"s", WG_SECOND},
                 {"ms", WG_MS},         {"us", WG_US},    {"ns", 1}};
    size_t i = 0;
    while (units[i].ns > 1 && (ns == 0 || ns % units[i].ns != 0)) {
        i++;
    }
    fprintf(out, "%" PRId64 "%s", ns / units[i].ns, units[i].unit);
}

static void put_size(uint64_t bytes, FILE *out) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t i = 0;
    while (i < 3 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        i++;
    }
    fprintf(out, "%" PRIu64 "%s", bytes, units[i]);
}

static void put_percent(uint64_t per_million, FILE *out) {
    fprintf(out, "%" PRIu64 ".%04" PRIu64 "%%", per_million / 10000, per_million % 10000);
}

static void put_latency(struct sim_latency latency, FILE *out) {
    fputs("{ base: ", out);
    put_time(latency.base, out);
    fputs(", jitter: ", out);
    put_time(latency.jitter, out);
    fputs(" }", out);
}

static void put_quirks(uint64_t quirks, FILE *out) {
    const char *before = "  quirks: [";
    for (int quirk = 0; quirk < WG_QUIRK_COUNT; quirk++) {
        if ((quirks & wg_quirk_bit((enum wg_quirk)quirk)) != 0) {
            fprintf(out, "%s%s", before, wg_quirk_name((enum wg_quirk)quirk));
            before = ", ";
        }
    }
    fputs(quirks == 0 ? "" : "]\n", out);
}

/* Nothing where it is as it is by default. */
static void put_flow_control(const struct sim_cluster_options *cluster, FILE *out) {
    static const char *const switches[] = {"false", "true"};
    const struct wg_limit_options *o = &cluster->request_limit;
    struct wg_node_options standard;
    wg_node_options_init(&standard);
    if (memcmp(o, &standard.request_limit, sizeof *o) == 0 && cluster->append_limited != 0 &&
        cluster->append_limit == standard.append_limit) {
        return;
    }
    fprintf(out, "\n  flowControl:\n    request: { enabled: %s, algorithm: %s, useWindowed: %s,",
            switches[o->enabled], o->algorithm == WG_LIMIT_AIMD ? "aimd" : "fixed",
            switches[o->windowed]);
    fputs(" aimd: { requestTimeout: ", out);
    put_time(o->expected_rtt, out);
    fprintf(out, ", initialLimit: %u, minLimit: %u, maxLimit: %u, backoffRatio: ", o->initial,
            o->least, o->most);
    put_percent(o->backoff_per_million, out);
    fprintf(out, " }, fixed: { limit: %u } }\n    append: { enabled: %s, fixed: { limit: %u } }",
            o->fixed, switches[cluster->append_limited], cluster->append_limit);
}

static void put_cluster(const struct sim_cluster_options *cluster, FILE *out) {
    fprintf(out, "cluster:\n  brokers: %u\n  partitions: %u\n  replicationFactor: %u\n",
            cluster->brokers, cluster->partitions, cluster->replication_factor);
    fprintf(out, "  behaviour: %s\n",
            cluster->behaviour == WG_BEHAVIOUR_ZEEBE_8_6 ? "zeebe-8.6" : "documented");
    put_quirks(cluster->quirks, out);
    fputs(cluster->distribute_deployments ? "  deployments: distributed\n" : "", out);
    fputs("  logSegmentSize: ", out);
    put_size(cluster->segment_bytes, out);
    fputs("\n  snapshotChunkSize: ", out);
    put_size(cluster->snapshot_chunk_bytes, out);
    fputs("\n  snapshotPeriod: ", out);
    put_time(cluster->snapshot_period, out);
    if (cluster->skip_record_count > 0) {
        fputs("\n  skipRecords: [", out);
        for (uint32_t i = 0; i < cluster->skip_record_count; i++) {
            fprintf(out, "%s%lld", i == 0 ? "" : ", ", (long long)cluster->skip_records[i]);
        }
        fputc(']', out);
    }
    fputs("\n  distributionInterval: ", out);
    put_time(cluster->distribution_interval, out);
    fputs("\n  network:\n    latency: ", out);
    put_latency(cluster->network, out);
    fputs("\n    loss: ", out);
    put_percent(cluster->network_loss, out);
    fputs("\n    duplicate: ", out);
    put_percent(cluster->network_duplicate, out);
    fputs("\n    reorder: ", out);
    put_percent(cluster->network_reorder, out);
    put_flow_control(cluster, out);
    fputs("\n  disk:\n    size: ", out);
    put_size(cluster->disk_bytes, out);
    fputs("\n    freeSpace: { processing: ", out);
    put_size(cluster->min_free_processing, out);
    fputs(", replication: ", out);
    put_size(cluster->min_free_replication, out);
    fputs(" }", out);
    fputs("\n    sync: ", out);
    put_time(cluster->disk_sync, out);
    fputs("\n    writePerKiB: ", out);
    put_time(cluster->disk_write_per_kib, out);
    fprintf(out, "\n  costs: %s\n", cluster->zero_costs ? "none" : "default");
    fputs("  clockSkew: ", out);
    put_time(cluster->clock_skew, out);
    fputc('\n', out);
}

void sim_scenario_bpmn_name(const struct sim_scenario *scenario, uint32_t process, char *out,
                            size_t size) {
    snprintf(out, size, "%s.%u.bpmn", scenario->name, process + 1);
}

static void put_processes(const struct sim_scenario *scenario, FILE *out) {
    fputs(scenario->process_count == 0 ? "" : "processes:\n", out);
    for (uint32_t i = 0; i < scenario->process_count; i++) {
        if (scenario->processes[i].file != NULL) {
            char name[SIM_BPMN_NAME_ROOM];
            sim_scenario_bpmn_name(scenario, i, name, sizeof name);
            fprintf(out, "  - { bpmn: \"%s\" }\n", name);
        } else {
            fprintf(out, "  - %s\n", scenario->processes[i].text);
        }
    }
}

static void put_ramp(const struct sim_workload_options *workload, FILE *out) {
    fprintf(out, "rate: { from: %" PRIu64 "/h, to: %" PRIu64 "/h, over: ", workload->rate_per_hour,
            workload->rate_to_per_hour);
    put_time(workload->ramp, out);
    fputs(" }, ", out);
}

/* How instances come about; what is off is left out. */
static void put_arrivals(const struct sim_workload_options *workload, FILE *out) {
    if (workload->ramp > 0) {
        put_ramp(workload, out);
    } else if (workload->rate_per_hour > 0) {
        fprintf(out, "rate: %" PRIu64 "/h, ", workload->rate_per_hour);
    }
    if (workload->burst_size > 0) {
        fprintf(out, "burst: { size: %u, every: ", workload->burst_size);
        put_time(workload->burst_every, out);
        fputs(" }, ", out);
    }
    if (workload->clients > 0) {
        fprintf(out, "clients: %u, think: ", workload->clients);
        put_time(workload->think, out);
        fputs(", ", out);
    }
    if (workload->timeout > 0) {
        fputs("timeout: ", out);
        put_time(workload->timeout, out);
        fputs(", ", out);
    }
    if (workload->retries > 0) {
        fprintf(out, "retries: %u, ", workload->retries);
    }
}

/* Only where they are not as they are by default. */
static void put_workers(const struct sim_worker_options *workers, FILE *out) {
    static const struct sim_worker_options standard = SIM_WORKERS_STANDARD;
    if (workers->count == standard.count && workers->jobs_per_request == standard.jobs_per_request &&
        workers->timeout == standard.timeout && workers->slow_per_million == 0 &&
        workers->crash_per_million == 0 && workers->slow_by == standard.slow_by &&
        workers->restart_after == standard.restart_after) {
        return;
    }
    fprintf(out, ", workers: { count: %u, jobsPerRequest: %u, timeout: ", workers->count,
            workers->jobs_per_request);
    put_time(workers->timeout, out);
    fputs(", slow: ", out);
    put_percent(workers->slow_per_million, out);
    fputs(", slowBy: ", out);
    put_time(workers->slow_by, out);
    fputs(", crash: ", out);
    put_percent(workers->crash_per_million, out);
    fputs(", restartAfter: ", out);
    put_time(workers->restart_after, out);
    fputs(" }", out);
}

static void put_messages(const struct sim_workload_options *workload, FILE *out) {
    static const struct sim_message_options standard = SIM_MESSAGES_STANDARD;
    const struct sim_message_options *messages = &workload->messages;
    if (messages->ttl != standard.ttl || messages->early_per_million != standard.early_per_million ||
        messages->repeat_per_million != standard.repeat_per_million ||
        messages->share_per_million != standard.share_per_million) {
        fputs(", messages: { ttl: ", out);
        put_time(messages->ttl, out);
        fputs(", early: ", out);
        put_percent(messages->early_per_million, out);
        fputs(", repeats: ", out);
        put_percent(messages->repeat_per_million, out);
        fputs(", shared: ", out);
        put_percent(messages->share_per_million, out);
        fputs(" }", out);
    }
    if (workload->redeploy > 0) {
        fputs(", redeploy: ", out);
        put_time(workload->redeploy, out);
    }
    if (workload->trickle > 0) {
        fputs(", trickle: ", out);
        put_time(workload->trickle, out);
    }
}

/* Left out if there is none. */
static void put_share(const char *key, uint32_t per_million, FILE *out) {
    if (per_million > 0) {
        fputs(key, out);
        put_percent(per_million, out);
    }
}

static void put_workloads(const struct sim_scenario *scenario, FILE *out) {
    fputs(scenario->workload_count == 0 ? "" : "workload:\n", out);
    for (uint32_t i = 0; i < scenario->workload_count; i++) {
        const struct sim_workload_options *workload = &scenario->workloads[i];
        fputs("  - { process: ", out);
        put_text(workload->process == SIM_PROCESS_ONE_TASK
                     ? "one-task"
                     : scenario->processes[workload->process - 1].id, out);
        fputs(", ", out);
        put_arrivals(workload, out);
        fputs("from: ", out);
        put_time(workload->from, out);
        fputs(", until: ", out);
        put_time(workload->until, out);
        fputs(", failures: ", out);
        put_percent(workload->fail_per_million, out);
        if (workload->retry_backoff > 0) {
            fputs(", retryBackoff: ", out);
            put_time(workload->retry_backoff, out);
        }
        put_share(", cancels: ", workload->cancel_per_million, out);
        put_share(", errors: ", workload->error_per_million, out);
        put_share(", poison: ", workload->poison_per_million, out);
        fputs(", variables: ", out);
        put_size(workload->variable_bytes, out);
        put_workers(&workload->workers, out);
        put_messages(workload, out);
        fputs(" }\n", out);
    }
}

static void put_exporters(const struct sim_scenario *scenario, FILE *out) {
    fputs(scenario->exporter_count == 0 ? "" : "exporters:\n", out);
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        const struct sim_exporter_options *exporter = &scenario->exporters[i];
        fputs("  - id: ", out);
        put_text(exporter->id, out);
        fprintf(out, "\n    %s: ", exporter->path != NULL ? "path" : "type");
        put_text(exporter->path != NULL ? exporter->path : exporter->type, out);
        fputs("\n    sink: { latency: ", out);
        put_latency(exporter->sink_latency, out);
        /* JSON is YAML as well. */
        fprintf(out, " }\n    args: %s\n", exporter->args_json);
    }
}

static void put_target(const struct sim_fault_options *fault, FILE *out) {
    switch (fault->target_kind) {
    case SIM_TARGET_NODE:
        fprintf(out, "\n    target: { broker: %u }", fault->target);
        break;
    case SIM_TARGET_LEADER_OF:
        fprintf(out, "\n    target: { leaderOf: %u }", fault->target);
        break;
    case SIM_TARGET_FOLLOWER_OF:
        fprintf(out, "\n    target: { followerOf: %u }", fault->target);
        break;
    case SIM_TARGET_ALL:
        fputs("\n    target: all", out);
        break;
    case SIM_TARGET_RANDOM:
        fputs("\n    target: random", out);
        break;
    default:
        break;
    }
}

static void put_group(const struct sim_node_set *group, uint32_t brokers, FILE *out) {
    const char *before = "[";
    for (uint32_t node = sim_nodes_next(group, 0); node < SIM_NODES_MAX;
         node = sim_nodes_next(group, node + 1)) {
        fputs(before, out);
        before = ", ";
        if (node == brokers) {
            fputs("clients", out);
        } else {
            fprintf(out, "%u", node);
        }
    }
    fputc(']', out);
}

static void put_links(const struct sim_fault_options *fault, uint32_t brokers, FILE *out) {
    static const char *const directions[] = {"both", "firstToSecond", "secondToFirst"};
    if (!sim_nodes_empty(&fault->group_a)) {
        fputs("\n    between: [", out);
        put_group(&fault->group_a, brokers, out);
        fputs(", ", out);
        put_group(&fault->group_b, brokers, out);
        fputs("]", out);
    }
    if (sim_fault_row(fault->kind)->targets == SIM_TARGETS_LINKS) {
        fprintf(out, "\n    direction: %s", directions[fault->direction]);
    }
}

static void put_param(const struct sim_fault_param *param, uint64_t value, FILE *out) {
    int64_t with_sign = (int64_t)value;
    switch ((enum sim_param_unit)param->unit) {
    case SIM_UNIT_PROBABILITY:
        put_percent(value, out);
        break;
    case SIM_UNIT_DURATION:
        put_time((wg_time)value, out);
        break;
    case SIM_UNIT_SIZE:
        put_size(value, out);
        break;
    case SIM_UNIT_WORD:
        fputs(param->words[value], out);
        break;
    case SIM_UNIT_SIGNED_DURATION:
        fputs(with_sign < 0 ? "-" : "", out);
        put_time(with_sign < 0 ? -with_sign : with_sign, out);
        break;
    case SIM_UNIT_PPM:
        fprintf(out, "%" PRId64, with_sign);
        break;
    case SIM_UNIT_NONE:
    case SIM_UNIT_COUNT:
        fprintf(out, "%" PRIu64, value);
        break;
    }
}

static void put_params(const struct sim_fault_options *fault, FILE *out) {
    const struct sim_fault_row *row = sim_fault_row(fault->kind);
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
        const struct sim_fault_param *param = &row->params[i];
        if (param->name == NULL) {
            continue;
        }
        fprintf(out, "\n    %s: ", param->name);
        put_param(param, fault->params[i], out);
    }
}

static void put_exporter_key(const struct sim_scenario *scenario, const char *before,
                             int32_t exporter, FILE *out) {
    if (exporter >= 0) {
        fprintf(out, "%sexporter: ", before);
        put_text(scenario->exporters[exporter].id, out);
    }
}

static void put_fault(const struct sim_scenario *scenario, const struct sim_fault_options *fault,
                      FILE *out) {
    const struct sim_fault_row *row = sim_fault_row(fault->kind);
    fprintf(out, "  - fault: %s", row->name);
    if (fault->trigger == SIM_AT) {
        fputs("\n    at: ", out);
        put_time(fault->at, out);
    } else {
        fprintf(out, "\n    after: { event: %s, nth: %u", sim_trigger_row(fault->event)->name,
                fault->nth);
        if (sim_trigger_row(fault->event)->of_exporter) {
            put_exporter_key(scenario, ", ", fault->exporter, out);
        }
        if (fault->delay > 0) {
            fputs(", delay: ", out);
            put_time(fault->delay, out);
        }
        fputs(" }", out);
    }
    put_target(fault, out);
    put_links(fault, scenario->cluster.brokers, out);
    if (row->targets == SIM_TARGETS_EXPORTER) {
        put_exporter_key(scenario, "\n    ", fault->exporter, out);
    }
    if (fault->duration > 0) {
        fputs("\n    for: ", out);
        put_time(fault->duration, out);
    }
    put_params(fault, out);
    fputc('\n', out);
}

static void put_nemesis(const struct sim_nemesis_options *nemesis, FILE *out) {
    fputs("nemesis:\n  from: ", out);
    put_time(nemesis->from, out);
    fputs("\n  until: ", out);
    put_time(nemesis->until, out);
    fputs("\n  every: { mean: ", out);
    put_time(nemesis->every_mean, out);
    fputs(" }\n  weights:\n", out);
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        if (nemesis->weights[kind] > 0) {
            fprintf(out, "    %s: %u\n", sim_fault_row(kind)->name, nemesis->weights[kind]);
        }
    }
}

static void put_bounds(const struct sim_expect_options *expect, void (*put)(uint64_t, FILE *),
                       FILE *out) {
    fputs("\n    min: ", out);
    put(expect->min, out);
    if (expect->max != UINT64_MAX) {
        fputs("\n    max: ", out);
        put(expect->max, out);
    }
}

static void put_count(uint64_t count, FILE *out) {
    fprintf(out, "%" PRIu64, count);
}

static void put_expected_answer(const struct sim_expect_options *expect, FILE *out) {
    fprintf(out, "\n    step: %u", expect->step);
    if (expect->status != UINT32_MAX) {
        fprintf(out, "\n    status: %u", expect->status);
    }
    if (expect->body != NULL) {
        fputs("\n    body: ", out);
        put_text(expect->body, out);
    }
    put_bounds(expect, put_count, out);
}

static void put_expect(const struct sim_scenario *scenario,
                       const struct sim_expect_options *expect, FILE *out) {
    fprintf(out, "  - that: %s", sim_expect_kinds.names[expect->kind]);
    put_exporter_key(scenario, "\n    ", expect->exporter, out);
    switch (expect->kind) {
    case SIM_EXPECT_DUPLICATES_RATIO:
        put_bounds(expect, put_percent, out);
        break;
    case SIM_EXPECT_LOG_BYTES:
        fprintf(out, "\n    at: %s", expect->at_peak ? "peak" : "end");
        put_bounds(expect, put_size, out);
        break;
    case SIM_EXPECT_VIOLATION:
        fputs("\n    invariant: ", out);
        put_text(expect->invariant, out);
        if (expect->blame != UINT32_MAX) {
            fprintf(out, "\n    blame: %s", sim_blame_text(expect->blame));
        }
        break;
    case SIM_EXPECT_ANSWER:
        put_expected_answer(expect, out);
        break;
    default:
        fprintf(out, "\n    event: %s", sim_trigger_row(expect->event)->name);
        put_bounds(expect, put_count, out);
        break;
    }
    if (expect->because != NULL) {
        fputs("\n    because: ", out);
        put_text(expect->because, out);
    }
    fputc('\n', out);
}

static void put_step(const struct sim_scenario *scenario, const struct sim_step_options *step,
                     FILE *out) {
    struct sim_fault_options as_fault = {.target_kind = step->target_kind, .target = step->target};
    fputs("  - at: ", out);
    put_time(step->at, out);
    fprintf(out, "\n    do: %s", sim_step_name(step->action));
    if (step->partition != 0) {
        fprintf(out, "\n    partition: %u", step->partition);
    }
    put_exporter_key(scenario, "\n    ", step->exporter, out);
    if (step->source >= 0) {
        fputs("\n    initializeFrom: ", out);
        put_text(scenario->exporters[step->source].id, out);
    }
    if (step->exporter < 0 && step->action != SIM_STEP_EXPORTER_STATUS) {
        put_target(&as_fault, out);
    }
    fputc('\n', out);
}

static void put_tolerate(const struct sim_scenario *scenario,
                         const struct sim_tolerate_options *tolerate, FILE *out) {
    fputs("  - invariant: ", out);
    put_text(tolerate->invariant, out);
    put_exporter_key(scenario, "\n    ", tolerate->exporter, out);
    if (tolerate->partition != 0) {
        fprintf(out, "\n    partition: %u", tolerate->partition);
    }
    if (tolerate->blame != UINT32_MAX) {
        fprintf(out, "\n    blame: %s", sim_blame_text(tolerate->blame));
    }
    fprintf(out, "\n    max: %u\n    reason: ", tolerate->max);
    put_text(tolerate->reason, out);
    fputc('\n', out);
}

void sim_scenario_dump(const struct sim_scenario *scenario, FILE *out) {
    fprintf(out, "apiVersion: %s\nname: ", SIM_SCENARIO_API);
    put_text(scenario->name, out);
    fputc('\n', out);
    if (scenario->description != NULL) {
        fputs("question: ", out);
        put_text(scenario->description, out);
        fputc('\n', out);
    }
    put_cluster(&scenario->cluster, out);
    put_processes(scenario, out);
    put_workloads(scenario, out);
    put_exporters(scenario, out);
    fputs(scenario->fault_count == 0 ? "" : "faults:\n", out);
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        put_fault(scenario, &scenario->faults[i], out);
    }
    if (scenario->nemesis.on) {
        put_nemesis(&scenario->nemesis, out);
    }
    fputs(scenario->expect_count == 0 ? "" : "expect:\n", out);
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        put_expect(scenario, &scenario->expects[i], out);
    }
    fputs(scenario->tolerate_count == 0 ? "" : "tolerate:\n", out);
    for (uint32_t i = 0; i < scenario->tolerate_count; i++) {
        put_tolerate(scenario, &scenario->tolerates[i], out);
    }
    fputs(scenario->step_count == 0 ? "" : "steps:\n", out);
    for (uint32_t i = 0; i < scenario->step_count; i++) {
        put_step(scenario, &scenario->steps[i], out);
    }
    fprintf(out, "budget: %s\n", scenario->budget_exceed ? "exceed" : "keep");
    if (scenario->duration > 0) {
        fputs("duration: ", out);
        put_time(scenario->duration, out);
        fputc('\n', out);
    }
    fprintf(out, "seeds: { demo: %u, ci: %u, nightly: %u }\n", scenario->seeds_demo,
            scenario->seeds_ci, scenario->seeds_nightly);
}
