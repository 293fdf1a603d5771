/* The report that people read: a table with one row per scenario, then what failed, then sums. */
#include "reports/report_coverage.h"
#include "reports/report.h"
#include "reports/report_table.h"
#include "reports/tolerated.h"
#include "reports/text.h"

#include <inttypes.h>
#include <string.h>

#define VIOLATIONS_SHOWN 5u

static void widen(int *widths, const struct wg_table_row *row) {
    for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
        int length = (int)strlen(row->cells[column]);
        widths[column] = length > widths[column] ? length : widths[column];
    }
}

/* Names and verdicts to the left, numbers to the right. */
static void print_row(const int *widths, const struct wg_table_row *row, FILE *out) {
    for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
        bool left = column == 0 || column == 2;
        fprintf(out, left ? "%s%-*s" : "%s%*s", column == 0 ? "" : "  ", widths[column],
                row->cells[column]);
    }
    fputc('\n', out);
}

static void print_table(const struct wg_report *report, FILE *out) {
    struct wg_table_row head;
    int widths[WG_TABLE_COLUMNS] = {0};
    for (uint32_t column = 0; column < WG_TABLE_COLUMNS; column++) {
        snprintf(head.cells[column], WG_TABLE_CELL, "%s", wg_table_heading(column));
    }
    widen(widths, &head);
    for (uint32_t i = 0; i < report->run_count; i += wg_table_part(report, i)) {
        struct wg_table_row row = wg_table_row_at(report, i);
        widen(widths, &row);
    }
    print_row(widths, &head, out);
    for (uint32_t i = 0; i < report->run_count; i += wg_table_part(report, i)) {
        struct wg_table_row row = wg_table_row_at(report, i);
        print_row(widths, &row, out);
    }
}

static void print_replay(const struct wg_report *report, const struct wg_run_result *run,
                         FILE *out) {
    const char *line = run->replay == NULL ? "" : run->replay;
    /* The stored line names no folder; here it must work when pasted. */
    bool generic = strncmp(line, "waggle ", 7) == 0;
    fprintf(out, "  replay: %s%s\n", generic ? report->program : "", generic ? line + 6 : line);
}

static void print_violation(const struct wg_result_violation *violation, FILE *out) {
    char at[32];
    wg_format_time(violation->at_ns, at, sizeof at);
    fprintf(out, "  %s%s (blame: %s) at %s",
            violation->expected            ? "expected: "
            : violation->tolerated != NULL ? "tolerated: "
                                           : "",
            violation->invariant, violation->blame, at);
    if (violation->partition != 0) {
        fprintf(out, ", partition %u", violation->partition);
    }
    if (violation->exporter != NULL) {
        fputs(", exporter ", out);
        wg_print_safe(violation->exporter, out);
    }
    fputs(": ", out);
    wg_print_safe(violation->message == NULL ? "" : violation->message, out);
    fputc('\n', out);
}

/* Whether an earlier violation says the same of the same: then it need not be shown again. */
static bool is_repeated(const struct wg_run_result *run, uint32_t i) {
    const struct wg_result_violation *v = &run->violations[i];
    for (uint32_t k = 0; k < i; k++) {
        const struct wg_result_violation *earlier = &run->violations[k];
        if (!wg_violation_counts(earlier)) {
            continue;
        }
        bool same_exporter = v->exporter == NULL ? earlier->exporter == NULL
                                                 : earlier->exporter != NULL &&
                                                       strcmp(v->exporter, earlier->exporter) == 0;
        if (strcmp(v->invariant, earlier->invariant) == 0 && same_exporter) {
            return true;
        }
    }
    return false;
}

static void print_failure(const struct wg_report *report, const struct wg_run_result *run,
                          FILE *out) {
    fprintf(out, "%s %s, seed %" PRIu64 "\n", run->verdict == WG_ERROR ? "ERROR" : "FAILED",
            run->scenario, run->seed);
    if (run->error != NULL) {
        fputs("  ", out);
        wg_print_safe(run->error, out);
        fputc('\n', out);
    }
    uint32_t shown = 0;
    uint32_t more = 0;
    for (uint32_t i = 0; i < run->violation_count; i++) {
        if (!wg_violation_counts(&run->violations[i])) {
            continue;
        }
        if (shown < VIOLATIONS_SHOWN && !is_repeated(run, i)) {
            print_violation(&run->violations[i], out);
            shown++;
        } else {
            more++;
        }
    }
    if (more > 0) {
        fprintf(out, "  and %u more\n", more);
    }
    print_replay(report, run, out);
}

static void print_tolerated(const struct wg_report *report, FILE *out) {
    struct wg_tolerated_list list = wg_tolerated_of(report);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct wg_tolerated *entry = &list.entries[i];
        fprintf(out, "tolerated in %s: %" PRIu64 " of %s in %u %s: ", entry->scenario,
                entry->violations, entry->invariant, entry->runs,
                entry->runs == 1 ? "run" : "runs");
        wg_print_safe(entry->reason, out);
        fputc('\n', out);
    }
    wg_tolerated_done(&list);
}

void wg_report_human(const struct wg_report *report, FILE *out) {
    if (report->run_count > 0) {
        print_table(report, out);
    }
    if (report->run_dir != NULL) {
        fprintf(out, "\nrun directory: %s\n", report->run_dir);
    }
    fputc('\n', out);
    wg_report_coverage(report, out);
    print_tolerated(report, out);
    for (uint32_t i = 0; i < report->run_count; i++) {
        if (report->runs[i].verdict == WG_FAILED || report->runs[i].verdict == WG_ERROR) {
            print_failure(report, &report->runs[i], out);
        }
    }
    struct wg_report_totals totals = wg_report_count(report);
    fprintf(out, "%u passed, %u failed, %u skipped\n", totals.passed,
            totals.failed + totals.errors, totals.skipped);
}

static void print_exports(const struct wg_run_result *run, FILE *out) {
    for (uint32_t i = 0; i < run->export_count; i++) {
        const struct wg_result_export *export = &run->exports[i];
        char ratio[40];
        wg_format_ratio(wg_per_million(export->duplicates, export->delivered), ratio,
                        sizeof ratio);
        fprintf(out,
                "  exporter %s, partition %u: %" PRIu64 " accepted, %" PRIu64
                " delivered, %" PRIu64 " duplicates (%s) in %" PRIu64
                " bursts, longest %" PRIu64,
                export->exporter, export->partition, export->accepted, export->delivered,
                export->duplicates, ratio, export->bursts, export->longest_burst);
        for (uint32_t cause = 0; cause < WG_CAUSE_COUNT; cause++) {
            if (export->causes[cause] > 0 && wg_cause_name(cause) != NULL) {
                fprintf(out, ", %s %" PRIu64, wg_cause_name(cause), export->causes[cause]);
            }
        }
        fputc('\n', out);
    }
}

static void print_retention(const struct wg_run_result *run, FILE *out) {
    for (uint32_t i = 0; i < run->retention_count; i++) {
        const struct wg_result_retention *entry = &run->retention[i];
        char peak[24], final[24];
        wg_format_bytes(entry->log_bytes_peak, peak, sizeof peak);
        wg_format_bytes(entry->log_bytes_final, final, sizeof final);
        fprintf(out, "  broker %u, partition %u: log %s at most, %s at the end", entry->broker,
                entry->partition, peak, final);
        if (entry->lowest_exporter_position != INT64_MAX) {
            fprintf(out, ", lowest exporter position %" PRId64, entry->lowest_exporter_position);
        }
        if (entry->held_by != NULL) {
            fprintf(out, " held by %s", entry->held_by);
        }
        fputc('\n', out);
    }
}

void wg_report_run(const struct wg_report *report, const struct wg_run_result *run, FILE *out) {
    char time[32];
    wg_format_time(run->sim_ns, time, sizeof time);
    fprintf(out, "%s, seed %" PRIu64 ": %s\n", run->scenario, run->seed,
            wg_verdict_name(run->verdict));
    fprintf(out, "  hash %016" PRIx64 ", claims %016" PRIx64 ", %s of virtual time, %" PRIu64
                 " events\n",
            run->hash, run->claim_hash, time, run->events);
    fprintf(out, "  records: %" PRIu64 " committed, %" PRIu64 " exported, %" PRIu64
                 " duplicates\n",
            run->committed, run->exported, run->duplicates);
    print_exports(run, out);
    print_retention(run, out);
    for (uint32_t i = 0; i < run->counter_count; i++) {
        fprintf(out, "  %s: %" PRIu64 "\n", run->counters[i].name, run->counters[i].value);
    }
    if (run->error != NULL) {
        fputs("  error: ", out);
        wg_print_safe(run->error, out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < run->violation_count; i++) {
        print_violation(&run->violations[i], out);
    }
    if (run->verdict != WG_PASSED) {
        print_replay(report, run, out);
    }
}
