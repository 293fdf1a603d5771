/* The rows of trigger_table.h. */
#include "sim/scenario/trigger_table.h"

#include <string.h>

static const struct sim_trigger_row rows[SIM_TRIGGER_COUNT] = {
#define SIM_TRIGGER_ROW(name, text, exporter, what) {text, exporter, what},
    SIM_TRIGGER_MAP(SIM_TRIGGER_ROW)
#undef SIM_TRIGGER_ROW
};

const struct sim_trigger_row *sim_trigger_row(uint32_t event) {
    return &rows[event];
}

int sim_trigger_find(const char *name) {
    for (int i = 0; i < SIM_TRIGGER_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}
