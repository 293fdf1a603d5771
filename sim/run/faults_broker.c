/* Faults of one broker: of its process (paused, slow, wiped), its disk and its clocks.
 *
 * Faults of one kind may overlap. What holds is worked out anew from the list of those that hold
 * whenever one begins or ends: the strongest slowness counts, latencies, jumps, drifts and taken bytes
 * add up, error probabilities combine as independent ones. */
#include "sim/run/cluster_internal.h"

#include "sim/world/epoch.h"

#include <string.h>

#define MILLION 1000000
#define SITE_SKEW 1u
#define SKEW_STREAM ((uint64_t)3 << 40)

_Static_assert((int)SIM_DAMAGE_SEGMENT == (int)SIM_FILES_SEGMENT &&
                   (int)SIM_DAMAGE_SNAPSHOT == (int)SIM_FILES_SNAPSHOT &&
                   (int)SIM_DAMAGE_META == (int)SIM_FILES_META,
               "the parameter of the fault is what the disk understands");

/* --- clocks ------------------------------------------------------------------------------------- */

/* What a rate makes of a time, in parts that do not overflow. */
static wg_time part_of(wg_time time, int64_t ppm) {
    return time / MILLION * ppm + time % MILLION * ppm / MILLION;
}

static wg_time gained_since(const struct sim_broker_clock *clock, wg_time now) {
    return clock->ppm == 0 ? 0 : part_of(now - clock->since, clock->ppm);
}

wg_time sim_broker_now(const struct sim_broker *broker) {
    wg_time now = broker->cluster->now;
    return now + broker->clock.gained + gained_since(&broker->clock, now);
}

wg_time sim_broker_true_time(const struct sim_broker *broker, wg_time at) {
    const struct sim_broker_clock *clock = &broker->clock;
    wg_time left = at - clock->gained - clock->since; /* on the drifting clock */
    wg_time guess = clock->since + left / (MILLION + clock->ppm) * MILLION +
                    left % (MILLION + clock->ppm) * MILLION / (MILLION + clock->ppm);
    while (guess + clock->gained + gained_since(clock, guess) < at) {
        guess++; /* once or twice: divisions above round down */
    }
    return guess;
}

static int64_t floor_ms(wg_time ns) { return ns >= 0 ? ns / WG_MS : -((-ns + WG_MS - 1) / WG_MS); }

int64_t sim_broker_wall_ms(const struct sim_broker *broker) {
    if (!broker->altered) {
        return sim_cluster_wall_ms(broker->cluster);
    }
    const struct sim_broker_clock *clock = &broker->clock;
    wg_time now = broker->cluster->now;
    wg_time off = clock->skew + clock->jumped + clock->stuck + clock->drifted;
    return SIM_EPOCH_MS + floor_ms(now + off + gained_since(clock, now));
}

void sim_broker_tell_clock(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    struct sim_fact fact = {
        .kind = SIM_FACT_CLOCK,
        .node = broker->id,
        .at = c->now,
        .a = (uint64_t)(sim_broker_wall_ms(broker) - sim_cluster_wall_ms(c)),
        .b = (uint64_t)broker->clock.ppm};
    sim_cluster_fact(c, &fact);
}

static void note_altered(struct sim_broker *broker) {
    const struct sim_broker_clock *clock = &broker->clock;
    broker->altered = broker->slow_factor != 1 || clock->skew != 0 || clock->jumped != 0 ||
                      clock->stuck != 0 || clock->drifted != 0 || clock->gained != 0 ||
                      clock->ppm != 0;
}

void sim_broker_init_clock(struct sim_broker *broker) {
    wg_time skew = broker->cluster->scenario->cluster.clock_skew / WG_MS;
    broker->slow_factor = 1;
    if (skew > 0) {
        struct sim_stream stream;
        sim_stream_init(&stream, broker->cluster->choices, SIM_CONCERN_FAULT,
                        SKEW_STREAM | broker->id);
        wg_time drawn = sim_between(&stream, SITE_SKEW, 0, 2 * skew);
        broker->clock.skew = (drawn <= skew ? drawn : skew - drawn) * WG_MS;
    }
    note_altered(broker);
}

static void set_clock(struct sim_broker *broker, wg_time jumped, int64_t ppm) {
    struct sim_broker_clock *clock = &broker->clock;
    if (clock->jumped == jumped && clock->ppm == ppm) {
        return;
    }
    wg_time now = broker->cluster->now;
    wg_time gained = gained_since(clock, now);
    bool pace = clock->ppm != ppm;
    clock->drifted += gained;
    clock->gained += gained;
    clock->since = now;
    clock->jumped = jumped;
    clock->ppm = ppm;
    note_altered(broker);
    struct sim_broker *older = sim_broker_older(broker);
    if (older != NULL) {
        sim_broker_share_machine(broker, older);
    }
    if (pace && broker->node != NULL) {
        sim_broker_requeue_timers(broker);
    }
    if (pace && older != NULL) {
        sim_broker_requeue_timers(older);
    }
    sim_broker_tell_clock(broker);
}

void sim_broker_mend_clock(struct sim_broker *broker) {
    struct sim_broker_clock *clock = &broker->clock;
    if (clock->stuck != 0 || clock->drifted != 0) {
        clock->stuck = clock->drifted = 0;
        note_altered(broker);
        if (broker->twin != NULL) {
            sim_broker_share_machine(broker, broker->twin);
        }
        sim_broker_tell_clock(broker);
    }
}

/* --- slowness ------------------------------------------------------------------------------------ */

void sim_broker_alter_job(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    broker->env.now = sim_broker_now(broker);
    broker->env.wall_ms = sim_broker_wall_ms(broker);
    c->fault_effects[SIM_FAULT_CLOCK_JUMP] += broker->clock.jumped != 0;
    c->fault_effects[SIM_FAULT_CLOCK_DRIFT] += broker->clock.ppm != 0;
    c->fault_effects[SIM_FAULT_BROKER_SLOW] += broker->slow_factor != 1;
}

wg_time sim_broker_alter_cost(struct sim_broker *broker, wg_time cost) {
    return cost * broker->slow_factor;
}

/* --- standing still ------------------------------------------------------------------------------ */

static void process_fact(struct sim_broker *broker, enum sim_fact_kind kind) {
    struct sim_fact fact = {.kind = (uint32_t)kind,
                            .node = broker->id,
                            .at = broker->cluster->now,
                            .a = broker->incarnation};
    sim_cluster_fact(broker->cluster, &fact);
}

static void pause(struct sim_broker *broker) {
    broker->paused = true;
    broker->paused_at = broker->cluster->now;
    broker->cluster->may_hold = true;
    process_fact(broker, SIM_FACT_BROKER_PAUSED);
}

void sim_broker_resume(struct sim_broker *broker) {
    if (!broker->paused) {
        return;
    }
    broker->paused = false;
    if (broker->node != NULL) {
        process_fact(broker, SIM_FACT_BROKER_RESUMED);
    }
    sim_hold_release(broker->cluster);
    if (broker->node != NULL) {
        sim_broker_wake(broker);
    }
}

/* --- what holds ---------------------------------------------------------------------------------- */

struct sim_active_fault *sim_active_find(struct sim_cluster *c, uint32_t number) {
    for (uint32_t i = 0; i < c->active_count; i++) {
        if (c->active[i].action.number == number) {
            return &c->active[i];
        }
    }
    return NULL;
}

struct sim_active_fault *sim_active_add(struct sim_cluster *c,
                                        const struct sim_fault_action *action) {
    if (c->active_count == c->active_capacity) {
        c->active_capacity = c->active_capacity == 0 ? 16 : c->active_capacity * 2;
        c->active = sim_must_realloc(c->active, c->active_capacity * sizeof *c->active);
    }
    struct sim_active_fault *fault = &c->active[c->active_count++];
    *fault = (struct sim_active_fault){.action = *action};
    return fault;
}

void sim_active_remove(struct sim_cluster *c, uint32_t number) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->active_count; i++) {
        if (c->active[i].action.number != number) {
            c->active[kept++] = c->active[i];
        }
    }
    c->active_count = kept;
}

struct conditions {
    struct sim_disk_faults disk;
    uint32_t factor;
    wg_time jumped;
    int64_t ppm;
};

static void slow_calls(struct sim_disk_faults *disk, wg_time latency, uint64_t operations) {
    static const uint32_t of_words[] = {[SIM_SLOW_ALL] = ~0u,
                                        [SIM_SLOW_SYNC] = 1u << SIM_CALL_SYNC,
                                        [SIM_SLOW_WRITE] = 1u << SIM_CALL_WRITE |
                                                           1u << SIM_CALL_RESIZE |
                                                           1u << SIM_CALL_NAME,
                                        [SIM_SLOW_READ] = 1u << SIM_CALL_READ | 1u << SIM_CALL_OPEN};
    for (uint32_t call = 0; call < SIM_CALL_COUNT; call++) {
        if ((of_words[operations] >> call & 1) != 0) {
            disk->latency[call] += latency;
        }
    }
}

/* One more reason for such calls to fail. */
static void fail_calls(struct sim_disk_faults *disk, uint64_t probability, uint32_t calls) {
    for (uint32_t call = 0; call < SIM_CALL_COUNT; call++) {
        if ((calls >> call & 1) != 0) {
            uint64_t p = disk->error[call];
            disk->error[call] = (uint32_t)(p + probability - p * probability / MILLION);
        }
    }
}

static void add_condition(struct conditions *sum, const struct sim_active_fault *fault) {
    const uint64_t *params = fault->action.params;
    switch (fault->action.kind) {
    case SIM_FAULT_BROKER_SLOW:
        sum->factor = params[0] > sum->factor ? (uint32_t)params[0] : sum->factor;
        break;
    case SIM_FAULT_DISK_SLOW:
        slow_calls(&sum->disk, (wg_time)params[0], params[1]);
        break;
    case SIM_FAULT_DISK_FULL:
        sum->disk.taken += fault->taken;
        break;
    case SIM_FAULT_DISK_WRITE_ERROR:
        fail_calls(&sum->disk, params[0],
                   1u << SIM_CALL_WRITE | 1u << SIM_CALL_RESIZE | 1u << SIM_CALL_NAME);
        break;
    case SIM_FAULT_DISK_SYNC_ERROR:
        fail_calls(&sum->disk, params[0], 1u << SIM_CALL_SYNC);
        break;
    case SIM_FAULT_DISK_READ_ERROR:
        fail_calls(&sum->disk, params[0], 1u << SIM_CALL_READ | 1u << SIM_CALL_OPEN);
        break;
    case SIM_FAULT_CLOCK_JUMP:
        sum->jumped += (int64_t)params[0];
        break;
    case SIM_FAULT_CLOCK_DRIFT:
        sum->ppm += (int64_t)params[0];
        break;
    default:
        break;
    }
}

/* A fault that makes a process stand still goes for that one, not for the next one of the node. */
static void apply_pause(const struct sim_cluster *c, struct sim_broker *broker) {
    bool paused = false;
    for (uint32_t i = 0; i < c->active_count; i++) {
        const struct sim_active_fault *fault = &c->active[i];
        paused |= fault->action.kind == SIM_FAULT_BROKER_PAUSE && broker->node != NULL &&
                  fault->action.node == broker->id && fault->incarnation == broker->incarnation;
    }
    if (paused && !broker->paused) {
        pause(broker);
    } else if (!paused) {
        sim_broker_resume(broker);
    }
}

static void apply_conditions(struct sim_cluster *c, struct sim_broker *broker) {
    struct conditions sum = {.factor = 1};
    for (uint32_t i = 0; i < c->active_count; i++) {
        if (c->active[i].action.node == broker->id) {
            add_condition(&sum, &c->active[i]);
        }
    }
    /* Time never stands still or runs back, however many drifts come together. */
    sum.ppm = sum.ppm < -900000 ? -900000 : sum.ppm;
    sim_disk_set_faults(broker->disk, &sum.disk);
    set_clock(broker, sum.jumped, sum.ppm);
    broker->slow_factor = sum.factor;
    note_altered(broker);
    apply_pause(c, broker);
    if (broker->twin != NULL) {
        sim_broker_share_machine(broker, broker->twin);
        apply_pause(c, broker->twin);
    }
}

/* --- harm to stored bytes ------------------------------------------------------------------------ */

static uint32_t slot_of(const struct sim_broker *broker, wg_partition_id partition) {
    return broker->partition_slot[partition];
}

/* What inspect shows of a replica in the middle of a job may not be on its disk yet. */
static bool holds(struct sim_broker *broker, wg_partition_id partition,
                  const struct wg_partition_view *view, wg_index index) {
    return !broker->damaged && view->commit_index >= index &&
           !sim_broker_actor(broker, partition, WG_ACTOR_RAFT)->busy;
}

static bool inspect(const struct sim_broker *broker, wg_partition_id partition,
                    struct wg_partition_view *ret_view) {
    return broker->node != NULL && wg_node_inspect(broker->node, partition, ret_view) == WG_OK &&
           !ret_view->failed;
}

bool sim_broker_can_be_spared(const struct sim_broker *broker, wg_partition_id partition) {
    const struct sim_cluster *c = broker->cluster;
    const struct wg_partition_options *p = &c->partitions[partition - 1];
    wg_index needed = broker->left_at[slot_of(broker, partition)];
    uint32_t holders = 0;
    for (uint32_t m = 0; m < p->member_count; m++) {
        struct sim_broker *other = c->brokers[p->members[m]];
        struct wg_partition_view view;
        holders += other != broker && inspect(other, partition, &view) &&
                   holds(other, partition, &view, needed);
    }
    return holders >= p->member_count / 2 + 1;
}

/* The nemesis asks for more than an operator, who comes when all else is healed. What this replica
 * acknowledged counts towards a majority also if it was committed afterwards only; and who has
 * forgotten its vote must not meet an election of that term, or of one before, that is still open. */
static bool is_missed_by_nobody(const struct sim_broker *broker, wg_partition_id partition) {
    const struct sim_cluster *c = broker->cluster;
    const struct wg_partition_options *p = &c->partitions[partition - 1];
    const struct sim_promise *promised = &broker->promised[slot_of(broker, partition)];
    uint32_t holders = 0;
    for (uint32_t m = 0; m < p->member_count; m++) {
        struct sim_broker *other = c->brokers[p->members[m]];
        struct wg_partition_view view;
        if (other == broker || !inspect(other, partition, &view)) {
            continue;
        }
        if (view.role == WG_ROLE_CANDIDATE || view.term < promised->term) {
            return false;
        }
        holders += holds(other, partition, &view, promised->last_index);
    }
    return holders >= p->member_count / 2 + 1;
}

static bool is_in_budget(const struct sim_broker *broker, const struct sim_fault_action *action) {
    if (action->line != 0 || broker->cluster->scenario->budget_exceed) {
        return true;
    }
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        wg_partition_id id = broker->partitions[i].id;
        if (!sim_broker_can_be_spared(broker, id) || !is_missed_by_nobody(broker, id)) {
            return false;
        }
    }
    return true;
}

static void wipe(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    sim_disk_wipe(broker->disk, "", 0, c->now);
    broker->damaged = false;
    broker->rejoining = true;
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        broker->rejoin_at[i] = c->committed[broker->partitions[i].id - 1];
    }
}

static void harm(struct sim_broker *broker, const struct sim_fault_action *action) {
    wg_time now = broker->cluster->now;
    enum sim_disk_files files = (enum sim_disk_files)action->params[0];
    if (action->kind == SIM_FAULT_BROKER_WIPE) {
        wipe(broker);
    } else if (action->kind == SIM_FAULT_DISK_BIT_ROT) {
        bool durable = action->params[1] == SIM_DAMAGE_FLUSHED;
        broker->damaged |=
            sim_disk_rot(broker->disk, files, durable, (uint32_t)action->params[2], now) > 0;
    } else {
        broker->damaged |=
            sim_disk_misdirect(broker->disk, files, (uint32_t)action->params[1], now) > 0;
    }
}

/* The broker is down and about to start again: now its files may suffer. */
static void harm_at_rest(struct sim_broker *broker, const struct sim_fault_action *action) {
    struct sim_cluster *c = broker->cluster;
    if (!is_in_budget(broker, action)) {
        sim_fault_plan_counters(c->faults)->skipped[action->kind]++;
        return;
    }
    sim_broker_kill(broker, SIM_END_KILL); /* usually it is down already */
    sim_broker_kill_older(broker, SIM_END_KILL);
    harm(broker, action);
}

static bool has_caught_up(const struct sim_broker *broker) {
    for (uint32_t i = 0; i < broker->partition_count; i++) {
        struct wg_partition_view view;
        if (broker->node == NULL ||
            wg_node_inspect(broker->node, broker->partitions[i].id, &view) != WG_OK ||
            view.failed || view.commit_index < broker->rejoin_at[i]) {
            return false;
        }
    }
    return true;
}

bool sim_broker_intact(struct sim_broker *broker) {
    if (broker->rejoining && has_caught_up(broker)) {
        broker->rejoining = false;
    }
    return !broker->damaged && !broker->rejoining;
}

/* --- begin and end ------------------------------------------------------------------------------- */

void sim_broker_fault_begins(struct sim_cluster *c, const struct sim_fault_action *action) {
    struct sim_broker *broker = c->brokers[action->node];
    struct sim_active_fault *fault = sim_active_add(c, action);
    fault->incarnation = broker->incarnation;
    if (action->kind == SIM_FAULT_DISK_FULL) {
        uint64_t free_bytes = sim_disk_free_bytes(broker->disk);
        fault->taken = free_bytes > action->params[0] ? free_bytes - action->params[0] : 0;
    } else if (action->kind == SIM_FAULT_BROKER_DUPLICATE) {
        sim_duplicate_begins(c, action);
    } else if (sim_fault_takes_down(action->kind, action->params)) {
        sim_broker_kill(broker, SIM_END_KILL);
    } else if (sim_fault_destroys(action->kind)) {
        harm(broker, action);
    }
    apply_conditions(c, broker);
}

void sim_broker_fault_ends(struct sim_cluster *c, const struct sim_fault_action *action) {
    /* There is one: the plan ends what it has begun, and each once. */
    struct sim_active_fault fault = *sim_active_find(c, action->number);
    sim_active_remove(c, action->number);
    if (action->kind == SIM_FAULT_BROKER_DUPLICATE) {
        sim_duplicate_ends(c, &fault);
    }
    struct sim_broker *broker = c->brokers[action->node];
    if (action->kind == SIM_FAULT_CLOCK_JUMP && action->params[1] == SIM_CLOCK_STAYS) {
        broker->clock.stuck += (int64_t)action->params[0];
    } else if (sim_fault_destroys(action->kind) &&
               sim_fault_takes_down(action->kind, action->params)) {
        harm_at_rest(broker, action);
    }
    apply_conditions(c, broker);
}
