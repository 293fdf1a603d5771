/* A real simulated cluster for tests of the run driver's parts: three brokers, one partition, no faults of
 * its own. The test decides how far time goes. */
#ifndef TESTS_RUN_WORLD_H
#define TESTS_RUN_WORLD_H

#include "sim/run/cluster_internal.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

struct run_world {
    struct sim_scenario *scenario;
    struct sim_black_box box;
    struct sim_run_options options;
    struct sim_cluster *c;
};

/* Nobody is started yet: time may be set by hand, c->now. */
struct run_world *run_world_new(void);
/* The same with that scenario. */
struct run_world *run_world_of(const char *text);
/* Starts all brokers and goes on until the partition is led and every replica is installed. */
struct run_world *run_world_settled(void);
void run_world_settle(struct run_world *w);
void run_world_free(struct run_world *w);
/* Lets things happen up to that time. */
void run_world_until(struct run_world *w, wg_time until);
struct sim_broker *run_world_broker(const struct run_world *w, wg_node_id node);
/* What the broker's engine says of its replica; false = it is down. */
bool run_world_view(const struct run_world *w, wg_node_id node, struct wg_partition_view *ret_view);
wg_node_id run_world_leader(const struct run_world *w);
/* Begins or ends a fault of one broker. */
void run_world_fault(struct run_world *w, uint32_t number, uint32_t kind, wg_node_id node,
                     uint64_t param0, uint64_t param1);
void run_world_heal(struct run_world *w, uint32_t number, uint32_t kind, wg_node_id node,
                    uint64_t param0, uint64_t param1);

#endif
