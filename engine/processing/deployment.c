/* DEPLOYMENT CREATE (step 6): { E PROCESS CREATED ; E DEPLOYMENT CREATED }. The one resource is the
 * built-in process, or a text with a compact form behind it; the content makes versions. Content
 * that equals the latest version's is a duplicate: the deployment is answered, no process is
 * created. Partition 1 hands the deployment on to all others, if the cluster is told to; they take its
 * keys and versions as they are, in whatever order deployments come. */
#include "base/hash.h"
#include "codec/msgpack.h"
#include "processing/command_distribution.h"
#include "processing/step.h"

#define META_BYTES 256u
#define DEPLOYMENT_PARTITION 1u

struct resource {
    struct wg_bytes name, content;
    uint8_t checksum[WG_CHECKSUM_BYTES];
    struct wg_bytes process_id;
};

static wg_status read_resource(struct wg_reader *in, struct resource *ret_resource) {
    struct wg_mp_token map;
    if (!wg_mp_read(in, &map) || map.kind != WG_MP_MAP) {
        return WG_CORRUPT;
    }
    ret_resource->name = wg_bytes_str("resource");
    ret_resource->content = wg_bytes_of(NULL, 0);
    for (int64_t i = 0; i < map.number; i++) {
        struct wg_mp_token name;
        struct wg_mp_token value;
        struct wg_bytes raw;
        if (!wg_mp_read(in, &name) || name.kind != WG_MP_STR || !wg_mp_skip(in, &raw)) {
            return WG_CORRUPT;
        }
        struct wg_reader inner = wg_reader_on(raw);
        if (!wg_mp_read(&inner, &value)) {
            return WG_CORRUPT;
        }
        if (wg_bytes_equal(name.bytes, wg_bytes_str("resourceName"))) {
            ret_resource->name = value.bytes;
        } else if (wg_bytes_equal(name.bytes, wg_bytes_str("resource"))) {
            ret_resource->content = value.bytes;
        }
    }
    return WG_OK;
}

/* The only resource there may be. INVALID: none, several or another name. */
static wg_status only_resource(struct wg_bytes resources, struct resource *ret_resource) {
    struct wg_mp_token array;
    if (resources.len == 0) {
        return WG_INVALID;
    }
    struct wg_reader in = wg_reader_on(resources);
    if (!wg_mp_read(&in, &array) || array.kind != WG_MP_ARRAY) {
        return WG_CORRUPT;
    }
    if (array.number != 1) {
        return WG_INVALID;
    }
    wg_status status = read_resource(&in, ret_resource);
    if (status != WG_OK) {
        return status;
    }
    return WG_OK;
}

/* Which process it is. INVALID: none that is known or that is one. */
static wg_status identify(struct wg_step *step, struct resource *resource) {
    struct wg_model model;
    if (wg_bytes_equal(resource->name, wg_bytes_str(WG_ONE_TASK_RESOURCE))) {
        resource->process_id = wg_bytes_str(WG_ONE_TASK_ID);
        return WG_OK;
    }
    uint32_t room = wg_model_extract_room(resource->content);
    uint8_t *bytes = wg_results_room(step->results, room + 1); /* never of no length */
    uint32_t len = wg_model_extract(resource->content, bytes, room);
    if (wg_model_read(wg_bytes_of(bytes, len), &model) != WG_OK) {
        return WG_INVALID;
    }
    resource->process_id = wg_model_id(&model, 0);
    return wg_is_one_task(resource->process_id) ? WG_INVALID : WG_OK;
}

/* Stands for Zeebe's MD5: the same length, and equal for equal content. */
static void compute_checksum(struct resource *resource) {
    for (uint64_t half = 0; half < 2; half++) {
        uint64_t hash = wg_hash_bytes(resource->content.ptr, resource->content.len, half);
        wg_store_le(resource->checksum + 8 * half, hash, 8);
    }
}

static void write_str(struct wg_writer *out, const char *name, struct wg_bytes value) {
    wg_mp_write_str(out, wg_bytes_str(name));
    wg_mp_write_str(out, value);
}

/* processesMetadata, an array of one PMETA (protocol 3.2). */
static struct wg_bytes metadata(struct wg_step *step, const struct resource *resource,
                                const struct wg_process_row *process, bool duplicate) {
    uint32_t bytes = META_BYTES + resource->name.len;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, bytes), bytes);
    wg_mp_write_array(&out, 1);
    wg_mp_write_map(&out, 7);
    write_str(&out, "bpmnProcessId", resource->process_id);
    wg_mp_write_str(&out, wg_bytes_str("version"));
    wg_mp_write_int(&out, process->version);
    wg_mp_write_str(&out, wg_bytes_str("processDefinitionKey"));
    wg_mp_write_int(&out, process->key);
    write_str(&out, "resourceName", resource->name);
    wg_mp_write_str(&out, wg_bytes_str("checksum"));
    wg_mp_write_bin(&out, wg_bytes_of(process->checksum, WG_CHECKSUM_BYTES));
    wg_mp_write_str(&out, wg_bytes_str("isDuplicate"));
    wg_mp_write_bool(&out, duplicate);
    write_str(&out, "tenantId", wg_bytes_str(WG_DEFAULT_TENANT));
    return wg_writer_bytes(&out);
}

static wg_status create_process(struct wg_step *step, const struct resource *resource,
                                const struct wg_process_row *row) {
    struct wg_value_process value;
    wg_status status = wg_value_init(WG_VT_PROCESS, &value);
    if (status != WG_OK) {
        return status;
    }
    value.bpmn_process_id = resource->process_id;
    value.version = row->version;
    value.process_definition_key = row->key;
    value.resource_name = resource->name;
    value.checksum = wg_bytes_of(resource->checksum, WG_CHECKSUM_BYTES);
    value.resource = resource->content;
    return wg_step_event(step, row->key, WG_VT_PROCESS, WG_PROCESS_CREATED, &value);
}

/* --- handed on by partition 1 ----------------------------------------------------------------- */

/* Key and version that the process was given there. */
static bool read_metadata(struct wg_bytes metadata, struct wg_process_row *ret_process) {
    struct wg_mp_token token;
    struct wg_reader in = wg_reader_on(metadata);
    if (!wg_mp_read(&in, &token) || token.kind != WG_MP_ARRAY || token.number != 1 ||
        !wg_mp_read(&in, &token) || token.kind != WG_MP_MAP) {
        return false;
    }
    int64_t count = token.number;
    *ret_process = (struct wg_process_row){.key = WG_KEY_NONE};
    for (int64_t i = 0; i < count; i++) {
        struct wg_mp_token name;
        struct wg_bytes raw;
        if (!wg_mp_read(&in, &name) || name.kind != WG_MP_STR || !wg_mp_skip(&in, &raw)) {
            return false;
        }
        struct wg_reader inner = wg_reader_on(raw);
        bool number = wg_mp_read(&inner, &token) && token.kind == WG_MP_INT;
        if (number && wg_bytes_equal(name.bytes, wg_bytes_str("version"))) {
            ret_process->version = token.number;
        } else if (number && wg_bytes_equal(name.bytes, wg_bytes_str("processDefinitionKey"))) {
            ret_process->key = token.number;
        }
    }
    return ret_process->key >= 0 && ret_process->version > 0;
}

static wg_status take_over(struct wg_step *step, struct wg_value_deployment *value,
                           const struct resource *resource) {
    struct wg_process_row process;
    struct wg_bytes known;
    wg_key key = step->command->key;
    if (wg_row_get(step->state, WG_CF_DEPLOYMENT_RECEIVED, key, &known)) {
        wg_status status = wg_distribution_acknowledge(step);
        return status == WG_OK ? wg_step_refuse(step, WG_REJECT_ALREADY_EXISTS,
                                                "Expected a new deployment, but the one with key '",
                                                "' was distributed before")
                               : status;
    }
    if (!read_metadata(value->processes_metadata, &process)) {
        return WG_CORRUPT;
    }
    wg_status status = WG_OK;
    if (!wg_row_get(step->state, WG_CF_PROCESS, process.key, &known)) {
        status = create_process(step, resource, &process);
    }
    value->resources = wg_bytes_of("\x90", 1); /* they stand in the process's event */
    if (status == WG_OK) {
        status = wg_step_event(step, key, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED, value);
    }
    return status == WG_OK ? wg_distribution_acknowledge(step) : status;
}

/* --- asked for by a client -------------------------------------------------------------------- */

static wg_status create(struct wg_step *step, struct wg_value_deployment *value,
                        const struct resource *resource) {
    wg_key deployment_key = wg_step_next_key(step);
    struct wg_process_row process = {.version = 0};
    wg_status status;
    bool known = wg_process_get(step->state, resource->process_id, 0, &process);
    bool duplicate =
        known && memcmp(process.checksum, resource->checksum, WG_CHECKSUM_BYTES) == 0;
    if (!duplicate) {
        process.key = wg_step_next_key(step);
        process.version++;
        memcpy(process.checksum, resource->checksum, WG_CHECKSUM_BYTES);
        status = create_process(step, resource, &process);
        if (status != WG_OK) {
            return status;
        }
    }
    value->processes_metadata = metadata(step, resource, &process, duplicate);
    status = wg_step_answer(step, deployment_key, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATED, value);
    if (status != WG_OK || !step->results->cluster.distribute_deployments ||
        step->partition != DEPLOYMENT_PARTITION) {
        return status;
    }
    struct wg_bytes event = step->results->records[step->results->count - 1].value;
    return wg_distribute(step, deployment_key, WG_VT_DEPLOYMENT, WG_DEPLOYMENT_CREATE, event);
}

wg_status wg_handle_deployment_create(struct wg_step *step) {
    struct wg_value_deployment value;
    struct resource resource;
    wg_status status = wg_value_decode(WG_VT_DEPLOYMENT, step->command->value, &value);
    if (status == WG_OK) {
        status = only_resource(value.resources, &resource);
    }
    if (status == WG_OK) {
        status = identify(step, &resource);
    }
    if (status == WG_INVALID) {
        return wg_step_refuse(step, WG_REJECT_INVALID_ARGUMENT,
                              "Expected to deploy one resource, " WG_ONE_TASK_RESOURCE
                              " or a text with a compiled process, but there is none, another "
                              "or more",
                              "");
    }
    if (status != WG_OK) {
        return status;
    }
    compute_checksum(&resource);
    return wg_is_distributed(step) ? take_over(step, &value, &resource)
                                   : create(step, &value, &resource);
}
