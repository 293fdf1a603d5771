/* For each error of scenarios: something wrong, and the same put right. */
#ifndef SIM_CLI_EXPLAIN_ERRORS_H
#define SIM_CLI_EXPLAIN_ERRORS_H

#include <stdint.h>

struct cli_error_example {
    uint32_t code;     /* enum sim_scenario_error */
    const char *wrong; /* lines of a scenario */
    const char *right; /* ... or a sentence */
};

/* The example for `code`, or NULL when there is no such error. */
const struct cli_error_example *cli_error_example(uint32_t code);
/* The one-line meaning of `code`, or NULL. */
const char *cli_error_meaning(uint32_t code);

#endif
