#include "tests/unit/partition/harness.h"

#include "codec/values.h"
#include "base/bytes.h"
#include "codec/msgpack.h"
#include "seams/log_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char *const ids[] = {"a", "b", "c", "d"};

struct rig *rig_new(uint32_t members, uint32_t exporters) {
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->env = test_env_new();
    rig->env->node = 0;
    rig->disk = mem_disk_new(rig->env, (uint64_t)1 << 30);
    rig->partition = (struct wg_partition_options){
        .id = 1, .member_count = members, .target_priority = members};
    for (uint32_t m = 0; m < members; m++) {
        rig->partition.members[m] = m;
        rig->partition.priorities[m] = members - m;
    }
    wg_node_options_init(&rig->options);
    rig->options.partitions = &rig->partition;
    rig->options.partition_count = 1;
    rig->options.exporters = rig->exporters;
    rig->options.exporter_count = exporters;
    rig->options.segment_bytes = 1 << 20;
    rig->options.max_message_bytes = 1 << 18;
    rig->options.min_free_processing = 1 << 20;
    rig->options.min_free_replication = 0;
    for (uint32_t e = 0; e < exporters; e++) {
        rig->exporters[e].id = ids[e];
    }
    return rig;
}

static void drop_queue(struct rig *rig) {
    for (uint32_t i = 0; i < rig->count; i++) {
        struct wg_event *event = &rig->queue[(rig->first + i) % RIG_QUEUE];
        if (event->kind == WG_EVENT_POST && event->u.post.what == WG_POST_APPEND) {
            wg_append_task_free(rig->env, event->u.post.ptr);
        }
    }
    rig->count = 0;
}

void rig_kill(struct rig *rig) {
    wg_node_destroy(rig->node);
    rig->node = NULL;
    drop_queue(rig);
    test_env_clear_effects(rig->env);
    mem_disk_process_ended(rig->disk);
    rig->in_call = false;
    for (int actor = 0; actor < WG_ACTOR_COUNT; actor++) {
        for (uint32_t slot = 0; slot < WG_TIMER_SLOTS; slot++) {
            rig->timers[actor][slot] = WG_TIME_NEVER;
        }
    }
}

void rig_free(struct rig *rig) {
    rig_kill(rig);
    for (uint32_t i = 0; i < rig->reply_count; i++) {
        wg_buf_unref(rig->replies[i].value);
    }
    mem_disk_free(rig->disk);
    test_env_free(rig->env);
    free(rig);
}

/* --- the queue --------------------------------------------------------------------------------- */

static void push(struct rig *rig, const struct wg_event *event, bool coalesce) {
    for (uint32_t i = 0; coalesce && i < rig->count; i++) {
        struct wg_event *waiting = &rig->queue[(rig->first + i) % RIG_QUEUE];
        if (waiting->kind == WG_EVENT_POST && waiting->actor == event->actor &&
            waiting->u.post.what == event->u.post.what) {
            if (event->u.post.value > waiting->u.post.value) {
                waiting->u.post.value = event->u.post.value;
            }
            return;
        }
    }
    assert_true(rig->count < RIG_QUEUE);
    struct wg_event *slot = &rig->queue[(rig->first + rig->count++) % RIG_QUEUE];
    *slot = *event;
    slot->partition = 1;
}

void rig_post(struct rig *rig, enum wg_actor actor, enum wg_post what, uint64_t value,
              uint64_t value2) {
    struct wg_event event = {.kind = WG_EVENT_POST,
                             .actor = (uint8_t)actor,
                             .u.post = {(uint32_t)what, value, value2, NULL}};
    push(rig, &event, false);
}

void rig_admin(struct rig *rig, enum wg_admin_kind kind) {
    struct wg_event event = {.kind = WG_EVENT_ADMIN, .actor = WG_ACTOR_PARTITION};
    event.u.admin = (struct wg_admin_request){.request_id = 100 + (uint64_t)kind, .kind = (uint8_t)kind};
    push(rig, &event, false);
}

void rig_admin_exporter(struct rig *rig, enum wg_admin_kind kind, const char *exporter,
                        const char *from) {
    struct wg_event event = {.kind = WG_EVENT_ADMIN, .actor = WG_ACTOR_PARTITION};
    event.u.admin = (struct wg_admin_request){.request_id = 200 + (uint64_t)kind,
                                              .kind = (uint8_t)kind,
                                              .exporter = exporter,
                                              .initialize_from = from};
    push(rig, &event, false);
}

/* The first event whose actor is free, taken out. */
static bool take(struct rig *rig, struct wg_event *ret) {
    for (uint32_t i = 0; i < rig->count; i++) {
        *ret = rig->queue[(rig->first + i) % RIG_QUEUE];
        if (rig->in_call && ret->actor == WG_ACTOR_EXPORTER &&
            ret->kind != WG_EVENT_PLUGIN_RETURNED) {
            continue;
        }
        for (uint32_t k = i; k > 0; k--) {
            rig->queue[(rig->first + k) % RIG_QUEUE] = rig->queue[(rig->first + k - 1) % RIG_QUEUE];
        }
        rig->first = (rig->first + 1) % RIG_QUEUE;
        rig->count--;
        return true;
    }
    return false;
}

static void add_letter(char *text, char letter) {
    size_t len = strlen(text);
    assert_true(len + 1 < RIG_TEXT);
    text[len] = letter;
}

/* --- effects ----------------------------------------------------------------------------------- */

static struct wg_plugin_return answers[RIG_QUEUE];
static struct wg_plugin_action acks[RIG_QUEUE];
static uint32_t answer_count;

static bool call_fails(struct rig *rig, const struct wg_plugin_call *call) {
    bool open_fails = call->kind == WG_PLUGIN_OPEN && rig->fail_opens > 0;
    rig->fail_opens -= open_fails;
    return open_fails || (call->kind == WG_PLUGIN_EXPORT && rig->fail_exports);
}

static void call_plugin(struct rig *rig, const struct wg_plugin_call *call) {
    add_letter(rig->calls, "vcoetxd"[call->kind]);
    if (call->kind == WG_PLUGIN_DESTROY) {
        return;
    }
    uint32_t at = answer_count++ % RIG_QUEUE;
    bool fails = call_fails(rig, call);
    answers[at] = (struct wg_plugin_return){.call_id = call->call_id,
                                            .instance = call->instance,
                                            .result = fails ? WG_PLUGIN_FAILED : WG_PLUGIN_OK};
    if (call->kind == WG_PLUGIN_EXPORT) {
        rig->exported = call->record->position;
        rig->exported_first = rig->exported_first == 0 ? rig->exported : rig->exported_first;
        acks[at] = (struct wg_plugin_action){.kind = WG_PLUGIN_ACK,
                                             .position = call->record->position};
        answers[at].actions = &acks[at];
        answers[at].action_count = rig->ack && !fails;
    } else if (call->kind == WG_PLUGIN_CONFIGURE && rig->filter != NULL) {
        acks[at] = (struct wg_plugin_action){.kind = WG_PLUGIN_SET_FILTER, .filter = *rig->filter};
        answers[at].actions = &acks[at];
        answers[at].action_count = 1;
    }
    rig->in_call = true;
    struct wg_event event = {.kind = WG_EVENT_PLUGIN_RETURNED,
                             .actor = WG_ACTOR_EXPORTER,
                             .u.returned = &answers[at]};
    push(rig, &event, false);
}

static void note_close(struct rig *rig, const struct wg_effect *effect) {
    if (effect->u.post.what != WG_POST_CLOSE || effect->actor == WG_ACTOR_RAFT) {
        return;
    }
    add_letter(rig->closes, effect->actor == WG_ACTOR_EXPORTER   ? 'E'
                            : effect->actor == WG_ACTOR_SNAPSHOT ? 'S'
                                                                 : 'P');
}

static void take_effect(struct rig *rig, struct wg_effect *effect) {
    struct wg_event event = {.actor = effect->actor};
    switch (effect->kind) {
    case WG_EFFECT_POST:
        note_close(rig, effect);
        event.kind = WG_EVENT_POST;
        event.u.post.what = effect->u.post.what;
        event.u.post.value = effect->u.post.value;
        event.u.post.value2 = effect->u.post.value2;
        event.u.post.ptr = effect->u.post.ptr;
        push(rig, &event, effect->coalesce);
        break;
    case WG_EFFECT_TIMER:
        rig->timers[effect->actor][effect->u.timer.slot] = effect->u.timer.at;
        break;
    case WG_EFFECT_REPLY:
        assert_true(rig->reply_count < RIG_REPLIES);
        rig->replies[rig->reply_count] = effect->u.reply;
        if (effect->u.reply.value != NULL) {
            wg_buf_ref(effect->u.reply.value);
        }
        rig->reply_count++;
        break;
    case WG_EFFECT_PLUGIN_CALL:
        call_plugin(rig, &effect->u.call);
        break;
    case WG_EFFECT_STOPPED:
        rig->stopped++;
        break;
    case WG_EFFECT_ADMIN_REPLY:
        rig->admin_request = effect->u.admin_reply.request_id;
        rig->admin_status = effect->u.admin_reply.status;
        rig->admin_count++;
        break;
    default: /* a message into the void */
        break;
    }
}

static void deliver(struct rig *rig, const struct wg_event *event) {
    if (event->kind == WG_EVENT_PLUGIN_RETURNED) {
        rig->in_call = false;
    }
    rig->partition_jobs += event->actor == WG_ACTOR_PARTITION;
    rig->env->cost = 0;
    rig->env->wall_ms = rig->env->now / WG_MS;
    wg_node_step(rig->node, event);
    uint32_t count;
    struct wg_effect *effects = test_env_effects(rig->env, &count);
    for (uint32_t i = 0; i < count; i++) {
        take_effect(rig, &effects[i]);
    }
    test_env_clear_effects(rig->env);
}

/* --- driving ----------------------------------------------------------------------------------- */

bool rig_step(struct rig *rig) {
    struct wg_event event;
    if (!take(rig, &event)) {
        return false;
    }
    deliver(rig, &event);
    return true;
}

void rig_run(struct rig *rig) {
    for (uint32_t jobs = 0; rig_step(rig); jobs++) {
        assert_true(jobs < 100000);
    }
}

void rig_start(struct rig *rig) {
    rig_kill(rig);
    rig->node = wg_node_create(rig->env, &rig->options);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_START, 0, 0);
}

/* The first timer at or before `until`; false = none. */
static bool next_timer(const struct rig *rig, wg_time until, int *ret_actor, uint32_t *ret_slot) {
    bool found = false;
    for (int actor = 0; actor < WG_ACTOR_COUNT; actor++) {
        for (uint32_t slot = 0; slot < WG_TIMER_SLOTS; slot++) {
            if (rig->timers[actor][slot] <= until) {
                until = rig->timers[actor][slot];
                *ret_actor = actor;
                *ret_slot = slot;
                found = true;
            }
        }
    }
    return found;
}

void rig_pass(struct rig *rig, wg_time span) {
    wg_time until = rig->env->now + span;
    int actor = 0;
    uint32_t slot = 0;
    rig_run(rig);
    while (next_timer(rig, until, &actor, &slot)) {
        wg_time at = rig->timers[actor][slot];
        rig->env->now = at > rig->env->now ? at : rig->env->now;
        rig->timers[actor][slot] = WG_TIME_NEVER;
        struct wg_event event = {
            .kind = WG_EVENT_TIMER, .actor = (uint8_t)actor, .u.timer = slot};
        push(rig, &event, false);
        rig_run(rig);
    }
    rig->env->now = until;
}

void rig_command(struct rig *rig) {
    struct wg_value_process_instance_creation value;
    uint8_t memory[512];
    struct wg_writer out = wg_writer_on(memory, sizeof memory);
    assert_int_equal(wg_value_init(WG_VT_PROCESS_INSTANCE_CREATION, &value), WG_OK);
    value.bpmn_process_id = wg_bytes_str("nothing");
    assert_int_equal(wg_value_encode(WG_VT_PROCESS_INSTANCE_CREATION, &value, &out), WG_OK);
    struct wg_request request = {.request_id = 7,
                                 .stream_id = 1,
                                 .partition = 1,
                                 .value_type = WG_VT_PROCESS_INSTANCE_CREATION,
                                 .intent = WG_PIC_CREATE,
                                 .key = WG_KEY_NONE,
                                 .value = wg_writer_bytes(&out)};
    struct wg_event event = {.kind = WG_EVENT_REQUEST, .actor = WG_ACTOR_PROCESSOR,
                             .partition = 1, .u.request = &request};
    rig_run(rig);
    deliver(rig, &event);
    rig_run(rig);
}

struct wg_partition_view rig_view(const struct rig *rig) {
    struct wg_partition_view view;
    assert_int_equal(wg_node_inspect(rig->node, 1, &view), WG_OK);
    return view;
}

bool rig_is(const struct rig *rig, enum wg_role role) {
    struct wg_partition_view view = rig_view(rig);
    return view.services_installed && view.role == role;
}

uint32_t rig_calls(const struct rig *rig, char letter) {
    uint32_t count = 0;
    for (const char *at = rig->calls; *at != '\0'; at++) {
        count += *at == letter;
    }
    return count;
}

void rig_become(struct rig *rig, enum wg_role role) {
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_ROLE, (uint64_t)role, rig_view(rig).term);
    rig_run(rig);
}

void rig_expect_calls(struct rig *rig, const char *expected) {
    assert_string_equal(rig->calls, expected);
    memset(rig->calls, 0, sizeof rig->calls);
}
