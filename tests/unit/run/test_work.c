/* Jobs that store something: an event at their beginning, and power that fails in the middle (work.c). */
#include "run_world.h"

#include <string.h>

static struct sim_fault_action power_loss(wg_node_id node, uint64_t work) {
    struct sim_fault_action action = {.number = 7,
                                      .kind = SIM_FAULT_BROKER_POWER_LOSS_AT_WORK,
                                      .node = node,
                                      .exporter = -1,
                                      .end = WG_TIME_NEVER};
    action.params[0] = work;
    return action;
}

static void begin(struct run_world *w, const struct sim_fault_action *action) {
    w->c->fault_ports.apply(w->c, action, w->c->now);
}

static void end(struct run_world *w, const struct sim_fault_action *action) {
    w->c->fault_ports.heal(w->c, action, w->c->now);
}

static uint64_t struck(const struct run_world *w) {
    return w->c->fault_effects[SIM_FAULT_BROKER_POWER_LOSS_AT_WORK];
}

/* A job of that broker has begun which will say this at its end. */
static void job_begins(struct run_world *w, wg_node_id node, uint32_t kind) {
    struct wg_claim claim = {.kind = (uint16_t)kind, .partition = 1};
    struct sim_outbox outbox = {.claims = &claim, .claim_count = 1};
    struct sim_actor actor = {
        .broker = run_world_broker(w, node), .partition = 1, .outbox = &outbox};
    sim_work_begins(&actor);
}

static void each_kind_of_job_has_its_event(void **state) {
    static const uint32_t kinds[][2] = {{WG_CLAIM_SNAPSHOT, SIM_TRIGGER_SNAPSHOT_STORING},
                                        {WG_CLAIM_SNAPSHOT_RECEIVED, SIM_TRIGGER_SNAPSHOT_INSTALLING},
                                        {WG_CLAIM_COMPACT, SIM_TRIGGER_LOG_COMPACTING}};
    (void)state;
    struct run_world *w = run_world_settled();
    w->c->phase = SIM_PHASE_CHAOS;
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t before[SIM_TRIGGER_COUNT];
        memcpy(before, w->c->reached, sizeof before);
        job_begins(w, 1, kinds[i][0]);
        for (uint32_t event = 0; event < SIM_TRIGGER_COUNT; event++) {
            assert_int_equal(w->c->reached[event] - before[event], event == kinds[i][1]);
        }
    }
    run_world_free(w);
}

static void power_fails_in_that_job_of_that_broker_once(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    struct sim_fault_action action = power_loss(1, SIM_WORK_INSTALL);
    begin(w, &action);
    job_begins(w, 1, WG_CLAIM_SNAPSHOT);
    job_begins(w, 2, WG_CLAIM_SNAPSHOT_RECEIVED);
    assert_int_equal(struck(w), 0);
    job_begins(w, 1, WG_CLAIM_SNAPSHOT_RECEIVED);
    job_begins(w, 1, WG_CLAIM_SNAPSHOT_RECEIVED);
    assert_int_equal(struck(w), 1);
    assert_non_null(run_world_broker(w, 1)->node); /* not inside of the step */
    run_world_until(w, w->c->now + WG_MS);
    assert_null(run_world_broker(w, 1)->node);
    assert_int_equal(w->c->ended[SIM_END_POWER_LOSS], 1);
    end(w, &action);
    run_world_until(w, w->c->now + WG_MS);
    assert_non_null(run_world_broker(w, 1)->node);
    run_world_free(w);
}

static void nothing_happens_when_no_such_job_comes(void **state) {
    (void)state;
    struct run_world *w = run_world_settled();
    struct sim_fault_action action = power_loss(1, SIM_WORK_SNAPSHOT);
    uint64_t incarnation = run_world_broker(w, 1)->incarnation;
    begin(w, &action);
    run_world_until(w, w->c->now + WG_SECOND);
    end(w, &action);
    job_begins(w, 1, WG_CLAIM_SNAPSHOT);
    run_world_until(w, w->c->now + WG_SECOND);
    assert_int_equal(struck(w), 0);
    assert_int_equal(run_world_broker(w, 1)->incarnation, incarnation);
    run_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_job_has_its_event),
        cmocka_unit_test(power_fails_in_that_job_of_that_broker_once),
        cmocka_unit_test(nothing_happens_when_no_such_job_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
