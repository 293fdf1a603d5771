/* What judges of messages, distributions and multi-instance bodies need of a record's value. */
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
    /* Of an element instance: its element's id, the scope around it, whether it is a multi-instance body. Of
     * a variable: its name, its scope, its value, and of that */
    uint64_t name;
    wg_key scope;
    bool body;
    uint64_t content; /* all of it */
    uint64_t spread;  /* an array: a sum over its items, each with its place */
    int64_t items;    /* how many, -1 = no array */
    int64_t number;   /* -1 = no integer */
};
/* The hash of a text as details have it. */
uint64_t judge_text_hash(struct wg_bytes text);
/* What an item of that content adds to `spread`; the first place is 1. */
uint64_t judge_spread(int64_t place, uint64_t content);

/* Whether a record of that kind has one: events of messages, of both kinds of subscriptions, of
 * distributions and of processes. */
bool judge_has_detail(const struct judge_record *record);
/* The same, where multi-instance bodies are judged: events of elements and of variables. */
bool judge_has_flow_detail(const struct judge_record *record);
/* Reads it from record->value. */
struct judge_detail judge_detail_read(const struct judge_record *record);

#endif
