/* Event queue against a list that is searched for its least (time, sequence). */
#include "world_env.h"

#include "sim/kernel/queue.h"
#include "sim/kernel/run_hash.h"

#define MODEL_MAX 4096

struct model {
    struct sim_item items[MODEL_MAX];
    size_t count;
    uint64_t pushed;
    wg_time now;
};

static void model_push(struct model *model, struct sim_item item) {
    assert_true(model->count < MODEL_MAX);
    item.seq = ++model->pushed;
    item.at = item.at < model->now ? model->now : item.at;
    model->items[model->count++] = item;
}

static struct sim_item model_pop(struct model *model) {
    size_t best = 0;
    for (size_t i = 1; i < model->count; i++) {
        const struct sim_item *a = &model->items[i];
        const struct sim_item *b = &model->items[best];
        if (a->at < b->at || (a->at == b->at && a->seq < b->seq)) {
            best = i;
        }
    }
    struct sim_item item = model->items[best];
    model->items[best] = model->items[--model->count];
    model->now = item.at;
    return item;
}

static wg_time model_peek(const struct model *model) {
    wg_time least = WG_TIME_NEVER;
    for (size_t i = 0; i < model->count; i++) {
        least = model->items[i].at < least ? model->items[i].at : least;
    }
    return least;
}

/* Deltas of every magnitude: equal times, the same 256 ns, up to years ahead, and the past. */
static wg_time random_time(uint64_t *random, wg_time now) {
    switch (test_below(random, 8)) {
    case 0:
        return now;
    case 1:
        return now - (wg_time)test_below(random, 1000);
    case 2:
        return now + 5;
    default:
        return now + (wg_time)(test_random(random) >> (8 + test_below(random, 56)));
    }
}

static void check_pop(struct sim_queue *queue, struct model *model) {
    struct sim_item got;
    assert_int_equal(sim_queue_peek_time(queue), model_peek(model));
    assert_true(sim_queue_pop(queue, &got));
    struct sim_item want = model_pop(model);
    assert_int_equal(got.at, want.at);
    assert_int_equal(got.seq, want.seq);
    assert_int_equal(got.kind, want.kind);
    assert_int_equal(got.a, want.a);
    assert_ptr_equal(got.ptr, want.ptr);
}

static void run_against_model(struct sim_queue *queue, uint64_t seed, uint32_t most) {
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    uint64_t random = seed;
    for (uint32_t step = 0; step < 6000; step++) {
        bool push = model->count == 0 || (model->count < most && test_below(&random, 100) < 52);
        if (push) {
            struct sim_item item = {.at = random_time(&random, model->now),
                                    .kind = step,
                                    .a = test_random(&random),
                                    .ptr = &random};
            if (item.at > INT64_MAX / 2 || item.at < 0) {
                item.at = INT64_MAX / 2;
            }
            sim_queue_push(queue, &item);
            model_push(model, item);
        } else {
            check_pop(queue, model);
        }
        assert_int_equal(sim_queue_count(queue), model->count);
    }
    while (model->count > 0) {
        check_pop(queue, model);
    }
    struct sim_item none;
    assert_false(sim_queue_pop(queue, &none));
    assert_int_equal(sim_queue_peek_time(queue), WG_TIME_NEVER);
    free(model);
}

static void test_order_equals_model(void **state) {
    (void)state;
    struct sim_queue *queue = sim_queue_new();
    for (uint64_t seed = 1; seed <= 30; seed++) {
        run_against_model(queue, seed, seed % 3 == 0 ? 5 : 2000);
        sim_queue_reset(queue);
    }
    sim_queue_free(queue);
}

static void test_many_items_grow(void **state) {
    (void)state;
    struct sim_queue *queue = sim_queue_new();
    uint64_t random = 7;
    for (uint32_t i = 0; i < 100000; i++) {
        struct sim_item item = {.at = (wg_time)test_below(&random, 1000000)};
        sim_queue_push(queue, &item);
    }
    struct sim_item last = {.at = -1};
    struct sim_item item;
    while (sim_queue_pop(queue, &item)) {
        assert_true(item.at > last.at || (item.at == last.at && item.seq > last.seq));
        last = item;
    }
    assert_int_equal(sim_queue_count(queue), 0);
    sim_queue_free(queue);
}

static void test_push_after_peek_is_seen(void **state) {
    (void)state;
    struct sim_queue *queue = sim_queue_new();
    struct sim_item late = {.at = 5 * WG_SECOND, .kind = 1};
    struct sim_item later = {.at = 5 * WG_SECOND + 3, .kind = 2};
    struct sim_item early = {.at = 20 * WG_US, .kind = 3};
    sim_queue_push(queue, &late);
    sim_queue_push(queue, &later);
    assert_int_equal(sim_queue_peek_time(queue), late.at);
    sim_queue_push(queue, &early);
    assert_int_equal(sim_queue_peek_time(queue), early.at);
    struct sim_item got;
    assert_true(sim_queue_pop(queue, &got));
    assert_int_equal(got.kind, 3);
    assert_int_equal(sim_queue_peek_time(queue), late.at);
    sim_queue_free(queue);
}

/* Pops all of 10 items of one time and returns the order as a number of digits. */
static uint64_t tie_order(uint64_t seed, bool drawn) {
    struct sim_choices *choices = sim_choices_new(seed);
    struct sim_stream ties;
    sim_stream_init(&ties, choices, SIM_CONCERN_SCHEDULE, 0);
    struct sim_queue *queue = sim_queue_new();
    sim_queue_set_ties(queue, drawn ? &ties : NULL);
    for (uint32_t i = 0; i < 10; i++) {
        struct sim_item item = {.at = WG_SECOND, .kind = i};
        sim_queue_push(queue, &item);
    }
    uint64_t order = 0;
    uint32_t seen = 0;
    struct sim_item item;
    while (sim_queue_pop(queue, &item)) {
        order = order * 10 + item.kind;
        seen |= 1u << item.kind;
    }
    assert_int_equal(seen, (1u << 10) - 1); /* each exactly once */
    sim_queue_free(queue);
    sim_choices_free(choices);
    return order;
}

static void test_ties(void **state) {
    (void)state;
    assert_int_equal(tie_order(1, false), 123456789);
    assert_int_equal(tie_order(2, false), 123456789);
    assert_int_equal(tie_order(1, true), tie_order(1, true));
    assert_true(tie_order(1, true) != tie_order(2, true) ||
                tie_order(1, true) != tie_order(3, true));
}

static void test_run_hash_sees_every_field(void **state) {
    (void)state;
    struct sim_item base = {.at = 1000, .seq = 1, .kind = 2, .target = 3, .a = 4};
    struct sim_item variants[4] = {base, base, base, base};
    variants[0].at++;
    variants[1].kind++;
    variants[2].target++;
    variants[3].a++;
    struct sim_run_hash want;
    sim_run_hash_init(&want, 1);
    sim_run_hash_event(&want, &base);
    for (size_t i = 0; i < 4; i++) {
        struct sim_run_hash got;
        sim_run_hash_init(&got, 1);
        sim_run_hash_event(&got, &variants[i]);
        assert_true(got.value != want.value);
    }
    struct sim_run_hash pointer;
    sim_run_hash_init(&pointer, 1);
    base.ptr = &pointer;
    sim_run_hash_event(&pointer, &base);
    assert_true(pointer.value == want.value);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_equals_model),
        cmocka_unit_test(test_many_items_grow),
        cmocka_unit_test(test_push_after_peek_is_seen),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_run_hash_sees_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
