/* Golden record sequences of what leaves the straight way: cancellation, sub-processes, boundary
 * events, errors, multi-instance, user tasks, bans (reference: engine 11.2 to 11.4, 4.4), with a
 * follower that replays each. */
#include "unit/stream/harness.h"
#include "unit/stream/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct wg_model_builder model;

/* The model is deployed by a leader; instances have key 3. */
static struct harness *deployed(void) {
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy_model(h, &model);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    return h;
}

static struct harness *started(const char *process) {
    struct harness *h = deployed();
    harness_create_of(h, process, NULL, 0);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    return h;
}

static const char *text_from(struct harness *h, const char *from) {
    const char *at = strstr(harness_text(h, 1), from);
    assert_non_null(at);
    return at;
}

/* Nothing of instances is left, and a follower has the same state. */
static void all_is_over(struct harness *h) {
    static const uint8_t families[] = {WG_CF_ELEMENT_INSTANCE,    WG_CF_JOB,
                                       WG_CF_JOB_ACTIVATABLE,     WG_CF_JOB_ACTIVATABLE_TYPE,
                                       WG_CF_JOB_DEADLINE,        WG_CF_VARIABLE,
                                       WG_CF_INCIDENT,            WG_CF_INCIDENT_BY_JOB,
                                       WG_CF_INCIDENT_BY_ELEMENT, WG_CF_EVENT_TRIGGER,
                                       WG_CF_BOUNDARY_TRIGGER,    WG_CF_TAKEN_FLOW,
                                       WG_CF_TIMER,               WG_CF_TIMER_DUE,
                                       WG_CF_TIMER_OF,            WG_CF_CHILD,
                                       WG_CF_USER_TASK,           WG_CF_JOB_BACKOFF};
    struct wg_bytes none = {NULL, 0};
    struct wg_bytes value;
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len;
    for (size_t i = 0; i < sizeof families; i++) {
        assert_false(wg_state_next(h->state, families[i], none, none, true, key, &len, &value));
    }
    struct wg_state *state = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(state), wg_state_hash(h->state));
    wg_state_free(state);
}


static void expect(struct harness *h, wg_index after, const char *text) {
    assert_string_equal(harness_text(h, after + 1), text);
}

static wg_index end_of(const struct harness *h) { return wg_log_last_index(h->log); }

static wg_key last_job(struct harness *h) {
    struct wg_value_job job;
    return harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job);
}

static const wg_key instance = (wg_key)1 << 51 | 3;

static wg_index cancelled(struct harness *h) {
    wg_index before = end_of(h);
    harness_cancel(h, instance);
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    assert_int_equal(h->replies[0].intent, WG_PI_ELEMENT_TERMINATING);
    assert_int_equal(h->replies[0].key, instance);
    return before;
}

static void cancel_ends_a_task(void **unused) {
    (void)unused;
    model_two_tasks(&model);
    struct harness *h = started("two");
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 20\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT two 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING two 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 9\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT first 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING first 7\n"
        "E JOB CANCELED 8\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED first 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED two 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void cancel_ends_the_built_in_process(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_create(h, 2);
    harness_create(h, 0);
    harness_settle(h);
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 38\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT one-task 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING one-task 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 17\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT task 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING task 9\n"
        "E JOB CANCELED 10\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED task 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED one-task 3\n"
        "}\n");
    harness_complete(h, last_job(h), 0); /* the other instance goes on */
    harness_settle(h);
    all_is_over(h);
    harness_free(h);
}

static void cancel_resolves_the_incident(void **unused) {
    (void)unused;
    model_two_tasks(&model);
    struct harness *h = started("two");
    harness_fail(h, last_job(h), 0, 0);
    harness_settle(h);
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 23\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT two 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING two 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 10\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT first 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING first 7\n"
        "E JOB CANCELED 8\n"
        "E INCIDENT RESOLVED 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED first 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED two 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void cancel_ends_a_timer_beside_a_join_that_waits(void **unused) {
    (void)unused;
    model_fork(&model);
    struct harness *h = started("fork");
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 34\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT fork 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING fork 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 16\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT left 9\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT right 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING left 9\n"
        "E JOB CANCELED 14\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED left 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING right 11\n"
        "E TIMER CANCELED right 15\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED right 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED fork 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void only_a_running_instance_is_cancelled(void **unused) {
    (void)unused;
    model_two_tasks(&model);
    struct harness *h = started("two");
    static const wg_key wrong[] = {instance + 1000, instance + 4 /* the task */};
    for (size_t i = 0; i < 2; i++) {
        harness_cancel(h, wrong[i]);
        harness_settle(h);
        assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    }
    cancelled(h);
    harness_cancel(h, instance);
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    all_is_over(h);
    harness_free(h);
}

static void sub_process_runs_inside_its_scope(void **unused) {
    (void)unused;
    model_box(&model, 1000);
    struct harness *h = started("boxed");
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT box 7"), 
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING box 7\n"
        "E TIMER CREATED timer 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED box 7\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT box:start -1\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING box:start 9\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED box:start 9\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT box:start 9\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING box:start 9\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED box:start 9\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f9 10\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING inner 11\n"
        "E JOB CREATED 12\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED inner 11\n"
        "}\n");
    wg_index before = end_of(h);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    expect(h, before, 
        "C JOB COMPLETE 12\n"
        "{ 31\n"
        "E JOB COMPLETED 12\n"
        "E PROCESS_EVENT TRIGGERING inner 13\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING inner 11\n"
        "E PROCESS_EVENT TRIGGERED inner 13\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED inner 11\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f10 14\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT box:end 15\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING box:end 15\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED box:end 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT box:end 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING box:end 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED box:end 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING box 7\n"
        "E TIMER CANCELED timer 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED box 7\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 16\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED boxed 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void cancel_ends_a_sub_process_from_the_inside(void **unused) {
    (void)unused;
    model_box(&model, 1000);
    struct harness *h = started("boxed");
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 31\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING boxed 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 13\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING box 7\n"
        "E TIMER CANCELED timer 8\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 14\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING inner 11\n"
        "E JOB CANCELED 12\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED box 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED boxed 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void timer_interrupts_a_sub_process(void **unused) {
    (void)unused;
    model_box(&model, 1000);
    struct harness *h = started("boxed");
    wg_index before = end_of(h);
    harness_advance(h, 1500);
    harness_settle(h);
    expect(h, before, 
        "C TIMER TRIGGER timer 8\n"
        "{ 31\n"
        "E TIMER TRIGGERED timer 8\n"
        "E PROCESS_EVENT TRIGGERING timer 13\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING box 7\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 14\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING inner 11\n"
        "E JOB CANCELED 12\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED box 7\n"
        "E PROCESS_EVENT TRIGGERED timer 13\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING timer 15\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED timer 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT timer 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING timer 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED timer 15\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f13 16\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT late 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING late 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED late 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT late 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING late 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED late 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED boxed 3\n"
        "}\n");
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    all_is_over(h);
    harness_free(h);
}

static void error_is_caught_around_the_task(void **unused) {
    (void)unused;
    model_box(&model, 1000);
    struct harness *h = started("boxed");
    wg_index before = end_of(h);
    harness_throw(h, last_job(h), "E");
    harness_settle(h);
    assert_int_equal(h->replies[0].intent, WG_JOB_ERROR_THROWN);
    expect(h, before, 
        "C JOB THROW_ERROR 12\n"
        "{ 31\n"
        "E JOB ERROR_THROWN 12\n"
        "E PROCESS_EVENT TRIGGERING error 13\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING box 7\n"
        "E TIMER CANCELED timer 8\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 14\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED box 7\n"
        "E PROCESS_EVENT TRIGGERED error 13\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING error 15\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED error 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT error 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING error 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED error 15\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f16 16\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT broken 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING broken 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED broken 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT broken 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING broken 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED broken 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED boxed 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void error_that_nothing_catches_raises_an_incident(void **unused) {
    (void)unused;
    model_box(&model, 100000);
    struct harness *h = started("boxed");
    struct wg_value_incident incident;
    struct wg_value_job job;
    wg_key key = last_job(h);
    wg_index before = end_of(h);
    harness_throw(h, key, "other");
    harness_settle(h);
    harness_complete(h, key, 0); /* no worker has it */
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_INVALID_STATE);
    wg_key raised = harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_CREATED, &incident);
    assert_true(wg_bytes_equal(incident.error_type, wg_bytes_str("UNHANDLED_ERROR_EVENT")));
    assert_true(wg_bytes_equal(incident.element_id, wg_bytes_str("inner")));
    assert_true(wg_bytes_equal(
        incident.error_message,
        wg_bytes_str("Expected to throw an error event with the code 'other' with message "
                     "'thrown', but it was not caught. No error events are available in the "
                     "scope.")));
    harness_last(h, WG_VT_JOB, WG_JOB_ERROR_THROWN, &job);
    assert_true(wg_bytes_equal(job.element_id, wg_bytes_str("NO_CATCH_EVENT_FOUND")));
    harness_resolve(h, raised);
    harness_settle(h);
    harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_RESOLVED, &incident);
    assert_true(wg_bytes_equal(incident.error_type, wg_bytes_str("UNHANDLED_ERROR_EVENT")));
    harness_complete(h, key, 0);
    harness_settle(h);
    expect(h, before, 
        "C JOB THROW_ERROR 12\n"
        "{ 31\n"
        "E JOB ERROR_THROWN 12\n"
        "E INCIDENT CREATED 13\n"
        "}\n"
        "C JOB COMPLETE 12\n"
        "{ 34\n"
        "R JOB COMPLETE 12 INVALID_STATE\n"
        "}\n"
        "C INCIDENT RESOLVE 13\n"
        "{ 36\n"
        "E INCIDENT RESOLVED 13\n"
        "}\n"
        "C JOB COMPLETE 12\n"
        "{ 38\n"
        "E JOB COMPLETED 12\n"
        "E PROCESS_EVENT TRIGGERING inner 14\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT inner 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING inner 11\n"
        "E PROCESS_EVENT TRIGGERED inner 14\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED inner 11\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f10 15\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT box:end 16\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING box:end 16\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED box:end 16\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT box:end 16\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING box:end 16\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED box:end 16\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT box 7\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING box 7\n"
        "E TIMER CANCELED timer 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED box 7\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 17\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 18\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 18\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING boxed 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED boxed 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void timer_interrupts_a_task(void **unused) {
    (void)unused;
    model_guarded(&model, 1000, true);
    struct harness *h = started("guarded");
    wg_index before = end_of(h);
    harness_advance(h, 1500);
    harness_settle(h);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    expect(h, before, 
        "C TIMER TRIGGER timer 8\n"
        "{ 21\n"
        "E TIMER TRIGGERED timer 8\n"
        "E PROCESS_EVENT TRIGGERING timer 10\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT work 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING work 7\n"
        "E JOB CANCELED 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED work 7\n"
        "E PROCESS_EVENT TRIGGERED timer 10\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED timer 11\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED timer 11\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f8 12\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT remind 13\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING remind 13\n"
        "E JOB CREATED 14\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED remind 13\n"
        "}\n"
        "C JOB COMPLETE 14\n"
        "{ 39\n"
        "E JOB COMPLETED 14\n"
        "E PROCESS_EVENT TRIGGERING remind 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT remind 13\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING remind 13\n"
        "E PROCESS_EVENT TRIGGERED remind 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED remind 13\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f10 16\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT reminded 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING reminded 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED reminded 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT reminded 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING reminded 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED reminded 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED guarded 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void timer_runs_beside_a_task(void **unused) {
    (void)unused;
    model_guarded(&model, 1000, false);
    struct harness *h = started("guarded");
    wg_index before = end_of(h);
    wg_key work = last_job(h);
    harness_advance(h, 1500);
    harness_settle(h);
    harness_complete(h, work, 0);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    expect(h, before, 
        "C TIMER TRIGGER timer 8\n"
        "{ 21\n"
        "E TIMER TRIGGERED timer 8\n"
        "E PROCESS_EVENT TRIGGERING timer 10\n"
        "E PROCESS_EVENT TRIGGERED timer 10\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED timer 11\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING timer 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED timer 11\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f8 12\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT remind 13\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING remind 13\n"
        "E JOB CREATED 14\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED remind 13\n"
        "}\n"
        "C JOB COMPLETE 9\n"
        "C JOB COMPLETE 14\n"
        "{ 35\n"
        "E JOB COMPLETED 9\n"
        "E PROCESS_EVENT TRIGGERING work 15\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT work 7\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING work 7\n"
        "E PROCESS_EVENT TRIGGERED work 15\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED work 7\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 16\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 17\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 17\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 17\n"
        "}\n"
        "{ 36\n"
        "E JOB COMPLETED 14\n"
        "E PROCESS_EVENT TRIGGERING remind 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT remind 13\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING remind 13\n"
        "E PROCESS_EVENT TRIGGERED remind 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED remind 13\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f10 19\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT reminded 20\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING reminded 20\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED reminded 20\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT reminded 20\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING reminded 20\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED reminded 20\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED guarded 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void timer_goes_with_its_task(void **unused) {
    (void)unused;
    model_guarded(&model, 1000, true);
    struct harness *h = started("guarded");
    wg_index before = end_of(h);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    expect(h, before, 
        "C JOB COMPLETE 9\n"
        "{ 21\n"
        "E JOB COMPLETED 9\n"
        "E PROCESS_EVENT TRIGGERING work 10\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT work 7\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING work 7\n"
        "E PROCESS_EVENT TRIGGERED work 10\n"
        "E TIMER CANCELED timer 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED work 7\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 11\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 12\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 12\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 12\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 12\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 12\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 12\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING guarded 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED guarded 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static struct harness *with_items(bool sequential, uint32_t count) {
    model_multi(&model, sequential);
    struct harness *h = deployed();
    harness_create_with_items(h, "multi", "items", count);
    harness_settle(h);
    return h;
}

static void instances_run_side_by_side(void **unused) {
    (void)unused;
    struct harness *h = with_items(false, 2);
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8"), 
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 8\n"
        "C+ PROCESS_INSTANCE_BATCH ACTIVATE 9\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 10\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 10\n"
        "E VARIABLE CREATED item 12\n"
        "E VARIABLE CREATED loopCounter 13\n"
        "E JOB CREATED 14\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 10\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 11\n"
        "E VARIABLE CREATED item 15\n"
        "E VARIABLE CREATED loopCounter 16\n"
        "E JOB CREATED 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 11\n"
        "}\n");
    wg_index before = end_of(h);
    harness_complete(h, instance + 14, 0);
    harness_complete(h, instance + 11, 0);
    harness_settle(h);
    expect(h, before, 
        "C JOB COMPLETE 17\n"
        "C JOB COMPLETE 14\n"
        "{ 33\n"
        "E JOB COMPLETED 17\n"
        "E PROCESS_EVENT TRIGGERING each 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 11\n"
        "E PROCESS_EVENT TRIGGERED each 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 11\n"
        "}\n"
        "{ 34\n"
        "E JOB COMPLETED 14\n"
        "E PROCESS_EVENT TRIGGERING each 19\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 10\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 10\n"
        "E PROCESS_EVENT TRIGGERED each 19\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 10\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 8\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 20\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 21\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 21\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 21\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 21\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 21\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 21\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT multi 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING multi 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED multi 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void instances_run_one_after_the_other(void **unused) {
    (void)unused;
    struct harness *h = with_items(true, 2);
    struct wg_value_variable counter;
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8"), 
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 8\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 9\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 9\n"
        "E VARIABLE CREATED item 10\n"
        "E VARIABLE CREATED loopCounter 11\n"
        "E JOB CREATED 12\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 9\n"
        "}\n");
    wg_index before = end_of(h);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    harness_last(h, WG_VT_VARIABLE, WG_VARIABLE_CREATED, &counter);
    assert_true(wg_bytes_equal(counter.name, wg_bytes_str("loopCounter")));
    assert_int_equal(counter.value.ptr[0], 2);
    harness_complete(h, last_job(h), 0);
    harness_settle(h);
    expect(h, before, 
        "C JOB COMPLETE 12\n"
        "{ 26\n"
        "E JOB COMPLETED 12\n"
        "E PROCESS_EVENT TRIGGERING each 13\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 9\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 9\n"
        "E PROCESS_EVENT TRIGGERED each 13\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 9\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 14\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 14\n"
        "E VARIABLE CREATED item 15\n"
        "E VARIABLE CREATED loopCounter 16\n"
        "E JOB CREATED 17\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 14\n"
        "}\n"
        "C JOB COMPLETE 17\n"
        "{ 39\n"
        "E JOB COMPLETED 17\n"
        "E PROCESS_EVENT TRIGGERING each 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 14\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 14\n"
        "E PROCESS_EVENT TRIGGERED each 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 14\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 8\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 8\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 19\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 20\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 20\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 20\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 20\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 20\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 20\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT multi 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING multi 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED multi 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void empty_collection_runs_nothing(void **unused) {
    (void)unused;
    for (int sequential = 0; sequential < 2; sequential++) {
        struct harness *h = with_items(sequential != 0, 0);
        assert_non_null(strstr(harness_text(h, 1), "E PROCESS_INSTANCE ELEMENT_COMPLETED multi 3\n"));
        all_is_over(h);
        harness_free(h);
    }
}

static void missing_collection_raises_an_incident(void **unused) {
    (void)unused;
    model_multi(&model, false);
    struct harness *h = started("multi");
    struct wg_value_incident incident;
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 7"), 
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 7\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 7\n"
        "E INCIDENT CREATED 8\n"
        "}\n");
    wg_key first = harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_CREATED, &incident);
    assert_true(wg_bytes_equal(incident.error_type, wg_bytes_str("EXTRACT_VALUE_ERROR")));
    wg_index before = wg_log_last_index(h->log);
    harness_resolve(h, first); /* the element goes on in the same batch; nothing has changed: the next incident */
    harness_settle(h);
    expect(h, before, 
        "C INCIDENT RESOLVE 8\n"
        "{ 19\n"
        "E INCIDENT RESOLVED 8\n"
        "E INCIDENT CREATED 9\n"
        "}\n");
    assert_true(harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_CREATED, &incident) != first);
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 22\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT multi 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING multi 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 10\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT each 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING each 7\n"
        "E INCIDENT RESOLVED 9\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED each 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED multi 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

/* Reference: zeebe MultiInstanceBodyProcessor (activate, setLoopVariables, beforeExecutionPathCompleted,
 * onComplete). */
static void results_are_collected(void **unused) {
    (void)unused;
    model_multi_output(&model, false);
    struct harness *h = deployed();
    harness_create_with_items(h, "multi", "items", 2);
    harness_settle(h);
    wg_key second = last_job(h);
    struct wg_value_variable variable;
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8"),
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 8\n"
        "E VARIABLE CREATED results 9\n"
        "C+ PROCESS_INSTANCE_BATCH ACTIVATE 10\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 11\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT each 12\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 11\n"
        "E VARIABLE CREATED item 13\n"
        "E VARIABLE CREATED a 14\n"
        "E VARIABLE CREATED loopCounter 15\n"
        "E JOB CREATED 16\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING each 12\n"
        "E VARIABLE CREATED item 17\n"
        "E VARIABLE CREATED a 18\n"
        "E VARIABLE CREATED loopCounter 19\n"
        "E JOB CREATED 20\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED each 12\n"
        "}\n");
    wg_index before = end_of(h);
    harness_complete(h, second, 1);
    harness_settle(h);
    expect(h, before,
        "C JOB COMPLETE 20\n"
        "{ 36\n"
        "E JOB COMPLETED 20\n"
        "E PROCESS_EVENT TRIGGERING each 21\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 12\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING each 12\n"
        "E PROCESS_EVENT TRIGGERED each 21\n"
        "E VARIABLE UPDATED a 18\n"
        "E VARIABLE UPDATED results 9\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED each 12\n"
        "}\n");
    harness_complete(h, instance + 13, 0); /* without a result: nil stays */
    harness_settle(h);
    assert_non_null(strstr(text_from(h, "C+ PROCESS_INSTANCE COMPLETE_ELEMENT each 8"),
                           "E PROCESS_INSTANCE ELEMENT_COMPLETING each 8\n"
                           "E VARIABLE CREATED results 23\n"
                           "E PROCESS_INSTANCE ELEMENT_COMPLETED each 8\n"));
    harness_last(h, WG_VT_VARIABLE, WG_VARIABLE_CREATED, &variable);
    assert_true(wg_bytes_equal(variable.value, wg_bytes_of("\x92\xc0\x00", 3)));
    assert_int_equal(variable.scope_key, instance);
    all_is_over(h);
    harness_free(h);
}

/* More than one batch of commands takes. */
static void many_instances_are_all_run_and_all_ended(void **unused) {
    (void)unused;
    for (int cancels = 0; cancels < 2; cancels++) {
        struct harness *h = with_items(false, 230);
        struct wg_value_job job;
        wg_key last = harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job);
        uint32_t jobs = 0;
        for (wg_key key = instance; key <= last; key++) {
            struct wg_bytes row;
            uint8_t bytes[8];
            wg_state_key_u64(bytes, (uint64_t)key);
            if (wg_state_get(h->state, WG_CF_JOB, wg_bytes_of(bytes, 8), &row)) {
                jobs++;
                if (cancels == 0) {
                    harness_complete(h, key, 0);
                    harness_settle(h);
                }
            }
        }
        assert_int_equal(jobs, 230);
        if (cancels != 0) {
            cancelled(h);
        }
        all_is_over(h);
        harness_free(h);
    }
}

static void user_task_is_completed_or_cancelled(void **unused) {
    (void)unused;
    struct wg_value_user_task task;
    model_user_task(&model);
    struct harness *h = started("approval");
    assert_string_equal(text_from(h, "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT approve 7"), 
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT approve 7\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING approve 7\n"
        "E USER_TASK CREATING approve 8\n"
        "E USER_TASK CREATED approve 8\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED approve 7\n"
        "}\n");
    wg_index before = end_of(h);
    wg_key key = harness_last(h, WG_VT_USER_TASK, WG_USER_TASK_CREATED, &task);
    assert_int_equal(task.user_task_key, key);
    assert_int_equal(task.creation_timestamp, h->env->wall_ms);
    harness_complete_user_task(h, key);
    harness_settle(h);
    assert_int_equal(h->replies[0].intent, WG_USER_TASK_COMPLETED);
    expect(h, before, 
        "C USER_TASK COMPLETE 8\n"
        "{ 21\n"
        "E USER_TASK COMPLETING approve 8\n"
        "E USER_TASK COMPLETED approve 8\n"
        "E PROCESS_EVENT TRIGGERING approve 9\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT approve 7\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING approve 7\n"
        "E PROCESS_EVENT TRIGGERED approve 9\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED approve 7\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 10\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 11\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 11\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 11\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 11\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT approval 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING approval 3\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED approval 3\n"
        "}\n");
    harness_complete_user_task(h, key);
    harness_settle(h);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    all_is_over(h);
    harness_free(h);
    h = started("approval");
    expect(h, cancelled(h), 
        "C PROCESS_INSTANCE CANCEL 3\n"
        "{ 21\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT approval 3\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING approval 3\n"
        "C+ PROCESS_INSTANCE_BATCH TERMINATE 9\n"
        "C+ PROCESS_INSTANCE TERMINATE_ELEMENT approve 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATING approve 7\n"
        "E USER_TASK CANCELING approve 8\n"
        "E USER_TASK CANCELED approve 8\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED approve 7\n"
        "E PROCESS_INSTANCE ELEMENT_TERMINATED approval 3\n"
        "}\n");
    all_is_over(h);
    harness_free(h);
}

static void unexpected_failure_bans_the_instance(void **unused) {
    (void)unused;
    model_timer(&model, 500);
    struct harness *h = deployed();
    struct wg_value_error error;
    harness_create_of(h, "timer", "waggle:poison", 1);
    harness_create_of(h, "timer", NULL, 0);
    harness_settle(h);
    wg_index before = end_of(h);
    harness_advance(h, 1500);
    harness_settle(h);
    harness_advance(h, 5000); /* the banned instance's timer is left alone */
    harness_settle(h);
    expect(h, before, 
        "C TIMER TRIGGER wait 9\n"
        "C TIMER TRIGGER wait 15\n"
        "{ 37\n"
        "R TIMER TRIGGER wait 9 PROCESSING_ERROR\n"
        "E ERROR CREATED 9\n"
        "}\n"
        "{ 38\n"
        "E TIMER TRIGGERED wait 15\n"
        "E PROCESS_EVENT TRIGGERING wait 16\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT wait 14\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING wait 14\n"
        "E PROCESS_EVENT TRIGGERED wait 16\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED wait 14\n"
        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN f5 17\n"
        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 18\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 18\n"
        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 18\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 18\n"
        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT timer 10\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETING timer 10\n"
        "E PROCESS_INSTANCE ELEMENT_COMPLETED timer 10\n"
        "}\n");
    harness_last(h, WG_VT_ERROR, WG_ERROR_CREATED, &error);
    assert_int_equal(error.process_instance_key, instance);
    cancelled(h);
    all_is_over(h);
    harness_free(h);
}

/* What a leader has done is done again by the next one, from the log alone. */
static void next_leader_finds_what_waits(void **unused) {
    (void)unused;
    model_box(&model, 1000);
    struct harness *h = started("boxed");
    harness_crash(h, end_of(h));
    harness_lead(h);
    harness_advance(h, 1500);
    harness_crash(h, end_of(h)); /* the trigger is in the log, not what it does */
    harness_lead(h);
    harness_advance(h, 1500);
    harness_settle(h);
    assert_non_null(strstr(harness_text(h, 1), "E PROCESS_INSTANCE ELEMENT_COMPLETED late"));
    all_is_over(h);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_ends_a_task),
        cmocka_unit_test(cancel_ends_the_built_in_process),
        cmocka_unit_test(cancel_resolves_the_incident),
        cmocka_unit_test(cancel_ends_a_timer_beside_a_join_that_waits),
        cmocka_unit_test(only_a_running_instance_is_cancelled),
        cmocka_unit_test(sub_process_runs_inside_its_scope),
        cmocka_unit_test(cancel_ends_a_sub_process_from_the_inside),
        cmocka_unit_test(timer_interrupts_a_sub_process),
        cmocka_unit_test(error_is_caught_around_the_task),
        cmocka_unit_test(error_that_nothing_catches_raises_an_incident),
        cmocka_unit_test(timer_interrupts_a_task),
        cmocka_unit_test(timer_runs_beside_a_task),
        cmocka_unit_test(timer_goes_with_its_task),
        cmocka_unit_test(instances_run_side_by_side),
        cmocka_unit_test(instances_run_one_after_the_other),
        cmocka_unit_test(empty_collection_runs_nothing),
        cmocka_unit_test(missing_collection_raises_an_incident),
        cmocka_unit_test(results_are_collected),
        cmocka_unit_test(many_instances_are_all_run_and_all_ended),
        cmocka_unit_test(user_task_is_completed_or_cancelled),
        cmocka_unit_test(unexpected_failure_bans_the_instance),
        cmocka_unit_test(next_leader_finds_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
