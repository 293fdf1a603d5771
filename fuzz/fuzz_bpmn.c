/* A BPMN file: refused with a reason, or a process that the engine takes and that ends, whichever
 * ways its gateways and events take: played through a few times with tokens. */
#include "fuzz/fuzz.h"

#include "sim/scenario/bpmn.h"

#define PLAYS 8u

struct play {
    struct wg_model model;
    uint32_t waiting[WG_MODEL_ELEMENTS_MAX]; /* flows that have come to a join */
    uint32_t ended[WG_MODEL_ELEMENTS_MAX];   /* paths of a scope */
    uint32_t visits;
    uint64_t draws;
};

static bool draw(struct play *play) {
    play->draws = play->draws * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return play->draws >> 63 != 0;
}

static void enter(struct play *play, uint32_t node);

/* All flows of a node, or the one that is drawn. */
static void leave(struct play *play, uint32_t node) {
    struct wg_model_element e = wg_model_at(&play->model, node);
    uint32_t out = 0;
    while (e.kind == WG_MODEL_EXCLUSIVE && out + 1u < e.out_count && draw(play)) {
        out++;
    }
    uint32_t end = e.kind == WG_MODEL_EXCLUSIVE ? out + 1 : e.out_count;
    for (; out < end; out++) {
        enter(play, wg_model_at(&play->model, e.first_out + out).target);
    }
}

/* Events beside the activity begin their ways; the first that is drawn of those that interrupt takes
 * the place of what follows. */
static void pass_events(struct play *play, uint32_t activity) {
    uint32_t next = activity;
    for (uint32_t i = 1; i < play->model.count; i++) {
        struct wg_model_element e = wg_model_at(&play->model, i);
        bool stands_here = (e.kind == WG_MODEL_BOUNDARY_TIMER || e.kind == WG_MODEL_BOUNDARY_ERROR ||
                            e.kind == WG_MODEL_BOUNDARY_MESSAGE) &&
                           e.source == activity;
        if (stands_here && draw(play)) {
            if ((e.flags & WG_MODEL_NON_INTERRUPTING) != 0) {
                leave(play, i);
            } else {
                next = next == activity ? i : next;
            }
        }
    }
    leave(play, next);
}

static void enter(struct play *play, uint32_t node) {
    struct wg_model_element e = wg_model_at(&play->model, node);
    FUZZ_CHECK(play->visits++ < WG_MODEL_ELEMENTS_MAX); /* each node once: nothing goes in circles */
    if (e.kind == WG_MODEL_PARALLEL && ++play->waiting[node] < e.in_count) {
        play->visits--;
        return;
    }
    play->waiting[node] = 0;
    if (e.kind == WG_MODEL_END) {
        play->ended[e.scope]++;
        return;
    }
    if (e.kind == WG_MODEL_SUBPROCESS || e.kind == WG_MODEL_MULTI) {
        enter(play, e.target);
        FUZZ_CHECK(e.kind == WG_MODEL_MULTI || play->ended[node] > 0);
    }
    bool repeated = wg_model_at(&play->model, e.scope).kind == WG_MODEL_MULTI;
    if (!repeated) {
        pass_events(play, node);
    }
}

static void play_through(const struct wg_model *model, uint64_t seed) {
    struct play play = {.model = *model, .draws = seed};
    enter(&play, wg_model_at(model, 0).first_out);
    FUZZ_CHECK(play.ended[0] > 0);
    for (uint32_t i = 0; i < model->count; i++) {
        FUZZ_CHECK(play.waiting[i] == 0); /* a join that waits for ever */
    }
}

static bool has_id_twice(const struct wg_model_builder *model) {
    for (uint32_t i = 0; i < model->count; i++) {
        const struct wg_model_element *a = &model->elements[i];
        for (uint32_t j = 0; j < i; j++) {
            const struct wg_model_element *b = &model->elements[j];
            bool repeated = b->kind == WG_MODEL_MULTI && b->target == i;
            if (!repeated && a->id_len == b->id_len &&
                memcmp(model->texts + a->id_at, model->texts + b->id_at, a->id_len) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* --- documents that are drawn ------------------------------------------------------------------ */

#define NODES_MAX 12u
#define FLOWS_MAX 24u

#define BESIDE                                                                                     \
    "<boundaryEvent id='n%u' attachedToRef='n%u' cancelActivity='false'><timerEventDefinition>"     \
    "<timeDuration>PT1S</timeDuration></timerEventDefinition></boundaryEvent>"

static const char *const node_forms[] = {
    "<startEvent id='n%u'/>",
    "<endEvent id='n%u'/>",
    "<parallelGateway id='n%u'/>",
    "<exclusiveGateway id='n%u' default='f%u'/>",
    "<userTask id='n%u'><extensionElements><z:userTask/></extensionElements></userTask>",
    "<boundaryEvent id='n%u' attachedToRef='n%u'><errorEventDefinition/></boundaryEvent>",
    BESIDE,
};

enum { EXCLUSIVE_FORM = 3, FORMS = sizeof node_forms / sizeof *node_forms };

/* Few random files are processes. From a first byte 0 on: number of nodes, their kinds (high bits:
 * what an event stands at), then flows from node to node. A gateway's default is its first flow. */
static size_t make_document(struct wg_bytes input, char *out, size_t room) {
    uint8_t nodes[NODES_MAX];
    uint8_t from[FLOWS_MAX];
    uint8_t to[FLOWS_MAX];
    uint32_t first_of[NODES_MAX] = {0};
    uint32_t count = fuzz_byte(&input) % NODES_MAX + 1;
    uint32_t flows = 0;
    for (uint32_t i = 0; i < count; i++) {
        nodes[i] = fuzz_byte(&input);
    }
    for (; flows < FLOWS_MAX && input.len > 0; flows++) {
        from[flows] = (uint8_t)(fuzz_byte(&input) % count);
        to[flows] = (uint8_t)(fuzz_byte(&input) % count);
        first_of[from[flows]] = first_of[from[flows]] == 0 ? flows + 1 : first_of[from[flows]];
    }
    size_t len = (size_t)snprintf(out, room,
                                  "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
                                  "xmlns:z='http://camunda.org/schema/zeebe/1.0'>"
                                  "<process id='p' isExecutable='true'>");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t form = nodes[i] % FORMS;
        uint32_t other = form == EXCLUSIVE_FORM ? first_of[i] : nodes[i] / FORMS % count;
        len += (size_t)snprintf(out + len, room - len, node_forms[form], i, other);
    }
    for (uint32_t i = 0; i < flows; i++) {
        bool decides = nodes[from[i]] % FORMS == EXCLUSIVE_FORM && first_of[from[i]] != i + 1;
        len += (size_t)snprintf(out + len, room - len,
                                "<sequenceFlow id='f%u' sourceRef='n%u' targetRef='n%u'>%s</sequenceFlow>",
                                i + 1, from[i], to[i],
                                decides ? "<conditionExpression>=v=1</conditionExpression>" : "");
    }
    return len + (size_t)snprintf(out + len, room - len, "</process></definitions>");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct sim_bpmn bpmn;
    static uint8_t form[2 * WG_MODEL_TEXTS_MAX];
    char made[8192];
    const char *text = (const char *)data;
    size_t len = size;
    if (size > 0 && data[0] == 0) {
        len = make_document(wg_bytes_of(data + 1, (uint32_t)size - 1), made, sizeof made);
        text = made;
    }
    if (!sim_bpmn_compile(text, len, &bpmn)) {
        FUZZ_CHECK(bpmn.fault != SIM_BPMN_FINE && bpmn.message[0] != '\0' && bpmn.line <= len + 1);
        return 0;
    }
    struct wg_writer out = wg_writer_on(form, sizeof form);
    wg_status status = wg_model_finish(&bpmn.model, &out);
    FUZZ_CHECK(bpmn.fault == SIM_BPMN_FINE && (status == WG_OK) != has_id_twice(&bpmn.model));
    if (status == WG_OK) {
        struct wg_model model;
        FUZZ_CHECK(wg_model_read(wg_writer_bytes(&out), &model) == WG_OK);
        for (uint64_t i = 0; i < PLAYS; i++) {
            play_through(&model, size * PLAYS + i);
        }
    }
    return 0;
}
