/* New versions of processes, deployed while the workload runs. One after the other for each workload:
 * a deployment is asked for until it is answered. */
#include "sim/workload/workload_internal.h"

#define AGAIN (500 * WG_MS)
#define LONGEST_PAUSE (5 * WG_MINUTE) /* between two attempts to distribute a command */
#define SLACK WG_MINUTE

static void timer_at(struct sim_workload *w, uint32_t generator, wg_time at) {
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_VERSION, generator), at);
}

static uint32_t process_of(const struct sim_workload *w, uint32_t generator) {
    const struct sim_workload_options *options = w->generators[generator].options;
    return (uint32_t)(workload_process(w, options->process) - w->processes);
}

void workload_versions_start(struct sim_workload *w, wg_time now) {
    for (uint32_t i = 0; i < w->generator_count; i++) {
        const struct sim_workload_options *options = w->generators[i].options;
        if (options->redeploy > 0) {
            timer_at(w, i, now + options->from + options->redeploy);
        }
    }
}

static bool is_over(const struct sim_workload *w, uint32_t generator, wg_time now) {
    return w->trickle || w->quiesced || now >= w->t0 + w->generators[generator].options->until;
}

void workload_version_timer(struct sim_workload *w, uint32_t generator, wg_time now) {
    uint32_t process = process_of(w, generator);
    if (is_over(w, generator, now)) {
        return;
    }
    if (!w->clients[1].deployed || !workload_send_version(w, 1, process,
                                                          w->processes[process].versions + 1,
                                                          PURPOSE_VERSION, generator, now)) {
        timer_at(w, generator, now + AGAIN);
    }
}

void workload_version_answered(struct sim_workload *w, uint32_t generator,
                               const struct wg_reply *reply, wg_time now) {
    bool answered = reply != NULL && reply->error == WG_ERR_NONE;
    w->redeployed = now; /* also without an answer: it may have been taken */
    if (answered) {
        w->processes[process_of(w, generator)].versions++;
    }
    timer_at(w, generator,
             now + (answered ? w->generators[generator].options->redeploy : AGAIN));
}

/* A distribution that has been going on for some time is tried again after as long, at most. */
bool workload_distributes(const struct sim_workload *w, wg_time now) {
    if (w->redeployed == 0) {
        return false;
    }
    wg_time age = w->chaos_over - w->t0;
    return now < w->chaos_over + (age < LONGEST_PAUSE ? age : LONGEST_PAUSE) + SLACK;
}
