/* The simulated disk of one broker: the data directory behind struct wg_disk_ops, with a page
 * cache, durable bytes and a crash model (stated at the top of sim_disk.c). Outlives the processes
 * that use it. */
#ifndef SIM_WORLD_SIM_DISK_H
#define SIM_WORLD_SIM_DISK_H

#include "sim/kernel/choice.h"
#include "sim/kernel/pool.h"
#include "sim/world/facts.h"
#include "waggle/env.h"

/* Virtual time that operations cost the job that makes them, ns; all 0 is allowed. */
struct sim_disk_options {
    uint64_t capacity;     /* bytes; sizes of all files count, preallocated or not */
    wg_time write_per_kib; /* copying into the cache */
    wg_time read_per_kib;  /* out of the cache */
    wg_time sync_base;     /* fsync of a file or directory that has something to write */
    wg_time sync_jitter;   /* mean of an exponential addition to it */
    wg_time metadata;      /* open, resize, rename, remove, and a sync with nothing to write */
};

/* Gets every DISK_* fact of this disk. */
typedef void (*sim_disk_fact_fn)(void *ctx, const struct sim_fact *fact);

/* Memory comes from `pool`; the disk must outlive every buffer read from it. Facts carry `node`.
 * Draws from streams (SIM_CONCERN_DISK, node) for times and (.., node + 2^32) for crashes. */
struct wg_disk *sim_disk_new(struct sim_pool *pool, wg_node_id node,
                             const struct sim_disk_options *options, struct sim_choices *choices,
                             sim_disk_fact_fn fact, void *fact_ctx);
void sim_disk_free(struct wg_disk *disk);
/* Lets go of all that is stored. Disks whose brokers talk to each other must all be empty before the
 * first one is freed: bytes that one of them has made (read from harmed files) may have been sent, and
 * stand on others. */
void sim_disk_empty(struct wg_disk *disk);
extern const struct wg_disk_ops sim_disk_ops;

/* The process that uses the disk from now on: its env->cost is charged and its env->now dates the
 * facts. NULL = none (nothing charged). Needed again after process_ended, before any job. A second
 * process may attach beside one that still runs; both see one cache. */
void sim_disk_attach(struct wg_disk *disk, struct wg_env *env);
#define SIM_DISK_USERS 2u
/* Of several attached processes, the one that makes the calls from now on. */
void sim_disk_use(struct wg_disk *disk, struct wg_env *env);
/* One of the attached processes is gone: its handles close, its syncs in flight never finish, its lock
 * is free. If it was the last one, sim_disk_process_ended. */
void sim_disk_user_ended(struct wg_disk *disk, const struct wg_env *env);

/* Around each engine job. What follows a begin (until the next begin) belongs to that job; its
 * syncs are in flight until job_end is called at the virtual time when the job ends. Jobs of one
 * broker may overlap. job_end of a job without syncs does nothing and may be left out. */
uint64_t sim_disk_job_begin(struct wg_disk *disk);
void sim_disk_job_end(struct wg_disk *disk, uint64_t job, wg_time now);
/* Whether the job begun last has asked for a sync: only then is job_end needed. */
bool sim_disk_job_synced(const struct wg_disk *disk);

/* Every process is gone (killed or stopped): handles close, syncs in flight never finish, the cache
 * stays, the lock is free. Detaches the env. Until the next attach a power loss still finds its jobs running. */
void sim_disk_process_ended(struct wg_disk *disk);
/* The machine lost power (implies process_ended): each job with syncs in flight ends at a crash
 * point between them. Emits DISK_POWER_LOST when the damage is done. */
void sim_disk_power_loss(struct wg_disk *disk, wg_time now);
/* Bias of power losses: with this probability (per mille) the unsynced writes of a file each get
 * a fate of their own, torn or not, instead of an even draw; 0 = default (disk.tornWrites). */
void sim_disk_set_tearing(struct wg_disk *disk, uint32_t per_mille);

/* Faults of single operations. */
enum sim_disk_op { SIM_DISK_WRITE, SIM_DISK_SYNC, SIM_DISK_VIEW, SIM_DISK_OPEN, SIM_DISK_OP_COUNT };
/* The next `count` operations of that sort answer WG_IO. OPEN: also rename and remove. */
void sim_disk_fail_next(struct wg_disk *disk, enum sim_disk_op op, uint32_t count);
/* All latencies times percent / 100; 100 = default. */
void sim_disk_set_slow(struct wg_disk *disk, uint32_t percent);
void sim_disk_set_capacity(struct wg_disk *disk, uint64_t capacity);

/* Faults that last, as they are together at present; all zero = none. */
struct sim_disk_faults {
    wg_time latency[SIM_CALL_COUNT]; /* added to each call of that sort */
    uint32_t error[SIM_CALL_COUNT];  /* WG_IO with this probability, per million */
    uint64_t taken;                  /* bytes of the capacity that somebody else occupies */
};
void sim_disk_set_faults(struct wg_disk *disk, const struct sim_disk_faults *faults);
/* Bytes that are free for whoever writes next. */
uint64_t sim_disk_free_bytes(const struct wg_disk *disk);
/* From now on a DISK_SPACE fact tells when the free bytes fall below one of these or rise again. */
void sim_disk_set_watermarks(struct wg_disk *disk, uint64_t processing, uint64_t replication);

/* Changes one stored byte by xor, in the cache and where it is durable, on this disk only (others
 * keep sharing the unharmed buffer). false = there is no such byte. Emits DISK_DAMAGED. */
bool sim_disk_corrupt(struct wg_disk *disk, const char *path, uint64_t offset, uint8_t xor_with,
                      wg_time now);

enum sim_disk_files { SIM_FILES_ANY, SIM_FILES_SEGMENT, SIM_FILES_SNAPSHOT, SIM_FILES_META };
/* Flips that many bits, each in a byte of a drawn file of the kind: one that is durable, or one that
 * no sync has made durable yet. Holes and preallocated space stay as they are. Returns how many it
 * found; emits DISK_DAMAGED for each. */
uint32_t sim_disk_rot(struct wg_disk *disk, enum sim_disk_files files, bool durable, uint32_t bits,
                      wg_time now);
/* That many earlier writes (durable ones, drawn) to files of the kind turn out to have landed
 * elsewhere: where they should be is what was there before (nothing), and they lie over other bytes
 * of the same file or of another one of the kind. Returns how many it found; emits two DISK_DAMAGED
 * for each. */
uint32_t sim_disk_misdirect(struct wg_disk *disk, enum sim_disk_files files, uint32_t writes,
                            wg_time now);
/* Removes, durably, every file whose path begins with `prefix` ("" = all). No process may use the
 * disk. Emits DISK_REMOVED for each and DISK_WIPED with that partition (0 = all). */
void sim_disk_wipe(struct wg_disk *disk, const char *prefix, wg_partition_id partition, wg_time now);

/* For judges. Durable = what would be there after a power loss that loses everything unsynced. */
/* Calls `each` for every durable file whose path begins with `prefix` ("" = all), in path order. */
void sim_disk_durable_list(struct wg_disk *disk, const char *prefix,
                           void (*each)(void *ctx, const char *path, uint64_t size), void *ctx);
/* false = no such durable file. */
bool sim_disk_durable_size(struct wg_disk *disk, const char *path, uint64_t *ret_size);
/* Bytes [offset, offset + len) cut at the end of file; returns how many were copied. */
uint64_t sim_disk_durable_read(struct wg_disk *disk, const char *path, uint64_t offset, void *out,
                               uint64_t len);
/* The same for what a process would read now. */
void sim_disk_cached_list(struct wg_disk *disk, void (*each)(void *ctx, const char *path, uint64_t size),
                          void *ctx);
bool sim_disk_cached_size(struct wg_disk *disk, const char *path, uint64_t *ret_size);
uint64_t sim_disk_cached_read(struct wg_disk *disk, const char *path, uint64_t offset, void *out,
                              uint64_t len);

struct sim_disk_counters {
    uint64_t writes, written_bytes, syncs, views, copied_views;
    uint64_t power_losses, lost_writes, kept_writes, torn_writes; /* of unsynced ones */
    uint64_t failed_ops; /* by sim_disk_fail_next */
    uint64_t errors[SIM_CALL_COUNT]; /* by sim_disk_set_faults: calls that failed, */
    uint64_t slowed, refused;        /* that took longer, that found no room */
    uint64_t crossings; /* below a watermark while `taken` */
    uint64_t rotten_bits, misdirected, wiped_files;
    uint64_t lost_by_sync; /* changes that a failed sync left undurable for good */
    uint64_t used_bytes, peak_used_bytes;
};
struct sim_disk_counters sim_disk_counters(const struct wg_disk *disk);

#endif
