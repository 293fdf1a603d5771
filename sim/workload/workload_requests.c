/* Requests of clients and workers: their values, and the table of those under way. A request id
 * holds its slot in the low 16 bits, so an answer finds it without a search. */
#include "sim/workload/workload_internal.h"

#include "base/bytes.h"
#include "codec/msgpack.h"
#include "codec/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_LEAST (100 * WG_MS)
#define BACKOFF_MOST (1600 * WG_MS)

static void tell(struct sim_workload *w, const struct request_slot *r, uint8_t value_type,
                 uint8_t intent, wg_key key) {
    uint64_t about = (uint64_t)key;
    if (r->purpose == PURPOSE_CREATE && r->job != NO_SLOT) {
        struct order *order = &w->orders[r->job];
        about = order->first_request == 0 ? about : order->first_request;
        order->first_request = order->first_request == 0 ? r->id : order->first_request;
    }
    struct sim_fact fact = {.kind = SIM_FACT_REQUEST,
                            .node = WG_NODE_NONE,
                            .partition = r->partition,
                            .a = r->id,
                            .b = r->partition,
                            .c = (uint64_t)value_type << 8 | intent,
                            .d = about};
    w->ports.fact(w->ports.ctx, &fact);
}

/* How long its sender waits for an answer. */
static wg_time patience(const struct sim_workload *w, enum request_purpose purpose, uint32_t job) {
    wg_time own = 0;
    if (purpose == PURPOSE_CREATE && job != NO_SLOT) {
        own = w->generators[w->orders[job].generator].options->timeout;
    }
    return own > 0 ? own : REQUEST_TIMEOUT;
}

bool workload_send(struct sim_workload *w, wg_time now, enum request_purpose purpose,
                   wg_partition_id partition, uint32_t job, uint8_t value_type, uint8_t intent,
                   wg_key key, struct wg_bytes value) {
    uint32_t slot = w->free_request;
    if (slot == NO_SLOT) {
        return false;
    }
    struct request_slot *r = &w->requests[slot];
    w->free_request = r->next_free;
    w->requests_used++;
    *r = (struct request_slot){.used = true,
                               .purpose = (uint8_t)purpose,
                               .partition = partition,
                               .node = w->clients[partition].guess,
                               .id = ++w->next_request << 16 | slot,
                               .job = job,
                               .sent = now,
                               .deadline = now + patience(w, purpose, job)};
    w->counters.requests++;
    tell(w, r, value_type, intent, key);
    struct wg_request request = {.request_id = r->id,
                                 .stream_id = (int32_t)partition,
                                 .partition = partition,
                                 .value_type = value_type,
                                 .intent = intent,
                                 .key = key,
                                 .value = value};
    w->ports.send_request(w->ports.ctx, w->clients[partition].guess, &request);
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_REQUEST, slot), r->deadline);
    return true;
}

/* Many requests to one broker fail together; together they move the guess by one. */
void workload_try_next_broker(struct sim_workload *w, wg_partition_id partition,
                              wg_node_id asked) {
    struct partition_client *c = &w->clients[partition];
    if (c->guess == asked) {
        c->guess = (c->guess + 1) % w->cluster->brokers;
    }
}

wg_time workload_backoff(struct sim_workload *w, wg_partition_id partition,
                         const struct wg_reply *reply) {
    struct partition_client *c = &w->clients[partition];
    if (reply == NULL || reply->error != WG_ERR_RESOURCE_EXHAUSTED) {
        c->backoff = 0;
        return BACKOFF_LEAST;
    }
    c->backoff = c->backoff == 0 ? BACKOFF_LEAST : 2 * c->backoff;
    c->backoff = c->backoff > BACKOFF_MOST ? BACKOFF_MOST : c->backoff;
    return c->backoff;
}

struct wg_bytes workload_encoded(struct sim_workload *w, uint8_t value_type, const void *value) {
    struct wg_writer out = wg_writer_on(w->scratch, w->scratch_size);
    if (wg_value_encode(value_type, value, &out) != WG_OK) {
        return wg_bytes_of(NULL, 0);
    }
    return wg_writer_bytes(&out);
}

/* A later version says so in a line of its own at the top. */
static void write_resource(struct wg_writer *out, const struct workload_process *p,
                           uint32_t version) {
    static const char built_in[] = "one-task: start -> task (work) -> end";
    char head[32] = "";
    size_t head_len = version == 0 ? 0 : (size_t)sprintf(head, "# version %u\n", version);
    const char *text = p->resource == NULL ? built_in : p->resource;
    size_t len = p->resource == NULL ? sizeof built_in - 1 : p->resource_len;
    char *whole = malloc(head_len + len);
    if (whole == NULL) {
        abort();
    }
    memcpy(whole, head, head_len);
    memcpy(whole + head_len, text, len);
    wg_mp_write_bin(out, wg_bytes_of(whole, head_len + len));
    free(whole);
}

bool workload_send_version(struct sim_workload *w, wg_partition_id partition, uint32_t process,
                           uint32_t version, enum request_purpose purpose, uint32_t slot,
                           wg_time now) {
    const struct workload_process *p = &w->processes[process];
    char file[SIM_PROCESS_NAME_MAX + 8];
    bool bpmn = p->resource == NULL || p->file != NULL;
    snprintf(file, sizeof file, "%s.%s", p->id, bpmn ? "bpmn" : "yaml");
    struct wg_writer out = wg_writer_on(w->scratch + w->scratch_size,
                                        DOCUMENT_ROOM + w->longest_resource);
    wg_mp_write_array(&out, 1);
    wg_mp_write_map(&out, 2);
    wg_mp_write_str(&out, wg_bytes_str("resourceName"));
    wg_mp_write_str(&out, wg_bytes_str(file));
    wg_mp_write_str(&out, wg_bytes_str("resource"));
    write_resource(&out, p, version);
    struct wg_value_deployment value;
    if (wg_value_init(WG_VT_DEPLOYMENT, &value) != WG_OK) {
        return false;
    }
    value.resources = wg_writer_bytes(&out);
    return workload_send(w, now, purpose, partition, slot, WG_VT_DEPLOYMENT,
                         WG_DEPLOYMENT_CREATE, WG_KEY_NONE, workload_encoded(w, WG_VT_DEPLOYMENT, &value));
}

bool workload_send_deploy(struct sim_workload *w, wg_partition_id partition, wg_time now) {
    return workload_send_version(w, partition, w->clients[partition].deploy_next, 0, PURPOSE_DEPLOY,
                                 NO_SLOT, now);
}

bool workload_send_create(struct sim_workload *w, wg_partition_id partition, uint32_t process,
                          uint32_t variable_bytes, uint32_t order, wg_time now) {
    struct wg_value_process_instance_creation value;
    if (wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value) != WG_OK) {
        return false;
    }
    const struct workload_process *p = workload_process(w, process);
    value.bpmn_process_id = wg_bytes_str(p->id);
    uint8_t choices[CHOICES_ROOM];
    struct wg_writer chosen = wg_writer_on(choices, sizeof choices);
    uint32_t count = workload_write_choices(w, p, &chosen);
    if (sim_chance(&w->work, 12, workload_options_now(w, now)->poison_per_million)) {
        wg_mp_write_str(&chosen, wg_bytes_str("waggle:poison"));
        wg_mp_write_int(&chosen, 1);
        count++;
    }
    count += workload_want_messages(w, (uint32_t)(p - w->processes), &chosen, now);
    if (variable_bytes > 0 || count > 0) {
        /* The document lies behind the room that the whole value is encoded into. */
        uint8_t *text = w->scratch + w->scratch_size;
        memset(text, 'v', variable_bytes);
        struct wg_writer doc = wg_writer_on(text + variable_bytes, variable_bytes + DOCUMENT_ROOM);
        wg_mp_write_map(&doc, count + (variable_bytes > 0));
        if (variable_bytes > 0) {
            wg_mp_write_str(&doc, wg_bytes_str("payload"));
            wg_mp_write_str(&doc, wg_bytes_of(text, variable_bytes));
        }
        struct wg_bytes raw = wg_writer_bytes(&chosen);
        wg_write_bytes(&doc, raw.ptr, raw.len);
        value.variables = wg_writer_bytes(&doc);
    }
    return workload_send(w, now, PURPOSE_CREATE, partition, order,
                         WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE,
                         workload_encoded(w, WG_VT_PROCESS_INSTANCE_CREATION, &value));
}

bool workload_send_poll(struct sim_workload *w, uint32_t worker, wg_partition_id partition,
                        wg_time now) {
    const struct sim_worker_options *options = workload_workers(w, now);
    struct wg_value_job_batch value;
    if (wg_value_init(WG_VT_JOB_BATCH, &value) != WG_OK) {
        return false;
    }
    value.type = wg_bytes_str(w->types[workload_poller(w, worker, partition)->type]);
    value.worker = wg_bytes_str("worker");
    value.timeout = options->timeout / WG_MS;
    value.max_jobs_to_activate = options->jobs_per_request;
    return workload_send(w, now, PURPOSE_POLL, partition, worker, WG_VT_JOB_BATCH,
                         WG_JOB_BATCH_ACTIVATE, WG_KEY_NONE, workload_encoded(w, WG_VT_JOB_BATCH, &value));
}

/* What collections of results are made of: a number for each job, the same however often it is sent. */
static struct wg_bytes results_of(const struct sim_workload *w, wg_key job, uint8_t *bytes,
                                  uint32_t room) {
    struct wg_writer out = wg_writer_on(bytes, room);
    wg_mp_write_map(&out, w->result_count);
    for (uint32_t i = 0; i < w->result_count; i++) {
        wg_mp_write_str(&out, wg_bytes_str(w->results[i]));
        wg_mp_write_int(&out, job % 1000);
    }
    return wg_writer_bytes(&out);
}

static bool send_job_command(struct sim_workload *w, uint32_t slot, uint8_t intent, int64_t retries,
                             wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    struct wg_value_job value;
    if (wg_value_init(WG_VT_JOB, &value) != WG_OK) {
        return false;
    }
    value.retries = retries;
    if (intent == WG_JOB_FAIL && j->backoff > 0) {
        value.retries = 1;
        value.retry_backoff = j->backoff / WG_MS;
    }
    if (intent == WG_JOB_FAIL) {
        value.error_message = wg_bytes_str("failed on purpose");
    }
    uint8_t results[RESULTS_MAX * (WG_MODEL_NAME_MAX + 8) + 8];
    if (intent == WG_JOB_COMPLETE && w->result_count > 0) {
        value.variables = results_of(w, j->job, results, sizeof results);
    }
    return workload_send(w, now, (enum request_purpose)j->purpose, j->partition, slot, WG_VT_JOB,
                         intent, j->job, workload_encoded(w, WG_VT_JOB, &value));
}

bool workload_send_job(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    struct wg_value_incident incident;
    j->attempts++;
    if (j->purpose >= PURPOSE_THROW) {
        return workload_send_flow(w, slot, now);
    }
    switch ((enum request_purpose)j->purpose) {
    case PURPOSE_COMPLETE:
        return send_job_command(w, slot, WG_JOB_COMPLETE, -1, now);
    case PURPOSE_FAIL:
        return send_job_command(w, slot, WG_JOB_FAIL, 0, now);
    case PURPOSE_RETRIES:
        return send_job_command(w, slot, WG_JOB_UPDATE_RETRIES, 1, now);
    default:
        break;
    }
    if (wg_value_init(WG_VT_INCIDENT, &incident) != WG_OK) {
        return false;
    }
    return workload_send(w, now, PURPOSE_RESOLVE, j->partition, slot, WG_VT_INCIDENT,
                         WG_INCIDENT_RESOLVE, j->incident, workload_encoded(w, WG_VT_INCIDENT, &incident));
}
