/* The outside system that one exporter id writes to, over all partitions and brokers. It says what
 * is durable (facts SINK_PUT and SINK_DURABLE); exporters are never asked. */
#ifndef SIM_WORLD_SIM_SINK_H
#define SIM_WORLD_SIM_SINK_H

#include "sim/kernel/choice.h"
#include "sim/world/facts.h"

struct sim_sink_options {
    uint32_t exporter;    /* index, for facts and for the stream of latencies */
    wg_time base, jitter; /* of a flush: at least `base`, plus an exponential with mean `jitter` */
    struct sim_choices *choices;
    void (*fact)(void *ctx, const struct sim_fact *fact);
    void *ctx;
};

struct sim_sink;

struct sim_sink *sim_sink_new(const struct sim_sink_options *options);
void sim_sink_free(struct sim_sink *sink);
/* Faults. While down, put and flush fail; slow adds to every flush, 0 ends it. */
void sim_sink_set_down(struct sim_sink *sink, bool down);
void sim_sink_set_slow(struct sim_sink *sink, wg_time extra);

struct sim_sink_put {
    wg_position position;
    uint64_t hash; /* of the content */
};

/* What the faults achieved. */
struct sim_sink_counters {
    uint64_t refusals; /* puts and flushes */
    uint64_t slowed;   /* flushes */
};
struct sim_sink_counters sim_sink_counters(const struct sim_sink *sink);

/* One writer's connection: what it has put and not flushed. It dies with the writer. */
struct sim_sink_session {
    struct sim_sink *sink;
    wg_node_id node;
    wg_partition_id partition;
    uint32_t instance;
    struct sim_sink_put *pending; /* in order */
    uint32_t count, capacity;
};

void sim_sink_session_init(struct sim_sink_session *session, struct sim_sink *sink,
                           wg_node_id node, wg_partition_id partition, uint32_t instance);
/* Pending puts are lost. */
void sim_sink_session_done(struct sim_sink_session *session);
/* false: the sink is away, nothing was taken. */
bool sim_sink_put(struct sim_sink_session *session, wg_time now, wg_position position,
                  const void *bytes, size_t len);
/* Makes everything pending durable; *spent grows by the time that it took. false: the sink is
 * away, everything stays pending. */
bool sim_sink_flush(struct sim_sink_session *session, wg_time now, wg_time *spent);

#endif
