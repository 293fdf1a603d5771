/* One run: one scenario and one seed, from an empty cluster to a verdict. */
#ifndef SIM_RUN_RUN_H
#define SIM_RUN_RUN_H

#include "reports/result.h"
#include "sim/run/black_box.h"
#include "sim/scenario/scenario.h"

#include <stdio.h>

/* How a run ended, apart from its verdict. Not OK: nothing was judged, and `error` says why. */
enum sim_run_status {
    SIM_RUN_OK = 0,
    SIM_RUN_INTERNAL = 1,      /* the simulator itself failed: exit 3 */
    SIM_RUN_FOREIGN_CODE = 2,  /* a plugin could not be loaded: exit 5 */
    SIM_RUN_BAD_INPUT = 3      /* an exporter refused its args, unreadable choices: exit 2 */
};

struct sim_run_options {
    const struct sim_scenario *scenario;
    uint64_t seed;
    const char *output_dir;   /* exists; files of exporters are made anew here, NULL = none */
    bool record_choices;      /* writes <output_dir>/choices.txt */
    bool timeline;            /* writes <output_dir>/timeline.ndjson (timeline.h) */
    bool coverage;            /* fills the result's coverage (coverage.h) */
    bool history;             /* writes <output_dir>/requests.ndjson (history.h) */
    const char *choices_path; /* replays these instead of the seed, NULL = none */
    uint32_t env_flags;       /* enum wg_env_flag */
    FILE *trace;              /* the trace as text, NULL = none */
    struct sim_black_box *black_box; /* never NULL */
    bool perturb_memory;      /* fill fresh and freed memory with noise */
};

/* Runs it. 0 (SIM_RUN_OK) = ran, the verdict is inside. The caller owns and frees *ret_result,
 * which is filled as far as known in any case. */
int sim_run(const struct sim_run_options *options, struct wg_run_result *ret_result);

/* Does what broker start does with the exporters (load, check the ABI, configure, throw away)
 * without running anything. OK, or FOREIGN_CODE or BAD_INPUT with a sentence in `message`. */
int sim_run_validate(const struct sim_scenario *scenario, char *message, size_t size);

#endif
