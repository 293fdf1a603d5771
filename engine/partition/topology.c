/* The table is merged by term: the higher one is right, whoever tells it. News go to everybody at
 * once; who missed them gets the whole table from the next broker that comes round to him. Nothing
 * runs in a broker that knows of no cluster. */
#include "partition/topology.h"

#include "base/hash.h"

#include <string.h>

#define SYNC_EVERY (10 * WG_SECOND)
#define TIMER_SLOT (WG_TIMER_SLOTS - 2u) /* the last one is the disk monitor's */
#define ENVELOPE_BYTES 32u
#define ROW_BYTES 16u

/* WG_MSG_TOPOLOGY: the sender's table. */
struct message {
    struct wg_message head;
    bool asks; /* the sender has just started and wants to hear what the receiver knows */
    uint32_t count;
    struct wg_leader leaders[];
};

static size_t size_of(uint32_t count) {
    return sizeof(struct message) + count * sizeof(struct wg_leader);
}

static void destroy(struct wg_message *head) {
    struct message *message = (struct message *)head;
    wg_free(head->env, message, size_of(message->count));
}

static void tell(struct wg_partition_shared *shared, wg_node_id to, wg_partition_id about,
                 bool asks) {
    const struct wg_topology *topology = &shared->topology;
    struct message *message = wg_alloc(shared->env, size_of(topology->partitions));
    uint64_t digest = asks;
    for (uint32_t i = 0; i < topology->partitions; i++) {
        message->leaders[i] = topology->leaders[i];
        digest = wg_hash_mix(digest, topology->leaders[i].term << 16 ^ topology->leaders[i].node);
    }
    message->head = (struct wg_message){.env = shared->env,
                                        .refs = 1,
                                        .kind = WG_MSG_TOPOLOGY,
                                        .actor = WG_ACTOR_PARTITION,
                                        .from = shared->env->node,
                                        .to = to,
                                        .partition = about,
                                        .wire_bytes = ENVELOPE_BYTES +
                                                      ROW_BYTES * topology->partitions,
                                        .digest = digest,
                                        .destroy = destroy};
    message->asks = asks;
    message->count = topology->partitions;
    wg_emit_send(shared->env, &message->head);
}

static void tell_all(struct wg_partition_shared *shared, wg_partition_id about, bool asks) {
    for (wg_node_id node = 0; node < shared->options.cluster_brokers; node++) {
        if (node != shared->env->node) {
            tell(shared, node, about, asks);
        }
    }
}

void wg_topology_init(struct wg_partition_shared *shared) {
    uint32_t partitions = shared->options.cluster_partitions;
    size_t bytes = partitions * sizeof *shared->topology.leaders;
    shared->topology.partitions = partitions;
    if (partitions > 0) {
        shared->topology.leaders = wg_alloc(shared->env, bytes);
        memset(shared->topology.leaders, 0, bytes);
    }
}

void wg_topology_done(struct wg_partition_shared *shared) {
    wg_free(shared->env, shared->topology.leaders,
            shared->topology.partitions * sizeof *shared->topology.leaders);
}

void wg_topology_announce(struct wg_partition_shared *shared, wg_partition_id partition,
                          wg_term term) {
    if (partition > shared->topology.partitions ||
        term < shared->topology.leaders[partition - 1].term) {
        return; /* its services took long: somebody leads in a later term by now */
    }
    shared->topology.leaders[partition - 1] = (struct wg_leader){shared->env->node, term};
    tell_all(shared, partition, false);
}

static void receive(struct wg_partition_shared *shared, const struct wg_message *head) {
    const struct message *message = (const struct message *)head;
    for (uint32_t i = 0; i < message->count && i < shared->topology.partitions; i++) {
        if (message->leaders[i].term > shared->topology.leaders[i].term) {
            shared->topology.leaders[i] = message->leaders[i];
        }
    }
    if (message->asks) {
        tell(shared, head->from, shared->topology_home, false);
    }
}

static void arm(struct wg_partition_shared *shared) {
    wg_emit_timer(shared->env, shared->topology_home, WG_ACTOR_PARTITION, TIMER_SLOT,
                  shared->env->now + SYNC_EVERY);
}

/* The next broker round the circle. */
static void sync_one(struct wg_partition_shared *shared) {
    uint32_t brokers = shared->options.cluster_brokers;
    if (brokers > 1) {
        uint32_t step = 1 + shared->topology_syncs++ % (brokers - 1);
        tell(shared, (shared->env->node + step) % brokers, shared->topology_home, false);
    }
    arm(shared);
}

bool wg_topology_step(struct wg_partition_shared *shared, const struct wg_event *event) {
    if (shared->topology.partitions == 0 || event->actor != WG_ACTOR_PARTITION) {
        return false;
    }
    if (event->kind == WG_EVENT_MESSAGE && event->u.message->kind == WG_MSG_TOPOLOGY) {
        receive(shared, event->u.message);
        return true;
    }
    if (event->kind == WG_EVENT_TIMER && event->u.timer == TIMER_SLOT) {
        sync_one(shared);
        return true;
    }
    if (event->kind == WG_EVENT_POST && event->u.post.what == WG_POST_START &&
        shared->topology_home == 0) {
        shared->topology_home = event->partition;
        tell_all(shared, event->partition, true);
        arm(shared);
    }
    return false;
}
