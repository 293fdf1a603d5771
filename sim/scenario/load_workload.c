/* `workload:` what clients ask for, and how job workers behave. */
#include "sim/scenario/loader.h"
#include "sim/scenario/scenario_load.h"

#include <string.h>

#define MIB (1024 * UINT64_C(1024))
#define NS(time) ((uint64_t)(time))
#define HOUR (60 * WG_MINUTE)
#define DAY (24 * HOUR)
#define WORKLOADS_MAX 16
#define RATE_MOST UINT64_C(36000000) /* per hour */

static void read_process_id(struct sim_loader *loader, const struct sim_yaml_node *node,
                            const struct sim_field *field, void *target) {
    const struct sim_scenario *scenario = loader->scenario;
    const char *names[SIM_PROCESSES_MAX + 1] = {"one-task"};
    uint32_t count = 1;
    (void)field;
    const char *text = sim_scalar_text(loader, node);
    for (uint32_t i = 0; i < scenario->process_count; i++) {
        names[count] = scenario->processes[i].id;
        count += names[count] != NULL;
    }
    for (uint32_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            ((struct sim_workload_options *)target)->process = i;
            return;
        }
    }
    /* A process that could not be read may be the one that is meant; it has an error already. */
    if (text != NULL && count == scenario->process_count + 1) {
        struct sim_diagnostic *entry = sim_load_error(
            loader, node, SIM_WG_UNKNOWN_VALUE, "`%.60s` is not known here", text);
        sim_help_nearest(entry, text, names, count);
    }
}

#define WORKLOAD(member) offsetof(struct sim_workload_options, member)
#define WORKERS(member) offsetof(struct sim_workload_options, workers.member)

/* --- how often -------------------------------------------------------------------------------- */

static const struct sim_field ramp_rows[] = {
    {"from", sim_read_rate, WORKLOAD(rate_per_hour), 1, RATE_MOST, true, NULL,
     "The rate at the beginning.", NULL, NULL, 0},
    {"to", sim_read_rate, WORKLOAD(rate_to_per_hour), 1, RATE_MOST, true, NULL,
     "The rate at the end of the change and from then on.", NULL, NULL, 0},
    {"over", sim_read_duration, WORKLOAD(ramp), NS(WG_SECOND), NS(30 * DAY), true, NULL,
     "How long the rate changes, evenly.", NULL, NULL, 0},
};
static SIM_TABLE(ramp_keys, ramp_rows);

/* A rate, or one that changes. */
static void read_rate(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    if (node->kind == SIM_YAML_SCALAR) {
        sim_read_rate(loader, node, field, target);
    } else {
        sim_read_mapping(loader, node, field, target);
    }
}

static const struct sim_field burst_rows[] = {
    {"size", sim_read_count, WORKLOAD(burst_size), 1, 2000, true, NULL,
     "New instances at once.", NULL, NULL, 0},
    {"every", sim_read_duration, WORKLOAD(burst_every), NS(10 * WG_MS), NS(30 * DAY), true, NULL,
     "Time between two bursts, and from `from` to the first.", NULL, NULL, 0},
};
static SIM_TABLE(burst_keys, burst_rows);

static const struct sim_field worker_rows[] = {
    {"count", sim_read_count, WORKERS(count), 1, 64, false, NULL,
     "Workers of each partition; the highest of all workloads.", "1", NULL, 0},
    {"jobsPerRequest", sim_read_count, WORKERS(jobs_per_request), 1, 256, false, NULL,
     "Jobs that a worker asks for at once.", "32", NULL, 0},
    {"timeout", sim_read_duration, WORKERS(timeout), NS(100 * WG_MS), NS(10 * WG_MINUTE), false,
     NULL, "How long a job is a worker's alone, until others may get it.", "30s", NULL, 0},
    {"failures", sim_read_percent, WORKLOAD(fail_per_million), 0, 1000000, false, NULL,
     "Share of jobs that fail; as `failures` of the workload itself.", "0%", NULL, 0},
    {"slow", sim_read_percent, WORKERS(slow_per_million), 0, 1000000, false, NULL,
     "Share of jobs that are answered late.", "0%", NULL, 0},
    {"slowBy", sim_read_duration, WORKERS(slow_by), NS(WG_MS), NS(10 * WG_MINUTE), false, NULL,
     "How late they are.", "35s", NULL, 0},
    {"crash", sim_read_percent, WORKERS(crash_per_million), 0, 1000000, false, NULL,
     "Share of jobs at which a worker dies, with all jobs that it has not answered yet.", "0%",
     NULL, 0},
    {"restartAfter", sim_read_duration, WORKERS(restart_after), NS(WG_MS), NS(10 * WG_MINUTE), false,
     NULL, "Time until a worker that died polls again.", "5s", NULL, 0},
};
static SIM_TABLE(worker_keys, worker_rows);

/* --- messages and versions -------------------------------------------------------------------- */

#define MESSAGES(member) offsetof(struct sim_workload_options, messages.member)

static const struct sim_field message_rows[] = {
    {"ttl", sim_read_duration, MESSAGES(ttl), 0, NS(DAY), false, NULL,
     "How long a message waits for an instance, if none waits for it.", "30s", NULL, 0},
    {"early", sim_read_percent, MESSAGES(early_per_million), 0, 1000000, false, NULL,
     "Share of messages that are published as soon as the instance is asked for.", "20%", NULL, 0},
    {"repeats", sim_read_percent, MESSAGES(repeat_per_million), 0, 1000000, false, NULL,
     "Share of messages that are published a second time, with the same id.", "10%", NULL, 0},
    {"shared", sim_read_percent, MESSAGES(share_per_million), 0, 1000000, false, NULL,
     "Share of instances that have the correlation key of the one before.", "5%", NULL, 0},
};
static SIM_TABLE(message_keys, message_rows);

static const struct sim_field workload_rows[] = {
    {"process", read_process_id, 0, 0, 0, true, NULL,
     "The process whose instances are created and worked on: `one-task`, or one of `processes`.",
     NULL, NULL, SIM_SHAPE_PROCESS},
    {"rate", read_rate, WORKLOAD(rate_per_hour), 1, RATE_MOST, false, NULL,
     "New instances per time, whatever becomes of them.", NULL, &ramp_keys, SIM_SHAPE_RATE},
    {"burst", sim_read_mapping, 0, 0, 0, false, NULL, "Many new instances at once, again and again.",
     NULL, &burst_keys, 0},
    {"clients", sim_read_count, WORKLOAD(clients), 1, 1000, false, NULL,
     "Clients that create an instance, wait for the answer, think, and create the next.", NULL,
     NULL, 0},
    {"think", sim_read_duration, WORKLOAD(think), 0, NS(HOUR), false, NULL,
     "Time between an answer and the client's next instance; at first up to that much.", "0s", NULL,
     0},
    {"timeout", sim_read_duration, WORKLOAD(timeout), NS(10 * WG_MS), NS(10 * WG_MINUTE), false,
     NULL, "How long a request for an instance waits for its answer.", "10s", NULL, 0},
    {"retries", sim_read_count, WORKLOAD(retries), 0, 20, false, NULL,
     "How often such a request is sent again after an error or no answer; may create two instances.",
     "0", NULL, 0},
    {"from", sim_read_duration, WORKLOAD(from), 0, NS(30 * DAY), false, NULL,
     "When it begins, from the end of warm-up.", "0s", NULL, 0},
    {"until", sim_read_duration, WORKLOAD(until), 1, NS(30 * DAY), true, NULL,
     "When it ends, from the end of warm-up.", NULL, NULL, 0},
    {"failures", sim_read_percent, WORKLOAD(fail_per_million), 0, 1000000, false, NULL,
     "Share of jobs that fail without retries; an incident is raised and resolved.", "0%", NULL,
     0},
    {"retryBackoff", sim_read_duration, WORKLOAD(retry_backoff), NS(WG_MS), NS(30 * WG_SECOND), false,
     NULL, "Jobs that fail keep a retry and come again after this time, without an incident.", NULL,
     NULL, 0},
    {"cancels", sim_read_percent, WORKLOAD(cancel_per_million), 0, 1000000, false, NULL,
     "Share of instances that a client cancels some time later.", "0%", NULL, 0},
    {"errors", sim_read_percent, WORKLOAD(error_per_million), 0, 1000000, false, NULL,
     "Share of jobs for which a worker throws an error that some process catches, or none does.",
     "0%", NULL, 0},
    {"poison", sim_read_percent, WORKLOAD(poison_per_million), 0, 1000000, false, NULL,
     "Share of instances that are banned: processing fails unexpectedly when a timer of theirs is due.",
     "0%", NULL, 0},
    {"variables", sim_read_size32, WORKLOAD(variable_bytes), 0, MIB, false, NULL,
     "Size of an initial variable; 0B = none.", "0B", NULL, 0},
    {"workers", sim_read_mapping, 0, 0, 0, false, NULL,
     "The job workers; of several workloads, the first one at work says how they behave.", NULL,
     &worker_keys, 0},
    {"messages", sim_read_mapping, 0, 0, 0, false, NULL,
     "What clients publish for instances whose process waits for messages.", NULL, &message_keys, 0},
    {"redeploy", sim_read_duration, WORKLOAD(redeploy), NS(WG_SECOND), NS(DAY), false, NULL,
     "A new version of the process is deployed that often.", NULL, NULL, 0},
    {"trickle", sim_read_duration, WORKLOAD(trickle), NS(WG_SECOND), NS(4 * WG_SECOND), false, NULL,
     "When everything is healed: time between two new instances in a partition; the longest of all "
     "workloads.",
     "as under the load before, 1s to 2s", NULL, 0},
};
SIM_TABLE(sim_workload_keys, workload_rows);

static void check_workload(struct sim_loader *loader, const struct sim_yaml_node *node,
                           const struct sim_workload_options *workload) {
    const struct sim_yaml_node *workers = sim_find_key(node, "workers");
    if (workload->until != 0 && workload->from >= workload->until) {
        sim_load_error(loader, node, SIM_WG_RANGE, "`from` must be before `until`");
    }
    if (sim_find_key(node, "rate") == NULL && sim_find_key(node, "burst") == NULL &&
        sim_find_key(node, "clients") == NULL) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_MISSING,
                           "one of the keys `rate`, `burst` and `clients` is needed");
        sim_diagnostic_help(entry, "`rate: 20/s` makes 20 new instances a second");
    }
    if (sim_find_key(node, "think") != NULL && sim_find_key(node, "clients") == NULL) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`think` is for `clients`");
    }
    if (sim_find_key(node, "failures") != NULL && workers != NULL &&
        workers->kind == SIM_YAML_MAPPING && sim_find_key(workers, "failures") != NULL) {
        sim_load_error(loader, node, SIM_WG_CONFLICT, "`failures` is there twice");
    }
}

static void read_one_workload(struct sim_loader *loader, const struct sim_yaml_node *node,
                              const struct sim_field *field, void *target) {
    (void)field;
    struct sim_workload_options *workload = target;
    workload->workers = (struct sim_worker_options)SIM_WORKERS_STANDARD;
    workload->messages = (struct sim_message_options)SIM_MESSAGES_STANDARD;
    if (sim_load_fields(loader, node, workload_rows, SIM_COUNT_OF(workload_rows), workload)) {
        check_workload(loader, node, workload);
    }
}

void sim_read_workload(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    (void)field;
    struct sim_scenario *scenario = target;
    scenario->workloads = sim_load_list(loader, node, sizeof *scenario->workloads, WORKLOADS_MAX,
                                        read_one_workload, &scenario->workload_count);
}
