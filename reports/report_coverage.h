/* Coverage of several runs together (`waggle run --coverage`). */
#ifndef REPORTS_REPORT_COVERAGE_H
#define REPORTS_REPORT_COVERAGE_H

#include "reports/report.h"

/* Summed by name. The caller frees the array; the names belong to the runs. */
struct wg_result_counter *wg_report_merge_coverage(const struct wg_report *report,
                                                   uint32_t *ret_count);
/* Writes nothing if no run has any. */
void wg_report_coverage(const struct wg_report *report, FILE *out);

#endif
