/* A sink remembers nothing that was made durable: facts tell the judges, who keep what they need.
 *
 * Invariants
 *  1. Every SINK_DURABLE has an earlier SINK_PUT of the same session, position and hash, and
 *     durable puts of a session come in the order of the puts.
 *  2. A failed put or flush leaves no fact and loses nothing that was pending. */
#include "sim/world/sim_sink.h"

#include "base/hash.h"

#include <stdlib.h>

enum { SITE_LATENCY = 1 };

struct sim_sink {
    struct sim_sink_options options;
    struct sim_stream stream;
    bool down;
    wg_time slow;
    struct sim_sink_counters counters;
};

struct sim_sink *sim_sink_new(const struct sim_sink_options *options) {
    struct sim_sink *sink = calloc(1, sizeof *sink);
    if (sink == NULL) {
        abort();
    }
    sink->options = *options;
    sim_stream_init(&sink->stream, options->choices, SIM_CONCERN_SINK, options->exporter);
    return sink;
}

void sim_sink_free(struct sim_sink *sink) { free(sink); }

void sim_sink_set_down(struct sim_sink *sink, bool down) { sink->down = down; }
void sim_sink_set_slow(struct sim_sink *sink, wg_time extra) { sink->slow = extra; }

struct sim_sink_counters sim_sink_counters(const struct sim_sink *sink) { return sink->counters; }

void sim_sink_session_init(struct sim_sink_session *session, struct sim_sink *sink,
                           wg_node_id node, wg_partition_id partition, uint32_t instance) {
    *session = (struct sim_sink_session){
        .sink = sink, .node = node, .partition = partition, .instance = instance};
}

void sim_sink_session_done(struct sim_sink_session *session) {
    free(session->pending);
    session->pending = NULL;
    session->count = 0;
    session->capacity = 0;
}

static void tell(const struct sim_sink_session *session, enum sim_fact_kind kind, wg_time now,
                 const struct sim_sink_put *put) {
    const struct sim_sink_options *options = &session->sink->options;
    struct sim_fact fact = {.kind = (uint32_t)kind,
                            .node = session->node,
                            .partition = session->partition,
                            .at = now,
                            .a = options->exporter,
                            .b = (uint64_t)put->position,
                            .c = put->hash,
                            .d = session->instance};
    options->fact(options->ctx, &fact);
}

bool sim_sink_put(struct sim_sink_session *session, wg_time now, wg_position position,
                  const void *bytes, size_t len) {
    if (session->sink->down) {
        session->sink->counters.refusals++;
        return false;
    }
    if (session->count == session->capacity) {
        session->capacity = session->capacity == 0 ? 16 : session->capacity * 2;
        struct sim_sink_put *grown =
            realloc(session->pending, session->capacity * sizeof *grown);
        if (grown == NULL) {
            abort();
        }
        session->pending = grown;
    }
    struct sim_sink_put *put = &session->pending[session->count++];
    *put = (struct sim_sink_put){position, wg_hash_bytes(bytes, len, 0)};
    tell(session, SIM_FACT_SINK_PUT, now, put);
    return true;
}

bool sim_sink_flush(struct sim_sink_session *session, wg_time now, wg_time *spent) {
    struct sim_sink *sink = session->sink;
    if (session->count == 0) {
        return true;
    }
    *spent += sink->options.base + sink->slow;
    if (sink->options.jitter > 0) {
        *spent += sim_exponential(&sink->stream, SITE_LATENCY, sink->options.jitter);
    }
    sink->counters.slowed += sink->slow > 0;
    if (sink->down) {
        sink->counters.refusals++;
        return false;
    }
    for (uint32_t i = 0; i < session->count; i++) {
        tell(session, SIM_FACT_SINK_DURABLE, now, &session->pending[i]);
    }
    session->count = 0;
    return true;
}
