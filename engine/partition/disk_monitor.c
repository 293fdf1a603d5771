/* Free space is looked at once at the start and then every second, as in Zeebe; there is no
 * hysteresis. Raft asks by itself when it needs a new segment. */
#include "partition/disk_monitor.h"

#define PERIOD WG_SECOND
#define TIMER_SLOT (WG_TIMER_SLOTS - 1u) /* the actor's other slots belong to the partition */

static void look(struct wg_partition_shared *shared) {
    struct wg_env *env = shared->env;
    bool low = env->disk_ops->free_bytes(env->disk) < shared->options.min_free_processing;
    if (low == shared->disk_low) {
        return;
    }
    shared->disk_low = low;
    for (uint32_t i = 0; i < shared->options.partition_count; i++) {
        wg_emit_post(env, shared->options.partitions[i].id, WG_ACTOR_PARTITION, WG_POST_DISK, false,
                     low, 0, NULL);
    }
}

static void look_and_arm(struct wg_disk_monitor *monitor, struct wg_partition_shared *shared) {
    look(shared);
    wg_emit_timer(shared->env, monitor->home, WG_ACTOR_PARTITION, TIMER_SLOT,
                  shared->env->now + PERIOD);
}

bool wg_disk_monitor_step(struct wg_disk_monitor *monitor, struct wg_partition_shared *shared,
                          const struct wg_event *event) {
    if (event->actor != WG_ACTOR_PARTITION || shared->options.min_free_processing == 0) {
        return false;
    }
    if (event->kind == WG_EVENT_TIMER && event->u.timer == TIMER_SLOT) {
        look_and_arm(monitor, shared);
        return true;
    }
    if (!monitor->running && event->kind == WG_EVENT_POST &&
        event->u.post.what == WG_POST_START) {
        monitor->running = true;
        monitor->home = event->partition;
        look_and_arm(monitor, shared);
    }
    return false;
}
