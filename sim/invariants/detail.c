/* Reading values of messages, subscriptions and distributions (see detail.h). */
#include "sim/invariants/detail.h"

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

struct judge_detail judge_detail_read(const struct judge_record *record) {
    struct judge_detail detail = {.message = -1, .deadline = -1, .partition = -1};
    struct wg_bytes value = record->value;
    int64_t element = -1;
    if (record->value_type == WG_VT_COMMAND_DISTRIBUTION) {
        judge_map_int(value, "partitionId", &detail.partition);
        return detail;
    }
    if (record->value_type == WG_VT_PROCESS) {
        judge_map_int(value, "version", &detail.version);
        return detail;
    }
    bool message = record->value_type == WG_VT_MESSAGE;
    uint64_t name = hash_of(UINT64_C(0xCBF29CE484222325), value, message ? "name" : "messageName");
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
