/* See harness.h: the test is raft (appends at once, commits when told), client and clock. */
#include "unit/stream/harness.h"

#include "codec/batch.h"
#include "codec/msgpack.h"
#include "lib/test_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct harness *current; /* whose claims are collected; NULL = nobody's */

static void collect_claim(struct wg_env *env, const struct wg_claim *claim) {
    (void)env;
    if (current == NULL || claim->kind != WG_CLAIM_PROCESSED) {
        return;
    }
    assert_true(current->claim_count < HARNESS_CLAIMS_MAX);
    current->claims[current->claim_count++] =
        (struct harness_claim){(wg_position)claim->a, claim->b};
}

struct harness *harness_new(void) {
    struct harness *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->partition = 1;
    h->env = test_env_new();
    h->ops = *h->env->ops;
    h->ops.claim = collect_claim;
    h->env->ops = &h->ops;
    h->env->wall_ms = 1700000000000;
    h->options.max_message_bytes = 4u << 20;
    h->options.max_commands_in_batch = 100;
    h->options.request_limit = (struct wg_limit_options){.enabled = 1, .fixed = 1000};
    h->options.append_limit = 1024;
    h->log = fake_log_new(h->env);
    for (uint32_t i = 0; i < WG_TIMER_SLOTS; i++) {
        h->timers[i] = WG_TIME_NEVER;
    }
    current = h;
    return h;
}

static void close_processor(struct harness *h) {
    wg_processor_free(h->processor);
    wg_state_free(h->state);
    h->processor = NULL;
    h->state = NULL;
}

void harness_free(struct harness *h) {
    current = NULL;
    close_processor(h);
    fake_log_free(h->log);
    test_env_free(h->env);
    free(h);
}

static void step(struct harness *h, const struct wg_event *event) {
    assert_int_equal(wg_processor_step(h->processor, event), WG_OK);
}

static void send_post(struct harness *h, enum wg_post what, uint64_t value) {
    struct wg_event event = {.kind = WG_EVENT_POST,
                             .actor = WG_ACTOR_PROCESSOR,
                             .partition = h->partition,
                             .u.post = {.what = (uint32_t)what, .value = value}};
    step(h, &event);
}

/* Carries out one effect; whether the processor is to be woken. */
static bool take_effect(struct harness *h, const struct wg_effect *effect) {
    if (effect->kind == WG_EFFECT_TIMER) {
        h->timers[effect->u.timer.slot] = effect->u.timer.at;
    } else if (effect->kind == WG_EFFECT_REPLY) {
        h->replies[h->reply_count++ % HARNESS_REPLIES_MAX] = effect->u.reply;
    } else if (effect->kind == WG_EFFECT_SEND && h->on_send != NULL) {
        h->on_send(h, effect->u.message);
    } else if (effect->kind == WG_EFFECT_POST && effect->u.post.what == WG_POST_APPEND) {
        struct wg_append_task *task = effect->u.post.ptr;
        fake_log_append(h->log, task->term, task->lowest, task->highest,
                        wg_bytes_of(task->batch->bytes, task->batch->len));
        wg_append_task_free(h->env, task);
    } else if (effect->kind == WG_EFFECT_POST && effect->u.post.what == WG_POST_WAKE) {
        return true;
    }
    return false;
}

void harness_run(struct harness *h) {
    bool woken = true;
    while (woken) {
        uint32_t count;
        struct wg_effect *effects = test_env_effects(h->env, &count);
        woken = false;
        for (uint32_t i = 0; i < count; i++) {
            woken = take_effect(h, &effects[i]) || woken;
        }
        test_env_clear_effects(h->env);
        if (woken) {
            send_post(h, WG_POST_WAKE, 0);
        }
    }
}

void harness_lead(struct harness *h) {
    close_processor(h);
    h->term++;
    fake_log_append_initial(h->log, h->term);
    h->commit = wg_log_last_index(h->log);
    h->state = wg_state_new(h->env);
    assert_int_equal(wg_processor_new(h->env, &h->options, h->partition, h->log, h->state,
                                      WG_PROCESSOR_PROCESSING, h->term, h->commit, &h->processor),
                     WG_OK);
    wg_processor_use_topology(h->processor, &h->topology);
    harness_run(h);
    assert_true(wg_processor_is_processing(h->processor));
}

void harness_crash(struct harness *h, wg_index keep) {
    assert_true(keep >= h->commit);
    close_processor(h);
    fake_log_truncate_after(h->log, keep);
}

void harness_commit(struct harness *h, wg_index index) {
    if (index > h->commit) {
        h->commit = index;
        send_post(h, WG_POST_COMMIT, index);
    }
    harness_run(h);
}

void harness_settle(struct harness *h) {
    do {
        harness_commit(h, wg_log_last_index(h->log));
    } while (h->commit < wg_log_last_index(h->log));
}

void harness_advance(struct harness *h, int64_t ms) {
    wg_time end = h->env->now + ms * WG_MS;
    for (;;) {
        uint32_t slot = 0;
        for (uint32_t i = 1; i < WG_TIMER_SLOTS; i++) {
            slot = h->timers[i] < h->timers[slot] ? i : slot;
        }
        wg_time at = h->timers[slot] < end ? h->timers[slot] : end;
        h->env->wall_ms += (at - h->env->now) / WG_MS;
        h->env->now = at;
        if (h->timers[slot] > end) {
            return;
        }
        h->timers[slot] = WG_TIME_NEVER;
        struct wg_event event = {.kind = WG_EVENT_TIMER,
                                 .actor = WG_ACTOR_PROCESSOR,
                                 .partition = h->partition,
                                 .u.timer = slot};
        step(h, &event);
        harness_run(h);
    }
}

void harness_request(struct harness *h, uint8_t value_type, uint8_t intent, wg_key key,
                     const void *value) {
    static uint8_t bytes[1u << 20];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_value_encode(value_type, value, &out), WG_OK);
    struct wg_request request = {.request_id = ++h->requests,
                                 .stream_id = 7,
                                 .partition = h->partition,
                                 .value_type = value_type,
                                 .intent = intent,
                                 .key = key,
                                 .value = wg_writer_bytes(&out)};
    struct wg_event event = {.kind = WG_EVENT_REQUEST,
                             .actor = WG_ACTOR_PROCESSOR,
                             .partition = h->partition,
                             .u.request = &request};
    h->reply_count = 0;
    step(h, &event);
    harness_run(h);
}

void harness_message(struct harness *h, struct wg_message *message) {
    struct wg_event event = {.kind = WG_EVENT_MESSAGE,
                             .actor = WG_ACTOR_PROCESSOR,
                             .partition = h->partition,
                             .u.message = message};
    step(h, &event);
    harness_run(h);
}

static struct wg_state *state_from(struct harness *h, const struct wg_state_checkpoint *from) {
    if (from == NULL) {
        return wg_state_new(h->env);
    }
    struct wg_state *state;
    struct wg_buf *bytes = wg_state_checkpoint_encode(from);
    assert_int_equal(wg_state_decode(h->env, wg_bytes_of(bytes->bytes, bytes->len), &state), WG_OK);
    wg_buf_unref(bytes);
    return state;
}

struct wg_state *harness_follow(struct harness *h, const struct wg_state_checkpoint *from,
                                wg_index commit) {
    struct wg_processor *follower;
    struct wg_state *state = state_from(h, from);
    struct wg_event event = {.kind = WG_EVENT_POST,
                             .actor = WG_ACTOR_PROCESSOR,
                             .partition = h->partition,
                             .u.post = {.what = WG_POST_COMMIT, .value = commit}};
    current = NULL;
    assert_int_equal(wg_processor_new(h->env, &h->options, h->partition, h->log, state,
                                      WG_PROCESSOR_REPLAY, 0, 0, &follower),
                     WG_OK);
    uint32_t count;
    do {
        test_env_clear_effects(h->env);
        assert_int_equal(wg_processor_step(follower, &event), WG_OK);
        test_env_effects(h->env, &count);
    } while (count > 0);
    assert_int_equal(wg_processor_positions(follower)->last_processed,
                     wg_state_last_processed(state));
    wg_processor_free(follower);
    current = h;
    return state;
}

bool harness_claimed(const struct harness *h, wg_position position, uint64_t *ret_hash) {
    for (uint32_t i = h->claim_count; i > 0; i--) {
        if (h->claims[i - 1].position == position) {
            *ret_hash = h->claims[i - 1].hash;
            return true;
        }
    }
    return false;
}

void harness_forget_after(struct harness *h, wg_position position) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->claim_count; i++) {
        if (h->claims[i].position <= position) {
            h->claims[kept++] = h->claims[i];
        }
    }
    h->claim_count = kept;
}

/* --- text ------------------------------------------------------------------------------------ */

static struct wg_bytes subject_of(const struct wg_record *record) {
    static union {
        struct wg_value_process_instance instance;
        struct wg_value_variable variable;
        struct wg_value_process_event event;
        struct wg_value_timer timer;
        struct wg_value_user_task task;
    } value;
    struct wg_bytes none = {NULL, 0};
    bool known = record->value_type == WG_VT_PROCESS_INSTANCE ||
                 record->value_type == WG_VT_VARIABLE ||
                 record->value_type == WG_VT_PROCESS_EVENT ||
                 record->value_type == WG_VT_TIMER || record->value_type == WG_VT_USER_TASK;
    if (!known || wg_value_decode(record->value_type, record->value, &value) != WG_OK) {
        return none;
    }
    if (record->value_type == WG_VT_VARIABLE) {
        return value.variable.name;
    }
    if (record->value_type == WG_VT_TIMER) {
        return value.timer.target_element_id;
    }
    if (record->value_type == WG_VT_USER_TASK) {
        return value.task.element_id;
    }
    return record->value_type == WG_VT_PROCESS_EVENT ? value.event.target_element_id
                                                     : value.instance.element_id;
}

static size_t print_record(char *out, size_t room, const struct wg_record *record) {
    static const char *const types[] = {"E", "C", "R"};
    struct wg_bytes subject = subject_of(record);
    long long key = record->key < 0 ? -1 : (long long)(record->key & WG_KEY_COUNTER_MASK);
    int len = snprintf(out, room, "%s%s %s %s%s%.*s %lld%s%s\n", types[record->record_type],
                       record->skip_processing != 0 ? "+" : "",
                       wg_value_type_name(record->value_type),
                       wg_intent_name(record->value_type, record->intent),
                       subject.len > 0 ? " " : "", (int)subject.len,
                       subject.len > 0 ? (const char *)subject.ptr : "", key,
                       record->record_type == WG_REJECTION ? " " : "",
                       record->record_type == WG_REJECTION
                           ? wg_rejection_type_name(record->rejection_type)
                           : "");
    assert_true(len > 0 && (size_t)len < room);
    return (size_t)len;
}

const char *harness_text(struct harness *h, wg_index first) {
    static char text[1u << 16];
    size_t len = 0;
    text[0] = '\0';
    for (wg_index index = first; index <= wg_log_last_index(h->log); index++) {
        const struct wg_log_entry *entry = wg_log_entry(h->log, index);
        if (entry->kind != WG_ENTRY_APPLICATION) {
            continue;
        }
        struct wg_record *records;
        uint32_t count;
        bool owned;
        assert_int_equal(wg_batch_records(h->env, entry->frame, &records, &count, &owned), WG_OK);
        assert_false(owned);
        wg_position source = records[0].source_position;
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(records[i].source_position, source);
            assert_int_equal(records[i].position, entry->lowest + i);
            if (i == 0 && source > 0) {
                len += (size_t)snprintf(text + len, sizeof text - len, "{ %lld\n",
                                        (long long)source);
            }
            len += print_record(text + len, sizeof text - len, &records[i]);
        }
        if (source > 0) {
            len += (size_t)snprintf(text + len, sizeof text - len, "}\n");
        }
    }
    return text;
}

wg_key harness_last(struct harness *h, uint8_t value_type, uint8_t intent, void *ret_value) {
    for (wg_index index = wg_log_last_index(h->log); index > 0; index--) {
        const struct wg_log_entry *entry = wg_log_entry(h->log, index);
        struct wg_record *records = NULL;
        uint32_t count = 0;
        bool owned;
        if (entry->kind == WG_ENTRY_APPLICATION) {
            assert_int_equal(wg_batch_records(h->env, entry->frame, &records, &count, &owned),
                             WG_OK);
        }
        for (uint32_t i = count; i > 0; i--) {
            const struct wg_record *record = &records[i - 1];
            if (record->value_type == value_type && record->intent == intent) {
                assert_int_equal(wg_value_decode(value_type, record->value, ret_value), WG_OK);
                return record->key;
            }
        }
    }
    fail_msg("no record of value type %u, intent %u", value_type, intent);
    return WG_KEY_NONE;
}

/* --- commands -------------------------------------------------------------------------------- */

static struct wg_bytes document(uint32_t variables) {
    static uint8_t bytes[512];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    wg_mp_write_map(&out, variables);
    for (uint32_t i = 0; i < variables; i++) {
        uint8_t name = (uint8_t)('a' + i);
        wg_mp_write_str(&out, wg_bytes_of(&name, 1));
        wg_mp_write_int(&out, i);
    }
    return wg_writer_bytes(&out);
}

void harness_deploy(struct harness *h, const char *name, const char *content) {
    static uint8_t bytes[1u << 16];
    struct wg_value_deployment value;
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_value_init(WG_VT_DEPLOYMENT, &value), WG_OK);
    wg_mp_write_array(&out, 1);
    wg_mp_write_map(&out, 2);
    wg_mp_write_str(&out, wg_bytes_str("resourceName"));
    wg_mp_write_str(&out, wg_bytes_str(name));
    wg_mp_write_str(&out, wg_bytes_str("resource"));
    wg_mp_write_bin(&out, wg_bytes_str(content));
    value.resources = wg_writer_bytes(&out);
    harness_request(h, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATE, WG_KEY_NONE, &value);
}

void harness_deploy_model(struct harness *h, const struct wg_model_builder *model) {
    static uint8_t bytes[1u << 14];
    static char content[1u << 15];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_model_finish(model, &out), WG_OK);
    struct wg_bytes form = wg_writer_bytes(&out);
    size_t len = (size_t)sprintf(content, "id: test%s", WG_MODEL_MARK);
    for (uint32_t i = 0; i < form.len; i++) {
        len += (size_t)sprintf(content + len, "%02x", form.ptr[i]);
    }
    harness_deploy(h, "test.yaml", content);
}

void harness_create_of(struct harness *h, const char *process, const char *variable,
                       int64_t number) {
    uint8_t bytes[128];
    struct wg_value_process_instance_creation value;
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str(process);
    if (variable != NULL) {
        wg_mp_write_map(&out, 1);
        wg_mp_write_str(&out, wg_bytes_str(variable));
        wg_mp_write_int(&out, number);
        value.variables = wg_writer_bytes(&out);
    }
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}

void harness_fail_with_backoff(struct harness *h, wg_key job, int64_t retries,
                               int64_t backoff_ms) {
    struct wg_value_job value;
    assert_int_equal(wg_value_init(WG_VT_JOB, &value), WG_OK);
    value.retries = retries;
    value.retry_backoff = backoff_ms;
    harness_request(h, WG_VT_JOB, WG_JOB_FAIL, job, &value);
}

void harness_create(struct harness *h, uint32_t variables) {
    struct wg_value_process_instance_creation value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str("one-task");
    value.variables = document(variables);
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
}

void harness_activate(struct harness *h, int64_t max_jobs, int64_t timeout_ms) {
    harness_activate_type(h, "work", max_jobs, timeout_ms);
}

void harness_activate_type(struct harness *h, const char *type, int64_t max_jobs,
                           int64_t timeout_ms) {
    struct wg_value_job_batch value;
    assert_int_equal(wg_value_init(WG_VT_JOB_BATCH, &value), WG_OK);
    value.type = wg_bytes_str(type);
    value.worker = wg_bytes_str("tester");
    value.timeout = timeout_ms;
    value.max_jobs_to_activate = max_jobs;
    harness_request(h, WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATE, WG_KEY_NONE, &value);
}

static void job_command(struct harness *h, uint8_t intent, wg_key job, int64_t retries,
                        uint32_t variables) {
    struct wg_value_job value;
    assert_int_equal(wg_value_init(WG_VT_JOB, &value), WG_OK);
    value.retries = retries;
    value.variables = document(variables);
    value.error_message = wg_bytes_str(intent == WG_JOB_FAIL ? "broken" : "");
    harness_request(h, WG_VT_JOB, intent, job, &value);
}

void harness_complete(struct harness *h, wg_key job, uint32_t variables) {
    job_command(h, WG_JOB_COMPLETE, job, -1, variables);
}

void harness_fail(struct harness *h, wg_key job, int64_t retries, uint32_t variables) {
    job_command(h, WG_JOB_FAIL, job, retries, variables);
}

void harness_update_retries(struct harness *h, wg_key job, int64_t retries) {
    job_command(h, WG_JOB_UPDATE_RETRIES, job, retries, 0);
}

void harness_resolve(struct harness *h, wg_key incident) {
    struct wg_value_incident value;
    assert_int_equal(wg_value_init(WG_VT_INCIDENT, &value), WG_OK);
    harness_request(h, WG_VT_INCIDENT, WG_INCIDENT_RESOLVE, incident, &value);
}

static wg_status create_with(struct harness *h, const char *process, struct wg_bytes document_) {
    struct wg_value_process_instance_creation value;
    wg_status status = wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value);
    value.bpmn_process_id = wg_bytes_str(process);
    value.variables = document_;
    harness_request(h, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE, WG_KEY_NONE, &value);
    return status;
}

void harness_create_with_items(struct harness *h, const char *process, const char *variable,
                               uint32_t count) {
    static uint8_t bytes[4096];
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    wg_mp_write_map(&out, 1);
    wg_mp_write_str(&out, wg_bytes_str(variable));
    wg_mp_write_array(&out, count);
    for (uint32_t i = 0; i < count; i++) {
        wg_mp_write_int(&out, i);
    }
    assert_int_equal(create_with(h, process, wg_writer_bytes(&out)), WG_OK);
}

void harness_cancel(struct harness *h, wg_key instance) {
    struct wg_value_process_instance value;
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE, &value), WG_OK);
    harness_request(h, WG_VT_PROCESS_INSTANCE, WG_PI_CANCEL, instance, &value);
}

void harness_throw(struct harness *h, wg_key job, const char *code) {
    struct wg_value_job value;
    assert_int_equal(wg_value_init(WG_VT_JOB, &value), WG_OK);
    value.error_code = wg_bytes_str(code);
    value.error_message = wg_bytes_str("thrown");
    harness_request(h, WG_VT_JOB, WG_JOB_THROW_ERROR, job, &value);
}

void harness_complete_user_task(struct harness *h, wg_key task) {
    struct wg_value_user_task value;
    assert_int_equal(wg_value_init(WG_VT_USER_TASK, &value), WG_OK);
    value.user_task_key = task;
    harness_request(h, WG_VT_USER_TASK, WG_USER_TASK_COMPLETE, task, &value);
}
