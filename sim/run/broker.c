/* The life of a broker process on its machine: start (plugins first, then the engine over what the
 * disk holds), graceful stop, kill, power loss. A new process is a new incarnation: whatever was on
 * its way to or inside the old one means nothing any more. */
#include "sim/run/cluster_internal.h"

#include <stdlib.h>
#include <string.h>

static void *env_alloc(struct wg_env *env, size_t size) {
    return sim_pool_alloc(((struct sim_broker *)(void *)env)->cluster->pool, size);
}

static void env_free(struct wg_env *env, void *ptr, size_t size) {
    sim_pool_release(((struct sim_broker *)(void *)env)->cluster->pool, ptr, size);
}

static uint32_t env_choose(struct wg_env *env, wg_partition_id partition, enum wg_choice_site site,
                           uint32_t bound) {
    struct sim_broker *broker = (struct sim_broker *)(void *)env;
    uint32_t slot = broker->partition_slot[partition];
    return sim_choose(&broker->engine_streams[slot * WG_CHOOSE_SITE_COUNT + (uint32_t)site],
                      (uint32_t)site, bound);
}

__attribute__((noreturn)) static void env_panic(struct wg_env *env, const char *file, int line, const char *what) {
    struct sim_broker *broker = (struct sim_broker *)(void *)env;
    struct sim_cluster *c = broker->cluster;
    struct sim_black_box *box = c->run->black_box;
    snprintf(box->assertion, sizeof box->assertion, "%s:%d: %s does not hold on broker %u", file, line,
             what, broker->id);
    box->assertion_at = c->now - c->t0;
    box->assertion_partition = broker->running == NULL ? 0 : broker->running->partition;
    if (c->run->trace != NULL) {
        fflush(c->run->trace); /* the last lines are the ones that matter */
    }
    abort();
}

static const struct wg_env_ops env_ops = {.alloc = env_alloc,
                                          .free = env_free,
                                          .choose = env_choose,
                                          .emit = sim_actor_emit,
                                          .claim = sim_actor_claim,
                                          .panic = env_panic};

static uint8_t group_of(enum wg_actor kind) {
    switch (kind) {
    case WG_ACTOR_RAFT:
        return SIM_GROUP_OWN;
    case WG_ACTOR_EXPORTER:
        return SIM_GROUP_IO;
    default:
        return SIM_GROUP_CPU;
    }
}

static void find_replicas(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    broker->partition_slot = sim_must_alloc((c->partition_count + 1) * sizeof(uint32_t));
    broker->partitions = sim_must_alloc(c->partition_count * sizeof *broker->partitions);
    broker->partition_slot[0] = UINT32_MAX;
    for (uint32_t i = 0; i < c->partition_count; i++) {
        const struct wg_partition_options *p = &c->partitions[i];
        broker->partition_slot[p->id] = UINT32_MAX;
        for (uint32_t m = 0; m < p->member_count; m++) {
            if (p->members[m] == broker->id) {
                broker->partition_slot[p->id] = broker->partition_count;
                broker->partitions[broker->partition_count++] = *p;
            }
        }
    }
}

static void init_actors(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    uint32_t count = broker->partition_count * WG_ACTOR_COUNT;
    broker->actors = sim_must_alloc((count > 0 ? count : 1) * sizeof *broker->actors);
    memset(broker->actors, 0, count * sizeof *broker->actors);
    for (uint32_t i = 0; i < count; i++) {
        struct sim_actor *actor = &broker->actors[i];
        actor->broker = broker;
        actor->partition = broker->partitions[i / WG_ACTOR_COUNT].id;
        actor->kind = (uint8_t)(i % WG_ACTOR_COUNT);
        actor->group = group_of((enum wg_actor)actor->kind);
        actor->number = c->actor_count;
        actor->mail = actor->first_mail;
        actor->mail_capacity = SIM_FIRST_MAIL;
        for (uint32_t t = 0; t < WG_TIMER_SLOTS; t++) {
            actor->timers[t].deadline = WG_TIME_NEVER;
        }
        c->actors[c->actor_count++] = actor;
    }
}

/* The two processes of a node draw from streams of their own. */
static void init_streams(struct sim_broker *broker, uint64_t second) {
    uint32_t count = broker->partition_count * WG_CHOOSE_SITE_COUNT;
    broker->engine_streams =
        sim_must_alloc((count > 0 ? count : 1) * sizeof *broker->engine_streams);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entity = second << 63 | (uint64_t)broker->id << 32 |
                          (uint64_t)broker->partitions[i / WG_CHOOSE_SITE_COUNT].id << 8 |
                          i % WG_CHOOSE_SITE_COUNT;
        sim_stream_init(&broker->engine_streams[i], broker->cluster->choices, SIM_CONCERN_ENGINE,
                        entity);
    }
}

/* Round robin gives replicas to the first brokers; one without any has nobody who could listen. */
static uint32_t settings_brokers(const struct sim_cluster *c) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < c->partition_count; i++) {
        for (uint32_t m = 0; m < c->partitions[i].member_count; m++) {
            used = c->partitions[i].members[m] >= used ? c->partitions[i].members[m] + 1 : used;
        }
    }
    return used;
}

static void init_options(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    const struct sim_cluster_options *from = &c->scenario->cluster;
    struct wg_node_options *o = &broker->options;
    wg_node_options_init(o);
    o->behaviour = from->behaviour;
    o->quirks = from->quirks;
    o->partitions = broker->partitions;
    o->partition_count = broker->partition_count;
    o->exporters = c->exporters;
    o->exporter_count = c->scenario->exporter_count;
    o->settings_brokers = settings_brokers(c);
    o->skip_records = from->skip_records;
    o->skip_record_count = from->skip_record_count;
    o->segment_bytes = from->segment_bytes;
    o->snapshot_chunk_bytes = from->snapshot_chunk_bytes;
    o->snapshot_period = from->snapshot_period;
    o->distribution_interval = from->distribution_interval;
    if (from->peers) {
        o->cluster_brokers = from->brokers;
        o->cluster_partitions = from->partitions;
        o->distribute_deployments = from->distribute_deployments;
    }
    o->min_free_processing = from->min_free_processing;
    o->request_limit = from->request_limit;
    o->append_limit = from->append_limited != 0 ? from->append_limit : WG_APPEND_LIMIT_MAX;
    o->min_free_replication = from->min_free_replication;
    if (o->max_message_bytes > o->segment_bytes / 2) {
        o->max_message_bytes = o->segment_bytes / 2;
    }
}

static void *zeros(size_t size) {
    void *memory = sim_must_alloc(size);
    memset(memory, 0, size);
    return memory;
}

static void init_process(struct sim_broker *broker, uint64_t second) {
    struct sim_cluster *c = broker->cluster;
    broker->env = (struct wg_env){.ops = &env_ops,
                                  .disk_ops = &sim_disk_ops,
                                  .disk = broker->disk,
                                  .node = broker->id,
                                  .flags = c->run->env_flags};
    find_replicas(broker);
    init_actors(broker);
    init_streams(broker, second);
    init_options(broker);
    broker->left_at = zeros((broker->partition_count + 1) * sizeof *broker->left_at);
    broker->rejoin_at = zeros((broker->partition_count + 1) * sizeof *broker->rejoin_at);
    broker->promised = zeros((broker->partition_count + 1) * sizeof *broker->promised);
}

void sim_broker_init(struct sim_broker *broker, struct sim_cluster *c, wg_node_id id) {
    const struct sim_cluster_options *o = &c->scenario->cluster;
    memset(broker, 0, sizeof *broker);
    broker->cluster = c;
    broker->id = broker->process = id;
    struct sim_disk_options disk = {.capacity = o->disk_bytes,
                                    .write_per_kib = o->disk_write_per_kib,
                                    .read_per_kib = o->disk_write_per_kib,
                                    .sync_base = o->disk_sync,
                                    .sync_jitter = o->disk_sync / 4,
                                    .metadata = o->disk_sync / 10};
    broker->disk = sim_disk_new(c->pool, id, &disk, c->choices, sim_cluster_fact, c);
    init_process(broker, 0);
    sim_broker_init_clock(broker);
    sim_disk_set_watermarks(broker->disk, broker->options.min_free_processing,
                            broker->options.min_free_replication);
}

void sim_broker_share_machine(const struct sim_broker *from, struct sim_broker *to) {
    to->clock = from->clock;
    to->slow_factor = from->slow_factor;
    to->altered = from->altered;
}

/* What the fault budget wants to know goes with the newest process. */
static void hand_over(const struct sim_broker *from, struct sim_broker *to) {
    sim_broker_share_machine(from, to);
    to->incarnation = from->incarnation;
    to->damaged = from->damaged;
    to->rejoining = from->rejoining;
    to->tended = from->tended;
    to->tended_at = from->tended_at;
    to->tearing_faults = from->tearing_faults;
    to->tearing = from->tearing;
    memcpy(to->left_at, from->left_at, from->partition_count * sizeof *to->left_at);
    memcpy(to->rejoin_at, from->rejoin_at, from->partition_count * sizeof *to->rejoin_at);
    memcpy(to->promised, from->promised, from->partition_count * sizeof *to->promised);
}

void sim_broker_init_twin(struct sim_broker *twin, struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    if (broker->twin == NULL) {
        memset(twin, 0, sizeof *twin);
        twin->cluster = c;
        twin->id = broker->id;
        twin->disk = broker->disk;
        twin->process = c->broker_count + 1 + broker->id; /* no node has that number */
        sim_plugin_port_beside(c->port, twin->process, broker->id);
        c->actors = sim_must_realloc(c->actors, (c->actor_count + broker->partition_count *
                                                                      WG_ACTOR_COUNT) *
                                                    sizeof(struct sim_actor *));
        init_process(twin, 1);
        twin->twin = broker;
        broker->twin = twin;
    }
    hand_over(broker, twin);
}

static void process_done(struct sim_broker *broker) {
    wg_node_destroy(broker->node);
    broker->node = NULL;
    for (uint32_t i = 0; i < broker->partition_count * WG_ACTOR_COUNT; i++) {
        sim_actor_done(&broker->actors[i]);
    }
    free(broker->actors);
    free(broker->partitions);
    free(broker->partition_slot);
    free(broker->engine_streams);
    free(broker->left_at);
    free(broker->promised);
    free(broker->rejoin_at);
}

void sim_broker_done(struct sim_broker *broker) {
    process_done(broker);
    if (broker->twin != NULL) {
        process_done(broker->twin);
    }
    sim_disk_empty(broker->disk);
}

void sim_broker_free(struct sim_broker *broker) {
    sim_disk_free(broker->disk);
    free(broker->twin);
    free(broker);
}

static void fact(struct sim_broker *broker, enum sim_fact_kind kind, uint64_t b) {
    struct sim_fact f = {.kind = (uint32_t)kind,
                         .node = broker->id,
                         .at = broker->cluster->now,
                         .a = broker->incarnation,
                         .b = b};
    sim_cluster_fact(broker->cluster, &f);
}

static void refused(struct sim_broker *broker) {
    const char *why = wg_status_text(WG_LOCKED);
    struct sim_fact f = {.kind = SIM_FACT_BROKER_REFUSED,
                         .node = broker->id,
                         .at = broker->cluster->now,
                         .a = broker->incarnation,
                         .ptr = why,
                         .len = (uint32_t)strlen(why)};
    sim_cluster_fact(broker->cluster, &f);
    broker->incarnation--;
    sim_disk_user_ended(broker->disk, &broker->env);
    sim_plugin_port_end_broker(broker->cluster->port, broker->process);
}

/* What the configuration files say now; the process keeps to it. */
static void note_configuration(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    broker->unconfigured = 0;
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        bool absent = !sim_operator_has_exporter(c, e);
        c->exporters[e].absent = absent;
        broker->unconfigured |= absent ? 1u << e : 0;
        c->fault_effects[SIM_FAULT_EXPORTER_UNCONFIGURE] += absent;
    }
    sim_plugin_port_set_absent(c->port, broker->unconfigured);
}

bool sim_broker_start(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    if (broker->node != NULL) {
        return true;
    }
    broker->incarnation++;
    note_configuration(broker);
    if (sim_plugin_port_start_broker(c->port, broker->process, (uint32_t)broker->incarnation,
                                     sim_broker_wall_ms(broker), c->error,
                                     sizeof c->error) != WG_LOADER_OK) {
        c->failed_start = true;
        return false;
    }
    broker->stopping = false;
    broker->stopped_partitions = 0;
    broker->free_threads[SIM_GROUP_CPU] = 2;
    broker->free_threads[SIM_GROUP_IO] = 2;
    broker->env.now = sim_broker_now(broker);
    broker->env.wall_ms = sim_broker_wall_ms(broker);
    sim_disk_attach(broker->disk, &broker->env);
    broker->node = wg_node_create(&broker->env, &broker->options);
    if (broker->node == NULL) {
        refused(broker);
        return false;
    }
    if (c->brokers[broker->id] != broker) {
        sim_duplicate_takes_over(c, broker);
    }
    fact(broker, SIM_FACT_BROKER_START, broker->unconfigured);
    if (broker->altered && broker->incarnation == 1) {
        sim_broker_tell_clock(broker);
    }
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        struct wg_event start = {.kind = WG_EVENT_POST, .u.post.what = WG_POST_START};
        sim_actor_deliver(
            sim_broker_actor(broker, broker->partitions[i].id, WG_ACTOR_PARTITION), &start, false);
    }
    return true;
}

/* A replica that never came up in this process promised nothing new. */
static void note_promises(struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        wg_partition_id id = broker->partitions[i].id;
        struct sim_promise *promised = &broker->promised[i];
        struct wg_partition_view view;
        broker->left_at[i] = broker->cluster->committed[id - 1];
        if (wg_node_inspect(broker->node, id, &view) == WG_OK && !view.failed &&
            view.term >= promised->term) {
            *promised = (struct sim_promise){view.last_index, view.term};
        }
    }
}

static void end_process(struct sim_broker *broker, uint32_t how) {
    struct sim_cluster *c = broker->cluster;
    bool is_newest = c->brokers[broker->id] == broker;
    fact(broker, is_newest ? SIM_FACT_BROKER_END : SIM_FACT_BROKER_OLD_END, how);
    c->ended[how]++;
    note_promises(broker);
    for (uint32_t i = 0; i < broker->partition_count * WG_ACTOR_COUNT; i++) {
        sim_actor_reset(&broker->actors[i]);
    }
    for (uint32_t g = 0; g < SIM_GROUP_COUNT; g++) {
        broker->waiting_head[g] = broker->waiting_tail[g] = NULL;
    }
    wg_node_destroy(broker->node);
    broker->node = NULL;
    sim_plugin_port_end_broker(c->port, broker->process);
    sim_disk_user_ended(broker->disk, &broker->env);
    sim_net_reset_node(c->net, broker->id);
    sim_broker_resume(broker); /* what waited for the process is lost with it */
}

void sim_broker_kill(struct sim_broker *broker, uint32_t how) {
    if (broker->node != NULL) {
        end_process(broker, how);
    }
    if (how == SIM_END_POWER_LOSS) {
        sim_broker_kill_older(broker, how);
        sim_disk_power_loss(broker->disk, broker->cluster->now);
    }
}

void sim_broker_kill_older(struct sim_broker *broker, uint32_t how) {
    struct sim_broker *older = sim_broker_older(broker);
    if (older != NULL) {
        end_process(older, how);
    }
}

void sim_broker_stop(struct sim_broker *broker) {
    if (broker->node == NULL || broker->stopping) {
        return;
    }
    broker->stopping = true;
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        struct wg_event stop = {.kind = WG_EVENT_POST, .u.post.what = WG_POST_STOP};
        sim_actor_deliver(
            sim_broker_actor(broker, broker->partitions[i].id, WG_ACTOR_PARTITION), &stop, false);
    }
}
