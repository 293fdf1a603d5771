/* Golden record sequences (reference: engine 11.1, 11.2), as text. Keys are counted from 1 in the
 * order they are made. */
#include "unit/stream/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char deployed[] = "C DEPLOYMENT CREATE -1\n"
                               "{ 1\n"
                               "E PROCESS CREATED 2\n"
                               "E DEPLOYMENT CREATED 1\n"
                               "}\n";

static const char created[] = "C PROCESS_INSTANCE_CREATION CREATE -1\n"
                              "{ 4\n"
                              "E VARIABLE CREATED a 4\n"
                              "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT one-task 3\n"
                              "E PROCESS_INSTANCE_CREATION CREATED 5\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATING one-task 3\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATED one-task 3\n"
                              "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT start -1\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATING start 6\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATED start 6\n"
                              "C+ PROCESS_INSTANCE COMPLETE_ELEMENT start 6\n"
                              "E PROCESS_INSTANCE ELEMENT_COMPLETING start 6\n"
                              "E PROCESS_INSTANCE ELEMENT_COMPLETED start 6\n"
                              "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN to-task 7\n"
                              "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT task 8\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATING task 8\n"
                              "E JOB CREATED 9\n"
                              "E PROCESS_INSTANCE ELEMENT_ACTIVATED task 8\n"
                              "}\n";

/* The process is deployed and one instance with one variable waits at its task. */
static struct harness *with_instance(void) {
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    assert_string_equal(harness_text(h, 1), deployed);
    wg_index before = wg_log_last_index(h->log);
    harness_create(h, 1);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1), created);
    return h;
}

#define JOB_KEY wg_key_encode(1, 9)

static void creation_makes_one_batch(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    assert_int_equal(h->reply_count, 1);
    assert_int_equal(h->replies[0].error, WG_ERR_NONE);
    assert_int_equal(h->replies[0].request_id, 2);
    assert_int_equal(h->replies[0].intent, WG_PIC_CREATED);
    assert_int_equal(h->replies[0].key, wg_key_encode(1, 5));
    const struct wg_stream_positions *positions = wg_processor_positions(h->processor);
    assert_int_equal(positions->last_processed, 4);
    assert_int_equal(positions->last_written, 20);
    harness_free(h);
}

static void completion_makes_one_batch(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    uint64_t rows = wg_state_rows(h->state);
    wg_index before = wg_log_last_index(h->log);
    harness_activate(h, 10, 1000);
    harness_settle(h);
    harness_complete(h, JOB_KEY, 2);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C JOB_BATCH ACTIVATE -1\n"
                        "{ 21\n"
                        "E JOB_BATCH ACTIVATED 10\n"
                        "}\n"
                        "C JOB COMPLETE 9\n"
                        "{ 23\n"
                        "E JOB COMPLETED 9\n"
                        "E PROCESS_EVENT TRIGGERING task 11\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT task 8\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING task 8\n"
                        "E PROCESS_EVENT TRIGGERED task 11\n"
                        "E VARIABLE CREATED b 12\n" /* a keeps its value */
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED task 8\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN to-end 13\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT end 14\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING end 14\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED end 14\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT end 14\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING end 14\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED end 14\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT one-task 3\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING one-task 3\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED one-task 3\n"
                        "}\n");
    /* instance: 2 elements, job, its index and the variable are gone */
    assert_int_equal(wg_state_rows(h->state), rows - 5);
    harness_free(h);
}

static void failed_job_raises_an_incident(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    wg_index before = wg_log_last_index(h->log);
    harness_fail(h, JOB_KEY, 2, 0);
    harness_settle(h);
    harness_fail(h, JOB_KEY, 0, 1);
    harness_settle(h);
    harness_complete(h, JOB_KEY, 0);
    harness_settle(h);
    harness_resolve(h, wg_key_encode(1, 11));
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_REJECTION);
    assert_int_equal(h->replies[0].rejection_type, WG_REJECT_NOT_FOUND);
    harness_update_retries(h, JOB_KEY, 1);
    harness_settle(h);
    harness_resolve(h, wg_key_encode(1, 11));
    harness_settle(h);
    harness_activate(h, 1, 1000);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1), "C JOB FAIL 9\n"
                                                     "{ 21\n"
                                                     "E JOB FAILED 9\n"
                                                     "}\n"
                                                     "C JOB FAIL 9\n"
                                                     "{ 23\n"
                                                     "E JOB FAILED 9\n"
                                                     "E VARIABLE CREATED a 10\n"
                                                     "E INCIDENT CREATED 11\n"
                                                     "}\n"
                                                     "C JOB COMPLETE 9\n"
                                                     "{ 27\n"
                                                     "R JOB COMPLETE 9 INVALID_STATE\n"
                                                     "}\n"
                                                     "C INCIDENT RESOLVE 11\n"
                                                     "{ 29\n"
                                                     "R INCIDENT RESOLVE 11 INVALID_STATE\n"
                                                     "}\n"
                                                     "C JOB UPDATE_RETRIES 9\n"
                                                     "{ 31\n"
                                                     "E JOB RETRIES_UPDATED 9\n"
                                                     "}\n"
                                                     "C INCIDENT RESOLVE 11\n"
                                                     "{ 33\n"
                                                     "E INCIDENT RESOLVED 11\n"
                                                     "}\n"
                                                     "C JOB_BATCH ACTIVATE -1\n"
                                                     "{ 35\n"
                                                     "E JOB_BATCH ACTIVATED 12\n"
                                                     "}\n");
    harness_free(h);
}

#define assert_text(bytes, text) assert_true(wg_bytes_equal(bytes, wg_bytes_str(text)))

static void job_and_instance_values_are_complete(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    struct wg_value_job job;
    struct wg_value_process_instance task;
    struct wg_value_variable variable;
    wg_key task_key = harness_last(h, WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_ACTIVATED, &task);
    assert_text(task.bpmn_element_type, "SERVICE_TASK");
    assert_text(task.bpmn_event_type, "UNSPECIFIED");
    assert_text(task.bpmn_process_id, "one-task");
    assert_int_equal(task.version, 1);
    assert_int_equal(task.process_definition_key, wg_key_encode(1, 2));
    assert_int_equal(task.process_instance_key, wg_key_encode(1, 3));
    assert_int_equal(task.flow_scope_key, wg_key_encode(1, 3));
    assert_int_equal(harness_last(h, WG_VT_JOB, WG_JOB_CREATED, &job), JOB_KEY);
    assert_text(job.type, "work");
    assert_int_equal(job.retries, 3);
    assert_int_equal(job.deadline, -1);
    assert_text(job.element_id, "task");
    assert_int_equal(job.element_instance_key, task_key);
    assert_int_equal(job.process_definition_version, 1);
    harness_last(h, WG_VT_VARIABLE, WG_VARIABLE_CREATED, &variable);
    assert_int_equal(variable.scope_key, wg_key_encode(1, 3));
    assert_int_equal(variable.process_definition_key, wg_key_encode(1, 2));
    harness_free(h);
}

static void activated_and_failed_values_are_complete(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    struct wg_value_job job;
    struct wg_value_incident incident;
    struct wg_value_job_batch batch;
    int64_t asked_at = h->env->wall_ms;
    harness_activate(h, 1, 700);
    harness_settle(h);
    harness_last(h, WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED, &batch);
    assert_false(batch.truncated);
    assert_int_equal(wg_value_decode(WG_VT_JOB,
                                     wg_bytes_of(batch.jobs.ptr + 1, batch.jobs.len - 1), &job),
                     WG_OK);
    assert_int_equal(job.deadline, asked_at + 700);
    assert_text(job.worker, "tester");
    assert_int_equal(job.variables.len, 4); /* {"a": 0} */
    harness_fail(h, JOB_KEY, 0, 0);
    harness_settle(h);
    wg_key key = harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_CREATED, &incident);
    assert_text(incident.error_type, "JOB_NO_RETRIES");
    assert_text(incident.error_message, "broken");
    assert_int_equal(incident.job_key, JOB_KEY);
    assert_int_equal(incident.variable_scope_key, incident.element_instance_key);
    harness_update_retries(h, JOB_KEY, 5);
    harness_settle(h);
    harness_last(h, WG_VT_JOB, WG_JOB_RETRIES_UPDATED, &job);
    assert_int_equal(job.retries, 5);
    assert_text(job.error_message, "broken");
    assert_text(job.worker, "tester");
    harness_resolve(h, key);
    harness_settle(h);
    assert_int_equal(harness_last(h, WG_VT_INCIDENT, WG_INCIDENT_RESOLVED, &incident), key);
    assert_text(incident.error_message, "broken");
    harness_free(h);
}

static void job_times_out_once_and_can_be_activated_again(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    wg_index before = wg_log_last_index(h->log);
    harness_activate(h, 1, 2500);
    harness_settle(h);
    harness_advance(h, 2400);
    assert_int_equal(wg_log_last_index(h->log), before + 2);
    harness_advance(h, 5000); /* looked at again and again, written once */
    assert_int_equal(wg_log_last_index(h->log), before + 3);
    harness_settle(h);
    harness_advance(h, 5000);
    assert_string_equal(harness_text(h, before + 3), "C JOB TIME_OUT 9\n"
                                                     "{ 23\n"
                                                     "E JOB TIMED_OUT 9\n"
                                                     "}\n");
    harness_activate(h, 1, 1000);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 5), "C JOB_BATCH ACTIVATE -1\n"
                                                     "{ 25\n"
                                                     "E JOB_BATCH ACTIVATED 11\n"
                                                     "}\n");
    harness_free(h);
}

static uint32_t due_commands_from(struct harness *h, wg_index first) {
    uint32_t count = 0;
    for (const char *at = harness_text(h, first); (at = strstr(at, "C JOB TIME_OUT ")) != NULL; at++) {
        count++;
    }
    return count;
}

/* No room in the log when a job is due: clients ask all the time, so who asks once a second never gets in. */
static void due_command_without_room_is_tried_again_at_once(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    harness_activate(h, 1, 2500);
    harness_settle(h);
    harness_crash(h, h->commit);
    h->options.append_limit = 1;
    harness_lead(h);
    harness_settle(h);
    harness_advance(h, 2400);
    harness_create(h, 0);
    harness_advance(h, 1000);
    assert_int_equal(due_commands_from(h, 1), 0);
    harness_settle(h);
    harness_advance(h, 50);
    assert_int_equal(due_commands_from(h, 1), 1);
    harness_settle(h);
    harness_free(h);
}

/* A check takes 100; the rest does not wait for the next second. More than 256 are never on their way. */
static void jobs_beyond_one_check_time_out_at_once(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    for (uint32_t i = 0; i < 299; i++) {
        harness_create(h, 0);
        harness_settle(h);
    }
    harness_activate(h, 256, 2000);
    harness_settle(h);
    harness_activate(h, 256, 2000);
    harness_settle(h);
    wg_index before = wg_log_last_index(h->log);
    harness_advance(h, 2000);
    assert_int_equal(due_commands_from(h, before + 1), 100);
    harness_advance(h, 20);
    assert_int_equal(due_commands_from(h, before + 1), 200);
    harness_advance(h, 3000);
    assert_int_equal(due_commands_from(h, before + 1), 256);
    harness_settle(h);
    harness_advance(h, 20);
    assert_int_equal(due_commands_from(h, before + 1), 300);
    harness_free(h);
}

static void deployment_of_the_same_content_is_a_duplicate(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    wg_index before = wg_log_last_index(h->log);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_deploy(h, "one-task.bpmn", "v2");
    harness_deploy(h, "other.bpmn", "v2");
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C DEPLOYMENT CREATE -1\n"
                        "C DEPLOYMENT CREATE -1\n"
                        "C DEPLOYMENT CREATE -1\n"
                        "{ 21\n"
                        "E DEPLOYMENT CREATED 10\n"
                        "}\n"
                        "{ 22\n"
                        "E PROCESS CREATED 12\n"
                        "E DEPLOYMENT CREATED 11\n"
                        "}\n"
                        "{ 23\n"
                        "R DEPLOYMENT CREATE -1 INVALID_ARGUMENT\n"
                        "}\n");
    harness_free(h);
}

static void batch_limit_leaves_commands_for_later(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    h->options.max_commands_in_batch = 2;
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    wg_index before = wg_log_last_index(h->log);
    harness_create(h, 0);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C PROCESS_INSTANCE_CREATION CREATE -1\n"
                        "{ 4\n"
                        "C+ PROCESS_INSTANCE ACTIVATE_ELEMENT one-task 3\n"
                        "E PROCESS_INSTANCE_CREATION CREATED 4\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING one-task 3\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED one-task 3\n"
                        "C PROCESS_INSTANCE ACTIVATE_ELEMENT start -1\n"
                        "}\n"
                        "{ 9\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING start 5\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED start 5\n"
                        "C+ PROCESS_INSTANCE COMPLETE_ELEMENT start 5\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETING start 5\n"
                        "E PROCESS_INSTANCE ELEMENT_COMPLETED start 5\n"
                        "E PROCESS_INSTANCE SEQUENCE_FLOW_TAKEN to-task 6\n"
                        "C PROCESS_INSTANCE ACTIVATE_ELEMENT task 7\n"
                        "}\n"
                        "{ 16\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATING task 7\n"
                        "E JOB CREATED 8\n"
                        "E PROCESS_INSTANCE ELEMENT_ACTIVATED task 7\n"
                        "}\n");
    harness_free(h);
}

struct rejection {
    const char *name;
    void (*send)(struct harness *h);
    enum wg_rejection_type type;
};

#define NO_KEY wg_key_encode(1, 777)

static void create_unknown(struct harness *h) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str("other");
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}
static void create_unknown_version(struct harness *h) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str("one-task");
    value.version = 9;
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}
static void create_nothing(struct harness *h) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}
static void complete_unknown(struct harness *h) { harness_complete(h, NO_KEY, 0); }
static void fail_unknown(struct harness *h) { harness_fail(h, NO_KEY, 1, 0); }
static void retries_unknown(struct harness *h) { harness_update_retries(h, NO_KEY, 1); }
static void retries_zero(struct harness *h) { harness_update_retries(h, JOB_KEY, 0); }
static void resolve_unknown(struct harness *h) { harness_resolve(h, NO_KEY); }
static void activate_none(struct harness *h) { harness_activate(h, 0, 1000); }
static void activate_no_time(struct harness *h) { harness_activate(h, 1, 0); }
static void deploy_other(struct harness *h) { harness_deploy(h, "x.bpmn", "v1"); }

static const struct rejection rejections[] = {
    {"create unknown process", create_unknown, WG_REJECT_NOT_FOUND},
    {"create unknown version", create_unknown_version, WG_REJECT_NOT_FOUND},
    {"create without id and key", create_nothing, WG_REJECT_INVALID_ARGUMENT},
    {"complete unknown job", complete_unknown, WG_REJECT_NOT_FOUND},
    {"fail unknown job", fail_unknown, WG_REJECT_NOT_FOUND},
    {"update retries of unknown job", retries_unknown, WG_REJECT_NOT_FOUND},
    {"update retries to zero", retries_zero, WG_REJECT_INVALID_ARGUMENT},
    {"resolve unknown incident", resolve_unknown, WG_REJECT_NOT_FOUND},
    {"activate no jobs", activate_none, WG_REJECT_INVALID_ARGUMENT},
    {"activate for no time", activate_no_time, WG_REJECT_INVALID_ARGUMENT},
    {"deploy another resource", deploy_other, WG_REJECT_INVALID_ARGUMENT},
};

static void rejected_commands_change_nothing(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    for (size_t i = 0; i < sizeof rejections / sizeof *rejections; i++) {
        wg_index before = wg_log_last_index(h->log);
        uint64_t rows = wg_state_rows(h->state);
        rejections[i].send(h);
        harness_settle(h);
        if (wg_log_last_index(h->log) != before + 2 || h->reply_count != 1 ||
            h->replies[0].record_type != WG_REJECTION ||
            h->replies[0].rejection_type != rejections[i].type) {
            fail_msg("%s: %s", rejections[i].name, harness_text(h, before + 1));
        }
        assert_int_equal(wg_state_rows(h->state), rows);
    }
    harness_free(h);
}

static void too_large_batch_is_rejected(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    h->options.max_message_bytes = 64u << 10;
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_create(h, 0);
    harness_settle(h);
    static uint8_t bytes[48u << 10];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    uint8_t head[] = {0x81, 0xA1, 'x', 0xDA, 0xA0, 0x00}; /* {"x": a string of 40 KiB} */
    wg_write_bytes(&out, head, sizeof head);
    memset(wg_write_room(&out, 40u << 10), 'y', 40u << 10);
    struct wg_value_job value;
    assert_int_equal(wg_value_init(WG_VT_JOB, &value), WG_OK);
    value.variables = wg_writer_bytes(&out);
    wg_index before = wg_log_last_index(h->log);
    harness_request(h, WG_VT_JOB, WG_JOB_COMPLETE, wg_key_encode(1, 8), &value);
    harness_settle(h);
    assert_string_equal(harness_text(h, before + 1),
                        "C JOB COMPLETE 8\n"
                        "{ 20\n"
                        "R JOB COMPLETE 8 EXCEEDED_BATCH_RECORD_SIZE\n"
                        "}\n");
    harness_complete(h, wg_key_encode(1, 8), 0); /* the job is still there */
    harness_settle(h);
    assert_int_equal(h->replies[0].record_type, WG_EVENT);
    harness_free(h);
}

static void requests_are_refused_with_the_right_code(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    struct wg_value_process_instance value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE, &value), WG_OK);
    harness_request(h, WG_VT_PROCESS_INSTANCE, WG_PI_ACTIVATE_ELEMENT, 5, &value);
    assert_int_equal(h->replies[0].error, WG_ERR_MALFORMED_REQUEST);
    wg_processor_set_paused(h->processor, true);
    harness_create(h, 0);
    assert_int_equal(h->replies[0].error, WG_ERR_RESOURCE_EXHAUSTED);
    wg_processor_set_paused(h->processor, false);
    for (uint32_t i = 0; i < 1000; i++) {
        harness_create(h, 0);
        assert_int_equal(h->reply_count, 0);
    }
    harness_create(h, 0); /* a thousand commands wait for their commit */
    assert_int_equal(h->reply_count, 1);
    assert_int_equal(h->replies[0].error, WG_ERR_RESOURCE_EXHAUSTED);
    harness_complete(h, JOB_KEY, 0);
    assert_int_equal(h->reply_count, 0);
    harness_free(h);
}

static void refused_write_is_rolled_back_and_tried_again(void **unused) {
    (void)unused;
    struct harness *h = with_instance();
    for (uint32_t i = 0; i < 1000; i++) {
        harness_create(h, 0);
    }
    for (uint32_t i = 0; i < 24; i++) {
        harness_complete(h, JOB_KEY, 0);
    }
    /* 1024 batches are in flight. The commit of one makes room, which a request takes before the
     * processor comes to work again. */
    uint64_t hash = wg_state_hash(h->state);
    wg_position processed = wg_state_last_processed(h->state);
    wg_processor_set_paused(h->processor, true);
    harness_commit(h, h->commit + 1);
    wg_processor_set_paused(h->processor, false);
    wg_index last = wg_log_last_index(h->log);
    harness_complete(h, JOB_KEY, 0);
    assert_int_equal(wg_log_last_index(h->log), last + 1); /* the request's, no outcome */
    assert_int_equal(wg_state_hash(h->state), hash);
    assert_int_equal(wg_processor_positions(h->processor)->last_processed, processed);
    assert_int_equal(h->timers[1], h->env->now + 250 * WG_MS);
    harness_settle(h);
    harness_advance(h, 1000);
    harness_settle(h);
    struct wg_state *follower = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(follower), wg_state_hash(h->state));
    wg_state_free(follower);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_makes_one_batch),
        cmocka_unit_test(completion_makes_one_batch),
        cmocka_unit_test(failed_job_raises_an_incident),
        cmocka_unit_test(job_and_instance_values_are_complete),
        cmocka_unit_test(activated_and_failed_values_are_complete),
        cmocka_unit_test(job_times_out_once_and_can_be_activated_again),
        cmocka_unit_test(due_command_without_room_is_tried_again_at_once),
        cmocka_unit_test(jobs_beyond_one_check_time_out_at_once),
        cmocka_unit_test(deployment_of_the_same_content_is_a_duplicate),
        cmocka_unit_test(batch_limit_leaves_commands_for_later),
        cmocka_unit_test(rejected_commands_change_nothing),
        cmocka_unit_test(too_large_batch_is_rejected),
        cmocka_unit_test(requests_are_refused_with_the_right_code),
        cmocka_unit_test(refused_write_is_rolled_back_and_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
