/* Event queue as a hierarchical wheel of 8 levels with 256 slots each (a monotone radix queue).
 *
 * Why this shape: times are ns over days, yet most events lie 20 us to 5 s ahead, so no single
 * wheel has a slot width that fits, and a heap costs 3 to 5 times more. Read a time as eight
 * digits of 8 bits. An item lives at the level of the highest digit in which it differs from `now`
 * (the time of the last pop), in the slot of that digit's value. So level 0 holds exact times
 * within the current 256 ns, level 2 slots of 65 us within 16 ms, level 3 slots of 16 ms within
 * 4 s, and the top levels are the far future: no extra heap is needed.
 *
 * Pop takes the lowest used slot of the lowest used level. If the slot holds one item, that item
 * is the next one. Otherwise `now` jumps to the earliest time in the slot and its items spread over
 * the levels below, skipping those they need not visit; each item moves down at most 7 times,
 * usually once.
 *
 * Invariants: every level below the one that is popped from is empty at that moment; hence a slot
 * is always a list in order of pushing, and a slot of level 0 holds one exact time: first come
 * first served needs no comparison. Nodes are in one growing array, linked by index, reused last
 * first. */
#include "sim/kernel/queue.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 8u
#define SLOTS 256u
#define DIGIT_BITS 8u
#define NIL UINT32_MAX
#define FIRST_CAPACITY 1024u
/* Draws among equal times look at no more than this many: keeps a tie O(1). */
#define TIE_WINDOW 16u
#define SITE_TIE 1u

struct node {
    struct sim_item item;
    uint32_t next;
};

struct slot {
    uint32_t head, tail; /* meaningless while the slot's bit is clear */
};

struct sim_queue {
    uint64_t now; /* of the last pop */
    uint64_t pushed;
    size_t count;
    wg_time next_time; /* cache of peek; valid while `next_known` */
    bool next_known;
    uint8_t levels_used;
    uint8_t words_used[LEVELS]; /* which words of slots_used are not 0 */
    uint32_t free_nodes; /* list */
    uint32_t fresh_node; /* nodes from here on were never used */
    uint32_t capacity;
    struct node *nodes;
    struct sim_stream *ties;
    uint64_t slots_used[LEVELS][SLOTS / 64];
    struct slot slots[LEVELS][SLOTS];
};

struct sim_queue *sim_queue_new(void) {
    struct sim_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        abort();
    }
    queue->nodes = malloc(FIRST_CAPACITY * sizeof *queue->nodes);
    if (queue->nodes == NULL) {
        abort();
    }
    queue->capacity = FIRST_CAPACITY;
    queue->free_nodes = NIL;
    return queue;
}

void sim_queue_free(struct sim_queue *queue) {
    if (queue != NULL) {
        free(queue->nodes);
        free(queue);
    }
}

void sim_queue_reset(struct sim_queue *queue) {
    queue->now = 0;
    queue->pushed = 0;
    queue->count = 0;
    queue->next_known = false;
    queue->levels_used = 0;
    queue->free_nodes = NIL;
    queue->fresh_node = 0;
    queue->ties = NULL;
    memset(queue->words_used, 0, sizeof queue->words_used);
    memset(queue->slots_used, 0, sizeof queue->slots_used);
}

void sim_queue_set_ties(struct sim_queue *queue, struct sim_stream *ties) { queue->ties = ties; }

static void grow(struct sim_queue *queue) {
    uint32_t capacity = queue->capacity * 2;
    struct node *nodes = NULL;
    if (capacity > queue->capacity) {
        nodes = realloc(queue->nodes, (size_t)capacity * sizeof *nodes);
    }
    if (nodes == NULL) {
        abort();
    }
    queue->nodes = nodes;
    queue->capacity = capacity;
}

static uint32_t node_take(struct sim_queue *queue) {
    uint32_t index = queue->free_nodes;
    if (index != NIL) {
        queue->free_nodes = queue->nodes[index].next;
        return index;
    }
    if (queue->fresh_node == queue->capacity) {
        grow(queue);
    }
    return queue->fresh_node++;
}

static inline unsigned level_of(uint64_t at, uint64_t now) {
    return (63u - (unsigned)__builtin_clzll((at ^ now) | 1u)) / DIGIT_BITS;
}

static inline unsigned digit_of(uint64_t at, unsigned level) {
    return (unsigned)(at >> (level * DIGIT_BITS)) & (SLOTS - 1);
}

/* Appends node `index` to the slot where its time belongs. */
static inline void link_node(struct sim_queue *queue, uint32_t index) {
    struct node *node = &queue->nodes[index];
    uint64_t at = (uint64_t)node->item.at;
    unsigned level = level_of(at, queue->now);
    unsigned digit = digit_of(at, level);
    struct slot *slot = &queue->slots[level][digit];
    uint64_t bit = (uint64_t)1 << (digit % 64);
    node->next = NIL;
    if ((queue->slots_used[level][digit / 64] & bit) != 0) {
        queue->nodes[slot->tail].next = index;
    } else {
        queue->slots_used[level][digit / 64] |= bit;
        queue->words_used[level] |= (uint8_t)(1u << digit / 64);
        queue->levels_used |= (uint8_t)(1u << level);
        slot->head = index;
    }
    slot->tail = index;
}

static inline void mark_slot_empty(struct sim_queue *queue, unsigned level, unsigned digit) {
    uint64_t *word = &queue->slots_used[level][digit / 64];
    *word &= ~((uint64_t)1 << (digit % 64));
    if (*word == 0) {
        queue->words_used[level] &= (uint8_t)~(1u << digit / 64);
        if (queue->words_used[level] == 0) {
            queue->levels_used &= (uint8_t)~(1u << level);
        }
    }
}

void sim_queue_push(struct sim_queue *queue, const struct sim_item *item) {
    uint32_t index = node_take(queue);
    struct node *node = &queue->nodes[index];
    node->item = *item;
    node->item.seq = ++queue->pushed;
    if (item->at < (wg_time)queue->now) {
        node->item.at = (wg_time)queue->now;
    }
    if (queue->next_known && node->item.at < queue->next_time) {
        queue->next_time = node->item.at;
    }
    queue->count++;
    link_node(queue, index);
}

/* Lowest used slot of the lowest used level; the queue must not be empty. */
static inline unsigned first_level(const struct sim_queue *queue) {
    return (unsigned)__builtin_ctz(queue->levels_used);
}

static inline unsigned first_digit(const struct sim_queue *queue, unsigned level) {
    unsigned word = (unsigned)__builtin_ctz(queue->words_used[level]);
    return word * 64 + (unsigned)__builtin_ctzll(queue->slots_used[level][word]);
}

static wg_time earliest_in_list(const struct sim_queue *queue, uint32_t index) {
    wg_time earliest = WG_TIME_NEVER;
    for (; index != NIL; index = queue->nodes[index].next) {
        wg_time at = queue->nodes[index].item.at;
        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

/* Moves `now` to the earliest time of a slot with several items and spreads them below it. Returns
 * the first one of that time, which is left out if no tie can concern it; otherwise NIL. */
static uint32_t spread(struct sim_queue *queue, unsigned level, unsigned digit) {
    uint32_t index = queue->slots[level][digit].head;
    wg_time earliest = WG_TIME_NEVER;
    uint32_t first = NIL;
    bool tied = false;
    for (uint32_t i = index; i != NIL; i = queue->nodes[i].next) {
        wg_time at = queue->nodes[i].item.at;
        tied = at < earliest ? false : tied || at == earliest;
        first = at < earliest ? i : first;
        earliest = at < earliest ? at : earliest;
    }
    first = tied && queue->ties != NULL ? NIL : first;
    mark_slot_empty(queue, level, digit);
    queue->now = (uint64_t)earliest;
    while (index != NIL) {
        uint32_t next = queue->nodes[index].next;
        if (index != first) {
            link_node(queue, index);
        }
        index = next;
    }
    return first;
}

/* How many nodes before the one to take next, among those of equal time. */
static uint32_t choose_tie(struct sim_queue *queue, const struct slot *slot) {
    uint32_t count = 0;
    for (uint32_t i = slot->head; i != NIL && count < TIE_WINDOW; i = queue->nodes[i].next) {
        count++;
    }
    return sim_choose(queue->ties, SITE_TIE, count);
}

/* Unlinks the node after `skip` others of a slot. */
static uint32_t unlink_node(struct sim_queue *queue, unsigned level, unsigned digit,
                            uint32_t skip) {
    struct slot *slot = &queue->slots[level][digit];
    uint32_t before = NIL;
    uint32_t index = slot->head;
    for (; skip > 0; skip--) {
        before = index;
        index = queue->nodes[index].next;
    }
    uint32_t next = queue->nodes[index].next;
    if (before != NIL) {
        queue->nodes[before].next = next;
        slot->tail = next == NIL ? before : slot->tail;
    } else if (next != NIL) {
        slot->head = next;
    } else {
        mark_slot_empty(queue, level, digit);
    }
    return index;
}

/* The node to pop, out of its list; the queue must not be empty. */
static inline uint32_t take_next(struct sim_queue *queue) {
    unsigned level = first_level(queue);
    unsigned digit = first_digit(queue, level);
    struct slot *slot = &queue->slots[level][digit];
    if (level > 0 && slot->head != slot->tail) {
        uint32_t first = spread(queue, level, digit);
        if (first != NIL) {
            return first;
        }
        level = 0;
        digit = digit_of(queue->now, 0);
        slot = &queue->slots[level][digit];
    }
    uint32_t skip = 0;
    if (queue->ties != NULL && slot->head != slot->tail) {
        skip = choose_tie(queue, slot);
    }
    return unlink_node(queue, level, digit, skip);
}

bool sim_queue_pop(struct sim_queue *queue, struct sim_item *ret_item) {
    if (queue->count == 0) {
        return false;
    }
    uint32_t index = take_next(queue);
    struct node *node = &queue->nodes[index];
    *ret_item = node->item;
    queue->now = (uint64_t)node->item.at;
    node->next = queue->free_nodes;
    queue->free_nodes = index;
    queue->count--;
    queue->next_known = false;
    return true;
}

wg_time sim_queue_peek_time(struct sim_queue *queue) {
    if (queue->count == 0) {
        return WG_TIME_NEVER;
    }
    if (!queue->next_known) {
        unsigned level = first_level(queue);
        unsigned digit = first_digit(queue, level);
        queue->next_time = earliest_in_list(queue, queue->slots[level][digit].head);
        queue->next_known = true;
    }
    return queue->next_time;
}

size_t sim_queue_count(const struct sim_queue *queue) { return queue->count; }
