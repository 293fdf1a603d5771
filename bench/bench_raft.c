/* bench_raft OUTSTANDING ENTRIES [NODES]: raft alone, 64-byte entries; one JSON line. */
#include "bench/raft_only.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: bench_raft OUTSTANDING ENTRIES [NODES]\n", stderr);
        return 2;
    }
    struct raft_only_options options = {.nodes = argc > 3 ? (uint32_t)atoi(argv[3]) : 3,
                                        .entry_bytes = 64,
                                        .outstanding = (uint32_t)atoi(argv[1]),
                                        .entries = strtoull(argv[2], NULL, 10),
                                        .compact_every = 20000};
    struct raft_only_result result;
    double start = seconds();
    int ok = raft_only_run(&options, &result);
    double wall = seconds() - start;
    printf("{\"outstanding\":%u,\"nodes\":%u,\"committed\":%llu,\"events\":%llu,\"virtualNs\":%lld,"
           "\"hash\":\"%016llx\",\"wallSeconds\":%.6f,\"entriesPerSecond\":%.0f,\"ok\":%s}\n",
           options.outstanding, options.nodes, (unsigned long long)result.committed,
           (unsigned long long)result.events, (long long)result.virtual_ns,
           (unsigned long long)result.hash, wall, (double)result.committed / wall,
           ok ? "true" : "false");
    return ok ? 0 : 1;
}
