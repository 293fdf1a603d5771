/* Calm, and what brokers are kept from (see calm.h). */
#include "sim/invariants/calm.h"

#include "sim/invariants/bench.h"
#include "sim/world/epoch.h"

#include <stdlib.h>

#define NOTICEABLE_MS 100 /* less is nothing to those who ask for put_back */

void judge_calm_init(struct sim_judges *b) {
    uint32_t partitions = b->setup->partition_count, brokers = b->setup->brokers;
    b->calm.partitions = judge_alloc(partitions * sizeof *b->calm.partitions);
    b->calm.elections = judge_alloc(partitions * sizeof *b->calm.elections);
    b->calm.brokers = judge_alloc(brokers * sizeof *b->calm.brokers);
    b->calm.processing_paused =
        judge_alloc((size_t)brokers * partitions * sizeof *b->calm.processing_paused);
    for (uint32_t i = 0; i < brokers; i++) {
        b->calm.brokers[i].put_back = -1;
    }
}

void judge_calm_free(struct sim_judges *b) {
    free(b->calm.partitions);
    free(b->calm.elections);
    free(b->calm.brokers);
    free(b->calm.processing_paused);
}

wg_time judge_calm_since(const struct sim_judges *b, wg_partition_id p) {
    if (b->calm.faults > 0) {
        return WG_TIME_NEVER;
    }
    wg_time own = b->calm.partitions[p - 1];
    return own > b->calm.since ? own : b->calm.since;
}

wg_time judge_calm_elections(const struct sim_judges *b, wg_partition_id p) {
    wg_time own = b->calm.elections[p - 1];
    return b->calm.faults > 0 ? WG_TIME_NEVER : own > b->calm.since ? own : b->calm.since;
}

int64_t judge_wall_ms(const struct sim_judges *b, wg_node_id node) {
    const struct judge_calm_broker *broker = &b->calm.brokers[node];
    int64_t drifted = (b->now - broker->clock_since) / WG_MS * broker->drift_ppm / 1000000;
    return SIM_EPOCH_MS + b->now / WG_MS + broker->offset_ms + drifted;
}

static wg_time gained(const struct judge_calm_broker *broker, wg_time now) {
    return broker->gained + (now - broker->clock_since) / 1000 * broker->drift_ppm / 1000;
}

wg_time judge_own_time(const struct sim_judges *b, wg_node_id node) {
    return b->now + gained(&b->calm.brokers[node], b->now);
}

wg_node_id judge_leader(const struct sim_judges *b, wg_partition_id p) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count; i++) {
        wg_node_id node = members->members[i];
        if (node < b->setup->brokers && b->brokers[node].up &&
            judge_replica(b, node, p)->director == 1 &&
            judge_replica(b, node, p)->role == WG_ROLE_LEADER) {
            return node;
        }
    }
    return WG_NODE_NONE;
}

static void count_fault(struct sim_judges *b, bool begins) {
    b->calm.since = b->now;
    if (begins) {
        b->calm.faults++;
    } else if (b->calm.faults > 0) {
        b->calm.faults--;
    }
}

static void count_hold_up(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->d == 0 || fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_calm_broker *broker = &b->calm.brokers[fact->node];
    broker->held_up_since = b->now;
    if (fact->kind == SIM_FACT_FAULT_BEGIN) {
        broker->held_up++;
    } else if (broker->held_up > 0) {
        broker->held_up--;
    }
}

static void take_admin(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition)) {
        return;
    }
    b->calm.partitions[fact->partition - 1] = b->now;
    if (fact->b == WG_ADMIN_ENABLE_EXPORTER || fact->b == WG_ADMIN_DISABLE_EXPORTER) {
        b->calm.since = b->now;
        return;
    }
    bool *paused = &b->calm.processing_paused[judge_replica_number(b, fact->node, fact->partition)];
    /* Asked for: it may be in force before the answer; ended only when the answer says so. */
    *paused = fact->b == WG_ADMIN_PAUSE_PROCESSING ||
              (*paused && !(fact->b == WG_ADMIN_RESUME_PROCESSING &&
                            fact->kind == SIM_FACT_ADMIN_DONE));
}

static void take_broker(struct sim_judges *b, const struct sim_fact *fact) {
    struct judge_calm_broker *broker = &b->calm.brokers[fact->node];
    b->calm.since = b->now;
    if (fact->kind == SIM_FACT_DISK_SPACE) {
        broker->space = (uint32_t)fact->b;
        broker->space_since = b->now;
    } else if (fact->kind == SIM_FACT_CLOCK) {
        int64_t before = judge_wall_ms(b, fact->node);
        broker->gained = gained(broker, b->now);
        broker->offset_ms = (int64_t)fact->a;
        broker->drift_ppm = (int64_t)fact->b;
        broker->clock_since = b->now;
        bool back = before - judge_wall_ms(b, fact->node) > NOTICEABLE_MS;
        broker->put_back = back ? b->now : broker->put_back;
    }
}

void judge_calm_fact(struct sim_judges *b, const struct sim_fact *fact) {
    switch (fact->kind) {
    case SIM_FACT_FAULT_BEGIN:
    case SIM_FACT_FAULT_END:
        count_fault(b, fact->kind == SIM_FACT_FAULT_BEGIN);
        count_hold_up(b, fact);
        break;
    case SIM_FACT_ADMIN:
    case SIM_FACT_ADMIN_DONE:
        take_admin(b, fact);
        break;
    case SIM_FACT_MESSAGE_LOST:
        if (fact->b >= WG_MSG_INSTALL_REQUEST && fact->b <= WG_MSG_EXPORTER_STATE &&
            fact->partition >= 1 && fact->partition <= b->setup->partition_count) {
            bool install = fact->b != WG_MSG_EXPORTER_STATE;
            b->calm.partitions[fact->partition - 1] = b->now;
            b->calm.elections[fact->partition - 1] =
                install ? b->now : b->calm.elections[fact->partition - 1];
        }
        break;
    case SIM_FACT_PHASE: /* healing ends every fault */
        b->calm.since = b->now;
        b->calm.faults = fact->a == SIM_PHASE_VERIFY ? 0 : b->calm.faults;
        break;
    default:
        if (fact->node < b->setup->brokers) {
            take_broker(b, fact);
        }
        break;
    }
}

void judge_calm_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    (void)node;
    b->calm.partitions[claim->partition - 1] = b->now;
    if (claim->kind == WG_CLAIM_ROLE) {
        b->calm.elections[claim->partition - 1] = b->now;
    }
}
