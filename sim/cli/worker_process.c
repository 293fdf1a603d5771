/* Starts, feeds and buries workers. The parent never loads plugins nor starts threads, so that
 * fork and exec are safe and nothing of a plugin can reach it. */
#include "sim/cli/worker_process.h"
#include "sim/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 << 20)
#define ARGUMENTS_MAX 18
#define MARK "WAGGLE_WORKER_OF"

/* Descriptors of the child that are part of the agreement with cmd_worker.c. */
#define CHILD_ANSWERS_FD 3
#define CHILD_BOX_FD 4

struct pipes {
    int jobs[2], answers[2], box;
};

static void close_pipes(struct pipes *pipes) {
    int fds[] = {pipes->jobs[0], pipes->jobs[1], pipes->answers[0], pipes->answers[1], pipes->box};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static bool open_pipes(struct pipes *pipes) {
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, -1};
    pipes->box = memfd_create("waggle-black-box", MFD_CLOEXEC);
    if (pipes->box >= 0 && ftruncate(pipes->box, sizeof(struct sim_black_box)) == 0 &&
        pipe2(pipes->jobs, O_CLOEXEC) == 0 && pipe2(pipes->answers, O_CLOEXEC) == 0) {
        return true;
    }
    close_pipes(pipes);
    return false;
}

/* Moves the three descriptors to their places; high numbers first so that none is overwritten. */
static bool place_descriptors(const struct pipes *pipes, bool trace) {
    int jobs = fcntl(pipes->jobs[0], F_DUPFD_CLOEXEC, 16);
    int answers = fcntl(pipes->answers[1], F_DUPFD_CLOEXEC, 16);
    int box = fcntl(pipes->box, F_DUPFD_CLOEXEC, 16);
    /* What a plugin prints must not land in the middle of our result. */
    bool out = trace || dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
    return jobs >= 0 && answers >= 0 && box >= 0 && out && dup2(jobs, STDIN_FILENO) >= 0 &&
           dup2(answers, CHILD_ANSWERS_FD) >= 0 && dup2(box, CHILD_BOX_FD) >= 0;
}

static void add_argument(char **arguments, size_t *count, const char *text) {
    arguments[(*count)++] = (char *)(uintptr_t)text;
    arguments[*count] = NULL;
}

static void become_worker(const struct pipes *pipes, const struct cli_worker_options *options,
                          pid_t parent) {
    char *arguments[ARGUMENTS_MAX];
    size_t count = 0;
    add_argument(arguments, &count, "waggle");
    add_argument(arguments, &count, "__worker");
    if (options->run_dir != NULL) {
        add_argument(arguments, &count, "--run-dir");
        add_argument(arguments, &count, options->run_dir);
    }
    if (options->choices_path != NULL) {
        add_argument(arguments, &count, "--choices");
        add_argument(arguments, &count, options->choices_path);
    }
    if (options->shortcuts_off) {
        add_argument(arguments, &count, "--no-shortcuts");
    }
    if (options->assertions_report) {
        add_argument(arguments, &count, "--report-assertions");
    }
    if (options->timelines) {
        add_argument(arguments, &count, "--timelines");
    }
    if (options->histories) {
        add_argument(arguments, &count, "--history");
    }
    if (options->coverage) {
        add_argument(arguments, &count, "--coverage");
    }
    if (options->perturb) {
        add_argument(arguments, &count, "--perturb");
    }
    if (options->twice) {
        add_argument(arguments, &count, "--twice");
    }
    if (options->trace) {
        add_argument(arguments, &count, "--trace");
    }
    /* Interrupts are the parent's business: it ends its workers itself. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTTOU, SIG_IGN); /* a group of its own is in the background of the terminal */
    setpgid(0, 0);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char number[24];
    snprintf(number, sizeof number, "%ld", (long)parent);
    setenv(MARK, number, 1);
    setenv(CLI_WORKER_TUNABLES, CLI_WORKER_HUGE_PAGES, 0);
    if (getppid() == parent && place_descriptors(pipes, options->trace)) {
        execv("/proc/self/exe", arguments);
    }
    _exit(127);
}

bool cli_worker_spawn(struct cli_worker_process *worker, const struct cli_worker_options *options) {
    struct pipes pipes;
    if (!open_pipes(&pipes)) {
        fprintf(stderr, "waggle: cannot make pipes for a worker: %s\n", strerror(errno));
        return false;
    }
    void *box = mmap(NULL, sizeof(struct sim_black_box), PROT_READ | PROT_WRITE, MAP_SHARED,
                     pipes.box, 0);
    pid_t parent = getpid();
    pid_t pid = box == MAP_FAILED ? -1 : fork();
    if (pid == 0) {
        become_worker(&pipes, options, parent);
    }
    if (pid < 0) {
        fprintf(stderr, "waggle: cannot start a worker: %s\n", strerror(errno));
        if (box != MAP_FAILED) {
            munmap(box, sizeof(struct sim_black_box));
        }
        close_pipes(&pipes);
        return false;
    }
    setpgid(pid, pid); /* here as well: whoever comes first */
    close(pipes.jobs[0]);
    close(pipes.answers[1]);
    close(pipes.box);
    if (worker->box != NULL) {
        munmap(worker->box, sizeof *worker->box);
    }
    worker->pid = pid;
    worker->jobs_fd = pipes.jobs[1];
    worker->answers_fd = pipes.answers[0];
    worker->box = box;
    worker->line_len = 0;
    return true;
}

bool cli_worker_send(struct cli_worker_process *worker, const char *line) {
    size_t len = strlen(line);
    while (len > 0) {
        ssize_t n = write(worker->jobs_fd, line, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        line += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

enum cli_worker_read cli_worker_read(struct cli_worker_process *worker) {
    if (worker->line_room - worker->line_len < 65536) {
        if (worker->line_room > ANSWER_MAX) {
            return CLI_WORKER_END; /* no answer is that long: somebody else writes into the pipe */
        }
        worker->line_room = worker->line_room * 2 + 65536;
        worker->line = realloc(worker->line, worker->line_room);
        if (worker->line == NULL) {
            abort();
        }
    }
    ssize_t n = read(worker->answers_fd, worker->line + worker->line_len,
                     worker->line_room - worker->line_len - 1);
    if (n < 0) {
        return errno == EINTR || errno == EAGAIN ? CLI_WORKER_MORE : CLI_WORKER_END;
    }
    if (n == 0) {
        return CLI_WORKER_END;
    }
    worker->line_len += (size_t)n;
    if (worker->line[worker->line_len - 1] != '\n') {
        return CLI_WORKER_MORE;
    }
    worker->line[--worker->line_len] = '\0';
    return CLI_WORKER_LINE;
}

int cli_worker_reap(struct cli_worker_process *worker, bool kill_it) {
    int status = 0;
    if (worker->pid == 0) {
        return 0;
    }
    close(worker->jobs_fd);
    if (kill_it) {
        kill(worker->pid, SIGKILL);
    }
    /* Waited for, but kept as a zombie: until it is reaped nobody else can get its number. */
    siginfo_t info;
    while (waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    kill(-worker->pid, SIGKILL); /* what its plugins forked */
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(worker->answers_fd);
    worker->pid = 0;
    return status;
}

bool cli_worker_is_dead(const struct cli_worker_process *worker) {
    siginfo_t info = {.si_pid = 0};
    return worker->pid != 0 &&
           waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == worker->pid;
}

void cli_workers_adopt(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Whether the process was made by one of our workers or by what these made: all of them inherit
 * the mark. We may have other children, from before we were this program. */
static bool is_marked(long pid) {
    char path[64], wanted[64];
    snprintf(path, sizeof path, "/proc/%ld/environ", pid);
    snprintf(wanted, sizeof wanted, MARK "=%ld", (long)getpid());
    FILE *in = fopen(path, "r");
    bool found = false;
    char *entry = NULL;
    size_t room = 0;
    while (in != NULL && !found && getdelim(&entry, &room, '\0', in) > 0) {
        found = strcmp(entry, wanted) == 0;
    }
    free(entry);
    if (in != NULL) {
        fclose(in);
    }
    return found;
}

/* Ends what workers left to this process; false when there is nothing. */
static bool end_children(void) {
    char path[64];
    bool any = false;
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *list = fopen(path, "r");
    long pid;
    while (list != NULL && fscanf(list, "%ld", &pid) == 1) {
        if (is_marked(pid)) {
            kill((pid_t)pid, SIGKILL);
            while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR) {
            }
            any = true;
        }
    }
    if (list != NULL) {
        fclose(list);
    }
    return any;
}

/* Each round ends one generation and adopts the next. */
void cli_workers_bury(void) {
    while (end_children()) {
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void cli_worker_done(struct cli_worker_process *worker) {
    cli_worker_reap(worker, true);
    if (worker->box != NULL) {
        munmap(worker->box, sizeof *worker->box);
    }
    free(worker->line);
    *worker = (struct cli_worker_process){0};
}
