/* See models.h. */
#include "unit/stream/models.h"

#include <stdio.h>
#include <string.h>

static uint32_t add(struct wg_model_builder *b, enum wg_model_kind kind, const char *id,
                    const char *text, int64_t number) {
    return wg_model_add(b, kind, wg_bytes_str(id), wg_bytes_str(text), number);
}

static void connect(struct wg_model_builder *b, uint32_t from, uint32_t to, const char *variable,
                    int64_t number) {
    char id[16];
    snprintf(id, sizeof id, "f%u", b->count);
    wg_model_connect(b, wg_bytes_str(id), from, to, wg_bytes_str(variable), number);
}

static void flow(struct wg_model_builder *b, uint32_t from, uint32_t to) {
    connect(b, from, to, "", 0);
}

static void begin(struct wg_model_builder *b, const char *id) {
    memset(b, 0, sizeof *b);
    add(b, WG_MODEL_PROCESS, id, "", 0);
    add(b, WG_MODEL_START, "start", "", 0);
    add(b, WG_MODEL_END, "end", "", 0);
}

enum { START = 1, END = 2 };

void model_timer(struct wg_model_builder *b, int64_t ms) {
    begin(b, "timer");
    uint32_t wait = add(b, WG_MODEL_TIMER, "wait", "", ms);
    flow(b, START, wait);
    flow(b, wait, END);
}

void model_two_tasks(struct wg_model_builder *b) {
    begin(b, "two");
    uint32_t first = add(b, WG_MODEL_TASK, "first", "a", 2);
    uint32_t second = add(b, WG_MODEL_TASK, "second", "work", 1);
    flow(b, START, first);
    flow(b, first, second);
    flow(b, second, END);
}

void model_choice(struct wg_model_builder *b) {
    begin(b, "choice");
    uint32_t split = add(b, WG_MODEL_EXCLUSIVE, "split", "", 0);
    uint32_t one = add(b, WG_MODEL_TASK, "one", "a", 3);
    uint32_t two = add(b, WG_MODEL_TASK, "two", "a", 3);
    flow(b, START, split);
    connect(b, split, one, "x", 1);
    connect(b, split, two, "x", 2);
    flow(b, split, END);
    flow(b, one, END);
    flow(b, two, END);
}

void model_fork(struct wg_model_builder *b) {
    begin(b, "fork");
    uint32_t fork = add(b, WG_MODEL_PARALLEL, "split", "", 0);
    uint32_t left = add(b, WG_MODEL_TASK, "left", "a", 3);
    uint32_t right = add(b, WG_MODEL_TIMER, "right", "", 500);
    uint32_t join = add(b, WG_MODEL_PARALLEL, "join", "", 0);
    flow(b, START, fork);
    flow(b, fork, left);
    flow(b, fork, right);
    flow(b, fork, join);
    flow(b, left, join);
    flow(b, right, join);
    flow(b, join, END);
}

void model_two_timers(struct wg_model_builder *b, int64_t ms) {
    begin(b, "timers");
    uint32_t fork = add(b, WG_MODEL_PARALLEL, "split", "", 0);
    uint32_t one = add(b, WG_MODEL_TIMER, "one", "", ms);
    uint32_t two = add(b, WG_MODEL_TIMER, "two", "", ms);
    uint32_t join = add(b, WG_MODEL_PARALLEL, "join", "", 0);
    flow(b, START, fork);
    flow(b, fork, one);
    flow(b, fork, two);
    flow(b, one, join);
    flow(b, two, join);
    flow(b, join, END);
}

static void end_by_itself(struct wg_model_builder *b, uint32_t from, const char *id) {
    uint32_t end = add(b, WG_MODEL_END, id, "", 0);
    flow(b, from, end);
}

void model_box(struct wg_model_builder *b, int64_t ms) {
    begin(b, "boxed");
    uint32_t box = add(b, WG_MODEL_SUBPROCESS, "box", "", 0);
    flow(b, START, box);
    flow(b, box, END);
    b->scope = box;
    uint32_t start = add(b, WG_MODEL_START, "box:start", "", 0);
    uint32_t inner = add(b, WG_MODEL_TASK, "inner", "a", 3);
    uint32_t end = add(b, WG_MODEL_END, "box:end", "", 0);
    flow(b, start, inner);
    flow(b, inner, end);
    b->scope = 0;
    if (ms < 0) {
        return;
    }
    uint32_t timer = add(b, WG_MODEL_BOUNDARY_TIMER, "timer", "", ms);
    wg_model_attach(b, timer, box);
    end_by_itself(b, timer, "late");
    uint32_t error = add(b, WG_MODEL_BOUNDARY_ERROR, "error", "E", 0);
    wg_model_attach(b, error, box);
    end_by_itself(b, error, "broken");
}

void model_guarded(struct wg_model_builder *b, int64_t ms, bool interrupting) {
    begin(b, "guarded");
    uint32_t task = add(b, WG_MODEL_TASK, "work", "a", 3);
    flow(b, START, task);
    flow(b, task, END);
    uint32_t timer = add(b, WG_MODEL_BOUNDARY_TIMER, "timer", "", ms);
    b->elements[timer].flags = interrupting ? 0 : (uint8_t)WG_MODEL_NON_INTERRUPTING;
    wg_model_attach(b, timer, task);
    uint32_t remind = add(b, WG_MODEL_TASK, "remind", "b", 3);
    flow(b, timer, remind);
    end_by_itself(b, remind, "reminded");
}

void model_multi(struct wg_model_builder *b, bool sequential) {
    begin(b, "multi");
    uint32_t body = add(b, WG_MODEL_MULTI, "each", "items", 0);
    b->elements[body].flags = sequential ? (uint8_t)WG_MODEL_SEQUENTIAL : 0;
    wg_model_add_second(b, body, wg_bytes_str("item"));
    flow(b, START, body);
    flow(b, body, END);
    b->scope = body;
    add(b, WG_MODEL_TASK, "each", "a", 3);
    b->scope = 0;
}

void model_multi_output(struct wg_model_builder *b, bool sequential) {
    model_multi(b, sequential);
    wg_model_add_output(b, 3, wg_bytes_str("results"), wg_bytes_str("a"));
}

void model_user_task(struct wg_model_builder *b) {
    begin(b, "approval");
    uint32_t task = add(b, WG_MODEL_USER_TASK, "approve", "", 0);
    flow(b, START, task);
    flow(b, task, END);
}

void model_message(struct wg_model_builder *b, const char *id) {
    begin(b, id);
    uint32_t wait = add(b, WG_MODEL_MESSAGE, "wait", "paid", 0);
    wg_model_add_second(b, wait, wg_bytes_str("order"));
    flow(b, START, wait);
    flow(b, wait, END);
}

void model_message_at_task(struct wg_model_builder *b, bool interrupting) {
    begin(b, "told");
    uint32_t task = add(b, WG_MODEL_TASK, "work", "a", 3);
    uint32_t event = add(b, WG_MODEL_BOUNDARY_MESSAGE, "paid", "paid", 0);
    wg_model_add_second(b, event, wg_bytes_str("order"));
    b->elements[event].flags = interrupting ? 0 : (uint8_t)WG_MODEL_NON_INTERRUPTING;
    uint32_t told = add(b, WG_MODEL_END, "told-end", "", 0);
    wg_model_attach(b, event, task);
    flow(b, START, task);
    flow(b, task, END);
    flow(b, event, told);
}
