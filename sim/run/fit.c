/* Whether load and disks fit together (see fit.h). What the engine could have cut is the judges' reckoning,
 * not the engine's. */
#include "sim/run/fit.h"

static wg_partition_id withheld_on(const struct sim_cluster *c, const struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        wg_partition_id p = broker->partitions[i].id;
        if (sim_judges_export_stands_still(c->judges, p)) {
            return p;
        }
    }
    return 0;
}

static bool is_full(const struct sim_cluster *c, const struct sim_broker *broker) {
    const struct sim_cluster_options *options = &c->scenario->cluster;
    uint64_t free_bytes = sim_disk_free_bytes(broker->disk);
    return free_bytes < options->segment_bytes || free_bytes < options->min_free_replication;
}

/* Whether nothing can be committed in the partition for want of room, whoever is to blame for that. */
static bool lacks_a_majority(const struct sim_cluster *c, wg_partition_id p) {
    const struct wg_partition_options *o = &c->partitions[p - 1];
    uint32_t full = 0;
    for (uint32_t m = 0; m < o->member_count; m++) {
        full += is_full(c, c->brokers[o->members[m]]);
    }
    return o->member_count - full < o->member_count / 2 + 1;
}

/* The partition whose log the broker could have cut; 0 = none. A leader cannot while what it has written
 * waits for others who have no room: then it is their logs that count. Nobody can for whose snapshots there was
 * no room: the disk itself has seen them try. */
static wg_partition_id cuttable_on(const struct sim_cluster *c, const struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        wg_partition_id p = broker->partitions[i].id;
        bool waits = sim_judges_waits_for_commit(c->judges, broker->id, p) && lacks_a_majority(c, p);
        if (!waits && sim_judges_cuttable(c->judges, broker->id, p) > 0 &&
            !sim_judges_had_no_room(c->judges, broker->id, p)) {
            return p;
        }
    }
    return 0;
}

struct waste {
    const struct sim_judges *judges;
    wg_node_id node;
    uint64_t bytes;
};

static void add_waste(void *ctx, const char *path, uint64_t size) {
    struct waste *waste = ctx;
    waste->bytes += sim_judges_is_waste(waste->judges, waste->node, path) ? size : 0;
}

/* Bytes that should have left the broker's disk. Less than a segment makes no difference. */
static uint64_t waste_on(const struct sim_cluster *c, const struct sim_broker *broker) {
    struct waste waste = {c->judges, broker->id, 0};
    sim_disk_cached_list(broker->disk, add_waste, &waste);
    return waste.bytes < c->scenario->cluster.segment_bytes ? 0 : waste.bytes;
}

/* Whether the broker's disk is full through no fault of the engine; if it is through one, `story` says
 * which. */
static bool is_kept_full(const struct sim_cluster *c, const struct sim_broker *broker, char *story,
                         size_t size) {
    wg_partition_id withheld = withheld_on(c, broker);
    wg_partition_id cuttable = withheld != 0 ? 0 : cuttable_on(c, broker);
    uint64_t waste = waste_on(c, broker);
    if (waste > 0) {
        snprintf(story, size, "the disk of broker %u is full, but %llu bytes of it are in files that should be gone",
                 broker->id, (unsigned long long)waste);
    } else if (withheld != 0) {
        snprintf(story, size, "the disk of broker %u is full, but nothing is exported of partition %u",
                 broker->id, withheld);
    } else if (cuttable != 0) {
        snprintf(story, size,
                 "the disk of broker %u is full, but %u segments of partition %u could have gone",
                 broker->id, sim_judges_cuttable(c->judges, broker->id, cuttable), cuttable);
    }
    return waste == 0 && withheld == 0 && cuttable == 0;
}

/* Whether so few replicas of the partition have room for another log segment that nothing can be
 * committed. */
static bool has_no_room(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size) {
    const struct wg_partition_options *o = &c->partitions[p - 1];
    uint32_t full = 0;
    for (uint32_t m = 0; m < o->member_count; m++) {
        const struct sim_broker *broker = c->brokers[o->members[m]];
        full += is_full(c, broker) && is_kept_full(c, broker, story, size);
    }
    if (o->member_count - full >= o->member_count / 2 + 1) {
        return false;
    }
    snprintf(story, size,
             "on the disks of %u of the %u replicas of partition %u is no room for another log segment",
             full, o->member_count, p);
    return true;
}

/* Whether the leader's disk is too small for what must be kept on it. */
static bool is_too_small(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size) {
    wg_node_id leading = sim_cluster_leader(c, p);
    const struct sim_broker *broker = leading == WG_NODE_NONE ? NULL : c->brokers[leading];
    if (broker == NULL || broker->node == NULL ||
        sim_disk_free_bytes(broker->disk) >= c->scenario->cluster.min_free_processing ||
        !is_kept_full(c, broker, story, size)) {
        return false;
    }
    snprintf(story, size, "the disk of broker %u is too small for what its replicas must keep",
             broker->id);
    return true;
}

bool sim_fit_is_full(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size) {
    return has_no_room(c, p, story, size) || is_too_small(c, p, story, size);
}

bool sim_fit_is_slow(const struct sim_cluster *c, wg_partition_id p, char *story, size_t size) {
    if (!sim_judges_commits_lag(c->judges, p)) {
        return false;
    }
    snprintf(story, size,
             "what partition %u writes is committed more than 5 s later: its disks or links are "
             "slower than its load", p);
    return true;
}
