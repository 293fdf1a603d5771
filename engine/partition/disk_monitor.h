/* Watches the free space of a broker's disk, once for all its partitions (engine 7). */
#ifndef WG_PARTITION_DISK_MONITOR_H
#define WG_PARTITION_DISK_MONITOR_H

#include "partition/partition.h"

struct wg_disk_monitor {
    bool running;
    wg_partition_id home; /* the partition on whose actor PARTITION its timer runs */
};

/* Looks at every event before its partition does: the first WG_POST_START looks at the disk and
 * starts the timer, each timer event looks again. Sets shared->disk_low and, when that changes, posts
 * WG_POST_DISK to every partition. true: the event was the monitor's own. */
bool wg_disk_monitor_step(struct wg_disk_monitor *monitor, struct wg_partition_shared *shared,
                          const struct wg_event *event);

#endif
