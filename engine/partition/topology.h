/* What a broker knows of who leads which partition, and how brokers tell each other (Zeebe: broker
 * info as a property of members, spread by SWIM gossip; a round of it takes about 250 ms, a full
 * exchange is made every 10 s). */
#ifndef WG_PARTITION_TOPOLOGY_H
#define WG_PARTITION_TOPOLOGY_H

#include "partition/partition.h"

/* Allocates the table in `shared`; nothing if the cluster is not known. */
void wg_topology_init(struct wg_partition_shared *shared);
void wg_topology_done(struct wg_partition_shared *shared);

/* This broker leads that partition now: all others are told. Nothing if a later term is known here. */
void wg_topology_announce(struct wg_partition_shared *shared, wg_partition_id partition,
                          wg_term term);
/* Looks at every event before its partition does: the first WG_POST_START asks the others what they
 * know, a timer tells one of them after the other what is known here, WG_MSG_TOPOLOGY brings news. true: the
 * event was for the broker, not for the partition. */
bool wg_topology_step(struct wg_partition_shared *shared, const struct wg_event *event);

#endif
