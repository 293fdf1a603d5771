/* giving-up: a replica gives up only when its disk has failed it. What it finds on a disk that did its
 * duty it must be able to go on with, however its last process ended: killed, stopped, without power.
 *
 * Scope: every claim PARTITION_FAILED, of an opening, an installation or a service that runs, also where a
 * leader only steps down for it. Not a director that its exporters took down (where=EXPORTER): that is
 * judged by what is not exported.
 * Sound: a call on a disk that did not fail leaves what its caller asked for, so what cannot be read or
 * written needs a cause: a call on this broker's disk that a fault made fail, or that found no room, since
 * its process started; stored bytes that a fault changed or a failed sync lost, until somebody wipes them;
 * two processes that have shared the directory. A power loss is no cause: it takes only what was not synced.
 * Blame: engine.
 * Evidence: claim PARTITION_FAILED (a=status, b=where) against facts DISK_ERROR, DISK_DAMAGED, DISK_SPACE,
 * DISK_WIPED, BROKER_START.
 * Memory: one byte per replica, two per broker (in struct judge_broker). */
#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"

struct giving_up {
    bool harmed; /* bytes of its files changed or were lost, and have not been wiped since */
};

const struct judge_rule inv_giving_up_rule = {"giving-up", JUDGE_PER_REPLICA,
                                              sizeof(struct giving_up), NULL};

static void set_harmed(struct sim_judges *b, wg_node_id node, wg_partition_id p, bool harmed) {
    for (wg_partition_id q = 1; q <= b->setup->partition_count; q++) {
        if (p == 0 || p == q) {
            struct giving_up *state =
                judge_state(b, INV_GIVING_UP, judge_replica_number(b, node, q));
            state->harmed = harmed;
        }
    }
}

/* Called before judge.c takes the start in. */
void inv_giving_up_start(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_broker *broker = &b->brokers[fact->node];
    if (broker->up) { /* beside the old process: both write the same files */
        set_harmed(b, fact->node, 0, true);
    }
    broker->call_failed = false;
    broker->was_short = b->calm.brokers[fact->node].space != 0;
}

void inv_giving_up_disk(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_broker *broker = &b->brokers[fact->node];
    if (fact->kind == SIM_FACT_DISK_ERROR) {
        broker->call_failed = true;
    } else if (fact->kind == SIM_FACT_DISK_SPACE) {
        broker->was_short = broker->was_short || fact->b != 0;
    } else if (fact->kind == SIM_FACT_DISK_WIPED) {
        set_harmed(b, fact->node, fact->partition, false);
    } else {
        wg_partition_id p = fact->ptr != NULL ? judge_path_read(fact->ptr, fact->len).partition
                                              : judge_mirror_partition(b, fact->node, fact->a);
        set_harmed(b, fact->node, p <= b->setup->partition_count ? p : 0, true);
    }
}

void inv_giving_up_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct judge_broker *broker = &b->brokers[node];
    const struct giving_up *state =
        judge_state(b, INV_GIVING_UP, judge_replica_number(b, node, claim->partition));
    bool no_room = claim->a == (uint64_t)WG_NO_SPACE && broker->was_short;
    if (state->harmed || broker->call_failed || no_room || claim->b == WG_ACTOR_EXPORTER) {
        return;
    }
    judge_violate(b, INV_GIVING_UP, SIM_BLAME_ENGINE, claim->partition, -1,
                  "broker %u gave up its replica (status %u), although no call of its disk has failed since it "
                  "started and nothing it had stored was harmed", node,
                  (uint32_t)claim->a);
}
