/* What every conformance test shares: both behaviour profiles. A test is registered once for each
 * profile that its row is checked in, and learns from *state which quirks are on:
 *
 *   static void conf_P03_resume(void **state) { ... quirks_of(state) ... is_zeebe(state) ... }
 *   BOTH(conf_P03_resume)     runs "conf_P03_resume [documented]" and "conf_P03_resume [zeebe-8.6]"
 *
 * page.py looks for these very names in what the programs print. */
#ifndef TESTS_CONFORMANCE_CONF_H
#define TESTS_CONFORMANCE_CONF_H

#include "waggle/quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t conf_documented = 0; /* not const: cmocka takes a plain pointer */
static uint64_t conf_zeebe = WG_ALL_QUIRKS;

static inline uint64_t quirks_of(void **state) { return *(const uint64_t *)*state; }
static inline bool is_zeebe(void **state) { return quirks_of(state) != 0; }

#define BOTH(test) BOTH_IN(test, NULL, NULL)
/* The same with cmocka's setup, which may replace *state, and its teardown. */
#define BOTH_IN(test, setup, teardown)                                                             \
    {#test " [documented]", test, setup, teardown, &conf_documented},                              \
        {#test " [zeebe-8.6]", test, setup, teardown, &conf_zeebe}

#endif
