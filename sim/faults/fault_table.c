/* The rows of the fault table, in order of enum sim_fault_kind. Ranges are what a scenario may ask
 * for; the nemesis draws around the standard value and stays inside them. */
#include "sim/faults/fault_table.h"

#include "waggle/ids.h"

#include <string.h>

#define PERCENT UINT64_C(10000) /* per million */
#define NS(time) ((uint64_t)(time))

static const char *const slow_ops[] = {"all", "sync", "write", "read"};
static const char *const damage_files[] = {"any", "segment", "snapshot", "meta"};
static const char *const damage_where[] = {"flushed", "unflushed"};
static const char *const damage_process[] = {"killed", "running"};
static const char *const old_hears[] = {"nothing", "answers"};
static const char *const clock_ends[] = {"returns", "stays"};
static const char *const message_classes[] = {"exporterState", "gossip", "commands",
                                              "installs",      "votes",  "appends"};
static const char *const works[] = {"snapshot", "install", "compaction"};

#define WORD(name, words)                                                                          \
    {name, SIM_UNIT_WORD, 0, sizeof(words) / sizeof((words)[0]) - 1, 0, words}
#define PROBABILITY(standard)                                                                      \
    {"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, standard, NULL}
#define TEBIBYTE (UINT64_C(1) << 40)

static const struct sim_fault_row rows[SIM_FAULT_KIND_COUNT] = {
    [SIM_FAULT_BROKER_KILL] =
        {"broker.kill", "The broker's process dies at once; what it wrote stays in the page cache.",
         "The broker starts again on the same disk.", SIM_TARGETS_BROKER, true, false, {{0}}},
    [SIM_FAULT_BROKER_STOP] =
        {"broker.stop", "The broker closes its partitions in order and ends.",
         "The broker starts again on the same disk.", SIM_TARGETS_BROKER, true, false, {{0}}},
    [SIM_FAULT_BROKER_POWER_LOSS] =
        {"broker.powerLoss",
         "The broker's machine loses power; writes that were not synced may be lost, torn or kept.",
         "The machine comes back and the broker starts on what its disk kept.", SIM_TARGETS_BROKER,
         true, false, {{0}}},
    [SIM_FAULT_CLUSTER_POWER_LOSS] =
        {"cluster.powerLoss",
         "All machines lose power at the same moment; each loses what it had not synced.",
         "All machines come back and the brokers start on what their disks kept.", SIM_TARGETS_NONE,
         true, false, {{0}}},
    [SIM_FAULT_NETWORK_PARTITION] =
        {"network.partition",
         "Messages between two groups of brokers, or between the target and the rest, are lost.",
         "The links work again; lost messages are not repeated.", SIM_TARGETS_LINKS, true, false, {{0}}},
    [SIM_FAULT_NETWORK_LOSS] =
        {"network.loss", "Single messages on the links of the target, or on all, are lost.",
         "The links lose no more than usual; lost messages are not repeated.", SIM_TARGETS_LINKS,
         true, false, {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 5 * PERCENT, NULL}}},
    [SIM_FAULT_NETWORK_DUPLICATE] =
        {"network.duplicate",
         "Single messages on the links of the target, or on all, arrive a second time later.",
         "The links double no more than usual.", SIM_TARGETS_LINKS, true, false,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 5 * PERCENT, NULL}}},
    [SIM_FAULT_NETWORK_REORDER] =
        {"network.reorder",
         "Single messages on the links of the target, or on all, are held up and overtaken.",
         "The links deliver in order as usual.", SIM_TARGETS_LINKS, true, false,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 10 * PERCENT, NULL},
          {"delay", SIM_UNIT_DURATION, NS(WG_US), NS(WG_MINUTE), NS(20 * WG_MS), NULL}}},
    [SIM_FAULT_NETWORK_LATENCY] =
        {"network.latency", "Every message on the links of the target, or on all, takes longer.",
         "The links are as fast as usual.", SIM_TARGETS_LINKS, true, false,
         {{"latency", SIM_UNIT_DURATION, NS(WG_US), NS(WG_MINUTE), NS(100 * WG_MS), NULL}}},
    [SIM_FAULT_DISK_TORN_WRITES] =
        {"disk.tornWrites",
         "A power loss meanwhile more often keeps single sectors or pages of unsynced writes.",
         "Power losses are drawn evenly again between lost, kept, cut off and torn.",
         SIM_TARGETS_BROKER, true, false,
         {{"probability", SIM_UNIT_PROBABILITY, 1, 100 * PERCENT, 75 * PERCENT, NULL}}},
    [SIM_FAULT_EXPORTER_ERROR] =
        {"exporter.error", "Export calls of the exporter fail, so that the director tries again.",
         "Export calls reach the exporter again.", SIM_TARGETS_EXPORTER, true, false, {{0}}},
    [SIM_FAULT_SINK_DOWN] =
        {"sink.down", "The exporter's sink refuses documents and flushes.",
         "The sink accepts again; what it had made durable is still there.", SIM_TARGETS_EXPORTER,
         true, false, {{0}}},
    [SIM_FAULT_SINK_SLOW] =
        {"sink.slow", "Flushes of the exporter's sink take longer.",
         "The sink is as fast as usual.", SIM_TARGETS_EXPORTER, true, false,
         {{"latency", SIM_UNIT_DURATION, NS(WG_US), NS(10 * WG_MINUTE), NS(2 * WG_SECOND), NULL}}},
    [SIM_FAULT_NETWORK_CLOG] =
        {"network.clog", "Links of the target, or between two groups, deliver nothing and lose nothing.",
         "All that was held up arrives at once and in order.", SIM_TARGETS_LINKS, true, false, {{0}}},
    [SIM_FAULT_NETWORK_FLAP] =
        {"network.flap", "Links of the target, or between two groups, are cut and whole in turn.",
         "The links work again; lost messages are not repeated.", SIM_TARGETS_LINKS, true, false,
         {{"period", SIM_UNIT_DURATION, NS(10 * WG_MS), NS(60 * WG_MINUTE), NS(2 * WG_SECOND), NULL},
          {"cut", SIM_UNIT_PROBABILITY, PERCENT, 99 * PERCENT, 50 * PERCENT, NULL}}},
    [SIM_FAULT_BROKER_PAUSE] =
        {"broker.pause",
         "The broker's process stands still; its connections stay open and keep what arrives.",
         "The process goes on: what waited is handled, overdue timers fire.", SIM_TARGETS_BROKER,
         true, false, {{0}}},
    [SIM_FAULT_BROKER_SLOW] =
        {"broker.slow", "All work of the broker, plugin calls included, takes a multiple of its time.",
         "The broker is as fast as usual.", SIM_TARGETS_BROKER, true, false,
         {{"factor", SIM_UNIT_COUNT, 2, 1000, 10, NULL}}},
    [SIM_FAULT_BROKER_WIPE] =
        {"broker.wipe", "The broker's process dies and its data directory is emptied.",
         "The broker starts again with nothing and gets everything from the others.",
         SIM_TARGETS_BROKER, true, false, {{0}}},
    [SIM_FAULT_DISK_SLOW] =
        {"disk.slow", "Each operation of that sort on the broker's disk takes longer.",
         "The disk is as fast as usual.", SIM_TARGETS_BROKER, true, false,
         {{"latency", SIM_UNIT_DURATION, NS(WG_US), NS(WG_MINUTE), NS(10 * WG_MS), NULL},
          WORD("operations", slow_ops)}},
    [SIM_FAULT_DISK_FULL] =
        {"disk.full", "Something else fills the broker's disk until only so much is free.",
         "The space is given back.", SIM_TARGETS_BROKER, true, false,
         {{"free", SIM_UNIT_SIZE, 0, TEBIBYTE, 0, NULL}}},
    [SIM_FAULT_DISK_WRITE_ERROR] =
        {"disk.writeError", "Writes, resizes, renames and removals of files fail with an I/O error.",
         "Writes work again.", SIM_TARGETS_BROKER, true, false, {PROBABILITY(10 * PERCENT)}},
    [SIM_FAULT_DISK_SYNC_ERROR] =
        {"disk.syncError",
         "Syncs fail with an I/O error, and what they should have made durable may be lost.",
         "Syncs work again; what was lost stays lost.", SIM_TARGETS_BROKER, true, false,
         {PROBABILITY(10 * PERCENT)}},
    [SIM_FAULT_DISK_READ_ERROR] =
        {"disk.readError", "Reads and openings of files fail with an I/O error.",
         "Reads work again.", SIM_TARGETS_BROKER, true, false, {PROBABILITY(10 * PERCENT)}},
    [SIM_FAULT_DISK_BIT_ROT] =
        {"disk.bitRot",
         "Bits of the broker's stored files flip, while the process is down or under its feet.",
         "None by itself; at the end of the run an operator wipes a partition that has given up.",
         SIM_TARGETS_BROKER, true, false,
         {WORD("file", damage_files), WORD("where", damage_where),
          {"bits", SIM_UNIT_COUNT, 1, 1000, 1, NULL}, WORD("process", damage_process)}},
    [SIM_FAULT_DISK_MISDIRECTED_WRITE] =
        {"disk.misdirectedWrite",
         "A write turns out to have landed at another place of its file or in another file.",
         "None by itself; at the end of the run an operator wipes a partition that has given up.",
         SIM_TARGETS_BROKER, true, false,
         {WORD("file", damage_files), {"writes", SIM_UNIT_COUNT, 1, 1000, 1, NULL},
          WORD("process", damage_process)}},
    [SIM_FAULT_CLOCK_JUMP] =
        {"clock.jump", "The broker's wall clock jumps; its monotonic clock does not.",
         "The wall clock jumps back, or stays (then: stays) until the end of chaos.",
         SIM_TARGETS_BROKER, true, false,
         {{"by", SIM_UNIT_SIGNED_DURATION, NS(WG_MS), NS(366 * 24 * 60 * WG_MINUTE), NS(60 * WG_MINUTE), NULL},
          WORD("then", clock_ends)}},
    [SIM_FAULT_CLOCK_DRIFT] =
        {"clock.drift", "The broker's clocks run fast (or slow, when negative): timers as well.",
         "The clocks run at the right pace again; the wall clock is put right at the end of chaos.",
         SIM_TARGETS_BROKER, true, false, {{"ppm", SIM_UNIT_PPM, 1, 500000, 200, NULL}}},
    [SIM_FAULT_EXPORTING_PAUSE] =
        {"exporting.pause", "An operator pauses exporting on all replicas that are up.",
         "The operator resumes exporting; replicas that were down are resumed when all is healed.",
         SIM_TARGETS_NONE, true, false, {{0}}},
    [SIM_FAULT_EXPORTING_SOFT_PAUSE] =
        {"exporting.softPause",
         "An operator soft-pauses exporting on all replicas that are up: records flow, positions "
         "stand still.",
         "The operator resumes exporting; replicas that were down are resumed when all is healed.",
         SIM_TARGETS_NONE, true, false, {{0}}},
    [SIM_FAULT_PROCESSING_PAUSE] =
        {"processing.pause", "An operator pauses processing on all replicas that are up.",
         "The operator resumes processing; replicas that were down are resumed when all is healed.",
         SIM_TARGETS_NONE, true, false, {{0}}},
    [SIM_FAULT_CLUSTER_REBALANCE] =
        {"cluster.rebalance",
         "An operator asks every leader that is not its partition's primary to step down.",
         "None is needed: others are elected.", SIM_TARGETS_NONE, false, false, {{0}}},
    [SIM_FAULT_BROKER_DUPLICATE] =
        {"broker.duplicate",
         "The broker is started anew, again and again, while its old process still runs on the same "
         "data directory.",
         "The old process ends; a new one that was refused starts now.", SIM_TARGETS_BROKER, true, false,
         {WORD("oldHears", old_hears)}},
    [SIM_FAULT_EXPORTER_DISABLE] =
        {"exporter.disable",
         "An operator disables the exporter: one broker after the other, those that are down when they "
         "are back.",
         "The operator enables it again; records of the time between it does not get.",
         SIM_TARGETS_EXPORTER, true, false, {{0}}},
    [SIM_FAULT_EXPORTER_UNCONFIGURE] =
        {"exporter.unconfigure",
         "The exporter leaves the brokers' configuration, which each reads when it starts.",
         "It is in the configuration again; at the end of the run an operator restarts brokers that have "
         "not read it since.",
         SIM_TARGETS_EXPORTER, true, false, {{0}}},
    [SIM_FAULT_NETWORK_MESSAGE_LOSS] =
        {"network.messageLoss",
         "Messages between brokers of one sort are lost on the links of the target, or on all; others "
         "are not.",
         "Messages of that sort arrive again; lost ones are not repeated.", SIM_TARGETS_LINKS, true,
         true, {WORD("messages", message_classes), PROBABILITY(100 * PERCENT)}},
    [SIM_FAULT_BROKER_POWER_LOSS_AT_WORK] =
        {"broker.powerLossAtWork",
         "The broker's machine loses power in the middle of the next job of that sort, if one begins "
         "meanwhile.",
         "The machine comes back and the broker starts on what its disk kept.", SIM_TARGETS_BROKER,
         true, true, {WORD("job", works)}},
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
