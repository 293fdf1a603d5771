/* A scenario as plain data: what sim/scenario reads from YAML and sim/run executes. All times are
 * virtual ns from t = 0 (the end of warm-up), all sizes bytes. Owned by struct sim_scenario. */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "sim/faults/fault_table.h"
#include "sim/kernel/node_set.h"
#include "sim/scenario/process.h"
#include "waggle/node.h"

/* Sets of nodes hold the brokers and, behind them, the clients as one node more. */
#define SIM_BROKERS_MAX (SIM_NODES_MAX - 1)

struct sim_latency {
    wg_time base;   /* least */
    wg_time jitter; /* mean of an exponential addition */
};

struct sim_cluster_options {
    uint32_t brokers, partitions, replication_factor;
    uint32_t behaviour; /* enum wg_behaviour */
    uint64_t quirks;    /* bits of wg_quirk_bit that are on besides */
    uint32_t segment_bytes;
    uint32_t snapshot_chunk_bytes;
    uint64_t disk_bytes; /* capacity per broker */
    uint64_t min_free_processing, min_free_replication; /* watermarks */
    struct wg_limit_options request_limit;
    uint32_t append_limited, append_limit; /* 0: as high as can be */
    wg_time snapshot_period, distribution_interval;
    struct sim_latency network;
    uint32_t network_loss, network_duplicate, network_reorder; /* per million, all the time */
    wg_time disk_sync, disk_write_per_kib;
    bool zero_costs; /* cluster.costs: none */
    bool distribute_deployments; /* clients deploy to partition 1 only */
    bool peers;                  /* partitions send commands to each other: messages, distribution */
    wg_position *skip_records; /* ascending: exported to nobody */
    uint32_t skip_record_count;
    wg_time clock_skew; /* each wall clock is off by up to this much, either way, from the start */
};

#define SIM_PROCESS_ONE_TASK 0u

/* Job workers. They do not know whose instance a job belongs to: of several workloads, the first one
 * that is at work says how they behave; `count` and `timeout` are the highest of all. */
struct sim_worker_options {
    uint32_t count;             /* per partition, each polls by itself */
    uint32_t jobs_per_request;
    wg_time timeout;            /* of an activated job */
    uint32_t slow_per_million;  /* of jobs: answered `slow_by` late */
    wg_time slow_by;
    uint32_t crash_per_million; /* of jobs: the worker dies with all the jobs it works on */
    wg_time restart_after;      /* until it polls again */
};

/* Messages that clients publish for instances whose process waits for some: one for each such step. */
struct sim_message_options {
    wg_time ttl;
    uint32_t early_per_million;  /* published with the instance's creation; the others later */
    uint32_t repeat_per_million; /* published a second time with the same id, which is refused */
    uint32_t share_per_million;  /* instances that get the correlation key of the one before */
};

#define SIM_MESSAGES_STANDARD                                                                      \
    {.ttl = 30 * WG_SECOND, .early_per_million = 200000, .repeat_per_million = 100000,             \
     .share_per_million = 50000}

/* Any of rate, burst and clients may be off (0); not all of them. */
struct sim_workload_options {
    uint32_t process;         /* ONE_TASK, or the number of the scenario's process + 1 */
    uint64_t rate_per_hour;   /* open loop: instances; 20/s = 72000 */
    uint64_t rate_to_per_hour; /* the rate after `ramp` */
    wg_time ramp;             /* the rate changes evenly over this time; 0 = it stays */
    uint32_t burst_size;      /* instances at once, ... */
    wg_time burst_every;      /* ... first that long after `from` */
    uint32_t clients;         /* closed loop: each waits for its answer, ... */
    wg_time think;            /* ... and that long until its next instance */
    wg_time timeout;          /* of a request for an instance; 0 = the clients' default */
    uint32_t retries;         /* of such a request, after an error or none at all */
    wg_time from, until;
    uint32_t fail_per_million; /* of jobs: fail with no retries, then incident, resolve, complete */
    wg_time retry_backoff;     /* 0 = as above; else they fail with one retry and this back-off */
    uint32_t variable_bytes;   /* size of an initial variable, 0 = none */
    uint32_t cancel_per_million; /* of instances: cancelled by a client */
    uint32_t error_per_million;  /* of jobs: an error is thrown */
    uint32_t poison_per_million; /* of instances: their timers fail unexpectedly (docs/PROCESSES.md) */
    struct sim_worker_options workers;
    struct sim_message_options messages;
    wg_time redeploy; /* a new version of the process is deployed that often; 0 = never */
    wg_time trickle;  /* between two instances of a partition when all is healed; 0 = as before */
};

/* What `workers` are unless the scenario says otherwise. */
#define SIM_WORKERS_STANDARD                                                                       \
    {.count = 1, .jobs_per_request = 32, .timeout = 30 * WG_SECOND, .slow_by = 35 * WG_SECOND,     \
     .restart_after = 5 * WG_SECOND}

struct sim_exporter_options {
    char *id;
    char *type;       /* built-in name, or NULL when `path` is given */
    char *path;       /* shared object, absolute, or NULL */
    char *args_json;  /* canonical JSON object */
    struct sim_latency sink_latency; /* of a flush */
};

enum sim_target_kind {
    SIM_TARGET_NONE,
    SIM_TARGET_NODE,
    SIM_TARGET_LEADER_OF,
    SIM_TARGET_FOLLOWER_OF,
    SIM_TARGET_ALL,
    SIM_TARGET_RANDOM
};
enum sim_direction { SIM_BOTH, SIM_FROM_FIRST_TO_SECOND, SIM_FROM_SECOND_TO_FIRST };
enum sim_trigger_kind { SIM_AT, SIM_AFTER_EVENT };

/* Events a fault can wait for, e.g. exporter.export, exporter.ack, snapshot.taken, role.leader,
 * snapshot.received: names and numbers in sim/scenario/trigger_table.h (owned by sim/scenario). */
struct sim_fault_options {
    uint32_t kind;    /* index into the fault table */
    uint32_t trigger; /* enum sim_trigger_kind */
    wg_time at;
    uint32_t event, nth;  /* AFTER_EVENT: the nth (from 1) such event at or after t = 0 */
    wg_time delay;        /* AFTER_EVENT: so long after it */
    int32_t exporter;     /* index or -1: of the event and of exporter faults */
    uint32_t target_kind; /* enum sim_target_kind */
    uint32_t target;      /* node or partition */
    wg_time duration;     /* `for`; 0 = until heal (or instantaneous faults) */
    struct sim_node_set group_a, group_b; /* of links; both empty = the target is the first side
                                             and everyone else the second */
    uint32_t direction;   /* enum sim_direction */
    uint64_t params[SIM_FAULT_PARAMS]; /* by the table's parameter list */
    uint32_t line;        /* in the file, for messages */
};

struct sim_nemesis_options {
    bool on;
    wg_time from, until, every_mean;
    uint32_t weights[SIM_FAULT_KINDS_MAX];
};

enum sim_expect_kind {
    SIM_EXPECT_DUPLICATES_RATIO,
    SIM_EXPECT_LOG_BYTES,
    SIM_EXPECT_VIOLATION,
    SIM_EXPECT_REACHED,
    SIM_EXPECT_ANSWER
};
struct sim_expect_options {
    uint32_t kind;     /* enum sim_expect_kind */
    int32_t exporter;  /* index or -1 = any */
    uint64_t min, max; /* ratio: per million; bytes; times */
    bool at_peak;      /* LOG_BYTES: at: end (default) or peak */
    char *invariant;   /* VIOLATION */
    uint32_t blame;    /* enum sim_blame, or UINT32_MAX = any */
    uint32_t event;    /* REACHED: trigger event number */
    uint32_t step;     /* ANSWER: which entry of `steps`, from 1 */
    uint32_t status;   /* ANSWER: HTTP status, 0 = no answer came, UINT32_MAX = any */
    char *body;        /* ANSWER: what the body holds, NULL = anything */
    char *because;
    uint32_t line;
};

/* A known violation that does not fail the run, within bounds (`tolerate:`). */
struct sim_tolerate_options {
    char *invariant;
    int32_t exporter;       /* index or -1 = any */
    uint32_t partition;     /* 0 = any */
    uint32_t blame;         /* enum sim_blame, or UINT32_MAX = any */
    uint32_t max;           /* more than this many in a run are not tolerated */
    char *reason;
    uint32_t line;
};

/* What an operator does at a time (`steps:`). */
struct sim_step_options {
    wg_time at;
    uint32_t action;    /* enum wg_admin_kind, or enum sim_step_action (step_table.h) */
    uint32_t partition; /* 0 = all */
    uint32_t target_kind, target; /* brokers: enum sim_target_kind; NONE = all */
    int32_t exporter, source;     /* of enabling and disabling: indexes, -1 = none */
    uint32_t line;
};

struct sim_scenario {
    char *name, *path; /* path as given on the command line */
    char *description; /* the `question:` key: which question the scenario answers */
    struct sim_cluster_options cluster;
    struct sim_process *processes;
    uint32_t process_count;
    struct sim_workload_options *workloads;
    uint32_t workload_count;
    struct sim_exporter_options *exporters;
    uint32_t exporter_count;
    struct sim_fault_options *faults;
    uint32_t fault_count;
    struct sim_nemesis_options nemesis;
    struct sim_expect_options *expects;
    uint32_t expect_count;
    struct sim_tolerate_options *tolerates;
    uint32_t tolerate_count;
    struct sim_step_options *steps;
    uint32_t step_count;
    bool budget_exceed; /* budget: exceed */
    wg_time duration;   /* least end of chaos; 0 = from the rest */
    uint32_t seeds_demo, seeds_ci, seeds_nightly;
};

#endif
