/* Memory of a run: free lists per size class over big chunks that are kept from run to run, so that
 * a steady state neither calls malloc nor touches a fresh page. Sizes are given back on release, so
 * blocks have no headers. Built with AddressSanitizer every block is a malloc of its own and the
 * size given back is checked. One thread. */
#ifndef SIM_KERNEL_POOL_H
#define SIM_KERNEL_POOL_H

#include <stddef.h>
#include <stdint.h>

struct sim_pool;

struct sim_pool_stats {
    size_t live_bytes;     /* asked for and not released */
    size_t peak_bytes;     /* highest live_bytes since the start or the last reset */
    size_t reserved_bytes; /* held from the operating system */
};

struct sim_pool *sim_pool_new(void);
void sim_pool_free(struct sim_pool *pool);
/* Forgets every block; the chunks stay for the next run. */
void sim_pool_reset_keep_memory(struct sim_pool *pool);
/* Uninitialised memory aligned to 16. Never NULL: out of memory ends the program. */
void *sim_pool_alloc(struct sim_pool *pool, size_t size);
/* `size` as given to sim_pool_alloc; ptr may be NULL. */
void sim_pool_release(struct sim_pool *pool, void *ptr, size_t size);
/* Fills every new block with `pattern` (0..255); -1 (default) = leave it as it is. Two runs with
 * different patterns must give the same hash, else something reads uninitialised memory. */
void sim_pool_set_pattern(struct sim_pool *pool, int pattern);
struct sim_pool_stats sim_pool_stats(const struct sim_pool *pool);

#endif
