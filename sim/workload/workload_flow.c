/* What leaves the straight way: instances that clients cancel, errors that workers throw, and user
 * tasks, which somebody completes who learns of them from exported records, as Tasklist does. Each is
 * a job slot: sent until it is answered. A refusal ends it: what was to be done is done, or gone. */
#include "sim/workload/workload_internal.h"

#include "codec/msgpack.h"
#include "codec/values.h"

#define TASKS_EVERY (500 * WG_MS)
#define TASKS_AT_ONCE 64u

void workload_created(struct sim_workload *w, wg_partition_id partition,
                      const struct wg_reply *reply, wg_time now) {
    struct wg_value_process_instance_creation value;
    if (!sim_chance(&w->work, 13, workload_options_now(w, now)->cancel_per_million) ||
        reply->value == NULL ||
        wg_value_decode(WG_VT_PROCESS_INSTANCE_CREATION,
                        wg_bytes_of(reply->value->bytes, reply->value->len), &value) != WG_OK) {
        return;
    }
    w->counters.cancellations +=
        workload_job_add(w, PURPOSE_CANCEL, partition, value.process_instance_key,
                         now + sim_between(&w->work, 14, WG_MS, 6 * WG_SECOND));
}

void workload_user_tasks(struct sim_workload *w, wg_time now) {
    if (!w->user_tasks || w->stopped) {
        return;
    }
    for (wg_partition_id p = 1; p <= w->cluster->partitions; p++) {
        wg_key key;
        for (uint32_t i = 0; i < TASKS_AT_ONCE && w->free_job != NO_SLOT &&
                             w->ports.next_user_task(w->ports.ctx, p, &key);
             i++) {
            workload_job_add(w, PURPOSE_USER_TASK, p, key,
                             now + sim_between(&w->work, 15, 10 * WG_MS, 2 * WG_SECOND));
            w->last_work = now;
        }
    }
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_USER_TASKS, 0), now + TASKS_EVERY);
}

/* One that some process catches, or, last, one that none does. */
static struct wg_bytes draw_code(struct sim_workload *w) {
    uint32_t which = sim_choose(&w->work, 16, w->code_count + 1);
    return wg_bytes_str(which < w->code_count ? w->codes[which] : "UNKNOWN");
}

static bool send_error(struct sim_workload *w, uint32_t slot, wg_time now) {
    const struct job_slot *j = &w->jobs[slot];
    struct wg_value_job value;
    if (wg_value_init(WG_VT_JOB, &value) != WG_OK) {
        return false;
    }
    value.error_code = draw_code(w);
    value.error_message = wg_bytes_str("thrown on purpose");
    return workload_send(w, now, PURPOSE_THROW, j->partition, slot, WG_VT_JOB, WG_JOB_THROW_ERROR,
                         j->job, workload_encoded(w, WG_VT_JOB, &value));
}

static bool send_cancel(struct sim_workload *w, uint32_t slot, wg_time now) {
    const struct job_slot *j = &w->jobs[slot];
    struct wg_value_process_instance value;
    if (wg_value_init(WG_VT_PROCESS_INSTANCE, &value) != WG_OK) {
        return false;
    }
    return workload_send(w, now, PURPOSE_CANCEL, j->partition, slot, WG_VT_PROCESS_INSTANCE,
                         WG_PI_CANCEL, j->job, workload_encoded(w, WG_VT_PROCESS_INSTANCE, &value));
}

static bool send_user_task(struct sim_workload *w, uint32_t slot, wg_time now) {
    const struct job_slot *j = &w->jobs[slot];
    struct wg_value_user_task value;
    if (wg_value_init(WG_VT_USER_TASK, &value) != WG_OK) {
        return false;
    }
    value.user_task_key = j->job;
    return workload_send(w, now, PURPOSE_USER_TASK, j->partition, slot, WG_VT_USER_TASK,
                         WG_USER_TASK_COMPLETE, j->job,
                         workload_encoded(w, WG_VT_USER_TASK, &value));
}

bool workload_send_flow(struct sim_workload *w, uint32_t slot, wg_time now) {
    switch ((enum request_purpose)w->jobs[slot].purpose) {
    case PURPOSE_THROW:
        return send_error(w, slot, now);
    case PURPOSE_CANCEL:
        return send_cancel(w, slot, now);
    default:
        return send_user_task(w, slot, now);
    }
}

/* Caught by nothing: the event says so in the place of the element's id. */
static bool is_uncaught(const struct wg_reply *reply) {
    struct wg_value_job job;
    return reply->value != NULL &&
           wg_value_decode(WG_VT_JOB, wg_bytes_of(reply->value->bytes, reply->value->len), &job) ==
               WG_OK &&
           wg_bytes_equal(job.element_id, wg_bytes_str("NO_CATCH_EVENT_FOUND"));
}

enum workload_next workload_flow_answered(struct sim_workload *w, const struct job_slot *j,
                                          const struct wg_reply *reply) {
    bool accepted = reply->record_type == WG_EVENT;
    switch ((enum request_purpose)j->purpose) {
    case PURPOSE_THROW:
        w->counters.errors_thrown += accepted;
        if (accepted) {
            return is_uncaught(reply) ? WORKLOAD_RESOLVE : WORKLOAD_DONE;
        }
        /* Refused the second time, but the job is there: the first one did it. */
        return j->attempts > 1 && reply->rejection_type == WG_REJECT_INVALID_STATE
                   ? WORKLOAD_RESOLVE
                   : WORKLOAD_DONE;
    case PURPOSE_USER_TASK:
        w->counters.user_tasks_completed += accepted;
        return WORKLOAD_DONE;
    default:
        return WORKLOAD_DONE;
    }
}
