/* A deterministic little world for raft: up to five replicas over fake disks, one virtual clock,
 * one queue of messages that tests may hold, drop, repeat and reorder. Everything a replica emits
 * is recorded; claims become one line of text each. */
#ifndef TEST_RAFT_HARNESS_H
#define TEST_RAFT_HARNESS_H

#include "fake_disk.h"
#include "raft/raft_internal.h"
#include "seams/log_writer.h"

#define MAX_NODES 5u
#define MAX_PACKETS 4096u
#define TRACE_BYTES 65536u
#define PARTITION 1u
#define T (2500 * WG_MS) /* election timeout */

struct cluster;

struct node {
    struct wg_env env; /* first: ops cast back */
    struct cluster *cluster;
    struct fake_disk disk;
    struct wg_snapshots *snapshots;
    struct wg_raft *raft; /* NULL = down */
    wg_time timers[WG_TIMER_SLOTS];
    wg_position next_position;
    /* posts */
    uint32_t role_posts;
    enum wg_role posted_role;
    wg_term posted_term;
    wg_index posted_commit;
    uint32_t installs_started, installs_done;
    uint32_t failures;
    uint32_t emits_timer;
};

struct packet {
    struct wg_message *message;
    wg_time at;
};

struct cluster {
    struct wg_env_ops ops;
    struct node nodes[MAX_NODES];
    uint32_t count;
    struct wg_node_options options;
    struct wg_partition_options partition;
    wg_time now, latency;
    struct packet packets[MAX_PACKETS];
    uint32_t packet_count;
    bool hold; /* packets stay queued until a test takes them */
    bool cut[MAX_NODES][MAX_NODES];
    bool (*pass)(struct cluster *, const struct wg_message *); /* false: dropped */
    void (*on_claim)(struct cluster *, struct node *, const struct wg_claim *);
    uint32_t jitter; /* what choose gives, unless random */
    bool random;
    uint64_t seed;
    size_t allocated;
    uint32_t sent[WG_MSG_KIND_COUNT];
    char trace[TRACE_BYTES];
    size_t trace_length;
    void *ctx;
};

/* `count` members with priorities count, count-1, ... (node 0 is the primary); none is up. */
struct cluster *cluster_new(uint32_t count);
/* Also checks that every byte allocated was freed. */
void cluster_free(struct cluster *c);

wg_status node_open(struct cluster *c, uint32_t node);
void node_start(struct cluster *c, uint32_t node);
void cluster_start(struct cluster *c);
/* The process dies; with `power` unflushed entries too. */
void node_stop(struct cluster *c, uint32_t node, bool power);

/* Runs everything due within `ms` of virtual time. */
void cluster_run(struct cluster *c, int64_t ms);
/* Runs until node is an announced leader; fails after a minute. */
void cluster_elect(struct cluster *c, uint32_t node);
int cluster_leader(const struct cluster *c); /* announced and highest term; -1 = none */
/* The earliest timer of any node, WG_TIME_NEVER = none. */
wg_time cluster_next_timer(const struct cluster *c);
void cluster_fire_timers(struct cluster *c); /* those due now */

/* One application entry with one position; at `node`, which should be leader. */
void node_append(struct cluster *c, uint32_t node);
void node_append_at(struct cluster *c, uint32_t node, wg_term term, wg_position lowest);
void node_post(struct cluster *c, uint32_t node, enum wg_post what, uint64_t value);
void node_deliver(struct cluster *c, struct wg_message *message); /* borrows */

/* Removes packet `at` from the queue; the caller owns its reference. */
struct wg_message *packet_take(struct cluster *c, uint32_t at);
void packet_deliver(struct cluster *c, uint32_t at);
void packets_drop(struct cluster *c);
/* The first queued message of `kind` to `to`, or NULL; stays queued. */
struct wg_message *packet_find(struct cluster *c, enum wg_message_kind kind, uint32_t to);

void isolate(struct cluster *c, uint32_t node, bool cut);
uint32_t cluster_random(struct cluster *c, uint32_t bound);

/* An append request built by hand and delivered; entry i has index prev_index + 1 + i and terms[i].
 * Returns the response, which the caller drops; needs c->hold. */
struct raft_response *ask_append(struct cluster *c, uint32_t from, uint32_t to, wg_term term,
                                 wg_index prev_index, wg_term prev_term, wg_index commit,
                                 const wg_term *terms, uint32_t count);
struct raft_response *ask_vote(struct cluster *c, enum wg_message_kind kind, uint32_t from,
                               uint32_t to, wg_term term, wg_index last_index, wg_term last_term);
struct raft_response *ask_install(struct cluster *c, uint32_t from, uint32_t to, wg_term term,
                                  wg_index index, wg_term snapshot_term, uint32_t number,
                                  bool last);
/* Delivers a response made by hand. */
void answer(struct cluster *c, enum wg_message_kind kind, const struct wg_message *request,
            struct raft_response content);
void drop_response(struct raft_response *response);

wg_term term_of(const struct cluster *c, uint32_t node, wg_index index);
wg_index last_of(const struct cluster *c, uint32_t node);

#endif
