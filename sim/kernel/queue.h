/* The event queue: everything that will happen in a run, ordered by (time, order of pushing). Times
 * are integer virtual ns and never go back. Equal times leave in the order pushed, or, when a
 * schedule stream is set, in an order drawn from it (0 = first come first served). One thread. */
#ifndef SIM_KERNEL_QUEUE_H
#define SIM_KERNEL_QUEUE_H

#include "sim/kernel/choice.h"
#include "waggle/ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_item {
    wg_time at;
    uint64_t seq;    /* given by the queue: the how-manieth push of the run, from 1 */
    uint32_t kind;   /* the driver's */
    uint32_t target; /* the driver's */
    uint64_t a;      /* the driver's; goes into the run hash, so no pointer */
    void *ptr;       /* the driver's; owned by whoever pops it */
};

struct sim_queue;

struct sim_queue *sim_queue_new(void);
/* Items still inside are forgotten; pop them first when their `ptr` owns something. */
void sim_queue_free(struct sim_queue *queue);
/* Back to time 0 and sequence 0 without items; keeps the memory for the next run. */
void sim_queue_reset(struct sim_queue *queue);
/* From now on the order among equal times is drawn from `ties`; NULL (default) = as pushed. */
void sim_queue_set_ties(struct sim_queue *queue, struct sim_stream *ties);
/* Adds a copy of *item with its `seq` set. A time before the last pop counts as that of the pop. */
void sim_queue_push(struct sim_queue *queue, const struct sim_item *item);
/* Takes the next item; false when there is none. */
bool sim_queue_pop(struct sim_queue *queue, struct sim_item *ret_item);
/* Time of the next item, WG_TIME_NEVER when there is none. Changes nothing. */
wg_time sim_queue_peek_time(struct sim_queue *queue);
size_t sim_queue_count(const struct sim_queue *queue);

#endif
