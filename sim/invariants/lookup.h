/* Two small dictionaries of the bench. Neither is ever iterated in hash order. */
#ifndef SIM_INVARIANTS_LOOKUP_H
#define SIM_INVARIANTS_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

/* u64 -> u64, open addressing; all-zero is empty. Memory: 34 to 68 bytes per entry. */
struct judge_map {
    uint64_t *slots; /* pairs key, value */
    uint8_t *used;
    uint32_t count, cap;
};
void judge_map_put(struct judge_map *map, uint64_t key, uint64_t value);
bool judge_map_get(const struct judge_map *map, uint64_t key, uint64_t *ret_value);
bool judge_map_remove(struct judge_map *map, uint64_t key);
void judge_map_free(struct judge_map *map);

/* Terms and what was first seen in each, in term order; nearly always appended at the end. 16 bytes
 * per term. All-zero is empty. */
struct judge_term {
    uint64_t term, value;
};
struct judge_terms {
    struct judge_term *items;
    uint32_t count, cap;
};
/* The value first stored for `term`: `value` itself if it is the first. */
uint64_t judge_terms_first(struct judge_terms *terms, uint64_t term, uint64_t value);
void judge_terms_free(struct judge_terms *terms);

#endif
