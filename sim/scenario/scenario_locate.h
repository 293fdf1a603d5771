/* Complaints about a scenario that come up after it was read, with the place they belong to. */
#ifndef SIM_SCENARIO_SCENARIO_LOCATE_H
#define SIM_SCENARIO_SCENARIO_LOCATE_H

#include "sim/scenario/scenario_load.h"

struct sim_complaint {
    uint32_t code;       /* enum sim_scenario_error */
    const char *where;   /* "exporters[0].args.bulk.size"; what is not there is left off */
    bool at_key;         /* the key itself is wrong, not its value */
    const char *message;
    const char *help;    /* NULL = none */
};

/* Reads the file again to find the place, and writes the complaint like any other error of it. */
void sim_scenario_complain(const char *path, const struct sim_complaint *complaint, FILE *out);

#endif
