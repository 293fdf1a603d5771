/* `waggle doctor`: is this machine fit to run? One line per check; a failed one gives 1. */
#include "sim/cli/cli.h"
#include "sim/cli/version.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#define MIB (UINT64_C(1) << 20)
#define TMP_LEAST (64 * MIB)
#define FILES_LEAST 256u
#define WORKER_MEMORY (1024 * MIB)

enum level { OK, WARN, FAIL };

struct doctor {
    uint32_t counts[3];
};

static void say(struct doctor *doctor, enum level level, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void say(struct doctor *doctor, enum level level, const char *what, const char *format,
                ...) {
    static const char *const names[] = {"ok  ", "warn", "FAIL"};
    doctor->counts[level]++;
    printf("%s  %-10s ", names[level], what);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void check_libraries(struct doctor *doctor) {
    int major, minor, patch;
    yaml_get_version(&major, &minor, &patch);
    bool old_yaml = major == 0 && minor < 2;
    say(doctor, old_yaml ? WARN : OK, "libyaml", "%d.%d.%d%s", major, minor, patch,
        old_yaml ? ": 0.2 or later is what is tested" : "");
    bool other = strncmp(jansson_version_str(), JANSSON_VERSION, strlen(JANSSON_VERSION)) != 0;
    say(doctor, other ? WARN : OK, "jansson", "%s%s%s", jansson_version_str(),
        other ? ", built with " : "", other ? JANSSON_VERSION : "");
}

static void check_processors(struct doctor *doctor) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGE_SIZE);
    say(doctor, count > 1 ? OK : WARN, "processors", "%ld%s", count,
        count > 1 ? "" : ": seeds run one after the other");
    uint64_t memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    uint64_t wanted = (uint64_t)(count > 0 ? count : 1) * WORKER_MEMORY / 4;
    say(doctor, memory >= wanted ? OK : WARN, "memory", "%" PRIu64 " MiB%s", memory / MIB,
        memory >= wanted ? "" : ": use fewer workers (-j)");
}

static void check_limit(struct doctor *doctor, const char *what, unsigned resource, rlim_t least,
                        rlim_t unit, const char *unit_name) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) {
        say(doctor, WARN, what, "cannot be asked: %s", strerror(errno));
    } else if (limit.rlim_cur == RLIM_INFINITY) {
        say(doctor, OK, what, "unlimited");
    } else {
        say(doctor, limit.rlim_cur >= least ? OK : FAIL, what, "%" PRIu64 "%s%s",
            (uint64_t)(limit.rlim_cur / unit), unit_name,
            limit.rlim_cur >= least ? "" : ": too little, see `ulimit -a`");
    }
}

/* Where divergences are compared, and where plugins may write. */
static void check_temporary(struct doctor *doctor) {
    struct statvfs space;
    FILE *file = tmpfile();
    if (file == NULL) {
        say(doctor, FAIL, "tmp", "no temporary file can be made: %s", strerror(errno));
        return;
    }
    int status = fstatvfs(fileno(file), &space);
    fclose(file);
    if (status != 0) {
        say(doctor, WARN, "tmp", "its space cannot be asked: %s", strerror(errno));
        return;
    }
    uint64_t free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    say(doctor, free_bytes >= TMP_LEAST ? OK : WARN, "tmp", "%" PRIu64 " MiB free%s",
        free_bytes / MIB, free_bytes >= TMP_LEAST ? "" : ": traces may not fit");
}

static void check_folder(struct doctor *doctor) {
    bool writable = access(".", W_OK) == 0;
    say(doctor, writable ? OK : WARN, "folder", "%s", writable
            ? "run directories can be made here"
            : "this folder cannot be written; use --out");
}

/* A worker is this binary, started again, with a black box in shared memory. */
static void check_workers(struct doctor *doctor) {
    int box = memfd_create("waggle-doctor", MFD_CLOEXEC);
    void *memory = box >= 0 && ftruncate(box, 4096) == 0
                       ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, box, 0)
                       : MAP_FAILED;
    say(doctor, memory == MAP_FAILED ? FAIL : OK, "black box", "%s",
        memory == MAP_FAILED ? strerror(errno) : "shared memory works");
    if (memory != MAP_FAILED) {
        munmap(memory, 4096);
    }
    if (box >= 0) {
        close(box);
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDOUT_FILENO);
        execl("/proc/self/exe", "waggle", "version", (char *)NULL);
        _exit(127);
    }
    int status = -1;
    bool started = pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
                   WEXITSTATUS(status) == 0;
    say(doctor, started ? OK : FAIL, "workers", "%s",
        started ? "this program can start itself" : "this program cannot start /proc/self/exe");
}

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    (void)ctx;
    (void)option;
    cli_usage_error("doctor takes no arguments, not %s", value);
    return false;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct doctor doctor = {{0}};
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_doctor, argc, argv, take, NULL, &status)) {
        return status;
    }
    say(&doctor, OK, "waggle", "%s", CLI_VERSION);
    check_libraries(&doctor);
    check_processors(&doctor);
    check_limit(&doctor, "files", RLIMIT_NOFILE, FILES_LEAST, 1, " open files");
    check_limit(&doctor, "processes", RLIMIT_NPROC, 64, 1, "");
    check_limit(&doctor, "address", RLIMIT_AS, WORKER_MEMORY, MIB, " MiB of address space");
    check_limit(&doctor, "file size", RLIMIT_FSIZE, 64 * MIB, MIB, " MiB");
    check_temporary(&doctor);
    check_folder(&doctor);
    check_workers(&doctor);
    printf("%u ok, %u warnings, %u failed\n", doctor.counts[OK], doctor.counts[WARN],
           doctor.counts[FAIL]);
    return doctor.counts[FAIL] > 0 ? CLI_FAILED : CLI_OK;
}

const struct cli_command cli_command_doctor = {
    "doctor", "", "checks whether this machine is fit to run", NULL, 0, run};
