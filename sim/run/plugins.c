/* The plugin port of a run: its exporters, where their files go, and the black box that names the
 * call in progress should the process die in it. */
#include "sim/run/plugins.h"

#include <stdlib.h>
#include <string.h>

static void before_call(void *ctx, wg_node_id node, const struct wg_plugin_call *call, wg_time now) {
    struct sim_cluster *c = ctx;
    struct sim_black_box *box = c->run->black_box;
    (void)node;
    (void)now;
    snprintf(box->exporter, sizeof box->exporter, "%s", c->exporters[call->exporter].id);
    box->call_kind = call->kind;
    box->position = call->record == NULL ? -1 : call->record->position;
    box->in_call = 1;
}

static void after_call(void *ctx, wg_node_id node, const struct wg_plugin_call *call) {
    struct sim_cluster *c = ctx;
    (void)node;
    (void)call;
    c->run->black_box->in_call = 0;
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
    options.fact = sim_cluster_fact;
    options.before = before_call;
    options.after = after_call;
    options.ctx = c;
    options.output_dir = c->run->output_dir;
    if (c->zero_costs) {
        options.export_cost = options.call_cost = 0;
    }
    return sim_plugin_port_new(&options);
}

int sim_run_status_of_loader(enum wg_loader_code code) {
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
    return sim_run_status_of_loader(code);
}
