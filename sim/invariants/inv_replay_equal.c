/* replay-equal: the state after a command's committed effects is the same on every replica and in
 * every incarnation, whether it got there by processing or by replay.
 *
 * Scope: claims PROCESSED of positions whose follow-up batch is committed. What a leader computed
 * counts only if the committed batch of that command is of that leader's term: a batch that was
 * lost is made again by the next leader, with other timestamps and so another state, and the leader
 * that lost it throws its state away. Within one term only one node leads, and it handles a command
 * once; if a batch of its term is committed, so are all its earlier ones, so nothing lost hides in
 * its state. A follower replays committed entries only, so its claims always count.
 * Sound: applying an event depends on the event and the state alone; the state hash leaves out rows
 * that belong to the replica (exporter positions).
 * Evidence: claims PROCESSED (a=position, b=hash, c=mode) and TRANSITION/ROLE (the leader's term);
 * the term of the committed batch from facts DISK_WRITE.
 * Memory: 24 bytes per command above the rollback horizon, 32 per processed and uncommitted one. */
#include "sim/invariants/bench.h"

#include <string.h>

struct known {
    wg_position source;
    uint64_t hash;
    wg_node_id node; /* whose claim it was first; WG_NODE_NONE = no claim yet */
    uint32_t unused;
};

struct ahead { /* what a leader computed and nobody has committed yet */
    wg_position source;
    uint64_t hash;
    wg_term term;
    wg_node_id node;
    uint32_t unused;
};

struct replays {
    struct judge_deque known; /* struct known, in order of source */
    struct judge_deque ahead; /* struct ahead */
};

static void release(void *state) {
    struct replays *replays = state;
    judge_deque_free(&replays->known);
    judge_deque_free(&replays->ahead);
}

const struct judge_rule inv_replay_equal_rule = {"replay-equal", JUDGE_PER_PARTITION,
                                                 sizeof(struct replays), release};

static struct replays *replays_of(const struct sim_judges *b, wg_partition_id p) {
    struct replays *replays = judge_state(b, INV_REPLAY_EQUAL, p - 1);
    replays->known.elem = sizeof(struct known);
    replays->ahead.elem = sizeof(struct ahead);
    return replays;
}

static struct known *find_known(const struct replays *replays, wg_position source) {
    uint32_t low = 0, high = replays->known.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct known *known = judge_deque_at(&replays->known, middle);
        if (known->source < source) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == replays->known.count) {
        return NULL;
    }
    struct known *known = judge_deque_at(&replays->known, low);
    return known->source == source ? known : NULL;
}

static void compare(struct sim_judges *b, wg_partition_id p, struct known *known, wg_node_id node,
                    uint64_t hash, const char *how) {
    if (known->node == WG_NODE_NONE) {
        known->node = node;
        known->hash = hash;
    } else if (known->hash != hash) {
        judge_violate(b, INV_REPLAY_EQUAL, SIM_BLAME_ENGINE, p, -1,
                      "broker %u has another state than broker %u after %s command %lld (%016llx "
                      "and %016llx)", node, known->node, how, (long long)known->source,
                      (unsigned long long)hash, (unsigned long long)known->hash);
    }
}

/* Settles what leaders claimed for this command and for those before it. */
static void settle_ahead(struct sim_judges *b, wg_partition_id p, struct replays *replays,
                         struct known *known, wg_term term) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < replays->ahead.count; i++) {
        struct ahead *ahead = judge_deque_at(&replays->ahead, i);
        if (ahead->source == known->source && ahead->term == term) {
            compare(b, p, known, ahead->node, ahead->hash, "processing");
        }
        if (ahead->source > known->source) {
            *(struct ahead *)judge_deque_at(&replays->ahead, kept++) = *ahead;
        }
    }
    judge_deque_pop_back(&replays->ahead, replays->ahead.count - kept);
}

void inv_replay_equal_entry(struct sim_judges *b, wg_partition_id p,
                            const struct judge_entry *entry) {
    struct replays *replays = replays_of(b, p);
    wg_position source = entry->count == 0 ? WG_POSITION_NONE : entry->records[0].source;
    if (source < 0 || source >= entry->lowest) {
        return;
    }
    uint32_t count = replays->known.count;
    const struct known *last = count == 0 ? NULL : judge_deque_at(&replays->known, count - 1);
    if (last != NULL && last->source >= source) {
        return; /* inv_once has complained */
    }
    struct known *known = judge_deque_push(&replays->known);
    known->source = source;
    known->node = WG_NODE_NONE;
    settle_ahead(b, p, replays, known, entry->term);
}

void inv_replay_equal_processed(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim) {
    struct replays *replays = replays_of(b, claim->partition);
    wg_position source = (wg_position)claim->a;
    struct known *known = find_known(replays, source);
    if (claim->c != 0) {
        if (known != NULL) {
            compare(b, claim->partition, known, node, claim->b, "replaying");
        }
        return;
    }
    wg_term term = judge_replica(b, node, claim->partition)->processing_term;
    if (known == NULL) {
        struct ahead *ahead = judge_deque_push(&replays->ahead);
        *ahead = (struct ahead){source, claim->b, term, node, 0};
    }
}

void inv_replay_equal_forget(struct sim_judges *b, wg_partition_id p, wg_position below) {
    struct replays *replays = replays_of(b, p);
    uint32_t drop = 0;
    while (drop < replays->known.count &&
           ((const struct known *)judge_deque_at(&replays->known, drop))->source < below) {
        drop++;
    }
    judge_deque_pop_front(&replays->known, drop);
}
