/* What was tolerated, added up per scenario, invariant and reason. */
#ifndef WG_REPORTS_TOLERATED_H
#define WG_REPORTS_TOLERATED_H

#include "reports/report.h"

struct wg_tolerated {
    const char *scenario, *invariant, *reason; /* of the report's runs */
    uint64_t violations;
    uint32_t runs;
    uint32_t last_run; /* number of the run that was counted last */
};

struct wg_tolerated_list {
    struct wg_tolerated *entries;
    uint32_t count;
};

struct wg_tolerated_list wg_tolerated_of(const struct wg_report *report);
void wg_tolerated_done(struct wg_tolerated_list *list);

#endif
