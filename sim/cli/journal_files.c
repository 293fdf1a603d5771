/* See journal_files.h. Besides segments a journal's directory holds deleted ones, which do not end
 * in .log, and raft's meta file (<name>.meta: SBE message 6 of schema 8 with term and last flushed
 * index), which says what was promised. */
#include "sim/cli/journal_files.h"

#include "base/bytes.h"
#include "sim/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 1 << 20 };

/* Number of a segment file's name, and the length of what stands before it; 0 if it is none. */
static uint64_t segment_number(const char *name, size_t *ret_prefix) {
    const char *dash = strrchr(name, '-');
    const char *dot = strrchr(name, '.');
    if (dash == NULL || dot == NULL || dash == name || dot < dash || strcmp(dot, ".log") != 0) {
        return 0;
    }
    char digits[24];
    size_t len = (size_t)(dot - dash) - 1;
    uint64_t number = 0;
    if (len == 0 || len >= sizeof digits) {
        return 0;
    }
    memcpy(digits, dash + 1, len);
    digits[len] = '\0';
    *ret_prefix = (size_t)(dash - name);
    return cli_parse_u64(digits, INT64_MAX, &number) ? number : 0;
}

static bool push(struct cli_journal_files *files, uint64_t number, const char *name) {
    if ((files->count & (files->count - 1)) == 0) {
        size_t capacity = files->count == 0 ? 1 : 2 * (size_t)files->count;
        void *grown = realloc(files->files, capacity * sizeof *files->files);
        if (grown == NULL) {
            return false;
        }
        files->files = grown;
    }
    char *copy = strdup(name);
    uint32_t at = files->count;
    if (copy == NULL || at == FILES_MAX) {
        free(copy);
        return false;
    }
    files->count++;
    files->files[at] = (struct cli_segment_file){number, copy};
    return true;
}

static int by_number(const void *a, const void *b) {
    uint64_t first = ((const struct cli_segment_file *)a)->number;
    uint64_t second = ((const struct cli_segment_file *)b)->number;
    return first < second ? -1 : first > second;
}

static bool one_journal(const struct cli_journal_files *files) {
    size_t first = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        size_t prefix = 0;
        (void)segment_number(files->files[i].name, &prefix);
        first = i == 0 ? prefix : first;
        if (prefix != first ||
            strncmp(files->files[i].name, files->files[0].name, prefix) != 0) {
            cli_usage_error("%s: segments of two journals: %s and %s", files->dir,
                            files->files[0].name, files->files[i].name);
            return false;
        }
    }
    return true;
}

static char *join(const char *dir, const char *name) {
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL) {
        snprintf(path, size, "%s/%s", dir, name);
    }
    return path;
}

static void read_meta(struct cli_journal_files *files, const char *name) {
    enum { META_BYTES = 24, VERSION_BYTES = 1, TEMPLATE = 6, SCHEMA = 8 };
    char *path = join(files->dir, name);
    FILE *in = path == NULL ? NULL : fopen(path, "rb");
    uint8_t bytes[VERSION_BYTES + META_BYTES] = {0};
    size_t got = in == NULL ? 0 : fread(bytes, 1, sizeof bytes, in);
    /* A version byte may stand in front of the message. */
    for (size_t at = 0; at <= VERSION_BYTES && got >= at + META_BYTES; at++) {
        if (wg_load_le(bytes + at + 2, 2) == TEMPLATE && wg_load_le(bytes + at + 4, 2) == SCHEMA) {
            uint64_t flushed = wg_load_le(bytes + at + 16, 8);
            files->last_flushed = flushed == UINT64_MAX ? 0 : flushed;
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    free(path);
}

bool cli_journal_list(const char *dir, struct cli_journal_files *ret_files) {
    struct cli_journal_files files = {.dir = dir, .loaded = UINT32_MAX};
    DIR *open_dir = opendir(dir);
    if (open_dir == NULL) {
        cli_usage_error("%s: %s", dir, strerror(errno));
        return false;
    }
    bool good = true;
    for (struct dirent *each = readdir(open_dir); each != NULL && good; each = readdir(open_dir)) {
        size_t prefix = 0;
        size_t len = strlen(each->d_name);
        uint64_t number = segment_number(each->d_name, &prefix);
        if (number > 0) {
            good = push(&files, number, each->d_name);
        } else if (len > 5 && strcmp(each->d_name + len - 5, ".meta") == 0) {
            read_meta(&files, each->d_name);
        }
    }
    closedir(open_dir);
    if (files.count > 0) {
        qsort(files.files, files.count, sizeof *files.files, by_number);
    }
    if (!good) {
        cli_usage_error("%s: too many files", dir);
    }
    if (!good || !one_journal(&files)) {
        cli_journal_free(&files);
        return false;
    }
    *ret_files = files;
    return true;
}

struct cli_bytes cli_journal_content(struct cli_journal_files *files, uint32_t at) {
    if (files->loaded != at) {
        free(files->content.ptr);
        files->content = (struct cli_bytes){NULL, 0};
        char *path = join(files->dir, files->files[at].name);
        if (path == NULL || !cli_read_input(path, &files->content)) {
            files->failed = true;
        }
        free(path);
        files->loaded = at;
    }
    return files->content;
}

void cli_journal_free(struct cli_journal_files *files) {
    for (uint32_t i = 0; i < files->count; i++) {
        free(files->files[i].name);
    }
    free(files->files);
    free(files->content.ptr);
    *files = (struct cli_journal_files){.loaded = UINT32_MAX};
}
