/* recorder: puts every record into the host's document sink.
 *
 * args: {"bulk": {"size": 1, "delay": "1s", "memoryLimit": "10MiB"},
 *        "filter": {"recordTypes": ["EVENT"], "valueTypes": ["JOB", ...]}}
 * Invariant: a position is acknowledged only after the flush that made its document durable. */
#include "exporters/recorder/recorder.h"

#include "exporters/common/args.h"
#include "exporters/common/sink_document.h"

#include <stdlib.h>

struct recorder {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    struct exporter_bulk bulk;
    struct sink_document document;
};

static int32_t put(void *self, const struct wg_exporter_record *record) {
    struct recorder *recorder = self;
    return sink_document_put(&recorder->document, recorder->host, recorder->ctx, record);
}

static int32_t flush(void *self) {
    struct recorder *recorder = self;
    return recorder->host->sink_flush(recorder->ctx);
}

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL) {
        return NULL;
    }
    recorder->host = host;
    recorder->ctx = ctx;
    exporter_bulk_init(&recorder->bulk, host, ctx, recorder, put, flush);
    return recorder;
}

static void destroy(void *instance) {
    struct recorder *recorder = instance;
    sink_document_free(&recorder->document);
    free(recorder);
}

static int32_t configure(void *instance) {
    struct recorder *recorder = instance;
    struct exporter_args args;
    struct wg_exporter_filter filter;
    if (exporter_args_parse(&args, recorder->host->args_json(recorder->ctx))) {
        exporter_args_bulk(&args, &recorder->bulk);
        exporter_args_filter(&args, &filter);
    }
    return exporter_args_apply(&args, recorder->host, recorder->ctx, &filter);
}

static int32_t open(void *instance) {
    (void)instance;
    return WG_EXPORTER_OK;
}

static int32_t export_record(void *instance, const struct wg_exporter_record *record) {
    struct recorder *recorder = instance;
    return exporter_bulk_add(&recorder->bulk, record);
}

static int32_t on_timer(void *instance, uint32_t timer) {
    struct recorder *recorder = instance;
    return timer == EXPORTER_BULK_TIMER ? exporter_bulk_timer(&recorder->bulk) : WG_EXPORTER_OK;
}

static int32_t close(void *instance) {
    struct recorder *recorder = instance;
    return exporter_bulk_close(&recorder->bulk);
}

const struct wg_exporter_plugin *wg_recorder_exporter(uint32_t host_abi_major,
                                                      uint32_t host_abi_minor) {
    static const struct wg_exporter_plugin plugin = {.struct_size = sizeof plugin,
                                                     .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                     .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                     .name = "recorder",
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
