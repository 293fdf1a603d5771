/* The examples of `waggle explain WG0107`. */
#include "sim/cli/explain_errors.h"

#include "sim/scenario/scenario_errors.h"

#include <stddef.h>

static const struct cli_error_example examples[] = {
    {SIM_WG_UNREADABLE, "(a file without read permission)", "make the file readable"},
    {SIM_WG_SYNTAX, "workload: [{ process: one-task", "workload: [{ process: one-task }]"},
    {SIM_WG_LIMIT, "(more than 1 MiB, 32 levels, 20000 values or 100 aliases)",
     "split the scenario, or write out what the aliases stand for"},
    {SIM_WG_DUPLICATE_KEY, "name: a\nname: b", "name: a"},
    {SIM_WG_TAG, "name: !!str 12", "name: \"12\""},
    {SIM_WG_MERGE_KEY, "cluster: { <<: *base, brokers: 5 }", "cluster: { partitions: 3, brokers: 5 }"},
    {SIM_WG_AMBIGUOUS, "args: { enabled: no }", "args: { enabled: false }\nargs: { enabled: \"no\" }"},
    {SIM_WG_UNKNOWN_KEY, "workloads: []", "workload: []"},
    {SIM_WG_MISSING, "workload: [{ process: one-task, until: 1m }]",
     "workload: [{ process: one-task, rate: 20/s, until: 1m }]"},
    {SIM_WG_WRONG_KIND, "workload: { process: one-task, rate: 20/s, until: 1m }",
     "workload: [{ process: one-task, rate: 20/s, until: 1m }]"},
    {SIM_WG_UNKNOWN_VALUE, "cluster: { preset: smal }", "cluster: { preset: small }"},
    {SIM_WG_NUMBER, "cluster: { brokers: three }", "cluster: { brokers: 3 }"},
    {SIM_WG_UNIT, "duration: 30", "duration: 30s"},
    {SIM_WG_RANGE, "cluster: { brokers: 0 }", "cluster: { brokers: 1 }"},
    {SIM_WG_CONFLICT, "exporters: [{ id: a, type: recorder, path: ./a.so }]",
     "exporters: [{ id: a, path: ./a.so }]"},
    {SIM_WG_REFERENCE,
     "exporters: [{ id: mine, type: recorder }]\n"
     "expect: [{ that: duplicates.ratio, exporter: other, max: 2% }]",
     "exporters: [{ id: mine, type: recorder }]\n"
     "expect: [{ that: duplicates.ratio, exporter: mine, max: 2% }]"},
    {SIM_WG_DUPLICATE_ID, "exporters: [{ id: a, type: recorder }, { id: a, type: ndjson }]",
     "exporters: [{ id: a, type: recorder }, { id: b, type: ndjson }]"},
    {SIM_WG_VERSION, "apiVersion: waggle/v7", "apiVersion: waggle/v1alpha1"},
    {SIM_WG_LATER, "(a key that a later version will know)", "remove the key"},
    {SIM_WG_NAME, "name: what happens?", "name: what-happens"},
    {SIM_WG_JSON, "args: { limit: .inf }", "args: { limit: 1000000 }"},
    {SIM_WG_TRIGGER, "faults: [{ fault: broker.kill, target: random }]",
     "faults: [{ at: 30s, fault: broker.kill, target: random }]"},
    {SIM_WG_ARGS, "exporters: [{ id: a, type: recorder, args: { bulk: { size: 0 } } }]",
     "exporters: [{ id: a, type: recorder, args: { bulk: { size: 1 } } }]"},
    {SIM_WG_XML, "processes: [{ bpmn: nowhere.bpmn }]", "processes: [{ bpmn: loan.bpmn }]"},
    {SIM_WG_BPMN, "<bpmn:callActivity id=\"check\" />", "<bpmn:subProcess id=\"check\"> .. </bpmn:subProcess>"},
    {SIM_WG_TOO_LARGE, "cluster: { logSegmentSize: 1MiB }\nworkload: [{ .., variables: 512KiB }]",
     "cluster: { logSegmentSize: 4MiB }\nworkload: [{ .., variables: 512KiB }]"},
    {SIM_WG_LATE,
     "workload: [{ process: one-task, rate: 20/s, until: 1m }]\n"
     "faults: [{ at: 500h, fault: broker.kill, target: random }]",
     "workload: [{ process: one-task, rate: 20/s, until: 1m }]\n"
     "faults: [{ at: 50s, fault: broker.kill, target: random }]"},
};

const struct cli_error_example *cli_error_example(uint32_t code) {
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        if (examples[i].code == code) {
            return &examples[i];
        }
    }
    return NULL;
}

const char *cli_error_meaning(uint32_t code) {
    switch (code) {
#define MEANING(name, number, text)                                                                \
    case number:                                                                                   \
        return text;
        SIM_SCENARIO_ERROR_MAP(MEANING)
#undef MEANING
    default:
        return NULL;
    }
}
