/* The one record-to-JSON writer, in the shape of Zeebe's exporters (reference: protocol 4).
 * Key order is fixed: partitionId, value, key, timestamp, valueType, brokerVersion, recordType,
 * sourceRecordPosition, intent, rejectionType, rejectionReason, authorizations, recordVersion,
 * operationReference, position. */
#ifndef WG_CODEC_RECORD_JSON_H
#define WG_CODEC_RECORD_JSON_H

#include "waggle/env.h"
#include "waggle/record.h"
#include "waggle/status.h"

/* A growable text the writer appends to; `capacity` grows through env's allocator. */
struct wg_text {
    struct wg_env *env;
    char *ptr;
    size_t len, capacity;
};
void wg_text_free(struct wg_text *text);

/* Appends the JSON object. CORRUPT if the value is not well-formed MessagePack (then `text` is as
 * before the call). */
WG_MUST_USE wg_status wg_record_json(const struct wg_record *record, wg_partition_id partition,
                                     struct wg_text *text);

#endif
