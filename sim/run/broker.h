/* A simulated machine with one broker process: its actors, thread pools, disk and clock.
 *
 * An actor handles one event at a time. Handling an event is a job: the engine's step runs at the
 * job's start, what it emitted (effects, claims, syncs) takes place at the job's end, env->cost later.
 * Until then the actor, and one thread of its pool, are busy. A plugin call prolongs the job of
 * the director that asked for it until the plugin has returned (DESIGN D5, D6). */
#ifndef SIM_RUN_BROKER_H
#define SIM_RUN_BROKER_H

#include "sim/world/plugin_port.h"
#include "sim/world/sim_disk.h"
#include "waggle/node.h"

enum sim_pool_group { SIM_GROUP_OWN, SIM_GROUP_CPU, SIM_GROUP_IO, SIM_GROUP_COUNT };

struct sim_cluster;
struct sim_broker;

struct sim_timer {
    wg_time deadline; /* WG_TIME_NEVER = not armed; broker's clock */
    wg_time queued;   /* when the queued item fires, if is_queued */
    uint32_t generation; /* of the queued item */
    uint32_t armed;   /* counts arming and cancelling: a fired timer that was changed is dropped */
    bool is_queued;
};

struct sim_mail {
    struct wg_event event;
    uint32_t timer_armed; /* TIMER: sim_timer.armed when it fired */
};

struct sim_actor {
    struct sim_broker *broker;
    wg_partition_id partition;
    uint32_t number; /* index in the cluster's table */
    uint8_t kind;    /* enum wg_actor */
    uint8_t group;   /* enum sim_pool_group */
    bool busy, in_ready, waiting;
    uint64_t job; /* the disk's number of the job that runs */
    struct sim_actor *next_ready;

    struct sim_mail *mail; /* ring */
    uint32_t mail_head, mail_count, mail_capacity;
    uint32_t coalesced; /* bit per enum wg_post that waits in the ring */

    struct wg_effect *effects; /* of the job that runs */
    uint32_t effect_count, effect_capacity;
    struct wg_claim *claims;
    uint32_t claim_count, claim_capacity;

    struct wg_plugin_return returned; /* of the call that runs */
    struct wg_plugin_action *actions;
    uint32_t action_capacity;
    struct sim_timer timers[WG_TIMER_SLOTS];
};

struct sim_broker {
    struct wg_env env; /* first: the engine hands it back */
    struct sim_cluster *cluster;
    struct wg_disk *disk;
    struct wg_node *node; /* NULL = down */
    wg_node_id id;
    uint64_t incarnation; /* of the running or last process */
    bool stopping;        /* a graceful stop is under way */
    uint32_t stopped_partitions;
    int tearing_faults;   /* disk.tornWrites faults that hold */
    uint32_t tearing;     /* per mille */
    uint32_t free_threads[SIM_GROUP_COUNT];
    struct sim_actor *waiting_head[SIM_GROUP_COUNT], *waiting_tail[SIM_GROUP_COUNT];

    struct wg_node_options options;
    struct wg_partition_options *partitions; /* replicas on this broker */
    uint32_t partition_count;
    struct sim_actor *actors;                /* [partition_count * WG_ACTOR_COUNT] */
    uint32_t *partition_slot;                /* [cluster partitions + 1] -> slot or UINT32_MAX */
    struct sim_stream *engine_streams;       /* [partition_count * WG_CHOOSE_SITE_COUNT] */
    struct sim_actor *running;               /* whose step is being executed */
};

/* actor.c: delivering and executing. */
struct sim_actor *sim_broker_actor(struct sim_broker *broker, wg_partition_id partition, enum wg_actor kind);
/* Puts an event into the actor's mailbox; owned pointers pass to it. */
void sim_actor_deliver(struct sim_actor *actor, const struct wg_event *event, bool coalesce);
void sim_actor_timer_fired(struct sim_actor *actor, uint32_t slot, uint32_t generation);
/* The running job's time is over: its effects take place. */
void sim_actor_job_end(struct sim_actor *actor);
void sim_actor_plugin_returned(struct sim_actor *actor);
/* Runs actors until nobody can start at the present moment. */
void sim_cluster_run_ready(struct sim_cluster *cluster);
/* The process is gone: mail, effects and timers with it. */
void sim_actor_reset(struct sim_actor *actor);
void sim_actor_done(struct sim_actor *actor);

/* broker.c: process life. */
void sim_broker_init(struct sim_broker *broker, struct sim_cluster *cluster, wg_node_id id);
void sim_broker_done(struct sim_broker *broker);
/* false: startup validation failed, message in the cluster's error text. */
bool sim_broker_start(struct sim_broker *broker);
void sim_broker_kill(struct sim_broker *broker, uint32_t how); /* enum sim_end */
void sim_broker_stop(struct sim_broker *broker);

#endif
