/* Requests of clients and workers: their values, and the table of those under way. A request id
 * holds its slot in the low 16 bits, so an answer finds it without a search. */
#include "sim/workload/workload_internal.h"

#include "base/bytes.h"
#include "codec/msgpack.h"
#include "codec/values.h"

#include <stdio.h>
#include <string.h>

#define BACKOFF_LEAST (100 * WG_MS)
#define BACKOFF_MOST (1600 * WG_MS)

static void tell(struct sim_workload *w, const struct request_slot *r, uint8_t value_type,
                 uint8_t intent, wg_key key) {
    struct sim_fact fact = {.kind = SIM_FACT_REQUEST,
                            .node = WG_NODE_NONE,
                            .partition = r->partition,
                            .a = r->id,
                            .b = r->partition,
                            .c = (uint64_t)value_type << 8 | intent,
                            .d = (uint64_t)key};
    w->ports.fact(w->ports.ctx, &fact);
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
                               .deadline = now + REQUEST_TIMEOUT};
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

static struct wg_bytes encoded(struct sim_workload *w, uint8_t value_type, const void *value) {
    struct wg_writer out = wg_writer_on(w->scratch, w->scratch_size);
    if (wg_value_encode(value_type, value, &out) != WG_OK) {
        return wg_bytes_of(NULL, 0);
    }
    return wg_writer_bytes(&out);
}

bool workload_send_deploy(struct sim_workload *w, wg_partition_id partition, wg_time now) {
    const struct workload_process *p = &w->processes[w->clients[partition].deploy_next];
    char file[SIM_PROCESS_NAME_MAX + 8];
    snprintf(file, sizeof file, "%s.%s", p->id, p->resource == NULL ? "bpmn" : "yaml");
    struct wg_writer out = wg_writer_on(w->scratch + w->scratch_size,
                                        DOCUMENT_ROOM + w->longest_resource);
    wg_mp_write_array(&out, 1);
    wg_mp_write_map(&out, 2);
    wg_mp_write_str(&out, wg_bytes_str("resourceName"));
    wg_mp_write_str(&out, wg_bytes_str(file));
    wg_mp_write_str(&out, wg_bytes_str("resource"));
    wg_mp_write_bin(&out, p->resource == NULL ? wg_bytes_str("one-task: start -> task (work) -> end")
                                              : wg_bytes_of(p->resource, p->resource_len));
    struct wg_value_deployment value;
    if (wg_value_init(WG_VT_DEPLOYMENT, &value) != WG_OK) {
        return false;
    }
    value.resources = wg_writer_bytes(&out);
    return workload_send(w, now, PURPOSE_DEPLOY, partition, NO_SLOT, WG_VT_DEPLOYMENT,
                         WG_DEPLOYMENT_CREATE, WG_KEY_NONE, encoded(w, WG_VT_DEPLOYMENT, &value));
}

bool workload_send_create(struct sim_workload *w, wg_partition_id partition,
                          uint32_t process, uint32_t variable_bytes, wg_time now) {
    struct wg_value_process_instance_creation value;
    if (wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value) != WG_OK) {
        return false;
    }
    const struct workload_process *p = workload_process(w, process);
    value.bpmn_process_id = wg_bytes_str(p->id);
    uint8_t choices[PROCESS_CHOICES_MAX * (SIM_PROCESS_NAME_MAX + 16)];
    struct wg_writer chosen = wg_writer_on(choices, sizeof choices);
    uint32_t count = workload_write_choices(w, p, &chosen);
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
    return workload_send(w, now, PURPOSE_CREATE, partition, NO_SLOT,
                         WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE,
                         encoded(w, WG_VT_PROCESS_INSTANCE_CREATION, &value));
}

bool workload_send_poll(struct sim_workload *w, wg_partition_id partition, wg_time now) {
    struct wg_value_job_batch value;
    if (wg_value_init(WG_VT_JOB_BATCH, &value) != WG_OK) {
        return false;
    }
    value.type = wg_bytes_str(w->types[w->clients[partition].poll_type]);
    value.worker = wg_bytes_str("worker");
    value.timeout = JOB_TIMEOUT_MS;
    value.max_jobs_to_activate = MAX_JOBS_PER_POLL;
    return workload_send(w, now, PURPOSE_POLL, partition, NO_SLOT, WG_VT_JOB_BATCH,
                         WG_JOB_BATCH_ACTIVATE, WG_KEY_NONE, encoded(w, WG_VT_JOB_BATCH, &value));
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
    return workload_send(w, now, (enum request_purpose)j->purpose, j->partition, slot, WG_VT_JOB,
                         intent, j->job, encoded(w, WG_VT_JOB, &value));
}

bool workload_send_job(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    struct wg_value_incident incident;
    j->attempts++;
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
                         WG_INCIDENT_RESOLVE, j->incident, encoded(w, WG_VT_INCIDENT, &incident));
}
