/* GitHub's workflow commands. A step shows ten annotations of a kind, so failures are put together
 * by scenario and invariant, and the last annotation says how many are left. */
#include "reports/report.h"
#include "reports/text.h"

#include <inttypes.h>
#include <string.h>

#define ANNOTATIONS_MAX 10u

/* What a command's data, and more so its properties, must not hold as it is. */
static void put_escaped(const char *text, bool property, FILE *out) {
    size_t len = text == NULL ? 0 : strlen(text);
    for (size_t i = 0; i < len;) {
        size_t n = wg_utf8_length(text + i, len - i);
        unsigned char c = (unsigned char)text[i];
        if (n == 0) {
            fputs("\xef\xbf\xbd", out);
        } else if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            fprintf(out, "%%%02X", c);
        } else if (c < 0x20 || c == 0x7f) {
            fputc('?', out);
        } else {
            fwrite(text + i, 1, n, out);
        }
        i += n == 0 ? 1 : n;
    }
}

/* What fails the run first: a violation's invariant, or "error". */
static const char *cause_of(const struct wg_run_result *run, const char **ret_message) {
    *ret_message = run->error;
    if (run->verdict == WG_ERROR) {
        return "error";
    }
    for (uint32_t i = 0; i < run->violation_count; i++) {
        if (wg_violation_counts(&run->violations[i])) {
            *ret_message = run->violations[i].message;
            return run->violations[i].invariant;
        }
    }
    return "failed";
}

static bool is_bad(const struct wg_run_result *run) {
    return run->verdict == WG_FAILED || run->verdict == WG_ERROR;
}

static bool same_cause(const struct wg_run_result *a, const struct wg_run_result *b) {
    const char *message;
    return is_bad(a) && is_bad(b) && strcmp(a->scenario, b->scenario) == 0 &&
           strcmp(cause_of(a, &message), cause_of(b, &message)) == 0;
}

/* Runs of a scenario follow each other: the others of the same cause are between its first and last. */
static bool is_first(const struct wg_report *report, uint32_t i) {
    const struct wg_run_result *run = &report->runs[i];
    for (uint32_t k = i; k > 0 && strcmp(report->runs[k - 1].scenario, run->scenario) == 0; k--) {
        if (same_cause(&report->runs[k - 1], run)) {
            return false;
        }
    }
    return true;
}

static uint32_t count_same(const struct wg_report *report, uint32_t first) {
    uint32_t count = 0;
    const struct wg_run_result *run = &report->runs[first];
    for (uint32_t k = first;
         k < report->run_count && strcmp(report->runs[k].scenario, run->scenario) == 0; k++) {
        count += same_cause(&report->runs[k], run) ? 1 : 0;
    }
    return count;
}

static void annotate(const struct wg_report *report, uint32_t i, FILE *out) {
    const struct wg_run_result *run = &report->runs[i];
    const char *message = NULL;
    const char *cause = cause_of(run, &message);
    fputs("::error file=", out);
    put_escaped(run->scenario_path, true, out);
    fputs(",line=1,title=", out);
    put_escaped(run->scenario, true, out);
    fputs("%3A ", out);
    put_escaped(cause, true, out);
    fputs("::", out);
    put_escaped(message == NULL ? "the run failed" : message, false, out);
    fprintf(out, "%%0A%u failed like this, the first with seed %" PRIu64 "%%0A",
            count_same(report, i), run->seed);
    put_escaped(run->replay, false, out);
    fputc('\n', out);
}

void wg_report_github(const struct wg_report *report, FILE *out) {
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < report->run_count; i++) {
        if (is_bad(&report->runs[i]) && is_first(report, i)) {
            kinds++;
            if (kinds < ANNOTATIONS_MAX) {
                annotate(report, i, out);
            }
        }
    }
    if (kinds >= ANNOTATIONS_MAX) {
        fprintf(out, "::error title=waggle::%u more kinds of failure are not shown here\n",
                kinds - ANNOTATIONS_MAX + 1);
    }
}
