/* Multi-instance bodies as judges hear of them: the same from steps and from a compact form. */
#include "sim/workload/bodies.h"

#include "codec/process_model.h"
#include "sim/workload/workload_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sim_process_step inner = {.kind = SIM_STEP_TASK, .id = (char *)"check",
                                        .type = (char *)"work", .retries = 1,
                                        .for_each = (char *)"pages"};
static struct sim_process_step steps[] = {
    {.kind = SIM_STEP_TASK, .id = (char *)"photo", .type = (char *)"work", .retries = 1,
     .for_each = (char *)"photos", .item = (char *)"photo", .output = (char *)"findings",
     .result = (char *)"finding"},
    {.kind = SIM_STEP_SUBPROCESS, .id = (char *)"box", .body = {.steps = &inner, .count = 1}},
};

static void expect_body(const struct sim_body *body, const char *element, const char *collection,
                        const char *item, const char *output, const char *result) {
    assert_string_equal(body->process, "claim");
    assert_string_equal(body->element, element);
    assert_string_equal(body->collection, collection);
    assert_string_equal(body->item, item);
    assert_string_equal(body->output, output);
    assert_string_equal(body->result, result);
}

static void bodies_are_read_off_steps_and_forms(void **state) {
    (void)state;
    static uint8_t form[4096];
    struct sim_process process = {.id = (char *)"claim", .steps = {.steps = steps, .count = 2}};
    struct wg_bytes compiled = workload_compile(&process, form, sizeof form);
    struct sim_process came_compiled = {.id = (char *)"claim", .form = form,
                                        .form_len = compiled.len};
    for (uint32_t i = 0; i < 2; i++) {
        struct sim_body *bodies;
        assert_int_equal(sim_bodies(i == 0 ? &process : &came_compiled, 1, &bodies), 2);
        uint32_t photo = strcmp(bodies[0].element, "photo") == 0 ? 0 : 1;
        expect_body(&bodies[photo], "photo", "photos", "photo", "findings", "finding");
        expect_body(&bodies[1 - photo], "check", "pages", "", "", "");
        free(bodies);
    }
}

/* Then nobody needs to follow variables. */
static void there_are_none_if_nothing_is_collected(void **state) {
    (void)state;
    struct sim_process process = {.id = (char *)"claim", .steps = {.steps = &inner, .count = 1}};
    struct sim_body *bodies;
    assert_int_equal(sim_bodies(&process, 1, &bodies), 0);
    assert_null(bodies);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_read_off_steps_and_forms),
        cmocka_unit_test(there_are_none_if_nothing_is_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
