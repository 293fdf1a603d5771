/* Matches violations with `expect:` and `tolerate:`. */
#include "sim/scenario/verdict_rules.h"

#include "sim/scenario/loader.h"

#include <string.h>

const char *sim_blame_text(uint32_t blame) {
    return blame < sim_blame_words.count ? sim_blame_words.names[blame] : "unknown";
}

static bool is_about(const struct sim_scenario *scenario, const char *invariant, uint32_t blame,
                     int32_t exporter, const struct sim_seen_violation *seen) {
    bool same_exporter =
        exporter < 0 || (seen->exporter != NULL &&
                         strcmp(seen->exporter, scenario->exporters[exporter].id) == 0);
    return strcmp(seen->invariant, invariant) == 0 &&
           (blame == UINT32_MAX || strcmp(seen->blame, sim_blame_text(blame)) == 0) &&
           same_exporter;
}

bool sim_expects_violation(const struct sim_scenario *scenario,
                           const struct sim_expect_options *expect,
                           const struct sim_seen_violation *seen) {
    return expect->kind == SIM_EXPECT_VIOLATION &&
           is_about(scenario, expect->invariant, expect->blame, expect->exporter, seen);
}

bool sim_tolerates_violation(const struct sim_scenario *scenario,
                             const struct sim_tolerate_options *tolerate,
                             const struct sim_seen_violation *seen) {
    return is_about(scenario, tolerate->invariant, tolerate->blame, tolerate->exporter, seen) &&
           (tolerate->partition == 0 || tolerate->partition == seen->partition);
}
