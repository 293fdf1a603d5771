/* Coverage of several runs together (`waggle run --coverage`). */
#ifndef REPORTS_REPORT_COVERAGE_H
#define REPORTS_REPORT_COVERAGE_H

#include "reports/report.h"

/* Writes nothing if no run has any. */
void wg_report_coverage(const struct wg_report *report, FILE *out);

#endif
