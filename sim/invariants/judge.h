/* The bench of judges: one file per invariant, all on in every run. They see every world fact and
 * engine claim in order, keep bounded models of their own, and file violations. */
#ifndef SIM_INVARIANTS_JUDGE_H
#define SIM_INVARIANTS_JUDGE_H

#include "sim/world/facts.h"
#include "waggle/node.h"
#include "waggle/trace.h"

enum sim_blame { SIM_BLAME_ENGINE, SIM_BLAME_PLUGIN, SIM_BLAME_SINK, SIM_BLAME_CONFIGURATION, SIM_BLAME_HARNESS };

struct sim_violation {
    const char *invariant; /* "election-safety": stable id */
    uint32_t blame;        /* enum sim_blame */
    wg_time at;
    wg_partition_id partition;
    int32_t exporter;      /* index or -1 */
    char message[400];     /* one sentence with the evidence */
};

/* A multi-instance body of a process; variables are empty where it has none. */
struct sim_judge_multi {
    const char *process, *element;
    const char *collection, *item; /* what it takes */
    const char *output, *result;   /* what it collects, and of which variable of an instance */
};

/* What the judges may know of the set-up. Borrowed for the life of the bench. */
struct sim_judge_setup {
    uint32_t brokers;
    uint32_t partition_count;
    const struct wg_partition_options *partitions; /* all of the cluster, id i+1 at [i] */
    uint32_t exporter_count;
    const struct wg_exporter_options *exporters;
    const bool *exporter_opaque; /* sink truth is unknowable */
    const bool *exporter_lies;   /* declared faulty on purpose: still judged; blame plugin */
    const wg_position *skip_records; /* ascending: exported to nobody, by configuration */
    uint32_t skip_record_count;
    uint32_t segment_bytes;
    wg_time snapshot_period, distribution_interval;
    bool has_process_model;      /* there is a workload */
    bool only_one_task;          /* of nothing but the built-in process */
    const struct sim_judge_multi *multis; /* of all processes; none unless one of them collects results */
    uint32_t multi_count;
    bool distributes;            /* partition 1 hands deployments on to the others */
    bool budget_exceeded;        /* durability beyond the fault budget is not promised */
    bool raft_only;              /* entries hold opaque bytes, not record batches (benchmarks) */
};

/* Durable bytes of one broker's disk, for the independent reader. */
struct sim_disk_reader {
    void *ctx;
    /* Calls `each` for every durable file of that partition in path order. */
    void (*list)(void *ctx, wg_node_id node, wg_partition_id partition,
                 void (*each)(void *, const char *path, uint64_t size), void *each_ctx);
    /* Copies durable bytes; returns how many (0 = no such file or past the end). */
    uint64_t (*read)(void *ctx, wg_node_id node, const char *path, uint64_t offset, void *out, uint64_t len);
};

/* Per exporter and partition, for reports. */
struct sim_export_stats {
    uint64_t accepted;     /* committed records that pass its filter */
    uint64_t delivered;    /* successful export calls */
    uint64_t duplicates;   /* deliveries of a position delivered before */
    uint64_t bursts;       /* runs of consecutive duplicates */
    uint64_t longest_burst;
    uint64_t by_cause[8];  /* enum sim_duplicate_cause */
    wg_position sink_highest; /* highest durable position, -1 = none */
    bool acked_missing;       /* it acknowledged a record that its sink does not have */
    uint64_t missing; /* records that it is owed, that are not durable and were never delivered */
    uint64_t waiting; /* records that are still to come to it, owed or not, since it was enabled last */
};
enum sim_duplicate_cause {
    SIM_DUP_FAILOVER, SIM_DUP_RESTART, SIM_DUP_POWER_LOSS, SIM_DUP_RETRY, SIM_DUP_DIRECTOR_RESTART,
    SIM_DUP_SNAPSHOT_INSTALL, SIM_DUP_UNEXPLAINED
};

struct sim_judges;

struct sim_judges *sim_judges_new(const struct sim_judge_setup *setup, const struct sim_disk_reader *disks);
void sim_judges_free(struct sim_judges *judges);
void sim_judges_fact(struct sim_judges *judges, const struct sim_fact *fact);
void sim_judges_claim(struct sim_judges *judges, wg_time at, wg_node_id node, const struct wg_claim *claim);
/* The same of a process that runs on though a newer one of its node has started (whose start follows
 * the old one's BROKER_END). What such a process does with its plugins is not to be told. */
void sim_judges_old_claim(struct sim_judges *judges, wg_time at, wg_node_id node,
                          const struct wg_claim *claim);
/* After the last event: end-of-run checks, the independent journal reader included. */
void sim_judges_finish(struct sim_judges *judges, wg_time at);
uint32_t sim_judges_violation_count(const struct sim_judges *judges);
const struct sim_violation *sim_judges_violation(const struct sim_judges *judges, uint32_t i);
/* Committed records of a partition (0 = all partitions), each counted once. */
uint64_t sim_judges_committed(const struct sim_judges *judges, wg_partition_id partition);
/* Highest committed position of a partition, 0 = none; and whether all that passes `exporter`'s
 * filter up to there is durable in its sink (the verify phase waits for it). */
wg_position sim_judges_last_position(const struct sim_judges *judges, wg_partition_id partition);
bool sim_judges_all_delivered(const struct sim_judges *judges, wg_partition_id partition, uint32_t exporter);
/* Whether the exporter gets every record: it is enabled on all replicas, and the operator wants that. */
bool sim_judges_owes(const struct sim_judges *judges, wg_partition_id partition, uint32_t exporter);
/* The exporter that stops exporting in a partition now, or -1: its last call failed and was made
 * no longer ago than the longest back-off, or it owes an answer for more than a minute. */
int32_t sim_judges_refuser(const struct sim_judges *judges, wg_partition_id partition);
void sim_judges_export_stats(const struct sim_judges *judges, uint32_t exporter, wg_partition_id partition,
                             struct sim_export_stats *ret_stats);
/* The run driver has found that load, sinks and disks of a partition do not fit together: what was not
 * exported of it by the end is put down to the configuration, unless a plugin said that it was. */
void sim_judges_excuse_backlog(struct sim_judges *judges, wg_partition_id partition);

/* Whether commits of that partition go on, but more than 5 s after what they commit was written: its disks or
 * links are slower than its load. */
bool sim_judges_commits_lag(const struct sim_judges *judges, wg_partition_id partition);

/* --- what a full disk is due to (room.c) --- */

/* Segments at the start of that replica's log that nobody needs: for a snapshot period, a distribution
 * interval and 15 s all that is in them has been acknowledged by every exporter, and the replica has known
 * the results of their commands to be committed, and its services have run. */
uint32_t sim_judges_cuttable(const struct sim_judges *judges, wg_node_id node,
                             wg_partition_id partition);
/* Whether that replica leads and has written entries that are not committed: until they are, its state
 * holds what may be lost, so it can take no snapshot and cut nothing. */
bool sim_judges_waits_for_commit(const struct sim_judges *judges, wg_node_id node,
                                 wg_partition_id partition);
/* Whether the partition's leader has handed nothing to any exporter for 30 s, although it may and
 * records wait that have been committed for as long: the engine holds up its log itself. */
bool sim_judges_export_stands_still(struct sim_judges *judges, wg_partition_id partition);
/* Whether that replica tried to take a snapshot not longer ago, none since, and its disk had no room for it. */
bool sim_judges_had_no_room(const struct sim_judges *judges, wg_node_id node,
                            wg_partition_id partition);
/* Whether a file of that name on that broker's disk should be gone: a segment that was cut, or a snapshot that is
 * none of the last two. No file, if a call of the disk has failed since the broker started: what it could not
 * remove goes when it starts next. */
bool sim_judges_is_waste(const struct sim_judges *judges, wg_node_id node, const char *path);
/* The network made another copy of a request that is under way; `client` as in its fact. */
void sim_judges_request_doubled(struct sim_judges *judges, wg_partition_id partition,
                                uint64_t client, uint64_t request);
/* Violations found by others (liveness by the run driver, plugin crash by the worker). */
void sim_judges_report(struct sim_judges *judges, const struct sim_violation *violation);

#endif
