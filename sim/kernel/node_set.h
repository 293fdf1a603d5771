/* A fixed set of nodes (brokers and clients), passed by value. 0 = empty: a zeroed struct is one. */
#ifndef SIM_KERNEL_NODE_SET_H
#define SIM_KERNEL_NODE_SET_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_NODE_SET_WORDS 2u
#define SIM_NODES_MAX (64u * SIM_NODE_SET_WORDS)

struct sim_node_set {
    uint64_t words[SIM_NODE_SET_WORDS];
};

static inline struct sim_node_set sim_nodes_none(void) { return (struct sim_node_set){{0}}; }

/* Adds a node < SIM_NODES_MAX. */
static inline void sim_nodes_add(struct sim_node_set *set, uint32_t node) {
    set->words[node / 64] |= UINT64_C(1) << (node % 64);
}
static inline void sim_nodes_remove(struct sim_node_set *set, uint32_t node) {
    set->words[node / 64] &= ~(UINT64_C(1) << (node % 64));
}
static inline bool sim_nodes_has(const struct sim_node_set *set, uint32_t node) {
    return (set->words[node / 64] >> (node % 64) & 1) != 0;
}
static inline struct sim_node_set sim_nodes_one(uint32_t node) {
    struct sim_node_set set = sim_nodes_none();
    sim_nodes_add(&set, node);
    return set;
}
/* Nodes 0 to count - 1. */
static inline struct sim_node_set sim_nodes_first(uint32_t count) {
    struct sim_node_set set = sim_nodes_none();
    for (uint32_t node = 0; node < count; node++) {
        sim_nodes_add(&set, node);
    }
    return set;
}
static inline struct sim_node_set sim_nodes_and(struct sim_node_set a, struct sim_node_set b) {
    for (uint32_t i = 0; i < SIM_NODE_SET_WORDS; i++) {
        a.words[i] &= b.words[i];
    }
    return a;
}
static inline struct sim_node_set sim_nodes_without(struct sim_node_set a, struct sim_node_set b) {
    for (uint32_t i = 0; i < SIM_NODE_SET_WORDS; i++) {
        a.words[i] &= ~b.words[i];
    }
    return a;
}
static inline uint32_t sim_nodes_count(const struct sim_node_set *set) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < SIM_NODE_SET_WORDS; i++) {
        count += (uint32_t)__builtin_popcountll(set->words[i]);
    }
    return count;
}
static inline bool sim_nodes_empty(const struct sim_node_set *set) {
    uint64_t any = 0;
    for (uint32_t i = 0; i < SIM_NODE_SET_WORDS; i++) {
        any |= set->words[i];
    }
    return any == 0;
}
static inline bool sim_nodes_equal(const struct sim_node_set *a, const struct sim_node_set *b) {
    uint64_t different = 0;
    for (uint32_t i = 0; i < SIM_NODE_SET_WORDS; i++) {
        different |= a->words[i] ^ b->words[i];
    }
    return different == 0;
}
/* The lowest node >= `from` in the set, SIM_NODES_MAX = none. */
static inline uint32_t sim_nodes_next(const struct sim_node_set *set, uint32_t from) {
    for (uint32_t i = from / 64; i < SIM_NODE_SET_WORDS; i++) { /* `from` may be SIM_NODES_MAX */
        uint64_t left = set->words[i];
        if (i == from / 64) {
            left &= ~UINT64_C(0) << (from % 64);
        }
        if (left != 0) {
            return i * 64 + (uint32_t)__builtin_ctzll(left);
        }
    }
    return SIM_NODES_MAX;
}

#endif
