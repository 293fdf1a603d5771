/* The simulated network: one directed link per ordered pair of nodes (brokers first, then clients;
 * at most SIM_NODES_MAX). A link is like a TCP connection: messages arrive late but in order, unless
 * one is lost, doubled or reordered. Works out when something arrives; queueing is the driver's.
 * The model is stated at the top of sim_net.c. */
#ifndef SIM_WORLD_SIM_NET_H
#define SIM_WORLD_SIM_NET_H

#include "sim/kernel/choice.h"
#include "sim/kernel/node_set.h"
#include "sim/world/facts.h"
#include "waggle/node.h"

#define SIM_NET_DELIVERIES 2u

struct sim_net_options {
    wg_time latency;             /* least */
    wg_time jitter;              /* mean of an exponential addition */
    uint64_t bytes_per_second;   /* 0 = no limit */
    uint32_t loss, duplicate, reorder; /* per million messages, all the time */
    wg_time reorder_delay;       /* mean extra delay of a reordered message */
};

enum sim_cut { SIM_CUT_PARTITION = 1, SIM_CUT_FLAP = 2 };

/* What a fault does to links while it lasts. Overlapping ones add up: any cut cuts, any clog clogs,
 * probabilities combine as independent ones, latencies add, the largest reorder delay counts. Losses of
 * kinds of messages do not combine: each effect draws for itself. */
struct sim_net_effect {
    uint8_t cut; /* bits of enum sim_cut: what is lost is counted apart */
    bool clog; /* nothing is lost, nothing arrives until it ends */
    uint32_t loss, duplicate, reorder; /* per million */
    wg_time reorder_delay;
    wg_time latency;
    uint32_t kinds;     /* bit per enum wg_message_kind: of these messages .. */
    uint32_t kind_loss; /* .. so many per million are lost besides */
};

struct sim_delivery {
    wg_time at;
    struct wg_message *message; /* one reference; the driver's */
};

/* Where something sent goes. count = 0: lost for `loss` (enum sim_loss). */
struct sim_route {
    uint32_t count;
    uint32_t loss;
    wg_time at[SIM_NET_DELIVERIES];
};

struct sim_net_counters {
    uint64_t sent, lost_random, lost_partition, lost_flap, lost_down, lost_kind, duplicated, reordered, slowed;
    uint64_t held; /* by a clog, as told by sim_net_note_held */
};

struct sim_net;

/* `nodes` = brokers + clients. Gets MESSAGE_SENT and MESSAGE_LOST facts through `fact`. */
struct sim_net *sim_net_new(uint32_t nodes, const struct sim_net_options *options,
                            struct sim_choices *choices,
                            void (*fact)(void *ctx, const struct sim_fact *), void *fact_ctx);
void sim_net_free(struct sim_net *net);

/* Sends a message from message->from to message->to. Takes over the caller's reference; each of the
 * returned deliveries holds one. Returns their number, 0 = lost. */
uint32_t sim_net_send(struct sim_net *net, struct wg_message *message, wg_time now,
                      struct sim_delivery out[SIM_NET_DELIVERIES]);
/* The same for something that is no wg_message (client requests and replies): no facts. */
struct sim_route sim_net_route(struct sim_net *net, uint32_t from, uint32_t to, uint32_t bytes,
                               wg_time now);
/* Whether the link is cut now: asked at delivery, because a cut also loses what is on its way. */
bool sim_net_blocked(const struct sim_net *net, uint32_t from, uint32_t to);
/* Whether the link is clogged now: asked at delivery. Who holds something back until it is not any
 * more is the driver; it must hand out what it held in the order of arrival, before what comes later. */
bool sim_net_clogged(const struct sim_net *net, uint32_t from, uint32_t to);
/* Whether any link is: spares the driver the question. */
bool sim_net_any_clog(const struct sim_net *net);
void sim_net_note_held(struct sim_net *net);
/* Emits MESSAGE_LOST for a message that could not be delivered; does not drop the reference. */
void sim_net_lost(struct sim_net *net, const struct wg_message *message, enum sim_loss why,
                  wg_time now);

/* Fault number `fault` affects the links from every node in `from` to every node in `to`. Several
 * calls with one number are several effects. */
void sim_net_add(struct sim_net *net, uint32_t fault, struct sim_node_set from,
                 struct sim_node_set to, const struct sim_net_effect *effect);
/* The network loses, doubles and reorders nothing of its own accord any more (healing): while it does,
 * nobody can be asked to come to an end. */
void sim_net_calm(struct sim_net *net);
/* Ends all effects of that fault; others stay. */
void sim_net_remove(struct sim_net *net, uint32_t fault);
/* Connections of a node are gone (its process died): later messages need not queue behind earlier
 * ones. */
void sim_net_reset_node(struct sim_net *net, uint32_t node);

struct sim_net_counters sim_net_counters(const struct sim_net *net);

#endif
