/* Folds a world fact into the run hash. Long byte contents go in by their length, head and tail:
 * journal frames carry a checksum of the rest in their head. */
#ifndef SIM_WORLD_FACT_HASH_H
#define SIM_WORLD_FACT_HASH_H

#include "sim/kernel/run_hash.h"
#include "sim/world/facts.h"

#define SIM_FACT_HASH_HEAD 48u
#define SIM_FACT_HASH_TAIL 16u

static inline uint64_t sim_fact_digest(const uint8_t *bytes, uint32_t len) {
    if (len <= SIM_FACT_HASH_HEAD + SIM_FACT_HASH_TAIL) {
        return wg_hash_bytes(bytes, len, len);
    }
    uint64_t head = wg_hash_bytes(bytes, SIM_FACT_HASH_HEAD, len);
    return wg_hash_bytes(bytes + len - SIM_FACT_HASH_TAIL, SIM_FACT_HASH_TAIL, head);
}

static inline void sim_run_hash_fact(struct sim_run_hash *hash, const struct sim_fact *fact) {
    uint64_t who = (uint64_t)fact->kind << 56 ^ (uint64_t)fact->node << 28 ^ fact->partition;
    sim_run_hash_words(hash, (uint64_t)fact->at ^ who, wg_hash_mix(fact->a, fact->b));
    if ((fact->c | fact->d) != 0) {
        sim_run_hash_words(hash, fact->c, fact->d);
    }
    if (fact->len == 0) {
        return;
    }
    uint64_t digest = fact->digest != 0 ? fact->digest : sim_fact_digest(fact->ptr, fact->len);
    sim_run_hash_words(hash, digest, fact->len);
}

#endif
