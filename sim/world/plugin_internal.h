/* What plugin_port.c (who calls) and plugin_host.c (who is called back) share. */
#ifndef SIM_WORLD_PLUGIN_INTERNAL_H
#define SIM_WORLD_PLUGIN_INTERNAL_H

#include "codec/record_json.h"
#include "sim/world/plugin_file.h"
#include "sim/world/plugin_port.h"

struct sim_plugin_broker {
    bool up;
    bool is_beside;  /* a second process of `node` */
    wg_node_id node; /* if is_beside */
    uint32_t incarnation;
    struct wg_loader *loader;
    const struct wg_exporter_plugin **plugins; /* by exporter */
    struct wg_exporter_ctx **instances;        /* by instance number; NULL = none */
    uint32_t instance_capacity;
};

struct sim_plugin_port {
    struct sim_plugin_port_options options;
    struct wg_exporter_spec *specs; /* by exporter */
    struct sim_sink **sinks;        /* by exporter */
    bool *errors;                   /* by exporter: fault exporter.error */
    uint32_t absent; /* bit per exporter: not in the configuration of processes that start now */
    struct sim_plugin_broker *brokers;
    uint32_t broker_count;
    uint64_t injected_errors;
    struct wg_env json_env; /* memory of `json` */
    struct wg_text json;    /* answer of record_json, reused */
};

/* When a host function may be called. */
enum sim_plugin_phase {
    SIM_IN_OFF = 0, /* between calls, in destroy */
    SIM_IN_CREATE = 1 << 0,
    SIM_IN_CONFIGURE = 1 << 1,
    SIM_IN_OPEN = 1 << 2,
    SIM_IN_EXPORT = 1 << 3,
    SIM_IN_TIMER = 1 << 4,
    SIM_IN_CLOSE = 1 << 5,
    SIM_IN_BEFORE_CLOSE = SIM_IN_OPEN | SIM_IN_EXPORT | SIM_IN_TIMER,
    SIM_IN_RUNNING = SIM_IN_BEFORE_CLOSE | SIM_IN_CLOSE,
    SIM_IN_ANY = SIM_IN_RUNNING | SIM_IN_CREATE | SIM_IN_CONFIGURE
};

/* The host's side of one instance. */
struct wg_exporter_ctx {
    struct sim_plugin_port *port;
    const struct wg_exporter_plugin *plugin;
    void *self; /* what create() made */
    wg_node_id node;
    uint32_t incarnation, exporter, instance;
    int32_t partition; /* INT32_MIN while validating */
    uint32_t phase;    /* enum sim_plugin_phase */
    /* The call going on. */
    const struct wg_plugin_call *call; /* NULL while validating */
    wg_time now, spent, waited; /* waited: the part of it that a sink took */
    int64_t wall_ms;
    bool hangs;
    bool called_outside;   /* a host function was called while no call went on; not told yet */
    wg_position waits_for; /* record whose export answered PENDING, or WG_POSITION_NONE */
    struct wg_plugin_action *actions; /* reused from call to call */
    uint32_t action_count, action_capacity;
    char error[256]; /* last text logged as error in this call */

    bool stream_ready; /* made at the first choice */
    struct sim_stream stream;
    struct sim_sink_session session;
    struct sim_plugin_file *files;
};

/* The table every plugin gets. */
const struct wg_exporter_host *sim_plugin_host(void);
/* Forgets the actions of the last call. */
void sim_plugin_actions_clear(struct wg_exporter_ctx *ctx);
/* Tells a PLUGIN_* fact of the call going on. */
void sim_plugin_fact(const struct wg_exporter_ctx *ctx, enum sim_fact_kind kind, uint64_t c,
                     uint64_t d, const void *ptr, uint32_t len);
/* Tells PLUGIN_BREACH, unless the instance is only being validated. */
void sim_plugin_breach(const struct wg_exporter_ctx *ctx, enum sim_breach breach, int64_t value,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
