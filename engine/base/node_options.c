/* Upstream's defaults and the default table of costs. */
#include "waggle/node.h"

#include <string.h>

void wg_node_options_init(struct wg_node_options *o) {
    memset(o, 0, sizeof *o);
    o->behaviour = WG_BEHAVIOUR_DOCUMENTED;
    o->election_timeout = 2500 * WG_MS;
    o->heartbeat_interval = 250 * WG_MS;
    o->request_timeout = 2500 * WG_MS;
    o->snapshot_request_timeout = 2500 * WG_MS;
    o->max_appends_per_follower = 2;
    o->max_append_batch_bytes = 32u << 10;
    o->snapshot_chunk_bytes = 1u << 30;
    o->prefer_snapshot_threshold = 100;
    o->min_step_down_failures = 3;
    o->segment_bytes = 128u << 20;
    o->max_message_bytes = 4u << 20;
    o->snapshot_period = 5 * WG_MINUTE;
    o->max_commands_in_batch = 100;
    o->distribution_interval = 15 * WG_SECOND;
    o->min_free_processing = 2ull << 30;
    o->min_free_replication = 1ull << 30;
    o->request_limit = (struct wg_limit_options){.enabled = 1,
                                                 .algorithm = WG_LIMIT_FIXED,
                                                 .windowed = 1,
                                                 .fixed = 1000,
                                                 .initial = 100,
                                                 .least = 1,
                                                 .most = 1000,
                                                 .expected_rtt = 200 * WG_MS,
                                                 .backoff_per_million = 900000};
    o->append_limit = 1024;
    o->costs = (struct wg_costs){.raft_message = 5 * WG_US,
                                 .append_entry = 2 * WG_US,
                                 .append_per_kib = 1 * WG_US,
                                 .process_command = 20 * WG_US,
                                 .process_record = 5 * WG_US,
                                 .replay_record = 3 * WG_US,
                                 .export_record = 3 * WG_US,
                                 .transition_step = 1 * WG_MS,
                                 .snapshot_base = 5 * WG_MS,
                                 .snapshot_per_kib = 2 * WG_US};
}
