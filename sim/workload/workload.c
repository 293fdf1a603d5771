/* Who wants what and when: generators that create instances, deployments and polls per partition,
 * and what an answer, or none, means for each.
 *
 * Invariants: all memory is taken at creation; a timer that was superseded is known by its time and
 * does nothing; idle is said only after every poll for longer than a job's timeout was answered and
 * found nothing. */
#include "sim/workload/workload_internal.h"

#include <stdlib.h>
#include <string.h>

#define TRICKLE_FASTEST WG_SECOND
#define TRICKLE_SLOWEST (2 * WG_SECOND)
#define DEPLOY_AGAIN (500 * WG_MS)
#define GENERATOR_TRICKLE 0xFFFFu

static void *must_alloc(size_t size) {
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

struct sim_workload *sim_workload_new(const struct sim_workload_options *options, uint32_t count,
                                      const struct sim_process *processes,
                                      const struct sim_cluster_options *cluster,
                                      struct sim_choices *choices,
                                      const struct sim_workload_ports *ports) {
    struct sim_workload *w = must_alloc(sizeof *w);
    uint32_t variable = largest_variable(options, count);
    w->cluster = cluster;
    w->ports = *ports;
    w->generator_count = count;
    w->generators = must_alloc(count * sizeof *w->generators);
    w->clients = must_alloc((cluster->partitions + 1) * sizeof *w->clients);
    w->requests = must_alloc(REQUEST_SLOTS * sizeof *w->requests);
    w->jobs = must_alloc(JOB_SLOTS * sizeof *w->jobs);
    for (uint32_t i = 0; i < count; i++) {
        w->generators[i].options = &options[i];
    }
    workload_use_processes(w, processes);
    w->scratch_size = 4096 + (size_t)variable + w->longest_resource;
    /* Behind it: the variable's text and its document, see workload_send_create, or a process. */
    w->scratch = must_alloc(w->scratch_size + 2 * (size_t)variable + DOCUMENT_ROOM + w->longest_resource);
    for (uint32_t i = 0; i < REQUEST_SLOTS; i++) {
        w->requests[i].next_free = i + 1 < REQUEST_SLOTS ? i + 1 : NO_SLOT;
    }
    for (uint32_t i = 0; i < JOB_SLOTS; i++) {
        w->jobs[i].next_free = i + 1 < JOB_SLOTS ? i + 1 : NO_SLOT;
    }
    for (wg_partition_id p = 1; p <= cluster->partitions; p++) {
        w->clients[p].guess = (p - 1) % cluster->brokers; /* the primary */
        w->clients[p].poll_delay = 200 * WG_MS;
        w->clients[p].poll_at = w->clients[p].deploy_at = WG_TIME_NEVER;
    }
    sim_stream_init(&w->arrivals, choices, SIM_CONCERN_WORKLOAD, 1);
    sim_stream_init(&w->work, choices, SIM_CONCERN_WORKLOAD, 2);
    return w;
}

void sim_workload_free(struct sim_workload *w) {
    if (w == NULL) {
        return;
    }
    workload_done_processes(w);
    free(w->generators);
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

static void poll_at(struct sim_workload *w, wg_partition_id p, wg_time at) {
    w->clients[p].poll_at = at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_POLL, p), at);
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

/* Nothing came for longer than a job's timeout: nothing can come any more. */
static bool all_quiet(const struct sim_workload *w, wg_time now) {
    return w->quiesced && w->jobs_used == 0 &&
           now - w->last_work >= QUIET_FOR + w->longest_wait + w->longest_backoff;
}

static void on_poll_timer(struct sim_workload *w, wg_partition_id p, wg_time now) {
    struct partition_client *c = &w->clients[p];
    if (c->poll_at != now || c->polling || w->stopped) {
        return;
    }
    if (all_quiet(w, now)) {
        w->stopped = true;
        return;
    }
    c->polling = workload_send_poll(w, p, now);
    if (!c->polling) {
        poll_at(w, p, now + WG_SECOND);
    }
}

/* --- creating instances ---------------------------------------------------------------------- */

static void create_on_next(struct sim_workload *w, uint32_t process, uint32_t variable_bytes,
                           wg_time now) {
    for (uint32_t tries = 0; tries < w->cluster->partitions; tries++) {
        wg_partition_id p = w->next_partition++ % w->cluster->partitions + 1;
        if (w->clients[p].deployed) {
            workload_send_create(w, p, process, variable_bytes, now);
            return;
        }
    }
}

static void arm_generator(struct sim_workload *w, uint32_t i, wg_time now) {
    struct generator *g = &w->generators[i];
    uint64_t rate = g->options->rate_per_hour;
    if (rate == 0) {
        return;
    }
    wg_time mean = (wg_time)(3600ull * 1000000000ull / rate);
    g->next = now + 1 + sim_exponential(&w->arrivals, i, mean);
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, i), g->next);
}

static void on_generator_timer(struct sim_workload *w, uint32_t i, wg_time now) {
    if (w->quiesced) {
        return;
    }
    if (i == GENERATOR_TRICKLE) {
        if (w->trickle_next == now) {
            for (uint32_t p = 0; p < w->cluster->partitions; p++) {
                uint32_t next = w->trickles++ % w->generator_count;
                create_on_next(w, w->generators[next].options->process, 0, now);
            }
            w->trickle_next = now + w->trickle_every;
            w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, i), w->trickle_next);
        }
        return;
    }
    struct generator *g = &w->generators[i];
    if (w->trickle || g->next != now || now >= w->t0 + g->options->until) {
        return;
    }
    create_on_next(w, g->options->process, g->options->variable_bytes, now);
    arm_generator(w, i, now);
}

/* --- answers --------------------------------------------------------------------------------- */

static void free_request(struct sim_workload *w, uint32_t slot) {
    w->requests[slot].used = false;
    w->requests[slot].next_free = w->free_request;
    w->free_request = slot;
    w->requests_used--;
}

/* `reply` NULL = none came in time. */
static void answered(struct sim_workload *w, struct request_slot r, const struct wg_reply *reply,
                     wg_time now) {
    struct partition_client *c = &w->clients[r.partition];
    bool usable = reply != NULL && reply->error == WG_ERR_NONE;
    bool job = r.purpose >= PURPOSE_COMPLETE; /* waits on its own */
    wg_time wait = job ? 0 : workload_backoff(w, r.partition, reply);
    /* A lost message says nothing about a broker that has answered others since. */
    bool silent = reply == NULL && c->heard <= r.deadline - REQUEST_TIMEOUT;
    if (silent || (reply != NULL && reply->error == WG_ERR_PARTITION_LEADER_MISMATCH)) {
        workload_try_next_broker(w, r.partition, r.node);
    }
    c->heard = usable ? now : c->heard;
    switch ((enum request_purpose)r.purpose) {
    case PURPOSE_DEPLOY:
        c->deploy_next += usable && !c->deployed;
        c->deployed = c->deploy_next == w->process_count;
        if (!c->deployed) {
            deploy_at(w, r.partition, now + wait);
        }
        break;
    case PURPOSE_CREATE:
        if (usable && reply->record_type == WG_EVENT) {
            w->counters.instances_created++;
            w->last_work = now;
            if (c->poll_delay > POLL_DELAY_MOST && !c->polling) {
                c->poll_delay = POLL_DELAY_MOST; /* the worker that waits is told of the job */
                poll_at(w, r.partition, now + WG_MS);
            }
        }
        break;
    case PURPOSE_POLL:
        c->polling = false;
        if (usable && reply->record_type == WG_EVENT && reply->value != NULL) {
            workload_jobs_activated(w, r.partition,
                                    (struct wg_bytes){reply->value->bytes, reply->value->len}, now);
        }
        if (!usable) {
            w->last_work = now; /* nobody said that there is none */
        }
        poll_at(w, r.partition, now + (usable ? c->poll_delay : wait));
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
        deploy_at(w, p, now + 1 + sim_between(&w->arrivals, 1000, 0, 50 * WG_MS));
        poll_at(w, p, now + 1 + sim_between(&w->arrivals, 1001, 0, 500 * WG_MS));
    }
    for (uint32_t i = 0; i < w->generator_count; i++) {
        arm_generator(w, i, now + w->generators[i].options->from);
    }
}

void sim_workload_on_timer(struct sim_workload *w, uint32_t id, wg_time now) {
    uint32_t slot = id & 0xFFFFFF;
    switch ((enum timer_sort)(id >> 24)) {
    case TIMER_GENERATOR:
        on_generator_timer(w, slot, now);
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
    }
}

/* Between two instances of a partition: as under the load before, within bounds. */
static wg_time trickle_interval(const struct sim_workload *w) {
    uint64_t per_hour = 0;
    for (uint32_t i = 0; i < w->generator_count; i++) {
        per_hour += w->generators[i].options->rate_per_hour;
    }
    wg_time every = 60 * WG_MINUTE * w->cluster->partitions / (wg_time)(per_hour > 0 ? per_hour : 1);
    return every < TRICKLE_FASTEST   ? TRICKLE_FASTEST
           : every > TRICKLE_SLOWEST ? TRICKLE_SLOWEST
                                     : every;
}

void sim_workload_stop_chaos(struct sim_workload *w, wg_time now) {
    if (w->trickle || w->generator_count == 0) {
        return;
    }
    w->trickle = true;
    w->trickle_every = trickle_interval(w);
    w->trickle_next = now + w->trickle_every;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, GENERATOR_TRICKLE), w->trickle_next);
}

void sim_workload_quiesce(struct sim_workload *w, wg_time now) {
    w->quiesced = true;
    w->last_work = now;
}

bool sim_workload_idle(const struct sim_workload *w) {
    return w->stopped && w->requests_used == 0 && w->jobs_used == 0;
}

struct sim_workload_counters sim_workload_counters(const struct sim_workload *w) {
    return w->counters;
}
