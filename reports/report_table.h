/* The table with one row per scenario that several writers show. */
#ifndef WG_REPORTS_REPORT_TABLE_H
#define WG_REPORTS_REPORT_TABLE_H

#include "reports/report.h"

#define WG_TABLE_COLUMNS 9
#define WG_TABLE_CELL 96

struct wg_table_row {
    char cells[WG_TABLE_COLUMNS][WG_TABLE_CELL];
};

const char *wg_table_heading(uint32_t column);
/* Number of runs from `first` on that are of one scenario; runs of one follow each other. */
uint32_t wg_table_part(const struct wg_report *report, uint32_t first);
/* The row of the scenario whose runs begin at `first`. */
struct wg_table_row wg_table_row_at(const struct wg_report *report, uint32_t first);

#endif
