/* One partition replica for tests: a stream processor over an in-memory log, with the test in the
 * place of raft. Batches go to the log at once and are committed when the test says so. */
#ifndef TESTS_STREAM_HARNESS_H
#define TESTS_STREAM_HARNESS_H

#include "codec/process_model.h"
#include "codec/values.h"
#include "stream/processor.h"
#include "unit/stream/fake_log.h"

#define HARNESS_CLAIMS_MAX 65536
#define HARNESS_REPLIES_MAX 64

struct harness_claim {
    wg_position position;
    uint64_t hash;
};

struct harness {
    wg_partition_id partition; /* 1 unless the test says otherwise before it leads */
    struct wg_topology topology;
    /* What is sent to other partitions; borrowed, NULL = dropped. */
    void (*on_send)(struct harness *h, struct wg_message *message);
    struct wg_env *env;
    struct wg_env_ops ops;
    struct wg_node_options options;
    struct wg_log *log;
    struct wg_state *state;
    struct wg_processor *processor;
    wg_term term;
    wg_index commit;
    uint64_t requests;
    wg_time timers[WG_TIMER_SLOTS];
    struct wg_reply replies[HARNESS_REPLIES_MAX]; /* a ring; values are dropped */
    uint32_t reply_count;                         /* since the last harness_request */
    struct harness_claim claims[HARNESS_CLAIMS_MAX]; /* PROCESSED, of the leader */
    uint32_t claim_count;
};

struct harness *harness_new(void);
void harness_free(struct harness *h);
/* A new leader: everything in the log is committed, replayed, then processed. */
void harness_lead(struct harness *h);
/* The processor and its state die; entries after `keep` are lost. */
void harness_crash(struct harness *h, wg_index keep);
/* Runs the processor until it has nothing to do. */
void harness_run(struct harness *h);
void harness_commit(struct harness *h, wg_index index);
/* Commits and runs until nothing new is written. */
void harness_settle(struct harness *h);
/* Lets time pass and fires what is due, without commits. */
void harness_advance(struct harness *h, int64_t ms);
/* Sends a typed command; the answer, if any yet, is in `replies`. */
void harness_request(struct harness *h, uint8_t value_type, uint8_t intent, wg_key key,
                     const void *value);

/* Another partition's command arrives; borrowed. */
void harness_message(struct harness *h, struct wg_message *message);

/* A copy of the state in `from` (NULL = empty) brought up to `commit` by following. */
struct wg_state *harness_follow(struct harness *h, const struct wg_state_checkpoint *from,
                                wg_index commit);
/* The hash that the leader claimed at `position`; false = none. */
bool harness_claimed(const struct harness *h, wg_position position, uint64_t *ret_hash);
/* Forgets claims about positions after `position`. */
void harness_forget_after(struct harness *h, wg_position position);

/* One line per record of the entries from `first` on: type, value type, intent, what it is about,
 * key without its partition; a line "{ source" before each entry of follow-up records, "}" after.
 * "C+" is a command with the skip flag. Valid until the next call. */
const char *harness_text(struct harness *h, wg_index first);

/* Decodes the value of the last record of that kind in the log into *ret_value; returns its key. */
wg_key harness_last(struct harness *h, uint8_t value_type, uint8_t intent, void *ret_value);

/* Commands of the workload. */
void harness_deploy(struct harness *h, const char *name, const char *content);
void harness_create(struct harness *h, uint32_t variables);
/* Deploys a compiled process: text, mark and the compact form in hex. */
void harness_deploy_model(struct harness *h, const struct wg_model_builder *model);
/* An instance of that process; the variable is a number, NULL = none. */
void harness_create_of(struct harness *h, const char *process, const char *variable, int64_t number);
void harness_activate_type(struct harness *h, const char *type, int64_t max_jobs,
                           int64_t timeout_ms);
void harness_fail_with_backoff(struct harness *h, wg_key job, int64_t retries, int64_t backoff_ms);

/* The same with a collection of the numbers 0 .. count-1. */
void harness_create_with_items(struct harness *h, const char *process, const char *variable,
                               uint32_t count);
void harness_cancel(struct harness *h, wg_key instance);
void harness_throw(struct harness *h, wg_key job, const char *code);
void harness_complete_user_task(struct harness *h, wg_key task);

void harness_activate(struct harness *h, int64_t max_jobs, int64_t timeout_ms);
void harness_complete(struct harness *h, wg_key job, uint32_t variables);
void harness_fail(struct harness *h, wg_key job, int64_t retries, uint32_t variables);
void harness_update_retries(struct harness *h, wg_key job, int64_t retries);
void harness_resolve(struct harness *h, wg_key incident);

#endif
