/* Copies a library into anonymous memory and loads it from there, so that each copy has its own
 * globals: the dynamic linker tells libraries apart by inode and by name.
 *
 * Invariant: a descriptor number names at most one loaded library, because it is closed only
 * once the library is really gone (some C++ libraries refuse to be unloaded; their descriptor
 * stays open on purpose, or a later copy under the same name would be taken for them). */
#define _GNU_SOURCE /* memfd_create */
#include "exporters/loader/private_copy.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 32, BLOCK_BYTES = 65536 };

static void copy_name(int fd, char name[NAME_BYTES]) {
    snprintf(name, NAME_BYTES, "/proc/self/fd/%d", fd);
}

static bool write_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

static bool copy_bytes(int from, int to) {
    char block[BLOCK_BYTES];
    for (;;) {
        ssize_t got = read(from, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        if (!write_all(to, block, (size_t)got)) {
            return false;
        }
    }
}

/* An anonymous file with the bytes of `path`, or -1 and errno. */
static int copy_file(const char *path) {
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return -1;
    }
    struct stat stat;
    if (fstat(from, &stat) == 0 && S_ISDIR(stat.st_mode)) {
        close(from);
        errno = EISDIR;
        return -1;
    }
    int to = memfd_create("exporter", MFD_CLOEXEC);
    if (to >= 0 && !copy_bytes(from, to)) {
        int error = errno;
        close(to);
        errno = error;
        to = -1;
    }
    int error = errno;
    close(from);
    errno = error;
    return to;
}

static bool is_elf(int fd) {
    char magic[SELFMAG];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           memcmp(magic, ELFMAG, sizeof magic) == 0;
}

/* Whether every loaded part lies inside the file. The dynamic linker does not look: it would touch
 * memory behind the end and take the whole process down. */
static bool is_complete(int fd) {
    struct stat stat;
    ElfW(Ehdr) head;
    if (fstat(fd, &stat) != 0 || pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head) {
        return false;
    }
    if (head.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        head.e_phentsize != sizeof(ElfW(Phdr))) {
        return true; /* of another machine: the linker says so itself */
    }
    uint64_t size = (uint64_t)stat.st_size;
    for (uint32_t i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        uint64_t at = head.e_phoff + i * sizeof part;
        if (at > size || pread(fd, &part, sizeof part, (off_t)at) != (ssize_t)sizeof part) {
            return false;
        }
        if (part.p_type == PT_LOAD &&
            (part.p_offset > size || part.p_filesz > size - part.p_offset)) {
            return false;
        }
    }
    return true;
}

/* dlerror names the copy, which says nothing to the user. */
static void loader_error(const char *name, char *reason, size_t size) {
    const char *text = dlerror();
    text = text == NULL ? "unknown error" : text;
    size_t len = strlen(name);
    if (strncmp(text, name, len) == 0 && strncmp(text + len, ": ", 2) == 0) {
        text += len + 2;
    }
    snprintf(reason, size, "%s", text);
}

enum wg_loader_code wg_private_copy_load(const char *path, struct wg_private_copy *ret_copy,
                                         char *reason, size_t size) {
    int fd = copy_file(path);
    if (fd < 0) {
        snprintf(reason, size, "%s", strerror(errno));
        return WG_LOADER_MISSING;
    }
    bool elf = is_elf(fd);
    if (!elf || !is_complete(fd)) {
        close(fd);
        snprintf(reason, size, "%s", elf ? "the file is cut short" : "not a shared object");
        return WG_LOADER_NOT_SHARED_OBJECT;
    }
    char name[NAME_BYTES];
    copy_name(fd, name);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        loader_error(name, reason, size);
        close(fd);
        return WG_LOADER_NOT_SHARED_OBJECT;
    }
    *ret_copy = (struct wg_private_copy){fd, handle};
    return WG_LOADER_OK;
}

void *wg_private_copy_symbol(const struct wg_private_copy *copy, const char *name) {
    return dlsym(copy->handle, name);
}

void wg_private_copy_unload(struct wg_private_copy *copy) {
    char name[NAME_BYTES];
    copy_name(copy->fd, name);
    dlclose(copy->handle);
    void *still_there = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (still_there != NULL) {
        dlclose(still_there);
    } else {
        close(copy->fd);
    }
    *copy = (struct wg_private_copy){-1, NULL};
}
