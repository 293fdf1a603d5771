/* The pool: blocks never overlap, memory is used again, accounts balance. */
#include "world_env.h"

#include "sim/kernel/pool.h"

#define BLOCKS 500u

struct block {
    uint8_t *memory;
    size_t size;
    uint8_t mark;
};

static size_t random_size(uint64_t *random) {
    size_t size = (size_t)(test_random(random) >> (43 + test_below(random, 21)));
    return size % (3u << 20);
}

static void check_and_release(struct sim_pool *pool, struct block *block) {
    for (size_t i = 0; i < block->size; i += 1 + i / 8) {
        assert_int_equal(block->memory[i], block->mark);
    }
    sim_pool_release(pool, block->memory, block->size);
    block->memory = NULL;
}

static void churn(struct sim_pool *pool, uint64_t seed) {
    struct block *blocks = calloc(BLOCKS, sizeof *blocks);
    assert_non_null(blocks);
    uint64_t random = seed;
    size_t live = 0;
    for (uint32_t step = 0; step < 8000; step++) {
        struct block *block = &blocks[test_below(&random, BLOCKS)];
        if (block->memory != NULL) {
            live -= block->size;
            check_and_release(pool, block);
        } else {
            block->size = step % 50 == 0 ? random_size(&random) : test_below(&random, 3000);
            block->mark = (uint8_t)step;
            block->memory = sim_pool_alloc(pool, block->size);
            assert_int_equal((uintptr_t)block->memory % 16, 0);
            memset(block->memory, block->mark, block->size);
            live += block->size;
        }
        struct sim_pool_stats stats = sim_pool_stats(pool);
        assert_int_equal(stats.live_bytes, live);
        assert_true(stats.peak_bytes >= live && stats.reserved_bytes >= live);
    }
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].memory != NULL) {
            check_and_release(pool, &blocks[i]);
        }
    }
    assert_int_equal(sim_pool_stats(pool).live_bytes, 0);
    free(blocks);
}

static void test_churn(void **state) {
    (void)state;
    struct sim_pool *pool = sim_pool_new();
    for (uint64_t seed = 1; seed < 5; seed++) {
        churn(pool, seed);
    }
    sim_pool_free(pool);
    sim_pool_free(NULL);
}

static void test_steady_state_reserves_nothing(void **state) {
    (void)state;
    struct sim_pool *pool = sim_pool_new();
    size_t reserved = 0;
    for (int round = 0; round < 1000; round++) {
        void *a = sim_pool_alloc(pool, 100);
        void *b = sim_pool_alloc(pool, 20000);
        if (round == 1) {
            reserved = sim_pool_stats(pool).reserved_bytes;
        }
        sim_pool_release(pool, a, 100);
        sim_pool_release(pool, b, 20000);
    }
    void *c = sim_pool_alloc(pool, 20000);
    assert_true(sim_pool_stats(pool).reserved_bytes <= (reserved > 0 ? reserved : 1));
    sim_pool_release(pool, c, 20000);
    sim_pool_release(pool, NULL, 77);
    sim_pool_free(pool);
}

static void test_reset_keeps_memory(void **state) {
    (void)state;
    struct sim_pool *pool = sim_pool_new();
    size_t reserved = 0;
    for (int run = 0; run < 5; run++) {
        for (size_t i = 0; i < 3000; i++) {
            memset(sim_pool_alloc(pool, i % 900), 1, i % 900); /* given back by the reset */
        }
        size_t now = sim_pool_stats(pool).reserved_bytes;
        reserved = run == 0 ? now : reserved;
        assert_int_equal(now, reserved);
        assert_true(sim_pool_stats(pool).peak_bytes > 1000000);
        sim_pool_reset_keep_memory(pool);
        assert_int_equal(sim_pool_stats(pool).live_bytes, 0);
    }
    sim_pool_free(pool);
}

static void test_pattern(void **state) {
    (void)state;
    struct sim_pool *pool = sim_pool_new();
    sim_pool_set_pattern(pool, 0xA5);
    for (int round = 0; round < 2; round++) {
        uint8_t *memory = sim_pool_alloc(pool, 333);
        for (int i = 0; i < 333; i++) {
            assert_int_equal(memory[i], 0xA5);
        }
        memset(memory, 0, 333);
        sim_pool_release(pool, memory, 333);
    }
    sim_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_steady_state_reserves_nothing),
        cmocka_unit_test(test_reset_keeps_memory),
        cmocka_unit_test(test_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
