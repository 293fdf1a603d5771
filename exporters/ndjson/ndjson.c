/* ndjson: appends every record as one line of Zeebe's JSON to <id>/partition-<n>.ndjson.
 *
 * args: {"bulk": {"size": 1, "delay": "1s", "memoryLimit": "10MiB"},
 *        "filter": {"recordTypes": ["EVENT"], "valueTypes": ["JOB", ...]}}
 * Invariant: a position is acknowledged only after the sync that made its line durable. */
#include "exporters/ndjson/ndjson.h"

#include "exporters/common/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 320 };

struct ndjson {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    struct exporter_bulk bulk;
    char *line; /* reused */
    uint64_t line_capacity;
    char name[NAME_BYTES];
};

static struct wg_exporter_str name_of(const struct ndjson *ndjson) {
    return (struct wg_exporter_str){ndjson->name, strlen(ndjson->name)};
}

static int32_t put(void *self, const struct wg_exporter_record *record) {
    struct ndjson *ndjson = self;
    struct wg_exporter_str json = ndjson->host->record_json(ndjson->ctx, record);
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
    return ndjson->host->file_append(ndjson->ctx, name_of(ndjson), record->position, line);
}

static int32_t flush(void *self) {
    struct ndjson *ndjson = self;
    return ndjson->host->file_sync(ndjson->ctx, name_of(ndjson));
}

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct ndjson *ndjson = calloc(1, sizeof *ndjson);
    if (ndjson == NULL) {
        return NULL;
    }
    ndjson->host = host;
    ndjson->ctx = ctx;
    exporter_bulk_init(&ndjson->bulk, host, ctx, ndjson, put, flush);
    return ndjson;
}

static void destroy(void *instance) {
    struct ndjson *ndjson = instance;
    free(ndjson->line);
    free(ndjson);
}

/* <id>/partition-<n>.ndjson */
static void make_name(struct ndjson *ndjson, struct exporter_args *args) {
    struct wg_exporter_str id = ndjson->host->id(ndjson->ctx);
    int len = snprintf(ndjson->name, sizeof ndjson->name, "%.*s/partition-%d.ndjson", (int)id.len,
                       id.ptr, (int)ndjson->host->partition_id(ndjson->ctx));
    if (len < 0 || (size_t)len >= sizeof ndjson->name) {
        exporter_args_fail(args, "the id is too long for a file name");
    }
}

static int32_t configure(void *instance) {
    struct ndjson *ndjson = instance;
    struct exporter_args args;
    struct wg_exporter_filter filter;
    if (exporter_args_parse(&args, ndjson->host->args_json(ndjson->ctx))) {
        exporter_args_bulk(&args, &ndjson->bulk);
        exporter_args_filter(&args, &filter);
        make_name(ndjson, &args);
    }
    return exporter_args_apply(&args, ndjson->host, ndjson->ctx, &filter);
}

static int32_t open(void *instance) {
    (void)instance;
    return WG_EXPORTER_OK;
}

static int32_t export_record(void *instance, const struct wg_exporter_record *record) {
    struct ndjson *ndjson = instance;
    return exporter_bulk_add(&ndjson->bulk, record);
}

static int32_t on_timer(void *instance, uint32_t timer) {
    struct ndjson *ndjson = instance;
    return timer == EXPORTER_BULK_TIMER ? exporter_bulk_timer(&ndjson->bulk) : WG_EXPORTER_OK;
}

static int32_t close(void *instance) {
    struct ndjson *ndjson = instance;
    return exporter_bulk_close(&ndjson->bulk);
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
                                                     .open = open,
                                                     .export_record = export_record,
                                                     .on_timer = on_timer,
                                                     .close = close};
    (void)host_abi_minor;
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : NULL;
}
