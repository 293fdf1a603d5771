/* JUnit XML: one suite per scenario, one case per seed. Violations are failures, what the harness
 * could not do is an error. */
#include "reports/report.h"
#include "reports/text.h"

#include <inttypes.h>
#include <string.h>

/* XML 1.0 has no way to write most control characters, and U+FFFE and U+FFFF are not characters. */
static bool is_allowed(const char *text, size_t length) {
    unsigned char c = (unsigned char)text[0];
    if (length == 1) {
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    }
    return !(length == 3 && memcmp(text, "\xef\xbf\xbe", 3) == 0) &&
           !(length == 3 && memcmp(text, "\xef\xbf\xbf", 3) == 0);
}

static void print_escaped(const char *text, FILE *out) {
    size_t len = text == NULL ? 0 : strlen(text);
    for (size_t i = 0; i < len;) {
        size_t n = wg_utf8_length(text + i, len - i);
        if (n == 0 || !is_allowed(text + i, n)) {
            fputs("\xef\xbf\xbd", out);
        } else if (strchr("&<>\"'\n\r\t", text[i]) != NULL) {
            fprintf(out, "&#%d;", text[i]);
        } else {
            fwrite(text + i, 1, n, out);
        }
        i += n == 0 ? 1 : n;
    }
}

static void print_seconds(int64_t ns, FILE *out) {
    fprintf(out, "%" PRId64 ".%03" PRId64, ns / 1000000000, ns / 1000000 % 1000);
}

static void print_violations(const struct wg_run_result *run, FILE *out) {
    for (uint32_t i = 0; i < run->violation_count; i++) {
        const struct wg_result_violation *violation = &run->violations[i];
        if (!wg_violation_counts(violation)) {
            continue;
        }
        fputs("      <failure type=\"", out);
        print_escaped(violation->invariant, out);
        fputs("\" message=\"", out);
        print_escaped(violation->message, out);
        fputs("\">blame: ", out);
        print_escaped(violation->blame, out);
        fprintf(out, "; at %" PRId64 " ns; partition %" PRIu32 "; replay: ", violation->at_ns,
                violation->partition);
        print_escaped(run->replay, out);
        fputs("</failure>\n", out);
    }
}

static void print_case(const struct wg_run_result *run, FILE *out) {
    fputs("    <testcase classname=\"", out);
    print_escaped(run->scenario, out);
    fprintf(out, "\" name=\"seed %" PRIu64 "\" time=\"", run->seed);
    print_seconds(run->wall_ns, out);
    if (run->verdict == WG_PASSED) {
        fputs("\"/>\n", out);
        return;
    }
    fputs("\">\n", out);
    if (run->verdict == WG_SKIPPED) {
        fputs("      <skipped/>\n", out);
    } else if (run->verdict == WG_ERROR) {
        fputs("      <error message=\"", out);
        print_escaped(run->error, out);
        fputs("\">replay: ", out);
        print_escaped(run->replay, out);
        fputs("</error>\n", out);
    } else {
        print_violations(run, out);
    }
    fputs("    </testcase>\n", out);
}

static void print_counts(struct wg_report_totals totals, FILE *out) {
    fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
            totals.passed + totals.failed + totals.errors + totals.skipped, totals.failed,
            totals.errors, totals.skipped);
}

/* Runs of one scenario follow each other; prints those from `first` and returns the next first. */
static uint32_t print_suite(const struct wg_report *report, uint32_t first, FILE *out) {
    struct wg_report part = *report;
    part.runs = report->runs + first;
    part.run_count = 0;
    int64_t wall_ns = 0;
    while (first + part.run_count < report->run_count &&
           strcmp(part.runs[part.run_count].scenario, part.runs[0].scenario) == 0) {
        wall_ns += part.runs[part.run_count].wall_ns;
        part.run_count++;
    }
    fputs("  <testsuite name=\"", out);
    print_escaped(part.runs[0].scenario, out);
    fputs("\"", out);
    print_counts(wg_report_count(&part), out);
    fputs(" time=\"", out);
    print_seconds(wall_ns, out);
    fputs("\">\n", out);
    for (uint32_t i = 0; i < part.run_count; i++) {
        print_case(&part.runs[i], out);
    }
    fputs("  </testsuite>\n", out);
    return first + part.run_count;
}

void wg_report_junit(const struct wg_report *report, FILE *out) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"waggle\"", out);
    print_counts(wg_report_count(report), out);
    fputs(" time=\"", out);
    print_seconds(report->wall_ns, out);
    fputs("\">\n", out);
    for (uint32_t i = 0; i < report->run_count;) {
        i = print_suite(report, i, out);
    }
    fputs("</testsuites>\n", out);
}
