/* Real output files of plugins.
 *
 * Invariants
 *  1. Facts, results and times do not depend on whether there is an output folder, so neither do
 *     hashes. A real write that fails is told on stderr and changes nothing in the run.
 *  2. A file holds synced bytes only, whole appends, in the order of the syncs. */
#include "sim/world/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *checked(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

bool sim_plugin_file_name_ok(const char *name, size_t len) {
    size_t start = 0;
    if (len > 1024) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] == '\0') {
            return false;
        }
        if (i < len && name[i] != '/') {
            continue;
        }
        size_t part = i - start;
        bool dots = (part == 1 && name[start] == '.') ||
                    (part == 2 && name[start] == '.' && name[start + 1] == '.');
        if (part == 0 || dots) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

struct sim_plugin_file *sim_plugin_file_get(struct sim_plugin_file **list, const char *name,
                                            size_t len, const struct sim_sink_session *like) {
    for (struct sim_plugin_file *file = *list; file != NULL; file = file->next) {
        if (strlen(file->name) == len && memcmp(file->name, name, len) == 0) {
            return file;
        }
    }
    struct sim_plugin_file *file = checked(calloc(1, sizeof *file));
    file->name = checked(strndup(name, len));
    file->fd = -1;
    sim_sink_session_init(&file->session, like->sink, like->node, like->partition,
                          like->instance);
    file->next = *list;
    *list = file;
    return file;
}

bool sim_plugin_file_append(struct sim_plugin_file *file, const char *dir, wg_time now,
                            wg_position position, const void *bytes, size_t len) {
    if (!sim_sink_put(&file->session, now, position, bytes, len)) {
        return false;
    }
    if (dir == NULL || len == 0) {
        return true;
    }
    if (file->capacity - file->len < len) {
        file->capacity = (file->len + len) * 2;
        file->bytes = checked(realloc(file->bytes, file->capacity));
    }
    memcpy(file->bytes + file->len, bytes, len);
    file->len += len;
    return true;
}

/* Opens the file below `dir`, making the folders in between; -1 and errno. */
static int open_below(const char *dir, const char *name) {
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = path + strlen(dir); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0777);
        *slash = '/';
        if (made != 0 && errno != EEXIST) {
            return -1;
        }
    }
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

static bool write_out(struct sim_plugin_file *file, const char *dir) {
    if (file->fd < 0) {
        file->fd = open_below(dir, file->name);
    }
    size_t done = 0;
    while (file->fd >= 0 && done < file->len) {
        ssize_t written = write(file->fd, file->bytes + done, file->len - done);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        done += (size_t)written;
    }
    return file->fd >= 0;
}

bool sim_plugin_file_sync(struct sim_plugin_file *file, const char *dir, wg_time now,
                          wg_time *spent) {
    if (!sim_sink_flush(&file->session, now, spent)) {
        return false;
    }
    if (dir != NULL && file->len > 0) {
        if (!write_out(file, dir)) {
            fprintf(stderr, "cannot write %s/%s: %s\n", dir, file->name, strerror(errno));
        }
        file->len = 0;
    }
    return true;
}

void sim_plugin_files_free(struct sim_plugin_file **list) {
    while (*list != NULL) {
        struct sim_plugin_file *file = *list;
        *list = file->next;
        if (file->fd >= 0) {
            close(file->fd);
        }
        sim_sink_session_done(&file->session);
        free(file->bytes);
        free(file->name);
        free(file);
    }
}
