/* The scenario reader: what good files become. Bad files are in tests/suites/scenario_errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/scenario/scenario_dump.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/trigger_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "apiVersion: waggle/v1alpha1\nname: test\n"
#define WORK "workload: [{ process: one-task, rate: 20/s, until: 1m }]\n"

static struct sim_scenario *parse(const char *text) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    if (sim_scenario_parse("some/folder/test.yaml", text, strlen(text), &scenario,
                           &diagnostics) != 0) {
        sim_diagnostics_print(&diagnostics, stderr);
    }
    sim_diagnostics_done(&diagnostics);
    assert_non_null(scenario);
    return scenario;
}

#define UNTIL(text) HEAD "workload: [{ process: one-task, rate: 1/s, until: " text " }]\n"

/* The first error's number. */
static uint32_t error_of(const char *text) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    int status = sim_scenario_parse("x.yaml", text, strlen(text), &scenario, &diagnostics);
    uint32_t code = diagnostics.count > 0 ? diagnostics.entries[0].code : 0;
    sim_diagnostics_done(&diagnostics);
    assert_int_equal(status, -1);
    assert_null(scenario);
    return code;
}

static void scenario_of_four_lines_has_defaults(void **state) {
    struct sim_scenario *s = parse(HEAD WORK);
    (void)state;
    assert_string_equal(s->name, "test");
    assert_string_equal(s->path, "some/folder/test.yaml");
    assert_null(s->description);
    assert_int_equal(s->cluster.brokers, 3);
    assert_int_equal(s->cluster.partitions, 1);
    assert_int_equal(s->cluster.replication_factor, 3);
    assert_int_equal(s->cluster.segment_bytes, 1 << 20);
    assert_int_equal(s->cluster.snapshot_chunk_bytes, 64 << 10);
    assert_int_equal(s->cluster.disk_bytes, 64 << 20);
    assert_int_equal(s->cluster.snapshot_period, WG_MINUTE);
    assert_int_equal(s->cluster.distribution_interval, 15 * WG_SECOND);
    assert_int_equal(s->workload_count, 1);
    assert_int_equal(s->workloads[0].rate_per_hour, 72000);
    assert_int_equal(s->workloads[0].from, 0);
    assert_int_equal(s->workloads[0].until, WG_MINUTE);
    assert_int_equal(s->seeds_demo, 3);
    assert_int_equal(s->seeds_ci, 50);
    assert_int_equal(s->seeds_nightly, 5000);
    assert_false(s->nemesis.on);
    assert_false(s->budget_exceed);
    sim_scenario_free(s);
}

static void preset_applies_before_the_other_keys(void **state) {
    struct sim_scenario *s =
        parse(HEAD WORK "cluster: { snapshotPeriod: 2m, brokers: 5, preset: zeebe }\n");
    (void)state;
    assert_int_equal(s->cluster.snapshot_period, 2 * WG_MINUTE);
    assert_int_equal(s->cluster.brokers, 5);
    assert_int_equal(s->cluster.segment_bytes, 128 << 20);
    assert_int_equal(s->cluster.snapshot_chunk_bytes, 1 << 30);
    assert_true(s->cluster.disk_bytes == UINT64_C(100) << 30);
    sim_scenario_free(s);
}

static void cluster_keys_reach_their_members(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "cluster:\n"
        "  behaviour: zeebe-8.6\n"
        "  network:\n"
        "    { latency: { base: 1ms, jitter: 500us }, loss: 0.5%, duplicate: 1%, reorder: 2% }\n"
        "  disk: { size: 1GiB, sync: 2ms, writePerKiB: 3us }\n"
        "  costs: none\n");
    (void)state;
    assert_int_equal(s->cluster.behaviour, WG_BEHAVIOUR_ZEEBE_8_6);
    assert_int_equal(s->cluster.network.base, WG_MS);
    assert_int_equal(s->cluster.network.jitter, 500 * WG_US);
    assert_int_equal(s->cluster.network_loss, 5000);
    assert_int_equal(s->cluster.network_duplicate, 10000);
    assert_int_equal(s->cluster.network_reorder, 20000);
    assert_int_equal(s->cluster.disk_bytes, 1 << 30);
    assert_int_equal(s->cluster.disk_sync, 2 * WG_MS);
    assert_int_equal(s->cluster.disk_write_per_kib, 3 * WG_US);
    assert_true(s->cluster.zero_costs);
    sim_scenario_free(s);
}

static void quantities_are_exact(void **state) {
    static const struct {
        const char *until;
        wg_time ns;
    } cases[] = {{"1ns", 1},          {"2us", 2000},           {"3ms", 3000000},
                 {"1.5s", 1500000000}, {"0.001s", 1000000},     {"2m", 2 * WG_MINUTE},
                 {"1h", 60 * WG_MINUTE}, {"1d", 24 * 60 * WG_MINUTE}, {"\"90s\"", 90 * WG_SECOND}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 HEAD "workload: [{ process: one-task, rate: 0.5/m, until: %s }]\n",
                 cases[i].until);
        struct sim_scenario *s = parse(text);
        assert_true(s->workloads[0].until == cases[i].ns);
        assert_int_equal(s->workloads[0].rate_per_hour, 30);
        sim_scenario_free(s);
    }
    assert_int_equal(error_of(UNTIL("0.5ns")), SIM_WG_RANGE);
    assert_int_equal(error_of(UNTIL("99999999999d")), SIM_WG_RANGE);
    assert_int_equal(error_of(UNTIL("5.")), SIM_WG_NUMBER);
    assert_int_equal(error_of(UNTIL(".5s")), SIM_WG_NUMBER);
}

static void args_become_canonical_json(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "exporters:\n"
        "  - id: a\n"
        "    type: recorder\n"
        "    sink: { latency: 20ms }\n"
        "    args:\n"
        "      z: { size: 100, ratio: .5, whole: 12., plus: +7, minus: -0.25, exp: 1.5e+3 }\n"
        "      a: [true, False, null, \"no\", 'it''s', plain text, \"tab\\t\\\"quote\\\\\"]\n"
        "      empty:\n"
        "      \"on\": \"010\"\n"
        "      grüße: ä\n"
        "      big: 9223372036854775807\n"
        "  - { id: b, path: ./libmine.so }\n");
    (void)state;
    assert_int_equal(s->exporter_count, 2);
    assert_string_equal(s->exporters[0].type, "recorder");
    assert_null(s->exporters[0].path);
    assert_int_equal(s->exporters[0].sink_latency.base, 20 * WG_MS);
    assert_string_equal(
        s->exporters[0].args_json,
        "{\"z\":{\"size\":100,\"ratio\":0.5,\"whole\":12.0,\"plus\":7,\"minus\":-0.25,"
        "\"exp\":1.5e+3},\"a\":[true,false,null,\"no\",\"it's\",\"plain text\","
        "\"tab\\u0009\\\"quote\\\\\"],\"empty\":null,\"on\":\"010\",\"grüße\":\"ä\","
        "\"big\":9223372036854775807}");
    assert_string_equal(s->exporters[1].args_json, "{}");
    assert_null(s->exporters[1].type);
    assert_int_equal(s->exporters[1].path[0], '/');
    assert_non_null(strstr(s->exporters[1].path, "some/folder/libmine.so"));
    sim_scenario_free(s);
}

static void faults_reach_their_members(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "exporters: [{ id: a, type: recorder }, { id: b, type: recorder }]\n"
        "faults:\n"
        "  - { at: 1m, fault: broker.kill, target: { leaderOf: 1 }, for: 30s }\n"
        "  - { after: { event: exporter.flush, exporter: b, nth: 7 }, fault: broker.stop }\n"
        "  - { at: 3m, fault: network.partition, between: [[0], [1, 2]],\n"
        "      direction: firstToSecond, for: 45s }\n"
        "  - { at: 3m, fault: network.reorder, probability: 3%, delay: 5ms }\n"
        "  - { at: 3m, fault: exporter.error, exporter: b, for: 1s }\n"
        "  - { at: 3m, fault: broker.powerLoss, target: random }\n");
    (void)state;
    assert_int_equal(s->fault_count, 6);
    assert_int_equal(s->faults[0].kind, SIM_FAULT_BROKER_KILL);
    assert_int_equal(s->faults[0].trigger, SIM_AT);
    assert_int_equal(s->faults[0].at, WG_MINUTE);
    assert_int_equal(s->faults[0].target_kind, SIM_TARGET_LEADER_OF);
    assert_int_equal(s->faults[0].target, 1);
    assert_int_equal(s->faults[0].duration, 30 * WG_SECOND);
    assert_int_equal(s->faults[0].exporter, -1);
    assert_int_equal(s->faults[0].line, 6);
    assert_int_equal(s->faults[1].trigger, SIM_AFTER_EVENT);
    assert_int_equal(s->faults[1].event, SIM_TRIGGER_EXPORTER_FLUSH);
    assert_int_equal(s->faults[1].exporter, 1);
    assert_int_equal(s->faults[1].nth, 7);
    assert_int_equal(s->faults[1].target_kind, SIM_TARGET_NONE);
    assert_int_equal(s->faults[2].group_a.words[0], 1);
    assert_int_equal(s->faults[2].group_b.words[0], 6);
    assert_int_equal(s->faults[2].direction, SIM_FROM_FIRST_TO_SECOND);
    assert_int_equal(s->faults[3].params[0], 30000);
    assert_int_equal(s->faults[3].params[1], 5 * WG_MS);
    assert_int_equal(s->faults[4].exporter, 1);
    assert_int_equal(s->faults[5].target_kind, SIM_TARGET_RANDOM);
    assert_int_equal(s->faults[5].duration, 0);
    sim_scenario_free(s);
}

static void nemesis_and_expectations_reach_their_members(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "exporters: [{ id: a, type: recorder }]\n"
        "nemesis: { from: 30s, until: 6m, every: { mean: 20s },\n"
        "  weights: { broker.kill: 3, sink.down: 1 } }\n"
        "budget: exceed\n"
        "duration: 10m\n"
        "seeds: { demo: 1, ci: 2, nightly: 3 }\n"
        "expect:\n"
        "  - { that: duplicates.ratio, exporter: a, max: 2% }\n"
        "  - { that: logBytes, per: replica, at: peak, max: 8MiB }\n"
        "  - { that: violation, invariant: ack-soundness, exporter: a, blame: plugin,\n"
        "      because: \"it lies\" }\n"
        "  - { that: reached, event: snapshot.received }\n"
        "  - { that: reached, event: role.leader, max: 0 }\n");
    (void)state;
    assert_true(s->nemesis.on);
    assert_int_equal(s->nemesis.from, 30 * WG_SECOND);
    assert_int_equal(s->nemesis.every_mean, 20 * WG_SECOND);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_BROKER_KILL], 3);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_SINK_DOWN], 1);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_BROKER_STOP], 0);
    assert_true(s->budget_exceed);
    assert_int_equal(s->duration, 10 * WG_MINUTE);
    assert_int_equal(s->seeds_demo + s->seeds_ci + s->seeds_nightly, 6);
    assert_int_equal(s->expect_count, 5);
    assert_int_equal(s->expects[0].kind, SIM_EXPECT_DUPLICATES_RATIO);
    assert_int_equal(s->expects[0].max, 20000);
    assert_int_equal(s->expects[0].exporter, 0);
    assert_true(s->expects[1].at_peak);
    assert_int_equal(s->expects[1].max, 8 << 20);
    assert_int_equal(s->expects[1].exporter, -1);
    assert_string_equal(s->expects[2].invariant, "ack-soundness");
    assert_string_equal(s->expects[2].because, "it lies");
    assert_int_equal(s->expects[2].blame, 1);
    assert_int_equal(s->expects[3].event, SIM_TRIGGER_SNAPSHOT_RECEIVED);
    assert_int_equal(s->expects[3].min, 1);
    assert_int_equal(s->expects[4].min, 0);
    assert_int_equal(s->expects[4].max, 0);
    sim_scenario_free(s);
}

static void aliases_stand_for_what_they_name(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "exporters:\n"
        "  - { id: a, type: recorder, args: &common { size: 5 } }\n"
        "  - { id: b, type: recorder, args: *common }\n");
    (void)state;
    assert_string_equal(s->exporters[1].args_json, "{\"size\":5}");
    sim_scenario_free(s);
}

static void seeds_depend_on_name_and_number_and_fit_in_53_bits(void **state) {
    (void)state;
    assert_true(sim_scenario_seed("a", 0) != sim_scenario_seed("a", 1));
    assert_true(sim_scenario_seed("a", 0) != sim_scenario_seed("b", 0));
    assert_true(sim_scenario_seed("a", 7) == sim_scenario_seed("a", 7));
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(sim_scenario_seed("quickstart", i) < UINT64_C(1) << 53);
    }
    /* Saved seeds must mean the same run tomorrow. */
    assert_true(sim_scenario_seed("quickstart", 0) == UINT64_C(6235262667138480));
}

static void files_that_are_too_large_are_refused(void **state) {
    size_t len = (1u << 20) + 2;
    char *text = malloc(len);
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    (void)state;
    assert_non_null(text);
    memset(text, '#', len);
    assert_int_equal(sim_scenario_parse("x.yaml", text, len, &scenario, &diagnostics), -1);
    assert_int_equal(diagnostics.entries[0].code, SIM_WG_LIMIT);
    sim_diagnostics_done(&diagnostics);
    free(text);
}

static void a_missing_file_is_an_error(void **state) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    (void)state;
    assert_int_equal(sim_scenario_load("/nonexistent/x.yaml", &scenario, &diagnostics), -1);
    assert_int_equal(diagnostics.entries[0].code, SIM_WG_UNREADABLE);
    sim_diagnostics_done(&diagnostics);
    assert_int_equal(sim_scenario_load("/", &scenario, &diagnostics), -1);
    assert_int_equal(diagnostics.entries[0].code, SIM_WG_UNREADABLE);
    sim_diagnostics_done(&diagnostics);
}

static char *dump(const struct sim_scenario *scenario) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    sim_scenario_dump(scenario, out);
    fclose(out);
    return text;
}

/* `no` is a boolean to some readers: quoted in the file, it has to be quoted in the dump. */
static void ids_of_processes_are_dumped_in_quotes(void **state) {
    (void)state;
    struct sim_scenario *s =
        parse(HEAD "processes: [{ id: \"no\", steps: [{ task: a }] }]\n"
                   "workload: [{ process: \"no\", rate: 1/s, until: 1m }]\n");
    char *once = dump(s);
    struct sim_scenario *again = parse(once);
    assert_int_equal(again->workloads[0].process, 1);
    assert_string_equal(again->processes[0].id, "no");
    free(once);
    sim_scenario_free(s);
    sim_scenario_free(again);
}

static void processes_are_read_and_dumped(void **state) {
    (void)state;
    struct sim_scenario *s = parse(
        HEAD "processes:\n"
             "  - id: p\n"
             "    steps:\n"
             "      - { task: a, retries: 2 }\n"
             "      - parallel: b\n"
             "        branches: [[{ timer: c, after: 2s }], []]\n"
             "      - { choose: d, variable: x, cases: [{ equals: 7, steps: [{ task: e, type: t }] }] }\n"
             "      - user: f\n"
             "        forEach: all\n"
             "        output: results\n"
             "        result: one\n"
             "        boundary: [{ message: g, key: k, interrupting: false, steps: [{ task: h }] }]\n"
             "workload: [{ process: p, rate: 1/s, until: 1m, retryBackoff: 2s }]\n");
    assert_int_equal(s->process_count, 1);
    assert_int_equal(s->workloads[0].process, 1);
    assert_true(s->workloads[0].retry_backoff == 2 * WG_SECOND);
    const struct sim_process *p = &s->processes[0];
    assert_int_equal(p->steps.count, 4);
    assert_int_equal(p->steps.steps[0].retries, 2);
    assert_string_equal(p->steps.steps[0].type, "work");
    assert_int_equal(p->steps.steps[1].branch_count, 2);
    assert_int_equal(p->steps.steps[1].branches[1].count, 0);
    assert_int_equal(p->steps.steps[2].branches[0].equals, 7);
    assert_true(sim_process_wait(p) == 2 * WG_SECOND);
    assert_string_equal(p->steps.steps[3].boundaries[0].message, "g");
    assert_string_equal(p->steps.steps[3].boundaries[0].key, "k");
    assert_int_equal(p->steps.steps[3].boundaries[0].interrupting, 0);
    assert_string_equal(p->steps.steps[3].output, "results");
    assert_string_equal(p->steps.steps[3].result, "one");
    assert_true(s->cluster.peers); /* partitions need each other for messages */
    /* 3 of the process; a; b, its join, c; d, its join, e; f, its body, g, h, the end
     * of g; 1 + 1 + 4 + 4 + 3 flows */
    assert_int_equal(sim_process_elements(p), 28);
    char *text = dump(s);
    struct sim_scenario *again = parse(text);
    char *second = dump(again);
    assert_string_equal(text, second);
    assert_string_equal(again->processes[0].text, p->text); /* what is deployed stays the same */
    free(text);
    free(second);
    sim_scenario_free(again);
    sim_scenario_free(s);
}

static void a_dump_loads_to_the_same_scenario(void **state) {
    struct sim_scenario *s = parse(
        HEAD "question: \"what \\\"if\\\" \\t?\"\n" WORK
        "cluster:\n"
        "  { preset: zeebe, behaviour: zeebe-8.6, costs: none, network: { loss: 0.0123% } }\n"
        "exporters:\n"
        "  - { id: \"off\", type: ndjson, args: { a: [1, 2.5, \"no\", null], b: { c: true } } }\n"
        "  - { id: b, path: x.so, sink: { latency: 1001us } }\n"
        "faults:\n"
        "  - { at: 0s, fault: broker.kill, target: { broker: 2 } }\n"
        "  - { at: 1m, fault: broker.kill, target: { leaderOf: 1 }, for: 90s }\n"
        "  - { at: 1m, fault: broker.stop, target: { followerOf: 1 } }\n"
        "  - { at: 1m, fault: disk.tornWrites, target: all }\n"
        "  - { after: { event: exporter.flush, exporter: b, nth: 7 }, fault: broker.stop }\n"
        "  - { after: { event: role.leader, delay: 1500us }, fault: network.partition, target: random }\n"
        "  - { at: 3m, fault: network.partition, between: [[0], [1, 2]] }\n"
        "  - { at: 3m, fault: network.reorder, probability: 3%, delay: 5ms, for: 1ns }\n"
        "  - { at: 3m, fault: exporter.error, exporter: b, for: 1s }\n"
        "  - { at: 3m, fault: network.messageLoss, messages: votes, probability: 50% }\n"
        "  - { at: 3m, fault: broker.powerLossAtWork, job: compaction, target: all, for: 2m }\n"
        "nemesis: { until: 6m, every: { mean: 20s }, weights: { broker.kill: 3 } }\n"
        "budget: exceed\n"
        "duration: 10m\n"
        "expect:\n"
        "  - { that: duplicates.ratio, exporter: b, min: 1%, max: 2% }\n"
        "  - { that: logBytes, per: replica, at: peak, max: 8MiB }\n"
        "  - { that: violation, invariant: ack-soundness, blame: plugin, because: \"it lies\" }\n"
        "  - { that: reached, event: snapshot.received, max: 3 }\n");
    (void)state;
    char *first = dump(s);
    struct sim_scenario *again = parse(first);
    char *second = dump(again);
    assert_string_equal(first, second);
    assert_string_equal(s->description, again->description);
    assert_string_equal(s->exporters[0].args_json, again->exporters[0].args_json);
    assert_memory_equal(&s->nemesis, &again->nemesis, sizeof s->nemesis);
    assert_int_equal(again->fault_count, 11);
    assert_int_equal(s->faults[5].delay, 1500 * WG_US);
    assert_int_equal(again->expect_count, 4);
    for (uint32_t i = 0; i < s->fault_count; i++) {
        again->faults[i].line = s->faults[i].line;
    }
    assert_memory_equal(s->faults, again->faults, s->fault_count * sizeof *s->faults);
    free(first);
    free(second);
    sim_scenario_free(s);
    sim_scenario_free(again);
}

/* `all` means the faults that there were before some must be named. */
static void some_faults_must_be_named(void **state) {
    struct sim_scenario *s = parse(HEAD WORK
        "exporters: [{ id: a, type: recorder }]\n"
        "nemesis: { until: 6m, every: { mean: 20s },\n"
        "  weights: { broker.powerLossAtWork: 2, all: 4 } }\n");
    (void)state;
    assert_int_equal(s->nemesis.weights[SIM_FAULT_BROKER_KILL], 4);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_EXPORTER_UNCONFIGURE], 4);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_NETWORK_MESSAGE_LOSS], 0);
    assert_int_equal(s->nemesis.weights[SIM_FAULT_BROKER_POWER_LOSS_AT_WORK], 2);
    sim_scenario_free(s);
}

static void triggers_are_found_by_name(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SIM_TRIGGER_COUNT; i++) {
        assert_int_equal(sim_trigger_find(sim_trigger_row(i)->name), i);
    }
    assert_int_equal(sim_trigger_find("no.such"), -1);
}

/* What is not given is as it was before there were such keys. */
static void clients_workers_and_limits(void **state) {
    (void)state;
    struct sim_scenario *s = parse(
        HEAD "cluster: { flowControl: { request: { algorithm: aimd, useWindowed: false, aimd: { "
             "requestTimeout: 50ms, maxLimit: 300, backoffRatio: 75% } }, append: { enabled: false } } }\n"
             "workload:\n"
             "  - { process: one-task, rate: { from: 1/s, to: 50/s, over: 2m }, until: 3m,\n"
             "      burst: { size: 100, every: 30s }, workers: { slow: 5%, timeout: 8s } }\n"
             "  - { process: one-task, clients: 8, think: 200ms, timeout: 2s, retries: 3, until: 1m }\n");
    const struct sim_workload_options *w = s->workloads;
    assert_int_equal(w[0].rate_per_hour, 3600);
    assert_int_equal(w[0].rate_to_per_hour, 180000);
    assert_int_equal(w[0].ramp, 2 * WG_MINUTE);
    assert_int_equal(w[0].burst_size, 100);
    assert_int_equal(w[0].burst_every, 30 * WG_SECOND);
    assert_int_equal(w[0].workers.slow_per_million, 50000);
    assert_int_equal(w[0].workers.timeout, 8 * WG_SECOND);
    assert_int_equal(w[0].clients, 0);
    assert_int_equal(w[1].rate_per_hour, 0);
    assert_int_equal(w[1].clients, 8);
    assert_int_equal(w[1].think, 200 * WG_MS);
    assert_int_equal(w[1].timeout, 2 * WG_SECOND);
    assert_int_equal(w[1].retries, 3);
    assert_int_equal(w[1].workers.count, 1);
    assert_int_equal(w[1].workers.jobs_per_request, 32);
    assert_int_equal(w[1].workers.timeout, 30 * WG_SECOND);
    const struct wg_limit_options *limit = &s->cluster.request_limit;
    assert_int_equal(limit->algorithm, WG_LIMIT_AIMD);
    assert_int_equal(limit->windowed, 0);
    assert_int_equal(limit->expected_rtt, 50 * WG_MS);
    assert_int_equal(limit->initial, 100);
    assert_int_equal(limit->most, 300);
    assert_int_equal(limit->backoff_per_million, 750000);
    assert_int_equal(s->cluster.append_limited, 0);
    sim_scenario_free(s);
    s = parse(HEAD WORK);
    assert_int_equal(s->cluster.request_limit.algorithm, WG_LIMIT_FIXED);
    assert_int_equal(s->cluster.request_limit.fixed, 1000);
    assert_int_equal(s->cluster.append_limit, 1024);
    sim_scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenario_of_four_lines_has_defaults),
        cmocka_unit_test(clients_workers_and_limits),
        cmocka_unit_test(preset_applies_before_the_other_keys),
        cmocka_unit_test(cluster_keys_reach_their_members),
        cmocka_unit_test(quantities_are_exact),
        cmocka_unit_test(args_become_canonical_json),
        cmocka_unit_test(faults_reach_their_members),
        cmocka_unit_test(nemesis_and_expectations_reach_their_members),
        cmocka_unit_test(aliases_stand_for_what_they_name),
        cmocka_unit_test(seeds_depend_on_name_and_number_and_fit_in_53_bits),
        cmocka_unit_test(files_that_are_too_large_are_refused),
        cmocka_unit_test(a_missing_file_is_an_error),
        cmocka_unit_test(processes_are_read_and_dumped),
        cmocka_unit_test(ids_of_processes_are_dumped_in_quotes),
        cmocka_unit_test(a_dump_loads_to_the_same_scenario),
        cmocka_unit_test(some_faults_must_be_named),
        cmocka_unit_test(triggers_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
