/* Reading, checking and building the compact form of a process. Always: what wg_model_read accepts
 * has indexes, texts and flow ranges in bounds, so that the engine needs no further checks. */
#include "codec/process_model.h"

#include <string.h>

#define MAGIC "WGM1"
#define HEADER 8u
#define MULTI_TYPE "MULTI_INSTANCE_BODY"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as in memory");
_Static_assert(sizeof(struct wg_model_element) == 24, "no padding");

/* What each kind is called in records (reference: protocol, BpmnElementType, BpmnEventType). */
static const struct {
    const char *type, *event_type;
} names[WG_MODEL_KIND_COUNT] = {
    [WG_MODEL_PROCESS] = {"PROCESS", "UNSPECIFIED"},
    [WG_MODEL_FLOW] = {"SEQUENCE_FLOW", "UNSPECIFIED"},
    [WG_MODEL_START] = {"START_EVENT", "NONE"},
    [WG_MODEL_END] = {"END_EVENT", "NONE"},
    [WG_MODEL_TASK] = {"SERVICE_TASK", "UNSPECIFIED"},
    [WG_MODEL_EXCLUSIVE] = {"EXCLUSIVE_GATEWAY", "UNSPECIFIED"},
    [WG_MODEL_PARALLEL] = {"PARALLEL_GATEWAY", "UNSPECIFIED"},
    [WG_MODEL_TIMER] = {"INTERMEDIATE_CATCH_EVENT", "TIMER"},
    [WG_MODEL_SUBPROCESS] = {"SUB_PROCESS", "UNSPECIFIED"},
    [WG_MODEL_MULTI] = {MULTI_TYPE, "UNSPECIFIED"},
    [WG_MODEL_USER_TASK] = {"USER_TASK", "UNSPECIFIED"},
    [WG_MODEL_BOUNDARY_TIMER] = {"BOUNDARY_EVENT", "TIMER"},
    [WG_MODEL_BOUNDARY_ERROR] = {"BOUNDARY_EVENT", "ERROR"},
    [WG_MODEL_MESSAGE] = {"INTERMEDIATE_CATCH_EVENT", "MESSAGE"},
    [WG_MODEL_BOUNDARY_MESSAGE] = {"BOUNDARY_EVENT", "MESSAGE"},
};

/* --- reading --------------------------------------------------------------------------------- */

struct wg_model wg_model_on(struct wg_bytes checked) {
    uint32_t count = checked.ptr[4];
    return (struct wg_model){
        .elements = checked.ptr + HEADER,
        .texts = (const char *)checked.ptr + HEADER + count * sizeof(struct wg_model_element),
        .count = count};
}

struct wg_model_element wg_model_at(const struct wg_model *model, uint32_t element) {
    struct wg_model_element read;
    memcpy(&read, model->elements + (size_t)element * sizeof read, sizeof read);
    return read;
}

struct wg_bytes wg_model_id(const struct wg_model *model, uint32_t element) {
    struct wg_model_element e = wg_model_at(model, element);
    return wg_bytes_of(model->texts + e.id_at, e.id_len);
}

struct wg_bytes wg_model_text(const struct wg_model *model, uint32_t element) {
    struct wg_model_element e = wg_model_at(model, element);
    return wg_bytes_of(model->texts + e.text_at, e.text_len);
}

uint32_t wg_model_find(const struct wg_model *model, struct wg_bytes id) {
    uint32_t i = 0;
    while (i < model->count && (!wg_bytes_equal(wg_model_id(model, i), id) ||
                                wg_model_at(model, i).kind == WG_MODEL_MULTI)) {
        i++;
    }
    return i;
}

uint32_t wg_model_find_instance(const struct wg_model *model,
                                const struct wg_value_process_instance *value) {
    uint32_t found = wg_model_find(model, value->element_id);
    if (found == model->count ||
        !wg_bytes_equal(value->bpmn_element_type, wg_bytes_str(MULTI_TYPE))) {
        return found;
    }
    uint32_t body = wg_model_at(model, found).scope;
    return wg_model_at(model, body).kind == WG_MODEL_MULTI ? body : model->count;
}

/* Further texts are packed into the number, from its low end: u8 length and u16 place of the second
 * text; u8 length and u16 place of the output collection, u8 length of the result, which follows it. */
struct packed {
    uint32_t second_len, second_at, output_len, output_at, result_len;
};

static struct packed unpack(int64_t number) {
    uint64_t bits = (uint64_t)number;
    return (struct packed){(uint32_t)(bits & 0xFF), (uint32_t)(bits >> 8 & 0xFFFF),
                           (uint32_t)(bits >> 24 & 0xFF), (uint32_t)(bits >> 32 & 0xFFFF),
                           (uint32_t)(bits >> 48)};
}

struct wg_bytes wg_model_second(const struct wg_model *model, uint32_t element) {
    struct packed packed = unpack(wg_model_at(model, element).number);
    return wg_bytes_of(model->texts + packed.second_at, packed.second_len);
}

struct wg_bytes wg_model_output(const struct wg_model *model, uint32_t body) {
    struct packed packed = unpack(wg_model_at(model, body).number);
    return wg_bytes_of(model->texts + packed.output_at, packed.output_len);
}

struct wg_bytes wg_model_result(const struct wg_model *model, uint32_t body) {
    struct packed packed = unpack(wg_model_at(model, body).number);
    return wg_bytes_of(model->texts + packed.output_at + packed.output_len, packed.result_len);
}

void wg_model_describe(const struct wg_model *model, uint32_t element,
                       struct wg_value_process_instance *value) {
    struct wg_model_element e = wg_model_at(model, element);
    value->element_id = wg_bytes_of(model->texts + e.id_at, e.id_len);
    value->bpmn_element_type = wg_bytes_str(names[e.kind].type);
    value->bpmn_event_type = wg_bytes_str(names[e.kind].event_type);
    value->bpmn_process_id = wg_model_id(model, 0);
}

/* --- checking -------------------------------------------------------------------------------- */

static bool is_activity(const struct wg_model_element *e) {
    return e->kind == WG_MODEL_TASK || e->kind == WG_MODEL_USER_TASK ||
           e->kind == WG_MODEL_SUBPROCESS;
}

static bool is_boundary(const struct wg_model_element *e) {
    return e->kind == WG_MODEL_BOUNDARY_TIMER || e->kind == WG_MODEL_BOUNDARY_ERROR ||
           e->kind == WG_MODEL_BOUNDARY_MESSAGE;
}

/* How many flows lead in and out, by kind. */
static bool has_right_flows(const struct wg_model_element *e, bool repeated) {
    switch ((enum wg_model_kind)e->kind) {
    case WG_MODEL_PROCESS:
    case WG_MODEL_FLOW:
        return e->in_count == 0 && e->out_count == 0;
    case WG_MODEL_START:
        return e->in_count == 0 && e->out_count == 1;
    case WG_MODEL_END:
        return e->in_count >= 1 && e->out_count == 0;
    case WG_MODEL_EXCLUSIVE:
    case WG_MODEL_PARALLEL:
        return e->in_count >= 1 && e->out_count >= 1;
    case WG_MODEL_BOUNDARY_TIMER:
    case WG_MODEL_BOUNDARY_ERROR:
    case WG_MODEL_BOUNDARY_MESSAGE:
        return e->in_count == 0 && e->out_count == 1;
    default:
        return repeated ? e->in_count == 0 && e->out_count == 0
                        : e->in_count >= 1 && e->out_count == 1;
    }
}

static bool has_right_second(const struct wg_model_element *e, uint32_t text_len) {
    struct packed packed = unpack(e->number);
    bool fits = packed.second_len <= WG_MODEL_NAME_MAX &&
                packed.second_at + packed.second_len <= text_len;
    if (e->kind != WG_MODEL_MULTI) {
        return fits && (uint64_t)e->number >> 24 == 0;
    }
    bool both = packed.output_len > 0 && packed.result_len > 0;
    bool none = (uint64_t)e->number >> 24 == 0;
    return fits && packed.output_len <= WG_MODEL_NAME_MAX &&
           packed.result_len <= WG_MODEL_NAME_MAX && (none || both) &&
           packed.output_at + packed.output_len + packed.result_len <= text_len;
}

static bool has_right_number(const struct wg_model_element *e, uint32_t text_len) {
    switch ((enum wg_model_kind)e->kind) {
    case WG_MODEL_TASK:
        return e->text_len > 0 && e->number >= 1 && e->number <= WG_MODEL_RETRIES_MAX;
    case WG_MODEL_TIMER:
    case WG_MODEL_BOUNDARY_TIMER:
        return e->number >= 0 && e->number <= WG_MODEL_TIMER_MAX_MS;
    case WG_MODEL_MULTI:
    case WG_MODEL_MESSAGE:
    case WG_MODEL_BOUNDARY_MESSAGE:
        return e->text_len > 0 && has_right_second(e, text_len);
    default:
        return true;
    }
}

/* What stands around an element fits it: a sub-process has one start event, a body repeats one
 * activity of its own id, a boundary event stands at an activity beside it. */
static bool fits_around(const struct wg_model *model, uint32_t at,
                        const struct wg_model_element *e) {
    if (e->scope >= at || e->source >= model->count) {
        return false;
    }
    struct wg_model_element scope = wg_model_at(model, e->scope);
    if (scope.kind == WG_MODEL_MULTI) {
        return scope.target == at && is_activity(e) && e->boundaries == 0 &&
               wg_bytes_equal(wg_model_id(model, at), wg_model_id(model, e->scope));
    }
    if (scope.kind != WG_MODEL_PROCESS && scope.kind != WG_MODEL_SUBPROCESS) {
        return false;
    }
    if (e->kind == WG_MODEL_START) {
        return (e->scope == 0 ? scope.first_out : scope.target) == at;
    }
    if (is_boundary(e)) {
        struct wg_model_element activity = wg_model_at(model, e->source);
        return e->source < at && activity.scope == e->scope && activity.boundaries > 0 &&
               (is_activity(&activity) || activity.kind == WG_MODEL_MULTI);
    }
    bool inner = e->kind == WG_MODEL_SUBPROCESS || e->kind == WG_MODEL_MULTI;
    return !inner || (e->target > at && e->target < model->count &&
                      wg_model_at(model, e->target).scope == at &&
                      (e->kind == WG_MODEL_MULTI ||
                       wg_model_at(model, e->target).kind == WG_MODEL_START));
}

static bool is_too_deep(const struct wg_model *model, uint32_t at) {
    uint32_t depth = 1;
    while (at != 0 && depth <= WG_MODEL_DEPTH_MAX) {
        at = wg_model_at(model, at).scope; /* a lower number: fits_around */
        depth++;
    }
    return depth > WG_MODEL_DEPTH_MAX;
}

static uint32_t boundaries_of(const struct wg_model *model, uint32_t activity) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        struct wg_model_element e = wg_model_at(model, i);
        count += is_boundary(&e) && e.source == activity;
    }
    return count;
}

static bool flow_is_right(const struct wg_model *model, uint32_t at,
                          const struct wg_model_element *flow) {
    if (flow->source >= model->count || flow->target >= model->count) {
        return false;
    }
    struct wg_model_element source = wg_model_at(model, flow->source);
    if (source.scope != flow->scope || wg_model_at(model, flow->target).scope != flow->scope ||
        flow->source == 0 || flow->target == 0) {
        return false;
    }
    bool last = at + 1 == (uint32_t)source.first_out + source.out_count;
    bool decides = source.kind == WG_MODEL_EXCLUSIVE && !last;
    return at >= source.first_out && at < (uint32_t)source.first_out + source.out_count &&
           decides == (flow->text_len > 0);
}

static uint32_t flows_into(const struct wg_model *model, uint32_t node) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        struct wg_model_element e = wg_model_at(model, i);
        count += e.kind == WG_MODEL_FLOW && e.target == node;
    }
    return count;
}

static bool flows_out_are_its_own(const struct wg_model *model, uint32_t node) {
    struct wg_model_element e = wg_model_at(model, node);
    for (uint32_t i = 0; i < e.out_count; i++) {
        uint32_t at = e.first_out + i;
        if (at >= model->count || wg_model_at(model, at).kind != WG_MODEL_FLOW ||
            wg_model_at(model, at).source != node) {
            return false;
        }
    }
    return true;
}

static bool element_is_right(const struct wg_model *model, uint32_t at, uint32_t text_len) {
    struct wg_model_element e = wg_model_at(model, at);
    bool process = e.kind == WG_MODEL_PROCESS;
    if (e.kind >= WG_MODEL_KIND_COUNT || process != (at == 0) || e.id_len == 0 ||
        e.id_len > WG_MODEL_NAME_MAX || e.text_len > WG_MODEL_NAME_MAX ||
        (uint32_t)e.id_at + e.id_len > text_len || (uint32_t)e.text_at + e.text_len > text_len) {
        return false;
    }
    if (process) {
        return e.first_out < model->count && e.scope == 0 && e.boundaries == 0 &&
               wg_model_at(model, e.first_out).kind == WG_MODEL_START &&
               wg_model_at(model, e.first_out).scope == 0 && has_right_flows(&e, false);
    }
    if (!fits_around(model, at, &e) || is_too_deep(model, at) ||
        e.boundaries != boundaries_of(model, at)) {
        return false;
    }
    bool repeated = wg_model_at(model, e.scope).kind == WG_MODEL_MULTI;
    return has_right_flows(&e, repeated) && has_right_number(&e, text_len) &&
           (e.kind == WG_MODEL_FLOW ? flow_is_right(model, at, &e)
                                    : flows_out_are_its_own(model, at) &&
                                          flows_into(model, at) == e.in_count);
}

/* A circle without a wait would be run through for ever; none is allowed at all. Flows are followed
 * as often as there are elements: longer paths exist only in circles. */
static bool has_circle(const struct wg_model *model) {
    uint8_t depth[WG_MODEL_ELEMENTS_MAX] = {0};
    for (uint32_t round = 0; round <= model->count; round++) {
        bool changed = false;
        for (uint32_t i = 0; i < model->count; i++) {
            struct wg_model_element e = wg_model_at(model, i);
            uint32_t target = is_boundary(&e) ? i : e.target;
            if ((e.kind == WG_MODEL_FLOW || is_boundary(&e)) && depth[target] <= depth[e.source]) {
                depth[target] = (uint8_t)(depth[e.source] + 1);
                changed = true;
                if (depth[target] >= WG_MODEL_ELEMENTS_MAX) {
                    return true;
                }
            }
        }
        if (!changed) {
            return false;
        }
    }
    return true;
}

wg_status wg_model_read(struct wg_bytes bytes, struct wg_model *ret_model) {
    if (bytes.len < HEADER || memcmp(bytes.ptr, MAGIC, 4) != 0) {
        return WG_CORRUPT;
    }
    uint32_t count = bytes.ptr[4];
    uint32_t text_len = (uint32_t)wg_load_le(bytes.ptr + 6, 2);
    if (count == 0 || count > WG_MODEL_ELEMENTS_MAX || bytes.ptr[5] != 0 ||
        bytes.len != HEADER + count * (uint32_t)sizeof(struct wg_model_element) + text_len) {
        return WG_CORRUPT;
    }
    *ret_model = wg_model_on(bytes);
    for (uint32_t i = 0; i < count; i++) {
        struct wg_bytes id = wg_model_id(ret_model, i);
        if (!element_is_right(ret_model, i, text_len) ||
            (wg_model_at(ret_model, i).kind != WG_MODEL_MULTI && wg_model_find(ret_model, id) != i)) {
            return WG_CORRUPT;
        }
    }
    return has_circle(ret_model) ? WG_CORRUPT : WG_OK;
}

/* --- in a resource --------------------------------------------------------------------------- */

/* Where the hex begins, NULL = no mark. The last mark counts. */
static const uint8_t *find_hex(struct wg_bytes resource) {
    const uint32_t mark = sizeof WG_MODEL_MARK - 1;
    for (uint32_t at = resource.len; at >= mark; at--) {
        if (memcmp(resource.ptr + at - mark, WG_MODEL_MARK, mark) == 0) {
            return resource.ptr + at;
        }
    }
    return NULL;
}

static int digit(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint32_t wg_model_extract_room(struct wg_bytes resource) {
    const uint8_t *hex = find_hex(resource);
    return hex == NULL ? 0 : (uint32_t)(resource.ptr + resource.len - hex) / 2;
}

static const uint8_t *trim(const uint8_t *begin, const uint8_t *end) {
    while (end > begin && end[-1] == '\n') {
        end--;
    }
    return end;
}

uint32_t wg_model_extract(struct wg_bytes resource, uint8_t *out, uint32_t room) {
    const uint8_t *hex = find_hex(resource);
    if (hex == NULL) {
        return 0;
    }
    const uint8_t *end = trim(hex, resource.ptr + resource.len);
    if (end - hex >= 3 && memcmp(end - 3, "-->", 3) == 0) {
        end = trim(hex, end - 3); /* the mark stands in an XML comment */
    }
    uint32_t len = (uint32_t)(end - hex) / 2;
    if ((end - hex) % 2 != 0 || len > room) {
        return 0;
    }
    for (uint32_t i = 0; i < len; i++) {
        int high = digit(hex[2 * i]);
        int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return len;
}

/* --- building -------------------------------------------------------------------------------- */

static uint16_t keep_text(struct wg_model_builder *builder, struct wg_bytes text) {
    uint32_t at = builder->text_len;
    if (text.len > WG_MODEL_NAME_MAX || text.len > WG_MODEL_TEXTS_MAX - at) {
        builder->failed = true;
        return 0;
    }
    if (text.len > 0) {
        memcpy(builder->texts + at, text.ptr, text.len);
    }
    builder->text_len += text.len;
    return (uint16_t)at;
}

uint32_t wg_model_add(struct wg_model_builder *builder, enum wg_model_kind kind, struct wg_bytes id,
                      struct wg_bytes text, int64_t number) {
    if (builder->count == WG_MODEL_ELEMENTS_MAX) {
        builder->failed = true;
        return 0;
    }
    uint16_t id_at = keep_text(builder, id);
    uint16_t text_at = keep_text(builder, text);
    builder->elements[builder->count] = (struct wg_model_element){
        .kind = (uint8_t)kind,
        .id_at = id_at,
        .id_len = (uint8_t)id.len,
        .text_at = text_at,
        .text_len = (uint8_t)text.len,
        .number = number,
        .scope = (uint8_t)builder->scope,
    };
    struct wg_model_element *scope = &builder->elements[builder->scope];
    if (kind == WG_MODEL_START && builder->scope == 0) {
        scope->first_out = (uint8_t)builder->count;
    } else if (kind == WG_MODEL_START || scope->kind == WG_MODEL_MULTI) {
        scope->target = (uint8_t)builder->count;
    }
    return builder->count++;
}

void wg_model_add_second(struct wg_model_builder *builder, uint32_t element,
                         struct wg_bytes text) {
    uint32_t at = keep_text(builder, text);
    builder->elements[element].number = (int64_t)at << 8 | (uint8_t)text.len;
}

void wg_model_add_output(struct wg_model_builder *builder, uint32_t body, struct wg_bytes collection,
                         struct wg_bytes result) {
    uint64_t at = keep_text(builder, collection);
    keep_text(builder, result);
    uint64_t packed = (collection.len & 0xFFu) | at << 8 | (uint64_t)(result.len & 0xFFu) << 24;
    builder->elements[body].number |= (int64_t)(packed << 24);
}

void wg_model_attach(struct wg_model_builder *builder, uint32_t element, uint32_t activity) {
    builder->elements[element].source = (uint8_t)activity;
    builder->elements[activity].boundaries++;
}

uint32_t wg_model_connect(struct wg_model_builder *builder, struct wg_bytes id, uint32_t source,
                          uint32_t target, struct wg_bytes variable, int64_t constant) {
    uint32_t flow = wg_model_add(builder, WG_MODEL_FLOW, id, variable, constant);
    if (builder->failed) {
        return 0;
    }
    struct wg_model_element *from = &builder->elements[source];
    builder->elements[flow].scope = from->scope;
    builder->elements[flow].source = (uint8_t)source;
    builder->elements[flow].target = (uint8_t)target;
    builder->elements[target].in_count++;
    from->first_out = from->out_count == 0 ? (uint8_t)flow : from->first_out;
    from->out_count++;
    return flow;
}

wg_status wg_model_finish(const struct wg_model_builder *builder, struct wg_writer *out) {
    struct wg_model checked;
    uint32_t from = wg_writer_bytes(out).len;
    wg_write_bytes(out, MAGIC, 4);
    wg_write_le(out, builder->count, 2);
    wg_write_le(out, builder->text_len, 2);
    wg_write_bytes(out, builder->elements, builder->count * (uint32_t)sizeof *builder->elements);
    wg_write_bytes(out, builder->texts, builder->text_len);
    struct wg_bytes all = wg_writer_bytes(out);
    if (builder->failed || out->failed) {
        return WG_FULL;
    }
    return wg_model_read(wg_bytes_of(all.ptr + from, all.len - from), &checked);
}
