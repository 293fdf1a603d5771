/* Finds, loads and checks scenario files. */
#include "sim/cli/selection.h"
#include "sim/cli/cli.h"
#include "sim/cli/run_dir.h"
#include "sim/scenario/scenario_load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 16
#define PATHS_MAX 100000

struct paths {
    char **items;
    uint32_t count, room;
};

static void add_path(struct paths *paths, const char *path) {
    if (paths->count == paths->room) {
        paths->room = paths->room == 0 ? 16 : paths->room * 2;
        paths->items = realloc(paths->items, paths->room * sizeof *paths->items);
        if (paths->items == NULL) {
            abort();
        }
    }
    char *copy = strdup(path);
    if (copy == NULL) {
        abort();
    }
    paths->items[paths->count++] = copy;
}

static void free_paths(struct paths *paths) {
    for (uint32_t i = 0; i < paths->count; i++) {
        free(paths->items[i]);
    }
    free(paths->items);
}

static bool is_scenario_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The copies of scenarios in a run directory are not scenarios of the folder around it. */
static bool is_run_dir(const char *folder) {
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", folder, CLI_RUN_DIR_MARK);
    return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

static bool walk(const char *folder, uint32_t depth, struct paths *paths) {
    if (depth > 0 && is_run_dir(folder)) {
        return true;
    }
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        cli_usage_error("%s: %s", folder, strerror(errno));
        return false;
    }
    bool good = true;
    size_t length = strlen(folder);
    const char *joint = length > 0 && folder[length - 1] == '/' ? "" : "/";
    for (struct dirent *entry = readdir(dir); good && entry != NULL; entry = readdir(dir)) {
        char path[4096];
        struct stat info;
        int n = snprintf(path, sizeof path, "%s%s%s", folder, joint, entry->d_name);
        if (entry->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof path ||
            stat(path, &info) != 0) {
            continue;
        }
        if (S_ISDIR(info.st_mode) && depth < FOLDER_DEPTH_MAX) {
            good = walk(path, depth + 1, paths);
        } else if (S_ISREG(info.st_mode) && is_scenario_name(path) && paths->count < PATHS_MAX) {
            add_path(paths, path);
        }
    }
    closedir(dir);
    return good;
}

/* A file counts whatever its name is; a folder gives its *.yaml and *.yml. */
static bool expand(const char *path, struct paths *paths) {
    struct stat info;
    if (strchr(path, '\n') != NULL) {
        cli_usage_error("a path with a line break");
        return false;
    }
    if (stat(path, &info) != 0) {
        cli_usage_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode)) {
        add_path(paths, path);
        return true;
    }
    uint32_t first = paths->count;
    bool good = walk(path, 0, paths);
    if (paths->count > first) {
        qsort(paths->items + first, paths->count - first, sizeof *paths->items, compare_paths);
    }
    return good;
}

static bool load_one(const char *path, struct cli_selection *selection) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_scenario *scenario = NULL;
    bool good = sim_scenario_load(path, &scenario, &diagnostics) == 0;
    if (good) {
        selection->scenarios[selection->count++] = scenario;
    }
    sim_diagnostics_print(&diagnostics, stderr); /* warnings, too */
    sim_diagnostics_done(&diagnostics);
    return good;
}

/* Names key seeds, results and folders. */
static bool check_names(const struct cli_selection *selection) {
    bool good = true;
    for (uint32_t i = 1; i < selection->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct sim_scenario *a = selection->scenarios[j];
            const struct sim_scenario *b = selection->scenarios[i];
            if (strcmp(a->name, b->name) == 0) {
                cli_usage_error("two scenarios are called %s: %s and %s", a->name, a->path,
                                b->path);
                good = false;
                break;
            }
        }
    }
    return good;
}

int cli_select(const char *const *paths, uint32_t path_count,
               struct cli_selection *ret_selection) {
    struct paths found = {0};
    *ret_selection = (struct cli_selection){0};
    bool good = true;
    for (uint32_t i = 0; i < path_count; i++) {
        good = expand(paths[i], &found) && good;
    }
    if (found.count > 0) {
        ret_selection->scenarios = calloc(found.count, sizeof *ret_selection->scenarios);
        if (ret_selection->scenarios == NULL) {
            abort();
        }
    }
    for (uint32_t i = 0; i < found.count; i++) {
        good = load_one(found.items[i], ret_selection) && good;
    }
    free_paths(&found);
    good = check_names(ret_selection) && good;
    if (good && ret_selection->count == 0) {
        fputs("waggle: no scenario found\n", stderr);
        return CLI_NOTHING;
    }
    return good ? CLI_OK : CLI_USAGE;
}

void cli_selection_done(struct cli_selection *selection) {
    for (uint32_t i = 0; i < selection->count; i++) {
        sim_scenario_free(selection->scenarios[i]);
    }
    free(selection->scenarios);
    *selection = (struct cli_selection){0};
}

bool cli_is_foreign(const struct sim_scenario *scenario) {
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        if (scenario->exporters[i].path != NULL) {
            return true;
        }
    }
    return false;
}
