/* Disks on which judges find nothing, for judges that read records only. */
#ifndef TESTS_INVARIANTS_NO_DISKS_H
#define TESTS_INVARIANTS_NO_DISKS_H

#include "sim/invariants/judge.h"

static inline void no_files(void *ctx, wg_node_id node, wg_partition_id partition,
                            void (*each)(void *, const char *, uint64_t), void *each_ctx) {
    (void)ctx, (void)node, (void)partition, (void)each, (void)each_ctx;
}

static inline uint64_t no_bytes(void *ctx, wg_node_id node, const char *path, uint64_t offset,
                                void *out, uint64_t len) {
    (void)ctx, (void)node, (void)path, (void)offset, (void)out, (void)len;
    return 0;
}

static const struct sim_disk_reader no_disks = {.list = no_files, .read = no_bytes};

#endif
