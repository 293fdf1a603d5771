/* A worker as its parent sees it: a child process, a pipe each way, and the black box. */
#ifndef SIM_CLI_WORKER_PROCESS_H
#define SIM_CLI_WORKER_PROCESS_H

#include "sim/run/black_box.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What workers need to know besides their jobs; handed over as arguments. */
struct cli_worker_options {
    const char *run_dir;      /* NULL = keep nothing */
    const char *choices_path; /* NULL = none */
    bool shortcuts_off, perturb, twice, trace;
    bool timelines, histories; /* of every run */
    bool coverage;
    bool assertions_report; /* engine assertions are only reported */
};

/* What the C library of a worker is told before it starts: runs with many partitions jump about in hundreds
 * of MiB, and in huge pages such a jump costs less. Whoever has set the variable himself is left alone;
 * the worker takes ours out again, so that no child of a plugin inherits it. */
#define CLI_WORKER_TUNABLES "GLIBC_TUNABLES"
#define CLI_WORKER_HUGE_PAGES "glibc.malloc.hugetlb=1"

struct cli_worker_process {
    pid_t pid; /* 0 = not running */
    int jobs_fd, answers_fd;
    struct sim_black_box *box; /* shared; stays readable after the worker's end */
    char *line;                /* answer so far */
    size_t line_len, line_room;
};

enum cli_worker_read { CLI_WORKER_MORE, CLI_WORKER_LINE, CLI_WORKER_END };

/* Starts our own binary again. false with a message on stderr. */
bool cli_worker_spawn(struct cli_worker_process *worker, const struct cli_worker_options *options);
bool cli_worker_send(struct cli_worker_process *worker, const char *line);
/* Reads what is there. LINE: worker->line holds an answer of line_len bytes, without newline. */
enum cli_worker_read cli_worker_read(struct cli_worker_process *worker);
/* Waits for its end (killing it first if asked) and frees all but the black box; wait status. */
int cli_worker_reap(struct cli_worker_process *worker, bool kill_it);
/* Whether the process has ended; it is still to be reaped. */
bool cli_worker_is_dead(const struct cli_worker_process *worker);
/* From now on what workers leave behind becomes our child when they end ... */
void cli_workers_adopt(void);
/* ... and is ended here; call it when no worker runs. */
void cli_workers_bury(void);
void cli_worker_done(struct cli_worker_process *worker);

#endif
