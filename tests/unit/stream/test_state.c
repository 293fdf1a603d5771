/* The state store against a sorted array that does everything the slow and obvious way. */
#include "lib/test_env.h"
#include "unit/stream/rng.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "seams/exporter_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 4096
#define KEY_MAX 24

struct model_row {
    uint8_t cf;
    uint32_t key_len, value_len;
    uint8_t key[KEY_MAX], value[KEY_MAX];
};

struct model {
    uint32_t count;
    struct model_row rows[ROWS_MAX];
};

static int compare_rows(const struct model_row *a, const struct model_row *b) {
    if (a->cf != b->cf) {
        return a->cf < b->cf ? -1 : 1;
    }
    uint32_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = memcmp(a->key, b->key, shorter);
    return order != 0 ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* Index of the first row >= `row`. */
static uint32_t lower_bound(const struct model *model, const struct model_row *row) {
    uint32_t i = 0;
    while (i < model->count && compare_rows(&model->rows[i], row) < 0) {
        i++;
    }
    return i;
}

static void model_put(struct model *model, const struct model_row *row) {
    uint32_t i = lower_bound(model, row);
    if (i == model->count || compare_rows(&model->rows[i], row) != 0) {
        assert_true(model->count < ROWS_MAX);
        memmove(&model->rows[i + 1], &model->rows[i], (model->count - i) * sizeof *row);
        model->count++;
    }
    model->rows[i] = *row;
}

static bool model_remove(struct model *model, const struct model_row *row) {
    uint32_t i = lower_bound(model, row);
    if (i == model->count || compare_rows(&model->rows[i], row) != 0) {
        return false;
    }
    model->count--;
    memmove(&model->rows[i], &model->rows[i + 1], (model->count - i) * sizeof *row);
    return true;
}

static struct wg_bytes key_of(const struct model_row *row) {
    return wg_bytes_of(row->key, row->key_len);
}
static struct wg_bytes value_of(const struct model_row *row) {
    return wg_bytes_of(row->value, row->value_len);
}

static void assert_same(const struct wg_state *state, const struct model *model) {
    uint64_t bytes = 0;
    uint32_t seen = 0;
    for (uint32_t cf = 0; cf < 256; cf++) {
        uint8_t key[WG_STATE_MAX_KEY];
        uint32_t len = 0;
        struct wg_bytes value;
        struct wg_bytes none = {NULL, 0};
        while (wg_state_next(state, (uint8_t)cf, none, wg_bytes_of(key, len), false, key, &len,
                             &value)) {
            const struct model_row *row = &model->rows[seen];
            assert_true(seen < model->count);
            assert_int_equal(row->cf, cf);
            assert_true(wg_bytes_equal(key_of(row), wg_bytes_of(key, len)));
            assert_true(wg_bytes_equal(value_of(row), value));
            bytes += (uint64_t)len + value.len;
            seen++;
        }
    }
    assert_int_equal(seen, model->count);
    assert_int_equal(wg_state_rows(state), model->count);
    assert_int_equal(wg_state_bytes(state), bytes);
}

static uint64_t hash_of(struct wg_env *env, const struct model *model) {
    struct wg_state *state = wg_state_new(env);
    for (uint32_t i = model->count; i > 0; i--) { /* another order than the one under test */
        const struct model_row *row = &model->rows[i - 1];
        wg_state_put(state, row->cf, key_of(row), value_of(row));
    }
    uint64_t hash = wg_state_hash(state);
    wg_state_free(state);
    return hash;
}

static void random_row(uint64_t *seed, struct model_row *row) {
    static const uint8_t families[] = {WG_CF_META, WG_CF_JOB, WG_CF_VARIABLE, WG_CF_EXPORTER};
    memset(row, 0, sizeof *row);
    row->cf = families[rng_below(seed, 4)];
    if (rng_below(seed, 2) == 0) {
        row->key_len = 8; /* a number */
        wg_state_key_u64(row->key, rng_below(seed, 700));
    } else { /* short keys with common prefixes and zero bytes */
        row->key_len = 1 + rng_below(seed, KEY_MAX - 1);
        for (uint32_t i = 0; i < row->key_len; i++) {
            row->key[i] = (uint8_t)(rng_below(seed, 12) == 0 ? 1 : 0);
        }
    }
    row->value_len = rng_below(seed, KEY_MAX);
    for (uint32_t i = 0; i < row->value_len; i++) {
        row->value[i] = (uint8_t)rng_below(seed, 256);
    }
}

static void change_both(uint64_t *seed, struct wg_state *state, struct model *model,
                        uint32_t put_weight) {
    struct model_row row;
    struct wg_bytes value;
    random_row(seed, &row);
    uint32_t at = lower_bound(model, &row);
    bool known = at < model->count && compare_rows(&model->rows[at], &row) == 0;
    assert_int_equal(wg_state_get(state, row.cf, key_of(&row), &value), known);
    if (known) {
        assert_true(wg_bytes_equal(value, value_of(&model->rows[at])));
    }
    if (rng_below(seed, 10) < put_weight) {
        wg_state_put(state, row.cf, key_of(&row), value_of(&row));
        model_put(model, &row);
    } else {
        bool removed = wg_state_remove(state, row.cf, key_of(&row));
        assert_int_equal(removed, model_remove(model, &row));
    }
}

static void transact_both(uint64_t *seed, struct wg_state *state, struct model *model,
                          struct model *before, uint32_t put_weight) {
    uint64_t hash = wg_state_hash(state);
    *before = *model;
    wg_state_begin(state);
    for (uint32_t i = rng_below(seed, 40); i > 0; i--) {
        change_both(seed, state, model, put_weight);
    }
    if (rng_below(seed, 2) == 0) {
        wg_state_commit(state);
        return;
    }
    wg_state_rollback(state);
    *model = *before;
    assert_int_equal(wg_state_hash(state), hash);
}

static void assert_checkpoint(struct wg_env *env, struct wg_state_checkpoint *checkpoint,
                              const struct model *model) {
    struct wg_buf *bytes = wg_state_checkpoint_encode(checkpoint);
    struct wg_state *copy;
    assert_int_equal(wg_state_decode(env, wg_bytes_of(bytes->bytes, bytes->len), &copy),
                     WG_OK);
    assert_same(copy, model);
    assert_int_equal(wg_state_hash(copy), hash_of(env, model));
    struct wg_state_checkpoint *again = wg_state_checkpoint_take(copy);
    struct wg_buf *same = wg_state_checkpoint_encode(again);
    assert_int_equal(same->len, bytes->len);
    assert_memory_equal(same->bytes, bytes->bytes, bytes->len);
    wg_buf_unref(same);
    wg_buf_unref(bytes);
    wg_state_free(copy); /* a checkpoint outlives its state */
    wg_state_checkpoint_free(again);
    wg_state_checkpoint_free(checkpoint);
}

static void run_random(uint64_t seed) {
    struct wg_env *env = test_env_new();
    struct wg_state *state = wg_state_new(env);
    struct model *model = calloc(3, sizeof *model);
    assert_non_null(model);
    struct model *at_checkpoint = model + 1;
    struct wg_state_checkpoint *checkpoint = NULL;
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t put_weight = round % 100 < 60 ? 8 : 2; /* grow, then shrink */
        transact_both(&seed, state, model, model + 2, put_weight);
        change_both(&seed, state, model, put_weight);
        if (checkpoint == NULL && rng_below(&seed, 20) == 0) {
            checkpoint = wg_state_checkpoint_take(state);
            *at_checkpoint = *model;
        } else if (checkpoint != NULL && rng_below(&seed, 20) == 0) {
            assert_checkpoint(env, checkpoint, at_checkpoint);
            checkpoint = NULL;
        }
        if (round % 25 == 0) {
            assert_same(state, model);
            assert_int_equal(wg_state_hash(state), hash_of(env, model));
        }
    }
    wg_state_checkpoint_free(checkpoint);
    wg_state_free(state);
    free(model);
    test_env_free(env);
}

static void state_equals_a_sorted_array_when_changed_at_random(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run_random(seed * 7919);
    }
}

static void state_scans_only_the_prefix(void **unused) {
    (void)unused;
    struct wg_env *env = test_env_new();
    struct wg_state *state = wg_state_new(env);
    const char *keys[] = {"a", "ab", "abc", "abd", "ac", "b"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        wg_state_put(state, WG_CF_JOB, wg_bytes_str(keys[i]), wg_bytes_str(keys[i]));
    }
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len = 0;
    struct wg_bytes value;
    const char *expected[] = {"ab", "abc", "abd"};
    struct wg_bytes none = {NULL, 0};
    for (size_t i = 0; i < 3; i++) {
        struct wg_bytes after = i == 0 ? none : wg_bytes_of(key, len);
        assert_true(wg_state_next(state, WG_CF_JOB, wg_bytes_str("ab"), after, i == 0, key, &len,
                                  &value));
        assert_true(wg_bytes_equal(value, wg_bytes_str(expected[i])));
    }
    assert_false(wg_state_next(state, WG_CF_JOB, wg_bytes_str("ab"), wg_bytes_of(key, len), false,
                               key, &len, &value));
    wg_state_free(state);
    test_env_free(env);
}

static void state_file_refuses_every_damaged_byte(void **unused) {
    (void)unused;
    struct wg_env *env = test_env_new();
    struct wg_state *state = wg_state_new(env);
    wg_state_set_last_processed(state, 42);
    wg_state_put(state, WG_CF_JOB, wg_bytes_str("key"), wg_bytes_str("value"));
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(state);
    struct wg_buf *bytes = wg_state_checkpoint_encode(checkpoint);
    struct wg_state *copy = NULL;
    for (uint32_t i = 0; i < bytes->len; i++) {
        bytes->bytes[i] ^= 0x10;
        assert_int_not_equal(
            wg_state_decode(env, wg_bytes_of(bytes->bytes, bytes->len), &copy), WG_OK);
        bytes->bytes[i] ^= 0x10;
        assert_int_not_equal(wg_state_decode(env, wg_bytes_of(bytes->bytes, i), &copy),
                             WG_OK);
    }
    assert_int_equal(wg_state_decode(env, wg_bytes_of(bytes->bytes, bytes->len), &copy),
                     WG_OK);
    assert_int_equal(wg_state_last_processed(copy), 42);
    wg_state_free(copy);
    wg_buf_unref(bytes);
    wg_state_checkpoint_free(checkpoint);
    wg_state_free(state);
    test_env_free(env);
}

/* The checksum file of a snapshot holds the CRC32C of the state file as a whole. */
static void state_files_differ_in_the_checksum_of_the_whole(void **unused) {
    (void)unused;
    struct wg_env *env = test_env_new();
    uint32_t whole[2];
    for (uint32_t i = 0; i < 2; i++) {
        struct wg_state *state = wg_state_new(env);
        wg_state_set_last_processed(state, 42 + (wg_position)i);
        struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(state);
        struct wg_buf *bytes = wg_state_checkpoint_encode(checkpoint);
        whole[i] = wg_crc32c(0, bytes->bytes, bytes->len);
        wg_buf_unref(bytes);
        wg_state_checkpoint_free(checkpoint);
        wg_state_free(state);
    }
    assert_int_not_equal(whole[0], whole[1]);
    test_env_free(env);
}

static void state_hash_leaves_out_exporter_rows(void **unused) {
    (void)unused;
    struct wg_env *env = test_env_new();
    struct wg_state *state = wg_state_new(env);
    wg_state_set_last_processed(state, 7);
    uint64_t hash = wg_state_hash(state);
    struct wg_exporter_row row = {.position = 99, .metadata_version = 3,
                                  .metadata = wg_bytes_str("m")};
    assert_int_equal(wg_exporter_rows_lowest(state), WG_POSITION_MAX);
    wg_exporter_row_put(state, "elastic", &row);
    row.position = WG_POSITION_NONE;
    row.metadata = wg_bytes_of(NULL, 0);
    wg_exporter_row_put(state, "mine", &row);
    assert_int_equal(wg_state_hash(state), hash);
    assert_int_equal(wg_exporter_rows_lowest(state), WG_POSITION_NONE);
    assert_true(wg_exporter_row_get(state, "elastic", &row));
    assert_int_equal(row.position, 99);
    assert_int_equal(row.metadata_version, 3);
    assert_true(wg_bytes_equal(row.metadata, wg_bytes_str("m")));
    assert_true(wg_exporter_row_remove(state, "mine"));
    assert_false(wg_exporter_row_remove(state, "mine"));
    assert_int_equal(wg_exporter_rows_lowest(state), 99);
    wg_state_free(state);
    test_env_free(env);
}

static void state_holds_no_more_memory_in_steady_state(void **unused) {
    (void)unused;
    struct wg_env *env = test_env_new();
    struct wg_state *state = wg_state_new(env);
    size_t most = 0; /* at the end of one life of all rows, and then of others */
    for (uint32_t i = 0; i < 20000; i++) {
        uint8_t key[8];
        wg_state_begin(state);
        wg_state_key_u64(key, i);
        wg_state_put(state, WG_CF_JOB, wg_bytes_of(key, 8), wg_bytes_str("a row of some length"));
        if (i >= 500) {
            wg_state_key_u64(key, i - 500);
            assert_true(wg_state_remove(state, WG_CF_JOB, wg_bytes_of(key, 8)));
        }
        wg_state_commit(state);
        if (i == 2000) {
            most = test_env_leaked(env) + test_env_leaked(env) / 4; /* pages are more or less full */
        }
        assert_true(i <= 2000 || test_env_leaked(env) <= most);
    }
    wg_state_free(state);
    test_env_free(env);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_equals_a_sorted_array_when_changed_at_random),
        cmocka_unit_test(state_scans_only_the_prefix),
        cmocka_unit_test(state_file_refuses_every_damaged_byte),
        cmocka_unit_test(state_files_differ_in_the_checksum_of_the_whole),
        cmocka_unit_test(state_hash_leaves_out_exporter_rows),
        cmocka_unit_test(state_holds_no_more_memory_in_steady_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
