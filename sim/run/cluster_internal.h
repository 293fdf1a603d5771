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
#include "sim/run/coverage.h"
#include "sim/run/history.h"
#include "sim/run/plugin_guard.h"
#include "sim/run/run.h"
#include "sim/run/timeline.h"
#include "sim/scenario/step_table.h"
#include "sim/scenario/trigger_table.h"
#include "sim/workload/bodies.h"
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
    SIM_ITEM_ADMIN_STEP,    /* target = index into the scenario's steps */
    SIM_ITEM_ADMIN_RETRY,
    SIM_ITEM_FAULT_TICK,    /* target = number of an action that does something now and then */
    SIM_ITEM_CHECK,         /* the run driver looks at the phase */
    SIM_ITEM_DUPLICATE,     /* target = number of an action: its broker is started anew */
    SIM_ITEM_OPERATOR
};

/* An event of the trigger table that happened; handled after the job that caused it has ended. */
struct sim_trigger_hit {
    uint32_t event;
    int32_t exporter;
    wg_node_id node;
    wg_partition_id partition;
};

struct sim_user_task_row {
    wg_partition_id partition;
    wg_key key;
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

/* A fault that holds, on one target. */
struct sim_active_fault {
    struct sim_fault_action action;
    uint64_t incarnation; /* of its broker when it began */
    uint64_t taken;       /* disk.full: bytes */
    bool is_cut;          /* network.flap */
    bool has_struck;      /* broker.powerLossAtWork */
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
    struct sim_timeline *timeline; /* NULL = not asked for */
    struct sim_history *history;   /* same */
    struct sim_coverage *coverage; /* same */

    wg_time now, t0;
    uint32_t phase; /* enum sim_phase */
    uint64_t events, steps;
    bool check_due;         /* SIM_ITEM_CHECK came */
    wg_time last_flush_at;  /* for the trigger exporter.flush */
    uint64_t last_flush_exporter;
    bool *exporter_opaque, *exporter_lies;
    struct sim_body *bodies;        /* of processes that collect results */
    struct sim_judge_multi *multis; /* the same for judges */
    struct sim_plugin_exporter *port_exporters;
    struct sim_plugin_guard plugin_guard;
    struct sim_fault_ports fault_ports;
    struct sim_exporter_faults *exporter_faults; /* by exporter */
    struct sim_admin *admin;
    struct sim_operator *operator;
    struct sim_management *management;
    bool failed_start;      /* a broker's startup validation failed */
    char error[512];

    struct sim_active_fault *active; /* those of brokers and flapping links, in order of beginning */
    uint32_t active_count, active_capacity;
    uint64_t fault_effects[SIM_FAULT_KINDS_MAX]; /* what the world does not count itself */
    struct sim_item *held; /* by clogged links and paused processes, in order (hold.c) */
    uint32_t held_count, held_capacity;
    bool may_hold;         /* anything is clogged or paused */
    wg_index *committed;   /* by partition - 1: the highest commit index that anybody claimed */

    struct sim_broker **brokers; /* of each node the newest process */
    struct sim_actor **actors; /* by number */
    uint32_t actor_count;
    struct sim_actor *ready_head, *ready_tail;
    struct sim_outbox *free_outboxes; /* the one used last first */

    struct sim_incident_row *incidents; /* learnt from exported records */
    uint32_t incident_count, incident_capacity;
    struct sim_user_task_row *user_tasks; /* the same */
    uint32_t user_task_count, user_task_capacity;
    uint32_t *user_task_next; /* [partitions + 1], row that clients look at next */

    uint64_t reached[SIM_TRIGGER_COUNT]; /* how often each trigger event happened since t0 */
    uint64_t *reached_by; /* [exporter * SIM_TRIGGER_COUNT + event]: of one exporter */
    uint64_t ended[4]; /* processes, by enum sim_end */
    uint64_t assertions; /* of the engine that did not hold and were only reported */
    uint64_t log_bytes_peak;
    uint64_t *replica_peak; /* [broker * partition_count + partition - 1] */
};

/* cluster.c */
struct sim_cluster *sim_cluster_new(const struct sim_run_options *run);
void sim_cluster_free(struct sim_cluster *c);
void sim_cluster_push(struct sim_cluster *c, wg_time at, enum sim_item_kind kind, uint32_t target,
                      uint64_t a, void *ptr);
/* Does what an item stands for. */
void sim_cluster_handle(struct sim_cluster *c, const struct sim_item *item);
/* Handles the next item; false = nothing left. */
bool sim_cluster_step(struct sim_cluster *c);
int64_t sim_cluster_wall_ms(const struct sim_cluster *c);
void sim_cluster_fact(void *ctx, const struct sim_fact *fact);
void sim_cluster_claim(struct sim_cluster *c, const struct sim_broker *from,
                       const struct wg_claim *claim);
void sim_cluster_send(struct sim_cluster *c, const struct sim_actor *from,
                      struct wg_message *message);
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

/* admin.c: what the simulated operator asks of replicas. `kind` = enum wg_admin_kind. */
struct sim_admin *sim_admin_new(struct sim_cluster *c);
void sim_admin_free(struct sim_admin *admin);
/* The scenario's steps, when chaos begins. */
void sim_admin_start(struct sim_cluster *c);
void sim_admin_step(struct sim_cluster *c, uint32_t index);
void sim_admin_ask(struct sim_cluster *c, wg_node_id node, wg_partition_id partition,
                   uint32_t kind);
/* The number of the last request that was sent; they count up, and `request` >> 8 is the number. */
uint64_t sim_admin_last_request(const struct sim_cluster *c);
void sim_admin_replied(struct sim_cluster *c, struct sim_broker *broker,
                       wg_partition_id partition, uint64_t request, uint32_t status);
/* A pause or a rebalance begins or ends on one broker. */
void sim_admin_fault(struct sim_cluster *c, const struct sim_fault_action *action, bool begins);
/* Everything is to be resumed; asks again until each replica has answered OK. */
void sim_admin_heal(struct sim_cluster *c);
void sim_admin_retry(struct sim_cluster *c);

/* management.c: steps as calls of the management API, and what they are answered. */
struct sim_management *sim_management_new(struct sim_cluster *c);
void sim_management_free(struct sim_management *management);
/* Of the whole cluster (`only` = WG_NODE_NONE) or of one broker; not for changes of exporters. */
void sim_management_step(struct sim_cluster *c, uint32_t step, wg_node_id only);
/* A replica has answered; `request` is its number. */
void sim_management_replied(struct sim_cluster *c, uint64_t request, uint32_t status);
/* The operator asks the coordinator for the change of that step, once more or for the first time. */
void sim_management_change(struct sim_cluster *c, uint32_t step);
void sim_management_changed(struct sim_cluster *c, uint32_t step, uint32_t status);
/* Whoever was not answered by now will not be; hands all answers over. */
void sim_management_end(struct sim_cluster *c, struct wg_run_result *result);
/* How many answers were as that expectation wants them. */
uint64_t sim_management_matches(const struct sim_cluster *c, uint32_t expectation);

/* operator.c: changes of the exporters that run, one after the other, until they are carried out. */
struct sim_operator *sim_operator_new(struct sim_cluster *c);
void sim_operator_free(struct sim_operator *operator);
/* Asks for one more; `kind` = WG_ADMIN_ENABLE_EXPORTER or DISABLE_; source -1 = none; `step` = index of
 * the step that asks, SIM_NO_STEP = a fault does. */
#define SIM_NO_STEP UINT32_MAX
void sim_operator_ask(struct sim_cluster *c, uint32_t kind, int32_t exporter, int32_t source,
                      uint32_t step);
void sim_operator_replied(struct sim_cluster *c, uint64_t request, uint32_t status);
void sim_operator_fault(struct sim_cluster *c, const struct sim_fault_action *action, bool begins);
/* SIM_ITEM_OPERATOR: looks whether the change under way is done, else asks again. */
void sim_operator_look(struct sim_cluster *c);
/* What is still to be carried out, as a phrase; false = nothing. */
bool sim_operator_waits(const struct sim_cluster *c, char *text, size_t size);
/* Whether brokers that start now have the exporter in their configuration. */
bool sim_operator_has_exporter(const struct sim_cluster *c, uint32_t exporter);
/* Whether the broker that runs was started with another configuration than the present one. */
bool sim_operator_is_outdated(const struct sim_cluster *c, const struct sim_broker *broker);

/* faults_apply.c: what each fault does to the world. */
struct sim_fault_ports sim_cluster_fault_ports(struct sim_cluster *c);
/* SIM_ITEM_FAULT_TICK. */
void sim_fault_tick(struct sim_cluster *c, uint32_t number);

/* faults_broker.c: faults of one broker (process, disk, clocks) begin and end. */
void sim_broker_fault_begins(struct sim_cluster *c, const struct sim_fault_action *action);
void sim_broker_fault_ends(struct sim_cluster *c, const struct sim_fault_action *action);
/* The entry of that action, NULL = it is over. Valid until the next begins or ends. */
struct sim_active_fault *sim_active_find(struct sim_cluster *c, uint32_t number);
struct sim_active_fault *sim_active_add(struct sim_cluster *c,
                                        const struct sim_fault_action *action);
void sim_active_remove(struct sim_cluster *c, uint32_t number);

/* duplicate.c: a node is started anew while its old process runs on (broker.duplicate). */
void sim_duplicate_begins(struct sim_cluster *c, const struct sim_fault_action *action);
void sim_duplicate_ends(struct sim_cluster *c, const struct sim_active_fault *fault);
/* SIM_ITEM_DUPLICATE. */
void sim_duplicate_try(struct sim_cluster *c, uint32_t number);
/* A process that has a twin is about to run a job. */
void sim_duplicate_note_job(struct sim_broker *broker);
/* The process that a message to `to`, sent by a job of `from`, is meant for: its incarnation. */
uint64_t sim_duplicate_receiver(const struct sim_broker *to, const struct sim_actor *from,
                                const struct wg_message *message);
/* A process that has started is the node from now on, though an older one runs. */
void sim_duplicate_takes_over(struct sim_cluster *c, struct sim_broker *fresh);
/* To the judges the newest process of a node is the broker, and what was before is over: whether the
 * fact is about plugins of an older one. */
bool sim_duplicate_hides_fact(const struct sim_cluster *c, const struct sim_fact *fact);
/* The process of that incarnation among those of a node, or NULL. */
struct sim_broker *sim_duplicate_find(struct sim_broker *newest, uint64_t incarnation);

/* tend.c: healing begins; one look at all brokers from then on. */
void sim_tend_begin(struct sim_cluster *c);
void sim_tend(struct sim_cluster *c);

/* work.c: a job has run its step and goes on until its end; its claims are those it will make. */
void sim_work_begins(const struct sim_actor *actor);

/* hold.c: true = the item waits. */
bool sim_hold_item(struct sim_cluster *c, const struct sim_item *item);
/* Something ended that may have held items back. */
void sim_hold_release(struct sim_cluster *c);

/* trace_text.c */
void sim_trace_fact(FILE *out, const struct sim_fact *fact);
void sim_trace_claim(FILE *out, wg_time at, wg_node_id node, const struct wg_claim *claim);

/* actor.c, for broker.c */
void sim_actor_emit(struct wg_env *env, const struct wg_effect *effect);
void sim_actor_claim(struct wg_env *env, const struct wg_claim *claim);
/* Those that no job holds. */
void sim_outboxes_free(struct sim_cluster *c);

/* Memory of the driver itself; out of memory ends the program. */
void *sim_must_alloc(size_t size);
void *sim_must_realloc(void *ptr, size_t size);

#endif
