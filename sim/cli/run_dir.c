/* Makes and fills the run directory. */
#include "sim/cli/run_dir.h"
#include "sim/cli/version.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 4096

bool cli_make_folders(const char *path) {
    char part[PATH_ROOM];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] == '/' || part[i] == '\0') {
            char kept = part[i];
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST) {
                return false;
            }
            part[i] = kept;
        }
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return true;
}

void cli_utc_now(bool compact, char *out, size_t size) {
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(out, size, compact ? "%Y%m%dT%H%M%SZ" : "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* FNV-1a of the bytes, so that it can be told later whether a file is still what was run. */
static bool copy_file(const char *from, const char *to, uint64_t *ret_hash) {
    FILE *in = fopen(from, "rb");
    FILE *out = in == NULL ? NULL : fopen(to, "wb");
    char block[8192];
    bool good = out != NULL;
    *ret_hash = UINT64_C(0xcbf29ce484222325);
    while (good) {
        size_t n = fread(block, 1, sizeof block, in);
        for (size_t i = 0; i < n; i++) {
            *ret_hash = (*ret_hash ^ (unsigned char)block[i]) * UINT64_C(0x100000001b3);
        }
        good = fwrite(block, 1, n, out) == n;
        if (n < sizeof block) {
            break;
        }
    }
    if (in != NULL) {
        good = !ferror(in) && good;
        fclose(in);
    }
    if (out != NULL) {
        good = fclose(out) == 0 && good;
    }
    return good;
}

static FILE *open_in(const char *run_dir, const char *name) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", run_dir, name);
    return fopen(path, "w");
}

/* Copies the scenarios and writes down what they were. Paths are left out: they say where somebody
 * works, not what was run. */
static bool copy_scenarios(const char *run_dir, const struct cli_selection *selection) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/scenarios", run_dir);
    bool good = cli_make_folders(path);
    FILE *mark = good ? open_in(run_dir, CLI_RUN_DIR_MARK) : NULL;
    if (mark == NULL) {
        return false;
    }
    fprintf(mark, "{\n  \"schema\": \"waggle.run/1\",\n  \"version\": \"%s\",\n  \"scenarios\": [",
            CLI_VERSION);
    for (uint32_t i = 0; good && i < selection->count; i++) {
        const struct sim_scenario *scenario = selection->scenarios[i];
        uint64_t hash = 0;
        snprintf(path, sizeof path, "%s/scenarios/%s.yaml", run_dir, scenario->name);
        good = copy_file(scenario->path, path, &hash);
        /* Names have no characters that JSON would escape. */
        fprintf(mark, "%s\n    {\"name\": \"%s\", \"hash\": \"%016" PRIx64 "\"}",
                i == 0 ? "" : ",", scenario->name, hash);
    }
    fputs("\n  ]\n}\n", mark);
    return fclose(mark) == 0 && good;
}

char *cli_run_dir_new(const char *wanted, const struct cli_selection *selection) {
    char path[PATH_ROOM - 512];
    if (wanted != NULL) {
        snprintf(path, sizeof path, "%s", wanted);
    } else {
        char now[32];
        cli_utc_now(true, now, sizeof now);
        snprintf(path, sizeof path, "waggle-out/%s-%ld", now, (long)getpid());
    }
    if (!cli_make_folders(path) || !copy_scenarios(path, selection)) {
        fprintf(stderr, "waggle: cannot write to the run directory %s: %s\n", path,
                strerror(errno));
        return NULL;
    }
    char *copy = strdup(path);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

bool cli_run_dir_write(const char *run_dir, const struct wg_report *report) {
    static const char *const names[] = {"results.ndjson", "results.json", "timing.json"};
    bool good = true;
    for (size_t i = 0; i < 3; i++) {
        FILE *out = open_in(run_dir, names[i]);
        if (out == NULL) {
            good = false;
            continue;
        }
        if (i == 0) {
            wg_report_ndjson(report, out);
        } else if (i == 1) {
            wg_report_json(report, false, out);
        } else {
            wg_report_timing(report, out);
        }
        good = !ferror(out) && good;
        good = fclose(out) == 0 && good;
    }
    if (!good) {
        fprintf(stderr, "waggle: cannot write results to %s: %s\n", run_dir, strerror(errno));
    }
    return good;
}
