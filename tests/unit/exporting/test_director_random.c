/* Many random lives of a director: plugins fail, acknowledge late or in close, set timers; the
 * process dies, restarts, closes. Checked against a small model (reference: exporters 9, invariants
 * 1, 3, 4, 8, 18, 22). */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EXPORTERS = 3, RECORDS = 200, LIVES = 40 };

struct model {
    uint64_t random;
    bool jobs_only[EXPORTERS];
    uint8_t value_types[RECORDS + 1]; /* by position */
    /* Of the running incarnation. */
    uint32_t instance[EXPORTERS];
    bool opened[EXPORTERS], closed[EXPORTERS];
    wg_position last_ok[EXPORTERS], start[EXPORTERS];
    /* For ever. */
    bool delivered[EXPORTERS][RECORDS + 1];
    wg_position acked[EXPORTERS]; /* highest */
};
static struct model *model;

static uint32_t draw(uint32_t bound) {
    model->random = model->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(model->random >> 33) % bound;
}

static bool wants(uint32_t e, wg_position position) {
    return !model->jobs_only[e] || model->value_types[position] == WG_VT_JOB;
}

static void acknowledge(struct harness *h, uint32_t e, wg_position position) {
    harness_ack(h, position, draw(2) ? "metadata" : NULL);
    model->acked[e] = position > model->acked[e] ? position : model->acked[e];
}

static enum wg_plugin_result on_export(struct harness *h, const struct wg_plugin_call *call) {
    uint32_t e = call->exporter;
    wg_position position = call->record->position;
    assert_true(model->opened[e] && !model->closed[e]);
    assert_true(wants(e, position));
    assert_true(position > model->last_ok[e] && position > model->start[e]);
    for (wg_position q = model->start[e] + 1; q < position; q++) {
        assert_true(q < 1 || !wants(e, q) || model->delivered[e][q]); /* none was left out */
    }
    if (draw(5) == 0) {
        return WG_PLUGIN_FAILED;
    }
    model->last_ok[e] = position;
    model->delivered[e][position] = true;
    if (draw(3) == 0) {
        acknowledge(h, e, position - (wg_position)draw(3));
    }
    if (draw(8) == 0) {
        harness_schedule(h, draw(3), (wg_time)(1 + draw(5)) * WG_SECOND);
    }
    return WG_PLUGIN_OK;
}

static enum wg_plugin_result play(struct harness *h, const struct wg_plugin_call *call) {
    uint32_t e = call->exporter;
    switch (call->kind) {
    case WG_PLUGIN_CONFIGURE:
        assert_true(call->instance != model->instance[e]);
        model->instance[e] = call->instance;
        model->opened[e] = model->closed[e] = false;
        if (model->jobs_only[e]) {
            harness_filter(h, UINT64_MAX, WG_VT_JOB);
        }
        return WG_PLUGIN_OK;
    case WG_PLUGIN_OPEN:
        assert_false(model->opened[e]);
        if (draw(4) == 0) {
            return WG_PLUGIN_FAILED;
        }
        model->opened[e] = true;
        model->last_ok[e] = WG_POSITION_NONE;
        model->start[e] = call->last_position;
        return WG_PLUGIN_OK;
    case WG_PLUGIN_EXPORT:
        return on_export(h, call);
    case WG_PLUGIN_TIMER:
        assert_true(model->opened[e] && !model->closed[e]);
        acknowledge(h, e, model->last_ok[e]);
        return draw(20) == 0 ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
    default:
        assert_true(model->opened[e] && !model->closed[e]);
        model->closed[e] = true;
        acknowledge(h, e, model->last_ok[e]);
        return draw(2) == 0 ? WG_PLUGIN_FAILED : WG_PLUGIN_OK;
    }
}

static void write_some(struct harness *h) {
    for (uint32_t n = draw(12); n > 0 && h->log.count < RECORDS; n--) {
        uint8_t type = draw(2) ? WG_VT_JOB : WG_VT_TIMER;
        harness_write_typed(h, WG_EVENT, type);
        model->value_types[h->log.count] = type;
    }
    harness_commit(h);
}

/* Stored positions never fall, and pass only records that were delivered and acknowledged. */
static void check_rows(struct harness *h, wg_position before[EXPORTERS]) {
    for (uint32_t e = 0; e < EXPORTERS; e++) {
        wg_position now = harness_position(h, h->exporters[e].id);
        assert_true(now >= before[e]);
        for (wg_position q = 1; q <= now; q++) {
            assert_true(!wants(e, q) || (model->delivered[e][q] && model->acked[e] >= q));
        }
        before[e] = now;
    }
}

static void live_once(struct harness *h, wg_position before[EXPORTERS]) {
    h->choice = draw(6);
    h->call_count = h->claim_count = 0;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    for (uint32_t n = 1 + draw(10); n > 0; n--) {
        write_some(h);
        harness_pass(h, (wg_time)draw(8000) * WG_MS);
        check_rows(h, before);
    }
    if (draw(2)) {
        harness_close(h);
        assert_int_equal(h->closed, 1);
        for (uint32_t e = 0; e < EXPORTERS; e++) {
            assert_int_equal(model->opened[e], model->closed[e]);
        }
    }
    check_rows(h, before);
    assert_int_equal(h->status, WG_OK);
}

static void random_lives_keep_the_promises(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct model own;
        memset(&own, 0, sizeof own);
        own.random = seed;
        own.jobs_only[0] = true;
        own.jobs_only[1] = seed % 2;
        model = &own;
        struct harness *h = harness_new(EXPORTERS);
        h->options.distribution_interval = 0; /* no messages */
        h->script = play;
        wg_position before[EXPORTERS] = {-2, -2, -2};
        for (uint32_t life = 0; life < LIVES; life++) {
            live_once(h, before);
        }
        harness_start(h, WG_DIRECTOR_ACTIVE);
        h->call_count = 0;
        harness_pass(h, 10 * WG_MINUTE);
        for (uint32_t e = 0; e < EXPORTERS; e++) {
            for (uint32_t q = 1; q <= h->log.count; q++) {
                assert_true(!wants(e, q) || own.delivered[e][q]);
            }
        }
        harness_free(h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_lives_keep_the_promises)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
