/* timers: what a clock makes due happens in time. A job that was activated and not finished is
 * timed out, a job that failed with a back-off recurs, and a timer triggers, never before its date by
 * the clock of the broker that writes the command, and not later than 15 s behind it, or behind the
 * event that names it, by the clock of the broker that leads; an export attempt that failed is not
 * repeated before its back-off of 2, 4, 8, 10, 10.. s is over.
 *
 * Scope: jobs of committed JOB_BATCH ACTIVATED and JOB FAILED events, timers of TIMER CREATED. A
 * command that is committed in time may wait its turn behind other commands when there are more than
 * the partition can process; it is late when it has no effect and a command behind it has.
 * Time is that of the last committed record: what is not committed yet is not missed. Lateness only while
 * nothing has disturbed the partition for 15 s (calm.h), its commits keep up (pace.h) and neither an operator
 * nor a full disk keeps the leader from processing. A clock that jumps makes jobs due earlier or later, as in
 * Zeebe; it begins the 15 s anew. Back-off within one director incarnation, by the broker's monotonic clock.
 * Sound: the date stands in the event; it counts from the command's time, so that it may have passed
 * when the event is written: the command may have waited long to be committed. The leader looks every
 * second, at most 100 at a time (more often while there are more), and does not look at clocks of others.
 * Evidence: committed records (timestamp; jobKeys and the jobs' deadline of the value), facts CLOCK, ADMIN,
 * DISK_SPACE; facts PLUGIN_CALL and PLUGIN_RETURN.
 * A banned instance's timers are left alone, as the engine leaves them.
 * Memory: 24 bytes and a map entry per activated or waiting job and timer, one more per timer and per
 * command that waits; 24 bytes per replica. */
#include "sim/invariants/bench.h"

#define LATEST_MS 15000
#define LOOK_EVERY WG_SECOND

struct due {
    int64_t from; /* the leader can bring it about from then on: its date, if that was known by then */
    int64_t deadline;
    wg_key key;
};

struct timers {
    struct judge_map deadlines; /* job or timer -> when it is due */
    struct judge_map asked;     /* the same -> position of the command that clock made */
    struct judge_map instances; /* timer -> instance */
    struct judge_map banned;    /* instances */
    wg_position processed;      /* highest position that an event names as its source */
    int64_t log_ms;             /* when the last committed record was written */
    struct judge_deque queue;   /* struct due, by `from`; finished ones go when they come up */
    wg_time next_look;
};

static void release(void *state) {
    struct timers *timers = state;
    judge_map_free(&timers->deadlines);
    judge_map_free(&timers->asked);
    judge_map_free(&timers->instances);
    judge_map_free(&timers->banned);
    judge_deque_free(&timers->queue);
}

const struct judge_rule inv_timers_rule = {"timers", JUDGE_PER_PARTITION, sizeof(struct timers),
                                           release};

/* --- jobs ------------------------------------------------------------------------------------ */

static struct due *due_at(const struct timers *timers, uint32_t i) {
    return judge_deque_at(&timers->queue, i);
}

/* An event, written at `written_ms`, says when it is due. */
static void activate(struct timers *timers, wg_key key, int64_t deadline, int64_t written_ms) {
    int64_t from = deadline > written_ms ? deadline : written_ms;
    judge_map_remove(&timers->asked, (uint64_t)key);
    judge_map_put(&timers->deadlines, (uint64_t)key, (uint64_t)deadline);
    timers->queue.elem = sizeof(struct due);
    judge_deque_push(&timers->queue);
    uint32_t at = timers->queue.count - 1;
    for (; at > 0 && due_at(timers, at - 1)->from > from; at--) {
        *due_at(timers, at) = *due_at(timers, at - 1);
    }
    *due_at(timers, at) = (struct due){from, deadline, key};
}

static void check_early(struct sim_judges *b, wg_partition_id p, struct timers *timers,
                        const struct judge_record *record) {
    uint64_t deadline;
    if (judge_map_get(&timers->deadlines, (uint64_t)record->key, &deadline) &&
        record->timestamp_ms < (int64_t)deadline) {
        judge_violate(b, INV_TIMERS, SIM_BLAME_ENGINE, p, -1,
                      "record %lld comes %lld ms before job or timer %lld is due",
                      (long long)record->position,
                      (long long)((int64_t)deadline - record->timestamp_ms),
                      (long long)record->key);
    }
}

/* Where commits come late the log takes in no more than they let out, and clients compete for that. */
static wg_time free_since(const struct sim_judges *b, wg_partition_id p) {
    wg_time calm = judge_calm_since(b, p), late = judge_pace_late(b, p);
    return late > calm ? late : calm;
}

/* Whether the leader is free to look for due jobs, and has been for long enough. */
static wg_node_id free_leader(const struct sim_judges *b, wg_partition_id p) {
    wg_node_id leader = judge_leader(b, p);
    wg_time calm = free_since(b, p);
    if (leader == WG_NODE_NONE || calm > b->now - LATEST_MS * WG_MS ||
        b->calm.processing_paused[judge_replica_number(b, leader, p)] ||
        (b->calm.brokers[leader].space & SIM_SPACE_NO_PROCESSING) != 0) {
        return WG_NODE_NONE;
    }
    return leader;
}

/* Whether its TIME_OUT command is in the log and may still be waiting for those before it. */
static bool waits_its_turn(const struct timers *timers, wg_key key) {
    uint64_t position;
    return judge_map_get(&timers->asked, (uint64_t)key, &position) &&
           (wg_position)position >= timers->processed;
}

static bool is_of_banned(const struct timers *timers, wg_key timer) {
    uint64_t instance;
    uint64_t ignored;
    return judge_map_get(&timers->instances, (uint64_t)timer, &instance) &&
           judge_map_get(&timers->banned, instance, &ignored);
}

/* For how long the leader could have timed the job out, in all that is seen of its log: what waits
 * for a slow disk or a lossy network is not seen yet, and calm must have come before. */
static int64_t late_by(const struct sim_judges *b, wg_partition_id p, const struct timers *timers,
                       wg_node_id leader, int64_t from) {
    int64_t now = judge_wall_ms(b, leader);
    int64_t calm = now - (b->now - free_since(b, p)) / WG_MS;
    int64_t seen = timers->log_ms < now ? timers->log_ms : now;
    return seen - (from > calm ? from : calm);
}

static void check_late(struct sim_judges *b, wg_partition_id p, struct timers *timers) {
    wg_node_id leader = free_leader(b, p);
    while (timers->queue.count > 0) {
        struct due due = *due_at(timers, 0);
        uint64_t deadline;
        bool open = judge_map_get(&timers->deadlines, (uint64_t)due.key, &deadline) &&
                    (int64_t)deadline == due.deadline && !is_of_banned(timers, due.key);
        if (open && (leader == WG_NODE_NONE ||
                     late_by(b, p, timers, leader, due.from) <= LATEST_MS ||
                     waits_its_turn(timers, due.key))) {
            return;
        }
        judge_deque_pop_front(&timers->queue, 1);
        if (open) {
            judge_map_remove(&timers->deadlines, (uint64_t)due.key);
            judge_map_remove(&timers->asked, (uint64_t)due.key);
            judge_violate(b, INV_TIMERS, SIM_BLAME_ENGINE, p, -1,
                          "job or timer %lld was due %lld ms ago by the clock of its leader, broker "
                          "%u, and nothing came of it", (long long)due.key,
                          (long long)(judge_wall_ms(b, leader) - due.deadline), leader);
        }
    }
}

/* A second command for the same job does not begin its patience anew. */
static void note_asked(struct timers *timers, const struct judge_record *record) {
    uint64_t known;
    if (judge_map_get(&timers->deadlines, (uint64_t)record->key, &known) &&
        !judge_map_get(&timers->asked, (uint64_t)record->key, &known)) {
        judge_map_put(&timers->asked, (uint64_t)record->key, (uint64_t)record->position);
    }
}

/* Commands that the leader's clock brings. */
static bool is_due_work(const struct judge_record *record) {
    return record->record_type == WG_COMMAND &&
           ((record->value_type == WG_VT_JOB && (record->intent == WG_JOB_TIME_OUT ||
                                                 record->intent == WG_JOB_RECUR_AFTER_BACKOFF)) ||
            (record->value_type == WG_VT_TIMER && record->intent == WG_TIMER_TRIGGER));
}

static bool ends_activation(uint8_t intent) {
    return intent == WG_JOB_COMPLETED || intent == WG_JOB_FAILED || intent == WG_JOB_TIMED_OUT ||
           intent == WG_JOB_CANCELED || intent == WG_JOB_ERROR_THROWN || intent == WG_JOB_RECURRED_AFTER_BACKOFF;
}

static void follow(struct timers *timers, const struct judge_record *record) {
    bool timer = record->value_type == WG_VT_TIMER;
    uint8_t intent = record->intent;
    if (timer ? intent == WG_TIMER_TRIGGERED || intent == WG_TIMER_CANCELED
              : ends_activation(intent)) {
        judge_map_remove(&timers->deadlines, (uint64_t)record->key);
        judge_map_remove(&timers->asked, (uint64_t)record->key);
        judge_map_remove(&timers->instances, (uint64_t)record->key);
    }
    if (timer && intent == WG_TIMER_CREATED) {
        judge_map_put(&timers->instances, (uint64_t)record->key, (uint64_t)record->instance);
    }
    if (record->deadline > 0 && (timer ? intent == WG_TIMER_CREATED : intent == WG_JOB_FAILED)) {
        activate(timers, record->key, record->deadline, record->timestamp_ms);
    }
}

void inv_timers_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    struct timers *timers = judge_state(b, INV_TIMERS, p - 1);
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        timers->log_ms = record->timestamp_ms;
        timers->processed = record->source > timers->processed ? record->source : timers->processed;
        if (record->value_type == WG_VT_JOB_BATCH && record->jobs > 0) {
            for (uint32_t j = 0; j < record->jobs; j++) {
                activate(timers, entry->jobs[record->first_job + j], record->deadline,
                         record->timestamp_ms);
            }
        } else if (is_due_work(record)) {
            check_early(b, p, timers, record);
            note_asked(timers, record);
        } else if (record->record_type == WG_EVENT &&
                   (record->value_type == WG_VT_JOB || record->value_type == WG_VT_TIMER)) {
            follow(timers, record);
        } else if (record->record_type == WG_EVENT && record->value_type == WG_VT_ERROR &&
                   record->instance > 0) {
            judge_map_put(&timers->banned, (uint64_t)record->instance, 1);
        }
    }
    if (b->now >= timers->next_look) {
        timers->next_look = b->now + LOOK_EVERY;
        check_late(b, p, timers);
    }
}

void inv_timers_finish(struct sim_judges *b) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        check_late(b, p, judge_state(b, INV_TIMERS, p - 1));
    }
}

/* --- attempts -------------------------------------------------------------------------------- */

void inv_timers_attempt(struct sim_judges *b, const struct judge_attempt *attempt) {
    static const int64_t seconds[] = {2, 4, 8, 10};
    uint32_t failures = attempt->failures < 4 ? attempt->failures : 4;
    if (failures == 0) {
        return;
    }
    wg_time waited = judge_own_time(b, attempt->node) - attempt->failed_at;
    if (waited + WG_MS < seconds[failures - 1] * WG_SECOND) {
        judge_violate(b, INV_TIMERS, SIM_BLAME_ENGINE, attempt->partition,
                      (int32_t)attempt->exporter,
                      "broker %u offered record %lld to %s again %lld ms after attempt %u had "
                      "failed, before %lld s were over", attempt->node,
                      (long long)attempt->position, judge_exporter_id(b, attempt->exporter),
                      (long long)(waited / WG_MS), attempt->failures,
                      (long long)seconds[failures - 1]);
    }
}
