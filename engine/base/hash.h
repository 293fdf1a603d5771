/* A fast 64-bit mixing hash for state rows, digests and run hashes: not cryptographic, the same on
 * every machine and compiler. */
#ifndef WG_BASE_HASH_H
#define WG_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t wg_hash_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Little-endian whatever the machine; one load where it is little-endian itself. */
static inline uint64_t wg_hash_load8(const uint8_t *p) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
#else
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
#endif
}

static inline uint64_t wg_hash_bytes(const void *bytes, size_t len, uint64_t seed) {
    const uint8_t *p = bytes;
    uint64_t h = wg_hash_mix(seed, len);
    while (len >= 8) {
        h = wg_hash_mix(h, wg_hash_load8(p));
        p += 8;
        len -= 8;
    }
    uint64_t tail = 0;
    for (unsigned i = 0; i < len; i++) {
        tail |= (uint64_t)p[i] << (8 * i);
    }
    return wg_hash_mix(h, tail);
}

#endif
