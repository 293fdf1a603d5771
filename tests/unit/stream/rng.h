/* The tests' own choices, from a seed (xorshift64*). */
#ifndef TESTS_STREAM_RNG_H
#define TESTS_STREAM_RNG_H

#include <stdint.h>

static inline uint64_t rng_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1DULL;
}
static inline uint32_t rng_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((rng_next(state) >> 33) % bound);
}

#endif
