/* The harness. Effects happen at once (jobs take no time here); messages are due one latency later
 * and are delivered in the order of (time, sending); timers fire in node and slot order. */
#include "harness.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct node *node_of(struct wg_env *env) { return (struct node *)(void *)env; }

static void *env_alloc(struct wg_env *env, size_t size) {
    node_of(env)->cluster->allocated += size;
    void *memory = malloc(size);
    assert(memory != NULL);
    return memory;
}

static void env_free(struct wg_env *env, void *memory, size_t size) {
    node_of(env)->cluster->allocated -= size;
    free(memory);
}

uint32_t cluster_random(struct cluster *c, uint32_t bound) {
    c->seed += 0x9E3779B97F4A7C15u;
    uint64_t z = c->seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) % bound);
}

static uint32_t env_choose(struct wg_env *env, wg_partition_id partition,
                           enum wg_choice_site site, uint32_t bound) {
    (void)partition;
    (void)site;
    struct cluster *c = node_of(env)->cluster;
    return c->random ? cluster_random(c, bound) : c->jitter % bound;
}

static void __attribute__((noreturn)) env_panic(struct wg_env *env, const char *file, int line,
                                                const char *what) {
    fprintf(stderr, "%s\nn%u: %s:%d: %s\n", node_of(env)->cluster->trace, env->node, file, line,
            what);
    abort();
}

static const char *role_name(uint64_t role) {
    static const char *const names[] = {"inactive", "passive",   "promotable",
                                        "follower", "candidate", "leader"};
    return names[role];
}

static void env_claim(struct wg_env *env, const struct wg_claim *claim) {
    struct node *node = node_of(env);
    struct cluster *c = node->cluster;
    if (c->on_claim != NULL) {
        c->on_claim(c, node, claim);
    }
    if (c->trace_length + 128 > TRACE_BYTES) {
        return;
    }
    char *at = c->trace + c->trace_length;
    int n = sprintf(at, "[%5" PRId64 "] n%u ", c->now / WG_MS, env->node);
    if (claim->kind == WG_CLAIM_ROLE) {
        n += sprintf(at + n, "ROLE %s term %" PRIu64 "\n", role_name(claim->a), claim->b);
    } else if (claim->kind == WG_CLAIM_VOTE) {
        n += sprintf(at + n, "VOTE term %" PRIu64 " for n%" PRIu64 "\n", claim->a, claim->b);
    } else if (claim->kind == WG_CLAIM_COMMIT) {
        n += sprintf(at + n, "COMMIT %" PRIu64 " term %" PRIu64 " in %" PRIu64 "\n", claim->a,
                     claim->b, claim->c);
    } else {
        assert(claim->kind == WG_CLAIM_SNAPSHOT_SEND);
        n += sprintf(at + n, "SNAPSHOT_SEND %" PRIu64 " to n%" PRIu64 " chunk %" PRIu64 "\n",
                     claim->a, claim->b, claim->c);
    }
    c->trace_length += (size_t)n;
}

static void emit_post(struct node *node, const struct wg_effect *effect) {
    switch (effect->u.post.what) {
    case WG_POST_ROLE:
        node->role_posts++;
        node->posted_role = (enum wg_role)effect->u.post.value;
        node->posted_term = effect->u.post.value2;
        break;
    case WG_POST_COMMIT:
        assert(effect->coalesce && effect->u.post.value >= node->posted_commit);
        node->posted_commit = effect->u.post.value;
        break;
    case WG_POST_INSTALL_STARTED:
        node->installs_started++;
        break;
    case WG_POST_INSTALL_DONE:
        node->installs_done++;
        break;
    case WG_POST_FAILED:
        node->failures++;
        break;
    default:
        abort(); /* not a post of raft */
    }
}

static void emit_send(struct cluster *c, struct wg_message *message) {
    c->sent[message->kind]++;
    bool lost = c->cut[message->from][message->to] || (c->pass != NULL && !c->pass(c, message)) ||
                c->packet_count == MAX_PACKETS;
    if (lost) {
        wg_message_unref(message);
        return;
    }
    c->packets[c->packet_count++] = (struct packet){message, c->now + c->latency};
}

static void env_emit(struct wg_env *env, const struct wg_effect *effect) {
    struct node *node = node_of(env);
    if (effect->kind == WG_EFFECT_SEND) {
        emit_send(node->cluster, effect->u.message);
    } else if (effect->kind == WG_EFFECT_TIMER) {
        assert(effect->actor == WG_ACTOR_RAFT);
        node->emits_timer++;
        node->timers[effect->u.timer.slot] = effect->u.timer.at;
    } else {
        assert(effect->kind == WG_EFFECT_POST);
        emit_post(node, effect);
    }
}

static void set_options(struct wg_node_options *options) {
    memset(options, 0, sizeof *options);
    options->election_timeout = T;
    options->heartbeat_interval = 250 * WG_MS;
    options->request_timeout = T;
    options->snapshot_request_timeout = T;
    options->max_appends_per_follower = 2;
    options->max_append_batch_bytes = 32 * 1024;
    options->snapshot_chunk_bytes = 1u << 30;
    options->prefer_snapshot_threshold = 100;
    options->min_step_down_failures = 3;
}

struct cluster *cluster_new(uint32_t count) {
    assert(count >= 1 && count <= MAX_NODES);
    struct cluster *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->ops = (struct wg_env_ops){env_alloc, env_free, env_choose, env_emit, env_claim, env_panic};
    c->count = count;
    c->latency = WG_MS;
    set_options(&c->options);
    c->partition.id = PARTITION;
    c->partition.member_count = count;
    c->partition.target_priority = count;
    for (uint32_t i = 0; i < count; i++) {
        struct node *node = &c->nodes[i];
        c->partition.members[i] = i;
        c->partition.priorities[i] = count - i;
        fake_disk_init(&node->disk);
        node->cluster = c;
        node->env.ops = &c->ops;
        node->env.disk = (struct wg_disk *)(void *)&node->disk;
        node->env.node = i;
    }
    return c;
}

void cluster_free(struct cluster *c) {
    packets_drop(c);
    for (uint32_t i = 0; i < c->count; i++) {
        node_stop(c, i, false);
        fake_disk_done(&c->nodes[i].disk);
    }
    assert(c->allocated == 0);
    free(c);
}

wg_status node_open(struct cluster *c, uint32_t at) {
    struct node *node = &c->nodes[at];
    assert(node->raft == NULL);
    struct wg_snapshot_options options = {"p", PARTITION};
    node->env.now = c->now;
    for (uint32_t i = 0; i < WG_TIMER_SLOTS; i++) {
        node->timers[i] = WG_TIME_NEVER;
    }
    node->posted_commit = 0;
    node->installs_done = node->installs_started; /* a death ends an install unpaired */
    node->posted_role = WG_ROLE_INACTIVE;
    wg_status status = wg_snapshots_open(&node->env, &options, &node->snapshots);
    assert(status == WG_OK);
    status = wg_raft_open(&node->env, &c->options, &c->partition, "partitions/1", node->snapshots,
                          &node->raft);
    if (status != WG_OK) {
        wg_snapshots_close(node->snapshots);
        node->snapshots = NULL;
        node->raft = NULL;
    }
    return status;
}

void node_start(struct cluster *c, uint32_t at) {
    wg_status status = node_open(c, at);
    if (status != WG_OK) {
        fprintf(stderr, "n%u does not open: %s\n", at, wg_status_text(status));
        abort();
    }
    wg_raft_start(c->nodes[at].raft);
}

void cluster_start(struct cluster *c) {
    for (uint32_t i = 0; i < c->count; i++) {
        node_start(c, i);
    }
}

void node_stop(struct cluster *c, uint32_t at, bool power) {
    struct node *node = &c->nodes[at];
    wg_raft_close(node->raft);
    node->raft = NULL;
    if (node->snapshots != NULL) {
        wg_snapshots_close(node->snapshots);
        node->snapshots = NULL;
    }
    if (power) {
        fake_disk_power_loss(&node->disk);
    }
}

static void step(struct cluster *c, struct node *node, struct wg_event *event) {
    event->actor = WG_ACTOR_RAFT;
    event->partition = PARTITION;
    node->env.now = c->now;
    node->env.cost = 0;
    wg_raft_step(node->raft, event);
}

void node_deliver(struct cluster *c, struct wg_message *message) {
    struct node *node = &c->nodes[message->to];
    if (node->raft != NULL) {
        struct wg_event event = {.kind = WG_EVENT_MESSAGE, .u.message = message};
        step(c, node, &event);
    }
}

void node_post(struct cluster *c, uint32_t at, enum wg_post what, uint64_t value) {
    struct wg_event event = {.kind = WG_EVENT_POST, .u.post = {(uint32_t)what, value, 0, NULL}};
    step(c, &c->nodes[at], &event);
}

void wg_append_task_free(struct wg_env *env, struct wg_append_task *task) {
    wg_buf_unref(task->batch);
    wg_free(env, task, sizeof *task);
}

void node_append_at(struct cluster *c, uint32_t at, wg_term term, wg_position lowest) {
    struct node *node = &c->nodes[at];
    struct wg_append_task *task = wg_alloc(&node->env, sizeof *task);
    uint64_t data[8] = {(uint64_t)lowest, term, at};
    *task = (struct wg_append_task){term, lowest, lowest,
                                    wg_buf_copy(&node->env, data, sizeof data)};
    struct wg_event event = {.kind = WG_EVENT_POST, .u.post = {WG_POST_APPEND, 0, 0, task}};
    step(c, node, &event);
}

void node_append(struct cluster *c, uint32_t at) {
    const struct fake_disk *disk = &c->nodes[at].disk;
    wg_position highest = 0;
    for (wg_index i = disk->last; i >= disk->first; i--) {
        if (disk->entries[i - disk->first].kind == WG_ENTRY_APPLICATION) {
            highest = disk->entries[i - disk->first].highest;
            break;
        }
    }
    node_append_at(c, at, wg_raft_term(c->nodes[at].raft), highest + 1);
}

struct wg_message *packet_take(struct cluster *c, uint32_t at) {
    assert(at < c->packet_count);
    struct wg_message *message = c->packets[at].message;
    c->packet_count--;
    memmove(&c->packets[at], &c->packets[at + 1], (c->packet_count - at) * sizeof c->packets[0]);
    return message;
}

void packet_deliver(struct cluster *c, uint32_t at) {
    struct wg_message *message = packet_take(c, at);
    if (!c->cut[message->from][message->to]) {
        node_deliver(c, message);
    }
    wg_message_unref(message);
}

void packets_drop(struct cluster *c) {
    while (c->packet_count > 0) {
        wg_message_unref(c->packets[--c->packet_count].message);
    }
}

struct wg_message *packet_find(struct cluster *c, enum wg_message_kind kind, uint32_t to) {
    for (uint32_t i = 0; i < c->packet_count; i++) {
        struct wg_message *message = c->packets[i].message;
        if (message->kind == (uint16_t)kind && message->to == to) {
            return message;
        }
    }
    return NULL;
}

wg_time cluster_next_timer(const struct cluster *c) {
    wg_time next = WG_TIME_NEVER;
    for (uint32_t i = 0; i < c->count; i++) {
        for (uint32_t s = 0; c->nodes[i].raft != NULL && s < WG_TIMER_SLOTS; s++) {
            if (c->nodes[i].timers[s] < next) {
                next = c->nodes[i].timers[s];
            }
        }
    }
    return next;
}

void cluster_fire_timers(struct cluster *c) {
    for (uint32_t i = 0; i < c->count; i++) {
        struct node *node = &c->nodes[i];
        for (uint32_t s = 0; node->raft != NULL && s < WG_TIMER_SLOTS; s++) {
            if (node->timers[s] <= c->now) {
                node->timers[s] = WG_TIME_NEVER;
                struct wg_event event = {.kind = WG_EVENT_TIMER, .u.timer = s};
                step(c, node, &event);
            }
        }
    }
}

/* Packets are queued in the order of their time. */
static bool run_one(struct cluster *c, wg_time until) {
    wg_time timer = cluster_next_timer(c);
    wg_time packet = c->hold || c->packet_count == 0 ? WG_TIME_NEVER : c->packets[0].at;
    wg_time next = packet <= timer ? packet : timer;
    if (next > until) {
        return false;
    }
    c->now = next > c->now ? next : c->now;
    if (packet <= timer) {
        packet_deliver(c, 0);
    } else {
        cluster_fire_timers(c);
    }
    return true;
}

void cluster_run(struct cluster *c, int64_t ms) {
    wg_time until = c->now + ms * WG_MS;
    while (run_one(c, until)) {
    }
    c->now = until;
}

int cluster_leader(const struct cluster *c) {
    int leader = -1;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct node *node = &c->nodes[i];
        bool leads = node->raft != NULL && wg_raft_role(node->raft) == WG_ROLE_LEADER &&
                     node->posted_role == WG_ROLE_LEADER;
        if (leads && (leader < 0 || wg_raft_term(node->raft) >
                                        wg_raft_term(c->nodes[leader].raft))) {
            leader = (int)i;
        }
    }
    return leader;
}

void cluster_elect(struct cluster *c, uint32_t node) {
    for (int i = 0; i < 600 && cluster_leader(c) != (int)node; i++) {
        cluster_run(c, 100);
    }
    assert(cluster_leader(c) == (int)node);
}

void isolate(struct cluster *c, uint32_t node, bool cut) {
    for (uint32_t i = 0; i < c->count; i++) {
        if (i != node) {
            c->cut[i][node] = cut;
            c->cut[node][i] = cut;
        }
    }
}

/* Hand-made requests. */

static struct raft_response *ask(struct cluster *c, struct wg_message *request) {
    assert(c->hold);
    uint32_t before = c->packet_count;
    node_deliver(c, request);
    struct raft_response *response = NULL;
    for (uint32_t i = before; i < c->packet_count; i++) {
        if (c->packets[i].message->to == request->from) {
            response = (struct raft_response *)(void *)packet_take(c, i);
            break;
        }
    }
    wg_message_unref(request);
    return response;
}

void drop_response(struct raft_response *response) { wg_message_unref(&response->base); }

struct raft_response *ask_append(struct cluster *c, uint32_t from, uint32_t to, wg_term term,
                                 wg_index prev_index, wg_term prev_term, wg_index commit,
                                 const wg_term *terms, uint32_t count) {
    struct node scratch = {.cluster = c};
    scratch.env = c->nodes[from].env;
    struct fake_disk disk;
    fake_disk_init(&disk);
    disk.first = prev_index + 1;
    disk.last = prev_index;
    for (uint32_t i = 0; i < count; i++) {
        fake_disk_put(&disk, &c->nodes[from].env, terms[i], (uint8_t)terms[i]);
    }
    scratch.env.disk = (struct wg_disk *)(void *)&disk;
    struct wg_log_options options = {.dir = "scratch"};
    struct wg_log *log = NULL;
    wg_status status = wg_log_open(&scratch.env, &options, 0, &log);
    assert(status == WG_OK);
    static uint64_t number = 1u << 20;
    struct raft_append_request content = {.id = {++number, term},
                                          .prev_index = prev_index,
                                          .prev_term = prev_term,
                                          .commit = commit,
                                          .count = count};
    struct raft_append_request *request = raft_append_request_new(
        &c->nodes[from].env, PARTITION, to, &content, log, prev_index + 1);
    wg_log_close(log);
    struct raft_response *response = ask(c, &request->base);
    fake_disk_done(&disk);
    return response;
}

struct raft_response *ask_vote(struct cluster *c, enum wg_message_kind kind, uint32_t from,
                               uint32_t to, wg_term term, wg_index last_index, wg_term last_term) {
    struct raft_vote_request content = {
        .id = {77, term}, .last_index = last_index, .last_term = last_term};
    struct raft_vote_request *request =
        raft_vote_request_new(&c->nodes[from].env, PARTITION, kind, to, &content);
    return ask(c, &request->base);
}

struct raft_response *ask_install(struct cluster *c, uint32_t from, uint32_t to, wg_term term,
                                  wg_index index, wg_term snapshot_term, uint32_t number,
                                  bool last) {
    struct raft_install_request content = {.id = {88, term}};
    content.chunk.id = (struct wg_snapshot_id){index, snapshot_term, (wg_position)index,
                                               WG_POSITION_MAX};
    content.chunk.number = number;
    content.chunk.last = last;
    content.chunk.content = wg_buf_copy(&c->nodes[from].env, "snapshot", 8);
    struct raft_install_request *request =
        raft_install_request_new(&c->nodes[from].env, PARTITION, to, &content);
    return ask(c, &request->base);
}

void answer(struct cluster *c, enum wg_message_kind kind, const struct wg_message *request,
            struct raft_response content) {
    struct raft_response *response =
        raft_response_new(&c->nodes[request->to].env, kind, request, &content);
    node_deliver(c, &response->base);
    wg_message_unref(&response->base);
}

wg_term term_of(const struct cluster *c, uint32_t node, wg_index index) {
    const struct fake_disk *disk = &c->nodes[node].disk;
    return index < disk->first || index > disk->last ? 0 : disk->entries[index - disk->first].term;
}

wg_index last_of(const struct cluster *c, uint32_t node) { return c->nodes[node].disk.last; }
