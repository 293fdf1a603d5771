/* The datum: one Zeebe record as the engine, judges and exporters see it. Numbers are wire values
 * (reference: protocol 1.4, 1.5). Unknown numbers pass through unharmed. */
#ifndef WAGGLE_RECORD_H
#define WAGGLE_RECORD_H

#include "waggle/ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes; `ptr` may be NULL when `len` is 0. */
struct wg_bytes {
    const uint8_t *ptr;
    uint32_t len;
};

enum wg_record_type { WG_EVENT = 0, WG_COMMAND = 1, WG_REJECTION = 2, WG_RECORD_TYPE_NULL = 255 };

enum wg_rejection_type {
    WG_REJECT_INVALID_ARGUMENT = 0,
    WG_REJECT_NOT_FOUND = 1,
    WG_REJECT_ALREADY_EXISTS = 2,
    WG_REJECT_INVALID_STATE = 3,
    WG_REJECT_PROCESSING_ERROR = 4,
    WG_REJECT_EXCEEDED_BATCH_RECORD_SIZE = 5,
    WG_REJECT_NULL = 255
};

enum wg_value_type {
    WG_VT_JOB = 0,
    WG_VT_DEPLOYMENT = 4,
    WG_VT_PROCESS_INSTANCE = 5,
    WG_VT_INCIDENT = 6,
    WG_VT_MESSAGE = 10,
    WG_VT_MESSAGE_SUBSCRIPTION = 11,
    WG_VT_PROCESS_MESSAGE_SUBSCRIPTION = 12,
    WG_VT_JOB_BATCH = 14,
    WG_VT_TIMER = 15,
    WG_VT_MESSAGE_START_EVENT_SUBSCRIPTION = 16,
    WG_VT_VARIABLE = 17,
    WG_VT_VARIABLE_DOCUMENT = 18,
    WG_VT_PROCESS_INSTANCE_CREATION = 19,
    WG_VT_ERROR = 20,
    WG_VT_PROCESS_INSTANCE_RESULT = 21,
    WG_VT_PROCESS = 22,
    WG_VT_DEPLOYMENT_DISTRIBUTION = 23,
    WG_VT_PROCESS_EVENT = 24,
    WG_VT_DECISION = 25,
    WG_VT_DECISION_REQUIREMENTS = 26,
    WG_VT_DECISION_EVALUATION = 27,
    WG_VT_PROCESS_INSTANCE_MODIFICATION = 28,
    WG_VT_ESCALATION = 29,
    WG_VT_SIGNAL_SUBSCRIPTION = 30,
    WG_VT_SIGNAL = 31,
    WG_VT_RESOURCE_DELETION = 32,
    WG_VT_COMMAND_DISTRIBUTION = 33,
    WG_VT_PROCESS_INSTANCE_BATCH = 34,
    WG_VT_MESSAGE_BATCH = 35,
    WG_VT_FORM = 36,
    WG_VT_USER_TASK = 37,
    WG_VT_PROCESS_INSTANCE_MIGRATION = 38,
    WG_VT_COMPENSATION_SUBSCRIPTION = 39,
    WG_VT_CHECKPOINT = 254,
    WG_VT_NULL = 255
};

/* Intents of the value types that the engine itself writes or reads. */
enum wg_intent_job {
    WG_JOB_CREATED = 0,
    WG_JOB_COMPLETE = 1,
    WG_JOB_COMPLETED = 2,
    WG_JOB_TIME_OUT = 3,
    WG_JOB_TIMED_OUT = 4,
    WG_JOB_FAIL = 5,
    WG_JOB_FAILED = 6,
    WG_JOB_UPDATE_RETRIES = 7,
    WG_JOB_RETRIES_UPDATED = 8,
    WG_JOB_CANCELED = 10,
    WG_JOB_THROW_ERROR = 11,
    WG_JOB_ERROR_THROWN = 12,
    WG_JOB_RECUR_AFTER_BACKOFF = 13,
    WG_JOB_RECURRED_AFTER_BACKOFF = 14
};
enum wg_intent_process_instance {
    WG_PI_CANCEL = 0,
    WG_PI_SEQUENCE_FLOW_TAKEN = 1,
    WG_PI_ELEMENT_ACTIVATING = 2,
    WG_PI_ELEMENT_ACTIVATED = 3,
    WG_PI_ELEMENT_COMPLETING = 4,
    WG_PI_ELEMENT_COMPLETED = 5,
    WG_PI_ELEMENT_TERMINATING = 6,
    WG_PI_ELEMENT_TERMINATED = 7,
    WG_PI_ACTIVATE_ELEMENT = 8,
    WG_PI_COMPLETE_ELEMENT = 9,
    WG_PI_TERMINATE_ELEMENT = 10
};
enum wg_intent_incident { WG_INCIDENT_CREATED = 0, WG_INCIDENT_RESOLVE = 1, WG_INCIDENT_RESOLVED = 2 };
enum wg_intent_deployment { WG_DEPLOYMENT_CREATE = 0, WG_DEPLOYMENT_CREATED = 1 };
enum wg_intent_process { WG_PROCESS_CREATED = 0 };
enum wg_intent_job_batch { WG_JOB_BATCH_ACTIVATE = 0, WG_JOB_BATCH_ACTIVATED = 1 };
enum wg_intent_variable { WG_VARIABLE_CREATED = 0, WG_VARIABLE_UPDATED = 1 };
enum wg_intent_creation { WG_PIC_CREATE = 0, WG_PIC_CREATED = 1 };
enum wg_intent_timer {
    WG_TIMER_CREATED = 0,
    WG_TIMER_TRIGGER = 1,
    WG_TIMER_TRIGGERED = 2,
    WG_TIMER_CANCELED = 4
};
enum wg_intent_message {
    WG_MESSAGE_PUBLISH = 0,
    WG_MESSAGE_PUBLISHED = 1,
    WG_MESSAGE_EXPIRE = 2,
    WG_MESSAGE_EXPIRED = 3
};
enum wg_intent_message_batch { WG_MESSAGE_BATCH_EXPIRE = 0 };
enum wg_intent_message_subscription {
    WG_MESSAGE_SUBSCRIPTION_CREATE = 0,
    WG_MESSAGE_SUBSCRIPTION_CREATED = 1,
    WG_MESSAGE_SUBSCRIPTION_CORRELATE = 2,
    WG_MESSAGE_SUBSCRIPTION_CORRELATED = 3,
    WG_MESSAGE_SUBSCRIPTION_REJECT = 4,
    WG_MESSAGE_SUBSCRIPTION_REJECTED = 5,
    WG_MESSAGE_SUBSCRIPTION_DELETE = 6,
    WG_MESSAGE_SUBSCRIPTION_DELETED = 7,
    WG_MESSAGE_SUBSCRIPTION_CORRELATING = 8
};
enum wg_intent_process_message_subscription {
    WG_PROCESS_SUBSCRIPTION_CREATING = 0,
    WG_PROCESS_SUBSCRIPTION_CREATE = 1,
    WG_PROCESS_SUBSCRIPTION_CREATED = 2,
    WG_PROCESS_SUBSCRIPTION_CORRELATE = 3,
    WG_PROCESS_SUBSCRIPTION_CORRELATED = 4,
    WG_PROCESS_SUBSCRIPTION_DELETING = 5,
    WG_PROCESS_SUBSCRIPTION_DELETE = 6,
    WG_PROCESS_SUBSCRIPTION_DELETED = 7
};
enum wg_intent_command_distribution {
    WG_DISTRIBUTION_STARTED = 0,
    WG_DISTRIBUTION_DISTRIBUTING = 1,
    WG_DISTRIBUTION_ACKNOWLEDGE = 2,
    WG_DISTRIBUTION_ACKNOWLEDGED = 3,
    WG_DISTRIBUTION_FINISHED = 4
};
enum wg_intent_process_instance_batch { WG_PI_BATCH_TERMINATE = 0, WG_PI_BATCH_ACTIVATE = 1 };
enum wg_intent_error { WG_ERROR_CREATED = 0 };
enum wg_intent_user_task {
    WG_USER_TASK_CREATING = 0,
    WG_USER_TASK_CREATED = 1,
    WG_USER_TASK_COMPLETE = 2,
    WG_USER_TASK_COMPLETING = 3,
    WG_USER_TASK_COMPLETED = 4,
    WG_USER_TASK_CANCELING = 5,
    WG_USER_TASK_CANCELED = 6
};
enum wg_intent_process_event { WG_PROCESS_EVENT_TRIGGERING = 0, WG_PROCESS_EVENT_TRIGGERED = 1 };
#define WG_INTENT_NULL 255

/* Everything a log entry says, decoded; byte fields borrow from the buffer it was decoded from.
 * The encoder takes the same struct. */
struct wg_record {
    wg_position position;        /* >= 1 */
    wg_position source_position; /* WG_POSITION_NONE = no source */
    wg_key key;                  /* WG_KEY_NONE = none */
    int64_t timestamp_ms;        /* epoch milliseconds of the writing broker's clock */
    int64_t operation_reference; /* -1 = none */
    int64_t batch_operation_reference; /* -1 = none; written by 8.8, shown in no JSON of 8.6 */
    uint64_t request_id;         /* UINT64_MAX = none */
    int32_t request_stream_id;   /* INT32_MIN = none */
    uint8_t record_type;         /* enum wg_record_type */
    uint8_t value_type;          /* enum wg_value_type */
    uint8_t intent;
    uint8_t rejection_type;      /* enum wg_rejection_type */
    uint8_t skip_processing;     /* log entry flags: 1 = follow-up command already processed */
    uint16_t record_version;     /* >= 1 */
    uint16_t protocol_version;
    int32_t broker_version[3];   /* major, minor, patch */
    struct wg_bytes rejection_reason; /* UTF-8 */
    struct wg_bytes authorization;    /* MessagePack map; empty on encode = the unset value */
    struct wg_bytes value;            /* MessagePack map */
};

/* Sets every field of `record` to its null or default value. */
void wg_record_init(struct wg_record *record);

/* Names as Zeebe exports them ("JOB", "COMPLETE_ELEMENT", "EVENT"); NULL for an unknown number. */
const char *wg_record_type_name(uint8_t record_type);
const char *wg_value_type_name(uint8_t value_type);
const char *wg_intent_name(uint8_t value_type, uint8_t intent);
const char *wg_rejection_type_name(uint8_t rejection_type);
/* Whether the intent is an event's (reference: protocol 1.5, the starred ones). */
bool wg_intent_is_event(uint8_t value_type, uint8_t intent);

#endif
