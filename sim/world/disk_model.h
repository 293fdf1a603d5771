/* Inside of the simulated disk, shared by its own files only: sim_disk.c (operations),
 * disk_inode.c (one file's bytes), disk_names.c (paths), disk_crash.c (loss of power),
 * disk_faults.c (ordered faults), disk_damage.c (harm to stored bytes), disk_readers.c (judges). */
#ifndef SIM_WORLD_DISK_MODEL_H
#define SIM_WORLD_DISK_MODEL_H

#include "sim/world/disk_extents.h"
#include "sim/world/sim_disk.h"

/* A write (buf != NULL: bytes at `offset`) or a resize (buf == NULL: to `offset`). */
struct disk_change {
    uint64_t offset;
    struct wg_buf *buf;
    uint32_t from, len;
    uint64_t after; /* number of the last sync that its job had asked for by then; 0 = none */
};

/* A file, whatever it is called. Freed when nothing refers to it. */
struct disk_inode {
    uint32_t number; /* in facts; never used again */
    uint32_t refs;   /* names, pending name changes, handles, syncs in flight */
    uint32_t users;  /* cached name (0 or 1) + handles: while > 0 its size counts as used */
    uint64_t size, durable_size;
    struct disk_extents cache, durable;
    struct disk_change *pending; /* in order; none of it durable */
    uint32_t pending_count, pending_capacity;
    uint64_t pending_first; /* number of pending[0]; changes of a file are numbered from 1 */
};

/* Sorted by path in byte order. */
struct disk_name {
    char *path;
    struct disk_inode *inode;
};
struct disk_names {
    struct disk_name *items;
    uint32_t count, capacity;
};

enum disk_name_change_kind { DISK_NAME_CREATE, DISK_NAME_RENAME, DISK_NAME_REMOVE };

/* A change of a directory that no sync_dir has made durable yet. */
struct disk_name_change {
    uint64_t number;
    uint64_t after; /* as in struct disk_change */
    uint32_t kind;  /* enum disk_name_change_kind */
    bool marked;    /* scratch of a directory sync or a crash */
    char *path;    /* RENAME: from */
    char *to;      /* RENAME, else NULL */
    struct disk_inode *inode;
};

/* An open file and the process that has it open (NULL = none that is attached). */
struct disk_handle {
    struct disk_inode *inode; /* NULL = closed */
    const struct wg_env *owner;
};

/* A sync whose job has not ended. */
struct disk_sync {
    const struct wg_env *owner; /* the process that asked for it */
    uint64_t number; /* of the disk's syncs, from 1 */
    uint64_t job;
    bool passed; /* its job went on behind it: a later change is durable, or the crash says so */
    struct disk_inode *inode; /* NULL: of directory `dir` */
    char *dir;
    uint64_t upto; /* covers changes numbered up to this */
};

struct wg_disk {
    struct wg_env own; /* first: allocates the buffers that the disk makes itself */
    struct sim_pool *pool;
    struct wg_env *env; /* of the process that runs, or NULL */
    struct wg_env *users[SIM_DISK_USERS]; /* the processes that are attached */
    uint32_t user_count;
    const struct wg_env *locker; /* the one that holds the directory's lock, or NULL */
    wg_node_id node;
    wg_time last_now;
    struct sim_disk_options options;
    uint32_t slow_percent;
    uint32_t tearing; /* per mille */
    uint32_t fail[SIM_DISK_OP_COUNT];
    bool disturbed; /* calls may fail or be slower: ask disk_disturb */
    struct sim_disk_faults faults;
    uint64_t low_processing, low_replication; /* watermarks */
    uint32_t space;      /* enum sim_space bits that hold */
    bool device_failed;  /* a failed sync lost changes: the next process finds what is durable */
    sim_disk_fact_fn fact;
    void *fact_ctx;
    struct sim_stream noise, crash, harm;

    struct disk_names cached, durable;
    struct disk_name_change *changes; /* of names, in order */
    uint32_t change_count, change_capacity;
    uint64_t change_number; /* of the last one made */
    uint32_t inode_number;  /* of the last one made */
    struct disk_handle *handles; /* by wg_file */
    uint32_t handle_count, handle_capacity;
    struct disk_sync *syncs; /* in flight, in order of asking; those of a job side by side */
    uint32_t sync_count, sync_capacity;
    uint64_t sync_number; /* of the last one asked for */
    uint64_t after;       /* what changes made now carry */
    uint64_t job;
    bool job_synced;
    bool process_gone; /* what is in `syncs` never finishes and waits only for a power loss */
    struct wg_buf *zeros; /* what holes read as */
    struct sim_disk_counters counters;
};

/* Makes room for one more item of `size` in a growing array. */
void *disk_grow(struct sim_pool *pool, void *items, uint32_t count, uint32_t *capacity,
                size_t size);

/* --- disk_inode.c --- */
struct disk_inode *disk_inode_new(struct wg_disk *disk);
void disk_inode_unref(struct wg_disk *disk, struct disk_inode *inode);
/* A cached name or handle more or less. */
void disk_inode_use(struct wg_disk *disk, struct disk_inode *inode);
void disk_inode_unuse(struct wg_disk *disk, struct disk_inode *inode);
/* Changes the cache and notes the change as pending. Takes over one reference on `buf`. */
void disk_inode_write(struct wg_disk *disk, struct disk_inode *inode, uint64_t offset,
                      struct wg_buf *buf, uint32_t from, uint32_t len);
void disk_inode_resize(struct wg_disk *disk, struct disk_inode *inode, uint64_t size);
/* Number of the last change made. */
static inline uint64_t disk_inode_last_change(const struct disk_inode *inode) {
    return inode->pending_first + inode->pending_count - 1;
}
/* Makes the pending changes up to that number durable. */
void disk_inode_commit(struct wg_disk *disk, struct disk_inode *inode, uint64_t upto);
/* Forgets all pending changes: they stay in the cache and never become durable. */
void disk_inode_forget(struct wg_disk *disk, struct disk_inode *inode);
/* Takes out the pending changes that were never issued (disk_never_issued). Later changes and what
 * syncs in flight cover keep their numbers, earlier changes move up. */
void disk_inode_undo(struct wg_disk *disk, struct disk_inode *inode);
/* Applies one change to the durable content; takes over the change's reference. */
void disk_inode_settle(struct wg_disk *disk, struct disk_inode *inode,
                       const struct disk_change *change);

/* --- disk_names.c --- */
struct disk_inode *disk_names_get(const struct disk_names *names, const char *path);
/* Index of the first name that is not before `path`. */
uint32_t disk_names_search(const struct disk_names *names, const char *path);
void disk_names_set(struct wg_disk *disk, struct disk_names *names, const char *path,
                    struct disk_inode *inode);
/* Whether it was there. */
bool disk_names_remove(struct wg_disk *disk, struct disk_names *names, const char *path);
void disk_names_clear(struct wg_disk *disk, struct disk_names *names);
void disk_names_note(struct wg_disk *disk, enum disk_name_change_kind kind, const char *path,
                     const char *to, struct disk_inode *inode);
/* Makes durable what sync_dir(dir) covers among the changes numbered up to `upto`. */
void disk_names_commit(struct wg_disk *disk, const char *dir, uint64_t upto);
/* Applies one change to the durable names. */
void disk_names_settle(struct wg_disk *disk, const struct disk_name_change *change);
/* Takes out the changes that were never issued and, of the same files, what was built on them. */
void disk_names_undo(struct wg_disk *disk);
void disk_names_drop_changes(struct wg_disk *disk);
/* Forgets the changes of names that begin with `prefix`: those names are gone for good. */
void disk_names_forget(struct wg_disk *disk, const char *prefix);
char *disk_text_copy(struct sim_pool *pool, const char *text);
void disk_text_release(struct sim_pool *pool, char *text);

/* --- sim_disk.c --- */
void disk_emit(struct wg_disk *disk, struct sim_fact *fact);
/* Virtual time of the running job. */
void disk_charge(struct wg_disk *disk, wg_time ns);
/* Completes a fact with this disk's node and the time and hands it on. */
void disk_emit_at(struct wg_disk *disk, struct sim_fact *fact, wg_time now);
void disk_syncs_drop(struct wg_disk *disk);

/* --- disk_faults.c --- */
/* Whether the call fails, when disk->disturbed. Charges what makes it slow. `file` = inode or 0. */
bool disk_disturb(struct wg_disk *disk, enum sim_disk_op op, enum sim_disk_call call,
                  uint32_t file);
/* Tells that the call failed. */
void disk_error(struct wg_disk *disk, enum sim_disk_call call, uint32_t file, wg_status status);
/* What a failed sync leaves of the file's changes. */
void disk_sync_failed(struct wg_disk *disk, struct disk_inode *inode);
void disk_space_crossed(struct wg_disk *disk, uint32_t space);
/* What the processes have read before may read differently from now on. */
static inline void disk_doubt(struct wg_disk *disk) {
    for (uint32_t i = 0; i < disk->user_count; i++) {
        disk->users[i]->disk_epoch++;
    }
}
/* The running process changed something: whoever shares the disk with it may read that. */
static inline void disk_doubt_others(struct wg_disk *disk) {
    for (uint32_t i = 0; __builtin_expect(disk->user_count > 1, 0) && i < disk->user_count; i++) {
        disk->users[i]->disk_epoch += disk->users[i] != disk->env;
    }
}
/* The free space changed. */
static inline void disk_space_moved(struct wg_disk *disk) {
    uint64_t free_bytes = sim_disk_free_bytes(disk);
    uint32_t space = (free_bytes < disk->low_processing ? SIM_SPACE_NO_PROCESSING : 0u) |
                     (free_bytes < disk->low_replication ? SIM_SPACE_NO_REPLICATION : 0u);
    if (__builtin_expect(space != disk->space, 0)) {
        disk_space_crossed(disk, space);
    }
}

/* --- disk_crash.c --- */
/* A change that carries `after` becomes durable: its job is past that sync. */
void disk_passed(struct wg_disk *disk, uint64_t after);
/* Only during a crash, when the crash points are drawn: whether such a change lies behind one. */
bool disk_never_issued(const struct wg_disk *disk, uint64_t after);
/* Whether a pending change was made behind that sync by its job, before another one. */
bool disk_has_change_after(const struct wg_disk *disk, uint64_t sync);
/* Decides what of everything pending survives and makes cache and durable the same. */
void disk_crash(struct wg_disk *disk);

#endif
