/* A disk with its pool, choices, env and a tally of facts, for the disk tests. */
#ifndef TESTS_UNIT_WORLD_DISK_FIXTURE_H
#define TESTS_UNIT_WORLD_DISK_FIXTURE_H

#include "world_env.h"

#include "sim/world/sim_disk.h"

struct disk_fixture {
    struct sim_pool *pool;
    struct sim_choices *choices;
    struct wg_disk *disk;
    struct wg_env env;
    const struct wg_disk_ops *ops;
    uint32_t facts[SIM_FACT_COUNT];
    struct sim_fact last[SIM_FACT_COUNT];
    char last_text[256];
};

static inline void disk_fixture_fact(void *ctx, const struct sim_fact *fact) {
    struct disk_fixture *f = ctx;
    f->facts[fact->kind]++;
    f->last[fact->kind] = *fact;
    if (fact->kind == SIM_FACT_DISK_RENAMED || fact->kind == SIM_FACT_DISK_REMOVED) {
        assert_true(fact->len < sizeof f->last_text);
        memcpy(f->last_text, fact->ptr, fact->len);
        f->last_text[fact->len] = '\0';
    }
}

static inline void disk_fixture_open(struct disk_fixture *f, uint64_t seed, uint64_t capacity) {
    struct sim_disk_options options = {.capacity = capacity,
                                       .write_per_kib = 1000,
                                       .read_per_kib = 100,
                                       .sync_base = WG_MS,
                                       .sync_jitter = WG_MS,
                                       .metadata = 10 * WG_US};
    memset(f, 0, sizeof *f);
    f->pool = sim_pool_new();
    f->choices = sim_choices_new(seed);
    f->disk = sim_disk_new(f->pool, 3, &options, f->choices, disk_fixture_fact, f);
    f->env.ops = &test_env_ops;
    f->ops = &sim_disk_ops;
    sim_disk_attach(f->disk, &f->env);
}

/* Fails on leaked memory of the disk. */
static inline void disk_fixture_close(struct disk_fixture *f) {
    sim_disk_free(f->disk);
    assert_int_equal(sim_pool_stats(f->pool).live_bytes, 0);
    sim_choices_free(f->choices);
    sim_pool_free(f->pool);
}

static inline wg_file open_file(struct disk_fixture *f, const char *path) {
    wg_file file = 0;
    assert_int_equal(f->ops->open(f->disk, path, true, &file), WG_OK);
    return file;
}

static inline wg_status write_bytes(struct disk_fixture *f, wg_file file, uint64_t offset,
                                    const void *bytes, uint32_t len) {
    struct wg_buf *buf = wg_buf_copy(&f->env, bytes, len);
    wg_status status = f->ops->write(f->disk, file, offset, buf, 0, len);
    wg_buf_unref(buf);
    return status;
}

static inline void write_fill(struct disk_fixture *f, wg_file file, uint64_t offset, uint32_t len,
                              uint8_t fill) {
    struct wg_buf *buf = wg_buf_new(&f->env, len);
    memset(buf->bytes, fill, len);
    assert_int_equal(f->ops->write(f->disk, file, offset, buf, 0, len), WG_OK);
    wg_buf_unref(buf);
}

/* A sync whose job ends at once. */
static inline void sync_now(struct disk_fixture *f, wg_file file) {
    uint64_t job = sim_disk_job_begin(f->disk);
    assert_int_equal(f->ops->sync(f->disk, file), WG_OK);
    assert_true(sim_disk_job_synced(f->disk));
    sim_disk_job_end(f->disk, job, f->env.now);
}
static inline void sync_dir_now(struct disk_fixture *f, const char *dir) {
    uint64_t job = sim_disk_job_begin(f->disk);
    assert_int_equal(f->ops->sync_dir(f->disk, dir), WG_OK);
    sim_disk_job_end(f->disk, job, f->env.now);
}

static inline uint64_t durable_text(struct disk_fixture *f, const char *path, char *out) {
    uint64_t len = sim_disk_durable_read(f->disk, path, 0, out, 4000);
    out[len] = '\0';
    return len;
}
static inline uint64_t cached_text(struct disk_fixture *f, const char *path, char *out) {
    uint64_t len = sim_disk_cached_read(f->disk, path, 0, out, 4000);
    out[len] = '\0';
    return len;
}

#endif
