/* Several partitions that send commands to each other, with the test in the place of the network. */
#ifndef TESTS_STREAM_PEERS_H
#define TESTS_STREAM_PEERS_H

#include "stream/peer.h"
#include "unit/stream/harness.h"

#define PEERS_MAX 3u
#define PEERS_QUEUE 256u

struct peers {
    uint32_t count;
    struct harness *of[PEERS_MAX + 1]; /* by partition */
    struct wg_message *queue[PEERS_QUEUE]; /* one reference each */
    uint32_t head, tail;
    /* Whether that message is lost; NULL = none is. */
    bool (*loses)(const struct wg_command_message *message);
    uint32_t sent, lost;
};

/* Partitions 1 to `count`, each with a leader. */
struct peers *peers_new(uint32_t count, bool distribute, uint64_t quirks);
void peers_free(struct peers *peers);
/* Commits, delivers and processes until nothing is under way. */
void peers_settle(struct peers *peers);
/* Time passes for all of them, a second at a time, with everything settled in between. */
void peers_advance(struct peers *peers, int64_t seconds);
/* A second copy of the state of every partition, made by following, has the leader's hash. */
void peers_followers_agree(struct peers *peers);
/* A new leader of that partition; everything in its log is committed. */
void peers_failover(struct peers *peers, wg_partition_id partition);
/* How often that line begins in the log of that partition. */
uint32_t peers_lines(struct peers *peers, wg_partition_id partition, const char *begin);

#endif
