/* Growable storage of the bench: arrays that double, a deque that forgets from the front, and a
 * bit set over positions. Running out of memory ends the process: a judge that silently forgets
 * evidence would be worse. */
#ifndef SIM_INVARIANTS_GROW_H
#define SIM_INVARIANTS_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *judge_alloc(size_t bytes); /* zeroed */
void *judge_realloc(void *ptr, size_t bytes);

/* Elements of equal size; cheap push at the back and drop at both ends. All-zero is empty once
 * `elem` is set. Pointers are valid until the next push. */
struct judge_deque {
    uint8_t *data;
    uint32_t elem, head, count, cap;
};
void *judge_deque_push(struct judge_deque *deque); /* a zeroed element */
void judge_deque_make_room(struct judge_deque *deque); /* for one more */
void judge_deque_pop_front(struct judge_deque *deque, uint32_t count);
void judge_deque_pop_back(struct judge_deque *deque, uint32_t count);
void judge_deque_free(struct judge_deque *deque);
static inline void *judge_deque_at(const struct judge_deque *deque, uint32_t i) {
    return deque->data + (size_t)(deque->head + i) * deque->elem;
}
/* Like push, but the element holds anything: for a caller that fills all of it. */
static inline void *judge_deque_push_blank(struct judge_deque *deque) {
    if (deque->head + deque->count == deque->cap) {
        judge_deque_make_room(deque);
    }
    return judge_deque_at(deque, deque->count++);
}

/* A bit per number from 0; numbers below the floor are forgotten and read as set. */
struct judge_bits {
    struct judge_deque words;
    uint64_t floor_word;
};
void judge_bits_init(struct judge_bits *bits);
/* Whether the bit was set before. Ignores (true) numbers below the floor. */
bool judge_bits_set(struct judge_bits *bits, uint64_t number);
bool judge_bits_get(const struct judge_bits *bits, uint64_t number);
/* Forgets whole words below `number`. */
void judge_bits_forget(struct judge_bits *bits, uint64_t number);
/* None is set any more; numbers below `floor`, whole words of them, are forgotten. Keeps the memory. */
void judge_bits_restart(struct judge_bits *bits, uint64_t floor);
void judge_bits_free(struct judge_bits *bits);

#endif
