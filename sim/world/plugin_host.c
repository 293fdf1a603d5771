/* The host table: what plugins may ask for, and when.
 *
 * Invariants
 *  1. A function called in a phase that exporter.h does not allow has no effect.
 *  2. Nothing a plugin does takes effect before its call has ended: acknowledgements, filters and
 *     timers are collected as actions in order. Sink and file are outside: they act at once.
 *  3. Time in a call is virtual: it moves by `spend` and by what sinks take.
 *  4. What a plugin must not do is refused, or bent into what exporter.h says, and told as a
 *     breach: nobody has to guess why nothing happened. */
#include "sim/world/plugin_internal.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plugin that asks for more in one call is refused: it must not eat the simulator's memory. */
enum { ACTIONS_MAX = 4096, METADATA_MAX = 1 << 20 };

static void *checked(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

void sim_plugin_fact(const struct wg_exporter_ctx *ctx, enum sim_fact_kind kind, uint64_t c,
                     uint64_t d, const void *ptr, uint32_t len) {
    const struct sim_plugin_port_options *options = &ctx->port->options;
    struct sim_fact fact = {.kind = (uint32_t)kind,
                            .node = ctx->node,
                            .partition = (wg_partition_id)ctx->partition,
                            .at = ctx->now,
                            .a = ctx->instance,
                            .b = ctx->exporter,
                            .c = c,
                            .d = d,
                            .ptr = ptr,
                            .len = len};
    options->fact(options->ctx, &fact);
}

void sim_plugin_breach(const struct wg_exporter_ctx *ctx, enum sim_breach breach, int64_t value,
                       const char *format, ...) {
    char text[160];
    if (ctx->call == NULL) {
        return;
    }
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    len = len < (int)sizeof text ? len : (int)sizeof text - 1;
    sim_plugin_fact(ctx, SIM_FACT_PLUGIN_BREACH, breach, (uint64_t)value, text, (uint32_t)len);
}

/* Code that runs on behind a hang is code that a real hang would never reach: no breach. */
static bool allowed(struct wg_exporter_ctx *ctx, uint32_t phases, const char *function) {
    if (ctx->hangs) {
        return false;
    }
    if (ctx->phase == SIM_IN_OFF) {
        ctx->called_outside = true; /* told when the next call begins: now nobody expects facts */
        return false;
    }
    bool good = (ctx->phase & phases) != 0;
    if (!good && ctx->call != NULL) {
        const char *where = ctx->phase == SIM_IN_CREATE ? "create"
                                                        : sim_plugin_call_name(ctx->call->kind);
        sim_plugin_breach(ctx, SIM_BREACH_PHASE, 0, "called %s in its %s call", function, where);
    }
    return good;
}

/* --- actions ------------------------------------------------------------------------------- */

void sim_plugin_actions_clear(struct wg_exporter_ctx *ctx) {
    for (uint32_t i = 0; i < ctx->action_count; i++) {
        free((void *)(uintptr_t)ctx->actions[i].metadata.ptr);
    }
    ctx->action_count = 0;
}

static struct wg_plugin_action *add_action(struct wg_exporter_ctx *ctx,
                                           enum wg_plugin_action_kind kind) {
    if (ctx->action_count == ACTIONS_MAX) {
        sim_plugin_breach(ctx, SIM_BREACH_LIMIT, ACTIONS_MAX,
                          "did more than %d acknowledgements and timers in one call", ACTIONS_MAX);
        return NULL;
    }
    if (ctx->action_count == ctx->action_capacity) {
        ctx->action_capacity = ctx->action_capacity == 0 ? 4 : ctx->action_capacity * 2;
        ctx->actions = checked(realloc(ctx->actions, ctx->action_capacity * sizeof *ctx->actions));
    }
    struct wg_plugin_action *action = &ctx->actions[ctx->action_count++];
    *action = (struct wg_plugin_action){.kind = (uint8_t)kind};
    return action;
}

static int32_t set_filter(struct wg_exporter_ctx *ctx, const struct wg_exporter_filter *filter) {
    if (!allowed(ctx, SIM_IN_CONFIGURE, "set_filter")) {
        return WG_EXPORTER_RETRY;
    }
    if (filter == NULL || filter->struct_size < sizeof *filter) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, 0, "gave set_filter a struct that is too small");
        return WG_EXPORTER_FATAL;
    }
    struct wg_plugin_action *action = add_action(ctx, WG_PLUGIN_SET_FILTER);
    if (action == NULL) {
        return WG_EXPORTER_RETRY;
    }
    action->filter.record_types = filter->record_types;
    memcpy(action->filter.value_types, filter->value_types, sizeof filter->value_types);
    if (ctx->call != NULL) {
        sim_plugin_fact(ctx, SIM_FACT_PLUGIN_FILTER, 0, 0, &action->filter, sizeof action->filter);
    }
    return WG_EXPORTER_OK;
}

static int32_t acknowledge(struct wg_exporter_ctx *ctx, int64_t position,
                           struct wg_exporter_str metadata) {
    if (!allowed(ctx, SIM_IN_RUNNING, "acknowledge")) {
        return WG_EXPORTER_RETRY;
    }
    if (metadata.ptr != NULL && metadata.len > METADATA_MAX) {
        sim_plugin_breach(ctx, SIM_BREACH_LIMIT, (int64_t)metadata.len,
                          "acknowledged %lld with %llu bytes of metadata, at most %d are taken",
                          (long long)position, (unsigned long long)metadata.len, METADATA_MAX);
        return WG_EXPORTER_FATAL;
    }
    if (position < 0) {
        sim_plugin_breach(ctx, SIM_BREACH_ACK, position, "acknowledged position %lld",
                          (long long)position);
        return WG_EXPORTER_FATAL;
    }
    struct wg_plugin_action *action = add_action(ctx, WG_PLUGIN_ACK);
    if (action == NULL) {
        return WG_EXPORTER_RETRY;
    }
    action->position = position;
    action->has_metadata = metadata.ptr != NULL;
    if (action->has_metadata && metadata.len > 0) {
        uint8_t *copy = checked(malloc(metadata.len));
        memcpy(copy, metadata.ptr, metadata.len);
        action->metadata = (struct wg_bytes){copy, (uint32_t)metadata.len};
    }
    sim_plugin_fact(ctx, SIM_FACT_PLUGIN_ACK, (uint64_t)position, 0, action->metadata.ptr,
                    action->metadata.len);
    return WG_EXPORTER_OK;
}

static int32_t schedule(struct wg_exporter_ctx *ctx, uint32_t timer, int64_t delay_ns) {
    if (!allowed(ctx, SIM_IN_BEFORE_CLOSE, "schedule")) {
        return WG_EXPORTER_RETRY;
    }
    struct wg_plugin_action *action = add_action(ctx, WG_PLUGIN_SCHEDULE);
    if (action == NULL) {
        return WG_EXPORTER_RETRY;
    }
    if (delay_ns < 0) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, delay_ns,
                          "scheduled its timer %u with a delay of %lld ns", timer,
                          (long long)delay_ns);
    }
    /* Timers have milliseconds, or a plugin could stop virtual time. */
    action->timer = timer;
    action->delay = delay_ns < WG_MS ? WG_MS : delay_ns;
    return WG_EXPORTER_OK;
}

static int32_t cancel(struct wg_exporter_ctx *ctx, uint32_t timer) {
    bool may = allowed(ctx, SIM_IN_BEFORE_CLOSE, "cancel");
    struct wg_plugin_action *action = may ? add_action(ctx, WG_PLUGIN_CANCEL_TIMER) : NULL;
    if (action == NULL) {
        return WG_EXPORTER_RETRY;
    }
    action->timer = timer;
    return WG_EXPORTER_OK;
}

static int32_t complete(struct wg_exporter_ctx *ctx, int64_t position, int32_t result) {
    if (!allowed(ctx, SIM_IN_TIMER, "complete")) {
        return WG_EXPORTER_RETRY;
    }
    if (ctx->waits_for != position || position == WG_POSITION_NONE) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, position,
                          "completed position %lld, for which nothing waits", (long long)position);
        return WG_EXPORTER_FATAL;
    }
    if (result != WG_EXPORTER_OK && result != WG_EXPORTER_RETRY) {
        sim_plugin_breach(ctx, SIM_BREACH_RESULT, result, "completed position %lld with result %d",
                          (long long)position, result);
    }
    struct wg_plugin_action *action = add_action(ctx, WG_PLUGIN_COMPLETE);
    if (action == NULL) {
        return WG_EXPORTER_RETRY;
    }
    ctx->waits_for = WG_POSITION_NONE;
    action->position = position;
    action->result = result == WG_EXPORTER_OK ? WG_PLUGIN_OK : WG_PLUGIN_FAILED;
    sim_plugin_fact(ctx, SIM_FACT_PLUGIN_RETURN, WG_PLUGIN_EXPORT << 8 | action->result,
                    (uint64_t)position, NULL, 0);
    return WG_EXPORTER_OK;
}

/* --- questions ----------------------------------------------------------------------------- */

static struct wg_exporter_str text_of(const char *text) {
    return (struct wg_exporter_str){text, strlen(text)};
}

static struct wg_exporter_str id(struct wg_exporter_ctx *ctx) {
    return allowed(ctx, SIM_IN_ANY, "id")
               ? text_of(ctx->port->options.exporters[ctx->exporter].id)
               : (struct wg_exporter_str){NULL, 0};
}

static int32_t partition_id(struct wg_exporter_ctx *ctx) {
    return allowed(ctx, SIM_IN_ANY, "partition_id") ? ctx->partition : 0;
}

static struct wg_exporter_str args_json(struct wg_exporter_ctx *ctx) {
    const char *args = ctx->port->options.exporters[ctx->exporter].args_json;
    return allowed(ctx, SIM_IN_ANY, "args_json") ? text_of(args == NULL ? "{}" : args)
                                                 : (struct wg_exporter_str){NULL, 0};
}

static int64_t last_position(struct wg_exporter_ctx *ctx) {
    return allowed(ctx, SIM_IN_RUNNING, "last_position") ? ctx->call->last_position
                                                         : WG_POSITION_NONE;
}

static struct wg_exporter_str metadata(struct wg_exporter_ctx *ctx) {
    if (!allowed(ctx, SIM_IN_RUNNING, "metadata")) {
        return (struct wg_exporter_str){NULL, 0};
    }
    return (struct wg_exporter_str){(const char *)ctx->call->metadata.ptr,
                                    ctx->call->metadata.len};
}

static int64_t now_ms(struct wg_exporter_ctx *ctx) {
    return allowed(ctx, SIM_IN_RUNNING | SIM_IN_CONFIGURE, "now_ms")
               ? ctx->wall_ms + ctx->spent / WG_MS
               : 0;
}

static struct wg_exporter_str record_json(struct wg_exporter_ctx *ctx,
                                          const struct wg_exporter_record *record) {
    struct sim_plugin_port *port = ctx->port;
    struct wg_exporter_str none = {NULL, 0};
    if (!allowed(ctx, SIM_IN_EXPORT, "record_json")) {
        return none;
    }
    if (record == NULL || record->host_record != ctx->call->record) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, 0, "asked for the JSON of another record");
        return none;
    }
    port->json.len = 0;
    if (wg_record_json(ctx->call->record, ctx->call->partition, &port->json) != WG_OK) {
        return none;
    }
    return (struct wg_exporter_str){port->json.ptr, port->json.len};
}

static uint32_t choose(struct wg_exporter_ctx *ctx, struct wg_exporter_str site, uint32_t bound) {
    if (!allowed(ctx, SIM_IN_ANY, "choose") || bound == 0) {
        return 0;
    }
    if (!ctx->stream_ready) {
        uint64_t entity = wg_hash_mix((uint64_t)ctx->node << 32 | ctx->incarnation,
                                      (uint64_t)ctx->exporter << 32 | ctx->instance);
        sim_stream_init(&ctx->stream, ctx->port->options.choices, SIM_CONCERN_PLUGIN, entity);
        ctx->stream_ready = true;
    }
    uint64_t name = wg_hash_bytes(site.ptr, (size_t)site.len, 0);
    return sim_choose(&ctx->stream, (uint32_t)(name ^ name >> 32), bound);
}

/* --- deeds --------------------------------------------------------------------------------- */

static void spend(struct wg_exporter_ctx *ctx, int64_t ns) {
    if (!allowed(ctx, SIM_IN_RUNNING | SIM_IN_CONFIGURE, "spend")) {
        return;
    }
    if (ns < 0 || ns > WG_TIME_NEVER / 2 - ctx->spent) {
        ctx->hangs = true;
    } else {
        ctx->spent += ns;
    }
}

static void log_text(struct wg_exporter_ctx *ctx, int32_t level, struct wg_exporter_str text) {
    const struct sim_plugin_port_options *options = &ctx->port->options;
    if (!allowed(ctx, SIM_IN_ANY, "log")) {
        return;
    }
    if (level == 0) {
        size_t len = text.len < sizeof ctx->error ? (size_t)text.len : sizeof ctx->error - 1;
        if (len > 0) {
            memcpy(ctx->error, text.ptr, len);
        }
        ctx->error[len] = '\0';
    }
    if (options->log != NULL) {
        wg_partition_id partition = ctx->partition < 0 ? 0 : (wg_partition_id)ctx->partition;
        options->log(options->ctx, ctx->node, partition, ctx->exporter, level, text.ptr,
                     (size_t)text.len);
    }
}

static int32_t put(struct wg_exporter_ctx *ctx, int64_t position,
                   struct wg_exporter_str document) {
    bool taken = allowed(ctx, SIM_IN_RUNNING, "sink_put") &&
                 sim_sink_put(&ctx->session, ctx->now, position, document.ptr,
                              (size_t)document.len);
    return taken ? WG_EXPORTER_OK : WG_EXPORTER_RETRY;
}

static void wait_for_sink(struct wg_exporter_ctx *ctx, wg_time waited) {
    ctx->spent += waited;
    ctx->waited += waited;
}

static int32_t flush(struct wg_exporter_ctx *ctx) {
    wg_time waited = 0;
    bool done = allowed(ctx, SIM_IN_RUNNING, "sink_flush") &&
                sim_sink_flush(&ctx->session, ctx->now, &waited);
    wait_for_sink(ctx, waited);
    return done ? WG_EXPORTER_OK : WG_EXPORTER_RETRY;
}

static int32_t file_append(struct wg_exporter_ctx *ctx, struct wg_exporter_str name,
                           int64_t position, struct wg_exporter_str bytes) {
    if (!allowed(ctx, SIM_IN_RUNNING, "file_append")) {
        return WG_EXPORTER_RETRY;
    }
    if (!sim_plugin_file_name_ok(name.ptr, (size_t)name.len)) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, (int64_t)name.len,
                          "named a file that is not below its folder");
        return WG_EXPORTER_FATAL;
    }
    struct sim_plugin_file *file =
        sim_plugin_file_get(&ctx->files, name.ptr, (size_t)name.len, &ctx->session);
    bool taken = sim_plugin_file_append(file, ctx->port->options.output_dir, ctx->now, position,
                                        bytes.ptr, (size_t)bytes.len);
    return taken ? WG_EXPORTER_OK : WG_EXPORTER_RETRY;
}

static int32_t file_sync(struct wg_exporter_ctx *ctx, struct wg_exporter_str name) {
    if (!allowed(ctx, SIM_IN_RUNNING, "file_sync")) {
        return WG_EXPORTER_RETRY;
    }
    if (!sim_plugin_file_name_ok(name.ptr, (size_t)name.len)) {
        sim_plugin_breach(ctx, SIM_BREACH_ARGUMENT, (int64_t)name.len,
                          "named a file that is not below its folder");
        return WG_EXPORTER_FATAL;
    }
    struct sim_plugin_file *file =
        sim_plugin_file_get(&ctx->files, name.ptr, (size_t)name.len, &ctx->session);
    wg_time waited = 0;
    bool done = sim_plugin_file_sync(file, ctx->port->options.output_dir, ctx->now, &waited);
    wait_for_sink(ctx, waited);
    return done ? WG_EXPORTER_OK : WG_EXPORTER_RETRY;
}

const struct wg_exporter_host *sim_plugin_host(void) {
    static const struct wg_exporter_host host = {.struct_size = sizeof host,
                                                 .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                 .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                 .id = id,
                                                 .partition_id = partition_id,
                                                 .args_json = args_json,
                                                 .set_filter = set_filter,
                                                 .acknowledge = acknowledge,
                                                 .last_position = last_position,
                                                 .metadata = metadata,
                                                 .schedule = schedule,
                                                 .cancel = cancel,
                                                 .now_ms = now_ms,
                                                 .spend = spend,
                                                 .log = log_text,
                                                 .record_json = record_json,
                                                 .choose = choose,
                                                 .sink_put = put,
                                                 .sink_flush = flush,
                                                 .file_append = file_append,
                                                 .file_sync = file_sync,
                                                 .complete = complete};
    return &host;
}
