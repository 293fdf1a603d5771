/* The document, little-endian:
 *   off len
 *     0   8  position          8  8  source record position   16  8  key
 *    24   8  timestamp        32  8  operation reference      40  4  partition
 *    44   4  record type      48  4  value type               52  4  intent
 *    56   4  rejection type   60  4  record version           64  4  length of the reason
 *    68   r  rejection reason, then the value as MessagePack to the end
 * Equal records give equal bytes on every broker: nothing of the instance is in it. */
#include "exporters/common/sink_document.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 68 };

static char *store(char *at, uint64_t number, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        at[i] = (char)(uint8_t)(number >> (8 * i));
    }
    return at + width;
}

static char *append(char *at, struct wg_exporter_str text) {
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    return at + text.len;
}

static int reserve(struct sink_document *document, uint64_t bytes) {
    if (bytes <= document->capacity) {
        return 1;
    }
    uint64_t capacity = bytes < 1024 ? 1024 : bytes * 2;
    char *grown = realloc(document->bytes, capacity);
    if (grown == NULL) {
        return 0;
    }
    document->bytes = grown;
    document->capacity = capacity;
    return 1;
}

bool sink_document_make(struct sink_document *document, const struct wg_exporter_record *record) {
    uint64_t len = HEAD_BYTES + record->rejection_reason.len + record->value.len;
    if (!reserve(document, len)) {
        return false;
    }
    char *at = store(document->bytes, (uint64_t)record->position, 8);
    at = store(at, (uint64_t)record->source_record_position, 8);
    at = store(at, (uint64_t)record->key, 8);
    at = store(at, (uint64_t)record->timestamp_ms, 8);
    at = store(at, (uint64_t)record->operation_reference, 8);
    at = store(at, (uint32_t)record->partition_id, 4);
    at = store(at, (uint32_t)record->record_type, 4);
    at = store(at, (uint32_t)record->value_type, 4);
    at = store(at, (uint32_t)record->intent, 4);
    at = store(at, (uint32_t)record->rejection_type, 4);
    at = store(at, (uint32_t)record->record_version, 4);
    at = store(at, record->rejection_reason.len, 4);
    at = append(at, record->rejection_reason);
    append(at, record->value);
    document->len = len;
    return true;
}

int32_t sink_document_put(struct sink_document *document, const struct wg_exporter_host *host,
                          struct wg_exporter_ctx *ctx, const struct wg_exporter_record *record) {
    if (!sink_document_make(document, record)) {
        return WG_EXPORTER_RETRY;
    }
    struct wg_exporter_str text = {document->bytes, document->len};
    return host->sink_put(ctx, record->position, text);
}

void sink_document_free(struct sink_document *document) {
    free(document->bytes);
    *document = (struct sink_document){NULL, 0, 0};
}
