/* The port between directors and plugins: executes plugin calls (DESIGN D6), is the host that
 * plugins talk to, and writes down what they did as facts. */
#ifndef SIM_WORLD_PLUGIN_PORT_H
#define SIM_WORLD_PLUGIN_PORT_H

#include "exporters/loader/loader.h"
#include "sim/kernel/choice.h"
#include "sim/world/facts.h"
#include "waggle/node.h"

struct sim_plugin_exporter {
    const char *id;
    const char *type;      /* built in, or NULL when `path` is given */
    const char *path;      /* shared object, or NULL */
    const char *args_json; /* canonical JSON object, or NULL = {} */
    wg_time sink_base, sink_jitter; /* latency of a flush */
};

struct sim_plugin_outcome {
    struct wg_plugin_return returned; /* actions: valid until the instance's next call or end */
    wg_time spent; /* virtual time of the call; WG_TIME_NEVER: it hangs, there is no return */
    wg_time waited; /* the part of it that the plugin waited for its sink, another machine's time */
};

/* Everything is borrowed for the life of the port. */
struct sim_plugin_port_options {
    const struct sim_plugin_exporter *exporters;
    uint32_t exporter_count;
    struct sim_choices *choices;
    void (*fact)(void *ctx, const struct sim_fact *fact);
    /* Around every entry into plugin code, so that a crash names the call. Both may be NULL. */
    void (*before)(void *ctx, wg_node_id node, const struct wg_plugin_call *call, wg_time now);
    void (*after)(void *ctx, wg_node_id node, const struct wg_plugin_call *call);
    /* What plugins log; NULL = dropped. Validation included (partition 0). */
    void (*log)(void *ctx, wg_node_id node, wg_partition_id partition, uint32_t exporter,
                int32_t level, const char *text, size_t len);
    void *ctx;
    const char *output_dir; /* of file_append; NULL = bytes are dropped, facts are the same */
    wg_time export_cost;    /* least time of an export call */
    wg_time call_cost;      /* ... and of the others */
};

/* 20 us for each cost, everything else empty. */
void sim_plugin_port_options_init(struct sim_plugin_port_options *options);

struct sim_plugin_port;

struct sim_plugin_port *sim_plugin_port_new(const struct sim_plugin_port_options *options);
/* Ends every broker first. NULL is allowed. */
void sim_plugin_port_free(struct sim_plugin_port *port);

/* Which exporters processes that start from now on do not have in their configuration: bit per exporter.
 * They are not loaded. */
void sim_plugin_port_set_absent(struct sim_plugin_port *port, uint32_t absent);
/* Loads and validates every exporter for a new process of `node`: one instance each is created,
 * configured with partition INT32_MIN and destroyed (prom-E9 to E11). Not OK: the broker does not
 * start, and `message` says why. `wall_ms` is the
 * wall clock then. */
enum wg_loader_code sim_plugin_port_start_broker(struct sim_plugin_port *port, wg_node_id node,
                                                 uint32_t incarnation, int64_t wall_ms,
                                                 char *message, size_t size);
/* From now on `process`, a number that is no node's, stands for a second process of `node` in the calls
 * below; facts name the node, and other instance numbers than those of the first one. */
void sim_plugin_port_beside(struct sim_plugin_port *port, wg_node_id process, wg_node_id node);
/* Whether the instance that a fact names is one of a second process. */
bool sim_plugin_port_is_beside(uint64_t instance);
/* The process is gone: its instances vanish, nothing is closed or flushed. destroy() of each is
 * called for the sake of memory only, with a host that refuses everything; then the libraries are
 * unloaded. Harmless for a broker that is not up. */
void sim_plugin_port_end_broker(struct sim_plugin_port *port, wg_node_id node);

/* Executes one call now and says what it did and how long it took. DESTROY has no return: the
 * outcome is empty then. Facts are told during the call, with time `now`; PLUGIN_RETURN is left out
 * when the call hangs. */
void sim_plugin_port_call(struct sim_plugin_port *port, wg_node_id node,
                          const struct wg_plugin_call *call, wg_time now, int64_t wall_ms,
                          struct sim_plugin_outcome *ret_outcome);

/* "configure", "open", ...: of enum wg_plugin_call_kind, for messages. */
const char *sim_plugin_call_name(uint32_t kind);

/* What the faults below achieved, over all exporters. */
struct sim_plugin_counters {
    uint64_t injected_errors, sink_refusals, sink_slowed;
};
struct sim_plugin_counters sim_plugin_port_counters(const struct sim_plugin_port *port);

/* Fault hooks. With an error, export calls fail without reaching the plugin. */
void sim_plugin_port_set_error(struct sim_plugin_port *port, uint32_t exporter, bool on);
void sim_plugin_port_set_sink_down(struct sim_plugin_port *port, uint32_t exporter, bool down);
void sim_plugin_port_set_sink_slow(struct sim_plugin_port *port, uint32_t exporter, wg_time extra);

#endif
