/* The rows of the fault table, in order of enum sim_fault_kind. Ranges are what a scenario may ask
 * for; the nemesis draws around the standard value and stays inside them. */
#include "sim/faults/fault_table.h"

#include "waggle/ids.h"

#include <string.h>

#define PERCENT UINT64_C(10000) /* per million */
#define NS(time) ((uint64_t)(time))

static const struct sim_fault_row rows[SIM_FAULT_KIND_COUNT] = {
    [SIM_FAULT_BROKER_KILL] =
        {"broker.kill", "The broker's process dies at once; what it wrote stays in the page cache.",
         "The broker starts again on the same disk.", SIM_TARGETS_BROKER, true, {{0}}},
    [SIM_FAULT_BROKER_STOP] =
        {"broker.stop", "The broker closes its partitions in order and ends.",
         "The broker starts again on the same disk.", SIM_TARGETS_BROKER, true, {{0}}},
    [SIM_FAULT_BROKER_POWER_LOSS] =
        {"broker.powerLoss",
         "The broker's machine loses power; writes that were not synced may be lost, torn or kept.",
         "The machine comes back and the broker starts on what its disk kept.", SIM_TARGETS_BROKER,
         true, {{0}}},
    [SIM_FAULT_CLUSTER_POWER_LOSS] =
        {"cluster.powerLoss",
         "All machines lose power at the same moment; each loses what it had not synced.",
         "All machines come back and the brokers start on what their disks kept.", SIM_TARGETS_NONE,
         true, {{0}}},
    [SIM_FAULT_NETWORK_PARTITION] =
        {"network.partition",
         "Messages between two groups of brokers, or between the target and the rest, are lost.",
         "The links work again; lost messages are not repeated.", SIM_TARGETS_LINKS, true, {{0}}},
    [SIM_FAULT_NETWORK_LOSS] =
        {"network.loss", "Single messages on the links of the target, or on all, are lost.",
         "The links lose no more than usual; lost messages are not repeated.", SIM_TARGETS_LINKS,
         true, {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 5 * PERCENT}}},
    [SIM_FAULT_NETWORK_DUPLICATE] =
        {"network.duplicate",
         "Single messages on the links of the target, or on all, arrive a second time later.",
         "The links double no more than usual.", SIM_TARGETS_LINKS, true,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 5 * PERCENT}}},
    [SIM_FAULT_NETWORK_REORDER] =
        {"network.reorder",
         "Single messages on the links of the target, or on all, are held up and overtaken.",
         "The links deliver in order as usual.", SIM_TARGETS_LINKS, true,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 10 * PERCENT},
          {"delay", SIM_UNIT_DURATION, NS(WG_US), NS(WG_MINUTE), NS(20 * WG_MS)}}},
    [SIM_FAULT_NETWORK_LATENCY] =
        {"network.latency", "Every message on the links of the target, or on all, takes longer.",
         "The links are as fast as usual.", SIM_TARGETS_LINKS, true,
         {{"latency", SIM_UNIT_DURATION, NS(WG_US), NS(WG_MINUTE), NS(100 * WG_MS)}}},
    [SIM_FAULT_DISK_TORN_WRITES] =
        {"disk.tornWrites",
         "A power loss meanwhile more often keeps single sectors or pages of unsynced writes.",
         "Power losses are drawn evenly again between lost, kept, cut off and torn.",
         SIM_TARGETS_BROKER, true,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 75 * PERCENT}}},
    [SIM_FAULT_EXPORTER_ERROR] =
        {"exporter.error", "Export calls of the exporter fail, so that the director tries again.",
         "Export calls reach the exporter again.", SIM_TARGETS_EXPORTER, true, {{0}}},
    [SIM_FAULT_SINK_DOWN] =
        {"sink.down", "The exporter's sink refuses documents and flushes.",
         "The sink accepts again; what it had made durable is still there.", SIM_TARGETS_EXPORTER,
         true, {{0}}},
    [SIM_FAULT_SINK_SLOW] =
        {"sink.slow", "Flushes of the exporter's sink take longer.",
         "The sink is as fast as usual.", SIM_TARGETS_EXPORTER, true,
         {{"latency", SIM_UNIT_DURATION, NS(WG_US), NS(10 * WG_MINUTE), NS(2 * WG_SECOND)}}},
};

const struct sim_fault_row *sim_fault_row(uint32_t kind) { return &rows[kind]; }

int sim_fault_find(const char *name) {
    for (int kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        if (strcmp(rows[kind].name, name) == 0) {
            return kind;
        }
    }
    return -1;
}
