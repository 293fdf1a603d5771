/* Simulated clients and job workers, as deterministic state machines. They know the cluster only by
 * requests and replies, which the driver carries and may lose.
 *
 * One client deploys the processes to every partition. Clients create instances open loop, in bursts
 * or closed loop. Workers at each partition poll for jobs, one type after the other, and complete
 * them, or fail some: with a back-off, or with no retries left, give them a retry again and resolve
 * the incident; some jobs are answered late, or never since their worker has crashed. A request
 * without an answer in time is unknown: a create is then forgotten or, within its retries, sent
 * again as a request of its own, so that there may be two instances; the others are sent again in
 * any case, since doing them twice is harmless. */
#ifndef SIM_WORKLOAD_WORKLOAD_H
#define SIM_WORKLOAD_WORKLOAD_H

#include "sim/kernel/choice.h"
#include "sim/scenario/scenario.h"
#include "sim/world/facts.h"
#include "waggle/node.h"

struct sim_workload_ports {
    void *ctx;
    /* Borrowed for the call. */
    void (*send_request)(void *ctx, wg_node_id node, const struct wg_request *request);
    /* Call sim_workload_on_timer(id) at `at`; timers are not replaced by a later one. */
    void (*set_timer)(void *ctx, uint32_t id, wg_time at);
    void (*fact)(void *ctx, const struct sim_fact *fact);
    /* The incident of a job as exported records told it; false = not known (yet). */
    /* The key of the next user task that has been exported; false = no new one. NULL if no process
     * has user tasks. */
    bool (*next_user_task)(void *ctx, wg_partition_id partition, wg_key *ret_key);
    bool (*find_incident)(void *ctx, wg_partition_id partition, wg_key job, wg_key *ret_incident);
};

struct sim_workload_counters {
    uint64_t requests, replies, timeouts, instances_created, jobs_completed, jobs_failed,
        incidents_resolved, retries, given_up, slow_jobs, lost_jobs, crashes, over_limit, cancellations, errors_thrown,
        user_tasks_completed;
};

struct sim_workload;

/* `options`, `cluster` and `processes` (those that options refer to; NULL = none) are borrowed for
 * the life of the workload. */
struct sim_workload *sim_workload_new(const struct sim_workload_options *options, uint32_t count,
                                      const struct sim_process *processes,
                                      const struct sim_cluster_options *cluster,
                                      struct sim_choices *choices,
                                      const struct sim_workload_ports *ports);
void sim_workload_free(struct sim_workload *w);

void sim_workload_start(struct sim_workload *w, wg_time now);
void sim_workload_on_timer(struct sim_workload *w, uint32_t id, wg_time now);
/* A message of that name and correlation key has reached an instance, as exported records tell;
 * `message` is its key. May be told more than once. */
void sim_workload_message_taken(struct sim_workload *w, struct wg_bytes name,
                                struct wg_bytes correlation_key, wg_key message, wg_time now);
void sim_workload_on_reply(struct sim_workload *w, const struct wg_reply *reply, wg_time now);
/* From now on a trickle, no failing jobs: one instance a second and partition, or after a load that
 * was lighter as many as before, but at least one in two seconds (in ten, if there are more than 200
 * partitions); unless a workload says how many (`trickle`). */
void sim_workload_stop_chaos(struct sim_workload *w, wg_time now);
/* No new instances; workers go on until nothing has come for longer than a job's timeout. */
void sim_workload_quiesce(struct sim_workload *w, wg_time now);
/* Quiesced, and nothing is left to do: no request is under way and none will be sent. */
bool sim_workload_idle(const struct sim_workload *w);
struct sim_workload_counters sim_workload_counters(const struct sim_workload *w);

#endif
