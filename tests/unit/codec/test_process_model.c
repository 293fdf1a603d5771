/* The compact form of processes: what is built can be read, and what is not a process is refused
 * rather than followed out of bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/process_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t add(struct wg_model_builder *b, enum wg_model_kind kind, const char *id,
                    const char *text, int64_t number) {
    return wg_model_add(b, kind, wg_bytes_str(id), wg_bytes_str(text), number);
}

static void connect(struct wg_model_builder *b, const char *id, uint32_t from, uint32_t to,
                    const char *variable) {
    wg_model_connect(b, wg_bytes_str(id), from, to, wg_bytes_str(variable), 1);
}

/* start -> choice -> (x = 1: task) -> merge -> end */
static struct wg_model_builder example(void) {
    struct wg_model_builder b;
    memset(&b, 0, sizeof b);
    add(&b, WG_MODEL_PROCESS, "p", "", 0);
    uint32_t start = add(&b, WG_MODEL_START, "start", "", 0);
    uint32_t split = add(&b, WG_MODEL_EXCLUSIVE, "split", "", 0);
    uint32_t task = add(&b, WG_MODEL_TASK, "task", "type", 3);
    uint32_t merge = add(&b, WG_MODEL_EXCLUSIVE, "merge", "", 0);
    uint32_t end = add(&b, WG_MODEL_END, "end", "", 0);
    connect(&b, "a", start, split, "");
    connect(&b, "b", split, task, "x");
    connect(&b, "c", split, merge, "");
    connect(&b, "d", task, merge, "");
    connect(&b, "e", merge, end, "");
    return b;
}

static wg_status finish(const struct wg_model_builder *b, uint8_t *bytes, struct wg_bytes *ret) {
    struct wg_writer out = wg_writer_on(bytes, 4096);
    wg_status status = wg_model_finish(b, &out);
    *ret = wg_writer_bytes(&out);
    return status;
}

static void output_collection_is_part_of_a_body(void **unused) {
    (void)unused;
    uint8_t bytes[4096];
    struct wg_bytes form;
    struct wg_model model;
    struct wg_model_builder b;
    memset(&b, 0, sizeof b);
    add(&b, WG_MODEL_PROCESS, "p", "", 0);
    uint32_t start = add(&b, WG_MODEL_START, "start", "", 0);
    uint32_t end = add(&b, WG_MODEL_END, "end", "", 0);
    uint32_t body = add(&b, WG_MODEL_MULTI, "each", "items", 0);
    wg_model_add_second(&b, body, wg_bytes_str("item"));
    b.scope = body;
    add(&b, WG_MODEL_TASK, "each", "type", 3);
    b.scope = 0;
    connect(&b, "a", start, body, "");
    connect(&b, "b", body, end, "");
    assert_int_equal(finish(&b, bytes, &form), WG_OK);
    assert_int_equal(wg_model_read(form, &model), WG_OK);
    assert_int_equal(wg_model_output(&model, body).len, 0);
    wg_model_add_output(&b, body, wg_bytes_str("results"), wg_bytes_str("result"));
    assert_int_equal(finish(&b, bytes, &form), WG_OK);
    assert_int_equal(wg_model_read(form, &model), WG_OK);
    assert_true(wg_bytes_equal(wg_model_second(&model, body), wg_bytes_str("item")));
    assert_true(wg_bytes_equal(wg_model_output(&model, body), wg_bytes_str("results")));
    assert_true(wg_bytes_equal(wg_model_result(&model, body), wg_bytes_str("result")));
    int64_t good = b.elements[body].number;
    /* a result that is missing, too long, or behind the texts; a collection behind them */
    const int64_t bad[] = {good & 0xFFFFFFFFFFFF, good | INT64_C(0x40) << 48, good | INT64_MIN,
                           good | INT64_C(0xFF00) << 32, good & ~(INT64_C(0xFF) << 24)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.elements[body].number = bad[i];
        assert_int_equal(finish(&b, bytes, &form), WG_CORRUPT);
    }
}

static void what_is_built_can_be_read(void **unused) {
    (void)unused;
    uint8_t bytes[4096];
    struct wg_bytes form;
    struct wg_model model;
    struct wg_value_process_instance value;
    struct wg_model_builder b = example();
    assert_int_equal(finish(&b, bytes, &form), WG_OK);
    assert_int_equal(wg_model_read(form, &model), WG_OK);
    assert_int_equal(model.count, 11);
    uint32_t task = wg_model_find(&model, wg_bytes_str("task"));
    assert_int_equal(task, 3);
    assert_true(wg_bytes_equal(wg_model_text(&model, task), wg_bytes_str("type")));
    assert_int_equal(wg_model_at(&model, task).in_count, 1);
    assert_int_equal(wg_model_find(&model, wg_bytes_str("nothing")), model.count);
    wg_model_describe(&model, task, &value);
    assert_true(wg_bytes_equal(value.bpmn_element_type, wg_bytes_str("SERVICE_TASK")));
    assert_true(wg_bytes_equal(value.bpmn_process_id, wg_bytes_str("p")));
}

static void circles_and_loose_ends_are_refused(void **unused) {
    (void)unused;
    uint8_t bytes[4096];
    struct wg_bytes form;
    struct wg_model_builder b = example();
    b.elements[9].target = 2; /* the task leads back to the choice */
    b.elements[4].in_count = 1;
    b.elements[2].in_count = 2;
    assert_int_equal(finish(&b, bytes, &form), WG_CORRUPT);
    b = example();
    add(&b, WG_MODEL_END, "loose", "", 0);
    assert_int_equal(finish(&b, bytes, &form), WG_CORRUPT);
    b = example();
    b.elements[8].text_len = 1; /* the last flow has a condition: nothing might be taken */
    assert_int_equal(finish(&b, bytes, &form), WG_CORRUPT);
    b = example();
    b.elements[3].number = 0; /* no retries */
    assert_int_equal(finish(&b, bytes, &form), WG_CORRUPT);
}

static void too_long_names_fail_the_builder(void **unused) {
    (void)unused;
    uint8_t bytes[4096];
    char long_name[WG_MODEL_NAME_MAX + 2];
    struct wg_bytes form;
    struct wg_model_builder b = example();
    memset(long_name, 'n', sizeof long_name);
    long_name[WG_MODEL_NAME_MAX + 1] = '\0';
    add(&b, WG_MODEL_TASK, long_name, "t", 1);
    assert_int_equal(finish(&b, bytes, &form), WG_FULL);
}

/* Whatever is changed: refused, or every index that the engine follows is in bounds. */
static void damaged_bytes_are_refused_or_harmless(void **unused) {
    (void)unused;
    uint8_t bytes[4096];
    struct wg_bytes form;
    struct wg_model model;
    struct wg_model_builder b = example();
    assert_int_equal(finish(&b, bytes, &form), WG_OK);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < form.len; i++) {
        for (uint32_t value = 0; value < 256; value++) {
            uint8_t *copy = malloc(form.len); /* of that size, for the sanitizer */
            memcpy(copy, bytes, form.len);
            copy[i] = (uint8_t)value;
            refused += wg_model_read(wg_bytes_of(copy, form.len), &model) != WG_OK;
            free(copy);
        }
    }
    assert_true(refused > form.len * 64);
    for (uint32_t len = 0; len < form.len; len++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, bytes, len);
        assert_int_equal(wg_model_read(wg_bytes_of(copy, len), &model), WG_CORRUPT);
        free(copy);
    }
}

static void form_is_found_behind_a_text(void **unused) {
    (void)unused;
    uint8_t out[8];
    struct wg_bytes twice = wg_bytes_str("x" WG_MODEL_MARK "00" WG_MODEL_MARK "0aff\n");
    assert_int_equal(wg_model_extract(twice, out, sizeof out), 2);
    assert_int_equal(out[0], 0x0a);
    assert_int_equal(out[1], 0xff);
    assert_int_equal(wg_model_extract(twice, out, 1), 0);
    assert_true(wg_model_extract_room(twice) >= 2);
    assert_int_equal(wg_model_extract(wg_bytes_str("x" WG_MODEL_MARK "0"), out, sizeof out), 0);
    assert_int_equal(wg_model_extract(wg_bytes_str("x" WG_MODEL_MARK "0G"), out, sizeof out), 0);
    assert_int_equal(wg_model_extract(wg_bytes_str("nothing"), out, sizeof out), 0);
    assert_int_equal(wg_model_extract(wg_bytes_of(NULL, 0), out, sizeof out), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_can_be_read),
        cmocka_unit_test(output_collection_is_part_of_a_body),
        cmocka_unit_test(circles_and_loose_ends_are_refused),
        cmocka_unit_test(too_long_names_fail_the_builder),
        cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
        cmocka_unit_test(form_is_found_behind_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
