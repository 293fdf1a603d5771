/* Shows progress. */
#include "sim/cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define TERMINAL_EVERY_NS 100000000
#define PLAIN_EVERY_NS INT64_C(5000000000)

int64_t cli_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void cli_progress_start(struct cli_progress *progress, uint32_t total, bool quiet) {
    const char *no_color = getenv("NO_COLOR");
    *progress = (struct cli_progress){.quiet = quiet,
                                      .terminal = isatty(STDERR_FILENO) == 1,
                                      .total = total,
                                      .started_ns = cli_monotonic_ns()};
    progress->color = progress->terminal && (no_color == NULL || no_color[0] == '\0');
    progress->shown_ns = progress->started_ns;
}

static void show_bar(const struct cli_progress *progress, int64_t seconds) {
    uint64_t done = progress->done;
    uint64_t filled = progress->total == 0 ? BAR_WIDTH : done * BAR_WIDTH / progress->total;
    fputs("\r[", stderr);
    for (uint32_t i = 0; i < BAR_WIDTH; i++) {
        fputc(i < filled ? '#' : '.', stderr);
    }
    const char *red = progress->color && progress->failed > 0 ? "\033[31m" : "";
    fprintf(stderr, "] %u/%u runs, %s%u failed%s, %lld s ", progress->done, progress->total, red,
            progress->failed, red[0] == '\0' ? "" : "\033[0m", (long long)seconds);
    fflush(stderr);
}

static void show(struct cli_progress *progress, int64_t now) {
    int64_t seconds = (now - progress->started_ns) / 1000000000;
    progress->shown_ns = now;
    progress->shown_done = progress->done;
    if (progress->terminal) {
        show_bar(progress, seconds);
    } else {
        fprintf(stderr, "%u/%u runs, %u failed, %lld s\n", progress->done, progress->total,
                progress->failed, (long long)seconds);
    }
}

void cli_progress_update(struct cli_progress *progress, uint32_t done, uint32_t failed) {
    progress->done = done;
    progress->failed = failed;
    int64_t now = cli_monotonic_ns();
    int64_t every = progress->terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS;
    if (!progress->quiet && now - progress->shown_ns >= every) {
        show(progress, now);
    }
}

void cli_progress_end(struct cli_progress *progress) {
    if (progress->quiet) {
        return;
    }
    show(progress, cli_monotonic_ns());
    if (progress->terminal) {
        fputc('\n', stderr);
    }
}
