/* What a worker does with the jobs it was given.
 *
 *   COMPLETE --completed, or gone--> done
 *   FAIL with a back-off --failed, or gone--> done
 *   THROW --caught, or gone--> done; --caught by nothing--> RESOLVE, as below
 *   FAIL --failed--> RETRIES --updated--> RESOLVE (once the incident is known) --resolved--> done
 *
 * An answer that says the job is gone or in another state ends the work on it: it timed out and was
 * given out again, or a former leader had promised what the log does not hold. */
#include "sim/workload/workload_internal.h"

#include "base/bytes.h"
#include "codec/msgpack.h"
#include "codec/values.h"

#define INCIDENT_ASK_EVERY WG_SECOND
#define INCIDENT_ASK_MOST 120u /* counted only while nothing new comes */
#define RETRY_AFTER (200 * WG_MS)

static void wake_at(struct sim_workload *w, uint32_t slot, wg_time at) {
    w->jobs[slot].wake = at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_JOB, slot), at);
}

static void job_done(struct sim_workload *w, uint32_t slot) {
    w->jobs[slot].used = false;
    w->jobs[slot].next_free = w->free_job;
    w->free_job = slot;
    w->jobs_used--;
}

/* That of the first generator that is at work: a job does not tell whose instance it belongs to. */
const struct sim_workload_options *workload_options_now(const struct sim_workload *w,
                                                        wg_time now) {
    static const struct sim_workload_options none = {0};
    for (uint32_t i = 0; i < w->generator_count && !w->trickle; i++) {
        const struct sim_workload_options *options = w->generators[i].options;
        if (now >= w->t0 + options->from && now < w->t0 + options->until) {
            return options;
        }
    }
    return &none;
}

const struct sim_worker_options *workload_workers(const struct sim_workload *w, wg_time now) {
    static const struct sim_worker_options standard = SIM_WORKERS_STANDARD;
    const struct sim_workload_options *options = workload_options_now(w, now);
    return options->workers.count > 0 ? &options->workers : &standard;
}

/* The process of the worker ends: nobody answers the jobs that it was still at. A request that it
 * has sent is on its way all the same, and incidents are an operator's work. */
static void crash(struct sim_workload *w, uint32_t worker, wg_partition_id partition, wg_time now) {
    w->counters.crashes++;
    for (uint32_t slot = 0; slot < JOB_SLOTS; slot++) {
        const struct job_slot *j = &w->jobs[slot];
        if (j->used && j->worker == worker && j->partition == partition &&
            j->purpose <= PURPOSE_FAIL && j->wake != WG_TIME_NEVER) {
            job_done(w, slot);
            w->counters.lost_jobs++;
        }
    }
    workload_poller(w, worker, partition)->down_until =
        now + workload_workers(w, now)->restart_after;
    w->last_work = now;
}

/* When the worker answers. */
static wg_time answer_time(struct sim_workload *w, wg_time now) {
    const struct sim_worker_options *workers = workload_workers(w, now);
    wg_time at = now + sim_between(&w->work, 2, 1 * WG_MS, 50 * WG_MS);
    if (sim_chance(&w->work, 4, workers->slow_per_million)) {
        w->counters.slow_jobs++;
        at += workers->slow_by;
    }
    return at;
}

static void job_start(struct sim_workload *w, uint32_t worker, wg_partition_id partition,
                      wg_key key, wg_time now) {
    uint32_t slot = w->free_job;
    if (slot == NO_SLOT) {
        return; /* its timeout gives the job to a later poll */
    }
    struct job_slot *j = &w->jobs[slot];
    w->free_job = j->next_free;
    w->jobs_used++;
    const struct sim_workload_options *options = workload_options_now(w, now);
    bool fails = sim_chance(&w->work, 1, options->fail_per_million);
    bool throws = !fails && sim_chance(&w->work, 11, options->error_per_million);
    *j = (struct job_slot){.used = true,
                           .fails = fails,
                           .backoff = options->retry_backoff,
                           .purpose = fails    ? PURPOSE_FAIL
                                      : throws ? PURPOSE_THROW
                                               : PURPOSE_COMPLETE,
                           .worker = worker,
                           .partition = partition,
                           .job = key,
                           .incident = WG_KEY_NONE};
    wake_at(w, slot, answer_time(w, now));
}

bool workload_job_add(struct sim_workload *w, enum request_purpose purpose,
                      wg_partition_id partition, wg_key key, wg_time at) {
    uint32_t slot = w->free_job;
    if (slot == NO_SLOT) {
        return false;
    }
    struct job_slot *j = &w->jobs[slot];
    w->free_job = j->next_free;
    w->jobs_used++;
    *j = (struct job_slot){.used = true,
                           .purpose = (uint8_t)purpose,
                           .partition = partition,
                           .job = key,
                           .incident = WG_KEY_NONE};
    wake_at(w, slot, at);
    return true;
}

static void poll_again(struct sim_workload *w, struct poller *poller, bool found, wg_time now) {
    poller->type = (poller->type + 1) % w->type_count;
    if (found) {
        w->last_work = now;
        poller->delay = 20 * WG_MS;
        return;
    }
    wg_time most = now - w->last_work > QUIET_FOR(w) ? LONG_POLL_DELAY : POLL_DELAY_MOST;
    poller->delay = poller->delay < 200 * WG_MS ? 200 * WG_MS : poller->delay * 2;
    poller->delay = poller->delay > most ? most : poller->delay;
}

void workload_jobs_activated(struct sim_workload *w, uint32_t worker, wg_partition_id partition,
                             struct wg_bytes value, wg_time now) {
    uint32_t crash_chance = workload_workers(w, now)->crash_per_million;
    bool crashes = false;
    struct wg_value_job_batch batch;
    struct wg_mp_token token = {0};
    int64_t count = 0;
    if (wg_value_decode(WG_VT_JOB_BATCH, value, &batch) == WG_OK && batch.job_keys.len > 0) {
        struct wg_reader keys = wg_reader_on(batch.job_keys);
        if (wg_mp_read(&keys, &token) && token.kind == WG_MP_ARRAY) {
            count = token.number;
            for (int64_t i = 0; i < count && wg_mp_read(&keys, &token); i++) {
                job_start(w, worker, partition, token.number, now);
                crashes |= sim_chance(&w->work, 5, crash_chance);
            }
        }
    }
    poll_again(w, workload_poller(w, worker, partition), count > 0, now);
    if (crashes) {
        crash(w, worker, partition, now);
    }
}

static void go_on(struct sim_workload *w, uint32_t slot, enum request_purpose next, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    j->purpose = (uint8_t)next;
    j->attempts = 0;
    wake_at(w, slot, now + (next == PURPOSE_RESOLVE ? INCIDENT_ASK_EVERY : WG_MS));
}

void workload_job_timer(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    if (!j->used || j->wake != now) {
        return;
    }
    if (j->purpose == PURPOSE_RESOLVE && j->incident == WG_KEY_NONE &&
        !w->ports.find_incident(w->ports.ctx, j->partition, j->job, &j->incident)) {
        j->asks += w->quiesced;
        if (j->asks > INCIDENT_ASK_MOST) {
            job_done(w, slot);
        } else {
            wake_at(w, slot, now + INCIDENT_ASK_EVERY);
        }
        return;
    }
    j->wake = WG_TIME_NEVER;
    if (!workload_send_job(w, slot, now)) {
        wake_at(w, slot, now + RETRY_AFTER);
    }
}

/* Refused at once: it was the key of an older incident of the same job. Refused the second time:
 * the first one did it. */
static void resolve_answered(struct sim_workload *w, uint32_t slot, bool accepted, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    w->counters.incidents_resolved += accepted;
    if (accepted || j->attempts > 1) {
        job_done(w, slot);
    } else {
        j->incident = WG_KEY_NONE;
        go_on(w, slot, PURPOSE_RESOLVE, now);
    }
}

static void job_advance(struct sim_workload *w, uint32_t slot, bool accepted, wg_time now) {
    struct job_slot *j = &w->jobs[slot];
    switch ((enum request_purpose)j->purpose) {
    case PURPOSE_COMPLETE:
        w->counters.jobs_completed += accepted;
        job_done(w, slot);
        break;
    case PURPOSE_FAIL:
        w->counters.jobs_failed += accepted;
        if (j->backoff > 0) { /* the engine gives it out again */
            job_done(w, slot);
        } else if (accepted || j->attempts > 1) { /* refused the second time: the first one did it */
            go_on(w, slot, PURPOSE_RETRIES, now);
        } else {
            job_done(w, slot);
        }
        break;
    case PURPOSE_RETRIES:
        if (accepted) {
            go_on(w, slot, PURPOSE_RESOLVE, now);
        } else {
            job_done(w, slot);
        }
        break;
    default:
        resolve_answered(w, slot, accepted, now);
        break;
    }
}

void workload_job_answer(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                         wg_time now) {
    w->last_work = now;
    if (reply == NULL || reply->error != WG_ERR_NONE) {
        wake_at(w, slot, now + workload_backoff(w, w->jobs[slot].partition, reply));
        return;
    }
    if (w->jobs[slot].purpose < PURPOSE_THROW) {
        job_advance(w, slot, reply->record_type == WG_EVENT, now);
    } else if (workload_flow_answered(w, &w->jobs[slot], reply) == WORKLOAD_RESOLVE) {
        go_on(w, slot, PURPOSE_RESOLVE, now);
    } else {
        job_done(w, slot);
    }
}
