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

#define SIM_FIRST_MAIL 2 /* a power of two */

/* What a job has emitted, until it ends. Few jobs run at a time: the cluster's boxes pass from one to the
 * next, so that their memory stays in the cache however many actors there are. */
struct sim_outbox {
    struct wg_effect *effects;
    uint32_t effect_count, effect_capacity;
    struct wg_claim *claims;
    uint32_t claim_count, claim_capacity;
    struct sim_outbox *next; /* that is free */
};

/* What every event touches comes first, the place of the first mail with it: with many partitions an actor
 * is cold when its turn comes. */
struct sim_actor {
    struct sim_broker *broker;
    wg_partition_id partition;
    uint32_t number; /* index in the cluster's table */
    uint8_t kind;    /* enum wg_actor */
    uint8_t group;   /* enum sim_pool_group */
    bool busy, in_ready, waiting;
    uint32_t coalesced; /* bit per enum wg_post that waits in the ring */
    uint32_t mail_head, mail_count, mail_capacity;
    struct sim_mail *mail; /* ring; `first_mail` until that is too short */
    struct sim_actor *next_ready;
    struct sim_mail first_mail[SIM_FIRST_MAIL];

    uint64_t job; /* the disk's number of the job that runs */
    const struct sim_broker *asker; /* whose message the job handles, or NULL */
    struct sim_outbox *outbox; /* of the job that runs, else NULL */

    struct wg_plugin_return returned; /* of the call that runs */
    struct wg_plugin_action *actions;
    uint32_t action_capacity;
    struct sim_timer timers[WG_TIMER_SLOTS];
};

/* The clocks of a machine, as they differ from true time. */
struct sim_broker_clock {
    wg_time skew;    /* of the wall clock from the start (cluster.clockSkew) */
    wg_time jumped;  /* by the faults that hold now */
    wg_time stuck;   /* by faults that are over and left it so */
    wg_time drifted; /* wall clock: gained at earlier rates since it was last put right */
    wg_time gained;  /* monotonic clock: gained at earlier rates; never taken back */
    int64_t ppm;     /* how much both gain now, from `since` on */
    wg_time since;
};

/* The end of a replica's log, and the term it knew: whatever it acknowledged or voted for is within. */
struct sim_promise {
    wg_index last_index;
    wg_term term;
};

/* One process at a time, and what belongs to its machine. A node that is started beside its old
 * process (broker.duplicate) has a second one of these on the same disk: `twin` of each other. */
struct sim_broker {
    struct wg_env env; /* first: the engine hands it back */
    struct sim_cluster *cluster;
    struct sim_broker *twin; /* NULL = never needed. It may be down */
    wg_node_id process;      /* in the plugin port */
    bool hears_answers;      /* as an old process: to what it sent itself */
    struct wg_disk *disk;
    struct wg_node *node; /* NULL = down */
    wg_node_id id;
    uint64_t incarnation; /* of the running or last process */
    uint32_t unconfigured; /* bit per exporter that the process does not have in its configuration */
    bool stopping;        /* a graceful stop is under way */
    uint32_t stopped_partitions;
    bool paused;          /* stands still since paused_at (hold.c) */
    wg_time paused_at;
    bool altered;         /* slow, or a clock is off: ask sim_broker_alter_* */
    uint32_t slow_factor; /* 1 = as usual */
    struct sim_broker_clock clock;
    bool damaged;         /* its files were harmed and nobody has wiped them */
    bool rejoining;       /* was wiped; intact again at rejoin_at */
    wg_index *left_at;    /* by replica: highest commit index of the partition when the process ended */
    struct sim_promise *promised; /* by replica: what it may have acknowledged by then */
    wg_index *rejoin_at;  /* the same when it was wiped */
    bool tended;          /* an operator has restarted it since healing began */
    wg_time tended_at;
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
/* The process may go on: whoever has mail starts. */
void sim_broker_wake(struct sim_broker *broker);
/* The broker's clock has changed its pace: its timers are put where they are due now. */
void sim_broker_requeue_timers(struct sim_broker *broker);

/* broker.c: process life. */
void sim_broker_init(struct sim_broker *broker, struct sim_cluster *cluster, wg_node_id id);
void sim_broker_done(struct sim_broker *broker);
/* Of it and its twin, when no message is left that one of them has made. */
void sim_broker_free(struct sim_broker *broker);
/* Makes `twin`, which may have been its twin before, ready for a process beside that of `broker`. */
void sim_broker_init_twin(struct sim_broker *twin, struct sim_broker *broker);
/* What a machine is like goes for both processes on it. */
void sim_broker_share_machine(const struct sim_broker *from, struct sim_broker *to);
/* false: it does not run: startup validation failed (the cluster's failed_start, with its error text),
 * or another process holds the data directory. */
bool sim_broker_start(struct sim_broker *broker);
/* Ends the process; a power loss (how, enum sim_end) ends all that run on the machine. */
void sim_broker_kill(struct sim_broker *broker, uint32_t how);
/* Ends the one that runs on beside it, if any. */
void sim_broker_kill_older(struct sim_broker *broker, uint32_t how);
void sim_broker_stop(struct sim_broker *broker);
/* The process that runs on beside this newer one, or NULL. */
static inline struct sim_broker *sim_broker_older(const struct sim_broker *broker) {
    return broker->twin != NULL && broker->twin->node != NULL ? broker->twin : NULL;
}
/* faults_broker.c: what faults make of a broker. */
void sim_broker_init_clock(struct sim_broker *broker);
int64_t sim_broker_wall_ms(const struct sim_broker *broker);
/* Its monotonic clock, and the first true time at which that shows `at`. */
wg_time sim_broker_now(const struct sim_broker *broker);
wg_time sim_broker_true_time(const struct sim_broker *broker, wg_time at);
/* When broker->altered: counts the job among the effects of clock faults; its time. */
void sim_broker_alter_job(struct sim_broker *broker);
wg_time sim_broker_alter_cost(struct sim_broker *broker, wg_time cost);
/* Emits the CLOCK fact. */
void sim_broker_tell_clock(struct sim_broker *broker);
/* An operator sets the wall clock to what it was at the start. */
void sim_broker_mend_clock(struct sim_broker *broker);
/* Ends a pause. */
void sim_broker_resume(struct sim_broker *broker);
/* Whether its disk holds what it should, as far as the fault budget is concerned. */
bool sim_broker_intact(struct sim_broker *broker);
/* Whether enough other replicas of the partition hold all that was committed when this broker's
 * process ended, so that its own can be done without. */
bool sim_broker_can_be_spared(const struct sim_broker *broker, wg_partition_id partition);

#endif
