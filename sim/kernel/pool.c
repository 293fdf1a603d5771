/* Size-class allocator of a run.
 *
 * Classes: every 16 bytes up to 1 KiB, then four per doubling up to 1 MiB (at most a fifth is
 * wasted). A block comes from its class's free list, else from the chunk in use; what is left of a
 * chunk that is too short is cut into free blocks, so nothing is lost. Bigger blocks are malloc'ed
 * one by one and kept in a list, so that a reset finds them.
 *
 * Invariants: a block on a free list belongs to that class; chunks before `chunk_in_use` are carved
 * up, later ones are untouched since the last reset. Under AddressSanitizer everything takes the
 * way of big blocks, so that use after release and wrong sizes are found. */
#include "sim/kernel/pool.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)
#define GRAIN 16u
#define FINE_MAX 1024u
#define FINE_CLASSES (FINE_MAX / GRAIN + 1) /* class 0 is unused */
#define CLASSES (FINE_CLASSES + 40)
#define CLASS_MAX CHUNK_BYTES

#if defined(__SANITIZE_ADDRESS__)
#define EVERY_BLOCK_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVERY_BLOCK_ALONE 1
#endif
#endif
#ifndef EVERY_BLOCK_ALONE
#define EVERY_BLOCK_ALONE 0
#endif

struct free_block {
    struct free_block *next;
};

/* Precedes a block of its own; 32 bytes keep the block aligned. */
struct big_block {
    struct big_block *next, *prev;
    size_t size;
    size_t unused;
};

struct sim_pool {
    struct free_block *free_blocks[CLASSES];
    uint8_t *at, *end; /* the rest of the chunk in use */
    uint8_t **chunks;
    size_t chunk_count, chunk_in_use; /* chunk_in_use counts those begun */
    struct big_block bigs;            /* ring */
    size_t live, peak, big_bytes;
    int pattern;
};

static void *must(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static inline size_t class_of(size_t size) {
    if (size <= FINE_MAX) {
        return (size + GRAIN - 1 + (size == 0)) / GRAIN;
    }
    size_t last = size - 1;
    unsigned top = 63u - (unsigned)__builtin_clzll(last);
    return FINE_CLASSES + (top - 10) * 4 + ((last >> (top - 2)) & 3);
}

static inline size_t class_bytes(size_t class) {
    if (class < FINE_CLASSES) {
        return class * GRAIN;
    }
    size_t coarse = class - FINE_CLASSES;
    return (5 + coarse % 4) << (coarse / 4 + 8);
}

struct sim_pool *sim_pool_new(void) {
    struct sim_pool *pool = must(calloc(1, sizeof *pool));
    pool->bigs.next = &pool->bigs;
    pool->bigs.prev = &pool->bigs;
    pool->pattern = -1;
    return pool;
}

static void free_bigs(struct sim_pool *pool) {
    struct big_block *big = pool->bigs.next;
    while (big != &pool->bigs) {
        struct big_block *next = big->next;
        free(big);
        big = next;
    }
    pool->bigs.next = &pool->bigs;
    pool->bigs.prev = &pool->bigs;
    pool->big_bytes = 0;
}

void sim_pool_free(struct sim_pool *pool) {
    if (pool == NULL) {
        return;
    }
    free_bigs(pool);
    for (size_t i = 0; i < pool->chunk_count; i++) {
        free(pool->chunks[i]);
    }
    free(pool->chunks);
    free(pool);
}

void sim_pool_reset_keep_memory(struct sim_pool *pool) {
    free_bigs(pool);
    memset(pool->free_blocks, 0, sizeof pool->free_blocks);
    pool->at = NULL;
    pool->end = NULL;
    pool->chunk_in_use = 0;
    pool->live = 0;
    pool->peak = 0;
}

/* Cuts the rest of the chunk in use into free blocks, the biggest first. */
static void carve_rest(struct sim_pool *pool) {
    while (pool->end - pool->at >= (ptrdiff_t)GRAIN) {
        size_t left = (size_t)(pool->end - pool->at);
        size_t class = class_of(left);
        if (class_bytes(class) > left) {
            class--;
        }
        struct free_block *block = (struct free_block *)(void *)pool->at;
        block->next = pool->free_blocks[class];
        pool->free_blocks[class] = block;
        pool->at += class_bytes(class);
    }
}

static void next_chunk(struct sim_pool *pool) {
    carve_rest(pool);
    if (pool->chunk_in_use == pool->chunk_count) {
        size_t bytes = (pool->chunk_count + 1) * sizeof *pool->chunks;
        pool->chunks = must(realloc(pool->chunks, bytes));
        pool->chunks[pool->chunk_count++] = must(malloc(CHUNK_BYTES));
    }
    pool->at = pool->chunks[pool->chunk_in_use++];
    pool->end = pool->at + CHUNK_BYTES;
}

static void *carve(struct sim_pool *pool, size_t bytes) {
    if ((size_t)(pool->end - pool->at) < bytes) {
        next_chunk(pool);
    }
    void *block = pool->at;
    pool->at += bytes;
    return block;
}

static void *big_alloc(struct sim_pool *pool, size_t size) {
    struct big_block *big = must(malloc(sizeof *big + size));
    big->size = size;
    big->next = pool->bigs.next;
    big->prev = &pool->bigs;
    big->next->prev = big;
    pool->bigs.next = big;
    pool->big_bytes += sizeof *big + size;
    return big + 1;
}

static void big_release(struct sim_pool *pool, void *ptr, size_t size) {
    struct big_block *big = (struct big_block *)ptr - 1;
    if (big->size != size) {
        abort(); /* the caller gave back another size than it asked for */
    }
    big->next->prev = big->prev;
    big->prev->next = big->next;
    pool->big_bytes -= sizeof *big + size;
    free(big);
}

/* Whatever is not the first block of a free list. */
static void *__attribute__((noinline)) alloc_otherwise(struct sim_pool *pool, size_t size) {
    void *block = NULL;
    if (EVERY_BLOCK_ALONE || size > CLASS_MAX) {
        block = big_alloc(pool, size);
    } else {
        size_t class = class_of(size);
        struct free_block *free_block = pool->free_blocks[class];
        if (free_block != NULL) {
            pool->free_blocks[class] = free_block->next;
            block = free_block;
        } else {
            block = carve(pool, class_bytes(class));
        }
    }
    if (pool->pattern >= 0) {
        memset(block, pool->pattern, size);
    }
    return block;
}

void *sim_pool_alloc(struct sim_pool *pool, size_t size) {
    pool->live += size;
    pool->peak = pool->live > pool->peak ? pool->live : pool->peak;
    if (!EVERY_BLOCK_ALONE && size <= CLASS_MAX && pool->pattern < 0) {
        struct free_block **list = &pool->free_blocks[class_of(size)];
        struct free_block *block = *list;
        if (block != NULL) {
            *list = block->next;
            return block;
        }
    }
    return alloc_otherwise(pool, size);
}

void sim_pool_release(struct sim_pool *pool, void *ptr, size_t size) {
    if (ptr == NULL) {
        return;
    }
    pool->live -= size;
    if (EVERY_BLOCK_ALONE || size > CLASS_MAX) {
        big_release(pool, ptr, size);
        return;
    }
    size_t class = class_of(size);
    struct free_block *block = ptr;
    block->next = pool->free_blocks[class];
    pool->free_blocks[class] = block;
}

void sim_pool_set_pattern(struct sim_pool *pool, int pattern) { pool->pattern = pattern; }

struct sim_pool_stats sim_pool_stats(const struct sim_pool *pool) {
    struct sim_pool_stats stats = {pool->live, pool->peak,
                                   pool->chunk_count * CHUNK_BYTES + pool->big_bytes};
    return stats;
}
