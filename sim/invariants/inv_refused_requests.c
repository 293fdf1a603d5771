/* refused-requests: what a client is told was refused has not happened and does not happen. A request
 * that was answered with RESOURCE_EXHAUSTED, PARTITION_LEADER_MISMATCH or MALFORMED_REQUEST has no
 * command in the log, or, if the network doubled it, fewer than copies were sent. And the limit of
 * requests in flight never refuses the commands that free resources: JOB COMPLETE and FAIL,
 * PROCESS_INSTANCE CANCEL, DEPLOYMENT CREATE and DISTRIBUTE, and the ends of distributions.
 *
 * Scope: requests of all runs. Whether a command follows is watched for as long as the refusal is
 * among the last 1,024 of its partition. INTERNAL_ERROR and no answer are maybe.
 * Sound: a broker answers with such an error instead of handing the command to the log, and a command
 * enters the log only from there. A refused request is not sent again under its id.
 * Evidence: facts REQUEST, REPLY, REQUEST_TIMEOUT; how many copies the network made; committed
 * commands (request id, stream id).
 * Memory: about 70 bytes per request under way, 60 KiB of refusals per partition at most. */
#include "sim/invariants/bench.h"

#define KEPT_REFUSALS 1024u

/* A request under way: copies sent, commands committed, and what it is. */
#define PACK(copies, commands, type, intent)                                                       \
    ((uint64_t)(copies) << 48 | (uint64_t)(commands) << 32 | (uint64_t)(type) << 8 | (intent))
#define COPIES_OF(packed) ((uint32_t)((packed) >> 48))
#define COMMANDS_OF(packed) ((uint32_t)((packed) >> 32 & 0xffff))
#define ONE_COPY (UINT64_C(1) << 48)
#define ONE_COMMAND (UINT64_C(1) << 32)

/* Intents by their numbers in the protocol where no header of ours names them. */
enum { DEPLOYMENT_DISTRIBUTE = 2, DEPLOYMENT_DISTRIBUTION_COMPLETE = 1, DISTRIBUTION_ACKNOWLEDGE = 2 };

struct refused_requests {
    struct judge_map under_way; /* request -> PACK */
    struct judge_map refused;   /* request -> commands that may still be committed */
    struct judge_deque kept;    /* uint64_t: keys of `refused`, oldest first */
};

static void release(void *state) {
    struct refused_requests *r = state;
    judge_map_free(&r->under_way);
    judge_map_free(&r->refused);
    judge_deque_free(&r->kept);
}

const struct judge_rule inv_refused_requests_rule = {"refused-requests", JUDGE_PER_PARTITION,
                                                     sizeof(struct refused_requests), release};

static struct refused_requests *requests_of(const struct sim_judges *b, wg_partition_id p) {
    if (p < 1 || p > b->setup->partition_count) {
        return NULL;
    }
    struct refused_requests *r = judge_state(b, INV_REFUSED_REQUESTS, p - 1);
    r->kept.elem = sizeof(uint64_t);
    return r;
}

static uint64_t key_of(uint64_t client, uint64_t id) {
    return id ^ ((client & 0xFFFFFFFF) * UINT64_C(0x9E3779B97F4A7C15));
}

void inv_refused_requests_request(struct sim_judges *b, const struct sim_fact *fact) {
    struct refused_requests *r = requests_of(b, fact->partition);
    if (r != NULL) {
        judge_map_put(&r->under_way, key_of(fact->b, fact->a),
                      PACK(1, 0, fact->c >> 8 & 0xff, fact->c & 0xff));
    }
}

void sim_judges_request_doubled(struct sim_judges *b, wg_partition_id partition, uint64_t client,
                                uint64_t request) {
    struct refused_requests *r = requests_of(b, partition);
    uint64_t packed;
    if (r != NULL && judge_map_get(&r->under_way, key_of(client, request), &packed)) {
        judge_map_put(&r->under_way, key_of(client, request), packed + ONE_COPY);
    }
}

void inv_refused_requests_timeout(struct sim_judges *b, const struct sim_fact *fact) {
    struct refused_requests *r = requests_of(b, fact->partition);
    if (r != NULL) {
        judge_map_remove(&r->under_way, key_of(fact->b, fact->a));
    }
}

/* --- refusals -------------------------------------------------------------------------------- */

static bool frees_resources(uint32_t value_type, uint32_t intent) {
    return (value_type == WG_VT_JOB && (intent == WG_JOB_COMPLETE || intent == WG_JOB_FAIL)) ||
           (value_type == WG_VT_PROCESS_INSTANCE && intent == WG_PI_CANCEL) ||
           (value_type == WG_VT_DEPLOYMENT &&
            (intent == WG_DEPLOYMENT_CREATE || intent == DEPLOYMENT_DISTRIBUTE)) ||
           (value_type == WG_VT_DEPLOYMENT_DISTRIBUTION &&
            intent == DEPLOYMENT_DISTRIBUTION_COMPLETE) ||
           (value_type == WG_VT_COMMAND_DISTRIBUTION && intent == DISTRIBUTION_ACKNOWLEDGE);
}

static void happened(struct sim_judges *b, wg_partition_id p, uint64_t request) {
    judge_violate(b, INV_REFUSED_REQUESTS, SIM_BLAME_ENGINE, p, -1,
                  "a command of request %llu is committed, but its client was told that it was "
                  "refused",
                  (unsigned long long)request);
}

static void keep(struct refused_requests *r, uint64_t key, uint32_t may_follow) {
    judge_map_put(&r->refused, key, may_follow);
    *(uint64_t *)judge_deque_push(&r->kept) = key;
    if (r->kept.count > KEPT_REFUSALS) {
        judge_map_remove(&r->refused, *(uint64_t *)judge_deque_at(&r->kept, 0));
        judge_deque_pop_front(&r->kept, 1);
    }
}

void inv_refused_requests_reply(struct sim_judges *b, const struct sim_fact *fact) {
    struct refused_requests *r = requests_of(b, fact->partition);
    uint64_t key = key_of(fact->b, fact->a);
    uint64_t packed;
    if (r == NULL || !judge_map_get(&r->under_way, key, &packed)) {
        return;
    }
    judge_map_remove(&r->under_way, key);
    if ((fact->c & SIM_REPLY_ERROR) == 0 || (uint32_t)fact->c == WG_ERR_INTERNAL) {
        return;
    }
    uint32_t type = (uint32_t)packed >> 8 & 0xff, intent = (uint32_t)packed & 0xff;
    if ((fact->c & SIM_REPLY_OVER_LIMIT) != 0 && frees_resources(type, intent)) {
        judge_violate(b, INV_REFUSED_REQUESTS, SIM_BLAME_ENGINE, fact->partition, -1,
                      "the limit of requests in flight refused value type %u, intent %u, which it "
                      "must let pass",
                      type, intent);
    }
    if (COMMANDS_OF(packed) >= COPIES_OF(packed)) {
        happened(b, fact->partition, fact->a);
    } else {
        keep(r, key, COPIES_OF(packed) - 1 - COMMANDS_OF(packed));
    }
}

void inv_refused_requests_record(struct sim_judges *b, wg_partition_id p,
                                 const struct judge_record *record) {
    if (record->record_type != WG_COMMAND || record->request_id == UINT64_MAX) {
        return;
    }
    struct refused_requests *r = requests_of(b, p);
    uint64_t key = key_of((uint32_t)record->stream_id, record->request_id);
    uint64_t value;
    if (judge_map_get(&r->under_way, key, &value)) {
        judge_map_put(&r->under_way, key, value + ONE_COMMAND);
    } else if (judge_map_get(&r->refused, key, &value)) {
        if (value == 0) {
            happened(b, p, record->request_id);
        }
        judge_map_put(&r->refused, key, value > 0 ? value - 1 : 0);
    }
}
