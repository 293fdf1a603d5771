/* Events that a fault can wait for (`after:`) and an expectation can ask for (`reached:`). The
 * numbers are what struct sim_fault_options.event holds; the runner counts occurrences from t = 0
 * on, that is after warm-up. */
#ifndef SIM_SCENARIO_TRIGGER_TABLE_H
#define SIM_SCENARIO_TRIGGER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* name, text, belongs to an exporter, what happened */
#define SIM_TRIGGER_MAP(X)                                                                         \
    X(EXPORTER_EXPORT, "exporter.export", true, "a record was handed to an exporter")              \
    X(EXPORTER_ACK, "exporter.ack", true, "an exporter acknowledged a position")                   \
    X(EXPORTER_FLUSH, "exporter.flush", true, "a sink made an exporter's documents durable")       \
    X(EXPORTER_ERROR, "exporter.error", true, "an export call failed")                             \
    X(SNAPSHOT_TAKEN, "snapshot.taken", false, "a replica persisted a snapshot of its own")        \
    X(SNAPSHOT_RECEIVED, "snapshot.received", false, "a replica persisted a snapshot it was sent") \
    X(SNAPSHOT_CHUNK, "snapshot.chunk", false, "a leader sent a chunk of a snapshot")              \
    X(ROLE_LEADER, "role.leader", false, "a replica became leader")                                \
    X(LOG_COMPACTED, "log.compacted", false, "a replica deleted segments of its log")              \
    X(DIRECTOR_RESTARTED, "director.restarted", false, "an exporter director opened actively")     \
    X(FAULT_BEGIN, "fault.begin", false, "a fault began")                                          \
    X(BROKER_RESTART, "broker.restart", false, "a broker started again")                           \
    X(PROCESSING_PAUSED, "processing.paused", false,                                               \
      "a replica stopped processing: disk full, or by an operator")                                \
    X(PROCESSING_RESUMED, "processing.resumed", false, "a replica went on processing")             \
    X(EXPORTING_PAUSED, "exporting.paused", false, "a running director was paused or soft-paused") \
    X(PARTITION_FAILED, "partition.failed", false, "a replica, or its leadership, gave up")        \
    X(DISK_SYNC_LOST, "disk.syncLost", false,                                                      \
      "a failed sync lost what had been written: no later sync will store it")                     \
    X(BROKER_REFUSED, "broker.refused", false,                                                     \
      "a broker did not start: another process holds its data directory")                          \
    X(SNAPSHOT_STORING, "snapshot.storing", false,                                                 \
      "a job began at whose end comes snapshot.taken")                                             \
    X(SNAPSHOT_INSTALLING, "snapshot.installing", false,                                           \
      "a job began at whose end comes snapshot.received")                                          \
    X(LOG_COMPACTING, "log.compacting", false, "a job began at whose end comes log.compacted")

enum sim_trigger_event {
#define SIM_TRIGGER_ENUM(name, text, exporter, what) SIM_TRIGGER_##name,
    SIM_TRIGGER_MAP(SIM_TRIGGER_ENUM)
#undef SIM_TRIGGER_ENUM
    SIM_TRIGGER_COUNT
};

struct sim_trigger_row {
    const char *name;
    bool of_exporter; /* `exporter:` may narrow it */
    const char *what;
};

/* Row `event`; valid for event < SIM_TRIGGER_COUNT. */
const struct sim_trigger_row *sim_trigger_row(uint32_t event);
/* Number of the event called `name`, or -1. */
int sim_trigger_find(const char *name);

#endif
