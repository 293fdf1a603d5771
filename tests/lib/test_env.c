/* See test_env.h. Each allocation carries its size in front of it, so that a free with another size
 * is found at once. */
#include "tests/lib/test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT_BYTES = 16 }; /* keeps the alignment of malloc */

struct test_env {
    struct wg_env env; /* first: the env is the test_env */
    size_t live;
    uint64_t allocations;
    struct wg_effect *effects;
    uint32_t effect_count, effect_capacity;
    uint64_t claims[WG_CLAIM_COUNT];
    struct wg_claim last_claims[WG_CLAIM_COUNT];
};

static struct test_env *of(struct wg_env *env) { return (struct test_env *)env; }
static const struct test_env *of_const(const struct wg_env *env) {
    return (const struct test_env *)env;
}

static void fail(const char *what, const char *detail, long long number) {
    fprintf(stderr, "test_env: %s%s: %lld\n", what, detail, number);
    abort();
}

static void *env_alloc(struct wg_env *env, size_t size) {
    uint8_t *block = malloc(FRONT_BYTES + size);
    if (block == NULL) {
        fail("out of memory", "", (long long)size);
    }
    memcpy(block, &size, sizeof size);
    memset(block + FRONT_BYTES, 0xa5, size); /* nothing may rely on zeroed memory */
    of(env)->live += size;
    of(env)->allocations++;
    return block + FRONT_BYTES;
}

static void env_free(struct wg_env *env, void *ptr, size_t size) {
    uint8_t *block = (uint8_t *)ptr - FRONT_BYTES;
    size_t allocated;
    memcpy(&allocated, block, sizeof allocated);
    if (allocated != size) {
        fail("freed with another size", "", (long long)size - (long long)allocated);
    }
    of(env)->live -= size;
    free(block);
}

static uint32_t env_choose(struct wg_env *env, wg_partition_id partition, enum wg_choice_site site,
                           uint32_t bound) {
    (void)env, (void)partition, (void)site, (void)bound;
    return 0;
}

static void env_emit(struct wg_env *env, const struct wg_effect *effect) {
    struct test_env *test = of(env);
    if (test->effect_count == test->effect_capacity) {
        test->effect_capacity = test->effect_capacity == 0 ? 64 : 2 * test->effect_capacity;
        test->effects = realloc(test->effects, test->effect_capacity * sizeof *test->effects);
        if (test->effects == NULL) {
            fail("out of memory", "", test->effect_capacity);
        }
    }
    test->effects[test->effect_count++] = *effect;
}

static void env_claim(struct wg_env *env, const struct wg_claim *claim) {
    if (claim->kind >= WG_CLAIM_COUNT) {
        fail("unknown claim", "", claim->kind);
    }
    of(env)->claims[claim->kind]++;
    of(env)->last_claims[claim->kind] = *claim;
}

static __attribute__((noreturn)) void env_panic(struct wg_env *env, const char *file, int line,
                                                const char *what) {
    (void)env;
    fprintf(stderr, "panic at %s:%d: %s\n", file, line, what);
    abort();
}

static const struct wg_env_ops env_ops = {.alloc = env_alloc,
                                          .free = env_free,
                                          .choose = env_choose,
                                          .emit = env_emit,
                                          .claim = env_claim,
                                          .panic = env_panic};

struct wg_env *test_env_new(void) {
    struct test_env *test = calloc(1, sizeof *test);
    if (test == NULL) {
        fail("out of memory", "", (long long)sizeof *test);
    }
    test->env.ops = &env_ops;
    return &test->env;
}

void test_env_free(struct wg_env *env) {
    test_env_clear_effects(env);
    if (of(env)->live > 0) {
        fail("leaked", " bytes", (long long)of(env)->live);
    }
    free(of(env)->effects);
    free(env);
}

size_t test_env_leaked(const struct wg_env *env) { return of_const(env)->live; }
uint64_t test_env_allocations(const struct wg_env *env) { return of_const(env)->allocations; }

struct wg_effect *test_env_effects(struct wg_env *env, uint32_t *ret_count) {
    *ret_count = of(env)->effect_count;
    return of(env)->effects;
}

void test_env_clear_effects(struct wg_env *env) {
    struct test_env *test = of(env);
    for (uint32_t i = 0; i < test->effect_count; i++) {
        struct wg_effect *effect = &test->effects[i];
        if (effect->kind == WG_EFFECT_SEND) {
            wg_message_unref(effect->u.message);
        } else if (effect->kind == WG_EFFECT_REPLY) {
            wg_buf_unref(effect->u.reply.value);
        }
    }
    test->effect_count = 0;
}

uint64_t test_env_claims(const struct wg_env *env, enum wg_claim_kind kind) {
    return of_const(env)->claims[kind];
}

struct wg_claim test_env_last_claim(const struct wg_env *env, enum wg_claim_kind kind) {
    return of_const(env)->last_claims[kind];
}
