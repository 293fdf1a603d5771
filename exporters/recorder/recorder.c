/* recorder: puts every record into the host's document sink.
 *
 * args: {"bulk": {"size": 1, "delay": "1s", "memoryLimit": "10MiB"},
 *        "filter": {"recordTypes": ["EVENT"], "valueTypes": ["JOB", ...]}}
 * Invariant: a position is acknowledged only after the flush that made its document durable. */
#include "exporters/recorder/recorder.h"

#include "exporters/common/bulk_exporter.h"
#include "exporters/common/sink_document.h"

#include <stdlib.h>

struct recorder {
    struct exporter_bulk bulk; /* first: bulk_exporter.h */
    struct sink_document document;
};

static int32_t put(void *self, const struct wg_exporter_record *record) {
    struct recorder *recorder = self;
    return sink_document_put(&recorder->document, recorder->bulk.host, recorder->bulk.ctx, record);
}

static int32_t flush(void *self) {
    struct recorder *recorder = self;
    return recorder->bulk.host->sink_flush(recorder->bulk.ctx);
}

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL) {
        return NULL;
    }
    exporter_bulk_init(&recorder->bulk, host, ctx, recorder, put, flush);
    return recorder;
}

static void destroy(void *instance) {
    struct recorder *recorder = instance;
    sink_document_free(&recorder->document);
    free(recorder);
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
                                                     .configure = bulk_exporter_configure,
                                                     .open = bulk_exporter_open,
                                                     .export_record = bulk_exporter_export,
                                                     .on_timer = bulk_exporter_timer,
                                                     .close = bulk_exporter_close};
    (void)host_abi_minor;
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : NULL;
}
