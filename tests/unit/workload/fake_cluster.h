/* A toy cluster for tests of the workload: it keeps jobs per partition and answers requests after
 * a fixed latency, from the leader only. Requests and answers can be lost, brokers can refuse. */
#ifndef TESTS_UNIT_WORKLOAD_FAKE_CLUSTER_H
#define TESTS_UNIT_WORKLOAD_FAKE_CLUSTER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sim/workload/workload.h"

#define FAKE_PARTITIONS 3
#define FAKE_JOBS 4096
#define FAKE_ITEMS 8192

enum fake_job_state { FAKE_ACTIVATABLE, FAKE_ACTIVATED, FAKE_STUCK, FAKE_DONE };

struct fake_job {
    wg_partition_id partition;
    enum fake_job_state state;
    int64_t retries;
    wg_time deadline; /* of an activation */
    bool incident;
};

struct fake_item {
    wg_time at;
    uint64_t order;
    bool is_reply;
    uint32_t timer;
    struct wg_reply reply; /* value owned */
};

struct fake {
    struct sim_workload *workload;
    struct sim_choices *choices;
    struct sim_cluster_options cluster;
    wg_time now, latency;
    struct fake_item items[FAKE_ITEMS];
    uint32_t item_count;
    uint64_t order;
    struct fake_job jobs[FAKE_JOBS];
    uint32_t job_count;
    bool deployed[FAKE_PARTITIONS + 1];
    wg_node_id leader[FAKE_PARTITIONS + 1];
    uint32_t lose_every;     /* each nth answer is lost; 0 = none */
    uint32_t answers;
    bool exhausted;          /* all requests are refused for lack of room */
    uint32_t refuse_every;   /* each nth request is; 0 = none */
    uint32_t asked;
    bool incidents_unknown;
    uint64_t requests[256];  /* by value type */
    uint64_t facts[SIM_FACT_COUNT];
    uint64_t retry_facts;    /* requests that name an earlier one */
    uint64_t rejections;
    int64_t most_jobs_asked_for;
    uint64_t mismatches, unstarted; /* wrong broker asked; create before deployment */
    uint64_t hash;           /* of everything that was sent and when */
    wg_time last_create[FAKE_PARTITIONS + 1];
    uint64_t creates[FAKE_PARTITIONS + 1];
    uint32_t variable_bytes; /* of the last create's document */
};

struct fake *fake_new(const struct sim_workload_options *options, uint32_t count, uint64_t seed);
void fake_free(struct fake *fake);
/* Delivers timers and answers up to `until`. */
void fake_run(struct fake *fake, wg_time until);
uint32_t fake_jobs_in(const struct fake *fake, enum fake_job_state state);

#endif
