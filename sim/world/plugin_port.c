/* Runs plugins on behalf of directors.
 *
 *   start_broker: load -> per exporter create, configure(INT32_MIN), destroy -> up
 *   CONFIGURE creates the instance; OPEN, EXPORT, TIMER, CLOSE call it; DESTROY ends it
 *   end_broker: every instance is destroyed without close, libraries are unloaded
 *
 * Invariants
 *  1. Plugin code runs only between `before` and `after`, and only for a broker that is up.
 *  2. An instance's host refuses everything outside its phase; what an instance left pending in
 *     its sink is gone with it.
 *  3. Facts, results and times depend on the calls and the choices only: never on addresses, the
 *     real clock or the output folder. */
#include "sim/world/plugin_internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BESIDE (1u << 30) /* tells apart in facts the instances of two processes of one node */

static void *checked(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* --- memory of the JSON writer ------------------------------------------------------------- */

static void *json_alloc(struct wg_env *env, size_t size) {
    (void)env;
    return checked(malloc(size == 0 ? 1 : size));
}

static void json_free(struct wg_env *env, void *ptr, size_t size) {
    (void)env;
    (void)size;
    free(ptr);
}

static void __attribute__((noreturn)) json_panic(struct wg_env *env, const char *file, int line,
                                                 const char *what) {
    (void)env;
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

static const struct wg_env_ops json_ops = {
    .alloc = json_alloc, .free = json_free, .panic = json_panic};

/* --- port ---------------------------------------------------------------------------------- */

void sim_plugin_port_options_init(struct sim_plugin_port_options *options) {
    *options = (struct sim_plugin_port_options){.export_cost = 20 * WG_US,
                                                .call_cost = 20 * WG_US};
}

struct sim_plugin_port *sim_plugin_port_new(const struct sim_plugin_port_options *options) {
    struct sim_plugin_port *port = checked(calloc(1, sizeof *port));
    uint32_t count = options->exporter_count;
    port->options = *options;
    port->specs = checked(calloc(count + 1u, sizeof *port->specs));
    port->sinks = checked(calloc(count + 1u, sizeof(struct sim_sink *)));
    port->errors = checked(calloc(count + 1u, sizeof *port->errors));
    port->json_env.ops = &json_ops;
    port->json.env = &port->json_env;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_plugin_exporter *exporter = &options->exporters[i];
        port->specs[i] = (struct wg_exporter_spec){exporter->id, exporter->type, exporter->path};
        struct sim_sink_options sink = {i,
                                        exporter->sink_base,
                                        exporter->sink_jitter,
                                        options->choices,
                                        options->fact,
                                        options->ctx};
        port->sinks[i] = sim_sink_new(&sink);
    }
    return port;
}

void sim_plugin_port_free(struct sim_plugin_port *port) {
    if (port == NULL) {
        return;
    }
    for (uint32_t node = 0; node < port->broker_count; node++) {
        sim_plugin_port_end_broker(port, node);
        free(port->brokers[node].instances);
    }
    for (uint32_t i = 0; i < port->options.exporter_count; i++) {
        sim_sink_free(port->sinks[i]);
    }
    wg_text_free(&port->json);
    free(port->brokers);
    free(port->specs);
    free(port->sinks);
    free(port->errors);
    free(port);
}

void sim_plugin_port_set_error(struct sim_plugin_port *port, uint32_t exporter, bool on) {
    port->errors[exporter] = on;
}

void sim_plugin_port_set_sink_down(struct sim_plugin_port *port, uint32_t exporter, bool down) {
    sim_sink_set_down(port->sinks[exporter], down);
}

void sim_plugin_port_set_sink_slow(struct sim_plugin_port *port, uint32_t exporter,
                                   wg_time extra) {
    sim_sink_set_slow(port->sinks[exporter], extra);
}

struct sim_plugin_counters sim_plugin_port_counters(const struct sim_plugin_port *port) {
    struct sim_plugin_counters counters = {.injected_errors = port->injected_errors};
    for (uint32_t i = 0; i < port->options.exporter_count; i++) {
        struct sim_sink_counters sink = sim_sink_counters(port->sinks[i]);
        counters.sink_refusals += sink.refusals;
        counters.sink_slowed += sink.slowed;
    }
    return counters;
}

/* --- instances ----------------------------------------------------------------------------- */

static struct wg_exporter_ctx *instance_new(struct sim_plugin_port *port, wg_node_id node,
                                            uint32_t exporter, uint32_t instance,
                                            int32_t partition) {
    struct sim_plugin_broker *broker = &port->brokers[node];
    struct wg_exporter_ctx *ctx = checked(calloc(1, sizeof *ctx));
    ctx->port = port;
    ctx->plugin = broker->plugins[exporter];
    ctx->node = broker->is_beside ? broker->node : node;
    ctx->incarnation = broker->incarnation;
    ctx->exporter = exporter;
    ctx->instance = broker->is_beside ? instance | BESIDE : instance;
    ctx->partition = partition;
    ctx->waits_for = WG_POSITION_NONE;
    sim_sink_session_init(&ctx->session, port->sinks[exporter], ctx->node,
                          (wg_partition_id)partition, ctx->instance);
    return ctx;
}

/* Enters plugin code of `phase`; everything else about the call is set already. */
static void enter(struct wg_exporter_ctx *ctx, enum sim_plugin_phase phase) {
    ctx->phase = (uint32_t)phase;
}

static bool create(struct wg_exporter_ctx *ctx) {
    enter(ctx, SIM_IN_CREATE);
    ctx->self = ctx->plugin->create(sim_plugin_host(), ctx);
    enter(ctx, SIM_IN_OFF);
    return ctx->self != NULL;
}

static int32_t configure(struct wg_exporter_ctx *ctx) {
    enter(ctx, SIM_IN_CONFIGURE);
    int32_t result = ctx->plugin->configure(ctx->self);
    enter(ctx, SIM_IN_OFF);
    return result;
}

/* Host functions may not be called in destroy, nor by a thread or signal of the plugin's own while
 * no call goes on. */
static void tell_outside(struct wg_exporter_ctx *ctx) {
    if (ctx->called_outside) {
        sim_plugin_breach(ctx, SIM_BREACH_PHASE, 0, "called the host in destroy or between calls");
        ctx->called_outside = false;
    }
}

static void instance_free(struct wg_exporter_ctx *ctx) {
    enter(ctx, SIM_IN_OFF);
    if (ctx->self != NULL) {
        ctx->plugin->destroy(ctx->self);
    }
    tell_outside(ctx);
    sim_plugin_actions_clear(ctx);
    free(ctx->actions);
    sim_sink_session_done(&ctx->session);
    sim_plugin_files_free(&ctx->files);
    free(ctx);
}

const char *sim_plugin_call_name(uint32_t kind) {
    static const char *const names[] = {"validate", "configure", "open",   "export",
                                        "timer",    "close",     "destroy"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

/* Of a second process the node that it belongs to. */
static wg_node_id node_of(const struct sim_plugin_port *port, wg_node_id process) {
    const struct sim_plugin_broker *broker = &port->brokers[process];
    return broker->is_beside ? broker->node : process;
}

static void before(const struct sim_plugin_port *port, wg_node_id node,
                   const struct wg_plugin_call *call, wg_time now) {
    if (port->options.before != NULL) {
        port->options.before(port->options.ctx, node_of(port, node), call, now);
    }
}

static void after(const struct sim_plugin_port *port, wg_node_id node,
                  const struct wg_plugin_call *call) {
    if (port->options.after != NULL) {
        port->options.after(port->options.ctx, node_of(port, node), call);
    }
}

/* --- brokers ------------------------------------------------------------------------------- */

static struct sim_plugin_broker *broker_of(struct sim_plugin_port *port, wg_node_id node) {
    if (node >= port->broker_count) {
        size_t count = (size_t)node + 1;
        port->brokers = checked(realloc(port->brokers, count * sizeof *port->brokers));
        memset(&port->brokers[port->broker_count], 0,
               (count - port->broker_count) * sizeof *port->brokers);
        port->broker_count = (uint32_t)count;
    }
    return &port->brokers[node];
}

/* One instance is made, configured and thrown away: nothing else is called on it. */
static enum wg_loader_code validate(struct sim_plugin_port *port, wg_node_id node,
                                    uint32_t exporter, int64_t wall_ms, char *message,
                                    size_t size) {
    struct wg_plugin_call call = {.exporter = exporter, .kind = WG_PLUGIN_VALIDATE};
    struct wg_exporter_ctx *ctx = instance_new(port, node, exporter, 0, INT32_MIN);
    enum wg_loader_code code = WG_LOADER_OK;
    ctx->wall_ms = wall_ms;
    before(port, node, &call, 0);
    if (!create(ctx)) {
        code = wg_loader_refuse(&port->specs[exporter], WG_LOADER_CREATE_FAILED, "", message,
                                size);
    } else if (configure(ctx) != WG_EXPORTER_OK) {
        code = wg_loader_refuse(&port->specs[exporter], WG_LOADER_CONFIGURE_FAILED, ctx->error,
                                message, size);
    }
    instance_free(ctx);
    after(port, node, &call);
    return code;
}

void sim_plugin_port_set_absent(struct sim_plugin_port *port, uint32_t absent) {
    port->absent = absent;
}

static bool is_absent(const struct sim_plugin_port *port, uint32_t exporter) {
    return exporter < 32 && (port->absent >> exporter & 1) != 0;
}

enum wg_loader_code sim_plugin_port_start_broker(struct sim_plugin_port *port, wg_node_id node,
                                                 uint32_t incarnation, int64_t wall_ms,
                                                 char *message, size_t size) {
    uint32_t count = port->options.exporter_count;
    sim_plugin_port_end_broker(port, node);
    struct sim_plugin_broker *broker = broker_of(port, node);
    broker->incarnation = incarnation;
    broker->loader = wg_loader_new();
    broker->plugins = checked(calloc(count + 1u, sizeof(struct wg_exporter_plugin *)));
    broker->up = true;
    enum wg_loader_code code = wg_loader_check_ids(port->specs, count, message, size);
    for (uint32_t i = 0; i < count && code == WG_LOADER_OK; i++) {
        if (!is_absent(port, i)) {
            code = wg_loader_find(broker->loader, &port->specs[i], &broker->plugins[i], message, size);
        }
    }
    for (uint32_t i = 0; i < count && code == WG_LOADER_OK; i++) {
        if (!is_absent(port, i)) {
            code = validate(port, node, i, wall_ms, message, size);
        }
    }
    if (code != WG_LOADER_OK) {
        sim_plugin_port_end_broker(port, node);
    }
    return code;
}

void sim_plugin_port_beside(struct sim_plugin_port *port, wg_node_id process, wg_node_id node) {
    struct sim_plugin_broker *broker = broker_of(port, process);
    broker->is_beside = true;
    broker->node = node;
}

bool sim_plugin_port_is_beside(uint64_t instance) { return (instance & BESIDE) != 0; }

void sim_plugin_port_end_broker(struct sim_plugin_port *port, wg_node_id node) {
    struct sim_plugin_broker *broker = broker_of(port, node);
    if (!broker->up) {
        return;
    }
    for (uint32_t i = 0; i < broker->instance_capacity; i++) {
        struct wg_exporter_ctx *ctx = broker->instances[i];
        if (ctx == NULL) {
            continue;
        }
        struct wg_plugin_call call = {.instance = ctx->instance,
                                      .exporter = ctx->exporter,
                                      .kind = WG_PLUGIN_DESTROY,
                                      .partition = (wg_partition_id)ctx->partition};
        before(port, node, &call, ctx->now);
        instance_free(ctx);
        after(port, node, &call);
        broker->instances[i] = NULL;
    }
    wg_loader_free(broker->loader);
    free(broker->plugins);
    broker->loader = NULL;
    broker->plugins = NULL;
    broker->up = false;
}

static struct wg_exporter_ctx **slot_of(struct sim_plugin_broker *broker, uint32_t instance) {
    if (instance >= broker->instance_capacity) {
        uint32_t capacity = instance < 16 ? 32 : instance * 2;
        broker->instances =
            checked(realloc(broker->instances, capacity * sizeof(struct wg_exporter_ctx *)));
        for (uint32_t i = broker->instance_capacity; i < capacity; i++) {
            broker->instances[i] = NULL;
        }
        broker->instance_capacity = capacity;
    }
    return &broker->instances[instance];
}

/* --- calls --------------------------------------------------------------------------------- */

static int32_t call_configure(struct wg_exporter_ctx *ctx) {
    return ctx->self == NULL && create(ctx) ? configure(ctx) : WG_EXPORTER_RETRY;
}

static int32_t call_export(struct wg_exporter_ctx *ctx) {
    const struct wg_record *from = ctx->call->record;
    struct wg_exporter_record record = {
        .struct_size = sizeof record,
        .partition_id = ctx->partition,
        .position = from->position,
        .source_record_position = from->source_position,
        .key = from->key,
        .timestamp_ms = from->timestamp_ms,
        .operation_reference = from->operation_reference,
        .record_type = from->record_type,
        .value_type = from->value_type,
        .intent = from->intent,
        .rejection_type = from->rejection_type,
        .record_version = from->record_version,
        .broker_version = {from->broker_version[0], from->broker_version[1],
                           from->broker_version[2]},
        .rejection_reason = {(const char *)from->rejection_reason.ptr, from->rejection_reason.len},
        .value = {(const char *)from->value.ptr, from->value.len},
        .host_record = from};
    enter(ctx, SIM_IN_EXPORT);
    return ctx->plugin->export_record(ctx->self, &record);
}

static int32_t call_timer(struct wg_exporter_ctx *ctx) {
    if (ctx->plugin->on_timer == NULL) {
        return WG_EXPORTER_OK;
    }
    enter(ctx, SIM_IN_TIMER);
    return ctx->plugin->on_timer(ctx->self, ctx->call->timer);
}

static int32_t enter_plugin(struct wg_exporter_ctx *ctx) {
    if (ctx->self == NULL && ctx->call->kind != WG_PLUGIN_CONFIGURE) {
        return WG_EXPORTER_RETRY; /* create() has failed */
    }
    switch (ctx->call->kind) {
    case WG_PLUGIN_CONFIGURE:
        return call_configure(ctx);
    case WG_PLUGIN_OPEN:
        enter(ctx, SIM_IN_OPEN);
        return ctx->plugin->open(ctx->self);
    case WG_PLUGIN_EXPORT:
        if (ctx->port->errors[ctx->exporter]) {
            ctx->port->injected_errors++;
            return WG_EXPORTER_RETRY;
        }
        return call_export(ctx);
    case WG_PLUGIN_TIMER:
        return call_timer(ctx);
    case WG_PLUGIN_CLOSE:
        enter(ctx, SIM_IN_CLOSE);
        return ctx->plugin->close(ctx->self);
    default:
        return WG_EXPORTER_RETRY;
    }
}

static void begin_call(struct wg_exporter_ctx *ctx, const struct wg_plugin_call *call,
                       wg_time now, int64_t wall_ms) {
    const struct sim_plugin_port_options *options = &ctx->port->options;
    sim_plugin_actions_clear(ctx);
    ctx->call = call;
    ctx->now = now;
    ctx->wall_ms = wall_ms;
    ctx->spent = call->kind == WG_PLUGIN_EXPORT ? options->export_cost : options->call_cost;
    ctx->waited = 0;
    ctx->hangs = false;
    ctx->error[0] = '\0';
}

static uint64_t call_position(const struct wg_plugin_call *call) {
    return call->kind == WG_PLUGIN_EXPORT ? (uint64_t)call->record->position : 0;
}

static void destroy(struct sim_plugin_port *port, struct wg_exporter_ctx **slot,
                    const struct wg_plugin_call *call, wg_time now) {
    struct wg_exporter_ctx *ctx = *slot;
    *slot = NULL;
    ctx->now = now;
    ctx->call = call;
    sim_plugin_fact(ctx, SIM_FACT_PLUGIN_CALL, WG_PLUGIN_DESTROY, 0, NULL, 0);
    before(port, ctx->node, call, now);
    wg_node_id node = ctx->node;
    instance_free(ctx);
    after(port, node, call);
}

/* What the engine hears. Whatever is no result counts as a failure. */
static enum wg_plugin_result judge_answer(struct wg_exporter_ctx *ctx, int32_t answer) {
    uint32_t kind = ctx->call->kind;
    const char *name = sim_plugin_call_name(kind);
    int64_t position = (int64_t)call_position(ctx->call);
    if (answer == WG_EXPORTER_OK) {
        return WG_PLUGIN_OK;
    }
    if (answer == WG_EXPORTER_PENDING && kind == WG_PLUGIN_EXPORT) {
        ctx->waits_for = position;
        return WG_PLUGIN_PENDING;
    }
    if (answer == WG_EXPORTER_FATAL && !ctx->hangs) {
        sim_plugin_breach(ctx, SIM_BREACH_FATAL, position,
                          "answered FATAL to its %s call (position %lld)", name,
                          (long long)position);
    } else if (answer != WG_EXPORTER_RETRY && !ctx->hangs) {
        sim_plugin_breach(ctx, SIM_BREACH_RESULT, answer,
                          "answered %d to its %s call, which is no result of it", answer, name);
    }
    return WG_PLUGIN_FAILED;
}

static enum wg_plugin_result run_call(struct sim_plugin_port *port, struct wg_exporter_ctx *ctx,
                                      const struct wg_plugin_call *call) {
    uint64_t position = call_position(call);
    struct wg_bytes metadata = {NULL, 0};
    if (call->kind == WG_PLUGIN_OPEN) {
        metadata = call->metadata;
    }
    /* The record is for judges to look at, not bytes to hash: it holds pointers. */
    const void *shown = call->kind == WG_PLUGIN_EXPORT ? (const void *)call->record : metadata.ptr;
    sim_plugin_fact(ctx, SIM_FACT_PLUGIN_CALL, call->kind, position, shown, metadata.len);
    tell_outside(ctx);
    before(port, ctx->node, call, ctx->now);
    int32_t answer = enter_plugin(ctx);
    enter(ctx, SIM_IN_OFF);
    after(port, ctx->node, call);
    enum wg_plugin_result result = judge_answer(ctx, answer);
    if (!ctx->hangs) {
        sim_plugin_fact(ctx, SIM_FACT_PLUGIN_RETURN,
                        (uint64_t)call->kind << 8 | (uint64_t)result, position, NULL, 0);
    }
    return result;
}

void sim_plugin_port_call(struct sim_plugin_port *port, wg_node_id node,
                          const struct wg_plugin_call *call, wg_time now, int64_t wall_ms,
                          struct sim_plugin_outcome *ret_outcome) {
    struct sim_plugin_broker *broker = broker_of(port, node);
    *ret_outcome = (struct sim_plugin_outcome){
        .returned = {call->call_id, call->instance, WG_PLUGIN_FAILED, NULL, 0},
        .spent = port->options.call_cost};
    if (!broker->up || call->exporter >= port->options.exporter_count) {
        return;
    }
    struct wg_exporter_ctx **slot = slot_of(broker, call->instance);
    if (call->kind == WG_PLUGIN_CONFIGURE && *slot == NULL) {
        *slot = instance_new(port, node, call->exporter, call->instance, (int32_t)call->partition);
    }
    struct wg_exporter_ctx *ctx = *slot;
    if (ctx == NULL) {
        return;
    }
    if (call->kind == WG_PLUGIN_DESTROY) {
        destroy(port, slot, call, now);
        return;
    }
    begin_call(ctx, call, now, wall_ms);
    ret_outcome->returned.result = (uint8_t)run_call(port, ctx, call);
    ret_outcome->returned.actions = ctx->actions;
    ret_outcome->returned.action_count = ctx->action_count;
    ret_outcome->waited = ctx->waited;
    ret_outcome->spent = ctx->hangs ? WG_TIME_NEVER : ctx->spent;
    ctx->call = NULL;
}
