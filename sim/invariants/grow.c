/* Arrays that double, a deque and a bit set (see grow.h). */
#include "sim/invariants/grow.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16u

void *judge_alloc(size_t bytes) {
    void *ptr = calloc(1, bytes == 0 ? 1 : bytes);
    if (ptr == NULL) {
        abort();
    }
    return ptr;
}

void *judge_realloc(void *ptr, size_t bytes) {
    void *grown = realloc(ptr, bytes);
    if (grown == NULL) {
        abort();
    }
    return grown;
}

/* Room for one more: move down when half of the array is forgotten, so that a deque of steady
 * length never grows; double otherwise. */
void judge_deque_make_room(struct judge_deque *deque) {
    if (deque->head > 0 && deque->head >= deque->cap / 2) {
        memmove(deque->data, judge_deque_at(deque, 0), (size_t)deque->count * deque->elem);
        deque->head = 0;
        return;
    }
    deque->cap = deque->cap == 0 ? FIRST_CAPACITY : deque->cap * 2;
    deque->data = judge_realloc(deque->data, (size_t)deque->cap * deque->elem);
}

void *judge_deque_push(struct judge_deque *deque) {
    void *element = judge_deque_push_blank(deque);
    memset(element, 0, deque->elem);
    return element;
}

void judge_deque_pop_front(struct judge_deque *deque, uint32_t count) {
    count = count < deque->count ? count : deque->count;
    deque->head += count;
    deque->count -= count;
    if (deque->count == 0) {
        deque->head = 0;
    }
}

void judge_deque_pop_back(struct judge_deque *deque, uint32_t count) {
    deque->count -= count < deque->count ? count : deque->count;
    if (deque->count == 0) {
        deque->head = 0;
    }
}

void judge_deque_free(struct judge_deque *deque) {
    free(deque->data);
    deque->data = NULL;
    deque->head = deque->count = deque->cap = 0;
}

void judge_bits_init(struct judge_bits *bits) {
    memset(bits, 0, sizeof *bits);
    bits->words.elem = sizeof(uint64_t);
}

bool judge_bits_set(struct judge_bits *bits, uint64_t number) {
    uint64_t word = number / 64;
    if (word < bits->floor_word) {
        return true;
    }
    while (word - bits->floor_word >= bits->words.count) {
        judge_deque_push(&bits->words);
    }
    uint64_t *value = judge_deque_at(&bits->words, (uint32_t)(word - bits->floor_word));
    uint64_t bit = UINT64_C(1) << (number % 64);
    bool before = (*value & bit) != 0;
    *value |= bit;
    return before;
}

bool judge_bits_get(const struct judge_bits *bits, uint64_t number) {
    uint64_t word = number / 64;
    if (word < bits->floor_word) {
        return true;
    }
    if (word - bits->floor_word >= bits->words.count) {
        return false;
    }
    const uint64_t *value = judge_deque_at(&bits->words, (uint32_t)(word - bits->floor_word));
    return (*value >> (number % 64) & 1) != 0;
}

void judge_bits_forget(struct judge_bits *bits, uint64_t number) {
    uint64_t word = number / 64;
    if (word <= bits->floor_word) {
        return;
    }
    uint64_t drop = word - bits->floor_word;
    judge_deque_pop_front(&bits->words, drop < UINT32_MAX ? (uint32_t)drop : UINT32_MAX);
    bits->floor_word = word;
}

void judge_bits_restart(struct judge_bits *bits, uint64_t floor) {
    judge_deque_pop_front(&bits->words, bits->words.count);
    bits->floor_word = floor / 64;
}

void judge_bits_free(struct judge_bits *bits) { judge_deque_free(&bits->words); }
