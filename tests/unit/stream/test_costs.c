/* What a command costs depends on its own instance, not on how many others are open: counted are the
 * rows that the engine looks at while it walks through the state. */
#include "unit/stream/harness.h"
#include "unit/stream/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FEW 10u
#define MANY 400u

static struct wg_model_builder model;

static struct harness *leader(void) {
    struct harness *h = harness_new();
    harness_lead(h);
    return h;
}

static struct harness *deployed(void) {
    struct harness *h = leader();
    harness_deploy_model(h, &model);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    return h;
}

/* Instances of a process (NULL = the built-in one); the key of the last one. */
static wg_key create(struct harness *h, const char *process, const char *variable, uint32_t count) {
    struct wg_value_process_instance_creation value;
    for (uint32_t i = 0; i < count; i++) {
        if (process == NULL) {
            harness_create(h, 0);
        } else {
            harness_create_of(h, process, variable, 0);
        }
        harness_settle(h);
    }
    (void)harness_last(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED, &value);
    return value.process_instance_key;
}

static bool is_empty(const struct harness *h, uint8_t family) {
    struct wg_bytes none = {NULL, 0};
    struct wg_bytes value;
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len;
    return !wg_state_next(h->state, family, none, none, true, key, &len, &value);
}

static uint64_t cost_of_cancelling(struct harness *h, wg_key instance) {
    uint64_t before = wg_state_walked(h->state);
    harness_cancel(h, instance);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    return wg_state_walked(h->state) - before;
}

/* Cancels the oldest and the youngest instance among few and among many. */
static void cancelling_costs_the_same(struct harness *h, const char *process) {
    wg_key first = create(h, process, NULL, 1);
    wg_key second = create(h, process, NULL, 1);
    wg_key last = create(h, process, NULL, FEW);
    uint64_t cost = cost_of_cancelling(h, first);
    assert_true(cost > 0 && cost < 40);
    assert_int_equal(cost_of_cancelling(h, last), cost);
    last = create(h, process, NULL, MANY);
    assert_int_equal(cost_of_cancelling(h, second), cost);
    assert_int_equal(cost_of_cancelling(h, last), cost);
    harness_free(h);
}

static void cancelling_looks_at_its_own_children(void **unused) {
    (void)unused;
    struct harness *h = leader();
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    cancelling_costs_the_same(h, NULL);
    model_two_tasks(&model);
    cancelling_costs_the_same(deployed(), "two");
    model_box(&model, 20000);
    cancelling_costs_the_same(deployed(), "boxed");
}

static void cancelling_looks_at_its_own_timers(void **unused) {
    (void)unused;
    model_timer(&model, 20000);
    cancelling_costs_the_same(deployed(), "timer");
    model_two_timers(&model, 20000);
    cancelling_costs_the_same(deployed(), "timers");
}

/* Timers are gone with their instance, from every order, whether they were triggered or not. */
static void ended_instance_leaves_no_timer(void **unused) {
    (void)unused;
    model_two_timers(&model, 500);
    for (uint32_t triggered = 0; triggered < 2; triggered++) {
        struct harness *h = deployed();
        wg_key instance = create(h, "timers", NULL, 1);
        assert_false(is_empty(h, WG_CF_TIMER_OF));
        if (triggered) {
            harness_advance(h, 1000);
            harness_settle(h);
        } else {
            (void)cost_of_cancelling(h, instance);
        }
        assert_true(is_empty(h, WG_CF_TIMER));
        assert_true(is_empty(h, WG_CF_TIMER_OF));
        assert_true(is_empty(h, WG_CF_TIMER_DUE));
        assert_true(is_empty(h, WG_CF_CHILD));
        assert_true(is_empty(h, WG_CF_ELEMENT_INSTANCE));
        harness_free(h);
    }
}

static uint64_t cost_of_looking(struct harness *h) {
    uint64_t before = wg_state_walked(h->state);
    harness_advance(h, 5000);
    harness_settle(h);
    return wg_state_walked(h->state) - before;
}

/* A timer of an instance that is banned can do nothing, for ever: nobody may meet it again and again. */
static void timers_of_banned_instances_are_not_looked_at(void **unused) {
    (void)unused;
    model_box(&model, 500);
    struct harness *h = deployed();
    wg_key instance = create(h, "boxed", "waggle:poison", 1);
    create(h, "boxed", NULL, 1);
    harness_advance(h, 600);
    harness_settle(h);
    uint64_t cost = cost_of_looking(h);
    create(h, "boxed", "waggle:poison", MANY);
    for (uint32_t i = 0; i < MANY / 50; i++) { /* a look takes 100 timers at most */
        harness_advance(h, 600);
        harness_settle(h);
    }
    assert_false(is_empty(h, WG_CF_TIMER));
    assert_true(is_empty(h, WG_CF_TIMER_DUE));
    assert_true(cost_of_looking(h) <= cost + FEW);
    (void)cost_of_cancelling(h, instance);
    struct wg_state *state = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(state), wg_state_hash(h->state));
    wg_state_free(state);
    harness_free(h);
}

/* Both timers are written for when the first one bans the instance; the second is passed over, and must not
 * count as under way from then on: there is room for 256. */
static void timers_passed_over_are_not_under_way(void **unused) {
    (void)unused;
    struct wg_value_timer timer;
    model_two_timers(&model, 500);
    struct harness *h = deployed();
    for (uint32_t i = 0; i < 30; i++) {
        create(h, "timers", "waggle:poison", 10);
        harness_advance(h, 1000);
        harness_settle(h);
    }
    create(h, "timers", NULL, 1);
    wg_key last = harness_last(h, WG_VT_TIMER, WG_TIMER_CREATED, &timer);
    for (uint32_t i = 0; i < 5; i++) {
        harness_advance(h, 1000);
        harness_settle(h);
    }
    assert_int_equal(harness_last(h, WG_VT_TIMER, WG_TIMER_TRIGGERED, &timer), last);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancelling_looks_at_its_own_children),
        cmocka_unit_test(cancelling_looks_at_its_own_timers),
        cmocka_unit_test(ended_instance_leaves_no_timer),
        cmocka_unit_test(timers_of_banned_instances_are_not_looked_at),
        cmocka_unit_test(timers_passed_over_are_not_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
