/* Taking, loading, sending and receiving snapshots, with crashes at every disk operation. */
#include "seams/snapshot_store.h"
#include "tests/lib/mem_disk.h"
#include "tests/lib/test_env.h"
#include "tests/unit/journal/fake_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define DIR "partitions/1"

struct replica {
    struct wg_env *env;
    struct wg_disk *disk;
    struct wg_snapshots *store;
    struct wg_state *state;
};

static wg_status open_store(struct replica *r) {
    struct wg_snapshot_options options = {DIR, 1};
    wg_status status = wg_snapshots_open(r->env, &options, &r->store);
    if (status != WG_OK) {
        r->store = NULL;
    }
    return status;
}

static void close_store(struct replica *r) {
    wg_snapshots_close(r->store);
    r->store = NULL;
}

static void replica_new(struct replica *r) {
    r->env = test_env_new();
    r->disk = mem_disk_new(r->env, (uint64_t)1 << 30);
    r->state = wg_state_new(r->env);
    assert_int_equal(open_store(r), WG_OK);
}

static void replica_free(struct replica *r) {
    close_store(r);
    wg_state_free(r->state);
    assert_int_equal(mem_disk_handles(r->disk), 0);
    mem_disk_free(r->disk);
    test_env_free(r->env);
}

static wg_status crash(struct replica *r, enum mem_disk_survival survival, uint64_t seed) {
    close_store(r);
    mem_disk_power_loss(r->disk, survival, seed);
    return open_store(r);
}

static struct wg_snapshot_id id_of(wg_index index) {
    return (struct wg_snapshot_id){index, 3, (wg_position)index * 10, (wg_position)index * 9};
}

/* Persists snapshot `index`, whose state is the number `index` in `bytes` bytes. */
static wg_status take(struct replica *r, wg_index index, uint32_t bytes) {
    struct wg_snapshot_id id = id_of(index);
    r->state->number = (uint32_t)index;
    r->state->bytes = bytes;
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(r->state);
    wg_status status = wg_snapshots_persist(r->store, &id, checkpoint, id.processed + 5);
    wg_state_checkpoint_free(checkpoint);
    return status;
}

static void expect_latest(struct replica *r, wg_index index) {
    const struct wg_snapshot_id *latest = wg_snapshots_latest(r->store);
    assert_non_null(latest);
    struct wg_snapshot_id id = id_of(index);
    assert_memory_equal(latest, &id, sizeof id);
    assert_int_equal(wg_snapshots_compaction_bound(r->store), index);
    struct wg_state *state;
    assert_int_equal(wg_snapshots_load(r->store, &state), WG_OK);
    assert_int_equal(state->number, index);
    wg_state_free(state);
}

/* --- take and load ---------------------------------------------------------------------------- */

static void snapshot_orders_without_term_when_compared(void **state) {
    (void)state;
    static const struct wg_snapshot_id ascending[] = {
        {0, 9, 5, 0}, {1, 8, 4, 3}, {1, 2, 4, 4}, {1, 1, 5, 0}, {2, 0, 0, WG_POSITION_MAX}};
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 5; k++) {
            int order = wg_snapshot_id_compare(&ascending[i], &ascending[k]);
            assert_int_equal(order, i < k ? -1 : i > k);
        }
    }
}

static void snapshot_is_loaded_when_persisted_and_reopened(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    struct wg_state *none;
    assert_null(wg_snapshots_latest(r.store));
    assert_int_equal(wg_snapshots_load(r.store, &none), WG_NOT_FOUND);
    assert_int_equal(wg_snapshots_compaction_bound(r.store), 0);
    for (wg_index index = 5; index < 9; index++) {
        assert_int_equal(take(&r, index, 3000), WG_OK);
        expect_latest(&r, index);
        assert_int_equal(test_env_last_claim(r.env, WG_CLAIM_SNAPSHOT).a, index);
        assert_int_equal(crash(&r, MEM_DISK_LOSE_ALL, 0), WG_OK);
        expect_latest(&r, index);
    }
    assert_false(mem_disk_exists(r.disk, DIR "/snapshots/7-3-70-63.checksum"));
    assert_false(mem_disk_exists(r.disk, DIR "/snapshots/7-3-70-63/state.bin"));
    assert_true(mem_disk_exists(r.disk, DIR "/snapshots/8-3-80-72.checksum"));
    assert_true(mem_disk_exists(r.disk, DIR "/snapshots/8-3-80-72/zeebe.metadata"));
    replica_free(&r);
}

static void snapshot_writes_positions_when_persisted(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    struct wg_snapshot_id id = {4, 1, 77, WG_POSITION_MAX};
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(r.state);
    assert_int_equal(wg_snapshots_persist(r.store, &id, checkpoint, -1), WG_OK);
    wg_state_checkpoint_free(checkpoint);
    wg_file file;
    struct wg_disk_view view;
    const char *path = DIR "/snapshots/4-1-77-9223372036854775807/zeebe.metadata";
    assert_int_equal(r.env->disk_ops->open(r.disk, path, false, &file), WG_OK);
    assert_int_equal(r.env->disk_ops->view(r.disk, file, 0, 1000, &view), WG_OK);
    static const char text[] = "{\"version\":1,\"processedPosition\":77,\"exportedPosition\":"
                               "9223372036854775807,\"lastFollowupEventPosition\":-1}";
    assert_int_equal(view.len, sizeof text - 1);
    assert_memory_equal(view.ptr, text, view.len);
    wg_buf_unref(view.buf);
    r.env->disk_ops->close(r.disk, file);
    replica_free(&r);
}

static void snapshot_is_refused_when_not_newer(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5, 100), WG_OK);
    assert_int_equal(take(&r, 5, 100), WG_EXISTS);
    assert_int_equal(take(&r, 4, 100), WG_STALE);
    expect_latest(&r, 5);
    replica_free(&r);
}

static void snapshot_survives_when_crashed_at_any_operation(void **state) {
    (void)state;
    bool crashed = true;
    for (uint32_t nth = 0; crashed; nth++) {
        for (uint64_t seed = 0; seed < 10; seed++) {
            struct replica r;
            replica_new(&r);
            assert_int_equal(take(&r, 5, 2000), WG_OK);
            mem_disk_arm(r.disk, MEM_DISK_ALL, nth, UINT32_MAX);
            wg_index told = take(&r, 6, 2000) == WG_OK ? 6 : 5;
            if (told == 6) {
                told = take(&r, 7, 5000) == WG_OK ? 7 : 6;
            }
            crashed = mem_disk_ops_done(r.disk) > nth;
            enum mem_disk_survival survival =
                seed > 2 ? MEM_DISK_TEAR : (enum mem_disk_survival)seed;
            assert_int_equal(crash(&r, survival, nth * 31 + seed), WG_OK);
            /* What was told is there; a later one may be, but then whole. */
            wg_index found = wg_snapshots_latest(r.store)->index;
            assert_in_range(found, told, told + 1);
            expect_latest(&r, found);
            assert_int_equal(take(&r, 9, 100), WG_OK);
            assert_int_equal(crash(&r, MEM_DISK_LOSE_ALL, 0), WG_OK);
            expect_latest(&r, 9);
            replica_free(&r);
        }
    }
}

static void snapshot_is_retried_when_any_operation_fails_once(void **state) {
    (void)state;
    bool failed = true;
    for (uint32_t nth = 0; failed; nth++) {
        struct replica r;
        replica_new(&r);
        mem_disk_set_forgetful(r.disk, true);
        assert_int_equal(take(&r, 5, 2000), WG_OK);
        mem_disk_arm(r.disk, MEM_DISK_ALL, nth, 1);
        wg_status status = take(&r, 6, 2000);
        failed = mem_disk_ops_done(r.disk) > nth;
        mem_disk_arm(r.disk, 0, 0, 0);
        if (status != WG_OK) {
            expect_latest(&r, 5);
            assert_int_equal(take(&r, 6, 2000), WG_OK);
        }
        expect_latest(&r, 6);
        assert_int_equal(crash(&r, MEM_DISK_LOSE_ALL, 0), WG_OK);
        expect_latest(&r, 6);
        replica_free(&r);
    }
}

/* The older one is still there because its removal failed. */
static void snapshot_falls_back_when_the_highest_is_damaged(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5, 500), WG_OK);
    mem_disk_arm(r.disk, MEM_DISK_REMOVE, 0, UINT32_MAX);
    assert_int_equal(take(&r, 6, 500), WG_OK);
    close_store(&r);
    mem_disk_power_loss(r.disk, MEM_DISK_KEEP_ALL, 0);
    mem_disk_flip(r.disk, DIR "/snapshots/6-3-60-54/state.bin", 444, 1);
    assert_int_equal(open_store(&r), WG_OK);
    expect_latest(&r, 5);
    assert_false(mem_disk_exists(r.disk, DIR "/snapshots/6-3-60-54.checksum"));
    replica_free(&r);
}

static void snapshot_is_ignored_but_kept_when_the_only_one_is_damaged(void **state) {
    (void)state;
    static const struct {
        const char *file;
        uint64_t offset;
    } damage[] = {{".checksum", 0}, {".checksum", 60}, {".checksum", 75},
                  {"/state.bin", 0}, {"/zeebe.metadata", 12}};
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        struct replica r;
        replica_new(&r);
        assert_int_equal(take(&r, 5, 500), WG_OK);
        close_store(&r);
        mem_disk_power_loss(r.disk, MEM_DISK_KEEP_ALL, 0);
        char path[100] = DIR "/snapshots/5-3-50-45";
        strcat(path, damage[i].file);
        mem_disk_flip(r.disk, path, damage[i].offset, 2);
        assert_int_equal(open_store(&r), WG_OK);
        assert_null(wg_snapshots_latest(r.store));
        assert_int_equal(wg_snapshots_damaged_index(r.store), 5);
        assert_true(mem_disk_exists(r.disk, path));
        assert_int_equal(take(&r, 6, 500), WG_OK);
        assert_false(mem_disk_exists(r.disk, path));
        replica_free(&r);
    }
}

static void snapshot_is_not_loaded_when_damaged_while_open(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5, 500), WG_OK);
    mem_disk_flip(r.disk, DIR "/snapshots/5-3-50-45/state.bin", 444, 1);
    struct wg_state *loaded;
    assert_int_equal(wg_snapshots_load(r.store, &loaded), WG_CORRUPT);
    /* Nor sent: it would be refused at the end, and then sent all over again. */
    struct wg_snapshot_id id = id_of(5);
    struct wg_snapshot_chunk chunk;
    assert_int_equal(wg_snapshots_chunk(r.store, &id, 0, 64, &chunk), WG_CORRUPT);
    assert_int_equal(take(&r, 6, 500), WG_OK); /* the next one is sound */
    id = id_of(6);
    assert_int_equal(wg_snapshots_chunk(r.store, &id, 0, 64, &chunk), WG_OK);
    wg_buf_unref(chunk.content);
    replica_free(&r);
}

static void snapshot_is_not_sent_when_a_file_is_missing_or_cannot_be_read(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5, 500), WG_OK);
    struct wg_snapshot_id id = id_of(5);
    const uint32_t kinds[] = {MEM_DISK_OPEN, MEM_DISK_SIZE, MEM_DISK_VIEW};
    struct wg_snapshot_chunk chunk;
    for (uint32_t i = 0; i < 5; i++) { /* the check, then the piece itself */
        mem_disk_arm(r.disk, kinds[i % 3], i / 3, 1);
        assert_int_equal(wg_snapshots_chunk(r.store, &id, 0, 100, &chunk), i == 4 ? WG_OK : WG_IO);
        assert_int_equal(mem_disk_handles(r.disk), 0);
    }
    wg_buf_unref(chunk.content);
    mem_disk_arm(r.disk, 0, 0, 0);
    assert_int_equal(r.env->disk_ops->remove(r.disk, DIR "/snapshots/5-3-50-45/state.bin"), WG_OK);
    assert_int_equal(wg_snapshots_chunk(r.store, &id, 0, 100, &chunk), WG_CORRUPT);
    struct wg_state *loaded;
    assert_int_equal(wg_snapshots_load(r.store, &loaded), WG_CORRUPT);
    replica_free(&r);
}

/* An error at any operation of an open: the store does not open, and loses nothing. */
static void snapshot_is_there_after_all_when_an_open_failed(void **state) {
    (void)state;
    const uint32_t kinds = MEM_DISK_ALL | MEM_DISK_VIEW | MEM_DISK_SIZE;
    uint32_t failures = 0;
    bool hit = true;
    for (uint32_t nth = 0; hit; nth++) {
        struct replica r;
        replica_new(&r);
        assert_int_equal(take(&r, 5, 500), WG_OK);
        close_store(&r);
        mem_disk_process_ended(r.disk);
        mem_disk_arm(r.disk, kinds, nth, 1);
        wg_status status = open_store(&r);
        hit = mem_disk_ops_done(r.disk) > nth;
        assert_true(status == WG_OK || (hit && status == WG_IO));
        failures += status == WG_IO;
        mem_disk_arm(r.disk, 0, 0, 0);
        if (status != WG_OK) {
            assert_int_equal(mem_disk_handles(r.disk), 0);
            assert_int_equal(open_store(&r), WG_OK);
        }
        expect_latest(&r, 5);
        replica_free(&r);
    }
    assert_true(failures > 10);
}

/* Any byte of any file of it, and what is left is no snapshot, or the very same. */
static void snapshot_is_not_trusted_when_any_byte_is_damaged(void **state) {
    (void)state;
    static const char *const files[] = {".checksum", "/state.bin", "/zeebe.metadata"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct replica r;
        replica_new(&r);
        assert_int_equal(take(&r, 5, 300), WG_OK);
        close_store(&r);
        char path[100] = DIR "/snapshots/5-3-50-45";
        strcat(path, files[i]);
        wg_file file;
        uint64_t size;
        assert_int_equal(r.env->disk_ops->open(r.disk, path, false, &file), WG_OK);
        assert_int_equal(r.env->disk_ops->size(r.disk, file, &size), WG_OK);
        r.env->disk_ops->close(r.disk, file);
        for (uint64_t at = 0; at < size; at++) {
            mem_disk_flip(r.disk, path, at, (uint8_t)(1u << at % 7));
            assert_int_equal(open_store(&r), WG_OK);
            assert_null(wg_snapshots_latest(r.store));
            assert_int_equal(wg_snapshots_compaction_bound(r.store), 0);
            assert_int_equal(wg_snapshots_damaged_index(r.store), 5);
            close_store(&r);
            mem_disk_flip(r.disk, path, at, (uint8_t)(1u << at % 7));
        }
        assert_int_equal(open_store(&r), WG_OK);
        expect_latest(&r, 5);
        assert_int_equal(wg_snapshots_damaged_index(r.store), 0);
        replica_free(&r);
    }
}

static void snapshot_keeps_the_old_one_when_the_disk_is_full(void **state) {
    (void)state;
    struct replica r;
    replica_new(&r);
    assert_int_equal(take(&r, 5, 500), WG_OK);
    mem_disk_set_capacity(r.disk, 900);
    assert_int_equal(take(&r, 6, 500), WG_NO_SPACE);
    expect_latest(&r, 5);
    assert_false(mem_disk_exists(r.disk, DIR "/snapshots/6-3-60-54/state.bin"));
    mem_disk_set_capacity(r.disk, (uint64_t)1 << 30);
    assert_int_equal(take(&r, 6, 500), WG_OK);
    expect_latest(&r, 6);
    replica_free(&r);
}

/* --- send and receive ------------------------------------------------------------------------- */

struct pair {
    struct replica from, to;
    struct wg_snapshot_chunk chunks[64];
    uint32_t count;
};

static void pair_new(struct pair *pair, uint32_t state_bytes, uint32_t chunk_bytes) {
    replica_new(&pair->from);
    replica_new(&pair->to);
    assert_int_equal(take(&pair->from, 8, state_bytes), WG_OK);
    struct wg_snapshot_id id = id_of(8);
    pair->count = 0;
    while (wg_snapshots_chunk(pair->from.store, &id, pair->count, chunk_bytes,
                              &pair->chunks[pair->count]) == WG_OK) {
        assert_int_equal(pair->chunks[pair->count].number, pair->count);
        pair->count++;
    }
}

static void pair_free(struct pair *pair) {
    for (uint32_t i = 0; i < pair->count; i++) {
        wg_buf_unref(pair->chunks[i].content);
    }
    replica_free(&pair->to); /* its disk still holds the buffers' references until here */
    replica_free(&pair->from);
}

static wg_status receive_all(struct pair *pair) {
    struct wg_snapshot_id id = id_of(8);
    wg_status status = wg_snapshots_receive_begin(pair->to.store, &id);
    for (uint32_t i = 0; i < pair->count && status == WG_OK; i++) {
        status = wg_snapshots_receive_chunk(pair->to.store, &pair->chunks[i]);
    }
    return status == WG_OK ? wg_snapshots_receive_finish(pair->to.store) : status;
}

static void snapshot_arrives_when_cut_at_any_size(void **state) {
    (void)state;
    static const uint32_t sizes[] = {64, 100, 499, 500, 501, 1u << 30};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct pair pair;
        pair_new(&pair, 500, sizes[i]);
        assert_true(pair.chunks[pair.count - 1].last);
        assert_int_equal(receive_all(&pair), WG_OK);
        expect_latest(&pair.to, 8);
        assert_int_equal(test_env_claims(pair.to.env, WG_CLAIM_SNAPSHOT_RECEIVED), 1);
        assert_int_equal(receive_all(&pair), WG_EXISTS);
        assert_int_equal(crash(&pair.to, MEM_DISK_LOSE_ALL, 0), WG_OK);
        expect_latest(&pair.to, 8);
        pair_free(&pair);
    }
}

static void snapshot_has_no_chunk_when_id_is_gone(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 100);
    struct wg_snapshot_id id = id_of(8);
    struct wg_snapshot_chunk chunk;
    assert_int_equal(wg_snapshots_chunk(pair.from.store, &id, pair.count, 100, &chunk),
                     WG_NOT_FOUND);
    assert_int_equal(take(&pair.from, 9, 500), WG_OK);
    assert_int_equal(wg_snapshots_chunk(pair.from.store, &id, 0, 100, &chunk), WG_NOT_FOUND);
    pair_free(&pair);
}

static void snapshot_goes_on_when_a_chunk_comes_twice_or_out_of_order(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 100);
    struct wg_snapshot_id id = id_of(8);
    struct wg_snapshots *to = pair.to.store;
    assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[0]), WG_INVALID);
    assert_int_equal(wg_snapshots_receive_begin(to, &id), WG_OK);
    for (uint32_t i = 0; i < pair.count; i++) {
        if (i + 1 < pair.count) {
            assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[i + 1]), WG_GAP);
        }
        assert_int_equal(wg_snapshots_receive_finish(to), WG_INVALID);
        assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[i]), WG_OK);
        assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[i]), WG_OK);
        if (i > 0) {
            assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[i - 1]), WG_GAP);
        }
    }
    assert_int_equal(wg_snapshots_receive_finish(to), WG_OK);
    expect_latest(&pair.to, 8);
    pair_free(&pair);
}

static void snapshot_is_refused_when_a_chunk_is_wrong(void **state) {
    (void)state;
    for (int fault = 0; fault < 9; fault++) {
        struct pair pair;
        pair_new(&pair, 500, 100);
        struct wg_snapshot_id id = id_of(8);
        struct wg_snapshots *to = pair.to.store;
        assert_int_equal(wg_snapshots_receive_begin(to, &id), WG_OK);
        assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[0]), WG_OK);
        assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[1]), WG_OK);
        struct wg_snapshot_chunk bad = pair.chunks[2];
        bad.chunk_checksum += fault == 0;
        bad.offset += fault == 1;
        bad.total_files += fault == 2;
        bad.snapshot_checksum += fault == 3;
        bad.file_bytes += fault == 4;
        bad.last = fault == 5;
        bad.id.term += fault == 6;
        if (fault == 7) {
            strcpy(bad.file, "../x");
        } else if (fault == 8) {
            strcpy(bad.file, "other");
        }
        wg_status status = wg_snapshots_receive_chunk(to, &bad);
        assert_int_equal(status, fault == 6 ? WG_INVALID : WG_CORRUPT);
        for (uint32_t i = 2; i < pair.count; i++) { /* the right one still goes */
            assert_int_equal(wg_snapshots_receive_chunk(to, &pair.chunks[i]), WG_OK);
        }
        assert_int_equal(wg_snapshots_receive_finish(to), WG_OK);
        expect_latest(&pair.to, 8);
        pair_free(&pair);
    }
}

static void snapshot_is_refused_when_the_whole_does_not_fit(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 100);
    for (uint32_t i = 0; i < pair.count; i++) {
        pair.chunks[i].snapshot_checksum ^= 1;
    }
    assert_int_equal(receive_all(&pair), WG_CORRUPT);
    assert_null(wg_snapshots_latest(pair.to.store));
    for (uint32_t i = 0; i < pair.count; i++) {
        pair.chunks[i].snapshot_checksum ^= 1;
    }
    assert_int_equal(receive_all(&pair), WG_OK); /* begin aborts the pending one */
    expect_latest(&pair.to, 8);
    pair_free(&pair);
}

static void snapshot_pending_is_gone_when_aborted_or_reopened(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 100);
    struct wg_snapshot_id id = id_of(8);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(wg_snapshots_receive_begin(pair.to.store, &id), WG_OK);
        assert_int_equal(wg_snapshots_receive_chunk(pair.to.store, &pair.chunks[0]), WG_OK);
        assert_true(mem_disk_exists(pair.to.disk, DIR "/pending/8-3-80-72/state.bin"));
        if (round == 0) {
            wg_snapshots_receive_abort(pair.to.store);
        } else {
            assert_int_equal(crash(&pair.to, MEM_DISK_KEEP_ALL, 0), WG_OK);
        }
        assert_false(mem_disk_exists(pair.to.disk, DIR "/pending/8-3-80-72/state.bin"));
        assert_int_equal(wg_snapshots_receive_chunk(pair.to.store, &pair.chunks[1]), WG_INVALID);
    }
    assert_int_equal(receive_all(&pair), WG_OK);
    pair_free(&pair);
}

static void snapshot_keeps_newer_own_one_when_received_late(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 100);
    struct wg_snapshot_id id = id_of(8);
    assert_int_equal(wg_snapshots_receive_begin(pair.to.store, &id), WG_OK);
    for (uint32_t i = 0; i < pair.count; i++) {
        assert_int_equal(wg_snapshots_receive_chunk(pair.to.store, &pair.chunks[i]), WG_OK);
    }
    assert_int_equal(take(&pair.to, 9, 50), WG_OK);
    assert_int_equal(wg_snapshots_receive_finish(pair.to.store), WG_OK);
    expect_latest(&pair.to, 9);
    assert_int_equal(test_env_claims(pair.to.env, WG_CLAIM_SNAPSHOT_RECEIVED), 0);
    pair_free(&pair);
}

static void snapshot_survives_when_receiver_crashes_at_any_operation(void **state) {
    (void)state;
    bool crashed = true;
    for (uint32_t nth = 0; crashed; nth++) {
        for (uint64_t seed = 0; seed < 6; seed++) {
            struct pair pair;
            pair_new(&pair, 1500, 600);
            assert_int_equal(take(&pair.to, 5, 700), WG_OK);
            mem_disk_arm(pair.to.disk, MEM_DISK_ALL, nth, UINT32_MAX);
            bool received = receive_all(&pair) == WG_OK;
            crashed = mem_disk_ops_done(pair.to.disk) > nth;
            enum mem_disk_survival survival =
                seed > 2 ? MEM_DISK_TEAR : (enum mem_disk_survival)seed;
            assert_int_equal(crash(&pair.to, survival, nth * 31 + seed), WG_OK);
            wg_index found = wg_snapshots_latest(pair.to.store)->index;
            assert_true(found == 8 || (found == 5 && !received));
            expect_latest(&pair.to, found);
            wg_status again = receive_all(&pair);
            assert_int_equal(again, found == 8 ? WG_EXISTS : WG_OK);
            expect_latest(&pair.to, 8);
            pair_free(&pair);
        }
    }
}

static void snapshot_copies_chunks_when_sharing_is_off(void **state) {
    (void)state;
    struct pair pair;
    pair_new(&pair, 500, 1000);
    uint32_t refs = pair.chunks[0].content->refs;
    pair.to.env->flags = WG_ENV_NO_SHARED_BYTES;
    assert_int_equal(receive_all(&pair), WG_OK);
    assert_int_equal(pair.chunks[0].content->refs, refs);
    expect_latest(&pair.to, 8);
    pair_free(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_orders_without_term_when_compared),
        cmocka_unit_test(snapshot_is_loaded_when_persisted_and_reopened),
        cmocka_unit_test(snapshot_writes_positions_when_persisted),
        cmocka_unit_test(snapshot_is_refused_when_not_newer),
        cmocka_unit_test(snapshot_survives_when_crashed_at_any_operation),
        cmocka_unit_test(snapshot_is_retried_when_any_operation_fails_once),
        cmocka_unit_test(snapshot_falls_back_when_the_highest_is_damaged),
        cmocka_unit_test(snapshot_is_ignored_but_kept_when_the_only_one_is_damaged),
        cmocka_unit_test(snapshot_is_not_loaded_when_damaged_while_open),
        cmocka_unit_test(snapshot_is_not_sent_when_a_file_is_missing_or_cannot_be_read),
        cmocka_unit_test(snapshot_is_there_after_all_when_an_open_failed),
        cmocka_unit_test(snapshot_is_not_trusted_when_any_byte_is_damaged),
        cmocka_unit_test(snapshot_keeps_the_old_one_when_the_disk_is_full),
        cmocka_unit_test(snapshot_arrives_when_cut_at_any_size),
        cmocka_unit_test(snapshot_has_no_chunk_when_id_is_gone),
        cmocka_unit_test(snapshot_goes_on_when_a_chunk_comes_twice_or_out_of_order),
        cmocka_unit_test(snapshot_is_refused_when_a_chunk_is_wrong),
        cmocka_unit_test(snapshot_is_refused_when_the_whole_does_not_fit),
        cmocka_unit_test(snapshot_pending_is_gone_when_aborted_or_reopened),
        cmocka_unit_test(snapshot_keeps_newer_own_one_when_received_late),
        cmocka_unit_test(snapshot_survives_when_receiver_crashes_at_any_operation),
        cmocka_unit_test(snapshot_copies_chunks_when_sharing_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
