/* The table of faults (DESIGN D9): one row drives YAML reader, help, docs, nemesis. */
#ifndef SIM_FAULTS_FAULT_TABLE_H
#define SIM_FAULTS_FAULT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_FAULT_PARAMS 4
#define SIM_FAULT_KINDS_MAX 64

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
    SIM_FAULT_NETWORK_CLOG,      /* links hold everything and let it go in order at the end */
    SIM_FAULT_NETWORK_FLAP,      /* param 0: period, param 1: share of it that the links are cut */
    SIM_FAULT_BROKER_PAUSE,      /* process stands still; what arrives waits */
    SIM_FAULT_BROKER_SLOW,       /* param 0: factor on all its work */
    SIM_FAULT_BROKER_WIPE,       /* process dies, starts after `for` on an empty directory */
    SIM_FAULT_DISK_SLOW,         /* param 0: extra latency, param 1: enum sim_slow_ops */
    SIM_FAULT_DISK_FULL,         /* param 0: free bytes left */
    SIM_FAULT_DISK_WRITE_ERROR,  /* param 0: probability */
    SIM_FAULT_DISK_SYNC_ERROR,   /* param 0: probability */
    SIM_FAULT_DISK_READ_ERROR,   /* param 0: probability */
    SIM_FAULT_DISK_BIT_ROT,      /* param 0: enum sim_damage_files, 1: enum sim_damage_where,
                                    2: number of bits, 3: enum sim_damage_process */
    SIM_FAULT_DISK_MISDIRECTED_WRITE, /* param 0: enum sim_damage_files, 1: number of
                                    writes, 2: enum sim_damage_process */
    SIM_FAULT_CLOCK_JUMP,        /* param 0: by, param 1: enum sim_clock_end */
    SIM_FAULT_CLOCK_DRIFT,       /* param 0: parts per million */
    SIM_FAULT_EXPORTING_PAUSE,      /* management: no record is exported */
    SIM_FAULT_EXPORTING_SOFT_PAUSE, /* management: no position moves */
    SIM_FAULT_PROCESSING_PAUSE,     /* management: no command is processed */
    SIM_FAULT_CLUSTER_REBALANCE,    /* management: leaders that are not primaries step down */
    SIM_FAULT_BROKER_DUPLICATE,  /* started anew beside its old process; param 0: enum sim_old_hears */
    SIM_FAULT_EXPORTER_DISABLE,     /* management: the exporter is disabled, then enabled anew */
    SIM_FAULT_EXPORTER_UNCONFIGURE, /* brokers that start meanwhile do not know the exporter */
    SIM_FAULT_NETWORK_MESSAGE_LOSS, /* param 0: enum sim_message_class, param 1: probability */
    SIM_FAULT_BROKER_POWER_LOSS_AT_WORK, /* power fails in the next such job; param 0: enum sim_work */
    SIM_FAULT_KIND_COUNT
};

/* Which operations disk.slow makes slow; what disk.bitRot and disk.misdirectedWrite harm. */
enum sim_slow_ops { SIM_SLOW_ALL, SIM_SLOW_SYNC, SIM_SLOW_WRITE, SIM_SLOW_READ };
enum sim_damage_files { SIM_DAMAGE_ANY, SIM_DAMAGE_SEGMENT, SIM_DAMAGE_SNAPSHOT, SIM_DAMAGE_META };
enum sim_damage_where { SIM_DAMAGE_FLUSHED, SIM_DAMAGE_UNFLUSHED };
/* KILLED: found when the process starts again; RUNNING: under its feet. */
enum sim_damage_process { SIM_DAMAGE_KILLED, SIM_DAMAGE_RUNNING };
/* Places of parameters that several files look at. */
#define SIM_BIT_ROT_PROCESS 3
#define SIM_MISDIRECTED_PROCESS 2

/* Whether the old process of broker.duplicate gets the answers to what it sends. */
enum sim_old_hears { SIM_OLD_HEARS_NOTHING, SIM_OLD_HEARS_ANSWERS };

enum sim_clock_end { SIM_CLOCK_RETURNS, SIM_CLOCK_STAYS };

/* What network.messageLoss loses, in order of what hangs on it. */
enum sim_message_class {
    SIM_MESSAGES_EXPORTER_STATE, /* exporter positions for followers */
    SIM_MESSAGES_GOSSIP,         /* who leads what, settings of exporters */
    SIM_MESSAGES_COMMANDS,       /* between partitions */
    SIM_MESSAGES_INSTALLS,       /* chunks of snapshots and their answers */
    SIM_MESSAGES_VOTES,          /* polls, votes and their answers */
    SIM_MESSAGES_APPENDS,        /* entries, heartbeats and their answers */
    SIM_MESSAGE_CLASSES
};

/* The jobs that broker.powerLossAtWork waits for: what ends in snapshot.taken, snapshot.received and
 * log.compacted. */
enum sim_work { SIM_WORK_SNAPSHOT, SIM_WORK_INSTALL, SIM_WORK_COMPACTION, SIM_WORK_COUNT };

enum sim_param_unit {
    SIM_UNIT_NONE,
    SIM_UNIT_PROBABILITY, /* per million */
    SIM_UNIT_DURATION,    /* ns */
    SIM_UNIT_COUNT,
    SIM_UNIT_SIZE,        /* bytes */
    SIM_UNIT_WORD,        /* index into `words` */
    SIM_UNIT_SIGNED_DURATION, /* ns, either way (two's complement); the range is of its size */
    SIM_UNIT_PPM          /* signed as well */
};
enum sim_fault_targets {
    SIM_TARGETS_NONE,
    SIM_TARGETS_BROKER,
    SIM_TARGETS_LINKS,
    SIM_TARGETS_EXPORTER
};

struct sim_fault_param {
    const char *name; /* camelCase key, NULL = unused */
    uint32_t unit;    /* enum sim_param_unit */
    uint64_t min, max, standard; /* in the unit's measure */
    const char *const *words;    /* SIM_UNIT_WORD: max + 1 of them, the dullest first */
};

struct sim_fault_row {
    const char *name;    /* "broker.kill" */
    const char *effect;  /* one sentence for help and docs */
    const char *healing; /* one sentence */
    uint32_t targets;    /* enum sim_fault_targets */
    bool lasts;          /* `for:` makes sense */
    bool by_name;        /* `weights: { all: n }` leaves it out: seeds keep what they drew before it came */
    struct sim_fault_param params[SIM_FAULT_PARAMS];
};

/* Row `kind`; valid for kind < SIM_FAULT_KIND_COUNT. */
const struct sim_fault_row *sim_fault_row(uint32_t kind);
/* Number of the fault called `name`, or -1. */
int sim_fault_find(const char *name);

#endif
