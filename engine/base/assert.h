/* Assertions stay on in every build. Needs `env` in scope by name or as argument.
 *
 * A condition that does not hold ends the process (env->ops->panic). Under WG_ENV_ASSERTIONS_REPORT
 * it is only claimed, and execution goes on as if it had held: so it can be shown that the judges
 * find a bug without help from the accused. What then happens may be anything, a crash included. */
#ifndef WG_BASE_ASSERT_H
#define WG_BASE_ASSERT_H

#include "waggle/env.h"

/* `file` as the compiler names it; what comes before the last "engine/" in it is left out. */
__attribute__((cold, noinline)) void wg_assertion_failed(struct wg_env *env, const char *file,
                                                         int line, const char *what);

#define WG_ASSERT(env, condition)                                                                  \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            wg_assertion_failed((env), __FILE__, __LINE__, #condition);                            \
        }                                                                                          \
    } while (0)

#endif
