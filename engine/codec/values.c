/* Typed values: one table of properties per value type, in wire order, drives everything.
 *
 * A value is one MessagePack map. Its writer puts all declared properties in table order, so the
 * reader compares each name with the property that the table expects next and searches only when
 * that fails.
 *
 * Invariants: reading never allocates; a property is type-strict, a missing one has its default, of
 * one that comes twice the last counts. Unknown properties: `unknown` spans from the first of them
 * to the end of the last; declared ones in between are left out again when it is written back. */
#include "codec/values.h"

#include "codec/msgpack.h"

#include <stddef.h>

enum property_kind {
    P_INT64,
    P_INT32, /* an int64_t in the struct, bounded on the wire */
    P_BOOL,
    P_STR,
    P_ENUM,  /* a constant's name; empty is written as the default */
    P_BIN,
    P_DOC,   /* bin around a map */
    P_RAW,   /* inline, any value */
    P_ARRAY  /* inline array */
};

enum { NAME_ROOM = 32 };

struct property {
    char name[NAME_ROOM]; /* zeros behind it, so that it is copied and compared in whole words */
    const char *text;     /* default of texts, else empty */
    int64_t number;       /* default of numbers and BOOL */
    uint16_t offset;
    uint8_t name_len;     /* below 32, so that its MessagePack head is one byte */
    uint8_t text_len;
    uint8_t kind;
};

struct schema {
    const struct property *properties;
    uint32_t count;
    uint32_t struct_bytes;
    uint32_t unknown_offset;
};

#define ROW(type, member, wire, kind, number, text)                                                \
    {wire, text, number, offsetof(struct wg_value_##type, member), sizeof wire - 1,                \
     sizeof text - 1, kind}
#define KEY(type, member, wire) ROW(type, member, wire, P_INT64, -1, "")
#define INT64(type, member, wire, number) ROW(type, member, wire, P_INT64, number, "")
#define INT32(type, member, wire) ROW(type, member, wire, P_INT32, -1, "")
#define BOOL(type, member, wire) ROW(type, member, wire, P_BOOL, 0, "")
#define STR(type, member, wire) ROW(type, member, wire, P_STR, 0, "")
#define ENUM(type, member, wire, text) ROW(type, member, wire, P_ENUM, 0, text)
#define BIN(type, member, wire) ROW(type, member, wire, P_BIN, 0, "")
#define DOC(type) ROW(type, variables, "variables", P_DOC, 0, "")
#define RAW(type, member, wire) ROW(type, member, wire, P_RAW, 0, "")
#define ARRAY(type, member, wire) ROW(type, member, wire, P_ARRAY, 0, "")
#define TENANT(type) ROW(type, tenant_id, "tenantId", P_STR, 0, WG_DEFAULT_TENANT)

static const struct property job_properties[] = {
    KEY(job, deadline, "deadline"),
    KEY(job, timeout, "timeout"),
    STR(job, worker, "worker"),
    INT32(job, retries, "retries"),
    INT64(job, retry_backoff, "retryBackoff", 0),
    KEY(job, recurring_time, "recurringTime"),
    STR(job, type, "type"),
    RAW(job, custom_headers, "customHeaders"),
    DOC(job),
    STR(job, error_message, "errorMessage"),
    STR(job, error_code, "errorCode"),
    STR(job, bpmn_process_id, "bpmnProcessId"),
    INT32(job, process_definition_version, "processDefinitionVersion"),
    KEY(job, process_definition_key, "processDefinitionKey"),
    KEY(job, process_instance_key, "processInstanceKey"),
    ENUM(job, job_kind, "jobKind", "BPMN_ELEMENT"),
    ENUM(job, job_listener_event_type, "jobListenerEventType", "UNSPECIFIED"),
    STR(job, element_id, "elementId"),
    KEY(job, element_instance_key, "elementInstanceKey"),
    TENANT(job),
};

static const struct property process_instance_properties[] = {
    ENUM(process_instance, bpmn_element_type, "bpmnElementType", "UNSPECIFIED"),
    STR(process_instance, element_id, "elementId"),
    STR(process_instance, bpmn_process_id, "bpmnProcessId"),
    INT32(process_instance, version, "version"),
    KEY(process_instance, process_definition_key, "processDefinitionKey"),
    KEY(process_instance, process_instance_key, "processInstanceKey"),
    KEY(process_instance, flow_scope_key, "flowScopeKey"),
    ENUM(process_instance, bpmn_event_type, "bpmnEventType", "UNSPECIFIED"),
    KEY(process_instance, parent_process_instance_key, "parentProcessInstanceKey"),
    KEY(process_instance, parent_element_instance_key, "parentElementInstanceKey"),
    TENANT(process_instance),
};

static const struct property incident_properties[] = {
    ENUM(incident, error_type, "errorType", "UNKNOWN"),
    STR(incident, error_message, "errorMessage"),
    STR(incident, bpmn_process_id, "bpmnProcessId"),
    KEY(incident, process_definition_key, "processDefinitionKey"),
    KEY(incident, process_instance_key, "processInstanceKey"),
    STR(incident, element_id, "elementId"),
    KEY(incident, element_instance_key, "elementInstanceKey"),
    KEY(incident, job_key, "jobKey"),
    KEY(incident, variable_scope_key, "variableScopeKey"),
    TENANT(incident),
};

static const struct property deployment_properties[] = {
    ARRAY(deployment, resources, "resources"),
    ARRAY(deployment, processes_metadata, "processesMetadata"),
    ARRAY(deployment, decision_requirements_metadata, "decisionRequirementsMetadata"),
    ARRAY(deployment, decisions_metadata, "decisionsMetadata"),
    ARRAY(deployment, form_metadata, "formMetadata"),
    TENANT(deployment),
};

static const struct property process_properties[] = {
    STR(process, bpmn_process_id, "bpmnProcessId"),
    INT32(process, version, "version"),
    KEY(process, process_definition_key, "processDefinitionKey"),
    STR(process, resource_name, "resourceName"),
    BIN(process, checksum, "checksum"),
    BIN(process, resource, "resource"),
    TENANT(process),
};

static const struct property job_batch_properties[] = {
    STR(job_batch, type, "type"),
    STR(job_batch, worker, "worker"),
    KEY(job_batch, timeout, "timeout"),
    INT32(job_batch, max_jobs_to_activate, "maxJobsToActivate"),
    ARRAY(job_batch, job_keys, "jobKeys"),
    ARRAY(job_batch, jobs, "jobs"),
    ARRAY(job_batch, variables, "variables"),
    BOOL(job_batch, truncated, "truncated"),
    ARRAY(job_batch, tenant_ids, "tenantIds"),
};

static const struct property variable_properties[] = {
    STR(variable, name, "name"),
    BIN(variable, value, "value"),
    KEY(variable, scope_key, "scopeKey"),
    KEY(variable, process_instance_key, "processInstanceKey"),
    KEY(variable, process_definition_key, "processDefinitionKey"),
    STR(variable, bpmn_process_id, "bpmnProcessId"),
    TENANT(variable),
};

static const struct property process_instance_creation_properties[] = {
    STR(process_instance_creation, bpmn_process_id, "bpmnProcessId"),
    KEY(process_instance_creation, process_definition_key, "processDefinitionKey"),
    KEY(process_instance_creation, process_instance_key, "processInstanceKey"),
    INT32(process_instance_creation, version, "version"),
    DOC(process_instance_creation),
    ARRAY(process_instance_creation, fetch_variables, "fetchVariables"),
    ARRAY(process_instance_creation, start_instructions, "startInstructions"),
    TENANT(process_instance_creation),
};

static const struct property process_event_properties[] = {
    KEY(process_event, scope_key, "scopeKey"),
    STR(process_event, target_element_id, "targetElementId"),
    DOC(process_event),
    KEY(process_event, process_definition_key, "processDefinitionKey"),
    KEY(process_event, process_instance_key, "processInstanceKey"),
    TENANT(process_event),
};

static const struct property error_properties[] = {
    STR(error, exception_message, "exceptionMessage"),
    STR(error, stacktrace, "stacktrace"),
    KEY(error, error_event_position, "errorEventPosition"),
    KEY(error, process_instance_key, "processInstanceKey"),
};

#define SCHEMA(TYPE, type)                                                                         \
    [WG_VT_##TYPE] = {type##_properties, sizeof type##_properties / sizeof *type##_properties,     \
                      sizeof(struct wg_value_##type), offsetof(struct wg_value_##type, unknown)}

static const struct schema schemas[256] = {
    SCHEMA(JOB, job),
    SCHEMA(PROCESS_INSTANCE, process_instance),
    SCHEMA(INCIDENT, incident),
    SCHEMA(DEPLOYMENT, deployment),
    SCHEMA(PROCESS, process),
    SCHEMA(JOB_BATCH, job_batch),
    SCHEMA(VARIABLE, variable),
    SCHEMA(PROCESS_INSTANCE_CREATION, process_instance_creation),
    SCHEMA(PROCESS_EVENT, process_event),
    SCHEMA(ERROR, error),
};

static struct wg_bytes *bytes_at(void *value, uint32_t offset) {
    return (struct wg_bytes *)(void *)((uint8_t *)value + offset);
}
static const struct wg_bytes *bytes_of(const void *value, uint32_t offset) {
    return (const struct wg_bytes *)(const void *)((const uint8_t *)value + offset);
}
static int64_t *number_at(void *value, uint32_t offset) {
    return (int64_t *)(void *)((uint8_t *)value + offset);
}

wg_status wg_value_init(uint8_t value_type, void *ret_value) {
    const struct schema *schema = &schemas[value_type];
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    memset(ret_value, 0, schema->struct_bytes);
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct property *p = &schema->properties[i];
        if (p->kind == P_INT64 || p->kind == P_INT32) {
            *number_at(ret_value, p->offset) = p->number;
        } else if (p->text_len > 0) {
            *bytes_at(ret_value, p->offset) = wg_bytes_of(p->text, p->text_len);
        }
    }
    return WG_OK;
}

static bool name_is(const struct property *p, struct wg_bytes name) {
    return p->name_len == name.len && memcmp(p->name, name.ptr, name.len) == 0;
}

/* The table's row for a name, count if there is none. */
static uint32_t find_property(const struct schema *schema, struct wg_bytes name) {
    uint32_t i = 0;
    while (i < schema->count && !name_is(&schema->properties[i], name)) {
        i++;
    }
    return i;
}

/* --- encode ---------------------------------------------------------------------------------- */

/* Inline MessagePack; nothing set is the given empty container. */
static void write_inline(struct wg_writer *out, struct wg_bytes raw, uint8_t empty) {
    if (raw.len > 0) {
        wg_write_bytes(out, raw.ptr, raw.len);
    } else {
        wg_write_bytes(out, &empty, 1);
    }
}

static inline void write_name(const struct property *p, struct wg_writer *out) {
    bool roomy = (size_t)(out->end - out->at) > NAME_ROOM;
    uint8_t *at = wg_write_room(out, 1u + p->name_len);
    if (at == NULL) {
        return;
    }
    at[0] = (uint8_t)(0xa0u | p->name_len);
    if (roomy) {
        memcpy(at + 1, p->name, NAME_ROOM); /* a constant size is much faster */
    } else {
        memcpy(at + 1, p->name, p->name_len);
    }
}

static void write_property(const struct property *p, const void *value, struct wg_writer *out) {
    static const uint8_t empty_map[] = {0x80};
    const uint8_t *at = (const uint8_t *)value + p->offset;
    switch ((enum property_kind)p->kind) {
    case P_INT64:
    case P_INT32:
        wg_mp_write_int(out, *(const int64_t *)(const void *)at);
        return;
    case P_BOOL:
        wg_mp_write_bool(out, *(const bool *)(const void *)at);
        return;
    default:
        break;
    }
    struct wg_bytes bytes = *bytes_of(value, p->offset);
    if (p->kind == P_STR) {
        wg_mp_write_str(out, bytes);
    } else if (p->kind == P_ENUM) {
        wg_mp_write_str(out, bytes.len > 0 ? bytes : wg_bytes_of(p->text, p->text_len));
    } else if (p->kind == P_BIN) {
        wg_mp_write_bin(out, bytes);
    } else if (p->kind == P_DOC) {
        wg_mp_write_bin(out, bytes.len > 0 ? bytes : wg_bytes_of(empty_map, 1));
    } else {
        write_inline(out, bytes, p->kind == P_RAW ? 0x80 : 0x90);
    }
}

/* Walks the span of unknown properties: counts those that the table does not know and, with `out`,
 * writes them. */
static uint32_t unknown_properties(const struct schema *schema, struct wg_bytes span,
                                   struct wg_writer *out) {
    if (span.len == 0) {
        return 0;
    }
    struct wg_reader r = wg_reader_on(span);
    uint32_t count = 0;
    while (!r.failed && wg_reader_left(&r) > 0) {
        const uint8_t *start = r.at;
        struct wg_mp_token name = {.bytes = {NULL, 0}};
        struct wg_bytes raw;
        if (!wg_mp_read(&r, &name) || !wg_mp_skip(&r, &raw)) {
            break;
        }
        if (find_property(schema, name.bytes) == schema->count) {
            count++;
            if (out != NULL) {
                wg_write_bytes(out, start, (size_t)(r.at - start));
            }
        }
    }
    return count;
}

wg_status wg_value_encode(uint8_t value_type, const void *value, struct wg_writer *out) {
    const struct schema *schema = &schemas[value_type];
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    struct wg_bytes unknown = *bytes_of(value, schema->unknown_offset);
    wg_mp_write_map(out, schema->count + unknown_properties(schema, unknown, NULL));
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct property *p = &schema->properties[i];
        write_name(p, out);
        write_property(p, value, out);
    }
    unknown_properties(schema, unknown, out);
    return out->failed ? WG_FULL : WG_OK;
}

/* --- decode ---------------------------------------------------------------------------------- */

static bool is_map(struct wg_bytes bytes) {
    return (bytes.ptr[0] & 0xf0u) == 0x80u || bytes.ptr[0] == 0xdeu || bytes.ptr[0] == 0xdfu;
}

static bool is_array(struct wg_bytes bytes) {
    return (bytes.ptr[0] & 0xf0u) == 0x90u || bytes.ptr[0] == 0xdcu || bytes.ptr[0] == 0xddu;
}

/* A document's payload: a map; nil is an empty one. */
static bool take_document(struct wg_bytes payload, struct wg_bytes *ret_document) {
    bool nil = payload.len == 1 && payload.ptr[0] == 0xc0u;
    if (payload.len > 0 && !nil && !is_map(payload)) {
        return false;
    }
    *ret_document = nil ? wg_bytes_of(NULL, 0) : payload;
    return true;
}

static bool read_number(const struct property *p, struct wg_reader *r, void *value) {
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token)) {
        return false;
    }
    if (p->kind == P_BOOL) {
        *(bool *)(void *)((uint8_t *)value + p->offset) = token.number != 0;
        return token.kind == WG_MP_BOOL;
    }
    if (token.kind != WG_MP_INT ||
        (p->kind == P_INT32 && token.number != (int32_t)token.number)) {
        return false;
    }
    *number_at(value, p->offset) = token.number;
    return true;
}

/* One-byte numbers and short texts, which most properties are, without a token. */
static inline bool read_short(const struct property *p, struct wg_reader *r, void *value) {
    if (wg_reader_left(r) == 0) {
        return false;
    }
    uint8_t head = *r->at;
    if (p->kind <= P_INT32 && (head < 0x80u || head >= 0xe0u)) {
        *number_at(value, p->offset) = (int8_t)head;
        r->at++;
        return true;
    }
    uint32_t len = head & 31u;
    if ((p->kind == P_STR || p->kind == P_ENUM) && (head & 0xe0u) == 0xa0u &&
        wg_reader_left(r) > len) {
        *bytes_at(value, p->offset) = wg_bytes_of(r->at + 1, len);
        r->at += 1 + len;
        return true;
    }
    return false;
}

static bool read_property(const struct property *p, struct wg_reader *r, void *value) {
    if (read_short(p, r, value)) {
        return true;
    }
    if (p->kind <= P_BOOL) {
        return read_number(p, r, value);
    }
    struct wg_bytes *bytes = bytes_at(value, p->offset);
    if (p->kind >= P_RAW) {
        return wg_mp_skip(r, bytes) && (p->kind == P_RAW || is_array(*bytes));
    }
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token)) {
        return false;
    }
    bool text = p->kind == P_STR || p->kind == P_ENUM;
    if (token.kind != (text ? WG_MP_STR : WG_MP_BIN)) {
        return false;
    }
    if (p->kind == P_DOC) {
        return take_document(token.bytes, bytes);
    }
    *bytes = token.bytes;
    return true;
}

/* Compares word by word; NAME_ROOM bytes can be read at `at`. */
static inline bool same_words(const struct property *p, const uint8_t *at) {
    const uint8_t *name = (const uint8_t *)p->name;
    uint32_t i = 0;
    for (; i + 8 <= p->name_len; i += 8) {
        if (wg_load_le(at + i, 8) != wg_load_le(name + i, 8)) {
            return false;
        }
    }
    uint32_t rest = p->name_len - i;
    return rest == 0 ||
           (wg_load_le(at + i, 8) ^ wg_load_le(name + i, 8)) << (64 - 8 * rest) == 0;
}

/* Whether the next name is `p`'s; then the reader stands behind it. */
static inline bool take_expected(const struct property *p, struct wg_reader *r) {
    size_t need = 1u + p->name_len;
    size_t left = wg_reader_left(r);
    if (left < need || r->at[0] != (0xa0u | p->name_len)) {
        return false;
    }
    bool same = left > NAME_ROOM ? same_words(p, r->at + 1)
                                 : memcmp(r->at + 1, p->name, p->name_len) == 0;
    r->at += same ? need : 0;
    return same;
}

/* Reads a name that was not the expected one; the row's number, or count after having skipped an
 * unknown property. */
static bool take_other(const struct schema *schema, struct wg_reader *r, struct wg_bytes *unknown,
                       uint32_t *ret_row) {
    const uint8_t *start = r->at;
    struct wg_mp_token name;
    struct wg_bytes raw;
    if (!wg_mp_read(r, &name) || name.kind != WG_MP_STR) {
        return false;
    }
    *ret_row = find_property(schema, name.bytes);
    if (*ret_row < schema->count) {
        return true;
    }
    if (!wg_mp_skip(r, &raw)) {
        return false;
    }
    const uint8_t *first = unknown->len > 0 ? unknown->ptr : start;
    *unknown = wg_bytes_of(first, (size_t)(r->at - first));
    return true;
}

static bool read_properties(const struct schema *schema, struct wg_reader *r, int64_t count,
                            void *value) {
    struct wg_bytes *unknown = bytes_at(value, schema->unknown_offset);
    uint32_t next = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t row = next;
        if (next == schema->count || !take_expected(&schema->properties[next], r)) {
            if (!take_other(schema, r, unknown, &row)) {
                return false;
            }
            if (row == schema->count) {
                continue;
            }
        }
        if (!read_property(&schema->properties[row], r, value)) {
            return false;
        }
        next = row + 1;
    }
    return true;
}

wg_status wg_value_decode(uint8_t value_type, struct wg_bytes bytes, void *ret_value) {
    const struct schema *schema = &schemas[value_type];
    struct wg_mp_token map;
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    if (bytes.len == 0) {
        return WG_TRUNCATED;
    }
    struct wg_reader r = wg_reader_on(bytes);
    if (!wg_mp_read(&r, &map) || map.kind != WG_MP_MAP) {
        return WG_CORRUPT;
    }
    wg_status status = wg_value_init(value_type, ret_value);
    if (status == WG_OK && !read_properties(schema, &r, map.number, ret_value)) {
        status = WG_CORRUPT;
    }
    return status;
}
