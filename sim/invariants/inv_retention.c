/* retention: what every exporter has acknowledged, and the processor has done with, leaves the log
 * of every replica within one snapshot period + one distribution interval + 15 s: its first
 * segment then reaches into the last 100 entries below the snapshot that this allows. What is left
 * is the live segment, the preallocated next one, the segment that is cut in the middle, and those
 * 100 entries, however much load there is.
 *
 * Scope: every replica of every partition, in any phase, whenever nothing has disturbed the
 * partition for that long (calm.h: faults, restarts, elections, operators, a lost broadcast begin
 * the bound anew), and commits went on meanwhile and kept up: a leader's snapshot waits until what was written
 * by then is committed, so where that takes more than 5 s the bound begins anew as well (pace.h: a
 * disk that is slower than its load).
 * An exporter that is disabled holds nothing back.
 * Not a replica that neither processes nor replays, by an operator or for want of disk space.
 * Not a replica whose disk lacked more than 100 of the entries at that time: it has to receive and
 * replay them first, and over a slow network that may take longer than the bound.
 * A replica that has given up (claim PARTITION_FAILED, until it installs a role again) stands still:
 * whether it may is for others to say (liveness, after healing).
 * Sound: the leader tells its positions every interval, every replica takes a snapshot each
 * period, its index lies just before min(processed, exported), and persisting one compacts. The
 * position asked for is at most what the leader itself stored or the plugins acknowledged then.
 * Blame: engine.
 * Evidence: the segments on the disks (mirror.h) against facts PLUGIN_ACK and claims
 * EXPORTER_POSITION and EXPORTER_START of the leader, and committed follow-ups of commands.
 * Memory: twice 16 bytes per second of the bound, at most 1024 of each, and 8 bytes per member, per
 * partition. */
#include "sim/invariants/bench.h"

#define SLACK (15 * WG_SECOND)
#define LONGEST_SILENCE (5 * WG_SECOND) /* between two commits */
#define LOOK_EVERY WG_SECOND
#define KEPT_ENTRIES 100u
#define MOST_SAMPLES 1024u

struct sample {
    wg_time at;
    wg_index index; /* a snapshot taken then stands for at least that entry; 0 = none */
};

struct retention {
    struct judge_deque samples; /* struct sample */
    struct judge_deque moves;   /* same, also of moments without a commit (inv_retention_due) */
    wg_time busy_since, last_commit, next_look, next_move, last_move;
    wg_position followed; /* highest command with committed follow-ups */
    uint64_t complained;  /* bit per member: told already */
    wg_time behind[WG_MAX_REPLICAS]; /* when a member's disk last lacked the entries; 0 = never */
};

static void release(void *state) {
    struct retention *r = state;
    judge_deque_free(&r->samples);
    judge_deque_free(&r->moves);
}

const struct judge_rule inv_retention_rule = {"retention", JUDGE_PER_PARTITION,
                                              sizeof(struct retention), release};

/* The lowest position that the leader has from its exporters. */
static wg_position acknowledged(const struct sim_judges *b, wg_node_id leader, wg_partition_id p) {
    wg_position lowest = judge_canon(b, p)->last_position;
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (!judge_enabled_runs(b, leader, p, e)) {
            continue;
        }
        const struct judge_slot *slot = &judge_ledger(b, p, e)->slots[leader];
        bool counts = slot->has_start && slot->incarnation == b->brokers[leader].incarnation;
        wg_position own = counts ? slot->stored : WG_POSITION_NONE;
        if (counts && slot->max_ack > own && inv_pause_fidelity_moves(b, leader, p)) {
            own = slot->max_ack;
        }
        lowest = own < lowest ? own : lowest;
    }
    return lowest;
}

wg_index inv_retention_entry_before(const struct sim_judges *b, wg_partition_id p, wg_position position) {
    const struct judge_canon *canon = judge_canon(b, p);
    wg_index low = canon->first, high = judge_canon_last(canon) + 1;
    while (low < high) {
        wg_index middle = low + (high - low) / 2;
        if (judge_canon_at(canon, middle)->highest < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > judge_canon_last(canon) || low == canon->first ? 0 : low - 1;
}

static struct sample take_sample(const struct sim_judges *b, wg_partition_id p,
                                 const struct retention *r) {
    wg_node_id leader = judge_leader(b, p);
    wg_position position = leader == WG_NODE_NONE ? 0 : acknowledged(b, leader, p);
    position = position < r->followed ? position : r->followed;
    wg_index index = position <= 0 ? 0 : inv_retention_entry_before(b, p, position);
    return (struct sample){b->now, index};
}

static void keep(struct judge_deque *samples, struct sample sample) {
    if (samples->count == MOST_SAMPLES) {
        judge_deque_pop_front(samples, 1);
    }
    samples->elem = sizeof sample;
    *(struct sample *)judge_deque_push(samples) = sample;
}

wg_time inv_retention_bound_ago(const struct sim_judges *b) {
    return b->now - b->setup->snapshot_period - b->setup->distribution_interval - SLACK;
}

/* The latest sample that is as old as the bound; NULL = none. */
static const struct sample *due_sample(const struct sim_judges *b, struct judge_deque *samples) {
    wg_time until = inv_retention_bound_ago(b);
    while (samples->count >= 2 &&
           ((const struct sample *)judge_deque_at(samples, 1))->at <= until) {
        judge_deque_pop_front(samples, 1);
    }
    const struct sample *sample = samples->count == 0 ? NULL : judge_deque_at(samples, 0);
    return sample != NULL && sample->at <= until ? sample : NULL;
}

wg_index inv_retention_due(const struct sim_judges *b, wg_partition_id p) {
    struct retention *r = judge_state(b, INV_RETENTION, p - 1);
    if (r->last_move <= inv_retention_bound_ago(b) && r->last_commit <= inv_retention_bound_ago(b)) {
        return take_sample(b, p, r).index; /* as it was then: nothing has moved since */
    }
    const struct sample *move = due_sample(b, &r->moves), *commit = due_sample(b, &r->samples);
    const struct sample *later = move == NULL || (commit != NULL && commit->at > move->at) ? commit : move;
    return later == NULL ? 0 : later->index;
}

/* First index of the second segment: all before it could go; 0 = there is none yet. */
static wg_index second_segment(const struct judge_mirror *mirror) {
    if (mirror->segments.count < 2) {
        return 0;
    }
    return ((const struct judge_mirror_segment *)judge_deque_at(&mirror->segments, 1))->first;
}

static void look_at(struct sim_judges *b, wg_partition_id p, struct retention *r, uint32_t member,
                    const struct sample *sample) {
    wg_node_id node = judge_members(b, p)->members[member];
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    wg_index second = second_segment(mirror);
    uint64_t bit = UINT64_C(1) << (member % 64);
    if (second == 0 || sample->index <= KEPT_ENTRIES || second > sample->index - KEPT_ENTRIES) {
        r->complained &= ~bit;
        return;
    }
    if ((r->complained & bit) == 0) {
        r->complained |= bit;
        judge_violate(b, INV_RETENTION, SIM_BLAME_ENGINE, p, -1,
                      "broker %u keeps its log from entry %llu on in %u segments, although entry "
                      "%llu was done with %lld s ago: processed, acknowledged by every exporter",
                      node, (unsigned long long)mirror->first, mirror->segments.count,
                      (unsigned long long)sample->index,
                      (long long)((b->now - sample->at) / WG_SECOND));
    }
}

/* A replica that has given up, or may not replay, takes no newer snapshots. */
static bool is_kept_from_it(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return judge_replica(b, node, p)->given_up ||
           (b->calm.brokers[node].space & SIM_SPACE_NO_PROCESSING) != 0 ||
           b->calm.processing_paused[judge_replica_number(b, node, p)];
}

/* Notes which members' disks do not hold what the sample is about. */
static void note_behind(const struct sim_judges *b, wg_partition_id p, struct retention *r,
                        const struct sample *sample) {
    const struct wg_partition_options *members = judge_members(b, p);
    for (uint32_t i = 0; i < members->member_count && i < WG_MAX_REPLICAS; i++) {
        wg_node_id node = members->members[i];
        if (node < b->setup->brokers && judge_cover(b, node, p) + KEPT_ENTRIES < sample->index) {
            r->behind[i] = sample->at;
        }
    }
}

static void look(struct sim_judges *b, wg_partition_id p, struct retention *r) {
    const struct sample *sample = due_sample(b, &r->samples);
    wg_time calm = judge_calm_since(b, p);
    calm = calm > r->busy_since ? calm : r->busy_since;
    calm = calm > judge_pace_late(b, p) ? calm : judge_pace_late(b, p);
    if (sample == NULL || sample->index == 0 || calm > sample->at) {
        return;
    }
    for (uint32_t i = 0; i < judge_members(b, p)->member_count; i++) {
        wg_node_id node = judge_members(b, p)->members[i];
        bool had_it = i >= WG_MAX_REPLICAS || r->behind[i] == 0 || r->behind[i] < sample->at;
        if (node < b->setup->brokers && had_it && b->brokers[node].up &&
            !is_kept_from_it(b, node, p)) {
            look_at(b, p, r, i, sample);
        }
    }
}

void inv_retention_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry) {
    struct retention *r = judge_state(b, INV_RETENTION, p - 1);
    wg_position source = entry->count == 0 ? WG_POSITION_NONE : entry->records[0].source;
    r->followed = source > r->followed ? source : r->followed;
    if (b->now - r->last_commit > LONGEST_SILENCE) {
        r->busy_since = b->now;
    }
    r->last_commit = b->now;
    if (b->now >= r->next_look) {
        r->next_look = b->now + LOOK_EVERY;
        struct sample sample = take_sample(b, p, r);
        keep(&r->samples, sample);
        note_behind(b, p, r, &sample);
        look(b, p, r);
    }
}

/* Exporters go on although nothing is committed: on a full disk, for one. */
void inv_retention_stored(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    (void)node;
    struct retention *r = judge_state(b, INV_RETENTION, claim->partition - 1);
    r->last_move = b->now;
    if (b->now >= r->next_move) {
        r->next_move = b->now + LOOK_EVERY;
        keep(&r->moves, take_sample(b, claim->partition, r));
    }
}
