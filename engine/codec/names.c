/* Names of Zeebe's enums as its exporters print them, which intents are events, and a record's null
 * values.
 *
 * One list per value type: intent numbers count from 0, E() is an event, C() a command. A rejection
 * keeps its command's intent. Retired numbers have no name. */
#include "waggle/record.h"

/* clang-format off */
#define JOB_INTENTS                                                                                \
    E(CREATED) C(COMPLETE) E(COMPLETED) C(TIME_OUT) E(TIMED_OUT) C(FAIL) E(FAILED)                 \
    C(UPDATE_RETRIES) E(RETRIES_UPDATED) C(CANCEL) E(CANCELED) C(THROW_ERROR)                      \
    E(ERROR_THROWN) C(RECUR_AFTER_BACKOFF) E(RECURRED_AFTER_BACKOFF) C(YIELD) E(YIELDED)           \
    C(UPDATE_TIMEOUT) E(TIMEOUT_UPDATED) E(MIGRATED)
#define DEPLOYMENT_INTENTS C(CREATE) E(CREATED) C(DISTRIBUTE) E(DISTRIBUTED) E(FULLY_DISTRIBUTED)
#define PROCESS_INSTANCE_INTENTS                                                                   \
    C(CANCEL) E(SEQUENCE_FLOW_TAKEN) E(ELEMENT_ACTIVATING) E(ELEMENT_ACTIVATED)                    \
    E(ELEMENT_COMPLETING) E(ELEMENT_COMPLETED) E(ELEMENT_TERMINATING) E(ELEMENT_TERMINATED)        \
    C(ACTIVATE_ELEMENT) C(COMPLETE_ELEMENT) C(TERMINATE_ELEMENT) E(ELEMENT_MIGRATED)               \
    C(COMPLETE_EXECUTION_LISTENER)
#define INCIDENT_INTENTS E(CREATED) C(RESOLVE) E(RESOLVED) E(MIGRATED)
#define MESSAGE_INTENTS C(PUBLISH) E(PUBLISHED) C(EXPIRE) E(EXPIRED)
#define MESSAGE_SUBSCRIPTION_INTENTS                                                               \
    C(CREATE) E(CREATED) C(CORRELATE) E(CORRELATED) C(REJECT) E(REJECTED) C(DELETE)                \
    E(DELETED) E(CORRELATING) C(MIGRATE) E(MIGRATED)
#define PROCESS_MESSAGE_SUBSCRIPTION_INTENTS                                                       \
    E(CREATING) C(CREATE) E(CREATED) C(CORRELATE) E(CORRELATED) E(DELETING) C(DELETE)              \
    E(DELETED) E(MIGRATED)
#define JOB_BATCH_INTENTS C(ACTIVATE) E(ACTIVATED)
#define TIMER_INTENTS E(CREATED) C(TRIGGER) E(TRIGGERED) C(CANCEL) E(CANCELED)
#define MESSAGE_START_EVENT_SUBSCRIPTION_INTENTS E(CREATED) E(CORRELATED) E(DELETED)
#define VARIABLE_INTENTS E(CREATED) E(UPDATED) E(MIGRATED)
#define VARIABLE_DOCUMENT_INTENTS C(UPDATE) E(UPDATED)
#define PROCESS_INSTANCE_CREATION_INTENTS C(CREATE) E(CREATED) C(CREATE_WITH_AWAITING_RESULT)
#define ERROR_INTENTS E(CREATED)
#define PROCESS_INSTANCE_RESULT_INTENTS E(COMPLETED)
#define PROCESS_INTENTS E(CREATED) E(DELETING) E(DELETED)
#define DEPLOYMENT_DISTRIBUTION_INTENTS E(DISTRIBUTING) C(COMPLETE) E(COMPLETED)
#define PROCESS_EVENT_INTENTS E(TRIGGERING) E(TRIGGERED)
#define DECISION_INTENTS E(CREATED) E(DELETED)
#define DECISION_REQUIREMENTS_INTENTS E(CREATED) E(DELETED)
#define DECISION_EVALUATION_INTENTS E(EVALUATED) E(FAILED) C(EVALUATE)
#define PROCESS_INSTANCE_MODIFICATION_INTENTS C(MODIFY) E(MODIFIED)
#define ESCALATION_INTENTS E(ESCALATED) E(NOT_ESCALATED)
#define SIGNAL_SUBSCRIPTION_INTENTS E(CREATED) E(DELETED)
#define SIGNAL_INTENTS C(BROADCAST) E(BROADCASTED)
#define RESOURCE_DELETION_INTENTS C(DELETE) E(DELETING) E(DELETED)
#define COMMAND_DISTRIBUTION_INTENTS                                                               \
    E(STARTED) E(DISTRIBUTING) C(ACKNOWLEDGE) E(ACKNOWLEDGED) E(FINISHED)
#define PROCESS_INSTANCE_BATCH_INTENTS C(TERMINATE) C(ACTIVATE)
#define MESSAGE_BATCH_INTENTS C(EXPIRE)
#define FORM_INTENTS E(CREATED) E(DELETED)
#define USER_TASK_INTENTS                                                                          \
    E(CREATING) E(CREATED) C(COMPLETE) E(COMPLETING) E(COMPLETED) E(CANCELING) E(CANCELED)         \
    C(ASSIGN) E(ASSIGNING) E(ASSIGNED) C(CLAIM) C(UPDATE) E(UPDATING) E(UPDATED) E(MIGRATED)
#define PROCESS_INSTANCE_MIGRATION_INTENTS C(MIGRATE) E(MIGRATED)
#define COMPENSATION_SUBSCRIPTION_INTENTS E(CREATED) E(TRIGGERED) E(COMPLETED) E(DELETED)
#define CHECKPOINT_INTENTS C(CREATE) E(CREATED) E(IGNORED)
#define VALUE_TYPES(X)                                                                             \
    X(JOB) X(DEPLOYMENT) X(PROCESS_INSTANCE) X(INCIDENT) X(MESSAGE) X(MESSAGE_SUBSCRIPTION)        \
    X(PROCESS_MESSAGE_SUBSCRIPTION) X(JOB_BATCH) X(TIMER)                                          \
    X(MESSAGE_START_EVENT_SUBSCRIPTION) X(VARIABLE) X(VARIABLE_DOCUMENT)                           \
    X(PROCESS_INSTANCE_CREATION) X(ERROR) X(PROCESS_INSTANCE_RESULT) X(PROCESS)                    \
    X(DEPLOYMENT_DISTRIBUTION) X(PROCESS_EVENT) X(DECISION) X(DECISION_REQUIREMENTS)               \
    X(DECISION_EVALUATION) X(PROCESS_INSTANCE_MODIFICATION) X(ESCALATION)                          \
    X(SIGNAL_SUBSCRIPTION) X(SIGNAL) X(RESOURCE_DELETION) X(COMMAND_DISTRIBUTION)                  \
    X(PROCESS_INSTANCE_BATCH) X(MESSAGE_BATCH) X(FORM) X(USER_TASK)                                \
    X(PROCESS_INSTANCE_MIGRATION) X(COMPENSATION_SUBSCRIPTION) X(CHECKPOINT)
/* clang-format on */

struct intent {
    const char *name;
    bool event;
};

#define E(name) {#name, true},
#define C(name) {#name, false},
#define INTENT_LIST(type) static const struct intent type##_intents[] = {type##_INTENTS};
VALUE_TYPES(INTENT_LIST)

struct value_type {
    const char *name;
    const struct intent *intents;
    uint32_t intent_count;
};

#define VALUE_TYPE_ROW(type)                                                                       \
    [WG_VT_##type] = {#type, type##_intents, sizeof type##_intents / sizeof *type##_intents},
static const struct value_type value_types[256] = {VALUE_TYPES(VALUE_TYPE_ROW)};

static const struct intent *find_intent(uint8_t value_type, uint8_t intent) {
    const struct value_type *type = &value_types[value_type];
    return intent < type->intent_count ? &type->intents[intent] : NULL;
}

const char *wg_value_type_name(uint8_t value_type) {
    return value_type == WG_VT_NULL ? "NULL_VAL" : value_types[value_type].name;
}

const char *wg_intent_name(uint8_t value_type, uint8_t intent) {
    const struct intent *found = find_intent(value_type, intent);
    return found == NULL ? NULL : found->name;
}

bool wg_intent_is_event(uint8_t value_type, uint8_t intent) {
    const struct intent *found = find_intent(value_type, intent);
    return found != NULL && found->event;
}

const char *wg_record_type_name(uint8_t record_type) {
    switch (record_type) {
    case WG_EVENT:
        return "EVENT";
    case WG_COMMAND:
        return "COMMAND";
    case WG_REJECTION:
        return "COMMAND_REJECTION";
    case WG_RECORD_TYPE_NULL:
        return "NULL_VAL";
    default:
        return NULL;
    }
}

const char *wg_rejection_type_name(uint8_t rejection_type) {
    switch (rejection_type) {
    case WG_REJECT_INVALID_ARGUMENT:
        return "INVALID_ARGUMENT";
    case WG_REJECT_NOT_FOUND:
        return "NOT_FOUND";
    case WG_REJECT_ALREADY_EXISTS:
        return "ALREADY_EXISTS";
    case WG_REJECT_INVALID_STATE:
        return "INVALID_STATE";
    case WG_REJECT_PROCESSING_ERROR:
        return "PROCESSING_ERROR";
    case WG_REJECT_EXCEEDED_BATCH_RECORD_SIZE:
        return "EXCEEDED_BATCH_RECORD_SIZE";
    case WG_REJECT_NULL:
        return "NULL_VAL";
    default:
        return NULL;
    }
}

/* The broker version is not null: it is the one that a writer of today puts into its records. */
void wg_record_init(struct wg_record *record) {
    *record = (struct wg_record){.position = WG_POSITION_NONE,
                                 .source_position = WG_POSITION_NONE,
                                 .key = WG_KEY_NONE,
                                 .timestamp_ms = -1,
                                 .operation_reference = -1,
                                 .batch_operation_reference = -1,
                                 .request_id = UINT64_MAX,
                                 .request_stream_id = INT32_MIN,
                                 .record_type = WG_RECORD_TYPE_NULL,
                                 .value_type = WG_VT_NULL,
                                 .intent = WG_INTENT_NULL,
                                 .rejection_type = WG_REJECT_NULL,
                                 .record_version = 1,
                                 .protocol_version = 5,
                                 .broker_version = {8, 6, 0}};
}
