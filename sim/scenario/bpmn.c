/* Reading BPMN 2.0: libxml2 parses, without network, entities or document types, and what is known
 * here becomes elements of the compact form, with the ids of the file. Everything else is an error
 * with its line: a process that means more than is run would be judged by what it does not say.
 * Order of building: a container, then its nodes, then events that stand at them, then the flows of
 * each node, one node after the other, which is what the compact form asks for. */
#include "sim/scenario/bpmn.h"
#include "sim/scenario/bpmn_values.h"
#include "sim/scenario/process.h"

#include <libxml/parser.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sim_bpmn_fail(struct sim_bpmn *bpmn, enum sim_bpmn_fault fault, uint32_t line,
                   const char *format, ...) {
    if (bpmn->fault != SIM_BPMN_FINE) {
        return false;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(bpmn->message, sizeof bpmn->message, format, args);
    va_end(args);
    bpmn->fault = fault;
    bpmn->line = line;
    return false;
}

#define FAIL(b, node, ...)                                                                         \
    sim_bpmn_fail(b, SIM_BPMN_NOT_SUPPORTED, sim_bpmn_line(node), __VA_ARGS__)

/* --- adding elements --------------------------------------------------------------------------- */

static bool has_id(const struct sim_bpmn *b, uint32_t element, const char *id) {
    const struct wg_model_element *e = &b->model.elements[element];
    return wg_bytes_equal(wg_bytes_of(b->model.texts + e->id_at, e->id_len), wg_bytes_str(id));
}

/* Reads the id; no other element has it, but for the body of an activity that is repeated. */
static bool read_id(struct sim_bpmn *b, const xmlNode *node, char *id) {
    if (!sim_bpmn_attribute(node, "id", id)) {
        return FAIL(b, node, "`%s` needs an id of up to %u characters", (const char *)node->name,
                    WG_MODEL_NAME_MAX);
    }
    for (uint32_t i = 0; i < b->model.count; i++) {
        bool body = b->model.elements[i].kind == WG_MODEL_MULTI && i == b->model.scope;
        if (!body && has_id(b, i, id)) {
            return FAIL(b, node, "a second element with the id `%s`; the first is in line %u", id,
                        b->lines[i]);
        }
    }
    return true;
}

static bool add(struct sim_bpmn *b, const xmlNode *node, enum wg_model_kind kind, const char *text,
                int64_t number, uint32_t *ret_element) {
    char id[WG_MODEL_NAME_MAX + 1];
    if (!read_id(b, node, id)) {
        return false;
    }
    *ret_element = wg_model_add(&b->model, kind, wg_bytes_str(id), wg_bytes_str(text), number);
    if (b->model.failed) {
        return FAIL(b, node, "the process has more than %u elements or too long names",
                    WG_MODEL_ELEMENTS_MAX);
    }
    b->lines[*ret_element] = sim_bpmn_line(node);
    return true;
}

/* What flows lead to: the multi-instance body before what it repeats. */
static bool find(const struct sim_bpmn *b, const char *id, uint32_t *ret_element) {
    for (uint32_t i = 1; i < b->model.count; i++) {
        if (b->model.elements[i].kind != WG_MODEL_FLOW && has_id(b, i, id)) {
            *ret_element = i;
            return true;
        }
    }
    return false;
}

/* Scopes around a new element, the process among them. */
static uint32_t depth_of(const struct sim_bpmn *b) {
    uint32_t depth = 1;
    for (uint32_t scope = b->model.scope; scope != 0; scope = b->model.elements[scope].scope) {
        depth++;
    }
    return depth;
}

/* A sub-process or a multi-instance body: what is in it is one deeper. */
static bool add_scope(struct sim_bpmn *b, const xmlNode *node, enum wg_model_kind kind,
                      const char *text, uint32_t *ret_element) {
    if (depth_of(b) >= SIM_PROCESS_DEPTH_MAX) {
        return FAIL(b, node, "sub-processes and multi-instance activities more than %d deep inside "
                             "each other", SIM_PROCESS_DEPTH_MAX - 1);
    }
    return add(b, node, kind, text, 0, ret_element);
}

static bool build_container(struct sim_bpmn *b, const xmlNode *node, uint32_t scope);

/* --- activities -------------------------------------------------------------------------------- */

static bool add_body(struct sim_bpmn *b, const xmlNode *node, const xmlNode *loop) {
    char sequential[8] = "";
    char collection[WG_MODEL_NAME_MAX + 1];
    char item[WG_MODEL_NAME_MAX + 1] = "";
    char output[WG_MODEL_NAME_MAX + 1];
    char result[WG_MODEL_NAME_MAX + 1];
    uint32_t body;
    const xmlNode *zeebe = sim_bpmn_extension(loop, "loopCharacteristics");
    if (zeebe == NULL || !sim_bpmn_variable(zeebe, "inputCollection", collection)) {
        return FAIL(b, loop, "a multi-instance activity needs zeebe:loopCharacteristics with "
                             "inputCollection=\"= variable\"");
    }
    sim_bpmn_attribute(zeebe, "inputElement", item);
    sim_bpmn_attribute(loop, "isSequential", sequential);
    bool outputs = sim_bpmn_attribute(zeebe, "outputCollection", NULL) ||
                   sim_bpmn_attribute(zeebe, "outputElement", NULL);
    if (sim_bpmn_child(loop, "completionCondition") != NULL) {
        return FAIL(b, loop, "completion conditions are not supported");
    }
    if (outputs && (!sim_bpmn_attribute(zeebe, "outputCollection", output) || output[0] == '=' ||
                    !sim_bpmn_variable(zeebe, "outputElement", result) ||
                    strcmp(output, result) == 0 || strcmp(output, collection) == 0 ||
                    strcmp(output, item) == 0)) {
        return FAIL(b, loop, "outputCollection has to be a variable that nothing else is in, with "
                             "outputElement=\"= variable\"");
    }
    if (!add_scope(b, node, WG_MODEL_MULTI, collection, &body)) {
        return false;
    }
    wg_model_add_second(&b->model, body, wg_bytes_str(item));
    if (outputs) {
        wg_model_add_output(&b->model, body, wg_bytes_str(output), wg_bytes_str(result));
    }
    b->model.elements[body].flags =
        strcmp(sequential, "true") == 0 ? (uint8_t)WG_MODEL_SEQUENTIAL : 0;
    b->model.scope = body;
    return true;
}

static bool add_task(struct sim_bpmn *b, const xmlNode *node) {
    char type[WG_MODEL_NAME_MAX + 1];
    int64_t retries = 3;
    uint32_t element;
    const xmlNode *definition = sim_bpmn_extension(node, "taskDefinition");
    if (definition == NULL || !sim_bpmn_attribute(definition, "type", NULL)) {
        return FAIL(b, node, "a service task needs zeebe:taskDefinition with a type");
    }
    if (!sim_bpmn_attribute(definition, "type", type) || type[0] == '=') {
        return FAIL(b, definition, "the type of a service task has up to %u characters and is no "
                                   "expression", WG_MODEL_NAME_MAX);
    }
    if (sim_bpmn_attribute(definition, "retries", NULL) &&
        !sim_bpmn_number(definition, "retries", 1, WG_MODEL_RETRIES_MAX, &retries)) {
        return FAIL(b, definition, "retries have to be a number from 1 to %d",
                    WG_MODEL_RETRIES_MAX);
    }
    return add(b, node, WG_MODEL_TASK, type, retries, &element);
}

static bool add_user_task(struct sim_bpmn *b, const xmlNode *node) {
    uint32_t element;
    if (sim_bpmn_extension(node, "userTask") == NULL) {
        return FAIL(b, node, "a user task needs zeebe:userTask: those that are jobs are not "
                             "supported");
    }
    return add(b, node, WG_MODEL_USER_TASK, "", 0, &element);
}

static bool add_sub_process(struct sim_bpmn *b, const xmlNode *node) {
    char by_event[8] = "";
    uint32_t element;
    sim_bpmn_attribute(node, "triggeredByEvent", by_event);
    if (strcmp(by_event, "true") == 0) {
        return FAIL(b, node, "event sub-processes are not supported");
    }
    return add_scope(b, node, WG_MODEL_SUBPROCESS, "", &element) &&
           build_container(b, node, element);
}

static bool add_activity(struct sim_bpmn *b, const xmlNode *node) {
    uint32_t scope = b->model.scope;
    const xmlNode *loop = sim_bpmn_child(node, "multiInstanceLoopCharacteristics");
    if (sim_bpmn_child(node, "standardLoopCharacteristics") != NULL) {
        return FAIL(b, node, "loops are not supported, only multi-instance");
    }
    bool fine = loop == NULL || add_body(b, node, loop);
    if (fine && sim_bpmn_is(node, "serviceTask")) {
        fine = add_task(b, node);
    } else if (fine) {
        fine = sim_bpmn_is(node, "userTask") ? add_user_task(b, node)
                                             : add_sub_process(b, node);
    }
    b->model.scope = scope;
    return fine;
}

/* --- events and gateways ------------------------------------------------------------------------ */

static bool read_timer(struct sim_bpmn *b, const xmlNode *node, int64_t *ret_ms) {
    const xmlNode *timer = sim_bpmn_child(node, "timerEventDefinition");
    const xmlNode *duration = timer == NULL ? NULL : sim_bpmn_child(timer, "timeDuration");
    if (duration == NULL || !sim_bpmn_duration(duration, SIM_BPMN_TIMER_MAX_MS, ret_ms)) {
        return FAIL(b, node, "a timer needs a timeDuration such as PT1.5S, of up to %d s",
                    SIM_BPMN_TIMER_MAX_MS / 1000);
    }
    return true;
}

/* The name of a message, and the variable that holds its correlation key. */
static bool read_message(struct sim_bpmn *b, const xmlNode *node, char *name, char *variable) {
    const xmlNode *message =
        sim_bpmn_reference(sim_bpmn_child(node, "messageEventDefinition"), "messageRef", "message");
    if (message == NULL) {
        return FAIL(b, node, "messageRef has to name a message of the file");
    }
    if (!sim_bpmn_attribute(message, "name", name) || name[0] == '=') {
        return FAIL(b, message, "a message needs a name of up to %u characters that is no "
                                "expression", WG_MODEL_NAME_MAX);
    }
    return sim_bpmn_variable(sim_bpmn_extension(message, "subscription"), "correlationKey",
                             variable) ||
           FAIL(b, message, "a message needs zeebe:subscription with correlationKey=\"= variable\"");
}

static bool add_message(struct sim_bpmn *b, const xmlNode *node, enum wg_model_kind kind,
                        uint32_t *ret_element) {
    char name[WG_MODEL_NAME_MAX + 1];
    char variable[WG_MODEL_NAME_MAX + 1];
    if (!read_message(b, node, name, variable) || !add(b, node, kind, name, 0, ret_element)) {
        return false;
    }
    wg_model_add_second(&b->model, *ret_element, wg_bytes_str(variable));
    return true;
}

static bool add_catch(struct sim_bpmn *b, const xmlNode *node) {
    uint32_t element;
    int64_t ms;
    if (sim_bpmn_child(node, "messageEventDefinition") != NULL) {
        return add_message(b, node, WG_MODEL_MESSAGE, &element);
    }
    if (sim_bpmn_child(node, "timerEventDefinition") == NULL) {
        return FAIL(b, node, "a catch event has to be a timer or a message");
    }
    return read_timer(b, node, &ms) && add(b, node, WG_MODEL_TIMER, "", ms, &element);
}

static bool add_error(struct sim_bpmn *b, const xmlNode *node, uint32_t *ret_element) {
    char code[WG_MODEL_NAME_MAX + 1] = "";
    const xmlNode *definition = sim_bpmn_child(node, "errorEventDefinition");
    if (sim_bpmn_attribute(definition, "errorRef", NULL)) {
        const xmlNode *error = sim_bpmn_reference(definition, "errorRef", "error");
        if (error == NULL || !sim_bpmn_attribute(error, "errorCode", code) || code[0] == '=') {
            return FAIL(b, node, "errorRef has to name an error with an errorCode that is no "
                                 "expression");
        }
    }
    return add(b, node, WG_MODEL_BOUNDARY_ERROR, code, 0, ret_element);
}

static bool can_have_events(const struct wg_model_element *e) {
    return e->kind == WG_MODEL_TASK || e->kind == WG_MODEL_USER_TASK ||
           e->kind == WG_MODEL_SUBPROCESS || e->kind == WG_MODEL_MULTI;
}

/* Zeebe refuses two events of an activity of which either could take the same error or message. */
static bool is_only_one(struct sim_bpmn *b, const xmlNode *node, uint32_t element,
                        uint32_t activity) {
    const struct wg_model_element *event = &b->model.elements[element];
    struct wg_bytes text = wg_bytes_of(b->model.texts + event->text_at, event->text_len);
    for (uint32_t i = 1; i < element && event->kind != WG_MODEL_BOUNDARY_TIMER; i++) {
        const struct wg_model_element *e = &b->model.elements[i];
        if (e->kind == event->kind && e->source == activity &&
            wg_bytes_equal(wg_bytes_of(b->model.texts + e->text_at, e->text_len), text)) {
            return FAIL(b, node, "the event in line %u takes the same %s", b->lines[i],
                        event->kind == WG_MODEL_BOUNDARY_ERROR ? "errors" : "message");
        }
    }
    return true;
}

static bool add_boundary(struct sim_bpmn *b, const xmlNode *node) {
    char activity_id[WG_MODEL_NAME_MAX + 1];
    char cancels[8] = "true";
    uint32_t activity;
    uint32_t element = 0;
    int64_t ms;
    bool fine;
    sim_bpmn_attribute(node, "cancelActivity", cancels);
    if (!sim_bpmn_attribute(node, "attachedToRef", activity_id) ||
        !find(b, activity_id, &activity) || !can_have_events(&b->model.elements[activity]) ||
        b->model.elements[activity].scope != b->model.scope) {
        return FAIL(b, node, "attachedToRef has to name an activity beside the event");
    }
    if (sim_bpmn_child(node, "errorEventDefinition") != NULL) {
        fine = add_error(b, node, &element);
    } else if (sim_bpmn_child(node, "messageEventDefinition") != NULL) {
        fine = add_message(b, node, WG_MODEL_BOUNDARY_MESSAGE, &element);
    } else {
        fine = read_timer(b, node, &ms) &&
               add(b, node, WG_MODEL_BOUNDARY_TIMER, "", ms, &element);
    }
    if (fine && (fine = is_only_one(b, node, element, activity))) {
        bool interrupts = strcmp(cancels, "false") != 0;
        b->model.elements[element].flags = interrupts ? 0 : (uint8_t)WG_MODEL_NON_INTERRUPTING;
        wg_model_attach(&b->model, element, activity);
    }
    return fine;
}

/* Start and end events and gateways have nothing to say but that they are there. */
static bool add_plain(struct sim_bpmn *b, const xmlNode *node, enum wg_model_kind kind) {
    uint32_t element;
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE &&
            strstr((const char *)child->name, "EventDefinition") != NULL) {
            return FAIL(b, child, "start and end events have to be plain");
        }
    }
    return add(b, node, kind, "", 0, &element);
}

/* --- containers -------------------------------------------------------------------------------- */

static bool is_activity(const xmlNode *node) {
    return sim_bpmn_is(node, "serviceTask") || sim_bpmn_is(node, "userTask") ||
           sim_bpmn_is(node, "subProcess");
}

static bool says_nothing(const xmlNode *node) {
    static const char *const names[] = {"documentation", "extensionElements", "incoming", "outgoing",
                                        "textAnnotation", "association", "group", "laneSet",
                                        "dataObject", "dataObjectReference", "dataStoreReference",
                                        "dataInputAssociation", "dataOutputAssociation", "property",
                                        "multiInstanceLoopCharacteristics"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (sim_bpmn_is(node, names[i])) {
            return true;
        }
    }
    return false;
}

/* What may stand at any node and changes what it does. */
static bool is_as_it_looks(struct sim_bpmn *b, const xmlNode *node) {
    static const char *const names[] = {"ioMapping", "executionListeners", "taskListeners"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const xmlNode *extension = sim_bpmn_extension(node, names[i]);
        if (extension != NULL) {
            return FAIL(b, extension, "input and output mappings and listeners are not supported");
        }
    }
    return true;
}

static bool add_node(struct sim_bpmn *b, const xmlNode *node) {
    if (!is_as_it_looks(b, node)) {
        return false;
    }
    if (is_activity(node)) {
        return add_activity(b, node);
    }
    if (sim_bpmn_is(node, "startEvent")) {
        return add_plain(b, node, WG_MODEL_START);
    }
    if (sim_bpmn_is(node, "endEvent")) {
        return add_plain(b, node, WG_MODEL_END);
    }
    if (sim_bpmn_is(node, "exclusiveGateway")) {
        return add_plain(b, node, WG_MODEL_EXCLUSIVE);
    }
    if (sim_bpmn_is(node, "parallelGateway")) {
        return add_plain(b, node, WG_MODEL_PARALLEL);
    }
    if (sim_bpmn_is(node, "intermediateCatchEvent")) {
        return add_catch(b, node);
    }
    return says_nothing(node) || sim_bpmn_is(node, "boundaryEvent") ||
           sim_bpmn_is(node, "sequenceFlow") ||
           FAIL(b, node, "`%s` is not supported", (const char *)node->name);
}

/* Nothing flows into events that begin a way. */
static bool can_be_entered(const struct wg_model_element *e) {
    return e->kind != WG_MODEL_START && e->kind != WG_MODEL_BOUNDARY_TIMER &&
           e->kind != WG_MODEL_BOUNDARY_ERROR && e->kind != WG_MODEL_BOUNDARY_MESSAGE;
}

static bool add_flow(struct sim_bpmn *b, const xmlNode *node, uint32_t source, bool is_default) {
    char target_id[WG_MODEL_NAME_MAX + 1];
    char id[WG_MODEL_NAME_MAX + 1];
    char variable[WG_MODEL_NAME_MAX + 1] = "";
    int64_t constant = 0;
    uint32_t target;
    const xmlNode *condition = sim_bpmn_child(node, "conditionExpression");
    const struct wg_model_element *from = &b->model.elements[source];
    if (!read_id(b, node, id)) {
        return false;
    }
    if (!sim_bpmn_attribute(node, "targetRef", target_id) || !find(b, target_id, &target) ||
        b->model.elements[target].scope != from->scope) {
        return FAIL(b, node, "targetRef of the flow `%s` has to name an element beside it", id);
    }
    if (!can_be_entered(&b->model.elements[target])) {
        return FAIL(b, node, "the flow `%s` leads into `%s`, which begins a way", id, target_id);
    }
    bool decides = from->kind == WG_MODEL_EXCLUSIVE && !is_default;
    if (!decides && condition != NULL) {
        return FAIL(b, node, "conditions belong to flows of exclusive gateways, but not to their "
                             "default or only flow");
    }
    if (decides && (condition == NULL || !sim_bpmn_condition(condition, variable, &constant))) {
        return FAIL(b, node, "a flow of an exclusive gateway is its default or has a condition such "
                             "as `= variable = 3`");
    }
    uint32_t flow = wg_model_connect(&b->model, wg_bytes_str(id), source, target,
                                     wg_bytes_str(variable), constant);
    if (b->model.failed) {
        return FAIL(b, node, "the process has more than %u elements", WG_MODEL_ELEMENTS_MAX);
    }
    b->lines[flow] = sim_bpmn_line(node);
    return true;
}

static bool is_flow_of(const xmlNode *flow, const char *source) {
    char from[WG_MODEL_NAME_MAX + 1];
    return sim_bpmn_is(flow, "sequenceFlow") && sim_bpmn_attribute(flow, "sourceRef", from) &&
           strcmp(from, source) == 0;
}

static uint32_t count_flows(const xmlNode *container, const char *source) {
    uint32_t count = 0;
    for (const xmlNode *flow = container->children; flow != NULL; flow = flow->next) {
        count += is_flow_of(flow, source);
    }
    return count;
}

/* The flows of one node; the default one last, which the only one of a gateway is too. */
static bool connect_flows(struct sim_bpmn *b, const xmlNode *container, const xmlNode *node,
                          const char *id, uint32_t source, uint32_t count) {
    char standard[WG_MODEL_NAME_MAX + 1] = "";
    bool named = sim_bpmn_attribute(node, "default", standard);
    bool needs_default = b->model.elements[source].kind == WG_MODEL_EXCLUSIVE;
    for (int last = 0; last < 2; last++) {
        for (const xmlNode *flow = container->children; flow != NULL; flow = flow->next) {
            char flow_id[WG_MODEL_NAME_MAX + 1] = "";
            if (!is_flow_of(flow, id)) {
                continue;
            }
            sim_bpmn_attribute(flow, "id", flow_id);
            bool is_default = named ? strcmp(flow_id, standard) == 0 : count == 1;
            if (is_default == (last == 1) && !add_flow(b, flow, source, is_default)) {
                return false;
            }
            needs_default = needs_default && !is_default;
        }
    }
    return !needs_default ||
           FAIL(b, node, "`%s` needs a default flow: one of its own, named by `default`", id);
}

static bool connect_node(struct sim_bpmn *b, const xmlNode *container, const xmlNode *node) {
    char id[WG_MODEL_NAME_MAX + 1];
    uint32_t source;
    if (says_nothing(node) || !sim_bpmn_attribute(node, "id", id) || !find(b, id, &source)) {
        return true; /* a file may have tens of thousands that say nothing */
    }
    uint32_t count = count_flows(container, id);
    uint8_t kind = b->model.elements[source].kind;
    bool splits = kind == WG_MODEL_EXCLUSIVE || kind == WG_MODEL_PARALLEL;
    if ((kind == WG_MODEL_END) != (count == 0) || (count > 1 && !splits)) {
        return FAIL(b, node, "`%s` needs %s", id,
                    kind == WG_MODEL_END ? "no outgoing flow"
                    : splits             ? "outgoing flows"
                                         : "one outgoing flow");
    }
    return connect_flows(b, container, node, id, source, count);
}

/* A flow that begins nowhere would not be met with any node. */
static bool begins_here(struct sim_bpmn *b, const xmlNode *flow) {
    char source_id[WG_MODEL_NAME_MAX + 1];
    uint32_t source;
    return (sim_bpmn_attribute(flow, "sourceRef", source_id) && find(b, source_id, &source) &&
            b->model.elements[source].scope == b->model.scope) ||
           FAIL(b, flow, "sourceRef of a flow has to name an element beside it");
}

static bool build_container(struct sim_bpmn *b, const xmlNode *node, uint32_t scope) {
    uint32_t around = b->model.scope;
    uint32_t starts = 0;
    bool fine = true;
    b->model.scope = scope;
    for (const xmlNode *child = node->children; child != NULL && fine; child = child->next) {
        fine = child->type != XML_ELEMENT_NODE || add_node(b, child);
        starts += sim_bpmn_is(child, "startEvent");
    }
    for (const xmlNode *child = node->children; child != NULL && fine; child = child->next) {
        fine = !sim_bpmn_is(child, "boundaryEvent") || add_boundary(b, child);
    }
    for (const xmlNode *child = node->children; child != NULL && fine; child = child->next) {
        fine = !sim_bpmn_is(child, "sequenceFlow") || begins_here(b, child);
    }
    for (const xmlNode *child = node->children; child != NULL && fine; child = child->next) {
        fine = child->type != XML_ELEMENT_NODE || sim_bpmn_is(child, "sequenceFlow") ||
               connect_node(b, node, child);
    }
    b->model.scope = around;
    return fine && (starts == 1 || FAIL(b, node, "`%s` needs one start event",
                                        (const char *)node->name));
}

/* --- documents --------------------------------------------------------------------------------- */

/* The one process that is to be run. */
static const xmlNode *find_process(struct sim_bpmn *b, const xmlNode *root) {
    const xmlNode *found = NULL;
    for (const xmlNode *child = root->children; child != NULL; child = child->next) {
        char executable[8] = "";
        if (!sim_bpmn_is(child, "process")) {
            continue;
        }
        sim_bpmn_attribute(child, "isExecutable", executable);
        if (strcmp(executable, "true") != 0) {
            continue;
        }
        if (found != NULL) {
            FAIL(b, child, "a second executable process");
            return NULL;
        }
        found = child;
    }
    if (found == NULL) {
        FAIL(b, root, "no process with isExecutable=\"true\"");
    }
    return found;
}

static bool has_all_flows(struct sim_bpmn *b) {
    for (uint32_t i = 1; i < b->model.count; i++) {
        const struct wg_model_element *e = &b->model.elements[i];
        bool repeated = b->model.elements[e->scope].kind == WG_MODEL_MULTI;
        bool entered = e->kind == WG_MODEL_START || e->kind == WG_MODEL_FLOW || repeated ||
                       e->kind == WG_MODEL_BOUNDARY_TIMER || e->kind == WG_MODEL_BOUNDARY_ERROR ||
                       e->kind == WG_MODEL_BOUNDARY_MESSAGE;
        if (!entered && e->in_count == 0) {
            return sim_bpmn_fail(b, SIM_BPMN_NOT_SUPPORTED, b->lines[i],
                                 "`%.*s` has no incoming flow", (int)e->id_len,
                                 b->model.texts + e->id_at);
        }
    }
    return true;
}

static bool build(struct sim_bpmn *b, const xmlDoc *document) {
    uint32_t process;
    const xmlNode *root = xmlDocGetRootElement(document);
    if (document->intSubset != NULL) {
        return sim_bpmn_fail(b, SIM_BPMN_NO_XML, 1, "document types are not allowed");
    }
    if (root == NULL || !sim_bpmn_is(root, "definitions")) {
        return sim_bpmn_fail(b, SIM_BPMN_NOT_SUPPORTED, 1,
                             "the file has no BPMN 2.0 `definitions`");
    }
    const xmlNode *node = find_process(b, root);
    return node != NULL && is_as_it_looks(b, node) &&
           add(b, node, WG_MODEL_PROCESS, "", 0, &process) && build_container(b, node, 0) &&
           has_all_flows(b) && sim_bpmn_check_paths(b);
}

static void ignore(void *ctx, const char *format, ...) {
    (void)ctx, (void)format;
}

bool sim_bpmn_compile(const char *bytes, size_t len, struct sim_bpmn *ret_bpmn) {
    memset(ret_bpmn, 0, sizeof *ret_bpmn);
    if (len > SIM_BPMN_SIZE_MAX) {
        return sim_bpmn_fail(ret_bpmn, SIM_BPMN_NO_XML, 0, "the file is larger than %u KiB",
                             SIM_BPMN_SIZE_MAX >> 10);
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (parser == NULL) {
        return sim_bpmn_fail(ret_bpmn, SIM_BPMN_NO_XML, 0, "out of memory");
    }
    xmlSetGenericErrorFunc(NULL, ignore); /* encodings complain past the options below */
    xmlDoc *document = xmlCtxtReadMemory(parser, bytes, (int)len, NULL, NULL,
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                             XML_PARSE_BIG_LINES);
    xmlSetGenericErrorFunc(NULL, NULL);
    const xmlError *error = xmlCtxtGetLastError(parser);
    if (document == NULL) {
        int line = error == NULL ? 0 : error->line;
        const char *why = error == NULL || error->message == NULL ? "no XML" : error->message;
        const char *advice = strstr(why, " use XML_PARSE_HUGE"); /* for whoever calls the library */
        int length = advice == NULL ? (int)strcspn(why, "\n") : (int)(advice - why);
        sim_bpmn_fail(ret_bpmn, SIM_BPMN_NO_XML, (uint32_t)line, "%.*s", length, why);
    } else {
        build(ret_bpmn, document);
        xmlFreeDoc(document);
    }
    xmlFreeParserCtxt(parser);
    return ret_bpmn->fault == SIM_BPMN_FINE;
}
