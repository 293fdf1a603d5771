/* One director, one partition, virtual time. Calls are answered in the order in which they come,
 * `call_time` later. */
#include "harness.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct harness *harness_of(struct wg_env *env) { return (struct harness *)env; }

/* --- env ----------------------------------------------------------------------------------- */

static void *env_alloc(struct wg_env *env, size_t size) {
    harness_of(env)->balance += (int64_t)size;
    return malloc(size == 0 ? 1 : size);
}

static void env_free(struct wg_env *env, void *ptr, size_t size) {
    harness_of(env)->balance -= (int64_t)size;
    free(ptr);
}

static uint32_t env_choose(struct wg_env *env, wg_partition_id partition, enum wg_choice_site site,
                           uint32_t bound) {
    (void)partition;
    assert_int_equal(site, WG_CHOOSE_EXPORTER_ORDER);
    return harness_of(env)->choice % bound;
}

static void env_emit(struct wg_env *env, const struct wg_effect *effect) {
    struct harness *h = harness_of(env);
    assert_true(h->effect_last < HARNESS_EFFECTS);
    h->effects[h->effect_last++] = *effect;
}

static void env_claim(struct wg_env *env, const struct wg_claim *claim) {
    struct harness *h = harness_of(env);
    if (h->claim_count < HARNESS_CALLS) {
        h->claims[h->claim_count++] = *claim;
    }
}

static void __attribute__((noreturn)) env_panic(struct wg_env *env, const char *file, int line,
                                                const char *what) {
    (void)env;
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

static const struct wg_env_ops ops = {.alloc = env_alloc,
                                      .free = env_free,
                                      .choose = env_choose,
                                      .emit = env_emit,
                                      .claim = env_claim,
                                      .panic = env_panic};

/* --- fake log reader (seam log_reader.h) --------------------------------------------------- */

void wg_log_reader_init(struct wg_log_reader *reader, struct wg_env *env, struct wg_log *log,
                        wg_index commit) {
    memset(reader, 0, sizeof *reader);
    reader->env = env;
    reader->log = log;
    reader->commit = commit;
    log->readers++;
}

void wg_log_reader_done(struct wg_log_reader *reader) {
    wg_buf_unref(reader->batch);
    reader->batch = NULL;
    reader->log->readers--;
}

void wg_log_reader_set_commit(struct wg_log_reader *reader, wg_index commit) {
    assert_true(commit >= reader->commit);
    reader->commit = commit;
}

/* Record n is entry n. */
wg_status wg_log_reader_seek_after(struct wg_log_reader *reader, wg_position position) {
    wg_position first = reader->log->first;
    if (position >= 0 && position + 1 < first) {
        return WG_GAP;
    }
    reader->next = (uint32_t)(position < first - 1 ? first - 1 : position);
    reader->next = position < 0 && first == 0 ? 0 : reader->next;
    return WG_OK;
}

const struct wg_record *wg_log_reader_next(struct wg_log_reader *reader, wg_status *ret_status) {
    *ret_status = WG_OK;
    if (reader->next >= reader->commit || reader->next >= reader->log->count) {
        return NULL;
    }
    wg_buf_unref(reader->batch);
    reader->batch = wg_buf_ref(reader->log->frame);
    reader->index = reader->next + 1;
    return &reader->log->records[reader->next++];
}

void wg_log_reader_unread(struct wg_log_reader *reader) { reader->next--; }

/* --- life ---------------------------------------------------------------------------------- */

struct harness *harness_new(uint32_t exporter_count) {
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct harness *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->env.ops = &ops;
    h->env.node = 1;
    h->options.exporters = h->exporters;
    h->options.exporter_count = exporter_count;
    h->options.distribution_interval = 15 * WG_SECOND;
    h->partition.id = 1;
    h->partition.member_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        h->partition.members[i] = i;
    }
    for (uint32_t i = 0; i < exporter_count; i++) {
        h->exporters[i].id = ids[i];
    }
    h->next_instance = 1;
    h->next_call = 1;
    h->timer_at = WG_TIME_NEVER;
    h->state = wg_state_new(&h->env);
    h->log.frame = wg_buf_copy(&h->env, "frame", 5);
    return h;
}

void harness_kill(struct harness *h) {
    wg_director_free(h->director);
    h->director = NULL;
    h->outstanding = false;
    h->effect_first = h->effect_last = 0;
    h->timer_at = WG_TIME_NEVER;
    assert_int_equal(h->log.readers, 0);
}

void harness_free(struct harness *h) {
    harness_kill(h);
    for (uint32_t i = 0; i < h->message_count; i++) {
        wg_message_unref(h->messages[i]);
    }
    assert_int_equal(h->log.frame->refs, 1);
    wg_buf_unref(h->log.frame);
    wg_state_free(h->state);
    assert_int_equal(h->balance, 0);
    free(h);
}

void harness_write_typed(struct harness *h, uint8_t record_type, uint8_t value_type) {
    assert_true(h->log.count < HARNESS_RECORDS);
    struct wg_record *record = &h->log.records[h->log.count++];
    record->position = h->log.count;
    record->source_position = WG_POSITION_NONE;
    record->key = WG_KEY_NONE;
    record->record_type = record_type;
    record->value_type = value_type;
    record->value = (struct wg_bytes){h->log.frame->bytes, h->log.frame->len};
}

void harness_write(struct harness *h, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        harness_write_typed(h, WG_EVENT, WG_VT_JOB);
    }
}

/* --- events -------------------------------------------------------------------------------- */

static void step(struct harness *h, const struct wg_event *event) {
    wg_status status = wg_director_step(h->director, event);
    if (h->status == WG_OK) {
        h->status = status;
    }
}

static void post(struct harness *h, enum wg_post what, uint64_t value) {
    struct wg_event event = {.kind = WG_EVENT_POST, .actor = WG_ACTOR_EXPORTER, .partition = 1};
    event.u.post.what = (uint32_t)what;
    event.u.post.value = value;
    step(h, &event);
}

static void note_call(struct harness *h, const struct wg_plugin_call *call) {
    assert_true(h->call_count < HARNESS_CALLS);
    h->calls[h->call_count++] =
        (struct harness_call){call->kind,
                              call->exporter,
                              call->instance,
                              call->timer,
                              call->record == NULL ? 0 : call->record->position,
                              call->last_position,
                              h->env.now};
}

static void answer(struct harness *h, enum wg_plugin_result result) {
    assert_true(h->outstanding);
    h->outstanding = false;
    struct wg_plugin_return returned = {h->held.call_id, h->held.instance, (uint8_t)result,
                                        h->actions, h->action_count};
    struct wg_event event = {
        .kind = WG_EVENT_PLUGIN_RETURNED, .actor = WG_ACTOR_EXPORTER, .partition = 1};
    event.u.returned = &returned;
    step(h, &event);
    h->action_count = 0;
    harness_run(h);
}

void harness_answer(struct harness *h, enum wg_plugin_result result) {
    h->hold = false;
    h->hold_kind = 0;
    answer(h, result);
}

static void handle_call(struct harness *h, const struct wg_plugin_call *call) {
    note_call(h, call);
    if (call->kind == WG_PLUGIN_DESTROY) {
        return;
    }
    assert_false(h->outstanding);
    h->outstanding = true;
    h->held = *call;
    h->action_count = 0;
    if (h->hold || (h->hold_kind != 0 && h->hold_kind == call->kind)) {
        return;
    }
    enum wg_plugin_result result =
        h->script == NULL ? WG_PLUGIN_OK : h->script(h, call);
    h->env.now += h->call_time;
    answer(h, result);
}

static void handle(struct harness *h, const struct wg_effect *effect) {
    switch (effect->kind) {
    case WG_EFFECT_PLUGIN_CALL:
        handle_call(h, &effect->u.call);
        break;
    case WG_EFFECT_TIMER:
        h->timer_at = effect->u.timer.at;
        break;
    case WG_EFFECT_SEND:
        assert_true(h->message_count < HARNESS_MESSAGES);
        h->messages[h->message_count++] = effect->u.message;
        break;
    case WG_EFFECT_POST:
        if (effect->actor == WG_ACTOR_PARTITION) {
            assert_int_equal(effect->u.post.what, WG_POST_CLOSED);
            assert_int_equal(effect->u.post.value, WG_ACTOR_EXPORTER);
            h->closed++;
        } else {
            post(h, (enum wg_post)effect->u.post.what, effect->u.post.value);
        }
        break;
    default:
        fail();
    }
}

void harness_run(struct harness *h) {
    while (h->effect_first < h->effect_last) {
        struct wg_effect effect = h->effects[h->effect_first++];
        if (h->effect_first == h->effect_last) {
            h->effect_first = h->effect_last = 0;
        }
        handle(h, &effect);
    }
}

void harness_post(struct harness *h, enum wg_post what, uint64_t value) {
    post(h, what, value);
    harness_run(h);
}

void harness_commit(struct harness *h) { harness_post(h, WG_POST_COMMIT, h->log.count); }

void harness_start(struct harness *h, enum wg_director_mode mode) {
    harness_kill(h);
    h->closed = 0;
    h->director = wg_director_new(&h->env, &h->options, &h->partition, &h->log, h->state, mode,
                                  h->exporting, 7, h->log.count, &h->next_instance, &h->next_call);
    harness_post(h, WG_POST_WAKE, 0);
}

void harness_close(struct harness *h) { harness_post(h, WG_POST_CLOSE, 0); }

void harness_receive(struct harness *h, struct wg_message *message) {
    struct wg_event event = {.kind = WG_EVENT_MESSAGE, .actor = WG_ACTOR_EXPORTER, .partition = 1};
    event.u.message = message;
    step(h, &event);
    harness_run(h);
}

void harness_pass(struct harness *h, wg_time span) {
    wg_time until = h->env.now + span;
    while (h->timer_at <= until) {
        h->env.now = h->timer_at > h->env.now ? h->timer_at : h->env.now;
        h->timer_at = WG_TIME_NEVER;
        struct wg_event event = {
            .kind = WG_EVENT_TIMER, .actor = WG_ACTOR_EXPORTER, .partition = 1};
        step(h, &event);
        harness_run(h);
    }
    h->env.now = until > h->env.now ? until : h->env.now;
}

/* --- actions ------------------------------------------------------------------------------- */

static struct wg_plugin_action *add(struct harness *h, enum wg_plugin_action_kind kind) {
    assert_true(h->action_count < 16);
    struct wg_plugin_action *action = &h->actions[h->action_count++];
    memset(action, 0, sizeof *action);
    action->kind = (uint8_t)kind;
    return action;
}

void harness_ack(struct harness *h, wg_position position, const char *metadata) {
    struct wg_plugin_action *action = add(h, WG_PLUGIN_ACK);
    action->position = position;
    action->has_metadata = metadata != NULL;
    if (metadata != NULL) {
        action->metadata =
            (struct wg_bytes){(const uint8_t *)metadata, (uint32_t)strlen(metadata)};
    }
}

void harness_schedule(struct harness *h, uint32_t timer, wg_time delay) {
    struct wg_plugin_action *action = add(h, WG_PLUGIN_SCHEDULE);
    action->timer = timer;
    action->delay = delay;
}

void harness_cancel(struct harness *h, uint32_t timer) {
    add(h, WG_PLUGIN_CANCEL_TIMER)->timer = timer;
}

void harness_filter(struct harness *h, uint64_t record_types, uint8_t value_type) {
    struct wg_plugin_action *action = add(h, WG_PLUGIN_SET_FILTER);
    action->filter.record_types = record_types;
    action->filter.value_types[value_type / 64] = (uint64_t)1 << (value_type % 64);
}

/* --- questions ----------------------------------------------------------------------------- */

wg_position harness_position(const struct harness *h, const char *id) {
    struct wg_exporter_row row;
    return wg_exporter_row_get(h->state, id, &row) ? row.position : -2;
}

const char *harness_trace(const struct harness *h) {
    static char text[HARNESS_CALLS * 8];
    size_t len = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < h->call_count && len < sizeof text - 32; i++) {
        const struct harness_call *call = &h->calls[i];
        static const char letters[] = "vcoetxd";
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%c%u", i == 0 ? "" : " ",
                                letters[call->kind], call->exporter);
        if (call->kind == WG_PLUGIN_EXPORT) {
            len += (size_t)snprintf(text + len, sizeof text - len, ":%lld",
                                    (long long)call->position);
        } else if (call->kind == WG_PLUGIN_TIMER) {
            len += (size_t)snprintf(text + len, sizeof text - len, "#%u", call->timer);
        }
    }
    return text;
}

uint32_t harness_count(const struct harness *h, enum wg_plugin_call_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < h->call_count; i++) {
        count += h->calls[i].kind == kind;
    }
    return count;
}
