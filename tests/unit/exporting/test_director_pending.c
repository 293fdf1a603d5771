/* Exports that are answered later: PENDING, completed from a timer (exporter.h, since 0.2). */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DONE_TIMER = 9 };

/* What "a" says when its timer fires, and for which position. */
static enum wg_plugin_result verdict;
static wg_position completes;

static void complete(struct harness *h, wg_position position, enum wg_plugin_result result) {
    h->actions[h->action_count++] = (struct wg_plugin_action){
        .kind = WG_PLUGIN_COMPLETE, .position = position, .result = (uint8_t)result};
}

/* "a" answers PENDING and completes a second later; "b" takes everything at once. */
static enum wg_plugin_result a_answers_later(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT && call->exporter == 0) {
        harness_schedule(h, DONE_TIMER, WG_SECOND);
        return WG_PLUGIN_PENDING;
    }
    if (call->kind == WG_PLUGIN_TIMER) {
        complete(h, completes, verdict);
        harness_ack(h, completes, NULL);
    }
    return WG_PLUGIN_OK;
}

static struct harness *start(uint32_t records) {
    struct harness *h = harness_new(2);
    h->script = a_answers_later;
    verdict = WG_PLUGIN_OK;
    completes = 1;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, records);
    harness_commit(h);
    return h;
}

static void nobody_gets_a_record_while_an_answer_is_awaited(void **state) {
    (void)state;
    struct harness *h = start(2);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1");
    harness_pass(h, WG_SECOND - 1);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1");
    harness_pass(h, 1);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9 e1:1 e0:2");
    assert_int_equal(harness_position(h, "a"), 1);
    harness_free(h);
}

/* As when a call acknowledges and then fails: the position says that it is done. */
static void an_acknowledged_record_does_not_come_again(void **state) {
    (void)state;
    struct harness *h = start(1);
    verdict = WG_PLUGIN_FAILED;
    harness_pass(h, WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9");
    harness_pass(h, 2 * WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9 e1:1");
    harness_free(h);
}

/* As a_answers_later, but it acknowledges nothing. */
static enum wg_plugin_result a_refuses_later(struct harness *h, const struct wg_plugin_call *call) {
    if (call->kind == WG_PLUGIN_EXPORT && call->exporter == 0) {
        harness_schedule(h, DONE_TIMER, WG_SECOND);
        return WG_PLUGIN_PENDING;
    }
    if (call->kind == WG_PLUGIN_TIMER) {
        complete(h, completes, verdict);
    }
    return WG_PLUGIN_OK;
}

static void a_refusal_without_acknowledgement_is_retried(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = a_refuses_later;
    verdict = WG_PLUGIN_FAILED;
    completes = 1;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    harness_pass(h, WG_SECOND + 2 * WG_SECOND - 1);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9");
    harness_pass(h, 1); /* two seconds after the answer, not after the call */
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9 e0:1");
    verdict = WG_PLUGIN_OK;
    harness_pass(h, WG_SECOND);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9 e0:1 t0#9 e1:1");
    harness_free(h);
}

static void an_answer_for_another_record_changes_nothing(void **state) {
    (void)state;
    struct harness *h = harness_new(2);
    h->script = a_refuses_later;
    verdict = WG_PLUGIN_OK;
    completes = 7;
    harness_start(h, WG_DIRECTOR_ACTIVE);
    harness_write(h, 1);
    harness_commit(h);
    harness_pass(h, WG_MINUTE);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 t0#9");
    harness_free(h);
}

static void closing_does_not_wait_for_the_answer(void **state) {
    (void)state;
    struct harness *h = start(2);
    harness_close(h);
    assert_int_equal(h->closed, 1);
    assert_string_equal(harness_trace(h), "c0 c1 o0 o1 e0:1 x0 x1 d0 d1");
    harness_start(h, WG_DIRECTOR_ACTIVE); /* nothing was acknowledged: it comes again */
    assert_int_equal(harness_count(h, WG_PLUGIN_EXPORT), 2);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_gets_a_record_while_an_answer_is_awaited),
        cmocka_unit_test(an_acknowledged_record_does_not_come_again),
        cmocka_unit_test(a_refusal_without_acknowledgement_is_retried),
        cmocka_unit_test(an_answer_for_another_record_changes_nothing),
        cmocka_unit_test(closing_does_not_wait_for_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
