/* distribution: what partition 1 deploys reaches every partition, once.
 *  1. DISTRIBUTING names each other partition once; ACKNOWLEDGED is for one that is pending; FINISHED
 *     comes when none is, in the batch of the last answer.
 *  2. Another partition takes a deployment, and creates a process of partition 1, once; a process has
 *     the same version everywhere.
 *  3. In a cluster that distributes, a deployment of partition 1 is STARTED in its batch.
 *  4. At the end every deployment that was acknowledged is on the partition that did so, and none is
 *     pending any more, once everything has been calm for as long as the pause between two attempts
 *     may be: as old as the distribution is, 5 min at most, and 60 s.
 *
 * Scope: committed records of clusters with `deployments: distributed`.
 * Sound: an answer leaves before its batch is committed, but its command is committed, so the next
 * leader takes the deployment over again. Attempts come at 10 s times 1, 2, 4, 8, 16, then every 5 min.
 * Evidence: committed records (facts DISK_WRITE, claim COMMIT), calm.h.
 * Memory: 100 to 200 bytes per deployment and partition, for ever. */
#include "sim/invariants/bench.h"
#include "sim/invariants/detail.h"

#define DEPLOYMENT_PARTITION 1u
#define LONGEST_PAUSE (5 * WG_MINUTE)
#define SLACK WG_MINUTE

struct part {
    wg_key key;
    wg_partition_id partition;
    bool acknowledged;
    wg_time since;
};

struct distribution {
    struct judge_deque parts;   /* struct part */
    struct judge_map by_part;   /* key and partition -> number */
    struct judge_map pending;   /* key -> how many partitions */
    struct judge_map received;  /* deployment and partition -> 1 */
    struct judge_map processes; /* process and partition -> 1 */
    struct judge_map versions;  /* process -> version */
};

static void release(void *state) {
    struct distribution *own = state;
    judge_deque_free(&own->parts);
    judge_map_free(&own->by_part);
    judge_map_free(&own->pending);
    judge_map_free(&own->received);
    judge_map_free(&own->processes);
    judge_map_free(&own->versions);
}

const struct judge_rule inv_distribution_rule = {"distribution", JUDGE_PER_RUN,
                                                 sizeof(struct distribution), release};

/* Keys of partition 1 have room for a partition above their counter. */
static uint64_t at(wg_key key, wg_partition_id p) {
    return ((uint64_t)key & (uint64_t)WG_KEY_COUNTER_MASK) | (uint64_t)p << WG_KEY_PARTITION_SHIFT;
}

static void violate(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                    const char *what) {
    judge_violate(b, INV_DISTRIBUTION, SIM_BLAME_ENGINE, p, -1, "record %lld %s (key %lld)",
                  (long long)record->position, what, (long long)record->key);
}

static void distributing(struct sim_judges *b, struct distribution *own,
                         const struct judge_record *record, wg_partition_id to) {
    uint64_t known;
    uint64_t count = 0;
    if (judge_map_get(&own->by_part, at(record->key, to), &known)) {
        violate(b, DEPLOYMENT_PARTITION, record, "distributes to a partition a second time");
        return;
    }
    judge_map_get(&own->pending, (uint64_t)record->key, &count);
    judge_map_put(&own->pending, (uint64_t)record->key, count + 1);
    judge_map_put(&own->by_part, at(record->key, to), own->parts.count);
    own->parts.elem = sizeof(struct part);
    struct part *part = judge_deque_push(&own->parts);
    *part = (struct part){.key = record->key, .partition = to, .since = b->now};
}

/* Whether the batch has that event of that distribution. */
static bool has_event(const struct judge_entry *entry, wg_key key, uint8_t intent) {
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        if (record->record_type == WG_EVENT && record->value_type == WG_VT_COMMAND_DISTRIBUTION &&
            record->intent == intent && record->key == key) {
            return true;
        }
    }
    return false;
}

static void acknowledged(struct sim_judges *b, struct distribution *own,
                         const struct judge_entry *entry, const struct judge_record *record,
                         wg_partition_id from) {
    uint64_t number;
    uint64_t count = 0;
    struct part *part = judge_map_get(&own->by_part, at(record->key, from), &number)
                            ? judge_deque_at(&own->parts, (uint32_t)number)
                            : NULL;
    if (part == NULL || part->acknowledged) {
        violate(b, DEPLOYMENT_PARTITION, record, "acknowledges what is not pending");
        return;
    }
    part->acknowledged = true;
    judge_map_get(&own->pending, (uint64_t)record->key, &count);
    judge_map_put(&own->pending, (uint64_t)record->key, count - 1);
    if (count == 1 && !has_event(entry, record->key, WG_DISTRIBUTION_FINISHED)) {
        violate(b, DEPLOYMENT_PARTITION, record, "is the last answer and finishes nothing");
    }
}

static void distribution_event(struct sim_judges *b, struct distribution *own,
                               const struct judge_entry *entry, const struct judge_record *record,
                               const struct judge_detail *detail) {
    wg_partition_id partition = (wg_partition_id)detail->partition;
    uint64_t count = 0;
    if (record->intent == WG_DISTRIBUTION_DISTRIBUTING) {
        distributing(b, own, record, partition);
    } else if (record->intent == WG_DISTRIBUTION_ACKNOWLEDGED) {
        acknowledged(b, own, entry, record, partition);
    } else if (record->intent == WG_DISTRIBUTION_FINISHED &&
               judge_map_get(&own->pending, (uint64_t)record->key, &count) && count > 0) {
        violate(b, DEPLOYMENT_PARTITION, record, "finishes while a partition is pending");
    }
}

static void received(struct sim_judges *b, wg_partition_id p, struct judge_map *known,
                     const struct judge_record *record, const char *what) {
    uint64_t before;
    if (judge_map_get(known, at(record->key, p), &before)) {
        violate(b, p, record, what);
    }
    judge_map_put(known, at(record->key, p), 1);
}

static void same_version(struct sim_judges *b, wg_partition_id p, struct distribution *own,
                         const struct judge_record *record, int64_t version) {
    uint64_t known;
    if (judge_map_get(&own->versions, (uint64_t)record->key, &known) &&
        known != (uint64_t)version) {
        violate(b, p, record, "gives a process another version than elsewhere");
    }
    judge_map_put(&own->versions, (uint64_t)record->key, (uint64_t)version);
}

static void deployment_event(struct sim_judges *b, wg_partition_id p, struct distribution *own,
                             const struct judge_entry *entry, const struct judge_record *record) {
    bool foreign = wg_key_partition(record->key) != p;
    if (record->value_type == WG_VT_PROCESS) {
        if (record->detail > 0) {
            same_version(b, p, own, record, judge_entry_detail(entry, record)->version);
        }
        if (foreign) {
            received(b, p, &own->processes, record, "creates a process that is there");
        }
    } else if (foreign) {
        received(b, p, &own->received, record, "takes a deployment that it has taken");
    } else if (p == DEPLOYMENT_PARTITION && b->setup->partition_count > 1 &&
               !has_event(entry, record->key, WG_DISTRIBUTION_STARTED)) {
        violate(b, p, record, "deploys without distributing it");
    }
}

void inv_distribution_entry(struct sim_judges *b, wg_partition_id p,
                            const struct judge_entry *entry) {
    struct distribution *own = judge_state(b, INV_DISTRIBUTION, 0);
    if (!b->setup->distributes) {
        return;
    }
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        if (record->record_type != WG_EVENT) {
            continue;
        }
        if (record->value_type == WG_VT_COMMAND_DISTRIBUTION && record->detail > 0) {
            distribution_event(b, own, entry, record, judge_entry_detail(entry, record));
        } else if ((record->value_type == WG_VT_PROCESS &&
                    record->intent == WG_PROCESS_CREATED) ||
                   (record->value_type == WG_VT_DEPLOYMENT &&
                    record->intent == WG_DEPLOYMENT_CREATED)) {
            deployment_event(b, p, own, entry, record);
        }
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static bool is_overdue(const struct sim_judges *b, const struct part *part) {
    wg_time one = judge_calm_since(b, DEPLOYMENT_PARTITION);
    wg_time other = judge_calm_since(b, part->partition);
    if (one == WG_TIME_NEVER || other == WG_TIME_NEVER) {
        return false;
    }
    wg_time calm = one > other ? one : other;
    wg_time age = calm > part->since ? calm - part->since : 0;
    wg_time begin = calm > part->since ? calm : part->since;
    return b->now >= begin + (age < LONGEST_PAUSE ? age : LONGEST_PAUSE) + SLACK &&
           judge_leader(b, DEPLOYMENT_PARTITION) != WG_NODE_NONE &&
           judge_leader(b, part->partition) != WG_NODE_NONE;
}

void inv_distribution_finish(struct sim_judges *b) {
    struct distribution *own = judge_state(b, INV_DISTRIBUTION, 0);
    uint64_t known;
    for (uint32_t i = 0; i < own->parts.count; i++) {
        const struct part *part = judge_deque_at(&own->parts, i);
        if (!judge_knows(b, 0, part->partition) || !is_overdue(b, part)) {
            continue;
        }
        if (!part->acknowledged) {
            judge_violate(b, INV_DISTRIBUTION, SIM_BLAME_ENGINE, DEPLOYMENT_PARTITION, -1,
                          "deployment %lld was never acknowledged by partition %u",
                          (long long)part->key, part->partition);
        } else if (!judge_map_get(&own->received, at(part->key, part->partition), &known)) {
            judge_violate(b, INV_DISTRIBUTION, SIM_BLAME_ENGINE, part->partition, -1,
                          "deployment %lld was acknowledged by partition %u but is not there",
                          (long long)part->key, part->partition);
        }
    }
}
