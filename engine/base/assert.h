/* Assertions stay on in every build. Needs `env` in scope by name or as argument. */
#ifndef WG_BASE_ASSERT_H
#define WG_BASE_ASSERT_H

#include "waggle/env.h"

#define WG_ASSERT(env, condition)                                                                  \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            (env)->ops->panic((env), __FILE__, __LINE__, #condition);                              \
        }                                                                                          \
    } while (0)

#endif
