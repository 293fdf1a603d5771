/* How far a sweep is, on stderr: a bar on a terminal, plain lines otherwise. */
#ifndef SIM_CLI_PROGRESS_H
#define SIM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
    bool quiet, terminal, color;
    uint32_t total, done, failed;
    int64_t started_ns, shown_ns;
    uint32_t shown_done;
};

void cli_progress_start(struct cli_progress *progress, uint32_t total, bool quiet);
/* Call as often as you like; it shows something only now and then. */
void cli_progress_update(struct cli_progress *progress, uint32_t done, uint32_t failed);
void cli_progress_end(struct cli_progress *progress);
int64_t cli_monotonic_ns(void);

#endif
