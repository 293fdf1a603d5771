/* Hands jobs to workers, collects answers, and turns what happens to workers into findings.
 *
 * One loop around poll(): an answer finishes a job; the end of a pipe means that the worker died;
 * a virtual clock that stands still for run_timeout_ns means that it hangs. A death or a hang while
 * exporter code was running is the plugin's failure (the black box says whose and where); any
 * other is an error of ours. */
#include "sim/cli/sweep.h"
#include "reports/result_json.h"
#include "sim/cli/cli.h"
#include "sim/cli/progress.h"
#include "sim/run/run.h"
#include "sim/scenario/verdict_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define WORKERS_MAX 256
#define POLL_MS 50
#define BUDGET_GRACE_NS INT64_C(8000000000)

struct slot {
    struct cli_worker_process process;
    struct cli_job *job; /* being done, or NULL */
    bool used_foreign;   /* its memory has held somebody else's code */
    int64_t seen_sim_ns, progress_ns, started_ns;
};

struct state {
    struct cli_sweep *sweep;
    struct slot slots[WORKERS_MAX];
    struct cli_job **order; /* jobs in the order in which they start */
    uint32_t next, done, failed;
    int64_t started_ns;
};

static volatile sig_atomic_t caught_signal;

struct signals {
    struct sigaction on_int, on_term, on_pipe;
};

static void on_signal(int number) {
    caught_signal = number;
}

static void catch_signals(struct signals *ret_before) {
    struct sigaction note = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    caught_signal = 0;
    sigaction(SIGINT, &note, &ret_before->on_int);
    sigaction(SIGTERM, &note, &ret_before->on_term);
    sigaction(SIGPIPE, &ignore, &ret_before->on_pipe);
}

static void restore_signals(const struct signals *before) {
    sigaction(SIGINT, &before->on_int, NULL);
    sigaction(SIGTERM, &before->on_term, NULL);
    sigaction(SIGPIPE, &before->on_pipe, NULL);
}

/* --- turning answers and accidents into results ----------------------------------------------- */

static char *copy_text(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

/* Single quotes unless the path is made of harmless characters only. */
/* The line to paste that repeats a run. */
static char *make_replay_line(const char *path, uint64_t seed) {
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:@%+=";
    size_t len = strlen(path);
    char *line = malloc(len * 4 + 64);
    if (line == NULL) {
        abort();
    }
    size_t used = (size_t)sprintf(line, "waggle replay ");
    bool quote = len == 0 || strspn(path, harmless) != len || path[0] == '-';
    used += (size_t)sprintf(line + used, "%s", quote ? "'" : "");
    for (size_t i = 0; i < len; i++) {
        used += (size_t)sprintf(line + used, path[i] == '\'' ? "'\\''" : "%c", path[i]);
    }
    sprintf(line + used, "%s --seed %" PRIu64, quote ? "'" : "", seed);
    return line;
}

/* A run may hang on what engine assertions do, so the line says it. */
static char *replay_line(const struct cli_sweep *sweep, const struct cli_job *job) {
    static const char option[] = " --assertions report";
    char *line = make_replay_line(job->scenario->path, job->seed);
    if (sweep->worker.assertions_report) {
        size_t len = strlen(line);
        line = realloc(line, len + sizeof option);
        if (line == NULL) {
            abort();
        }
        memcpy(line + len, option, sizeof option);
    }
    return line;
}

/* What the parent knows better than a worker. */
static void complete_result(const struct cli_sweep *sweep, struct cli_job *job) {
    struct wg_run_result *result = &job->result;
    free(result->scenario);
    free(result->scenario_path);
    free(result->replay);
    result->scenario = copy_text(job->scenario->name);
    result->scenario_path = copy_text(job->scenario->path);
    result->replay = replay_line(sweep, job);
    result->seed = job->seed;
}

static void finish(struct state *state, struct slot *slot) {
    struct cli_job *job = slot->job;
    complete_result(state->sweep, job);
    job->done = true;
    slot->job = NULL;
    state->done++;
    bool bad = job->result.verdict == WG_FAILED || job->result.verdict == WG_ERROR;
    state->failed += bad ? 1 : 0;
    if (state->sweep->finished != NULL) {
        state->sweep->finished(state->sweep->ctx, job);
    }
}

static const char *call_name(uint32_t kind) {
    static const char *const names[] = {"validate", "configure", "open",   "export",
                                        "timer",    "close",     "destroy"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

/* Makes the result a failed one, for one reason. */
static struct wg_result_violation *only_violation(struct wg_run_result *result) {
    result->verdict = WG_FAILED;
    result->violations = calloc(1, sizeof *result->violations);
    if (result->violations == NULL) {
        abort();
    }
    result->violation_count = 1;
    return &result->violations[0];
}

/* A failure of the plugin that was being called. */
static void blame_plugin(struct wg_run_result *result, const struct sim_black_box *box,
                         const char *invariant, const char *what) {
    char exporter[SIM_BLACK_BOX_EXPORTER];
    char message[400];
    memcpy(exporter, box->exporter, sizeof exporter);
    exporter[sizeof exporter - 1] = '\0';
    int n = snprintf(message, sizeof message, "%s while exporter %s was in its %s call", what,
                     exporter, call_name(box->call_kind));
    if (box->position >= 0 && n > 0 && (size_t)n < sizeof message) {
        snprintf(message + n, sizeof message - (size_t)n, " for position %" PRId64, box->position);
    }
    *only_violation(result) = (struct wg_result_violation){.invariant = copy_text(invariant),
                                                           .blame = copy_text("plugin"),
                                                           .message = copy_text(message),
                                                           .at_ns = box->sim_ns,
                                                           .exporter = copy_text(exporter)};
}

/* The engine ended the process itself and left its reason. */
static void blame_engine(struct wg_run_result *result, const struct sim_black_box *box) {
    char message[SIM_BLACK_BOX_ASSERTION];
    memcpy(message, box->assertion, sizeof message);
    message[sizeof message - 1] = '\0';
    *only_violation(result) = (struct wg_result_violation){.invariant = copy_text("assertion"),
                                                           .blame = copy_text("engine"),
                                                           .message = copy_text(message),
                                                           .at_ns = box->assertion_at,
                                                           .partition = box->assertion_partition};
}

/* The scenario may have asked for just that, and for nothing else that nobody can tell now. */
static void weigh_expected(struct cli_job *job) {
    const struct sim_scenario *scenario = job->scenario;
    struct wg_result_violation *v = &job->result.violations[0];
    struct sim_seen_violation seen = {v->invariant, v->blame, v->exporter, v->partition};
    bool met = scenario->expect_count > 0;
    for (uint32_t i = 0; i < scenario->expect_count && met; i++) {
        met = sim_expects_violation(scenario, &scenario->expects[i], &seen);
    }
    if (met && !job->validate) {
        v->expected = true;
        job->result.verdict = WG_PASSED;
    }
}

static void set_error(struct cli_job *job, int status, const char *what, const char *where) {
    char message[300];
    snprintf(message, sizeof message, "%s %s", what, where);
    job->result.verdict = WG_ERROR;
    job->result.error = copy_text(message);
    job->status = status;
}

static void fail_job(struct state *state, struct slot *slot, bool hangs, const char *what) {
    struct cli_job *job = slot->job;
    const struct sim_black_box *box = slot->process.box;
    job->result = (struct wg_run_result){.sim_ns = box->sim_ns,
                                         .wall_ns = cli_monotonic_ns() - slot->started_ns};
    if (job->validate && job->foreign) {
        set_error(job, SIM_RUN_FOREIGN_CODE, what, "while its shared objects were checked");
    } else if (box->assertion[0] != '\0') {
        blame_engine(&job->result, box);
    } else if (box->in_call != 0 && box->memory_bytes != 0) {
        char taken[100];
        snprintf(taken, sizeof taken, "the process was ended: plugins had taken %" PRIu64 " MiB",
                 box->memory_bytes >> 20);
        blame_plugin(&job->result, box, "plugin-memory", taken);
        weigh_expected(job);
    } else if (box->in_call != 0) {
        blame_plugin(&job->result, box, hangs ? "plugin-hang" : "plugin-crash", what);
        weigh_expected(job);
    } else {
        char where[100];
        snprintf(where, sizeof where,
                 "at %" PRId64 " ns of virtual time, outside of any exporter call", box->sim_ns);
        set_error(job, SIM_RUN_INTERNAL, what, where);
    }
    finish(state, slot);
}

static void describe_end(int status, char *out, size_t size) {
    if (WIFSIGNALED(status)) {
        snprintf(out, size, "the process died of signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(out, size, "the process ended with code %d", WEXITSTATUS(status));
    }
}

static void take_answer(struct state *state, struct slot *slot) {
    struct cli_worker_process *process = &slot->process;
    char *rest;
    long status = strtol(process->line, &rest, 10);
    int64_t wall_ns = strtoll(rest, &rest, 10);
    size_t offset = (size_t)(rest - process->line);
    struct cli_job *job = slot->job;
    bool good = wg_run_result_from_line(rest, process->line_len - offset, &job->result);
    process->line_len = 0;
    if (!good) {
        cli_worker_reap(process, true);
        fail_job(state, slot, false, "the worker gave an unreadable answer");
        return;
    }
    job->status = (int)status;
    job->result.wall_ns = wall_ns;
    if (status != SIM_RUN_OK) {
        job->result.verdict = WG_ERROR;
    }
    finish(state, slot);
}

/* --- workers ---------------------------------------------------------------------------------- */

static bool give_job(struct state *state, struct slot *slot, struct cli_job *job) {
    /* Own process per seed: what one run of foreign code left behind must not reach the next. */
    if (slot->process.pid != 0 && (job->foreign || slot->used_foreign)) {
        cli_worker_reap(&slot->process, false);
    }
    if (slot->process.pid == 0) {
        slot->used_foreign = false;
        if (!cli_worker_spawn(&slot->process, &state->sweep->worker)) {
            state->sweep->broken = true;
            return false;
        }
    }
    slot->used_foreign = job->foreign;
    slot->job = job;
    slot->started_ns = cli_monotonic_ns();
    slot->progress_ns = slot->started_ns;
    slot->seen_sim_ns = 0;
    memset(slot->process.box, 0, sizeof *slot->process.box);
    size_t room = strlen(job->scenario->path) + 64;
    char *line = malloc(room);
    if (line == NULL) {
        abort();
    }
    if (job->validate) {
        snprintf(line, room, "%s %s\n", job->only_built_in ? "check" : "validate",
                 job->scenario->path);
    } else {
        snprintf(line, room, "run %" PRIu64 " %s\n", job->seed, job->scenario->path);
    }
    /* If it cannot be sent the worker is dead, which the reading side will notice. */
    cli_worker_send(&slot->process, line);
    free(line);
    return true;
}

static bool may_start(const struct state *state) {
    const struct cli_sweep *sweep = state->sweep;
    int64_t used = cli_monotonic_ns() - state->started_ns;
    return state->next < sweep->job_count && caught_signal == 0 && !sweep->broken &&
           (sweep->max_fail == 0 || state->failed < sweep->max_fail) &&
           (sweep->time_budget_ns == 0 || used < sweep->time_budget_ns);
}

static bool start_jobs(struct state *state) {
    bool busy = false;
    for (uint32_t i = 0; i < state->sweep->workers; i++) {
        struct slot *slot = &state->slots[i];
        if (slot->job == NULL && may_start(state)) {
            if (give_job(state, slot, state->order[state->next])) {
                state->next++;
            }
        }
        busy = busy || slot->job != NULL;
    }
    return busy;
}

static void on_end(struct state *state, struct slot *slot) {
    char what[120];
    /* Usually it is dead; if foreign code only closed the pipe it must not go on. */
    describe_end(cli_worker_reap(&slot->process, true), what, sizeof what);
    if (caught_signal == 0) {
        fail_job(state, slot, false, what);
    } else {
        slot->job = NULL;
    }
}

static void on_readable(struct state *state, struct slot *slot) {
    enum cli_worker_read read = cli_worker_read(&slot->process);
    if (read == CLI_WORKER_LINE) {
        take_answer(state, slot);
    } else if (read == CLI_WORKER_END) {
        on_end(state, slot);
    }
}

static void check_progress(struct state *state, struct slot *slot) {
    int64_t now = cli_monotonic_ns();
    const struct sim_black_box *box = slot->process.box;
    int64_t sim_ns = __atomic_load_n(&box->sim_ns, __ATOMIC_RELAXED);
    if (sim_ns != slot->seen_sim_ns) {
        slot->seen_sim_ns = sim_ns;
        slot->progress_ns = now;
    }
    if (now - slot->progress_ns >= state->sweep->run_timeout_ns) {
        char what[120];
        snprintf(what, sizeof what, "virtual time stood still for %.1f s",
                 (double)state->sweep->run_timeout_ns / 1e9);
        cli_worker_reap(&slot->process, true);
        fail_job(state, slot, true, what);
    }
}

static void wait_for_answers(struct state *state) {
    struct pollfd fds[WORKERS_MAX];
    struct slot *slots[WORKERS_MAX];
    bool dead[WORKERS_MAX]; /* before the poll: then all that it wrote is there to be read */
    nfds_t count = 0;
    for (uint32_t i = 0; i < state->sweep->workers; i++) {
        if (state->slots[i].job != NULL) {
            slots[count] = &state->slots[i];
            dead[count] = cli_worker_is_dead(&state->slots[i].process);
            fds[count++] = (struct pollfd){.fd = state->slots[i].process.answers_fd,
                                           .events = POLLIN};
        }
    }
    if (poll(fds, count, POLL_MS) < 0 && errno != EINTR) {
        state->sweep->broken = true;
        return;
    }
    for (nfds_t i = 0; i < count; i++) {
        if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            on_readable(state, slots[i]);
        } else if (dead[i]) {
            on_end(state, slots[i]); /* something that a plugin forked holds the pipe open */
        }
        if (slots[i]->job != NULL) {
            check_progress(state, slots[i]);
        }
    }
}

/* What still runs is given up; its jobs stay skipped. */
static void give_up(struct state *state) {
    for (uint32_t i = 0; i < state->sweep->workers; i++) {
        if (state->slots[i].job != NULL) {
            cli_worker_reap(&state->slots[i].process, true);
            state->slots[i].job = NULL;
        }
    }
}

static bool must_stop(const struct state *state) {
    int64_t budget = state->sweep->time_budget_ns;
    return caught_signal != 0 || state->sweep->broken ||
           (budget != 0 && cli_monotonic_ns() - state->started_ns > budget + BUDGET_GRACE_NS);
}

/* --- the sweep -------------------------------------------------------------------------------- */

/* By round; jobs of one round stay in the order of the scenarios. */
static int compare_jobs(const void *a, const void *b) {
    const struct cli_job *left = *(struct cli_job *const *)a;
    const struct cli_job *right = *(struct cli_job *const *)b;
    if (left->round != right->round) {
        return left->round < right->round ? -1 : 1;
    }
    return left < right ? -1 : (left > right ? 1 : 0);
}

static void prepare_jobs(struct state *state) {
    struct cli_sweep *sweep = state->sweep;
    state->order = calloc(sweep->job_count + 1, sizeof *state->order);
    if (state->order == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < sweep->job_count; i++) {
        state->order[i] = &sweep->jobs[i];
        sweep->jobs[i].result = (struct wg_run_result){.verdict = WG_SKIPPED};
    }
    qsort(state->order, sweep->job_count, sizeof *state->order, compare_jobs);
}

static void complete_skipped(struct cli_sweep *sweep) {
    for (uint32_t i = 0; i < sweep->job_count; i++) {
        if (!sweep->jobs[i].done) {
            sweep->jobs[i].result.verdict = WG_SKIPPED;
            complete_result(sweep, &sweep->jobs[i]);
        }
    }
}

void cli_sweep_run(struct cli_sweep *sweep) {
    struct state *state = calloc(1, sizeof *state);
    struct cli_progress progress;
    struct signals before;
    if (state == NULL) {
        abort();
    }
    state->sweep = sweep;
    state->started_ns = cli_monotonic_ns();
    sweep->workers = sweep->workers > WORKERS_MAX ? WORKERS_MAX : sweep->workers;
    catch_signals(&before);
    cli_workers_adopt();
    prepare_jobs(state);
    cli_progress_start(&progress, sweep->job_count, sweep->quiet);
    while (start_jobs(state) && !must_stop(state)) {
        wait_for_answers(state);
        cli_progress_update(&progress, state->done, state->failed);
    }
    give_up(state);
    cli_progress_end(&progress);
    complete_skipped(sweep);
    for (uint32_t i = 0; i < sweep->workers; i++) {
        cli_worker_done(&state->slots[i].process);
    }
    cli_workers_bury();
    sweep->interrupted = caught_signal;
    restore_signals(&before);
    free(state->order);
    free(state);
}

void cli_jobs_done(struct cli_job *jobs, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        wg_run_result_done(&jobs[i].result);
    }
}

static int exit_of(const struct cli_job *job) {
    if (job->status == SIM_RUN_FOREIGN_CODE) {
        return CLI_FOREIGN;
    }
    if (job->status == SIM_RUN_BAD_INPUT) {
        return CLI_USAGE;
    }
    if (job->result.verdict == WG_ERROR) {
        return CLI_INTERNAL;
    }
    return job->result.verdict == WG_FAILED ? CLI_FAILED : CLI_OK;
}

int cli_sweep_exit(const struct cli_sweep *sweep) {
    int status = sweep->broken ? CLI_INTERNAL : CLI_OK;
    if (sweep->interrupted != 0) {
        status = cli_worse(status,
                           sweep->interrupted == SIGINT ? CLI_INTERRUPTED : CLI_TERMINATED);
    }
    for (uint32_t i = 0; i < sweep->job_count; i++) {
        status = cli_worse(status, exit_of(&sweep->jobs[i]));
    }
    return status;
}
