/* keys: the key of a new entity decodes to the partition that made it and was never the key of
 * another entity of that partition. New entities: EVENT records JOB CREATED, PROCESS_INSTANCE
 * ELEMENT_ACTIVATING, INCIDENT CREATED, VARIABLE CREATED, PROCESS_INSTANCE_CREATION CREATED,
 * USER_TASK CREATING, MESSAGE PUBLISHED, MESSAGE_SUBSCRIPTION CREATED, PROCESS_MESSAGE_SUBSCRIPTION
 * CREATING, PROCESS CREATED, DEPLOYMENT CREATED. The last two may come from the deployment partition (1).
 *
 * Scope: committed records; results that were lost before their commit may have used the same keys.
 * Sound: keys count up in the state, and replay lifts the counter over every key it reads, so a new
 * leader goes on above all committed keys.
 * Evidence: committed records (facts DISK_WRITE, claim COMMIT).
 * Memory: one bit per key of a partition, for ever (a few bytes per process instance). */
#include "sim/invariants/bench.h"

#define FARTHEST_KEY (UINT64_C(1) << 26) /* above the highest so far: no counter gets there */
#define DEPLOYMENT_PARTITION 1u

struct keys {
    struct judge_bits used;
    uint64_t highest;
};

static void release(void *state) { judge_bits_free(&((struct keys *)state)->used); }

const struct judge_rule inv_keys_rule = {"keys", JUDGE_PER_PARTITION, sizeof(struct keys), release};

static bool creates(const struct judge_record *record) {
    if (record->record_type != WG_EVENT) {
        return false;
    }
    switch (record->value_type) {
    case WG_VT_JOB:
        return record->intent == WG_JOB_CREATED;
    case WG_VT_PROCESS_INSTANCE:
        return record->intent == WG_PI_ELEMENT_ACTIVATING;
    case WG_VT_TIMER:
        return record->intent == WG_TIMER_CREATED;
    case WG_VT_INCIDENT:
        return record->intent == WG_INCIDENT_CREATED;
    case WG_VT_USER_TASK:
        return record->intent == WG_USER_TASK_CREATING;
    case WG_VT_VARIABLE:
        return record->intent == WG_VARIABLE_CREATED;
    case WG_VT_PROCESS_INSTANCE_CREATION:
        return record->intent == WG_PIC_CREATED;
    case WG_VT_MESSAGE:
        return record->intent == WG_MESSAGE_PUBLISHED;
    case WG_VT_MESSAGE_SUBSCRIPTION:
        return record->intent == WG_MESSAGE_SUBSCRIPTION_CREATED;
    case WG_VT_PROCESS_MESSAGE_SUBSCRIPTION:
        return record->intent == WG_PROCESS_SUBSCRIPTION_CREATING;
    case WG_VT_PROCESS:
        return record->intent == WG_PROCESS_CREATED;
    case WG_VT_DEPLOYMENT:
        return record->intent == WG_DEPLOYMENT_CREATED;
    default:
        return false;
    }
}

static void misses(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                   const char *what) {
    judge_violate(b, INV_KEYS, SIM_BLAME_ENGINE, p, -1,
                  "record %lld creates an entity with key %lld, %s", (long long)record->position,
                  (long long)record->key, what);
}

void inv_keys_record(struct sim_judges *b, wg_partition_id p, const struct judge_record *record) {
    if (!creates(record)) {
        return;
    }
    struct keys *keys = judge_state(b, INV_KEYS, p - 1);
    bool deployed = record->value_type == WG_VT_PROCESS || record->value_type == WG_VT_DEPLOYMENT;
    wg_partition_id owner = wg_key_partition(record->key);
    if (owner != p) {
        if (!deployed || owner != DEPLOYMENT_PARTITION) {
            misses(b, p, record, "which is not of this partition");
        }
        return;
    }
    if (keys->used.words.elem == 0) {
        judge_bits_init(&keys->used);
    }
    uint64_t counter = (uint64_t)(record->key & WG_KEY_COUNTER_MASK);
    if (counter == 0 || counter > keys->highest + FARTHEST_KEY) {
        misses(b, p, record, "to which no counter can have come");
        return;
    }
    keys->highest = counter > keys->highest ? counter : keys->highest;
    if (judge_bits_set(&keys->used, counter)) {
        misses(b, p, record, "which another entity had before");
    }
}
