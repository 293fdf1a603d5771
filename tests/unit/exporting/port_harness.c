/* `number` of a call is the position to export, or the timer. Instance = exporter + 1. */
#include "port_harness.h"

#include "sim/world/epoch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...) {
    size_t len = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + len, size - len, format, list);
    va_end(list);
}

static void on_fact(void *ctx, const struct sim_fact *fact) {
    static const char letters[] = "vcoetxd";
    struct port_harness *p = ctx;
    switch (fact->kind) {
    case SIM_FACT_PLUGIN_CALL:
        append(p->facts, sizeof p->facts, "call %c%d; ", letters[fact->c], (int)fact->b);
        break;
    case SIM_FACT_PLUGIN_RETURN:
        append(p->facts, sizeof p->facts, "return %c%d %s; ", letters[fact->c >> 8], (int)fact->b,
               (fact->c & 255) == WG_PLUGIN_OK        ? "ok"
               : (fact->c & 255) == WG_PLUGIN_PENDING ? "pending"
                                                      : "failed");
        break;
    case SIM_FACT_PLUGIN_ACK:
        append(p->facts, sizeof p->facts, "ack %d; ", (int)fact->c);
        break;
    case SIM_FACT_PLUGIN_BREACH:
        append(p->facts, sizeof p->facts, "breach: %.*s; ", (int)fact->len,
               (const char *)fact->ptr);
        break;
    case SIM_FACT_PLUGIN_FILTER:
        assert_int_equal(fact->len, sizeof(struct wg_record_filter));
        append(p->facts, sizeof p->facts, "filter; ");
        break;
    case SIM_FACT_SINK_PUT:
        append(p->facts, sizeof p->facts, "put %d; ", (int)fact->b);
        break;
    case SIM_FACT_SINK_DURABLE:
        append(p->facts, sizeof p->facts, "durable %d; ", (int)fact->b);
        break;
    default:
        fail();
    }
}

static void on_log(void *ctx, wg_node_id node, wg_partition_id partition, uint32_t exporter,
                   int32_t level, const char *text, size_t len) {
    struct port_harness *p = ctx;
    (void)node;
    (void)partition;
    (void)exporter;
    (void)level;
    append(p->logs, sizeof p->logs, "%.*s\n", (int)len, text);
}

static void on_before(void *ctx, wg_node_id node, const struct wg_plugin_call *call, wg_time now) {
    struct port_harness *p = ctx;
    (void)node;
    (void)call;
    (void)now;
    p->depth++;
    p->entered++;
}

static void on_after(void *ctx, wg_node_id node, const struct wg_plugin_call *call) {
    struct port_harness *p = ctx;
    (void)node;
    (void)call;
    p->depth--;
}

void port_harness_init(struct port_harness *p, uint32_t count, const char *dir) {
    memset(p, 0, sizeof *p);
    p->choices = sim_choices_new(1);
    p->next_call = 1;
    p->last_position = WG_POSITION_NONE;
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (uint32_t i = 0; i < count; i++) {
        p->exporters[i] = (struct sim_plugin_exporter){.id = ids[i], .type = "recorder"};
    }
    sim_plugin_port_options_init(&p->options);
    p->options.exporters = p->exporters;
    p->options.exporter_count = count;
    p->options.choices = p->choices;
    p->options.fact = on_fact;
    p->options.log = on_log;
    p->options.before = on_before;
    p->options.after = on_after;
    p->options.ctx = p;
    p->options.output_dir = dir;
}

void port_harness_done(struct port_harness *p) {
    sim_plugin_port_free(p->port);
    sim_choices_free(p->choices);
    assert_int_equal(p->depth, 0);
}

enum wg_loader_code port_harness_start(struct port_harness *p) {
    if (p->port == NULL) {
        p->port = sim_plugin_port_new(&p->options);
    }
    p->message[0] = '\0';
    return sim_plugin_port_start_broker(p->port, 0, 1, SIM_EPOCH_MS + p->now / WG_MS, p->message,
                                        sizeof p->message);
}

uint8_t port_harness_call(struct port_harness *p, enum wg_plugin_call_kind kind,
                          uint32_t exporter, uint32_t number) {
    struct wg_record record;
    memset(&record, 0, sizeof record);
    record.position = number;
    record.source_position = WG_POSITION_NONE;
    record.key = WG_KEY_NONE;
    record.record_version = 1;
    static const uint8_t empty_map[] = {0x80};
    record.value = (struct wg_bytes){empty_map, 1};
    struct wg_plugin_call call = {.call_id = p->next_call++,
                                  .instance = exporter + 1,
                                  .exporter = exporter,
                                  .kind = (uint8_t)kind,
                                  .partition = 3,
                                  .record = kind == WG_PLUGIN_EXPORT ? &record : NULL,
                                  .timer = number,
                                  .last_position = p->last_position};
    sim_plugin_port_call(p->port, 0, &call, p->now, SIM_EPOCH_MS + p->now / WG_MS, &p->outcome);
    assert_int_equal(p->outcome.returned.call_id, call.call_id);
    return p->outcome.returned.result;
}

void port_harness_open(struct port_harness *p, uint32_t exporter) {
    assert_int_equal(port_harness_call(p, WG_PLUGIN_CONFIGURE, exporter, 0), WG_PLUGIN_OK);
    assert_int_equal(port_harness_call(p, WG_PLUGIN_OPEN, exporter, 0), WG_PLUGIN_OK);
}

wg_position port_harness_acked(const struct port_harness *p) {
    wg_position position = -2;
    for (uint32_t i = 0; i < p->outcome.returned.action_count; i++) {
        if (p->outcome.returned.actions[i].kind == WG_PLUGIN_ACK) {
            position = p->outcome.returned.actions[i].position;
        }
    }
    return position;
}

void port_harness_clear(struct port_harness *p) {
    p->facts[0] = '\0';
    p->logs[0] = '\0';
}
