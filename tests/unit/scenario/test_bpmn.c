/* BPMN files: what is read from them, and whose paths could get stuck. */
#include "sim/scenario/bpmn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPEN                                                                                       \
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"\n"                          \
    " xmlns:z=\"http://camunda.org/schema/zeebe/1.0\">\n"                                           \
    "<error id=\"R\" errorCode=\"CODE\"/><process id=\"p\" isExecutable=\"true\">\n"
#define CLOSE "</process></definitions>\n"
#define START "<startEvent id=\"s\"/>\n"
#define END(id) "<endEvent id=\"" id "\"/>\n"
#define FLOW(id, from, to) "<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>\n"
#define IF(id, from, to, condition)                                                                \
    "<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\">"                       \
    "<conditionExpression>" condition "</conditionExpression></sequenceFlow>\n"
#define TASK(id)                                                                                   \
    "<serviceTask id=\"" id "\"><extensionElements><z:taskDefinition type=\"t\" retries=\"7\"/>"      \
    "</extensionElements></serviceTask>\n"
#define XOR(id, standard) "<exclusiveGateway id=\"" id "\" default=\"" standard "\"/>\n"
#define JOIN(id) "<exclusiveGateway id=\"" id "\"/>\n"
#define AND(id) "<parallelGateway id=\"" id "\"/>\n"
#define TIMER(id, duration)                                                                        \
    "<intermediateCatchEvent id=\"" id "\"><timerEventDefinition><timeDuration>" duration             \
    "</timeDuration></timerEventDefinition></intermediateCatchEvent>\n"
#define AT(id, task, cancels)                                                                      \
    "<boundaryEvent id=\"" id "\" attachedToRef=\"" task "\" cancelActivity=\"" cancels "\">"          \
    "<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>"               \
    "</boundaryEvent>\n"

static struct sim_bpmn bpmn;
static uint8_t bytes[WG_MODEL_TEXTS_MAX * 2];

static struct wg_model compiled(const char *text) {
    if (!sim_bpmn_compile(text, strlen(text), &bpmn)) {
        fail_msg("line %u: %s", bpmn.line, bpmn.message);
    }
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    assert_int_equal(wg_model_finish(&bpmn.model, &out), WG_OK);
    return wg_model_on(wg_writer_bytes(&out));
}

static void refused(const char *text, const char *words) {
    assert_false(sim_bpmn_compile(text, strlen(text), &bpmn));
    if (strstr(bpmn.message, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", bpmn.message, words);
    }
}

static void ids_types_and_numbers_are_kept(void **unused) {
    (void)unused;
    struct wg_model model = compiled(OPEN START TASK("a") TIMER("w", "PT0M0.25S") END("e")
                                         FLOW("f1", "s", "a") FLOW("f2", "a", "w")
                                             FLOW("f3", "w", "e") CLOSE);
    struct wg_model_element task = wg_model_at(&model, wg_model_find(&model, wg_bytes_str("a")));
    assert_int_equal(task.kind, WG_MODEL_TASK);
    assert_int_equal(task.number, 7);
    assert_int_equal(wg_model_find(&model, wg_bytes_str("f2")), task.first_out);
}

static void durations_have_limits(void **unused) {
    (void)unused;
    static const struct {
        const char *text;
        int64_t ms; /* 0 = refused */
    } cases[] = {{"PT2S", 2000},    {"PT0.25S", 250}, {" PT1.0009S ", 1000}, {"PT30S", 30000},
                 {"PT0M5S", 5000},  {"PT31S", 0},     {"PT", 0},             {"PT0S", 0},
                 {"P1D", 0},        {"PT1.5M", 0},    {"PT5", 0},            {"PT1S1M", 0},
                 {"PT99999999999S", 0}, {"2S", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 OPEN START "<intermediateCatchEvent id=\"w\"><timerEventDefinition><timeDuration>%s"
                            "</timeDuration></timerEventDefinition></intermediateCatchEvent>" END("e")
                                FLOW("f1", "s", "w") FLOW("f2", "w", "e") CLOSE,
                 cases[i].text);
        if (cases[i].ms == 0) {
            refused(text, "timeDuration");
        } else {
            struct wg_model model = compiled(text);
            uint32_t timer = wg_model_find(&model, wg_bytes_str("w"));
            assert_int_equal(wg_model_at(&model, timer).number, cases[i].ms);
        }
    }
}

static void default_flow_comes_last(void **unused) {
    (void)unused;
    struct wg_model model =
        compiled(OPEN START XOR("x", "f2") END("d") END("c") FLOW("f1", "s", "x")
                     FLOW("f2", "x", "d") IF("f3", "x", "c", " = size=12 ") CLOSE);
    uint32_t gateway = wg_model_find(&model, wg_bytes_str("x"));
    uint32_t first = wg_model_at(&model, gateway).first_out;
    assert_true(wg_bytes_equal(wg_model_id(&model, first), wg_bytes_str("f3")));
    assert_true(wg_bytes_equal(wg_model_text(&model, first), wg_bytes_str("size")));
    assert_int_equal(wg_model_at(&model, first).number, 12);
}

static void multi_instance_and_events_stand_around(void **unused) {
    (void)unused;
    struct wg_model model = compiled(
        OPEN START
        "<userTask id=\"u\"><extensionElements><z:userTask/></extensionElements>"
        "<multiInstanceLoopCharacteristics isSequential=\"true\"><extensionElements>"
        "<z:loopCharacteristics inputCollection=\"= items\" inputElement=\"item\" "
        "outputCollection=\"results\" outputElement=\"= result\"/>"
        "</extensionElements></multiInstanceLoopCharacteristics></userTask>"
        "<boundaryEvent id=\"b\" attachedToRef=\"u\"><errorEventDefinition errorRef=\"R\"/>"
        "</boundaryEvent>" AT("n", "u", "false") JOIN("j") END("e") END("e2") FLOW("f1", "s", "u")
            FLOW("f2", "u", "j") FLOW("f3", "b", "j") FLOW("f4", "j", "e") FLOW("f5", "n", "e2") CLOSE);
    struct wg_model_element inner = wg_model_at(&model, wg_model_find(&model, wg_bytes_str("u")));
    struct wg_model_element body = wg_model_at(&model, inner.scope);
    assert_int_equal(inner.kind, WG_MODEL_USER_TASK);
    assert_int_equal(body.kind, WG_MODEL_MULTI);
    assert_int_equal(body.flags, WG_MODEL_SEQUENTIAL);
    assert_int_equal(body.boundaries, 2);
    assert_true(wg_bytes_equal(wg_model_second(&model, inner.scope), wg_bytes_str("item")));
    assert_true(wg_bytes_equal(wg_model_output(&model, inner.scope), wg_bytes_str("results")));
    assert_true(wg_bytes_equal(wg_model_result(&model, inner.scope), wg_bytes_str("result")));
    uint32_t event = wg_model_find(&model, wg_bytes_str("b"));
    assert_int_equal(wg_model_at(&model, event).source, inner.scope);
    assert_true(wg_bytes_equal(wg_model_text(&model, event), wg_bytes_str("CODE")));
    event = wg_model_find(&model, wg_bytes_str("n"));
    assert_int_equal(wg_model_at(&model, event).flags, WG_MODEL_NON_INTERRUPTING);
}

static void nested_splits_are_accepted(void **unused) {
    (void)unused;
    compiled(OPEN START AND("a") AND("b") XOR("x", "f5") JOIN("j") TASK("t") TASK("u") TASK("v")
                 END("e") FLOW("f1", "s", "a") FLOW("f2", "a", "x") FLOW("f3", "a", "v")
                     FLOW("f5", "x", "t") IF("f4", "x", "u", "=n=1") FLOW("f6", "t", "j")
                         FLOW("f7", "u", "j") FLOW("f8", "j", "b") FLOW("f9", "v", "b")
                             FLOW("f10", "b", "e") CLOSE);
    /* each way ends by itself */
    compiled(OPEN START AND("a") TASK("t") END("e") END("g") FLOW("f1", "s", "a")
                 FLOW("f2", "a", "t") FLOW("f3", "a", "g") FLOW("f4", "t", "e") CLOSE);
}

static void paths_that_get_stuck_are_refused(void **unused) {
    (void)unused;
    refused(OPEN START XOR("x", "f2") AND("j") END("e") FLOW("f1", "s", "x") FLOW("f2", "x", "j")
                IF("f3", "x", "j", "=n=1") FLOW("f4", "j", "e") CLOSE,
            "of which only one comes");
    refused(OPEN START AND("a") JOIN("j") END("e") FLOW("f1", "s", "a") FLOW("f2", "a", "j")
                FLOW("f3", "a", "j") FLOW("f4", "j", "e") CLOSE,
            "side by side");
    /* one of the ways into the join may end before */
    refused(OPEN START AND("a") AND("j") XOR("x", "f4") END("g") END("e") FLOW("f1", "s", "a")
                FLOW("f2", "a", "x") FLOW("f3", "a", "j") FLOW("f4", "x", "j")
                    IF("f5", "x", "g", "=n=1") FLOW("f6", "j", "e") CLOSE,
            "may not come");
    /* the task goes on, and both come */
    refused(OPEN START TASK("t") AT("b", "t", "false") JOIN("j") END("e") FLOW("f1", "s", "t")
                FLOW("f2", "t", "j") FLOW("f3", "b", "j") FLOW("f4", "j", "e") CLOSE,
            "end of its own");
    refused(OPEN START JOIN("j") XOR("x", "f3") END("e") FLOW("f1", "s", "j") FLOW("f2", "j", "x")
                FLOW("f3", "x", "e") IF("f4", "x", "j", "=n=1") CLOSE,
            "circle");
    refused(OPEN START END("e") TASK("t") END("g") FLOW("f1", "s", "e") FLOW("f2", "t", "g") CLOSE,
            "no incoming flow");
}

static void strange_files_are_refused(void **unused) {
    (void)unused;
    refused("", "");
    refused("<a/>", "definitions");
    refused(OPEN CLOSE, "one start event");
    refused("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" OPEN START END("e")
                FLOW("f", "s", "e") CLOSE,
            "document types");
    refused(OPEN START "<startEvent id=\"s2\"/>" END("e") FLOW("f", "s", "e") FLOW("g", "s2", "e")
                CLOSE,
            "one start event");
    refused(OPEN START END("e") FLOW("f", "s", "nowhere") CLOSE, "targetRef");
    char *deep = malloc(400000);
    size_t len = (size_t)sprintf(deep, OPEN);
    for (int i = 0; i < 200; i++) {
        len += (size_t)sprintf(deep + len, "<subProcess id=\"d%d\">", i);
    }
    for (int i = 0; i < 200; i++) {
        len += (size_t)sprintf(deep + len, "</subProcess>");
    }
    sprintf(deep + len, CLOSE);
    refused(deep, "inside each other");
    free(deep);
    deep = calloc(1, SIM_BPMN_SIZE_MAX + 2);
    memset(deep, ' ', SIM_BPMN_SIZE_MAX + 1);
    refused(deep, "larger than");
    free(deep);
}

/* Files with very many nodes that say nothing must not take minutes, and lines beyond 65535 count. */
static void large_files_are_read(void **unused) {
    (void)unused;
    static char text[SIM_BPMN_SIZE_MAX + 1];
    size_t len = (size_t)sprintf(text, OPEN START END("e"));
    for (int i = 0; i < 27000; i++) {
        len += (size_t)sprintf(text + len, "<incoming id=\"e\"/>");
    }
    sprintf(text + len, FLOW("f", "s", "e") CLOSE);
    compiled(text);
    len = (size_t)sprintf(text, OPEN);
    memset(text + len, '\n', 70000);
    sprintf(text + len + 70000, "<bad/>" CLOSE);
    refused(text, "`bad` is not supported");
    assert_int_equal(bpmn.line, 70004);
}

/* The compact form would be refused without saying why. */
static void places_of_events_and_flows_are_checked(void **unused) {
    (void)unused;
    refused(OPEN START XOR("x", "f2") END("e") AT("b", "x", "true") FLOW("f1", "s", "x")
                FLOW("f2", "x", "e") FLOW("f3", "b", "e") CLOSE,
            "an activity beside the event");
    refused(OPEN START TASK("t") END("e") FLOW("f1", "s", "t") FLOW("f2", "t", "s") CLOSE,
            "which begins a way");
    refused(OPEN START XOR("x", "f1") END("e") END("g") FLOW("f1", "s", "x")
                IF("f2", "x", "e", "=n=1") IF("f3", "x", "g", "=n=2") CLOSE,
            "`x` needs a default flow");
}

static void ids_are_unique_and_flows_begin_somewhere(void **unused) {
    (void)unused;
    refused(OPEN START TASK("t") END("t") FLOW("f", "s", "t") CLOSE,
            "a second element with the id `t`; the first is in line 5");
    assert_int_equal(bpmn.line, 6);
    refused(OPEN START TASK("t") END("e") FLOW("f", "s", "t") FLOW("f", "t", "e") CLOSE,
            "a second element with the id `f`");
    refused(OPEN START END("e") FLOW("f", "s", "e") FLOW("g", "nowhere", "e") CLOSE, "sourceRef");
    assert_int_equal(bpmn.line, 7);
}

/* Whatever node they stand at; what is only drawn or noted may stand there. */
static void what_changes_a_node_is_refused(void **unused) {
    (void)unused;
    static const char *const extensions[] = {"ioMapping", "executionListeners", "taskListeners"};
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 OPEN START "<endEvent id=\"e\">\n<extensionElements>\n<z:%s/></extensionElements>"
                            "</endEvent>" FLOW("f", "s", "e") CLOSE,
                 extensions[i]);
        refused(text, "mappings and listeners");
        assert_int_equal(bpmn.line, 7);
    }
    compiled(OPEN "<property id=\"q\"/><group id=\"g\"/><dataObject id=\"d\"/>"
                  "<dataObjectReference id=\"r\" dataObjectRef=\"d\"/><dataStoreReference id=\"w\"/>"
                  "<textAnnotation id=\"n\"/><association id=\"l\"/>" START END("e")
                      FLOW("f", "s", "e") CLOSE);
}

/* As deep as processes of steps: more would be too deep for the compact form. */
static void scopes_have_a_limit(void **unused) {
    (void)unused;
    for (int deepest = 11; deepest <= 12; deepest++) {
        char text[8000];
        size_t len = (size_t)sprintf(text, OPEN START FLOW("f", "s", "d0"));
        for (int i = 0; i < deepest; i++) {
            char inner[8];
            snprintf(inner, sizeof inner, i + 1 < deepest ? "d%d" : "e%d", i + (i + 1 < deepest));
            len += (size_t)sprintf(text + len,
                                   "<subProcess id=\"d%d\"><startEvent id=\"s%d\"/>"
                                   FLOW("f%d", "s%d", "%s"),
                                   i, i, i, i, inner);
        }
        for (int i = deepest - 1; i >= 0; i--) {
            len += (size_t)sprintf(text + len, END("e%d") "</subProcess>" FLOW("g%d", "d%d", "%s%d"),
                                   i, i, i, "e", i - 1);
        }
        char *last = strstr(text, "targetRef=\"e-1\"");
        memcpy(last, "targetRef=\"end\"", strlen("targetRef=\"end\""));
        sprintf(text + len, END("end") CLOSE);
        if (deepest <= 11) {
            compiled(text);
        } else {
            refused(text, "more than 11 deep inside each other");
        }
    }
}

static void two_events_for_the_same_are_refused(void **unused) {
    (void)unused;
#define CATCH(id, attribute)                                                                       \
    "<boundaryEvent id=\"" id "\" attachedToRef=\"t\"><errorEventDefinition" attribute "/>"          \
    "</boundaryEvent>\n"
#define BOTH(one, two)                                                                             \
    OPEN START TASK("t") CATCH("a", one) CATCH("b", two) JOIN("j") END("e") FLOW("f1", "s", "t")   \
        FLOW("f2", "t", "j") FLOW("f3", "a", "j") FLOW("f4", "b", "j") FLOW("f5", "j", "e") CLOSE
    compiled(BOTH(" errorRef=\"R\"", ""));
    refused(BOTH(" errorRef=\"R\"", " errorRef=\"R\""), "the event in line 6 takes the same errors");
    refused(BOTH("", ""), "the same errors");
}

/* Each element once, then one too many. */
static void elements_have_a_limit(void **unused) {
    (void)unused;
    static char text[1u << 18];
    size_t len = (size_t)sprintf(text, OPEN START);
    for (int i = 0; i < 130; i++) {
        char before[8] = "s";
        snprintf(before, sizeof before, i == 0 ? "s" : "t%d", i - 1);
        len += (size_t)sprintf(text + len, TASK("t%d") FLOW("f%d", "%s", "t%d"), i, i, before, i);
    }
    len += (size_t)sprintf(text + len, END("e") FLOW("last", "t129", "e") CLOSE);
    refused(text, "more than");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_types_and_numbers_are_kept),
        cmocka_unit_test(durations_have_limits),
        cmocka_unit_test(default_flow_comes_last),
        cmocka_unit_test(multi_instance_and_events_stand_around),
        cmocka_unit_test(nested_splits_are_accepted),
        cmocka_unit_test(paths_that_get_stuck_are_refused),
        cmocka_unit_test(strange_files_are_refused),
        cmocka_unit_test(large_files_are_read),
        cmocka_unit_test(places_of_events_and_flows_are_checked),
        cmocka_unit_test(ids_are_unique_and_flows_begin_somewhere),
        cmocka_unit_test(what_changes_a_node_is_refused),
        cmocka_unit_test(scopes_have_a_limit),
        cmocka_unit_test(two_events_for_the_same_are_refused),
        cmocka_unit_test(elements_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
