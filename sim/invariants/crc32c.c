/* CRC32C of the judges (Castagnoli, reflected, as the journal uses it): by the processor's
 * instruction where there is one, else by a nibble table. Both give the same number. */
#include "sim/invariants/wire.h"

#include <string.h>

#define POLYNOMIAL 0x82F63B78u

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_hardware(const uint8_t *ptr, uint64_t len) {
    uint64_t crc = 0xFFFFFFFFu;
    for (; len >= 32; ptr += 32, len -= 32) { /* half of the short loop's work is counting */
        uint64_t words[4];
        memcpy(words, ptr, 32);
        crc = __builtin_ia32_crc32di(crc, words[0]);
        crc = __builtin_ia32_crc32di(crc, words[1]);
        crc = __builtin_ia32_crc32di(crc, words[2]);
        crc = __builtin_ia32_crc32di(crc, words[3]);
    }
    for (; len >= 8; ptr += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, ptr, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; len > 0; ptr++, len--) {
        rest = __builtin_ia32_crc32qi(rest, *ptr);
    }
    return ~rest;
}
static bool has_instruction(void) { return __builtin_cpu_supports("sse4.2") != 0; }
#else
static uint32_t crc_hardware(const uint8_t *ptr, uint64_t len) {
    (void)ptr;
    (void)len;
    return 0;
}
static bool has_instruction(void) { return false; }
#endif

/* Bit by bit over a nibble table: small, and only for machines without the instruction. */
static uint32_t crc_portable(const uint8_t *ptr, uint64_t len) {
    uint32_t table[16];
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 4; bit++) {
            value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
        }
        table[i] = value;
    }
    uint32_t crc = 0xFFFFFFFFu;
    for (; len > 0; ptr++, len--) {
        crc ^= *ptr;
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t judge_crc32c(const void *bytes, uint64_t len) {
    return has_instruction() ? crc_hardware(bytes, len) : crc_portable(bytes, len);
}
