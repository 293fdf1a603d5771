/* Golden record sequences of processes with several elements (reference: engine 11.1, 11.4), as in
 * test_sequences.c, and what time and failovers do to timers and back-offs. */
#include "unit/stream/harness.h"
#include "unit/stream/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef void (*make_model)(struct wg_model_builder *ret_model);

static void short_timer(struct wg_model_builder *b) { model_timer(b, 1500); }

/* One instance is created, and this is all that has been written for it. */
static struct harness *started(make_model make, const char *variable, int64_t number) {
    static struct wg_model_builder model;
    struct harness *h = harness_new();
    make(&model);
    harness_lead(h);
    harness_deploy_model(h, &model);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    char id[WG_MODEL_NAME_MAX + 1] = "";
    memcpy(id, model.texts + model.elements[0].id_at, model.elements[0].id_len);
    harness_create_of(h, id, variable, number);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    return h;
}

/* The text of the log from the first line that begins with `from`. */
static const char *text_from(struct harness *h, const char *from) {
    const char *at = strstr(harness_text(h, 1), from);
    assert_non_null(at);
    return at;
}

static void follower_agrees(struct harness *h) {
    struct wg_state *state = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(state), wg_state_hash(h->state));
    wg_state_free(state);
}

#define COMPLETED(element, key)                                                                    \
    "E PROCESS_INSTANCE ELEMENT_COMPLETING " element " " key "\n"                                   \
    "E PROCESS_INSTANCE ELEMENT_COMPLETED " element " " key "\n"
#define ACTIVATED(element, key)                                                                    \
    "E PROCESS_INSTANCE ELEMENT_ACTIVATING " element " " key "\n"                                   \
    "E PROCESS_INSTANCE ELEMENT_ACTIVATED " element " " key "\n"
#define END(key, process)                                                                          \
    "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end " key "\n" ACTIVATED("end", key)                     \
    "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end " key "\n" COMPLETED("end", key)                     \
    "C+ PROCESS_INSTANCE COMPLETE_ELEMENT " process " 3\n" COMPLETED(process, "3") "}\n"

static void timer_is_created_and_triggered(void **unused) {
    (void)unused;
    struct harness *h = started(short_timer, NULL, 0);
    struct wg_value_timer timer;
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT wait"),
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT wait 7\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING wait 7\n"
                        "E TIMER CREATED wait 8\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED wait 7\n"
                        "}\n");
    assert_int_equal(harness_last(h, WG_VT_TIMER, WG_TIMER_CREATED, &timer), wg_key_encode(1, 8));
    assert_int_equal(timer.due_date, h->env->wall_ms + 1500);
    assert_int_equal(timer.element_instance_key, wg_key_encode(1, 7));
    assert_int_equal(timer.process_instance_key, wg_key_encode(1, 3));
    assert_int_equal(timer.process_definition_key, wg_key_encode(1, 2));
    assert_int_equal(timer.repetitions, 1);
    wg_index before = wg_log_last_index(h->log);
    harness_advance(h, 1400);
    assert_int_equal(wg_log_last_index(h->log), before);
    harness_advance(h, 5000); /* looked at again and again, written once */
    assert_int_equal(wg_log_last_index(h->log), before + 1);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C TIMER TRIGGER wait 8\n"
                        "{ 20\n"
                        "E TIMER TRIGGERED wait 8\n"
                        "E PROCESS_EVENT TRIGGERING wait 9\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT wait 7\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING wait 7\n"
                        "E PROCESS_EVENT TRIGGERED wait 9\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED wait 7\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 10\n" END("11", "timer"));
    follower_agrees(h);
    harness_free(h);
}

static void trigger_written_by_two_leaders_is_rejected_once(void **unused) {
    (void)unused;
    struct harness *h = started(short_timer, NULL, 0);
    wg_index before = wg_log_last_index(h->log);
    harness_advance(h, 3000);
    harness_crash(h, wg_log_last_index(h->log));
    harness_lead(h); /* the command is in the log, and the timer in the state is due */
    harness_advance(h, 3000);
    harness_settle(h);
    uint32_t triggered = 0;
    const char *text = harness_text(h, before + 1);
    for (const char *at = text; (at = strstr(at, "E TIMER TRIGGERED")) != NULL; at++) {
        triggered++;
    }
    assert_int_equal(triggered, 1);
    follower_agrees(h);
    harness_free(h);
}

/* More than one check takes, and more than can be on their way at once. */
static void many_timers_trigger_in_time(void **unused) {
    (void)unused;
    struct harness *h = started(short_timer, NULL, 0);
    struct wg_bytes none = {NULL, 0};
    struct wg_bytes value;
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len;
    for (uint32_t i = 1; i < 700; i++) {
        harness_create_of(h, "timer", NULL, 0);
    }
    harness_settle(h);
    assert_int_equal(wg_state_rows(h->state) > 700, 1);
    for (uint32_t i = 0; i < 40; i++) {
        harness_advance(h, 50);
        harness_settle(h);
    }
    assert_false(wg_state_next(h->state, WG_CF_TIMER, none, none, true, key, &len, &value));
    follower_agrees(h);
    harness_free(h);
}

static void clients_may_not_trigger_timers(void **unused) {
    (void)unused;
    struct harness *h = started(short_timer, NULL, 0);
    struct wg_value_timer timer;
    wg_key key = harness_last(h, WG_VT_TIMER, WG_TIMER_CREATED, &timer);
    harness_request(h, WG_VT_TIMER, WG_TIMER_TRIGGER, key, &timer);
    assert_int_equal(h->replies[0].error, WG_ERR_MALFORMED_REQUEST);
    harness_free(h);
}

static void tasks_follow_each_other(void **unused) {
    (void)unused;
    struct harness *h = started(model_two_tasks, NULL, 0);
    struct wg_value_job job;
    harness_activate(h, 5, 1000); /* of another type: nothing */
    harness_settle(h);
    wg_key first = harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job);
    assert_true(wg_bytes_equal(job.type, wg_bytes_str("a")));
    assert_true(wg_bytes_equal(job.bpmn_process_id, wg_bytes_str("two")));
    assert_true(wg_bytes_equal(job.element_id, wg_bytes_str("first")));
    assert_int_equal(job.retries, 2);
    struct wg_value_job_batch batch;
    harness_last(h, WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED, &batch);
    assert_int_equal(batch.job_keys.ptr[0], 0x90);
    harness_activate_type(h, "a", 5, 1000);
    harness_settle(h);
    harness_last(h, WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED, &batch);
    assert_int_equal(batch.job_keys.ptr[0], 0x91);
    wg_index before = wg_log_last_index(h->log);
    harness_complete(h, first, 0);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C JOB COMPLETE 8\n"
                        "{ 24\n"
                        "E JOB COMPLETED 8\n"
                        "E PROCESS_EVENT TRIGGERING first 11\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT first 7\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING first 7\n"
                        "E PROCESS_EVENT TRIGGERED first 11\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED first 7\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f6 12\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT second 13\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING second 13\n"
                        "E JOB CREATED 14\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED second 13\n"
                        "}\n");
    harness_complete(h, wg_key_encode(1, 14), 0);
    harness_settle(h);
    text_from(h, "E PROCESS_INSTANCE ELEMENT_COMPLETED two 3\n");
    follower_agrees(h);
    harness_free(h);
}

static void condition_chooses_the_flow(void **unused) {
    (void)unused;
    struct harness *h = started(model_choice, "x", 2);
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT split"),
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT split 8\n" ACTIVATED("split", "8")
                            COMPLETED("split", "8")
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f8 9\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT two 10\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING two 10\n"
                        "E JOB CREATED 11\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED two 10\n"
                        "}\n");
    follower_agrees(h);
    harness_free(h);
    h = started(model_choice, "x", 3); /* no case fits */
    assert_string_equal(text_from(h, "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f9"),
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f9 9\n" END("10", "choice"));
    harness_free(h);
    h = started(model_choice, NULL, 0); /* no variable */
    text_from(h, "E PROCESS_INSTANCE ELEMENT_COMPLETED choice 3\n");
    harness_free(h);
}

static void join_waits_for_all_flows(void **unused) {
    (void)unused;
    struct harness *h = started(model_fork, NULL, 0);
    struct wg_value_job job;
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT split"),
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT split 7\n" ACTIVATED("split", "7")
                            COMPLETED("split", "7")
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f8 8\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT left 9\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f9 10\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT right 11\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f10 12\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT join 13\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING left 9\n"
                        "E JOB CREATED 14\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED left 9\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING right 11\n"
                        "E TIMER CREATED right 15\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED right 11\n"
                        "R PROCESS_INSTANCE ACTIVATE_ELEMENT join 13 INVALID_STATE\n"
                        "}\n");
    harness_advance(h, 1000);
    harness_settle(h);
    wg_index before = wg_log_last_index(h->log);
    harness_complete(h, harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job), 0);
    harness_settle(h);
    const char *text = harness_text(h, before + 1);
    assert_non_null(strstr(text, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT join 21\n" ACTIVATED(
                                     "join", "21") COMPLETED("join", "21")
                                 "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f13 22\n" END("23", "fork")));
    struct wg_bytes none = {NULL, 0};
    struct wg_bytes value;
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len;
    assert_false(wg_state_next(h->state, WG_CF_TAKEN_FLOW, none, none, true, key, &len, &value));
    assert_false(wg_state_next(h->state, WG_CF_TIMER, none, none, true, key, &len, &value));
    assert_false(wg_state_next(h->state, WG_CF_TIMER_DUE, none, none, true, key, &len, &value));
    assert_false(
        wg_state_next(h->state, WG_CF_ELEMENT_INSTANCE, none, none, true, key, &len, &value));
    follower_agrees(h);
    harness_free(h);
}

static void failed_job_recurs_after_its_backoff(void **unused) {
    (void)unused;
    struct harness *h = started(model_two_tasks, NULL, 0);
    struct wg_value_job job;
    wg_key key = harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job);
    wg_index before = wg_log_last_index(h->log);
    harness_fail_with_backoff(h, key, 1, 2000);
    harness_settle(h);
    harness_last(h, WG_VT_JOB, WG_JOB_FAILED, &job);
    assert_int_equal(job.retry_backoff, 2000);
    assert_int_equal(job.recurring_time, h->env->wall_ms + 2000);
    harness_complete(h, key, 0); /* not while it waits */
    harness_settle(h);
    harness_advance(h, 1900);
    harness_settle(h);
    harness_advance(h, 2000);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1), "C JOB FAIL 8\n"
                                                     "{ 20\n"
                                                     "E JOB FAILED 8\n"
                                                     "}\n"
                                                     "C JOB COMPLETE 8\n"
                                                     "{ 22\n"
                                                     "R JOB COMPLETE 8 INVALID_STATE\n"
                                                     "}\n"
                                                     "C JOB RECUR_AFTER_BACKOFF 8\n"
                                                     "{ 24\n"
                                                     "E JOB RECURRED_AFTER_BACKOFF 8\n"
                                                     "}\n");
    follower_agrees(h);
    harness_activate_type(h, "a", 1, 1000);
    harness_settle(h);
    struct wg_value_job_batch batch;
    harness_last(h, WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED, &batch);
    assert_int_equal(batch.job_keys.ptr[0], 0x91);
    harness_free(h);
}

static void resource_without_a_process_is_refused(void **unused) {
    (void)unused;
    static const char *const bad[] = {"no mark", "id: x" WG_MODEL_MARK, "id: x" WG_MODEL_MARK "zz",
                                      "id: x" WG_MODEL_MARK "57474d310000"};
    struct harness *h = harness_new();
    harness_lead(h);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        harness_deploy(h, "x.yaml", bad[i]);
        harness_settle(h);
        assert_int_equal(h->replies[0].rejection_type, WG_REJECT_INVALID_ARGUMENT);
    }
    harness_create_of(h, "x", NULL, 0);
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_is_created_and_triggered),
        cmocka_unit_test(trigger_written_by_two_leaders_is_rejected_once),
        cmocka_unit_test(many_timers_trigger_in_time),
        cmocka_unit_test(clients_may_not_trigger_timers),
        cmocka_unit_test(tasks_follow_each_other),
        cmocka_unit_test(condition_chooses_the_flow),
        cmocka_unit_test(join_waits_for_all_flows),
        cmocka_unit_test(failed_job_recurs_after_its_backoff),
        cmocka_unit_test(resource_without_a_process_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
