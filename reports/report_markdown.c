/* Markdown: the table, then the failures. Text that came from runs is escaped, so that it can
 * neither make links nor HTML. Bounded: what pull requests show is cut off far below a megabyte. */
#include "reports/report.h"
#include "reports/report_table.h"
#include "reports/text.h"
#include "reports/tolerated.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_SHOWN 500u
#define FAILURES_SHOWN 50u
#define VIOLATIONS_SHOWN 5u
#define MESSAGE_SHOWN 1000u

/* Everything that Markdown or HTML could read as its own; control characters become spaces. */
static void put_text(const char *text, FILE *out) {
    size_t len = text == NULL ? 0 : strlen(text);
    len = len < MESSAGE_SHOWN ? len : MESSAGE_SHOWN;
    for (size_t i = 0; i < len;) {
        size_t n = wg_utf8_length(text + i, len - i);
        unsigned char c = (unsigned char)text[i];
        if (n == 0) {
            fputs("\xef\xbf\xbd", out);
        } else if (c < 0x20 || c == 0x7f) {
            fputc(' ', out);
        } else if (c == '&' || c == '<' || c == '>' || c == '@') {
            fprintf(out, "&#%d;", c); /* @ would call people */
        } else if (strchr("\\`*_{}[]()#+!|~:", c) != NULL) {
            fprintf(out, "\\%c", c);
        } else {
            fwrite(text + i, 1, n, out);
        }
        i += n == 0 ? 1 : n;
    }
    fputs(text != NULL && text[len] != '\0' ? "..." : "", out);
}

/* A fence that the text cannot close. */
static void put_code(const char *text, FILE *out) {
    size_t longest = 2;
    for (const char *at = text; *at != '\0'; at++) {
        size_t ticks = strspn(at, "`");
        longest = ticks > longest ? ticks : longest;
        at += ticks > 0 ? ticks - 1 : 0;
    }
    for (size_t i = 0; i <= longest; i++) {
        fputc('`', out);
    }
    fputs("sh\n", out);
    wg_print_safe(text, out);
    fputc('\n', out);
    for (size_t i = 0; i <= longest; i++) {
        fputc('`', out);
    }
    fputs("\n", out);
}

static void put_table(const struct wg_report *report, FILE *out) {
    for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
        fprintf(out, "| %s ", wg_table_heading(column));
    }
    fputs("|\n", out);
    for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
        fputs(column == 0 || column == 2 ? "|---" : "|--:", out);
    }
    fputs("|\n", out);
    uint32_t rows = 0;
    uint32_t i = 0;
    for (; i < report->run_count && rows < ROWS_SHOWN; i += wg_table_part(report, i)) {
        struct wg_table_row row = wg_table_row_at(report, i);
        for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
            fputs("| ", out);
            put_text(row.cells[column], out);
            fputc(' ', out);
        }
        fputs("|\n", out);
        rows++;
    }
    if (i < report->run_count) {
        fprintf(out, "\n%u more runs are not shown.\n", report->run_count - i);
    }
}

static void put_violation(const struct wg_result_violation *violation, FILE *out) {
    char at[32];
    wg_format_time(violation->at_ns, at, sizeof at);
    fputs("- **", out);
    put_text(violation->invariant, out);
    fputs("** (blame: ", out);
    put_text(violation->blame, out);
    fprintf(out, ") at %s", at);
    if (violation->partition != 0) {
        fprintf(out, ", partition %u", violation->partition);
    }
    if (violation->exporter != NULL) {
        fputs(", exporter ", out);
        put_text(violation->exporter, out);
    }
    fputs(": ", out);
    put_text(violation->message, out);
    fputc('\n', out);
}

static void put_failure(const struct wg_run_result *run, FILE *out) {
    fputs("\n### ", out);
    put_text(run->scenario, out);
    fprintf(out, ", seed %" PRIu64 "\n\n", run->seed);
    if (run->error != NULL) {
        fputs("- **error**: ", out);
        put_text(run->error, out);
        fputc('\n', out);
    }
    uint32_t counting = 0;
    for (uint32_t i = 0; i < run->violation_count; i++) {
        if (wg_violation_counts(&run->violations[i]) && counting++ < VIOLATIONS_SHOWN) {
            put_violation(&run->violations[i], out);
        }
    }
    if (counting > VIOLATIONS_SHOWN) {
        fprintf(out, "- and %u more\n", counting - VIOLATIONS_SHOWN);
    }
    fputc('\n', out);
    put_code(run->replay == NULL ? "" : run->replay, out);
}

static void put_failures(const struct wg_report *report, FILE *out) {
    uint32_t failed = 0;
    for (uint32_t i = 0; i < report->run_count; i++) {
        const struct wg_run_result *run = &report->runs[i];
        if ((run->verdict == WG_FAILED || run->verdict == WG_ERROR) && failed++ < FAILURES_SHOWN) {
            put_failure(run, out);
        }
    }
    if (failed > FAILURES_SHOWN) {
        fprintf(out, "\n%u more failed runs are not shown.\n", failed - FAILURES_SHOWN);
    }
}

static void put_tolerated(const struct wg_report *report, FILE *out) {
    struct wg_tolerated_list list = wg_tolerated_of(report);
    fputs(list.count > 0 ? "\n## Tolerated\n\n" : "", out);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct wg_tolerated *entry = &list.entries[i];
        fputs("- ", out);
        put_text(entry->scenario, out);
        fprintf(out, ": %" PRIu64 " of ", entry->violations);
        put_text(entry->invariant, out);
        fprintf(out, " in %u %s: ", entry->runs, entry->runs == 1 ? "run" : "runs");
        put_text(entry->reason, out);
        fputc('\n', out);
    }
    wg_tolerated_done(&list);
}

void wg_report_markdown(const struct wg_report *report, FILE *out) {
    struct wg_report_totals totals = wg_report_count(report);
    fprintf(out, "# Waggle: %u passed, %u failed, %u skipped\n\n", totals.passed,
            totals.failed + totals.errors, totals.skipped);
    if (report->run_count > 0) {
        put_table(report, out);
    }
    if (totals.failed + totals.errors > 0) {
        fputs("\n## Failures\n", out);
        put_failures(report, out);
    }
    put_tolerated(report, out);
}
