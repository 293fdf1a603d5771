/* Assertions: end the process, or are only reported. */
#include "tests/lib/test_env.h"

#include "base/assert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static jmp_buf panicked;
static const char *panic_file, *panic_what;
static int panic_line;

static void __attribute__((noreturn)) jump_out(struct wg_env *env, const char *file, int line,
                                               const char *what) {
    (void)env;
    panic_file = file;
    panic_line = line;
    panic_what = what;
    longjmp(panicked, 1);
}

static void assertion_panics_with_its_place_when_it_does_not_hold(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_env_ops ops = *env->ops;
    ops.panic = jump_out;
    env->ops = &ops;
    volatile bool went_on = false;
    if (setjmp(panicked) == 0) {
        wg_assertion_failed(env, "/somewhere/engine/copy/engine/raft/raft.c", 12, "a < b");
        went_on = true;
    }
    assert_false(went_on);
    assert_string_equal(panic_file, "engine/raft/raft.c");
    assert_int_equal(panic_line, 12);
    assert_string_equal(panic_what, "a < b");
    assert_int_equal(test_env_claims(env, WG_CLAIM_ASSERTION), 0);
    test_env_free(env);
}

static void assertion_is_claimed_and_goes_on_when_it_only_reports(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    env->flags = WG_ENV_ASSERTIONS_REPORT;
    int evaluated = 0;
    WG_ASSERT(env, ++evaluated == 1); /* holds: says nothing */
    assert_int_equal(test_env_claims(env, WG_CLAIM_ASSERTION), 0);
    WG_ASSERT(env, ++evaluated == 1);
    int line = __LINE__ - 1;
    assert_int_equal(evaluated, 2);
    assert_int_equal(test_env_claims(env, WG_CLAIM_ASSERTION), 1);
    assert_int_equal(test_env_last_claim(env, WG_CLAIM_ASSERTION).a, line);
    test_env_free(env);
}

static void assertion_has_the_same_claim_wherever_the_tree_lies(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    env->flags = WG_ENV_ASSERTIONS_REPORT;
    wg_assertion_failed(env, "/a/engine/raft/raft.c", 1, "x");
    uint64_t here = test_env_last_claim(env, WG_CLAIM_ASSERTION).b;
    wg_assertion_failed(env, "engine/raft/raft.c", 1, "x");
    assert_true(here == test_env_last_claim(env, WG_CLAIM_ASSERTION).b);
    wg_assertion_failed(env, "engine/raft/raft_role.c", 1, "x");
    assert_true(here != test_env_last_claim(env, WG_CLAIM_ASSERTION).b);
    test_env_free(env);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assertion_panics_with_its_place_when_it_does_not_hold),
        cmocka_unit_test(assertion_is_claimed_and_goes_on_when_it_only_reports),
        cmocka_unit_test(assertion_has_the_same_claim_wherever_the_tree_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
