/* The plugin port of a run: its exporters, where their files go, and the black box that names the
 * call in progress should the process die in it. */
#include "sim/run/plugins.h"

#include <stdlib.h>
#include <string.h>

/* Somebody else's code, or ours that is bad on purpose. */
static bool is_watched(const struct sim_cluster *c, uint32_t exporter) {
    const char *type = c->port_exporters[exporter].type;
    return type == NULL || strcmp(type, "faulty") == 0;
}

/* Each record comes through here: no formatting. */
static void set_text(char *out, size_t size, const char *text) {
    size_t len = strlen(text);
    len = len < size ? len : size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static void before_call(void *ctx, wg_node_id node, const struct wg_plugin_call *call, wg_time now) {
    struct sim_cluster *c = ctx;
    struct sim_black_box *box = c->run->black_box;
    (void)node;
    (void)now;
    set_text(box->exporter, sizeof box->exporter, c->exporters[call->exporter].id);
    box->call_kind = call->kind;
    box->position = call->record == NULL ? -1 : call->record->position;
    box->in_call = 1;
    sim_plugin_guard_enter(&c->plugin_guard, is_watched(c, call->exporter));
}

static void tell_fork(struct sim_cluster *c, wg_node_id node, const struct wg_plugin_call *call) {
    static const char text[] = "made a second process with fork()";
    struct sim_fact fact = {.kind = SIM_FACT_PLUGIN_BREACH,
                            .node = node,
                            .partition = call->partition,
                            .at = c->now,
                            .a = call->instance,
                            .b = call->exporter,
                            .c = SIM_BREACH_FORK,
                            .ptr = text,
                            .len = sizeof text - 1};
    sim_cluster_fact(c, &fact);
}

static void after_call(void *ctx, wg_node_id node, const struct wg_plugin_call *call) {
    struct sim_cluster *c = ctx;
    bool forked = sim_plugin_guard_leave(&c->plugin_guard, c->run->black_box);
    c->run->black_box->in_call = 0;
    if (forked && call->kind != WG_PLUGIN_VALIDATE) {
        tell_fork(c, node, call);
    }
}

/* Facts are told from inside of calls. Who dies of one is us, not the plugin. */
static void take_fact(void *ctx, const struct sim_fact *fact) {
    struct sim_cluster *c = ctx;
    struct sim_black_box *box = c->run->black_box;
    uint32_t in_call = box->in_call;
    box->in_call = 0;
    sim_cluster_fact(c, fact);
    box->in_call = in_call;
}

struct sim_plugin_port *sim_cluster_make_port(struct sim_cluster *c) {
    uint32_t count = c->scenario->exporter_count;
    c->port_exporters = sim_must_alloc((count + 1) * sizeof *c->port_exporters);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_exporter_options *e = &c->scenario->exporters[i];
        c->port_exporters[i] = (struct sim_plugin_exporter){.id = e->id,
                                                            .type = e->type,
                                                            .path = e->path,
                                                            .args_json = e->args_json,
                                                            .sink_base = e->sink_latency.base,
                                                            .sink_jitter = e->sink_latency.jitter};
    }
    struct sim_plugin_port_options options;
    sim_plugin_port_options_init(&options);
    options.exporters = c->port_exporters;
    options.exporter_count = count;
    options.choices = c->choices;
    options.fact = take_fact;
    options.before = before_call;
    options.after = after_call;
    options.ctx = c;
    options.output_dir = c->run->output_dir;
    if (c->zero_costs) {
        options.export_cost = options.call_cost = 0;
    }
    return sim_plugin_port_new(&options);
}

/* enum sim_run_status for what the loader found. */
static int status_of_loader(enum wg_loader_code code) {
    switch (code) {
    case WG_LOADER_OK:
        return SIM_RUN_OK;
    case WG_LOADER_DUPLICATE_ID:
    case WG_LOADER_UNKNOWN_TYPE:
    case WG_LOADER_CONFIGURE_FAILED:
        return SIM_RUN_BAD_INPUT;
    default:
        return SIM_RUN_FOREIGN_CODE;
    }
}

int sim_cluster_validate(struct sim_cluster *c, char *message, size_t size) {
    enum wg_loader_code code =
        sim_plugin_port_start_broker(c->port, 0, 1, sim_cluster_wall_ms(c), message, size);
    sim_plugin_port_end_broker(c->port, 0);
    return status_of_loader(code);
}
