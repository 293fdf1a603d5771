/* output-collections, fed with committed records made by hand: one process with a body "each" that takes
 * "items" as "item" and collects "a" of each instance in "results". */
#include "sim/invariants/bench.h"
#include "tests/unit/invariants/no_disks.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#define INSTANCE 3
#define BODY 8
#define FIRST 11 /* key of the first inner instance */
#define RECORDS 64

struct rig {
    struct sim_judge_setup setup;
    struct wg_partition_options partition;
    struct sim_judges *judges;
    struct judge_entry entry;
    struct judge_record records[RECORDS];
    struct judge_detail details[RECORDS];
};

static const struct sim_judge_multi multis[] = {
    {"multi", "each", "items", "item", "results", "a"},
    {"multi", "other", "more", "item", "", ""},
    {"multi", "late", "items", "item", "a", "b"}, /* collects in what a job may write */
};

static uint64_t hash(const char *text) {
    struct wg_bytes bytes = {(const uint8_t *)text, (uint32_t)strlen(text)};
    return judge_text_hash(bytes);
}

/* Content of a small number's one byte, or of nil (-1). */
static uint64_t content(int64_t number) {
    uint8_t byte = number < 0 ? 0xc0 : (uint8_t)number;
    struct wg_bytes bytes = {&byte, 1};
    return judge_text_hash(bytes);
}

static struct rig *rig_new(void) {
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->partition = (struct wg_partition_options){.id = 1, .member_count = 1, .target_priority = 1};
    r->setup = (struct sim_judge_setup){.brokers = 1,
                                        .partition_count = 1,
                                        .partitions = &r->partition,
                                        .segment_bytes = 1u << 20,
                                        .multis = multis,
                                        .multi_count = sizeof multis / sizeof *multis};
    r->judges = sim_judges_new(&r->setup, &no_disks);
    r->entry.records = r->records;
    r->entry.details = r->details;
    return r;
}

static void record(struct rig *r, uint8_t value_type, uint8_t intent, wg_key key,
                   struct judge_detail detail) {
    uint32_t i = r->entry.count++;
    assert_true(i < RECORDS);
    r->details[i] = detail;
    r->records[i] = (struct judge_record){.position = i + 1,
                                          .key = key,
                                          .instance = INSTANCE,
                                          .record_type = WG_EVENT,
                                          .value_type = value_type,
                                          .intent = intent,
                                          .detail = i + 1};
}

static void element(struct rig *r, uint8_t intent, wg_key key, wg_key scope, const char *id,
                    bool body) {
    record(r, WG_VT_PROCESS_INSTANCE, intent, key,
           (struct judge_detail){.process = hash("multi"), .name = hash(id), .scope = scope,
                                 .body = body, .items = -1, .number = -1});
}

static void number(struct rig *r, wg_key scope, const char *name, int64_t value) {
    record(r, WG_VT_VARIABLE, WG_VARIABLE_CREATED, 100,
           (struct judge_detail){.name = hash(name), .scope = scope, .content = content(value),
                                 .items = -1, .number = value});
}

/* An array of `count` such values. */
static void array(struct rig *r, wg_key scope, const char *name, const int64_t *values,
                  uint32_t count) {
    struct judge_detail detail = {.name = hash(name), .scope = scope, .items = count, .number = -1};
    for (uint32_t i = 0; i < count; i++) {
        detail.spread += judge_spread(i + 1, content(values[i]));
    }
    detail.content = detail.spread;
    record(r, WG_VT_VARIABLE, WG_VARIABLE_UPDATED, 101, detail);
}

static void begin(struct rig *r, const char *body) {
    static const int64_t items[] = {5, 6};
    array(r, INSTANCE, "items", items, 2);
    element(r, WG_PI_ELEMENT_ACTIVATED, BODY, INSTANCE, body, true);
}

static void enter(struct rig *r, int64_t place, int64_t item) {
    wg_key key = FIRST + place - 1;
    number(r, key, "item", item);
    number(r, key, "a", -1);
    number(r, key, "loopCounter", place);
    element(r, WG_PI_ELEMENT_ACTIVATED, key, BODY, "each", false);
}

static void leave(struct rig *r, int64_t place, int64_t result) {
    wg_key key = FIRST + place - 1;
    if (result >= 0) {
        number(r, key, "a", result);
    }
    element(r, WG_PI_ELEMENT_COMPLETED, key, BODY, "each", false);
}

/* The body completes with what it has collected, and hands that over. Violations. */
static uint32_t end(struct rig *r, const char *body, const char *output, int64_t one, int64_t two,
                    bool hands_over) {
    const int64_t results[] = {one, two};
    array(r, BODY, output, results, 2);
    if (hands_over) {
        array(r, INSTANCE, output, results, 2);
    }
    element(r, WG_PI_ELEMENT_COMPLETED, BODY, INSTANCE, body, true);
    inv_output_collections_entry(r->judges, 1, &r->entry);
    uint32_t count = sim_judges_violation_count(r->judges);
    for (uint32_t i = 0; i < count; i++) {
        assert_string_equal(sim_judges_violation(r->judges, i)->invariant, "output-collections");
    }
    sim_judges_free(r->judges);
    free(r);
    return count;
}

static struct rig *both_done(const char *body) {
    struct rig *r = rig_new();
    begin(r, body);
    enter(r, 1, 5);
    enter(r, 2, 6);
    leave(r, 2, 9); /* in whichever order */
    leave(r, 1, 7);
    return r;
}

static void stays_silent_on_results_in_order(void **state) {
    (void)state;
    assert_int_equal(end(both_done("each"), "each", "results", 7, 9, true), 0);
    struct rig *r = rig_new();
    begin(r, "each");
    enter(r, 1, 5);
    leave(r, 1, -1); /* ends without a result */
    enter(r, 2, 6);
    leave(r, 2, 9);
    assert_int_equal(end(r, "each", "results", -1, 9, true), 0);
}

static void fires_when_results_are_in_another_order(void **state) {
    (void)state;
    assert_int_equal(end(both_done("each"), "each", "results", 9, 7, true), 1);
}

static void fires_when_a_result_is_another(void **state) {
    (void)state;
    assert_int_equal(end(both_done("each"), "each", "results", 7, -1, true), 1);
}

static void fires_when_it_is_not_handed_over(void **state) {
    (void)state;
    assert_int_equal(end(both_done("each"), "each", "results", 7, 9, false), 1);
}

static void fires_when_an_item_was_left_out(void **state) {
    (void)state;
    struct rig *r = rig_new();
    begin(r, "each");
    enter(r, 1, 5);
    leave(r, 1, 7);
    const int64_t results[] = {7};
    array(r, BODY, "results", results, 1);
    array(r, INSTANCE, "results", results, 1);
    element(r, WG_PI_ELEMENT_COMPLETED, BODY, INSTANCE, "each", true);
    inv_output_collections_entry(r->judges, 1, &r->entry);
    assert_int_equal(sim_judges_violation_count(r->judges), 1);
    sim_judges_free(r->judges);
    free(r);
}

static void fires_when_instances_got_each_others_items(void **state) {
    (void)state;
    struct rig *r = rig_new();
    begin(r, "each");
    enter(r, 1, 6);
    enter(r, 2, 5);
    leave(r, 1, 7);
    leave(r, 2, 9);
    assert_int_equal(end(r, "each", "results", 7, 9, true), 1);
}

/* "a" is what jobs end with as well, so nobody knows what it holds; and this one collects nothing. */
static void stays_silent_on_what_others_may_write(void **state) {
    (void)state;
    assert_int_equal(end(both_done("late"), "late", "a", 1, 2, true), 0);
    assert_int_equal(end(both_done("other"), "other", "results", 1, 2, true), 0);
}

static void stays_silent_when_the_body_is_terminated(void **state) {
    (void)state;
    struct rig *r = rig_new();
    begin(r, "each");
    enter(r, 1, 5);
    element(r, WG_PI_ELEMENT_TERMINATED, FIRST, BODY, "each", false);
    element(r, WG_PI_ELEMENT_TERMINATED, BODY, INSTANCE, "each", true);
    begin(r, "each"); /* with the same key: nothing of the first one is left */
    enter(r, 1, 5);
    enter(r, 2, 6);
    leave(r, 1, 7);
    leave(r, 2, 9);
    assert_int_equal(end(r, "each", "results", 7, 9, true), 0);
}

/* Another body, which collects nothing, had instances with the same keys: nothing of them is left either. */
static void forgets_instances_of_a_body_that_collects_nothing(void **state) {
    (void)state;
    struct rig *r = both_done("other");
    element(r, WG_PI_ELEMENT_COMPLETED, BODY, INSTANCE, "other", true);
    begin(r, "each");
    element(r, WG_PI_ELEMENT_ACTIVATED, FIRST, BODY, "each", false);
    element(r, WG_PI_ELEMENT_ACTIVATED, FIRST + 1, BODY, "each", false);
    leave(r, 1, 7);
    leave(r, 2, 9);
    assert_int_equal(end(r, "each", "results", 7, 9, true), 2); /* what they begin and what they end with */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_silent_on_results_in_order),
        cmocka_unit_test(fires_when_results_are_in_another_order),
        cmocka_unit_test(fires_when_a_result_is_another),
        cmocka_unit_test(fires_when_it_is_not_handed_over),
        cmocka_unit_test(fires_when_an_item_was_left_out),
        cmocka_unit_test(fires_when_instances_got_each_others_items),
        cmocka_unit_test(stays_silent_on_what_others_may_write),
        cmocka_unit_test(stays_silent_when_the_body_is_terminated),
        cmocka_unit_test(forgets_instances_of_a_body_that_collects_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
