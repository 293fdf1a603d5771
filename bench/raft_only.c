#include "bench/raft_only.h"

#include "raft/raft.h"
#include "seams/log_writer.h"
#include "sim/invariants/judge.h"
#include "sim/kernel/pool.h"
#include "sim/kernel/queue.h"
#include "sim/kernel/run_hash.h"
#include "sim/world/fact_hash.h"
#include "sim/world/sim_disk.h"
#include "sim/world/sim_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIL_MAX 4096u
#define EFFECTS_MAX 256u

enum item_kind { ITEM_MESSAGE, ITEM_TIMER, ITEM_JOB_END };

struct bench;

struct bench_node {
    struct wg_env env; /* first */
    struct bench *bench;
    struct wg_disk *disk;
    struct wg_snapshots *snapshots;
    struct wg_raft *raft;
    struct wg_node_options options;
    struct wg_event mail[MAIL_MAX];
    uint32_t head, count;
    bool busy;
    uint64_t job;
    wg_index snapshot_due;
    struct wg_effect effects[EFFECTS_MAX];
    uint32_t effect_count;
    struct wg_claim claims[EFFECTS_MAX];
    uint32_t claim_count;
    struct { wg_time deadline, queued; uint32_t generation; bool is_queued; } timers[WG_TIMER_SLOTS];
};

struct bench {
    struct sim_pool *pool;
    struct sim_queue *queue;
    struct sim_choices *choices;
    struct sim_net *net;
    struct sim_judges *judges;
    struct sim_run_hash hash;
    struct wg_partition_options partition;
    struct bench_node *nodes;
    const struct raft_only_options *options;
    wg_time now;
    wg_position next_position;
    uint64_t committed, events;
    struct wg_state *state; /* empty: what the snapshots hold */
    uint32_t in_flight;
    struct bench_node *leader;
};

static void *env_alloc(struct wg_env *env, size_t size) {
    return sim_pool_alloc(((struct bench_node *)(void *)env)->bench->pool, size);
}
static void env_free(struct wg_env *env, void *ptr, size_t size) {
    sim_pool_release(((struct bench_node *)(void *)env)->bench->pool, ptr, size);
}
static uint32_t env_choose(struct wg_env *env, wg_partition_id p, enum wg_choice_site s, uint32_t b) {
    (void)env, (void)p, (void)s, (void)b;
    return 0;
}
static void env_emit(struct wg_env *env, const struct wg_effect *effect) {
    struct bench_node *node = (struct bench_node *)(void *)env;
    node->effects[node->effect_count++] = *effect;
}
static void env_claim(struct wg_env *env, const struct wg_claim *claim) {
    struct bench_node *node = (struct bench_node *)(void *)env;
    node->claims[node->claim_count++] = *claim;
}
__attribute__((noreturn)) static void env_panic(struct wg_env *env, const char *file, int line, const char *what) {
    (void)env;
    fprintf(stderr, "bench: %s:%d: %s\n", file, line, what);
    abort();
}
static const struct wg_env_ops env_ops = {env_alloc, env_free, env_choose,
                                          env_emit,  env_claim, env_panic};

static void on_fact(void *ctx, const struct sim_fact *fact) {
    struct bench *b = ctx;
    sim_run_hash_fact(&b->hash, fact);
    sim_judges_fact(b->judges, fact);
}

static void push(struct bench *b, wg_time at, uint32_t kind, uint32_t target, uint64_t a, void *ptr) {
    struct sim_item item = {.at = at, .kind = kind, .target = target, .a = a, .ptr = ptr};
    sim_queue_push(b->queue, &item);
}

static void arm(struct bench_node *node, uint32_t slot, wg_time at) {
    node->timers[slot].deadline = at;
    if (at != WG_TIME_NEVER &&
        (!node->timers[slot].is_queued || node->timers[slot].queued > at)) {
        node->timers[slot].is_queued = true;
        node->timers[slot].queued = at;
        push(node->bench, at, ITEM_TIMER, node->env.node * WG_TIMER_SLOTS + slot,
             ++node->timers[slot].generation, NULL);
    }
}

static void mail(struct bench_node *node, const struct wg_event *event) {
    if (node->count == MAIL_MAX) {
        fputs("bench: mailbox full\n", stderr);
        abort();
    }
    node->mail[(node->head + node->count++) % MAIL_MAX] = *event;
}

static void send(struct bench *b, struct wg_message *message) {
    struct sim_delivery out[SIM_NET_DELIVERIES];
    wg_node_id to = message->to;
    uint32_t count = sim_net_send(b->net, message, b->now, out);
    for (uint32_t i = 0; i < count; i++) {
        push(b, out[i].at, ITEM_MESSAGE, to, 0, out[i].message);
    }
}

static void on_post(struct bench_node *node, const struct wg_effect *effect) {
    struct bench *b = node->bench;
    if (effect->u.post.what == WG_POST_ROLE && effect->u.post.value == WG_ROLE_LEADER) {
        b->leader = node;
    } else if (effect->u.post.what == WG_POST_COMMIT && effect->actor == WG_ACTOR_PROCESSOR &&
               node == b->leader) {
        wg_index commit = effect->u.post.value;
        uint64_t done = commit > 1 ? commit - 1 : 0; /* index 1 is the initial entry */
        if (done > b->committed) {
            b->in_flight -= (uint32_t)(done - b->committed);
            b->committed = done;
        }
    }
}

static void end_job(struct bench_node *node) {
    struct bench *b = node->bench;
    sim_disk_job_end(node->disk, node->job, b->now);
    for (uint32_t i = 0; i < node->claim_count; i++) {
        sim_judges_claim(b->judges, b->now, node->env.node, &node->claims[i]);
    }
    node->claim_count = 0;
    for (uint32_t i = 0; i < node->effect_count; i++) {
        struct wg_effect *effect = &node->effects[i];
        if (effect->kind == WG_EFFECT_SEND) {
            send(b, effect->u.message);
        } else if (effect->kind == WG_EFFECT_TIMER) {
            arm(node, effect->u.timer.slot, effect->u.timer.at);
        } else {
            on_post(node, effect);
        }
    }
    node->effect_count = 0;
    node->busy = false;
}

static void run_mail(struct bench_node *node) {
    struct bench *b = node->bench;
    while (!node->busy && node->count > 0) {
        /* One job for each event, a client's append too, as in the cluster. Its place is taken by
         * no other mail before the step is over. */
        struct wg_event *event = &node->mail[node->head];
        node->head = (node->head + 1) % MAIL_MAX;
        node->count--;
        node->env.now = b->now;
        node->env.cost = 0;
        node->busy = true;
        node->job = sim_disk_job_begin(node->disk);
        wg_raft_step(node->raft, event);
        if (event->kind == WG_EVENT_MESSAGE) {
            wg_message_unref(event->u.message);
        }
        if (node->env.cost == 0) {
            end_job(node);
        } else {
            push(b, b->now + node->env.cost, ITEM_JOB_END, node->env.node, 0, NULL);
        }
    }
}

/* The client: keeps `outstanding` entries in flight at the leader. */
static void feed(struct bench *b) {
    struct bench_node *node = b->leader;
    while (node != NULL && b->in_flight < b->options->outstanding) {
        struct wg_append_task *task = wg_alloc(&node->env, sizeof *task);
        task->term = wg_raft_term(node->raft);
        task->lowest = task->highest = b->next_position++;
        task->batch = wg_buf_new(&node->env, b->options->entry_bytes);
        memset(task->batch->bytes, (int)(task->lowest & 0xff), b->options->entry_bytes);
        struct wg_event event = {
            .kind = WG_EVENT_POST, .partition = 1, .u.post = {WG_POST_APPEND, 0, 0, task}};
        mail(node, &event);
        b->in_flight++;
    }
}

/* A replica takes an (empty) snapshot at its commit index and cuts its log, as a job of its own. */
static void take_snapshot(struct bench_node *node) {
    struct bench *b = node->bench;
    wg_index index = wg_raft_commit_index(node->raft) - 1;
    const struct wg_log_entry *entry = wg_log_entry(wg_raft_log(node->raft), index);
    if (entry == NULL) {
        return;
    }
    /* Entry i holds position i - 1, so the one before the entry that holds `index` is this. */
    struct wg_snapshot_id id = {index, entry->term, (wg_position)index, (wg_position)index};
    struct wg_event persisted = {.kind = WG_EVENT_POST,
                                 .partition = 1,
                                 .u.post = {WG_POST_SNAPSHOT_PERSISTED, index, 0, NULL}};
    node->env.now = b->now;
    node->env.cost = 0;
    node->busy = true;
    node->job = sim_disk_job_begin(node->disk);
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(b->state);
    if (wg_snapshots_persist(node->snapshots, &id, checkpoint, (wg_position)index) == WG_OK) {
        mail(node, &persisted); /* handled when this job has ended */
    }
    wg_state_checkpoint_free(checkpoint);
    node->snapshot_due = index + b->options->compact_every;
    push(b, b->now + node->env.cost, ITEM_JOB_END, node->env.node, 0, NULL);
}

static void take_snapshot_if_due(struct bench_node *node) {
    if (node->bench->options->compact_every > 0 && !node->busy &&
        wg_raft_commit_index(node->raft) >= node->snapshot_due) {
        take_snapshot(node);
    }
}

/* Only the node that had an event and the leader, which is fed after each, can be due. */
static void take_snapshots(struct bench *b, struct bench_node *node) {
    struct bench_node *leader = b->leader;
    if (leader != NULL && leader < node) {
        take_snapshot_if_due(leader);
    }
    take_snapshot_if_due(node);
    if (leader > node) {
        take_snapshot_if_due(leader);
    }
}

static struct bench_node *node_of(struct bench *b, const struct sim_item *item) {
    return &b->nodes[item->kind == ITEM_TIMER ? item->target / WG_TIMER_SLOTS : item->target];
}

static void handle(struct bench *b, struct bench_node *node, const struct sim_item *item) {
    if (item->kind == ITEM_JOB_END) {
        end_job(node);
        run_mail(node);
        return;
    }
    struct wg_event event;
    if (item->kind == ITEM_MESSAGE) {
        event = (struct wg_event){.kind = WG_EVENT_MESSAGE, .u.message = item->ptr};
    } else {
        uint32_t slot = item->target % WG_TIMER_SLOTS;
        if (node->timers[slot].generation != item->a) {
            return;
        }
        node->timers[slot].is_queued = false;
        wg_time deadline = node->timers[slot].deadline;
        if (deadline == WG_TIME_NEVER) {
            return;
        }
        if (deadline > b->now) {
            arm(node, slot, deadline);
            return;
        }
        event = (struct wg_event){.kind = WG_EVENT_TIMER, .u.timer = slot};
    }
    event.partition = 1;
    mail(node, &event);
    run_mail(node);
}

static uint64_t read_nothing(void *ctx, wg_node_id node, const char *path, uint64_t offset, void *out,
                             uint64_t len) {
    struct bench *b = ctx;
    return sim_disk_durable_read(b->nodes[node].disk, path, offset, out, len);
}
static void list_nothing(void *ctx, wg_node_id node, wg_partition_id partition,
                         void (*each)(void *, const char *, uint64_t), void *each_ctx) {
    (void)ctx, (void)node, (void)partition, (void)each, (void)each_ctx;
}

static void make_node(struct bench *b, wg_node_id id) {
    struct bench_node *node = &b->nodes[id];
    node->bench = b;
    node->snapshot_due = b->options->compact_every;
    struct sim_disk_options disk = {.capacity = 64ull << 30, .write_per_kib = 500, .sync_base = 200 * WG_US};
    node->disk = sim_disk_new(b->pool, id, &disk, b->choices, on_fact, b);
    node->env = (struct wg_env){
        .ops = &env_ops, .disk_ops = &sim_disk_ops, .disk = node->disk, .node = id};
    sim_disk_attach(node->disk, &node->env);
    struct sim_fact start = {.kind = SIM_FACT_BROKER_START, .node = id, .a = 1};
    on_fact(b, &start);
    wg_node_options_init(&node->options);
    node->options.segment_bytes = 4u << 20;
    node->options.min_free_replication = 0;
    struct wg_snapshot_options snapshots = {"partitions/1", 1};
    node->job = sim_disk_job_begin(node->disk);
    if (wg_snapshots_open(&node->env, &snapshots, &node->snapshots) != WG_OK ||
        wg_raft_open(&node->env, &node->options, &b->partition, "partitions/1", node->snapshots,
                     &node->raft) != WG_OK) {
        fputs("bench: cannot open a node\n", stderr);
        abort();
    }
    wg_raft_start(node->raft);
    node->env.cost = 0;
    end_job(node);
}

static void free_all(struct bench *b) {
    struct sim_item item;
    while (sim_queue_pop(b->queue, &item)) {
        if (item.kind == ITEM_MESSAGE) {
            wg_message_unref(item.ptr);
        }
    }
    for (uint32_t i = 0; i < b->options->nodes; i++) {
        struct bench_node *node = &b->nodes[i];
        while (node->count > 0) {
            struct wg_event *event = &node->mail[node->head];
            if (event->kind == WG_EVENT_MESSAGE) {
                wg_message_unref(event->u.message);
            } else if (event->kind == WG_EVENT_POST) {
                wg_append_task_free(&node->env, event->u.post.ptr);
            }
            node->head = (node->head + 1) % MAIL_MAX;
            node->count--;
        }
        wg_raft_close(node->raft);
        wg_snapshots_close(node->snapshots);
        sim_disk_free(node->disk);
    }
    wg_state_free(b->state);
    sim_net_free(b->net);
    sim_judges_free(b->judges);
    sim_choices_free(b->choices);
    sim_queue_free(b->queue);
    sim_pool_free(b->pool);
    free(b->nodes);
}

int raft_only_run(const struct raft_only_options *options, struct raft_only_result *ret_result) {
    struct bench bench = {.options = options, .next_position = 1};
    struct bench *b = &bench;
    b->pool = sim_pool_new();
    b->queue = sim_queue_new();
    b->choices = sim_choices_new(1);
    sim_run_hash_init(&b->hash, 1);
    b->partition = (struct wg_partition_options){
        .id = 1, .member_count = options->nodes, .target_priority = options->nodes};
    for (uint32_t i = 0; i < options->nodes; i++) {
        b->partition.members[i] = i;
        b->partition.priorities[i] = options->nodes - i;
    }
    struct sim_judge_setup setup = {.brokers = options->nodes,
                                    .partition_count = 1,
                                    .partitions = &b->partition,
                                    .segment_bytes = 4u << 20,
                                    .raft_only = true};
    struct sim_disk_reader disks = {b, list_nothing, read_nothing};
    b->judges = sim_judges_new(&setup, &disks);
    struct sim_net_options net = {.latency = 250 * WG_US, .jitter = 50 * WG_US};
    b->net = sim_net_new(options->nodes, &net, b->choices, on_fact, b);
    b->nodes = calloc(options->nodes, sizeof *b->nodes);
    for (uint32_t i = 0; i < options->nodes; i++) {
        make_node(b, i);
    }
    b->state = wg_state_new(&b->nodes[0].env);
    struct sim_item item;
    while (b->committed < options->entries && sim_queue_pop(b->queue, &item)) {
        b->now = item.at;
        b->events++;
        sim_run_hash_event(&b->hash, &item);
        struct bench_node *node = node_of(b, &item);
        handle(b, node, &item);
        if (b->leader != NULL) {
            feed(b);
            run_mail(b->leader);
        }
        take_snapshots(b, node);
    }
    *ret_result = (struct raft_only_result){b->committed, b->events, b->now, b->hash.value};
    int ok = b->committed >= options->entries;
    if (sim_judges_violation_count(b->judges) > 0) {
        fprintf(stderr, "bench: %s\n", sim_judges_violation(b->judges, 0)->message);
        ok = 0;
    }
    free_all(b);
    return ok;
}
