/* What all runs together have reached: one line each, summed, in the order of the first run that
 * reached it. Runs that were not asked for it say nothing. */
#include "reports/report_coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Summed by name. The caller frees the array; the names belong to the runs. */
static struct wg_result_counter *merge(const struct wg_report *report, uint32_t *ret_count) {
    uint32_t most = 0, count = 0;
    for (uint32_t i = 0; i < report->run_count; i++) {
        most += report->runs[i].coverage_count;
    }
    struct wg_result_counter *merged = calloc(most > 0 ? most : 1, sizeof *merged);
    if (merged == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < report->run_count; i++) {
        const struct wg_run_result *run = &report->runs[i];
        for (uint32_t j = 0; j < run->coverage_count; j++) {
            uint32_t at = 0;
            while (at < count && strcmp(merged[at].name, run->coverage[j].name) != 0) {
                at++;
            }
            merged[at].name = run->coverage[j].name;
            merged[at].value += run->coverage[j].value;
            count = at == count ? count + 1 : count;
        }
    }
    *ret_count = count;
    return merged;
}

void wg_report_coverage(const struct wg_report *report, FILE *out) {
    uint32_t count;
    struct wg_result_counter *merged = merge(report, &count);
    if (count > 0) {
        fputs("reached, over all runs:\n", out);
    }
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, "  %12" PRIu64 "  %s\n", merged[i].value, merged[i].name);
    }
    fputs(count > 0 ? "\n" : "", out);
    free(merged);
}
