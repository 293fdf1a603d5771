/* A scenario file: accepted, or refused with at least one reason. */
#include "fuzz/fuzz.h"

#include "sim/scenario/scenario_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sim_scenario *scenario = NULL;
    struct sim_diagnostics diagnostics = {0};
    int result =
        sim_scenario_parse("fuzz.yaml", (const char *)data, size, &scenario, &diagnostics);
    FUZZ_CHECK((result == 0) == (scenario != NULL));
    FUZZ_CHECK(result == 0 || diagnostics.count > 0);
    sim_scenario_free(scenario);
    sim_diagnostics_done(&diagnostics);
    return 0;
}
