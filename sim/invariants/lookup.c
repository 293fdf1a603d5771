/* A hash map and a sorted list of terms (see lookup.h). */
#include "sim/invariants/lookup.h"

#include "sim/invariants/grow.h"

#include <stdlib.h>
#include <string.h>

static uint32_t home_of(const struct judge_map *map, uint64_t key) {
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (map->cap - 1);
}

static uint32_t find(const struct judge_map *map, uint64_t key) {
    uint32_t i = home_of(map, key);
    while (map->used[i] && map->slots[2 * (size_t)i] != key) {
        i = (i + 1) & (map->cap - 1);
    }
    return i;
}

static void rehash(struct judge_map *map) {
    struct judge_map old = *map;
    map->cap = old.cap == 0 ? 16 : old.cap * 2;
    map->slots = judge_alloc(2 * (size_t)map->cap * sizeof *map->slots);
    map->used = judge_alloc(map->cap);
    for (uint32_t i = 0; i < old.cap; i++) {
        if (old.used[i]) {
            uint32_t to = find(map, old.slots[2 * (size_t)i]);
            map->used[to] = 1;
            memcpy(&map->slots[2 * (size_t)to], &old.slots[2 * (size_t)i], 2 * sizeof *map->slots);
        }
    }
    free(old.slots);
    free(old.used);
}

void judge_map_put(struct judge_map *map, uint64_t key, uint64_t value) {
    if (2 * (map->count + 1) > map->cap) {
        rehash(map);
    }
    uint32_t i = find(map, key);
    map->count += map->used[i] ? 0 : 1;
    map->used[i] = 1;
    map->slots[2 * (size_t)i] = key;
    map->slots[2 * (size_t)i + 1] = value;
}

bool judge_map_get(const struct judge_map *map, uint64_t key, uint64_t *ret_value) {
    if (map->cap == 0) {
        return false;
    }
    uint32_t i = find(map, key);
    if (map->used[i]) {
        *ret_value = map->slots[2 * (size_t)i + 1];
    }
    return map->used[i] != 0;
}

/* Closes the hole so that no probe sequence is cut. */
static void close_hole(struct judge_map *map, uint32_t hole) {
    uint32_t mask = map->cap - 1;
    for (uint32_t i = (hole + 1) & mask; map->used[i]; i = (i + 1) & mask) {
        uint32_t home = home_of(map, map->slots[2 * (size_t)i]);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            memcpy(&map->slots[2 * (size_t)hole], &map->slots[2 * (size_t)i],
                   2 * sizeof *map->slots);
            hole = i;
        }
    }
    map->used[hole] = 0;
}

bool judge_map_remove(struct judge_map *map, uint64_t key) {
    if (map->cap == 0) {
        return false;
    }
    uint32_t i = find(map, key);
    if (!map->used[i]) {
        return false;
    }
    map->count--;
    close_hole(map, i);
    return true;
}

void judge_map_free(struct judge_map *map) {
    free(map->slots);
    free(map->used);
    memset(map, 0, sizeof *map);
}

uint64_t judge_terms_first(struct judge_terms *terms, uint64_t term, uint64_t value) {
    uint32_t at = terms->count;
    while (at > 0 && terms->items[at - 1].term > term) {
        at--;
    }
    if (at > 0 && terms->items[at - 1].term == term) {
        return terms->items[at - 1].value;
    }
    if (terms->count == terms->cap) {
        terms->cap = terms->cap == 0 ? 8 : terms->cap * 2;
        terms->items = judge_realloc(terms->items, terms->cap * sizeof *terms->items);
    }
    memmove(&terms->items[at + 1], &terms->items[at], (terms->count - at) * sizeof *terms->items);
    terms->items[at] = (struct judge_term){term, value};
    terms->count++;
    return value;
}

void judge_terms_free(struct judge_terms *terms) {
    free(terms->items);
    memset(terms, 0, sizeof *terms);
}
