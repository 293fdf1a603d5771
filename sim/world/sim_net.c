/* The simulated network. The model:
 *
 * 1. Every ordered pair of nodes has a link with a random stream of its own, so traffic on one link
 *    moves nothing on another.
 * 2. A message takes latency + an exponential jitter + bytes / bandwidth. It arrives not before the
 *    message sent before it on that link (equal times leave the event queue in order of sending).
 * 3. A message may be lost (a broken connection that the sender does not notice), delivered twice
 *    (the copy comes later and out of order), or reordered: it takes an extra delay and those sent
 *    after it do not wait for it.
 * 4. A cut link loses what is sent into it at once, and what is on its way at the moment of
 *    delivery: the driver asks sim_net_blocked then. After the cut nothing is repeated.
 *    A clogged link loses nothing and delivers nothing: what would arrive meanwhile waits, as in the
 *    buffers of a connection that stands still, and arrives in order when the clog ends.
 * 5. What faults do to links adds up as stated at struct sim_net_effect; the list of effects is
 *    folded into per-link settings when it changes, so that sending looks at one struct. */
#include "sim/world/sim_net.h"

#include <stdlib.h>

#define SITE_LOSS 1u
#define SITE_JITTER 2u
#define SITE_REORDER 3u
#define SITE_REORDER_DELAY 4u
#define SITE_DUPLICATE 5u
#define SITE_DUPLICATE_DELAY 6u
#define SITE_KIND_LOSS 7u
#define MILLION 1000000u

struct link {
    bool started; /* the stream exists */
    struct sim_stream stream;
    wg_time last_arrival; /* of messages in order */
    struct sim_net_effect now; /* options and all active effects together */
};

struct active_effect {
    uint32_t fault;
    struct sim_node_set from, to;
    struct sim_net_effect effect;
};

struct sim_net {
    uint32_t nodes;
    struct sim_net_options options;
    struct sim_choices *choices;
    void (*fact)(void *ctx, const struct sim_fact *);
    void *fact_ctx;
    struct active_effect *effects; /* in order of adding */
    uint32_t effect_count, effect_capacity;
    bool any_clog, any_kind_loss;
    struct sim_net_counters counters;
    struct link *links; /* [from * nodes + to] */
};

static void *must(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static struct link *link_at(const struct sim_net *net, uint32_t from, uint32_t to) {
    return &net->links[(size_t)from * net->nodes + to];
}

static struct sim_net_effect calm(const struct sim_net_options *options) {
    return (struct sim_net_effect){.loss = options->loss,
                                   .duplicate = options->duplicate,
                                   .reorder = options->reorder,
                                   .reorder_delay = options->reorder_delay};
}

struct sim_net *sim_net_new(uint32_t nodes, const struct sim_net_options *options,
                            struct sim_choices *choices,
                            void (*fact)(void *ctx, const struct sim_fact *), void *fact_ctx) {
    if (nodes == 0 || nodes > SIM_NODES_MAX) {
        abort(); /* sets of nodes hold no more */
    }
    struct sim_net *net = must(calloc(1, sizeof *net));
    net->nodes = nodes;
    net->options = *options;
    net->choices = choices;
    net->fact = fact;
    net->fact_ctx = fact_ctx;
    net->links = must(calloc((size_t)nodes * nodes, sizeof *net->links));
    for (size_t i = 0; i < (size_t)nodes * nodes; i++) {
        net->links[i].now = calm(options);
    }
    return net;
}

void sim_net_free(struct sim_net *net) {
    if (net != NULL) {
        free(net->effects);
        free(net->links);
        free(net);
    }
}

/* --- effects of faults --- */

/* Probability that at least one of two independent things happens, per million. */
static uint32_t either(uint32_t p, uint32_t q) {
    p = p < MILLION ? p : MILLION;
    q = q < MILLION ? q : MILLION;
    return p + q - (uint32_t)((uint64_t)p * q / MILLION);
}

static void add_up(struct sim_net_effect *sum, const struct sim_net_effect *more) {
    sum->cut |= more->cut;
    sum->clog = sum->clog || more->clog;
    sum->loss = either(sum->loss, more->loss);
    sum->duplicate = either(sum->duplicate, more->duplicate);
    sum->reorder = either(sum->reorder, more->reorder);
    sum->latency += more->latency;
    if (more->reorder_delay > sum->reorder_delay) {
        sum->reorder_delay = more->reorder_delay;
    }
}

static bool affects(const struct active_effect *active, uint32_t from, uint32_t to) {
    return sim_nodes_has(&active->from, from) && sim_nodes_has(&active->to, to) && from != to;
}

static void fold_effects(struct sim_net *net) {
    net->any_clog = net->any_kind_loss = false;
    for (uint32_t i = 0; i < net->effect_count; i++) {
        net->any_clog = net->any_clog || net->effects[i].effect.clog;
        net->any_kind_loss = net->any_kind_loss || net->effects[i].effect.kind_loss > 0;
    }
    for (uint32_t from = 0; from < net->nodes; from++) {
        for (uint32_t to = 0; to < net->nodes; to++) {
            struct sim_net_effect sum = calm(&net->options);
            for (uint32_t i = 0; i < net->effect_count; i++) {
                if (affects(&net->effects[i], from, to)) {
                    add_up(&sum, &net->effects[i].effect);
                }
            }
            link_at(net, from, to)->now = sum;
        }
    }
}

void sim_net_add(struct sim_net *net, uint32_t fault, struct sim_node_set from,
                 struct sim_node_set to, const struct sim_net_effect *effect) {
    if (net->effect_count == net->effect_capacity) {
        uint32_t capacity = net->effect_capacity == 0 ? 16 : net->effect_capacity * 2;
        net->effects = must(realloc(net->effects, capacity * sizeof *net->effects));
        net->effect_capacity = capacity;
    }
    net->effects[net->effect_count++] = (struct active_effect){fault, from, to, *effect};
    fold_effects(net);
}

void sim_net_remove(struct sim_net *net, uint32_t fault) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < net->effect_count; i++) {
        if (net->effects[i].fault != fault) {
            net->effects[kept++] = net->effects[i];
        }
    }
    net->effect_count = kept;
    fold_effects(net);
}

void sim_net_calm(struct sim_net *net) {
    net->options.loss = net->options.duplicate = net->options.reorder = 0;
    fold_effects(net);
}

void sim_net_reset_node(struct sim_net *net, uint32_t node) {
    for (uint32_t other = 0; other < net->nodes; other++) {
        link_at(net, node, other)->last_arrival = 0;
        link_at(net, other, node)->last_arrival = 0;
    }
}

bool sim_net_blocked(const struct sim_net *net, uint32_t from, uint32_t to) {
    return link_at(net, from, to)->now.cut != 0;
}

bool sim_net_clogged(const struct sim_net *net, uint32_t from, uint32_t to) {
    return link_at(net, from, to)->now.clog;
}

bool sim_net_any_clog(const struct sim_net *net) { return net->any_clog; }

void sim_net_note_held(struct sim_net *net) { net->counters.held++; }

/* Something was lost on a cut link. */
static void count_cut(struct sim_net *net, const struct link *link) {
    if (link->now.cut == SIM_CUT_FLAP) {
        net->counters.lost_flap++;
    } else {
        net->counters.lost_partition++;
    }
}

/* --- sending --- */

static struct link *link_for_use(struct sim_net *net, uint32_t from, uint32_t to) {
    struct link *link = link_at(net, from, to);
    if (!link->started) {
        link->started = true;
        sim_stream_init(&link->stream, net->choices, SIM_CONCERN_LINK, (uint64_t)from << 32 | to);
    }
    return link;
}

static wg_time travel_time(const struct sim_net *net, struct link *link, uint32_t bytes) {
    wg_time time = net->options.latency + link->now.latency;
    time += sim_exponential(&link->stream, SITE_JITTER, net->options.jitter);
    if (net->options.bytes_per_second > 0) {
        time += (wg_time)((uint64_t)bytes * (uint64_t)WG_SECOND / net->options.bytes_per_second);
    }
    return time;
}

/* Time of arrival of the message itself, in order unless it is one that others pass. */
static wg_time arrival(struct sim_net *net, struct link *link, uint32_t bytes, wg_time now) {
    wg_time at = now + travel_time(net, link, bytes);
    if (sim_chance(&link->stream, SITE_REORDER, link->now.reorder)) {
        net->counters.reordered++;
        wg_time mean = link->now.reorder_delay;
        return at + mean + sim_exponential(&link->stream, SITE_REORDER_DELAY, mean);
    }
    if (at < link->last_arrival) {
        at = link->last_arrival;
    }
    link->last_arrival = at;
    return at;
}

struct sim_route sim_net_route(struct sim_net *net, uint32_t from, uint32_t to, uint32_t bytes,
                               wg_time now) {
    struct link *link = link_for_use(net, from, to);
    struct sim_route route = {0};
    net->counters.sent++;
    if (link->now.cut != 0) {
        count_cut(net, link);
        route.loss = SIM_LOSS_PARTITION;
        return route;
    }
    if (sim_chance(&link->stream, SITE_LOSS, link->now.loss)) {
        net->counters.lost_random++;
        route.loss = SIM_LOSS_RANDOM;
        return route;
    }
    net->counters.slowed += link->now.latency > 0;
    route.at[route.count++] = arrival(net, link, bytes, now);
    if (sim_chance(&link->stream, SITE_DUPLICATE, link->now.duplicate)) {
        net->counters.duplicated++;
        wg_time mean = net->options.latency + net->options.jitter + WG_MS;
        wg_time later = sim_exponential(&link->stream, SITE_DUPLICATE_DELAY, mean);
        route.at[route.count++] = route.at[0] + later;
    }
    return route;
}

/* Whether a fault that loses messages of this kind alone takes the message. */
static bool loses_kind(struct sim_net *net, const struct wg_message *message) {
    struct link *link = link_for_use(net, message->from, message->to);
    for (uint32_t i = 0; i < net->effect_count; i++) {
        const struct active_effect *active = &net->effects[i];
        if ((active->effect.kinds >> message->kind & 1) != 0 &&
            affects(active, message->from, message->to) &&
            sim_chance(&link->stream, SITE_KIND_LOSS, active->effect.kind_loss)) {
            return true;
        }
    }
    return false;
}

static struct sim_fact fact_of(const struct wg_message *message, enum sim_fact_kind kind,
                               wg_time now) {
    return (struct sim_fact){.kind = (uint32_t)kind,
                             .node = message->from,
                             .partition = message->partition,
                             .at = now,
                             .a = message->to,
                             .b = message->kind};
}

static void emit_lost(struct sim_net *net, const struct wg_message *message, uint32_t why,
                      wg_time now) {
    if (net->fact != NULL) {
        struct sim_fact fact = fact_of(message, SIM_FACT_MESSAGE_LOST, now);
        fact.c = why;
        net->fact(net->fact_ctx, &fact);
    }
}

uint32_t sim_net_send(struct sim_net *net, struct wg_message *message, wg_time now,
                      struct sim_delivery out[SIM_NET_DELIVERIES]) {
    if (net->fact != NULL) {
        struct sim_fact fact = fact_of(message, SIM_FACT_MESSAGE_SENT, now);
        fact.c = message->digest;
        net->fact(net->fact_ctx, &fact);
    }
    if (net->any_kind_loss && loses_kind(net, message)) {
        net->counters.sent++;
        net->counters.lost_kind++;
        emit_lost(net, message, SIM_LOSS_RANDOM, now);
        wg_message_unref(message);
        return 0;
    }
    struct sim_route route =
        sim_net_route(net, message->from, message->to, message->wire_bytes, now);
    if (route.count == 0) {
        emit_lost(net, message, route.loss, now);
        wg_message_unref(message);
        return 0;
    }
    for (uint32_t i = 0; i < route.count; i++) {
        out[i].at = route.at[i];
        out[i].message = i == 0 ? message : wg_message_ref(message);
    }
    return route.count;
}

void sim_net_lost(struct sim_net *net, const struct wg_message *message, enum sim_loss why,
                  wg_time now) {
    if (why == SIM_LOSS_PARTITION) {
        count_cut(net, link_at(net, message->from, message->to));
    } else if (why == SIM_LOSS_DOWN) {
        net->counters.lost_down++;
    } else {
        net->counters.lost_random++;
    }
    emit_lost(net, message, (uint32_t)why, now);
}

struct sim_net_counters sim_net_counters(const struct sim_net *net) { return net->counters; }
