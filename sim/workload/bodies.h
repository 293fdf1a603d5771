/* The multi-instance bodies of a scenario's processes, for who wants to know what they collect. */
#ifndef SIM_WORKLOAD_BODIES_H
#define SIM_WORKLOAD_BODIES_H

#include "sim/scenario/scenario.h"

#define SIM_BODY_NAME_ROOM 64

/* Empty texts = it has none. */
struct sim_body {
    char process[SIM_BODY_NAME_ROOM], element[SIM_BODY_NAME_ROOM];
    char collection[SIM_BODY_NAME_ROOM], item[SIM_BODY_NAME_ROOM]; /* what it takes */
    char output[SIM_BODY_NAME_ROOM], result[SIM_BODY_NAME_ROOM];   /* what it collects */
};

/* All bodies of the processes if one of them collects something, else none. Returns how many; *ret_bodies is
 * malloced, NULL if there are none. */
uint32_t sim_bodies(const struct sim_process *processes, uint32_t count,
                    struct sim_body **ret_bodies);

#endif
