/* An env for unit tests: counts every byte, keeps emitted effects and claims, panics by abort and
 * has no disk unless the test sets env->disk_ops and env->disk. choose gives 0. */
#ifndef TESTS_LIB_TEST_ENV_H
#define TESTS_LIB_TEST_ENV_H

#include "waggle/env.h"
#include "waggle/node.h"

struct wg_env *test_env_new(void);
/* Drops collected effects and frees the env; prints and aborts if the code under test leaked. */
void test_env_free(struct wg_env *env);
/* Bytes that are allocated now and not yet freed; effects that were not cleared hold theirs. */
size_t test_env_leaked(const struct wg_env *env);
/* Number of allocations so far. */
uint64_t test_env_allocations(const struct wg_env *env);

/* Effects in the order emitted, since the last clear. Valid until the next emit or clear. */
struct wg_effect *test_env_effects(struct wg_env *env, uint32_t *ret_count);
/* Forgets the effects; drops the references on messages and reply values that came with them.
 * What a POST's ptr refers to belongs to the test. */
void test_env_clear_effects(struct wg_env *env);

/* Claims of that kind so far, and the latest of it (all zero if there was none). */
uint64_t test_env_claims(const struct wg_env *env, enum wg_claim_kind kind);
struct wg_claim test_env_last_claim(const struct wg_env *env, enum wg_claim_kind kind);

#endif
