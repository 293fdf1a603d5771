/* Reading values of messages, subscriptions, distributions, elements and variables (see detail.h). */
#include "sim/invariants/detail.h"

#define TEXTS UINT64_C(0xCBF29CE484222325)

static uint64_t hash_text(uint64_t hash, struct wg_bytes text) {
    for (uint32_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.ptr[i]) * UINT64_C(0x100000001B3);
    }
    return (hash ^ text.len) * UINT64_C(0xFF51AFD7ED558CCD) | 1;
}

static uint64_t hash_of(uint64_t start, struct wg_bytes value, const char *name) {
    struct wg_bytes text = {NULL, 0};
    return judge_map_text(value, name, &text) ? hash_text(start, text) : start;
}

bool judge_has_detail(const struct judge_record *record) {
    return record->record_type == WG_EVENT &&
           (record->value_type == WG_VT_MESSAGE ||
            record->value_type == WG_VT_MESSAGE_SUBSCRIPTION ||
            record->value_type == WG_VT_PROCESS_MESSAGE_SUBSCRIPTION ||
            record->value_type == WG_VT_COMMAND_DISTRIBUTION ||
            record->value_type == WG_VT_PROCESS);
}

bool judge_has_flow_detail(const struct judge_record *record) {
    return record->record_type == WG_EVENT && (record->value_type == WG_VT_PROCESS_INSTANCE ||
                                               record->value_type == WG_VT_VARIABLE);
}

uint64_t judge_text_hash(struct wg_bytes text) { return hash_text(TEXTS, text); }

uint64_t judge_spread(int64_t place, uint64_t content) {
    uint64_t mixed = (content ^ (uint64_t)place) * UINT64_C(0x9E3779B97F4A7C15);
    return (mixed ^ (mixed >> 29)) * UINT64_C(0xC4CEB9FE1A85EC53);
}

static void add_item(void *ctx, uint64_t number, struct wg_bytes item) {
    struct judge_detail *detail = ctx;
    detail->spread += judge_spread((int64_t)number + 1, judge_text_hash(item));
}

static void read_element(struct wg_bytes value, struct judge_detail *detail) {
    static const char body[] = "MULTI_INSTANCE_BODY";
    struct wg_bytes type = {NULL, 0};
    detail->name = hash_of(TEXTS, value, "elementId");
    detail->process = hash_of(TEXTS, value, "bpmnProcessId");
    judge_map_int(value, "flowScopeKey", &detail->scope);
    detail->body = judge_map_text(value, "bpmnElementType", &type) &&
                   type.len == sizeof body - 1 && memcmp(type.ptr, body, type.len) == 0;
}

static void read_variable(struct wg_bytes value, struct judge_detail *detail) {
    struct wg_bytes content = {NULL, 0};
    detail->name = hash_of(TEXTS, value, "name");
    judge_map_int(value, "scopeKey", &detail->scope);
    if (judge_map_bytes(value, "value", &content)) {
        detail->content = judge_text_hash(content);
        detail->items = judge_array_items(content, add_item, detail);
        judge_int(content, &detail->number);
    }
}

struct judge_detail judge_detail_read(const struct judge_record *record) {
    struct judge_detail detail = {.message = -1, .deadline = -1, .partition = -1, .scope = -1,
                                  .items = -1, .number = -1};
    struct wg_bytes value = record->value;
    int64_t element = -1;
    if (record->value_type == WG_VT_PROCESS_INSTANCE) {
        read_element(value, &detail);
        return detail;
    }
    if (record->value_type == WG_VT_VARIABLE) {
        read_variable(value, &detail);
        return detail;
    }
    if (record->value_type == WG_VT_COMMAND_DISTRIBUTION) {
        judge_map_int(value, "partitionId", &detail.partition);
        return detail;
    }
    if (record->value_type == WG_VT_PROCESS) {
        judge_map_int(value, "version", &detail.version);
        return detail;
    }
    bool message = record->value_type == WG_VT_MESSAGE;
    uint64_t name = hash_of(TEXTS, value, message ? "name" : "messageName");
    detail.subject = hash_of(name, value, "correlationKey");
    if (message) {
        judge_map_int(value, "deadline", &detail.deadline);
        return detail;
    }
    judge_map_int(value, "elementInstanceKey", &element);
    judge_map_int(value, "messageKey", &detail.message);
    judge_map_int(value, "subscriptionPartitionId", &detail.partition);
    detail.waiter = (name ^ (uint64_t)element) * UINT64_C(0xC4CEB9FE1A85EC53) | 1;
    detail.process = hash_of(1, value, "bpmnProcessId");
    return detail;
}
