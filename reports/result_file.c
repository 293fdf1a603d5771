/* Reads results back. */
#include "reports/result_file.h"

#include "reports/result_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_ROOM 4096

static bool fail(char *message, size_t size, const char *path, const char *what) {
    snprintf(message, size, "%s: %s", path, what);
    return false;
}

static bool is_hash(const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static bool read_run(const json_t *object, struct wg_run_result *ret_run) {
    bool good = json_is_string(json_object_get(object, "scenario")) &&
                is_hash(json_object_get(object, "hash")) &&
                is_hash(json_object_get(object, "claim_hash")) &&
                json_is_object(json_object_get(object, "records")) &&
                json_is_object(json_object_get(object, "log_bytes")) &&
                json_is_array(json_object_get(object, "violations")) &&
                json_is_object(json_object_get(object, "counters"));
    return good && wg_run_result_from_json(object, ret_run);
}

static int compare_runs(const struct wg_run_result *left, const struct wg_run_result *right) {
    int names = strcmp(left->scenario, right->scenario);
    if (names != 0) {
        return names;
    }
    return left->seed < right->seed ? -1 : (left->seed > right->seed ? 1 : 0);
}

/* Merges the sorted parts [0, middle) and [middle, count) of `from` into `to`. */
static void merge(const struct wg_run_result *from, size_t middle, size_t count,
                  struct wg_run_result *to) {
    size_t left = 0;
    size_t right = middle;
    for (size_t i = 0; i < count; i++) {
        bool take_left = right == count ||
                         (left < middle && compare_runs(&from[left], &from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

/* Sorted by scenario and seed; each once. */
static bool sort_runs(struct wg_result_file *file) {
    size_t count = file->run_count;
    struct wg_run_result *spare = calloc(count + 1, sizeof *spare);
    if (spare == NULL) {
        abort();
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t part = count - at < 2 * width ? count - at : 2 * width;
            merge(file->runs + at, part < width ? part : width, part, spare + at);
        }
        struct wg_run_result *sorted = spare;
        spare = file->runs;
        file->runs = sorted;
    }
    free(spare);
    for (size_t i = 1; i < count; i++) {
        if (compare_runs(&file->runs[i - 1], &file->runs[i]) == 0) {
            return false;
        }
    }
    return true;
}

static bool read_runs(const json_t *list, struct wg_result_file *file) {
    file->runs = calloc(json_array_size(list) + 1, sizeof *file->runs);
    if (file->runs == NULL) {
        abort();
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!read_run(json_array_get(list, i), &file->runs[i])) {
            return false;
        }
        file->run_count++;
    }
    return true;
}

static bool take_object(const json_t *root, const char *path, struct wg_result_file *file,
                        char *message, size_t size) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const char *version = json_string_value(json_object_get(root, "version"));
    const json_t *runs = json_object_get(root, "runs");
    if (schema == NULL || strcmp(schema, WG_RESULT_SCHEMA) != 0) {
        return fail(message, size, path, "not a result of the schema " WG_RESULT_SCHEMA);
    }
    if (version == NULL || !json_is_array(runs)) {
        return fail(message, size, path, "`version` or `runs` is missing");
    }
    file->version = strdup(version);
    if (!read_runs(runs, file)) {
        char what[80];
        snprintf(what, sizeof what, "runs[%u] is not a run of " WG_RESULT_SCHEMA,
                 file->run_count);
        return fail(message, size, path, what);
    }
    return sort_runs(file) ||
           fail(message, size, path, "the same scenario and seed occurs twice");
}

bool wg_result_file_read(const char *path, struct wg_result_file *ret_file, char *message,
                         size_t size) {
    char inside[PATH_ROOM];
    struct stat info;
    json_error_t error;
    *ret_file = (struct wg_result_file){0};
    if (stat(path, &info) != 0) {
        return fail(message, size, path, strerror(errno));
    }
    snprintf(inside, sizeof inside, "%s%s", path, S_ISDIR(info.st_mode) ? "/results.json" : "");
    json_t *root = json_load_file(inside, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return fail(message, size, inside, error.text);
    }
    bool good = take_object(root, inside, ret_file, message, size);
    json_decref(root);
    if (!good) {
        wg_result_file_done(ret_file);
    }
    return good;
}

void wg_result_file_done(struct wg_result_file *file) {
    for (uint32_t i = 0; i < file->run_count; i++) {
        wg_run_result_done(&file->runs[i]);
    }
    free(file->runs);
    free(file->version);
    *file = (struct wg_result_file){0};
}
