/* The simulated cluster: world, engine processes, clients, faults and judges of one run, on one
 * event queue. Shared by the files of sim/run only. */
#ifndef SIM_RUN_CLUSTER_INTERNAL_H
#define SIM_RUN_CLUSTER_INTERNAL_H

#include "sim/faults/fault_plan.h"
#include "sim/invariants/judge.h"
#include "sim/kernel/pool.h"
#include "sim/kernel/queue.h"
#include "sim/kernel/run_hash.h"
#include "sim/run/broker.h"
#include "sim/run/run.h"
#include "sim/scenario/trigger_table.h"
#include "sim/workload/workload.h"
#include "sim/world/sim_net.h"
#include "waggle/inspect.h"

#include <stdio.h>

enum sim_item_kind {
    SIM_ITEM_JOB_END,       /* target = actor, a = incarnation */
    SIM_ITEM_TIMER,         /* target = actor * WG_TIMER_SLOTS + slot, a = generation */
    SIM_ITEM_PLUGIN_RETURN, /* target = actor, a = incarnation */
    SIM_ITEM_MESSAGE,       /* target = node, a = incarnation it was sent to, ptr = wg_message */
    SIM_ITEM_REQUEST,       /* target = node, ptr = wg_request (malloc) */
    SIM_ITEM_REPLY,         /* ptr = wg_reply (malloc) */
    SIM_ITEM_WORKLOAD_TIMER, /* target = id */
    SIM_ITEM_FAULT_TIMER,   /* target = id */
    SIM_ITEM_TRIGGER,       /* ptr = struct sim_trigger_hit (malloc) */
    SIM_ITEM_BROKER_START,  /* target = node */
    SIM_ITEM_BROKER_STOPPED, /* target = node, a = incarnation */
    SIM_ITEM_CHECK          /* the run driver looks at the phase */
};

/* An event of the trigger table that happened; handled after the job that caused it has ended. */
struct sim_trigger_hit {
    uint32_t event;
    int32_t exporter;
    wg_node_id node;
    wg_partition_id partition;
};

struct sim_incident_row {
    wg_partition_id partition;
    wg_key job, incident;
};

/* How many faults hold an exporter or its sink at present. */
struct sim_exporter_faults {
    int errors, downs;
    wg_time slow;
};

struct sim_cluster {
    const struct sim_scenario *scenario;
    const struct sim_run_options *run;
    uint32_t broker_count, partition_count;
    struct wg_partition_options *partitions; /* all; id i + 1 at [i] */
    struct wg_exporter_options *exporters;
    bool zero_costs;

    struct sim_pool *pool;
    struct sim_queue *queue;
    struct sim_choices *choices;
    struct sim_stream client_stream;
    struct sim_run_hash hash, claim_hash;
    struct sim_net *net;
    struct sim_plugin_port *port;
    struct sim_workload *workload;
    struct sim_fault_plan *faults;
    struct sim_judge_setup judge_setup;
    struct sim_judges *judges;

    wg_time now, t0;
    uint32_t phase; /* enum sim_phase */
    uint64_t events, steps;
    bool check_due;         /* SIM_ITEM_CHECK came */
    wg_time last_flush_at;  /* for the trigger exporter.flush */
    uint64_t last_flush_exporter;
    bool *exporter_opaque, *exporter_lies;
    struct sim_plugin_exporter *port_exporters;
    struct sim_fault_ports fault_ports;
    struct sim_exporter_faults *exporter_faults; /* by exporter */
    bool failed_start;      /* a broker's startup validation failed */
    char error[512];

    struct sim_broker *brokers;
    struct sim_actor **actors; /* by number */
    uint32_t actor_count;
    struct sim_actor *ready_head, *ready_tail;

    struct sim_incident_row *incidents; /* learnt from exported records */
    uint32_t incident_count, incident_capacity;

    uint64_t reached[SIM_TRIGGER_COUNT]; /* how often each trigger event happened since t0 */
    uint64_t ended[4]; /* processes, by enum sim_end */
    uint64_t log_bytes_peak;
    uint64_t *replica_peak; /* [broker * partition_count + partition - 1] */
};

/* cluster.c */
struct sim_cluster *sim_cluster_new(const struct sim_run_options *run);
void sim_cluster_free(struct sim_cluster *c);
void sim_cluster_push(struct sim_cluster *c, wg_time at, enum sim_item_kind kind, uint32_t target,
                      uint64_t a, void *ptr);
/* Handles the next item; false = nothing left. */
bool sim_cluster_step(struct sim_cluster *c);
int64_t sim_cluster_wall_ms(const struct sim_cluster *c);
void sim_cluster_fact(void *ctx, const struct sim_fact *fact);
void sim_cluster_claim(struct sim_cluster *c, wg_node_id node, const struct wg_claim *claim);
void sim_cluster_send(struct sim_cluster *c, struct wg_message *message);
void sim_cluster_reply(struct sim_cluster *c, struct sim_broker *from, struct wg_reply *reply);
void sim_cluster_note_export(struct sim_cluster *c, const struct wg_plugin_call *call);
void sim_cluster_plugin_hangs(struct sim_cluster *c, struct sim_broker *broker,
                              const struct wg_plugin_call *call);
void sim_cluster_trigger(struct sim_cluster *c, uint32_t event, int32_t exporter, wg_node_id node,
                         wg_partition_id partition);
/* The broker that leads `partition` by its own word with the highest term; WG_NODE_NONE = nobody. */
wg_node_id sim_cluster_leader(const struct sim_cluster *c, wg_partition_id partition);

/* plugins.c: the plugin port with the run's exporters. */
struct sim_plugin_port *sim_cluster_make_port(struct sim_cluster *c);

/* faults_apply.c: what each fault does to the world. */
struct sim_fault_ports sim_cluster_fault_ports(struct sim_cluster *c);

/* trace_text.c */
void sim_trace_fact(FILE *out, const struct sim_fact *fact);
void sim_trace_claim(FILE *out, wg_time at, wg_node_id node, const struct wg_claim *claim);

/* actor.c, for broker.c */
void sim_actor_emit(struct wg_env *env, const struct wg_effect *effect);
void sim_actor_claim(struct wg_env *env, const struct wg_claim *claim);

/* Memory of the driver itself; out of memory ends the program. */
void *sim_must_alloc(size_t size);
void *sim_must_realloc(void *ptr, size_t size);

#endif
