/* The simulated disk: operations, costs and facts. The crash model, which the other disk_*.c
 * implement, is this:
 *
 * 1. Cache. Every operation takes effect at once for whoever reads through wg_disk_ops. The cache
 *    belongs to the machine: when a process is killed, all of it stays, unsynced or not.
 * 2. Durable. Beside it lies what a power loss cannot take: for every file its durable bytes and
 *    size, and the durable names. Between both stand the pending changes, in order: per file its
 *    writes and resizes, and for all directories together the creations, renames and removals.
 * 3. Sync. A sync asked for in a job covers the changes of that file made until then, by whatever
 *    job; they become durable when the job ends, in order, not before. If the process dies first,
 *    they stay pending, but for what the next process sees the job to have waited for (5). sync_dir
 *    does the same for the direct entries of a directory, and nothing else makes a name durable,
 *    not even a sync of the file, but the length of the journal: when 128 changes of names wait,
 *    the oldest 64 become durable in order.
 * 4. A failed sync leaves its changes pending, or (drawn) the kernel has marked the pages clean:
 *    then they stay in the cache and no later sync writes them; none of them is durable, or (drawn)
 *    each is or is not by itself. Before the next process starts the device is mounted anew: that
 *    one finds what is durable, as after a power loss. A failed write changes nothing.
 * 5. Crash point. A real process waits for each sync before it goes on, so a job that runs when the
 *    power goes has come to a point between its syncs: its first k of n are complete, 0 <= k <= n,
 *    drawn for each such job by itself. What these k cover is durable. What the job did after it
 *    asked for sync k+1 was never issued: it goes from cache and disk without a trace (bytes,
 *    sizes, names), the last first, and with a file that was never created or renamed go later
 *    changes of its name. What it did before stays pending and shares the fates of 6. If another
 *    job's finished sync has made durable what this job did after its sync m, then k >= m. The
 *    jobs of a killed process run, in this sense, until the next process attaches: a power loss
 *    before that may find them stopped earlier. The next one finds all that they did, so each sync
 *    that such a job had gone on behind is complete.
 * 6. Power loss. Of the pending name changes none, all, or each by itself survives; order is not
 *    kept, a rename survives whole or not at all. A file that has a name afterwards loses all of
 *    its pending changes, keeps all, keeps a prefix of them with the next write torn, or each has a
 *    fate of its own: lost, kept, torn, or its size without its bytes (zeros). Torn means that
 *    each 4 KiB page or each 512-byte sector of it survives or not, by itself. What survived is
 *    durable, then the cache starts from the durable state. Durable bytes that no pending change
 *    touches are never harmed.
 * 7. Space. The size of a file counts from resize or write until its last name and handle are
 *    gone; names whose removal is still pending do not count. Facts tell when the free bytes cross
 *    a watermark.
 * 8. Faults that last (disk_faults.c) make calls slower, let them fail and take space away; a call
 *    that a fault made fail is a fact. Harm to stored bytes (disk_damage.c) is done to the cache and
 *    to what is durable alike, and each place is a fact.
 *
 * 9. Processes. Usually one is attached. A second one beside it shares the cache, as two processes on
 *    one file system do; handles, syncs in flight and the lock of the directory are each process's own
 *    and end with it.
 *
 * Bytes are never copied: cache, pending and durable hold references on the written buffers. */
#include "sim/world/sim_disk.h"

#include "sim/world/disk_model.h"
#include "sim/world/fact_hash.h"

#include <string.h>

#define SITE_SYNC_JITTER 1u
#define ZEROS_BYTES 4096u

static void *own_alloc(struct wg_env *env, size_t size) {
    return sim_pool_alloc(((struct wg_disk *)(void *)env)->pool, size);
}

static void own_free(struct wg_env *env, void *ptr, size_t size) {
    sim_pool_release(((struct wg_disk *)(void *)env)->pool, ptr, size);
}

static const struct wg_env_ops own_ops = {.alloc = own_alloc, .free = own_free};

struct wg_disk *sim_disk_new(struct sim_pool *pool, wg_node_id node,
                             const struct sim_disk_options *options, struct sim_choices *choices,
                             sim_disk_fact_fn fact, void *fact_ctx) {
    struct wg_disk *disk = sim_pool_alloc(pool, sizeof *disk);
    memset(disk, 0, sizeof *disk);
    disk->own.ops = &own_ops;
    disk->own.node = node;
    disk->pool = pool;
    disk->node = node;
    disk->options = *options;
    disk->slow_percent = 100;
    disk->fact = fact;
    disk->fact_ctx = fact_ctx;
    sim_stream_init(&disk->noise, choices, SIM_CONCERN_DISK, node);
    sim_stream_init(&disk->crash, choices, SIM_CONCERN_DISK, (uint64_t)1 << 32 | node);
    sim_stream_init(&disk->harm, choices, SIM_CONCERN_DISK, (uint64_t)2 << 32 | node);
    disk->zeros = wg_buf_new(&disk->own, ZEROS_BYTES);
    memset(disk->zeros->bytes, 0, ZEROS_BYTES);
    return disk;
}

void sim_disk_empty(struct wg_disk *disk) {
    disk->device_failed = false;
    sim_disk_process_ended(disk);
    disk_syncs_drop(disk);
    disk_names_drop_changes(disk);
    disk_names_clear(disk, &disk->cached);
    disk_names_clear(disk, &disk->durable);
}

void sim_disk_free(struct wg_disk *disk) {
    if (disk == NULL) {
        return;
    }
    struct sim_pool *pool = disk->pool;
    sim_disk_empty(disk);
    sim_pool_release(pool, disk->changes, disk->change_capacity * sizeof *disk->changes);
    sim_pool_release(pool, disk->handles, disk->handle_capacity * sizeof *disk->handles);
    sim_pool_release(pool, disk->syncs, disk->sync_capacity * sizeof *disk->syncs);
    wg_buf_unref(disk->zeros);
    sim_pool_release(pool, disk, sizeof *disk);
}

static void end_syncs_of(struct wg_disk *disk, const struct wg_env *owner);

static bool is_attached(const struct wg_disk *disk, const struct wg_env *env) {
    bool found = false;
    for (uint32_t i = 0; i < disk->user_count; i++) {
        found |= disk->users[i] == env;
    }
    return found;
}

void sim_disk_attach(struct wg_disk *disk, struct wg_env *env) {
    disk->env = env;
    if (env != NULL && !is_attached(disk, env) && disk->user_count < SIM_DISK_USERS) {
        disk->users[disk->user_count++] = env;
    }
    if (disk->process_gone) {
        end_syncs_of(disk, NULL);
        disk->process_gone = false;
    }
}

void sim_disk_use(struct wg_disk *disk, struct wg_env *env) { disk->env = env; }

/* --- costs, facts, faults of operations --- */

static void charge(struct wg_disk *disk, wg_time ns) {
    if (disk->env != NULL && ns > 0) {
        wg_charge(disk->env, disk->slow_percent == 100 ? ns : ns * disk->slow_percent / 100);
    }
}

void disk_charge(struct wg_disk *disk, wg_time ns) { charge(disk, ns); }

static wg_time per_kib(wg_time ns, uint64_t bytes) { return ns * (wg_time)bytes / 1024; }

static void emit(struct wg_disk *disk, struct sim_fact *fact) {
    if (disk->fact == NULL) {
        return;
    }
    if (disk->env != NULL) {
        disk->last_now = disk->env->now;
    }
    fact->node = disk->node;
    fact->at = disk->last_now;
    disk->fact(disk->fact_ctx, fact);
}

void disk_emit(struct wg_disk *disk, struct sim_fact *fact) { emit(disk, fact); }

void disk_emit_at(struct wg_disk *disk, struct sim_fact *fact, wg_time now) {
    if (disk->fact != NULL) {
        disk->last_now = now;
        fact->node = disk->node;
        fact->at = now;
        disk->fact(disk->fact_ctx, fact);
    }
}

static uint32_t text_bytes(const char *text) { return (uint32_t)strlen(text); }

/* Whether a fault makes this call fail. */
static bool fails(struct wg_disk *disk, enum sim_disk_op op, enum sim_disk_call call,
                  uint32_t file) {
    return __builtin_expect(disk->disturbed, 0) && disk_disturb(disk, op, call, file);
}

/* --- handles --- */

static struct disk_inode *inode_of(const struct wg_disk *disk, wg_file file) {
    return file < disk->handle_count ? disk->handles[file].inode : NULL;
}

static wg_file handle_new(struct wg_disk *disk, struct disk_inode *inode) {
    wg_file file = 0;
    while (file < disk->handle_count && disk->handles[file].inode != NULL) {
        file++;
    }
    if (file == disk->handle_count) {
        disk->handles = disk_grow(disk->pool, disk->handles, disk->handle_count,
                                  &disk->handle_capacity, sizeof *disk->handles);
        disk->handle_count++;
    }
    disk_inode_use(disk, inode);
    disk->handles[file] = (struct disk_handle){inode, disk->env};
    return file;
}

static void disk_close(struct wg_disk *disk, wg_file file) {
    struct disk_inode *inode = inode_of(disk, file);
    if (inode != NULL) {
        disk->handles[file].inode = NULL;
        disk_inode_unuse(disk, inode);
    }
}

/* --- operations --- */

static wg_status disk_open(struct wg_disk *disk, const char *path, bool create, wg_file *ret_file) {
    charge(disk, disk->options.metadata);
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    if (fails(disk, SIM_DISK_OPEN, inode == NULL && create ? SIM_CALL_NAME : SIM_CALL_OPEN,
              inode == NULL ? 0 : inode->number)) {
        return WG_IO;
    }
    if (inode == NULL) {
        if (!create) {
            return WG_NOT_FOUND;
        }
        inode = disk_inode_new(disk);
        disk_names_set(disk, &disk->cached, path, inode);
        disk_names_note(disk, DISK_NAME_CREATE, path, NULL, inode);
    }
    *ret_file = handle_new(disk, inode);
    struct sim_fact fact = {
        .kind = SIM_FACT_DISK_OPEN, .a = inode->number, .ptr = path, .len = text_bytes(path)};
    emit(disk, &fact);
    return WG_OK;
}

uint64_t sim_disk_free_bytes(const struct wg_disk *disk) {
    uint64_t used = disk->counters.used_bytes + disk->faults.taken;
    return disk->options.capacity > used ? disk->options.capacity - used : 0;
}

static uint64_t disk_free_bytes(struct wg_disk *disk) { return sim_disk_free_bytes(disk); }

static bool has_room(const struct wg_disk *disk, const struct disk_inode *inode, uint64_t size) {
    return size <= inode->size || size - inode->size <= sim_disk_free_bytes(disk);
}

static wg_status no_room(struct wg_disk *disk, const struct disk_inode *inode,
                         enum sim_disk_call call, uint64_t size) {
    struct sim_fact fact = {.kind = SIM_FACT_DISK_REFUSED,
                            .a = inode->number,
                            .b = call,
                            .c = size - inode->size,
                            .d = sim_disk_free_bytes(disk)};
    emit(disk, &fact);
    if (disk->faults.taken > 0) {
        disk->counters.refused++;
        disk_error(disk, call, inode->number, WG_NO_SPACE);
    }
    return WG_NO_SPACE;
}

static wg_status disk_resize(struct wg_disk *disk, wg_file file, uint64_t size) {
    struct disk_inode *inode = inode_of(disk, file);
    if (inode == NULL) {
        return WG_INVALID;
    }
    charge(disk, disk->options.metadata);
    if (fails(disk, SIM_DISK_WRITE, SIM_CALL_RESIZE, inode->number)) {
        return WG_IO;
    }
    if (!has_room(disk, inode, size)) {
        return no_room(disk, inode, SIM_CALL_RESIZE, size);
    }
    if (size == inode->size) {
        return WG_OK;
    }
    disk_inode_resize(disk, inode, size);
    disk_doubt_others(disk);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_RESIZE,
                            .a = inode->number,
                            .b = size,
                            .c = disk_inode_last_change(inode)};
    emit(disk, &fact);
    return WG_OK;
}

static wg_status disk_size(struct wg_disk *disk, wg_file file, uint64_t *ret_size) {
    const struct disk_inode *inode = inode_of(disk, file);
    if (inode == NULL) {
        return WG_INVALID;
    }
    *ret_size = inode->size;
    return WG_OK;
}

/* Of the bytes written, for the run hash. Every replica of a partition stores the same buffer, so
 * it is worked out once and kept there. */
static uint64_t digest_of(struct wg_buf *buf, uint32_t from, uint32_t len) {
    if (from > 0 || len < buf->len || (buf->env->flags & WG_ENV_NO_MARKS) != 0) {
        return 0;
    }
    if ((buf->marks & WG_BUF_DIGEST) == 0) {
        buf->digest = sim_fact_digest(buf->bytes, len);
        buf->marks |= WG_BUF_DIGEST;
    }
    return buf->digest;
}

static wg_status disk_write(struct wg_disk *disk, wg_file file, uint64_t offset, struct wg_buf *buf,
                            uint32_t from, uint32_t len) {
    struct disk_inode *inode = inode_of(disk, file);
    if (inode == NULL || from > buf->len || len > buf->len - from || offset > UINT64_MAX - len) {
        return WG_INVALID;
    }
    charge(disk, per_kib(disk->options.write_per_kib, len));
    if (fails(disk, SIM_DISK_WRITE, SIM_CALL_WRITE, inode->number)) {
        return WG_IO;
    }
    if (!has_room(disk, inode, offset + len)) {
        return no_room(disk, inode, SIM_CALL_WRITE, offset + len);
    }
    if (len == 0) {
        return WG_OK;
    }
    disk_inode_write(disk, inode, offset, wg_buf_ref(buf), from, len);
    disk_doubt_others(disk);
    disk->counters.writes++;
    disk->counters.written_bytes += len;
    struct sim_fact fact = {.kind = SIM_FACT_DISK_WRITE,
                            .a = inode->number,
                            .b = offset,
                            .c = disk_inode_last_change(inode),
                            .ptr = buf->bytes + from,
                            .len = len,
                            .digest = digest_of(buf, from, len)};
    emit(disk, &fact);
    return WG_OK;
}

/* A view over several extents or over zeros: a buffer of its own. */
static struct wg_disk_view view_copy(struct wg_disk *disk, struct disk_inode *inode,
                                     uint64_t offset, uint32_t len) {
    struct wg_buf *buf = wg_buf_new(&disk->own, len);
    disk_extents_read(&inode->cache, offset, buf->bytes, len);
    disk->counters.copied_views++;
    return (struct wg_disk_view){buf, buf->bytes, len};
}

static struct wg_disk_view view_shared(struct wg_buf *buf, uint64_t from, uint32_t len) {
    return (struct wg_disk_view){wg_buf_ref(buf), buf->bytes + from, len};
}

static wg_status disk_view(struct wg_disk *disk, wg_file file, uint64_t offset, uint32_t len,
                           struct wg_disk_view *ret_view) {
    struct disk_inode *inode = inode_of(disk, file);
    if (inode == NULL) {
        return WG_INVALID;
    }
    uint64_t left = offset < inode->size ? inode->size - offset : 0;
    len = left < len ? (uint32_t)left : len;
    charge(disk, per_kib(disk->options.read_per_kib, len));
    if (fails(disk, SIM_DISK_VIEW, SIM_CALL_READ, inode->number)) {
        return WG_IO;
    }
    disk->counters.views++;
    const struct disk_extent *extent = disk_extents_find(&inode->cache, offset);
    if (extent == NULL || offset + len <= extent->offset) {
        *ret_view = len <= ZEROS_BYTES ? view_shared(disk->zeros, 0, len)
                                       : view_copy(disk, inode, offset, len);
    } else if (extent->offset <= offset && offset + len <= extent->offset + extent->len) {
        *ret_view = view_shared(extent->buf, extent->from + (offset - extent->offset), len);
    } else {
        *ret_view = view_copy(disk, inode, offset, len);
    }
    return WG_OK;
}

static void charge_sync(struct wg_disk *disk, bool something_to_write) {
    if (!something_to_write) {
        charge(disk, disk->options.metadata);
        return;
    }
    charge(disk, disk->options.sync_base +
                     sim_exponential(&disk->noise, SITE_SYNC_JITTER, disk->options.sync_jitter));
}

static void sync_begin(struct wg_disk *disk, struct disk_sync sync) {
    disk->syncs = disk_grow(disk->pool, disk->syncs, disk->sync_count, &disk->sync_capacity,
                            sizeof *disk->syncs);
    sync.job = disk->job;
    sync.owner = disk->env;
    sync.number = ++disk->sync_number;
    disk->after = sync.number;
    disk->syncs[disk->sync_count++] = sync;
    disk->job_synced = true;
    disk->counters.syncs++;
}

static wg_status disk_sync(struct wg_disk *disk, wg_file file) {
    struct disk_inode *inode = inode_of(disk, file);
    if (inode == NULL) {
        return WG_INVALID;
    }
    charge_sync(disk, inode->pending_count > 0);
    if (fails(disk, SIM_DISK_SYNC, SIM_CALL_SYNC, inode->number)) {
        disk_sync_failed(disk, inode);
        return WG_IO;
    }
    inode->refs++;
    sync_begin(disk, (struct disk_sync){.inode = inode, .upto = disk_inode_last_change(inode)});
    return WG_OK;
}

static wg_status disk_sync_dir(struct wg_disk *disk, const char *dir) {
    charge_sync(disk, disk->change_count > 0);
    if (fails(disk, SIM_DISK_SYNC, SIM_CALL_SYNC, 0)) {
        return WG_IO;
    }
    sync_begin(disk, (struct disk_sync){.dir = disk_text_copy(disk->pool, dir),
                                        .upto = disk->change_number});
    return WG_OK;
}

static void emit_renamed(struct wg_disk *disk, const char *from, const char *to) {
    size_t from_bytes = strlen(from) + 1;
    size_t to_bytes = strlen(to) + 1;
    char *both = sim_pool_alloc(disk->pool, from_bytes + to_bytes);
    memcpy(both, from, from_bytes);
    memcpy(both + from_bytes, to, to_bytes);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_RENAMED,
                            .ptr = both,
                            .len = (uint32_t)(from_bytes + to_bytes - 1)};
    emit(disk, &fact);
    sim_pool_release(disk->pool, both, from_bytes + to_bytes);
}

static wg_status disk_rename(struct wg_disk *disk, const char *from, const char *to) {
    charge(disk, disk->options.metadata);
    if (fails(disk, SIM_DISK_OPEN, SIM_CALL_NAME, 0)) {
        return WG_IO;
    }
    struct disk_inode *inode = disk_names_get(&disk->cached, from);
    if (inode == NULL) {
        return WG_NOT_FOUND;
    }
    if (strcmp(from, to) == 0) {
        return WG_OK;
    }
    disk_names_note(disk, DISK_NAME_RENAME, from, to, inode);
    disk_names_set(disk, &disk->cached, to, inode);
    emit_renamed(disk, from, to); /* before `from` may lose its memory: it can be the name's own */
    disk_names_remove(disk, &disk->cached, from);
    return WG_OK;
}

static wg_status disk_remove(struct wg_disk *disk, const char *path) {
    charge(disk, disk->options.metadata);
    if (fails(disk, SIM_DISK_OPEN, SIM_CALL_NAME, 0)) {
        return WG_IO;
    }
    struct disk_inode *inode = disk_names_get(&disk->cached, path);
    if (inode == NULL) {
        return WG_NOT_FOUND;
    }
    disk_names_note(disk, DISK_NAME_REMOVE, path, NULL, inode);
    struct sim_fact fact = {
        .kind = SIM_FACT_DISK_REMOVED, .a = inode->number, .ptr = path, .len = text_bytes(path)};
    emit(disk, &fact);
    disk_names_remove(disk, &disk->cached, path);
    return WG_OK;
}

static wg_status disk_lock(struct wg_disk *disk) {
    if (disk->locker != NULL && disk->locker != disk->env) {
        return WG_LOCKED;
    }
    disk->locker = disk->env;
    return WG_OK;
}

static void disk_list(struct wg_disk *disk, const char *prefix,
                      void (*each)(void *, const char *path), void *ctx) {
    const struct disk_names *names = &disk->cached;
    size_t len = strlen(prefix);
    for (uint32_t i = disk_names_search(names, prefix); i < names->count; i++) {
        if (strncmp(names->items[i].path, prefix, len) != 0) {
            return;
        }
        each(ctx, names->items[i].path);
    }
}

const struct wg_disk_ops sim_disk_ops = {
    .open = disk_open,
    .close = disk_close,
    .resize = disk_resize,
    .size = disk_size,
    .write = disk_write,
    .view = disk_view,
    .sync = disk_sync,
    .sync_dir = disk_sync_dir,
    .rename = disk_rename,
    .remove = disk_remove,
    .list = disk_list,
    .free_bytes = disk_free_bytes,
    .lock = disk_lock,
};

/* --- jobs --- */

uint64_t sim_disk_job_begin(struct wg_disk *disk) {
    disk->job_synced = false;
    disk->after = 0;
    return ++disk->job;
}

bool sim_disk_job_synced(const struct wg_disk *disk) { return disk->job_synced; }

static void sync_finish(struct wg_disk *disk, const struct disk_sync *sync, wg_time now) {
    if (sync->inode == NULL) {
        disk_names_commit(disk, sync->dir, sync->upto);
        return;
    }
    disk_inode_commit(disk, sync->inode, sync->upto);
    struct sim_fact fact = {
        .kind = SIM_FACT_DISK_SYNCED, .a = sync->inode->number, .b = sync->upto};
    disk_emit_at(disk, &fact, now);
}

static void sync_release(struct wg_disk *disk, struct disk_sync *sync) {
    if (sync->inode != NULL) {
        disk_inode_unref(disk, sync->inode);
    }
    disk_text_release(disk->pool, sync->dir);
}

void sim_disk_job_end(struct wg_disk *disk, uint64_t job, wg_time now) {
    if (disk->process_gone) {
        return;
    }
    uint32_t first = 0;
    while (first < disk->sync_count && disk->syncs[first].job != job) {
        first++;
    }
    if (first == disk->sync_count) {
        return; /* most jobs asked for none */
    }
    for (uint32_t i = first; i < disk->sync_count; i++) {
        if (disk->syncs[i].job == job) {
            sync_finish(disk, &disk->syncs[i], now);
        }
    }
    uint32_t kept = first;
    for (uint32_t i = first; i < disk->sync_count; i++) {
        struct disk_sync sync = disk->syncs[i];
        if (sync.job == job) {
            sync_release(disk, &sync);
        } else {
            disk->syncs[kept++] = sync;
        }
    }
    disk->sync_count = kept;
}

/* --- ends --- */

void disk_syncs_drop(struct wg_disk *disk) {
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        sync_release(disk, &disk->syncs[i]);
    }
    disk->sync_count = 0;
}

/* Everything not durable may be gone; the cache starts anew. */
static void lose_power(struct wg_disk *disk, wg_time now) {
    disk->device_failed = false;
    disk_crash(disk);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_POWER_LOST};
    disk_emit_at(disk, &fact, now);
}

void sim_disk_process_ended(struct wg_disk *disk) {
    disk->process_gone = true;
    disk->job_synced = false;
    disk->after = 0;
    for (wg_file file = 0; file < disk->handle_count; file++) {
        disk_close(disk, file);
    }
    disk->handle_count = 0;
    disk->env = NULL;
    disk->user_count = 0;
    disk->locker = NULL;
    if (disk->device_failed) {
        lose_power(disk, disk->last_now);
    }
}

/* Of the processes that are gone, or of one. What a job was waiting for never finishes, its changes stay
 * pending; what it had waited for before it went on is complete. */
static void end_syncs_of(struct wg_disk *disk, const struct wg_env *owner) {
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        const struct disk_sync *sync = &disk->syncs[i];
        bool another = i + 1 < disk->sync_count && disk->syncs[i + 1].job == sync->job;
        if ((owner == NULL || sync->owner == owner) &&
            (another || disk_has_change_after(disk, sync->number))) {
            sync_finish(disk, sync, disk->last_now);
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->sync_count; i++) {
        struct disk_sync sync = disk->syncs[i];
        if (owner == NULL || sync.owner == owner) {
            sync_release(disk, &sync);
        } else {
            disk->syncs[kept++] = sync;
        }
    }
    disk->sync_count = kept;
}

void sim_disk_user_ended(struct wg_disk *disk, const struct wg_env *env) {
    if (disk->user_count < 2 || !is_attached(disk, env)) {
        sim_disk_process_ended(disk);
        return;
    }
    for (wg_file file = 0; file < disk->handle_count; file++) {
        if (disk->handles[file].owner == env) {
            disk_close(disk, file);
        }
    }
    end_syncs_of(disk, env);
    disk->locker = disk->locker == env ? NULL : disk->locker;
    disk->users[0] = disk->users[0] == env ? disk->users[1] : disk->users[0];
    disk->user_count = 1;
    disk->env = disk->users[0];
}

void sim_disk_power_loss(struct wg_disk *disk, wg_time now) {
    disk->device_failed = false;
    sim_disk_process_ended(disk);
    disk->counters.power_losses++;
    lose_power(disk, now);
}
