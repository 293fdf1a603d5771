/* Drives one director: a fake log of committed records, real state, virtual time, and plugins that
 * a test scripts call by call. */
#ifndef TESTS_EXPORTING_HARNESS_H
#define TESTS_EXPORTING_HARNESS_H

#include "exporting/director.h"
#include "exporting/distribution.h"

#define HARNESS_RECORDS 1024
#define HARNESS_CALLS 4096
#define HARNESS_EFFECTS 1024
#define HARNESS_MESSAGES 32

struct wg_log {
    struct wg_record records[HARNESS_RECORDS];
    uint32_t count;
    wg_position first;  /* records below were compacted; 0 = none */
    uint32_t readers;   /* open ones */
    struct wg_buf *frame; /* every record's bytes */
};

struct harness_call {
    uint8_t kind;
    uint32_t exporter, instance, timer;
    wg_position position; /* of the record; 0 otherwise */
    wg_position last_position;
    wg_time at;
};

struct harness;
/* What the plugin answers; actions may be added with harness_do. */
typedef enum wg_plugin_result (*harness_script)(struct harness *h,
                                                const struct wg_plugin_call *call);

struct harness {
    struct wg_env env;
    struct wg_log log;
    struct wg_state *state;
    struct wg_node_options options;
    struct wg_exporter_options exporters[8];
    struct wg_partition_options partition;
    struct wg_director *director;
    enum wg_exporting_phase exporting; /* that the next director starts with */
    uint32_t next_instance;
    uint64_t next_call;
    wg_status status; /* first that was not OK */

    harness_script script;
    wg_time call_time; /* how long each call takes */
    bool hold;         /* leave the next call unanswered */
    uint8_t hold_kind; /* or the next call of this kind; 0 = none */
    bool outstanding;
    struct wg_plugin_call held;
    struct wg_plugin_action actions[16];
    uint32_t action_count;

    struct wg_effect effects[HARNESS_EFFECTS];
    uint32_t effect_first, effect_last;
    wg_time timer_at;
    uint32_t closed; /* POST_CLOSED seen */
    struct harness_call calls[HARNESS_CALLS];
    uint32_t call_count;
    struct wg_message *messages[HARNESS_MESSAGES];
    uint32_t message_count;
    struct wg_claim claims[HARNESS_CALLS];
    uint32_t claim_count;
    uint32_t choice; /* what env->choose answers, modulo bound */
    int64_t balance; /* bytes allocated */
};

/* With exporters "a", "b", ... */
struct harness *harness_new(uint32_t exporter_count);
/* Frees everything and checks that no memory is left. */
void harness_free(struct harness *h);

/* Appends a committed EVENT of JOB, or of what is given; the director is not told. */
void harness_write(struct harness *h, uint32_t count);
void harness_write_typed(struct harness *h, uint8_t record_type, uint8_t value_type);
/* Tells the director that everything written is committed, and runs. */
void harness_commit(struct harness *h);
/* New director over the same state; posts WAKE and runs until nothing is left to do now. */
void harness_start(struct harness *h, enum wg_director_mode mode);
void harness_close(struct harness *h);
/* Throws the director away as the death of a process does. */
void harness_kill(struct harness *h);
void harness_run(struct harness *h);
/* Lets virtual time pass, firing the timer when it is due. */
void harness_pass(struct harness *h, wg_time span);
/* Answers the held call. */
void harness_answer(struct harness *h, enum wg_plugin_result result);
void harness_post(struct harness *h, enum wg_post what, uint64_t value);
void harness_receive(struct harness *h, struct wg_message *message);

/* Adds an action to the answer of the running call. */
void harness_ack(struct harness *h, wg_position position, const char *metadata);
void harness_schedule(struct harness *h, uint32_t timer, wg_time delay);
void harness_cancel(struct harness *h, uint32_t timer);
void harness_filter(struct harness *h, uint64_t record_types, uint8_t value_type);

/* Stored row; -2 = no row. */
wg_position harness_position(const struct harness *h, const char *id);
/* "c0 o0 e0:1 t0#7 x0 d0": calls so far, in order. */
const char *harness_trace(const struct harness *h);
/* Calls of that kind so far. */
uint32_t harness_count(const struct harness *h, enum wg_plugin_call_kind kind);

#endif
