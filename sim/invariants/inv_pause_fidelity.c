/* pause-fidelity: what an operator has told a replica about exporting holds until he says something
 * else, over role changes, restarts and power losses. PAUSED: no exporter is handed a record, but
 * for the one that was on its way. SOFT_PAUSED: no stored position of the active director moves and
 * no snapshot of it goes beyond. Resumed: within 10 s each position is what its exporter has truly
 * acknowledged meanwhile, no more and no less.
 *
 * Scope: each replica from the moment it has answered a request with success; from a request to its
 * answer, and after a request that failed or died with its broker, either holds. Of several requests
 * under way the last one counts: requests are carried out in order, and an answer to an earlier one
 * does not say how far the replica has come since. A wiped replica
 * begins anew. The positions of a replica without an active director follow its leader and are not
 * judged. What is true after a resume is judged only while one and the same director is active.
 * Sound: the phase is durable before the answer leaves; directors are opened with it.
 * Evidence: facts ADMIN, ADMIN_DONE, DISK_WIPED, PLUGIN_CALL, PLUGIN_ACK, BROKER_END; claims
 * EXPORTER_POSITION, EXPORTER_SETTING, EXPORTER_REMOVED, SNAPSHOT; claim EXPORTING_PHASE must agree.
 * Memory: 64 bytes per replica and 32 per replica and exporter. */
#include "sim/invariants/bench.h"

#define RESUME_LIMIT (10 * WG_SECOND)
#define UNKNOWN UINT32_MAX
#define MOST_EXPORTERS 16u /* judged after a resume */

struct pause {
    bool told;        /* else EXPORTING: nobody ever said anything */
    uint32_t phase;   /* enum wg_exporting_phase, or UNKNOWN */
    uint64_t asked;   /* id of the last request */
    wg_position under_way; /* last record handed out */
    wg_position frozen;    /* SOFT_PAUSED: lowest position then; WG_POSITION_MAX = unknown */
    bool mixed;            /* exporters were enabled or disabled since */
    wg_time resumed_at;    /* 0 = nothing to be seen through */
    wg_position wanted[MOST_EXPORTERS]; /* acknowledged while positions stood still, -1 = none */
};

const struct judge_rule inv_pause_fidelity_rule = {"pause-fidelity", JUDGE_PER_REPLICA,
                                                   sizeof(struct pause), NULL};

static struct pause *pause_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct pause *all = b->states[INV_PAUSE_FIDELITY];
    return all + judge_replica_number(b, node, p);
}

static uint32_t phase_of(const struct pause *pause) {
    return pause->told ? pause->phase : WG_EXPORTING;
}

bool inv_pause_fidelity_moves(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return phase_of(pause_of(b, node, p)) == WG_EXPORTING;
}

static bool is_active(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return judge_replica(b, node, p)->director == 1;
}

/* --- what the operator says ------------------------------------------------------------------ */

static wg_position lowest_stored(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    wg_position lowest = WG_POSITION_MAX;
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (!judge_enabled_runs(b, node, p, e) || judge_enabled_on(b, node, p, e)->opens_soon) {
            continue; /* it has no row */
        }
        wg_position own = judge_ledger(b, p, e)->slots[node].stored;
        lowest = own < lowest ? own : lowest;
    }
    return lowest;
}

static void forget_wanted(struct pause *pause) {
    pause->resumed_at = 0;
    for (uint32_t e = 0; e < MOST_EXPORTERS; e++) {
        pause->wanted[e] = WG_POSITION_NONE;
    }
}

/* A phase that is in force now. */
static void enter(struct sim_judges *b, wg_node_id node, wg_partition_id p, uint32_t phase) {
    struct pause *pause = pause_of(b, node, p);
    bool active = is_active(b, node, p);
    if (phase == WG_EXPORTING) {
        pause->resumed_at = active ? b->now : 0;
    } else if (phase == WG_EXPORTING_SOFT_PAUSED && pause->phase != phase) { /* else it stays as it was */
        pause->frozen = active ? lowest_stored(b, node, p) : WG_POSITION_MAX;
        pause->mixed = false;
    }
    pause->phase = phase;
}

static uint32_t phase_asked(uint64_t kind) {
    return kind == WG_ADMIN_PAUSE_EXPORTING        ? WG_EXPORTING_PAUSED
           : kind == WG_ADMIN_SOFT_PAUSE_EXPORTING ? WG_EXPORTING_SOFT_PAUSED
           : kind == WG_ADMIN_RESUME_EXPORTING     ? WG_EXPORTING
                                                   : UNKNOWN;
}

void inv_pause_fidelity_admin(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || phase_asked(fact->b) == UNKNOWN) {
        return;
    }
    struct pause *pause = pause_of(b, fact->node, fact->partition);
    bool answer = fact->kind == SIM_FACT_ADMIN_DONE;
    if (!pause->told) {
        pause->told = true;
        pause->phase = WG_EXPORTING;
        forget_wanted(pause);
    }
    if (!answer) {
        pause->asked = fact->a;
    } else if (fact->a != pause->asked) {
        return;
    }
    if (answer && fact->c == WG_OK) {
        enter(b, fact->node, fact->partition, phase_asked(fact->b));
    } else if (pause->phase != phase_asked(fact->b)) {
        pause->phase = UNKNOWN;
        pause->resumed_at = 0;
    }
}

/* --- records --------------------------------------------------------------------------------- */

/* Whether an acknowledgement made while positions stood still has not come through. */
static void see_through(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct pause *pause = pause_of(b, node, p);
    if (pause->resumed_at == 0 || b->now < pause->resumed_at + RESUME_LIMIT) {
        return;
    }
    for (uint32_t e = 0; e < b->setup->exporter_count && e < MOST_EXPORTERS; e++) {
        wg_position stored = judge_ledger(b, p, e)->slots[node].stored;
        if (stored < pause->wanted[e] && judge_enabled_runs(b, node, p, e)) {
            judge_violate(b, INV_PAUSE_FIDELITY, SIM_BLAME_ENGINE, p, (int32_t)e,
                          "broker %u resumed exporting %lld s ago, but exporter %s stands at "
                          "%lld, and it had acknowledged %lld during the pause", node,
                          (long long)((b->now - pause->resumed_at) / WG_SECOND),
                          judge_exporter_id(b, e), (long long)stored,
                          (long long)pause->wanted[e]);
        }
    }
    forget_wanted(pause);
}

void inv_pause_fidelity_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c != WG_PLUGIN_EXPORT || !judge_knows(b, fact->node, fact->partition)) {
        return;
    }
    struct pause *pause = pause_of(b, fact->node, fact->partition);
    wg_position position = (wg_position)fact->d;
    if (pause->told) {
        see_through(b, fact->node, fact->partition);
    }
    if (pause->told && pause->phase == WG_EXPORTING_PAUSED && position != pause->under_way) {
        judge_violate(b, INV_PAUSE_FIDELITY, SIM_BLAME_ENGINE, fact->partition, (int32_t)fact->b,
                      "broker %u exported record %lld to %s although exporting is paused there",
                      fact->node, (long long)position, judge_exporter_id(b, (uint32_t)fact->b));
    }
    if (pause->told && pause->phase == WG_EXPORTING_SOFT_PAUSED &&
        pause->frozen == WG_POSITION_MAX) {
        pause->frozen = lowest_stored(b, fact->node, fact->partition); /* it was opened so */
    }
    pause->under_way = position;
}

void inv_pause_fidelity_ack(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || fact->b >= MOST_EXPORTERS) {
        return;
    }
    struct pause *pause = pause_of(b, fact->node, fact->partition);
    wg_position last = judge_canon(b, fact->partition)->last_position;
    if (phase_of(pause) != WG_EXPORTING && (wg_position)fact->c <= last &&
        (wg_position)fact->c > pause->wanted[fact->b]) {
        pause->wanted[fact->b] = (wg_position)fact->c;
    }
}

/* --- positions ------------------------------------------------------------------------------- */

/* A director opens or closes: what was remembered for the earlier one is void. */
void inv_pause_fidelity_director(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim) {
    struct pause *pause = pause_of(b, node, claim->partition);
    pause->under_way = 0;
    pause->mixed = false;
    pause->frozen = WG_POSITION_MAX; /* known when its exporters have started */
    forget_wanted(pause);
}

/* Who holds the log back is another one now, or was when a snapshot was copied that is persisted later;
 * what a former instance acknowledged is void: from the news on, and when a director that had much to do
 * before acts on it (EXPORTER_SETTING, EXPORTER_REMOVED). */
void inv_pause_fidelity_setting(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim) {
    struct pause *pause = pause_of(b, node, claim->partition);
    pause->mixed = true;
    if (claim->a < MOST_EXPORTERS) {
        pause->wanted[claim->a] = WG_POSITION_NONE;
    }
}

#define BY_ACK 1u
#define BY_SKIP 2u

void inv_pause_fidelity_position(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim) {
    const struct pause *pause = pause_of(b, node, claim->partition);
    bool moves = claim->c == BY_ACK || claim->c == BY_SKIP;
    if (pause->told && pause->phase == WG_EXPORTING_SOFT_PAUSED && moves &&
        is_active(b, node, claim->partition)) {
        judge_violate(b, INV_PAUSE_FIDELITY, SIM_BLAME_ENGINE, claim->partition,
                      claim->a < b->setup->exporter_count ? (int32_t)claim->a : -1,
                      "broker %u moved a stored position to %lld although exporting is soft "
                      "paused there", node, (long long)claim->b);
    }
}

void inv_pause_fidelity_snapshot(struct sim_judges *b, wg_node_id node,
                                 const struct wg_claim *claim) {
    const struct pause *pause = pause_of(b, node, claim->partition);
    wg_position frozen = pause->frozen == WG_POSITION_NONE ? 0 : pause->frozen;
    if (pause->told && pause->phase == WG_EXPORTING_SOFT_PAUSED && !pause->mixed &&
        (wg_position)claim->d > frozen &&
        is_active(b, node, claim->partition) && b->setup->exporter_count > 0) {
        judge_violate(b, INV_PAUSE_FIDELITY, SIM_BLAME_ENGINE, claim->partition, -1,
                      "broker %u took a snapshot exported up to %lld although exporting is soft "
                      "paused there since %lld", node, (long long)claim->d, (long long)frozen);
    }
}

/* --- cross-check, and the end of things ------------------------------------------------------ */

void inv_pause_fidelity_phase(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    const struct pause *pause = pause_of(b, node, claim->partition);
    uint32_t phase = phase_of(pause);
    if (phase != UNKNOWN && claim->a != phase) {
        static const char *const names[] = {"exporting", "paused", "soft paused"};
        judge_violate(b, INV_PAUSE_FIDELITY, SIM_BLAME_ENGINE, claim->partition, -1,
                      "a director of broker %u is %s while its operator has left it %s", node,
                      claim->a < 3 ? names[claim->a] : "in no phase", names[phase]);
    }
}

void inv_pause_fidelity_end(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        struct pause *pause = pause_of(b, fact->node, p);
        forget_wanted(pause);
        pause->under_way = 0;
        pause->told = pause->told && fact->kind != SIM_FACT_DISK_WIPED;
    }
}

void inv_pause_fidelity_finish(struct sim_judges *b) {
    for (wg_node_id node = 0; node < b->setup->brokers; node++) {
        for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
            if (b->brokers[node].up && is_active(b, node, p)) {
                see_through(b, node, p);
            }
        }
    }
}
