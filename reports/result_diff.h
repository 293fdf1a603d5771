/* What changed from one set of results to another. */
#ifndef WG_REPORTS_RESULT_DIFF_H
#define WG_REPORTS_RESULT_DIFF_H

#include "reports/result_file.h"

#include <stdio.h>

struct wg_result_diff {
    uint32_t same, changed; /* runs that both have: equal in all, or not */
    uint32_t verdicts;      /* of the changed: with another verdict */
    uint32_t gone, added;   /* runs that only the first, only the second has */
};

/* Writes a line for each run that differs, and lines for what differs in it: verdict, hashes,
 * sizes, violations by invariant, counters. Both are sorted by scenario and seed, as
 * wg_result_file_read leaves them. */
struct wg_result_diff wg_result_diff(const struct wg_result_file *before,
                                     const struct wg_result_file *after, FILE *out);

#endif
