/* The numbers that name things. Widths and null values are Zeebe's (reference: protocol 1.2, 1.6). */
#ifndef WAGGLE_IDS_H
#define WAGGLE_IDS_H

#include <stdint.h>

typedef uint32_t wg_node_id;      /* broker, 0-based as in Zeebe */
typedef uint32_t wg_partition_id; /* from 1; 13 bits */
typedef uint64_t wg_term;         /* raft term, 0 = none yet */
typedef uint64_t wg_index;        /* raft log index, from 1; 0 = none */
typedef int64_t wg_position;      /* record position, from 1; WG_POSITION_NONE = none */
typedef int64_t wg_key;           /* record key; WG_KEY_NONE = none */
typedef int64_t wg_time;          /* virtual nanoseconds since the start of the run */

#define WG_POSITION_NONE (-1)
#define WG_POSITION_MAX INT64_MAX
#define WG_KEY_NONE (-1)
#define WG_NODE_NONE UINT32_MAX
#define WG_TIME_NEVER INT64_MAX

#define WG_US ((wg_time)1000)
#define WG_MS ((wg_time)1000000)
#define WG_SECOND ((wg_time)1000000000)
#define WG_MINUTE (60 * WG_SECOND)

#define WG_KEY_PARTITION_SHIFT 51
#define WG_KEY_COUNTER_MASK ((wg_key)0x0007FFFFFFFFFFFF)

/* Key number `counter` of `partition` (protocol 1.6: 13 partition bits, 51 counter bits). */
static inline wg_key wg_key_encode(wg_partition_id partition, int64_t counter) {
    return (wg_key)(((uint64_t)partition << WG_KEY_PARTITION_SHIFT) | (uint64_t)counter);
}
static inline wg_partition_id wg_key_partition(wg_key key) {
    return (wg_partition_id)((uint64_t)key >> WG_KEY_PARTITION_SHIFT);
}

#endif
