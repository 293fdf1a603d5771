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
    connect(b, START, wait, "", 0);
    connect(b, wait, END, "", 0);
}

void model_two_tasks(struct wg_model_builder *b) {
    begin(b, "two");
    uint32_t first = add(b, WG_MODEL_TASK, "first", "a", 2);
    uint32_t second = add(b, WG_MODEL_TASK, "second", "work", 1);
    connect(b, START, first, "", 0);
    connect(b, first, second, "", 0);
    connect(b, second, END, "", 0);
}

void model_choice(struct wg_model_builder *b) {
    begin(b, "choice");
    uint32_t split = add(b, WG_MODEL_EXCLUSIVE, "split", "", 0);
    uint32_t one = add(b, WG_MODEL_TASK, "one", "a", 3);
    uint32_t two = add(b, WG_MODEL_TASK, "two", "a", 3);
    connect(b, START, split, "", 0);
    connect(b, split, one, "x", 1);
    connect(b, split, two, "x", 2);
    connect(b, split, END, "", 0);
    connect(b, one, END, "", 0);
    connect(b, two, END, "", 0);
}

void model_fork(struct wg_model_builder *b) {
    begin(b, "fork");
    uint32_t fork = add(b, WG_MODEL_PARALLEL, "split", "", 0);
    uint32_t left = add(b, WG_MODEL_TASK, "left", "a", 3);
    uint32_t right = add(b, WG_MODEL_TIMER, "right", "", 500);
    uint32_t join = add(b, WG_MODEL_PARALLEL, "join", "", 0);
    connect(b, START, fork, "", 0);
    connect(b, fork, left, "", 0);
    connect(b, fork, right, "", 0);
    connect(b, fork, join, "", 0);
    connect(b, left, join, "", 0);
    connect(b, right, join, "", 0);
    connect(b, join, END, "", 0);
}
