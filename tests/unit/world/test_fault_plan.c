/* The fault plan against a small driver: timers in a list, brokers that go down and come up. */
#include "world_env.h"

#include "sim/faults/fault_plan.h"

#define BROKERS 5u
#define TIMERS 4096u
#define LOG 4096u

struct entry {
    bool heal;
    wg_time now;
    struct sim_fault_action action;
};

struct driver {
    struct sim_fault_ports ports;
    struct sim_fault_plan *plan;
    struct sim_choices *choices;
    struct {
        uint32_t id;
        wg_time at;
    } timers[TIMERS];
    uint32_t timer_count;
    bool up[BROKERS];
    bool damaged[BROKERS];
    bool damage_stays; /* or nobody is harmed any more when the fault ends */
    uint32_t least_intact; /* of any moment: up and not damaged */
    uint32_t least_up; /* of any moment */
    wg_node_id leader;
    struct entry log[LOG];
    uint32_t log_count;
    uint32_t failed_line;
    bool echo; /* apply reports event 10 to the plan */
};

static bool takes_down(const struct sim_fault_action *action) {
    return sim_fault_takes_down(action->kind, action->params);
}

static uint32_t count_up(const struct driver *d) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < BROKERS; i++) {
        count += d->up[i];
    }
    return count;
}

static uint32_t count_intact(const struct driver *d) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < BROKERS; i++) {
        count += d->up[i] && !d->damaged[i];
    }
    return count;
}

static void port_apply(void *ctx, const struct sim_fault_action *action, wg_time now) {
    struct driver *d = ctx;
    assert_true(d->log_count < LOG);
    d->log[d->log_count++] = (struct entry){false, now, *action};
    if (takes_down(action)) {
        d->up[action->node] = false;
    }
    uint32_t up = count_up(d);
    d->least_up = up < d->least_up ? up : d->least_up;
    if (sim_fault_destroys(action->kind)) {
        d->damaged[action->node] = true;
    }
    uint32_t intact = count_intact(d);
    d->least_intact = intact < d->least_intact ? intact : d->least_intact;
    if (d->echo) {
        sim_fault_plan_on_trigger(d->plan, 10, -1, 0, 0, now);
    }
}

static void port_heal(void *ctx, const struct sim_fault_action *action, wg_time now) {
    struct driver *d = ctx;
    assert_true(d->log_count < LOG);
    d->log[d->log_count++] = (struct entry){true, now, *action};
    if (takes_down(action) && !action->stays_down) {
        d->up[action->node] = true;
    }
    if (sim_fault_destroys(action->kind) && !d->damage_stays) {
        d->damaged[action->node] = false;
    }
}

static void port_set_timer(void *ctx, uint32_t id, wg_time at) {
    struct driver *d = ctx;
    assert_true(d->timer_count < TIMERS);
    d->timers[d->timer_count].id = id;
    d->timers[d->timer_count++].at = at;
}

static wg_node_id port_leader_of(void *ctx, wg_partition_id partition) {
    struct driver *d = ctx;
    (void)partition;
    return d->leader;
}

static bool port_broker_up(void *ctx, wg_node_id node) { return ((struct driver *)ctx)->up[node]; }

static bool port_broker_intact(void *ctx, wg_node_id node) {
    return !((struct driver *)ctx)->damaged[node];
}

/* Three replicas, as members of a ring. */
static struct sim_node_set port_replicas_of(void *ctx, wg_partition_id partition) {
    (void)ctx;
    struct sim_node_set set = sim_nodes_none();
    for (uint32_t i = 0; i < 3; i++) {
        sim_nodes_add(&set, (partition - 1 + i) % BROKERS);
    }
    return set;
}

static void port_selector_failed(void *ctx, uint32_t line, wg_time now) {
    (void)now;
    ((struct driver *)ctx)->failed_line = line;
}

static void open_driver(struct driver *d, const struct sim_scenario *scenario, uint64_t seed) {
    memset(d, 0, sizeof *d);
    d->ports = (struct sim_fault_ports){.ctx = d,
                                        .apply = port_apply,
                                        .heal = port_heal,
                                        .set_timer = port_set_timer,
                                        .leader_of = port_leader_of,
                                        .broker_up = port_broker_up,
                                        .replicas_of = port_replicas_of,
                                        .broker_intact = port_broker_intact,
                                        .selector_failed = port_selector_failed};
    for (uint32_t i = 0; i < BROKERS; i++) {
        d->up[i] = true;
    }
    d->least_up = d->least_intact = BROKERS;
    d->leader = 2;
    d->choices = sim_choices_new(seed);
    d->plan = sim_fault_plan_new(scenario, d->choices, &d->ports);
}

static void close_driver(struct driver *d) {
    sim_fault_plan_free(d->plan);
    sim_choices_free(d->choices);
}

/* Fires all timers up to `until` in order of time. */
static void run_until(struct driver *d, wg_time until) {
    for (;;) {
        uint32_t best = d->timer_count;
        for (uint32_t i = 0; i < d->timer_count; i++) {
            if (d->timers[i].at <= until &&
                (best == d->timer_count || d->timers[i].at < d->timers[best].at)) {
                best = i;
            }
        }
        if (best == d->timer_count) {
            return;
        }
        uint32_t id = d->timers[best].id;
        wg_time at = d->timers[best].at;
        d->timers[best] = d->timers[--d->timer_count];
        sim_fault_plan_on_timer(d->plan, id, at);
    }
}

static struct sim_scenario scenario_of(struct sim_fault_options *faults, uint32_t count) {
    struct sim_scenario scenario = {.faults = faults, .fault_count = count};
    scenario.cluster.brokers = BROKERS;
    scenario.cluster.partitions = 3;
    scenario.exporter_count = 2;
    return scenario;
}

static void test_timed_fault_begins_and_ends(void **state) {
    (void)state;
    struct sim_fault_options fault = {.kind = SIM_FAULT_BROKER_KILL,
                                      .at = 10 * WG_SECOND,
                                      .exporter = -1,
                                      .target_kind = SIM_TARGET_LEADER_OF,
                                      .target = 1,
                                      .duration = 5 * WG_SECOND,
                                      .line = 12};
    struct sim_scenario scenario = scenario_of(&fault, 1);
    struct driver d;
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 100 * WG_SECOND);
    assert_int_equal(sim_fault_plan_busy_until(d.plan), 115 * WG_SECOND);
    run_until(&d, 109 * WG_SECOND);
    assert_int_equal(d.log_count, 0);
    d.leader = 4; /* selected at the moment of firing */
    run_until(&d, 200 * WG_SECOND);
    assert_int_equal(d.log_count, 2);
    assert_int_equal(d.log[0].now, 110 * WG_SECOND);
    assert_int_equal(d.log[0].action.node, 4);
    assert_int_equal(d.log[0].action.line, 12);
    assert_true(d.log[1].heal);
    assert_int_equal(d.log[1].now, 115 * WG_SECOND);
    assert_int_equal(d.log[1].action.number, d.log[0].action.number);
    assert_int_equal(sim_fault_plan_counters(d.plan)->fired[SIM_FAULT_BROKER_KILL], 1);
    assert_int_equal(d.failed_line, 0);
    close_driver(&d);
}

static void test_overlapping_faults_hold_a_broker_down(void **state) {
    (void)state;
    struct sim_fault_options faults[2] = {{.kind = SIM_FAULT_BROKER_KILL,
                                           .at = WG_SECOND,
                                           .target_kind = SIM_TARGET_NODE,
                                           .target = 1,
                                           .duration = 10 * WG_SECOND},
                                          {.kind = SIM_FAULT_BROKER_POWER_LOSS,
                                           .at = 2 * WG_SECOND,
                                           .target_kind = SIM_TARGET_NODE,
                                           .target = 1,
                                           .duration = 3 * WG_SECOND}};
    struct sim_scenario scenario = scenario_of(faults, 2);
    struct driver d;
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 0);
    run_until(&d, 6 * WG_SECOND);
    assert_true(d.log[2].heal && d.log[2].action.stays_down);
    assert_false(d.up[1]);
    run_until(&d, 12 * WG_SECOND);
    assert_true(d.log[3].heal && !d.log[3].action.stays_down);
    assert_true(d.up[1]);
    close_driver(&d);
}

static void test_nth_event(void **state) {
    (void)state;
    struct sim_fault_options fault = {.kind = SIM_FAULT_BROKER_KILL,
                                      .trigger = SIM_AFTER_EVENT,
                                      .event = 5,
                                      .nth = 3,
                                      .exporter = 1,
                                      .duration = WG_SECOND};
    struct sim_scenario scenario = scenario_of(&fault, 1);
    struct driver d;
    open_driver(&d, &scenario, 1);
    assert_false(sim_fault_plan_wants(d.plan, 5)); /* t = 0 has not come */
    sim_fault_plan_on_trigger(d.plan, 5, 1, 3, 1, 1);
    sim_fault_plan_on_start(d.plan, 10);
    assert_true(sim_fault_plan_wants(d.plan, 5));
    assert_false(sim_fault_plan_wants(d.plan, 6));
    assert_int_equal(sim_fault_plan_waiting(d.plan), 1);
    sim_fault_plan_on_trigger(d.plan, 5, 1, 3, 1, 11);
    sim_fault_plan_on_trigger(d.plan, 5, 0, 3, 1, 12); /* another exporter's */
    sim_fault_plan_on_trigger(d.plan, 6, 1, 3, 1, 12);
    sim_fault_plan_on_trigger(d.plan, 5, 1, 3, 1, 13);
    assert_int_equal(d.log_count, 0);
    sim_fault_plan_on_trigger(d.plan, 5, 1, 3, 1, 14);
    assert_int_equal(d.log_count, 1);
    assert_int_equal(d.log[0].action.node, 3); /* no target: where it happened */
    assert_int_equal(d.log[0].now, 14);
    sim_fault_plan_on_trigger(d.plan, 5, 1, 3, 1, 15);
    assert_int_equal(d.log_count, 1); /* once */
    assert_false(sim_fault_plan_wants(d.plan, 5));
    assert_int_equal(sim_fault_plan_waiting(d.plan), 0);
    assert_int_equal(sim_fault_plan_busy_until(d.plan), 14 + WG_SECOND);
    close_driver(&d);
}

/* It begins that long after its event, where that happened, and chaos does not end before. */
static void test_delay_after_an_event(void **state) {
    (void)state;
    struct sim_fault_options faults[2] = {{.kind = SIM_FAULT_BROKER_POWER_LOSS,
                                           .trigger = SIM_AFTER_EVENT,
                                           .event = 5,
                                           .nth = 2,
                                           .delay = 3 * WG_SECOND,
                                           .exporter = -1,
                                           .duration = WG_SECOND},
                                          {.kind = SIM_FAULT_BROKER_KILL,
                                           .trigger = SIM_AFTER_EVENT,
                                           .event = 5,
                                           .nth = 2,
                                           .exporter = -1}};
    struct sim_scenario scenario = scenario_of(faults, 2);
    struct driver d;
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 0);
    sim_fault_plan_on_trigger(d.plan, 5, -1, 1, 1, WG_SECOND);
    sim_fault_plan_on_trigger(d.plan, 5, -1, 3, 1, 2 * WG_SECOND);
    assert_int_equal(d.log_count, 1); /* the one without a delay */
    assert_int_equal(d.log[0].action.kind, SIM_FAULT_BROKER_KILL);
    assert_int_equal(sim_fault_plan_waiting(d.plan), 0);
    assert_false(sim_fault_plan_wants(d.plan, 5));
    assert_int_equal(sim_fault_plan_busy_until(d.plan), 6 * WG_SECOND);
    sim_fault_plan_on_trigger(d.plan, 5, -1, 4, 1, 3 * WG_SECOND); /* not for it any more */
    run_until(&d, 5 * WG_SECOND - 1);
    assert_int_equal(d.log_count, 1);
    run_until(&d, 5 * WG_SECOND);
    assert_int_equal(d.log_count, 2);
    assert_int_equal(d.log[1].action.node, 3);
    assert_int_equal(d.log[1].action.begin, 5 * WG_SECOND);
    close_driver(&d);
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 0);
    sim_fault_plan_on_trigger(d.plan, 5, -1, 1, 1, WG_SECOND);
    sim_fault_plan_on_trigger(d.plan, 5, -1, 1, 1, WG_SECOND);
    sim_fault_plan_heal_all(d.plan, 2 * WG_SECOND);
    uint32_t count = d.log_count;
    run_until(&d, WG_MINUTE);
    assert_int_equal(d.log_count, count); /* healed before it was time */
    close_driver(&d);
}

static void test_a_fault_can_follow_a_fault(void **state) {
    (void)state;
    struct sim_fault_options faults[3] = {
        {.kind = SIM_FAULT_SINK_DOWN, .at = 5, .exporter = 0},
        {.kind = SIM_FAULT_EXPORTER_ERROR, .trigger = SIM_AFTER_EVENT, .event = 10, .nth = 1,
         .exporter = -1, .duration = 7},
        {.kind = SIM_FAULT_SINK_SLOW, .trigger = SIM_AFTER_EVENT, .event = 10, .nth = 2,
         .exporter = -1}};
    struct sim_scenario scenario = scenario_of(faults, 3);
    struct driver d;
    open_driver(&d, &scenario, 1);
    d.echo = true;
    sim_fault_plan_on_start(d.plan, 0);
    run_until(&d, 5);
    assert_int_equal(d.log_count, 3);
    assert_int_equal(d.log[0].action.exporter, 0);
    assert_int_equal(d.log[1].action.kind, SIM_FAULT_EXPORTER_ERROR);
    assert_int_equal(d.log[2].action.kind, SIM_FAULT_SINK_SLOW);
    sim_fault_plan_heal_all(d.plan, 6);
    assert_int_equal(d.log_count, 6);
    run_until(&d, 100);
    assert_int_equal(d.log_count, 6); /* the timer of the one that was healed does nothing */
    close_driver(&d);
}

static void test_selectors(void **state) {
    (void)state;
    struct sim_fault_options fault = {.kind = SIM_FAULT_BROKER_STOP, .exporter = -1, .line = 9};
    struct sim_scenario scenario = scenario_of(&fault, 1);
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct driver d;
        fault.target_kind = SIM_TARGET_FOLLOWER_OF;
        fault.target = 2; /* replicas 1, 2, 3; 2 leads */
        open_driver(&d, &scenario, seed);
        sim_fault_plan_on_start(d.plan, 0);
        d.up[1] = false;
        run_until(&d, 0);
        assert_int_equal(d.log[0].action.node, 3);
        assert_int_equal(d.log[0].action.end, WG_TIME_NEVER);
        close_driver(&d);

        fault.target_kind = SIM_TARGET_RANDOM;
        open_driver(&d, &scenario, seed);
        d.up[0] = false;
        sim_fault_plan_on_start(d.plan, 0);
        run_until(&d, 0);
        assert_in_range(d.log[0].action.node, 1, 4);
        close_driver(&d);
    }
    struct driver d;
    fault.target_kind = SIM_TARGET_LEADER_OF;
    open_driver(&d, &scenario, 1);
    d.leader = WG_NODE_NONE;
    sim_fault_plan_on_start(d.plan, 0);
    run_until(&d, 0);
    assert_int_equal(d.log_count, 0);
    assert_int_equal(d.failed_line, 9);
    close_driver(&d);

    fault.target_kind = SIM_TARGET_ALL;
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 0);
    run_until(&d, 0);
    assert_int_equal(d.log_count, BROKERS);
    assert_int_equal(sim_fault_plan_counters(d.plan)->fired[SIM_FAULT_BROKER_STOP], 1);
    close_driver(&d);
}

static struct sim_fault_action links_of(struct sim_fault_options fault) {
    fault.exporter = -1;
    struct sim_scenario scenario = scenario_of(&fault, 1);
    struct driver d;
    open_driver(&d, &scenario, 1);
    sim_fault_plan_on_start(d.plan, 0);
    run_until(&d, 0);
    assert_int_equal(d.log_count, 1);
    struct sim_fault_action action = d.log[0].action;
    close_driver(&d);
    return action;
}

static void check_links(struct sim_fault_action action, uint32_t count, uint64_t from,
                        uint64_t to) {
    assert_int_equal(action.link_count, count);
    assert_int_equal(action.links[0].from.words[0], from);
    assert_int_equal(action.links[0].to.words[0], to);
    if (count == 2) {
        assert_int_equal(action.links[1].from.words[0], to);
        assert_int_equal(action.links[1].to.words[0], from);
    }
}

static void test_links(void **state) {
    (void)state;
    struct sim_fault_options fault = {.kind = SIM_FAULT_NETWORK_PARTITION,
                                      .group_a = {{1}},
                                      .group_b = {{6}}};
    check_links(links_of(fault), 2, 1, 6);
    fault.direction = SIM_FROM_FIRST_TO_SECOND;
    check_links(links_of(fault), 1, 1, 6);
    fault.direction = SIM_FROM_SECOND_TO_FIRST;
    check_links(links_of(fault), 1, 6, 1);
    fault = (struct sim_fault_options){.kind = SIM_FAULT_NETWORK_PARTITION,
                                       .target_kind = SIM_TARGET_LEADER_OF};
    check_links(links_of(fault), 2, 4, 31 & ~4);
    assert_int_equal(links_of(fault).node, 2);
    fault = (struct sim_fault_options){.kind = SIM_FAULT_NETWORK_LOSS, .params = {500}};
    check_links(links_of(fault), 1, 31, 31);
    assert_int_equal(links_of(fault).params[0], 500);
    fault.target_kind = SIM_TARGET_ALL;
    check_links(links_of(fault), 1, 31, 31);
    /* A direction for every fault of links. */
    static const uint32_t kinds[] = {SIM_FAULT_NETWORK_LOSS, SIM_FAULT_NETWORK_LATENCY,
                                     SIM_FAULT_NETWORK_CLOG, SIM_FAULT_NETWORK_FLAP};
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        fault = (struct sim_fault_options){.kind = kinds[i],
                                           .target_kind = SIM_TARGET_NODE,
                                           .target = 3,
                                           .params = {WG_SECOND, 500000},
                                           .direction = SIM_FROM_SECOND_TO_FIRST};
        check_links(links_of(fault), 1, 31 & ~8, 8);
    }
}

static struct sim_scenario nemesis_scenario(void) {
    struct sim_scenario scenario = scenario_of(NULL, 0);
    scenario.nemesis = (struct sim_nemesis_options){
        .on = true, .from = 30 * WG_SECOND, .until = 30 * WG_MINUTE, .every_mean = 5 * WG_SECOND};
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        scenario.nemesis.weights[kind] = kind == SIM_FAULT_CLUSTER_POWER_LOSS ? 0 : 1;
    }
    return scenario;
}

static void check_action(const struct sim_fault_action *action) {
    const struct sim_fault_row *row = sim_fault_row(action->kind);
    bool waits = action->kind == SIM_FAULT_BROKER_POWER_LOSS_AT_WORK;
    assert_in_range(action->end - action->begin, WG_SECOND, (waits ? 60 : 30) * WG_SECOND);
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS && row->params[i].name != NULL; i++) {
        bool negative = (int64_t)action->params[i] < 0;
        assert_in_range(negative ? 0 - action->params[i] : action->params[i], row->params[i].min,
                        row->params[i].max);
        assert_true(!negative || row->params[i].unit == SIM_UNIT_SIGNED_DURATION ||
                    row->params[i].unit == SIM_UNIT_PPM);
    }
    if (sim_fault_destroys(action->kind)) {
        assert_true(takes_down(action)); /* no damage under the feet of a running broker */
    }
    if (row->targets == SIM_TARGETS_BROKER) {
        assert_true(action->node < BROKERS);
    }
    if (row->targets == SIM_TARGETS_EXPORTER) {
        assert_in_range(action->exporter, 0, 1);
    }
    if (row->targets == SIM_TARGETS_LINKS) {
        assert_in_range(action->link_count, 1, 2);
    }
}

static void assert_same(const struct entry *a, const struct entry *b) {
    assert_int_equal(a->heal, b->heal);
    assert_int_equal(a->now, b->now);
    assert_int_equal(a->action.number, b->action.number);
    assert_int_equal(a->action.kind, b->action.kind);
    assert_int_equal(a->action.node, b->action.node);
    assert_int_equal(a->action.end, b->action.end);
    assert_int_equal(a->action.exporter, b->action.exporter);
    assert_true(sim_nodes_equal(&a->action.links[0].from, &b->action.links[0].from));
    assert_true(sim_nodes_equal(&a->action.links[0].to, &b->action.links[0].to));
    assert_memory_equal(a->action.params, b->action.params, sizeof a->action.params);
}

static void test_nemesis(void **state) {
    (void)state;
    uint64_t fired[SIM_FAULT_KIND_COUNT] = {0}; /* over all seeds: the budget leaves little room for some */
    struct sim_scenario scenario = nemesis_scenario();
    struct driver *d = calloc(2, sizeof *d);
    assert_non_null(d);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        for (int i = 0; i < 2; i++) { /* the same seed twice */
            open_driver(&d[i], &scenario, seed);
            sim_fault_plan_on_start(d[i].plan, WG_SECOND);
            assert_int_equal(sim_fault_plan_busy_until(d[i].plan), 30 * WG_MINUTE + WG_SECOND);
            run_until(&d[i], 60 * WG_MINUTE);
        }
        assert_int_equal(d[0].log_count, d[1].log_count);
        for (uint32_t k = 0; k < d[0].log_count; k++) {
            assert_same(&d[0].log[k], &d[1].log[k]);
        }
        assert_true(d[0].log_count > 300);
        assert_int_equal(d[0].log_count % 2, 0); /* all healed */
        assert_true(d[0].log[0].now >= 31 * WG_SECOND);
        for (uint32_t i = 0; i < d[0].log_count; i++) {
            check_action(&d[0].log[i].action);
        }
        for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
            fired[kind] += sim_fault_plan_counters(d[0].plan)->fired[kind];
        }
        assert_int_equal(count_up(&d[0]), BROKERS);
        close_driver(&d[0]);
        close_driver(&d[1]);
    }
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        bool off = kind == SIM_FAULT_CLUSTER_POWER_LOSS;
        assert_int_equal(fired[kind] > 0, !off);
    }
    free(d);
}

/* With nothing but long kills all the time, every partition keeps two of its three replicas. */
static void test_nemesis_keeps_the_budget(void **state) {
    (void)state;
    struct sim_scenario scenario = nemesis_scenario();
    memset(scenario.nemesis.weights, 0, sizeof scenario.nemesis.weights);
    scenario.nemesis.weights[SIM_FAULT_BROKER_KILL] = 1;
    scenario.nemesis.weights[SIM_FAULT_BROKER_POWER_LOSS] = 1;
    scenario.nemesis.every_mean = WG_SECOND;
    scenario.nemesis.until = 10 * WG_MINUTE;
    for (int exceed = 0; exceed < 2; exceed++) {
        scenario.budget_exceed = exceed == 1;
        struct driver *d = calloc(1, sizeof *d);
        assert_non_null(d);
        open_driver(d, &scenario, 3);
        sim_fault_plan_on_start(d->plan, 0);
        run_until(d, 60 * WG_MINUTE);
        const struct sim_fault_counters *counters = sim_fault_plan_counters(d->plan);
        if (exceed == 0) {
            assert_true(d->least_up >= 3);
            assert_true(counters->skipped[SIM_FAULT_BROKER_KILL] > 50);
        } else {
            assert_true(d->least_up < 2);
        }
        close_driver(d);
        free(d);
    }
}

/* Destroyed replicas count until they are intact again. */
static void test_nemesis_keeps_intact_majorities(void **state) {
    (void)state;
    struct sim_scenario scenario = nemesis_scenario();
    memset(scenario.nemesis.weights, 0, sizeof scenario.nemesis.weights);
    scenario.nemesis.weights[SIM_FAULT_BROKER_WIPE] = 1;
    scenario.nemesis.weights[SIM_FAULT_DISK_BIT_ROT] = 1;
    scenario.nemesis.weights[SIM_FAULT_DISK_MISDIRECTED_WRITE] = 1;
    scenario.nemesis.weights[SIM_FAULT_BROKER_KILL] = 2;
    scenario.nemesis.every_mean = WG_SECOND;
    scenario.nemesis.until = 10 * WG_MINUTE;
    for (int exceed = 0; exceed < 2; exceed++) {
        scenario.budget_exceed = exceed == 1;
        struct driver *d = calloc(1, sizeof *d);
        assert_non_null(d);
        open_driver(d, &scenario, 3);
        d->damage_stays = true;
        sim_fault_plan_on_start(d->plan, 0);
        run_until(d, 60 * WG_MINUTE);
        const struct sim_fault_counters *counters = sim_fault_plan_counters(d->plan);
        uint32_t damaged = 0;
        for (uint32_t i = 0; i < BROKERS; i++) {
            damaged += d->damaged[i];
        }
        if (exceed == 0) {
            /* Of the 3 replicas of each partition, 2 stay: of 5 brokers in a ring at most 2 go. */
            assert_true(d->least_intact >= 3 && damaged >= 1 && damaged <= 2);
            assert_true(counters->skipped[SIM_FAULT_BROKER_WIPE] > 20);
        } else {
            assert_int_equal(damaged, BROKERS);
        }
        close_driver(d);
        free(d);
    }
}

static void test_heal_all_ends_everything(void **state) {
    (void)state;
    struct sim_scenario scenario = nemesis_scenario();
    struct driver *d = calloc(1, sizeof *d);
    assert_non_null(d);
    open_driver(d, &scenario, 3);
    sim_fault_plan_on_start(d->plan, 0);
    run_until(d, 10 * WG_MINUTE);
    sim_fault_plan_heal_all(d->plan, 10 * WG_MINUTE);
    uint32_t count = d->log_count;
    assert_int_equal(count % 2, 0);
    assert_int_equal(count_up(d), BROKERS);
    run_until(d, 60 * WG_MINUTE);
    assert_int_equal(d->log_count, count);
    close_driver(d);
    free(d);
}

static void test_table(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        const struct sim_fault_row *row = sim_fault_row(kind);
        assert_int_equal(sim_fault_find(row->name), kind);
        assert_non_null(strchr(row->name, '.'));
        assert_int_equal(row->effect[strlen(row->effect) - 1], '.');
        assert_int_equal(row->healing[strlen(row->healing) - 1], '.');
        for (uint32_t i = 0; i < SIM_FAULT_PARAMS && row->params[i].name != NULL; i++) {
            assert_true(row->params[i].unit != SIM_UNIT_NONE);
            assert_in_range(row->params[i].standard, row->params[i].min, row->params[i].max);
            for (uint64_t w = 0; row->params[i].unit == SIM_UNIT_WORD && w <= row->params[i].max;
                 w++) {
                assert_non_null(row->params[i].words[w]);
            }
        }
    }
    assert_int_equal(sim_fault_find("broker.melt"), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timed_fault_begins_and_ends),
        cmocka_unit_test(test_overlapping_faults_hold_a_broker_down),
        cmocka_unit_test(test_nth_event),
        cmocka_unit_test(test_delay_after_an_event),
        cmocka_unit_test(test_a_fault_can_follow_a_fault),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_nemesis),
        cmocka_unit_test(test_nemesis_keeps_the_budget),
        cmocka_unit_test(test_nemesis_keeps_intact_majorities),
        cmocka_unit_test(test_heal_all_ends_everything),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
