/* The disk port. Calls take effect in the file system cache at once and charge virtual time to
 * the job that makes them; only wg_disk_sync and wg_disk_sync_dir make anything durable, and only
 * from the end of the job on (a power loss before that may lose or tear it). Why a synchronous port
 * and not effects: docs/decisions/0001. Paths are relative to the broker's data directory, use '/',
 * and directories exist implicitly. */
#ifndef WAGGLE_DISK_H
#define WAGGLE_DISK_H

#include "waggle/buf.h"
#include "waggle/status.h"

struct wg_disk; /* one broker's data directory, implemented by the host */
typedef uint32_t wg_file; /* handle, valid until close or the end of the process */

/* A range of a file. Holds a reference on `buf` that the caller drops with wg_buf_unref. */
struct wg_disk_view {
    struct wg_buf *buf;
    const uint8_t *ptr;
    uint32_t len;
};

struct wg_disk_ops {
    /* Opens `path`; with `create`, makes an empty file if there is none. NOT_FOUND, IO, NO_SPACE. */
    wg_status (*open)(struct wg_disk *, const char *path, bool create, wg_file *ret_file);
    void (*close)(struct wg_disk *, wg_file);
    /* Reserves and zero-fills up to `size` (journal preallocation) or cuts to it. NO_SPACE, IO. */
    wg_status (*resize)(struct wg_disk *, wg_file, uint64_t size);
    wg_status (*size)(struct wg_disk *, wg_file, uint64_t *ret_size);
    /* Stores buf->bytes[from, from+len) at `offset` (extending the file if needed), taking its own
     * reference on `buf`. All or nothing on error. IO, NO_SPACE. */
    wg_status (*write)(struct wg_disk *, wg_file, uint64_t offset, struct wg_buf *buf,
                       uint32_t from, uint32_t len);
    /* A view of [offset, offset+len), cut at the end of file; shares the written buffer when the
     * range lies inside one write. IO. */
    wg_status (*view)(struct wg_disk *, wg_file, uint64_t offset, uint32_t len,
                      struct wg_disk_view *ret_view);
    /* fsync: content and size of the file. IO leaves it unknown what is durable. */
    wg_status (*sync)(struct wg_disk *, wg_file);
    /* fsync of a directory: creations, renames and removals of its direct entries. */
    wg_status (*sync_dir)(struct wg_disk *, const char *dir);
    /* Atomic replace; durable after sync_dir. NOT_FOUND. */
    wg_status (*rename)(struct wg_disk *, const char *from, const char *to);
    wg_status (*remove)(struct wg_disk *, const char *path);
    /* Calls `each` for every file whose path begins with `prefix`, in byte order of the paths.
     * `each` must not change the directory. */
    void (*list)(struct wg_disk *, const char *prefix, void (*each)(void *, const char *path), void *);
    uint64_t (*free_bytes)(struct wg_disk *);
    /* Takes the directory for this process alone, until it ends, however it ends (as flock does). Twice
     * by one process is OK. LOCKED: another process, which still runs, has it. */
    wg_status (*lock)(struct wg_disk *);
};

#endif
