/* Scheduled work of a leader (step 6, engine 4.5): jobs whose deadline has passed get a TIME_OUT
 * command in the log, without source, jobs whose back-off is over RECUR_AFTER_BACKOFF, and due timers
 * TRIGGER. Runs only while processing. Always: at most one command per job or timer is on its way;
 * what is on its way is forgotten with this processor, never kept across roles (bug P07). */
#include "stream/internal.h"

#include "codec/batch.h"

#define COMMANDS_PER_CHECK 100u
#define POLL_MS 1000
#define MORE_MS 20 /* between checks while more is due than one check takes */

static bool is_staged(const struct wg_processor *p, wg_key key) {
    for (uint32_t i = 0; i < p->staged_count; i++) {
        if (p->staged[i] == key) {
            return true;
        }
    }
    return false;
}

void wg_due_unstage(struct wg_processor *p, const struct wg_record *command) {
    bool is_due_work =
        (command->value_type == WG_VT_JOB && (command->intent == WG_JOB_TIME_OUT ||
                                              command->intent == WG_JOB_RECUR_AFTER_BACKOFF)) ||
        (command->value_type == WG_VT_TIMER && command->intent == WG_TIMER_TRIGGER);
    if (!is_due_work) {
        return;
    }
    for (uint32_t i = 0; i < p->staged_count; i++) {
        if (p->staged[i] == command->key) {
            p->staged[i] = p->staged[--p->staged_count];
            return;
        }
    }
}

/* Moves the commands to be written to the front: not staged yet, and fitting into one batch. */
static uint32_t choose(struct wg_processor *p) {
    struct wg_record *records = p->results.records;
    uint32_t count = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < p->results.count; i++) {
        uint64_t more = wg_metadata_bytes(&records[i]) + (uint64_t)records[i].value.len;
        if (is_staged(p, records[i].key)) {
            continue;
        }
        if (p->staged_count + count == WG_STAGED_MAX ||
            !wg_log_writer_can_write(p->writer, count + 1, bytes + more)) {
            break;
        }
        bytes += more;
        records[count++] = records[i];
    }
    return count;
}

wg_status wg_due_check(struct wg_processor *p) {
    uint32_t limit = COMMANDS_PER_CHECK + p->staged_count;
    wg_results_reset(&p->results);
    wg_processing_due(p->env, p->state, p->partition, p->env->wall_ms, limit, &p->results);
    uint32_t count = choose(p);
    p->due_more = p->results.count >= limit || p->results.count > p->staged_count + count;
    if (count == 0) {
        return WG_OK;
    }
    wg_position highest;
    wg_status status = wg_log_writer_write(p->writer, p->results.records, count, &highest);
    if (status == WG_FULL) {
        p->due_more = true;
        return WG_OK; /* clients take what room there is: who asks once a second would never get in */
    }
    if (status != WG_OK) {
        return status;
    }
    for (uint32_t i = 0; i < count; i++) {
        p->staged[p->staged_count++] = p->results.records[i].key;
    }
    return WG_OK;
}

void wg_due_arm(struct wg_processor *p) {
    int64_t next =
        wg_processing_due(p->env, p->state, p->partition, p->env->wall_ms, 0, &p->results);
    if (next == INT64_MAX) {
        return;
    }
    /* What is overdue already is on its way or was refused just now: look again later. */
    int64_t delay_ms = next - p->env->wall_ms;
    if (delay_ms <= 0 || delay_ms > POLL_MS) {
        delay_ms = p->due_more && p->paused == 0 ? MORE_MS : POLL_MS;
    }
    wg_time at = p->env->now + delay_ms * WG_MS;
    if (p->due_armed != WG_TIME_NEVER && p->due_armed <= at) {
        return;
    }
    p->due_armed = at;
    wg_emit_timer(p->env, p->partition, WG_ACTOR_PROCESSOR, WG_TIMER_DUE, at);
}
