/* What the tests of the simulated world share: cmocka in the order it needs, a small random source
 * that is not the code under test, and an env over malloc. */
#ifndef TESTS_UNIT_WORLD_WORLD_ENV_H
#define TESTS_UNIT_WORLD_WORLD_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "waggle/env.h"

/* xorshift64*: 0 is not a valid state. */
static inline uint64_t test_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}
static inline uint32_t test_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((test_random(state) >> 33) % bound);
}

static inline void *test_env_alloc(struct wg_env *env, size_t size) {
    (void)env;
    void *memory = malloc(size == 0 ? 1 : size);
    assert_non_null(memory);
    return memory;
}
static inline void test_env_free(struct wg_env *env, void *ptr, size_t size) {
    (void)env;
    (void)size;
    free(ptr);
}
static const struct wg_env_ops test_env_ops = {.alloc = test_env_alloc, .free = test_env_free};

/* A file for one test, removed by the caller. */
static inline void test_temp_path(char *path, size_t size) {
    snprintf(path, size, "/tmp/waggle_test_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fclose(file);
}

#endif
