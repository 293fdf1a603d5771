/* The event loop of one run and the transport between its parts.
 *
 * Invariants: everything that happens is an item of the queue or a consequence of one at the same
 * virtual time; items meant for a process that has ended are dropped; facts and claims reach the
 * judges in the order in which they happened. */
#include "sim/run/cluster_internal.h"

#include "codec/values.h"
#include "seams/log_writer.h"
#include "sim/world/epoch.h"
#include "sim/world/fact_hash.h"

#include <stdlib.h>
#include <string.h>

void *sim_must_alloc(size_t size) { return sim_must_realloc(NULL, size); }

void *sim_must_realloc(void *ptr, size_t size) {
    void *memory = realloc(ptr, size > 0 ? size : 1);
    if (memory == NULL) {
        fputs("waggle: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void sim_cluster_push(struct sim_cluster *c, wg_time at, enum sim_item_kind kind, uint32_t target,
                      uint64_t a, void *ptr) {
    struct sim_item item = {
        .at = at, .kind = (uint32_t)kind, .target = target, .a = a, .ptr = ptr};
    sim_queue_push(c->queue, &item);
}

int64_t sim_cluster_wall_ms(const struct sim_cluster *c) {
    return SIM_EPOCH_MS + c->now / WG_MS;
}

wg_node_id sim_cluster_leader(const struct sim_cluster *c, wg_partition_id partition) {
    const struct wg_partition_options *p = &c->partitions[partition - 1];
    wg_node_id leader = WG_NODE_NONE;
    wg_term highest = 0;
    for (uint32_t m = 0; m < p->member_count; m++) {
        const struct sim_broker *broker = c->brokers[p->members[m]];
        struct wg_partition_view view;
        if (broker->node != NULL && wg_node_inspect(broker->node, partition, &view) == WG_OK &&
            view.role == WG_ROLE_LEADER && view.term >= highest) {
            highest = view.term;
            leader = broker->id;
        }
    }
    return leader;
}

/* --- facts, claims, triggers ------------------------------------------------------------------- */

void sim_cluster_trigger(struct sim_cluster *c, uint32_t event, int32_t exporter, wg_node_id node,
                         wg_partition_id partition) {
    if (c->phase == SIM_PHASE_WARMUP) {
        return;
    }
    c->reached[event]++;
    if (exporter >= 0) {
        c->reached_by[(size_t)exporter * SIM_TRIGGER_COUNT + event]++;
    }
    if (!sim_fault_plan_wants(c->faults, event)) {
        return;
    }
    struct sim_trigger_hit *hit = sim_must_alloc(sizeof *hit);
    *hit = (struct sim_trigger_hit){event, exporter, node, partition};
    sim_cluster_push(c, c->now, SIM_ITEM_TRIGGER, event, 0, hit);
}

static void trigger_from_return(struct sim_cluster *c, const struct sim_fact *fact) {
    if (fact->c >> 8 != WG_PLUGIN_EXPORT) {
        return;
    }
    bool ok = (fact->c & 0xff) == WG_PLUGIN_OK;
    if ((fact->c & 0xff) == WG_PLUGIN_PENDING) {
        return; /* its answer comes as another fact */
    }
    sim_cluster_trigger(c, ok ? SIM_TRIGGER_EXPORTER_EXPORT : SIM_TRIGGER_EXPORTER_ERROR,
                        (int32_t)fact->b, fact->node, fact->partition);
}

static void triggers_of_fact(struct sim_cluster *c, const struct sim_fact *fact) {
    switch (fact->kind) {
    case SIM_FACT_PLUGIN_RETURN:
        trigger_from_return(c, fact);
        break;
    case SIM_FACT_PLUGIN_ACK:
        sim_cluster_trigger(c, SIM_TRIGGER_EXPORTER_ACK, (int32_t)fact->b, fact->node,
                            fact->partition);
        break;
    case SIM_FACT_SINK_DURABLE:
        /* One flush makes many documents durable at one moment. */
        if (c->last_flush_at != fact->at || c->last_flush_exporter != fact->a) {
            c->last_flush_at = fact->at;
            c->last_flush_exporter = fact->a;
            sim_cluster_trigger(c, SIM_TRIGGER_EXPORTER_FLUSH, (int32_t)fact->a, fact->node,
                                fact->partition);
        }
        break;
    case SIM_FACT_BROKER_START:
        if (fact->a > 1) {
            sim_cluster_trigger(c, SIM_TRIGGER_BROKER_RESTART, -1, fact->node, 0);
        }
        break;
    case SIM_FACT_DISK_DAMAGED:
        if (fact->ptr == NULL) { /* not by a fault that harms files */
            sim_cluster_trigger(c, SIM_TRIGGER_DISK_SYNC_LOST, -1, fact->node, 0);
        }
        break;
    case SIM_FACT_BROKER_REFUSED:
        sim_cluster_trigger(c, SIM_TRIGGER_BROKER_REFUSED, -1, fact->node, 0);
        break;
    case SIM_FACT_FAULT_BEGIN:
        sim_cluster_trigger(c, SIM_TRIGGER_FAULT_BEGIN, -1, fact->node, 0);
        break;
    default:
        break;
    }
}

static void take_fact(struct sim_cluster *c, const struct sim_fact *fact) {
    sim_run_hash_fact(&c->hash, fact);
    if (c->run->trace != NULL) {
        sim_trace_fact(c->run->trace, fact);
    }
    if (!sim_duplicate_hides_fact(c, fact)) {
        sim_judges_fact(c->judges, fact);
    }
    if (c->timeline != NULL) {
        sim_timeline_fact(c->timeline, fact);
    }
    if (c->history != NULL) {
        sim_history_fact(c->history, fact);
    }
    triggers_of_fact(c, fact);
}

void sim_cluster_fact(void *ctx, const struct sim_fact *fact) {
    struct sim_cluster *c = ctx;
    if (fact->at == c->now) {
        take_fact(c, fact);
        return;
    }
    struct sim_fact dated = *fact;
    dated.at = c->now;
    take_fact(c, &dated);
}

static void triggers_of_claim(struct sim_cluster *c, wg_node_id node, const struct wg_claim *claim) {
    uint32_t event;
    int32_t exporter = -1;
    switch (claim->kind) {
    case WG_CLAIM_SNAPSHOT:
        event = SIM_TRIGGER_SNAPSHOT_TAKEN;
        break;
    case WG_CLAIM_SNAPSHOT_RECEIVED:
        event = SIM_TRIGGER_SNAPSHOT_RECEIVED;
        break;
    case WG_CLAIM_SNAPSHOT_SEND:
        event = SIM_TRIGGER_SNAPSHOT_CHUNK;
        break;
    case WG_CLAIM_COMMIT:
        if (claim->a > c->committed[claim->partition - 1]) {
            c->committed[claim->partition - 1] = claim->a;
        }
        return;
    case WG_CLAIM_COMPACT:
        event = SIM_TRIGGER_LOG_COMPACTED;
        break;
    case WG_CLAIM_ROLE:
        if (claim->a != WG_ROLE_LEADER) {
            return;
        }
        event = SIM_TRIGGER_ROLE_LEADER;
        break;
    case WG_CLAIM_DIRECTOR:
        if (claim->a != 1) {
            return;
        }
        event = SIM_TRIGGER_DIRECTOR_RESTARTED;
        break;
    case WG_CLAIM_PROCESSING:
        event = claim->a != 0 ? SIM_TRIGGER_PROCESSING_PAUSED : SIM_TRIGGER_PROCESSING_RESUMED;
        break;
    case WG_CLAIM_EXPORTING_PHASE:
        if (claim->a == WG_EXPORTING || claim->b == 0) {
            return;
        }
        event = SIM_TRIGGER_EXPORTING_PAUSED;
        break;
    case WG_CLAIM_PARTITION_FAILED:
        event = SIM_TRIGGER_PARTITION_FAILED;
        break;
    default:
        return;
    }
    sim_cluster_trigger(c, event, exporter, node, claim->partition);
}

void sim_cluster_claim(struct sim_cluster *c, const struct sim_broker *from,
                       const struct wg_claim *claim) {
    wg_node_id node = from->id;
    sim_run_hash_words(&c->claim_hash,
                       (uint64_t)c->now ^ (uint64_t)node << 48 ^ (uint64_t)claim->kind << 56 ^
                           (uint64_t)claim->partition << 32,
                       wg_hash_mix(claim->a ^ claim->c, claim->b ^ claim->d << 1));
    if (c->run->trace != NULL) {
        sim_trace_claim(c->run->trace, c->now, node, claim);
    }
    c->assertions += claim->kind == WG_CLAIM_ASSERTION;
    if (c->brokers[node] == from) {
        sim_judges_claim(c->judges, c->now, node, claim);
    } else {
        sim_judges_old_claim(c->judges, c->now, node, claim);
    }
    if (c->timeline != NULL) {
        sim_timeline_claim(c->timeline, c->now, node, claim);
    }
    triggers_of_claim(c, node, claim);
}

/* --- what clients may learn about incidents and user tasks ---------------------------------------- */

/* Keys of new user tasks rise with their positions: an older one was exported before. */
static void note_user_task(struct sim_cluster *c, wg_partition_id partition, wg_key key) {
    for (uint32_t i = c->user_task_count; i-- > 0;) {
        if (c->user_tasks[i].partition == partition) {
            if (c->user_tasks[i].key >= key) {
                return;
            }
            break;
        }
    }
    if (c->user_task_count == c->user_task_capacity) {
        c->user_task_capacity = c->user_task_capacity == 0 ? 64 : c->user_task_capacity * 2;
        c->user_tasks =
            sim_must_realloc(c->user_tasks, c->user_task_capacity * sizeof *c->user_tasks);
    }
    c->user_tasks[c->user_task_count++] = (struct sim_user_task_row){partition, key};
}

static bool next_user_task(void *ctx, wg_partition_id partition, wg_key *ret_key) {
    struct sim_cluster *c = ctx;
    uint32_t *next = &c->user_task_next[partition];
    while (*next < c->user_task_count) {
        const struct sim_user_task_row *row = &c->user_tasks[(*next)++];
        if (row->partition == partition) {
            *ret_key = row->key;
            return true;
        }
    }
    return false;
}

static void note_message(struct sim_cluster *c, const struct wg_record *record) {
    struct wg_value_process_message_subscription value;
    if (record->record_type == WG_EVENT && record->intent == WG_PROCESS_SUBSCRIPTION_CORRELATED &&
        wg_value_decode(record->value_type, record->value, &value) == WG_OK) {
        sim_workload_message_taken(c->workload, value.message_name, value.correlation_key,
                                   value.message_key, c->now);
    }
}

void sim_cluster_note_export(struct sim_cluster *c, const struct wg_plugin_call *call) {
    const struct wg_record *record = call->record;
    if (c->coverage != NULL) {
        sim_coverage_record(c->coverage, record);
    }
    if (record->value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION) {
        note_message(c, record);
        return;
    }
    if (record->value_type == WG_VT_USER_TASK && record->record_type == WG_EVENT &&
        record->intent == WG_USER_TASK_CREATED) {
        note_user_task(c, call->partition, record->key);
    }
    if (record->value_type != WG_VT_INCIDENT || record->record_type != WG_EVENT ||
        record->intent != WG_INCIDENT_CREATED) {
        return;
    }
    struct wg_value_incident incident;
    if (wg_value_decode(WG_VT_INCIDENT, record->value, &incident) != WG_OK) {
        return;
    }
    for (uint32_t i = 0; i < c->incident_count; i++) {
        if (c->incidents[i].incident == record->key) {
            return;
        }
    }
    if (c->incident_count == c->incident_capacity) {
        c->incident_capacity = c->incident_capacity == 0 ? 64 : c->incident_capacity * 2;
        c->incidents = sim_must_realloc(c->incidents, c->incident_capacity * sizeof *c->incidents);
    }
    c->incidents[c->incident_count++] =
        (struct sim_incident_row){call->partition, incident.job_key, record->key};
}

static bool find_incident(void *ctx, wg_partition_id partition, wg_key job, wg_key *ret_key) {
    struct sim_cluster *c = ctx;
    for (uint32_t i = c->incident_count; i-- > 0;) {
        if (c->incidents[i].partition == partition && c->incidents[i].job == job) {
            *ret_key = c->incidents[i].incident;
            /* Each is asked for once; dropping it keeps the list short. */
            c->incidents[i] = c->incidents[--c->incident_count];
            return true;
        }
    }
    return false;
}

void sim_cluster_plugin_hangs(struct sim_cluster *c, struct sim_broker *broker,
                              const struct wg_plugin_call *call) {
    struct sim_violation violation = {.invariant = "plugin-hang",
                                      .blame = SIM_BLAME_PLUGIN,
                                      .at = c->now,
                                      .partition = call->partition,
                                      .exporter = (int32_t)call->exporter};
    snprintf(violation.message, sizeof violation.message,
             "exporter \"%s\" on broker %u never returns from its %s call (record position %lld): "
             "its director and one I/O thread of the broker are blocked",
             c->exporters[call->exporter].id, broker->id, sim_plugin_call_name(call->kind),
             call->record == NULL ? -1LL : (long long)call->record->position);
    sim_judges_report(c->judges, &violation);
}

/* --- transport ------------------------------------------------------------------------------------ */

void sim_cluster_send(struct sim_cluster *c, const struct sim_actor *from,
                      struct wg_message *message) {
    struct sim_delivery out[SIM_NET_DELIVERIES];
    wg_node_id to = message->to;
    if (message->from == to) { /* between two partitions of one process: no network */
        sim_cluster_push(c, c->now, SIM_ITEM_MESSAGE, to, from->broker->incarnation, message);
        return;
    }
    uint64_t incarnation = c->brokers[to]->twin == NULL
                               ? c->brokers[to]->incarnation
                               : sim_duplicate_receiver(c->brokers[to], from, message);
    uint32_t count = sim_net_send(c->net, message, c->now, out);
    for (uint32_t i = 0; i < count; i++) {
        sim_cluster_push(c, out[i].at, SIM_ITEM_MESSAGE, to, incarnation, out[i].message);
    }
}

/* What brokers tell each other is for the broker, whether or not it has a replica of the partition. */
static struct sim_actor *receiver_of(struct sim_broker *broker, const struct wg_message *message) {
    struct sim_actor *actor =
        sim_broker_actor(broker, message->partition, (enum wg_actor)message->actor);
    bool of_brokers = message->kind == WG_MSG_TOPOLOGY || message->kind == WG_MSG_SETTINGS;
    return actor == NULL && of_brokers && broker->partition_count > 0
               ? sim_broker_actor(broker, broker->partitions[0].id, WG_ACTOR_PARTITION)
               : actor;
}

static void deliver_message(struct sim_cluster *c, const struct sim_item *item) {
    struct wg_message *message = item->ptr;
    struct sim_broker *broker = sim_duplicate_find(c->brokers[item->target], item->a);
    struct sim_actor *actor = broker == NULL ? NULL : receiver_of(broker, message);
    bool cut = sim_net_blocked(c->net, message->from, message->to);
    if (actor == NULL || cut) {
        sim_net_lost(c->net, message, cut ? SIM_LOSS_PARTITION : SIM_LOSS_DOWN, c->now);
        wg_message_unref(message);
        return;
    }
    struct sim_fact fact = {.kind = SIM_FACT_MESSAGE_DELIVERED,
                            .node = message->to,
                            .partition = message->partition,
                            .a = message->from,
                            .b = message->kind,
                            .c = message->digest};
    sim_cluster_fact(c, &fact);
    struct wg_event event = {.kind = WG_EVENT_MESSAGE, .u.message = message};
    sim_actor_deliver(actor, &event, false);
}

static void send_request(void *ctx, wg_node_id node, const struct wg_request *request) {
    struct sim_cluster *c = ctx;
    struct sim_route route =
        sim_net_route(c->net, c->broker_count, node, request->value.len + 64, c->now);
    for (uint32_t i = 0; i < route.count; i++) {
        if (i > 0) {
            sim_judges_request_doubled(c->judges, request->partition, (uint32_t)request->stream_id,
                                       request->request_id);
        }
        struct wg_request *copy = sim_must_alloc(sizeof *copy + request->value.len);
        *copy = *request;
        if (request->value.len > 0) {
            memcpy(copy + 1, request->value.ptr, request->value.len);
        }
        copy->value.ptr = (const uint8_t *)(copy + 1);
        sim_cluster_push(c, route.at[i], SIM_ITEM_REQUEST, node, request->request_id, copy);
    }
}

/* A broker without a replica of the partition says so at once, as Zeebe's command API does. */
static void refuse_stranger(struct sim_cluster *c, struct sim_broker *broker,
                            const struct wg_request *request) {
    struct wg_reply reply = {.request_id = request->request_id,
                             .stream_id = request->stream_id,
                             .error = WG_ERR_PARTITION_LEADER_MISMATCH,
                             .partition = request->partition,
                             .key = WG_KEY_NONE};
    sim_cluster_reply(c, broker, &reply);
}

static void deliver_request(struct sim_cluster *c, const struct sim_item *item) {
    struct wg_request *request = item->ptr;
    struct sim_broker *broker = c->brokers[item->target];
    struct sim_actor *actor = broker->node == NULL ? NULL
                                                   : sim_broker_actor(broker, request->partition,
                                                                      WG_ACTOR_PROCESSOR);
    bool heard = broker->node != NULL && !sim_net_blocked(c->net, c->broker_count, broker->id);
    if (actor == NULL || !heard) {
        if (heard && !broker->paused) {
            refuse_stranger(c, broker, request);
        }
        free(request);
        return;
    }
    struct wg_event event = {.kind = WG_EVENT_REQUEST, .u.request = request};
    sim_actor_deliver(actor, &event, false);
}

void sim_cluster_reply(struct sim_cluster *c, struct sim_broker *from, struct wg_reply *reply) {
    uint32_t bytes = 64 + (reply->value == NULL ? 0 : reply->value->len);
    struct sim_route route = sim_net_route(c->net, from->id, c->broker_count, bytes, c->now);
    for (uint32_t i = 0; i < route.count; i++) {
        struct wg_reply *copy = sim_must_alloc(sizeof *copy);
        *copy = *reply;
        if (copy->value != NULL) {
            wg_buf_ref(copy->value);
        }
        sim_cluster_push(c, route.at[i], SIM_ITEM_REPLY, from->id, reply->request_id, copy);
    }
    wg_buf_unref(reply->value);
}

static void deliver_reply(struct sim_cluster *c, const struct sim_item *item) {
    struct wg_reply *reply = item->ptr;
    if (!sim_net_blocked(c->net, item->target, c->broker_count)) {
        sim_workload_on_reply(c->workload, reply, c->now);
    }
    wg_buf_unref(reply->value);
    free(reply);
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void set_workload_timer(void *ctx, uint32_t id, wg_time at) {
    sim_cluster_push(ctx, at, SIM_ITEM_WORKLOAD_TIMER, id, 0, NULL);
}

static void on_trigger(struct sim_cluster *c, const struct sim_item *item) {
    struct sim_trigger_hit *hit = item->ptr;
    sim_fault_plan_on_trigger(c->faults, hit->event, hit->exporter, hit->node, hit->partition,
                              c->now);
    free(hit);
}

static bool is_current(const struct sim_actor *actor, const struct sim_item *item) {
    return actor->broker->node != NULL && actor->broker->incarnation == item->a;
}

static void on_broker_stopped(struct sim_cluster *c, const struct sim_item *item) {
    struct sim_broker *broker = sim_duplicate_find(c->brokers[item->target], item->a);
    if (broker != NULL && broker->stopping) {
        sim_broker_kill(broker, SIM_END_STOP);
    }
}

void sim_cluster_handle(struct sim_cluster *c, const struct sim_item *item) {
    switch ((enum sim_item_kind)item->kind) {
    case SIM_ITEM_JOB_END:
        if (is_current(c->actors[item->target], item)) {
            sim_actor_job_end(c->actors[item->target]);
        }
        break;
    case SIM_ITEM_TIMER:
        sim_actor_timer_fired(c->actors[item->target / WG_TIMER_SLOTS],
                              item->target % WG_TIMER_SLOTS, (uint32_t)item->a);
        break;
    case SIM_ITEM_PLUGIN_RETURN:
        if (is_current(c->actors[item->target], item)) {
            sim_actor_plugin_returned(c->actors[item->target]);
        }
        break;
    case SIM_ITEM_MESSAGE:
        deliver_message(c, item);
        break;
    case SIM_ITEM_REQUEST:
        deliver_request(c, item);
        break;
    case SIM_ITEM_REPLY:
        deliver_reply(c, item);
        break;
    case SIM_ITEM_WORKLOAD_TIMER:
        sim_workload_on_timer(c->workload, item->target, c->now);
        break;
    case SIM_ITEM_FAULT_TIMER:
        sim_fault_plan_on_timer(c->faults, item->target, c->now);
        break;
    case SIM_ITEM_TRIGGER:
        on_trigger(c, item);
        break;
    case SIM_ITEM_BROKER_START:
        sim_broker_start(c->brokers[item->target]);
        break;
    case SIM_ITEM_BROKER_STOPPED:
        on_broker_stopped(c, item);
        break;
    case SIM_ITEM_ADMIN_STEP:
        sim_admin_step(c, item->target);
        break;
    case SIM_ITEM_ADMIN_RETRY:
        sim_admin_retry(c);
        break;
    case SIM_ITEM_FAULT_TICK:
        sim_fault_tick(c, item->target);
        break;
    case SIM_ITEM_OPERATOR:
        sim_operator_look(c);
        break;
    case SIM_ITEM_CHECK:
        c->check_due = true;
        break;
    case SIM_ITEM_DUPLICATE:
        sim_duplicate_try(c, item->target);
        break;
    }
}

bool sim_cluster_step(struct sim_cluster *c) {
    struct sim_item item;
    if (!sim_queue_pop(c->queue, &item)) {
        return false;
    }
    c->now = item.at;
    c->events++;
    c->run->black_box->sim_ns = c->now;
    sim_run_hash_event(&c->hash, &item);
    if (!c->may_hold || !sim_hold_item(c, &item)) {
        sim_cluster_handle(c, &item);
    }
    sim_cluster_run_ready(c);
    return true;
}

/* --- set-up ---------------------------------------------------------------------------------------- */

/* Round robin with Zeebe's priorities (reference: engine 8). */
static void distribute_partitions(struct sim_cluster *c) {
    const struct sim_cluster_options *o = &c->scenario->cluster;
    uint32_t n = o->brokers;
    for (uint32_t i = 0; i < o->partitions; i++) {
        struct wg_partition_options *p = &c->partitions[i];
        *p = (struct wg_partition_options){.id = i + 1,
                                           .member_count = o->replication_factor,
                                           .target_priority = o->replication_factor};
        bool falling = (i / n) % 2 == 0;
        for (uint32_t m = 0; m < o->replication_factor; m++) {
            p->members[m] = (i + m) % n;
            p->priorities[m] = m == 0 ? o->replication_factor
                               : falling ? o->replication_factor - m
                                         : m;
        }
    }
}

static void disk_list(void *ctx, wg_node_id node, wg_partition_id partition,
                      void (*each)(void *, const char *path, uint64_t size), void *each_ctx) {
    const struct sim_cluster *c = ctx;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "partitions/%u/", partition);
    sim_disk_durable_list(c->brokers[node]->disk, prefix, each, each_ctx);
}

static uint64_t disk_read(void *ctx, wg_node_id node, const char *path, uint64_t offset, void *out,
                          uint64_t len) {
    struct sim_cluster *c = ctx;
    return sim_disk_durable_read(c->brokers[node]->disk, path, offset, out, len);
}

static bool only_one_task(const struct sim_scenario *scenario) {
    bool only = true;
    for (uint32_t i = 0; i < scenario->workload_count; i++) {
        only = only && scenario->workloads[i].process == SIM_PROCESS_ONE_TASK;
    }
    return only;
}

static uint32_t make_multis(struct sim_cluster *c) {
    uint32_t count = sim_bodies(c->scenario->processes, c->scenario->process_count, &c->bodies);
    c->multis = count == 0 ? NULL : sim_must_alloc(count * sizeof *c->multis);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_body *body = &c->bodies[i];
        c->multis[i] = (struct sim_judge_multi){.process = body->process,
                                                .element = body->element,
                                                .collection = body->collection,
                                                .item = body->item,
                                                .output = body->output,
                                                .result = body->result};
    }
    return count;
}

static void make_judges(struct sim_cluster *c) {
    uint32_t count = c->scenario->exporter_count;
    uint32_t multi_count = make_multis(c);
    c->user_task_next =
        sim_must_alloc((c->scenario->cluster.partitions + 1) * sizeof *c->user_task_next);
    memset(c->user_task_next, 0, (c->scenario->cluster.partitions + 1) * sizeof *c->user_task_next);
    c->exporter_opaque = sim_must_alloc((count + 1) * sizeof(bool));
    c->exporter_lies = sim_must_alloc((count + 1) * sizeof(bool));
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_exporter_options *e = &c->scenario->exporters[i];
        c->exporters[i] = (struct wg_exporter_options){
            .id = e->id, .type = e->type != NULL ? e->type : e->path};
        c->exporter_opaque[i] = false;
        c->exporter_lies[i] = e->type != NULL && strcmp(e->type, "faulty") == 0;
    }
    c->judge_setup = (struct sim_judge_setup){
        .brokers = c->broker_count,
        .partition_count = c->partition_count,
        .partitions = c->partitions,
        .exporter_count = count,
        .exporters = c->exporters,
        .exporter_opaque = c->exporter_opaque,
        .exporter_lies = c->exporter_lies,
        .skip_records = c->scenario->cluster.skip_records,
        .skip_record_count = c->scenario->cluster.skip_record_count,
        .segment_bytes = c->scenario->cluster.segment_bytes,
        .snapshot_period = c->scenario->cluster.snapshot_period,
        .distribution_interval = c->scenario->cluster.distribution_interval,
        .has_process_model = c->scenario->workload_count > 0,
        .only_one_task = only_one_task(c->scenario),
        .multis = c->multis,
        .multi_count = multi_count,
        .distributes = c->scenario->cluster.distribute_deployments,
        .budget_exceeded = c->scenario->budget_exceed};
    struct sim_disk_reader disks = {c, disk_list, disk_read};
    c->judges = sim_judges_new(&c->judge_setup, &disks);
}

static void make_network(struct sim_cluster *c) {
    const struct sim_cluster_options *o = &c->scenario->cluster;
    struct sim_net_options net = {.latency = o->network.base,
                                  .jitter = o->network.jitter,
                                  .bytes_per_second = 1ull << 30,
                                  .loss = o->network_loss,
                                  .duplicate = o->network_duplicate,
                                  .reorder = o->network_reorder,
                                  .reorder_delay = 5 * o->network.base + 5 * WG_MS};
    c->net = sim_net_new(c->broker_count + 1, &net, c->choices, sim_cluster_fact, c);
}

static void make_workload(struct sim_cluster *c) {
    struct sim_workload_ports ports = {.ctx = c,
                                       .send_request = send_request,
                                       .set_timer = set_workload_timer,
                                       .fact = sim_cluster_fact,
                                       .find_incident = find_incident,
                                       .next_user_task = next_user_task};
    c->workload = sim_workload_new(c->scenario->workloads, c->scenario->workload_count,
                                   c->scenario->processes, &c->scenario->cluster, c->choices, &ports);
}

struct sim_cluster *sim_cluster_new(const struct sim_run_options *run) {
    struct sim_cluster *c = sim_must_alloc(sizeof *c);
    memset(c, 0, sizeof *c);
    c->run = run;
    c->timeline = run->timeline ? sim_timeline_new() : NULL;
    c->history = run->history ? sim_history_new() : NULL;
    c->coverage = run->coverage ? sim_coverage_new() : NULL;
    c->scenario = run->scenario;
    c->broker_count = c->scenario->cluster.brokers;
    c->partition_count = c->scenario->cluster.partitions;
    c->zero_costs = c->scenario->cluster.zero_costs;
    c->last_flush_at = -1;
    c->pool = sim_pool_new();
    sim_pool_set_pattern(c->pool, run->perturb_memory ? 0xA5 : -1);
    c->queue = sim_queue_new();
    c->choices = sim_choices_new(run->seed);
    sim_run_hash_init(&c->hash, 0);
    sim_run_hash_init(&c->claim_hash, 0);
    if (run->record_choices) {
        sim_choices_record(c->choices);
    }
    c->partitions = sim_must_alloc(c->partition_count * sizeof *c->partitions);
    c->exporters = sim_must_alloc((c->scenario->exporter_count + 1) * sizeof *c->exporters);
    c->replica_peak = sim_must_alloc((size_t)c->broker_count * c->partition_count * sizeof(uint64_t));
    memset(c->replica_peak, 0, (size_t)c->broker_count * c->partition_count * sizeof(uint64_t));
    c->committed = sim_must_alloc(c->partition_count * sizeof *c->committed);
    memset(c->committed, 0, c->partition_count * sizeof *c->committed);
    distribute_partitions(c);
    make_judges(c);
    make_network(c);
    c->port = sim_cluster_make_port(c);
    make_workload(c);
    size_t by_exporter = (c->scenario->exporter_count + 1) * SIM_TRIGGER_COUNT;
    c->reached_by = sim_must_alloc(by_exporter * sizeof *c->reached_by);
    memset(c->reached_by, 0, by_exporter * sizeof *c->reached_by);
    c->exporter_faults =
        sim_must_alloc((c->scenario->exporter_count + 1) * sizeof *c->exporter_faults);
    memset(c->exporter_faults, 0,
           (c->scenario->exporter_count + 1) * sizeof *c->exporter_faults);
    c->fault_ports = sim_cluster_fault_ports(c);
    c->faults = sim_fault_plan_new(c->scenario, c->choices, &c->fault_ports);
    c->actors = sim_must_alloc((size_t)c->partition_count * c->scenario->cluster.replication_factor *
                               WG_ACTOR_COUNT * sizeof *c->actors);
    c->brokers = sim_must_alloc(c->broker_count * sizeof *c->brokers);
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        c->brokers[id] = sim_must_alloc(sizeof **c->brokers);
        sim_broker_init(c->brokers[id], c, id);
    }
    c->admin = sim_admin_new(c);
    c->operator = sim_operator_new(c);
    c->management = sim_management_new(c);
    return c;
}

static void free_item(struct sim_item *item) {
    switch (item->kind) {
    case SIM_ITEM_MESSAGE:
        wg_message_unref(item->ptr);
        break;
    case SIM_ITEM_REPLY:
        wg_buf_unref(((struct wg_reply *)item->ptr)->value);
        free(item->ptr);
        break;
    case SIM_ITEM_REQUEST:
    case SIM_ITEM_TRIGGER:
        free(item->ptr);
        break;
    default:
        break;
    }
}

void sim_cluster_free(struct sim_cluster *c) {
    struct sim_item item;
    while (sim_queue_pop(c->queue, &item)) {
        free_item(&item);
    }
    for (uint32_t i = 0; i < c->held_count; i++) {
        free_item(&c->held[i]);
    }
    free(c->held);
    free(c->active);
    free(c->committed);
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        sim_broker_done(c->brokers[id]);
    }
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        sim_broker_free(c->brokers[id]);
    }
    free(c->brokers);
    free(c->actors);
    sim_outboxes_free(c);
    sim_fault_plan_free(c->faults);
    sim_admin_free(c->admin);
    sim_operator_free(c->operator);
    sim_management_free(c->management);
    sim_workload_free(c->workload);
    sim_plugin_port_free(c->port);
    sim_net_free(c->net);
    sim_judges_free(c->judges);
    sim_choices_free(c->choices);
    sim_queue_free(c->queue);
    sim_pool_free(c->pool);
    free(c->partitions);
    free(c->exporters);
    free(c->exporter_opaque);
    free(c->exporter_lies);
    free(c->bodies);
    free(c->multis);
    free(c->replica_peak);
    free(c->exporter_faults);
    free(c->reached_by);
    sim_timeline_free(c->timeline);
    sim_history_free(c->history);
    sim_coverage_free(c->coverage);
    free(c->port_exporters);
    free(c->incidents);
    free(c->user_tasks);
    free(c->user_task_next);
    free(c);
}
