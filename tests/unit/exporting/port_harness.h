/* A plugin port whose facts and logs are kept as text, and calls in one line. */
#ifndef TESTS_EXPORTING_PORT_HARNESS_H
#define TESTS_EXPORTING_PORT_HARNESS_H

#include "sim/world/plugin_port.h"

struct port_harness {
    struct sim_choices *choices;
    struct sim_plugin_port *port;
    struct sim_plugin_exporter exporters[4];
    struct sim_plugin_port_options options;
    struct sim_plugin_outcome outcome;
    char message[512];
    char facts[8192]; /* "call c0 0; return c0 0 ok; ack 5; put 5; durable 5; " */
    char logs[8192];  /* one line per text */
    int depth;        /* of plugin calls, by the black-box hooks */
    uint32_t entered;
    wg_time now;
    uint64_t next_call;
    wg_position last_position;
};

/* `dir` NULL = no output folder. Broker 0 is not started yet. */
void port_harness_init(struct port_harness *p, uint32_t count, const char *dir);
void port_harness_done(struct port_harness *p);
enum wg_loader_code port_harness_start(struct port_harness *p);
/* Result of the call; p->outcome has the rest. */
uint8_t port_harness_call(struct port_harness *p, enum wg_plugin_call_kind kind,
                          uint32_t exporter, uint32_t number);
/* CONFIGURE and OPEN of instance exporter + 1. */
void port_harness_open(struct port_harness *p, uint32_t exporter);
/* Position of the last ACK action of the last call, or -2. */
wg_position port_harness_acked(const struct port_harness *p);
void port_harness_clear(struct port_harness *p);

#endif
