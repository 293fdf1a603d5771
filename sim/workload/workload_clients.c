/* Who wants instances and when: generators with a rate, which may rise or fall, with bursts, or with
 * clients that wait for their answers; and the trickle of the verify phase.
 *
 * An order is an instance that somebody goes on asking for. Each attempt is a request of its own, at
 * the next partition, as a gateway spreads them: one that timed out may have created an instance all
 * the same. Generators without clients, retries and a timeout of their own send and forget.
 *
 * Invariants: a client has at most one order; no order sends anything once the workload is quiesced. */
#include "sim/workload/workload_internal.h"

#include <stdlib.h>

#define TRICKLE_FASTEST WG_SECOND
#define TRICKLE_SLOWEST (2 * WG_SECOND)
#define TRICKLE_SLOWEST_OF_MANY (10 * WG_SECOND)
#define MANY_PARTITIONS 200u
#define GENERATOR_TRICKLE 0xFFFFu
#define RETRY_LEAST (100 * WG_MS)
#define RETRY_MOST (1600 * WG_MS)
#define RAMP_STEPS 100
#define MICRO UINT64_C(1000000) /* parts of an instance */

enum { SITE_CLIENT_START = 2000, SITE_RETRY };

static bool needs_orders(const struct sim_workload_options *options) {
    return options->clients > 0 || options->retries > 0 || options->timeout > 0;
}

void workload_clients_init(struct sim_workload *w, const struct sim_workload_options *options,
                           uint32_t count) {
    bool orders = false;
    w->generator_count = count;
    w->generators = workload_alloc(count * sizeof *w->generators);
    for (uint32_t i = 0; i < count; i++) {
        w->generators[i].options = &options[i];
        w->looper_count += options[i].clients;
        orders |= needs_orders(&options[i]);
    }
    w->loopers = workload_alloc(w->looper_count * sizeof *w->loopers);
    for (uint32_t i = 0, client = 0; i < count; i++) {
        for (uint32_t j = 0; j < options[i].clients; j++) {
            w->loopers[client++].generator = i;
        }
    }
    w->free_order = NO_SLOT;
    if (orders) {
        w->orders = workload_alloc(ORDER_SLOTS * sizeof *w->orders);
        for (uint32_t i = ORDER_SLOTS; i > 0; i--) {
            w->orders[i - 1].next_free = w->free_order;
            w->free_order = i - 1;
        }
    }
}

void workload_clients_done(struct sim_workload *w) {
    free(w->generators);
    free(w->loopers);
    free(w->orders);
}

/* --- one instance ---------------------------------------------------------------------------- */

/* false = no partition knows the process yet, or too many requests are under way. */
static bool create_on_next(struct sim_workload *w, uint32_t process, uint32_t variable_bytes,
                           uint32_t order, wg_time now) {
    for (uint32_t tries = 0; tries < w->cluster->partitions; tries++) {
        wg_partition_id p = w->next_partition++ % w->cluster->partitions + 1;
        if (w->clients[p].deployed) {
            return workload_send_create(w, p, process, variable_bytes, order, now);
        }
    }
    return false;
}

static void order_done(struct sim_workload *w, uint32_t slot) {
    w->orders[slot].used = false;
    w->orders[slot].next_free = w->free_order;
    w->free_order = slot;
}

static bool order_sent(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct order *o = &w->orders[slot];
    const struct sim_workload_options *options = w->generators[o->generator].options;
    o->attempts++;
    o->wake = WG_TIME_NEVER;
    return create_on_next(w, options->process, options->variable_bytes, slot, now);
}

static bool place_order(struct sim_workload *w, uint32_t generator, uint32_t client, wg_time now) {
    uint32_t slot = w->free_order;
    if (slot == NO_SLOT) {
        return false;
    }
    struct order *o = &w->orders[slot];
    w->free_order = o->next_free;
    *o = (struct order){.used = true, .generator = generator, .client = client};
    if (!order_sent(w, slot, now)) {
        order_done(w, slot);
        return false;
    }
    return true;
}

static bool want_instance(struct sim_workload *w, uint32_t generator, wg_time now) {
    const struct sim_workload_options *options = w->generators[generator].options;
    if (needs_orders(options)) {
        return place_order(w, generator, NO_SLOT, now);
    }
    return create_on_next(w, options->process, options->variable_bytes, NO_SLOT, now);
}

/* --- open loop ------------------------------------------------------------------------------- */

/* Per hour, `since` after the generator began. */
static uint64_t rate_at(const struct sim_workload_options *o, wg_time since) {
    if (o->ramp == 0 || since >= o->ramp) {
        return o->ramp == 0 ? o->rate_per_hour : o->rate_to_per_hour;
    }
    uint64_t part = (uint64_t)since / ((uint64_t)o->ramp / 1024 + 1); /* of 1024 */
    bool rises = o->rate_to_per_hour >= o->rate_per_hour;
    uint64_t span = rises ? o->rate_to_per_hour - o->rate_per_hour
                          : o->rate_per_hour - o->rate_to_per_hour;
    return rises ? o->rate_per_hour + span * part / 1024 : o->rate_per_hour - span * part / 1024;
}

/* Time until the rate, as it changes, has added up to `due` millionths of an instance. */
static wg_time time_to_add_up(const struct sim_workload_options *o, wg_time since, uint64_t due) {
    uint64_t step_us = (uint64_t)o->ramp / RAMP_STEPS / WG_US + 1;
    wg_time waited = 0;
    while (due > 0 && since + waited < o->ramp) {
        uint64_t added = rate_at(o, since + waited) * step_us / 3600;
        if (added >= due) {
            return waited + (wg_time)(step_us * due / added) * WG_US;
        }
        due -= added;
        waited += (wg_time)step_us * WG_US;
    }
    return waited + (wg_time)(due * 3600 / rate_at(o, o->ramp)) * WG_US;
}

static void arm_generator(struct sim_workload *w, uint32_t i, wg_time now) {
    struct generator *g = &w->generators[i];
    uint64_t rate = g->options->rate_per_hour;
    if (rate == 0) {
        return;
    }
    if (g->options->ramp > 0) {
        uint64_t due = (uint64_t)sim_exponential(&w->arrivals, i, MICRO);
        g->next = now + 1 + time_to_add_up(g->options, now - w->t0 - g->options->from, due);
    } else {
        wg_time mean = (wg_time)(3600ull * 1000000000ull / rate);
        g->next = now + 1 + sim_exponential(&w->arrivals, i, mean);
    }
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, i), g->next);
}

static void trickle(struct sim_workload *w, wg_time now) {
    if (w->trickle_next != now) {
        return;
    }
    for (uint32_t p = 0; p < w->cluster->partitions; p++) {
        uint32_t next = w->trickles++ % w->generator_count;
        create_on_next(w, w->generators[next].options->process, 0, NO_SLOT, now);
    }
    w->trickle_next = now + w->trickle_every;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, GENERATOR_TRICKLE), w->trickle_next);
}

/* Whether that generator still makes orders. */
static bool is_over(const struct sim_workload *w, const struct generator *g, wg_time now) {
    return w->quiesced || w->trickle || now >= w->t0 + g->options->until;
}

void workload_generator_timer(struct sim_workload *w, uint32_t i, wg_time now) {
    if (i == GENERATOR_TRICKLE) {
        if (!w->quiesced) {
            trickle(w, now);
        }
        return;
    }
    struct generator *g = &w->generators[i];
    if (g->next != now || is_over(w, g, now)) {
        return;
    }
    want_instance(w, i, now);
    arm_generator(w, i, now);
}

/* --- bursts ---------------------------------------------------------------------------------- */

static void arm_burst(struct sim_workload *w, uint32_t i, wg_time now) {
    struct generator *g = &w->generators[i];
    if (g->options->burst_size > 0) {
        g->next_burst = now + g->options->burst_every;
        w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_BURST, i), g->next_burst);
    }
}

void workload_burst_timer(struct sim_workload *w, uint32_t i, wg_time now) {
    struct generator *g = &w->generators[i];
    if (g->next_burst != now || is_over(w, g, now)) {
        return;
    }
    for (uint32_t j = 0; j < g->options->burst_size; j++) {
        want_instance(w, i, now);
    }
    arm_burst(w, i, now);
}

/* --- closed loop ----------------------------------------------------------------------------- */

static void client_at(struct sim_workload *w, uint32_t client, wg_time at) {
    w->loopers[client].next = at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_CLIENT, client), at);
}

void workload_client_timer(struct sim_workload *w, uint32_t client, wg_time now) {
    struct looper *l = &w->loopers[client];
    if (l->next != now || is_over(w, &w->generators[l->generator], now)) {
        return;
    }
    if (!place_order(w, l->generator, client, now)) {
        client_at(w, client, now + RETRY_LEAST);
    }
}

/* --- orders ---------------------------------------------------------------------------------- */

static void order_over(struct sim_workload *w, uint32_t slot, wg_time wait, wg_time now) {
    struct order o = w->orders[slot];
    order_done(w, slot);
    if (o.client != NO_SLOT) {
        wg_time think = w->generators[o.generator].options->think;
        client_at(w, o.client, now + 1 + (think > wait ? think : wait));
    }
}

void workload_order_answered(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                             wg_time now) {
    struct order *o = &w->orders[slot];
    wg_time wait = RETRY_LEAST << (o->attempts < 5 ? o->attempts - 1 : 4);
    wait = wait > RETRY_MOST ? RETRY_MOST : wait;
    if (reply != NULL && reply->error == WG_ERR_NONE) {
        order_over(w, slot, 0, now);
    } else if (o->attempts > w->generators[o->generator].options->retries || w->quiesced) {
        w->counters.given_up++;
        order_over(w, slot, wait, now);
    } else {
        o->wake = now + sim_between(&w->work, SITE_RETRY, wait, 2 * wait);
        w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_ORDER, slot), o->wake);
    }
}

void workload_order_timer(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct order *o = &w->orders[slot];
    if (!o->used || o->wake != now) {
        return;
    }
    if (w->quiesced) {
        w->counters.given_up++;
        order_done(w, slot);
        return;
    }
    w->counters.retries++;
    if (!order_sent(w, slot, now)) {
        workload_order_answered(w, slot, NULL, now);
    }
}

/* --- beginning and end ----------------------------------------------------------------------- */

void workload_clients_start(struct sim_workload *w, wg_time now) {
    for (uint32_t i = 0; i < w->generator_count; i++) {
        arm_generator(w, i, now + w->generators[i].options->from);
    }
    for (uint32_t i = 0; i < w->generator_count; i++) {
        arm_burst(w, i, now + w->generators[i].options->from);
    }
    for (uint32_t i = 0; i < w->looper_count; i++) {
        const struct sim_workload_options *o = w->generators[w->loopers[i].generator].options;
        wg_time wait = sim_between(&w->arrivals, SITE_CLIENT_START, 0, o->think);
        client_at(w, i, now + o->from + 1 + wait);
    }
}

/* What a generator asks for per hour, roughly: a client's request is answered in some 20 ms. */
static uint64_t asked_per_hour(const struct sim_workload_options *o) {
    uint64_t hour = (uint64_t)(60 * WG_MINUTE);
    uint64_t sum = o->ramp > 0 ? o->rate_to_per_hour : o->rate_per_hour;
    sum += o->burst_size == 0 ? 0 : o->burst_size * (hour / (uint64_t)o->burst_every);
    return sum + o->clients * (hour / (uint64_t)(o->think + 20 * WG_MS));
}

/* Between two instances of a partition: what a workload says, or as under the load before, within
 * bounds. */
static wg_time trickle_interval(const struct sim_workload *w) {
    uint64_t per_hour = 0;
    wg_time wanted = 0;
    for (uint32_t i = 0; i < w->generator_count; i++) {
        const struct sim_workload_options *o = w->generators[i].options;
        per_hour += asked_per_hour(o);
        wanted = o->trickle > wanted ? o->trickle : wanted;
    }
    if (wanted > 0) {
        return wanted;
    }
    wg_time every = 60 * WG_MINUTE * w->cluster->partitions / (wg_time)(per_hour > 0 ? per_hour : 1);
    wg_time slowest = w->cluster->partitions > MANY_PARTITIONS ? TRICKLE_SLOWEST_OF_MANY
                                                               : TRICKLE_SLOWEST;
    return every < TRICKLE_FASTEST ? TRICKLE_FASTEST : every > slowest ? slowest : every;
}

void workload_clients_trickle(struct sim_workload *w, wg_time now) {
    w->trickle = true;
    w->trickle_every = trickle_interval(w);
    w->trickle_next = now + w->trickle_every;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_GENERATOR, GENERATOR_TRICKLE), w->trickle_next);
}
