/* Shared by the codec tests: hex text to bytes, a small generator of pseudo-random numbers. */
#ifndef TESTS_UNIT_CODEC_GOLDEN_H
#define TESTS_UNIT_CODEC_GOLDEN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "lib/test_env.h"

/* The vectors of the protocol reference. */
#define GOLDEN_A                                                                                   \
    "2800c80000000500ff00000080ffffffffffffffff0500ffff08000000060000"                             \
    "00000000000100ffffffffffffffffff000000001a00000082a6666f726d6174"                             \
    "a7554e4b4e4f574ea86175746844617461a0"
#define GOLDEN_B                                                                                   \
    "2800c800000005000000000080ffffffffffffffff0500000008000000060000"                             \
    "00000000000200ffffffffffffffffff000000001a00000082a6666f726d6174"                             \
    "a7554e4b4e4f574ea86175746844617461a0"
#define GOLDEN_C                                                                                   \
    "2800c80000000500010700000003000000000000400500050008000000060000"                             \
    "00000000000100ffd204000000000000000000001a00000082a6666f726d6174"                             \
    "a7554e4b4e4f574ea86175746844617461a0"
#define GOLDEN_D                                                                                   \
    "2800c80000000500020100000017000000000000000100040001000000020000"                             \
    "00030000000a0000d204000000000000050000006661696c731e00000082a666"                             \
    "6f726d6174a34a5754a86175746844617461a86533302e6533302e"
#define GOLDEN_L                                                                                   \
    "1e00c800000003000000000080ffffffffffffffff03001100ff080000000200"                             \
    "00000f00000000000000"
#define GOLDEN_E                                                                                   \
    "9500000000000000000000000100000003000000000000000200000000000000"                             \
    "ffffffffffffffff0068e5cf8b010000520000002800c8000000050000000000"                             \
    "80ffffffffffffffff0500fe010800000006000000000000000100ffffffffff"                             \
    "ffffffff000000001a00000082a6666f726d6174a7554e4b4e4f574ea8617574"                             \
    "6844617461a082a2696401a8706f736974696f6e02000000"
#define GOLDEN_F                                                                                   \
    "010c0001000700020046b7f69200000000e10000001000020007000200020000"                             \
    "00000000000300000000000000c5000000090001000800030001000000000000"                             \
    "0000100002000800030003000000000000000300000000000000980000009500"                             \
    "000000000000000000000100000003000000000000000200000000000000ffff"                             \
    "ffffffffffff0068e5cf8b010000520000002800c800000005000000000080ff"                             \
    "ffffffffffffff0500fe010800000006000000000000000100ffffffffffffff"                             \
    "ffff000000001a00000082a6666f726d6174a7554e4b4e4f574ea86175746844"                             \
    "617461a082a2696401a8706f736974696f6e02000000"
#define GOLDEN_G                                                                                   \
    "010c0001000700020002fd026a000000002d0000001000020007000200010000"                             \
    "0000000000ffffffffffffffff11000000090001000800030001000000000000"                             \
    "0002"
#define GOLDEN_H                                                                                   \
    "0208000400070002005c23473800000000200003000700020001000000000000"                             \
    "00010000000000000000000008000000000000000000000000"
#define GOLDEN_I                                                                                   \
    "87a46e616d65a178a576616c7565c40101a873636f70654b657903b270726f63"                             \
    "657373496e7374616e63654b657902b470726f63657373446566696e6974696f"                             \
    "6e4b657904ad62706d6e50726f636573734964a770726f63657373a874656e61"                             \
    "6e744964a93c64656661756c743e"

struct golden {
    uint8_t bytes[512];
    uint32_t len;
};

static inline struct golden golden_of(const char *hex) {
    struct golden golden = {.len = (uint32_t)(strlen(hex) / 2)};
    for (uint32_t i = 0; i < golden.len; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        golden.bytes[i] = (uint8_t)byte;
    }
    return golden;
}
static inline struct wg_bytes golden_bytes(const struct golden *golden) {
    return wg_bytes_of(golden->bytes, golden->len);
}

static inline void assert_golden(struct wg_bytes got, const struct golden *golden) {
    assert_int_equal(got.len, golden->len);
    assert_memory_equal(got.ptr, golden->bytes, golden->len);
}
static inline void assert_text(struct wg_bytes got, const char *text) {
    assert_true(wg_bytes_equal(got, wg_bytes_str(text)));
}

static inline uint64_t test_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A copy of exactly `len` bytes, so that a sanitizer sees the first byte read behind it. */
static inline uint8_t *exact_copy(const uint8_t *bytes, uint32_t len) {
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

#endif
