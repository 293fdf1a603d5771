/* What a command did, rendered for people and for machines. Writers only read. */
#ifndef WG_REPORTS_REPORT_H
#define WG_REPORTS_REPORT_H

#include "reports/result.h"

#include <stdio.h>

struct wg_report {
    const char *version;  /* of waggle */
    const char *program;  /* how the command was called, for lines to paste */
    const struct wg_run_result *runs;
    uint32_t run_count;
    const char *started;  /* UTC, for `timing` */
    int64_t wall_ns;      /* of all together */
    uint32_t jobs;
    const char *run_dir;  /* NULL = none */
};

struct wg_report_totals {
    uint32_t passed, failed, errors, skipped;
};

struct wg_report_totals wg_report_count(const struct wg_report *report);

/* The object of DESIGN section 4. Without timing it is a pure function of scenarios and seeds. */
void wg_report_json(const struct wg_report *report, bool with_timing, FILE *out);
/* Only the timing, as an object of its own. */
void wg_report_timing(const struct wg_report *report, FILE *out);
/* One run per line. */
void wg_report_ndjson(const struct wg_report *report, FILE *out);
void wg_report_junit(const struct wg_report *report, FILE *out);
/* Markdown with a table and the failures, for pull requests and wikis. */
void wg_report_markdown(const struct wg_report *report, FILE *out);
/* Annotations of GitHub's workflow commands, at most ten: one per scenario and invariant. */
void wg_report_github(const struct wg_report *report, FILE *out);
/* The table, the failing seeds with the line to paste, and the last line with the sums. */
void wg_report_human(const struct wg_report *report, FILE *out);
/* Everything about one run, for `replay`. */
void wg_report_run(const struct wg_report *report, const struct wg_run_result *run, FILE *out);

#endif
