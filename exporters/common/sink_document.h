/* A record as a compact document for the host's sink. */
#ifndef WG_EXPORTERS_SINK_DOCUMENT_H
#define WG_EXPORTERS_SINK_DOCUMENT_H

#include "waggle/exporter.h"

struct sink_document {
    char *bytes;
    uint64_t capacity;
};

/* Puts `record` into the sink; the memory of `document` is reused. */
int32_t sink_document_put(struct sink_document *document, const struct wg_exporter_host *host,
                          struct wg_exporter_ctx *ctx, const struct wg_exporter_record *record);
void sink_document_free(struct sink_document *document);

#endif
