/* The run hash: 64 bits over everything that happened, in order. Equal hashes mean equal runs.
 * Only numbers go in, never pointers. World facts are folded by sim/world/fact_hash.h. */
#ifndef SIM_KERNEL_RUN_HASH_H
#define SIM_KERNEL_RUN_HASH_H

#include "base/hash.h"
#include "sim/kernel/queue.h"

struct sim_run_hash {
    uint64_t value;
    uint64_t count; /* of what was folded in; two runs that differ early differ here too */
};

static inline void sim_run_hash_init(struct sim_run_hash *hash, uint64_t seed) {
    hash->value = wg_hash_mix(seed, 1);
    hash->count = 0;
}
static inline void sim_run_hash_words(struct sim_run_hash *hash, uint64_t a, uint64_t b) {
    hash->value = wg_hash_mix(hash->value ^ a, wg_hash_mix(b, hash->value));
    hash->count++;
}
/* An item that leaves the queue. */
static inline void sim_run_hash_event(struct sim_run_hash *hash, const struct sim_item *item) {
    uint64_t what = (uint64_t)item->kind << 32 | item->target;
    sim_run_hash_words(hash, (uint64_t)item->at ^ what << 7, wg_hash_mix(item->a, what));
}

#endif
