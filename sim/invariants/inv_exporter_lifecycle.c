/* exporter-lifecycle: an exporter instance is configured once and first, opened at most once and
 * only by an active director, called with records and timers only between open and close, closed at
 * most once; and no instance that was opened is destroyed unclosed while its broker runs.
 *
 * Scope: every instance of every broker incarnation.
 * Sound: reference exporters 1.1 and 3.2; a broker that dies closes nothing. An instance whose open
 * failed was not opened. Under the quirk that a failed director stays down nobody closes its
 * exporters, which is what this judge then shows.
 * Evidence: facts PLUGIN_CALL (in order), PLUGIN_RETURN (open); claim DIRECTOR for the mode.
 * Memory: 24 bytes per broker, partition and exporter. */
#include "sim/invariants/bench.h"

enum stage { FRESH, CONFIGURED, OPENING, OPENED, CLOSED };

struct life {
    uint64_t instance, incarnation;
    uint32_t stage; /* enum stage */
    bool known;
};

const struct judge_rule inv_exporter_lifecycle_rule = {"exporter-lifecycle",
                                                       JUDGE_PER_REPLICA_STREAM,
                                                       sizeof(struct life), NULL};

/* The stage that a call needs, and the one it leads to. */
static bool fits(const struct life *life, uint64_t call, bool active, uint32_t *ret_next) {
    *ret_next = life->stage;
    switch (call) {
    case WG_PLUGIN_CONFIGURE:
        *ret_next = CONFIGURED;
        return life->stage == FRESH;
    case WG_PLUGIN_OPEN:
        *ret_next = OPENING;
        return life->stage == CONFIGURED && active;
    case WG_PLUGIN_EXPORT:
    case WG_PLUGIN_TIMER:
        return life->stage == OPENED;
    case WG_PLUGIN_CLOSE:
        *ret_next = CLOSED;
        return life->stage == OPENED;
    case WG_PLUGIN_DESTROY:
        *ret_next = CLOSED;
        return life->stage != OPENED;
    default:
        return true;
    }
}

static const char *name_of(uint64_t call) {
    static const char *const names[] = {"validated", "configured", "opened", "handed a record",
                                        "called by its timer", "closed", "destroyed"};
    return call < sizeof names / sizeof *names ? names[call] : "called";
}

static struct life *life_of(const struct sim_judges *b, const struct sim_fact *fact) {
    uint32_t replica = judge_replica_number(b, fact->node, fact->partition);
    return judge_state(b, INV_EXPORTER_LIFECYCLE,
                       replica * b->setup->exporter_count + (uint32_t)fact->b);
}

void inv_exporter_lifecycle_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || fact->b >= b->setup->exporter_count) {
        return;
    }
    struct life *life = life_of(b, fact);
    uint64_t incarnation = b->brokers[fact->node].incarnation;
    if (!life->known || life->instance != fact->a || life->incarnation != incarnation) {
        *life = (struct life){fact->a, incarnation, FRESH, true};
    }
    uint32_t next;
    bool active = judge_replica(b, fact->node, fact->partition)->director == 1;
    if (!fits(life, fact->c, active, &next)) {
        judge_violate(b, INV_EXPORTER_LIFECYCLE, SIM_BLAME_ENGINE, fact->partition,
                      (int32_t)fact->b,
                      "broker %u: instance %llu of exporter %s was %s %s", fact->node,
                      (unsigned long long)fact->a, judge_exporter_id(b, (uint32_t)fact->b),
                      name_of(fact->c),
                      life->stage == FRESH        ? "before it was configured"
                      : life->stage == CONFIGURED ? active ? "before it was opened"
                                                           : "by a director that is not active"
                      : life->stage == OPENED     ? "while it was open"
                                                  : "after it was closed");
    }
    life->stage = next;
}

void inv_exporter_lifecycle_return(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->c >> 8 != WG_PLUGIN_OPEN || !judge_knows(b, fact->node, fact->partition) ||
        fact->b >= b->setup->exporter_count) {
        return;
    }
    struct life *life = life_of(b, fact);
    if (life->instance == fact->a && life->stage == OPENING) {
        life->stage = (fact->c & 0xff) == WG_PLUGIN_OK ? OPENED : CLOSED;
    }
}
