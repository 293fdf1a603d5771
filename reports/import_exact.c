/* What is hidden is found out by trying: the JSON is imported, and what came back is compared. */
#include "reports/import_exact.h"

#include "codec/json.h"
#include "codec/metadata.h"
#include "reports/import_record.h"

/* The record that an importer makes of the JSON; one with everything unset if it cannot. */
static struct wg_imported through_import(const struct wg_text *text, size_t start) {
    struct wg_imported imported;
    char why[WG_IMPORT_WHY_BYTES];
    json_t *object = json_loadb(text->ptr + start, text->len - start, JSON_ALLOW_NUL, NULL);
    if (object == NULL || !wg_import_record(object, &imported, why)) {
        imported = (struct wg_imported){.memory = NULL};
        wg_record_init(&imported.record);
    }
    json_decref(object);
    return imported;
}

struct wire {
    struct wg_text *text;
    bool open; /* something was put */
};

static void put_key(struct wire *wire, const char *name) {
    if (wire->open) {
        wg_text_literal(wire->text, ",\"");
    } else {
        wg_text_literal(wire->text, ",\"wire\":{\"");
    }
    wire->open = true;
    wg_text_put(wire->text, name, strlen(name));
    wg_text_literal(wire->text, "\":");
}

static void put_number(struct wire *wire, const char *name, int64_t number, int64_t shown) {
    if (number != shown) {
        put_key(wire, name);
        wg_text_int(wire->text, number);
    }
}

static void put_bytes(struct wire *wire, const char *name, struct wg_bytes bytes,
                      struct wg_bytes shown) {
    if (!wg_bytes_equal(bytes, shown)) {
        put_key(wire, name);
        wg_text_base64(wire->text, bytes);
    }
}

static void put_differences(struct wire *wire, const struct wg_record *record,
                            const struct wg_record *shown) {
    put_number(wire, "recordType", record->record_type, shown->record_type);
    put_number(wire, "valueType", record->value_type, shown->value_type);
    put_number(wire, "intent", record->intent, shown->intent);
    put_number(wire, "rejectionType", record->rejection_type, shown->rejection_type);
    put_number(wire, "requestId", (int64_t)record->request_id, (int64_t)shown->request_id);
    put_number(wire, "requestStreamId", record->request_stream_id, shown->request_stream_id);
    put_number(wire, "protocolVersion", record->protocol_version, shown->protocol_version);
    put_number(wire, "batchOperationReference", record->batch_operation_reference,
               shown->batch_operation_reference);
    put_number(wire, "skipProcessing", record->skip_processing, shown->skip_processing);
    put_bytes(wire, "rejectionReason", record->rejection_reason, shown->rejection_reason);
    put_bytes(wire, "authorization", record->authorization, shown->authorization);
    put_bytes(wire, "value", record->value, shown->value);
}

wg_status wg_record_json_exact(const struct wg_record *record, wg_partition_id partition,
                               struct wg_text *text) {
    size_t start = text->len;
    wg_status status = wg_record_json(record, partition, text);
    if (status != WG_OK) {
        return status;
    }
    struct wg_imported shown = through_import(text, start);
    if (wg_authorization_is_unset(record->authorization) && shown.record.authorization.len == 0) {
        shown.record.authorization = record->authorization;
    }
    struct wire wire = {.text = text};
    text->len--; /* the closing brace comes behind */
    put_differences(&wire, record, &shown.record);
    if (wire.open) {
        wg_text_literal(text, "}");
    }
    wg_text_literal(text, "}");
    wg_imported_free(&shown);
    return WG_OK;
}
