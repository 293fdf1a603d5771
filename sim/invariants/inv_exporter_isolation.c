/* exporter-isolation: what one exporter leaves with the broker reaches no other: metadata that is
 * handed to an exporter when it opens, or stands in its row of a snapshot, is metadata that this
 * exporter acknowledged in this partition.
 *
 * An exporter that an operator enabled as a copy of another one has that one's as well.
 *
 * Scope: all metadata that is not empty, of exporters whose acknowledgements carry some; the last
 * 64 texts and all above the rollback horizon are remembered.
 * Sound: metadata is stored in the exporter's row together with its position, and copied only from
 * the leader's row of the same exporter; nobody but the plugin makes it.
 * Evidence: facts PLUGIN_ACK (ptr=metadata), PLUGIN_CALL open (ptr=metadata); the rows of state
 * files from facts DISK_WRITE (snapfile.h).
 * Memory: 16 bytes per acknowledgement with new metadata above the rollback horizon. */
#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

#define KEPT_TEXTS 64u

struct text {
    uint64_t digest;
    wg_position position;
};

struct texts {
    struct judge_deque acknowledged; /* struct text, in the order in which they came */
};

static void release(void *state) {
    judge_deque_free(&((struct texts *)state)->acknowledged);
}

const struct judge_rule inv_exporter_isolation_rule = {"exporter-isolation", JUDGE_PER_STREAM,
                                                       sizeof(struct texts), release};

static struct texts *texts_of(const struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    struct texts *texts = judge_state(b, INV_EXPORTER_ISOLATION,
                                      judge_stream_number(b, p, exporter));
    texts->acknowledged.elem = sizeof(struct text);
    return texts;
}

static uint64_t digest_of(const void *ptr, uint32_t len) {
    return (uint64_t)len << 32 | judge_crc32c(ptr, len);
}

static bool knows(const struct texts *texts, uint64_t digest) {
    for (uint32_t i = texts->acknowledged.count; i > 0; i--) {
        const struct text *text = judge_deque_at(&texts->acknowledged, i - 1);
        if (text->digest == digest) {
            return true;
        }
    }
    return false;
}

/* The exporter of that partition, or of another one, that acknowledged this; NULL = nobody. */
static const char *owner_of(const struct sim_judges *b, uint64_t digest, wg_partition_id *ret_p) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
            if (knows(texts_of(b, p, e), digest)) {
                *ret_p = p;
                return judge_exporter_id(b, e);
            }
        }
    }
    return NULL;
}

static void check(struct sim_judges *b, wg_node_id node, wg_partition_id p, uint32_t exporter,
                  uint64_t digest, const char *where) {
    if (knows(texts_of(b, p, exporter), digest)) {
        return;
    }
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (judge_enabled_copied(b, exporter, e) && knows(texts_of(b, p, e), digest)) {
            return;
        }
    }
    wg_partition_id other = 0;
    const char *owner = owner_of(b, digest, &other);
    judge_violate(b, INV_EXPORTER_ISOLATION, SIM_BLAME_ENGINE, p, (int32_t)exporter,
                  "broker %u: metadata %s exporter %s was acknowledged by %s (partition %u), not "
                  "by this one", node, where, judge_exporter_id(b, exporter),
                  owner != NULL ? owner : "nobody", other);
}

void inv_exporter_isolation_ack(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->ptr == NULL || fact->len == 0 || !judge_knows(b, fact->node, fact->partition) ||
        fact->b >= b->setup->exporter_count) {
        return;
    }
    struct texts *texts = texts_of(b, fact->partition, (uint32_t)fact->b);
    uint64_t digest = digest_of(fact->ptr, fact->len);
    struct judge_deque *all = &texts->acknowledged;
    struct text *last = all->count == 0 ? NULL : judge_deque_at(all, all->count - 1);
    if (last != NULL && last->digest == digest) {
        last->position = (wg_position)fact->c;
        return;
    }
    *(struct text *)judge_deque_push(all) = (struct text){digest, (wg_position)fact->c};
}

void inv_exporter_isolation_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c != WG_PLUGIN_OPEN || !judge_knows(b, fact->node, fact->partition) ||
        fact->b >= b->setup->exporter_count || fact->ptr == NULL || fact->len == 0) {
        return;
    }
    check(b, fact->node, fact->partition, (uint32_t)fact->b, digest_of(fact->ptr, fact->len),
          "handed to");
}

void inv_exporter_isolation_rows(struct sim_judges *b, wg_node_id node, wg_partition_id p,
                                 const struct judge_snapshot_state *state) {
    for (uint32_t i = 0; i < state->count; i++) {
        const struct judge_exporter_row *row = &state->exporters[i];
        uint32_t exporter = judge_exporter_number(b, row->id);
        if (exporter < b->setup->exporter_count && row->metadata.len > 0) {
            check(b, node, p, exporter, digest_of(row->metadata.ptr, row->metadata.len),
                  "in a snapshot's row of");
        }
    }
}

void inv_exporter_isolation_forget(struct sim_judges *b, wg_partition_id p, wg_position below) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct judge_deque *all = &texts_of(b, p, e)->acknowledged;
        while (all->count > KEPT_TEXTS &&
               ((const struct text *)judge_deque_at(all, 1))->position < below) {
            judge_deque_pop_front(all, 1);
        }
    }
}
