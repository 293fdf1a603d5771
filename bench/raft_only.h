/* A driver for raft alone: nodes with journal, meta store, simulated disk and network, no stream
 * processor and no exporters. For the speed rows of docs/BENCHMARKS.md. */
#ifndef BENCH_RAFT_ONLY_H
#define BENCH_RAFT_ONLY_H

#include <stdint.h>

struct raft_only_options {
    uint32_t nodes;          /* 1..7 */
    uint32_t entry_bytes;    /* payload of each entry */
    uint32_t outstanding;    /* entries the client keeps in flight */
    uint64_t entries;        /* committed on the leader before the clock stops */
    uint64_t compact_every;  /* entries between compactions of the log, 0 = never */
};

struct raft_only_result {
    uint64_t committed;
    uint64_t events;         /* queue items handled */
    int64_t virtual_ns;
    uint64_t hash;           /* over everything handled: equal on every machine */
};

/* Runs it; false = no leader or no progress. */
int raft_only_run(const struct raft_only_options *options, struct raft_only_result *ret_result);

#endif
