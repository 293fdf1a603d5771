/* The tables of all value types, in wire order (reference: protocol 3.2), and of the maps that
 * stand in their arrays. A row says name, struct member, kind and default; NEED rows have none.
 * The rows of nested tables (N_) have no member: such maps are checked, never stored. */
#include "codec/value_tables.h"

#include "codec/values.h"

#include <stddef.h>

#define ROW(type, member, wire, kind_, number_, text_)                                             \
    {.name = wire, .text = text_, .number = number_,                                               \
     .offset = offsetof(struct wg_value_##type, member), .name_len = sizeof wire - 1,              \
     .text_len = sizeof text_ - 1, .kind = kind_}
#define NEED(type, member, wire, kind_)                                                            \
    {.name = wire, .text = "", .number = -1, .offset = offsetof(struct wg_value_##type, member),   \
     .name_len = sizeof wire - 1, .kind = kind_, .required = true}
#define LIST(type, member, wire, element_kind_, element_)                                          \
    {.name = wire, .text = "", .offset = offsetof(struct wg_value_##type, member),                 \
     .name_len = sizeof wire - 1, .kind = WG_P_ARRAY, .element_kind = element_kind_,               \
     .element = element_}
#define NUMBER(type, member, wire, kind, number) ROW(type, member, wire, kind, number, "")
#define KEY(type, member, wire) ROW(type, member, wire, WG_P_INT64, -1, "")
#define TEXT(type, member, wire, kind, text) ROW(type, member, wire, kind, 0, text)
#define ARRAY(type, member, wire, kind) LIST(type, member, wire, kind, NULL)
#define MAPS(type, member, wire, schema) LIST(type, member, wire, WG_P_MAP, schema)
#define TENANT(type) TEXT(type, tenant_id, "tenantId", WG_P_STR, WG_DEFAULT_TENANT)

#define N_NUMBER(wire, kind_, number_)                                                             \
    {.name = wire, .text = "", .number = number_, .name_len = sizeof wire - 1, .kind = kind_}
#define N_KEY(wire) N_NUMBER(wire, WG_P_INT64, -1)
#define N_TEXT(wire, kind_, text_)                                                                 \
    {.name = wire, .text = text_, .name_len = sizeof wire - 1, .text_len = sizeof text_ - 1,       \
     .kind = kind_}
#define N_NEED(wire, kind_)                                                                        \
    {.name = wire, .text = "", .number = -1, .name_len = sizeof wire - 1, .kind = kind_,           \
     .required = true}
#define N_LIST(wire, element_kind_, element_)                                                      \
    {.name = wire, .text = "", .name_len = sizeof wire - 1, .kind = WG_P_ARRAY,                    \
     .element_kind = element_kind_, .element = element_}
#define N_ARRAY(wire, kind) N_LIST(wire, kind, NULL)
#define N_MAPS(wire, schema) N_LIST(wire, WG_P_MAP, schema)
#define N_TENANT N_TEXT("tenantId", WG_P_STR, WG_DEFAULT_TENANT)

#define COUNT(type) (sizeof type##_properties / sizeof *type##_properties)
#define STRUCT(type)                                                                               \
    {type##_properties, COUNT(type), sizeof(struct wg_value_##type),                               \
     offsetof(struct wg_value_##type, unknown)}
#define NESTED(type) {type##_properties, COUNT(type), 0, 0}

/* clang-format off */
/* --- maps in arrays --- */

static const struct wg_property deployment_resource_properties[] = {
    N_TEXT("resourceName", WG_P_STR, "resource"),
    N_NEED("resource", WG_P_BIN),
};
static const struct wg_schema deployment_resource_schema = NESTED(deployment_resource);

static const struct wg_property process_metadata_properties[] = {
    N_NEED("bpmnProcessId", WG_P_STR),
    N_NEED("version", WG_P_INT32),
    N_NEED("processDefinitionKey", WG_P_INT64),
    N_NEED("resourceName", WG_P_STR),
    N_NEED("checksum", WG_P_BIN),
    N_NUMBER("isDuplicate", WG_P_BOOL, 0),
    N_TENANT,
};
static const struct wg_schema process_metadata_schema = NESTED(process_metadata);

static const struct wg_property drg_metadata_properties[] = {
    N_TEXT("decisionRequirementsId", WG_P_STR, ""),
    N_TEXT("decisionRequirementsName", WG_P_STR, ""),
    N_NUMBER("decisionRequirementsVersion", WG_P_INT32, -1),
    N_KEY("decisionRequirementsKey"),
    N_TEXT("namespace", WG_P_STR, ""),
    N_TEXT("resourceName", WG_P_STR, ""),
    N_TEXT("checksum", WG_P_BIN, ""),
    N_NUMBER("isDuplicate", WG_P_BOOL, 0),
    N_TENANT,
};
static const struct wg_schema drg_metadata_schema = NESTED(drg_metadata);

static const struct wg_property decision_metadata_properties[] = {
    N_TEXT("decisionId", WG_P_STR, ""),
    N_TEXT("decisionName", WG_P_STR, ""),
    N_NUMBER("version", WG_P_INT32, -1),
    N_KEY("decisionKey"),
    N_TEXT("decisionRequirementsId", WG_P_STR, ""),
    N_KEY("decisionRequirementsKey"),
    N_NUMBER("isDuplicate", WG_P_BOOL, 0),
    N_TENANT,
};
static const struct wg_schema decision_metadata_schema = NESTED(decision_metadata);

static const struct wg_property form_metadata_properties[] = {
    N_NEED("formId", WG_P_STR),
    N_NEED("version", WG_P_INT32),
    N_NEED("formKey", WG_P_INT64),
    N_NEED("resourceName", WG_P_STR),
    N_NEED("checksum", WG_P_BIN),
    N_NUMBER("isDuplicate", WG_P_BOOL, 0),
    N_TENANT,
};
static const struct wg_schema form_metadata_schema = NESTED(form_metadata);

static const struct wg_property start_instruction_properties[] = {
    N_NEED("elementId", WG_P_STR),
};
static const struct wg_schema start_instruction_schema = NESTED(start_instruction);

static const struct wg_property terminate_instruction_properties[] = {
    N_NEED("elementInstanceKey", WG_P_INT64),
};
static const struct wg_schema terminate_instruction_schema = NESTED(terminate_instruction);

static const struct wg_property variable_instruction_properties[] = {
    N_TEXT("variables", WG_P_DOC, ""),
    N_TEXT("elementId", WG_P_STR, ""),
};
static const struct wg_schema variable_instruction_schema = NESTED(variable_instruction);

static const struct wg_property activate_instruction_properties[] = {
    N_NEED("elementId", WG_P_STR),
    N_KEY("ancestorScopeKey"),
    N_MAPS("variableInstructions", &variable_instruction_schema),
    N_ARRAY("ancestorScopeKeys", WG_P_INT64),
};
static const struct wg_schema activate_instruction_schema = NESTED(activate_instruction);

static const struct wg_property mapping_instruction_properties[] = {
    N_TEXT("sourceElementId", WG_P_STR, ""),
    N_TEXT("targetElementId", WG_P_STR, ""),
};
static const struct wg_schema mapping_instruction_schema = NESTED(mapping_instruction);

static const struct wg_property evaluated_input_properties[] = {
    N_NEED("inputId", WG_P_STR),
    N_TEXT("inputName", WG_P_STR, ""),
    N_NEED("inputValue", WG_P_BIN),
};
static const struct wg_schema evaluated_input_schema = NESTED(evaluated_input);

static const struct wg_property evaluated_output_properties[] = {
    N_NEED("outputId", WG_P_STR),
    N_TEXT("outputName", WG_P_STR, ""),
    N_NEED("outputValue", WG_P_BIN),
};
static const struct wg_schema evaluated_output_schema = NESTED(evaluated_output);

static const struct wg_property matched_rule_properties[] = {
    N_NEED("ruleId", WG_P_STR),
    N_NEED("ruleIndex", WG_P_INT32),
    N_MAPS("evaluatedOutputs", &evaluated_output_schema),
};
static const struct wg_schema matched_rule_schema = NESTED(matched_rule);

static const struct wg_property evaluated_decision_properties[] = {
    N_NEED("decisionId", WG_P_STR),
    N_NEED("decisionName", WG_P_STR),
    N_NEED("decisionKey", WG_P_INT64),
    N_NEED("decisionVersion", WG_P_INT32),
    N_NEED("decisionType", WG_P_STR),
    N_NEED("decisionOutput", WG_P_BIN),
    N_MAPS("evaluatedInputs", &evaluated_input_schema),
    N_MAPS("matchedRules", &matched_rule_schema),
    N_TENANT,
};
static const struct wg_schema evaluated_decision_schema = NESTED(evaluated_decision);

/* --- value types --- */
static const struct wg_property job_properties[] = {
    KEY(job, deadline, "deadline"),
    KEY(job, timeout, "timeout"),
    TEXT(job, worker, "worker", WG_P_STR, ""),
    NUMBER(job, retries, "retries", WG_P_INT32, -1),
    NUMBER(job, retry_backoff, "retryBackoff", WG_P_INT64, 0),
    KEY(job, recurring_time, "recurringTime"),
    TEXT(job, type, "type", WG_P_STR, ""),
    TEXT(job, custom_headers, "customHeaders", WG_P_RAW, ""),
    TEXT(job, variables, "variables", WG_P_DOC, ""),
    TEXT(job, error_message, "errorMessage", WG_P_STR, ""),
    TEXT(job, error_code, "errorCode", WG_P_STR, ""),
    TEXT(job, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    NUMBER(job, process_definition_version, "processDefinitionVersion", WG_P_INT32, -1),
    KEY(job, process_definition_key, "processDefinitionKey"),
    KEY(job, process_instance_key, "processInstanceKey"),
    TEXT(job, job_kind, "jobKind", WG_P_ENUM, "BPMN_ELEMENT"),
    TEXT(job, job_listener_event_type, "jobListenerEventType", WG_P_ENUM, "UNSPECIFIED"),
    TEXT(job, element_id, "elementId", WG_P_STR, ""),
    KEY(job, element_instance_key, "elementInstanceKey"),
    TENANT(job),
};
static const struct wg_schema job_schema = STRUCT(job);

static const struct wg_property deployment_properties[] = {
    MAPS(deployment, resources, "resources", &deployment_resource_schema),
    MAPS(deployment, processes_metadata, "processesMetadata", &process_metadata_schema),
    MAPS(deployment, decision_requirements_metadata, "decisionRequirementsMetadata",
         &drg_metadata_schema),
    MAPS(deployment, decisions_metadata, "decisionsMetadata", &decision_metadata_schema),
    MAPS(deployment, form_metadata, "formMetadata", &form_metadata_schema),
    TENANT(deployment),
};

static const struct wg_property process_instance_properties[] = {
    TEXT(process_instance, bpmn_element_type, "bpmnElementType", WG_P_ENUM, "UNSPECIFIED"),
    TEXT(process_instance, element_id, "elementId", WG_P_STR, ""),
    TEXT(process_instance, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    NUMBER(process_instance, version, "version", WG_P_INT32, -1),
    KEY(process_instance, process_definition_key, "processDefinitionKey"),
    KEY(process_instance, process_instance_key, "processInstanceKey"),
    KEY(process_instance, flow_scope_key, "flowScopeKey"),
    TEXT(process_instance, bpmn_event_type, "bpmnEventType", WG_P_ENUM, "UNSPECIFIED"),
    KEY(process_instance, parent_process_instance_key, "parentProcessInstanceKey"),
    KEY(process_instance, parent_element_instance_key, "parentElementInstanceKey"),
    TENANT(process_instance),
};

static const struct wg_property incident_properties[] = {
    TEXT(incident, error_type, "errorType", WG_P_ENUM, "UNKNOWN"),
    TEXT(incident, error_message, "errorMessage", WG_P_STR, ""),
    TEXT(incident, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(incident, process_definition_key, "processDefinitionKey"),
    KEY(incident, process_instance_key, "processInstanceKey"),
    TEXT(incident, element_id, "elementId", WG_P_STR, ""),
    KEY(incident, element_instance_key, "elementInstanceKey"),
    KEY(incident, job_key, "jobKey"),
    KEY(incident, variable_scope_key, "variableScopeKey"),
    TENANT(incident),
};

static const struct wg_property message_properties[] = {
    NEED(message, name, "name", WG_P_STR),
    NEED(message, correlation_key, "correlationKey", WG_P_STR),
    NEED(message, time_to_live, "timeToLive", WG_P_INT64),
    TEXT(message, variables, "variables", WG_P_DOC, ""),
    TEXT(message, message_id, "messageId", WG_P_STR, ""),
    KEY(message, deadline, "deadline"),
    TENANT(message),
};

static const struct wg_property message_subscription_properties[] = {
    NEED(message_subscription, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(message_subscription, element_instance_key, "elementInstanceKey", WG_P_INT64),
    KEY(message_subscription, message_key, "messageKey"),
    TEXT(message_subscription, message_name, "messageName", WG_P_STR, ""),
    TEXT(message_subscription, correlation_key, "correlationKey", WG_P_STR, ""),
    NUMBER(message_subscription, interrupting, "interrupting", WG_P_BOOL, 1),
    TEXT(message_subscription, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    TEXT(message_subscription, variables, "variables", WG_P_DOC, ""),
    TENANT(message_subscription),
};

static const struct wg_property process_message_subscription_properties[] = {
    NEED(process_message_subscription, subscription_partition_id, "subscriptionPartitionId",
         WG_P_INT32),
    NEED(process_message_subscription, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(process_message_subscription, element_instance_key, "elementInstanceKey", WG_P_INT64),
    KEY(process_message_subscription, message_key, "messageKey"),
    TEXT(process_message_subscription, message_name, "messageName", WG_P_STR, ""),
    TEXT(process_message_subscription, variables, "variables", WG_P_DOC, ""),
    NUMBER(process_message_subscription, interrupting, "interrupting", WG_P_BOOL, 1),
    TEXT(process_message_subscription, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    TEXT(process_message_subscription, correlation_key, "correlationKey", WG_P_STR, ""),
    TEXT(process_message_subscription, element_id, "elementId", WG_P_STR, ""),
    TENANT(process_message_subscription),
};

static const struct wg_property job_batch_properties[] = {
    NEED(job_batch, type, "type", WG_P_STR),
    TEXT(job_batch, worker, "worker", WG_P_STR, ""),
    KEY(job_batch, timeout, "timeout"),
    NUMBER(job_batch, max_jobs_to_activate, "maxJobsToActivate", WG_P_INT32, -1),
    ARRAY(job_batch, job_keys, "jobKeys", WG_P_INT64),
    MAPS(job_batch, jobs, "jobs", &job_schema),
    ARRAY(job_batch, variables, "variables", WG_P_STR),
    NUMBER(job_batch, truncated, "truncated", WG_P_BOOL, 0),
    ARRAY(job_batch, tenant_ids, "tenantIds", WG_P_STR),
};

static const struct wg_property timer_properties[] = {
    NEED(timer, element_instance_key, "elementInstanceKey", WG_P_INT64),
    NEED(timer, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(timer, due_date, "dueDate", WG_P_INT64),
    NEED(timer, target_element_id, "targetElementId", WG_P_STR),
    NEED(timer, repetitions, "repetitions", WG_P_INT32),
    NEED(timer, process_definition_key, "processDefinitionKey", WG_P_INT64),
    TENANT(timer),
};

static const struct wg_property message_start_event_subscription_properties[] = {
    KEY(message_start_event_subscription, process_definition_key, "processDefinitionKey"),
    TEXT(message_start_event_subscription, message_name, "messageName", WG_P_STR, ""),
    TEXT(message_start_event_subscription, start_event_id, "startEventId", WG_P_STR, ""),
    TEXT(message_start_event_subscription, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(message_start_event_subscription, process_instance_key, "processInstanceKey"),
    KEY(message_start_event_subscription, message_key, "messageKey"),
    TEXT(message_start_event_subscription, correlation_key, "correlationKey", WG_P_STR, ""),
    TEXT(message_start_event_subscription, variables, "variables", WG_P_DOC, ""),
    TENANT(message_start_event_subscription),
};

static const struct wg_property variable_properties[] = {
    NEED(variable, name, "name", WG_P_STR),
    NEED(variable, value, "value", WG_P_BIN),
    NEED(variable, scope_key, "scopeKey", WG_P_INT64),
    NEED(variable, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(variable, process_definition_key, "processDefinitionKey", WG_P_INT64),
    TEXT(variable, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    TENANT(variable),
};

static const struct wg_property variable_document_properties[] = {
    NEED(variable_document, scope_key, "scopeKey", WG_P_INT64),
    TEXT(variable_document, update_semantics, "updateSemantics", WG_P_ENUM, "PROPAGATE"),
    TEXT(variable_document, variables, "variables", WG_P_DOC, ""),
};

static const struct wg_property process_instance_creation_properties[] = {
    TEXT(process_instance_creation, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(process_instance_creation, process_definition_key, "processDefinitionKey"),
    KEY(process_instance_creation, process_instance_key, "processInstanceKey"),
    NUMBER(process_instance_creation, version, "version", WG_P_INT32, -1),
    TEXT(process_instance_creation, variables, "variables", WG_P_DOC, ""),
    ARRAY(process_instance_creation, fetch_variables, "fetchVariables", WG_P_STR),
    MAPS(process_instance_creation, start_instructions, "startInstructions",
         &start_instruction_schema),
    TENANT(process_instance_creation),
};

static const struct wg_property error_properties[] = {
    NEED(error, exception_message, "exceptionMessage", WG_P_STR),
    TEXT(error, stacktrace, "stacktrace", WG_P_STR, ""),
    NEED(error, error_event_position, "errorEventPosition", WG_P_INT64),
    KEY(error, process_instance_key, "processInstanceKey"),
};

static const struct wg_property process_instance_result_properties[] = {
    TEXT(process_instance_result, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(process_instance_result, process_definition_key, "processDefinitionKey"),
    KEY(process_instance_result, process_instance_key, "processInstanceKey"),
    NUMBER(process_instance_result, version, "version", WG_P_INT32, -1),
    TENANT(process_instance_result),
    TEXT(process_instance_result, variables, "variables", WG_P_DOC, ""),
};

static const struct wg_property process_properties[] = {
    NEED(process, bpmn_process_id, "bpmnProcessId", WG_P_STR),
    NEED(process, version, "version", WG_P_INT32),
    NEED(process, process_definition_key, "processDefinitionKey", WG_P_INT64),
    NEED(process, resource_name, "resourceName", WG_P_STR),
    TEXT(process, checksum, "checksum", WG_P_BIN, ""),
    TEXT(process, resource, "resource", WG_P_BIN, ""),
    TENANT(process),
};

static const struct wg_property deployment_distribution_properties[] = {
    NEED(deployment_distribution, partition_id, "partitionId", WG_P_INT32),
};

static const struct wg_property process_event_properties[] = {
    NEED(process_event, scope_key, "scopeKey", WG_P_INT64),
    NEED(process_event, target_element_id, "targetElementId", WG_P_STR),
    TEXT(process_event, variables, "variables", WG_P_DOC, ""),
    KEY(process_event, process_definition_key, "processDefinitionKey"),
    KEY(process_event, process_instance_key, "processInstanceKey"),
    TENANT(process_event),
};

static const struct wg_property decision_properties[] = {
    TEXT(decision, decision_id, "decisionId", WG_P_STR, ""),
    TEXT(decision, decision_name, "decisionName", WG_P_STR, ""),
    NUMBER(decision, version, "version", WG_P_INT32, -1),
    KEY(decision, decision_key, "decisionKey"),
    TEXT(decision, decision_requirements_id, "decisionRequirementsId", WG_P_STR, ""),
    KEY(decision, decision_requirements_key, "decisionRequirementsKey"),
    NUMBER(decision, is_duplicate, "isDuplicate", WG_P_BOOL, 0),
    TENANT(decision),
};

static const struct wg_property decision_requirements_properties[] = {
    TEXT(decision_requirements, decision_requirements_id, "decisionRequirementsId", WG_P_STR, ""),
    TEXT(decision_requirements, decision_requirements_name, "decisionRequirementsName", WG_P_STR,
         ""),
    NUMBER(decision_requirements, decision_requirements_version, "decisionRequirementsVersion",
           WG_P_INT32, -1),
    KEY(decision_requirements, decision_requirements_key, "decisionRequirementsKey"),
    TEXT(decision_requirements, namespace, "namespace", WG_P_STR, ""),
    TEXT(decision_requirements, resource_name, "resourceName", WG_P_STR, ""),
    TEXT(decision_requirements, checksum, "checksum", WG_P_BIN, ""),
    TEXT(decision_requirements, resource, "resource", WG_P_BIN, ""),
    TENANT(decision_requirements),
};

static const struct wg_property decision_evaluation_properties[] = {
    KEY(decision_evaluation, decision_key, "decisionKey"),
    TEXT(decision_evaluation, decision_id, "decisionId", WG_P_STR, ""),
    TEXT(decision_evaluation, decision_name, "decisionName", WG_P_STR, ""),
    NUMBER(decision_evaluation, decision_version, "decisionVersion", WG_P_INT32, -1),
    TEXT(decision_evaluation, decision_requirements_id, "decisionRequirementsId", WG_P_STR, ""),
    KEY(decision_evaluation, decision_requirements_key, "decisionRequirementsKey"),
    TEXT(decision_evaluation, decision_output, "decisionOutput", WG_P_BIN, "\xc0"),
    TEXT(decision_evaluation, variables, "variables", WG_P_DOC, ""),
    TEXT(decision_evaluation, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(decision_evaluation, process_definition_key, "processDefinitionKey"),
    KEY(decision_evaluation, process_instance_key, "processInstanceKey"),
    TEXT(decision_evaluation, element_id, "elementId", WG_P_STR, ""),
    KEY(decision_evaluation, element_instance_key, "elementInstanceKey"),
    MAPS(decision_evaluation, evaluated_decisions, "evaluatedDecisions",
         &evaluated_decision_schema),
    TEXT(decision_evaluation, evaluation_failure_message, "evaluationFailureMessage", WG_P_STR, ""),
    TEXT(decision_evaluation, failed_decision_id, "failedDecisionId", WG_P_STR, ""),
    TENANT(decision_evaluation),
};

static const struct wg_property process_instance_modification_properties[] = {
    NEED(process_instance_modification, process_instance_key, "processInstanceKey", WG_P_INT64),
    MAPS(process_instance_modification, terminate_instructions, "terminateInstructions",
         &terminate_instruction_schema),
    MAPS(process_instance_modification, activate_instructions, "activateInstructions",
         &activate_instruction_schema),
    ARRAY(process_instance_modification, activated_element_instance_keys,
          "activatedElementInstanceKeys", WG_P_INT64),
};

static const struct wg_property escalation_properties[] = {
    KEY(escalation, process_instance_key, "processInstanceKey"),
    TEXT(escalation, escalation_code, "escalationCode", WG_P_STR, ""),
    TEXT(escalation, throw_element_id, "throwElementId", WG_P_STR, ""),
    TEXT(escalation, catch_element_id, "catchElementId", WG_P_STR, ""),
};

static const struct wg_property signal_subscription_properties[] = {
    KEY(signal_subscription, process_definition_key, "processDefinitionKey"),
    TEXT(signal_subscription, signal_name, "signalName", WG_P_STR, ""),
    TEXT(signal_subscription, catch_event_id, "catchEventId", WG_P_STR, ""),
    TEXT(signal_subscription, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    KEY(signal_subscription, catch_event_instance_key, "catchEventInstanceKey"),
    TENANT(signal_subscription),
};

static const struct wg_property signal_properties[] = {
    NEED(signal, signal_name, "signalName", WG_P_STR),
    TEXT(signal, variables, "variables", WG_P_DOC, ""),
    TENANT(signal),
};

static const struct wg_property resource_deletion_properties[] = {
    NEED(resource_deletion, resource_key, "resourceKey", WG_P_INT64),
    TEXT(resource_deletion, tenant_id, "tenantId", WG_P_STR, ""),
};

static const struct wg_property command_distribution_properties[] = {
    NEED(command_distribution, partition_id, "partitionId", WG_P_INT32),
    TEXT(command_distribution, value_type, "valueType", WG_P_ENUM, "NULL_VAL"),
    NUMBER(command_distribution, intent, "intent", WG_P_INT32, 255),
    TEXT(command_distribution, command_value, "commandValue", WG_P_MAP, ""),
};

static const struct wg_property process_instance_batch_properties[] = {
    NEED(process_instance_batch, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(process_instance_batch, batch_element_instance_key, "batchElementInstanceKey", WG_P_INT64),
    KEY(process_instance_batch, index, "index"),
};

static const struct wg_property message_batch_properties[] = {
    ARRAY(message_batch, message_keys, "messageKeys", WG_P_INT64),
};

static const struct wg_property form_properties[] = {
    NEED(form, form_id, "formId", WG_P_STR),
    NEED(form, version, "version", WG_P_INT32),
    NEED(form, form_key, "formKey", WG_P_INT64),
    NEED(form, resource_name, "resourceName", WG_P_STR),
    TEXT(form, checksum, "checksum", WG_P_BIN, ""),
    TEXT(form, resource, "resource", WG_P_BIN, ""),
    TENANT(form),
};

static const struct wg_property user_task_properties[] = {
    KEY(user_task, user_task_key, "userTaskKey"),
    TEXT(user_task, assignee, "assignee", WG_P_STR, ""),
    ARRAY(user_task, candidate_groups_list, "candidateGroupsList", WG_P_STR),
    ARRAY(user_task, candidate_users_list, "candidateUsersList", WG_P_STR),
    TEXT(user_task, due_date, "dueDate", WG_P_STR, ""),
    TEXT(user_task, follow_up_date, "followUpDate", WG_P_STR, ""),
    KEY(user_task, form_key, "formKey"),
    TEXT(user_task, external_form_reference, "externalFormReference", WG_P_STR, ""),
    TEXT(user_task, variables, "variables", WG_P_DOC, ""),
    TEXT(user_task, custom_headers, "customHeaders", WG_P_RAW, ""),
    TEXT(user_task, bpmn_process_id, "bpmnProcessId", WG_P_STR, ""),
    NUMBER(user_task, process_definition_version, "processDefinitionVersion", WG_P_INT32, -1),
    KEY(user_task, process_definition_key, "processDefinitionKey"),
    KEY(user_task, process_instance_key, "processInstanceKey"),
    TEXT(user_task, element_id, "elementId", WG_P_STR, ""),
    KEY(user_task, element_instance_key, "elementInstanceKey"),
    TENANT(user_task),
    ARRAY(user_task, changed_attributes, "changedAttributes", WG_P_STR),
    TEXT(user_task, action, "action", WG_P_STR, ""),
    KEY(user_task, creation_timestamp, "creationTimestamp"),
};

static const struct wg_property process_instance_migration_properties[] = {
    NEED(process_instance_migration, process_instance_key, "processInstanceKey", WG_P_INT64),
    NEED(process_instance_migration, target_process_definition_key, "targetProcessDefinitionKey",
         WG_P_INT64),
    MAPS(process_instance_migration, mapping_instructions, "mappingInstructions",
         &mapping_instruction_schema),
};

static const struct wg_property compensation_subscription_properties[] = {
    TENANT(compensation_subscription),
    KEY(compensation_subscription, process_instance_key, "processInstanceKey"),
    KEY(compensation_subscription, process_definition_key, "processDefinitionKey"),
    TEXT(compensation_subscription, compensable_activity_id, "compensableActivityId", WG_P_STR, ""),
    TEXT(compensation_subscription, throw_event_id, "throwEventId", WG_P_STR, ""),
    KEY(compensation_subscription, throw_event_instance_key, "throwEventInstanceKey"),
    TEXT(compensation_subscription, compensation_handler_id, "compensationHandlerId", WG_P_STR, ""),
    KEY(compensation_subscription, compensation_handler_instance_key,
        "compensationHandlerInstanceKey"),
    KEY(compensation_subscription, compensable_activity_scope_key, "compensableActivityScopeKey"),
    KEY(compensation_subscription, compensable_activity_instance_key,
        "compensableActivityInstanceKey"),
    TEXT(compensation_subscription, variables, "variables", WG_P_DOC, ""),
};

static const struct wg_property checkpoint_properties[] = {
    KEY(checkpoint, id, "id"),
    KEY(checkpoint, position, "position"),
};


const struct wg_schema wg_value_schemas[256] = {
    [WG_VT_JOB] = STRUCT(job),
    [WG_VT_DEPLOYMENT] = STRUCT(deployment),
    [WG_VT_PROCESS_INSTANCE] = STRUCT(process_instance),
    [WG_VT_INCIDENT] = STRUCT(incident),
    [WG_VT_MESSAGE] = STRUCT(message),
    [WG_VT_MESSAGE_SUBSCRIPTION] = STRUCT(message_subscription),
    [WG_VT_PROCESS_MESSAGE_SUBSCRIPTION] = STRUCT(process_message_subscription),
    [WG_VT_JOB_BATCH] = STRUCT(job_batch),
    [WG_VT_TIMER] = STRUCT(timer),
    [WG_VT_MESSAGE_START_EVENT_SUBSCRIPTION] = STRUCT(message_start_event_subscription),
    [WG_VT_VARIABLE] = STRUCT(variable),
    [WG_VT_VARIABLE_DOCUMENT] = STRUCT(variable_document),
    [WG_VT_PROCESS_INSTANCE_CREATION] = STRUCT(process_instance_creation),
    [WG_VT_ERROR] = STRUCT(error),
    [WG_VT_PROCESS_INSTANCE_RESULT] = STRUCT(process_instance_result),
    [WG_VT_PROCESS] = STRUCT(process),
    [WG_VT_DEPLOYMENT_DISTRIBUTION] = STRUCT(deployment_distribution),
    [WG_VT_PROCESS_EVENT] = STRUCT(process_event),
    [WG_VT_DECISION] = STRUCT(decision),
    [WG_VT_DECISION_REQUIREMENTS] = STRUCT(decision_requirements),
    [WG_VT_DECISION_EVALUATION] = STRUCT(decision_evaluation),
    [WG_VT_PROCESS_INSTANCE_MODIFICATION] = STRUCT(process_instance_modification),
    [WG_VT_ESCALATION] = STRUCT(escalation),
    [WG_VT_SIGNAL_SUBSCRIPTION] = STRUCT(signal_subscription),
    [WG_VT_SIGNAL] = STRUCT(signal),
    [WG_VT_RESOURCE_DELETION] = STRUCT(resource_deletion),
    [WG_VT_COMMAND_DISTRIBUTION] = STRUCT(command_distribution),
    [WG_VT_PROCESS_INSTANCE_BATCH] = STRUCT(process_instance_batch),
    [WG_VT_MESSAGE_BATCH] = STRUCT(message_batch),
    [WG_VT_FORM] = STRUCT(form),
    [WG_VT_USER_TASK] = STRUCT(user_task),
    [WG_VT_PROCESS_INSTANCE_MIGRATION] = STRUCT(process_instance_migration),
    [WG_VT_COMPENSATION_SUBSCRIPTION] = STRUCT(compensation_subscription),
    [WG_VT_CHECKPOINT] = STRUCT(checkpoint),
};
/* clang-format on */
