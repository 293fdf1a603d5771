/* The table of faults (DESIGN D9): one row drives YAML reader, help, docs, nemesis. */
#ifndef SIM_FAULTS_FAULT_TABLE_H
#define SIM_FAULTS_FAULT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_FAULT_PARAMS 4
#define SIM_FAULT_KINDS_MAX 40

enum sim_fault_kind {
    SIM_FAULT_BROKER_KILL,       /* process dies; page cache survives; restarts after `for` */
    SIM_FAULT_BROKER_STOP,       /* graceful stop; restarts after `for` */
    SIM_FAULT_BROKER_POWER_LOSS, /* machine loses power; unsynced writes may vanish or tear */
    SIM_FAULT_CLUSTER_POWER_LOSS, /* all machines at once */
    SIM_FAULT_NETWORK_PARTITION, /* between two groups, or target isolated; direction */
    SIM_FAULT_NETWORK_LOSS,      /* param 0: probability (per million) on all links or of target */
    SIM_FAULT_NETWORK_DUPLICATE, /* param 0: probability */
    SIM_FAULT_NETWORK_REORDER,   /* param 0: probability of an extra delay, param 1: that delay */
    SIM_FAULT_NETWORK_LATENCY,   /* param 0: extra latency ns */
    SIM_FAULT_DISK_TORN_WRITES,  /* next power losses tear at sector granularity more often */
    SIM_FAULT_EXPORTER_ERROR,    /* export calls of `exporter` fail while it lasts */
    SIM_FAULT_SINK_DOWN,         /* sink_put and sink_flush fail */
    SIM_FAULT_SINK_SLOW,         /* param 0: extra latency per flush */
    SIM_FAULT_KIND_COUNT
};

enum sim_param_unit { SIM_UNIT_NONE, SIM_UNIT_PROBABILITY, SIM_UNIT_DURATION, SIM_UNIT_COUNT };
enum sim_fault_targets {
    SIM_TARGETS_NONE,
    SIM_TARGETS_BROKER,
    SIM_TARGETS_LINKS,
    SIM_TARGETS_EXPORTER
};

struct sim_fault_param {
    const char *name; /* camelCase key, NULL = unused */
    uint32_t unit;    /* enum sim_param_unit */
    uint64_t min, max, standard; /* probability in per million, duration in ns */
};

struct sim_fault_row {
    const char *name;    /* "broker.kill" */
    const char *effect;  /* one sentence for help and docs */
    const char *healing; /* one sentence */
    uint32_t targets;    /* enum sim_fault_targets */
    bool lasts;          /* `for:` makes sense */
    struct sim_fault_param params[SIM_FAULT_PARAMS];
};

/* Row `kind`; valid for kind < SIM_FAULT_KIND_COUNT. */
const struct sim_fault_row *sim_fault_row(uint32_t kind);
/* Number of the fault called `name`, or -1. */
int sim_fault_find(const char *name);

#endif
