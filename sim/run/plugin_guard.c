/* Memory is what the kernel says, so it differs between machines: it decides nothing in a run but
 * that the run cannot go on. A fork is seen by a handler, in the same call in every replay. */
#include "sim/run/plugin_guard.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESIDENT_MAX (UINT64_C(3) << 30) /* where the address space has no limit */

/* One process, one worker: a fork has no other context to look into. */
static struct {
    bool installed, in_call, forked, child;
} process;

/* Foreign code may fork to run a program, and the C library then calls these. */
static void on_fork(void) { process.forked = process.forked || process.in_call; }

static void on_child(void) {
    process.child = true;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not hold our pipes open behind our end */
}

/* Pages of the process: all of them, or those in memory where sanitizers reserve the rest. */
static uint64_t process_bytes(bool resident) {
    static int fd = -1;
    char text[128];
    if (fd < 0) {
        fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    }
    ssize_t got = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (got <= 0) {
        return 0;
    }
    text[got] = '\0';
    char *end;
    uint64_t pages = strtoull(text, &end, 10);
    pages = resident ? strtoull(end, NULL, 10) : pages;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool has_space_limit(uint64_t *ret_limit) {
    struct rlimit space;
    bool known = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
    *ret_limit = known ? (uint64_t)space.rlim_cur / 4 * 3 : RESIDENT_MAX;
    return known;
}

void sim_plugin_guard_enter(struct sim_plugin_guard *guard, bool watch) {
    uint64_t limit;
    guard->watches = watch;
    if (!watch) {
        return;
    }
    if (!process.installed) {
        process.installed = pthread_atfork(on_fork, NULL, on_child) == 0;
    }
    process.in_call = true;
    guard->bytes_before = process_bytes(!has_space_limit(&limit));
}

bool sim_plugin_guard_leave(struct sim_plugin_guard *guard, struct sim_black_box *box) {
    uint64_t limit;
    if (!guard->watches) {
        return false;
    }
    if (process.child) {
        _exit(0);
    }
    uint64_t bytes = process_bytes(!has_space_limit(&limit));
    uint64_t grown = bytes > guard->bytes_before ? bytes - guard->bytes_before : 0;
    guard->bytes_grown += grown;
    /* Most of it must be theirs: a run of ours that is too large is no plugin's fault. */
    if (bytes > limit && guard->bytes_grown > bytes / 2) {
        box->memory_bytes = guard->bytes_grown;
        _exit(1);
    }
    bool forked = process.forked;
    process.in_call = false;
    process.forked = false;
    return forked;
}
