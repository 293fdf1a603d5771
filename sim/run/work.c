/* Jobs that put something in its place on the disk: a snapshot taken or received, a log cut at its
 * start. Their claims come at their end; here is their beginning: an event of its own, and the
 * moment for power to fail in the middle (broker.powerLossAtWork). What the disk then makes of the
 * syncs of a job under way is disk_crash.c's. */
#include "sim/run/cluster_internal.h"

/* Which work ends in the claim; SIM_WORK_COUNT = none. */
static uint32_t work_of(const struct wg_claim *claim) {
    switch (claim->kind) {
    case WG_CLAIM_SNAPSHOT:
        return SIM_WORK_SNAPSHOT;
    case WG_CLAIM_SNAPSHOT_RECEIVED:
        return SIM_WORK_INSTALL;
    case WG_CLAIM_COMPACT:
        return SIM_WORK_COMPACTION;
    default:
        return SIM_WORK_COUNT;
    }
}

/* Power fails now, while the job runs: as an item of its own, because this is inside of a step. */
static void set_off(struct sim_cluster *c, wg_node_id node, uint32_t work) {
    for (uint32_t i = 0; i < c->active_count; i++) {
        struct sim_active_fault *fault = &c->active[i];
        if (fault->action.kind == SIM_FAULT_BROKER_POWER_LOSS_AT_WORK &&
            fault->action.node == node && fault->action.params[0] == work && !fault->has_struck) {
            fault->has_struck = true;
            c->fault_effects[SIM_FAULT_BROKER_POWER_LOSS_AT_WORK]++;
            sim_cluster_push(c, c->now, SIM_ITEM_FAULT_TICK, fault->action.number, 0, NULL);
        }
    }
}

void sim_work_begins(const struct sim_actor *actor) {
    static const uint32_t events[SIM_WORK_COUNT] = {[SIM_WORK_SNAPSHOT] = SIM_TRIGGER_SNAPSHOT_STORING,
                                                    [SIM_WORK_INSTALL] = SIM_TRIGGER_SNAPSHOT_INSTALLING,
                                                    [SIM_WORK_COMPACTION] = SIM_TRIGGER_LOG_COMPACTING};
    struct sim_cluster *c = actor->broker->cluster;
    const struct sim_outbox *outbox = actor->outbox;
    for (uint32_t i = 0; i < outbox->claim_count; i++) {
        uint32_t work = work_of(&outbox->claims[i]);
        if (work != SIM_WORK_COUNT) {
            sim_cluster_trigger(c, events[work], -1, actor->broker->id, actor->partition);
            set_off(c, actor->broker->id, work);
        }
    }
}
