/* Messages that clients publish for instances which wait for some: where they go, what is sent twice,
 * and when it ends. The test is the cluster: it answers at once, at the next moment of its clock. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "codec/values.h"
#include "sim/workload/workload_internal.h"

#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 4096u
#define IDS 512u
#define PARTITIONS 3u

struct timer {
    bool used;
    uint32_t id;
    wg_time at;
};

struct rig {
    struct sim_workload *workload;
    struct sim_choices *choices;
    struct sim_cluster_options cluster;
    wg_time now;
    struct timer timers[QUEUE];
    struct wg_reply replies[QUEUE];
    uint32_t reply_count;
    char ids[IDS][64]; /* key and id of each message */
    uint32_t id_count;
    uint64_t published, refused, instances;
    bool taken; /* each message reaches its instance at once */
    wg_key next_key;
};

static void set_timer(void *ctx, uint32_t id, wg_time at) {
    struct rig *r = ctx;
    uint32_t i = 0;
    while (r->timers[i].used) {
        i++;
        assert_true(i < QUEUE);
    }
    r->timers[i] = (struct timer){true, id, at};
}

static void ignore_fact(void *ctx, const struct sim_fact *fact) { (void)ctx, (void)fact; }

static bool no_incident(void *ctx, wg_partition_id p, wg_key job, wg_key *ret) {
    (void)ctx, (void)p, (void)job, (void)ret;
    return false;
}

/* Whether a message of that key and id is new. */
static bool is_new(struct rig *r, const struct wg_value_message *message) {
    char text[64];
    snprintf(text, sizeof text, "%.*s/%.*s", (int)message->correlation_key.len,
             (const char *)message->correlation_key.ptr, (int)message->message_id.len,
             (const char *)message->message_id.ptr);
    for (uint32_t i = 0; i < r->id_count; i++) {
        if (strcmp(r->ids[i], text) == 0) {
            return false;
        }
    }
    assert_true(r->id_count < IDS);
    memcpy(r->ids[r->id_count++], text, sizeof text);
    return true;
}

/* The sum of the key's characters, each step times 31, by hand: keys are short. */
static wg_partition_id home_of(struct wg_bytes key) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < key.len; i++) {
        sum = sum * 31 + key.ptr[i];
    }
    return (wg_partition_id)(sum % (int32_t)PARTITIONS) + 1;
}

static uint8_t publish(struct rig *r, const struct wg_request *request) {
    struct wg_value_message value;
    assert_int_equal(wg_value_decode(WG_VT_MESSAGE, request->value, &value), WG_OK);
    assert_int_equal(request->partition, home_of(value.correlation_key));
    assert_memory_equal(value.name.ptr, "paid", 4);
    assert_int_equal(value.time_to_live, 20000);
    if (!is_new(r, &value)) {
        r->refused++;
        return WG_REJECTION;
    }
    r->published++;
    if (r->taken) {
        sim_workload_message_taken(r->workload, value.name, value.correlation_key, ++r->next_key,
                                   r->now);
        sim_workload_message_taken(r->workload, value.name, value.correlation_key, r->next_key,
                                   r->now); /* told twice */
    }
    return WG_EVENT;
}

static void send_request(void *ctx, wg_node_id node, const struct wg_request *request) {
    struct rig *r = ctx;
    uint8_t type = WG_EVENT;
    (void)node;
    if (request->value_type == WG_VT_MESSAGE) {
        type = publish(r, request);
    }
    r->instances += request->value_type == WG_VT_PROCESS_INSTANCE_CREATION;
    assert_true(r->reply_count < QUEUE);
    r->replies[r->reply_count++] = (struct wg_reply){.request_id = request->request_id,
                                                     .stream_id = request->stream_id,
                                                     .error = WG_ERR_NONE,
                                                     .partition = request->partition,
                                                     .record_type = type,
                                                     .value_type = request->value_type,
                                                     .intent = request->intent,
                                                     .key = WG_KEY_NONE};
}

static void run(struct rig *r, wg_time until) {
    for (;;) {
        while (r->reply_count > 0) {
            struct wg_reply reply = r->replies[--r->reply_count];
            sim_workload_on_reply(r->workload, &reply, r->now);
        }
        uint32_t next = QUEUE;
        for (uint32_t i = 0; i < QUEUE; i++) {
            if (r->timers[i].used && (next == QUEUE || r->timers[i].at < r->timers[next].at)) {
                next = i;
            }
        }
        if (next == QUEUE || r->timers[next].at > until) {
            r->now = until;
            return;
        }
        r->timers[next].used = false;
        r->now = r->timers[next].at;
        sim_workload_on_timer(r->workload, r->timers[next].id, r->now);
    }
}

static char wait_id[] = "paid";
static char wait_variable[] = "order";
static struct sim_process_step wait_step = {.kind = SIM_STEP_MESSAGE, .id = wait_id,
                                            .variable = wait_variable};
static char process_id[] = "wait";
static struct sim_process process = {.id = process_id, .steps = {0, &wait_step, 1}};

static struct rig *rig_new(bool taken, uint32_t repeats) {
    static struct sim_workload_options options;
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    options = (struct sim_workload_options){
        .process = 1,
        .rate_per_hour = 3600,
        .until = 20 * WG_SECOND,
        .workers = SIM_WORKERS_STANDARD,
        .messages = {.ttl = 20 * WG_SECOND, .early_per_million = 500000,
                     .repeat_per_million = repeats},
    };
    struct sim_workload_ports ports = {.ctx = r,
                                       .send_request = send_request,
                                       .set_timer = set_timer,
                                       .fact = ignore_fact,
                                       .find_incident = no_incident};
    free(process.text);
    process.text = sim_process_text(&process);
    r->cluster = (struct sim_cluster_options){.brokers = 3, .partitions = PARTITIONS,
                                              .replication_factor = 3, .peers = true};
    r->taken = taken;
    r->choices = sim_choices_new(7);
    r->workload = sim_workload_new(&options, 1, &process, &r->cluster, r->choices, &ports);
    sim_workload_start(r->workload, 0);
    return r;
}

static void rig_free(struct rig *r) {
    sim_workload_free(r->workload);
    sim_choices_free(r->choices);
    free(process.text);
    process.text = NULL;
    free(r);
}

static void each_instance_gets_one_message(void **unused) {
    (void)unused;
    struct rig *r = rig_new(true, 0);
    run(r, 40 * WG_SECOND);
    assert_true(r->instances > 10);
    assert_int_equal(r->published, r->instances);
    assert_int_equal(r->refused, 0);
    sim_workload_quiesce(r->workload, r->now);
    run(r, r->now + 80 * WG_SECOND);
    assert_true(sim_workload_idle(r->workload));
    rig_free(r);
}

/* The same message as an event that stands at a task and does not end it. */
static struct sim_boundary told = {.message = wait_id, .key = wait_variable};
static char task_id[] = "work";
static struct sim_process_step told_step = {
    .kind = SIM_STEP_TASK, .id = task_id, .type = task_id, .retries = 1, .boundaries = &told,
    .boundary_count = 1};

static void message_at_a_task_is_compiled_and_published(void **unused) {
    (void)unused;
    uint8_t form[4096];
    process.steps.steps = &told_step;
    struct wg_model model = wg_model_on(workload_compile(&process, form, sizeof form));
    uint32_t event = wg_model_find(&model, wg_bytes_str("paid"));
    struct wg_model_element e = wg_model_at(&model, event);
    assert_int_equal(e.kind, WG_MODEL_BOUNDARY_MESSAGE);
    assert_int_equal(e.flags, WG_MODEL_NON_INTERRUPTING);
    assert_int_equal(e.source, wg_model_find(&model, wg_bytes_str("work")));
    assert_true(wg_bytes_equal(wg_model_text(&model, event), wg_bytes_str("paid")));
    assert_true(wg_bytes_equal(wg_model_second(&model, event), wg_bytes_str("order")));
    struct rig *r = rig_new(true, 0);
    run(r, 40 * WG_SECOND);
    assert_true(r->instances > 10);
    assert_int_equal(r->published, r->instances);
    rig_free(r);
    process.steps.steps = &wait_step;
}

static void repeated_messages_have_the_same_id(void **unused) {
    (void)unused;
    struct rig *r = rig_new(false, 1000000);
    run(r, 30 * WG_SECOND);
    assert_true(r->refused > 5);
    rig_free(r);
}

static void message_that_reaches_nobody_is_given_up_in_the_end(void **unused) {
    (void)unused;
    struct rig *r = rig_new(false, 0);
    run(r, 100 * WG_SECOND);
    assert_true(r->published > 3 * r->instances); /* anew after its time */
    sim_workload_quiesce(r->workload, r->now);
    run(r, r->now + 30 * WG_SECOND);
    assert_false(sim_workload_idle(r->workload));
    run(r, r->now + 150 * WG_SECOND);
    assert_true(sim_workload_idle(r->workload));
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_instance_gets_one_message),
        cmocka_unit_test(message_at_a_task_is_compiled_and_published),
        cmocka_unit_test(repeated_messages_have_the_same_id),
        cmocka_unit_test(message_that_reaches_nobody_is_given_up_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
