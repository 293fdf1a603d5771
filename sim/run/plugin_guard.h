/* Keeps the worker from what foreign code does to the process around it: memory that grows without
 * end, and processes that divide. Only for exporters that are not ours, or are faulty on purpose:
 * a look costs two system calls per plugin call. */
#ifndef SIM_RUN_PLUGIN_GUARD_H
#define SIM_RUN_PLUGIN_GUARD_H

#include "sim/run/black_box.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_plugin_guard {
    bool watches;          /* the call going on */
    uint64_t bytes_before; /* of the process, when it began */
    uint64_t bytes_grown;  /* in watched calls so far */
};

/* Around a plugin call. */
void sim_plugin_guard_enter(struct sim_plugin_guard *guard, bool watch);
/* true: the plugin forked during the call. Does not return in the child of such a fork: nobody
 * waits for two simulators. Nor when plugins have taken more memory than the process can spare:
 * it leaves the amount in the black box and ends the process. */
bool sim_plugin_guard_leave(struct sim_plugin_guard *guard, struct sim_black_box *box);

#endif
