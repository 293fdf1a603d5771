/* A record as a compact document for the host's sink. */
#ifndef WG_EXPORTERS_SINK_DOCUMENT_H
#define WG_EXPORTERS_SINK_DOCUMENT_H

#include "waggle/exporter.h"

#include <stdbool.h>

struct sink_document {
    char *bytes;
    uint64_t len, capacity;
};

/* The document of `record` in `document`; its memory is reused. false: no memory. */
bool sink_document_make(struct sink_document *document, const struct wg_exporter_record *record);

/* Makes it and puts it into the sink. */
int32_t sink_document_put(struct sink_document *document, const struct wg_exporter_host *host,
                          struct wg_exporter_ctx *ctx, const struct wg_exporter_record *record);
void sink_document_free(struct sink_document *document);

#endif
