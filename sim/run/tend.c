/* What an operator does after healing about replicas that have given up (an I/O error, damaged files):
 * starts the broker again, which helps when only the error was passing; and if that does not, stops
 * it, empties the directory of the partition and starts it, so that the replica gets everything from
 * the others. Nobody is wiped while the others do not hold what it has: then the run does not
 * converge, and says so. Clocks are put right at once. */
#include "sim/run/cluster_internal.h"

#include <stdio.h>

#define PATIENCE (10 * WG_SECOND) /* before the first and between two attempts at one broker */

void sim_tend_begin(struct sim_cluster *c) {
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        sim_broker_mend_clock(c->brokers[id]);
        c->brokers[id]->tended = false;
        c->brokers[id]->tended_at = c->now;
    }
}

/* The first partition of the broker that has given up; 0 = none. */
static wg_partition_id given_up(const struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        struct wg_partition_view view;
        if (wg_node_inspect(broker->node, broker->partitions[i].id, &view) == WG_OK && view.failed) {
            return broker->partitions[i].id;
        }
    }
    return 0;
}

static void wipe_partition(struct sim_broker *broker, wg_partition_id partition) {
    char prefix[32];
    snprintf(prefix, sizeof prefix, "partitions/%u/", partition);
    sim_disk_wipe(broker->disk, prefix, partition, broker->cluster->now);
}

/* Brokers whose configuration has changed are restarted, one at a time. */
static bool restart_outdated(struct sim_cluster *c, struct sim_broker *broker) {
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        bool recent = c->now < c->brokers[id]->tended_at + PATIENCE && c->brokers[id]->tended;
        if (recent || c->brokers[id]->node == NULL) {
            return false;
        }
    }
    if (!sim_operator_is_outdated(c, broker)) {
        return false;
    }
    sim_broker_kill(broker, SIM_END_KILL);
    broker->tended_at = c->now;
    broker->tended = true;
    sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, broker->id, 0, NULL);
    return true;
}

static void tend(struct sim_cluster *c, struct sim_broker *broker) {
    if (broker->node == NULL || c->now < broker->tended_at + PATIENCE ||
        restart_outdated(c, broker)) {
        return;
    }
    wg_partition_id partition = given_up(broker);
    bool wipes = broker->tended;
    if (partition == 0 || (wipes && !sim_broker_can_be_spared(broker, partition))) {
        return;
    }
    sim_broker_kill(broker, SIM_END_KILL);
    if (wipes) {
        wipe_partition(broker, partition);
    }
    broker->tended = true;
    broker->tended_at = c->now;
    sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, broker->id, 0, NULL);
}

void sim_tend(struct sim_cluster *c) {
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        tend(c, c->brokers[id]);
    }
}
