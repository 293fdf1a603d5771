/* ndjson: appends every record as one line of Zeebe's JSON to <id>/partition-<n>.ndjson.
 *
 * args: {"bulk": {"size": 1, "delay": "1s", "memoryLimit": "10MiB"},
 *        "filter": {"recordTypes": ["EVENT"], "valueTypes": ["JOB", ...]}}
 * Invariant: a position is acknowledged only after the sync that made its line durable. */
#include "exporters/ndjson/ndjson.h"

#include "exporters/common/bulk_exporter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 320 };

struct ndjson {
    struct exporter_bulk bulk; /* first: bulk_exporter.h */
    char *line; /* reused */
    uint64_t line_capacity;
    char name[NAME_BYTES];
};

static struct wg_exporter_str name_of(const struct ndjson *ndjson) {
    return (struct wg_exporter_str){ndjson->name, strlen(ndjson->name)};
}

static int32_t put(void *self, const struct wg_exporter_record *record) {
    struct ndjson *ndjson = self;
    struct wg_exporter_str json = ndjson->bulk.host->record_json(ndjson->bulk.ctx, record);
    if (json.len == 0) {
        return WG_EXPORTER_FATAL;
    }
    if (json.len + 1 > ndjson->line_capacity) {
        char *grown = realloc(ndjson->line, json.len * 2);
        if (grown == NULL) {
            return WG_EXPORTER_RETRY;
        }
        ndjson->line = grown;
        ndjson->line_capacity = json.len * 2;
    }
    memcpy(ndjson->line, json.ptr, json.len);
    ndjson->line[json.len] = '\n';
    struct wg_exporter_str line = {ndjson->line, json.len + 1};
    return ndjson->bulk.host->file_append(ndjson->bulk.ctx, name_of(ndjson), record->position,
                                          line);
}

static int32_t flush(void *self) {
    struct ndjson *ndjson = self;
    return ndjson->bulk.host->file_sync(ndjson->bulk.ctx, name_of(ndjson));
}

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct ndjson *ndjson = calloc(1, sizeof *ndjson);
    if (ndjson == NULL) {
        return NULL;
    }
    exporter_bulk_init(&ndjson->bulk, host, ctx, ndjson, put, flush);
    return ndjson;
}

static void destroy(void *instance) {
    struct ndjson *ndjson = instance;
    free(ndjson->line);
    free(ndjson);
}

/* <id>/partition-<n>.ndjson */
static int32_t make_name(struct ndjson *ndjson) {
    const struct wg_exporter_host *host = ndjson->bulk.host;
    struct wg_exporter_str id = host->id(ndjson->bulk.ctx);
    int len = snprintf(ndjson->name, sizeof ndjson->name, "%.*s/partition-%d.ndjson", (int)id.len,
                       id.ptr, (int)host->partition_id(ndjson->bulk.ctx));
    if (len < 0 || (size_t)len >= sizeof ndjson->name) {
        static const char why[] = "the id is too long for a file name";
        host->log(ndjson->bulk.ctx, 0, (struct wg_exporter_str){why, sizeof why - 1});
        return WG_EXPORTER_FATAL;
    }
    return WG_EXPORTER_OK;
}

static int32_t configure(void *instance) {
    struct ndjson *ndjson = instance;
    int32_t result = bulk_exporter_configure(&ndjson->bulk);
    return result == WG_EXPORTER_OK ? make_name(ndjson) : result;
}

const struct wg_exporter_plugin *wg_ndjson_exporter(uint32_t host_abi_major,
                                                    uint32_t host_abi_minor) {
    static const struct wg_exporter_plugin plugin = {.struct_size = sizeof plugin,
                                                     .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                     .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                     .name = "ndjson",
                                                     .version = "1",
                                                     .create = create,
                                                     .destroy = destroy,
                                                     .configure = configure,
                                                     .open = bulk_exporter_open,
                                                     .export_record = bulk_exporter_export,
                                                     .on_timer = bulk_exporter_timer,
                                                     .close = bulk_exporter_close};
    (void)host_abi_minor;
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : NULL;
}
