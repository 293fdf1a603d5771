/* Adds up runs, a row per scenario. */
#include "reports/report_table.h"

#include "reports/text.h"

#include <string.h>

static const char *const headings[WG_TABLE_COLUMNS] = {
    "scenario", "seeds", "verdict", "virtual time", "x wall",
    "committed", "exported", "duplicates", "log peak / final"};

const char *wg_table_heading(uint32_t column) {
    return headings[column];
}

struct wg_report_totals wg_report_count(const struct wg_report *report) {
    struct wg_report_totals totals = {0};
    for (uint32_t i = 0; i < report->run_count; i++) {
        switch (report->runs[i].verdict) {
        case WG_PASSED:
            totals.passed++;
            break;
        case WG_FAILED:
            totals.failed++;
            break;
        case WG_ERROR:
            totals.errors++;
            break;
        case WG_SKIPPED:
            totals.skipped++;
            break;
        }
    }
    return totals;
}

static const char *verdict_of(struct wg_report_totals totals) {
    if (totals.errors > 0) {
        return "ERROR";
    }
    if (totals.failed > 0) {
        return "FAILED";
    }
    return totals.passed > 0 ? "passed" : "skipped";
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static void fill_row(const struct wg_report *part, struct wg_table_row *row) {
    struct wg_report_totals totals = wg_report_count(part);
    struct wg_run_result sum = {0};
    for (uint32_t i = 0; i < part->run_count; i++) {
        const struct wg_run_result *run = &part->runs[i];
        sum.sim_ns += run->sim_ns;
        sum.wall_ns += run->wall_ns;
        sum.committed += run->committed;
        sum.exported += run->exported;
        sum.duplicates += run->duplicates;
        sum.log_bytes_peak = larger(sum.log_bytes_peak, run->log_bytes_peak);
        sum.log_bytes_final = larger(sum.log_bytes_final, run->log_bytes_final);
    }
    snprintf(row->cells[0], WG_TABLE_CELL, "%s", part->runs[0].scenario);
    snprintf(row->cells[1], WG_TABLE_CELL, "%u/%u", totals.passed, part->run_count);
    snprintf(row->cells[2], WG_TABLE_CELL, "%s", verdict_of(totals));
    wg_format_time(sum.sim_ns, row->cells[3], WG_TABLE_CELL);
    uint64_t ratio = sum.wall_ns > 0 ? (uint64_t)(sum.sim_ns / sum.wall_ns) : 0;
    wg_format_count(ratio, row->cells[4], WG_TABLE_CELL);
    wg_format_count(sum.committed, row->cells[5], WG_TABLE_CELL);
    wg_format_count(sum.exported, row->cells[6], WG_TABLE_CELL);
    wg_format_count(sum.duplicates, row->cells[7], WG_TABLE_CELL);
    char peak[16], final[16];
    wg_format_bytes(sum.log_bytes_peak, peak, sizeof peak);
    wg_format_bytes(sum.log_bytes_final, final, sizeof final);
    snprintf(row->cells[8], WG_TABLE_CELL, "%s / %s", peak, final);
}

uint32_t wg_table_part(const struct wg_report *report, uint32_t first) {
    uint32_t n = 1;
    while (first + n < report->run_count &&
           strcmp(report->runs[first + n].scenario, report->runs[first].scenario) == 0) {
        n++;
    }
    return n;
}

struct wg_table_row wg_table_row_at(const struct wg_report *report, uint32_t first) {
    struct wg_report part = *report;
    struct wg_table_row row;
    part.runs = report->runs + first;
    part.run_count = wg_table_part(report, first);
    fill_row(&part, &row);
    return row;
}
