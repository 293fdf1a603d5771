/* Typed record values and their MessagePack form (reference: protocol 3). One table per value type
 * drives encode, decode, defaults and JSON; the structs below follow it field by field.
 * Strings and documents borrow from the bytes they were decoded from. An unset string is empty;
 * a document (`doc`) holds its payload map, empty = {}. Properties that the table does not know
 * are kept raw in `unknown` and written back after the declared ones. */
#ifndef WG_CODEC_VALUES_H
#define WG_CODEC_VALUES_H

#include "base/bytes.h"
#include "waggle/record.h"
#include "waggle/status.h"

#define WG_DEFAULT_TENANT "<default>"

struct wg_value_job {
    struct wg_bytes unknown;
    int64_t deadline, timeout;
    struct wg_bytes worker;
    int64_t retries;
    int64_t retry_backoff, recurring_time;
    struct wg_bytes type;
    struct wg_bytes custom_headers; /* raw MessagePack, default {} */
    struct wg_bytes variables;      /* doc */
    struct wg_bytes error_message, error_code, bpmn_process_id;
    int64_t process_definition_version;
    int64_t process_definition_key, process_instance_key;
    struct wg_bytes job_kind, job_listener_event_type; /* enum names */
    struct wg_bytes element_id;
    int64_t element_instance_key;
    struct wg_bytes tenant_id;
};

struct wg_value_process_instance {
    struct wg_bytes unknown;
    struct wg_bytes bpmn_element_type, element_id, bpmn_process_id;
    int64_t version;
    int64_t process_definition_key, process_instance_key, flow_scope_key;
    struct wg_bytes bpmn_event_type;
    int64_t parent_process_instance_key, parent_element_instance_key;
    struct wg_bytes tenant_id;
};

struct wg_value_incident {
    struct wg_bytes unknown;
    struct wg_bytes error_type, error_message, bpmn_process_id;
    int64_t process_definition_key, process_instance_key;
    struct wg_bytes element_id;
    int64_t element_instance_key, job_key, variable_scope_key;
    struct wg_bytes tenant_id;
};

/* The nested arrays are raw MessagePack arrays (empty = []). */
struct wg_value_deployment {
    struct wg_bytes unknown;
    struct wg_bytes resources, processes_metadata, decision_requirements_metadata;
    struct wg_bytes decisions_metadata, form_metadata;
    struct wg_bytes tenant_id;
};

struct wg_value_process {
    struct wg_bytes unknown;
    struct wg_bytes bpmn_process_id;
    int64_t version;
    int64_t process_definition_key;
    struct wg_bytes resource_name, checksum, resource;
    struct wg_bytes tenant_id;
};

struct wg_value_job_batch {
    struct wg_bytes unknown;
    struct wg_bytes type, worker;
    int64_t timeout, max_jobs_to_activate;
    struct wg_bytes job_keys; /* raw array of integers */
    struct wg_bytes jobs;     /* raw array of JOB maps */
    struct wg_bytes variables; /* raw array of strings */
    bool truncated;
    struct wg_bytes tenant_ids; /* raw array of strings */
};

struct wg_value_variable {
    struct wg_bytes unknown;
    struct wg_bytes name;
    struct wg_bytes value; /* bin: one MessagePack value */
    int64_t scope_key, process_instance_key, process_definition_key;
    struct wg_bytes bpmn_process_id;
    struct wg_bytes tenant_id;
};

struct wg_value_process_instance_creation {
    struct wg_bytes unknown;
    struct wg_bytes bpmn_process_id;
    int64_t process_definition_key, process_instance_key, version;
    struct wg_bytes variables;         /* doc */
    struct wg_bytes fetch_variables;   /* raw array of strings */
    struct wg_bytes start_instructions; /* raw array of maps */
    struct wg_bytes tenant_id;
};

struct wg_value_process_event {
    struct wg_bytes unknown;
    int64_t scope_key;
    struct wg_bytes target_element_id;
    struct wg_bytes variables; /* doc */
    int64_t process_definition_key, process_instance_key;
    struct wg_bytes tenant_id;
};

struct wg_value_error {
    struct wg_bytes unknown;
    struct wg_bytes exception_message, stacktrace;
    int64_t error_event_position, process_instance_key;
};

struct wg_value_message {
    struct wg_bytes unknown;
    struct wg_bytes name, correlation_key;
    int64_t time_to_live;
    struct wg_bytes variables; /* doc */
    struct wg_bytes message_id;
    int64_t deadline;
    struct wg_bytes tenant_id;
};

struct wg_value_message_subscription {
    struct wg_bytes unknown;
    int64_t process_instance_key, element_instance_key, message_key;
    struct wg_bytes message_name, correlation_key;
    bool interrupting;
    struct wg_bytes bpmn_process_id;
    struct wg_bytes variables; /* doc */
    struct wg_bytes tenant_id;
};

struct wg_value_process_message_subscription {
    struct wg_bytes unknown;
    int64_t subscription_partition_id, process_instance_key, element_instance_key, message_key;
    struct wg_bytes message_name;
    struct wg_bytes variables; /* doc */
    bool interrupting;
    struct wg_bytes bpmn_process_id, correlation_key, element_id, tenant_id;
};

struct wg_value_timer {
    struct wg_bytes unknown;
    int64_t element_instance_key, process_instance_key, due_date;
    struct wg_bytes target_element_id;
    int64_t repetitions, process_definition_key;
    struct wg_bytes tenant_id;
};

struct wg_value_message_start_event_subscription {
    struct wg_bytes unknown;
    int64_t process_definition_key;
    struct wg_bytes message_name, start_event_id, bpmn_process_id;
    int64_t process_instance_key, message_key;
    struct wg_bytes correlation_key;
    struct wg_bytes variables; /* doc */
    struct wg_bytes tenant_id;
};

struct wg_value_variable_document {
    struct wg_bytes unknown;
    int64_t scope_key;
    struct wg_bytes update_semantics; /* enum name */
    struct wg_bytes variables; /* doc */
};

struct wg_value_process_instance_result {
    struct wg_bytes unknown;
    struct wg_bytes bpmn_process_id;
    int64_t process_definition_key, process_instance_key, version;
    struct wg_bytes tenant_id;
    struct wg_bytes variables; /* doc */
};

struct wg_value_deployment_distribution {
    struct wg_bytes unknown;
    int64_t partition_id;
};

struct wg_value_decision {
    struct wg_bytes unknown;
    struct wg_bytes decision_id, decision_name;
    int64_t version, decision_key;
    struct wg_bytes decision_requirements_id;
    int64_t decision_requirements_key;
    bool is_duplicate;
    struct wg_bytes tenant_id;
};

struct wg_value_decision_requirements {
    struct wg_bytes unknown;
    struct wg_bytes decision_requirements_id, decision_requirements_name;
    int64_t decision_requirements_version, decision_requirements_key;
    struct wg_bytes namespace, resource_name;
    struct wg_bytes checksum, resource; /* bin */
    struct wg_bytes tenant_id;
};

struct wg_value_decision_evaluation {
    struct wg_bytes unknown;
    int64_t decision_key;
    struct wg_bytes decision_id, decision_name;
    int64_t decision_version;
    struct wg_bytes decision_requirements_id;
    int64_t decision_requirements_key;
    struct wg_bytes decision_output; /* bin: one MessagePack value */
    struct wg_bytes variables; /* doc */
    struct wg_bytes bpmn_process_id;
    int64_t process_definition_key, process_instance_key;
    struct wg_bytes element_id;
    int64_t element_instance_key;
    struct wg_bytes evaluated_decisions; /* raw array of maps */
    struct wg_bytes evaluation_failure_message, failed_decision_id, tenant_id;
};

struct wg_value_process_instance_modification {
    struct wg_bytes unknown;
    int64_t process_instance_key;
    struct wg_bytes terminate_instructions; /* raw array of maps */
    struct wg_bytes activate_instructions; /* raw array of maps */
    struct wg_bytes activated_element_instance_keys; /* raw array of integers */
};

struct wg_value_escalation {
    struct wg_bytes unknown;
    int64_t process_instance_key;
    struct wg_bytes escalation_code, throw_element_id, catch_element_id;
};

struct wg_value_signal_subscription {
    struct wg_bytes unknown;
    int64_t process_definition_key;
    struct wg_bytes signal_name, catch_event_id, bpmn_process_id;
    int64_t catch_event_instance_key;
    struct wg_bytes tenant_id;
};

struct wg_value_signal {
    struct wg_bytes unknown;
    struct wg_bytes signal_name;
    struct wg_bytes variables; /* doc */
    struct wg_bytes tenant_id;
};

struct wg_value_resource_deletion {
    struct wg_bytes unknown;
    int64_t resource_key;
    struct wg_bytes tenant_id;
};

struct wg_value_command_distribution {
    struct wg_bytes unknown;
    int64_t partition_id;
    struct wg_bytes value_type; /* enum name */
    int64_t intent;
    struct wg_bytes command_value; /* raw map, default {} */
};

struct wg_value_process_instance_batch {
    struct wg_bytes unknown;
    int64_t process_instance_key, batch_element_instance_key, index;
};

struct wg_value_message_batch {
    struct wg_bytes unknown;
    struct wg_bytes message_keys; /* raw array of integers */
};

struct wg_value_form {
    struct wg_bytes unknown;
    struct wg_bytes form_id;
    int64_t version, form_key;
    struct wg_bytes resource_name;
    struct wg_bytes checksum, resource; /* bin */
    struct wg_bytes tenant_id;
};

struct wg_value_user_task {
    struct wg_bytes unknown;
    int64_t user_task_key;
    struct wg_bytes assignee;
    struct wg_bytes candidate_groups_list; /* raw array of strings */
    struct wg_bytes candidate_users_list; /* raw array of strings */
    struct wg_bytes due_date, follow_up_date;
    int64_t form_key;
    struct wg_bytes external_form_reference;
    struct wg_bytes variables; /* doc */
    struct wg_bytes custom_headers; /* raw MessagePack, default {} */
    struct wg_bytes bpmn_process_id;
    int64_t process_definition_version, process_definition_key, process_instance_key;
    struct wg_bytes element_id;
    int64_t element_instance_key;
    struct wg_bytes tenant_id;
    struct wg_bytes changed_attributes; /* raw array of strings */
    struct wg_bytes action;
    int64_t creation_timestamp;
};

struct wg_value_process_instance_migration {
    struct wg_bytes unknown;
    int64_t process_instance_key, target_process_definition_key;
    struct wg_bytes mapping_instructions; /* raw array of maps */
};

struct wg_value_compensation_subscription {
    struct wg_bytes unknown;
    struct wg_bytes tenant_id;
    int64_t process_instance_key, process_definition_key;
    struct wg_bytes compensable_activity_id, throw_event_id;
    int64_t throw_event_instance_key;
    struct wg_bytes compensation_handler_id;
    int64_t compensation_handler_instance_key, compensable_activity_scope_key;
    int64_t compensable_activity_instance_key;
    struct wg_bytes variables; /* doc */
};

struct wg_value_checkpoint {
    struct wg_bytes unknown;
    int64_t id, position;
};

/* Room for any of them. */
union wg_any_typed_value {
    struct wg_value_job job;
    struct wg_value_deployment deployment;
    struct wg_value_process_instance process_instance;
    struct wg_value_incident incident;
    struct wg_value_message message;
    struct wg_value_message_subscription message_subscription;
    struct wg_value_process_message_subscription process_message_subscription;
    struct wg_value_job_batch job_batch;
    struct wg_value_timer timer;
    struct wg_value_message_start_event_subscription message_start_event_subscription;
    struct wg_value_variable variable;
    struct wg_value_variable_document variable_document;
    struct wg_value_process_instance_creation process_instance_creation;
    struct wg_value_error error;
    struct wg_value_process_instance_result process_instance_result;
    struct wg_value_process process;
    struct wg_value_deployment_distribution deployment_distribution;
    struct wg_value_process_event process_event;
    struct wg_value_decision decision;
    struct wg_value_decision_requirements decision_requirements;
    struct wg_value_decision_evaluation decision_evaluation;
    struct wg_value_process_instance_modification process_instance_modification;
    struct wg_value_escalation escalation;
    struct wg_value_signal_subscription signal_subscription;
    struct wg_value_signal signal;
    struct wg_value_resource_deletion resource_deletion;
    struct wg_value_command_distribution command_distribution;
    struct wg_value_process_instance_batch process_instance_batch;
    struct wg_value_message_batch message_batch;
    struct wg_value_form form;
    struct wg_value_user_task user_task;
    struct wg_value_process_instance_migration process_instance_migration;
    struct wg_value_compensation_subscription compensation_subscription;
    struct wg_value_checkpoint checkpoint;
};

/* Sets all fields of the struct for `value_type` to their defaults. UNSUPPORTED: no table. */
WG_MUST_USE wg_status wg_value_init(uint8_t value_type, void *ret_value);
/* Appends the map to `out`, all declared properties in wire order, minimal widths. A required
 * property is the caller's duty. FULL if `out` is too small. */
WG_MUST_USE wg_status wg_value_encode(uint8_t value_type, const void *value, struct wg_writer *out);
/* Reads a map: names in any order, defaults for missing ones. CORRUPT (also: a property without
 * default is missing, an array holds something else than it may), TRUNCATED, UNSUPPORTED. */
WG_MUST_USE wg_status wg_value_decode(uint8_t value_type, struct wg_bytes bytes, void *ret_value);

#endif
