/* See file_disk.h. A file's handle is its descriptor. */
#include "sim/cli/file_disk.h"

#include "sim/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILES_MAX = 4096 };

struct wg_disk {
    struct wg_env *env;
    int dir;
};

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static wg_status status_of(bool good) {
    if (good) {
        return WG_OK;
    }
    return errno == ENOENT ? WG_NOT_FOUND : errno == ENOSPC ? WG_NO_SPACE : WG_IO;
}

static wg_status disk_open(struct wg_disk *disk, const char *path, bool create,
                           wg_file *ret_file) {
    int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0);
    int fd = openat(disk->dir, base_name(path), flags, 0644);
    if (fd >= 0) {
        *ret_file = (wg_file)fd;
    }
    return status_of(fd >= 0);
}

static void disk_close(struct wg_disk *disk, wg_file file) {
    (void)disk;
    close((int)file);
}

static wg_status disk_resize(struct wg_disk *disk, wg_file file, uint64_t size) {
    (void)disk;
    return status_of(ftruncate((int)file, (off_t)size) == 0);
}

static wg_status disk_size(struct wg_disk *disk, wg_file file, uint64_t *ret_size) {
    struct stat info;
    (void)disk;
    if (fstat((int)file, &info) != 0) {
        return WG_IO;
    }
    *ret_size = (uint64_t)info.st_size;
    return WG_OK;
}

static wg_status disk_write(struct wg_disk *disk, wg_file file, uint64_t offset, struct wg_buf *buf,
                            uint32_t from, uint32_t len) {
    (void)disk;
    uint32_t done = 0;
    while (done < len) {
        ssize_t n = pwrite((int)file, buf->bytes + from + done, len - done,
                           (off_t)(offset + done));
        if (n < 0) {
            return status_of(false);
        }
        done += (uint32_t)n;
    }
    return WG_OK;
}

static wg_status disk_view(struct wg_disk *disk, wg_file file, uint64_t offset, uint32_t len,
                           struct wg_disk_view *ret_view) {
    struct wg_buf *buf = wg_buf_new(disk->env, len);
    uint32_t done = 0;
    ssize_t n = 1;
    while (done < len && n > 0) {
        n = pread((int)file, buf->bytes + done, len - done, (off_t)(offset + done));
        done += n > 0 ? (uint32_t)n : 0;
    }
    if (n < 0) {
        wg_buf_unref(buf);
        return WG_IO;
    }
    *ret_view = (struct wg_disk_view){buf, buf->bytes, done};
    return WG_OK;
}

static wg_status disk_sync(struct wg_disk *disk, wg_file file) {
    (void)disk;
    return status_of(fsync((int)file) == 0);
}

static wg_status disk_sync_dir(struct wg_disk *disk, const char *dir) {
    (void)dir;
    return status_of(fsync(disk->dir) == 0);
}

static wg_status disk_rename(struct wg_disk *disk, const char *from, const char *to) {
    return status_of(renameat(disk->dir, base_name(from), disk->dir, base_name(to)) == 0);
}

static wg_status disk_remove(struct wg_disk *disk, const char *path) {
    return status_of(unlinkat(disk->dir, base_name(path), 0) == 0);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void disk_list(struct wg_disk *disk, const char *prefix,
                      void (*each)(void *, const char *path), void *ctx) {
    int fd = openat(disk->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const char *name = base_name(prefix);
    char *names[FILES_MAX];
    size_t count = 0;
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL && count < FILES_MAX;
         e = readdir(dir)) {
        char path[PATH_BYTES];
        int folder = (int)(name - prefix);
        if (strncmp(e->d_name, name, strlen(name)) == 0) {
            snprintf(path, sizeof path, "%.*s%s", folder, prefix, e->d_name);
            names[count] = strdup(path);
            count += names[count] != NULL;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        each(ctx, names[i]);
        free(names[i]);
    }
}

static uint64_t disk_free_bytes(struct wg_disk *disk) {
    struct statvfs info;
    return fstatvfs(disk->dir, &info) == 0 ? (uint64_t)info.f_bavail * info.f_frsize : 0;
}

static wg_status disk_lock(struct wg_disk *disk) {
    if (flock(disk->dir, LOCK_EX | LOCK_NB) == 0) {
        return WG_OK;
    }
    return errno == EWOULDBLOCK ? WG_LOCKED : WG_IO;
}

bool cli_file_disk_open(struct wg_env *env, const char *dir) {
    static const struct wg_disk_ops ops = {
        .open = disk_open, .close = disk_close, .resize = disk_resize, .size = disk_size,
        .write = disk_write, .view = disk_view, .sync = disk_sync, .sync_dir = disk_sync_dir,
        .rename = disk_rename, .remove = disk_remove, .list = disk_list,
        .free_bytes = disk_free_bytes, .lock = disk_lock};
    struct wg_disk *disk = malloc(sizeof *disk);
    bool made = mkdir(dir, 0755) == 0 || errno == EEXIST;
    int fd = made ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0 || disk == NULL) {
        cli_usage_error("%s: %s", dir, strerror(errno));
        free(disk);
        return false;
    }
    *disk = (struct wg_disk){env, fd};
    env->disk = disk;
    env->disk_ops = &ops;
    return true;
}

void cli_file_disk_close(struct wg_env *env) {
    close(env->disk->dir);
    free(env->disk);
    env->disk = NULL;
}
