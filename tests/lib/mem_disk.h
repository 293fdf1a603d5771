/* A small disk in memory for unit tests: a page cache, the durable state beside it, power loss in
 * between, and failures at chosen operations. Syncs are durable at once (there are no jobs here).
 *
 * Files: until they are synced, writes and resizes of a file are pending, in order. Names:
 * creations, renames and removals are pending until sync_dir of a directory they touch. */
#ifndef TESTS_LIB_MEM_DISK_H
#define TESTS_LIB_MEM_DISK_H

#include "waggle/env.h"

enum mem_disk_op {
    MEM_DISK_OPEN = 1u << 0,
    MEM_DISK_WRITE = 1u << 1,
    MEM_DISK_RESIZE = 1u << 2,
    MEM_DISK_SYNC = 1u << 3,
    MEM_DISK_SYNC_DIR = 1u << 4,
    MEM_DISK_RENAME = 1u << 5,
    MEM_DISK_REMOVE = 1u << 6,
    MEM_DISK_ALL = (1u << 7) - 1, /* what changes something */
    MEM_DISK_VIEW = 1u << 7,
    MEM_DISK_SIZE = 1u << 8
};

/* What survives of the pending changes when the power goes. */
enum mem_disk_survival {
    MEM_DISK_LOSE_ALL,
    MEM_DISK_KEEP_ALL,
    MEM_DISK_TEAR, /* each name change, each resize and each 512-byte sector by itself, by chance */
    MEM_DISK_SURVIVALS
};

/* Sets env->disk_ops and env->disk. */
struct wg_disk *mem_disk_new(struct wg_env *env, uint64_t capacity);
void mem_disk_free(struct wg_disk *disk);

/* Operations of the kinds armed, since the last mem_disk_arm. */
uint32_t mem_disk_ops_done(const struct wg_disk *disk);
/* Counts operations in `kinds` from now on; number `nth` (0 = the next) fails with IO, `count` of
 * them (UINT32_MAX: all from there on, as after the death of the process). kinds 0 = none. */
void mem_disk_arm(struct wg_disk *disk, uint32_t kinds, uint32_t nth, uint32_t count);
/* A failed sync drops pending changes from what later syncs write, as some kernels do. */
void mem_disk_set_forgetful(struct wg_disk *disk, bool forgetful);
/* Whether another process holds the directory's lock. */
void mem_disk_set_locked(struct wg_disk *disk, bool by_other);
void mem_disk_set_capacity(struct wg_disk *disk, uint64_t capacity);
/* Also closes all handles and disarms. */
void mem_disk_power_loss(struct wg_disk *disk, enum mem_disk_survival survival, uint64_t seed);
/* The process is gone, the cache stays; closes all handles and disarms. */
void mem_disk_process_ended(struct wg_disk *disk);

bool mem_disk_exists(struct wg_disk *disk, const char *path);
/* Reads may differ from now on: raises env->disk_epoch, as the host does when reads begin or cease
 * to fail. mem_disk_flip does it by itself. */
void mem_disk_touch(struct wg_disk *disk);
/* Flips bits of one byte, in the cache and durably. */
void mem_disk_flip(struct wg_disk *disk, const char *path, uint64_t offset, uint8_t bits);
uint32_t mem_disk_handles(const struct wg_disk *disk);

#endif
