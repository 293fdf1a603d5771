/* Deployments and polls per partition, and what an answer, or none, means for each request. Who wants
 * instances is in workload_clients.c.
 *
 * Invariants: all memory is taken at creation; a timer that was superseded is known by its time and
 * does nothing; idle is said only after every poll for longer than a job's timeout was answered and
 * found nothing. */
#include "sim/workload/workload_internal.h"

#include <stdlib.h>
#include <string.h>

#define DEPLOY_AGAIN (500 * WG_MS)

void *workload_alloc(size_t size) {
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static uint32_t largest_variable(const struct sim_workload_options *options, uint32_t count) {
    uint32_t largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        largest = options[i].variable_bytes > largest ? options[i].variable_bytes : largest;
    }
    return largest;
}

/* Those that all workloads have in common. */
static void make_pollers(struct sim_workload *w) {
    w->worker_count = 1;
    for (uint32_t i = 0; i < w->generator_count; i++) {
        const struct sim_worker_options *o = &w->generators[i].options->workers;
        w->worker_count = o->count > w->worker_count ? o->count : w->worker_count;
        w->longest_timeout = o->timeout > w->longest_timeout ? o->timeout : w->longest_timeout;
    }
    size_t count = (size_t)w->worker_count * (w->cluster->partitions + 1);
    w->pollers = workload_alloc(count * sizeof *w->pollers);
    for (size_t i = 0; i < count; i++) {
        w->pollers[i].delay = 200 * WG_MS;
        w->pollers[i].at = WG_TIME_NEVER;
    }
}

struct sim_workload *sim_workload_new(const struct sim_workload_options *options, uint32_t count,
                                      const struct sim_process *processes,
                                      const struct sim_cluster_options *cluster,
                                      struct sim_choices *choices,
                                      const struct sim_workload_ports *ports) {
    struct sim_workload *w = workload_alloc(sizeof *w);
    uint32_t variable = largest_variable(options, count);
    w->cluster = cluster;
    w->ports = *ports;
    workload_clients_init(w, options, count);
    make_pollers(w);
    w->clients = workload_alloc((cluster->partitions + 1) * sizeof *w->clients);
    w->requests = workload_alloc(REQUEST_SLOTS * sizeof *w->requests);
    w->jobs = workload_alloc(JOB_SLOTS * sizeof *w->jobs);
    workload_use_processes(w, processes);
    w->scratch_size = 4096 + (size_t)variable + w->longest_resource;
    /* Behind it: the variable's text and its document, see workload_send_create, or a process. */
    w->scratch = workload_alloc(w->scratch_size + 2 * (size_t)variable + DOCUMENT_ROOM + w->longest_resource);
    for (uint32_t i = 0; i < REQUEST_SLOTS; i++) {
        w->requests[i].next_free = i + 1 < REQUEST_SLOTS ? i + 1 : NO_SLOT;
    }
    for (uint32_t i = 0; i < JOB_SLOTS; i++) {
        w->jobs[i].next_free = i + 1 < JOB_SLOTS ? i + 1 : NO_SLOT;
    }
    for (wg_partition_id p = 1; p <= cluster->partitions; p++) {
        w->clients[p].guess = (p - 1) % cluster->brokers; /* the primary */
        w->clients[p].deploy_at = WG_TIME_NEVER;
    }
    sim_stream_init(&w->arrivals, choices, SIM_CONCERN_WORKLOAD, 1);
    sim_stream_init(&w->work, choices, SIM_CONCERN_WORKLOAD, 2);
    workload_messages_init(w, choices);
    return w;
}

void sim_workload_free(struct sim_workload *w) {
    if (w == NULL) {
        return;
    }
    workload_done_processes(w);
    workload_clients_done(w);
    workload_messages_done(w);
    free(w->pollers);
    free(w->clients);
    free(w->requests);
    free(w->jobs);
    free(w->scratch);
    free(w);
}

/* --- deploying and polling ------------------------------------------------------------------- */

static void deploy_at(struct sim_workload *w, wg_partition_id p, wg_time at) {
    w->clients[p].deploy_at = at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_DEPLOY, p), at);
}

static void poll_at(struct sim_workload *w, uint32_t worker, wg_partition_id p, wg_time at) {
    struct poller *poller = workload_poller(w, worker, p);
    poller->at = at < poller->down_until ? poller->down_until : at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_POLL, (uint32_t)(poller - w->pollers)),
                       poller->at);
}

static void on_deploy_timer(struct sim_workload *w, wg_partition_id p, wg_time now) {
    struct partition_client *c = &w->clients[p];
    if (c->deployed || c->deploy_at != now || w->stopped) {
        return;
    }
    if (!workload_send_deploy(w, p, now)) {
        deploy_at(w, p, now + DEPLOY_AGAIN);
    }
}

/* A worker that was refused for want of room did not hear whether there is a job. */
static bool is_refused(const struct sim_workload *w) {
    for (uint32_t i = 0; i < w->worker_count * (w->cluster->partitions + 1); i++) {
        if (w->pollers[i].refused) {
            return true;
        }
    }
    return false;
}

/* Nothing came for longer than a job's timeout: nothing can come any more. */
static bool all_quiet(const struct sim_workload *w, wg_time now) {
    return w->quiesced && w->jobs_used == 0 && w->messages_used == 0 &&
           !workload_distributes(w, now) &&
           now - w->last_work >= QUIET_FOR(w) + w->longest_wait + w->longest_backoff &&
           !is_refused(w); /* last: it looks at every worker */
}

static void on_poll_timer(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct poller *poller = &w->pollers[slot];
    uint32_t worker = slot / (w->cluster->partitions + 1);
    wg_partition_id p = slot % (w->cluster->partitions + 1);
    if (poller->at != now || poller->polling || w->stopped) {
        return;
    }
    if (all_quiet(w, now)) {
        w->stopped = true;
        return;
    }
    poller->polling = workload_send_poll(w, worker, p, now);
    if (!poller->polling) {
        poll_at(w, worker, p, now + WG_SECOND);
    }
}

/* The workers that wait are told of a new job. */
static void wake_pollers(struct sim_workload *w, wg_partition_id p, wg_time now) {
    for (uint32_t i = 0; i < w->worker_count; i++) {
        struct poller *poller = workload_poller(w, i, p);
        if (poller->delay > POLL_DELAY_MOST && !poller->polling) {
            poller->delay = POLL_DELAY_MOST;
            poll_at(w, i, p, now + WG_MS);
        }
    }
}

/* --- answers --------------------------------------------------------------------------------- */

static void free_request(struct sim_workload *w, uint32_t slot) {
    w->requests[slot].used = false;
    w->requests[slot].next_free = w->free_request;
    w->free_request = slot;
    w->requests_used--;
}

/* `reply` NULL = none that can be used. Where few requests may be on their way at a time, workers refuse
 * each other for ever, so that a refusal alone does not count as work. */
static void poll_answered(struct sim_workload *w, const struct request_slot *r,
                          const struct wg_reply *reply, bool refused, wg_time wait, wg_time now) {
    struct poller *poller = workload_poller(w, r->job, r->partition);
    poller->polling = false;
    poller->refused = refused;
    if (reply != NULL && reply->record_type == WG_EVENT && reply->value != NULL) {
        workload_jobs_activated(w, r->job, r->partition,
                                (struct wg_bytes){reply->value->bytes, reply->value->len}, now);
    }
    if (reply == NULL && !refused) {
        w->last_work = now; /* nobody said that there is none */
    }
    poll_at(w, r->job, r->partition, now + (reply != NULL ? poller->delay : wait));
}

/* The engine hands on what partition 1 was told; until it has, instances are refused there. */
static void all_deployed(struct sim_workload *w) {
    for (wg_partition_id p = 1; p <= w->cluster->partitions; p++) {
        w->clients[p].deployed = true;
    }
}

/* `reply` NULL = none came in time. */
static void answered(struct sim_workload *w, struct request_slot r, const struct wg_reply *reply,
                     wg_time now) {
    struct partition_client *c = &w->clients[r.partition];
    bool usable = reply != NULL && reply->error == WG_ERR_NONE;
    bool job = r.purpose >= PURPOSE_COMPLETE; /* waits on its own */
    wg_time wait = job ? 0 : workload_backoff(w, r.partition, reply);
    /* A lost message says nothing about a broker that has answered others since. */
    bool silent = reply == NULL && c->heard <= r.sent;
    if (silent || (reply != NULL && reply->error == WG_ERR_PARTITION_LEADER_MISMATCH)) {
        workload_try_next_broker(w, r.partition, r.node);
    }
    c->heard = usable ? now : c->heard;
    switch ((enum request_purpose)r.purpose) {
    case PURPOSE_DEPLOY:
        c->deploy_next += usable && !c->deployed;
        c->deployed = c->deploy_next == w->process_count;
        if (c->deployed && w->cluster->distribute_deployments) {
            all_deployed(w);
        }
        if (!c->deployed) {
            deploy_at(w, r.partition, now + wait);
        }
        break;
    case PURPOSE_CREATE:
        if (usable && reply->record_type == WG_EVENT) {
            w->counters.instances_created++;
            workload_created(w, r.partition, reply, now);
            w->last_work = now;
            wake_pollers(w, r.partition, now);
        }
        if (r.job != NO_SLOT) {
            workload_order_answered(w, r.job, reply, now);
        }
        break;
    case PURPOSE_POLL:
        poll_answered(w, &r, usable ? reply : NULL,
                      reply != NULL && reply->error == WG_ERR_RESOURCE_EXHAUSTED, wait, now);
        break;
    case PURPOSE_PUBLISH:
        workload_message_answered(w, r.job, reply, now);
        break;
    case PURPOSE_VERSION:
        workload_version_answered(w, r.job, reply, now);
        break;
    default:
        workload_job_answer(w, r.job, reply, now);
        break;
    }
}

static void on_request_timer(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct request_slot r = w->requests[slot];
    if (!r.used || r.deadline != now) {
        return;
    }
    struct sim_fact fact = {.kind = SIM_FACT_REQUEST_TIMEOUT,
                            .node = WG_NODE_NONE,
                            .partition = r.partition,
                            .a = r.id,
                            .b = r.partition};
    w->counters.timeouts++;
    w->ports.fact(w->ports.ctx, &fact);
    free_request(w, slot);
    answered(w, r, NULL, now);
}

void sim_workload_on_reply(struct sim_workload *w, const struct wg_reply *reply, wg_time now) {
    uint32_t slot = (uint32_t)(reply->request_id & 0xFFFF);
    if (slot >= REQUEST_SLOTS || !w->requests[slot].used ||
        w->requests[slot].id != reply->request_id) {
        return; /* too late, or a second copy */
    }
    struct request_slot r = w->requests[slot];
    bool failed = reply->error != WG_ERR_NONE;
    struct sim_fact fact = {.kind = SIM_FACT_REPLY,
                            .node = WG_NODE_NONE,
                            .partition = r.partition,
                            .a = r.id,
                            .b = r.partition,
                            .c = failed ? SIM_REPLY_ERROR | (uint32_t)reply->error
                                        : (uint64_t)reply->record_type << 16 |
                                              (uint64_t)reply->value_type << 8 | reply->intent,
                            .d = (uint64_t)reply->key};
    fact.c |= failed && reply->exhausted == WG_EXHAUSTED_REQUESTS ? SIM_REPLY_OVER_LIMIT : 0;
    w->counters.over_limit += failed && reply->exhausted == WG_EXHAUSTED_REQUESTS;
    if (reply->value != NULL && !failed) {
        fact.ptr = reply->value->bytes;
        fact.len = reply->value->len;
    }
    w->counters.replies++;
    w->ports.fact(w->ports.ctx, &fact);
    free_request(w, slot);
    answered(w, r, reply, now);
}

/* --- the driver's side ----------------------------------------------------------------------- */

void sim_workload_start(struct sim_workload *w, wg_time now) {
    w->last_work = w->t0 = now;
    if (w->generator_count == 0) {
        w->stopped = true;
        return;
    }
    for (wg_partition_id p = 1; p <= w->cluster->partitions; p++) {
        if (p == 1 || !w->cluster->distribute_deployments) {
            deploy_at(w, p, now + 1 + sim_between(&w->arrivals, 1000, 0, 50 * WG_MS));
        }
        poll_at(w, 0, p, now + 1 + sim_between(&w->arrivals, 1001, 0, 500 * WG_MS));
    }
    workload_clients_start(w, now);
    workload_versions_start(w, now);
    for (uint32_t i = 1; i < w->worker_count; i++) {
        for (wg_partition_id p = 1; p <= w->cluster->partitions; p++) {
            poll_at(w, i, p, now + 1 + sim_between(&w->arrivals, 1002, 0, 500 * WG_MS));
        }
    }
    workload_user_tasks(w, now);
}

void sim_workload_on_timer(struct sim_workload *w, uint32_t id, wg_time now) {
    uint32_t slot = id & 0xFFFFFF;
    switch ((enum timer_sort)(id >> 24)) {
    case TIMER_GENERATOR:
        workload_generator_timer(w, slot, now);
        break;
    case TIMER_REQUEST:
        on_request_timer(w, slot, now);
        break;
    case TIMER_POLL:
        on_poll_timer(w, slot, now);
        break;
    case TIMER_JOB:
        workload_job_timer(w, slot, now);
        break;
    case TIMER_DEPLOY:
        on_deploy_timer(w, slot, now);
        break;
    case TIMER_USER_TASKS:
        workload_user_tasks(w, now);
        break;
    case TIMER_BURST:
        workload_burst_timer(w, slot, now);
        break;
    case TIMER_CLIENT:
        workload_client_timer(w, slot, now);
        break;
    case TIMER_ORDER:
        workload_order_timer(w, slot, now);
        break;
    case TIMER_MESSAGE:
        workload_message_timer(w, slot, now);
        break;
    case TIMER_VERSION:
        workload_version_timer(w, slot, now);
        break;
    }
}

void sim_workload_stop_chaos(struct sim_workload *w, wg_time now) {
    if (w->trickle || w->generator_count == 0) {
        return;
    }
    w->chaos_over = now;
    workload_clients_trickle(w, now);
}

void sim_workload_quiesce(struct sim_workload *w, wg_time now) {
    w->quiesced = true;
    w->last_work = now;
    workload_messages_quiesce(w, now);
}

bool sim_workload_idle(const struct sim_workload *w) {
    return w->stopped && w->requests_used == 0 && w->jobs_used == 0;
}

struct sim_workload_counters sim_workload_counters(const struct sim_workload *w) {
    return w->counters;
}
