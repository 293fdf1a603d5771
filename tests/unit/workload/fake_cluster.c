/* See fake_cluster.h. A job's key is its number + 1 with the partition in front, its incident's key
 * that + 1000000. */
#include "fake_cluster.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "codec/msgpack.h"
#include "codec/values.h"

#include <stdlib.h>
#include <string.h>

enum { INCIDENT_OFFSET = 1000000, REPLY_ROOM = 4096 };

static struct fake_item *add_item(struct fake *fake, wg_time at) {
    assert_true(fake->item_count < FAKE_ITEMS);
    struct fake_item *item = &fake->items[fake->item_count++];
    *item = (struct fake_item){.at = at, .order = fake->order++};
    return item;
}

static void fake_set_timer(void *ctx, uint32_t id, wg_time at) {
    struct fake *fake = ctx;
    assert_true(at >= fake->now);
    add_item(fake, at)->timer = id;
}

static void fake_fact(void *ctx, const struct sim_fact *fact) {
    struct fake *fake = ctx;
    fake->facts[fact->kind]++;
    fake->retry_facts += fact->kind == SIM_FACT_REQUEST && fact->d != (uint64_t)WG_KEY_NONE &&
                         fact->c >> 8 == WG_VT_PROCESS_INSTANCE_CREATION;
    fake->rejections += fact->kind == SIM_FACT_REPLY && fact->c >> 16 == WG_REJECTION;
}

static struct fake_job *find_job(struct fake *fake, wg_key key) {
    int64_t number = (key & WG_KEY_COUNTER_MASK) - 1;
    return number >= 0 && number < fake->job_count ? &fake->jobs[number] : NULL;
}

static bool fake_find_incident(void *ctx, wg_partition_id partition, wg_key job, wg_key *ret) {
    struct fake *fake = ctx;
    struct fake_job *found = find_job(fake, job);
    assert_non_null(found);
    assert_int_equal(found->partition, partition);
    if (fake->incidents_unknown || !found->incident) {
        return false;
    }
    *ret = job + INCIDENT_OFFSET;
    return true;
}

static struct wg_buf *make_value(const struct wg_writer *out) {
    struct wg_bytes bytes = wg_writer_bytes(out);
    struct wg_buf *buf = malloc(sizeof *buf + bytes.len);
    assert_non_null(buf);
    *buf = (struct wg_buf){.refs = 1, .len = bytes.len};
    memcpy(buf->bytes, bytes.ptr, bytes.len);
    return buf;
}

static void event(struct wg_reply *reply, uint8_t intent) {
    reply->record_type = WG_EVENT;
    reply->intent = intent;
}

static void reject(struct wg_reply *reply) {
    reply->record_type = WG_REJECTION;
    reply->rejection_type = WG_REJECT_NOT_FOUND;
}

static void answer_create(struct fake *fake, const struct wg_request *request,
                          struct wg_reply *reply) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_decode(request->value_type, request->value, &value), WG_OK);
    assert_true(wg_bytes_equal(value.bpmn_process_id, wg_bytes_str("one-task")));
    assert_int_equal(value.version, -1);
    assert_true(fake->job_count < FAKE_JOBS);
    fake->unstarted += !fake->deployed[request->partition];
    fake->variable_bytes = value.variables.len;
    fake->creates[request->partition]++;
    fake->last_create[request->partition] = fake->now;
    fake->jobs[fake->job_count++] =
        (struct fake_job){.partition = request->partition, .retries = 3};
    event(reply, WG_PIC_CREATED);
}

static bool can_activate(struct fake *fake, struct fake_job *job, wg_partition_id partition) {
    if (job->state == FAKE_ACTIVATED && job->deadline <= fake->now) {
        job->state = FAKE_ACTIVATABLE;
    }
    return job->partition == partition && job->state == FAKE_ACTIVATABLE && job->retries > 0;
}

static void answer_activate(struct fake *fake, const struct wg_request *request,
                            struct wg_reply *reply) {
    struct wg_value_job_batch value;
    assert_int_equal(wg_value_decode(request->value_type, request->value, &value), WG_OK);
    assert_true(wg_bytes_equal(value.type, wg_bytes_str("work")));
    if (value.max_jobs_to_activate > fake->most_jobs_asked_for) {
        fake->most_jobs_asked_for = value.max_jobs_to_activate;
    }
    uint8_t numbers[512], memory[REPLY_ROOM];
    struct wg_writer keys = wg_writer_on(numbers, sizeof numbers);
    uint32_t chosen[32];
    uint32_t count = 0;
    for (uint32_t i = 0; i < fake->job_count && count < value.max_jobs_to_activate; i++) {
        if (can_activate(fake, &fake->jobs[i], request->partition)) {
            fake->jobs[i].state = FAKE_ACTIVATED;
            fake->jobs[i].deadline = fake->now + value.timeout * WG_MS;
            chosen[count++] = i;
        }
    }
    wg_mp_write_array(&keys, count);
    for (uint32_t i = 0; i < count; i++) {
        wg_mp_write_int(&keys, wg_key_encode(request->partition, chosen[i] + 1));
    }
    value.job_keys = wg_writer_bytes(&keys);
    struct wg_writer out = wg_writer_on(memory, sizeof memory);
    assert_int_equal(wg_value_encode(WG_VT_JOB_BATCH, &value, &out), WG_OK);
    reply->value = make_value(&out);
    event(reply, WG_JOB_BATCH_ACTIVATED);
}

static void answer_job(struct fake *fake, const struct wg_request *request,
                       struct wg_reply *reply) {
    struct fake_job *job = find_job(fake, request->key);
    struct wg_value_job value;
    assert_int_equal(wg_value_decode(request->value_type, request->value, &value), WG_OK);
    assert_non_null(job);
    assert_int_equal(job->partition, request->partition);
    if (request->intent == WG_JOB_COMPLETE && job->state == FAKE_ACTIVATED) {
        job->state = FAKE_DONE;
        event(reply, WG_JOB_COMPLETED);
    } else if (request->intent == WG_JOB_FAIL && job->state == FAKE_ACTIVATED) {
        job->state = FAKE_STUCK;
        job->retries = value.retries;
        job->incident = true;
        event(reply, WG_JOB_FAILED);
    } else if (request->intent == WG_JOB_UPDATE_RETRIES && job->state != FAKE_DONE) {
        job->retries = value.retries;
        event(reply, WG_JOB_RETRIES_UPDATED);
    } else {
        reject(reply);
    }
}

static void answer_resolve(struct fake *fake, const struct wg_request *request,
                           struct wg_reply *reply) {
    struct fake_job *job = find_job(fake, request->key - INCIDENT_OFFSET);
    assert_non_null(job);
    if (!job->incident || job->retries < 1) {
        reject(reply);
        return;
    }
    job->incident = false;
    job->state = FAKE_ACTIVATABLE;
    event(reply, WG_INCIDENT_RESOLVED);
}

static void answer(struct fake *fake, const struct wg_request *request, struct wg_reply *reply) {
    switch (request->value_type) {
    case WG_VT_DEPLOYMENT:
        fake->deployed[request->partition] = true;
        event(reply, WG_DEPLOYMENT_CREATED);
        break;
    case WG_VT_PROCESS_INSTANCE_CREATION:
        answer_create(fake, request, reply);
        break;
    case WG_VT_JOB_BATCH:
        answer_activate(fake, request, reply);
        break;
    case WG_VT_JOB:
        answer_job(fake, request, reply);
        break;
    default:
        assert_int_equal(request->value_type, WG_VT_INCIDENT);
        answer_resolve(fake, request, reply);
        break;
    }
}

static void fake_send(void *ctx, wg_node_id node, const struct wg_request *request) {
    struct fake *fake = ctx;
    uint64_t facts[4] = {(uint64_t)fake->now, node, request->request_id, (uint64_t)request->key};
    fake->hash = wg_hash_bytes(facts, sizeof facts, fake->hash);
    fake->hash = wg_hash_bytes(request->value.ptr, request->value.len, fake->hash);
    fake->requests[request->value_type]++;
    struct wg_reply reply = {.request_id = request->request_id,
                             .stream_id = request->stream_id,
                             .error = WG_ERR_NONE,
                             .partition = request->partition,
                             .value_type = request->value_type,
                             .intent = request->intent,
                             .key = request->key};
    if (node != fake->leader[request->partition]) {
        fake->mismatches++;
        reply.error = WG_ERR_PARTITION_LEADER_MISMATCH;
    } else if (fake->exhausted ||
               (fake->refuse_every > 0 && ++fake->asked % fake->refuse_every == 0)) {
        reply.error = WG_ERR_RESOURCE_EXHAUSTED;
    } else {
        answer(fake, request, &reply);
    }
    if (fake->lose_every > 0 && ++fake->answers % fake->lose_every == 0) {
        free(reply.value);
        return;
    }
    struct fake_item *item = add_item(fake, fake->now + fake->latency);
    item->is_reply = true;
    item->reply = reply;
}

struct fake *fake_new(const struct sim_workload_options *options, uint32_t count, uint64_t seed) {
    struct fake *fake = calloc(1, sizeof *fake);
    assert_non_null(fake);
    fake->choices = sim_choices_new(seed);
    fake->cluster =
        (struct sim_cluster_options){.brokers = 3, .partitions = FAKE_PARTITIONS};
    fake->latency = WG_MS;
    for (wg_partition_id p = 1; p <= FAKE_PARTITIONS; p++) {
        fake->leader[p] = p - 1;
    }
    struct sim_workload_ports ports = {.ctx = fake,
                                       .send_request = fake_send,
                                       .set_timer = fake_set_timer,
                                       .fact = fake_fact,
                                       .find_incident = fake_find_incident};
    fake->workload = sim_workload_new(options, count, NULL, &fake->cluster, fake->choices, &ports);
    return fake;
}

void fake_free(struct fake *fake) {
    sim_workload_free(fake->workload);
    sim_choices_free(fake->choices);
    for (uint32_t i = 0; i < fake->item_count; i++) {
        free(fake->items[i].reply.value);
    }
    free(fake);
}

static bool earlier(const struct fake_item *a, const struct fake_item *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void fake_run(struct fake *fake, wg_time until) {
    while (fake->item_count > 0) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < fake->item_count; i++) {
            first = earlier(&fake->items[i], &fake->items[first]) ? i : first;
        }
        struct fake_item item = fake->items[first];
        if (item.at > until) {
            break;
        }
        fake->items[first] = fake->items[--fake->item_count];
        fake->now = item.at;
        if (item.is_reply) {
            sim_workload_on_reply(fake->workload, &item.reply, fake->now);
            free(item.reply.value);
        } else {
            sim_workload_on_timer(fake->workload, item.timer, fake->now);
        }
    }
    fake->now = until;
}

uint32_t fake_jobs_in(const struct fake *fake, enum fake_job_state state) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < fake->job_count; i++) {
        count += fake->jobs[i].state == state;
    }
    return count;
}
