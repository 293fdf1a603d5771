/* What judges of messages and distributions need of a record's value. */
#ifndef SIM_INVARIANTS_DETAIL_H
#define SIM_INVARIANTS_DETAIL_H

#include "sim/invariants/wire.h"

/* Texts are told apart by their hashes; 0 and -1 where the value has no such property. */
struct judge_detail {
    uint64_t subject; /* of a message: its name and correlation key */
    uint64_t waiter;  /* of a subscription: its element instance and the message's name */
    uint64_t process; /* bpmnProcessId */
    wg_key message;   /* messageKey */
    int64_t deadline, partition;
    int64_t version; /* of a process */
};

/* Whether a record of that kind has one: events of messages, of both kinds of subscriptions, of
 * distributions and of processes. */
bool judge_has_detail(const struct judge_record *record);
/* Reads it from record->value. */
struct judge_detail judge_detail_read(const struct judge_record *record);

#endif
