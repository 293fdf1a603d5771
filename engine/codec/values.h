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

/* Sets all fields of the struct for `value_type` to their defaults. UNSUPPORTED: no table. */
WG_MUST_USE wg_status wg_value_init(uint8_t value_type, void *ret_value);
/* Appends the map to `out`, all declared properties in wire order, minimal widths. A required
 * property is the caller's duty. FULL if `out` is too small. */
WG_MUST_USE wg_status wg_value_encode(uint8_t value_type, const void *value, struct wg_writer *out);
/* Reads a map: names in any order, defaults for missing ones. CORRUPT, TRUNCATED, UNSUPPORTED. */
WG_MUST_USE wg_status wg_value_decode(uint8_t value_type, struct wg_bytes bytes, void *ret_value);

#endif
