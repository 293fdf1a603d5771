/* A record as the JSON of Zeebe's exporters, and beside it what that JSON does not show, so that
 * wg_import_record gives back the same record, field for field and byte for byte. */
#ifndef WG_REPORTS_IMPORT_EXACT_H
#define WG_REPORTS_IMPORT_EXACT_H

#include "codec/record_json.h"

/* Appends the object of wg_record_json. Where importing it would not give the same record, an
 * object `wire` at its end holds those fields that differ: numbers of enums, `requestId`,
 * `requestStreamId`, `protocolVersion`, `batchOperationReference`, `skipProcessing`, and as base64
 * `rejectionReason`, `authorization` and `value`. CORRUPT as wg_record_json. */
WG_MUST_USE wg_status wg_record_json_exact(const struct wg_record *record,
                                           wg_partition_id partition, struct wg_text *text);

#endif
