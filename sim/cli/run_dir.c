/* Makes and fills the run directory. */
#include "sim/cli/run_dir.h"
#include "sim/cli/version.h"
#include "sim/scenario/scenario_dump.h"

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
static bool hash_file(const char *path, uint64_t *ret_hash) {
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return false;
    }
    *ret_hash = UINT64_C(0xcbf29ce484222325);
    for (int c = getc(in); c != EOF; c = getc(in)) {
        *ret_hash = (*ret_hash ^ (uint64_t)c) * UINT64_C(0x100000001b3);
    }
    bool good = !ferror(in);
    fclose(in);
    return good;
}

/* Beside the scenario, whose place the path of its BPMN files was relative to. */
static bool write_bpmn(const char *folder, const struct sim_scenario *scenario) {
    bool good = true;
    for (uint32_t i = 0; i < scenario->process_count && good; i++) {
        if (scenario->processes[i].file == NULL) {
            continue;
        }
        char name[SIM_BPMN_NAME_ROOM];
        char path[PATH_ROOM + 2 * SIM_BPMN_NAME_ROOM];
        sim_scenario_bpmn_name(scenario, i, name, sizeof name);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *out = fopen(path, "wb");
        good = out != NULL && fputs(scenario->processes[i].text, out) >= 0;
        good = out != NULL && fclose(out) == 0 && good;
    }
    return good;
}

/* With all defaults and paths resolved, so that it runs the same from anywhere. */
static bool write_scenario(const char *folder, const struct sim_scenario *scenario) {
    char path[PATH_ROOM + 2 * SIM_BPMN_NAME_ROOM];
    snprintf(path, sizeof path, "%s/%s.yaml", folder, scenario->name);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        return false;
    }
    sim_scenario_dump(scenario, out);
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    return good && write_bpmn(folder, scenario);
}

static FILE *open_in(const char *run_dir, const char *name) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", run_dir, name);
    return fopen(path, "w");
}

/* Writes the scenarios as they were understood, and the hashes of their files. Paths are left out:
 * they say where somebody works, not what was run. */
static bool write_scenarios(const char *run_dir, const struct cli_selection *selection) {
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/scenarios", run_dir);
    bool good = cli_make_folders(path);
    FILE *mark = good ? open_in(run_dir, CLI_RUN_DIR_MARK) : NULL;
    if (mark == NULL) {
        return false;
    }
    fprintf(mark, "{\n  \"schema\": \"waggle.run/1\",\n  \"version\": \"%s\",\n", CLI_VERSION);
    fputs("  \"scenarios\": [", mark);
    for (uint32_t i = 0; good && i < selection->count; i++) {
        const struct sim_scenario *scenario = selection->scenarios[i];
        uint64_t hash = 0;
        good = write_scenario(path, scenario) && hash_file(scenario->path, &hash);
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
    if (!cli_make_folders(path) || !write_scenarios(path, selection)) {
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

FILE *cli_run_dir_stream(const char *run_dir) {
    FILE *out = open_in(run_dir, "results.ndjson");
    if (out == NULL) {
        fprintf(stderr, "waggle: cannot write results to %s: %s\n", run_dir, strerror(errno));
    }
    return out;
}

/* The new file takes the place of the old one as a whole. */
static bool put_in_place(const char *run_dir, const char *name) {
    char from[PATH_ROOM], to[PATH_ROOM];
    snprintf(from, sizeof from, "%s/%s.part", run_dir, name);
    snprintf(to, sizeof to, "%s/%s", run_dir, name);
    return rename(from, to) == 0;
}

bool cli_run_dir_write(const char *run_dir, const struct wg_report *report) {
    static const char *const names[] = {"results.ndjson", "results.json", "timing.json"};
    bool good = true;
    for (size_t i = 0; i < 3; i++) {
        char part[64];
        snprintf(part, sizeof part, "%s.part", names[i]);
        FILE *out = open_in(run_dir, part);
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
        good = good && put_in_place(run_dir, names[i]);
    }
    if (!good) {
        fprintf(stderr, "waggle: cannot write results to %s: %s\n", run_dir, strerror(errno));
    }
    return good;
}
